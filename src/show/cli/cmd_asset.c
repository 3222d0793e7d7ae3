/* asset ls, show, set, merge, split, history; fact ls, show. */
#include "show/cli/query.h"

#include "base/err.h"
#include "base/json.h"
#include "core/fact/kind.h"

int cmd_asset_ls(struct cli *c)
{
	struct str cursor = S("");
	struct query what;
	struct ask q;
	int exit;

	if ((exit = query_read(c, 0, &what)) != CLI_OK || (exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	exit = ask_close(&q, query_assets(&q, &what, cli_str(c, "page"), &cursor));
	if (cursor.n != 0) {
		cli_say(c, MSG_say_more_assets, TR({ "cursor", cursor }));
	}
	return exit;
}

static int about_asset(struct cli *c, u16 type, bool card)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, c->args.p[0]);
	return ask_about(c, type, buf_view(&b), card, "asset");	/* the one that was asked about */
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
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct query what;
	int exit = query_read(c, 1, &what);

	buf_blob(&b, c->args.p[0]);
	if (exit == CLI_OK) {
		query_put(&b, &what);
		exit = ask_about(c, MSGS_FACTS, buf_view(&b), false, "asset");
	}
	return exit;
}

/* The number of a fact is that of its entry and of the item in it: 18231.4. */
int cmd_fact_show(struct cli *c)
{
	struct str text = c->args.p[0], entry = str_cut(&text, '.');
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	i64 seq, index;

	if (str_i64(entry, &seq) != 0 || str_i64(text, &index) != 0 || seq < 0 || index < 0 || index > UINT32_MAX) {
		return cli_error(c, CLI_FAILED, "E-USAGE", MSG_err_fact_number, MSG_NONE, TR({ "what", c->args.p[0] }));
	}
	buf_u64(&b, (u64)seq);
	buf_u32(&b, (u32)index);
	return ask_about(c, MSGS_FACT, buf_view(&b), true, "fact");	/* the one that was asked about */
}

/* "owner.name=Sato", "software[name=firmware].version=2.1": kind, places in brackets, field, value. The kind table says what
 * the value must be: a date is enough for a time, a comma parts the members of a set. */
struct setting {
	struct str kind, places, field, value;
};

static bool split_setting(struct str what, struct setting *ret)
{
	struct setting s = { 0 };
	ptrdiff_t open = str_chr(what, '['), close = str_find(what, S("].")), equals = str_chr(what, '=');

	if (open >= 0 && close > open && (equals < 0 || open < equals)) {
		s.kind = str_sub(what, 0, (size_t)open);
		s.places = str_sub(what, (size_t)open + 1, (size_t)(close - open) - 1);
		s.value = str_from(what, (size_t)close + 2);
		s.field = str_cut(&s.value, '=');
	} else {
		s.value = what;
		s.field = str_cut(&s.value, '=');
		s.kind = str_cut(&s.field, '.');
	}
	*ret = s;
	return s.kind.n != 0 && s.field.n != 0 && s.value.n != 0;
}

static int put_value(struct json_w *w, struct arena *a, const struct kind_field *f, struct str value)
{
	struct utc t;
	i64 i;

	switch (f->type) {
	case KIND_BOOL:
		if (!str_eq(value, S("true")) && !str_eq(value, S("false"))) {
			return ERR_TYPE;
		}
		jw_bool(w, str_eq(value, S("true")));
		return 0;
	case KIND_INT:
		if (str_i64(value, &i) != 0) {
			return ERR_TYPE;
		}
		jw_int(w, i);
		return 0;
	case KIND_TIME:
		if (utc_parse(value, &t) != 0 && utc_parse(str_printf(a, "%.*sT00:00:00Z", STRF(value)), &t) != 0) {
			return ERR_TYPE;
		}
		jw_str(w, utc_text(a, t));
		return 0;
	case KIND_STRS:
		jw_arr(w);
		while (value.n != 0) {
			jw_str(w, str_cut(&value, ','));
		}
		jw_end(w);
		return 0;
	default:
		jw_str(w, value);
		return 0;
	}
}

