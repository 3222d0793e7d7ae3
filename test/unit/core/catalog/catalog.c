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
#define M(id) "{\"components\":[\"device\",\"network\"]," W("convincing") ",\"id\":\"" id "\",\"level\":\"unit\"," \
	"\"lifecycle\":[\"normal\"],\"obligation\":\"MUST\"," W("question") "," W("remedy") ",\"rule\":\"x\",\"safety\":\"S1\"," \
	"\"seen\":{\"observe\":[\"AP\"],\"vantage\":[\"v1\"]},\"threats\":[\"T2\",\"T12\"]," W("title") "}"
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
	assert_str(c.measures[1].file, "m");
	assert_int_equal(c.measures[1].components.n, 2);
	assert_str(c.measures[1].components.p[1], "network");
	assert_true(catalog_has(&c.measures[1].threats, S("T12")));
	assert_false(catalog_has(&c.measures[1].threats, S("T1")));
	assert_str(c.measures[1].observe.p[0], "AP");
	assert_str(c.measures[1].vantage.p[0], "v1");
	assert_ptr_equal(catalog_measure(&c, S("B")), &c.measures[1]);
	assert_int_equal(c.pairs[0].relation, CATALOG_NEEDED);
	assert_int_equal(c.pairs[1].relation, CATALOG_SUFFICIENT);
	assert_int_equal(c.pairs[1].nwith, 1);
	assert_str(c.pairs[1].with[0], "B");
	assert_true(catalog_pair_reviewed(&c.pairs[0]));
	assert_str(c.pairs[0].text.name, "A g one.a needed");
	assert_str(c.pairs[0].text.kind, "mapping");
	assert_str(c.measures[0].text.kind, "rule");
	/* what may be absent */
	assert_int_equal(load(GUIDELINE, with(MEASURES, "\"rule\":\"x\"", W("no_rule")), with(PAIRS, READ, ""), &c,
		&err), 0);
	assert_int_equal(c.measures[0].rule.n, 0);
	assert_str(c.measures[0].no_rule.ja, "j");
	assert_int_equal(c.measures[0].applies.en.n, 0);
	assert_int_equal(load(GUIDELINE, with(MEASURES, "\"components\"", W("applies") ",\"components\""), PAIRS, &c, &err), 0);
	assert_str(c.measures[0].applies.en, "e");
	assert_int_equal(load(GUIDELINE, with(MEASURES, "\"rule\":\"x\"", W("no_rule")), with(PAIRS, READ, ""), &c, &err), 0);
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
		{ 'm', "\"safety\":\"S1\",", "", ERR_MISSING, "m: A: \"safety\": a text" },
		{ 'm', "\"rule\":\"x\",", "", ERR_MISSING, "m: A: \"rule\": either \"rule\" or \"no_rule\"" },
		{ 'm', "\"rule\":\"x\"", "\"rule\":\"x\"," W("no_rule"), ERR_DUP, "either \"rule\" or \"no_rule\"" },
		{ 'm', "\"rule\":\"x\"", "\"no_rule\":{\"en\":\"e\"}", ERR_MISSING, "A: \"no_rule\": \"ja\"" },
		{ 'm', "\"en\":\"e\"", "\"en\":\" \"", ERR_MISSING, "A: \"convincing\": \"en\": a text is expected, it is empty" },
		{ 'm', "\"components\":[\"device\",\"network\"],", "", ERR_MISSING,
		  "A: \"components\": a list of device, network, platform or management" },
		{ 'm', "\"lifecycle\":[\"normal\"],", "", ERR_MISSING, "lifecycle" },
		{ 'm', "\"threats\":[\"T2\",\"T12\"],", "", ERR_MISSING, "threats" },
		{ 'm', "\"seen\":{\"observe\":[\"AP\"],\"vantage\":[\"v1\"]},", "", ERR_MISSING, "\"seen\": \"observe\" and" },
		{ 'm', ",\"vantage\":[\"v1\"]", "", ERR_MISSING, "\"vantage\": a list of v1, v2, v3, v4, v5, v6 or v7" },
		/* a word that is in no list, and a member nobody knows */
		{ 'm', "\"unit\"", "\"unti\"", ERR_UNKNOWN, "A: \"level\": unit, model, site, organisation or supplier is expected, not \"unti\"" },
		{ 'm', "\"MUST\"", "\"must\"", ERR_UNKNOWN, "MUST, SHOULD or BETTER is expected, not \"must\"" },
		{ 'm', "\"S1\"", "\"S4\"", ERR_UNKNOWN, "S0, S1, S2 or S3 is expected, not \"S4\"" },
		{ 'm', "\"network\"]", "\"cloud\"]", ERR_UNKNOWN, "not \"cloud\"" },
		{ 'm', "[\"normal\"]", "[\"normal\",\"\"]", ERR_UNKNOWN, "not \"\"" },
		{ 'm', "\"T12\"", "\"T13\"", ERR_UNKNOWN, "not \"T13\"" },
		{ 'm', "\"T12\"", "12", ERR_UNKNOWN, "threats" },
		{ 'm', "\"T12\"", "\"T2\"", ERR_DUP, "\"T2\" stands twice" },
		{ 'm', "[\"AP\"]", "[\"AP\",\"XX\"]", ERR_UNKNOWN, "AP, PC, CFG, FW, SB, LG, DOC or PHY is expected, not \"XX\"" },
		{ 'm', "\"v1\"", "\"v8\"", ERR_UNKNOWN, "not \"v8\"" },
		{ 'm', "[\"normal\"]", "[]", ERR_TYPE, "lifecycle" },
		{ 'm', "[\"normal\"]", "\"normal\"", ERR_TYPE, "lifecycle" },
		{ 'm', "\"level\"", "\"levels\":1,\"level\"", ERR_UNKNOWN, "there is no member \"levels\"" },
		{ 'm', "\"en\":\"e\"", "\"en\":\"e\",\"fr\":\"f\"", ERR_UNKNOWN, "A: \"convincing\": there is no member \"fr\"" },
		{ 'm', "\"observe\"", "\"by\":1,\"observe\"", ERR_UNKNOWN, "\"seen\": there is no member \"by\"" },
		/* what only a document shows is read by a person */
		{ 'm', "[\"AP\"]", "[\"DOC\"]", ERR_CONFLICT, "only a document" },
		{ 'm', M("A") ",", "1,", ERR_TYPE, "an object is expected" },
		{ 'm', "\"level\":\"unit\",", "", ERR_MISSING, "level" },
		{ 'm', "\"obligation\":\"MUST\",", "", ERR_MISSING, "obligation" },
		{ 'm', W("question") ",", "", ERR_MISSING, "question" },
		{ 'm', W("remedy") ",", "", ERR_MISSING, "remedy" },
		{ 'm', W("convincing") ",", "", ERR_MISSING, "convincing" },
		{ 'm', "," W("title"), "", ERR_MISSING, "title" },
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
	assert_int_equal(load(GUIDELINE, "{\"measures\":[[]]}", PAIRS, &c, &err), ERR_TYPE);
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

