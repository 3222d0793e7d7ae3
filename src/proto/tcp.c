#include "proto/tcp.h"

#include "base/err.h"

int tcp_read(struct rd *rd, struct tcp *ret)
{
	struct rd in = *rd;
	struct tcp t;
	u8 off;
	u16 sum, urgent;
	int r;

	if ((r = rd_u16(&in, &t.sport)) != 0 || (r = rd_u16(&in, &t.dport)) != 0 || (r = rd_u32(&in, &t.seq)) != 0 ||
		(r = rd_u32(&in, &t.ack)) != 0 || (r = rd_u8(&in, &off)) != 0 || (r = rd_u8(&in, &t.flags)) != 0 ||
		(r = rd_u16(&in, &t.window)) != 0 || (r = rd_u16(&in, &sum)) != 0 || (r = rd_u16(&in, &urgent)) != 0) {
		return r;
	}
	if (off >> 4 < 5) {
		return ERR_SYNTAX;
	}
	if ((r = rd_skip(&in, (size_t)(off >> 4) * 4 - 20)) != 0) {
		return r;
	}
	t.body = in;
	*ret = t;
	rd->p = rd->end;
	return 0;
}

size_t tcp_write_syn(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, u16 sport, u16 dport, u32 seq)
{
	const u16 mss = src->v == 6 ? 1440 : 1460;
	const u8 seg[TCP_SYN_SIZE] = {
		(u8)(sport >> 8), (u8)sport, (u8)(dport >> 8), (u8)dport,
		(u8)(seq >> 24), (u8)(seq >> 16), (u8)(seq >> 8), (u8)seq,
		[12] = (TCP_SYN_SIZE / 4) << 4, [13] = TCP_SYN, [14] = 0x04, [15] = 0x00,
		[20] = 2, [21] = 4, [22] = (u8)(mss >> 8), [23] = (u8)mss,
	};
	u16 sum = ip_sum_end(ip_sum(seg, sizeof seg, ip_sum_pseudo(src, dst, IP_TCP, sizeof seg)));

	for (size_t i = 0; i < sizeof seg; i++) {
		to[i] = seg[i];
	}
	to[16] = (u8)(sum >> 8);
	to[17] = (u8)sum;
	return TCP_SYN_SIZE;
}
