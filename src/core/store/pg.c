/* The PostgreSQL engine: one connection, statements prepared by name, values in binary form (int8, text, bytea),
 * batches in pipeline mode. An advisory lock held by the session keeps a second writer out.
 *
 * COMMIT is durable with synchronous_commit=on, which is set here whatever the server's default. When the connection
 * is lost during COMMIT, nobody knows: st->dead.
 * An erasure leaves old row versions until VACUUM removes them: scrub runs it on the tables an erasure touches. The
 * server's write-ahead log and backups are the administrator's to expire. */
#include "core/store/store_int.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_KEY "6011253841"		/* any number, the same in every version */
#define PIPELINE_ROWS 256		/* between two syncs: their answers must fit the socket's buffer */
#define OID_BOOL 16
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_INT4 23
#define OID_TEXT 25

struct pg {
	PGconn *c;
};

static PGconn *conn(struct store *st)
{
	struct pg *p = st->e;

	return p->c;
}

static int code_of(const char *state)
{
	static const struct { const char *prefix; int code; } codes[] = {
		{ "23505", ERR_EXISTS }, { "53100", ERR_NOSPACE }, { "53200", ERR_NOMEM }, { "55P03", ERR_BUSY }, {
			"57014", ERR_TIMEOUT },
		{ "42501", ERR_DENIED }, { "25006", ERR_DENIED }, { "28", ERR_DENIED }, { "22", ERR_ARG }, { "40",
		ERR_BUSY },
		{ "XX00", ERR_INTEGRITY },
	};

	for (size_t i = 0; state != NULL && i < countof(codes); i++)
		if (strncmp(state, codes[i].prefix, strlen(codes[i].prefix)) == 0)
			return codes[i].code;
	return ERR_IO;
}

/* The first line of what libpq or the server said. */
static int fail(struct store *st, const PGresult *res, const char *doing)
{
	const char *state = res == NULL ? NULL : PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = res == NULL ? PQerrorMessage(conn(st)) : PQresultErrorMessage(res);

	return store_fail(st, code_of(state), "%s: %.*s", doing, (int)strcspn(text, "\n"), text);
}

static int script(struct store *st, const char *sql)
{
	PGresult *res = PQexec(conn(st), sql);
	ExecStatusType s = PQresultStatus(res);
	int r = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK ? 0 : fail(st, res, "PostgreSQL");

	PQclear(res);
	return r;
}

