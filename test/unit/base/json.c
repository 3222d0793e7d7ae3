#include "unit.h"

#include "base/json.h"
#include "base/limits.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same(const struct json *x, const struct json *y)
{
	if (x->type != y->type) {
		return false;
	}
	switch (x->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return x->b == y->b;
	case JSON_INT:
		return x->i == y->i;
	case JSON_REAL:
		return memcmp(&x->d, &y->d, sizeof x->d) == 0;
	case JSON_STR:
		return str_eq(x->s, y->s);
	case JSON_ARR:
		for (size_t i = 0; i < x->arr.n && x->arr.n == y->arr.n; i++) {
			if (!same(&x->arr.p[i], &y->arr.p[i])) {
				return false;
			}
		}
		return x->arr.n == y->arr.n;
	case JSON_OBJ:
		for (size_t i = 0; i < x->obj.n && x->obj.n == y->obj.n; i++) {
			if (!str_eq(x->obj.p[i].key, y->obj.p[i].key) || !same(&x->obj.p[i].v, &y->obj.p[i].v)) {
				return false;
			}
		}
		return x->obj.n == y->obj.n;
	}
	return false;
}

/* Both readers must say the same; returns the tree, or NULL with *ret_err set. */
static const struct json *both(struct arena *a, struct str text, struct perr *ret_err)
{
	const struct json *fast = NULL, *strict = NULL;
	struct perr pf = { 0 }, ps = { 0 };
	/* an exact copy on the heap, so that the sanitizer sees a read past the end */
	char *copy = malloc(text.n == 0 ? 1 : text.n);
	int rf, rs;

	assert_non_null(copy);
	memcpy(copy, text.n == 0 ? "" : text.p, text.n);
	rf = json_parse(a, str_of(copy, text.n), &fast, &pf);
	rs = json_parse_strict(a, str_of(copy, text.n), &strict, &ps);
	free(copy);
	if (rf != rs) {
		print_error("json_parse %s, strict %s: %.*s\n", err_name(rf), err_name(rs), STRF(str_sub(text, 0, 80)));
	}
	assert_int_equal(rf, rs);
	if (rf != 0) {
		assert_int_equal(pf.code, rf);
		assert_int_equal(pf.off, ps.off);
		assert_string_equal(pf.text, ps.text);
		if (ret_err != NULL) {
			*ret_err = pf;
		}
		return NULL;
	}
	assert_true(same(fast, strict));
	return fast;
}

static void assert_canon(const char *text, const char *want)
{
	struct arena *a = arena_new(NULL, 0);
	const struct json *v = both(a, str_z(text), NULL);
	struct buf b = buf_new(a, 0);

	if (v == NULL) {
		print_error("refused: %s\n", text);
	}
	assert_non_null(v);
	json_canon(&b, v);
	assert_int_equal(buf_done(&b), 0);
	assert_str(buf_view(&b), want);
	assert_true(json_is_canon(a, str_z(want), v));
	assert_int_equal(json_is_canon(a, str_z(text), v), strcmp(text, want) == 0);
	arena_free(a);
}

static void assert_refused(struct str text, int code, u32 line, u32 col, const char *reason)
{
	struct arena *a = arena_new(NULL, 0);
	struct perr e = { 0 };

	if (both(a, text, &e) != NULL) {
		print_error("accepted: %.*s\n", STRF(str_sub(text, 0, 80)));
		fail();
	}
	if (e.code != code || e.line != line || e.col != col || strstr(e.text, reason) == NULL) {
		print_error("%.*s\n got %s %u:%u %s\nwant %s %u:%u %s\n", STRF(str_sub(text, 0, 80)), err_name(e.code),
			e.line,
			e.col, e.text, err_name(code), line, col, reason);
		fail();
	}
	arena_free(a);
}

