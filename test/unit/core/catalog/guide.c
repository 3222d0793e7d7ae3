/* The catalogs as people read them: nothing is missing, added or misnumbered against lists that were written from the tables of facts and
 * never from the YAML (test/golden/guidelines/NAME.ids), and a catalog or register that is wrong anywhere is refused with its place. */
#include "unit.h"

#include "base/arena.h"
#include "base/yaml.h"
#include "core/catalog/guide.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

static struct arena *a;

static struct str slurp(struct str name)
{
	struct buf b = buf_new(a, 0);
	char piece[4096];
	FILE *f = fopen(str_c(a, str_printf(a, "%s/test/golden/guidelines/%.*s.ids", SOURCE_ROOT, STRF(name))), "rb");
	size_t n;

	while (f != NULL && (n = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_bytes(&b, piece, n);
	}
	if (f != NULL) {
		fclose(f);
	}
	return buf_view(&b);
}

static struct guide_doc doc_of(const char *name)
{
	struct guide_doc d;
	struct perr err;

	if (guide_read(a, catalog_builtin, catalog_nbuiltin, str_z(name), &d, &err) != 0) {
		fail_msg("%s: %s", name, err.text);
	}
	return d;
}

/* id, group, status, condition, feature, part, provenance: a line an item, in the order of the guideline. */
static struct str listed(const struct guide_doc *d)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < d->nitems; i++) {
		const struct guide_item *it = &d->items[i];

		if (!str_eq(it->part, S("note")) && !str_eq(it->part, S("step"))) {
			buf_printf(&b, "%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t", STRF(it->id), STRF(it->group), STRF(guide_prop(d, it, "status")),
				STRF(guide_prop(d, it, "condition")), STRF(guide_prop(d, it, "feature")), STRF(it->part));
			buf_printf(&b, "%.*s\n", STRF(guide_prop(d, it, "provenance")));
		}
	}
	return buf_view(&b);
}

void test_guide__no_item_is_missing_or_misnumbered(void **state)
{
	size_t catalogs = 0;

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < catalog_nbuiltin; i++) {
		struct str want, got;
		struct guide_doc d;

		if (!str_eq(catalog_builtin[i].kind, S("guideline"))) {
			continue;
		}
		catalogs++;
		d = doc_of(str_c(a, catalog_builtin[i].name));
		want = slurp(d.name);
		got = listed(&d);
		assert_true(want.n > 0);
		while (want.n > 0 || got.n > 0) {
			struct str w = str_cut(&want, '\n'), g = str_cut(&got, '\n');

			/* what is cut short or run together in the source is no less verified than the table says */
			if (str_ends(g, S("\tcut"))) {
				g = str_printf(a, "%.*sverified", (int)(g.n - 3), g.p);
			} else if (str_ends(g, S("\tmerged"))) {
				g = str_printf(a, "%.*sverified", (int)(g.n - 6), g.p);
			}
			if (!str_eq(w, g)) {
				fail_msg("%.*s: \"%.*s\", not \"%.*s\"", STRF(d.name), STRF(g), STRF(w));
			}
		}
	}
	assert_int_equal(catalogs, 9);
	arena_free(a);
}

static size_t count(const struct guide_doc *d, const char *part, const char *prop, const char *value)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nitems; i++) {
		n += str_eq(d->items[i].part, str_z(part)) && (prop == NULL || str_eq(guide_prop(d, &d->items[i], prop), str_z(value)));
	}
	return n;
}

