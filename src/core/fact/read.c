/* The quick road for what sensors send: a canonical text of a known kind, read in one pass without a tree.
 *
 * Canonical (RFC 8785) leaves one spelling: members in one order, no white space, integers without ornament. This
 * reader accepts only that spelling, and of it only texts in printable ASCII without escapes; everything else, and
 * everything that is wrong, it leaves to the reader over the tree (fact.c), which knows all spellings and names what
 * is wrong. So it may say no to good texts, never yes to others: what it accepts gives the same fact there, and a
 * test holds them together. Values are judged by the same functions (check.c). */
#include "core/fact/fact_int.h"

#include <string.h>

#include "base/limits.h"

struct scan {
	struct arena *a;
	const char *p, *end;
};

static bool lit(struct scan *s, const char *text, size_t n)
{
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
		return false;
	s->p += n;
	return true;
}
#define LIT(s, text) lit((s), text, sizeof(text) - 1)

static bool one(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Printable ASCII without escapes, all of it: one pass that the compiler makes wide. */
static bool plain(struct str s)
{
	unsigned bad = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned c = (u8)s.p[i];

		bad |= (c < 0x20) | (c >= 0x7f) | (c == '\\');
	}
	return bad == 0;
}

/* A string of printable ASCII without escapes, the opening quote behind us. */
static bool rest_of_text(struct scan *s, struct str *ret)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p != '"')	/* plain() has seen all of it */
		s->p++;
	*ret = str_of(from, (size_t)(s->p - from));
	return one(s, '"');
}

static bool text(struct scan *s, struct str *ret)
{
	return one(s, '"') && rest_of_text(s, ret);
}

static bool integer(struct scan *s, i64 *ret)
{
	const char *from = s->p;

	while (s->p < s->end && s->p - from < 17 && (*s->p == '-' || (*s->p >= '0' && *s->p <= '9')))
		s->p++;
	return str_i64(str_of(from, (size_t)(s->p - from)), ret) == 0;
}

static bool texts(struct scan *s, struct str **ret, size_t *ret_n)
{
	struct str *p;
	size_t n = 0, most = 1;

	if (!one(s, '['))
		return false;
	for (const char *c = s->p; c < s->end && *c != ']'; c++)
		most += *c == ',';
	if (most > LIMIT_FACT_STRS)
		return false;
	p = arena_alloc(s->a, most * sizeof *p);
	while (!one(s, ']')) {
		if (n == most || (n > 0 && !one(s, ',')) || !text(s, &p[n++]))
			return false;
	}
	*ret = p;
	*ret_n = n;
	return true;
}

/* A dotted quad as it is always written. */
static bool quad(struct str s)
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		size_t from = at;
		int v = 0;

		if (i > 0 && (at == s.n || s.p[at++] != '.'))
			return false;
		from = at;
		while (at < s.n && at - from < 3 && s.p[at] >= '0' && s.p[at] <= '9')
			v = v * 10 + (s.p[at++] - '0');
		if (at == from || v > 255 || (s.p[from] == '0' && at - from > 1))
			return false;
	}
	return at == s.n;
}

/* The value of one field. The text is ours already: what needs no other form is not copied again. */
static bool value(struct scan *s, const struct kind_field *def, struct fact_value *ret)
{
	const char *why;
	struct str t, *p;
	size_t n;
	i64 i;

	switch (def->type) {
	case KIND_BOOL:
		*ret = (struct fact_value){ .type = KIND_BOOL, .i = s->p < s->end && *s->p == 't' };
		return ret->i ? LIT(s, "true") : LIT(s, "false");
	case KIND_INT:
		return integer(s, &i) && fact_value_int(def, i, ret, &why) == 0;
	case KIND_STRS:
		return texts(s, &p, &n) && fact_value_strs(s->a, def, p, n, FACT_STRICT, ret, &why) == 0;
	case KIND_STR:
		if (!text(s, &t) || t.n > LIMIT_FACT_FIELD || (def->word && !fact_word_ok(t)))
			return false;
		*ret = (struct fact_value){ .type = KIND_STR, .s = t };
		return true;
	case KIND_ADDR:
		if (!text(s, &t))
			return false;
		if (quad(t)) {
			*ret = (struct fact_value){ .type = KIND_ADDR, .s = t };
			return true;
		}
		return fact_value_text(s->a, def, t, FACT_STRICT, ret, &why) == 0;
	default:
		return def->type != KIND_OPAQUE && text(s, &t) && fact_value_text(s->a, def, t, FACT_STRICT, ret,
			&why) == 0 &&
		    str_eq(ret->s, t);
	}
}

