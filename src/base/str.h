/* Text and bytes as pointer and length, by value. Nothing here is NUL-terminated unless it says so. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <string.h>

#include "base/arena.h"

struct str {
	const char *p;
	size_t n;
};

#define S(lit) ((struct str){ .p = "" lit, .n = sizeof(lit) - 1 })
#define STRF(s) (int)(s).n, (s).p	/* printf("%.*s", STRF(s)) */

static inline struct str str_z(const char *z)	/* of a NUL-terminated string; NULL gives the empty one */
{
	struct str s = { z == NULL ? "" : z, z == NULL ? 0 : strlen(z) };

	return s;
}

static inline struct str str_of(const void *p, size_t n)
{
	struct str s = { (const char *)p, n };

	return s;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_nocase(struct str a, struct str b);	/* ASCII only */
static inline int str_cmp(struct str a, struct str b)	/* as memcmp, a prefix sorts first */
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return r != 0 ? r : a.n < b.n ? -1 : a.n > b.n;
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_of(s.p, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix);
static inline struct str str_from(struct str s, size_t at)	/* from `at` to the end; empty past it */
{
	return at >= s.n ? str_of("", 0) : str_of(s.p + at, s.n - at);
}

struct str str_sub(struct str s, size_t at, size_t n);
struct str str_trim(struct str s);		/* ASCII blanks at both ends */
ptrdiff_t str_find(struct str s, struct str what);	/* -1: not there */
ptrdiff_t str_chr(struct str s, char c);
/* Cuts *s at the first `sep`: returns what stands before it and leaves the rest; all of it when there is none. */
struct str str_cut(struct str *s, char sep);

struct str str_dup(struct arena *a, struct str s);
const char *str_c(struct arena *a, struct str s);	/* NUL-terminated copy, for system calls */
struct str str_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Whole of s is one decimal number within limits, no sign but '-', no leading zeros: 0, ERR_SYNTAX or ERR_RANGE. */
int str_u64(struct str s, u64 max, u64 *ret) MUST_USE;
int str_i64(struct str s, i64 *ret) MUST_USE;

struct str str_hex(struct arena *a, const void *p, size_t n);		/* lower case */
int str_unhex(struct str s, void *ret, size_t n) MUST_USE;		/* exactly n bytes, lower or upper case */
struct str str_base64(struct arena *a, const void *p, size_t n);	/* RFC 4648 with padding */
int str_unbase64(struct arena *a, struct str s, struct str *ret) MUST_USE;	/* strict: canonical only */

bool str_utf8_ok(struct str s, size_t *ret_bad);	/* ret_bad: offset of the first bad byte; may be NULL */
/* Columns on a terminal: wide characters count two, combining ones none, control characters one. */
size_t str_width(struct str s);

/* Enum <-> text, both ways, from one array of names indexed by the enum. -1 when the text is unknown. */
int str_index(struct str s, const char *const *names, size_t n);

#endif
