#include "show/cli/query.h"

#include "base/err.h"
#include "base/limits.h"
#include "core/view/filter.h"
#include "show/cli/out.h"

void cli_show_place(struct cli *c, struct str text, const struct perr *err)
{
	struct str line = S("");

	if (c->quiet || err->line == 0) {
		return;
	}
	for (u32 i = 0; i < err->line && text.n > 0; i++) {
		line = str_cut(&text, '\n');
	}
	fputs("  ", c->env->err);
	out_clean(c->env->err, line);
	fprintf(c->env->err, "\n  %*s^\n", (int)str_width(str_sub(line, 0, err->col > 0 ? err->col - 1 : 0)), "");
}

static const char *name_of(const void *ctx, size_t i)
{
	return view_filter_name(ctx, i);
}

static struct str nearest(const struct view *v, struct str word)
{
	size_t n = 0;

	while (view_filter_name(v, n) != NULL) {
		n++;
	}
	return cli_nearest(word, name_of, v, n);
}

/* Says what is wrong, where, and which word was probably meant. */
static int wrong_filter(struct cli *c, struct str text, const struct perr *err, int r)
{
	const struct view *v = view_of(c->cmd->view);
	struct str word = str_from(text, err->off < text.n ? err->off : text.n), near = { 0 };
	ptrdiff_t colon = str_chr(word, ':');
	int exit;

	if (r == ERR_UNKNOWN && colon > 0) {
		near = nearest(v, str_sub(word, 0, (size_t)colon));
	}
	exit = cli_error(c, CLI_FAILED, "E-QUERY", MSG_err_query, near.n > 0 ? MSG_fix_near : MSG_fix_query,
		TR({ "place", str_printf(c->a, "%u", err->col) }, { "near", near },
			{ "reason", str_dup(c->a, str_z(err->text[0] != 0 ? err->text : err_text(r))) }));
	cli_show_place(c, text, err);
	return exit;
}

int query_read(struct cli *c, size_t first, struct query *ret)
{
	struct query q = { .sort = cli_str(c, "sort"), .limit = (u32)cli_int(c, "limit"), .filter = S("") };
	const struct view *v = view_of(c->cmd->view);
	struct view_filter f;
	struct view_sort by;
	struct perr err;
	int r;

	for (size_t i = first; i < c->args.n; i++) {
		q.filter = str_printf(c->a, "%.*s%s%.*s", STRF(q.filter), i > first ? " " : "", STRF(c->args.p[i]));
	}
	if ((r = view_filter_parse(c->a, v, q.filter, &f, &err)) != 0) {
		return wrong_filter(c, q.filter, &err, r);
	}
	if (q.sort.n != 0 && view_sort_parse(v, q.sort, &by) != 0) {
		struct str near = nearest(v, str_from(q.sort, q.sort.p[0] == '-'));

		return cli_error(c, CLI_FAILED, "E-QUERY", MSG_err_sort, near.n > 0 ? MSG_fix_near :
			MSG_fix_fields_help,
			TR({ "name", q.sort }, { "near", near }));
	}
	*ret = q;
	return CLI_OK;
}

void query_put(struct buf *b, const struct query *q)
{
	buf_blob(b, q->filter);
	buf_blob(b, q->sort);
	buf_u32(b, q->limit);
}

int query_list(struct cli *c, const char *what)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct query q;
	int exit = query_read(c, 0, &q);

	buf_blob(&b, str_z(what));
	query_put(&b, &q);
	return exit != CLI_OK ? exit : ask_once(c, MSGS_LIST, buf_view(&b));
}

/* Before `at`, in an order that stays as it is where rows compare equal; what is unknown comes last both ways. */
static void put_in_order(struct view_row *rows, size_t at, const struct view_sort *by)
{
	struct view_row row = rows[at];

	for (; at > 0; at--) {
		const struct view_row *before = &rows[at - 1];
		bool both = row.v[by->field].present && before->v[by->field].present;
		int order = view_compare(before, &row, by->field);

		if ((by->desc && both ? -order : order) <= 0) {
			break;
		}
		rows[at] = rows[at - 1];
	}
	rows[at] = row;
}

int query_rows(struct cli *c, struct view_row *rows, size_t n)
{
	const struct view *v = view_of(c->cmd->view);
	struct view_filter f;
	struct view_sort by;
	struct query q;
	struct out *o;
	int exit = query_read(c, 0, &q);

	if (exit != CLI_OK || (exit = out_open(c, &o)) != CLI_OK || o == NULL) {
		return exit;
	}
	must(view_filter_parse(c->a, v, q.filter, &f, NULL) == 0);	/* query_read has read it */
	for (size_t i = 0; q.sort.n != 0 && i < n; i++) {
		must(view_sort_parse(v, q.sort, &by) == 0);
		put_in_order(rows, i, &by);
	}
	for (size_t i = 0; i < n && (q.limit == 0 || out_count(o) < q.limit); i++) {
		if (view_filter_check(&f, &rows[i], VIEW_ALL_FIELDS, utc_now()) == TRI_TRUE) {
			out_row(o, &rows[i]);
		}
	}
	return out_close(o, true);
}

struct pages {
	bool (*take)(void *arg, struct ask *q, const struct view_row *row);
	void *arg;
	struct arena *a;		/* of the cursor */
	struct str cursor;
	u32 rows;
};

static bool take_page(void *arg, struct ask *q, const struct view_row *row)
{
	struct pages *p = arg;

	if (row->view->number == VIEW_page) {
		arena_reset(p->a);
		p->cursor = str_dup(p->a, row->v[VIEW_page_cursor].s);
		return true;
	}
	p->rows++;
	return p->take != NULL && p->take(p->arg, q, row);
}

int query_assets(struct ask *q, const struct query *what, struct str cursor, struct str *ret_cursor)
{
	struct pages p = { .take = q->take, .arg = q->take_arg, .a = arena_new(q->c->a, 0), .cursor = cursor };
	int exit;

	q->take = take_page;
	q->take_arg = &p;
	do {
		struct arena *a = arena_new(NULL, 0);
		struct buf b = buf_new(a, LIMIT_MSG_BODY);
		struct query left = *what;

		left.limit -= what->limit != 0 ? p.rows : 0;
		query_put(&b, &left);
		buf_blob(&b, p.cursor);
		p.cursor = S("");
		q->more = true;
		exit = ask_rows(q, MSGS_ASSETS, buf_view(&b));
		arena_free(a);
	} while (exit == CLI_OK && p.cursor.n != 0 && (what->limit == 0 || p.rows < what->limit));
	q->more = false;
	q->take = p.take;
	q->take_arg = p.arg;
	if (exit == CLI_OK && ret_cursor != NULL) {
		*ret_cursor = str_dup(q->c->a, p.cursor);
	}
	return exit == CLI_OK ? ask_empty(q) : exit;
}
