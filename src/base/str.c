#include "base/str.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n) {
		return false;
	}
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i])) {
			return false;
		}
	}
	return true;
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

struct str str_sub(struct str s, size_t at, size_t n)
{
	struct str r = str_from(s, at);

	r.n = n < r.n ? n : r.n;
	return r;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && blank(s.p[s.n - 1])) {
		s.n--;
	}
	return s;
}

ptrdiff_t str_find(struct str s, struct str what)
{
	const char *hit = s.n == 0 || what.n == 0 ? NULL : memmem(s.p, s.n, what.p, what.n);

	return what.n == 0 ? 0 : hit == NULL ? -1 : hit - s.p;
}

ptrdiff_t str_chr(struct str s, char c)
{
	const char *hit = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return hit == NULL ? -1 : hit - s.p;
}

struct str str_cut(struct str *s, char sep)
{
	ptrdiff_t at = str_chr(*s, sep);
	struct str head = *s;

	if (at < 0) {
		*s = S("");
		return head;
	}
	head.n = (size_t)at;
	*s = str_from(*s, (size_t)at + 1);
	return head;
}

struct str str_dup(struct arena *a, struct str s)
{
	return str_of(arena_copy(a, s.p, s.n), s.n);
}

const char *str_c(struct arena *a, struct str s)
{
	char *z = arena_alloc(a, s.n + 1);

	if (s.n != 0) {
		memcpy(z, s.p, s.n);
	}
	return z;
}

struct str str_printf(struct arena *a, const char *fmt, ...)
{
	char small[256], *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	must(n >= 0);
	if ((size_t)n < sizeof small) {		/* nearly always: formatting once is enough */
		return str_of(arena_copy(a, small, (size_t)n + 1), (size_t)n);
	}
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return str_of(p, (size_t)n);
}

int str_u64(struct str s, u64 max, u64 *ret)
{
	u64 v = 0;

	if (s.n == 0 || (s.n > 1 && s.p[0] == '0')) {
		return ERR_SYNTAX;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') {
			return ERR_SYNTAX;
		}
		if (__builtin_mul_overflow(v, (u64)10, &v) ||
		    __builtin_add_overflow(v, (u64)(s.p[i] - '0'), &v)) {
			return ERR_RANGE;
		}
	}
	if (v > max) {
		return ERR_RANGE;
	}
	*ret = v;
	return 0;
}

int str_i64(struct str s, i64 *ret)
{
	bool minus = s.n > 1 && s.p[0] == '-';
	u64 v;
	int r = str_u64(str_from(s, minus ? 1 : 0), minus ? (u64)INT64_MAX + 1 : INT64_MAX, &v);

	if (r != 0) {
		return r;
	}
	if (minus && v == 0) {
		return ERR_SYNTAX;
	}
	*ret = minus ? (i64)(0 - v) : (i64)v;
	return 0;
}

struct str str_hex(struct arena *a, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const u8 *b = p;
	char *out = arena_alloc(a, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	return str_of(out, 2 * n);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

int str_unhex(struct str s, void *ret, size_t n)
{
	u8 *out = ret;

	if (s.n != 2 * n) {
		return ERR_SYNTAX;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (hex_digit(s.p[i]) < 0) {
			return ERR_SYNTAX;
		}
	}
	for (size_t i = 0; i < n; i++) {
		out[i] = (u8)(hex_digit(s.p[2 * i]) << 4 | hex_digit(s.p[2 * i + 1]));
	}
	return 0;
}

static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str str_base64(struct arena *a, const void *p, size_t n)
{
	const u8 *b = p;
	char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1), *o = out;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		u32 v = (u32)b[i] << 16 | (left > 1 ? (u32)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0);

		*o++ = b64[v >> 18];
		*o++ = b64[v >> 12 & 63];
		*o++ = left > 1 ? b64[v >> 6 & 63] : '=';
		*o++ = left > 2 ? b64[v & 63] : '=';
	}
	return str_of(out, (size_t)(o - out));
}

