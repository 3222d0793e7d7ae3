/* The inventory: lists of assets and one asset, from the narrow row, the packed state and the packed verdicts of each.
 *
 * A list is walked in the order of an index. What a filter says of columns of the narrow row is decided there, and
 * one that names a
 * class, vendor or network walks only those; a state is read only where the rest may be true. No request walks longer
 * than WALK_MS:
 * it ends with a cursor, and whoever wants more goes on from it, so that core answers others in between. */
#include "core/serve/serve_int.h"

#include <stdlib.h>

#include "core/view/filter.h"

#define WALK_MS 25
#define WALK_ROWS 500		/* narrow rows read at once */
#define VALUES_MOST 1000	/* different classes, vendors or networks that are looked through for a spelling */
#define SEEN_MOST 64		/* open ports, and names of services, that the narrow row has room for */

/* The first value of a field that stands; NULL: none does. *c keeps what it points to. */
static const struct state_field *current_field(const struct state *st, const char *kind, const char *field, struct utc now,
	struct state_cursor *c, struct state_value *v)
{
	const struct kind *k = kind_latest(str_z(kind));

	*c = state_values(st, k, now);
	while (k != NULL && state_next(c, v)) {
		const struct state_field *f = state_field(v, str_z(field));

		if (v->with == STATE_CURRENT && f != NULL && f->with == STATE_CURRENT) {
			return f;
		}
	}
	return NULL;
}

struct str asset_text(const struct state *st, const char *kind, const char *field, struct utc now)
{
	struct state_cursor c;
	struct state_value v;
	const struct state_field *f = current_field(st, kind, field, now, &c, &v);

	return f != NULL ? f->v.s : (struct str){ 0 };
}

/* ---- what the narrow row holds of services ---- */

static int by_number(const void *x, const void *y)
{
	const i64 *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Ports at which something is open now, ascending, each once. */
static size_t open_ports(struct arena *a, const struct state *st, struct utc now, i64 **ret)
{
	static const struct str from[] = { { .p = "port", .n = 4 }, { .p = "service", .n = 7 } };
	vec(i64) all = { 0 };
	size_t n = 0;

	for (size_t k = 0; k < countof(from); k++) {
		struct state_cursor c = state_values(st, kind_latest(from[k]), now);
		struct state_value v;

		while (state_next(&c, &v)) {
			if (v.with == STATE_CURRENT) {
				*vec_add(a, &all) = state_place(&v, S("port"))->i;
			}
		}
	}
	if (all.n > 0) {
		qsort(all.p, all.n, sizeof *all.p, by_number);
	}
	for (size_t i = 0; i < all.n; i++) {
		if (n == 0 || all.p[n - 1] != all.p[i]) {
			all.p[n++] = all.p[i];
		}
	}
	*ret = all.p;
	return n;
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static size_t open_services(struct arena *a, const struct state *st, struct utc now, struct str **ret)
{
	struct state_cursor c = state_values(st, kind_latest(S("service")), now);
	vec(struct str) all = { 0 };
	struct state_value v;
	size_t n = 0;

	while (state_next(&c, &v)) {
		const struct state_field *f = state_field(&v, S("name"));

		if (v.with == STATE_CURRENT && f != NULL && f->with == STATE_CURRENT) {
			*vec_add(a, &all) = f->v.s;
		}
	}
	if (all.n > 0) {
		qsort(all.p, all.n, sizeof *all.p, by_text);
	}
	for (size_t i = 0; i < all.n; i++) {
		if (n == 0 || !str_eq(all.p[n - 1], all.p[i])) {
			all.p[n++] = all.p[i];
		}
	}
	*ret = all.p;
	return n;
}

struct str asset_ports_text(struct arena *a, const struct state *st, struct utc now)
{
	i64 *ports;
	size_t n = open_ports(a, st, now, &ports);
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < n && n <= SEEN_MOST; i++) {
		buf_str(&b, i == 0 ? S("=") : S(" "));
		buf_number(&b, (u64)ports[i]);
	}
	return n == 0 ? S("=") : buf_view(&b);
}

struct str asset_services_text(struct arena *a, const struct state *st, struct utc now)
{
	struct str *names;
	size_t n = open_services(a, st, now, &names);
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < n && n <= SEEN_MOST; i++) {
		buf_str(&b, i == 0 ? S("=") : S(" "));
		buf_str(&b, names[i]);
	}
	return n == 0 ? S("=") : buf_view(&b);
}

