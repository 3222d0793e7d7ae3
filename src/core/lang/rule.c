/* The parser of rules: recursive descent, types checked as each piece is read, so that an error names the place.
 *
 *   rule     = or END
 *   or       = and { "or" and }          and = unary { "and" unary }          unary = "not" unary | primary
 *   primary  = "(" or ")" | quant | "stale" "(" KIND "," SPAN ")" | "declared" "(" KIND ")"
 *            | ( "known" | "shared" ) "(" field ")" | operand [ CMP operand | ["not"] "in" ( "(" literal {"," literal} ")" | field ) ]
 *   quant    = ("any"|"all"|"none"|"count") "(" KIND ["where" or] ["over" domain] ["from" V {"or" V}] ["in" STATE
 *              {"or" STATE}] ")" [ CMP INT ]                                  the last for count, and only there
 *   domain   = "self" | "address" | ports {"," ports} | FIELD ":" literal {"," [FIELD ":"] literal}     ports = ("tcp"|"udp") ":" range {"," range}
 *   operand  = literal | "now" | field | operand ("+"|"-") SPAN               field = NAME, or KIND "." NAME outside
 *
 * A last pass checks that being old or unknown cannot make a rule true (doc/rules.md, "stale and known"). */
#include "core/lang/lang_int.h"

#include <stdlib.h>

struct parse {
	struct tree t;
	struct tok tok;		/* the next one */
	size_t last;		/* end of the one before */
	u16 kind;		/* whose fields are names here; LANG_NONE at the top */
	u64 reads;		/* value fields read since the condition began */
};

static int read_or(struct parse *p, u16 *ret);

static int fail(struct parse *p, int code, size_t off, const char *text)
{
	return perr_set(p->t.lx.err, code, off, "%s", text);
}

static int next(struct parse *p)
{
	p->last = p->tok.off + p->tok.len;
	return lex_next(&p->t.lx, &p->tok);
}

static bool at_word(const struct parse *p, const char *w)
{
	return p->tok.type == TOK_WORD && str_eq(p->tok.s, str_z(w));
}

static bool at_punct(const struct parse *p, char c)
{
	return p->tok.type == TOK_PUNCT && p->tok.punct == c;
}

static int expect_punct(struct parse *p, char c)
{
	if (!at_punct(p, c)) {
		return perr_set(p->t.lx.err, ERR_SYNTAX, p->tok.off, "'%c' is expected here", c);
	}
	return next(p);
}

static char peek(const struct parse *p)
{
	size_t i = p->t.lx.at;

	while (i < p->t.lx.text.n && lex_space(p->t.lx.text.p[i])) {
		i++;
	}
	return i < p->t.lx.text.n ? p->t.lx.text.p[i] : 0;
}

static struct lang_node *node_at(struct parse *p, u16 n)
{
	return &p->t.nodes.p[n];
}

static int read_kind(struct parse *p, u16 *ret)
{
	if (p->tok.type != TOK_WORD) {
		return fail(p, ERR_SYNTAX, p->tok.off, "the name of a kind of facts is expected here");
	}
	if (lang_kind_get(p->t.schema, p->tok.s, ret) == NULL) {
		return perr_set(p->t.lx.err, ERR_UNKNOWN, p->tok.off, "there is no kind '%.*s'", STRF(p->tok.s));
	}
	return next(p);
}

static int new_field(struct parse *p, u16 kind, u16 *ret)
{
	const struct lang_kind *k = &p->t.schema->kinds[kind];
	int at = p->tok.type == TOK_WORD ? lang_field_index(k->fields, k->nfields, p->tok.s) : -1;

	if (p->tok.type != TOK_WORD) {
		return fail(p, ERR_SYNTAX, p->tok.off, "the name of a field is expected here");
	}
	if (at < 0) {
		return perr_set(p->t.lx.err, ERR_UNKNOWN, p->tok.off, "kind '%.*s' has no field '%.*s'", STRF(k->name),
			STRF(p->tok.s));
	}
	*ret = tree_node(&p->t, LANG_FIELD, p->tok.off);
	node_at(p, *ret)->kind = kind;
	node_at(p, *ret)->field = (u16)at;
	node_at(p, *ret)->type = (u8)k->fields[at].type;
	if (!k->fields[at].place) {
		p->reads |= 1ull << at;
	}
	tree_end(&p->t, *ret, p->tok.off + p->tok.len);
	return next(p);
}

static const struct lang_field *field_def(const struct parse *p, u16 n)
{
	const struct lang_node *f = &p->t.nodes.p[n];

	return f->op == LANG_FIELD ? &p->t.schema->kinds[f->kind].fields[f->field] : NULL;
}

