/* Bodies of an import's messages: there and back, and nothing else is taken. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/msg/import.h"

void test_import__ask(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct arena *a = arena_new(NULL, 0);
	struct import_ask ask = { .put = true, .strict = true, .network = S("lab"), .id = str_z(id), .chunk = 7 }, got;
	struct buf b = buf_new(a, 0);

	(void)state;
	import_ask_write(&b, &ask);
	assert_int_equal(import_ask_read(buf_view(&b), &got), 0);
	assert_true(got.put && got.strict && got.chunk == 7 && str_eq(got.network, S("lab")) && str_eq(got.id, str_z(id)));
	for (size_t cut = 0; cut < b.n; cut++) {
		assert_int_equal(import_ask_read(str_of(b.p, cut), &got), ERR_TRUNC);
	}
	buf_u8(&b, 0);
	assert_int_equal(import_ask_read(buf_view(&b), &got), ERR_EXTRA);
	b.p[0] = 2;
	assert_int_equal(import_ask_read(buf_view(&b), &got), ERR_RANGE);
	buf_reset(&b);
	ask.id = S("short");
	import_ask_write(&b, &ask);
	assert_int_equal(import_ask_read(buf_view(&b), &got), ERR_RANGE);
	arena_free(a);
}

void test_import__told(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct import_told t = { .headed = true, .whole = true, .origin = S("o"), .checkpoint = S("c"), .run = S("SCN-1"), .key = S("k"),
		.size = 9, .lines = 5, .facts = 3, .evidence = 1, .dropped = 1, .rejected = 2, .networks = { S("lab"), S("none") },
		.nnetworks = 2 }, got;
	struct buf b = buf_new(a, 0);
	struct rd rd;

	(void)state;
	memset(t.sha256, 0xAB, sizeof t.sha256);
	import_told_write(&b, &t);
	buf_u8(&b, 42);
	rd = rd_str(buf_view(&b));
	assert_int_equal(import_told_read(&rd, &got), 0);
	assert_int_equal(rd_left(&rd), 1);
	assert_true(got.headed && got.whole && got.facts == 3 && got.rejected == 2 && got.nnetworks == 2 && got.sha256[31] == 0xAB);
	assert_str(got.networks[1], "none");
	for (size_t cut = 0; cut + 1 < b.n; cut++) {
		rd = rd_of(b.p, cut);
		assert_int_equal(import_told_read(&rd, &got), ERR_TRUNC);
	}
	buf_reset(&b);
	t.origin = S("\xff");
	import_told_write(&b, &t);
	rd = rd_str(buf_view(&b));
	assert_int_equal(import_told_read(&rd, &got), ERR_UTF8);
	buf_reset(&b);
	t.origin = S("o");
	t.facts = UINT64_MAX;
	import_told_write(&b, &t);
	rd = rd_str(buf_view(&b));
	assert_int_equal(import_told_read(&rd, &got), ERR_RANGE);
	arena_free(a);
}
