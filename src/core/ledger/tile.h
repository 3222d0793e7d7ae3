/* C2SP tlog-tiles: how a tree is cut into files. A tile of level L holds up to 256 hashes, nodes of tree level 8 * L;
 * an entry bundle holds up to 256 entries, each behind its length in two bytes. Bytes in, struct out; no files. */
#ifndef CORE_LEDGER_TILE_H
#define CORE_LEDGER_TILE_H

#include "core/ledger/merkle.h"

#define TILE_WIDTH 256
#define TILE_HEIGHT 8			/* tree levels one tile level spans: 2^8 = 256 */
#define TILE_LEVEL_MAX 7		/* 8 * 7 < MERKLE_LEVELS */
#define TILE_ENTRIES 255		/* `level` of an entry bundle */
#define TILE_PATH_MAX 64		/* bytes of a path, the NUL included */
#define TILE_BUNDLE_MAX (TILE_WIDTH * (2 + (size_t)65535))

struct tile {
	u8 level;	/* 0 .. TILE_LEVEL_MAX, or TILE_ENTRIES */
	u16 width;	/* 1 .. 256; below 256 it is partial */
	u64 index;
};

/* "tile/0/x001/234" or "tile/0/x001/234.p/17", "tile/entries/..." for bundles; returns the length, NUL-terminated. */
size_t tile_path(const struct tile *t, char ret[TILE_PATH_MAX]);
/* The one spelling tile_path writes, else ERR_SYNTAX or ERR_RANGE. */
int tile_path_parse(struct str path, struct tile *ret) MUST_USE;

/* Walks the tiles that a tree growing from `from` to `to` leaves makes complete or partial: hash tiles level by level,
 * then entry bundles, each kind by index. `struct tile_walk w = {.from = a, .to = b}; while (tile_walk(&w, &t))`. */
struct tile_walk {
	u64 from, to;
	u32 step;	/* zero at the start */
	u64 index;
	bool inside;
};
bool tile_walk(struct tile_walk *w, struct tile *ret);

/* The tile's bytes, width * 32, asked node by node. */
int tile_write(const struct tile *t, merkle_fetch *fetch, void *ctx, struct buf *b) MUST_USE;
/* Exactly `width` hashes, else ERR_TRUNC or ERR_EXTRA. */
int tile_read(struct str bytes, u16 width, struct hash *ret) MUST_USE;
/* Which hashes of which full or partial tile give node (level, index): the tile (with the least width that has them)
 * and the first hash. Fold *ret_first .. + 2^(level % 8) - 1 with tile_fold. ERR_RANGE above the last tile level. */
int tile_of_node(u32 level, u64 index, struct tile *ret, u32 *ret_first) MUST_USE;
struct hash tile_fold(const struct hash *hashes, u32 height);	/* 2^height hashes into one, height <= 8 */

/* Appends one entry to a bundle; more than 65,535 bytes set the buffer's error. */
void tile_entry_write(struct buf *b, struct str entry);
/* The next entry of a bundle, pointing into it; ERR_TRUNC. The caller checks rd_done() after `width` entries. */
int tile_entry_read(struct rd *rd, struct str *ret) MUST_USE;

#endif
