/* What stands on an Ethernet link below IP: frames (RFC 894), ARP for IPv4 (RFC 826) and its IPv6 successor, neighbour
 * discovery (RFC 4861, sections 4.3 and 4.4). Pure readers and writers. */
#ifndef PROTO_LINK_H
#define PROTO_LINK_H

#include "proto/ip.h"

struct mac {
	u8 b[6];
};

#define MAC_TEXT 18	/* "00:16:3e:00:00:02" and NUL */
bool mac_eq(struct mac a, struct mac b);
bool mac_none(struct mac m);		/* all zero */
bool mac_single(struct mac m);		/* one station: neither group address nor all zero */
bool mac_universal(struct mac m);	/* globally administered: the maker's, not made up by the device */
struct str mac_text(struct mac m, char to[MAC_TEXT]);	/* lower case, colons */
int mac_parse(struct str s, struct mac *ret) MUST_USE;
/* The interface identifier a device may make of its MAC (RFC 4291 appendix A), under fe80::/64. */
struct ip_addr mac_link_local(struct mac m);

enum eth_type { ETH_IP4 = 0x0800, ETH_ARP = 0x0806, ETH_IP6 = 0x86dd };
#define ETH_HEAD 14

struct eth {
	struct mac dst, src;
	u16 type;
};
int eth_read(struct rd *rd, struct eth *ret) MUST_USE;
size_t eth_write(u8 *to, struct mac dst, struct mac src, u16 type);

enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };
#define ARP_SIZE 28
struct arp {
	u16 op;
	struct mac sender_mac, target_mac;
	struct ip_addr sender, target;
};
/* Ethernet and IPv4 only, anything else is ERR_UNSUPPORTED. */
int arp_read(struct rd *rd, struct arp *ret) MUST_USE;
size_t arp_write(u8 *to, const struct arp *a);

/* Neighbour solicitation and advertisement. */
enum ndp_type { NDP_SOLICIT = 135, NDP_ADVERT = 136 };
#define NDP_SOLICIT_SIZE 32
struct ndp {
	u8 type;
	bool router, solicited, override;
	struct ip_addr target;
	struct mac mac;		/* link-layer address option; all zero when absent */
};
/* `rd` starts at the ICMPv6 type; other types are ERR_UNSUPPORTED, an option of length 0 ERR_SYNTAX. */
int ndp_read(struct rd *rd, struct ndp *ret) MUST_USE;
/* The ICMPv6 part of a solicitation for `target` with our MAC; checksum over src and dst included. */
size_t ndp_write_solicit(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, const struct ip_addr *target,
	struct mac own);
/* Where a solicitation for `target` goes: ff02::1:ffXX:XXXX, and the MAC of an IPv6 group (RFC 2464 section 7). */
struct ip_addr ndp_group(const struct ip_addr *target);
struct mac mac_of_group6(const struct ip_addr *group);

#endif
