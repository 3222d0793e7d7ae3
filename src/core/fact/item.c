/* Items to parts and back. What is written is canonical by construction; what is read is compared with what writing the
 * result gives, so that two different sets of bytes never make the same item. */
#include "core/fact/item.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"
#include "core/fact/fact_int.h"

struct outlist {
	vec(struct str) p;
};

static struct json_w begin(struct buf *b, u32 index)
{
	struct json_w w = jw_new(b);

	jw_obj(&w);
	jw_key(&w, S("i"));
	jw_int(&w, index);
	jw_key(&w, S("item"));
	jw_obj(&w);
	return w;
}

static int finish(struct buf *b, struct json_w *w, const struct str *personal, size_t n)
{
	jw_end(w);
	if (n > 0) {
		jw_key(w, S("personal"));
		jw_arr(w);
		for (size_t i = 0; i < n; i++)
			jw_str(w, personal[i]);
		jw_end(w);
	}
	jw_end(w);
	return buf_done(b);
}

static void personal_part(struct arena *a, struct outlist *out, u32 index, struct str path, struct str value)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "f", path);
	jw_kint(&w, "i", index);
	jw_key(&w, S("v"));
	jw_raw(&w, value);
	jw_end(&w);
	*vec_add(a, &out->p) = buf_view(&b);
}

static void put_seen(struct json_w *w, const struct seen *s)
{
	struct buf b = buf_new(w->b->a, 0);

	seen_write(&b, s);
	jw_key(w, S("seen"));
	jw_raw(w, buf_view(&b));
}

/* Moves the personal fields of one group into parts; what is left stays. */
static void split(struct arena *a, struct outlist *parts, struct outlist *paths, u32 index, const char *group,
    struct fact_field **p, size_t *n)
{
	struct fact_field *left = arena_alloc(a, *n * sizeof *left + 1);
	size_t k = 0;

	for (size_t i = 0; i < *n; i++) {
		const struct fact_field *f = &(*p)[i];
		struct buf b = buf_new(a, 0);
		struct str path;

		if (f->def == NULL || !f->def->personal) {
			left[k++] = *f;
			continue;
		}
		path = str_printf(a, "%s.%.*s", group, STRF(f->name));
		fact_value_write(&b, &f->v);
		*vec_add(a, &paths->p) = path;
		personal_part(a, parts, index, path, buf_view(&b));
	}
	*p = left;
	*n = k;
}

/* Straight into one buffer: this is written for every fact of every entry. */
static int fact_parts(struct arena *a, u32 index, const struct item *it, struct outlist *out)
{
	struct outlist personal = {0}, paths = {0};
	struct buf b = buf_new(a, 0);
	struct fact f = it->fact;
	int r;

	if (fact_personal(&f)) {
		f.text = (struct str){0};
		f.id = NULL;
		split(a, &personal, &paths, index, "place", &f.place, &f.nplace);
		split(a, &personal, &paths, index, "value", &f.value, &f.nvalue);
	}
	buf_reserve(&b, f.text.n + it->seen.text.n + 64);
	buf_z(&b, "{\"i\":");
	buf_number(&b, index);
	buf_z(&b, ",\"item\":{\"fact\":");
	fact_write(&b, &f);
	buf_z(&b, ",\"seen\":");
	seen_write(&b, &it->seen);
	buf_u8(&b, '}');
	if (paths.p.n > 0) {
		struct json_w w = jw_new(&b);

		buf_z(&b, ",\"personal\":");
		jw_arr(&w);
		for (size_t i = 0; i < paths.p.n; i++)
			jw_str(&w, paths.p.p[i]);
		jw_end(&w);
	}
	buf_u8(&b, '}');
	if ((r = buf_done(&b)) != 0)
		return r;
	out->p.cap = 1 + personal.p.n;
	out->p.p = arena_alloc(a, out->p.cap * sizeof *out->p.p);
	*vec_add(a, &out->p) = buf_view(&b);
	for (size_t i = 0; i < personal.p.n; i++)
		*vec_add(a, &out->p) = personal.p.p[i];
	return 0;
}

static int again_parts(struct arena *a, u32 index, const struct item *it, struct outlist *out)
{
	struct buf b = buf_new(a, 0);
	struct json_w w;
	int r;

	if (it->again_seq > (u64)1 << 53)
		return ERR_RANGE;
	w = begin(&b, index);
	jw_key(&w, S("again"));
	jw_arr(&w);
	jw_int(&w, (i64)it->again_seq);
	jw_int(&w, it->again_index);
	jw_end(&w);
	put_seen(&w, &it->seen);
	if ((r = finish(&b, &w, NULL, 0)) != 0)
		return r;
	*vec_add(a, &out->p) = buf_view(&b);
	return 0;
}

