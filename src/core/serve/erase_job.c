/* An erasure as entries. What does not fit one entry is erased by several: the first of them records the whole list as the object
 * `erasing`, the last one folds the assets anew and removes it. Between them no state is right, so a core that was ended in between goes
 * on at its next start, before anybody is answered (erase_resume).
 *
 * The list, an object of the store: blob basis, blob by, u64 an asset of which nothing stays (0: none), u32 n and u64 each of the assets
 * that lose something, u32 n and each mark (u64 seq, u32 part, u8 glued); then, where there are more of the first kind, u32 n and u64 each. */
#include "core/serve/erase_int.h"

#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static int by_place(const void *x, const void *y)
{
	const struct erase_mark *a = x, *b = y;

	return a->at.seq != b->at.seq ? (a->at.seq < b->at.seq ? -1 : 1) :
		a->at.part != b->at.part ? (a->at.part < b->at.part ? -1 : 1) : 0;
}

static size_t digits(u64 n)
{
	size_t d = 1;

	for (; n >= 10; n /= 10) {
		d++;
	}
	return d;
}

/* Where the entry that begins with mark `at` ends: as many as an envelope holds, and no item cut apart. */
static size_t fits(const struct erase_job *j, size_t at)
{
	size_t left = LIMIT_ENVELOPE - 1024, to = at, whole = at;

	for (; to < j->marks.n; to++) {
		size_t size = digits(j->marks.p[to].at.seq) + digits(j->marks.p[to].at.part) + 4;

		if (!j->marks.p[to].glued) {
			whole = to;
		}
		if (size > left) {
			return whole;
		}
		left -= size;
	}
	return to;
}

static struct str job_body(struct arena *a, const struct erase_job *j)
{
	struct buf b = buf_new(a, 0);

