#!/bin/sh
# Builds the release program and the programs of bench/, runs each, prints one markdown row a claim and writes the table with date and
# machine into doc/performance.md. usage: bench/run.sh [BUILD-DIRECTORY]
#   FULL=1 bench/run.sh	10 M facts, 1 M assets with 20 M: an hour or more, 40 GB of disk; without it some ten minutes on an idle machine
#   FACTS=N SEALED=N ASSETS=N bench/run.sh	other sizes
#   WORK=DIRECTORY	where the stores are made (default: a new directory beside this tree; the disk is part of what is measured)
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/bench}
[ -f "$build/build.ninja" ] || meson setup "$build" -Dbuildtype=release -Db_pie=true >/dev/null
ninja -C "$build" korobanu bench >"$build/bench.log" 2>&1 || { tail -n 40 "$build/bench.log" >&2; exit 2; }
if [ -n "${WORK:-}" ]; then work=$(mktemp -d "$WORK/korobanu-bench.XXXXXX"); else work=$(mktemp -d "$PWD/build/bench-work.XXXXXX"); fi
rows=$work/rows
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ "${FULL:-0}" = 1 ]; then
	FACTS=${FACTS:-10000000}
	ASSETS=${ASSETS:-1000000}
fi

bench() { "$build/bench/bench_$@" | tee -a "$rows"; }

bench facts "$work/facts" "${FACTS:-500000}" "${SEALED:-200000}"
rm -rf "$work/facts"
bench append "$work/append"
mkdir "$work/store"
bench store "$work/store" "${FACTS:-500000}"
bench ledger "$work/ledger"
bench assets "$work/assets" "${ASSETS:-10000}"
bench start "$build/korobanu" "$work/started"	# the program makes it, and gives it to the uid of core

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
sha=$(grep -qw sha_ni /proc/cpuinfo && echo "with SHA instructions" || echo "without SHA instructions")
memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
{
	echo '# Speed and memory'
	echo
	echo 'Written by `bench/run.sh`. Machines are shared and noisy: a claim is a ratio against the peer or the limit in the same run.'
	echo
	echo "Date: $(date -u +%Y-%m-%dT%H:%MZ). Machine: $(nproc) cores, $cpu ($sha), $memory memory, $(uname -sr),"
	echo "load when it ended: $(cut -d' ' -f1-3 /proc/loadavg). Commit: $(git rev-parse --short HEAD 2>/dev/null || echo unknown)."
	echo
	echo '| claim | ours | peer or limit | ratio | wanted |'
	echo '|---|---|---|---|---|'
	cat "$rows"
} >doc/performance.md
echo "written: doc/performance.md" >&2
