#include "unit.h"

#include "base/limits.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

static void assert_reads(const char *text, const char *want)
{
	struct arena *a = arena_new(NULL, 0);
	const struct json *v = NULL;
	struct perr e = { 0 };
	struct buf b = buf_new(a, 0);
	size_t n = strlen(text);
	char *copy = malloc(n + 1);	/* exact and without NUL, so that the sanitizer sees a read past the end */
	int r;

	assert_non_null(copy);
	memcpy(copy, text, n);
	copy = realloc(copy, n == 0 ? 1 : n);
	r = yaml_parse(a, str_of(copy, n), &v, &e);
	free(copy);
	if (r != 0) {
		print_error("refused: %s\n%s %u:%u %s\n", text, err_name(r), e.line, e.col, e.text);
	}
	assert_int_equal(r, 0);
	json_canon(&b, v);
	assert_str(buf_view(&b), want);
	arena_free(a);
}

static void assert_refused(struct str text, int code, u32 line, u32 col, const char *reason)
{
	struct arena *a = arena_new(NULL, 0);
	const struct json *v = NULL;
	struct perr e = { 0 };
	int r = yaml_parse(a, text, &v, &e);

	if (r != code || e.code != r || e.line != line || e.col != col || strstr(e.text, reason) == NULL) {
		print_error("%.*s\n got %s %u:%u %s\nwant %s %u:%u %s\n", STRF(str_sub(text, 0, 80)), err_name(r),
			e.line, e.col,
			e.text, err_name(code), line, col, reason);
		fail();
	}
	assert_null(v);
	arena_free(a);
}

void test_yaml__reads_what_our_files_hold(void **state)
{
	(void)state;
	assert_reads("# a measure\nid: M01\ntitle:\n  ja: 平文の遠隔操作がない\n  en: \"no clear-text shell\"\n"
		"level: 3\nneeds: [a, 'b', {c: d}]\n"
		"list:\n  - one\n  -\n  - x: 1\n    y: true\n",
		"{\"id\":\"M01\",\"level\":3,\"list\":[\"one\",null,{\"x\":1,\"y\":true}],"
		"\"needs\":[\"a\",\"b\",{\"c\":\"d\"}],"
		"\"title\":{\"en\":\"no clear-text shell\",\"ja\":\"平文の遠隔操作がない\"}}");
	assert_reads("---\na: 1\n...\n", "{\"a\":1}");
	assert_reads("a: |\n  x\n  y: z\nb: >-\n  p\n  q\n", "{\"a\":\"x\\ny: z\\n\",\"b\":\"p q\"}");
	assert_reads("a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}");
	assert_reads("[]", "[]");
	assert_reads("{}", "{}");
	assert_reads("plain text", "\"plain text\"");
	assert_reads("{\"a\": [1, \"x\", null], \"b\":2}", "{\"a\":[1,\"x\",null],\"b\":2}");
	assert_reads("a: x#y # comment\nb: http://x:1/\n", "{\"a\":\"x#y\",\"b\":\"http://x:1/\"}");
}

