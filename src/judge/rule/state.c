/* The view of a packed state. Thin on purpose: what is latest, gone, weak or expired was decided by core/fact; here the
 * words are changed only. */
#include "judge/rule/facts.h"

static u16 with_why(enum state_with w)
{
	switch (w) {
	case STATE_SUSPECTED:
		return WHY_SUSPECTED;
	case STATE_EXPIRED:
		return WHY_EXPIRED;
	case STATE_SILENT:
		return WHY_SILENT;
	default:
		return WHY_NOT_COVERED;
	}
}

static const struct kind *kind_of(const struct rule_state *rs, u16 kind)
{
	return kind_latest(rs->schema->kinds[kind].name);
}

static struct str place_text(const struct state_value *v, struct str name)
{
	const struct fact_value *p = state_place(v, name);

	return p == NULL ? S("") : p->s;
}

static bool value(void *ctx, struct rule_iter *it, struct rule_value *ret)
{
	const struct rule_state *rs = ctx;
	const struct fact_value *port;
	const struct state_value *v = &it->value;

	if (it->at == 0) {
		it->cursor = state_values(rs->state, kind_of(rs, it->kind), rs->now);
	}
	if (!state_next(&it->cursor, &it->value)) {
		return false;
	}
	it->at++;
	port = state_place(v, S("port"));
	*ret = (struct rule_value){
		.kind = it->kind, .vantage = (u8)v->vantage, .state = v->stamp->state, .with = v->with,
		.clock = v->stamp->clock, .fresh = v->stamp->fresh.ms, .pos = v->stamp->pos, .network = v->network,
		.addr = place_text(v, S("addr")), .proto = place_text(v, S("proto")),
		.port = port == NULL || port->type != KIND_INT ? -1 : (i32)port->i, .ref = v,
	};
	return true;
}

static void convert(const struct fact_value *from, struct lang_value *ret)
{
	switch (from->type) {
	case KIND_BOOL:
		*ret = (struct lang_value){ .type = LANG_BOOL, .b = from->i != 0 };
		return;
	case KIND_INT:
		*ret = (struct lang_value){ .type = LANG_INT, .i = from->i };
		return;
	case KIND_TIME:
		*ret = (struct lang_value){ .type = LANG_TIME, .i = from->i };
		return;
	case KIND_STRS:
		*ret = (struct lang_value){ .type = LANG_STRS, .strs = { .p = from->strs, .n = from->n } };
		return;
	case KIND_RANGES:
		*ret = (struct lang_value){ .type = LANG_RANGES, .ranges = from->ranges };
		return;
	case KIND_ADDR:
		*ret = (struct lang_value){ .type = LANG_ADDR, .s = from->s };
		return;
	case KIND_MAC:
		*ret = (struct lang_value){ .type = LANG_MAC, .s = from->s };
		return;
	case KIND_ENUM:
		*ret = (struct lang_value){ .type = LANG_ENUM, .s = from->s };
		return;
	default:
		*ret = (struct lang_value){ .type = LANG_STR, .s = from->s };
	}
}

static bool field(void *ctx, const struct rule_value *rv, u16 at, bool loose, struct lang_value *ret, u16 *ret_why)
{
	const struct state_value *v = rv->ref;
	const struct kind_field *def = &v->kind->fields[at];
	const struct fact_value *place;

	(void)ctx;
	if (def->place) {
		place = state_place(v, str_z(def->name));
		if (place != NULL) {
			convert(place, ret);
		}
		*ret_why = WHY_NOT_COVERED;
		return place != NULL;
	}
	*ret_why = v->weak ? WHY_SUSPECTED : v->erased ? WHY_ERASED : WHY_NOT_COVERED;
	for (size_t i = 0; i < v->nfields; i++) {
		const struct state_field *f = &v->fields[i];

		if (f->def != def) {
			continue;
		}
		if (f->with == STATE_CURRENT || (loose && f->with != STATE_GONE && f->with != STATE_AWAY)) {
			convert(&f->v, ret);
			return true;
		}
		*ret_why = with_why(f->with);
		return false;
	}
	return false;
}

static bool addr(void *ctx, size_t i, struct rule_addr *ret)
{
	const struct rule_state *rs = ctx;
	struct state_addr a;

	if (!state_addr(rs->state, i, rs->now, &a)) {
		return false;
	}
	*ret = (struct rule_addr){ .network = a.network, .addr = a.addr, .ip6 = fact_addr_family(a.addr) == 6,
		.with = a.with, .until = a.until.ms };
	return true;
}

/* Silence ends nothing: a list that was complete stays so until it expires, and a family is silent only while there is
 * none. Else forgetting a silence would yield a pass. */
static struct rule_family family(void *ctx, struct str network, u8 vantage, bool ip6)
{
	const struct rule_state *rs = ctx;
	struct state_families f = state_families(rs->state, network, vantage, rs->now);
	const struct state_stamp *stamp = ip6 ? f.stamp6 : f.stamp4;
	bool known = ip6 ? f.ip6 : f.ip4;
	struct rule_family ret = { .complete = known, .silent = !known && (ip6 ? f.silent6 : f.silent4),
		.expired = stamp != NULL && !known };

	if (stamp != NULL) {
		ret.at = stamp->at.ms;
		ret.pos = stamp->pos;
	}
	return ret;
}

static struct rule_piece piece(
	void *ctx, u16 kind, struct str network, struct str address, struct str proto, u8 vantage, u16 port, u16 hi)
{
	const struct rule_state *rs = ctx;
	struct state_cover_cursor c =
		state_covers(rs->state, kind_of(rs, kind), network, address, proto, vantage, port, hi, rs->now);
	struct rule_piece ret = { .lo = port, .hi = hi };
	struct state_cover p;

	if (state_cover_next(&c, &p)) {
		ret = (struct rule_piece){ .lo = p.lo, .hi = p.hi, .outcome = p.outcome, .determined = p.determined };
		if (p.stamp != NULL) {
			ret.state = p.stamp->state;
			ret.pos = p.stamp->pos;
		}
	}
	return ret;
}

static bool peer(void *ctx, u16 kind, u16 at, struct str held, size_t i, struct rule_peer *ret)
{
	const struct rule_state *rs = ctx;
	const struct kind *k = kind_of(rs, kind);
	size_t n;
	const struct state_peer *p = state_peers(rs->state, &n);

	for (size_t j = 0; j < n; j++) {
		if (p[j].kind == k && p[j].field == &k->fields[at] && str_eq(p[j].value, held) && i-- == 0) {
			*ret = (struct rule_peer){ .pos = p[j].fact, .apart = p[j].apart };
			return true;
		}
	}
	return false;
}

static u16 lost(void *ctx, u16 kind)
{
	const struct rule_state *rs = ctx;

	return state_lost(rs->state) ? WHY_ERASED : rs->lost == NULL ? 0 : rs->lost(rs->ctx, kind_of(rs, kind));
}

struct rule_facts rule_facts_of_state(const struct rule_state *rs)
{
	size_t nclaims;
	union {
		const struct rule_state *c;
		void *p;
	} ctx = { .c = rs };	/* the callbacks only read it */

	(void)state_claims(rs->state, &nclaims);
	return (struct rule_facts){
		.ctx = ctx.p, .schema = rs->schema, .now = rs->now.ms,
		.expires = state_expire_next(rs->state, rs->now).ms,
		.provisional = state_provisional(rs->state), .nameless = nclaims == 0 && state_lost(rs->state),
		.incomplete = state_overflow(rs->state),
		.value = value, .field = field, .addr = addr, .family = family, .piece = piece, .peer = peer, .lost = lost,
	};
}
