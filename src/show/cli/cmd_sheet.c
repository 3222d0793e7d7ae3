/* sheet show: the guideline items, answered. rule explain: the facts, coverage and reasons behind one answer. */
#include "show/cli/ask.h"

int cmd_sheet_show(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, c->args.n > 0 ? c->args.p[0] : S(""));
	buf_blob(&b, cli_str(c, "guide"));
	buf_u8(&b, c->lang == LANG_ja);
	return ask_once(c, MSGS_SHEET, buf_view(&b));
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
	return ask_close(&q, ask_rows(&q, MSGS_EXPLAIN, buf_view(&b)));
}
