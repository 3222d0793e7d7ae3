/* Kleene's laws, over all combinations, against the tables that doc/rules.md prints. */
#include "unit.h"

#include "core/lang/tri.h"

#include <stdio.h>
#include <string.h>

static enum tri of_letter(char c)
{
	assert_true(c == 'F' || c == 'U' || c == 'T');
	return c == 'F' ? TRI_FALSE : c == 'U' ? TRI_UNKNOWN : TRI_TRUE;
}

static struct tri_res make(enum tri v, unsigned why)
{
	return (struct tri_res){ .v = v, .why = v == TRI_UNKNOWN ? (u16)why : 0 };
}

/* Rows "| F | a | b | c |" under the header that begins with `| name |`. */
static size_t read_table(const char *name, char cells[3][4])
{
	FILE *f = fopen(DOC_RULES, "r");
	char line[512], head[32];
	size_t rows = 0;
	bool in = false;

	assert_non_null(f);
	snprintf(head, sizeof head, "| %s |", name);
	while (rows < 3 && fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, head, strlen(head)) == 0) {
			in = true;
		} else if (in && line[1] != '-') {
			size_t n = 0;

			assert_int_equal(line[0], '|');
			for (const char *p = line; *p != 0 && n < 4; p++) {
				if (*p == 'F' || *p == 'U' || *p == 'T') {
					cells[rows][n++] = *p;
				}
			}
			rows++;
		}
	}
	fclose(f);
	return rows;
}

void test_tri__tables_of_the_document(void **state)
{
	static const char order[] = "FUT";
	char t[3][4];

	(void)state;
	for (int which = 0; which < 2; which++) {
		assert_int_equal(read_table(which == 0 ? "and" : "or", t), 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(t[i][0], order[i]);
			for (size_t j = 0; j < 3; j++) {
				struct tri_res a = make(of_letter(order[i]), WHY_SILENT),
					       b = make(of_letter(order[j]), WHY_EXPIRED);
				struct tri_res r = which == 0 ? tri_and(a, b) : tri_or(a, b);

				assert_int_equal(r.v, of_letter(t[i][j + 1]));
			}
		}
	}
	assert_int_equal(read_table("not", t), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(t[i][0], order[i]);
		assert_int_equal(tri_not(make(of_letter(order[i]), WHY_SILENT)).v, of_letter(t[i][1]));
	}
}

static bool same(struct tri_res a, struct tri_res b)
{
	return a.v == b.v && a.why == b.why;
}

/* Every value with every set of two reasons: false, true and four unknowns. */
static struct tri_res nth(size_t i)
{
	return i == 0 ? tri_of(false) : i == 1 ? tri_of(true) : tri_unknown(i == 2 ? WHY_SILENT : i == 3 ? WHY_EXPIRED :
		i == 4 ? WHY_SILENT | WHY_EXPIRED : WHY_IDENTITY);
}

void test_tri__laws(void **state)
{
	enum { N = 6 };

	(void)state;
	for (size_t i = 0; i < N; i++) {
		struct tri_res a = nth(i);

		assert_true(same(tri_not(tri_not(a)), a));
		assert_true(same(tri_and(a, a), a) && same(tri_or(a, a), a));
		assert_true(same(tri_and(a, tri_of(true)), a) && same(tri_or(a, tri_of(false)), a));
		assert_true(
			same(tri_and(a, tri_of(false)), tri_of(false)) && same(tri_or(a, tri_of(true)), tri_of(true)));
		for (size_t j = 0; j < N; j++) {
			struct tri_res b = nth(j);

			assert_true(same(tri_and(a, b), tri_and(b, a)) && same(tri_or(a, b), tri_or(b, a)));
			assert_true(same(tri_not(tri_and(a, b)), tri_or(tri_not(a), tri_not(b))));
			assert_true(same(tri_not(tri_or(a, b)), tri_and(tri_not(a), tri_not(b))));
			assert_int_equal(tri_and(a, tri_or(a, b)).v, a.v);
			assert_int_equal(tri_or(a, tri_and(a, b)).v, a.v);
			for (size_t k = 0; k < N; k++) {
				struct tri_res c = nth(k);

				assert_true(same(tri_and(a, tri_and(b, c)), tri_and(tri_and(a, b), c)));
				assert_true(same(tri_or(a, tri_or(b, c)), tri_or(tri_or(a, b), c)));
				assert_int_equal(tri_and(a, tri_or(b, c)).v, tri_or(tri_and(a, b), tri_and(a, c)).v);
			}
		}
	}
}

/* Knowing less of one side never turns a decided result into the other decided one. */
void test_tri__less_knowledge_never_decides_otherwise(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 6; j++) {
			struct tri_res a = nth(i), b = nth(j), less = tri_unknown(WHY_SILENT);
			enum tri full = tri_and(a, b).v, part = tri_and(less, b).v;

			assert_true(part == full || part == TRI_UNKNOWN);
			full = tri_or(a, b).v;
			part = tri_or(less, b).v;
			assert_true(part == full || part == TRI_UNKNOWN);
		}
	}
}

void test_tri__reasons_in_the_order_of_the_document(void **state)
{
	static const char *const order[] = { "identity", "erased", "suspected", "inconclusive", "filtered", "silent",
		"expired", "not_covered", "not_run", "no_feed" };
	FILE *f = fopen(DOC_RULES, "r");
	char line[1024], cell[64];
	size_t at = 0;

	(void)state;
	assert_non_null(f);
	while (at < countof(order) && fgets(line, sizeof line, f) != NULL) {
		snprintf(cell, sizeof cell, "| %s |", order[at]);
		at += strncmp(line, cell, strlen(cell)) == 0;
	}
	fclose(f);
	assert_int_equal(at, countof(order));
	assert_int_equal(countof(order), WHY_COUNT);
	for (size_t i = 0; i < countof(order); i++) {
		assert_string_equal(why_name((enum why)(1u << i)), order[i]);
		assert_int_equal(why_first(WHY_ALL & ~((1u << i) - 1)), 1 << i);
	}
	assert_int_equal(why_first(0), WHY_NONE);
	assert_string_equal(why_name(WHY_NONE), "");
	assert_string_equal(tri_name(TRI_UNKNOWN), "unknown");
}
