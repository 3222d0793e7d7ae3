/* The loop of role core: connections, requests, the clock, and what is done when nobody asks (signing, publishing, expiry). */
#include "core/serve/serve_int.h"

#include "base/log.h"
#include "core/ledger/publish.h"
#include "core/super/super.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_DIR "log"
#define REDO_AFTER 8			/* small entries of one core before their log is worth its file */
#define SIGN_EVERY_NS ((i64)1000000000)
#define CONNS_MAX 64
#define CLOCK_LOOK_MS 60000
#define TOGETHER_MS 1000	/* what a scan found within a second also expires within one: one transaction for all of it */

struct store *serve_store(struct serve *s)
{
	return s->st;
}

void *serve_ctx(struct serve *s)
{
	return s->ctx;
}

u64 serve_size(const struct serve *s)
{
	return s->head.first + s->head.size;
}

struct utc serve_now(struct serve *s)
{
	struct utc now = { utc_now().ms + s->ahead_ms };

	return s->then.ms != 0 ? s->then : now.ms < s->last_at.ms ? s->last_at : now;
}

/* ---- answering ---- */

static void send_reply(struct serve_reply *out, u16 flags, struct str body)
{
	struct msg m = { .type = out->type, .flags = flags, .id = out->id, .body = body, .fd = -1 };

	/* A command reads its whole answer before it asks again, so waiting for it here ends; one that stopped reading is dropped. */
	if (out->err == 0) {
		out->err = chan_send_wait(out->to->chan, &m, 10000);
	}
}

/* Before the first row of a list of the demo: whoever shows it says what it is. */
static void mark(struct serve_reply *out)
{
	struct view_row row = view_row(VIEW_mark);

	if (serve_is_demo(out->s->head.origin) && !out->marked) {
		out->marked = true;
		view_set_str(&row, VIEW_mark_text, S("DEMO"));
		view_set_str(&row, VIEW_mark_origin, out->s->head.origin);
		serve_row(out, &row);
	}
}

void serve_row(struct serve_reply *out, const struct view_row *row)
{
	struct arena *a;
	struct buf b;

	if (out->pick != NULL && !pick_takes(out, row)) {
		return;
	}
	mark(out);
	a = arena_new(NULL, 0);
	b = buf_new(a, LIMIT_MSG_BODY);
	view_encode(row, &b);
	if (buf_done(&b) == 0) {
		send_reply(out, 0, buf_view(&b));
	} else if (out->err == 0) {
		out->err = buf_done(&b);
	}
	arena_free(a);
}

void serve_bytes(struct serve_reply *out, struct str bytes)
{
	while (bytes.n > LIMIT_MSG_BODY) {
		send_reply(out, 0, str_sub(bytes, 0, LIMIT_MSG_BODY));
		bytes = str_from(bytes, LIMIT_MSG_BODY);
	}
	send_reply(out, 0, bytes);
}

int serve_fail(struct serve_reply *out, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->text, sizeof out->text, fmt, ap);
	va_end(ap);
	return code;
}

static void finish(struct serve_reply *out, int code)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);

	if (code != 0) {
		msg_failed_write(&b, code, str_z(out->text));
	}
	send_reply(out, (u16)(MSG_LAST | (code != 0 ? MSG_FAILED : 0)), buf_view(&b));
	if (out->err != 0) {
		out->to->closing = true;
	}
	arena_free(a);
}

static int hello(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	u32 version;

	(void)s;
	(void)a;
	if (rd_u32(body, &version) != 0 || rd_done(body) != 0) {
		return ERR_PROTO;
	}
	if (version != MSGS_PROTOCOL) {
		return serve_fail(out, ERR_NEWER, SAY "other-version");
	}
	out->to->greeted = true;
	return 0;
}

/* ---- zones ---- */

int serve_zones(struct serve *s, const struct conn *c)
{
	int r = c == NULL || c->nzones == 0 ? store_set_zones(s->st, NULL, 0) : store_set_zones(s->st, c->zones, c->nzones);

	return r;
}

