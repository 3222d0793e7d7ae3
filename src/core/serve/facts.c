/* Facts as they were recorded, item by item, and what is declared of an asset. Whether a fact still stands is read from the
 * current state of its asset: the one at its place, one beside it (suspected), one that ended, or history (superseded).
 * Coverage replaces nothing and is replaced by nothing as a whole, so it has no such word. */
#include "core/serve/serve_int.h"

#include "base/err.h"
#include "core/fact/identity.h"
#include "core/fact/kind.h"

#include <stdlib.h>

struct standing {
	struct state_pos fact;
	enum state_with with;
};

/* Which facts the state of an asset still holds, ascending. */
struct standings {
	struct standing *p;
	size_t n, cap;
};

static struct str pos_text(struct arena *a, struct state_pos p)
{
	return str_printf(a, "%ju.%u", (uintmax_t)p.seq, p.index);
}

void serve_put_value(struct json_w *w, const struct fact_value *v)
{
	switch (v->type) {
	case KIND_INT:
		jw_int(w, v->i);
		break;
	case KIND_BOOL:
		jw_bool(w, v->i != 0);
		break;
	case KIND_STRS:
		jw_arr(w);
		for (size_t k = 0; k < v->n; k++) {
			jw_str(w, v->strs[k]);
		}
		jw_end(w);
		break;
	case KIND_OPAQUE:
		jw_raw(w, v->s);
		break;
	default:
		jw_str(w, v->s);
	}
}

static struct str fields_text(struct arena *a, const struct fact_field *f, size_t n)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	for (size_t i = 0; i < n; i++) {
		jw_key(&w, f[i].name);
		serve_put_value(&w, &f[i].v);
	}
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

static int pos_cmp(struct state_pos x, struct state_pos y)
{
	return x.seq != y.seq ? (x.seq > y.seq) - (x.seq < y.seq) : (x.index > y.index) - (x.index < y.index);
}

/* Of several words on one fact the first: fields of it may have expired while others have not. */
static int standing_cmp(const void *x, const void *y)
{
	const struct standing *l = x, *r = y;
	int c = pos_cmp(l->fact, r->fact);

	return c != 0 ? c : (l->with > r->with) - (l->with < r->with);
}

static struct standings standings(struct arena *a, const struct state *st, struct utc now)
{
	struct state_cursor c = state_values(st, NULL, now);
	struct standings all = { 0 };
	struct state_value v;

	while (state_next(&c, &v)) {
		*vec_add(a, &all) = (struct standing){ v.stamp->fact, v.with };
		for (size_t i = 0; i < v.nfields; i++) {
			*vec_add(a, &all) = (struct standing){ v.fields[i].stamp->fact, v.fields[i].with };
		}
	}
	if (all.n != 0) {
		qsort(all.p, all.n, sizeof *all.p, standing_cmp);
	}
	return all;
}

static struct str standing_of(const struct standings *all, struct state_pos pos)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pos_cmp(all->p[mid].fact, pos) < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low < all->n && pos_cmp(all->p[low].fact, pos) == 0 ? str_z(state_with_name(all->p[low].with)) : S("superseded");
}

static bool is_coverage(const struct fact *f)
{
	return str_eq(f->kind_name, S("coverage"));
}

