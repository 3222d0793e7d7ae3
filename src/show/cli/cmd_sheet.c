/* sheet show: the guideline items, answered. rule explain: the facts, coverage and reasons behind one answer. */
#include "show/cli/ask.h"

struct sheet {
	struct str asset;	/* whose table is open */
	const struct str *items;	/* only these and their parts; none: all */
	size_t nitems, shown;
};

static bool asked_for(const struct sheet *s, const struct view_row *row)
{
	const struct view_value *item = &row->v[VIEW_control_item], *parent = &row->v[VIEW_control_parent];

	for (size_t i = 0; i < s->nitems; i++) {
		if (str_eq(item->s, s->items[i]) || (parent->present && str_eq(parent->s, s->items[i]))) {
			return true;
		}
	}
	return s->nitems == 0;
}

static struct str heading(struct arena *a, const struct view_row *row)
{
	const struct view_value *name = &row->v[VIEW_control_name], *addrs = &row->v[VIEW_control_addresses];
	struct buf b = buf_new(a, 0);

	buf_str(&b, row->v[VIEW_control_asset].s);
	if (name->present && name->s.n > 0) {
		buf_printf(&b, "  %.*s", STRF(name->s));
	}
	for (size_t i = 0; addrs->present && i < addrs->strs.n; i++) {
		buf_printf(&b, "%s%.*s", i == 0 ? "  " : ", ", STRF(addrs->strs.p[i]));
	}
	return buf_view(&b);
}

/* People read one table an asset, below its name and addresses. */
static bool next_asset(void *arg, struct ask *q, const struct view_row *row)
{
	struct sheet *s = arg;
	struct str asset = row->v[VIEW_control_asset].s;

	if (row->view->number == VIEW_control && !asked_for(s, row)) {
		return true;
	}
	s->shown++;
	if (out_format(q->c) == OUT_TABLE && row->view->number == VIEW_control && !str_eq(asset, s->asset)) {
		s->asset = str_dup(q->c->a, asset);
		q->exit = ask_table(q, heading(q->c->a, row));
	}
	return q->exit != CLI_OK;
}

int cmd_sheet_show(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct sheet s = { 0 };
	struct ask q;
	int exit;

	s.items = cli_list(c, "item", &s.nitems);
	buf_blob(&b, c->args.n > 0 ? c->args.p[0] : S(""));
	buf_blob(&b, cli_str(c, "guide"));
	buf_u8(&b, c->lang == LANG_ja);
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	q.hide = "asset name";
	q.take = next_asset;
	q.take_arg = &s;
	exit = ask_close(&q, ask_rows(&q, MSGS_SHEET, buf_view(&b)));
	if (exit == CLI_OK && s.nitems > 0 && s.shown == 0) {
		return cli_error(c, CLI_NO, "E-ITEM", MSG_err_sheet_item, MSG_fix_sheet_item, TR_NONE);
	}
	return exit;
}

int cmd_rule_explain(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct ask q;
	int exit;

	buf_blob(&b, c->args.p[0]);
	buf_blob(&b, c->args.p[1]);
	buf_u8(&b, c->lang == LANG_ja);
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	q.cards = true;
	q.heading = tr_text(c->lang, MSG_say_steps);
	return ask_close(&q, ask_rows(&q, MSGS_EXPLAIN, buf_view(&b)));
}
