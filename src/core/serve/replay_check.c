/* Verdicts that were recorded, held against those that come out when the entries are folded once more (replay.c).
 *
 * A change of a verdict is a row: whose, of which measure, from what to what, why, after which entry, when. Those of an entry's own
 * time must be exactly the ones that entry brings, no more and no fewer; the others came by time alone, and must follow at the time they
 * say. In the end each asset's packed verdicts must be reached again byte for byte, at the moment they name.
 *
 * What differs because something was erased is told once an asset and is no error. Where a whole fact of another asset was erased, whom
 * later facts are about may have hung on it: such a difference can neither be confirmed nor refuted, and is ?. */
#include "core/serve/replay_int.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 1000
#define TOLD_MAX 200			/* differences named; the rest is counted */

static void told(struct replay *p, enum view_answer state, struct str place, struct str text)
{
	struct view_row row = view_row(VIEW_check);

	view_set_str(&row, VIEW_check_what, S("verdict"));
	view_set_answer(&row, VIEW_check_state, (u8)state);
	view_set_str(&row, VIEW_check_place, place);
	view_set_str(&row, VIEW_check_text, text);
	view_set_str(&row, VIEW_check_reason, S(""));
	if (p->out != NULL) {
		serve_row(p->out, &row);
	}
}

static void tell_erased(struct replay *p, struct arena *a, u64 asset, u64 by)
{
	u64 *key;

	if (map_get(&p->said, str_of(&asset, sizeof asset)) != NULL) {
		return;
	}
	key = arena_alloc(p->a, sizeof *key);
	*key = asset;
	*map_put(p->a, &p->said, str_of(key, sizeof *key), NULL) = key;
	told(p, VIEW_NA, identity_text(a, asset), str_printf(a, SAY "erased" SAY "by=%ju", (uintmax_t)by));
}

static const char verdict_bytes[] = "verdict-bytes";	/* as it stands: needs nothing that was before */

static bool *doubt_of(struct replay *p, u64 asset, bool make)
{
	bool *d = map_get(&p->doubt, str_of(&asset, sizeof asset));

	if (d == NULL && make) {
		u64 *key = arena_alloc(p->a, sizeof *key);

		*key = asset;
		d = arena_alloc(p->a, sizeof *d);
		*map_put(p->a, &p->doubt, str_of(key, sizeof *key), NULL) = d;
	}
	return d;
}

/* A difference: nobody's fault, nobody's to decide, or an error. `what` is a key of the catalogue; got and want as they stand there. */
static void differs(struct replay *p, struct arena *a, u64 asset, struct str measure, u64 seq, const char *what, struct str got, struct str want)
{
	const struct replay_era *era = replay_era_at(p, seq);
	u64 by = replay_erased_by(p, asset);
	bool *doubt = doubt_of(p, asset, era->foreign || era->guessed);
	bool unsure = era->foreign || era->guessed || p->lost != 0 || (doubt != NULL && *doubt && what != verdict_bytes);
	struct str place = str_printf(a, SAY "verdict-place" SAY "asset=%.*s" SAY "measure=%.*s" SAY "seq=%ju", STRF(identity_text(a, asset)),
		STRF(measure), (uintmax_t)seq);

	if (!p->compare) {
		return;
	}
	if (by != 0 && seq <= by) {
		tell_erased(p, a, asset, by);
		return;
	}
	if (era->foreign || era->guessed) {
		*doubt = true;
	}
	if ((unsure ? p->unsure : p->wrong) < TOLD_MAX) {
		told(p, unsure ? VIEW_UNKNOWN : VIEW_FAIL, place, era->guessed ? S(SAY "verdict-guessed") : era->foreign ||
			(unsure && p->lost == 0) ? S(SAY "verdict-foreign") : unsure ? str_printf(a, SAY "verdict-lost" SAY "by=%ju", (uintmax_t)p->lost) :
			str_printf(a, SAY "%s" SAY "got=%.*s" SAY "want=%.*s", what, STRF(got), STRF(want)));
	}
	p->unsure += unsure;
	p->wrong += !unsure;
}

