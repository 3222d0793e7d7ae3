#include "proto/runfile.h"

#include <nettle/sha2.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"

struct str runfile_text(struct arena *a, u64 count, const u8 sha256[32])
{
	return str_printf(a, RUNFILE_NAME "\n%ju\n%.*s\n", (uintmax_t)count, STRF(str_hex(a, sha256, 32)));
}

/* Nothing but these members: a misspelled one must not pass silently. `names` has a blank between. */
static int only(const struct json *v, const char *names, struct perr *err)
{
	for (size_t i = 0; i < v->obj.n; i++) {
		struct str rest = str_z(names);
		bool known = false;

		while (rest.n != 0 && !known) {
			known = str_eq(str_cut(&rest, ' '), v->obj.p[i].key);
		}
		if (!known) {
			struct str key = str_sub(v->obj.p[i].key, 0, 40);

			return perr_set(err, ERR_EXTRA, 0, "\"%.*s\": no such member here", str_utf8_ok(key, NULL) ? (int)key.n : 0, key.p);
		}
	}
	return 0;
}

static int text_of(const struct json *v, const char *key, size_t max, struct str *ret, struct perr *err)
{
	int r = json_get_str(v, str_z(key), ret);

	if (r != 0) {
		return perr_set(err, r, 0, "\"%s\": %s", key, r == ERR_TYPE ? "must be a text" : "is missing");
	}
	return ret->n <= max ? 0 : perr_set(err, ERR_LIMIT, 0, "\"%s\" is longer than %zu bytes", key, max);
}

static int count_of(const struct json *v, const char *key, u64 *ret, struct perr *err)
{
	i64 i;
	int r = json_get_int(v, str_z(key), &i);

	if (r != 0 || i < 0 || i > (i64)1 << 53) {
		return perr_set(err, r != 0 ? r : ERR_RANGE, 0, "\"%s\" must be a whole number from 0", key);
	}
	*ret = (u64)i;
	return 0;
}

static int hash_of(const struct json *v, const char *key, u8 ret[32], struct perr *err)
{
	struct str s;
	int r = text_of(v, key, 64, &s, err);

	if (r == 0 && str_unhex(s, ret, 32) != 0) {
		r = perr_set(err, ERR_SYNTAX, 0, "\"%s\" must be 64 hexadecimal digits", key);
	}
	return r;
}

static int head(const struct json *v, struct runfile_line *l, struct perr *err)
{
	struct str name;
	int r;

	l->what = RUNFILE_HEAD;
	if ((r = only(v, "checkpoint export network origin root run size", err)) != 0 ||
	    (r = text_of(v, "export", 64, &name, err)) != 0) {
		return r;
	}
	if (!str_eq(name, S(RUNFILE_NAME))) {
		return perr_set(err, ERR_NEWER, 0, "\"export\": this program reads " RUNFILE_NAME " only");
	}
	if ((r = text_of(v, "origin", RUNFILE_ORIGIN_MAX, &l->origin, err)) != 0 ||
	    (r = text_of(v, "checkpoint", RUNFILE_NOTE_MAX, &l->checkpoint, err)) != 0 ||
	    (r = text_of(v, "run", 64, &l->run, err)) != 0 || (r = text_of(v, "network", 64, &l->network, err)) != 0 ||
	    (r = count_of(v, "size", &l->size, err)) != 0) {
		return r;
	}
	return hash_of(v, "root", l->root, err);
}

static int end(const struct json *v, struct runfile_line *l, struct perr *err)
{
	struct str name;
	int r;

	l->what = RUNFILE_END;
	if ((r = only(v, "count end key note sha256", err)) != 0 || (r = text_of(v, "end", 64, &name, err)) != 0 ||
	    (r = count_of(v, "count", &l->count, err)) != 0 || (r = hash_of(v, "sha256", l->sha256, err)) != 0) {
		return r;
	}
	if (!str_eq(name, S(RUNFILE_NAME))) {
		return perr_set(err, ERR_NEWER, 0, "\"end\" must be " RUNFILE_NAME);
	}
	l->key = l->note = S("");
	if (json_get(v, S("note")) != NULL || json_get(v, S("key")) != NULL) {
		if ((r = text_of(v, "key", RUNFILE_KEY_MAX, &l->key, err)) != 0) {
			return r;
		}
		return text_of(v, "note", RUNFILE_NOTE_MAX, &l->note, err);
	}
	return 0;
}

/* "at":[seq,index]; absent in what was written by hand. */
static int place(const struct json *v, struct runfile_line *l, struct perr *err)
{
	const struct json *at = json_get(v, S("at"));
	const struct json *p;

	if (at == NULL) {
		return 0;
	}
	if (at->type != JSON_ARR || at->arr.n != 2) {
		return perr_set(err, ERR_TYPE, 0, "\"at\" must be [seq, index]");
	}
	p = at->arr.p;
	if (p[0].type != JSON_INT || p[1].type != JSON_INT || p[0].i < 0 || p[0].i > (i64)1 << 53 || p[1].i < 0 || p[1].i > 65535) {
		return perr_set(err, ERR_RANGE, 0, "\"at\" must be [seq, index]");
	}
	l->placed = true;
	l->seq = (u64)p[0].i;
	l->index = (u32)p[1].i;
	return 0;
}

