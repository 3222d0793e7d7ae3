/* Opening, schema steps, zones, and what every operation begins with.
 *
 * Opening changes nothing until the version is known: engine->open reads, engine->settle may write. The version
 * stands in meta 'schema' as decimal text. A step and its new version are one transaction, so a killed migration
 * never was. */
#include "core/store/store_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct store_query store_queries[Q_COUNT] = {
#define Q(n, a, text) [Q_##n] = { .name = #n, .args = (a), .sql = { (text), (text) } },
#define Q2(n, a, lite, pg) [Q_##n] = { .name = #n, .args = (a), .sql = { (lite), (pg) } },
#define QZ(n, a, text) [Q_##n] = { .name = #n, .args = (a), .sql = { (text), (text) }, .zoned = true },
#define Q2Z(n, a, lite, pg) [Q_##n] = { .name = #n, .args = (a), .sql = { (lite), (pg) }, .zoned = true },
#include "core/store/queries.tbl"
#undef Q
#undef Q2
#undef QZ
#undef Q2Z
};

/* Data that SQL cannot move from one step to the next; ends with to = 0. */
static const struct store_move moves[] = {
	{ .to = 0 },
};

int store_fail(struct store *st, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(st->why, sizeof st->why, fmt, ap);
	va_end(ap);
	return code;
}

int store_enter(struct store *st)
{
	if (st->dead)
		return store_fail(st, ERR_IO, "the outcome of a commit is not known: the process must end");
	arena_reset(st->scratch);
	st->why[0] = '\0';
	return redo_apply(st);
}

/* For what stands between transactions. */
static int enter_settled(struct store *st)
{
	int r = store_enter(st);

	return r != 0 ? r : redo_settle(st);
}

int store_enter_write(struct store *st)
{
	int r = store_enter(st);

	must(!st->in_snapshot);
	if (r == 0 && st->read_only)
		return store_fail(st, ERR_DENIED, "the store was opened for reading only");
	return r;
}

int store_args_ok(struct store *st, enum store_q q, const struct store_val *args, size_t rows)
{
	const char *want = store_queries[q].args;
	size_t bad;

	for (size_t row = 0; row < rows; row++) {
		for (const char *w = want; *w != '\0'; w++, args++) {
			must(args->type == (*w == 'i' ? STORE_INT : *w == 't' ? STORE_TEXT : STORE_BLOB));
			if (args->type == STORE_INT && args->i < 0)
				return store_fail(st, ERR_ARG, "%s: argument %d is negative or too large",
					store_queries[q].name,
					(int)(w - want) + 1);
			if (args->type == STORE_TEXT && (str_chr(args->s, '\0') >= 0 || !str_utf8_ok(args->s, &bad)))
				return store_fail(st, ERR_ARG, "%s: argument %d is no UTF-8 text",
					store_queries[q].name,
					(int)(w - want) + 1);
			if (args->s.n > INT32_MAX / 2)
				return store_fail(st, ERR_LIMIT, "%s: argument %d is too long", store_queries[q].name,
					(int)(w - want) + 1);
		}
	}
	return 0;
}

int store_run(struct store *st, enum store_q q, const struct store_val *args)
{
	return st->engine->many(st, q, args, 1, NULL, NULL);
}

int store_ask(struct store *st, enum store_q q, const struct store_val *args, store_row_fn *fn, void *ctx)
{
	return st->engine->query(st, q, args, fn, ctx);
}

struct one_int {
	i64 v;
	bool found;
};

static int take_int(void *ctx, const struct store_val *cols, size_t n)
{
	struct one_int *one = ctx;

	if (n != 1 || cols[0].type != STORE_INT)
		return ERR_INTEGRITY;
	*one = (struct one_int){ .v = cols[0].i, .found = true };
	return 0;
}

int store_ask_int(struct store *st, enum store_q q, const struct store_val *args, i64 *ret, bool *ret_found)
{
	struct one_int one = { 0 };
	int r = store_ask(st, q, args, take_int, &one);

	if (r == 0 && one.found)
		*ret = one.v;
	if (r == 0 && ret_found != NULL)
		*ret_found = one.found;
	return r;
}

/* ---- zones and snapshots ---- */

static int put_zones(struct store *st, const struct str *zones, size_t n)
{
	struct store_val *args = arena_alloc(st->scratch, (n + 1) * sizeof *args);
	int r;

	for (size_t i = 0; i < n; i++) {
		args[i] = VT(zones[i]);
		if (zones[i].n == 0)
			return store_fail(st, ERR_ARG, "an empty zone");
	}
	if ((r = store_args_ok(st, Q_ZONES_ADD, args, n)) != 0 ||
	    (r = store_run(st, Q_ZONES_CLEAR, NULL)) != 0 ||
	    (r = n == 0 ? 0 : st->engine->many(st, Q_ZONES_ADD, args, n, NULL, NULL)) != 0)
		return r;
	return 0;
}

int store_set_zones(struct store *st, const struct str *zones, size_t n)
{
	int r = store_enter(st);

	if (r != 0)
		return r;
	if (n > STORE_ZONE_MAX)
		return store_fail(st, ERR_LIMIT, "more than %d zones", STORE_ZONE_MAX);
	/* Closed first: when filling the table fails half-way, nobody sees what he may not. */
	st->zoned = true;
	r = put_zones(st, zones, n);
	if (r == 0)
		st->zoned = n > 0;
	return r;
}

int store_snapshot_begin(struct store *st)
{
	int r = enter_settled(st);

	must(!st->in_snapshot);
	if (r == 0)
		r = st->engine->begin(st, false);
	st->in_snapshot = r == 0;
	return r;
}

void store_snapshot_end(struct store *st)
{
	must(st->in_snapshot);
	st->engine->rollback(st);
	st->in_snapshot = false;
}

