/* Erasing what the law wants erased (ARCHITECTURE 4.6): content, salt and key go, the commitment stays, and entries of type `erased` name
 * the positions. What rested on it is judged again. Asked for by
 *
 *	AST-7 owner.name	a personal field of an asset
 *	AST-7 (all)		everything recorded of it: items, evidence, keys, names, history, and what acts and proofs say of its keys
 *	SCO-4 owner		a personal member of the acts about an object, and of the object
 *	EV-12.3			the bytes of one piece of evidence
 *	12.4			a part by its position; a technical part takes all parts of its item with it
 *
 * What is found becomes one entry or several (erase_job.c).
 * Technical parts of acts stay: they say what was done, and what is personal in an act is never in them. */
#include "core/serve/erase_int.h"

#include "base/limits.h"
#include "core/ledger/envelope.h"

/* ---- picking ---- */

bool erase_part_there(const struct packed *p, size_t k)
{
	return packed_role(p, k) == PART_EVIDENCE ? p->outside : p->parts.p[k].p != NULL;
}

void erase_add_part(struct erase_want *w, const struct store_items *g, const struct packed *p, size_t k, u32 first, bool glued)
{
	if (!erase_part_there(p, k)) {
		return;
	}
	*vec_add(w->a, &w->job.marks) = (struct erase_mark){ { g->seq, first + (u32)k }, glued };
	if (g->asset != 0 && (w->job.assets.n == 0 || w->job.assets.p[w->job.assets.n - 1] != g->asset)) {
		*vec_add(w->a, &w->job.assets) = g->asset;
	}
}

void erase_add_item(struct erase_want *w, const struct store_items *g, const struct packed *p, u32 first)
{
	for (size_t k = 0; k < p->parts.n; k++) {
		erase_add_part(w, g, p, k, first, k > 0);
	}
}

static int walk(struct erase_want *w, const struct store_items *g, erase_pick_fn *pick)
{
	struct rd rd = rd_str(g->body);
	u32 part = g->part;
	int r = 0;

	for (u32 i = 0; r == 0 && i < g->n; i++) {
		struct packed p;

		if (unpack_item(w->a, &rd, &p) != 0) {
			return ERR_INTEGRITY;
		}
		r = pick(w, g, g->first + i, &p, part);
		part += (u32)p.parts.n;
	}
	return r;
}

static int pick_all(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	(void)item;
	erase_add_item(w, g, p, first);
	return 0;
}

/* "value.name" of {"f":"value.name",...}; "" where that is erased. */
static struct str path_of(struct erase_want *w, const struct packed *p, size_t k)
{
	const struct json *v;
	struct str path;

	return p->parts.p[k].p != NULL && packed_role(p, k) == PART_PERSONAL && json_parse(w->a, p->parts.p[k], &v, NULL) == 0 &&
		json_get_str(v, S("f"), &path) == 0 ? path : S("");
}

static int pick_field(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	struct str path = str_printf(w->a, "value.%.*s", STRF(w->field));
	struct item it;

	if (p->evidence || p->parts.n < 2 || p->parts.p[0].p == NULL ||
	    item_from_parts(w->a, item, p->parts.p, p->parts.n, &it, NULL) != 0 || it.type != ITEM_FACT ||
	    !str_eq(it.fact.kind_name, w->kind)) {
		return 0;
	}
	for (size_t k = 1; k < p->parts.n; k++) {
		if (str_eq(path_of(w, p, k), path)) {
			erase_add_part(w, g, p, k, first, false);
		}
	}
	return 0;
}

static int pick_evidence(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	if (item == w->index && p->evidence) {
		erase_add_part(w, g, p, p->parts.n - 1, first, false);
	}
	return 0;
}

/* ---- acts, and the objects they made ---- */

static const struct json *act_of(struct erase_want *w, u32 item, const struct packed *p)
{
	struct item it;

	return p->parts.p[0].p != NULL && !p->evidence && item_from_parts(w->a, item, p->parts.p, p->parts.n, &it, NULL) == 0 &&
		it.type == ITEM_ACT ? it.act : NULL;
}

bool erase_is_act(struct erase_want *w, u32 item, const struct packed *p)
{
	return act_of(w, item, p) != NULL;
}

/* The object as this erasure has it so far, as it stands, or NULL: it is gone. */
static struct store_object *object_now(struct erase_want *w, struct str type, struct str id)
{
	struct store_object o;