/* A field: its name inside a condition, kind.name outside, where only kinds about the asset itself make sense. */
static int read_field(struct parse *p, u16 *ret)
{
	size_t off = p->tok.off;
	const struct lang_kind *k;
	u16 kind;
	int r;

	if (p->kind != LANG_NONE) {
		return new_field(p, p->kind, ret);
	}
	if (p->tok.type == TOK_WORD && peek(p) != '.') {
		return perr_set(p->t.lx.err, ERR_UNKNOWN, off,
			"'%.*s' means nothing here: write kind.field, or any(kind where ...)", STRF(p->tok.s));
	}
	if ((r = read_kind(p, &kind)) != 0 || (r = expect_punct(p, '.')) != 0) {
		return r;
	}
	k = &p->t.schema->kinds[kind];
	for (size_t i = 0; i < k->nfields; i++) {
		if (k->fields[i].place) {
			return perr_set(p->t.lx.err, ERR_TYPE, off,
				"'%.*s' has many places: use any, all, none or count", STRF(k->name));
		}
	}
	if ((r = new_field(p, kind, ret)) == 0) {
		node_at(p, *ret)->off = (u16)off;
		tree_end(&p->t, *ret, p->last);
	}
	return r;
}

static int read_literal(struct parse *p, u16 *ret)
{
	struct lang_value v = { 0 };
	size_t off = p->tok.off;
	bool minus = at_punct(p, '-');
	int r;

	if (minus && ((r = next(p)) != 0)) {
		return r;
	}
	switch (p->tok.type) {
	case TOK_INT:
		v = (struct lang_value){ .type = LANG_INT, .i = minus ? -p->tok.i : p->tok.i };
		break;
	case TOK_SPAN:
		v = (struct lang_value){ .type = LANG_SPAN, .i = p->tok.i };
		break;
	case TOK_TIME:
		v = (struct lang_value){ .type = LANG_TIME, .i = p->tok.i };
		break;
	case TOK_STR:
		v = (struct lang_value){ .type = LANG_STR, .s = p->tok.s };
		break;
	case TOK_VERSION:
		v = (struct lang_value){ .type = LANG_VERSION, .s = p->tok.s };
		break;
	default:
		v.type = LANG_BOOL;
		v.b = at_word(p, "true");
		if (!v.b && !at_word(p, "false")) {
			return fail(p, ERR_SYNTAX, off, "a value is expected here");
		}
	}
	if (minus && v.type != LANG_INT) {
		return fail(p, ERR_SYNTAX, off, "'-' stands before a number only");
	}
	*ret = tree_literal(&p->t, v, off, p->tok.off + p->tok.len);
	return next(p);
}

static int read_operand(struct parse *p, u16 *ret)
{
	size_t off = p->tok.off;
	u16 n, sum, span;
	int r;

	if (at_word(p, "now")) {
		n = tree_node(&p->t, LANG_NOW, off);
		node_at(p, n)->type = LANG_TIME;
		tree_end(&p->t, n, off + p->tok.len);
		r = next(p);
	} else if (p->tok.type == TOK_WORD && !at_word(p, "true") && !at_word(p, "false")) {
		r = read_field(p, &n);
	} else {
		r = read_literal(p, &n);
	}
	while (r == 0 && (at_punct(p, '+') || at_punct(p, '-'))) {
		sum = tree_node(&p->t, at_punct(p, '+') ? LANG_PLUS : LANG_MINUS, off);
		if (node_at(p, n)->type != LANG_TIME) {
			return fail(p, ERR_TYPE, p->tok.off, "only a time and a length of time can be added");
		}
		if ((r = next(p)) != 0) {
			return r;
		}
		if (p->tok.type != TOK_SPAN) {
			return fail(p, ERR_TYPE, p->tok.off, "a length of time such as 30d is expected here");
		}
		if ((r = tree_down(&p->t, off)) != 0 || (r = read_literal(p, &span)) != 0) {
			return r;
		}
		node_at(p, sum)->type = LANG_TIME;
		tree_add(&p->t, sum, n);
		tree_add(&p->t, sum, span);
		tree_end(&p->t, sum, p->last);
		n = sum;
	}
	if (r == 0) {
		for (u16 i = n; node_at(p, i)->op == LANG_PLUS || node_at(p, i)->op == LANG_MINUS;
			i = node_at(p, i)->kid) {
			tree_up(&p->t);
		}
		*ret = n;
	}
	return r;
}

