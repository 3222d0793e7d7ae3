#include "core/view/filter.h"

#include <string.h>

/* Shorter names people use. */
static const struct {
	enum view_number view;
	const char *name;
	u32 field;
} aliases[] = {
	{ VIEW_asset, "kind", VIEW_asset_class }, { VIEW_asset, "status", VIEW_asset_worst },
	{ VIEW_asset, "seen", VIEW_asset_last_seen }, { VIEW_asset, "address", VIEW_asset_addresses },
	{ VIEW_asset, "ip", VIEW_asset_addresses }, { VIEW_asset, "mac", VIEW_asset_macs },
	{ VIEW_asset, "port", VIEW_asset_ports }, { VIEW_asset, "service", VIEW_asset_services },
	{ VIEW_asset, "tag", VIEW_asset_tags }, { VIEW_fact, "seen", VIEW_fact_observed },
	{ VIEW_scope, "target", VIEW_scope_targets }, { VIEW_network, "prefix", VIEW_network_prefixes },
	{ VIEW_measure, "component", VIEW_measure_components }, { VIEW_measure, "state", VIEW_measure_lifecycle },
	{ VIEW_measure, "threat", VIEW_measure_threats },
};

static enum lang_type type_of(const struct view_field *f)
{
	switch (f->type) {
	case VIEW_TYPE_INT:
		return LANG_INT;
	case VIEW_TYPE_BOOL:
		return LANG_BOOL;
	case VIEW_TYPE_TIME:
		return LANG_TIME;
	case VIEW_TYPE_STRS:
		return LANG_STRS;
	case VIEW_TYPE_ANSWER:
		return LANG_ENUM;
	default:
		return (f->flags & VIEW_NAME) != 0 ? LANG_STRS : LANG_STR;
	}
}

const char *view_filter_name(const struct view *v, size_t i)
{
	if (i < v->nfields) {
		return v->fields[i].name;
	}
	i -= v->nfields;
	for (size_t k = 0; k < countof(aliases); k++) {
		if ((u32)aliases[k].view == v->number && i-- == 0) {
			return aliases[k].name;
		}
	}
	return NULL;
}

/* The field of the view that name i of view_filter_name means. */
static u32 meant(const struct view *v, size_t i)
{
	const char *name = view_filter_name(v, i);

	if (i < v->nfields) {
		return (u32)i;
	}
	must(name != NULL);
	for (size_t k = 0;; k++) {
		must(k < countof(aliases));
		if (strcmp(aliases[k].name, name) == 0 && (u32)aliases[k].view == v->number) {
			return aliases[k].field;
		}
	}
}

int view_filter_parse(struct arena *a, const struct view *v, struct str text, struct view_filter *ret,
	struct perr *reterr)
{
	struct lang_field *fields = arena_alloc(a, (v->nfields + countof(aliases)) * sizeof *fields);
	struct str *words = arena_alloc(a, VIEW_ANSWER_COUNT * sizeof *words);
	struct view_filter f = { .view = v };
	size_t n = 0;
	int r;

	for (size_t i = 0; i < VIEW_ANSWER_COUNT; i++) {
		words[i] = str_z(view_answer_names[i]);
	}
	for (const char *name; (name = view_filter_name(v, n)) != NULL; n++) {
		fields[n] = (struct lang_field){ .name = str_z(name), .type = type_of(&v->fields[meant(v, n)]) };
		if (fields[n].type == LANG_ENUM) {
			fields[n].words = words;
			fields[n].nwords = VIEW_ANSWER_COUNT;
		}
	}
	if ((r = lang_parse_filter(a, text, fields, n, &f.expr, reterr)) == 0) {
		*ret = f;
	}
	return r;
}

bool view_filter_empty(const struct view_filter *f)
{
	return f->expr->root == LANG_NONE;
}

/* ---- evaluation ---- */

struct look {
	const struct view_filter *f;
	const struct view_row *row;
	u64 given;
	struct str names[2];	/* "service/1", "service" */
};

static bool get(void *ctx, u16 kind, u16 field, struct lang_value *ret, u16 *ret_why)
{
	struct look *l = ctx;
	u32 i = meant(l->f->view, field);
	const struct view_field *f = &l->f->view->fields[i];
	const struct view_value *v = &l->row->v[i];

	(void)kind;
	if (!v->present) {
		*ret_why = (l->given >> i & 1) != 0 ? WHY_NOT_COVERED : WHY_INCONCLUSIVE;
		return false;
	}
	*ret = (struct lang_value){ .type = type_of(f) };
	switch (f->type) {
	case VIEW_TYPE_INT:
		ret->i = v->i;
		break;
	case VIEW_TYPE_BOOL:
		ret->b = v->b;
		break;
	case VIEW_TYPE_TIME:
		ret->i = v->t.ms;
		break;
	case VIEW_TYPE_STRS:
		ret->strs.p = v->strs.p;
		ret->strs.n = v->strs.n;
		break;
	case VIEW_TYPE_ANSWER:
		ret->s = str_z(view_answer_names[VIEW_STATE(v->answer)]);
		break;
	default:
		ret->s = v->s;
		if ((f->flags & VIEW_NAME) != 0) {
			struct str rest = v->s;

			l->names[0] = v->s;
			l->names[1] = str_cut(&rest, '/');
			ret->strs.p = l->names;
			ret->strs.n = 2;
		}
	}
	return true;
}

