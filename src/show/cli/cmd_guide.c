/* guide ls, show, matrix, lint: the register of guidelines, the items of those compiled in, and which guideline speaks of which component.
 * They read what is compiled in (core/catalog/guide.h) and need no store. */
#include "show/cli/out.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "core/catalog/guide.h"

#include <errno.h>
#include <string.h>

#define BASE_EDITION "A"	/* of the matrix: the one the others are drawn from */

static const struct json *list(const struct json *o, const char *member)
{
	static const struct json none = { .type = JSON_ARR };
	const struct json *l = json_get(o, str_z(member));

	return l != NULL && l->type == JSON_ARR ? l : &none;
}

static struct str said(const struct cli *c, const struct json *o, const char *member)
{
	struct catalog_words w = guide_words(o, member);

	return cli_words(c, &w);
}

/* The build has held it against guide_lint; it is there and it reads. */
static const struct json *the_register(struct cli *c)
{
	const struct json *reg;

	must(guide_register(c->a, catalog_builtin, catalog_nbuiltin, &reg, NULL) == 0);
	return reg;
}

static const struct json *entry_of(const struct json *reg, struct str id)
{
	const struct json *l = list(reg, "guidelines");

	for (size_t i = 0; i < l->arr.n; i++) {
		if (str_eq(guide_text(&l->arr.p[i], "id"), id)) {
			return &l->arr.p[i];
		}
	}
	return NULL;
}

static const char *name_at(const void *ctx, size_t i)
{
	return ((const char *const *)ctx)[i];
}

static int no_guideline(struct cli *c, const struct json *reg, struct str id)
{
	const struct json *l = list(reg, "guidelines");
	const char **names = arena_alloc(c->a, l->arr.n * sizeof *names);
	struct str near;

	for (size_t i = 0; i < l->arr.n; i++) {
		names[i] = str_c(c->a, guide_text(&l->arr.p[i], "id"));
	}
	near = cli_nearest(id, name_at, names, l->arr.n);
	return cli_error(c, CLI_FAILED, "E-GUIDE", MSG_err_guide, near.n > 0 ? MSG_fix_near : MSG_fix_guides,
		TR({ "name", id }, { "near", near }));
}

/* The strings of a JSON list. */
static size_t texts(struct arena *a, const struct json *l, struct str **ret)
{
	struct str *p = arena_alloc(a, l->arr.n * sizeof *p);
	size_t n = 0;

	for (size_t i = 0; i < l->arr.n; i++) {
		if (l->arr.p[i].type == JSON_STR) {
			p[n++] = l->arr.p[i].s;
		}
	}
	*ret = p;
	return n;
}

static bool has(const struct str *p, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(p[i], word)) {
			return true;
		}
	}
	return false;
}

/* The components the base matrix marks for a guideline; *ret_known false: the matrix has no column for it. */
static size_t components(struct arena *a, const struct json *reg, struct str id, struct str **ret, bool *ret_known)
{
	const struct json *bodies = list(reg, "bodies"), *editions = list(reg, "matrix");
	struct str *out = arena_alloc(a, 4 * sizeof *out), body = S("");
	size_t n = 0;

	*ret_known = false;
	for (size_t i = 0; i < bodies->arr.n; i++) {
		body = str_eq(guide_text(&bodies->arr.p[i], "guideline"), id) ? guide_text(&bodies->arr.p[i], "id") : body;
	}
	for (size_t e = 0; e < editions->arr.n && body.n > 0; e++) {
		const struct json *rows = list(&editions->arr.p[e], "rows"), *cols = list(&editions->arr.p[e], "columns");

		for (size_t i = 0; str_eq(guide_text(&editions->arr.p[e], "id"), S(BASE_EDITION)) && i < rows->arr.n && n < 4; i++) {
			for (size_t k = 0; k < cols->arr.n; k++) {
				if (str_eq(cols->arr.p[k].s, body)) {
					*ret_known = true;
					if (str_eq(list(&rows->arr.p[i], "marks")->arr.p[k].s, S("marked"))) {
						out[n++] = guide_text(&rows->arr.p[i], "component");
					}
				}
			}
		}
	}
	*ret = out;
	return n;
}

static bool catalog_held(struct str id)
{
	for (size_t i = 0; i < catalog_nbuiltin; i++) {
		if (str_eq(catalog_builtin[i].kind, S("guideline")) && str_eq(catalog_builtin[i].name, id)) {
			return true;
		}
	}
	return false;
}

