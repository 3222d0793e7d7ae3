#!/bin/sh
# Fault points: the program is killed once before and once after every call that changes the store's directory, in each of
# the things that change it; then it must go on as if nothing had happened. usage: points.sh PROGRAM WATCH NEXT [SCENARIO...]; TAP.
#
# A run is repeated from the same copy of a store, stopped at the next point each time, two at a time. After each stop: the
# ledger verifies, what was acknowledged is there once, the same command ends well, and the store is what it is without a stop.
# Then the same with a disk that refuses: each sync fails once, and from each call on that needs room there is none; the
# command must say so, with the exit code for it.
[ -w /dev/shm ] && export TMPDIR=/dev/shm	# the subject is the order of the calls, not the disk
W=$(realpath "$2") N=$(realpath "$3")	# before going elsewhere
. "${0%/*}/tap.sh"
[ "$(id -u)" = 0 ] || tap_skip "points: needs root to trace roles of other users"
shift 3
only=$*
chmod 755 "$work"
export LC_ALL=C NO_COLOR=1

in_dir() { d=$1; shift; KOROBANU_STORE=$d/store "$@"; }
list() { in_dir "$1" "$2" ledger ls -f tsv --columns type,act,items; }	# DIR PROGRAM

# ---- a store to begin from
facts() {
	for h in 2 3; do
		printf '{"fact":{"kind":"coverage/1","network":"lab","place":{"addr":"10.82.0.%s","of":"port","proto":"tcp"},"source":"hand","subject":["ip:10.82.0.%s","mac:00:16:3e:00:00:0%s"],"value":{"closed":"1-%s","determined":["name","state"],"alive":true},"vantage":"v1"},"seen":{"at":"2026-11-21T10:00:00Z","class":"S0","evidence":[],"qod":50,"run":"R","state":"unknown"}}\n' $h $h $h "$1"
	done
}
base=$work/base
begin() {
	mkdir -p "$base" && facts 100 >"$base/first.jsonl" && facts 200 >"$base/next.jsonl" && head -c 70000 /dev/zero >"$base/photo" &&
		in_dir "$base" "$K" network add lab --prefix 10.82.0.0/29 && in_dir "$base" "$K" import "$base/first.jsonl" &&
		in_dir "$base" "$K" asset set AST-1 owner.name=Sato && in_dir "$base" "$K" evidence add "$base/photo" --asset AST-1 --note Tanaka
}
at_rest() { flock -w 20 "$base/store/lock" true; }	# core has ended: what lies there may be copied
ok "a store to begin from" begin
ok "is at rest" at_rest