/* u16 n, n blobs. Only ever narrower: the second time is refused. */
static int narrow(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct conn *c = out->to;
	struct str *zones;
	u16 n;
	int r;

	if ((r = rd_u16(body, &n)) != 0) {
		return r;
	}
	if (n == 0 || n > STORE_ZONE_MAX || c->nzones != 0) {
		return serve_fail(out, ERR_REFUSED, SAY "zones-count" SAY "n=%d", STORE_ZONE_MAX);
	}
	zones = arena_alloc(a, n * sizeof *zones);
	for (size_t i = 0; i < n; i++) {
		if ((r = rd_blob(body, &zones[i])) != 0) {
			return r;
		}
		if (zones[i].n == 0 || zones[i].n > LIMIT_KEY || !str_utf8_ok(zones[i], NULL) || str_chr(zones[i], '\0') >= 0) {
			return serve_fail(out, ERR_SYNTAX, SAY "no-zone" SAY "zone=%.*s", STRF(zones[i]));
		}
	}
	if ((r = rd_done(body)) != 0) {
		return r;
	}
	c->zones = arena_alloc(s->a, n * sizeof *c->zones);
	for (size_t i = 0; i < n; i++) {
		c->zones[i] = str_dup(s->a, zones[i]);
	}
	c->nzones = n;
	return 0;
}

/* What a connection that sees some zones only may ask: everything here reads rows by zone, or tells no content. */
static bool zoned(u16 type)
{
	static const u16 types[] = { MSGS_LIST, MSGS_ASSETS, MSGS_ASSET, MSGS_FACTS, MSGS_FACT, MSGS_HISTORY, MSGS_DECLARED, MSGS_SHEET,
		MSGS_EXPLAIN, MSGS_STATUS, MSGS_HEAD, MSGS_ENTRIES, MSGS_CONSISTENCY, MSGS_EXPORT_LOG, MSGS_ANCHOR, MSGS_PROVE, MSGS_EXPORT,
		MSGS_EVIDENCE_LS, MSGS_EVIDENCE_SHOW, MSGS_EVIDENCE_GET, MSGS_HELLO, MSGS_AS_OF };

	for (size_t i = 0; i < countof(types); i++) {
		if (types[i] == type) {
			return true;
		}
	}
	return false;
}

/* What is answered as it was then: everything here reads states, verdicts and items of assets and nothing else. */
static bool past(u16 type)
{
	static const u16 types[] = { MSGS_ASSETS, MSGS_ASSET, MSGS_FACTS, MSGS_FACT, MSGS_HISTORY, MSGS_DECLARED, MSGS_SHEET, MSGS_EXPLAIN,
		MSGS_AS_OF };

	for (size_t i = 0; i < countof(types); i++) {
		if (types[i] == type) {
			return true;
		}
	}
	return false;
}

static serve_request_fn *find_in(const struct serve_request *table, u16 type)
{
	for (; table != NULL && table->type != 0; table++) {
		if (table->type == type) {
			return table->fn;
		}
	}
	return NULL;
}

static serve_request_fn *find_request(const struct serve *s, u16 type)
{
	static const struct serve_request *const own[] = { serve_assets, serve_asks, serve_facts, serve_acts, serve_erasures, serve_logs_asks,
		serve_key_acts, serve_copies, serve_checks, serve_transfers, serve_registers, serve_events, serve_pieces,
		serve_attachments, serve_replays };
	serve_request_fn *fn = NULL;

	for (size_t i = 0; fn == NULL && i < countof(own); i++) {
		fn = find_in(own[i], type);
	}
	for (size_t i = 0; fn == NULL && i < countof(s->parts->requests); i++) {
		fn = find_in(s->parts->requests[i], type);
	}
	return fn != NULL ? fn : type == MSGS_HELLO ? hello : type == MSGS_ZONES ? narrow : NULL;
}

/* ---- chunks: what has arrived on all connections becomes one entry ---- */

static void commit_waiting(struct serve *s)
{
	size_t n = s->waiting.n;

	if (n == 0) {
		return;
	}
	chunks_put(s, s->waiting.in, n);
	s->waiting.n = s->waiting.facts = s->waiting.items = 0;
	for (size_t i = 0; i < n; i++) {
		struct serve_reply *out = &s->waiting.out[i];

		memcpy(out->text, s->waiting.in[i].why, sizeof s->waiting.in[i].why);
		finish(out, s->waiting.in[i].r);
	}
	arena_reset(s->waiting.a);
}