/* ---- the whole row ---- */

/* A number or a time; false where it is not known. */
static bool current_number(const struct state *st, const char *kind, const char *field, struct utc now, i64 *ret)
{
	struct state_cursor c;
	struct state_value v;
	const struct state_field *f = current_field(st, kind, field, now, &c, &v);

	if (f != NULL) {
		*ret = f->v.i;
	}
	return f != NULL;
}

static void set_numbers(struct view_row *row, const struct state *st, struct utc now)
{
	i64 v;

	if (current_number(st, "number", "count", now, &v)) {
		view_set_int(row, VIEW_asset_number, v);
	}
	if (current_number(st, "support", "until", now, &v)) {
		view_set_time(row, VIEW_asset_support_until, (struct utc){ v });
	}
	if (current_number(st, "update_period", "until", now, &v)) {
		view_set_time(row, VIEW_asset_update_until, (struct utc){ v });
	}
}

/* Every current value of a kind as one JSON list: values and parties of an asset. */
static struct str all_of(struct arena *a, const struct state *st, const char *kind, struct utc now)
{
	struct state_cursor c = state_values(st, kind_latest(str_z(kind)), now);
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct state_value v;
	size_t n = 0;

	jw_arr(&w);
	while (state_next(&c, &v)) {
		if (v.with != STATE_CURRENT) {
			continue;
		}
		n++;
		jw_obj(&w);
		for (size_t i = 0; i < v.nplace; i++) {
			jw_key(&w, v.place[i].name);
			serve_put_value(&w, &v.place[i].v);
		}
		for (size_t i = 0; i < v.nfields; i++) {
			if (v.fields[i].with == STATE_CURRENT) {
				jw_key(&w, str_z(v.fields[i].def->name));
				serve_put_value(&w, &v.fields[i].v);
			}
		}
		jw_end(&w);
	}
	jw_end(&w);
	return n == 0 || buf_done(&b) != 0 ? S("") : buf_view(&b);
}

static void said(struct arena *a, struct view_row *row, const struct state *st, struct utc now)
{
	struct str *names, *words;
	i64 *ports;
	size_t n = open_ports(a, st, now, &ports), nnames = open_services(a, st, now, &names);
	struct state_cursor c = state_values(st, kind_latest(S("tag")), now);
	struct state_value v;

	words = arena_alloc(a, (n + 1) * sizeof *words);
	for (size_t i = 0; i < n; i++) {
		words[i] = str_printf(a, "%jd", (intmax_t)ports[i]);
	}
	view_set_strs(row, VIEW_asset_ports, words, n);
	view_set_strs(row, VIEW_asset_services, names, nnames);
	view_set_text(row, VIEW_asset_values, all_of(a, st, "value", now));
	view_set_text(row, VIEW_asset_parties, all_of(a, st, "party", now));
	while (state_next(&c, &v)) {
		const struct state_field *f = state_field(&v, S("tags"));

		if (v.with == STATE_CURRENT && f != NULL && f->with == STATE_CURRENT) {
			view_set_strs(row, VIEW_asset_tags, f->v.strs, f->v.n);
		}
	}
}

