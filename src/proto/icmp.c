#include "proto/icmp.h"

#include <string.h>

#include "base/err.h"

int icmp_read(struct rd *rd, struct icmp *ret)
{
	struct rd in = *rd;
	struct icmp m;
	u16 sum;
	int r;

	if ((r = rd_u8(&in, &m.type)) != 0 || (r = rd_u8(&in, &m.code)) != 0 || (r = rd_u16(&in, &sum)) != 0 ||
		(r = rd_u16(&in, &m.id)) != 0 || (r = rd_u16(&in, &m.seq)) != 0) {
		return r;
	}
	m.body = in;
	*ret = m;
	rd->p = rd->end;
	return 0;
}

int icmp_read_quote(const struct icmp *m, struct icmp_quote *ret)
{
	struct rd in = m->body;
	struct ip_head h;
	struct icmp_quote q;
	int r;

	if ((r = ip_read(&in, true, &h)) != 0) {
		return r;
	}
	if (h.proto != IP_TCP || h.fragment) {
		return ERR_UNSUPPORTED;
	}
	q.src = h.src;
	q.dst = h.dst;
	if ((r = rd_u16(&h.body, &q.sport)) != 0 || (r = rd_u16(&h.body, &q.dport)) != 0 ||
		(r = rd_u32(&h.body, &q.seq)) != 0) {
		return r;
	}
	*ret = q;
	return 0;
}

size_t icmp_write_echo(u8 *to, const struct ip_addr *src, const struct ip_addr *dst, u16 id, u16 seq, u64 data)
{
	u64 sum = src->v == 6 ? ip_sum_pseudo(src, dst, IP_ICMP6, ICMP_ECHO_SIZE) : 0;
	u16 end;

	memset(to, 0, ICMP_ECHO_SIZE);
	to[0] = src->v == 6 ? ICMP6_ECHO : ICMP_ECHO;
	to[4] = (u8)(id >> 8);
	to[5] = (u8)id;
	to[6] = (u8)(seq >> 8);
	to[7] = (u8)seq;
	for (size_t i = 0; i < 8; i++) {
		to[8 + i] = (u8)(data >> (56 - 8 * i));
	}
	end = ip_sum_end(ip_sum(to, ICMP_ECHO_SIZE, sum));
	to[2] = (u8)(end >> 8);
	to[3] = (u8)end;
	return ICMP_ECHO_SIZE;
}
