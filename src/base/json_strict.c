/* The strict JSON reader: RFC 8259 and nothing beside it, slow and sure, with line, column and reason.
 *
 * It decides what is JSON here; the fast reader (json_simd.cc) accepts no more and builds the same tree. Stricter than
 * the RFC asks: no byte order mark, no duplicate keys, no lone surrogate escapes, no number beyond a double,
 * LIMIT_JSON_DEPTH. It holds no state and needs no library.
 *
 * Numbers: without fraction and exponent and within i64 -> JSON_INT ("-0" too, as 0: RFC 8785 writes both as "0");
 * all others -> JSON_REAL, rounded to the nearest double, towards 0 where too small; beyond the largest one ERR_RANGE.
 * Memory: containers grow by doubling inside the caller's arena, so its limit bounds the whole reading.
 * Dangers: recursion is bounded by the depth; every look at the input goes through peek(). */
#include "base/json_int.h"
#include "base/limits.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct arena *a;
	const char *p;
	size_t n, at;
	struct perr *err;
};

static int read_value(struct reader *r, unsigned depth, struct json *to);

static int peek(const struct reader *r)
{
	return r->at < r->n ? (unsigned char)r->p[r->at] : -1;
}

static void skip_blanks(struct reader *r)
{
	for (int c = peek(r); c == ' ' || c == '\n' || c == '\r' || c == '\t'; c = peek(r)) {
		r->at++;
	}
}

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

/* `c` stands where `wanted` should. */
static int unexpected(struct reader *r, const char *wanted)
{
	int c = peek(r);

	if (c < 0) {
		return perr_set(r->err, ERR_TRUNC, r->at, "the text ends where %s is expected", wanted);
	}
	if (c > 0x20 && c < 0x7F) {
		return perr_set(r->err, ERR_SYNTAX, r->at, "'%c' stands where %s is expected", c, wanted);
	}
	return perr_set(r->err, ERR_SYNTAX, r->at, "byte 0x%02X stands where %s is expected", (unsigned)c, wanted);
}

static int no_memory(struct reader *r)
{
	return perr_set(r->err, ERR_NOMEM, r->at, "the document needs more memory than it may have");
}

static int read_word(struct reader *r, struct str word)
{
	for (size_t i = 0; i < word.n; i++, r->at++) {
		if (peek(r) != word.p[i]) {
			return peek(r) < 0 ? perr_set(r->err, ERR_TRUNC, r->at, "the text ends inside \"%s\"", word.p) :
				perr_set(r->err, ERR_SYNTAX, r->at, "\"%s\" is misspelt", word.p);
		}
	}
	return 0;
}

/* The number's text as a double, independent of the process's locale. */
static int to_real(struct reader *r, struct str s, double *ret)
{
	char small[128], *z = small;
	locale_t c;

	if (s.n >= sizeof small) {
		z = arena_try(r->a, s.n + 1);
		if (z == NULL) {
			return no_memory(r);
		}
	}
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	must(c != (locale_t)0);
	*ret = strtod_l(z, NULL, c);
	freelocale(c);
	return isfinite(*ret) ? 0 :
		perr_set(r->err, ERR_RANGE, (size_t)(s.p - r->p), "the number is beyond the range of a double");
}

static bool to_int(struct str s, i64 *ret)
{
	bool neg = s.p[0] == '-';
	i64 v = 0;

	for (size_t i = neg ? 1 : 0; i < s.n; i++) {
		int d = s.p[i] - '0';

		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, d, &v)) {
			return false;
		}
	}
	/* summed up below zero, where there is room for INT64_MIN */
	return !__builtin_mul_overflow(v, neg ? 1 : -1, ret);
}

static int skip_digits(struct reader *r, const char *wanted)
{
	if (!digit(peek(r))) {
		return unexpected(r, wanted);
	}
	while (digit(peek(r))) {
		r->at++;
	}
	return 0;
}

static int read_number(struct reader *r, struct json *to)
{
	size_t start = r->at;
	bool whole = true;
	struct str s;
	int err;

	r->at += peek(r) == '-';
	if (peek(r) == 'I' || peek(r) == 'N') {
		return perr_set(r->err, ERR_SYNTAX, start, "JSON has no NaN and no Infinity");
	}
	if (peek(r) == '0' && r->at + 1 < r->n && digit((unsigned char)r->p[r->at + 1])) {
		return perr_set(r->err, ERR_SYNTAX, start, "a number may not start with 0");
	}
	err = skip_digits(r, "a digit");
	if (err == 0 && peek(r) == '.') {
		whole = false;
		r->at++;
		err = skip_digits(r, "a digit after the point");
	}
	if (err == 0 && (peek(r) == 'e' || peek(r) == 'E')) {
		whole = false;
		r->at++;
		r->at += peek(r) == '+' || peek(r) == '-';
		err = skip_digits(r, "a digit of the exponent");
	}
	if (err != 0) {
		return err;
	}
	s = str_of(r->p + start, r->at - start);
	if (whole && to_int(s, &to->i)) {
		to->type = JSON_INT;
		return 0;
	}
	to->type = JSON_REAL;
	return to_real(r, s, &to->d);
}

