#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "core/ledger/envelope.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define AT "\"at\":\"2026-11-21T01:15:02.114Z\""
#define GOLDEN_ACT "{" AT ",\"by\":\"p1\",\"items\":1,\"parts\":0,\"root\":\"" EMPTY "\",\"type\":\"act\",\"v\":1}"
#define GOLDEN_BATCH "{" AT ",\"by\":\"p1\",\"items\":2,\"parts\":3,\"root\":\"" EMPTY \
	"\",\"type\":\"batch\",\"v\":1}"
#define GOLDEN_ERASED \
	"{" AT ",\"basis\":\"request\",\"by\":\"p1\",\"erased\":[[3,1],[3,4],[9,0]],\"items\":0,\"parts\":0," \
	"\"root\":\"" EMPTY "\",\"type\":\"erased\",\"v\":1}"

static void round_trip(const char *text, enum envelope_type type)
{
	struct arena *a = arena_new(NULL, 0);
	struct perr e = {0};
	struct envelope env;
	struct str back;

	if (envelope_read(a, str_z(text), &env, &e) != 0) {
		fail_msg("%s", e.text);
	}
	assert_int_equal(env.type, type);
	assert_str(env.by, "p1");
	assert_int_equal(envelope_write(a, &env, &back), 0);
	assert_str(back, text);
	arena_free(a);
}

void test_envelope__golden(void **state)
{
	(void)state;
	round_trip(GOLDEN_ACT, ENVELOPE_ACT);
	round_trip(GOLDEN_BATCH, ENVELOPE_BATCH);
	round_trip(GOLDEN_ERASED, ENVELOPE_ERASED);
}

void test_envelope__erases(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct envelope e;

	(void)state;
	assert_int_equal(envelope_read(a, S(GOLDEN_ERASED), &e, NULL), 0);
	assert_int_equal(e.nerased, 3);
	assert_true(envelope_erases(&e, 3, 1));
	assert_true(envelope_erases(&e, 3, 4));
	assert_true(envelope_erases(&e, 9, 0));
	assert_false(envelope_erases(&e, 3, 0));
	assert_false(envelope_erases(&e, 3, 5));
	assert_false(envelope_erases(&e, 9, 1));
	assert_false(envelope_erases(&e, 10, 0));
	arena_free(a);
}

static const struct {
	const char *from, *to;	/* what is replaced in the golden text of an `erased` or `batch` entry */
} bad[] = {
	{ "\"v\":1", "\"v\":2" },
	{ "\"v\":1", "\"v\":1.0" },
	{ "\"v\":1", "\"v\":1,\"w\":1" },
	{ "{\"at\"", "{ \"at\"" },
	{ "114Z", "114+00:00" },
	{ "02.114Z", "02Z" },
	{ "\"p1\"", "\"\"" },
	{ "\"p1\"", "1" },
	{ "\"p1\"", "\"\\u0070\"" },
	{ "\"type\":\"", "\"type\":\"un" },
	{ EMPTY, "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ EMPTY, "e3" },
	{ "\"items\":", "\"items\":-" },
	{ "\"items\":", "\"items\":1e3" },
	{ "\"root\"", "\"soot\"" },
	{ "[3,4]", "[3,1]" },
	{ "[3,4]", "[3,0]" },
	{ "[3,4]", "[3]" },
	{ "[3,4]", "[3,4,5]" },
	{ "[3,4]", "[3,-4]" },
	{ "[3,4]", "34" },
	{ "[[3,1],[3,4],[9,0]]", "[]" },
	{ "\"request\"", "\"\"" },
	{ "\"request\"", "\"request of Sato\"" },
	{ "\"basis\":\"request\"", "\"chunks\":[]" },
	{ "\"type\":\"batch\"", "\"type\":\"erased\"" },
	{ "\"items\":2", "\"chunks\":[],\"items\":2" },
	{ "\"parts\":0,\"root\":\"e3", "\"parts\":0,\"root\":\"e4" },
	{ "}", "" },
	{ "\"v\":1}", "\"v\":1}\n" },
	{ "\"items\":", "\"items\":9007199254740993" },
};

void test_envelope__refused(void **state)
{
	static const char *const golden[] = { GOLDEN_ERASED, GOLDEN_BATCH };
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		size_t used = 0;

		for (size_t g = 0; g < countof(golden); g++) {
			struct str text = str_z(golden[g]), from = str_z(bad[i].from);
			ptrdiff_t at = str_find(text, from);
			struct perr e = {0};
			struct envelope env;
			struct str s;

			if (at < 0) {
				continue;
			}
			used++;
			s = str_printf(
				a, "%.*s%s%.*s", (int)at, text.p, bad[i].to, STRF(str_from(text, (size_t)at + from.n)));
			if (envelope_read(a, s, &env, &e) == 0) {
				fail_msg("accepted: %.*s", STRF(s));
			}
			assert_int_not_equal(e.text[0], 0);
		}
		if (used == 0) {
			fail_msg("no place for %s", bad[i].from);
		}
	}
	arena_free(a);
}

void test_envelope__write_refuses(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct position p[] = { { 1, 1 }, { 1, 1 } };
	struct envelope e = { .by = S("p"), .root = merkle_empty() };
	struct str s;

	(void)state;
	assert_int_equal(envelope_write(a, &e, &s), 0);
	e.by = S("");
	assert_int_equal(envelope_write(a, &e, &s), ERR_ARG);
	e.by = S("p\xff");
	assert_int_equal(envelope_write(a, &e, &s), ERR_ARG);
	e.by = S("p");
	e.root.b[0]++;
	assert_int_equal(envelope_write(a, &e, &s), ERR_ARG);
	e.parts = 1;
	assert_int_equal(envelope_write(a, &e, &s), 0);
	e.erased = p;
	e.nerased = 2;
	e.basis = S("law");
	assert_int_equal(envelope_write(a, &e, &s), ERR_ARG);
	e.type = ENVELOPE_ERASED;
	assert_int_equal(envelope_write(a, &e, &s), ERR_ARG);
	p[1].part = 2;
	assert_int_equal(envelope_write(a, &e, &s), 0);
	arena_free(a);
}

void test_envelope__length(void **state)
{
	enum { N = 12000 };
	struct arena *a = arena_new(NULL, 0);
	struct position *p = arena_alloc(a, N * sizeof(*p));
	struct envelope e = { .type = ENVELOPE_ERASED, .by = S("p"), .basis = S("law"), .root = merkle_empty(), .erased = p }, back;
	struct str s;

	(void)state;
	for (u64 i = 0; i < N; i++) {
		p[i] = (struct position){ 1, i };
	}
	e.nerased = 6800;
	assert_int_equal(envelope_write(a, &e, &s), 0);
	assert_in_range(s.n, 60000, LIMIT_ENVELOPE);
	assert_int_equal(envelope_read(a, s, &back, NULL), 0);
	assert_int_equal(back.nerased, 6800);
	e.nerased = N;
	assert_int_equal(envelope_write(a, &e, &s), ERR_LIMIT);
	assert_int_equal(envelope_read(a, str_of(p, LIMIT_ENVELOPE + 1), &back, NULL), ERR_LIMIT);
	assert_int_equal(envelope_read(a, str_of(p, LIMIT_ENVELOPE), &back, NULL), ERR_SYNTAX);
	arena_free(a);
}
