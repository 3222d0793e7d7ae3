/* Chunks of an import. A chunk is cut by count and size alone, so that the same file always gives the same chunks; those core has already
 * (below ask.chunk) are made again and not sent. Evidence waits until the fact that names it, and travels in the same chunk, before it. */
#include "sense/import/import_int.h"

#include "base/err.h"
#include "base/map.h"
#include "core/msg/chunk.h"

#include <string.h>

#define CHUNK_BYTES (56 * KiB)		/* a message is 64 KiB; the rest is for names and lengths */
#define EVIDENCE_MAX (CHUNK_BYTES - LIMIT_FACT - 1024)
#define WAITING_MAX 4096		/* pieces of evidence */

struct waiting {
	u64 seq;
	u32 index;
	struct str kind, bytes;
	u32 chunk;			/* 1 + the number of the chunk it stands in, 0: none */
	u32 at;				/* and its index there */
};

struct stage {
	struct import *im;
	struct arena *a;		/* of the chunk */
	struct arena *kept;		/* of the evidence */
	struct waiting *waiting;
	size_t nwaiting, bytes;
	struct chunk c;
	size_t facts, size;
	struct str network;
};

struct stage *stage_new(struct arena *a, struct import *im)
{
	struct stage *st = arena_alloc(a, sizeof *st);

	*st = (struct stage){ .im = im, .a = arena_new(a, 0), .kept = arena_new(a, 0) };
	st->waiting = arena_alloc(a, WAITING_MAX * sizeof *st->waiting);
	st->c = (struct chunk){ .run = im->ask.id, .items = arena_alloc(a, CHUNK_ITEMS_MAX * sizeof *st->c.items) };
	return st;
}

/* Evidence of an entry stands before the facts of that entry: with the next entry, what waits is over. */
bool stage_evidence(struct stage *st, const struct runfile_line *l)
{
	struct waiting *w;

	if (st->nwaiting != 0 && l->placed && st->waiting[st->nwaiting - 1].seq != l->seq) {
		arena_reset(st->kept);
		st->nwaiting = 0;
		st->bytes = 0;
	}
	if (l->ev_bytes.n > EVIDENCE_MAX || st->nwaiting == WAITING_MAX || st->bytes + l->ev_bytes.n > IMPORT_EVIDENCE_MAX) {
		return false;
	}
	w = &st->waiting[st->nwaiting++];
	*w = (struct waiting){ .seq = l->seq, .index = l->index, .kind = str_dup(st->kept, l->ev_kind),
		.bytes = str_dup(st->kept, l->ev_bytes) };
	st->bytes += l->ev_bytes.n;
	return true;
}

static struct waiting *find(struct stage *st, u64 seq, u32 index)
{
	for (size_t i = 0; i < st->nwaiting; i++) {
		if (st->waiting[i].seq == seq && st->waiting[i].index == index) {
			return &st->waiting[i];
		}
	}
	return NULL;
}

static int answered(struct import *im)
{
	struct msg m;
	int r = chan_recv_wait(im->chan, &m, -1);
	struct str text;

	if (r != 0 || m.type != MSGS_PUT_CHUNK || (m.flags & MSG_LAST) == 0) {
		return r != 0 ? r : ERR_PROTO;
	}
	if ((m.flags & MSG_FAILED) == 0) {
		return 0;
	}
	if (msg_failed_read(&m, &r, &text) != 0) {
		return ERR_PROTO;
	}
	im->refused = true;
	im->why = str_dup(im->a, text);
	return r;
}

static int send_chunk(struct stage *st)
{
	struct import *im = st->im;
	struct buf b = buf_new(st->a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_PUT_CHUNK, .id = st->c.n + 1, .fd = -1 };
	int r = 0;

	if (st->c.nitems == 0) {
		return 0;
	}
	if (st->c.n >= im->ask.chunk) {
		chunk_write(&b, &st->c);
		m.body = buf_view(&b);
		if ((r = buf_done(&b)) == 0 && (r = chan_send_wait(im->chan, &m, -1)) == 0) {
			r = answered(im);
		}
	}
	st->c.n++;
	st->c.nitems = 0;
	st->facts = st->size = 0;
	arena_reset(st->a);
	im->err = r;
	return r;
}