static void asset_row(struct serve *s, struct arena *a, const struct store_asset *row, const struct state *st,
	struct view_row *out)
{
	static const struct {
		u32 field;
		const char *kind, *name;
	} texts[] = {
		{ VIEW_asset_name, "name", "name" }, { VIEW_asset_vendor, "hardware", "vendor" },
		{ VIEW_asset_model, "hardware", "model" }, { VIEW_asset_serial, "hardware", "serial" },
		{ VIEW_asset_hw_version, "hardware", "version" }, { VIEW_asset_sw_version, "software", "version" },
		{ VIEW_asset_component, "component", "type" }, { VIEW_asset_stage, "lifecycle", "stage" },
		{ VIEW_asset_owner, "owner", "name" }, { VIEW_asset_place, "place", "room" }, { VIEW_asset_use, "use",
			"text" },
		{ VIEW_asset_class, "category", "name" }, { VIEW_asset_damage, "class", "damage" },
			{ VIEW_asset_running, "running", "state" },
		{ VIEW_asset_support_contact, "support", "contact" },
	};
	struct str *addrs = arena_alloc(a, 64 * sizeof *addrs), *macs = arena_alloc(a, 16 * sizeof *macs);
	size_t naddrs = 0, nmacs = 0, nclaims;
	const struct claim *claims = state_claims(st, &nclaims);
	struct utc now = serve_now(s), first = { 0 };
	struct state_addr ad;

	*out = view_row(VIEW_asset);
	view_set_str(out, VIEW_asset_id, identity_text(a, row->id));
	view_set_text(out, VIEW_asset_zone, row->zone);
	view_set_text(out, VIEW_asset_network, row->network);
	for (size_t i = 0; i < countof(texts); i++) {
		view_set_text(out, texts[i].field, asset_text(st, texts[i].kind, texts[i].name, now));
	}
	set_numbers(out, st, now);
	for (size_t i = 0; state_addr(st, i, now, &ad) && naddrs < 64; i++) {
		if (ad.with == STATE_CURRENT) {
			addrs[naddrs++] = ad.addr;
		}
	}
	for (size_t i = 0; i < nclaims; i++) {
		first = first.ms == 0 || claims[i].since.ms < first.ms ? claims[i].since : first;
		if (claims[i].type == KEY_MAC && nmacs < 16) {
			macs[nmacs++] = claims[i].value;
		}
	}
	said(a, out, st, now);
	view_set_strs(out, VIEW_asset_addresses, addrs, naddrs);
	view_set_strs(out, VIEW_asset_macs, macs, nmacs);
	view_set_bool(out, VIEW_asset_provisional, state_provisional(st));
	view_set_time(out, VIEW_asset_first_seen, first);
	view_set_time(out, VIEW_asset_last_seen, row->last_seen);
}

/* The answers of an asset in short, from its packed verdicts; what was never judged stays unknown. */
static void asset_answers(struct serve *s, struct arena *a, u64 id, struct view_row *row)
{
	struct store_verdict v;
	u32 fails, unknowns;
	u8 worst;

	if (s->parts->summary != NULL && store_get_verdict(s->st, a, id, &v) == 0 &&
	    s->parts->summary(s->ctx, a, v.body, &worst, &fails, &unknowns) == 0) {
		view_set_answer(row, VIEW_asset_worst, worst);
		view_set_int(row, VIEW_asset_fails, fails);
		view_set_int(row, VIEW_asset_unknowns, unknowns);
	}
}

/* ---- lists ---- */

struct walk {
	struct serve *s;
	struct serve_reply *out;
	struct view_filter filter;
	struct store_page page;
	u32 limit, sent;
	u64 looked;
	struct mono since;
	bool nothing;			/* the filter names a class, vendor or network that there is none of */
};

static struct str *words_of(struct arena *a, struct str text, size_t *ret_n)
{
	struct str *p = arena_alloc(a, (text.n / 2 + 2) * sizeof *p);
	size_t n = 0;

	while (text.n != 0) {
		p[n++] = str_cut(&text, ' ');
	}
	*ret_n = n;
	return p;
}

static void narrow_list(struct arena *a, struct view_row *row, u32 field, struct str text, u64 *given)
{
	size_t n;
	struct str *p;

	if (text.n == 0 || text.p[0] != '=') {
		return;
	}
	p = words_of(a, str_from(text, 1), &n);
	view_set_strs(row, field, p, n);
	*given |= 1ull << field;
}

