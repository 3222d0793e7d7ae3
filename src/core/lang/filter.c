/* The parser of filters: what people type into a search box.
 *
 *   filter = or END          or = and { "OR" and }          and = item { item }
 *   item   = ["-"] ( "(" or ")" | FIELD ":" test | "\"" phrase "\"" | word )
 *   test   = value { "," value } | low ".." high | (">"|">="|"<"|"<="|"!=") value
 *
 * Values are read by the type of the field. A word is free text; one made of hex digits and colons is too, so that
 * a MAC or IPv6 address can be pasted. For times a length means an age: seen:<24h is "seen less than 24 hours ago". */
#include "core/lang/lang_int.h"

#define lx_text(p) ((p)->t.lx.text)

struct filter {
	struct tree t;
};

struct test {
	u16 field;		/* index */
	size_t off;		/* where the item begins */
	enum lang_cmp cmp;
	bool given;		/* an operator was written */
};

static int read_or(struct filter *p, u16 *ret);

static int fail(struct filter *p, int code, size_t off, const char *text)
{
	return perr_set(p->t.lx.err, code, off, "%s", text);
}

static char at(const struct filter *p)
{
	return p->t.lx.at < lx_text(p).n ? lx_text(p).p[p->t.lx.at] : 0;
}

static void blanks(struct filter *p)
{
	while (p->t.lx.at < lx_text(p).n && lex_space(at(p))) {
		p->t.lx.at++;
	}
}

/* The run of bytes up to a blank, bracket, quote or one of `stop`. */
static struct str run(const struct filter *p, const char *stop)
{
	size_t i = p->t.lx.at;

	while (i < lx_text(p).n && !lex_space(lx_text(p).p[i]) && str_chr(S("()\""), lx_text(p).p[i]) < 0 &&
	       str_chr(str_z(stop), lx_text(p).p[i]) < 0) {
		i++;
	}
	return str_sub(lx_text(p), p->t.lx.at, i - p->t.lx.at);
}

static u16 node_of(struct filter *p, enum lang_op op, enum lang_cmp cmp, size_t off, u16 left, u16 right)
{
	u16 n = tree_node(&p->t, op, off);

	p->t.nodes.p[n].cmp = (u8)cmp;
	tree_add(&p->t, n, left);
	if (right != LANG_NONE) {
		tree_add(&p->t, n, right);
	}
	tree_end(&p->t, n, p->t.lx.at);
	return n;
}

static u16 field_node(struct filter *p, const struct test *t)
{
	u16 n = tree_node(&p->t, LANG_FIELD, t->off);

	p->t.nodes.p[n].field = t->field;
	p->t.nodes.p[n].type = (u8)p->t.fields[t->field].type;
	tree_end(&p->t, n, t->off + p->t.fields[t->field].name.n);
	return n;
}

static u16 compare(struct filter *p, const struct test *t, enum lang_cmp cmp, struct lang_value v, size_t off)
{
	u16 lit = tree_literal(&p->t, v, off, p->t.lx.at);

	return node_of(p, LANG_CMP, cmp, t->off, field_node(p, t), lit);
}

static int read_value(struct filter *p, struct str *ret)
{
	if (at(p) == '"') {
		return lex_quoted(&p->t.lx, ret);
	}
	*ret = run(p, ",");
	if (ret->n == 0) {
		return fail(p, ERR_SYNTAX, p->t.lx.at, "a value is expected here");
	}
	p->t.lx.at += ret->n;
	return 0;
}

/* An age: how long ago. seen:<24h and seen:24h are later than a day ago, seen:>24h is earlier. */
static u16 age(struct filter *p, const struct test *t, i64 ms, size_t off)
{
	static const enum lang_cmp mirror[] = { [LANG_EQ] = LANG_GE, [LANG_NE] = LANG_LT, [LANG_LT] = LANG_GT,
		[LANG_LE] = LANG_GE, [LANG_GT] = LANG_LT, [LANG_GE] = LANG_LE };
	u16 now = tree_node(&p->t, LANG_NOW, off), span, minus;

	p->t.nodes.p[now].type = LANG_TIME;
	span = tree_literal(&p->t, (struct lang_value){ .type = LANG_SPAN, .i = ms }, off, p->t.lx.at);
	minus = node_of(p, LANG_MINUS, LANG_EQ, off, now, span);
	p->t.nodes.p[minus].type = LANG_TIME;
	return node_of(p, LANG_CMP, mirror[t->cmp], t->off, field_node(p, t), minus);
}

