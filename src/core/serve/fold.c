/* What one commit changes beyond the log: whom each fact is about (claims, merges) and what is now the case (states).
 *
 * Everything touched is loaded once, changed in memory, and handed to the store batch at the end, so that it becomes durable with the
 * entry or not at all. Facts are folded in item order: the view over assets depends on the order of the ledger and on nothing else. */
#include "core/serve/serve_int.h"

#include "base/json.h"

#include <string.h>

struct key_claims {			/* every claim of one key, oldest first */
	vec(struct claim) v;
};

struct live {
	u64 id;				/* a root */
	struct state *st;
	struct store_asset row;
	vec(struct claim) claims;
	bool claims_changed;
	u64 merged_into;
};

struct pending {			/* a fact of this commit: in no store yet */
	const struct fact *fact;
	const struct seen *seen;
	struct state_pos pos, first;
	u64 asset;
};

struct fold {
	struct arena *a;
	struct serve *s;
	struct utc recorded;
	struct map assets;		/* "7" -> struct live */
	struct map keys;		/* "network type value" -> struct key_claims */
	struct map leases;		/* network -> u32 * */
	vec(struct claim) changed;
	vec(struct pending) pending;
	u64 next_asset;
	struct str zone;
};

static const char *const key_names[] = { [KEY_SERIAL] = "serial", [KEY_ID] = "id", [KEY_MAC] = "mac",
	[KEY_HOSTKEY] = "hostkey", [KEY_CERT] = "cert", [KEY_IP] = "ip", [KEY_NAME] = "name" };

/* ---- claims in the store: what the columns do not hold stands in `bound` as JSON ---- */

static struct str claim_words(struct arena *a, const struct claim *c)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_key(&w, S("bound"));
	jw_arr(&w);
	for (size_t i = 0; i < c->nbound; i++) {
		jw_str(&w, c->bound[i]);
	}
	jw_end(&w);
	jw_kint(&w, "end", (i64)c->end);
	jw_kint(&w, "last", c->last.ms);
	jw_kint(&w, "lease", c->lease_ms);
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

static int claim_of(struct arena *a, const struct store_claim *row, struct claim *ret)
{
	const struct json *v, *bound;
	i64 end, last, lease;
	int type = str_index(row->type, key_names, countof(key_names)), r;

	if ((r = json_parse(a, row->bound, &v, NULL)) != 0 || (r = json_get_int(v, S("end"), &end)) != 0 ||
	    (r = json_get_int(v, S("last"), &last)) != 0 || (r = json_get_int(v, S("lease"), &lease)) != 0) {
		return ERR_INTEGRITY;
	}
	bound = json_get(v, S("bound"));
	if (type < 0 || bound == NULL || bound->type != JSON_ARR || bound->arr.n > CLAIM_BOUND_MAX || end < 0 ||
	    end >= CLAIM_END_COUNT) {
		return ERR_INTEGRITY;
	}
	*ret = (struct claim){ .asset = row->asset, .network = row->network, .type = (enum fact_key_type)type,
		.value = row->value, .strength = (enum claim_strength)row->strength, .since = row->since,
		.until = row->until, .last = { last }, .lease_ms = (u32)lease, .end = (enum claim_end)end,
		.nbound = bound->arr.n };
	for (size_t i = 0; i < bound->arr.n; i++) {
		ret->bound[i] = bound->arr.p[i].s;
	}
	return 0;
}

static bool same_claim(const struct claim *x, const struct claim *y)
{
	return x->asset == y->asset && x->type == y->type && x->since.ms == y->since.ms &&
		str_eq(x->network, y->network) && str_eq(x->value, y->value);
}

/* ---- loading ---- */

static struct str id_key(struct arena *a, u64 id)
{
	return str_printf(a, "%ju", (uintmax_t)id);
}