/* What the columns alone say of an asset, and of which fields that is all. */
static struct view_row narrow(struct arena *a, const struct store_asset *as, u64 *ret_given)
{
	static const u64 given = 1ull << VIEW_asset_id | 1ull << VIEW_asset_zone | 1ull << VIEW_asset_network |
		1ull << VIEW_asset_name | 1ull << VIEW_asset_class | 1ull << VIEW_asset_vendor |
			1ull << VIEW_asset_model |
		1ull << VIEW_asset_addresses | 1ull << VIEW_asset_last_seen;
	struct view_row row = view_row(VIEW_asset);
	struct str *addrs;
	size_t n;

	*ret_given = given;
	view_set_str(&row, VIEW_asset_id, identity_text(a, as->id));
	view_set_text(&row, VIEW_asset_zone, as->zone);
	view_set_text(&row, VIEW_asset_network, as->network);
	view_set_text(&row, VIEW_asset_name, as->name);
	view_set_text(&row, VIEW_asset_class, as->class);
	view_set_text(&row, VIEW_asset_vendor, as->vendor);
	view_set_text(&row, VIEW_asset_model, as->text[1]);
	addrs = words_of(a, as->text[0], &n);
	view_set_strs(&row, VIEW_asset_addresses, addrs, n);
	view_set_time(&row, VIEW_asset_last_seen, as->last_seen);
	narrow_list(a, &row, VIEW_asset_ports, as->text[2], ret_given);
	narrow_list(a, &row, VIEW_asset_services, as->text[3], ret_given);
	return row;
}

/* The one spelling in which a column holds the word asked for; several, or too many values to look through: the walk
 * decides. */
static int push_down(struct walk *w, struct arena *a, u32 field, enum store_sort column, struct str *ret,
	bool *ret_found)
{
	struct str word, *values, one = { 0 };
	size_t n, hits = 0;
	int r;

	*ret_found = false;
	if (!view_filter_equal(&w->filter, field, &word)) {
		return 0;
	}
	if ((r = store_asset_values(w->s->st, a, column, VALUES_MOST, &values, &n)) != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (str_eq_nocase(values[i], word)) {
			one = values[i];
			hits++;
		}
	}
	if (hits == 1 && n < VALUES_MOST) {
		*ret = one;
		*ret_found = true;
	}
	w->nothing = w->nothing || (hits == 0 && n < VALUES_MOST);
	return 0;
}

/* How to walk. Within one class, vendor or network there is an index by name; that is also the order where none was
 * asked for. */
static int plan(struct walk *w, struct arena *a, struct str sort)
{
	static const struct {
		u32 field;
		enum store_sort by;
	} sorts[] = { { VIEW_asset_id, STORE_BY_ID }, { VIEW_asset_name, STORE_BY_NAME }, { VIEW_asset_class,
		STORE_BY_CLASS },
		{ VIEW_asset_vendor, STORE_BY_VENDOR }, { VIEW_asset_network, STORE_BY_NETWORK },
		{ VIEW_asset_last_seen, STORE_BY_LAST_SEEN } };
	bool class, vendor, network, asked = sort.n != 0, found = false;
	struct view_sort by = { .field = VIEW_asset_id };
	int r;

	if (asked && view_sort_parse(view_of(VIEW_asset), sort, &by) != 0) {
		return serve_fail(w->out, ERR_UNKNOWN, SAY "no-sort" SAY "field=%.*s", STRF(sort));
	}
	for (size_t i = 0; i < countof(sorts) && !found; i++) {
		found = sorts[i].field == by.field;
		w->page.sort = sorts[i].by;
	}
	if (!found) {
		return serve_fail(w->out, ERR_UNSUPPORTED, SAY "sort-assets");
	}
	w->page.desc = by.desc;
	if ((r = push_down(w, a, VIEW_asset_class, STORE_BY_CLASS, &w->page.class, &class)) != 0 ||
	    (r = push_down(w, a, VIEW_asset_vendor, STORE_BY_VENDOR, &w->page.vendor, &vendor)) != 0 ||
	    (r = push_down(w, a, VIEW_asset_network, STORE_BY_NETWORK, &w->page.network, &network)) != 0) {
		return r;
	}
	if ((class || vendor || network) && (!asked || (class && w->page.sort == STORE_BY_CLASS) ||
		(vendor && w->page.sort == STORE_BY_VENDOR) || (network && w->page.sort == STORE_BY_NETWORK))) {
		w->page.sort = STORE_BY_NAME;
	}
	/* Another order has no index for it: the walk looks at each row, so many at a time. */
	if (w->page.sort != STORE_BY_NAME) {
		w->page.class = w->page.vendor = w->page.network = S("");
	}
	return 0;
}

