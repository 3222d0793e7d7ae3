#include "judge/sheet/sheet.h"

struct asked {
	struct arena *a;
	const struct catalog *catalog;
	const struct catalog_guideline *guideline;
	sheet_answer_fn *answer;
	void *arg;
};

static enum view_answer measure_answer(const struct asked *q, struct str measure)
{
	enum view_answer got;

	return q->answer(q->arg, measure, &got) ? got : VIEW_UNKNOWN;
}

static bool speaks_of(const struct asked *q, const struct catalog_pair *p, const struct catalog_control *c)
{
	return str_eq(p->guideline, q->guideline->id) && str_eq(p->control, c->id);
}

/* The set of a sufficient-with pair is the measure itself and those it stands with. */
static bool set_passes(const struct asked *q, const struct catalog_pair *p)
{
	bool pass = measure_answer(q, p->measure) == VIEW_PASS;

	for (size_t i = 0; i < p->nwith; i++) {
		pass = pass && measure_answer(q, p->with[i]) == VIEW_PASS;
	}
	return pass;
}

static void from_pairs(const struct asked *q, struct sheet_item *it)
{
	struct sheet_line *lines;
	bool failed = false, sufficient = false;
	size_t n = 0;

	for (size_t i = 0; i < q->catalog->npairs; i++) {
		n += speaks_of(q, &q->catalog->pairs[i], it->control);
	}
	lines = arena_alloc(q->a, n * sizeof *lines);

	for (size_t i = 0; i < q->catalog->npairs; i++) {
		const struct catalog_pair *p = &q->catalog->pairs[i];
		struct sheet_line *l;

		if (!speaks_of(q, p, it->control)) {
			continue;
		}
		l = &lines[it->nlines++];
		*l = (struct sheet_line){ .pair = p, .answer = measure_answer(q, p->measure),
			.reviewed = catalog_pair_reviewed(p) };
		failed = failed || (l->reviewed && p->relation == CATALOG_NEEDED && l->answer == VIEW_FAIL);
		sufficient = sufficient || (l->reviewed && p->relation == CATALOG_SUFFICIENT && set_passes(q, p));
	}
	it->lines = lines;
	it->state = failed ? VIEW_FAIL : sufficient ? VIEW_PASS : VIEW_UNKNOWN;
}

static enum view_answer worst(enum view_answer a, enum view_answer b)
{
	return a == VIEW_FAIL || b == VIEW_FAIL ? VIEW_FAIL : a == VIEW_UNKNOWN || b == VIEW_UNKNOWN ? VIEW_UNKNOWN : a;
}

static void one(const struct asked *q, const struct catalog_control *c, struct sheet_item *it)
{
	struct sheet_item *parts;

	*it = (struct sheet_item){ .control = c };
	if (c->nparts == 0) {
		from_pairs(q, it);
		return;
	}
	parts = arena_alloc(q->a, c->nparts * sizeof *parts);
	it->state = VIEW_PASS;
	for (size_t i = 0; i < c->nparts; i++) {
		one(q, &c->parts[i], &parts[i]);
		it->state = worst(it->state, parts[i].state);
	}
	it->parts = parts;
	it->nparts = c->nparts;
}

void sheet_item(struct arena *a, const struct catalog *c, const struct catalog_guideline *g,
	const struct catalog_control *control, sheet_answer_fn *answer, void *arg, struct sheet_item *ret)
{
	struct asked q = { .a = a, .catalog = c, .guideline = g, .answer = answer, .arg = arg };

	one(&q, control, ret);
}
