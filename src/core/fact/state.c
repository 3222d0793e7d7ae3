/* Folding: every item offers its stamp to registers that keep the greatest. See state.h for why order cannot matter.
 * Danger: sizes are a stranger's (places, port ranges); the limits are applied so that, where possible, what is kept is
 * the smallest by key, which does not depend on order either. */
#include "core/fact/state_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define SILENCE_TRIES 5
#define SILENCE_SPAN_MS 10000

static int cmp_i64(i64 x, i64 y)
{
	return (x > y) - (x < y);
}

static int cmp_u64(u64 x, u64 y)
{
	return (x > y) - (x < y);
}

/* A clock that is wrong must not hold its place for years: such sightings are ordered by when they were recorded. */
static i64 order_time(const struct state_stamp *s)
{
	return s->clock ? s->fresh.ms : s->at.ms;
}

int state_stamp_cmp(const struct state_stamp *x, const struct state_stamp *y)
{
	int c;

	if (x == y)
		return 0;
	if ((c = cmp_i64(order_time(x), order_time(y))) != 0 || (c = memcmp(x->id, y->id, sizeof x->id)) != 0 ||
	    (c = cmp_u64(y->pos.seq, x->pos.seq)) != 0 || (c = cmp_u64(y->pos.index, x->pos.index)) != 0 ||
	    (c = cmp_u64(y->fact.seq, x->fact.seq)) != 0 || (c = cmp_u64(y->fact.index, x->fact.index)) != 0 ||
	    (c = cmp_i64(x->fresh.ms, y->fresh.ms)) != 0 || (c = cmp_i64(x->at.ms, y->at.ms)) != 0 ||
	    (c = cmp_u64(x->run, y->run)) != 0)
		return c;
	return memcmp((u8[4]){ x->qod, x->class, x->state, x->clock }, (u8[4]){ y->qod, y->class, y->state, y->clock }, 4);
}

static int cmp_kind(const struct kind *x, const struct kind *y)
{
	return cmp_u64((u64)(x - kinds), (u64)(y - kinds));	/* the table is sorted */
}

int state_slot_cmp(const struct state_slot *x, const struct state_slot *y)
{
	int c;

	if ((c = cmp_kind(x->kind, y->kind)) != 0 || (c = str_cmp(x->network, y->network)) != 0 ||
	    (c = str_cmp(x->key, y->key)) != 0)
		return c;
	return x->vantage - y->vantage;
}

int state_map_cmp(const struct state_map *x, const struct state_map *y)
{
	int c;

	if ((c = str_cmp(x->network, y->network)) != 0 || (c = str_cmp(x->addr, y->addr)) != 0 ||
	    (c = str_cmp(x->proto, y->proto)) != 0 || (c = x->vantage - y->vantage) != 0)
		return c;
	return cmp_kind(x->of, y->of);
}

int state_family_cmp(const struct state_family *x, const struct state_family *y)
{
	int c = str_cmp(x->network, y->network);

	if (c != 0 || (c = x->vantage - y->vantage) != 0)
		return c;
	return x->family - y->family;
}

int state_claim_cmp(const void *px, const void *py)
{
	const struct claim *x = px, *y = py;
	int c;

	if ((c = str_cmp(x->network, y->network)) != 0 || (c = (int)x->type - (int)y->type) != 0 ||
	    (c = str_cmp(x->value, y->value)) != 0 || (c = cmp_i64(x->since.ms, y->since.ms)) != 0)
		return c;
	return cmp_u64(x->asset, y->asset);
}

const struct state_reg state_no_regs[KIND_FIELDS_MAX];

struct state *state_new(struct arena *a)
{
	struct state *st = arena_alloc(a, sizeof *st);

	st->a = a;
	st->key = arena_alloc(a, sizeof *st->key);
	*st->key = buf_new(a, 0);
	return st;
}

/* --- packed place: the sort key of a slot --- */

