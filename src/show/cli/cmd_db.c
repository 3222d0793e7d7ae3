/* db backup, restore, settle, check, migrate. */
#include "show/cli/ask.h"
#include "show/cli/wholefile.h"

#include "base/err.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int cmd_db_check(struct cli *c)
{
	return ask_once(c, MSGS_CHECK, S(""));
}

int cmd_db_migrate(struct cli *c)
{
	return ask_once(c, MSGS_SCHEMA, S(""));
}

/* The copy takes its name when it is whole and durable, and never that of another file. */
int cmd_db_backup(struct cli *c)
{
	struct str path = c->args.p[0];
	struct wholefile f;
	struct stat st;
	int exit;

	if (lstat(str_c(c->a, path), &st) == 0) {
		return cli_error_of(c, ERR_EXISTS, path);
	}
	if ((exit = wholefile_open(c, &f, path)) != CLI_OK) {
		return exit;
	}
	f.fresh = true;
	if ((exit = ask_file(c, MSGS_BACKUP, S(""), &f)) == CLI_OK) {
		cli_say(c, MSG_say_backed_up, TR({ "file", path }, { "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	}
	return exit;
}

/* The copy is put where the next core looks, and that core is started: it checks the copy and lets it take the
 * store's place. */
int cmd_db_restore(struct cli *c)
{
	struct str path = c->args.p[0], dir = cli_store(c);
	AUTO_CLOSE int fd = open(str_c(c->a, path), O_RDONLY | O_CLOEXEC);
	struct super *s;
	struct ask q;
	int exit, r;

	if (fd < 0) {
		return cli_error_of(c, err_from_errno(errno), path);
	}
	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_would_restore, TR({ "file", path }, { "dir", dir }));
		return CLI_OK;
	}
	if (cli_flag(c, "replace") && (exit = cli_confirm(c, MSG_ask_restore, TR({ "dir", dir }))) != CLI_OK) {
		return exit;
	}
	if ((r = super_new(NULL, &s)) != 0) {
		return cli_error_of(c, r, S("korobanu"));
	}
	r = super_place_restore(s, str_c(c->a, dir), fd, cli_flag(c, "replace"));
	if (r != 0) {
		exit = r == ERR_EXISTS ? cli_error(c, CLI_REFUSED, "E-EXISTS", MSG_err_store_there, MSG_fix_replace,
			TR({ "dir", dir })) :
			cli_error_of(c, r, dir);
		super_free(s);
		return exit;
	}
	super_free(s);
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	exit = ask_rows(&q, MSGS_CHECK, S(""));
	if ((exit = ask_close(&q, exit)) == CLI_OK) {
		cli_say(c, MSG_say_restored, TR({ "file", path }, { "dir", dir }));
	}
	return exit;
}

int cmd_db_settle(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	u64 epoch;
	int r = str_u64(c->args.p[0], UINT32_MAX, &epoch);

	if (r != 0) {
		return cli_error_of(c, r, c->args.p[0]);
	}
	jw_obj(&w);
	jw_kstr(&w, "do", S("restore.settle"));
	jw_kint(&w, "epoch", (i64)epoch);
	jw_kstr(&w, "why", cli_str(c, "why"));
	jw_end(&w);
	return ask_record(c, buf_view(&b), MSG_say_settled);
}