	for (size_t i = 0; i < w->objects.n; i++) {
		if (str_eq(w->objects.p[i].type, type) && str_eq(w->objects.p[i].id, id)) {
			return &w->objects.p[i];
		}
	}
	if (store_get_object(w->s->st, w->a, type, id, &o) != 0) {
		return NULL;
	}
	*vec_add(w->a, &w->objects) = o;
	return &w->objects.p[w->objects.n - 1];
}

static int scrub_object(struct erase_want *w, struct str type, struct str id, struct str path)
{
	struct store_object *o = object_now(w, type, id);
	struct buf b = buf_new(w->a, 0);
	struct json_w jw = jw_new(&b);
	const struct json *v;

	*vec_add(w->a, &w->forget) = (struct store_forget){ .type = type, .id = id, .seq = serve_size(w->s) - 1 };
	if (o == NULL) {
		return 0;
	}
	if (json_parse(w->a, o->body, &v, NULL) != 0 || v->type != JSON_OBJ) {
		return ERR_INTEGRITY;
	}
	jw_obj(&jw);
	for (size_t i = 0; i < v->obj.n; i++) {
		if (!str_eq(v->obj.p[i].key, path)) {
			jw_key(&jw, v->obj.p[i].key);
			jw_value(&jw, &v->obj.p[i].v);
		}
	}
	jw_end(&jw);
	o->body = buf_view(&b);
	return buf_done(&b);
}

/* A personal part of an act, in the objects the act names. */
static int scrub_objects(struct erase_want *w, const struct json *act, struct str path)
{
	const struct json *list = json_get(act, S("objects"));
	int r = 0;

	for (size_t i = 0; r == 0 && list != NULL && list->type == JSON_ARR && i < list->arr.n; i++) {
		const struct json *o = &list->arr.p[i];

		if (o->type != JSON_ARR || o->arr.n != 2 || o->arr.p[0].type != JSON_STR || o->arr.p[1].type != JSON_STR) {
			return ERR_INTEGRITY;
		}
		r = scrub_object(w, o->arr.p[0].s, o->arr.p[1].s, path);
	}
	return r;
}

int erase_add_of_act(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, size_t k, u32 first)
{
	const struct json *act = act_of(w, item, p);

	if (act == NULL || !erase_part_there(p, k)) {
		return act == NULL ? ERR_INTEGRITY : 0;
	}
	erase_add_part(w, g, p, k, first, false);
	return scrub_objects(w, act, path_of(w, p, k));
}

/* What acts and proofs say of the asset `id`. */
static int pick_mention(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	const struct json *act = act_of(w, item, p);
	struct str asset;
	int r = 0;

	if (act == NULL || json_get_str(act, S("asset"), &asset) != 0 || !str_eq(asset, w->id)) {
		return 0;
	}
	for (size_t k = 1; r == 0 && k < p->parts.n; k++) {
		r = erase_add_of_act(w, g, item, p, k, first);
	}
	return r;
}

static bool names_object(const struct json *act, struct str type, struct str id)
{
	const struct json *list = json_get(act, S("objects"));

	for (size_t i = 0; list != NULL && list->type == JSON_ARR && i < list->arr.n; i++) {
		const struct json *o = &list->arr.p[i];

		if (o->type == JSON_ARR && o->arr.n == 2 && o->arr.p[0].type == JSON_STR && o->arr.p[1].type == JSON_STR &&
		    str_eq(o->arr.p[0].s, type) && str_eq(o->arr.p[1].s, id)) {
			return true;
		}
	}
	return false;
}

static int pick_member(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	const struct json *act = act_of(w, item, p);
	int r = 0;

	for (size_t k = 1; r == 0 && act != NULL && names_object(act, w->type, w->id) && k < p->parts.n; k++) {
		if (str_eq(path_of(w, p, k), w->field)) {
			r = erase_add_of_act(w, g, item, p, k, first);
		}
	}
	return r;
}

static int pick_part(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	if (w->part < first || w->part - first >= p->parts.n) {
		return 0;
	}
	if (w->part == first && w->acts) {
		return ERR_REFUSED;
	}
	if (w->part == first) {
		erase_add_item(w, g, p, first);
		return 0;
	}
	if (w->acts) {
		return erase_add_of_act(w, g, item, p, w->part - first, first);
	}
	erase_add_part(w, g, p, w->part - first, first, false);
	return 0;
}

