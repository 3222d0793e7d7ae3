/* The filter language over rows: what each word of it shows, what unknown does, and where an error stands. */
#include "unit.h"

#include "core/view/filter.h"

#define NOW 1763687702114

static struct view_row camera(struct arena *a)
{
	static const struct str addrs[] = { { .p = "10.7.0.2", .n = 8 }, { .p = "fe80::1", .n = 7 } };
	static const struct str ports[] = { { .p = "22", .n = 2 }, { .p = "23", .n = 2 } };
	struct view_row row = view_row(VIEW_asset);

	(void)a;
	view_set_str(&row, VIEW_asset_id, S("AST-7"));
	view_set_str(&row, VIEW_asset_name, S("cam-lobby-2"));
	view_set_str(&row, VIEW_asset_class, S("camera"));
	view_set_str(&row, VIEW_asset_vendor, S("Acme Optics"));
	view_set_str(&row, VIEW_asset_zone, S("tokyo/factory-a"));
	view_set_strs(&row, VIEW_asset_addresses, addrs, countof(addrs));
	view_set_strs(&row, VIEW_asset_ports, ports, countof(ports));
	view_set_answer(&row, VIEW_asset_worst, VIEW_FAIL | VIEW_CONFLICT);
	view_set_int(&row, VIEW_asset_number, 3);
	view_set_bool(&row, VIEW_asset_provisional, false);
	view_set_time(&row, VIEW_asset_last_seen, (struct utc){ NOW - 3600000 });
	return row;
}

static bool shows(const char *text)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = camera(a);
	struct view_filter f;
	struct perr err;
	enum tri r;

	if (view_filter_parse(a, view_of(VIEW_asset), str_z(text), &f, &err) != 0) {
		fail_msg("%s: %s", text, err.text);
	}
	r = view_filter_check(&f, &row, VIEW_ALL_FIELDS, (struct utc){ NOW });
	arena_free(a);
	return r == TRI_TRUE;
}

void test_filter__shows_what_was_asked(void **state)
{
	static const char *const yes[] = { "", "kind:camera", "class:CAMERA", "port:23", "ports:22,80", "status:fail", "status:>=fail",
		"seen:<24h", "-seen:>24h", "number:1..3", "number:>2", "lobby", "\"acme opt\"", "vendor:\"acme optics\"", "vendor:acme*",
		"zone:tokyo*", "fe80::1", "address:10.7.*", "-kind:printer", "(kind:printer OR port:22) provisional:no", "name:*lobby*" };
	static const char *const no[] = { "kind:printer", "port:80", "-port:23", "status:pass", "seen:>24h", "number:>3", "kitchen",
		"vendor:acme", "owner:sato", "-owner:sato", "-tag:lab", "kind:camera port:80", "zone:tokyo" };

	(void)state;
	for (size_t i = 0; i < countof(yes); i++) {
		if (!shows(yes[i])) {
			fail_msg("not shown: %s", yes[i]);
		}
	}
	for (size_t i = 0; i < countof(no); i++) {
		if (shows(no[i])) {
			fail_msg("shown: %s", no[i]);
		}
	}
}

/* A row of which some fields are not there yet: no filter is decided that they could turn. */
void test_filter__part_of_a_row_decides_what_it_can(void **state)
{
	static const struct {
		const char *text;
		enum tri r;
	} cases[] = { { "kind:camera", TRI_TRUE }, { "kind:printer", TRI_FALSE }, { "port:23", TRI_UNKNOWN }, { "-port:23", TRI_UNKNOWN },
		{ "kind:printer port:23", TRI_FALSE }, { "kind:camera OR port:23", TRI_TRUE }, { "kind:printer OR port:23", TRI_UNKNOWN },
		{ "camera", TRI_TRUE }, { "nothing", TRI_UNKNOWN }, { "-nothing", TRI_UNKNOWN }, { "-camera", TRI_FALSE },
		{ "vendor:acme", TRI_FALSE }, { "-vendor:acme", TRI_FALSE }, { "vendor:acme OR port:23", TRI_UNKNOWN } };
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = view_row(VIEW_asset);

	(void)state;
	view_set_str(&row, VIEW_asset_class, S("camera"));
	for (size_t i = 0; i < countof(cases); i++) {
		struct view_filter f;
		enum tri r;

		assert_int_equal(view_filter_parse(a, view_of(VIEW_asset), str_z(cases[i].text), &f, NULL), 0);
		r = view_filter_check(&f, &row, 1ull << VIEW_asset_class | 1ull << VIEW_asset_vendor, (struct utc){ NOW });
		if (r != cases[i].r) {
			fail_msg("%s: %s", cases[i].text, tri_name(r));
		}
	}
	arena_free(a);
}

