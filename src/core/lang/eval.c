/* Evaluation of conditions and filters: walks the tree, allocates nothing. Recursion is bounded because the parser
 * admits no tree deeper than LIMIT_EXPR_DEPTH. */
#include "core/lang/lang_int.h"

struct operand {
	struct lang_value v;
	const struct lang_field *def;	/* NULL: no field */
	bool with_now;			/* grows as now does */
	bool known;
	u16 why;
};

static const struct lang_field *field_of(const struct lang_expr *x, const struct lang_node *n)
{
	return n->kind == LANG_NONE ? &x->fields[n->field] : &x->schema->kinds[n->kind].fields[n->field];
}

static u16 kid_at(const struct lang_expr *x, u16 node, size_t i)
{
	u16 k = x->nodes[node].kid;

	while (i-- > 0) {
		k = x->nodes[k].next;
	}
	return k;
}

void lang_next_at(i64 *next, i64 now, i64 at)
{
	if (at > now && (*next == 0 || at < *next)) {
		*next = at;
	}
}

static struct operand operand(const struct lang_expr *x, u16 node, struct lang_row *row)
{
	const struct lang_node *n = &x->nodes[node];
	struct operand o = { .known = true };

	switch ((enum lang_op)n->op) {
	case LANG_LIT:
		o.v = x->values[n->ref];
		break;
	case LANG_FIELD:
		o.def = field_of(x, n);
		o.known = row->get(row->ctx, n->kind, n->field, &o.v, &o.why);
		if (!o.known && o.why == 0) {
			o.why = WHY_NOT_COVERED;
		}
		break;
	case LANG_NOW:
		o.v = (struct lang_value){ .type = LANG_TIME, .i = row->now };
		o.with_now = true;
		break;
	case LANG_PLUS:
	case LANG_MINUS: {
		i64 span = x->values[x->nodes[kid_at(x, node, 1)].ref].i;

		o = operand(x, n->kid, row);
		if (o.known) {
			o.v.i += n->op == LANG_PLUS ? span : -span;
		}
		break;
	}
	default:
		must(false);
	}
	return o;
}

static bool order_of(const struct operand *a, const struct operand *b, int *ret)
{
	i64 l, r;

	if (a->v.type == LANG_VERSION || b->v.type == LANG_VERSION) {
		return lang_version_cmp(a->v.s, b->v.s, ret);
	}
	switch (a->v.type) {
	case LANG_BOOL:
		l = a->v.b;
		r = b->v.b;
		break;
	case LANG_INT:
	case LANG_TIME:
	case LANG_SPAN:
		l = a->v.i;
		r = b->v.i;
		break;
	case LANG_ENUM:
		if (a->def != NULL && a->def->words != NULL) {
			l = lang_word_index(a->def, a->v.s);
			r = lang_word_index(a->def, b->v.s);
			if (l >= 0 && r >= 0) {
				break;
			}
		}
		*ret = str_cmp(a->v.s, b->v.s);
		return true;
	default:
		*ret = str_cmp(a->v.s, b->v.s);
		return true;
	}
	*ret = (l > r) - (l < r);
	return true;
}

static bool holds(enum lang_cmp cmp, int order)
{
	switch (cmp) {
	case LANG_EQ:
		return order == 0;
	case LANG_NE:
		return order != 0;
	case LANG_LT:
		return order < 0;
	case LANG_LE:
		return order <= 0;
	case LANG_GT:
		return order > 0;
	case LANG_GE:
		break;
	}
	return order >= 0;
}

/* The moment at which a comparison with now may turn out differently. */
static void crossing(const struct operand *a, const struct operand *b, struct lang_row *row)
{
	i64 at;

	if (a->with_now == b->with_now) {
		return;
	}
	at = row->now + (a->with_now ? b->v.i - a->v.i : a->v.i - b->v.i);
	lang_next_at(&row->next, row->now, at == row->now ? at + 1 : at);
}

/* Was the field shown not to have this value, though which value it has is unknown? */
static bool ruled_out(const struct operand *o, const struct lang_node *field, struct str value,
	struct lang_row *row)
{
	struct lang_value set;
	u16 why = 0;

	if (o->known || o->def == NULL || o->def->ruled_out == 0 ||
	    !row->get(row->ctx, field->kind, (u16)(o->def->ruled_out - 1), &set, &why)) {
		return false;
	}
	for (size_t i = 0; i < set.strs.n; i++) {
		if (str_eq(set.strs.p[i], value)) {
			return true;
		}
	}
	return false;
}

static struct tri_res compare(const struct lang_expr *x, u16 node, struct lang_row *row)
{
	const struct lang_node *n = &x->nodes[node];
	u16 right = kid_at(x, node, 1);
	struct operand a = operand(x, n->kid, row), b = operand(x, right, row);
	enum lang_cmp cmp = (enum lang_cmp)n->cmp;
	int order;

	if (!a.known && b.known && b.def == NULL && (cmp == LANG_EQ || cmp == LANG_NE) && lang_type_text(b.v.type) &&
	    b.v.type != LANG_VERSION && ruled_out(&a, &x->nodes[n->kid], b.v.s, row)) {
		return tri_of(cmp == LANG_NE);
	}
	if (!a.known || !b.known) {
		return tri_unknown((a.known ? 0 : a.why) | (b.known ? 0u : b.why));
	}
	if (!order_of(&a, &b, &order)) {
		return tri_unknown(WHY_INCONCLUSIVE);
	}
	crossing(&a, &b, row);
	return tri_of(holds(cmp, order));
}

