#!/bin/sh
# What strangers send: devices that never stop talking or hang up at every byte, and files that are not what they should be
# (with transfer.sh). usage: hostile.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
tap_root "hostile"
command -v perl >/dev/null || tap_skip "hostile: needs perl to play the devices"
k() { lab_in scan env LC_ALL=C KOROBANU_STORE="$work/store" "$K" "$@" 2>>"$work/err"; }

# One telnetd with everything wrong: port 23 talks for ever, 24 asks for ever, 2300 + k sends k bytes and hangs up at once.
cat >"$work/device.pl" <<'PERL'
use IO::Socket::INET; use IO::Select; use Socket;
my $hello = "\xff\xfd\x18\xff\xfd\x20\xff\xfb\x01\xff\xfa\x18\x01\xff\xf0\r\nAcme AX-300\r\nlogin: \xff\xfe";
my $sel = IO::Select->new;
my %port;
for my $p (23, 24, map { 2300 + $_ } 0 .. length $hello) {
	my $s = IO::Socket::INET->new(LocalPort => $p, Listen => 16, ReuseAddr => 1) or die "$p: $!";
	$sel->add($s);
	$port{fileno $s} = $p;
}
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
while (1) {
	for my $s ($sel->can_read) {
		my $c = $s->accept or next;
		my $p = $port{fileno $s};
		next if fork;
		alarm 60;
		if ($p == 23) { while (print $c "welcome " x 512) { } }
		elsif ($p == 24) { while (print $c "\xff\xfd" . chr(rand 256)) { $c->flush } }
		else { syswrite $c, substr($hello, 0, $p - 2300); setsockopt($c, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0); close $c; }
		exit;
	}
}
PERL
lab_up
lab_host scan 00:16:3e:00:00:01 10.86.0.1/29
lab_host dev 00:16:3e:00:00:02 10.86.0.2/29
lab_service dev perl "$work/device.pl"
lab_listens dev 2339
begin() {
	k network add lab --prefix 10.86.0.0/29 &&
		k scope add 10.86.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab
}
ok "a network with a hostile device" begin
survey() { lab_in scan timeout 400 env LC_ALL=C KOROBANU_STORE="$work/store" "$K" scan 10.86.0.2 --network lab --profile lab -p 1-3000 -q 2>>"$work/err"; }
ok "endless banners and resets at every byte: the scan ends" survey
seen() {	# every port that was open is there, whatever came out of it
	k fact ls 10.86.0.2 -f tsv --columns kind,place >"$work/facts"
	for p in 23 24 2300 2301 2320 2339; do grep -q "^service/[0-9]*	.*\"port\":$p[,}]" "$work/facts" || { echo "port $p is missing"; return 1; }; done
}
ok "every open port is recorded" seen
state() { k sheet show 10.86.0.2 -f tsv --columns item,state | sed -n "s/^$1	//p"; }
never() { got=$(state JS-14-2.c); echo "JS-14-2.c is $got"; [ "$got" = fail ] || [ "$got" = unknown ]; }
ok "and none of it is a pass" never
small() { [ "$(k fact ls 10.86.0.2 -f jsonl | awk '{ if (length > m) m = length } END { print m }')" -lt 20000 ]; }
ok "what is kept of an endless banner is little" small

# --- files
line() {	# AT QOD TYPE-OF-KIND
	printf '{"fact":{"kind":%s,"network":"lab","place":{"addr":"10.86.0.2","of":"port","proto":"tcp"},"source":"hand","subject":["ip:10.86.0.2","mac:00:16:3e:00:00:02"],"value":{"closed":"1-65535","determined":["name","state"],"alive":true},"vantage":"v1"},"seen":{"at":"%s","class":"S0","evidence":[],"qod":%s,"run":"R-9","state":"unknown"}}\n' "$3" "$1" "$2"
}
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
types() {
	line "$now" 50 '"coverage/1"'
	line "$now" 50 5
	line "$now" '"high"' '"coverage/1"'
	line 5 50 '"coverage/1"'
	line "$now" 1e999 '"coverage/1"'
	echo '{"fact":"coverage/1","seen":[]}'
	echo '["fact"]'
	echo 'null'
	line "$now" 50 '"coverage/1"' | sed 's/"alive":true/"alive":"yes"/'
	line "$now" 50 '"coverage/1"' | sed 's/"subject":\[[^]]*\]/"subject":{}/'
}
types >"$work/types.jsonl"
ok "wrong types: strict records nothing" ends 7 k import "$work/types.jsonl" --strict
ok "wrong types: the good line is kept" ends 3 k import "$work/types.jsonl" --rejects "$work/why.jsonl"
nine() { cat "$work/why.jsonl"; [ "$(grep -c '"line":[0-9]*,"reason":"..*"' "$work/why.jsonl")" = 9 ]; }
ok "wrong types: nine are listed with line and reason" nine
line 2099-01-01T00:00:00Z 100 '"coverage/1"' >"$work/future.jsonl"
ok "a time to come is read" k import "$work/future.jsonl"
ok "and decides nothing" never
ok "the ledger verifies" k ledger verify
tap_end
