/* What was known before entry N, and what was said of it (ARCHITECTURE 4.3, "replay and as_of").
 *
 * The entries before N are folded once more, one after the other, by the very code that folded them when they were recorded (fold.c,
 * split.c, the judge), into a store of its own that lies in a file without a name and is gone with the process. So the whole ledger never
 * stands in memory: one entry does, and the page cache. Each entry is judged at its own time by the texts in force then (texts.c); what
 * time alone changed is judged at the times the store says it did.
 *
 * AS OF. A connection that asks for the past is answered by a core of its own, whose store is that one and whose clock stands still.
 * VERDICTS. With every entry the changes of verdicts that come out are held against those the store has, word for word, and at the end
 * the verdicts of each asset byte for byte. What differs is named. What was erased since cannot be reached again: that is said and is no
 * fault of the one who keeps the store; from the erasing entry on everything must fit again.
 *
 * Danger: the store that is folded from is not trusted. Everything read of it is bounded, and nothing of it is changed here. */
#include "core/serve/replay_int.h"

#include <stdlib.h>
#include <string.h>

#define CACHE (16 * MiB)
#define AT_MOST 4			/* at once: each may take as much room on the disk as the store */
#define STEP_NS ((i64)200000000)	/* then others are served */

static size_t living;

/* ---- texts of then ---- */

/* The texts a set names, as the store keeps them under their hash: another text under that name is found. */
static int load_set(struct replay *p, struct arena *a, struct str hex, struct store_text *ret_set, struct store_text **ret, size_t *ret_n)
{
	const struct json *v, *list;
	struct store_text *texts;
	u8 sha[STORE_HASH];
	struct hash h;
	int r;

	if (str_unhex(hex, sha, sizeof sha) != 0 || store_get_text(p->of->st, a, sha, ret_set) != 0) {
		return ERR_INTEGRITY;
	}
	h = hash_bytes(ret_set->body);
	if (memcmp(h.b, sha, sizeof sha) != 0 || json_parse(a, ret_set->body, &v, NULL) != 0 || (list = json_get(v, S("texts"))) == NULL ||
	    list->type != JSON_ARR) {
		return ERR_INTEGRITY;
	}
	texts = arena_alloc(a, list->arr.n * sizeof *texts + 1);
	for (size_t i = 0; i < list->arr.n; i++) {
		if (list->arr.p[i].type != JSON_STR || str_unhex(list->arr.p[i].s, sha, sizeof sha) != 0) {
			return ERR_INTEGRITY;
		}
		if ((r = store_get_text(p->of->st, a, sha, &texts[i])) != 0) {
			return r == ERR_NOTFOUND ? ERR_INTEGRITY : r;
		}
		h = hash_bytes(texts[i].body);
		if (memcmp(h.b, sha, sizeof sha) != 0) {
			return ERR_INTEGRITY;
		}
	}
	*ret = texts;
	*ret_n = list->arr.n;
	return 0;
}

int replay_texts(struct replay *p, u64 from, struct str hex)
{
	struct replay_era era = { .from = from, .ctx = p->of->ctx }, *to;
	struct store_text set, *texts;
	size_t n;
	int r = 0;

	if (p->of->parts->past != NULL) {
		r = load_set(p, p->a, hex, &set, &texts, &n);
		r = r != 0 ? r : p->of->parts->past(p->a, &set, texts, n, &era.ctx);
	}
	if (r == ERR_NEWER) {		/* by means of another program: what it said can neither be confirmed nor refuted */
		era.foreign = true;
		r = 0;
	}
	if (r != 0) {
		return r;
	}
	to = p->eras.n > 0 && p->eras.p[p->eras.n - 1].from == from ? &p->eras.p[p->eras.n - 1] : vec_add(p->a, &p->eras);
	*to = era;
	p->s->ctx = era.ctx;
	return 0;
}

/* Before the log said by which texts: the first ones it names, else those of today. What differs then is not held against anybody. */
static int first_texts(struct replay *p)
{
	struct store_object *rows;
	size_t n;
	int r = store_object_history(p->of->st, p->a, S("judge"), S("texts"), &rows, &n);

	if (r == 0 && n > 0 && p->of->parts->past != NULL) {
		r = replay_texts(p, 0, rows[0].seq < rows[n - 1].seq ? rows[0].body : rows[n - 1].body);
	} else if (r == 0) {
		*vec_add(p->a, &p->eras) = (struct replay_era){ .ctx = p->of->ctx };
		p->s->ctx = p->of->ctx;
	}
	if (r == 0) {
		p->eras.p[0].guessed = p->of->parts->texts != NULL;
	}
	return r;
}

