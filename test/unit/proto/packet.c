/* Frames written by our writers are read back, known bytes are written, and every truncation and bit flip of a frame is
 * either read within its bounds or refused. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "proto/icmp.h"
#include "proto/link.h"
#include "proto/tcp.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { 0 };

	assert_int_equal(ip_addr_parse(str_z(text), &a), 0);
	return a;
}

void test_ip__address_text_is_canonical(void **state)
{
	static const char *const pairs[][2] = {
		{ "10.7.0.2", "10.7.0.2" }, { "255.255.255.255", "255.255.255.255" }, { "FE80::1", "fe80::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, { "::", "::" }, { "::1", "::1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, { "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::192.0.2.1", "::c000:201" },
	};
	static const char *const bad[] = { "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ", ":::", "fe80::1%2",
		"12345::", "1:2:3:4:5:6:7:8:9", "fe80::g", "1.2.3.4\n" };
	struct ip_addr a;
	char text[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < countof(pairs); i++) {
		a = addr(pairs[i][0]);
		assert_str(ip_addr_text(&a, text), pairs[i][1]);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(ip_addr_parse(str_z(bad[i]), &a), ERR_SYNTAX);
	}
	assert_int_equal(ip_addr_parse(str_of("1.2.3.4\0", 8), &a), ERR_SYNTAX);
}

void test_ip__prefixes_and_sums(void **state)
{
	struct ip_addr net = addr("10.7.0.1"), a = addr("10.7.0.255"), b = addr("10.7.1.0"), six = addr("fe80::1"), last;

	(void)state;
	assert_true(ip_addr_in(&a, &net, 24) && !ip_addr_in(&b, &net, 24) && ip_addr_in(&b, &net, 23));
	assert_true(ip_addr_in(&b, &net, 0) && !ip_addr_in(&six, &net, 0) && !ip_addr_in(&a, &net, 33));
	assert_true(ip_addr_in(&net, &net, 32) && !ip_addr_in(&a, &net, 32));
	ip_addr_last(&net, 23);
	last = addr("10.7.1.255");
	assert_true(ip_addr_eq(&net, &last));
	ip_addr_first(&net, 9);
	last = addr("10.0.0.0");
	assert_true(ip_addr_eq(&net, &last));
	assert_true(ip_addr_add(&a, 1) && ip_addr_eq(&a, &b));
	a = addr("255.255.255.255");
	b = a;
	assert_false(ip_addr_add(&a, 1));
	assert_true(ip_addr_eq(&a, &b));
	a = addr("fe80::ffff:ffff:ffff:ffff");
	b = addr("fe80:0:0:1::");
	assert_true(ip_addr_add(&a, 1) && ip_addr_eq(&a, &b));
	assert_true(ip_addr_cmp(&net, &six) < 0);
	a = addr("224.0.0.1");
	b = addr("ff02::1");
	assert_true(ip_addr_special(&a) && ip_addr_special(&b) && !ip_addr_special(&six) && ip_addr_link_local(&six));
}

void test_ip__checksum_of_rfc1071(void **state)
{
	static const u8 words[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(ip_sum_end(ip_sum(words, sizeof words, 0)), 0x220d);
	assert_int_equal(ip_sum_end(ip_sum(words, 7, 0)), (u16)~(0x0001 + 0xf203 + 0xf4f5 + 0xf600 - 0x20000 + 2));
}

static size_t syn(u8 *to, const char *from, const char *dst)
{
	struct ip_addr a = addr(from), b = addr(dst);
	struct mac m = { { 2, 0, 0, 0, 0, 1 } }, o = { { 2, 0, 0, 0, 0, 2 } };
	size_t n = eth_write(to, m, o, a.v == 4 ? ETH_IP4 : ETH_IP6);

	n += ip_write(to + n, &a, &b, IP_TCP, 64, 0, TCP_SYN_SIZE);
	return n + tcp_write_syn(to + n, &a, &b, 61440, 23, 0xdeadbeef);
}

void test_tcp__a_syn_is_read_back_and_sums_to_zero(void **state)
{
	static const char *const pairs[][2] = { { "10.7.0.1", "10.7.0.2" }, { "fe80::1", "fe80::2" } };

	(void)state;
	for (size_t i = 0; i < countof(pairs); i++) {
		u8 f[128];
		size_t n = syn(f, pairs[i][0], pairs[i][1]);
		struct rd rd = rd_of(f, n);
		struct ip_addr src = addr(pairs[i][0]), dst = addr(pairs[i][1]);
		struct ip_head h;
		struct eth e;
		struct tcp t;

		assert_int_equal(eth_read(&rd, &e), 0);
		assert_int_equal(ip_read(&rd, false, &h), 0);
		assert_int_equal(rd_done(&rd), 0);
		assert_true(ip_addr_eq(&h.src, &src) && ip_addr_eq(&h.dst, &dst) && h.proto == IP_TCP && !h.fragment);
		assert_int_equal(ip_sum_end(ip_sum(h.body.p, rd_left(&h.body),
			ip_sum_pseudo(&src, &dst, IP_TCP, TCP_SYN_SIZE))), 0);
		if (src.v == 4) {
			assert_int_equal(ip_sum_end(ip_sum(f + ETH_HEAD, IP4_HEAD, 0)), 0);
		}
		assert_int_equal(tcp_read(&h.body, &t), 0);
		assert_int_equal(t.dport, 23);
		assert_int_equal(t.seq, 0xdeadbeef);
		assert_int_equal(t.flags, TCP_SYN);
		assert_int_equal(rd_left(&t.body), 0);
	}
}

void test_ip__headers_that_lie(void **state)
{
	u8 f[128];
	size_t n = syn(f, "10.7.0.1", "10.7.0.2") - ETH_HEAD;
	u8 *ip = f + ETH_HEAD;
	struct ip_head h;
	struct rd rd;

	(void)state;
	ip[0] = 0x44;	/* header of 16 bytes */
	rd = rd_of(ip, n);
	assert_int_equal(ip_read(&rd, false, &h), ERR_SYNTAX);
	ip[0] = 0x55;	/* version 5 */
	rd = rd_of(ip, n);
	assert_int_equal(ip_read(&rd, false, &h), ERR_SYNTAX);
	ip[0] = 0x45;
	ip[3] = 200;	/* longer than what came */
	rd = rd_of(ip, n);
	assert_int_equal(ip_read(&rd, false, &h), ERR_TRUNC);
	assert_int_equal(ip_read(&rd, true, &h), 0);	/* quoted: cut is allowed */
	assert_int_equal(rd_left(&h.body), TCP_SYN_SIZE);
	ip[3] = 10;	/* shorter than its header */
	rd = rd_of(ip, n);
	assert_int_equal(ip_read(&rd, true, &h), ERR_SYNTAX);
	ip[3] = 44;
	ip[7] = 1;	/* not the first fragment */
	rd = rd_of(ip, n);
	assert_int_equal(ip_read(&rd, false, &h), 0);
	assert_true(h.fragment);
}

