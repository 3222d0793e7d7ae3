/* The view over several subjects (ARCHITECTURE 4.2): who holds a value that should be one device's own, such as a host key.
 *
 * The store's table `shared` has a row for each asset and each such value its current state holds; it follows from the states and is
 * written with them. Whoever judges a state is given the others that hold what it holds (state_set_peers). A verdict needs to know
 * that there is another, and one place where it was seen; so the first few holders by number speak for all, and when these few change,
 * all holders are looked at again, by the queue of what is due: in portions, since a default key may be on every camera there is. */
#include "core/serve/serve_int.h"

#include "base/err.h"
#include "core/fact/identity.h"

#define SPEAK 4		/* holders that stand for all */
#define NAMED 16	/* holders named to a reader */

struct held {
	const struct kind *kind;
	const struct kind_field *field;
	struct str name;		/* "key.fingerprint" */
	struct str value;
	struct state_pos fact;
};
typedef vec(struct held) held_list;

static bool holds(const held_list *l, struct str name, struct str value)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->p[i].name, name) && str_eq(l->p[i].value, value)) {
			return true;
		}
	}
	return false;
}

static void find_in(struct arena *a, const struct state *st, const struct kind *k, const struct kind_field *def, struct utc now,
	held_list *ret)
{
	struct state_cursor c = state_values(st, k, now);
	struct state_value v;
	struct str name = { 0 };

	while (state_next(&c, &v)) {
		const struct state_field *f = state_field(&v, str_z(def->name));

		if (v.with != STATE_CURRENT || f == NULL) {
			continue;
		}
		if (name.p == NULL) {
			name = str_printf(a, "%s.%s", k->name, def->name);
		}
		if (!holds(ret, name, f->v.s)) {
			*vec_add(a, ret) = (struct held){ .kind = k, .field = def, .name = name, .value = f->v.s, .fact = f->stamp->fact };
		}
	}
}

/* Every value of a shared field that the state holds for sure, each once. */
static void find_held(struct arena *a, const struct state *st, struct utc now, held_list *ret)
{
	for (size_t k = 0; k < kind_count; k++) {
		for (size_t i = 0; i < kinds[k].n; i++) {
			if (kinds[k].fields[i].shared) {
				find_in(a, st, &kinds[k], &kinds[k].fields[i], now, ret);
			}
		}
	}
}

/* ---- are they two? ---- */

static bool has_local_mac(const struct state *st, struct str network)
{
	size_t n;
	const struct claim *c = state_claims(st, &n);

	for (size_t i = 0; i < n; i++) {
		if (c[i].type == KEY_MAC && c[i].strength == CLAIM_LOCAL && str_eq(c[i].network, network)) {
			return true;
		}
	}
	return false;
}

/* Both hold serial numbers, and none in common. */
static bool serials_differ(const struct state *x, const struct state *y)
{
	size_t nx, ny;
	const struct claim *cx = state_claims(x, &nx), *cy = state_claims(y, &ny);
	bool both = false;

	for (size_t i = 0; i < nx; i++) {
		for (size_t k = 0; cx[i].type == KEY_SERIAL && k < ny; k++) {
			if (cy[k].type == KEY_SERIAL && str_eq(cx[i].value, cy[k].value)) {
				return false;
			}
			both = both || cy[k].type == KEY_SERIAL;
		}
	}
	return both;
}

/* Both answered on the sensor's segment in one run, each with a MAC of its own: a MAC that only one asset holds, or they were one. */
static bool seen_together(const struct state *x, const struct state *y, struct utc now)
{
	const struct kind *address = kind_latest(S("address"));
	struct state_cursor cx = state_values(x, address, now);
	struct state_value vx, vy;

	while (state_next(&cx, &vx)) {
		struct state_cursor cy = state_values(y, address, now);

		if (vx.vantage != 1 || vx.stamp->run == 0 || !has_local_mac(x, vx.network)) {
			continue;
		}
		while (state_next(&cy, &vy)) {
			if (vy.vantage == 1 && vy.stamp->run == vx.stamp->run && str_eq(vy.network, vx.network) &&
			    has_local_mac(y, vy.network)) {
				return true;
			}
		}
	}
	return false;
}

static int are_apart(struct serve *s, struct arena *a, u64 asset, const struct state *st, u64 other, struct utc now, bool *ret)
{
	struct store_asset row;
	struct state *theirs;
	int r = 0;

	if (identity_forbidden(s->edges, asset, other)) {
		*ret = true;
	} else if ((r = serve_packed(s, a, other, &theirs, &row)) == 0) {
		*ret = serials_differ(st, theirs) || seen_together(st, theirs, now);
	}
	return r;
}

