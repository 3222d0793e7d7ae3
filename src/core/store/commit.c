/* One batch, one transaction. The order inside is: what can refuse the batch first (head, chunks), then rows, then
 * erasure over them, then the head; COMMIT is the acknowledgement. A small entry goes the same way into the redo log
 * instead (redo.c), and its record's sync is the acknowledgement. */
#include "core/store/store_int.h"

#include "base/limits.h"

#include <string.h>

#define TILE_BYTES (256 * STORE_HASH)

static struct str hash_of(const u8 h[STORE_HASH])
{
	return str_of(h, STORE_HASH);
}

/* ---- does the batch agree with itself ---- */

static int check_entry(struct store *st, const struct store_batch *b)
{
	const struct store_head *was = b->was, *now = b->now;
	const struct store_entry *e = b->entry;

	if (e == NULL) {
		if (was != NULL || now != NULL ||
		    b->nchunks + b->nitems + b->nevidence + b->ntiles + b->nerase + b->nforget + b->nunsaid > 0)
			return store_fail(st, ERR_ARG, "a batch without an entry brings what only an entry may bring");
		return 0;
	}
	if (was == NULL || now == NULL)
		return store_fail(st, ERR_ARG, "an entry without the heads before and after it");
	if (e->envelope.n == 0 || e->envelope.n > LIMIT_ENVELOPE)
		return store_fail(st, ERR_ARG, "an envelope of %zu bytes", e->envelope.n);
	if (e->commits.n % STORE_HASH != 0 || e->commits.n / STORE_HASH > STORE_PART_MAX)
		return store_fail(st, ERR_ARG, "commitments of %zu bytes", e->commits.n);
	if (e->seq != was->first + was->size || e->seq >= (u64)1 << 46)
		return store_fail(st, ERR_ARG, "entry %llu does not follow the head", (unsigned long long)e->seq);
	if (now->epoch == was->epoch ? now->epoch == 0 || now->first != was->first || now->size != was->size + 1 :
	    now->epoch != was->epoch + 1 || now->first != e->seq || now->size != 1)
		return store_fail(st, ERR_ARG, "the head after the entry is not one entry later");
	return 0;
}

static int check_rows(struct store *st, const struct store_batch *b)
{
	for (size_t i = 0; i < b->nchunks; i++)
		if (b->chunks[i].n == 0 || b->chunks[i].n > 64)
			return store_fail(st, ERR_ARG, "chunk id %zu has %zu bytes", i, b->chunks[i].n);
	for (size_t i = 0; i < b->nitems; i++) {
		const struct store_items *it = &b->items[i];

		if (it->n == 0 || it->seq > b->entry->seq || it->first >= STORE_ITEM_MAX ||
		    it->n > STORE_ITEM_MAX - it->first ||
		    it->salts.n % STORE_SALT != 0 || it->part > STORE_PART_MAX ||
		    it->salts.n / STORE_SALT > STORE_PART_MAX - it->part)
			return store_fail(st, ERR_ARG, "group %zu of items is out of range", i);
	}
	for (size_t i = 0; i < b->nevidence; i++)
		if (b->evidence[i].seq != b->entry->seq || b->evidence[i].idx >= STORE_ITEM_MAX ||
		    b->evidence[i].part >= STORE_PART_MAX ||
		    b->evidence[i].place == STORE_ERASED)
			return store_fail(st, ERR_ARG, "evidence %zu is out of range", i);
	for (size_t i = 0; i < b->nassets; i++)
		if (b->assets[i].id == 0)
			return store_fail(st, ERR_ARG, "asset %zu has no id", i);
	for (size_t i = 0; i < b->ntiles; i++)
		if (b->tiles[i].hashes.n != TILE_BYTES)
			return store_fail(st, ERR_ARG, "tile %zu has %zu bytes, not %d", i, b->tiles[i].hashes.n,
				TILE_BYTES);
	return 0;
}

/* ---- rows ---- */

