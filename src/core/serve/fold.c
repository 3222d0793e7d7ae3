/* What one commit changes beyond the log: whom each fact is about (claims, merges) and what is now the case (states).
 *
 * Everything touched is loaded once, changed in memory, and handed to the store batch at the end, so that it becomes durable with the
 * entry or not at all. Facts are folded in item order: the view over assets depends on the order of the ledger and on nothing else. */
#include "core/serve/fold_int.h"

#include <string.h>

static bool same_key(const struct claim *x, const struct claim *y)
{
	return x->asset == y->asset && x->type == y->type && str_eq(x->network, y->network) && str_eq(x->value, y->value);
}

/* The claim that a change speaks of, named by what it was; else a new one. */
static struct claim *claim_slot(struct arena *a, struct claims *in, const struct claim_change *ch)
{
	for (size_t i = 0; i < in->n; i++) {
		if (in->p[i].since.ms == ch->since.ms && same_key(&in->p[i], &ch->claim)) {
			return &in->p[i];
		}
	}
	return vec_add(a, in);
}

/* ---- loading ---- */

static struct str id_key(const u64 *id)
{
	return str_of(id, sizeof *id);
}

int fold_load(struct fold *f, u64 id, struct live **ret)
{
	struct live *l = f->last != NULL && f->last->id == id ? f->last : map_get(&f->assets, id_key(&id));
	const struct claim *claims;
	size_t n;
	int r;

	if (l != NULL) {
		*ret = f->last = l;
		return 0;
	}
	l = arena_alloc(f->a, sizeof *l);
	l->id = id;
	l->begun = f->first_new != 0 && id >= f->first_new;
	if (l->begun || (r = serve_packed(f->s, f->a, id, &l->st, &l->row)) == ERR_NOTFOUND) {
		l->st = state_new(f->a);
		l->row = (struct store_asset){ .id = id, .zone = f->zone };
	} else if (r != 0) {
		return r;
	}
	claims = state_claims(l->st, &n);
	for (size_t i = 0; i < n; i++) {
		*vec_add(f->a, &l->claims) = claims[i];
	}
	*map_put(f->a, &f->assets, id_key(&l->id), NULL) = l;
	*ret = l;
	return 0;
}

static int load_key(struct fold *f, struct str network, enum fact_key_type type, struct str value,
	struct fold_recent **ret)
{
	struct fold_recent *x;
	struct str key;
	struct claims *k;
	int r;

	for (size_t i = 0; i < countof(f->recent); i++) {
		x = &f->recent[i];
		if (x->k != NULL && x->type == type && str_eq(x->value, value) && str_eq(x->network, network)) {
			*ret = x;
			return 0;
		}
	}
	key = claims_key(f->step, network, type, value);
	k = map_get(&f->keys, key);
	if (k == NULL) {
		k = arena_alloc(f->a, sizeof *k);
		if ((r = claims_of_key(f->s, f->a, network, type, value, k)) != 0) {
			return r;
		}
		*map_put(f->a, &f->keys, str_dup(f->a, key), NULL) = k;
	}
	x = &f->recent[f->next_recent++ % countof(f->recent)];
	*x = (struct fold_recent){ .network = str_dup(f->a, network), .value = str_dup(f->a, value), .type = type, .k = k };
	*ret = x;
	return 0;
}

/* How long a lease of this network holds unseen: the network's own word, else 0 = the default. */
static u32 lease_of(struct fold *f, struct str network)
{
	struct store_object o;
	const struct json *v;
	u32 *known;
	i64 seconds;

	if (f->lease_network.p != NULL && str_eq(f->lease_network, network)) {
		return f->lease_ms;
	}
	known = map_get(&f->leases, network);
	if (known == NULL) {
		known = arena_alloc(f->a, sizeof *known);
		if (store_get_object(f->s->st, f->a, S("network"), network, &o) == 0 &&
		    json_parse(f->a, o.body, &v, NULL) == 0 && json_get_int(v, S("lease"), &seconds) == 0 && seconds > 0 &&
		    seconds < 4000000) {
			*known = (u32)seconds * 1000;
		}
		*map_put(f->a, &f->leases, network, NULL) = known;
	}
	f->lease_network = network;
	f->lease_ms = *known;
	return *known;
}

