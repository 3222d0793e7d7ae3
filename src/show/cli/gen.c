/* What is generated from the table of commands: `help --json`, manual pages in roff, the reference of settings.
 * Nothing here names a command or an option. */
#include "show/cli/config.h"
#include "show/cli/out.h"

/* --- json -------------------------------------------------------------------------------------------------------- */

static void member(FILE *f, const char *key, struct str text)
{
	fprintf(f, ",\"%s\":", key);
	out_json_str(f, text);
}

static void json_texts(FILE *f, const char *key, enum tr_id id)
{
	fprintf(f, ",\"%s\":{\"en\":", key);
	out_json_str(f, tr_text(LANG_en, id));
	fputs(",\"ja\":", f);
	out_json_str(f, tr_text(LANG_ja, id));
	fputs("}", f);
}

static const char *type_name(enum cli_type type)
{
	static const char *const names[] = { [CLI_FLAG] = "flag",
		[CLI_STR] = "text",
		[CLI_INT] = "int",
		[CLI_TIME] = "time",
		[CLI_SPAN] = "span",
		[CLI_WORD] = "word",
		[CLI_LIST] = "list" };

	return names[type];
}

static void json_option(struct cli *c, FILE *f, const struct cli_opt *opt, bool first)
{
	int key = opt->config != NULL ? config_key_find(str_z(opt->config)) : -1;

	fprintf(f, "%s\n   {\"name\":\"%s\",\"type\":\"%s\"", first ? "" : ",", opt->name, type_name(opt->type));
	if (opt->letter != 0) {
		fprintf(f, ",\"letter\":\"%c\"", opt->letter);
	}
	if (opt->arg != NULL) {
		member(f, "arg", str_z(opt->arg));
	}
	if (opt->words != NULL) {
		member(f, "words", str_z(opt->words));
	}
	if (opt->fallback != NULL) {
		member(f, "default", str_z(opt->fallback));
	}
	if (opt->env != NULL || key >= 0) {
		member(f, "env", key >= 0 ? config_env(c->a, &cli_keys[key]) : str_z(opt->env));
	}
	if (key >= 0) {
		member(f, "config", str_z(opt->config));
	}
	json_texts(f, "text", opt->text);
	fputc('}', f);
}

static void json_command(struct cli *c, FILE *f, const struct cli_cmd *cmd, bool first)
{
	bool none = true;

	fprintf(f, "%s\n {\"name\":", first ? "" : ",");
	out_json_str(f, cli_cmd_title(c->a, cmd));
	member(f, "args", str_z(cmd->args));
	json_texts(f, "text", cmd->text);
	if (cmd->more != MSG_NONE) {
		json_texts(f, "more", cmd->more);
	}
	if ((cmd->flags & CLI_ROWS) != 0) {
		member(f, "schema", str_printf(c->a, "korobanu.%s/1", view_of(cmd->view)->name));
	}
	fputs(",\"examples\":[", f);
	out_json_str(f, str_z(cmd->examples[0]));
	fputc(',', f);
	out_json_str(f, str_z(cmd->examples[1]));
	fputs("],\"options\":[", f);
	for (size_t i = 0; i < cmd->nopts; i++) {
		json_option(c, f, &cmd->opts[i], none);
		none = false;
	}
	for (size_t i = 0; i < cli_ncommon; i++) {
		if (cli_takes(cmd, &cli_common[i])) {
			json_option(c, f, &cli_common[i], none);
			none = false;
		}
	}
	fputs("]}", f);
}

void gen_json(struct cli *c, FILE *f)
{
	bool first = true;

	fputs("{\"schema\":\"korobanu.help/1\",\"commands\":[", f);
	for (size_t i = 0; i < cli_ncmds; i++) {
		if (help_lists(&cli_cmds[i])) {
			json_command(c, f, &cli_cmds[i], first);
			first = false;
		}
	}
	fputs("\n],\"exit_codes\":[", f);
	for (size_t i = 0; i < cli_nexits; i++) {
		fprintf(f, "%s\n {\"code\":%s", i > 0 ? "," : "", cli_exits[i].name);
		json_texts(f, "text", cli_exits[i].text);
		fputc('}', f);
	}
	fputs("\n]}\n", f);
}

/* --- roff -------------------------------------------------------------------------------------------------------- */