const struct replay_era *replay_era_at(const struct replay *p, u64 seq)
{
	size_t i = p->eras.n - 1;

	while (i > 0 && p->eras.p[i].from > seq) {
		i--;
	}
	return &p->eras.p[i];
}

/* ---- what was erased ---- */

static struct str id_key(const u64 *id)
{
	return str_of(id, sizeof *id);
}

void replay_erased(struct replay *p, u64 asset, u64 by)
{
	u64 *known = map_get(&p->erased, id_key(&asset));

	if (known == NULL) {
		u64 *key = arena_alloc(p->a, 2 * sizeof *key);

		key[0] = asset;
		known = &key[1];
		*map_put(p->a, &p->erased, id_key(&key[0]), NULL) = known;
	}
	*known = by > *known ? by : *known;
}

/* The last entry that erased something of an asset or of one that was joined with it; 0: none. */
u64 replay_erased_by(struct replay *p, u64 asset)
{
	u64 root = identity_root(p->s->edges, asset);
	const u64 *x = map_get(&p->erased, id_key(&asset)), *y = map_get(&p->erased, id_key(&root));

	return x == NULL ? (y == NULL ? 0 : *y) : y == NULL || *x > *y ? *x : *y;
}

/* Whom an item of which nothing is left was about. Where a later split handed it on, the number it came from. */
static int erased_asset(struct replay *p, struct arena *a, u64 hint, u64 *ret)
{
	struct store_object *rows;
	struct store_asset row;
	u64 next;
	size_t n;
	int r;

	if ((r = store_next_asset(p->s->st, &next)) != 0) {
		return r;
	}
	if (hint <= next || store_get_asset(p->s->st, a, hint, &row) == 0) {
		*ret = hint;
		return 0;
	}
	r = store_list_objects(p->of->st, a, S("edge"), S(""), STORE_PAGE_MAX, &rows, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct json *v;
		bool forbid;
		i64 x, y;

		if (json_parse(a, rows[i].body, &v, NULL) == 0 && json_get_int(v, S("a"), &x) == 0 && json_get_int(v, S("b"), &y) == 0 &&
		    json_get_bool(v, S("forbid"), &forbid) == 0 && forbid && (u64)y == hint && x > 0) {
			hint = (u64)x;
		}
	}
	*ret = hint;
	return r;
}

/* ---- one entry ---- */

struct taken {				/* an entry as it stands in the store */
	u64 *hint;			/* whom each item belongs to today */
	u64 *by;			/* the last entry that erased something of it, 0: none */
	struct str zone;
};

static u64 eraser(const struct store_erased *e, size_t n, u32 part, size_t parts)
{
	u64 by = 0;

	for (size_t i = 0; i < n; i++) {
		if (e[i].part >= part && e[i].part - part < parts && e[i].by > by) {
			by = e[i].by;
		}
	}
	return by;
}

static int take_group(struct work *w, const struct store_items *g, const struct store_erased *erased, size_t nerased, struct taken *t)
{
	struct rd rd = rd_str(g->body);
	u32 part = g->part;
	int r = items_read(w->a, g, w->items + g->first);

	for (u32 i = g->first; r == 0 && i < g->first + g->n; i++) {
		if (unpack_item(w->a, &rd, &w->packed[i]) != 0) {
			return ERR_INTEGRITY;
		}
		w->part[i] = part;
		t->hint[i] = g->asset;
		t->by[i] = eraser(erased, nerased, part, w->packed[i].parts.n);
		part += (u32)w->packed[i].parts.n;
	}
	w->nparts = part;
	return r;
}

