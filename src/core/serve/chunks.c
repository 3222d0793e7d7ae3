/* PUT_CHUNK: what sensors found becomes an entry. A chunk is foreign to core: every fact is read strictly against the kind table, a fact
 * that does not pass is left out and said so, the rest is kept. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "base/log.h"
#include "core/msg/chunk.h"

#include <string.h>

/* The id of a chunk is "<run>/<n>"; what the ledger names is its hash, which tells nobody the run's name. */
static struct str chunk_id(struct arena *a, const struct chunk *c)
{
	struct hash h = hash_bytes(str_printf(a, "%.*s/%u", STRF(c->run), c->n));

	return str_of(arena_copy(a, h.b, sizeof h.b), sizeof h.b);
}

struct taken {
	struct item *items;
	size_t n;
	u32 *at;		/* index in the entry of each item of the chunk */
	size_t refused;
	struct str network;
};

static int take_evidence(struct arena *a, const struct chunk_item *c, struct item *it)
{
	if (c->body.n > LIMIT_EVIDENCE_SMALL) {
		return ERR_LIMIT;
	}
	*it = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = c->head, .ev_size = c->body.n,
		.ev_bytes = str_dup(a, c->body) };
	memcpy(it->ev_sha256, hash_bytes(c->body).b, sizeof it->ev_sha256);
	return 0;
}

static int take_fact(struct arena *a, const struct chunk_item *c, const struct taken *t, size_t index, struct item *it,
	struct errlist *errs)
{
	u32 *evidence;
	int r;

	*it = (struct item){ .type = ITEM_FACT };
	if ((r = fact_parse(a, c->head, FACT_STRICT, &it->fact, errs)) != 0 ||
	    (r = seen_parse(a, c->body, FACT_STRICT, &it->seen, errs)) != 0) {
		return r;
	}
	evidence = arena_alloc(a, it->seen.nevidence * sizeof *evidence);
	for (size_t i = 0; i < it->seen.nevidence; i++) {
		if (it->seen.evidence[i] >= index || t->at[it->seen.evidence[i]] == UINT32_MAX) {
			return ERR_RANGE;
		}
		evidence[i] = t->at[it->seen.evidence[i]];
	}
	it->seen.evidence = evidence;
	return 0;
}

static void take_items(struct arena *a, const struct chunk *c, struct taken *t)
{
	t->items = arena_alloc(a, c->nitems * sizeof *t->items);
	t->at = arena_alloc(a, c->nitems * sizeof *t->at);
	for (size_t i = 0; i < c->nitems; i++) {
		struct errlist errs = { 0 };
		int r = c->items[i].type == CHUNK_EVIDENCE ? take_evidence(a, &c->items[i], &t->items[t->n]) :
			take_fact(a, &c->items[i], t, i, &t->items[t->n], &errs);

		if (r != 0) {
			t->at[i] = UINT32_MAX;
			t->refused++;
			log_warn("run %.*s, chunk %u, item %zu left out: %s", STRF(c->run), c->n, i,
				errs.n != 0 ? errs.p[0].text : err_text(r));
			continue;
		}
		if (t->items[t->n].type == ITEM_FACT) {
			t->network = t->items[t->n].fact.network;
		}
		t->at[i] = (u32)t->n++;
	}
}

/* A run's progress is what its chunks said, one behind the other; it is durable with the facts it speaks of. */
static int progress_of(struct serve *s, struct arena *a, const struct chunk *c, struct store_object *ret)
{
	struct buf b = buf_new(a, 16 * MiB);
	struct store_object was;
	int r = store_get_object(s->st, a, S("progress"), c->run, &was);

	if (r != 0 && r != ERR_NOTFOUND) {
		return r;
	}
	if (r == 0) {
		buf_str(&b, was.body);
	} else {
		buf_u32(&b, 0);
	}
	if ((r = buf_done(&b)) != 0) {
		return r;
	}
	/* The first four bytes: the number of the next chunk. */
	if (c->n + 1 > ((u32)b.p[0] << 24 | (u32)b.p[1] << 16 | (u32)b.p[2] << 8 | b.p[3])) {
		u32 next = c->n + 1;

		b.p[0] = (u8)(next >> 24);
		b.p[1] = (u8)(next >> 16);
		b.p[2] = (u8)(next >> 8);
		b.p[3] = (u8)next;
	}
	buf_str(&b, c->progress);
	*ret = (struct store_object){ .type = S("progress"), .id = c->run, .body = buf_view(&b), .passing = true };
	return buf_done(&b);
}

static int put_chunk(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_object progress, network;
	struct serve_draft d = { .nchunks = 1, .objects = &progress, .nobjects = 1 };
	struct taken t = { 0 };
	struct serve_done done;
	struct chunk c;
	struct str id;
	bool there;
	int r;

	if ((r = chunk_read(a, str_of(body->p, rd_left(body)), &c)) != 0) {
		return serve_fail(out, r, "a chunk that is none");
	}
	id = chunk_id(a, &c);
	if ((r = store_has_chunk(s->st, id, &there, NULL)) != 0 || there) {
		return r;
	}
	take_items(a, &c, &t);
	if ((r = progress_of(s, a, &c, &progress)) != 0) {
		return r;
	}
	d.chunks = &id;
	d.items = t.items;
	d.nitems = t.n;
	if (t.network.n != 0 && store_get_object(s->st, a, S("network"), t.network, &network) == 0) {
		d.zone = network.zone;
	}
	r = serve_commit(s, &d, &done);
	return r == ERR_EXISTS ? 0 : r != 0 ? serve_fail(out, r, "%s", store_why(s->st)) : 0;
}

const struct serve_request serve_chunks[] = { { MSGS_PUT_CHUNK, put_chunk }, { 0, NULL } };
