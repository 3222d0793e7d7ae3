/* rule check: reads one rule, from the command line or a file, and says whether it is well-formed against the kinds of
 * facts, which kinds it reads, or where and why it is not. */
#include "show/cli/out.h"

#include <errno.h>

#include "base/err.h"
#include "base/limits.h"
#include "core/lang/lang.h"

/* One byte more than a rule may have, so that the parser can say it is too long. */
static int read_rule(struct cli *c, struct str path, struct str *ret)
{
	FILE *f = fopen(str_c(c->a, path), "re");
	char *p = arena_alloc(c->a, LIMIT_EXPR + 1);
	size_t n;
	int r;

	if (f == NULL) {
		return err_from_errno(errno);
	}
	n = fread(p, 1, LIMIT_EXPR + 1, f);
	r = ferror(f) != 0 ? ERR_IO : 0;
	(void)fclose(f);
	if (r == 0) {
		*ret = str_trim(str_of(p, n));
	}
	return r;
}

static struct str kinds_read(struct arena *a, const struct lang_expr *x)
{
	struct str all = S("");

	for (size_t i = 0; i < x->nquants; i++) {
		struct str name = x->schema->kinds[x->quants[i].kind].name;
		struct str rest = all;
		bool there = false;

		while (rest.n > 0) {
			there |= str_eq(str_trim(str_cut(&rest, ',')), name);
		}
		if (!there) {
			all = str_printf(a, "%.*s%s%.*s", STRF(all), all.n > 0 ? ", " : "", STRF(name));
		}
	}
	return all;
}

int cmd_rule_check(struct cli *c)
{
	struct str text = c->args.n > 0 ? c->args.p[0] : S("");
	struct view_row row = view_row(VIEW_check);
	const struct lang_expr *x;
	struct perr err = { 0 };
	struct out *o;
	int exit, r;

	if ((c->args.n > 0) == cli_has(c, "file")) {
		return cli_error(c, CLI_FAILED, "E-ARGS", MSG_err_rule_or_file, MSG_NONE, TR_NONE);
	}
	r = cli_has(c, "file") ? read_rule(c, cli_str(c, "file"), &text) : 0;
	if (r != 0) {
		return cli_error_of(c, r, cli_str(c, "file"));
	}
	r = lang_parse_rule(c->a, text, lang_schema_facts(c->a), &x, &err);
	if (r != 0) {
		exit = cli_error(c, CLI_FAILED, "E-RULE", MSG_err_rule, MSG_NONE,
			TR({ "place", str_printf(c->a, "%u:%u", err.line, err.col) },
				{ "reason", str_dup(c->a, str_z(err.text[0] != 0 ? err.text : err_text(r))) }));
		cli_show_place(c, text, &err);
		return exit;
	}
	exit = out_open(c, &o);
	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	view_set_str(&row, VIEW_check_what, S("rule"));
	view_set_answer(&row, VIEW_check_state, VIEW_PASS);
	view_set_str(&row, VIEW_check_place, S(""));
	view_set_str(&row, VIEW_check_reason, S(""));
	view_set_str(&row, VIEW_check_text, kinds_read(c->a, x));
	out_row(o, &row);
	return out_close(o, true);
}
