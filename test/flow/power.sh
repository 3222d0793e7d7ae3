#!/bin/sh
# Power loss: a script of commands is recorded call by call, and the directory made again as a disk may hold it that forgot
# what was not synced (test/fault/power.c). usage: power.sh PROGRAM WATCH POWER NEXT POWER-NEXT [POINTS [POINTS [POINTS]]]; TAP.
[ -w /dev/shm ] && export TMPDIR=/dev/shm	# what is durable is played, not tried
W=$(realpath "$2") P=$(realpath "$3") N=$(realpath "$4") Q=$(realpath "$5")	# before going elsewhere
. "${0%/*}/tap.sh"
[ "$(id -u)" = 0 ] || tap_skip "power: needs root to trace roles of other users"
chmod 755 "$work"
d=$work/disk
fact() {
	printf '{"fact":{"kind":"coverage/1","network":"lab","place":{"addr":"10.82.0.%s","of":"port","proto":"tcp"},"source":"hand","subject":["ip:10.82.0.%s","mac:00:16:3e:00:00:0%s"],"value":{"closed":"1-100","determined":["name","state"],"alive":true},"vantage":"v1"},"seen":{"at":"2026-11-21T10:00:00Z","class":"S0","evidence":[],"qod":50,"run":"R","state":"unknown"}}\n' $1 $1 $1
}
{ fact 2; fact 3; } >"$work/facts.jsonl"
head -c 70000 /dev/urandom >"$work/photo"	# too large for a row: core keeps it as a file
cat >"$work/one" <<'END'
$K network add lab --prefix 10.82.0.0/29
$K import $FACTS
$K asset set AST-1 owner.name=Sato
$K evidence add $PHOTO --asset AST-1
$K ledger prove AST-1 -o proof.jsonl
$K export --register -o register.csv
$K ledger rotate-key -y
$K erase AST-1 owner.name --basis request
$K db backup copy.db
$K ledger anchor anchor
$K ledger export log
$K db restore copy.db --replace -y
$K network add three --prefix 10.84.0.0/29
END
cat >"$work/two" <<'END'
$K network add lab --prefix 10.82.0.0/29
$N db migrate
$N network add four --prefix 10.85.0.0/29
END
# one core serves them all, because the first command waits: small entries go through the redo log
cat >"$work/three" <<'END'
$K network add lab --prefix 10.82.0.0/29
$K import $FACTS
$K import $WAIT &
exec 9>$WAIT
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do $K asset set AST-1 owner.name=Sato$i; done
$K erase AST-1 owner.name --basis request
for i in 1 2 3; do $K asset set AST-2 owner.name=Ito$i; done
$K network add three --prefix 10.84.0.0/29
$K asset set AST-2 owner.name=Mori
exec 9>&-
wait $! || :
$K asset set AST-2 owner.name=Abe
END
mkfifo "$work/wait"
runs() {	# SCRIPT
	rm -rf "$d" && mkdir "$d" && cd "$d" || return 1
	env K="$K" N="$N" FACTS="$work/facts.jsonl" PHOTO="$work/photo" WAIT="$work/wait" LC_ALL=C KOROBANU_STORE="$d/store" "$W" --log "$work/trace" "$d" sh -e "$work/$1"
	got=$?
	cd - >/dev/null || return 1
	return $got
}
ok "a script of commands, recorded" runs one
tap_part "$P" "$work/trace" "$work/again" store "${6:-510}"
ok "an older store that is brought up, recorded" runs two
tap_part "$Q" "$work/trace" "$work/again" store "${7:-120}"
ok "many small entries, recorded" runs three
tap_part "$P" "$work/trace" "$work/again" store "${8:-150}"
tap_end
