#!/bin/sh
# The first path, whole: two hosts in namespaces of their own, one with telnetd, surveyed, judged, proved; then everything that must not
# fool it. usage: first_path.sh PROGRAM; TAP on stdout.
. "${0%/*}/tap.sh"
tap_root "first path"
from=scan
k() { lab_in $from env LC_ALL=C KOROBANU_STORE="$work/$store" "$K" "$@" 2>>"$work/err"; }
state() { k sheet show "$1" -f tsv --columns item,state | sed -n "s/^$2	//p"; }	# ADDRESS ITEM -> pass | fail | unknown
is() { got=$(state "$1" "$2"); echo "$1 $2 is $got, want $3"; [ "$got" = "$3" ]; }
reason() { got=$(k rule explain "$1" M01 -f tsv --columns reason | sed -n 2p); echo "$1 is ${got:-nothing}, want $2"; [ "$got" = "$2" ]; }
survey() { k scan "$@" --network lab --profile lab -q >"$work/scan" || { cat "$work/err"; return 1; }; }
asset() { k asset ls -f tsv --columns id,addresses | awk -v a="$1" '{ m = split($2, p, ","); for (i = 1; i <= m; i++) if (p[i] == a) print $1 }'; }
begin() {	# a fresh store with network and scope
	store=$1
	mkdir -p "$work/$store"
	rm -rf "${work:?}/$store"
	k network add lab --prefix 10.77.0.0/29 &&
		k scope add 10.77.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab
}

tap_twins 10.77.0

ok "network and scope are recorded" begin one
outside() { k scan 10.99.0.1 --network lab --profile lab; [ $? = 4 ]; }
ok "outside the scope the scan is refused with 4" outside
# A scope alone does not make an address one of the network's: nothing is sent to any of the targets.
lab_in sw nft -f - <<'END'
table netdev seen {
	chain in {
		type filter hook ingress device p-scan priority 0
		ether type arp counter
		tcp flags syn counter
	}
}
END
sent() { lab_in sw nft list table netdev seen | grep -o 'packets [0-9]*'; }
foreign() {
	k scope add 10.77.0.0/29 10.79.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab || return 1
	before=$(sent)
	for lang in C:outside ja_JP.UTF-8:の外; do
		ends 6 lab_in scan env LC_ALL=${lang%%:*} KOROBANU_STORE="$work/$store" "$K" scan 10.79.0.2 --network lab --profile lab 2>"$work/said" || return 1
		cat "$work/said"
		grep -q "${lang#*:}" "$work/said" || return 1
	done
	ends 6 k scan -n 10.77.0.2 10.79.0.2 --network lab && [ "$(sent)" = "$before" ] && ! k asset ls -f tsv | grep -q AST
}
ok "outside the network's prefixes it is refused with 6 in both languages, whatever a scope says, and nothing is sent" foreign
ok "the survey runs" survey 10.77.0.0/29
counted() { [ "$(sent | grep -c 'packets [1-9]')" = 2 ]; }
ok "(what it sent was counted)" counted
ok "telnet: JS-14-2.c fails" is 10.77.0.2 JS-14-2.c fail
ok "telnet: JS-14-2 fails with its worst part" is 10.77.0.2 JS-14-2 fail
ok "the twin: JS-14-2.c passes" is 10.77.0.3 JS-14-2.c pass
ok "the twin: JS-14-2 stays unknown, its other parts are" is 10.77.0.3 JS-14-2 unknown
ok "5.6-1 stays unknown for both" is 10.77.0.2 5.6-1 unknown
lists_m01() { k sheet show 10.77.0.2 -g en303645-v3.1.3 -f tsv --columns item,why | grep -q 'M01 ×'; }
ok "5.6-1 lists M01's failure" lists_m01
ok "the ledger verifies" k ledger verify