/* ---- for who judges ---- */

int shared_peers(struct serve *s, struct arena *a, u64 asset, struct state *st, struct utc now)
{
	vec(struct state_peer) peers = { 0 };
	struct store_shared *by;
	held_list held = { 0 };
	size_t n;
	int r = 0;

	find_held(a, st, now, &held);
	for (size_t i = 0; r == 0 && i < held.n; i++) {
		const struct held *h = &held.p[i];

		r = store_shared_by(s->st, a, h->name, h->value, 0, SPEAK, &by, &n);
		for (size_t k = 0; r == 0 && k < n; k++) {
			struct state_peer p = { .kind = h->kind, .field = h->field, .value = h->value, .asset = by[k].asset,
				.fact = { by[k].seq, by[k].idx } };

			if (by[k].asset != asset && (r = are_apart(s, a, asset, st, by[k].asset, now, &p.apart)) == 0) {
				*vec_add(a, &peers) = p;
			}
		}
	}
	if (r == 0) {
		state_set_peers(st, peers.p, peers.n);
	}
	return r;
}

/* ---- for who reads ---- */

/* Others in zones of the caller by name, the rest as a number: that there are more is not hidden. */
int shared_send(struct serve *s, struct serve_reply *out, struct arena *a, u64 asset, const struct state *st)
{
	held_list held = { 0 };
	int r = 0;

	find_held(a, st, serve_now(s), &held);
	for (size_t i = 0; r == 0 && i < held.n; i++) {
		struct view_row row = view_row(VIEW_shared);
		struct str *names = arena_alloc(a, NAMED * sizeof *names);
		struct store_shared *by;
		size_t n, others = 0;
		u64 all;

		if ((r = store_shared_by(s->st, a, held.p[i].name, held.p[i].value, 0, NAMED + 1, &by, &n)) != 0 ||
		    (r = store_shared_count(s->st, held.p[i].name, held.p[i].value, &all)) != 0 || all < 2) {
			continue;
		}
		for (size_t k = 0; k < n && others < NAMED; k++) {
			if (by[k].asset != asset) {
				names[others++] = identity_text(a, by[k].asset);
			}
		}
		view_set_str(&row, VIEW_shared_field, held.p[i].name);
		view_set_str(&row, VIEW_shared_value, held.p[i].value);
		view_set_strs(&row, VIEW_shared_with, names, others);
		view_set_int(&row, VIEW_shared_more, (i64)(all - 1 - others));
		serve_row(out, &row);
	}
	return r;
}

/* ---- for who writes ---- */

/* Did this holder come or go among those that speak for the value? */
static int speaks(struct serve *s, struct arena *a, const struct store_shared *h, bool *ret)
{
	struct store_shared *by;
	size_t n;
	int r = store_shared_by(s->st, a, h->field, h->value, 0, SPEAK, &by, &n);

	if (r == 0) {
		*ret = n < SPEAK || h->asset <= by[n - 1].asset;
	}
	return r;
}

int shared_change(struct serve *s, struct arena *a, u64 asset, bool begun, const struct state *st, struct utc now,
	struct shared_rows *rows)
{
	struct store_shared *was = NULL;
	held_list held = { 0 };
	size_t nwas = 0, first = rows->n;
	bool look;
	int r = begun ? 0 : store_shared_of(s->st, a, asset, &was, &nwas);

	if (r != 0) {
		return r;
	}
	if (st != NULL) {
		find_held(a, st, now, &held);
	}
	for (size_t i = 0; i < nwas; i++) {
		if (!holds(&held, was[i].field, was[i].value)) {
			*vec_add(a, rows) = was[i];
			rows->p[rows->n - 1].remove = true;
		}
	}
	for (size_t i = 0; i < held.n; i++) {
		const struct held *h = &held.p[i];
		bool known = false;

		for (size_t k = 0; k < nwas; k++) {
			known = known || (str_eq(was[k].field, h->name) && str_eq(was[k].value, h->value));
		}
		if (!known) {
			*vec_add(a, rows) = (struct store_shared){ .field = h->name, .value = h->value, .asset = asset,
				.seq = h->fact.seq, .idx = h->fact.index };
		}
	}
	for (size_t i = first; i < rows->n; i++) {
		if ((r = speaks(s, a, &rows->p[i], &look)) != 0) {
			return r;
		}
		rows->p[i].look = look ? now : (struct utc){ 0 };
	}
	return 0;
}
