/* An asset register kept elsewhere (doc/formats/register.md): its rows against what is recorded, and the register written out again.
 *
 * A row is matched by firm or local key alone: serial (vendor, model, serial), number in the books, a MAC that was seen on its link. An
 * address matches nothing; it is a hint for people. A row that matches two assets is refused, one that matches none is only proposed until
 * asked to create. What is the same already is not written, so the same register twice is one. Facts stand at v7 with the source
 * register/1: what a list says changes no verdict that wants to be seen. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "core/fact/register.h"

#include <string.h>

struct matched {
	u64 asset;			/* 0: none */
	bool several;
	struct state *st;
};

static int match(struct serve *s, struct arena *a, struct str network, const struct fact_key *keys, size_t n, struct matched *ret)
{
	struct matched m = { 0 };
	struct store_asset row;
	int r;

	for (size_t i = 0; i < n; i++) {
		struct claims c = { 0 };

		r = claims_of_key(s, a, keys[i].type == KEY_MAC ? network : S(""), keys[i].type, keys[i].value, &c);
		if (r != 0) {
			return r;
		}
		for (size_t k = 0; k < c.n; k++) {
			u64 root = identity_root(s->edges, c.p[k].asset);

			if (c.p[k].strength == CLAIM_LEASE || !claim_valid(&c.p[k], serve_now(s))) {
				continue;
			}
			m.several |= m.asset != 0 && m.asset != root;
			m.asset = root;
		}
	}
	if (m.asset != 0 && (r = serve_state(s, a, m.asset, &m.st, &row)) != 0) {
		return r;
	}
	*ret = m;
	return 0;
}

/* What is current there: what a register said last, else anything. *ret_said: the register itself said so. */
static struct str current(struct serve *s, const struct state *st, const struct register_field *f, bool *ret_said)
{
	struct state_cursor c = state_values(st, kind_latest(str_z(f->kind)), serve_now(s));
	struct str any = { 0 };
	struct state_value v;

	*ret_said = false;
	while (state_next(&c, &v)) {
		const struct state_field *x = state_field(&v, str_z(f->field));
		const struct fact_value *at = f->place == NULL ? NULL : state_place(&v, str_z(f->place));

		if (v.with != STATE_CURRENT || x == NULL || x->with != STATE_CURRENT ||
		    (f->place != NULL && (at == NULL || !str_eq(at->s, str_z(f->at))))) {
			continue;
		}
		if (v.vantage == 7) {
			*ret_said = true;
			return x->v.s;
		}
		any = x->v.s;
	}
	return any;
}

struct writing {
	struct serve *s;
	struct serve_reply *out;
	struct arena *a;
	struct str network;
	bool write, create;
	struct item *items;
	size_t nitems, cap;
};

static void say(struct writing *w, u32 line, const char *state, u64 asset, const char *field, struct str before, struct str after,
	const char *reason)
{
	struct view_row row = view_row(VIEW_reject);

	view_set_int(&row, VIEW_reject_line, line);
	view_set_str(&row, VIEW_reject_state, str_z(state));
	view_set_str(&row, VIEW_reject_asset, asset != 0 ? identity_text(w->a, asset) : S(""));
	view_set_str(&row, VIEW_reject_field, str_z(field));
	view_set_str(&row, VIEW_reject_before, before.p != NULL ? before : S(""));
	view_set_str(&row, VIEW_reject_after, after);
	view_set_str(&row, VIEW_reject_reason, str_z(reason));
	serve_row(w->out, &row);
}

/* Leaves in `row` only kinds in which a cell differs from what the register said before; tells each such cell. */
static size_t keep_changes(struct writing *w, struct register_row *row, const struct matched *m)
{
	bool changed[REGISTER_FIELDS] = { false };
	size_t n = 0;

	for (int i = 0; i < REGISTER_FIELDS; i++) {
		const struct register_field *f = &register_fields[i];
		struct str was = { 0 };
		bool said = false;

		if (f->kind == NULL || row->cell[i].n == 0) {
			continue;
		}
		if (m->st != NULL) {
			was = current(w->s, m->st, f, &said);
		}
		changed[i] = !said || !str_eq(was, row->cell[i]);
		if (changed[i] && !(m->st != NULL && str_eq(was, row->cell[i]))) {
			say(w, row->line, m->asset != 0 ? "changed" : "new", m->asset, f->name, was, row->cell[i], "");
		}
		n += changed[i];
	}
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		bool any = false;

		for (int k = 0; k < REGISTER_FIELDS && register_fields[i].kind != NULL; k++) {
			any |= changed[k] && strcmp(register_fields[k].kind, register_fields[i].kind) == 0;
		}
		if (register_fields[i].kind != NULL && !any) {
			row->cell[i] = (struct str){ 0 };
		}
	}
	return n;
}

