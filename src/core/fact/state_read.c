/* Reading a state at a time `now`: everything that depends on several registers, or on time, is derived here. */
#include "core/fact/state_int.h"

#include <string.h>

/* A time in which nothing was seen: later than any sighting, so that nothing counts. */
#define NEVER INT64_MAX

static bool expired(const struct state_stamp *s, const struct kind *k, struct utc now)
{
	i64 life = kind_life_ms(k);

	return life > 0 && now.ms - s->fresh.ms > life;
}

static const struct kind *coverage_kind(void)
{
	return kind_latest(S("coverage"));
}

const char *state_with_name(enum state_with w)
{
	static const char *const names[STATE_WITH_COUNT] = {
		[STATE_CURRENT] = "current", [STATE_SUSPECTED] = "suspected", [STATE_EXPIRED] = "expired",
		[STATE_SILENT] = "silent", [STATE_GONE] = "gone", [STATE_AWAY] = "away",
	};

	return (size_t)w < countof(names) ? names[w] : "?";
}

const char *state_outcome_name(enum state_outcome o)
{
	static const char *const names[COVER_OUTCOME_COUNT] = {
		[COVER_NONE] = "none", [COVER_EXPIRED] = "expired", [COVER_SUSPECTED] = "suspected",
		[COVER_UNFINISHED] = "unfinished", [COVER_FILTERED] = "filtered", [COVER_SILENT] = "silent",
		[COVER_OPEN] = "open", [COVER_CLOSED] = "closed",
	};

	return (size_t)o < countof(names) ? names[o] : "?";
}

/* --- addresses --- */

const struct claim *state_claims(const struct state *st, size_t *ret_n)
{
	*ret_n = st->nclaims;
	return st->claims;
}

/* From when on what was seen at this address speaks of this asset: NEVER when the address is not (or no longer) its
 * own, INT64_MIN when no claim says anything about it. */
static i64 held_since(const struct state *st, struct str network, struct str addr, struct utc now)
{
	i64 since = INT64_MIN;

	for (size_t i = 0; i < st->nclaims; i++) {
		const struct claim *c = &st->claims[i];

		if (c->type != KEY_IP || !str_eq(c->value, addr) || !str_eq(c->network, network))
			continue;
		if (claim_valid(c, now))
			return c->since.ms;
		since = NEVER;
	}
	return since;
}

bool state_addr(const struct state *st, size_t i, struct utc now, struct state_addr *ret)
{
	for (size_t k = 0; k < st->nclaims; k++) {
		const struct claim *c = &st->claims[k];

		if (c->type != KEY_IP || i-- > 0)
			continue;
		*ret = (struct state_addr){ .network = c->network, .addr = c->value, .since = c->since, .last = c->last,
			.until = c->until.ms != 0 ? c->until : claim_ends_at(c), .claim = c, .with = STATE_CURRENT };
		if (!claim_valid(c, now))
			ret->with = c->until.ms == 0 || c->end == CLAIM_EXPIRED ? STATE_EXPIRED : STATE_AWAY;
		return true;
	}
	return false;
}

bool state_provisional(const struct state *st)
{
	for (size_t i = 0; i < st->nclaims; i++)
		if (st->claims[i].strength != CLAIM_LEASE && st->claims[i].until.ms == 0)
			return false;
	return true;
}

struct state_families state_families(const struct state *st, struct str network, int vantage, struct utc now)
{
	struct state_families out = {0};

	for (size_t i = 0; i < st->families.n; i++) {
		const struct state_family *f = &st->families.p[i];
		bool found, silent;

		if (f->vantage != vantage || !str_eq(f->network, network))
			continue;
		found = f->found != NULL && !expired(f->found, coverage_kind(), now);
		silent = f->silent != NULL && !expired(f->silent, coverage_kind(), now) &&
		    (f->found == NULL || state_stamp_cmp(f->silent, f->found) > 0);
		if (f->family == 4) {
			out.ip4 = found;
			out.silent4 = silent;
			out.stamp4 = f->found;
		} else {
			out.ip6 = found;
			out.silent6 = silent;
			out.stamp6 = f->found;
		}
	}
	return out;
}