void state_put_value(struct buf *b, const struct fact_value *v)
{
	switch (v->type) {
	case KIND_BOOL:
	case KIND_ENUM:
		buf_u8(b, (u8)v->i);
		break;
	case KIND_INT:
	case KIND_TIME:
		buf_i64(b, v->i);
		break;
	case KIND_STRS:
		buf_u16(b, (u16)v->n);
		for (size_t i = 0; i < v->n; i++) {
			buf_u16(b, (u16)v->strs[i].n);
			buf_str(b, v->strs[i]);
		}
		break;
	default:
		must(v->s.n <= UINT16_MAX);
		buf_u16(b, (u16)v->s.n);
		buf_str(b, v->s);
	}
}

/* Which field of the kind a field of a fact is; one that was upgraded may still point at its old kind's. */
static size_t field_no(const struct kind *k, const struct fact_field *f)
{
	int i;

	if (f->def >= k->fields && f->def < k->fields + k->n)
		return (size_t)(f->def - k->fields);
	i = kind_field_index(k, f->name);
	must(i >= 0);
	return (size_t)i;
}

void state_put_place(struct buf *b, const struct kind *k, const struct fact_field *p, size_t n)
{
	buf_u8(b, (u8)n);
	for (size_t i = 0; i < n; i++) {
		buf_u8(b, (u8)field_no(k, &p[i]));
		state_put_value(b, &p[i].v);
	}
}

/* --- values --- */

static struct fact_value copy_value(struct arena *a, const struct fact_value *v)
{
	struct fact_value c = *v;
	struct str *p;

	if (v->type == KIND_STRS) {
		p = arena_alloc(a, v->n * sizeof *p + 1);
		for (size_t i = 0; i < v->n; i++)
			p[i] = str_dup(a, v->strs[i]);
		c.strs = p;
	} else if (v->type != KIND_ENUM) {	/* the words of an enum are the table's */
		c.s = str_dup(a, v->s);
	}
	if (v->ranges.n > 0)
		c.ranges.p = arena_copy(a, v->ranges.p, v->ranges.n * sizeof *v->ranges.p);
	return c;
}

/* The element equal to *key in a sorted array, inserted zeroed when absent; NULL when it is over the limit, that is
 * when the array is full and *key sorts last. */
#define SORTED_SLOT(v, key, cmp, max, st, ret) do { \
	size_t lo_ = 0, hi_ = (v)->n; \
	while (lo_ < hi_) { \
		size_t mid_ = lo_ + (hi_ - lo_) / 2; \
		if (cmp(&(v)->p[mid_], key) < 0) \
			lo_ = mid_ + 1; \
		else \
			hi_ = mid_; \
	} \
	(ret) = NULL; \
	if (lo_ < (v)->n && cmp(&(v)->p[lo_], key) == 0) { \
		(ret) = &(v)->p[lo_]; \
		break; \
	} \
	if ((v)->n >= (max)) { \
		(st)->overflow = true; \
		if (lo_ >= (v)->n) \
			break; \
		(v)->n--; \
	} \
	(void)vec_add((st)->a, v); \
	memmove(&(v)->p[lo_ + 1], &(v)->p[lo_], ((v)->n - 1 - lo_) * sizeof *(v)->p); \
	(v)->p[lo_] = *(key); \
	(ret) = &(v)->p[lo_]; \
} while (0)

static void own_slot(struct state *st, struct state_slot *s, const struct fact *f)
{
	s->network = str_dup(st->a, s->network);
	s->key = str_dup(st->a, s->key);
	s->place = arena_alloc(st->a, f->nplace * sizeof *s->place + 1);
	s->nplace = f->nplace;
	for (size_t i = 0; i < f->nplace; i++) {
		s->place[i] = f->place[i];
		s->place[i].name = str_z(f->place[i].def->name);
		s->place[i].v = copy_value(st->a, &f->place[i].v);
	}
	s->regs = arena_alloc(st->a, s->kind->n * sizeof *s->regs);
	s->weak_regs = state_no_regs;
}