/* May the two be compared; fits a literal to the field beside it. */
static int check_pair(struct parse *p, u16 left, u16 right, bool order, size_t off)
{
	struct lang_node *l = node_at(p, left), *r = node_at(p, right);
	const struct lang_field *def = field_def(p, left);
	enum lang_type a = (enum lang_type)l->type, b = (enum lang_type)r->type;
	bool version = (a == LANG_VERSION || b == LANG_VERSION) && (a == LANG_STR || a == LANG_VERSION) &&
		(b == LANG_STR || b == LANG_VERSION);
	bool text = lang_type_text(a) && a != LANG_VERSION && b == LANG_STR && r->op == LANG_LIT;

	if (a == LANG_STRS || a == LANG_RANGES || b == LANG_STRS || b == LANG_RANGES) {
		return fail(p, ERR_TYPE, off, "a set is asked with `in`: \"x\" in field");
	}
	if (!version && !text && a != b) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "a %s cannot be compared with a %s", lang_type_name(a),
			lang_type_name(b));
	}
	if (order && !version && a != LANG_INT && a != LANG_TIME &&
	    !(a == LANG_ENUM && def != NULL && def->words != NULL && r->op == LANG_LIT)) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "a %s has no order: use == or !=%s", lang_type_name(a),
			a == LANG_STR ? ", or v\"...\" to compare versions" : "");
	}
	if (text && def != NULL && !lang_literal_fits(def, p->t.values.p[r->ref].s)) {
		return perr_set(p->t.lx.err, ERR_TYPE, r->off, "field '%.*s' is never \"%.*s\"", STRF(def->name),
			STRF(p->t.values.p[r->ref].s));
	}
	return 0;
}

static enum lang_cmp mirror(enum lang_cmp c)
{
	static const enum lang_cmp of[] = { [LANG_EQ] = LANG_EQ, [LANG_NE] = LANG_NE, [LANG_LT] = LANG_GT,
		[LANG_LE] = LANG_GE, [LANG_GT] = LANG_LT, [LANG_GE] = LANG_LE };

	return of[c];
}

