/* ledger head, ls, prove, verify; erase. */
#include "show/cli/ask.h"

#include "base/err.h"
#include "base/rd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int cmd_ledger_head(struct cli *c)
{
	struct ask q;
	int exit = ask_open(c, &q);

	if (exit != CLI_OK) {
		return exit;
	}
	q.cards = true;
	return ask_close(&q, ask_rows(&q, MSGS_HEAD, S("")));
}

int cmd_ledger_ls(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_u64(&b, (u64)cli_int(c, "from"));
	buf_u32(&b, (u32)cli_int(c, "limit"));
	return ask_once(c, MSGS_ENTRIES, buf_view(&b));
}

int cmd_ledger_verify(struct cli *c)
{
	return ask_once(c, MSGS_CHECK, S(""));
}

/* ---- prove: the bundle goes to a temporary name and is there whole, or not at all ---- */

struct file {
	int fd;
	u64 size;
	int err;
};

static int take_piece(void *arg, const struct msg *m)
{
	struct file *f = arg;
	struct str s = m->body;

	while (s.n != 0) {
		ssize_t n = write(f->fd, s.p, s.n);

		if (n < 0 && errno != EINTR) {
			f->err = err_from_errno(errno);
			return f->err;
		}
		s = str_from(s, n > 0 ? (size_t)n : 0);
		f->size += n > 0 ? (u64)n : 0;
	}
	return 0;
}

int cmd_ledger_prove(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct str path = cli_str(c, "output");
	const char *name = str_c(c->a, path), *part = str_c(c->a, str_printf(c->a, "%.*s.part", STRF(path)));
	struct file f = { .fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) };
	struct ask q;
	int exit, r;

	if (f.fd < 0) {
		return cli_error_of(c, err_from_errno(errno), path);
	}
	buf_blob(&b, c->args.n > 0 ? c->args.p[0] : S(""));
	if ((exit = ask_open(c, &q)) == CLI_OK) {
		r = client_call(q.client, MSGS_PROVE, buf_view(&b), take_piece, &f);
		exit = f.err != 0 ? cli_error_of(c, f.err, path) : r != 0 ? ask_failed(&q, r) : CLI_OK;
		exit = ask_close(&q, exit);
	}
	if (exit == CLI_OK && (fsync(f.fd) != 0 || rename(part, name) != 0)) {
		exit = cli_error_of(c, err_from_errno(errno), path);
	}
	close(f.fd);
	if (exit != CLI_OK) {
		(void)unlink(part);
		return exit;
	}
	cli_say(c, MSG_say_proved, TR({ "file", path }, { "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	return CLI_OK;
}

int cmd_erase(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct str answer;
	struct ask q;
	struct rd rd;
	u64 from, to;
	u32 parts;
	int exit;

	buf_blob(&b, c->args.p[0]);
	buf_blob(&b, c->args.n > 1 ? c->args.p[1] : S(""));
	buf_u8(&b, cli_flag(c, "all"));
	buf_blob(&b, cli_str(c, "basis"));
	buf_blob(&b, cli_str(c, "why"));
	buf_u8(&b, cli_flag(c, "dry-run"));
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if ((exit = ask_bytes(&q, MSGS_ERASE, buf_view(&b), &answer)) == CLI_OK) {
		rd = rd_str(answer);
		if (rd_u64(&rd, &from) != 0 || rd_u64(&rd, &to) != 0 || rd_u32(&rd, &parts) != 0) {
			exit = cli_error_of(c, ERR_PROTO, S("core"));
		} else if (cli_flag(c, "dry-run")) {
			cli_say(c, MSG_say_would_erase, TR({ "n", str_printf(c->a, "%u", parts) }));
		} else {
			cli_say(c, MSG_say_erased, TR({ "n", str_printf(c->a, "%u", parts) },
				{ "seq", from == to ? str_printf(c->a, "%ju", (uintmax_t)from) :
					str_printf(c->a, "%ju-%ju", (uintmax_t)from, (uintmax_t)to) }));
		}
	}
	return ask_close(&q, exit);
}
