/* PROVE: commits the statement about some assets as one entry, then writes the bundle around it. */
#include "judge/proof/proof.h"

#include "base/limits.h"
#include "base/vec.h"
#include "judge/proof/statement.h"
#include "judge/sheet/judge.h"

#include <string.h>

struct making {
	struct arena *a;
	const struct judge *j;
	struct utc now;
	u64 size;
	vec(struct item) items;
	vec(u64) assets;
};

static int add_act(struct making *m, struct buf *b, const struct str *personal, size_t npersonal)
{
	struct item *it;

	if (buf_done(b) != 0) {
		return buf_done(b);
	}
	if (m->items.n >= LIMIT_BATCH_FACTS) {
		return ERR_LIMIT;
	}
	it = vec_add(m->a, &m->items);
	it->type = ITEM_ACT;
	it->personal = personal;
	it->npersonal = npersonal;
	return json_parse(m->a, buf_view(b), &it->act, NULL);
}

static int state_asset(struct making *m, struct serve *s, u64 asset, const struct state *st)
{
	static const struct str personal[] = { { "claims", 6 }, { "peers", 5 } };	/* keys may name people: they go when the asset goes */
	struct statement_asset sa = { .asset = identity_text(m->a, asset) };
	struct statement_items *items;
	struct store_items *groups;
	struct buf b = buf_new(m->a, 0);
	size_t n;
	int r;

	if ((r = serve_groups(s, m->a, asset, &groups, &n)) != 0) {
		return r;
	}
	items = arena_alloc(m->a, n * sizeof *items);
	for (size_t i = 0; i < n; i++) {
		items[i] = (struct statement_items){ groups[i].seq, groups[i].first, groups[i].n };
	}
	sa.items = items;
	sa.nitems = n;
	sa.claims = state_claims(st, &sa.nclaims);
	sa.peers = state_peers(st, &sa.npeers);
	statement_write_asset(&b, &sa);
	return add_act(m, &b, personal, countof(personal));
}

struct answers {
	const struct judge *j;
	const struct rule_verdict *v;
};

static bool answer_of(void *arg, struct str measure, enum view_answer *ret)
{
	const struct answers *x = arg;

	for (size_t i = 0; i < x->j->catalog.nmeasures; i++) {
		if (str_eq(x->j->catalog.measures[i].id, measure)) {
			*ret = judge_answer(x->v[i].v);
			return true;
		}
	}
	return false;
}

static int state_control(struct making *m, struct str asset, const struct catalog_guideline *g, const struct sheet_item *it)
{
	struct statement_control c = { .asset = asset, .guideline = g->id, .control = it->control->id, .state = it->state,
		.guideline_text = str_hex(m->a, g->text.hash, sizeof g->text.hash) };
	struct str *mappings = arena_alloc(m->a, it->nlines * sizeof *mappings);
	struct buf b = buf_new(m->a, 0);
	int r;

	for (size_t i = 0; i < it->nlines; i++) {
		mappings[c.nmappings++] = str_hex(m->a, it->lines[i].pair->text.hash, CATALOG_HASH);
	}
	c.mappings = mappings;
	statement_write_control(&b, &c);
	if ((r = add_act(m, &b, NULL, 0)) != 0) {
		return r;
	}
	for (size_t i = 0; i < it->nparts; i++) {
		if ((r = state_control(m, asset, g, &it->parts[i])) != 0) {
			return r;
		}
	}
	return 0;
}

static int state_answers(struct making *m, u64 asset, const struct state *st)
{
	const struct catalog *c = &m->j->catalog;
	struct rule_verdict *v = arena_alloc(m->a, c->nmeasures * sizeof *v);
	struct answers x = { .j = m->j, .v = v };
	struct str id = identity_text(m->a, asset);
	int r;

	for (size_t i = 0; i < c->nmeasures; i++) {
		struct buf b = buf_new(m->a, 0);
		struct statement_verdict sv = { .asset = id, .measure = c->measures[i].id, .now = m->now, .size = m->size,
			.language = LANG_VERSION_OF_RULES, .quality = SEEN_QOD_DECIDES, .clock = SEEN_CLOCK_AHEAD_MS,
			.rule = str_hex(m->a, c->measures[i].text.hash, CATALOG_HASH) };

		if (!c->measures[i].stated) {
			continue;
		}
		judge_measure(m->j, i, st, m->now, NULL, &v[i]);
		sv.v = v[i].v;
		sv.why = v[i].why;
		sv.read = v[i].pos;
		sv.nread = v[i].npos;
		sv.nread_all = v[i].npos_all;
		sv.nkinds = judge_kinds(m->j, m->a, i, &sv.kinds);
		statement_write_verdict(&b, &sv);
		if ((r = add_act(m, &b, NULL, 0)) != 0) {
			return r;
		}
	}
	for (size_t g = 0; g < c->nguidelines; g++) {
		for (size_t i = 0; i < c->guidelines[g].ncontrols; i++) {
			struct sheet_item it;

			/* What nothing speaks of has no answer to prove. */
			if (!catalog_control_mapped(c, &c->guidelines[g], &c->guidelines[g].controls[i])) {
				continue;
			}
			sheet_item(m->a, c, &c->guidelines[g], &c->guidelines[g].controls[i], answer_of, &x, &it);
			if ((r = state_control(m, id, &c->guidelines[g], &it)) != 0) {
				return r;
			}
		}
	}
	return 0;
}

static int state_one(struct making *m, struct serve *s, u64 asset)
{
	struct store_asset row;
	struct state *st;
	int r = serve_state(s, m->a, asset, &st, &row);

	*vec_add(m->a, &m->assets) = asset;
	if (r != 0 || (r = state_asset(m, s, asset, st)) != 0) {
		return r;
	}
	return state_answers(m, asset, st);
}

static int state_all(struct making *m, struct serve *s)
{
	struct store_page p = { .limit = 200 };

	do {
		struct store_asset *rows;
		size_t n;
		int r = store_page_assets(serve_store(s), m->a, &p, &rows, &n, &p.cursor);

		for (size_t i = 0; r == 0 && i < n; i++) {
			r = state_one(m, s, rows[i].id);
		}
		if (r != 0) {
			return r;
		}
	} while (p.cursor.n != 0);
	return 0;
}

static int ask_prove(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct making m = { .a = a, .j = serve_ctx(s) };
	struct serve_draft d = { 0 };
	struct serve_done done;
	struct str text;
	u64 asset;
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (text.n != 0 && (r = serve_asset_of(s, a, text, &asset)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(text));
	}
	if ((r = serve_know_caller(s)) != 0) {
		return r;
	}
	m.now = serve_now(s);
	m.size = serve_size(s);
	if ((r = text.n != 0 ? state_one(&m, s, asset) : state_all(&m, s)) != 0) {
		return r == ERR_LIMIT ? serve_fail(out, r, SAY "proof-large") : r;
	}
	if (m.assets.n == 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "proof-none");
	}
	d.items = m.items.p;
	d.nitems = m.items.n;
	if ((r = serve_commit(s, &d, &done)) != 0) {
		return r;
	}
	return serve_bundle(s, out, a, m.assets.p, m.assets.n, m.j->texts, m.j->ntexts - 1, done.seq);
}

const struct serve_request proof_requests[] = { { MSGS_PROVE, ask_prove }, { 0, NULL } };
