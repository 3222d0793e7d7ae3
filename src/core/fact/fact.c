/* Reading, writing and comparing facts and sightings.
 *
 * Reading goes through the JSON tree; strictness is one comparison at the end: the text must be what the writer writes.
 * Danger: everything here comes from strangers. Nothing is taken over before fact_check has seen the whole. */
#include "core/fact/fact_int.h"

#include <stdlib.h>
#include <string.h>
#include <nettle/sha2.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/sha256.h"

static const char *const members[] = { "kind", "network", "place", "source", "subject", "value", "vantage" };
static const char *const states[SEEN_STATE_COUNT] = {
	[SEEN_UNKNOWN] = "unknown", [SEEN_FACTORY] = "factory", [SEEN_INITIALISED] = "initialised",
	[SEEN_CUSTOMISED] = "customised",
};

#define INT_MAX_EXACT ((i64)1 << 53)

/* --- reading --- */

/* Every member known and of that type; else an error. Returns NULL then. */
static const struct json *member(struct fact_errs *e, const struct json *o, const char *name, enum json_type type)
{
	const struct json *v = json_get(o, str_z(name));

	if (v == NULL)
		fact_bad(e, ERR_MISSING, "%s: is missing", name);
	else if (v->type != type)
		fact_bad(e, ERR_TYPE, "%s: has the wrong type", name);
	else
		return v;
	return NULL;
}

static void refuse_others(struct fact_errs *e, const struct json *o, const char *const *names, size_t n)
{
	for (size_t i = 0; i < o->obj.n; i++)
		if (str_index(o->obj.p[i].key, names, n) < 0)
			fact_bad(e, ERR_EXTRA, "%.40s: no such member", str_c(e->a, o->obj.p[i].key));
}

static int strs_of_json(struct arena *a, const struct json *v, struct str **ret, const char **ret_why)
{
	struct str *p;

	*ret_why = "must be an array of texts";
	if (v->type != JSON_ARR)
		return ERR_TYPE;
	*ret_why = "has too many members";
	if (v->arr.n > LIMIT_FACT_STRS)
		return ERR_LIMIT;
	p = arena_alloc(a, v->arr.n * sizeof *p + 1);
	*ret_why = "must be an array of texts";
	for (size_t i = 0; i < v->arr.n; i++) {
		if (v->arr.p[i].type != JSON_STR)
			return ERR_TYPE;
		p[i] = v->arr.p[i].s;
	}
	*ret = p;
	return 0;
}

static int value_known(struct arena *a, const struct kind_field *def, const struct json *v, enum fact_read how,
    struct fact_value *ret, const char **ret_why)
{
	struct str *p;
	int r;

	switch (def->type) {
	case KIND_BOOL:
		*ret_why = "must be true or false";
		if (v->type != JSON_BOOL)
			return ERR_TYPE;
		*ret = (struct fact_value){ .type = KIND_BOOL, .i = v->b };
		return 0;
	case KIND_INT:
		*ret_why = "must be an integer";
		return v->type != JSON_INT ? ERR_TYPE : fact_value_int(def, v->i, ret, ret_why);
	case KIND_STRS:
		if ((r = strs_of_json(a, v, &p, ret_why)) != 0)
			return r;
		return fact_value_strs(a, def, p, v->arr.n, how, ret, ret_why);
	default:
		*ret_why = "must be a text";
		return v->type != JSON_STR ? ERR_TYPE : fact_value_text(a, def, v->s, how, ret, ret_why);
	}
}

/* A field of a kind from a newer program: only what facts can hold at all, kept as its canonical JSON. */
static int value_opaque(struct arena *a, const struct json *v, struct fact_value *ret, const char **ret_why)
{
	struct buf b = buf_new(a, LIMIT_FACT);
	struct str *p;
	int r;

	*ret_why = "must be a text, true, false, an integer or a set of texts";
	if (v->type == JSON_ARR) {
		if ((r = strs_of_json(a, v, &p, ret_why)) != 0)
			return r;
		for (size_t i = 0; i < v->arr.n; i++)
			if (!fact_text_ok(p[i], LIMIT_FACT_FIELD))
				return ERR_SYNTAX;
	} else if (v->type == JSON_STR) {
		if (!fact_text_ok(v->s, LIMIT_FACT_FIELD))
			return v->s.n > LIMIT_FACT_FIELD ? ERR_LIMIT : ERR_SYNTAX;
	} else if (v->type == JSON_INT) {
		if (v->i > INT_MAX_EXACT || v->i < -INT_MAX_EXACT)
			return ERR_RANGE;
	} else if (v->type != JSON_BOOL) {
		return ERR_TYPE;
	}
	json_canon(&b, v);
	*ret = (struct fact_value){ .type = KIND_OPAQUE, .s = buf_view(&b) };
	return buf_done(&b);
}

