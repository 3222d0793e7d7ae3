/* What a catalog and the register must be before they are compiled in. Tables say which members and properties there are and which values
 * they take; what is in none of them is a mistake of spelling until somebody adds a row here. */
#include "core/catalog/guide.h"

#include "base/map.h"
#include "base/vec.h"

#include <string.h>

#define LINT_LINK '#'	/* "name#id", or "#id" in the same catalog */

/* One set of words a thing may hold, a blank between; NULL: any text. */
struct word_row {
	const char *name, *words;
};

static const struct word_row item_props[] = {
	{ "audience", NULL }, { "clause", NULL }, { "condition", NULL }, { "domain", NULL }, { "evaluation", "document device-test" },
	{ "feature", NULL }, { "functional-test", "yes no included" }, { "ixit", NULL }, { "key-point", NULL }, { "level", "1 2 3" },
	{ "phase", "policy analysis design build operate user" }, { "priority", "1 2 3" },
	{ "provenance", "verified memory status-memory evaluation-memory priority-memory cut merged" }, { "status", "M R" },
};
static const struct word_row head_props[] = {
	{ "audience", NULL }, { "provenance", "verified memory status-memory" }, { "read-by", NULL }, { "read-on", NULL },
};
static const char audience_words[] = "adopter authority developer maker operator provider tester user";
static const char part_words[] = "check point step note";
static const char link_words[] = "successor counterpart deemed-compliance";
static const char item_members[] = "id links parts props title";
static const char part_members[] = "id links name props title";
static const char group_members[] = "class controls id parts props title";
static const char catalog_members[] = "groups metadata params uuid";
static const char metadata_members[] = "last-modified oscal-version props title version";

static const struct word_row entry_texts[] = {
	{ "id", NULL }, { "year", NULL }, { "updated", NULL }, { "holder", NULL },
	{ "region", "global japan usa europe uk germany singapore" },
	{ "rights", "everything own-words titles ids-only" }, { "provenance", "verified memory deck" },
	{ "items-provenance", "verified memory partly no-items" },
};
static const char *const entry_words[] = { "title", "publisher", "target", "summary" };
static const struct word_row entry_lists[] = {
	{ "audience", audience_words }, { "sectors", "general agriculture automotive home industrial medical payment power railway router" },
	{ "decks", "000 001 002 003 004" },
};
static const char entry_members[] =
	"audience decks holder id items-provenance note provenance publisher region rights sectors summary target title updated year";
static const char *const entry_needed[] = { "id", "year", "updated", "holder", "region", "sectors", "rights", "provenance", "items-provenance" };

struct lint {
	struct arena *a;
	struct guide_faults *out;
	const struct catalog_source *src;
	const struct json **docs;
	size_t n;
	struct str source, yaml;	/* the one being looked at */
	struct map ids;			/* of this catalog */
	bool has_register;
	struct map *all;		/* "name#id" of every catalog, and "name" */
};

/* The line on which an id stands, the last of them where it stands twice; 1 for what belongs to the whole file. */
static u32 line_of(const struct lint *l, struct str id, bool last)
{
	struct str rest = l->yaml, what = str_printf(l->a, "id: \"%.*s\"", STRF(id));
	u32 line = 1, hit = 0;

	while (l->yaml.n > 0 && rest.n > 0 && (hit == 0 || last)) {
		struct str row = str_cut(&rest, '\n');

		hit = str_find(row, what) >= 0 ? line : hit;
		line++;
	}
	return hit != 0 || l->yaml.n == 0 ? hit : 1;
}

static void fault(struct lint *l, const char *code, struct str id, struct str what)
{
	struct guide_faults *f = l->out;

	if (f->n == GUIDE_FAULTS_MAX) {
		return;
	}
	f->p = f->n < f->cap ? f->p : vec_grow(l->a, f->p, sizeof *f->p, f->n, &f->cap);
	f->p[f->n++] = (struct guide_fault){ .source = l->source, .line = line_of(l, id, strcmp(code, "doubled") == 0), .code = code,
		.id = id, .what = what };
}

static bool is_word(const char *words, struct str s)
{
	struct str rest = str_z(words);

	while (words != NULL && rest.n > 0) {
		if (str_eq(str_cut(&rest, ' '), s)) {
			return true;
		}
	}
	return words == NULL;
}

static const struct word_row *row_of(const struct word_row *rows, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(str_z(rows[i].name), name)) {
			return &rows[i];
		}
	}
	return NULL;
}

