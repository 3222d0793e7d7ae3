/* Text to values: whatever is accepted is written back as the same text, or as the canonical one. */
#include "fuzz.h"

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct str s = str_of(p, n), raw, t;
	struct utc at, again;
	u8 bytes[64];
	size_t bad = 0;
	u64 u;
	i64 i;

	if (str_unbase64(a, s, &raw) == 0) {
		must(str_eq(str_base64(a, raw.p, raw.n), s));
	}
	if (n / 2 <= sizeof bytes && str_unhex(s, bytes, n / 2) == 0) {
		must(n % 2 == 0 && str_eq_nocase(str_hex(a, bytes, n / 2), s));
	}
	if (utc_parse(s, &at) == 0) {
		t = utc_text(a, at);
		must(t.n == UTC_TEXT && utc_canonical(t) && utc_parse(t, &again) == 0 && again.ms == at.ms);
	}
	must(!utc_canonical(s) || (utc_parse(s, &at) == 0 && str_eq(utc_text(a, at), s)));
	if (str_u64(s, UINT64_MAX, &u) == 0) {
		must(str_eq(str_printf(a, "%llu", (unsigned long long)u), s));
	}
	if (str_i64(s, &i) == 0) {
		must(str_eq(str_printf(a, "%lld", (long long)i), s));
	}
	must(str_utf8_ok(s, &bad) || bad < n);
	must(str_width(s) <= 2 * n);
	t = str_trim(s);
	must(str_find(s, t) >= 0 && str_find(s, t) + t.n <= n && str_eq(str_trim(t), t));
	t = str_sub(s, n / 3, n / 2);
	must(t.n <= n / 2 && str_find(s, t) >= 0 && str_find(s, t) <= (ptrdiff_t)(n / 3) && str_ends(s, str_from(s, n / 3)));
	t = str_cut(&s, ',');
	must(t.n + s.n + (str_chr(str_of(p, n), ',') >= 0) == n && str_chr(t, ',') < 0);
	arena_free(a);
	return 0;
}
