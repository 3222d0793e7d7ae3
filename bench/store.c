/* Facts durable: store_commit with the batches a scan makes (10,000 facts, grouped 20 an asset, one packed state an
 * asset, two claims, expiry and verdict) against bare SQLite rows of the same size with two indexes, the same rows a
 * COMMIT and synchronous=FULL. Both begin empty, in the same directory, one after the other; the last tenth is what
 * is compared.
 *
 * usage: store DIRECTORY [FACTS]	prints one markdown row: claim, ours, peer, ratio, bound */
#include "core/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 10000
#define GROUP 20
#define ASSETS (BATCH / GROUP)
#define FACT_BYTES 200
#define PARTS_A_FACT 1

static NORETURN void die(const char *what, const char *why)
{
	fprintf(stderr, "bench store: %s: %s\n", what, why);
	exit(1);
}

static double seconds(void)
{
	return (double)mono_now().ns / 1e9;
}

/* Cheap bytes that do not repeat. */
static u64 seed = 88172645463325252u;
static u64 next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct str noise(struct arena *a, size_t n)
{
	u8 *p = arena_alloc(a, n + 8);

	for (size_t i = 0; i < n; i += 8) {
		u64 r = next_random();

		memcpy(p + i, &r, 8);
	}
	return str_of(p, n);
}

#define NEW(a, T, n) ((T *)arena_alloc((a), (n) * sizeof(T)))

static void fill_assets(struct arena *a, struct store_batch *k, u64 seq)
{
	struct store_items *items = NEW(a, struct store_items, ASSETS);
	struct store_asset *assets = NEW(a, struct store_asset, ASSETS);
	struct store_claim *claims = NEW(a, struct store_claim, 2 * ASSETS);
	struct store_expiry *expiry = NEW(a, struct store_expiry, ASSETS);
	struct store_verdict *verdicts = NEW(a, struct store_verdict, ASSETS);

	for (u64 i = 0; i < ASSETS; i++) {
		u64 id = seq * ASSETS + i + 1, mac = next_random() & 0xffffffffffff;
		struct str addr = str_printf(a, "10.%u.%u.%u", (unsigned)(id >> 16 & 255),
			(unsigned)(id >> 8 & 255), (unsigned)(id & 255));

		items[i] = (struct store_items){ .seq = seq, .first = (u32)i * GROUP, .n = GROUP, .asset = id,
			.zone = S("tokyo/a"),
			.part = (u32)i * GROUP * PARTS_A_FACT, .salts = noise(a, GROUP * PARTS_A_FACT * STORE_SALT),
			.body = noise(a, GROUP * FACT_BYTES) };
		assets[i] = (struct store_asset){ .id = id, .zone = S("tokyo/a"), .seq = seq, .last_seen = {
			.ms = 1795000000000 + (i64)seq },
			.name = str_printf(a, "host-%012llx", (unsigned long long)mac), .class = S("camera"),
			.vendor = S("Acme"),
			.network = S("lab"), .text[0] = addr, .state = noise(a, GROUP * 100) };
		claims[2 * i] = (struct store_claim){ .network = S("lab"), .type = S("mac"), .asset = id,
			.value = str_printf(a, "%012llx", (unsigned long long)mac), .since = { .ms = 1795000000000 } };
		claims[2 * i + 1] = (struct store_claim){ .network = S("lab"), .type = S("ip"), .value = addr,
			.asset = id,
			.since = { .ms = 1795000000000 } };
		expiry[i] = (struct store_expiry){ .asset = id, .at = { .ms = 1795000000000 + (i64)seq } };
		verdicts[i] = (struct store_verdict){ .asset = id, .seq = seq, .body = noise(a, 64) };
	}
	k->items = items;
	k->assets = assets;
	k->expiry = expiry;
	k->verdicts = verdicts;
	k->nitems = k->nassets = k->nexpiry = k->nverdicts = ASSETS;
	k->claims = claims;
	k->nclaims = 2 * ASSETS;
}

