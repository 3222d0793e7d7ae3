/* Reading: rows of views from what is stored. Nothing here changes anything. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "core/ledger/envelope.h"

#include <string.h>

/* ---- shared by several requests ---- */

int serve_packed(struct serve *s, struct arena *a, u64 asset, struct state **ret, struct store_asset *ret_row)
{
	int r = store_get_state(s->st, a, asset, ret_row);

	if (r == 0 && (r = state_decode(a, ret_row->state, ret)) == ERR_NEWER) {
		r = fold_stored(s, a, asset, ret);	/* packed by another version of this program */
	}
	return r;
}

int serve_state(struct serve *s, struct arena *a, u64 asset, struct state **ret, struct store_asset *ret_row)
{
	int r = serve_packed(s, a, asset, ret, ret_row);

	return r != 0 ? r : shared_peers(s, a, asset, *ret, serve_now(s));
}

/* What a text may mean: no asset yet, one, or several. */
struct meant {
	u64 id;
	bool several;
};

static void means(struct meant *m, u64 id)
{
	m->several = m->several || (m->id != 0 && m->id != id);
	m->id = id;
}

static bool has_word(struct str words, struct str word)
{
	while (words.n != 0) {
		if (str_eq(str_cut(&words, ' '), word)) {
			return true;
		}
	}
	return false;
}

/* By the claims of the address in each network there is; a claim may be history, so the row must hold it now. */
static int by_address(struct serve *s, struct arena *a, struct str addr, struct meant *m)
{
	struct store_claim *claims;
	struct store_asset row;
	struct str *networks;
	size_t n, nclaims;
	int r = store_asset_values(s->st, a, STORE_BY_NETWORK, STORE_PAGE_MAX, &networks, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = store_find_key(s->st, a, networks[i], S("ip"), addr, &claims, &nclaims);
		for (size_t k = 0; r == 0 && k < nclaims; k++) {
			r = store_get_asset(s->st, a, identity_root(s->edges, claims[k].asset), &row);
			if (r == 0 && has_word(row.text[0], addr)) {
				means(m, row.id);
			}
			r = r == ERR_NOTFOUND ? 0 : r;	/* in a zone the caller does not see */
		}
	}
	return r;
}

int serve_asset_of(struct serve *s, struct arena *a, struct str text, u64 *ret)
{
	struct meant m = { 0 };
	struct store_asset row, *named;
	struct str addr;
	size_t n;
	u64 id;
	int r;

	if (identity_parse(text, &id) == 0) {
		id = identity_root(s->edges, id);
		if ((r = store_get_asset(s->st, a, id, &row)) == 0) {
			*ret = id;
		}
		return r;
	}
	if (text.n == 0) {
		return ERR_NOTFOUND;
	}
	if ((r = store_assets_named(s->st, a, text, 2, &named, &n)) != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		means(&m, named[i].id);
	}
	if (fact_addr(a, text, &addr) == 0 && (r = by_address(s, a, addr, &m)) != 0) {
		return r;
	}
	if (m.id == 0 || m.several) {
		return m.id == 0 ? ERR_NOTFOUND : ERR_CONFLICT;
	}
	*ret = m.id;
	return 0;
}

int serve_asked(struct serve *s, struct serve_reply *out, struct arena *a, struct str text, u64 *ret_id, struct state **ret,
	struct store_asset *ret_row)
{
	int r = serve_asset_of(s, a, text, ret_id);

	if (r == 0) {
		r = serve_state(s, a, *ret_id, ret, ret_row);
	}
	return r == 0 ? 0 : serve_fail(out, r, r == ERR_CONFLICT ? SAY "several-assets" SAY "asset=%.*s" :
		r == ERR_NOTFOUND ? SAY "no-asset" SAY "asset=%.*s" : SAY "asset-unreadable" SAY "asset=%.*s", STRF(text));
}

int serve_item(struct serve *s, struct arena *a, u64 seq, u32 index, struct item *ret, struct utc *ret_recorded)
{
	struct store_items g;
	struct store_entry *e;
	struct item *items;
	size_t n;
	int r;

	if ((r = store_get_item(s->st, a, seq, index, &g)) != 0 || (r = store_get_entries(s->st, a, seq, 1, &e, &n)) != 0) {
		return r;
	}
	if (n != 1) {
		return ERR_INTEGRITY;
	}
	items = arena_alloc(a, g.n * sizeof *items);
	if ((r = items_read(a, &g, items)) != 0) {
		return r;
	}
	*ret = items[index - g.first];
	*ret_recorded = e[0].at;
	return 0;
}

