/* A person's split (ARCHITECTURE 4.2): keys leave an asset, and every fact goes with the strongest keys its subject names. The groups of
 * items that hold facts of both are cut, so that each asset's history stays what it is read from; a forbidding edge keeps the two
 * apart. Nothing in the log changes: a group is where an item is kept, not what was recorded. */
#include "core/serve/fold_int.h"

struct splitting {
	struct fold *f;
	struct live *from, *to;
	const struct fact_key *keys;
	size_t nkeys;
	vec(struct store_items) groups;		/* those that change hands, whole or in pieces */
};

static bool listed(const struct splitting *x, enum fact_key_type type, struct str value)
{
	for (size_t i = 0; i < x->nkeys; i++) {
		if (x->keys[i].type == type && str_eq(x->keys[i].value, value)) {
			return true;
		}
	}
	return false;
}

/* A fact goes with the strongest keys of its subject; what joins nothing does not count. */
static bool goes(const struct splitting *x, const struct fact *f)
{
	enum fact_key_type strongest = KEY_TYPE_COUNT;
	bool hit = false;

	for (size_t i = 0; i < f->nkeys; i++) {
		const struct fact_key *k = &f->keys[i];

		if (k->type == KEY_HOSTKEY || k->type == KEY_CERT || k->type > strongest) {
			continue;
		}
		hit = k->type < strongest ? listed(x, k->type, k->value) : hit || listed(x, k->type, k->value);
		strongest = k->type;
	}
	return hit;
}

/* Whom each item of a group belongs to from now on. Evidence belongs to the fact that follows it; what is erased stays where it was. */
static int assign(struct splitting *x, const struct store_items *g, const struct item *items, u64 *asset)
{
	int r;

	for (u32 i = g->n; i-- > 0;) {
		struct item first = items[i];

		asset[i] = items[i].type == ITEM_EVIDENCE && i + 1 < g->n ? asset[i + 1] : g->asset;
		if (items[i].type == ITEM_AGAIN && (r = fold_first(x->f, &items[i], NULL, 0, &first)) != 0) {
			return r;
		}
		if (first.type == ITEM_FACT) {
			asset[i] = goes(x, &first.fact) ? x->to->id : g->asset == x->to->id ? x->from->id : g->asset;
		}
	}
	return 0;
}

/* The group in as many pieces as it has owners in a row. */
static int cut_group(struct splitting *x, const struct store_items *g, const u64 *asset)
{
	struct rd rd = rd_str(g->body);
	u32 part = 0;

	for (u32 i = 0; i < g->n;) {
		struct store_items *piece = vec_add(x->f->a, &x->groups);
		struct buf body = buf_new(x->f->a, 0);
		u32 from = part;

		*piece = (struct store_items){ .seq = g->seq, .first = g->first + i, .asset = asset[i], .zone = g->zone,
			.part = g->part + part };
		for (; i < g->n && asset[i] == piece->asset; i++, piece->n++) {
			struct packed p;

			if (unpack_item(x->f->a, &rd, &p) != 0) {
				return ERR_INTEGRITY;
			}
			pack_item(&body, &p);
			part += (u32)p.parts.n;
		}
		if (part * sizeof(struct salt) > g->salts.n) {
			return ERR_INTEGRITY;
		}
		piece->salts = str_sub(g->salts, from * sizeof(struct salt), (part - from) * sizeof(struct salt));
		piece->body = buf_view(&body);
	}
	return 0;
}

static int split_group(struct splitting *x, const struct store_items *g)
{
	struct item *items = arena_alloc(x->f->a, g->n * sizeof *items);
	u64 *asset = arena_alloc(x->f->a, g->n * sizeof *asset);
	struct store_entry *e;
	bool changes = false;
	size_t ne;
	int r;

	if ((r = items_read(x->f->a, g, items)) != 0 || (r = assign(x, g, items, asset)) != 0 ||
	    (r = store_get_entries(x->f->s->st, x->f->a, g->seq, 1, &e, &ne)) != 0) {
		return r;
	}
	for (u32 i = 0; ne == 1 && i < g->n; i++) {
		struct live *l = asset[i] == x->to->id ? x->to : x->from;

		changes = changes || asset[i] != g->asset;
		if ((r = fold_item(x->f, l->st, &items[i], e->at, (struct state_pos){ g->seq, g->first + i }, NULL, 0)) != 0) {
			return r;
		}
	}
	return ne != 1 ? ERR_INTEGRITY : changes ? cut_group(x, g, asset) : 0;
}