static void members(struct lint *l, const struct json *o, const char *words, struct str id)
{
	for (size_t i = 0; o != NULL && o->type == JSON_OBJ && i < o->obj.n; i++) {
		if (!is_word(words, o->obj.p[i].key)) {
			fault(l, "member", id, o->obj.p[i].key);
		}
	}
}

static bool beyond_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((u8)s.p[i] >= 0x80) {
			return true;
		}
	}
	return false;
}

/* Both languages; a name may be the same in both, a sentence may not. */
static void words(struct lint *l, const struct json *o, const char *member, struct str id, bool name)
{
	struct catalog_words w = guide_words(o, member);

	if (json_get(o, str_z(member)) == NULL) {
		fault(l, "missing", id, str_z(member));
	} else if (w.en.n == 0 || w.ja.n == 0 || (!name && !beyond_ascii(w.ja))) {
		fault(l, "language", id, str_z(member));
	}
}

static const struct json *list_in(const struct json *o, const char *member)
{
	static const struct json none = { .type = JSON_ARR };
	const struct json *v = json_get(o, str_z(member));

	return v != NULL && v->type == JSON_ARR ? v : &none;
}

static void text_needed(struct lint *l, const struct json *o, const char *member, struct str id)
{
	if (guide_text(o, member).n == 0) {
		fault(l, "missing", id, str_z(member));
	}
}

/* A condition or feature must be a parameter of the catalog. */
static void check_label(struct lint *l, const struct json *catalog, struct str list, struct str id)
{
	const struct json *params = list_in(catalog, "params");

	while (list.n > 0) {
		struct str one = str_trim(str_cut(&list, ','));
		bool there = false;

		for (size_t i = 0; i < params->arr.n; i++) {
			there = there || str_eq(guide_text(&params->arr.p[i], "id"), one);
		}
		if (!there) {
			fault(l, "dead", id, one);
		}
	}
}

static void check_audience(struct lint *l, struct str list, struct str id)
{
	while (list.n > 0) {
		struct str one = str_trim(str_cut(&list, ','));

		if (!is_word(audience_words, one)) {
			fault(l, "value", id, one);
		}
	}
}

static void check_props(struct lint *l, const struct json *catalog, const struct json *o, const struct word_row *rows, size_t n, struct str id)
{
	const struct json *props = list_in(o, "props");

	for (size_t i = 0; i < props->arr.n; i++) {
		struct str name = guide_text(&props->arr.p[i], "name"), value = guide_text(&props->arr.p[i], "value");
		const struct word_row *row = row_of(rows, n, name);

		if (row == NULL) {
			fault(l, "prop", id, name);
			continue;
		}
		if (value.n == 0 || !is_word(row->words, value)) {
			fault(l, "value", id, str_printf(l->a, "%.*s=%.*s", STRF(name), STRF(value)));
		}
		for (size_t k = 0; k < i; k++) {
			if (str_eq(guide_text(&props->arr.p[k], "name"), name)) {
				fault(l, "doubled", id, name);
			}
		}
		if (str_eq(name, S("condition")) || str_eq(name, S("feature"))) {
			check_label(l, catalog, value, id);
		} else if (str_eq(name, S("audience"))) {
			check_audience(l, value, id);
		}
	}
}

static void check_links(struct lint *l, const struct json *o, struct str id)
{
	const struct json *links = list_in(o, "links");

	for (size_t i = 0; i < links->arr.n; i++) {
		struct str rel = guide_text(&links->arr.p[i], "rel"), href = guide_text(&links->arr.p[i], "href");
		struct str to = href.n > 0 && href.p[0] == LINT_LINK ? str_printf(l->a, "%.*s%.*s", STRF(l->source), STRF(href)) : href;

		if (!is_word(link_words, rel) || rel.n == 0) {
			fault(l, "value", id, rel);
		}
		if (map_get(l->all, to) == NULL) {
			fault(l, "dead", id, href);
		}
	}
}

static void once(struct lint *l, struct str id)
{
	bool is_new;

	if (id.n == 0) {
		fault(l, "missing", id, S("id"));
		return;
	}
	*map_put(l->a, &l->ids, id, &is_new) = l;
	if (!is_new) {
		fault(l, "doubled", id, id);
	}
}