static int read_compare(struct parse *p, u16 left, u16 *ret)
{
	size_t off = node_at(p, left)->off, op_off = p->tok.off;
	enum lang_cmp cmp = p->tok.cmp;
	u16 right, n;
	int r;

	if ((r = next(p)) != 0 || (r = read_operand(p, &right)) != 0) {
		return r;
	}
	if (node_at(p, left)->op == LANG_LIT && node_at(p, right)->op == LANG_LIT) {
		return fail(p, ERR_TYPE, op_off, "two fixed values are compared: one side must be a field or now");
	}
	if (node_at(p, left)->op == LANG_LIT) {	/* the literal always stands right */
		u16 x = left;

		left = right;
		right = x;
		cmp = mirror(cmp);
	}
	if ((r = check_pair(p, left, right, cmp != LANG_EQ && cmp != LANG_NE, op_off)) != 0) {
		return r;
	}
	n = tree_node(&p->t, LANG_CMP, off);
	node_at(p, n)->cmp = (u8)cmp;
	tree_add(&p->t, n, left);
	tree_add(&p->t, n, right);
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int read_list(struct parse *p, u16 left, u16 *ret)
{
	u16 n = tree_node(&p->t, LANG_IN, node_at(p, left)->off), lit, last = left;
	size_t count = 0;
	int r;

	if (node_at(p, left)->op == LANG_LIT) {
		return fail(p, ERR_TYPE, node_at(p, left)->off, "a list is asked for a field, not for a fixed value");
	}
	tree_add(&p->t, n, left);
	do {
		if ((r = next(p)) != 0 || (r = read_literal(p, &lit)) != 0 ||
		    (r = check_pair(p, left, lit, false, node_at(p, lit)->off)) != 0) {
			return r;
		}
		if (++count > LANG_LIST_MAX) {
			return perr_set(p->t.lx.err, ERR_LIMIT, node_at(p, lit)->off, "a list has at most %d members",
				LANG_LIST_MAX);
		}
		node_at(p, last)->next = lit;
		last = lit;
	} while (at_punct(p, ','));
	if ((r = expect_punct(p, ')')) == 0) {
		tree_end(&p->t, n, p->last);
		*ret = n;
	}
	return r;
}

/* After `in`: a list, or a field that holds a set. */
static int read_in(struct parse *p, u16 left, u16 *ret)
{
	size_t off = p->tok.off;
	u16 set, n;
	enum lang_type e, s;
	int r;

	if (at_punct(p, '(')) {
		return read_list(p, left, ret);
	}
	if ((r = read_field(p, &set)) != 0) {
		return r;
	}
	e = (enum lang_type)node_at(p, left)->type;
	s = (enum lang_type)node_at(p, set)->type;
	if (!(s == LANG_STRS && lang_type_text(e)) && !(s == LANG_RANGES && e == LANG_INT)) {
		return perr_set(
			p->t.lx.err, ERR_TYPE, off, "a %s cannot be in a %s", lang_type_name(e), lang_type_name(s));
	}
	n = tree_node(&p->t, LANG_HAS, node_at(p, left)->off);
	tree_add(&p->t, n, left);
	tree_add(&p->t, n, set);
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int wrap_not(struct parse *p, size_t off, u16 *node)
{
	u16 n = tree_node(&p->t, LANG_NOT, off);

	tree_add(&p->t, n, *node);
	tree_end(&p->t, n, p->last);
	*node = n;
	return 0;
}

static int state_bit(struct str s)
{
	return str_eq(s, S("factory")) ? LANG_STATE_FACTORY : str_eq(s, S("initialised")) ? LANG_STATE_INITIALISED :
		str_eq(s, S("customised")) ? LANG_STATE_CUSTOMISED : 0;
}

/* `... in factory)` ends a condition rather than asking for membership. */
static bool at_state_clause(const struct parse *p)
{
	struct lex lx = p->t.lx;
	struct perr ignored;
	struct tok t;

	lx.err = &ignored;
	return at_word(p, "in") && lex_next(&lx, &t) == 0 && t.type == TOK_WORD && state_bit(t.s) != 0;
}

static int read_relation(struct parse *p, u16 *ret)
{
	size_t off = p->tok.off;
	u16 left, n;
	int r;

	if ((r = read_operand(p, &left)) != 0) {
		return r;
	}
	if (p->tok.type == TOK_CMP) {
		return read_compare(p, left, ret);
	}
	if (at_word(p, "in") && !at_state_clause(p)) {
		return (r = next(p)) != 0 ? r : read_in(p, left, ret);
	}
	if (at_word(p, "not")) {
		if ((r = next(p)) != 0) {
			return r;
		}
		if (!at_word(p, "in")) {
			return fail(p, ERR_SYNTAX, p->tok.off, "'in' is expected after this 'not'");
		}
		if ((r = next(p)) != 0 || (r = read_in(p, left, ret)) != 0) {
			return r;
		}
		return wrap_not(p, off, ret);
	}
	if (node_at(p, left)->type != LANG_BOOL) {
		return fail(p, ERR_SYNTAX, p->tok.off, "a comparison is expected here");
	}
	n = tree_node(&p->t, LANG_TRUTH, off);
	tree_add(&p->t, n, left);
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int place_of(const struct lang_kind *k, const char *name)
{
	int at = lang_field_index(k->fields, k->nfields, str_z(name));

	return at >= 0 && k->fields[at].place ? at : -1;
}

static int by_lo(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

static int finish_ports(struct parse *p, struct range *set, size_t n, struct ranges *ret, size_t off)
{
	qsort(set, n, sizeof *set, by_lo);
	for (size_t i = 1; i < n; i++) {
		if (set[i].lo <= set[i - 1].hi) {
			return fail(p, ERR_RANGE, off, "a port is named twice");
		}
	}
	*ret = (struct ranges){ .p = set, .n = n };
	return 0;
}

static int read_port(struct parse *p, u16 *ret)
{
	if (p->tok.type != TOK_INT) {
		return fail(p, ERR_SYNTAX, p->tok.off, "a port is expected here");
	}
	if (p->tok.i < 0 || p->tok.i > 65535) {
		return fail(p, ERR_RANGE, p->tok.off, "a port is at most 65535");
	}
	*ret = (u16)p->tok.i;
	return next(p);
}

/* tcp:1-1023,8080,udp:53 */
static int read_ports(struct parse *p, struct lang_quant *q)
{
	struct range *sets[2];
	size_t n[2] = { 0, 0 }, which = 0, off = p->tok.off;
	int r;

	sets[0] = arena_alloc(p->t.lx.a, LANG_LIST_MAX * sizeof(struct range));
	sets[1] = arena_alloc(p->t.lx.a, LANG_LIST_MAX * sizeof(struct range));
	for (;;) {
		struct range one;

		if (p->tok.type == TOK_WORD) {
			which = at_word(p, "udp");
			if (!which && !at_word(p, "tcp")) {
				return fail(p, ERR_SYNTAX, p->tok.off, "tcp: or udp: is expected here");
			}
			if ((r = next(p)) != 0 || (r = expect_punct(p, ':')) != 0) {
				return r;
			}
		}
		if (n[which] == LANG_LIST_MAX) {
			return perr_set(
				p->t.lx.err, ERR_LIMIT, p->tok.off, "a domain has at most %d ranges", LANG_LIST_MAX);
		}
		if ((r = read_port(p, &one.lo)) != 0) {
			return r;
		}
		one.hi = one.lo;
		if (at_punct(p, '-') && ((r = next(p)) != 0 || (r = read_port(p, &one.hi)) != 0)) {
			return r;
		}
		if (one.hi < one.lo) {
			return fail(p, ERR_RANGE, p->last, "this range runs backwards");
		}
		sets[which][n[which]++] = one;
		if (!at_punct(p, ',')) {
			break;
		}
		if ((r = next(p)) != 0) {
			return r;
		}
	}
	if ((r = finish_ports(p, sets[0], n[0], &q->tcp, off)) != 0) {
		return r;
	}
	return finish_ports(p, sets[1], n[1], &q->udp, off);
}

/* ---- places by name: each place field of the kind with the values it may have; the domain is all their combinations ---- */

struct listed {
	struct lang_value v[LANG_LIST_MAX];
	size_t n;
};

static int read_place(struct parse *p, const struct lang_field *def, struct listed *l)
{
	struct lang_value v = { .type = def->type };
	bool number = def->type == LANG_INT;

	if (p->tok.type != (number ? TOK_INT : TOK_STR) || (!number && !lang_literal_fits(def, p->tok.s))) {
		return perr_set(p->t.lx.err, ERR_TYPE, p->tok.off, "this is no value of '%.*s'", STRF(def->name));
	}
	if (number) {
		v.i = p->tok.i;
	} else {
		v.s = p->tok.s;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (number ? l->v[i].i == v.i : str_eq(l->v[i].s, v.s)) {
			return fail(p, ERR_RANGE, p->tok.off, "a place is named twice");
		}
	}
	if (l->n == LANG_LIST_MAX) {
		return perr_set(p->t.lx.err, ERR_LIMIT, p->tok.off, "a field of a domain has at most %d values", LANG_LIST_MAX);
	}
	l->v[l->n++] = v;
	return next(p);
}

/* Every combination, the last field changing fastest. */
static void combine(struct parse *p, const struct lang_kind *k, const struct listed *l, size_t dims, size_t n, struct lang_quant *q)
{
	struct lang_place *places = arena_alloc(p->t.lx.a, n * sizeof *places);

	for (size_t at = 0; at < n; at++) {
		struct lang_value *v = arena_alloc(p->t.lx.a, dims * sizeof *v);
		struct buf text = buf_new(p->t.lx.a, 0);
		size_t left = at, dim = dims;

		for (size_t i = k->nfields; i-- > 0;) {
			if (k->fields[i].place) {
				v[--dim] = l[i].v[left % l[i].n];
				left /= l[i].n;
			}
		}
		for (size_t i = 0; i < dims; i++) {
			buf_z(&text, i == 0 ? "" : " ");
			if (v[i].type == LANG_INT) {
				buf_printf(&text, "%jd", (intmax_t)v[i].i);
			} else {
				buf_str(&text, v[i].s);
			}
		}
		places[at] = (struct lang_place){ .v = v, .text = buf_view(&text) };
	}
	q->places = places;
	q->nplaces = n;
}

/* name:"busybox","openssl"  or  interface:"lan",state:"factory","customised" */
static int read_places(struct parse *p, struct lang_quant *q)
{
	const struct lang_kind *k = &p->t.schema->kinds[q->kind];
	struct listed *l = arena_alloc(p->t.lx.a, k->nfields * sizeof *l);
	size_t off = p->tok.off, n = 1, dims = 0;
	int r, at = -1;

	if (place_of(k, "addr") >= 0) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "'%.*s' is seen at addresses, which a rule cannot name: tcp:..., udp:... or address",
			STRF(k->name));
	}
	for (;;) {
		if (p->tok.type == TOK_WORD) {
			at = lang_field_index(k->fields, k->nfields, p->tok.s);
			if (at < 0 || !k->fields[at].place) {
				return perr_set(p->t.lx.err, ERR_UNKNOWN, p->tok.off, "'%.*s' has no place called '%.*s'", STRF(k->name), STRF(p->tok.s));
			}
			if (l[at].n != 0) {
				return fail(p, ERR_RANGE, p->tok.off, "a place is named twice");
			}
			if ((r = next(p)) != 0 || (r = expect_punct(p, ':')) != 0) {
				return r;
			}
		}
		if ((r = read_place(p, &k->fields[at], &l[at])) != 0) {
			return r;
		}
		if (!at_punct(p, ',')) {
			break;
		}
		if ((r = next(p)) != 0) {
			return r;
		}
	}
	for (size_t i = 0; i < k->nfields; i++) {
		if (k->fields[i].place && l[i].n == 0) {
			return perr_set(p->t.lx.err, ERR_MISSING, off, "a domain names every place of '%.*s': '%.*s' is missing", STRF(k->name),
				STRF(k->fields[i].name));
		}
		n *= k->fields[i].place ? l[i].n : 1;
		dims += k->fields[i].place;
		if (n > LANG_PLACES_MAX) {
			return perr_set(p->t.lx.err, ERR_LIMIT, off, "a domain has at most %d places", LANG_PLACES_MAX);
		}
	}
	combine(p, k, l, dims, n, q);
	return 0;
}

static int read_over(struct parse *p, struct lang_quant *q)
{
	const struct lang_kind *k = &p->t.schema->kinds[q->kind];
	size_t places = 0, off;
	int r;

	for (size_t i = 0; i < k->nfields; i++) {
		places += k->fields[i].place;
	}
	if ((r = next(p)) != 0) {
		return r;
	}
	off = p->tok.off;
	if (at_word(p, "self") || at_word(p, "address")) {
		q->over = at_word(p, "self") ? LANG_OVER_SELF : LANG_OVER_ADDRESS;
		r = next(p);
	} else if (at_word(p, "tcp") || at_word(p, "udp")) {
		q->over = LANG_OVER_PORTS;
		r = read_ports(p, q);
	} else if (p->tok.type == TOK_WORD) {
		q->over = LANG_OVER_PLACES;
		r = read_places(p, q);
	} else {
		return fail(p, ERR_SYNTAX, off, "a domain is expected here: tcp:1-65535, udp:..., address, self, or places by name");
	}
	if (r != 0) {
		return r;
	}
	if (q->over == LANG_OVER_SELF && places != 0) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "'%.*s' is seen at places: 'self' does not hold them",
			STRF(k->name));
	}
	if (q->over == LANG_OVER_ADDRESS && !(places == 1 && place_of(k, "addr") >= 0)) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "'%.*s' is not seen at an address alone", STRF(k->name));
	}
	if (q->over == LANG_OVER_PORTS &&
	    (place_of(k, "addr") < 0 || place_of(k, "proto") < 0 || place_of(k, "port") < 0)) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "'%.*s' is not seen at ports", STRF(k->name));
	}
	return 0;
}

