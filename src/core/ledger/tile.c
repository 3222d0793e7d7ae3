/* C2SP tlog-tiles: paths, tiles, entry bundles. The layout stands in merkle.c.
 *
 * Paths number tiles in groups of three digits, all but the last group behind an "x": 1234067 is x001/x234/067. A
 * partial tile of width W is <N>.p/<W>. Each number has one spelling, and tile_path_parse refuses every other. */
#include "core/ledger/tile.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

size_t tile_path(const struct tile *t, char ret[TILE_PATH_MAX])
{
	u64 div = 1;
	int n;

	must(t->width >= 1 && t->width <= TILE_WIDTH && (t->level <= TILE_LEVEL_MAX || t->level == TILE_ENTRIES));
	while (t->index / div >= 1000) {
		div *= 1000;
	}
	n = t->level == TILE_ENTRIES ? snprintf(ret, TILE_PATH_MAX, "tile/entries")
				     : snprintf(ret, TILE_PATH_MAX, "tile/%u", (unsigned)t->level);
	for (; div > 0; div /= 1000) {
		n += snprintf(ret + n, TILE_PATH_MAX - (size_t)n, "/%s%03u", div > 1 ? "x" : "",
			      (unsigned)(t->index / div % 1000));
	}
	if (t->width < TILE_WIDTH) {
		n += snprintf(ret + n, TILE_PATH_MAX - (size_t)n, ".p/%u", (unsigned)t->width);
	}
	must(n > 0 && n < TILE_PATH_MAX);
	return (size_t)n;
}

static int group_parse(struct str g, u64 *index)
{
	u64 v = 0;

	if (g.n != 3) {
		return ERR_SYNTAX;
	}
	for (size_t i = 0; i < 3; i++) {
		if (g.p[i] < '0' || g.p[i] > '9') {
			return ERR_SYNTAX;
		}
		v = v * 10 + (u64)(g.p[i] - '0');
	}
	if (__builtin_mul_overflow(*index, (u64)1000, index) || __builtin_add_overflow(*index, v, index)) {
		return ERR_RANGE;
	}
	return 0;
}

int tile_path_parse(struct str path, struct tile *ret)
{
	struct tile t = { .width = TILE_WIDTH };
	char again[TILE_PATH_MAX];
	struct str s = path, part;
	u64 n;
	int r;

	if (!str_eq(str_cut(&s, '/'), S("tile"))) {
		return ERR_SYNTAX;
	}
	part = str_cut(&s, '/');
	if (str_eq(part, S("entries"))) {
		t.level = TILE_ENTRIES;
	} else if ((r = str_u64(part, TILE_LEVEL_MAX, &n)) != 0) {
		return r;
	} else {
		t.level = (u8)n;
	}
	do {
		part = str_cut(&s, '/');
		if (str_ends(part, S(".p"))) {
			if ((r = str_u64(s, TILE_WIDTH - 1, &n)) != 0) {
				return r;
			}
			if (n == 0) {
				return ERR_RANGE;
			}
			t.width = (u16)n;
			s = (struct str){0};
			part.n -= 2;
		}
		if ((r = group_parse(str_starts(part, S("x")) ? str_from(part, 1) : part, &t.index)) != 0) {
			return r;
		}
	} while (s.n > 0);
	if (t.index > MERKLE_SIZE_MAX / TILE_WIDTH) {
		return ERR_RANGE;
	}
	/* One spelling each: what we would write must be what was read. */
	return str_eq(str_of(again, tile_path(&t, again)), path) ? (*ret = t, 0) : ERR_SYNTAX;
}

/* Steps 0 .. TILE_LEVEL_MAX are hash tiles, the next one entry bundles. */
bool tile_walk(struct tile_walk *w, struct tile *ret)
{
	for (; w->step <= TILE_LEVEL_MAX + 1; w->step++, w->inside = false) {
		u32 shift = w->step <= TILE_LEVEL_MAX ? w->step * TILE_HEIGHT : 0;
		u64 from = w->from >> shift, to = w->to >> shift;

		if (from >= to) {
			continue;
		}
		if (!w->inside) {
			w->index = from / TILE_WIDTH;
			w->inside = true;
		}
		if (w->index * TILE_WIDTH < to) {
			u64 left = to - w->index * TILE_WIDTH;

			*ret = (struct tile){
				.level = w->step <= TILE_LEVEL_MAX ? (u8)w->step : TILE_ENTRIES,
				.width = left < TILE_WIDTH ? (u16)left : TILE_WIDTH,
				.index = w->index++,
			};
			return true;
		}
	}
	return false;
}

int tile_write(const struct tile *t, merkle_fetch *fetch, void *ctx, struct buf *b)
{
	must(t->level <= TILE_LEVEL_MAX && t->width <= TILE_WIDTH);
	for (u32 i = 0; i < t->width; i++) {
		struct hash h;
		int r = fetch(ctx, t->level * TILE_HEIGHT, t->index * TILE_WIDTH + i, &h);

		if (r != 0) {
			return r;
		}
		buf_bytes(b, h.b, HASH_LEN);
	}
	return buf_done(b);
}

int tile_read(struct str bytes, u16 width, struct hash *ret)
{
	must(width <= TILE_WIDTH);
	if (bytes.n != (size_t)width * HASH_LEN) {
		return bytes.n < (size_t)width * HASH_LEN ? ERR_TRUNC : ERR_EXTRA;
	}
	for (size_t i = 0; i < width; i++) {
		memcpy(ret[i].b, bytes.p + i * HASH_LEN, HASH_LEN);
	}
	return 0;
}

int tile_of_node(u32 level, u64 index, struct tile *ret, u32 *ret_first)
{
	u32 up = level % TILE_HEIGHT;
	u64 first;

	if (level >= MERKLE_LEVELS || index > MERKLE_SIZE_MAX >> level) {
		return ERR_RANGE;
	}
	first = index << up;
	*ret = (struct tile){
		.level = (u8)(level / TILE_HEIGHT),
		.width = (u16)(first % TILE_WIDTH + ((u64)1 << up)),
		.index = first / TILE_WIDTH,
	};
	*ret_first = (u32)(first % TILE_WIDTH);
	return 0;
}

struct hash tile_fold(const struct hash *hashes, u32 height)
{
	struct hash h[TILE_WIDTH];

	must(height <= TILE_HEIGHT);
	memcpy(h, hashes, sizeof *h << height);
	return merkle_fold(h, height);
}

void tile_entry_write(struct buf *b, struct str entry)
{
	if (entry.n > UINT16_MAX) {
		b->err = b->err != 0 ? b->err : ERR_LIMIT;
		return;
	}
	buf_u16(b, (u16)entry.n);
	buf_str(b, entry);
}

int tile_entry_read(struct rd *rd, struct str *ret)
{
	struct rd in = *rd;
	u16 n;
	int r;

	if ((r = rd_u16(&in, &n)) != 0 || (r = rd_bytes(&in, n, ret)) != 0) {
		return r;
	}
	*rd = in;
	return 0;
}
