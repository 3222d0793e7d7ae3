/* Quantifiers: every value of the kind in the domain is weighed, then the domain is asked to be covered.
 * A value "hits" when it decides: the condition is true (any, none, count) or false (all). */
#include "judge/rule/rule_int.h"

struct weigh {
	struct rule_run *r;
	const struct rule_value *v;
	bool loose;
};

static bool weigh_get(void *ctx, u16 kind, u16 field, struct lang_value *ret, u16 *ret_why)
{
	struct weigh *w = ctx;

	(void)kind;	/* the parser lets a condition read its own kind only */
	return w->r->f->field(w->r->f->ctx, w->v, field, w->loose, ret, ret_why);
}

static struct tri_res weigh_special(void *ctx, u16 node)
{
	struct weigh *w = ctx;

	return w->r->x->nodes[node].op == LANG_SHARED ? rule_shared(w->r, node, w->v, w->loose) :
		rule_declared(w->r, node, w->v, NULL);	/* no other stands in a condition */
}

static struct tri_res hits(struct rule_run *r, const struct lang_quant *q, const struct rule_value *v, bool loose)
{
	struct weigh w = { .r = r, .v = v, .loose = loose };
	struct lang_row row = { .ctx = &w, .get = weigh_get, .special = weigh_special, .now = r->f->now };
	struct tri_res res = tri_of(true);

	if (q->cond != LANG_NONE) {
		res = lang_eval(r->x, q->cond, &row);
		lang_next_at(&r->next, r->f->now, row.next);
	}
	return q->what == LANG_ALL ? tri_not(res) : res;
}

static bool has_port(struct ranges s, i32 port)
{
	for (size_t i = 0; i < s.n; i++) {
		if (port >= s.p[i].lo && port <= s.p[i].hi) {
			return true;
		}
	}
	return false;
}

/* Which of the places that the domain names is it seen at? From then on that number is its place: the same one in every network. */
static bool at_named_place(struct rule_run *r, const struct lang_quant *q, struct rule_value *v)
{
	const struct lang_kind *k = &r->f->schema->kinds[q->kind];

	for (size_t n = 0; n < q->nplaces; n++) {
		size_t dim = 0;
		bool here = true;

		for (u16 i = 0; here && i < k->nfields; i++) {
			struct lang_value is;
			u16 why;

			if (k->fields[i].place) {
				const struct lang_value *want = &q->places[n].v[dim++];

				here = r->f->field(r->f->ctx, v, i, true, &is, &why) &&
					(is.type == LANG_INT ? is.i == want->i : str_eq(is.s, want->s));
			}
		}
		if (here) {
			v->port = (i32)n;
			v->network = S("");
			return true;
		}
	}
	return false;
}

static bool in_domain(struct rule_run *r, const struct lang_quant *q, struct rule_value *v)
{
	if (q->over == LANG_OVER_PLACES) {
		return at_named_place(r, q, v);
	}
	return q->over != LANG_OVER_PORTS || has_port(str_eq(v->proto, S("udp")) ? q->udp : q->tcp, v->port);
}

static bool same_place(const struct rule_place *p, const struct rule_value *v)
{
	return p->port == v->port && str_eq(p->addr, v->addr) && str_eq(p->network, v->network) &&
	       str_eq(p->proto, v->proto);
}

struct tally {
	u32 hit, unclear;	/* places, for count: each once */
	u16 why;		/* of what is unclear */
	bool full;		/* scratch was too small */
	struct rule_poslist hits, clear, unclear_pos;
};

static void note(struct rule_run *r, u16 node, const struct rule_value *v, struct tri_res res)
{
	struct rule_step spare, *s = rule_step_add(r, res.v == TRI_TRUE ? RULE_STEP_VALUE_HITS :
		res.v == TRI_FALSE ? RULE_STEP_VALUE_CLEAR : RULE_STEP_VALUE_UNCLEAR, node, &spare);

	s->v = res.v;
	s->why = res.why;
	s->network = v->network;
	s->addr = v->addr;
	s->proto = v->proto;
	s->lo = s->hi = v->port < 0 ? 0 : (u16)v->port;
	s->vantage = v->vantage;
	s->pos = v->pos;
}

/* Weighs one value. What does not decide by itself (too weak, too old, ended by silence, state not known) is read as
 * if it did: only a clear no lets it be passed over, and even then it vouches for nothing. */
static void weigh_value(struct rule_run *r, u16 node, const struct lang_quant *q, const struct rule_value *v, u16 weak,
	struct tally *t)
{
	struct tri_res res = hits(r, q, v, weak != 0);
	struct rule_scratch *sc = r->scratch;
	bool seen_hit = false, seen_unclear = false;