/* Rows of arguments for one statement, then run together. */
struct put {
	struct store *st;
	enum store_q q;
	struct store_val *args;
	size_t nargs, rows;
};

static struct put put_new(struct store *st, enum store_q q, size_t max)
{
	struct put p = { .st = st, .q = q, .nargs = strlen(store_queries[q].args) };

	p.args = arena_alloc(st->scratch, (max * p.nargs + 1) * sizeof *p.args);
	return p;
}

#define PUT(p, ...) put_row((p), (const struct store_val[]){ __VA_ARGS__ }, \
	sizeof((const struct store_val[]){ __VA_ARGS__ }) / sizeof(struct store_val))
static void put_row(struct put *p, const struct store_val *row, size_t n)
{
	must(n == p->nargs);
	memcpy(p->args + p->rows++ * n, row, n * sizeof *row);
}

static int put_run(struct put *p, size_t *ret_bad)
{
	int r = store_args_ok(p->st, p->q, p->args, p->rows);

	if (r == 0 && p->st->record != NULL) {
		redo_put(p->st->record, p->q, p->args, p->rows);
		return 0;
	}
	return r != 0 || p->rows == 0 ? r : p->st->engine->many(p->st, p->q, p->args, p->rows, ret_bad, NULL);
}

static int put_chunks(struct store *st, const struct store_batch *b, size_t *ret_chunk)
{
	struct put p = put_new(st, Q_CHUNK_PUT, b->nchunks);
	size_t bad = 0;
	int r;

	for (size_t i = 0; i < b->nchunks; i++)
		PUT(&p, VB(b->chunks[i]), VI(b->entry->seq));
	r = put_run(&p, &bad);
	if (r == ERR_EXISTS) {
		if (ret_chunk != NULL)
			*ret_chunk = bad;
		return store_fail(st, ERR_EXISTS, "chunk %zu of the batch is recorded already", bad);
	}
	return r;
}

static int put_entry(struct store *st, const struct store_batch *b)
{
	const struct store_entry *e = b->entry;
	struct put p = put_new(st, Q_ENTRY_PUT, 1), c = put_new(st, Q_COMMITS_PUT, 1);
	struct put t = put_new(st, Q_TILE_PUT, b->ntiles);
	int r;

	PUT(&p, VI(e->seq), VI(e->at.ms), VT(e->type), VB(hash_of(e->leaf)), VB(e->envelope));
	PUT(&c, VI(e->seq), VB(e->commits));
	for (size_t i = 0; i < b->ntiles; i++)
		PUT(&t, VI(b->now->epoch), VI(b->tiles[i].level), VI(b->tiles[i].n), VB(b->tiles[i].hashes));
	if ((r = put_run(&p, NULL)) != 0 || (r = put_run(&c, NULL)) != 0)
		return r;
	return put_run(&t, NULL);
}

static int put_items(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_ITEM_PUT, b->nitems), v = put_new(st, Q_EVIDENCE_PUT, b->nevidence);
	int r;

	for (size_t i = 0; i < b->nitems; i++) {
		const struct store_items *it = &b->items[i];

		PUT(&p, VI(store_pos(it->seq, it->first)), VI(it->n), VI(it->asset), VT(it->zone), VI(it->part),
			VI(it->salts.n / STORE_SALT), VB(it->salts), VB(it->body));
	}
	for (size_t i = 0; i < b->nevidence; i++) {
		const struct store_evidence *e = &b->evidence[i];

		PUT(&v, VI(store_pos(e->seq, e->idx)), VI(e->part), VT(e->kind), VI(e->personal), VI(e->size),
			VB(hash_of(e->sha)),
			VI(e->place), VT(e->zone), VT(e->run), VB(e->body));
	}
	r = put_run(&p, NULL);
	return r != 0 ? r : put_run(&v, NULL);
}

