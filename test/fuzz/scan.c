/* Bodies of the messages of a scan (the first byte says which): refused, or written again they read back to the same bytes. */
#include "fuzz.h"

#include "proto/scan.h"

static bool progress(struct arena *a, struct str body, struct buf *b)
{
	struct scan_range *p;
	size_t n;
	struct str joined;

	if (scan_progress_read(a, body, &p, &n) != 0) {
		return false;
	}
	must(scan_progress_join(a, body, 0, &joined) == 0);
	for (size_t i = 0; i < n; i++) {
		scan_progress_add(b, &p[i]);
	}
	return true;
}

/* False when refused. */
static bool again(struct arena *a, u8 which, struct str body, struct buf *b)
{
	union {
		struct scan_start start;
		struct scan_status status;
		struct scan_begin begin;
		struct scan_found found;
		struct scan_looked looked;
		struct scan_talk talk;
		struct scan_port_map ports;
		struct scan_over over;
		struct scan_part part;
		struct scan_news news;
	} m;
	struct str bytes;
	u32 conv;

#define EITHER(read, write) do { if ((read) != 0) return false; write; return true; } while (0)
	switch (which % 12) {
	case 0: EITHER(scan_start_read(a, body, &m.start), scan_start_write(b, &m.start));
	case 1: EITHER(scan_status_read(body, &m.status), scan_status_write(b, &m.status));
	case 2: EITHER(scan_begin_read(body, &m.begin), scan_begin_write(b, &m.begin));
	case 3: EITHER(scan_found_read(body, &m.found), scan_found_write(b, &m.found));
	case 4: EITHER(scan_looked_read(body, &m.looked), scan_looked_write(b, &m.looked));
	case 5: EITHER(scan_talk_read(body, &m.talk), scan_talk_write(b, &m.talk));
	case 6: EITHER(scan_tx_read(body, &conv, &bytes), scan_tx_write(b, conv, bytes));
	case 7: EITHER(scan_port_map_read(a, body, &m.ports), scan_port_map_write(b, &m.ports));
	case 8: EITHER(scan_over_read(body, &m.over), scan_over_write(b, &m.over));
	case 10: EITHER(scan_part_read(a, body, &m.part), scan_part_write(b, &m.part));
	case 11: EITHER(scan_news_read(body, &m.news), scan_news_write(b, &m.news));
	default: return progress(a, body, b);
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
