#include "show/cli/ask.h"
#include "show/cli/wholefile.h"

#include "base/err.h"
#include "base/rd.h"

/* --zones: what lies elsewhere is not there for this command. */
static int narrow(struct ask *q)
{
	struct buf b = buf_new(q->c->a, LIMIT_MSG_BODY);
	const struct str *zones;
	size_t n;
	int r;

	zones = cli_list(q->c, "zones", &n);
	if (!cli_has(q->c, "zones")) {
		return CLI_OK;
	}
	buf_u16(&b, (u16)(n > UINT16_MAX ? UINT16_MAX : n));
	for (size_t i = 0; i < n; i++) {
		buf_blob(&b, zones[i]);
	}
	if ((r = buf_done(&b)) == 0) {
		r = client_call(q->client, MSGS_ZONES, buf_view(&b), NULL, NULL);
	}
	return r == 0 ? CLI_OK : ask_failed(q, r);
}

/* --as-of: from here on core answers as it would have then. */
static int go_back(struct ask *q)
{
	struct buf b = buf_new(q->c->a, LIMIT_MSG_BODY), next = buf_new(q->c->a, LIMIT_MSG_BODY);

	if (!cli_has(q->c, "as-of")) {
		return CLI_OK;
	}
	buf_blob(&b, cli_str(q->c, "as-of"));
	buf_blob(&next, S(""));
	return buf_done(&b) == 0 ? ask_on(q, MSGS_AS_OF, buf_view(&b), buf_view(&next)) : ask_failed(q, buf_done(&b));
}

/* It said why where its log goes. */
static int core_ended(struct cli *c)
{
	return cli_error(c, cli_exit_of(ERR_CLOSED), "E-CLOSED", MSG_err_core_ended, MSG_fix_again, TR({ "dir", cli_store(c) }));
}

int ask_open(struct cli *c, struct ask *q)
{
	int exit;

	struct str dir = cli_store(c);
	int r;

	*q = (struct ask){ .c = c };
	if ((r = super_new(NULL, &q->super)) != 0) {
		return cli_error_of(c, r, S("korobanu"));
	}
	if ((r = super_open_core(q->super, str_c(c->a, dir), &q->client)) != 0) {
		super_free(q->super);
		q->super = NULL;
		return r == ERR_CLOSED ? core_ended(c) : cli_error_of(c, r, dir);
	}
	if ((exit = narrow(q)) != CLI_OK || (exit = go_back(q)) != CLI_OK) {
		super_free(q->super);
		q->super = NULL;
	}
	return exit;
}

int ask_failed(struct ask *q, int err)
{
	struct str text = client_error(q->client);

	if (err == ERR_CANCELED) {
		return super_signal(q->super) == 15 ? CLI_TERMINATED : CLI_INTERRUPTED;
	}
	if (text.n == 0 && err == ERR_CLOSED) {
		return core_ended(q->c);
	}
	return text.n == 0 ? cli_error_of(q->c, err, S("core")) :
		cli_error(q->c, cli_exit_of(err), str_c(q->c->a, str_printf(q->c->a, "E-%s", err_name(err))), MSG_err_core, MSG_NONE,
			TR({ "reason", cli_reason(q->c, err) }, { "text", tr_say(q->c->a, q->c->lang, text) }));
}

static void hide(struct ask *q)
{
	struct str names = str_z(q->hide);

	while (names.n > 0 && out_format(q->c) == OUT_TABLE) {
		int field = view_field_find(q->view, str_cut(&names, ' '));

		if (field >= 0) {
			out_hide(q->out, (u32)field);
		}
	}
}

int ask_table(struct ask *q, struct str heading)
{
	int exit = q->out != NULL ? out_close(q->out, true) : CLI_OK;

	q->out = NULL;
	q->view = NULL;
	q->heading = heading;
	return exit;
}

static int open_view(struct ask *q, const struct view *view)
{
	struct str title = q->heading.n > 0 ? q->heading : q->view != NULL || view->number != q->c->cmd->view ?
		str_z(q->c->lang == LANG_ja ? view->ja : view->en) : S("");

	if (ask_table(q, S("")) != CLI_OK) {
		return ERR_IO;
	}
	q->view = view;
	if (title.n > 0) {
		out_heading(q->c, title);
	}
	q->exit = view->number == q->c->cmd->view ? out_open(q->c, &q->out) :
		out_open_view(q->c, (enum view_number)view->number, &q->out);
	if (q->exit != CLI_OK || q->out == NULL) {
		return ERR_CANCELED;
	}
	hide(q);
	return 0;
}

static int take_row(void *arg, const struct msg *m)
{
	struct ask *q = arg;
	struct arena *a = arena_new(NULL, 0);
	struct view_row row;
	int r = view_decode(a, m->body, &row);

	if (r == 0 && row.view->number == VIEW_mark) {
		out_mark(q->c);
		arena_free(a);
		return 0;
	}
	if (r == 0 && q->take != NULL && q->take(q->take_arg, q, &row)) {
		arena_free(a);
		return q->exit == CLI_OK ? 0 : ERR_CANCELED;
	}
	if (r == 0 && q->cards && q->view == NULL && row.view->number == q->c->cmd->view) {
		q->exit = out_card(q->c, &row);
	} else if (r == 0 && (row.view == q->view || (r = open_view(q, row.view)) == 0)) {
		out_row(q->out, &row);
	}
	q->rows++;
	arena_free(a);
	return r;
}