static struct str member(const struct json *v, const char *key)
{
	struct str s;

	return json_get_str(v, str_z(key), &s) == 0 ? s : (struct str){ 0 };
}

/* What a person may say or not: nothing said is nothing, not unknown. */
static void told_text(struct view_row *row, u32 field, struct str s)
{
	view_set_str(row, field, s.p != NULL ? s : S(""));
}

static void set_texts(struct arena *a, struct view_row *row, u32 field, const struct json *list)
{
	struct str *p;

	if (list == NULL || list->type != JSON_ARR) {
		return;
	}
	p = arena_alloc(a, list->arr.n * sizeof *p);
	for (size_t i = 0; i < list->arr.n; i++) {
		p[i] = list->arr.p[i].type == JSON_STR ? list->arr.p[i].s : S("");
	}
	view_set_strs(row, field, p, list->arr.n);
}

static void set_time(struct view_row *row, u32 field, struct str s)
{
	struct utc t;

	if (s.n != 0 && utc_parse(s, &t) == 0) {
		view_set_time(row, field, t);
	}
}

/* ---- networks, scopes, runs ---- */

static struct utc recorded_at(struct serve *s, struct arena *a, u64 seq)
{
	struct store_entry *e;
	size_t n;

	return store_get_entries(s->st, a, seq, 1, &e, &n) == 0 && n == 1 ? e[0].at : (struct utc){ 0 };
}

static void network_row(struct serve *s, struct arena *a, const struct store_object *o, const struct json *v, struct view_row *row)
{
	i64 lease;

	*row = view_row(VIEW_network);
	view_set_str(row, VIEW_network_id, o->id);
	view_set_str(row, VIEW_network_zone, o->zone);
	set_texts(a, row, VIEW_network_prefixes, json_get(v, S("prefixes")));
	told_text(row, VIEW_network_gateway_mac, member(v, "gateway_mac"));
	told_text(row, VIEW_network_dhcp_domain, member(v, "dhcp_domain"));
	told_text(row, VIEW_network_note, member(v, "note"));
	if (json_get_int(v, S("lease"), &lease) == 0) {
		view_set_int(row, VIEW_network_lease, lease);
	}
	view_set_int(row, VIEW_network_seq, (i64)o->seq);
	view_set_time(row, VIEW_network_since, recorded_at(s, a, o->seq));
}

static void scope_row(struct serve *s, struct arena *a, const struct store_object *o, const struct json *v, struct view_row *row)
{
	struct utc until = { 0 };

	*row = view_row(VIEW_scope);
	view_set_str(row, VIEW_scope_id, o->id);
	view_set_text(row, VIEW_scope_network, member(v, "network"));
	set_texts(a, row, VIEW_scope_targets, json_get(v, S("targets")));
	set_texts(a, row, VIEW_scope_exclude, json_get(v, S("exclude")));
	view_set_text(row, VIEW_scope_owner, member(v, "owner"));
	view_set_text(row, VIEW_scope_why, member(v, "why"));
	view_set_text(row, VIEW_scope_vantage, member(v, "vantage"));
	set_time(row, VIEW_scope_until, member(v, "until"));
	(void)!utc_parse(member(v, "until"), &until);
	view_set_str(row, VIEW_scope_state, until.ms > serve_now(s).ms ? S("active") : S("ended"));
	view_set_time(row, VIEW_scope_added, recorded_at(s, a, o->seq));
	view_set_int(row, VIEW_scope_seq, (i64)o->seq);
}

static void run_row(struct serve *s, struct arena *a, const struct store_object *o, const struct json *v, struct view_row *row)
{
	(void)s;
	(void)a;
	*row = view_row(VIEW_run);
	view_set_str(row, VIEW_run_id, o->id);
	view_set_text(row, VIEW_run_what, member(v, "what"));
	view_set_text(row, VIEW_run_scope, member(v, "scope"));
	view_set_text(row, VIEW_run_network, member(v, "network"));
	view_set_text(row, VIEW_run_state, member(v, "state"));
	view_set_text(row, VIEW_run_profile, member(v, "profile"));
	view_set_text(row, VIEW_run_vantage, member(v, "vantage"));
	told_text(row, VIEW_run_reason, member(v, "reason"));
	set_time(row, VIEW_run_started, member(v, "started"));
	set_time(row, VIEW_run_ended, member(v, "ended"));
}