/* Looks at one asset; *ret_heavy: its state was read, which takes a while. */
static int look_at(struct walk *w, struct arena *a, const struct store_asset *as, bool *ret_heavy)
{
	struct utc now = serve_now(w->s);
	struct view_row v;
	struct store_asset row;
	struct state *st;
	u64 given;
	int r;

	w->looked++;
	*ret_heavy = false;
	if (!view_filter_empty(&w->filter)) {
		v = narrow(a, as, &given);
		if (view_filter_check(&w->filter, &v, given, now) == TRI_FALSE) {
			return 0;
		}
	}
	*ret_heavy = true;
	if ((r = serve_state(w->s, a, as->id, &st, &row)) != 0) {
		return serve_fail(w->out, r, SAY "asset-unreadable" SAY "asset=AST-%ju", (uintmax_t)as->id);
	}
	asset_row(w->s, a, &row, st, &v);
	asset_answers(w->s, a, as->id, &v);
	if (view_filter_check(&w->filter, &v, VIEW_ALL_FIELDS, now) == TRI_TRUE) {
		serve_row(w->out, &v);
		w->sent++;
	}
	return 0;
}

static bool walked_enough(const struct walk *w)
{
	return (w->limit != 0 && w->sent >= w->limit) || mono_now().ns - w->since.ns >= WALK_MS * 1000000ll;
}

/* One page; *ret_cursor: where to go on, "" at the end. */
static int walk_page(struct walk *w, struct arena *a, struct str *ret_cursor)
{
	struct store_asset *rows;
	struct arena *each = arena_new(a, 0);
	struct str cursor;
	size_t n;
	int r = store_page_assets(w->s->st, a, &w->page, &rows, &n, &cursor);

	if (r != 0) {
		return r == ERR_SYNTAX ? serve_fail(w->out, r, SAY "no-cursor") : r;
	}
	for (size_t i = 0; i < n; i++) {
		bool heavy;

		if ((r = look_at(w, each, &rows[i], &heavy)) != 0) {
			return r;
		}
		if (heavy) {
			arena_reset(each);
		}
		if (heavy && i + 1 < n && walked_enough(w)) {
			return store_page_after(w->s->st, a, &w->page, &rows[i], ret_cursor);
		}
	}
	*ret_cursor = cursor;
	return 0;
}

