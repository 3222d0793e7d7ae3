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
	struct str kind, bytes;		/* bytes.n: as far as they came */
	u64 want;			/* how many there are */
	u8 sha[32];
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
	size_t facts, size, large;	/* large: evidence that goes before the chunk, in pieces */
	struct str network;
};
#define LARGE_MAX 8			/* core holds twice as many until the chunk is there */
#define PIECE (48 * KiB)

struct stage *stage_new(struct arena *a, struct import *im)
{
	struct stage *st = arena_alloc(a, sizeof *st);

	*st = (struct stage){ .im = im, .a = arena_new(a, 0), .kept = arena_new(a, 0) };
	st->waiting = arena_alloc(a, WAITING_MAX * sizeof *st->waiting);
	st->c = (struct chunk){ .run = im->ask.id, .items = arena_alloc(a, CHUNK_ITEMS_MAX * sizeof *st->c.items) };
	return st;
}

static bool whole(const struct waiting *w)
{
	return w->bytes.n == w->want;
}

/* A further piece of the evidence that came last. */
static bool add_piece(struct stage *st, const struct runfile_line *l)
{
	struct waiting *w = st->nwaiting == 0 ? NULL : &st->waiting[st->nwaiting - 1];

	if (w == NULL || w->seq != l->seq || w->index != l->index || w->bytes.n != l->ev_from || l->ev_bytes.n > w->want - w->bytes.n) {
		return false;
	}
	memcpy((char *)(uintptr_t)w->bytes.p + w->bytes.n, l->ev_bytes.p, l->ev_bytes.n);
	w->bytes.n += l->ev_bytes.n;
	return true;
}

/* Evidence of an entry stands before the facts of that entry: with the next entry, what waits is over. */
bool stage_evidence(struct stage *st, const struct runfile_line *l)
{
	struct waiting *w;
	char *p;

	if (l->ev_part && l->ev_from != 0) {
		return add_piece(st, l);
	}
	if (st->nwaiting != 0 && l->placed && st->waiting[st->nwaiting - 1].seq != l->seq) {
		arena_reset(st->kept);
		st->nwaiting = 0;
		st->bytes = 0;
	}
	if (l->ev_size > LIMIT_EVIDENCE_FILE || st->nwaiting == WAITING_MAX || st->bytes + l->ev_size > IMPORT_EVIDENCE_MAX) {
		return false;
	}
	p = arena_alloc(st->kept, l->ev_size + 1);
	if (l->ev_bytes.n != 0) {
		memcpy(p, l->ev_bytes.p, l->ev_bytes.n);
	}
	w = &st->waiting[st->nwaiting++];
	*w = (struct waiting){ .seq = l->seq, .index = l->index, .kind = str_dup(st->kept, l->ev_kind), .want = l->ev_size,
		.bytes = str_of(p, l->ev_bytes.n) };
	memcpy(w->sha, l->ev_sha, sizeof w->sha);
	st->bytes += l->ev_size;
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

static int answered(struct import *im, u16 type)
{
	struct msg m;
	int r = chan_recv_wait(im->chan, &m, -1);
	struct str text;

	if (r != 0 || m.type != type || (m.flags & MSG_LAST) == 0) {
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
			r = answered(im, MSGS_PUT_CHUNK);
		}
	}
	st->c.n++;
	st->c.nitems = 0;
	st->facts = st->size = st->large = 0;
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

		if (w == NULL || !whole(w)) {
			*ret_dropped = true;
		} else if (w->chunk != st->c.n + 1) {
			n += (w->want > EVIDENCE_MAX ? sizeof w->sha : w->bytes.n) + w->kind.n + 16;
			items++;
		}
	}
	*ret_items = items;
	return n;
}

/* What is longer than a message goes before the chunk that names it. */
static int send_pieces(struct stage *st, const struct waiting *w)
{
	struct import *im = st->im;
	u64 at = 0;
	int r = 0;

	for (; r == 0 && at < w->want && st->c.n >= im->ask.chunk; at += PIECE) {
		struct arena *a = arena_new(NULL, 0);
		struct buf b = buf_new(a, LIMIT_MSG_BODY);
		struct msg m = { .type = MSGS_PUT_EVIDENCE, .id = st->c.n + 1, .fd = -1 };

		buf_blob(&b, str_of(w->sha, sizeof w->sha));
		buf_u64(&b, w->want);
		buf_u64(&b, at);
		buf_blob(&b, str_sub(w->bytes, at, w->want - at < PIECE ? w->want - at : PIECE));
		m.body = buf_view(&b);
		if ((r = buf_done(&b)) == 0 && (r = chan_send_wait(im->chan, &m, -1)) == 0) {
			r = answered(im, MSGS_PUT_EVIDENCE);
		}
		arena_free(a);
	}
	im->err = r;
	return r;
}

static int put_evidence(struct stage *st, struct waiting *w)
{
	struct chunk_item *it = &st->c.items[st->c.nitems];
	int r;

	*it = (struct chunk_item){ .type = CHUNK_EVIDENCE, .head = str_dup(st->a, w->kind), .body = str_dup(st->a, w->bytes) };
	if (w->want > EVIDENCE_MAX) {
		if ((r = send_pieces(st, w)) != 0) {
			return r;
		}
		it->type = CHUNK_EVIDENCE_FILE;
		it->body = str_dup(st->a, str_of(w->sha, sizeof w->sha));
		st->large++;
	}
	w->chunk = st->c.n + 1;
	w->at = (u32)st->c.nitems++;
	return 0;
}

static int add_evidence(struct stage *st, const struct runfile_line *l, struct seen *seen)
{
	u32 *at = arena_alloc(st->a, l->seen.nevidence * sizeof *at + 1);
	size_t n = 0;
	int r;

	for (size_t i = 0; i < l->seen.nevidence; i++) {
		struct waiting *w = find(st, l->seq, l->seen.evidence[i]);

		if (w == NULL || !whole(w)) {
			continue;
		}
		if (w->chunk != st->c.n + 1 && (r = put_evidence(st, w)) != 0) {
			return r;
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
	return 0;
}

int stage_fact(struct stage *st, const struct runfile_line *l, bool *ret_dropped)
{
	struct seen seen = l->seen;
	struct buf fact, text;
	bool dropped = false;
	size_t items, size;
	int r;

	size = weigh(st, l, &items, &dropped);
	if (st->facts == LIMIT_CHUNK_FACTS || st->large >= LARGE_MAX || st->c.nitems + items > CHUNK_ITEMS_MAX || st->size + size > CHUNK_BYTES ||
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

		if ((r = add_evidence(st, l, &seen)) != 0) {
			return r;
		}
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