static int load_asset(struct fold *f, u64 id, struct live **ret)
{
	struct live *l = map_get(&f->assets, id_key(f->a, id));
	const struct claim *claims;
	size_t n;
	int r;

	if (l != NULL) {
		*ret = l;
		return 0;
	}
	l = arena_alloc(f->a, sizeof *l);
	l->id = id;
	if ((r = serve_state(f->s, f->a, id, &l->st, &l->row)) == ERR_NOTFOUND) {
		l->st = state_new(f->a);
		l->row = (struct store_asset){ .id = id, .zone = f->zone };
	} else if (r != 0) {
		return r;
	}
	claims = state_claims(l->st, &n);
	for (size_t i = 0; i < n; i++) {
		*vec_add(f->a, &l->claims) = claims[i];
	}
	*map_put(f->a, &f->assets, id_key(f->a, id), NULL) = l;
	*ret = l;
	return 0;
}

static int by_since(const struct claim *x, const struct claim *y)
{
	return x->since.ms < y->since.ms ? -1 : x->since.ms > y->since.ms;
}

static int load_key(struct fold *f, struct str network, enum fact_key_type type, struct str value, struct key_claims **ret)
{
	struct str key = str_printf(f->a, "%.*s %s %.*s", STRF(network), key_names[type], STRF(value));
	struct key_claims *k = map_get(&f->keys, key);
	struct store_claim *rows;
	size_t n;
	int r;

	if (k != NULL) {
		*ret = k;
		return 0;
	}
	if ((r = store_find_key(f->s->st, f->a, network, str_z(key_names[type]), value, &rows, &n)) != 0) {
		return r;
	}
	k = arena_alloc(f->a, sizeof *k);
	for (size_t i = 0; i < n; i++) {
		struct claim c;
		size_t at;

		if ((r = claim_of(f->a, &rows[i], &c)) != 0) {
			return r;
		}
		(void)vec_add(f->a, &k->v);
		for (at = k->v.n - 1; at > 0 && by_since(&k->v.p[at - 1], &c) > 0; at--) {
			k->v.p[at] = k->v.p[at - 1];
		}
		k->v.p[at] = c;
	}
	*map_put(f->a, &f->keys, key, NULL) = k;
	*ret = k;
	return 0;
}

/* How long a lease of this network holds unseen: the network's own word, else 0 = the default. */
static u32 lease_of(struct fold *f, struct str network)
{
	u32 *known = map_get(&f->leases, network);
	struct store_object o;
	const struct json *v;
	i64 seconds;

	if (known == NULL) {
		known = arena_alloc(f->a, sizeof *known);
		if (store_get_object(f->s->st, f->a, S("network"), network, &o) == 0 &&
		    json_parse(f->a, o.body, &v, NULL) == 0 && json_get_int(v, S("lease"), &seconds) == 0 && seconds > 0 &&
		    seconds < 4000000) {
			*known = (u32)seconds * 1000;
		}
		*map_put(f->a, &f->leases, network, NULL) = known;
	}
	return *known;
}

/* ---- what identity_resolve asks ---- */

static int look_claims(void *ctx, struct str network, enum fact_key_type type, struct str value, const struct claim **ret,
	size_t *ret_n)
{
	struct key_claims *k;
	int r = load_key(ctx, network, type, value, &k);

	if (r == 0) {
		*ret = k->v.p;
		*ret_n = k->v.n;
	}
	return r;
}

static int look_firm(void *ctx, u64 root, struct str network, enum fact_key_type type, struct claim *ret)
{
	struct fold *f = ctx;
	struct live *l;
	int r = load_asset(f, root, &l);

	for (size_t i = 0; r == 0 && i < l->claims.n; i++) {
		const struct claim *c = &l->claims.p[i];

		if (c->type == type && (type == KEY_MAC ? c->strength == CLAIM_LOCAL && str_eq(c->network, network) :
		    c->strength == CLAIM_FIRM)) {
			*ret = *c;
			return 0;
		}
	}
	return r != 0 ? r : ERR_NOTFOUND;
}

static u64 look_root(void *ctx, u64 asset)
{
	struct fold *f = ctx;

	return identity_root(f->s->edges, asset);
}

static bool look_forbidden(void *ctx, u64 x, u64 y)
{
	struct fold *f = ctx;

	return identity_forbidden(f->s->edges, x, y);
}

