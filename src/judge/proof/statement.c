#include "judge/proof/statement.h"

#include "base/clock.h"

static const char *const strengths[] = { [CLAIM_LEASE] = "lease", [CLAIM_LOCAL] = "local", [CLAIM_FIRM] = "firm" };

/* ---- writing ---- */

static void put_time(struct json_w *w, struct buf *b, const char *key, struct utc t)
{
	jw_kstr(w, key, t.ms == 0 ? S("") : utc_text(b->a, t));
}

static void put_strs(struct json_w *w, const char *key, const struct str *p, size_t n)
{
	jw_key(w, str_z(key));
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_str(w, p[i]);
	}
	jw_end(w);
}

static void put_claim(struct json_w *w, struct buf *b, const struct claim *c)
{
	jw_obj(w);
	jw_key(w, S("bound"));
	jw_arr(w);
	for (size_t i = 0; i < c->nbound; i++) {
		jw_str(w, c->bound[i]);
	}
	jw_end(w);
	jw_kstr(w, "end", str_z(claim_end_name(c->end)));
	jw_kstr(w, "key", str_printf(b->a, "%s:%.*s", fact_key_type_name(c->type), STRF(c->value)));
	put_time(w, b, "last", c->last);
	jw_kint(w, "lease", c->lease_ms);
	jw_kstr(w, "network", c->network);
	put_time(w, b, "since", c->since);
	jw_kstr(w, "strength", str_z(strengths[c->strength]));
	put_time(w, b, "until", c->until);
	jw_end(w);
}

static void put_peer(struct json_w *w, struct buf *b, const struct state_peer *p)
{
	jw_obj(w);
	jw_key(w, S("apart"));
	jw_bool(w, p->apart);
	jw_kstr(w, "field", str_printf(b->a, "%s.%s", p->kind->name, p->field->name));
	jw_key(w, S("seen"));
	jw_arr(w);
	jw_int(w, (i64)p->fact.seq);
	jw_int(w, p->fact.index);
	jw_end(w);
	jw_kstr(w, "value", p->value);
	jw_end(w);
}

void statement_write_asset(struct buf *b, const struct statement_asset *s)
{
	struct json_w w = jw_new(b);

	jw_obj(&w);
	jw_kstr(&w, "asset", s->asset);
	jw_key(&w, S("claims"));
	jw_arr(&w);
	for (size_t i = 0; i < s->nclaims; i++) {
		put_claim(&w, b, &s->claims[i]);
	}
	jw_end(&w);
	jw_kstr(&w, "do", S("proof.asset"));
	jw_key(&w, S("items"));
	jw_arr(&w);
	for (size_t i = 0; i < s->nitems; i++) {
		jw_arr(&w);
		jw_int(&w, (i64)s->items[i].seq);
		jw_int(&w, s->items[i].first);
		jw_int(&w, s->items[i].n);
		jw_end(&w);
	}
	jw_end(&w);
	jw_key(&w, S("peers"));
	jw_arr(&w);
	for (size_t i = 0; i < s->npeers; i++) {
		put_peer(&w, b, &s->peers[i]);
	}
	jw_end(&w);
	jw_end(&w);
}

void statement_write_verdict(struct buf *b, const struct statement_verdict *s)
{
	struct json_w w = jw_new(b);

	jw_obj(&w);
	jw_kstr(&w, "asset", s->asset);
	jw_kint(&w, "clock", s->clock);
	jw_kstr(&w, "do", S("proof.verdict"));
	put_strs(&w, "kinds", s->kinds, s->nkinds);
	jw_kint(&w, "language", s->language);
	jw_kstr(&w, "measure", s->measure);
	put_time(&w, b, "now", s->now);
	jw_kint(&w, "quality", s->quality);
	jw_key(&w, S("read"));
	jw_arr(&w);
	for (size_t i = 0; i < s->nread; i++) {
		jw_arr(&w);
		jw_int(&w, (i64)s->read[i].seq);
		jw_int(&w, s->read[i].index);
		jw_end(&w);
	}
	jw_end(&w);
	jw_kint(&w, "read_all", (i64)s->nread_all);
	jw_key(&w, S("reasons"));
	jw_arr(&w);
	for (u32 bit = 0; bit < WHY_COUNT; bit++) {
		if ((s->why >> bit & 1) != 0) {
			jw_str(&w, str_z(why_name((enum why)(1u << bit))));
		}
	}
	jw_end(&w);
	jw_kstr(&w, "rule", s->rule);
	jw_kint(&w, "size", (i64)s->size);
	jw_kstr(&w, "state", str_z(tri_name(s->v)));
	jw_end(&w);
}

