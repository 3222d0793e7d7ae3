/* What is generated from the table: complete, well-formed, the same everywhere, and as committed. */
#include "cli_test.h"

#include <ftw.h>

#include "base/json.h"

static struct said run(struct arena *a, const char *const *argv)
{
	return said_run(a, PLAIN_WORLD, argv);
}

static struct str help(struct arena *a, const struct cli_cmd *cmd, const char *how)
{
	struct said s = cmd->sub != NULL ? run(a, ARGV(cmd->name, cmd->sub, how)) : run(a, ARGV(cmd->name, how));

	assert_int_equal(s.exit, 0);
	assert_int_equal(s.err.n, 0);
	return s.out;
}

void test_gen__every_command_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];
		struct arena *a = arena_new(NULL, 0);
		struct str title = str_printf(a, "korobanu %.*s", STRF(cli_cmd_title(a, cmd)));

		assert_non_null(cmd->run);
		assert_true(cmd->text != MSG_NONE && cmd->min <= cmd->max);
		assert_true((cmd->max > 0) == (cmd->args[0] != 0));
		assert_non_null(cmd->examples[0]);
		assert_non_null(cmd->examples[1]);
		assert_true(strcmp(cmd->examples[0], cmd->examples[1]) != 0);
		for (size_t k = 0; k < 2; k++) {
			assert_has(str_z(cmd->examples[k]), "korobanu ");
		}
		assert_true(str_starts(str_z(cmd->examples[0]), title));
		/* Commands of one noun stand together, the noun is no command of its own. */
		assert_ptr_equal(cli_cmd_find(str_z(cmd->name), str_z(cmd->sub)), cmd);
		assert_int_equal(cli_has_subs(str_z(cmd->name)), cmd->sub != NULL);
		for (size_t k = i; k > 0 && strcmp(cli_cmds[k - 1].name, cmd->name) != 0; k--) {
			assert_true(k < 2 || strcmp(cli_cmds[k - 2].name, cmd->name) != 0);
		}
		for (size_t k = 0; k < cmd->nopts; k++) {
			assert_true((cmd->opts[k].type == CLI_FLAG) == (cmd->opts[k].arg == NULL));
			assert_true((cmd->opts[k].type == CLI_WORD) == (cmd->opts[k].words != NULL));
			assert_true(cmd->opts[k].config == NULL || config_key_find(str_z(cmd->opts[k].config)) >= 0);
		}
		arena_free(a);
	}
}

void test_gen__short_help_fits_one_screen_with_two_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_ncmds; i++) {
		struct arena *a = arena_new(NULL, 0);
		struct str full = help(a, &cli_cmds[i], "--help"), brief = help(a, &cli_cmds[i], "-h");
		size_t lines = 0;

		for (size_t k = 0; k < 2; k++) {
			assert_has(brief, cli_cmds[i].examples[k]);
			assert_has(full, cli_cmds[i].examples[k]);
		}
		while (brief.n > 0) {
			assert_true(str_width(str_cut(&brief, '\n')) <= 120);
			lines++;
		}
		assert_true(lines <= 24);
		arena_free(a);
	}
}

void test_gen__options_are_the_same_everywhere(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct str bash = run(a, ARGV("completion", "bash")).out, zsh = run(a, ARGV("completion", "zsh")).out;

	(void)state;
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];
		struct str full = help(a, cmd, "--help");
		char *man = NULL;
		size_t nman = 0;
		FILE *f = open_memstream(&man, &nman);
		struct cli c = { .a = a };

		if (!help_lists(cmd)) {
			fclose(f);
			free(man);
			continue;
		}
		gen_man(&c, f, LANG_en, str_z(cmd->name));
		fclose(f);
		for (size_t k = 0; k < cmd->nopts; k++) {
			struct str name = str_printf(a, "--%s", cmd->opts[k].name);
			struct str roff = str_printf(a, "\\-\\-%.*s",
				STRF(str_cut(&(struct str){ cmd->opts[k].name, strlen(cmd->opts[k].name) }, '-')));

			assert_has(full, str_c(a, name));
			assert_has(bash, str_c(a, name));
			assert_has(zsh, str_c(a, name));
			assert_has(str_of(man, nman), str_c(a, roff));
		}
		free(man);
	}
	arena_free(a);
}

void test_gen__help_json_is_json_and_lists_every_command(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("help", "--json"));
	const struct json *v, *list;
	size_t shown = 0;

	(void)state;
	assert_int_equal(s.exit, 0);
	assert_int_equal(json_parse_strict(a, s.out, &v, NULL), 0);
	list = json_get(v, S("commands"));
	for (size_t i = 0; i < cli_ncmds; i++) {
		shown += help_lists(&cli_cmds[i]);
	}
	assert_int_equal(list->arr.n, shown);
	assert_has_not(s.out, "__doc");
	arena_free(a);
}

void test_gen__topics_of_help(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_has(run(a, ARGV("help", "exit-codes")).out, "  143 ");
	assert_has(run(a, ARGV("help", "formats")).out, "  jsonl ");
	assert_has(run(a, ARGV("help", "environment")).out, "NO_COLOR");
	assert_has(run(a, ARGV("help", "environment")).out, "KOROBANU_LANG");
	assert_has(run(a, ARGV("help", "glyphs")).out, "◎");
	assert_has(run(a, ARGV("help", "config")).out, "| `lang` |");
	assert_has(run(a, ARGV("--lang", "ja", "help", "glyphs")).out, "適合（機械による確認）");
	assert_has(run(a, ARGV("help", "config", "show")).out, "--origin");
	assert_int_equal(run(a, ARGV("help", "config", "nothing")).exit, 2);
	assert_int_equal(run(a, ARGV("help", "version", "x")).exit, 2);
	arena_free(a);
}

void test_gen__without_a_command_six_lines_say_how_to_begin(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV(NULL));
	size_t lines = 0;

	(void)state;
	assert_int_equal(s.exit, 0);
	for (struct str rest = s.out; rest.n > 0; lines++) {
		(void)str_cut(&rest, '\n');
	}
	assert_int_equal(lines, 6);
	assert_has(run(a, ARGV("--version")).out, "korobanu ");
	arena_free(a);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void test_gen__files_are_as_committed(void **state)
{
	char dir[] = "/tmp/korobanu-doc-XXXXXX";
	static const char *const pages[] = { "man1/korobanu.1", "man1/korobanu-config.1", "ja/man1/korobanu.1",
		"ja/man1/korobanu-config.1", "man1/korobanu-scan.1", "ja/man1/korobanu-scan.1",
		"man5/korobanu.yaml.5", "ja/man5/korobanu.yaml.5", "config.en.md",
		"config.ja.md", "completion/korobanu.bash", "completion/_korobanu", "help.json" };
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(run(a, ARGV("__doc", dir)).exit, 0);
	for (size_t i = 0; i < countof(pages); i++) {
		const char *path = str_c(a, str_printf(a, "%s/%s", dir, pages[i]));
		char *name = arena_copy(a, pages[i], strlen(pages[i]) + 1);
		char *text = arena_alloc(a, 1 << 20);
		FILE *f = fopen(path, "r");
		size_t n;

		assert_non_null(f);
		n = fread(text, 1, 1 << 20, f);
		fclose(f);
		for (char *p = name; *p != 0; p++) {
			*p = *p == '/' ? '.' : *p;
		}
		assert_golden(a, str_of(text, n), str_c(a, str_printf(a, "doc.%s", name)));
	}
	assert_int_equal(run(a, ARGV("__doc", "/proc/nothing")).exit, 2);
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	arena_free(a);
}
