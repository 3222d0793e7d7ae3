/* Reads the configuration files and the environment into one list of settings with their origins (config.h). */
#include "show/cli/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/yaml.h"

#define CONFIG_FILES_MOST 256 /* of one conf.d */

const struct cli_key cli_keys[] = {
	{ .name = "ascii", .type = CLI_FLAG, .fallback = "false", .client = true, .text = MSG_opt_ascii },
	{ .name = "color",
		.type = CLI_WORD,
		.words = "auto never always",
		.fallback = "auto",
		.client = true,
		.text = MSG_opt_color },
	{ .name = "format",
		.type = CLI_WORD,
		.words = "table plain json jsonl csv tsv",
		.client = true,
		.text = MSG_opt_format },
	{ .name = "lang",
		.type = CLI_WORD,
		.words = "en ja auto",
		.fallback = "auto",
		.client = true,
		.text = MSG_opt_lang },
	{ .name = "ledger.anchor", .type = CLI_STR, .client = true, .text = MSG_key_ledger_anchor },
	{ .name = "store", .type = CLI_STR, .client = true, .text = MSG_opt_store },
};
const size_t cli_nkeys = countof(cli_keys);

struct load {
	struct cli *c;
	struct cli_config *config;
	struct str path; /* of the file being read, "-c" or the name of a variable */
	struct str text;
	bool client;
	u32 errors;
};

int config_key_find(struct str name)
{
	for (size_t i = 0; i < cli_nkeys; i++) {
		if (str_eq(name, str_z(cli_keys[i].name))) {
			return (int)i;
		}
	}
	return -1;
}

const struct cli_setting *config_get(const struct cli *c, struct str key)
{
	int i = config_key_find(key);

	return i < 0 || c->config == NULL ? NULL : &c->config->s[i];
}

struct str config_env(struct arena *a, const struct cli_key *key)
{
	struct str s = str_printf(a, "KOROBANU_%s", key->name);
	char *p = arena_copy(a, s.p, s.n);

	for (size_t i = 0; i < s.n; i++) {
		p[i] = (char)(p[i] == '.' ? '_' : p[i] >= 'a' && p[i] <= 'z' ? p[i] - 32 : p[i]);
	}
	return str_of(p, s.n);
}

/* --- errors, with the line where the key stands ------------------------------------------------------------------ */

/* The tree of a file has no places, so the line is looked for: the first line at or after each part of the key. */
static u32 line_of(struct str text, struct str key)
{
	struct str part = str_cut(&key, '.');
	u32 line = 0, found = 0;

	while (text.n > 0 && part.n > 0) {
		struct str s = str_trim(str_cut(&text, '\n'));

		line++;
		if (str_starts(s, part) && str_starts(str_trim(str_from(s, part.n)), S(":"))) {
			found = line;
			part = str_cut(&key, '.');
		}
	}
	return part.n == 0 ? found : 0;
}

static struct str place(struct load *l, struct str key)
{
	u32 line = line_of(l->text, key);

	return line > 0 ? str_printf(l->c->a, "%.*s:%u", STRF(l->path), line) : l->path;
}

static const char *key_name(const void *ctx, size_t i)
{
	(void)ctx;
	return cli_keys[i].name;
}

static void unknown_key(struct load *l, struct str key)
{
	struct str near = cli_nearest(key, key_name, NULL, cli_nkeys);

	l->errors++;
	(void)cli_error(l->c, CLI_FAILED, "E-CONFIG", MSG_err_config_key,
		near.n > 0 ? MSG_fix_near : MSG_fix_config_keys,
		TR({ "place", place(l, key) }, { "name", key }, { "near", near }));
}

static void bad_value(struct load *l, const struct cli_key *key, struct str text, int err)
{
	l->errors++;
	(void)cli_error(l->c, CLI_FAILED, "E-CONFIG", MSG_err_config_value,
		key->words != NULL ? MSG_fix_words : MSG_NONE,
		TR({ "place", place(l, str_z(key->name)) }, { "name", str_z(key->name) }, { "value", text },
			{ "reason", cli_reason(l->c, err) }, { "words", str_z(key->words) }));
}

/* --- one value --------------------------------------------------------------------------------------------------- */

