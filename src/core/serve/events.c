/* RUN_EVENTS: what a run found, in ledger order, from a cursor on. Everything here is recorded: whoever read an event may rely on it after any
 * kill, and asking from the beginning gives the same events again.
 *
 * An event is a fact (or a further sighting) of the run that says of a device, an open port or a service that it is there, or a change that
 * the recording of such facts made: of a verdict, or of what belongs to which asset. Coverage is no event: the end of a run says how whole it is.
 *
 * An answer is small enough for the queue of a connection, so that a reader who waits never makes core wait. The cursor is "SEQ.N": of
 * entry SEQ the first N events are told. */
#include "core/serve/serve_int.h"

#include "base/err.h"

#include <stdio.h>

#define EVENTS_MAX 64		/* of one answer */
#define ENTRIES_MAX 512		/* looked at for one answer */

struct events {
	struct serve *s;
	struct serve_reply *out;
	struct arena *a;
	struct str run;
	u64 seq;		/* the entry being read */
	u64 nth, skip;		/* its events so far; those told before */
	u32 sent;
};

/* False: told before, or no room in this answer; *ret_full says which. */
static bool wanted(struct events *e, bool *ret_full)
{
	*ret_full = e->nth >= e->skip && e->sent == EVENTS_MAX;
	if (*ret_full || e->nth++ < e->skip) {
		return false;
	}
	e->sent++;
	return true;
}

static struct str value_of(struct arena *a, const struct fact *f, const char *field)
{
	const struct fact_value *v = fact_value(f, str_z(field));

	return v == NULL ? S("") : v->type == KIND_RANGES ? ranges_text(a, v->ranges) : v->s;
}

static const char *action_of(const struct fact *f)
{
	static const struct {
		const char *kind, *action;
	} told[] = { { "host", "device" }, { "port", "port" }, { "service", "service" }, { "answers_all", "ports" } };

	for (size_t i = 0; f->kind != NULL && i < countof(told); i++) {
		if (str_eq(f->kind_name, str_z(told[i].kind))) {
			return told[i].action;
		}
	}
	return NULL;
}

static void send_fact(struct events *e, const struct fact *f, const struct item *it, u64 asset, u32 index)
{
	struct view_row row = view_row(VIEW_event);
	const struct fact_value *addr = fact_place(f, S("addr")), *port = fact_place(f, S("port")), *proto = fact_place(f, S("proto")),
		*not = fact_value(f, S("not"));
	const struct fact_key *mac = fact_key_of(f, KEY_MAC);

	view_set_str(&row, VIEW_event_action, str_z(action_of(f)));
	view_set_time(&row, VIEW_event_at, it->seen.at);
	view_set_str(&row, VIEW_event_asset, identity_text(e->a, identity_root(e->s->edges, asset)));
	view_set_text(&row, VIEW_event_address, addr != NULL ? addr->s : S(""));
	view_set_text(&row, VIEW_event_mac, mac != NULL ? mac->value : S(""));
	view_set_text(&row, VIEW_event_proto, proto != NULL ? proto->s : S(""));
	if (port != NULL) {
		view_set_int(&row, VIEW_event_port, port->i);
	}
	view_set_text(&row, VIEW_event_ports, value_of(e->a, f, "ports"));
	view_set_text(&row, VIEW_event_service, value_of(e->a, f, "name"));
	if (not != NULL && not->type == KIND_STRS) {
		view_set_strs(&row, VIEW_event_excluded, not->strs, not->n);
	}
	view_set_int(&row, VIEW_event_qod, it->seen.qod);
	view_set_bool(&row, VIEW_event_fresh, it->type == ITEM_FACT);
	view_set_int(&row, VIEW_event_seq, (i64)e->seq);
	view_set_int(&row, VIEW_event_item, index);
	serve_row(e->out, &row);
}

static int one_item(struct events *e, const struct item *it, u64 asset, u32 index, bool *ret_mine, bool *ret_full)
{
	const struct fact *f = &it->fact;
	struct item first;
	struct utc recorded;
	int r;

	if ((it->type != ITEM_FACT && it->type != ITEM_AGAIN) || !str_eq(it->seen.run, e->run)) {
		return 0;
	}
	*ret_mine = true;
	if (it->type == ITEM_AGAIN) {
		if ((r = serve_item(e->s, e->a, it->again_seq, it->again_index, &first, &recorded)) != 0 || first.type != ITEM_FACT) {
			return r == ERR_NOTFOUND ? 0 : r;	/* erased since */
		}
		f = &first.fact;
	}
	if (action_of(f) != NULL && wanted(e, ret_full)) {
		send_fact(e, f, it, asset, index);
	}
	return 0;
}

