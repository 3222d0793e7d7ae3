/* Reading guidelines, measures and pairs: what is compiled in loads whole, and a source that is wrong anywhere is refused whole,
 * with its name and the member in the error. */
#include "unit.h"

#include "base/arena.h"
#include "core/catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#define W(name) "\"" name "\":{\"en\":\"e\",\"ja\":\"j\"}"
#define PART "{\"id\":\"one.a\"," W("title") "}"
#define CONTROL "{\"id\":\"one\",\"parts\":[" PART "]," W("title") "}"
#define GUIDELINE "{\"catalog\":{\"groups\":[{\"controls\":[" CONTROL "]}],\"metadata\":{" W("title") "}}}"
#define M(id) "{" W("convincing") ",\"id\":\"" id "\",\"level\":\"unit\",\"obligation\":\"MUST\"," W("question") "," W("remedy") \
	",\"rule\":\"x\",\"safety\":\"S1\"," W("title") "}"
#define MEASURES "{\"measures\":[" M("A") "," M("B") "]}"
#define READ "\"read\":{\"by\":\"x\",\"on\":\"d\"},"
#define NEEDED "{\"control\":\"one.a\",\"guideline\":\"g\",\"measure\":\"A\"," READ "\"reason\":\"r\",\"relation\":\"needed\"" \
	",\"written\":\"d\"}"
#define SET "{\"control\":\"one.a\",\"guideline\":\"g\",\"measure\":\"A\"," READ "\"reason\":\"r\",\"relation\":\"sufficient-with\"" \
	",\"with\":[\"B\"],\"written\":\"d\"}"
#define PAIRS "{\"pairs\":[" NEEDED "," SET "]}"

static struct arena *a;

static int load(const char *guideline, const char *measures, const char *pairs, struct catalog *ret, struct perr *err)
{
	const struct catalog_source src[] = {
		{ S("guideline"), S("g"), str_z(guideline) },
		{ S("measures"), S("m"), str_z(measures) },
		{ S("mapping"), S("p"), str_z(pairs) },
	};

	*err = (struct perr){ 0 };
	return catalog_load(a, src, countof(src), ret, err);
}

/* `text` with the first `what` in it replaced; it must be there. */
static const char *with(const char *text, const char *what, const char *by)
{
	const char *at = strstr(text, what);

	assert_non_null(at);
	return str_c(a, str_printf(a, "%.*s%s%s", (int)(at - text), text, by, at + strlen(what)));
}

