/* The ledger: one append-only Merkle log. This head describes the whole format; doc/formats/ledger.md says the same
 * at more length for those who read the files with other programs.
 *
 * FORMAT
 *
 * The log is a sequence of entries 0, 1, 2, ... Entry n is an *envelope* (envelope.c): canonical JSON of at most
 * 65,535 bytes that says when, by whom (a pseudonym), of which type (batch, act, erased), and the root of an *inner
 * tree*. The leaves of the inner tree stand for the entry's *parts* (part.c), the smallest pieces that can be
 * erased alone:
 *
 *	commitment	SHA-256("korobanu part v1\n" || 32 bytes of salt || bytes of the part)
 *	inner leaf	SHA-256(0x00 || commitment)
 *	outer leaf	SHA-256(0x00 || envelope)
 *	node		SHA-256(0x01 || left || right)
 *	empty tree	SHA-256("")
 *
 * A tree of n > 1 leaves splits at the largest power of two below n (RFC 6962 2.1). Node (level, index) is the
 * perfect subtree over leaves index * 2^level ... (index + 1) * 2^level - 1. So a proof that a part was recorded is
 * two inclusion proofs: commitment in envelope, envelope in log. The head is signed as a *checkpoint* (note.c):
 *
 *	korobanu.invalid/0123456789abcdef/1	origin: random name of this log, and epoch
 *	1234					size
 *	<base64 of the root>
 *	(empty line)
 *	— <origin> <base64 of key hash and Ed25519 signature>
 *
 * Files (tile.c, publish.c), all made from what the database holds and always makeable again:
 *
 *	checkpoint				the signed head
 *	tile/<L>/<N>[.p/<W>]			hashes of tree level 8 * L, 256 to a file, W of them in a partial one
 *	tile/entries/<N>[.p/<W>]		envelopes, each behind two bytes of length
 *
 * INVARIANTS
 *
 * (1) A leaf once acknowledged never changes and never leaves; correction and erasure are later entries.
 * (2) No two checkpoints of one origin and size differ; after a restore the origin changes (next epoch).
 * (3) A checkpoint stands on disk only if all tiles and bundles it needs are durable: each file is written under
 *     another name, synced, renamed, and its directory synced, before the checkpoint goes the same way.
 * (4) The envelope holds nothing that could have to be erased: commitments stay, content and salt go. Without the
 *     salt a commitment says nothing about the content, however few contents are possible.
 * (5) Verification accepts one proof length for one (index, size) and nothing else, one encoding of every number
 *     and text.
 *
 * WHAT IT PROVES
 *
 * Given a checkpoint that somebody else kept: that the log of today is a continuation of the log of that day, that
 * an entry or part was in it by then, in this order, and was not changed or removed since. A bundle proves this
 * without our store.
 *
 * WHAT IT DOES NOT PROVE
 *
 * That everything observed was recorded; that what was recorded is true; that `at` in an envelope is the right time
 * (only the order, and that it is older than a checkpoint seen elsewhere). Who holds the key can sign two
 * histories: only a checkpoint kept by another, or a witness, shows it. A proof handed out before an erasure still
 * holds the erased bytes.
 *
 * THE ARITHMETIC OF THIS FILE
 *
 * The edge keeps, for a tree of size n, one root for each set bit of n: the perfect subtrees from left to right are
 * those bits from high to low. Appending is binary addition: the new leaf is carried upwards while the bit is set,
 * and every carry completes a node. The root folds the edge from the lowest bit up. */
#include "core/ledger/merkle.h"

#include <nettle/sha2.h>

#include <string.h>

#include "base/err.h"
#include "base/sha256.h"

struct hash hash_bytes(struct str bytes)
{
	struct sha256_ctx ctx;
	struct hash h;

	sha256_init(&ctx);
	sha256_update(&ctx, bytes.n, (const u8 *)bytes.p);
	sha256_digest(&ctx, HASH_LEN, h.b);
	return h;
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, HASH_LEN) == 0;
}