static void fact_row(struct arena *a, struct str asset_id, struct state_pos pos, const struct item *it,
	const struct standings *all, struct view_row *row)
{
	*row = view_row(VIEW_fact);
	view_set_str(row, VIEW_fact_pos, pos_text(a, pos));
	view_set_str(row, VIEW_fact_asset, asset_id);
	view_set_int(row, VIEW_fact_seq, (i64)pos.seq);
	view_set_int(row, VIEW_fact_index, pos.index);
	if (it->type == ITEM_ERASED) {
		view_set_str(row, VIEW_fact_state, S("erased"));
		return;
	}
	view_set_time(row, VIEW_fact_observed, it->seen.at);
	view_set_int(row, VIEW_fact_qod, it->seen.qod);
	if (it->seen.run.n != 0) {
		view_set_str(row, VIEW_fact_run, it->seen.run);
	}
	if (it->type == ITEM_AGAIN) {
		view_set_str(row, VIEW_fact_kind, str_printf(a, "again %ju.%u", (uintmax_t)it->again_seq, it->again_index));
		return;
	}
	view_set_str(row, VIEW_fact_kind, str_printf(a, "%.*s/%u", STRF(it->fact.kind_name), it->fact.kind_version));
	view_set_str(row, VIEW_fact_place, fields_text(a, it->fact.place, it->fact.nplace));
	view_set_str(row, VIEW_fact_value, fields_text(a, it->fact.value, it->fact.nvalue));
	view_set_str(row, VIEW_fact_network, it->fact.network);
	view_set_str(row, VIEW_fact_vantage, str_printf(a, "v%d", it->fact.vantage));
	view_set_str(row, VIEW_fact_source, it->fact.source);
	if (it->nerased != 0) {
		view_set_str(row, VIEW_fact_state, S("partly_erased"));
	} else if (!is_coverage(&it->fact)) {
		view_set_str(row, VIEW_fact_state, standing_of(all, pos));
	}
}

/* Calls fn for every item of an asset and of all that were merged into it, in ledger order of each number. The arena is of the page. */
typedef int item_fn(void *arg, struct arena *a, const struct store_items *g, u32 index, const struct item *it);

static int each_item(struct serve *s, struct arena *a, u64 asset, item_fn *fn, void *arg)
{
	u64 *members;
	size_t nmembers = identity_members(a, s->edges, asset, &members);
	int r = 0;

	for (size_t m = 0; m < nmembers; m++) {
		size_t n = 1;

		for (u64 from = 0; n != 0;) {
			struct arena *page = arena_new(a, 0);
			struct store_items *groups;

			if ((r = items_page(s, page, members[m], &from, &groups, &n)) != 0) {
				return r;
			}
			for (size_t i = 0; i < n; i++) {
				struct item *items = arena_alloc(page, groups[i].n * sizeof *items);

				if ((r = items_read(page, &groups[i], items)) != 0) {
					return r;
				}
				for (u32 k = 0; k < groups[i].n; k++) {
					if ((r = fn(arg, page, &groups[i], groups[i].first + k, &items[k])) != 0) {
						return r;
					}
				}
			}
			arena_free(page);
		}
	}
	return 0;
}

struct listing {
	struct serve_reply *out;
	struct str asset;
	struct standings all;
};

static int list_fact(void *arg, struct arena *a, const struct store_items *g, u32 index, const struct item *it)
{
	struct listing *l = arg;
	struct view_row row;

	if (it->type != ITEM_EVIDENCE) {
		fact_row(a, l->asset, (struct state_pos){ g->seq, index }, it, &l->all, &row);
		serve_row(l->out, &row);
	}
	return pick_full(l->out) ? ERR_CANCELED : 0;
}

static int facts(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct listing l = { .out = out };
	struct store_asset row;
	struct state *st;
	struct str text;
	u64 id;
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = pick_open(out, a, VIEW_fact, body)) != 0) {
		return r;
	}
	if ((r = serve_asked(s, out, a, text, &id, &st, &row)) != 0) {
		return r;
	}
	l.asset = identity_text(a, id);
	l.all = standings(a, st, serve_now(s));
	r = each_item(s, a, id, list_fact, &l);
	return r == 0 || r == ERR_CANCELED ? pick_close(out) : r;
}

/* ---- what joined assets were said to be ---- */

struct word {
	struct str what, value;
	u64 asset;			/* the number it was said of */
	struct utc at;
	struct state_pos pos;
};
struct words {
	struct arena *a;
	vec(struct word) v;
};