void test_json__accepts_and_writes_canonically(void **state)
{
	static const struct {
		const char *text, *canon;
	} t[] = {
		{ "null", "null" }, { " true\r\n\t", "true" }, { "false", "false" }, { "\"\"", "\"\"" },
		{ "[]", "[]" }, { "[ ]", "[]" }, { "{}", "{}" }, { "{ }", "{}" }, { "0", "0" }, { "-0", "0" },
		{ "-0.0", "0" },
		{ "[1,2 , 3]", "[1,2,3]" }, { "[[],[[]],{}]", "[[],[[]],{}]" },
		{ "{\"b\":1,\"a\":[true,null,{\"z\":-1}]}", "{\"a\":[true,null,{\"z\":-1}],\"b\":1}" },
		{ "{\"\":0,\"a\":1,\"ab\":2,\"A\":3}", "{\"\":0,\"A\":3,\"a\":1,\"ab\":2}" },
		{ "\"\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\\\u000b\\u001F\\u007f\"",
		  "\"A/\\b\\f\\n\\r\\t\\\"\\\\\\u000b\\u001f\x7f\"" },
		{ "\"\\u00e9\\u3042\\uD83D\\ude00\"", "\"\xC3\xA9\xE3\x81\x82\xF0\x9F\x98\x80\"" },
		{ "\"\\u0000\"", "\"\\u0000\"" },
		{ "9223372036854775807", "9223372036854776000" }, { "-9223372036854775808", "-9223372036854776000" },
		{ "9007199254740992", "9007199254740992" }, { "9007199254740993", "9007199254740992" },
		{ "-9007199254740993", "-9007199254740992" }, { "9007199254740991", "9007199254740991" },
		{ "18446744073709551615", "18446744073709552000" }, { "18446744073709551616", "18446744073709552000" },
		{ "123456789012345678901234567890", "1.2345678901234568e+29" },
		{ "1.0", "1" }, { "1e2", "100" }, { "1E+2", "100" }, { "1e-7", "1e-7" }, { "0.000001", "0.000001" },
		{ "1e-400", "0" }, { "-1e-400", "0" }, { "0e99999999999999999999", "0" },
		{ "1e20", "100000000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		assert_canon(t[i].text, t[i].canon);
	}
}

/* RFC 8785: the example of 3.2.2 and 3.2.3. */
void test_json__canon_of_the_rfc(void **state)
{
	(void)state;
	assert_canon("{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
		"\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
		"\"literals\": [null, true, false]}",
		"{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
		"\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
	assert_canon("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
		"\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\","
		"\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
		"\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
		"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
		"\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
		"\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

static void assert_number(u64 bits, const char *want)
{
	struct arena *a = arena_new(NULL, 0);
	struct json v = { .type = JSON_REAL };
	const struct json *back;
	struct buf b = buf_new(a, 0);
	double d;

	memcpy(&v.d, &bits, sizeof v.d);
	json_canon(&b, &v);
	if (want != NULL) {
		assert_str(buf_view(&b), want);
	}
	back = both(a, buf_view(&b), NULL);
	assert_non_null(back);
	d = back->type == JSON_INT ? (double)back->i : back->d;
	if (d != v.d) {
		print_error("%a written as %.*s\n", v.d, STRF(buf_view(&b)));
	}
	assert_true(d == v.d);
	arena_free(a);
}

/* RFC 8785 appendix B, and doubles around powers of two and ten. */
void test_json__numbers_are_the_shortest(void **state)
{
	static const struct {
		u64 bits;
		const char *text;
	} t[] = {
		{ 0x0000000000000000, "0" }, { 0x8000000000000000, "0" },
		{ 0x0000000000000001, "5e-324" }, { 0x8000000000000001, "-5e-324" },
		{ 0x7fefffffffffffff, "1.7976931348623157e+308" }, { 0xffefffffffffffff, "-1.7976931348623157e+308" },
		{ 0x4340000000000000, "9007199254740992" }, { 0xc340000000000000, "-9007199254740992" },
		{ 0x4430000000000000, "295147905179352830000" }, { 0x44b52d02c7e14af5, "9.999999999999997e+22" },
		{ 0x44b52d02c7e14af6, "1e+23" }, { 0x44b52d02c7e14af7, "1.0000000000000001e+23" },
		{ 0x444b1ae4d6e2ef4e, "999999999999999700000" }, { 0x444b1ae4d6e2ef4f, "999999999999999900000" },
		{ 0x444b1ae4d6e2ef50, "1e+21" }, { 0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7" },
		{ 0x3eb0c6f7a0b5ed8d, "0.000001" }, { 0x41b3de4355555553, "333333333.3333332" },
		{ 0x41b3de4355555554, "333333333.33333325" }, { 0x41b3de4355555555, "333333333.3333333" },
		{ 0x41b3de4355555556, "333333333.3333334" }, { 0x41b3de4355555557, "333333333.33333343" },
		{ 0xbecbf647612f3696, "-0.0000033333333333333333" }, { 0x43143ff3c1cb0959, "1424953923781206.2" },
		{ 0x0010000000000000, "2.2250738585072014e-308" }, { 0x000fffffffffffff, "2.225073858507201e-308" },
		{ 0x3d30000000000000, "5.684341886080802e-14" }, { 0x3ff0000000000000, "1" },
		{ 0x3fb999999999999a, "0.1" },
		{ 0x3fd3333333333334, "0.30000000000000004" }, { 0x0000000000000002, "1e-323" },
		{ 0x0000000000000003, "1.5e-323" },
	};
	u64 x = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		assert_number(t[i].bits, t[i].text);
	}
	for (u64 e = 1; e < 0x7FF; e++) {	/* every power of two, and the doubles beside it */
		assert_number(e << 52, NULL);
		assert_number((e << 52) - 1, NULL);
		assert_number((e << 52) + 1, NULL);
	}
	for (int i = 0; i < 20000; i += (int)unit_step()) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if ((x >> 52 & 0x7FF) != 0x7FF) {
			assert_number(x, NULL);
		}
	}
}

void test_json__refuses_and_names_the_place(void **state)
{
	static const struct {
		const char *text;
		int code;
		u32 line, col;
		const char *reason;
	} t[] = {
		{ "", ERR_TRUNC, 1, 1, "a value" }, { " \n ", ERR_TRUNC, 2, 2, "a value" },
		{ "[", ERR_TRUNC, 1, 2, "a value" }, { "[1", ERR_TRUNC, 1, 3, "',' or ']'" },
		{ "[1,", ERR_TRUNC, 1, 4, "a value" }, { "{\"a\"", ERR_TRUNC, 1, 5, "':'" },
		{ "{", ERR_TRUNC, 1, 2, "a key" },
		{ "\"abc", ERR_TRUNC, 1, 5, "inside a string" }, { "\"abc\\", ERR_TRUNC, 1, 6, "inside a string" },
		{ "\"abc\\\"", ERR_TRUNC, 1, 7, "inside a string" }, { "tru", ERR_TRUNC, 1, 4, "\"true\"" },
		{ "-", ERR_TRUNC, 1, 2, "a digit" }, { "1e", ERR_TRUNC, 1, 3, "exponent" },
		{ "1 2", ERR_EXTRA, 1, 3, "ended before" }, { "{}\n\n]", ERR_EXTRA, 3, 1, "ended before" },
		{ "nullx", ERR_EXTRA, 1, 5, "ended before" }, { "true,", ERR_EXTRA, 1, 5, "" },
		{ "[1,]", ERR_SYNTAX, 1, 4, "']' stands where a value" }, { "[,1]", ERR_SYNTAX, 1, 2, "',' stands" },
		{ "[1 2]", ERR_SYNTAX, 1, 4, "'2' stands" }, { "[1}", ERR_SYNTAX, 1, 3, "',' or ']'" },
		{ "{\"a\":1,}", ERR_SYNTAX, 1, 8, "a key" }, { "{a:1}", ERR_SYNTAX, 1, 2, "a key" },
		{ "{'a':1}", ERR_SYNTAX, 1, 2, "a key" }, { "{1:1}", ERR_SYNTAX, 1, 2, "a key" },
		{ "{\"a\" 1}", ERR_SYNTAX, 1, 6, "':'" }, { "{\"a\"::1}", ERR_SYNTAX, 1, 6, "a value" },
		{ "{\"a\":1 \"b\":2}", ERR_SYNTAX, 1, 8, "',' or '}'" },
		{ "{\"a\":1]", ERR_SYNTAX, 1, 7, "',' or '}'" },
		{ "nulL", ERR_SYNTAX, 1, 4, "misspelt" }, { "True", ERR_SYNTAX, 1, 1, "'T'" },
		{ "+1", ERR_SYNTAX, 1, 1, "'+'" },
		{ "01", ERR_SYNTAX, 1, 1, "start with 0" }, { "-01", ERR_SYNTAX, 1, 1, "start with 0" },
		{ "1.", ERR_TRUNC, 1, 3, "after the point" }, { "[1.]", ERR_SYNTAX, 1, 4, "after the point" },
		{ ".5", ERR_SYNTAX, 1, 1, "'.'" }, { "[1e+]", ERR_SYNTAX, 1, 5, "exponent" },
		{ "[- 1]", ERR_SYNTAX, 1, 3, "0x20" },
		{ "0x10", ERR_EXTRA, 1, 2, "" }, { "NaN", ERR_SYNTAX, 1, 1, "NaN" },
		{ "[Infinity]", ERR_SYNTAX, 1, 2, "Infinity" },
		{ "-Infinity", ERR_SYNTAX, 1, 1, "Infinity" }, { "1e309", ERR_RANGE, 1, 1, "double" },
		{ "[0,\n -1e400]", ERR_RANGE, 2, 2, "double" }, { "\"a\tb\"", ERR_SYNTAX, 1, 3, "0x09" },
		{ "\"a\nb\"", ERR_SYNTAX, 1, 3, "0x0A" }, { "\"\\x41\"", ERR_SYNTAX, 1, 3, "after the backslash" },
		{ "\"\\u12G4\"", ERR_SYNTAX, 1, 6, "hexadecimal" }, { "\"\\u12\"", ERR_SYNTAX, 1, 6, "hexadecimal" },
		{ "\"\\U0041\"", ERR_SYNTAX, 1, 3, "after the backslash" },
		{ "\"ab\\uD800\"", ERR_SYNTAX, 1, 4, "surrogate" },
		{ "\"\\uDC00\"", ERR_SYNTAX, 1, 2, "surrogate" },
		{ "\"\\uD800\\u0041\"", ERR_SYNTAX, 1, 2, "surrogate" },
		{ "\"\\uD800\\uD800\"", ERR_SYNTAX, 1, 2, "surrogate" },
		{ "\"\\uD800x\"", ERR_SYNTAX, 1, 2, "surrogate" },
		{ "\"\\uDC00\\uD800\"", ERR_SYNTAX, 1, 2, "surrogate" },
		{ "\xEF\xBB\xBF{}", ERR_SYNTAX, 1, 1, "byte order mark" }, { "{}\xEF\xBB\xBF", ERR_EXTRA, 1, 3, "" },
		{ "\"\x80\"", ERR_UTF8, 1, 2, "0x80" }, { "\"a\xC0\xAF\"", ERR_UTF8, 1, 3, "0xC0" },
		{ "\"\xED\xA0\x80\"", ERR_UTF8, 1, 2, "0xED" }, { "\"\xF4\x90\x80\x80\"", ERR_UTF8, 1, 2, "0xF4" },
		{ "\"\xE3\x81\"", ERR_UTF8, 1, 2, "0xE3" }, { "{\"\xFF\":1}", ERR_UTF8, 1, 3, "0xFF" },
		{ "\xFF", ERR_SYNTAX, 1, 1, "0xFF" }, { "[\xC2\xA0]", ERR_SYNTAX, 1, 2, "0xC2" },
		{ "[1] // no", ERR_EXTRA, 1, 5, "" }, { "/**/1", ERR_SYNTAX, 1, 1, "'/'" },
		{ "[\v1]", ERR_SYNTAX, 1, 2, "0x0B" },
		{ "{\"a\":1,\"a\":2}", ERR_DUP, 1, 8, "the same key twice: \"a\"" },
		{ "{\"a\":1,\n \"b\":[{\"a\":\",\\\"\"}],\n  \"\\u0061\":2}", ERR_DUP, 3, 3, "\"a\"" },
		{ "[{\"x\":{\"k\":1, \"l\":2, \"k\":3}}]", ERR_DUP, 1, 22, "\"k\"" },
		{ "{\"a\\u001b\\u0085\":1,\"a\\u001b\\u0085\":2}", ERR_DUP, 1, 20, "\"a???\"" },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		assert_refused(str_z(t[i].text), t[i].code, t[i].line, t[i].col, t[i].reason);
	}
	assert_refused(S("[1,\0 2]"), ERR_SYNTAX, 1, 4, "0x00");
	assert_refused(S("\"a\0b\""), ERR_SYNTAX, 1, 3, "0x00");
	assert_refused(S("1\0"), ERR_EXTRA, 1, 2, "");
}

static struct str repeat(struct arena *a, struct str what, size_t times)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < times; i++) {
		buf_str(&b, what);
	}
	return buf_view(&b);
}

void test_json__depth_is_bounded(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct str in = repeat(a, S("["), LIMIT_JSON_DEPTH), out = repeat(a, S("]"), LIMIT_JSON_DEPTH);
	struct str deep = repeat(a, S("{\"a\":["), 200000);

	(void)state;
	assert_non_null(both(a, str_printf(a, "%.*s%.*s", STRF(in), STRF(out)), NULL));
	assert_non_null(both(a, str_printf(a, "%.*s1%.*s", STRF(in), STRF(out)), NULL));
	assert_refused(str_printf(a, "[%.*s%.*s]", STRF(in), STRF(out)), ERR_DEPTH, 1, LIMIT_JSON_DEPTH + 1,
		"deeper than 64");
	assert_refused(str_printf(a, "%.*s{}%.*s", STRF(in), STRF(out)), ERR_DEPTH, 1, LIMIT_JSON_DEPTH + 1,
		"deeper than 64");
	assert_refused(deep, ERR_DEPTH, 1, 6 * LIMIT_JSON_DEPTH / 2 + 1, "deeper");
	assert_refused(repeat(a, S("["), 1 * MiB), ERR_DEPTH, 1, LIMIT_JSON_DEPTH + 1, "deeper");
	arena_free(a);
}

/* Every limit from nothing to enough: ERR_NOMEM or the whole tree, nothing between. */
void test_json__a_full_arena_is_an_error(void **state)
{
	static const char text[] = "{\"k\":[1,2.5,\"text\",{\"a\":null,\"b\":\"\\u0041\"}],"
		"\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,"
		"\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"10\":1,\"11\":1,\"12\":1,\"13\":1,"
		"\"big\":123456789012345678901234567890}";
	int (*readers[])(struct arena *, struct str, const struct json **, struct perr *) = { json_parse,
		json_parse_strict };

	(void)state;
	for (size_t k = 0; k < countof(readers); k++) {
		bool done = false;

		for (size_t limit = 1; !done; limit += unit_step()) {
			struct arena *a = arena_new(NULL, limit);
			const struct json *v = NULL;
			struct perr e = { 0 };
			int r = readers[k](a, str_z(text), &v, &e);

			assert_true(r == 0 || (r == ERR_NOMEM && e.code == ERR_NOMEM && v == NULL));
			assert_true(arena_used(a) <= limit);
			done = r == 0;
			arena_free(a);
		}
	}
}

void test_json__long_line_and_many_keys(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct str text = repeat(a, S("abcdefgh"), MiB / 8);
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	const struct json *v;
	struct perr e;

	(void)state;
	v = both(a, str_printf(a, "\"%.*s\"", STRF(text)), NULL);
	assert_true(v != NULL && str_eq(v->s, text));
	assert_refused(str_printf(a, "[\"%.*s\",\n\"%.*s\x01\"]", STRF(text), STRF(text)), ERR_SYNTAX, 2, (u32)MiB + 2,
		"0x01");
	jw_obj(&w);
	for (int i = 0; i < 20000; i++) {
		jw_kint(&w, str_c(a, str_printf(a, "key%d", i)), i);
	}
	jw_end(&w);
	v = both(a, buf_view(&b), NULL);
	assert_true(v != NULL && v->obj.n == 20000);
	assert_true(json_get(v, S("key19999")) != NULL && json_get(v, S("key19999"))->i == 19999);
	b.n--;
	buf_z(&b, ",\"key77\":0}");
	assert_null(both(a, buf_view(&b), &e));
	assert_int_equal(e.code, ERR_DUP);
	assert_int_equal(e.off, b.n - strlen("\"key77\":0}"));
	arena_free(a);
}

void test_json__getters_tell_missing_from_wrong(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	const struct json *v = both(a, S("{\"s\":\"x\",\"i\":5,\"b\":true,\"r\":1.5,\"n\":null}"), NULL);
	struct str s = S("unset");
	i64 i = -1;
	bool yes = false;

	(void)state;
	assert_int_equal(json_get_str(v, S("s"), &s) | json_get_int(v, S("i"), &i) | json_get_bool(v, S("b"), &yes), 0);
	assert_str(s, "x");
	assert_true(i == 5 && yes);
	assert_int_equal(json_get_int(v, S("r"), &i), ERR_TYPE);
	assert_int_equal(json_get_int(v, S("s"), &i), ERR_TYPE);
	assert_int_equal(json_get_str(v, S("n"), &s), ERR_TYPE);
	assert_int_equal(json_get_bool(v, S("q"), &yes), ERR_MISSING);
	assert_int_equal(json_get_bool(NULL, S("q"), &yes), ERR_MISSING);
	assert_true(json_get(NULL, S("q")) == NULL && json_get(json_get(v, S("s")), S("q")) == NULL);
	assert_true(i == 5);
	arena_free(a);
}

void test_json__the_writer_writes_piece_by_piece(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0), small = buf_new(a, 4), bad = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	(void)state;
	jw_obj(&w);
	jw_kint(&w, "a", INT64_MIN);
	jw_key(&w, S("b"));
	jw_arr(&w);
	jw_null(&w);
	jw_bool(&w, false);
	jw_obj(&w);
	jw_end(&w);
	jw_arr(&w);
	jw_end(&w);
	jw_raw(&w, S("[1]"));
	jw_value(&w, both(a, S("{\"z\":[0.5,9223372036854775807],\"y\":\"\\\"\"}"), NULL));
	jw_end(&w);
	jw_kbool(&w, "c", true);
	jw_kstr(&w, "d\n", S("\x1B[0m"));
	jw_end(&w);
	assert_int_equal(buf_done(&b), 0);
	assert_str(buf_view(&b), "{\"a\":-9223372036854775808,\"b\":[null,false,{},[],[1],"
		"{\"z\":[0.5,9223372036854775807],\"y\":\"\\\"\"}],\"c\":true,\"d\\n\":\"\\u001b[0m\"}");
	w = jw_new(&small);
	jw_str(&w, S("longer than four"));
	assert_int_equal(buf_done(&small), ERR_LIMIT);
	w = jw_new(&bad);
	jw_str(&w, S("\xFF"));
	assert_int_equal(buf_done(&bad), ERR_UTF8);
	arena_free(a);
}

