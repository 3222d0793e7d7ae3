/* Is the domain of a quantifier covered: are all addresses known, and is every place of it determined, closed or
 * holding a value that was weighed (ARCHITECTURE 4.3 a and c; doc/rules.md, "Coverage").
 *
 * Danger: this is what stands between "nothing found" and "nothing there". Each branch that is not plainly covered must
 * return a reason, and no branch may look less at more information being taken away. */
#include "judge/rule/rule_int.h"

#define VANTAGES 7
/* Who can know all addresses of an asset: its own segment (ARP, NDP and multicast) and the asset itself (a list). */
#define ADDRESS_VANTAGES ((1u << 0) | (1u << 4))

static u16 family_gap(struct rule_run *r, u16 node, struct str network, bool ip6, struct rule_poslist *good,
	struct rule_poslist *bad)
{
	struct rule_step spare, *s;
	u16 why = 0;

	for (u8 v = 1; v <= VANTAGES; v++) {
		struct rule_family f;

		if (!(ADDRESS_VANTAGES & (1u << (v - 1)))) {
			continue;
		}
		f = r->f->family(r->f->ctx, network, v, ip6);
		if (f.complete) {
			s = rule_step_add(r, RULE_STEP_FAMILY_COVERED, node, &spare);
			s->network = network;
			s->lo = ip6 ? 6 : 4;
			s->vantage = v;
			s->pos = f.pos;
			rule_pos_add(good, f.pos);
			return 0;
		}
		why |= f.silent ? WHY_SILENT : f.expired ? WHY_EXPIRED : 0;
		if (f.silent || f.expired) {
			rule_pos_add(bad, f.pos);
		}
	}
	why = why != 0 ? why : WHY_NOT_COVERED;
	s = rule_step_add(r, RULE_STEP_FAMILY_OPEN, node, &spare);
	s->network = network;
	s->lo = ip6 ? 6 : 4;
	s->why = why;
	return why;
}

/* Did anyone list the addresses of that family after this one had ended? */
static bool looked_since(const struct rule_run *r, const struct rule_addr *a)
{
	for (u8 v = 1; v <= VANTAGES; v++) {
		if (ADDRESS_VANTAGES & (1u << (v - 1))) {
			struct rule_family f = r->f->family(r->f->ctx, a->network, v, a->ip6);

			if (f.complete && f.at > a->until) {
				return true;
			}
		}
	}
	return false;
}

static bool network_seen_before(const struct rule_run *r, size_t upto, struct str network)
{
	struct rule_addr a;

	for (size_t i = 0; i < upto && r->f->addr(r->f->ctx, i, &a); i++) {
		if (a.with == STATE_CURRENT && str_eq(a.network, network)) {
			return true;
		}
	}
	return false;
}

static u16 address_gap(struct rule_run *r, u16 node, struct rule_poslist *good, struct rule_poslist *bad)
{
	struct rule_step spare, *s;
	struct rule_addr a;
	size_t current = 0;
	u16 gap = 0;

	for (size_t i = 0; r->f->addr(r->f->ctx, i, &a); i++) {
		if (a.with == STATE_CURRENT) {
			current++;
			if (!network_seen_before(r, i, a.network)) {
				gap |= family_gap(r, node, a.network, false, good, bad);
				gap |= family_gap(r, node, a.network, true, good, bad);
			}
		} else if (a.with != STATE_AWAY && !looked_since(r, &a)) {
			gap |= WHY_EXPIRED;
			s = rule_step_add(r, RULE_STEP_ADDRESS_LEFT, node, &spare);
			s->network = a.network;
			s->addr = a.addr;
			s->why = WHY_EXPIRED;
		}
	}
	if (current == 0) {
		gap |= gap != 0 ? gap : WHY_NOT_COVERED;
		rule_step_add(r, RULE_STEP_NO_ADDRESS, node, &spare)->why = gap;
	}
	return gap;
}

/* Every port of lo ... hi was found open: has each a value, and do all of them count? */
static u16 open_gap(const struct rule_run *r, const struct rule_addr *a, struct str proto, u16 lo, u16 hi, u8 from,
	u16 kind)
{
	const struct rule_scratch *sc = r->scratch;
	u16 why = 0;

	for (u32 port = lo; port <= hi; port++) {
		bool found = false;
		u16 here = 0;

		for (size_t i = 0; i < sc->n && !found; i++) {
			const struct rule_place *p = &sc->places[i];

			if (p->port == (i32)port && str_eq(p->addr, a->addr) && str_eq(p->network, a->network) &&
			    str_eq(p->proto, proto)) {
				/* an unclear one was weighed and is in the way already: one place, not any number */
				found = p->hit == TRI_UNKNOWN ||
					(p->why == 0 && (from == 0 || from & (1u << (p->vantage - 1))));
				here |= p->why;
			}
		}
		why |= found ? 0 : here != 0 ? here : rule_nothing(r, kind);
		if (port - lo > RULE_PLACES_MAX) {
			break;	/* more open ports than values fit: something is missing already */
		}
	}
	return why;
}