int ask_rows(struct ask *q, u16 type, struct str body)
{
	int r = client_call(q->client, type, body, take_row, q);

	if (r != 0 && q->exit == CLI_OK) {
		return ask_failed(q, r);
	}
	return q->more ? q->exit : ask_empty(q);
}

struct going {
	struct arena *a;
	struct str cursor;		/* "entries folded/entries to fold"; empty: it is done */
	bool (*take)(void *arg, struct ask *q, const struct view_row *row);
	void *arg;
};

static bool take_cursor(void *arg, struct ask *q, const struct view_row *row)
{
	struct going *g = arg;

	if (row->view->number == VIEW_page) {
		arena_reset(g->a);
		g->cursor = str_dup(g->a, row->v[VIEW_page_cursor].s);
		return true;
	}
	return g->take != NULL && g->take(g->arg, q, row);
}

int ask_on(struct ask *q, u16 type, struct str body, struct str next)
{
	struct going g = { .a = arena_new(q->c->a, 0), .take = q->take, .arg = q->take_arg };
	bool more = q->more, shown = false;
	int exit;

	q->take = take_cursor;
	q->take_arg = &g;
	q->more = true;
	do {
		g.cursor = S("");
		exit = ask_rows(q, type, body);
		body = next;
		if (q->c->env->err_tty && !q->c->quiet && (g.cursor.n != 0 || shown)) {
			struct str all = g.cursor, done = str_cut(&all, '/');

			fprintf(q->c->env->err, "\r\033[K%.*s", STRF(g.cursor.n == 0 ? S("") : tr(q->c->a, q->c->lang, MSG_say_folding,
				TR({ "done", done }, { "all", all }))));
			fflush(q->c->env->err);
			shown = true;
		}
	} while (exit == CLI_OK && g.cursor.n != 0);
	q->take = g.take;
	q->take_arg = g.arg;
	q->more = more;
	return exit;
}

int ask_empty(struct ask *q)
{
	if (q->rows == 0 && !q->cards && q->exit == CLI_OK && q->view == NULL) {
		(void)open_view(q, view_of(q->c->cmd->view));	/* an empty list is still a document */
	}
	return q->exit;
}

struct bytes {
	struct buf b;
};

static int take_bytes(void *arg, const struct msg *m)
{
	struct bytes *b = arg;

	buf_str(&b->b, m->body);
	return buf_done(&b->b);
}

int ask_bytes(struct ask *q, u16 type, struct str body, struct str *ret)
{
	struct bytes b = { .b = buf_new(q->c->a, 64 * MiB) };
	int r = client_call(q->client, type, body, take_bytes, &b);

	if (r == 0 && ret != NULL) {
		*ret = buf_view(&b.b);
	}
	return r == 0 ? CLI_OK : ask_failed(q, r);
}

int ask_act(struct ask *q, struct str json, struct str *ret_id)
{
	struct buf b = buf_new(q->c->a, LIMIT_MSG_BODY);
	struct str answer;
	struct rd rd;
	int exit;

	buf_blob(&b, json);
	if (buf_done(&b) != 0) {
		return cli_error_of(q->c, buf_done(&b), S("act"));
	}
	if ((exit = ask_bytes(q, MSGS_ACT, buf_view(&b), &answer)) != CLI_OK) {
		return exit;
	}
	rd = rd_str(answer);
	return rd_blob(&rd, ret_id) == 0 ? CLI_OK : cli_error_of(q->c, ERR_PROTO, S("core"));
}

int ask_record(struct cli *c, struct str json, enum tr_id done)
{
	struct str id;
	struct ask q;
	int exit;

	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_dry_run, TR({ "what", json }));
		return CLI_OK;
	}
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if ((exit = ask_act(&q, json, &id)) == CLI_OK) {
		cli_say(c, done, TR({ "id", id }));
	}
	return ask_close(&q, exit);
}

int ask_close(struct ask *q, int exit)
{
	if (q->out != NULL && out_close(q->out, exit == CLI_OK) != CLI_OK && exit == CLI_OK) {
		exit = CLI_FAILED;
	}
	super_free(q->super);
	return exit;
}

int ask_about(struct cli *c, u16 type, struct str body, bool card, const char *hide)
{
	struct ask q;
	int exit = ask_open(c, &q);

	if (exit != CLI_OK) {
		return exit;
	}
	q.cards = card;
	q.hide = hide;
	return ask_close(&q, ask_rows(&q, type, body));
}

int ask_once(struct cli *c, u16 type, struct str body)
{
	return ask_about(c, type, body, false, NULL);
}

static int put_piece(void *arg, const struct msg *m)
{
	return wholefile_put(arg, m->body);
}

int ask_file(struct cli *c, u16 type, struct str body, struct wholefile *f)
{
	struct ask q;
	int exit = ask_open(c, &q), r;

	if (exit == CLI_OK) {
		r = client_call(q.client, type, body, put_piece, f);
		exit = ask_close(&q, f->err != 0 || r == 0 ? CLI_OK : ask_failed(&q, r));
	}
	return wholefile_end(c, f, exit);
}