static int time_test(struct filter *p, const struct test *t, struct str s, size_t off, u16 *ret)
{
	struct lang_value v = { .type = LANG_TIME }, end = { .type = LANG_TIME };
	u16 a, b;
	i64 ms;

	if (lex_span(s, &ms) == 0) {
		*ret = age(p, t, ms, off);
		return 0;
	}
	if (lex_time(s, &v.i) != 0) {
		return fail(p, ERR_SYNTAX, off, "not a time: write 24h, 7d, 2026-11-21 or 2026-11-21T09:00:00Z");
	}
	end.i = v.i + (s.n == 10 ? DAY_MS : 1);	/* a date is the whole day */
	if (t->cmp == LANG_EQ || t->cmp == LANG_NE) {
		a = compare(p, t, LANG_GE, v, off);
		b = compare(p, t, LANG_LT, end, off);
		*ret = node_of(p, LANG_AND, LANG_EQ, t->off, a, b);
		if (t->cmp == LANG_NE) {
			*ret = node_of(p, LANG_NOT, LANG_EQ, t->off, *ret, LANG_NONE);
		}
		return 0;
	}
	if (t->cmp == LANG_GT) {
		*ret = compare(p, t, LANG_GE, end, off);
	} else if (t->cmp == LANG_LE) {
		*ret = compare(p, t, LANG_LT, end, off);
	} else {
		*ret = compare(p, t, t->cmp, v, off);
	}
	return 0;
}

static int int_test(struct filter *p, const struct test *t, struct str s, size_t off, u16 *ret)
{
	struct lang_value lo = { .type = LANG_INT }, hi = { .type = LANG_INT };
	ptrdiff_t dots = str_find(s, S(".."));
	bool set = p->t.fields[t->field].type == LANG_RANGES;
	u16 a, b;

	if (dots >= 0 && !t->given && !set) {
		if (str_i64(str_sub(s, 0, (size_t)dots), &lo.i) != 0 ||
			str_i64(str_from(s, (size_t)dots + 2), &hi.i) != 0) {
			return fail(p, ERR_SYNTAX, off, "not a range of numbers: write 1..1024");
		}
		a = compare(p, t, LANG_GE, lo, off);
		b = compare(p, t, LANG_LE, hi, off);
		*ret = node_of(p, LANG_AND, LANG_EQ, t->off, a, b);
		return 0;
	}
	if (str_i64(s, &lo.i) != 0) {
		return fail(p, ERR_SYNTAX, off, "not a number");
	}
	if (set) {
		u16 lit = tree_literal(&p->t, lo, off, p->t.lx.at);

		*ret = node_of(p, LANG_HAS, LANG_EQ, t->off, lit, field_node(p, t));
		return 0;
	}
	*ret = compare(p, t, t->cmp, lo, off);
	return 0;
}

static int text_test(struct filter *p, const struct test *t, struct str s, size_t off, u16 *ret)
{
	const struct lang_field *f = &p->t.fields[t->field];
	struct lang_value v = { .type = f->type, .s = s };
	u16 lit;

	if (f->type == LANG_BOOL) {
		v.b = str_eq(s, S("yes")) || str_eq(s, S("true"));
		if (!v.b && !str_eq(s, S("no")) && !str_eq(s, S("false"))) {
			return fail(p, ERR_TYPE, off, "this field is yes or no");
		}
		*ret = compare(p, t, t->cmp, v, off);
		return 0;
	}
	if (f->type == LANG_VERSION) {
		*ret = compare(p, t, t->cmp, v, off);
		return 0;
	}
	if (f->type == LANG_ENUM && f->words != NULL) {
		if (!lang_literal_fits(f, s)) {
			return perr_set(
				p->t.lx.err, ERR_TYPE, off, "field '%.*s' is never '%.*s'", STRF(f->name), STRF(s));
		}
		*ret = compare(p, t, t->cmp, v, off);
		return 0;
	}
	v.type = LANG_STR;
	lit = tree_literal(&p->t, v, off, p->t.lx.at);
	*ret = node_of(p, LANG_LIKE, LANG_EQ, t->off, field_node(p, t), lit);
	if (t->cmp == LANG_NE) {
		*ret = node_of(p, LANG_NOT, LANG_EQ, t->off, *ret, LANG_NONE);
	}
	return 0;
}

