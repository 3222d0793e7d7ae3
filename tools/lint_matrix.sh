#!/bin/sh
# Builds the parts that read and write formats (base, core/msg, core/fact, core/lang, core/ledger, proto) for a machine that is
# not like this one, without the program, and runs their unit tests there: lint_matrix.sh msan | i386 | s390x
#   msan   clang's MemorySanitizer, the seeds of the fuzz targets too: no byte is read that nobody wrote
#   i386   32-bit pointers and sizes; on this processor, with the loader of Debian's cross C library
#   s390x  big endian; in qemu-user
# nettle, gmp and cmocka of the foreign machine are Debian's, unpacked below build/foreign: nothing is installed for it and dpkg
# learns no foreign architecture. Corpora are read where KOROBANU_CORPORA says, as in ./dev test.
set -eu
cd "$(dirname "$0")/.."
what=${1:?msan, i386 or s390x}
build=build/$what

# fetch ARCH: the libraries of that architecture below build/foreign/ARCH/root. apt works in a directory of its own.
fetch() {
	dir=$PWD/build/foreign/$1
	[ ! -f "$dir/done" ] || return 0
	rm -rf "$dir"
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	set -- -q -o "APT::Architecture=$1" -o "APT::Architectures=$1" -o "Dir::State=$dir/state" -o "Dir::State::status=$dir/status" \
		-o "Dir::Cache=$dir/cache" -o "APT::Sandbox::User="
	apt-get "$@" update || true	# a list that fails matters only if the packages cannot be had
	(cd "$dir" && apt-get "$@" download nettle-dev libnettle8 libhogweed6 libgmp-dev libgmp10 libcmocka-dev libcmocka0)
	for deb in "$dir"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root"
	done
	rm -rf "$dir/state" "$dir/cache" "$dir"/*.deb
	touch "$dir/done"
}

# cross ARCH GNU-TRIPLET CPU-FAMILY ENDIAN RUNNER...: the file that tells meson how to build for it and how to run what was built
cross() {
	arch=$1 triplet=$2 family=$3 endian=$4
	shift 4
	root=$PWD/build/foreign/$arch/root
	libs=$(cd "$root/usr/lib" && ls -d ./*-linux-gnu)
	{
		printf "[binaries]\nc = '%s-gcc'\nar = '%s-ar'\nstrip = '%s-strip'\npkgconfig = 'pkg-config'\nexe_wrapper = [" \
			"$triplet" "$triplet" "$triplet"
		printf "'%s', " "$@"
		printf "]\n[properties]\nneeds_exe_wrapper = true\nsys_root = '%s'\npkg_config_libdir = '%s/usr/lib/%s/pkgconfig'\n" \
			"$root" "$root" "${libs#./}"
		printf "[built-in options]\nc_args = ['-I%s/usr/include', '-I%s/usr/include/%s']\n" "$root" "$root" "${libs#./}"
		printf "c_link_args = ['-L%s/usr/lib/%s']\n" "$root" "${libs#./}"
		printf "[host_machine]\nsystem = 'linux'\ncpu_family = '%s'\ncpu = '%s'\nendian = '%s'\n" "$family" "$family" "$endian"
	} >"build/foreign/$arch/cross.new"
	cmp -s "build/foreign/$arch/cross.new" "build/foreign/$arch/cross" || {
		mv "build/foreign/$arch/cross.new" "build/foreign/$arch/cross"
		rm -rf "build/$arch"
	}
}

# setup OPTION...
setup() {
	[ -f "$build/build.ninja" ] ||
		meson setup "$build" -Dsimdjson=disabled -Dyaml=disabled -Dseccomp=disabled "$@"
}

case $what in
msan)
	CC=clang
	export CC
	setup -Doptimization=1 -Ddebug=true -Db_sanitize=memory -Db_lundef=false
	suite= step=13 ;;
i386)
	fetch i386
	cross i386 i686-linux-gnu x86 little /usr/i686-linux-gnu/lib/ld-linux.so.2 --library-path \
		"$PWD/build/foreign/i386/root/usr/lib/i386-linux-gnu:/usr/i686-linux-gnu/lib"
	setup -Doptimization=1 -Ddebug=true -Db_sanitize=undefined --cross-file build/foreign/i386/cross
	suite='--suite unit' step=3 ;;
s390x)
	fetch s390x
	cross s390x s390x-linux-gnu s390x big qemu-s390x -L /usr/s390x-linux-gnu \
		-E "LD_LIBRARY_PATH=$PWD/build/foreign/s390x/root/usr/lib/s390x-linux-gnu"
	setup -Doptimization=2 --cross-file build/foreign/s390x/cross
	suite='--suite unit' step=29 ;;
*)
	echo "lint_matrix: msan, i386 or s390x, not $what" >&2
	exit 2 ;;
esac
ninja -C "$build"
# loops over every byte take each $step-th: the sanitizer build of ./dev test takes them all
export KOROBANU_TEST_STEP=$step UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# shellcheck disable=SC2086
meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 4 $suite
