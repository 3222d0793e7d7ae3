/* Requests that need rules and guidelines: the sheet, why an answer is what it is, and the proof of it. */
#include "judge/sheet/judge.h"
#include "judge/sheet/sheet.h"

#include "base/limits.h"

#include <string.h>

#define ADDRS_SHOWN 8	/* addresses that head an asset's sheet */

static const char *const glyphs[] = { [VIEW_UNKNOWN] = "？", [VIEW_PASS] = "◎", [VIEW_ATTESTED] = "○",
	[VIEW_PARTIAL] = "△", [VIEW_FAIL] = "×", [VIEW_NA] = "－" };

/* One asset with its verdicts as they are now: verdicts age, so the rules run again over the stored state. */
struct answers {
	const struct judge *j;
	struct str id, name;
	struct state *st;
	struct store_asset row;
	struct rule_verdict *v;		/* of each measure that has a rule, in the order of judge.ruled */
	struct str *addrs;		/* current ones */
	size_t naddrs;
	bool ja;
};

static int load_answers(struct serve *s, struct arena *a, u64 asset, bool ja, struct answers *ret)
{
	struct answers x = { .j = serve_ctx(s), .id = identity_text(a, asset), .ja = ja };
	int r = serve_state(s, a, asset, &x.st, &x.row);
	struct state_addr ad;

	if (r != 0) {
		return r;
	}
	x.name = x.row.name;
	x.addrs = arena_alloc(a, ADDRS_SHOWN * sizeof *x.addrs);
	for (size_t i = 0; state_addr(x.st, i, serve_now(s), &ad) && x.naddrs < ADDRS_SHOWN; i++) {
		if (ad.with == STATE_CURRENT) {
			x.addrs[x.naddrs++] = ad.addr;
		}
	}
	x.v = arena_alloc(a, x.j->nruled * sizeof *x.v);
	for (size_t i = 0; i < x.j->nruled; i++) {
		judge_measure(x.j, x.j->ruled[i], x.st, serve_now(s), NULL, &x.v[i]);
	}
	*ret = x;
	return 0;
}

static const struct rule_verdict *verdict_of(const struct answers *x, struct str measure)
{
	for (size_t i = 0; i < x->j->nruled; i++) {
		if (str_eq(x->j->catalog.measures[x->j->ruled[i]].id, measure)) {
			return &x->v[i];
		}
	}
	return NULL;
}

static bool answer_of(void *arg, struct str measure, enum view_answer *ret)
{
	const struct rule_verdict *v = verdict_of(arg, measure);

	if (v != NULL) {
		*ret = judge_answer(v->v);
	}
	return v != NULL;
}

static const char *reason_of(const struct answers *x, struct str measure)
{
	const struct rule_verdict *v = verdict_of(x, measure);

	return v == NULL ? "no_rule" : why_name(why_first(v->why));
}

/* "telnet 10.7.0.2 tcp/23", the values a rule stumbled over; the same words in every language. */
static struct str hits_text(struct arena *a, const struct rule_explain *ex)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < ex->n && i < ex->cap; i++) {
		const struct rule_step *st = &ex->p[i];

		if (st->kind == RULE_STEP_VALUE_HITS && st->addr.n != 0) {
			buf_printf(&b, "%s%.*s %.*s/%u", b.n == 0 ? "" : ", ", STRF(st->addr), STRF(st->proto), st->lo);
		}
	}
	return buf_view(&b);
}

static struct str measures_text(struct arena *a, const struct sheet_item *it)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < it->nlines; i++) {
		const struct sheet_line *l = &it->lines[i];
		bool doubled = false;

		for (size_t k = 0; k < i; k++) {
			doubled = doubled || str_eq(it->lines[k].pair->measure, l->pair->measure);
		}
		if (!doubled) {
			buf_printf(&b, "%s%.*s %s", b.n == 0 ? "" : ", ", STRF(l->pair->measure), glyphs[l->answer]);
		}
	}
	return buf_view(&b);
}

