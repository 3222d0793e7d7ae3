/* __doc DIR: writes everything that is generated from the table, for packaging: man1, man5, ja/man1, ja/man5,
 * completion and the reference. The directory is made; files that are there are replaced. */
#include "show/cli/cli_int.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"

struct page {
	const char *path;
	enum lang lang;
	void (*write)(struct cli *c, FILE *f, enum lang lang, struct str noun);
	struct str noun;
};

static void bash(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	(void)lang, (void)noun;
	gen_bash(c, f);
}

static void zsh(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	enum lang mine = c->lang;

	(void)noun;
	c->lang = lang;
	gen_zsh(c, f);
	c->lang = mine;
}

static void json(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	(void)lang, (void)noun;
	gen_json(c, f);
}

static void settings(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	(void)noun;
	gen_man_config(c, f, lang);
}

static void reference(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	(void)noun;
	gen_config_reference(c, f, lang);
}

static int make_parents(struct arena *a, struct str path)
{
	for (size_t i = 1; i < path.n; i++) {
		if (path.p[i] == '/' && mkdir(str_c(a, str_sub(path, 0, i)), 0755) != 0 && errno != EEXIST) {
			return err_from_errno(errno);
		}
	}
	return 0;
}

static int write_page(struct cli *c, struct str dir, const struct page *page)
{
	struct str path = str_printf(c->a, "%.*s/%s", STRF(dir), page->path);
	int r = make_parents(c->a, path);
	FILE *f;

	if (r != 0) {
		return cli_error_of(c, r, path);
	}
	f = fopen(str_c(c->a, path), "we");
	if (f == NULL) {
		return cli_error_of(c, err_from_errno(errno), path);
	}
	page->write(c, f, page->lang, page->noun);
	r = ferror(f) != 0 ? ERR_IO : 0;
	r = fclose(f) != 0 ? ERR_IO : r;
	return r != 0 ? cli_error_of(c, r, path) : CLI_OK;
}

int cmd_doc(struct cli *c)
{
	static const struct page fixed[] = {
		{ "man1/korobanu.1", LANG_en, gen_man },
		{ "ja/man1/korobanu.1", LANG_ja, gen_man },
		{ "man5/korobanu.yaml.5", LANG_en, settings },
		{ "ja/man5/korobanu.yaml.5", LANG_ja, settings },
		{ "config.en.md", LANG_en, reference },
		{ "config.ja.md", LANG_ja, reference },
		{ "completion/korobanu.bash", LANG_en, bash },
		{ "completion/_korobanu", LANG_en, zsh },
		{ "help.json", LANG_en, json },
	};
	int exit = CLI_OK;

	for (size_t i = 0; i < countof(fixed) && exit == CLI_OK; i++) {
		exit = write_page(c, c->args.p[0], &fixed[i]);
	}
	for (size_t i = 0; i < cli_ncmds && exit == CLI_OK; i++) {
		const char *name = cli_cmds[i].name;
		struct page page = { .write = gen_man, .noun = str_z(name) };

		if (!help_lists(&cli_cmds[i]) || (i > 0 && strcmp(name, cli_cmds[i - 1].name) == 0)) {
			continue;
		}
		page.path = str_c(c->a, str_printf(c->a, "man1/korobanu-%s.1", name));
		page.lang = LANG_en;
		exit = write_page(c, c->args.p[0], &page);
		page.path = str_c(c->a, str_printf(c->a, "ja/man1/korobanu-%s.1", name));
		page.lang = LANG_ja;
		exit = exit == CLI_OK ? write_page(c, c->args.p[0], &page) : exit;
	}
	return exit;
}
