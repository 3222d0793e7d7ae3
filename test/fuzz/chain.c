/* Any JSON as the act that joins a log to the one before it, and as what the store keeps of an earlier log: refused, or written again
 * it reads back as the same text. */
#include "fuzz.h"

#include "core/ledger/chain.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	const struct json *v, *w;
	struct chain_old old;
	struct chain c;
	struct str one;

	if (json_parse(a, str_of(p, n), &v, NULL) != 0) {
		arena_free(a);
		return 0;
	}
	if (chain_read(a, v, &c) == 0) {
		one = chain_write(a, &c);
		must(json_parse(a, one, &w, NULL) == 0 && chain_read(a, w, &c) == 0 && str_eq(chain_write(a, &c), one));
		(void)chain_epoch(c.origin);
	}
	if (chain_old_read(a, v, &old) == 0) {
		one = chain_old_write(a, &old);
		must(json_parse(a, one, &w, NULL) == 0 && chain_old_read(a, w, &old) == 0 && str_eq(chain_old_write(a, &old), one));
	}
	arena_free(a);
	return 0;
}
