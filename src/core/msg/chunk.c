#include "core/msg/chunk.h"

#include "base/err.h"

void chunk_write(struct buf *b, const struct chunk *c)
{
	buf_u8(b, CHUNK_VERSION);
	buf_blob(b, c->run);
	buf_u32(b, c->n);
	buf_blob(b, c->progress);
	buf_u32(b, (u32)c->nitems);
	for (size_t i = 0; i < c->nitems; i++) {
		buf_u8(b, (u8)c->items[i].type);
		buf_blob(b, c->items[i].head);
		buf_blob(b, c->items[i].body);
	}
}

static bool part_name_ok(struct str s)
{
	bool ok = s.n != 0 && s.n <= CHUNK_PART_NAME_MAX;

	for (size_t i = 0; ok && i < s.n; i++) {
		ok = (s.p[i] >= '0' && s.p[i] <= ':') || (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '.';
	}
	return ok;
}

int chunk_read(struct arena *a, struct str body, struct chunk *ret)
{
	struct rd rd = rd_str(body);
	struct chunk c = { 0 };
	size_t facts = 0;
	u8 version;
	u32 n;
	int r;

	if ((r = rd_u8(&rd, &version)) != 0) {
		return r;
	}
	if (version != CHUNK_VERSION) {
		return ERR_NEWER;
	}
	if ((r = rd_blob(&rd, &c.run)) != 0 || (r = rd_u32(&rd, &c.n)) != 0 ||
		(r = rd_blob(&rd, &c.progress)) != 0 || (r = rd_u32(&rd, &n)) != 0) {
		return r;
	}
	if (c.run.n == 0 || c.run.n > 64) {
		return ERR_RANGE;
	}
	if (n > CHUNK_ITEMS_MAX) {
		return ERR_LIMIT;
	}
	c.nitems = n;
	c.items = arena_alloc(a, (c.nitems + 1) * sizeof *c.items);
	for (size_t i = 0; i < c.nitems; i++) {
		u8 type;

		if ((r = rd_u8(&rd, &type)) != 0 ||
			(r = rd_blob(&rd, &c.items[i].head)) != 0 || (r = rd_blob(&rd, &c.items[i].body)) != 0) {
			return r;
		}
		if (type < CHUNK_FACT || type > CHUNK_PART || (type == CHUNK_PART && !part_name_ok(c.items[i].head))) {
			return ERR_RANGE;
		}
		c.items[i].type = (enum chunk_item_type)type;
		facts += type == CHUNK_FACT;
	}
	if (facts > LIMIT_CHUNK_FACTS) {
		return ERR_LIMIT;
	}
	if ((r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret = c;
	return 0;
}
