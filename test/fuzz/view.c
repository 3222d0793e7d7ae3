/* A filter and an order over rows, and a row as bytes, between NUL bytes. What is a filter decides about any row; what is a row is
 * written as the same bytes. The first byte says which view. */
#include "fuzz.h"

#include "core/view/filter.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct str rest = str_of(p, n), text, order;
	const struct view *v;
	struct view_row row = view_row(VIEW_asset), read;
	struct view_filter f;
	struct view_sort sort;
	struct perr err = { 0 };
	struct buf b = buf_new(a, 0);
	int r;

	if (n < 2) {
		arena_free(a);
		return 0;
	}
	v = (p[0] & 1) != 0 ? view_of(VIEW_asset) : view_of(VIEW_fact);
	rest = str_from(rest, 1);
	text = str_cut(&rest, '\0');
	order = str_cut(&rest, '\0');
	if (view_decode(a, rest, &read) == 0) {
		view_encode(&read, &b);
		must(str_eq(buf_view(&b), rest));
		row = read;
	}
	if ((r = view_filter_parse(a, v, text, &f, &err)) != 0) {
		must(err.text[0] != '\0');
	} else if (row.view == v) {
		(void)view_filter_check(&f, &row, VIEW_ALL_FIELDS, (struct utc){ .ms = 1700000000000 });
		(void)view_filter_check(&f, &row, 0, (struct utc){ .ms = 1700000000000 });
	}
	if (view_sort_parse(v, order, &sort) == 0 && row.view == v) {
		must(view_compare(&row, &row, sort.field) == 0);
	}
	arena_free(a);
	return 0;
}