/* A chunk waits for others that have arrived, never for others to come: the loop commits them before it polls again. */
static void chunk_waits(struct serve *s, struct serve_reply *out, struct str body)
{
	struct chunk_in in;
	int r = chunk_take(s->waiting.a, str_dup(s->waiting.a, body), &in);

	if (r != 0) {
		commit_waiting(s);	/* answers keep the order of the chunks */
		finish(out, serve_fail(out, r, SAY "chunk-broken"));
		return;
	}
	if (!run_bound(out->to, in.c.run) || !run_limits(s, s->waiting.a, in.c.run, (struct utc){ 0 }).open) {
		commit_waiting(s);
		finish(out, serve_fail(out, ERR_REFUSED, SAY "chunk-unbound"));
		return;
	}
	if (s->waiting.facts + in.facts > LIMIT_BATCH_FACTS || s->waiting.items + in.c.nitems > 2 * LIMIT_BATCH_FACTS) {
		commit_waiting(s);
		r = chunk_take(s->waiting.a, str_dup(s->waiting.a, body), &in);	/* the arena was reset */
		must(r == 0);
	}
	in.since = out->to->run_since;
	s->waiting.facts += in.facts;
	s->waiting.items += in.c.nitems;
	s->waiting.in[s->waiting.n] = in;
	s->waiting.out[s->waiting.n++] = *out;
	if (s->waiting.n == CHUNKS_WAITING) {
		commit_waiting(s);
	}
}

bool serve_answer(struct serve *s, struct conn *c, const struct msg *m)
{
	struct serve_reply out = { .s = s, .to = c, .type = m->type, .id = m->id };
	const struct msgs_kind *kind = msgs_find(m->type);
	serve_request_fn *fn = find_request(s, m->type);
	bool chunk = m->type == MSGS_PUT_CHUNK;
	struct serve *then;
	struct arena *a;
	struct rd body = rd_str(m->body);
	int r;

	/* Main routes parse's chunks over the connection it opened as every command does; the lifeline carries no requests. */
	if (kind == NULL || kind->receiver != ROLE_CORE || (fn == NULL && !chunk) || m->flags != 0 || c->is_main ||
	    (!c->greeted && m->type != MSGS_HELLO)) {
		log_warn("a command sent message 0x%04x, which it may not; dropped", m->type);
		return false;
	}
	if (c->nzones != 0 && !zoned(m->type)) {
		finish(&out, serve_fail(&out, ERR_DENIED, SAY "zones-only"));
		return true;
	}
	if (chunk) {
		chunk_waits(s, &out, m->body);
		return true;
	}
	commit_waiting(s);		/* who asks sees what was sent before */
	then = c->past == NULL || m->type == MSGS_AS_OF ? NULL : replay_core(c->past);
	if (c->past != NULL && m->type != MSGS_AS_OF && (then == NULL || !past(m->type))) {
		finish(&out, serve_fail(&out, ERR_DENIED, SAY "past-only"));
		return true;
	}
	a = arena_new(NULL, 0);
	if (then != NULL) {
		out.s = then;
		r = serve_zones(then, c);
		r = r != 0 ? r : fn(then, &out, a, &body);
	} else if ((r = c->nzones == 0 ? 0 : serve_zones(s, c)) == 0) {
		s->asking = c;
		s->caller = c->uid;
		r = fn(s, &out, a, &body);
		s->asking = NULL;
		s->caller = -1;
	}
	if (c->nzones != 0 && serve_zones(s, NULL) != 0) {
		log_error("the store cannot be opened to every zone again; ending");	/* commits would go wrong */
		_exit(1);
	}
	if (r != 0) {
		log_debug("%s: %s%s%s", kind->name, err_name(r), out.text[0] != '\0' ? ": " : "", out.text);
	}
	finish(&out, r);
	arena_free(a);
	return true;
}

/* ---- connections ---- */

static void add_conn(struct serve *s, int fd, bool is_main)
{
	struct conn *c = arena_alloc(s->a, sizeof *c);
	struct ucred who;
	socklen_t n = sizeof who;

	*c = (struct conn){ .chan = chan_new(fd, CHAN_PLAIN), .is_main = is_main,
		.uid = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && n == sizeof who ? (i64)who.uid : -1 };
	if (c->chan == NULL) {
		close(fd);
		return;
	}
	*vec_add(s->a, &s->conns) = c;
}

/* The main that started core and leaves waits for it to end, unless it hears that others are still served. */
static void tell_main(struct conn *c, bool others)
{
	struct msg m = { .type = MSGS_CORE_STAYS, .fd = -1 };

	if (others) {
		(void)!chan_send_wait(c->chan, &m, 100);
	}
}

static void drop_closed(struct serve *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->conns.n; i++) {
		struct conn *c = s->conns.p[i];

		if (c->closing) {
			if (c->is_main) {
				s->main_gone = true;
				tell_main(c, s->conns.n > 1);
			}
			replay_free(c->past);
			replay_free(c->verdicts);
			chan_free(c->chan);
		} else {
			s->conns.p[n++] = c;
		}
	}
	s->conns.n = n;
}

