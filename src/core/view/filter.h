/* The filter language of lists (UX: `word "phrase" field:value field:a,b -field:x field:>10 seen:<24h (a OR b)`) over rows of
 * a view: what `ls` commands take today, and the API and the browser with the same words.
 *
 * Fields are those of the view, and a few shorter names for them (kind:, status:, seen:, port: ...). A field that a row does not
 * tell is unknown, and unknown is not shown, not even by a negation. Texts compare without regard to the case of ASCII letters;
 * `*` at an end stands for anything. A list (addresses, ports) matches when one member does. */
#ifndef CORE_VIEW_FILTER_H
#define CORE_VIEW_FILTER_H

#include "core/lang/lang.h"
#include "core/view/view.h"

struct view_filter {
	const struct view *view;
	const struct lang_expr *expr;
};

#define VIEW_ALL_FIELDS UINT64_MAX

/* The filter lives in the arena. Errors of lang_parse_filter; "" is the filter that shows everything. */
int view_filter_parse(struct arena *a, const struct view *v, struct str text, struct view_filter *ret,
	struct perr *reterr) MUST_USE;
bool view_filter_empty(const struct view_filter *f);
/* Is the row shown? `given` has a bit for each field of which the row holds all there is to know (VIEW_ALL_FIELDS: every one);
 * TRI_UNKNOWN: the other fields decide. With VIEW_ALL_FIELDS only TRI_TRUE is shown. */
enum tri view_filter_check(const struct view_filter *f, const struct view_row *row, u64 given, struct utc now);
/* Does the filter ask that this field be one text, without `*`, whatever else it asks? */
bool view_filter_equal(const struct view_filter *f, u32 field, struct str *ret);
/* The names a filter over v may use, for "did you mean"; NULL after the last. */
const char *view_filter_name(const struct view *v, size_t i);

struct view_sort {
	u32 field;
	bool desc;
};
/* "name", "-last_seen", short names too: ERR_UNKNOWN. */
int view_sort_parse(const struct view *v, struct str text, struct view_sort *ret) MUST_USE;
/* Ascending; what is unknown comes last. */
int view_compare(const struct view_row *x, const struct view_row *y, u32 field);

#endif
