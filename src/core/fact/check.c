/* What makes a value, a key and a fact acceptable: canonical forms, the kind table, limits. Used by the reader of
 * foreign facts (fact.c) and by the builder of our own (new.c), so that both refuse the same. */
#include "core/fact/fact_int.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"

#define INT_MAX_EXACT ((i64)1 << 53)

int fact_bad(struct fact_errs *e, int code, const char *fmt, ...)
{
	struct perr p = { .code = code };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p.text, sizeof p.text, fmt, ap);
	va_end(ap);
	if (e->list != NULL)
		errlist_add(e->a, e->list, &p);
	if (e->first == 0)
		e->first = code;
	return code;
}

/* --- addresses --- */

static struct str addr6_text(struct arena *a, const u8 *b)
{
	struct buf out = buf_new(a, 0);
	int best = -1, best_n = 1;	/* RFC 5952: the longest run of two or more zero groups, the first of equals */
	u16 g[8];

	for (int i = 0; i < 8; i++)
		g[i] = (u16)(b[2 * i] << 8 | b[2 * i + 1]);
	if (memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0)
		return str_printf(a, "::ffff:%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > best_n) {
			best = i;
			best_n = n;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			buf_z(&out, "::");
			i += best_n - 1;
			continue;
		}
		buf_printf(&out, i == 0 || i == best + best_n ? "%x" : ":%x", g[i]);
	}
	return buf_view(&out);
}

/* Read with every address of every row: printf would be half of the time. */
static struct str addr4_text(struct arena *a, const u8 *b)
{
	char *p = arena_alloc(a, 16);
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		if (i > 0)
			p[n++] = '.';
		if (b[i] >= 100)
			p[n++] = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			p[n++] = (char)('0' + b[i] / 10 % 10);
		p[n++] = (char)('0' + b[i] % 10);
	}
	return str_of(p, n);
}

int fact_addr(struct arena *a, struct str s, struct str *ret)
{
	char z[INET6_ADDRSTRLEN];
	u8 b[16];

	if (s.n == 0 || s.n >= sizeof z || memchr(s.p, 0, s.n) != NULL)
		return ERR_SYNTAX;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	if (inet_pton(AF_INET, z, b) == 1)
		*ret = addr4_text(a, b);
	else if (inet_pton(AF_INET6, z, b) == 1)
		*ret = addr6_text(a, b);
	else
		return ERR_SYNTAX;
	return 0;
}

bool fact_addr_canonical(struct str s)
{
	struct arena *a = arena_new(NULL, 0);
	struct str t;
	bool ok = fact_addr(a, s, &t) == 0 && str_eq(s, t);

	arena_free(a);
	return ok;
}

int fact_addr_family(struct str addr)
{
	return str_chr(addr, ':') < 0 ? 4 : 6;
}

static int mac_bytes(struct str s, u8 ret[6])
{
	if (s.n != 17)
		return ERR_SYNTAX;
	for (size_t i = 0; i < 6; i++) {
		if (str_unhex(str_sub(s, i * 3, 2), &ret[i], 1) != 0)
			return ERR_SYNTAX;
		if (i < 5 && s.p[i * 3 + 2] != s.p[2])
			return ERR_SYNTAX;
	}
	return s.p[2] == ':' || s.p[2] == '-' ? 0 : ERR_SYNTAX;
}

int fact_mac(struct arena *a, struct str s, struct str *ret)
{
	u8 m[6];

	if (mac_bytes(s, m) != 0)
		return ERR_SYNTAX;
	*ret = str_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return 0;
}

bool fact_mac_canonical(struct str s)
{
	u8 m[6];

	if (mac_bytes(s, m) != 0 || s.p[2] != ':')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'F')
			return false;
	return true;
}

bool fact_mac_global(struct str mac)
{
	u8 m[6];

	/* bit 0 of the first byte: group; bit 1: locally administered, hence random or made up */
	return mac_bytes(mac, m) == 0 && (m[0] & 3) == 0 && memcmp(m, "\0\0\0\0\0\0", 6) != 0;
}

/* --- texts --- */

bool fact_text_ok(struct str s, size_t max)
{
	if (s.n > max || !str_utf8_ok(s, NULL))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			return false;
		if (c == 0xc2 && (u8)s.p[i + 1] < 0xa0)	/* C1 controls; valid UTF-8 has a next byte here */
			return false;
	}
	return true;
}