static struct tri_res in_list(const struct lang_expr *x, u16 node, struct lang_row *row)
{
	u16 first = x->nodes[node].kid;
	struct operand a = operand(x, first, row), b;
	struct tri_res r = tri_of(false);
	int order;

	for (u16 k = x->nodes[first].next; k != LANG_NONE; k = x->nodes[k].next) {
		struct tri_res one;

		b = operand(x, k, row);
		if (a.known) {
			one = order_of(&a, &b, &order) ? tri_of(order == 0) : tri_unknown(WHY_INCONCLUSIVE);
		} else if (lang_type_text(b.v.type) && b.v.type != LANG_VERSION &&
			   ruled_out(&a, &x->nodes[first], b.v.s, row)) {
			one = tri_of(false);
		} else {
			one = tri_unknown(a.why);
		}
		r = tri_or(r, one);
	}
	return r;
}

static struct tri_res has(const struct lang_expr *x, u16 node, struct lang_row *row)
{
	struct operand e = operand(x, x->nodes[node].kid, row), set = operand(x, kid_at(x, node, 1), row);

	if (!e.known || !set.known) {
		return tri_unknown((e.known ? 0 : e.why) | (set.known ? 0u : set.why));
	}
	if (set.v.type == LANG_STRS) {
		for (size_t i = 0; i < set.v.strs.n; i++) {
			if (str_eq(set.v.strs.p[i], e.v.s)) {
				return tri_of(true);
			}
		}
		return tri_of(false);
	}
	for (size_t i = 0; i < set.v.ranges.n; i++) {
		if (e.v.i >= set.v.ranges.p[i].lo && e.v.i <= set.v.ranges.p[i].hi) {
			return tri_of(true);
		}
	}
	return tri_of(false);
}

bool lang_text_in(struct str s, struct str what)
{
	for (size_t i = 0; i + what.n <= s.n; i++) {
		if (str_eq_nocase(str_sub(s, i, what.n), what)) {
			return true;
		}
	}
	return false;
}

static bool like(struct str s, struct str pattern)
{
	bool head = pattern.n > 0 && pattern.p[0] == '*', tail;

	if (head) {
		pattern = str_from(pattern, 1);
	}
	tail = pattern.n > 0 && pattern.p[pattern.n - 1] == '*';
	if (tail) {
		pattern = str_sub(pattern, 0, pattern.n - 1);
	}
	if (head && tail) {
		return lang_text_in(s, pattern);
	}
	if (s.n < pattern.n) {
		return false;
	}
	if (head) {
		return str_eq_nocase(str_from(s, s.n - pattern.n), pattern);
	}
	return str_eq_nocase(tail ? str_sub(s, 0, pattern.n) : s, pattern);
}

static struct tri_res likes(const struct lang_expr *x, u16 node, struct lang_row *row)
{
	struct operand f = operand(x, x->nodes[node].kid, row), p = operand(x, kid_at(x, node, 1), row);

	if (!f.known) {
		return tri_unknown(f.why);
	}
	if (f.v.type != LANG_STRS) {
		return tri_of(like(f.v.s, p.v.s));
	}
	for (size_t i = 0; i < f.v.strs.n; i++) {
		if (like(f.v.strs.p[i], p.v.s)) {
			return tri_of(true);
		}
	}
	return tri_of(false);
}

struct tri_res lang_eval(const struct lang_expr *x, u16 node, struct lang_row *row)
{
	const struct lang_node *n = &x->nodes[node];
	struct tri_res r;
	struct operand o;

	switch ((enum lang_op)n->op) {
	case LANG_AND:
	case LANG_OR:
		r = tri_of(n->op == LANG_AND);
		for (u16 k = n->kid; k != LANG_NONE; k = x->nodes[k].next) {
			r = n->op == LANG_AND ? tri_and(r, lang_eval(x, k, row)) : tri_or(r, lang_eval(x, k, row));
		}
		return r;
	case LANG_NOT:
		return tri_not(lang_eval(x, n->kid, row));
	case LANG_CMP:
		return compare(x, node, row);
	case LANG_IN:
		return in_list(x, node, row);
	case LANG_HAS:
		return has(x, node, row);
	case LANG_LIKE:
		return likes(x, node, row);
	case LANG_TRUTH:
		o = operand(x, n->kid, row);
		return o.known ? tri_of(o.v.b) : tri_unknown(o.why);
	case LANG_KNOWN:
		return tri_of(operand(x, n->kid, row).known);
	case LANG_TEXT:
		if (row->has_text != NULL && row->has_text(row->ctx, x->values[x->nodes[n->kid].ref].s)) {
			return tri_of(true);
		}
		return row->partial ? tri_unknown(WHY_INCONCLUSIVE) : tri_of(false);
	case LANG_QUANT:
	case LANG_STALE:
	case LANG_DECLARED:
	case LANG_SHARED:
		return row->special == NULL ? tri_unknown(WHY_INCONCLUSIVE) : row->special(row->ctx, node);
	default:
		must(false);	/* operands are no conditions: the parser saw to it */
	}
}

bool lang_show(const struct lang_expr *x, struct lang_row *row)
{
	return x->root == LANG_NONE || lang_eval(x, x->root, row).v == TRI_TRUE;
}