/* A control or part whose words, status or anything else nobody has seen in the original. */
static bool unverified(const struct guide_doc *d, const struct guide_item *it)
{
	struct str p = guide_prop(d, it, "provenance");

	return str_ends(p, S("memory")) || str_eq(p, S("cut"));
}

static void set_held(struct cli *c, struct view_row *row, struct str id)
{
	struct guide_doc d;
	size_t n = 0, open = 0;

	if (!catalog_held(id)) {
		view_set_str(row, VIEW_guideline_held, S("named-only"));
		return;
	}
	must(guide_read(c->a, catalog_builtin, catalog_nbuiltin, id, &d, NULL) == 0);
	for (size_t i = 0; i < d.nitems; i++) {
		bool counts = !str_eq(d.items[i].part, S("note")) && !str_eq(d.items[i].part, S("step"));

		n += counts;
		open += counts && unverified(&d, &d.items[i]);
	}
	view_set_str(row, VIEW_guideline_held, d.read_by.n > 0 ? S("complete") : S("unreviewed"));
	view_set_int(row, VIEW_guideline_items, (i64)n);
	view_set_int(row, VIEW_guideline_unverified, (i64)open);
	if (d.read_by.n > 0) {
		view_set_str(row, VIEW_guideline_reviewed_by, d.read_by);
		view_set_str(row, VIEW_guideline_reviewed_on, d.read_on);
	}
}

static struct view_row guideline_row(struct cli *c, const struct json *reg, const struct json *o)
{
	static const struct {
		u32 field;
		const char *member;
	} plain[] = {
		{ VIEW_guideline_id, "id" }, { VIEW_guideline_year, "year" }, { VIEW_guideline_updated, "updated" },
		{ VIEW_guideline_region, "region" }, { VIEW_guideline_rights, "rights" }, { VIEW_guideline_holder, "holder" },
		{ VIEW_guideline_verified, "provenance" }, { VIEW_guideline_items_verified, "items-provenance" },
	}, both[] = {
		{ VIEW_guideline_title, "title" }, { VIEW_guideline_publisher, "publisher" }, { VIEW_guideline_target, "target" },
		{ VIEW_guideline_summary, "summary" }, { VIEW_guideline_note, "note" },
	}, many[] = {
		{ VIEW_guideline_sectors, "sectors" }, { VIEW_guideline_audience, "audience" }, { VIEW_guideline_decks, "decks" },
	};
	struct view_row row = view_row(VIEW_guideline);
	struct str *p;
	bool known;
	size_t n;

	for (size_t i = 0; i < countof(plain); i++) {
		struct str v = guide_text(o, plain[i].member);

		if (v.n > 0) {
			view_set_str(&row, plain[i].field, v);
		}
	}
	for (size_t i = 0; i < countof(both); i++) {
		struct str v = said(c, o, both[i].member);

		if (v.n > 0) {
			view_set_str(&row, both[i].field, v);
		}
	}
	for (size_t i = 0; i < countof(many); i++) {
		if ((n = texts(c->a, list(o, many[i].member), &p)) > 0) {
			view_set_strs(&row, many[i].field, p, n);
		}
	}
	n = components(c->a, reg, guide_text(o, "id"), &p, &known);
	if (known) {
		view_set_strs(&row, VIEW_guideline_components, p, n);
	}
	set_held(c, &row, guide_text(o, "id"));
	return row;
}

static bool wanted(struct cli *c, const struct view_row *row)
{
	static const struct {
		const char *opt;
		u32 field;
	} lists[] = { { "component", VIEW_guideline_components }, { "field", VIEW_guideline_sectors }, { "audience", VIEW_guideline_audience } };

	for (size_t i = 0; i < countof(lists); i++) {
		const struct view_value *v = &row->v[lists[i].field];

		if (cli_has(c, lists[i].opt) && !(v->present && has(v->strs.p, v->strs.n, cli_str(c, lists[i].opt)))) {
			return false;
		}
	}
	return (!cli_has(c, "region") || str_eq(row->v[VIEW_guideline_region].s, cli_str(c, "region"))) &&
		(!cli_flag(c, "held") || !str_eq(row->v[VIEW_guideline_held].s, S("named-only")));
}

