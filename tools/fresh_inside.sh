#!/bin/sh
# One step of fresh_root.sh, inside the root.
set -eu
step=$1
[ -d /src ] || git clone -q /src.git /src
chmod 755 /src
cd /src
say() { printf '%s\n' "-- $*"; }
fail() { say "FAILED: $*"; exit 1; }
want() { "$@" || fail "$*"; }
timed() {	# NAME COMMAND...
	name=$1 start=$(date +%s)
	shift
	"$@" || fail "$name"
	say "$name: $(($(date +%s) - start)) s"
}
packages() { dpkg-query -W | wc -l; }

first_run() {	# the output of ./dev run holds what it is for
	./dev run >/tmp/run.out 2>/tmp/run.err || { tail -n 40 /tmp/run.out /tmp/run.err; return 1; }
	grep -q 'JS-14-2.c' /tmp/run.out || { tail -n 40 /tmp/run.out; return 1; }
}

case $step in
run)
	timed "first ./dev run" first_run
	cat /tmp/run.err
	before=$(packages)
	timed "second ./dev run" first_run
	want [ "$(packages)" = "$before" ]
	! grep -q 'installing' /tmp/run.err || fail "the second run installs" ;;
user)
	apt-get install -qq -y --no-install-recommends sudo >/dev/null 2>&1
	id fresh >/dev/null 2>&1 || useradd -m fresh
	echo 'fresh ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/fresh
	rm -rf /home/fresh/src
	git clone -q /src.git /home/fresh/src
	chown -R fresh: /home/fresh/src
	timed "as a user with sudo" su fresh -c 'cd ~/src && ./dev run >/tmp/user.out 2>&1' || { tail -n 40 /tmp/user.out; exit 1; }
	grep -q 'JS-14-2.c' /tmp/user.out || { tail -n 40 /tmp/user.out; fail "no sheet"; }
	# the kernel refuses user namespaces in a chroot: what is played then is the loopback range, and that is said
	if grep -q 'namespaces are refused' /tmp/user.out; then
		grep -q 'Port 23 was not played' /tmp/user.out || fail "does not say that port 23 was not played"
		say "namespaces are refused here: played on the loopback range"
	fi ;;
package)
	timed "./dev package" ./dev package
	deb=$(ls build/korobanu_*.deb)
	apt-get install -qq -y --no-install-recommends lintian systemd man-db >/dev/null 2>&1
	lintian --fail-on error,warning "$deb" || fail "lintian finds errors"
	rm -f /etc/dpkg/dpkg.cfg.d/docker
	want apt-get install -qq -y --no-install-recommends "./$deb" >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }
	KOROBANU_STORE=/var/lib/korobanu korobanu network add office --prefix 10.1.0.0/24
	korobanu doctor || say "doctor ends with $?"
	for unit in $(dpkg -L korobanu | grep '/systemd/system/.*\.\(service\|socket\|timer\)$'); do
		want systemd-analyze verify "$unit"
	done
	want man -w korobanu >/dev/null
	want man -w korobanu-scan >/dev/null
	want man -L ja -w korobanu >/dev/null
	want [ -s /usr/share/bash-completion/completions/korobanu ]
	want [ -s /usr/share/zsh/vendor-completions/_korobanu ]
	want apt-get remove -qq -y korobanu >/dev/null 2>&1
	want [ -e /var/lib/korobanu ]
	want apt-get purge -qq -y korobanu >/dev/null 2>&1
	[ -n "$(ls -A /var/lib/korobanu)" ] || fail "purge took the store"
	[ ! -e /usr/bin/korobanu ] || fail "the program stays"
	say "installed, looked at, removed, purged; the store stays" ;;
test) timed "./dev test" ./dev test ;;
lint) timed "./dev lint" ./dev lint ;;
*) fail "no step $step" ;;
esac
