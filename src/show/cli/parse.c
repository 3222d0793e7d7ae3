/* From argv to a command, its arguments and checked values of its options.
 *
 * GNU manner: options may stand anywhere, "--" ends them, -abc is -a -b -c, -fVALUE and -f VALUE, --name=VALUE and
 * --name VALUE, --no-name switches a flag off. Long names are never abbreviated: an abbreviation that works today would
 * break a script when an option is added. Options that many commands share may stand before the command too. */
#include "show/cli/config.h"

#include <time.h>

#include "base/err.h"

/* --- values ------------------------------------------------------------------------------------------------------ */

int cli_span(struct str s, i64 *ret_seconds)
{
	static const struct {
		char unit;
		i64 seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 7 * 86400 },
		{ 'y', 365 * 86400 } };
	u64 n;
	int r;

	if (s.n < 2) {
		return ERR_SYNTAX;
	}
	r = str_u64(str_sub(s, 0, s.n - 1), 1000000, &n);
	for (size_t i = 0; r == 0 && i < countof(units); i++) {
		if (units[i].unit == s.p[s.n - 1]) {
			*ret_seconds = (i64)n * units[i].seconds;
			return 0;
		}
	}
	return r != 0 ? r : ERR_SYNTAX;
}

/* A date alone is its first moment where the user is. */
static int parse_time(struct arena *a, struct str s, i64 *ret_ms)
{
	struct utc t;
	struct tm tm = { .tm_isdst = -1 };
	time_t secs;
	int r = utc_parse(s.n == 10 ? str_printf(a, "%.*sT00:00:00Z", STRF(s)) : s, &t);

	if (r != 0 || s.n != 10) {
		*ret_ms = r == 0 ? t.ms : *ret_ms;
		return r;
	}
	/* utc_parse has read the date, so these are digits of a day that exists. */
	tm.tm_year = (s.p[0] - '0') * 1000 + (s.p[1] - '0') * 100 + (s.p[2] - '0') * 10 + s.p[3] - '0' - 1900;
	tm.tm_mon = (s.p[5] - '0') * 10 + s.p[6] - '0' - 1;
	tm.tm_mday = (s.p[8] - '0') * 10 + s.p[9] - '0';
	secs = mktime(&tm);
	if (secs == (time_t)-1) {
		return ERR_RANGE;
	}
	*ret_ms = (i64)secs * SECOND_MS;
	return 0;
}

bool cli_word_known(const char *words, struct str word)
{
	struct str rest = str_z(words);

	while (rest.n > 0) {
		if (str_eq(str_cut(&rest, ' '), word)) {
			return true;
		}
	}
	return false;
}

static int parse_flag(struct str s, bool *ret)
{
	if (str_eq(s, S("true")) || str_eq(s, S("yes")) || str_eq(s, S("1"))) {
		*ret = true;
		return 0;
	}
	if (str_eq(s, S("false")) || str_eq(s, S("no")) || str_eq(s, S("0"))) {
		*ret = false;
		return 0;
	}
	return ERR_SYNTAX;
}

static void split(struct cli *c, struct str text, struct cli_value *v)
{
	while (text.n > 0) {
		struct str one = str_trim(str_cut(&text, ','));

		if (one.n > 0) {
			*vec_add(c->a, &v->list) = one;
		}
	}
}

int cli_value_parse(struct cli *c, const struct cli_opt *opt, struct str text, struct cli_value *ret)
{
	struct cli_value v = { .opt = opt, .text = text };
	int r = 0;

	if (!str_utf8_ok(text, NULL)) {
		return ERR_UTF8;
	}
	switch (opt->type) {
	case CLI_FLAG:
		r = parse_flag(text, &v.flag);
		break;
	case CLI_INT:
		r = str_i64(text, &v.i);
		r = r != 0 ? r : v.i < opt->min || v.i > opt->max ? ERR_RANGE : 0;
		break;
	case CLI_TIME:
		r = parse_time(c->a, text, &v.i);
		break;
	case CLI_SPAN:
		r = cli_span(text, &v.i);
		break;
	case CLI_WORD:
		r = cli_word_known(opt->words, text) ? 0 : ERR_UNKNOWN;
		break;
	case CLI_LIST:
		split(c, text, &v);
		break;
	case CLI_STR:
		r = text.n > 0 ? 0 : ERR_SYNTAX;
		break;
	}
	if (r == 0) {
		*ret = v;
	}
	return r;
}

