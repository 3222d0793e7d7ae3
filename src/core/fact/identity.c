/* From subject keys to an asset. See identity.h for the strengths; the order of work is
 *   1. look every key up, and see which leases this sighting contradicts,
 *   2. the strongest key with a holder decides; none makes a new asset,
 *   3. other firm and local holders merge with it, unless forbidden or of another firm identity,
 *   4. claims change: begun, prolonged, taken, expired, or kept as history.
 * Danger: a join gives one device's answers to another. Wherever evidence is missing, this code does not join. */
#include "core/fact/identity.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"

struct found {
	const struct fact_key *key;
	struct str network;
	enum claim_strength strength;
	const struct claim *all;
	size_t n;
	const struct claim *hold;	/* holds at the time of the sighting */
	const struct claim *open;	/* the one not ended, holding at that time or not */
	bool contradicted;		/* this sighting shows another device there */
	bool doubtful;			/* names another device, but not so that it proves it: joins not, takes not */
};

struct work {
	struct arena *a;
	const struct identity_look *look;
	const struct fact *f;
	struct utc t;
	u32 lease_ms;
	bool may_take;
	bool mac_seen;			/* a MAC stands in the subject and was seen at v1 */
	struct found found[LIMIT_SUBJECT_KEYS];
	size_t n;
	struct identity_result out;
	vec(struct claim_change) changes;
	vec(struct identity_merge) merges;
};

/* --- claims --- */

struct utc claim_ends_at(const struct claim *c)
{
	if (c->until.ms != 0)
		return c->until;
	return (struct utc){ .ms = c->strength == CLAIM_LEASE ? c->last.ms + c->lease_ms : 0 };
}

bool claim_valid(const struct claim *c, struct utc t)
{
	if (c->end == CLAIM_PAST || (c->until.ms != 0 && t.ms >= c->until.ms))
		return false;
	if (c->strength != CLAIM_LEASE)
		return true;
	return t.ms >= c->since.ms && t.ms <= c->last.ms + c->lease_ms;
}

const char *claim_end_name(enum claim_end e)
{
	static const char *const names[CLAIM_END_COUNT] = {
		[CLAIM_HELD] = "held", [CLAIM_TAKEN] = "taken", [CLAIM_EXPIRED] = "expired", [CLAIM_PAST] = "past",
		[CLAIM_MOVED] = "moved",
	};

	return (size_t)e < countof(names) ? names[e] : "?";
}

static u64 root_of(const struct work *w, const struct claim *c)
{
	return w->look->root(w->look->ctx, c->asset);
}

static bool is_mac(struct str bound)
{
	return str_starts(bound, S("mac:"));
}

/* "hostkey:22/ssh-ed25519/SHA256:..." -> all before the last slash: fingerprints at one where exclude each other. */
static struct str where_of(struct str text)
{
	size_t n = text.n;

	while (n > 0 && text.p[n - 1] != '/')
		n--;
	return str_sub(text, 0, n);
}

static bool has_key(const struct fact *f, struct str text)
{
	for (size_t i = 0; i < f->nkeys; i++)
		if (str_eq(f->keys[i].text, text))
			return true;
	return false;
}

/* --- 1: looking up --- */

/* Another fingerprint at a where that the lease is bound to. */
static bool other_print(const struct work *w, const struct claim *c)
{
	for (size_t i = 0; i < w->f->nkeys; i++) {
		const struct fact_key *k = &w->f->keys[i];

		if (k->type != KEY_HOSTKEY && k->type != KEY_CERT)
			continue;
		for (size_t b = 0; b < c->nbound; b++)
			if (str_eq(where_of(c->bound[b]), where_of(k->text)) && !str_eq(c->bound[b], k->text) &&
			    !has_key(w->f, c->bound[b]))
				return true;
	}
	return false;
}

/* What MACs say about a lease: 1 the same device, -1 another, 0 nothing. */
static int macs_agree(const struct work *w, const struct claim *c)
{
	bool bound = false, named = false;
	struct claim own;

	for (size_t b = 0; b < c->nbound; b++) {
		if (!is_mac(c->bound[b]))
			continue;
		bound = true;
		if (has_key(w->f, c->bound[b]))
			return 1;
	}
	for (size_t i = 0; i < w->n; i++) {
		const struct found *m = &w->found[i];

		if (m->key->type != KEY_MAC)
			continue;
		named = true;
		if (m->hold != NULL)
			return root_of(w, m->hold) == root_of(w, c) ? 1 : -1;
	}
	if (!named)
		return 0;
	/* an unknown MAC where no MAC was known: another device only if the holder is known by a MAC of its own */
	if (!bound && w->look->firm(w->look->ctx, root_of(w, c), w->f->network, KEY_MAC, &own) != 0)
		return 0;
	return -1;
}

