/* PUT_CHUNK: what sensors found becomes an entry. A chunk is foreign to core: every fact is read strictly against
 * the kind table, a fact that does not pass is left out and said so, the rest is kept.
 *
 * What has arrived is taken together, up to the limits of an entry and never waiting for more: one transaction, one
 * leaf, one fsync for all of it. Chunks of one entry lie in one zone. When the entry cannot be made, its chunks are
 * tried one by one, so that each sender is told about its own. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* The id of a chunk is "<run>/<n>"; the store keeps its hash, so that no chunk is recorded twice. The ledger does not
 * name it: the run would be guessed from it. */
static struct str chunk_id(struct arena *a, const struct chunk *c)
{
	struct hash h = hash_bytes(str_printf(a, "%.*s/%u", STRF(c->run), c->n));

	return str_of(arena_copy(a, h.b, sizeof h.b), sizeof h.b);
}

int chunk_take(struct arena *a, struct str body, struct chunk_in *ret)
{
	struct chunk_in in = { 0 };
	int r = chunk_read(a, body, &in.c);

	if (r != 0) {
		return r;
	}
	in.id = chunk_id(a, &in.c);
	for (size_t i = 0; i < in.c.nitems; i++) {
		in.facts += in.c.items[i].type == CHUNK_FACT;
		in.parts += in.c.items[i].type == CHUNK_PART;
	}
	*ret = in;
	return 0;
}

/* One entry in the making. */
struct taken {
	struct arena *a;
	struct item *items;
	size_t n;
	u32 *at;		/* of the chunk being taken: index in the entry of each of its items */
	struct str network;	/* of the chunk being taken */
	struct str seen_text;	/* what was read last: sightings of one conversation are often the same text */
	struct seen seen;
	struct run_limits limits;	/* of the chunk being taken */
	struct str zone;
	struct str quota_zone;	/* evidence of the chunk being taken counts there; asked with its first piece */
	bool quota_known;
	struct str *ids;
	struct store_object *progress;		/* one a run, and one a part */
	size_t nids, nprogress;
};

static struct str zone_of(struct serve *s, struct arena *a, struct str network)
{
	struct store_object o;

	return network.n != 0 && store_get_object(s->st, a, S("network"), network, &o) == 0 ? o.zone : S("");
}

/* Why one piece of evidence is not kept; the fact that names it stays and says `dropped`. */
static int take_evidence(struct serve *s, struct taken *t, const struct chunk *c, const struct chunk_item *from, struct item *it)
{
	bool room;
	int r;

	*it = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = from->head };
	if (!item_evidence_ok(from->head)) {
		return ERR_SYNTAX;
	}
	if (from->type == CHUNK_EVIDENCE_FILE) {
		if ((r = evidence_take(s, t->a, from->body, t->items, t->n, it)) != 0) {
			return r;
		}
	} else if (from->body.n == 0 || from->body.n > LIMIT_EVIDENCE_SMALL) {
		return from->body.n == 0 ? ERR_MISSING : ERR_LIMIT;
	} else {
		it->ev_bytes = from->body;
	}
	if (!t->quota_known) {
		t->quota_zone = zone_of(s, t->a, t->limits.network);
		t->quota_known = true;
	}
	r = evidence_room(s, t->quota_zone, c->run, it->ev_bytes.n, &room);
	return r != 0 ? r : room ? 0 : ERR_NOSPACE;
}

/* ERR_RANGE: it calls a fact evidence, or what does not stand before it. */
static int take_named(const struct taken *t, const struct chunk *c, size_t index, struct seen *seen)
{
	u32 *evidence = arena_alloc(t->a, seen->nevidence * sizeof *evidence + 1);
	size_t n = 0;

	for (size_t i = 0; i < seen->nevidence; i++) {
		u32 k = seen->evidence[i];

		if (k >= index || c->items[k].type == CHUNK_FACT || c->items[k].type == CHUNK_PART) {
			return ERR_RANGE;
		}
		if (t->at[k] == UINT32_MAX) {
			seen->dropped = true;
		} else {
			evidence[n++] = t->at[k];
		}
	}
	seen->evidence = evidence;
	seen->nevidence = n;
	return 0;
}