static void serve_conn(struct serve *s, struct conn *c)
{
	size_t waiting;
	struct msg m;
	int r;

	/* A channel holds few chunks: read on while chunks come, until an entry is full, so that nobody is read for ever. */
	do {
		waiting = s->waiting.n;
		r = chan_fill(c->chan);
		while (r == 0 && (r = chan_next(c->chan, &m)) == 0) {
			if (!serve_answer(s, c, &m)) {
				r = ERR_PROTO;
			}
		}
	} while (r == ERR_BUSY && s->waiting.n > waiting);
	c->closing = c->closing || r != ERR_BUSY || chan_flush(c->chan) != 0;
}

/* ---- when nobody asks ---- */

struct entry_source {
	struct serve *s;
	struct arena *a;
};

static int publish_node(void *ctx, u32 level, u64 index, struct hash *ret)
{
	struct entry_source *e = ctx;

	return serve_node(e->s, level, index, ret);
}

static int publish_entry(void *ctx, u64 seq, struct str *ret)
{
	struct entry_source *e = ctx;
	struct store_entry *rows;
	size_t n;
	int r;

	arena_reset(e->a);
	r = store_get_entries(e->s->st, e->a, e->s->head.first + seq, 1, &rows, &n);
	if (r == 0 && n != 1) {
		r = ERR_INTEGRITY;
	}
	if (r == 0) {
		*ret = rows[0].envelope;
	}
	return r;
}

/* Signs the head once: the same size is never signed twice with different words. */
int serve_sign(struct serve *s, struct arena *a, struct str *ret)
{
	struct store_checkpoint known;
	struct checkpoint c = { .origin = s->head.origin, .size = s->head.size };
	int r = store_get_last_checkpoint(s->st, a, false, &known);

	if (r == 0 && known.epoch == s->head.epoch && known.size == s->head.size) {
		*ret = known.note;
		return 0;
	}
	memcpy(c.root.b, s->head.root, sizeof c.root.b);
	if ((r = checkpoint_sign(a, &c, &s->key, ret)) != 0) {
		return r;
	}
	return store_put_checkpoint(s->st, &(struct store_checkpoint){ .epoch = s->head.epoch, .size = s->head.size,
		.note = *ret });
}

int serve_publish(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct entry_source src = { .s = s, .a = arena_new(a, 0) };
	struct publish p = { .dir = s->log_dir, .from = s->published, .key = &s->note_key, .node = publish_node,
		.entry = publish_entry, .ctx = &src, .key_before = s->has_before ? &s->key_before : NULL };
	struct checkpoint signed_by;
	struct perr err = { 0 };
	int r = 0;

	if (s->head.size != 0 && s->published != s->head.size && (r = serve_sign(s, a, &p.checkpoint)) == 0) {
		/* The entry that names the present key was signed by the one before, which may not have been published then. */
		if (s->has_before && checkpoint_open(a, p.checkpoint, &s->note_key, &signed_by, NULL) != 0) {
			p.key = &s->key_before;
		}
		if ((r = publish_run(a, &p, &err)) == 0 && (r = store_mark_published(s->st, s->head.epoch, s->head.size)) == 0) {
			s->published = s->head.size;
		}
	}
	if (r != 0) {
		const char *why = err.text[0] != '\0' ? err.text : store_why(s->st);

		log_error("the ledger is recorded, but not published yet: %s", why[0] != '\0' ? why : err_text(r));
	}
	if (r == ERR_IO || store_is_dead(s->st)) {	/* 4.5, step 8: a failed sync */
		log_error("what the disk holds is not known; ending, the next start finds out and publishes again");
		_exit(1);
	}
	s->signed_at = mono_now();
	arena_free(a);
	malloc_trim(0);		/* what the entries needed goes back: an idle core is small */
	return r;
}

static int sign_ms(const struct serve *s)
{
	i64 left;

	if (s->published == s->head.size) {
		return -1;
	}
	left = s->signed_at.ns + SIGN_EVERY_NS - mono_now().ns;
	return left <= 0 ? 0 : (int)(left / 1000000) + 1;
}

