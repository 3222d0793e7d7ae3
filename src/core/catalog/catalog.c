#include "core/catalog/catalog_int.h"

#include <nettle/sha2.h>
#include <string.h>

const char *const catalog_relation_names[CATALOG_RELATION_COUNT] = {
	[CATALOG_NEEDED] = "needed",
	[CATALOG_SUFFICIENT] = "sufficient-with",
	[CATALOG_CONTRIBUTES] = "contributes",
};

static int bad(const struct reader *r, int code, const char *member)
{
	return perr_set(r->err, code, 0, "%.*s: \"%s\": %s", STRF(r->source), member, err_text(code));
}

static int text_of(const struct reader *r, const struct json *o, const char *member, struct str *ret)
{
	int e = json_get_str(o, str_z(member), ret);

	return e == 0 ? 0 : bad(r, e, member);
}

static int words_of(const struct reader *r, const struct json *o, const char *member, struct catalog_words *ret)
{
	const struct json *w = json_get(o, str_z(member));
	int e;

	if (w == NULL) {
		return bad(r, ERR_MISSING, member);
	}
	if ((e = text_of(r, w, "en", &ret->en)) != 0 || (e = text_of(r, w, "ja", &ret->ja)) != 0) {
		return e;
	}
	return 0;
}

static int list_of(const struct reader *r, const struct json *o, const char *member, const struct json **ret)
{
	*ret = json_get(o, str_z(member));
	return *ret == NULL ? bad(r, ERR_MISSING, member) : (*ret)->type != JSON_ARR ? bad(r, ERR_TYPE, member) : 0;
}

int catalog_once(struct reader *r, const char *kind, struct str id)
{
	bool is_new;

	map_put(r->a, &r->seen, str_printf(r->a, "%s %.*s", kind, STRF(id)), &is_new);
	return is_new ? 0 : perr_set(r->err, ERR_DUP, 0, "%.*s: %s %.*s stands twice", STRF(r->source), kind, STRF(id));
}

/* What the build wrote is canonical already, and its hash is known. */
static struct catalog_text ready_text(const char *kind, const struct catalog_source *src)
{
	struct catalog_text t = { .kind = str_z(kind), .name = src->name, .body = src->body };

	memcpy(t.hash, src->hash, sizeof t.hash);
	return t;
}

struct catalog_text catalog_text_of(struct arena *a, const char *kind, struct str name, const struct json *v)
{
	struct catalog_text t = { .kind = str_z(kind), .name = name };
	struct buf b = buf_new(a, 0);
	struct sha256_ctx h;

	json_canon(&b, v);
	must(buf_done(&b) == 0);
	t.body = buf_view(&b);
	sha256_init(&h);
	sha256_update(&h, t.body.n, (const u8 *)t.body.p);
	sha256_digest(&h, sizeof t.hash, t.hash);
	return t;
}

/* A group without controls (what is out of scope, the steps of a process) has parts only: nothing there is answered. */
static int group_of(const struct reader *r, const struct json *group, const struct json **ret)
{
	static const struct json none = { .type = JSON_ARR };

	if (json_get(group, S("controls")) == NULL && json_get(group, S("parts")) != NULL) {
		*ret = &none;
		return 0;
	}
	return list_of(r, group, "controls", ret);
}

/* Control lists nest: a control's parts are controls. Depth is bounded by the JSON reader. */
static int controls_of(struct reader *r, struct str guideline, const struct json *list,
	const struct catalog_control **ret, size_t *retn)
{
	struct catalog_control *out = arena_alloc(r->a, list->arr.n * sizeof *out);
	int e;

	for (size_t i = 0; i < list->arr.n; i++) {
		const struct json *c = &list->arr.p[i], *parts;

		if ((e = text_of(r, c, "id", &out[i].id)) != 0 || (e = words_of(r, c, "title", &out[i].title)) != 0 ||
		    (e = catalog_once(r, "control", str_printf(r->a, "%.*s %.*s", STRF(guideline), STRF(out[i].id)))) != 0) {
			return e;
		}
		if (json_get(c, S("parts")) == NULL) {
			continue;
		}
		if ((e = list_of(r, c, "parts", &parts)) != 0 ||
		    (e = controls_of(r, guideline, parts, &out[i].parts, &out[i].nparts)) != 0) {
			return e;
		}
	}
	*ret = out;
	*retn = list->arr.n;
	return 0;
}

