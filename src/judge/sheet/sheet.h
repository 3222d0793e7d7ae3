/* From measures to controls: the answer of one guideline item for one asset (ARCHITECTURE 4.4).
 *
 * - Only reviewed pairs count. An unreviewed one is listed, and shown so.
 * - An item without parts: × when a `needed` measure is ×; else ◎ when some `sufficient-with` set is wholly ◎; else ？ with every
 *   contributing answer listed for a person to decide. So what only contributes never decides.
 * - An item with parts is the worst of its parts, × before ？ before ◎: what is unknown is never covered up by what passes.
 *
 * Pure: measures' answers come through a callback, results live in the arena. */
#ifndef JUDGE_SHEET_SHEET_H
#define JUDGE_SHEET_SHEET_H

#include "core/catalog/catalog.h"
#include "core/view/view.h"

/* The machine's (later: and the person's) answer of one measure; false when the measure has none. */
typedef bool sheet_answer_fn(void *arg, struct str measure, enum view_answer *ret);

struct sheet_line {				/* one pair that spoke */
	const struct catalog_pair *pair;
	enum view_answer answer;		/* the measure's */
	bool reviewed;
};

struct sheet_item {
	const struct catalog_control *control;
	enum view_answer state;
	const struct sheet_line *lines;		/* in catalog order; empty for an item with parts */
	size_t nlines;
	const struct sheet_item *parts;
	size_t nparts;
};

void sheet_item(struct arena *a, const struct catalog *c, const struct catalog_guideline *g,
	const struct catalog_control *control, sheet_answer_fn *answer, void *arg, struct sheet_item *ret);

#endif