static int read_hex4(struct reader *r, u32 *ret)
{
	u32 v = 0;

	for (int i = 0; i < 4; i++, r->at++) {
		int c = peek(r);
		int d = digit(c) ? c - '0' :
			c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (d < 0) {
			return unexpected(r, "a hexadecimal digit of \\u");
		}
		v = v << 4 | (u32)d;
	}
	*ret = v;
	return 0;
}

static size_t put_utf8(char *to, u32 cp)
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6) {
		to[i] = (char)(0x80 | (cp & 0x3F));
	}
	to[0] = (char)(n == 1 ? cp : (0xF00u >> n & 0xF0) | cp);
	return n;
}

/* After "\u": one code unit, or two that make a surrogate pair. */
static int read_unicode(struct reader *r, u32 *ret)
{
	size_t start = r->at - 2;
	u32 hi = 0, lo = 0;
	int err = read_hex4(r, &hi);

	if (err != 0) {
		return err;
	}
	if (hi < 0xD800 || hi > 0xDFFF) {
		*ret = hi;
		return 0;
	}
	if (hi < 0xDC00 && peek(r) == '\\' && r->at + 1 < r->n && r->p[r->at + 1] == 'u') {
		r->at += 2;
		err = read_hex4(r, &lo);
		if (err != 0) {
			return err;
		}
	}
	if (lo < 0xDC00 || lo > 0xDFFF) {
		return perr_set(r->err, ERR_SYNTAX, start, "\\u%04X is half a surrogate pair, no character", hi);
	}
	*ret = 0x10000 + ((hi - 0xD800) << 10 | (lo - 0xDC00));
	return 0;
}

/* At the backslash. */
static int read_escape(struct reader *r, char *to, size_t *n)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *at;
	u32 cp = 0;
	int c, err;

	r->at++;
	c = peek(r);
	if (c == 'u') {
		r->at++;
		err = read_unicode(r, &cp);
		if (err == 0) {
			*n += put_utf8(to + *n, cp);
		}
		return err;
	}
	at = c > 0 ? strchr(names, c) : NULL;
	if (at == NULL) {
		return unexpected(r, "one of \" \\ / b f n r t u after the backslash");
	}
	to[(*n)++] = values[at - names];
	r->at++;
	return 0;
}

/* Finds the end of the string whose first byte stands at r->at, without moving. */
static int find_quote(struct reader *r, size_t *ret_end)
{
	size_t i = r->at, bad;

	for (; i < r->n && r->p[i] != '"'; i++) {
		if ((unsigned char)r->p[i] < 0x20) {
			return perr_set(r->err, ERR_SYNTAX, i, "control character 0x%02X inside a string",
				(unsigned)(unsigned char)r->p[i]);
		}
		i += r->p[i] == '\\';
	}
	if (i >= r->n) {
		return perr_set(r->err, ERR_TRUNC, r->n, "the text ends inside a string");
	}
	if (!str_utf8_ok(str_of(r->p + r->at, i - r->at), &bad)) {
		return perr_set(r->err, ERR_UTF8, r->at + bad, "byte 0x%02X is not valid UTF-8 here",
			(unsigned)(unsigned char)r->p[r->at + bad]);
	}
	*ret_end = i;
	return 0;
}

/* At the opening quote. The decoded text is never longer than what stands there. */
static int read_string(struct reader *r, struct str *ret)
{
	size_t end = 0, n = 0;
	char *to = NULL;
	int err;

	r->at++;
	err = find_quote(r, &end);
	if (err != 0) {
		return err;
	}
	if (end != r->at) {
		to = arena_try(r->a, end - r->at);
		if (to == NULL) {
			return no_memory(r);
		}
	}
	while (r->at < end) {
		if (r->p[r->at] == '\\') {
			err = read_escape(r, to, &n);
			if (err != 0) {
				return err;
			}
		} else {
			to[n++] = r->p[r->at++];
		}
	}
	r->at = end + 1;
	*ret = str_of(n == 0 ? NULL : to, n);
	return 0;
}

/* After an element: 0 with *ret_more, or the error. */
static int read_comma(struct reader *r, int close, bool *ret_more)
{
	skip_blanks(r);
	*ret_more = peek(r) == ',';
	if (!*ret_more && peek(r) != close) {
		return unexpected(r, close == ']' ? "',' or ']'" : "',' or '}'");
	}
	r->at++;
	return 0;
}