/* The latest word of each number on each field: one a number, field and place. */
static void keep_word(struct words *l, const struct word *w)
{
	struct word *p = NULL;

	for (size_t i = 0; i < l->v.n && p == NULL; i++) {
		p = l->v.p[i].asset == w->asset && str_eq(l->v.p[i].what, w->what) ? &l->v.p[i] : NULL;
	}
	if (p == NULL) {
		p = vec_add(l->a, &l->v);
		*p = (struct word){ .what = str_dup(l->a, w->what), .asset = w->asset };
	}
	if (w->at.ms >= p->at.ms) {
		p->value = str_dup(l->a, w->value);
		p->at = w->at;
		p->pos = w->pos;
	}
}

static int take_word(void *arg, struct arena *a, const struct store_items *g, u32 index, const struct item *it)
{
	const struct fact *f = &it->fact;
	struct words *l = arg;

	if (it->type != ITEM_FACT || f->vantage < 6 || is_coverage(f)) {
		return 0;
	}
	for (size_t i = 0; i < f->nvalue; i++) {
		struct buf b = buf_new(a, 0);
		struct json_w w = jw_new(&b);
		struct str place = f->nplace == 0 || str_eq(f->kind_name, S("name")) ? S("") : fields_text(a, f->place, f->nplace);

		serve_put_value(&w, &f->value[i].v);
		keep_word(l, &(struct word){ .what = str_printf(a, "%.*s%.*s.%.*s", STRF(f->kind_name), STRF(place), STRF(f->value[i].name)),
			.value = buf_view(&b), .asset = g->asset, .at = it->seen.at, .pos = { g->seq, index } });
	}
	return 0;
}

/* The entry that joined these numbers last; 0: none did. */
static int joined_at(struct serve *s, struct arena *a, const u64 *members, size_t n, u64 *ret)
{
	struct store_object *rows;
	size_t nrows;
	int r = store_list_objects(s->st, a, S("edge"), S(""), STORE_PAGE_MAX, &rows, &nrows);

	*ret = 0;
	for (size_t i = 0; r == 0 && i < nrows; i++) {
		const struct json *v;
		i64 x, y;
		bool hit[2] = { false, false };

		if (json_parse(a, rows[i].body, &v, NULL) != 0 || json_get_int(v, S("a"), &x) != 0 || json_get_int(v, S("b"), &y) != 0) {
			return ERR_INTEGRITY;
		}
		for (size_t m = 0; m < n; m++) {
			hit[0] = hit[0] || members[m] == (u64)x;
			hit[1] = hit[1] || members[m] == (u64)y;
		}
		if (hit[0] && hit[1] && rows[i].seq > *ret) {
			*ret = rows[i].seq;
		}
	}
	return r;
}

/* Do the words on one field differ, and was none of them said after the join? */
static bool differ(const struct words *l, const struct word *w, u64 joined)
{
	bool other = false;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct word *x = &l->v.p[i];

		if (str_eq(x->what, w->what)) {
			if (x->pos.seq > joined) {
				return false;
			}
			other = other || !str_eq(x->value, w->value);
		}
	}
	return other;
}

int serve_conflicts(struct serve *s, struct serve_reply *out, struct arena *a, u64 asset)
{
	struct words l = { .a = a };
	u64 *members, joined;
	size_t n = identity_members(a, s->edges, asset, &members);
	int r;

	if (n < 2) {
		return 0;
	}
	if ((r = joined_at(s, a, members, n, &joined)) != 0 || (r = each_item(s, a, asset, take_word, &l)) != 0) {
		return r;
	}
	for (size_t i = 0; i < l.v.n; i++) {
		struct view_row row = view_row(VIEW_conflict);

		if (differ(&l, &l.v.p[i], joined)) {
			view_set_str(&row, VIEW_conflict_what, l.v.p[i].what);
			view_set_str(&row, VIEW_conflict_asset, identity_text(a, l.v.p[i].asset));
			view_set_str(&row, VIEW_conflict_value, l.v.p[i].value);
			view_set_time(&row, VIEW_conflict_observed, l.v.p[i].at);
			view_set_str(&row, VIEW_conflict_pos, pos_text(a, l.v.p[i].pos));
			serve_row(out, &row);
		}
	}
	return 0;
}

