#!/bin/sh
# What ./dev lint runs; every step is named, all run, one failure fails the whole.
set -u
bad=0
step() {
	name=$1
	shift
	if "$@" >build/lint.log 2>&1; then
		echo "ok    $name"
	else
		echo "FAIL  $name"
		tail -n "${LINT_LINES:-60}" build/lint.log
		bad=1
	fi
}
mkdir -p build

build_with() {	# DIR CC CXX TARGET MESON-OPTION...
	dir=$1 cc=$2 cxx=$3 target=$4
	shift 4
	[ -f "$dir/build.ninja" ] || CC=$cc CXX=$cxx meson setup "$dir" "$@" || return 1
	ninja -C "$dir" "$target"
}
shell_syntax() {
	for f in dev .ci/run $(git ls-files '*.sh'); do sh -n "$f" || return 1; done
}

step "layers" sh tools/lint_layers.sh
step "clang, warning-free" build_with build/clang clang clang++ all -Dbuildtype=debugoptimized
GEN=build/clang/src/show/cli	# where headers made at build time are
export GEN
step "headers stand alone" sh tools/lint_headers.sh
step "banned functions and unfinished work" sh tools/lint_words.sh
step "length ratchet" sh tools/lint_length.sh
step "shell syntax" shell_syntax
[ ! -f tools/lint_glossary.sh ] || step "glossary" sh tools/lint_glossary.sh
step "generated files are as generated" sh tools/lint_generated.sh build/clang
# The program only: tests break contracts on purpose.
step "gcc -fanalyzer" build_with build/analyzer gcc g++ korobanu -Dbuildtype=debugoptimized -Dc_args=-fanalyzer
step "MemorySanitizer: base, core, proto" sh tools/lint_matrix.sh msan
step "32 bits (i386): base, core, proto" sh tools/lint_matrix.sh i386
step "big endian (s390x): base, core, proto" sh tools/lint_matrix.sh s390x
exit $bad