/* A field that the sources name without naming a guideline of it: whoever is in it has to look for one. */
static void say_field(struct cli *c, const struct json *reg, size_t n)
{
	const struct json *l = list(reg, "sectors");
	struct str field = cli_str(c, "field");

	for (size_t i = 0; i < l->arr.n; i++) {
		if (str_eq(guide_text(&l->arr.p[i], "id"), field)) {
			cli_say(c, n == 0 ? MSG_say_field_none : MSG_say_field, TR({ "field", said(c, &l->arr.p[i], "title") }));
		}
	}
}

int cmd_guide_ls(struct cli *c)
{
	const struct json *reg = the_register(c), *l = list(reg, "guidelines");
	struct out *o;
	size_t n;
	int exit;

	if (c->args.n > 0) {
		const struct json *e = entry_of(reg, c->args.p[0]);
		struct view_row row;

		if (e == NULL) {
			return no_guideline(c, reg, c->args.p[0]);
		}
		row = guideline_row(c, reg, e);
		return out_card(c, &row);
	}
	exit = out_open(c, &o);
	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	for (size_t i = 0; i < l->arr.n; i++) {
		struct view_row row = guideline_row(c, reg, &l->arr.p[i]);

		if (wanted(c, &row)) {
			out_row(o, &row);
		}
	}
	n = out_count(o);
	exit = out_close(o, true);
	if (exit == CLI_OK && cli_has(c, "field")) {
		say_field(c, reg, n);
	}
	return exit == CLI_OK && n == 0 ? CLI_NO : exit;
}

/* ---- matrix ---- */

static bool matrix_row(struct cli *c, const struct json *edition, const struct json *line, struct view_row *row)
{
	const struct json *cols = list(edition, "columns"), *marks = list(line, "marks");
	bool doubt = false;

	*row = view_row(VIEW_matrix);
	view_set_str(row, VIEW_matrix_edition, guide_text(edition, "id"));
	view_set_str(row, VIEW_matrix_component, guide_text(line, "component"));
	view_set_str(row, VIEW_matrix_source, said(c, edition, "source"));
	for (size_t i = 0; i < cols->arr.n; i++) {
		int field = view_field_find(row->view, cols->arr.p[i].s);

		must(field >= 0);
		view_set_str(row, (u32)field, marks->arr.p[i].s);
		doubt = doubt || str_ends(marks->arr.p[i].s, S("doubtful"));
	}
	return doubt;
}

/* People read one table an edition, below its source. */
int cmd_guide_matrix(struct cli *c)
{
	const struct json *editions = list(the_register(c), "matrix");
	bool tables = out_format(c) == OUT_TABLE, doubt = false;
	struct out *o = NULL;
	int exit = CLI_OK;

	for (size_t e = 0; e < editions->arr.n && exit == CLI_OK; e++) {
		const struct json *edition = &editions->arr.p[e], *rows = list(edition, "rows");

		if (cli_has(c, "edition") && !str_eq(cli_str(c, "edition"), guide_text(edition, "id"))) {
			continue;
		}
		if (o == NULL || tables) {
			if (tables && !cli_flag(c, "fields-help")) {
				out_heading(c, str_printf(c->a, "%.*s  %.*s", STRF(guide_text(edition, "id")),
					STRF(said(c, edition, "source"))));
			}
			exit = out_open(c, &o);
			if (exit != CLI_OK || o == NULL) {
				return exit;
			}
		}
		for (size_t i = 0; i < rows->arr.n; i++) {
			struct view_row row;

			if (!cli_has(c, "component") || str_eq(cli_str(c, "component"), guide_text(&rows->arr.p[i], "component"))) {
				doubt = matrix_row(c, edition, &rows->arr.p[i], &row) || doubt;
				if (tables) {
					out_hide(o, VIEW_matrix_edition);
				}
				out_row(o, &row);
			}
		}
		exit = tables ? out_close(o, true) : exit;
	}
	exit = !tables && exit == CLI_OK ? out_close(o, true) : exit;
	if (exit == CLI_OK) {
		cli_say(c, MSG_say_matrix_bodies, TR_NONE);
		if (doubt) {
			cli_say(c, MSG_say_matrix_doubt, TR_NONE);
		}
	}
	return exit;
}

/* ---- show ---- */

/* "1, 2" as a list. */
static size_t pieces(struct arena *a, struct str s, struct str **ret)
{
	struct str *p = arena_alloc(a, (s.n / 2 + 1) * sizeof *p);
	size_t n = 0;

	while (s.n > 0) {
		p[n++] = str_trim(str_cut(&s, ','));
	}
	*ret = p;
	return n;
}

