#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/msg/chunk.h"

void test_chunk__survives_the_way_and_no_cut_does(void **state)
{
	struct chunk_item items[] = { { CHUNK_EVIDENCE, S("banner"), S("\xff\xfd\x01") }, { CHUNK_FACT, S("{}"), S("[]") } };
	struct chunk c = { .run = S("SCN-1"), .n = 7, .progress = S("abc"), .items = items, .nitems = 2 }, got;
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);

	(void)state;
	chunk_write(&b, &c);
	assert_int_equal(chunk_read(a, buf_view(&b), &got), 0);
	assert_str(got.run, "SCN-1");
	assert_true(got.n == 7 && got.nitems == 2 && got.items[0].type == CHUNK_EVIDENCE && got.items[1].head.n == 2);
	for (size_t n = 0; n < b.n; n++) {
		assert_int_equal(chunk_read(a, str_of(arena_copy(a, b.p, n), n), &got), ERR_TRUNC);
	}
	buf_u8(&b, 0);
	assert_int_equal(chunk_read(a, buf_view(&b), &got), ERR_EXTRA);
	b.p[0] = 9;
	assert_int_equal(chunk_read(a, buf_view(&b), &got), ERR_NEWER);
	arena_free(a);
}

void test_chunk__limits(void **state)
{
	struct chunk_item *items, wrong = { CHUNK_EVIDENCE_FILE + 1, S(""), S("") };
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct chunk c = { .run = S("r") }, got;

	(void)state;
	items = arena_alloc(a, (LIMIT_CHUNK_FACTS + 1) * sizeof *items);
	for (size_t i = 0; i <= LIMIT_CHUNK_FACTS; i++) {
		items[i].type = CHUNK_FACT;
	}
	c.items = items;
	c.nitems = LIMIT_CHUNK_FACTS;
	chunk_write(&b, &c);
	assert_int_equal(chunk_read(a, buf_view(&b), &got), 0);
	c.nitems++;
	buf_reset(&b);
	chunk_write(&b, &c);
	assert_int_equal(chunk_read(a, buf_view(&b), &got), ERR_LIMIT);
	c.items = &wrong;
	c.nitems = 1;
	buf_reset(&b);
	chunk_write(&b, &c);
	assert_int_equal(chunk_read(a, buf_view(&b), &got), ERR_RANGE);
	c.nitems = 0;
	c.run = S("");
	buf_reset(&b);
	chunk_write(&b, &c);
	assert_int_equal(chunk_read(a, buf_view(&b), &got), ERR_RANGE);
	arena_free(a);
}
