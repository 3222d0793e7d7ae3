/* Help for people, written from the table: -h fits one screen, --help says everything. */
#include "show/cli/out.h"

#define HELP_WIDTH 76
#define OPTION_WIDTH 28

bool help_lists(const struct cli_cmd *cmd)
{
	return (cmd->flags & CLI_HIDDEN) == 0;
}

static void line(struct cli *c, FILE *f, enum tr_id id)
{
	fprintf(f, "%.*s\n", STRF(tr_text(c->lang, id)));
}

struct str help_option(struct arena *a, const struct cli_opt *opt)
{
	struct str letter = opt->letter != 0 ? str_printf(a, "-%c, ", opt->letter) : S("    ");

	return str_printf(a, "%.*s--%s%s%s", STRF(letter), opt->name, opt->arg != NULL ? " " : "",
		opt->arg != NULL ? opt->arg : "");
}

static void option(struct cli *c, FILE *f, const struct cli_opt *opt, bool full)
{
	struct str left = help_option(c->a, opt);
	struct str text = tr_text(c->lang, opt->text);

	fprintf(f, "  %.*s  %.*s", STRF(out_pad(c->a, left, OPTION_WIDTH)), STRF(text));
	if (full && opt->words != NULL) {
		fprintf(f, " [%s]", opt->words);
	}
	if (full && opt->fallback != NULL) {
		fprintf(f, " (%.*s)", STRF(tr(c->a, c->lang, MSG_help_default, TR({ "value", str_z(opt->fallback) }))));
	}
	fputc('\n', f);
}

static void usage(struct cli *c, FILE *f, const struct cli_cmd *cmd)
{
	fprintf(f, "%.*s korobanu %.*s%.*s%s%s\n", STRF(tr_text(c->lang, MSG_help_usage)),
		STRF(cli_cmd_title(c->a, cmd)), STRF(tr_text(c->lang, MSG_help_options_arg)),
		cmd->args[0] != 0 ? " " : "", cmd->args);
}

static void examples(struct cli *c, FILE *f, const struct cli_cmd *cmd)
{
	fputc('\n', f);
	line(c, f, MSG_help_examples);
	for (size_t i = 0; i < countof(cmd->examples); i++) {
		fprintf(f, "  %s\n", cmd->examples[i]);
	}
}

static void shared_options(struct cli *c, FILE *f, const struct cli_cmd *cmd)
{
	fputc('\n', f);
	line(c, f, MSG_help_shared);
	for (size_t i = 0; i < cli_ncommon; i++) {
		if (cli_takes(cmd, &cli_common[i])) {
			option(c, f, &cli_common[i], true);
		}
	}
	fprintf(f, "  %.*s  %.*s\n", STRF(out_pad(c->a, S("-h, --help"), OPTION_WIDTH)),
		STRF(tr_text(c->lang, MSG_opt_help)));
}

void help_command(struct cli *c, FILE *f, const struct cli_cmd *cmd, bool full)
{
	usage(c, f, cmd);
	out_wrap(c->a, f, tr_text(c->lang, cmd->text), HELP_WIDTH, "");
	if (full && cmd->more != MSG_NONE) {
		fputc('\n', f);
		out_wrap(c->a, f, tr_text(c->lang, cmd->more), HELP_WIDTH, "");
	}
	if (cmd->nopts > 0) {
		fputc('\n', f);
		line(c, f, MSG_help_options);
	}
	for (size_t i = 0; i < cmd->nopts; i++) {
		option(c, f, &cmd->opts[i], full);
	}
	if (full) {
		shared_options(c, f, cmd);
	}
	examples(c, f, cmd);
	if (!full) {
		fputc('\n', f);
		fprintf(f, "%.*s\n",
			STRF(tr(c->a, c->lang, MSG_help_more, TR({ "command", cli_cmd_title(c->a, cmd) }))));
	}
}

void help_group(struct cli *c, FILE *f, struct str name)
{
	fprintf(f, "%.*s korobanu %.*s %.*s\n\n", STRF(tr_text(c->lang, MSG_help_usage)), STRF(name),
		STRF(tr_text(c->lang, MSG_help_group_arg)));
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];

		if (cmd->sub != NULL && help_lists(cmd) && str_eq(name, str_z(cmd->name))) {
			struct str left = str_printf(c->a, "%s%s%s", cmd->sub, cmd->args[0] != 0 ? " " : "", cmd->args);

			fprintf(f, "  %.*s  %.*s\n", STRF(out_pad(c->a, left, OPTION_WIDTH)),
				STRF(tr_text(c->lang, cmd->text)));
		}
	}
	fprintf(f, "\n%.*s\n", STRF(tr(c->a, c->lang, MSG_help_more, TR({ "command", name }))));
}

void help_short(struct cli *c, FILE *f)
{
	const struct cli_cmd *demo = cli_cmd_find(S("demo"), S(""));

	line(c, f, MSG_help_what);
	fprintf(f, "%.*s korobanu %.*s\n", STRF(tr_text(c->lang, MSG_help_usage)),
		STRF(tr_text(c->lang, MSG_help_all_arg)));
	line(c, f, MSG_help_examples);
	fprintf(f, "  %s\n", demo != NULL ? demo->examples[0] : cli_cmds[0].examples[0]);
	fprintf(f, "  korobanu help\n");
	line(c, f, MSG_help_begin);
}

void help_all(struct cli *c, FILE *f)
{
	static const enum tr_id titles[CLI_GROUP_COUNT] = { MSG_group_people, MSG_group_objects, MSG_group_system };

	line(c, f, MSG_help_what);
	fprintf(f, "%.*s korobanu %.*s\n", STRF(tr_text(c->lang, MSG_help_usage)),
		STRF(tr_text(c->lang, MSG_help_all_arg)));
	for (u32 g = 0; g < CLI_GROUP_COUNT; g++) {
		bool first = true;

		for (size_t i = 0; i < cli_ncmds; i++) {
			const struct cli_cmd *cmd = &cli_cmds[i];

			if (cmd->group != g || !help_lists(cmd)) {
				continue;
			}
			if (first) {
				fputc('\n', f);
				line(c, f, titles[g]);
			}
			first = false;
			fprintf(f, "  %.*s  %.*s\n", STRF(out_pad(c->a, cli_cmd_title(c->a, cmd), 22)),
				STRF(tr_text(c->lang, cmd->text)));
		}
	}
	fputc('\n', f);
	line(c, f, MSG_help_topics);
}

void help_glyphs(struct cli *c, FILE *f)
{
	static const enum tr_id texts[VIEW_ANSWER_COUNT] = { MSG_glyph_unknown, MSG_glyph_pass, MSG_glyph_attested,
		MSG_glyph_partial, MSG_glyph_fail, MSG_glyph_na };

	line(c, f, MSG_topic_glyphs);
	fputc('\n', f);
	for (u32 i = 0; i < VIEW_ANSWER_COUNT; i++) {
		fprintf(f, "  %.*s %.*s %-9s %.*s\n", STRF(out_pad(c->a, out_glyph(i, false), 2)),
			STRF(out_pad(c->a, out_glyph(i, true), 5)), view_answer_names[i],
			STRF(tr_text(c->lang, texts[i])));
	}
	fprintf(f, "  %.*s !     conflict  %.*s\n", STRF(out_pad(c->a, S("！"), 2)),
		STRF(tr_text(c->lang, MSG_glyph_conflict)));
	fprintf(f, "  %.*s @     expired   %.*s\n", STRF(out_pad(c->a, S("↻"), 2)),
		STRF(tr_text(c->lang, MSG_glyph_expired)));
}
