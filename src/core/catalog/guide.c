#include "core/catalog/guide.h"

#include "base/vec.h"

struct guide_list {
	vec(struct guide_item) items;
	vec(struct guide_group) groups;
};

struct str guide_text(const struct json *o, const char *member)
{
	struct str s;

	return json_get_str(o, str_z(member), &s) == 0 ? s : S("");
}

struct catalog_words guide_words(const struct json *o, const char *member)
{
	const struct json *w = json_get(o, str_z(member));

	return (struct catalog_words){ .en = guide_text(w, "en"), .ja = guide_text(w, "ja") };
}

static const struct json *list(const struct json *o, const char *member)
{
	static const struct json none = { .type = JSON_ARR };
	const struct json *l = json_get(o, str_z(member));

	return l != NULL && l->type == JSON_ARR ? l : &none;
}

/* The name-value pair of an OSCAL list of props. */
static struct str prop_in(const struct json *o, const char *name)
{
	const struct json *props = list(o, "props");

	for (size_t i = 0; i < props->arr.n; i++) {
		if (str_eq(guide_text(&props->arr.p[i], "name"), str_z(name))) {
			return guide_text(&props->arr.p[i], "value");
		}
	}
	return S("");
}

bool guide_link(const struct guide_item *it, size_t i, struct str *ret_rel, struct str *ret_href)
{
	const struct json *links = list(it->node, "links");

	if (i >= links->arr.n) {
		return false;
	}
	*ret_rel = guide_text(&links->arr.p[i], "rel");
	*ret_href = guide_text(&links->arr.p[i], "href");
	return true;
}

static void add_items(struct arena *a, struct guide_list *l, const struct json *nodes, struct str group, struct str parent)
{
	for (size_t i = 0; i < nodes->arr.n; i++) {
		const struct json *o = &nodes->arr.p[i];
		struct guide_item *it = vec_add(a, &l->items);

		*it = (struct guide_item){ .id = guide_text(o, "id"), .part = guide_text(o, "name"), .parent = parent, .group = group,
			.title = guide_words(o, "title"), .node = o };
		add_items(a, l, list(o, "parts"), group, guide_text(o, "id"));
	}
}

static const struct catalog_source *source_of(const struct catalog_source *src, size_t n, const char *kind, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(src[i].kind, str_z(kind)) && (name.n == 0 || str_eq(src[i].name, name))) {
			return &src[i];
		}
	}
	return NULL;
}

static int read_one(struct arena *a, const struct catalog_source *src, struct guide_doc *ret, struct perr *reterr)
{
	const struct json *doc, *groups;
	struct guide_list l = { 0 };
	struct guide_doc d = { .name = src->name };
	int r = json_parse(a, src->body, &doc, reterr);

	if (r != 0) {
		return r;
	}
	if ((d.catalog = json_get(doc, S("catalog"))) == NULL) {
		return perr_set(reterr, ERR_MISSING, 0, "%.*s: no catalog", STRF(src->name));
	}
	groups = list(d.catalog, "groups");
	d.title = guide_words(json_get(d.catalog, S("metadata")), "title");
	d.read_by = prop_in(json_get(d.catalog, S("metadata")), "read-by");
	d.read_on = prop_in(json_get(d.catalog, S("metadata")), "read-on");
	for (size_t i = 0; i < groups->arr.n; i++) {
		const struct json *o = &groups->arr.p[i];
		struct guide_group *g = vec_add(a, &l.groups);

		*g = (struct guide_group){ .id = guide_text(o, "id"), .title = guide_words(o, "title"), .first = l.items.n };
		add_items(a, &l, list(o, "controls"), g->id, S(""));
		add_items(a, &l, list(o, "parts"), g->id, S(""));
		g->n = l.items.n - g->first;
	}
	d.groups = l.groups.p;
	d.ngroups = l.groups.n;
	d.items = l.items.p;
	d.nitems = l.items.n;
	*ret = d;
	return 0;
}

int guide_read(struct arena *a, const struct catalog_source *src, size_t n, struct str name, struct guide_doc *ret, struct perr *reterr)
{
	const struct catalog_source *s = source_of(src, n, "guideline", name);

	return s == NULL ? perr_set(reterr, ERR_NOTFOUND, 0, "no guideline %.*s", STRF(name)) : read_one(a, s, ret, reterr);
}

struct str guide_prop(const struct guide_doc *d, const struct guide_item *it, const char *name)
{
	struct str v = prop_in(it->node, name);

	if (v.n == 0 && (str_eq(str_z(name), S("provenance")) || str_eq(str_z(name), S("audience")))) {
		const struct json *groups = list(d->catalog, "groups");

		for (size_t i = 0; v.n == 0 && i < groups->arr.n; i++) {
			v = str_eq(guide_text(&groups->arr.p[i], "id"), it->group) ? prop_in(&groups->arr.p[i], name) : S("");
		}
		v = v.n == 0 ? prop_in(json_get(d->catalog, S("metadata")), name) : v;
	}
	return v;
}

bool guide_label(const struct guide_doc *d, struct str id, struct catalog_words *ret)
{
	const struct json *params = list(d->catalog, "params");

	for (size_t i = 0; i < params->arr.n; i++) {
		if (str_eq(guide_text(&params->arr.p[i], "id"), id)) {
			*ret = guide_words(&params->arr.p[i], "label");
			return true;
		}
	}
	return false;
}

int guide_register(struct arena *a, const struct catalog_source *src, size_t n, const struct json **ret, struct perr *reterr)
{
	const struct catalog_source *s = source_of(src, n, "register", S(""));

	return s == NULL ? perr_set(reterr, ERR_NOTFOUND, 0, "no register") : json_parse(a, s->body, ret, reterr);
}
