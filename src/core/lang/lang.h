/* The expression language of rules and filters: one lexer, one set of types, one tree.
 *
 * A rule is an expression over facts, typed against the kinds of a schema (doc/rules.md is its definition).
 * A filter is what people type into a search box; it is parsed into the same tree over the fields of one table.
 *
 * Both are compiled once into struct lang_expr, which lives in the arena given, keeps a copy of the text, and is never
 * written again: any number of evaluations may share it. Evaluation allocates nothing and recurses at most
 * LIMIT_EXPR_DEPTH deep. Limits: LIMIT_EXPR bytes, LIMIT_EXPR_DEPTH levels, LANG_LIST_MAX members of one list.
 *
 * Dangers: the text is a stranger's. Every error names line, column and reason in struct perr. */
#ifndef CORE_LANG_LANG_H
#define CORE_LANG_LANG_H

#include "base/clock.h"
#include "base/err.h"
#include "core/fact/ranges.h"
#include "core/lang/tri.h"

#define LANG_LIST_MAX 256	/* members of an `in (...)`, ranges of a domain */

/* Of the rule language (doc/rules.md): another number where the same text may come to another answer over the same facts, and so also where
 * facts are read, told apart or rolled up otherwise. test/unit/judge/proof/reading.c holds the program to it. */
#define LANG_VERSION_OF_RULES 1

enum lang_type {
	LANG_BOOL,
	LANG_INT,
	LANG_TIME,	/* UTC, milliseconds */
	LANG_SPAN,	/* a length of time, milliseconds; only in expressions */
	LANG_STR,
	LANG_STRS,	/* a set of texts */
	LANG_RANGES,	/* a set of ports */
	LANG_ADDR,	/* text as facts hold it: dotted IPv4, RFC 5952 IPv6 */
	LANG_MAC,
	LANG_ENUM,	/* one of listed words */
	LANG_VERSION,	/* text compared as a version, see lang_version_cmp */
};

struct lang_value {
	enum lang_type type;
	union {
		bool b;		/* LANG_BOOL */
		i64 i;		/* LANG_INT, LANG_TIME, LANG_SPAN */
		struct str s;	/* LANG_STR, LANG_ADDR, LANG_MAC, LANG_ENUM, LANG_VERSION */
		struct {
			const struct str *p;
			size_t n;
		} strs;
		struct ranges ranges;
	};
};

struct lang_field {
	struct str name;
	enum lang_type type;
	bool place;			/* where it was looked, not what was found */
	bool shared;			/* shared() may ask who else holds it */
	u16 ruled_out; /* 1 + index of the LANG_STRS field listing values this one was shown not to have; 0 none */
	const struct str *words;	/* LANG_ENUM: the words allowed, in their order; NULL = any, without order */
	size_t nwords;
};

struct lang_kind {
	struct str name;		/* without version: the newest of that name */
	const struct lang_field *fields;
	size_t nfields;
};

/* What rules are typed against. Expressions hold indices into these arrays: the schema outlives them. */
struct lang_schema {
	const struct lang_kind *kinds;
	size_t nkinds;
};

/* --- the tree ------------------------------------------------------------------------------------------------ */

#define LANG_NONE 0xFFFF

enum lang_op {
	LANG_AND,	/* kids: two or more */
	LANG_OR,	/* kids: two or more */
	LANG_NOT,	/* one kid */
	LANG_CMP,	/* cmp; kids: two operands */
	LANG_IN,	/* kids: operand, then literals */
	LANG_HAS,	/* kids: element, set (a field of LANG_STRS or LANG_RANGES) */
	LANG_TRUTH,	/* one kid: an operand of LANG_BOOL */
	LANG_LIKE,	/* filter: kids: field, text with `*` at its ends, letters of any case */
	LANG_TEXT,	/* filter: one kid, the literal: free text in the row */
	LANG_KNOWN,	/* one kid: a field */
	LANG_QUANT,	/* quant */
	LANG_STALE,	/* kind; one kid: a literal of LANG_SPAN */
	LANG_DECLARED,	/* kind */
	LANG_SHARED,	/* one kid: a field */
	/* operands */
	LANG_LIT,	/* value */
	LANG_FIELD,	/* kind (LANG_NONE in a filter), field */
	LANG_NOW,
	LANG_PLUS,	/* kids: time, span */
	LANG_MINUS,	/* kids: time, span */
};

enum lang_cmp { LANG_EQ, LANG_NE, LANG_LT, LANG_LE, LANG_GT, LANG_GE };
enum lang_quantifier { LANG_ANY, LANG_ALL, LANG_NO, LANG_COUNT };
enum lang_domain { LANG_OVER_NOTHING, LANG_OVER_PORTS, LANG_OVER_ADDRESS, LANG_OVER_SELF, LANG_OVER_PLACES };