static int one_test(struct filter *p, const struct test *t, u16 *ret)
{
	const struct lang_field *f = &p->t.fields[t->field];
	size_t off = p->t.lx.at;
	struct str s;
	int r;

	if ((r = read_value(p, &s)) != 0) {
		return r;
	}
	switch (f->type) {
	case LANG_TIME:
		return time_test(p, t, s, off, ret);
	case LANG_INT:
	case LANG_RANGES:
		return int_test(p, t, s, off, ret);
	default:
		return text_test(p, t, s, off, ret);
	}
}

static void read_operator(struct filter *p, struct test *t)
{
	static const struct {
		struct str s;
		enum lang_cmp cmp;
	} ops[] = { { S(">="), LANG_GE }, { S("<="), LANG_LE }, { S("!="), LANG_NE }, { S(">"), LANG_GT },
		{ S("<"), LANG_LT } };

	for (size_t i = 0; i < countof(ops); i++) {
		if (str_starts(str_from(lx_text(p), p->t.lx.at), ops[i].s)) {
			t->cmp = ops[i].cmp;
			t->given = true;
			p->t.lx.at += ops[i].s.n;
			return;
		}
	}
}

static bool ordered(const struct lang_field *f)
{
	return f->type == LANG_INT || f->type == LANG_TIME || f->type == LANG_VERSION ||
	       (f->type == LANG_ENUM && f->words);
}

static int read_test(struct filter *p, struct test *t, u16 *ret)
{
	const struct lang_field *f = &p->t.fields[t->field];
	size_t count = 1, op = p->t.lx.at;
	u16 one, last, n;
	int r;

	read_operator(p, t);
	if (t->given && !ordered(f) && (t->cmp != LANG_NE || f->type == LANG_RANGES)) {
		return perr_set(p->t.lx.err, ERR_TYPE, op, "field '%.*s' is a %s, which has no order", STRF(f->name),
			lang_type_name(f->type));
	}
	if ((r = one_test(p, t, ret)) != 0 || at(p) != ',') {
		return r;
	}
	if (t->given) {
		return fail(p, ERR_SYNTAX, p->t.lx.at, "a list cannot follow an operator");
	}
	n = tree_node(&p->t, LANG_OR, t->off);
	p->t.nodes.p[n].kid = last = *ret;
	while (at(p) == ',') {
		p->t.lx.at++;
		if (++count > LANG_LIST_MAX) {
			return fail(p, ERR_LIMIT, p->t.lx.at, "this list is too long");
		}
		if ((r = one_test(p, t, &one)) != 0) {
			return r;
		}
		p->t.nodes.p[last].next = one;
		last = one;
	}
	tree_end(&p->t, n, p->t.lx.at);
	*ret = n;
	return 0;
}

static bool is_hex_address(struct str s)
{
	size_t colons = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		colons += c == ':';
		if (c != ':' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) {
			return false;
		}
	}
	return colons >= 2;
}

static int read_text(struct filter *p, u16 *ret)
{
	struct lang_value v = { .type = LANG_STR };
	size_t off = p->t.lx.at;
	int r;

	if (at(p) == '"') {
		if ((r = lex_quoted(&p->t.lx, &v.s)) != 0) {
			return r;
		}
	} else {
		v.s = run(p, "");
		p->t.lx.at += v.s.n;
	}
	if (v.s.n == 0) {
		return fail(p, ERR_SYNTAX, off, "a word or field:value is expected here");
	}
	*ret = node_of(p, LANG_TEXT, LANG_EQ, off, tree_literal(&p->t, v, off, p->t.lx.at), LANG_NONE);
	return 0;
}

