/* Evaluation of a whole rule: the logic above the quantifiers, fields of the asset itself, stale(), declared(), the
 * positions that decided and the steps that explain. */
#include "judge/rule/rule_int.h"

void rule_pos_add(struct rule_poslist *l, struct state_pos pos)
{
	if (pos.seq == 0 && pos.index == 0) {
		return;
	}
	for (u32 i = 0; i < l->n; i++) {
		if (l->p[i].seq == pos.seq && l->p[i].index == pos.index) {
			return;
		}
	}
	l->all++;
	if (l->n < RULE_POS_MAX) {
		l->p[l->n++] = pos;
	}
}

void rule_pos_join(struct rule_poslist *l, const struct rule_poslist *more)
{
	for (u32 i = 0; i < more->n; i++) {
		rule_pos_add(l, more->p[i]);
	}
	l->all += more->all - more->n;
}

struct rule_step *rule_step_add(struct rule_run *r, enum rule_step_kind kind, u16 node, struct rule_step *spare)
{
	struct rule_step *s = spare;

	if (r->explain != NULL && r->explain->n++ < r->explain->cap) {
		s = &r->explain->p[r->explain->n - 1];
	}
	*s = (struct rule_step){ .kind = kind, .node = node, .v = TRI_UNKNOWN };
	return s;
}

const char *rule_step_name(enum rule_step_kind k)
{
	static const char *const names[] = {
#define X(name, text) text,
		RULE_STEP_TABLE
#undef X
	};

	return (size_t)k < countof(names) ? names[k] : "";
}

u16 rule_nothing(const struct rule_run *r, u16 kind)
{
	u16 why = r->f->lost == NULL ? 0 : r->f->lost(r->f->ctx, kind);

	return why != 0 ? why : WHY_NOT_COVERED;
}

bool rule_value_read(const struct rule_value *v, u8 states, u16 *ret_why)
{
	u16 why = 0;

	switch (v->with) {
	case STATE_CURRENT:
		break;
	case STATE_SUSPECTED:
		why = v->clock ? WHY_INCONCLUSIVE : WHY_SUSPECTED;
		break;
	case STATE_EXPIRED:
		why = WHY_EXPIRED;
		break;
	case STATE_SILENT:
		why = WHY_SILENT;
		break;
	default:
		return false;	/* gone, away: history */
	}
	if (v->clock) {
		why |= WHY_INCONCLUSIVE;
	}
	if (states != 0 && v->state == SEEN_UNKNOWN) {
		why |= WHY_INCONCLUSIVE;	/* perhaps in a state that is asked for */
	} else if (states != 0 && !(states & (1u << (v->state - 1)))) {
		return false;
	}
	*ret_why = why;
	return true;
}

/* --- fields of the asset itself ------------------------------------------------------------------------------ */

struct top {
	struct rule_run *r;
	struct rule_poslist *pos;
};

static bool same_value(const struct lang_value *a, const struct lang_value *b)
{
	switch (a->type) {
	case LANG_BOOL:
		return a->b == b->b;
	case LANG_INT:
	case LANG_TIME:
	case LANG_SPAN:
		return a->i == b->i;
	case LANG_STRS:
		for (size_t i = 0; i < a->strs.n && a->strs.n == b->strs.n; i++) {
			if (!str_eq(a->strs.p[i], b->strs.p[i])) {
				return false;
			}
		}
		return a->strs.n == b->strs.n;
	case LANG_RANGES:
		for (size_t i = 0; i < a->ranges.n && a->ranges.n == b->ranges.n; i++) {
			if (a->ranges.p[i].lo != b->ranges.p[i].lo || a->ranges.p[i].hi != b->ranges.p[i].hi) {
				return false;
			}
		}
		return a->ranges.n == b->ranges.n;
	default:
		return str_eq(a->s, b->s);
	}
}

/* kind.field: what the vantages agree on. A weak or old value beside a good one that says otherwise makes it unclear:
 * else losing it would make the answer clearer. */
static bool top_get(void *ctx, u16 kind, u16 field, struct lang_value *ret, u16 *ret_why)
{
	struct top *t = ctx;
	struct rule_iter it = { .kind = kind };
	struct lang_value got = { 0 }, one;
	struct rule_value v;
	bool have = false, differ = false, strong = false, lost = false;
	u16 why = 0, weak, absent;

	while (t->r->f->value(t->r->f->ctx, &it, &v)) {
		if (!rule_value_read(&v, 0, &weak)) {
			continue;
		}
		if (!t->r->f->field(t->r->f->ctx, &v, field, weak != 0, &one, &absent)) {
			why |= weak != 0 ? weak : absent;
			lost |= (absent & ~(unsigned)WHY_NOT_COVERED) !=
				0; /* it said something once: perhaps another */
			continue;
		}
		rule_pos_add(t->pos, v.pos);
		differ |= have && !same_value(&got, &one);
		if (!have) {
			got = one;
		}
		have = true;
		strong |= weak == 0;
		why |= weak;
	}
	if (strong && !differ && !lost) {
		*ret = got;
		return true;
	}
	*ret_why = differ ? (u16)(why | WHY_INCONCLUSIVE) : why != 0 ? why : rule_nothing(t->r, kind);
	return false;
}

