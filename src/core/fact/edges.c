/* Merges and splits as data: which asset numbers are one asset. The last edge of a pair counts. The answers come
 * from a union-find by number, built again at the first question after a change. */
#include "core/fact/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct identity_edges {
	struct arena *a;
	vec(struct identity_edge) all;	/* a < b, in ledger order */
	u64 *parent;			/* [0 .. size-1]; a root is its own parent */
	u64 size;
	const struct identity_edge *forbids;
	size_t nforbids;
	bool dirty;
};

struct identity_edges *identity_edges_new(struct arena *a)
{
	struct identity_edges *e = arena_alloc(a, sizeof *e);

	e->a = a;
	return e;
}

void identity_edges_add(struct identity_edges *e, const struct identity_edge *edge)
{
	struct identity_edge x = *edge;

	must(x.a != x.b && x.a != 0 && x.b != 0 && x.a < UINT32_MAX && x.b < UINT32_MAX);
	if (x.a > x.b) {
		x.a = edge->b;
		x.b = edge->a;
	}
	*vec_add(e->a, &e->all) = x;
	e->dirty = true;
}

static u64 find(u64 *parent, u64 x)
{
	while (parent[x] != x) {
		parent[x] = parent[parent[x]];
		x = parent[x];
	}
	return x;
}

struct ordered {
	struct identity_edge edge;
	size_t at;
};

static int by_pair(const void *px, const void *py)
{
	const struct ordered *x = px, *y = py;

	if (x->edge.a != y->edge.a)
		return x->edge.a < y->edge.a ? -1 : 1;
	if (x->edge.b != y->edge.b)
		return x->edge.b < y->edge.b ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void rebuild(struct identity_edges *e)
{
	struct arena *tmp = arena_new(NULL, 0);
	struct ordered *o = arena_alloc(tmp, e->all.n * sizeof *o + 1);
	vec(struct identity_edge) forbids = {0};
	u64 size = 0;

	for (size_t i = 0; i < e->all.n; i++) {
		o[i] = (struct ordered){ .edge = e->all.p[i], .at = i };
		if (e->all.p[i].b >= size)
			size = e->all.p[i].b + 1;
	}
	qsort(o, e->all.n, sizeof *o, by_pair);
	must(size < SIZE_MAX / (2 * sizeof *e->parent));	/* assets are counted in memory; only 32 bits come near */
	if (size > e->size)
		e->parent = arena_alloc(e->a, (size_t)size * 2 * sizeof *e->parent);	/* room to grow: not once a merge */
	if (size > e->size)
		e->size = size * 2;
	for (u64 i = 0; i < e->size; i++)
		e->parent[i] = i;
	for (size_t i = 0; i < e->all.n; i++) {
		const struct identity_edge *x = &o[i].edge;
		u64 p, q;

		if (i + 1 < e->all.n && o[i + 1].edge.a == x->a && o[i + 1].edge.b == x->b)
			continue;	/* a later word on the same pair follows */
		if (x->forbid) {
			*vec_add(e->a, &forbids) = *x;
			continue;
		}
		p = find(e->parent, x->a);
		q = find(e->parent, x->b);
		e->parent[p < q ? q : p] = p < q ? p : q;
	}
	e->forbids = forbids.p;
	e->nforbids = forbids.n;
	e->dirty = false;
	arena_free(tmp);
}

u64 identity_root(struct identity_edges *e, u64 asset)
{
	if (e->dirty)
		rebuild(e);
	return asset < e->size ? find(e->parent, asset) : asset;
}

bool identity_forbidden(struct identity_edges *e, u64 x, u64 y)
{
	u64 rx = identity_root(e, x), ry = identity_root(e, y);

	for (size_t i = 0; i < e->nforbids; i++) {
		u64 p = identity_root(e, e->forbids[i].a), q = identity_root(e, e->forbids[i].b);

		if ((p == rx && q == ry) || (p == ry && q == rx))
			return true;
	}
	return false;
}

size_t identity_members(struct arena *a, struct identity_edges *e, u64 asset, u64 **ret)
{
	u64 root = identity_root(e, asset);
	vec(u64) out = {0};

	for (u64 i = 0; i < e->size; i++)
		if (find(e->parent, i) == root)
			*vec_add(a, &out) = i;
	if (out.n == 0)
		*vec_add(a, &out) = asset;
	*ret = out.p;
	return out.n;
}
