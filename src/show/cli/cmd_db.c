/* db backup, restore, check, migrate. */
#include "show/cli/ask.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

struct copy {
	int fd;
	u64 size;
	int err;
};

static int take_piece(void *arg, const struct msg *m)
{
	struct copy *f = arg;
	struct str s = m->body;

	while (s.n != 0) {
		ssize_t n = write(f->fd, s.p, s.n);

		if (n < 0 && errno != EINTR) {
			return f->err = err_from_errno(errno);
		}
		s = str_from(s, n > 0 ? (size_t)n : 0);
		f->size += n > 0 ? (u64)n : 0;
	}
	return 0;
}

/* The copy takes its name when it is whole and durable, and never that of another file. */
static int name_it(struct cli *c, const char *part, struct str path)
{
	const char *name = str_c(c->a, path), *slash = strrchr(name, '/');
	struct str dir = slash == NULL ? S(".") : slash == name ? S("/") : str_of(name, (size_t)(slash - name));
	AUTO_CLOSE int fd = open(str_c(c->a, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || renameat2(AT_FDCWD, part, AT_FDCWD, name, RENAME_NOREPLACE) != 0 || fsync(fd) != 0) {
		return cli_error_of(c, err_from_errno(errno), path);
	}
	return CLI_OK;
}

int cmd_db_backup(struct cli *c)
{
	struct str path = c->args.p[0];
	const char *part = str_c(c->a, str_printf(c->a, "%.*s.part", STRF(path)));
	struct copy f = { .fd = -1 };
	struct stat st;
	struct ask q;
	int exit, r;

	if (lstat(str_c(c->a, path), &st) == 0) {
		return cli_error_of(c, ERR_EXISTS, path);
	}
	(void)unlink(part);
	f.fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f.fd < 0) {
		return cli_error_of(c, err_from_errno(errno), path);
	}
	if ((exit = ask_open(c, &q)) == CLI_OK) {
		r = client_call(q.client, MSGS_BACKUP, S(""), take_piece, &f);
		exit = f.err != 0 ? cli_error_of(c, f.err, path) : r != 0 ? ask_failed(&q, r) : CLI_OK;
		exit = ask_close(&q, exit);
	}
	if (exit == CLI_OK && fsync(f.fd) != 0) {
		exit = cli_error_of(c, err_from_errno(errno), path);
	}
	close(f.fd);
	if (exit == CLI_OK) {
		exit = name_it(c, part, path);
	}
	if (exit != CLI_OK) {
		(void)unlink(part);
		return exit;
	}
	cli_say(c, MSG_say_backed_up, TR({ "file", path }, { "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	return CLI_OK;
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
