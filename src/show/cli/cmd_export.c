/* export: facts with their sightings and evidence as one file that another store imports (doc/formats/export.md). */
#include "show/cli/ask.h"
#include "show/cli/register.h"
#include "show/cli/wholefile.h"

#include "base/err.h"

int cmd_export(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct wholefile f;
	int exit;

	if (cli_flag(c, "register")) {
		return register_export(c);
	}
	buf_blob(&b, cli_str(c, "run"));
	if ((exit = wholefile_open(c, &f, cli_str(c, "output"))) != CLI_OK) {
		return exit;
	}
	exit = ask_file(c, MSGS_EXPORT, buf_view(&b), &f);
	if (exit == CLI_OK && f.part != NULL) {
		cli_say(c, MSG_say_exported, TR({ "file", f.path }, { "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	}
	return exit;
}