/* ---- changing ---- */

struct fold *fold_new(struct arena *a, struct serve *s, struct utc recorded)
{
	struct fold *f = arena_alloc(a, sizeof *f);

	*f = (struct fold){ .a = a, .s = s, .recorded = recorded };
	return f;
}

/* The claim as it is now replaces what it was, wherever it stands. */
static int change_claim(struct fold *f, const struct claim *c)
{
	struct key_claims *k;
	struct live *l;
	size_t i;
	int r;

	if ((r = load_key(f, c->network, c->type, c->value, &k)) != 0 ||
	    (r = load_asset(f, identity_root(f->s->edges, c->asset), &l)) != 0) {
		return r;
	}
	for (i = 0; i < k->v.n && !same_claim(&k->v.p[i], c); i++) {
	}
	*(i < k->v.n ? &k->v.p[i] : vec_add(f->a, &k->v)) = *c;
	for (i = 0; i < l->claims.n && !same_claim(&l->claims.p[i], c); i++) {
	}
	*(i < l->claims.n ? &l->claims.p[i] : vec_add(f->a, &l->claims)) = *c;
	l->claims_changed = true;
	for (i = 0; i < f->changed.n && !same_claim(&f->changed.p[i], c); i++) {
	}
	*(i < f->changed.n ? &f->changed.p[i] : vec_add(f->a, &f->changed)) = *c;
	return 0;
}

int fold_fact(struct fold *f, const struct fact *fact, const struct seen *seen, struct state_pos pos, u64 *ret_asset,
	bool *ret_again, struct state_pos *ret_first)
{
	struct identity_look look = { .ctx = f, .claims = look_claims, .firm = look_firm, .root = look_root,
		.forbidden = look_forbidden };
	struct identity_result res;
	struct live *l;
	int r;

	if (f->next_asset == 0 && (r = store_next_asset(f->s->st, &f->next_asset)) != 0) {
		return r;
	}
	look.next_asset = f->next_asset;
	r = identity_resolve(f->a, &look, fact, seen, f->recorded, lease_of(f, fact->network), &res);
	if (r != 0) {
		return r;
	}
	f->next_asset += res.created ? 1 : 0;
	for (size_t i = 0; i < res.nchanges; i++) {
		if ((r = change_claim(f, &res.changes[i].claim)) != 0) {
			return r;
		}
	}
	for (size_t i = 0; i < res.nmerges; i++) {
		struct identity_edge e = { .a = res.merges[i].into, .b = res.merges[i].from, .seq = pos.seq };

		if (!res.merges[i].conflict && (r = fold_edge(f, &e)) != 0) {
			return r;
		}
	}
	if ((r = load_asset(f, res.asset, &l)) != 0) {
		return r;
	}
	*ret_asset = res.asset;
	*ret_again = state_find(l->st, fact, ret_first) == 0;
	*vec_add(f->a, &f->pending) = (struct pending){ .fact = fact, .seen = seen, .pos = pos,
		.first = *ret_again ? *ret_first : pos, .asset = res.asset };
	return state_fold(l->st, fact, seen, f->recorded, pos, *ret_again ? *ret_first : pos);
}

/* The fact a further sighting names, without what is erased in this very commit: the store still holds that. */
static int first_item(struct fold *f, const struct item *again, const struct store_part *erase, size_t nerase, struct item *ret)
{
	struct store_items g, left;
	struct item *items;
	int r = store_get_item(f->s->st, f->a, again->again_seq, again->again_index, &g);

	if (r != 0) {
		return r;
	}
	left = g;
	items = arena_alloc(f->a, g.n * sizeof *items);
	if ((nerase != 0 && (r = items_forget(f->a, &g, erase, nerase, &left)) != 0) ||
	    (r = items_read(f->s, f->a, &left, items)) != 0) {
		return r;
	}
	*ret = items[again->again_index - g.first];
	return 0;
}