static int take_seen(struct taken *t, struct str text, struct seen *ret, struct errlist *errs)
{
	int r;

	if (t->seen_text.p == NULL || !str_eq(t->seen_text, text)) {
		t->seen_text = (struct str){ 0 };
		if ((r = seen_parse(t->a, text, FACT_STRICT, &t->seen, errs)) != 0) {
			return r;
		}
		t->seen_text = text;
	}
	*ret = t->seen;
	return 0;
}

static int take_fact(struct taken *t, const struct chunk *c, size_t index, struct item *it, struct errlist *errs)
{
	struct str seen = c->items[index].body;
	u8 qod;
	int r;

	*it = (struct item){ .type = ITEM_FACT };
	if ((r = fact_parse(t->a, c->items[index].head, FACT_STRICT, &it->fact, errs)) != 0 ||
	    (r = take_seen(t, seen, &it->seen, errs)) != 0) {
		return r;
	}
	qod = it->seen.qod;
	if ((r = run_check(&t->limits, &it->fact, &it->seen)) != 0) {
		return r;
	}
	if (it->seen.nevidence != 0) {
		return take_named(t, c, index, &it->seen);
	}
	it->seen.text = it->seen.qod == qod ? seen : (struct str){ 0 };	/* strict reading: it is canonical */
	return 0;
}

static void take_items(struct serve *s, struct taken *t, const struct chunk *c)
{
	t->at = arena_alloc(t->a, c->nitems * sizeof *t->at + 1);
	t->network = S("");
	t->quota_known = false;
	for (size_t i = 0; i < c->nitems; i++) {
		struct errlist errs = { 0 };
		int r;

		if (c->items[i].type == CHUNK_PART) {
			t->at[i] = UINT32_MAX;
			continue;
		}
		r = c->items[i].type != CHUNK_FACT ? take_evidence(s, t, c, &c->items[i], &t->items[t->n]) :
			take_fact(t, c, i, &t->items[t->n], &errs);

		if (r != 0) {
			t->at[i] = UINT32_MAX;
			log_warn("run %.*s, chunk %u, item %zu left out: %s", STRF(c->run), c->n, i,
				errs.n != 0 ? errs.p[0].text : r == ERR_NOSPACE ? "over the quota for evidence" : err_text(r));
			continue;
		}
		if (t->items[t->n].type == ITEM_FACT) {
			t->network = t->items[t->n].fact.network;
		}
		t->at[i] = (u32)t->n++;
	}
}

static u32 next_of(struct str progress)
{
	struct rd rd = rd_str(progress);
	u32 n;

	return rd_u32(&rd, &n) == 0 ? n : 0;
}

/* A run's progress is what its chunks said, one behind the other; it is durable with the facts it speaks of. The
 * first four bytes: the number of the next chunk. */
static int take_progress(struct serve *s, struct taken *t, const struct chunk *c)
{
	struct buf b = buf_new(t->a, 16 * MiB);
	struct store_object *o = NULL, was;
	u32 next;
	int r;

	for (size_t i = 0; i < t->nprogress; i++) {
		o = str_eq(t->progress[i].type, S("progress")) && str_eq(t->progress[i].id, c->run) ? &t->progress[i] : o;
	}
	if (o == NULL) {
		if ((r = store_get_object(s->st, t->a, S("progress"), c->run, &was)) == ERR_NOTFOUND) {
			was = (struct store_object){ .body = S("\0\0\0\0") };
		} else if (r != 0) {
			return r;
		}
		if (was.body.n < 4) {
			return ERR_INTEGRITY;
		}
	} else {
		was = *o;
	}
	next = next_of(was.body);
	buf_u32(&b, c->n >= next && c->n < UINT32_MAX ? c->n + 1 : next);
	buf_str(&b, str_from(was.body, 4));
	buf_str(&b, c->progress);
	if ((r = buf_done(&b)) != 0) {
		return r;
	}
	if (o == NULL) {
		o = &t->progress[t->nprogress++];
	}
	*o = (struct store_object){ .type = S("progress"), .id = c->run, .body = buf_view(&b), .passing = true };
	for (size_t i = 0; i < c->nitems; i++) {
		if (c->items[i].type == CHUNK_PART) {
			t->progress[t->nprogress++] = (struct store_object){ .type = S("part"), .passing = true, .body = c->items[i].body,
				.id = str_printf(t->a, "%.*s/%.*s", STRF(c->run), STRF(c->items[i].head)),
				.remove = c->items[i].body.n == 0 };
		}
	}
	return 0;
}