static int take_row(struct writing *w, struct register_row *row)
{
	struct fact_key keys[REGISTER_KEYS];
	struct fact facts[REGISTER_FIELDS];
	struct perr err = { 0 };
	size_t nkeys = register_keys(w->a, row, keys), nfacts;
	struct matched m;
	int r = match(w->s, w->a, w->network, keys, nkeys, &m);

	if (r != 0) {
		return r;
	}
	if (m.several) {
		say(w, row->line, "refused", 0, "", S(""), S(""), "its keys belong to several assets");
		return 0;
	}
	if (nkeys == 0) {
		say(w, row->line, "refused", 0, "", S(""), S(""), "no key: neither serial (with maker and model) nor number nor MAC");
		return 0;
	}
	if (m.asset == 0 && !w->create) {
		say(w, row->line, "proposed", 0, "", S(""), S(""), "no asset has its keys; --create makes one");
		return 0;
	}
	if (keep_changes(w, row, &m) == 0) {
		return 0;
	}
	if ((r = register_facts(w->a, row, w->network, keys, nkeys, facts, &nfacts, &err)) != 0) {
		say(w, row->line, "refused", m.asset, "", S(""), S(""), err.text);
		return 0;
	}
	for (size_t i = 0; i < nfacts && w->write; i++) {
		must(w->nitems < w->cap);
		w->items[w->nitems++] = (struct item){ .type = ITEM_FACT, .fact = facts[i], .seen = { .at = serve_now(w->s), .qod = 97,
			.run = S("") } };
	}
	return 0;
}

