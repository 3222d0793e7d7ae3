/* Evidence asked about and attached by people: EVIDENCE_ADD, _LS, _SHOW, _GET.
 *
 * What a person attaches is recorded as a batch of two items: the evidence, and the fact `attached` of the asset that names it, so
 * that it belongs to the asset as what sensors found does. Evidence goes by its position, EV-12.3: entry 12, item 3. Its bytes are a stranger's:
 * here they are only carried, and shown as text where they are nothing else, else as hex. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "core/ledger/envelope.h"

#define PREVIEW 1024		/* bytes of evidence that are shown */

bool evidence_id(struct str text, u64 *ret_seq, u32 *ret_index)
{
	struct str seq;
	u64 n;

	text = str_starts(text, S("EV-")) ? str_from(text, 3) : text;
	seq = str_cut(&text, '.');
	if (seq.n == 0 || text.n == 0 || str_u64(seq, UINT64_MAX >> 1, ret_seq) != 0 || str_u64(text, STORE_PART_MAX, &n) != 0) {
		return false;
	}
	*ret_index = (u32)n;
	return true;
}

static int find(struct serve *s, struct serve_reply *out, struct arena *a, struct str id, struct store_evidence *ret)
{
	u64 seq;
	u32 index;

	if (!evidence_id(id, &seq, &index) || store_get_evidence(s->st, a, seq, index, ret) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-evidence" SAY "id=%.*s", STRF(id));
	}
	return 0;
}

/* ---- rows ---- */

/* Name and note of what a person attached stand in the fact behind it. */
static void put_words(struct serve *s, struct arena *a, const struct store_evidence *ev, struct view_row *row)
{
	struct utc at;
	struct item it;

	if (serve_item(s, a, ev->seq, ev->idx + 1, &it, &at) != 0 || it.type != ITEM_FACT || !str_eq(it.fact.kind_name, S("attached"))) {
		return;
	}
	for (size_t i = 0; i < it.fact.nvalue; i++) {
		const struct fact_field *f = &it.fact.value[i];

		if (str_eq(f->name, S("name"))) {
			view_set_str(row, VIEW_evidence_name, f->v.s);
		} else if (str_eq(f->name, S("note"))) {
			view_set_str(row, VIEW_evidence_note, f->v.s);
		}
	}
}

static int put_preview(struct serve *s, struct arena *a, const struct store_evidence *ev, struct view_row *row)
{
	struct buf b = buf_new(a, 0);
	struct str bytes;
	size_t bad;
	int r = evidence_load(s, a, ev, &bytes);

	if (r != 0) {
		return r;
	}
	bytes = str_sub(bytes, 0, bytes.n < PREVIEW ? bytes.n : PREVIEW);
	/* a character cut in two at the end is no sign of binary */
	if (!str_utf8_ok(bytes, &bad) && ev->size > bytes.n && bad + 4 > bytes.n) {
		bytes = str_sub(bytes, 0, bad);
	}
	if (str_utf8_ok(bytes, NULL) && str_chr(bytes, '\0') < 0) {
		view_set_str(row, VIEW_evidence_text, bytes);
		return 0;
	}
	for (size_t i = 0; i < bytes.n; i++) {
		buf_printf(&b, "%s%02x", i == 0 ? "" : " ", (u8)bytes.p[i]);
	}
	view_set_str(row, VIEW_evidence_hex, buf_view(&b));
	return buf_done(&b);
}

static int send_row(struct serve *s, struct serve_reply *out, struct arena *a, const struct store_evidence *ev, bool preview)
{
	static const char *const states[] = { [STORE_INLINE] = "kept", [STORE_IN_FILE] = "file", [STORE_DROPPED] = "dropped",
		[STORE_ERASED] = "erased" };
	struct view_row row = view_row(VIEW_evidence);
	struct store_asset asset;
	struct store_items g;
	struct store_entry *e;
	struct envelope env;
	size_t n;
	int r;

	if ((r = store_get_item(s->st, a, ev->seq, ev->idx, &g)) != 0 || (r = store_get_entries(s->st, a, ev->seq, 1, &e, &n)) != 0) {
		return r;
	}
	if (n != 1 || envelope_read(a, e[0].envelope, &env, NULL) != 0) {
		return ERR_INTEGRITY;
	}
	view_set_str(&row, VIEW_evidence_id, str_printf(a, "EV-%ju.%u", (uintmax_t)ev->seq, ev->idx));
	view_set_str(&row, VIEW_evidence_kind, ev->kind);
	view_set_int(&row, VIEW_evidence_size, (i64)ev->size);
	view_set_str(&row, VIEW_evidence_state, str_z(states[ev->place]));
	/* what was seen in a zone stays of that zone, though its asset may be of another by now */
	if (g.asset != 0 && store_get_asset(s->st, a, identity_root(s->edges, g.asset), &asset) == 0) {
		view_set_str(&row, VIEW_evidence_asset, identity_text(a, asset.id));
	}
	view_set_time(&row, VIEW_evidence_at, e[0].at);
	view_set_str(&row, VIEW_evidence_by, env.by);
	if (ev->run.n != 0) {
		view_set_str(&row, VIEW_evidence_run, ev->run);
	}
	if (ev->place == STORE_INLINE || ev->place == STORE_IN_FILE) {
		view_set_str(&row, VIEW_evidence_sha256, str_hex(a, ev->sha, sizeof ev->sha));
	}
	put_words(s, a, ev, &row);
	if (preview && (r = put_preview(s, a, ev, &row)) != 0) {
		return serve_fail(out, r, SAY "evidence-missing" SAY "id=EV-%ju.%u",
			(uintmax_t)ev->seq, ev->idx);
	}
	serve_row(out, &row);
	return 0;
}

