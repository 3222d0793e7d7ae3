/* Reading a published log back. The layout stands in merkle.c.
 *
 * One pass over the entry bundles, each hashed at once and appended to an edge; the nodes on the levels of tiles (0, 8,
 * 16, ...) are collected, 256 a level, and compared with the tile's file when that is full or the log ends. Nothing a file says is believed: all is computed from the entries and compared, at last with the
 * signed root. In memory: one bundle, one tile a level. */
#include "core/ledger/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct check {
	int dir;
	struct perr *reterr;
	struct merkle_edge edge;
	struct hash tile[TILE_LEVEL_MAX + 1][TILE_WIDTH];	/* computed, not read */
	u8 *bytes, *bundle;		/* room for a file of either kind and one byte more */
	size_t room;			/* of bundle; grows, since few bundles are near the limit */
	struct arena *a;
	publish_take_fn *take;		/* or NULL */
	void *ctx;
};

/* Up to max bytes of a file; more is ERR_LIMIT. */
static int file_read(int dir, const char *path, u8 *to, size_t max, size_t *ret)
{
	AUTO_CLOSE int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size_t n = 0;

	if (fd < 0) {
		return err_from_errno(errno);
	}
	for (;;) {
		ssize_t got = read(fd, to + n, max + 1 - n);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return err_from_errno(errno);
		}
		if (got == 0) {
			*ret = n;
			return 0;
		}
		n += (size_t)got;
		if (n > max) {
			return ERR_LIMIT;
		}
	}
}

int publish_checkpoint(struct arena *a, int dir, struct str *ret)
{
	u8 *to = arena_alloc(a, NOTE_MAX + 1);
	size_t n;
	int r = file_read(dir, "checkpoint", to, NOTE_MAX, &n);

	if (r == 0) {
		*ret = str_of(to, n);
	}
	return r;
}

static int cannot_read(const struct check *c, int code, const char *path)
{
	/* A file that the checkpoint needs and that is missing or too long is a fault of the log, not the system's. */
	code = code == ERR_NOTFOUND || code == ERR_LIMIT ? ERR_INTEGRITY : code;
	return perr_set(c->reterr, code, 0, "%s: missing, too long or not readable", path);
}

/* The file of tile (level, index) must be the computed hashes. */
static int tile_check(struct check *c, u32 level, u64 index, u32 width)
{
	const struct tile t = { .level = (u8)level, .width = (u16)width, .index = index };
	char path[TILE_PATH_MAX];
	size_t n = 0;
	int r;

	tile_path(&t, path);
	if ((r = file_read(c->dir, path, c->bytes, TILE_WIDTH * HASH_LEN, &n)) != 0) {
		return cannot_read(c, r, path);
	}
	if (n != width * HASH_LEN) {
		return perr_set(c->reterr, ERR_INTEGRITY, 0, "%s: %zu bytes instead of %u", path, n, width * HASH_LEN);
	}
	for (u32 i = 0; i < width; i++) {
		if (memcmp(c->bytes + (size_t)i * HASH_LEN, c->tile[level][i].b, HASH_LEN) != 0) {
			return perr_set(c->reterr, ERR_INTEGRITY, (size_t)i * HASH_LEN,
					"%s: hash %u is not that of the entries below it", path, i);
		}
	}
	return 0;
}

/* Takes node (level * TILE_HEIGHT, at), of which all before it were taken; compares every tile that becomes full by it. */
static int node_take(struct check *c, u32 level, u64 at, struct hash node)
{
	int r;

	for (;; level++, at /= TILE_WIDTH) {
		c->tile[level][at % TILE_WIDTH] = node;
		if (at % TILE_WIDTH != TILE_WIDTH - 1) {
			return 0;
		}
		if ((r = tile_check(c, level, at / TILE_WIDTH, TILE_WIDTH)) != 0) {
			return r;
		}
		node = tile_fold(c->tile[level], TILE_HEIGHT);
	}
}