/* Why an item is unknown: the reason of its first unknown measure; where every measure is known but none decides, that a person
 * must, or that the mapping is not reviewed yet. An item with parts has theirs. */
static const char *item_reason(const struct answers *x, const struct sheet_item *it)
{
	bool reviewed = true;

	if (it->state != VIEW_UNKNOWN || it->nparts != 0) {
		return "";
	}
	for (size_t i = 0; i < it->nlines; i++) {
		const char *why = it->lines[i].answer == VIEW_UNKNOWN ? reason_of(x, it->lines[i].pair->measure) : "";

		if (why[0] != '\0') {
			return why;
		}
		reviewed = reviewed && it->lines[i].reviewed;
	}
	return it->nlines == 0 ? "no_measure" : reviewed ? "person" : "not_reviewed";
}

static void send_item(struct serve_reply *out, struct arena *a, const struct answers *x, const struct catalog_guideline *g,
	const struct sheet_item *it, struct str parent)
{
	struct view_row row = view_row(VIEW_control);
	struct str *measures = arena_alloc(a, it->nlines * sizeof *measures);
	bool reviewed = true;

	for (size_t i = 0; i < it->nlines; i++) {
		measures[i] = it->lines[i].pair->measure;
		reviewed = reviewed && it->lines[i].reviewed;
	}
	view_set_str(&row, VIEW_control_guideline, g->id);
	view_set_str(&row, VIEW_control_item, it->control->id);
	view_set_str(&row, VIEW_control_asset, x->id);
	if (x->name.n != 0) {
		view_set_str(&row, VIEW_control_name, x->name);
	}
	view_set_answer(&row, VIEW_control_state, (u8)it->state);
	view_set_str(&row, VIEW_control_title, x->ja ? it->control->title.ja : it->control->title.en);
	view_set_str(&row, VIEW_control_reason, str_z(item_reason(x, it)));
	view_set_str(&row, VIEW_control_why, measures_text(a, it));
	view_set_strs(&row, VIEW_control_addresses, x->addrs, x->naddrs);
	view_set_strs(&row, VIEW_control_measures, measures, it->nlines);
	if (it->nlines != 0) {
		view_set_bool(&row, VIEW_control_reviewed, reviewed);
	}
	if (parent.n != 0) {
		view_set_str(&row, VIEW_control_parent, parent);
	}
	serve_row(out, &row);
	for (size_t i = 0; i < it->nparts; i++) {
		send_item(out, a, x, g, &it->parts[i], it->control->id);
	}
}

typedef int asset_fn(void *ctx, struct serve *s, struct arena *a, u64 asset);

/* The named asset, or all of them page by page. */
static int each_asset(struct serve *s, struct serve_reply *out, struct arena *a, struct str text, asset_fn *fn, void *ctx)
{
	struct store_page p = { .limit = 200 };
	u64 id;
	int r;

	if (text.n != 0) {
		if ((r = serve_asset_of(s, a, text, &id)) != 0) {
			return serve_fail(out, r, r == ERR_CONFLICT ? SAY "several-assets" SAY "asset=%.*s" :
				SAY "no-asset" SAY "asset=%.*s", STRF(text));
		}
		return fn(ctx, s, a, id);
	}
	do {
		struct arena *page = arena_new(a, 0);
		struct store_asset *rows;
		struct str cursor;
		size_t n;

		if ((r = store_page_assets(serve_store(s), page, &p, &rows, &n, &cursor)) != 0) {
			return r;
		}
		for (size_t i = 0; i < n; i++) {
			if ((r = fn(ctx, s, page, rows[i].id)) != 0) {
				return r;
			}
		}
		p.cursor = str_dup(a, cursor);
		arena_free(page);
	} while (p.cursor.n != 0);
	return 0;
}