static int assets(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct walk w = { .s = s, .out = out, .since = mono_now() };
	struct view_row end = view_row(VIEW_page);
	struct str filter, sort, cursor;
	struct perr err;
	int r;

	if ((r = rd_blob(body, &filter)) != 0 || (r = rd_blob(body, &sort)) != 0 || (r = rd_u32(body, &w.limit)) != 0 ||
	    (r = rd_blob(body, &cursor)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if ((r = view_filter_parse(a, view_of(VIEW_asset), filter, &w.filter, &err)) != 0) {
		return serve_fail(out, r, SAY "filter" SAY "col=%u" SAY "text=%s", err.col, err.text);
	}
	if ((r = plan(&w, a, sort)) != 0) {
		return r;
	}
	w.page.cursor = cursor;
	w.page.limit = view_filter_empty(&w.filter) && w.limit != 0 && w.limit < WALK_ROWS ? w.limit : WALK_ROWS;
	do {
		struct arena *page = arena_new(a, 0);

		cursor = S("");
		if (!w.nothing && (r = walk_page(&w, page, &cursor)) != 0) {
			return r;
		}
		w.page.cursor = str_dup(a, cursor);
		arena_free(page);
	} while (w.page.cursor.n != 0 && !walked_enough(&w));
	view_set_str(&end, VIEW_page_cursor, w.page.cursor);
	view_set_int(&end, VIEW_page_looked, (i64)w.looked);
	serve_row(out, &end);
	return 0;
}

/* ---- one ---- */

static void send_addresses(struct serve_reply *out, struct arena *a, const struct state *st, struct utc now,
	struct str asset)
{
	struct state_addr ad;

	for (size_t i = 0; state_addr(st, i, now, &ad); i++) {
		struct view_row row = view_row(VIEW_address);

		(void)a;
		view_set_str(&row, VIEW_address_address, ad.addr);
		view_set_str(&row, VIEW_address_network, ad.network);
		view_set_str(&row, VIEW_address_asset, asset);
		for (size_t k = 0; ad.claim != NULL && k < ad.claim->nbound; k++) {
			if (str_starts(ad.claim->bound[k], S("mac:"))) {
				view_set_str(&row, VIEW_address_mac, str_from(ad.claim->bound[k], 4));
			}
		}
		view_set_str(&row, VIEW_address_state, str_z(state_with_name(ad.with)));
		view_set_time(&row, VIEW_address_first_seen, ad.since);
		view_set_time(&row, VIEW_address_last_seen, ad.last);
		view_set_time(&row, VIEW_address_until, ad.until);
		serve_row(out, &row);
	}
}

static struct str field_text(const struct state_value *v, const char *name)
{
	const struct state_field *f = state_field(v, str_z(name));

	return f == NULL || f->with != STATE_CURRENT ? (struct str){ 0 } : f->v.s;
}

void serve_services(struct serve_reply *out, struct arena *a, const struct state *st, struct utc now, struct str asset)
{
	struct state_cursor c = state_values(st, kind_latest(S("service")), now);
	struct state_value v;

	while (state_next(&c, &v)) {
		struct view_row row = view_row(VIEW_service);
		const struct fact_value *port = state_place(&v, S("port"));

		view_set_str(&row, VIEW_service_asset, asset);
		view_set_str(&row, VIEW_service_address, state_place(&v, S("addr"))->s);
		view_set_str(&row, VIEW_service_proto, state_place(&v, S("proto"))->s);
		view_set_int(&row, VIEW_service_port, port->i);
		view_set_str(&row, VIEW_service_state, str_z(state_with_name(v.with)));
		view_set_text(&row, VIEW_service_name, field_text(&v, "name"));
		view_set_text(&row, VIEW_service_product, field_text(&v, "product"));
		view_set_text(&row, VIEW_service_version, field_text(&v, "version"));
		view_set_int(&row, VIEW_service_qod, v.stamp->qod);
		view_set_str(&row, VIEW_service_vantage, str_printf(a, "v%d", v.vantage));
		view_set_time(&row, VIEW_service_last_seen, v.stamp->at);
		serve_row(out, &row);
	}
}

static int asset(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_asset row;
	struct view_row v;
	struct state *st;
	struct str text;
	u64 id;
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if ((r = serve_asked(s, out, a, text, &id, &st, &row)) != 0) {
		return r;
	}
	asset_row(s, a, &row, st, &v);
	asset_answers(s, a, id, &v);
	serve_row(out, &v);
	send_addresses(out, a, st, serve_now(s), identity_text(a, id));
	serve_services(out, a, st, serve_now(s), identity_text(a, id));
	r = shared_send(s, out, a, id, st);
	return r == 0 ? serve_conflicts(s, out, a, id) : r;
}

const struct serve_request serve_assets[] = { { MSGS_ASSETS, assets }, { MSGS_ASSET, asset }, { 0, NULL } };
