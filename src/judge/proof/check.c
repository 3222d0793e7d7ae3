/* Checking a proof bundle alone: the ledger's part is bundle_verify; here the items are put together from their parts, folded, and every
 * answer of the statement is reached again from them. Everything is a stranger's: what does not fit ends the check with its line.
 *
 * What this shows: these facts were recorded, in this order, unchanged; and from exactly them these answers follow by these rules.
 * What it does not show: that nothing else was recorded of the asset. The claims (whose keys these were) and the peers are the log's word. */
#include "judge/proof/proof.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "core/ledger/chain.h"
#include "judge/proof/statement.h"
#include "judge/sheet/judge.h"

#include <string.h>

struct known_item {
	struct item item;
	struct utc recorded;
	u32 line;
};

struct gathering {			/* the parts of the item being read */
	vec(struct str) parts;
	u64 seq, next;			/* next part expected */
	u32 index;			/* of the item in its entry */
	size_t want;
	bool evidence;			/* a part of it is evidence bytes */
	u32 line;
};

struct entry {
	u64 seq;
	struct utc at;
	enum envelope_type type;
	u64 parts, given;		/* it has; the bundle gives, erased ones too */
	u64 after_item, after_part;	/* behind the last item that was given whole; 0: none was */
};

struct told {				/* a member of the statement and where it stands */
	struct statement st;
	const struct entry *entry;
	u32 line;
};

struct given_text {
	enum bundle_text kind;
	struct str hex;			/* its hash */
	u32 line;
	bool named;			/* an answer names it */
};

struct check {
	struct arena *a;
	struct perr *err;
	struct map items;		/* "seq.index" -> struct known_item */
	struct map entries;		/* "seq" -> struct entry */
	vec(struct catalog_source) sources;
	vec(struct given_text) texts;
	vec(struct told) told;
	struct gathering g;
	struct map lost;		/* "seq.index" of items whose technical part was erased */
	vec(struct view_row) rows;	/* shown when all is known to be sound */
	size_t answers;			/* verdicts reached again */
	u32 newer;			/* line of the first statement in words this program does not know, 0: none */
	struct judge *j;
};

/* what: a key of the catalogue; who: its {who}, where it has one. */
static int wrong(struct check *c, u32 line, const char *what, struct str who)
{
	perr_set(c->err, ERR_INTEGRITY, 0, SAY "%s" SAY "who=%.*s", what, STRF(who));
	if (c->err != NULL) {
		c->err->line = line;
	}
	return ERR_INTEGRITY;
}

/* What was judged by means this program does not have, it can neither confirm nor refute. */
static int unknown(struct check *c, u32 line, const char *what, struct str which)
{
	wrong(c, line, what, which);
	if (c->err != NULL) {
		c->err->code = ERR_NEWER;
	}
	return ERR_NEWER;
}

static void tell(struct check *c, const char *what, enum view_answer state, struct str place, struct str text)
{
	struct view_row row = view_row(VIEW_check);

	view_set_str(&row, VIEW_check_what, str_z(what));
	view_set_answer(&row, VIEW_check_state, (u8)state);
	view_set_str(&row, VIEW_check_place, place.n != 0 ? place : S(""));
	view_set_str(&row, VIEW_check_text, text);
	view_set_str(&row, VIEW_check_reason, S(""));
	*vec_add(c->a, &c->rows) = row;
}

static struct str place_key(struct arena *a, u64 seq, u32 index)
{
	return str_printf(a, "%ju.%u", (uintmax_t)seq, index);
}

static struct str seq_key(struct arena *a, u64 seq)
{
	return str_printf(a, "%ju", (uintmax_t)seq);
}

/* ---- gathering ---- */

