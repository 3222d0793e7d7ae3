/* ledger head, ls, prove, verify; erase. */
#include "show/cli/ask.h"
#include "show/cli/wholefile.h"

#include "base/err.h"
#include "base/rd.h"

int cmd_ledger_head(struct cli *c)
{
	return ask_about(c, MSGS_HEAD, S(""), true, NULL);
}

int cmd_ledger_ls(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_u64(&b, (u64)cli_int(c, "from"));
	buf_u32(&b, (u32)cli_int(c, "limit"));
	return ask_once(c, MSGS_ENTRIES, buf_view(&b));
}

int cmd_ledger_verify(struct cli *c)
{
	struct ask q;
	int exit = ask_open(c, &q);

	if (exit != CLI_OK) {
		return exit;
	}
	q.more = cli_flag(c, "verdicts");
	if ((exit = ask_rows(&q, MSGS_CHECK, S(""))) == CLI_OK && q.more) {
		exit = ask_on(&q, MSGS_VERDICTS, S("\1"), S("\0"));
	}
	return ask_close(&q, exit);
}

/* ---- prove: the bundle is there whole, or not at all ---- */

int cmd_ledger_prove(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct wholefile f;
	int exit;

	if ((exit = wholefile_open(c, &f, cli_str(c, "output"))) != CLI_OK) {
		return exit;
	}
	buf_blob(&b, c->args.n > 0 ? c->args.p[0] : S(""));
	if ((exit = ask_file(c, MSGS_PROVE, buf_view(&b), &f)) == CLI_OK) {
		cli_say(c, MSG_say_proved, TR({ "file", f.path }, { "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	}
	return exit;
}

int cmd_erase(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct str answer;
	struct ask q;
	struct rd rd;
	u64 from, to;
	u32 parts;
	int exit;

	buf_blob(&b, c->args.p[0]);
	buf_blob(&b, c->args.n > 1 ? c->args.p[1] : S(""));
	buf_u8(&b, cli_flag(c, "all"));
	buf_blob(&b, cli_str(c, "basis"));
	buf_blob(&b, cli_str(c, "why"));
	buf_u8(&b, cli_flag(c, "dry-run"));
	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if ((exit = ask_bytes(&q, MSGS_ERASE, buf_view(&b), &answer)) == CLI_OK) {
		rd = rd_str(answer);
		if (rd_u64(&rd, &from) != 0 || rd_u64(&rd, &to) != 0 || rd_u32(&rd, &parts) != 0) {
			exit = cli_error_of(c, ERR_PROTO, S("core"));
		} else if (cli_flag(c, "dry-run")) {
			cli_say(c, MSG_say_would_erase, TR({ "n", str_printf(c->a, "%u", parts) }));
		} else {
			cli_say(c, MSG_say_erased, TR({ "n", str_printf(c->a, "%u", parts) },
				{ "seq", from == to ? str_printf(c->a, "%ju", (uintmax_t)from) :
					str_printf(c->a, "%ju-%ju", (uintmax_t)from, (uintmax_t)to) }));
		}
	}
	return ask_close(&q, exit);
}