# --- proof
prove() { k ledger prove -o "$work/proof.jsonl" && [ -s "$work/proof.jsonl" ]; }
ok "a proof bundle is written" prove
mkdir -p "$work/empty"
verify() { (cd "$work/empty" && env -i LC_ALL=C PATH="$PATH" HOME="$work/empty" "$K" verify "$1"); }
ok "it verifies in an empty directory without a store" verify "$work/proof.jsonl"
no_store() { [ -z "$(ls -A "$work/empty")" ]; }
ok "and leaves nothing there" no_store
flip() {	# one byte in the middle becomes another
	cp "$work/proof.jsonl" "$work/flipped.jsonl"
	at=$(($(wc -c <"$work/proof.jsonl") / 2))
	old=$(dd if="$work/proof.jsonl" bs=1 skip=$at count=1 2>/dev/null)
	[ "$old" = A ] && new=B || new=A
	printf %s "$new" | dd of="$work/flipped.jsonl" bs=1 seek=$at conv=notrunc 2>/dev/null
	verify "$work/flipped.jsonl" >"$work/flip.out" 2>&1
	code=$?
	cat "$work/flip.out"
	[ $code = 5 ] && grep -q 'line [0-9]' "$work/flip.out"
}
ok "one flipped byte is refused with 5 and its line named" flip

# --- coverage taken away
partial() { begin two && k scan 10.77.0.0/29 --network lab --profile lab -q -p 1-1000 >/dev/null && is 10.77.0.3 JS-14-2.c unknown && reason 10.77.0.3 not_covered; }
ok "without coverage of the whole range the twin is unknown" partial
still() { is 10.77.0.2 JS-14-2.c fail; }
ok "and the other fails all the same" still
store=one

# --- filtered, mute, stopped
drop() { lab_in cam nft add table inet t && lab_in cam nft add chain inet t in '{ type filter hook input priority 0; }' && lab_in cam nft add rule inet t in tcp dport 23 drop; }
filtered() { drop && survey 10.77.0.0/29 && is 10.77.0.2 JS-14-2.c fail; }
ok "port 23 filtered: still failing" filtered
lab_in cam nft delete table inet t 2>/dev/null
lab_stop cam
lab_service cam busybox nc -ll -p 23 -e sleep 30
lab_listens cam 23
mute() { survey 10.77.0.0/29 && is 10.77.0.2 JS-14-2.c fail; }
ok "port 23 mute: still failing" mute
lab_stop cam
stopped() { survey 10.77.0.0/29 && is 10.77.0.2 JS-14-2.c pass; }
ok "telnetd stopped and scanned again: passes" stopped
history() { k asset history 10.77.0.2 -f tsv >"$work/h"; cat "$work/h"; grep -q 'fail.*pass' "$work/h"; }
ok "history tells when the answer changed" history
gone() { k asset show 10.77.0.2 -f tsv >"$work/g"; cat "$work/g"; grep -q gone "$work/g"; }
ok "and that the service is gone" gone
lab_service cam busybox telnetd -F -l /bin/login
lab_listens cam 23
again() { survey 10.77.0.0/29 && is 10.77.0.2 JS-14-2.c fail; }
ok "telnetd started again: fails again" again

# --- IPv6 only
lab_host six 00:16:3e:00:00:04 10.77.0.4/29
lab_in six sysctl -q -w net.ipv6.bindv6only=1
lab_service six busybox telnetd -F -l /bin/login -b '[::]:23'
lab_listens six 23
six() { survey 10.77.0.0/29 && [ "$(state 10.77.0.4 JS-14-2.c)" = fail ]; }
ok "telnet on IPv6 only is found" six
four() { ! lab_in scan busybox nc -w 1 10.77.0.4 23 </dev/null; }
ok "(it does not answer on IPv4)" four
lab_stop six

