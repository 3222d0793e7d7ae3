/* network add, ls, set: address spaces in which an address means one device. */
#include "show/cli/query.h"

#include "base/json.h"

static void put_list(struct json_w *w, const char *key, const struct str *p, size_t n)
{
	jw_key(w, str_z(key));
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_str(w, p[i]);
	}
	jw_end(w);
}

static int put_network(struct cli *c, const char *act, enum tr_id done)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	const struct str *prefixes;
	size_t n;

	prefixes = cli_list(c, "prefix", &n);
	jw_obj(&w);
	jw_kstr(&w, "do", str_z(act));
	jw_kstr(&w, "id", c->args.p[0]);
	if (cli_has(c, "prefix") || done == MSG_say_network_added) {
		put_list(&w, "prefixes", prefixes, n);
	}
	if (cli_has(c, "dhcp-domain")) {
		jw_kstr(&w, "dhcp_domain", cli_str(c, "dhcp-domain"));
	}
	if (cli_has(c, "zone")) {
		jw_kstr(&w, "zone", cli_str(c, "zone"));
	}
	if (cli_has(c, "gateway-mac")) {
		jw_kstr(&w, "gateway_mac", cli_str(c, "gateway-mac"));
	}
	if (cli_has(c, "lease")) {
		jw_kint(&w, "lease", cli_int(c, "lease"));
	}
	if (cli_has(c, "note")) {
		jw_kstr(&w, "note", cli_str(c, "note"));
	}
	jw_end(&w);
	return ask_record(c, buf_view(&b), done);
}

int cmd_network_add(struct cli *c)
{
	return put_network(c, "network.put", MSG_say_network_added);
}

int cmd_network_set(struct cli *c)
{
	return put_network(c, "network.set", MSG_say_network_set);
}

int cmd_network_ls(struct cli *c)
{
	return query_list(c, "network");
}
