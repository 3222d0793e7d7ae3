/* What a rule reads of one asset: a narrow view, so that rules know nothing of how facts are kept and tests can feed
 * facts made by hand. rule_facts_of_state() in state.c gives this view of core/fact's packed current state.
 *
 * The view is read-only and answers the same for the same facts in whatever order they came. */
#ifndef JUDGE_RULE_FACTS_H
#define JUDGE_RULE_FACTS_H

#include "core/fact/state.h"
#include "core/lang/lang.h"

/* One value of a kind at a place from a vantage. */
struct rule_value {
	u16 kind;		/* index in the schema */
	u8 vantage;		/* 1 to 7 */
	u8 state;		/* enum seen_state of its latest sighting */
	enum state_with with;	/* STATE_GONE and STATE_AWAY are history: rules do not read them */
	bool clock;		/* observed in the future: decides nothing */
	i64 fresh;		/* what its age counts from, UTC ms */
	struct state_pos pos;
	struct str network, addr;	/* "" where the kind has no address */
	struct str proto;		/* "" where the kind has none */
	i32 port;			/* -1 where the kind has none */
	const void *ref;		/* the view's own */
};

/* A cursor the view fills; zero with the kind set is the start. */
struct rule_iter {
	u16 kind;
	size_t at;
	struct state_cursor cursor;
	struct state_value value;
};

struct rule_addr {
	struct str network, addr;
	bool ip6;
	enum state_with with;	/* STATE_CURRENT, STATE_EXPIRED or STATE_AWAY */
	i64 until;		/* when the lease ended or ends, UTC ms */
};

/* What one vantage knows of the addresses of one family. */
struct rule_family {
	bool complete;		/* determined and unexpired */
	bool silent;		/* asked, nothing answered */
	bool expired;		/* was determined, too long ago */
	i64 at;			/* when it was determined, UTC ms; 0 never */
	struct state_pos pos;
};

/* One piece of a port range: all of lo ... hi has this outcome. */
struct rule_piece {
	u16 lo, hi;
	enum state_outcome outcome;
	u32 determined;		/* bit per index of the fields of the kind, unexpired */
	u8 state;		/* enum seen_state */
	struct state_pos pos;
};

struct rule_peer {
	struct state_pos pos;	/* where it was seen there */
	bool apart;		/* surely another device */
};

struct rule_facts {
	void *ctx;
	const struct lang_schema *schema;
	i64 now;		/* UTC ms; the view was taken at this moment */
	i64 expires; /* earliest time after now at which the view changes by itself; 0 never. Never too late */
	bool provisional;	/* the subject rests on leases alone */
	bool nameless;		/* provisional, because its keys were erased: that is the reason then */
	bool incomplete;	/* the view does not hold all there is: nothing may pass */

	/* The next value of it->kind; false at the end. What *ret points to is valid until the next call with `it`. */
	bool (*value)(void *ctx, struct rule_iter *it, struct rule_value *ret);
	/* A value field (places too). loose: also where the field is suspected or expired. False: *ret_why says why. */
	bool (*field)(
		void *ctx, const struct rule_value *v, u16 field, bool loose, struct lang_value *ret, u16 *ret_why);
	bool (*addr)(void *ctx, size_t i, struct rule_addr *ret);
	struct rule_family (*family)(void *ctx, struct str network, u8 vantage, bool ip6);
	/* The piece of coverage that holds `port`, ending at most at `hi`. */
	struct rule_piece (*piece)(void *ctx, u16 kind, struct str network, struct str addr, struct str proto,
		u8 vantage, u16 port, u16 hi);
	/* The i-th other subject that holds `held` in a field of lang_field.shared; false past the last. */
	bool (*peer)(void *ctx, u16 kind, u16 field, struct str held, size_t i, struct rule_peer *ret);
	/* Why there may be nothing of this kind: 0 (it was not looked for), WHY_NOT_RUN, WHY_NO_FEED, WHY_ERASED. */
	u16 (*lost)(void *ctx, u16 kind);
};

/* --- the view of a packed state -------------------------------------------------------------------------------- */

struct rule_state {
	const struct state *state;
	const struct lang_schema *schema;	/* of lang_schema_facts() */
	struct utc now;
	u16 (*lost)(void *ctx, const struct kind *kind);	/* may be NULL; see rule_facts.lost. What was erased, the state knows */
	void *ctx;
};

/* Allocates nothing; *rs must outlive the view. */
struct rule_facts rule_facts_of_state(const struct rule_state *rs);

#endif