void statement_write_control(struct buf *b, const struct statement_control *s)
{
	struct json_w w = jw_new(b);

	jw_obj(&w);
	jw_kstr(&w, "asset", s->asset);
	jw_kstr(&w, "control", s->control);
	jw_kstr(&w, "do", S("proof.control"));
	jw_kstr(&w, "guideline", s->guideline);
	jw_kstr(&w, "guideline_text", s->guideline_text);
	put_strs(&w, "mappings", s->mappings, s->nmappings);
	jw_kstr(&w, "state", str_z(view_answer_names[s->state]));
	jw_end(&w);
}

/* ---- reading ---- */

/* Exactly these members, as for every other line and part: nothing may stand beside what is read. */
enum { CLAIM_MEMBERS = 9, PEER_MEMBERS = 4, ASSET_MEMBERS = 5, VERDICT_MEMBERS = 14, CONTROL_MEMBERS = 7 };

static int get_list(const struct json *v, const char *key, const struct json **ret)
{
	*ret = json_get(v, str_z(key));
	return *ret == NULL ? ERR_MISSING : (*ret)->type != JSON_ARR ? ERR_TYPE : 0;
}

static int get_time(const struct json *v, const char *key, struct utc *ret)
{
	struct str s;
	int r = json_get_str(v, str_z(key), &s);

	*ret = (struct utc){ 0 };
	return r != 0 ? r : s.n == 0 ? 0 : !utc_canonical(s) ? ERR_SYNTAX : utc_parse(s, ret);
}

/* A list of n whole numbers, each from 0 to max. */
static int get_numbers(const struct json *v, size_t n, const u64 *max, u64 *ret)
{
	if (v->type != JSON_ARR || v->arr.n != n) {
		return ERR_TYPE;
	}
	for (size_t i = 0; i < n; i++) {
		if (v->arr.p[i].type != JSON_INT) {
			return ERR_TYPE;
		}
		if (v->arr.p[i].i < 0 || (u64)v->arr.p[i].i > max[i]) {
			return ERR_RANGE;
		}
		ret[i] = (u64)v->arr.p[i].i;
	}
	return 0;
}

static int get_strs(struct arena *a, const struct json *v, const char *key, const struct str **ret, size_t *ret_n)
{
	const struct json *list;
	struct str *p;
	int r = get_list(v, key, &list);

	if (r != 0) {
		return r;
	}
	p = arena_alloc(a, list->arr.n * sizeof *p);
	for (size_t i = 0; i < list->arr.n; i++) {
		if (list->arr.p[i].type != JSON_STR) {
			return ERR_TYPE;
		}
		p[i] = list->arr.p[i].s;
	}
	*ret = p;
	*ret_n = list->arr.n;
	return 0;
}

static int get_u32(const struct json *v, const char *key, u32 *ret)
{
	i64 i;
	int r = json_get_int(v, str_z(key), &i);

	if (r == 0 && (i < 0 || i > UINT32_MAX)) {
		r = ERR_RANGE;
	}
	if (r == 0) {
		*ret = (u32)i;
	}
	return r;
}

static int get_claim(struct arena *a, const struct json *v, struct claim *c)
{
	const struct json *bound;
	struct str key, strength, end;
	struct fact_key k;
	i64 lease;
	int r, at;

	if (v->type != JSON_OBJ || v->obj.n != CLAIM_MEMBERS) {
		return ERR_EXTRA;
	}
	if ((r = json_get_str(v, S("key"), &key)) != 0 || (r = json_get_str(v, S("network"), &c->network)) != 0 ||
	    (r = json_get_str(v, S("strength"), &strength)) != 0 || (r = json_get_str(v, S("end"), &end)) != 0 ||
	    (r = json_get_int(v, S("lease"), &lease)) != 0 || (r = get_time(v, "since", &c->since)) != 0 ||
	    (r = get_time(v, "last", &c->last)) != 0 || (r = get_time(v, "until", &c->until)) != 0 ||
	    (r = get_list(v, "bound", &bound)) != 0 || (r = fact_key_parse(str_dup(a, key), &k)) != 0) {
		return r;
	}
	if (lease < 0 || lease > UINT32_MAX || bound->arr.n > CLAIM_BOUND_MAX) {
		return ERR_RANGE;
	}
	if ((at = str_index(strength, strengths, countof(strengths))) < 0) {
		return ERR_UNKNOWN;
	}
	c->type = k.type;
	c->value = k.value;
	c->strength = (enum claim_strength)at;
	c->lease_ms = (u32)lease;
	for (at = 0; at < CLAIM_END_COUNT && !str_eq(end, str_z(claim_end_name((enum claim_end)at))); at++) {
	}
	if (at == CLAIM_END_COUNT) {
		return ERR_UNKNOWN;
	}
	c->end = (enum claim_end)at;
	for (size_t i = 0; i < bound->arr.n; i++) {
		if (bound->arr.p[i].type != JSON_STR) {
			return ERR_TYPE;
		}
		c->bound[c->nbound++] = bound->arr.p[i].s;
	}
	return 0;
}

