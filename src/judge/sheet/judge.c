#include "judge/sheet/judge.h"

#include "base/json.h"
#include "core/ledger/merkle.h"

#include <stdlib.h>
#include <string.h>

#define VERDICTS_VERSION 1
#define VERDICT_LEAST (4 + 1 + 2 + 8 + 8 + CATALOG_HASH + 2)	/* bytes of one with an empty name that read nothing */

static int by_name(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* What all texts together are judged by: these texts, in this order, the kinds their rules read, and the constants of the language. Two
 * programs with the same set give the same answers. */
static int add_set(struct judge *j, struct arena *a)
{
	struct str *reads = arena_alloc(a, j->schema->nkinds * sizeof *reads);
	struct store_text *set = &j->texts[j->ntexts];
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct hash h;
	size_t n = 0;

	for (u16 k = 0; k < j->schema->nkinds; k++) {
		const struct kind *kind = kind_latest(j->schema->kinds[k].name);
		bool read = false;

		for (size_t i = 0; i < j->nruled; i++) {
			read = read || rule_reads(j->rules[j->ruled[i]], k);
		}
		if (kind != NULL && read) {
			reads[n++] = str_printf(a, "%.*s/%u", STRF(j->schema->kinds[k].name), kind->version);
		}
	}
	qsort(reads, n, sizeof *reads, by_name);
	jw_obj(&w);
	jw_kint(&w, "clock", SEEN_CLOCK_AHEAD_MS);
	jw_key(&w, S("kinds"));
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jw_str(&w, reads[i]);
	}
	jw_end(&w);
	jw_kint(&w, "language", LANG_VERSION_OF_RULES);
	jw_kint(&w, "quality", SEEN_QOD_DECIDES);
	jw_key(&w, S("texts"));
	jw_arr(&w);
	for (size_t i = 0; i < j->ntexts; i++) {
		jw_str(&w, str_hex(a, j->texts[i].sha, sizeof j->texts[i].sha));
	}
	jw_end(&w);
	jw_end(&w);
	*set = (struct store_text){ .kind = S("set"), .name = S("texts"), .body = buf_view(&b) };
	h = hash_bytes(set->body);
	memcpy(set->sha, h.b, sizeof set->sha);
	j->ntexts++;
	return buf_done(&b);
}

static void add_text(struct judge *j, const struct catalog_text *t)
{
	struct store_text *to = &j->texts[j->ntexts++];

	*to = (struct store_text){ .kind = t->kind, .name = t->name, .body = t->body };
	memcpy(to->sha, t->hash, sizeof to->sha);
}

static void add_texts(struct judge *j, struct arena *a)
{
	const struct catalog *c = &j->catalog;

	j->texts = arena_alloc(a, (c->nmeasures + c->npairs + c->nguidelines + 1) * sizeof *j->texts);
	for (size_t i = 0; i < c->nmeasures; i++) {
		if (c->measures[i].stated) {
			add_text(j, &c->measures[i].text);
		}
	}
	for (size_t i = 0; i < c->npairs; i++) {
		add_text(j, &c->pairs[i].text);
	}
	for (size_t i = 0; i < c->nguidelines; i++) {
		if (catalog_guideline_mapped(c, &c->guidelines[i])) {
			add_text(j, &c->guidelines[i].text);
		}
	}
}

int judge_new(struct arena *a, const struct catalog_source *src, size_t n, struct judge **ret, struct perr *reterr)
{
	struct judge *j = arena_alloc(a, sizeof *j);
	int r = catalog_load(a, src, n, &j->catalog, reterr);

	if (r != 0) {
		return r;
	}
	j->schema = lang_schema_facts(a);
	j->rules = arena_alloc(a, j->catalog.nmeasures * sizeof *j->rules);
	j->ruled = arena_alloc(a, j->catalog.nmeasures * sizeof *j->ruled);
	j->scratch = arena_alloc(a, sizeof *j->scratch);
	for (size_t i = 0; i < j->catalog.nmeasures; i++) {
		const struct catalog_measure *m = &j->catalog.measures[i];

		if (m->rule.n == 0) {
			continue;
		}
		if ((r = lang_parse_rule(a, m->rule, j->schema, &j->rules[i], reterr)) != 0) {
			return r;
		}
		j->ruled[j->nruled++] = i;
	}
	add_texts(j, a);
	if ((r = add_set(j, a)) == 0) {
		*ret = j;
	}
	return r;
}

