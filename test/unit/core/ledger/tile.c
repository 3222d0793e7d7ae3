#include "corpus.h"

#include <string.h>

#include "base/err.h"
#include "core/ledger/note.h"
#include "core/ledger/tile.h"

static void path_is(struct tile t, const char *want)
{
	char path[TILE_PATH_MAX];
	struct tile back = {0};

	assert_str(str_of(path, tile_path(&t, path)), want);
	assert_int_equal(tile_path_parse(str_z(want), &back), 0);
	assert_int_equal(back.level, t.level);
	assert_int_equal(back.width, t.width);
	assert_int_equal(back.index, t.index);
}

void test_tile__paths(void **state)
{
	(void)state;
	path_is((struct tile){ .level = 0, .index = 0, .width = 256 }, "tile/0/000");
	path_is((struct tile){ .level = 1, .index = 7, .width = 1 }, "tile/1/007.p/1");
	path_is((struct tile){ .level = 0, .index = 999, .width = 255 }, "tile/0/999.p/255");
	path_is((struct tile){ .level = 3, .index = 1000, .width = 256 }, "tile/3/x001/000");
	path_is((struct tile){ .level = 3, .index = 1234067, .width = 256 }, "tile/3/x001/x234/067");
	path_is((struct tile){ .level = TILE_ENTRIES, .index = 1234067, .width = 3 }, "tile/entries/x001/x234/067.p/3");
	path_is((struct tile){ .level = 7, .index = MERKLE_SIZE_MAX / 256, .width = 255 },
		"tile/7/x036/x028/x797/x018/x963/967.p/255");
}

void test_tile__paths_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"tile",
		"tile/",
		"tile/0",
		"tile/0/",
		"tile/0/0",
		"tile/0/00",
		"tile/0/0000",
		"tile/00/000",
		"tile/8/000",
		"tile/-1/000",
		"tile/0/x000",
		"tile/0/x000/000",
		"tile/0/001/000",
		"tile/0/x001/",
		"tile/0/x001/000/",
		"tile/0/000.p",
		"tile/0/000.p/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/1/",
		"tile/0/000.p/1/2",
		"tile/0/x001.p/000",
		"Tile/0/000",
		"/tile/0/000",
		"tile/0/00a",
		"tile/entry/000",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999",
		"tile/0/x036/x028/x797/x018/x963/968",
		"tile/0/+00",
		"tile/0/../000",
	};
	struct tile t;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		if (tile_path_parse(str_z(bad[i]), &t) == 0) {
			fail_msg("accepted: %s", bad[i]);
		}
	}
}

/* Every tile a reader of size `to` needs that differs from those of size `from`, found the slow way. */
void test_tile__walk(void **state)
{
	static const u64 sizes[] = { 0, 1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537, 65536 * 2 + 300 };

	(void)state;
	for (size_t i = 0; i < countof(sizes); i++) {
		for (size_t k = i; k < countof(sizes); k++) {
			struct tile_walk w = { .from = sizes[i], .to = sizes[k] };
			struct tile t;
			u64 got = 0, want = 0;

			for (u32 l = 0; l <= TILE_LEVEL_MAX; l++) {
				u64 a = sizes[i] >> 8 * l, b = sizes[k] >> 8 * l;

				for (u64 n = 0; n * 256 < b; n++) {
					u64 had = a > n * 256 ? a - n * 256 : 0, has = b - n * 256;

					had = had < 256 ? had : 256;
					has = has < 256 ? has : 256;
					if (had == has) {
						continue;
					}
					want++;
					assert_true(tile_walk(&w, &t));
					got++;
					assert_int_equal(t.level, l);
					assert_int_equal(t.index, n);
					assert_int_equal(t.width, has);
				}
			}
			while (tile_walk(&w, &t)) {
				assert_int_equal(t.level, TILE_ENTRIES);
				got++;
			}
			want += (sizes[k] + 255) / 256 -
				(sizes[i] == sizes[k] ? (sizes[k] + 255) / 256 : sizes[i] / 256);
			assert_int_equal(got, want);
			assert_false(tile_walk(&w, &t));
		}
	}
}

void test_tile__nodes_from_tiles(void **state)
{
	enum { N = 70000 };
	struct arena *a = arena_new(NULL, 0);
	struct hash *leaves = arena_alloc(a, N * sizeof(*leaves)), in[TILE_WIDTH], want, got;
	struct merkle_tree tree;

	(void)state;
	for (u32 i = 0; i < N; i++) {
		leaves[i] = merkle_leaf(str_of(&i, sizeof(i)));
	}
	assert_int_equal(merkle_tree_make(a, leaves, N, &tree), 0);
	for (u32 l = 0; l < tree.levels; l++) {
		for (u64 n = 0; n < (u64)N >> l; n += l < 8 ? 1009 : 1) {
			struct buf b = buf_new(a, 0);
			struct tile t;
			u32 first;

			assert_int_equal(tile_of_node(l, n, &t, &first), 0);
			assert_int_equal(tile_write(&t, merkle_tree_fetch, &tree, &b), 0);
			assert_int_equal(tile_read(buf_view(&b), t.width, in), 0);
			assert_int_equal(t.width, first + (1u << l % 8));
			got = tile_fold(in + first, l % 8);
			assert_int_equal(merkle_tree_fetch(&tree, l, n, &want), 0);
			assert_true(hash_eq(&got, &want));
		}
	}
	assert_int_equal(tile_of_node(63, 0, &(struct tile){0}, &(u32){0}), ERR_RANGE);
	got = tile_fold(leaves, 8);
	assert_int_equal(merkle_tree_fetch(&tree, 8, 0, &want), 0);
	assert_true(hash_eq(&got, &want));
	arena_free(a);
}