/* --- looking options up ------------------------------------------------------------------------------------------ */

static const struct cli_opt *in_table(const struct cli_opt *opts, size_t n, struct str name, char letter)
{
	for (size_t i = 0; i < n; i++) {
		if (letter != 0 ? opts[i].letter == letter : str_eq(name, str_z(opts[i].name))) {
			return &opts[i];
		}
	}
	return NULL;
}

/* Before the command is known every shared option is accepted; wrong ones are refused once it is known. */
static const struct cli_opt *find_opt(const struct cli_cmd *cmd, struct str name, char letter)
{
	const struct cli_opt *opt = cmd != NULL ? in_table(cmd->opts, cmd->nopts, name, letter) : NULL;

	if (opt == NULL) {
		opt = in_table(cli_common, cli_ncommon, name, letter);
		if (opt != NULL && cmd != NULL && !cli_takes(cmd, opt)) {
			opt = NULL;
		}
	}
	return opt;
}

struct names {
	const char *list[128];
	size_t n;
};

static const char *name_at(const void *ctx, size_t i)
{
	return ((const struct names *)ctx)->list[i];
}

static void add_name(struct names *names, const char *name)
{
	if (names->n < countof(names->list)) {
		names->list[names->n++] = name;
	}
}

static int unknown_option(struct cli *c, struct str shown, struct str name)
{
	struct names names = { 0 };
	struct str near;

	for (size_t i = 0; c->cmd != NULL && i < c->cmd->nopts; i++) {
		add_name(&names, c->cmd->opts[i].name);
	}
	for (size_t i = 0; i < cli_ncommon; i++) {
		if (c->cmd == NULL || cli_takes(c->cmd, &cli_common[i])) {
			add_name(&names, cli_common[i].name);
		}
	}
	add_name(&names, "help");
	near = name.n > 1 ? cli_nearest(name, name_at, &names, names.n) : S("");
	return cli_error(c, CLI_FAILED, "E-OPTION", MSG_err_option, near.n > 0 ? MSG_fix_near : MSG_fix_help,
		TR({ "name", shown }, { "near", str_printf(c->a, "--%.*s", STRF(near)) },
			{ "command", c->cmd != NULL ? cli_cmd_title(c->a, c->cmd) : S("") }));
}

static int unknown_command(struct cli *c, struct str group, struct str name)
{
	struct names names = { 0 };
	struct str near;

	for (size_t i = 0; i < cli_ncmds; i++) {
		if ((cli_cmds[i].flags & CLI_HIDDEN) != 0) {
			continue;
		}
		if (group.n == 0) {
			add_name(&names, cli_cmds[i].name);
		} else if (cli_cmds[i].sub != NULL && str_eq(group, str_z(cli_cmds[i].name))) {
			add_name(&names, cli_cmds[i].sub);
		}
	}
	near = cli_nearest(name, name_at, &names, names.n);
	return cli_error(c, CLI_FAILED, "E-COMMAND", MSG_err_command, near.n > 0 ? MSG_fix_near : MSG_fix_commands,
		TR({ "name", group.n == 0 ? name : str_printf(c->a, "%.*s %.*s", STRF(group), STRF(name)) },
			{ "near", group.n == 0 ? near : str_printf(c->a, "%.*s %.*s", STRF(group), STRF(near)) }));
}

/* --- argv -------------------------------------------------------------------------------------------------------- */

struct parse {
	struct cli *c;
	int argc;
	char **argv;
	int i;
	struct str group; /* a noun that waits for its verb */
	bool no_more;     /* after "--" */
	int help;
};