bool fact_word_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || str_chr(S("._+-"), s.p[i]) >= 0))
			return false;
	return s.n > 0;
}

static bool in_set(struct str s, size_t max, const char *more)
{
	if (s.n == 0 || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c != 0 && strchr(more, c) != NULL)))
			return false;
	}
	return true;
}

bool fact_network_ok(struct str s)
{
	return in_set(s, 64, "._-") && strchr("._-", s.p[0]) == NULL;
}

bool fact_source_ok(struct str s)
{
	return in_set(s, 64, "._/-");
}

/* --- keys --- */

static const char *const key_names[KEY_TYPE_COUNT] = {
	[KEY_SERIAL] = "serial", [KEY_ID] = "id", [KEY_MAC] = "mac", [KEY_HOSTKEY] = "hostkey", [KEY_CERT] = "cert",
	[KEY_IP] = "ip", [KEY_NAME] = "name",
};

const char *fact_key_type_name(enum fact_key_type t)
{
	return (size_t)t < countof(key_names) ? key_names[t] : "?";
}

static bool lower(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return true;
}

static bool serial_ok(struct str s)
{
	struct str rest = s, vendor = str_cut(&rest, '|'), model = str_cut(&rest, '|');

	return vendor.n > 0 && model.n > 0 && rest.n > 0 && str_chr(rest, '|') < 0;
}

static bool key_ok(enum fact_key_type type, struct str v)
{
	ptrdiff_t slash = -1;

	if (v.n == 0 || !fact_text_ok(v, LIMIT_KEY) || str_chr(v, '\n') >= 0)
		return false;
	switch (type) {
	case KEY_SERIAL:
		return serial_ok(v);
	case KEY_MAC:
		return fact_mac_canonical(v);
	case KEY_IP:
		return fact_addr_canonical(v);
	case KEY_NAME:
		return lower(v);
	case KEY_HOSTKEY:
	case KEY_CERT:
		for (size_t i = 0; i < v.n; i++)
			if (v.p[i] == '/')
				slash = (ptrdiff_t)i;
		return slash > 0 && (size_t)slash + 1 < v.n;
	case KEY_ID:
	case KEY_TYPE_COUNT:
		break;
	}
	return true;
}

int fact_key_make(struct arena *a, enum fact_key_type type, struct str value, enum fact_read how, struct fact_key *ret)
{
	struct str v = value;
	size_t head;

	if (how == FACT_LENIENT && type == KEY_MAC && fact_mac(a, value, &v) != 0)
		return ERR_SYNTAX;
	if (how == FACT_LENIENT && type == KEY_IP && fact_addr(a, value, &v) != 0)
		return ERR_SYNTAX;
	if (how == FACT_LENIENT && type == KEY_NAME && v.n <= LIMIT_KEY) {
		char *p = arena_copy(a, v.p, v.n + (v.n == 0));

		for (size_t i = 0; i < v.n; i++)
			if (p[i] >= 'A' && p[i] <= 'Z')
				p[i] = (char)(p[i] + 32);
		v.p = p;
	}
	if (!key_ok(type, v))
		return v.n > LIMIT_KEY ? ERR_LIMIT : ERR_SYNTAX;
	head = strlen(key_names[type]) + 1;
	*ret = (struct fact_key){ .type = type, .text = str_printf(a, "%s:%.*s", key_names[type], STRF(v)) };
	ret->value = str_from(ret->text, head);
	return 0;
}

int fact_key_parse(struct str text, struct fact_key *ret)
{
	struct str rest = text, name = str_cut(&rest, ':');
	int type = name.n == text.n ? -1 : str_index(name, key_names, countof(key_names));

	if (type < 0 || !key_ok((enum fact_key_type)type, rest))
		return ERR_SYNTAX;
	*ret = (struct fact_key){ .type = (enum fact_key_type)type, .text = text, .value = rest };
	return 0;
}

/* --- one value --- */

int fact_value_text(struct arena *a, const struct kind_field *def, struct str s, enum fact_read how,
    struct fact_value *ret, const char **ret_why)
{
	struct fact_value v = { .type = def->type, .s = s };
	struct utc t;
	int r;

