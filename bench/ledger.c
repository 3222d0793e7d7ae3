/* Ledger verification: publish_verify of a published log, reading included, against nettle hashing the very same leaf
 * and node blocks, which lie ready in memory. Both on one thread, in turns; the best of five each.
 *
 * usage: ledger DIRECTORY [ENTRIES [BYTES]]	prints one markdown row: claim, ours, peer, ratio, bound */
#include "core/ledger/publish.h"

#include <nettle/sha2.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define ROUNDS 5

struct log {
	u64 n;
	size_t bytes;
	u8 *entries;			/* n entries, each behind one byte for the leaf prefix */
	struct merkle_tree tree;
	u8 *blocks;			/* all node blocks: 0x01, left, right */
	u64 nblocks;
};

static NORETURN void die(const char *what)
{
	fprintf(stderr, "bench ledger: %s\n", what);
	exit(1);
}

static double seconds(void)
{
	return (double)mono_now().ns / 1e9;
}

static int node(void *ctx, u32 level, u64 index, struct hash *ret)
{
	struct log *l = ctx;

	return merkle_tree_fetch(&l->tree, level, index, ret);
}

static int entry(void *ctx, u64 seq, struct str *ret)
{
	struct log *l = ctx;

	*ret = str_of(l->entries + seq * (l->bytes + 1) + 1, l->bytes);
	return 0;
}

static void log_make(struct arena *a, struct log *l)
{
	struct hash *leaves = arena_alloc(a, l->n * sizeof(*leaves));
	u64 x = 88172645463325252u;

	l->entries = arena_alloc(a, l->n * (l->bytes + 1));
	for (u64 i = 0; i < l->n; i++) {
		u8 *e = l->entries + i * (l->bytes + 1);

		for (size_t k = 1; k <= l->bytes; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			e[k] = (u8)x;
		}
		e[0] = 0x00;
		leaves[i] = merkle_leaf(str_of(e + 1, l->bytes));
	}
	if (merkle_tree_make(a, leaves, l->n, &l->tree) != 0) {
		die("tree");
	}
	l->blocks = arena_alloc(a, l->n * (1 + 2 * HASH_LEN));
	for (u32 level = 0; level + 1 < l->tree.levels; level++) {
		for (u64 i = 0; i < l->n >> (level + 1); i++) {
			u8 *b = l->blocks + l->nblocks++ * (1 + 2 * HASH_LEN);

			b[0] = 0x01;
			memcpy(b + 1, &l->tree.level[level][2 * i], 2 * HASH_LEN);
		}
	}
}

static void hash_block(const u8 *p, size_t n, u8 *sum)
{
	struct sha256_ctx ctx;
	u8 out[HASH_LEN];

	sha256_init(&ctx);
	sha256_update(&ctx, n, p);
	sha256_digest(&ctx, HASH_LEN, out);
	*sum ^= out[0];		/* so that it is not left out */
}

static double peer(const struct log *l)
{
	double at = seconds();
	volatile u8 keep;
	u8 sum = 0;

	for (u64 i = 0; i < l->n; i++) {
		hash_block(l->entries + i * (l->bytes + 1), l->bytes + 1, &sum);
	}
	for (u64 i = 0; i < l->nblocks; i++) {
		hash_block(l->blocks + i * (1 + 2 * HASH_LEN), 1 + 2 * HASH_LEN, &sum);
	}
	keep = sum;
	(void)keep;
	return seconds() - at;
}

static double ours(struct arena *a, int dir, const struct note_key *key, u64 want)
{
	double at = seconds();
	struct checkpoint c;
	struct perr e = {0};

	if (publish_verify(a, dir, key, &c, &e) != 0 || c.size != want) {
		die(e.text);
	}
	return seconds() - at;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(NULL, 0);
	struct log l = { .n = 200000, .bytes = 300 };
	struct ledger_key key;
	struct note_key nk;
	struct publish p = { .node = node, .entry = entry, .ctx = &l, .key = &nk };
	struct checkpoint c = { .origin = S("korobanu.invalid/bench/1") };
	double best_ours = 1e9, best_peer = 1e9;
	u64 v;

	if (argc < 2 || (argc > 2 && str_u64(str_z(argv[2]), 10000000, &l.n) != 0) || l.n == 0) {
		die("usage: ledger DIRECTORY [ENTRIES [BYTES]]");
	}
	if (argc > 3) {
		if (str_u64(str_z(argv[3]), 65535, &v) != 0) {
			die("bytes: 0 to 65535");
		}
		l.bytes = (size_t)v;
	}
	if ((mkdir(argv[1], 0700) != 0 && access(argv[1], W_OK) != 0) ||
	    (p.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		die("directory");
	}
	log_make(a, &l);
	c.size = l.n;
	if (merkle_fetch_root(node, &l, l.n, &c.root) != 0 || key_make(&key) != 0 ||
	    note_key_make(c.origin, key.pub, &nk) != 0 || checkpoint_sign(a, &c, &key, &p.checkpoint) != 0 ||
	    publish_run(a, &p, NULL) != 0) {
		die("publish (is the directory empty?)");
	}
	for (int i = 0; i < ROUNDS; i++) {
		double t = ours(a, p.dir, &nk, l.n);

		best_ours = t < best_ours ? t : best_ours;
		t = peer(&l);
		best_peer = t < best_peer ? t : best_peer;
	}
	printf("| ledger verification, %llu entries of %zu bytes, reading included, vs nettle on the same blocks "
	       "| %.0f k/s | %.0f k/s | %.2f | >= 0.7 |\n",
	       (unsigned long long)l.n, l.bytes, (double)l.n / best_ours / 1e3,
	       (double)l.n / best_peer / 1e3, best_peer / best_ours);
	close(p.dir);
	arena_free(a);
	return 0;
}
