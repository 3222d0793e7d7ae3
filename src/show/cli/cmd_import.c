/* import FILE: facts of another store, or written by hand. The file is a stranger's: this process hands its bytes on unread, role parse
 * reads them, core says what they may do.
 *
 * The file is read twice (core/msg/import.h): first it is checked and its rejects are listed, then, if core wants it, its facts are
 * recorded. What cannot be read twice (a pipe) is kept in an unnamed file meanwhile. */
#include "show/cli/ask.h"
#include "show/cli/register.h"
#include "show/cli/wholefile.h"

#include "base/err.h"
#include "core/msg/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct import {
	struct cli *c;
	struct ask *q;
	struct str path, network, key, rejects_to;	/* rejects_to: "" = beside the file */
	bool strict, dry_run;
	int fd, copy;			/* copy: of what cannot be read twice, else -1 */
	struct wholefile rejects;
	bool rejects_open;
	struct import_told told;
	int exit;			/* of this reading, CLI_OK when it ended well */
	bool ended;
};

/* ---- the file ---- */

static int keep(struct import *im, const char *p, size_t n)
{
	while (n != 0) {
		ssize_t done = write(im->copy, p, n);

		if (done < 0 && errno != EINTR) {
			return err_from_errno(errno);
		}
		p += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}

static int send_bytes(struct import *im)
{
	static char piece[32 * KiB];
	ssize_t n;
	struct msg m = { .type = MSGS_IMPORT_BYTES, .fd = -1 };
	int r = 0;

	do {
		n = read(im->fd, piece, sizeof piece);
	} while (n < 0 && errno == EINTR);
	if (n < 0 || (im->copy >= 0 && (r = keep(im, piece, (size_t)n)) != 0)) {
		im->exit = cli_error_of(im->c, r != 0 ? r : err_from_errno(errno), im->path);
		return 1;
	}
	m.body = str_of(piece, (size_t)n);
	return super_send(im->q->super, ROLE_PARSE, &m);
}

static int open_file(struct import *im)
{
	char name[] = "/tmp/korobanu-import-XXXXXX";

	im->copy = -1;
	im->fd = str_eq(im->path, S("-")) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(str_c(im->c->a, im->path), O_RDONLY | O_CLOEXEC);
	if (im->fd < 0) {
		return cli_error_of(im->c, err_from_errno(errno), im->path);
	}
	if (lseek(im->fd, 0, SEEK_SET) == 0) {
		return CLI_OK;
	}
	im->copy = mkostemp(name, O_CLOEXEC);
	if (im->copy < 0) {
		int exit = cli_error_of(im->c, err_from_errno(errno), str_z(name));

		close(im->fd);
		return exit;
	}
	(void)unlink(name);
	return CLI_OK;
}

static int read_again(struct import *im)
{
	if (im->copy >= 0) {
		close(im->fd);
		im->fd = im->copy;
		im->copy = -1;
	}
	return lseek(im->fd, 0, SEEK_SET) == 0 ? CLI_OK : cli_error_of(im->c, err_from_errno(errno), im->path);
}

/* ---- rejects ---- */

static int put_reject(struct import *im, const struct view_row *row)
{
	struct str path = im->rejects_to;

	if (!im->rejects_open) {
		path = path.n != 0 ? path : str_eq(im->path, S("-")) ? S("import.rejects.jsonl") :
			str_printf(im->c->a, "%.*s.rejects.jsonl", STRF(im->path));
		if ((im->exit = wholefile_open(im->c, &im->rejects, path)) != CLI_OK) {
			return 1;
		}
		im->rejects_open = true;
	}
	if (wholefile_reject(&im->rejects, row->v[VIEW_reject_line].i, row->v[VIEW_reject_reason].s) != 0) {
		im->exit = cli_error_of(im->c, im->rejects.err, im->rejects.path);
		return 1;
	}
	if (im->rejects.size < 512) {		/* the first few to the person too */
		cli_say(im->c, MSG_say_reject, TR({ "file", im->path }, { "reason", row->v[VIEW_reject_reason].s },
			{ "line", str_printf(im->c->a, "%jd", (intmax_t)row->v[VIEW_reject_line].i) }));
	}
	return 0;
}

/* ---- one reading ---- */

static int finish(struct import *im, const struct msg *m)
{
	struct str body = str_dup(im->c->a, m->body), text;
	struct rd rd = rd_str(body);
	int code;

	im->ended = true;
	if ((m->flags & MSG_FAILED) != 0) {
		if (msg_failed_read(m, &code, &text) != 0) {
			return ERR_PROTO;
		}
		im->exit = cli_error(im->c, cli_exit_of(code), "E-IMPORT", MSG_err_core, MSG_NONE,
			TR({ "reason", cli_reason(im->c, code) }, { "text", str_dup(im->c->a, text) }));
		return 1;
	}
	return import_told_read(&rd, &im->told) == 0 && rd_done(&rd) == 0 ? 1 : ERR_PROTO;
}

static int on_msg(void *arg, enum role from, const struct msg *m)
{
	struct import *im = arg;
	struct arena *a;
	struct view_row row;
	int r;

	if (from != ROLE_PARSE) {
		return ERR_PROTO;
	}
	if (m->type == MSGS_IMPORT_MORE) {
		return send_bytes(im);
	}
	if ((m->flags & MSG_LAST) != 0) {
		return finish(im, m);
	}
	a = arena_new(NULL, 0);
	r = view_decode(a, m->body, &row);
	if (r == 0) {
		r = row.view->number == VIEW_reject ? put_reject(im, &row) : ERR_PROTO;
	}
	arena_free(a);
	return r;
}

static int reading(struct import *im, const struct import_ask *ask)
{
	struct super_calls calls = { .on_msg = on_msg, .arg = im };
	struct buf b = buf_new(im->c->a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_IMPORT, .id = 1, .fd = -1 };
	int r;

	import_ask_write(&b, ask);
	m.body = buf_view(&b);
	im->ended = false;
	if ((r = super_send(im->q->super, ROLE_PARSE, &m)) != 0) {
		return cli_error_of(im->c, r, S("parse"));
	}
	r = super_run(im->q->super, &calls);
	if (r == ERR_CANCELED) {
		return super_signal(im->q->super) == 15 ? CLI_TERMINATED : CLI_INTERRUPTED;
	}
	return r == 1 ? im->exit : cli_error_of(im->c, r, im->path);
}

/* ---- the whole of it ---- */

static struct str number(struct cli *c, u64 n)
{
	return str_printf(c->a, "%ju", (uintmax_t)n);
}

static int usable(struct import *im)
{
	struct str key = im->key;

	if (key.n != 0 && !str_eq(key, im->told.key)) {
		return cli_error(im->c, CLI_INTEGRITY, "E-KEY", MSG_err_import_key, MSG_NONE, TR({ "file", im->path }));
	}
	if (im->told.rejected != 0 && im->strict) {
		return cli_error(im->c, CLI_FORMAT, "E-STRICT", MSG_err_import_strict, MSG_NONE, TR({ "file", im->path },
			{ "n", number(im->c, im->told.rejected) }));
	}
	if (im->told.facts == 0) {
		return cli_error(im->c, CLI_FORMAT, "E-FORMAT", MSG_err_import_nothing, MSG_NONE, TR({ "file", im->path }));
	}
	return CLI_OK;
}

static int record(struct import *im)
{
	struct buf b = buf_new(im->c->a, LIMIT_MSG_BODY), end = buf_new(im->c->a, 256);
	struct import_ask ask = { .put = true, .strict = im->strict, .network = im->network };
	struct import_told checked = im->told;
	struct str answer;
	struct rd rd;
	u8 done, believed;
	int exit;

	import_told_write(&b, &im->told);
	buf_blob(&b, im->network);
	buf_u8(&b, im->key.n != 0);
	if ((exit = ask_bytes(im->q, MSGS_IMPORT_BEGIN, buf_view(&b), &answer)) != CLI_OK) {
		return exit;
	}
	rd = rd_str(answer);
	if (rd_u8(&rd, &done) != 0 || rd_u8(&rd, &believed) != 0 || rd_blob(&rd, &ask.id) != 0 || rd_u32(&rd, &ask.chunk) != 0) {
		return cli_error_of(im->c, ERR_PROTO, S("core"));
	}
	if (done != 0) {
		cli_say(im->c, MSG_say_imported_before, TR({ "file", im->path }));
		return CLI_OK;
	}
	if ((exit = read_again(im)) != CLI_OK || (exit = reading(im, &ask)) != CLI_OK) {
		return exit;
	}
	if (memcmp(checked.sha256, im->told.sha256, sizeof checked.sha256) != 0) {
		return cli_error(im->c, CLI_FAILED, "E-CHANGED", MSG_err_import_changed, MSG_NONE, TR({ "file", im->path }));
	}
	buf_blob(&end, ask.id);
	if ((exit = ask_bytes(im->q, MSGS_IMPORT_END, buf_view(&end), NULL)) != CLI_OK) {
		return exit;
	}
	cli_say(im->c, MSG_say_imported, TR({ "file", im->path }, { "n", number(im->c, im->told.facts) },
		{ "evidence", number(im->c, im->told.evidence) }));
	if (believed != 0) {
		cli_say(im->c, MSG_say_believed, TR({ "key", checked.key }, { "file", im->path }));
	} else {
		cli_say(im->c, MSG_say_not_believed, TR({ "file", im->path }));
	}
	if (im->told.dropped != 0) {
		cli_say(im->c, MSG_say_evidence_dropped, TR({ "n", number(im->c, im->told.dropped) }));
	}
	return CLI_OK;
}

static int with_parse(struct import *im)
{
	struct import_ask ask = { .strict = im->strict, .network = im->network };
	int exit, r = super_spawn(im->q->super, ROLE_PARSE);
	bool partial;

	if (r != 0) {
		return cli_error_of(im->c, r, S("parse"));
	}
	exit = reading(im, &ask);
	if (im->rejects_open) {
		int written = wholefile_end(im->c, &im->rejects, CLI_OK);

		exit = exit != CLI_OK ? exit : written;
	}
	if (exit != CLI_OK || (exit = usable(im)) != CLI_OK) {
		return exit;
	}
	partial = im->told.rejected != 0;
	if (im->dry_run) {
		cli_say(im->c, MSG_say_would_import, TR({ "file", im->path }, { "n", number(im->c, im->told.facts) },
			{ "rejected", number(im->c, im->told.rejected) }));
	} else {
		exit = record(im);
	}
	if (exit == CLI_OK && partial) {
		cli_say(im->c, MSG_say_rejects, TR({ "n", number(im->c, im->told.rejected) }, { "file", im->rejects.path }));
	}
	return exit == CLI_OK && partial ? CLI_PARTIAL : exit;
}

int import_bytes(struct ask *q, struct str bytes, struct str name)
{
	struct import im = { .c = q->c, .q = q, .path = name, .fd = -1, .strict = true };
	char path[] = "/tmp/korobanu-import-XXXXXX";
	int exit, r;

	im.copy = mkostemp(path, O_CLOEXEC);
	if (im.copy < 0) {
		return cli_error_of(q->c, err_from_errno(errno), str_z(path));
	}
	(void)unlink(path);
	r = keep(&im, bytes.p, bytes.n);
	exit = r != 0 ? cli_error_of(q->c, r, str_z(path)) : CLI_OK;
	im.fd = im.copy;
	im.copy = -1;
	if (exit == CLI_OK && lseek(im.fd, 0, SEEK_SET) != 0) {
		exit = cli_error_of(q->c, err_from_errno(errno), str_z(path));
	}
	exit = exit == CLI_OK ? with_parse(&im) : exit;
	close(im.fd);
	return exit;
}

int cmd_import(struct cli *c)
{
	struct ask q;
	struct import im = { .c = c, .q = &q, .path = c->args.p[0], .network = cli_str(c, "network"), .key = cli_str(c, "key"),
		.rejects_to = cli_str(c, "rejects"), .strict = cli_flag(c, "strict"), .dry_run = cli_flag(c, "dry-run") };
	int exit = register_meant(c) ? -1 : open_file(&im);

	if (exit < 0) {
		return register_import(c);
	}
	if (exit != CLI_OK) {
		return exit;
	}
	if ((exit = ask_open(c, &q)) == CLI_OK) {
		exit = ask_close(&q, with_parse(&im));
	}
	close(im.fd);
	if (im.copy >= 0) {
		close(im.copy);
	}
	return exit;
}
