#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/fact/ranges.h"

static struct arena *a;

static int parse(const char *text, bool strict, struct ranges *ret)
{
	return ranges_parse(a, str_z(text), strict, ret);
}

void test_ranges__canonical_text_reads_back(void **state)
{
	static const char *const good[] = { "", "0", "65535", "0-65535", "1-22,24-65535", "1,3,5", "80,443,8000-8999" };

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < countof(good); i++) {
		struct ranges r;

		assert_int_equal(parse(good[i], true, &r), 0);
		assert_str(ranges_text(a, r), good[i]);
	}
	arena_free(a);
}

void test_ranges__refuses_what_is_not_canonical(void **state)
{
	static const struct { const char *text, *canon; int strict; } bad[] = {
		{ "2,1", "1-2", ERR_SYNTAX }, { "1-2,3", "1-3", ERR_SYNTAX }, { "5-5", "5", ERR_SYNTAX },
		{ "1-5,3-9", "1-9", ERR_SYNTAX }, { "7,7", "7", ERR_SYNTAX }, { " 1, 3", "1,3", ERR_SYNTAX },
	};
	static const char *const never[] = { ",", "1,", "-", "1-", "-1", "a", "01", "65536", "9-3", "1--2", "1-2-3", "+1" };
	struct ranges r;

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(parse(bad[i].text, true, &r), bad[i].strict);
		assert_int_equal(parse(bad[i].text, false, &r), 0);
		assert_str(ranges_text(a, r), bad[i].canon);
	}
	for (size_t i = 0; i < countof(never); i++) {
		assert_int_not_equal(parse(never[i], true, &r), 0);
		assert_int_not_equal(parse(never[i], false, &r), 0);
	}
	arena_free(a);
}

void test_ranges__limits_the_pieces(void **state)
{
	struct ranges r;
	struct buf b;

	(void)state;
	a = arena_new(NULL, 0);
	b = buf_new(a, 0);
	for (int i = 0; i < 1024; i++)
		buf_printf(&b, "%s%d", i > 0 ? "," : "", i * 2);
	assert_int_equal(ranges_parse(a, buf_view(&b), true, &r), 0);
	assert_int_equal(r.n, 1024);
	buf_z(&b, ",60000");
	assert_int_equal(ranges_parse(a, buf_view(&b), true, &r), ERR_LIMIT);
	arena_free(a);
}


/* A random set and its bitmap over 0 ... 63 and the top of the range. */
static struct ranges some(bool *bits)
{
	u16 ports[64];
	size_t n = 0;

	memset(bits, 0, 65536);
	for (u32 k = unit_rnd(40); k > 0; k--) {
		u16 p = (u16)(unit_rnd(4) == 0 ? 65535 - unit_rnd(4) : unit_rnd(60));

		ports[n++] = p;
		bits[p] = true;
	}
	return ranges_of_ports(a, ports, n);
}

static void check(struct ranges r, const bool *x, const bool *y, char op)
{
	u32 count = 0;

	for (u32 p = 0; p <= 65535; p++) {
		bool want = op == '|' ? x[p] || y[p] : op == '&' ? x[p] && y[p] : x[p] && !y[p];

		count += want;
		if (ranges_has(r, (u16)p) != want)
			fail_msg("%c at port %u", op, p);
	}
	assert_int_equal(ranges_count(r), count);
	for (size_t i = 1; i < r.n; i++)
		assert_true(r.p[i].lo > (u32)r.p[i - 1].hi + 1);
}

void test_ranges__set_operations_agree_with_bits(void **state)
{
	static bool x[65536], y[65536];

	(void)state;
	unit_seed(12345);
	for (int i = 0; i < 60; i++) {
		struct ranges p, q, both;

		a = arena_new(NULL, 0);
		p = some(x);
		q = some(y);
		check(ranges_union(a, p, q), x, y, '|');
		both = ranges_both(a, p, q);
		check(both, x, y, '&');
		check(ranges_minus(a, p, q), x, y, '-');
		assert_true(ranges_contains(p, both) && ranges_contains(ranges_union(a, p, q), q));
		assert_true(ranges_contains(p, q) == (ranges_minus(a, q, p).n == 0));
		assert_true(ranges_eq(p, ranges_union(a, p, both)));
		arena_free(a);
	}
}