struct hash merkle_empty(void)
{
	return hash_bytes((struct str){0});
}

struct hash merkle_leaf(struct str bytes)
{
	struct sha256_ctx ctx;
	struct hash h;

	sha256_init(&ctx);
	sha256_update(&ctx, 1, &(const u8){0x00});
	sha256_update(&ctx, bytes.n, (const u8 *)bytes.p);
	sha256_digest(&ctx, HASH_LEN, h.b);
	return h;
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
	struct sha256_ctx ctx;
	struct hash h;
	u8 block[1 + 2 * HASH_LEN];

	block[0] = 0x01;
	memcpy(block + 1, left->b, HASH_LEN);
	memcpy(block + 1 + HASH_LEN, right->b, HASH_LEN);
	sha256_init(&ctx);
	sha256_update(&ctx, sizeof(block), block);
	sha256_digest(&ctx, HASH_LEN, h.b);
	return h;
}

#define AT_ONCE 256		/* a step's worth of jobs on the stack, many lanes' worth of messages */

static void hash_each(struct str prefix, const struct hash *texts, size_t width, size_t n, struct hash *ret)
{
	struct sha256_job jobs[AT_ONCE];

	for (size_t at = 0, k; at < n; at += k) {
		k = n - at < AT_ONCE ? n - at : AT_ONCE;
		for (size_t i = 0; i < k; i++) {
			jobs[i] = (struct sha256_job){ .head = prefix, .ret = ret[at + i].b,
				.body = str_of(&texts[(at + i) * width], width * HASH_LEN) };
		}
		sha256_many(jobs, k);
	}
}

void merkle_leaves(const struct hash *texts, size_t n, struct hash *ret)
{
	hash_each(S("\0"), texts, 1, n, ret);
}

void merkle_texts(const struct str *texts, size_t n, struct hash *ret)
{
	struct sha256_job jobs[AT_ONCE];

	for (size_t at = 0, k; at < n; at += k) {
		k = n - at < AT_ONCE ? n - at : AT_ONCE;
		for (size_t i = 0; i < k; i++) {
			jobs[i] = (struct sha256_job){ .head = S("\0"), .body = texts[at + i], .ret = ret[at + i].b };
		}
		sha256_many(jobs, k);
	}
}

void merkle_nodes(const struct hash *below, size_t n, struct hash *ret)
{
	hash_each(S("\1"), below, 2, n, ret);
}

struct hash merkle_fold(struct hash *leaves, u32 level)
{
	struct hash above[AT_ONCE];

	for (size_t n = ((size_t)1 << level) / 2; n > 0; n /= 2) {
		for (size_t at = 0, k; at < n; at += k) {
			k = n - at < AT_ONCE ? n - at : AT_ONCE;
			merkle_nodes(&leaves[2 * at], k, above);
			memcpy(&leaves[at], above, k * sizeof(*above));	/* behind what is still to be read */
		}
	}
	return leaves[0];
}

static size_t append_at(struct merkle_edge *e, size_t level, const struct hash *root, struct hash *ret_nodes)
{
	struct hash h = *root;
	size_t l = level;

	must(e->size <= MERKLE_SIZE_MAX - ((u64)1 << level) && (e->size & (((u64)1 << level) - 1)) == 0);
	for (;; l++) {
		if (ret_nodes != NULL) {
			ret_nodes[l] = h;
		}
		if ((e->size >> l & 1) == 0) {
			break;
		}
		h = merkle_node(&e->h[l], &h);
	}
	e->h[l] = h;
	e->size += (u64)1 << level;
	return l + 1;
}

size_t merkle_edge_append(struct merkle_edge *e, const struct hash *leaf, struct hash ret_nodes[MERKLE_LEVELS])
{
	return append_at(e, 0, leaf, ret_nodes);
}

void merkle_edge_append_tree(struct merkle_edge *e, u32 level, const struct hash *root)
{
	must(level < MERKLE_LEVELS - 1);
	(void)append_at(e, level, root, NULL);
}