/* ---- what identity_resolve asks ---- */

static int look_claims(void *ctx, struct str network, enum fact_key_type type, struct str value, const struct claim **ret,
	size_t *ret_n)
{
	struct fold_recent *x;
	int r = load_key(ctx, network, type, value, &x);

	if (r == 0) {
		*ret = x->k->p;
		*ret_n = x->k->n;
	}
	return r;
}

static int look_firm(void *ctx, u64 root, struct str network, enum fact_key_type type, struct claim *ret)
{
	struct fold *f = ctx;
	struct live *l;
	int r = fold_load(f, root, &l);

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

	*f = (struct fold){ .a = a, .s = s, .recorded = recorded, .step = arena_new(a, 0) };
	return f;
}

/* Keeps the claims of a key oldest first when one was widened back. */
static void sort_claims(struct claims *k)
{
	for (size_t i = 1; i < k->n; i++) {
		struct claim c = k->p[i];
		size_t at = i;

		for (; at > 0 && k->p[at - 1].since.ms > c.since.ms; at--) {
			k->p[at] = k->p[at - 1];
		}
		k->p[at] = c;
	}
}

static struct str asset_key(struct arena *a, struct str key, u64 asset)
{
	char *p = arena_alloc(a, key.n + sizeof asset);

	memcpy(p, key.p, key.n);
	memcpy(p + key.n, &asset, sizeof asset);
	return str_of(p, key.n + sizeof asset);
}

/* The claim as it is now replaces what it was, wherever it stands. */
int fold_claim(struct fold *f, const struct claim_change *ch)
{
	const struct claim *c = &ch->claim;
	struct fold_recent *x;
	struct live *l;
	struct str key;
	int r;

	if ((r = load_key(f, c->network, c->type, c->value, &x)) != 0 ||
	    (r = fold_load(f, identity_root(f->s->edges, c->asset), &l)) != 0) {
		return r;
	}
	*claim_slot(f->a, x->k, ch) = *c;
	sort_claims(x->k);
	*claim_slot(f->a, &l->claims, ch) = *c;
	l->changed = true;
	if (x->changed == c->asset) {
		return 0;
	}
	key = asset_key(f->step, claims_key(f->step, c->network, c->type, c->value), c->asset);
	if (map_get(&f->changed_keys, key) == NULL) {
		*map_put(f->a, &f->changed_keys, str_dup(f->a, key), NULL) = x->k;
		*vec_add(f->a, &f->changed) = *c;
	}
	x->changed = c->asset;
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

	if (f->next_asset == 0) {
		if ((r = store_next_asset(f->s->st, &f->next_asset)) != 0) {
			return r;
		}
		f->first_new = f->next_asset;
	}
	look.next_asset = f->next_asset;
	arena_reset(f->step);
	r = identity_resolve(f->step, &look, fact, seen, f->recorded, lease_of(f, fact->network), &res);
	if (r != 0) {
		return r;
	}
	f->next_asset += res.created ? 1 : 0;
	for (size_t i = 0; i < res.nchanges; i++) {
		if ((r = fold_claim(f, &res.changes[i])) != 0) {
			return r;
		}
	}
	for (size_t i = 0; i < res.nmerges; i++) {
		struct identity_edge e = { .a = res.merges[i].into, .b = res.merges[i].from, .seq = pos.seq };

		if (!res.merges[i].conflict && (r = fold_edge(f, &e, res.merges[i].key)) != 0) {
			return r;
		}
	}
	if ((r = fold_load(f, res.asset, &l)) != 0) {
		return r;
	}
	l->changed = true;
	*ret_asset = res.asset;
	*ret_again = state_find(l->st, fact, ret_first) == 0;
	*vec_add(f->a, &f->pending) = (struct pending){ .fact = fact, .seen = seen, .pos = pos,
		.first = *ret_again ? *ret_first : pos, .asset = res.asset };
	return state_fold(l->st, fact, seen, f->recorded, pos, *ret_again ? *ret_first : pos);
}