/* Who writes a measure mends it in one go. */
void test_catalog__every_error_of_the_measures_is_told_at_once(void **state)
{
	static const char *const says[] = { "m: A: \"title\": \"ja\"", "m: A: \"level\"", "m: A: \"threats\": T1, T2", "m: A: \"rule\"",
		"m: B: \"lifecycle\"", "m: B: \"safety\"" };
	const char *a_text, *b_text;
	struct catalog_source src = { S("measures"), S("m") };
	struct catalog c = { .nmeasures = 77 };
	struct errlist errs;

	(void)state;
	a = arena_new(NULL, 0);
	a_text = with(with(with(with(M("A"), "\"ja\":\"j\"}}", "\"ja\":\"\"}}"), "\"unit\"", "\"units\""), "\"T2\"", "\"t2\""),
		"\"rule\":\"x\",", "");
	b_text = with(with(M("B"), "\"S1\"", "1"), "\"normal\"", "\"fine\"");
	src.body = str_printf(a, "{\"measures\":[%s,%s]}", a_text, b_text);
	assert_int_equal(catalog_load_all(a, &src, 1, &c, &errs), ERR_MISSING);
	assert_int_equal(c.nmeasures, 77);
	assert_int_equal(errs.total, countof(says));
	for (size_t i = 0; i < countof(says); i++) {
		if (strncmp(errs.p[i].text, says[i], strlen(says[i])) != 0) {
			fail_msg("%zu: %s, not %s", i, errs.p[i].text, says[i]);
		}
	}
	src.body = S("{\"measures\":[" M("A") "]}");
	assert_int_equal(catalog_load_all(a, &src, 1, &c, &errs), 0);
	assert_int_equal(errs.total, 0);
	arena_free(a);
}

/* A text of a store or a bundle may be of another program: what is read of it must be there, its words are not held against today's. */
void test_catalog__a_text_of_the_past_needs_only_what_is_read(void **state)
{
	struct catalog_source now, past;
	struct catalog c, d;
	struct perr err;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(load(GUIDELINE, MEASURES, PAIRS, &c, &err), 0);
	now = (struct catalog_source){ S("measures"), S("m"), S("{\"measures\":[" M("A") "]}") };
	past = catalog_source_of(a, S("rule"), S("A"), c.measures[0].text.body);
	assert_int_equal(catalog_load(a, &past, 1, &d, &err), 0);	/* without `seen`: it is not in the text */
	assert_memory_equal(d.measures[0].text.hash, c.measures[0].text.hash, CATALOG_HASH);
	assert_int_equal(catalog_load(a, &now, 1, &d, &err), 0);
	now.body = str_z(with("{\"measures\":[" M("A") "]}", "\"AP\"", "\"PC\""));
	assert_int_equal(catalog_load(a, &now, 1, &d, &err), 0);	/* nor do answers hang on it */
	assert_memory_equal(d.measures[0].text.hash, c.measures[0].text.hash, CATALOG_HASH);
	past = catalog_source_of(a, S("rule"), S("A"), str_z(with(with(with(M("A"), "\"T2\"", "\"T99\""), "\"unit\"", "\"galaxy\""),
		"\"level\"", "\"later\":1,\"level\"")));
	assert_int_equal(catalog_load(a, &past, 1, &d, &err), 0);
	assert_str(d.measures[0].level, "galaxy");
	past = catalog_source_of(a, S("rule"), S("A"), str_z(with(M("A"), "\"rule\":\"x\"", "\"rule\":1")));
	assert_int_equal(catalog_load(a, &past, 1, &d, &err), ERR_TYPE);
	arena_free(a);
}