/* ---- where to look ---- */

int erase_walk_entry(struct erase_want *w, u64 seq, erase_pick_fn *pick)
{
	struct store_items *groups;
	size_t n;
	int r = store_items_at(w->s->st, w->a, seq, &groups, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = walk(w, &groups[i], pick);
	}
	return r;
}

int erase_walk_asset(struct erase_want *w, u64 number, erase_pick_fn *pick)
{
	u64 from = 0;

	for (;;) {
		struct store_items *groups;
		size_t n;
		int r = items_page(w->s, w->a, number, &from, &groups, &n);

		for (size_t i = 0; r == 0 && i < n; i++) {
			r = walk(w, &groups[i], pick);
		}
		if (r != 0 || n == 0) {
			return r;
		}
	}
}

static int walk_mentions(struct erase_want *w, u64 number)
{
	struct str after = str_printf(w->a, "%.*s/", STRF(identity_text(w->a, number))), prefix = after;

	w->id = identity_text(w->a, number);
	for (;;) {
		struct store_object *rows;
		size_t n;
		int r = store_list_objects(w->s->st, w->a, S("mention"), after, 1000, &rows, &n);

		for (size_t i = 0; r == 0 && i < n; i++) {
			if (!str_starts(rows[i].id, prefix)) {
				return 0;
			}
			r = erase_walk_entry(w, rows[i].seq, pick_mention);
			after = rows[i].id;
		}
		if (r != 0 || n == 0) {
			return r;
		}
	}
}

static bool is_gateway(struct arena *a, const struct store_object *network, const struct claims *claims)
{
	const struct json *v;
	struct str mac;

	if (network->body.n == 0 || json_parse(a, network->body, &v, NULL) != 0 || json_get_str(v, S("gateway_mac"), &mac) != 0) {
		return false;
	}
	for (size_t i = 0; i < claims->n; i++) {
		if (claims->p[i].type == KEY_MAC && str_eq(claims->p[i].network, network->id) && str_eq(claims->p[i].value, mac)) {
			return true;
		}
	}
	return false;
}

/* The networks that are known by one of its MAC addresses forget it. */
static int walk_gateways(struct erase_want *w, u64 number)
{
	struct store_object *networks, *rows;
	struct claims claims;
	size_t n = 0, nrows;
	int r = claims_of_asset(w->s, w->a, number, &claims);

	if (r == 0) {
		r = store_list_objects(w->s->st, w->a, S("network"), S(""), STORE_PAGE_MAX, &networks, &n);
	}
	w->type = S("network");
	w->field = S("gateway_mac");
	for (size_t i = 0; r == 0 && i < n; i++) {
		w->id = networks[i].id;
		r = store_object_history(w->s->st, w->a, w->type, w->id, &rows, &nrows);
		for (size_t k = 0; r == 0 && k < nrows; k++) {
			if (is_gateway(w->a, &rows[k], &claims)) {
				r = erase_walk_entry(w, rows[k].seq, pick_member);
			}
		}
	}
	return r;
}

static int find_asset(struct erase_want *w, struct serve_reply *out, struct str who, struct str what, bool all)
{
	u64 *members, id;
	size_t n;
	int r;

	w->field = what;
	w->kind = str_cut(&w->field, '.');
	if (!all && (kind_latest(w->kind) == NULL || kind_field(kind_latest(w->kind), w->field) == NULL ||
	     !kind_field(kind_latest(w->kind), w->field)->personal)) {
		return serve_fail(out, ERR_UNKNOWN, SAY "erase-field" SAY "field=%.*s", STRF(what));
	}
	if ((r = serve_asset_of(w->s, w->a, who, &id)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(who));
	}
	n = identity_members(w->a, w->s->edges, id, &members);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if ((r = erase_walk_asset(w, members[i], all ? pick_all : pick_field)) == 0 && all) {
			r = walk_mentions(w, members[i]);
		}
	}
	if (r == 0 && all) {
		*vec_add(w->a, &w->job.whole) = id;
		r = walk_gateways(w, id);
	}
	return r;
}

