/* Envelopes in and out. One struct has one text and one text one struct: what is read must be canonical, with exactly
 * the members of its type, so nothing can be smuggled beside what the hash covers and readers look at.
 *
 *	all	at, by, items, parts, root, type, v
 *	erased	basis, erased */
#include "core/ledger/envelope.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"

const char *const envelope_types[3] = { "act", "batch", "erased" };
const char *const envelope_bases[6] = { "contract", "law", "mistake", "other", "request", "retention" };

#define NUMBER_MAX ((u64)1 << 53)	/* what JSON numbers carry exactly */

static bool text_ok(struct str s, size_t max)
{
	return s.n > 0 && s.n <= max && str_utf8_ok(s, NULL);
}

static bool before(const struct position *a, const struct position *b)
{
	return a->seq != b->seq ? a->seq < b->seq : a->part < b->part;
}

/* What both directions demand beyond syntax. */
static const char *wrong(const struct envelope *e)
{
	struct hash empty = merkle_empty();

	if (!text_ok(e->by, ENVELOPE_NAME_MAX)) {
		return "\"by\" is empty or too long";
	}
	if (e->items > NUMBER_MAX || e->parts > NUMBER_MAX) {
		return "number too large";
	}
	if (e->parts == 0 && !hash_eq(&e->root, &empty)) {
		return "no parts, but not the root of the empty tree";
	}
	if (e->type != ENVELOPE_ERASED && (e->nerased != 0 || e->basis.n != 0)) {
		return "member of another type";
	}
	if (e->type == ENVELOPE_ERASED && (e->nerased == 0 || str_index(e->basis, envelope_bases, countof(envelope_bases)) < 0)) {
		return "\"erased\" without positions, or a basis that is not of the list";
	}
	for (size_t i = 0; i < e->nerased; i++) {
		if (e->erased[i].seq > NUMBER_MAX || e->erased[i].part > NUMBER_MAX ||
		    (i > 0 && !before(&e->erased[i - 1], &e->erased[i]))) {
			return "\"erased\" is not in ascending order";
		}
	}
	return NULL;
}

int envelope_write(struct arena *a, const struct envelope *e, struct str *ret)
{
	struct buf b = buf_new(a, LIMIT_ENVELOPE);
	struct json_w w = jw_new(&b);
	int r;

	if (wrong(e) != NULL) {
		return ERR_ARG;
	}
	jw_obj(&w);
	jw_kstr(&w, "at", utc_text(a, e->at));
	if (e->type == ENVELOPE_ERASED) {
		jw_kstr(&w, "basis", e->basis);
	}
	jw_kstr(&w, "by", e->by);
	if (e->type == ENVELOPE_ERASED) {
		jw_key(&w, S("erased"));
		jw_arr(&w);
		for (size_t i = 0; i < e->nerased; i++) {
			jw_arr(&w);
			jw_int(&w, (i64)e->erased[i].seq);
			jw_int(&w, (i64)e->erased[i].part);
			jw_end(&w);
		}
		jw_end(&w);
	}
	jw_kint(&w, "items", (i64)e->items);
	jw_kint(&w, "parts", (i64)e->parts);
	jw_kstr(&w, "root", str_hex(a, e->root.b, HASH_LEN));
	jw_kstr(&w, "type", str_z(envelope_types[e->type]));
	jw_kint(&w, "v", 1);
	jw_end(&w);
	if ((r = buf_done(&b)) != 0) {
		return r;
	}
	*ret = buf_view(&b);
	return 0;
}

static int number(const struct json *v, u64 *ret)
{
	if (v == NULL || v->type != JSON_INT) {
		return v == NULL ? ERR_MISSING : ERR_TYPE;
	}
	if (v->i < 0 || (u64)v->i > NUMBER_MAX) {
		return ERR_RANGE;
	}
	*ret = (u64)v->i;
	return 0;
}

static int hash_hex(const struct json *v, struct hash *ret)
{
	if (v == NULL || v->type != JSON_STR) {
		return v == NULL ? ERR_MISSING : ERR_TYPE;
	}
	for (size_t i = 0; i < v->s.n; i++) {
		if (v->s.p[i] >= 'A' && v->s.p[i] <= 'F') {
			return ERR_SYNTAX;
		}
	}
	return str_unhex(v->s, ret->b, HASH_LEN);
}

