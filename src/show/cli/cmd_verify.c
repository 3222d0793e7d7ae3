/* verify FILE: checks a proof bundle alone, without a store. The file is a stranger's: this process hands its bytes on unread, role
 * parse reads them. */
#include "show/cli/ask.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct verify {
	struct cli *c;
	struct super *super;
	struct out *out;
	struct str path;
	int fd, exit;
	bool failed;
	u32 answers;			/* that it states and that were reached again */
};

static int send_bytes(struct verify *v)
{
	static char piece[32 * KiB];
	ssize_t n = read(v->fd, piece, sizeof piece);
	struct msg m = { .type = MSGS_VERIFY_BYTES, .body = str_of(piece, n > 0 ? (size_t)n : 0), .fd = -1 };

	if (n < 0) {
		v->exit = cli_error_of(v->c, err_from_errno(errno), v->path);
		return 1;
	}
	return super_send(v->super, ROLE_PARSE, &m);
}

static int finish(struct verify *v, const struct msg *m)
{
	struct str text;
	int code;

	if ((m->flags & MSG_FAILED) == 0) {
		struct rd rd = rd_str(m->body);

		if (rd_u32(&rd, &v->answers) != 0 || rd_done(&rd) != 0) {
			return ERR_PROTO;
		}
		v->exit = v->answers != 0 ? CLI_OK : CLI_NO;
		return 1;
	}
	v->failed = true;
	if (msg_failed_read(m, &code, &text) != 0) {
		return ERR_PROTO;
	}
	v->exit = cli_error(v->c, code == ERR_INTEGRITY || code == ERR_SYNTAX ? CLI_INTEGRITY : cli_exit_of(code), "E-VERIFY",
		MSG_err_verify, MSG_NONE, TR({ "file", v->path }, { "text", tr_say(v->c->a, v->c->lang, str_dup(v->c->a, text)) }));
	return 1;
}

static int on_msg(void *arg, enum role from, const struct msg *m)
{
	struct verify *v = arg;
	struct arena *a;
	struct view_row row;
	int r;

	if (from != ROLE_PARSE) {
		return ERR_PROTO;
	}
	if (m->type == MSGS_VERIFY_MORE) {
		return send_bytes(v);
	}
	if ((m->flags & MSG_LAST) != 0) {
		return finish(v, m);
	}
	a = arena_new(NULL, 0);
	if ((r = view_decode(a, m->body, &row)) == 0) {
		if (str_find(row.v[VIEW_check_text].s, S("korobanu.invalid/demo.")) >= 0 ||
			str_find(row.v[VIEW_check_place].s, S("korobanu.invalid/demo.")) >= 0) {
			out_mark(v->c);
		}
		out_row(v->out, &row);
	}
	arena_free(a);
	return r;
}

static int run(struct verify *v)
{
	struct super_calls calls = { .on_msg = on_msg, .arg = v };
	struct buf b = buf_new(v->c->a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_VERIFY, .id = 1, .fd = -1 };
	int r;

	buf_blob(&b, cli_str(v->c, "key"));
	m.body = buf_view(&b);
	if ((r = super_spawn(v->super, ROLE_PARSE)) != 0 || (r = super_send(v->super, ROLE_PARSE, &m)) != 0) {
		return cli_error_of(v->c, r, S("parse"));
	}
	r = super_run(v->super, &calls);
	if (r == ERR_CANCELED) {
		return super_signal(v->super) == 15 ? CLI_TERMINATED : CLI_INTERRUPTED;
	}
	return r == 1 ? v->exit : cli_error_of(v->c, r, v->path);
}

int cmd_verify(struct cli *c)
{
	struct verify v = { .c = c, .path = c->args.p[0], .exit = CLI_FAILED };
	int exit, r;

	v.fd = open(str_c(c->a, v.path), O_RDONLY | O_CLOEXEC);
	if (v.fd < 0) {
		return cli_error_of(c, err_from_errno(errno), v.path);
	}
	if ((exit = out_open(c, &v.out)) != CLI_OK || v.out == NULL) {
		close(v.fd);
		return exit;
	}
	if ((r = super_new(NULL, &v.super)) != 0) {
		exit = cli_error_of(c, r, S("korobanu"));
	} else {
		exit = run(&v);
		super_free(v.super);
	}
	close(v.fd);
	r = out_close(v.out, exit == CLI_OK || exit == CLI_NO);
	if (exit == CLI_NO && r == CLI_OK) {
		cli_say(c, MSG_say_states_nothing, TR({ "file", v.path }));
	}
	if (exit == CLI_OK && r == CLI_OK) {
		cli_say(c, cli_has(c, "key") ? MSG_say_verified : MSG_say_verified_key, TR({ "file", v.path }));
	}
	return exit != CLI_OK ? exit : r;
}