	switch (def->type) {
	case KIND_STR:
		*ret_why = "must be UTF-8 of at most 2048 bytes without control characters";
		if (!fact_text_ok(s, LIMIT_FACT_FIELD))
			return s.n > LIMIT_FACT_FIELD ? ERR_LIMIT : ERR_SYNTAX;
		if (def->word && !fact_word_ok(s)) {
			*ret_why = "must be one word of a-z 0-9 . _ + -";
			return ERR_SYNTAX;
		}
		v.s = str_dup(a, s);
		break;
	case KIND_TIME:
		*ret_why = "must be a UTC time like 2026-11-21T01:15:02.114Z";
		if ((r = utc_parse(s, &t)) != 0)
			return r;
		if (how == FACT_STRICT && !utc_canonical(s))
			return ERR_SYNTAX;
		v.s = utc_text(a, t);
		v.i = t.ms;
		break;
	case KIND_RANGES:
		*ret_why = "must be ascending port ranges like 1-22,24-65535";
		if ((r = ranges_parse(a, s, how == FACT_STRICT, &v.ranges)) != 0)
			return r;
		v.s = ranges_text(a, v.ranges);
		break;
	case KIND_ADDR:
		*ret_why = "must be an IP address in canonical form";
		if (fact_addr(a, s, &v.s) != 0 || (how == FACT_STRICT && !str_eq(s, v.s)))
			return ERR_SYNTAX;
		break;
	case KIND_MAC:
		*ret_why = "must be a MAC address like 00:16:3e:00:00:02";
		if (fact_mac(a, s, &v.s) != 0 || (how == FACT_STRICT && !str_eq(s, v.s)))
			return ERR_SYNTAX;
		break;
	case KIND_ENUM:
		*ret_why = "is none of the words of this field";
		if (kind_word_index(def, s) < 0)
			return ERR_RANGE;
		v.i = kind_word_index(def, s);
		v.s = kind_word(def, (size_t)v.i);
		break;
	default:
		*ret_why = "is not a text field";
		return ERR_TYPE;
	}
	*ret = v;
	return 0;
}

int fact_value_int(const struct kind_field *def, i64 i, struct fact_value *ret, const char **ret_why)
{
	i64 min = def->min, max = def->max;

	*ret_why = "is not an integer field";
	if (def->type != KIND_INT)
		return ERR_TYPE;
	if (min == 0 && max == 0) {
		min = -INT_MAX_EXACT;
		max = INT_MAX_EXACT;
	}
	*ret_why = "is out of range";
	if (i < min || i > max)
		return ERR_RANGE;
	*ret = (struct fact_value){ .type = KIND_INT, .i = i };
	return 0;
}

static int by_text(const void *x, const void *y)
{
	const struct str *a = x, *b = y;

	return str_cmp(*a, *b);
}

int fact_value_strs(struct arena *a, const struct kind_field *def, const struct str *p, size_t n, enum fact_read how,
    struct fact_value *ret, const char **ret_why)
{
	struct str *out;
	size_t k = 0;

	*ret_why = "is not a set of texts";
	if (def->type != KIND_STRS)
		return ERR_TYPE;
	*ret_why = "has more than 256 members";
	if (n > LIMIT_FACT_STRS)
		return ERR_LIMIT;
	out = arena_alloc(a, n * sizeof *out + 1);
	for (size_t i = 0; i < n; i++) {
		*ret_why = "has a member that is no text of this field";
		if (!fact_text_ok(p[i], LIMIT_FACT_FIELD) || p[i].n == 0)
			return ERR_SYNTAX;
		if (def->words != NULL && kind_word_index(def, p[i]) < 0)
			return ERR_RANGE;
		*ret_why = "must be sorted, without doubles";
		if (how == FACT_STRICT && i > 0 && str_cmp(p[i - 1], p[i]) >= 0)
			return ERR_SYNTAX;
		out[i] = str_dup(a, p[i]);
	}
	if (how != FACT_STRICT && n > 0)
		qsort(out, n, sizeof *out, by_text);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || !str_eq(out[k - 1], out[i]))
			out[k++] = out[i];
	*ret = (struct fact_value){ .type = KIND_STRS, .strs = out, .n = k };
	return 0;
}

/* --- the whole --- */

static int by_key(const void *x, const void *y)
{
	const struct fact_key *a = x, *b = y;

	return str_cmp(a->text, b->text);
}

