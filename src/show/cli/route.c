#include "show/cli/route.h"

#include "base/err.h"
#include "base/vec.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int route_range(struct str s, struct scan_range *ret)
{
	struct scan_range r;
	struct str to = s, first = str_cut(&to, '-'), bits = first;
	u64 n;
	int e;

	first = str_cut(&bits, '/');
	if ((e = ip_addr_parse(first, &r.first)) != 0) {
		return e;
	}
	r.last = r.first;
	if (to.n != 0) {
		if (bits.n != 0 || (e = ip_addr_parse(to, &r.last)) != 0) {
			return ERR_SYNTAX;
		}
	} else if (bits.n != 0) {
		if ((e = str_u64(bits, r.first.v == 4 ? 32 : 128, &n)) != 0) {
			return e;
		}
		ip_addr_first(&r.first, (u8)n);
		ip_addr_last(&r.last, (u8)n);
	}
	if (r.first.v != r.last.v || ip_addr_cmp(&r.first, &r.last) > 0) {
		return ERR_RANGE;
	}
	*ret = r;
	return 0;
}

static struct ip_addr addr_of(const struct sockaddr *sa)
{
	if (sa != NULL && sa->sa_family == AF_INET) {
		return ip_addr4(ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr));
	}
	if (sa != NULL && sa->sa_family == AF_INET6) {
		return ip_addr6(((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr.s6_addr);
	}
	return (struct ip_addr){ 0 };
}

static u8 bits_of(const struct ip_addr *mask)
{
	u8 n = 0;

	for (size_t i = 0; i < ip_addr_len(mask); i++) {
		for (u8 b = mask->b[i]; b != 0; b = (u8)(b << 1)) {
			n++;
		}
	}
	return n;
}

/* The default gateway of an interface, from the kernel's table: "Iface Destination Gateway Flags ...", in hex, host order. */
static void gateway4(const char *name, struct ip_addr *ret)
{
	FILE *f = fopen("/proc/net/route", "re");
	char line[256], ifname[64];
	unsigned dst, gw;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "%63s %x %x", ifname, &dst, &gw) == 3 && strcmp(ifname, name) == 0 && dst == 0 && gw != 0) {
			*ret = ip_addr4(ntohl(gw));
		}
	}
	if (f != NULL) {
		fclose(f);
	}
}

/* The interface whose prefix holds the target; else the one with a default gateway. */
static const char *pick(const struct ifaddrs *all, const struct ip_addr *target)
{
	const char *fallback = NULL;

	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct ip_addr a = addr_of(i->ifa_addr), mask = addr_of(i->ifa_netmask), gw = { 0 };

		if (a.v == 0 || (i->ifa_flags & IFF_UP) == 0) {
			continue;
		}
		if (a.v == target->v && ip_addr_in(target, &a, bits_of(&mask))) {
			return i->ifa_name;
		}
		gateway4(i->ifa_name, &gw);
		fallback = gw.v != 0 ? i->ifa_name : fallback;
	}
	return fallback;
}

int route_fill(struct arena *a, struct str name, struct scan_start *st)
{
	vec(struct scan_prefix) own = { 0 };
	struct ifaddrs *all;
	const char *ifname;
	bool loopback = false;
	int r = 0;

	if (getifaddrs(&all) != 0) {
		return err_from_errno(errno);
	}
	ifname = name.n != 0 ? str_c(a, name) : st->ntargets != 0 ? pick(all, &st->targets[0].first) : NULL;
	for (const struct ifaddrs *i = all; ifname != NULL && i != NULL; i = i->ifa_next) {
		struct ip_addr addr = addr_of(i->ifa_addr), mask = addr_of(i->ifa_netmask);

		if (strcmp(i->ifa_name, ifname) != 0) {
			continue;
		}
		loopback = loopback || (i->ifa_flags & IFF_LOOPBACK) != 0;
		if (addr.v != 0) {
			*vec_add(a, &own) = (struct scan_prefix){ .addr = addr, .bits = bits_of(&mask) };
		} else if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_PACKET) {
			memcpy(st->own_mac.b, ((const struct sockaddr_ll *)(const void *)i->ifa_addr)->sll_addr, 6);
		}
	}
	if (ifname == NULL || own.n == 0 || (st->ifindex = if_nametoindex(ifname)) == 0) {
		r = ERR_NOTFOUND;
	} else {
		st->ifname = str_dup(a, str_z(ifname));
		st->own = own.p;
		st->nown = own.n;
		st->how = loopback ? SCAN_CONNECT : SCAN_RAW;
		gateway4(ifname, &st->gateway4);
	}
	freeifaddrs(all);
	return r;
}

bool route_raw_allowed(void)
{
	AUTO_CLOSE int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd >= 0;
}