/* The changes that entry made to one asset. */
static int changes(struct events *e, u64 asset, bool *ret_full)
{
	struct store_change *rows;
	u64 after = 0;
	size_t n;
	int r;

	do {
		if ((r = store_changes_of(e->s->st, e->a, asset, after, 1000, &rows, &n)) != 0) {
			return r;
		}
		for (size_t i = 0; i < n && !*ret_full; i++) {
			struct view_row row = view_row(VIEW_event);
			char first = rows[i].measure.n > 0 ? rows[i].measure.p[0] : '\0';

			after = rows[i].id;
			if (rows[i].seq != e->seq || !wanted(e, ret_full)) {
				continue;
			}
			view_set_str(&row, VIEW_event_action, first >= 'A' && first <= 'Z' ? S("verdict") : S("identity"));
			view_set_time(&row, VIEW_event_at, rows[i].at);
			view_set_str(&row, VIEW_event_asset, identity_text(e->a, asset));
			view_set_str(&row, VIEW_event_what, rows[i].measure);
			view_set_text(&row, VIEW_event_before, rows[i].was);
			view_set_text(&row, VIEW_event_after, rows[i].now);
			view_set_text(&row, VIEW_event_reason, rows[i].reason);
			view_set_int(&row, VIEW_event_seq, (i64)e->seq);
			view_set_int(&row, VIEW_event_item, -(i64)rows[i].id);
			serve_row(e->out, &row);
		}
	} while (n != 0 && !*ret_full);
	return 0;
}

/* Every event of one entry that was not told. */
static int one_entry(struct events *e, bool *ret_full)
{
	vec(u64) assets = { 0 };
	struct store_items *g;
	size_t n;
	int r = store_items_at(e->s->st, e->a, e->seq, &g, &n);

	e->nth = 0;
	for (size_t i = 0; r == 0 && i < n && !*ret_full; i++) {
		struct item *items = arena_alloc(e->a, g[i].n * sizeof *items + 1);
		bool mine = false;

		r = items_read(e->a, &g[i], items);
		for (u32 k = 0; r == 0 && k < g[i].n && !*ret_full; k++) {
			r = one_item(e, &items[k], g[i].asset, g[i].first + k, &mine, ret_full);
		}
		for (size_t k = 0; mine && k < assets.n; k++) {
			mine = assets.p[k] != g[i].asset;
		}
		if (mine) {
			*vec_add(e->a, &assets) = g[i].asset;
		}
	}
	for (size_t i = 0; r == 0 && i < assets.n && !*ret_full; i++) {
		r = changes(e, assets.p[i], ret_full);
	}
	return r;
}

static int cursor_of(struct str text, struct str run, u64 *ret_seq, u64 *ret_skip)
{
	struct str rest = text, seq;

	if (text.n == 0) {	/* an entry names the run: SCN-<number> */
		*ret_skip = 0;
		rest = run;
		(void)str_cut(&rest, '-');
		return str_u64(rest, UINT64_MAX >> 1, ret_seq);
	}
	seq = str_cut(&rest, '.');
	return str_u64(seq, UINT64_MAX >> 1, ret_seq) != 0 || str_u64(rest, UINT64_MAX >> 1, ret_skip) != 0 ? ERR_SYNTAX : 0;
}

static int run_events(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct events e = { .s = s, .out = out };
	struct view_row page = view_row(VIEW_page);
	struct store_object run;
	struct str cursor;
	bool full = false;
	u64 looked = 0;
	int r;

	if ((r = rd_blob(body, &e.run)) != 0 || (r = rd_blob(body, &cursor)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if ((r = store_get_object(s->st, a, S("run"), e.run, &run)) != 0 || (r = cursor_of(cursor, e.run, &e.seq, &e.skip)) != 0) {
		return serve_fail(out, r, SAY "no-run" SAY "run=%.*s", STRF(e.run));
	}
	e.a = arena_new(a, 0);
	for (; r == 0 && !full && looked < ENTRIES_MAX && e.seq < serve_size(s); looked++) {
		r = one_entry(&e, &full);
		if (!full) {
			e.seq++;
			e.skip = 0;
		}
		arena_reset(e.a);
	}
	if (r != 0) {
		return r;
	}
	view_set_str(&page, VIEW_page_cursor, str_printf(a, "%ju.%ju", (uintmax_t)e.seq, (uintmax_t)(full ? e.nth : 0)));
	view_set_int(&page, VIEW_page_looked, (i64)looked);
	serve_row(out, &page);
	return 0;
}

const struct serve_request serve_events[] = { { MSGS_RUN_EVENTS, run_events }, { 0, NULL } };
