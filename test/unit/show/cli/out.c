/* The writer: every format against its golden file, wide columns, hostile texts, colours, unknown values. */
#include "cli_test.h"

#include "base/err.h"
#include "base/json.h"

struct shown {
	struct cli c;
	struct cli_env env;
	struct cli_cmd cmd;
	char *out, *err;
	size_t nout, nerr;
};

/* A run of a command with rows of `view`; options are given as NAME, VALUE pairs. */
static struct shown *begin(struct arena *a, enum view_number view, const char *const *options)
{
	struct shown *s = arena_alloc(a, sizeof *s);

	said_vars = ARGV("LANG=C");
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	s->env = (struct cli_env){
		.out = open_memstream(&s->out, &s->nout), .err = open_memstream(&s->err, &s->nerr), .get = said_get
	};
	s->cmd = (struct cli_cmd){ .name = "test", .args = "", .flags = CLI_ROWS, .view = view };
	s->c = (struct cli){ .a = a, .env = &s->env, .cmd = &s->cmd };
	for (; options[0] != NULL; options += 2) {
		for (size_t i = 0; i < cli_ncommon; i++) {
			struct cli_value v;

			if (strcmp(cli_common[i].name, options[0]) == 0) {
				assert_int_equal(cli_value_parse(&s->c, &cli_common[i], str_z(options[1]), &v), 0);
				*vec_add(a, &s->c.values) = v;
			}
		}
	}
	return s;
}

static struct str end(struct arena *a, struct shown *s)
{
	struct str text;

	fclose(s->env.out);
	fclose(s->env.err);
	text = str_dup(a, str_of(s->out, s->nout));
	free(s->out);
	free(s->err);
	return text;
}

static struct view_row answer_row(u32 i)
{
	static const char *const names[] = { "cam-lobby-2", "工場Aのカメラ（入口）", "plc,\"7\"", "=1+1",
		("evil\033]0;x\007\xc2\x9b"
		 "name") };
	static const struct str reads[] = { { .p = "18231.4", .n = 7 }, { .p = "18231.5", .n = 7 } };
	struct view_row row = view_row(VIEW_answer);

	view_set_str(&row, VIEW_answer_asset, i == 0 ? S("AST-7Q2K") : i == 1 ? S("AST-9F1C") : S("AST-0001"));
	view_set_str(&row, VIEW_answer_name, str_z(names[i]));
	view_set_str(&row, VIEW_answer_measure, S("M01"));
	view_set_answer(&row, VIEW_answer_state,
		(u8)(i == 3      ? VIEW_FAIL | VIEW_CONFLICT
			: i == 4 ? VIEW_UNKNOWN
				 : i + 1));
	view_set_str(&row, VIEW_answer_title, S("no clear-text remote shell"));
	if (i == 4) {
		view_set_str(&row, VIEW_answer_reason, S("not_covered"));
	}
	view_set_str(&row, VIEW_answer_why, i == 0 ? S("none of telnet over tcp:1-65535") : S(""));
	view_set_bool(&row, VIEW_answer_conflict, i == 3);
	view_set_time(&row, VIEW_answer_since, (struct utc){ .ms = 1763687702114 });
	view_set_strs(&row, VIEW_answer_reads, reads, i == 0 ? 2 : 0);
	if (i < 2) {
		view_set_int(&row, VIEW_answer_seq, 18231 + (i64)i);
	}
	return row;
}

static struct str rows(struct arena *a, u32 n, u32 width, enum lang lang, const char *const *options)
{
	struct shown *s = begin(a, VIEW_answer, options);
	struct out *o;

	s->env.width = width;
	s->c.lang = lang;
	s->c.ascii = cli_flag(&s->c, "ascii");
	s->c.color = str_eq(cli_str(&s->c, "color"), S("always"));
	assert_int_equal(out_open(&s->c, &o), 0);
	for (u32 i = 0; i < n; i++) {
		struct view_row row = answer_row(i);

		out_row(o, &row);
	}
	assert_int_equal(out_count(o), n);
	assert_int_equal(out_close(o, true), 0);
	return end(a, s);
}

