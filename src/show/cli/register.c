/* Registers: role parse reads the file, core says what its rows mean, this process carries rows between them and shows what would change.
 * The file is read once to be tried and once more to be written, so that --strict writes all or nothing. */
#include "show/cli/register.h"

#include "base/err.h"
#include "core/fact/register.h"
#include "show/cli/wholefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct reading {
	struct cli *c;
	struct ask *q;
	struct str path, network, mapping;
	int fd;
	bool write, quiet;		/* quiet: rows and reasons were told by the reading before */
	struct out *out;		/* dry run: the cells that would change */
	struct wholefile rejects;
	bool rejects_open;
	u64 changed, created, proposed, refused;
	u32 last_line;			/* of the last row told as new */
	struct str used, coding;
	u8 sha256[32];
	u64 rows, rejected;
	int exit;
};

static bool ends_nocase(struct str s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && str_eq_nocase(str_from(s, s.n - n), str_z(end));
}

bool register_meant(struct cli *c)
{
	size_t n;

	(void)cli_list(c, "column", &n);
	return cli_has(c, "map") || cli_flag(c, "create") || n != 0 || ends_nocase(c->args.p[0], ".csv") || ends_nocase(c->args.p[0], ".tsv");
}

/* ---- rejects ---- */

static int put_reject(struct reading *g, i64 line, struct str reason)
{
	struct arena *a = arena_new(NULL, 0);
	struct str path = cli_str(g->c, "rejects");
	int r;

	if (!g->rejects_open) {
		path = path.n != 0 ? path : str_printf(g->c->a, "%.*s.rejects.jsonl", STRF(g->path));
		if ((g->exit = wholefile_open(g->c, &g->rejects, path)) != CLI_OK) {
			arena_free(a);
			return 1;
		}
		g->rejects_open = true;
	}
	if (g->rejects.size < 512) {
		cli_say(g->c, MSG_say_reject, TR({ "file", g->path }, { "reason", reason },
			{ "line", str_printf(a, "%jd", (intmax_t)line) }));
	}
	r = wholefile_reject(&g->rejects, line, reason);
	arena_free(a);
	if (r != 0) {
		g->exit = cli_error_of(g->c, r, g->rejects.path);
	}
	return r != 0 ? 1 : 0;
}

static int take_row(struct reading *g, struct str body)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row row;
	int r = view_decode(a, body, &row);

	if (r == 0 && row.view->number != VIEW_reject) {
		r = ERR_PROTO;
	}
	if (r == 0) {
		struct str state = row.v[VIEW_reject_state].s;
		u32 line = (u32)row.v[VIEW_reject_line].i;

		if (str_eq(state, S("refused"))) {
			g->refused++;
			r = g->quiet ? 0 : put_reject(g, row.v[VIEW_reject_line].i, row.v[VIEW_reject_reason].s);
		} else if (str_eq(state, S("proposed"))) {
			g->proposed++;
		} else {
			g->changed++;
			g->created += str_eq(state, S("new")) && line != g->last_line;
			g->last_line = line;
		}
		if (g->out != NULL) {
			out_row(g->out, &row);
		}
	}
	arena_free(a);
	return r;
}

static int on_row(void *arg, const struct msg *m)
{
	return take_row(arg, m->body);
}

/* ---- one reading ---- */

static int send_bytes(struct reading *g)
{
	static char piece[32 * KiB];
	ssize_t n = read(g->fd, piece, sizeof piece);
	struct msg m = { .type = MSGS_IMPORT_BYTES, .body = str_of(piece, n > 0 ? (size_t)n : 0), .fd = -1 };

	if (n < 0) {
		g->exit = cli_error_of(g->c, err_from_errno(errno), g->path);
		return 1;
	}
	return super_send(g->q->super, ROLE_PARSE, &m);
}

/* Rows go to core as they came. */
static int found(struct reading *g, struct str rows)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	int r;

	buf_u8(&b, g->write);
	buf_u8(&b, cli_flag(g->c, "create"));
	buf_blob(&b, g->network);
	buf_str(&b, rows);
	r = buf_done(&b) != 0 ? buf_done(&b) : client_call(g->q->client, MSGS_REGISTER_ROWS, buf_view(&b), on_row, g);
	arena_free(a);
	if (r != 0 && g->exit == CLI_OK) {
		g->exit = ask_failed(g->q, r);
	}
	return r != 0 ? 1 : 0;
}

static int finish(struct reading *g, const struct msg *m)
{
	struct str body = str_dup(g->c->a, m->body), text;
	struct rd rd = rd_str(body);
	int code;

	if ((m->flags & MSG_FAILED) != 0) {
		if (msg_failed_read(m, &code, &text) != 0) {
			return ERR_PROTO;
		}
		g->exit = cli_error(g->c, CLI_FORMAT, "E-FORMAT", MSG_err_register, MSG_NONE, TR({ "file", g->path },
			{ "text", str_dup(g->c->a, text) }));
		return 1;
	}
	return rd_copy(&rd, g->sha256, sizeof g->sha256) == 0 && rd_blob(&rd, &g->used) == 0 && rd_blob(&rd, &g->coding) == 0 &&
		rd_u64(&rd, &g->rows) == 0 && rd_u64(&rd, &g->rejected) == 0 && rd_done(&rd) == 0 ? 1 : ERR_PROTO;
}

