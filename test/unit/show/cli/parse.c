/* Options and arguments: good ones, bad ones, and what is said about the bad ones. */
#include "cli_test.h"

#include "base/err.h"

static struct said run(struct arena *a, const char *const *argv)
{
	return said_run(a, PLAIN_WORLD, argv);
}

void test_parse__commands_and_options_in_any_order(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s;

	(void)state;
	s = run(a, ARGV("config", "show", "lang", "-f", "json"));
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "\"schema\":\"korobanu.config/1\"");
	s = run(a, ARGV("-fjson", "config", "--ascii", "show", "--", "lang"));
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "\"key\":\"lang\"");
	s = run(a, ARGV("config", "show", "lang", "--format=jsonl", "-qv"));
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "{\"schema\":\"korobanu.config/1\",\"key\":\"lang\"");
	s = run(a, ARGV("config", "show", "ascii", "--json", "value,key"));
	assert_has(s.out, "{\"value\":\"false\",\"key\":\"ascii\"}");
	arena_free(a);
}

void test_parse__flags_can_be_switched_off(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("config", "show", "ascii", "--ascii", "--no-ascii", "--json", "value"));

	(void)state;
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "\"value\":\"false\"");
	s = run(a, ARGV("config", "show", "--no-lang"));
	assert_int_equal(s.exit, 2);
	arena_free(a);
}

void test_parse__bad_usage_exits_2_and_says_what_to_do(void **state)
{
	const struct {
		const char *const *argv;
		const char *says;
	} bad[] = {
		{ ARGV("confg"), "Did you mean \"config\"?" },
		{ ARGV("config", "shwo"), "Did you mean \"config show\"?" },
		{ ARGV("config", "show", "--fromat", "csv"), "Did you mean \"--format\"?" },
		{ ARGV("config", "show", "-Z"), "E-OPTION" },
		{ ARGV("config", "show", "-f", "xml"), "One of: table plain json jsonl csv tsv." },
		{ ARGV("config", "show", "-f"), "--format needs a value" },
		{ ARGV("config", "show", "--columns", "keyy"), "Did you mean \"key\"?" },
		{ ARGV("config", "show", "a", "b"), "does not take the argument \"b\"" },
		{ ARGV("config", "show", "lnag"), "Did you mean \"lang\"?" },
		{ ARGV("completion"), "needs more arguments: SHELL" },
		{ ARGV("completion", "fish"), "One of: bash zsh." },
		{ ARGV("config", "show", "\xff"), "not UTF-8" },
		{ ARGV("version", "-f", "json"), "E-OPTION" },
		{ ARGV("-f", "json", "version"), "E-OPTION" },
		{ ARGV("config", "show", "-c", "nothing=1"), "E-CONFIG" },
		{ ARGV("help", "exit-code"), "Did you mean \"exit-codes\"?" },
		{ ARGV("elephant"), "`korobanu help` lists the commands" },
		{ ARGV("config", "show", "--lang", "de"), "One of: en ja auto." },
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct arena *a = arena_new(NULL, 0);
		struct said s = run(a, bad[i].argv);

		assert_int_equal(s.exit, 2);
		assert_int_equal(s.out.n, 0);
		assert_has(s.err, "korobanu: E-");
		assert_has(s.err, bad[i].says);
		arena_free(a);
	}
}

void test_parse__a_noun_alone_lists_its_verbs(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("config"));

	(void)state;
	assert_int_equal(s.exit, 2);
	assert_has(s.err, "show [KEY]");
	s = run(a, ARGV("config", "-h"));
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "test [FILE]");
	arena_free(a);
}

static int value(struct arena *a, const struct cli_opt *opt, const char *text, struct cli_value *ret)
{
	struct cli c = { .a = a };

	return cli_value_parse(&c, opt, str_z(text), ret);
}

void test_parse__values_of_every_type(void **state)
{
	static const struct cli_opt number = { .name = "rate", .type = CLI_INT, .min = 1, .max = 100 };
	static const struct cli_opt when = { .name = "until", .type = CLI_TIME };
	static const struct cli_opt span = { .name = "for", .type = CLI_SPAN };
	static const struct cli_opt list = { .name = "only", .type = CLI_LIST };
	static const struct cli_opt flag = { .name = "on", .type = CLI_FLAG };
	struct arena *a = arena_new(NULL, 0);
	struct cli_value v;

	(void)state;
	assert_int_equal(value(a, &number, "100", &v), 0);
	assert_int_equal(v.i, 100);
	assert_int_equal(value(a, &number, "0", &v), ERR_RANGE);
	assert_int_equal(value(a, &number, "101", &v), ERR_RANGE);
	assert_int_equal(value(a, &number, "1e3", &v), ERR_SYNTAX);
	assert_int_equal(value(a, &number, "99999999999999999999", &v), ERR_RANGE);
	assert_int_equal(value(a, &when, "2026-11-21T10:15:02.114+09:00", &v), 0);
	assert_true(v.i == 1795223702114);
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_int_equal(value(a, &when, "2026-11-21", &v), 0);
	assert_true(v.i == 1795186800000); /* midnight in Tokyo */
	assert_int_equal(value(a, &when, "2026-02-30", &v), ERR_RANGE);
	assert_int_equal(value(a, &when, "tomorrow", &v), ERR_SYNTAX);
	assert_int_equal(value(a, &span, "24h", &v), 0);
	assert_int_equal(v.i, 86400);
	assert_int_equal(value(a, &span, "24", &v), ERR_SYNTAX);
	assert_int_equal(value(a, &span, "h", &v), ERR_SYNTAX);
	assert_int_equal(value(a, &span, "-1d", &v), ERR_SYNTAX);
	assert_int_equal(value(a, &span, "1000001d", &v), ERR_RANGE);
	assert_int_equal(value(a, &list, " a, b,,c ", &v), 0);
	assert_int_equal(v.list.n, 3);
	assert_str(v.list.p[1], "b");
	assert_int_equal(value(a, &flag, "maybe", &v), ERR_SYNTAX);
	assert_int_equal(value(a, &list, "\xc3(", &v), ERR_UTF8);
	arena_free(a);
}