static void read_fields(struct fact_errs *e, const struct json *o, bool place, enum fact_read how, struct fact *f,
    struct fact_field **ret, size_t *ret_n)
{
	const char *group = place ? "place" : "value", *why = "";
	size_t n = 0;

	if (o == NULL)
		return;
	if (o->obj.n > KIND_FIELDS_MAX) {
		fact_bad(e, ERR_LIMIT, "%s: more than %d fields", group, KIND_FIELDS_MAX);
		return;
	}
	*ret = arena_alloc(e->a, o->obj.n * sizeof **ret + 1);
	for (size_t i = 0; i < o->obj.n; i++) {
		const struct json_member *m = &o->obj.p[i];
		struct fact_field *to = &(*ret)[n];
		int r;

		if (!kind_name_ok(m->key)) {
			fact_bad(e, ERR_SYNTAX, "%s: a field name must be [a-z][a-z0-9_]{0,31}", group);
			continue;
		}
		to->name = str_dup(e->a, m->key);
		to->def = f->kind == NULL ? NULL : kind_field(f->kind, m->key);
		if (f->kind != NULL && (to->def == NULL || to->def->place != place)) {
			fact_bad(e, ERR_UNKNOWN, "%s.%.*s: no such field in %s/%u", group, STRF(m->key), f->kind->name,
			    f->kind->version);
			continue;
		}
		r = f->kind == NULL ? value_opaque(e->a, &m->v, &to->v, &why)
		    : value_known(e->a, to->def, &m->v, how, &to->v, &why);
		if (r != 0)
			fact_bad(e, r, "%s.%.*s: %s", group, STRF(m->key), why);
		else
			n++;
	}
	*ret_n = n;
}

static void read_subject(struct fact_errs *e, const struct json *v, enum fact_read how, struct fact *f)
{
	if (v == NULL)
		return;
	if (v->arr.n > LIMIT_SUBJECT_KEYS) {
		fact_bad(e, ERR_LIMIT, "subject: more than %d keys", LIMIT_SUBJECT_KEYS);
		return;
	}
	f->keys = arena_alloc(e->a, v->arr.n * sizeof *f->keys + 1);
	for (size_t i = 0; i < v->arr.n; i++) {
		struct str rest, name;
		int type = -1;

		if (v->arr.p[i].type == JSON_STR) {
			rest = v->arr.p[i].s;
			name = str_cut(&rest, ':');
			for (int t = 0; t < KEY_TYPE_COUNT; t++)
				if (name.n < v->arr.p[i].s.n && str_eq(name, str_z(fact_key_type_name((enum fact_key_type)t))))
					type = t;
		}
		if (type < 0)
			fact_bad(e, ERR_TYPE, "subject[%zu]: must be type:value with a known type", i);
		else if (fact_key_make(e->a, (enum fact_key_type)type, rest, how, &f->keys[f->nkeys]) != 0)
			fact_bad(e, ERR_SYNTAX, "subject[%zu]: not a canonical %s", i, fact_key_type_name((enum fact_key_type)type));
		else
			f->nkeys++;
	}
}

int fact_of_json(struct arena *a, const struct json *v, enum fact_read how, struct fact *ret, struct errlist *errs)
{
	struct fact_errs e = { .a = a, .list = errs };
	struct fact f = {0};
	const struct json *m;

	if (v == NULL || v->type != JSON_OBJ)
		return fact_bad(&e, ERR_TYPE, "a fact must be an object");
	refuse_others(&e, v, members, countof(members));
	if ((m = member(&e, v, "kind", JSON_STR)) != NULL) {
		if (kind_parse(m->s, &f.kind_name, &f.kind_version) != 0)
			fact_bad(&e, ERR_SYNTAX, "kind: must be name/version");
		f.kind_name = str_dup(a, f.kind_name);
		f.kind = kind_find(f.kind_name, f.kind_version);
	}
	if ((m = member(&e, v, "network", JSON_STR)) != NULL)
		f.network = str_dup(a, m->s);
	if ((m = member(&e, v, "source", JSON_STR)) != NULL)
		f.source = str_dup(a, m->s);
	if ((m = member(&e, v, "vantage", JSON_STR)) != NULL)
		f.vantage = m->s.n == 2 && m->s.p[0] == 'v' ? m->s.p[1] - '0' : 0;
	read_subject(&e, member(&e, v, "subject", JSON_ARR), how, &f);
	read_fields(&e, member(&e, v, "place", JSON_OBJ), true, how, &f, &f.place, &f.nplace);
	read_fields(&e, member(&e, v, "value", JSON_OBJ), false, how, &f, &f.value, &f.nvalue);
	if (e.first == 0)
		fact_check(&e, &f, how);
	if (e.first != 0)
		return e.first;
	*ret = f;
	return 0;
}

