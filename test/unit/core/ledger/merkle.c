#include "corpus.h"

#include <string.h>

#include "base/err.h"

/* The tree of the property tests: leaf i is the hash of i in decimal. */
static struct hash leaf_of(u64 i)
{
	char text[24];

	return merkle_leaf(str_of(text, (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)i)));
}

/* RFC 6962 2.1 word for word, as a second opinion. */
static struct hash plain_root(const struct hash *leaves, size_t n)
{
	size_t k = 1;
	struct hash l, r;

	if (n == 0) {
		return hash_bytes(S(""));
	}
	if (n == 1) {
		return leaves[0];
	}
	while (2 * k < n) {
		k *= 2;
	}
	l = plain_root(leaves, k);
	r = plain_root(leaves + k, n - k);
	return merkle_node(&l, &r);
}

#define SIZES 200

void test_merkle__empty_and_single(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct hash e = merkle_empty(), l = merkle_leaf(S("")), one;

	(void)state;
	assert_str(str_hex(a, e.b, HASH_LEN), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_str(str_hex(a, l.b, HASH_LEN), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	one = merkle_root(&l, 1);
	assert_true(hash_eq(&one, &l));
	one = merkle_root(NULL, 0);
	assert_true(hash_eq(&one, &e));
	arena_free(a);
}

void test_merkle__edge_is_the_plain_tree(void **state)
{
	struct hash leaves[SIZES], nodes[MERKLE_LEVELS];
	struct arena *a = arena_new(NULL, 0);
	struct merkle_edge e = {0};

	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct merkle_edge back;
		struct merkle_tree t;
		struct hash want, got;
		struct buf b = buf_new(a, 0);
		struct rd rd;
		size_t n;

		leaves[i] = leaf_of(i);
		n = merkle_edge_append(&e, &leaves[i], nodes);
		assert_int_equal(n, __builtin_ctzll(i + 1) + 1);
		want = plain_root(leaves, i + 1);
		got = merkle_edge_root(&e);
		assert_true(hash_eq(&got, &want));
		assert_int_equal(merkle_tree_make(a, leaves, i + 1, &t), 0);
		for (u32 l = 0; l < n; l++) {
			assert_int_equal(merkle_tree_fetch(&t, l, i >> l, &got), 0);
			assert_true(hash_eq(&got, &nodes[l]));
		}
		assert_int_equal(merkle_fetch_root(merkle_tree_fetch, &t, i + 1, &got), 0);
		assert_true(hash_eq(&got, &want));
		merkle_edge_save(&e, &b);
		rd = rd_str(buf_view(&b));
		assert_int_equal(merkle_edge_load(&rd, &back), 0);
		assert_int_equal(rd_done(&rd), 0);
		got = merkle_edge_root(&back);
		assert_true(hash_eq(&got, &want));
		rd = rd_of(b.p, b.n - 1);
		assert_int_equal(merkle_edge_load(&rd, &back), ERR_TRUNC);
		assert_int_equal(rd_left(&rd), b.n - 1);	/* moves only on success */
	}
	arena_free(a);
}

void test_merkle__edge_load_refuses_size(void **state)
{
	u8 bytes[8] = { 0x80 };
	struct rd rd = rd_of(bytes, sizeof(bytes));
	struct merkle_edge e;

	(void)state;
	assert_int_equal(merkle_edge_load(&rd, &e), ERR_RANGE);
}

static void flip_inclusion(u64 i, u64 n, const struct hash *leaf, struct merkle_proof *p, const struct hash *root)
{
	struct hash bad;

	for (size_t bit = 0; bit < p->n * HASH_LEN * 8; bit += unit_step()) {
		p->h[bit / 256].b[bit / 8 % HASH_LEN] ^= (u8)(1u << bit % 8);
		assert_int_equal(merkle_verify_inclusion(i, n, leaf, p->h, p->n, root), ERR_INTEGRITY);
		p->h[bit / 256].b[bit / 8 % HASH_LEN] ^= (u8)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < HASH_LEN * 8; bit += unit_step()) {
		bad = *leaf;
		bad.b[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(merkle_verify_inclusion(i, n, &bad, p->h, p->n, root), ERR_INTEGRITY);
		bad = *root;
		bad.b[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(merkle_verify_inclusion(i, n, leaf, p->h, p->n, &bad), ERR_INTEGRITY);
	}
}

void test_merkle__every_inclusion(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct hash leaves[SIZES];
	struct merkle_tree t;

	(void)state;
	for (u64 i = 0; i < SIZES; i++) {
		leaves[i] = leaf_of(i);
	}
	assert_int_equal(merkle_tree_make(a, leaves, SIZES, &t), 0);
	for (size_t n = 1; n <= SIZES; n += unit_step()) {
		struct hash root = merkle_root(leaves, n);

		for (u64 i = 0; i < n; i++) {
			struct merkle_proof p;

			/* The fetch is asked for nodes of the tree of n leaves only. */
			t.n = n;
			assert_int_equal(merkle_inclusion(merkle_tree_fetch, &t, i, n, &p), 0);
			assert_int_equal(merkle_verify_inclusion(i, n, &leaves[i], p.h, p.n, &root), 0);
			assert_int_equal(merkle_verify_inclusion(i, n, &leaves[i], p.h, p.n + 1, &root), ERR_INTEGRITY);
			if (p.n > 0) {
				assert_int_equal(
					merkle_verify_inclusion(i, n, &leaves[i], p.h, p.n - 1, &root), ERR_INTEGRITY);
				assert_int_equal(
					merkle_verify_inclusion(i ^ 1, n, &leaves[i], p.h, p.n, &root), ERR_INTEGRITY);
			}
			/* All bits of all proofs take minutes: trees of up to 12 leaves, and a spread of the others. */
			if (n <= 12 || (i + 7 * n) % 499 == 0) {
				flip_inclusion(i, n, &leaves[i], &p, &root);
			}
		}
		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &t, n, n, &(struct merkle_proof){0}), ERR_RANGE);
		assert_int_equal(merkle_verify_inclusion(n, n, &leaves[0], NULL, 0, &leaves[0]), ERR_INTEGRITY);
	}
	arena_free(a);
}

static void flip_consistency(u64 m, u64 n, const struct hash *r1, const struct hash *r2, struct merkle_proof *p)
{
	struct hash bad;

	for (size_t bit = 0; bit < p->n * HASH_LEN * 8; bit += unit_step()) {
		p->h[bit / 256].b[bit / 8 % HASH_LEN] ^= (u8)(1u << bit % 8);
		assert_int_equal(merkle_verify_consistency(m, n, r1, r2, p->h, p->n), ERR_INTEGRITY);
		p->h[bit / 256].b[bit / 8 % HASH_LEN] ^= (u8)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < HASH_LEN * 8; bit += unit_step()) {
		bad = *r1;
		bad.b[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(merkle_verify_consistency(m, n, &bad, r2, p->h, p->n), ERR_INTEGRITY);
		bad = *r2;
		bad.b[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(merkle_verify_consistency(m, n, r1, &bad, p->h, p->n), ERR_INTEGRITY);
	}
}

void test_merkle__every_consistency(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct hash leaves[SIZES], roots[SIZES + 1];
	struct merkle_tree t;

	(void)state;
	roots[0] = merkle_empty();
	for (size_t i = 0; i < SIZES; i++) {
		leaves[i] = leaf_of(i);
		roots[i + 1] = merkle_root(leaves, i + 1);
	}
	assert_int_equal(merkle_tree_make(a, leaves, SIZES, &t), 0);
	for (size_t n = 1; n <= SIZES; n += unit_step()) {
		t.n = n;
		for (u64 m = 1; m <= n; m++) {
			struct merkle_proof p;

			assert_int_equal(merkle_consistency(merkle_tree_fetch, &t, m, n, &p), 0);
			assert_int_equal(merkle_verify_consistency(m, n, &roots[m], &roots[n], p.h, p.n), 0);
			assert_int_equal(
				merkle_verify_consistency(m, n, &roots[m], &roots[n], p.h, p.n + 1), ERR_INTEGRITY);
			assert_int_equal(
				merkle_verify_consistency(m, n, &roots[m - 1], &roots[n], p.h, p.n), ERR_INTEGRITY);
			if (p.n > 0) {
				assert_int_equal(merkle_verify_consistency(m, n, &roots[m], &roots[n], p.h, p.n - 1),
					ERR_INTEGRITY);
				assert_int_equal(
					merkle_verify_consistency(n, m, &roots[n], &roots[m], p.h, p.n), ERR_INTEGRITY);
			}
			if (n <= 12 || (m + 7 * n) % 499 == 0) {
				flip_consistency(m, n, &roots[m], &roots[n], &p);
			}
		}
		assert_int_equal(merkle_consistency(merkle_tree_fetch, &t, 0, n, &(struct merkle_proof){0}), ERR_RANGE);
		assert_int_equal(
			merkle_consistency(merkle_tree_fetch, &t, n + 1, n, &(struct merkle_proof){ 0 }), ERR_RANGE);
	}
	arena_free(a);
}

void test_merkle__sizes_of_zero(void **state)
{
	struct hash e = merkle_empty(), l = leaf_of(1);

	(void)state;
	assert_int_equal(merkle_verify_consistency(0, 0, &e, &e, NULL, 0), 0);
	assert_int_equal(merkle_verify_consistency(0, 0, &l, &l, NULL, 0), ERR_INTEGRITY);
	assert_int_equal(merkle_verify_consistency(0, 0, &e, &e, &e, 1), ERR_INTEGRITY);
	assert_int_equal(merkle_verify_consistency(0, 1, &e, &l, NULL, 0), ERR_INTEGRITY);
	assert_int_equal(merkle_verify_consistency(1, 0, &l, &e, NULL, 0), ERR_INTEGRITY);
	assert_int_equal(merkle_verify_inclusion(0, 0, &l, NULL, 0, &l), ERR_INTEGRITY);
}

/* The largest sizes: no shift or addition runs over, whatever the proof. */
void test_merkle__largest_sizes(void **state)
{
	struct hash p[MERKLE_PROOF_MAX] = {0}, z = {0};

	(void)state;
	for (size_t n = 0; n <= MERKLE_PROOF_MAX; n++) {
		assert_int_equal(
			merkle_verify_inclusion(MERKLE_SIZE_MAX - 1, MERKLE_SIZE_MAX, &z, p, n, &z), ERR_INTEGRITY);
		assert_int_equal(merkle_verify_inclusion(0, MERKLE_SIZE_MAX, &z, p, n, &z), ERR_INTEGRITY);
		assert_int_equal(merkle_verify_inclusion(UINT64_MAX - 1, UINT64_MAX, &z, p, n, &z), ERR_INTEGRITY);
		assert_int_equal(merkle_verify_consistency(1, MERKLE_SIZE_MAX, &z, &z, p, n), ERR_INTEGRITY);
		assert_int_equal(
			merkle_verify_consistency(MERKLE_SIZE_MAX - 1, MERKLE_SIZE_MAX, &z, &z, p, n), ERR_INTEGRITY);
		assert_int_equal(merkle_verify_consistency(UINT64_MAX - 1, UINT64_MAX, &z, &z, p, n), ERR_INTEGRITY);
	}
}

static int fetch_fails(void *ctx, u32 level, u64 index, struct hash *ret)
{
	(void)ctx;
	(void)level;
	(void)index;
	(void)ret;
	return ERR_IO;
}

void test_merkle__fetch_error_is_passed_on(void **state)
{
	struct merkle_proof p = { .n = 77 };
	struct hash h;

	(void)state;
	assert_int_equal(merkle_inclusion(fetch_fails, NULL, 1, 3, &p), ERR_IO);
	assert_int_equal(merkle_consistency(fetch_fails, NULL, 2, 3, &p), ERR_IO);
	assert_int_equal(merkle_fetch_root(fetch_fails, NULL, 3, &h), ERR_IO);
	assert_int_equal(p.n, 77);	/* results are written on success only */
}

/* What the two kinds of vectors share: the array of proof hashes. False when one of them is no hash. */
static bool vector_proof(struct arena *a, const struct json *v, struct hash *ret, size_t *ret_n)
{
	const struct json *p = json_get(v, S("proof"));

	*ret_n = 0;
	assert_non_null(p);
	if (p->type == JSON_NULL) {
		return true;
	}
	for (size_t i = 0; i < p->arr.n; i++) {
		assert_true(*ret_n < MERKLE_PROOF_MAX);
		if (!corpus_hash(a, p->arr.p[i].s, &ret[(*ret_n)++])) {
			return false;
		}
	}
	return true;
}

static bool wanted(const struct json *v)
{
	bool fails;

	assert_int_equal(json_get_bool(v, S("wantErr"), &fails), 0);
	return !fails;
}

void test_merkle__corpus_inclusion(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	CORPUS(a, text, "merkle/inclusion.jsonl");
	struct hash proof[MERKLE_PROOF_MAX], leaf, root;
	size_t total = 0, passed = 0, n;

	(void)state;
	while (text.n > 0) {
		const struct json *v = corpus_json(a, str_cut(&text, '\n'));
		bool ok = vector_proof(a, v, proof, &n) && corpus_hash(a, corpus_str(v, "leafHash"), &leaf) &&
			  corpus_hash(a, corpus_str(v, "root"), &root) &&
			  merkle_verify_inclusion(
				  corpus_u64(v, "leafIdx"), corpus_u64(v, "treeSize"), &leaf, proof, n, &root) == 0;

		if (ok != wanted(v)) {
			fail_msg("%.*s", STRF(corpus_str(v, "_file")));
		}
		total++;
		passed += ok;
	}
	assert_in_range(total, 40, 10000);
	assert_in_range(passed, 3, total - 30);
	arena_free(a);
}

void test_merkle__corpus_consistency(void **state)
{
	/* Accepted there with roots of 12 bytes; a root here is 32 bytes or no root. */
	static const char *const other[] = { "additional/sizes-are-equal-one-and-proof-is-empty.json" };
	struct arena *a = arena_new(NULL, 0);
	CORPUS(a, text, "merkle/consistency.jsonl");
	struct hash proof[MERKLE_PROOF_MAX], r1, r2;
	size_t total = 0, differ = 0, n;

	(void)state;
	while (text.n > 0) {
		const struct json *v = corpus_json(a, str_cut(&text, '\n'));
		struct str file = corpus_str(v, "_file");
		bool ok = vector_proof(a, v, proof, &n) && corpus_hash(a, corpus_str(v, "root1"), &r1) &&
			  corpus_hash(a, corpus_str(v, "root2"), &r2) &&
			  merkle_verify_consistency(
				  corpus_u64(v, "size1"), corpus_u64(v, "size2"), &r1, &r2, proof, n) == 0;

		if (str_ends(file, str_z(other[0]))) {
			assert_false(ok);
			differ++;
		} else if (ok != wanted(v)) {
			fail_msg("%.*s", STRF(file));
		}
		total++;
	}
	assert_in_range(total, 40, 10000);
	assert_in_range(differ, 0, countof(other));
	arena_free(a);
}

void test_merkle__corpus_reference_tree(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	CORPUS(a, text, "merkle/reference-tree.json");
	const struct json *v = corpus_json(a, text), *in = json_get(v, S("LeafInputs"));
	const struct json *roots = json_get(v, S("RootHashes")), *nodes = json_get(v, S("NodeHashes"));
	struct merkle_edge e = {0};
	struct hash h[MERKLE_LEVELS], leaves[64];
	struct merkle_tree t;
	size_t at = 0;

	(void)state;
	assert_in_range(in->arr.n, 8, 64);
	for (size_t i = 0; i < in->arr.n; i++) {
		struct str hex = in->arr.p[i].s;
		u8 *bytes = arena_alloc(a, hex.n / 2 + 1);
		struct hash root;

		assert_int_equal(str_unhex(hex, bytes, hex.n / 2), 0);
		leaves[i] = merkle_leaf(str_of(bytes, hex.n / 2));
		merkle_edge_append(&e, &leaves[i], h);
		root = merkle_edge_root(&e);
		assert_true(str_eq(str_hex(a, root.b, HASH_LEN), roots->arr.p[i].s));
	}
	assert_int_equal(merkle_tree_make(a, leaves, in->arr.n, &t), 0);
	for (u32 l = 0; l < t.levels; l++) {	/* the file lists them level by level */
		for (size_t i = 0; i < in->arr.n >> l; i++) {
			assert_true(str_eq(str_hex(a, t.level[l][i].b, HASH_LEN), nodes->arr.p[at++].s));
		}
	}
	assert_int_equal(at, nodes->arr.n);
	arena_free(a);
}