static int guideline_of(struct reader *r, const struct catalog_source *src, const struct json *doc, struct catalog_guideline *g)
{
	const struct json *cat = json_get(doc, S("catalog")), *groups;
	struct catalog_control *all;
	size_t n = 0;
	int e;

	g->id = r->source;
	if (cat == NULL) {
		return bad(r, ERR_MISSING, "catalog");
	}
	if ((e = catalog_once(r, "guideline", g->id)) != 0 ||
	    (e = words_of(r, json_get(cat, S("metadata")), "title", &g->title)) != 0 ||
	    (e = list_of(r, cat, "groups", &groups)) != 0) {
		return e;
	}
	for (size_t i = 0; i < groups->arr.n; i++) {
		const struct json *list;

		if ((e = group_of(r, &groups->arr.p[i], &list)) != 0) {
			return e;
		}
		n += list->arr.n;
	}
	all = arena_alloc(r->a, n * sizeof *all);
	g->controls = all;
	for (size_t i = 0; i < groups->arr.n; i++) {
		const struct catalog_control *some;
		const struct json *list;
		size_t nsome;

		if ((e = group_of(r, &groups->arr.p[i], &list)) != 0 || (e = controls_of(r, g->id, list, &some, &nsome)) != 0) {
			return e;
		}
		for (size_t k = 0; k < nsome; k++) {
			all[g->ncontrols++] = some[k];
		}
	}
	g->text = src->hash != NULL ? ready_text("guideline", src) : catalog_text_of(r->a, "guideline", g->id, doc);
	return 0;
}

static int with_of(struct reader *r, const struct json *o, struct catalog_pair *p)
{
	const struct json *list;
	struct str *with;
	int e;

	if ((e = list_of(r, o, "with", &list)) != 0) {
		return e;
	}
	with = arena_alloc(r->a, list->arr.n * sizeof *with);
	for (size_t i = 0; i < list->arr.n; i++) {
		if (list->arr.p[i].type != JSON_STR) {
			return bad(r, ERR_TYPE, "with");
		}
		with[i] = list->arr.p[i].s;
	}
	p->with = with;
	p->nwith = list->arr.n;
	return 0;
}

static int pair_of(struct reader *r, const struct json *o, struct catalog_pair *p)
{
	const struct json *read = json_get(o, S("read"));
	struct str relation, name;
	int e, at;

	if ((e = text_of(r, o, "measure", &p->measure)) != 0 || (e = text_of(r, o, "guideline", &p->guideline)) != 0 ||
	    (e = text_of(r, o, "control", &p->control)) != 0 || (e = text_of(r, o, "relation", &relation)) != 0 ||
	    (e = text_of(r, o, "reason", &p->reason)) != 0 || (e = text_of(r, o, "written", &p->written)) != 0) {
		return e;
	}
	at = str_index(relation, catalog_relation_names, CATALOG_RELATION_COUNT);
	if (at < 0) {
		return bad(r, ERR_UNKNOWN, "relation");
	}
	p->relation = (enum catalog_relation)at;
	if (p->relation == CATALOG_SUFFICIENT && (e = with_of(r, o, p)) != 0) {
		return e;
	}
	if (read != NULL && ((e = text_of(r, read, "by", &p->read_by)) != 0 ||
	    (e = text_of(r, read, "on", &p->read_on)) != 0)) {
		return e;
	}
	name = str_printf(r->a, "%.*s %.*s %.*s %.*s", STRF(p->measure), STRF(p->guideline), STRF(p->control),
		STRF(relation));
	p->text = catalog_text_of(r->a, "mapping", name, o);
	return catalog_once(r, "pair", name);
}