/* The tree of a text, and whether the text is canonical when it must be. */
static int read_tree(struct arena *a, struct str text, size_t max, enum fact_read how, const struct json **ret,
    struct errlist *errs)
{
	struct fact_errs e = { .a = a, .list = errs };
	struct perr p = {0};
	int r;

	if (text.n > (how == FACT_STRICT ? max : LIMIT_JSON_LINE))
		return fact_bad(&e, ERR_LIMIT, "over %zu bytes", max);
	if ((r = json_parse(a, text, ret, &p)) != 0) {
		if (errs != NULL)
			errlist_add(a, errs, &p);
		return r;
	}
	if (how == FACT_STRICT && !json_is_canon(a, text, *ret))
		return fact_bad(&e, ERR_SYNTAX, "not in canonical form (RFC 8785)");
	return 0;
}

int fact_parse(struct arena *a, struct str text, enum fact_read how, struct fact *ret, struct errlist *errs)
{
	const struct json *v;
	int r;

	if (how == FACT_STRICT && fact_read_quick(a, text, ret))
		return 0;
	r = read_tree(a, text, LIMIT_FACT, how, &v, errs);
	return r != 0 ? r : fact_of_json(a, v, how, ret, errs);
}

/* --- writing --- */

void fact_value_write(struct buf *b, const struct fact_value *v)
{
	struct json_w w = jw_new(b);

	switch (v->type) {
	case KIND_BOOL:
		jw_bool(&w, v->i != 0);
		break;
	case KIND_INT:
		jw_int(&w, v->i);
		break;
	case KIND_STRS:
		jw_arr(&w);
		for (size_t i = 0; i < v->n; i++)
			jw_str(&w, v->strs[i]);
		jw_end(&w);
		break;
	case KIND_OPAQUE:
		jw_raw(&w, v->s);
		break;
	default:
		jw_str(&w, v->s);
	}
}

static void write_fields(struct buf *b, const struct fact_field *p, size_t n)
{
	buf_u8(b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_u8(b, ',');
		buf_u8(b, '"');	/* a field name needs no escapes: [a-z0-9_] */
		buf_str(b, p[i].name);
		buf_z(b, "\":");
		fact_value_write(b, &p[i].v);
	}
	buf_u8(b, '}');
}

static void write_str(struct buf *b, struct str s)
{
	struct json_w w = jw_new(b);

	jw_str(&w, s);
}

void fact_write(struct buf *b, const struct fact *f)
{
	struct json_w version = jw_new(b);

	if (f->text.p != NULL) {
		buf_str(b, f->text);
		return;
	}
	buf_z(b, "{\"kind\":\"");	/* nothing in these members needs escapes */
	buf_str(b, f->kind_name);
	buf_u8(b, '/');
	jw_int(&version, f->kind_version);
	buf_z(b, "\",\"network\":\"");
	buf_str(b, f->network);
	buf_z(b, "\",\"place\":");
	write_fields(b, f->place, f->nplace);
	buf_z(b, ",\"source\":\"");
	buf_str(b, f->source);
	buf_z(b, "\",\"subject\":[");
	for (size_t i = 0; i < f->nkeys; i++) {
		if (i > 0)
			buf_u8(b, ',');
		write_str(b, f->keys[i].text);
	}
	buf_z(b, "],\"value\":");
	write_fields(b, f->value, f->nvalue);
	buf_z(b, ",\"vantage\":\"v");
	buf_u8(b, (u8)('0' + f->vantage));
	buf_z(b, "\"}");
}

struct fact_id fact_id(const struct fact *f)
{
	struct sha256_ctx h;
	struct fact_id id;

	if (f->id != NULL)
		return *f->id;
	sha256_init(&h);
	if (f->text.p != NULL) {
		sha256_update(&h, f->text.n, (const u8 *)f->text.p);
	} else {
		struct arena *a = arena_new(NULL, 0);
		struct buf b = buf_new(a, 0);

		fact_write(&b, f);
		sha256_update(&h, b.n, b.p);
		arena_free(a);
	}
	sha256_digest(&h, sizeof id.b, id.b);
	return id;
}

