# What every test of this folder begins with: `. "${0%/*}/tap.sh"`, with the program as $1. TAP on stdout.
#
#   K, work              the program (absolute); a temporary folder that goes at the end, as the lab does
#   tap_root NAME        skips the whole test where network namespaces are refused
#   ok NAME COMMAND...   one test case; what it printed and $work/err are shown when it fails
#   ends CODE COMMAND... the command ends with that exit code
#   tap_twins NET        hosts scan, cam (with telnetd) and twin at NET.1 to NET.3
#   k ARGUMENT...        the program at host scan, on the store $work/$store
#   begin STORE          that store from here on, with the network of the twins and a scope for it
#   at_end               a test that leaves more than folder and lab defines it
#   tap_end              the plan; last line of a test
#
# The working directory is the repository's.
set -u
K=$(realpath "${1:?usage: $0 PROGRAM}")	# before going elsewhere
cd "${0%/*}/../.." || exit 2
. lab/net.sh
[ -x "$K" ] || { echo "$K is not there" >&2; exit 2; }
work=$(mktemp -d)
n=0

at_end() { :; }
tap_clean() { lab_down; at_end; rm -rf "$work"; }
trap tap_clean EXIT
trap 'exit 130' INT TERM

tap_skip() { echo "ok 1 # SKIP $1"; echo 1..1; exit 0; }
tap_root() {
	[ "$(id -u)" = 0 ] || tap_skip "$1: needs root for network namespaces"
	ip netns add "$LAB-probe" 2>/dev/null && ip netns del "$LAB-probe" || tap_skip "$1: network namespaces are refused here"
}
tap_end() { echo "1..$n"; }

tap_twins() {
	net=$1
	lab_up
	lab_host scan 00:16:3e:00:00:01 "$net.1/29"
	lab_host cam 00:16:3e:00:00:02 "$net.2/29"
	lab_host twin 00:16:3e:00:00:03 "$net.3/29"
	lab_service cam busybox telnetd -F -l /bin/login
	lab_listens cam 23
}
k() { lab_in scan env LC_ALL=C KOROBANU_STORE="$work/$store" "$K" "$@" 2>>"$work/err"; }
begin() {
	store=$1
	k network add lab --prefix "$net.0/29" && k scope add "$net.0/29" --network lab --owner sato --until 2099-01-01 --why test --lab
}

ok() {
	name=$1
	shift
	n=$((n + 1))
	: >"$work/err"
	if "$@" >"$work/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/out" "$work/err" 2>/dev/null | tail -n 15
	fi
}

ends() {
	want=$1
	shift
	"$@"
	got=$?
	echo "exit code $got, want $want"
	[ $got = "$want" ]
}

# tap_part COMMAND...: its cases are cases of this test.
tap_part() {
	"$@" >"$work/part"
	[ $? -le 1 ] || echo "not ok - $1 did not end" >>"$work/part"
	while IFS= read -r line; do
		case $line in
		"ok "*) n=$((n + 1)); echo "ok $n -${line#*-}" ;;
		"not ok "*) n=$((n + 1)); echo "not ok $n -${line#*-}" ;;
		1..*) ;;
		*) echo "$line" ;;
		esac
	done <"$work/part"
}
