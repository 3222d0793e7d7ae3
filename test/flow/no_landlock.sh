#!/bin/sh
# A kernel that offers no Landlock: everything works, doctor says it, and seccomp keeps files from net and parse (test/unit/base/role.c,
# run here once more). usage: no_landlock.sh PROGRAM WITHOUT ROLE-TEST; TAP.
W=$(realpath "$2") T=$(realpath "$3")	# before going elsewhere
. "${0%/*}/tap.sh"
chmod 755 "$work"
kernel=
k() { env LC_ALL=C KOROBANU_STORE="$work/$kernel" "$W" $kernel "$K" "$@" 2>>"$work/err"; }
there() { "$K" doctor -f tsv --columns check,state | grep -qx "landlock	pass"; }
says() { k doctor -f tsv --columns check,state,fix | grep "^landlock	partial	.*Landlock"; }
begin() { k network add lab --prefix 10.82.0.0/29 && k import "$work/facts.jsonl" && k asset set AST-1 owner.name=Sato; }
looks() { k asset ls -f tsv --columns id | grep -qx AST-1 && k sheet show AST-1 -f tsv >"$work/sheet" && [ -s "$work/sheet" ] && k ledger verify; }
copies() { k db backup "$work/$kernel.db" && k db restore "$work/$kernel.db" --replace -y && k fact ls AST-1 -f tsv | grep -q Sato; }
scans() {
	lab_in scan env LC_ALL=C KOROBANU_STORE="$work/$kernel" "$W" $kernel "$K" scan 10.82.0.0/29 --network lab --profile lab -p 1-100 -q 2>>"$work/err" &&
		k sheet show 10.82.0.2 -f tsv --columns item,state | grep -q "^JS-14-2.c	fail"
}
printf '{"fact":{"kind":"coverage/1","network":"lab","place":{"addr":"10.82.0.3","of":"port","proto":"tcp"},"source":"hand","subject":["ip:10.82.0.3","mac:00:16:3e:00:00:03"],"value":{"closed":"1-100","determined":["name","state"],"alive":true},"vantage":"v1"},"seen":{"at":"2026-11-21T10:00:00Z","class":"S0","evidence":[],"qod":50,"run":"R","state":"unknown"}}\n' >"$work/facts.jsonl"
lab=no
if [ "$(id -u)" = 0 ] && ip netns add "$LAB-probe" 2>/dev/null && ip netns del "$LAB-probe"; then
	lab=yes
	lab_up
	lab_host scan 00:16:3e:00:00:01 10.82.0.1/29
	lab_host cam 00:16:3e:00:00:02 10.82.0.2/29
	lab_service cam busybox telnetd -F -l /bin/login
	lab_listens cam 23
fi
there || echo "# this kernel offers none either"
for kernel in ENOSYS EOPNOTSUPP; do
	ok "$kernel: doctor says that there is none" says
	ok "$kernel: a store is begun" begin
	ok "$kernel: looked at, and verified" looks
	if [ $lab = yes ]; then
		ok "$kernel: a scope" k scope add 10.82.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab
		ok "$kernel: a scan finds what is open" scans
	fi
	ok "$kernel: a copy, and the store begun again from it" copies
	ok "$kernel: only core may open files" "$W" $kernel "$T"
done
tap_end
