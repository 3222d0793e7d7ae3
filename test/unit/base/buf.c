#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

void test_buf__what_is_written_is_read_back(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct rd rd;
	u8 v8;
	u16 v16;
	u32 v32;
	u64 v64;
	i64 i;
	struct str s;

	(void)state;
	buf_u8(&b, 0xAB);
	buf_u16(&b, 0x1234);
	buf_u32(&b, 0xDEADBEEF);
	buf_u64(&b, UINT64_MAX - 1);
	buf_i64(&b, INT64_MIN);
	buf_blob(&b, S("hello"));
	buf_printf(&b, "%d-%s", 7, "x");
	assert_int_equal(buf_done(&b), 0);
	rd = rd_str(buf_view(&b));
	assert_int_equal(rd_u8(&rd, &v8) | rd_u16(&rd, &v16) | rd_u32(&rd, &v32) | rd_u64(&rd, &v64) |
		rd_i64(&rd, &i) | rd_blob(&rd, &s), 0);
	assert_int_equal(v8, 0xAB);
	assert_int_equal(v16, 0x1234);
	assert_int_equal(v32, 0xDEADBEEF);
	assert_true(v64 == UINT64_MAX - 1 && i == INT64_MIN);
	assert_str(s, "hello");
	assert_int_equal(rd_done(&rd), ERR_EXTRA);
	assert_int_equal(rd_bytes(&rd, 3, &s), 0);
	assert_str(s, "7-x");
	assert_int_equal(rd_done(&rd), 0);
	arena_free(a);
}

void test_buf__limit_is_sticky(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 4);

	(void)state;
	buf_u32(&b, 1);
	buf_u8(&b, 2);
	assert_int_equal(buf_done(&b), ERR_LIMIT);
	buf_reset(&b);
	buf_u8(&b, 2);
	assert_int_equal(buf_done(&b), 0);
	arena_free(a);
}

void test_rd__never_passes_the_end_and_stays_on_failure(void **state)
{
	static const u8 bytes[] = { 0, 0, 0, 9, 'a', 'b' };
	struct rd rd = rd_of(bytes, sizeof bytes), sub;
	struct str s;
	u64 v64;
	u16 le;

	(void)state;
	assert_int_equal(rd_u64(&rd, &v64), ERR_TRUNC);
	assert_int_equal(rd_blob(&rd, &s), ERR_TRUNC);
	assert_int_equal(rd_left(&rd), 6);
	assert_int_equal(rd_skip(&rd, 4), 0);
	assert_int_equal(rd_sub(&rd, 2, &sub), 0);
	assert_int_equal(rd_u16le(&sub, &le), 0);
	assert_int_equal(le, 'a' | 'b' << 8);
	assert_int_equal(rd_skip(&rd, 1), ERR_TRUNC);
	assert_int_equal(rd_done(&rd), 0);
}

void test_buf__room_ends_at_the_limit(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t max = 1; max < 300; max++) {
		struct buf b = buf_new(a, max);

		for (size_t i = 0; i < max; i++) {
			buf_u8(&b, (u8)i);
			assert_int_equal(buf_done(&b), 0);
		}
		buf_u8(&b, 0);
		assert_int_equal(buf_done(&b), ERR_LIMIT);
		assert_null(buf_room(&b, 0));
		for (size_t i = 0; i < max; i++) {
			assert_int_equal(b.p[i], (u8)i);
		}
	}
	arena_free(a);
}

void test_buf__reserve_and_numbers(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0), c = buf_new(a, 10);

	(void)state;
	buf_reserve(&b, 100);
	assert_int_equal(b.n, 0);
	buf_number(&b, 0);
	buf_u8(&b, ' ');
	buf_number(&b, UINT64_MAX);
	assert_str(buf_view(&b), "0 18446744073709551615");
	buf_reserve(&c, 11);
	assert_int_equal(buf_done(&c), ERR_LIMIT);
	arena_free(a);
}