/* What the fact adds to the chunk in hand at most, in bytes and items; *ret_dropped when it names a piece that is not there. */
static size_t weigh(struct stage *st, const struct runfile_line *l, size_t *ret_items, bool *ret_dropped)
{
	size_t n = LIMIT_FACT + 512, items = 1;

	for (size_t i = 0; i < l->seen.nevidence; i++) {
		struct waiting *w = find(st, l->seq, l->seen.evidence[i]);

		if (w == NULL) {
			*ret_dropped = true;
		} else if (w->chunk != st->c.n + 1) {
			n += w->bytes.n + w->kind.n + 16;
			items++;
		}
	}
	*ret_items = items;
	return n;
}

static void add_evidence(struct stage *st, const struct runfile_line *l, struct seen *seen)
{
	u32 *at = arena_alloc(st->a, l->seen.nevidence * sizeof *at + 1);
	size_t n = 0;

	for (size_t i = 0; i < l->seen.nevidence; i++) {
		struct waiting *w = find(st, l->seq, l->seen.evidence[i]);

		if (w == NULL) {
			continue;
		}
		if (w->chunk != st->c.n + 1) {
			w->chunk = st->c.n + 1;
			w->at = (u32)st->c.nitems;
			st->c.items[st->c.nitems++] = (struct chunk_item){ .type = CHUNK_EVIDENCE, .head = str_dup(st->a, w->kind),
				.body = str_dup(st->a, w->bytes) };
		}
		at[n++] = w->at;
	}
	for (size_t i = 1; i < n; i++) {	/* ascending, as a sighting wants them */
		for (size_t k = i; k > 0 && at[k - 1] > at[k]; k--) {
			u32 x = at[k];

			at[k] = at[k - 1];
			at[k - 1] = x;
		}
	}
	seen->evidence = at;
	seen->nevidence = n;
}

int stage_fact(struct stage *st, const struct runfile_line *l, bool *ret_dropped)
{
	struct seen seen = l->seen;
	struct buf fact, text;
	bool dropped = false;
	size_t items, size;
	int r;

	size = weigh(st, l, &items, &dropped);
	if (st->facts == LIMIT_CHUNK_FACTS || st->c.nitems + items > CHUNK_ITEMS_MAX || st->size + size > CHUNK_BYTES ||
	    (st->c.nitems != 0 && !str_eq(st->network, l->fact.network))) {		/* a chunk lies in one zone */
		if ((r = send_chunk(st)) != 0) {
			return r;
		}
		size = weigh(st, l, &items, &dropped);
	}
	if (size > CHUNK_BYTES) {		/* all it names together is more than a message */
		seen.nevidence = 0;
		dropped = true;
	}
	st->network = str_dup(st->a, l->fact.network);
	seen.dropped |= dropped;
	if (seen.nevidence != 0) {
		size_t before = st->c.nitems;

		add_evidence(st, l, &seen);
		for (size_t i = before; i < st->c.nitems; i++) {
			st->size += st->c.items[i].body.n + st->c.items[i].head.n + 16;
		}
	}
	fact = buf_new(st->a, 0);
	text = buf_new(st->a, 0);
	fact_write(&fact, &l->fact);
	seen_write(&text, &seen);
	if ((r = buf_done(&fact)) != 0 || (r = buf_done(&text)) != 0) {
		return r;
	}
	st->c.items[st->c.nitems++] = (struct chunk_item){ .type = CHUNK_FACT, .head = buf_view(&fact), .body = buf_view(&text) };
	st->size += fact.n + text.n + 16;
	st->facts++;
	*ret_dropped = dropped;
	return 0;
}

int stage_end(struct stage *st)
{
	return send_chunk(st);
}
