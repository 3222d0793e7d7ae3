#!/bin/sh
# Fuzzes with libFuzzer: tools/fuzz.sh [TARGET|all] [SECONDS]
# Builds build/fuzz (ASan, UBSan) and build/edges (ASan; without UBSan's own branches an edge is one of the source) with clang,
# then runs each target until 10 CPU-minutes brought no new edge, or SECONDS passed.
# Prints "NAME: edges reached of edges present": of the reader's own files (test/fuzz/readers), then of all code linked.
# The same goes into the table of doc/fuzzing.md. CPU-seconds without a new edge go on from there where the reader is as it was.
# Inputs that reached something are kept in build/corpus/NAME, the fewest that reach every edge in test/fuzz/found/NAME;
# a crash in build/corpus/NAME.crash-*.
# In the environment: FUZZ_IDLE=CPU-SECONDS stands in for the 10 minutes, FUZZ_BUILT=DIRECTORY has both builds already.
# Ends with 1 when a target crashed, leaked, hung or used too much memory.
set -eu

cd "$(dirname "$0")/.."
only=${1:-all} seconds=${2:-0}
idle_stop=${FUZZ_IDLE:-600} slice=60
build=${FUZZ_BUILT:-build}/fuzz edges=${FUZZ_BUILT:-build}/edges corpus=build/corpus table=doc/fuzzing.md
found_most=$((200 * 1024))	# bytes of test/fuzz/found/NAME

case $seconds$idle_stop in *[!0-9]*) echo "fuzz: SECONDS and FUZZ_IDLE are numbers" >&2; exit 2;; esac
[ "$idle_stop" -ge $slice ] || slice=$((idle_stop > 0 ? idle_stop : 1))

mkdir -p "$build" $corpus
log=$corpus/build.log

# make DIRECTORY OPTIMIZATION SANITIZERS
make() {
	if [ ! -f "$1/build.ninja" ]; then
		CC=clang CXX=clang++ meson setup "$1" -Dfuzz=true -Doptimization="$2" -Db_sanitize="$3" -Db_lundef=false \
			-Dc_args=-fsanitize=fuzzer-no-link -Dcpp_args=-fsanitize=fuzzer-no-link >$log 2>&1 ||
			{ tail -3 $log >&2; echo "fuzz: $1 cannot be set up, see $log" >&2; exit 1; }
	fi
	ninja -C "$1" -j2 fuzzers >$log 2>&1 || { tail -20 $log >&2; echo "fuzz: $1 does not build, see $log" >&2; exit 1; }
}
if [ -z "${FUZZ_BUILT:-}" ]; then
	make "$build" 2 address,undefined
	make "$edges" 1 address
fi

# whole seconds of CPU that ended children used, into $cpu: the second line of times is "0m1.230s 0m0.040s". Through a file,
# because a subshell has children of its own.
cpu() {
	times >"$corpus/$1.times"
	cpu=$(awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/); print int(60 * (u[1] + s[1]) + u[2] + s[2]) }' "$corpus/$1.times")
}

# what readers says of a target: its longest input and its files, "file.c" or "file.c:function,function"
longest() {
	awk -v name="$1" '$1 == name { print $2 }' test/fuzz/readers
}
files() {
	awk -v name="$1" '$1 == name { for (i = 3; i <= NF; i++) print $i }' test/fuzz/readers
}

# the folders inputs are read from; new ones go into the first
inputs() {
	echo "$corpus/$1" "test/fuzz/seed/$1"
	[ ! -d "test/fuzz/found/$1" ] || echo "test/fuzz/found/$1"
}

# run TARGET WALL-SECONDS: one slice; the log says how far it came
run() {
	dict=test/fuzz/dict/$1.dict
	[ -f "$dict" ] && dict=-dict=$dict || dict=
	# shellcheck disable=SC2046,SC2086
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		ASAN_OPTIONS=allocator_may_return_null=1:malloc_context_size=8:quarantine_size_mb=32 \
		"$build/test/fuzz/fuzz_$1" $dict -max_total_time="$2" -timeout=20 -rss_limit_mb=2048 -max_len="$(longest "$1")" \
		-artifact_prefix="$corpus/$1.crash-" -print_final_stats=1 $(inputs "$1") >"$corpus/$1.log" 2>&1
}

# the "cov:" of a line of the log: of all inputs known before, or of all
reached() {
	sed -n "s/.*$2.* cov: \([0-9]*\) .*/\1/p" "$corpus/$1.log" | tail -1
}

# merge TARGET INTO FROM... [-OPTION]: the fewest inputs that reach all that was reached
merge() {
	name=$1 to=$2
	shift 2
	rm -rf "$corpus/$name.new"
	mkdir -p "$corpus/$name.new"
	# shellcheck disable=SC2046
	if ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0 "$build/test/fuzz/fuzz_$name" -merge=1 "$@" "$corpus/$name.new" \
		$(inputs "$name") >"$corpus/$name.merge.log" 2>&1; then
		rm -rf "${to:?}"
		mv "$corpus/$name.new" "$to"
	fi
}

