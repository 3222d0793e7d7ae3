/* What the files of judge/rule share: one evaluation under way. */
#ifndef JUDGE_RULE_RULE_INT_H
#define JUDGE_RULE_RULE_INT_H

#include "judge/rule/rule.h"

struct rule_poslist {
	struct state_pos p[RULE_POS_MAX];
	u32 n, all;
};

struct rule_run {
	const struct lang_expr *x;
	const struct rule_facts *f;
	struct rule_scratch *scratch;
	struct rule_explain *explain;
	i64 next;
	u8 states;		/* of the quantifier being weighed, for declared() in it */
};

void rule_pos_add(struct rule_poslist *l, struct state_pos pos);
void rule_pos_join(struct rule_poslist *l, const struct rule_poslist *more);
/* The next step to fill, or a spare one that nobody reads; node and kind are set. */
struct rule_step *rule_step_add(struct rule_run *r, enum rule_step_kind kind, u16 node, struct rule_step *spare);

/* Why a kind has nothing to read. */
u16 rule_nothing(const struct rule_run *r, u16 kind);
/* Is a value read at all (no history, no other device state), and why does it not decide: 0 = it decides. */
bool rule_value_read(const struct rule_value *v, u8 states, u16 *ret_why);

struct tri_res rule_quant(struct rule_run *r, u16 node, struct rule_poslist *ret_pos);
struct tri_res rule_declared(struct rule_run *r, u16 node, const struct rule_value *of, struct rule_poslist *pos);

/* Does another subject hold what this value holds? Never false: not all there is was seen. */
struct tri_res rule_shared(struct rule_run *r, u16 node, const struct rule_value *of, bool loose);

/* cover.c: what is missing for the domain of q to be covered: reasons, 0 = nothing. Reads r->scratch->places, the
 * values found. good: coverage relied on; bad: what stood in the way. */
u16 rule_cover_gap(struct rule_run *r, u16 node, const struct lang_quant *q, struct rule_poslist *good,
	struct rule_poslist *bad);

#endif
