/* scope add, ls, rm: where the program may send anything at all, who permits it, until when. */
#include "show/cli/query.h"

#include "base/json.h"

int cmd_scope_add(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	const struct str *exclude;
	size_t n;

	exclude = cli_list(c, "exclude", &n);
	jw_obj(&w);
	jw_kstr(&w, "do", S("scope.add"));
	jw_key(&w, S("exclude"));
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jw_str(&w, exclude[i]);
	}
	jw_end(&w);
	jw_kbool(&w, "lab", cli_flag(c, "lab"));
	jw_kstr(&w, "network", cli_str(c, "network"));
	jw_kstr(&w, "owner", cli_str(c, "owner"));
	jw_key(&w, S("targets"));
	jw_arr(&w);
	for (size_t i = 0; i < c->args.n; i++) {
		jw_str(&w, c->args.p[i]);
	}
	jw_end(&w);
	jw_kstr(&w, "until", cli_has(c, "until") ? utc_text(c->a, cli_time(c, "until")) : S(""));
	jw_kstr(&w, "vantage", cli_str(c, "vantage"));
	jw_kstr(&w, "why", cli_str(c, "why"));
	jw_end(&w);
	return ask_record(c, buf_view(&b), MSG_say_scope_added);
}

int cmd_scope_ls(struct cli *c)
{
	return query_list(c, "scope");
}

int cmd_scope_rm(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "do", S("scope.rm"));
	jw_kstr(&w, "id", c->args.p[0]);
	jw_end(&w);
	return ask_record(c, buf_view(&b), MSG_say_scope_removed);
}