/* The entries of one bundle, 256 of them but at the log's end. */
static int leaves_take(struct check *c, u64 index, const struct str *entries, u32 width)
{
	struct hash root;
	int r;

	merkle_texts(entries, width, c->tile[0]);
	for (u32 i = 0; c->take != NULL && i < width; i++) {
		if ((r = c->take(c->ctx, index * TILE_WIDTH + i, entries[i], &c->tile[0][i])) != 0) {
			return r;
		}
	}
	if (width < TILE_WIDTH) {
		for (u32 i = 0; i < width; i++) {
			(void)merkle_edge_append(&c->edge, &c->tile[0][i], NULL);
		}
		return 0;
	}
	if ((r = tile_check(c, 0, index, TILE_WIDTH)) != 0) {
		return r;
	}
	root = tile_fold(c->tile[0], TILE_HEIGHT);
	merkle_edge_append_tree(&c->edge, TILE_HEIGHT, &root);
	return node_take(c, 1, index, root);
}

static int bundle_check(struct check *c, u64 index, u32 width)
{
	const struct tile t = { .level = TILE_ENTRIES, .width = (u16)width, .index = index };
	struct str entries[TILE_WIDTH];
	char path[TILE_PATH_MAX];
	struct rd rd;
	size_t n;
	int r;

	tile_path(&t, path);
	while ((r = file_read(c->dir, path, c->bundle, c->room, &n)) == ERR_LIMIT && c->room < TILE_BUNDLE_MAX) {
		c->room = 2 * c->room < TILE_BUNDLE_MAX ? 2 * c->room : TILE_BUNDLE_MAX;
		c->bundle = arena_alloc(c->a, c->room + 1);
	}
	if (r != 0) {
		return cannot_read(c, r, path);
	}
	rd = rd_of(c->bundle, n);
	for (u32 i = 0; i < width; i++) {
		if (tile_entry_read(&rd, &entries[i]) != 0) {
			return perr_set(c->reterr, ERR_INTEGRITY, n, "%s: ends within entry %u of %u", path, i, width);
		}
	}
	if (rd_done(&rd) != 0) {
		return perr_set(c->reterr, ERR_INTEGRITY, n - rd_left(&rd), "%s: more than its entries", path);
	}
	return leaves_take(c, index, entries, width);
}

static int tree_check(struct check *c, u64 size)
{
	int r;

	for (u64 i = 0; i * TILE_WIDTH < size; i++) {
		u64 left = size - i * TILE_WIDTH;

		if ((r = bundle_check(c, i, left < TILE_WIDTH ? (u32)left : TILE_WIDTH)) != 0) {
			return r;
		}
	}
	for (u32 level = 0; level <= TILE_LEVEL_MAX; level++) {
		u64 nodes = size >> level * TILE_HEIGHT;
		u32 over = nodes % TILE_WIDTH;

		if (over != 0 && (r = tile_check(c, level, nodes / TILE_WIDTH, over)) != 0) {
			return r;
		}
	}
	return 0;
}

int publish_read(struct arena *a, int dir, const struct note_key *key, publish_take_fn *take, void *ctx, struct checkpoint *ret,
		 struct perr *reterr)
{
	struct arena *run = arena_new(a, 0);
	struct check *c = arena_alloc(run, sizeof(*c));
	struct checkpoint cp;
	struct hash root;
	struct str note;
	int r;

	*c = (struct check){ .dir = dir, .a = run, .room = 64 * KiB, .reterr = reterr, .take = take, .ctx = ctx };
	c->bytes = arena_alloc(run, TILE_WIDTH * HASH_LEN + 1);
	c->bundle = arena_alloc(run, c->room + 1);
	if ((r = publish_checkpoint(a, dir, &note)) != 0) {
		perr_set(reterr, r, 0, "checkpoint: %s", err_text(r));
	} else if (checkpoint_open(a, note, key, &cp, reterr) != 0) {
		r = ERR_INTEGRITY;
	} else if ((r = tree_check(c, cp.size)) == 0) {
		root = merkle_edge_root(&c->edge);
		if (!hash_eq(&root, &cp.root)) {
			r = perr_set(reterr, ERR_INTEGRITY, 0, "checkpoint: its root is not that of the entries");
		}
	}
	arena_free(run);
	if (r == 0) {
		*ret = cp;
	}
	return r;
}

int publish_verify(struct arena *a, int dir, const struct note_key *key, struct checkpoint *ret, struct perr *reterr)
{
	return publish_read(a, dir, key, NULL, NULL, ret, reterr);
}