# --- erasure
# Stated twice: the second is a further sighting, and what it names must go with the first.
name() { k asset set 10.77.0.2 owner.name=Sato && k asset set 10.77.0.2 owner.name=Sato && k ledger prove 10.77.0.2 -o "$work/before.jsonl" && grep -q . "$work/before.jsonl"; }
ok "the owner's name is stated and proved" name
erase() { k erase 10.77.0.2 owner.name --basis request && k ledger prove 10.77.0.2 -o "$work/after.jsonl"; }
ok "it is erased in the store and exported again" erase
tells() { verify "$work/after.jsonl" >"$work/told" 2>&1; code=$?; cat "$work/told"; [ $code = 0 ] && grep -q 'erased by entry [0-9]' "$work/told"; }
ok "the proof holds and verify says erased by entry N" tells
parts() { sed -n 's/.*"bytes":"\([^"]*\)".*/\1/p' "$1" | while read -r part; do printf %s "$part" | base64 -d; done; }
nowhere() { ! grep -arq Sato "$work"/one && parts "$work/before.jsonl" | grep -aq Sato && ! parts "$work/after.jsonl" | grep -aq Sato; }
ok "the name stands nowhere in the store" nowhere
kept() { verify "$work/before.jsonl"; }
ok "a bundle handed out earlier still verifies" kept

# --- the two swap their addresses
a=$(asset 10.77.0.2) b=$(asset 10.77.0.3)
for h in cam twin; do ip -n "$LAB-$h" addr flush dev eth0 scope global; done
ip -n "$LAB-cam" addr add 10.77.0.3/29 dev eth0
ip -n "$LAB-twin" addr add 10.77.0.2/29 dev eth0
swap() { survey 10.77.0.0/29 && [ "$(asset 10.77.0.3)" = "$a" ] && [ "$(asset 10.77.0.2)" = "$b" ]; }
ok "addresses swapped: two assets keep their own histories" swap
swapped() { is 10.77.0.3 JS-14-2.c fail && is 10.77.0.2 JS-14-2.c pass && k asset history "$a" -f tsv | grep -q fail; }
ok "and no pass is carried over" swapped
count() { [ "$(k asset ls -f tsv --columns id | sed 1d | wc -l)" = 3 ]; }
ok "and no asset was made up" count
for h in cam twin; do ip -n "$LAB-$h" addr flush dev eth0 scope global; done
ip -n "$LAB-cam" addr add 10.77.0.2/29 dev eth0
ip -n "$LAB-twin" addr add 10.77.0.3/29 dev eth0

# --- the same through a router
lab_host router 00:16:3e:00:00:06 10.77.0.6/29
lab_host far 00:16:3e:00:00:07
lab_link router wan0 10.78.0.1/30 far wan0 10.78.0.2/30
lab_in router sysctl -q -w net.ipv4.ip_forward=1
ip -n "$LAB-far" route add default via 10.78.0.1
for h in cam twin; do ip -n "$LAB-$h" route add default via 10.77.0.6; done
from=far
routed() { begin far && survey 10.77.0.2 10.77.0.3 && is 10.77.0.2 JS-14-2.c fail && is 10.77.0.3 JS-14-2.c unknown && reason 10.77.0.3 identity; }
ok "through a router: telnet fails, the twin is unknown by identity" routed
for h in cam twin; do ip -n "$LAB-$h" addr flush dev eth0 scope global; done
ip -n "$LAB-cam" addr add 10.77.0.3/29 dev eth0
ip -n "$LAB-twin" addr add 10.77.0.2/29 dev eth0
for h in cam twin; do ip -n "$LAB-$h" route add default via 10.77.0.6; done
ip -n "$LAB-router" neigh flush all
routed_swap() { survey 10.77.0.2 10.77.0.3 && is 10.77.0.3 JS-14-2.c fail && is 10.77.0.2 JS-14-2.c unknown && reason 10.77.0.2 identity; }
ok "swapped through the router: unknown by identity, never a pass" routed_swap
from=scan
store=one
ok "at the end the ledger verifies" k ledger verify
tap_end
