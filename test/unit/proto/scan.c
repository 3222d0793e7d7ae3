#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "proto/scan.h"

static struct scan_start sample(void)
{
	static struct scan_prefix own[] = { { .addr = { .v = 4, .b = { 10, 7, 0, 1 } }, .bits = 24 },
		{ .addr = { .v = 6, .b = { 0xfe, 0x80, [15] = 1 } }, .bits = 64 } };
	static struct scan_range targets[] = { { { .v = 4, .b = { 10, 7, 0, 0 } }, { .v = 4, .b = { 10, 7, 0, 255 } } } };
	static struct scan_port_range ports[] = { { 1, 1023 }, { 2323, 2323 } };

	return (struct scan_start){ .run = S("SCN-1"), .network = S("lab"), .chunk = 7, .ifindex = 3, .ifname = S("eth0"),
		.own_mac = { { 2, 0, 0, 0, 0, 1 } }, .own = own, .nown = 2, .gateway4 = ip_addr4(0x0a0700fe),
		.targets = targets, .ntargets = 1, .ports = ports, .nports = 2, .limits = scan_limits_lab(),
		.progress = S("abc") };
}

void test_scan__start_survives_the_way(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct scan_start s = sample(), r;

	(void)state;
	scan_start_write(&b, &s);
	assert_int_equal(buf_done(&b), 0);
	assert_int_equal(scan_start_read(a, buf_view(&b), &r), 0);
	assert_str(r.run, "SCN-1");
	assert_true(r.nports == 2 && r.ports[1].lo == 2323 && r.nown == 2 && ip_addr_eq(&r.own[1].addr, &s.own[1].addr));
	assert_true(r.limits.timeout_ms == s.limits.timeout_ms && r.chunk == 7 && r.gateway6.v == 0);
	for (size_t n = 0; n < b.n; n++) {
		int e = scan_start_read(a, str_of(arena_copy(a, b.p, n), n), &r);

		assert_true(e == ERR_TRUNC);
	}
	buf_u8(&b, 0);
	assert_int_equal(scan_start_read(a, buf_view(&b), &r), ERR_EXTRA);
	b.p[0] = 2;
	assert_int_equal(scan_start_read(a, buf_view(&b), &r), ERR_NEWER);
	arena_free(a);
}

static int start_with(struct scan_start s)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct scan_start got;
	int r;

	scan_start_write(&b, &s);
	r = scan_start_read(a, buf_view(&b), &got);
	arena_free(a);
	return r;
}

void test_scan__start_is_checked(void **state)
{
	struct scan_start s = sample();
	struct scan_port_range zero = { 0, 5 }, twice[] = { { 1, 10 }, { 10, 20 } };
	struct scan_range back = { ip_addr4(2), ip_addr4(1) };
	struct scan_prefix wide = { .addr = ip_addr4(1), .bits = 33 };

	(void)state;
	assert_int_equal(start_with(s), 0);
	s.ports = &zero;
	s.nports = 1;
	assert_int_equal(start_with(s), ERR_RANGE);
	s.ports = twice;
	s.nports = 2;
	assert_int_equal(start_with(s), ERR_RANGE);
	s = sample();
	s.targets = &back;
	assert_int_equal(start_with(s), ERR_RANGE);
	s = sample();
	s.own = &wide;
	s.nown = 1;
	assert_int_equal(start_with(s), ERR_RANGE);
	s = sample();
	s.limits.host_convs = 4;
	assert_int_equal(start_with(s), ERR_RANGE);
	s = sample();
	s.run = S("");
	assert_int_equal(start_with(s), ERR_RANGE);
	s = sample();
	s.ifname = S("a-name-too-long-for-it");
	assert_int_equal(start_with(s), ERR_RANGE);
}