/* "unknown -> fail", with its reason where it has one. */
static struct str change_text(struct arena *a, const struct store_change *c)
{
	return str_printf(a, "%.*s>%.*s%s%.*s", STRF(c->was), STRF(c->now), c->reason.n != 0 ? " " : "", STRF(c->reason));
}

/* ---- recorded changes, one after the other ---- */

int replay_peek(struct replay *p, const struct store_change **ret)
{
	int r = 0;

	if (p->row == p->nrows) {
		arena_reset(p->page);
		p->row = p->nrows = 0;
		r = store_changes(p->of->st, p->page, p->after, ROWS, &p->rows, &p->nrows);
	}
	if (r == 0) {
		*ret = p->row < p->nrows && p->rows[p->row].seq < p->end ? &p->rows[p->row] : NULL;
	}
	return r;
}

static struct store_change take(struct replay *p, struct arena *a)
{
	struct store_change c = p->rows[p->row++];

	p->after = c.id;
	c.measure = str_dup(a, c.measure);
	c.was = str_dup(a, c.was);
	c.now = str_dup(a, c.now);
	c.reason = str_dup(a, c.reason);
	return c;
}

typedef vec(struct store_change) changes;

/* Those after this entry that say this time; `any`: whatever the next one says. */
static int take_moment(struct replay *p, struct arena *a, u64 seq, struct utc at, bool any, changes *ret)
{
	const struct store_change *c;
	int r;

	*ret = (changes){ 0 };
	while ((r = replay_peek(p, &c)) == 0 && c != NULL && c->seq == seq && c->at.ms <= p->then.ms &&
	       (any || c->at.ms == at.ms)) {
		at = c->at;
		any = false;
		*vec_add(a, ret) = take(p, a);
	}
	return r;
}

static int by_measure(const struct store_change *x, const struct store_change *y)
{
	return x->asset != y->asset ? (x->asset > y->asset) - (x->asset < y->asset) : str_cmp(x->measure, y->measure);
}

static int by_words(const void *px, const void *py)
{
	const struct store_change *x = px, *y = py;
	int c = by_measure(x, y);

	c = c != 0 ? c : str_cmp(x->was, y->was);
	c = c != 0 ? c : str_cmp(x->now, y->now);
	return c != 0 ? c : str_cmp(x->reason, y->reason);
}

/* Both lists are sorted here. What was recorded and does not follow goes to `left`, where that is given. */
static void match(struct replay *p, struct arena *a, u64 seq, struct store_change *was, size_t nwas, struct store_change *got, size_t ngot,
	changes *left)
{
	size_t i = 0, k = 0;

	if (nwas > 1) {
		qsort(was, nwas, sizeof *was, by_words);
	}
	if (ngot > 1) {
		qsort(got, ngot, sizeof *got, by_words);
	}
	while (i < nwas || k < ngot) {
		int words = i == nwas ? 1 : k == ngot ? -1 : by_words(&was[i], &got[k]);

		if (words != 0 && i < nwas && k < ngot && by_measure(&was[i], &got[k]) == 0) {
			differs(p, a, was[i].asset, was[i].measure, seq, "verdict-differs", change_text(a, &was[i]), change_text(a, &got[k]));
			i++;
			k++;
		} else if (words < 0 && left != NULL) {
			*vec_add(a, left) = was[i++];
		} else if (words < 0) {
			differs(p, a, was[i].asset, was[i].measure, seq, "verdict-baseless", change_text(a, &was[i]), S(""));
			i++;
		} else if (words > 0) {
			differs(p, a, got[k].asset, got[k].measure, seq, "verdict-missing", S(""), change_text(a, &got[k]));
			k++;
		} else {
			bool *doubt = doubt_of(p, was[i].asset, false);

			if (doubt != NULL) {
				*doubt = false;
			}
			i++;
			k++;
		}
	}
	p->changes += nwas;
}