static int take_text(void *ctx, u32 line, enum bundle_text kind, const struct hash *sha256, struct str body, struct perr *reterr)
{
	struct check *c = ctx;
	static const struct str names[] = { [BUNDLE_RULE] = { "rule", 4 }, [BUNDLE_MAPPING] = { "mapping", 7 },
		[BUNDLE_GUIDELINE] = { "guideline", 9 } };
	struct str hex = str_hex(c->a, sha256->b, sizeof sha256->b);

	(void)reterr;
	*vec_add(c->a, &c->texts) = (struct given_text){ .kind = kind, .hex = hex, .line = line };
	/* A guideline's short name is in the statement; until then it goes by its hash. */
	*vec_add(c->a, &c->sources) = catalog_source_of(c->a, names[kind], hex, str_dup(c->a, body));
	return 0;
}

static int take_entry(void *ctx, u32 line, u64 seq, const struct envelope *e, struct str bytes, struct perr *reterr)
{
	struct check *c = ctx;
	struct entry *kept = arena_alloc(c->a, sizeof *kept);

	(void)line;
	(void)bytes;
	(void)reterr;
	*kept = (struct entry){ .seq = seq, .at = e->at, .type = e->type, .parts = e->parts };
	*map_put(c->a, &c->entries, seq_key(c->a, seq), NULL) = kept;
	return 0;
}

static int finish_item(struct check *c)
{
	struct gathering *g = &c->g;
	struct known_item *k = arena_alloc(c->a, sizeof *k);
	struct entry *e = map_get(&c->entries, seq_key(c->a, g->seq));
	int r = item_from_parts(c->a, g->index, g->parts.p, g->parts.n, &k->item, NULL);

	if (r != 0 || e == NULL) {
		return wrong(c, g->line, "parts-apart", place_key(c->a, g->seq, g->index));
	}
	if (g->evidence != (k->item.type == ITEM_EVIDENCE)) {
		return wrong(c, g->line, "evidence-bytes",
			place_key(c->a, g->seq, g->index));
	}
	if ((k->item.type == ITEM_ACT) == (e->type == ENVELOPE_BATCH)) {
		return wrong(c, g->line, "entry-type",
			place_key(c->a, g->seq, g->index));
	}
	e->after_item = g->index + 1;
	e->after_part = g->next;
	k->recorded = e->at;
	k->line = g->line;
	*map_put(c->a, &c->items, place_key(c->a, g->seq, g->index), NULL) = k;
	if (k->item.type == ITEM_ACT) {
		struct told *t = vec_add(c->a, &c->told);

		t->line = g->line;
		t->entry = e;
		r = statement_read(c->a, k->item.act, &t->st);
		if (r == ERR_NEWER || r == ERR_UNKNOWN) {	/* the log signed it: words of a newer program, not damage */
			c->newer = c->newer != 0 ? c->newer : g->line;
			t->st = (struct statement){ .type = STATEMENT_NONE };
			r = 0;
		}
		if (r != 0 || (t->st.type != STATEMENT_NONE && e->type != ENVELOPE_ACT)) {
			return wrong(c, g->line, "statement", S(""));
		}
		if (t->st.type == STATEMENT_ASSET && t->st.asset.keyless != (k->item.nerased != 0)) {
			return wrong(c, g->line, "no-claims", t->st.asset.asset);
		}
	}
	g->parts.n = 0;
	return 0;
}

/* Item and role are proven for what is not erased, and the ledger's part has seen to it that each item has one technical
 * part, which comes first. */