/* "SCO-4 owner": false when there is no such object. */
static bool find_object(struct erase_want *w, struct str id, struct str field, int *ret_r)
{
	static const char *const types[] = { "map", "network", "person", "run", "scope" };

	w->id = id;
	w->field = field;
	for (size_t t = 0; t < countof(types); t++) {
		struct store_object *rows;
		size_t n;

		w->type = str_z(types[t]);
		if ((*ret_r = store_object_history(w->s->st, w->a, w->type, id, &rows, &n)) != 0 || n == 0) {
			continue;
		}
		for (size_t i = 0; *ret_r == 0 && i < n; i++) {
			*ret_r = erase_walk_entry(w, rows[i].seq, pick_member);
		}
		return true;
	}
	return false;
}

/* "12.4", "EV-12.4". */
static bool two_numbers(struct str text, u64 *ret_seq, u32 *ret_n)
{
	struct str seq = str_cut(&text, '.');
	u64 n;

	if (seq.n == 0 || text.n == 0 || str_u64(seq, UINT64_MAX >> 1, ret_seq) != 0 || str_u64(text, STORE_PART_MAX, &n) != 0) {
		return false;
	}
	*ret_n = (u32)n;
	return true;
}

static int find_part(struct erase_want *w, struct serve_reply *out, u64 seq)
{
	struct store_items g;
	struct store_entry *e;
	size_t n;
	int r;

	if (store_get_part(w->s->st, w->a, seq, w->part, &g) != 0 || store_get_entries(w->s->st, w->a, seq, 1, &e, &n) != 0 || n != 1) {
		return serve_fail(out, ERR_NOTFOUND, SAY "erase-no-part" SAY "place=%ju.%u", (uintmax_t)seq, w->part);
	}
	w->acts = !str_eq(e->type, str_z(envelope_types[ENVELOPE_BATCH]));
	r = walk(w, &g, pick_part);
	return r == ERR_REFUSED ? serve_fail(out, r, SAY "erase-act" SAY "place=%ju.%u",
		(uintmax_t)seq, w->part) : r;
}

static int find_evidence(struct erase_want *w, struct serve_reply *out, struct str name, u64 seq)
{
	struct store_items g;

	if (store_get_item(w->s->st, w->a, seq, w->index, &g) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-evidence" SAY "id=%.*s", STRF(name));
	}
	return walk(w, &g, pick_evidence);
}

static int find(struct erase_want *w, struct serve_reply *out, struct str what, struct str field, bool all)
{
	int r = 0;
	u64 seq;

	if (field.n == 0 && !all && str_starts(what, S("EV-")) && two_numbers(str_from(what, 3), &seq, &w->index)) {
		return find_evidence(w, out, what, seq);
	}
	if (field.n == 0 && !all && two_numbers(what, &seq, &w->part)) {
		return find_part(w, out, seq);
	}
	if (field.n == 0 && !all) {
		return serve_fail(out, ERR_MISSING, SAY "erase-what");
	}
	if (!all && str_chr(field, '.') < 0 && find_object(w, what, field, &r)) {
		return r;
	}
	return find_asset(w, out, what, field, all);
}

static int erase(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct erase_want w = { .s = s, .a = a };
	struct str what, field, why;
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	u64 from = 0, to = 0;
	u8 all, dry;
	int r;

	if ((r = rd_blob(body, &what)) != 0 || (r = rd_blob(body, &field)) != 0 || (r = rd_u8(body, &all)) != 0 ||
	    (r = rd_blob(body, &w.job.basis)) != 0 || (r = rd_blob(body, &why)) != 0 || (r = rd_u8(body, &dry)) != 0 ||
	    (r = rd_done(body)) != 0) {
		return r;
	}
	if (str_index(w.job.basis, envelope_bases, countof(envelope_bases)) < 0) {
		return serve_fail(out, w.job.basis.n == 0 ? ERR_MISSING : ERR_UNKNOWN, SAY "erase-basis");
	}
	if ((r = find(&w, out, what, field, all != 0)) != 0) {
		return r;
	}
	if (w.job.marks.n == 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "%s" SAY "what=%.*s" SAY "field=%.*s", field.n != 0 ? "erase-none" : "erase-empty",
			STRF(what), STRF(field));
	}
	erase_order(&w.job);
	if (dry == 0 && (r = erase_commit(&w, why, &from, &to)) != 0) {
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	buf_u64(&b, from);
	buf_u64(&b, to);
	buf_u32(&b, (u32)w.job.marks.n);
	serve_bytes(out, buf_view(&b));
	return buf_done(&b);
}

const struct serve_request serve_erasures[] = { { MSGS_ERASE, erase }, { 0, NULL } };
