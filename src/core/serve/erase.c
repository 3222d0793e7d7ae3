/* Erasing what the law wants erased (ARCHITECTURE 4.6): content, salt and key go, the commitment stays, and entries of type `erased` name
 * the positions. What rested on it is judged again. Asked for by
 *
 *	AST-7 owner.name	a personal field of an asset
 *	AST-7 (all)		everything recorded of it: items, evidence, keys, names, history, and what acts and proofs say of its keys
 *	SCO-4 owner		a personal member of the acts about an object, and of the object
 *	EV-12.3			the bytes of one piece of evidence
 *	12.4			a part by its position; a technical part takes all parts of its item with it
 *
 * What does not fit one entry is erased by several. The first of them records the whole list as the object `erasing`, the last one folds
 * the assets anew and removes it: a core that was ended in between goes on at its next start, before anybody is answered.
 * Technical parts of acts stay: they say what was done, and what is personal in an act is never in them. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "base/log.h"
#include "core/ledger/envelope.h"

#include <stdlib.h>
#include <string.h>

struct mark {				/* a part to erase */
	struct store_part at;
	bool glued;			/* goes with the one before: their item loses its technical part */
};

struct job {
	struct str basis, by;
	vec(struct mark) marks;		/* ascending */
	vec(u64) assets;		/* that lose something */
	u64 whole;			/* of this one nothing stays; 0: none */
};

struct want {
	struct serve *s;
	struct arena *a;
	struct job job;
	vec(struct store_object) objects;	/* as they are without it */
	vec(struct store_forget) forget;
	struct str kind, field;		/* what the pickers look for */
	struct str type, id;
	u32 part, index;
	bool acts;			/* the group is of an entry that holds acts */
};

/* ---- picking ---- */

static bool part_there(const struct packed *p, size_t k)
{
	return packed_role(p, k) == PART_EVIDENCE ? p->outside : p->parts.p[k].p != NULL;
}

static void add_part(struct want *w, const struct store_items *g, const struct packed *p, size_t k, u32 first, bool glued)
{
	if (!part_there(p, k)) {
		return;
	}
	*vec_add(w->a, &w->job.marks) = (struct mark){ { g->seq, first + (u32)k }, glued };
	if (g->asset != 0 && (w->job.assets.n == 0 || w->job.assets.p[w->job.assets.n - 1] != g->asset)) {
		*vec_add(w->a, &w->job.assets) = g->asset;
	}
}

static void add_item(struct want *w, const struct store_items *g, const struct packed *p, u32 first)
{
	for (size_t k = 0; k < p->parts.n; k++) {
		add_part(w, g, p, k, first, k > 0);
	}
}

/* Looks at one item; `first` is the number of its first part. */
typedef int pick_fn(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first);

static int walk(struct want *w, const struct store_items *g, pick_fn *pick)
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

static int pick_all(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	(void)item;
	add_item(w, g, p, first);
	return 0;
}

/* "value.name" of {"f":"value.name",...}; "" where that is erased. */
static struct str path_of(struct want *w, const struct packed *p, size_t k)
{
	const struct json *v;
	struct str path;

	return p->parts.p[k].p != NULL && packed_role(p, k) == PART_PERSONAL && json_parse(w->a, p->parts.p[k], &v, NULL) == 0 &&
		json_get_str(v, S("f"), &path) == 0 ? path : S("");
}

static int pick_field(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
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
			add_part(w, g, p, k, first, false);
		}
	}
	return 0;
}

static int pick_evidence(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	if (item == w->index && p->evidence) {
		add_part(w, g, p, p->parts.n - 1, first, false);
	}
	return 0;
}

/* ---- acts, and the objects they made ---- */

static const struct json *act_of(struct want *w, u32 item, const struct packed *p)
{
	struct item it;

	return p->parts.p[0].p != NULL && !p->evidence && item_from_parts(w->a, item, p->parts.p, p->parts.n, &it, NULL) == 0 &&
		it.type == ITEM_ACT ? it.act : NULL;
}

/* The object as this erasure has it so far, as it stands, or NULL: it is gone. */
static struct store_object *object_now(struct want *w, struct str type, struct str id)
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

static int scrub_object(struct want *w, struct str type, struct str id, struct str path)
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
static int scrub_objects(struct want *w, const struct json *act, struct str path)
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

static int add_of_act(struct want *w, const struct store_items *g, u32 item, const struct packed *p, size_t k, u32 first)
{
	const struct json *act = act_of(w, item, p);

	if (act == NULL || !part_there(p, k)) {
		return act == NULL ? ERR_INTEGRITY : 0;
	}
	add_part(w, g, p, k, first, false);
	return scrub_objects(w, act, path_of(w, p, k));
}