/* Every fact ever recorded for one asset number, folded into st in ledger order. */
static int fold_items(struct fold *f, u64 asset, struct state *st, const struct store_part *erase, size_t nerase)
{
	u64 from = 0;
	int r;

	for (;;) {
		struct store_items *groups;
		size_t n;

		if ((r = items_page(f->s, f->a, asset, &from, &groups, &n)) != 0 || n == 0) {
			return r;
		}
		for (size_t i = 0; i < n; i++) {
			struct store_items g = groups[i];
			struct item *items = arena_alloc(f->a, g.n * sizeof *items);
			struct store_entry *e;
			size_t ne;

			if ((nerase != 0 && (r = items_forget(f->a, &groups[i], erase, nerase, &g)) != 0) ||
			    (r = items_read(f->s, f->a, &g, items)) != 0 ||
			    (r = store_get_entries(f->s->st, f->a, g.seq, 1, &e, &ne)) != 0) {
				return r;
			}
			for (u32 k = 0; ne == 1 && k < g.n; k++) {
				struct item *it = &items[k];
				struct state_pos pos = { g.seq, g.first + k }, first_pos = pos;

				if (it->type == ITEM_AGAIN) {
					struct item first;

					if ((r = first_item(f, it, erase, nerase, &first)) != 0) {
						return r;
					}
					first_pos = (struct state_pos){ it->again_seq, it->again_index };
					it->fact = first.fact;
					it->type = first.type == ITEM_FACT ? ITEM_FACT : ITEM_ERASED;
				}
				if (it->type == ITEM_FACT && (r = state_fold(st, &it->fact, &it->seen, e->at, pos, first_pos)) != 0) {
					return r;
				}
			}
		}
	}
}

int fold_again(struct fold *f, u64 asset, const struct store_part *erase, size_t nerase)
{
	struct live *l;
	u64 *members;
	size_t n;
	int r = load_asset(f, asset, &l);

	if (r != 0) {
		return r;
	}
	l->st = state_new(f->a);
	l->claims_changed = true;
	n = identity_members(f->a, f->s->edges, asset, &members);
	for (size_t i = 0; i < n; i++) {
		if ((r = fold_items(f, members[i], l->st, erase, nerase)) != 0) {
			return r;
		}
	}
	/* What this commit folded before a merge in it. */
	for (size_t i = 0; i < f->pending.n; i++) {
		const struct pending *p = &f->pending.p[i];

		if (identity_root(f->s->edges, p->asset) == identity_root(f->s->edges, asset) &&
		    (r = state_fold(l->st, p->fact, p->seen, f->recorded, p->pos, p->first)) != 0) {
			return r;
		}
	}
	return 0;
}

int fold_edge(struct fold *f, const struct identity_edge *e)
{
	struct live *into, *from;
	int r;

	if ((r = load_asset(f, e->a, &into)) != 0 || (r = load_asset(f, e->b, &from)) != 0) {
		return r;
	}
	identity_edges_add(f->s->edges, e);
	for (size_t i = 0; i < from->claims.n; i++) {
		*vec_add(f->a, &into->claims) = from->claims.p[i];
	}
	from->claims.n = 0;
	from->merged_into = into->id;
	return fold_again(f, into->id, NULL, 0);
}

/* ---- handing over ---- */

static struct str first_text(const struct state *st, const char *kind, const char *field, struct utc now)
{
	const struct kind *k = kind_latest(str_z(kind));
	struct state_cursor c = state_values(st, k, now);
	struct state_value v;

	while (k != NULL && state_next(&c, &v)) {
		const struct state_field *f = state_field(&v, str_z(field));

		if (f != NULL && v.with == STATE_CURRENT && f->with == STATE_CURRENT) {
			return f->v.s;
		}
	}
	return S("");
}