static int put_assets(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_ASSET_PUT, b->nassets), s = put_new(st, Q_STATE_PUT, b->nassets);
	int r;

	for (size_t i = 0; i < b->nassets; i++) {
		const struct store_asset *a = &b->assets[i];

		PUT(&p, VI(a->id), VT(a->zone), VI(a->merged_into), VI(a->seq), VI(a->last_seen.ms), VT(a->name),
			VT(a->class), VT(a->vendor),
			VT(a->network), VT(a->text[0]), VT(a->text[1]), VT(a->text[2]), VT(a->text[3]));
		if (a->state.p != NULL)
			PUT(&s, VI(a->id), VB(a->state));
	}
	r = put_run(&p, NULL);
	return r != 0 ? r : put_run(&s, NULL);
}

static int put_claims(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_CLAIM_PUT, b->nclaims), d = put_new(st, Q_CLAIM_DEL, b->nclaims);
	int r;

	for (size_t i = 0; i < b->nclaims; i++) {
		const struct store_claim *c = &b->claims[i];

		if (c->remove)
			PUT(&d, VT(c->network), VT(c->type), VT(c->value), VI(c->asset));
		else
			PUT(&p, VT(c->network), VT(c->type), VT(c->value), VI(c->asset), VI(c->strength),
			VI(c->since.ms), VI(c->until.ms),
				VT(c->bound));
	}
	r = put_run(&d, NULL);
	return r != 0 ? r : put_run(&p, NULL);
}

static int put_expiry(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_EXPIRY_PUT, b->nexpiry), d = put_new(st, Q_EXPIRY_DEL, b->nexpiry);
	int r;

	for (size_t i = 0; i < b->nexpiry; i++) {
		if (b->expiry[i].at.ms == 0)
			PUT(&d, VI(b->expiry[i].asset));
		else
			PUT(&p, VI(b->expiry[i].asset), VI(b->expiry[i].at.ms));
	}
	r = put_run(&d, NULL);
	return r != 0 ? r : put_run(&p, NULL);
}

/* Behind put_expiry: who is to be looked at again must not lose that to a later time of its own. */
static int put_shared(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_SHARED_PUT, b->nshared), d = put_new(st, Q_SHARED_DEL, b->nshared);
	struct put l = put_new(st, Q_SHARED_LOOK, b->nshared);
	int r;

	for (size_t i = 0; i < b->nshared; i++) {
		const struct store_shared *h = &b->shared[i];

		if (h->remove)
			PUT(&d, VT(h->field), VT(h->value), VI(h->asset));
		else
			PUT(&p, VT(h->field), VT(h->value), VI(h->asset), VI(h->seq), VI(h->idx));
		if (h->look.ms != 0)
			PUT(&l, VT(h->field), VT(h->value), VI(h->look.ms));
	}
	if ((r = put_run(&d, NULL)) != 0 || (r = put_run(&p, NULL)) != 0)
		return r;
	return put_run(&l, NULL);
}

static int put_verdicts(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_VERDICT_PUT, b->nverdicts), c = put_new(st, Q_CHANGE_PUT, b->nchanges);
	struct put u = put_new(st, Q_CHANGES_FORGET, b->nunsaid);
	i64 last = 0;
	int r;

	for (size_t i = 0; i < b->nunsaid; i++)
		PUT(&u, VI(b->unsaid[i]));
	if ((r = put_run(&u, NULL)) != 0)
		return r;
	for (size_t i = 0; i < b->nverdicts; i++)
		PUT(&p, VI(b->verdicts[i].asset), VI(b->verdicts[i].seq), VB(b->verdicts[i].body));
	if ((r = put_run(&p, NULL)) != 0 || b->nchanges == 0)
		return r;
	if ((r = store_ask_int(st, Q_CHANGE_LAST, NULL, &last, NULL)) != 0)
		return r;
	for (size_t i = 0; i < b->nchanges; i++) {
		const struct store_change *k = &b->changes[i];

		PUT(&c, VI(last + 1 + (i64)i), VI(k->asset), VT(k->measure), VT(k->was), VT(k->now), VT(k->reason),
			VI(k->seq), VI(k->at.ms));
	}
	return put_run(&c, NULL);
}