static struct state_reg *own_weak(struct state *st, struct state_slot *s)
{
	if (s->weak_own == NULL)
		s->weak_regs = s->weak_own = arena_alloc(st->a, s->kind->n * sizeof *s->weak_own);
	return s->weak_own;
}

static void offer_stamp(const struct state_stamp **reg, const struct state_stamp *stamp)
{
	if (*reg == NULL || state_stamp_cmp(*reg, stamp) < 0)
		*reg = stamp;
}

static bool same_value(const struct fact_value *x, const struct fact_value *y)
{
	bool same = x->type == y->type && x->i == y->i && x->n == y->n;

	if (x->type != KIND_STRS)
		return same && (x->type == KIND_INT || x->type == KIND_BOOL || str_eq(x->s, y->s));
	for (size_t i = 0; same && i < x->n; i++)
		same = str_eq(x->strs[i], y->strs[i]);
	return same;
}

/* Of what does not decide, the latest that said otherwise is remembered too: a weak denial answers no suspicion. */
static void offer_value(struct state *st, struct state_reg *reg, const struct state_stamp *stamp,
    const struct fact_value *v, bool weak)
{
	const struct state_stamp *other = reg->other;

	if (weak && reg->stamp != NULL && !same_value(&reg->v, v))
		offer_stamp(&other, state_stamp_cmp(reg->stamp, stamp) < 0 ? reg->stamp : stamp);
	if (reg->stamp == NULL || state_stamp_cmp(reg->stamp, stamp) < 0)
		*reg = (struct state_reg){ .stamp = stamp, .v = copy_value(st->a, v) };
	reg->other = other;
}

static void fold_value(struct state *st, const struct fact *f, const struct state_stamp *stamp)
{
	struct state_slot want = { .kind = f->kind, .network = f->network, .vantage = f->vantage }, *s;
	bool strong = stamp->qod >= SEEN_QOD_DECIDES && !stamp->clock;
	struct state_reg *regs;

	buf_reset(st->key);
	state_put_place(st->key, f->kind, f->place, f->nplace);
	want.key = buf_view(st->key);
	SORTED_SLOT(&st->slots, &want, state_slot_cmp, LIMIT_STATE_VALUES, st, s);
	if (s == NULL)
		return;
	if (s->regs == NULL)
		own_slot(st, s, f);
	offer_stamp(strong ? &s->strong : &s->weak, stamp);
	regs = strong ? s->regs : own_weak(st, s);
	for (size_t i = 0; i < f->nvalue; i++)
		offer_value(st, regs + field_no(f->kind, &f->value[i]), stamp, &f->value[i].v, !strong);
}

/* --- coverage --- */

const struct state_span *state_layer_at(const struct state_layer *l, u32 port, u32 *ret_next)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->p[mid].hi < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == l->n) {
		*ret_next = 65536;
		return NULL;
	}
	if (l->p[lo].lo > port) {
		*ret_next = l->p[lo].lo;
		return NULL;
	}
	*ret_next = (u32)l->p[lo].hi + 1;
	return &l->p[lo];
}

/* Appends a piece, joined to the one before where nothing tells them apart. */
static void put_span(struct state *st, struct state_layer *l, u32 lo, u32 hi, u8 outcome, const struct state_stamp *stamp)
{
	struct state_span *last = l->n > 0 ? &l->p[l->n - 1] : NULL;

	if (last != NULL && (u32)last->hi + 1 == lo && last->outcome == outcome && state_stamp_cmp(last->stamp, stamp) == 0) {
		last->hi = (u16)hi;
		return;
	}
	if (l->n >= LIMIT_STATE_SPANS) {
		st->overflow = true;
		return;
	}
	l->p[l->n++] = (struct state_span){ .lo = (u16)lo, .hi = (u16)hi, .outcome = outcome, .stamp = stamp };
}

