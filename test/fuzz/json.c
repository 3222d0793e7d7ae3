/* Both readers say the same of any bytes; what is accepted has a canonical form that reads back as itself. */
#include "fuzz.h"

#include "base/json.h"

#include <string.h>

static bool same(const struct json *x, const struct json *y)
{
	bool eq = x->type == y->type;

	if (!eq || x->type == JSON_NULL) {
		return eq;
	}
	switch (x->type) {
	case JSON_STR:
		return str_eq(x->s, y->s) && str_utf8_ok(x->s, NULL);
	case JSON_ARR:
		eq = x->arr.n == y->arr.n;
		for (size_t i = 0; eq && i < x->arr.n; i++) {
			eq = same(&x->arr.p[i], &y->arr.p[i]);
		}
		return eq;
	case JSON_OBJ:
		eq = x->obj.n == y->obj.n;
		for (size_t i = 0; eq && i < x->obj.n; i++) {
			eq = str_eq(x->obj.p[i].key, y->obj.p[i].key) && same(&x->obj.p[i].v, &y->obj.p[i].v);
		}
		return eq;
	default:
		return x->type == JSON_BOOL ? x->b == y->b : memcmp(&x->i, &y->i, sizeof x->i) == 0;
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0), *full = arena_new(NULL, 1 + n * 8);
	const struct json *fast = NULL, *strict = NULL, *back = NULL;
	struct buf b = buf_new(a, 0);
	struct perr e;
	int r = json_parse(a, str_of(p, n), &fast, NULL);

	must(json_parse_strict(a, str_of(p, n), &strict, &e) == r);
	if (r != 0) {
		must(e.code == r && e.off <= n && e.line != 0 && e.col != 0 && e.text[0] != '\0');
	} else {
		must(same(fast, strict));
		json_canon(&b, fast);
		must(buf_done(&b) == 0 && json_parse(a, buf_view(&b), &back, NULL) == 0);
		must(json_is_canon(a, buf_view(&b), back) && json_is_canon(a, buf_view(&b), fast));
	}
	r = json_parse(full, str_of(p, n), &back, &e);
	must(r != 0 || same(back, fast));
	arena_free(full);
	arena_free(a);
	return 0;
}