static int take_part(void *ctx, u32 line, const struct bundle_part *p, struct perr *reterr)
{
	struct check *c = ctx;
	struct gathering *g = &c->g;
	struct entry *e = map_get(&c->entries, seq_key(c->a, p->seq));
	struct str place = place_key(c->a, p->seq, p->item);

	(void)reterr;
	e->given++;
	if (p->erased) {
		tell(c, "erased", VIEW_NA, str_printf(c->a, SAY "part" SAY "seq=%ju" SAY "part=%ju", (uintmax_t)p->seq, (uintmax_t)p->index),
			str_printf(c->a, SAY "erased" SAY "by=%ju", (uintmax_t)p->erased_by));
	}
	if (g->parts.n != 0 && (p->seq != g->seq || p->item != g->index || p->index != g->next)) {
		return wrong(c, line, "not-whole", place_key(c->a, g->seq, g->index));
	}
	/* Role and item of an erased part are the bundle's word: that another part of its item is called technical shows where the item
	 * before is given whole, because items follow each other without a gap. */
	if (p->role == PART_TECHNICAL && e->after_item != 0 && p->item == e->after_item && p->index != e->after_part) {
		return wrong(c, line, "technical-place", place);
	}
	if (g->parts.n == 0 && p->role != PART_TECHNICAL) {
		return map_get(&c->lost, place) != NULL ? 0 :
			wrong(c, line, "no-technical", place);
	}
	if (g->parts.n == 0 && p->erased) {
		*map_put(c->a, &c->lost, place, NULL) = c;
		return 0;
	}
	if (g->parts.n == 0) {
		if (item_count(c->a, p->bytes, &g->want) != 0) {
			return wrong(c, line, "technical", place);
		}
		g->seq = p->seq;
		g->index = p->item;
		g->evidence = false;
	}
	g->next = p->index + 1;
	g->line = line;
	g->evidence |= p->role == PART_EVIDENCE;
	*vec_add(c->a, &g->parts) = p->erased ? (struct str){ 0 } : str_dup(c->a, p->bytes);
	return g->parts.n == g->want ? finish_item(c) : 0;
}

/* ---- judging again ---- */

static bool name_text(struct check *c, enum bundle_text kind, struct str hex)
{
	for (size_t i = 0; i < c->texts.n; i++) {
		if (c->texts.p[i].kind == kind && str_eq(c->texts.p[i].hex, hex)) {
			c->texts.p[i].named = true;
			return true;
		}
	}
	return false;
}

/* The log vouches for a text only through an answer that names it: what an answer names is here, and nothing else is. */
static int check_texts(struct check *c)
{
	for (size_t i = 0; i < c->told.n; i++) {
		const struct told *t = &c->told.p[i];
		const struct statement_control *s = &t->st.control;

		if (t->st.type == STATEMENT_VERDICT && !name_text(c, BUNDLE_RULE, t->st.verdict.rule)) {
			return wrong(c, t->line, "measure-missing", t->st.verdict.measure);
		}
		if (t->st.type != STATEMENT_CONTROL) {
			continue;
		}
		if (!name_text(c, BUNDLE_GUIDELINE, s->guideline_text)) {
			return wrong(c, t->line, "guideline-missing", s->guideline);
		}
		for (size_t k = 0; k < s->nmappings; k++) {
			if (!name_text(c, BUNDLE_MAPPING, s->mappings[k])) {
				return wrong(c, t->line, "mapping-missing", s->control);
			}
		}
	}
	for (size_t i = 0; i < c->texts.n; i++) {
		if (!c->texts.p[i].named) {
			return wrong(c, c->texts.p[i].line, "text-unnamed", c->texts.p[i].hex);
		}
	}
	return 0;
}

static int name_guidelines(struct check *c)
{
	for (size_t i = 0; i < c->told.n; i++) {
		const struct statement_control *s = &c->told.p[i].st.control;
		bool found = false;

		if (c->told.p[i].st.type != STATEMENT_CONTROL) {
			continue;
		}
		for (size_t k = 0; k < c->sources.n; k++) {
			struct catalog_source *src = &c->sources.p[k];

			if (str_eq(src->kind, S("guideline")) && (str_eq(src->name, s->guideline_text) || str_eq(src->name, s->guideline))) {
				src->name = s->guideline;
				found = true;
			}
		}
		if (!found) {
			return wrong(c, c->told.p[i].line, "guideline-missing", s->guideline);
		}
	}
	return 0;
}

static const struct told *find_asset(const struct check *c, struct str asset)
{
	for (size_t i = 0; i < c->told.n; i++) {
		if (c->told.p[i].st.type == STATEMENT_ASSET && str_eq(c->told.p[i].st.asset.asset, asset)) {
			return &c->told.p[i];
		}
	}
	return NULL;
}

