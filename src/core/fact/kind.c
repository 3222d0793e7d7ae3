/* The kind table and the ways into it. Lookups are by binary search: the tables are sorted, and a test holds them so. */
#include "core/fact/fact_int.h"

#include "base/clock.h"
#include "base/err.h"

#define DRAFT true
#define PUBLISHED false
#define ANY .words = NULL
#define WORDS(w) .words = w
#define RANGE(lo, hi) .min = lo, .max = hi
#define WORD .word = true
#define PERSONAL .personal = true
#define SHARED .shared = true

#define KIND(k, ver, status, days, lvl, e, j) static const struct kind_field fields_##k##_##ver[] = {
#define PLACE(f, t, spec, e, j) { .name = #f, .type = KIND_##t, .place = true, spec, .en = e, .ja = j },
#define PLACE_OPT(f, t, spec, e, j) \
	{ .name = #f, .type = KIND_##t, .place = true, .optional = true, spec, .en = e, .ja = j },
#define VALUE(f, t, spec, e, j) { .name = #f, .type = KIND_##t, spec, .en = e, .ja = j },
#define END(k, ver, up) };
#include "core/fact/kinds.tbl"
#undef KIND
#undef PLACE
#undef PLACE_OPT
#undef VALUE
#undef END

#define KIND(k, ver, status, days, lvl, e, j) { .name = #k, .version = ver, .draft = status, .life_days = days, \
	.level = KIND_##lvl, .en = e, .ja = j, .fields = fields_##k##_##ver, .n = countof(fields_##k##_##ver),
#define PLACE(f, t, spec, e, j)
#define PLACE_OPT(f, t, spec, e, j)
#define VALUE(f, t, spec, e, j)
#define END(k, ver, up) .upgrade = up },
const struct kind kinds[] = {
#include "core/fact/kinds.tbl"
};
#undef KIND
#undef PLACE
#undef PLACE_OPT
#undef VALUE
#undef END
const size_t kind_count = countof(kinds);

static int order(const struct kind *k, struct str name, u32 version)
{
	int c = str_cmp(str_z(k->name), name);

	return c != 0 ? c : (k->version > version) - (k->version < version);
}

/* First kind not before (name, version). */
static size_t lower_bound(struct str name, u32 version)
{
	size_t lo = 0, hi = kind_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (order(&kinds[mid], name, version) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct kind *kind_find(struct str name, u32 version)
{
	size_t i = lower_bound(name, version);

	return i < kind_count && order(&kinds[i], name, version) == 0 ? &kinds[i] : NULL;
}

const struct kind *kind_latest(struct str name)
{
	size_t i = lower_bound(name, UINT32_MAX);

	return i > 0 && str_eq(str_z(kinds[i - 1].name), name) ? &kinds[i - 1] : NULL;
}

bool kind_name_ok(struct str s)
{
	if (s.n == 0 || s.n > 32 || s.p[0] < 'a' || s.p[0] > 'z')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return true;
}

int kind_parse(struct str text, struct str *ret_name, u32 *ret_version)
{
	struct str rest = text, name = str_cut(&rest, '/');
	u64 version;

	if (name.n == text.n || !kind_name_ok(name) || str_u64(rest, 9999, &version) != 0 || version == 0)
		return ERR_SYNTAX;
	*ret_name = name;
	*ret_version = (u32)version;
	return 0;
}

const struct kind *kind_of_text(struct str text)
{
	struct str name;
	u32 version;

	return kind_parse(text, &name, &version) == 0 ? kind_find(name, version) : NULL;
}

int kind_field_index(const struct kind *k, struct str name)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_is(name, k->fields[i].name))
			return (int)i;
	return -1;
}

const struct kind_field *kind_field(const struct kind *k, struct str name)
{
	int i = kind_field_index(k, name);

	return i < 0 ? NULL : &k->fields[i];
}

size_t kind_words(const struct kind_field *f)
{
	size_t n = 0;
	struct str rest = str_z(f->words);

	while (rest.n > 0) {
		str_cut(&rest, '|');
		n++;
	}
	return n;
}

struct str kind_word(const struct kind_field *f, size_t i)
{
	struct str rest = str_z(f->words), word = {0};

	for (size_t k = 0; k <= i; k++)
		word = str_cut(&rest, '|');
	return word;
}

int kind_word_index(const struct kind_field *f, struct str word)
{
	struct str rest = str_z(f->words);

	for (int i = 0; rest.n > 0; i++)
		if (str_eq(str_cut(&rest, '|'), word))
			return i;
	return -1;
}

const char *kind_type_name(enum kind_type t)
{
	static const char *const names[KIND_TYPE_COUNT] = {
		[KIND_STR] = "str", [KIND_BOOL] = "bool", [KIND_INT] = "int", [KIND_TIME] = "time", [KIND_STRS] = "strs",
		[KIND_RANGES] = "ranges", [KIND_ADDR] = "addr", [KIND_MAC] = "mac", [KIND_ENUM] = "enum",
		[KIND_OPAQUE] = "opaque",
	};

	return (size_t)t < countof(names) ? names[t] : "?";
}

const char *kind_level_name(enum kind_level l)
{
	static const char *const names[KIND_LEVEL_COUNT] = {
		[KIND_UNIT] = "unit", [KIND_MODEL] = "model", [KIND_SITE] = "site",
		[KIND_ORGANISATION] = "organisation", [KIND_SUPPLIER] = "supplier",
	};

	return (size_t)l < countof(names) ? names[l] : "?";
}

i64 kind_life_ms(const struct kind *k)
{
	return k->life_days * DAY_MS;
}

/* FNV-1a: no secret is involved, and the number must be the same in every process. */
static u32 mix(u32 h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (u8)s.p[i]) * 16777619u;
	return (h ^ 0xff) * 16777619u;
}

u32 kind_print(const struct kind *k)
{
	u32 h = mix(2166136261u, str_z(k->name));

	h = mix(h, str_of(&(u8){ (u8)k->version }, 1));
	for (size_t i = 0; i < k->n; i++) {
		const struct kind_field *f = &k->fields[i];
		u8 flags = (u8)(f->type << 2 | f->place << 1 | f->optional);

		h = mix(h, str_z(f->name));
		h = mix(h, str_of(&flags, 1));
		h = mix(h, str_z(f->words));
	}
	return h;
}
