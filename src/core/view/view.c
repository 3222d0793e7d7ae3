/* The table of views as data, and rows as bytes. The layout is in view.h. */
#include "core/view/view.h"

#include <string.h>

#include "base/err.h"

#define VIEW(id, en, ja) static const struct view_field fields_##id[] = {
#define FIELD(view, fname, ftype, fflags, fwidth, fexample, fen, fja) \
	{ .name = #fname, \
		.type = VIEW_TYPE_##ftype, \
		.flags = (fflags), \
		.width = (fwidth), \
		.example = fexample, \
		.en = fen, \
		.ja = fja },
#define END(id) \
	} \
	; \
	_Static_assert(countof(fields_##id) <= VIEW_FIELDS_MAX, "view " #id " has too many fields");
#include "core/view/views.tbl"
#undef VIEW
#undef FIELD
#undef END

#define VIEW(id, title_en, title_ja) \
	{ .number = VIEW_##id, \
		.name = #id, \
		.en = title_en, \
		.ja = title_ja, \
		.fields = fields_##id, \
		.nfields = countof(fields_##id) },
#define FIELD(...)
#define END(id)
static const struct view views[] = {
#include "core/view/views.tbl"
};
#undef VIEW
#undef FIELD
#undef END

const char *const view_type_names[VIEW_TYPE_COUNT] = { "str", "int", "bool", "time", "strs", "answer", "json" };
const char *const view_answer_names[VIEW_ANSWER_COUNT] = { "unknown", "pass", "attested", "partial", "fail", "na" };

#define INT_MOST ((i64)1 << 53)

const struct view *view_of(enum view_number number)
{
	must((u32)number < VIEW_COUNT);
	return &views[number];
}

const struct view *view_find(struct str name)
{
	for (size_t i = 0; i < countof(views); i++) {
		if (str_eq(name, str_z(views[i].name))) {
			return &views[i];
		}
	}
	return NULL;
}

int view_field_find(const struct view *v, struct str name)
{
	for (size_t i = 0; i < v->nfields; i++) {
		if (str_eq(name, str_z(v->fields[i].name))) {
			return (int)i;
		}
	}
	return -1;
}

struct view_row view_row(enum view_number number)
{
	return (struct view_row){ .view = view_of(number) };
}

static struct view_value *set(struct view_row *r, u32 field, enum view_type type)
{
	must(field < r->view->nfields);
	must(r->view->fields[field].type == type);
	r->v[field].present = true;
	return &r->v[field];
}

void view_set_str(struct view_row *r, u32 field, struct str s)
{
	must(field < r->view->nfields);
	set(r, field, r->view->fields[field].type == VIEW_TYPE_JSON ? VIEW_TYPE_JSON : VIEW_TYPE_STR)->s = s;
}

void view_set_text(struct view_row *r, u32 field, struct str s)
{
	if (s.n != 0) {
		view_set_str(r, field, s);
	}
}

void view_set_int(struct view_row *r, u32 field, i64 i)
{
	must(i >= -INT_MOST && i <= INT_MOST);
	set(r, field, VIEW_TYPE_INT)->i = i;
}

void view_set_bool(struct view_row *r, u32 field, bool b)
{
	set(r, field, VIEW_TYPE_BOOL)->b = b;
}

void view_set_time(struct view_row *r, u32 field, struct utc t)
{
	struct view_value *v = set(r, field, VIEW_TYPE_TIME);

	v->t = t;
	v->present = t.ms != 0;
}

void view_set_strs(struct view_row *r, u32 field, const struct str *p, size_t n)
{
	struct view_value *v = set(r, field, VIEW_TYPE_STRS);

	v->strs.p = p;
	v->strs.n = n;
}

void view_set_answer(struct view_row *r, u32 field, u8 answer)
{
	must(VIEW_STATE(answer) < VIEW_ANSWER_COUNT);
	set(r, field, VIEW_TYPE_ANSWER)->answer = answer;
}

const struct view_value *view_get(const struct view_row *r, struct str name)
{
	int i = view_field_find(r->view, name);

	return i < 0 ? NULL : &r->v[i];
}

static void encode_value(const struct view_value *v, enum view_type type, struct buf *b)
{
	switch (type) {
	case VIEW_TYPE_STR:
	case VIEW_TYPE_JSON:
		buf_blob(b, v->s);
		break;
	case VIEW_TYPE_INT:
		buf_i64(b, v->i);
		break;
	case VIEW_TYPE_TIME:
		buf_i64(b, v->t.ms);
		break;
	case VIEW_TYPE_BOOL:
		buf_u8(b, v->b ? 1 : 0);
		break;
	case VIEW_TYPE_ANSWER:
		buf_u8(b, v->answer);
		break;
	case VIEW_TYPE_STRS:
		must(v->strs.n <= VIEW_STRS_MAX);
		buf_u16(b, (u16)v->strs.n);
		for (size_t i = 0; i < v->strs.n; i++) {
			buf_blob(b, v->strs.p[i]);
		}
		break;
	case VIEW_TYPE_COUNT:
		break;
	}
}

void view_encode(const struct view_row *r, struct buf *b)
{
	buf_u16(b, (u16)r->view->number);
	buf_u16(b, (u16)r->view->nfields);
	for (size_t i = 0; i < r->view->nfields; i++) {
		buf_u8(b, r->v[i].present ? 1 : 0);
		if (r->v[i].present) {
			encode_value(&r->v[i], r->view->fields[i].type, b);
		}
	}
}

static int decode_text(struct rd *rd, struct str *ret)
{
	struct str s;
	int r = rd_blob(rd, &s);

	if (r != 0) {
		return r;
	}
	if (!str_utf8_ok(s, NULL)) {
		return ERR_UTF8;
	}
	*ret = s;
	return 0;
}

static int decode_strs(struct arena *a, struct rd *rd, struct view_value *v)
{
	u16 n;
	struct str *p;
	int r = rd_u16(rd, &n);

	if (r != 0) {
		return r;
	}
	/* Each text takes at least its length: a count the input cannot hold allocates nothing. */
	if (n > VIEW_STRS_MAX || (size_t)n * sizeof(u32) > rd_left(rd)) {
		return ERR_LIMIT;
	}
	p = arena_try(a, ((size_t)n + 1) * sizeof *p);
	if (p == NULL) {
		return ERR_NOMEM;
	}
	for (u16 i = 0; i < n; i++) {
		r = decode_text(rd, &p[i]);
		if (r != 0) {
			return r;
		}
	}
	v->strs.p = p;
	v->strs.n = n;
	return 0;
}

static int decode_value(struct arena *a, struct rd *rd, enum view_type type, struct view_value *v)
{
	u8 byte = 0;
	int r = 0;

	switch (type) {
	case VIEW_TYPE_STR:
	case VIEW_TYPE_JSON:
		return decode_text(rd, &v->s);
	case VIEW_TYPE_INT:
		r = rd_i64(rd, &v->i);
		return r != 0 ? r : v->i < -INT_MOST || v->i > INT_MOST ? ERR_RANGE : 0;
	case VIEW_TYPE_TIME:
		return rd_i64(rd, &v->t.ms);
	case VIEW_TYPE_BOOL:
		r = rd_u8(rd, &byte);
		v->b = byte == 1;
		return r != 0 ? r : byte > 1 ? ERR_RANGE : 0;
	case VIEW_TYPE_ANSWER:
		r = rd_u8(rd, &byte);
		v->answer = byte;
		return r != 0 ? r : VIEW_STATE(byte) >= VIEW_ANSWER_COUNT ? ERR_RANGE : 0;
	case VIEW_TYPE_STRS:
		return decode_strs(a, rd, v);
	case VIEW_TYPE_COUNT:
		break;
	}
	return ERR_TYPE;
}

int view_decode(struct arena *a, struct str bytes, struct view_row *ret)
{
	struct rd rd = rd_str(bytes);
	struct view_row row;
	u16 number, nfields;
	int r;

	if ((r = rd_u16(&rd, &number)) != 0 || (r = rd_u16(&rd, &nfields)) != 0) {
		return r;
	}
	if (number >= VIEW_COUNT || nfields != views[number].nfields) {
		return ERR_NEWER;
	}
	row = view_row((enum view_number)number);
	for (u16 i = 0; i < nfields; i++) {
		u8 present;

		if ((r = rd_u8(&rd, &present)) != 0) {
			return r;
		}
		if (present > 1) {
			return ERR_RANGE;
		}
		row.v[i].present = present == 1;
		if (present == 1 && (r = decode_value(a, &rd, row.view->fields[i].type, &row.v[i])) != 0) {
			return r;
		}
	}
	r = rd_done(&rd);
	if (r != 0) {
		return r;
	}
	*ret = row;
	return 0;
}