static int list(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	static const struct {
		const char *type;
		enum view_number view;
		void (*row)(struct serve *s, struct arena *a, const struct store_object *o, const struct json *v,
			struct view_row *row);
	} lists[] = { { "network", VIEW_network, network_row }, { "scope", VIEW_scope, scope_row }, { "run", VIEW_run, run_row } };
	struct str what, after = S("");
	int r;

	if ((r = rd_blob(body, &what)) != 0) {
		return r;
	}
	for (size_t k = 0; k < countof(lists); k++) {
		bool this = str_eq(what, str_z(lists[k].type));

		if (this && (r = pick_open(out, a, lists[k].view, body)) != 0) {
			return r;
		}
		while (this) {
			struct store_object *rows;
			size_t n;

			if ((r = store_list_objects(s->st, a, what, after, 1000, &rows, &n)) != 0) {
				return r;
			}
			if (n == 0 || pick_full(out)) {
				return pick_close(out);
			}
			for (size_t i = 0; i < n; i++) {
				const struct json *v;
				struct view_row row;

				if (json_parse(a, rows[i].body, &v, NULL) != 0) {
					return ERR_INTEGRITY;
				}
				lists[k].row(s, a, &rows[i], v, &row);
				serve_row(out, &row);
			}
			after = rows[n - 1].id;
		}
	}
	return ERR_UNKNOWN;
}

/* ---- history ---- */

static int history(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_asset row;
	struct store_change *rows;
	struct state *st;
	struct str text;
	u64 id, after = 0;
	size_t n;
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if ((r = serve_asked(s, out, a, text, &id, &st, &row)) != 0) {
		return r;
	}
	do {
		if ((r = store_changes_of(s->st, a, id, after, 1000, &rows, &n)) != 0) {
			return r;
		}
		for (size_t i = 0; i < n; i++) {
			struct view_row v = view_row(VIEW_change);

			view_set_int(&v, VIEW_change_seq, (i64)rows[i].seq);
			view_set_time(&v, VIEW_change_at, rows[i].at);
			view_set_str(&v, VIEW_change_asset, identity_text(a, id));
			view_set_str(&v, VIEW_change_what, rows[i].measure);
			told_text(&v, VIEW_change_before, rows[i].was);
			told_text(&v, VIEW_change_after, rows[i].now);
			told_text(&v, VIEW_change_reason, rows[i].reason);
			serve_row(out, &v);
			after = rows[i].id;
		}
	} while (n != 0);
	serve_services(out, a, st, serve_now(s), identity_text(a, id));
	return 0;
}

/* ---- ledger ---- */

static int head(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct view_row row = view_row(VIEW_head);
	struct str note;
	int r;

	if ((r = rd_done(body)) != 0 || (r = serve_sign(s, a, &note)) != 0) {
		return r;
	}
	view_set_str(&row, VIEW_head_origin, s->head.origin);
	view_set_int(&row, VIEW_head_size, (i64)s->head.size);
	view_set_str(&row, VIEW_head_root, str_base64(a, s->head.root, sizeof s->head.root));
	view_set_str(&row, VIEW_head_key, note_key_text(a, &s->note_key));
	view_set_str(&row, VIEW_head_note, note);
	view_set_int(&row, VIEW_head_epoch, s->head.epoch);
	serve_row(out, &row);
	return 0;
}

/* "scope.add" of what somebody did, nothing of a batch. */
static struct str act_of(struct serve *s, struct arena *a, const struct store_entry *e)
{
	struct utc recorded;
	struct item it;

	if (str_eq(e->type, S("batch")) || serve_item(s, a, e->seq, 0, &it, &recorded) != 0 || it.type != ITEM_ACT) {
		return (struct str){ 0 };
	}
	return member(it.act, "do");
}

