/* completion: prints the completion of a shell. */
#include "show/cli/cli_int.h"

int cmd_completion(struct cli *c)
{
	struct str shell = c->args.p[0];

	if (str_eq(shell, S("bash"))) {
		gen_bash(c, c->env->out);
	} else if (str_eq(shell, S("zsh"))) {
		gen_zsh(c, c->env->out);
	} else {
		return cli_error(c, CLI_FAILED, "E-ARGS", MSG_err_shell, MSG_fix_words,
			TR({ "value", shell }, { "words", S("bash zsh") }));
	}
	return CLI_OK;
}
