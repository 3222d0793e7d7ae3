/* Port sets. Every function that makes a set makes it canonical: ascending, disjoint, joined where adjacent. */
#include "core/fact/ranges.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/limits.h"

struct out {
	struct range *p;
	size_t n;
};

/* Appends a range whose lo is not below any before it. */
static void put(struct out *o, u16 lo, u16 hi)
{
	if (o->n > 0 && (u32)o->p[o->n - 1].hi + 1 >= lo) {
		if (hi > o->p[o->n - 1].hi)
			o->p[o->n - 1].hi = hi;
		return;
	}
	o->p[o->n++] = (struct range){ .lo = lo, .hi = hi };
}

static int by_lo(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	return a->lo != b->lo ? (a->lo > b->lo) - (a->lo < b->lo) : (a->hi > b->hi) - (a->hi < b->hi);
}

static int piece(struct str s, struct range *ret)
{
	struct str hi = s, lo = str_cut(&hi, '-');
	u64 from, to;
	int r;

	if ((r = str_u64(lo, 65535, &from)) != 0)
		return r;
	to = from;
	if (lo.n < s.n && (r = str_u64(hi, 65535, &to)) != 0)
		return r;
	if (to < from)
		return ERR_RANGE;
	*ret = (struct range){ .lo = (u16)from, .hi = (u16)to };
	/* "5-5" is not how a single port is written */
	return lo.n < s.n && from == to ? ERR_EXTRA : 0;
}

int ranges_parse(struct arena *a, struct str text, bool strict, struct ranges *ret)
{
	size_t count = text.n > 0;
	struct range *in;
	struct out o = {0};
	struct str rest = text;

	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == ',';
	if (count > LIMIT_RANGES)
		return ERR_LIMIT;
	in = arena_alloc(a, count * sizeof *in + 1);
	for (size_t i = 0; i < count; i++) {
		struct str one = str_cut(&rest, ',');
		int r = piece(strict ? one : str_trim(one), &in[i]);

		if (r == ERR_EXTRA)
			r = strict ? ERR_SYNTAX : 0;
		if (r != 0)
			return r;
		if (strict && i > 0 && in[i].lo <= (u32)in[i - 1].hi + 1)
			return ERR_SYNTAX;
	}
	if (!strict)
		qsort(in, count, sizeof *in, by_lo);
	o.p = in;	/* put() never writes ahead of what it reads */
	for (size_t i = 0; i < count; i++)
		put(&o, in[i].lo, in[i].hi);
	*ret = (struct ranges){ .p = o.p, .n = o.n };
	return 0;
}

struct str ranges_text(struct arena *a, struct ranges r)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < r.n; i++) {
		if (i > 0)
			buf_u8(&b, ',');
		buf_number(&b, r.p[i].lo);
		if (r.p[i].lo != r.p[i].hi) {
			buf_u8(&b, '-');
			buf_number(&b, r.p[i].hi);
		}
	}
	return buf_view(&b);
}

struct ranges ranges_one(struct arena *a, u16 lo, u16 hi)
{
	struct range *p = arena_alloc(a, sizeof *p);

	must(lo <= hi);
	*p = (struct range){ .lo = lo, .hi = hi };
	return (struct ranges){ .p = p, .n = 1 };
}

static int by_port(const void *x, const void *y)
{
	const u16 *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

struct ranges ranges_of_ports(struct arena *a, u16 *p, size_t n)
{
	struct out o = { .p = arena_alloc(a, n * sizeof *o.p + 1) };

	if (n > 0)
		qsort(p, n, sizeof *p, by_port);
	for (size_t i = 0; i < n; i++)
		put(&o, p[i], p[i]);
	return (struct ranges){ .p = o.p, .n = o.n };
}

/* Index of the first range that ends at or after port. */
static size_t from_port(struct ranges r, u32 port)
{
	size_t lo = 0, hi = r.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r.p[mid].hi < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool ranges_has(struct ranges r, u16 port)
{
	size_t i = from_port(r, port);

	return i < r.n && r.p[i].lo <= port;
}

bool ranges_contains(struct ranges r, struct ranges part)
{
	for (size_t k = 0; k < part.n; k++) {
		size_t i = from_port(r, part.p[k].lo);

		if (i == r.n || r.p[i].lo > part.p[k].lo || r.p[i].hi < part.p[k].hi)
			return false;
	}
	return true;
}

bool ranges_eq(struct ranges x, struct ranges y)
{
	if (x.n != y.n)
		return false;
	for (size_t i = 0; i < x.n; i++)
		if (x.p[i].lo != y.p[i].lo || x.p[i].hi != y.p[i].hi)
			return false;
	return true;
}

u32 ranges_count(struct ranges r)
{
	u32 n = 0;

	for (size_t i = 0; i < r.n; i++)
		n += (u32)r.p[i].hi - r.p[i].lo + 1;
	return n;
}

struct ranges ranges_union(struct arena *a, struct ranges x, struct ranges y)
{
	struct out o = { .p = arena_alloc(a, (x.n + y.n) * sizeof *o.p + 1) };
	size_t i = 0, k = 0;

	while (i < x.n || k < y.n) {
		struct range next = k == y.n || (i < x.n && x.p[i].lo <= y.p[k].lo) ? x.p[i++] : y.p[k++];

		put(&o, next.lo, next.hi);
	}
	return (struct ranges){ .p = o.p, .n = o.n };
}

struct ranges ranges_minus(struct arena *a, struct ranges x, struct ranges y)
{
	struct out o = { .p = arena_alloc(a, (x.n + y.n) * sizeof *o.p + 1) };
	size_t k = 0;

	for (size_t i = 0; i < x.n; i++) {
		u32 lo = x.p[i].lo, hi = x.p[i].hi;

		while (k < y.n && y.p[k].hi < lo)
			k++;
		for (size_t m = k; m < y.n && y.p[m].lo <= hi && lo <= hi; m++) {
			if (y.p[m].lo > lo)
				put(&o, (u16)lo, (u16)(y.p[m].lo - 1));
			lo = (u32)y.p[m].hi + 1;
		}
		if (lo <= hi)
			put(&o, (u16)lo, (u16)hi);
	}
	return (struct ranges){ .p = o.p, .n = o.n };
}

struct ranges ranges_both(struct arena *a, struct ranges x, struct ranges y)
{
	struct out o = { .p = arena_alloc(a, (x.n + y.n) * sizeof *o.p + 1) };
	size_t i = 0, k = 0;

	while (i < x.n && k < y.n) {
		u16 lo = x.p[i].lo > y.p[k].lo ? x.p[i].lo : y.p[k].lo;
		u16 hi = x.p[i].hi < y.p[k].hi ? x.p[i].hi : y.p[k].hi;

		if (lo <= hi)
			put(&o, lo, hi);
		if (x.p[i].hi < y.p[k].hi)
			i++;
		else
			k++;
	}
	return (struct ranges){ .p = o.p, .n = o.n };
}