static int take_entry(struct replay *p, struct work *w, struct serve_draft *d, struct taken *t)
{
	struct store_erased *erased;
	struct store_items *groups;
	size_t n, nerased;
	int r;

	if ((r = store_items_at(p->of->st, w->a, w->seq, &groups, &n)) != 0 ||
	    (r = store_get_erased(p->of->st, w->a, w->seq, &erased, &nerased)) != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (groups[i].first != d->nitems || groups[i].part != (i == 0 ? 0 : groups[i - 1].part + groups[i - 1].salts.n / STORE_SALT)) {
			return ERR_INTEGRITY;
		}
		d->nitems += groups[i].n;
	}
	w->items = arena_alloc(w->a, d->nitems * sizeof *w->items + 1);
	w->packed = arena_alloc(w->a, d->nitems * sizeof *w->packed + 1);
	w->asset = arena_alloc(w->a, d->nitems * sizeof *w->asset + 1);
	w->part = arena_alloc(w->a, d->nitems * sizeof *w->part + 1);
	t->hint = arena_alloc(w->a, d->nitems * sizeof *t->hint + 1);
	t->by = arena_alloc(w->a, d->nitems * sizeof *t->by + 1);
	t->zone = n != 0 ? groups[0].zone : S("");
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = take_group(w, &groups[i], erased, nerased, t);
	}
	/* The salts stay where they are: here they only count the parts. */
	w->salts = arena_alloc(w->a, w->nparts * sizeof *w->salts + 1);
	return r;
}

/* The fact an item is about; of a further sighting the one it names, as far as it is left. */
static int fact_of(struct work *w, const struct item *it, struct item *ret)
{
	*ret = *it;
	if (it->type != ITEM_AGAIN) {
		return 0;
	}
	if (it->again_seq == w->seq) {
		if (it->again_index >= w->d->nitems || w->items[it->again_index].type == ITEM_AGAIN) {
			return ERR_INTEGRITY;
		}
		*ret = w->items[it->again_index];
		return 0;
	}
	return fold_first(w->fold, it, NULL, 0, ret);
}

static int fold_items_again(struct replay *p, struct work *w, const struct taken *t)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->d->nitems; i++) {
		struct item *first = arena_alloc(w->a, sizeof *first);
		struct state_pos pos;
		bool again;

		if (w->items[i].type == ITEM_ACT || w->items[i].type == ITEM_EVIDENCE) {
			continue;
		}
		if ((r = fact_of(w, &w->items[i], first)) != 0) {
			return r;
		}
		if (first->type == ITEM_FACT) {
			r = fold_fact(w->fold, &first->fact, &w->items[i].seen, (struct state_pos){ w->seq, (u32)i }, &w->asset[i], &again, &pos);
			if (r == 0 && first->nerased != 0) {
				r = fold_erased(w->fold, w->asset[i], &first->fact);
			}
		} else if (w->type == ENVELOPE_BATCH && t->hint[i] != 0) {
			if ((r = erased_asset(p, w->a, t->hint[i], &w->asset[i])) == 0) {
				r = fold_erased(w->fold, w->asset[i], NULL);
			}
			p->lost = t->by[i] > p->lost ? t->by[i] : p->lost;
		}
		if (r == 0 && t->by[i] != 0) {
			replay_erased(p, w->asset[i], t->by[i]);
		}
	}
	for (size_t i = w->d->nitems; i-- > 0;) {
		if (w->items[i].type == ITEM_EVIDENCE && i + 1 < w->d->nitems) {
			w->asset[i] = w->asset[i + 1];
		}
	}
	return r;
}

static struct str word(const struct json *v, const char *key)
{
	struct str s;

	return json_get_str(v, str_z(key), &s) == 0 ? s : S("");
}

static int act_split(struct replay *p, struct arena *a, const struct json *v, struct serve_draft *d)
{
	const struct json *keys = json_get(v, S("keys"));
	struct fact_key *to;

	if (identity_parse(word(v, "asset"), &d->split_from) != 0) {
		return ERR_INTEGRITY;
	}
	d->split_from = identity_root(p->s->edges, d->split_from);
	if (keys == NULL || keys->type != JSON_ARR) {		/* erased with the asset: what follows from it is gone, too */
		d->split_from = 0;
		return 0;
	}
	to = arena_alloc(a, keys->arr.n * sizeof *to + 1);
	for (size_t i = 0; i < keys->arr.n; i++) {
		if (keys->arr.p[i].type != JSON_STR || fact_key_parse(keys->arr.p[i].s, &to[i]) != 0) {
			return ERR_INTEGRITY;
		}
	}
	d->split = to;
	d->nsplit = keys->arr.n;
	return 0;
}

/* What an act did to assets; and what it said of a network, since that says how long a lease holds. */
static int take_act(struct replay *p, struct work *w, const struct json *v, struct serve_draft *d, struct identity_edge *edge,
	struct store_object *object)
{
	struct str what = word(v, "do");
	u64 x, y;
	int r;