/* Offers (outcome, stamp) to every port of r: one pass over the pieces of both. */
static void layer_offer(struct state *st, struct state_layer *l, struct ranges r, enum state_outcome outcome,
    const struct state_stamp *stamp)
{
	size_t most = 2 * (l->n + r.n) + 1, k = 0, i = 0;
	struct state_layer out = {0};
	u32 next;

	if (r.n == 0)
		return;
	out.p = arena_alloc(st->a, most * sizeof *out.p);
	for (u32 port = 0; port <= 65535; port = next) {
		const struct state_span *had;
		bool hit;

		while (i < l->n && l->p[i].hi < port)
			i++;
		while (k < r.n && r.p[k].hi < port)
			k++;
		had = i < l->n && l->p[i].lo <= port ? &l->p[i] : NULL;
		hit = k < r.n && r.p[k].lo <= port;
		next = had != NULL ? (u32)had->hi + 1 : i < l->n ? l->p[i].lo : 65536;
		if (k < r.n) {
			u32 edge = hit ? (u32)r.p[k].hi + 1 : r.p[k].lo;

			next = edge < next ? edge : next;
		}
		if (hit && (had == NULL || state_stamp_cmp(had->stamp, stamp) < 0))
			put_span(st, &out, port, next - 1, (u8)outcome, stamp);
		else if (had != NULL)
			put_span(st, &out, port, next - 1, had->outcome, had->stamp);
	}
	*l = out;
}

static struct ranges ranges_of(const struct fact *f, const char *name)
{
	const struct fact_value *v = fact_value(f, str_z(name));

	return v == NULL ? (struct ranges){0} : v->ranges;
}

static bool true_of(const struct fact *f, const char *name)
{
	const struct fact_value *v = fact_value(f, str_z(name));

	return v != NULL && v->i != 0;
}

static i64 int_of(const struct fact *f, const char *name)
{
	const struct fact_value *v = fact_value(f, str_z(name));

	return v == NULL ? 0 : v->i;
}

static bool has_word(const struct fact *f, const char *name, struct str word)
{
	const struct fact_value *v = fact_value(f, str_z(name));

	for (size_t i = 0; v != NULL && i < v->n; i++)
		if (str_eq(v->strs[i], word))
			return true;
	return false;
}

static bool ends_by_silence(const struct fact *f)
{
	return int_of(f, "tries") >= SILENCE_TRIES && int_of(f, "span_ms") >= SILENCE_SPAN_MS && true_of(f, "alive");
}

static void offer_strong(struct state *st, struct state_map *m, const struct fact *f, const struct state_stamp *stamp)
{
	struct ranges open = ranges_of(f, "open"), closed = ranges_of(f, "closed"), silent = ranges_of(f, "silent");
	layer_offer(st, &m->layers[LAYER_STATE], open, COVER_OPEN, stamp);
	layer_offer(st, &m->layers[LAYER_STATE], closed, COVER_CLOSED, stamp);
	layer_offer(st, &m->layers[LAYER_STATE], silent, COVER_SILENT, stamp);
	layer_offer(st, &m->layers[LAYER_STATE], ranges_of(f, "filtered"), COVER_FILTERED, stamp);
	layer_offer(st, &m->layers[LAYER_CLOSED], closed, COVER_CLOSED, stamp);
	layer_offer(st, &m->layers[LAYER_UNFINISHED], ranges_of(f, "unfinished"), COVER_UNFINISHED, stamp);
	if (ends_by_silence(f))
		layer_offer(st, &m->layers[LAYER_SILENCE], silent, COVER_SILENT, stamp);
	for (size_t i = 0; i < m->of->n; i++)
		if (!m->of->fields[i].place && has_word(f, "determined", str_z(m->of->fields[i].name)))
			layer_offer(st, &m->layers[LAYER_FIELDS + i], open, COVER_OPEN, stamp);
}