bool state_network(const struct state *st, size_t i, struct str *ret)
{
	struct str last = {0};

	/* claims are sorted by network first; firm keys belong to none */
	for (size_t k = 0; k < st->nclaims; k++) {
		if (st->claims[k].network.n == 0 || (last.p != NULL && str_eq(last, st->claims[k].network)))
			continue;
		last = st->claims[k].network;
		if (i-- == 0) {
			*ret = last;
			return true;
		}
	}
	return false;
}

/* --- values --- */

/* What may have ended a value at one place. */
struct ending {
	const struct state *st;
	const struct state_slot *slot;
	const struct state_near *near;
	u32 port;
	size_t maps;			/* end of the coverage maps that speak of it; they begin at near->first */
	bool is_address;		/* the slot's kind */
};

static const struct fact_value *slot_place(const struct state_slot *s, struct str name)
{
	for (size_t i = 0; i < s->nplace; i++)
		if (str_eq(s->place[i].name, name))
			return &s->place[i].v;
	return NULL;
}

/* First map of (network, addr, proto, vantage); others of the same follow it, one for each `of`. */
static size_t first_map(const struct state *st, struct str network, struct str addr, struct str proto, int vantage)
{
	struct state_map want = { .of = &kinds[0], .network = network, .addr = addr, .proto = proto, .vantage = vantage };
	size_t lo = 0, hi = st->maps.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (state_map_cmp(&st->maps.p[mid], &want) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool same_text(const struct fact_value *v, struct str was)
{
	return str_eq(v == NULL ? S("") : v->s, was);
}

/* Everything that does not depend on the port: kept from one value to the next. */
static void find_near(struct state_near *n, const struct state *st, const struct state_slot *s, struct utc now)
{
	const struct fact_value *addr = slot_place(s, S("addr")), *proto = slot_place(s, S("proto"));

	addr = addr != NULL && addr->type == KIND_ADDR ? addr : NULL;
	proto = addr != NULL && proto != NULL && proto->type == KIND_ENUM ? proto : NULL;
	if (n->known && n->vantage == s->vantage && same_text(addr, n->addr) && same_text(proto, n->proto) &&
	    str_eq(s->network, n->network))
		return;
	*n = (struct state_near){ .network = s->network, .addr = addr == NULL ? S("") : addr->s,
		.proto = proto == NULL ? S("") : proto->s, .vantage = s->vantage, .known = true, .since = INT64_MIN };
	if (addr != NULL)
		n->since = held_since(st, s->network, addr->s, now);
	if (proto == NULL)
		return;
	n->first = n->end = first_map(st, n->network, n->addr, n->proto, n->vantage);
	while (n->end < st->maps.n) {
		const struct state_map *m = &st->maps.p[n->end];

		if (m->vantage != n->vantage || !str_eq(m->network, n->network) || !str_eq(m->addr, n->addr) ||
		    !str_eq(m->proto, n->proto))
			break;
		n->end++;
	}
}

static struct ending ending_of(struct state_cursor *c, const struct state_slot *s)
{
	const struct fact_value *port = slot_place(s, S("port"));
	struct ending e = { .st = c->st, .slot = s, .near = &c->near,
		.is_address = str_eq(str_z(s->kind->name), S("address")) };

	find_near(&c->near, c->st, s, c->now);
	if (port != NULL && port->type == KIND_INT) {
		e.port = (u32)port->i;
		e.maps = c->near.end;
	}
	return e;
}

static bool later_at(const struct state_layer *l, u32 port, const struct state_stamp *stamp)
{
	u32 next;
	const struct state_span *s = state_layer_at(l, port, &next);

	return s != NULL && state_stamp_cmp(s->stamp, stamp) > 0;
}

/* Looked at again in another run, the field determined, and not found. */
static bool missed(const struct state_layer *l, u32 port, const struct state_stamp *stamp)
{
	u32 next;
	const struct state_span *s = state_layer_at(l, port, &next);

	return s != NULL && state_stamp_cmp(s->stamp, stamp) > 0 && (s->stamp->run == 0 || s->stamp->run != stamp->run);
}

/* An address that a later complete list of its family does not hold. */
static bool address_missed(const struct ending *e, const struct state_stamp *stamp)
{
	for (size_t i = 0; i < e->st->families.n; i++) {
		const struct state_family *f = &e->st->families.p[i];

		if (f->vantage == e->slot->vantage && f->family == fact_addr_family(e->near->addr) &&
		    str_eq(f->network, e->slot->network) && f->found != NULL && state_stamp_cmp(f->found, stamp) > 0 &&
		    (f->found->run == 0 || f->found->run != stamp->run))
			return true;
	}
	return false;
}

/* field < 0: the value as a whole. `weak`: of the register that does not decide. */
static enum state_with with_of(const struct ending *e, const struct state_stamp *stamp, int field, bool weak, struct utc now)
{
	const struct state_slot *s = e->slot;
	enum state_with w = weak ? STATE_SUSPECTED : STATE_CURRENT;

	if (stamp->at.ms < e->near->since)
		return STATE_AWAY;
	if (e->is_address && address_missed(e, stamp))
		return STATE_GONE;
	for (size_t i = e->near->first; i < e->maps; i++) {
		const struct state_map *m = &e->st->maps.p[i];

		if (later_at(&m->layers[LAYER_CLOSED], e->port, stamp))
			return STATE_GONE;
		if (field >= 0 && m->of == s->kind && missed(&m->layers[LAYER_FIELDS + field], e->port, stamp))
			return STATE_GONE;
		if (later_at(&m->layers[LAYER_SILENCE], e->port, stamp))
			w = STATE_SILENT;
	}
	if (w != STATE_SILENT && expired(stamp, s->kind, now))
		w = STATE_EXPIRED;
	return w;
}

struct state_cursor state_values(const struct state *st, const struct kind *kind, struct utc now)
{
	struct state_cursor c = { .st = st, .now = now, .kind = kind };

	if (kind != NULL && kind_latest(str_z(kind->name)) != NULL) {
		struct state_slot want = { .kind = kind_latest(str_z(kind->name)), .vantage = 0 };
		size_t lo = 0, hi = st->slots.n;

		c.kind = want.kind;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (state_slot_cmp(&st->slots.p[mid], &want) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		c.at = lo;
	}
	return c;
}

/* Is this weak stamp not answered by what decided in that register? */
static bool unanswered(const struct state_stamp *weak, const struct state_reg *reg)
{
	return weak != NULL && (reg->stamp == NULL || state_stamp_cmp(weak, reg->stamp) > 0);
}

/* Does what is weak here still stand beside what decides? Only a later deciding value of the same field answers it: a
 * later fact that leaves the field out answers nothing. */
static bool weak_stands(const struct state_slot *s)
{
	if (s->weak == NULL)
		return false;
	if (s->strong == NULL || state_stamp_cmp(s->weak, s->strong) > 0)
		return true;
	for (size_t i = 0; i < s->kind->n; i++)
		if (unanswered(s->weak_regs[i].stamp, &s->regs[i]))
			return true;
	return false;
}

/* The register field i is read from; NULL: none. A weak value has what its latest fact says where no other weak one says
 * otherwise, and is lent what was determined since; what it leaves out may have changed with it. */
static const struct state_reg *reg_of(const struct state_slot *s, size_t i, bool weak)
{
	const struct state_reg *reg = &s->regs[i], *w = &s->weak_regs[i];

	if (!weak || !unanswered(s->weak, reg))
		return reg->stamp == NULL ? NULL : reg;
	return w->stamp != s->weak || unanswered(w->other, reg) ? NULL : w;
}

/* As good as its best field; a fact without values stands for itself, and so does a weak one. */
static void fill(struct state_cursor *c, const struct state_slot *s, bool weak, struct state_value *v)
{
	const struct state_stamp *stamp = weak ? s->weak : s->strong;
	struct ending e = ending_of(c, s);
	size_t n = 0;

	*v = (struct state_value){ .kind = s->kind, .network = s->network, .vantage = s->vantage, .stamp = stamp,
		.place = s->place, .nplace = s->nplace, .fields = c->fields, .weak = weak, .erased = s->erased, .with = STATE_AWAY };
	for (size_t i = 0; i < s->kind->n; i++) {
		const struct state_reg *reg = reg_of(s, i, weak);
		enum state_with w;

		if (reg == NULL)
			continue;
		w = with_of(&e, reg->stamp, (int)i, weak, c->now);
		c->fields[n++] = (struct state_field){ .def = &s->kind->fields[i], .v = reg->v, .stamp = reg->stamp,
			.with = w };
		if (w < v->with)
			v->with = w;
	}
	v->nfields = n;
	if (n == 0 || weak)
		v->with = with_of(&e, stamp, -1, weak, c->now);
}

bool state_next(struct state_cursor *c, struct state_value *ret)
{
	while (c->at < c->st->slots.n) {
		const struct state_slot *s = &c->st->slots.p[c->at];

		if (c->kind != NULL && s->kind != c->kind)
			return false;
		if (!c->weak) {
			c->weak = true;
			if (s->strong != NULL) {
				fill(c, s, false, ret);
				return true;
			}
		}
		c->weak = false;
		c->at++;
		if (weak_stands(s)) {
			fill(c, s, true, ret);
			return true;
		}
	}
	return false;
}

const struct fact_value *state_place(const struct state_value *v, struct str name)
{
	for (size_t i = 0; i < v->nplace; i++)
		if (str_eq(v->place[i].name, name))
			return &v->place[i].v;
	return NULL;
}

const struct state_field *state_field(const struct state_value *v, struct str name)
{
	for (size_t i = 0; i < v->nfields; i++)
		if (v->fields[i].with == v->with && str_eq(str_z(v->fields[i].def->name), name))
			return &v->fields[i];
	return NULL;
}

/* --- coverage --- */

struct state_cover_cursor state_covers(const struct state *st, const struct kind *of, struct str network, struct str addr,
    struct str proto, int vantage, u16 lo, u16 hi, struct utc now)
{
	struct state_cover_cursor c = { .st = st, .now = now, .next = lo, .hi = hi };
	const struct kind *latest = of == NULL ? NULL : kind_latest(str_z(of->name));

	c.since.ms = held_since(st, network, addr, now);
	for (size_t i = first_map(st, network, addr, proto, vantage); i < st->maps.n; i++) {
		const struct state_map *m = &st->maps.p[i];

		if (m->vantage != vantage || !str_eq(m->network, network) || !str_eq(m->addr, addr) || !str_eq(m->proto, proto))
			break;
		if (m->of == latest)
			c.map = m;
	}
	return c;
}

/* The piece of one layer at `port` if it counts; shortens *next to where the layer changes. */
static const struct state_stamp *at_layer(const struct state_cover_cursor *c, const struct state_layer *l, u32 port,
    u32 *next, u8 *ret_outcome)
{
	u32 edge;
	const struct state_span *s = state_layer_at(l, port, &edge);

	if (edge < *next)
		*next = edge;
	if (s == NULL || s->stamp->at.ms < c->since.ms)
		return NULL;
	*ret_outcome = s->outcome;
	return s->stamp;
}

static void rests_on(struct state_cover *v, const struct state_stamp *s)
{
	i64 life = kind_life_ms(coverage_kind());

	if (life > 0 && (v->expires.ms == 0 || s->fresh.ms + life < v->expires.ms))
		v->expires.ms = s->fresh.ms + life;
}

static void determined_at(const struct state_cover_cursor *c, const struct state_map *m, u32 port, u32 *next,
    const struct state_stamp *ended, struct state_cover *v)
{
	const struct kind *k = coverage_kind();

	for (size_t i = 0; i < m->of->n; i++) {
		const struct state_stamp *s;
		u8 outcome;

		if (m->of->fields[i].place)
			continue;
		if (v->outcome == COVER_CLOSED) {
			v->determined |= 1u << i;
			continue;
		}
		s = at_layer(c, &m->layers[LAYER_FIELDS + i], port, next, &outcome);
		/* what was determined before the port was closed or fell silent says nothing of what opened since */
		if (s == NULL || v->outcome != COVER_OPEN || expired(s, k, c->now) ||
		    (ended != NULL && state_stamp_cmp(ended, s) > 0))
			continue;
		v->determined |= 1u << i;
		rests_on(v, s);
	}
}

static const struct state_stamp *later(const struct state_stamp *x, const struct state_stamp *y)
{
	return x == NULL || (y != NULL && state_stamp_cmp(y, x) > 0) ? y : x;
}

bool state_cover_next(struct state_cover_cursor *c, struct state_cover *ret)
{
	const struct state_map *m = c->map;
	const struct kind *k = coverage_kind();
	const struct state_stamp *state, *closed, *silence, *unfinished, *doubt, *ending, *weak;
	struct state_cover v = {0};
	u32 port = c->next, next = c->hi + 1;
	u8 outcome = COVER_NONE, ignored;

	if (port > c->hi)
		return false;
	v.lo = (u16)port;
	if (m != NULL) {
		state = at_layer(c, &m->layers[LAYER_STATE], port, &next, &outcome);
		closed = at_layer(c, &m->layers[LAYER_CLOSED], port, &next, &ignored);
		silence = at_layer(c, &m->layers[LAYER_SILENCE], port, &next, &ignored);
		unfinished = at_layer(c, &m->layers[LAYER_UNFINISHED], port, &next, &ignored);
		doubt = at_layer(c, &m->layers[LAYER_DOUBT], port, &next, &ignored);
		ending = at_layer(c, &m->layers[LAYER_ENDING], port, &next, &ignored);
		weak = later(doubt, ending);
		/* a later weak look that found trouble: were it as good as it should be, it would have replaced the older one */
		if (state != NULL && doubt != NULL && state_stamp_cmp(doubt, state) > 0) {
			v.outcome = expired(doubt, k, c->now) ? COVER_EXPIRED : COVER_SUSPECTED;
			v.stamp = doubt;
		} else if (state != NULL && !expired(state, k, c->now)) {
			v.outcome = (enum state_outcome)outcome;
			v.stamp = state;
		} else if (unfinished != NULL && !expired(unfinished, k, c->now)) {
			v.outcome = COVER_UNFINISHED;
			v.stamp = unfinished;
		} else if (weak != NULL && !expired(weak, k, c->now)) {
			v.outcome = COVER_SUSPECTED;
			v.stamp = weak;
		} else if (state != NULL || unfinished != NULL || weak != NULL) {
			v.outcome = COVER_EXPIRED;
			v.stamp = state != NULL ? state : unfinished != NULL ? unfinished : weak;
		}
		if (v.stamp != NULL && v.outcome != COVER_EXPIRED)
			rests_on(&v, v.stamp);
		determined_at(c, m, port, &next, later(later(closed, silence), ending), &v);
	}
	v.hi = (u16)(next - 1);
	c->next = next;
	*ret = v;
	return true;
}

/* --- time --- */

static void sooner(struct utc *best, i64 at, struct utc now)
{
	if (at > now.ms && (best->ms == 0 || at < best->ms))
		best->ms = at;
}

static void sooner_stamp(struct utc *best, const struct state_stamp *s, const struct kind *k, struct utc now)
{
	i64 life = kind_life_ms(k);

	if (s != NULL && life > 0)
		sooner(best, s->fresh.ms + life + 1, now);	/* fresh to the last millisecond of its life */
}

struct utc state_expire_next(const struct state *st, struct utc now)
{
	const struct kind *coverage = coverage_kind();
	struct utc best = {0};

	for (size_t i = 0; i < st->slots.n; i++) {
		const struct state_slot *s = &st->slots.p[i];

		sooner_stamp(&best, s->strong, s->kind, now);
		sooner_stamp(&best, s->weak, s->kind, now);
		for (size_t k = 0; k < s->kind->n; k++)
			if (s->regs[k].stamp != s->strong)
				sooner_stamp(&best, s->regs[k].stamp, s->kind, now);
	}
	for (size_t i = 0; i < st->maps.n; i++)
		for (size_t k = 0; k < LAYER_FIELDS + st->maps.p[i].of->n; k++)
			for (size_t j = 0; j < st->maps.p[i].layers[k].n; j++)
				sooner_stamp(&best, st->maps.p[i].layers[k].p[j].stamp, coverage, now);
	for (size_t i = 0; i < st->families.n; i++) {
		sooner_stamp(&best, st->families.p[i].found, coverage, now);
		sooner_stamp(&best, st->families.p[i].silent, coverage, now);
	}
	for (size_t i = 0; i < st->nclaims; i++) {
		const struct claim *c = &st->claims[i];

		if (c->since.ms > now.ms)
			sooner(&best, c->since.ms, now);
		if (c->until.ms != 0)
			sooner(&best, c->until.ms, now);
		else if (claim_ends_at(c).ms != 0)
			sooner(&best, claim_ends_at(c).ms + 1, now);
	}
	return best;
}
