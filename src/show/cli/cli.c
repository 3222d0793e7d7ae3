/* One run of a command: the world, language and colours, parsing, settings, dispatch; and how errors are told. */
#include "show/cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "core/catalog/catalog.h"
#include "show/cli/config.h"
#include "show/cli/out.h"

/* --- options by name --------------------------------------------------------------------------------------------- */

static const struct cli_value *value(const struct cli *c, const char *name)
{
	for (size_t i = 0; i < c->values.n; i++) {
		if (strcmp(c->values.p[i].opt->name, name) == 0) {
			return &c->values.p[i];
		}
	}
	return NULL;
}

bool cli_has(const struct cli *c, const char *name)
{
	return value(c, name) != NULL;
}

bool cli_flag(const struct cli *c, const char *name)
{
	const struct cli_value *v = value(c, name);

	return v != NULL && v->flag;
}

struct str cli_str(const struct cli *c, const char *name)
{
	const struct cli_value *v = value(c, name);

	return v != NULL ? v->text : S("");
}

i64 cli_int(const struct cli *c, const char *name)
{
	const struct cli_value *v = value(c, name);

	return v != NULL ? v->i : 0;
}

struct utc cli_time(const struct cli *c, const char *name)
{
	return (struct utc){ .ms = cli_int(c, name) };
}

const struct str *cli_list(const struct cli *c, const char *name, size_t *ret_n)
{
	const struct cli_value *v = value(c, name);

	*ret_n = v != NULL ? v->list.n : 0;
	return v != NULL ? v->list.p : NULL;
}

static struct str env(const struct cli *c, const char *name)
{
	return str_z(c->env->get(name));
}

struct str cli_store(struct cli *c)
{
	struct str dir = c->store.n > 0 ? c->store : cli_str(c, "store");

	if (dir.n > 0) {
		return dir;
	}
	if (c->env->root) {
		return S("/var/lib/korobanu");
	}
	if (env(c, "XDG_DATA_HOME").n > 0) {
		return str_printf(c->a, "%.*s/korobanu", STRF(env(c, "XDG_DATA_HOME")));
	}
	return str_printf(c->a, "%.*s/.local/share/korobanu", STRF(env(c, "HOME")));
}

/* --- talk -------------------------------------------------------------------------------------------------------- */

static void talk(struct cli *c, struct str text)
{
	fflush(c->env->out);
	out_clean(c->env->err, text);
	fputc('\n', c->env->err);
}

struct str cli_words(const struct cli *c, const struct catalog_words *w)
{
	return c->lang == LANG_ja ? w->ja : w->en;
}

void cli_say(struct cli *c, enum tr_id id, const struct tr_arg *args)
{
	if (!c->quiet) {
		talk(c, tr(c->a, c->lang, id, args));
	}
}

void cli_note(struct cli *c, enum tr_id id, const struct tr_arg *args)
{
	if (c->verbose > 0 && !c->quiet) {
		talk(c, tr(c->a, c->lang, id, args));
	}
}

int cli_error(struct cli *c, int exit, const char *code, enum tr_id what, enum tr_id fix, const struct tr_arg *args)
{
	struct str text = str_printf(c->a, "korobanu: %s: %.*s", code, STRF(tr(c->a, c->lang, what, args)));

	if (fix != MSG_NONE) {
		text = str_printf(c->a, "%.*s %.*s", STRF(text), STRF(tr(c->a, c->lang, fix, args)));
	}
	if (c->color_err) {
		fputs("\033[31m", c->env->err);
	}
	talk(c, text);
	if (c->color_err) {
		fputs("\033[0m", c->env->err);
	}
	return exit;
}

int cli_confirm(struct cli *c, enum tr_id question, const struct tr_arg *args)
{
	struct str ask = tr(c->a, c->lang, MSG_say_ask, TR({ "question", tr(c->a, c->lang, question, args) }));
	char line[16] = "";

	if (cli_flag(c, "yes")) {
		return CLI_OK;
	}
	if (cli_flag(c, "no-input") || !c->env->in_tty || c->env->in == NULL) {
		return cli_error(c, CLI_FAILED, "E-CONFIRM", MSG_err_confirm, MSG_fix_confirm, TR_NONE);
	}
	fflush(c->env->out);
	out_clean(c->env->err, ask);
	fflush(c->env->err);
	if (fgets(line, sizeof line, c->env->in) != NULL && (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0)) {
		return CLI_OK;
	}
	cli_say(c, MSG_say_not_done, TR_NONE);
	return CLI_FAILED;
}