static int put_texts(struct store *st, const struct store_batch *b)
{
	struct put p = put_new(st, Q_TEXT_PUT, b->ntexts);

	for (size_t i = 0; i < b->ntexts; i++)
		PUT(&p, VB(hash_of(b->texts[i].sha)), VT(b->texts[i].kind), VT(b->texts[i].name), VB(b->texts[i].body));
	return put_run(&p, NULL);
}

/* In the batch's order, so that a record made and removed in one entry ends removed. */
static int put_objects(struct store *st, const struct store_batch *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->nobjects; i++) {
		const struct store_object *o = &b->objects[i];
		struct put p = put_new(st, o->remove ? Q_OBJECT_DEL : Q_OBJECT_PUT, 1);
		struct put h = put_new(st, Q_HISTORY_PUT, 1);

		if (o->remove)
			PUT(&p, VT(o->type), VT(o->id));
		else
			PUT(&p, VT(o->type), VT(o->id), VT(o->zone), VI(o->seq), VB(o->body));
		if (!o->passing)
			PUT(&h, VT(o->type), VT(o->id), VI(o->seq), VT(o->zone), VI(o->remove),
				VB(o->remove ? S("") : o->body));
		r = put_run(&p, NULL);
		if (r == 0)
			r = put_run(&h, NULL);
	}
	return r;
}

/* ---- erasure ---- */

/* The group of a part, whatever the caller's zones. */
static int group_of(struct store *st, const struct store_part *x, struct store_items *ret)
{
	bool zoned = st->zoned;
	int r;

	st->zoned = false;
	r = store_first(st, st->scratch, Q_ITEM_PART, (const struct store_val[]){ VI(0), VI(store_pos(x->seq, 0)),
		VI(store_pos(x->seq + 1, 0)), VI(x->part) }, fill_items, sizeof *ret, ret);
	st->zoned = zoned;
	return r == ERR_NOTFOUND ? store_fail(st, r, "there is no part %llu/%u", (unsigned long long)x->seq, x->part) : r;
}

/* As many of the n parts as lie in one group, one behind the other: its salts are written once. *ret_done: how many. */
static int erase_group(struct store *st, const struct store_part *x, size_t n, u64 by, size_t *ret_done)
{
	static const u8 none[STORE_HASH];
	struct store_items it;
	char *salts;
	size_t i;
	int r = group_of(st, x, &it);

	if (r != 0)
		return r;
	salts = arena_copy(st->scratch, it.salts.p, it.salts.n);
	for (i = 0; i < n && x[i].seq == it.seq && x[i].part >= it.part && x[i].part - it.part < it.salts.n / STORE_SALT; i++) {
		memset(salts + (size_t)(x[i].part - it.part) * STORE_SALT, 0, STORE_SALT);
		if ((r = store_run(st, Q_EVIDENCE_ERASE, (const struct store_val[]){ VI(store_pos(it.seq, it.first)),
			VI(store_pos(it.seq, it.first) + it.n), VI(x[i].part), VB(hash_of(none)), VB(S("")) })) != 0 ||
		    (r = store_run(st, Q_ERASED_PUT, (const struct store_val[]){ VI(x[i].seq), VI(x[i].part), VI(by) })) != 0)
			return r;
	}
	*ret_done = i;
	return store_run(st, Q_ITEM_SALTS, (const struct store_val[]){ VI(store_pos(it.seq, it.first)), VB(str_of(salts, it.salts.n)) });
}

static int erase(struct store *st, const struct store_batch *b)
{
	u64 by = b->entry->seq;
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; i < b->nerase; i++)
		if (b->erase[i].seq > by || b->erase[i].part >= STORE_PART_MAX)
			return store_fail(st, ERR_ARG, "part %llu/%u cannot be erased by entry %llu",
				(unsigned long long)b->erase[i].seq, b->erase[i].part, (unsigned long long)by);
	for (size_t i = 0; r == 0 && i < b->nerase; i += done)
		r = erase_group(st, &b->erase[i], b->nerase - i, by, &done);
	for (size_t i = 0; r == 0 && i < b->nforget; i++) {
		struct put p = put_new(st, Q_HISTORY_FORGET, 1);

		PUT(&p, VT(b->forget[i].type), VT(b->forget[i].id), VI(b->forget[i].seq), VB(S("")));
		r = put_run(&p, NULL);
	}
	return r;
}

