/* ICMP (RFC 792) and ICMPv6 (RFC 4443): echo, and errors with the packet they quote. Pure. */
#ifndef PROTO_ICMP_H
#define PROTO_ICMP_H

#include "proto/ip.h"

enum icmp_type { ICMP_ECHO_REPLY = 0, ICMP_UNREACH = 3, ICMP_ECHO = 8 };
enum icmp6_type { ICMP6_UNREACH = 1, ICMP6_ECHO = 128, ICMP6_ECHO_REPLY = 129 };

struct icmp {
	u8 type, code;
	u16 id, seq;		/* of echo messages; what stands there in others */
	struct rd body;
};
/* `rd` is the upper layer of one IP packet of either family; it is used up. */
int icmp_read(struct rd *rd, struct icmp *ret) MUST_USE;

/* The packet an unreachable message quotes, as far as TCP's ports and sequence number. ERR_UNSUPPORTED: not TCP. */
struct icmp_quote {
	struct ip_addr src, dst;
	u16 sport, dport;
	u32 seq;
};
int icmp_read_quote(const struct icmp *m, struct icmp_quote *ret) MUST_USE;

#define ICMP_ECHO_SIZE 16
/* An echo request with 8 bytes of data, family by src; checksum included. */
size_t icmp_write_echo(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, u16 id, u16 seq, u64 data);

#endif