int cli_exit_of(int err)
{
	switch (err) {
	case 0:
		return CLI_OK;
	case ERR_DENIED:
	case ERR_SCOPE:
		return CLI_DENIED;
	case ERR_INTEGRITY:
	case ERR_CRYPTO:
		return CLI_INTEGRITY;
	case ERR_REFUSED:
	case ERR_NEWER:
		return CLI_REFUSED;
	case ERR_CANCELED:
		return CLI_PARTIAL;
	default:
		return CLI_FAILED;
	}
}

struct str cli_reason(const struct cli *c, int err)
{
	char key[40] = "reason.";
	size_t n = strlen(key);
	enum tr_id id;

	for (const char *p = err_name(err); *p != 0 && n + 1 < sizeof key; p++) {
		key[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	}
	id = tr_find(str_of(key, n));
	return id != MSG_NONE ? tr_text(c->lang, id) : str_z(err_text(err));
}

int cli_error_of(struct cli *c, int err, struct str about)
{
	const char *code = str_c(c->a, str_printf(c->a, "E-%s", err_name(err)));

	return cli_error(c, cli_exit_of(err), code, MSG_err_of, MSG_NONE,
		TR({ "about", about }, { "reason", cli_reason(c, err) }));
}

/* --- language and colours ---------------------------------------------------------------------------------------- */

static enum lang lang_of(struct str s)
{
	return str_starts(s, S("ja")) ? LANG_ja : LANG_en;
}

static enum lang locale_lang(const struct cli *c)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < countof(names); i++) {
		if (env(c, names[i]).n > 0) {
			return lang_of(env(c, names[i]));
		}
	}
	return LANG_en;
}

/* Errors of parsing speak a language too: argv and the environment decide before anything is parsed. */
static enum lang early_lang(const struct cli *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) {
			return lang_of(str_z(argv[i + 1]));
		}
		if (strncmp(argv[i], "--lang=", 7) == 0) {
			return lang_of(str_z(argv[i] + 7));
		}
		if (strcmp(argv[i], "--") == 0) {
			break;
		}
	}
	if (env(c, "KOROBANU_LANG").n > 0 && !str_eq(env(c, "KOROBANU_LANG"), S("auto"))) {
		return lang_of(env(c, "KOROBANU_LANG"));
	}
	return locale_lang(c);
}

/* NO_COLOR wins over everything but --color; TERM=dumb over what is left but CLICOLOR_FORCE. */
static bool wants_color(const struct cli *c, bool tty)
{
	struct str when = cli_str(c, "color");
	struct str force = env(c, "CLICOLOR_FORCE");

	if (str_eq(when, S("never")) || str_eq(when, S("always"))) {
		return str_eq(when, S("always"));
	}
	if (env(c, "NO_COLOR").n > 0) {
		return false;
	}
	if (force.n > 0 && !str_eq(force, S("0"))) {
		return true;
	}
	return tty && !str_eq(env(c, "TERM"), S("dumb"));
}

static void settle_talk(struct cli *c)
{
	struct str lang = cli_str(c, "lang");

	if (lang.n > 0) {
		c->lang = str_eq(lang, S("auto")) ? locale_lang(c) : lang_of(lang);
	}
	c->quiet = cli_flag(c, "quiet");
	if (cli_flag(c, "verbose") && c->verbose == 0) {
		c->verbose = 1;
	}
	c->ascii = cli_flag(c, "ascii");
	c->color = wants_color(c, c->env->out_tty);
	c->color_err = wants_color(c, c->env->err_tty);
}

/* --- what was not given: settings, environment, fallback --------------------------------------------------------- */

