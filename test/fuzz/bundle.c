/* Bundles of any bytes: verified without a crash, an error names line and reason, and what the sink receives is whole.
 * Also the envelope reader: what it accepts is written again as the same bytes. */
#include "fuzz.h"

#include "base/limits.h"
#include "core/ledger/bundle.h"

#include <string.h>

struct source {
	const u8 *p;
	size_t n;
};

static int give(void *ctx, u8 *to, size_t n, size_t *ret)
{
	struct source *s = ctx;

	n = n < s->n ? n : s->n;
	n = n < 777 ? n : 777;
	if (n > 0) {
		memcpy(to, s->p, n);
	}
	s->p += n;
	s->n -= n;
	*ret = n;
	return 0;
}

static int take_part(void *ctx, u32 line, const struct bundle_part *p, struct perr *e)
{
	u64 *sum = ctx;

	(void)e;
	must(line > 3);
	for (size_t i = 0; i < p->bytes.n; i++) {
		*sum += (u8)p->bytes.p[i];
	}
	return 0;
}

static int take_entry(void *ctx, u32 line, u64 seq, const struct envelope *env, struct str bytes, struct perr *e)
{
	u64 *sum = ctx;

	(void)e;
	must(line > 2 && bytes.n <= LIMIT_ENVELOPE);
	*sum += seq + env->parts;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct source s = { .p = p, .n = n };
	u64 sum = 0;
	const struct bundle_sink sink = { .part = take_part, .entry = take_entry, .ctx = &sum };
	struct bundle_info info;
	struct envelope env;
	struct perr e;
	struct str again;
	int r = bundle_verify(a, give, &s, &sink, NULL, &info, &e);

	must(r == 0 ? info.lines >= 2 + info.nlogs && info.nlogs != 0 : e.code == r && e.line != 0 && e.text[0] != '\0');
	if (envelope_read(a, str_of(p, n), &env, &e) == 0) {
		must(envelope_write(a, &env, &again) == 0 && str_eq(again, str_of(p, n)));
	} else {
		must(e.code != 0 && e.text[0] != '\0');
	}
	arena_free(a);
	return 0;
}