int str_unbase64(struct arena *a, struct str s, struct str *ret)
{
	u8 *out, *o;
	size_t pad = 0;

	if (s.n % 4 != 0) {
		return ERR_SYNTAX;
	}
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=') {
		pad++;
	}
	out = arena_try(a, s.n / 4 * 3 + 1);
	if (out == NULL) {
		return ERR_NOMEM;
	}
	o = out;
	for (size_t i = 0; i < s.n; i += 4) {
		u32 v = 0;

		for (size_t k = 0; k < 4; k++) {
			bool padding = i + k >= s.n - pad;
			const char *hit = padding ? b64 : memchr(b64, s.p[i + k], 64);

			if (hit == NULL) {
				return ERR_SYNTAX;
			}
			v = v << 6 | (u32)(hit - b64);
		}
		*o++ = (u8)(v >> 16);
		*o++ = (u8)(v >> 8);
		*o++ = (u8)v;
		if (i + 4 == s.n && ((pad == 1 && (v & 0xFF) != 0) || (pad == 2 && (v & 0xFFFF) != 0))) {
			return ERR_SYNTAX;
		}
	}
	*ret = str_of(out, (size_t)(o - out) - pad);
	return 0;
}

/* The length of the well-formed sequence at p (Unicode table 3-7), or 0. */
static size_t utf8_seq(const u8 *p, size_t n, u32 *ret_cp)
{
	u32 cp;
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 :
		p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : 0;

	if (len == 0 || len > n) {
		return 0;
	}
	cp = len == 1 ? p[0] : p[0] & (0xFFu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80) {
			return 0;
		}
		cp = cp << 6 | (p[i] & 0x3F);
	}
	if ((len == 3 && (cp < 0x800 || (cp >= 0xD800 && cp < 0xE000))) ||
	    (len == 4 && (cp < 0x10000 || cp > 0x10FFFF))) {
		return 0;
	}
	*ret_cp = cp;
	return len;
}

bool str_utf8_ok(struct str s, size_t *ret_bad)
{
	u32 cp;

	for (size_t i = 0; i < s.n;) {
		size_t len = utf8_seq((const u8 *)s.p + i, s.n - i, &cp);

		if (len == 0) {
			if (ret_bad != NULL) {
				*ret_bad = i;
			}
			return false;
		}
		i += len;
	}
	return true;
}

/* Wide by East Asian Width W or F in the blocks that people write here; ambiguous ones (○, ×) count one. */
static size_t cp_width(u32 cp)
{
	if ((cp >= 0x300 && cp < 0x370) || (cp >= 0x200B && cp < 0x2010) || (cp >= 0xFE00 && cp < 0xFE10)) {
		return 0;
	}
	return (cp >= 0x1100 && cp < 0x1160) || (cp >= 0x2E80 && cp < 0x303F) || (cp >= 0x3041 && cp < 0xA4D0) ||
		(cp >= 0xAC00 && cp < 0xD7A4) || (cp >= 0xF900 && cp < 0xFB00) || (cp >= 0xFE30 && cp < 0xFE70) ||
		(cp >= 0xFF00 && cp < 0xFF61) || (cp >= 0xFFE0 && cp < 0xFFE7) || (cp >= 0x1F300 && cp < 0x1F650) ||
		(cp >= 0x1F900 && cp < 0x1FA00) || (cp >= 0x20000 && cp < 0x3FFFE) ? 2 : 1;
}

size_t str_width(struct str s)
{
	size_t w = 0;

	for (size_t i = 0; i < s.n;) {
		u32 cp = 0;
		size_t len = utf8_seq((const u8 *)s.p + i, s.n - i, &cp);

		w += len == 0 ? 1 : cp_width(cp);
		i += len == 0 ? 1 : len;
	}
	return w;
}

int str_index(struct str s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(s, str_z(names[i]))) {
			return (int)i;
		}
	}
	return -1;
}