static bool is_lost(const struct check *c, struct state_pos pos)
{
	return map_get(&c->lost, place_key(c->a, pos.seq, pos.index)) != NULL;
}

/* The asset's state from the disclosed items, in ledger order. */
static int fold_asset(struct check *c, const struct told *t, struct state **ret)
{
	const struct statement_asset *s = &t->st.asset;
	struct state *st = state_new(c->a);

	for (size_t i = 0; i < s->nitems; i++) {
		for (u32 k = 0; k < s->items[i].n; k++) {
			struct state_pos pos = { s->items[i].seq, s->items[i].first + k }, first = pos;
			const struct known_item *it = map_get(&c->items, place_key(c->a, pos.seq, pos.index)), *of = it;

			if (it == NULL && is_lost(c, pos)) {
				state_erase(st, NULL);
				continue;
			}
			if (it == NULL) {
				return wrong(c, t->line, "item-missing", place_key(c->a, pos.seq, pos.index));
			}
			if (it->item.type == ITEM_AGAIN) {
				first = (struct state_pos){ it->item.again_seq, it->item.again_index };
				of = map_get(&c->items, place_key(c->a, first.seq, first.index));
			}
			if (of == NULL && is_lost(c, first)) {
				state_erase(st, NULL);
				continue;
			}
			if (of == NULL) {
				return wrong(c, it->line, "fact-missing", S(""));
			}
			if (of->item.type == ITEM_FACT &&
			    state_fold(st, &of->item.fact, &it->item.seen, it->recorded, pos, first) != 0) {
				return wrong(c, it->line, "fact-fold", S(""));
			}
			if (of->item.type == ITEM_FACT && of->item.nerased != 0) {
				state_erase(st, &of->item.fact);
			}
		}
	}
	state_set_claims(st, s->claims, s->nclaims);
	state_set_peers(st, s->peers, s->npeers);
	*ret = st;
	return 0;
}

struct answers {
	const struct judge *j;
	enum tri *v;
};

static bool answer_of(void *arg, struct str measure, enum view_answer *ret)
{
	const struct answers *x = arg;

	for (size_t i = 0; i < x->j->catalog.nmeasures; i++) {
		if (str_eq(x->j->catalog.measures[i].id, measure)) {
			*ret = judge_answer(x->v[i]);
			return true;
		}
	}
	return false;
}

/* Whether every verdict rests on what this program judges by: before any text is read, which may be of another language. */
static int check_means(struct check *c)
{
	if (c->newer != 0) {
		return unknown(c, c->newer, "statement-newer", S(""));
	}
	for (size_t i = 0; i < c->told.n; i++) {
		const struct told *t = &c->told.p[i];
		const struct statement_verdict *s = &t->st.verdict;

		if (t->st.type != STATEMENT_VERDICT) {
			continue;
		}
		if (s->language != LANG_VERSION_OF_RULES) {
			return unknown(c, t->line, "language",
				str_printf(c->a, "%u/%u", s->language, (u32)LANG_VERSION_OF_RULES));
		}
		if (s->quality != SEEN_QOD_DECIDES) {
			return unknown(c, t->line, "quality",
				str_printf(c->a, "%u/%u", s->quality, (u32)SEEN_QOD_DECIDES));
		}
		if (s->clock != SEEN_CLOCK_AHEAD_MS) {
			return unknown(c, t->line, "clock",
				str_printf(c->a, "%u/%u ms", s->clock, (u32)SEEN_CLOCK_AHEAD_MS));
		}
		for (size_t k = 0; k < s->nkinds; k++) {
			const struct kind *kind;
			struct str name;
			u32 version;

			if (kind_parse(s->kinds[k], &name, &version) != 0) {
				return wrong(c, t->line, "kind", s->kinds[k]);
			}
			if ((kind = kind_latest(name)) == NULL || kind->version != version) {
				return unknown(c, t->line, "kind-version",
					s->kinds[k]);
			}
		}
	}
	return 0;
}