/* ---- schema steps ---- */

static int run_step(struct store *st, const struct store_schema *schema, u32 version)
{
	const struct store_migration *step = &schema->steps[version];
	char sql[160];
	int r = st->engine->script(st, step->sql[st->engine->dialect]);

	for (size_t i = 0; r == 0 && i < schema->nmoves; i++)
		if (schema->moves[i].to == step->to)
			r = schema->moves[i].fn(st);
	/* Versions are numbers of ours: the one text that is put together, because no statement can be prepared
	 * before step 1. */
	snprintf(sql, sizeof sql, version == 0 ? st->engine->dialect == STORE_PG ?
		"INSERT INTO meta (name, value) VALUES ('schema', convert_to('%u', 'UTF8'))" :
		"INSERT INTO meta (name, value) VALUES ('schema', CAST('%u' AS BLOB))" :
			st->engine->dialect == STORE_PG ?
		"UPDATE meta SET value = convert_to('%u', 'UTF8') WHERE name = 'schema'" :
		"UPDATE meta SET value = CAST('%u' AS BLOB) WHERE name = 'schema'", step->to);
	return r != 0 ? r : st->engine->script(st, sql);
}

static int migrate(struct store *st, const struct store_schema *schema)
{
	int r;

	if (st->version == 0 && (r = st->engine->create(st)) != 0)
		return r;
	if (st->version > 0 && (r = st->engine->backup_before(st, st->version)) != 0)
		return r;
	while (st->version < schema->n) {
		must(schema->steps[st->version].to == st->version + 1);
		if ((r = st->engine->begin(st, true)) != 0)
			return r;
		if ((r = run_step(st, schema, st->version)) != 0) {
			st->engine->rollback(st);
			return r;
		}
		if ((r = st->engine->commit(st)) != 0)
			return r;
		st->version++;
	}
	return 0;
}

/* ---- opening and closing ---- */

/* Before a schema step, for its rows are of the schema they were written in; of a new store, behind the first. */
static int open_redo(struct store *st)
{
	bool wanted = st->redo_after != 0 && st->engine->redo_beside != NULL && st->version != 0 && st->redo == NULL;

	return wanted ? redo_open(st, st->engine->redo_beside(st)) : 0;
}

static int bring_up(struct store *st, const char *where, const struct store_opts *opts,
	const struct store_schema *schema)
{
	int r = st->engine->open(st, where, opts, &st->version);

	if (r != 0)
		return r;
	if (st->version > schema->n)
		return store_fail(st, ERR_NEWER, "the store has schema %u, this program knows %zu", st->version,
			schema->n);
	if (st->version < schema->n && st->read_only)
		return store_fail(st, ERR_DENIED, "the store has schema %u and is open for reading only: it must be "
			"migrated to %zu first",
			st->version, schema->n);
	if ((r = st->engine->settle(st)) != 0 || (r = open_redo(st)) != 0 ||
	    (r = st->version == schema->n ? 0 : migrate(st, schema)) != 0 || (r = open_redo(st)) != 0 ||
	    (r = st->engine->prepare(st)) != 0)
		return r;
	return store_set_zones(st, opts->zones, opts->nzones);
}

int store_open_schema(const char *where, const struct store_opts *opts, const struct store_schema *schema,
	struct store **ret,
	struct perr *reterr)
{
	static const struct store_opts none = { 0 };
	struct str w = str_z(where);
	struct store *st;
	bool url;
	int r;

	if (opts == NULL)
		opts = &none;
	if (opts->cache > STORE_CACHE_MAX)
		return perr_set(reterr, ERR_RANGE, 0, "a page cache of more than %zu bytes", STORE_CACHE_MAX);
	st = calloc(1, sizeof *st);
	if (st == NULL)
		return perr_set(reterr, ERR_NOMEM, 0, "no memory");
	st->scratch = arena_new(NULL, 0);
	st->read_only = opts->read_only;
	st->redo_after = opts->read_only || opts->scratch || opts->passing ? 0 : opts->redo_after;
	url = str_starts(w, S("postgresql://")) || str_starts(w, S("postgres://"));
	st->engine = url && &store_engine_pg != NULL ? &store_engine_pg : &store_engine_sqlite;
	r = url && &store_engine_pg == NULL ? store_fail(st, ERR_UNSUPPORTED, "this program opens no PostgreSQL store") :
		bring_up(st, where, opts, schema);
	if (r != 0) {
		perr_set(reterr, r, 0, "%s", st->why);
		store_close(st);
		return r;
	}
	*ret = st;
	return 0;
}

int store_open(const char *where, const struct store_opts *opts, struct store **ret, struct perr *reterr)
{
	struct store_schema schema = { .steps = store_migrations, .n = store_migrations_n, .moves = moves };

	while (moves[schema.nmoves].to != 0)
		schema.nmoves++;
	return store_open_schema(where, opts, &schema, ret, reterr);
}

void store_close(struct store *st)
{
	if (st == NULL)
		return;
	redo_close(st);
	st->engine->close(st);
	arena_free(st->scratch);
	free(st);
}

const char *store_why(const struct store *st)
{
	return st->why;
}

const char *store_engine_name(const struct store *st)
{
	return st->engine->name;
}

u32 store_schema_version(const struct store *st)
{
	return st->version;
}

u32 store_schema_newest(void)
{
	return (u32)store_migrations_n;
}

bool store_is_dead(const struct store *st)
{
	return st->dead;
}

int store_check(struct store *st)
{
	int r = enter_settled(st);

	return r != 0 ? r : st->engine->check(st);
}

int store_backup(struct store *st, const char *path)
{
	int r = enter_settled(st);

	must(!st->in_snapshot);
	return r != 0 ? r : st->engine->backup(st, path);
}