	if (weak != 0 && res.v != TRI_FALSE) {
		res = tri_unknown(weak);
	}
	note(r, node, v, res);
	for (size_t i = 0; q->what == LANG_COUNT && i < sc->n; i++) {
		if (same_place(&sc->places[i], v)) {
			seen_hit |= sc->places[i].hit == TRI_TRUE;
			seen_unclear |= sc->places[i].hit == TRI_UNKNOWN;
		}
	}
	if (sc->n < RULE_PLACES_MAX) {
		sc->places[sc->n++] = (struct rule_place){ .network = v->network, .addr = v->addr, .proto = v->proto,
			.port = v->port, .vantage = v->vantage, .hit = res.v, .pos = v->pos,
			.why = res.v == TRI_UNKNOWN ? res.why : weak };
	} else {
		t->full = true;
	}
	/* a place that hits is no unclear one, whatever else was seen there: knowing less of it must not lower the upper bound */
	if (res.v == TRI_TRUE) {
		t->hit += !seen_hit;
		t->unclear -= !seen_hit && seen_unclear;
		rule_pos_add(&t->hits, v->pos);
	} else if (res.v == TRI_UNKNOWN) {
		t->unclear += !seen_unclear && !seen_hit;
		t->why |= res.why;
		rule_pos_add(&t->unclear_pos, v->pos);
	} else if (weak == 0) {
		rule_pos_add(&t->clear, v->pos);
	}
}

static bool count_holds(enum lang_cmp cmp, i64 n, i64 limit)
{
	switch (cmp) {
	case LANG_EQ:
		return n == limit;
	case LANG_NE:
		return n != limit;
	case LANG_LT:
		return n < limit;
	case LANG_LE:
		return n <= limit;
	case LANG_GT:
		return n > limit;
	case LANG_GE:
		break;
	}
	return n >= limit;
}

/* At least lo and at most hi (-1: no bound) places hit: does every such number give the same answer? */
static struct tri_res counted(const struct lang_quant *q, i64 lo, i64 hi, u16 why)
{
	bool first = count_holds(q->cmp, lo, q->limit);
	i64 n = q->limit;

	/* the answer changes at most around the limit: look at lo, just below, at and just above it, and at hi */
	for (i64 at = n - 1; at <= n + 1; at++) {
		if (at >= lo && (hi < 0 || at <= hi) && count_holds(q->cmp, at, n) != first) {
			return tri_unknown(why);
		}
	}
	if (hi >= 0 ? count_holds(q->cmp, hi, n) != first : count_holds(q->cmp, n > lo ? n + 1 : lo + 1, n) != first) {
		return tri_unknown(why);
	}
	return tri_of(first);
}

static struct tri_res quant_result(const struct lang_quant *q, const struct tally *t, u16 gap)
{
	u16 why = (u16)(t->why | gap);

	switch (q->what) {
	case LANG_ANY:
		return t->hit > 0 ? tri_of(true) : why != 0 ? tri_unknown(why) : tri_of(false);
	case LANG_ALL:
	case LANG_NO:
		return t->hit > 0 ? tri_of(false) : why != 0 ? tri_unknown(why) : tri_of(true);
	case LANG_COUNT:
		break;
	}
	return counted(q, t->hit, gap != 0 ? -1 : (i64)t->hit + t->unclear, why);
}

struct tri_res rule_quant(struct rule_run *r, u16 node, struct rule_poslist *ret_pos)
{
	const struct lang_quant *q = &r->x->quants[r->x->nodes[node].ref];
	struct rule_iter it = { .kind = q->kind };
	struct rule_poslist good = { 0 }, bad = { 0 };
	struct tally t = { 0 };
	struct rule_step spare, *s;
	struct rule_value v;
	struct tri_res res;
	u16 gap = 0, weak;

	r->scratch->n = 0;
	r->states = q->states;
	while (r->f->value(r->f->ctx, &it, &v)) {
		if (rule_value_read(&v, q->states, &weak) && in_domain(r, q, &v)) {
			weigh_value(r, node, q, &v, weak, &t);
		}
	}
	r->states = 0;
	if (t.full) {
		t.why |= WHY_INCONCLUSIVE;
	}
	if (t.hit == 0 || q->what == LANG_COUNT) {
		gap = (u16)(rule_cover_gap(r, node, q, &good, &bad) | (t.full ? WHY_INCONCLUSIVE : 0));
	}
	res = quant_result(q, &t, gap);
	if (q->what == LANG_COUNT) {
		s = rule_step_add(r, RULE_STEP_COUNTED, node, &spare);
		s->lo = (u16)(t.hit > 65534 ? 65534 : t.hit);
		s->hi = gap != 0 || t.hit + t.unclear > 65534 ? 65535 : (u16)(t.hit + t.unclear);
	}
	*ret_pos = (struct rule_poslist){ 0 };
	if (t.hit > 0) {
		rule_pos_join(ret_pos, &t.hits);
	}
	if (res.v == TRI_UNKNOWN) {
		rule_pos_join(ret_pos, &t.unclear_pos);
		rule_pos_join(ret_pos, &bad);
	} else if (t.hit == 0 || (q->what == LANG_COUNT && gap == 0)) {
		rule_pos_join(ret_pos, &t.clear);
		rule_pos_join(ret_pos, &good);
	}
	return res;
}
