/* Any bytes as an export file, cut at a place the first byte names: the same lines come out, and what strict reading takes lenient
 * reading takes too. */
#include "fuzz.h"

#include "base/err.h"
#include "proto/lines.h"
#include "proto/runfile.h"

struct source {
	struct str first, rest;
	int n;
};

static int feed(void *ctx, struct str *ret)
{
	struct source *s = ctx;

	*ret = s->n == 0 && s->first.n != 0 ? s->first : s->n <= 1 ? s->rest : S("");
	s->n = s->n == 0 && s->first.n != 0 ? 1 : 2;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	size_t cut = n == 0 ? 0 : p[0] % (n + 1);
	struct source whole = { .rest = str_of(p, n) }, halves = { str_of(p, cut), str_of(p + cut, n - cut), 0 };
	struct lines x, y;
	struct str line, same;
	u8 one[32], two[32];
	int r;

	lines_init(&x, a, feed, &whole);
	lines_init(&y, a, feed, &halves);
	do {
		struct runfile_line l;
		struct perr err = { 0 };

		r = lines_next(&x, &line);
		must(lines_next(&y, &same) == r);
		if (r != 0) {
			continue;
		}
		must(str_eq(line, same));
		if (runfile_read(a, line, FACT_STRICT, &l, &err) == 0) {
			must(runfile_read(a, line, FACT_LENIENT, &l, NULL) == 0);
		} else {
			must(err.code != 0 && err.text[0] != '\0');
		}
	} while (r == 0 || r == ERR_LIMIT);
	must(r == ERR_NOTFOUND);
	lines_digest(&x.all, one);
	lines_digest(&y.all, two);
	must(str_eq(str_of(one, 32), str_of(two, 32)));
	arena_free(a);
	return 0;
}
