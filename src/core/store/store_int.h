/* Inside the store: what stands between the named operations and the two engines.
 *
 * An engine runs prepared statements of queries.tbl; it knows no operation. Its functions return ERR_* and leave the
 * words in st->why (store_fail). Values travel as struct store_val, never NULL. */
#ifndef CORE_STORE_STORE_INT_H
#define CORE_STORE_STORE_INT_H

#include "base/buf.h"
#include "core/store/store.h"

enum store_dialect { STORE_SQLITE, STORE_PG, STORE_DIALECTS };

enum store_q {
#define Q(name, args, sql) Q_##name,
#define Q2(name, args, sqlite, pg) Q_##name,
#define QZ(name, args, sql) Q_##name,
#define Q2Z(name, args, sqlite, pg) Q_##name,
#include "core/store/queries.tbl"
#undef Q
#undef Q2
#undef QZ
#undef Q2Z
	Q_COUNT
};

#define STORE_ARGS_MAX 16
#define STORE_COLS_MAX 16

struct store_query {
	const char *name;
	const char *args;		/* 'i' integer, 't' text, 'b' bytes */
	const char *sql[STORE_DIALECTS];
	bool zoned;			/* $1 is the zone flag */
};
extern const struct store_query store_queries[Q_COUNT];

enum store_type { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB };
struct store_val {
	enum store_type type;
	i64 i;
	struct str s;
};
#define VI(v) ((struct store_val){ .type = STORE_INT, .i = (i64)(v) })
#define VT(v) ((struct store_val){ .type = STORE_TEXT, .s = (v) })
#define VB(v) ((struct store_val){ .type = STORE_BLOB, .s = (v) })

/* One row; what it points to ends with the call. A result other than 0 ends the query and is returned. */
typedef int store_row_fn(void *ctx, const struct store_val *cols, size_t n);

struct store_engine {
	const char *name;
	enum store_dialect dialect;
	/* Opens without changing anything: *ret_version = 0 for a store that does not exist yet. */
	int (*open)(struct store *st, const char *where, const struct store_opts *opts, u32 *ret_version);
	int (*settle)(struct store *st);	/* after the version was found good: may write from here */
	const char *(*redo_beside)(struct store *st);	/* the file beside which a redo log is kept; NULL: none is */
	int (*create)(struct store *st);	/* before the first migration of a new store, outside a transaction */
	int (*prepare)(struct store *st);	/* my_zone; statements here or when first asked for */
	int (*ready)(struct store *st, enum store_q q);	/* prepares q where that is not done; for tests */
	void (*close)(struct store *st);
	int (*begin)(struct store *st, bool write);
	int (*commit)(struct store *st);	/* sets st->dead when the outcome is not known */
	void (*rollback)(struct store *st);
	/* An engine with a redo log: a transaction whose COMMIT need not be durable, and what makes durable all that was committed. */
	int (*begin_lazy)(struct store *st);
	int (*commit_lazy)(struct store *st);
	int (*sync)(struct store *st);
	int (*script)(struct store *st, const char *sql);
	/* Runs q for `rows` rows of arguments standing one after another; *ret_bad (may be NULL) is the row that
	 * failed, *ret_changed (may be NULL) how many rows of the store were changed. */
	int (*many)(struct store *st, enum store_q q, const struct store_val *args, size_t rows, size_t *ret_bad,
		u64 *ret_changed);
	int (*query)(struct store *st, enum store_q q, const struct store_val *args, store_row_fn *fn, void *ctx);
	void (*scrub)(struct store *st);	/* after an erasure: no old copy stays behind where we can help it */
	int (*check)(struct store *st);
	int (*backup)(struct store *st, const char *path);
	int (*backup_before)(struct store *st, u32 version);	/* the copy made before a migration */
};
extern const struct store_engine store_engine_sqlite;
/* A library of its own, there where a program links it: libpq brings twenty others, which would cost every start of
 * every role more than all the rest of it. */
extern const struct store_engine store_engine_pg __attribute__((weak));

struct store {
	const struct store_engine *engine;
	void *e;			/* the engine's own */
	struct arena *scratch;		/* reset by each operation */
	u32 version;
	bool read_only;
	unsigned redo_after;		/* store_opts.redo_after where it counts */
	bool dead;
	bool in_snapshot;
	bool zoned;			/* my_zone counts */
	struct redo *redo;		/* NULL: every batch is a transaction of its own */
	struct buf *record;		/* rows are written down here instead of being put (commit.c) */
	char why[256];
};

/* Sets st->why and returns code. */
int store_fail(struct store *st, int code, const char *fmt, ...) PRINTF(3, 4);
/* What every operation asks first: 0, or ERR_IO when dead. Empties why and scratch. */
int store_enter(struct store *st) MUST_USE;
int store_enter_write(struct store *st) MUST_USE;	/* also ERR_DENIED when read-only; must() no snapshot */
/* Arguments hold what both engines take: text is UTF-8 without NUL, integers fit. */
int store_args_ok(struct store *st, enum store_q q, const struct store_val *args, size_t rows) MUST_USE;
int store_run(struct store *st, enum store_q q, const struct store_val *args) MUST_USE;	/* one row, result ignored */
int store_ask(struct store *st, enum store_q q, const struct store_val *args, store_row_fn *fn, void *ctx) MUST_USE;
/* A query of one integer: *ret is left alone when there is no row. */
int store_ask_int(struct store *st, enum store_q q, const struct store_val *args, i64 *ret, bool *ret_found) MUST_USE;
i64 store_pos(u64 seq, u32 idx);