static void check_items(struct lint *l, const struct json *catalog, const struct json *list, bool parts)
{
	for (size_t i = 0; i < list->arr.n; i++) {
		const struct json *o = &list->arr.p[i];
		struct str id = guide_text(o, "id");

		once(l, id);
		members(l, o, parts ? part_members : item_members, id);
		check_links(l, o, id);
		words(l, o, "title", id, false);
		if (parts && (guide_text(o, "name").n == 0 || !is_word(part_words, guide_text(o, "name")))) {
			fault(l, "value", id, S("name"));
		}
		check_props(l, catalog, o, item_props, countof(item_props), id);
		check_items(l, catalog, list_in(o, "parts"), true);
	}
}

/* A parameter that no item names is dead. */
static bool names_param(const struct json *list, struct str id)
{
	for (size_t i = 0; i < list->arr.n; i++) {
		const struct json *props = list_in(&list->arr.p[i], "props");

		for (size_t k = 0; k < props->arr.n; k++) {
			struct str name = guide_text(&props->arr.p[k], "name"), value = guide_text(&props->arr.p[k], "value");

			while ((str_eq(name, S("condition")) || str_eq(name, S("feature"))) && value.n > 0) {
				if (str_eq(str_trim(str_cut(&value, ',')), id)) {
					return true;
				}
			}
		}
		if (names_param(list_in(&list->arr.p[i], "parts"), id)) {
			return true;
		}
	}
	return false;
}

static void check_params(struct lint *l, const struct json *catalog)
{
	const struct json *params = list_in(catalog, "params"), *groups = list_in(catalog, "groups");

	for (size_t i = 0; i < params->arr.n; i++) {
		struct str id = guide_text(&params->arr.p[i], "id");
		bool used = false;

		once(l, id);
		members(l, &params->arr.p[i], "class id label", id);
		words(l, &params->arr.p[i], "label", id, false);
		for (size_t k = 0; k < groups->arr.n; k++) {
			used = used || names_param(list_in(&groups->arr.p[k], "controls"), id);
		}
		if (!used) {
			fault(l, "dead", id, id);
		}
	}
}

static void check_catalog(struct lint *l, const struct json *doc)
{
	const struct json *catalog = json_get(doc, S("catalog")), *head = json_get(catalog, S("metadata"));
	const struct json *groups = list_in(catalog, "groups");
	struct str none = S("");

	members(l, doc, "catalog", none);
	if (catalog == NULL || head == NULL) {
		fault(l, "missing", none, catalog == NULL ? S("catalog") : S("metadata"));
		return;
	}
	members(l, catalog, catalog_members, none);
	members(l, head, metadata_members, none);
	words(l, head, "title", none, true);
	check_props(l, catalog, head, head_props, countof(head_props), none);
	if (guide_text(catalog, "uuid").n != 36) {
		fault(l, "value", none, S("uuid"));
	}
	text_needed(l, head, "last-modified", none);
	text_needed(l, head, "oscal-version", none);
	text_needed(l, head, "version", none);
	if (groups->arr.n == 0) {
		fault(l, "empty", none, S("groups"));
	}
	for (size_t i = 0; i < groups->arr.n; i++) {
		const struct json *g = &groups->arr.p[i];
		struct str id = guide_text(g, "id");

		once(l, id);
		members(l, g, group_members, id);
		words(l, g, "title", id, false);
		check_props(l, catalog, g, item_props, countof(item_props), id);
		if (list_in(g, "controls")->arr.n + list_in(g, "parts")->arr.n == 0) {
			fault(l, "empty", id, id);
		}
		check_items(l, catalog, list_in(g, "controls"), false);
		check_items(l, catalog, list_in(g, "parts"), true);
	}
	check_params(l, catalog);
	if (l->has_register && map_get(l->all, str_printf(l->a, "entry %.*s", STRF(l->source))) == NULL) {
		fault(l, "unregistered", none, l->source);
	}
}

static void check_entry(struct lint *l, const struct json *o)
{
	struct str id = guide_text(o, "id");

	once(l, id);
	members(l, o, entry_members, id);
	for (size_t i = 0; i < countof(entry_needed); i++) {
		if (json_get(o, str_z(entry_needed[i])) == NULL) {
			fault(l, "missing", id, str_z(entry_needed[i]));
		}
	}
	for (size_t i = 0; i < countof(entry_words); i++) {
		words(l, o, entry_words[i], id, i == 0 || i == 1);
	}
	for (size_t i = 0; i < countof(entry_texts); i++) {
		struct str v = guide_text(o, entry_texts[i].name);

		if (entry_texts[i].words != NULL && !is_word(entry_texts[i].words, v)) {
			fault(l, "value", id, str_printf(l->a, "%s=%.*s", entry_texts[i].name, STRF(v)));
		}
	}
	for (size_t i = 0; i < countof(entry_lists); i++) {
		const struct json *v = list_in(o, entry_lists[i].name);

		for (size_t k = 0; k < v->arr.n; k++) {
			if (v->arr.p[k].type != JSON_STR || !is_word(entry_lists[i].words, v->arr.p[k].s)) {
				fault(l, "value", id, str_z(entry_lists[i].name));
			}
		}
	}
}

