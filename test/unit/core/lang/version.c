#include "unit.h"

#include "core/lang/lang.h"

static int cmp(const char *a, const char *b)
{
	int r = 99;

	return lang_version_cmp(str_z(a), str_z(b), &r) ? r : 99;
}

/* Ascending; every pair is compared both ways, which is also a test of transitivity. */
static const char *const ladder[] = {
	"0~1",
	"0-dev",
	"0",
	"0.0.1",
	"0.9",
	"1~beta",
	"1.0-dev",
	"1.0-alpha.1",
	"1.0.alpha2",
	"1.0beta",
	"1.0beta2",
	"1.0pre",
	"1.0rc1",
	"1.0rc2",
	"1.0rc10",
	"1.0",
	"1.0.0.a",
	"1.0.a",
	"1.0.b",
	"1.0.1",
	"1.0.2",
	"1.0.2a",
	"1.0.2k",
	"1.0.3",
	"1.2.0",
	"1.9",
	"1.10",
	"1.10-r1",
	"1.10.1",
	"2",
	"2.0.99999999999999999999",
	"2.0.100000000000000000000",
	"2020.01.02",
	"20200103",
};

void test_version__ladder(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(ladder); i++) {
		for (size_t j = 0; j < countof(ladder); j++) {
			int want = i < j ? -1 : i > j;

			if (cmp(ladder[i], ladder[j]) != want) {
				print_error("%s ? %s: %d\n", ladder[i], ladder[j], cmp(ladder[i], ladder[j]));
				fail();
			}
		}
	}
}

void test_version__equal_in_other_spelling(void **state)
{
	(void)state;
	assert_int_equal(cmp("1.2", "1.2.0"), 0);
	assert_int_equal(cmp("v1.2", "1.2"), 0);
	assert_int_equal(cmp("V1.02", "1.2.0.0"), 0);
	assert_int_equal(cmp("1_2-3", "1.2.3"), 0);
	assert_int_equal(cmp("1.0RC1", "1.0rc1"), 0);
	assert_int_equal(cmp("1.2.", "1.2"), 0);
}

void test_version__without_digit_is_none(void **state)
{
	(void)state;
	assert_int_equal(cmp("", "1"), 99);
	assert_int_equal(cmp("1", "latest"), 99);
	assert_int_equal(cmp("v", "1"), 99);
}

/* Any three texts: the order is total. */
void test_version__total_order(void **state)
{
	static const char set[] = "0019av.~-rcdev";

	(void)state;
	unit_seed(7);
	for (size_t n = 0; n < 200000; n += unit_step()) {
		char t[3][9];

		for (size_t i = 0; i < 3; i++) {
			for (size_t k = 0; k < 8; k++) {
				t[i][k] = set[unit_rnd(sizeof set - 1)];
			}
			t[i][8] = 0;
			t[i][0] = '1';
		}
		assert_int_equal(cmp(t[0], t[1]), -cmp(t[1], t[0]));
		if (cmp(t[0], t[1]) <= 0 && cmp(t[1], t[2]) <= 0) {
			assert_true(cmp(t[0], t[2]) <= 0);
		}
	}
}