static void put(struct load *l, int index, struct str text, struct str origin)
{
	const struct cli_key *key = &cli_keys[index];
	struct cli_opt opt = {
		.name = key->name, .type = key->type, .words = key->words, .min = key->min, .max = key->max
	};
	struct cli_value v;
	int r = cli_value_parse(l->c, &opt, text, &v);

	if (r != 0) {
		bad_value(l, key, text, r);
		return;
	}
	l->config->s[index].value = text;
	l->config->s[index].origin = origin;
	l->config->s[index].set = true;
}

static int text_of(struct arena *a, const struct json *v, bool list, struct str *ret)
{
	struct str all = { 0 };

	switch (v->type) {
	case JSON_STR:
		*ret = v->s;
		return 0;
	case JSON_INT:
		*ret = str_printf(a, "%lld", (long long)v->i);
		return 0;
	case JSON_BOOL:
		*ret = v->b ? S("true") : S("false");
		return 0;
	case JSON_ARR:
		for (size_t i = 0; list && i < v->arr.n; i++) {
			struct str one;
			int r = text_of(a, &v->arr.p[i], false, &one);

			if (r != 0) {
				return r;
			}
			all = str_printf(a, "%.*s%s%.*s", STRF(all), i > 0 ? "," : "", STRF(one));
		}
		*ret = all;
		return list ? 0 : ERR_TYPE;
	default:
		return ERR_TYPE;
	}
}

static void put_json(struct load *l, struct str name, const struct json *v)
{
	int i = config_key_find(name);
	struct str text;
	int r;

	if (i < 0) {
		unknown_key(l, name);
		return;
	}
	if (l->client && !cli_keys[i].client) {
		l->errors++;
		(void)cli_error(l->c, CLI_FAILED, "E-CONFIG", MSG_err_config_client, MSG_NONE,
			TR({ "place", place(l, name) }, { "name", name }));
		return;
	}
	r = text_of(l->c->a, v, cli_keys[i].type == CLI_LIST, &text);
	if (r != 0) {
		bad_value(l, &cli_keys[i], S("?"), r);
		return;
	}
	put(l, i, text, place(l, name));
}

static bool is_branch(struct str name)
{
	for (size_t i = 0; i < cli_nkeys; i++) {
		struct str key = str_z(cli_keys[i].name);

		if (key.n > name.n && str_starts(key, name) && key.p[name.n] == '.') {
			return true;
		}
	}
	return false;
}

