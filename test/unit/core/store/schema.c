/* Schema steps: old stores come up, newer ones are refused untouched, and every statement of the table prepares. */
#include "store_test.h"

#include "core/store/store_int.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int moved;

static int move(struct store *st)
{
	moved++;
	return st->engine->script(st, "UPDATE extra SET n = n + 41");
}

static int move_badly(struct store *st)
{
	return store_fail(st, ERR_RANGE, "a row that cannot be moved");
}

#define TWO "CREATE TABLE extra (n INTEGER); INSERT INTO extra (n) VALUES (1);"

/* This program's steps and one more. */
static struct store_schema newer(struct bed *b, const char *sql, int (*fn)(struct store *st))
{
	size_t n = store_migrations_n;
	struct store_migration *steps = arena_alloc(b->a, (n + 1) * sizeof *steps);
	struct store_move *mv = arena_alloc(b->a, sizeof *mv);

	memcpy(steps, store_migrations, n * sizeof *steps);
	steps[n] = (struct store_migration){ .to = (u32)n + 1, .sql = { sql, sql } };
	*mv = (struct store_move){ .from = (u32)n, .to = (u32)n + 1, .fn = fn };
	return (struct store_schema){ .steps = steps, .n = n + 1, .moves = mv, .nmoves = fn != NULL };
}

/* All files of the directory, names and bytes; empty for PostgreSQL. */
static struct str contents(struct bed *b)
{
	struct str all = S("");
	struct dirent **list = NULL;
	int n = b->dir[0] == '\0' ? 0 : scandir(b->dir, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		static char bytes[4 * MiB];
		FILE *f = list[i]->d_name[0] == '.' ? NULL : fopen(bed_file(b, list[i]->d_name), "rb");

		if (f != NULL) {
			size_t got = fread(bytes, 1, sizeof bytes, f);

			/* an empty log beside the file says nothing and is made by reading */
			if (got > 0)
				all = str_printf(b->a, "%.*s|%s:%.*s", STRF(all), list[i]->d_name,
					STRF(str_hex(b->a, bytes, got)));
			fclose(f);
		}
		free(list[i]);
	}
	free(list);
	return all;
}

void test_schema__every_statement_has_arguments_it_names(void **state)
{
	char word[32];
	struct bed b;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	for (size_t q = 0; q < Q_COUNT; q++) {
		const struct store_query *x = &store_queries[q];

		assert_int_equal(b.st->engine->ready(b.st, (enum store_q)q), 0);
		for (int d = 0; d < STORE_DIALECTS; d++) {
			snprintf(word, sizeof word, "$%zu", strlen(x->args) + 1);
			assert_true(str_find(str_z(x->sql[d]), str_z(word)) < 0);
			snprintf(word, sizeof word, "$%zu", strlen(x->args));
			assert_true(x->args[0] == '\0' || str_find(str_z(x->sql[d]), str_z(word)) >= 0);
			assert_int_equal(x->zoned, str_find(str_z(x->sql[d]), S("my_zone z")) >= 0);
		}
	}
	bed_end(&b);
}

/* What says something about somebody is never asked for without the zones. Sums of bytes and the last id say nothing.
 * */
void test_schema__every_query_of_zoned_rows_takes_zones(void **state)
{
	static const char *const tables[] = { "item", "evidence", "asset", "asset_state", "claim", "expiry", "shared",
		"verdict", "change", "object",
		"object_history" };
	static const char *const free_ones[] = { "EVIDENCE_BYTES", "EVIDENCE_BYTES_ALL", "EVIDENCE_ZONE", "ASSET_LAST", "CHANGE_LAST",
		"SHARED_COUNT", "VALUE_CLASS", "VALUE_NETWORK", "VALUE_VENDOR" };

	(void)state;
	for (size_t q = 0; q < Q_COUNT; q++) {
		const struct store_query *x = &store_queries[q];
		bool may = str_index(str_z(x->name), free_ones, countof(free_ones)) >= 0;

		if (!str_starts(str_z(x->sql[0]), S("SELECT")) || x->zoned || may)
			continue;
		for (size_t t = 0; t < countof(tables); t++) {
			char from[40];

			snprintf(from, sizeof from, "FROM %s ", tables[t]);
			if (str_find(str_z(x->sql[0]), str_z(from)) >= 0)
				fail_msg("%s reads %s without zones", x->name, tables[t]);
		}
	}
}