static struct str status_word(struct str s)
{
	return str_eq(s, S("M")) ? S("mandatory") : str_eq(s, S("R")) ? S("recommended") : s;
}

/* What the letters of condition and feature mean. */
static void set_applies(struct cli *c, struct view_row *row, const struct guide_doc *d, const struct guide_item *it)
{
	struct str *ids, *out, all = str_printf(c->a, "%.*s,%.*s", STRF(guide_prop(d, it, "condition")), STRF(guide_prop(d, it, "feature")));
	size_t n = pieces(c->a, all, &ids), k = 0;

	out = arena_alloc(c->a, n * sizeof *out);
	for (size_t i = 0; i < n; i++) {
		struct catalog_words w;

		if (guide_label(d, ids[i], &w)) {
			out[k++] = cli_words(c, &w);
		}
	}
	view_set_strs(row, VIEW_guideline_item_applies, out, k);
}

static void set_links(struct cli *c, struct view_row *row, const struct guide_item *it)
{
	struct str *out, rel, href;
	size_t n = 0;

	while (guide_link(it, n, &rel, &href)) {
		n++;
	}
	out = arena_alloc(c->a, n * sizeof *out);
	for (size_t i = 0; i < n && guide_link(it, i, &rel, &href); i++) {
		out[i] = str_printf(c->a, "%.*s:%.*s", STRF(rel), STRF(href));
	}
	view_set_strs(row, VIEW_guideline_item_links, out, n);
}

static struct view_row item_row(struct cli *c, const struct guide_doc *d, const struct guide_item *it, const struct guide_group *g)
{
	static const struct {
		u32 field;
		const char *prop;
	} props[] = {
		{ VIEW_guideline_item_condition, "condition" }, { VIEW_guideline_item_level, "level" },
		{ VIEW_guideline_item_verified, "provenance" }, { VIEW_guideline_item_key_point, "key-point" },
		{ VIEW_guideline_item_phase, "phase" }, { VIEW_guideline_item_feature, "feature" },
		{ VIEW_guideline_item_clause, "clause" }, { VIEW_guideline_item_domain, "domain" },
		{ VIEW_guideline_item_priority, "priority" }, { VIEW_guideline_item_evaluation, "evaluation" },
		{ VIEW_guideline_item_functional_test, "functional-test" }, { VIEW_guideline_item_ixit, "ixit" },
	};
	struct view_row row = view_row(VIEW_guideline_item);
	struct str *audience;
	size_t n = pieces(c->a, guide_prop(d, it, "audience"), &audience);

	view_set_str(&row, VIEW_guideline_item_guideline, d->name);
	view_set_str(&row, VIEW_guideline_item_item, it->id);
	view_set_str(&row, VIEW_guideline_item_part, it->part);
	view_set_str(&row, VIEW_guideline_item_status, status_word(guide_prop(d, it, "status")));
	view_set_str(&row, VIEW_guideline_item_title, cli_words(c, &it->title));
	view_set_str(&row, VIEW_guideline_item_group, g->id);
	view_set_str(&row, VIEW_guideline_item_group_title, cli_words(c, &g->title));
	view_set_str(&row, VIEW_guideline_item_parent, it->parent);
	for (size_t i = 0; i < countof(props); i++) {
		view_set_str(&row, props[i].field, guide_prop(d, it, props[i].prop));
	}
	view_set_strs(&row, VIEW_guideline_item_audience, audience, n);
	set_applies(c, &row, d, it);
	set_links(c, &row, it);
	return row;
}

/* A level includes those below it; an item that says nothing of the asked is not among them. */
static bool item_wanted(struct cli *c, const struct guide_doc *d, const struct guide_item *it)
{
	struct str level = guide_prop(d, it, "level"), *audience;
	u64 v;

	if (cli_has(c, "level") && (str_u64(level, 9, &v) != 0 || v > (u64)cli_int(c, "level"))) {
		return false;
	}
	return !cli_has(c, "audience") || has(audience, pieces(c->a, guide_prop(d, it, "audience"), &audience), cli_str(c, "audience"));
}

static int no_item(struct cli *c, const struct guide_doc *d, struct str id)
{
	const char **names = arena_alloc(c->a, d->nitems * sizeof *names);
	struct str near;

	for (size_t i = 0; i < d->nitems; i++) {
		names[i] = str_c(c->a, d->items[i].id);
	}
	near = cli_nearest(id, name_at, names, d->nitems);
	return cli_error(c, CLI_FAILED, "E-ITEM", MSG_err_item, near.n > 0 ? MSG_fix_near : MSG_fix_items,
		TR({ "name", id }, { "guide", d->name }, { "near", near }));
}