	if (str_eq(what, S("asset.merge"))) {
		if (identity_parse(word(v, "into"), &x) != 0 || identity_parse(word(v, "from"), &y) != 0 || x == y) {
			return ERR_INTEGRITY;
		}
		*edge = (struct identity_edge){ .a = x < y ? x : y, .b = x < y ? y : x, .seq = w->seq };
		d->edge = edge;
	} else if (str_eq(what, S("asset.split"))) {
		return act_split(p, w->a, v, d);
	} else if (str_eq(what, S("asset.move"))) {
		if (serve_asset_of(p->s, w->a, word(v, "asset"), &d->move) == 0) {
			d->move_to = word(v, "zone");
		}
	} else if (str_eq(what, S(TEXTS_ACT))) {
		return replay_texts(p, w->seq, word(v, "set"));
	} else if (str_starts(what, S("network."))) {
		r = store_get_object_at(p->of->st, w->a, S("network"), word(v, "id"), w->seq, object);
		if (r == 0) {
			d->objects = object;
			d->nobjects = 1;
		}
		return r == ERR_NOTFOUND ? 0 : r;
	}
	return 0;
}

/* An erasure of several entries folds its assets with the last of them. One that ended here has said so by what changed, or is
 * followed by something else. */
static int ends_erasure(struct replay *p, struct arena *a, u64 seq, bool *ret)
{
	const struct store_change *c;
	struct store_entry *next;
	size_t n = 0;
	int r;

	if ((r = replay_peek(p, &c)) != 0 || (c != NULL && c->seq == seq)) {
		*ret = true;
		return r;
	}
	r = seq + 1 < p->end ? store_get_entries(p->of->st, a, seq + 1, 1, &next, &n) : 0;
	if (r == 0) {
		*ret = n == 0 || !str_eq(next[0].type, str_z(envelope_types[ENVELOPE_ERASED]));
	}
	return r;
}

static int erase_again(struct replay *p, struct work *w, const struct store_entry *e)
{
	struct envelope env;
	bool ends;
	int r = envelope_read(w->a, e->envelope, &env, NULL) != 0 ? ERR_INTEGRITY : 0;

	for (size_t i = 0; r == 0 && i < env.nerased; i++) {
		struct store_items g;
		u64 root;

		if (env.erased[i].seq >= w->seq) {
			return ERR_INTEGRITY;
		}
		if ((r = store_get_part(p->s->st, w->a, env.erased[i].seq, (u32)env.erased[i].part, &g)) != 0) {
			return r == ERR_NOTFOUND ? ERR_INTEGRITY : r;
		}
		root = identity_root(p->s->edges, g.asset);
		if (g.asset != 0 && (p->refold.n == 0 || p->refold.p[p->refold.n - 1] != root)) {
			*vec_add(p->a, &p->refold) = root;
		}
	}
	if (r == 0 && (r = ends_erasure(p, w->a, w->seq, &ends)) == 0 && ends) {
		r = commit_fold_once(w, p->refold.p, p->refold.n);
		p->refold.n = 0;
	}
	return r;
}

static u64 log_first(const struct replay *p, u64 seq)
{
	u64 first = 0;

	for (size_t i = 0; i < p->nlogs && p->logs[i].first <= seq; i++) {
		first = p->logs[i].first;
	}
	return first;
}

static int keep(struct replay *p, struct work *w, const struct store_entry *e, struct store_batch *b)
{
	struct store_head was = p->s->head, now = p->s->head;
	struct store_entry entry = *e;
	int r;

	now.epoch = 1;
	now.size++;
	entry.commits = S("");
	b->entry = &entry;
	b->was = &was;
	b->now = &now;
	if ((r = store_commit(p->s->st, b, NULL)) != 0) {
		return r;
	}
	p->s->head.epoch = now.epoch;
	p->s->head.size = now.size;
	p->s->last_at = w->at;
	return 0;
}