static void roff(FILE *f, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool start = i == 0 || s.p[i - 1] == '\n';

		if (start && (s.p[i] == '.' || s.p[i] == '\'')) {
			fputs("\\&", f);
		}
		if (s.p[i] == '\\') {
			fputs("\\e", f);
		} else if (s.p[i] == '-') {
			fputs("\\-", f);
		} else if (s.p[i] == '\n') {
			fputs("\n.br\n", f);
		} else {
			fputc(s.p[i], f);
		}
	}
}

static void roff_line(FILE *f, struct str s)
{
	roff(f, s);
	fputc('\n', f);
}

static void section(FILE *f, enum lang lang, enum tr_id id)
{
	fputs(".SH ", f);
	roff_line(f, tr_text(lang, id));
}

/* A line of its own after the text of an option. */
static void roff_more(FILE *f, struct str s)
{
	fputs(".br\n", f);
	roff_line(f, s);
}

/* A language without blanks between words is not stretched to the margin: the few blanks there are would grow. */
static void heading(FILE *f, const char *page, int number, enum lang lang, struct str text)
{
	fputs(".\\\" generated from the table of commands, do not edit\n", f);
	fprintf(f, ".TH %s %d \"\" \"korobanu %s\" \"%.*s\"\n", page, number, KOROBANU_VERSION,
		STRF(tr_text(lang, MSG_man_manual)));
	fputs(lang == LANG_ja ? ".ad l\n" : "", f);
	section(f, lang, MSG_man_name);
	roff(f, str_z(page));
	fputs(" \\- ", f);
	roff_line(f, text);
}

static void man_option(struct cli *c, FILE *f, enum lang lang, const struct cli_opt *opt)
{
	int key = opt->config != NULL ? config_key_find(str_z(opt->config)) : -1;

	fputs(".TP\n.B ", f);
	roff_line(f, str_trim(help_option(c->a, opt)));
	roff_line(f, tr_text(lang, opt->text));
	if (opt->words != NULL) {
		roff_more(f, tr(c->a, lang, MSG_man_words, TR({ "words", str_z(opt->words) })));
	}
	if (opt->fallback != NULL) {
		roff_more(f, tr(c->a, lang, MSG_man_default, TR({ "value", str_z(opt->fallback) })));
	}
	if (key >= 0) {
		roff_more(f, tr(c->a, lang, MSG_man_key,
				     TR({ "key", str_z(opt->config) }, { "env", config_env(c->a, &cli_keys[key]) })));
	}
}

static void man_examples(FILE *f, enum lang lang, const struct cli_cmd *cmd)
{
	fputs(".PP\n", f);
	roff_line(f, tr_text(lang, MSG_help_examples));
	for (size_t i = 0; i < countof(cmd->examples); i++) {
		fputs(".PP\n.nf\n.RS\n", f);
		roff_line(f, str_z(cmd->examples[i]));
		fputs(".RE\n.fi\n", f);
	}
}

static void man_command(struct cli *c, FILE *f, enum lang lang, const struct cli_cmd *cmd)
{
	fputs(".SS korobanu ", f);
	roff(f, cli_cmd_title(c->a, cmd));
	if (cmd->args[0] != 0) {
		fputc(' ', f);
		roff(f, str_z(cmd->args));
	}
	fputc('\n', f);
	roff_line(f, tr_text(lang, cmd->text));
	if (cmd->more != MSG_NONE) {
		fputs(".PP\n", f);
		roff_line(f, tr_text(lang, cmd->more));
	}
	for (size_t i = 0; i < cmd->nopts; i++) {
		man_option(c, f, lang, &cmd->opts[i]);
	}
	man_examples(f, lang, cmd);
}

static void man_topics(FILE *f, enum lang lang, enum tr_id title, const struct cli_topic *list, size_t n)
{
	section(f, lang, title);
	for (size_t i = 0; i < n; i++) {
		fputs(".TP\n.B ", f);
		roff_line(f, str_z(list[i].name));
		roff_line(f, tr_text(lang, list[i].text));
	}
}

/* Options that some command of this noun shares with others. */
static void man_shared(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	section(f, lang, MSG_man_shared);
	for (size_t k = 0; k < cli_ncommon; k++) {
		bool taken = false;

		for (size_t i = 0; i < cli_ncmds; i++) {
			taken |= help_lists(&cli_cmds[i]) && str_eq(noun, str_z(cli_cmds[i].name)) &&
				 cli_takes(&cli_cmds[i], &cli_common[k]);
		}
		if (taken) {
			man_option(c, f, lang, &cli_common[k]);
		}
	}
}