/* Facts a second over the last tenth; only the time inside store_commit counts. */
static double run_ours(const char *dir, u64 batches)
{
	struct store_head head = { 0 };
	struct store *st;
	struct perr e;
	double spent = 0;
	u64 last = batches - batches / 10;

	if (store_open(dir, NULL, &st, &e) != 0)
		die("store_open", e.text);
	for (u64 seq = 0; seq < batches; seq++) {
		struct arena *a = arena_new(NULL, 0);
		struct store_head now = { .epoch = 1, .size = seq + 1, .edge = noise(a, 640),
			.origin = S("korobanu.invalid/bench/1") };
		struct store_entry entry = { .seq = seq, .at = { .ms = 1795000000000 }, .type = S("batch"),
			.envelope = noise(a, 2000),
			.commits = noise(a, BATCH * PARTS_A_FACT * STORE_HASH) };
		struct str chunks[BATCH / 500];
		struct store_batch k = { .entry = &entry, .was = &head, .now = &now, .chunks = chunks,
			.nchunks = countof(chunks) };
		double t;

		for (size_t i = 0; i < countof(chunks); i++)
			chunks[i] = str_printf(a, "SCN-1/%llu", (unsigned long long)(seq * countof(chunks) + i));
		fill_assets(a, &k, seq);
		memset(now.root, (int)(seq & 127) + 1, sizeof now.root);
		t = seconds();
		if (store_commit(st, &k, NULL) != 0)
			die("store_commit", store_why(st));
		if (seq >= last)
			spent += seconds() - t;
		now.edge = now.origin = (struct str){ 0 };
		head = now;
		arena_free(a);
	}
	store_close(st);
	return (double)((batches - last) * BATCH) / spent;
}

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		die(text, sqlite3_errmsg(db));
}

/* One row a fact: 200 bytes, an index over its asset and one over its time. Tuned as ours is: WAL, one prepared
 * statement, the same page size, cache and checkpoint distance, exclusive locking. */
static double run_bare(const char *dir, u64 batches)
{
	struct arena *a = arena_new(NULL, 0);
	const char *path = str_c(a, str_printf(a, "%s/bare.db", dir));
	struct str pool = noise(a, 1 * MiB);
	sqlite3 *db;
	sqlite3_stmt *put;
	double spent = 0;
	u64 last = batches - batches / 10;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		die(path, sqlite3_errmsg(db));
	sql(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA "
		"synchronous=FULL; "
		"PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=4096; CREATE TABLE fact (id INTEGER PRIMARY "
		"KEY, asset INTEGER, "
		"at INTEGER, body BLOB); CREATE INDEX fact_asset ON fact (asset); CREATE INDEX fact_at ON fact (at)");
	if (sqlite3_prepare_v3(db, "INSERT INTO fact (asset, at, body) VALUES (?1, ?2, ?3)", -1,
		SQLITE_PREPARE_PERSISTENT, &put, NULL) != SQLITE_OK)
		die("prepare", sqlite3_errmsg(db));
	for (u64 seq = 0; seq < batches; seq++) {
		double t = seconds();

		sql(db, "BEGIN IMMEDIATE");
		for (u64 i = 0; i < BATCH; i++) {
			sqlite3_bind_int64(put, 1, (i64)(seq * ASSETS + i / GROUP + 1));
			sqlite3_bind_int64(put, 2, 1795000000000 + (i64)(seq * BATCH + i));
			sqlite3_bind_blob(put, 3, pool.p + (seq * 977 + i * 64) % (pool.n - FACT_BYTES), FACT_BYTES,
				SQLITE_STATIC);
			if (sqlite3_step(put) != SQLITE_DONE)
				die("insert", sqlite3_errmsg(db));
			sqlite3_reset(put);
		}
		sql(db, "COMMIT");
		if (seq >= last)
			spent += seconds() - t;
	}
	sqlite3_finalize(put);
	sqlite3_close(db);
	unlink(path);
	arena_free(a);
	return (double)((batches - last) * BATCH) / spent;
}

int main(int argc, char **argv)
{
	u64 facts = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000, batches = facts / BATCH;
	double ours, bare;

	if (argc < 2 || batches < 10)
		die("usage", "store DIRECTORY [FACTS >= 100000]");
	bare = run_bare(argv[1], batches);
	ours = run_ours(argv[1], batches);
	printf("| facts durable, the last tenth of %llu (store alone, grouped %d an asset) | %.0f facts/s | %.0f "
		"bare rows/s | %.2f | >= 0.5 |\n",
		(unsigned long long)(batches * BATCH), GROUP, ours, bare, ours / bare);
	return 0;
}
