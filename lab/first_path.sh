#!/bin/sh
# ./dev run: plays a device with Telnet and its twin without, surveys them, shows inventory, sheet and proof, and leaves the store.
# usage: first_path.sh PROGRAM STORE-DIRECTORY
set -eu
K=$1 demo=$2
cd "$(dirname "$0")/.."
mkdir -p "$demo"
demo=$(cd "$demo" && pwd)
KOROBANU_STORE=$demo/store
KOROBANU_FORMAT=table
export KOROBANU_STORE KOROBANU_FORMAT

show() {	# the command as a person would type it, then what it prints
	printf '\n$ korobanu'
	for w in "$@"; do
		case $w in *' '* | *\**) printf ' "%s"' "$w" ;; *) printf ' %s' "$w" ;; esac
	done
	printf '\n'
	in_lab "$K" "$@"
}

# A store from an earlier run is kept: its history goes on.
record() {	# PREFIX
	in_lab "$K" network ls -f tsv --columns id 2>/dev/null | grep -qx lab && return 0
	show network add lab --prefix "$1"
	show scope add "$1" --network lab --owner demo --until 2099-01-01 --why "devices played by this script" --lab
}

tour() {	# TARGETS ADDRESS-WITH ADDRESS-WITHOUT
	# shellcheck disable=SC2086
	show scan $1 --network lab --profile lab
	show sheet show "$2" --item JS-14-2,5.6-1
	show sheet show "$3" --item JS-14-2,5.6-1
	show rule explain "$2" M01
	show ledger prove -o "$demo/proof.jsonl"
	mkdir -p "$demo/empty"
	printf '\n(in an empty directory, without the store)'
	cd "$demo/empty"
	show verify ../proof.jsonl
	cat <<T

The store is $KOROBANU_STORE. Explore it:
  KOROBANU_STORE=$KOROBANU_STORE $K asset ls
  KOROBANU_STORE=$KOROBANU_STORE $K ledger ls
T
}

played() {
	. lab/net.sh
	in_lab() { lab_in scan env KOROBANU_STORE="$KOROBANU_STORE" KOROBANU_FORMAT=table "$@"; }
	trap lab_down EXIT
	lab_up
	lab_host scan 00:16:3e:00:00:01 10.77.0.1/29
	lab_host cam 00:16:3e:00:00:02 10.77.0.2/29
	lab_host twin 00:16:3e:00:00:03 10.77.0.3/29
	lab_service cam busybox telnetd -F -l /bin/login
	lab_listens cam 23
	echo "Two devices are played in network namespaces: 10.77.0.2 with telnetd, 10.77.0.3 without."
	record 10.77.0.0/29
	tour 10.77.0.0/29 10.77.0.2 10.77.0.3
}

loopback() {
	in_lab() { "$@"; }
	busybox telnetd -F -l /bin/login -b 127.77.0.2:2323 >/dev/null 2>&1 &
	daemon=$!
	trap 'kill $daemon 2>/dev/null || true' EXIT
	for _ in 1 2 3 4 5 6 7 8 9 10; do	# until it listens: 127.77.0.2:2323 as the kernel writes it
		! grep -q '02004D7F:0913 00000000:0000 0A' /proc/net/tcp || break
		sleep 0.5
	done
	cat <<'T'
Network namespaces are refused here, so the devices are played on the loopback range by connections alone: 127.77.0.2 with telnetd
on port 2323, 127.77.0.3 without. Port 23 was not played, and devices cannot be told apart without packets: expect × and ？, no ◎.
T
	record 127.77.0.0/29
	tour "127.77.0.2 127.77.0.3" 127.77.0.2 127.77.0.3
}

may_play() { ip netns add "kbmay$$" 2>/dev/null && ip netns del "kbmay$$"; }

if [ "${3:-}" = inside ]; then	# a user namespace: a /run of its own for the names of network namespaces
	mount -t tmpfs tmpfs /run 2>/dev/null || true
	if may_play; then played; else loopback; fi
elif may_play; then
	played
elif unshare -c -n -m --keep-caps true 2>/dev/null; then
	exec unshare -c -n -m --keep-caps sh lab/first_path.sh "$K" "$demo" inside
else
	loopback
fi