static int show_item(struct cli *c, const struct guide_doc *d, struct str id)
{
	const struct guide_group *g = d->groups;
	size_t at = 0, end;
	struct view_row row;
	struct out *o;
	int exit;

	while (at < d->nitems && !str_eq(d->items[at].id, id)) {
		at++;
	}
	if (at == d->nitems) {
		return no_item(c, d, id);
	}
	while (at >= g->first + g->n) {
		g++;
	}
	for (end = at + 1; end < d->nitems && str_eq(d->items[end].parent, id); end++) {
	}
	row = item_row(c, d, &d->items[at], g);
	if (out_format(c) == OUT_TABLE && !cli_flag(c, "fields-help")) {
		if ((exit = out_card(c, &row)) != CLI_OK || end == at + 1) {
			return exit;
		}
		at++;
		out_heading(c, tr_text(c->lang, MSG_say_parts));
	}
	exit = out_open(c, &o);
	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	for (; at < end; at++) {
		row = item_row(c, d, &d->items[at], g);
		out_row(o, &row);
	}
	return out_close(o, true);
}

/* Whether all of a group stands as verified: then people need no column that says so. */
static bool all_verified(const struct guide_doc *d, const struct guide_group *g)
{
	for (size_t i = g->first; i < g->first + g->n; i++) {
		if (!str_eq(guide_prop(d, &d->items[i], "provenance"), S("verified"))) {
			return false;
		}
	}
	return true;
}

/* People read one table a group, below its title. */
static int show_all(struct cli *c, const struct guide_doc *d)
{
	bool tables = out_format(c) == OUT_TABLE;
	struct out *o = NULL;
	int exit = CLI_OK;
	size_t n = 0;

	for (size_t k = 0; k < d->ngroups && exit == CLI_OK; k++) {
		const struct guide_group *g = &d->groups[k];
		bool open = false;

		for (size_t i = g->first; i < g->first + g->n; i++) {
			struct view_row row = item_row(c, d, &d->items[i], g);

			if (!item_wanted(c, d, &d->items[i])) {
				continue;
			}
			if (o == NULL || (tables && !open)) {
				if (tables && !cli_flag(c, "fields-help")) {
					out_heading(c, str_printf(c->a, "%.*s  %.*s", STRF(g->id), STRF(cli_words(c, &g->title))));
				}
				exit = out_open(c, &o);
				if (exit != CLI_OK || o == NULL) {
					return exit;
				}
				open = true;
				if (tables && all_verified(d, g)) {
					out_hide(o, VIEW_guideline_item_verified);
				}
			}
			out_row(o, &row);
			n++;
		}
		exit = tables && open ? out_close(o, true) : exit;
	}
	if (n == 0) {
		return cli_error(c, CLI_NO, "E-ITEM", MSG_err_no_items, MSG_NONE, TR({ "guide", d->name }));
	}
	return tables || exit != CLI_OK ? exit : out_close(o, true);
}

/* The register's line is all there is. */
static int show_entry(struct cli *c, const struct json *reg, const struct json *entry)
{
	struct view_row row = guideline_row(c, reg, entry);
	int exit = out_format(c) == OUT_TABLE ? out_card(c, &row) : CLI_OK;

	return exit != CLI_OK ? exit : cli_error(c, CLI_NO, "E-GUIDE", MSG_err_named_only, MSG_fix_named_only,
		TR({ "name", guide_text(entry, "id") }));
}

int cmd_guide_show(struct cli *c)
{
	const struct json *reg = the_register(c), *entry = entry_of(reg, c->args.p[0]);
	struct guide_doc d;

	if (entry == NULL) {
		return no_guideline(c, reg, c->args.p[0]);
	}
	if (!catalog_held(c->args.p[0])) {
		return show_entry(c, reg, entry);
	}
	must(guide_read(c->a, catalog_builtin, catalog_nbuiltin, c->args.p[0], &d, NULL) == 0);
	if (c->args.n > 1) {
		return show_item(c, &d, c->args.p[1]);
	}
	if (out_format(c) == OUT_TABLE && !cli_flag(c, "fields-help")) {
		out_heading(c, said(c, entry, "title"));
	}
	return show_all(c, &d);
}

/* ---- lint ---- */