void test_yaml__scalars_are_what_they_look_like(void **state)
{
	static const struct {
		const char *text, *canon;
	} t[] = {
		{ "true", "true" }, { "false", "false" }, { "null", "null" }, { "~", "null" }, { "---\n", "null" },
		{ "0", "0" }, { "-0", "\"-0\"" }, { "-12", "-12" }, { "123456", "123456" },
		{ "\"true\"", "\"true\"" }, { "'12'", "\"12\"" }, { "\"\"", "\"\"" }, { "''", "\"\"" },
		{ "|\n  12\n", "\"12\\n\"" },
		{ "True", "\"True\"" }, { "yes", "\"yes\"" }, { "no", "\"no\"" }, { "NULL", "\"NULL\"" },
		{ "1.10", "\"1.10\"" },
		{ "1e3", "\"1e3\"" }, { ".inf", "\".inf\"" }, { ".nan", "\".nan\"" }, { "0x1F", "\"0x1F\"" },
		{ "007", "\"007\"" },
		{ "0o17", "\"0o17\"" }, { "+5", "\"+5\"" }, { "1_000", "\"1_000\"" }, { "12:30:45", "\"12:30:45\"" },
		{ "2026-11-21", "\"2026-11-21\"" }, { "9223372036854775808", "\"9223372036854775808\"" },
		{ "-", "[null]" },
		{ "\"\\x41\\u3042\\U0001F600\\0\\t\"", "\"Aあ\xF0\x9F\x98\x80\\u0000\\t\"" },
		{ "'it''s'", "\"it's\"" },
		{ "{1: a, true: b, ~: c, \"<<\": d}", "{\"1\":\"a\",\"<<\":\"d\",\"true\":\"b\",\"~\":\"c\"}" },
		{ "{\"\": 1}", "{\"\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		assert_reads(t[i].text, t[i].canon);
	}
}

void test_yaml__refuses_and_names_the_place(void **state)
{
	static const struct {
		const char *text;
		int code;
		u32 line, col;
		const char *reason;
	} t[] = {
		{ "", ERR_TRUNC, 1, 1, "no document" }, { "# only this\n", ERR_TRUNC, 2, 1, "no document" },
		{ "a: &x 1\n", ERR_UNSUPPORTED, 1, 4, "anchors" },
		{ "a: 1\nb: *x\n", ERR_UNSUPPORTED, 2, 4, "aliases" },
		{ "a: !!str 1\n", ERR_UNSUPPORTED, 1, 4, "tags" }, { "- !x {}\n", ERR_UNSUPPORTED, 1, 3, "tags" },
		{ "- &m {}\n", ERR_UNSUPPORTED, 1, 3, "anchors" }, { "&k a: 1\n", ERR_UNSUPPORTED, 1, 1, "anchors" },
		{ "a:\n  <<: {b: 1}\n", ERR_UNSUPPORTED, 2, 3, "merge keys" },
		{ "%YAML 1.2\n---\na: 1\n", ERR_UNSUPPORTED, 1, 1, "directives" },
		{ "%TAG ! tag:x,2000:\n---\na: 1\n", ERR_UNSUPPORTED, 1, 1, "directives" },
		{ "a: 1\n---\nb: 2\n", ERR_EXTRA, 2, 1, "second document" },
		{ "--- a\n--- b\n", ERR_EXTRA, 2, 1, "second document" },
		{ "a: 1\nb: 2\na: 3\n", ERR_DUP, 3, 1, "the same key twice: \"a\"" },
		{ "x:\n  - {k: 1, \"k\": 2}\n", ERR_DUP, 2, 12, "\"k\"" },
		{ "? [a]\n: 1\n", ERR_UNSUPPORTED, 1, 3, "a key must be" },
		{ "{[a]: 1}\n", ERR_UNSUPPORTED, 1, 2, "a key must be" },
		{ ": 1\n", ERR_SYNTAX, 1, 1, "a key is missing" },
		{ "a: [1\n", ERR_SYNTAX, 2, 1, "closing bracket" },
		{ "a: 1\n b: 2\n", ERR_SYNTAX, 1, 4, "multiline plain" },
		{ "あ: \"\\xzz\"\n", ERR_SYNTAX, 1, 7, "escape" }, { "a: \"x\n", ERR_SYNTAX, 1, 5, "closing quote" },
		{ "a:\n\t- b\n", ERR_SYNTAX, 2, 1, "tab" },
		{ "\"\\uD800\"", ERR_SYNTAX, 1, 2, "escape" },
		{ "\xEF\xBB\xBF" "a: 1\n", ERR_SYNTAX, 1, 1, "byte order mark" },
		{ "a: \xFF\n", ERR_UTF8, 1, 4, "0xFF" }, { "a: 1\nb: \x1B[0m\n", ERR_SYNTAX, 2, 4, "0x1B" },
		{ "a: b: c\n", ERR_SYNTAX, 1, 5, "" }, { "- a\nb: 1\n", ERR_SYNTAX, 2, 1, "" },
		{ "@a", ERR_SYNTAX, 1, 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		assert_refused(str_z(t[i].text), t[i].code, t[i].line, t[i].col, t[i].reason);
	}
	assert_refused(S("a: \0\n"), ERR_SYNTAX, 1, 4, "0x00");
}

static struct str repeat(struct arena *a, const char *what, size_t times)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < times; i++) {
		buf_z(&b, what);
	}
	return buf_view(&b);
}

