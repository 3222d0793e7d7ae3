/* Rows survive the way through a message, damaged ones are refused, and the table is complete in both languages. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/view/view.h"

static struct str encoded(struct arena *a, const struct view_row *row)
{
	struct buf b = buf_new(a, 0);

	view_encode(row, &b);
	assert_int_equal(buf_done(&b), 0);
	return buf_view(&b);
}

static struct view_row sample(void)
{
	static const struct str addrs[] = { { .p = "10.7.0.2", .n = 8 }, { .p = "fe80::1", .n = 7 } };
	struct view_row row = view_row(VIEW_asset);

	view_set_str(&row, VIEW_asset_id, S("AST-7Q2K"));
	view_set_str(&row, VIEW_asset_name, S("カメラ"));
	view_set_answer(&row, VIEW_asset_worst, VIEW_FAIL | VIEW_CONFLICT);
	view_set_strs(&row, VIEW_asset_addresses, addrs, 2);
	view_set_int(&row, VIEW_asset_fails, -3);
	view_set_bool(&row, VIEW_asset_provisional, true);
	view_set_time(&row, VIEW_asset_last_seen, (struct utc){ .ms = 1763687702114 });
	view_set_str(&row, VIEW_asset_values, S("[{\"name\":\"video\"}]"));
	return row;
}

void test_view__round_trip_keeps_every_field(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = sample(), back;

	(void)state;
	assert_int_equal(view_decode(a, encoded(a, &row), &back), 0);
	assert_ptr_equal(back.view, view_of(VIEW_asset));
	assert_str(back.v[VIEW_asset_name].s, "カメラ");
	assert_int_equal(back.v[VIEW_asset_worst].answer, VIEW_FAIL | VIEW_CONFLICT);
	assert_int_equal(back.v[VIEW_asset_addresses].strs.n, 2);
	assert_str(back.v[VIEW_asset_addresses].strs.p[1], "fe80::1");
	assert_int_equal(back.v[VIEW_asset_fails].i, -3);
	assert_true(back.v[VIEW_asset_provisional].b);
	assert_true(back.v[VIEW_asset_last_seen].t.ms == 1763687702114);
	assert_str(view_get(&back, S("values"))->s, "[{\"name\":\"video\"}]");
	assert_null(view_get(&back, S("nothing")));
	arena_free(a);
}

void test_view__unset_is_unknown_and_not_empty(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = view_row(VIEW_asset), back;

	(void)state;
	view_set_str(&row, VIEW_asset_name, S(""));
	view_set_int(&row, VIEW_asset_fails, 0);
	view_set_time(&row, VIEW_asset_first_seen, (struct utc){ 0 });
	assert_int_equal(view_decode(a, encoded(a, &row), &back), 0);
	assert_true(back.v[VIEW_asset_name].present);
	assert_true(back.v[VIEW_asset_fails].present);
	assert_false(back.v[VIEW_asset_unknowns].present);
	assert_false(back.v[VIEW_asset_first_seen].present);
	assert_false(back.v[VIEW_asset_worst].present);
	arena_free(a);
}

void test_view__every_truncation_and_extra_byte_is_refused(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = sample(), back = { 0 };
	struct str s = encoded(a, &row);
	char *longer = arena_alloc(a, s.n + 1);

	(void)state;
	for (size_t n = 0; n < s.n; n++) {
		char *copy = arena_copy(a, s.p, n);

		assert_int_not_equal(view_decode(a, str_of(copy, n), &back), 0);
	}
	memcpy(longer, s.p, s.n);
	assert_int_equal(view_decode(a, str_of(longer, s.n + 1), &back), ERR_EXTRA);
	assert_null(back.view);
	arena_free(a);
}

void test_view__every_single_byte_change_is_safe(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row = sample(), back;
	struct str s = encoded(a, &row);

	(void)state;
	for (size_t i = 0; i < s.n; i++) {
		for (u32 v = 0; v < 256; v += 5) {
			struct arena *one = arena_new(a, 1 * MiB);
			u8 *copy = arena_copy(one, s.p, s.n);

			copy[i] = (u8)v;
			if (view_decode(one, str_of(copy, s.n), &back) == 0) {
				struct buf b = buf_new(one, 0);

				view_encode(&back, &b);
				assert_int_equal(b.n, s.n);
				assert_memory_equal(b.p, copy, s.n);
			}
			arena_free(one);
		}
	}
	arena_free(a);
}

void test_view__bad_values_are_named(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row back;
	struct buf b = buf_new(a, 0);

	(void)state;
	buf_u16(&b, VIEW_COUNT);
	buf_u16(&b, 1);
	assert_int_equal(view_decode(a, buf_view(&b), &back), ERR_NEWER);
	buf_reset(&b);
	buf_u16(&b, VIEW_status);
	buf_u16(&b, VIEW_status_COUNT + 1);
	assert_int_equal(view_decode(a, buf_view(&b), &back), ERR_NEWER);
	buf_reset(&b);
	buf_u16(&b, VIEW_status);
	buf_u16(&b, VIEW_status_COUNT);
	buf_u8(&b, 1);
	buf_blob(&b, S("\xff"));
	assert_int_equal(view_decode(a, buf_view(&b), &back), ERR_UTF8);
	buf_reset(&b);
	buf_u16(&b, VIEW_status);
	buf_u16(&b, VIEW_status_COUNT);
	buf_u8(&b, 2);
	assert_int_equal(view_decode(a, buf_view(&b), &back), ERR_RANGE);
	buf_reset(&b);
	buf_u16(&b, VIEW_status);
	buf_u16(&b, VIEW_status_COUNT);
	buf_u8(&b, 0);
	buf_u8(&b, 1);
	buf_u8(&b, VIEW_ANSWER_COUNT);
	assert_int_equal(view_decode(a, buf_view(&b), &back), ERR_RANGE);
	arena_free(a);
}

void test_view__a_count_of_texts_the_input_cannot_hold_is_refused(void **state)
{
	struct arena *a = arena_new(NULL, 64 * KiB);
	struct view_row back;
	struct buf b = buf_new(a, 0);

	(void)state;
	buf_u16(&b, VIEW_network);
	buf_u16(&b, VIEW_network_COUNT);
	buf_u8(&b, 0);
	buf_u8(&b, 0);
	buf_u8(&b, 1);
	buf_u16(&b, VIEW_STRS_MAX);
	assert_int_equal(view_decode(a, buf_view(&b), &back), ERR_LIMIT);
	arena_free(a);
}

void test_view__table_is_complete(void **state)
{
	(void)state;
	for (u32 i = 0; i < VIEW_COUNT; i++) {
		const struct view *v = view_of(i);
		size_t keys = 0, cols = 0;

		assert_int_equal(v->number, i);
		assert_ptr_equal(view_find(str_z(v->name)), v);
		assert_true(v->en[0] != 0 && v->ja[0] != 0);
		for (size_t k = 0; k < v->nfields; k++) {
			const struct view_field *f = &v->fields[k];

			assert_true(f->en[0] != 0 && f->ja[0] != 0 && f->example[0] != 0);
			assert_int_equal(view_field_find(v, str_z(f->name)), k);	/* no name twice */
			keys += (f->flags & VIEW_KEY) != 0;
			cols += (f->flags & VIEW_COL) != 0;
		}
		assert_true(keys >= 1 && cols >= 2);
	}
	assert_null(view_find(S("nothing")));
}
