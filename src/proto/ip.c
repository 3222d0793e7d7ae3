#include "proto/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* IPv6 extension headers that may stand before the upper layer (RFC 8200 section 4). */
enum { EXT_HOP = 0, EXT_ROUTE = 43, EXT_FRAGMENT = 44, EXT_DEST = 60 };
#define EXT_MOST 8

struct ip_addr ip_addr4(u32 host_order)
{
	struct ip_addr a = { .v = 4 };

	a.b[0] = (u8)(host_order >> 24);
	a.b[1] = (u8)(host_order >> 16);
	a.b[2] = (u8)(host_order >> 8);
	a.b[3] = (u8)host_order;
	return a;
}

struct ip_addr ip_addr6(const u8 b[16])
{
	struct ip_addr a = { .v = 6 };

	memcpy(a.b, b, 16);
	return a;
}

bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof *a);
}

size_t ip_addr_len(const struct ip_addr *a)
{
	return a->v == 4 ? 4 : a->v == 6 ? 16 : 0;
}

bool ip_addr_link_local(const struct ip_addr *a)
{
	return a->v == 4 ? a->b[0] == 169 && a->b[1] == 254 : a->v == 6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool ip_addr_special(const struct ip_addr *a)
{
	static const u8 zero[16];

	if (a->v == 4) {
		return a->b[0] == 0 || a->b[0] >= 224;
	}
	return a->v != 6 || a->b[0] == 0xff || memcmp(a->b, zero, 16) == 0;
}

/* The mask of byte i under a prefix of `bits`. */
static u8 mask(u8 bits, size_t i)
{
	size_t full = bits / 8u;

	if (i < full) {
		return 0xff;
	}
	return (u8)(i == full ? 0xff00u >> (bits % 8u) : 0);
}

bool ip_addr_in(const struct ip_addr *a, const struct ip_addr *net, u8 bits)
{
	size_t len = ip_addr_len(a);

	if (a->v != net->v || len == 0 || bits > len * 8) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (((a->b[i] ^ net->b[i]) & mask(bits, i)) != 0) {
			return false;
		}
	}
	return true;
}

bool ip_addr_add(struct ip_addr *a, u64 n)
{
	struct ip_addr sum = *a;

	for (size_t i = ip_addr_len(a); i-- > 0 && n != 0;) {
		u64 v = (u64)sum.b[i] + (n & 0xff);

		sum.b[i] = (u8)v;
		n = (n >> 8) + (v >> 8);
	}
	if (n != 0) {
		return false;
	}
	*a = sum;
	return true;
}

void ip_addr_first(struct ip_addr *a, u8 bits)
{
	for (size_t i = 0; i < ip_addr_len(a); i++) {
		a->b[i] &= mask(bits, i);
	}
}

void ip_addr_last(struct ip_addr *a, u8 bits)
{
	for (size_t i = 0; i < ip_addr_len(a); i++) {
		a->b[i] |= (u8)~mask(bits, i);
	}
}

int ip_addr_parse(struct str s, struct ip_addr *ret)
{
	char text[IP_TEXT];
	struct ip_addr a = { 0 };

	if (s.n == 0 || s.n >= sizeof text || memchr(s.p, 0, s.n) != NULL) {
		return ERR_SYNTAX;
	}
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	if (inet_pton(AF_INET, text, a.b) == 1) {
		a.v = 4;
	} else if (inet_pton(AF_INET6, text, a.b) == 1) {
		a.v = 6;
	} else {
		return ERR_SYNTAX;
	}
	*ret = a;
	return 0;
}

struct str ip_addr_text(const struct ip_addr *a, char to[IP_TEXT])
{
	static const u8 compat[12];

	to[0] = 0;
	if (a->v == 4) {
		(void)inet_ntop(AF_INET, a->b, to, IP_TEXT);
	} else if (a->v == 6 && memcmp(a->b, compat, 12) == 0 && (a->b[12] | a->b[13]) != 0) {
		/* inet_ntop would write the long deprecated "::a.b.c.d" here; RFC 5952 wants hex */
		(void)snprintf(to, IP_TEXT, "::%x:%x", a->b[12] << 8 | a->b[13], a->b[14] << 8 | a->b[15]);
	} else if (a->v == 6) {
		(void)inet_ntop(AF_INET6, a->b, to, IP_TEXT);
	}
	return str_z(to);
}