static void judge_lease(const struct work *w, struct found *x)
{
	const struct claim *c = x->hold != NULL ? x->hold : x->open;
	int macs;

	if (c == NULL || x->strength != CLAIM_LEASE || x->key->type == KEY_MAC)
		return;
	macs = macs_agree(w, c);
	if (macs > 0)
		return;
	if (macs < 0) {
		x->contradicted = w->mac_seen;
		x->doubtful = !w->mac_seen;
	} else if (other_print(w, c)) {
		x->contradicted = w->f->vantage <= 2;	/* packets showed it; a document does not */
		x->doubtful = w->f->vantage > 2;
	}
}

static int look_up(struct work *w)
{
	for (size_t i = 0; i < w->f->nkeys; i++) {
		const struct fact_key *k = &w->f->keys[i];
		struct found *x = &w->found[w->n];
		int r;

		if (k->type == KEY_HOSTKEY || k->type == KEY_CERT)
			continue;
		*x = (struct found){ .key = k, .network = w->f->network, .strength = CLAIM_LEASE };
		if (k->type == KEY_SERIAL || k->type == KEY_ID) {
			x->strength = CLAIM_FIRM;
			x->network = S("");
		} else if (k->type == KEY_MAC && w->f->vantage == 1) {
			w->mac_seen = true;
			if (fact_mac_global(k->value))
				x->strength = CLAIM_LOCAL;
		}
		if ((r = w->look->claims(w->look->ctx, x->network, k->type, k->value, &x->all, &x->n)) != 0)
			return r;
		for (size_t c = 0; c < x->n; c++) {
			if (claim_valid(&x->all[c], w->t))
				x->hold = &x->all[c];
			if (x->all[c].until.ms == 0)
				x->open = &x->all[c];
		}
		if (x->strength != CLAIM_LEASE)		/* proof of who it is, whenever it was seen */
			x->hold = x->open;
		w->n++;
	}
	for (size_t i = 0; i < w->n; i++)
		judge_lease(w, &w->found[i]);
	return 0;
}

/* --- 2 and 3: which asset --- */

/* Two assets that hold different firm keys of one type are two things, whatever else they share. */
static bool differ(const struct work *w, u64 x, u64 y)
{
	static const enum fact_key_type firm[] = { KEY_SERIAL, KEY_ID };

	for (size_t i = 0; i < countof(firm); i++) {
		struct claim a, b;

		if (w->look->firm(w->look->ctx, x, S(""), firm[i], &a) == 0 &&
		    w->look->firm(w->look->ctx, y, S(""), firm[i], &b) == 0 && !str_eq(a.value, b.value))
			return true;
	}
	return false;
}

/* The subject names a firm key that is new, and this holder has another of that type. */
static bool other_firm(const struct work *w, u64 holder)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct found *x = &w->found[i];
		struct claim had;

		if (x->strength == CLAIM_FIRM && x->hold == NULL &&
		    w->look->firm(w->look->ctx, holder, S(""), x->key->type, &had) == 0 && !str_eq(had.value, x->key->value))
			return true;
	}
	return false;
}

static bool joins(const struct work *w, const struct found *x, enum fact_key_type type)
{
	return x->key->type == type && x->hold != NULL && !x->contradicted && !x->doubtful &&
	    (x->strength == CLAIM_FIRM || !other_firm(w, root_of(w, x->hold)));
}

static void choose(struct work *w)
{
	w->out.by_lease = true;
	w->out.provisional = true;
	for (size_t i = 0; i < w->n; i++)
		if (w->found[i].strength != CLAIM_LEASE)
			w->out.by_lease = w->out.provisional = false;
	for (int type = 0; type < KEY_TYPE_COUNT; type++) {
		for (size_t i = 0; i < w->n; i++) {
			if (joins(w, &w->found[i], (enum fact_key_type)type)) {
				w->out.asset = root_of(w, w->found[i].hold);
				return;
			}
		}
	}
	w->out.asset = w->look->next_asset;
	w->out.created = true;
}

/* Numbers that this very fact joins. */
static bool ours(const struct work *w, u64 root)
{
	if (root == w->out.asset)
		return true;
	for (size_t i = 0; i < w->merges.n; i++)
		if (!w->merges.p[i].conflict && (w->merges.p[i].from == root || w->merges.p[i].into == root))
			return true;
	return false;
}

static void merge(struct work *w)
{
	for (size_t i = 0; i < w->n && !w->out.created; i++) {
		const struct found *x = &w->found[i];
		u64 other, asset = w->out.asset;
		struct identity_merge *m;

		if (x->hold == NULL || x->hold->strength == CLAIM_LEASE || ours(w, other = root_of(w, x->hold)))
			continue;
		m = vec_add(w->a, &w->merges);
		*m = (struct identity_merge){ .from = other > asset ? other : asset, .into = other < asset ? other : asset,
			.key = x->key->text };
		m->conflict = !w->may_take || x->strength == CLAIM_LEASE || w->look->forbidden(w->look->ctx, asset, other) || differ(w, asset, other);
		if (!m->conflict)
			w->out.asset = m->into;
	}
}