struct hash merkle_edge_root(const struct merkle_edge *e)
{
	struct hash r = {0};
	bool any = false;

	if (e->size == 0) {
		return merkle_empty();
	}
	for (u32 l = 0; l < MERKLE_LEVELS; l++) {
		if ((e->size >> l & 1) == 0) {
			continue;
		}
		r = any ? merkle_node(&e->h[l], &r) : e->h[l];
		any = true;
	}
	return r;
}

void merkle_edge_save(const struct merkle_edge *e, struct buf *b)
{
	buf_u64(b, e->size);
	for (u32 l = MERKLE_LEVELS; l-- > 0;) {
		if (e->size >> l & 1) {
			buf_bytes(b, e->h[l].b, HASH_LEN);
		}
	}
}

int merkle_edge_load(struct rd *rd, struct merkle_edge *ret)
{
	struct merkle_edge e = {0};
	struct rd in = *rd;
	int r = rd_u64(&in, &e.size);

	if (r != 0) {
		return r;
	}
	if (e.size > MERKLE_SIZE_MAX) {
		return ERR_RANGE;
	}
	for (u32 l = MERKLE_LEVELS; l-- > 0;) {
		if ((e.size >> l & 1) && (r = rd_copy(&in, e.h[l].b, HASH_LEN)) != 0) {
			return r;
		}
	}
	*ret = e;
	*rd = in;
	return 0;
}

struct hash merkle_root(const struct hash *leaves, size_t n)
{
	struct merkle_edge e = {0};

	for (size_t i = 0; i < n; i++) {
		merkle_edge_append(&e, &leaves[i], NULL);
	}
	return merkle_edge_root(&e);
}

int merkle_tree_make(struct arena *a, const struct hash *leaves, size_t n, struct merkle_tree *ret)
{
	struct merkle_tree t = { .n = n };

	for (size_t w = n; w > 0; w >>= 1) {
		struct hash *to = arena_try(a, w * sizeof(*to));

		if (to == NULL) {
			return ERR_NOMEM;
		}
		if (t.levels == 0) {
			memcpy(to, leaves, w * sizeof(*to));
		} else {
			const struct hash *from = t.level[t.levels - 1];

			merkle_nodes(from, w, to);
		}
		t.level[t.levels++] = to;
	}
	*ret = t;
	return 0;
}

int merkle_tree_fetch(void *ctx, u32 level, u64 index, struct hash *ret)
{
	const struct merkle_tree *t = ctx;

	if (level >= t->levels || index >= t->n >> level) {
		return ERR_RANGE;
	}
	*ret = t->level[level][index];
	return 0;
}

/* Root over leaves [at, end), where `at` is a multiple of the largest power of two not above end - at: so every range
 * that a proof names. The perfect subtrees are collected from left to right and folded from the right. */
static int range_root(merkle_fetch *fetch, void *ctx, u64 at, u64 end, struct hash *ret)
{
	struct hash parts[MERKLE_LEVELS], h;
	size_t n = 0;

	for (u64 left = end - at; left > 0;) {
		u32 l = 63 - (u32)__builtin_clzll(left);
		int r = fetch(ctx, l, at >> l, &parts[n++]);

		if (r != 0) {
			return r;
		}
		at += (u64)1 << l;
		left -= (u64)1 << l;
	}
	h = parts[--n];
	while (n > 0) {
		n--;
		h = merkle_node(&parts[n], &h);
	}
	*ret = h;
	return 0;
}

int merkle_fetch_root(merkle_fetch *fetch, void *ctx, u64 size, struct hash *ret)
{
	if (size > MERKLE_SIZE_MAX) {
		return ERR_RANGE;
	}
	if (size == 0) {
		*ret = merkle_empty();
		return 0;
	}
	return range_root(fetch, ctx, 0, size, ret);
}

/* The largest power of two below n, n > 1. */
static u64 split(u64 n)
{
	return (u64)1 << (63 - (u32)__builtin_clzll(n - 1));
}

