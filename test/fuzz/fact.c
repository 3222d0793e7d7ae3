/* Any bytes as a fact and as a sighting: what strict reading accepts is what is written again; what lenient reading
 * accepts has a canonical form that strict reading accepts, with the same id; both can be folded, and split into parts
 * and put together again. */
#include "fuzz.h"

#include <string.h>

#include "core/fact/item.h"
#include "core/fact/state.h"

static void whole_way(struct arena *a, const struct fact *f, const struct seen *seen)
{
	struct item it = { .type = ITEM_FACT, .fact = *f, .seen = *seen }, back;
	struct buf one = buf_new(a, 0), two = buf_new(a, 0);
	struct state *st = state_new(a), *again;
	struct state_pos pos = { .seq = 1 };
	struct item_parts parts;

	must(item_parts(a, 7, &it, &parts) == 0 && item_from_parts(a, 7, parts.p, parts.n, &back, NULL) == 0);
	must(memcmp(fact_id(f).b, fact_id(&back.fact).b, 32) == 0);
	must(state_fold(st, f, seen, seen->at, pos, pos) == 0);
	state_encode(&one, st);
	must(state_decode(a, buf_view(&one), &again) == 0);
	must(state_fold(again, f, seen, seen->at, pos, pos) == 0);
	state_encode(&two, again);
	must(str_eq(buf_view(&one), buf_view(&two)));
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct seen seen = { .at = { .ms = 1700000000000 }, .qod = 90, .run = S("R") };
	struct buf b = buf_new(a, 0);
	struct errlist errs = { 0 };
	struct fact f, g;

	if (fact_parse(a, str_of(p, n), FACT_LENIENT, &f, &errs) == 0) {
		fact_write(&b, &f);
		must(buf_done(&b) == 0 && fact_parse(a, buf_view(&b), FACT_STRICT, &g, NULL) == 0);
		must(memcmp(fact_id(&f).b, fact_id(&g).b, 32) == 0);
		whole_way(a, &f, &seen);
	} else {
		must(errs.n > 0 && fact_parse(a, str_of(p, n), FACT_STRICT, &g, NULL) != 0);
	}
	if (fact_parse(a, str_of(p, n), FACT_STRICT, &g, NULL) == 0) {
		must(str_eq(buf_view(&b), str_of(p, n)));
	}
	if (seen_parse(a, str_of(p, n), FACT_STRICT, &seen, NULL) == 0) {
		buf_reset(&b);
		seen_write(&b, &seen);
		must(str_eq(buf_view(&b), str_of(p, n)));
	}
	arena_free(a);
	return 0;
}
