/* The packed current state of one asset: what rules and views read, one row an asset.
 *
 * The state is a set of registers, each of which keeps the greatest of what was offered to it; greatest is the latest
 * observed_at, ties by fact id, then by the lower position. Taking the greatest is commutative, associative and
 * idempotent: folding the same facts in any order, once or twice, gives the same bytes. Whatever depends on several
 * facts or on `now` (gone, expired, silent, away, suspected) is derived at reading and stands nowhere in the bytes.
 *
 *   values    per (kind, network, vantage, place): for each value field the latest fact at or above the threshold that
 *             has it; the latest such fact as a whole; the latest weaker one, and the same for its fields.
 *   coverage  per (of, network, addr, proto, vantage): interval maps port -> latest, in layers: the state (open, closed,
 *             filtered, silent), closed alone, silence by the silent rule, unfinished, two of what is too weak to decide
 *             (doubt and ending), and one for each determined field. Address coverage: per (network, vantage, family).
 *   claims    the keys of the asset as identity.h left them; set by the caller, not folded.
 *
 * Danger: the row is read back from a database, so decode trusts nothing; a row written against another kind table
 * gives ERR_NEWER and is folded again from the facts by the caller.
 * Facts of unknown kinds leave the state unchanged. */
#ifndef CORE_FACT_STATE_H
#define CORE_FACT_STATE_H

#include "core/fact/fact.h"
#include "core/fact/identity.h"

struct state_pos {
	u64 seq;
	u32 index;
};

/* One item as a register remembers it. */
struct state_stamp {
	struct utc at;		/* observed_at: what is later */
	struct utc fresh;	/* min(observed_at, recorded_at): what ages */
	struct state_pos pos;		/* the item of this sighting: a fact, or an `again` */
	struct state_pos fact;		/* the item that holds the fact; equals pos unless pos is an `again` */
	u8 id[16];		/* first half of the fact id */
	u64 run;		/* hash of the run id; 0: none */
	u8 qod;
	u8 class;
	u8 state;		/* enum seen_state */
	bool clock;		/* observed too far in the future: decides nothing */
};

struct state;

struct state *state_new(struct arena *a);	/* empty; lives in `a`, as all that is folded into it */
/* ERR_NEWER: other format or kind table; ERR_INTEGRITY: not what state_encode writes. Texts are copied. */
int state_decode(struct arena *a, struct str blob, struct state **ret) MUST_USE;
/* ERR_LIMIT from the buffer alone. */
void state_encode(struct buf *b, struct state *st);
/* Folds one item: `pos` is the item itself, `fact` the item that holds the fact (the same but for an `again`).
 * `f` may be of an older version of its kind: it is upgraded. Returns 0, or an error of the upgrade.
 * Over the limits of base/limits.h the state stays readable and state_overflow says so. */
int state_fold(struct state *st, const struct fact *f, const struct seen *seen, struct utc recorded,
    struct state_pos pos, struct state_pos fact) MUST_USE;
void state_set_claims(struct state *st, const struct claim *claims, size_t n);	/* replaces all; copied */
/* Who else holds a value that should be one device's own (kind_field.shared): of the view over several subjects, not of
 * this one's facts, so it is not packed; whoever judges a state sets it first. */
struct state_peer {
	const struct kind *kind;
	const struct kind_field *field;
	struct str value;
	u64 asset;			/* the other */
	struct state_pos fact;		/* where it was seen there */
	bool apart;			/* surely another device; else it may be this one */
};
void state_set_peers(struct state *st, const struct state_peer *peers, size_t n);	/* replaces all; copied */
const struct state_peer *state_peers(const struct state *st, size_t *ret_n);
const struct claim *state_claims(const struct state *st, size_t *ret_n);
/* Position of the item that holds this very fact, where it is the latest at its place: then a new sighting is an
 * `again` of that position. ERR_NOTFOUND otherwise, and always for coverage (each look is a fact of its own). */
int state_find(const struct state *st, const struct fact *f, struct state_pos *ret) MUST_USE;
/* Something of this fact was erased (it was folded without that), or, f NULL, a whole fact of which nothing is left. */
void state_erase(struct state *st, const struct fact *f);
bool state_lost(const struct state *st);	/* a whole fact was erased: what is not there may have been */
bool state_overflow(const struct state *st);	/* something did not fit: nothing may pass on this state */
/* The next time after `now` at which anything read from this state changes by itself; ms 0: never. */
struct utc state_expire_next(const struct state *st, struct utc now);

/* --- values ------------------------------------------------------------------------------------------------- */