int fold_erased(struct fold *f, u64 asset, const struct fact *fact)
{
	struct live *l;
	int r;

	if (f->next_asset == 0 && (r = store_next_asset(f->s->st, &f->next_asset)) != 0) {
		return r;
	}
	if ((r = fold_load(f, asset, &l)) == 0) {
		f->next_asset = asset >= f->next_asset ? asset + 1 : f->next_asset;
		l->changed = true;
		state_erase(l->st, fact);
	}
	return r;
}

/* The fact a further sighting names, without what is erased in this very commit: the store still holds that. */
int fold_first(struct fold *f, const struct item *again, const struct store_part *erase, size_t nerase, struct item *ret)
{
	struct store_items g, left;
	int r;

	/* Sightings that follow each other name facts that follow each other: the group is read once for all of them. */
	if (f->first_items == NULL || f->first_erase != erase || again->again_seq != f->first_group.seq ||
	    again->again_index < f->first_group.first || again->again_index - f->first_group.first >= f->first_group.n) {
		struct item *items;

		if ((r = store_get_item(f->s->st, f->a, again->again_seq, again->again_index, &g)) != 0) {
			return r;
		}
		left = g;
		items = arena_alloc(f->a, g.n * sizeof *items);
		if ((nerase != 0 && (r = items_forget(f->a, &g, erase, nerase, &left)) != 0) ||
		    (r = items_read(f->a, &left, items)) != 0) {
			return r;
		}
		f->first_items = items;
		f->first_group = g;
		f->first_erase = erase;
	}
	*ret = f->first_items[again->again_index - f->first_group.first];
	return 0;
}

/* One item of the past; what was erased of it leaves its trace. */
int fold_item(struct fold *f, struct state *st, const struct item *it, struct utc recorded, struct state_pos pos,
	const struct store_part *erase, size_t nerase)
{
	struct state_pos first_pos = pos;
	struct item again;
	const struct item *first = it;
	int r;

	if (it->type == ITEM_AGAIN) {
		if ((r = fold_first(f, it, erase, nerase, &again)) != 0) {
			return r;
		}
		first_pos = (struct state_pos){ it->again_seq, it->again_index };
		first = &again;
	}
	if (first->type == ITEM_FACT) {
		if ((r = state_fold(st, &first->fact, &it->seen, recorded, pos, first_pos)) != 0) {
			return r;
		}
		if (first->nerased != 0) {
			state_erase(st, &first->fact);
		}
	} else if (first->type == ITEM_ERASED) {
		state_erase(st, NULL);
	}
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
			    (r = items_read(f->a, &g, items)) != 0 ||
			    (r = store_get_entries(f->s->st, f->a, g.seq, 1, &e, &ne)) != 0) {
				return r;
			}
			for (u32 k = 0; k < g.n; k++) {
				struct state_pos pos = { g.seq, g.first + k };

				if (ne != 1) {
					return ERR_INTEGRITY;
				}
				if ((r = fold_item(f, st, &items[k], e->at, pos, erase, nerase)) != 0) {
					return r;
				}
			}
		}
	}
}

static int fold_members(struct fold *f, u64 asset, struct state *st, const struct store_part *erase, size_t nerase)
{
	u64 *members;
	size_t n = identity_members(f->a, f->s->edges, asset, &members);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = fold_items(f, members[i], st, erase, nerase);
	}
	return r;
}

int fold_stored(struct serve *s, struct arena *a, u64 asset, struct state **ret)
{
	struct fold *f = fold_new(a, s, serve_now(s));
	struct state *st = state_new(a);
	struct claims claims;
	int r = fold_members(f, asset, st, NULL, 0);

	if (r == 0 && (r = claims_of_asset(s, a, asset, &claims)) == 0) {
		state_set_claims(st, claims.p, claims.n);
		*ret = st;
	}
	return r;
}

int fold_look(struct fold *f, u64 asset)
{
	struct live *l;
	int r = fold_load(f, identity_root(f->s->edges, asset), &l);

	if (r == 0) {
		l->changed = true;
	}
	return r;
}

