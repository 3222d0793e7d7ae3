#include "base/map.h"

#include <string.h>
#include <sys/random.h>

static u64 key0, key1;	/* drawn at the first hash; the same for the life of the process */

static u64 rotl(u64 v, int n)
{
	return v << n | v >> (64 - n);
}

static void round_of(u64 v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

u64 map_hash(struct str s)
{
	u64 v[4], m = (u64)s.n << 56;
	size_t i;

	if (key0 == 0) {
		must(getrandom(&key0, sizeof key0, 0) == (ssize_t)sizeof key0);
		must(getrandom(&key1, sizeof key1, 0) == (ssize_t)sizeof key1);
		key0 |= 1;
	}
	v[0] = key0 ^ 0x736f6d6570736575u;
	v[1] = key1 ^ 0x646f72616e646f6du;
	v[2] = key0 ^ 0x6c7967656e657261u;
	v[3] = key1 ^ 0x7465646279746573u;
	for (i = 0; i + 8 <= s.n; i += 8) {
		u64 w;

		memcpy(&w, s.p + i, 8);
		v[3] ^= w;
		round_of(v);
		v[0] ^= w;
	}
	for (size_t k = 0; i + k < s.n; k++) {
		m |= (u64)(u8)s.p[i + k] << (8 * k);
	}
	v[3] ^= m;
	round_of(v);
	v[0] ^= m;
	v[2] ^= 0xFF;
	round_of(v);
	round_of(v);
	round_of(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The slot that holds key, or the free one where it belongs. */
static size_t slot_of(const struct map *m, struct str key)
{
	size_t at = (size_t)map_hash(key) & (m->nslots - 1);

	while (m->slots[at] != 0 && !str_eq(m->items[m->slots[at] - 1].key, key)) {
		at = (at + 1) & (m->nslots - 1);
	}
	return at;
}

void *map_get(const struct map *m, struct str key)
{
	u32 slot = m->nslots == 0 ? 0 : m->slots[slot_of(m, key)];

	return slot == 0 ? NULL : m->items[slot - 1].value;
}

static void grow(struct arena *a, struct map *m)
{
	size_t cap = m->cap == 0 ? 8 : m->cap * 2;
	struct map_item *items = arena_alloc(a, cap * sizeof *items);

	must(cap < UINT32_MAX / 2);
	if (m->n != 0) {
		memcpy(items, m->items, m->n * sizeof *items);
	}
	m->items = items;
	m->cap = cap;
	m->nslots = cap * 2;
	m->slots = arena_alloc(a, m->nslots * sizeof *m->slots);
	for (size_t i = 0; i < m->n; i++) {
		m->slots[slot_of(m, items[i].key)] = (u32)i + 1;
	}
}

void **map_put(struct arena *a, struct map *m, struct str key, bool *ret_new)
{
	size_t at;
	bool is_new;

	if (m->n == m->cap) {
		grow(a, m);
	}
	at = slot_of(m, key);
	is_new = m->slots[at] == 0;
	if (is_new) {
		m->items[m->n] = (struct map_item){ .key = key };
		m->slots[at] = (u32)++m->n;
	}
	if (ret_new != NULL) {
		*ret_new = is_new;
	}
	return &m->items[m->slots[at] - 1].value;
}
