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
checkout() {	# USER: a clone of his own
	id "$1" >/dev/null 2>&1 || useradd -m "$1"
	rm -rf "/home/$1/src"
	git clone -q /src.git "/home/$1/src"
	chown -R "$1:" "/home/$1/src"
}
runs_as() {	# USER NAME
	timed "$2" su "$1" -c 'cd ~/src && ./dev run >/tmp/run.'"$1"' 2>&1' || { tail -n 40 "/tmp/run.$1"; exit 1; }
	grep -q 'JS-14-2.c' "/tmp/run.$1" || { tail -n 40 "/tmp/run.$1"; fail "no sheet"; }
}
packages() { dpkg-query -W | wc -l; }

first_run() {	# the output of ./dev run holds what it is for
	./dev run >/tmp/run.out 2>/tmp/run.err || { tail -n 40 /tmp/run.out /tmp/run.err; return 1; }
	grep -q 'JS-14-2.c' /tmp/run.out || { tail -n 40 /tmp/run.out; return 1; }
}

case $step in
bare)
	! command -v gcc >/dev/null || fail "not a bare root any more: begin with a new one"
	checkout plain
	! su plain -c 'cd ~/src && ./dev run' >/tmp/bare.out 2>&1 || fail "runs with nothing there"
	[ "$(wc -l </tmp/bare.out)" = 1 ] || { cat /tmp/bare.out; fail "more than one sentence"; }
	grep -q 'administrator.*apt-get install .*gcc .*busybox-static' /tmp/bare.out || { cat /tmp/bare.out; fail "says something else"; }
	cat /tmp/bare.out ;;
run)
	timed "first ./dev run" first_run
	cat /tmp/run.err
	before=$(packages)
	timed "second ./dev run" first_run
	want [ "$(packages)" = "$before" ]
	! grep -q 'installing' /tmp/run.err || fail "the second run installs" ;;
user)
	apt-get install -qq -y --no-install-recommends sudo >/dev/null 2>&1
	checkout fresh
	echo 'fresh ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/fresh
	runs_as fresh "as a user with sudo"
	want grep -q 'played in network namespaces' /tmp/run.fresh ;;
nosudo | refused)
	checkout plain
	! su plain -c 'sudo -n true' 2>/dev/null || fail "he may install"
	if [ "$step" = nosudo ]; then
		want su plain -c 'unshare --user --map-root-user true'
		runs_as plain "as a user without sudo"
		want grep -q 'played in network namespaces' /tmp/run.plain
	else
		! su plain -c 'unshare --user --map-root-user true' 2>/dev/null || fail "namespaces are not refused"
		runs_as plain "as a user without sudo, namespaces refused"
		want grep -q 'on port 2323, 127.77.0.3 without' /tmp/run.plain
		want grep -q 'Port 23 was not played' /tmp/run.plain
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