void test_guide__totals_are_the_published_ones(void **state)
{
	struct guide_doc d;

	(void)state;
	a = arena_new(NULL, 0);
	d = doc_of("jssec-v1");
	assert_int_equal(count(&d, "", NULL, NULL), 38);	/* viewpoints */
	assert_int_equal(count(&d, "note", NULL, NULL), 4);	/* key points 9 to 12 are out of scope, and said to be */
	assert_int_equal(count(&d, "check", "provenance", "cut"), 4);
	d = doc_of("en303645-v3.1.3");
	assert_int_equal(count(&d, "", "status", "M"), 36);
	assert_int_equal(count(&d, "", "status", "R"), 42);
	d = doc_of("en303645-v2.1.1");
	assert_int_equal(count(&d, "", "status", "M"), 33);
	assert_int_equal(count(&d, "", "status", "R"), 35);
	d = doc_of("iotc-v1");
	assert_int_equal(count(&d, "", NULL, NULL), 25);
	assert_int_equal(count(&d, "point", NULL, NULL), 41);
	d = doc_of("ctia-v1.0.1");
	assert_int_equal(count(&d, "", "level", "1"), 6);
	assert_int_equal(count(&d, "", "level", "2"), 7);
	assert_int_equal(count(&d, "", "level", "3"), 4);
	assert_int_equal(count(&d, "step", NULL, NULL), 7);
	d = doc_of("iso27400-2022");
	assert_int_equal(count(&d, "", "audience", "user"), 7);
	assert_int_equal(count(&d, "", "audience", "developer, provider"), 38);
	assert_int_equal(count(&d, "", "provenance", "memory"), 30);
	arena_free(a);
}

/* Every provision of V2.1.1 leads to one of V3.1.3, and those that are new there are the four the publisher added. */
void test_guide__the_id_table_between_editions_is_whole(void **state)
{
	static const char *const fresh[] = { "5.1-2A", "6-6", "6-7", "6-8" };
	struct guide_doc old, new;
	size_t nfresh = 0;

	(void)state;
	a = arena_new(NULL, 0);
	old = doc_of("en303645-v2.1.1");
	new = doc_of("en303645-v3.1.3");
	for (size_t k = 0; k < new.nitems; k++) {
		size_t from = 0;

		for (size_t i = 0; i < old.nitems; i++) {
			struct str rel, href;

			assert_true(guide_link(&old.items[i], 0, &rel, &href));
			for (size_t j = 0; guide_link(&old.items[i], j, &rel, &href); j++) {
				assert_str(rel, "successor");
				from += str_eq(href, str_printf(a, "en303645-v3.1.3#%.*s", STRF(new.items[k].id)));
			}
		}
		assert_in_range(from, 0, 1);
		if (from == 0) {
			assert_in_range(nfresh, 0, countof(fresh) - 1);
			assert_str(new.items[k].id, fresh[nfresh++]);
		}
	}
	assert_int_equal(nfresh, countof(fresh));
	arena_free(a);
}

void test_guide__what_is_built_in_is_sound(void **state)
{
	struct guide_faults f = { 0 };
	struct catalog c;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(guide_lint(a, catalog_builtin, NULL, catalog_nbuiltin, &f, &err), 0);
	for (size_t i = 0; i < f.n; i++) {
		print_error("%.*s: %s: %.*s: %.*s\n", STRF(f.p[i].source), f.p[i].code, STRF(f.p[i].id), STRF(f.p[i].what));
	}
	assert_int_equal(f.n, 0);
	/* the hash made at build is that of the body, and the body is canonical: the text a loader would make is the same */
	assert_int_equal(catalog_load(a, catalog_builtin, catalog_nbuiltin, &c, &err), 0);
	for (size_t i = 0; i < c.nguidelines; i++) {
		const struct json *v;
		struct sha256_ctx h;
		u8 hash[SHA256_DIGEST_SIZE];

		sha256_init(&h);
		sha256_update(&h, c.guidelines[i].text.body.n, (const u8 *)c.guidelines[i].text.body.p);
		sha256_digest(&h, sizeof hash, hash);
		assert_memory_equal(hash, c.guidelines[i].text.hash, sizeof hash);
		assert_int_equal(json_parse(a, c.guidelines[i].text.body, &v, &err), 0);
		assert_true(json_is_canon(a, c.guidelines[i].text.body, v));
	}
	arena_free(a);
}

static const struct json *member(const struct json *o, const char *name)
{
	const struct json *v = json_get(o, str_z(name));

	assert_non_null(v);
	return v;
}

