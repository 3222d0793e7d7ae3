/* Views: what a row of each kind of answer looks like, in one table (views.tbl).
 *
 * core fills rows (view_set_*) and sends them as messages (view_encode); the command line and later the web interface
 * read them (view_decode) and show them. The same table gives column titles in English and Japanese, `--fields-help`,
 * the members of JSON ("korobanu.<view>/1") and the API schema, so these cannot differ.
 *
 * A field that is not set is unknown. That is not the same as empty, 0 or false: people see "？", machines see null.
 * Where there is nothing to say (the reason of a pass, the end of what did not end) a text is set and empty.
 *
 * Encoded row, integers big-endian:
 *   u16 view number, u16 number of fields, then for each field u8 present (0 or 1) and, when present, its value:
 *   str, json: u32 length and bytes   int: u64  time: u64 (ms)  bool, answer: u8   strs: u16 count, then each as str
 * Both sides are the same program; a row of another layout is refused (ERR_NEWER), never guessed at.
 *
 * Danger: texts in a row come from devices and files. They are UTF-8 (checked here), but they may hold control
 * characters: whoever writes them to a terminal must escape them. */
#ifndef CORE_VIEW_VIEW_H
#define CORE_VIEW_VIEW_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/rd.h"
#include "base/str.h"

enum view_type {
	VIEW_TYPE_STR,
	VIEW_TYPE_INT, /* within +-2^53 */
	VIEW_TYPE_BOOL,
	VIEW_TYPE_TIME,
	VIEW_TYPE_STRS,   /* a list of texts */
	VIEW_TYPE_ANSWER, /* enum view_answer, may carry VIEW_CONFLICT and VIEW_EXPIRED */
	VIEW_TYPE_JSON,   /* text that is one JSON value */
	VIEW_TYPE_COUNT
};
extern const char *const view_type_names[VIEW_TYPE_COUNT];

/* The six states of an answer. Unknown is 0, so that a forgotten state is never a pass. */
enum view_answer {
	VIEW_UNKNOWN,  /* ？ not known; the reason stands in its own field */
	VIEW_PASS,     /* ◎ a machine measured it */
	VIEW_ATTESTED, /* ○ a person says so */
	VIEW_PARTIAL,  /* △ */
	VIEW_FAIL,     /* × */
	VIEW_NA,       /* － not applicable, with a reason */
	VIEW_ANSWER_COUNT
};
#define VIEW_CONFLICT 0x40 /* ！ person and machine disagree */
#define VIEW_EXPIRED 0x80  /* ↻ the answer ran out */
#define VIEW_STATE(answer) ((enum view_answer)((answer)&0x3F))
extern const char *const view_answer_names[VIEW_ANSWER_COUNT]; /* "unknown", "pass", ... for machines */

enum view_flag {
	VIEW_COL = 1,  /* a column people see without asking */
	VIEW_KEY = 2,  /* names the row: never cut short */
	VIEW_PII = 4,  /* may name a person */
	VIEW_NAME = 16, /* "service/1": a filter may leave the version out */
	VIEW_WORD = 8, /* holds words of this program ("not_covered"): people read them translated */
	VIEW_PROSE = 64, /* sentences: a card breaks them over lines */
	VIEW_SAY = 32, /* may hold a text of the catalogue (SAY, base/err.h): everybody reads it in words */
};

struct view_field {
	const char *name; /* as in JSON, --columns and filters */
	enum view_type type;
	u32 flags; /* enum view_flag */
	u32 width; /* columns it deserves on a terminal before others must shrink; 0 = what it needs */
	const char *example;
	const char *en, *ja; /* column title */
};

struct view {
	u32 number;
	const char *name;
	const char *en, *ja;
	const struct view_field *fields;
	size_t nfields;
};

#define VIEW(id, en, ja) VIEW_##id,
#define FIELD(...)
#define END(id)
enum view_number {
#include "core/view/views.tbl"
	VIEW_COUNT
};
#undef VIEW
#undef FIELD
#undef END

/* Field numbers: view_set_str(&row, VIEW_asset_name, S("cam-1")). */
#define VIEW(id, en, ja) \
	enum view_fields_##id \
	{
#define FIELD(view, name, type, flags, width, example, en, ja) VIEW_##view##_##name,
#define END(id) \
	VIEW_##id##_COUNT \
	} \
	;
#include "core/view/views.tbl"
#undef VIEW
#undef FIELD
#undef END

#define VIEW_FIELDS_MAX 40
#define VIEW_STRS_MAX 4096 /* texts in one strs field of an encoded row */

struct view_value {
	bool present;
	union {
		struct str s; /* VIEW_TYPE_STR, VIEW_TYPE_JSON */
		i64 i;
		bool b;
		struct utc t;
		u8 answer;
		struct {
			const struct str *p;
			size_t n;
		} strs;
	};
};

struct view_row {
	const struct view *view;
	struct view_value v[VIEW_FIELDS_MAX];
};

const struct view *view_of(enum view_number number);
const struct view *view_find(struct str name);              /* NULL: no such view */
int view_field_find(const struct view *v, struct str name); /* -1: no such field */

/* Rows point at the caller's texts; nothing is copied. The type must be the field's (a contract). */
struct view_row view_row(enum view_number number);
void view_set_str(struct view_row *r, u32 field, struct str s); /* also for json */
void view_set_text(struct view_row *r, u32 field, struct str s); /* the same; "" leaves the field unknown */
void view_set_int(struct view_row *r, u32 field, i64 i);
void view_set_bool(struct view_row *r, u32 field, bool b);
void view_set_time(struct view_row *r, u32 field, struct utc t); /* t.ms == 0 leaves the field unknown */
void view_set_strs(struct view_row *r, u32 field, const struct str *p, size_t n);
void view_set_answer(struct view_row *r, u32 field, u8 answer);
const struct view_value *view_get(const struct view_row *r, struct str name); /* NULL: no such field */

void view_encode(const struct view_row *r, struct buf *b); /* errors are b's: buf_done() */
/* Reads exactly one row; texts point into the input, lists are in `a`. ERR_NEWER: a view or layout this program does
 * not have; ERR_TRUNC, ERR_EXTRA, ERR_RANGE, ERR_UTF8, ERR_LIMIT: damaged. */
int view_decode(struct arena *a, struct str bytes, struct view_row *ret) MUST_USE;

#endif