static int entries(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_entry *rows;
	size_t n;
	u64 from;
	u32 limit;
	int r;

	if ((r = rd_u64(body, &from)) != 0 || (r = rd_u32(body, &limit)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if ((r = store_get_entries(s->st, a, from, limit, &rows, &n)) != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		struct view_row row = view_row(VIEW_entry);
		struct envelope e;

		if (envelope_read(a, rows[i].envelope, &e, NULL) != 0) {
			return ERR_INTEGRITY;
		}
		view_set_int(&row, VIEW_entry_seq, (i64)rows[i].seq);
		view_set_time(&row, VIEW_entry_at, rows[i].at);
		view_set_str(&row, VIEW_entry_type, rows[i].type);
		view_set_str(&row, VIEW_entry_by, e.by);
		view_set_int(&row, VIEW_entry_items, (i64)e.items);
		view_set_int(&row, VIEW_entry_parts, (i64)e.parts);
		view_set_str(&row, VIEW_entry_root, str_hex(a, e.root.b, sizeof e.root.b));
		view_set_str(&row, VIEW_entry_leaf, str_hex(a, rows[i].leaf, sizeof rows[i].leaf));
		if (e.type == ENVELOPE_ERASED) {
			view_set_int(&row, VIEW_entry_erased, (i64)e.nerased);
		}
		told_text(&row, VIEW_entry_act, act_of(s, a, &rows[i]));
		serve_row(out, &row);
	}
	return 0;
}

static void status_row(struct serve_reply *out, const char *item, bool good, struct str text, const char *next)
{
	struct view_row row = view_row(VIEW_status);

	view_set_str(&row, VIEW_status_item, str_z(item));
	view_set_answer(&row, VIEW_status_state, good ? VIEW_PASS : VIEW_UNKNOWN);
	view_set_str(&row, VIEW_status_text, text);
	view_set_str(&row, VIEW_status_next, str_z(good ? "" : next));
	serve_row(out, &row);
}

/* How many objects of a type there are, and how many of them are in force; *ret_last is the one with the highest entry. */
static int count_objects(struct serve *s, struct arena *a, const char *type, size_t *ret_all, size_t *ret_live,
	struct store_object *ret_last)
{
	struct str after = S("");
	struct store_object *rows;
	size_t n, all = 0, live = 0;
	int r;

	*ret_last = (struct store_object){ 0 };
	do {
		if ((r = store_list_objects(s->st, a, str_z(type), after, 1000, &rows, &n)) != 0) {
			return r;
		}
		for (size_t i = 0; i < n; i++) {
			const struct json *v;
			struct utc until;

			if (json_parse(a, rows[i].body, &v, NULL) != 0) {
				return ERR_INTEGRITY;
			}
			all++;
			live += utc_parse(member(v, "until"), &until) != 0 || until.ms > serve_now(s).ms;
			*ret_last = rows[i].seq >= ret_last->seq ? rows[i] : *ret_last;
		}
		after = n > 0 ? rows[n - 1].id : after;
	} while (n > 0);
	*ret_all = all;
	*ret_live = live;
	return 0;
}

static struct str run_state(struct str state, bool ja)
{
	static const char *const words[][2] = { { "running", "実行中" }, { "finished", "完了" }, { "interrupted", "中断" },
		{ "failed", "失敗" } };

	for (size_t i = 0; ja && i < countof(words); i++) {
		if (str_eq(state, str_z(words[i][0]))) {
			return str_z(words[i][1]);
		}
	}
	return state;
}

/* u8: texts in Japanese. The words are few and belong to the numbers, so they stand here. */
static int status(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_object last;
	size_t all, live;
	u64 n;
	u8 ja;
	int r;

	if ((r = rd_u8(body, &ja)) != 0 || (r = rd_done(body)) != 0 || (r = store_count_assets(s->st, &n)) != 0) {
		return r;
	}
	status_row(out, "ledger", true, str_printf(a, ja ? "%ju 件、ルート %.*s…" : "%ju entries, root %.*s...",
		(uintmax_t)s->head.size, 12, str_hex(a, s->head.root, sizeof s->head.root).p), "");
	if ((r = count_objects(s, a, "network", &all, &live, &last)) != 0) {
		return r;
	}
	status_row(out, "networks", all > 0, str_printf(a, "%zu", all), "korobanu network add");
	if ((r = count_objects(s, a, "scope", &all, &live, &last)) != 0) {
		return r;
	}
	status_row(out, "scopes", live > 0, str_printf(a, ja ? "有効 %zu 件（全 %zu 件）" : "%zu of %zu in force",
		live, all), "korobanu scope add");
	status_row(out, "assets", n > 0, str_printf(a, "%ju", (uintmax_t)n), "korobanu scan");
	if ((r = count_objects(s, a, "run", &all, &live, &last)) == 0 && all > 0) {
		const struct json *v;
		struct str state = json_parse(a, last.body, &v, NULL) == 0 ? member(v, "state") : S("?");

		status_row(out, "run", str_eq(state, S("finished")), str_printf(a, "%.*s: %.*s", STRF(last.id),
			STRF(run_state(state, ja != 0))), "korobanu scan");
	}
	return r;
}

const struct serve_request serve_asks[] = {
	{ MSGS_LIST, list }, { MSGS_HISTORY, history },
	{ MSGS_HEAD, head }, { MSGS_ENTRIES, entries }, { MSGS_STATUS, status }, { 0, NULL },
};
