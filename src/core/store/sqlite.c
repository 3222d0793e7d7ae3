/* The SQLite engine: one file, WAL, synchronous=FULL, one connection in exclusive locking mode (so there is no
 * shared-memory file, and a second process gets ERR_BUSY instead of a half-written page).
 *
 * COMMIT writes the batch's pages to the log and syncs it; that is the acknowledgement. When that step fails the
 * frames may or may not be whole on the disk, and recovery after a restart decides: st->dead. Anything that fails
 * before COMMIT is rolled back and known. secure_delete overwrites what is replaced or deleted; after an erasure the
 * log is folded into the file and cut to nothing, because it holds older pages. */
#include "core/store/store_int.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_SIZE 8192
#define CHECKPOINT_PAGES 4096		/* 32 MiB of log before it is folded into the file */

struct stmt {
	sqlite3_stmt *s;
	u8 slot[STORE_ARGS_MAX];	/* SQLite's number of $1, $2 ...; 0 = not in the text */
};

struct lite {
	sqlite3 *db;
	char *path;			/* as given to SQLite */
	size_t cache;
	bool scratch;
	struct stmt stmts[Q_COUNT];
};

static int code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_CONSTRAINT:
		return ERR_EXISTS;
	case SQLITE_FULL:
		return ERR_NOSPACE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return ERR_DENIED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return ERR_INTEGRITY;
	case SQLITE_NOMEM:
	case SQLITE_TOOBIG:
		return ERR_NOMEM;
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_DATA || rc == SQLITE_IOERR_CORRUPTFS ? ERR_INTEGRITY :
			rc == SQLITE_IOERR_NOMEM ? ERR_NOMEM : ERR_IO;
	default:
		return ERR_IO;
	}
}

/* "Unable to open" is all SQLite says when its log cannot be made; the system, asked again, says why: a full disk, or one that
 * is read-only. An empty log left behind is none. */
static int why_no_log(const struct store *st)
{
	struct lite *l = st->e;
	char *log = NULL;
	int fd, e = 0;

	if (asprintf(&log, "%s-wal", l->path) < 0)
		return 0;
	fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
	else
		e = errno;
	free(log);
	return e;
}

static int fail_db(struct store *st, sqlite3 *db, int rc, const char *doing)
{
	u64 bad = store_vfs_bad_page();
	int e;

	if (rc == SQLITE_OK)
		return 0;
	if (rc == SQLITE_CANTOPEN && !st->read_only && (e = why_no_log(st)) != 0)
		return store_fail(st, err_from_errno(e), "%s: %s (SQLite %d)", doing, strerror(e), rc);
	if (rc == SQLITE_IOERR_DATA && bad != 0)
		return store_fail(st, ERR_INTEGRITY, "%s: page %llu of " STORE_FILE " has a wrong checksum", doing,
			(unsigned long long)bad);
	return store_fail(st, code_of(rc), "%s: %s (SQLite %d)", doing, db == NULL ? sqlite3_errstr(rc) :
		sqlite3_errmsg(db), rc);
}

static int fail(struct store *st, int rc, const char *doing)
{
	struct lite *l = st->e;

	return fail_db(st, l->db, rc, doing);
}