/* What acts and proofs say of the asset `id`. */
static int pick_mention(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	const struct json *act = act_of(w, item, p);
	struct str asset;
	int r = 0;

	if (act == NULL || json_get_str(act, S("asset"), &asset) != 0 || !str_eq(asset, w->id)) {
		return 0;
	}
	for (size_t k = 1; r == 0 && k < p->parts.n; k++) {
		r = add_of_act(w, g, item, p, k, first);
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

static int pick_member(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	const struct json *act = act_of(w, item, p);
	int r = 0;

	for (size_t k = 1; r == 0 && act != NULL && names_object(act, w->type, w->id) && k < p->parts.n; k++) {
		if (str_eq(path_of(w, p, k), w->field)) {
			r = add_of_act(w, g, item, p, k, first);
		}
	}
	return r;
}

static int pick_part(struct want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	if (w->part < first || w->part - first >= p->parts.n) {
		return 0;
	}
	if (w->part == first && w->acts) {
		return ERR_REFUSED;
	}
	if (w->part == first) {
		add_item(w, g, p, first);
		return 0;
	}
	if (w->acts) {
		return add_of_act(w, g, item, p, w->part - first, first);
	}
	add_part(w, g, p, w->part - first, first, false);
	return 0;
}

/* ---- where to look ---- */

static int walk_entry(struct want *w, u64 seq, pick_fn *pick)
{
	struct store_items *groups;
	size_t n;
	int r = store_items_at(w->s->st, w->a, seq, &groups, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = walk(w, &groups[i], pick);
	}
	return r;
}

static int walk_asset(struct want *w, u64 number, pick_fn *pick)
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

static int walk_mentions(struct want *w, u64 number)
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
			r = walk_entry(w, rows[i].seq, pick_mention);
			after = rows[i].id;
		}
		if (r != 0 || n == 0) {
			return r;
		}
	}
}

static int find_asset(struct want *w, struct serve_reply *out, struct str who, struct str what, bool all)
{
	u64 *members, id;
	size_t n;
	int r;

	w->field = what;
	w->kind = str_cut(&w->field, '.');
	if (!all && (kind_latest(w->kind) == NULL || kind_field(kind_latest(w->kind), w->field) == NULL ||
	     !kind_field(kind_latest(w->kind), w->field)->personal)) {
		return serve_fail(out, ERR_UNKNOWN, "\"%.*s\" is no personal field (korobanu fact kinds marks them)", STRF(what));
	}
	if ((r = serve_asset_of(w->s, w->a, who, &id)) != 0) {
		return serve_fail(out, r, "there is no asset \"%.*s\"", STRF(who));
	}
	n = identity_members(w->a, w->s->edges, id, &members);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if ((r = walk_asset(w, members[i], all ? pick_all : pick_field)) == 0 && all) {
			r = walk_mentions(w, members[i]);
		}
	}
	w->job.whole = all ? id : 0;
	return r;
}

/* "SCO-4 owner": false when there is no such object. */
static bool find_object(struct want *w, struct str id, struct str field, int *ret_r)
{
	static const char *const types[] = { "network", "person", "run", "scope" };

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
			*ret_r = walk_entry(w, rows[i].seq, pick_member);
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

static int find_part(struct want *w, struct serve_reply *out, u64 seq)
{
	struct store_items g;
	struct store_entry *e;
	size_t n;
	int r;

	if (store_get_part(w->s->st, w->a, seq, w->part, &g) != 0 || store_get_entries(w->s->st, w->a, seq, 1, &e, &n) != 0 || n != 1) {
		return serve_fail(out, ERR_NOTFOUND, "there is no part %ju.%u", (uintmax_t)seq, w->part);
	}
	w->acts = !str_eq(e->type, str_z(envelope_types[ENVELOPE_BATCH]));
	r = walk(w, &g, pick_part);
	return r == ERR_REFUSED ? serve_fail(out, r, "part %ju.%u says what was done; what is personal of it stands in the parts behind it",
		(uintmax_t)seq, w->part) : r;
}

static int find_evidence(struct want *w, struct serve_reply *out, struct str name, u64 seq)
{
	struct store_items g;

	if (store_get_item(w->s->st, w->a, seq, w->index, &g) != 0) {
		return serve_fail(out, ERR_NOTFOUND, "there is no evidence \"%.*s\"", STRF(name));
	}
	return walk(w, &g, pick_evidence);
}

static int find(struct want *w, struct serve_reply *out, struct str what, struct str field, bool all)
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
		return serve_fail(out, ERR_MISSING, "say what of it shall go: a personal field such as owner.name, or --all");
	}
	if (!all && str_chr(field, '.') < 0 && find_object(w, what, field, &r)) {
		return r;
	}
	return find_asset(w, out, what, field, all);
}