void test_parse__language_follows_option_then_environment_then_locale(void **state)
{
	const struct {
		const char *const *vars;
		const char *const *argv;
		bool ja;
	} cases[] = {
		{ ARGV("LANG=C"), ARGV("nope"), false },
		{ ARGV("LANG=ja_JP.UTF-8"), ARGV("nope"), true },
		{ ARGV("LANG=ja_JP.UTF-8", "LC_MESSAGES=en_GB.UTF-8"), ARGV("nope"), false },
		{ ARGV("LANG=C", "KOROBANU_LANG=ja"), ARGV("nope"), true },
		{ ARGV("LANG=ja_JP.UTF-8", "KOROBANU_LANG=auto"), ARGV("nope"), true },
		{ ARGV("LANG=ja_JP.UTF-8", "KOROBANU_LANG=en"), ARGV("nope"), false },
		{ ARGV("KOROBANU_LANG=en"), ARGV("--lang=ja", "nope"), true },
		{ ARGV("KOROBANU_LANG=ja"), ARGV("nope", "--lang", "en"), false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct arena *a = arena_new(NULL, 0);
		struct said s = said_run(a, &(struct world){ .vars = cases[i].vars }, cases[i].argv);

		assert_int_equal(s.exit, 2);
		assert_has(s.err, cases[i].ja ? "コマンド「nope」はありません。" : "there is no command \"nope\".");
		arena_free(a);
	}
}

void test_parse__exit_codes_of_errors(void **state)
{
	(void)state;
	assert_int_equal(cli_exit_of(0), 0);
	assert_int_equal(cli_exit_of(ERR_IO), 2);
	assert_int_equal(cli_exit_of(ERR_NOTFOUND), 2);
	assert_int_equal(cli_exit_of(ERR_CANCELED), 3);
	assert_int_equal(cli_exit_of(ERR_SCOPE), 4);
	assert_int_equal(cli_exit_of(ERR_DENIED), 4);
	assert_int_equal(cli_exit_of(ERR_INTEGRITY), 5);
	assert_int_equal(cli_exit_of(ERR_NEWER), 6);
	assert_int_equal(cli_exit_of(ERR_REFUSED), 6);
}

void test_parse__hostile_words_are_shown_escaped(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("\033[31mred\x9b", "x"));

	(void)state;
	assert_int_equal(s.exit, 2);
	assert_has(s.err, "\\x1b[31mred\\x9b");
	assert_true(str_chr(s.err, '\033') < 0);
	arena_free(a);
}

static int confirm(const char *option, const char *typed, bool tty, struct str *ret_err)
{
	struct arena *a = arena_new(NULL, 0);
	char *err = NULL, *text = arena_copy(a, typed, strlen(typed) + 1);
	size_t nerr = 0;
	struct cli_env env = { .get = said_get, .in_tty = tty };
	struct cli c = { .a = a, .env = &env };
	int exit;

	env.out = fopen("/dev/null", "w");
	env.err = open_memstream(&err, &nerr);
	env.in = fmemopen(text, strlen(typed) + 1, "r");
	assert_true(env.out != NULL && env.err != NULL && env.in != NULL);
	for (size_t i = 0; option != NULL && i < cli_ncommon; i++) {
		if (strcmp(cli_common[i].name, option) == 0) {
			*vec_add(a, &c.values) = (struct cli_value){ .opt = &cli_common[i], .flag = true };
		}
	}
	exit = cli_confirm(&c, MSG_err_output, TR_NONE);
	fclose(env.out);
	fclose(env.err);
	fclose(env.in);
	*ret_err = str_of(err, nerr);
	arena_free(a);
	return exit;
}

void test_parse__what_cannot_be_taken_back_is_asked(void **state)
{
	const struct {
		const char *option, *typed;
		bool tty;
		int exit;
		const char *says;
	} cases[] = {
		{ NULL, "y\n", true, 0, "[y/N]" },
		{ NULL, "yes\n", true, 0, "[y/N]" },
		{ NULL, "\n", true, 2, "Nothing was done." },
		{ NULL, "yesterday\n", true, 2, "Nothing was done." },
		{ NULL, "", true, 2, "Nothing was done." },
		{ NULL, "y\n", false, 2, "E-CONFIRM" },
		{ "no-input", "y\n", true, 2, "E-CONFIRM" },
		{ "yes", "", false, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct str err;

		assert_int_equal(confirm(cases[i].option, cases[i].typed, cases[i].tty, &err), cases[i].exit);
		assert_has(err, cases[i].says);
		free((void *)(uintptr_t)err.p);
	}
}

void test_parse__the_store_has_a_place_for_everyone(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct cli_env env = { .get = said_get };
	struct cli c = { .a = a, .env = &env };

	(void)state;
	said_vars = ARGV("HOME=/home/k");
	assert_str(cli_store(&c), "/home/k/.local/share/korobanu");
	said_vars = ARGV("HOME=/home/k", "XDG_DATA_HOME=/data");
	assert_str(cli_store(&c), "/data/korobanu");
	env.root = true;
	assert_str(cli_store(&c), "/var/lib/korobanu");
	arena_free(a);
}