struct sheet_ask {
	struct serve_reply *out;
	struct str guideline;
	bool ja;
};

static int sheet_of(void *ctx, struct serve *s, struct arena *a, u64 asset)
{
	struct sheet_ask *q = ctx;
	struct answers x;
	int r = load_answers(s, a, asset, q->ja, &x);

	for (size_t g = 0; r == 0 && g < x.j->catalog.nguidelines; g++) {
		const struct catalog_guideline *gl = &x.j->catalog.guidelines[g];

		/* Whoever names no guideline sees those that something can answer. */
		bool wanted = q->guideline.n == 0 ? catalog_guideline_mapped(&x.j->catalog, gl) : str_eq(q->guideline, gl->id);

		for (size_t i = 0; wanted && i < gl->ncontrols; i++) {
			struct sheet_item it;

			sheet_item(a, &x.j->catalog, gl, &gl->controls[i], answer_of, &x, &it);
			send_item(q->out, a, &x, gl, &it, S(""));
		}
	}
	return r;
}

static int ask_sheet(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	const struct judge *j = serve_ctx(s);
	struct sheet_ask q = { .out = out };
	struct str asset;
	u8 ja;
	int r;

	if ((r = rd_blob(body, &asset)) != 0 || (r = rd_blob(body, &q.guideline)) != 0 || (r = rd_u8(body, &ja)) != 0 ||
	    (r = rd_done(body)) != 0) {
		return r;
	}
	if (q.guideline.n != 0 && catalog_guideline(&j->catalog, q.guideline) == NULL) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-guideline" SAY "guideline=%.*s", STRF(q.guideline));
	}
	q.ja = ja != 0;
	return each_asset(s, out, a, asset, sheet_of, &q);
}

/* ---- why ---- */

/* What a step means for the reader: what was covered or read clear is good, what hits decides, the rest is not known. */
static enum view_answer step_answer(const struct rule_step *st, enum view_answer whole)
{
	switch (st->kind) {
	case RULE_STEP_RESULT:
	case RULE_STEP_COUNTED:
	case RULE_STEP_DECLARED:
	case RULE_STEP_SHARED:
		return judge_answer(st->v);
	case RULE_STEP_VALUE_HITS:
		return whole;
	case RULE_STEP_VALUE_CLEAR:
	case RULE_STEP_FAMILY_COVERED:
	case RULE_STEP_PORTS_COVERED:
		return VIEW_PASS;
	default:
		return VIEW_UNKNOWN;
	}
}

static struct str step_place(struct arena *a, const struct rule_step *st)
{
	if (st->kind == RULE_STEP_FAMILY_COVERED || st->kind == RULE_STEP_FAMILY_OPEN) {
		return st->lo == 4 ? S("IPv4") : S("IPv6");
	}
	if (st->addr.n == 0 || st->proto.n == 0) {
		return st->addr.n == 0 ? S("") : st->addr;
	}
	return st->lo == st->hi ? str_printf(a, "%.*s %.*s/%u", STRF(st->addr), STRF(st->proto), st->lo) :
		str_printf(a, "%.*s %.*s/%u-%u", STRF(st->addr), STRF(st->proto), st->lo, st->hi);
}

/* The whole rule stands in the row above; a step names its piece only where it is a part of it. */
static void send_step(struct serve_reply *out, struct arena *a, const struct lang_expr *rule, struct str whole,
	enum view_answer answer, const struct rule_step *st)
{
	struct view_row row = view_row(VIEW_check);
	struct str piece = lang_text(rule, st->node);

	view_set_str(&row, VIEW_check_what, str_z(rule_step_name(st->kind)));
	view_set_answer(&row, VIEW_check_state, (u8)step_answer(st, answer));
	view_set_str(&row, VIEW_check_place, step_place(a, st));
	view_set_str(&row, VIEW_check_reason, str_z(why_name(why_first(st->why))));
	view_set_str(&row, VIEW_check_text, str_eq(str_trim(piece), str_trim(whole)) ? S("") : piece);
	view_set_str(&row, VIEW_check_got, st->pos.seq == 0 ? S("") :
		str_printf(a, "%ju.%u", (uintmax_t)st->pos.seq, st->pos.index));
	serve_row(out, &row);
}

