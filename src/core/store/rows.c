/* From rows of an engine to structs of the caller. What the database holds is checked, never trusted: a wrong type or
 * length is ERR_INTEGRITY. Memory comes from the caller's arena within its limit. */
#include "core/store/store_int.h"

#include <string.h>

static const struct store_val *next(struct store_cols *c, enum store_type type)
{
	static const struct store_val none = { .type = STORE_NULL };
	const struct store_val *v;

	if (c->err == 0 && c->i >= c->n)
		c->err = ERR_INTEGRITY;
	if (c->err != 0)
		return &none;
	v = &c->v[c->i++];
	if (v->type != type) {
		c->err = ERR_INTEGRITY;
		return &none;
	}
	return v;
}

u64 col_u64(struct store_cols *c)
{
	i64 v = next(c, STORE_INT)->i;

	if (v < 0 && c->err == 0)
		c->err = ERR_INTEGRITY;
	return v < 0 ? 0 : (u64)v;
}

u32 col_u32(struct store_cols *c)
{
	u64 v = col_u64(c);

	if (v > UINT32_MAX && c->err == 0)
		c->err = ERR_INTEGRITY;
	return v > UINT32_MAX ? 0 : (u32)v;
}

struct utc col_utc(struct store_cols *c)
{
	return (struct utc){ .ms = next(c, STORE_INT)->i };
}

static struct str copy(struct store_cols *c, struct str s)
{
	char *p;

	if (c->err != 0 || s.n == 0)
		return (struct str){ .p = "" };
	p = arena_try(c->a, s.n);
	if (p == NULL) {
		c->err = ERR_NOMEM;
		return (struct str){ .p = "" };
	}
	memcpy(p, s.p, s.n);
	return (struct str){ .p = p, .n = s.n };
}

struct str col_text(struct store_cols *c)
{
	return copy(c, next(c, STORE_TEXT)->s);
}

struct str col_blob(struct store_cols *c)
{
	return copy(c, next(c, STORE_BLOB)->s);
}

void col_hash(struct store_cols *c, u8 to[STORE_HASH])
{
	struct str s = next(c, STORE_BLOB)->s;

	if (c->err == 0 && s.n != STORE_HASH)
		c->err = ERR_INTEGRITY;
	if (c->err == 0)
		memcpy(to, s.p, STORE_HASH);
}

i64 store_pos(u64 seq, u32 idx)
{
	return (i64)(seq << 16 | idx);
}

static void col_pos(struct store_cols *c, u64 *ret_seq, u32 *ret_idx)
{
	u64 pos = col_u64(c);

	*ret_seq = pos >> 16;
	*ret_idx = (u32)(pos & 0xffff);
}

int store_taken(struct store *st, const struct store_cols *c)
{
	if (c->err == ERR_NOMEM)
		return store_fail(st, ERR_NOMEM, "the answer is larger than its memory limit");
	if (c->err != 0)
		return store_fail(st, c->err, "a row of the store has a form that cannot be");
	return 0;
}

static int add_row(void *ctx, const struct store_val *cols, size_t n)
{
	struct store_rows *rows = ctx;

	if (rows->n == rows->cap) {
		size_t cap = rows->cap == 0 ? 8 : rows->cap * 2;
		u8 *p = arena_try(rows->c.a, cap * rows->size);

		if (p == NULL)
			return rows->c.err = ERR_NOMEM;
		if (rows->n > 0)
			memcpy(p, rows->p, rows->n * rows->size);
		rows->p = p;
		rows->cap = cap;
	}
	rows->c.v = cols;
	rows->c.n = n;
	rows->c.i = 0;
	rows->fill(&rows->c, (u8 *)rows->p + rows->n * rows->size);
	rows->n++;
	return rows->c.err;
}

int store_collect(struct store *st, struct arena *a, enum store_q q, const struct store_val *args,
	void (*fill)(struct store_cols *c, void *row), size_t size, void **ret, size_t *ret_n)
{
	struct store_rows rows = { .c.a = a, .fill = fill, .size = size };
	int r = store_args_ok(st, q, args, 1);

	if (r == 0)
		r = store_ask(st, q, args, add_row, &rows);
	if (rows.c.err != 0)
		return store_taken(st, &rows.c);
	if (r != 0)
		return r;
	*ret = rows.p;
	*ret_n = rows.n;
	return 0;
}

int store_first(struct store *st, struct arena *a, enum store_q q, const struct store_val *args,
	void (*fill)(struct store_cols *c, void *row), size_t size, void *ret)
{
	void *row = NULL;
	size_t n = 0;
	int r = store_collect(st, a, q, args, fill, size, &row, &n);

	if (r != 0)
		return r;
	if (n == 0)
		return store_fail(st, ERR_NOTFOUND, "there is no such row");
	memcpy(ret, row, size);
	return 0;
}

void fill_bytes(struct store_cols *c, void *row)
{
	*(struct str *)row = col_blob(c);
}