/* What time brought: the assets that say so are judged at that time. */
static int by_time(struct replay *p, struct arena *a, u64 seq, changes *was)
{
	struct utc at = was->p[0].at, then = p->s->then;
	bool early = at.ms < p->s->last_at.ms;		/* the clock never goes back */
	struct store_batch b = { 0 };
	struct store_asset row;
	struct fold *f;
	size_t n = 0;
	int r = 0;

	p->s->then = at;
	f = fold_new(a, p->s, at);
	for (size_t i = 0; r == 0 && i < was->n; i++) {
		r = store_get_asset(p->s->st, a, was->p[i].asset, &row);
		if (r == ERR_NOTFOUND || (r == 0 && (early || row.merged_into != 0))) {
			differs(p, a, was->p[i].asset, was->p[i].measure, seq, "verdict-baseless", change_text(a, &was->p[i]), S(""));
			r = 0;
			continue;
		}
		r = r == 0 ? fold_look(f, was->p[i].asset) : r;
		was->p[n++] = was->p[i];
	}
	if (r == 0 && n != 0 && (r = fold_finish(f, 0, p->s->head.size, S(""), &b)) == 0 && (r = store_commit(p->s->st, &b, NULL)) == 0) {
		struct store_change *got = arena_alloc(a, b.nchanges * sizeof *got + 1);

		if (b.nchanges != 0) {
			memcpy(got, b.changes, b.nchanges * sizeof *got);
		}
		match(p, a, seq, was->p, n, got, b.nchanges, NULL);
	}
	p->s->then = then;
	return r;
}

int replay_compare(struct replay *p, struct arena *a, const struct store_entry *e, const struct store_change *got, size_t n)
{
	struct store_change *mine = arena_alloc(a, n * sizeof *mine + 1);
	changes was, left = { 0 };
	const struct store_change *c;
	int r;

	if (n != 0) {
		memcpy(mine, got, n * sizeof *mine);
	}
	/* Rows that name an entry before this one come where none may come any more. */
	while ((r = replay_peek(p, &c)) == 0 && c != NULL && c->seq < e->seq) {
		struct store_change x = take(p, a);

		differs(p, a, x.asset, x.measure, x.seq, "verdict-baseless", change_text(a, &x), S(""));
	}
	if (r != 0 || (r = take_moment(p, a, e->seq, e->at, false, &was)) != 0) {
		return r;
	}
	match(p, a, e->seq, was.p, was.n, mine, n, &left);
	p->changes -= left.n;
	if (left.n != 0) {
		r = by_time(p, a, e->seq, &left);	/* in the millisecond of the entry, but after it */
	}
	while (r == 0 && (r = take_moment(p, a, e->seq, e->at, true, &was)) == 0 && was.n != 0) {
		r = by_time(p, a, e->seq, &was);
	}
	return r;
}

/* ---- verdicts as they stand ---- */

/* Judged again at the moment the verdicts name, by each set of texts in force since the asset changed last: one must give these bytes. */
static int judged_so(struct replay *p, struct arena *a, const struct store_verdict *v, bool *ret)
{
	const struct serve_parts *parts = p->of->parts;
	struct serve_verdicts got;
	struct store_asset row;
	struct state *st;
	struct utc now;
	u64 size;
	int r;

	*ret = false;
	if (parts->moment == NULL || parts->judge == NULL || parts->moment(a, v->body, &now, &size) != 0 || size != v->seq) {
		return 0;
	}
	if ((r = serve_packed(p->s, a, v->asset, &st, &row)) != 0) {
		return r == ERR_NOTFOUND ? 0 : r;
	}
	p->s->then = now;
	r = shared_peers(p->s, a, v->asset, st, now);
	for (size_t i = p->eras.n; r == 0 && !*ret && i-- > 0;) {
		if ((r = parts->judge(p->eras.p[i].ctx, a, v->asset, st, now, size, v->body, &got)) == 0) {
			*ret = str_eq(got.body, v->body);
		}
		if (p->eras.p[i].from <= row.seq) {
			break;
		}
	}
	p->s->then = p->then;
	return r;
}