bool item_evidence_ok(struct str s)
{
	if (s.n == 0 || s.n > 32 || s.p[0] < 'a' || s.p[0] > 'z')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-' || s.p[i] == '_'))
			return false;
	return true;
}

static int evidence_parts(struct arena *a, u32 index, const struct item *it, struct outlist *out)
{
	struct buf b = buf_new(a, 0);
	struct json_w w;
	int r;

	if (it->ev_bytes.p == NULL || !item_evidence_ok(it->ev_kind))
		return ERR_ARG;
	if (it->ev_bytes.n > LIMIT_EVIDENCE_FILE)
		return ERR_LIMIT;
	w = begin(&b, index);
	jw_key(&w, S("evidence"));
	jw_obj(&w);
	jw_kstr(&w, "kind", it->ev_kind);
	jw_end(&w);
	if ((r = finish(&b, &w, NULL, 0)) != 0)
		return r;
	*vec_add(a, &out->p) = buf_view(&b);
	*vec_add(a, &out->p) = it->ev_bytes;
	return 0;
}

/* --- acts: any object; personal members are named by path, one or more names joined by dots --- */

static const struct json *at_path(const struct json *v, struct str path)
{
	while (path.n > 0 && v != NULL)
		v = json_get(v, str_cut(&path, '.'));
	return v;
}

/* A copy of object v without the member at `path`; v itself when there is none. */
static const struct json *without(struct arena *a, const struct json *v, struct str path)
{
	struct str rest = path, name = str_cut(&rest, '.');
	struct json_member *m;
	struct json *c;
	size_t n = 0;

	if (v == NULL || v->type != JSON_OBJ || json_get(v, name) == NULL)
		return v;
	c = arena_copy(a, v, sizeof *v);
	m = arena_alloc(a, v->obj.n * sizeof *m + 1);
	for (size_t i = 0; i < v->obj.n; i++) {
		if (!str_eq(v->obj.p[i].key, name))
			m[n++] = v->obj.p[i];
		else if (rest.n > 0)
			m[n++] = (struct json_member){ .key = name, .v = *without(a, &v->obj.p[i].v, rest) };
	}
	c->obj.p = m;
	c->obj.n = n;
	return c;
}

static int act_parts(struct arena *a, u32 index, const struct item *it, struct outlist *out)
{
	struct buf b = buf_new(a, 0), body = buf_new(a, 0);
	const struct json *left = it->act;
	struct outlist personal = {0};
	struct str act_do;
	struct json_w w;
	int r;

	if (json_get_str(it->act, S("do"), &act_do) != 0)
		return ERR_ARG;
	for (size_t i = 0; i < it->npersonal; i++) {
		const struct json *v = at_path(it->act, it->personal[i]);
		struct buf one = buf_new(a, 0);

		if (v == NULL || str_eq(it->personal[i], S("do")) ||
		    (i > 0 && str_cmp(it->personal[i - 1], it->personal[i]) >= 0))
			return ERR_ARG;
		json_canon(&one, v);
		personal_part(a, &personal, index, it->personal[i], buf_view(&one));
		left = without(a, left, it->personal[i]);
	}
	json_canon(&body, left);
	w = begin(&b, index);
	jw_key(&w, S("act"));
	jw_raw(&w, buf_view(&body));
	if ((r = finish(&b, &w, it->personal, it->npersonal)) != 0)
		return r;
	*vec_add(a, &out->p) = buf_view(&b);
	for (size_t i = 0; i < personal.p.n; i++)
		*vec_add(a, &out->p) = personal.p.p[i];
	return 0;
}

int item_parts(struct arena *a, u32 index, const struct item *it, struct item_parts *ret)
{
	struct outlist out = {0};
	int r = ERR_ARG;

	switch (it->type) {
	case ITEM_FACT:
		r = fact_parts(a, index, it, &out);
		break;
	case ITEM_AGAIN:
		r = again_parts(a, index, it, &out);
		break;
	case ITEM_EVIDENCE:
		r = evidence_parts(a, index, it, &out);
		break;
	case ITEM_ACT:
		r = act_parts(a, index, it, &out);
		break;
	case ITEM_ERASED:
		break;	/* has no bytes to give */
	}
	if (r != 0)
		return r;
	for (size_t i = 0; i < out.p.n; i++)
		if (out.p.p[i].n > LIMIT_EVIDENCE_FILE)
			return ERR_LIMIT;
	*ret = (struct item_parts){ .p = out.p.p, .n = out.p.n };
	return 0;
}

/* --- reading --- */

