#include "unit.h"

#include "base/err.h"

#include <errno.h>

void test_err__names_and_texts_follow_the_table(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR_SYNTAX), "SYNTAX");
	assert_string_equal(err_name(0), "OK");
	assert_string_equal(err_name(-10000), "?");
	assert_string_equal(err_name(5), "?");
	assert_int_equal(err_from_errno(ENOSPC), ERR_NOSPACE);
	assert_int_equal(err_from_errno(EINVAL), ERR_SYS);
	assert_int_equal(err_http(ERR_NOTFOUND), 404);
	for (int i = 1; i <= ERR_ORDER_COUNT; i++) {
		assert_true(err_text(-i)[0] != '\0' && err_http(-i) >= 400);
	}
}

void test_err__place_counts_lines_and_bytes(void **state)
{
	static const char text[] = "ab\ncd\n";
	struct perr p;

	(void)state;
	assert_int_equal(perr_set(&p, ERR_SYNTAX, 4, "odd %s", "thing"), ERR_SYNTAX);
	perr_place(&p, (const u8 *)text, sizeof text - 1);
	assert_int_equal(p.line, 2);
	assert_int_equal(p.col, 2);
	assert_string_equal(p.text, "odd thing");
	assert_int_equal(perr_set(NULL, ERR_TYPE, 0, "x"), ERR_TYPE);
}

void test_err__list_keeps_the_first_and_counts_all(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct errlist l = { 0 };
	struct perr p = { .code = ERR_TYPE };

	(void)state;
	for (int i = 0; i < 250; i++) {
		errlist_add(a, &l, &p);
	}
	assert_int_equal(l.n, ERRLIST_MAX);
	assert_int_equal(l.total, 250);
	arena_free(a);
}
