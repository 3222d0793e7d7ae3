#!/bin/sh
# Positions over a restore: what was recorded before it, seen again after it and erased after it is proved as one. usage: epochs.sh PROGRAM;
# TAP on stdout.
. "${0%/*}/tap.sh"
tap_root epochs
store=one
survey() { k scan 10.79.0.0/29 --network lab --profile lab -q >"$work/scan" || { cat "$work/err"; return 1; }; }
prove() { k ledger prove 10.79.0.2 -o "$work/$1.jsonl"; }
verify() { (mkdir -p "$work/empty" && cd "$work/empty" && env -i LC_ALL=C PATH="$PATH" HOME="$work/empty" "$K" verify "$@"); }
checkpoints() { grep -c '^{"checkpoint":' "$work/$1.jsonl"; }
is() { got=$1; shift; want=$("$@"); echo "$want, want $got"; [ "$got" = "$want" ]; }
refused() { ends 5 verify "$work/$1.jsonl" >"$work/refused" 2>&1 && grep -q "$2" "$work/refused" || { cat "$work/refused"; return 1; }; }	# FILE WORDS
# The file with its last line made anew, as who forges a line would.
seal() {
	python3 - "$1" <<'PY'
import hashlib, json, sys
lines = open(sys.argv[1], "rb").read().split(b"\n")[:-2]
hashes = [hashlib.sha256(line + b"\n").digest() for line in lines]
end = {"end": {"all": hashlib.sha256(b"".join(hashes)).hexdigest(), "lines": len(lines), "sha256": [h.hex() for h in hashes]}}
lines.append(json.dumps(end, separators=(",", ":")).encode())
open(sys.argv[1], "wb").write(b"\n".join(lines) + b"\n")
PY
}

lab_up
lab_host scan 00:16:3e:00:00:01 10.79.0.1/29
lab_host cam 00:16:3e:00:00:02 10.79.0.2/29
lab_service cam busybox telnetd -F -l /bin/login
lab_listens cam 23

k network add lab --prefix 10.79.0.0/29 && k scope add 10.79.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab
ok "the first survey" survey
ok "the owner's name is stated" k asset set 10.79.0.2 owner.name=Sato
ok "proved in epoch 1" prove first
key=$(sed -n '1s/.*"key":"\([^"]*\)".*/\1/p' "$work/first.jsonl")
ok "and verified by its key" verify "$work/first.jsonl" --key "$key"
ok "a copy" k db backup "$work/copy.db"
ok "surveyed again; that will be lost" survey
ok "the copy is restored" k db restore "$work/copy.db" --replace -y
ok "surveyed again" survey
ok "and the name stated again" k asset set 10.79.0.2 owner.name=Sato
ok "proved in epoch 2" prove second
ok "both logs are in the bundle" is 2 checkpoints second
ok "it verifies" verify "$work/second.jsonl"
ok "also by the key known before the restore" verify "$work/second.jsonl" --key "$key"
tells() { verify "$work/second.jsonl" >"$work/told"; cat "$work/told"; grep -q 'closed by a restore' "$work/told"; }
ok "and tells of the restore" tells
ok "what was proved before still verifies" verify "$work/first.jsonl" --key "$key"
points_back() {	# an `again` of the second log that names an entry of the first
	first=$(sed -n '1s/.*"first":\([1-9][0-9]*\).*/\1/p' "$work/second.jsonl")
	grep '^{"part":' "$work/second.jsonl" | sed 's/.*"bytes":"\([^"]*\)".*"seq":\([0-9]*\)}}/\2 \1/' | while read -r seq bytes; do
		[ "$seq" -ge "$first" ] && printf %s "$bytes" | base64 -d 2>/dev/null && echo
	done | sed -n 's/.*"again":\[\([0-9]*\),.*/\1/p' >"$work/again"
	sort -un "$work/again" | head -n 3
	[ -s "$work/again" ] && [ "$(sort -n "$work/again" | head -n 1)" -lt "$first" ]
}
ok "what is seen again names where it was recorded first" points_back

# --- erased in the later epoch
ok "what was recorded in epoch 1 is erased in epoch 2" k erase 10.79.0.2 owner.name --basis request
ok "proved without it" prove third
erased() { verify "$work/third.jsonl" >"$work/told"; code=$?; cat "$work/told"; [ $code = 0 ] && grep -q 'erased by entry [0-9]' "$work/told"; }
ok "verify says erased by entry N" erased
nowhere() { ! grep -aq Sato "$work"/one/korobanu.db*; }
ok "the name stands nowhere in the store" nowhere