void test_catalog__what_is_built_in_loads(void **state)
{
	const struct catalog_guideline *g;
	struct catalog c;
	struct perr err = { 0 };

	(void)state;
	a = arena_new(NULL, 0);
	if (catalog_load(a, catalog_builtin, catalog_nbuiltin, &c, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_non_null(g = catalog_guideline(&c, S("jssec-v1")));
	assert_non_null(catalog_control(g, S("JS-14-2")));
	assert_non_null(catalog_control(g, S("JS-14-2.c")));
	assert_null(catalog_control(g, S("JS-14-2.z")));
	assert_null(catalog_control(g, S("")));
	assert_null(catalog_guideline(&c, S("jssec")));
	assert_non_null(catalog_measure(&c, S("M01")));
	assert_null(catalog_measure(&c, S("m01")));
	for (size_t i = 0; i < c.npairs; i++) {
		const struct catalog_pair *p = &c.pairs[i];

		assert_true(p->reason.n > 0 && p->written.n == 10);
		/* a pair points at the smallest item there is */
		assert_int_equal(catalog_control(catalog_guideline(&c, p->guideline), p->control)->nparts, 0);
		/* the second reading is not before the first, and neither half of it stands alone */
		assert_true((p->read_by.n == 0) == (p->read_on.n == 0));
		assert_true(p->read_on.n == 0 || str_cmp(p->read_on, p->written) >= 0);
	}
	arena_free(a);
}

void test_catalog__everything_is_read(void **state)
{
	const struct catalog_control *one;
	struct catalog c;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(load(GUIDELINE, MEASURES, PAIRS, &c, &err), 0);
	assert_int_equal(c.nguidelines, 1);
	assert_int_equal(c.nmeasures, 2);
	assert_int_equal(c.npairs, 2);
	one = catalog_control(&c.guidelines[0], S("one"));
	assert_int_equal(one->nparts, 1);
	assert_ptr_equal(catalog_control(&c.guidelines[0], S("one.a")), &one->parts[0]);
	assert_str(one->title.ja, "j");
	assert_str(c.measures[1].id, "B");
	assert_str(c.measures[1].rule, "x");
	assert_int_equal(c.pairs[0].relation, CATALOG_NEEDED);
	assert_int_equal(c.pairs[1].relation, CATALOG_SUFFICIENT);
	assert_int_equal(c.pairs[1].nwith, 1);
	assert_str(c.pairs[1].with[0], "B");
	assert_true(catalog_pair_reviewed(&c.pairs[0]));
	assert_str(c.pairs[0].text.name, "A g one.a needed");
	assert_str(c.pairs[0].text.kind, "mapping");
	assert_str(c.measures[0].text.kind, "rule");
	/* what may be absent */
	assert_int_equal(load(GUIDELINE, with(with(MEASURES, "\"rule\":\"x\",", ""), "\"safety\":\"S1\",", ""), with(PAIRS, READ, ""), &c,
		&err), 0);
	assert_int_equal(c.measures[0].rule.n, 0);
	assert_false(catalog_pair_reviewed(&c.pairs[0]));
	assert_true(catalog_pair_reviewed(&c.pairs[1]));
	assert_int_equal(load(GUIDELINE, MEASURES, "{\"pairs\":[]}", &c, &err), 0);
	assert_int_equal(catalog_load(a, NULL, 0, &c, &err), 0);
	assert_int_equal(c.npairs, 0);
	arena_free(a);
}

/* A signature without a name or a day is none. */
void test_catalog__an_empty_signature_signs_nothing(void **state)
{
	struct catalog c;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(load(GUIDELINE, MEASURES, with(PAIRS, "\"by\":\"x\"", "\"by\":\"\""), &c, &err), 0);
	assert_false(catalog_pair_reviewed(&c.pairs[0]));
	assert_int_equal(load(GUIDELINE, MEASURES, with(PAIRS, "\"on\":\"d\"", "\"on\":\"\""), &c, &err), 0);
	assert_false(catalog_pair_reviewed(&c.pairs[0]));
	arena_free(a);
}

/* A text is named by the hash of its canonical form: layout does not change it, any word of it does. */
void test_catalog__a_hash_is_of_the_text_alone(void **state)
{
	struct catalog c, d;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(load(GUIDELINE, MEASURES, PAIRS, &c, &err), 0);
	assert_int_equal(load(GUIDELINE, MEASURES, with(PAIRS, "{\"control\":\"one.a\",\"guideline\":\"g\",",
		" { \"guideline\" : \"g\" ,\n\"control\": \"one.a\", "), &d, &err), 0);
	assert_memory_equal(c.pairs[0].text.hash, d.pairs[0].text.hash, CATALOG_HASH);
	assert_int_equal(load(GUIDELINE, MEASURES, with(PAIRS, READ, ""), &d, &err), 0);
	assert_memory_not_equal(c.pairs[0].text.hash, d.pairs[0].text.hash, CATALOG_HASH);
	assert_memory_equal(c.pairs[1].text.hash, d.pairs[1].text.hash, CATALOG_HASH);
	assert_int_equal(load(GUIDELINE, with(MEASURES, "\"rule\":\"x\"", "\"rule\":\"y\""), PAIRS, &d, &err), 0);
	assert_memory_not_equal(c.measures[0].text.hash, d.measures[0].text.hash, CATALOG_HASH);
	assert_memory_equal(c.measures[1].text.hash, d.measures[1].text.hash, CATALOG_HASH);
	arena_free(a);
}

struct wrong {
	char where;		/* g, m, p: the source that is changed */
	const char *what, *by;
	int code;
	const char *says;	/* stands in the error */
};

static void refuse(const struct wrong *w)
{
	const char *g = w->where == 'g' ? with(GUIDELINE, w->what, w->by) : GUIDELINE;
	const char *m = w->where == 'm' ? with(MEASURES, w->what, w->by) : MEASURES;
	const char *p = w->where == 'p' ? with(PAIRS, w->what, w->by) : PAIRS;
	struct catalog c = { .nmeasures = 77 };
	struct perr err;
	int r = load(g, m, p, &c, &err);

	if (r != w->code || (w->says != NULL && strstr(err.text, w->says) == NULL)) {
		fail_msg("\"%s\" for \"%s\": %s (%s), not %s (%s)", w->by, w->what, err_text(r), err.text, err_text(w->code), w->says);
	}
	assert_int_equal(c.nmeasures, 77);	/* nothing half-read is given out */
}

void test_catalog__a_wrong_source_is_refused(void **state)
{
	static const struct wrong t[] = {
		/* a member that is not there */
		{ 'g', "\"catalog\":", "\"catalogue\":", ERR_MISSING, "g: \"catalog\"" },
		{ 'g', "\"groups\":", "\"group\":", ERR_MISSING, "groups" },
		{ 'g', "\"controls\":", "\"control\":", ERR_MISSING, "controls" },
		{ 'g', "\"metadata\":", "\"meta\":", ERR_MISSING, "title" },
		{ 'g', "\"id\":\"one\",", "", ERR_MISSING, "\"id\"" },
		{ 'g', "\"id\":\"one.a\",", "", ERR_MISSING, "\"id\"" },
		{ 'g', "{\"en\":\"e\",", "{", ERR_MISSING, "\"en\"" },
		{ 'm', "\"measures\":", "\"measure\":", ERR_MISSING, "m: \"measures\"" },
		{ 'm', "\"id\":\"A\",", "", ERR_MISSING, "\"id\"" },
		{ 'm', "\"level\":\"unit\",", "", ERR_MISSING, "level" },
		{ 'm', "\"obligation\":\"MUST\",", "", ERR_MISSING, "obligation" },
		{ 'm', "\"question\":", "\"ask\":", ERR_MISSING, "question" },
		{ 'm', "\"remedy\":", "\"cure\":", ERR_MISSING, "remedy" },
		{ 'm', "\"convincing\":", "\"shown\":", ERR_MISSING, "convincing" },
		{ 'm', "\"title\":", "\"name\":", ERR_MISSING, "title" },
		{ 'm', ",\"ja\":\"j\"}", "}", ERR_MISSING, "\"ja\"" },
		{ 'p', "\"pairs\":", "\"pair\":", ERR_MISSING, "p: \"pairs\"" },
		{ 'p', "\"control\":\"one.a\",", "", ERR_MISSING, "control" },
		{ 'p', "\"guideline\":\"g\",", "", ERR_MISSING, "guideline" },
		{ 'p', "\"measure\":\"A\",", "", ERR_MISSING, "measure" },
		{ 'p', "\"reason\":\"r\",", "", ERR_MISSING, "reason" },
		{ 'p', "\"relation\":\"needed\",", "", ERR_MISSING, "relation" },
		{ 'p', ",\"written\":\"d\"}", "}", ERR_MISSING, "written" },
		{ 'p', ",\"with\":[\"B\"]", "", ERR_MISSING, "with" },	/* a set of one says so: [] */
		{ 'p', "\"by\":\"x\",", "", ERR_MISSING, "\"by\"" },
		{ 'p', ",\"on\":\"d\"", "", ERR_MISSING, "\"on\"" },
		{ 'p', "\"read\":{\"by\":\"x\",\"on\":\"d\"}", "\"read\":\"x\"", ERR_MISSING, "\"by\"" },
		/* of the wrong type */
		{ 'g', "\"parts\":[" PART "]", "\"parts\":{}", ERR_TYPE, "parts" },
		{ 'g', "\"id\":\"one\"", "\"id\":1", ERR_TYPE, "\"id\"" },
		{ 'm', "\"rule\":\"x\"", "\"rule\":[]", ERR_TYPE, "rule" },
		{ 'm', "\"safety\":\"S1\"", "\"safety\":1", ERR_TYPE, "safety" },
		{ 'm', "[" M("A") "," M("B") "]", "{}", ERR_TYPE, "measures" },
		{ 'p', "[\"B\"]", "\"B\"", ERR_TYPE, "with" },
		{ 'p', "[\"B\"]", "[1]", ERR_TYPE, "with" },
		{ 'p', "\"on\":\"d\"", "\"on\":true", ERR_TYPE, "\"on\"" },
		/* that stands twice */
		{ 'g', PART, PART "," PART, ERR_DUP, "one.a" },
		{ 'g', "\"id\":\"one.a\"", "\"id\":\"one\"", ERR_DUP, "one" },	/* below is the same list of ids */
		{ 'm', "\"id\":\"B\"", "\"id\":\"A\"", ERR_DUP, "measure A" },
		{ 'p', NEEDED, NEEDED "," NEEDED, ERR_DUP, "A g one.a needed" },
		/* that names what is not there */
		{ 'p', "\"relation\":\"needed\"", "\"relation\":\"Needed\"", ERR_UNKNOWN, "relation" },
		{ 'p', "\"relation\":\"needed\"", "\"relation\":\"\"", ERR_UNKNOWN, "relation" },
		{ 'p', "\"control\":\"one.a\"", "\"control\":\"one.b\"", ERR_UNKNOWN, "one.b" },
		{ 'p', "\"control\":\"one.a\"", "\"control\":\"\"", ERR_UNKNOWN, "names what is not there" },
		{ 'p', "\"guideline\":\"g\"", "\"guideline\":\"h\"", ERR_UNKNOWN, "A h one.a" },
		{ 'p', "\"measure\":\"A\"", "\"measure\":\"C\"", ERR_UNKNOWN, "C g one.a" },
		{ 'p', "[\"B\"]", "[\"B\",\"C\"]", ERR_UNKNOWN, "sufficient-with" },
	};
	static const char *const no_json[] = { "", "{", "nothing", "{\"pairs\":[]}x", "{\"pairs\":[],\"pairs\":[]}" };
	struct catalog c;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < countof(t); i++) {
		refuse(&t[i]);
	}
	for (size_t i = 0; i < countof(no_json); i++) {
		assert_int_not_equal(load(GUIDELINE, MEASURES, no_json[i], &c, &err), 0);
	}
	/* no object at all */
	assert_int_equal(load("[]", MEASURES, PAIRS, &c, &err), ERR_MISSING);
	assert_int_equal(load(GUIDELINE, "[]", PAIRS, &c, &err), ERR_MISSING);
	assert_int_equal(load(GUIDELINE, MEASURES, "[[]]", &c, &err), ERR_MISSING);
	assert_int_equal(load(GUIDELINE, MEASURES, "{\"pairs\":[1]}", &c, &err), ERR_MISSING);
	arena_free(a);
}

/* Ids are one list over all sources, not one a file. */
void test_catalog__ids_are_unique_over_all_sources(void **state)
{
	const struct catalog_source twice[][2] = {
		{ { S("guideline"), S("g"), S(GUIDELINE) }, { S("guideline"), S("g"), S(GUIDELINE) } },
		{ { S("measures"), S("m"), S("{\"measures\":[" M("A") "]}") }, { S("measures"), S("n"), S("{\"measures\":[" M("A") "]}") } },
	};
	const struct catalog_source two[] = { { S("guideline"), S("g"), S(GUIDELINE) }, { S("guideline"), S("h"), S(GUIDELINE) } };
	struct catalog c;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < countof(twice); i++) {
		assert_int_equal(catalog_load(a, twice[i], 2, &c, &err), ERR_DUP);
	}
	assert_int_equal(catalog_load(a, two, 2, &c, &err), 0);	/* the same control id in two guidelines is two controls */
	assert_ptr_not_equal(catalog_control(&c.guidelines[0], S("one")), catalog_control(&c.guidelines[1], S("one")));
	arena_free(a);
}