static void proof_turn(struct merkle_proof *p)	/* proofs are found from the root down and written from the leaf up */
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct hash h = p->h[i];

		p->h[i] = p->h[p->n - 1 - i];
		p->h[p->n - 1 - i] = h;
	}
}

int merkle_inclusion(merkle_fetch *fetch, void *ctx, u64 index, u64 size, struct merkle_proof *ret)
{
	struct merkle_proof p = {0};
	u64 lo = 0, hi = size;

	if (index >= size || size > MERKLE_SIZE_MAX) {
		return ERR_RANGE;
	}
	while (hi - lo > 1) {
		u64 mid = lo + split(hi - lo);
		bool left = index < mid;
		int r = range_root(fetch, ctx, left ? mid : lo, left ? hi : mid, &p.h[p.n++]);

		if (r != 0) {
			return r;
		}
		*(left ? &hi : &lo) = mid;
	}
	proof_turn(&p);
	*ret = p;
	return 0;
}

int merkle_consistency(merkle_fetch *fetch, void *ctx, u64 from, u64 to, struct merkle_proof *ret)
{
	struct merkle_proof p = {0};
	u64 lo = 0, hi = to;
	int r;

	if (from == 0 || from > to || to > MERKLE_SIZE_MAX) {
		return ERR_RANGE;
	}
	while (hi != from) {	/* the old tree ends inside [lo, hi): go towards its end */
		u64 mid = lo + split(hi - lo);
		bool left = from <= mid;

		if ((r = range_root(fetch, ctx, left ? mid : lo, left ? hi : mid, &p.h[p.n++])) != 0) {
			return r;
		}
		*(left ? &hi : &lo) = mid;
	}
	if (lo != 0 && (r = range_root(fetch, ctx, lo, hi, &p.h[p.n++])) != 0) {
		return r;
	}
	proof_turn(&p);
	*ret = p;
	return 0;
}

int merkle_verify_inclusion(u64 index, u64 size, const struct hash *leaf, const struct hash *proof, size_t n,
			    const struct hash *root)
{
	u64 fn = index, sn = size - 1;
	struct hash h = *leaf;

	if (index >= size || size > MERKLE_SIZE_MAX) {
		return ERR_INTEGRITY;
	}
	for (size_t i = 0; i < n; i++) {
		if (sn == 0) {
			return ERR_INTEGRITY;	/* too long */
		}
		if ((fn & 1) || fn == sn) {
			h = merkle_node(&proof[i], &h);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			h = merkle_node(&h, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_eq(&h, root) ? 0 : ERR_INTEGRITY;
}

static int verify_same(u64 size, const struct hash *from_root, const struct hash *to_root)
{
	struct hash empty = merkle_empty();

	return hash_eq(from_root, to_root) && (size != 0 || hash_eq(to_root, &empty)) ? 0 : ERR_INTEGRITY;
}

int merkle_verify_consistency(u64 from, u64 to, const struct hash *from_root, const struct hash *to_root,
			      const struct hash *proof, size_t n)
{
	u64 fn = from - 1, sn = to - 1;
	struct hash fr, sr;
	size_t i = 0;

	if (from == to && n == 0) {
		return verify_same(from, from_root, to_root);
	}
	if (from == 0 || from >= to || to > MERKLE_SIZE_MAX || n == 0) {
		return ERR_INTEGRITY;
	}
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	fr = sr = fn == 0 ? *from_root : proof[i++];	/* fn is 0 exactly when `from` is a power of two */
	for (; i < n; i++) {
		if (sn == 0) {
			return ERR_INTEGRITY;
		}
		if ((fn & 1) || fn == sn) {
			fr = merkle_node(&proof[i], &fr);
			sr = merkle_node(&proof[i], &sr);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			sr = merkle_node(&sr, &proof[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_eq(&fr, from_root) && hash_eq(&sr, to_root) ? 0 : ERR_INTEGRITY;
}
