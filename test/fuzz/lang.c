/* Rules and filters from any bytes: no crash, a place for every error, and a rule that loads can be evaluated. */
#include "fuzz.h"

#include "core/lang/lang.h"

static bool nothing_known(void *ctx, u16 kind, u16 field, struct lang_value *ret, u16 *ret_why)
{
	(void)ctx, (void)kind, (void)field, (void)ret;
	*ret_why = WHY_NOT_COVERED;
	return false;
}

static void evaluate(const struct lang_expr *x)
{
	struct lang_row row = { .get = nothing_known, .now = 1 };

	if (x->root != LANG_NONE) {
		struct tri_res r = lang_eval(x, x->root, &row);

		must((r.v == TRI_UNKNOWN) == (r.why != 0));
		for (size_t i = 0; i < x->nnodes; i++) {
			must(lang_text(x, (u16)i).n <= x->text.n);
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	const struct lang_schema *schema = lang_schema_facts(a);
	const struct lang_expr *x;
	struct perr e;
	int r;

	if (lang_parse_rule(a, str_of(p, n), schema, &x, &e) == 0) {
		evaluate(x);
	} else {
		must(e.line >= 1 && e.col >= 1 && e.text[0] != 0);
	}
	for (size_t k = 0; k < schema->nkinds; k += 7) {
		r = lang_parse_filter(a, str_of(p, n), schema->kinds[k].fields, schema->kinds[k].nfields, &x, &e);
		if (r == 0) {
			evaluate(x);
		} else {
			must(e.line >= 1 && e.col >= 1 && e.text[0] != 0);
		}
	}
	arena_free(a);
	return 0;
}