static int get_peer(const struct json *v, struct state_peer *p)
{
	static const u64 most[2] = { INT64_MAX, UINT16_MAX };
	const struct json *seen, *apart;
	struct str field;
	u64 n[2] = { 0 };
	int r;

	*p = (struct state_peer){ 0 };
	if (v->type != JSON_OBJ || v->obj.n != PEER_MEMBERS) {
		return v->type != JSON_OBJ ? ERR_TYPE : ERR_EXTRA;
	}
	if ((r = json_get_str(v, S("field"), &field)) != 0 || (r = json_get_str(v, S("value"), &p->value)) != 0 ||
	    (r = get_list(v, "seen", &seen)) != 0 || (r = get_numbers(seen, 2, most, n)) != 0) {
		return r;
	}
	if ((apart = json_get(v, S("apart"))) == NULL || apart->type != JSON_BOOL) {
		return apart == NULL ? ERR_MISSING : ERR_TYPE;
	}
	p->apart = apart->b;
	p->fact = (struct state_pos){ n[0], (u32)n[1] };
	p->kind = kind_latest(str_cut(&field, '.'));
	p->field = p->kind == NULL ? NULL : kind_field(p->kind, field);
	return p->field == NULL || !p->field->shared ? ERR_UNKNOWN : 0;
}

static int read_asset(struct arena *a, const struct json *v, struct statement_asset *ret)
{
	static const u64 most[3] = { INT64_MAX, UINT16_MAX * 2, UINT16_MAX * 2 };
	static const struct json none = { .type = JSON_ARR };
	const struct json *claims = &none, *peers = &none, *items;
	struct statement_asset s = { 0 };
	struct state_peer *p;
	struct claim *c;
	struct statement_items *it;
	int r;

	s.keyless = json_get(v, S("claims")) == NULL && json_get(v, S("peers")) == NULL;
	if (v->obj.n != ASSET_MEMBERS - (s.keyless ? 2u : 0u)) {
		return ERR_EXTRA;
	}
	if ((r = json_get_str(v, S("asset"), &s.asset)) != 0 || (!s.keyless && (r = get_list(v, "claims", &claims)) != 0) ||
	    (!s.keyless && (r = get_list(v, "peers", &peers)) != 0) ||
	    (r = get_list(v, "items", &items)) != 0) {
		return r;
	}
	s.claims = c = arena_alloc(a, claims->arr.n * sizeof *c);
	for (size_t i = 0; i < claims->arr.n; i++) {
		if ((r = get_claim(a, &claims->arr.p[i], &c[s.nclaims++])) != 0) {
			return r;
		}
	}
	s.peers = p = arena_alloc(a, peers->arr.n * sizeof *p);
	for (size_t i = 0; i < peers->arr.n; i++) {
		if ((r = get_peer(&peers->arr.p[i], &p[s.npeers++])) != 0) {
			return r;
		}
	}
	s.items = it = arena_alloc(a, items->arr.n * sizeof *it);
	for (size_t i = 0; i < items->arr.n; i++) {
		u64 n[3] = { 0 };

		if ((r = get_numbers(&items->arr.p[i], 3, most, n)) != 0) {
			return r;
		}
		it[s.nitems++] = (struct statement_items){ .seq = n[0], .first = (u32)n[1], .n = (u32)n[2] };
	}
	*ret = s;
	return 0;
}

static int read_reasons(const struct json *list, u16 *ret)
{
	*ret = 0;
	for (size_t i = 0; i < list->arr.n; i++) {
		u32 bit;

		if (list->arr.p[i].type != JSON_STR) {
			return ERR_TYPE;
		}
		for (bit = 0; bit < WHY_COUNT && !str_eq(list->arr.p[i].s, str_z(why_name((enum why)(1u << bit)))); bit++) {
		}
		if (bit == WHY_COUNT) {
			return ERR_UNKNOWN;
		}
		*ret = (u16)(*ret | 1u << bit);
	}
	return 0;
}