static int read_atom(struct filter *p, u16 *ret)
{
	struct test t = { .off = p->t.lx.at, .cmp = LANG_EQ };
	struct str name, whole;
	int field, r;

	if (at(p) == '(') {
		p->t.lx.at++;
		if ((r = read_or(p, ret)) != 0) {
			return r;
		}
		if (at(p) != ')') {
			return fail(p, ERR_SYNTAX, p->t.lx.at, "')' is expected here");
		}
		p->t.lx.at++;
		return 0;
	}
	name = run(p, ":,<>=");
	whole = run(p, "");
	if (name.n == 0 || name.n == whole.n || lx_text(p).p[t.off + name.n] != ':') {
		return read_text(p, ret);
	}
	field = lang_field_index(p->t.fields, p->t.nfields, name);
	if (field < 0) {
		return is_hex_address(whole) ? read_text(p, ret) :
			perr_set(p->t.lx.err, ERR_UNKNOWN, t.off, "there is no field '%.*s' here", STRF(name));
	}
	t.field = (u16)field;
	p->t.lx.at += name.n + 1;
	return read_test(p, &t, ret);
}

static int read_item(struct filter *p, u16 *ret)
{
	size_t off = p->t.lx.at;
	bool negate = at(p) == '-';
	int r;

	if ((r = tree_down(&p->t, off)) != 0) {
		return r;
	}
	p->t.lx.at += negate;
	if ((r = read_atom(p, ret)) != 0) {
		return r;
	}
	tree_up(&p->t);
	if (negate) {
		*ret = node_of(p, LANG_NOT, LANG_EQ, off, *ret, LANG_NONE);
	}
	return 0;
}

static bool at_or(const struct filter *p)
{
	return str_eq(run(p, ""), S("OR"));
}

static int read_and(struct filter *p, u16 *ret)
{
	size_t off;
	u16 n = LANG_NONE, last = LANG_NONE, one;
	int r;

	blanks(p);
	off = p->t.lx.at;
	if (at_or(p)) {
		return fail(p, ERR_SYNTAX, off, "OR stands between two conditions");
	}
	if ((r = read_item(p, ret)) != 0) {
		return r;
	}
	last = *ret;
	for (blanks(p); p->t.lx.at < lx_text(p).n && at(p) != ')' && !at_or(p); blanks(p)) {
		if ((r = read_item(p, &one)) != 0) {
			return r;
		}
		if (n == LANG_NONE) {
			n = tree_node(&p->t, LANG_AND, off);
			p->t.nodes.p[n].kid = last;
		}
		p->t.nodes.p[last].next = one;
		last = one;
	}
	if (n != LANG_NONE) {
		tree_end(&p->t, n, p->t.lx.at);
		*ret = n;
	}
	return 0;
}

static int read_or(struct filter *p, u16 *ret)
{
	size_t off = p->t.lx.at;
	u16 n = LANG_NONE, last, one;
	int r;

	if ((r = read_and(p, ret)) != 0) {
		return r;
	}
	last = *ret;
	while (at_or(p)) {
		p->t.lx.at += 2;
		if ((r = read_and(p, &one)) != 0) {
			return r;
		}
		if (n == LANG_NONE) {
			n = tree_node(&p->t, LANG_OR, off);
			p->t.nodes.p[n].kid = last;
		}
		p->t.nodes.p[last].next = one;
		last = one;
	}
	if (n != LANG_NONE) {
		tree_end(&p->t, n, p->t.lx.at);
		*ret = n;
	}
	return 0;
}

int lang_parse_filter(struct arena *a, struct str text, const struct lang_field *fields, size_t nfields,
	const struct lang_expr **ret, struct perr *reterr)
{
	struct perr mine;
	struct perr *err = reterr != NULL ? reterr : &mine;
	struct filter p = { .t = { .fields = fields, .nfields = nfields } };
	u16 root = LANG_NONE;
	int r;

	*err = (struct perr){ 0 };
	if ((r = lex_start(&p.t.lx, a, text, err)) == 0) {
		blanks(&p);
		if (p.t.lx.at < lx_text(&p).n) {
			r = read_or(&p, &root);
		}
		if (r == 0 && p.t.lx.at < lx_text(&p).n) {
			r = fail(&p, ERR_SYNTAX, p.t.lx.at, "this ')' closes nothing");
		}
		if (r == 0) {
			return tree_done(&p.t, root, ret);
		}
	}
	perr_place(err, (const u8 *)text.p, text.n);
	return r;
}
