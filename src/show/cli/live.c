#include "show/cli/live.h"

#include "base/err.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define ASK_EVERY ((i64)200 * 1000000)

void live_begin(struct live *l, struct ask *q, struct str run)
{
	*l = (struct live){ .q = q, .run = run, .a = arena_new(NULL, 0) };
}

void live_end(struct live *l)
{
	arena_free(l->a);
	l->a = NULL;
}

/* ---- lines ---- */

struct json_w live_line(struct live *l, struct buf *b, const char *kind, const char *action, struct utc at)
{
	struct json_w w;

	*b = buf_new(l->a, 0);
	w = jw_new(b);
	jw_obj(&w);
	jw_kstr(&w, "schema", S("korobanu.event/1"));
	jw_kstr(&w, "@timestamp", utc_text(l->a, at));
	jw_key(&w, S("event"));
	jw_obj(&w);
	jw_kstr(&w, "action", str_printf(l->a, "scan.%s", action));
	jw_kstr(&w, "kind", str_z(kind));
	return w;
}

void live_put(struct live *l, struct json_w *w, struct buf *b)
{
	jw_end(w);
	if (buf_done(b) == 0) {
		*vec_add(l->a, &l->lines) = buf_view(b);
	}
}

/* Can one line be written without waiting? A pipe that is ready takes PIPE_BUF bytes. */
static bool ready(struct live *l)
{
	struct pollfd p = { .fd = fileno(l->q->c->env->out), .events = POLLOUT };

	if (p.fd < 0) {
		return true;	/* memory */
	}
	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLNVAL)) != 0) {
		l->gone = true;
	}
	return !l->gone && (p.revents & POLLOUT) != 0;
}

static void write_one(struct live *l)
{
	struct cli *c = l->q->c;
	struct str line = l->lines.p[l->next++];

	if (c->env->err_tty && c->env->out_tty) {
		fputs("\r\033[K", c->env->err);		/* the progress line stands there */
		fflush(c->env->err);
	}
	if (fwrite(line.p, 1, line.n, c->env->out) != line.n || fputc('\n', c->env->out) == EOF || fflush(c->env->out) != 0) {
		l->gone = true;
	}
}

static void forget_written(struct live *l)
{
	if (l->gone || l->next == l->lines.n) {
		arena_reset(l->a);
		memset(&l->lines, 0, sizeof l->lines);
		l->next = 0;
	}
}

void live_flush(struct live *l)
{
	while (!l->gone && l->next < l->lines.n) {
		write_one(l);
	}
	forget_written(l);
}

/* ---- what core recorded ---- */

static void put_host(struct json_w *w, const struct view_row *row, struct arena *a)
{
	struct str mac = row->v[VIEW_event_mac].s;

	jw_key(w, S("host"));
	jw_obj(w);
	jw_kstr(w, "id", row->v[VIEW_event_asset].s);
	if (row->v[VIEW_event_address].present) {
		jw_key(w, S("ip"));
		jw_arr(w);
		jw_str(w, row->v[VIEW_event_address].s);
		jw_end(w);
	}
	if (row->v[VIEW_event_mac].present) {	/* as ECS writes it */
		char *p = arena_copy(a, mac.p, mac.n);

		for (size_t i = 0; i < mac.n; i++) {
			p[i] = p[i] == ':' ? '-' : p[i];
		}
		jw_key(w, S("mac"));
		jw_arr(w);
		jw_str(w, str_of(p, mac.n));
		jw_end(w);
	}
	jw_end(w);
}

static void put_service(struct json_w *w, const struct view_row *row)
{
	const struct view_value *port = &row->v[VIEW_event_port], *name = &row->v[VIEW_event_service];

	if (row->v[VIEW_event_proto].present) {
		jw_key(w, S("network"));
		jw_obj(w);
		jw_kstr(w, "transport", row->v[VIEW_event_proto].s);
		jw_end(w);
		jw_key(w, S("destination"));
		jw_obj(w);
		jw_kstr(w, "ip", row->v[VIEW_event_address].s);
		if (port->present) {
			jw_kint(w, "port", port->i);
		}
		jw_end(w);
	}
	if (name->present) {
		jw_key(w, S("service"));
		jw_obj(w);
		jw_kstr(w, "name", name->s);
		jw_end(w);
	}
}

static void put_text(struct json_w *w, const char *name, const struct view_value *v)
{
	if (v->present && v->s.n > 0) {
		jw_kstr(w, name, v->s);
	}
}