/* A pair must name a measure, guideline and control that are there, and so must its set. */
static int check_pairs(struct reader *r, const struct catalog *c)
{
	for (size_t i = 0; i < c->npairs; i++) {
		const struct catalog_pair *p = &c->pairs[i];
		const struct catalog_guideline *g = catalog_guideline(c, p->guideline);
		bool ok = g != NULL && catalog_control(g, p->control) != NULL && catalog_measure(c, p->measure) != NULL;

		for (size_t k = 0; k < p->nwith; k++) {
			ok = ok && catalog_measure(c, p->with[k]) != NULL;
		}
		if (!ok) {
			return perr_set(r->err, ERR_UNKNOWN, 0, "pair %.*s names what is not there", STRF(p->text.name));
		}
	}
	return 0;
}

/* How many things of `kind` the sources hold: one a guideline file, a list in the others. */
static size_t count(const struct catalog_source *src, const struct json *const *docs, size_t n, const char *kind,
	const char *list)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		if (str_eq(src[i].kind, str_z(kind))) {
			const struct json *l = list == NULL ? NULL : json_get(docs[i], str_z(list));

			total += list == NULL ? 1 : l != NULL && l->type == JSON_ARR ? l->arr.n : 0;
		}
	}
	return total;
}

static int read_source(struct reader *r, const struct catalog_source *src, const struct json *doc, struct catalog *c,
	struct catalog_guideline *gs, struct catalog_measure *ms, struct catalog_pair *ps)
{
	const struct json *list;
	int e;

	r->source = src->name;
	r->past = src->past;
	if (str_eq(src->kind, S("register"))) {
		return 0;
	}
	if (str_eq(src->kind, S("guideline"))) {
		return guideline_of(r, src, doc, &gs[c->nguidelines++]);
	}
	if (str_eq(src->kind, S("measures"))) {
		if ((e = list_of(r, doc, "measures", &list)) != 0) {
			return e;
		}
		for (size_t i = 0; i < list->arr.n; i++) {
			r->from[c->nmeasures] = &list->arr.p[i];
			catalog_read_measure(r, &list->arr.p[i], &ms[c->nmeasures++]);
		}
		return 0;
	}
	if ((e = list_of(r, doc, "pairs", &list)) != 0) {
		return e;
	}
	for (size_t i = 0; i < list->arr.n; i++) {
		if ((e = pair_of(r, &list->arr.p[i], &ps[c->npairs++])) != 0) {
			return e;
		}
	}
	return 0;
}

/* Measures are looked up for each asset and pair. */
static const struct map *ids_of(struct arena *a, struct catalog_measure *ms, size_t n)
{
	struct map *ids = arena_alloc(a, sizeof *ids);

	for (size_t i = 0; i < n; i++) {
		*map_put(a, ids, ms[i].id, NULL) = &ms[i];
	}
	return ids;
}

static void state_measure(const struct reader *r, const struct catalog *c, struct catalog_measure *ms, struct str id)
{
	const struct catalog_measure *m = catalog_measure(c, id);

	if (m != NULL && !m->stated) {
		size_t at = (size_t)(m - ms);

		ms[at].stated = true;
		ms[at].text = catalog_measure_text(r->a, id, r->from[at]);
	}
}

/* Writing and hashing every text would be most of the time of starting; who has no rule and no pair needs none. */
static void state_measures(const struct reader *r, const struct catalog *c, struct catalog_measure *ms)
{
	for (size_t i = 0; i < c->nmeasures; i++) {
		if (ms[i].rule.n != 0) {
			state_measure(r, c, ms, ms[i].id);
		}
	}
	for (size_t i = 0; i < c->npairs; i++) {
		state_measure(r, c, ms, c->pairs[i].measure);
		for (size_t k = 0; k < c->pairs[i].nwith; k++) {
			state_measure(r, c, ms, c->pairs[i].with[k]);
		}
	}
}

