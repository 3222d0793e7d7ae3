#include "unit.h"

#include "base/map.h"
#include "base/vec.h"

void test_map__finds_every_key_in_order(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct map m = { 0 };
	bool is_new;

	(void)state;
	assert_null(map_get(&m, S("x")));
	for (uintptr_t i = 1; i <= 5000; i++) {
		*map_put(a, &m, str_printf(a, "key %ju", (uintmax_t)i), &is_new) = (void *)i;
		assert_true(is_new);
	}
	for (uintptr_t i = 1; i <= 5000; i++) {
		struct str key = str_printf(a, "key %ju", (uintmax_t)i);

		assert_true(map_get(&m, key) == (void *)i);
		assert_true(*map_put(a, &m, key, &is_new) == (void *)i && !is_new);
		assert_true(str_eq(m.items[i - 1].key, key));
	}
	assert_null(map_get(&m, S("key 5001")));
	assert_int_equal(m.n, 5000);
	arena_free(a);
}

void test_vec__grows(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	vec(u32) v = { 0 };

	(void)state;
	for (u32 i = 0; i < 1000; i++) {
		*vec_add(a, &v) = i;
	}
	assert_int_equal(v.n, 1000);
	for (u32 i = 0; i < 1000; i++) {
		assert_int_equal(v.p[i], i);
	}
	arena_free(a);
}
