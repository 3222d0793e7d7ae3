/* Small entries, acknowledged at the price of one sync.
 *
 * A COMMIT writes every page its batch touches, and an entry of one fact touches some twenty, in as many trees. So the
 * rows of a small batch are first written down as one record, and synced: that acknowledges it. They go into the
 * database when the store is asked next, in a transaction that stays open for the small entries behind it, and reach
 * the disk there with the next COMMIT.
 *
 *   korobanu.db-redo   record, record ... ; what lies behind is zeros, or records older than the database's head
 *   record             u64 sum of all that follows and of its place | u32 bytes of all that follows | u64 seq | 32 bytes root before it |
 *                      group, group ...
 *   group              u8 n, n bytes: name of a query | u32 rows | each row's arguments: i64, or u32 n and n bytes
 *
 * Invariants: a record counts only while the database's head is the one it was built on (seq and root), so reading the
 * file again from its beginning does every entry once. It is begun anew only when all that it holds is durable in the
 * database: behind a COMMIT that was synced, and every COMMIT of another kind of batch is. What could refuse a batch is
 * asked before its record is written (commit.c).
 * Danger: after a record was synced its entry exists, whatever befalls its rows: an error there ends the process, and
 * the next one reads the file. A failed sync leaves open whether the entry exists, as a failed COMMIT does. What is
 * erased must not stay here: erasures take the other road, and fill the file with zeros behind their COMMIT. */
#include "core/store/store_int.h"

#include "base/log.h"
#include "base/rd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REDO_BYTES (1 * MiB)		/* of the file, written once, so that a record changes nothing but its bytes */
#define HEAD_BYTES (8 + 4 + 8 + STORE_HASH)

struct redo {
	char *path;
	int fd;				/* -1: no file yet */
	bool off;			/* it could not be made, or not be written: every batch takes the other road */
	bool open;			/* a transaction holds rows of records */
	unsigned small;			/* entries so far, while there is no file */
	size_t at, end;			/* where the next record begins; where the furthest ended */
	struct arena *a;		/* of the record that is not in the database yet */
	struct str pending;		/* its groups; "" none */
};

/* ---- writing rows down ---- */

void redo_put(struct buf *b, enum store_q q, const struct store_val *args, size_t rows)
{
	struct str name = str_z(store_queries[q].name);
	size_t n = strlen(store_queries[q].args) * rows;

	if (rows == 0)
		return;
	buf_u8(b, (u8)name.n);
	buf_str(b, name);
	buf_u32(b, (u32)rows);
	for (size_t i = 0; i < n; i++) {
		if (args[i].type == STORE_INT)
			buf_i64(b, args[i].i);
		else
			buf_blob(b, args[i].s);
	}
}

/* ---- and into the database ---- */

static int find_query(struct str name, enum store_q *ret)
{
	for (int q = 0; q < Q_COUNT; q++) {
		if (str_eq(name, str_z(store_queries[q].name))) {
			*ret = (enum store_q)q;
			return 0;
		}
	}
	return ERR_UNKNOWN;
}

static int take_args(struct rd *rd, const char *types, size_t rows, struct store_val *to)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rows; i++) {
		for (const char *t = types; r == 0 && *t != '\0'; t++, to++) {
			*to = (struct store_val){ .type = *t == 'i' ? STORE_INT : *t == 't' ? STORE_TEXT : STORE_BLOB };
			r = *t == 'i' ? rd_i64(rd, &to->i) : rd_blob(rd, &to->s);
		}
	}
	return r;
}

static int run_group(struct store *st, struct arena *a, struct rd *rd)
{
	struct store_val *args;
	enum store_q q;
	struct str name;
	size_t nargs;
	u32 rows;
	u8 n;

	if (rd_u8(rd, &n) != 0 || rd_bytes(rd, n, &name) != 0 || rd_u32(rd, &rows) != 0 || find_query(name, &q) != 0)
		return ERR_UNKNOWN;
	nargs = strlen(store_queries[q].args);
	if (rows > rd_left(rd) || (args = arena_try(a, (rows * nargs + 1) * sizeof *args)) == NULL)
		return ERR_LIMIT;
	if (take_args(rd, store_queries[q].args, rows, args) != 0)
		return ERR_TRUNC;
	return st->engine->many(st, q, args, rows, NULL, NULL);
}

static int run_groups(struct store *st, struct arena *a, struct str groups)
{
	struct rd rd = rd_str(groups);
	int r = 0;

	while (r == 0 && rd_left(&rd) > 0)
		r = run_group(st, a, &rd);
	return r;
}