static void fail(struct serve *s, struct chunk_in *in, int r)
{
	const char *why = store_why(s->st);

	in->r = r;
	snprintf(in->why, sizeof in->why, "%s", why[0] != '\0' ? why : err_text(r));
}

/* False: the chunk lies in another zone than the entry so far, which must end before it. */
static bool take_chunk(struct serve *s, struct taken *t, struct chunk_in *in)
{
	size_t before = t->n;
	struct str zone;

	t->limits = run_limits(s, t->a, in->c.run, in->since);
	take_items(s, t, &in->c);
	zone = zone_of(s, t->a, t->network);
	if (before != 0 && t->n != before && !str_eq(zone, t->zone)) {
		t->n = before;
		return false;
	}
	if ((in->r = take_progress(s, t, &in->c)) != 0) {
		fail(s, in, in->r);
		t->n = before;
		return true;
	}
	t->zone = t->n != before ? zone : t->zone;
	t->ids[t->nids++] = in->id;
	return true;
}

static void keep_ids(struct taken *t)
{
	struct fact **facts = arena_alloc(t->a, t->n * sizeof *facts + 1);
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->items[i].type == ITEM_FACT) {
			facts[n++] = &t->items[i].fact;
		}
	}
	fact_keep_ids(t->a, facts, n);
}

static bool recorded(struct serve *s, const struct taken *t, struct chunk_in *in)
{
	bool there = false;
	int r;

	for (size_t i = 0; i < t->nids; i++) {
		if (str_eq(t->ids[i], in->id)) {
			return true;
		}
	}
	if ((r = store_has_chunk(s->st, in->id, &there, NULL)) != 0) {
		fail(s, in, r);
		return true;
	}
	return there;
}

/* As many of the chunks as fit one entry; returns how many were dealt with, at least one. *ret_r: what became of
 * those whose r is 0. */
static size_t put_entry(struct serve *s, struct chunk_in *in, size_t n, int *ret_r)
{
	struct taken t = { .a = arena_new(s->a, 0) };
	size_t facts = 0, items = 0, parts = 0, i;
	struct serve_draft d;
	struct serve_done done;

	for (i = 0; i < n && facts + in[i].facts <= LIMIT_BATCH_FACTS &&
	     items + in[i].c.nitems <= 2 * LIMIT_BATCH_FACTS; i++) {
		facts += in[i].facts;
		items += in[i].c.nitems;
	}
	n = i;
	for (i = 0; i < n; i++) {
		parts += in[i].parts;
	}
	t.items = arena_alloc(t.a, items * sizeof *t.items + 1);
	t.ids = arena_alloc(t.a, n * sizeof *t.ids);
	t.progress = arena_alloc(t.a, (n + parts) * sizeof *t.progress);
	for (i = 0; i < n; i++) {
		in[i].r = 0;
		if (!recorded(s, &t, &in[i]) && !take_chunk(s, &t, &in[i])) {
			break;
		}
	}
	keep_ids(&t);
	d = (struct serve_draft){ .items = t.items, .nitems = t.n, .chunks = t.ids, .nchunks = t.nids,
		.objects = t.progress, .nobjects = t.nprogress, .zone = t.zone };
	if (parts != 0 && items == parts) {		/* how far a run is concerns nobody but its next beginning: no entry */
		*ret_r = t.nids == 0 ? 0 : store_commit(s->st, &(struct store_batch){ .objects = t.progress, .nobjects = t.nprogress }, NULL);
	} else {
		*ret_r = t.nids == 0 ? 0 : serve_commit(s, &d, &done);
	}
	arena_free(t.a);
	return i;
}

void chunks_put(struct serve *s, struct chunk_in *in, size_t n)
{
	size_t done;
	int r;

	for (; n > 0; in += done, n -= done) {
		done = put_entry(s, in, n, &r);
		if (r != 0 && done > 1) {
			for (size_t i = 0; i < done; i++) {
				chunks_put(s, &in[i], 1);
			}
		} else if (r != 0 && r != ERR_EXISTS) {
			fail(s, in, r);
		}
	}
}
