/* asset ls, show, set, merge, history; fact ls. */
#include "show/cli/ask.h"

#include "base/err.h"
#include "base/json.h"

int cmd_asset_ls(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, S(""));
	buf_u32(&b, (u32)cli_int(c, "limit"));
	return ask_once(c, MSGS_ASSETS, buf_view(&b));
}

static int about_asset(struct cli *c, u16 type, bool card)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct ask q;
	int exit;

	buf_blob(&b, c->args.p[0]);
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	q.cards = card;
	return ask_close(&q, ask_rows(&q, type, buf_view(&b)));
}

int cmd_asset_show(struct cli *c)
{
	return about_asset(c, MSGS_ASSET, true);
}

int cmd_asset_history(struct cli *c)
{
	return about_asset(c, MSGS_HISTORY, false);
}

int cmd_fact_ls(struct cli *c)
{
	return about_asset(c, MSGS_FACTS, false);
}

/* "owner.name=佐藤": kind, field and value; a value that reads as JSON true, false or a number is that. */
static int put_value(struct json_w *w, struct str field, struct str value)
{
	i64 i;

	jw_key(w, field);
	if (str_eq(value, S("true")) || str_eq(value, S("false"))) {
		jw_bool(w, str_eq(value, S("true")));
	} else if (str_i64(value, &i) == 0) {
		jw_int(w, i);
	} else {
		jw_str(w, value);
	}
	return 0;
}

static int set_one(struct cli *c, struct ask *q, struct str what)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	struct str value = what, field, kind, id;
	int exit;

	field = str_cut(&value, '=');
	kind = str_cut(&field, '.');
	if (kind.n == 0 || field.n == 0 || str_chr(what, '=') < 0) {
		return cli_error(c, CLI_FAILED, "E-USAGE", MSG_err_set, MSG_NONE, TR({ "what", what }));
	}
	jw_obj(&w);
	jw_kstr(&w, "asset", c->args.p[0]);
	jw_kstr(&w, "do", S("asset.set"));
	jw_kstr(&w, "kind", str_printf(c->a, "%.*s/1", STRF(kind)));
	jw_key(&w, S("place"));
	jw_obj(&w);
	if (str_eq(kind, S("name"))) {
		jw_kstr(&w, "by", S("person"));
	}
	jw_end(&w);
	jw_key(&w, S("value"));
	jw_obj(&w);
	put_value(&w, field, value);
	jw_end(&w);
	jw_end(&w);
	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_dry_run, TR({ "what", buf_view(&b) }));
		return CLI_OK;
	}
	exit = ask_act(q, buf_view(&b), &id);
	if (exit == CLI_OK) {
		cli_say(c, MSG_say_asset_set, TR({ "id", id }, { "what", what }));
	}
	return exit;
}

int cmd_asset_set(struct cli *c)
{
	struct ask q;
	int exit = ask_open(c, &q);

	for (size_t i = 1; exit == CLI_OK && i < c->args.n; i++) {
		exit = set_one(c, &q, c->args.p[i]);
	}
	return q.super == NULL ? exit : ask_close(&q, exit);
}

int cmd_asset_merge(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	struct str id;
	struct ask q;
	int exit;

	jw_obj(&w);
	jw_kstr(&w, "do", S("asset.merge"));
	jw_kstr(&w, "from", c->args.p[1]);
	jw_kstr(&w, "into", c->args.p[0]);
	jw_end(&w);
	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_dry_run, TR({ "what", buf_view(&b) }));
		return CLI_OK;
	}
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if ((exit = ask_act(&q, buf_view(&b), &id)) == CLI_OK) {
		cli_say(c, MSG_say_asset_merged, TR({ "id", id }));
	}
	return ask_close(&q, exit);
}