/* The verdict was reached again: was it by the same means, from the same sightings? */
static int check_replay(struct check *c, const struct told *t, size_t measure, const struct rule_verdict *v)
{
	const struct statement_verdict *s = &t->st.verdict;
	const struct str *read;
	size_t n = judge_kinds(c->j, c->a, measure, &read);
	bool same = n == s->nkinds;

	for (size_t i = 0; same && i < n; i++) {
		same = str_eq(read[i], s->kinds[i]);
	}
	if (!same) {
		return wrong(c, t->line, "kinds-other", s->measure);
	}
	same = v->npos == s->nread && v->npos_all == s->nread_all;
	for (size_t i = 0; same && i < s->nread; i++) {
		same = v->pos[i].seq == s->read[i].seq && v->pos[i].index == s->read[i].index;
	}
	if (!same) {
		return wrong(c, t->line, "read-other", s->measure);
	}
	return s->size == t->entry->seq ? 0 : wrong(c, t->line, "size-other", s->measure);
}

static int judge_verdict(struct check *c, const struct told *t, const struct state *st, struct answers *x)
{
	const struct statement_verdict *s = &t->st.verdict;
	int r;

	for (size_t i = 0; i < c->j->catalog.nmeasures; i++) {
		const struct catalog_measure *m = &c->j->catalog.measures[i];
		struct rule_verdict v;

		if (!str_eq(m->id, s->measure)) {
			continue;
		}
		if (!str_eq(str_hex(c->a, m->text.hash, CATALOG_HASH), s->rule)) {
			return wrong(c, t->line, "rule-text", s->measure);
		}
		if (s->now.ms > t->entry->at.ms) {
			return wrong(c, t->line, "after-recording", s->measure);
		}
		judge_measure(c->j, i, st, s->now, NULL, &v);
		if (v.v != s->v || v.why != s->why) {
			return wrong(c, t->line, "other-answer",
				str_printf(c->a, "%.*s %.*s is %s", STRF(s->asset), STRF(s->measure), tri_name(v.v)));
		}
		if ((r = check_replay(c, t, i, &v)) != 0) {
			return r;
		}
		x->v[i] = v.v;
		c->answers++;
		tell(c, "answer", judge_answer(v.v), str_printf(c->a, "%.*s %.*s", STRF(s->asset), STRF(s->measure)),
			str_printf(c->a, SAY "answer" SAY "n=%zu" SAY "time=%.*s", s->nread_all, STRF(utc_text(c->a, s->now))));
		view_set_str(&c->rows.p[c->rows.n - 1], VIEW_check_reason, str_z(v.why != 0 ? why_name(why_first(v.why)) : ""));
		return 0;
	}
	return wrong(c, t->line, "measure-missing", s->measure);
}

static const struct sheet_item *find_item(const struct sheet_item *it, struct str id)
{
	const struct sheet_item *hit = str_eq(it->control->id, id) ? it : NULL;

	for (size_t i = 0; hit == NULL && i < it->nparts; i++) {
		hit = find_item(&it->parts[i], id);
	}
	return hit;
}

static bool names(const struct statement_control *s, struct str mapping)
{
	for (size_t i = 0; i < s->nmappings; i++) {
		if (str_eq(s->mappings[i], mapping)) {
			return true;
		}
	}
	return false;
}