# --- a copy that is older than the erasure: it does not bring back what was erased, and says so
says() { k db check "$@" >"$work/told" && cat "$work/told"; }
again() { k db restore "$work/copy.db" --replace -y && says -f tsv --columns what,state,place,text | grep '^erasures	pass	epoch 2	parts erased here after the copy was made, and therefore again: 1'; }
ok "the copy of before the erasure is restored, and it is erased again" again
shown() { k fact ls 10.79.0.2 >"$work/told"; ! grep -q Sato "$work/told" && ! grep -aq Sato "$work"/one/korobanu.db*; }
ok "what was erased is not read again" shown
recorded() { k ledger ls -f tsv --columns type,act,by | tail -n 2 >"$work/told"; cat "$work/told"; printf 'act\tledger.restore\tkorobanu\nerased\terase\tkorobanu\n' | cmp -s - "$work/told"; }
ok "recorded behind the entry that begins the log" recorded
ok "proved after it" prove late
late() { verify "$work/late.jsonl" >"$work/told"; code=$?; cat "$work/told"; [ $code = 0 ] && grep -q "erased by entry $(k ledger ls -f tsv --columns seq,type | sed -n 's/	erased$//p' | tail -n 1)" "$work/told"; }
ok "verify says erased by that entry" late
verdicts() { k ledger verify --verdicts >"$work/told"; code=$?; cat "$work/told"; [ $code = 0 ] && ! grep -q "	fail	" "$work/told"; }
ok "the verdicts are reached again over both logs" verdicts
lost() {	# a store that cannot be read; what it published is gone, too
	cp "$work/copy.db" "$work/one/copy.db" && rm -rf "$work/one/log/tile" "$work/one/log/checkpoint" && printf '%0200000d' 0 >"$work/one/korobanu.db" &&
		k db restore "$work/one/copy.db" --replace -y && says | grep 'could not be read: what was erased after entry [0-9]* of the copy is not known' &&
		says --lang ja | grep 'より後に消去されたものは分かりません' && k ledger verify -f tsv --columns what,state | grep '^erasures	unknown'
}
ok "where it cannot be known it is said, in both languages" lost
k erase 10.79.0.2 owner.name --basis request
row() { k ledger verify -f tsv --columns what,state,place | grep "^erasures.*epoch $1$"; }
open=$(k ledger head -f tsv --columns epoch | sed 1d)
ok "settled by nobody without a reason" ends 2 k db settle "$open"
ok "nor where nothing is open" ends 2 k db settle 1 --why "no restore began it"
settled() { k db settle "$open" --why "erased again" && row "$open" | grep attested && k db settle "$open" --why twice --lang ja >"$work/told" 2>&1; [ $? = 2 ]; }
ok "a person settles it, once" settled
said() { k ledger ls -f tsv --columns act,by | tail -n 1 | grep -x 'restore.settle	USR-[0-9]*'; }
ok "and it stands in the ledger" said

# --- a new machine, to which the published log came, too
store=three
moved() {
	echo '{"fact":{"kind":"note/1","network":"lab","place":{"topic":"room"},"source":"hand","subject":["ip:10.79.0.2"],"value":{"text":"Sato"},"vantage":"v7"},"seen":{"at":"2026-11-21T10:00:00Z","class":"S0","evidence":[],"qod":97,"run":"R","state":"unknown"}}' >"$work/note.jsonl"
	k network add lab --prefix 10.79.0.0/29 && k import "$work/note.jsonl" && k db backup "$work/moved.db" && k erase AST-1 note.text --basis law || return 1
	mkdir "$work/four" && cp -a "$work/three/log" "$work/four" && chown --reference="$work/three" "$work/four"
	store=four
	k db restore "$work/moved.db" && says -f tsv --columns what,state,text | grep "^erasures	unknown	.*by the published ledger: 1;"
}
ok "what its published log tells is erased again" moved
ok "the name is not read there" sh -c '! grep -aq Sato "$1"/four/korobanu.db*' sh "$work"

# --- a copy that nobody signed, and another key
store=two
mkdir "$work/two"
cp "$work/one/korobanu.db" "$work/file.db"	# the file itself: nothing signs it first
ok "a copy of the file, restored elsewhere under another key" k db restore "$work/file.db"
ok "proved in its next epoch" prove fourth
ok "all three logs are in the bundle" is 3 checkpoints fourth
ok "it verifies" verify "$work/fourth.jsonl"
another() { verify "$work/fourth.jsonl" -f tsv >"$work/told" && grep "^epoch	unknown	epoch 1	.*another key signed there" "$work/told" && verify "$work/second.jsonl" -f tsv | grep "^epoch	pass	epoch 1"; }
ok "and says of the older logs that another key signed there" another
other() { ! verify "$work/fourth.jsonl" --key "$key"; }
ok "not by the old key: another signs now" other
ok "the ledger verifies" k ledger verify