/* ---- the transaction ---- */

static int check_head(struct store *st, const struct store_head *was)
{
	struct store_head is = { 0 };
	int r = store_first(st, st->scratch, Q_HEAD_GET, NULL, fill_head, sizeof is, &is);

	if (r != 0 && r != ERR_NOTFOUND)
		return r;
	st->why[0] = '\0';
	if (is.epoch != was->epoch || is.size != was->size || is.first != was->first ||
	    memcmp(is.root, was->root, STORE_HASH) != 0)
		return store_fail(st, ERR_CONFLICT, "the store's head is epoch %u, size %llu, not the one this "
			"entry was built on (%u, %llu)",
			is.epoch, (unsigned long long)is.size, was->epoch, (unsigned long long)was->size);
	return 0;
}

static int put_head(struct store *st, const struct store_head *h)
{
	struct put p = put_new(st, Q_HEAD_PUT, 1);

	PUT(&p, VI(h->epoch), VI(h->first), VI(h->size), VB(hash_of(h->root)), VB(h->edge), VT(h->origin));
	return put_run(&p, NULL);
}

static int put_all(struct store *st, const struct store_batch *b, size_t *ret_chunk)
{
	int r;

	if (b->entry != NULL && ((r = check_head(st, b->was)) != 0 || (r = put_chunks(st, b, ret_chunk)) != 0 ||
	    (r = put_entry(st, b)) != 0 || (r = put_items(st, b)) != 0))
		return r;
	if ((r = put_claims(st, b)) != 0 || (r = put_assets(st, b)) != 0 || (r = put_expiry(st, b)) != 0 ||
	    (r = put_shared(st, b)) != 0 || (r = put_verdicts(st, b)) != 0 || (r = put_texts(st, b)) != 0 || (r = put_objects(st, b)) != 0)
		return r;
	return b->entry == NULL ? 0 : (r = erase(st, b)) != 0 ? r : put_head(st, b->now);
}

static int begin(struct store *st)
{
	int r = redo_settle(st);

	return r != 0 ? r : st->engine->begin(st, true);
}

/* Ends the transaction: rolled back when r says that something failed. */
static int finish(struct store *st, int r)
{
	if (r != 0) {
		st->engine->rollback(st);
		return r;
	}
	if ((r = st->engine->commit(st)) == 0)
		redo_durable(st);
	return r;
}

/* ---- small entries ---- */

#define SMALL_ROWS 64
#define SMALL_SAME 16			/* chunks, evidence: each is compared with each */

/* An entry whose rows nothing can refuse once its head and its chunks were looked at. */
static bool is_small(const struct store_batch *b)
{
	size_t rows = b->nitems + b->nassets + b->nclaims + b->nexpiry + b->nshared + b->nverdicts + b->nchanges + b->ntexts + b->nobjects;

	return b->entry != NULL && b->was->epoch == b->now->epoch && b->nerase + b->nforget + b->nunsaid == 0 && rows <= SMALL_ROWS &&
		b->nchunks <= SMALL_SAME && b->nevidence <= SMALL_SAME && b->entry->commits.n < REDO_RECORD;
}

static int look_for_known(struct store *st, const struct store_batch *b)
{
	for (size_t i = 0; i < b->nevidence; i++)
		for (size_t k = 0; k < i; k++)
			if (b->evidence[i].idx == b->evidence[k].idx)
				return ERR_LIMIT;
	for (size_t i = 0; i < b->nchunks; i++) {
		bool known = false;
		i64 seq;
		int r = store_ask_int(st, Q_CHUNK_GET, (const struct store_val[]){ VB(b->chunks[i]) }, &seq, &known);

		for (size_t k = 0; k < i; k++)
			known |= str_eq(b->chunks[i], b->chunks[k]);
		if (r != 0)
			return r;
		if (known)
			return ERR_LIMIT;	/* the other road says which one, in one place */
	}
	return 0;
}