static bool has_text(void *ctx, struct str text)
{
	const struct look *l = ctx;

	for (size_t i = 0; i < l->f->view->nfields; i++) {
		const struct view_value *v = &l->row->v[i];
		enum view_type type = l->f->view->fields[i].type;

		if (!v->present) {
			continue;
		}
		if ((type == VIEW_TYPE_STR || type == VIEW_TYPE_JSON) && lang_text_in(v->s, text)) {
			return true;
		}
		for (size_t k = 0; type == VIEW_TYPE_STRS && k < v->strs.n; k++) {
			if (lang_text_in(v->strs.p[k], text)) {
				return true;
			}
		}
	}
	return false;
}

enum tri view_filter_check(const struct view_filter *f, const struct view_row *row, u64 given, struct utc now)
{
	struct look l = { .f = f, .row = row, .given = given };
	struct lang_row lr = { .ctx = &l, .get = get, .has_text = has_text, .partial = given != VIEW_ALL_FIELDS,
		.now = now.ms };
	struct tri_res r;

	must(row->view == f->view);
	if (view_filter_empty(f)) {
		return TRI_TRUE;
	}
	r = lang_eval(f->expr, f->expr->root, &lr);
	/* what is unknown although every field it rests on was given stays unknown, and is not shown */
	return r.v == TRI_UNKNOWN && (r.why & WHY_INCONCLUSIVE) == 0 ? TRI_FALSE : (enum tri)r.v;
}

static bool equals(const struct view_filter *f, u16 node, u32 field, struct str *ret)
{
	const struct lang_node *n = &f->expr->nodes[node], *kid = &f->expr->nodes[n->kid];
	struct str s;

	if (n->op != LANG_LIKE || meant(f->view, kid->field) != field) {
		return false;
	}
	s = f->expr->values[f->expr->nodes[kid->next].ref].s;
	if (s.n == 0 || s.p[0] == '*' || s.p[s.n - 1] == '*') {
		return false;
	}
	*ret = s;
	return true;
}

bool view_filter_equal(const struct view_filter *f, u32 field, struct str *ret)
{
	u16 root = f->expr->root;

	if (root == LANG_NONE) {
		return false;
	}
	if (f->expr->nodes[root].op != LANG_AND) {
		return equals(f, root, field, ret);
	}
	for (u16 k = f->expr->nodes[root].kid; k != LANG_NONE; k = f->expr->nodes[k].next) {
		if (equals(f, k, field, ret)) {
			return true;
		}
	}
	return false;
}

/* ---- order ---- */

int view_sort_parse(const struct view *v, struct str text, struct view_sort *ret)
{
	struct view_sort s = { .desc = text.n > 0 && text.p[0] == '-' };
	const char *name;

	text = str_from(text, s.desc);
	for (size_t i = 0; (name = view_filter_name(v, i)) != NULL; i++) {
		if (str_eq(text, str_z(name))) {
			s.field = meant(v, i);
			*ret = s;
			return 0;
		}
	}
	return ERR_UNKNOWN;
}

static int compare_strs(const struct view_value *x, const struct view_value *y)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->strs.n && i < y->strs.n; i++) {
		r = str_cmp(x->strs.p[i], y->strs.p[i]);
	}
	return r != 0 ? r : (x->strs.n > y->strs.n) - (x->strs.n < y->strs.n);
}

int view_compare(const struct view_row *x, const struct view_row *y, u32 field)
{
	const struct view_value *a = &x->v[field], *b = &y->v[field];
	i64 l, r;

	if (!a->present || !b->present) {
		return b->present - a->present;
	}
	switch (x->view->fields[field].type) {
	case VIEW_TYPE_INT:
		l = a->i;
		r = b->i;
		break;
	case VIEW_TYPE_BOOL:
		l = a->b;
		r = b->b;
		break;
	case VIEW_TYPE_TIME:
		l = a->t.ms;
		r = b->t.ms;
		break;
	case VIEW_TYPE_ANSWER:
		l = VIEW_STATE(a->answer);
		r = VIEW_STATE(b->answer);
		break;
	case VIEW_TYPE_STRS:
		return compare_strs(a, b);
	default:
		return str_cmp(a->s, b->s);
	}
	return (l > r) - (l < r);
}
