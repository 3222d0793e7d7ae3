/* The one table of commands and options. Parsing, -h, --help, help --json, man pages, completion and the reference of
 * settings are made from it (gen.c, complete.c), so none can say something else.
 *
 * A new command: its row here, cmd_<name>.c with its handler, HANDLER(name) in cli_int.h, the file in meson.build, and
 * its texts in i18n/en.yaml and i18n/ja.yaml. Then run the tests of show/cli with UPDATE=1 and read the difference. */
#include "show/cli/cli_int.h"

#define OPTS(...) .opts = (const struct cli_opt[]){ __VA_ARGS__ }, \
	.nopts = countof(((const struct cli_opt[]){ __VA_ARGS__ }))

const struct cli_opt cli_common[] = {
	{ .name = "dry-run", .needs = CLI_WRITES, .letter = 'n', .type = CLI_FLAG, .text = MSG_opt_dry_run },
	{ .name = "yes", .needs = CLI_WRITES, .letter = 'y', .type = CLI_FLAG, .text = MSG_opt_yes },
	{ .name = "no-input", .needs = CLI_WRITES, .type = CLI_FLAG, .text = MSG_opt_no_input },
	{ .name = "format", .needs = CLI_ROWS, .letter = 'f', .type = CLI_WORD, .arg = "FORMAT",
	  .words = "table plain json jsonl csv tsv", .config = "format", .text = MSG_opt_format },
	{ .name = "json", .needs = CLI_ROWS, .type = CLI_LIST, .arg = "FIELDS", .text = MSG_opt_json },
	{ .name = "columns", .needs = CLI_ROWS, .type = CLI_LIST, .arg = "FIELDS", .text = MSG_opt_columns },
	{ .name = "header", .needs = CLI_ROWS, .type = CLI_FLAG, .text = MSG_opt_header },
	{ .name = "bom", .needs = CLI_ROWS, .type = CLI_FLAG, .text = MSG_opt_bom },
	{ .name = "fields-help", .needs = CLI_ROWS, .type = CLI_FLAG, .text = MSG_opt_fields_help },
	{ .name = "store", .needs = CLI_CORE, .type = CLI_STR, .arg = "DIR", .config = "store",
	  .complete = CLI_DIR, .text = MSG_opt_store },
	{ .name = "config", .type = CLI_STR, .arg = "FILE", .env = "KOROBANU_CONFIG", .complete = CLI_FILE,
	  .text = MSG_opt_config },
	{ .name = "set", .letter = 'c', .type = CLI_LIST, .arg = "KEY=VALUE", .text = MSG_opt_set },
	{ .name = "lang", .type = CLI_WORD, .arg = "LANG", .words = "en ja auto", .config = "lang",
	  .text = MSG_opt_lang },
	{ .name = "color", .type = CLI_WORD, .arg = "WHEN", .words = "auto never always", .config = "color",
	  .text = MSG_opt_color },
	{ .name = "ascii", .type = CLI_FLAG, .config = "ascii", .text = MSG_opt_ascii },
	{ .name = "quiet", .letter = 'q', .type = CLI_FLAG, .text = MSG_opt_quiet },
	{ .name = "verbose", .letter = 'v', .type = CLI_FLAG, .text = MSG_opt_verbose },
};
const size_t cli_ncommon = countof(cli_common);