void test_filter__errors_have_a_place(void **state)
{
	static const struct {
		const char *text;
		int r;
		u32 col;
	} cases[] = { { "kind:camera prot:23", ERR_UNKNOWN, 13 }, { "status:bad", ERR_TYPE, 8 }, { "(port:23", ERR_SYNTAX, 9 },
		{ "number:many", ERR_SYNTAX, 8 }, { "kind:", ERR_SYNTAX, 6 }, { "seen:yesterday", ERR_SYNTAX, 6 }, { "a OR", ERR_SYNTAX, 5 },
		{ "kind:>camera", ERR_TYPE, 6 }, { "\"open", ERR_SYNTAX, 1 } };
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct view_filter f;
		struct perr err;
		int r = view_filter_parse(a, view_of(VIEW_asset), str_z(cases[i].text), &f, &err);

		if (r != cases[i].r || err.col != cases[i].col) {
			fail_msg("%s: %s at %u: %s", cases[i].text, err_name(r), err.col, err.text);
		}
	}
	arena_free(a);
}

void test_filter__a_kind_is_found_with_and_without_version(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = view_row(VIEW_fact);
	struct view_filter f;

	(void)state;
	view_set_str(&row, VIEW_fact_kind, S("service/1"));
	assert_int_equal(view_filter_parse(a, view_of(VIEW_fact), S("kind:service"), &f, NULL), 0);
	assert_int_equal(view_filter_check(&f, &row, VIEW_ALL_FIELDS, (struct utc){ NOW }), TRI_TRUE);
	assert_int_equal(view_filter_parse(a, view_of(VIEW_fact), S("kind:service/2"), &f, NULL), 0);
	assert_int_equal(view_filter_check(&f, &row, VIEW_ALL_FIELDS, (struct utc){ NOW }), TRI_FALSE);
	arena_free(a);
}

void test_filter__what_an_index_can_answer(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_filter f;
	struct str word;

	(void)state;
	assert_int_equal(view_filter_parse(a, view_of(VIEW_asset), S("port:23 kind:camera lobby"), &f, NULL), 0);
	assert_true(view_filter_equal(&f, VIEW_asset_class, &word));
	assert_str(word, "camera");
	assert_false(view_filter_equal(&f, VIEW_asset_vendor, &word));
	assert_int_equal(view_filter_parse(a, view_of(VIEW_asset), S("kind:cam*"), &f, NULL), 0);
	assert_false(view_filter_equal(&f, VIEW_asset_class, &word));
	assert_int_equal(view_filter_parse(a, view_of(VIEW_asset), S("kind:camera OR port:23"), &f, NULL), 0);
	assert_false(view_filter_equal(&f, VIEW_asset_class, &word));
	assert_int_equal(view_filter_parse(a, view_of(VIEW_asset), S("-kind:camera"), &f, NULL), 0);
	assert_false(view_filter_equal(&f, VIEW_asset_class, &word));
	arena_free(a);
}

void test_filter__orders_rows(void **state)
{
	struct view_row x = view_row(VIEW_asset), y = x;
	struct view_sort s;

	(void)state;
	assert_int_equal(view_sort_parse(view_of(VIEW_asset), S("-seen"), &s), 0);
	assert_int_equal(s.field, VIEW_asset_last_seen);
	assert_true(s.desc);
	assert_int_equal(view_sort_parse(view_of(VIEW_asset), S("colour"), &s), ERR_UNKNOWN);
	assert_int_equal(view_compare(&x, &y, VIEW_asset_name), 0);
	view_set_str(&x, VIEW_asset_name, S("a"));
	assert_true(view_compare(&x, &y, VIEW_asset_name) < 0);	/* unknown comes last */
	view_set_str(&y, VIEW_asset_name, S("b"));
	assert_true(view_compare(&y, &x, VIEW_asset_name) > 0);
	view_set_int(&x, VIEW_asset_number, 10);
	view_set_int(&y, VIEW_asset_number, 9);
	assert_true(view_compare(&x, &y, VIEW_asset_number) > 0);
}