void fact_keep_ids(struct arena *a, struct fact *const *f, size_t n)
{
	struct sha256_job *jobs = arena_alloc(a, n * sizeof *jobs);
	struct fact_id *ids = arena_alloc(a, n * sizeof *ids);

	for (size_t i = 0; i < n; i++) {
		struct buf b = buf_new(a, 0);

		if (f[i]->text.p == NULL)
			fact_write(&b, f[i]);
		jobs[i] = (struct sha256_job){ .body = f[i]->text.p != NULL ? f[i]->text : buf_view(&b), .ret = ids[i].b };
		f[i]->id = &ids[i];
	}
	sha256_many(jobs, n);
}

void fact_keep_id(struct arena *a, struct fact *f)
{
	fact_keep_ids(a, &f, 1);
}

int fact_id_cmp(const struct fact_id *x, const struct fact_id *y)
{
	return memcmp(x->b, y->b, sizeof x->b);
}

/* --- looking into one --- */

static const struct fact_value *find(const struct fact_field *p, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(p[i].name, name))
			return &p[i].v;
	return NULL;
}

const struct fact_value *fact_place(const struct fact *f, struct str name)
{
	return find(f->place, f->nplace, name);
}

const struct fact_value *fact_value(const struct fact *f, struct str name)
{
	return find(f->value, f->nvalue, name);
}

const struct fact_key *fact_key_of(const struct fact *f, enum fact_key_type type)
{
	for (size_t i = 0; i < f->nkeys; i++)
		if (f->keys[i].type == type)
			return &f->keys[i];
	return NULL;
}

bool fact_personal(const struct fact *f)
{
	for (size_t i = 0; i < f->nplace; i++)
		if (f->place[i].def != NULL && f->place[i].def->personal)
			return true;
	for (size_t i = 0; i < f->nvalue; i++)
		if (f->value[i].def != NULL && f->value[i].def->personal)
			return true;
	return false;
}

int fact_upgrade_to(struct arena *a, const struct fact *f, const struct kind *to, struct fact *ret)
{
	struct fact next = *f;
	struct fact_errs e = { .a = a };
	const struct kind *from;
	struct fact old = *f;
	int r;

	if (!str_eq(f->kind_name, str_z(to->name)) || f->kind_version > to->version)
		return ERR_ARG;
	if (f->kind_version == to->version) {
		*ret = *f;
		return 0;
	}
	from = f->kind_version + 1 == to->version ? NULL : kind_find(f->kind_name, to->version - 1);
	if (to->upgrade == NULL || (from == NULL && f->kind_version + 1 != to->version))
		return ERR_UNSUPPORTED;
	if (from != NULL && (r = fact_upgrade_to(a, f, from, &old)) != 0)
		return r;
	next.text = (struct str){0};
	next.id = NULL;
	next.place = next.value = NULL;
	next.nplace = next.nvalue = 0;
	next.kind = to;
	next.kind_version = to->version;
	if ((r = to->upgrade(a, &old, &next)) != 0)
		return r;
	fact_check(&e, &next, FACT_LENIENT);
	if (e.first != 0)
		return e.first;
	*ret = next;
	return 0;
}

int fact_upgrade(struct arena *a, const struct fact *f, struct fact *ret)
{
	const struct kind *to;

	/* nearly always it is the latest: the table is sorted, and the next one is of another name */
	if (f->kind == NULL || f->kind == &kinds[kind_count - 1] ||
	    (f->kind >= kinds && f->kind < kinds + kind_count && strcmp(f->kind[1].name, f->kind->name) != 0) ||
	    (to = kind_latest(f->kind_name)) == NULL) {
		*ret = *f;
		return 0;
	}
	return fact_upgrade_to(a, f, to, ret);
}

/* --- sightings --- */

static const char *const seen_members[] = { "at", "class", "dropped", "evidence", "qod", "run", "state" };

bool seen_run_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_'))
			return false;
	}
	return s.n <= 64;
}

int seen_state_index(struct str word)
{
	return str_index(word, states, countof(states));
}

static void read_evidence(struct fact_errs *e, const struct json *v, struct seen *s)
{
	u32 *p;

	if (v == NULL)
		return;
	if (v->arr.n > LIMIT_FACT_STRS) {
		fact_bad(e, ERR_LIMIT, "evidence: too many");
		return;
	}
	p = arena_alloc(e->a, v->arr.n * sizeof *p + 1);
	for (size_t i = 0; i < v->arr.n; i++) {
		const struct json *x = &v->arr.p[i];

		if (x->type != JSON_INT || x->i < 0 || x->i > UINT32_MAX || (i > 0 && x->i <= (i64)p[i - 1])) {
			fact_bad(e, ERR_RANGE, "evidence: must be ascending item indices");
			return;
		}
		p[i] = (u32)x->i;
	}
	s->evidence = p;
	s->nevidence = v->arr.n;
}

