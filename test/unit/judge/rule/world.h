/* Facts about one asset made by hand, behind the view that rules read: what a situation is, nothing derived. */
#ifndef TEST_RULE_WORLD_H
#define TEST_RULE_WORLD_H

#include "../../core/lang/kinds.h"
#include "judge/rule/rule.h"

#define NOW 1800000000000ll
#define MAX_VALUES 48
#define MAX_PIECES 64
#define EXAMPLE "none(service where name in (\"telnet\",\"rlogin\",\"rsh\",\"rexec\") over tcp:1-65535 from v1 or v5)"

struct world_value {
	struct rule_value v;
	u32 known, loose;		/* bit per field: readable when it decides; besides: only loosely */
	u16 why;			/* of the other fields */
	struct lang_value field[8];
};

struct world_piece {
	struct str addr, proto;
	u8 vantage;
	struct rule_piece p;
};

struct world_family {
	u8 vantage;
	bool ip6;
	struct rule_family f;
};

struct world {
	struct rule_addr addrs[4];
	size_t naddrs;
	struct world_family fams[8];
	size_t nfams;
	struct world_piece pieces[MAX_PIECES];	/* of kind service */
	size_t npieces;
	struct world_value values[MAX_VALUES];
	size_t nvalues;
	u16 lost[5];
	bool provisional, incomplete;
	i64 expires;
	u32 seq;
};

static bool world_value(void *ctx, struct rule_iter *it, struct rule_value *ret)
{
	const struct world *w = ctx;

	for (; it->at < w->nvalues; it->at++) {
		if (w->values[it->at].v.kind == it->kind) {
			*ret = w->values[it->at].v;
			ret->ref = &w->values[it->at++];
			return true;
		}
	}
	return false;
}

static bool world_field(
	void *ctx, const struct rule_value *v, u16 field, bool loose, struct lang_value *ret, u16 *ret_why)
{
	const struct world_value *wv = v->ref;

	(void)ctx;
	if (!((wv->known | (loose ? wv->loose : 0)) >> field & 1)) {
		*ret_why = wv->why;
		return false;
	}
	*ret = wv->field[field];
	return true;
}

static bool world_addr(void *ctx, size_t i, struct rule_addr *ret)
{
	const struct world *w = ctx;

	if (i < w->naddrs) {
		*ret = w->addrs[i];
	}
	return i < w->naddrs;
}

static struct rule_family world_family(void *ctx, struct str network, u8 vantage, bool ip6)
{
	const struct world *w = ctx;

	(void)network;
	for (size_t i = 0; i < w->nfams; i++) {
		if (w->fams[i].vantage == vantage && w->fams[i].ip6 == ip6) {
			return w->fams[i].f;
		}
	}
	return (struct rule_family){ 0 };
}

static struct rule_piece world_piece(
	void *ctx, u16 kind, struct str network, struct str addr, struct str proto, u8 vantage, u16 port, u16 hi)
{
	const struct world *w = ctx;
	struct rule_piece ret = { .lo = port, .hi = hi };

	(void)network;
	for (size_t i = 0; kind == K_SERVICE && i < w->npieces; i++) {
		const struct world_piece *p = &w->pieces[i];

		if (p->vantage != vantage || !str_eq(p->addr, addr) || !str_eq(p->proto, proto)) {
			continue;
		}
		if (port >= p->p.lo && port <= p->p.hi) {
			return p->p;	/* pieces of one map do not overlap */
		}
		if (p->p.lo > port && p->p.lo <= ret.hi) {
			ret.hi = (u16)(p->p.lo - 1);
		}
	}
	return ret;
}

static u16 world_lost(void *ctx, u16 kind)
{
	return ((const struct world *)ctx)->lost[kind];
}

static inline struct rule_facts world_view(struct world *w)
{
	return (struct rule_facts){ .ctx = w, .schema = &test_schema, .now = NOW, .expires = w->expires,
		.provisional = w->provisional, .incomplete = w->incomplete, .value = world_value, .field = world_field,
		.addr = world_addr, .family = world_family, .piece = world_piece, .lost = world_lost };
}