static int fold_entry(struct replay *p, struct arena *a, const struct store_entry *e)
{
	struct serve_draft d = { 0 };
	struct identity_edge edge;
	struct store_object object;
	struct store_batch b = { 0 };
	struct taken t;
	struct work w = { .a = a, .s = p->s, .d = &d, .at = e->at, .seq = e->seq };
	int r, type = str_index(e->type, envelope_types, countof(envelope_types));

	if (type < 0) {
		return ERR_INTEGRITY;
	}
	w.type = (enum envelope_type)type;
	p->s->then = e->at;
	w.fold = fold_new(a, p->s, e->at);
	if ((r = take_entry(p, &w, &d, &t)) != 0 || (r = fold_items_again(p, &w, &t)) != 0) {
		return r;
	}
	d.items = w.items;
	d.zone = t.zone;
	for (size_t i = 0; r == 0 && w.type == ENVELOPE_ACT && i < d.nitems; i++) {
		r = w.items[i].type == ITEM_ACT ? take_act(p, &w, w.items[i].act, &d, &edge, &object) : 0;
	}
	if (r != 0 || (d.edge != NULL && (r = fold_edge(w.fold, d.edge, S("person"))) != 0) ||
	    (d.move != 0 && (r = fold_move(w.fold, d.move, d.move_to)) != 0) || (r = commit_groups(&w, &b)) != 0 ||
	    (r = commit_split(&w, &b)) != 0 || (w.type == ENVELOPE_ERASED && (r = erase_again(p, &w, e)) != 0) ||
	    (r = commit_objects(&w, &b)) != 0 || (r = fold_finish(w.fold, e->seq, e->seq - log_first(p, e->seq) + 1, d.zone, &b)) != 0 ||
	    (r = keep(p, &w, e, &b)) != 0) {
		return r;
	}
	return replay_compare(p, a, e, b.changes, b.nchanges);
}

/* ---- all of them ---- */

void replay_free(struct replay *p)
{
	if (p != NULL) {
		store_close(p->s->st);
		living--;
		arena_free(p->a);
	}
}

struct serve *replay_core(struct replay *p)
{
	return p->next == p->end && !p->compare ? p->s : NULL;
}