static int fill(struct cli *c, const struct cli_opt *opt)
{
	const struct cli_setting *s =
		opt->config != NULL && c->config != NULL ? config_get(c, str_z(opt->config)) : NULL;
	struct str text = opt->env != NULL ? env(c, opt->env) : S("");
	struct cli_value v;
	int r;

	if (text.n == 0 && s != NULL && s->set) {
		text = s->value;
	}
	if (text.n == 0) {
		text = str_z(opt->fallback);
	}
	if (text.n == 0 || cli_has(c, opt->name)) {
		return CLI_OK;
	}
	r = cli_value_parse(c, opt, text, &v);
	if (r != 0) {
		return cli_error(c, CLI_FAILED, "E-VALUE", MSG_err_value, MSG_NONE,
			TR({ "name", str_z(opt->name) }, { "value", text }, { "reason", cli_reason(c, r) }));
	}
	*vec_add(c->a, &c->values) = v;
	return CLI_OK;
}

static int fill_all(struct cli *c)
{
	int exit = CLI_OK;

	if ((c->cmd->flags & CLI_BARE) == 0) {
		exit = config_load(c);
	}
	for (size_t i = 0; i < c->cmd->nopts && exit == CLI_OK; i++) {
		exit = fill(c, &c->cmd->opts[i]);
	}
	for (size_t i = 0; i < cli_ncommon && exit == CLI_OK; i++) {
		if (cli_takes(c->cmd, &cli_common[i])) {
			exit = fill(c, &cli_common[i]);
		}
	}
	return exit;
}

/* --- dispatch ---------------------------------------------------------------------------------------------------- */

static bool asks_version(int argc, char **argv)
{
	return argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0);
}

/* Without a command: the status of the store when there is one, else how to begin. */
static bool show_status(struct cli *c)
{
	struct stat st;

	c->cmd = cli_cmd_find(S("status"), S(""));
	if (c->cmd == NULL || fill_all(c) != CLI_OK || stat(str_c(c->a, cli_store(c)), &st) != 0) {
		c->cmd = NULL;
		return false;
	}
	return true;
}

static int dispatch(struct cli *c, int argc, char **argv)
{
	int help = 0, exit;

	if (asks_version(argc, argv)) {
		c->cmd = cli_cmd_find(S("version"), S(""));
		return cmd_version(c);
	}
	exit = cli_parse(c, argc, argv, &help);
	if (exit != CLI_OK || help == 'g') {
		return exit;
	}
	settle_talk(c);
	if (help != 0 && c->cmd != NULL) {
		help_command(c, c->env->out, c->cmd, help == 'H');
		return CLI_OK;
	}
	if (c->cmd == NULL) {
		if (help != 0 || argc > 1 || !show_status(c)) {
			if (help == 'H') {
				help_all(c, c->env->out);
			} else {
				help_short(c, c->env->out);
			}
			return CLI_OK;
		}
	} else {
		exit = fill_all(c);
		if (exit != CLI_OK) {
			return exit;
		}
	}
	settle_talk(c);
	return c->cmd->run(c);
}

int cli_run(const struct cli_env *environment, int argc, char **argv)
{
	struct arena *a = arena_new(NULL, 0);
	struct cli c = { .a = a, .env = environment };
	int exit;

	c.lang = early_lang(&c, argc, argv);
	exit = dispatch(&c, argc, argv);
	/* What could not be written was not said: a full disk behind stdout must not look like success. */
	if ((fflush(environment->out) != 0 || ferror(environment->out) != 0) && exit == CLI_OK) {
		exit = cli_error(&c, CLI_FAILED, "E-OUTPUT", MSG_err_output, MSG_NONE, TR_NONE);
	}
	arena_free(a);
	return exit;
}

static const char *get(const char *name)
{
	return getenv(name);
}

static u32 terminal_width(bool tty)
{
	struct winsize ws;
	u64 n;

	if (str_u64(str_z(getenv("COLUMNS")), 10000, &n) == 0 && n >= 20) {
		return (u32)n;
	}
	return tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 ? ws.ws_col : 0;
}

int cli_main(int argc, char **argv)
{
	struct cli_env world = {
		.out = stdout,
		.err = stderr,
		.in = stdin,
		.out_tty = isatty(STDOUT_FILENO) == 1,
		.err_tty = isatty(STDERR_FILENO) == 1,
		.in_tty = isatty(STDIN_FILENO) == 1,
		.get = get,
		.etc = "/etc/korobanu",
		.root = geteuid() == 0,
	};

	world.width = terminal_width(world.out_tty);
	tzset();
	return cli_run(&world, argc, argv);
}