void test_ip__extension_headers_end(void **state)
{
	u8 f[40 + 9 * 8 + 20] = { 0x60 };
	struct ip_head h;
	struct rd rd = rd_of(f, sizeof f);

	(void)state;
	f[5] = 9 * 8 + 20;
	f[6] = 0;
	for (size_t i = 0; i < 7; i++) {
		f[40 + i * 8] = 60;
	}
	f[40 + 7 * 8] = IP_TCP;
	assert_int_equal(ip_read(&rd, false, &h), ERR_SYNTAX);	/* the eighth is one too many */
	f[40 + 6 * 8] = IP_TCP;
	rd = rd_of(f, sizeof f);
	assert_int_equal(ip_read(&rd, false, &h), 0);
	assert_int_equal(h.proto, IP_TCP);
	assert_int_equal(rd_left(&h.body), 2 * 8 + 20);
	f[41] = 255;	/* longer than the packet */
	rd = rd_of(f, sizeof f);
	assert_int_equal(ip_read(&rd, false, &h), ERR_TRUNC);
}

void test_arp__request_and_reply(void **state)
{
	struct arp a = { .op = ARP_REPLY, .sender_mac = { { 0, 0x16, 0x3e, 0, 0, 2 } }, .sender = addr("10.7.0.2"),
		.target_mac = { { 2, 0, 0, 0, 0, 1 } }, .target = addr("10.7.0.1") }, b;
	u8 f[ARP_SIZE];
	struct rd rd;

	(void)state;
	assert_int_equal(arp_write(f, &a), ARP_SIZE);
	for (size_t n = 0; n < ARP_SIZE; n++) {
		rd = rd_of(f, n);
		assert_int_equal(arp_read(&rd, &b), ERR_TRUNC);
	}
	rd = rd_of(f, sizeof f);
	assert_int_equal(arp_read(&rd, &b), 0);
	assert_true(b.op == a.op && mac_eq(a.sender_mac, b.sender_mac) && mac_eq(a.target_mac, b.target_mac) &&
		ip_addr_eq(&a.sender, &b.sender) && ip_addr_eq(&a.target, &b.target));
	f[4] = 8;
	rd = rd_of(f, sizeof f);
	assert_int_equal(arp_read(&rd, &b), ERR_UNSUPPORTED);
}