static int script(struct store *st, const char *sql)
{
	struct lite *l = st->e;
	int rc = sqlite3_exec(l->db, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return fail(st, rc, "changing the schema");
	return 0;
}

/* One statement of no table: a PRAGMA or a look at what is there, before anything is prepared. */
static int one_text(struct store *st, const char *sql, char *ret, size_t max)
{
	struct lite *l = st->e;
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(l->db, sql, -1, &s, NULL);

	ret[0] = '\0';
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		const unsigned char *t = sqlite3_column_text(s, 0);

		snprintf(ret, max, "%s", t == NULL ? "" : (const char *)t);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		(void)fail(st, rc, "opening the store");
	sqlite3_finalize(s);
	return rc == SQLITE_OK ? 0 : code_of(rc);
}

/* The file's mode is ours to set before SQLite makes it; its log takes the mode of the file. */
static int make_file(struct store *st, const char *path, const struct store_opts *opts)
{
	struct stat sb;
	int fd;

	if (stat(path, &sb) == 0)
		return S_ISREG(sb.st_mode) ? 0 : store_fail(st, ERR_INTEGRITY, "%s is no file", path);
	if (errno != ENOENT)
		return store_fail(st, err_from_errno(errno), "%s: %s", path, strerror(errno));
	if (opts->read_only || opts->no_create)
		return store_fail(st, ERR_NOTFOUND, "there is no store: %s does not exist", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return store_fail(st, err_from_errno(errno), "cannot make %s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int defend(struct store *st, const struct store_opts *opts)
{
	static const struct { int op, on; } switches[] = {
		{ .op = SQLITE_DBCONFIG_DEFENSIVE, .on = 1 },
		{ .op = SQLITE_DBCONFIG_TRUSTED_SCHEMA, .on = 0 },
		{ .op = SQLITE_DBCONFIG_ENABLE_FKEY, .on = 0 },
		{ .op = SQLITE_DBCONFIG_ENABLE_TRIGGER, .on = 0 },
		{ .op = SQLITE_DBCONFIG_ENABLE_VIEW, .on = 0 },
		{ .op = SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, .on = 0 },
		/* a file that turns out to be newer must not be changed when it is closed again; settle() takes this
		 * back */
		{ .op = SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, .on = 1 },
	};
	struct lite *l = st->e;
	char sql[320];

	l->scratch = opts->scratch;
	for (size_t i = 0; i < countof(switches); i++)
		(void)sqlite3_db_config(l->db, switches[i].op, switches[i].on, NULL);
	sqlite3_extended_result_codes(l->db, 1);
	sqlite3_busy_timeout(l->db, 2000);
	/* the locking mode first: what follows reads the file, and once it was read in normal mode there is a -shm */
	snprintf(sql, sizeof sql, "PRAGMA locking_mode=%s; PRAGMA cache_size=-%zu; PRAGMA mmap_size=0; "
		"PRAGMA temp_store=MEMORY; PRAGMA synchronous=%s; PRAGMA secure_delete=%s; "
		"PRAGMA wal_autocheckpoint=0; PRAGMA cell_size_check=ON",
		opts->read_only ? "NORMAL" : "EXCLUSIVE", l->cache / 1024, opts->scratch || opts->passing ? "OFF" : "FULL",
		opts->scratch ? "OFF" : "ON");
	return script(st, sql);
}

/* 0 tables is a store that was never begun; a database that is not ours is refused. */
static int read_version(struct store *st, u32 *ret)
{
	struct lite *l = st->e;
	char text[32];
	u64 version;
	int r, reserve = -1;

	if ((r = one_text(st, "SELECT count(*) FROM sqlite_master", text, sizeof text)) != 0)
		return r;
	if (strcmp(text, "0") == 0) {
		*ret = 0;
		return 0;
	}
	(void)sqlite3_file_control(l->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	if (reserve != STORE_VFS_RESERVE)
		return store_fail(st, ERR_INTEGRITY, "%s is a database, but no store of this program, or its head "
			"is damaged", l->path);
	if ((r = one_text(st, "SELECT count(*) FROM sqlite_master WHERE name = 'meta'", text, sizeof text)) != 0)
		return r;
	if (strcmp(text, "1") != 0)
		return store_fail(st, ERR_INTEGRITY, "%s is a database, but no store of this program", l->path);
	if ((r = one_text(st, "SELECT value FROM meta WHERE name = 'schema'", text, sizeof text)) != 0)
		return r;
	if (str_u64(str_z(text), UINT32_MAX, &version) != 0 || version == 0)
		return store_fail(st, ERR_INTEGRITY, "%s does not say which schema it has", l->path);
	*ret = (u32)version;
	return 0;
}

/* Reading makes no file: when there is no log, the database is whole by itself, and whoever holds the directory lock
 * may take it as unchanging. With a log left by a crash SQLite needs its index beside it. */
static int open_to_read(struct lite *l)
{
	struct stat sb;
	struct arena *a = arena_new(NULL, 0);
	struct buf uri = buf_new(a, 0);
	const char *wal = str_c(a, str_printf(a, "%s-wal", l->path));
	int rc;

	buf_z(&uri, "file:");
	for (const char *p = l->path; *p != '\0'; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(&uri, "%%%02x", (unsigned)*p);
		else
			buf_u8(&uri, (u8)*p);
	}
	if (stat(wal, &sb) != 0 || sb.st_size == 0)
		buf_z(&uri, "?immutable=1");
	rc = sqlite3_open_v2(str_c(a, buf_view(&uri)), &l->db,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, STORE_VFS);
	arena_free(a);
	return rc;
}

static int lite_open(struct store *st, const char *where, const struct store_opts *opts, u32 *ret_version)
{
	struct lite *l = calloc(1, sizeof *l);
	bool here = strcmp(where, ".") == 0 || where[0] == '\0';
	int r, rc;

	st->e = l;
	if (l == NULL || asprintf(&l->path, "%s%s" STORE_FILE, here ? "" : where, here ? "" : "/") < 0)
		return store_fail(st, ERR_NOMEM, "no memory");
	l->cache = opts->cache == 0 ? STORE_CACHE_DEFAULT : opts->cache;
	(void)store_vfs_sync_failed();
	if ((r = store_vfs_register()) != 0)
		return store_fail(st, r, "SQLite has no unix VFS");
	if (!opts->scratch && (r = make_file(st, l->path, opts)) != 0)
		return r;
	if (opts->scratch && sqlite3_temp_directory == NULL)	/* never freed: it is the process's */
		sqlite3_temp_directory = sqlite3_mprintf(".");
	rc = opts->scratch ? sqlite3_open_v2("", &l->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		STORE_VFS) : opts->read_only ? open_to_read(l) : sqlite3_open_v2(l->path, &l->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);
	if (rc != SQLITE_OK)
		return fail(st, rc, l->path);
	if ((r = defend(st, opts)) != 0)
		return r;
	return read_version(st, ret_version);
}

/* A new file: reserve and page size must stand before its first page; WAL is a property of the file from then on. */
static int lite_create(struct store *st)
{
	struct lite *l = st->e;
	int reserve = STORE_VFS_RESERVE;
	char sql[64], text[32];
	int r;

	if (l->scratch)
		return script(st, "PRAGMA journal_mode=OFF");
	(void)sqlite3_file_control(l->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	snprintf(sql, sizeof sql, "PRAGMA page_size=%d; PRAGMA auto_vacuum=NONE", PAGE_SIZE);
	if ((r = script(st, sql)) != 0 || (r = one_text(st, "PRAGMA journal_mode=WAL", text, sizeof text)) != 0)
		return r;
	return strcmp(text, "wal") == 0 ? 0 : store_fail(st, ERR_IO, "the file cannot be kept in WAL mode (it is in "
		"mode %s)", text);
}

static int lite_settle(struct store *st)
{
	struct lite *l = st->e;

	if (st->read_only)
		return 0;
	(void)sqlite3_db_config(l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	sqlite3_wal_autocheckpoint(l->db, CHECKPOINT_PAGES);
	return 0;
}

static const char *lite_redo_beside(struct store *st)
{
	struct lite *l = st->e;

	return l->path;
}

static int prepare_one(struct store *st, enum store_q q)
{
	struct lite *l = st->e;
	const struct store_query *query = &store_queries[q];
	struct stmt *s = &l->stmts[q];
	char name[8];
	int rc = sqlite3_prepare_v3(l->db, query->sql[STORE_SQLITE], -1, SQLITE_PREPARE_PERSISTENT, &s->s, NULL);

	if (rc != SQLITE_OK)
		return fail(st, rc, query->name);
	must(strlen(query->args) <= STORE_ARGS_MAX);
	for (size_t i = 0; query->args[i] != '\0'; i++) {
		snprintf(name, sizeof name, "$%zu", i + 1);
		s->slot[i] = (u8)sqlite3_bind_parameter_index(s->s, name);
	}
	return 0;
}

/* Statements are prepared when first asked for: a short command needs few of them, and all of them cost it more than
 * opening the store. */
static int lite_ready(struct store *st, enum store_q q)
{
	struct lite *l = st->e;

	return l->stmts[q].s != NULL ? 0 : prepare_one(st, q);
}

static int lite_prepare(struct store *st)
{
	return script(st, "CREATE TEMP TABLE my_zone (path TEXT NOT NULL)");
}

static void lite_close(struct store *st)
{
	struct lite *l = st->e;

	if (l == NULL)
		return;
	for (size_t i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(l->stmts[i].s);
	sqlite3_close(l->db);
	free(l->path);
	free(l);
}

static int lite_begin(struct store *st, bool write)
{
	struct lite *l = st->e;

	return fail(st, sqlite3_exec(l->db, write ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL),
		"beginning a transaction");
}

static void lite_rollback(struct store *st)
{
	struct lite *l = st->e;

	/* a full disk makes SQLite roll back by itself: then there is nothing left to end */
	if (!sqlite3_get_autocommit(l->db))
		(void)sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
}

/* Folding the log into the file may follow a COMMIT that is durable already: its failed sync takes nothing back, but
 * what the disk holds is not known any more, so this process ends and the next one folds again from the log. */
static void mind_syncs(struct store *st)
{
	if (store_vfs_sync_failed())
		st->dead = true;
}

static int lite_commit(struct store *st)
{
	struct lite *l = st->e;
	int rc = sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL);
	int r = fail(st, rc, "COMMIT");

	if (rc == SQLITE_OK) {
		mind_syncs(st);
		return 0;
	}
	lite_rollback(st);
	st->dead = true;
	return r;
}

static int set_synchronous(struct store *st, const char *how)
{
	struct lite *l = st->e;
	char sql[40];

	snprintf(sql, sizeof sql, "PRAGMA synchronous=%s", how);
	return fail(st, sqlite3_exec(l->db, sql, NULL, NULL, NULL), "beginning a transaction");
}

static int lite_begin_lazy(struct store *st)
{
	int r = set_synchronous(st, "NORMAL");

	return r != 0 ? r : lite_begin(st, true);
}

static int lite_commit_lazy(struct store *st)
{
	int r = lite_commit(st);

	return r != 0 ? r : set_synchronous(st, "FULL");
}

/* Whatever was committed stands in the log, or was folded from it into the file by steps that sync. */
static int lite_sync(struct store *st)
{
	struct lite *l = st->e;
	sqlite3_file *log = NULL;
	int rc = sqlite3_file_control(l->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);

	if (rc == SQLITE_OK && log != NULL && log->pMethods != NULL)
		rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	if (rc != SQLITE_OK)
		st->dead = true;
	return fail(st, rc, "making the log durable");
}

static int bind(struct store *st, struct stmt *s, enum store_q q, const struct store_val *args)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; args != NULL && rc == SQLITE_OK && store_queries[q].args[i] != '\0'; i++) {
		const struct store_val *v = &args[i];
		const char *p = v->s.p == NULL ? "" : v->s.p;	/* NULL would bind an SQL NULL */

		if (s->slot[i] == 0)
			continue;
		if (v->type == STORE_INT)
			rc = sqlite3_bind_int64(s->s, s->slot[i], v->i);
		else if (v->type == STORE_TEXT)
			rc = sqlite3_bind_text(s->s, s->slot[i], p, (int)v->s.n, SQLITE_STATIC);
		else
			rc = sqlite3_bind_blob(s->s, s->slot[i], p, (int)v->s.n, SQLITE_STATIC);
	}
	return fail(st, rc, store_queries[q].name);
}

static int lite_many(struct store *st, enum store_q q, const struct store_val *args, size_t rows, size_t *ret_bad,
	u64 *ret_changed)
{
	struct lite *l = st->e;
	struct stmt *s = &l->stmts[q];
	size_t nargs = strlen(store_queries[q].args);
	u64 changed = 0;
	int r = lite_ready(st, q);

	if (r != 0)
		return r;
	for (size_t i = 0; i < rows; i++) {
		int rc;

		r = bind(st, s, q, nargs == 0 ? NULL : args + i * nargs);
		rc = r == 0 ? sqlite3_step(s->s) : SQLITE_OK;
		if (r == 0 && rc != SQLITE_DONE)
			r = fail(st, rc, store_queries[q].name);
		sqlite3_reset(s->s);
		if (r != 0) {
			if (ret_bad != NULL)
				*ret_bad = i;
			return r;
		}
		changed += (u64)sqlite3_changes(l->db);
	}
	if (ret_changed != NULL)
		*ret_changed = changed;
	return 0;
}

static struct store_val column(sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		return VI(sqlite3_column_int64(s, i));
	case SQLITE_TEXT: {
		const void *p = sqlite3_column_text(s, i);

		return VT(str_of(p, (size_t)sqlite3_column_bytes(s, i)));
	}
	case SQLITE_BLOB: {
		const void *p = sqlite3_column_blob(s, i);

		return VB(str_of(p, (size_t)sqlite3_column_bytes(s, i)));
	}
	default:
		return (struct store_val){ .type = STORE_NULL };
	}
}

static int lite_query(struct store *st, enum store_q q, const struct store_val *args, store_row_fn *fn, void *ctx)
{
	struct lite *l = st->e;
	struct stmt *s = &l->stmts[q];
	struct store_val cols[STORE_COLS_MAX];
	int n, rc = SQLITE_DONE, r = lite_ready(st, q);

	if (r != 0)
		return r;
	n = sqlite3_column_count(s->s);
	must(n <= STORE_COLS_MAX);
	must(!sqlite3_stmt_busy(s->s));		/* a row function may not ask the question it is answering */
	r = bind(st, s, q, args);
	while (r == 0 && (rc = sqlite3_step(s->s)) == SQLITE_ROW) {
		for (int i = 0; i < n; i++)
			cols[i] = column(s->s, i);
		r = fn(ctx, cols, (size_t)n);
	}
	if (r == 0 && rc != SQLITE_DONE)
		r = fail(st, rc, store_queries[q].name);
	sqlite3_reset(s->s);
	sqlite3_clear_bindings(s->s);
	return r;
}

static void lite_scrub(struct store *st)
{
	struct lite *l = st->e;

	/* The erasure itself is durable; when the fold fails, the next checkpoint does it. */
	if (sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		log_debug("store: the log could not be cut after an erasure: %s", sqlite3_errmsg(l->db));
	mind_syncs(st);
}

static int check_row(void *ctx, int n, char **cols, char **names)
{
	struct store *st = ctx;

	(void)names;
	if (n != 1 || cols[0] == NULL || strcmp(cols[0], "ok") == 0)
		return 0;
	(void)store_fail(st, ERR_INTEGRITY, "%s", cols[0]);
	return 1;
}

static int lite_check(struct store *st)
{
	struct lite *l = st->e;
	u64 bad;
	int rc;

	/* From the disk, not from the cache: fold the log, forget the pages, then read every page once. */
	if (!st->read_only)
		(void)sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_db_release_memory(l->db);
	rc = sqlite3_exec(l->db, "PRAGMA integrity_check(1)", check_row, st, NULL);
	if (rc == SQLITE_ABORT)		/* our own words where a page is damaged; SQLite's where pages do not fit together */
		return (bad = store_vfs_bad_page()) == 0 ? ERR_INTEGRITY : store_fail(st, ERR_INTEGRITY,
			"page %llu of " STORE_FILE " has a wrong checksum", (unsigned long long)bad);
	return fail(st, rc, "reading every page");
}

int store_sync_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	int fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? err_from_errno(errno) : fsync(fd) != 0 ? err_from_errno(errno) : 0;

	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

static int copy_pages(struct store *st, sqlite3 *to)
{
	struct lite *l = st->e;
	sqlite3_backup *b;
	int rc;

	(void)sqlite3_exec(to, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; PRAGMA locking_mode=EXCLUSIVE",
		NULL, NULL, NULL);
	b = sqlite3_backup_init(to, "main", l->db, "main");
	if (b == NULL)
		return fail_db(st, to, sqlite3_errcode(to), "beginning the copy");
	do
		rc = sqlite3_backup_step(b, 1024);
	while (rc == SQLITE_OK);
	if (rc == SQLITE_DONE)
		rc = sqlite3_backup_finish(b);
	else
		(void)sqlite3_backup_finish(b);
	return fail_db(st, to, rc, "copying the store");
}

/* The copy grows under a second name and takes its own only when it is whole; durable: and synced, name and all. */
static int copy_to(struct store *st, const char *path, bool durable)
{
	sqlite3 *to = NULL;
	char *part = NULL;
	int fd, r, rc;

	if (asprintf(&part, "%s.part", path) < 0)
		return store_fail(st, ERR_NOMEM, "no memory");
	(void)unlink(part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = store_fail(st, err_from_errno(errno), "cannot make %s: %s", part, strerror(errno));
		free(part);
		return r;
	}
	rc = sqlite3_open_v2(part, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);
	r = rc != SQLITE_OK ? fail_db(st, to, rc, part) : copy_pages(st, to);
	sqlite3_close(to);
	if (r == 0 && durable && fsync(fd) != 0)
		r = store_fail(st, err_from_errno(errno), "%s: %s", part, strerror(errno));
	close(fd);
	/* link() is not for the sandbox */
	if (r == 0 && (rename(part, path) != 0 || (durable && store_sync_dir(path) != 0)))
		r = store_fail(st, err_from_errno(errno), "%s: %s", path, strerror(errno));
	if (r != 0)
		(void)unlink(part);
	free(part);
	return r;
}

static int lite_backup(struct store *st, const char *path)
{
	struct stat sb;

	if (lstat(path, &sb) == 0)
		return store_fail(st, ERR_EXISTS, "%s exists", path);
	return copy_to(st, path, false);
}

/* Beside the store: korobanu.db.before-N. One left by an earlier try is the same state, or newer than nothing: it is
 * made again. */
static int lite_backup_before(struct store *st, u32 version)
{
	struct lite *l = st->e;
	char *path = NULL;
	int r;

	if (asprintf(&path, "%s.before-%u", l->path, version + 1) < 0)
		return store_fail(st, ERR_NOMEM, "no memory");
	(void)unlink(path);
	r = copy_to(st, path, true);
	free(path);
	return r;
}

const struct store_engine store_engine_sqlite = {
	.name = "sqlite", .dialect = STORE_SQLITE,
	.open = lite_open, .settle = lite_settle, .create = lite_create, .prepare = lite_prepare, .ready = lite_ready,
	.close = lite_close,
	.begin = lite_begin, .commit = lite_commit, .rollback = lite_rollback,
	.redo_beside = lite_redo_beside, .begin_lazy = lite_begin_lazy, .commit_lazy = lite_commit_lazy, .sync = lite_sync,
	.script = script, .many = lite_many, .query = lite_query,
	.scrub = lite_scrub, .check = lite_check, .backup = lite_backup, .backup_before = lite_backup_before,
};