static int rows(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct writing w = { .s = s, .out = out, .a = a };
	struct serve_draft d = { 0 };
	struct store_object network;
	struct serve_done done;
	u8 write, create;
	u32 n;
	int r;

	if ((r = rd_u8(body, &write)) != 0 || (r = rd_u8(body, &create)) != 0 || (r = rd_blob(body, &w.network)) != 0 ||
	    (r = rd_u32(body, &n)) != 0) {
		return r;
	}
	if (n > 1000) {
		return ERR_LIMIT;
	}
	w.write = write != 0;
	w.create = create != 0;
	w.cap = n * (size_t)REGISTER_FIELDS;
	w.items = arena_alloc(a, w.cap * sizeof *w.items + 1);
	if (store_get_object(s->st, a, S("network"), w.network, &network) == 0) {
		d.zone = network.zone;
	}
	for (u32 i = 0; i < n; i++) {
		struct register_row row;

		if ((r = register_read(body, &row)) != 0 || (r = take_row(&w, &row)) != 0) {
			return r;
		}
	}
	if ((r = rd_done(body)) != 0 || w.nitems == 0) {
		return r;
	}
	d.items = w.items;
	for (size_t at = 0; at < w.nitems && r == 0; at += d.nitems) {	/* an entry has its limit */
		d.items = w.items + at;
		d.nitems = w.nitems - at < LIMIT_BATCH_FACTS ? w.nitems - at : LIMIT_BATCH_FACTS;
		r = serve_commit(s, &d, &done);
	}
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

/* ---- begin and end ---- */

static int begin(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct str map, network, columns = S("");
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct store_object o, *list;
	const struct json *v;
	size_t n;
	int r;

	if ((r = rd_blob(body, &map)) != 0 || (r = rd_blob(body, &network)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (map.n != 0 && store_get_object(s->st, a, S("map"), map, &o) == 0) {
		if (json_parse(a, o.body, &v, NULL) != 0) {
			return ERR_INTEGRITY;
		}
		(void)!json_get_str(v, S("columns"), &columns);		/* erased: it is made anew */
	}
	if (network.n != 0 && store_get_object(s->st, a, S("network"), network, &o) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-network" SAY "network=%.*s", STRF(network));
	}
	if (network.n == 0) {
		if ((r = store_list_objects(s->st, a, S("network"), S(""), 2, &list, &n)) != 0) {
			return r;
		}
		if (n > 1) {
			return serve_fail(out, ERR_MISSING, SAY "which-network");
		}
		network = n == 1 ? list[0].id : S("none");
	}
	buf_blob(&b, columns);
	buf_blob(&b, network);
	serve_bytes(out, buf_view(&b));
	return 0;
}

static int end(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	static const struct str personal[] = { { "columns", 7 }, { "sha256", 6 } };	/* by the hash a file can be known again */
	struct buf act = buf_new(a, 0), text = buf_new(a, 0);
	struct json_w w = jw_new(&act);
	struct store_object o = { .type = S("map") };
	struct str sha, columns;
	u64 n, rejected;
	int r;

	if ((r = rd_blob(body, &sha)) != 0 || (r = rd_blob(body, &o.id)) != 0 || (r = rd_blob(body, &columns)) != 0 ||
	    (r = rd_u64(body, &n)) != 0 || (r = rd_u64(body, &rejected)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (sha.n != HASH_LEN || o.id.n > 64 || n > (u64)1 << 53 || rejected > (u64)1 << 53) {
		return ERR_RANGE;
	}
	jw_obj(&w);
	jw_kstr(&w, "columns", columns);
	jw_kstr(&w, "do", S("register.import"));
	jw_kstr(&w, "map", o.id);
	jw_kint(&w, "rejected", (i64)rejected);
	jw_kint(&w, "rows", (i64)n);
	jw_kstr(&w, "sha256", str_hex(a, sha.p, sha.n));
	jw_end(&w);
	w = jw_new(&text);
	jw_obj(&w);
	jw_kstr(&w, "columns", columns);
	jw_end(&w);
	if ((r = buf_done(&act)) != 0 || (r = buf_done(&text)) != 0) {
		return r;
	}
	o.body = buf_view(&text);
	r = serve_act(s, a, buf_view(&act), personal, countof(personal), &o, o.id.n != 0 ? 1 : 0, NULL);
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

/* ---- out ---- */

static void fill(struct serve *s, struct arena *a, u64 id, const struct state *st, struct register_row *row)
{
	struct buf macs = buf_new(a, 0), addrs = buf_new(a, 0);
	const struct claim *claims;
	struct state_addr ad;
	size_t n;
	bool said;

	for (int i = 0; i < REGISTER_FIELDS; i++) {
		const struct register_field *f = &register_fields[i];

		if (f->kind != NULL) {
			row->cell[i] = current(s, st, f, &said);
		}
	}
	claims = state_claims(st, &n);
	for (size_t i = 0; i < n; i++) {	/* one cell holds one address: the first that still holds */
		if (claims[i].type == KEY_MAC && claims[i].strength == CLAIM_LOCAL && claim_valid(&claims[i], serve_now(s)) && macs.n == 0) {
			buf_str(&macs, claims[i].value);
		}
	}
	for (size_t i = 0; addrs.n == 0 && state_addr(st, i, serve_now(s), &ad); i++) {
		if (ad.with == STATE_CURRENT) {
			buf_str(&addrs, ad.addr);
		}
	}
	row->cell[register_find(S("asset"))] = identity_text(a, id);
	row->cell[register_find(S("mac"))] = buf_view(&macs);
	row->cell[register_find(S("ip"))] = buf_view(&addrs);
}

static int ls(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_page p = { .limit = 200 };
	int r = rd_done(body);

	while (r == 0) {
		struct arena *page = arena_new(NULL, 0);
		struct store_asset *list, one;
		struct str cursor;
		struct state *st;
		size_t n = 0;

		r = store_page_assets(s->st, page, &p, &list, &n, &cursor);
		for (size_t i = 0; r == 0 && i < n; i++) {
			struct register_row row = { .line = (u32)i };
			struct buf b = buf_new(page, LIMIT_MSG_BODY);

			if ((r = serve_state(s, page, list[i].id, &st, &one)) == 0) {
				fill(s, page, list[i].id, st, &row);
				register_write(&b, &row);
				r = buf_done(&b);
				serve_bytes(out, buf_view(&b));
			}
		}
		p.cursor = r == 0 ? str_dup(a, cursor) : S("");
		arena_free(page);
		if (p.cursor.n == 0) {
			break;
		}
	}
	return r;
}

const struct serve_request serve_registers[] = {
	{ MSGS_REGISTER_BEGIN, begin },
	{ MSGS_REGISTER_ROWS, rows },
	{ MSGS_REGISTER_END, end },
	{ MSGS_REGISTER_LS, ls },
	{ 0, NULL },
};