int judge_past(struct arena *a, const struct store_text *set, const struct store_text *texts, size_t n, void **ret)
{
	struct catalog_source *src = arena_alloc(a, n * sizeof *src + 1);
	struct judge *j;

	for (size_t i = 0; i < n; i++) {
		src[i] = catalog_source_of(a, texts[i].kind, texts[i].name, texts[i].body);
	}
	/* Rules of another program may not even load here; where they do, they must be judged by the same means. */
	if (judge_new(a, src, n, &j, NULL) != 0 || !str_eq(j->texts[j->ntexts - 1].body, set->body)) {
		return ERR_NEWER;
	}
	*ret = j;
	return 0;
}

int judge_moment(struct arena *a, struct str body, struct utc *ret_now, u64 *ret_size)
{
	struct judge_verdict *v;
	size_t n;
	int r = judge_verdicts_read(a, body, &v, &n);

	if (r == 0 && n == 0) {
		r = ERR_NOTFOUND;
	}
	if (r == 0) {
		*ret_now = v[0].now;
		*ret_size = v[0].size;
	}
	return r;
}

size_t judge_texts(void *ctx, const struct store_text **ret)
{
	const struct judge *j = ctx;

	*ret = j->texts;
	return j->ntexts;
}

void judge_verdicts_write(struct buf *b, const struct judge_verdict *v, size_t n)
{
	buf_u8(b, VERDICTS_VERSION);
	buf_u16(b, (u16)n);
	for (size_t i = 0; i < n; i++) {
		buf_blob(b, v[i].measure);
		buf_u8(b, (u8)v[i].v);
		buf_u16(b, v[i].why);
		buf_i64(b, v[i].now.ms);
		buf_u64(b, v[i].size);
		buf_bytes(b, v[i].rule, sizeof v[i].rule);
		buf_u16(b, (u16)v[i].npos);
		for (u32 k = 0; k < v[i].npos; k++) {
			buf_u64(b, v[i].pos[k].seq);
			buf_u32(b, v[i].pos[k].index);
		}
	}
}

static int read_verdict(struct rd *rd, struct judge_verdict *v)
{
	u8 tri;
	u16 npos;
	int r;

	if ((r = rd_blob(rd, &v->measure)) != 0 || (r = rd_u8(rd, &tri)) != 0 || (r = rd_u16(rd, &v->why)) != 0 ||
	    (r = rd_i64(rd, &v->now.ms)) != 0 || (r = rd_u64(rd, &v->size)) != 0 ||
	    (r = rd_copy(rd, v->rule, sizeof v->rule)) != 0 || (r = rd_u16(rd, &npos)) != 0) {
		return r;
	}
	if (tri > TRI_TRUE || npos > RULE_POS_MAX) {
		return ERR_INTEGRITY;
	}
	v->v = (enum tri)tri;
	v->npos = npos;
	for (u32 k = 0; k < npos; k++) {
		if ((r = rd_u64(rd, &v->pos[k].seq)) != 0 || (r = rd_u32(rd, &v->pos[k].index)) != 0) {
			return r;
		}
	}
	return 0;
}