struct reading {
	struct arena *a;
	u32 index;
	const struct str *parts;
	size_t n;
	struct fact_errs e;
	const struct json *item;	/* of the technical part */
	struct outlist paths;		/* announced as personal */
	struct outlist erased;
	struct item *out;
};

static int read_part(struct reading *rd, struct str text, const struct json **ret)
{
	struct perr p = {0};
	i64 i;
	int r = json_parse(rd->a, text, ret, &p);

	if (r != 0)
		return fact_bad(&rd->e, r, "part: %s", p.text);
	if (!json_is_canon(rd->a, text, *ret))
		return fact_bad(&rd->e, ERR_SYNTAX, "part: not in canonical form");
	if (json_get_int(*ret, S("i"), &i) != 0 || i != rd->index)
		return fact_bad(&rd->e, ERR_INTEGRITY, "part: belongs to another item");
	return 0;
}

static int read_technical(struct reading *rd)
{
	const struct json *v, *personal;
	int r;

	if ((r = read_part(rd, rd->parts[0], &v)) != 0)
		return r;
	personal = json_get(v, S("personal"));
	rd->item = json_get(v, S("item"));
	if (rd->item == NULL || rd->item->type != JSON_OBJ || v->obj.n != (personal == NULL ? 2u : 3u))
		return fact_bad(&rd->e, ERR_SYNTAX, "technical part: needs i, item and nothing but personal");
	if (personal == NULL)
		return 0;
	if (personal->type != JSON_ARR || personal->arr.n == 0 || personal->arr.n > KIND_FIELDS_MAX)
		return fact_bad(&rd->e, ERR_SYNTAX, "personal: must be a list of paths");
	for (size_t i = 0; i < personal->arr.n; i++) {
		const struct json *p = &personal->arr.p[i];

		if (p->type != JSON_STR || p->s.n == 0 ||
		    (i > 0 && str_cmp(personal->arr.p[i - 1].s, p->s) >= 0))
			return fact_bad(&rd->e, ERR_SYNTAX, "personal: must be a sorted list of paths");
		*vec_add(rd->a, &rd->paths.p) = p->s;
	}
	return 0;
}

/* A copy of object v with the member at `path` added; NULL when it is there already or the way to it is missing. */
static const struct json *with(struct arena *a, const struct json *v, struct str path, const struct json *value)
{
	struct str rest = path, name = str_cut(&rest, '.');
	const struct json *had, *inner;
	struct json_member *m;
	struct json *c;

	if (v->type != JSON_OBJ)
		return NULL;
	had = json_get(v, name);
	if ((had != NULL) != (rest.n > 0))
		return NULL;
	c = arena_copy(a, v, sizeof *v);
	m = arena_alloc(a, (v->obj.n + 1) * sizeof *m);
	if (v->obj.n > 0)
		memcpy(m, v->obj.p, v->obj.n * sizeof *m);
	c->obj.p = m;
	if (rest.n == 0) {
		m[c->obj.n++] = (struct json_member){ .key = name, .v = *value };
		return c;
	}
	if ((inner = with(a, had, rest, value)) == NULL)
		return NULL;
	for (size_t i = 0; i < v->obj.n; i++)
		if (str_eq(m[i].key, name))
			m[i].v = *inner;
	return c;
}

/* Puts the personal parts at hand back into `body` and notes the erased ones. */
static int restore(struct reading *rd, const struct json **body)
{
	int r;

	if (rd->n != rd->paths.p.n + 1)
		return fact_bad(&rd->e, ERR_INTEGRITY, "%zu personal parts announced, %zu given", rd->paths.p.n, rd->n - 1);
	for (size_t i = 0; i < rd->paths.p.n; i++) {
		struct str path = rd->paths.p.p[i], named;
		const struct json *v, *next;

		if (rd->parts[i + 1].p == NULL) {
			*vec_add(rd->a, &rd->erased.p) = path;
			continue;
		}
		if ((r = read_part(rd, rd->parts[i + 1], &v)) != 0)
			return r;
		if (json_get_str(v, S("f"), &named) != 0 || !str_eq(named, path) || json_get(v, S("v")) == NULL || v->obj.n != 3)
			return fact_bad(&rd->e, ERR_INTEGRITY, "personal part: not the one announced");
		if ((next = with(rd->a, *body, path, json_get(v, S("v")))) == NULL)
			return fact_bad(&rd->e, ERR_INTEGRITY, "personal part: its place is taken or missing");
		*body = next;
	}
	return 0;
}

static int read_seen(struct reading *rd)
{
	return seen_of_json(rd->a, json_get(rd->item, S("seen")), FACT_STRICT, &rd->out->seen, rd->e.list);
}