/* ---- one fact ---- */

struct sightings {
	struct serve *s;
	struct serve_reply *out;
	struct state_pos fact;
	struct str vantage;
	i64 n;
	bool send;		/* else they are counted */
};

static int sighting_row(struct sightings *l, struct arena *a, struct state_pos pos, const struct seen *seen)
{
	struct view_row row = view_row(VIEW_sighting);
	struct str *evidence = arena_alloc(a, (seen->nevidence + 1) * sizeof *evidence);
	struct store_entry *e;
	size_t n;
	int r = store_get_entries(l->s->st, a, pos.seq, 1, &e, &n);

	if (r != 0 || n != 1) {
		return r != 0 ? r : ERR_INTEGRITY;
	}
	for (size_t i = 0; i < seen->nevidence; i++) {
		evidence[i] = str_printf(a, "EV-%ju.%u", (uintmax_t)pos.seq, seen->evidence[i]);
	}
	view_set_str(&row, VIEW_sighting_pos, pos_text(a, pos));
	view_set_str(&row, VIEW_sighting_fact, pos_text(a, l->fact));
	view_set_time(&row, VIEW_sighting_at, seen->at);
	view_set_time(&row, VIEW_sighting_recorded, e[0].at);
	if (seen->run.n != 0) {
		view_set_str(&row, VIEW_sighting_run, seen->run);
	}
	view_set_str(&row, VIEW_sighting_vantage, l->vantage);
	view_set_str(&row, VIEW_sighting_class, str_printf(a, "S%u", seen->class));
	view_set_int(&row, VIEW_sighting_qod, seen->qod);
	view_set_str(&row, VIEW_sighting_state, str_z(seen_state_name(seen->state)));
	view_set_strs(&row, VIEW_sighting_evidence, evidence, seen->nevidence);
	view_set_bool(&row, VIEW_sighting_dropped, seen->dropped);
	serve_row(l->out, &row);
	return 0;
}

static int take_sighting(void *arg, struct arena *a, const struct store_items *g, u32 index, const struct item *it)
{
	struct state_pos pos = { g->seq, index };
	struct sightings *l = arg;

	if (it->type == ITEM_AGAIN ? it->again_seq != l->fact.seq || it->again_index != l->fact.index :
	    it->type != ITEM_FACT || pos_cmp(pos, l->fact) != 0) {
		return 0;
	}
	l->n++;
	return l->send ? sighting_row(l, a, pos, &it->seen) : 0;
}

static void add_keys(struct arena *a, const struct fact *f, struct view_row *row)
{
	struct str *keys = arena_alloc(a, (f->nkeys + 1) * sizeof *keys);

	for (size_t i = 0; i < f->nkeys; i++) {
		keys[i] = str_printf(a, "%s:%.*s", fact_key_type_name(f->keys[i].type), STRF(f->keys[i].value));
	}
	view_set_strs(row, VIEW_fact_subject, keys, f->nkeys);
}

static void add_life(struct view_row *row, const struct fact *f, const struct seen *seen, struct utc recorded)
{
	i64 life = f->kind != NULL ? kind_life_ms(f->kind) : 0;

	if (life > 0) {
		view_set_time(row, VIEW_fact_expires, (struct utc){ seen_fresh(seen, recorded).ms + life });
	}
}

/* The item at a position and the asset it belongs to; an `again` gives the fact it repeats. */
static int fact_at(struct serve *s, struct arena *a, struct state_pos *pos, struct item *ret, struct utc *ret_recorded, u64 *ret_asset)
{
	struct store_items g;
	int r = serve_item(s, a, pos->seq, pos->index, ret, ret_recorded);

	if (r == 0 && ret->type == ITEM_AGAIN) {
		*pos = (struct state_pos){ ret->again_seq, ret->again_index };
		r = serve_item(s, a, pos->seq, pos->index, ret, ret_recorded);
	}
	if (r == 0 && (r = store_get_item(s->st, a, pos->seq, pos->index, &g)) == 0) {
		*ret_asset = g.asset != 0 ? identity_root(s->edges, g.asset) : 0;
	}
	return r;
}

