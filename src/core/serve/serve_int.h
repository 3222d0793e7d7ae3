/* What the files of core/serve share. */
#ifndef CORE_SERVE_SERVE_INT_H
#define CORE_SERVE_SERVE_INT_H

#include "base/map.h"
#include "base/json.h"
#include "base/vec.h"
#include "core/ledger/note.h"
#include "core/ledger/part.h"
#include "core/ledger/tile.h"
#include "core/serve/serve.h"

struct serve {
	struct arena *a;		/* lives as long as the process */
	struct store *st;
	const struct serve_parts *parts;
	void *ctx;			/* parts->make() */
	struct ledger_key key;
	struct note_key note_key;
	struct arena *head_arena;	/* holds head.edge and head.origin; replaced with each commit */
	struct store_head head;
	struct merkle_edge edge;
	struct identity_edges *edges;
	struct utc last_at;		/* recorded_at of the newest entry */
	u64 published;			/* size last published in this epoch */
	struct mono signed_at;
	int log_dir;
	struct vec_conn {
		struct conn **p;
		size_t n, cap;
	} conns;
	bool main_gone;
};

/* One connection: main's channel or a command's. */
struct conn {
	struct msg_chan *chan;
	bool is_main, greeted, closing;
};

struct serve_reply {
	struct serve *s;
	struct conn *to;
	u16 type;
	u32 id;
	int err;			/* of sending: the peer is gone */
	char text[320];
};

/* serve.c */
int serve_load_edges(struct serve *s);		/* again, after a commit that failed had changed them in memory */
int serve_node(void *ctx, u32 level, u64 index, struct hash *ret);	/* merkle_fetch over the store; ctx is the serve */
int serve_sign(struct serve *s, struct arena *a, struct str *ret);	/* the signed note of the head */
/* commit.c */
int serve_load_head(struct serve *s);
/* fold.c: states and claims as they stand, changed by one commit. */
struct fold;
struct fold *fold_new(struct arena *a, struct serve *s, struct utc recorded);
/* Resolves whom a fact is about and folds it; `again` comes back when the state holds this very fact. */
int fold_fact(struct fold *f, const struct fact *fact, const struct seen *seen, struct state_pos pos, u64 *ret_asset,
	bool *ret_again, struct state_pos *ret_first);
int fold_edge(struct fold *f, const struct identity_edge *e);
/* Folds an asset again from its items, leaving out what `erase` names. */
int fold_again(struct fold *f, u64 asset, const struct store_part *erase, size_t nerase);
int fold_finish(struct fold *f, u64 seq, u64 size, struct str zone, struct store_batch *b);

/* items.c: the packed body of store_items. */
struct packed {			/* one item of a group */
	struct item_parts parts;
	bool outside;		/* the last part, evidence bytes, stands in the evidence table */
};
void pack_item(struct buf *b, const struct packed *p);
int unpack_item(struct arena *a, struct rd *rd, struct packed *ret) MUST_USE;
/* The next groups of an asset number in ledger order, entry by entry whole, beginning with entry *from, which moves on. *ret_n 0: no more. */
int items_page(struct serve *s, struct arena *a, u64 asset, u64 *from, struct store_items **ret, size_t *ret_n) MUST_USE;
int items_read(struct serve *s, struct arena *a, const struct store_items *g, struct item *ret) MUST_USE;	/* g->n of them */
int items_forget(struct arena *a, const struct store_items *g, const struct store_part *erase, size_t n,
	struct store_items *ret) MUST_USE;

/* chunks.c, asks.c, acts.c, erase.c */
extern const struct serve_request serve_asks[];
extern const struct serve_request serve_acts[];
extern const struct serve_request serve_erasures[];
extern const struct serve_request serve_chunks[];

#endif
