/* Text -> pointer, keeping the order in which keys came. Keys may be a stranger's: hashing is SipHash-1-3 under
 * a key drawn once per process, so nobody can make them collide. Keys are not copied. Zero is an empty map. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_item {
	struct str key;
	void *value;
};

struct map {
	struct map_item *items;	/* in order of arrival; walk items[0 .. n-1] */
	size_t n, cap;
	u32 *slots;		/* 1 + index into items, 0 = free */
	size_t nslots;
};

void *map_get(const struct map *m, struct str key);		/* NULL when absent */
/* The value slot of key, made (NULL) when absent; valid until the next map_put. *ret_new may be NULL. */
void **map_put(struct arena *a, struct map *m, struct str key, bool *ret_new);
u64 map_hash(struct str key);

#endif
