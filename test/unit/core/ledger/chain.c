#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/ledger/chain.h"

#define ONE "korobanu.invalid/0123456789abcdef/1"
#define TWO "korobanu.invalid/fedcba9876543210/2"

static struct chain sample(void)
{
	struct chain c = { .origin = S(TWO), .old = { .epoch = 1, .size = 5, .known = 7, .origin = S(ONE), .note = S("n\n") } };
	struct ledger_key key;
	u8 seed[KEY_SEED] = { 7 };

	key_of_seed(seed, &key);
	assert_int_equal(note_key_make(S(TWO), key.pub, &c.key), 0);
	c.old.root.b[0] = 9;
	return c;
}

void test_chain__epoch_of_an_origin(void **state)
{
	static const struct { const char *origin; u32 want; } cases[] = { { ONE, 1 }, { TWO, 2 }, { "a/1000", 1000 }, { "a/01", 0 },
		{ "a/", 0 }, { "a", 0 }, { "", 0 }, { "/1", 0 }, { "a/0", 0 }, { "a/-1", 0 }, { "a/1x", 0 }, { "a/9999999999", 0 },
		{ "a/999999999", 999999999 } };

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		assert_int_equal(chain_epoch(str_z(cases[i].origin)), cases[i].want);
	}
}

void test_chain__as_written(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct chain c = sample(), got;
	struct str text = chain_write(a, &c);
	const struct json *v;

	(void)state;
	assert_int_equal(json_parse(a, text, &v, NULL), 0);
	assert_true(json_is_canon(a, text, v));
	assert_int_equal(chain_read(a, v, &got), 0);
	assert_true(str_eq(chain_write(a, &got), text));
	assert_int_equal(got.old.known, 7);
	arena_free(a);
}

static void other_member(struct arena *a, struct str text, const char *from, const char *to)
{
	ptrdiff_t at = str_find(text, str_z(from));
	const struct json *v;
	struct chain got;

	assert_true(at >= 0);
	text = str_printf(a, "%.*s%s%.*s", (int)at, text.p, to, STRF(str_from(text, (size_t)at + strlen(from))));
	assert_int_equal(json_parse(a, text, &v, NULL), 0);
	if (chain_read(a, v, &got) == 0) {
		fail_msg("taken: %.*s", STRF(text));
	}
}

void test_chain__refuses(void **state)
{
	static const char *const bad[][2] = { { "ledger.restore", "ledger.begin" }, { "\"epoch\":1", "\"epoch\":0" },
		{ "\"epoch\":1", "\"epoch\":\"1\"" }, { "\"first\":0", "\"first\":-1" }, { "\"size\":5", "\"size\":9007199254740993" },
		{ "\"known\":7,", "" }, { "\"known\":7", "\"known\":7,\"more\":1" }, { "\"do\"", "\"also\":1,\"do\"" },
		{ "\"root\":\"C", "\"root\":\"" }, { "+", "-" } };
	struct arena *a = arena_new(NULL, 0);
	struct chain c = sample();

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		other_member(a, chain_write(a, &c), bad[i][0], bad[i][1]);
	}
	arena_free(a);
}

void test_chain__what_differs(void **state)
{
	struct bundle_log old = { .checkpoint = { .origin = S(ONE), .size = 5 } }, now = { .first = 5, .checkpoint = { .origin = S(TWO) } };
	struct chain c = sample(), x;

	(void)state;
	old.checkpoint.root.b[0] = 9;
	assert_null(chain_differs(&c, &old, &now));
	for (int i = 0; i < 7; i++) {
		x = c;
		x.old.epoch += i == 0;
		x.old.first += i == 1;
		x.old.size += i == 2;
		x.old.root.b[31] ^= i == 3;
		x.old.origin = i == 4 ? S(TWO) : x.old.origin;
		x.origin = i == 5 ? S(ONE) : x.origin;
		x.key.name = i == 6 ? S(ONE) : x.key.name;
		assert_non_null(chain_differs(&x, &old, &now));
	}
}