/* Depth is the file's own, which yaml_parse has bounded. */
static void walk(struct load *l, struct str prefix, const struct json *obj)
{
	for (size_t i = 0; i < obj->obj.n; i++) {
		const struct json_member *m = &obj->obj.p[i];
		struct str name =
			str_printf(l->c->a, "%.*s%s%.*s", STRF(prefix), prefix.n > 0 ? "." : "", STRF(m->key));

		if (m->v.type == JSON_OBJ && is_branch(name)) {
			walk(l, name, &m->v);
		} else if (m->v.type == JSON_NULL && is_branch(name)) {
			continue; /* a heading with everything below it commented out */
		} else {
			put_json(l, name, &m->v);
		}
	}
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static int read_file(struct arena *a, struct str path, struct str *ret)
{
	AUTO_CLOSE int fd = open(str_c(a, path), O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	char *p;
	size_t n = 0;

	if (fd < 0) {
		return errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND : err_from_errno(errno);
	}
	if (fstat(fd, &st) != 0) {
		return err_from_errno(errno);
	}
	if (!S_ISREG(st.st_mode)) {
		return ERR_TYPE;
	}
	if (st.st_size > (off_t)LIMIT_YAML_FILE) {
		return ERR_LIMIT;
	}
	p = arena_try(a, (size_t)st.st_size + 1);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	while (n < (size_t)st.st_size) {
		ssize_t got = read(fd, p + n, (size_t)st.st_size - n);

		if (got < 0) {
			return err_from_errno(errno);
		}
		if (got == 0) {
			break;
		}
		n += (size_t)got;
	}
	*ret = str_of(p, n);
	return 0;
}

static void read_one(struct load *l, struct str path, bool must_exist, bool client)
{
	struct cli *c = l->c;
	const struct json *tree;
	struct perr err = { 0 };
	int r = read_file(c->a, path, &l->text);

	if (r == ERR_NOTFOUND && !must_exist) {
		return;
	}
	if (r != 0) {
		l->errors++;
		(void)cli_error_of(c, r, path);
		return;
	}
	l->path = path;
	l->client = client;
	l->config->files++;
	r = yaml_parse(c->a, l->text, &tree, &err);
	if (r == 0 && tree->type != JSON_OBJ && tree->type != JSON_NULL) {
		r = perr_set(&err, ERR_TYPE, 0, "not a mapping");
	}
	if (r != 0) {
		l->errors++;
		(void)cli_error(c, CLI_FAILED, "E-CONFIG", MSG_err_config_yaml, MSG_NONE,
			TR({ "place", err.line > 0 ? str_printf(c->a, "%.*s:%u:%u", STRF(path), err.line, err.col)
						   : path },
				{ "reason", str_z(err.text[0] != 0 ? err.text : err_text(r)) }));
		return;
	}
	if (tree->type == JSON_OBJ) {
		walk(l, S(""), tree);
	}
}

static int wanted(const struct dirent *d)
{
	struct str name = str_z(d->d_name);

	return name.n > 5 && name.p[0] != '.' && str_ends(name, S(".yaml"));
}

/* In the order of bytes whatever the locale is. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_dir(struct load *l, struct str dir)
{
	struct dirent **list = NULL;
	int n = scandir(str_c(l->c->a, dir), &list, wanted, by_bytes);

	for (int i = 0; i < n; i++) {
		if (i < CONFIG_FILES_MOST) {
			read_one(l, str_printf(l->c->a, "%.*s/%s", STRF(dir), list[i]->d_name), true, false);
		}
		free(list[i]);
	}
	free(list);
	if (n > CONFIG_FILES_MOST) {
		l->errors++;
		(void)cli_error_of(l->c, ERR_LIMIT, dir);
	}
}

static void read_files(struct load *l)
{
	struct cli *c = l->c;
	struct str home = str_z(c->env->get("XDG_CONFIG_HOME"));
	struct str file = cli_str(c, "config");

	if (file.n == 0) {
		file = str_z(c->env->get("KOROBANU_CONFIG"));
	}
	if (home.n == 0 && c->env->get("HOME") != NULL) {
		home = str_printf(c->a, "%s/.config", c->env->get("HOME"));
	}
	if (c->env->etc != NULL) {
		read_one(l, str_printf(c->a, "%s/korobanu.yaml", c->env->etc), false, false);
		read_dir(l, str_printf(c->a, "%s/conf.d", c->env->etc));
	}
	if (home.n > 0) {
		read_one(l, str_printf(c->a, "%.*s/korobanu/client.yaml", STRF(home)), false, true);
	}
	if (file.n > 0) {
		read_one(l, file, true, false);
	}
}

static void read_env(struct load *l)
{
	l->text = S("");
	for (size_t i = 0; i < cli_nkeys; i++) {
		struct str name = config_env(l->c->a, &cli_keys[i]);
		struct str text = str_z(l->c->env->get(str_c(l->c->a, name)));

		if (text.n > 0) {
			l->path = name;
			put(l, (int)i, text, name);
		}
	}
}

/* -c KEY=VALUE. A list is given whole: -c 'ledger.anchor=a,b' arrives split at its commas, so parts without "=" belong
 * to the key before them. */
static void read_set(struct load *l)
{
	size_t n;
	const struct str *list = cli_list(l->c, "set", &n);
	int key = -1;

	l->path = S("-c");
	l->text = S("");
	for (size_t i = 0; i < n; i++) {
		struct str text = list[i];
		struct str name = str_cut(&text, '=');

		if (name.n == list[i].n && key >= 0 && cli_keys[key].type == CLI_LIST) {
			text = str_printf(l->c->a, "%.*s,%.*s", STRF(l->config->s[key].value), STRF(name));
		} else {
			key = config_key_find(name);
		}
		if (key < 0) {
			unknown_key(l, name);
			continue;
		}
		put(l, key, text, S("-c"));
	}
}

int config_load(struct cli *c)
{
	struct load l = { .c = c };

	l.config = arena_alloc(c->a, sizeof *l.config);
	l.config->s = arena_alloc(c->a, cli_nkeys * sizeof *l.config->s);
	for (size_t i = 0; i < cli_nkeys; i++) {
		struct cli_setting *s = &l.config->s[i];

		s->key = &cli_keys[i];
		s->value = str_z(cli_keys[i].fallback);
		s->set = cli_keys[i].fallback != NULL;
		s->origin = tr_text(LANG_en, s->set ? MSG_origin_built_in : MSG_origin_not_set);
	}
	read_files(&l);
	read_env(&l);
	read_set(&l);
	c->config = l.config;
	return l.errors == 0 ? CLI_OK : CLI_FAILED;
}