static int read_from(struct parse *p, struct lang_quant *q)
{
	int r;

	do {
		if ((r = next(p)) != 0) {
			return r;
		}
		if (p->tok.type != TOK_WORD || p->tok.s.n != 2 || p->tok.s.p[0] != 'v' || p->tok.s.p[1] < '1' ||
		    p->tok.s.p[1] > '7') {
			return fail(p, ERR_SYNTAX, p->tok.off, "a vantage is expected here: v1 to v7");
		}
		q->from |= (u8)(1u << (p->tok.s.p[1] - '1'));
		if ((r = next(p)) != 0) {
			return r;
		}
	} while (at_word(p, "or"));
	return 0;
}

static int read_states(struct parse *p, struct lang_quant *q)
{
	int r, bit;

	do {
		if ((r = next(p)) != 0) {
			return r;
		}
		bit = p->tok.type == TOK_WORD ? state_bit(p->tok.s) : 0;
		if (bit == 0) {
			return fail(p, ERR_SYNTAX, p->tok.off,
				"a state is expected here: factory, initialised or customised");
		}
		q->states |= (u8)bit;
		if ((r = next(p)) != 0) {
			return r;
		}
	} while (at_word(p, "or"));
	return 0;
}

static int read_where(struct parse *p, struct lang_quant *q)
{
	u16 outer = p->kind;
	int r;

	if ((r = next(p)) != 0) {
		return r;
	}
	p->kind = q->kind;
	p->reads = 0;
	r = read_or(p, &q->cond);
	p->kind = outer;
	q->reads = p->reads;
	return r;
}

