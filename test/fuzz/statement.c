/* Any JSON as an act of a proof's statement: refused, or written again it reads back as the same text. */
#include "fuzz.h"

#include "base/err.h"
#include "judge/proof/statement.h"

static bool again(struct arena *a, struct str text, struct buf *b)
{
	const struct json *act;
	struct statement s = { 0 };

	if (json_parse(a, text, &act, NULL) != 0 || statement_read(a, act, &s) != 0) {
		return false;
	}
	switch (s.type) {
	case STATEMENT_ASSET: statement_write_asset(b, &s.asset); return true;
	case STATEMENT_VERDICT: statement_write_verdict(b, &s.verdict); return true;
	case STATEMENT_CONTROL: statement_write_control(b, &s.control); return true;
	case STATEMENT_NONE: break;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf one = buf_new(a, 0), two = buf_new(a, 0);

	if (again(a, str_of(p, n), &one)) {
		must(again(a, buf_view(&one), &two) && str_eq(buf_view(&one), buf_view(&two)));
	}
	arena_free(a);
	return 0;
}