static int fact(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct sightings l = { .s = s, .out = out };
	struct store_asset asset_row;
	struct utc recorded;
	struct standings all;
	struct view_row row;
	struct state *st;
	struct item it;
	u64 asset;
	int r;

	if ((r = rd_u64(body, &l.fact.seq)) != 0 || (r = rd_u32(body, &l.fact.index)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	r = fact_at(s, a, &l.fact, &it, &recorded, &asset);
	if (r == ERR_NOTFOUND || (r == 0 && (asset == 0 || (it.type != ITEM_FACT && it.type != ITEM_ERASED)))) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-fact" SAY "place=%ju.%u", (uintmax_t)l.fact.seq, l.fact.index);
	}
	if (r != 0 || (r = serve_state(s, a, asset, &st, &asset_row)) != 0) {
		return r;
	}
	all = standings(a, st, serve_now(s));
	fact_row(a, identity_text(a, asset), l.fact, &it, &all, &row);
	if (it.type == ITEM_FACT) {
		struct fact_id id = fact_id(&it.fact);

		l.vantage = str_printf(a, "v%d", it.fact.vantage);
		add_keys(a, &it.fact, &row);
		add_life(&row, &it.fact, &it.seen, recorded);
		if (it.nerased == 0) {
			view_set_str(&row, VIEW_fact_id, str_hex(a, id.b, sizeof id.b));
		}
	}
	if ((r = each_item(s, a, asset, take_sighting, &l)) != 0) {
		return r;
	}
	view_set_int(&row, VIEW_fact_sightings, l.n);
	serve_row(out, &row);
	l.send = true;
	return each_item(s, a, asset, take_sighting, &l);
}

/* ---- declarations ---- */

/* What is declared of an asset as it stands: for each interface and state the latest word on each field. */
static int declared(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct state_cursor c;
	struct store_asset row;
	struct state_value v;
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
	c = state_values(st, kind_latest(S("declared")), serve_now(s));
	while (state_next(&c, &v)) {
		struct fact_field *fields = arena_alloc(a, v.nfields * sizeof *fields + 1);
		struct view_row fact = view_row(VIEW_fact);

		for (size_t i = 0; i < v.nfields; i++) {
			fields[i] = (struct fact_field){ .def = v.fields[i].def, .name = str_z(v.fields[i].def->name),
				.v = v.fields[i].v };
		}
		view_set_str(&fact, VIEW_fact_pos, pos_text(a, v.stamp->pos));
		view_set_str(&fact, VIEW_fact_asset, identity_text(a, id));
		view_set_str(&fact, VIEW_fact_kind, str_printf(a, "%s/%u", v.kind->name, v.kind->version));
		view_set_str(&fact, VIEW_fact_place, fields_text(a, v.place, v.nplace));
		view_set_str(&fact, VIEW_fact_value, fields_text(a, fields, v.nfields));
		view_set_str(&fact, VIEW_fact_state, str_z(state_with_name(v.with)));
		view_set_time(&fact, VIEW_fact_observed, v.stamp->at);
		view_set_str(&fact, VIEW_fact_network, v.network);
		view_set_str(&fact, VIEW_fact_vantage, str_printf(a, "v%d", v.vantage));
		view_set_int(&fact, VIEW_fact_qod, v.stamp->qod);
		serve_row(out, &fact);
	}
	return 0;
}

const struct serve_request serve_facts[] = {
	{ MSGS_FACTS, facts }, { MSGS_FACT, fact }, { MSGS_DECLARED, declared }, { 0, NULL },
};