/* ERR_LIMIT: not small after all, or refused; the other road does it, or says why. */
static int commit_small(struct store *st, const struct store_batch *b)
{
	struct buf record;
	int r;

	if ((r = look_for_known(st, b)) != 0 || (r = redo_begin(st, b->entry->seq, b->was->root, &record)) != 0)
		return r;
	st->record = &record;
	r = put_all(st, b, NULL);
	st->record = NULL;
	return r != 0 ? r : redo_commit(st, &record);
}

int store_commit(struct store *st, const struct store_batch *b, size_t *ret_chunk)
{
	int r;

	if ((r = store_enter_write(st)) != 0 || (r = check_entry(st, b)) != 0 || (r = check_rows(st, b)) != 0)
		return r;
	if (is_small(b) && redo_wants(st) && (r = commit_small(st, b)) != ERR_LIMIT)
		return r;
	if ((r = begin(st)) != 0)
		return r;
	r = finish(st, put_all(st, b, ret_chunk));
	if (r == 0 && b->nerase + b->nforget > 0) {
		st->engine->scrub(st);
		redo_scrub(st);
	}
	return r;
}

static int put_one(struct store *st, enum store_q q, const struct store_val *args, u64 *ret_changed)
{
	int r;

	if ((r = store_enter_write(st)) != 0 || (r = store_args_ok(st, q, args, 1)) != 0 || (r = begin(st)) != 0)
		return r;
	return finish(st, st->engine->many(st, q, args, 1, NULL, ret_changed));
}

int store_put_checkpoint(struct store *st, const struct store_checkpoint *c)
{
	struct store_checkpoint old;
	int r = put_one(st, Q_CHECKPOINT_PUT, (const struct store_val[]){ VI(c->epoch), VI(c->size),
		VI(c->published), VT(c->note) }, NULL);

	if (r != ERR_EXISTS)
		return r;
	r = store_first(st, st->scratch, Q_CHECKPOINT_GET, (const struct store_val[]){ VI(c->epoch), VI(c->size) },
		fill_checkpoint,
		sizeof old, &old);
	if (r != 0)
		return r;
	if (!str_eq(old.note, c->note))
		return store_fail(st, ERR_CONFLICT, "another checkpoint of epoch %u, size %llu is recorded", c->epoch,
			(unsigned long long)c->size);
	return c->published && !old.published ? store_mark_published(st, c->epoch, c->size) : 0;
}

int store_mark_published(struct store *st, u32 epoch, u64 size)
{
	u64 changed = 0;
	int r = put_one(st, Q_CHECKPOINT_PUBLISHED, (const struct store_val[]){ VI(epoch), VI(size) }, &changed);

	return r != 0 ? r : changed > 0 ? 0 : store_fail(st, ERR_NOTFOUND,
		"there is no checkpoint of epoch %u, size %llu", epoch,
		(unsigned long long)size);
}

int store_move_evidence(struct store *st, u64 seq, u32 idx, enum store_place place, struct str body)
{
	u64 changed = 0;
	int r = put_one(st, Q_EVIDENCE_MOVE, (const struct store_val[]){ VI(store_pos(seq, idx)), VI(place), VB(body) }, &changed);

	return r != 0 ? r : changed > 0 ? 0 : store_fail(st, ERR_NOTFOUND, "there is no evidence %llu.%u", (unsigned long long)seq, idx);
}

int store_put_meta(struct store *st, struct str key, struct str value)
{
	/* the schema's number is the store's own */
	if (str_eq(key, S("schema")))
		return store_fail(st, ERR_ARG, "this key is the store's own");
	return put_one(st, Q_META_PUT, (const struct store_val[]){ VT(key), VB(value) }, NULL);
}