static int begin(struct store *st)
{
	int r = st->redo->open ? 0 : st->engine->begin_lazy(st);

	st->redo->open = st->redo->open || r == 0;
	return r;
}

int redo_apply(struct store *st)
{
	struct redo *x = st->redo;
	int r;

	if (x == NULL || x->pending.n == 0)
		return 0;
	if ((r = begin(st)) == 0)
		r = run_groups(st, x->a, x->pending);
	if (r != 0) {
		st->dead = true;
		return st->why[0] != '\0' ? r : store_fail(st, r, "an entry of " STORE_FILE "-redo cannot be taken: %s", err_text(r));
	}
	x->pending = S("");
	arena_reset(x->a);
	return 0;
}

int redo_settle(struct store *st)
{
	int r = redo_apply(st);

	if (r != 0 || st->redo == NULL || !st->redo->open)
		return r;
	st->redo->open = false;
	return st->engine->commit_lazy(st);
}

void redo_durable(struct store *st)
{
	if (st->redo != NULL)
		st->redo->at = 0;
}

/* All that the file holds is in the database, and on the disk there. */
static int renew(struct store *st)
{
	int r = redo_settle(st);

	if (r == 0 && st->redo->at != 0)
		r = st->engine->sync(st);
	if (r == 0)
		st->redo->at = 0;
	return r;
}

/* ---- the file ---- */

static int file_sync(struct store *st)
{
	struct redo *x = st->redo;
	int e = store_vfs_told(STORE_VFS_SYNC, x->path, 0, S(""));

	if (e == 0 && fdatasync(x->fd) == 0)
		return 0;
	st->dead = true;
	return store_fail(st, ERR_IO, "%s cannot be made durable: %s", x->path, strerror(e != 0 ? e : errno));
}

static int file_write(struct redo *x, size_t at, struct str bytes)
{
	int e = store_vfs_told(STORE_VFS_WRITE, x->path, at, bytes);
	ssize_t n;

	while (e == 0 && bytes.n > 0) {
		n = pwrite(x->fd, bytes.p, bytes.n, (off_t)at);
		if (n < 0 && errno != EINTR)
			e = errno;
		if (n > 0) {
			at += (size_t)n;
			bytes = str_from(bytes, (size_t)n);
		}
	}
	return e == 0 ? 0 : err_from_errno(e);
}

/* No room for it is no error: entries then take the other road. */
static bool file_make(struct store *st)
{
	struct redo *x = st->redo;
	struct str zeros = str_of(arena_alloc(st->scratch, REDO_BYTES), REDO_BYTES);

	if (store_vfs_told(STORE_VFS_OPEN, x->path, 0, S("")) == 0)
		x->fd = open(x->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	x->off = x->fd < 0 || file_write(x, 0, zeros) != 0 || store_vfs_told(STORE_VFS_SYNC, x->path, 0, S("")) != 0 ||
		fsync(x->fd) != 0 || store_sync_dir(x->path) != 0;
	return !x->off;
}

void redo_scrub(struct store *st)
{
	struct redo *x = st->redo;

	if (x == NULL || x->fd < 0 || x->end == 0)
		return;
	/* Not synced: whoever finds the file after a power failure reads it as old, and removes it. */
	if (file_write(x, 0, str_of(arena_alloc(st->scratch, x->end), x->end)) != 0)
		log_error("%s may still hold what was erased: %s", x->path, strerror(errno));
	else
		x->end = 0;
}

/* ---- a small entry ---- */

bool redo_wants(struct store *st)
{
	struct redo *x = st->redo;

	return x != NULL && !x->off && (x->fd >= 0 || (++x->small >= st->redo_after && file_make(st)));
}

int redo_begin(struct store *st, u64 seq, const u8 root[STORE_HASH], struct buf *ret)
{
	struct redo *x = st->redo;
	int r = x->at + REDO_RECORD > REDO_BYTES ? renew(st) : 0;

	if (r != 0)
		return r;
	arena_reset(x->a);
	*ret = buf_new(x->a, REDO_RECORD);
	buf_u64(ret, 0);
	buf_u32(ret, 0);
	buf_u64(ret, seq);
	buf_bytes(ret, root, STORE_HASH);
	return 0;
}

int redo_commit(struct store *st, struct buf *b)
{
	struct redo *x = st->redo;
	struct str record = buf_view(b);
	u8 *p = b->p;
	int r = buf_done(b);

	if (r != 0)
		return ERR_LIMIT;
	for (int i = 0; i < 4; i++)
		p[8 + i] = (u8)((record.n - 12) >> (24 - 8 * i));
	for (u64 sum = store_sum(p + 8, record.n - 8, x->at), i = 0; i < 8; i++)
		p[i] = (u8)(sum >> (56 - 8 * i));
	if (file_write(x, x->at, record) != 0) {
		x->off = true;		/* it is not whole there, so it is no entry */
		return ERR_LIMIT;
	}
	if ((r = file_sync(st)) != 0)
		return r;
	x->at += record.n;
	x->end = x->at > x->end ? x->at : x->end;
	x->pending = str_from(record, HEAD_BYTES);
	return 0;
}

/* ---- opening and closing ---- */

/* The groups of the record that begins there, when it is whole and of this head; *ret_n = its bytes, 0 at the end. */
static struct str look(struct str file, size_t at, const struct store_head *head, size_t *ret_n)
{
	struct rd rd = rd_str(str_from(file, at));
	struct str rest, root;
	u64 sum, seq;
	u32 n;

	*ret_n = 0;
	if (rd_u64(&rd, &sum) != 0 || rd_u32(&rd, &n) != 0 || n < HEAD_BYTES - 12 || n > REDO_RECORD || rd_bytes(&rd, n, &rest) != 0 ||
	    store_sum((const u8 *)file.p + at + 8, 4 + n, at) != sum)
		return S("");
	rd = rd_str(rest);
	if (rd_u64(&rd, &seq) != 0 || rd_bytes(&rd, STORE_HASH, &root) != 0)
		return S("");
	*ret_n = 12 + n;
	return seq == head->first + head->size && memcmp(root.p, head->root, STORE_HASH) == 0 ? str_from(rest, HEAD_BYTES - 12) : S("");
}

static int replay(struct store *st, struct str file, u64 *ret_entries)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_head head = { 0 };
	size_t n = 1;
	int r = 0;

	*ret_entries = 0;
	for (size_t at = 0; r == 0 && n != 0; at += n) {
		struct str groups;

		arena_reset(a);
		if ((r = store_first(st, a, Q_HEAD_GET, NULL, fill_head, sizeof head, &head)) == ERR_NOTFOUND)
			r = 0;		/* nothing was ever recorded there */
		if (r != 0)
			break;
		groups = look(file, at, &head, &n);
		if (groups.n != 0 && (r = begin(st)) == 0 && (r = run_groups(st, a, groups)) == 0)
			(*ret_entries)++;
	}
	arena_free(a);
	return r;
}

