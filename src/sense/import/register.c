#include "sense/import/register.h"

#include "base/vec.h"
#include "core/fact/register.h"
#include "core/ledger/merkle.h"
#include "core/msg/import.h"
#include "core/msg/msgs.h"
#include "core/view/view.h"
#include "proto/csv.h"

#include <string.h>

struct reading {
	struct msg_chan *chan;
	struct arena *a;
	u32 id;
	struct str mapping;
	struct buf used;		/* the mapping as it is used */
	int column[CSV_COLUMNS_MAX];	/* field of each column, -1: left out */
	size_t ncolumns;
	struct buf found;		/* rows that wait, behind u32 n */
	u32 nfound;
	u64 rows, rejected;
	int err;			/* the channel's */
};

/* The whole file: a register is small, and its coding shows only at the end. */
static int slurp(struct reading *g, struct buf *ret)
{
	struct msg ask = { .type = MSGS_IMPORT_MORE, .fd = -1 }, m;
	int r;

	for (;;) {
		if ((r = chan_send_wait(g->chan, &ask, -1)) != 0 || (r = chan_recv_wait(g->chan, &m, -1)) != 0) {
			return r;
		}
		if (m.type != MSGS_IMPORT_BYTES) {
			return ERR_PROTO;
		}
		if (m.body.n == 0) {
			return 0;
		}
		buf_str(ret, m.body);		/* over the limit: told below, the rest is read and forgotten */
	}
}

static void send_body(struct reading *g, u16 type, struct str body)
{
	struct msg m = { .type = type, .id = type == MSGS_REGISTER_READ ? g->id : 0, .body = body, .fd = -1 };

	if (g->err == 0) {
		g->err = chan_send_wait(g->chan, &m, -1);
	}
}

static void flush(struct reading *g)
{
	struct arena *a;
	struct buf b;

	if (g->nfound == 0) {
		return;
	}
	a = arena_new(NULL, 0);
	b = buf_new(a, LIMIT_MSG_BODY);
	buf_u32(&b, g->nfound);
	buf_str(&b, buf_view(&g->found));
	send_body(g, MSGS_REGISTER_FOUND, buf_view(&b));
	arena_free(a);
	buf_reset(&g->found);
	g->nfound = 0;
}

static void reject(struct reading *g, u32 line, const struct perr *err)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct view_row row = view_row(VIEW_reject);
	struct str text = str_z(err->text[0] != '\0' ? err->text : err_text(err->code));
	size_t bad;

	if (!str_utf8_ok(text, &bad)) {		/* cut within a character */
		text = str_sub(text, 0, bad);
	}
	flush(g);		/* what is told stands in the order of the file */
	if (++g->rejected <= IMPORT_REJECTS_MAX) {
		static const u32 nothing[] = { VIEW_reject_asset, VIEW_reject_field, VIEW_reject_before, VIEW_reject_after };

		for (size_t i = 0; i < countof(nothing); i++) {
			view_set_str(&row, nothing[i], S(""));
		}
		view_set_int(&row, VIEW_reject_line, line);
		view_set_str(&row, VIEW_reject_state, S("refused"));
		view_set_str(&row, VIEW_reject_reason, text);
		view_encode(&row, &b);
		send_body(g, MSGS_REGISTER_READ, buf_view(&b));
	}
	arena_free(a);
}

/* ---- headings ---- */

static struct str mapped(struct reading *g, struct str heading)
{
	struct str rest = g->mapping;

	while (rest.n != 0) {
		struct str field = str_cut(&rest, '\n'), name = str_cut(&field, '\t');

		if (str_eq(register_heading(g->a, name), register_heading(g->a, heading))) {
			return field;
		}
	}
	return (struct str){ 0 };
}

static int take_heading(struct reading *g, struct str heading, struct perr *err)
{
	struct str field = mapped(g, heading);
	int i = field.n == 0 ? register_propose(g->a, heading) : str_eq(field, S("-")) ? -1 : register_find(field);

	if (field.n != 0 && i < 0 && !str_eq(field, S("-"))) {
		return perr_set(err, ERR_UNKNOWN, 0, "the mapping names a field that is none: %.*s", (int)(field.n < 40 ? field.n : 40), field.p);
	}
	for (size_t k = 0; k < g->ncolumns && i >= 0; k++) {
		if (g->column[k] == i) {
			if (field.n != 0) {
				return perr_set(err, ERR_DUP, 0, "two columns are mapped to %s", register_fields[i].name);
			}
			i = -1;		/* only proposed: the first column of that meaning counts */
		}
	}
	g->column[g->ncolumns++] = i;
	if (str_chr(heading, '\t') < 0 && str_chr(heading, '\n') < 0 && heading.n != 0) {
		buf_printf(&g->used, "%.*s\t%s\n", STRF(heading), i < 0 ? "-" : register_fields[i].name);
	}
	return 0;
}