int fold_again(struct fold *f, u64 asset, const struct store_part *erase, size_t nerase)
{
	struct live *l;
	int r = fold_load(f, asset, &l);

	if (r != 0) {
		return r;
	}
	l->st = state_new(f->a);
	l->changed = true;
	if ((r = fold_members(f, asset, l->st, erase, nerase)) != 0) {
		return r;
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

int fold_forget(struct fold *f, u64 asset, const u64 **ret, size_t *ret_n)
{
	struct claims all;
	struct live *l;
	u64 *members, *unsaid;
	size_t n = identity_members(f->a, f->s->edges, asset, &members);
	int r;

	if ((r = fold_load(f, asset, &l)) != 0 || (r = claims_of_asset(f->s, f->a, asset, &all)) != 0) {
		return r;
	}
	for (size_t i = 0; i < all.n; i++) {
		*vec_add(f->a, &f->gone) = all.p[i];
	}
	l->claims.n = 0;
	l->changed = true;
	l->row.last_seen = (struct utc){ 0 };
	unsaid = arena_alloc(f->a, (*ret_n + n) * sizeof *unsaid + 1);
	if (*ret_n != 0) {
		memcpy(unsaid, *ret, *ret_n * sizeof *unsaid);
	}
	memcpy(unsaid + *ret_n, members, n * sizeof *unsaid);
	*ret = unsaid;
	*ret_n += n;
	return 0;
}

void fold_tell(struct fold *f, u64 asset, const char *what, struct str was, struct str now, struct str reason)
{
	*vec_add(f->a, &f->changes) = (struct store_change){ .asset = asset, .measure = str_z(what), .was = was, .now = now,
		.reason = reason };
}

int fold_move(struct fold *f, u64 asset, struct str zone)
{
	struct live *l;
	int r = fold_load(f, asset, &l);

	if (r == 0) {
		fold_tell(f, asset, "zone", l->row.zone, zone, S("person"));
		l->row.zone = zone;
		l->changed = true;
	}
	return r;
}

int fold_edge(struct fold *f, const struct identity_edge *e, struct str reason)
{
	struct identity_edge x = *e;
	struct live *into, *from;
	int r;

	/* an edge joins what the two numbers are by now */
	x.a = identity_root(f->s->edges, e->a);
	x.b = identity_root(f->s->edges, e->b);
	if (x.a == x.b) {
		return 0;
	}
	if (x.a > x.b) {
		u64 low = x.b;

		x.b = x.a;
		x.a = low;
	}
	if ((r = fold_load(f, x.a, &into)) != 0 || (r = fold_load(f, x.b, &from)) != 0) {
		return r;
	}
	identity_edges_add(f->s->edges, &x);
	*vec_add(f->a, &f->edges) = x;
	for (size_t i = 0; i < from->claims.n; i++) {
		*vec_add(f->a, &into->claims) = from->claims.p[i];
	}
	from->claims.n = 0;
	from->merged_into = into->id;
	from->changed = true;
	from->st = state_new(f->a);
	fold_tell(f, into->id, "merge", identity_text(f->a, from->id), identity_text(f->a, into->id), reason);
	fold_tell(f, from->id, "merge", identity_text(f->a, from->id), identity_text(f->a, into->id), reason);
	return fold_again(f, into->id, NULL, 0);
}

size_t fold_edges(const struct fold *f, const struct identity_edge **ret)
{
	*ret = f->edges.p;
	return f->edges.n;
}

/* ---- handing over ---- */

/* The columns of the first page of `asset ls`. */
static void describe(struct fold *f, struct live *l, u64 seq)
{
	struct buf addrs = buf_new(f->a, 0);
	struct state_addr ad;
	struct str network = S("");

	state_network(l->st, 0, &network);
	l->row.seq = seq != 0 ? seq : l->row.seq;
	l->row.network = network;
	l->row.merged_into = l->merged_into;
	l->row.name = asset_text(l->st, "name", "name", f->recorded);
	l->row.class = asset_text(l->st, "category", "name", f->recorded);
	l->row.vendor = asset_text(l->st, "hardware", "vendor", f->recorded);
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
	l->row.text[1] = asset_text(l->st, "hardware", "model", f->recorded);
	l->row.text[2] = asset_ports_text(f->a, l->st, f->recorded);
	l->row.text[3] = asset_services_text(f->a, l->st, f->recorded);
}

static int judge(struct fold *f, const struct live *l, u64 size, struct serve_verdicts *ret)
{
	struct store_verdict was = { 0 };
	int r = l->begun ? ERR_NOTFOUND : store_get_verdict(f->s->st, f->a, l->id, &was);

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

/* One asset's row, verdicts and next look; *ret_due ms 0: none. */
static int finish_asset(struct fold *f, struct live *l, u64 seq, u64 size, struct str zone, struct serve_verdicts *ret,
	struct utc *ret_due)
{
	struct buf body = buf_new(f->a, 0);
	int r;

	l->row.zone = l->row.zone.n == 0 ? zone : l->row.zone;
	state_set_claims(l->st, l->claims.p, l->claims.n);
	describe(f, l, seq);
	state_encode(&body, l->st);
	if ((r = buf_done(&body)) != 0) {
		return r;
	}
	l->row.state = buf_view(&body);
	*ret = (struct serve_verdicts){ 0 };
	*ret_due = (struct utc){ 0 };
	if (l->merged_into != 0) {	/* its facts speak for the other now */
		return shared_change(f->s, f->a, l->id, l->begun, NULL, f->recorded, &f->shared);
	}
	if ((r = shared_change(f->s, f->a, l->id, l->begun, l->st, f->recorded, &f->shared)) != 0 ||
	    (r = shared_peers(f->s, f->a, l->id, l->st, f->recorded)) != 0) {
		return r;
	}
	if ((r = judge(f, l, size, ret)) == 0) {
		*ret_due = earlier(state_expire_next(l->st, f->recorded), ret->next);
	}
	return r;
}

int fold_finish(struct fold *f, u64 seq, u64 size, struct str zone, struct store_batch *b)
{
	struct store_asset *rows = arena_alloc(f->a, f->assets.n * sizeof *rows + 1);
	struct store_expiry *due = arena_alloc(f->a, f->assets.n * sizeof *due + 1);
	struct store_verdict *verdicts = arena_alloc(f->a, f->assets.n * sizeof *verdicts + 1);
	struct store_claim *claims = arena_alloc(f->a, (f->changed.n + f->gone.n) * sizeof *claims + 1);
	size_t n = 0;
	int r;

	for (size_t i = 0; i < f->assets.n; i++) {
		struct live *l = f->assets.items[i].value;
		struct serve_verdicts v;

		if (!l->changed) {
			continue;
		}
		due[n].asset = l->id;
		if ((r = finish_asset(f, l, seq, size, zone, &v, &due[n].at)) != 0) {
			return r;
		}
		rows[n] = l->row;
		verdicts[n++] = (struct store_verdict){ .asset = l->id, .seq = size, .body = v.body };
		for (size_t k = 0; k < v.nchanges; k++) {
			*vec_add(f->a, &f->changes) = v.changes[k];
			f->changes.p[f->changes.n - 1].asset = l->id;
		}
	}
	for (size_t i = 0; i < f->changes.n; i++) {
		f->changes.p[i].seq = seq != 0 ? seq : serve_size(f->s) - 1;	/* by time alone: what it was judged after */
		f->changes.p[i].at = f->recorded;
	}
	for (size_t i = 0; i < f->changed.n; i++) {
		const struct claim *c = &f->changed.p[i];
		struct fold_recent *x;

		if ((r = load_key(f, c->network, c->type, c->value, &x)) != 0) {
			return r;
		}
		claims[i] = claims_row(f->a, x->k->p, x->k->n, c);
	}
	for (size_t i = 0; i < f->gone.n; i++) {
		struct store_claim *c = &claims[f->changed.n + i];

		*c = claims_row(f->a, NULL, 0, &f->gone.p[i]);
		c->remove = true;
	}
	b->assets = rows;
	b->nassets = n;
	b->expiry = due;
	b->nexpiry = n;
	b->shared = f->shared.p;
	b->nshared = f->shared.n;
	b->verdicts = verdicts;
	b->nverdicts = n;
	b->changes = f->changes.p;
	b->nchanges = f->changes.n;
	b->claims = claims;
	b->nclaims = f->changed.n + f->gone.n;
	return 0;
}