# ---- one stop
# What scenarios say: run DIR [WRAPPER...], done_in FILE (was it acknowledged?), there DIR (is it there, once?), again CODE.
where=$work/where
try() {	# WORKER N before|after
	d=$work/$1
	rm -rf "$d"
	cp -a "$base" "$d"
	run "$d" "$W" --stop "$2:$3" "$d" >"$d.out" 2>&1
	code=$?
	[ $code = 137 ] || [ $code = 0 ] || { echo "call $2, $3: ended with $code"; cat "$d.out"; return 1; }
	said=no
	acked "$d.out" && said=yes
	verify "$d" "$2, $3" || return 1
	safe "$d" || { echo "call $2, $3: what must never be read is there"; return 1; }
	if [ $said = yes ]; then
		there "$d" || { echo "call $2, $3: what was acknowledged is not there"; return 1; }
	fi
	run "$d" >"$d.again" 2>&1
	again $? "$d.again" || { echo "call $2, $3: the same command ends with another result"; cat "$d.again"; return 1; }
	there "$d" || { echo "call $2, $3: the second try did not do it once"; list "$d" "$P"; return 1; }
	verify "$d" "$2, $3, again" || return 1
	[ $code = 137 ] || return 2	# beyond the last call
}
verify() {
	in_dir "$1" "$P" ledger verify >"$1.verify" 2>&1 && return
	echo "call $2: the ledger does not verify"
	cat "$1.verify"
	return 1
}
refuse() {	# WORKER KIND N ERRNO: that call fails, and for room every later one
	d=$work/$1
	rm -rf "$d"
	cp -a "$base" "$d"
	case $2 in
	sync) fail=sync:$3:$4 words='input/output|i/o error|reading or writing failed|not known|ended' ;;
	room) fail=room:$3:$4:on words='no space|full' ;;
	*) fail=any:$3:$4:on words='read-only|denied|i/o error|reading or writing failed|not known|ended' ;;
	esac
	run "$d" "$W" --fail "$fail" "$d" >"$d.out" 2>&1
	code=$?
	if [ $code = 0 ]; then
		acked "$d.out" || { echo "$fail: nothing went wrong, and nothing was said"; return 1; }
	else
		{ [ $code = 2 ] || { [ $code = 4 ] && [ $2 = any ]; }; } && grep -qiE "$words" "$d.out" || { echo "$fail: ended with $code"; cat "$d.out"; return 1; }
	fi
	said=no
	acked "$d.out" && said=yes
	verify "$d" "$fail" || return 1
	safe "$d" || { echo "$fail: what must never be read is there"; return 1; }
	if [ $said = yes ]; then
		there "$d" || { echo "$fail: what was acknowledged is not there"; cat "$d.out"; return 1; }
	fi
	run "$d" >"$d.again" 2>&1
	again $? "$d.again" || { echo "$fail: the same command ends with another result"; cat "$d.again"; return 1; }
	there "$d" || { echo "$fail: the second try did not do it once"; list "$d" "$P"; return 1; }
	verify "$d" "$fail, again"
}
refusals() {	# WORKER KIND ERRNO COUNT
	i=$1
	while [ "$i" -le "$4" ]; do
		refuse "$1" "$2" $i "$3" || { echo bad >"$where.bad"; return 1; }
		i=$((i + 2))
	done
}
refused() {	# KIND ERRNO CALLS
	rm -f "$where".*
	rm -rf "$work/1"
	cp -a "$base" "$work/1"
	run "$work/1" "$W" --list "$work/calls" "$work/1" >/dev/null 2>&1
	count=$(cut -f3 "$work/calls" | grep -cxE "$3")
	refusals 1 "$1" "$2" "$count" >"$work/said.1" 2>&1 &
	w1=$!
	refusals 2 "$1" "$2" "$count" >"$work/said.2" 2>&1
	wait $w1
	cat "$work/said.1" "$work/said.2"
	[ ! -e "$where.bad" ] && [ "$count" -gt 1 ]
}
disk() {	# NAME
	case " ${only:-$1} " in *" $1 "*) ;; *) return ;; esac
	ok "$1: each sync fails once" refused sync 5 sync
	ok "$1: no room from each call on" refused room 28 'write|create|mkdir'
	ok "$1: a disk that became read-only" refused any 30 'sync|write|create|mkdir|truncate|rename|unlink|rmdir'
}
worker() {	# WORKER FIRST: every second point, beginning with FIRST
	i=$2
	while :; do
		for when in $whens; do
			try "$1" $i $when || { [ $? = 2 ] && return 0; echo bad >"$where.bad"; return 1; }
		done
		echo $i >"$where.$1"
		i=$((i + 2))
	done
}
scenario() {	# NAME LEAST
	case " ${only:-$1} " in *" $1 "*) ;; *) return ;; esac
	ok "$1: stopped before and after each call" points "$2"
	echo "# $1: $(cat "$where.1" "$where.2" 2>/dev/null | sort -n | tail -n 1) calls"
}
points() {
	rm -f "$where".*
	worker 1 1 >"$work/said.1" 2>&1 &
	w1=$!
	worker 2 2 >"$work/said.2" 2>&1
	wait $w1
	cat "$work/said.1" "$work/said.2"
	last=$(cat "$where.1" "$where.2" 2>/dev/null | sort -n | tail -n 1)
	[ ! -e "$where.bad" ] && [ "${last:-0}" -ge "$1" ]
}
P=$K
safe() { :; }	# DIR: a scenario says what must not be read after any stop
whens='before after'
again() { [ "$1" = 0 ]; }
acked() { grep -q "$said_so" "$1"; }
once() { [ "$(list "$1" "$P" | grep -c "$2")" = 1 ]; }
same() { list "$1" "$P" >"$1.list"; cmp -s "$1.list" "$want" || { diff "$1.list" "$want"; return 1; }; }
# What the store looks like when nothing stops the command.
expect() {
	want=$work/want
	rm -rf "$work/whole"
	cp -a "$base" "$work/whole"
	run "$work/whole" >/dev/null 2>&1
	list "$work/whole" "$P" >"$want"
}

# ---- the scenarios
run() { d=$1; shift; in_dir "$d" "$@" "$K" asset set AST-2 name.name=gate; }
said_so='name.name=gate'
named() { in_dir "$1" "$K" fact ls AST-2 -f tsv --columns kind,value | grep -c '^name/1.*gate' >"$1.n"; [ "$(cat "$1.n")" = 1 ]; }
there() { named "$1"; }
scenario append 40
disk append

run() { d=$1; shift; in_dir "$d" "$@" "$K" import "$d/next.jsonl"; }
said_so='recorded$'
there() { same "$1"; }
again() { [ "$1" = 0 ]; }
expect
scenario import 60
disk import

run() { d=$1; shift; in_dir "$d" "$@" "$K" erase AST-1 owner.name --basis request; }
said_so='^erased '
there() { once "$1" '^erased' && ! in_dir "$1" "$K" fact ls AST-1 | grep -q Sato && ! grep -rq Sato "$1/store"; }
again() { [ "$1" = 0 ] || grep -q 'holds no owner.name' "$2"; }
scenario erase 40