static int judge_control(struct check *c, const struct told *t, struct answers *x)
{
	const struct statement_control *s = &t->st.control;
	const struct catalog_guideline *g = catalog_guideline(&c->j->catalog, s->guideline);

	if (g != NULL && !str_eq(str_hex(c->a, g->text.hash, CATALOG_HASH), s->guideline_text)) {
		return wrong(c, t->line, "guideline-text", s->guideline);
	}
	for (size_t i = 0; g != NULL && i < g->ncontrols; i++) {
		const struct sheet_item *hit;
		struct sheet_item it;

		sheet_item(c->a, &c->j->catalog, g, &g->controls[i], answer_of, x, &it);
		if ((hit = find_item(&it, s->control)) == NULL) {
			continue;
		}
		if (hit->state != s->state || hit->nlines != s->nmappings) {
			return wrong(c, t->line, "control-answer", s->control);
		}
		for (size_t k = 0; k < hit->nlines; k++) {
			if (!names(s, str_hex(c->a, hit->lines[k].pair->text.hash, CATALOG_HASH))) {
				return wrong(c, t->line, "control-mapping", s->control);
			}
		}
		tell(c, "control", s->state, str_printf(c->a, "%.*s %.*s", STRF(s->asset), STRF(s->control)), str_printf(c->a, SAY "title" SAY "title=%.*s" SAY "title.ja=%.*s", STRF(g->title.en), STRF(g->title.ja)));
		return 0;
	}
	return wrong(c, t->line, "no-control", s->control);
}

/* "AST-1" means nothing to a stranger: which keys it stands for, as the log claims. */
static void tell_asset(struct check *c, const struct statement_asset *s)
{
	struct buf b = buf_new(c->a, 0);

	for (size_t i = 0; i < s->nclaims; i++) {
		buf_z(&b, i == 0 ? "" : ", ");
		buf_z(&b, fact_key_type_name(s->claims[i].type));
		buf_z(&b, ":");
		buf_str(&b, s->claims[i].value);
	}
	tell(c, "asset", VIEW_PASS, s->asset, buf_view(&b));
}

static int judge_asset_again(struct check *c, const struct told *asset)
{
	struct answers x = { .j = c->j, .v = arena_alloc(c->a, c->j->catalog.nmeasures * sizeof *x.v) };
	struct state *st = NULL;
	int r = fold_asset(c, asset, &st);

	tell_asset(c, &asset->st.asset);
	for (size_t i = 0; i < c->j->catalog.nmeasures; i++) {
		x.v[i] = TRI_UNKNOWN;
	}
	for (size_t i = 0; r == 0 && i < c->told.n; i++) {
		const struct told *t = &c->told.p[i];

		if (t->st.type == STATEMENT_VERDICT && str_eq(t->st.verdict.asset, asset->st.asset.asset)) {
			r = judge_verdict(c, t, st, &x);
		}
	}
	for (size_t i = 0; r == 0 && i < c->told.n; i++) {
		const struct told *t = &c->told.p[i];

		if (t->st.type == STATEMENT_CONTROL && str_eq(t->st.control.asset, asset->st.asset.asset)) {
			r = judge_control(c, t, &x);
		}
	}
	return r;
}

/* Every answer must belong to an asset that was stated, and a statement stands whole: who hands a bundle on cannot take out the answers
 * that displease. */
static int no_strays(struct check *c)
{
	for (size_t i = 0; i < c->told.n; i++) {
		const struct told *t = &c->told.p[i];
		struct str asset = t->st.type == STATEMENT_VERDICT ? t->st.verdict.asset : t->st.type == STATEMENT_CONTROL ?
			t->st.control.asset : S("");

		if (t->st.type != STATEMENT_NONE && t->entry->given != t->entry->parts) {
			return wrong(c, t->line, "parts-missing", S(""));
		}
		if (asset.n != 0 && find_asset(c, asset) == NULL) {
			return wrong(c, t->line, "stray", asset);
		}
	}
	return 0;
}

/* ---- the logs ---- */

static const struct known_item *whole_first_item(struct check *c, u64 seq)
{
	const struct entry *e = map_get(&c->entries, seq_key(c->a, seq));

	return e != NULL && e->given == e->parts && e->type == ENVELOPE_ACT ? map_get(&c->items, place_key(c->a, seq, 0)) : NULL;
}

/* Each log but the first begins with the entry that says which one it goes on from: what that says of the old log must be what the old
 * log's checkpoint says. So who knows the last key knows them all. */
