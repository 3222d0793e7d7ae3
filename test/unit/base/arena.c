#include "unit.h"

#include "base/arena.h"

#include <string.h>

static void count(void *p)
{
	++*(int *)p;
}

void test_arena__memory_is_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t n = 0; n < 3000; n += 7) {
		u8 *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(p[i], 0);
		}
		memset(p, 0xFF, n);
	}
	arena_free(a);
}

void test_arena__limit_holds_for_sizes_of_strangers(void **state)
{
	struct arena *a = arena_new(NULL, 1000);

	(void)state;
	assert_non_null(arena_try(a, 600));
	assert_null(arena_try(a, 401));
	assert_non_null(arena_try(a, 400));
	assert_null(arena_try(a, 1));
	assert_null(arena_try(a, SIZE_MAX));
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_non_null(arena_try(a, 1000));
	arena_free(a);
}

void test_arena__children_and_calls_end_with_the_parent(void **state)
{
	struct arena *a = arena_new(NULL, 0), *b = arena_new(a, 0), *c = arena_new(a, 0);
	int n = 0;

	(void)state;
	arena_on_free(a, count, &n);
	arena_on_free(b, count, &n);
	arena_on_free(c, count, &n);
	arena_free(b);
	assert_int_equal(n, 1);
	arena_free(a);
	assert_int_equal(n, 3);
	arena_free(NULL);
}

void test_arena__the_newest_allocation_grows_where_it_stands(void **state)
{
	struct arena *a = arena_new(NULL, 4000);
	u8 *p = arena_alloc(a, 100), *q;

	(void)state;
	memset(p, 7, 100);
	if (arena_extend(a, p, 100, 1000)) {		/* never where every allocation has a malloc of its own */
		memset(p + 100, 8, 900);
		q = arena_alloc(a, 100);
		assert_true(q >= p + 1000);
		assert_int_equal(q[0], 0);
		assert_false(arena_extend(a, p, 1000, 1100));		/* not the newest */
		assert_false(arena_extend(a, q, 100, 50));		/* does not shrink */
		assert_false(arena_extend(a, q, 100, 3001));		/* over the limit */
		assert_int_equal(arena_used(a), 1100);
		assert_true(arena_extend(a, q, 100, 3000));
		assert_null(arena_try(a, 1));
	}
	assert_int_equal(p[99], 7);
	assert_false(arena_extend(a, NULL, 0, 10));
	arena_reset(a);
	assert_non_null(p = arena_try_raw(a, 4000));
	memset(p, 1, 4000);
	assert_null(arena_try_raw(a, 1));
	arena_free(a);
}