static int read_yaml(struct cli *c, struct str path, struct str *ret)
{
	FILE *f = fopen(str_c(c->a, path), "re");
	struct buf b = buf_new(c->a, LIMIT_YAML_FILE + 1);
	u8 piece[16384];
	size_t n;
	int r;

	if (f == NULL) {
		return err_from_errno(errno);
	}
	while ((n = fread(piece, 1, sizeof piece, f)) > 0 && b.n <= LIMIT_YAML_FILE) {
		buf_bytes(&b, piece, n);
	}
	r = ferror(f) != 0 ? ERR_IO : buf_done(&b);
	(void)fclose(f);
	*ret = r == 0 ? buf_view(&b) : S("");
	return r;
}

static struct str stem(struct str path)
{
	while (str_chr(path, '/') >= 0) {
		str_cut(&path, '/');
	}
	return str_ends(path, S(".yaml")) ? str_sub(path, 0, path.n - 5) : path;
}

/* The compiled-in sources and the file in their midst: its links may lead to them, and it may stand in for one of them. */
static int lint_file(struct cli *c, struct str path, struct guide_faults *ret)
{
	struct catalog_source *src = arena_alloc(c->a, (catalog_nbuiltin + 1) * sizeof *src);
	struct str *yaml = arena_alloc(c->a, (catalog_nbuiltin + 1) * sizeof *yaml), name = stem(path), text;
	struct buf body = buf_new(c->a, 0);
	const struct json *doc;
	struct perr err = { 0 };
	size_t n = 0;
	int r = read_yaml(c, path, &text);

	if (r != 0) {
		return cli_error_of(c, r, path);
	}
	if ((r = yaml_parse(c->a, text, &doc, &err)) != 0) {
		r = cli_error(c, CLI_FORMAT, "E-GUIDE", MSG_err_guide_yaml, MSG_NONE,
			TR({ "file", path }, { "place", str_printf(c->a, "%u:%u", err.line, err.col) },
				{ "reason", str_dup(c->a, str_z(err.text[0] != 0 ? err.text : err_text(r))) }));
		cli_show_place(c, text, &err);
		return r;
	}
	json_canon(&body, doc);
	if ((r = buf_done(&body)) != 0) {
		return cli_error_of(c, r, path);
	}
	for (size_t i = 0; i < catalog_nbuiltin; i++) {
		if (!str_eq(catalog_builtin[i].kind, S("register")) && !str_eq(catalog_builtin[i].name, name)) {
			src[n++] = catalog_builtin[i];
		}
	}
	src[n] = (struct catalog_source){ .kind = S("guideline"), .name = name, .body = buf_view(&body) };
	yaml[n++] = text;
	r = guide_lint(c->a, src, yaml, n, ret, &err);
	return r != 0 ? cli_error_of(c, r, path) : CLI_OK;
}

int cmd_guide_lint(struct cli *c)
{
	struct guide_faults faults = { 0 };
	struct out *o;
	int exit = CLI_OK;

	if (c->args.n > 0) {
		exit = lint_file(c, c->args.p[0], &faults);
	} else if (guide_lint(c->a, catalog_builtin, NULL, catalog_nbuiltin, &faults, NULL) != 0) {
		must(false);	/* the build has read them */
	}
	if (exit != CLI_OK || (exit = out_open(c, &o)) != CLI_OK || o == NULL) {
		return exit;
	}
	for (size_t i = 0; i < faults.n; i++) {
		const struct guide_fault *f = &faults.p[i];
		struct view_row row = view_row(VIEW_check);

		view_set_str(&row, VIEW_check_what, str_z(f->code));
		view_set_answer(&row, VIEW_check_state, VIEW_FAIL);
		view_set_str(&row, VIEW_check_place, f->line == 0 ? f->source : str_printf(c->a, "%.*s:%u", STRF(f->source), f->line));
		view_set_str(&row, VIEW_check_reason, tr_text(c->lang, tr_find(str_printf(c->a, "lint.%s", f->code))));
		view_set_str(&row, VIEW_check_text, f->id.n == 0 ? f->what : str_printf(c->a, "%.*s: %.*s", STRF(f->id), STRF(f->what)));
		out_row(o, &row);
	}
	exit = out_close(o, true);
	if (exit == CLI_OK) {
		cli_say(c, faults.n == 0 ? MSG_say_lint_sound : MSG_say_lint_faults, TR({ "n", str_printf(c->a, "%zu", faults.n) }));
	}
	return exit != CLI_OK ? exit : faults.n == 0 ? CLI_OK : CLI_NO;
}