static int one_text(struct store *st, const char *sql, char *ret, size_t max)
{
	PGresult *res = PQexec(conn(st), sql);
	int r = 0;

	ret[0] = '\0';
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		r = fail(st, res, "opening the store");
	else if (PQntuples(res) > 0 && PQnfields(res) > 0)
		snprintf(ret, max, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	return r;
}

static void be_quiet(void *ctx, const PGresult *res)
{
	(void)ctx;
	(void)res;
}

static int read_version(struct store *st, u32 *ret)
{
	char text[32];
	u64 version;
	int r = one_text(st, "SELECT to_regclass('meta') IS NOT NULL", text, sizeof text);

	if (r != 0)
		return r;
	if (strcmp(text, "t") != 0) {
		*ret = 0;
		return 0;
	}
	if ((r = one_text(st, "SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'schema'", text,
		sizeof text)) != 0)
		return r;
	if (str_u64(str_z(text), UINT32_MAX, &version) != 0 || version == 0)
		return store_fail(st, ERR_INTEGRITY, "the database does not say which schema it has");
	*ret = (u32)version;
	return 0;
}

static int pg_open(struct store *st, const char *where, const struct store_opts *opts, u32 *ret_version)
{
	struct pg *p = calloc(1, sizeof *p);
	char text[32];
	int r;

	st->e = p;
	if (p == NULL)
		return store_fail(st, ERR_NOMEM, "no memory");
	p->c = PQconnectdb(where);
	if (PQstatus(p->c) != CONNECTION_OK)
		return fail(st, NULL, "connecting");
	PQsetNoticeReceiver(p->c, be_quiet, NULL);
	if (PQserverVersion(p->c) < 150000)
		return store_fail(st, ERR_UNSUPPORTED, "PostgreSQL 15 or newer is needed, the server is %d",
			PQserverVersion(p->c));
	if (strcmp(PQparameterStatus(p->c, "server_encoding"), "UTF8") != 0)
		return store_fail(st, ERR_UNSUPPORTED, "the database must be encoded in UTF8");
	if ((r = script(st, "SET synchronous_commit = on; SET client_encoding = 'UTF8'; SET "
		"standard_conforming_strings = on")) != 0)
		return r;
	/* The session of a writer that has just ended may live a moment longer than it. */
	if (!opts->read_only) {
		r = one_text(st, "SET lock_timeout = '5s'; SELECT pg_advisory_lock(" LOCK_KEY ")", text, sizeof text);
		if (r == ERR_BUSY)
			return store_fail(st, ERR_BUSY, "another process has this store open for writing");
		if (r != 0 || (r = script(st, "SET lock_timeout = 0")) != 0)
			return r;
	}
	r = read_version(st, ret_version);
	if (r == 0 && *ret_version == 0 && (opts->read_only || opts->no_create))
		return store_fail(st, ERR_NOTFOUND, "there is no store in this database");
	return r;
}

static int pg_nothing(struct store *st)
{
	(void)st;
	return 0;
}

static int prepare_one(struct store *st, enum store_q q)
{
	const struct store_query *query = &store_queries[q];
	Oid types[STORE_ARGS_MAX];
	size_t n = strlen(query->args);
	PGresult *res;
	int r = 0;

	must(n <= STORE_ARGS_MAX);
	for (size_t i = 0; i < n; i++)
		types[i] = query->args[i] == 'i' ? OID_INT8 : query->args[i] == 't' ? OID_TEXT : OID_BYTEA;
	res = PQprepare(conn(st), query->name, query->sql[STORE_PG], (int)n, types);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		r = fail(st, res, query->name);
	PQclear(res);
	return r;
}

static int pg_prepare(struct store *st)
{
	int r = script(st, "CREATE TEMP TABLE my_zone (path TEXT COLLATE \"C\" NOT NULL)");

	for (enum store_q q = 0; r == 0 && q < Q_COUNT; q++)
		r = prepare_one(st, q);
	/* only now: making my_zone is a CREATE, filling it is allowed */
	return r != 0 || !st->read_only ? r : script(st, "SET default_transaction_read_only = on");
}

/* All of them are: each costs a round trip, which a statement's first use should not wait for. */
static int pg_ready(struct store *st, enum store_q q)
{
	(void)st;
	(void)q;
	return 0;
}

static void pg_close(struct store *st)
{
	struct pg *p = st->e;

	if (p == NULL)
		return;
	PQfinish(p->c);
	free(p);
}

static int pg_begin(struct store *st, bool write)
{
	return script(st, write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ");
}

static void pg_rollback(struct store *st)
{
	PQclear(PQexec(conn(st), "ROLLBACK"));
}

static int pg_commit(struct store *st)
{
	PGresult *res = PQexec(conn(st), "COMMIT");
	int r = 0;

	if (PQresultStatus(res) != PGRES_COMMAND_OK) {
		/* an error the server reports is a rollback; silence is not knowing */
		st->dead = res == NULL || PQstatus(conn(st)) != CONNECTION_OK;
		r = fail(st, res, "COMMIT");
	} else if (strcmp(PQcmdStatus(res), "COMMIT") != 0) {
		r = store_fail(st, ERR_IO, "COMMIT was answered with %s", PQcmdStatus(res));
	}
	PQclear(res);
	return r;
}

/* ---- values ---- */

struct wire {
	const char *values[STORE_ARGS_MAX];
	int lengths[STORE_ARGS_MAX];
	int formats[STORE_ARGS_MAX];
	u8 ints[STORE_ARGS_MAX][8];
	int n;
};

static void wire_put(struct wire *w, const char *types, const struct store_val *args)
{
	w->n = (int)strlen(types);
	for (int i = 0; i < w->n; i++) {
		const struct store_val *v = &args[i];

		w->formats[i] = 1;
		if (v->type == STORE_INT) {
			for (int k = 0; k < 8; k++)
				w->ints[i][k] = (u8)((u64)v->i >> (56 - 8 * k));
			w->values[i] = (const char *)w->ints[i];
			w->lengths[i] = 8;
		} else {
			w->values[i] = v->s.p == NULL ? "" : v->s.p;
			w->lengths[i] = (int)v->s.n;
		}
	}
}

static i64 wire_int(const char *p, int n)
{
	u64 v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | (u8)p[i];
	return n == 4 ? (i32)(u32)v : (i64)v;
}

static struct store_val column(const PGresult *res, int row, int i)
{
	const char *p = PQgetvalue(res, row, i);
	int n = PQgetlength(res, row, i);

	if (PQgetisnull(res, row, i))
		return (struct store_val){ .type = STORE_NULL };
	switch (PQftype(res, i)) {
	case OID_INT8:
	case OID_INT4:
	case OID_BOOL:
		return VI(wire_int(p, n));
	case OID_TEXT:
		return VT(str_of(p, (size_t)n));
	case OID_BYTEA:
		return VB(str_of(p, (size_t)n));
	default:
		return (struct store_val){ .type = STORE_NULL };
	}
}

static int pg_query(struct store *st, enum store_q q, const struct store_val *args, store_row_fn *fn, void *ctx)
{
	struct store_val cols[STORE_COLS_MAX];
	struct wire w;
	PGresult *res;
	int r = 0, n;

	wire_put(&w, store_queries[q].args, args);
	res = PQexecPrepared(conn(st), store_queries[q].name, w.n, w.values, w.lengths, w.formats, 1);
	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		r = fail(st, res, store_queries[q].name);
	n = r == 0 ? PQnfields(res) : 0;
	must(n <= STORE_COLS_MAX);
	for (int row = 0; r == 0 && row < PQntuples(res); row++) {
		for (int i = 0; i < n; i++)
			cols[i] = column(res, row, i);
		r = fn(ctx, cols, (size_t)n);
	}
	PQclear(res);
	return r;
}

/* ---- batches ---- */

/* Reads the answers of `rows` statements and of the sync after them. The first failure is kept; what follows it in
 * the pipeline is answered with ABORTED. */
static int drain(struct store *st, enum store_q q, size_t rows, size_t base, size_t *ret_bad, u64 *changed)
{
	PGresult *res;
	int r = 0;

	for (size_t i = 0; i < rows; i++) {
		while ((res = PQgetResult(conn(st))) != NULL) {
			ExecStatusType s = PQresultStatus(res);
			u64 n = 0;

			if (s == PGRES_COMMAND_OK && str_u64(str_z(PQcmdTuples(res)), UINT64_MAX, &n) == 0)
				*changed += n;
			if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK && r == 0) {
				r = fail(st, res, store_queries[q].name);
				if (ret_bad != NULL)
					*ret_bad = base + i;
			}
			PQclear(res);
		}
		if (PQstatus(conn(st)) != CONNECTION_OK)
			return r != 0 ? r : fail(st, NULL, store_queries[q].name);
	}
	while ((res = PQgetResult(conn(st))) != NULL) {
		ExecStatusType s = PQresultStatus(res);

		PQclear(res);
		if (s == PGRES_PIPELINE_SYNC)
			return r;
		if (PQstatus(conn(st)) != CONNECTION_OK)
			break;
	}
	return r != 0 ? r : fail(st, NULL, store_queries[q].name);
}

static int send_rows(struct store *st, enum store_q q, const struct store_val *args, size_t rows)
{
	const struct store_query *query = &store_queries[q];
	size_t nargs = strlen(query->args);
	struct wire w;

	for (size_t i = 0; i < rows; i++) {
		wire_put(&w, query->args, args + i * nargs);
		if (PQsendQueryPrepared(conn(st), query->name, w.n, w.values, w.lengths, w.formats, 1) != 1)
			return fail(st, NULL, query->name);
	}
	return PQpipelineSync(conn(st)) == 1 ? 0 : fail(st, NULL, query->name);
}

static int pg_many(struct store *st, enum store_q q, const struct store_val *args, size_t rows, size_t *ret_bad,
	u64 *ret_changed)
{
	size_t nargs = strlen(store_queries[q].args);
	u64 changed = 0;
	int r = 0;

	if (PQenterPipelineMode(conn(st)) != 1)
		return fail(st, NULL, store_queries[q].name);
	for (size_t at = 0; r == 0 && at < rows; at += PIPELINE_ROWS) {
		size_t n = rows - at < PIPELINE_ROWS ? rows - at : PIPELINE_ROWS;

		r = send_rows(st, q, args + at * nargs, n);
		if (r == 0)
			r = drain(st, q, n, at, ret_bad, &changed);
	}
	if (PQexitPipelineMode(conn(st)) != 1 && r == 0)
		r = fail(st, NULL, store_queries[q].name);
	if (r == 0 && ret_changed != NULL)
		*ret_changed = changed;
	return r;
}

/* ---- care ---- */

static void pg_scrub(struct store *st)
{
	(void)script(st, "VACUUM item, evidence, asset, asset_state, claim, object, object_history");
	st->why[0] = '\0';
}

/* Reads every row of every table: the server verifies its page checksums where the cluster has them. */
static int pg_check(struct store *st)
{
	static const char *const tables[] = { "meta", "head", "entry", "commits", "chunk", "tile", "checkpoint",
		"erased", "item", "evidence",
		"asset", "asset_state", "claim", "expiry", "shared", "verdict", "change", "rule_text", "object",
		"object_history" };
	char sql[128], text[32];
	int r = 0;

	for (size_t i = 0; r == 0 && i < countof(tables); i++) {
		snprintf(sql, sizeof sql, "SELECT count(length(textin(record_out(t)))) FROM %s t", tables[i]);
		r = one_text(st, sql, text, sizeof text);
	}
	return r;
}

static int pg_backup(struct store *st, const char *path)
{
	(void)path;
	return store_fail(st, ERR_UNSUPPORTED, "use pg_dump: a PostgreSQL store is backed up with the server's own "
		"tools");
}

/* A step is one transaction here, schema changes included, so a step that fails leaves the database as it was; a copy
 * against a step that succeeds wrongly is pg_dump's work, which the documentation tells to do before an upgrade. */
static int pg_backup_before(struct store *st, u32 version)
{
	(void)st;
	(void)version;
	return 0;
}

const struct store_engine store_engine_pg = {
	.name = "postgresql", .dialect = STORE_PG,
	.open = pg_open, .settle = pg_nothing, .create = pg_nothing, .prepare = pg_prepare, .ready = pg_ready,
	.close = pg_close,
	.begin = pg_begin, .commit = pg_commit, .rollback = pg_rollback, .script = script, .many = pg_many,
	.query = pg_query,
	.scrub = pg_scrub, .check = pg_check, .backup = pg_backup, .backup_before = pg_backup_before,
};
