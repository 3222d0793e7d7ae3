/* Hosts and devices of one scan: found by address in an open-addressing table under the process's SipHash key, which is
 * the key of the cookies too: who does not see the packets cannot make an answer. */
#include "sense/discover/sweep_int.h"

#include <string.h>

#include "base/map.h"

u64 host_secret(const struct ip_addr *addr)
{
	return map_hash(str_of(addr, sizeof *addr));
}

/* A mixer, not a hash: the secret is what a stranger does not have, and a host only ever sees cookies of its own. */
u32 host_cookie(u64 secret, u16 port, u16 sport)
{
	u64 x = secret ^ ((u64)port << 16 | sport);

	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	return (u32)(x >> 32);
}

static void grow(struct sweep *s)
{
	size_t n = s->nslots == 0 ? 256 : s->nslots * 2;

	s->slots = arena_alloc(s->a, n * sizeof *s->slots);
	s->nslots = n;
	for (size_t i = 0; i < s->hosts.n; i++) {
		size_t at = s->hosts.p[i].secret & (n - 1);
		bool first = true;

		for (; s->slots[at] != 0; at = (at + 1) & (n - 1)) {
			/* of a contested address only the first host is found by address */
			if (ip_addr_eq(&s->hosts.p[s->slots[at] - 1].addr, &s->hosts.p[i].addr)) {
				first = false;
				break;
			}
		}
		if (first) {
			s->slots[at] = (u32)i + 1;
		}
	}
}

struct host *host_find(struct sweep *s, const struct ip_addr *addr)
{
	if (s->nslots == 0) {
		return NULL;
	}
	for (size_t at = host_secret(addr) & (s->nslots - 1); s->slots[at] != 0; at = (at + 1) & (s->nslots - 1)) {
		struct host *h = &s->hosts.p[s->slots[at] - 1];

		if (ip_addr_eq(&h->addr, addr)) {
			return h;
		}
	}
	return NULL;
}

static u32 device_of(struct sweep *s, struct mac mac)
{
	void **slot = NULL;
	struct device *d;

	if (!mac_none(mac)) {
		bool fresh;

		slot = map_put(s->a, &s->by_mac, str_of(arena_copy(s->a, mac.b, 6), 6), &fresh);
		if (!fresh) {
			return (u32)(uintptr_t)*slot - 1;
		}
	}
	d = vec_add(s->a, &s->devices);
	d->mac = mac;
	d->pace.pps = s->cfg.limits.host_pps;
	if (slot != NULL) {
		*slot = (void *)(uintptr_t)s->devices.n;
	}
	return (u32)(s->devices.n - 1);
}

struct host *host_add(struct sweep *s, const struct ip_addr *addr, struct mac mac, bool direct)
{
	bool known = host_find(s, addr) != NULL;
	struct host *h;

	if ((s->hosts.n + 1) * 2 > s->nslots) {
		grow(s);
	}
	h = vec_add(s->a, &s->hosts);
	h->addr = *addr;
	h->secret = host_secret(addr);
	h->direct = direct;
	h->device = device_of(s, direct ? mac : (struct mac){ 0 });
	h->hop = mac;
	if (addr->v == 4) {
		s->devices.p[h->device].has4 = true;
	} else {
		s->devices.p[h->device].has6 = true;
	}
	if (!known) {
		size_t at = h->secret & (s->nslots - 1);

		while (s->slots[at] != 0) {
			at = (at + 1) & (s->nslots - 1);
		}
		s->slots[at] = (u32)s->hosts.n;
	}
	return h;
}

void host_begin_ports(struct sweep *s, struct host *h)
{
	size_t words = (s->nports + 63) / 64;

	h->a = arena_new(s->a, 0);
	h->lo = arena_alloc(h->a, words * sizeof *h->lo);
	h->hi = arena_alloc(h->a, words * sizeof *h->hi);
	h->undecided = s->nports;
}

u32 host_state(const struct host *h, u32 index)
{
	u64 lo = h->lo[index / 64] >> (index % 64) & 1, hi = h->hi[index / 64] >> (index % 64) & 1;

	return (u32)(hi << 1 | lo);	/* SCAN_NOT_ASKED 0, SCAN_CLOSED 1, SCAN_OPEN 2, SCAN_FILTERED 3 */
}

bool host_decide(struct sweep *s, struct host *h, u32 index, enum scan_state state)
{
	must(state >= SCAN_CLOSED && state <= SCAN_FILTERED);
	if (host_state(h, index) != SCAN_NOT_ASKED) {
		return false;
	}
	h->lo[index / 64] |= (u64)(state & 1) << (index % 64);
	h->hi[index / 64] |= (u64)(state >> 1) << (index % 64);
	h->undecided--;
	h->round_answers++;
	if (state == SCAN_OPEN) {
		h->open++;
		s->open_total++;
	}
	return true;
}

u32 host_undecided(const struct sweep *s, const struct host *h, u32 from)
{
	u32 words = (s->nports + 63) / 64;

	if (from >= s->nports) {
		return s->nports;
	}
	for (u32 w = from / 64; w < words; w++) {
		u64 free = ~(h->lo[w] | h->hi[w]);

		if (w == from / 64) {
			free &= ~(u64)0 << (from % 64);
		}
		if (free != 0) {
			u32 at = w * 64 + (u32)__builtin_ctzll(free);

			return at < s->nports ? at : s->nports;
		}
	}
	return s->nports;
}
