/* JSON: choice of reader, getters, the writer and the canonical form (RFC 8785).
 *
 * Canonical form: members sorted by the UTF-16 code units of their keys, no white space, the shortest escapes, numbers
 * as ECMAScript writes them. RFC 8785 knows only doubles, so a JSON_INT beyond 2^53 is written as the double nearest to
 * it (9007199254740993 -> 9007199254740992) and such a text is never canonical; -0 and -0.0 are written as 0.
 * Shortest number: the fewest digits that read back as the same double, of those the nearest. 15 digits come back
 * unchanged from any normal double, so one printing at 15 gives every shorter form; else 16, else 17. */
#include "base/json_int.h"
#include "base/limits.h"
#include "base/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_INT ((i64)1 << 53)
#define DUP_SMALL 12	/* up to here comparing all pairs is cheaper than hashing */

int json_parse(struct arena *a, struct str text, const struct json **ret, struct perr *reterr)
{
#ifdef HAVE_SIMDJSON
	int r = json_simd_read(a, text, ret);

	if (r == 0) {
		return 0;
	}
#endif
	return json_parse_strict(a, text, ret, reterr);
}

/* Shared by the readers */

static int find_dup_hashed(struct arena *a, const struct json_member *p, size_t n, size_t *ret_at)
{
	size_t nslots = 32, at;
	u32 *slots;		/* 1 + index, 0 = free */

	if (n >= UINT32_MAX / 4) {
		return ERR_NOMEM;
	}
	while (nslots < 2 * n) {
		nslots *= 2;
	}
	slots = arena_try(a, nslots * sizeof *slots);
	if (slots == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		at = (size_t)map_hash(p[i].key) & (nslots - 1);
		while (slots[at] != 0) {
			if (str_eq(p[slots[at] - 1].key, p[i].key)) {
				*ret_at = i;
				return ERR_DUP;
			}
			at = (at + 1) & (nslots - 1);
		}
		slots[at] = (u32)i + 1;
	}
	return 0;
}

int json_find_dup(struct arena *a, const struct json_member *p, size_t n, size_t *ret_at)
{
	if (n > DUP_SMALL) {
		return find_dup_hashed(a, p, n, ret_at);
	}
	for (size_t i = 1; i < n; i++) {
		const struct str key = p[i].key;

		for (size_t k = 0; k < i; k++) {
			/* most keys differ in length or in the last byte: no call for those */
			if (p[k].key.n == key.n && (key.n == 0 ||
			    (p[k].key.p[key.n - 1] == key.p[key.n - 1] && str_eq(p[k].key, key)))) {
				*ret_at = i;
				return ERR_DUP;
			}
		}
	}
	return 0;
}

void *json_grown(struct arena *a, void *p, size_t size, size_t n, size_t *cap)
{
	size_t more = *cap == 0 ? 4 : *cap * 2;
	void *q;

	if (n < *cap) {
		return p;
	}
	q = arena_try(a, more * size);
	if (q != NULL) {
		if (n != 0) {
			memcpy(q, p, n * size);
		}
		*cap = more;
	}
	return q;
}

const char *json_shown(char to[JSON_SHOWN], struct str key)
{
	const size_t most = 48;
	size_t n = key.n < most ? key.n : most;

	while (n > 0 && n < key.n && ((unsigned char)key.p[n] & 0xC0) == 0x80) {
		n--;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)key.p[i];

		to[i] = key.p[i];
		if (c < 0x20 || c == 0x7F) {
			to[i] = '?';
		} else if (c == 0xC2 && i + 1 < n && (unsigned char)key.p[i + 1] < 0xA0) {	/* C1 control */
			to[i++] = '?';
			to[i] = '?';
		}
	}
	memcpy(to + n, n < key.n ? "..." : "", n < key.n ? 4 : 1);
	return to;
}

/* Getters */

const struct json *json_get(const struct json *obj, struct str key)
{
	if (obj == NULL || obj->type != JSON_OBJ) {
		return NULL;
	}
	for (size_t i = 0; i < obj->obj.n; i++) {
		if (str_eq(obj->obj.p[i].key, key)) {
			return &obj->obj.p[i].v;
		}
	}
	return NULL;
}

