/* The pages and the schema that come from the kind table. Every byte is a function of the table alone. */
#include "core/fact/kind.h"

#include "base/json.h"
#include "base/limits.h"

struct words {
	const char *title, *intro, *draft, *published, *life, *for_ever, *level, *field, *role, *place, *optional, *value,
	    *type, *personal, *meaning, *days;
};

static const struct words en = {
	.title = "Kinds of facts", .intro = "Generated from src/core/fact/kinds.tbl by tools/gen_kinds, do not edit. "
	"How a fact is written: facts.md. A draft kind is refused by `import`. Place fields say where it was looked; "
	"a value field that is absent is unknown. A personal field is a part of its own in the ledger and can be erased alone.",
	.draft = "draft", .published = "published", .life = "fresh for", .for_ever = "does not expire by age",
	.level = "level", .field = "field", .role = "role", .place = "place", .optional = "place, optional",
	.value = "value", .type = "type", .personal = "personal", .meaning = "meaning", .days = "days",
};

static const struct words ja = {
	.title = "事実の種類", .intro = "src/core/fact/kinds.tbl から tools/gen_kinds が生成。編集しないこと。"
	"事実の書き方は facts.md を参照。下書きの種類は `import` で受け付けない。「場所」の項目はどこを調べたかを表し、"
	"「値」の項目がない場合は不明を意味する。個人情報の項目は台帳で独立した部分となり、単独で消去できる。",
	.draft = "下書き", .published = "公開", .life = "有効期間", .for_ever = "経過時間では失効しない",
	.level = "対象", .field = "項目", .role = "役割", .place = "場所", .optional = "場所（省略可）", .value = "値",
	.type = "型", .personal = "個人情報", .meaning = "意味", .days = "日",
};

static const char *level_ja(enum kind_level l)
{
	static const char *const names[KIND_LEVEL_COUNT] = {
		[KIND_UNIT] = "個体", [KIND_MODEL] = "機種", [KIND_SITE] = "拠点", [KIND_ORGANISATION] = "組織",
		[KIND_SUPPLIER] = "供給者",
	};

	return names[l];
}

static void field_row(struct buf *b, const struct words *w, const struct kind_field *f, bool in_ja)
{
	buf_printf(b, "| `%s` | %s | %s", f->name, f->place ? (f->optional ? w->optional : w->place) : w->value,
	    kind_type_name(f->type));
	if (f->words != NULL) {
		buf_z(b, ":");
		for (size_t i = 0; i < kind_words(f); i++) {
			struct str word = kind_word(f, i);

			buf_printf(b, " `%.*s`", STRF(word));
		}
	}
	if (f->min != 0 || f->max != 0)
		buf_printf(b, " %lld … %lld", (long long)f->min, (long long)f->max);
	buf_printf(b, " | %s | %s |\n", f->personal ? w->personal : "", in_ja ? f->ja : f->en);
}

void kind_doc(struct buf *b, bool in_ja)
{
	const struct words *w = in_ja ? &ja : &en;

	buf_printf(b, "# %s\n\n%s\n", w->title, w->intro);
	for (size_t i = 0; i < kind_count; i++) {
		const struct kind *k = &kinds[i];

		buf_printf(b, "\n## %s/%u\n\n%s (%s; %s: %s; ", k->name, k->version, in_ja ? k->ja : k->en,
		    k->draft ? w->draft : w->published, w->level, in_ja ? level_ja(k->level) : kind_level_name(k->level));
		if (k->life_days == 0)
			buf_printf(b, "%s)\n\n", w->for_ever);
		else
			buf_printf(b, "%s %u %s)\n\n", w->life, k->life_days, w->days);
		buf_printf(b, "| %s | %s | %s | %s | %s |\n|---|---|---|---|---|\n", w->field, w->role, w->type, w->personal,
		    w->meaning);
		for (size_t f = 0; f < k->n; f++)
			field_row(b, w, &k->fields[f], in_ja);
	}
}

/* --- JSON Schema 2020-12 of one fact --- */