/* One edition of the matrix: every row as long as the head, every mark one of the four. */
static void check_matrix(struct lint *l, const struct json *o)
{
	struct str id = guide_text(o, "id");
	const struct json *columns = list_in(o, "columns"), *rows = list_in(o, "rows");

	words(l, o, "source", id, false);
	for (size_t i = 0; i < rows->arr.n; i++) {
		const struct json *cells = list_in(&rows->arr.p[i], "marks");

		if (cells->arr.n != columns->arr.n) {
			fault(l, "value", id, guide_text(&rows->arr.p[i], "component"));
		}
		for (size_t k = 0; k < cells->arr.n; k++) {
			if (cells->arr.p[k].type != JSON_STR || !is_word("marked blank blank-doubtful marked-doubtful", cells->arr.p[k].s)) {
				fault(l, "value", id, guide_text(&rows->arr.p[i], "component"));
			}
		}
	}
}

static void check_register(struct lint *l, const struct json *doc)
{
	const struct json *entries = list_in(doc, "guidelines"), *matrix = list_in(doc, "matrix"), *sectors = list_in(doc, "sectors");
	const struct json *bodies = list_in(doc, "bodies");

	members(l, doc, "bodies guidelines matrix sectors", S(""));
	for (size_t i = 0; i < entries->arr.n; i++) {
		check_entry(l, &entries->arr.p[i]);
	}
	for (size_t i = 0; i < bodies->arr.n; i++) {
		struct str to = guide_text(&bodies->arr.p[i], "guideline");

		if (to.n > 0 && map_get(&l->ids, to) == NULL) {
			fault(l, "dead", guide_text(&bodies->arr.p[i], "id"), to);
		}
	}
	for (size_t i = 0; i < matrix->arr.n; i++) {
		check_matrix(l, &matrix->arr.p[i]);
	}
	for (size_t i = 0; i < sectors->arr.n; i++) {
		words(l, &sectors->arr.p[i], "title", guide_text(&sectors->arr.p[i], "id"), false);
	}
}

static void collect(struct lint *l, struct str name, const struct json *list)
{
	for (size_t i = 0; i < list->arr.n; i++) {
		*map_put(l->a, l->all, str_printf(l->a, "%.*s#%.*s", STRF(name), STRF(guide_text(&list->arr.p[i], "id"))), NULL) = l;
		collect(l, name, list_in(&list->arr.p[i], "controls"));
		collect(l, name, list_in(&list->arr.p[i], "parts"));
	}
}

int guide_lint(struct arena *a, const struct catalog_source *src, const struct str *yaml, size_t n, struct guide_faults *ret,
	struct perr *reterr)
{
	struct map all = { 0 };
	struct lint l = { .a = a, .out = ret, .src = src, .n = n, .all = &all, .docs = arena_alloc(a, n * sizeof *l.docs) };
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct json *entries;

		if ((r = json_parse(a, src[i].body, &l.docs[i], reterr)) != 0) {
			return r;
		}
		entries = list_in(l.docs[i], "guidelines");
		if (str_eq(src[i].kind, S("guideline"))) {
			collect(&l, src[i].name, list_in(json_get(l.docs[i], S("catalog")), "groups"));
		}
		l.has_register = l.has_register || str_eq(src[i].kind, S("register"));
		for (size_t k = 0; str_eq(src[i].kind, S("register")) && k < entries->arr.n; k++) {
			*map_put(a, &all, str_printf(a, "entry %.*s", STRF(guide_text(&entries->arr.p[k], "id"))), NULL) = &l;
		}
	}
	for (size_t i = 0; i < n; i++) {
		l.source = src[i].name;
		l.yaml = yaml == NULL ? S("") : yaml[i];
		l.ids = (struct map){ 0 };
		if (str_eq(src[i].kind, S("guideline"))) {
			check_catalog(&l, l.docs[i]);
		} else if (str_eq(src[i].kind, S("register"))) {
			check_register(&l, l.docs[i]);
		}
	}
	return 0;
}
