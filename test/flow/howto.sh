#!/bin/sh
# The pages of doc/howto that add something are followed literally, in a copy of the tree: what their code blocks say is put where they
# say, built and run, then taken out again; the tree is as before and builds. usage: howto.sh PROGRAM; TAP on stdout.
#
# The words after the language of a block: `file PATH` makes a file; `before PATH TEXT` inserts in front of the first line that holds TEXT;
# `end PATH` appends; `run` is a command, `publish` one that is run later. Other blocks only illustrate.
#
# The copy is mounted over the tree in a mount namespace of this test, so that the build directory in it is up to date and only what
# changes is built.
if [ "${2:-}" != inside ]; then
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null && exec unshare -m sh "$0" "$1" inside
fi
. "${0%/*}/tap.sh"
tap_root "howto"
tree=$PWD build=${K%/*}
case $build in "$tree"/*) build=${build#"$tree/"} ;; *) tap_skip "howto: the build directory is not in the tree" ;; esac
[ "$build" = build/release ] || tap_skip "howto: the pages speak of build/release"

# --- the copy
mkdir "$work/tree" "$work/plain"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/tree"
mkdir -p "$work/tree/build"
cp -a "$build" "$work/tree/$build"
(cd "$work/tree" && tar -c --exclude=./build .) | tar -x -C "$work/plain"
mount --bind "$work/tree" "$tree" || exit 1
cd "$tree" || exit 1	# the mounted one
PATH=$PATH:/usr/sbin:/sbin

# blocks PAGE: into $work/blocks/NNN.{head,body}, in order
blocks() {
	rm -rf "$work/blocks"
	mkdir "$work/blocks"
	awk -v dir="$work/blocks" '
	/^ *```/ && !open {
		open = 1; indent = match($0, /`/) - 1; head = $0; sub(/^ *```[a-z]* ?/, "", head)
		name = sprintf("%s/%03d", dir, ++n); print head >(name ".head"); printf "" >(name ".body"); next
	}
	/^ *```/ { open = 0; close(name ".head"); close(name ".body"); next }
	open { line = $0; if (substr(line, 1, indent) ~ /^ *$/) line = substr(line, indent + 1); print line >(name ".body") }' "$1"
}

insert() {	# BODY FILE TEXT
	awk -v body="$1" -v text="$3" '
	!done && index($0, text) { while ((getline line <body) > 0) print line; done = 1 }
	{ print }
	END { exit !done }' "$2" >"$work/new" || { echo "$2: no line holds: $3"; return 1; }
	cat "$work/new" >"$2"
}

take_out() {	# BODY FILE: the lines of BODY, which stand together in FILE
	awk -v body="$1" '
	BEGIN { while ((getline line <body) > 0) want[n++] = line }
	{ have[m++] = $0 }
	END {
		for (at = 0; at + n <= m && !found; at++) {
			for (i = 0; i < n && have[at + i] == want[i]; i++) { }
			if (i == n) { found = 1; break }
		}
		for (i = 0; i < m; i++) if (!found || i < at || i >= at + n) print have[i]
		exit !found
	}' "$2" >"$work/new" || { echo "$2: the lines of $1 are not there"; return 1; }
	cat "$work/new" >"$2"
}

follow() {	# PAGE put | out
	blocks "doc/howto/$1.md"
	did=0
	for head in "$work"/blocks/*.head; do
		body=${head%.head}.body
		read -r verb path text <"$head" || true
		case $verb:$2 in
		file:put) [ ! -e "$path" ] && cp "$body" "$path" ;;
		file:out) cmp "$body" "$path" && rm "$path" ;;
		before:put) insert "$body" "$path" "$text" ;;
		end:put) cat "$body" >>"$path" ;;
		before:out | end:out) take_out "$body" "$path" ;;
		*) continue ;;
		esac || { echo "$1: $verb $path"; return 1; }
		did=$((did + 1))
	done
	[ $did -ge 2 ] || { echo "$1 adds nothing"; return 1; }
}

run() {	# VERB PAGE...: the commands of the pages, each different text once
	verb=$1
	shift
	: >"$work/ran"
	for page in "$@"; do
		blocks "doc/howto/$page.md"
		for head in "$work"/blocks/*.head; do
			[ "$(cat "$head")" = "$verb" ] && ! grep -qxF "$(cat "${head%.head}.body")" "$work/ran" || continue
			cat "${head%.head}.body" >>"$work/ran"
			sh -e "${head%.head}.body" || return 1
		done
	done
	[ -s "$work/ran" ] || { echo "nothing to run"; return 1; }
}
make() { ninja -C build/release korobanu; }
all="add-a-fact-kind add-a-command add-a-probe"

# --- added
for page in $all; do
	ok "$page: its blocks find their places" follow $page put
done
ok "what the pages say to run runs, and builds" run run $all

k() { lab_in scan env LC_ALL=C KOROBANU_STORE="$work/store" "$K" "$@" 2>>"$work/err"; }
lab_up
lab_host scan 00:16:3e:00:00:01 10.83.0.1/29
lab_host box 00:16:3e:00:00:02 10.83.0.2/29
lab_service box busybox nc -ll -p 7 -e cat
lab_listens box 7
ok "the network is recorded" k network add lab --prefix 10.83.0.0/29
ok "the scope is recorded" k scope add 10.83.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab

survey() { k scan 10.83.0.2 --network lab --profile lab -p 1-100 -q; }
ok "probe: a device is scanned" survey
spoken() { k fact ls 10.83.0.2 -f tsv --columns kind,place,value | tee "$work/seen" | grep ^service | grep -q echo; }
ok "probe: the daemon on port 7 is recognised" spoken

printf '{"fact":{"kind":"colour/1","network":"lab","place":{"part":"lid"},"source":"hand","subject":["ip:10.83.0.2","mac:00:16:3e:00:00:02"],"value":{"name":"green"},"vantage":"v6"},"seen":{"at":"%s","class":"S0","evidence":[],"qod":100,"run":"","state":"unknown"}}\n' \
	"$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$work/colour.jsonl"
ok "kind: known" sh -c '"$0" fact kinds -f tsv | grep -q "^colour"' "$K"
ok "kind: a draft is refused by import" ends 7 k import "$work/colour.jsonl"
ok "kind: golden facts: the good one is good" sh -c 'grep -A2 "^strict OK" test/golden/fact/good.out | grep -q "colour/1"'
ok "kind: golden facts: the bad one names what is missing" sh -c 'tail -n 3 test/golden/fact/bad.out | grep -q "part"'
ok "kind: it is published" run publish add-a-fact-kind
ok "kind: a fact of it is imported" k import "$work/colour.jsonl"
listed() { k fact ls 10.83.0.2 -f tsv --columns kind,place,value | tee "$work/seen" | grep colour | grep -q green; }
ok "kind: and listed" listed

says() { k hello Sato -f tsv --columns item,text | grep -qx 'hello	Sato'; }
ok "command: it runs" says
ok "command: too many arguments are refused" ends 2 k hello a b
ok "command: help knows it" sh -c '"$0" help hello | grep -q hello' "$K"

lab_down

# --- taken out
sed -i '/^KIND(colour, 1,/s/PUBLISHED/DRAFT/' src/core/fact/kinds.tbl	# as the block has it
for page in $all; do
	ok "$page: taken out" follow $page out
done
ok "what the pages say to run runs without it" run run $all
as_before() { diff -r --exclude=build "$work/plain" .; }
ok "the tree is as before" as_before
ok "and builds" make
ok "without the command" ends 2 "$K" hello
ok "without the kind" sh -c '! "$0" fact kinds -f tsv | grep -q ^colour' "$K"
cd /
tap_end