static void type_schema(struct json_w *w, const struct kind_field *f)
{
	static const char *const patterns[KIND_TYPE_COUNT] = {
		[KIND_TIME] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
		[KIND_RANGES] = "^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$",
		[KIND_ADDR] = "^[0-9a-f.:]+$", [KIND_MAC] = "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$",
	};
	bool wide = f->min == 0 && f->max == 0;

	jw_obj(w);
	jw_kstr(w, "description", str_z(f->en));
	if (f->type == KIND_BOOL) {
		jw_kstr(w, "type", S("boolean"));
	} else if (f->type == KIND_INT) {
		jw_kint(w, "maximum", wide ? (i64)1 << 53 : f->max);
		jw_kint(w, "minimum", wide ? -((i64)1 << 53) : f->min);
		jw_kstr(w, "type", S("integer"));
	} else if (f->type == KIND_STRS) {
		jw_key(w, S("items"));
		jw_obj(w);
		jw_kstr(w, "type", S("string"));
		jw_end(w);
		jw_kint(w, "maxItems", LIMIT_FACT_STRS);
		jw_kstr(w, "type", S("array"));
		jw_kbool(w, "uniqueItems", true);
	} else {
		if (f->type == KIND_ENUM) {
			jw_key(w, S("enum"));
			jw_arr(w);
			for (size_t i = 0; i < kind_words(f); i++)
				jw_str(w, kind_word(f, i));
			jw_end(w);
		} else if (patterns[f->type] != NULL) {
			jw_kstr(w, "pattern", str_z(patterns[f->type]));
		} else {
			jw_kint(w, "maxLength", LIMIT_FACT_FIELD);
		}
		jw_kstr(w, "type", S("string"));
	}
	jw_end(w);
}

static void group_schema(struct json_w *w, const struct kind *k, bool place)
{
	jw_obj(w);
	jw_kbool(w, "additionalProperties", false);
	jw_key(w, S("properties"));
	jw_obj(w);
	for (size_t i = 0; i < k->n; i++) {
		if (k->fields[i].place != place)
			continue;
		jw_key(w, str_z(k->fields[i].name));
		type_schema(w, &k->fields[i]);
	}
	jw_end(w);
	jw_key(w, S("required"));
	jw_arr(w);
	for (size_t i = 0; i < k->n; i++)
		if (k->fields[i].place == place && place && !k->fields[i].optional)
			jw_str(w, str_z(k->fields[i].name));
	jw_end(w);
	jw_kstr(w, "type", S("object"));
	jw_end(w);
}

static void kind_line(struct buf *b, const struct kind *k)
{
	struct json_w w = jw_new(b);

	jw_obj(&w);
	jw_kstr(&w, "description", str_z(k->en));
	jw_key(&w, S("properties"));
	jw_obj(&w);
	jw_key(&w, S("kind"));
	jw_obj(&w);
	jw_kstr(&w, "const", str_printf(b->a, "%s/%u", k->name, k->version));
	jw_end(&w);
	jw_key(&w, S("place"));
	group_schema(&w, k, true);
	jw_key(&w, S("value"));
	group_schema(&w, k, false);
	jw_end(&w);
	jw_end(&w);
}

void kind_schema(struct buf *b)
{
	buf_z(b, "{\"$comment\":\"generated from src/core/fact/kinds.tbl by tools/gen_kinds, do not edit\",\n"
	    "\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n"
	    "\"additionalProperties\":false,\n"
	    "\"oneOf\":[\n");
	for (size_t i = 0; i < kind_count; i++) {
		kind_line(b, &kinds[i]);
		buf_z(b, i + 1 < kind_count ? ",\n" : "\n");
	}
	buf_printf(b, "],\n\"properties\":{\"kind\":{\"type\":\"string\"},"
	    "\"network\":{\"pattern\":\"^[a-z0-9][a-z0-9._-]{0,63}$\",\"type\":\"string\"},"
	    "\"place\":{\"type\":\"object\"},"
	    "\"source\":{\"pattern\":\"^[a-z0-9._/-]{1,64}$\",\"type\":\"string\"},"
	    "\"subject\":{\"items\":{\"pattern\":\"^(serial|id|mac|hostkey|cert|ip|name):.\",\"type\":\"string\"},"
	    "\"maxItems\":%d,\"minItems\":1,\"type\":\"array\",\"uniqueItems\":true},"
	    "\"value\":{\"type\":\"object\"},\"vantage\":{\"enum\":[\"v1\",\"v2\",\"v3\",\"v4\",\"v5\",\"v6\",\"v7\"]}},\n"
	    "\"required\":[\"kind\",\"network\",\"place\",\"source\",\"subject\",\"value\",\"vantage\"],\n"
	    "\"title\":\"fact\",\n\"type\":\"object\"}\n", LIMIT_SUBJECT_KEYS);
}