static void offer_weak(struct state *st, struct state_map *m, const struct fact *f, const struct state_stamp *stamp)
{
	struct ranges silent = ranges_of(f, "silent");

	layer_offer(st, &m->layers[LAYER_DOUBT], ranges_of(f, "open"), COVER_OPEN, stamp);
	layer_offer(st, &m->layers[LAYER_DOUBT], silent, COVER_SILENT, stamp);
	layer_offer(st, &m->layers[LAYER_DOUBT], ranges_of(f, "filtered"), COVER_FILTERED, stamp);
	layer_offer(st, &m->layers[LAYER_ENDING], ranges_of(f, "closed"), COVER_CLOSED, stamp);
	if (ends_by_silence(f))
		layer_offer(st, &m->layers[LAYER_ENDING], silent, COVER_SILENT, stamp);
	if (fact_value(f, S("determined")) != NULL)	/* may have missed what was there */
		layer_offer(st, &m->layers[LAYER_ENDING], ranges_of(f, "open"), COVER_OPEN, stamp);
}

static void fold_places(struct state *st, const struct fact *f, const struct kind *of, const struct state_stamp *stamp)
{
	const struct fact_value *addr = fact_place(f, S("addr")), *proto = fact_place(f, S("proto"));
	struct state_map want = { .of = of, .network = f->network, .vantage = f->vantage }, *m;

	if (addr == NULL || proto == NULL)
		return;
	want.addr = addr->s;
	want.proto = proto->s;
	SORTED_SLOT(&st->maps, &want, state_map_cmp, LIMIT_STATE_MAPS, st, m);
	if (m == NULL)
		return;
	if (m->layers == NULL) {
		m->network = str_dup(st->a, m->network);
		m->addr = str_dup(st->a, m->addr);
		m->proto = str_dup(st->a, m->proto);
		m->layers = arena_alloc(st->a, (LAYER_FIELDS + of->n) * sizeof *m->layers);
	}
	if (stamp->qod >= SEEN_QOD_DECIDES && !stamp->clock) {
		offer_strong(st, m, f, stamp);
		return;
	}
	offer_weak(st, m, f, stamp);
}

static void fold_families(struct state *st, const struct fact *f, const struct state_stamp *stamp)
{
	static const struct { const char *word, *silent; int family; } two[] = {
		{ .word = "ip4", .silent = "silent4", .family = 4 }, { .word = "ip6", .silent = "silent6", .family = 6 },
	};

	if (stamp->qod < SEEN_QOD_DECIDES || stamp->clock)
		return;
	for (size_t i = 0; i < countof(two); i++) {
		bool silent = true_of(f, two[i].silent), found = !silent && has_word(f, "families", str_z(two[i].word));
		struct state_family want = { .network = f->network, .vantage = f->vantage, .family = two[i].family }, *fam;

		if (!found && !silent)
			continue;
		SORTED_SLOT(&st->families, &want, state_family_cmp, LIMIT_STATE_MAPS, st, fam);
		if (fam == NULL)
			continue;
		if (fam->found == NULL && fam->silent == NULL)
			fam->network = str_dup(st->a, fam->network);
		if (found)
			offer_stamp(&fam->found, stamp);
		if (silent)
			offer_stamp(&fam->silent, stamp);
	}
}

static void fold_cover(struct state *st, const struct fact *f, const struct state_stamp *stamp)
{
	const struct fact_value *of = fact_place(f, S("of"));
	const struct kind *k = of == NULL ? NULL : kind_latest(of->s);

	if (k == NULL)
		return;
	if (str_eq(of->s, S("address")))
		fold_families(st, f, stamp);
	else
		fold_places(st, f, k, stamp);
}

/* A number for a run that is the same in every process: FNV-1a, 64 bits. Two runs that collide could only make a
 * value look seen again; a stranger who chooses run ids chooses his facts as well. */
static u64 run_hash(struct str run)
{
	u64 h = 14695981039346656037u;

	if (run.n == 0)
		return 0;
	for (size_t i = 0; i < run.n; i++)
		h = (h ^ (u8)run.p[i]) * 1099511628211u;
	return h == 0 ? 1 : h;
}