enum state_with {
	STATE_CURRENT,
	STATE_SUSPECTED,	/* quality below the threshold, or the clock was wrong (stamp->clock) */
	STATE_EXPIRED,
	STATE_SILENT,		/* ended by silence: ? `silent` */
	STATE_GONE,		/* later coverage did not find it: history */
	STATE_AWAY,		/* its address is not, or was not yet, this asset's: history */
	STATE_WITH_COUNT
};
const char *state_with_name(enum state_with w);

struct state_field {
	const struct kind_field *def;
	struct fact_value v;
	const struct state_stamp *stamp;	/* the fact that says so; may be older than the value's own */
	enum state_with with;
};

struct state_value {
	const struct kind *kind;
	struct str network;
	int vantage;
	enum state_with with;			/* of the whole: CURRENT when it was and any field still is */
	bool erased;				/* a field that is absent may have been erased */
	bool weak;				/* does not decide: a field that is absent may well be what it is suspected to be */
	const struct state_stamp *stamp;	/* the latest fact here */
	const struct fact_field *place;
	size_t nplace;
	const struct state_field *fields;	/* in table order; a field that is absent is unknown. Valid until next call */
	size_t nfields;
};

/* Where in the state stands what decides about the values at one address: those of a port follow each other. */
struct state_near {
	struct str network, addr, proto;
	int vantage;
	bool known;
	i64 since;			/* of the address; INT64_MIN: no address */
	size_t first, end;		/* its coverage maps */
};

/* A cursor on the stack; nothing is allocated. Order: network, place, vantage, strong before suspected. */
struct state_cursor {
	const struct state *st;
	struct utc now;
	const struct kind *kind;	/* NULL: all */
	size_t at;
	bool weak;
	struct state_near near;
	struct state_field fields[KIND_FIELDS_MAX];
};

struct state_cursor state_values(const struct state *st, const struct kind *kind, struct utc now);
bool state_next(struct state_cursor *c, struct state_value *ret);
const struct fact_value *state_place(const struct state_value *v, struct str name);	/* NULL: absent */
/* NULL: absent, that is unknown. A field whose own `with` differs from the value's (expired or gone alone) is absent
 * too; it stands in v->fields for who shows history. */
const struct state_field *state_field(const struct state_value *v, struct str name);

/* --- addresses and identity -------------------------------------------------------------------------------- */

struct state_addr {
	struct str network, addr;
	enum state_with with;		/* CURRENT, EXPIRED (unseen too long) or AWAY (taken) */
	struct utc since, last, until;	/* until: ended, or when the lease runs out */
	const struct claim *claim;
};
/* i = 0, 1, ...: false past the end. All addresses ever held, current ones too. */
bool state_addr(const struct state *st, size_t i, struct utc now, struct state_addr *ret);
bool state_provisional(const struct state *st);	/* no firm and no local key */

/* What was determined about the addresses themselves, from one vantage. */
struct state_families {
	bool ip4, ip6;			/* determined and unexpired: the list of addresses of that family is complete */
	bool silent4, silent6;		/* that family was asked and nothing answered */
	const struct state_stamp *stamp4, *stamp6;	/* NULL: never determined */
};
struct state_families state_families(const struct state *st, struct str network, int vantage, struct utc now);
/* Networks this state speaks of; i = 0, 1, ...; false past the end. */
bool state_network(const struct state *st, size_t i, struct str *ret);

/* --- coverage ---------------------------------------------------------------------------------------------- */

enum state_outcome {
	COVER_NONE,		/* never looked at (or before the address was this asset's) */
	COVER_EXPIRED,		/* looked at, but too long ago */
	COVER_SUSPECTED,	/* only below the threshold or with a wrong clock, or doubted by a later such look */
	COVER_UNFINISHED,
	COVER_FILTERED,
	COVER_SILENT,
	COVER_OPEN,
	COVER_CLOSED,
	COVER_OUTCOME_COUNT
};
const char *state_outcome_name(enum state_outcome o);

struct state_cover {
	u16 lo, hi;
	enum state_outcome outcome;
	u32 determined;			/* bit per index in the fields of `of`, unexpired; all set when closed */
	const struct state_stamp *stamp;	/* NULL for COVER_NONE */
	struct utc expires;		/* of outcome or of a determined bit, the earliest; ms 0: none */
};

/* Walks lo ... hi without a hole: every port is in exactly one piece. Nothing is allocated. */
struct state_cover_cursor {
	const struct state *st;
	const void *map;		/* the coverage of this (of, network, addr, proto, vantage), or NULL */
	struct utc now, since;
	u32 next, hi;
};
struct state_cover_cursor state_covers(const struct state *st, const struct kind *of, struct str network, struct str addr,
    struct str proto, int vantage, u16 lo, u16 hi, struct utc now);
bool state_cover_next(struct state_cover_cursor *c, struct state_cover *ret);

#endif
