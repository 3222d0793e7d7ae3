#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/ledger/part.h"

void test_part__commitment_golden(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct salt salt;
	struct hash c;

	(void)state;
	memset(salt.b, 0x5a, sizeof(salt.b));
	c = part_commit(PART_PERSONAL, 0x01020304, &salt, S("bytes"));
	assert_str(str_hex(a, c.b, HASH_LEN), "2bf0e625185b86dd79dd0a32503659c49fe963fe633c115c6ef4ad97e1de2e3b");
	c = part_root(&c, 1);
	assert_str(str_hex(a, c.b, HASH_LEN), "92484b097c78bbdc52b928ae1520af1cb46e21fe2c6eca060abfa74cf7a8c8ea");
	arena_free(a);
}

void test_part__role_and_item_are_committed(void **state)
{
	static const enum part_role roles[] = { PART_TECHNICAL, PART_PERSONAL, PART_EVIDENCE };
	static const u32 items[] = { 0, 1, 256, 65536, 1 << 24 };
	struct hash seen[countof(roles) * countof(items)];
	struct salt salt = { { 1 } };
	size_t n = 0;

	(void)state;
	for (size_t r = 0; r < countof(roles); r++) {
		for (size_t i = 0; i < countof(items); i++, n++) {
			seen[n] = part_commit(roles[r], items[i], &salt, S("{}"));
			for (size_t k = 0; k < n; k++) {
				assert_false(hash_eq(&seen[k], &seen[n]));
			}
		}
	}
}

void test_part__salts_differ(void **state)
{
	enum { N = 10000 };
	struct arena *a = arena_new(NULL, 0);
	struct salt *s = arena_alloc(a, N * sizeof(*s)), zero = {0};

	(void)state;
	assert_int_equal(part_salts(s, N), 0);
	for (size_t i = 0; i < N; i++) {
		assert_memory_not_equal(&s[i], &zero, sizeof(zero));
		assert_memory_not_equal(&s[i], &s[(i + 1) % N], sizeof(zero));
	}
	assert_int_equal(part_salts(s, 0), 0);
	arena_free(a);
}

void test_part__tree_gives_proofs(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct hash c[77], root;
	struct merkle_tree t;

	(void)state;
	for (u32 i = 0; i < countof(c); i++) {
		struct salt salt = {0};

		c[i] = part_commit(PART_TECHNICAL, i, &salt, str_of(&i, sizeof(i)));
	}
	root = part_root(c, countof(c));
	assert_int_equal(part_tree(a, c, countof(c), &t), 0);
	for (u64 i = 0; i < countof(c); i++) {
		struct hash leaf = part_leaf(&c[i]);
		struct merkle_proof p;

		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &t, i, t.n, &p), 0);
		assert_int_equal(merkle_verify_inclusion(i, t.n, &leaf, p.h, p.n, &root), 0);
		assert_int_equal(merkle_verify_inclusion(i, t.n, &c[i], p.h, p.n, &root), ERR_INTEGRITY);
	}
	root = part_root(NULL, 0);
	assert_int_equal(part_tree(a, c, 0, &t), 0);
	assert_int_equal(t.levels, 0);
	arena_free(a);
}

void test_part__limit_is_an_error(void **state)
{
	struct arena *a = arena_new(NULL, 4096);
	struct hash c[200] = {0};
	struct merkle_tree t;

	(void)state;
	assert_int_equal(part_tree(a, c, countof(c), &t), ERR_NOMEM);
	arena_free(a);
}

/* Many at once are the same as one after another, at every number around what is hashed together. */
void test_part__many_at_once(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1023, 1025, 1500 };
	enum { MOST = 1500 };
	struct arena *a = arena_new(NULL, 0);
	struct part_in *in = arena_alloc(a, MOST * sizeof *in);
	struct salt *salts = arena_alloc(a, MOST * sizeof *salts);
	struct hash *got = arena_alloc(a, MOST * sizeof *got), *leaves = arena_alloc(a, MOST * sizeof *leaves);

	(void)state;
	assert_int_equal(part_salts(salts, MOST), 0);
	for (u32 i = 0; i < MOST; i++) {
		in[i] = (struct part_in){ .role = i % 3 == 0 ? PART_EVIDENCE : PART_TECHNICAL, .item = i,
			.bytes = str_of(salts, i % 777) };
	}
	for (size_t k = 0; k < countof(sizes); k++) {
		size_t n = sizes[k];
		struct merkle_tree t;
		struct hash root, want;

		memset(got, 0, MOST * sizeof *got);
		part_commits(in, salts, n, got);
		for (size_t i = 0; i < n; i++) {
			want = part_commit(in[i].role, in[i].item, &salts[i], in[i].bytes);
			assert_true(hash_eq(&got[i], &want));
			leaves[i] = part_leaf(&got[i]);
			want = merkle_leaf(str_of(got[i].b, HASH_LEN));
			assert_true(hash_eq(&leaves[i], &want));
		}
		want = merkle_root(leaves, n);
		root = part_root(got, n);
		assert_true(hash_eq(&root, &want));
		assert_int_equal(part_tree(a, got, n, &t), 0);
		if (n != 0) {
			assert_int_equal(merkle_fetch_root(merkle_tree_fetch, &t, n, &root), 0);
			assert_true(hash_eq(&root, &want));
		}
	}
	arena_free(a);
}
