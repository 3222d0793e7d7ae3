/* Time. Two kinds that must never mix: UTC in milliseconds (what facts and entries say) and the monotonic clock
 * (how long to wait). Text form of UTC is RFC 3339 with exactly three decimals and "Z", nothing else is canonical. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

struct utc {
	i64 ms;		/* since 1970-01-01T00:00:00Z, no leap seconds; 0 = not set */
};

struct mono {
	i64 ns;
};

#define SECOND_MS 1000
#define DAY_MS ((i64)86400 * SECOND_MS)
#define UTC_TEXT 24	/* "2026-11-21T01:15:02.114Z" */

struct utc utc_now(void);
struct mono mono_now(void);

/* Years 0001 to 9999 only: ERR_SYNTAX or ERR_RANGE. Accepts RFC 3339 with 0 to 9 decimals and any offset
 * (a second 60 reads as 59); canonical form is what utc_text writes. */
int utc_parse(struct str s, struct utc *ret) MUST_USE;
bool utc_canonical(struct str s);
struct str utc_text(struct arena *a, struct utc t);
struct str utc_date(struct arena *a, struct utc t);	/* "2026-11-21" */

#endif