static void man_noun(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	const struct cli_cmd *one = cli_cmd_find(noun, S(""));
	struct str page = str_printf(c->a, "korobanu-%.*s", STRF(noun));

	must(one != NULL);
	heading(f, str_c(c->a, page), 1, lang,
		one->sub != NULL ? tr(c->a, lang, MSG_man_noun, TR({ "name", noun })) : tr_text(lang, one->text));
	section(f, lang, MSG_man_commands);
	for (size_t i = 0; i < cli_ncmds; i++) {
		if (str_eq(noun, str_z(cli_cmds[i].name)) && help_lists(&cli_cmds[i])) {
			man_command(c, f, lang, &cli_cmds[i]);
		}
	}
	man_shared(c, f, lang, noun);
	section(f, lang, MSG_man_see_also);
	fputs(".BR korobanu (1),\n.BR korobanu.yaml (5)\n", f);
}

void gen_man(struct cli *c, FILE *f, enum lang lang, struct str noun)
{
	if (noun.n > 0) {
		man_noun(c, f, lang, noun);
		return;
	}
	heading(f, "korobanu", 1, lang, tr_text(lang, MSG_man_what));
	section(f, lang, MSG_man_commands);
	for (size_t i = 0; i < cli_ncmds; i++) {
		if (help_lists(&cli_cmds[i])) {
			fputs(".TP\n.B korobanu ", f);
			roff(f, cli_cmd_title(c->a, &cli_cmds[i]));
			roff(f, cli_cmds[i].args[0] != 0 ? S(" ") : S(""));
			roff_line(f, str_z(cli_cmds[i].args));
			roff_line(f, tr_text(lang, cli_cmds[i].text));
		}
	}
	man_topics(f, lang, MSG_man_exit, cli_exits, cli_nexits);
	man_topics(f, lang, MSG_man_formats, cli_formats, cli_nformats);
	man_topics(f, lang, MSG_man_environment, cli_environment, cli_nenvironment);
	section(f, lang, MSG_man_see_also);
	fputs(".BR korobanu.yaml (5)\n", f);
}

/* --- settings ---------------------------------------------------------------------------------------------------- */

static struct str key_default(struct cli *c, enum lang lang, const struct cli_key *key)
{
	(void)c;
	return key->fallback != NULL ? str_z(key->fallback) : tr_text(lang, MSG_origin_not_set);
}

void gen_man_config(struct cli *c, FILE *f, enum lang lang)
{
	heading(f, "korobanu.yaml", 5, lang, tr_text(lang, MSG_man_config));
	section(f, lang, MSG_man_description);
	roff_line(f, tr_text(lang, MSG_man_config_order));
	section(f, lang, MSG_man_keys);
	for (size_t i = 0; i < cli_nkeys; i++) {
		const struct cli_key *key = &cli_keys[i];

		fputs(".TP\n.B ", f);
		roff_line(f, str_z(key->name));
		roff_line(f, tr_text(lang, key->text));
		if (key->words != NULL) {
			roff_more(f, tr(c->a, lang, MSG_man_words, TR({ "words", str_z(key->words) })));
		}
		roff_more(f, tr(c->a, lang, MSG_man_default, TR({ "value", key_default(c, lang, key) })));
		roff_more(f, tr(c->a, lang, MSG_man_env, TR({ "env", config_env(c->a, key) })));
	}
	section(f, lang, MSG_man_see_also);
	fputs(".BR korobanu (1)\n", f);
}

void gen_config_reference(struct cli *c, FILE *f, enum lang lang)
{
	fprintf(f, "# %.*s\n\n", STRF(tr_text(lang, MSG_man_config)));
	out_wrap(c->a, f, tr_text(lang, MSG_man_config_order), 100, "");
	fprintf(f, "\n| %.*s |\n|---|---|---|---|---|---|\n", STRF(tr_text(lang, MSG_config_columns)));
	for (size_t i = 0; i < cli_nkeys; i++) {
		const struct cli_key *key = &cli_keys[i];

		fprintf(f, "| `%s` | %s | %s | %.*s | `%.*s` | %.*s |\n", key->name, type_name(key->type),
			key->words != NULL ? key->words : "", STRF(key_default(c, lang, key)),
			STRF(config_env(c->a, key)), STRF(tr_text(lang, key->text)));
	}
}