/* --- 4: changes --- */

static void change(struct work *w, enum claim_op op, const struct claim *c, struct utc since)
{
	*vec_add(w->a, &w->changes) = (struct claim_change){ .op = op, .claim = *c, .since = since };
}

static void bind_one(struct claim *c, struct str text)
{
	size_t at = 0;

	for (size_t i = 0; i < c->nbound; i++) {
		bool same = is_mac(text) ? is_mac(c->bound[i]) : str_eq(where_of(c->bound[i]), where_of(text));

		if (!same)
			c->bound[at++] = c->bound[i];
	}
	c->nbound = at;
	if (c->nbound == CLAIM_BOUND_MAX)
		return;
	for (; at > 0 && str_cmp(c->bound[at - 1], text) > 0; at--)
		c->bound[at] = c->bound[at - 1];
	c->bound[at] = text;
	c->nbound++;
}

static void bind(const struct work *w, struct claim *c)
{
	if (c->strength != CLAIM_LEASE)
		return;
	for (size_t i = 0; i < w->f->nkeys; i++) {
		const struct fact_key *k = &w->f->keys[i];

		if ((k->type == KEY_MAC && w->f->vantage == 1 && c->type != KEY_MAC) ||
		    ((k->type == KEY_HOSTKEY || k->type == KEY_CERT) && w->f->vantage <= 2))
			bind_one(c, k->text);
	}
}

static struct claim begin(const struct work *w, const struct found *x)
{
	struct claim c = { .asset = w->out.asset, .network = x->network, .type = x->key->type, .value = x->key->value,
		.strength = x->strength, .since = w->t, .last = w->t, .lease_ms = x->strength == CLAIM_LEASE ? w->lease_ms : 0 };

	bind(w, &c);
	return c;
}

/* Seen again under the same claim. An older sighting widens it backwards and binds nothing new. */
static void prolong(struct work *w, const struct found *x, const struct claim *had)
{
	struct claim c = *had;

	if (c.until.ms != 0)
		return;
	if (w->t.ms >= c.last.ms) {
		c.last = w->t;
		bind(w, &c);
	}
	if (w->t.ms < c.since.ms)
		c.since = w->t;
	if (x->strength > c.strength) {		/* a MAC known from documents, now seen on the wire */
		c.strength = x->strength;
		c.lease_ms = 0;
		c.nbound = 0;
	}
	if (c.last.ms != had->last.ms || c.since.ms != had->since.ms || c.strength != had->strength ||
	    c.nbound != had->nbound || memcmp(c.bound, had->bound, sizeof c.bound) != 0)
		change(w, CLAIM_SET, &c, had->since);
}

/* A claim of ours began in this very millisecond: another could not be told from it, and what it would change is less
 * than a millisecond. */
static bool begun_now(const struct work *w, const struct found *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->all[i].since.ms == w->t.ms && ours(w, root_of(w, &x->all[i])))
			return true;
	return false;
}

/* History: seen here by us at a time when, or before which, another asset held it. One such claim a key and asset. */
static void remember(struct work *w, const struct found *x)
{
	struct claim c = begin(w, x);

	for (size_t i = 0; i < x->n; i++)
		if (x->all[i].until.ms != 0 && ours(w, root_of(w, &x->all[i])))
			return;
	c.until = (struct utc){ .ms = w->t.ms + 1 };
	c.end = CLAIM_PAST;
	change(w, CLAIM_ADD, &c, c.since);
}

/* May the open claim of ours begin at an earlier sighting? Only where it takes nothing another asset was seen with. */
static bool widen_back(struct work *w, const struct found *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (!ours(w, root_of(w, &x->all[i])) && w->t.ms <= x->all[i].last.ms)
			return false;
	for (size_t i = 0; i < x->n; i++) {
		struct claim c = x->all[i];

		if (ours(w, root_of(w, &c)) || c.until.ms == 0 || c.until.ms <= w->t.ms)
			continue;
		c.until = w->t;		/* the change happened earlier than we knew */
		change(w, CLAIM_END, &c, c.since);
	}
	return true;
}