/* A row being taken apart: sticky error (ERR_INTEGRITY for a type or length that cannot be, ERR_NOMEM). */
struct store_cols {
	struct arena *a;
	const struct store_val *v;
	size_t n, i;
	int err;
};
u64 col_u64(struct store_cols *c);
u32 col_u32(struct store_cols *c);
struct utc col_utc(struct store_cols *c);
struct str col_text(struct store_cols *c);
struct str col_blob(struct store_cols *c);
void col_hash(struct store_cols *c, u8 to[STORE_HASH]);

/* Collects rows into one array of the arena; `size` bytes an element, filled by `fill`. */
struct store_rows {
	struct store_cols c;
	void (*fill)(struct store_cols *c, void *row);
	size_t size;
	void *p;
	size_t n, cap;
};
int store_collect(struct store *st, struct arena *a, enum store_q q, const struct store_val *args,
	void (*fill)(struct store_cols *c, void *row), size_t size, void **ret, size_t *ret_n) MUST_USE;
/* The first row alone: ERR_NOTFOUND. */
int store_first(struct store *st, struct arena *a, enum store_q q, const struct store_val *args,
	void (*fill)(struct store_cols *c, void *row), size_t size, void *ret) MUST_USE;
int store_taken(struct store *st, const struct store_cols *c) MUST_USE;	/* the error of a row, in words */

void fill_head(struct store_cols *c, void *row);
void fill_entry(struct store_cols *c, void *row);
void fill_checkpoint(struct store_cols *c, void *row);
void fill_erased(struct store_cols *c, void *row);
void fill_items(struct store_cols *c, void *row);
void fill_evidence(struct store_cols *c, void *row);
void fill_asset(struct store_cols *c, void *row);
void fill_state(struct store_cols *c, void *row);
void fill_claim(struct store_cols *c, void *row);
void fill_expiry(struct store_cols *c, void *row);
void fill_shared(struct store_cols *c, void *row);
void fill_verdict(struct store_cols *c, void *row);
void fill_change(struct store_cols *c, void *row);
void fill_text(struct store_cols *c, void *row);
void fill_object(struct store_cols *c, void *row);
void fill_bytes(struct store_cols *c, void *row);	/* struct str */
void fill_words(struct store_cols *c, void *row);	/* struct str, of a text column */

/* ---- schema steps ---- */
struct store_migration {
	u32 to;				/* the version after it; they count up by one */
	const char *sql[STORE_DIALECTS];
};
extern const struct store_migration store_migrations[];
extern const size_t store_migrations_n;
/* What SQL cannot do: runs inside the transaction of step `to`, after its SQL. Statements are not prepared yet. */
struct store_move {
	u32 from, to;
	int (*fn)(struct store *st);
};
struct store_schema {
	const struct store_migration *steps;
	size_t n;
	const struct store_move *moves;
	size_t nmoves;
};
/* store_open with another list of steps; tests make older and newer programs with it. */
int store_open_schema(const char *where, const struct store_opts *opts, const struct store_schema *schema,
	struct store **ret,
	struct perr *reterr) MUST_USE;

/* ---- the SQLite file layer (vfs.c) ---- */
enum store_vfs_op { STORE_VFS_OPEN, STORE_VFS_WRITE, STORE_VFS_SYNC, STORE_VFS_TRUNCATE, STORE_VFS_DELETE,
	STORE_VFS_CLOSE };
/* For tests: told of every change of a file before it is made. Result: 0 to go on, or the errno it fails with.
 * After STORE_VFS_DELETE with n = 1 and after a new file's first sync the directory is synced as well. */
struct store_vfs_hooks {
	int (*before)(void *ctx, enum store_vfs_op op, const char *name, u64 off, const void *bytes, size_t n);
	void *ctx;
};
void store_vfs_set_hooks(const struct store_vfs_hooks *hooks);	/* NULL: none, as in production */
int store_vfs_told(enum store_vfs_op op, const char *name, u64 off, struct str bytes);	/* tells the hooks: 0 or an errno */
#define STORE_VFS "korobanu"
#define STORE_VFS_RESERVE 8		/* bytes at the end of each page: its checksum */
int store_vfs_register(void) MUST_USE;
u64 store_vfs_bad_page(void);		/* 1 + the page whose checksum failed last, 0 = none; cleared by reading */
bool store_vfs_sync_failed(void);	/* since the last call */
u64 store_sum(const u8 *p, size_t n, u64 page);	/* never 0 */
int store_sync_dir(const char *path);	/* the directory that holds it */

/* ---- small entries (redo.c); all of them legal where st->redo is NULL ---- */
#define REDO_RECORD (64 * KiB)
int redo_open(struct store *st, const char *path) MUST_USE;	/* and takes what an earlier process left beside `path` */
void redo_close(struct store *st);
bool redo_wants(struct store *st);
/* A record is begun, its rows are put down, and when redo_commit returns 0 the entry is durable. ERR_LIMIT: it is none, and takes
 * the other road. */
int redo_begin(struct store *st, u64 seq, const u8 root[STORE_HASH], struct buf *ret) MUST_USE;
void redo_put(struct buf *b, enum store_q q, const struct store_val *args, size_t rows);
int redo_commit(struct store *st, struct buf *b) MUST_USE;
int redo_apply(struct store *st) MUST_USE;	/* the rows of the last one into the database */
int redo_settle(struct store *st) MUST_USE;	/* and their transaction ended */
void redo_durable(struct store *st);		/* a COMMIT was synced: the file is begun anew */
void redo_scrub(struct store *st);

#endif
