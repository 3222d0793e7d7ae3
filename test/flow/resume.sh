#!/bin/sh
# A scan that is killed goes on where it stood: at many moments every process of it dies at once (kill -9), and the same command is given
# again until it ends. The answers are those of a scan nobody killed, and not much more was sent. usage: resume.sh PROGRAM; TAP on stdout.
. "${0%/*}/tap.sh"
tap_root "resume"

tap_twins 10.88.0
lab_host wall 00:16:3e:00:00:04 10.88.0.4/29
for port in 2323 40023; do lab_service cam busybox telnetd -F -l /bin/login -p $port; done
lab_listens cam 40023
lab_in wall nft -f - <<'END'
table inet f {
	chain i {
		type filter hook input priority 0
		tcp dport 20000-21999 drop
		tcp dport 23 reject with icmpx admin-prohibited
	}
}
END
lab_in wall sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=1
lab_in sw nft -f - <<'END'
table netdev seen {
	chain in {
		type filter hook ingress device p-scan priority 0
		tcp flags & (syn | ack) == syn counter
	}
}
END
sent() { lab_in sw nft list table netdev seen | sed -n 's/.*packets \([0-9]*\).*/\1/p'; }

# --- nobody kills it
ok "network and scope are recorded" begin whole
at=$(sent) t0=$(date +%s%N)
ok "a scan that nobody kills" k scan 10.88.0.0/29 --network lab --profile lab -q
whole=$(($(sent) - at)) ms=$((($(date +%s%N) - t0) / 1000000))

# --- killed at many moments
# 0: nobody kills it.
killed() {	# AFTER-MS: true when it came to its end before
	lab_in scan env LC_ALL=C KOROBANU_STORE="$work/$store" setsid "$K" scan 10.88.0.0/29 --network lab --profile lab \
		>>"$work/said" 2>>"$work/said" &
	job=$!
	[ "$1" = 0 ] || sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
	[ "$1" != 0 ] || wait $job
	if [ "$1" != 0 ] && kill -0 $job 2>/dev/null; then
		for p in $(ip netns pids "$LAB-scan"); do kill -9 "$p" 2>/dev/null; done
		wait $job 2>/dev/null
		kills=$((kills + 1))
		return 1
	fi
	wait $job
}
many() {
	kills=0
	: >"$work/said"
	for part in 5 3 6 4 7 3 5 6; do
		killed $((ms * part / 24)) && return
	done
	killed 0
}
ok "the same in another store" begin killed
at=$(sent)
ok "killed at many moments it comes to its end" many
parts=$(($(sent) - at))
echo "# $whole packets in $ms ms when nobody killed it, $parts with $kills kills"
ok "(it was killed several times)" [ "$kills" -ge 3 ]
ok "and was taken up again" [ "$(grep -c 'going on where it stopped' "$work/said")" -ge 2 ]
ok "at most one and a half times the packets were sent" [ $((parts * 2)) -le $((whole * 3)) ]
ok "the ledger verifies" k ledger verify
ok "one run, and nothing is left of its progress" [ "$(k ledger ls -f tsv | grep -c 'run.begin')" = 1 ]

# --- the same result
result() {
	k asset ls -f tsv --columns id,addresses,network,ports,services
	k sheet show -f tsv --columns asset,item,state &&
		for a in 10.88.0.2 10.88.0.3 10.88.0.4; do
			k rule explain $a M01 -f tsv --columns asset,measure,state,reason | sed -n 2p
			# by which of its answers an address was found is a matter of moments
			k fact ls $a -f tsv --columns kind,place,value | grep -v '^coverage\|^again' | sed 's/"how":[^]]*],//' | sort -u
		done
}
same() {
	store=whole result >"$work/a" && store=killed result >"$work/b" && [ -s "$work/a" ] && diff "$work/a" "$work/b"
}
ok "the answers and facts are those of the scan that nobody killed" same

# --- Ctrl-C says so, and is taken up as well
ok "the same in a third store" begin interrupted
at=$(sent)
stopped() {
	lab_in scan env LC_ALL=C KOROBANU_STORE="$work/$store" timeout -s INT "$(printf '%d.%03d' $((ms / 3000)) $((ms / 3 % 1000)))" \
		"$K" scan 10.88.0.0/29 --network lab --profile lab 2>>"$work/said"
	[ $? = 124 ] && k ledger ls -f tsv --columns act | grep -q run.end
}
ok "Ctrl-C stops it" stopped
ok "the same command goes on" k scan 10.88.0.0/29 --network lab --profile lab -q
parts=$(($(sent) - at))
echo "# $parts packets with one Ctrl-C"
ok "at most one and a half times the packets were sent" [ $((parts * 2)) -le $((whole * 3)) ]
after_stop() { store=whole result >"$work/a" && store=interrupted result >"$work/b" && diff "$work/a" "$work/b"; }
ok "the answers and facts are those of the scan that nobody stopped" after_stop
tap_end