static int read4(struct rd *rd, bool quoted, struct ip_head *ret)
{
	struct rd in = *rd;
	struct ip_head h = { 0 };
	u8 vhl, tos;
	u16 total, id, frag, sum;
	size_t hlen, len;
	int r;

	h.src.v = h.dst.v = 4;
	if ((r = rd_u8(&in, &vhl)) != 0 || (r = rd_u8(&in, &tos)) != 0 || (r = rd_u16(&in, &total)) != 0 ||
		(r = rd_u16(&in, &id)) != 0 || (r = rd_u16(&in, &frag)) != 0 || (r = rd_u8(&in, &h.ttl)) != 0 ||
		(r = rd_u8(&in, &h.proto)) != 0 || (r = rd_u16(&in, &sum)) != 0 ||
		(r = rd_copy(&in, h.src.b, 4)) != 0 || (r = rd_copy(&in, h.dst.b, 4)) != 0) {
		return r;
	}
	hlen = (size_t)(vhl & 15) * 4;
	if (hlen < IP4_HEAD || total < hlen) {
		return ERR_SYNTAX;
	}
	if ((r = rd_skip(&in, hlen - IP4_HEAD)) != 0) {
		return r;
	}
	len = total - hlen;
	if (quoted && len > rd_left(&in)) {
		len = rd_left(&in);
	}
	h.fragment = (frag & 0x1fff) != 0;
	if ((r = rd_sub(&in, len, &h.body)) != 0) {
		return r;
	}
	*rd = in;
	*ret = h;
	return 0;
}

/* Walks the extension headers in h->body until the upper layer; h->proto is the next header on entry. */
static int skip_extensions(struct ip_head *h)
{
	for (int n = 0; n < EXT_MOST; n++) {
		u8 next, len;
		u16 frag;
		int r;

		if (h->proto == EXT_FRAGMENT) {
			if ((r = rd_u8(&h->body, &next)) != 0 || (r = rd_skip(&h->body, 1)) != 0 ||
				(r = rd_u16(&h->body, &frag)) != 0 || (r = rd_skip(&h->body, 4)) != 0) {
				return r;
			}
			h->fragment = (frag & 0xfff8) != 0;
		} else if (h->proto == EXT_HOP || h->proto == EXT_ROUTE || h->proto == EXT_DEST) {
			if ((r = rd_u8(&h->body, &next)) != 0 || (r = rd_u8(&h->body, &len)) != 0 ||
				(r = rd_skip(&h->body, 6 + (size_t)len * 8)) != 0) {
				return r;
			}
		} else {
			return 0;
		}
		h->proto = next;
		if (h->fragment) {
			return 0;
		}
	}
	return ERR_SYNTAX;
}

static int read6(struct rd *rd, bool quoted, struct ip_head *ret)
{
	struct rd in = *rd;
	struct ip_head h = { 0 };
	u32 flow;
	u16 plen;
	size_t len;
	int r;

	h.src.v = h.dst.v = 6;
	if ((r = rd_u32(&in, &flow)) != 0 || (r = rd_u16(&in, &plen)) != 0 || (r = rd_u8(&in, &h.proto)) != 0 ||
		(r = rd_u8(&in, &h.ttl)) != 0 || (r = rd_copy(&in, h.src.b, 16)) != 0 ||
		(r = rd_copy(&in, h.dst.b, 16)) != 0) {
		return r;
	}
	len = plen;
	if (quoted && len > rd_left(&in)) {
		len = rd_left(&in);
	}
	if ((r = rd_sub(&in, len, &h.body)) != 0 || (r = skip_extensions(&h)) != 0) {
		return r;
	}
	*rd = in;
	*ret = h;
	return 0;
}

int ip_read(struct rd *rd, bool quoted, struct ip_head *ret)
{
	if (rd_left(rd) == 0) {
		return ERR_TRUNC;
	}
	switch (rd->p[0] >> 4) {
	case 4:
		return read4(rd, quoted, ret);
	case 6:
		return read6(rd, quoted, ret);
	default:
		return ERR_SYNTAX;
	}
}

static void put16(u8 *to, u16 v)
{
	to[0] = (u8)(v >> 8);
	to[1] = (u8)v;
}

size_t ip_write(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, u8 proto, u8 ttl, u16 id, u16 len)
{
	must(src->v == dst->v && (src->v == 4 || src->v == 6));
	if (src->v == 4) {
		memset(to, 0, IP4_HEAD);
		to[0] = 0x45;
		put16(to + 2, (u16)(IP4_HEAD + len));
		put16(to + 4, id);
		put16(to + 6, 0x4000);	/* do not fragment */
		to[8] = ttl;
		to[9] = proto;
		memcpy(to + 12, src->b, 4);
		memcpy(to + 16, dst->b, 4);
		put16(to + 10, ip_sum_end(ip_sum(to, IP4_HEAD, 0)));
		return IP4_HEAD;
	}
	memset(to, 0, 8);
	to[0] = 0x60;
	put16(to + 4, len);
	to[6] = proto;
	to[7] = ttl;
	memcpy(to + 8, src->b, 16);
	memcpy(to + 24, dst->b, 16);
	return IP6_HEAD;
}

u64 ip_sum(const void *p, size_t n, u64 sum)
{
	const u8 *b = p;

	for (; n >= 2; n -= 2, b += 2) {
		sum += (u64)b[0] << 8 | b[1];
	}
	return n == 1 ? sum + ((u64)b[0] << 8) : sum;
}

u64 ip_sum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, u8 proto, size_t len)
{
	u64 sum = ip_sum(src->b, ip_addr_len(src), (u64)proto + len);

	return ip_sum(dst->b, ip_addr_len(dst), sum);
}

u16 ip_sum_end(u64 sum)
{
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (u16)~sum;
}
