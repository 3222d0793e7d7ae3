/* help: of a command, of a noun, or of a topic; --json gives the whole table to programs. */
#include "show/cli/config.h"

#include <string.h>

static const char *const topic_names[] = { "exit-codes", "formats", "environment", "config", "glyphs" };

static void topic_lines(struct cli *c, enum tr_id title, const struct cli_topic *list, size_t n)
{
	FILE *f = c->env->out;

	fprintf(f, "%.*s\n\n", STRF(tr_text(c->lang, title)));
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "  %-26s %.*s\n", list[i].name, STRF(tr_text(c->lang, list[i].text)));
	}
}

static void topic_environment(struct cli *c)
{
	topic_lines(c, MSG_topic_environment, cli_environment, cli_nenvironment);
	for (size_t i = 0; i < cli_nkeys; i++) {
		fprintf(c->env->out, "  %-26s %.*s\n", str_c(c->a, config_env(c->a, &cli_keys[i])),
			STRF(tr(c->a, c->lang, MSG_env_key, TR({ "key", str_z(cli_keys[i].name) }))));
	}
}

static bool topic(struct cli *c, struct str name)
{
	switch (str_index(name, topic_names, countof(topic_names))) {
	case 0:
		topic_lines(c, MSG_topic_exit_codes, cli_exits, cli_nexits);
		return true;
	case 1:
		topic_lines(c, MSG_topic_formats, cli_formats, cli_nformats);
		return true;
	case 2:
		topic_environment(c);
		return true;
	case 3:
		gen_config_reference(c, c->env->out, c->lang);
		return true;
	case 4:
		help_glyphs(c, c->env->out);
		return true;
	default:
		return false;
	}
}

static const char *name_at(const void *ctx, size_t i)
{
	(void)ctx;
	return i < cli_ncmds ? help_lists(&cli_cmds[i]) ? cli_cmds[i].name : "" : topic_names[i - cli_ncmds];
}

static int unknown(struct cli *c, struct str name)
{
	struct str near = cli_nearest(name, name_at, NULL, cli_ncmds + countof(topic_names));

	return cli_error(c, CLI_FAILED, "E-COMMAND", MSG_err_topic, near.n > 0 ? MSG_fix_near : MSG_fix_commands,
		TR({ "name", name }, { "near", near }));
}

int cmd_help(struct cli *c)
{
	struct str name = c->args.n > 0 ? c->args.p[0] : S("");
	struct str sub = c->args.n > 1 ? c->args.p[1] : S("");
	const struct cli_cmd *cmd;

	if (cli_flag(c, "json")) {
		gen_json(c, c->env->out);
		return CLI_OK;
	}
	if (c->args.n == 0) {
		help_all(c, c->env->out);
		return CLI_OK;
	}
	if (c->args.n == 1 && topic(c, name)) {
		return CLI_OK;
	}
	if (c->args.n == 1 && cli_has_subs(name)) {
		help_group(c, c->env->out, name);
		return CLI_OK;
	}
	cmd = cli_cmd_find(name, sub);
	if (cmd == NULL || (cmd->sub == NULL && sub.n > 0)) {
		return unknown(c, sub.n > 0 ? str_printf(c->a, "%.*s %.*s", STRF(name), STRF(sub)) : name);
	}
	help_command(c, c->env->out, cmd, true);
	return CLI_OK;
}