static int by_name(const void *x, const void *y)
{
	const struct fact_field *a = x, *b = y;

	return str_cmp(a->name, b->name);
}

/* What is sorted already, as nearly everything is, costs one look. */
static void sort(void *p, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	const u8 *v = p;

	for (size_t i = 1; i < n; i++) {
		if (cmp(v + (i - 1) * size, v + i * size) > 0) {
			qsort(p, n, size, cmp);
			return;
		}
	}
}

static void check_keys(struct fact_errs *e, struct fact *f, enum fact_read how)
{
	size_t k = 0;

	if (f->nkeys == 0)
		fact_bad(e, ERR_MISSING, "subject: at least one key is needed");
	if (f->nkeys > LIMIT_SUBJECT_KEYS)
		fact_bad(e, ERR_LIMIT, "subject: more than %d keys", LIMIT_SUBJECT_KEYS);
	for (size_t i = 1; how == FACT_STRICT && i < f->nkeys; i++)
		if (by_key(&f->keys[i - 1], &f->keys[i]) >= 0)
			fact_bad(e, ERR_SYNTAX, "subject: keys must be sorted, without doubles");
	sort(f->keys, f->nkeys, sizeof *f->keys, by_key);
	for (size_t i = 0; i < f->nkeys; i++)
		if (k == 0 || !str_eq(f->keys[k - 1].text, f->keys[i].text))
			f->keys[k++] = f->keys[i];
	f->nkeys = k;
}

/* One port has one outcome, and a coverage of services names the address and protocol it is about. */
static void check_coverage(struct fact_errs *e, const struct fact *f)
{
	static const char *const outcomes[] = { "closed", "filtered", "open", "silent", "unfinished" };
	const struct fact_value *of = fact_place(f, S("of"));
	struct ranges seen = {0};

	if (of == NULL)
		return;
	if (!str_eq(of->s, S("address")) && (fact_place(f, S("addr")) == NULL || fact_place(f, S("proto")) == NULL))
		fact_bad(e, ERR_MISSING, "place: addr and proto are needed for coverage of %.*s", STRF(of->s));
	for (size_t i = 0; i < countof(outcomes); i++) {
		const struct fact_value *v = fact_value(f, str_z(outcomes[i]));

		if (v == NULL)
			continue;
		if (ranges_both(e->a, seen, v->ranges).n > 0)
			fact_bad(e, ERR_CONFLICT, "value.%s: a port has two outcomes", outcomes[i]);
		seen = ranges_union(e->a, seen, v->ranges);
	}
}

static bool has_place(const struct fact *f, const struct kind_field *def)
{
	for (size_t i = 0; i < f->nplace; i++)
		if (f->place[i].def == def)
			return true;
	return fact_place(f, str_z(def->name)) != NULL;
}

void fact_check(struct fact_errs *e, struct fact *f, enum fact_read how)
{
	if (!fact_network_ok(f->network))
		fact_bad(e, ERR_SYNTAX, "network: must be [a-z0-9][a-z0-9._-]{0,63}");
	if (!fact_source_ok(f->source))
		fact_bad(e, ERR_SYNTAX, "source: must be [a-z0-9._/-]{1,64}");
	if (f->vantage < 1 || f->vantage > 7)
		fact_bad(e, ERR_RANGE, "vantage: must be v1 ... v7");
	check_keys(e, f, how);
	sort(f->place, f->nplace, sizeof *f->place, by_name);
	sort(f->value, f->nvalue, sizeof *f->value, by_name);
	for (size_t i = 0; f->kind != NULL && i < f->kind->n; i++) {
		const struct kind_field *def = &f->kind->fields[i];

		if (def->place && !def->optional && !has_place(f, def))
			fact_bad(e, ERR_MISSING, "place.%s: is missing", def->name);
	}
	if (e->first == 0 && f->kind != NULL && str_eq(f->kind_name, S("coverage")))
		check_coverage(e, f);
	if (e->first == 0 && f->text.p == NULL) {	/* whoever has the text has measured it */
		struct buf b = buf_new(e->a, LIMIT_FACT);

		fact_write(&b, f);
		if (buf_done(&b) != 0)
			fact_bad(e, ERR_LIMIT, "the fact is over %d bytes", LIMIT_FACT);
	}
}