static int compare_verdict(struct replay *p, struct arena *a, const struct store_verdict *v)
{
	struct store_verdict mine = { 0 };
	bool same;
	int r = store_get_verdict(p->s->st, a, v->asset, &mine);

	if (r == ERR_NOTFOUND) {
		differs(p, a, v->asset, S("-"), p->end - 1, "verdict-baseless", S("-"), S(""));
		return 0;
	}
	p->verdicts++;
	if (r != 0 || str_eq(mine.body, v->body)) {
		return r;
	}
	if ((r = judged_so(p, a, v, &same)) == 0 && !same) {
		differs(p, a, v->asset, S("-"), p->end - 1, verdict_bytes, S(""), S(""));
	}
	return r;
}

/* Both lists by asset, so that one that is missing is found, too. */
int replay_rows(struct replay *p, bool *ret_over)
{
	struct arena *a = arena_new(p->a, 0);
	struct store_verdict *was, *mine;
	size_t nwas, nmine, k = 0;
	u64 last;
	int r;

	/* What was recorded meanwhile has other verdicts: then those of now cannot be held against what was known before. */
	if (serve_size(p->of) != p->end) {
		*ret_over = true;
		arena_free(a);
		return 0;
	}
	r = store_get_verdicts(p->of->st, a, p->asset, ROWS, &was, &nwas);
	if (r == 0) {
		r = store_get_verdicts(p->s->st, a, p->asset, ROWS, &mine, &nmine);
	}
	if (r == 0) {
		last = nwas == ROWS ? was[nwas - 1].asset : UINT64_MAX;
		if (nmine == ROWS && mine[nmine - 1].asset < last) {
			last = mine[nmine - 1].asset;
		}
		for (size_t i = 0; r == 0 && i < nwas && was[i].asset <= last; i++) {
			for (; k < nmine && mine[k].asset < was[i].asset; k++) {
				differs(p, a, mine[k].asset, S("-"), p->end - 1, "verdict-missing", S(""), S("-"));
			}
			k += k < nmine && mine[k].asset == was[i].asset;
			r = compare_verdict(p, a, &was[i]);
		}
		for (; r == 0 && k < nmine && mine[k].asset <= last; k++) {
			differs(p, a, mine[k].asset, S("-"), p->end - 1, "verdict-missing", S(""), S("-"));
		}
		p->asset = last;
		*ret_over = last == UINT64_MAX;
	}
	arena_free(a);
	return r;
}

int replay_result(struct replay *p, struct arena *a)
{
	const struct store_change *c;
	int r;

	while ((r = replay_peek(p, &c)) == 0 && c != NULL) {	/* of entries that are not there */
		struct store_change x = take(p, a);

		differs(p, a, x.asset, x.measure, x.seq, "verdict-baseless", change_text(a, &x), S(""));
	}
	if (r != 0) {
		return r;
	}
	told(p, p->wrong != 0 ? VIEW_FAIL : p->unsure != 0 ? VIEW_UNKNOWN : VIEW_PASS, S(""), str_printf(a, SAY "%s" SAY "changes=%ju" SAY
		"assets=%ju" SAY "wrong=%ju" SAY "unsure=%ju", p->wrong != 0 ? "verdicts-wrong" : p->unsure != 0 ? "verdicts-unsure" :
		"verdicts-sound", (uintmax_t)p->changes, (uintmax_t)p->verdicts, (uintmax_t)p->wrong, (uintmax_t)p->unsure));
	return p->wrong == 0 ? 0 : ERR_INTEGRITY;
}
