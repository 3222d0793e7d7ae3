#include "base/vec.h"

#include <string.h>

void *vec_grow(struct arena *a, void *p, size_t size, size_t n, size_t *cap)
{
	size_t more, bytes;
	void *q;

	if (n < *cap) {
		return p;
	}
	more = *cap < 8 ? 8 : *cap * 2;
	must(!__builtin_mul_overflow(more, size, &bytes));
	if (n != 0 && arena_extend(a, p, *cap * size, bytes)) {
		memset((u8 *)p + *cap * size, 0, bytes - *cap * size);
		*cap = more;
		return p;
	}
	q = arena_alloc(a, bytes);
	if (n != 0) {
		memcpy(q, p, n * size);
	}
	*cap = more;
	return q;
}