static int ls(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	u64 want = 0, seq = 0;
	u32 idx = 0;
	struct str who;
	int r;

	if ((r = rd_blob(body, &who)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (who.n != 0 && (r = serve_asset_of(s, a, who, &want)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(who));
	}
	for (;;) {
		struct arena *page = arena_new(NULL, 0);
		struct store_evidence *rows;
		struct store_items g;
		size_t n;

		r = store_list_evidence(s->st, page, seq, idx, false, 1000, &rows, &n);
		for (size_t i = 0; r == 0 && i < n; i++) {
			seq = rows[i].seq;
			idx = rows[i].idx + 1;
			if (want != 0 && ((r = store_get_item(s->st, page, seq, rows[i].idx, &g)) != 0 || identity_root(s->edges, g.asset) != want)) {
				continue;
			}
			r = send_row(s, out, page, &rows[i], false);
		}
		arena_free(page);
		if (r != 0 || n == 0 || out->err != 0) {
			return r;
		}
	}
}

static int show(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_evidence ev;
	struct str id;
	int r;

	if ((r = rd_blob(body, &id)) != 0 || (r = rd_done(body)) != 0 || (r = find(s, out, a, id, &ev)) != 0) {
		return r;
	}
	return send_row(s, out, a, &ev, true);
}

static int get(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_evidence ev;
	struct str id, bytes;
	int r;

	if ((r = rd_blob(body, &id)) != 0 || (r = rd_done(body)) != 0 || (r = find(s, out, a, id, &ev)) != 0) {
		return r;
	}
	if (ev.place != STORE_INLINE && ev.place != STORE_IN_FILE) {
		return serve_fail(out, ERR_NOTFOUND, SAY "evidence-erased" SAY "id=EV-%ju.%u", (uintmax_t)ev.seq, ev.idx);
	}
	if ((r = evidence_load(s, a, &ev, &bytes)) != 0) {
		return serve_fail(out, r, SAY "evidence-missing" SAY "id=EV-%ju.%u",
			(uintmax_t)ev.seq, ev.idx);
	}
	serve_bytes(out, bytes);
	return 0;
}

/* ---- attaching ---- */

/* "12.3": the fact it supports says whose it is. */
static int asset_of_fact(struct serve *s, struct serve_reply *out, struct arena *a, struct str fact, u64 *ret)
{
	struct store_items g;
	struct utc at;
	struct item it;
	u64 seq;
	u32 index;

	if (!evidence_id(fact, &seq, &index) || serve_item(s, a, seq, index, &it, &at) != 0 || it.type != ITEM_FACT ||
	    store_get_item(s->st, a, seq, index, &g) != 0 || g.asset == 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-fact" SAY "place=%.*s", STRF(fact));
	}
	*ret = identity_root(s->edges, g.asset);
	return 0;
}

static const struct json *words(struct arena *a, const char *k1, struct str v1, const char *k2, struct str v2)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	const struct json *v;

	jw_obj(&w);
	if (v1.n != 0) {
		jw_kstr(&w, k1, v1);
	}
	if (v2.n != 0) {
		jw_kstr(&w, k2, v2);
	}
	jw_end(&w);
	return buf_done(&b) == 0 && json_parse(a, buf_view(&b), &v, NULL) == 0 ? v : NULL;
}

static int add(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct str who, fact, kind, name, note, sha;
	struct item items[2] = { { .type = ITEM_EVIDENCE } };
	struct serve_draft d = { .items = items, .nitems = 2 };
	const struct json *place, *value;
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	static const u32 first[] = { 0 };
	struct serve_done done;
	bool room;
	u64 asset;
	int r;

	if ((r = rd_blob(body, &who)) != 0 || (r = rd_blob(body, &fact)) != 0 || (r = rd_blob(body, &kind)) != 0 ||
	    (r = rd_blob(body, &name)) != 0 || (r = rd_blob(body, &note)) != 0 || (r = rd_blob(body, &sha)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (!item_evidence_ok(kind)) {
		return serve_fail(out, ERR_SYNTAX, SAY "evidence-kind");
	}
	if (fact.n != 0 && (r = asset_of_fact(s, out, a, fact, &asset)) != 0) {
		return r;
	}
	if (fact.n == 0 && (r = serve_asset_of(s, a, who, &asset)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(who));
	}
	place = words(a, "kind", kind, "fact", fact);
	value = words(a, "name", name, "note", note);
	if (place == NULL || value == NULL) {
		return serve_fail(out, ERR_UTF8, SAY "evidence-words");
	}
	if ((r = serve_person_fact(s, out, a, asset, S("attached/1"), place, value, &items[1], &d.zone)) != 0) {
		return r;
	}
	items[0].ev_kind = kind;
	if ((r = evidence_take(s, a, sha, items, 0, &items[0])) != 0) {
		return serve_fail(out, r, SAY "evidence-lost");
	}
	if ((r = evidence_room(s, d.zone, S(""), items[0].ev_bytes.n, &room)) != 0 || !room) {
		return r != 0 ? r : serve_fail(out, ERR_LIMIT, SAY "evidence-quota");
	}
	items[1].seen.evidence = first;
	items[1].seen.nevidence = 1;
	if ((r = serve_commit(s, &d, &done)) != 0) {
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	buf_blob(&b, str_printf(a, "EV-%ju.0", (uintmax_t)done.seq));
	serve_bytes(out, buf_view(&b));
	return buf_done(&b);
}

const struct serve_request serve_attachments[] = {
	{ MSGS_EVIDENCE_ADD, add },
	{ MSGS_EVIDENCE_LS, ls },
	{ MSGS_EVIDENCE_SHOW, show },
	{ MSGS_EVIDENCE_GET, get },
	{ 0, NULL },
};
