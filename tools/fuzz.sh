#!/bin/sh
# Fuzzes with libFuzzer: tools/fuzz.sh [TARGET|all] [SECONDS]
# Builds build/fuzz with clang, then runs each target until 10 CPU-minutes brought no new edge, or SECONDS passed.
# Prints "NAME: edges reached of edges present"; edges present are those of all code linked into the target.
# FUZZ_IDLE=CPU-SECONDS in the environment stands in for the 10 minutes.
# Inputs that reached something new are kept, as few as do, in build/corpus/NAME; a crash in build/corpus/NAME.crash-*.
# Ends with 1 when a target crashed, leaked, hung or used too much memory.
set -eu

cd "$(dirname "$0")/.."
only=${1:-all} seconds=${2:-0}
idle_stop=${FUZZ_IDLE:-600} slice=60
build=build/fuzz corpus=build/corpus

case $seconds$idle_stop in *[!0-9]*) echo "fuzz: SECONDS and FUZZ_IDLE are numbers" >&2; exit 2;; esac
[ "$idle_stop" -ge $slice ] || slice=$((idle_stop > 0 ? idle_stop : 1))

mkdir -p $build $corpus
log=$corpus/build.log
if [ ! -f $build/build.ninja ]; then
	CC=clang CXX=clang++ meson setup $build -Dfuzz=true -Doptimization=1 -Db_sanitize=address,undefined \
		-Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link -Dcpp_args=-fsanitize=fuzzer-no-link >$log 2>&1 ||
		{ tail -3 $log >&2; echo "fuzz: $build cannot be set up, see $log" >&2; exit 1; }
fi
ninja -C $build -j2 fuzzers >$log 2>&1 || { tail -20 $log >&2; echo "fuzz: $build does not build, see $log" >&2; exit 1; }

# whole seconds of CPU that ended children used, into $cpu: the second line of times is "0m1.230s 0m0.040s". Through a file,
# because a subshell has children of its own.
cpu() {
	times >"$corpus/times"
	cpu=$(awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/); print int(60 * (u[1] + s[1]) + u[2] + s[2]) }' "$corpus/times")
}

# run TARGET WALL-SECONDS: one slice; the log says how far it came
run() {
	dict=test/fuzz/dict/$1.dict
	[ -f "$dict" ] && dict=-dict=$dict || dict=
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=allocator_may_return_null=1 \
		"$build/test/fuzz/fuzz_$1" $dict -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="$corpus/$1.crash-" -print_final_stats=1 "$corpus/$1" "test/fuzz/seed/$1" >"$corpus/$1.log" 2>&1
}

# the largest "cov:" of the log
reached() {
	sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$corpus/$1.log" | sort -n | tail -1
}

# keeps the fewest inputs that reach all that was reached beyond nothing
merge() {
	rm -rf "$corpus/$1.new"
	mkdir -p "$corpus/$1.new"
	if "$build/test/fuzz/fuzz_$1" -merge=1 "$corpus/$1.new" "$corpus/$1" "test/fuzz/seed/$1" >"$corpus/$1.merge.log" 2>&1; then
		rm -rf "${corpus:?}/$1"
		mv "$corpus/$1.new" "$corpus/$1"
	fi
}

fuzz() {
	mkdir -p "$corpus/$1"
	best=0 idle=0 start=$(date +%s) why=
	while [ -z "$why" ]; do
		now=$(date +%s)
		span=$slice
		if [ "$seconds" -gt 0 ] && [ $((start + seconds - now)) -lt $slice ]; then
			span=$((start + seconds - now))
		fi
		[ "$span" -gt 0 ] || { why="$seconds s passed"; break; }
		cpu
		before=$cpu
		if ! run "$1" "$span"; then
			why="FAILED, see $corpus/$1.log" failed=1
			break
		fi
		cpu
		used=$((cpu - before))
		cov=$(reached "$1")
		if [ "${cov:-0}" -gt $best ]; then
			best=$cov idle=0
		else
			idle=$((idle + used))
		fi
		[ $idle -lt $idle_stop ] || why="no new edge in $idle CPU-seconds"
	done
	present=$(sed -n 's/.*(\([0-9]*\) inline 8-bit counters).*/\1/p' "$corpus/$1.log" | head -1)
	merge "$1"
	printf '%s: %s edges reached of %s present, %s inputs kept; %s\n' "$1" "$best" "${present:-?}" \
		"$(find "$corpus/$1" -type f | wc -l)" "$why"
}

failed=0
found=0
for exe in "$build"/test/fuzz/fuzz_*; do
	name=${exe##*/fuzz_}
	case $name in *.p) continue;; esac
	[ "$only" = all ] || [ "$only" = "$name" ] || continue
	found=1
	fuzz "$name"
done
[ $found = 1 ] || { echo "fuzz: no target \"$only\"" >&2; exit 2; }
exit $failed