/* One member of the fact, checked against the table; ERR_UNKNOWN when the kind has no such field there. */
static int put_field(struct json_w *w, struct arena *a, const struct kind *k, struct str field, bool place, struct str value)
{
	const struct kind_field *f = kind_field(k, field);

	if (f == NULL || f->place != place) {
		return ERR_UNKNOWN;
	}
	jw_key(w, field);
	return put_value(w, a, f, value);
}

static int put_places(struct json_w *w, struct arena *a, const struct kind *k, struct str places)
{
	int r = 0;

	jw_key(w, S("place"));
	jw_obj(w);
	if (places.n == 0 && str_eq(str_z(k->name), S("name"))) {
		jw_kstr(w, "by", S("person"));
	}
	while (r == 0 && places.n != 0) {
		struct str value = str_cut(&places, ','), field = str_cut(&value, '=');

		r = put_field(w, a, k, field, true, value);
	}
	jw_end(w);
	return r;
}

/* "zone=tokyo/factory-a" is no fact about a device but where it belongs. */
static int set_zone(struct cli *c, struct ask *q, struct str what)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	struct str id;
	int exit = CLI_OK;

	jw_obj(&w);
	jw_kstr(&w, "asset", c->args.p[0]);
	jw_kstr(&w, "do", S("asset.move"));
	jw_kstr(&w, "zone", str_from(what, 5));
	jw_end(&w);
	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_dry_run, TR({ "what", buf_view(&b) }));
	} else if ((exit = ask_act(q, buf_view(&b), &id)) == CLI_OK) {
		cli_say(c, MSG_say_asset_set, TR({ "id", id }, { "what", what }));
	}
	return exit;
}

static int set_one(struct cli *c, struct ask *q, struct str what)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	const struct kind *k;
	struct setting s;
	struct str id;
	int exit, r;

	if (str_starts(what, S("zone="))) {
		return set_zone(c, q, what);
	}
	if (!split_setting(what, &s)) {
		return cli_error(c, CLI_FAILED, "E-USAGE", MSG_err_set, MSG_NONE, TR({ "what", what }));
	}
	if ((k = kind_latest(s.kind)) == NULL) {
		return cli_error(c, CLI_FAILED, "E-KIND", MSG_err_kind, MSG_fix_kinds, TR({ "what", s.kind }));
	}
	jw_obj(&w);
	jw_kstr(&w, "asset", c->args.p[0]);
	jw_kstr(&w, "do", S("asset.set"));
	jw_kstr(&w, "kind", str_printf(c->a, "%s/%u", k->name, k->version));
	r = put_places(&w, c->a, k, s.places);
	jw_key(&w, S("value"));
	jw_obj(&w);
	if (r == 0) {
		r = put_field(&w, c->a, k, s.field, false, s.value);
	}
	if (r != 0) {
		return cli_error(c, CLI_FAILED, "E-KIND", MSG_err_set_field, MSG_fix_kinds, TR({ "what", what },
			{ "reason", cli_reason(c, r) }));
	}
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

	jw_obj(&w);
	jw_kstr(&w, "do", S("asset.merge"));
	jw_kstr(&w, "from", c->args.p[1]);
	jw_kstr(&w, "into", c->args.p[0]);
	jw_end(&w);
	return ask_record(c, buf_view(&b), MSG_say_asset_merged);
}

int cmd_asset_split(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	const struct str *keys;
	size_t n;

	jw_obj(&w);
	jw_kstr(&w, "asset", c->args.p[0]);
	jw_kstr(&w, "do", S("asset.split"));
	jw_key(&w, S("keys"));
	jw_arr(&w);
	keys = cli_list(c, "keys", &n);
	for (size_t i = 0; i < n; i++) {
		jw_str(&w, keys[i]);
	}
	jw_end(&w);
	jw_end(&w);
	return ask_record(c, buf_view(&b), MSG_say_asset_split);
}
