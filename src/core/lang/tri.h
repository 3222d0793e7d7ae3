/* Three-valued logic (Kleene's strong tables) and the reasons of an unknown, shared by rules, filters and answers.
 *
 * A result is false, unknown or true; only unknown carries reasons. The tables and how reasons combine are written in
 * doc/rules.md, section "Truth tables"; test/unit/core/lang/tri.c reads the tables from there. */
#ifndef CORE_LANG_TRI_H
#define CORE_LANG_TRI_H

#include "base/base.h"

enum tri { TRI_FALSE, TRI_UNKNOWN, TRI_TRUE };

/* Why something is unknown, in order of priority: the first one set is the one that is shown. X(NAME, bit, text) */
#define WHY_TABLE \
	X(IDENTITY, 0, "identity") \
	X(ERASED, 1, "erased") \
	X(SUSPECTED, 2, "suspected") \
	X(INCONCLUSIVE, 3, "inconclusive") \
	X(FILTERED, 4, "filtered") \
	X(SILENT, 5, "silent") \
	X(EXPIRED, 6, "expired") \
	X(NOT_COVERED, 7, "not_covered") \
	X(NOT_RUN, 8, "not_run") \
	X(NO_FEED, 9, "no_feed")
enum why {
	WHY_NONE = 0,
#define X(name, bit, text) WHY_##name = 1 << (bit),
	WHY_TABLE
#undef X
};
#define WHY_COUNT 10
#define WHY_ALL ((1u << WHY_COUNT) - 1)

struct tri_res {
	enum tri v;
	u16 why;	/* set of enum why; 0 unless v is TRI_UNKNOWN */
};

static inline struct tri_res tri_of(bool b)
{
	return (struct tri_res){ .v = b ? TRI_TRUE : TRI_FALSE };
}

static inline struct tri_res tri_unknown(unsigned why)
{
	return (struct tri_res){ .v = TRI_UNKNOWN, .why = (u16)why };
}

struct tri_res tri_not(struct tri_res a);
struct tri_res tri_and(struct tri_res a, struct tri_res b);
struct tri_res tri_or(struct tri_res a, struct tri_res b);

enum why why_first(unsigned set);	/* the one to show; WHY_NONE for the empty set */
const char *why_name(enum why one);	/* "not_covered"; "" for WHY_NONE or what is no single reason */
const char *tri_name(enum tri v);	/* "false", "unknown", "true" */

#endif
