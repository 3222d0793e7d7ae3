/* Lines out of pieces: the same lines however the bytes are cut, and bounded memory whatever comes. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "proto/lines.h"

struct source {
	struct str all;
	size_t piece;
	int fail;		/* error instead of the end */
};

static int feed(void *ctx, struct str *ret)
{
	struct source *s = ctx;

	if (s->all.n == 0 && s->fail != 0) {
		return s->fail;
	}
	*ret = str_sub(s->all, 0, s->piece);
	s->all = str_from(s->all, s->piece);
	return 0;
}

static struct lines lines_of(struct arena *a, struct source *s)
{
	struct lines l;

	lines_init(&l, a, feed, s);
	return l;
}

void test_lines__however_they_are_cut(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 9; piece++) {
		struct arena *a = arena_new(NULL, 0);
		struct source s = { .all = S("one\n\nthree\r\nfour"), .piece = piece };
		struct lines l = lines_of(a, &s);
		struct str line;

		assert_int_equal(lines_next(&l, &line), 0);
		assert_str(line, "one");
		assert_int_equal(lines_next(&l, &line), 0);
		assert_str(line, "");
		assert_int_equal(lines_next(&l, &line), 0);
		assert_str(line, "three\r");
		assert_int_equal(lines_next(&l, &line), 0);
		assert_str(line, "four");
		assert_int_equal(l.number, 4);
		assert_int_equal(lines_next(&l, &line), ERR_NOTFOUND);
		assert_int_equal(lines_next(&l, &line), ERR_NOTFOUND);
		arena_free(a);
	}
}

/* 40 MiB without a newline: one refusal, the next line is read, and no more than the limit was ever kept. */
void test_lines__a_long_line_is_skipped_in_bounded_memory(void **state)
{
	struct arena *a = arena_new(NULL, 0), *bytes = arena_new(NULL, 0);
	struct buf b = buf_new(bytes, 0);
	struct source s = { .piece = 32 * KiB };
	struct lines l;
	struct str line;

	(void)state;
	memset(buf_room(&b, 40 * MiB), 'a', 40 * MiB);
	buf_str(&b, S("\nnext\n"));
	s.all = buf_view(&b);
	l = lines_of(a, &s);
	assert_int_equal(lines_next(&l, &line), ERR_LIMIT);
	assert_int_equal(lines_next(&l, &line), 0);
	assert_str(line, "next");
	assert_int_equal(l.number, 2);
	assert_true(arena_used(a) <= 4 * LIMIT_JSON_LINE);
	arena_free(bytes);
	arena_free(a);
}

void test_lines__exactly_the_limit_is_a_line(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct source s = { .piece = 1000 };
	struct lines l;
	struct str line;

	(void)state;
	memset(buf_room(&b, LIMIT_JSON_LINE), 'a', LIMIT_JSON_LINE);
	buf_str(&b, S("\n"));
	memset(buf_room(&b, LIMIT_JSON_LINE + 1), 'b', LIMIT_JSON_LINE + 1);
	s.all = buf_view(&b);
	l = lines_of(a, &s);
	assert_int_equal(lines_next(&l, &line), 0);
	assert_int_equal(line.n, LIMIT_JSON_LINE);
	assert_int_equal(lines_next(&l, &line), ERR_LIMIT);
	assert_int_equal(lines_next(&l, &line), ERR_NOTFOUND);
	arena_free(a);
}

void test_lines__hashes_what_stood_before(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct source s = { .all = S("abc\nend"), .piece = 2 };
	struct lines l = lines_of(a, &s);
	struct str line;
	u8 got[32];

	(void)state;
	assert_int_equal(lines_next(&l, &line), 0);
	assert_int_equal(lines_next(&l, &line), 0);
	lines_digest(&l.before, got);		/* "abc\n" */
	assert_str(str_hex(a, got, 32), "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb");
	lines_digest(&l.all, got);		/* "abc\nend" */
	assert_str(str_hex(a, got, 32), "50f54a6041d72ea015af16692983f82a7fff0bc9fdf42b0f9be138e6f1225717");
	arena_free(a);
}

void test_lines__errors_of_the_source_pass(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct source s = { .all = S("half"), .piece = 2, .fail = ERR_CLOSED };
	struct lines l = lines_of(a, &s);
	struct str line;

	(void)state;
	assert_int_equal(lines_next(&l, &line), ERR_CLOSED);
	arena_free(a);
}
