/* Any bytes as the packed body of a group of items, as the store gives it back: refused, or packed again it is the same bytes; items
 * read from it can be written, and parts can be forgotten. The first byte says how many items, the second which part goes. */
#include "fuzz.h"

#include "core/serve/serve_int.h"

#define ITEMS_MAX 8

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_items g = { .seq = 7, .first = 3, .n = n > 0 ? p[0] % ITEMS_MAX : 0 }, left;
	struct store_part erase = { .seq = 7, .part = n > 1 ? p[1] : 0 };
	struct buf b = buf_new(a, 0);
	struct item items[ITEMS_MAX];
	struct item_parts parts;
	struct packed packed;
	struct rd rd;
	u32 i;

	if (n < 2) {
		arena_free(a);
		return 0;
	}
	g.body = str_of(p + 2, n - 2);
	rd = rd_str(g.body);
	for (i = 0; i < g.n && unpack_item(a, &rd, &packed) == 0; i++) {
		pack_item(&b, &packed);
	}
	must(str_eq(buf_view(&b), str_sub(g.body, 0, b.n)));
	if (items_read(a, &g, items) == 0) {
		must(i == g.n && b.n == g.body.n);
		for (i = 0; i < g.n; i++) {
			(void)!item_parts(a, g.first + i, &items[i], &parts);
		}
	}
	if (items_forget(a, &g, &erase, 1, &left) == 0) {
		must(left.body.n <= g.body.n);
	}
	arena_free(a);
	return 0;
}
