/* What else travels between roles or stands packed in the store (the first byte says what): chunks, orders and findings of an import,
 * rows of a register, packed verdicts. Refused, or written again they read back to the same bytes. */
#include "fuzz.h"

#include "core/fact/register.h"
#include "core/msg/chunk.h"
#include "core/msg/import.h"
#include "judge/sheet/judge.h"

/* False when refused. */
static bool again(struct arena *a, u8 which, struct str body, struct buf *b)
{
	struct rd rd = rd_of(body.p, body.n);
	struct import_ask ask;
	struct import_told told;
	struct register_row row;
	struct judge_verdict *v;
	struct chunk chunk;
	size_t n;

#define EITHER(read, write) do { if ((read) != 0) return false; write; return true; } while (0)
	switch (which % 5) {
	case 0: EITHER(import_ask_read(body, &ask), import_ask_write(b, &ask));
	case 1: EITHER(import_told_read(&rd, &told), import_told_write(b, &told));
	case 2: EITHER(register_read(&rd, &row), register_write(b, &row));
	case 3: EITHER(judge_verdicts_read(a, body, &v, &n), judge_verdicts_write(b, v, n));
	default:
		if (chunk_read(a, body, &chunk) != 0) {
			return false;
		}
		for (size_t i = 0; i < chunk.nitems; i++) {
			buf_str(b, chunk.items[i].head);
			buf_str(b, chunk.items[i].body);
		}
		must(buf_view(b).n <= body.n);
		return false;	/* nothing writes one whole */
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf one = buf_new(a, 0), two = buf_new(a, 0);

	if (n > 0 && again(a, p[0], str_of(p + 1, n - 1), &one)) {
		must(again(a, p[0], buf_view(&one), &two) && str_eq(buf_view(&one), buf_view(&two)));
	}
	arena_free(a);
	return 0;
}
