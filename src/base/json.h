/* JSON in and out.
 *
 * Reading: simdjson's DOM does the work (json_simd.cc, the only C++ file); duplicate keys and invalid UTF-8 are
 * refused, and on any error the document is read again by the small strict reader (json_strict.c), which names line,
 * column and reason. Both readers give the same tree for every document; a test holds them together.
 * Writing: a streaming writer over struct buf; json_canon writes RFC 8785.
 * A build without simdjson (-Dsimdjson=disabled) has the strict reader alone, under both names. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_STR, JSON_ARR, JSON_OBJ };

struct json {
	enum json_type type;
	union {
		bool b;
		i64 i;			/* JSON_INT: a number without fraction or exponent within i64 */
		double d;		/* JSON_REAL: any other number; never NaN or infinite */
		struct str s;		/* decoded; may hold NUL */
		struct {
			const struct json *p;
			size_t n;
		} arr;
		struct {
			const struct json_member *p;
			size_t n;
		} obj;			/* members in document order */
	};
};

struct json_member {
	struct str key;
	struct json v;
};

/* One document, nothing but white space after it. The tree and its text live in `a` (which may be limited: then
 * ERR_NOMEM); `text` may be freed. Depth is at most LIMIT_JSON_DEPTH. On error *reterr (may be NULL) has the place. */
int json_parse(struct arena *a, struct str text, const struct json **ret, struct perr *reterr) MUST_USE;
/* The strict reader alone: same results, slower; for tests and builds without simdjson. */
int json_parse_strict(struct arena *a, struct str text, const struct json **ret, struct perr *reterr) MUST_USE;

const struct json *json_get(const struct json *obj, struct str key);	/* NULL: absent, or obj is NULL or no object */
/* Member `key` of that type: 0, ERR_MISSING or ERR_TYPE. */
int json_get_str(const struct json *obj, struct str key, struct str *ret) MUST_USE;
int json_get_int(const struct json *obj, struct str key, i64 *ret) MUST_USE;
int json_get_bool(const struct json *obj, struct str key, bool *ret) MUST_USE;

/* RFC 8785: keys sorted by UTF-16 code units, shortest numbers, no white space. RFC 8785 knows only doubles: a JSON_INT
 * beyond 2^53 is written as the double nearest to it, so a text with such a number is never canonical; -0 is 0.
 * Strings that are not UTF-8 set the sticky error ERR_UTF8, here and in every jw_*. At most LIMIT_JSON_DEPTH deep. */
void json_canon(struct buf *b, const struct json *v);
/* True when `text` is exactly what json_canon writes of it. */
bool json_is_canon(struct arena *scratch, struct str text, const struct json *v);

/* Writes one document piece by piece: jw_obj(&w); jw_key(&w, S("a")); jw_int(&w, 1); jw_end(&w); The caller keeps the
 * order of keys: write them sorted where the result must be canonical. Misuse (a value without key) breaks a must(). */
struct json_w {
	struct buf *b;
	u32 depth;
	bool after;			/* a value stands before: the next needs a comma */
	bool keyed;			/* a key stands before */
	u64 in_obj;			/* bit per depth */
};
struct json_w jw_new(struct buf *b);
void jw_obj(struct json_w *w);
void jw_arr(struct json_w *w);
void jw_end(struct json_w *w);		/* ends the innermost object or array */
void jw_key(struct json_w *w, struct str key);
void jw_str(struct json_w *w, struct str s);
void jw_int(struct json_w *w, i64 v);
void jw_bool(struct json_w *w, bool v);
void jw_null(struct json_w *w);
void jw_raw(struct json_w *w, struct str json);	/* a whole value that is JSON already */
void jw_value(struct json_w *w, const struct json *v);
void jw_kstr(struct json_w *w, const char *key, struct str s);	/* key and value in one */
void jw_kint(struct json_w *w, const char *key, i64 v);
void jw_kbool(struct json_w *w, const char *key, bool v);

#endif
