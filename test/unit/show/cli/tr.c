/* Messages: both languages say the same things with the same names filled in, and the generator sees to it. */
#include "cli_test.h"

#include "base/err.h"

#include <sys/wait.h>
#include <unistd.h>

void test_tr__fills_names_in_any_order(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_str(tr(a, LANG_en, MSG_err_of, TR({ "reason", S("not found") }, { "about", S("x.yaml") })),
		"x.yaml: not found.");
	assert_str(tr(a, LANG_ja, MSG_fix_int, TR({ "max", S("9") }, { "min", S("1") })),
		"1 から 9 までの整数を指定してください。");
	/* What is filled in is not looked at again. */
	assert_str(tr(a, LANG_en, MSG_err_key, TR({ "name", S("{near}") })), "there is no setting \"{near}\".");
	arena_free(a);
}

void test_tr__every_message_has_both_languages(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (u32 i = 1; i < MSG_COUNT; i++) {
		struct str en = tr_text(LANG_en, i), ja = tr_text(LANG_ja, i);

		assert_true(en.n > 0 && ja.n > 0);
		assert_true(str_utf8_ok(en, NULL) && str_utf8_ok(ja, NULL));
		assert_int_equal(tr_find(str_z(tr_key(i))), i);
		for (struct str rest = en; rest.n > 0;) {
			struct str part = str_cut(&rest, '{');

			(void)part;
			if (rest.n > 0) {
				struct str name = str_sub(rest, 0, (size_t)str_chr(rest, '}'));

				assert_has(ja, str_c(a, str_printf(a, "{%.*s}", STRF(name))));
			}
		}
	}
	assert_int_equal(tr_find(S("no.such.message")), MSG_NONE);
	arena_free(a);
}

/* Every error of the program can be told in both languages. */
void test_tr__every_error_has_its_reason(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct cli c = { .a = a, .lang = LANG_ja };

	(void)state;
	for (u32 i = 0; i < ERR_ORDER_COUNT; i++) {
		int err = -(1 + (int)i);

		if (str_eq(cli_reason(&c, err), str_z(err_text(err)))) {
			print_error("no reason.* message for ERR_%s\n", err_name(err));
		}
		assert_false(str_eq(cli_reason(&c, err), str_z(err_text(err))));
	}
	arena_free(a);
}

/* Words that rows show to people. */
void test_tr__every_answer_has_a_word(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (u32 i = 0; i < VIEW_ANSWER_COUNT; i++) {
		assert_int_not_equal(tr_find(str_printf(a, "word.%s", view_answer_names[i])), MSG_NONE);
	}
	arena_free(a);
}

/* Runs a script of tools/ in the root of the source with these arguments; its exit code. */
static int script(const char *name, const char *one, const char *two, const char *three)
{
	char path[512];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		snprintf(path, sizeof path, "tools/%s", name);
		if (chdir(I18N_DIR "/..") != 0 || freopen("/dev/null", "w", stdout) == NULL ||
			freopen("/dev/null", "w", stderr) == NULL) {
			_exit(99);
		}
		execl("/bin/sh", "sh", path, one, two, three, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 99);
	return WEXITSTATUS(status);
}

static int generate(const char *en, const char *ja)
{
	char dir[] = "/tmp/korobanu-i18n-XXXXXX";
	char path[2][64];
	int status;

	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 2; i++) {
		FILE *f;

		snprintf(path[i], sizeof path[i], "%s/%s.yaml", dir, i == 0 ? "en" : "ja");
		f = fopen(path[i], "w");
		assert_non_null(f);
		fputs(i == 0 ? en : ja, f);
		fclose(f);
	}
	status = script("gen_i18n.sh", "c", path[0], path[1]);
	unlink(path[0]);
	unlink(path[1]);
	rmdir(dir);
	return status;
}

void test_tr__the_generator_refuses_what_differs(void **state)
{
	(void)state;
	assert_int_equal(generate("a: \"x {n}\"\n", "# ja\na: \"{n} y\"\n"), 0);
	assert_int_not_equal(generate("a: \"x\"\nb: \"y\"\n", "a: \"x\"\n"), 0);
	assert_int_not_equal(generate("a: \"x\"\n", "a: \"x\"\nb: \"y\"\n"), 0);
	assert_int_not_equal(generate("a: \"x {n}\"\n", "a: \"x {m}\"\n"), 0);
	assert_int_not_equal(generate("a: \"x {n}\"\n", "a: \"x\"\n"), 0);
	assert_int_not_equal(generate("a: \"x\"\na: \"x\"\n", "a: \"x\"\n"), 0);
	assert_int_not_equal(generate("a: x\n", "a: \"x\"\n"), 0);
	assert_int_not_equal(generate("a: \"x\"y\"\n", "a: \"x\"\n"), 0);
	assert_int_not_equal(generate("a: \"\"\n", "a: \"\"\n"), 0);
	assert_int_not_equal(generate("a:\n  b: \"x\"\n", "a: \"x\"\n"), 0);
}

void test_tr__the_glossary_is_kept_and_enforced(void **state)
{
	const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "資産を登録しました。\n", true }, { "アセットを登録しました。\n", false },
		{ "情報漏えい\n", true }, { "情報漏洩\n", false }, { "チェックシート\n", true }, { "点検表\n", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		char path[] = "/tmp/korobanu-glossary-XXXXXX";
		int fd = mkstemp(path);
		size_t n = strlen(cases[i].text);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, cases[i].text, n), n);
		close(fd);
		assert_int_equal(script("lint_glossary.sh", path, NULL, NULL) == 0, cases[i].good);
		unlink(path);
	}
	assert_int_equal(script("lint_glossary.sh", I18N_DIR "/ja.yaml", NULL, NULL), 0);
}

void test_tr__what_a_check_says(void **state)
{
	static const struct { const char *said, *en, *ja; } cases[] = {
		{ "as it stands", "as it stands", "as it stands" },
		{ "", "", "" },
		{ SAY "erased" SAY "by=12", "erased by entry 12", "記録 12 により消去" },
		{ SAY "erased", "erased by entry ?", "記録 ? により消去" },
		{ SAY "erased" SAY "by={by}" SAY, "erased by entry {by}", "記録 {by} により消去" },
		{ SAY "no-log" SAY "seq=7" SAY "line=3", "line 3: entry 7 is in none of the logs",
			"3 行目: 記録 7 は、どの台帳の範囲にもありません" },
		{ SAY "title" SAY "title=a" SAY "title.ja=b", "a", "b" },
		{ SAY "title" SAY "title=a=b", "a=b", "a=b" },
		{ SAY "nonesuch" SAY "x=1", "nonesuch", "nonesuch" },
		{ SAY, "", "" },
		{ SAY "line", "line ?: ?", "? 行目: ?" },
	};
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		assert_str(tr_say(a, LANG_en, str_z(cases[i].said)), cases[i].en);
		assert_str(tr_say(a, LANG_ja, str_z(cases[i].said)), cases[i].ja);
	}
	arena_free(a);
}
