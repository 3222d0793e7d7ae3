/* Texts that mean a value: addresses, MACs, ranges of ports, keys, kinds, names of assets. Refused, or canonical text is its own reading. */
#include "fuzz.h"

#include "core/fact/fact.h"
#include "core/fact/identity.h"
#include "core/fact/kind.h"
#include "core/fact/ranges.h"
#include "proto/ip.h"
#include "proto/link.h"

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

	(void)!ip_addr_parse(s, &ip);
	(void)!mac_parse(s, &mac);
	(void)!identity_parse(s, &asset);
	(void)!kind_parse(s, &text, &version);
	if (ranges_parse(a, s, false, &r) == 0) {
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