void test_ndp__solicitation_and_options(void **state)
{
	struct ip_addr src = addr("fe80::1"), target = addr("fe80::216:3eff:fe00:4"), group = ndp_group(&target), want;
	struct mac own = { { 2, 0, 0, 0, 0, 1 } }, dev = { { 0, 0x16, 0x3e, 0, 0, 4 } }, m;
	struct ip_addr ll = mac_link_local(dev);
	u8 f[NDP_SOLICIT_SIZE + 8] = { 0 };
	struct ndp n;
	struct rd rd;

	(void)state;
	want = addr("ff02::1:ff00:4");
	assert_true(ip_addr_eq(&group, &want) && ip_addr_eq(&ll, &target));
	m = mac_of_group6(&group);
	assert_true(mac_eq(m, (struct mac){ { 0x33, 0x33, 0xff, 0, 0, 4 } }));
	assert_int_equal(ndp_write_solicit(f, &src, &group, &target, own), NDP_SOLICIT_SIZE);
	assert_int_equal(ip_sum_end(ip_sum(f, NDP_SOLICIT_SIZE,
		ip_sum_pseudo(&src, &group, IP_ICMP6, NDP_SOLICIT_SIZE))), 0);
	rd = rd_of(f, NDP_SOLICIT_SIZE);
	assert_int_equal(ndp_read(&rd, &n), 0);
	assert_true(n.type == NDP_SOLICIT && ip_addr_eq(&n.target, &target) && mac_eq(n.mac, own));
	f[25] = 0;	/* an option that never ends */
	rd = rd_of(f, NDP_SOLICIT_SIZE);
	assert_int_equal(ndp_read(&rd, &n), ERR_SYNTAX);
	f[25] = 2;	/* longer than the message */
	rd = rd_of(f, NDP_SOLICIT_SIZE);
	assert_int_equal(ndp_read(&rd, &n), ERR_TRUNC);
	f[0] = 133;
	rd = rd_of(f, NDP_SOLICIT_SIZE);
	assert_int_equal(ndp_read(&rd, &n), ERR_UNSUPPORTED);
}

/* Follows a frame as the sweep does; touches every byte it is given. */
static u32 walk(const u8 *p, size_t n)
{
	struct rd rd = rd_of(p, n);
	struct icmp_quote q;
	struct ip_head h;
	struct icmp m;
	struct arp arp;
	struct eth e;
	struct ndp nd;
	struct tcp t;
	u32 sum = 0;

	if (eth_read(&rd, &e) != 0) {
		return 0;
	}
	if (e.type == ETH_ARP && arp_read(&rd, &arp) == 0) {
		return 1;
	}
	if (ip_read(&rd, true, &h) != 0) {
		return 0;
	}
	for (const u8 *b = h.body.p; b < h.body.end; b++) {
		sum += *b;
	}
	if (h.proto == IP_TCP && tcp_read(&h.body, &t) == 0) {
		for (const u8 *b = t.body.p; b < t.body.end; b++) {
			sum += *b;
		}
		return sum;
	}
	rd = h.body;
	if (icmp_read(&h.body, &m) == 0) {
		sum += icmp_read_quote(&m, &q) == 0;
		sum += ndp_read(&rd, &nd) == 0;
	}
	return sum;
}

void test_packet__truncations_and_bit_flips_stay_inside(void **state)
{
	struct ip_addr s4 = addr("10.7.0.9"), d4 = addr("10.7.0.1"), s6 = addr("fe80::9"), d6 = addr("fe80::1");
	const struct { struct ip_addr *src, *dst; const char *inner[2]; u16 eth; u8 proto; u8 type; } errors[] = {
		{ &s4, &d4, { "10.7.0.1", "10.7.0.2" }, ETH_IP4, IP_ICMP, ICMP_UNREACH },
		{ &s6, &d6, { "fe80::1", "fe80::2" }, ETH_IP6, IP_ICMP6, ICMP6_UNREACH },
	};
	u32 sum = 0;

	(void)state;
	for (size_t k = 0; k < countof(errors); k++) {
		u8 f[256], inner[128], copy[256];
		size_t in = syn(inner, errors[k].inner[0], errors[k].inner[1]) - ETH_HEAD, n;
		struct ip_addr dst = addr(errors[k].inner[1]);
		struct rd rd;
		struct ip_head h;
		struct icmp_quote q;
		struct icmp m;

		n = eth_write(f, (struct mac){ { 2 } }, (struct mac){ { 2 } }, errors[k].eth);
		n += ip_write(f + n, errors[k].src, errors[k].dst, errors[k].proto, 64, 0, (u16)(8 + in));
		memset(f + n, 0, 8);
		f[n] = errors[k].type;
		memcpy(f + n + 8, inner + ETH_HEAD, in);
		n += 8 + in;
		rd = rd_of(f + ETH_HEAD, n - ETH_HEAD);
		assert_int_equal(ip_read(&rd, false, &h), 0);
		assert_int_equal(icmp_read(&h.body, &m), 0);
		assert_int_equal(icmp_read_quote(&m, &q), 0);
		assert_true(q.seq == 0xdeadbeef && q.dport == 23 && q.sport == 61440 && ip_addr_eq(&q.dst, &dst));
		for (size_t cut = 0; cut <= n; cut++) {
			struct arena *a = arena_new(NULL, 0);

			sum += walk(arena_copy(a, f, cut), cut);	/* of its own size: the sanitizer sees a byte too far */
			arena_free(a);
		}
		for (size_t bit = 0; bit < n * 8; bit++) {
			memcpy(copy, f, n);
			copy[bit / 8] ^= (u8)(1u << (bit % 8));
			sum += walk(copy, n);
		}
	}
	assert_true(sum > 0);
}
