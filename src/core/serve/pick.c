/* Which rows of a list its reader asked for, and in which order. A sorted list keeps at most twice as many rows as
 * are asked for; one
 * without a limit keeps PICK_MOST and is refused beyond: whoever wants more narrows it. */
#include "core/serve/serve_int.h"

#include "core/view/filter.h"

#define PICK_MOST 20000

struct pick {
	struct view_filter filter;
	struct view_sort sort;
	bool sorted, over;
	u32 limit;
	size_t taken;
	struct utc now;
	struct arena *parent, *a;	/* a: of the rows kept */
	vec(struct view_row) rows;
};

int pick_open(struct serve_reply *out, struct arena *a, enum view_number view, struct rd *body)
{
	struct pick *p = arena_alloc(a, sizeof *p);
	struct str filter, sort;
	struct perr err;
	int r;

	if ((r = rd_blob(body, &filter)) != 0 || (r = rd_blob(body, &sort)) != 0 || (r = rd_u32(body,
		&p->limit)) != 0 ||
	    (r = rd_done(body)) != 0) {
		return r;
	}
	if ((r = view_filter_parse(a, view_of(view), filter, &p->filter, &err)) != 0) {
		return serve_fail(out, r, SAY "filter" SAY "col=%u" SAY "text=%s", err.col, err.text);
	}
	if (sort.n != 0 && (r = view_sort_parse(view_of(view), sort, &p->sort)) != 0) {
		return serve_fail(out, r, SAY "no-sort" SAY "field=%.*s", STRF(sort));
	}
	p->sorted = sort.n != 0;
	p->now = serve_now(out->s);
	p->parent = a;
	p->a = arena_new(a, 0);
	out->pick = p;
	return 0;
}

bool pick_full(const struct serve_reply *out)
{
	const struct pick *p = out->pick;

	return p->over || (!p->sorted && p->limit != 0 && p->taken >= p->limit);
}

static struct view_row copy(struct arena *a, const struct view_row *row)
{
	struct buf b = buf_new(a, 0);
	struct view_row ret;

	view_encode(row, &b);
	must(buf_done(&b) == 0 && view_decode(a, buf_view(&b), &ret) == 0);
	return ret;
}

static int by_field(const void *x, const void *y, void *arg)
{
	const struct pick *p = arg;
	const struct view_row *a = x, *b = y;
	int r = view_compare(a, b, p->sort.field);

	return p->sort.desc && a->v[p->sort.field].present && b->v[p->sort.field].present ? -r : r;
}

/* Rows that compare equal keep the order they came in: a merge sort does. */
static void order(struct pick *p)
{
	size_t n = p->rows.n;
	struct view_row *from = p->rows.p, *to = arena_alloc(p->a, (n + 1) * sizeof *to);

	for (size_t run = 1; run < n; run *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * run) {
			size_t mid = lo + run < n ? lo + run : n, hi = lo + 2 * run < n ? lo + 2 * run : n;

			for (size_t i = lo, l = lo, r = mid; i < hi; i++) {
				bool left = l < mid && (r >= hi || by_field(&from[l], &from[r], p) <= 0);

				to[i] = from[left ? l++ : r++];
			}
		}
		struct view_row *swap = from;

		from = to;
		to = swap;
	}
	p->rows.p = from;
	p->rows.cap = n;
}

static void shrink(struct pick *p)
{
	struct arena *a = arena_new(p->parent, 0);
	struct view_row *rows;

	order(p);
	rows = arena_alloc(a, 2 * (size_t)p->limit * sizeof *rows);
	for (size_t i = 0; i < p->limit; i++) {
		rows[i] = copy(a, &p->rows.p[i]);
	}
	arena_free(p->a);
	p->a = a;
	p->rows.p = rows;
	p->rows.n = p->limit;
	p->rows.cap = 2 * (size_t)p->limit;
}

bool pick_takes(struct serve_reply *out, const struct view_row *row)
{
	struct pick *p = out->pick;

	if (row->view != p->filter.view) {
		return true;
	}
	if (pick_full(out) || view_filter_check(&p->filter, row, VIEW_ALL_FIELDS, p->now) != TRI_TRUE) {
		return false;
	}
	p->taken++;
	if (!p->sorted) {
		return true;
	}
	if (p->limit == 0 || p->limit > PICK_MOST) {
		p->over = p->rows.n >= PICK_MOST;
	} else if (p->rows.n >= 2 * (size_t)p->limit) {
		shrink(p);
	}
	if (!p->over) {
		*vec_add(p->a, &p->rows) = copy(p->a, row);
	}
	return false;
}

int pick_close(struct serve_reply *out)
{
	struct pick *p = out->pick;

	out->pick = NULL;
	if (p->over) {
		return serve_fail(out, ERR_LIMIT, SAY "sort-many" SAY "n=%d", PICK_MOST);
	}
	if (p->sorted) {
		order(p);
	}
	for (size_t i = 0; p->sorted && i < p->rows.n && (p->limit == 0 || i < p->limit); i++) {
		serve_row(out, &p->rows.p[i]);
	}
	return 0;
}