int json_get_str(const struct json *obj, struct str key, struct str *ret)
{
	const struct json *v = json_get(obj, key);

	if (v == NULL || v->type != JSON_STR) {
		return v == NULL ? ERR_MISSING : ERR_TYPE;
	}
	*ret = v->s;
	return 0;
}

int json_get_int(const struct json *obj, struct str key, i64 *ret)
{
	const struct json *v = json_get(obj, key);

	if (v == NULL || v->type != JSON_INT) {
		return v == NULL ? ERR_MISSING : ERR_TYPE;
	}
	*ret = v->i;
	return 0;
}

int json_get_bool(const struct json *obj, struct str key, bool *ret)
{
	const struct json *v = json_get(obj, key);

	if (v == NULL || v->type != JSON_BOOL) {
		return v == NULL ? ERR_MISSING : ERR_TYPE;
	}
	*ret = v->b;
	return 0;
}

/* Writing values */

/* buf_u8 for the many single bytes of JSON, where there is room */
static inline void put(struct buf *b, char c)
{
	if (b->err == 0 && b->n < b->cap && (b->max == 0 || b->n < b->max)) {
		b->p[b->n++] = (u8)c;
	} else {
		buf_u8(b, (u8)c);
	}
}

static void write_escape(struct buf *b, unsigned char c)
{
	static const char names[] = "btn?fr";	/* 0x08 .. 0x0D; 0x0B has no short form */
	static const char hex[] = "0123456789abcdef";

	buf_u8(b, '\\');
	if (c == '"' || c == '\\') {
		buf_u8(b, c);
	} else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
		buf_u8(b, (u8)names[c - 0x08]);
	} else {
		const u8 rest[] = { 'u', '0', '0', (u8)hex[c >> 4], (u8)hex[c & 15] };

		buf_bytes(b, rest, sizeof rest);
	}
}

/* Only text is JSON: bytes that are not UTF-8 leave the sticky error ERR_UTF8. */
static void write_str(struct buf *b, struct str s)
{
	size_t from = 0;
	unsigned char high = 0;

	put(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		high |= c;
		if (c < 0x20 || c == '"' || c == '\\') {
			buf_bytes(b, s.p + from, i - from);
			write_escape(b, c);
			from = i + 1;
		}
	}
	buf_bytes(b, s.n == 0 ? "" : s.p + from, s.n - from);
	put(b, '"');
	if (high >= 0x80 && b->err == 0 && !str_utf8_ok(s, NULL)) {
		b->err = ERR_UTF8;
	}
}

static void write_int(struct buf *b, i64 v)
{
	if (v < 0) {
		buf_u8(b, '-');
	}
	buf_number(b, v < 0 ? 0 - (u64)v : (u64)v);
}

/* A positive number d.ddd * 10^e without its point. */
struct decimal {
	char s[20];
	int n;		/* digits */
	int e;
};

/* v rounded to n digits; reads past the point, whatever the locale prints for it. */
static struct decimal print_digits(double v, int n)
{
	struct decimal d = { .n = n };
	char text[48];
	const char *at = text;

	snprintf(text, sizeof text, "%.*e", n - 1, v);
	for (int i = 0; i < n; at++) {
		if (*at >= '0' && *at <= '9') {
			d.s[i++] = *at;
		}
	}
	must(*at == 'e');
	d.e = (int)strtol(at + 1, NULL, 10);
	return d;
}

static bool reads_back(const struct decimal *d, double v)
{
	char text[48];

	snprintf(text, sizeof text, "%.*se%d", d->n, d->s, d->e - d->n + 1);
	return strtod(text, NULL) == v;
}

/* One more in the last place; a row of nines becomes 1 and a larger exponent. */
static struct decimal next_up(struct decimal d)
{
	int i = d.n - 1;

	for (; i >= 0 && d.s[i] == '9'; i--) {
		d.s[i] = '0';
	}
	if (i < 0) {
		d.s[0] = '1';
		d.e++;
	} else {
		d.s[i]++;
	}
	return d;
}

static struct decimal shortest(double v)
{
	struct decimal d;
	/* below the normal doubles fewer than 15 digits are sure to come back: look from 1 on */
	int n = v < 2.2250738585072014e-308 ? 1 : 15;

