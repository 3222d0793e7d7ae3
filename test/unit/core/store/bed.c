#include "store_test.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool bed_is_pg(void)
{
	return getenv("KOROBANU_PG_URL") != NULL;
}

static void empty_database(const char *url)
{
	PGconn *c = PQconnectdb(url);

	assert_int_equal(PQstatus(c), CONNECTION_OK);
	PQclear(PQexec(c, "SET client_min_messages = error"));
	PQclear(PQexec(c, "DROP SCHEMA public CASCADE"));
	PQclear(PQexec(c, "CREATE SCHEMA public"));
	PQfinish(c);
}

void bed_new(struct bed *b)
{
	*b = (struct bed){ .a = arena_new(NULL, 0), .now = { .ms = 1795000000000 } };
	if (bed_is_pg()) {
		b->where = getenv("KOROBANU_PG_URL");
		empty_database(b->where);
		return;
	}
	/* memory where there is some: power loss is played from a trace and kill -9 leaves the page cache, so no disk
	 * is needed */
	snprintf(b->dir, sizeof b->dir, "%s/korobanu-store.XXXXXX", access("/dev/shm", W_OK | X_OK) == 0 ?
		"/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(b->dir));
	b->where = b->dir;
}

const struct store_opts *bed_opts(void)
{
	static const struct store_opts redo = { .redo_after = 1 };

	return getenv("KOROBANU_STORE_REDO") != NULL ? &redo : NULL;
}

void bed_open(struct bed *b)
{
	struct perr e = { 0 };

	if (store_open(b->where, bed_opts(), &b->st, &e) != 0)
		fail_msg("store_open: %s", e.text);
	assert_int_equal(store_get_head(b->st, b->a, &b->head), 0);
}

void bed_close(struct bed *b)
{
	store_close(b->st);
	b->st = NULL;
}

void bed_end(struct bed *b)
{
	char cmd[128];

	bed_close(b);
	if (b->dir[0] != '\0') {
		snprintf(cmd, sizeof cmd, "rm -rf '%s'", b->dir);
		assert_int_equal(system(cmd), 0);
	}
	arena_free(b->a);
}

const char *bed_file(struct bed *b, const char *name)
{
	return str_c(b->a, str_printf(b->a, "%s/%s", b->dir, name));
}

#define NEW(b, T, n) ((T *)arena_alloc((b)->a, (n) * sizeof(T)))

static struct str fill(struct bed *b, size_t n, u64 seed)
{
	u8 *p = arena_alloc(b->a, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (u8)(seed * 31 + i * 7 + 1);
	return str_of(p, n);
}

static void put_groups(struct bed *b, struct store_batch *k, u64 seq)
{
	struct store_items *items = NEW(b, struct store_items, 2);
	struct store_evidence *ev = NEW(b, struct store_evidence, 1);

	items[0] = (struct store_items){ .seq = seq, .first = 0, .n = 2, .asset = 2 * seq + 1, .zone = S("tokyo/a"),
		.part = 0,
		.salts = fill(b, 4 * STORE_SALT, seq), .body = fill(b, 200, seq + 1) };
	items[1] = (struct store_items){ .seq = seq, .first = 2, .n = 2, .asset = 2 * seq + 2, .zone = S("osaka"),
		.part = 4,
		.salts = fill(b, 4 * STORE_SALT, seq + 2), .body = fill(b, 300, seq + 3) };
	ev[0] = (struct store_evidence){ .seq = seq, .idx = 1, .part = 3, .kind = S("banner"), .personal = true,
		.size = 64,
		.place = STORE_INLINE, .zone = S("tokyo/a"), .run = S("SCN-1"), .body = fill(b, 64, seq + 4) };
	memset(ev[0].sha, 0x5e, STORE_HASH);
	k->items = items;
	k->nitems = 2;
	k->evidence = ev;
	k->nevidence = 1;
}

static void put_assets(struct bed *b, struct store_batch *k, u64 seq)
{
	struct store_asset *as = NEW(b, struct store_asset, 2);
	struct store_claim *cl = NEW(b, struct store_claim, 2);
	struct store_expiry *ex = NEW(b, struct store_expiry, 2);
	struct store_verdict *ve = NEW(b, struct store_verdict, 2);
	struct store_change *ch = NEW(b, struct store_change, 2);

	for (u64 i = 0; i < 2; i++) {
		u64 id = 2 * seq + 1 + i;

		as[i] = (struct store_asset){ .id = id, .zone = i == 0 ? S("tokyo/a") : S("osaka"), .seq = seq,
			.last_seen = { .ms = b->now.ms + (i64)seq }, .name = str_printf(b->a, "asset %05llu",
			(unsigned long long)(99999 - id)),
			.class = i == 0 ? S("camera") : S("plc"), .vendor = id % 3 == 0 ? S("Acme") :
			S("Zebra 株式会社"), .network = S("lab"),
			.text = { S("10.0.0.1"), S("a"), S("b"), S("c") }, .state = fill(b, 500, id) };
		cl[i] = (struct store_claim){ .network = S("lab"), .type = S("mac"),
			.value = str_printf(b->a, "02:00:00:00:00:%02llx", (unsigned long long)id), .asset = id,
			.strength = 2, .since = b->now,
			.bound = S("") };
		ex[i] = (struct store_expiry){ .asset = id, .at = { .ms = b->now.ms + 1000 * (i64)id } };
		ve[i] = (struct store_verdict){ .asset = id, .seq = seq, .body = fill(b, 40, id) };
		ch[i] = (struct store_change){ .asset = id, .measure = S("M01"), .was = S("unknown"),
			.now = S("false"), .reason = S("silent"),
			.seq = seq, .at = b->now };
	}
	k->assets = as;
	k->nassets = 2;
	k->claims = cl;
	k->nclaims = 2;
	k->expiry = ex;
	k->nexpiry = 2;
	k->verdicts = ve;
	k->nverdicts = 2;
	k->changes = ch;
	k->nchanges = 2;
}

struct store_batch *bed_batch(struct bed *b)
{
	u64 seq = b->head.first + b->head.size;
	struct store_batch *k = NEW(b, struct store_batch, 1);
	struct store_entry *e = NEW(b, struct store_entry, 1);
	struct store_head *was = NEW(b, struct store_head, 1), *now = NEW(b, struct store_head, 1);
	struct str *chunks = NEW(b, struct str, 1);
	struct store_object *ob = NEW(b, struct store_object, 1);

	*was = b->head;
	*now = (struct store_head){ .epoch = b->head.epoch == 0 ? 1 : b->head.epoch, .first = b->head.first,
		.size = b->head.size + 1,
		.edge = fill(b, 64, seq), .origin = S("korobanu.invalid/0011223344556677/1") };
	memset(now->root, (int)(seq % 250) + 1, STORE_HASH);
	*e = (struct store_entry){ .seq = seq, .at = b->now, .type = S("batch"),
		.envelope = str_printf(b->a, "{\"seq\":%llu}", (unsigned long long)seq), .commits = fill(b,
		8 * STORE_HASH, seq) };
	memset(e->leaf, (int)(seq % 250) + 2, STORE_HASH);
	chunks[0] = str_printf(b->a, "chunk-%llu", (unsigned long long)seq);
	ob[0] = (struct store_object){ .type = S("run"), .id = str_printf(b->a, "SCN-%llu",
		(unsigned long long)seq), .zone = S("tokyo"),
		.seq = seq, .body = fill(b, 30, seq) };
	*k = (struct store_batch){ .entry = e, .was = was, .now = now, .chunks = chunks, .nchunks = 1,
		.objects = ob, .nobjects = 1 };
	put_groups(b, k, seq);
	put_assets(b, k, seq);
	return k;
}

int bed_commit(struct bed *b, struct store_batch *batch, size_t *ret_chunk)
{
	int r = store_commit(b->st, batch, ret_chunk);

	if (r == 0 && batch->now != NULL)
		b->head = *batch->now;
	return r;
}

void bed_fill(struct bed *b, size_t entries)
{
	for (size_t i = 0; i < entries; i++)
		if (bed_commit(b, bed_batch(b), NULL) != 0)
			fail_msg("store_commit: %s", store_why(b->st));
}

void bed_assert_entry(struct bed *b, u64 seq)
{
	struct store_head keep = b->head;
	struct store_batch *want;
	struct store_entry *e;
	struct store_items *items;
	struct store_asset as;
	struct store_change *ch;
	struct str s;
	size_t n;
	bool found;
	u64 at;

	b->head.first = seq;
	b->head.size = 0;
	want = bed_batch(b);
	b->head = keep;
	assert_int_equal(store_get_entries(b->st, b->a, seq, 1, &e, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(e[0].seq, seq);
	assert_true(str_eq(e[0].envelope, want->entry->envelope));
	assert_memory_equal(e[0].leaf, want->entry->leaf, STORE_HASH);
	assert_int_equal(store_get_commits(b->st, b->a, seq, &s), 0);
	assert_true(str_eq(s, want->entry->commits));
	assert_int_equal(store_has_chunk(b->st, want->chunks[0], &found, &at), 0);
	assert_true(found && at == seq);
	assert_int_equal(store_items_at(b->st, b->a, seq, &items, &n), 0);
	assert_int_equal(n, want->nitems);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(items[i].first, want->items[i].first);
		assert_int_equal(items[i].n, want->items[i].n);
		assert_int_equal(items[i].asset, want->items[i].asset);
		assert_int_equal(items[i].part, want->items[i].part);
		assert_true(str_eq(items[i].salts, want->items[i].salts));
		assert_true(str_eq(items[i].body, want->items[i].body));
		assert_true(str_eq(items[i].zone, want->items[i].zone));
		assert_int_equal(store_get_state(b->st, b->a, want->assets[i].id, &as), 0);
		assert_true(str_eq(as.state, want->assets[i].state));
		assert_true(str_eq(as.name, want->assets[i].name));
		assert_int_equal(store_changes_of(b->st, b->a, want->assets[i].id, 0, 10, &ch, &n), 0);
		assert_int_equal(n, 1);
		n = want->nitems;
	}
}
