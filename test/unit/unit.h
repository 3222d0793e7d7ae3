/* What every unit test includes first: cmocka needs these four before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#define assert_str(got, want) unit_assert_str((got), (want), __FILE__, __LINE__)
static inline void unit_assert_str(struct str got, const char *want, const char *file, int line)
{
	if (!str_eq(got, str_z(want))) {
		print_error("got  \"%.*s\"\nwant \"%s\"\n", STRF(got), want);
		_fail(file, line);
	}
}

#endif
