/* What time alone changes. The expiry queue names for each asset the moment at which its answers, or the row that lists it, must be
 * looked at again; here that is done without anyone asking. Nothing of it is in the log: verdicts, changes and rows are views, and the
 * same facts with the same `now` give them again. */
#include "core/serve/serve_int.h"

#include "base/log.h"

#include <unistd.h>

#define AT_ONCE 200			/* assets in one transaction, so that requests are not kept waiting */
#define RETRY_MS ((i64)3600 * SECOND_MS)
#define FOREVER_MS ((i64)253402300799999)

/* One transaction of views for these assets. */
static int judge_again(struct serve *s, const struct store_expiry *due, size_t n)
{
	struct arena *a = arena_new(s->a, 0);
	struct fold *f = fold_new(a, s, serve_now(s));
	struct serve_draft none = { 0 };
	struct store_batch b = { 0 };
	int r = texts_sign(s, a, &none);

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = fold_look(f, due[i].asset);
	}
	if (r == 0) {
		texts_put(s, &b);
		r = fold_finish(f, 0, s->head.size, S(""), &b);
	}
	if (r == 0) {
		r = store_commit(s->st, &b, NULL);
	}
	if (r != 0 && store_is_dead(s->st)) {
		log_error("the outcome of a COMMIT is not known (%s); ending, the next start finds out", store_why(s->st));
		_exit(1);
	}
	arena_free(a);
	return r;
}

/* An asset that cannot be judged must not keep those behind it from being judged. */
static int put_off(struct serve *s, u64 asset, int why)
{
	struct store_expiry later = { .asset = asset, .at = { serve_now(s).ms + RETRY_MS } };

	log_error("AST-%ju cannot be judged again: %s; next try in an hour", (uintmax_t)asset, err_text(why));
	return store_commit(s->st, &(struct store_batch){ .expiry = &later, .nexpiry = 1 }, NULL);
}

int serve_due(struct serve *s)
{
	struct arena *a;
	struct store_expiry *due;
	size_t n;
	int r;

	if (s->due_known && (s->due.ms == 0 || s->due.ms > serve_now(s).ms)) {
		return 0;
	}
	a = arena_new(s->a, 0);
	r = store_due(s->st, a, serve_now(s), AT_ONCE, &due, &n);
	if (r == 0 && n > 0 && judge_again(s, due, n) != 0) {
		for (size_t i = 0; r == 0 && i < n; i++) {
			int bad = judge_again(s, &due[i], 1);

			r = bad == 0 ? 0 : put_off(s, due[i].asset, bad);
		}
	}
	if (r == 0 && (r = store_due(s->st, a, (struct utc){ FOREVER_MS }, 1, &due, &n)) == 0) {
		s->due = n == 0 ? (struct utc){ 0 } : due[0].at;
		s->due_known = true;
	}
	if (r != 0) {
		log_error("the queue of what expires: %s", store_why(s->st));
		s->due = (struct utc){ serve_now(s).ms + RETRY_MS };
		s->due_known = true;
	}
	arena_free(a);
	return r;
}
