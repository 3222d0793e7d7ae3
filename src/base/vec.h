/* A growing array in an arena: `vec(struct thing) v = {0}; struct thing *t = vec_add(a, &v);`
 * vec_add returns a zeroed new element; pointers into v.p end with the next vec_add. Growth leaves the old array
 * to the arena, so an arena's limit bounds it (over the limit the process ends: count what strangers send first). */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define vec(T) struct { T *p; size_t n, cap; }
#define vec_add(a, v) \
	((v)->p = vec_grow((a), (v)->p, sizeof *(v)->p, (v)->n, &(v)->cap), &(v)->p[(v)->n++])

void *vec_grow(struct arena *a, void *p, size_t size, size_t n, size_t *cap);

#endif
