/* IPv4 (RFC 791) and IPv6 (RFC 8200): addresses as values, headers in, headers out, the Internet checksum (RFC 1071).
 * Pure: bytes in, struct out. Nothing here sends, allocates (but the text of an address) or keeps state. */
#ifndef PROTO_IP_H
#define PROTO_IP_H

#include "base/rd.h"

/* One address. v = 4: b[0..3], the rest zero; v = 6: b[0..15]; v = 0: none. Zero bytes everywhere else, so two
 * addresses are equal exactly when their 17 bytes are. */
struct ip_addr {
	u8 v;
	u8 b[16];
};

#define IP_TEXT 48	/* room for the text of any address and its NUL */

struct ip_addr ip_addr4(u32 host_order);
struct ip_addr ip_addr6(const u8 b[16]);
bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b);
int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b);	/* IPv4 sorts before IPv6 */
size_t ip_addr_len(const struct ip_addr *a);				/* 4, 16 or 0 */
bool ip_addr_link_local(const struct ip_addr *a);			/* 169.254/16, fe80::/10 */
bool ip_addr_special(const struct ip_addr *a);	/* never a device: unspecified, multicast, 0/8, 240/4, broadcast */
bool ip_addr_in(const struct ip_addr *a, const struct ip_addr *net, u8 bits);
/* Adds n; false when that leaves the family's space (then *a is unchanged). */
bool ip_addr_add(struct ip_addr *a, u64 n);
void ip_addr_first(struct ip_addr *a, u8 bits);	/* clears, sets the host part below `bits` */
void ip_addr_last(struct ip_addr *a, u8 bits);
/* Text without zone index or brackets: 0 or ERR_SYNTAX. Dotted IPv4 takes exactly four parts without leading zeros. */
int ip_addr_parse(struct str s, struct ip_addr *ret) MUST_USE;
/* RFC 5952 into a buffer of IP_TEXT bytes, NUL-terminated; the result points into it. "" for none. */
struct str ip_addr_text(const struct ip_addr *a, char to[IP_TEXT]);

enum ip_proto { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58 };

struct ip_head {
	struct ip_addr src, dst;
	u8 proto;		/* upper layer, behind any extension headers */
	u8 ttl;
	bool fragment;		/* not the first fragment: body is no header */
	struct rd body;		/* bounded by the packet's own length */
};

/* Reads either family by its version. ERR_TRUNC, ERR_SYNTAX (version, header length, more than 8 extension headers).
 * `quoted`: the packet stands inside an ICMP error and may be cut: its length fields may promise more. */
int ip_read(struct rd *rd, bool quoted, struct ip_head *ret) MUST_USE;

#define IP4_HEAD 20
#define IP6_HEAD 40
/* Both write a whole header for `len` bytes of upper layer and return its size; src and dst are of that family. */
size_t ip_write(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, u8 proto, u8 ttl, u16 id, u16 len);

/* Sums 16-bit words onto `sum`; ip_sum_pseudo adds the pseudo header of either family; ip_sum_end folds and inverts. */
u64 ip_sum(const void *p, size_t n, u64 sum);
u64 ip_sum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, u8 proto, size_t len);
u16 ip_sum_end(u64 sum);

#endif