void test_out__every_format_is_golden(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_golden(a, rows(a, 5, 100, LANG_en, ARGV("format", "table")), "answer.table.en");
	assert_golden(a, rows(a, 5, 100, LANG_ja, ARGV("format", "table")), "answer.table.ja");
	assert_golden(a, rows(a, 5, 0, LANG_en, ARGV("format", "table", "ascii", "true")), "answer.table.ascii");
	assert_golden(a, rows(a, 5, 60, LANG_en, ARGV("format", "table", "color", "always")), "answer.table.color");
	assert_golden(a, rows(a, 5, 0, LANG_ja, ARGV("format", "plain")), "answer.plain");
	assert_golden(a,
		rows(a, 5, 0, LANG_en, ARGV("format", "plain", "header", "true", "columns", "asset,state,since")),
		"answer.plain.header");
	assert_golden(a, rows(a, 5, 0, LANG_en, ARGV("format", "json")), "answer.json");
	assert_golden(a, rows(a, 5, 0, LANG_ja, ARGV("json", "state,name,seq,reads")), "answer.json.fields");
	assert_golden(a, rows(a, 5, 0, LANG_en, ARGV("format", "jsonl")), "answer.jsonl");
	assert_golden(a, rows(a, 5, 0, LANG_en, ARGV("format", "csv")), "answer.csv");
	assert_golden(a, rows(a, 5, 0, LANG_en, ARGV("format", "csv", "bom", "true", "columns", "name,state")),
		"answer.csv.bom");
	assert_golden(a, rows(a, 5, 0, LANG_en, ARGV("format", "tsv")), "answer.tsv");
	arena_free(a);
}

void test_out__nothing_is_still_a_document(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_str(rows(a, 0, 0, LANG_en, ARGV("format", "json")), "{\"schema\":\"korobanu.answer/1\",\"items\":[]}\n");
	assert_str(rows(a, 0, 0, LANG_en, ARGV("format", "jsonl")), "");
	assert_str(rows(a, 0, 0, LANG_en, ARGV("format", "table")), "");
	assert_str(rows(a, 0, 0, LANG_en, ARGV("format", "csv", "columns", "asset,state")), "asset,state\r\n");
	arena_free(a);
}

void test_out__table_fits_the_terminal(void **state)
{
	(void)state;
	for (u32 width = 60; width < 160; width += 7) {
		struct arena *a = arena_new(NULL, 0);
		struct str s = rows(a, 5, width, width % 2 == 0 ? LANG_en : LANG_ja, ARGV("format", "table"));

		while (s.n > 0) {
			struct str line = str_cut(&s, '\n');

			if (str_width(line) > width) {
				print_error("%zu columns of %u: %.*s\n", str_width(line), width, STRF(line));
			}
			assert_true(str_width(line) <= width);
		}
		arena_free(a);
	}
}

void test_out__columns_of_wide_characters_line_up(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct str s = rows(a, 2, 0, LANG_ja, ARGV("format", "table", "columns", "name,measure"));
	size_t at[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct str line = str_cut(&s, '\n');
		ptrdiff_t m = str_find(line, i == 0 ? S("対策") : S("M01"));

		assert_true(m > 0);
		at[i] = str_width(str_sub(line, 0, (size_t)m));
	}
	assert_int_equal(at[0], at[1]);
	assert_int_equal(at[1], at[2]);
	arena_free(a);
}

void test_out__json_is_json_in_every_line(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	const struct json *v;
	struct str name, s = rows(a, 5, 0, LANG_en, ARGV("format", "jsonl"));

	(void)state;
	for (u32 i = 0; i < 5; i++) {
		assert_int_equal(json_parse_strict(a, str_cut(&s, '\n'), &v, NULL), 0);
		assert_int_equal(json_get_str(v, S("name"), &name), 0);
		assert_true(str_eq(name, answer_row(i).v[VIEW_answer_name].s)); /* nothing is lost by escaping */
		assert_int_equal(json_get(v, S("until"))->type, JSON_NULL);
	}
	assert_int_equal(s.n, 0);
	assert_int_equal(json_parse_strict(a, rows(a, 5, 0, LANG_en, ARGV("format", "json")), &v, NULL), 0);
	assert_int_equal(json_get(v, S("items"))->arr.n, 5);
	arena_free(a);
}

void test_out__no_format_lets_a_fact_drive_the_terminal(void **state)
{
	(void)state;
	for (u32 i = 0; i < OUT_FORMAT_COUNT; i++) {
		struct arena *a = arena_new(NULL, 0);
		struct str s = rows(a, 5, 0, LANG_en, ARGV("format", out_format_names[i]));

		assert_true(str_chr(s, '\033') < 0);
		assert_true(str_chr(s, '\007') < 0);
		assert_true(str_find(s, S("\xc2\x9b")) < 0);
		arena_free(a);
	}
}