static void take(struct work *w, const struct found *x)
{
	struct claim c = *x->open, mine = begin(w, x);
	i64 out = c.last.ms + c.lease_ms;
	bool ran_out = c.strength == CLAIM_LEASE && w->t.ms > out;

	/* a sighting that proves nothing by itself, or is older than the holder's last, takes nothing */
	if (!ran_out && (w->t.ms < c.last.ms || !w->may_take || !(w->mac_seen || x->contradicted))) {
		remember(w, x);
		return;
	}
	if (begun_now(w, x))
		return;
	c.until = (struct utc){ .ms = ran_out ? out + 1 : w->t.ms };
	c.end = ran_out ? CLAIM_EXPIRED : CLAIM_TAKEN;
	change(w, CLAIM_END, &c, c.since);
	change(w, CLAIM_ADD, &mine, mine.since);
}

static void lease(struct work *w, const struct found *x)
{
	struct claim mine;

	if (x->open != NULL && ours(w, root_of(w, x->open))) {
		if (w->t.ms >= x->open->since.ms || (!begun_now(w, x) && widen_back(w, x)))
			prolong(w, x, x->open);
		else
			remember(w, x);
		return;
	}
	if (x->open != NULL) {
		take(w, x);
		return;
	}
	for (size_t i = 0; i < x->n; i++) {
		if (x->all[i].last.ms > w->t.ms) {
			remember(w, x);
			return;
		}
	}
	if (begun_now(w, x))
		return;
	mine = begin(w, x);
	change(w, CLAIM_ADD, &mine, mine.since);
}

static void change_claims(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct found *x = &w->found[i];
		const struct claim *c = x->hold;
		struct claim mine;

		if (x->strength == CLAIM_LEASE && (c == NULL || c->strength == CLAIM_LEASE)) {
			lease(w, x);
		} else if (c != NULL) {
			if (ours(w, root_of(w, c)))
				prolong(w, x, c);
		} else {
			mine = begin(w, x);
			change(w, CLAIM_ADD, &mine, mine.since);
		}
	}
}

static void find_provisional(struct work *w)
{
	static const enum fact_key_type types[] = { KEY_SERIAL, KEY_ID, KEY_MAC };
	struct claim c;

	for (size_t i = 0; i < countof(types) && w->out.provisional && !w->out.created; i++)
		if (w->look->firm(w->look->ctx, w->out.asset, types[i] == KEY_MAC ? w->f->network : S(""), types[i], &c) == 0)
			w->out.provisional = false;
	for (size_t i = 0; i < w->n; i++)
		if (w->found[i].hold != NULL && w->found[i].hold->strength != CLAIM_LEASE && ours(w, root_of(w, w->found[i].hold)))
			w->out.provisional = false;
}

int identity_resolve(struct arena *a, const struct identity_look *look, const struct fact *f, const struct seen *seen,
    struct utc recorded, u32 lease_ms, struct identity_result *ret)
{
	struct work *w = arena_alloc(a, sizeof *w);	/* zeroed, so not written again: it has room for every key */
	int r;

	w->a = a;
	w->look = look;
	w->f = f;
	w->lease_ms = lease_ms != 0 ? lease_ms : IDENTITY_LEASE_MS;
	w->out.clock = seen_clock_bad(seen, recorded);
	w->may_take = !w->out.clock && seen->qod >= SEEN_QOD_DECIDES;
	w->t = w->out.clock ? recorded : seen->at;
	if ((r = look_up(w)) != 0)
		return r;
	choose(w);
	merge(w);
	change_claims(w);
	find_provisional(w);
	w->out.changes = w->changes.p;
	w->out.nchanges = w->changes.n;
	w->out.merges = w->merges.p;
	w->out.nmerges = w->merges.n;
	*ret = w->out;
	return 0;
}

void identity_split(struct arena *a, const struct claim *claims, size_t n, u64 to, struct utc at,
    struct claim_change **ret, size_t *ret_n)
{
	struct claim_change *out = arena_alloc(a, 2 * n * sizeof *out + 1);

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = (struct claim_change){ .op = CLAIM_END, .claim = claims[i], .since = claims[i].since };
		out[2 * i].claim.until = at;
		out[2 * i].claim.end = CLAIM_MOVED;
		out[2 * i + 1] = (struct claim_change){ .op = CLAIM_ADD, .claim = claims[i], .since = at };
		out[2 * i + 1].claim.asset = to;
		out[2 * i + 1].claim.since = at;
		if (out[2 * i + 1].claim.last.ms < at.ms)
			out[2 * i + 1].claim.last = at;
	}
	*ret = out;
	*ret_n = 2 * n;
}

struct str identity_text(struct arena *a, u64 asset)
{
	return str_printf(a, "AST-%llu", (unsigned long long)asset);
}

int identity_parse(struct str text, u64 *ret)
{
	u64 n;

	if (!str_starts(text, S("AST-")) || str_u64(str_from(text, 4), INT64_MAX, &n) != 0 || n == 0)
		return ERR_SYNTAX;
	*ret = n;
	return 0;
}
