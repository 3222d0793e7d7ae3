/* Sets of ports as ranges: "1-22,24-65535". Canonical text is ascending, disjoint, not adjacent, a single port without
 * a dash, decimal without leading zeros; "" is the empty set. Ports are 0 ... 65535. A set is immutable once made. */
#ifndef CORE_FACT_RANGES_H
#define CORE_FACT_RANGES_H

#include "base/buf.h"

struct range {
	u16 lo, hi;	/* both included */
};

struct ranges {
	const struct range *p;
	size_t n;
};

/* strict: refuses what is not canonical (ERR_SYNTAX); else sorts and joins. ERR_RANGE: a number over 65535, or lo > hi.
 * ERR_LIMIT: more than LIMIT_RANGES pieces. The result lives in `a`. */
int ranges_parse(struct arena *a, struct str text, bool strict, struct ranges *ret) MUST_USE;
struct str ranges_text(struct arena *a, struct ranges r);
struct ranges ranges_one(struct arena *a, u16 lo, u16 hi);
/* Of ports in any order with doubles; sorts p in place. */
struct ranges ranges_of_ports(struct arena *a, u16 *p, size_t n);

bool ranges_has(struct ranges r, u16 port);
bool ranges_contains(struct ranges r, struct ranges part);	/* part is a subset of r */
bool ranges_eq(struct ranges x, struct ranges y);
u32 ranges_count(struct ranges r);				/* ports in the set */
struct ranges ranges_union(struct arena *a, struct ranges x, struct ranges y);
struct ranges ranges_minus(struct arena *a, struct ranges x, struct ranges y);
struct ranges ranges_both(struct arena *a, struct ranges x, struct ranges y);	/* intersection */

#endif
