/* What the store's tests share: a fresh store on the engine under test, and batches with known content.
 * The engine is PostgreSQL when KOROBANU_PG_URL is set (tools/pg_test.sh sets it), SQLite otherwise; with KOROBANU_STORE_REDO
 * small entries go through the redo log. */
#ifndef STORE_TEST_H
#define STORE_TEST_H

#include "unit.h"

#include "core/store/store.h"

struct bed {
	struct arena *a;
	char dir[64];			/* SQLite's, or empty */
	const char *where;		/* for store_open */
	struct store *st;
	struct store_head head;
	struct utc now;
};

bool bed_is_pg(void);
void bed_new(struct bed *b);		/* an empty place, nothing opened */
const struct store_opts *bed_opts(void);
void bed_open(struct bed *b);		/* opens, must succeed, reads the head */
void bed_close(struct bed *b);
void bed_end(struct bed *b);		/* closes and removes everything */
const char *bed_file(struct bed *b, const char *name);

/* A batch of entry `seq` = b's next one: chunk "chunk-<seq>", two assets (ids 2*seq+1 in zone tokyo/a, 2*seq+2 in
 * osaka), two groups of two items and four parts, one evidence row, claims, expiry, verdicts, an object. What it
 * points to lives in b->a. */
struct store_batch *bed_batch(struct bed *b);
/* Commits it and follows the head. */
int bed_commit(struct bed *b, struct store_batch *batch, size_t *ret_chunk);
void bed_fill(struct bed *b, size_t entries);
/* Every row that bed_batch wrote for entry seq is there, once. */
void bed_assert_entry(struct bed *b, u64 seq);

#endif
