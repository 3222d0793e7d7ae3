/* The kinds of facts: one table (kinds.tbl) says for every kind its version, whether it is published, how long a fact
 * of it stays fresh, on which level its subject stands, and its fields. Validation (fact.h), the packed state (state.h),
 * rules, documentation and the API schema all read this table and nothing else.
 *
 * A published kind is never edited. `service/2` would be a new row beside `service/1` with an upgrade function; facts
 * keep their kind, bytes and id, and are upgraded when they are folded into the state.
 * A kind without a reviewed producer is a draft: rules and golden facts may use it, import refuses it. */
#ifndef CORE_FACT_KIND_H
#define CORE_FACT_KIND_H

#include "base/buf.h"

enum kind_type {
	KIND_STR,	/* UTF-8, at most LIMIT_FACT_FIELD bytes, no control characters but tab and newline */
	KIND_BOOL,
	KIND_INT,	/* min ... max of the field, at widest +-2^53 */
	KIND_TIME,	/* canonical UTC text */
	KIND_STRS,	/* a set: sorted by bytes, no doubles, at most LIMIT_FACT_STRS */
	KIND_RANGES,	/* canonical port ranges, see ranges.h */
	KIND_ADDR,	/* RFC 5952 text or dotted IPv4, no zone */
	KIND_MAC,	/* "00:16:3e:00:00:02" */
	KIND_ENUM,	/* one of the listed words; ordered as listed */
	KIND_OPAQUE,	/* a field of a kind this program does not know: canonical JSON; never in the table */
	KIND_TYPE_COUNT
};

/* Whom a kind speaks about, narrowest first; an answer holds for everything below its level. */
enum kind_level { KIND_UNIT, KIND_MODEL, KIND_SITE, KIND_ORGANISATION, KIND_SUPPLIER, KIND_LEVEL_COUNT };

struct kind_field {
	const char *name;
	enum kind_type type;
	bool place;		/* says where it was looked; else it is a value */
	bool optional;		/* a place field that may be absent (value fields always may) */
	bool word;		/* KIND_STR: a-z 0-9 . _ + - only, so that rules compare what was meant */
	bool personal;		/* a part of its own in the ledger, erasable alone */
	bool shared;		/* KIND_STR: what should be one device's own; core keeps who else holds it */
	const char *words;	/* KIND_ENUM (and KIND_STRS of fixed words): "a|b|c"; else NULL */
	i64 min, max;		/* KIND_INT; both 0: +-2^53 */
	const char *en, *ja;
};

struct fact;
struct perr;
/* Makes of `old` (one version earlier) the same fact in the kind's own version: fills ret's place and value from arena
 * `a`; subject, network, vantage and source are the caller's to keep. Pure. */
typedef int kind_upgrade_fn(struct arena *a, const struct fact *old, struct fact *ret);

#define KIND_FIELDS_MAX 24	/* fields of one kind, places and values together; bit masks of fields are u32 */

struct kind {
	const char *name;
	u32 version;
	bool draft;
	u32 life_days;			/* 0: does not expire by age */
	enum kind_level level;
	const struct kind_field *fields;	/* places first, each group sorted by name */
	size_t n;
	kind_upgrade_fn *upgrade;	/* from version - 1; NULL for version 1 */
	const char *en, *ja;
};

extern const struct kind kinds[];	/* sorted by name, then version; kind_count of them */
extern const size_t kind_count;

const struct kind *kind_find(struct str name, u32 version);	/* NULL: unknown */
const struct kind *kind_latest(struct str name);		/* highest version known; NULL: unknown */
const struct kind *kind_of_text(struct str text);		/* "service/1"; NULL: unknown or malformed */
/* "service/1" -> "service", 1. ERR_SYNTAX when it is not [a-z][a-z0-9_]{0,31}/[1-9][0-9]{0,3}; known or not. */
bool kind_name_ok(struct str name);	/* [a-z][a-z0-9_]{0,31}: a kind or a field */
int kind_parse(struct str text, struct str *ret_name, u32 *ret_version) MUST_USE;
/* Index in k->fields, or -1. Place and value names of one kind never coincide. */
int kind_field_index(const struct kind *k, struct str name);
const struct kind_field *kind_field(const struct kind *k, struct str name);	/* NULL: none */

/* Words of an enum (or of a fixed set): count, n-th word, index or -1. */
size_t kind_words(const struct kind_field *f);
struct str kind_word(const struct kind_field *f, size_t i);
int kind_word_index(const struct kind_field *f, struct str word);

const char *kind_type_name(enum kind_type t);	/* "str", "bool", ... */
const char *kind_level_name(enum kind_level l);	/* "unit", ... */
i64 kind_life_ms(const struct kind *k);		/* 0: for ever */
/* A number that changes with name, version or any field: what the packed state was written against. */
u32 kind_print(const struct kind *k);

/* What tools/gen_kinds writes: the committed pages and the schema of one fact (JSON Schema 2020-12). */
void kind_doc(struct buf *b, bool ja);
void kind_schema(struct buf *b);

#endif