void test_yaml__limits(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct str in = repeat(a, "[", LIMIT_JSON_DEPTH), out = repeat(a, "]", LIMIT_JSON_DEPTH), line;
	const struct json *v = NULL;
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(yaml_parse(a, str_printf(a, "%.*s%.*s", STRF(in), STRF(out)), &v, NULL), 0);
	assert_refused(str_printf(a, "[%.*s%.*s]", STRF(in), STRF(out)), ERR_DEPTH, 1, LIMIT_JSON_DEPTH + 1,
		"deeper than 64");
	assert_int_equal(yaml_parse(a, repeat(a, "[", 50000), &v, &e), ERR_DEPTH);
	assert_int_equal(yaml_parse(a, repeat(a, "- ", 5000), &v, &e), ERR_DEPTH);
	assert_refused(str_printf(a, "a:\n  [%.*s", STRF(repeat(a, "b,", LIMIT_YAML_SIGNS))), ERR_LIMIT, 2,
		2 * LIMIT_YAML_SIGNS + 3,
		"in one line");
	assert_refused(repeat(a, "!a ", LIMIT_YAML_SIGNS + 1), ERR_LIMIT, 1, 3 * LIMIT_YAML_SIGNS + 1, "! & *");
	assert_int_equal(yaml_parse(a, str_printf(a, "[%.*s]", STRF(repeat(a, "b,\n", LIMIT_YAML_SIGNS))), &v, &e), 0);
	assert_int_equal(v->arr.n, LIMIT_YAML_SIGNS);
	assert_refused(repeat(a, "0123456789abcdef", LIMIT_YAML_FILE / 16 + 1), ERR_LIMIT, 1, 1, "larger than");
	line = repeat(a, "abcdefgh", MiB / 8);
	assert_int_equal(yaml_parse(a, str_printf(a, "k: \"%.*s\"\n", STRF(line)), &v, &e), 0);
	assert_true(str_eq(json_get(v, S("k"))->s, line));
	arena_free(a);
}

void test_yaml__a_full_arena_is_an_error(void **state)
{
	static const char text[] = "k: [1, text, {a: null, b: \"\\x41\"}]\n1: a\n2: b\n3: c\n4: d\n5: e\n"
		"6: f\n7: g\n8: h\n9: i\n10: j\n11: k\n"
		"12: l\n13: m\n";
	bool done = false;

	(void)state;
	for (size_t limit = 1; !done; limit += 3) {
		struct arena *a = arena_new(NULL, limit);
		const struct json *v = NULL;
		struct perr e = { 0 };
		int r = yaml_parse(a, str_z(text), &v, &e);

		assert_true(r == 0 || (r == ERR_NOMEM && e.code == ERR_NOMEM && v == NULL));
		assert_true(arena_used(a) <= limit);
		done = r == 0;
		arena_free(a);
	}
}

/* Every JSON text without numbers beyond i64 is YAML of ours, and the same tree. */
void test_yaml__json_is_yaml(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	static const char text[] = "{\"a\": [1, -2, true, null, \"\\u3042\\n\\\"\", {\"b\": {}}],"
		" \"c d\": \"\", \"e\": [], \"f\": \"true\"}";
	const struct json *x, *y;
	struct buf bx = buf_new(a, 0), by = buf_new(a, 0);

	(void)state;
	assert_int_equal(json_parse(a, str_z(text), &x, NULL), 0);
	assert_int_equal(yaml_parse(a, str_z(text), &y, NULL), 0);
	json_canon(&bx, x);
	json_canon(&by, y);
	assert_true(str_eq(buf_view(&bx), buf_view(&by)));
	arena_free(a);
}