# "REACHED PRESENT" of the reader's own files with all that is kept
own() {
	# shellcheck disable=SC2046
	ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0 "$edges/test/fuzz/fuzz_$1" -runs=0 -print_coverage=1 \
		-max_len="$(longest "$1")" $(inputs "$1") >"$corpus/$1.edges" 2>&1 || true
	awk -v want="$(files "$1" | tr '\n' ' ')" '
		BEGIN { n = split(want, w, " "); for (i = 1; i <= n; i++) { split(w[i], x, ":"); own[x[1]] = x[2] == "" ? "," : "," x[2] "," } }
		/COVERED_FUNC: hits:/ {
			path = $NF; sub(/^.*\/src\//, "src/", path); sub(/(:[0-9]+)+$/, "", path)
			if (!(path in own) || (own[path] != "," && index(own[path], "," $6 ",") == 0)) next
			split($5, e, "/"); reached += e[1]; present += e[2]
		}
		END { print reached + 0, present + 0 }' "$corpus/$1.edges"
}

# field N of the target's row
row() {
	awk -F ' *[|] *' -v name="$1" -v n="$2" '/^\| Target \| Reader / { rows = 1 } rows && $2 == name { print $(n + 1) }' $table
}

# is the reader what it was when its row was written?
unchanged() {
	was=$(row "$1" 8)
	# shellcheck disable=SC2046
	[ -n "$was" ] && git diff --quiet "$was" -- "test/fuzz/$1.c" $(files "$1" | sed 's/:.*//') 2>/dev/null
}

# the commit that made the reader what it is, "-" when it is not committed
commit() {
	# shellcheck disable=SC2046
	set -- "test/fuzz/$1.c" $(files "$1" | sed 's/:.*//')
	last=$(git log -1 --format=%h -- "$@")
	git diff --quiet "$last" -- "$@" && echo "$last" || echo -
}

# put_row TARGET ROW: in the place of the old one, else behind the last that sorts before it
put_row() {
	(
		flock 9
		awk -v name="$1" -v line="$2" '
			/^\| Target \| Reader / { rows = 1 }
			rows && /^\| [a-z]+ \|/ { if ($2 == name) next; if (!done && $2 > name) { print line; done = 1 } }
			!/^\|/ && rows && !done { print line; done = 1 }
			{ print }
			END { if (!done) print line }' $table >"$corpus/$1.table"
		cat "$corpus/$1.table" >$table
	) 9>$corpus/table.lock
}

fuzz() {
	mkdir -p "$corpus/$1"
	idle=0 start=$(date +%s) why=
	if unchanged "$1"; then
		# shellcheck disable=SC2046
		set -- "$1" $(own "$1")
		[ "$(row "$1" 3)" != "$2 of $3" ] || idle=$(row "$1" 5)
	fi
	while [ -z "$why" ]; do
		[ "$idle" -lt "$idle_stop" ] || { why="no new edge in $idle CPU-seconds"; break; }
		span=$slice
		[ "$seconds" -eq 0 ] || left=$((start + seconds - $(date +%s)))
		[ "$seconds" -eq 0 ] || [ "$left" -ge $slice ] || span=$left
		[ "$span" -gt 0 ] || { why="$seconds s passed"; break; }
		cpu "$1"
		before=$cpu
		if ! run "$1" "$span"; then
			[ -z "$stop" ] || { why=stopped; break; }
			why="FAILED, see $corpus/$1.log" failed=1
			break
		fi
		cpu "$1"
		if [ "$(reached "$1" '')" -gt "$(reached "$1" INITED)" ]; then
			idle=0
		else
			idle=$((idle + cpu - before))
		fi
	done
	finish "$1"
}

# what is kept, what is said
finish() {
	if [ ! -s "$corpus/$1.log" ]; then
		run "$1" 1 || true
	fi
	all=$(reached "$1" '') present=$(sed -n 's/.*(\([0-9]*\) inline 8-bit counters).*/\1/p' "$corpus/$1.log" | head -1)
	merge "$1" "$corpus/$1"
	merge "$1" "$corpus/$1.fewest" -use_counters=0
	find "$corpus/$1.fewest" -type f -empty -delete
	if [ "$(find "$corpus/$1.fewest" -type f -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }')" -le $found_most ]; then
		rm -rf "test/fuzz/found/$1"
		mkdir -p test/fuzz/found
		cp -r "$corpus/$1.fewest" "test/fuzz/found/$1"
	fi
	# shellcheck disable=SC2046
	set -- "$1" $(own "$1")
	printf '%s: %s edges reached of %s present, %s of %s linked, %s inputs kept; %s\n' "$1" "$2" "$3" "$all" "${present:-?}" \
		"$(find "$corpus/$1" -type f | wc -l)" "$why"
	case $why in FAILED*) return;; esac
	put_row "$1" "$(printf '| %s | %s | %s of %s | %s of %s | %s | %s | %s | %s |' "$1" "$(files "$1" | sed 's/^src.//; s/:.*//' | tr '\n' ' ' |
		sed 's/ $//; s/ /, /g')" "$2" "$3" "$all" "$present" "$idle" "$([ "$idle" -ge 600 ] && echo yes || echo no)" "$(date -u +%F)" \
		"$(commit "$1")")"
}

# stopped from outside: what the slices that ended showed is kept
stop=
trap 'stop=1 seconds=1' INT TERM

failed=0
found=0
for exe in "$build"/test/fuzz/fuzz_*; do
	name=${exe##*/fuzz_}
	case $name in *.p) continue;; esac
	[ -z "$stop" ] || break
	[ "$only" = all ] || [ "$only" = "$name" ] || continue
	[ -n "$(files "$name")" ] || { echo "fuzz: test/fuzz/readers does not name $name" >&2; exit 2; }
	found=1
	fuzz "$name"
done
[ $found = 1 ] || { echo "fuzz: no target \"$only\"" >&2; exit 2; }
exit $failed