int judge_verdicts_read(struct arena *a, struct str body, struct judge_verdict **ret, size_t *ret_n)
{
	struct rd rd = rd_str(body);
	struct judge_verdict *v = NULL;
	u8 version;
	u16 n = 0;

	if (body.n != 0) {
		if (rd_u8(&rd, &version) != 0 || rd_u16(&rd, &n) != 0) {
			return ERR_INTEGRITY;
		}
		if (version != VERDICTS_VERSION) {
			return ERR_NEWER;
		}
	}
	if (n > rd_left(&rd) / VERDICT_LEAST) {
		return ERR_INTEGRITY;
	}
	v = arena_alloc(a, n * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		if (read_verdict(&rd, &v[i]) != 0) {
			return ERR_INTEGRITY;
		}
	}
	if (rd_done(&rd) != 0) {
		return ERR_INTEGRITY;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

enum view_answer judge_answer(enum tri v)
{
	return v == TRI_TRUE ? VIEW_PASS : v == TRI_FALSE ? VIEW_FAIL : VIEW_UNKNOWN;
}

void judge_measure(const struct judge *j, size_t measure, const struct state *st, struct utc now, struct rule_explain *explain,
	struct rule_verdict *ret)
{
	struct rule_state rs = { .state = st, .schema = j->schema, .now = now };
	struct rule_facts facts;

	if (j->rules[measure] == NULL) {
		*ret = (struct rule_verdict){ .v = TRI_UNKNOWN, .why = WHY_NOT_RUN };
		return;
	}
	facts = rule_facts_of_state(&rs);
	rule_eval(j->rules[measure], &facts, j->scratch, explain, ret);
}

size_t judge_kinds(const struct judge *j, struct arena *a, size_t measure, const struct str **ret)
{
	struct str *p = arena_alloc(a, j->schema->nkinds * sizeof *p);
	size_t n = 0;

	for (u16 k = 0; j->rules[measure] != NULL && k < j->schema->nkinds; k++) {
		const struct kind *kind = kind_latest(j->schema->kinds[k].name);

		if (kind != NULL && rule_reads(j->rules[measure], k)) {
			p[n++] = str_printf(a, "%.*s/%u", STRF(j->schema->kinds[k].name), kind->version);
		}
	}
	qsort(p, n, sizeof *p, by_name);
	*ret = p;
	return n;
}

static const struct judge_verdict *find_verdict(const struct judge_verdict *v, size_t n, struct str measure)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(v[i].measure, measure)) {
			return &v[i];
		}
	}
	return NULL;
}

static struct str answer_name(const struct judge_verdict *v)
{
	return v == NULL ? S("") : str_z(view_answer_names[judge_answer(v->v)]);
}

int judge_asset(void *ctx, struct arena *a, u64 asset, const struct state *st, struct utc now, u64 ledger_size, struct str was,
	struct serve_verdicts *ret)
{
	const struct judge *j = ctx;
	size_t n = j->nruled, nold = 0;
	struct judge_verdict *v = arena_alloc(a, n * sizeof *v), *old = NULL;
	struct store_change *changes = arena_alloc(a, n * sizeof *changes);
	struct buf b = buf_new(a, 0);

	(void)asset;
	*ret = (struct serve_verdicts){ .changes = changes };
	if (judge_verdicts_read(a, was, &old, &nold) != 0) {
		nold = 0;	/* of another version of this program: every verdict is new */
	}
	for (size_t i = 0; i < n; i++) {
		const struct catalog_measure *m = &j->catalog.measures[j->ruled[i]];
		const struct judge_verdict *before = find_verdict(old, nold, m->id);
		struct rule_verdict rv;

		judge_measure(j, j->ruled[i], st, now, NULL, &rv);
		v[i] = (struct judge_verdict){ .measure = m->id, .v = rv.v, .why = rv.why, .now = now, .size = ledger_size,
			.npos = rv.npos };
		memcpy(v[i].rule, m->text.hash, sizeof v[i].rule);
		memcpy(v[i].pos, rv.pos, sizeof v[i].pos);
		if (before == NULL || before->v != v[i].v || before->why != v[i].why) {
			changes[ret->nchanges++] = (struct store_change){ .measure = m->id, .was = answer_name(before),
				.now = answer_name(&v[i]), .reason = str_z(why_name(why_first(v[i].why))) };
		}
		if (rv.next != 0 && (ret->next.ms == 0 || rv.next < ret->next.ms)) {
			ret->next.ms = rv.next;
		}
	}
	judge_verdicts_write(&b, v, n);
	ret->body = buf_view(&b);
	return buf_done(&b);
}

int judge_summary(void *ctx, struct arena *a, struct str body, u8 *ret_worst, u32 *ret_fails, u32 *ret_unknowns)
{
	struct judge_verdict *v;
	u32 fails = 0, unknowns = 0;
	size_t n;
	int r = judge_verdicts_read(a, body, &v, &n);

	(void)ctx;
	for (size_t i = 0; r == 0 && i < n; i++) {
		fails += v[i].v == TRI_FALSE;
		unknowns += v[i].v == TRI_UNKNOWN;
	}
	if (r == 0) {
		*ret_worst = fails > 0 ? VIEW_FAIL : unknowns > 0 || n == 0 ? VIEW_UNKNOWN : VIEW_PASS;
		*ret_fails = fails;
		*ret_unknowns = unknowns;
	}
	return r;
}
