#include "base/clock.h"

#include "base/err.h"

#include <time.h>

struct utc utc_now(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (struct utc){ .ms = (i64)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

struct mono mono_now(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (struct mono){ .ns = (i64)t.tv_sec * 1000000000 + t.tv_nsec };
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counting years from March so that the
 * leap day ends the year: 365 y + y/4 - y/100 + y/400 whole days stand before it. */
static i64 days_of(i64 year, i64 month, i64 day)
{
	i64 y = month > 2 ? year : year - 1;
	i64 m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void date_of(i64 days, int *year, int *month, int *day)
{
	i64 z = days + 719468;			/* since 0000-03-01 */
	i64 era = z / 146097, doe = z % 146097;
	i64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	i64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	i64 m = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2 ? 1 : 0));
}

static int digits(struct str *s, size_t n, i64 max, i64 *ret)
{
	i64 v = 0;

	if (s->n < n) {
		return ERR_SYNTAX;
	}
	for (size_t i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9') {
			return ERR_SYNTAX;
		}
		v = v * 10 + (s->p[i] - '0');
	}
	*s = str_from(*s, n);
	*ret = v;
	return v > max ? ERR_RANGE : 0;
}

static int literal(struct str *s, const char *one_of)
{
	if (s->n == 0 || str_chr(str_z(one_of), s->p[0]) < 0) {
		return ERR_SYNTAX;
	}
	*s = str_from(*s, 1);
	return 0;
}

static int offset(struct str *s, i64 *ret_minutes)
{
	i64 h, m, sign = s->n > 0 && s->p[0] == '-' ? -1 : 1;
	int r;

	if (s->n > 0 && (s->p[0] == 'Z' || s->p[0] == 'z')) {
		*ret_minutes = 0;
		return literal(s, "Zz");
	}
	if ((r = literal(s, "+-")) != 0 || (r = digits(s, 2, 23, &h)) != 0 || (r = literal(s, ":")) != 0 ||
	    (r = digits(s, 2, 59, &m)) != 0) {
		return r;
	}
	*ret_minutes = sign * (h * 60 + m);
	return 0;
}

int utc_parse(struct str s, struct utc *ret)
{
	i64 year, month, day, h, m, sec, ms = 0, off, d;
	int r, y2, m2, d2;

	if ((r = digits(&s, 4, 9999, &year)) != 0 || (r = literal(&s, "-")) != 0 ||
	    (r = digits(&s, 2, 12, &month)) != 0 || (r = literal(&s, "-")) != 0 ||
	    (r = digits(&s, 2, 31, &day)) != 0 || (r = literal(&s, "Tt ")) != 0 ||
	    (r = digits(&s, 2, 23, &h)) != 0 || (r = literal(&s, ":")) != 0 ||
	    (r = digits(&s, 2, 59, &m)) != 0 || (r = literal(&s, ":")) != 0 || (r = digits(&s, 2, 60, &sec)) != 0) {
		return r;
	}
	if (s.n > 0 && s.p[0] == '.') {
		i64 scale = 100;
		size_t n = 1;

		for (; n < s.n && n <= 9 && s.p[n] >= '0' && s.p[n] <= '9'; n++, scale /= 10) {
			ms += (s.p[n] - '0') * scale;
		}
		if (n == 1) {
			return ERR_SYNTAX;
		}
		s = str_from(s, n);
	}
	if ((r = offset(&s, &off)) != 0) {
		return r;
	}
	if (s.n != 0) {
		return ERR_SYNTAX;
	}
	if (year < 1 || month < 1 || day < 1) {
		return ERR_RANGE;
	}
	d = days_of(year, month, day);
	date_of(d, &y2, &m2, &d2);
	if (y2 != year || m2 != month || d2 != day) {	/* 30 February and its like */
		return ERR_RANGE;
	}
	sec = sec == 60 ? 59 : sec;
	*ret = (struct utc){ .ms = ((d * 1440 + h * 60 + m - off) * 60 + sec) * 1000 + ms };
	return 0;
}

bool utc_canonical(struct str s)
{
	struct utc t;

	return s.n == UTC_TEXT && s.p[10] == 'T' && s.p[19] == '.' && s.p[23] == 'Z' && s.p[17] < '6' &&
		utc_parse(s, &t) == 0;
}

static void two(char *p, int v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
}

/* Written with every sighting, so without printf. */
struct str utc_text(struct arena *a, struct utc t)
{
	i64 days = t.ms / DAY_MS, ms = t.ms % DAY_MS;
	char *p = arena_copy(a, "0000-00-00T00:00:00.000Z", UTC_TEXT + 1);
	int year, month, day;

	if (ms < 0) {
		ms += DAY_MS;
		days--;
	}
	date_of(days, &year, &month, &day);
	if (year < 0 || year > 9999) {
		return str_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day, (int)(ms / 3600000),
			(int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
	}
	two(p, year / 100);
	two(p + 2, year % 100);
	two(p + 5, month);
	two(p + 8, day);
	two(p + 11, (int)(ms / 3600000));
	two(p + 14, (int)(ms / 60000 % 60));
	two(p + 17, (int)(ms / 1000 % 60));
	p[20] = (char)('0' + ms / 100 % 10);
	two(p + 21, (int)(ms % 100));
	return str_of(p, UTC_TEXT);
}

struct str utc_date(struct arena *a, struct utc t)
{
	return str_sub(utc_text(a, t), 0, 10);
}
