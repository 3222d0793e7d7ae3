/* How the state lies in memory; shared by state.c (folding), state_pack.c (bytes) and state_read.c (reading). */
#ifndef CORE_FACT_STATE_INT_H
#define CORE_FACT_STATE_INT_H

#include "base/vec.h"
#include "core/fact/state.h"

struct state_reg {
	const struct state_stamp *stamp;	/* NULL: nothing yet */
	const struct state_stamp *other;	/* of what does not decide: the latest that gave another value than v */
	struct fact_value v;
};

/* Registers of one (kind, network, place, vantage); slots are sorted by exactly that. */
struct state_slot {
	const struct kind *kind;
	struct str network;
	struct str key;				/* packed place fields: what is sorted by */
	int vantage;
	struct fact_field *place;
	size_t nplace;
	const struct state_stamp *strong;	/* latest that decides; NULL: none */
	struct state_reg *regs;			/* kind->n of them, by field index */
	const struct state_stamp *weak;		/* latest that does not */
	const struct state_reg *weak_regs;	/* state_no_regs as long as nothing weak was seen */
	struct state_reg *weak_own;		/* else the same, to write */
	bool erased;				/* part of a fact here was erased */
};

struct state_span {
	u16 lo, hi;
	u8 outcome;				/* enum state_outcome */
	const struct state_stamp *stamp;
};

struct state_layer {
	struct state_span *p;			/* ascending, disjoint, joined where equal */
	size_t n;
};

/* The first four decide. Of what does not: DOUBT, open, filtered and silent, which may make an older outcome suspected;
 * ENDING, closed, silence by the rule, and open with fields determined, which may have ended what was determined before.
 * Apart, so that neither hides the other. */
enum { LAYER_STATE, LAYER_CLOSED, LAYER_SILENCE, LAYER_UNFINISHED, LAYER_DOUBT, LAYER_ENDING, LAYER_FIELDS };

struct state_map {
	const struct kind *of;
	struct str network, addr, proto;
	int vantage;
	struct state_layer *layers;		/* LAYER_FIELDS + of->n */
};

struct state_family {
	struct str network;
	int vantage;
	int family;				/* 4 or 6 */
	const struct state_stamp *found, *silent;
};

struct state {
	struct arena *a;
	struct buf *key;			/* room for the packed place that is being looked for */
	vec(struct state_slot) slots;
	vec(struct state_map) maps;
	vec(struct state_family) families;
	struct claim *claims;
	size_t nclaims;
	struct state_peer *peers;
	size_t npeers;
	bool overflow;
	bool lost;				/* a fact was erased whole */
};

extern const struct state_reg state_no_regs[KIND_FIELDS_MAX];

/* Total order: time, fact id, lower position; the rest only so that equal means equal. */
int state_stamp_cmp(const struct state_stamp *x, const struct state_stamp *y);
int state_slot_cmp(const struct state_slot *x, const struct state_slot *y);
int state_map_cmp(const struct state_map *x, const struct state_map *y);
int state_family_cmp(const struct state_family *x, const struct state_family *y);
int state_claim_cmp(const void *x, const void *y);	/* struct claim */
void state_put_place(struct buf *b, const struct kind *k, const struct fact_field *p, size_t n);
void state_put_value(struct buf *b, const struct fact_value *v);
const struct state_span *state_layer_at(const struct state_layer *l, u32 port, u32 *ret_next);

#endif
