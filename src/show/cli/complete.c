/* Completion for bash and zsh, written from the table. Both complete nouns, verbs, options, the words of an option,
 * files and directories; neither runs the program while the user types. */
#include "show/cli/out.h"

#include <string.h>

static const char *complete_action(const struct cli_opt *opt)
{
	return opt->complete == CLI_DIR ? "d" : opt->complete == CLI_FILE ? "f" : "";
}

static void names_of_commands(FILE *f, struct str noun)
{
	const char *before = "";

	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];

		if (!help_lists(cmd) || (noun.n > 0 && (cmd->sub == NULL || !str_eq(noun, str_z(cmd->name)))) ||
			(noun.n == 0 && strcmp(before, cmd->name) == 0)) {
			continue;
		}
		before = cmd->name;
		fprintf(f, "%s ", noun.n > 0 ? cmd->sub : cmd->name);
	}
}

static void bash_options(FILE *f, const struct cli_cmd *cmd)
{
	for (size_t i = 0; i < cmd->nopts; i++) {
		fprintf(f, "--%s ", cmd->opts[i].name);
	}
	for (size_t i = 0; i < cli_ncommon; i++) {
		if (cli_takes(cmd, &cli_common[i])) {
			fprintf(f, "--%s ", cli_common[i].name);
		}
	}
	fputs("--help", f);
}

static void bash_value(FILE *f, const struct cli_opt *opt)
{
	if (opt->type == CLI_FLAG) {
		return;
	}
	fprintf(f, "\t--%s", opt->name);
	if (opt->letter != 0) {
		fprintf(f, "|-%c", opt->letter);
	}
	if (opt->words != NULL) {
		fprintf(f, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", opt->words);
	} else if (complete_action(opt)[0] != 0) {
		fprintf(f, ") COMPREPLY=($(compgen -%s -- \"$cur\")); return ;;\n", complete_action(opt));
	} else {
		fputs(") return ;;\n", f);
	}
}

void gen_bash(struct cli *c, FILE *f)
{
	fputs("# bash completion of korobanu, generated from its table of commands\n_korobanu()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=() w\n"
	      "\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do [[ $w == -* ]] || words+=(\"$w\"); done\n"
	      "\tcase \"${words[0]-} ${words[1]-} $prev\" in\n",
		f);
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];

		for (size_t k = 0; help_lists(cmd) && k < cmd->nopts; k++) {
			const struct cli_opt *opt = &cmd->opts[k];

			if (opt->type != CLI_FLAG && opt->words != NULL) {
				fprintf(f, "\t\"%s %s --%s\") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
					cmd->name, cmd->sub != NULL ? cmd->sub : "", opt->name, opt->words);
			}
		}
	}
	fputs("\tesac\n\tcase $prev in\n", f);
	for (size_t i = 0; i < cli_ncommon; i++) {
		bash_value(f, &cli_common[i]);
	}
	fputs("\tesac\n\tcase \"${words[0]-} ${words[1]-}\" in\n", f);
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];

		if (help_lists(cmd)) {
			fprintf(f, "\t\"%s %s\"%s) w='", cmd->name, cmd->sub != NULL ? cmd->sub : "",
				cmd->sub != NULL ? "" : "*");
			bash_options(f, cmd);
			fprintf(f, "' ;;\n");
		}
	}
	for (size_t i = 0; i < cli_ncmds; i++) {
		if (cli_cmds[i].sub != NULL && (i == 0 || strcmp(cli_cmds[i - 1].name, cli_cmds[i].name) != 0)) {
			fprintf(f, "\t\"%s \"*) w='", cli_cmds[i].name);
			names_of_commands(f, str_z(cli_cmds[i].name));
			fputs("' ;;\n", f);
		}
	}
	fputs("\t*) w='", f);
	names_of_commands(f, S(""));
	fputs("' ;;\n\tesac\n\tif [[ $w == --* && $cur != -* ]]; then\n\t\tCOMPREPLY=($(compgen -f -- "
	      "\"$cur\"))\n\telse\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$w\" -- \"$cur\"))\n\tfi\n}\ncomplete -o filenames -F _korobanu "
	      "korobanu\n",
		f);
	(void)c;
}

/* A text inside single quotes and brackets of an _arguments specification. */
static void zsh_text(FILE *f, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'') {
			fputs("'\\''", f);
		} else if (s.p[i] == '[' || s.p[i] == ']' || s.p[i] == ':' || s.p[i] == '\\') {
			fprintf(f, "\\%c", s.p[i]);
		} else {
			fputc(s.p[i], f);
		}
	}
}

static void zsh_option(struct cli *c, FILE *f, const struct cli_opt *opt, bool letter)
{
	fputs(" \\\n\t\t\t'", f);
	if (letter) {
		fprintf(f, "-%c", opt->letter);
	} else {
		fprintf(f, "--%s%s", opt->name, opt->type == CLI_FLAG ? "" : "=");
	}
	fputc('[', f);
	zsh_text(f, tr_text(c->lang, opt->text));
	fputc(']', f);
	if (opt->type != CLI_FLAG) {
		fprintf(f, ":%s:", opt->arg != NULL ? opt->arg : "");
		if (opt->words != NULL) {
			fprintf(f, "(%s)", opt->words);
		} else if (opt->complete != CLI_ANY) {
			fputs(opt->complete == CLI_DIR ? "_files -/" : "_files", f);
		}
	}
	fputc('\'', f);
	if (!letter && opt->letter != 0) {
		zsh_option(c, f, opt, true);
	}
}

static void zsh_command(struct cli *c, FILE *f, const struct cli_cmd *cmd)
{
	fprintf(f, "\t\"%s %s\"%s)\n\t\t_arguments", cmd->name, cmd->sub != NULL ? cmd->sub : "",
		cmd->sub != NULL ? "" : "*");
	for (size_t i = 0; i < cmd->nopts; i++) {
		zsh_option(c, f, &cmd->opts[i], false);
	}
	for (size_t i = 0; i < cli_ncommon; i++) {
		if (cli_takes(cmd, &cli_common[i])) {
			zsh_option(c, f, &cli_common[i], false);
		}
	}
	fputs(" '*: :_files' ;;\n", f);
}

void gen_zsh(struct cli *c, FILE *f)
{
	fputs("#compdef korobanu\n# zsh completion of korobanu, generated from its table of commands\n_korobanu()\n{\n"
	      "\tlocal -a plain\n\tplain=(${${words[2,CURRENT-1]}:#-*})\n\tcase \"${plain[1]} ${plain[2]}\" in\n",
		f);
	for (size_t i = 0; i < cli_ncmds; i++) {
		if (help_lists(&cli_cmds[i])) {
			zsh_command(c, f, &cli_cmds[i]);
		}
	}
	for (size_t i = 0; i < cli_ncmds; i++) {
		if (cli_cmds[i].sub != NULL && (i == 0 || strcmp(cli_cmds[i - 1].name, cli_cmds[i].name) != 0)) {
			fprintf(f, "\t\"%s \"*) compadd ", cli_cmds[i].name);
			names_of_commands(f, str_z(cli_cmds[i].name));
			fputs(";;\n", f);
		}
	}
	fputs("\t*) compadd ", f);
	names_of_commands(f, S(""));
	fputs(";;\n\tesac\n}\n_korobanu \"$@\"\n", f);
}
