/* Any bytes as a proof bundle, checked whole: hashes, folding, judging again. It ends with a verdict on the file, and no row is given
 * unless it is sound. */
#include "fuzz.h"

#include <string.h>

#include "base/err.h"
#include "judge/proof/proof.h"

static size_t rows;

static int give(void *ctx, u8 *to, size_t n, size_t *ret)
{
	struct str *rest = ctx;
	struct str piece = str_sub(*rest, 0, n);

	if (piece.n > 0) {
		memcpy(to, piece.p, piece.n);
	}
	*rest = str_from(*rest, piece.n);
	*ret = piece.n;
	return 0;
}

static void row(void *ctx, const struct view_row *r)
{
	(void)ctx;
	must(r->view != NULL);
	rows++;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct str text = str_of(p, n);
	struct perr err = { 0 };
	size_t answers = 0;

	rows = 0;
	if (proof_check(a, give, &text, NULL, row, NULL, &answers, &err) != 0) {
		must(rows == 0 && err.text[0] != '\0');
	}
	arena_free(a);
	return 0;
}
