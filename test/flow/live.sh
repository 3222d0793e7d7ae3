#!/bin/sh
# scan -f jsonl: events as they become known and durable, valid at any moment it is broken off, and a reader who goes away ends it
# cleanly. usage: live.sh PROGRAM; TAP on stdout.
. "${0%/*}/tap.sh"
tap_root "live"
# Every line is one JSON object: jq where it is, else its two ends.
valid() {
	[ -s "$1" ] || return 1
	if command -v jq >/dev/null; then jq -e -c . "$1" >/dev/null; else ! grep -vq '^{"schema":"korobanu.event/1",.*}$' "$1"; fi
}
has() { grep -q "$1" "$work/events" || { echo "no $1"; return 1; }; }

tap_twins 10.89.0

# --- whole
ok "network and scope are recorded" begin one
whole() { k scan 10.89.0.0/29 --network lab --profile lab -f jsonl >"$work/events"; }
ok "a scan to its end" whole
ok "every line is one JSON object" valid "$work/events"
plain() { ! LC_ALL=C grep -q "$(printf '\033')" "$work/events" "$work/err"; }
ok "and no terminal's control among them" plain
kinds() {
	has '"action":"scan.begin"' && has '"action":"scan.device".*"ip":\["10.89.0.3"\],"mac":\["00-16-3e-00-00-03"\]' &&
		has '"action":"scan.port".*"destination":{"ip":"10.89.0.2","port":23}' &&
		has '"action":"scan.service".*"port":23},"service":{"name":"telnet"}' &&
		has '"action":"scan.verdict".*"rule":{"id":"M01"}.*"to":"fail"' &&
		has '"action":"scan.verdict".*"to":"pass"'
}
ok "device, port, service and verdicts are told" kinds
last() { tail -n 1 "$work/events" | grep -q '"action":"scan.done".*"outcome":"success".*"state":"finished","complete":true,"left":0'; }
ok "the last line says how whole it is" last
first() { head -n 1 "$work/events" | grep -q '"action":"scan.begin".*"resumed":false'; }
ok "and the first that it begins" first
once() { [ -z "$(sed -n 's/.*"id":"\([0-9]*\.[c0-9]*\)".*/\1/p' "$work/events" | sort | uniq -d)" ]; }
ok "no event is told twice" once
durable() { for s in $(sed -n 's/.*"ledger":{"seq":\([0-9]*\)}.*/\1/p' "$work/events" | sort -u); do k ledger ls -f tsv --columns seq | grep -qx "$s" || return 1; done; }
ok "what was told stands in the ledger" durable

# --- before its end, and in order
early() {
	begin two || return 1
	(k scan 10.89.0.0/29 --network lab --profile lab -f jsonl; echo $? >"$work/code") | while IFS= read -r line; do
		printf '%s %s\n' "$(k ledger ls -f tsv --columns act 2>/dev/null | grep -c run.end)" "$line"
	done >"$work/seen"
	grep -q '^0 .*scan.device' "$work/seen" && grep -q '^0 .*scan.port' "$work/seen"
}
ok "devices and ports are told before the run ends" early

# --- a reader who goes away
reader() {
	begin three || return 1
	(k scan 10.89.0.0/29 --network lab --profile lab -f jsonl; echo $? >"$work/code") | grep -m 1 scan.port
	cat "$work/err"
	[ "$(cat "$work/code")" = 3 ] && k ledger ls -f tsv --columns act | grep -q run.end && k ledger verify
}
ok "a reader who closes the pipe ends the scan cleanly with 3" reader
kept() { k asset ls -f tsv --columns addresses | grep -q 10.89.0.2; }
ok "what was found is kept" kept
rest() { k scan 10.89.0.0/29 --network lab --profile lab -f jsonl >"$work/events" && has '"action":"scan.begin".*"resumed":true' && last; }
ok "and the same command goes on" rest
again() { has '"action":"scan.device".*"10.89.0.2"' && has '"action":"scan.port".*"port":23}' && once; }
ok "with every event of the run, those of before too" again

# --- killed at any moment, what was written is valid
killed() {
	begin four || return 1
	for ms in 300 700 1200 1900; do
		lab_in scan env KOROBANU_STORE="$work/$store" timeout -s KILL "0$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" \
			"$K" scan 10.89.0.0/29 --network lab --profile lab -f jsonl >"$work/events" 2>>"$work/err"
		got=$?
		[ ! -s "$work/events" ] || valid "$work/events" || return 1
		[ $got != 0 ] || break	# it came to its end before
	done
	[ $got = 0 ] || k scan 10.89.0.0/29 --network lab --profile lab -f jsonl >"$work/events" || return 1
	valid "$work/events" && last && kinds
}
ok "kill -9 at any moment leaves whole lines, and the end tells everything" killed

# --- status for programs, nothing where no terminal is
status() { begin five && k scan 10.89.0.2 --network lab --profile lab --status json -q >/dev/null && tail -n 40 "$work/err" | grep -q '"schema":"korobanu.status/1".*"state":"finished"'; }
ok "--status json tells it on stderr" status
quiet() { : >"$work/err"; k scan 10.89.0.2 --network lab --profile lab >"$work/out2"; ! grep -q 'packets/s' "$work/err"; }
ok "no progress line where stderr is no terminal" quiet
line() { command -v script >/dev/null || return 0; lab_in scan env LC_ALL=C TERM=vt100 KOROBANU_STORE="$work/$store" script -qec "$K scan 10.89.0.0/29 --network lab --profile lab -p 1-65535" "$work/tty" >/dev/null; grep -aq 'addresses done.*packets/s.*left' "$work/tty"; }
ok "on a terminal it says rate, done of total and time left" line
tap_end