static int on_msg(void *arg, enum role from, const struct msg *m)
{
	struct reading *g = arg;

	if (from != ROLE_PARSE) {
		return ERR_PROTO;
	}
	if (m->type == MSGS_IMPORT_MORE) {
		return send_bytes(g);
	}
	if (m->type == MSGS_REGISTER_FOUND) {
		return found(g, m->body);
	}
	return (m->flags & MSG_LAST) != 0 ? finish(g, m) : take_row(g, m->body);
}

static int reading(struct reading *g)
{
	struct super_calls calls = { .on_msg = on_msg, .arg = g };
	struct buf b = buf_new(g->c->a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_REGISTER_READ, .id = 1, .fd = -1 };
	int r;

	g->changed = g->created = g->proposed = g->refused = 0;
	g->last_line = 0;
	buf_blob(&b, g->mapping);
	m.body = buf_view(&b);
	if (lseek(g->fd, 0, SEEK_SET) != 0) {
		return cli_error_of(g->c, err_from_errno(errno), g->path);
	}
	if ((r = super_send(g->q->super, ROLE_PARSE, &m)) != 0) {
		return cli_error_of(g->c, r, S("parse"));
	}
	r = super_run(g->q->super, &calls);
	if (r == ERR_CANCELED) {
		return super_signal(g->q->super) == 15 ? CLI_TERMINATED : CLI_INTERRUPTED;
	}
	return r == 1 ? g->exit : cli_error_of(g->c, r, g->path);
}

/* ---- import ---- */

static struct str number(struct reading *g, u64 n)
{
	return str_printf(g->c->a, "%ju", (uintmax_t)n);
}

/* What --column says stands first: the first line about a heading counts. */
static int ask_mapping(struct reading *g)
{
	struct buf b = buf_new(g->c->a, LIMIT_MSG_BODY), map = buf_new(g->c->a, 16 * KiB);
	const struct str *list;
	struct str answer, saved;
	struct rd rd;
	size_t n;
	int exit;

	list = cli_list(g->c, "column", &n);
	for (size_t i = 0; i < n; i++) {
		struct str field = list[i], heading = str_cut(&field, '=');

		if (!str_eq(field, S("-")) && register_find(field) < 0) {
			return cli_error(g->c, CLI_FAILED, "E-USAGE", MSG_err_register_column, MSG_NONE, TR({ "what", list[i] }));
		}
		buf_printf(&map, "%.*s\t%.*s\n", STRF(heading), STRF(field));
	}
	buf_blob(&b, cli_str(g->c, "map"));
	buf_blob(&b, cli_str(g->c, "network"));
	if ((exit = ask_bytes(g->q, MSGS_REGISTER_BEGIN, buf_view(&b), &answer)) != CLI_OK) {
		return exit;
	}
	rd = rd_str(answer);
	if (rd_blob(&rd, &saved) != 0 || rd_blob(&rd, &g->network) != 0) {
		return cli_error_of(g->c, ERR_PROTO, S("core"));
	}
	buf_str(&map, saved);
	g->mapping = buf_view(&map);
	return CLI_OK;
}

static int end(struct reading *g)
{
	struct buf b = buf_new(g->c->a, LIMIT_MSG_BODY);

	buf_blob(&b, str_of(g->sha256, sizeof g->sha256));
	buf_blob(&b, cli_flag(g->c, "save-map") ? cli_str(g->c, "map") : S(""));
	buf_blob(&b, g->used);
	buf_u64(&b, g->rows);
	buf_u64(&b, g->rejected + g->refused);
	return ask_bytes(g->q, MSGS_REGISTER_END, buf_view(&b), NULL);
}