void test_scan__talk_and_ports_are_checked(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct scan_run runs[] = { { SCAN_CLOSED, 1, 22 }, { SCAN_OPEN, 23, 23 }, { SCAN_CLOSED, 24, 65535 } };
	struct scan_port_map m = { .host = 1, .alive = true, .tries = 3, .runs = runs, .nruns = 3 }, got;
	struct scan_talk t = { .conv = 9, .what = SCAN_RX_BYTES, .bytes = S("hello") }, back;

	(void)state;
	scan_port_map_write(&b, &m);
	assert_int_equal(scan_port_map_read(a, buf_view(&b), &got), 0);
	assert_true(got.nruns == 3 && got.runs[1].lo == 23 && got.alive);
	runs[2].lo = 23;
	buf_reset(&b);
	scan_port_map_write(&b, &m);
	assert_int_equal(scan_port_map_read(a, buf_view(&b), &got), ERR_RANGE);
	runs[2].lo = 24;
	runs[2].state = SCAN_STATE_COUNT;
	buf_reset(&b);
	scan_port_map_write(&b, &m);
	assert_int_equal(scan_port_map_read(a, buf_view(&b), &got), ERR_RANGE);
	buf_reset(&b);
	scan_talk_write(&b, &t);
	assert_int_equal(scan_talk_read(buf_view(&b), &back), 0);
	assert_str(back.bytes, "hello");
	for (size_t n = 0; n < b.n; n++) {
		assert_int_equal(scan_talk_read(str_sub(buf_view(&b), 0, n), &back), ERR_TRUNC);
	}
	arena_free(a);
}

void test_scan__progress_joins(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	static const u32 parts[][2] = { { 9, 9 }, { 1, 3 }, { 4, 4 }, { 2, 3 }, { 6, 7 }, { 0xfffffffe, 0xffffffff } };
	struct scan_range *p;
	struct str joined;
	size_t n;

	(void)state;
	for (size_t i = 0; i < countof(parts); i++) {
		scan_progress_add(&b, &(struct scan_range){ ip_addr4(parts[i][0]), ip_addr4(parts[i][1]) });
	}
	assert_int_equal(scan_progress_join(a, buf_view(&b), 0, &joined), 0);
	assert_int_equal(scan_progress_read(a, joined, &p, &n), 0);
	assert_int_equal(n, 4);
	assert_true(p[0].first.b[3] == 1 && p[0].last.b[3] == 4 && p[1].first.b[3] == 6 && p[2].first.b[3] == 9);
	assert_int_equal(scan_progress_read(a, str_sub(joined, 0, joined.n - 1), &p, &n), ERR_TRUNC);
	assert_int_equal(scan_progress_join(a, S(""), 0, &joined), 0);
	assert_int_equal(joined.n, 0);
	arena_free(a);
}

void test_scan__part_round_trip_and_limits(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct scan_run runs[] = { { SCAN_CLOSED, 1, 22 }, { SCAN_OPEN, 23, 23 }, { SCAN_FILTERED, 24, 65535 } };
	struct scan_talked talked[] = { { 23, true }, { 80, false } };
	struct scan_part p = { .addr = ip_addr4(0x0a070002), .mac = { { 0, 0x16, 0x3e, 0, 0, 2 } }, .at = { 5 }, .rounds = 2, .quiet = 1,
		.cursor = 77, .span_ms = 9, .runs = runs, .nruns = 3, .talked = talked, .ntalked = 2 }, got;
	struct scan_news news = { .host = 7, .earlier = true, .at = { 9 } }, told;
	struct buf b = buf_new(a, 0), whole = buf_new(a, 0);

	(void)state;
	scan_part_write(&b, &p);
	for (size_t n = 0; n < b.n; n++) {
		assert_int_not_equal(scan_part_read(a, str_sub(buf_view(&b), 0, n), &got), 0);
	}
	news.part = buf_view(&b);
	scan_news_write(&whole, &news);
	assert_int_equal(scan_news_read(buf_view(&whole), &told), 0);
	assert_true(told.host == 7 && told.earlier && told.at.ms == 9);
	assert_int_equal(scan_part_read(a, told.part, &got), 0);
	assert_true(ip_addr_eq(&got.addr, &p.addr) && mac_eq(got.mac, p.mac) && got.at.ms == 5 && got.rounds == 2 && got.quiet == 1 &&
		got.cursor == 77 && got.span_ms == 9);
	assert_true(got.nruns == 3 && got.runs[2].state == SCAN_FILTERED && got.runs[2].hi == 65535);
	assert_true(got.ntalked == 2 && got.talked[0].determined && got.talked[1].port == 80 && !got.talked[1].determined);
	/* what is not determined is no part of it, nor are runs out of order */
	runs[1].state = SCAN_SILENT;
	buf_reset(&b);
	scan_part_write(&b, &p);
	assert_int_equal(scan_part_read(a, buf_view(&b), &got), ERR_RANGE);
	runs[1] = (struct scan_run){ SCAN_OPEN, 22, 23 };
	buf_reset(&b);
	scan_part_write(&b, &p);
	assert_int_equal(scan_part_read(a, buf_view(&b), &got), ERR_RANGE);
	arena_free(a);
}