/* Row by row as the source prints it: o marked, . blank, ? blank and ! marked where the source can be read in two ways. */
void test_guide__the_matrix_is_as_published(void **state)
{
	static const char *const want[3][4] = {
		{ "o.oo.o.o.", ".oooooooo", "ooo.oo.oo", "..o..oo.o" },
		{ "o.oo.o.o.o", ".ooooooooo", "ooo.oo.ooo", "..o..oo.?!" },
		{ "o.oo.o.o.", ".o.oooooo", "....oo.oo", "..o..oo.o" },
	};
	static const char *const marks[] = { "marked", "blank", "blank-doubtful", "marked-doubtful" };
	const struct json *reg, *editions;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(guide_register(a, catalog_builtin, catalog_nbuiltin, &reg, NULL), 0);
	editions = member(reg, "matrix");
	assert_int_equal(editions->arr.n, 3);
	for (size_t e = 0; e < 3; e++) {
		const struct json *rows = member(&editions->arr.p[e], "rows");

		assert_int_equal(rows->arr.n, 4);
		for (size_t i = 0; i < 4; i++) {
			const struct json *m = member(&rows->arr.p[i], "marks");

			assert_int_equal(m->arr.n, strlen(want[e][i]));
			for (size_t k = 0; k < m->arr.n; k++) {
				assert_str(m->arr.p[k].s, marks[strchr("o.?!", want[e][i][k]) - "o.?!"]);
			}
		}
	}
	arena_free(a);
}

/* The eight of deck 000, the six of deck 001, and the fields where checking is a must. */
void test_guide__the_register_names_what_the_sources_name(void **state)
{
	static const char *const named[] = { "owasp-iot-guidance", "iotc-v1", "csa-early-2015", "ota-trust", "gsma-clp", "cis-v6.1-iot",
		"ipa-tsunagaru", "nisc-framework", "ipa-design", "ccds-fields", "jnsa-consumer", "ftc-2015", "fbi-2015", "enisa-2017", "ieee-2017",
		"ipa-car", "jesc-smartmeter", "jesc-power", "medical-report", "iso29147-2018", "iso30111-2019", "first-psirt", "iso27103-2018",
		"iso27400-2022", "ctia-v1.0.1", "uk-cop-2018", "meti-management", "ipa-sme", "nist-800-171r2", "dfars-7012", "bsi-tr-03148", "cc-ccra" };
	const struct json *reg, *l;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(guide_register(a, catalog_builtin, catalog_nbuiltin, &reg, NULL), 0);
	l = member(reg, "guidelines");
	for (size_t i = 0; i < countof(named); i++) {
		bool there = false;

		for (size_t k = 0; k < l->arr.n; k++) {
			there = there || (str_eq(guide_text(&l->arr.p[k], "id"), str_z(named[i])) && member(&l->arr.p[k], "decks")->arr.n > 0);
		}
		if (!there) {
			fail_msg("%s", named[i]);
		}
	}
	arena_free(a);
}

/* ---- what is refused ---- */

static const char good[] =
	"catalog:\n"
	"  uuid: \"00000000-0000-4000-8000-000000000000\"\n"
	"  metadata:\n"
	"    title: {en: \"T\", ja: \"T\"}\n"
	"    last-modified: \"x\"\n"
	"    version: \"1\"\n"
	"    oscal-version: \"1.2.1\"\n"
	"  params:\n"
	"    - {id: \"C1\", class: \"condition\", label: {en: \"if\", ja: \"条件\"}}\n"
	"  groups:\n"
	"    - id: \"G\"\n"
	"      title: {en: \"group\", ja: \"分類\"}\n"
	"      controls:\n"
	"        - id: \"A\"\n"
	"          title: {en: \"do\", ja: \"行う\"}\n"
	"          props: [{name: \"status\", value: \"M\"}, {name: \"condition\", value: \"C1\"}]\n"
	"          links: [{rel: \"counterpart\", href: \"#B\"}]\n"
	"          parts:\n"
	"            - id: \"A.1\"\n"
	"              name: \"check\"\n"
	"              title: {en: \"do\", ja: \"行う\"}\n"
	"        - id: \"B\"\n"
	"          title: {en: \"do\", ja: \"行う\"}\n";