# --- what must not pass
change() {	# FILE SED: a copy of it, one line changed and the file closed again
	sed "$2" "$work/$1.jsonl" >"$work/bad.jsonl" && ! cmp -s "$work/$1.jsonl" "$work/bad.jsonl" && seal "$work/bad.jsonl"
}
gap() { first=$(sed -n '1s/.*"first":\([1-9][0-9]*\).*/\1/p' "$work/second.jsonl"); change second "1s/\"first\":$first,/\"first\":$((first + 1)),/" && refused bad "a gap"; }
ok "a gap between the logs is refused" gap
overlap() { change second "1s/\"first\":$first,/\"first\":$((first - 1)),/" && refused bad "an overlap"; }
ok "an overlap is refused" overlap
alone() {	# the first log left out, the second taken for the whole
	python3 - "$work/second.jsonl" "$work/bad.jsonl" <<'PY'
import json, sys
lines = open(sys.argv[1], "rb").read().split(b"\n")
head = json.loads(lines[0])
del head["logs"][0]
head["logs"][0]["first"] = 0
lines[0] = json.dumps(head, separators=(",", ":"), sort_keys=True).encode()
del lines[1]
open(sys.argv[2], "wb").write(b"\n".join(lines))
PY
	seal "$work/bad.jsonl" && refused bad "epoch 1"
}
ok "a log without those before it is refused" alone
unchained() { change second "/^{\"entry\":.*\"seq\":$first}}/d;/^{\"part\":.*\"seq\":$first}}/d" && refused bad "begins the log"; }
ok "the entry that joins the logs cannot be left out" unchained
mixed() {	# the checkpoint of another size of the same log in the place of the closed one's
	note=$(sed -n 2p "$work/first.jsonl")
	awk -v note="$(printf %s "$note" | sed 's/\\/\\\\/g')" 'NR == 2 { print note; next } { print }' "$work/second.jsonl" >"$work/bad.jsonl"
	cmp -s "$work/bad.jsonl" "$work/second.jsonl" || seal "$work/bad.jsonl"
	! cmp -s "$work/bad.jsonl" "$work/second.jsonl" && refused bad "a gap" || cmp -s "$work/bad.jsonl" "$work/second.jsonl"
}
ok "nor may an earlier checkpoint of it stand there" mixed
nothing() {
	(sed -n 1,2p "$work/first.jsonl"; echo end) >"$work/bad.jsonl" && seal "$work/bad.jsonl"
	ends 1 verify "$work/bad.jsonl" >"$work/told" 2>&1 && grep -q 'states nothing' "$work/told"
}
ok "a bundle that states nothing says so and ends with 1" nothing
keys() { verify "$work/first.jsonl" -f tsv --columns what,place,text >"$work/told" && grep "^asset	AST-[0-9]*	.*mac:00:16:3e:00:00:02" "$work/told"; }
ok "whom AST-1 stands for is told" keys
sound() { sed '$s/"lines":/"lines":1/' "$work/third.jsonl" >"$work/bad.jsonl"; ends 5 verify "$work/bad.jsonl" >"$work/told" 2>&1 && ! grep -q 'erased by' "$work/told"; }
ok "of what does not fit nothing is shown" sound
japanese() {	# rows and the reason of a failure, in the reader's language
	env -i LC_ALL=C.UTF-8 PATH="$PATH" HOME="$work/empty" "$K" verify "$work/third.jsonl" --lang ja >"$work/told" 2>&1 &&
		grep -q '記録 [0-9]* により消去' "$work/told" && grep -q '第 1 期' "$work/told" && ! grep -q 'reached again' "$work/told" || { cat "$work/told"; return 1; }
	env -i LC_ALL=C.UTF-8 PATH="$PATH" HOME="$work/empty" "$K" verify "$work/bad.jsonl" --lang ja >"$work/told" 2>&1
	grep -q '[0-9] 行目: ' "$work/told" || { cat "$work/told"; return 1; }
	k ledger verify --lang ja >"$work/told" && grep -q '記録 [0-9]* 件、ルートは記録どおり' "$work/told" || { cat "$work/told"; return 1; }
	k db check --lang ja >"$work/told" && grep -q 'ファイルに異常はありません' "$work/told" || { cat "$work/told"; return 1; }
}
ok "in Japanese where that is asked for" japanese
tap_end
