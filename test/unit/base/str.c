#include "unit.h"

#include "base/err.h"

void test_str__cut_trim_find(void **state)
{
	struct str s = S(" a,b,,c ");

	(void)state;
	s = str_trim(s);
	assert_str(str_cut(&s, ','), "a");
	assert_str(str_cut(&s, ','), "b");
	assert_str(str_cut(&s, ','), "");
	assert_str(str_cut(&s, ','), "c");
	assert_str(s, "");
	assert_int_equal(str_find(S("hello"), S("ll")), 2);
	assert_int_equal(str_find(S("hello"), S("lo!")), -1);
	assert_true(str_starts(S("abc"), S("ab")) && !str_starts(S("a"), S("ab")) && str_ends(S("abc"), S("bc")));
	assert_true(str_cmp(S("a"), S("ab")) < 0 && str_cmp(S("b"), S("ab")) > 0 && str_cmp(S("b"), S("b")) == 0);
	assert_true(str_eq_nocase(S("LogIn"), S("login")));
}

void test_str__numbers_are_whole_and_in_range(void **state)
{
	u64 u;
	i64 i;

	(void)state;
	assert_int_equal(str_u64(S("18446744073709551615"), UINT64_MAX, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(str_u64(S("18446744073709551616"), UINT64_MAX, &u), ERR_RANGE);
	assert_int_equal(str_u64(S("65536"), 65535, &u), ERR_RANGE);
	assert_int_equal(str_u64(S("01"), 10, &u), ERR_SYNTAX);
	assert_int_equal(str_u64(S("1 "), 10, &u), ERR_SYNTAX);
	assert_int_equal(str_u64(S(""), 10, &u), ERR_SYNTAX);
	assert_int_equal(str_i64(S("-9223372036854775808"), &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(str_i64(S("-9223372036854775809"), &i), ERR_RANGE);
	assert_int_equal(str_i64(S("-0"), &i), ERR_SYNTAX);
	assert_int_equal(str_i64(S("-"), &i), ERR_SYNTAX);
}

void test_str__hex_and_base64_round_trip(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	u8 bytes[64], back[64];
	struct str s;

	(void)state;
	for (size_t n = 0; n <= 64; n++) {
		for (size_t i = 0; i < n; i++) {
			bytes[i] = (u8)(i * 37 + n);
		}
		assert_int_equal(str_unhex(str_hex(a, bytes, n), back, n), 0);
		assert_memory_equal(bytes, back, n);
		assert_int_equal(str_unbase64(a, str_base64(a, bytes, n), &s), 0);
		assert_true(str_eq(s, str_of(bytes, n)));
	}
	assert_int_equal(str_unbase64(a, S("QQ=="), &s), 0);
	assert_int_equal(str_unbase64(a, S("QR=="), &s), ERR_SYNTAX);	/* stray bits */
	assert_int_equal(str_unbase64(a, S("Q==="), &s), ERR_SYNTAX);
	assert_int_equal(str_unbase64(a, S("QQ=A"), &s), ERR_SYNTAX);
	assert_int_equal(str_unbase64(a, S("QUI"), &s), ERR_SYNTAX);
	assert_int_equal(str_unhex(S("0g"), back, 1), ERR_SYNTAX);
	arena_free(a);
}

void test_str__utf8_follows_unicode_table_3_7(void **state)
{
	size_t bad;

	(void)state;
	assert_true(str_utf8_ok(S("a\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), NULL));
	assert_false(str_utf8_ok(S("ab\xC0\x80"), &bad));
	assert_int_equal(bad, 2);
	assert_false(str_utf8_ok(S("\xED\xA0\x80"), &bad));	/* surrogate */
	assert_false(str_utf8_ok(S("\xF4\x90\x80\x80"), &bad));
	assert_false(str_utf8_ok(S("\xE3\x81"), &bad));		/* cut */
	assert_false(str_utf8_ok(S("\xE0\x80\x80"), &bad));	/* overlong */
}

void test_str__width_counts_columns(void **state)
{
	(void)state;
	assert_int_equal(str_width(S("abc")), 3);
	assert_int_equal(str_width(S("日本語")), 6);
	assert_int_equal(str_width(S("ｶﾅ")), 2);
	assert_int_equal(str_width(S("？")), 2);
	assert_int_equal(str_width(S("e\xCC\x81")), 1);
}