static void event_line(struct live *l, const struct view_row *row)
{
	const struct view_value *not = &row->v[VIEW_event_excluded];
	struct str action = row->v[VIEW_event_action].s;
	bool change = str_eq(action, S("verdict")) || str_eq(action, S("identity"));
	i64 seq = row->v[VIEW_event_seq].i, item = row->v[VIEW_event_item].i;
	struct buf b;
	struct json_w w = live_line(l, &b, change ? "state" : "event", str_c(l->a, action), row->v[VIEW_event_at].t);

	jw_kstr(&w, "id", str_printf(l->a, change ? "%jd.c%jd" : "%jd.%jd", (intmax_t)seq, (intmax_t)(item < 0 ? -item : item)));
	jw_end(&w);
	put_host(&w, row, l->a);
	put_service(&w, row);
	if (str_eq(action, S("verdict"))) {
		jw_key(&w, S("rule"));
		jw_obj(&w);
		jw_kstr(&w, "id", row->v[VIEW_event_what].s);
		jw_end(&w);
	}
	jw_key(&w, S("korobanu"));
	jw_obj(&w);
	put_text(&w, "what", change && !str_eq(action, S("verdict")) ? &row->v[VIEW_event_what] : &(struct view_value){ 0 });
	put_text(&w, "from", &row->v[VIEW_event_before]);
	put_text(&w, "to", &row->v[VIEW_event_after]);
	put_text(&w, "reason", &row->v[VIEW_event_reason]);
	put_text(&w, "ports", &row->v[VIEW_event_ports]);
	if (not->present && not->strs.n > 0) {
		jw_key(&w, S("not"));
		jw_arr(&w);
		for (size_t i = 0; i < not->strs.n; i++) {
			jw_str(&w, not->strs.p[i]);
		}
		jw_end(&w);
	}
	jw_key(&w, S("ledger"));
	jw_obj(&w);
	jw_kint(&w, "seq", seq);
	jw_end(&w);
	if (row->v[VIEW_event_fresh].present) {
		jw_kbool(&w, "new", row->v[VIEW_event_fresh].b);
		jw_kint(&w, "qod", row->v[VIEW_event_qod].i);
	}
	jw_kstr(&w, "run", l->run);
	jw_end(&w);
	live_put(l, &w, &b);
}

static int take_row(void *arg, const struct msg *m)
{
	struct live *l = arg;
	struct arena *a = arena_new(NULL, 0);
	struct view_row row;
	int r = view_decode(a, m->body, &row);

	if (r == 0 && row.view->number == VIEW_event) {
		l->more = true;
		event_line(l, &row);
	} else if (r == 0 && row.view->number == VIEW_page) {
		l->more = l->more || row.v[VIEW_page_looked].i > 0;
		snprintf(l->cursor, sizeof l->cursor, "%.*s", STRF(row.v[VIEW_page_cursor].s));
	}
	arena_free(a);
	return r;
}

static struct str question(struct live *l, struct arena *a)
{
	struct buf b = buf_new(a, 0);

	buf_blob(&b, l->run);
	buf_blob(&b, str_z(l->cursor));
	return buf_view(&b);
}

int live_take(struct live *l, const struct msg *m)
{
	int r = 0;

	if ((m->flags & MSG_FAILED) != 0) {
		return ERR_PROTO;
	}
	if ((m->flags & MSG_LAST) == 0 || m->body.n > 0) {
		r = take_row(l, m);
	}
	if ((m->flags & MSG_LAST) != 0) {
		l->asked = false;
		l->ask_at = l->more ? 0 : mono_now().ns + ASK_EVERY;
	}
	return r;
}

int live_tick(struct live *l)
{
	struct arena *a;
	u32 id;
	int r = 0;

	while (l->next < l->lines.n && ready(l)) {
		write_one(l);
	}
	(void)ready(l);		/* a reader who went away is noticed also when there is nothing to say */
	forget_written(l);
	if (!l->gone && !l->asked && l->next == l->lines.n && mono_now().ns >= l->ask_at) {
		a = arena_new(NULL, 0);
		l->more = false;
		r = client_send(l->q->client, MSGS_RUN_EVENTS, question(l, a), &id);
		l->asked = r == 0;
		r = r == ERR_BUSY ? 0 : r;
		arena_free(a);
	}
	return r;
}

int live_drain(struct live *l)
{
	int r;

	do {
		struct arena *a = arena_new(NULL, 0);

		l->more = false;
		r = client_call(l->q->client, MSGS_RUN_EVENTS, question(l, a), take_row, l);
		arena_free(a);
		live_flush(l);
	} while (r == 0 && l->more && !l->gone);
	return r;
}