/* A flipped byte of a tile gives another root. */
void test_tile__every_byte(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct hash leaves[40], in[TILE_WIDTH], root, got;
	struct merkle_tree tree;
	struct buf b = buf_new(a, 0);
	struct tile t = { .width = 40 };

	(void)state;
	for (u32 i = 0; i < 40; i++) {
		leaves[i] = merkle_leaf(str_of(&i, sizeof(i)));
	}
	root = merkle_root(leaves, 40);
	assert_int_equal(merkle_tree_make(a, leaves, 40, &tree), 0);
	assert_int_equal(tile_write(&t, merkle_tree_fetch, &tree, &b), 0);
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		assert_int_equal(tile_read(buf_view(&b), 40, in), 0);
		got = merkle_root(in, 40);
		assert_false(hash_eq(&got, &root));
		b.p[i] ^= 1;
	}
	assert_int_equal(tile_read(str_sub(buf_view(&b), 0, b.n - 1), 40, in), ERR_TRUNC);
	assert_int_equal(tile_read(buf_view(&b), 39, in), ERR_EXTRA);
	arena_free(a);
}

void test_tile__entries(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	char *big = arena_alloc(a, 65536);
	struct rd rd;
	struct str s;

	(void)state;
	tile_entry_write(&b, S("one"));
	tile_entry_write(&b, S(""));
	tile_entry_write(&b, str_of(big, 65535));
	assert_int_equal(buf_done(&b), 0);
	rd = rd_str(buf_view(&b));
	assert_int_equal(tile_entry_read(&rd, &s), 0);
	assert_str(s, "one");
	assert_int_equal(tile_entry_read(&rd, &s), 0);
	assert_int_equal(s.n, 0);
	assert_int_equal(tile_entry_read(&rd, &s), 0);
	assert_int_equal(s.n, 65535);
	assert_int_equal(rd_done(&rd), 0);
	assert_int_equal(tile_entry_read(&rd, &s), ERR_TRUNC);
	rd = rd_of("\0\3on", 4);
	assert_int_equal(tile_entry_read(&rd, &s), ERR_TRUNC);
	assert_int_equal(rd_left(&rd), 4);
	tile_entry_write(&b, str_of(big, 65536));
	assert_int_equal(buf_done(&b), ERR_LIMIT);
	arena_free(a);
}

/* A log made by another program: its entry bundles give its tiles, and its tiles the roots of all its checkpoints. */
void test_tile__corpus_tessera(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct merkle_edge e = {0};

	(void)state;
	for (u32 size = 0; size <= 15; size++) {
		CORPUS(a, note, str_c(a, str_printf(a, "merkle/tessera-log/log/checkpoint.%u", size)));
		struct note *n = arena_alloc(a, sizeof(*n));
		struct hash leaves[16], root;
		struct checkpoint c;

		assert_int_equal(note_parse(a, note, n, NULL), 0);
		assert_int_equal(n->nsigs, 1);
		assert_int_equal(checkpoint_parse(n->text, &c, NULL), 0);
		assert_str(c.origin, "example.com/log/testdata");
		assert_int_equal(c.size, size);
		if (size > 0) {
			struct tile t = { .width = (u16)size }, bundle = { .level = TILE_ENTRIES, .width = (u16)size };
			struct str hashes, entries, entry;
			char path[TILE_PATH_MAX];
			struct rd rd;

			tile_path(&t, path);
			hashes = corpus_file(a, str_c(a, str_printf(a, "merkle/tessera-log/log/%s", path)));
			tile_path(&bundle, path);
			entries = corpus_file(a, str_c(a, str_printf(a, "merkle/tessera-log/log/%s", path)));
			assert_int_equal(tile_read(hashes, t.width, leaves), 0);
			rd = rd_str(entries);
			for (u32 i = 0; i < size; i++) {
				struct hash h;

				assert_int_equal(tile_entry_read(&rd, &entry), 0);
				h = merkle_leaf(entry);
				assert_true(hash_eq(&h, &leaves[i]));
			}
			assert_int_equal(rd_done(&rd), 0);
			merkle_edge_append(&e, &leaves[size - 1], NULL);
		}
		root = merkle_edge_root(&e);
		assert_true(hash_eq(&root, &c.root));
		root = merkle_root(leaves, size);
		assert_true(hash_eq(&root, &c.root));
	}
	arena_free(a);
}
