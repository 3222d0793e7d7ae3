/* declare set, show: what a maker or owner says a device offers, for each interface and state of it. What is found and not declared
 * fails in itself (rules: declared(service)). */
#include "show/cli/ask.h"

#include "base/json.h"

static void put_list(struct cli *c, struct json_w *w, const char *name)
{
	const struct str *p;
	size_t n;

	if (!cli_has(c, name)) {
		return;		/* not said: an earlier word stands */
	}
	p = cli_list(c, name, &n);
	jw_key(w, str_z(name));
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_str(w, p[i]);
	}
	jw_end(w);
}

/* Ports go as one text, "22,443,8000-8080"; "" declares that there is none. */
static void put_ports(struct cli *c, struct json_w *w, const char *name)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	const struct str *p;
	size_t n;

	if (!cli_has(c, name)) {
		return;
	}
	p = cli_list(c, name, &n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s%.*s", b.n == 0 ? "" : ",", STRF(p[i]));
	}
	jw_kstr(w, name, buf_view(&b));
}

int cmd_declare_set(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "asset", c->args.p[0]);
	jw_kstr(&w, "do", S("asset.set"));
	jw_kstr(&w, "kind", S("declared/1"));
	jw_key(&w, S("place"));
	jw_obj(&w);
	jw_kstr(&w, "interface", cli_str(c, "interface"));
	jw_kstr(&w, "state", cli_str(c, "state"));
	jw_end(&w);
	jw_key(&w, S("value"));
	jw_obj(&w);
	put_list(c, &w, "services");
	put_ports(c, &w, "tcp");
	put_ports(c, &w, "udp");
	jw_end(&w);
	jw_end(&w);
	return ask_record(c, buf_view(&b), MSG_say_declared);
}

int cmd_declare_show(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, c->args.p[0]);
	return ask_once(c, MSGS_DECLARED, buf_view(&b));
}
