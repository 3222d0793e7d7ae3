/* Facts durable through core's whole road: chunks as a scan sends them are read strictly, resolved to assets, folded
 * into current state, committed to (parts, salts, tree, envelope, tiles) and made durable, against bare SQLite rows
 * of the same size. Both on one thread and the same disk; the same rows a COMMIT, synchronous=FULL, the same page
 * cache.
 *
 * Then what sealing costs: the same import with the ledger's functions replaced (at link time, by --wrap) by ones
 * that do nothing, and without salts and commitments in the store, in turns, the better of two each.
 *
 * usage: facts DIRECTORY [FACTS [SEALED]] FACTS in the store at the end (default 1,000,000), of which the last
 * tenth, at most a million, is compared; SEALED facts for the second part (default 300,000, 0: leave it out). Prints
 * markdown rows. */
#include "bench/bed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "core/ledger/envelope.h"
#include "core/serve/serve_int.h"

/* ---- the ledger left out ---- */

static bool unsealed;

int __real_part_salts(struct salt *ret, size_t n);
int __wrap_part_salts(struct salt *ret, size_t n);
void __real_part_commits(const struct part_in *parts, const struct salt *salts, size_t n, struct hash *ret);
void __wrap_part_commits(const struct part_in *parts, const struct salt *salts, size_t n, struct hash *ret);
struct hash __real_part_root(const struct hash *commitments, size_t n);
struct hash __wrap_part_root(const struct hash *commitments, size_t n);
int __real_store_commit(struct store *st, const struct store_batch *b, size_t *ret_chunk);
int __wrap_store_commit(struct store *st, const struct store_batch *b, size_t *ret_chunk);

int __wrap_part_salts(struct salt *ret, size_t n)
{
	return unsealed ? 0 : __real_part_salts(ret, n);
}

void __wrap_part_commits(const struct part_in *parts, const struct salt *salts, size_t n, struct hash *ret)
{
	if (!unsealed) {
		__real_part_commits(parts, salts, n, ret);
	}
}

struct hash __wrap_part_root(const struct hash *commitments, size_t n)
{
	return unsealed ? (struct hash){ 0 } : __real_part_root(commitments, n);
}

/* Salts and commitments are bytes of the store, too. */
int __wrap_store_commit(struct store *st, const struct store_batch *b, size_t *ret_chunk)
{
	struct store_batch less = *b;
	struct store_entry entry;
	struct store_items *items;
	int r;

	if (!unsealed || b->entry == NULL) {
		return __real_store_commit(st, b, ret_chunk);
	}
	entry = *b->entry;
	entry.commits = S("");
	items = calloc(b->nitems + 1, sizeof *items);
	must(items != NULL);
	for (size_t i = 0; i < b->nitems; i++) {
		items[i] = b->items[i];
		items[i].salts = S("");
	}
	less.entry = &entry;
	less.items = items;
	less.ntiles = 0;
	r = __real_store_commit(st, &less, ret_chunk);
	free(items);
	return r;
}

/* ---- one import ---- */

struct took {
	double wall, cpu;
};

struct result {
	struct took ours, bare;	/* over the last `measured` facts, rows */
	size_t early, peak;	/* VmHWM half way and at the end */
};

static double cpu_seconds(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void begin(struct took *t)
{
	t->wall -= bed_seconds();
	t->cpu -= cpu_seconds();
}

static void end(struct took *t)
{
	t->wall += bed_seconds();
	t->cpu += cpu_seconds();
}

static void put_batch(struct serve *s, u64 first, u64 devices, struct took *t)
{
	struct arena *a = arena_new(NULL, 0);
	struct str *bodies = arena_alloc(a, (devices / BED_CHUNK + 1) * sizeof *bodies);
	struct chunk_in *in;
	size_t n = bed_chunks(a, first, devices, bodies, NULL);

	in = arena_alloc(a, n * sizeof *in);
	begin(t);
	for (size_t i = 0; i < n; i++) {
		if (chunk_take(a, bodies[i], &in[i]) != 0) {
			bed_die("chunk_take", "refused");
		}
	}
	chunks_put(s, in, n);
	end(t);
	for (size_t i = 0; i < n; i++) {
		if (in[i].r != 0) {
			bed_die("chunks_put", in[i].why);
		}
	}
	arena_free(a);
}

/* The child's part. Peer and ours take turns, a batch each, so that both see the same machine. */
static void import_here(const char *dir, u64 facts, u64 measured, size_t bare_bytes, struct result *ret)
{
	static const struct serve_parts parts;
	struct arena *a = arena_new(NULL, 0);
	struct bare *bare = bare_bytes != 0 ? bare_open("bare.db", STORE_CACHE_DEFAULT) : NULL;
	struct serve *s = NULL;
	struct took unused = { 0 };

	if (mkdir(dir, 0700) != 0 || chdir(dir) != 0 || serve_open(a, &parts, &s) != 0) {
		bed_die("serve_open", "failed");
	}
	for (u64 at = 0; at < facts; at += BED_BATCH) {
		bool counts = at + measured >= facts;

		if (bare != NULL) {
			begin(&ret->bare);
			bare_put(bare, at, BED_BATCH, bare_bytes);
			end(&ret->bare);
			ret->bare = counts ? ret->bare : unused;
		}
		put_batch(s, at / BED_GROUP + 1, BED_BATCH / BED_GROUP, counts ? &ret->ours : &unused);
		unused = (struct took){ 0 };
		if (at / BED_BATCH == facts / BED_BATCH / 2) {		/* the caches are full by then */
			ret->early = bed_status("VmHWM");
		}
	}
	ret->peak = bed_status("VmHWM");
	if (s->edge.size < facts / BED_BATCH) {
		bed_die("the log", "is shorter than the import");
	}
	serve_close(s);
	if (bare != NULL) {
		bare_close(bare);
		unlink("../bare.db");
	}
}

/* In a process of its own, because a store's names are relative to its directory and VmHWM only grows. */
static struct result import(const char *in, const char *dir, u64 facts, u64 measured, size_t bare_bytes)
{
	struct result res = { 0 };
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		bed_die("fork", "failed");
	}
	if (pid == 0) {
		if (chdir(in) != 0) {
			bed_die(in, "cannot be entered");
		}
		import_here(dir, facts, measured, bare_bytes, &res);
		_exit(write(p[1], &res, sizeof res) == (ssize_t)sizeof res ? 0 : 1);
	}
	close(p[1]);
	if (read(p[0], &res, sizeof res) != (ssize_t)sizeof res) {
		bed_die("import", "failed");
	}
	close(p[0]);
	waitpid(pid, NULL, 0);
	return res;
}