void test_schema__an_older_store_comes_up_with_a_copy_beside_it(void **state)
{
	struct bed b;
	struct store_schema next;
	struct store *old;
	struct perr e;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 3);
	bed_close(&b);
	next = newer(&b, TWO, move);
	moved = 0;
	assert_int_equal(store_open_schema(b.where, &(struct store_opts){ .read_only = true }, &next, &b.st, &e),
		ERR_DENIED);
	assert_int_equal(store_open_schema(b.where, NULL, &next, &b.st, &e), 0);
	assert_int_equal(moved, 1);
	assert_int_equal(store_schema_version(b.st), store_schema_newest() + 1);
	for (u64 seq = 0; seq < 3; seq++)
		bed_assert_entry(&b, seq);
	bed_close(&b);
	assert_int_equal(store_open_schema(b.where, NULL, &next, &b.st, &e), 0);
	assert_int_equal(moved, 1);	/* once */
	bed_close(&b);
	if (!bed_is_pg()) {
		const char *copy = bed_file(&b, str_c(b.a, str_printf(b.a, STORE_FILE ".before-%u",
			store_schema_newest() + 1)));

		assert_int_equal(unlink(bed_file(&b, STORE_FILE)), 0);
		assert_int_equal(rename(copy, bed_file(&b, STORE_FILE)), 0);
		assert_int_equal(store_open(b.where, NULL, &old, NULL), 0);
		b.st = old;
		assert_int_equal(store_check(b.st), 0);
		bed_assert_entry(&b, 2);
	}
	bed_end(&b);
}

void test_schema__a_step_that_fails_never_was(void **state)
{
	struct bed b;
	struct store_schema next;
	struct perr e;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 1);
	bed_close(&b);
	next = newer(&b, TWO, move_badly);
	assert_int_equal(store_open_schema(b.where, NULL, &next, &b.st, &e), ERR_RANGE);
	assert_non_null(strstr(e.text, "cannot be moved"));
	next = newer(&b, "CREATE TABLE extra (n INTEGER); CREATE TABLE extra (n INTEGER);", NULL);
	assert_true(store_open_schema(b.where, NULL, &next, &b.st, &e) < 0);
	bed_open(&b);
	assert_int_equal(store_schema_version(b.st), store_schema_newest());
	bed_assert_entry(&b, 0);
	bed_fill(&b, 1);
	bed_close(&b);
	next = newer(&b, TWO, move);
	assert_int_equal(store_open_schema(b.where, NULL, &next, &b.st, &e), 0);
	bed_end(&b);
}

void test_schema__a_newer_store_is_refused_untouched(void **state)
{
	struct bed b;
	struct store_schema next;
	struct perr e = { 0 };
	struct str before;

	(void)state;
	bed_new(&b);
	next = newer(&b, TWO, NULL);
	assert_int_equal(store_open_schema(b.where, NULL, &next, &b.st, &e), 0);
	bed_close(&b);
	before = contents(&b);
	assert_int_equal(store_open(b.where, NULL, &b.st, &e), ERR_NEWER);
	assert_non_null(strstr(e.text, "schema"));
	assert_int_equal(store_open(b.where, &(struct store_opts){ .read_only = true }, &b.st, &e), ERR_NEWER);
	assert_true(str_eq(before, contents(&b)));
	assert_int_equal(store_open_schema(b.where, NULL, &next, &b.st, &e), 0);
	bed_end(&b);
}