/* --- declared and stale ------------------------------------------------------------------------------------------ */

struct declaration {
	u16 kind;
	int tcp, udp, services;
};

static bool find_declaration(const struct lang_schema *schema, struct declaration *d)
{
	const struct lang_kind *k = lang_kind_get(schema, S("declared"), &d->kind);

	if (k == NULL) {
		return false;
	}
	d->tcp = lang_field_index(k->fields, k->nfields, S("tcp"));
	d->udp = lang_field_index(k->fields, k->nfields, S("udp"));
	d->services = lang_field_index(k->fields, k->nfields, S("services"));
	return d->tcp >= 0 && d->udp >= 0 && d->services >= 0;
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

/* Does one declaration name this value: its port among the ports of its protocol and its name among the services;
 * what the declaration does not state is not asked. */
static struct tri_res names(const struct rule_run *r, const struct declaration *d, const struct rule_value *by,
	const struct rule_value *of)
{
	const struct lang_kind *k = &r->f->schema->kinds[of->kind];
	int name_at = lang_field_index(k->fields, k->nfields, S("name"));
	struct lang_value ports, services, name;
	struct tri_res res = tri_of(true);
	bool stated = false;
	u16 why;

	if (r->f->field(r->f->ctx, by, (u16)(str_eq(of->proto, S("udp")) ? d->udp : d->tcp), true, &ports, &why)) {
		stated = true;
		res = tri_of(of->port >= 0 && of->port <= 65535 && has_port(ports.ranges, of->port));
	} else if ((why & ~(unsigned)WHY_NOT_COVERED) != 0) {
		stated = true;	/* it was stated and is lost */
		res = tri_unknown(why);
	}
	if (name_at < 0) {
		return stated ? res : tri_of(false);
	}
	if (r->f->field(r->f->ctx, by, (u16)d->services, true, &services, &why)) {
		struct tri_res in = tri_of(false);

		stated = true;
		if (!r->f->field(r->f->ctx, of, (u16)name_at, true, &name, &why)) {
			in = tri_unknown(why != 0 ? why : WHY_NOT_COVERED);
		} else {
			for (size_t i = 0; i < services.strs.n; i++) {
				in = tri_or(in, tri_of(str_eq(services.strs.p[i], name.s)));
			}
		}
		res = tri_and(res, in);
	} else if ((why & ~(unsigned)WHY_NOT_COVERED) != 0) {
		stated = true;
		res = tri_and(res, tri_unknown(why));
	}
	return stated ? res : tri_of(false);
}

struct tri_res rule_declared(struct rule_run *r, u16 node, const struct rule_value *of, struct rule_poslist *pos)
{
	struct declaration d = { 0 };
	struct rule_iter it = { 0 };
	struct rule_step spare, *s;
	struct rule_value v;
	struct tri_res res = tri_of(false), one;
	bool any = false;
	u16 weak;

	if (!find_declaration(r->f->schema, &d)) {
		return tri_unknown(WHY_NOT_COVERED);
	}
	it.kind = d.kind;
	while (r->f->value(r->f->ctx, &it, &v)) {
		if (!rule_value_read(&v, r->states, &weak)) {
			continue;
		}
		any = true;
		one = of == NULL ? tri_of(true) : names(r, &d, &v, of);
		if (weak != 0 && one.v != TRI_FALSE) {
			one = tri_unknown(weak);
		}
		res = tri_or(res, one);
		s = rule_step_add(r, RULE_STEP_DECLARED, node, &spare);
		s->v = one.v;
		s->why = one.why;
		s->pos = v.pos;
		if (pos != NULL) {
			rule_pos_add(pos, v.pos);
		}
	}
	return any ? res : tri_unknown(rule_nothing(r, d.kind));
}

struct tri_res rule_shared(struct rule_run *r, u16 node, const struct rule_value *of, bool loose)
{
	const struct lang_node *field = &r->x->nodes[r->x->nodes[node].kid];
	u16 why = WHY_NOT_COVERED, absent;
	struct rule_step spare, *s;
	struct lang_value held;
	struct rule_peer peer;

	if (!r->f->field(r->f->ctx, of, field->field, loose, &held, &absent)) {
		return tri_unknown(absent != 0 ? absent : WHY_NOT_COVERED);
	}
	for (size_t i = 0; r->f->peer != NULL && r->f->peer(r->f->ctx, field->kind, field->field, held.s, i, &peer); i++) {
		s = rule_step_add(r, RULE_STEP_SHARED, node, &spare);
		s->v = peer.apart ? TRI_TRUE : TRI_UNKNOWN;
		s->why = peer.apart ? 0 : WHY_IDENTITY;
		s->pos = peer.pos;
		if (peer.apart) {
			return tri_of(true);
		}
		why |= WHY_IDENTITY;
	}
	return tri_unknown(why);
}

/* How old the latest sighting of the kind is; a weak one does not make it young. */
static struct tri_res stale(struct rule_run *r, u16 node, struct rule_poslist *pos)
{
	const struct lang_node *n = &r->x->nodes[node];
	i64 span = r->x->values[r->x->nodes[n->kid].ref].i, latest = 0;
	struct rule_iter it = { .kind = n->kind };
	struct state_pos at = { 0 };
	struct rule_value v;
	bool have = false;
	u16 weak;

	while (r->f->value(r->f->ctx, &it, &v)) {
		if (!rule_value_read(&v, 0, &weak) || (weak & ~(unsigned)(WHY_EXPIRED | WHY_SILENT)) != 0) {
			continue;
		}
		if (!have || v.fresh > latest) {
			latest = v.fresh;
			at = v.pos;
		}
		have = true;
	}
	if (!have) {
		return tri_unknown(rule_nothing(r, n->kind));
	}
	rule_pos_add(pos, at);
	lang_next_at(&r->next, r->f->now, latest + span + 1);
	return tri_of(r->f->now - latest > span);
}

/* --- logic ----------------------------------------------------------------------------------------------------- */

static struct tri_res eval(struct rule_run *r, u16 node, struct rule_poslist *pos);

/* Positions follow the logic: what a side that did not decide had read is dropped. */
static struct tri_res eval_chain(struct rule_run *r, u16 node, struct rule_poslist *pos)
{
	const struct lang_node *n = &r->x->nodes[node];
	bool conj = n->op == LANG_AND;
	struct tri_res acc = tri_of(conj), one;
	struct rule_poslist more;

	for (u16 k = n->kid; k != LANG_NONE; k = r->x->nodes[k].next) {
		struct tri_res before = acc;

		one = eval(r, k, &more);
		acc = conj ? tri_and(acc, one) : tri_or(acc, one);
		if (acc.v != before.v) {
			*pos = more;
		} else if (one.v == acc.v) {
			rule_pos_join(pos, &more);
		}
	}
	return acc;
}

static struct tri_res eval(struct rule_run *r, u16 node, struct rule_poslist *pos)
{
	struct rule_step spare, *s;
	struct tri_res res;

	*pos = (struct rule_poslist){ 0 };
	switch ((enum lang_op)r->x->nodes[node].op) {
	case LANG_AND:
	case LANG_OR:
		res = eval_chain(r, node, pos);
		break;
	case LANG_NOT:
		res = tri_not(eval(r, r->x->nodes[node].kid, pos));
		break;
	case LANG_QUANT:
		res = rule_quant(r, node, pos);
		break;
	case LANG_STALE:
		res = stale(r, node, pos);
		break;
	case LANG_DECLARED:
		res = rule_declared(r, node, NULL, pos);
		break;
	default: {
		struct top t = { .r = r, .pos = pos };
		struct lang_row row = { .ctx = &t, .get = top_get, .now = r->f->now };

		res = lang_eval(r->x, node, &row);
		lang_next_at(&r->next, r->f->now, row.next);
	}
	}
	s = rule_step_add(r, RULE_STEP_RESULT, node, &spare);
	s->v = res.v;
	s->why = res.why;
	return res;
}

void rule_eval(const struct lang_expr *rule, const struct rule_facts *facts, struct rule_scratch *scratch,
	struct rule_explain *explain, struct rule_verdict *ret)
{
	struct rule_run r = { .x = rule, .f = facts, .scratch = scratch, .explain = explain };
	struct rule_poslist pos;
	struct rule_step spare;
	struct tri_res res;

	if (explain != NULL) {
		explain->n = 0;
	}
	lang_next_at(&r.next, facts->now, facts->expires);
	res = eval(&r, rule->root, &pos);
	if (facts->provisional && res.v != TRI_FALSE) {	/* who this is may turn out otherwise: nothing passes */
		const u16 who = facts->nameless ? WHY_ERASED : WHY_IDENTITY;

		res = tri_unknown(res.why | who);
		rule_step_add(&r, RULE_STEP_PROVISIONAL, rule->root, &spare)->why = who;
	}
	if (facts->incomplete && res.v != TRI_FALSE) {
		res = tri_unknown(res.why | WHY_INCONCLUSIVE);
		rule_step_add(&r, RULE_STEP_INCOMPLETE, rule->root, &spare)->why = WHY_INCONCLUSIVE;
	}
	*ret = (struct rule_verdict){ .v = res.v, .why = res.why, .next = r.next, .npos = pos.n, .npos_all = pos.all };
	for (u32 i = 0; i < pos.n; i++) {
		ret->pos[i] = pos.p[i];
	}
}

bool rule_reads(const struct lang_expr *rule, u16 kind)
{
	struct str name = rule->schema->kinds[kind].name;

	for (size_t i = 0; i < rule->nnodes; i++) {
		const struct lang_node *n = &rule->nodes[i];

		if (n->kind == kind) {
			return true;
		}
		if (n->op == LANG_DECLARED && str_eq(name, S("declared"))) {
			return true;
		}
		if (n->op == LANG_QUANT && rule->quants[n->ref].over != LANG_OVER_NOTHING &&
		    (str_eq(name, S("coverage")) || str_eq(name, S("address")) || str_eq(name, S("answers_all")))) {
			return true;
		}
	}
	return false;
}