int state_fold(struct state *st, const struct fact *f, const struct seen *seen, struct utc recorded,
    struct state_pos pos, struct state_pos fact)
{
	struct state_stamp *stamp;
	struct fact_id id;
	struct fact now;
	int r;

	if (f->kind == NULL)
		return 0;
	if ((r = fact_upgrade(st->a, f, &now)) != 0)
		return r;
	id = fact_id(f);
	stamp = arena_alloc(st->a, sizeof *stamp);
	*stamp = (struct state_stamp){ .at = seen->at, .fresh = seen_fresh(seen, recorded), .pos = pos, .fact = fact,
		.run = run_hash(seen->run), .qod = seen->qod, .class = seen->class, .state = (u8)seen->state,
		.clock = seen_clock_bad(seen, recorded) };
	memcpy(stamp->id, id.b, sizeof stamp->id);
	if (str_eq(now.kind_name, S("coverage")))
		fold_cover(st, &now, stamp);
	else
		fold_value(st, &now, stamp);
	return 0;
}

void state_set_peers(struct state *st, const struct state_peer *peers, size_t n)
{
	st->peers = arena_alloc(st->a, n * sizeof *peers + 1);
	st->npeers = n;
	for (size_t i = 0; i < n; i++) {
		st->peers[i] = peers[i];
		st->peers[i].value = str_dup(st->a, peers[i].value);
	}
}

const struct state_peer *state_peers(const struct state *st, size_t *ret_n)
{
	*ret_n = st->npeers;
	return st->peers;
}

void state_set_claims(struct state *st, const struct claim *claims, size_t n)
{
	if (n > LIMIT_STATE_CLAIMS) {
		st->overflow = true;
		n = LIMIT_STATE_CLAIMS;
	}
	st->claims = arena_alloc(st->a, n * sizeof *claims + 1);
	for (size_t i = 0; i < n; i++) {
		struct claim *c = &st->claims[i];

		*c = claims[i];
		c->network = str_dup(st->a, c->network);
		c->value = str_dup(st->a, c->value);
		for (size_t k = 0; k < c->nbound; k++)
			c->bound[k] = str_dup(st->a, c->bound[k]);
	}
	if (n > 0)
		qsort(st->claims, n, sizeof *st->claims, state_claim_cmp);
	st->nclaims = n;
}

/* The place of a fact; NULL where it has none. */
static struct state_slot *find_slot(const struct state *st, const struct fact *f)
{
	struct state_slot want = { .network = f->network, .vantage = f->vantage }, *hit = NULL;
	struct fact now;

	if (f->kind != NULL && fact_upgrade(st->a, f, &now) == 0) {
		size_t lo = 0, hi = st->slots.n;

		want.kind = now.kind;
		buf_reset(st->key);
		state_put_place(st->key, now.kind, now.place, now.nplace);
		want.key = buf_view(st->key);
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (state_slot_cmp(&st->slots.p[mid], &want) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		if (lo < st->slots.n && state_slot_cmp(&st->slots.p[lo], &want) == 0)
			hit = &st->slots.p[lo];
	}
	return hit;
}

int state_find(const struct state *st, const struct fact *f, struct state_pos *ret)
{
	const struct state_slot *s = find_slot(st, f);
	struct fact_id id = fact_id(f);

	if (s != NULL) {
		const struct state_stamp *both[] = { s->strong, s->weak };

		for (size_t i = 0; i < countof(both); i++) {
			if (both[i] != NULL && memcmp(both[i]->id, id.b, sizeof both[i]->id) == 0) {
				*ret = both[i]->fact;
				return 0;
			}
		}
	}
	return ERR_NOTFOUND;
}

void state_erase(struct state *st, const struct fact *f)
{
	struct state_slot *s = f == NULL ? NULL : find_slot(st, f);

	if (s != NULL)
		s->erased = true;
	else if (f == NULL)
		st->lost = true;
}

bool state_lost(const struct state *st)
{
	return st->lost;
}

bool state_overflow(const struct state *st)
{
	return st->overflow;
}
