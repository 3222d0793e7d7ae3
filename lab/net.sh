# A small network of its own in namespaces, for demo, tests and benchmarks. Sourced by scripts (POSIX sh); needs root or a user
# namespace with CAP_NET_ADMIN. Names begin with $LAB (default kb-<pid>), so that labs never meet; lab_down removes everything.
#
#   lab_up                       the switch (a bridge in a namespace of its own)
#   lab_host NAME MAC IP4/LEN    a host with one interface eth0 on the switch
#   lab_in NAME COMMAND...       runs a command inside
#   lab_service NAME COMMAND...  starts a daemon inside that lab_down ends
#   lab_listens, lab_stop, lab_link, lab_down: below

LAB=${LAB:-kb$$}

lab_up() {
	ip netns add "$LAB-sw"
	ip -n "$LAB-sw" link set lo up
	ip -n "$LAB-sw" link add br0 type bridge mcast_snooping 0
	ip -n "$LAB-sw" link set br0 up
	LAB_HOSTS=
}

lab_host() {
	lab_h=$1
	ip netns add "$LAB-$lab_h"
	LAB_HOSTS="$LAB_HOSTS $lab_h"
	ip -n "$LAB-sw" link add "p-$lab_h" type veth peer name eth0 netns "$LAB-$lab_h" address "$2"
	ip -n "$LAB-sw" link set "p-$lab_h" master br0 up
	ip -n "$LAB-$lab_h" link set lo up
	ip netns exec "$LAB-$lab_h" sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0 \
		net.ipv6.conf.eth0.addr_gen_mode=0 net.ipv4.icmp_ratelimit=0
	ip -n "$LAB-$lab_h" link set eth0 up
	[ -z "${3:-}" ] || ip -n "$LAB-$lab_h" addr add "$3" dev eth0
}

lab_in() {
	lab_n=$1
	shift
	ip netns exec "$LAB-$lab_n" "$@"
}

lab_service() {
	lab_n=$1
	shift
	# setsid: the daemon is nobody's job, so no shell tells of its end
	ip netns exec "$LAB-$lab_n" setsid -f "$@" >/dev/null 2>&1 </dev/null
}

lab_down() {
	for lab_n in ${LAB_HOSTS:-} sw; do
		lab_stop "$lab_n"
		ip netns del "$LAB-$lab_n" 2>/dev/null || true
	done
	LAB_HOSTS=
}

# lab_link A IFACE ADDR B IFACE ADDR: a second wire between two hosts, beside the switch.
lab_link() {
	ip -n "$LAB-$1" link add "$2" type veth peer name "$5" netns "$LAB-$4"
	ip -n "$LAB-$1" addr add "$3" dev "$2"
	ip -n "$LAB-$1" link set "$2" up
	ip -n "$LAB-$4" addr add "$6" dev "$5"
	ip -n "$LAB-$4" link set "$5" up
}

# lab_stop NAME: ends every process inside a host.
lab_stop() {
	lab_i=0
	while lab_p=$(ip netns pids "$LAB-$1" 2>/dev/null) && [ -n "$lab_p" ] && [ $lab_i -lt 200 ]; do
		kill -9 $lab_p 2>/dev/null || true
		sleep 0.05	# one that is ending still holds its port
		lab_i=$((lab_i + 1))
	done
}

# lab_listens NAME PORT: waits until something listens there (at most 5 s).
lab_listens() {
	lab_i=0
	while [ $lab_i -lt 50 ] && ! ip netns exec "$LAB-$1" ss -Hltn "sport = :$2" | grep -q .; do
		sleep 0.1
		lab_i=$((lab_i + 1))
	done
}