static inline struct state_pos world_pos(struct world *w)
{
	return (struct state_pos){ .seq = 100, .index = ++w->seq };
}

static inline void world_add_addr(struct world *w, const char *addr)
{
	w->addrs[w->naddrs++] = (struct rule_addr){ .network = S("lab"),
		.addr = str_z(addr),
		.ip6 = str_chr(str_z(addr), ':') >= 0,
		.with = STATE_CURRENT,
		.until = NOW + 1000 };
}

static inline void world_add_family(struct world *w, u8 vantage, bool ip6)
{
	w->fams[w->nfams++] = (struct world_family){ .vantage = vantage, .ip6 = ip6,
		.f = { .complete = true, .at = NOW - 5000, .pos = world_pos(w) } };
}

static inline struct world_piece *world_add_piece(
	struct world *w, const char *addr, const char *proto, u8 vantage, u16 lo, u16 hi, enum state_outcome o)
{
	struct world_piece *p = &w->pieces[w->npieces++];

	*p = (struct world_piece){ .addr = str_z(addr),
		.proto = str_z(proto),
		.vantage = vantage,
		.p = { .lo = lo,
			.hi = hi,
			.outcome = o,
			.determined = o == COVER_CLOSED ? ~0u
				      : o == COVER_OPEN ? 1u << 3 | 1u << 4
							: 0,
			.pos = world_pos(w) } };
	return p;
}

/* The piece of v1 over all tcp ports of addr number `at` gives way at one port, which becomes `o`. */
static inline struct world_piece *world_cut(struct world *w, size_t at, u16 port, enum state_outcome o)
{
	struct world_piece *p = &w->pieces[at];

	world_add_piece(w, p->addr.p, "tcp", 1, (u16)(port + 1), p->p.hi, p->p.outcome);
	p->p.hi = (u16)(port - 1);
	return world_add_piece(w, p->addr.p, "tcp", 1, port, port, o);
}

static inline struct world_value *world_add_service(struct world *w, const char *addr, u16 port, const char *name)
{
	struct world_value *v = &w->values[w->nvalues++];

	*v = (struct world_value){ .v = { .kind = K_SERVICE,
					   .vantage = 1,
					   .with = STATE_CURRENT,
					   .fresh = NOW - 5000,
					   .pos = world_pos(w),
					   .network = S("lab"),
					   .addr = str_z(addr),
					   .proto = S("tcp"),
					   .port = port },
		.known = 7,
		.why = WHY_NOT_COVERED };
	v->field[0] = (struct lang_value){ .type = LANG_ADDR, .s = str_z(addr) };
	v->field[1] = (struct lang_value){ .type = LANG_INT, .i = port };
	v->field[2] = (struct lang_value){ .type = LANG_ENUM, .s = S("tcp") };
	if (name != NULL) {
		v->field[3] = (struct lang_value){ .type = LANG_STR, .s = str_z(name) };
		v->known |= 8;
	}
	return v;
}

static inline struct world_value *world_add(struct world *w, u16 kind)
{
	struct world_value *v = &w->values[w->nvalues++];

	*v = (struct world_value){ .v = { .kind = kind, .vantage = 1, .with = STATE_CURRENT, .fresh = NOW - 5000,
		.pos = world_pos(w), .network = S("lab"), .port = -1 }, .why = WHY_NOT_COVERED };
	return v;
}

/* Does what the value says stop deciding: its fields can be read loosely only. */
static inline void world_weaken(struct world_value *v, enum state_with with)
{
	v->v.with = with;
	v->loose |= v->known;
}

/* Two addresses, all listed from v1, every tcp port closed from v1: pieces 0 and 1. */
static inline void world_clean(struct world *w)
{
	*w = (struct world){ .seq = 0 };
	world_add_addr(w, "10.7.0.3");
	world_add_addr(w, "fe80::3");
	world_add_family(w, 1, false);
	world_add_family(w, 1, true);
	world_add_piece(w, "10.7.0.3", "tcp", 1, 1, 65535, COVER_CLOSED);
	world_add_piece(w, "fe80::3", "tcp", 1, 1, 65535, COVER_CLOSED);
}

#endif