static int take_head(struct reading *g, const struct str *cells, size_t n, struct perr *err)
{
	bool any = false;
	int r;

	for (size_t i = 0; i < n; i++) {
		if ((r = take_heading(g, str_trim(cells[i]), err)) != 0) {
			return r;
		}
		any |= g->column[i] >= 0 && register_fields[g->column[i]].type != REGISTER_ASSET;
	}
	return any ? 0 : perr_set(err, ERR_UNKNOWN, 0, "no column is known; name them with --column HEADING=FIELD");
}

/* ---- rows ---- */

static void take_row(struct reading *g, const struct str *cells, size_t n, u32 line)
{
	struct arena *a = arena_new(NULL, 0);
	struct register_row row = { .line = line };
	struct fact facts[REGISTER_FIELDS];
	struct fact_key key = { KEY_ID, S("id:x"), S("x") };
	struct buf b = buf_new(a, LIMIT_MSG_BODY / 2);
	struct perr err = { 0 };
	size_t nfacts;
	int r = n > g->ncolumns ? perr_set(&err, ERR_EXTRA, 0, "more cells than headings") : 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (g->column[i] >= 0) {
			r = register_cell(a, g->column[i], cells[i], &row.cell[g->column[i]], &err);
		}
	}
	if (r == 0) {
		r = register_facts(a, &row, S("none"), &key, 1, facts, &nfacts, &err);
	}
	if (r == 0) {
		register_write(&b, &row);
		r = buf_done(&b) == 0 ? 0 : perr_set(&err, ERR_LIMIT, 0, "this row is too long");
	}
	if (r != 0) {
		reject(g, line, &err);
	} else {
		if (g->found.n + b.n > LIMIT_MSG_BODY / 2 || g->nfound == 100) {
			flush(g);
		}
		buf_str(&g->found, buf_view(&b));
		g->nfound++;
		g->rows++;
	}
	arena_free(a);
}

static int take_rows(struct reading *g, struct str text, struct perr *err)
{
	struct csv c = csv_new(text);
	struct str *cells;
	bool headed = false;
	size_t n;
	u32 line;
	int r;

	for (;;) {
		struct arena *a = arena_new(NULL, 0);
		struct perr bad = { 0 };

		r = csv_next(&c, a, &cells, &n, &line, &bad);
		if (r == ERR_NOTFOUND) {
			arena_free(a);
			break;
		}
		if (!headed) {
			*err = bad;
			r = r != 0 ? r : take_head(g, cells, n, err);
		} else if (r != 0) {
			reject(g, line, &bad);
			r = 0;
		} else {
			take_row(g, cells, n, line);
		}
		arena_free(a);
		headed = true;
		if (r != 0 || g->err != 0) {
			return r != 0 ? r : g->err;
		}
	}
	flush(g);
	return headed ? 0 : perr_set(err, ERR_MISSING, 0, "the file is empty");
}

int register_serve(struct msg_chan *chan, const struct msg *first)
{
	struct arena *a = arena_new(NULL, 0);
	struct reading g = { .chan = chan, .a = a, .id = first->id, .used = buf_new(a, 16 * KiB), .found = buf_new(a, LIMIT_MSG_BODY) };
	struct msg last = { .type = MSGS_REGISTER_READ, .flags = MSG_LAST, .id = first->id, .fd = -1 };
	struct buf bytes = buf_new(a, CSV_FILE_MAX), b = buf_new(a, LIMIT_MSG_BODY);
	struct rd rd = rd_str(str_dup(a, first->body));
	enum csv_coding coding = CSV_UTF8;
	struct perr err = { 0 };
	struct str text = S("");
	struct hash h;
	int r;

	if (rd_blob(&rd, &g.mapping) != 0 || rd_done(&rd) != 0) {
		arena_free(a);
		return ERR_PROTO;
	}
	if ((r = slurp(&g, &bytes)) != 0) {
		arena_free(a);
		return r;
	}
	if (buf_done(&bytes) != 0) {
		r = perr_set(&err, ERR_LIMIT, 0, "a register may have %zu MiB at most", (size_t)(CSV_FILE_MAX / MiB));
	} else if ((r = csv_text(a, buf_view(&bytes), &text, &coding, &err)) == 0) {
		r = take_rows(&g, text, &err);
	}
	if (r == 0 && buf_done(&g.used) != 0) {
		r = perr_set(&err, ERR_LIMIT, 0, "the headings are too long");
	}
	if (g.err != 0) {
		arena_free(a);
		return g.err;
	}
	if (r != 0) {
		last.flags |= MSG_FAILED;
		msg_failed_write(&b, r, err.line != 0 ? str_printf(a, "line %u, column %u: %s", err.line, err.col, err.text) : str_z(err.text));
	} else {
		h = hash_bytes(buf_view(&bytes));
		buf_bytes(&b, h.b, sizeof h.b);
		buf_blob(&b, buf_view(&g.used));
		buf_blob(&b, str_z(csv_codings[coding]));
		buf_u64(&b, g.rows);
		buf_u64(&b, g.rejected);
	}
	last.body = buf_view(&b);
	r = chan_send_wait(chan, &last, -1);
	arena_free(a);
	return r;
}