run() { d=$1; shift; in_dir "$d" "$@" "$K" ledger rotate-key -y; }
said_so='^entry [0-9]* exchanges the key'
# A second try is a second exchange where the first one was done.
there() { c=$(list "$1" "$K" | grep -c 'ledger\.key'); [ "$c" = 1 ] || [ "$c" = 2 ]; }
again() { [ "$1" = 0 ]; }
scenario rotate-key 50

run() { d=$1; shift; in_dir "$d" "$@" "$K" db backup "$d/copy.db"; }
said_so='copy of'
there() {
	[ ! -e "$1/copy.db.part" ] && [ ! -e "$1/store/backup.tmp" ] && [ ! -e "$1/store/backup.d" ] && rm -rf "$1/new" &&
		KOROBANU_STORE=$1/new "$K" db restore "$1/copy.db" >/dev/null 2>"$1.err" &&
		KOROBANU_STORE=$1/new "$K" ledger ls -f tsv --columns type,act,items | sed '$d' | cmp -s - "$want"
}
again() { [ "$1" = 0 ] || grep -q 'E-EXISTS' "$2"; }
expect
scenario backup 40
disk backup

# A copy that is older than an erasure: what was erased is not brought back, whenever the restore ends.
first=$base
erased() {
	base=$work/erased
	cp -a "$first" "$base" && in_dir "$base" "$K" db backup "$base/copy.db" && in_dir "$base" "$K" erase AST-1 owner.name --basis request &&
		in_dir "$base" "$K" erase AST-2 --all --basis law && at_rest && rm "$base/store/korobanu.db-wal" 2>/dev/null
	! grep -rq Sato "$base/store" && grep -q Sato "$base/copy.db"
}
run() { d=$1; shift; in_dir "$d" "$@" "$K" db restore "$d/copy.db" --replace -y; }
said_so='begun again from'
safe() { ! in_dir "$1" "$K" fact ls AST-1 | grep -q Sato && ! in_dir "$1" "$K" fact ls AST-2 | grep -q 3e:00:00:03 && ! grep -rq Sato "$1/store"; }
there() {	# the entry that begins a log, and behind it what was erased
	list "$1" "$K" | sed -n '/ledger.restore/,$p' >"$1.list"
	safe "$1" && [ "$(sed -n 's/^erased.*/e/p;s/^act	ledger.restore.*/r/p' "$1.list" | tail -n 3 | tr -d '\n')" = ree ]
}
case " ${only:-restore} " in *" restore "*) ok "a store that has erased what a copy of it holds" erased ;; esac
whens=before	# a long command, and after one call is before the next
scenario restore 150
no_room() {	# from each call on: the restore happens whole or not at all
	run "$work/whole" "$W" --list "$work/calls" "$work/whole" >/dev/null 2>&1
	count=$(cut -f3 "$work/calls" | grep -cxE 'write|create|mkdir')
	for call in $(seq 2 2 "$count"); do
		rm -rf "$work/1"
		cp -a "$base" "$work/1"
		run "$work/1" "$W" --fail "room:$call:28:on" "$work/1" >"$work/1.out" 2>&1
		safe "$work/1" && verify "$work/1" "$call" && safe "$work/1" || { echo "room:$call"; cat "$work/1.out"; return 1; }
	done
	echo "$count calls"
	[ "$count" -gt 80 ]
}
case " ${only:-restore} " in *" restore "*) rm -rf "$work/whole"; cp -a "$base" "$work/whole"; ok "restore: no room from each call on" no_room ;; esac
base=$first
whens='before after'
safe() { :; }

P=$N
run() { d=$1; shift; in_dir "$d" "$@" "$N" db migrate; }
said_so='is the newest'
there() { same "$1" && ls "$1/store" | grep -q '^korobanu\.db\.before-' && [ ! -e "$(echo "$1"/store/*.part)" ]; }
again() { [ "$1" = 0 ]; }
expect
scenario migrate 50

# 256 entries: the tile becomes full, its partial files go, the next level begins.
P=$K
many() {
	i=$(list "$base" "$K" | sed 1d | wc -l)
	mkfifo "$work/hold"
	in_dir "$base" "$K" import - <"$work/hold" >/dev/null 2>&1 &
	exec 3>"$work/hold"
	while [ "$i" -lt 255 ]; do in_dir "$base" "$K" network add "n$i" --prefix 10.83.0.0/24 -q || return 1; i=$((i + 1)); done
	exec 3>&-
	wait
	at_rest
}
run() { d=$1; shift; in_dir "$d" "$@" "$K" network add last --prefix 10.84.0.0/24; }
said_so='last recorded'
there() { in_dir "$1" "$K" network ls -f tsv --columns id | grep -cx last >"$1.n"; [ "$(cat "$1.n")" = 1 ]; }
case " ${only:-publish} " in *" publish "*) ok "a store of 255 entries" many ;; esac
scenario publish 40
disk publish
tap_end