static int read_all(struct store *st, const char *path, struct str *ret)
{
	struct buf b = buf_new(st->scratch, REDO_BYTES);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	u8 piece[16384];
	ssize_t n = 0;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOTFOUND : err_from_errno(errno);
	while ((n = read(fd, piece, sizeof piece)) > 0 && buf_done(&b) == 0)
		buf_bytes(&b, piece, (size_t)n);
	close(fd);
	if (n < 0 || buf_done(&b) != 0)
		return n < 0 ? ERR_IO : ERR_INTEGRITY;
	*ret = buf_view(&b);
	return 0;
}

/* What a process before this one acknowledged and had no time to take into the database. */
static int take_old(struct store *st)
{
	struct redo *x = st->redo;
	struct str file;
	u64 entries;
	int r = read_all(st, x->path, &file);

	if (r == ERR_NOTFOUND)
		return 0;
	if (r == 0 && (r = replay(st, file, &entries)) == 0) {
		x->at = file.n;
		r = renew(st);
	}
	if (r != 0)
		return st->why[0] != '\0' ? r : store_fail(st, r, "%s holds entries that cannot be taken into the store: %s", x->path, err_text(r));
	if (entries != 0)
		log_debug("%ju entries were taken from %s", (uintmax_t)entries, x->path);
	(void)store_vfs_told(STORE_VFS_DELETE, x->path, 0, S(""));
	(void)unlink(x->path);
	return 0;
}

int redo_open(struct store *st, const char *path)
{
	struct redo *x = calloc(1, sizeof *x);

	st->redo = x;
	if (x == NULL || asprintf(&x->path, "%s-redo", path) < 0)
		return store_fail(st, ERR_NOMEM, "no memory");
	x->fd = -1;
	x->pending = S("");
	x->a = arena_new(NULL, 0);
	return take_old(st);
}

void redo_close(struct store *st)
{
	struct redo *x = st->redo;

	if (x == NULL)
		return;
	/* What cannot be written now stays in the file for the next process. */
	if (x->fd >= 0 && !st->dead && renew(st) == 0) {
		(void)store_vfs_told(STORE_VFS_DELETE, x->path, 0, S(""));
		(void)unlink(x->path);
	}
	if (x->fd >= 0)
		close(x->fd);
	arena_free(x->a);
	free(x->path);
	free(x);
	st->redo = NULL;
}