void fill_words(struct store_cols *c, void *row)
{
	*(struct str *)row = col_text(c);
}

void fill_head(struct store_cols *c, void *row)
{
	struct store_head *h = row;

	h->epoch = col_u32(c);
	h->first = col_u64(c);
	h->size = col_u64(c);
	col_hash(c, h->root);
	h->edge = col_blob(c);
	h->origin = col_text(c);
}

void fill_entry(struct store_cols *c, void *row)
{
	struct store_entry *e = row;

	e->seq = col_u64(c);
	e->at = col_utc(c);
	e->type = col_text(c);
	col_hash(c, e->leaf);
	e->envelope = col_blob(c);
}

void fill_checkpoint(struct store_cols *c, void *row)
{
	struct store_checkpoint *k = row;

	k->epoch = col_u32(c);
	k->size = col_u64(c);
	k->published = col_u64(c) != 0;
	k->note = col_text(c);
}

void fill_erased(struct store_cols *c, void *row)
{
	struct store_erased *e = row;

	e->seq = col_u64(c);
	e->part = col_u32(c);
	e->by = col_u64(c);
}

void fill_items(struct store_cols *c, void *row)
{
	struct store_items *it = row;

	col_pos(c, &it->seq, &it->first);
	it->n = col_u32(c);
	it->asset = col_u64(c);
	it->zone = col_text(c);
	it->part = col_u32(c);
	it->salts = col_blob(c);
	it->body = col_blob(c);
}

void fill_evidence(struct store_cols *c, void *row)
{
	struct store_evidence *e = row;
	u64 place;

	col_pos(c, &e->seq, &e->idx);
	e->part = col_u32(c);
	e->kind = col_text(c);
	e->personal = col_u64(c) != 0;
	e->size = col_u64(c);
	col_hash(c, e->sha);
	place = col_u64(c);
	if (place > STORE_ERASED && c->err == 0)
		c->err = ERR_INTEGRITY;
	e->place = (enum store_place)place;
	e->zone = col_text(c);
	e->run = col_text(c);
	e->body = col_blob(c);
}

void fill_asset(struct store_cols *c, void *row)
{
	struct store_asset *as = row;

	as->id = col_u64(c);
	as->zone = col_text(c);
	as->merged_into = col_u64(c);
	as->seq = col_u64(c);
	as->last_seen = col_utc(c);
	as->name = col_text(c);
	as->class = col_text(c);
	as->vendor = col_text(c);
	as->network = col_text(c);
	for (size_t i = 0; i < countof(as->text); i++)
		as->text[i] = col_text(c);
	as->state = (struct str){ 0 };
}

void fill_state(struct store_cols *c, void *row)
{
	struct store_asset *as = row;

	fill_asset(c, as);
	/* the outer join gives NULL to an asset whose state was never written */
	if (c->err == 0 && c->i < c->n && c->v[c->i].type != STORE_NULL)
		as->state = col_blob(c);
}

void fill_claim(struct store_cols *c, void *row)
{
	struct store_claim *k = row;

	k->network = col_text(c);
	k->type = col_text(c);
	k->value = col_text(c);
	k->asset = col_u64(c);
	k->strength = (i64)col_u64(c);
	k->since = col_utc(c);
	k->until = col_utc(c);
	k->bound = col_text(c);
	k->remove = false;
}

void fill_expiry(struct store_cols *c, void *row)
{
	struct store_expiry *e = row;

	e->asset = col_u64(c);
	e->at = col_utc(c);
}

void fill_shared(struct store_cols *c, void *row)
{
	struct store_shared *h = row;

	*h = (struct store_shared){ 0 };
	h->field = col_text(c);
	h->value = col_text(c);
	h->asset = col_u64(c);
	h->seq = col_u64(c);
	h->idx = (u32)col_u64(c);
}

void fill_verdict(struct store_cols *c, void *row)
{
	struct store_verdict *v = row;

	v->asset = col_u64(c);
	v->seq = col_u64(c);
	v->body = col_blob(c);
}

void fill_change(struct store_cols *c, void *row)
{
	struct store_change *k = row;

	k->id = col_u64(c);
	k->asset = col_u64(c);
	k->measure = col_text(c);
	k->was = col_text(c);
	k->now = col_text(c);
	k->reason = col_text(c);
	k->seq = col_u64(c);
	k->at = col_utc(c);
}

void fill_text(struct store_cols *c, void *row)
{
	struct store_text *t = row;

	col_hash(c, t->sha);
	t->kind = col_text(c);
	t->name = col_text(c);
	t->body = col_blob(c);
}

void fill_object(struct store_cols *c, void *row)
{
	struct store_object *o = row;

	o->type = col_text(c);
	o->id = col_text(c);
	o->zone = col_text(c);
	o->seq = col_u64(c);
	o->remove = col_u64(c) != 0;
	o->body = col_blob(c);
	o->passing = false;
}