void test_out__a_broken_answer_says_so(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct shown *s = begin(a, VIEW_status, ARGV("format", "json"));
	struct out *o;

	(void)state;
	assert_int_equal(out_open(&s->c, &o), 0);
	assert_int_equal(out_close(o, false), 0);
	assert_str(end(a, s), "{\"schema\":\"korobanu.status/1\",\"items\":[],\"complete\":false}\n");
	arena_free(a);
}

void test_out__long_tables_stream_with_the_first_widths(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct shown *s = begin(a, VIEW_status, ARGV("format", "table"));
	struct out *o;
	struct str text;
	size_t lines = 0;

	(void)state;
	assert_int_equal(out_open(&s->c, &o), 0);
	for (u32 i = 0; i < OUT_TABLE_ROWS + 500; i++) {
		struct view_row row = view_row(VIEW_status);

		view_set_str(&row, VIEW_status_item, S("item"));
		view_set_str(&row, VIEW_status_text, i < OUT_TABLE_ROWS ? S("short") : S("much longer than before"));
		out_row(o, &row);
	}
	assert_int_equal(out_close(o, true), 0);
	text = end(a, s);
	assert_has(text, "…");
	while (text.n > 0) {
		(void)str_cut(&text, '\n');
		lines++;
	}
	assert_int_equal(lines, OUT_TABLE_ROWS + 501);
	arena_free(a);
}

void test_out__a_card_shows_one_row_downwards(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct shown *s = begin(a, VIEW_answer, ARGV("format", "table"));
	struct view_row row = answer_row(0);

	(void)state;
	s->c.lang = LANG_ja;
	out_heading(&s->c, S("回答"));
	assert_int_equal(out_card(&s->c, &row), 0);
	assert_golden(a, end(a, s), "answer.card.ja");
	s = begin(a, VIEW_answer, ARGV("json", "asset"));
	out_heading(&s->c, S("Answer"));
	assert_int_equal(out_card(&s->c, &row), 0);
	assert_str(end(a, s), "{\"schema\":\"korobanu.answer/1\",\"items\":[\n{\"asset\":\"AST-7Q2K\"}\n]}\n");
	arena_free(a);
}

void test_out__fields_help_lists_and_does_nothing_else(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct shown *s = begin(a, VIEW_check, ARGV("fields-help", "true"));
	struct out *o;

	(void)state;
	assert_int_equal(out_open(&s->c, &o), 0);
	assert_null(o);
	assert_golden(a, end(a, s), "check.fields-help");
	arena_free(a);
}

void test_out__colours_follow_the_environment(void **state)
{
	const struct {
		const char *const *vars;
		bool tty, color;
	} cases[] = {
		{ ARGV("TERM=xterm"), true, true },
		{ ARGV("TERM=xterm"), false, false },
		{ ARGV("TERM=dumb"), true, false },
		{ ARGV("NO_COLOR=1"), true, false },
		{ ARGV("NO_COLOR="), true, true },
		{ ARGV("CLICOLOR_FORCE=1"), false, true },
		{ ARGV("CLICOLOR_FORCE=0"), false, false },
		{ ARGV("NO_COLOR=1", "CLICOLOR_FORCE=1"), false, false },
		{ ARGV("NO_COLOR=1", "KOROBANU_COLOR=always"), false, true },
		{ ARGV("KOROBANU_COLOR=never"), true, false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct arena *a = arena_new(NULL, 0);
		struct said s = said_run(a, &(struct world){ .vars = cases[i].vars, .tty = cases[i].tty, .width = 80 },
			ARGV("config", "show", "-f", "table"));

		assert_int_equal(s.exit, 0);
		assert_int_equal(str_chr(s.out, '\033') >= 0, cases[i].color);
		arena_free(a);
	}
}

void test_out__pieces(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_str(out_local_time(a, (struct utc){ .ms = 1763687702114 }), "2025-11-21 10:15 JST");
	assert_str(out_pad(a, S("カメラ"), 8), "カメラ  ");
	assert_str(out_pad(a, S("long"), 2), "long");
	assert_str(out_glyph(VIEW_UNKNOWN, true), "????");
	out_wrap(a, f, S("one two three four five six seven"), 20, "  ");
	out_wrap(a, f, S("機器を一度観測し、あらゆるガイドラインに答え、証拠を残します。"), 20, "");
	fclose(f);
	assert_str(str_z(text), "  one two three four\n  five six "
				"seven\n機器を一度観測し、あ\nらゆるガイドラインに\n答え、証拠を残しま\nす。\n");
	free(text);
	arena_free(a);
}
