/* The measures that are compiled in, held against test/golden/measures/measures.ids: id, level, obligation, components, states of life,
 * ways to look, threats. That list was written from the table the measures were chosen by (its levels by hand), not from the YAML. */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "core/catalog/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *a;

static struct catalog built_in(void)
{
	struct catalog c;
	struct errlist errs;

	if (catalog_load_all(a, catalog_builtin, catalog_nbuiltin, &c, &errs) != 0) {
		for (size_t i = 0; i < errs.n; i++) {
			print_error("%s\n", errs.p[i].text);
		}
		fail();
	}
	return c;
}

static struct str golden(void)
{
	char *p = arena_alloc(a, 64 * KiB);
	FILE *f = fopen(GOLDEN_MEASURES, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(p, 1, 64 * KiB, f);
	fclose(f);
	assert_true(n > 0 && n < 64 * KiB);
	return str_of(p, n);
}

/* The words of both, whatever their order. */
static void same_words(const struct catalog_measure *m, const struct catalog_list *l, struct str words)
{
	size_t n = 0;

	for (struct str all = words; all.n > 0; n++) {
		struct str word = str_cut(&all, ',');

		if (!catalog_has(l, word)) {
			fail_msg("%.*s: %.*s is not there", STRF(m->id), STRF(word));
		}
	}
	if (n != l->n) {
		fail_msg("%.*s: %zu words, not those of %.*s", STRF(m->id), l->n, STRF(words));
	}
}

void test_measures__are_those_that_were_chosen(void **state)
{
	struct catalog c;
	struct str rest;
	size_t n = 0;

	(void)state;
	a = arena_new(NULL, 0);
	c = built_in();
	for (rest = golden(); rest.n > 0; n++) {
		struct str line = str_cut(&rest, '\n'), id = str_cut(&line, '\t');
		const struct catalog_measure *m = catalog_measure(&c, id);

		if (m == NULL) {
			fail_msg("%.*s is missing", STRF(id));
			return;
		}
		assert_ptr_equal(m, &c.measures[n]);	/* listed in this order */
		if (!str_eq(m->level, str_cut(&line, '\t')) || !str_eq(m->obligation, str_cut(&line, '\t'))) {
			fail_msg("%.*s: %.*s %.*s", STRF(id), STRF(m->level), STRF(m->obligation));
		}
		same_words(m, &m->components, str_cut(&line, '\t'));
		same_words(m, &m->lifecycle, str_cut(&line, '\t'));
		same_words(m, &m->observe, str_cut(&line, '\t'));
		same_words(m, &m->threats, line);
	}
	assert_int_equal(n, 91);
	assert_int_equal(c.nmeasures, 91);
	arena_free(a);
}

/* Where a thing is seen follows from how: a document is read at v7, firmware at v6, settings at v5. */
void test_measures__say_where_from_as_they_say_how(void **state)
{
	struct catalog c;

	(void)state;
	a = arena_new(NULL, 0);
	c = built_in();
	for (size_t i = 0; i < c.nmeasures; i++) {
		const struct catalog_measure *m = &c.measures[i];
		bool doc = catalog_has(&m->observe, S("DOC")) || catalog_has(&m->observe, S("PHY"));
		bool image = catalog_has(&m->observe, S("FW")) || catalog_has(&m->observe, S("SB"));
		bool ok = (!doc || catalog_has(&m->vantage, S("v7"))) && (doc || image || !catalog_has(&m->vantage, S("v7")));

		ok = ok && (image || !catalog_has(&m->vantage, S("v6")));
		ok = ok && (!catalog_has(&m->observe, S("FW")) || catalog_has(&m->vantage, S("v6")));
		ok = ok && (!catalog_has(&m->observe, S("CFG")) || catalog_has(&m->vantage, S("v5")));
		if (!ok) {
			fail_msg("%.*s", STRF(m->id));
		}
	}
	arena_free(a);
}

static bool is_japanese(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++) {
		if ((u8)s.p[i] == 0xE3 && ((u8)s.p[i + 1] == 0x81 || (u8)s.p[i + 1] == 0x82)) {
			return true;	/* hiragana */
		}
	}
	return false;
}

static void check_words(const struct catalog_measure *m, struct catalog_words w, size_t most)
{
	for (size_t i = 0; i < w.en.n; i++) {
		if ((u8)w.en.p[i] >= 0x80) {
			fail_msg("%.*s: not English: %.*s", STRF(m->id), STRF(w.en));
		}
	}
	if (!is_japanese(w.ja) || str_width(w.en) > most || str_width(w.ja) > most) {
		fail_msg("%.*s: %.*s (%zu) / %.*s (%zu)", STRF(m->id), STRF(w.en), str_width(w.en), STRF(w.ja), str_width(w.ja));
	}
}

/* A title fits a terminal of 80 columns; a question can be answered with yes, partly, no; nothing is said twice. */
void test_measures__are_written_for_people(void **state)
{
	struct catalog c;

	(void)state;
	a = arena_new(NULL, 0);
	c = built_in();
	for (size_t i = 0; i < c.nmeasures; i++) {
		const struct catalog_measure *m = &c.measures[i];

		check_words(m, m->title, 53);
		check_words(m, m->question, 320);
		check_words(m, m->remedy, 320);
		check_words(m, m->convincing, 320);
		if (!str_ends(m->question.en, S("?")) || !str_ends(m->question.ja, S("か。")) || str_ends(m->question.ja, S("ませんか。"))) {
			fail_msg("%.*s: %.*s", STRF(m->id), STRF(m->question.ja));
		}
		if (m->rule.n == 0) {
			check_words(m, m->no_rule, 240);
		}
		for (size_t k = 0; k < i; k++) {
			const struct catalog_measure *o = &c.measures[k];

			if (str_eq(m->title.en, o->title.en) || str_eq(m->title.ja, o->title.ja) || str_eq(m->question.en, o->question.en) ||
			    str_eq(m->question.ja, o->question.ja)) {
				fail_msg("%.*s says what %.*s says", STRF(m->id), STRF(o->id));
			}
		}
	}
	arena_free(a);
}

/* Reviewed pairs and answers of stores rest on these two: their texts stay as they are, byte by byte. */
void test_measures__m01_is_what_was_reviewed(void **state)
{
	static const char *const hashes[][2] = {
		{ "M01", "e96260da722e7bda85e2b6454b2bf76b144b6fae4de41be0ff4f960b2117bd01" },
		{ "M01.1", "b773caa01f9e401b10898351c6049bb2bffa2a99143acae8d7ce43da3309776c" },
	};
	struct catalog c;

	(void)state;
	a = arena_new(NULL, 0);
	c = built_in();
	for (size_t i = 0; i < countof(hashes); i++) {
		const struct catalog_measure *m = catalog_measure(&c, str_z(hashes[i][0]));

		assert_non_null(m);
		assert_str(str_hex(a, m->text.hash, CATALOG_HASH), hashes[i][1]);
	}
	arena_free(a);
}