	for (; n <= 17; n++) {
		d = print_digits(v, n);
		if (reads_back(&d, v)) {
			break;
		}
		/* above a power of two the doubles lie twice as far apart: a number further up may still be its name */
		d = next_up(d);
		if (n == 16 && reads_back(&d, v)) {
			break;
		}
	}
	while (d.n > 1 && d.s[d.n - 1] == '0') {
		d.n--;
	}
	return d;
}

static void write_zeros(struct buf *b, int n)
{
	for (; n > 0; n--) {
		buf_u8(b, '0');
	}
}

/* ECMAScript Number::toString. */
static void write_real(struct buf *b, double v)
{
	struct decimal d;
	int point;		/* the decimal point stands after so many digits */

	must(isfinite(v));
	if (v == 0) {
		buf_u8(b, '0');
		return;
	}
	if (v < 0) {
		buf_u8(b, '-');
	}
	d = shortest(fabs(v));
	point = d.e + 1;
	if (point > 21 || point <= -6) {
		buf_u8(b, (u8)d.s[0]);
		if (d.n > 1) {
			buf_u8(b, '.');
			buf_bytes(b, d.s + 1, (size_t)d.n - 1);
		}
		buf_z(b, d.e < 0 ? "e-" : "e+");
		write_int(b, d.e < 0 ? -d.e : d.e);
	} else if (point <= 0) {
		buf_z(b, "0.");
		write_zeros(b, -point);
		buf_bytes(b, d.s, (size_t)d.n);
	} else {
		int before = d.n < point ? d.n : point;

		buf_bytes(b, d.s, (size_t)before);
		write_zeros(b, point - before);
		if (d.n > before) {
			buf_u8(b, '.');
			buf_bytes(b, d.s + before, (size_t)(d.n - before));
		}
	}
}

/* Canonical form */

/* Bytes of UTF-8 sort as code points do; UTF-16 puts those above U+FFFF (lead byte F0..) before U+E000 (EE, EF). */
static int cmp_utf16(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];

		if (x != y) {
			bool swapped = x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0);

			return (x < y) != swapped ? -1 : 1;
		}
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int cmp_members(const void *a, const void *b)
{
	const struct json_member *const *x = a, *const *y = b;

	return cmp_utf16((*x)->key, (*y)->key);
}

/* Pointers to the members in canonical order; NULL when they stand so already, or with the error set. */
static const struct json_member **sorted(struct buf *b, const struct json *v)
{
	const struct json_member **order;
	size_t i = 1;

	while (i < v->obj.n && cmp_utf16(v->obj.p[i - 1].key, v->obj.p[i].key) < 0) {
		i++;
	}
	if (i >= v->obj.n || b->err != 0) {
		return NULL;
	}
	order = arena_try(b->a, v->obj.n * sizeof(const struct json_member *));
	if (order == NULL) {
		b->err = ERR_NOMEM;
		return NULL;
	}
	for (i = 0; i < v->obj.n; i++) {
		order[i] = &v->obj.p[i];
	}
	qsort(order, v->obj.n, sizeof(const struct json_member *), cmp_members);
	return order;
}

static void canon(struct buf *b, const struct json *v, unsigned depth)
{
	const struct json_member **order;

	must(depth <= LIMIT_JSON_DEPTH);
	switch (v->type) {
	case JSON_NULL:
		buf_z(b, "null");
		break;
	case JSON_BOOL:
		buf_z(b, v->b ? "true" : "false");
		break;
	case JSON_INT:
		if (v->i >= -EXACT_INT && v->i <= EXACT_INT) {
			write_int(b, v->i);
		} else {
			write_real(b, (double)v->i);
		}
		break;
	case JSON_REAL:
		write_real(b, v->d);
		break;
	case JSON_STR:
		write_str(b, v->s);
		break;
	case JSON_ARR:
		put(b, '[');
		for (size_t i = 0; i < v->arr.n && b->err == 0; i++) {
			if (i != 0) {
				put(b, ',');
			}
			canon(b, &v->arr.p[i], depth + 1);
		}
		put(b, ']');
		break;
	case JSON_OBJ:
		order = sorted(b, v);
		put(b, '{');
		for (size_t i = 0; i < v->obj.n && b->err == 0; i++) {
			const struct json_member *m = order != NULL ? order[i] : &v->obj.p[i];

			if (i != 0) {
				put(b, ',');
			}
			write_str(b, m->key);
			put(b, ':');
			canon(b, &m->v, depth + 1);
		}
		put(b, '}');
		break;
	}
}

