/* ledger consistency, export, anchor, rotate-key: what shows the ledger to others, and to us again later.
 *
 * Checkpoints that come from files are read by core, under its own keys; here their bytes are only carried. */
#include "show/cli/ask.h"
#include "show/cli/wholefile.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/rd.h"
#include "core/ledger/tile.h"
#include "show/cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTES_MAX ((size_t)60 * KiB)	/* of an anchor file: its end, some two hundred checkpoints */
#define MARK "\n# anchored "

/* ---- checkpoints in files ---- */

/* The file, or the end of it, from the first line on that begins a record. ERR_NOTFOUND, other ERR_*. */
static int read_notes(struct arena *a, const char *path, struct str *ret)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *to = arena_alloc(a, NOTES_MAX);
	struct stat st;
	struct str s;
	ptrdiff_t mark;
	off_t from;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0) {
		return err_from_errno(errno);
	}
	if (!S_ISREG(st.st_mode)) {
		return ERR_ARG;
	}
	from = st.st_size > (off_t)NOTES_MAX ? st.st_size - (off_t)NOTES_MAX : 0;
	n = pread(fd, to, NOTES_MAX, from);
	if (n < 0) {
		return err_from_errno(errno);
	}
	s = str_of(to, (size_t)n);
	if (from > 0) {
		mark = str_find(s, S(MARK));
		if (mark < 0) {
			return ERR_LIMIT;
		}
		s = str_from(s, (size_t)mark + 1);
	}
	*ret = s;
	return s.n == 0 ? ERR_MISSING : 0;
}

static struct str anchor_path(struct cli *c)
{
	const struct cli_setting *s = config_get(c, S("ledger.anchor"));

	return s != NULL && s->set ? s->value : S("");
}

static struct str body_of(struct cli *c, struct str notes, u64 size)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, notes);
	buf_u64(&b, size);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

int cmd_ledger_consistency(struct cli *c)
{
	struct str from = cli_has(c, "from") ? cli_str(c, "from") : anchor_path(c), notes = S("");
	u64 size = 0;
	int r;

	if (from.n == 0) {
		return cli_error(c, CLI_FAILED, "E-MISSING", MSG_err_no_anchor, MSG_fix_anchor, TR_NONE);
	}
	if (str_u64(from, (u64)INT64_MAX, &size) != 0 && (r = read_notes(c->a, str_c(c->a, from), &notes)) != 0) {
		return cli_error_of(c, r, from);
	}
	return ask_once(c, MSGS_CONSISTENCY, body_of(c, notes, size));
}

static int take_nothing(void *arg, const struct msg *m)
{
	(void)arg;
	(void)m;
	return 0;
}

/* What a file says already must lie behind the present head; a file that is not there says nothing. */
static int agrees(struct ask *q, const char *path)
{
	struct str notes;
	int r = read_notes(q->c->a, path, &notes);

	if (r == ERR_NOTFOUND || r == ERR_MISSING) {
		return CLI_OK;
	}
	if (r != 0) {
		return cli_error_of(q->c, r, str_z(path));
	}
	r = client_call(q->client, MSGS_CONSISTENCY, body_of(q->c, notes, 0), take_nothing, NULL);
	return r == 0 ? CLI_OK : ask_failed(q, r);
}

/* ---- anchor ---- */

struct head {
	struct arena *a;
	struct str note;
	i64 size;
};

static int take_head(void *arg, const struct msg *m)
{
	struct head *h = arg;
	struct view_row row;
	int r = view_decode(h->a, m->body, &row);

	if (r != 0 || row.view->number != VIEW_head) {
		return r != 0 ? r : ERR_PROTO;
	}
	h->note = row.v[VIEW_head_note].s;
	h->size = row.v[VIEW_head_size].i;
	return 0;
}