static u64 next(u64 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static struct str random_text(struct arena *a, u64 *x, u64 serial)
{
	static const char *const pieces[] = { "a", "\"", "\\", "\n", "\x1F", "/", "\xC2\x80", "\xE3\x81\x82",
		"\xEF\xBF\xBD",
		"\xF0\x9F\x98\x80", "\xEE\x80\x80", "\x7F", " ", "0" };
	struct buf b = buf_new(a, 0);

	for (u64 n = next(x) % 12; n > 0; n--) {
		buf_z(&b, pieces[next(x) % countof(pieces)]);
	}
	if (serial != 0) {
		buf_printf(&b, "%u", (unsigned)serial);
	}
	return buf_view(&b);
}

static void random_value(struct arena *a, u64 *x, unsigned depth, struct json *to)
{
	size_t n = (size_t)(next(x) % 20);

	to->type = (enum json_type)(next(x) % (depth < 5 ? 7 : 5));
	switch (to->type) {
	case JSON_NULL:
		break;
	case JSON_BOOL:
		to->b = next(x) & 1;
		break;
	case JSON_INT:
		to->i = (i64)next(x) >> next(x) % 64;
		break;
	case JSON_REAL:
		do {
			u64 bits = next(x);

			memcpy(&to->d, &bits, sizeof to->d);
		} while (!isfinite(to->d));
		break;
	case JSON_STR:
		to->s = random_text(a, x, 0);
		break;
	case JSON_ARR: {
		struct json *p = arena_alloc(a, n * sizeof *p);

		for (size_t i = 0; i < n; i++) {
			random_value(a, x, depth + 1, &p[i]);
		}
		to->arr.p = p;
		to->arr.n = n;
		break;
	}
	case JSON_OBJ: {
		struct json_member *p = arena_alloc(a, n * sizeof *p);

		for (size_t i = 0; i < n; i++) {
			p[i].key = random_text(a, x, i + 1);
			random_value(a, x, depth + 1, &p[i].v);
		}
		to->obj.p = p;
		to->obj.n = n;
		break;
	}
	}
}

/* Written, read by both readers, written canonically; and the canonical text read again. */
void test_json__random_trees_come_back(void **state)
{
	u64 x = 0x9E3779B97F4A7C15u;

	(void)state;
	for (int round = 0; round < 150; round += (int)unit_step()) {
		struct arena *a = arena_new(NULL, 0);
		struct json v = { 0 };
		struct buf text = buf_new(a, 0), c0 = buf_new(a, 0), c1 = buf_new(a, 0), c2 = buf_new(a, 0);
		struct json_w w = jw_new(&text);
		const struct json *back, *again;

		random_value(a, &x, 0, &v);
		jw_value(&w, &v);
		json_canon(&c0, &v);
		assert_int_equal(buf_done(&text), 0);
		back = both(a, buf_view(&text), NULL);
		assert_non_null(back);
		json_canon(&c1, back);
		assert_true(str_eq(buf_view(&c0), buf_view(&c1)));
		again = both(a, buf_view(&c1), NULL);
		assert_non_null(again);
		json_canon(&c2, again);
		assert_true(str_eq(buf_view(&c1), buf_view(&c2)));
		arena_free(a);
	}
}
