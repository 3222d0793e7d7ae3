/* Texts that mean a value: addresses, MACs, ranges of ports, keys, kinds, names of assets. Refused, or canonical text is its own reading. */
#include "fuzz.h"

#include "core/fact/fact.h"
#include "core/fact/identity.h"
#include "core/fact/kind.h"
#include "core/fact/ranges.h"
#include "proto/ip.h"
#include "proto/link.h"

/* What holds of any set of ports and its two halves. */
static void operate(struct arena *a, struct ranges r)
{
	struct ranges low = ranges_both(a, r, ranges_one(a, 0, 1023)), high = ranges_minus(a, r, low), again;
	u16 ports[] = { 7, 7 };

	must(ranges_eq(ranges_union(a, low, high), r) && ranges_both(a, low, high).n == 0);
	must(ranges_contains(r, low) && ranges_contains(r, high) && ranges_count(low) + ranges_count(high) == ranges_count(r));
	must(ranges_has(r, 7) == ranges_contains(r, ranges_of_ports(a, ports, countof(ports))));
	if (r.n > 0) {
		must(ranges_parse(a, ranges_text(a, r), true, &again) == 0 && ranges_eq(r, again));
	}
}

/* The network an address lies in begins and ends with addresses that lie in it, and text reads back. */
static void addresses(const struct ip_addr *ip, u8 bits)
{
	struct ip_addr first = *ip, last = *ip, next, again;
	char to[IP_TEXT];

	must(ip_addr_parse(ip_addr_text(ip, to), &again) == 0 && ip_addr_eq(ip, &again));
	bits = (u8)(bits % (ip_addr_len(ip) * 8 + 1));
	ip_addr_first(&first, bits);
	ip_addr_last(&last, bits);
	must(ip_addr_cmp(&first, ip) <= 0 && ip_addr_cmp(ip, &last) <= 0);
	must(ip_addr_in(&first, ip, bits) && ip_addr_in(&last, &first, bits));
	next = last;
	must(!ip_addr_add(&next, 1) || (ip_addr_cmp(&last, &next) < 0 && !ip_addr_in(&next, ip, bits)));
	must(!ip_addr_link_local(ip) || !ip_addr_special(ip));
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct str s = str_of(p, n), text, twice;
	struct ip_addr ip;
	struct mac mac;
	struct ranges r;
	struct fact_key key;
	u32 version;
	u64 asset;

	if (ip_addr_parse(s, &ip) == 0) {
		addresses(&ip, (u8)(n * 9));
	}
	if (mac_parse(s, &mac) == 0) {
		char to[MAC_TEXT];
		struct mac again;

		must(mac_parse(mac_text(mac, to), &again) == 0 && mac_eq(mac, again));
		must(mac_single(mac) + mac_none(mac) + (mac.b[0] & 1) == 1);
	}
	(void)!identity_parse(s, &asset);
	(void)!kind_parse(s, &text, &version);
	if (ranges_parse(a, s, false, &r) == 0) {
		operate(a, r);
		for (size_t i = 0; i < r.n; i++) {
			must(r.p[i].lo <= r.p[i].hi && (i == 0 || r.p[i - 1].hi < r.p[i].lo));
		}
	}
	if (fact_addr(a, s, &text) == 0) {
		must(fact_addr_canonical(text) && fact_addr_family(text) != 0);
		must(fact_addr(a, text, &twice) == 0 && str_eq(text, twice));
	}
	if (fact_mac(a, s, &text) == 0) {
		must(fact_mac_canonical(text) && fact_mac(a, text, &twice) == 0 && str_eq(text, twice));
	}
	if (fact_key_parse(s, &key) == 0) {
		must(fact_key_type_name(key.type) != NULL && key.value.n < n);
	}
	arena_free(a);
	return 0;
}
