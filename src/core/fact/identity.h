/* Which asset a fact belongs to (ARCHITECTURE 4.2). Pure: the caller looks claims up and stores the changes.
 *
 * A *claim* says: in this network, from `since` on, this key value was seen as this asset. Claims are resolved in
 * ledger order, one fact after the other, and never rewritten: a claim ends by `until`, with a reason.
 *   firm   serial, id: join across networks, never end.
 *   local  a globally administered MAC seen at v1: joins within its network, never ends.
 *   lease  ip, name, any other MAC: joins only until contradicted or unseen for lease_ms after `last`.
 * hostkey and cert join nothing; they are bound to the leases they were seen with, and so is the MAC seen at v1.
 * A lease is contradicted by another MAC seen at v1, or by another fingerprint at the same "where" when no MAC speaks.
 * Then it is taken: it ends for the old holder at the time of the new sighting. An older sighting takes nothing.
 * An asset that holds lease claims alone is provisional.
 *
 * Merge and split are explicit acts: edges between asset numbers. Merging keeps the lower number. */
#ifndef CORE_FACT_IDENTITY_H
#define CORE_FACT_IDENTITY_H

#include "core/fact/fact.h"

enum claim_strength { CLAIM_LEASE, CLAIM_LOCAL, CLAIM_FIRM };
enum claim_end {
	CLAIM_HELD,
	CLAIM_TAKEN,		/* another MAC, host key or certificate appeared there */
	CLAIM_EXPIRED,		/* unseen for lease_ms */
	CLAIM_PAST,		/* recorded only as history: an older sighting of a lease another asset holds */
	CLAIM_MOVED,		/* by a person's split */
	CLAIM_END_COUNT
};

#define CLAIM_BOUND_MAX 8	/* keys bound to one lease */

struct claim {
	u64 asset;		/* as first given; identity_root() of it is the asset now */
	struct str network;	/* "" for firm keys */
	enum fact_key_type type;
	struct str value;
	enum claim_strength strength;
	struct utc since, last;	/* first and latest sighting under this claim */
	struct utc until;	/* ended then; ms 0: has not ended (a lease may still have run out: claim_valid) */
	enum claim_end end;
	u32 lease_ms;		/* of the network, 0 for firm and local */
	struct str bound[CLAIM_BOUND_MAX];	/* key texts, sorted: "mac:..." seen at v1, "hostkey:...", "cert:..." */
	size_t nbound;
};

/* Holds at time t: begun, not ended, and for a lease seen within lease_ms before t. History (CLAIM_PAST) never holds. */
bool claim_valid(const struct claim *c, struct utc t);
/* When it stops holding if nothing is seen; ms 0: never. */
struct utc claim_ends_at(const struct claim *c);
const char *claim_end_name(enum claim_end e);		/* "held", "taken", ... */

struct identity_look {
	void *ctx;
	/* Every claim of this key, ended ones too, oldest first; 0 with *ret_n 0 when there is none. */
	int (*claims)(void *ctx, struct str network, enum fact_key_type type, struct str value,
	    const struct claim **ret, size_t *ret_n);
	/* The first firm claim of that type this asset (a root) holds, for KEY_MAC the first local one in that network;
	 * ERR_NOTFOUND. */
	int (*firm)(void *ctx, u64 root, struct str network, enum fact_key_type type, struct claim *ret);
	u64 (*root)(void *ctx, u64 asset);		/* see identity_root */
	bool (*forbidden)(void *ctx, u64 a, u64 b);	/* see identity_forbidden */
	u64 next_asset;					/* the number a new asset gets */
};

#define IDENTITY_LEASE_MS 86400000u	/* 24 h, unless the network says otherwise */

enum claim_op { CLAIM_ADD, CLAIM_SET, CLAIM_END };	/* new; last and bound changed; until and end set */
struct claim_change {
	enum claim_op op;
	struct claim claim;	/* as it is after the change */
	struct utc since;	/* as it was before: with network, type, value and asset it names the claim, uniquely */
};

struct identity_merge {
	u64 from, into;		/* roots; into < from */
	struct str key;		/* the key both were seen with */
	bool conflict;		/* not done, for a person to decide: forbidden, different firm keys, or only a document says so */
};

struct identity_result {
	u64 asset;		/* the root the fact belongs to (after the merges) */
	bool created;		/* next_asset was used */
	bool provisional;	/* the asset has no firm and no local key, this fact's included */
	bool by_lease;		/* this fact alone would not prove it is that asset: joined, or made, by leases only */
	bool clock;		/* observed too far ahead: joins by the time of recording, takes and merges nothing;
				 * nor does a sighting below SEEN_QOD_DECIDES: it decides nothing, this neither */
	struct claim_change *changes;
	size_t nchanges;
	struct identity_merge *merges;
	size_t nmerges;
};

/* One fact in ledger order. Errors are those of the callbacks. The result lives in `a`; texts point into the fact and
 * into what the callbacks returned. lease_ms 0 means IDENTITY_LEASE_MS. */
int identity_resolve(struct arena *a, const struct identity_look *look, const struct fact *f, const struct seen *seen,
    struct utc recorded, u32 lease_ms, struct identity_result *ret) MUST_USE;

/* --- edges: merges and splits as data -------------------------------------------------------------------------- */

struct identity_edge {
	u64 a, b;
	bool forbid;		/* a split: takes an earlier join of the two away and refuses later automatic ones */
	u64 seq;		/* position of the entry, for history */
};

struct identity_edges;	/* built from all edges in ledger order; a later edge of the same pair replaces the earlier */
struct identity_edges *identity_edges_new(struct arena *a);
void identity_edges_add(struct identity_edges *e, const struct identity_edge *edge);
u64 identity_root(struct identity_edges *e, u64 asset);	/* lowest number joined with it; itself when alone */
bool identity_forbidden(struct identity_edges *e, u64 x, u64 y);
/* All numbers joined with asset, ascending (itself included), in `a`. */
size_t identity_members(struct arena *a, struct identity_edges *e, u64 asset, u64 **ret);

/* The claim changes of a person's split: the listed claims end for their asset and begin for `to` at `at`. */
void identity_split(struct arena *a, const struct claim *claims, size_t n, u64 to, struct utc at,
    struct claim_change **ret, size_t *ret_n);

struct str identity_text(struct arena *a, u64 asset);		/* "AST-7" */
int identity_parse(struct str text, u64 *ret) MUST_USE;		/* "AST-7"; ERR_SYNTAX */

#endif
