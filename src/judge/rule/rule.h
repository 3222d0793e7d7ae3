/* Rules over the facts of one asset: true, false or unknown, with reasons, positions and steps (doc/rules.md).
 *
 * Evaluation is a pure function of (expression, view, now): it allocates nothing, reads no clock, and gives the same
 * bytes for the same input. It upholds: less coverage, quality or freshness never makes a rule true; a fact the rule
 * does not read changes nothing; a provisional or incomplete view is never true. */
#ifndef JUDGE_RULE_RULE_H
#define JUDGE_RULE_RULE_H

#include "judge/rule/facts.h"

#define RULE_POS_MAX 32		/* positions a verdict names; `npos_all` counts the rest too */
#define RULE_PLACES_MAX 4096	/* values of one kind that one quantifier can weigh; more: ？ inconclusive */

/* What happened, in order; the texts for people are the reader's. Names by rule_step_name(). */
#define RULE_STEP_TABLE \
	X(RESULT, "result")			/* node came out as v, why */ \
	X(VALUE_HITS, "value_hits")		/* a value decides the quantifier */ \
	X(VALUE_CLEAR, "value_clear")		/* a value was read and does not decide */ \
	X(VALUE_UNCLEAR, "value_unclear")	/* a value that might: why */ \
	X(PROVISIONAL, "provisional")		/* the subject is not identified */ \
	X(INCOMPLETE, "incomplete")		/* the view did not hold everything */ \
	X(NO_ADDRESS, "no_address")		/* the asset has no current address */ \
	X(ADDRESS_LEFT, "address_left")		/* an address ran out and nobody looked since */ \
	X(FAMILY_COVERED, "family_covered")	/* lo = 4 or 6 */ \
	X(FAMILY_OPEN, "family_open")		/* lo = 4 or 6: not all addresses are known: why */ \
	X(PORTS_COVERED, "ports_covered")	/* lo ... hi determined */ \
	X(PORTS_OPEN, "ports_open")		/* lo ... hi not determined: why */ \
	X(PORTS_UNREAD, "ports_unread")		/* found open, but what the rule asks was not determined */ \
	X(ANSWERS_ALL, "answers_all")		/* the address answers on nearly every port */ \
	X(NOTHING, "nothing")			/* no fact of the kind */ \
	X(COUNTED, "counted")			/* at least lo, at most hi; hi 65535 = no bound */ \
	X(DECLARED, "declared")			/* a declaration was read */ \
	X(SHARED, "shared")			/* another subject holds the same; pos is where it was seen there */
enum rule_step_kind {
#define X(name, text) RULE_STEP_##name,
	RULE_STEP_TABLE
#undef X
	RULE_STEP_COUNT
};

struct rule_step {
	enum rule_step_kind kind;
	u16 node;			/* lang_text() of it is the piece of the rule */
	enum tri v;
	u16 why;
	u8 vantage;			/* 0: none */
	u16 lo, hi;
	struct str network, addr, proto;
	struct state_pos pos;		/* seq 0: none */
};

struct rule_verdict {
	enum tri v;
	u16 why;			/* set of enum why; why_first() is the one to show */
	i64 next;	/* earliest time at which this may change by itself, UTC ms; 0 never. Never too late */
	struct state_pos pos[RULE_POS_MAX];	/* of what decided, each once */
	u32 npos, npos_all;
};

/* Where evaluation keeps what it cannot keep on the stack; any content is a valid start. ~400 KiB: one for a role. */
struct rule_place {
	struct str network, addr, proto;
	i32 port;
	u16 why;		/* why it does not count; 0: it counts */
	enum tri hit;
	u8 vantage;
	struct state_pos pos;
};
struct rule_scratch {
	struct rule_place places[RULE_PLACES_MAX];
	size_t n;
};

/* Explaining: steps go to p[0 .. cap-1], `n` counts all of them. NULL explain = do not. */
struct rule_explain {
	struct rule_step *p;
	size_t cap, n;
};

void rule_eval(const struct lang_expr *rule, const struct rule_facts *facts, struct rule_scratch *scratch,
	struct rule_explain *explain, struct rule_verdict *ret);
const char *rule_step_name(enum rule_step_kind k);
/* Does the rule read facts of this kind: a new fact of another kind cannot change its verdict. Coverage and address
 * facts count as read by every rule with a domain. */
bool rule_reads(const struct lang_expr *rule, u16 kind);

#endif