	buf_blob(&b, j->basis);
	buf_blob(&b, j->by);
	buf_u64(&b, j->whole.n != 0 ? j->whole.p[0] : 0);
	buf_u32(&b, (u32)j->assets.n);
	for (size_t i = 0; i < j->assets.n; i++) {
		buf_u64(&b, j->assets.p[i]);
	}
	buf_u32(&b, (u32)j->marks.n);
	for (size_t i = 0; i < j->marks.n; i++) {
		buf_u64(&b, j->marks.p[i].at.seq);
		buf_u32(&b, j->marks.p[i].at.part);
		buf_u8(&b, j->marks.p[i].glued);
	}
	if (j->whole.n > 1) {
		buf_u32(&b, (u32)j->whole.n - 1);
		for (size_t i = 1; i < j->whole.n; i++) {
			buf_u64(&b, j->whole.p[i]);
		}
	}
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

int erase_read_job(struct arena *a, struct str body, struct erase_job *ret)
{
	struct rd rd = rd_str(body);
	struct erase_job j = { 0 };
	u32 n;
	u8 glued;
	u64 whole;
	int r;

	if ((r = rd_blob(&rd, &j.basis)) != 0 || (r = rd_blob(&rd, &j.by)) != 0 || (r = rd_u64(&rd, &whole)) != 0 ||
	    (r = rd_u32(&rd, &n)) != 0) {
		return r;
	}
	if (whole != 0) {
		*vec_add(a, &j.whole) = whole;
	}
	for (u32 i = 0; i < n; i++) {
		if ((r = rd_u64(&rd, vec_add(a, &j.assets))) != 0) {
			return r;
		}
	}
	if ((r = rd_u32(&rd, &n)) != 0) {
		return r;
	}
	for (u32 i = 0; i < n; i++) {
		struct erase_mark *m = vec_add(a, &j.marks);

		if ((r = rd_u64(&rd, &m->at.seq)) != 0 || (r = rd_u32(&rd, &m->at.part)) != 0 || (r = rd_u8(&rd, &glued)) != 0) {
			return r;
		}
		m->glued = glued != 0;
	}
	if (rd_left(&rd) != 0) {
		if ((r = rd_u32(&rd, &n)) != 0) {
			return r;
		}
		for (u32 i = 0; i < n; i++) {
			if ((r = rd_u64(&rd, vec_add(a, &j.whole))) != 0) {
				return r;
			}
		}
	}
	*ret = j;
	return rd_done(&rd);
}

/* Marks from `at` on become entries. `first` holds what the first of them brings beside the positions. */
static int run(struct serve *s, struct arena *a, const struct erase_job *j, const struct serve_draft *first, bool kept, u64 *ret_from, u64 *ret_to)
{
	struct store_part *parts = arena_alloc(a, j->marks.n * sizeof *parts + 1);
	struct store_object *objects = arena_alloc(a, (first->nobjects + 1) * sizeof *objects);
	struct serve_done done = { 0 };
	int r = 0;

	for (size_t i = 0; i < j->marks.n; i++) {
		parts[i] = j->marks.p[i].at;
	}
	if (first->nobjects != 0) {
		memcpy(objects, first->objects, first->nobjects * sizeof *objects);
	}
	for (size_t at = 0, to; r == 0 && at < j->marks.n; at = to) {
		struct serve_draft d = at == 0 ? *first : (struct serve_draft){ .by = j->by };

		to = fits(j, at);
		d.basis = j->basis;
		d.erase = parts + at;
		d.nerase = to - at;
		d.more = to < j->marks.n;
		d.objects = objects;
		if (d.more && !kept) {
			kept = true;
			objects[d.nobjects++] = (struct store_object){ .type = S("erasing"), .id = S("1"), .passing = true, .body = job_body(a, j) };
		} else if (!d.more && kept) {
			objects[d.nobjects++] = (struct store_object){ .type = S("erasing"), .id = S("1"), .passing = true, .remove = true };
		}
		if (!d.more) {
			d.refold = j->assets.p;
			d.nrefold = j->assets.n;
			d.forget_assets = j->whole.p;
			d.nforget_assets = j->whole.n;
		}
		if ((r = serve_commit(s, &d, &done)) == 0) {
			*ret_from = at == 0 ? done.seq : *ret_from;
			*ret_to = done.seq;
		}
	}
	return r;
}

int erase_resume(struct serve *s)
{
	struct arena *a = arena_new(s->a, 0);
	struct serve_draft first = { 0 };
	struct store_object o;
	struct erase_job j;
	size_t n = 0;
	u64 from, to, seq = UINT64_MAX;
	struct store_erased *rows = NULL;
	size_t nrows = 0, row = 0;
	int r = store_get_object(s->st, a, S("erasing"), S("1"), &o);

	if (r == 0 && (r = erase_read_job(a, o.body, &j)) != 0) {
		r = ERR_INTEGRITY;
	}
	for (size_t i = 0; r == 0 && i < j.marks.n; i++) {		/* both lists ascend */
		if (j.marks.p[i].at.seq != seq) {
			seq = j.marks.p[i].at.seq;
			row = 0;
			r = store_get_erased(s->st, a, seq, &rows, &nrows);
		}
		for (; r == 0 && row < nrows && rows[row].part < j.marks.p[i].at.part; row++) {
		}
		if (r == 0 && (row == nrows || rows[row].part != j.marks.p[i].at.part)) {
			j.marks.p[n++] = j.marks.p[i];
		}
	}
	if (r == 0) {
		j.marks.n = n;
		first.by = j.by;
		log_info("an erasure that was cut off goes on: %zu parts", n);
		r = run(s, a, &j, &first, true, &from, &to);
	}
	arena_free(a);
	return r == ERR_NOTFOUND ? 0 : r;
}

/* The act beside the positions: its words may name somebody, so they are a part of their own. */
static int put_words(struct arena *a, struct str why, struct serve_draft *d)
{
	static const struct str personal[] = { { "why", 3 } };
	struct item *it = arena_alloc(a, sizeof *it);
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	int r;

	jw_obj(&w);
	jw_kstr(&w, "do", S("erase"));
	if (why.n != 0) {
		jw_kstr(&w, "why", why);
	}
	jw_end(&w);
	*it = (struct item){ .type = ITEM_ACT, .personal = personal, .npersonal = why.n != 0 ? 1 : 0 };
	if ((r = buf_done(&b)) != 0 || (r = json_parse(a, buf_view(&b), &it->act, NULL)) != 0) {
		return r;
	}
	d->items = it;
	d->nitems = 1;
	return 0;
}

void erase_order(struct erase_job *j)
{
	size_t n = 0;

	if (j->marks.n != 0) {
		qsort(j->marks.p, j->marks.n, sizeof *j->marks.p, by_place);
	}
	for (size_t i = 0; i < j->marks.n; i++) {
		if (n == 0 || by_place(&j->marks.p[n - 1], &j->marks.p[i]) != 0) {
			j->marks.p[n++] = j->marks.p[i];
		}
	}
	j->marks.n = n;
}

bool erase_marked(const struct erase_job *j, u64 seq, u32 part)
{
	const struct erase_mark want = { .at = { seq, part } };

	return j->marks.n != 0 && bsearch(&want, j->marks.p, j->marks.n, sizeof want, by_place) != NULL;
}

int erase_commit(struct erase_want *w, struct str why, u64 *ret_from, u64 *ret_to)
{
	struct serve_draft d = { 0 };
	int r = put_words(w->a, why, &d);

	if (r == 0 && fits(&w->job, 0) < w->job.marks.n && (r = serve_know_caller(w->s)) == 0) {
		r = person_caller(w->s, w->a, &w->job.by);
	}
	d.by = w->job.by;
	d.objects = w->objects.p;
	d.nobjects = w->objects.n;
	for (size_t i = 0; i < w->forget.n; i++) {
		w->forget.p[i].seq = serve_size(w->s) - 1;
	}
	d.forget = w->forget.p;
	d.nforget = w->forget.n;
	return r != 0 ? r : run(w->s, w->a, &w->job, &d, false, ret_from, ret_to);
}
