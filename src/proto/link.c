#include "proto/link.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

bool mac_eq(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool mac_none(struct mac m)
{
	return mac_eq(m, (struct mac){ 0 });
}

bool mac_single(struct mac m)
{
	return (m.b[0] & 1) == 0 && !mac_none(m);
}

bool mac_universal(struct mac m)
{
	return (m.b[0] & 2) == 0;
}

struct str mac_text(struct mac m, char to[MAC_TEXT])
{
	(void)snprintf(to, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m.b[0], m.b[1], m.b[2], m.b[3], m.b[4], m.b[5]);
	return str_z(to);
}

int mac_parse(struct str s, struct mac *ret)
{
	struct mac m;

	if (s.n != MAC_TEXT - 1) {
		return ERR_SYNTAX;
	}
	for (size_t i = 0; i < 6; i++) {
		if ((i < 5 && s.p[i * 3 + 2] != ':') || str_unhex(str_sub(s, i * 3, 2), &m.b[i], 1) != 0) {
			return ERR_SYNTAX;
		}
	}
	*ret = m;
	return 0;
}

struct ip_addr mac_link_local(struct mac m)
{
	struct ip_addr a = { .v = 6, .b = { 0xfe, 0x80, [11] = 0xff, [12] = 0xfe } };

	memcpy(a.b + 8, m.b, 3);
	memcpy(a.b + 13, m.b + 3, 3);
	a.b[8] ^= 2;
	return a;
}

int eth_read(struct rd *rd, struct eth *ret)
{
	struct rd in = *rd;
	struct eth e;
	int r;

	if ((r = rd_copy(&in, e.dst.b, 6)) != 0 || (r = rd_copy(&in, e.src.b, 6)) != 0 ||
		(r = rd_u16(&in, &e.type)) != 0) {
		return r;
	}
	*rd = in;
	*ret = e;
	return 0;
}

static void put16(u8 *to, u16 v)
{
	to[0] = (u8)(v >> 8);
	to[1] = (u8)v;
}

size_t eth_write(u8 *to, struct mac dst, struct mac src, u16 type)
{
	memcpy(to, dst.b, 6);
	memcpy(to + 6, src.b, 6);
	put16(to + 12, type);
	return ETH_HEAD;
}

int arp_read(struct rd *rd, struct arp *ret)
{
	struct rd in = *rd;
	struct arp a = { .sender.v = 4, .target.v = 4 };
	u16 link, net;
	u8 link_n, net_n;
	int r;

	if ((r = rd_u16(&in, &link)) != 0 || (r = rd_u16(&in, &net)) != 0 || (r = rd_u8(&in, &link_n)) != 0 ||
		(r = rd_u8(&in, &net_n)) != 0 || (r = rd_u16(&in, &a.op)) != 0) {
		return r;
	}
	if (link != 1 || net != ETH_IP4 || link_n != 6 || net_n != 4) {
		return ERR_UNSUPPORTED;
	}
	if ((r = rd_copy(&in, a.sender_mac.b, 6)) != 0 || (r = rd_copy(&in, a.sender.b, 4)) != 0 ||
		(r = rd_copy(&in, a.target_mac.b, 6)) != 0 || (r = rd_copy(&in, a.target.b, 4)) != 0) {
		return r;
	}
	*rd = in;
	*ret = a;
	return 0;
}

size_t arp_write(u8 *to, const struct arp *a)
{
	put16(to, 1);
	put16(to + 2, ETH_IP4);
	to[4] = 6;
	to[5] = 4;
	put16(to + 6, a->op);
	memcpy(to + 8, a->sender_mac.b, 6);
	memcpy(to + 14, a->sender.b, 4);
	memcpy(to + 18, a->target_mac.b, 6);
	memcpy(to + 24, a->target.b, 4);
	return ARP_SIZE;
}

/* Options are TLVs in units of 8 bytes; `want` is the link-layer address option that belongs to the message. */
static int read_options(struct rd *rd, u8 want, struct mac *ret)
{
	while (rd_left(rd) > 0) {
		u8 type, units;
		struct rd body;
		int r;

		if ((r = rd_u8(rd, &type)) != 0 || (r = rd_u8(rd, &units)) != 0) {
			return r;
		}
		if (units == 0) {
			return ERR_SYNTAX;
		}
		if ((r = rd_sub(rd, (size_t)units * 8 - 2, &body)) != 0) {
			return r;
		}
		if (type == want && units == 1 && (r = rd_copy(&body, ret->b, 6)) != 0) {
			return r;
		}
	}
	return 0;
}

int ndp_read(struct rd *rd, struct ndp *ret)
{
	struct rd in = *rd;
	struct ndp n = { .target.v = 6 };
	u8 code;
	u16 sum;
	u32 flags;
	int r;

	if ((r = rd_u8(&in, &n.type)) != 0 || (r = rd_u8(&in, &code)) != 0 || (r = rd_u16(&in, &sum)) != 0) {
		return r;
	}
	if ((n.type != NDP_SOLICIT && n.type != NDP_ADVERT) || code != 0) {
		return ERR_UNSUPPORTED;
	}
	if ((r = rd_u32(&in, &flags)) != 0 || (r = rd_copy(&in, n.target.b, 16)) != 0 ||
		(r = read_options(&in, n.type == NDP_ADVERT ? 2 : 1, &n.mac)) != 0) {
		return r;
	}
	n.router = (flags & 0x80000000) != 0;
	n.solicited = (flags & 0x40000000) != 0;
	n.override = (flags & 0x20000000) != 0;
	*rd = in;
	*ret = n;
	return 0;
}

size_t ndp_write_solicit(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, const struct ip_addr *target,
	struct mac own)
{
	u64 sum = ip_sum_pseudo(src, dst, IP_ICMP6, NDP_SOLICIT_SIZE);

	memset(to, 0, NDP_SOLICIT_SIZE);
	to[0] = NDP_SOLICIT;
	memcpy(to + 8, target->b, 16);
	to[24] = 1;
	to[25] = 1;
	memcpy(to + 26, own.b, 6);
	put16(to + 2, ip_sum_end(ip_sum(to, NDP_SOLICIT_SIZE, sum)));
	return NDP_SOLICIT_SIZE;
}

struct ip_addr ndp_group(const struct ip_addr *target)
{
	struct ip_addr a = { .v = 6, .b = { 0xff, 2, [11] = 1, [12] = 0xff } };

	memcpy(a.b + 13, target->b + 13, 3);
	return a;
}

struct mac mac_of_group6(const struct ip_addr *group)
{
	struct mac m = { .b = { 0x33, 0x33 } };

	memcpy(m.b + 2, group->b + 12, 4);
	return m;
}
