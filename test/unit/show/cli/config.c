/* Settings: precedence, origins with their line, and everything that is an error. */
#include "cli_test.h"

#include <sys/stat.h>
#include <unistd.h>

struct dirs {
	struct arena *a;
	char root[64];
	struct world w;
	const char *vars[8];
	size_t nvars;
};

static void put(struct dirs *d, const char *name, const char *text)
{
	struct str path = str_printf(d->a, "%s/%s", d->root, name);
	FILE *f;

	for (size_t i = 1; i < path.n; i++) {
		if (path.p[i] == '/') {
			(void)mkdir(str_c(d->a, str_sub(path, 0, i)), 0755);
		}
	}
	f = fopen(str_c(d->a, path), "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct dirs *begin(void)
{
	struct arena *a = arena_new(NULL, 0);
	struct dirs *d = arena_alloc(a, sizeof *d);

	d->a = a;
	snprintf(d->root, sizeof d->root, "/tmp/korobanu-config-XXXXXX");
	assert_non_null(mkdtemp(d->root));
	d->vars[0] = "LANG=C";
	d->vars[1] = str_c(a, str_printf(a, "XDG_CONFIG_HOME=%s/home", d->root));
	d->nvars = 2;
	d->w = (struct world){ .vars = d->vars, .etc = str_c(a, str_printf(a, "%s/etc", d->root)) };
	return d;
}

static void end(struct dirs *d)
{
	static const char *const names[] = { "etc/korobanu.yaml", "etc/conf.d/10.yaml", "etc/conf.d/20.yaml",
		"etc/conf.d/x.txt", "home/korobanu/client.yaml", "more.yaml", "etc/conf.d", "etc", "home/korobanu",
		"home", "" };

	for (size_t i = 0; i < countof(names); i++) {
		(void)remove(str_c(d->a, str_printf(d->a, "%s/%s", d->root, names[i])));
	}
	arena_free(d->a);
}

static struct said show(struct dirs *d, const char *const *argv)
{
	return said_run(d->a, &d->w, argv);
}

#define LANG_JSON "config", "show", "lang", "--json", "value,origin"

static void expect(struct dirs *d, const char *const *argv, const char *value, const char *origin)
{
	struct said s = show(d, argv);

	assert_int_equal(s.exit, 0);
	assert_has(s.out, str_c(d->a, str_printf(d->a, "{\"value\":\"%s\",\"origin\":\"", value)));
	assert_has(s.out, str_c(d->a, str_printf(d->a, "%s\"}", origin)));
}

void test_config__precedence_from_built_in_to_option(void **state)
{
	struct dirs *d = begin();
	const char *more = str_c(d->a, str_printf(d->a, "%s/more.yaml", d->root));

	(void)state;
	expect(d, ARGV(LANG_JSON), "auto", "built in");
	put(d, "etc/korobanu.yaml", "# all\nascii: true\nlang: en\n");
	expect(d, ARGV(LANG_JSON), "en", "/etc/korobanu.yaml:3");
	put(d, "etc/conf.d/10.yaml", "lang: ja\n");
	put(d, "etc/conf.d/20.yaml", "\nlang: auto\n");
	put(d, "etc/conf.d/x.txt", "lang: nonsense\n");
	expect(d, ARGV(LANG_JSON), "auto", "/etc/conf.d/20.yaml:2");
	put(d, "home/korobanu/client.yaml", "lang: en\n");
	expect(d, ARGV(LANG_JSON), "en", "/home/korobanu/client.yaml:1");
	put(d, "more.yaml", "lang: ja\n");
	expect(d, ARGV(LANG_JSON, "--config", more), "ja", "/more.yaml:1");
	d->vars[d->nvars++] = "KOROBANU_LANG=en";
	expect(d, ARGV(LANG_JSON, "--config", more), "en", "KOROBANU_LANG");
	expect(d, ARGV(LANG_JSON, "--config", more, "-c", "lang=auto"), "auto", "-c");
	expect(d, ARGV(LANG_JSON, "-c", "lang=auto", "--lang", "ja"), "ja", "--lang");
	end(d);
}

void test_config__settings_reach_the_commands(void **state)
{
	struct dirs *d = begin();
	struct said s;

	(void)state;
	put(d, "home/korobanu/client.yaml", "format: csv\nlang: ja\n");
	s = show(d, ARGV("config", "show", "lang", "--columns", "key,value,text"));
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "key,value,text\r\nlang,ja,表示する言語\r\n");
	end(d);
}

void test_config__what_is_wrong_is_an_error_with_its_place(void **state)
{
	const struct {
		const char *file, *text, *says;
	} bad[] = {
		{ "etc/korobanu.yaml", "ascii: true\nlnag: en\n",
			"/etc/korobanu.yaml:2: there is no setting \"lnag\". Did you mean \"lang\"?" },
		{ "etc/korobanu.yaml", "lang: de\n",
			"/etc/korobanu.yaml:1: lang cannot be \"de\": unknown name. One of: en ja auto." },
		{ "etc/korobanu.yaml", "lang: [en, ja]\n", "wrong type" },
		{ "etc/korobanu.yaml", "ascii: perhaps\n", "ascii cannot be \"perhaps\"" },
		{ "etc/korobanu.yaml", "lang: en\nlang: ja\n", "/etc/korobanu.yaml:2" },
		{ "etc/korobanu.yaml", "a: &x 1\n", "/etc/korobanu.yaml:1" },
		{ "etc/korobanu.yaml", "- lang\n", "not a mapping" },
		{ "etc/conf.d/10.yaml", "lang: {en: 1}\n", "/etc/conf.d/10.yaml:1" },
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct dirs *d = begin();
		struct said s;

		put(d, bad[i].file, bad[i].text);
		s = show(d, ARGV("config", "show"));
		assert_int_equal(s.exit, 2);
		assert_int_equal(s.out.n, 0);
		assert_has(s.err, bad[i].says);
		s = show(d, ARGV("config", "test"));
		assert_int_equal(s.exit, 2);
		/* What needs no settings works: help is there when the file is broken. */
		assert_int_equal(show(d, ARGV("help")).exit, 0);
		assert_int_equal(show(d, ARGV("version")).exit, 0);
		end(d);
	}
}

void test_config__every_error_of_a_file_is_told(void **state)
{
	struct dirs *d = begin();
	struct said s;

	(void)state;
	put(d, "etc/korobanu.yaml", "one: 1\ntwo: 2\nlang: 3\n");
	s = show(d, ARGV("config", "test"));
	assert_int_equal(s.exit, 2);
	assert_has(s.err, "korobanu.yaml:1");
	assert_has(s.err, "korobanu.yaml:2");
	assert_has(s.err, "korobanu.yaml:3");
	end(d);
}

void test_config__test_reads_one_file_alone(void **state)
{
	struct dirs *d = begin();
	struct said s;
	const char *more = str_c(d->a, str_printf(d->a, "%s/more.yaml", d->root));

	(void)state;
	put(d, "etc/korobanu.yaml", "broken: [\n");
	put(d, "more.yaml", "lang: ja\n");
	s = show(d, ARGV("config", "test", more));
	assert_int_equal(s.exit, 0);
	assert_has(s.err, "files read: 1");
	assert_int_equal(s.out.n, 0);
	s = show(d, ARGV("config", "test", "/nonexistent/korobanu.yaml"));
	assert_int_equal(s.exit, 2);
	assert_has(s.err, "/nonexistent/korobanu.yaml: not found");
	s = show(d, ARGV("config", "test", "/dev/null"));
	assert_int_equal(s.exit, 2);
	end(d);
}

void test_config__names_of_variables(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	const struct cli_key key = { .name = "ledger.anchor" };

	(void)state;
	assert_str(config_env(a, &key), "KOROBANU_LEDGER_ANCHOR");
	for (size_t i = 0; i + 1 < cli_nkeys; i++) {
		assert_true(strcmp(cli_keys[i].name, cli_keys[i + 1].name) < 0); /* sorted, none twice */
	}
	arena_free(a);
}
