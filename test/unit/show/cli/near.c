/* Did you mean. */
#include "cli_test.h"

void test_near__distance_counts_edits_and_swaps(void **state)
{
	(void)state;
	assert_int_equal(cli_distance(S("asset"), S("asset")), 0);
	assert_int_equal(cli_distance(S("aset"), S("asset")), 1);
	assert_int_equal(cli_distance(S("asste"), S("asset")), 1);
	assert_int_equal(cli_distance(S("assset"), S("asset")), 1);
	assert_int_equal(cli_distance(S("devcie"), S("device")), 1);
	assert_int_equal(cli_distance(S(""), S("ab")), 2);
	assert_int_equal(cli_distance(S("kitten"), S("sitting")), 3);
	assert_int_equal(
		cli_distance(S("ca"), S("abc")), 3); /* optimal string alignment: no edit between the swapped */
}

void test_near__long_words_are_not_compared(void **state)
{
	char word[200];

	(void)state;
	memset(word, 'a', sizeof word);
	assert_true(cli_distance(str_of(word, sizeof word), S("asset")) == UINT32_MAX);
}

static const char *name_at(const void *ctx, size_t i)
{
	return ((const char *const *)ctx)[i];
}

void test_near__offers_the_nearest_within_two(void **state)
{
	static const char *const names[] = { "scan", "scope", "status", "", "db" };

	(void)state;
	assert_str(cli_nearest(S("scna"), name_at, names, 5), "scan");
	assert_str(cli_nearest(S("sttus"), name_at, names, 5), "status");
	assert_str(cli_nearest(S("elephant"), name_at, names, 5), "");
	assert_str(cli_nearest(S("xy"), name_at, names, 5), ""); /* two edits of two letters are another word */
	assert_str(cli_nearest(S(""), name_at, names, 5), "");
}