/* One place of LANG_OVER_PLACES: a value for each place field of the kind, in the order of its fields. */
struct lang_place {
	const struct lang_value *v;
	struct str text;		/* "lan factory" */
};
#define LANG_PLACES_MAX 256

/* Bits of lang_quant.states; what a sighting calls the state of the device. */
enum lang_state { LANG_STATE_FACTORY = 1, LANG_STATE_INITIALISED = 2, LANG_STATE_CUSTOMISED = 4 };

struct lang_quant {
	enum lang_quantifier what;
	u16 kind;
	u16 cond;			/* node, LANG_NONE = every value */
	enum lang_domain over;
	struct ranges tcp, udp;		/* LANG_OVER_PORTS */
	const struct lang_place *places;	/* LANG_OVER_PLACES */
	size_t nplaces;
	u8 from;			/* bit n-1 for vantage vn; 0 = any */
	u8 states;			/* set of enum lang_state; 0 = any */
	enum lang_cmp cmp;		/* LANG_COUNT: count cmp limit */
	i64 limit;
	u64 reads;			/* bit per field (value, not place) that the condition reads */
};

struct lang_node {
	u8 op;		/* enum lang_op */
	u8 type;	/* enum lang_type of an operand; LANG_BOOL otherwise */
	u8 cmp;		/* enum lang_cmp */
	u16 kid, next;	/* first kid, next brother: LANG_NONE ends */
	u16 kind, field;
	u16 ref;	/* LANG_LIT: index of values, LANG_QUANT: of quants */
	u16 off, len;	/* where it stands in the text */
};

struct lang_expr {
	struct str text;
	const struct lang_schema *schema;	/* NULL for a filter */
	const struct lang_field *fields;	/* of a filter */
	size_t nfields;
	const struct lang_node *nodes;
	const struct lang_value *values;
	const struct lang_quant *quants;
	size_t nnodes, nvalues, nquants;
	u16 root;				/* LANG_NONE: the empty filter, which shows everything */
};

/* A rule. ERR_SYNTAX, ERR_TYPE, ERR_UNKNOWN (name), ERR_MISSING (`over`), ERR_RANGE, ERR_DEPTH or ERR_LIMIT with the
 * place in *reterr (may be NULL). */
int lang_parse_rule(struct arena *a, struct str text, const struct lang_schema *schema,
	const struct lang_expr **ret, struct perr *reterr) MUST_USE;

/* A filter over rows with these fields: `word "phrase" field:value field:a,b -field:x field:>10 seen:<24h (a OR b)`. */
int lang_parse_filter(struct arena *a, struct str text, const struct lang_field *fields, size_t nfields,
	const struct lang_expr **ret, struct perr *reterr) MUST_USE;

struct str lang_text(const struct lang_expr *x, u16 node);	/* the piece of the text that node was read from */

/* The kinds of core/fact, newest versions, field indices as in the kind table. Lives in the arena. */
const struct lang_schema *lang_schema_facts(struct arena *a);

/* Checks that each kind is found only once, has at most 64 fields and points at LANG_STRS with ruled_out:
 * a contract of the program, for tests of a generated table. */
bool lang_schema_ok(const struct lang_schema *schema);
const struct lang_kind *lang_kind_get(const struct lang_schema *schema, struct str name, u16 *ret_index);
int lang_field_index(const struct lang_field *fields, size_t n, struct str name);	/* -1: no such field */

/* --- evaluation ---------------------------------------------------------------------------------------------- */

/* What a condition or filter is evaluated over. */
struct lang_row {
	void *ctx;
	/* True and the value (of the field's type), or false and *ret_why = the reasons why it is not known. */
	bool (*get)(void *ctx, u16 kind, u16 field, struct lang_value *ret, u16 *ret_why);
	/* LANG_TEXT: does the row hold this text; NULL = no field holds text. */
	bool (*has_text)(void *ctx, struct str text);
	bool partial;	/* the row does not hold every field: a text not found in it is unknown, not false */
	/* LANG_QUANT, LANG_STALE, LANG_DECLARED, LANG_SHARED; NULL = those are ？ inconclusive. */
	struct tri_res (*special)(void *ctx, u16 node);
	i64 now;	/* UTC in milliseconds */
	i64 next;	/* out: the earliest time after now at which a comparison with now may change; 0 = never */
};

struct tri_res lang_eval(const struct lang_expr *x, u16 node, struct lang_row *row);
/* A filter shows a row only when it is true; the empty filter shows all. */
bool lang_show(const struct lang_expr *x, struct lang_row *row);
bool lang_text_in(struct str s, struct str what);	/* letters of any case (ASCII) */
/* Lowers *next (0 = never) to `at` when at is after now. */
void lang_next_at(i64 *next, i64 now, i64 at);

/* Compares versions number by number, never as text; doc/rules.md, "Versions". False: one of them holds no digit. */
bool lang_version_cmp(struct str a, struct str b, int *ret);

#endif