static int read_fact(struct reading *rd, const struct json *fact)
{
	int r;

	rd->out->type = ITEM_FACT;
	if ((r = restore(rd, &fact)) != 0 || (r = read_seen(rd)) != 0 ||
	    (r = fact_of_json(rd->a, fact, FACT_STRICT, &rd->out->fact, rd->e.list)) != 0)
		return r;
	return rd->item->obj.n == 2 ? 0 : fact_bad(&rd->e, ERR_EXTRA, "item: more than fact and seen");
}

static int read_again(struct reading *rd, const struct json *again)
{
	const struct json *p = again->arr.p;

	rd->out->type = ITEM_AGAIN;
	if (again->type != JSON_ARR || again->arr.n != 2 || p[0].type != JSON_INT || p[1].type != JSON_INT || p[0].i < 0 ||
	    p[0].i > (i64)1 << 53 || p[1].i < 0 || p[1].i > UINT32_MAX || rd->n != 1 || rd->item->obj.n != 2)
		return fact_bad(&rd->e, ERR_SYNTAX, "again: must be [seq,index] and seen");
	rd->out->again_seq = (u64)p[0].i;
	rd->out->again_index = (u32)p[1].i;
	return read_seen(rd);
}

static int read_evidence(struct reading *rd, const struct json *ev)
{
	struct str kind;

	rd->out->type = ITEM_EVIDENCE;
	if (json_get_str(ev, S("kind"), &kind) != 0 || ev->obj.n != 1 || !item_evidence_ok(kind) || rd->n != 2 ||
	    rd->item->obj.n != 1 || rd->paths.p.n != 0)
		return fact_bad(&rd->e, ERR_SYNTAX, "evidence: must be its kind and nothing more, with its bytes");
	if (rd->parts[1].n > LIMIT_EVIDENCE_FILE)
		return fact_bad(&rd->e, ERR_LIMIT, "evidence: longer than the limit");
	rd->out->ev_kind = kind;
	rd->out->ev_bytes = rd->parts[1];
	if (rd->parts[1].p == NULL)
		*vec_add(rd->a, &rd->erased.p) = S("bytes");
	return 0;
}

static int read_act(struct reading *rd, const struct json *act)
{
	struct str act_do;
	int r;

	rd->out->type = ITEM_ACT;
	if ((r = restore(rd, &act)) != 0)
		return r;
	if (json_get_str(act, S("do"), &act_do) != 0 || rd->item->obj.n != 1)
		return fact_bad(&rd->e, ERR_SYNTAX, "act: must say what it does");
	rd->out->act = act;
	return 0;
}

int item_from_parts(struct arena *a, u32 index, const struct str *parts, size_t n, struct item *ret,
    struct errlist *errs)
{
	struct item out = {0};
	struct reading rd = { .a = a, .index = index, .parts = parts, .n = n, .out = &out,
		.e = { .a = a, .list = errs } };
	const struct json *v;
	int r;

	if (n == 0)
		return fact_bad(&rd.e, ERR_MISSING, "item: no parts");
	if (parts[0].p == NULL) {
		*ret = (struct item){ .type = ITEM_ERASED };
		return 0;
	}
	if ((r = read_technical(&rd)) != 0)
		return r;
	if ((v = json_get(rd.item, S("fact"))) != NULL)
		r = read_fact(&rd, v);
	else if ((v = json_get(rd.item, S("again"))) != NULL)
		r = read_again(&rd, v);
	else if ((v = json_get(rd.item, S("evidence"))) != NULL)
		r = read_evidence(&rd, v);
	else if ((v = json_get(rd.item, S("act"))) != NULL)
		r = read_act(&rd, v);
	else
		r = fact_bad(&rd.e, ERR_UNKNOWN, "item: none of fact, again, evidence, act");
	if (r != 0)
		return r;
	out.personal = rd.paths.p.p;
	out.npersonal = rd.paths.p.n;
	out.erased = rd.erased.p.p;
	out.nerased = rd.erased.p.n;
	*ret = out;
	return 0;
}

int item_count(struct arena *a, struct str technical, size_t *ret)
{
	const struct json *v, *item, *personal;
	int r = json_parse(a, technical, &v, NULL);

	if (r != 0)
		return r;
	item = json_get(v, S("item"));
	personal = json_get(v, S("personal"));
	if (item == NULL || item->type != JSON_OBJ || (personal != NULL && personal->type != JSON_ARR))
		return ERR_SYNTAX;
	*ret = 1 + (json_get(item, S("evidence")) != NULL) + (personal == NULL ? 0 : personal->arr.n);
	return 0;
}