static int read_verdict(struct arena *a, const struct json *v, struct statement_verdict *ret)
{
	static const u64 most[2] = { INT64_MAX, UINT32_MAX };
	const struct json *read, *reasons;
	struct statement_verdict s = { 0 };
	struct state_pos *pos;
	struct str state;
	u32 read_all;
	i64 size;
	int r;

	if (v->obj.n != VERDICT_MEMBERS) {
		return ERR_EXTRA;
	}
	if ((r = json_get_str(v, S("asset"), &s.asset)) != 0 || (r = json_get_str(v, S("measure"), &s.measure)) != 0 ||
	    (r = json_get_str(v, S("rule"), &s.rule)) != 0 || (r = json_get_str(v, S("state"), &state)) != 0 ||
	    (r = json_get_int(v, S("size"), &size)) != 0 || (r = get_time(v, "now", &s.now)) != 0 ||
	    (r = get_list(v, "read", &read)) != 0 || (r = get_list(v, "reasons", &reasons)) != 0 ||
	    (r = read_reasons(reasons, &s.why)) != 0 || (r = get_u32(v, "language", &s.language)) != 0 ||
	    (r = get_u32(v, "quality", &s.quality)) != 0 || (r = get_u32(v, "clock", &s.clock)) != 0 ||
	    (r = get_u32(v, "read_all", &read_all)) != 0 || (r = get_strs(a, v, "kinds", &s.kinds, &s.nkinds)) != 0) {
		return r;
	}
	if (read_all < read->arr.n) {
		return ERR_RANGE;
	}
	s.nread_all = read_all;
	for (int i = TRI_FALSE; i <= TRI_TRUE; i++) {
		if (str_eq(state, str_z(tri_name((enum tri)i)))) {
			s.v = (enum tri)i;
			state = S("");
		}
	}
	if (state.n != 0 || size < 0) {
		return ERR_UNKNOWN;
	}
	s.size = (u64)size;
	s.read = pos = arena_alloc(a, read->arr.n * sizeof *pos);
	for (size_t i = 0; i < read->arr.n; i++) {
		u64 n[2];

		if ((r = get_numbers(&read->arr.p[i], 2, most, n)) != 0) {
			return r;
		}
		pos[s.nread++] = (struct state_pos){ n[0], (u32)n[1] };
	}
	*ret = s;
	return 0;
}

static int read_control(struct arena *a, const struct json *v, struct statement_control *ret)
{
	struct statement_control s = { 0 };
	struct str state;
	int r, at;

	if (v->obj.n != CONTROL_MEMBERS) {
		return ERR_EXTRA;
	}
	if ((r = json_get_str(v, S("asset"), &s.asset)) != 0 || (r = json_get_str(v, S("guideline"), &s.guideline)) != 0 ||
	    (r = json_get_str(v, S("control"), &s.control)) != 0 || (r = json_get_str(v, S("state"), &state)) != 0 ||
	    (r = json_get_str(v, S("guideline_text"), &s.guideline_text)) != 0 ||
	    (r = get_strs(a, v, "mappings", &s.mappings, &s.nmappings)) != 0) {
		return r;
	}
	if ((at = str_index(state, view_answer_names, VIEW_ANSWER_COUNT)) < 0) {
		return ERR_UNKNOWN;
	}
	s.state = (enum view_answer)at;
	*ret = s;
	return 0;
}

int statement_read(struct arena *a, const struct json *act, struct statement *ret)
{
	struct str what;
	int r = json_get_str(act, S("do"), &what);

	*ret = (struct statement){ .type = STATEMENT_NONE };
	if (r != 0) {
		return r;
	}
	if (str_eq(what, S("proof.asset"))) {
		ret->type = STATEMENT_ASSET;
		return read_asset(a, act, &ret->asset);
	}
	if (str_eq(what, S("proof.verdict"))) {
		ret->type = STATEMENT_VERDICT;
		return read_verdict(a, act, &ret->verdict);
	}
	if (str_eq(what, S("proof.control"))) {
		ret->type = STATEMENT_CONTROL;
		return read_control(a, act, &ret->control);
	}
	return str_starts(what, S("proof.")) ? ERR_NEWER : 0;	/* an answer unread must not pass for one that was judged again */
}
