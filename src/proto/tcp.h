/* TCP segments (RFC 9293 section 3.1): what a scanner needs of them. Pure. */
#ifndef PROTO_TCP_H
#define PROTO_TCP_H

#include "proto/ip.h"

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct tcp {
	u16 sport, dport;
	u32 seq, ack;
	u8 flags;
	u16 window;
	struct rd body;		/* behind the options */
};
/* `rd` is the upper layer of one IP packet; it is used up. ERR_TRUNC, ERR_SYNTAX (data offset under 5). */
int tcp_read(struct rd *rd, struct tcp *ret) MUST_USE;

#define TCP_SYN_SIZE 24		/* with a maximum segment size option: some devices drop a SYN that has none */
size_t tcp_write_syn(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, u16 sport, u16 dport, u32 seq);

#endif
