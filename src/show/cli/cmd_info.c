/* info FILE: says what a file is and what to do with it. The file is a stranger's: this process hands its first bytes on unread, role
 * parse looks at them. */
#include "show/cli/ask.h"

#include "base/err.h"
#include "proto/recognise.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct info {
	struct cli *c;
	struct out *out;
	struct stat st;
};

/* The commands that read such a file. */
static struct str next_of(struct info *i, struct str type, struct str path)
{
	static const struct {
		enum file_kind kind;
		const char *command;
	} next[] = { { FILE_BUNDLE, "verify" }, { FILE_RUN, "import" } };

	for (size_t k = 0; k < countof(next); k++) {
		if (str_eq(type, str_z(file_kind_names[next[k].kind]))) {
			return str_printf(i->c->a, "korobanu %s %.*s", next[k].command, STRF(path));
		}
	}
	return S("");
}

static int on_msg(void *arg, enum role from, const struct msg *m)
{
	struct info *i = arg;
	struct view_row row;
	int r;

	if (from != ROLE_PARSE || m->type != MSGS_INFO || (m->flags & MSG_FAILED) != 0) {
		return ERR_PROTO;
	}
	if ((m->flags & MSG_LAST) != 0) {
		return 1;
	}
	if ((r = view_decode(i->c->a, m->body, &row)) != 0) {
		return r;
	}
	if (row.view->number != VIEW_file || !row.v[VIEW_file_type].present) {
		return ERR_PROTO;
	}
	view_set_str(&row, VIEW_file_path, i->c->args.p[0]);
	view_set_int(&row, VIEW_file_size, i->st.st_size);
	view_set_str(&row, VIEW_file_next, next_of(i, row.v[VIEW_file_type].s, i->c->args.p[0]));
	return out_card(i->c, &row) == CLI_OK ? 0 : ERR_IO;
}

static int look(struct info *i, struct super *super, struct str head)
{
	struct super_calls calls = { .on_msg = on_msg, .arg = i };
	struct buf b = buf_new(i->c->a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_INFO, .id = 1, .fd = -1 };
	int r;

	buf_u8(&b, (i64)head.n == (i64)i->st.st_size);
	buf_blob(&b, head);
	m.body = buf_view(&b);
	if ((r = buf_done(&b)) != 0 || (r = super_spawn(super, ROLE_PARSE)) != 0 || (r = super_send(super, ROLE_PARSE, &m)) != 0) {
		return cli_error_of(i->c, r, S("parse"));
	}
	r = super_run(super, &calls);
	if (r == ERR_CANCELED) {
		return super_signal(super) == 15 ? CLI_TERMINATED : CLI_INTERRUPTED;
	}
	return r == 1 ? CLI_OK : cli_error_of(i->c, r, i->c->args.p[0]);
}

int cmd_info(struct cli *c)
{
	struct info i = { .c = c };
	char *head = arena_alloc(c->a, RECOGNISE_HEAD);
	AUTO_CLOSE int fd = open(str_c(c->a, c->args.p[0]), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct super *super;
	size_t n = 0;
	ssize_t got = 1;
	int exit, r;

	if (fd < 0 || fstat(fd, &i.st) != 0) {
		return cli_error_of(c, err_from_errno(errno), c->args.p[0]);
	}
	if (!S_ISREG(i.st.st_mode)) {
		return cli_error_of(c, ERR_TYPE, c->args.p[0]);
	}
	while (got > 0 && n < RECOGNISE_HEAD) {
		got = read(fd, head + n, RECOGNISE_HEAD - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0) {
		return cli_error_of(c, err_from_errno(errno), c->args.p[0]);
	}
	if ((r = super_new(NULL, &super)) != 0) {
		return cli_error_of(c, r, S("korobanu"));
	}
	exit = look(&i, super, str_of(head, n));
	super_free(super);
	return exit;
}