static int with_parse(struct reading *g)
{
	bool dry = cli_flag(g->c, "dry-run");
	int exit = ask_mapping(g), r;
	u64 bad;

	if (exit != CLI_OK) {
		return exit;
	}
	if ((r = super_spawn(g->q->super, ROLE_PARSE)) != 0) {
		return cli_error_of(g->c, r, S("parse"));
	}
	if (dry && ((exit = out_open(g->c, &g->out)) != CLI_OK || g->out == NULL)) {
		return exit;
	}
	exit = reading(g);
	if (g->out != NULL) {
		r = out_close(g->out, exit == CLI_OK);
		exit = exit != CLI_OK ? exit : r;
		g->out = NULL;
	}
	if (g->rejects_open) {
		r = wholefile_end(g->c, &g->rejects, CLI_OK);
		exit = exit != CLI_OK ? exit : r;
	}
	bad = g->refused;
	if (exit != CLI_OK) {
		return exit;
	}
	cli_say(g->c, MSG_say_register_read, TR({ "file", g->path }, { "n", number(g, g->rows) }, { "coding", g->coding }));
	cli_note(g->c, MSG_say_register_columns, TR({ "columns", g->used }));
	if (bad != 0 && cli_flag(g->c, "strict")) {
		return cli_error(g->c, CLI_FORMAT, "E-STRICT", MSG_err_import_strict, MSG_NONE, TR({ "file", g->path }, { "n", number(g, bad) }));
	}
	if (g->rows == 0) {
		return cli_error(g->c, CLI_FORMAT, "E-FORMAT", MSG_err_import_nothing, MSG_NONE, TR({ "file", g->path }));
	}
	if (!dry) {
		u8 tried[sizeof g->sha256];

		memcpy(tried, g->sha256, sizeof tried);
		g->write = g->quiet = true;
		if (g->changed != 0 && (exit = reading(g)) != CLI_OK) {
			return exit;
		}
		if (memcmp(tried, g->sha256, sizeof tried) != 0) {
			return cli_error(g->c, CLI_FAILED, "E-CHANGED", MSG_err_import_changed, MSG_NONE, TR({ "file", g->path }));
		}
		if ((g->changed != 0 || cli_flag(g->c, "save-map")) && (exit = end(g)) != CLI_OK) {
			return exit;
		}
	}
	cli_say(g->c, dry ? MSG_say_register_would : MSG_say_register_done, TR({ "changed", number(g, g->changed) },
		{ "created", number(g, g->created) }, { "proposed", number(g, g->proposed) }));
	if (g->rejects_open) {
		cli_say(g->c, MSG_say_rejects, TR({ "n", number(g, bad) }, { "file", g->rejects.path }));
	}
	return bad != 0 ? CLI_PARTIAL : CLI_OK;
}

int register_import(struct cli *c)
{
	struct ask q;
	struct reading g = { .c = c, .q = &q, .path = c->args.p[0] };
	int exit;

	if (cli_flag(c, "save-map") && cli_str(c, "map").n == 0) {
		return cli_error(c, CLI_FAILED, "E-USAGE", MSG_err_save_map, MSG_NONE, TR_NONE);
	}
	g.fd = open(str_c(c->a, g.path), O_RDONLY | O_CLOEXEC);
	if (g.fd < 0) {
		return cli_error_of(c, err_from_errno(errno), g.path);
	}
	if ((exit = ask_open(c, &q)) == CLI_OK) {
		exit = ask_close(&q, with_parse(&g));
	}
	close(g.fd);
	return exit;
}

/* ---- export ---- */

/* RFC 4180, and what a spreadsheet would run as a formula gets an apostrophe, which import takes away again. */
static void put_cell(struct buf *b, struct str s, bool first)
{
	bool guard = s.n != 0 && strchr("=+-@\t\r", s.p[0]) != NULL;
	bool quote = guard;

	for (size_t i = 0; i < s.n; i++) {
		quote |= s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\n' || s.p[i] == '\r';
	}
	if (!first) {
		buf_u8(b, ',');
	}
	if (quote) {
		buf_u8(b, '"');
	}
	if (guard) {
		buf_u8(b, '\'');
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"') {
			buf_u8(b, '"');
		}
		buf_u8(b, (u8)s.p[i]);
	}
	if (quote) {
		buf_u8(b, '"');
	}
}

static int put_row(void *arg, const struct msg *m)
{
	struct wholefile *f = arg;
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct register_row row;
	struct rd rd = rd_str(m->body);
	int r = register_read(&rd, &row);

	for (int i = 0; i < REGISTER_FIELDS && r == 0; i++) {
		put_cell(&b, row.cell[i].n == 0 ? S("") : register_fields[i].type == REGISTER_DATE ? str_sub(row.cell[i], 0, 10) : row.cell[i],
			i == 0);
	}
	buf_str(&b, S("\r\n"));
	r = r != 0 ? r : wholefile_put(f, buf_view(&b));
	arena_free(a);
	return r;
}

int register_export(struct cli *c)
{
	struct buf b = buf_new(c->a, 0);
	struct str path = cli_str(c, "output");
	struct wholefile f;
	struct ask q;
	int exit, r;

	if (str_eq(path, S("export.jsonl"))) {		/* the usual name is that of the other form */
		path = S("register.csv");
	}
	if ((exit = wholefile_open(c, &f, path)) != CLI_OK) {
		return exit;
	}
	if (cli_flag(c, "bom")) {
		buf_str(&b, S("\xEF\xBB\xBF"));
	}
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		put_cell(&b, str_z(c->lang == LANG_ja ? register_fields[i].ja : register_fields[i].en), i == 0);
	}
	buf_str(&b, S("\r\n"));
	(void)!wholefile_put(&f, buf_view(&b));
	if ((exit = ask_open(c, &q)) == CLI_OK) {
		r = client_call(q.client, MSGS_REGISTER_LS, S(""), put_row, &f);
		exit = f.err != 0 || r == 0 ? CLI_OK : ask_failed(&q, r);
		exit = ask_close(&q, exit);
	}
	exit = wholefile_end(c, &f, exit);
	if (exit == CLI_OK && f.part != NULL) {
		cli_say(c, MSG_say_register_exported, TR({ "file", f.path }, { "size", str_printf(c->a, "%ju", (uintmax_t)f.size) }));
	}
	return exit;
}