static int read_count(struct parse *p, struct lang_quant *q)
{
	int r;

	if (p->tok.type != TOK_CMP) {
		return fail(p, ERR_SYNTAX, p->tok.off, "count(...) is compared with a number");
	}
	q->cmp = p->tok.cmp;
	if ((r = next(p)) != 0) {
		return r;
	}
	if (p->tok.type != TOK_INT) {
		return fail(p, ERR_TYPE, p->tok.off, "count(...) is compared with a number");
	}
	q->limit = p->tok.i;
	return next(p);
}

static int read_quant(struct parse *p, enum lang_quantifier what, u16 *ret)
{
	struct lang_quant q = { .what = what, .cond = LANG_NONE };
	size_t off = p->tok.off;
	u16 n;
	int r;

	if (p->kind != LANG_NONE) {
		return fail(
			p, ERR_SYNTAX, off, "a condition speaks of one fact: any, all, none, count cannot stand in it");
	}
	if ((r = next(p)) != 0 || (r = expect_punct(p, '(')) != 0 || (r = read_kind(p, &q.kind)) != 0 ||
	    (at_word(p, "where") && (r = read_where(p, &q)) != 0) ||
	    (at_word(p, "over") && (r = read_over(p, &q)) != 0) ||
	    (at_word(p, "from") && (r = read_from(p, &q)) != 0) ||
	    (at_word(p, "in") && (r = read_states(p, &q)) != 0)) {
		return r;
	}
	if (!at_punct(p, ')')) {
		return fail(p, ERR_SYNTAX, p->tok.off,
			"')' is expected here, or where, over, from, in: once each, in this order");
	}
	if (q.over == LANG_OVER_NOTHING && what != LANG_ANY) {
		return fail(p, ERR_MISSING, p->tok.off,
			"all, none and count need 'over': without it nothing found means nothing");
	}
	if (q.cond == LANG_NONE && what == LANG_ALL) {
		return fail(p, ERR_MISSING, p->tok.off, "all(...) needs 'where'");
	}
	if ((r = next(p)) != 0 || (what == LANG_COUNT && (r = read_count(p, &q)) != 0)) {
		return r;
	}
	n = tree_node(&p->t, LANG_QUANT, off);
	node_at(p, n)->ref = (u16)p->t.quants.n;
	node_at(p, n)->kind = q.kind;
	*vec_add(p->t.lx.a, &p->t.quants) = q;
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int read_stale(struct parse *p, u16 *ret)
{
	u16 n = tree_node(&p->t, LANG_STALE, p->tok.off), kind, span;
	int r;

	if (p->kind != LANG_NONE) {
		return fail(
			p, ERR_SYNTAX, p->tok.off, "stale(...) speaks of the asset and cannot stand in a condition");
	}
	if ((r = next(p)) != 0 || (r = expect_punct(p, '(')) != 0 || (r = read_kind(p, &kind)) != 0 ||
	    (r = expect_punct(p, ',')) != 0) {
		return r;
	}
	if (p->tok.type != TOK_SPAN) {
		return fail(p, ERR_TYPE, p->tok.off, "a length of time such as 30d is expected here");
	}
	if ((r = read_literal(p, &span)) != 0 || (r = expect_punct(p, ')')) != 0) {
		return r;
	}
	node_at(p, n)->kind = kind;
	tree_add(&p->t, n, span);
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

/* declared(kind): of the fact at hand inside a condition, of the asset outside. */
static int read_declared(struct parse *p, u16 *ret)
{
	u16 n = tree_node(&p->t, LANG_DECLARED, p->tok.off), kind;
	const struct lang_kind *k;
	size_t off;
	int r;

	if ((r = next(p)) != 0 || (r = expect_punct(p, '(')) != 0) {
		return r;
	}
	off = p->tok.off;
	if ((r = read_kind(p, &kind)) != 0 || (r = expect_punct(p, ')')) != 0) {
		return r;
	}
	k = &p->t.schema->kinds[kind];
	if (place_of(k, "proto") < 0 || place_of(k, "port") < 0) {
		return perr_set(p->t.lx.err, ERR_TYPE, off, "declarations speak of ports: '%.*s' is not seen there",
			STRF(k->name));
	}
	if (p->kind != LANG_NONE && p->kind != kind) {
		return fail(p, ERR_TYPE, off, "inside a condition declared(...) names the kind of that condition");
	}
	node_at(p, n)->kind = kind;
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int read_known(struct parse *p, u16 *ret)
{
	u16 n = tree_node(&p->t, LANG_KNOWN, p->tok.off), field;
	int r;

	if ((r = next(p)) != 0 || (r = expect_punct(p, '(')) != 0 || (r = read_field(p, &field)) != 0 ||
	    (r = expect_punct(p, ')')) != 0) {
		return r;
	}
	tree_add(&p->t, n, field);
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

/* shared(field): of the fact at hand; only of what should be one device's own. */
static int read_shared(struct parse *p, u16 *ret)
{
	u16 n = tree_node(&p->t, LANG_SHARED, p->tok.off), field;
	const struct lang_node *f;
	size_t off;
	int r;

	if (p->kind == LANG_NONE) {
		return fail(p, ERR_SYNTAX, p->tok.off, "shared(...) asks about one fact: it stands in a condition only");
	}
	if ((r = next(p)) != 0 || (r = expect_punct(p, '(')) != 0) {
		return r;
	}
	off = p->tok.off;
	if ((r = read_field(p, &field)) != 0 || (r = expect_punct(p, ')')) != 0) {
		return r;
	}
	f = node_at(p, field);
	if (!p->t.schema->kinds[f->kind].fields[f->field].shared) {
		return fail(p, ERR_TYPE, off, "nothing is kept of who else holds this field");
	}
	tree_add(&p->t, n, field);
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int read_primary(struct parse *p, u16 *ret)
{
	static const char *const quantifiers[] = { [LANG_ANY] = "any", [LANG_ALL] = "all", [LANG_NO] = "none",
		[LANG_COUNT] = "count" };
	int r;

	if (at_punct(p, '(')) {
		if ((r = next(p)) != 0 || (r = read_or(p, ret)) != 0) {
			return r;
		}
		return expect_punct(p, ')');
	}
	if (p->tok.type == TOK_WORD && peek(p) == '(') {
		int q = str_index(p->tok.s, quantifiers, countof(quantifiers));

		if (q >= 0) {
			return read_quant(p, (enum lang_quantifier)q, ret);
		}
		if (at_word(p, "stale")) {
			return read_stale(p, ret);
		}
		if (at_word(p, "declared")) {
			return read_declared(p, ret);
		}
		if (at_word(p, "known")) {
			return read_known(p, ret);
		}
		if (at_word(p, "shared")) {
			return read_shared(p, ret);
		}
	}
	return read_relation(p, ret);
}

static int read_unary(struct parse *p, u16 *ret)
{
	size_t off = p->tok.off;
	bool negate = at_word(p, "not");
	int r;

	if ((r = tree_down(&p->t, off)) != 0) {
		return r;
	}
	if (negate) {
		if ((r = next(p)) != 0 || (r = read_unary(p, ret)) != 0) {
			return r;
		}
		r = wrap_not(p, off, ret);
	} else {
		r = read_primary(p, ret);
	}
	tree_up(&p->t);
	return r;
}

/* One or more of `sub` joined by a word; more than one become kids of one node, so that length is not depth. */
static int read_chain(struct parse *p, enum lang_op op, const char *join, int (*sub)(struct parse *, u16 *), u16 *ret)
{
	size_t off = p->tok.off;
	u16 kid = LANG_NONE, n, last;
	int r;

	if ((r = sub(p, &kid)) != 0) {
		return r;
	}
	*ret = kid;
	if (!at_word(p, join)) {
		return 0;
	}
	n = tree_node(&p->t, op, off);
	node_at(p, n)->kid = last = kid;
	while (at_word(p, join)) {
		if ((r = next(p)) != 0 || (r = sub(p, &kid)) != 0) {
			return r;
		}
		node_at(p, last)->next = kid;
		last = kid;
	}
	tree_end(&p->t, n, p->last);
	*ret = n;
	return 0;
}

static int read_and(struct parse *p, u16 *ret)
{
	return read_chain(p, LANG_AND, "and", read_unary, ret);
}

static int read_or(struct parse *p, u16 *ret)
{
	return read_chain(p, LANG_OR, "or", read_and, ret);
}

enum { UP = 1, DOWN = 2 };	/* what becoming true may do to the whole: make it true, make it false */

static int turn(int way)
{
	return (way & UP ? DOWN : 0) | (way & DOWN ? UP : 0);
}

/* known() may never be what makes a rule true by being false, nor stale() by being true: else forgetting or ageing
 * would yield a pass. */
static int check_ways(struct parse *p, u16 node, int way)
{
	const struct lang_node *n = node_at(p, node);
	const struct lang_quant *q;
	int r;

	switch ((enum lang_op)n->op) {
	case LANG_NOT:
		return check_ways(p, n->kid, turn(way));
	case LANG_AND:
	case LANG_OR:
		for (u16 k = n->kid; k != LANG_NONE; k = node_at(p, k)->next) {
			if ((r = check_ways(p, k, way)) != 0) {
				return r;
			}
		}
		return 0;
	case LANG_KNOWN:
		return way == UP ? 0 : fail(p, ERR_TYPE, n->off,
			"known(...) may not stand under 'not': not knowing is never a pass");
	case LANG_STALE:
		return way == DOWN ? 0 : fail(p, ERR_TYPE, n->off,
			"stale(...) must stand under 'not': being old is never a pass");
	case LANG_QUANT:
		q = &p->t.quants.p[n->ref];
		if (q->cond == LANG_NONE) {
			return 0;
		}
		if (q->what == LANG_NO) {
			way = turn(way);
		} else if (q->what == LANG_COUNT && (q->cmp == LANG_LT || q->cmp == LANG_LE)) {
			way = turn(way);
		} else if (q->what == LANG_COUNT && (q->cmp == LANG_EQ || q->cmp == LANG_NE)) {
			way = UP | DOWN;
		}
		return check_ways(p, q->cond, way);
	default:
		return 0;
	}
}

int lang_parse_rule(struct arena *a, struct str text, const struct lang_schema *schema, const struct lang_expr **ret,
	struct perr *reterr)
{
	struct perr mine;
	struct perr *err = reterr != NULL ? reterr : &mine;
	struct parse p = { .t = { .schema = schema }, .kind = LANG_NONE };
	u16 root;
	int r;

	*err = (struct perr){ 0 };
	if ((r = lex_start(&p.t.lx, a, text, err)) == 0 && (r = next(&p)) == 0 && (r = read_or(&p, &root)) == 0) {
		if (p.tok.type != TOK_END) {
			r = fail(&p, ERR_SYNTAX, p.tok.off, "the rule should end here: join with and, or");
		} else if ((r = check_ways(&p, root, UP)) == 0) {
			return tree_done(&p.t, root, ret);
		}
	}
	perr_place(err, (const u8 *)text.p, text.n);
	return r;
}