static int read_arr(struct reader *r, unsigned depth, struct json *to)
{
	struct json *p = NULL;
	size_t n = 0, cap = 0;
	bool more;
	int err = 0;

	r->at++;
	skip_blanks(r);
	more = peek(r) != ']';
	r->at += !more;
	while (err == 0 && more) {
		p = json_grown(r->a, p, sizeof *p, n, &cap);
		if (p == NULL) {
			return no_memory(r);
		}
		err = read_value(r, depth + 1, &p[n++]);
		if (err == 0) {
			err = read_comma(r, ']', &more);
		}
	}
	to->type = JSON_ARR;
	to->arr.p = p;
	to->arr.n = n;
	return err;
}

static int read_member(struct reader *r, unsigned depth, struct json_member *to)
{
	int err;

	skip_blanks(r);
	if (peek(r) != '"') {
		return unexpected(r, "a key in quotes");
	}
	err = read_string(r, &to->key);
	if (err != 0) {
		return err;
	}
	skip_blanks(r);
	if (peek(r) != ':') {
		return unexpected(r, "':'");
	}
	r->at++;
	return read_value(r, depth + 1, &to->v);
}

/* Where key number `index` of the object at `start` stands. The object was read before, so it is well-formed. */
static size_t place_of_key(const struct reader *whole, size_t start, size_t index)
{
	struct reader r = *whole;
	size_t depth = 0;

	for (r.at = start + 1; r.at < r.n && (index != 0 || depth != 0); r.at++) {
		int c = peek(&r);

		if (c == '"') {
			for (r.at++; peek(&r) != '"'; r.at++) {
				r.at += peek(&r) == '\\';
			}
		}
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		index -= c == ',' && depth == 0;
	}
	skip_blanks(&r);
	return r.at;
}

static int read_obj(struct reader *r, unsigned depth, struct json *to)
{
	struct json_member *p = NULL;
	size_t n = 0, cap = 0, start = r->at, at;
	char shown[JSON_SHOWN];
	bool more;
	int err = 0;

	r->at++;
	skip_blanks(r);
	more = peek(r) != '}';
	r->at += !more;
	while (err == 0 && more) {
		p = json_grown(r->a, p, sizeof *p, n, &cap);
		if (p == NULL) {
			return no_memory(r);
		}
		err = read_member(r, depth, &p[n++]);
		if (err == 0) {
			err = read_comma(r, '}', &more);
		}
	}
	if (err != 0) {
		return err;
	}
	to->type = JSON_OBJ;
	to->obj.p = p;
	to->obj.n = n;
	err = json_find_dup(r->a, p, n, &at);
	if (err == ERR_DUP) {
		return perr_set(r->err, ERR_DUP, place_of_key(r, start, at), "the same key twice: \"%s\"",
			json_shown(shown, p[at].key));
	}
	return err == 0 ? 0 : no_memory(r);
}

/* depth = containers around the value. */
static int read_value(struct reader *r, unsigned depth, struct json *to)
{
	int c;

	skip_blanks(r);
	c = peek(r);
	if ((c == '{' || c == '[') && depth >= LIMIT_JSON_DEPTH) {
		return perr_set(r->err, ERR_DEPTH, r->at, "nested deeper than %d", LIMIT_JSON_DEPTH);
	}
	switch (c) {
	case '{':
		return read_obj(r, depth, to);
	case '[':
		return read_arr(r, depth, to);
	case '"':
		to->type = JSON_STR;
		return read_string(r, &to->s);
	case 't':
		to->type = JSON_BOOL;
		to->b = true;
		return read_word(r, S("true"));
	case 'f':
		to->type = JSON_BOOL;
		to->b = false;
		return read_word(r, S("false"));
	case 'n':
		to->type = JSON_NULL;
		return read_word(r, S("null"));
	case '-':
		return read_number(r, to);
	case 'N':
	case 'I':
		return perr_set(r->err, ERR_SYNTAX, r->at, "JSON has no NaN and no Infinity");
	default:
		return digit(c) ? read_number(r, to) : unexpected(r, "a value");
	}
}

int json_parse_strict(struct arena *a, struct str text, const struct json **ret, struct perr *reterr)
{
	struct perr unused;
	struct reader r = { .a = a, .p = text.p, .n = text.n, .err = reterr != NULL ? reterr : &unused };
	struct json *root = NULL;
	int err;

	if (str_starts(text, S("\xEF\xBB\xBF"))) {
		err = perr_set(r.err, ERR_SYNTAX, 0, "a byte order mark is not allowed");
	} else {
		root = arena_try(a, sizeof *root);
		err = root == NULL ? no_memory(&r) : read_value(&r, 0, root);
	}
	if (err == 0) {
		skip_blanks(&r);
		if (r.at != r.n) {
			err = perr_set(r.err, ERR_EXTRA, r.at, "the document ended before this");
		}
	}
	if (err != 0) {
		perr_place(r.err, (const u8 *)text.p, text.n);
		return err;
	}
	*ret = root;
	return 0;
}
