/* evidence add, ls, show, export. The file is a stranger's: its bytes are hashed and handed on, never looked into. */
#include "show/cli/ask.h"
#include "show/cli/wholefile.h"

#include "base/err.h"
#include "base/limits.h"
#include "base/rd.h"
#include "core/ledger/merkle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE (48 * KiB)

int cmd_evidence_ls(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, c->args.n > 0 ? c->args.p[0] : S(""));
	return ask_once(c, MSGS_EVIDENCE_LS, buf_view(&b));
}

int cmd_evidence_show(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);

	buf_blob(&b, c->args.p[0]);
	return ask_about(c, MSGS_EVIDENCE_SHOW, buf_view(&b), true, NULL);
}

int cmd_evidence_export(struct cli *c)
{
	struct str path = cli_str(c, "output");
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct wholefile f;
	int exit;

	if (path.n == 0) {
		return cli_error(c, CLI_FAILED, "E-USAGE", MSG_err_evidence_output, MSG_NONE, TR({ "id", c->args.p[0] }));
	}
	if ((exit = wholefile_open(c, &f, path)) != CLI_OK) {
		return exit;
	}
	buf_blob(&b, c->args.p[0]);
	if ((exit = ask_file(c, MSGS_EVIDENCE_GET, buf_view(&b), &f)) == CLI_OK) {
		cli_say(c, MSG_say_evidence_exported, TR({ "id", c->args.p[0] }, { "file", path },
			{ "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	}
	return exit;
}

/* ---- add ---- */

/* The whole file, at most what evidence may be. */
static int read_file(struct cli *c, struct str path, struct str *ret)
{
	AUTO_CLOSE int fd = open(str_c(c->a, path), O_RDONLY | O_CLOEXEC);
	struct buf b = buf_new(c->a, LIMIT_EVIDENCE_FILE);
	static char piece[64 * KiB];
	ssize_t n;

	if (fd < 0) {
		return cli_error_of(c, err_from_errno(errno), path);
	}
	while ((n = read(fd, piece, sizeof piece)) != 0) {
		if (n < 0 && errno != EINTR) {
			return cli_error_of(c, err_from_errno(errno), path);
		}
		buf_str(&b, str_of(piece, n > 0 ? (size_t)n : 0));
		if (buf_done(&b) != 0) {
			return cli_error(c, CLI_FAILED, "E-LIMIT", MSG_err_evidence_large, MSG_NONE, TR({ "file", path },
				{ "limit", str_printf(c->a, "%d", (int)(LIMIT_EVIDENCE_FILE / MiB)) }));
		}
	}
	*ret = buf_view(&b);
	return CLI_OK;
}

static int send_pieces(struct ask *q, struct str sha, struct str bytes)
{
	u64 at = 0;
	int exit = CLI_OK;

	do {
		struct arena *a = arena_new(NULL, 0);
		struct buf b = buf_new(a, LIMIT_MSG_BODY);
		struct str piece = str_sub(bytes, at, bytes.n - at < PIECE ? bytes.n - at : PIECE);

		buf_blob(&b, sha);
		buf_u64(&b, bytes.n);
		buf_u64(&b, at);
		buf_blob(&b, piece);
		exit = ask_bytes(q, MSGS_EVIDENCE_PIECE, buf_view(&b), NULL);
		at += piece.n;
		arena_free(a);
	} while (exit == CLI_OK && at < bytes.n);
	return exit;
}

static int record(struct cli *c, struct str name, struct str bytes)
{
	struct hash h = hash_bytes(bytes);
	struct str sha = str_of(h.b, sizeof h.b), answer, id = S("");
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
	struct rd rd;
	struct ask q;
	int exit;

	if ((exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	buf_blob(&b, cli_str(c, "asset"));
	buf_blob(&b, cli_str(c, "fact"));
	buf_blob(&b, cli_str(c, "kind"));
	buf_blob(&b, name);
	buf_blob(&b, cli_str(c, "note"));
	buf_blob(&b, sha);
	if ((exit = send_pieces(&q, sha, bytes)) == CLI_OK && (exit = ask_bytes(&q, MSGS_EVIDENCE_ADD, buf_view(&b), &answer)) == CLI_OK) {
		rd = rd_str(answer);
		if (rd_blob(&rd, &id) != 0) {
			exit = cli_error_of(c, ERR_PROTO, S("core"));
		} else {
			cli_say(c, MSG_say_evidence_added, TR({ "id", id }, { "file", name }, { "size", str_printf(c->a, "%zu", bytes.n) }));
		}
	}
	return ask_close(&q, exit);
}

int cmd_evidence_add(struct cli *c)
{
	struct str path = c->args.p[0], name = path, bytes = S("");
	int exit;

	if ((cli_str(c, "asset").n == 0) == (cli_str(c, "fact").n == 0)) {
		return cli_error(c, CLI_FAILED, "E-USAGE", MSG_err_evidence_of, MSG_NONE, TR({ "file", path }));
	}
	while (str_chr(name, '/') >= 0) {
		(void)str_cut(&name, '/');
	}
	if ((exit = read_file(c, path, &bytes)) != CLI_OK) {
		return exit;
	}
	if (bytes.n == 0) {
		return cli_error(c, CLI_FAILED, "E-EMPTY", MSG_err_evidence_empty, MSG_NONE, TR({ "file", path }));
	}
	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_would_add_evidence, TR({ "file", name }, { "size", str_printf(c->a, "%zu", bytes.n) }));
		return CLI_OK;
	}
	return record(c, name, bytes);
}
