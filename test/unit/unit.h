/* What every unit test includes first: cmocka needs these four before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/str.h"

/* How far a loop over every byte, bit or size goes at once: 1, but where an emulator makes each step dear (lint's s390x and MSan)
 * KOROBANU_TEST_STEP says otherwise. Such a loop must still end where it should. */
static inline unsigned unit_step(void)
{
	const char *text = getenv("KOROBANU_TEST_STEP");
	unsigned long n = text == NULL ? 1 : strtoul(text, NULL, 10);

	return n < 1 ? 1 : n > 1000 ? 1000 : (unsigned)n;
}

#define assert_str(got, want) unit_assert_str((got), (want), __FILE__, __LINE__)
static inline void unit_assert_str(struct str got, const char *want, const char *file, int line)
{
	struct str right = str_z(want);

	if (!str_eq(got, right)) {
		print_error("got  \"%.*s\"\nwant \"%.*s\"\n", STRF(got), STRF(right));
		_fail(file, line);
	}
}

/* For tests that try random things: the seed is fixed, so that a failure comes again, and printed above it; another one is
 * tried with KOROBANU_SEED. unit_rnd gives 0 .. n - 1. */
static u32 unit_seed_now;
static inline void unit_seed(u32 fixed)
{
	const char *other = getenv("KOROBANU_SEED");

	unit_seed_now = other != NULL ? (u32)strtoul(other, NULL, 10) : fixed;
	print_message("# seed %u\n", unit_seed_now);
}
static inline u32 unit_rnd(u32 n)
{
	unit_seed_now = unit_seed_now * 1664525u + 1013904223u;
	return (u32)((u64)(unit_seed_now >> 8) * n >> 24);
}

#endif