static int erased_read(struct arena *a, const struct json *v, struct envelope *e)
{
	struct position *p;
	int r;

	if (v == NULL || v->type != JSON_ARR) {
		return v == NULL ? ERR_MISSING : ERR_TYPE;
	}
	if ((p = arena_try(a, v->arr.n * sizeof(*p) + 1)) == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < v->arr.n; i++) {
		const struct json *at = &v->arr.p[i];

		if (at->type != JSON_ARR || at->arr.n != 2) {
			return ERR_TYPE;
		}
		if ((r = number(&at->arr.p[0], &p[i].seq)) != 0 || (r = number(&at->arr.p[1], &p[i].part)) != 0) {
			return r;
		}
	}
	e->erased = p;
	e->nerased = v->arr.n;
	return 0;
}

/* The members of its type, their number and their values. */
static int members_read(struct arena *a, const struct json *v, struct envelope *e)
{
	static const size_t want[3] = { [ENVELOPE_ACT] = 7, [ENVELOPE_BATCH] = 7, [ENVELOPE_ERASED] = 9 };
	struct str type, at;
	int r, which;
	u64 version;

	if ((r = json_get_str(v, S("type"), &type)) != 0) {
		return r;
	}
	if ((which = str_index(type, envelope_types, countof(envelope_types))) < 0) {
		return ERR_UNKNOWN;
	}
	e->type = (enum envelope_type)which;
	if ((r = number(json_get(v, S("v")), &version)) != 0) {
		return r;
	}
	if (version != 1) {
		return ERR_NEWER;
	}
	if (v->obj.n != want[e->type]) {
		return v->obj.n < want[e->type] ? ERR_MISSING : ERR_UNKNOWN;
	}
	if ((r = json_get_str(v, S("at"), &at)) != 0 || (r = utc_parse(at, &e->at)) != 0 ||
		(r = json_get_str(v, S("by"), &e->by)) != 0 || (r = number(json_get(v, S("items")), &e->items)) != 0 ||
		(r = number(json_get(v, S("parts")), &e->parts)) != 0 ||
		(r = hash_hex(json_get(v, S("root")), &e->root)) != 0) {
		return r;
	}
	if (!utc_canonical(at)) {
		return ERR_SYNTAX;
	}
	if (e->type == ENVELOPE_ERASED) {
		r = erased_read(a, json_get(v, S("erased")), e);
		return r != 0 ? r : json_get_str(v, S("basis"), &e->basis);
	}
	return 0;
}

int envelope_read(struct arena *a, struct str bytes, struct envelope *ret, struct perr *reterr)
{
	struct envelope e = {0};
	const struct json *v;
	const char *what;
	int r;

	if (bytes.n > LIMIT_ENVELOPE) {
		return perr_set(reterr, ERR_LIMIT, 0, "envelope longer than %d bytes", LIMIT_ENVELOPE);
	}
	if ((r = json_parse(a, bytes, &v, reterr)) != 0) {
		return r;
	}
	if (v->type != JSON_OBJ) {
		return perr_set(reterr, ERR_TYPE, 0, "envelope is no object");
	}
	if ((r = members_read(a, v, &e)) != 0) {
		return perr_set(reterr, r, 0, "envelope: %s", err_text(r));
	}
	if ((what = wrong(&e)) != NULL) {
		return perr_set(reterr, ERR_RANGE, 0, "envelope: %s", what);
	}
	if (!json_is_canon(a, bytes, v)) {
		return perr_set(reterr, ERR_SYNTAX, 0, "envelope is not in canonical form");
	}
	*ret = e;
	return 0;
}

bool envelope_erases(const struct envelope *e, u64 seq, u64 part)
{
	const struct position want = { .seq = seq, .part = part };
	size_t lo = 0, hi = e->nerased;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (before(&e->erased[mid], &want)) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo < e->nerased && !before(&want, &e->erased[lo]);
}
