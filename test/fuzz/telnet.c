/* What a telnet server says: the first byte tells where it is cut in two, which must change nothing; prompts and first
 * bytes are looked for in the text, which must stay readable. */
#include "fuzz.h"

#include "proto/telnet.h"
#include "sense/probe/probe.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf text[2] = { buf_new(a, 0), buf_new(a, 0) }, reply[2] = { buf_new(a, 0), buf_new(a, 0) };
	struct telnet t[2] = { 0 };
	struct str all = str_of(p, n), clean;
	struct probe_found f;
	size_t cut = n == 0 ? 0 : p[0] % (n + 1), bad;

	telnet_read(&t[0], all, &text[0], &reply[0]);
	telnet_read(&t[1], str_sub(all, 0, cut), &text[1], &reply[1]);
	telnet_read(&t[1], str_from(all, cut), &text[1], &reply[1]);
	must(str_eq(buf_view(&text[0]), buf_view(&text[1])) && str_eq(buf_view(&reply[0]), buf_view(&reply[1])));
	must(t[0].at == t[1].at && t[0].options == t[1].options && t[0].answers <= TELNET_ANSWERS_MAX);
	must(text[0].n + 3 * (size_t)t[0].options <= n && reply[0].n == 3 * (size_t)t[0].answers);
	(void)telnet_prompt(buf_view(&text[0]));
	(void)probe_by_first_bytes(all, &f);
	clean = probe_readable(a, all, 100);
	must(clean.n <= 100 && str_utf8_ok(clean, &bad));
	arena_free(a);
	return 0;
}
