/* The inside of a fold, shared by fold.c (facts, merges) and split.c. */
#ifndef CORE_SERVE_FOLD_INT_H
#define CORE_SERVE_FOLD_INT_H

#include "core/serve/serve_int.h"

struct live {
	u64 id;				/* a root */
	struct state *st;
	struct store_asset row;
	struct claims claims;
	bool changed;			/* else it was only looked at */
	bool begun;			/* by this commit: the store knows nothing of it */
	u64 merged_into;
};

struct pending {			/* a fact of this commit: in no store yet */
	const struct fact *fact;
	const struct seen *seen;
	struct state_pos pos, first;
	u64 asset;
};

struct fold {
	struct arena *a;
	struct serve *s;
	struct utc recorded;
	struct arena *step;		/* what one fact needs until it is folded */
	struct live *last;		/* fold_load gave it last */
	struct fold_recent {		/* keys asked for last: a device's facts name the same few */
		struct str network, value;
		enum fact_key_type type;
		struct claims *k;	/* NULL: free */
		u64 changed;		/* the asset number whose claims of this key stand in `changed` for certain; 0: none */
	} recent[4];
	size_t next_recent;
	struct str lease_network;	/* lease_of was asked for it last */
	u32 lease_ms;
	struct map assets;		/* the eight bytes of its number -> struct live */
	struct map keys;		/* claims_key() -> struct claims, oldest first */
	struct map changed_keys;	/* the same and the asset's number: what stands in `changed` */
	struct map leases;		/* network -> u32 * */
	vec(struct claim) changed;	/* one of each key and asset number whose claims changed */
	vec(struct claim) gone;		/* keys that are forgotten */
	vec(struct identity_edge) edges;
	vec(struct store_change) changes;	/* merges and splits */
	vec(struct pending) pending;
	struct shared_rows shared;
	struct item *first_items;	/* fold_first: the group read last, without what first_erase names */
	struct store_items first_group;
	const struct store_part *first_erase;
	u64 next_asset, first_new;	/* first_new: numbers from here on are this commit's; 0: not asked yet */
	struct str zone;
};

int fold_load(struct fold *f, u64 id, struct live **ret);	/* a root; a number without a row is a new asset */
int fold_claim(struct fold *f, const struct claim_change *ch);
void fold_tell(struct fold *f, u64 asset, const char *what, struct str was, struct str now, struct str reason);
/* The fact a further sighting names, without what is erased in this very commit: the store still holds that. */
int fold_first(struct fold *f, const struct item *again, const struct store_part *erase, size_t nerase, struct item *ret);
/* One item of the past into a state; what was erased of it leaves its trace. */
int fold_item(struct fold *f, struct state *st, const struct item *it, struct utc recorded, struct state_pos pos,
	const struct store_part *erase, size_t nerase);

#endif