static int check_chain(struct check *c, const struct bundle_info *info, const struct note_key *trusted)
{
	const struct note_key *last = &info->logs[info->nlogs - 1].key;

	for (size_t i = 1; i < info->nlogs; i++) {
		const struct bundle_log *log = &info->logs[i];
		const struct known_item *k = whole_first_item(c, log->first);
		struct str epoch = str_printf(c->a, "%zu", i + 1);
		const char *differs;
		struct chain chain;
		bool same;

		if (k == NULL) {
			return wrong(c, 1, "begin-missing", epoch);
		}
		if (chain_read(c->a, k->item.act, &chain) != 0) {
			return wrong(c, k->line, "begin-other", epoch);
		}
		if ((differs = chain_differs(&chain, log - 1, log)) != NULL) {
			return wrong(c, k->line, differs, epoch);
		}
		/* Who has a key can put a log of his behind a stranger's: what stands in that one then stands under his key. */
		same = memcmp(log[-1].key.pub, last->pub, sizeof last->pub) == 0 ||
			(trusted != NULL && memcmp(log[-1].key.pub, trusted->pub, sizeof trusted->pub) == 0);
		tell(c, "epoch", same ? VIEW_PASS : VIEW_UNKNOWN, str_printf(c->a, SAY "epoch" SAY "n=%zu", i), str_printf(c->a,
			"%s" SAY "n=%ju" SAY "seq=%ju" SAY "key=%.*s", same ? SAY "closed" : SAY "closed-other",
			(uintmax_t)log[-1].checkpoint.size, (uintmax_t)log->first, STRF(note_key_text(c->a, &log[-1].key))));
	}
	return 0;
}

static void tell_logs(struct check *c, const struct bundle_info *info, const struct note_key *trusted)
{
	const struct bundle_log *last = &info->logs[info->nlogs - 1];

	tell(c, "ledger", VIEW_PASS, S(""), str_printf(c->a, SAY "logs" SAY "entries=%ju" SAY "parts=%ju" SAY "size=%ju",
		(uintmax_t)info->entries, (uintmax_t)info->parts, (uintmax_t)last->checkpoint.size));
	tell(c, "key", trusted != NULL ? VIEW_PASS : VIEW_UNKNOWN, S(""), note_key_text(c->a, &last->key));
}

int proof_check(struct arena *a, bundle_in *in, void *in_ctx, const struct note_key *trusted,
	void (*row)(void *ctx, const struct view_row *row), void *row_ctx, size_t *ret_answers, struct perr *reterr)
{
	struct check c = { .a = a, .err = reterr };
	struct bundle_sink sink = { .text = take_text, .entry = take_entry, .part = take_part, .ctx = &c };
	struct bundle_info info;
	struct perr why;
	int r = bundle_verify(a, in, in_ctx, &sink, trusted, &info, reterr);

	if (r != 0) {
		return r;
	}
	if (c.g.parts.n != 0) {
		return wrong(&c, c.g.line, "last-item", S(""));
	}
	tell_logs(&c, &info, trusted);
	if ((r = check_chain(&c, &info, trusted)) != 0 || (r = no_strays(&c)) != 0 || (r = check_means(&c)) != 0 ||
	    (r = check_texts(&c)) != 0 || (r = name_guidelines(&c)) != 0) {
		return r;
	}
	if (judge_new(a, c.sources.p, c.sources.n, &c.j, &why) != 0) {
		return wrong(&c, 0, "texts", str_z(why.text));
	}
	for (size_t i = 0; i < c.told.n; i++) {
		if (c.told.p[i].st.type == STATEMENT_ASSET && c.told.p[i].st.asset.keyless) {
			tell(&c, "erased", VIEW_UNKNOWN, c.told.p[i].st.asset.asset, S("its keys are erased: its answers cannot be reached again"));
		} else if (c.told.p[i].st.type == STATEMENT_ASSET && (r = judge_asset_again(&c, &c.told.p[i])) != 0) {
			return r;
		}
	}
	for (size_t i = 0; row != NULL && i < c.rows.n; i++) {
		row(row_ctx, &c.rows.p[i]);
	}
	*ret_answers = c.answers;
	return 0;
}
