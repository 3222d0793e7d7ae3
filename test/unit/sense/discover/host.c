/* Tables and pace of the engine, without packets. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "sense/discover/sweep_int.h"

static bool room(void *ctx)
{
	(void)ctx;
	return true;
}

static void put(void *ctx, u16 type, struct str body)
{
	(void)type;
	(void)body;
	++*(int *)ctx;
}

void test_host__found_by_address_devices_by_mac(void **state)
{
	int n = 0;
	struct sweep *s = sweep_new(&(struct sweep_out){ .ctx = &n, .room = room, .put = put });
	struct mac one = { { 0, 0x16, 0x3e, 0, 0, 1 } }, two = { { 0, 0x16, 0x3e, 0, 0, 2 } };
	struct ip_addr six = mac_link_local(one), twice = ip_addr4(0x0a070000);

	(void)state;
	assert_null(host_find(s, &six));
	for (u32 i = 0; i < 5000; i++) {
		struct ip_addr a = ip_addr4(0x0a070000 + i);

		(void)host_add(s, &a, (struct mac){ { 2, 0, 0, 0, (u8)(i >> 8), (u8)i } }, true);
	}
	for (u32 i = 0; i < 5000; i++) {
		struct ip_addr a = ip_addr4(0x0a070000 + i);

		assert_ptr_equal(host_find(s, &a), &s->hosts.p[i]);
	}
	assert_int_equal(s->devices.n, 5000);
	(void)host_add(s, &six, one, true);
	(void)host_add(s, &(struct ip_addr){ .v = 4, .b = { 10, 9, 0, 1 } }, one, true);
	assert_int_equal(s->hosts.p[5000].device, s->hosts.p[5001].device);
	assert_true(s->devices.p[s->hosts.p[5000].device].has4 && s->devices.p[s->hosts.p[5000].device].has6);
	/* a second claimant is a host of its own; the address still finds the first */
	(void)host_add(s, &twice, two, true);
	assert_ptr_equal(host_find(s, &twice), &s->hosts.p[0]);
	/* without a MAC of its own each address is a device */
	(void)host_add(s, &(struct ip_addr){ .v = 4, .b = { 9, 9, 0, 1 } }, one, false);
	(void)host_add(s, &(struct ip_addr){ .v = 4, .b = { 9, 9, 0, 2 } }, one, false);
	assert_int_not_equal(s->hosts.p[5003].device, s->hosts.p[5004].device);
	sweep_free(s);
}

void test_host__ports_are_decided_once(void **state)
{
	int n = 0;
	struct sweep *s = sweep_new(&(struct sweep_out){ .ctx = &n, .room = room, .put = put });
	struct ip_addr a = ip_addr4(1);
	struct host *h = host_add(s, &a, (struct mac){ { 2 } }, true);

	(void)state;
	s->nports = 65;
	host_begin_ports(s, h);
	assert_int_equal(host_undecided(s, h, 0), 0);
	assert_true(host_decide(s, h, 0, SCAN_CLOSED) && host_decide(s, h, 63, SCAN_OPEN) && host_decide(s, h, 64, SCAN_FILTERED));
	assert_false(host_decide(s, h, 63, SCAN_CLOSED));
	assert_int_equal(host_state(h, 0), SCAN_CLOSED);
	assert_int_equal(host_state(h, 63), SCAN_OPEN);
	assert_int_equal(host_state(h, 64), SCAN_FILTERED);
	assert_int_equal(host_undecided(s, h, 0), 1);
	assert_int_equal(host_undecided(s, h, 63), 65);
	assert_int_equal(h->undecided, 62);
	for (u32 i = 1; i < 63; i++) {
		assert_true(host_decide(s, h, i, SCAN_CLOSED));
	}
	assert_int_equal(host_undecided(s, h, 0), 65);
	assert_int_equal(h->undecided, 0);
	arena_free(h->a);
	sweep_free(s);
}

void test_host__cookies_differ_by_everything(void **state)
{
	struct ip_addr a = ip_addr4(1), b = ip_addr4(2);
	u64 one = host_secret(&a), two = host_secret(&b);
	size_t same = 0;

	(void)state;
	assert_true(one != two);
	for (u32 p = 1; p <= 65535; p++) {
		same += host_cookie(one, (u16)p, 61440) == host_cookie(two, (u16)p, 61440);
		same += host_cookie(one, (u16)p, 61440) == host_cookie(one, (u16)p, 61441);
		same += host_cookie(one, (u16)p, 61440) == host_cookie(one, (u16)(p - 1), 61440);
	}
	assert_true(same < 4);	/* by chance, of 200,000 pairs of 32 bits */
	assert_int_equal(host_cookie(one, 23, 61440), host_cookie(one, 23, 61440));
}

void test_pace__holds_its_rate(void **state)
{
	struct pace slow = { .pps = 10 }, fast = { .pps = 100000 }, none = { 0 };
	u32 sent[2] = { 0 };

	(void)state;
	for (i64 now = NS_S; now <= 11 * NS_S; now += 100000) {
		u32 n = pace_room(&slow, now);

		assert_true(n <= 1);	/* never a burst at an unknown device */
		pace_take(&slow, n);
		sent[0] += n;
		n = pace_room(&fast, now);
		pace_take(&fast, n);
		sent[1] += n;
	}
	assert_true(sent[0] >= 100 && sent[0] <= 101);
	assert_true(sent[1] >= 999000 && sent[1] <= 1000600);
	assert_true(pace_room(&none, NS_S) > 1000 && pace_next(&none) == 0);
	assert_true(pace_next(&slow) > 11 * NS_S);
}

void test_talk__printers_are_never_talked_to(void **state)
{
	(void)state;
	for (u32 p = 1; p <= 65535; p++) {
		assert_int_equal(talk_port_barred((u16)p), p >= 9100 && p <= 9107);
	}
}

void test_sweep__refuses_what_does_not_belong_now(void **state)
{
	int n = 0;
	struct sweep *s = sweep_new(&(struct sweep_out){ .ctx = &n, .room = room, .put = put });

	(void)state;
	assert_int_equal(sweep_input(s, MSGS_NET_TX, S(""), -1), ERR_PROTO);
	assert_int_equal(sweep_input(s, MSGS_PARSE_DONE, S(""), -1), ERR_PROTO);
	assert_int_equal(sweep_input(s, MSGS_NET_HOLD, S("\2"), -1), ERR_RANGE);
	assert_int_equal(sweep_input(s, MSGS_PUT_CHUNK, S(""), -1), ERR_PROTO);
	assert_int_equal(sweep_input(s, MSGS_NET_START, S("\1garbage"), -1), ERR_TRUNC);
	assert_int_equal(n, 0);
	assert_int_equal(sweep_wait_ms(s), -1);
	sweep_step(s);
	assert_false(sweep_over(s));
	sweep_free(s);
}
