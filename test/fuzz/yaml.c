/* Any bytes: a tree that can be written as JSON and read back, or an error with its place. */
#include "fuzz.h"

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0), *full = arena_new(NULL, 1 + n * 8);
	const struct json *v = NULL, *back = NULL;
	struct buf b = buf_new(a, 0), c = buf_new(a, 0);
	struct perr e;
	int r = yaml_parse(a, str_of(p, n), &v, &e);

	if (r != 0) {
		must(v == NULL && e.code == r && e.off <= n && e.line != 0 && e.col != 0 && e.text[0] != '\0');
	} else {
		json_canon(&b, v);
		must(buf_done(&b) == 0 && json_parse(a, buf_view(&b), &back, NULL) == 0);
		json_canon(&c, back);
		must(str_eq(buf_view(&b), buf_view(&c)));
	}
	must(yaml_parse(full, str_of(p, n), &v, NULL) == 0 || arena_used(full) <= 1 + n * 8);
	arena_free(full);
	arena_free(a);
	return 0;
}
