#!/bin/sh
# Goes through what a newcomer does, on a Debian 12 with nothing but git: fresh_root.sh [STEP...]; as root, by hand, most of an hour.
#   bare     ./dev run as a user who may install nothing, with nothing there: one sentence for an administrator
#   run      ./dev run twice; the second installs nothing
#   user     ./dev run as a user with sudo
#   nosudo   ./dev run as a user without sudo, once everything is there (after run or user): in namespaces of his own
#   refused  the same where namespaces are refused: on the loopback range
#   package  ./dev package, lintian, install, doctor, manual pages, completion, units, remove, purge: the store stays
#   test     ./dev test, with the corpora of KOROBANU_CORPORA (default: ../shared/corpora) where there are any; half an hour
#   lint     ./dev lint
# Without names: all but lint. The committed state of this repository is cloned; uncommitted changes are not seen.
#
# The root is made with debootstrap in $FRESH_ROOT (default: a new folder below /tmp; 4 GB) and runs in mount, process and host-name
# namespaces of its own, so that /proc, /sys and everything mounted in it is gone with the last process. It is kept with KEEP=1, and one
# that is there already is used again. It is the root of its namespace, as on a machine; only `refused` sees it by chroot, for in a chroot
# the kernel refuses user namespaces.
set -eu
cd "$(dirname "$0")/.."
steps=${*:-bare run user nosudo refused package test}
corpora=${KOROBANU_CORPORA:-$(cd .. && pwd)/shared/corpora}
[ "$(id -u)" = 0 ] || { echo "fresh_root: needs root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "fresh_root: needs debootstrap (apt-get install debootstrap)" >&2; exit 2; }
root=${FRESH_ROOT:-$(mktemp -d /tmp/korobanu-fresh.XXXXXX)}
mirror=${MIRROR:-$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p;s/^deb [^h]*\(http[^ ]*\).*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources \
	2>/dev/null | head -n 1)}

gone() {	# nothing is removed while something is mounted below
	[ "${KEEP:-}" != 1 ] || { echo "fresh_root: kept: $root" >&2; return; }
	if findmnt -rno TARGET | grep -q "^$root"; then
		echo "fresh_root: still mounted below $root, not removed" >&2
	else
		rm -rf --one-file-system "$root"
	fi
}
trap gone EXIT
trap 'exit 130' INT TERM

if [ ! -e "$root/etc/debian_version" ]; then
	debootstrap --variant=minbase --include=git,ca-certificates bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
		{ tail -n 20 "$root.log" >&2; exit 1; }
	rm -f "$root.log"
fi
chmod 755 "$root"	# mktemp's is for root alone, and users enter it
cp /etc/resolv.conf "$root/etc/resolv.conf"
rm -rf "$root/src" "$root/src.git"
mkdir -p "$root/corpora" "$root/mnt/was"
git clone -q --bare . "$root/src.git"
cp tools/fresh_inside.sh "$root/fresh_inside.sh"
bad=0
for step in $steps; do
	echo "== $step"
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --uts sh -c '
		set -e
		mount --bind "$1" "$1"
		mount -t proc proc "$1/proc"
		mount -t sysfs sysfs "$1/sys"
		mount --rbind /dev "$1/dev"
		mount -t tmpfs tmpfs "$1/run"
		[ ! -d "$3" ] || mount --bind -o ro "$3" "$1/corpora"
		hostname fresh
		cd "$1"
		if [ "$2" = refused ]; then
			set -- "$1" "$2"
		else
			pivot_root . mnt/was
			umount -l /mnt/was
			set -- / "$2"
		fi
		exec chroot "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			KOROBANU_CORPORA=/corpora sh /fresh_inside.sh "$2"' sh "$root" "$step" "$corpora" || { echo "FAILED $step"; bad=1; }
done
exit $bad
