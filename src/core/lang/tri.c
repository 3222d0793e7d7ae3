#include "core/lang/tri.h"

struct tri_res tri_not(struct tri_res a)
{
	if (a.v == TRI_UNKNOWN) {
		return a;
	}
	return tri_of(a.v == TRI_FALSE);
}

/* The lesser of the two in false < unknown < true; two unknowns put their reasons together, any other result
 * owes nothing to the reasons of the side that did not decide it. */
struct tri_res tri_and(struct tri_res a, struct tri_res b)
{
	if (a.v == b.v) {
		return (struct tri_res){ .v = a.v, .why = a.v == TRI_UNKNOWN ? (u16)(a.why | b.why) : 0 };
	}
	return a.v < b.v ? a : b;
}

struct tri_res tri_or(struct tri_res a, struct tri_res b)
{
	return tri_not(tri_and(tri_not(a), tri_not(b)));
}

enum why why_first(unsigned set)
{
	set &= WHY_ALL;
	return (enum why)(set & (~set + 1u));	/* the lowest bit is the highest priority */
}

const char *why_name(enum why one)
{
	switch (one) {
	case WHY_NONE:
		return "";
#define X(name, bit, text) \
	case WHY_##name: \
		return text;
		WHY_TABLE
#undef X
	}
	return "";
}

const char *tri_name(enum tri v)
{
	return v == TRI_FALSE ? "false" : v == TRI_TRUE ? "true" : "unknown";
}