static void send_answer(struct serve_reply *out, struct arena *a, const struct answers *x, size_t at,
	const struct rule_verdict *v, const struct rule_explain *ex)
{
	const struct catalog_measure *m = &x->j->catalog.measures[at];
	struct str none = x->ja ? m->no_rule.ja : m->no_rule.en;
	struct view_row row = view_row(VIEW_answer);

	view_set_str(&row, VIEW_answer_asset, x->id);
	if (x->name.n != 0) {
		view_set_str(&row, VIEW_answer_name, x->name);
	}
	view_set_str(&row, VIEW_answer_measure, m->id);
	view_set_answer(&row, VIEW_answer_state, (u8)judge_answer(v->v));
	view_set_str(&row, VIEW_answer_title, x->ja ? m->title.ja : m->title.en);
	view_set_str(&row, VIEW_answer_reason, str_z(m->rule.n == 0 ? "no_rule" : why_name(why_first(v->why))));
	view_set_str(&row, VIEW_answer_why, m->rule.n == 0 ? none : hits_text(a, ex));
	view_set_str(&row, VIEW_answer_rule, m->rule);
	if (v->next != 0) {
		view_set_time(&row, VIEW_answer_until, (struct utc){ v->next });
	}
	serve_row(out, &row);
}

struct explain_ask {
	struct serve_reply *out;
	struct str measure;
	bool ja;
};

/* The answers of one asset: one with its steps, or without them all that a machine can give. */
static int explain_of(void *ctx, struct serve *s, struct arena *a, u64 asset)
{
	const struct explain_ask *q = ctx;
	struct answers x;
	int r = load_answers(s, a, asset, q->ja, &x);

	for (size_t i = 0; r == 0 && i < x.j->catalog.nmeasures; i++) {
		struct rule_explain ex = { .cap = 256 };
		struct rule_verdict v;

		if (q->measure.n == 0 ? x.j->rules[i] == NULL : !str_eq(x.j->catalog.measures[i].id, q->measure)) {
			continue;
		}
		ex.p = arena_alloc(a, ex.cap * sizeof *ex.p);
		judge_measure(x.j, i, x.st, serve_now(s), &ex, &v);
		send_answer(q->out, a, &x, i, &v, &ex);
		for (size_t k = 0; q->measure.n != 0 && k < ex.n && k < ex.cap; k++) {
			send_step(q->out, a, x.j->rules[i], x.j->catalog.measures[i].rule, judge_answer(v.v), &ex.p[k]);
		}
	}
	return r;
}

/* An empty asset means every asset, an empty measure every measure that has a rule, without steps. */
static int ask_explain(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	const struct judge *j = serve_ctx(s);
	struct explain_ask q = { .out = out };
	struct str asset;
	size_t at;
	u8 ja;
	int r;

	if ((r = rd_blob(body, &asset)) != 0 || (r = rd_blob(body, &q.measure)) != 0 || (r = rd_u8(body, &ja)) != 0 ||
	    (r = rd_done(body)) != 0) {
		return r;
	}
	q.ja = ja != 0;
	for (at = 0; at < j->catalog.nmeasures && !str_eq(j->catalog.measures[at].id, q.measure); at++) {
	}
	if (at == j->catalog.nmeasures && q.measure.n != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-measure" SAY "measure=%.*s", STRF(q.measure));
	}
	return each_asset(s, out, a, asset, explain_of, &q);
}

const struct serve_request judge_requests[] = { { MSGS_SHEET, ask_sheet }, { MSGS_EXPLAIN, ask_explain }, { 0, NULL } };
