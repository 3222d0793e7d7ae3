/* Texts of guidelines, measures and mappings, as a proof bundle brings them: pieces between NUL bytes, the first byte of each says what it
 * is, and whether today's lists of words hold for it. Refused whole with the place, or every control, measure and pair can be found by its name. */
#include "fuzz.h"

#include "core/catalog/guide.h"

/* What a person hands to `guide lint`: read and faulted, whatever it is. */
static void lint(struct arena *a, const struct catalog_source *src, size_t n)
{
	struct guide_faults f = { 0 };
	struct guide_doc d;
	struct perr err;

	if (guide_lint(a, src, NULL, n, &f, &err) == 0 && guide_read(a, src, n, S("fuzz"), &d, &err) == 0) {
		for (size_t i = 0; i < d.nitems; i++) {
			struct str rel, href;

			(void)guide_prop(&d, &d.items[i], "provenance");
			for (size_t k = 0; guide_link(&d.items[i], k, &rel, &href); k++) {
				(void)str_hex(a, href.p, href.n);
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	static const char *const kinds[] = { "guideline", "measures", "mapping" };
	struct arena *a = arena_new(NULL, 0);
	struct catalog_source src[8];
	struct str rest = str_of(p, n);
	struct perr err = { 0 };
	struct catalog c;
	size_t k = 0;

	while (rest.n > 0 && k < countof(src)) {
		struct str piece = str_cut(&rest, '\0');

		if (piece.n > 0) {
			src[k++] = (struct catalog_source){ .kind = str_z(kinds[(u8)piece.p[0] % countof(kinds)]), .name = S("fuzz"),
				.past = (u8)piece.p[0] / countof(kinds) % 2 == 0, .body = str_from(piece, 1) };
		}
	}
	lint(a, src, k);
	if (catalog_load(a, src, k, &c, &err) != 0) {
		must(err.text[0] != '\0');
		arena_free(a);
		return 0;
	}
	for (size_t i = 0; i < c.nmeasures; i++) {
		must(catalog_measure(&c, c.measures[i].id) != NULL);
	}
	for (size_t i = 0; i < c.npairs; i++) {
		const struct catalog_guideline *g = catalog_guideline(&c, c.pairs[i].guideline);

		must(g != NULL && catalog_control(g, c.pairs[i].control) != NULL);
	}
	arena_free(a);
	return 0;
}