static bool kind_of_evidence_ok(struct str s)
{
	if (s.n == 0 || s.n > 32 || s.p[0] < 'a' || s.p[0] > 'z') {
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == '_')) {
			return false;
		}
	}
	return true;
}

static int evidence(struct arena *a, const struct json *v, struct runfile_line *l, struct perr *err)
{
	const struct json *e = json_get(v, S("evidence"));
	struct sha256_ctx sha;
	u8 want[32], got[32];
	struct str text;
	u64 size = 0;
	int r;

	l->what = RUNFILE_EVIDENCE;
	if (e->type != JSON_OBJ) {
		return perr_set(err, ERR_TYPE, 0, "\"evidence\" must be an object");
	}
	if ((r = only(v, "at bytes evidence from", err)) != 0 || (r = only(e, "kind sha256 size", err)) != 0 || (r = place(v, l, err)) != 0 ||
	    (r = text_of(e, "kind", 32, &l->ev_kind, err)) != 0 || (r = hash_of(e, "sha256", want, err)) != 0 ||
	    (r = count_of(e, "size", &size, err)) != 0 || (r = text_of(v, "bytes", LIMIT_JSON_LINE, &text, err)) != 0) {
		return r;
	}
	if (!kind_of_evidence_ok(l->ev_kind)) {
		return perr_set(err, ERR_SYNTAX, 0, "evidence.kind must be 1 to 32 of a-z 0-9 _ -, beginning with a letter");
	}
	if (str_unbase64(a, text, &l->ev_bytes) != 0) {
		return perr_set(err, ERR_SYNTAX, 0, "\"bytes\" is not canonical base64");
	}
	sha256_init(&sha);
	sha256_update(&sha, l->ev_bytes.n, (const u8 *)l->ev_bytes.p);
	sha256_digest(&sha, sizeof got, got);
	memcpy(l->ev_sha, want, sizeof want);
	l->ev_size = size;
	if (json_get(v, S("from")) != NULL) {
		l->ev_part = true;
		if ((r = count_of(v, "from", &l->ev_from, err)) != 0) {
			return r;
		}
		if (size > LIMIT_EVIDENCE_FILE || l->ev_from > size || l->ev_bytes.n == 0 || l->ev_bytes.n > size - l->ev_from || !l->placed) {
			return perr_set(err, ERR_RANGE, 0, "\"from\" names no piece of this evidence");
		}
		return 0;
	}
	if (l->ev_bytes.n != size || memcmp(want, got, sizeof got) != 0) {
		return perr_set(err, ERR_INTEGRITY, 0, "the bytes of this evidence are not those its hash names");
	}
	return 0;
}

static int told(struct perr *err, int r, const struct errlist *errs)
{
	return perr_set(err, r, 0, "%s", errs->n != 0 ? errs->p[0].text : err_text(r));
}

static int fact(struct arena *a, const struct json *v, enum fact_read how, struct runfile_line *l, struct perr *err)
{
	struct errlist errs = { 0 };
	int r;

	l->what = RUNFILE_FACT;
	if ((r = only(v, "at erased fact seen", err)) != 0 || (r = place(v, l, err)) != 0) {
		return r;
	}
	if (json_get(v, S("seen")) == NULL) {
		return perr_set(err, ERR_MISSING, 0, "\"seen\" is missing: when and how it was observed");
	}
	if ((r = fact_of_json(a, json_get(v, S("fact")), how, &l->fact, &errs)) != 0 ||
	    (r = seen_of_json(a, json_get(v, S("seen")), how, &l->seen, &errs)) != 0) {
		return told(err, r, &errs);
	}
	if (l->fact.kind != NULL && l->fact.kind->draft) {
		return perr_set(err, ERR_REFUSED, 0, "kind %s/%u is a draft: no reviewed producer makes it", l->fact.kind->name,
			l->fact.kind->version);
	}
	return 0;
}

int runfile_read(struct arena *a, struct str text, enum fact_read how, struct runfile_line *ret, struct perr *reterr)
{
	struct runfile_line l = { 0 };
	struct perr err = { 0 };
	const struct json *v;
	int r = json_parse(a, text, &v, &err);

	if (r == 0 && v->type != JSON_OBJ) {
		r = perr_set(&err, ERR_TYPE, 0, "a line must be a JSON object");
	} else if (r == 0 && json_get(v, S("fact")) != NULL) {
		r = fact(a, v, how, &l, &err);
	} else if (r == 0 && json_get(v, S("evidence")) != NULL) {
		r = evidence(a, v, &l, &err);
	} else if (r == 0 && json_get(v, S("export")) != NULL) {
		r = head(v, &l, &err);
	} else if (r == 0 && json_get(v, S("end")) != NULL) {
		r = end(v, &l, &err);
	} else if (r == 0) {
		r = perr_set(&err, ERR_MISSING, 0, "neither \"fact\" nor \"evidence\"");
	}
	if (r == 0 && how == FACT_STRICT && !json_is_canon(a, text, v)) {
		r = perr_set(&err, ERR_SYNTAX, 0, "not the canonical text (RFC 8785)");
	}
	if (r == 0) {
		*ret = l;
	} else if (reterr != NULL) {
		*reterr = err;
	}
	return r;
}