/* Until there is something to do unasked. The clock may be set, so it is looked at now and then. */
static int wait_ms(struct serve *s)
{
	int sign = sign_ms(s);
	i64 due = !s->due_known ? 0 : s->due.ms == 0 ? CLOCK_LOOK_MS : s->due.ms + TOGETHER_MS - serve_now(s).ms;

	due = due < 0 ? 0 : due > CLOCK_LOOK_MS ? CLOCK_LOOK_MS : due;
	return sign >= 0 && sign < due ? sign : (int)due;
}

static int loop(struct serve *s)
{
	while (!s->main_gone || s->conns.n > 0) {
		struct pollfd p[CONNS_MAX + 1];
		size_t n = s->conns.n;

		(void)!serve_due(s);
		for (size_t i = 0; i < n; i++) {
			p[i] = (struct pollfd){ .fd = chan_fd(s->conns.p[i]->chan), .events = chan_events(s->conns.p[i]->chan) };
		}
		p[n] = (struct pollfd){ .fd = n < CONNS_MAX ? ROLE_FD_LISTEN : -1, .events = POLLIN };
		if (poll(p, n + 1, wait_ms(s)) < 0 && errno != EINTR) {
			return ERR_SYS;
		}
		for (size_t i = 0; i < n; i++) {
			if (p[i].revents != 0) {
				serve_conn(s, s->conns.p[i]);
			}
		}
		commit_waiting(s);
		if (store_is_dead(s->st)) {
			return ERR_IO;
		}
		if ((p[n].revents & POLLIN) != 0) {
			int fd;

			if (super_accept(ROLE_FD_LISTEN, &fd) == 0) {
				add_conn(s, fd, false);
			}
		}
		drop_closed(s);
		if (s->published != s->head.size && sign_ms(s) == 0) {
			(void)!serve_publish(s);
		}
	}
	return 0;
}

/* ---- starting ---- */

int serve_load_edges(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_object *rows;
	size_t n;
	int r;

	s->edges = identity_edges_new(s->a);
	r = store_list_objects(s->st, a, S("edge"), S(""), STORE_PAGE_MAX, &rows, &n);
	/* A later edge of the same pair replaced the earlier, so their order among pairs does not matter. */
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct identity_edge e = { .seq = rows[i].seq };
		const struct json *v;
		i64 x, y;

		if (json_parse(a, rows[i].body, &v, NULL) != 0 || json_get_int(v, S("a"), &x) != 0 ||
		    json_get_int(v, S("b"), &y) != 0 || json_get_bool(v, S("forbid"), &e.forbid) != 0) {
			r = ERR_INTEGRITY;
			break;
		}
		e.a = (u64)x;
		e.b = (u64)y;
		identity_edges_add(s->edges, &e);
	}
	arena_free(a);
	return r;
}

struct str serve_new_origin(struct arena *a, bool demo, u32 epoch)
{
	u8 id[8];

	must(getrandom(id, sizeof id, 0) == (ssize_t)sizeof id);
	return str_printf(a, "korobanu.invalid/%s%.*s/%u", demo ? "demo." : "", STRF(str_hex(a, id, sizeof id)), epoch);
}

bool serve_is_demo(struct str origin)
{
	return str_starts(origin, S("korobanu.invalid/demo."));
}

/* The first entry of a log says whose it is. The directory of a demo has a file of that name before its store. */
static int begin_log(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_object key = { .type = S("ledger"), .id = S("key") };
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	int r;

	s->head.origin = serve_new_origin(s->a, access("demo", F_OK) == 0, 1);
	if ((r = note_key_make(s->head.origin, s->key.pub, &s->note_key)) == 0) {
		jw_obj(&w);
		jw_kstr(&w, "do", S("ledger.begin"));
		jw_kstr(&w, "key", note_key_text(a, &s->note_key));
		jw_kstr(&w, "origin", s->head.origin);
		jw_end(&w);
		key.body = serve_key_object(a, NULL, &s->note_key);
		r = buf_done(&b) != 0 ? buf_done(&b) : serve_act(s, a, buf_view(&b), NULL, 0, &key, 1, NULL);
	}
	arena_free(a);
	return r;
}

int serve_last_recorded(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_entry *rows;
	size_t n;
	int r = s->head.size == 0 ? 0 :
		store_get_entries(s->st, a, s->head.first + s->head.size - 1, 1, &rows, &n);

	if (r == 0 && s->head.size != 0) {
		s->last_at = rows[0].at;
	}
	arena_free(a);
	return r;
}