static int load(struct reader *r, const struct catalog_source *src, size_t n, struct catalog *ret)
{
	struct arena *a = r->a;
	const struct json **docs = arena_alloc(a, n * sizeof *docs);
	struct catalog c = { 0 };
	struct catalog_guideline *gs;
	struct catalog_measure *ms;
	struct catalog_pair *ps;
	size_t nmeasures;
	int e;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(src[i].kind, S("register")) && (e = json_parse(a, src[i].body, &docs[i], r->err)) != 0) {
			return e;
		}
	}
	c.guidelines = gs = arena_alloc(a, count(src, docs, n, "guideline", NULL) * sizeof *gs);
	nmeasures = count(src, docs, n, "measures", "measures");
	c.measures = ms = arena_alloc(a, nmeasures * sizeof *ms);
	r->from = arena_alloc(a, nmeasures * sizeof *r->from);
	c.pairs = ps = arena_alloc(a, count(src, docs, n, "mapping", "pairs") * sizeof *ps);
	for (size_t i = 0; i < n; i++) {
		if ((e = read_source(r, &src[i], docs[i], &c, gs, ms, ps)) != 0) {
			return e;
		}
	}
	c.ids = ids_of(a, ms, c.nmeasures);
	if (r->all->total != 0) {
		return 0;	/* of a measure that could not be read its pairs say nothing new */
	}
	if ((e = check_pairs(r, &c)) != 0) {
		return e;
	}
	state_measures(r, &c, ms);
	*ret = c;
	return 0;
}

int catalog_load_all(struct arena *a, const struct catalog_source *src, size_t n, struct catalog *ret, struct errlist *errs)
{
	struct perr err = { 0 };
	struct errlist all = { 0 };
	struct reader r = { .a = a, .err = &err, .all = &all };
	struct catalog c;
	int e = load(&r, src, n, &c);

	if (e != 0) {
		errlist_add(a, &all, &err);
	}
	*errs = all;
	if (all.total != 0) {
		return all.p[0].code;
	}
	*ret = c;
	return 0;
}

int catalog_load(struct arena *a, const struct catalog_source *src, size_t n, struct catalog *ret, struct perr *reterr)
{
	struct errlist errs;
	int r = catalog_load_all(a, src, n, ret, &errs);

	if (r != 0 && reterr != NULL) {
		*reterr = errs.p[0];
	}
	return r;
}

struct catalog_source catalog_source_of(struct arena *a, struct str kind, struct str name, struct str body)
{
	if (str_eq(kind, S("rule"))) {
		return (struct catalog_source){ .kind = S("measures"), .name = name, .past = true, .body = str_printf(a, "{\"measures\":[%.*s]}", STRF(body)) };
	}
	if (str_eq(kind, S("mapping"))) {
		return (struct catalog_source){ .kind = S("mapping"), .name = name, .past = true, .body = str_printf(a, "{\"pairs\":[%.*s]}", STRF(body)) };
	}
	return (struct catalog_source){ .kind = S("guideline"), .name = name, .past = true, .body = body };
}

const struct catalog_measure *catalog_measure(const struct catalog *c, struct str id)
{
	return c->ids == NULL ? NULL : map_get(c->ids, id);
}

const struct catalog_guideline *catalog_guideline(const struct catalog *c, struct str id)
{
	for (size_t i = 0; i < c->nguidelines; i++) {
		if (str_eq(c->guidelines[i].id, id)) {
			return &c->guidelines[i];
		}
	}
	return NULL;
}

static const struct catalog_control *find_control(const struct catalog_control *c, size_t n, struct str id)
{
	for (size_t i = 0; i < n; i++) {
		const struct catalog_control *hit =
			str_eq(c[i].id, id) ? &c[i] : find_control(c[i].parts, c[i].nparts, id);

		if (hit != NULL) {
			return hit;
		}
	}
	return NULL;
}

const struct catalog_control *catalog_control(const struct catalog_guideline *g, struct str id)
{
	return find_control(g->controls, g->ncontrols, id);
}

bool catalog_pair_reviewed(const struct catalog_pair *p)
{
	return p->read_by.n != 0 && p->read_on.n != 0;
}

bool catalog_guideline_mapped(const struct catalog *c, const struct catalog_guideline *g)
{
	for (size_t i = 0; i < c->npairs; i++) {
		if (str_eq(c->pairs[i].guideline, g->id)) {
			return true;
		}
	}
	return false;
}

bool catalog_control_mapped(const struct catalog *c, const struct catalog_guideline *g, const struct catalog_control *control)
{
	for (size_t i = 0; i < c->npairs; i++) {
		if (str_eq(c->pairs[i].guideline, g->id) && find_control(control, 1, c->pairs[i].control) != NULL) {
			return true;
		}
	}
	return false;
}
