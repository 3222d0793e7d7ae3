#!/bin/sh
# ./dev run where namespaces are refused: a user without rights plays on the loopback range, and it is said what was not played.
# usage: demo.sh PROGRAM; TAP on stdout. The loopback is that of a network namespace of this test.
. "${0%/*}/tap.sh"
tap_root "demo without namespaces"
mkdir "$work/refused" "$work/home"
chmod 755 "$work"
chmod 777 "$work/home"
for name in ip unshare; do	# what the script tries first
	printf '#!/bin/sh\nexit 1\n' >"$work/refused/$name"
	chmod 755 "$work/refused/$name"
done
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/home" "$@"; }
nobody test -x "$K" || tap_skip "demo: nobody may not reach the program"

tour() {
	# shellcheck disable=SC2016
	unshare -n sh -c 'ip link set lo up && shift && exec "$@"' sh "" setpriv --reuid=65534 --regid=65534 --clear-groups env \
		HOME="$work/home" LC_ALL=C.UTF-8 PATH="$work/refused:$PATH" sh lab/first_path.sh "$K" "$work/home/demo" >"$work/tour" 2>&1 ||
		{ tail -n 15 "$work/tour"; return 1; }
}
ok "it runs to its end" tour
ok "and says that port 23 was not played" grep -q 'Port 23 was not played' "$work/tour"
ok "Telnet on 2323 fails" grep -q 'JS-14-2.c  *× ' "$work/tour"
passed() { grep 'JS-14-2.c' "$work/tour" | grep -q '◎'; }
ok "nothing passes" ends 1 passed
ok "the proof is accepted" grep -q 'everything fits' "$work/tour"
again() { tour && grep -q 'SCN-' "$work/tour"; }
ok "it runs again on the store that is there" again
tap_end