static const char good_register[] =
	"guidelines:\n"
	"  - id: \"g\"\n"
	"    title: {en: \"T\", ja: \"T\"}\n"
	"    publisher: {en: \"P\", ja: \"P\"}\n"
	"    year: \"2018\"\n"
	"    updated: \"\"\n"
	"    region: \"japan\"\n"
	"    sectors: [\"general\"]\n"
	"    audience: [\"user\"]\n"
	"    rights: \"titles\"\n"
	"    holder: \"P\"\n"
	"    provenance: \"deck\"\n"
	"    items-provenance: \"no-items\"\n"
	"    decks: [\"000\"]\n"
	"    target: {en: \"all\", ja: \"全般\"}\n"
	"    summary: {en: \"s\", ja: \"概要\"}\n"
	"sectors:\n"
	"  - id: \"general\"\n"
	"    title: {en: \"general\", ja: \"分野共通\"}\n"
	"bodies:\n"
	"  - {id: \"csa\", guideline: \"g\"}\n"
	"matrix:\n"
	"  - id: \"A\"\n"
	"    source: {en: \"deck\", ja: \"資料\"}\n"
	"    columns: [\"csa\"]\n"
	"    rows:\n"
	"      - {component: \"device\", marks: [\"marked\"]}\n";

static struct guide_faults lint(const char *catalog, const char *reg)
{
	const char *const text[] = { catalog, reg };
	struct catalog_source src[2];
	struct guide_faults f = { 0 };
	struct str yaml[2];
	struct perr err = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct buf b = buf_new(a, 0);
		const struct json *v;

		yaml[i] = str_z(text[i]);
		if (yaml_parse(a, yaml[i], &v, &err) != 0) {
			fail_msg("%u: %s", err.line, err.text);
		}
		json_canon(&b, v);
		src[i] = (struct catalog_source){ .kind = i == 0 ? S("guideline") : S("register"), .name = i == 0 ? S("g") : S("register"),
			.body = buf_view(&b) };
	}
	assert_int_equal(guide_lint(a, src, yaml, 2, &f, &err), 0);
	return f;
}

static const char *with(const char *text, const char *what, const char *by)
{
	const char *at = strstr(text, what);

	assert_non_null(at);
	return str_c(a, str_printf(a, "%.*s%s%s", (int)(at - text), text, by, at + strlen(what)));
}

void test_guide__every_fault_is_named_with_its_line(void **state)
{
	static const struct {
		const char *what, *by, *code;
		u32 line;
		const char *says;
	} t[] = {
		{ "\"00000000-", "\"0", "value", 1, "uuid" },
		{ "    version: \"1\"\n", "", "missing", 1, "version" },
		{ "catalog:", "catalogue:", "missing", 1, "catalog" },
		{ "  metadata:", "  meta:", "missing", 1, "metadata" },
		{ "{en: \"if\", ja: \"条件\"}", "{en: \"if\"}", "language", 9, "label" },
		{ "ja: \"分類\"", "ja: \"group\"", "language", 11, "title" },
		{ "          title: {en: \"do\", ja: \"行う\"}\n", "", "missing", 14, "title" },
		{ "{en: \"do\", ja: \"行う\"}", "{ja: \"行う\"}", "language", 14, "title" },
		{ "name: \"status\"", "name: \"statos\"", "prop", 14, "statos" },
		{ "value: \"M\"", "value: \"MUST\"", "value", 14, "status=MUST" },
		{ "value: \"C1\"", "value: \"C2\"", "dead", 14, "C2" },
		{ "{name: \"condition\", value: \"C1\"}", "{name: \"level\", value: \"1\"}", "dead", 9, "C1" },
		{ "name: \"condition\", value: \"C1\"", "name: \"status\", value: \"R\"", "doubled", 14, "status" },
		{ "\"#B\"", "\"#C\"", "dead", 14, "#C" },
		{ "\"#B\"", "\"h#B\"", "dead", 14, "h#B" },
		{ "rel: \"counterpart\"", "rel: \"like\"", "value", 14, "like" },
		{ "id: \"B\"", "id: \"A\"", "doubled", 22, "A" },
		{ "id: \"A.1\"", "id: \"A\"", "doubled", 19, "A" },
		{ "name: \"check\"", "name: \"chek\"", "value", 19, "name" },
		{ "          parts:", "          part:", "member", 14, "part" },
		{ "      controls:", "      control:", "empty", 11, "G" },
		{ "        - id: \"B\"\n", "        - class: \"x\"\n", "missing", 1, "id" },
	};

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(lint(good, good_register).n, 0);
	for (size_t i = 0; i < countof(t); i++) {
		struct guide_faults f = lint(with(good, t[i].what, t[i].by), good_register);
		bool hit = false;

		for (size_t k = 0; k < f.n; k++) {
			hit = hit || (strcmp(f.p[k].code, t[i].code) == 0 && f.p[k].line == t[i].line && str_eq(f.p[k].what, str_z(t[i].says)));
		}
		if (!hit) {
			fail_msg("\"%s\" for \"%s\": %zu faults, the first %s %u %.*s", t[i].by, t[i].what, f.n, f.n == 0 ? "-" : f.p[0].code,
				f.n == 0 ? 0 : f.p[0].line, f.n == 0 ? 0 : (int)f.p[0].what.n, f.n == 0 ? "" : f.p[0].what.p);
		}
	}
	arena_free(a);
}