static size_t fact_bytes(void)
{
	struct arena *a = arena_new(NULL, 0);
	struct str bodies[BED_BATCH / BED_GROUP / BED_CHUNK + 1];
	size_t bytes;

	bed_chunks(a, 1, BED_BATCH / BED_GROUP, bodies, &bytes);
	arena_free(a);
	return bytes / BED_BATCH;
}

static void sealing(const char *dir, u64 facts)
{
	static const char *const names[2][2] = { { "sealed1", "unsealed1" }, { "sealed2", "unsealed2" } };
	struct took best[2] = { { 1e9, 1e9 }, { 1e9, 1e9 } };
	double n = (double)facts;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++) {
			struct took t;

			unsealed = i == 1;
			t = import(dir, names[round][i], facts, facts, 0).ours;
			best[i].wall = t.wall < best[i].wall ? t.wall : best[i].wall;
			best[i].cpu = t.cpu < best[i].cpu ? t.cpu : best[i].cpu;
		}
	}
	unsealed = false;
	printf("| sealing: the same import of %ju facts with and without the ledger | %.0f facts/s | %.0f facts/s "
		"| %.1f %% of the time (%.1f %% of the CPU time) | <= 25 %% |\n", (uintmax_t)facts, n / best[0].wall,
		n / best[1].wall, (1 - best[1].wall / best[0].wall) * 100, (1 - best[1].cpu / best[0].cpu) * 100);
}

int main(int argc, char **argv)
{
	u64 facts = argc > 2 ? bed_number(argv[2], 10 * BED_BATCH, 1000000000) : 1000000;
	u64 sealed = argc > 3 ? bed_number(argv[3], 0, facts) : facts < 300000 ? facts : 300000;
	size_t bytes = fact_bytes();
	u64 measured;
	struct result r;

	if (argc < 2) {
		bed_die("usage", "facts DIRECTORY [FACTS [SEALED]]");
	}
	log_init("bench", LOG_WARN);
	bed_directory(argv[1]);
	facts -= facts % BED_BATCH;
	sealed -= sealed % BED_BATCH;
	measured = facts / 10 < 1000000 ? facts / 10 : 1000000;
	measured -= measured % BED_BATCH;
	r = import(argv[1], "ours", facts, measured, bytes);
	printf("| facts durable, the last %ju of %ju in the store, rows of %zu bytes | %.0f facts/s | bare SQLite, %.0f rows/s "
		"| %.2f (by CPU time %.2f) | >= 0.5 |\n", (uintmax_t)measured, (uintmax_t)facts, bytes,
		(double)measured / r.ours.wall, (double)measured / r.bare.wall, r.bare.wall / r.ours.wall,
		r.bare.cpu / r.ours.cpu);
	printf("| memory of that import | %zu MiB at the end | %zu MiB half way | %.2f | flat (<= 1.2) |\n",
		r.peak / MiB, r.early / MiB, (double)r.peak / (double)r.early);
	fprintf(stderr, "bench facts: CPU time a fact %.1f us, a bare row %.1f us\n",
		r.ours.cpu / (double)measured * 1e6,
		r.bare.cpu / (double)measured * 1e6);
	fflush(stdout);
	if (sealed > 0) {
		sealing(argv[1], sealed);
	}
	return 0;
}