/* What was published must be a prefix of what is stored (4.5, step 7). */
static int load_published(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct checkpoint c;
	struct hash root;
	struct str note;
	int r = publish_checkpoint(a, s->log_dir, &note);

	if (r == ERR_NOTFOUND) {
		r = 0;
	} else if (r == 0 && (r = serve_open_note(s, a, note, &c, NULL, NULL)) == 0) {
		if (c.size > s->head.size || merkle_fetch_root(serve_node, s, c.size, &root) != 0 || !hash_eq(&root, &c.root)) {
			r = ERR_INTEGRITY;
		}
		s->published = c.size;
	}
	if (r != 0) {
		log_error("the published ledger (log/checkpoint) is not a prefix of the store: %s", err_text(r));
		r = ERR_INTEGRITY;
	}
	arena_free(a);
	return r;
}

static int start(struct serve *s)
{
	struct perr err = { 0 };
	int r;

	if (s->parts->make != NULL && (s->ctx = s->parts->make(s->a)) == NULL) {
		return ERR_UNSUPPORTED;
	}
	if ((r = serve_restore(s)) != 0) {
		log_error("restoring: %s", err_text(r));
		return r;
	}
	s->texts_told = s->texts_kept = false;		/* that may have been said of the copy */
	r = store_open(".", &(struct store_opts){ .redo_after = REDO_AFTER }, &s->st, &err);

	if (r != 0) {
		log_error("cannot open the store: %s", err.text[0] != '\0' ? err.text : err_text(r));
		return r;
	}
	if (mkdir(LOG_DIR, 0700) != 0 && errno != EEXIST) {
		return err_from_errno(errno);
	}
	s->log_dir = open(LOG_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->log_dir < 0) {
		return err_from_errno(errno);
	}
	if ((r = serve_load_head(s)) != 0) {
		log_error("the ledger's head does not agree with itself: %s", err_text(r));
		return r;
	}
	if ((r = serve_load_edges(s)) != 0 || (r = serve_load_key(s)) != 0) {
		return r;
	}
	if (s->head.epoch == 0) {
		return begin_log(s);
	}
	/* The key's name outlives this head. */
	if ((r = note_key_make(str_dup(s->a, s->head.origin), s->key.pub, &s->note_key)) != 0 || (r = serve_last_recorded(s)) != 0) {
		return r;
	}
	r = load_published(s);
	return r != 0 || (r = evidence_sweep(s)) != 0 ? r : erase_resume(s);
}

int serve_open(struct arena *a, const struct serve_parts *parts, struct serve **ret)
{
	struct serve *s = arena_alloc(a, sizeof *s);
	int r;

	/* An entry needs tens of megabytes for a moment, and the next one the same: fetching and clearing their pages anew each
	 * time costs as much as writing them to the disk. serve_publish gives them back. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	s->a = a;
	s->parts = parts;
	s->log_dir = -1;
	s->caller = -1;
	s->evidence_dir = "evidence";
	s->quota_run = LIMIT_EVIDENCE_RUN;
	s->quota_zone = LIMIT_EVIDENCE_ZONE;
	for (size_t i = 0; i < countof(s->staged); i++) {
		s->staged[i].fd = -1;
	}
	s->waiting.a = arena_new(a, 0);
	s->waiting.out = arena_alloc(a, CHUNKS_WAITING * sizeof *s->waiting.out);
	*ret = s;
	r = start(s);
	if (r != 0 && s->st != NULL && store_why(s->st)[0] != '\0') {	/* which page, where one is damaged */
		log_error("the store: %s", store_why(s->st));
	}
	return r;
}

void serve_close(struct serve *s)
{
	if (s == NULL) {
		return;
	}
	evidence_close(s);
	store_close(s->st);
	key_wipe(&s->key);
	if (s->log_dir >= 0) {
		close(s->log_dir);
	}
}

int serve_main(const struct serve_parts *given)
{
	struct serve_parts parts = *given;
	struct serve *s;
	struct arena *a;
	int r;

	role_enter(ROLE_CORE);
	parts.key_given = fcntl(ROLE_FD_KEY, F_GETFL) >= 0;	/* now: later the number may be any file's */
	a = arena_new(NULL, 0);
	if ((r = serve_open(a, &parts, &s)) == 0) {
		add_conn(s, ROLE_FD_CHANNEL, true);
		r = loop(s);
		if (r == 0) {
			r = serve_publish(s);
		}
	}
	serve_close(s);
	arena_free(a);
	return r == 0 ? 0 : r == ERR_INTEGRITY ? 5 : r == ERR_NEWER ? 6 : 2;
}