/* One write, so that a record is there whole or, after a power failure, is seen to be cut off. */
static int append(struct cli *c, struct str path, struct str record)
{
	AUTO_CLOSE int fd = open(str_c(c->a, path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, record.p, record.n);

	int r;

	if (n < 0 || (size_t)n != record.n || fsync(fd) != 0) {
		return cli_error_of(c, n >= 0 && (size_t)n != record.n ? ERR_NOSPACE : err_from_errno(errno), path);
	}
	r = wholefile_sync_names(c->a, str_c(c->a, path));	/* it may be new */
	return r == 0 ? CLI_OK : cli_error_of(c, r, path);
}

int cmd_ledger_anchor(struct cli *c)
{
	struct str path = c->args.n > 0 ? c->args.p[0] : anchor_path(c);
	struct head h = { .a = c->a };
	struct ask q;
	int exit, r;

	if (path.n == 0) {
		return cli_error(c, CLI_FAILED, "E-MISSING", MSG_err_no_anchor, MSG_fix_anchor, TR_NONE);
	}
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if ((exit = agrees(&q, str_c(c->a, path))) == CLI_OK) {
		r = client_call(q.client, MSGS_HEAD, S(""), take_head, &h);
		exit = r != 0 ? ask_failed(&q, r) : append(c, path, str_printf(c->a, "# anchored %.*s\n%.*s",
			STRF(utc_text(c->a, utc_now())), STRF(h.note)));
	}
	if ((exit = ask_close(&q, exit)) == CLI_OK) {
		cli_say(c, MSG_say_anchored, TR({ "file", path }, { "size", str_printf(c->a, "%jd",
			(intmax_t)h.size) }));
	}
	return exit;
}

int cmd_status(struct cli *c)
{
	struct str path = anchor_path(c), notes;
	struct buf lang = buf_new(c->a, 16);
	struct ask q;
	int r, exit = ask_open(c, &q);

	if (exit != CLI_OK) {
		return exit;
	}
	buf_u8(&lang, c->lang == LANG_ja);
	exit = ask_rows(&q, MSGS_STATUS, buf_view(&lang));
	if (exit == CLI_OK && path.n != 0) {
		r = read_notes(c->a, str_c(c->a, path), &notes);
		if (r == 0) {
			struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

			buf_blob(&b, notes);
			exit = ask_rows(&q, MSGS_ANCHOR, buf_view(&b));
		} else {
			exit = cli_error_of(c, r, path);
		}
	}
	return ask_close(&q, exit);
}

/* ---- export ---- */

/* Files are taken under another name, made durable together, and named last of all the checkpoint, so that whoever
 * reads the directory
 * finds all that the checkpoint needs. */
struct export {
	struct cli *c;
	int dir, fd;			/* of the file being written, -1: none */
	struct str path;
	size_t files;
	struct str failed;		/* what could not be written */
};

static int make_parents(struct export *e, const char *path)
{
	char part[TILE_PATH_MAX];

	for (const char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
		if (mkdirat(e->dir, part, 0755) != 0 && errno != EEXIST) {
			return err_from_errno(errno);
		}
	}
	return 0;
}

static int finish_file(struct export *e)
{
	const char *path = str_c(e->c->a, e->path), *part = str_c(e->c->a, str_printf(e->c->a, "%.*s.part",
		STRF(e->path)));
	bool last = str_eq(e->path, S("checkpoint"));
	int r = 0;

	/* All that was written is made durable by one sync of the file system; the checkpoint's name waits for it. */
	if (last && syncfs(e->dir) != 0) {
		r = err_from_errno(errno);
	}
	if (r == 0 && (renameat(e->dir, part, e->dir, path) != 0 || (last && fsync(e->dir) != 0))) {
		r = err_from_errno(errno);
	}
	close(e->fd);
	e->fd = -1;
	e->files++;
	return r;
}

static int write_piece(struct export *e, struct str path, struct str bytes, bool last)
{
	struct tile t;
	int r;

	if (!str_eq(path, S("checkpoint")) && tile_path_parse(path, &t) != 0) {
		return ERR_PROTO;	/* core names no other files, whatever it is made to say */
	}
	if (e->fd < 0) {
		const char *part = str_c(e->c->a, str_printf(e->c->a, "%.*s.part", STRF(path)));

		e->path = str_dup(e->c->a, path);
		if ((r = make_parents(e, part)) != 0) {
			return r;
		}
		e->fd = openat(e->dir, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (e->fd < 0) {
			return err_from_errno(errno);
		}
	} else if (!str_eq(path, e->path)) {
		return ERR_PROTO;
	}
	while (bytes.n != 0) {
		ssize_t n = write(e->fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR) {
			return err_from_errno(errno);
		}
		bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return last ? finish_file(e) : 0;
}

static int take_file(void *arg, const struct msg *m)
{
	struct export *e = arg;
	struct rd rd = rd_str(m->body);
	struct str path;
	u8 last;
	int r;

	if ((r = rd_blob(&rd, &path)) != 0 || (r = rd_u8(&rd, &last)) != 0) {
		return r;
	}
	if ((r = write_piece(e, path, str_of(rd.p, rd_left(&rd)), last != 0)) != 0) {
		e->failed = str_dup(e->c->a, path);
	}
	return r;
}

int cmd_ledger_export(struct cli *c)
{
	struct str dir = c->args.p[0];
	struct export e = { .c = c, .dir = -1, .fd = -1 };
	struct ask q;
	int exit, r;

	if (mkdir(str_c(c->a, dir), 0755) != 0 && errno != EEXIST) {
		return cli_error_of(c, err_from_errno(errno), dir);
	}
	e.dir = open(str_c(c->a, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e.dir < 0) {
		return cli_error_of(c, err_from_errno(errno), dir);
	}
	if ((exit = ask_open(c, &q)) == CLI_OK) {
		if ((exit = agrees(&q, str_c(c->a, str_printf(c->a, "%.*s/checkpoint", STRF(dir))))) == CLI_OK) {
			r = client_call(q.client, MSGS_EXPORT_LOG, S(""), take_file, &e);
			exit = e.failed.n != 0 ? cli_error_of(c, r, e.failed) : r != 0 ? ask_failed(&q, r) : CLI_OK;
		}
		exit = ask_close(&q, exit);
	}
	base_auto_close(&e.fd);
	close(e.dir);
	if (exit == CLI_OK) {
		cli_say(c, MSG_say_log_exported, TR({ "dir", dir }, { "n", str_printf(c->a, "%zu", e.files) }));
	}
	return exit;
}

/* ---- key ---- */

int cmd_ledger_rotate_key(struct cli *c)
{
	struct str answer, key;
	struct ask q;
	struct rd rd;
	u64 seq;
	int exit;

	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_dry_run, TR({ "what", S("{\"do\":\"ledger.key\"}") }));
		return CLI_OK;
	}
	if ((exit = cli_confirm(c, MSG_ask_rotate, TR_NONE)) != CLI_OK || (exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if ((exit = ask_bytes(&q, MSGS_ROTATE_KEY, S(""), &answer)) == CLI_OK) {
		rd = rd_str(answer);
		if (rd_u64(&rd, &seq) != 0 || rd_blob(&rd, &key) != 0) {
			exit = cli_error_of(c, ERR_PROTO, S("core"));
		} else {
			cli_say(c, MSG_say_key_rotated, TR({ "key", key }, { "seq", str_printf(c->a, "%ju",
				(uintmax_t)seq) }));
		}
	}
	return ask_close(&q, exit);
}