void json_canon(struct buf *b, const struct json *v)
{
	canon(b, v, 0);
}

bool json_is_canon(struct arena *scratch, struct str text, const struct json *v)
{
	struct buf b = buf_new(scratch, text.n == 0 ? 1 : text.n);

	json_canon(&b, v);
	return buf_done(&b) == 0 && str_eq(buf_view(&b), text);
}

/* The streaming writer */

struct json_w jw_new(struct buf *b)
{
	return (struct json_w){ .b = b };
}

static bool in_obj(const struct json_w *w)
{
	return w->depth != 0 && (w->in_obj >> (w->depth - 1) & 1) != 0;
}

/* Before every value: the comma, unless its key wrote it. */
static void before_value(struct json_w *w)
{
	must(w->keyed == in_obj(w) && (w->depth != 0 || !w->after));
	if (w->after && !w->keyed) {
		put(w->b, ',');
	}
	w->keyed = false;
	w->after = true;
}

static void open(struct json_w *w, bool obj)
{
	before_value(w);
	must(w->depth < LIMIT_JSON_DEPTH);
	w->in_obj = obj ? w->in_obj | (u64)1 << w->depth : w->in_obj & ~((u64)1 << w->depth);
	w->depth++;
	w->after = false;
	put(w->b, obj ? '{' : '[');
}

void jw_obj(struct json_w *w)
{
	open(w, true);
}

void jw_arr(struct json_w *w)
{
	open(w, false);
}

void jw_end(struct json_w *w)
{
	must(w->depth != 0 && !w->keyed);
	put(w->b, in_obj(w) ? '}' : ']');
	w->depth--;
	w->after = true;
}

void jw_key(struct json_w *w, struct str key)
{
	must(in_obj(w) && !w->keyed);
	if (w->after) {
		put(w->b, ',');
	}
	write_str(w->b, key);
	put(w->b, ':');
	w->keyed = true;
}

void jw_str(struct json_w *w, struct str s)
{
	before_value(w);
	write_str(w->b, s);
}

void jw_int(struct json_w *w, i64 v)
{
	before_value(w);
	write_int(w->b, v);
}

void jw_bool(struct json_w *w, bool v)
{
	before_value(w);
	buf_z(w->b, v ? "true" : "false");
}

void jw_null(struct json_w *w)
{
	before_value(w);
	buf_z(w->b, "null");
}

void jw_raw(struct json_w *w, struct str json)
{
	before_value(w);
	buf_str(w->b, json);
}

void jw_value(struct json_w *w, const struct json *v)
{
	switch (v->type) {
	case JSON_NULL:
		jw_null(w);
		break;
	case JSON_BOOL:
		jw_bool(w, v->b);
		break;
	case JSON_INT:
		jw_int(w, v->i);
		break;
	case JSON_REAL:
		before_value(w);
		write_real(w->b, v->d);
		break;
	case JSON_STR:
		jw_str(w, v->s);
		break;
	case JSON_ARR:
		jw_arr(w);
		for (size_t i = 0; i < v->arr.n; i++) {
			jw_value(w, &v->arr.p[i]);
		}
		jw_end(w);
		break;
	case JSON_OBJ:
		jw_obj(w);
		for (size_t i = 0; i < v->obj.n; i++) {
			jw_key(w, v->obj.p[i].key);
			jw_value(w, &v->obj.p[i].v);
		}
		jw_end(w);
		break;
	}
}

void jw_kstr(struct json_w *w, const char *key, struct str s)
{
	jw_key(w, str_z(key));
	jw_str(w, s);
}

void jw_kint(struct json_w *w, const char *key, i64 v)
{
	jw_key(w, str_z(key));
	jw_int(w, v);
}

void jw_kbool(struct json_w *w, const char *key, bool v)
{
	jw_key(w, str_z(key));
	jw_bool(w, v);
}