/* The columns of the first page of `asset ls`. */
static void describe(struct fold *f, struct live *l, u64 seq)
{
	struct buf addrs = buf_new(f->a, 0);
	struct state_addr ad;
	struct str network = S("");

	state_network(l->st, 0, &network);
	l->row.seq = seq;
	l->row.network = network;
	l->row.merged_into = l->merged_into;
	l->row.name = first_text(l->st, "name", "name", f->recorded);
	l->row.class = first_text(l->st, "component", "class", f->recorded);
	l->row.vendor = first_text(l->st, "hardware", "vendor", f->recorded);
	for (size_t i = 0; state_addr(l->st, i, f->recorded, &ad); i++) {
		l->row.last_seen = ad.last.ms > l->row.last_seen.ms ? ad.last : l->row.last_seen;
		if (ad.with == STATE_CURRENT) {
			buf_printf(&addrs, "%s%.*s", addrs.n == 0 ? "" : " ", STRF(ad.addr));
		}
	}
	for (size_t i = 0; i < l->claims.n; i++) {
		struct utc last = l->claims.p[i].last;

		l->row.last_seen = last.ms > l->row.last_seen.ms ? last : l->row.last_seen;
	}
	l->row.text[0] = buf_view(&addrs);
	l->row.text[1] = first_text(l->st, "hardware", "model", f->recorded);
	for (size_t i = 2; i < countof(l->row.text); i++) {
		l->row.text[i] = S("");
	}
}

static int judge(struct fold *f, const struct live *l, u64 size, struct serve_verdicts *ret)
{
	struct store_verdict was = { 0 };
	int r = store_get_verdict(f->s->st, f->a, l->id, &was);

	*ret = (struct serve_verdicts){ 0 };
	if (r != 0 && r != ERR_NOTFOUND) {
		return r;
	}
	return f->s->parts->judge == NULL ? 0 :
		f->s->parts->judge(f->s->ctx, f->a, l->id, l->st, f->recorded, size, was.body, ret);
}

static struct utc earlier(struct utc x, struct utc y)
{
	return x.ms == 0 ? y : y.ms == 0 || x.ms < y.ms ? x : y;
}

int fold_finish(struct fold *f, u64 seq, u64 size, struct str zone, struct store_batch *b)
{
	size_t n = f->assets.n;
	struct store_asset *rows = arena_alloc(f->a, n * sizeof *rows);
	struct store_expiry *due = arena_alloc(f->a, n * sizeof *due);
	struct store_verdict *verdicts = arena_alloc(f->a, n * sizeof *verdicts);
	struct store_claim *claims = arena_alloc(f->a, f->changed.n * sizeof *claims);
	vec(struct store_change) changes = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct live *l = f->assets.items[i].value;
		struct buf body = buf_new(f->a, 0);
		struct serve_verdicts v;
		int r;

		l->row.zone = l->row.zone.n == 0 ? zone : l->row.zone;
		state_set_claims(l->st, l->claims.p, l->claims.n);
		describe(f, l, seq);
		state_encode(&body, l->st);
		if ((r = buf_done(&body)) != 0 || (r = judge(f, l, size, &v)) != 0) {
			return r;
		}
		l->row.state = buf_view(&body);
		rows[i] = l->row;
		due[i] = (struct store_expiry){ .asset = l->id,
			.at = earlier(state_expire_next(l->st, f->recorded), v.next) };
		verdicts[i] = (struct store_verdict){ .asset = l->id, .seq = size, .body = v.body };
		for (size_t k = 0; k < v.nchanges; k++) {
			struct store_change *c = vec_add(f->a, &changes);

			*c = v.changes[k];
			c->asset = l->id;
			c->seq = seq;
			c->at = f->recorded;
		}
	}
	for (size_t i = 0; i < f->changed.n; i++) {
		const struct claim *c = &f->changed.p[i];

		claims[i] = (struct store_claim){ .network = c->network, .type = str_z(key_names[c->type]), .value = c->value,
			.asset = c->asset, .strength = c->strength, .since = c->since, .until = c->until,
			.bound = claim_words(f->a, c) };
	}
	b->assets = rows;
	b->nassets = n;
	b->expiry = due;
	b->nexpiry = n;
	b->verdicts = verdicts;
	b->nverdicts = n;
	b->changes = changes.p;
	b->nchanges = changes.n;
	b->claims = claims;
	b->nclaims = f->changed.n;
	return 0;
}