static struct cli_value *value_of(struct cli *c, const struct cli_opt *opt)
{
	for (size_t i = 0; i < c->values.n; i++) {
		if (c->values.p[i].opt == opt) {
			return &c->values.p[i];
		}
	}
	return NULL;
}

static int bad_value(struct cli *c, const struct cli_opt *opt, struct str text, int err)
{
	const char *words = opt->words != NULL ? opt->words : "";

	return cli_error(c, CLI_FAILED, "E-VALUE", MSG_err_value,
		opt->type == CLI_WORD   ? MSG_fix_words
		: opt->type == CLI_INT  ? MSG_fix_int
		: opt->type == CLI_TIME ? MSG_fix_time
		: opt->type == CLI_SPAN ? MSG_fix_span
					: MSG_NONE,
		TR({ "name", str_z(opt->name) }, { "value", text }, { "reason", cli_reason(c, err) },
			{ "words", str_z(words) }, { "min", str_printf(c->a, "%lld", (long long)opt->min) },
			{ "max", str_printf(c->a, "%lld", (long long)opt->max) }));
}

static int set_value(struct cli *c, const struct cli_opt *opt, struct str text)
{
	struct cli_value v = { 0 };
	struct cli_value *old = value_of(c, opt);
	int r = cli_value_parse(c, opt, text, &v);

	if (r != 0) {
		return bad_value(c, opt, text, r);
	}
	if (old == NULL) {
		*vec_add(c->a, &c->values) = v;
		return CLI_OK;
	}
	if (opt->type != CLI_LIST) {
		*old = v;
		return CLI_OK;
	}
	for (size_t i = 0; i < v.list.n; i++) {
		*vec_add(c->a, &old->list) = v.list.p[i];
	}
	return CLI_OK;
}

static int needs_value(struct cli *c, const struct cli_opt *opt)
{
	return cli_error(c, CLI_FAILED, "E-VALUE", MSG_err_needs_value, MSG_NONE,
		TR({ "name", str_z(opt->name) }, { "arg", str_z(opt->arg) }));
}

static int long_option(struct parse *p, struct str body)
{
	struct cli *c = p->c;
	struct str text = body;
	struct str name = str_cut(&text, '=');
	bool has_text = name.n < body.n;
	const struct cli_opt *opt;

	if (str_eq(name, S("help"))) {
		p->help = 'H';
		return CLI_OK;
	}
	opt = find_opt(c->cmd, name, 0);
	if (opt == NULL && str_starts(name, S("no-")) && !has_text) {
		opt = find_opt(c->cmd, str_from(name, 3), 0);
		if (opt != NULL && opt->type == CLI_FLAG) {
			return set_value(c, opt, S("false"));
		}
		opt = NULL;
	}
	if (opt == NULL) {
		return unknown_option(c, str_printf(c->a, "--%.*s", STRF(name)), name);
	}
	if (opt->type == CLI_FLAG) {
		return set_value(c, opt, has_text ? text : S("true"));
	}
	if (!has_text) {
		if (p->i + 1 >= p->argc) {
			return needs_value(c, opt);
		}
		text = str_z(p->argv[++p->i]);
	}
	return set_value(c, opt, text);
}

static int short_options(struct parse *p, struct str letters)
{
	struct cli *c = p->c;

	while (letters.n > 0) {
		const struct cli_opt *opt;
		struct str text;
		int exit;

		if (letters.p[0] == 'h') {
			p->help = p->help == 'H' ? 'H' : 'h';
			letters = str_from(letters, 1);
			continue;
		}
		opt = find_opt(c->cmd, S(""), letters.p[0]);
		if (opt == NULL) {
			return unknown_option(c, str_printf(c->a, "-%c", letters.p[0]), str_sub(letters, 0, 1));
		}
		letters = str_from(letters, 1);
		if (opt->type == CLI_FLAG) {
			c->verbose += opt->letter == 'v';
			exit = set_value(c, opt, S("true"));
			if (exit != CLI_OK) {
				return exit;
			}
			continue;
		}
		text = letters;
		if (text.n == 0) {
			if (p->i + 1 >= p->argc) {
				return needs_value(c, opt);
			}
			text = str_z(p->argv[++p->i]);
		}
		return set_value(c, opt, text);
	}
	return CLI_OK;
}