/* The number that was merged into this asset and held exactly these keys: splitting them gives it back. 0: there is none. */
static u64 merged_number(const struct splitting *x)
{
	const struct claims *c = &x->from->claims;
	u64 number = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (listed(x, c->p[i].type, c->p[i].value) && c->p[i].until.ms == 0) {
			if (number != 0 && number != c->p[i].asset) {
				return 0;
			}
			number = c->p[i].asset;
		}
	}
	for (size_t i = 0; i < c->n; i++) {
		if (c->p[i].asset == number && c->p[i].until.ms == 0 && !listed(x, c->p[i].type, c->p[i].value)) {
			return 0;
		}
	}
	return number == x->from->id ? 0 : number;
}

/* Each key must be held by the asset, and something must be left to it. */
static int check_split(const struct splitting *x)
{
	const struct claims *c = &x->from->claims;
	bool left = false;

	for (size_t k = 0; k < x->nkeys; k++) {
		size_t i;

		for (i = 0; i < c->n && (c->p[i].until.ms != 0 || c->p[i].type != x->keys[k].type ||
		     !str_eq(c->p[i].value, x->keys[k].value)); i++) {
		}
		if (i == c->n) {
			return ERR_NOTFOUND;
		}
	}
	for (size_t i = 0; i < c->n; i++) {
		left = left || (c->p[i].until.ms == 0 && !listed(x, c->p[i].type, c->p[i].value));
	}
	return left && x->nkeys != 0 ? 0 : ERR_CONFLICT;
}

/* The claims move: as they were, back to the number that was merged, or ended here and begun there. */
static int move_claims(struct splitting *x, bool back)
{
	struct claims *c = &x->from->claims, mine = { 0 }, left = { 0 };
	struct claim_change *changes;
	size_t n;
	int r = 0;

	for (size_t i = 0; i < c->n; i++) {
		bool hit = back ? c->p[i].asset == x->to->id :
			c->p[i].until.ms == 0 && listed(x, c->p[i].type, c->p[i].value);

		*vec_add(x->f->a, hit ? &mine : &left) = c->p[i];
	}
	if (back) {
		x->to->claims = mine;
		x->from->claims = left;
		return 0;
	}
	identity_split(x->f->a, mine.p, mine.n, x->to->id, x->f->recorded, &changes, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = fold_claim(x->f, &changes[i]);
	}
	return r;
}

/* From now on nothing joins the two by itself. */
static void forbid(struct splitting *x, const u64 *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct identity_edge e = { .a = members[i], .b = x->to->id, .forbid = true };

		if (members[i] != x->to->id) {
			if (e.a > e.b) {
				e.a = x->to->id;
				e.b = members[i];
			}
			identity_edges_add(x->f->s->edges, &e);
			*vec_add(x->f->a, &x->f->edges) = e;
		}
	}
}

int fold_split(struct fold *f, u64 asset, const struct fact_key *keys, size_t nkeys, u64 *ret_to,
	const struct store_items **ret_groups, size_t *ret_n)
{
	struct splitting x = { .f = f, .keys = keys, .nkeys = nkeys };
	struct buf words = buf_new(f->a, 0);
	u64 *members, to;
	size_t n;
	int r;

	if ((r = fold_load(f, asset, &x.from)) != 0 || (r = check_split(&x)) != 0) {
		return r;
	}
	to = merged_number(&x);
	n = identity_members(f->a, f->s->edges, asset, &members);
	if ((to == 0 && (r = store_next_asset(f->s->st, ret_to)) != 0) ||
	    (r = fold_load(f, to == 0 ? *ret_to : to, &x.to)) != 0) {
		return r;
	}
	x.from->st = state_new(f->a);
	x.to->st = state_new(f->a);
	x.from->changed = x.to->changed = true;
	x.to->row.zone = x.from->row.zone;
	for (size_t m = 0; m < n; m++) {
		struct store_items *groups;
		size_t ngroups;

		for (u64 from = 0;;) {
			if ((r = items_page(f->s, f->a, members[m], &from, &groups, &ngroups)) != 0) {
				return r;
			}
			for (size_t i = 0; i < ngroups; i++) {
				if ((r = split_group(&x, &groups[i])) != 0) {
					return r;
				}
			}
			if (ngroups == 0) {
				break;
			}
		}
	}
	forbid(&x, members, n);
	if ((r = move_claims(&x, to != 0)) != 0) {
		return r;
	}
	for (size_t i = 0; i < nkeys; i++) {
		buf_printf(&words, "%s%.*s", i == 0 ? "" : " ", STRF(keys[i].text));
	}
	fold_tell(f, asset, "split", identity_text(f->a, asset), identity_text(f->a, x.to->id), buf_view(&words));
	fold_tell(f, x.to->id, "split", identity_text(f->a, asset), identity_text(f->a, x.to->id), buf_view(&words));
	*ret_to = x.to->id;
	*ret_groups = x.groups.p;
	*ret_n = x.groups.n;
	return buf_done(&words);
}

