#include "unit.h"

#include "base/clock.h"
#include "base/err.h"

static i64 at(const char *z)
{
	struct utc t = { .ms = -1 };

	assert_int_equal(utc_parse(str_z(z), &t), 0);
	return t.ms;
}

void test_clock__reads_known_instants(void **state)
{
	(void)state;
	assert_int_equal(at("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(at("2000-02-29T12:00:00.5Z"), 951825600500);
	assert_int_equal(at("2026-11-21T10:15:02.114+09:00"), at("2026-11-21T01:15:02.114Z"));
	assert_int_equal(at("2038-01-19T03:14:08Z"), 2147483648000);
	assert_int_equal(at("1969-12-31T23:59:59.999Z"), -1);
	assert_int_equal(at("2016-12-31T23:59:60Z"), at("2016-12-31T23:59:59Z"));
}

void test_clock__refuses_what_is_no_time(void **state)
{
	static const char *const bad[] = { "", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
		"2026-11-21T24:00:00Z", "2026-11-21T00:00:61Z", "2026-11-21T00:00:00", "2026-11-21T00:00:00.Z",
		"2026-11-21T00:00:00Zx", "0000-01-01T00:00:00Z", "2026-11-21T00:00:00+9:00", "20261121T000000Z" };
	struct utc t;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_true(utc_parse(str_z(bad[i]), &t) != 0);
	}
}

void test_clock__text_round_trips_over_four_thousand_years(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (i64 d = -700000; d < 2900000; d += 997) {
		struct utc t = { .ms = d * DAY_MS + (d * 7919) % DAY_MS }, u;
		struct str s = utc_text(a, t);

		assert_int_equal(utc_parse(s, &u), 0);
		assert_int_equal(u.ms, t.ms);
		assert_true(utc_canonical(s));
		arena_reset(a);
	}
	assert_false(utc_canonical(S("2026-11-21T01:15:02Z")));
	assert_false(utc_canonical(S("2026-11-21T01:15:02.114z")));
	arena_free(a);
}