int replay_new(struct serve *of, u64 end, struct utc then, bool compare, struct replay **ret)
{
	struct arena *a;
	struct replay *p;
	int r;

	if (living >= AT_MOST) {
		return ERR_BUSY;
	}
	a = arena_new(NULL, 0);
	p = arena_alloc(a, sizeof *p);
	*p = (struct replay){ .a = a, .of = of, .end = end, .then = then, .compare = compare, .page = arena_new(a, 0),
		.s = arena_alloc(a, sizeof *p->s) };
	p->s->a = a;
	p->s->parts = of->parts;
	p->s->log_dir = -1;
	p->s->caller = -1;
	p->s->head.origin = str_dup(a, of->head.origin);
	p->s->edges = identity_edges_new(a);
	living++;
	if ((r = store_open(".", &(struct store_opts){ .scratch = true, .cache = CACHE }, &p->s->st, NULL)) == 0 &&
	    (r = serve_logs(of, a, &p->logs, &p->nlogs)) == 0) {
		r = first_texts(p);
	}
	if (r != 0) {
		replay_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

int replay_step(struct replay *p)
{
	i64 until = mono_now().ns + STEP_NS;
	int r = 0;

	while (r == 0 && p->next < p->end && mono_now().ns < until) {
		struct arena *a = arena_new(p->a, 0);
		struct store_entry *e;
		size_t n;

		r = store_get_entries(p->of->st, a, p->next, 1, &e, &n);
		if (r == 0 && (n != 1 || e[0].seq != p->next)) {
			r = ERR_INTEGRITY;
		}
		if (r == 0 && (r = fold_entry(p, a, &e[0])) == 0) {
			p->next++;
		}
		arena_free(a);
	}
	if (r == 0 && p->next == p->end) {
		p->s->then = p->then;
	}
	return r;
}

/* ---- asking ---- */

/* The entries before a moment: their times never decrease. */
static int entries_until(struct serve *s, struct arena *a, struct utc when, u64 *ret)
{
	u64 low = 0, high = serve_size(s);

	while (low < high) {
		u64 mid = low + (high - low) / 2;
		struct store_entry *e;
		size_t n;
		int r = store_get_entries(s->st, a, mid, 1, &e, &n);

		if (r != 0 || n != 1) {
			return r != 0 ? r : ERR_INTEGRITY;
		}
		if (e[0].at.ms <= when.ms) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	*ret = low;
	return 0;
}

/* "18231": the entries before that one, at the time of the last of them. "2026-11-21T09:00:00Z": that moment. "2026-11-21": the end of
 * that day, or now. */
static int parse_when(struct serve *s, struct serve_reply *out, struct arena *a, struct str text, u64 *ret_end, struct utc *ret_then)
{
	struct store_entry *e;
	struct utc t;
	size_t n;
	u64 end;
	int r;

	if (str_u64(text, INT64_MAX, &end) == 0) {
		if (end == 0 || end > serve_size(s)) {
			return serve_fail(out, ERR_RANGE, SAY "past-range" SAY "n=%ju", (uintmax_t)serve_size(s));
		}
		if ((r = store_get_entries(s->st, a, end - 1, 1, &e, &n)) != 0 || n != 1) {
			return r != 0 ? r : ERR_INTEGRITY;
		}
		*ret_end = end;
		*ret_then = e[0].at;
		return 0;
	}
	if (utc_parse(text, &t) != 0) {
		if (text.n != 10 || utc_parse(str_printf(a, "%.*sT23:59:59.999Z", STRF(text)), &t) != 0) {
			return serve_fail(out, ERR_SYNTAX, SAY "past-syntax" SAY "text=%.*s", STRF(text));
		}
		t = t.ms > serve_now(s).ms && t.ms - serve_now(s).ms < 86400 * SECOND_MS ? serve_now(s) : t;
	}
	if (t.ms > serve_now(s).ms) {
		return serve_fail(out, ERR_RANGE, SAY "past-future" SAY "text=%.*s", STRF(text));
	}
	if ((r = entries_until(s, a, t, &end)) != 0) {
		return r;
	}
	if (end == 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "past-empty" SAY "text=%.*s", STRF(text));
	}
	*ret_end = end;
	*ret_then = t;
	return 0;
}

static int told(struct replay *p, struct serve_reply *out, int r)
{
	uintmax_t at = p == NULL ? 0 : p->next;

	if (r == ERR_BUSY) {
		return serve_fail(out, r, SAY "past-busy" SAY "n=%d", AT_MOST);
	}
	if (r == ERR_INTEGRITY) {
		return serve_fail(out, r, SAY "past-damaged" SAY "seq=%ju", at);
	}
	return serve_fail(out, r, SAY "past-failed" SAY "seq=%ju" SAY "text=%s", at, p != NULL && store_why(p->s->st)[0] != '\0' ?
		store_why(p->s->st) : err_text(r));
}

void replay_page(struct serve_reply *out, struct arena *a, const struct replay *p, bool over)
{
	struct view_row row = view_row(VIEW_page);

	view_set_str(&row, VIEW_page_cursor, over ? S("") : str_printf(a, "%ju/%ju", (uintmax_t)p->next, (uintmax_t)p->end));
	view_set_int(&row, VIEW_page_looked, (i64)p->next);
	serve_row(out, &row);
}

/* blob when: begins. Empty: goes on. */
static int as_of(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct replay *p = out->to->past;
	struct str text;
	struct utc then;
	u64 end = 0;
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = rd_done(body)) != 0 || (r = serve_zones(s, NULL)) != 0) {
		return r;
	}
	if ((text.n == 0) != (p != NULL)) {
		return serve_fail(out, ERR_REFUSED, SAY "past-twice");
	}
	if (p == NULL && ((r = parse_when(s, out, a, text, &end, &then)) != 0)) {
		return r;
	}
	if (p == NULL) {
		if ((r = replay_new(s, end, then, false, &p)) != 0) {
			return told(NULL, out, r);
		}
		out->to->past = p;
	}
	if ((r = replay_step(p)) != 0) {
		return told(p, out, r);
	}
	if (p->next == p->end && replay_era_at(p, p->end - 1)->foreign) {
		return serve_fail(out, ERR_NEWER, SAY "past-rules");
	}
	replay_page(out, a, p, p->next == p->end);
	return 0;
}

/* u8 1: begins; 0: goes on. */
static int verdicts(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct replay *p = out->to->verdicts;
	bool over = false;
	u8 begin;
	int r;

	if ((r = rd_u8(body, &begin)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (begin != 0) {
		replay_free(p);
		out->to->verdicts = NULL;
		if ((r = replay_new(s, serve_size(s), serve_now(s), true, &p)) != 0) {
			return told(NULL, out, r);
		}
		out->to->verdicts = p;
	}
	if (p == NULL) {
		return serve_fail(out, ERR_REFUSED, SAY "past-none");
	}
	p->out = out;
	if ((r = replay_step(p)) == 0 && p->next == p->end) {
		r = replay_rows(p, &over);
	}
	if (r != 0) {
		return told(p, out, r);
	}
	if (over) {
		r = replay_result(p, a);
		replay_page(out, a, p, true);
		replay_free(p);
		out->to->verdicts = NULL;
		return r == 0 ? 0 : serve_fail(out, r, SAY "verdicts-other");
	}
	replay_page(out, a, p, false);
	return 0;
}

const struct serve_request serve_replays[] = { { MSGS_AS_OF, as_of }, { MSGS_VERDICTS, verdicts }, { 0, NULL } };