int seen_of_json(struct arena *a, const struct json *v, enum fact_read how, struct seen *ret, struct errlist *errs)
{
	struct fact_errs e = { .a = a, .list = errs };
	struct seen s = {0};
	const struct json *m;
	int i;

	if (v == NULL || v->type != JSON_OBJ)
		return fact_bad(&e, ERR_TYPE, "seen: must be an object");
	refuse_others(&e, v, seen_members, countof(seen_members));
	if ((m = member(&e, v, "at", JSON_STR)) != NULL &&
	    (utc_parse(m->s, &s.at) != 0 || (how == FACT_STRICT && !utc_canonical(m->s))))
		fact_bad(&e, ERR_SYNTAX, "at: must be a UTC time like 2026-11-21T01:15:02.114Z");
	if ((m = member(&e, v, "class", JSON_STR)) != NULL) {
		if (m->s.n != 2 || m->s.p[0] != 'S' || m->s.p[1] < '0' || m->s.p[1] > '3')
			fact_bad(&e, ERR_RANGE, "class: must be S0 ... S3");
		else
			s.class = (u8)(m->s.p[1] - '0');
	}
	if (json_get(v, S("dropped")) != NULL && (m = member(&e, v, "dropped", JSON_BOOL)) != NULL) {
		s.dropped = m->b;
		if (!m->b && how == FACT_STRICT)
			fact_bad(&e, ERR_SYNTAX, "dropped: stands only when true");
	}
	read_evidence(&e, member(&e, v, "evidence", JSON_ARR), &s);
	if ((m = member(&e, v, "qod", JSON_INT)) != NULL) {
		if (m->i < 0 || m->i > 100)
			fact_bad(&e, ERR_RANGE, "qod: must be 0 ... 100");
		s.qod = (u8)m->i;
	}
	if ((m = member(&e, v, "run", JSON_STR)) != NULL) {
		if (!seen_run_ok(m->s))
			fact_bad(&e, ERR_SYNTAX, "run: must be [A-Za-z0-9._-]{0,64}");
		s.run = str_dup(a, m->s);
	}
	if ((m = member(&e, v, "state", JSON_STR)) != NULL) {
		if ((i = seen_state_index(m->s)) < 0)
			fact_bad(&e, ERR_RANGE, "state: must be unknown, factory, initialised or customised");
		else
			s.state = (enum seen_state)i;
	}
	if (e.first != 0)
		return e.first;
	*ret = s;
	return 0;
}

int seen_parse(struct arena *a, struct str text, enum fact_read how, struct seen *ret, struct errlist *errs)
{
	const struct json *v;
	int r;

	if (how == FACT_STRICT && seen_read_quick(a, text, ret))
		return 0;
	r = read_tree(a, text, LIMIT_FACT, how, &v, errs);
	return r != 0 ? r : seen_of_json(a, v, how, ret, errs);
}

void seen_write(struct buf *b, const struct seen *s)
{
	struct json_w w = jw_new(b), qod;

	if (s->text.p != NULL) {
		buf_str(b, s->text);
		return;
	}
	buf_z(b, "{\"at\":\"");	/* nothing in these members needs escapes */
	buf_str(b, utc_text(b->a, s->at));
	buf_z(b, "\",\"class\":\"");
	buf_str(b, str_sub(S("S0S1S2S3"), s->class * 2u, 2));
	buf_z(b, s->dropped ? "\",\"dropped\":true,\"evidence\":" : "\",\"evidence\":");
	jw_arr(&w);
	for (size_t i = 0; i < s->nevidence; i++)
		jw_int(&w, s->evidence[i]);
	jw_end(&w);
	buf_z(b, ",\"qod\":");
	qod = jw_new(b);
	jw_int(&qod, s->qod);
	buf_z(b, ",\"run\":\"");
	buf_str(b, s->run);
	buf_z(b, "\",\"state\":\"");
	buf_z(b, states[s->state]);
	buf_z(b, "\"}");
}

const char *seen_state_name(enum seen_state s)
{
	return states[s];
}

bool seen_clock_bad(const struct seen *s, struct utc recorded)
{
	return s->at.ms > recorded.ms + SEEN_CLOCK_AHEAD_MS;
}

struct utc seen_fresh(const struct seen *s, struct utc recorded)
{
	return s->at.ms < recorded.ms ? s->at : recorded;
}