/* ---- the entries ---- */

static int by_place(const void *x, const void *y)
{
	const struct mark *a = x, *b = y;

	return a->at.seq != b->at.seq ? (a->at.seq < b->at.seq ? -1 : 1) :
		a->at.part != b->at.part ? (a->at.part < b->at.part ? -1 : 1) : 0;
}

static size_t digits(u64 n)
{
	size_t d = 1;

	for (; n >= 10; n /= 10) {
		d++;
	}
	return d;
}

/* Where the entry that begins with mark `at` ends: as many as an envelope holds, and no item cut apart. */
static size_t fits(const struct job *j, size_t at)
{
	size_t left = LIMIT_ENVELOPE - 1024, to = at, whole = at;

	for (; to < j->marks.n; to++) {
		size_t size = digits(j->marks.p[to].at.seq) + digits(j->marks.p[to].at.part) + 4;

		if (!j->marks.p[to].glued) {
			whole = to;
		}
		if (size > left) {
			return whole;
		}
		left -= size;
	}
	return to;
}

static struct str job_body(struct arena *a, const struct job *j)
{
	struct buf b = buf_new(a, 0);

	buf_blob(&b, j->basis);
	buf_blob(&b, j->by);
	buf_u64(&b, j->whole);
	buf_u32(&b, (u32)j->assets.n);
	for (size_t i = 0; i < j->assets.n; i++) {
		buf_u64(&b, j->assets.p[i]);
	}
	buf_u32(&b, (u32)j->marks.n);
	for (size_t i = 0; i < j->marks.n; i++) {
		buf_u64(&b, j->marks.p[i].at.seq);
		buf_u32(&b, j->marks.p[i].at.part);
		buf_u8(&b, j->marks.p[i].glued);
	}
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

static int read_job(struct arena *a, struct str body, struct job *ret)
{
	struct rd rd = rd_str(body);
	struct job j = { 0 };
	u32 n;
	u8 glued;
	int r;

	if ((r = rd_blob(&rd, &j.basis)) != 0 || (r = rd_blob(&rd, &j.by)) != 0 || (r = rd_u64(&rd, &j.whole)) != 0 ||
	    (r = rd_u32(&rd, &n)) != 0) {
		return r;
	}
	for (u32 i = 0; i < n; i++) {
		if ((r = rd_u64(&rd, vec_add(a, &j.assets))) != 0) {
			return r;
		}
	}
	if ((r = rd_u32(&rd, &n)) != 0) {
		return r;
	}
	for (u32 i = 0; i < n; i++) {
		struct mark *m = vec_add(a, &j.marks);

		if ((r = rd_u64(&rd, &m->at.seq)) != 0 || (r = rd_u32(&rd, &m->at.part)) != 0 || (r = rd_u8(&rd, &glued)) != 0) {
			return r;
		}
		m->glued = glued != 0;
	}
	*ret = j;
	return rd_done(&rd);
}

/* Marks from `at` on become entries. `first` holds what the first of them brings beside the positions. */
static int run(struct serve *s, struct arena *a, const struct job *j, const struct serve_draft *first, bool kept, u64 *ret_from, u64 *ret_to)
{
	struct store_part *parts = arena_alloc(a, j->marks.n * sizeof *parts + 1);
	struct store_object *objects = arena_alloc(a, (first->nobjects + 1) * sizeof *objects);
	struct serve_done done = { 0 };
	int r = 0;

	for (size_t i = 0; i < j->marks.n; i++) {
		parts[i] = j->marks.p[i].at;
	}
	if (first->nobjects != 0) {
		memcpy(objects, first->objects, first->nobjects * sizeof *objects);
	}
	for (size_t at = 0, to; r == 0 && at < j->marks.n; at = to) {
		struct serve_draft d = at == 0 ? *first : (struct serve_draft){ .by = j->by };

		to = fits(j, at);
		d.basis = j->basis;
		d.erase = parts + at;
		d.nerase = to - at;
		d.more = to < j->marks.n;
		d.objects = objects;
		if (d.more && !kept) {
			kept = true;
			objects[d.nobjects++] = (struct store_object){ .type = S("erasing"), .id = S("1"), .passing = true, .body = job_body(a, j) };
		} else if (!d.more && kept) {
			objects[d.nobjects++] = (struct store_object){ .type = S("erasing"), .id = S("1"), .passing = true, .remove = true };
		}
		if (!d.more) {
			d.refold = j->assets.p;
			d.nrefold = j->assets.n;
			d.forget_assets = &j->whole;
			d.nforget_assets = j->whole != 0 ? 1 : 0;
		}
		if ((r = serve_commit(s, &d, &done)) == 0) {
			*ret_from = at == 0 ? done.seq : *ret_from;
			*ret_to = done.seq;
		}
	}
	return r;
}

int erase_resume(struct serve *s)
{
	struct arena *a = arena_new(s->a, 0);
	struct serve_draft first = { 0 };
	struct store_object o;
	struct job j;
	size_t n = 0;
	u64 from, to, seq = UINT64_MAX;
	struct store_erased *rows = NULL;
	size_t nrows = 0, row = 0;
	int r = store_get_object(s->st, a, S("erasing"), S("1"), &o);

	if (r == 0 && (r = read_job(a, o.body, &j)) != 0) {
		r = ERR_INTEGRITY;
	}
	for (size_t i = 0; r == 0 && i < j.marks.n; i++) {		/* both lists ascend */
		if (j.marks.p[i].at.seq != seq) {
			seq = j.marks.p[i].at.seq;
			row = 0;
			r = store_get_erased(s->st, a, seq, &rows, &nrows);
		}
		for (; r == 0 && row < nrows && rows[row].part < j.marks.p[i].at.part; row++) {
		}
		if (r == 0 && (row == nrows || rows[row].part != j.marks.p[i].at.part)) {
			j.marks.p[n++] = j.marks.p[i];
		}
	}
	if (r == 0) {
		j.marks.n = n;
		first.by = j.by;
		log_info("an erasure that was cut off goes on: %zu parts", n);
		r = run(s, a, &j, &first, true, &from, &to);
	}
	arena_free(a);
	return r == ERR_NOTFOUND ? 0 : r;
}

/* The act beside the positions: its words may name somebody, so they are a part of their own. */
static int put_words(struct arena *a, struct str why, struct serve_draft *d)
{
	static const struct str personal[] = { { "why", 3 } };
	struct item *it = arena_alloc(a, sizeof *it);
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	int r;

	jw_obj(&w);
	jw_kstr(&w, "do", S("erase"));
	if (why.n != 0) {
		jw_kstr(&w, "why", why);
	}
	jw_end(&w);
	*it = (struct item){ .type = ITEM_ACT, .personal = personal, .npersonal = why.n != 0 ? 1 : 0 };
	if ((r = buf_done(&b)) != 0 || (r = json_parse(a, buf_view(&b), &it->act, NULL)) != 0) {
		return r;
	}
	d->items = it;
	d->nitems = 1;
	return 0;
}

/* Sorted, each once. */
static void order(struct job *j)
{
	size_t n = 0;

	if (j->marks.n != 0) {
		qsort(j->marks.p, j->marks.n, sizeof *j->marks.p, by_place);
	}
	for (size_t i = 0; i < j->marks.n; i++) {
		if (n == 0 || by_place(&j->marks.p[n - 1], &j->marks.p[i]) != 0) {
			j->marks.p[n++] = j->marks.p[i];
		}
	}
	j->marks.n = n;
}

static int commit(struct want *w, struct str why, u64 *ret_from, u64 *ret_to)
{
	struct serve_draft d = { 0 };
	int r = put_words(w->a, why, &d);

	if (r == 0 && fits(&w->job, 0) < w->job.marks.n && (r = serve_know_caller(w->s)) == 0) {
		r = person_caller(w->s, w->a, &w->job.by);
	}
	d.by = w->job.by;
	d.objects = w->objects.p;
	d.nobjects = w->objects.n;
	for (size_t i = 0; i < w->forget.n; i++) {
		w->forget.p[i].seq = serve_size(w->s) - 1;
	}
	d.forget = w->forget.p;
	d.nforget = w->forget.n;
	return r != 0 ? r : run(w->s, w->a, &w->job, &d, false, ret_from, ret_to);
}

static int erase(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct want w = { .s = s, .a = a };
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
		return serve_fail(out, w.job.basis.n == 0 ? ERR_MISSING : ERR_UNKNOWN,
			"an erasure names its basis: --basis contract, law, mistake, other, request or retention (the words go to --why)");
	}
	if ((r = find(&w, out, what, field, all != 0)) != 0) {
		return r;
	}
	if (w.job.marks.n == 0) {
		return serve_fail(out, ERR_NOTFOUND, "%.*s holds no %.*s", STRF(what), STRF(field.n != 0 ? field : S("content any more")));
	}
	order(&w.job);
	if (dry == 0 && (r = commit(&w, why, &from, &to)) != 0) {
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	buf_u64(&b, from);
	buf_u64(&b, to);
	buf_u32(&b, (u32)w.job.marks.n);
	serve_bytes(out, buf_view(&b));
	return buf_done(&b);
}

const struct serve_request serve_erasures[] = { { MSGS_ERASE, erase }, { 0, NULL } };