/* Fields of one group, ascending; both they and the kind's are sorted by name. */
static bool fields(struct scan *s, const struct kind *k, bool place, struct fact_field **ret, size_t *ret_n)
{
	struct fact_field p[KIND_FIELDS_MAX];		/* kinds have many fields, facts few */
	size_t n = 0, at = 0;

	if (!one(s, '{'))
		return false;
	while (!one(s, '}')) {
		struct str name;

		if ((n > 0 && !one(s, ',')) || !text(s, &name) || !one(s, ':'))
			return false;
		while (at < k->n && (k->fields[at].place != place || !str_is(name, k->fields[at].name)))
			at++;
		if (at == k->n)
			return false;
		p[n].def = &k->fields[at++];
		p[n].name = str_of(p[n].def->name, name.n);
		if (!value(s, p[n].def, &p[n].v))
			return false;
		n++;
	}
	*ret = arena_copy(s->a, p, n * sizeof *p);
	*ret_n = n;
	return true;
}

static bool keys(struct scan *s, struct fact *f)
{
	struct str *p;
	size_t n;

	if (!texts(s, &p, &n) || n == 0 || n > LIMIT_SUBJECT_KEYS)
		return false;
	f->keys = arena_alloc(s->a, n * sizeof *f->keys);
	for (; f->nkeys < n; f->nkeys++) {
		struct str t = p[f->nkeys];

		if (f->nkeys > 0 && str_cmp(p[f->nkeys - 1], t) >= 0)
			return false;
		if (str_starts(t, S("ip:")) && quad(str_from(t, 3)))
			f->keys[f->nkeys] = (struct fact_key){ .type = KEY_IP, .text = t, .value = str_from(t, 3) };
		else if (fact_key_parse(t, &f->keys[f->nkeys]) != 0)
			return false;
	}
	return true;
}

bool fact_read_quick(struct arena *a, struct str foreign, struct fact *ret)
{
	struct fact_errs e = { .a = a };
	struct fact f = {0};
	struct scan s = { .a = a };
	struct str kind;

	if (foreign.n > LIMIT_FACT || !plain(foreign))
		return false;
	f.text = str_dup(a, foreign);
	s.p = f.text.p;
	s.end = s.p + f.text.n;
	if (!LIT(&s, "{\"kind\":") || !text(&s, &kind) || kind_parse(kind, &f.kind_name, &f.kind_version) != 0 ||
	    (f.kind = kind_find(f.kind_name, f.kind_version)) == NULL || !LIT(&s, ",\"network\":") || !text(&s,
	&f.network) ||
	    !LIT(&s, ",\"place\":") || !fields(&s, f.kind, true, &f.place, &f.nplace) ||
	    !LIT(&s, ",\"source\":") || !text(&s, &f.source) || !LIT(&s, ",\"subject\":") || !keys(&s, &f) ||
	    !LIT(&s, ",\"value\":") || !fields(&s, f.kind, false, &f.value, &f.nvalue) ||
	    !LIT(&s, ",\"vantage\":\"v") || s.p == s.end)
		return false;
	f.vantage = *s.p++ - '0';
	if (!LIT(&s, "\"}") || s.p != s.end)
		return false;
	fact_check(&e, &f, FACT_STRICT);
	if (e.first != 0)
		return false;
	*ret = f;
	return true;
}

static bool evidence(struct scan *s, struct seen *ret)
{
	size_t n = 0, most = 1;
	u32 *p;
	i64 i;

	if (LIT(s, "[]"))
		return true;
	if (!one(s, '['))
		return false;
	for (const char *c = s->p; c < s->end && *c != ']'; c++)
		most += *c == ',';
	if (most > LIMIT_FACT_STRS)
		return false;
	p = arena_alloc(s->a, most * sizeof *p);
	while (!one(s, ']')) {
		if (n == most || (n > 0 && !one(s, ',')) || !integer(s, &i) || i < 0 || i > UINT32_MAX ||
		    (n > 0 && i <= (i64)p[n - 1]))
			return false;
		p[n++] = (u32)i;
	}
	ret->evidence = p;
	ret->nevidence = n;
	return true;
}

bool seen_read_quick(struct arena *a, struct str foreign, struct seen *ret)
{
	struct scan s = { .a = a, .p = foreign.p, .end = foreign.p + foreign.n };
	struct seen seen = {0};
	struct str at, run, state;
	int word;
	i64 qod;

	if (!plain(foreign) || !LIT(&s, "{\"at\":") || !text(&s, &at) || !utc_canonical(at) || utc_parse(at, &seen.at) != 0 ||
	    !LIT(&s, ",\"class\":\"S") || s.p == s.end || *s.p < '0' || *s.p > '3')
		return false;
	seen.class = (u8)(*s.p++ - '0');
	if (!one(&s, '"'))
		return false;
	seen.dropped = LIT(&s, ",\"dropped\":true");
	if (!LIT(&s, ",\"evidence\":") || !evidence(&s, &seen) || !LIT(&s, ",\"qod\":") || !integer(&s, &qod) ||
		qod < 0 ||
	    qod > 100 || !LIT(&s, ",\"run\":") || !text(&s, &run) || !seen_run_ok(run) || !LIT(&s, ",\"state\":") ||
	    !text(&s, &state) || (word = seen_state_index(state)) < 0 || !one(&s, '}') || s.p != s.end)
		return false;
	seen.qod = (u8)qod;
	seen.run = str_dup(a, run);
	seen.state = (enum seen_state)word;
	*ret = seen;
	return true;
}