void test_guide__a_wrong_register_is_refused(void **state)
{
	static const struct {
		const char *what, *by, *code, *says;
	} t[] = {
		{ "id: \"g\"", "id: \"h\"", "unregistered", "g" },	/* the catalog g is in no entry */
		{ "\"japan\"", "\"mars\"", "value", "region=mars" },
		{ "[\"general\"]", "[\"bakery\"]", "value", "sectors" },
		{ "[\"user\"]", "[\"cat\"]", "value", "audience" },
		{ "    year: \"2018\"\n", "", "missing", "year" },
		{ "    summary: {en: \"s\", ja: \"概要\"}\n", "", "missing", "summary" },
		{ "ja: \"概要\"", "ja: \"s\"", "language", "summary" },
		{ "holder:", "owner:", "member", "owner" },
		{ "guideline: \"g\"", "guideline: \"z\"", "dead", "z" },
		{ "[\"marked\"]", "[]", "value", "device" },
		{ "[\"marked\"]", "[\"maybe\"]", "value", "device" },
		{ "rights: \"titles\"", "rights: \"all of it\"", "value", "rights=all of it" },
	};

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < countof(t); i++) {
		struct guide_faults f = lint(good, with(good_register, t[i].what, t[i].by));
		bool hit = false;

		for (size_t k = 0; k < f.n; k++) {
			hit = hit || (strcmp(f.p[k].code, t[i].code) == 0 && str_eq(f.p[k].what, str_z(t[i].says)));
		}
		if (!hit) {
			fail_msg("\"%s\" for \"%s\" is not refused so", t[i].by, t[i].what);
		}
	}
	arena_free(a);
}

void test_guide__what_cannot_be_read_is_refused(void **state)
{
	struct catalog_source src = { .kind = S("guideline"), .name = S("g") };
	struct guide_faults f = { 0 };
	struct guide_doc d = { .nitems = 77 };
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(guide_read(a, catalog_builtin, catalog_nbuiltin, S("jssec"), &d, &err), ERR_NOTFOUND);
	assert_int_equal(guide_read(a, catalog_builtin, catalog_nbuiltin, S("register"), &d, &err), ERR_NOTFOUND);
	src.body = S("{");
	assert_int_not_equal(guide_read(a, &src, 1, S("g"), &d, &err), 0);
	assert_int_not_equal(guide_lint(a, &src, NULL, 1, &f, &err), 0);
	src.body = S("[]");
	assert_int_equal(guide_read(a, &src, 1, S("g"), &d, &err), ERR_MISSING);
	assert_int_equal(d.nitems, 77);
	assert_int_equal(guide_lint(a, &src, NULL, 1, &f, &err), 0);
	assert_true(f.n > 0);
	/* of wrong types throughout: read as empty, and named by lint */
	src.body = S("{\"catalog\":{\"groups\":[1,{\"controls\":{}},{\"controls\":[[],{\"id\":7,\"title\":[]}]}],\"metadata\":3,\"params\":\"x\"}}");
	f = (struct guide_faults){ 0 };
	assert_int_equal(guide_read(a, &src, 1, S("g"), &d, &err), 0);
	assert_int_equal(d.nitems, 2);
	assert_int_equal(d.items[1].id.n, 0);
	assert_int_equal(guide_lint(a, &src, NULL, 1, &f, &err), 0);
	assert_true(f.n > 5);
	assert_int_equal(guide_register(a, &src, 1, &(const struct json *){ NULL }, &err), ERR_NOTFOUND);
	arena_free(a);
}