const struct cli_cmd cli_cmds[] = {
	{ .name = "fact", .sub = "kinds", .run = cmd_fact_kinds, .args = "[KIND]", .max = 1, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_kind, .text = MSG_cmd_fact_kinds, .more = MSG_cmd_fact_kinds_more,
	  .examples = { "korobanu fact kinds", "korobanu fact kinds service -f json" } },
	{ .name = "rule", .sub = "check", .run = cmd_rule_check, .args = "[RULE]", .max = 1, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_check, .text = MSG_cmd_rule_check, .more = MSG_cmd_rule_check_more,
	  .examples = { "korobanu rule check 'none(service where name == \"telnet\" over tcp:1-65535 from v1)'",
		  "korobanu rule check --file measure.rule" },
	  OPTS({ .name = "file", .type = CLI_STR, .arg = "FILE", .complete = CLI_FILE, .text = MSG_opt_file }) },
	{ .name = "config", .sub = "show", .run = cmd_config_show, .args = "[KEY]", .max = 1,
	  .flags = CLI_ROWS, .group = CLI_SYSTEM, .view = VIEW_config, .text = MSG_cmd_config_show,
	  .more = MSG_cmd_config_show_more,
	  .examples = { "korobanu config show --origin", "korobanu config show lang -f json" },
	  OPTS({ .name = "origin", .type = CLI_FLAG, .text = MSG_opt_origin }) },
	{ .name = "config", .sub = "test", .run = cmd_config_test, .args = "[FILE]", .max = 1, .complete = CLI_FILE,
	  .flags = CLI_BARE, .group = CLI_SYSTEM, .text = MSG_cmd_config_test,
	  .examples = { "korobanu config test", "korobanu config test ./korobanu.yaml" } },
	{ .name = "completion", .run = cmd_completion, .args = "SHELL", .min = 1, .max = 1, .flags = CLI_BARE,
	  .group = CLI_SYSTEM, .text = MSG_cmd_completion, .more = MSG_cmd_completion_more,
	  .examples = { "korobanu completion bash > /etc/bash_completion.d/korobanu",
		  "korobanu completion zsh > ~/.zfunc/_korobanu" } },
	{ .name = "help", .run = cmd_help, .args = "[COMMAND | TOPIC]", .max = 2, .complete = CLI_COMMANDS,
	  .flags = CLI_BARE, .group = CLI_SYSTEM, .text = MSG_cmd_help, .more = MSG_cmd_help_more,
	  .examples = { "korobanu help config show", "korobanu help exit-codes" },
	  OPTS({ .name = "json", .type = CLI_FLAG, .text = MSG_opt_help_json }) },
	{ .name = "version", .run = cmd_version, .args = "", .flags = CLI_BARE, .group = CLI_SYSTEM,
	  .text = MSG_cmd_version, .examples = { "korobanu version", "korobanu --version" } },
	{ .name = "__doc", .run = cmd_doc, .args = "DIR", .min = 1, .max = 1, .complete = CLI_DIR,
	  .flags = CLI_BARE | CLI_HIDDEN, .group = CLI_SYSTEM, .text = MSG_cmd_doc,
	  .examples = { "korobanu __doc build/doc", "korobanu __doc /tmp/doc" } },
};
const size_t cli_ncmds = countof(cli_cmds);

const struct cli_topic cli_exits[] = {
	{ "0", MSG_exit_0 }, { "1", MSG_exit_1 }, { "2", MSG_exit_2 }, { "3", MSG_exit_3 }, { "4", MSG_exit_4 },
	{ "5", MSG_exit_5 }, { "6", MSG_exit_6 }, { "7", MSG_exit_7 }, { "130", MSG_exit_130 }, { "143", MSG_exit_143 },
};
const size_t cli_nexits = countof(cli_exits);

const struct cli_topic cli_formats[] = {
	{ "table", MSG_format_table }, { "plain", MSG_format_plain }, { "json", MSG_format_json },
	{ "jsonl", MSG_format_jsonl }, { "csv", MSG_format_csv }, { "tsv", MSG_format_tsv },
};
const size_t cli_nformats = countof(cli_formats);

/* Besides one variable for every setting, which are listed with the settings. */
const struct cli_topic cli_environment[] = {
	{ "KOROBANU_CONFIG", MSG_env_config }, { "NO_COLOR", MSG_env_no_color },
	{ "CLICOLOR_FORCE", MSG_env_clicolor_force },
	{ "TERM", MSG_env_term }, { "COLUMNS", MSG_env_columns }, { "LC_ALL, LC_MESSAGES, LANG", MSG_env_lang },
	{ "TZ", MSG_env_tz }, { "XDG_CONFIG_HOME", MSG_env_xdg_config }, { "XDG_DATA_HOME", MSG_env_xdg_data },
};
const size_t cli_nenvironment = countof(cli_environment);

/* --- looking up -------------------------------------------------------------------------------------------------- */

static bool own_option(const struct cli_cmd *cmd, const struct cli_opt *common)
{
	for (size_t i = 0; i < cmd->nopts; i++) {
		if (str_eq(str_z(cmd->opts[i].name), str_z(common->name)) ||
		    (common->letter != 0 && cmd->opts[i].letter == common->letter)) {
			return true;
		}
	}
	return false;
}

bool cli_takes(const struct cli_cmd *cmd, const struct cli_opt *common)
{
	/* A command's own option of that name or letter stands in front of the shared one. */
	return (common->needs == 0 || (cmd->flags & common->needs) != 0) && !own_option(cmd, common);
}

const struct cli_cmd *cli_cmd_find(struct str name, struct str sub)
{
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];

		if (str_eq(name, str_z(cmd->name)) && (sub.n == 0 || str_eq(sub, str_z(cmd->sub)))) {
			return cmd;
		}
	}
	return NULL;
}

bool cli_has_subs(struct str name)
{
	const struct cli_cmd *cmd = cli_cmd_find(name, S(""));

	return cmd != NULL && cmd->sub != NULL;
}

struct str cli_cmd_title(struct arena *a, const struct cli_cmd *cmd)
{
	return str_printf(a, "%s%s%s", cmd->name, cmd->sub != NULL ? " " : "", cmd->sub != NULL ? cmd->sub : "");
}
