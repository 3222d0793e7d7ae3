#!/bin/sh
# What was known then: --as-of over a survey, a core that was killed, a merge, a split, a restore and an erasure; and recorded verdicts
# reached again from the entries before them. usage: replay.sh PROGRAM; TAP on stdout.
. "${0%/*}/tap.sh"
tap_root replay
survey() { k scan 10.82.0.0/29 --network lab --profile lab -q >"$work/scan" || { cat "$work/err"; return 1; }; }
state() { asset=$1; shift; k rule explain "$asset" M01 -f tsv --columns state "$@" | sed -n 2p; }
is() { want=$1; shift; got=$(state "$@"); echo "$* is ${got:-nothing}, want $want"; [ "$got" = "$want" ]; }
size() { k ledger ls -f tsv --columns seq | tail -n 1 | awk '{ print $1 + 1 }'; }
sound() { k ledger verify --verdicts -f tsv --columns what,state,text >"$work/told"; code=$?; cat "$work/told"; [ $code = 0 ] && grep -q "^verdict	pass" "$work/told"; }
says() { what=$1; shift; k "$@" >"$work/said" 2>&1; code=$?; cat "$work/said" "$work/err"; grep -q -- "$what" "$work/said" "$work/err"; }
# Another hand in the store, one that knows of the checksums of its pages.
tamper() {
	sqlite3 "$work/$store/korobanu.db" "$1" && python3 - "$work/$store/korobanu.db" <<'PY'
import struct, sys
M = (1 << 64) - 1
rotl = lambda x, n: ((x << n) | (x >> (64 - n))) & M
with open(sys.argv[1], "r+b") as f:
    data = bytearray(f.read())
    size = int.from_bytes(data[16:18], "big")
    for page in range(len(data) // size):
        body = data[page * size:(page + 1) * size - 8]
        if not any(body):
            continue
        a, b = 0x9e3779b97f4a7c15 ^ page, ~page & M
        for (w,) in struct.iter_unpack("<Q", bytes(body)):
            a = rotl((a + w) & M, 29)
            b = (b + a) & M
        s = ((a ^ rotl(b, 17)) * 0x9e3779b97f4a7c15) & M
        s ^= s >> 32
        data[(page + 1) * size - 8:(page + 1) * size] = struct.pack("<Q", s or 1)
    f.seek(0)
    f.write(data)
PY
}

tap_twins 10.82.0
begin one
before=$(size)
ok "the first survey" survey
id() { k asset ls -f tsv --columns id,addresses | grep "[	, ]$1\($\|[, ]\)" | cut -f1; }
cam=$(id 10.82.0.2)
twin=$(id 10.82.0.3)
found=$(size)
sleep 1.1
when=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1.1
ok "telnet is found" is fail "$cam"
ok "recorded verdicts are reached again" sound
lab_stop cam
killed() {	# the whole command, while it scans; the same command goes on
	setsid ip netns exec "$LAB-scan" env KOROBANU_STORE="$work/$store" "$K" scan 10.82.0.0/29 --network lab --profile lab -q >/dev/null 2>&1 &
	told=$!
	sleep 0.7
	kill -9 -- "-$told" 2>/dev/null
	wait $told 2>/dev/null
	sleep 0.3
	survey
}
ok "killed while it scans, and gone on" killed
ok "telnet is gone" is pass "$cam"
ok "as of the entries then: found" is fail "$cam" --as-of "$found"
ok "as of the time then: found" is fail "$cam" --as-of "$when"
ok "as of today: gone" is pass "$cam" --as-of "$(date -u +%Y-%m-%d)"
ok "as of the entries before: there is no such asset" says 'there is no asset' asset show "$cam" --as-of "$before"
shows() { k asset show "$cam" --as-of "$found" >"$work/said" && cat "$work/said" && grep -q telnet "$work/said"; }
ok "asset show as of then" shows
sheet() { k sheet show "$cam" --as-of "$found" -f tsv --columns item,state | grep -qx 'JS-14-2.c	fail'; }
ok "sheet show as of then" sheet
facts() { [ "$(k fact ls "$cam" --as-of "$found" -f tsv | wc -l)" -lt "$(k fact ls "$cam" -f tsv | wc -l)" ]; }
ok "fact ls as of then" facts
listed() { k asset ls port:23 --as-of "$found" -f tsv --columns id | grep -qx "$cam" && ! k asset ls port:23 -f tsv --columns id | grep -qx "$cam"; }
ok "asset ls as of then" listed
history() { k asset history "$cam" --as-of "$found" -f tsv --columns what,after >"$work/said"; cat "$work/said"; grep -q 'M01	fail' "$work/said" && ! grep -q 'M01	pass' "$work/said"; }
ok "asset history as of then" history
ok "refused: an entry that is not there" ends 2 k rule explain "$cam" M01 --as-of 99999
ok "refused: no time" ends 2 k rule explain "$cam" M01 --as-of yesterday
ok "refused: a time to come" ends 2 k rule explain "$cam" M01 --as-of 2099-01-01T00:00:00Z
ok "refused: before anything" ends 2 k rule explain "$cam" M01 --as-of 2001-01-01
ok "refused: changing the past" ends 2 k asset set "$cam" owner.name=Sato --as-of 5
ok "recorded verdicts are reached again after the kill" sound

# --- joined and taken apart
ok "two are joined" k asset merge "$cam" "$twin"
joined=$(size)
ok "and taken apart" k asset split "$cam" --keys mac:00:16:3e:00:00:03,ip:10.82.0.3
ok "as of between them: the twin's number is the camera's" says "^$cam" asset show "$twin" --as-of "$joined" -f tsv --columns id
ok "recorded verdicts are reached again" sound

# --- a restore begins another log
ok "a copy" k db backup "$work/copy.db"
lab_service cam busybox telnetd -F -l /bin/login
lab_listens cam 23
ok "what comes after the copy is lost" survey
ok "restored" k db restore "$work/copy.db" --replace -y
ok "surveyed in the new log" survey
ok "telnet is found again" is fail "$cam"
ok "as of an entry of the old log" is fail "$cam" --as-of "$found"
ok "recorded verdicts of both logs are reached again" sound

# --- a changed verdict; each in a copy
lie() {	# NAME SQL WORDS
	rm -rf "$work/lie"; cp -a "$work/one" "$work/lie"; store=lie
	tamper "$2"; k ledger verify >/dev/null; plain=$?
	k ledger verify --verdicts -f tsv --columns what,state,place,text >"$work/told"; code=$?
	store=one
	cat "$work/told"; echo "exit code $code, without --verdicts $plain"
	[ $code = 5 ] && [ $plain = 0 ] && grep -q "$3" "$work/told"
}
if command -v sqlite3 >/dev/null && command -v python3 >/dev/null; then
	n1=$(sqlite3 "$work/one/korobanu.db" "SELECT seq FROM change WHERE measure = 'M01' AND becomes = 'fail' ORDER BY id LIMIT 1")
	ok "a verdict changed afterwards is found, its asset, measure and entry named" lie change \
		"UPDATE change SET becomes = 'pass' WHERE measure = 'M01' AND becomes = 'fail' AND seq = $n1" "$cam M01, after entry $n1"
	ok "one taken out is found" lie gone "DELETE FROM change WHERE measure = 'M01' AND becomes = 'fail' AND seq = $n1" 'not recorded'
	ok "one put in is found" lie new "INSERT INTO change SELECT MAX(id) + 1, ${cam#AST-}, 'M01', 'fail', 'pass', '', MAX(seq), MAX(at) FROM change" \
		'do not say so'
	ok "a verdict as it stands, put back to an earlier one" lie row \
		"UPDATE verdict SET body = (SELECT body FROM verdict WHERE asset = ${twin#AST-}) WHERE asset = ${cam#AST-}" 'do not come out again'
	text() { k ledger verify --verdicts >"$work/told" 2>&1; code=$?; cat "$work/told" "$work/err"; [ $code = 5 ]; }
	rewritten() {
		rm -rf "$work/lie"; cp -a "$work/one" "$work/lie"; store=lie
		tamper "UPDATE rule_text SET body = CAST(replace(CAST(body AS TEXT), 'telnet', 'telnex') AS BLOB) WHERE name = 'M01'" && text; code=$?
		store=one
		return $code
	}
	ok "another text of a rule under its hash is found" rewritten
fi

# --- erased
ok "the owner's name" k asset set "$cam" owner.name=Sato
ok "is erased" k erase "$cam" owner.name --basis request
ok "nothing of it mattered" sound
ok "everything of the camera is erased" k erase "$cam" --all --basis law -y
erased() { k ledger verify --verdicts -f tsv --columns what,state,place,text >"$work/told"; code=$?; cat "$work/told"; [ $code = 0 ] && grep -q "^verdict	na	$cam	erased by entry [0-9]" "$work/told"; }
ok "its verdicts say erased by entry N, and that is no error" erased
nowhere() { ! ls -a "$work/one" | grep -q 'etilqs\|tmp\|replay'; }
ok "nothing is left behind" nowhere
tap_end
