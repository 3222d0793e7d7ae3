/* The inside of a commit, shared by commit.c (entries that are made) and replay.c (entries that are folded once more). */
#ifndef CORE_SERVE_COMMIT_INT_H
#define CORE_SERVE_COMMIT_INT_H

#include "core/serve/serve_int.h"

#include "core/ledger/envelope.h"

struct work {
	struct arena *a;
	struct serve *s;
	const struct serve_draft *d;
	struct fold *fold;
	enum envelope_type type;
	struct utc at;
	u64 seq;
	struct item *items;		/* the draft's, with `again` put in */
	struct packed *packed;
	u64 *asset;			/* of each item */
	struct hash *commits;
	struct salt *salts;
	u32 *part;			/* first part of each item */
	u32 nparts;
	struct serve_done done;
};

/* Groups are runs of items of one asset: from packed, asset, part and salts. */
int commit_groups(struct work *w, struct store_batch *b) MUST_USE;
/* What the draft's split hands over, beside the groups of b. */
int commit_split(struct work *w, struct store_batch *b) MUST_USE;
/* The draft's objects and the edges made so far, with the number of the entry. */
int commit_objects(struct work *w, struct store_batch *b) MUST_USE;
/* Each asset is folded again once, as it is now that others were merged. */
int commit_fold_once(struct work *w, const u64 *assets, size_t n) MUST_USE;

#endif