static bool determined(const struct lang_schema *schema, const struct lang_quant *q, u32 have)
{
	const struct lang_kind *k = &schema->kinds[q->kind];

	for (size_t i = 0; i < k->nfields; i++) {
		u16 out = k->fields[i].ruled_out;

		if ((q->reads >> i & 1) && !(have >> i & 1) && (out == 0 || !(have >> (out - 1) & 1))) {
			return false;
		}
	}
	return true;
}

static u16 outcome_why(enum state_outcome o)
{
	switch (o) {
	case COVER_EXPIRED:
		return WHY_EXPIRED;
	case COVER_SUSPECTED:
		return WHY_SUSPECTED;
	case COVER_FILTERED:
		return WHY_FILTERED;
	case COVER_SILENT:
		return WHY_SILENT;
	case COVER_UNFINISHED:
	case COVER_OPEN:	/* open, and what is asked was not determined */
		return WHY_NOT_COVERED;
	default:
		return 0;
	}
}

struct sweep {
	struct rule_run *r;
	u16 node;
	const struct lang_quant *q;
	const struct rule_addr *a;
	struct str proto;
	struct rule_poslist *good, *bad;
};

static void sweep_step(const struct sweep *w, enum rule_step_kind kind, u16 lo, u16 hi, u16 why, u8 vantage,
	struct state_pos pos)
{
	struct rule_step spare, *s = rule_step_add(w->r, kind, w->node, &spare);

	s->network = w->a->network;
	s->addr = w->a->addr;
	s->proto = w->proto;
	s->lo = lo;
	s->hi = hi;
	s->why = why;
	s->vantage = vantage;
	s->pos = pos;
}

/* One stretch from `at` on over which no vantage changes its mind. Closed or fully determined by one of the vantages
 * asked is enough; the values themselves, from whatever vantage, were weighed before. */
static u16 sweep_piece(const struct sweep *w, u16 at, u16 hi, u16 *ret_end)
{
	struct rule_piece best = { 0 };
	u8 best_v = 0;
	u16 end = hi, why = 0;
	bool unread = false;

	for (u8 v = 1; v <= VANTAGES; v++) {
		struct rule_piece p;
		bool full;

		if (w->q->from != 0 && !(w->q->from & (1u << (v - 1)))) {
			continue;
		}
		p = w->r->f->piece(w->r->f->ctx, w->q->kind, w->a->network, w->a->addr, w->proto, v, at, end);
		end = p.hi < end ? p.hi : end;
		if (w->q->states != 0 && !(p.state != SEEN_UNKNOWN && w->q->states & (1u << (p.state - 1)))) {
			continue;
		}
		full = p.outcome == COVER_CLOSED ||
		       (p.outcome == COVER_OPEN && determined(w->r->f->schema, w->q, p.determined));
		if (full && (best_v == 0 || p.outcome == COVER_CLOSED)) {
			best = p;
			best_v = v;
		}
		if (!full && p.outcome != COVER_NONE) {
			why |= outcome_why(p.outcome);
			unread |= p.outcome == COVER_OPEN;
			rule_pos_add(w->bad, p.pos);
		}
	}
	*ret_end = end;
	if (best_v == 0) {
		why = why != 0 ? why : rule_nothing(w->r, w->q->kind);
		sweep_step(w, unread ? RULE_STEP_PORTS_UNREAD : RULE_STEP_PORTS_OPEN, at, end, why, 0,
			(struct state_pos){ 0 });
		return why;
	}
	why = best.outcome == COVER_CLOSED ? 0 :
		open_gap(w->r, w->a, w->proto, at, end, w->q->from, w->q->kind);
	rule_pos_add(why == 0 ? w->good : w->bad, best.pos);
	sweep_step(w, why == 0 ? RULE_STEP_PORTS_COVERED : RULE_STEP_PORTS_UNREAD, at, end, why, best_v, best.pos);
	return why;
}

static u16 ports_gap(const struct sweep *w, struct ranges ports)
{
	u16 gap = 0, end;

	for (size_t i = 0; i < ports.n; i++) {
		for (u32 at = ports.p[i].lo; at <= ports.p[i].hi; at = (u32)end + 1) {
			gap |= sweep_piece(w, (u16)at, ports.p[i].hi, &end);
			must(end >= at);
		}
	}
	return gap;
}

