/* The kind table of core/fact as the schema that rules are typed against: one entry a name, its newest version, fields
 * with the same index as in the kind table, which is what masks of determined fields count by. */
#include "core/lang/lang_int.h"

#include "core/fact/kind.h"

static enum lang_type type_of(enum kind_type t)
{
	switch (t) {
	case KIND_BOOL:
		return LANG_BOOL;
	case KIND_INT:
		return LANG_INT;
	case KIND_TIME:
		return LANG_TIME;
	case KIND_STRS:
		return LANG_STRS;
	case KIND_RANGES:
		return LANG_RANGES;
	case KIND_ADDR:
		return LANG_ADDR;
	case KIND_MAC:
		return LANG_MAC;
	case KIND_ENUM:
		return LANG_ENUM;
	default:
		return LANG_STR;
	}
}

static void fill_kind(struct arena *a, const struct kind *k, struct lang_kind *ret)
{
	struct lang_field *f = arena_alloc(a, k->n * sizeof *f);
	int not_at = kind_field_index(k, S("not"));

	for (size_t i = 0; i < k->n; i++) {
		const struct kind_field *from = &k->fields[i];
		struct str *words = NULL;

		f[i] = (struct lang_field){
			.name = str_z(from->name), .type = type_of(from->type), .place = from->place, .shared = from->shared
		};
		if (from->type == KIND_ENUM) {
			f[i].nwords = kind_words(from);
			words = arena_alloc(a, f[i].nwords * sizeof *words);
			for (size_t w = 0; w < f[i].nwords; w++) {
				words[w] = kind_word(from, w);
			}
			f[i].words = words;
		}
		/* the names that a probe ruled out say what `name` is not */
		if (not_at >= 0 && k->fields[not_at].type == KIND_STRS && str_eq(f[i].name, S("name"))) {
			f[i].ruled_out = (u16)(not_at + 1);
		}
	}
	*ret = (struct lang_kind){ .name = str_z(k->name), .fields = f, .nfields = k->n };
}

const struct lang_schema *lang_schema_facts(struct arena *a)
{
	struct lang_schema *s = arena_alloc(a, sizeof *s);
	struct lang_kind *out = arena_alloc(a, (kind_count + 1) * sizeof *out);

	for (size_t i = 0; i < kind_count; i++) {
		if (i + 1 == kind_count || !str_eq(str_z(kinds[i].name), str_z(kinds[i + 1].name))) {
			fill_kind(a, &kinds[i], &out[s->nkinds++]);
		}
	}
	s->kinds = out;
	must(lang_schema_ok(s));
	return s;
}