static int word(struct parse *p, struct str w)
{
	struct cli *c = p->c;

	if (c->cmd != NULL) {
		*vec_add(c->a, &c->args) = w;
		return CLI_OK;
	}
	if (p->group.n > 0) {
		c->cmd = cli_cmd_find(p->group, w);
		return c->cmd != NULL ? CLI_OK : unknown_command(c, p->group, w);
	}
	if (cli_has_subs(w)) {
		p->group = w;
		return CLI_OK;
	}
	c->cmd = cli_cmd_find(w, S(""));
	return c->cmd != NULL ? CLI_OK : unknown_command(c, S(""), w);
}

/* Shared options given before the command was known, which it does not take. */
static int check_taken(struct cli *c)
{
	for (size_t i = 0; i < c->values.n; i++) {
		const struct cli_opt *opt = c->values.p[i].opt;
		bool common = opt >= cli_common && opt < cli_common + cli_ncommon;

		if (common && !cli_takes(c->cmd, opt)) {
			return unknown_option(c, str_printf(c->a, "--%s", opt->name), str_z(opt->name));
		}
	}
	return CLI_OK;
}

static int check_args(struct cli *c)
{
	if (c->args.n < c->cmd->min || c->args.n > c->cmd->max) {
		return cli_error(c, CLI_FAILED, "E-ARGS",
			c->args.n < c->cmd->min ? MSG_err_args_few : MSG_err_args_many, MSG_fix_usage,
			TR({ "command", cli_cmd_title(c->a, c->cmd) }, { "args", str_z(c->cmd->args) },
				{ "extra", c->args.n > c->cmd->max ? c->args.p[c->cmd->max] : S("") }));
	}
	for (size_t i = 0; i < c->args.n; i++) {
		if (!str_utf8_ok(c->args.p[i], NULL)) {
			return cli_error(
				c, CLI_FAILED, "E-ARGS", MSG_err_utf8, MSG_NONE, TR({ "value", c->args.p[i] }));
		}
	}
	return CLI_OK;
}

/* "-tag:lab" after a command that takes a query is a condition of it: no letter of an option is followed so. */
static bool negates(const struct cli *c, struct str s)
{
	ptrdiff_t colon = str_chr(s, ':');

	return c->cmd != NULL && (c->cmd->flags & CLI_LISTS) != 0 && colon > 2 && str_chr(str_sub(s, 0, (size_t)colon), '=') < 0;
}

int cli_parse(struct cli *c, int argc, char **argv, int *ret_help)
{
	struct parse p = { .c = c, .argc = argc, .argv = argv };
	int exit = CLI_OK;

	for (p.i = 1; p.i < argc && exit == CLI_OK; p.i++) {
		struct str s = str_z(argv[p.i]);

		if (p.no_more || s.n < 2 || s.p[0] != '-' || (s.p[1] != '-' && negates(c, s))) {
			exit = word(&p, s);
		} else if (str_eq(s, S("--"))) {
			p.no_more = true;
		} else if (s.p[1] == '-') {
			exit = long_option(&p, str_from(s, 2));
		} else {
			exit = short_options(&p, str_from(s, 1));
		}
	}
	*ret_help = p.help;
	if (exit != CLI_OK) {
		return exit;
	}
	if (c->cmd == NULL && p.group.n > 0) {
		/* A noun without its verb: as with -h, but it is an error unless help was asked. */
		help_group(c, p.help != 0 ? c->env->out : c->env->err, p.group);
		*ret_help = 'g';
		return p.help != 0 ? CLI_OK : CLI_FAILED;
	}
	if (c->cmd == NULL || p.help != 0) {
		return CLI_OK;
	}
	exit = check_taken(c);
	return exit != CLI_OK ? exit : check_args(c);
}