static bool overlap(struct ranges a, struct ranges b)
{
	for (size_t i = 0; i < a.n; i++) {
		for (size_t j = 0; j < b.n; j++) {
			if (a.p[i].lo <= b.p[j].hi && b.p[j].lo <= a.p[i].hi) {
				return true;
			}
		}
	}
	return false;
}

/* An address that answers on nearly every port says nothing about what is there: whatever the quality of that
 * observation and however old it is, until it is gone. */
static u16 answers_all_gap(struct rule_run *r, u16 node, const struct lang_quant *q, struct rule_poslist *bad)
{
	struct rule_iter it = { 0 };
	struct rule_value v;
	struct lang_value ports;
	struct rule_step spare, *s;
	u16 kind, why, ignored, gap = 0;
	const struct lang_kind *k = lang_kind_get(r->f->schema, S("answers_all"), &kind);
	int field = k == NULL ? -1 : lang_field_index(k->fields, k->nfields, S("ports"));

	if (field < 0) {
		return 0;
	}
	it.kind = kind;
	while (r->f->value(r->f->ctx, &it, &v)) {
		struct ranges domain = str_eq(v.proto, S("udp")) ? q->udp : q->tcp;

		if (!rule_value_read(&v, 0, &why) || domain.n == 0) {
			continue;
		}
		if (r->f->field(r->f->ctx, &v, (u16)field, true, &ports, &ignored) && !overlap(domain, ports.ranges)) {
			continue;
		}
		gap = WHY_INCONCLUSIVE;
		rule_pos_add(bad, v.pos);
		s = rule_step_add(r, RULE_STEP_ANSWERS_ALL, node, &spare);
		s->network = v.network;
		s->addr = v.addr;
		s->proto = v.proto;
		s->why = gap;
		s->pos = v.pos;
	}
	return gap;
}

static u16 self_gap(const struct rule_run *r, const struct lang_quant *q)
{
	const struct rule_scratch *sc = r->scratch;
	u16 why = 0;

	for (size_t i = 0; i < sc->n; i++) {
		if (sc->places[i].why == 0 && (q->from == 0 || q->from & (1u << (sc->places[i].vantage - 1)))) {
			return 0;
		}
		why |= sc->places[i].why;
	}
	return why != 0 ? why : rule_nothing(r, q->kind);
}

/* No look says of a place by name that nothing is there: each must hold a value that decides, from one of the vantages asked. */
static u16 places_gap(struct rule_run *r, u16 node, const struct lang_quant *q)
{
	const struct rule_scratch *sc = r->scratch;
	struct rule_step spare, *s;
	u16 gap = 0;

	for (size_t n = 0; n < q->nplaces; n++) {
		bool found = false;
		u16 why = 0;

		for (size_t i = 0; i < sc->n && !found; i++) {
			const struct rule_place *p = &sc->places[i];

			if (p->port == (i32)n) {
				/* an unclear one was weighed and is in the way already: one place, not any number */
				found = p->hit == TRI_UNKNOWN || (p->why == 0 && (q->from == 0 || q->from & (1u << (p->vantage - 1))));
				why |= p->why;
			}
		}
		if (!found) {
			why = why != 0 ? why : rule_nothing(r, q->kind);
			s = rule_step_add(r, RULE_STEP_NOTHING, node, &spare);
			s->addr = q->places[n].text;
			s->why = why;
			gap |= why;
		}
	}
	return gap;
}

u16 rule_cover_gap(struct rule_run *r, u16 node, const struct lang_quant *q, struct rule_poslist *good,
	struct rule_poslist *bad)
{
	struct rule_addr a;
	u16 gap = (u16)((!r->f->provisional ? 0 : r->f->nameless ? WHY_ERASED : WHY_IDENTITY) | (r->f->incomplete ? WHY_INCONCLUSIVE : 0));

	if (q->over == LANG_OVER_NOTHING) {
		return gap | rule_nothing(r, q->kind);
	}
	if (q->over == LANG_OVER_SELF) {
		return gap | self_gap(r, q);
	}
	if (q->over == LANG_OVER_PLACES) {
		return gap | places_gap(r, node, q);
	}
	gap |= address_gap(r, node, good, bad);
	if (q->over == LANG_OVER_ADDRESS) {
		return gap;
	}
	gap |= answers_all_gap(r, node, q, bad);
	for (size_t i = 0; r->f->addr(r->f->ctx, i, &a); i++) {
		struct sweep w = { .r = r, .node = node, .q = q, .a = &a, .good = good, .bad = bad };

		if (a.with != STATE_CURRENT) {
			continue;
		}
		w.proto = S("tcp");
		gap |= ports_gap(&w, q->tcp);
		w.proto = S("udp");
		gap |= ports_gap(&w, q->udp);
	}
	return gap;
}
