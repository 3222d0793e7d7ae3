/* Any bytes as a register: whatever coding it turns out to be, the text is UTF-8, every row ends, cells lie within, and headings and
 * cells of every field are read without harm. */
#include "fuzz.h"

#include "core/fact/register.h"
#include "proto/csv.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct perr err = { 0 };
	enum csv_coding coding;
	struct str text, *cells;
	struct csv c;
	size_t ncells, steps = 0;
	u32 line, before = 0;
	int r = csv_text(a, str_of(p, n), &text, &coding, &err);

	if (r != 0) {
		must(err.text[0] != '\0');
		arena_free(a);
		return 0;
	}
	must(str_utf8_ok(text, NULL) && coding <= CSV_CP932);
	c = csv_new(text);
	while ((r = csv_next(&c, a, &cells, &ncells, &line, &err)) != ERR_NOTFOUND) {
		must(++steps <= text.n + 1 && line > before);
		before = line;
		for (size_t i = 0; r == 0 && i < ncells; i++) {
			struct str out;
			int field = steps == 1 ? register_propose(a, cells[i]) : -1;	/* headings */

			must(cells[i].n <= CSV_CELL_MAX && str_utf8_ok(cells[i], NULL) && field < REGISTER_FIELDS);
			if (register_cell(a, (int)(i % REGISTER_FIELDS), cells[i], &out, NULL) == 0) {
				must(str_utf8_ok(out, NULL));
			}
		}
	}
	arena_free(a);
	return 0;
}
