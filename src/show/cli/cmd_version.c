/* version: what this program is, in one line; with -v what it was built with. */
#include "show/cli/cli_int.h"

int cmd_version(struct cli *c)
{
	fprintf(c->env->out, "korobanu %s\n", KOROBANU_VERSION);
	cli_note(c, MSG_say_build, TR({ "compiler", S(__VERSION__) }, { "standard", S("C17") }));
	return CLI_OK;
}
