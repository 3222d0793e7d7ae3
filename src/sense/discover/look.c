/* Which addresses are there, and whose are they.
 *
 * Three rounds of asking, each `tries` times for what has not answered: (0) the gateway, (1) every target: ARP on the link, echo
 * and four SYNs behind the gateway, one echo to ff02::1 from each of our IPv6 addresses, (2) for every device that answered: the
 * link-local address its MAC would make, and its interface identifiers under each of our prefixes, by solicitation.
 * What multicast brings is admitted when a target range holds it or its MAC is that of an admitted device: the other
 * family of a device in scope is in scope.
 * Dangers: answers are strangers' claims. An ARP or NDP answer must come from the MAC it names; two MACs for one address make
 * it contested, and it is reported so and not talked to. */
#include "sense/discover/sweep_int.h"

#include <string.h>

#include "base/err.h"

static const u16 far_ports[] = { 22, 23, 80, 443 };
static const u16 connect_ports[] = { 23, 80, 22, 443 };

bool look_onlink(const struct sweep *s, const struct ip_addr *addr)
{
	if (s->cfg.how == SCAN_CONNECT) {
		return false;
	}
	for (size_t i = 0; i < s->cfg.nown; i++) {
		if (ip_addr_in(addr, &s->cfg.own[i].addr, s->cfg.own[i].bits)) {
			return true;
		}
	}
	return false;
}

static bool in_ranges(const struct scan_range *p, size_t n, const struct ip_addr *addr)
{
	for (size_t i = 0; i < n; i++) {
		if (addr->v == p[i].first.v && ip_addr_cmp(&p[i].first, addr) <= 0 && ip_addr_cmp(addr, &p[i].last) <= 0) {
			return true;
		}
	}
	return false;
}

static bool own(const struct sweep *s, const struct ip_addr *addr)
{
	for (size_t i = 0; i < s->cfg.nown; i++) {
		if (ip_addr_eq(addr, &s->cfg.own[i].addr)) {
			return s->cfg.how == SCAN_RAW;	/* connect() may well ask ourselves */
		}
	}
	return false;
}

static bool barred(const struct sweep *s, const struct ip_addr *addr)
{
	return ip_addr_special(addr) || own(s, addr) || in_ranges(s->cfg.excludes, s->cfg.nexcludes, addr);
}

bool look_admitted(const struct sweep *s, const struct ip_addr *addr)
{
	return !barred(s, addr) && in_ranges(s->cfg.targets, s->cfg.ntargets, addr);
}

/* The first and last address of an IPv4 network are no device's (but /31 and /32 have no such). */
static bool net_edge(const struct sweep *s, const struct ip_addr *addr)
{
	for (size_t i = 0; i < s->cfg.nown; i++) {
		struct ip_addr first = *addr, last = *addr;
		u8 bits = s->cfg.own[i].bits;

		if (addr->v != 4 || bits >= 31 || !ip_addr_in(addr, &s->cfg.own[i].addr, bits)) {
			continue;
		}
		ip_addr_first(&first, bits);
		ip_addr_last(&last, bits);
		if (ip_addr_eq(&first, addr) || ip_addr_eq(&last, addr)) {
			return true;
		}
	}
	return false;
}

struct ip_addr look_from(const struct sweep *s, const struct ip_addr *dst)
{
	struct ip_addr any = { 0 };

	for (size_t i = 0; i < s->cfg.nown; i++) {
		const struct scan_prefix *p = &s->cfg.own[i];

		if (p->addr.v != dst->v) {
			continue;
		}
		if (ip_addr_in(dst, &p->addr, p->bits)) {
			return p->addr;
		}
		if (any.v == 0 || ip_addr_link_local(&any)) {
			any = p->addr;
		}
	}
	return any;
}

/* --- what goes out ---- */

static void put_arp(struct sweep *s, const struct ip_addr *addr)
{
	const struct mac all = { .b = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	u8 *f = wire_frame(&s->wire);
	size_t n = eth_write(f, all, s->cfg.own_mac, ETH_ARP);

	n += arp_write(f + n, &(struct arp){ .op = ARP_REQUEST, .sender_mac = s->cfg.own_mac,
		.sender = look_from(s, addr), .target = *addr });
	wire_add(&s->wire, n);
}

static void put_icmp6(struct sweep *s, const struct ip_addr *from, const struct ip_addr *to, struct mac hop,
	const struct ip_addr *solicit)
{
	u8 *f = wire_frame(&s->wire);
	size_t n = eth_write(f, hop, s->cfg.own_mac, ETH_IP6);
	u16 len = solicit != NULL ? NDP_SOLICIT_SIZE : ICMP_ECHO_SIZE;

	n += ip_write(f + n, from, to, IP_ICMP6, 255, 0, len);
	n += solicit != NULL ? ndp_write_solicit(f + n, from, to, solicit, s->cfg.own_mac) :
		icmp_write_echo(f + n, from, to, s->base, (u16)s->look_try, host_secret(to));
	wire_add(&s->wire, n);
}

static void put_solicit(struct sweep *s, const struct ip_addr *addr)
{
	struct ip_addr from = look_from(s, addr), group = ndp_group(addr);

	if (from.v != 0) {
		put_icmp6(s, &from, &group, mac_of_group6(&group), addr);
	}
}

static void put_echo(struct sweep *s, const struct ip_addr *to, struct mac hop)
{
	struct ip_addr from = look_from(s, to);

	if (from.v == 6) {
		put_icmp6(s, &from, to, hop, NULL);
	} else if (from.v == 4) {
		u8 *f = wire_frame(&s->wire);
		size_t n = eth_write(f, hop, s->cfg.own_mac, ETH_IP4);

		n += ip_write(f + n, &from, to, IP_ICMP, 64, 0, ICMP_ECHO_SIZE);
		n += icmp_write_echo(f + n, &from, to, s->base, (u16)s->look_try, host_secret(to));
		wire_add(&s->wire, n);
	}
}

static void put_multicast(struct sweep *s)
{
	const struct ip_addr all = { .v = 6, .b = { 0xff, 2, [15] = 1 } };

	for (size_t i = 0; i < s->cfg.nown; i++) {
		if (s->cfg.own[i].addr.v == 6) {
			put_icmp6(s, &s->cfg.own[i].addr, &all, mac_of_group6(&all), NULL);
			s->look_by |= SCAN_BY_MULTICAST;
		}
	}
}

static struct mac gateway_of(const struct sweep *s, const struct ip_addr *addr)
{
	return addr->v == 4 ? s->gateway4_mac : s->gateway6_mac;
}

static void put_ask(struct sweep *s, const struct ask *k)
{
	struct mac hop = gateway_of(s, &k->addr);
	struct ip_addr from;

	if (!k->far) {
		if (k->addr.v == 4) {
			put_arp(s, &k->addr);
			s->look_by |= SCAN_BY_ARP;
		} else {
			put_solicit(s, &k->addr);
			s->look_by |= SCAN_BY_NDP;
		}
		return;
	}
	from = look_from(s, &k->addr);
	put_echo(s, &k->addr, hop);
	for (size_t i = 0; i < countof(far_ports) && from.v != 0; i++) {
		ports_put_syn(s, &from, &k->addr, hop, host_secret(&k->addr), far_ports[i], s->base);
	}
	s->look_by |= SCAN_BY_ECHO | SCAN_BY_TCP;
}

void look_ping(struct sweep *s, struct host *h)
{
	if (h->direct && h->addr.v == 4) {
		put_arp(s, &h->addr);
	} else if (h->direct) {
		put_solicit(s, &h->addr);
	} else {
		put_echo(s, &h->addr, h->hop);
		for (size_t i = 0; i < countof(far_ports); i++) {
			ports_put_syn(s, &h->from, &h->addr, h->hop, h->secret, far_ports[i], s->base);
		}
	}
}

/* --- what comes back ---- */

static void add_host(struct sweep *s, const struct heard *k, bool direct)
{
	struct host *h = host_find(s, &k->addr);
	bool contested = false;

	if (h != NULL && (!direct || mac_eq(h->hop, k->mac))) {
		h->by |= k->by;
		h->heard = s->now;
		return;
	}
	for (size_t i = 0; h != NULL && h->contested && i < s->hosts.n; i++) {
		if (ip_addr_eq(&s->hosts.p[i].addr, &k->addr) && mac_eq(s->hosts.p[i].hop, k->mac)) {
			return;
		}
	}
	/* after NET_LOOKED the addresses of a device are settled; a second claimant then only spoils the first */
	if (h != NULL) {
		h->contested = true;
		contested = true;
	}
	if (s->phase != SCAN_LOOK) {
		return;
	}
	h = host_add(s, &k->addr, k->mac, direct);
	h->by = k->by;
	h->found = k->at;
	h->heard = s->now;
	h->contested = contested;
	h->from = look_from(s, &k->addr);
	h->vantage = direct ? 1 : s->cfg.how == SCAN_CONNECT && s->cfg.vantage != 0 ? s->cfg.vantage : 2;
	h->skip = in_ranges(s->skip, s->nskip, &k->addr);
}

static bool device_known(const struct sweep *s, struct mac mac)
{
	return map_get(&s->by_mac, str_of(mac.b, 6)) != NULL;
}

static bool gateway_heard(struct sweep *s, const struct ip_addr *addr, struct mac mac)
{
	bool v4 = ip_addr_eq(addr, &s->cfg.gateway4);
	struct mac *mine = v4 ? &s->gateway4_mac : &s->gateway6_mac;

	if (addr->v == 0 || (!v4 && !ip_addr_eq(addr, &s->cfg.gateway6))) {
		return false;
	}
	if (!mac_none(s->cfg.gateway_mac) && (v4 || s->cfg.gateway4.v == 0) && !mac_eq(mac, s->cfg.gateway_mac)) {
		char got[MAC_TEXT], want[MAC_TEXT];

		(void)mac_text(mac, got);
		(void)mac_text(s->cfg.gateway_mac, want);
		sweep_fail(s, ERR_REFUSED, "the gateway answers from %s, recorded is %s: this is another network", got, want);
	} else if (mac_none(*mine)) {
		*mine = mac;
	}
	return true;
}

void look_heard(struct sweep *s, const struct ip_addr *addr, struct mac mac, enum scan_by by)
{
	const struct heard k = { .addr = *addr, .mac = mac, .by = (u8)by, .at = utc_now() };
	bool direct = by == SCAN_BY_ARP || by == SCAN_BY_NDP || by == SCAN_BY_MULTICAST;
	struct host *h;

	if ((direct && !mac_single(mac)) || (gateway_heard(s, addr, mac) && s->phase == SCAN_GATEWAY)) {
		return;
	}
	if (s->phase != SCAN_LOOK) {
		h = host_find(s, addr);
		if (h != NULL && h->direct == direct) {
			add_host(s, &k, direct);
		}
		return;
	}
	/* echo and TCP answers count for what lies behind the gateway; on the link only its own ARP or NDP answer shows whose it is */
	if (!direct) {
		if (look_admitted(s, addr) && !look_onlink(s, addr)) {
			struct heard far = k;

			far.mac = s->cfg.how == SCAN_CONNECT ? (struct mac){ 0 } : gateway_of(s, addr);
			add_host(s, &far, false);
		}
	} else if (look_admitted(s, addr) || (addr->v == 6 && !barred(s, addr) && device_known(s, mac))) {
		add_host(s, &k, true);
	} else if (addr->v == 6 && !barred(s, addr) && s->heard.n < SWEEP_ASKS_MAX) {
		*vec_add(s->a, &s->heard) = k;
	}
}

/* Whose MAC is that of an admitted device after all. */
static void admit_heard(struct sweep *s)
{
	for (size_t i = 0; i < s->heard.n; i++) {
		if (device_known(s, s->heard.p[i].mac)) {
			add_host(s, &s->heard.p[i], true);
		}
	}
	s->heard.n = 0;
}

/* --- the rounds ---- */

static int ask_range(struct sweep *s, const struct scan_range *g)
{
	struct ip_addr at = g->first;

	if (g->first.v == 6 && (memcmp(g->first.b, g->last.b, 14) != 0)) {
		return 0;	/* too wide to walk: admits what multicast finds */
	}
	for (;; ) {
		bool far = !look_onlink(s, &at);

		if (!barred(s, &at) && !net_edge(s, &at)) {
			if (s->asks.n == SWEEP_ASKS_MAX) {
				sweep_fail(s, ERR_LIMIT, "more than %zu target addresses", SWEEP_ASKS_MAX);
				return ERR_LIMIT;
			}
			if (far && s->cfg.how == SCAN_RAW && mac_none(gateway_of(s, &at))) {
				char text[IP_TEXT];

				(void)ip_addr_text(&at, text);
				sweep_fail(s, ERR_ARG, "%s lies behind a gateway, and none is known or answers", text);
				return ERR_ARG;
			}
			*vec_add(s->a, &s->asks) = (struct ask){ .addr = at, .far = far };
		}
		if (ip_addr_eq(&at, &g->last) || !ip_addr_add(&at, 1)) {
			return 0;
		}
	}
}

/* Is every address of our IPv4 networks a target? Then what did not answer ARP is not there. */
static bool whole4(const struct sweep *s)
{
	bool any = false;

	for (size_t i = 0; i < s->cfg.nown; i++) {
		const struct scan_prefix *p = &s->cfg.own[i];
		struct ip_addr at = p->addr, last = p->addr;

		if (p->addr.v != 4) {
			continue;
		}
		if (p->bits < 16) {
			return false;
		}
		any = true;
		ip_addr_first(&at, p->bits);
		ip_addr_last(&last, p->bits);
		for (;;) {
			if (!own(s, &at) && !net_edge(s, &at) && !look_admitted(s, &at)) {
				return false;
			}
			if (ip_addr_eq(&at, &last)) {
				break;
			}
			(void)ip_addr_add(&at, 1);
		}
	}
	return any;
}

static void round_begin(struct sweep *s, u32 step)
{
	s->look_step = step;
	s->look_try = 0;
	s->ask_cursor = 0;
	s->look_sent = false;
	if (step > 0) {
		s->asks.n = 0;
	}
}

static void ask_gateways(struct sweep *s)
{
	const struct ip_addr *const gw[] = { &s->cfg.gateway4, &s->cfg.gateway6 };

	for (size_t i = 0; i < countof(gw); i++) {
		if (gw[i]->v != 0) {
			*vec_add(s->a, &s->asks) = (struct ask){ .addr = *gw[i] };
		}
	}
}

int look_begin(struct sweep *s)
{
	bool excludes6 = false;

	for (size_t i = 0; i < s->cfg.nexcludes; i++) {
		excludes6 |= s->cfg.excludes[i].first.v == 6;
	}
	for (size_t i = 0; i < s->cfg.nown; i++) {
		if (s->cfg.own[i].addr.v == 6 && ip_addr_link_local(&s->cfg.own[i].addr)) {
			s->own_ll = s->cfg.own[i].addr;
		}
	}
	s->whole4 = s->cfg.how == SCAN_RAW && whole4(s);
	s->whole6 = s->cfg.how == SCAN_RAW && s->own_ll.v != 0 && !excludes6;
	round_begin(s, 0);
	s->phase = SCAN_GATEWAY;
	if (s->cfg.how == SCAN_RAW) {
		ask_gateways(s);
	}
	return 0;
}

static bool answered(struct sweep *s, const struct ask *k)
{
	if (s->phase == SCAN_GATEWAY) {
		return !mac_none(gateway_of(s, &k->addr));
	}
	return host_find(s, &k->addr) != NULL;
}

/* Round 2: where else could the devices found be? */
static void ask_more(struct sweep *s)
{
	size_t n = s->hosts.n;

	for (size_t i = 0; i < n && s->own_ll.v != 0; i++) {
		const struct host *h = &s->hosts.p[i];
		struct ip_addr ll;

		if (!h->direct || s->asks.n + s->cfg.nown + 1 > SWEEP_ASKS_MAX) {
			continue;
		}
		ll = h->addr.v == 6 ? h->addr : mac_link_local(h->hop);
		if (h->addr.v == 4) {
			*vec_add(s->a, &s->asks) = (struct ask){ .addr = ll };
		}
		for (size_t k = 0; k < s->cfg.nown; k++) {
			struct ip_addr guess = s->cfg.own[k].addr;

			if (guess.v == 6 && s->cfg.own[k].bits == 64) {
				memcpy(guess.b + 8, ll.b + 8, 8);
				*vec_add(s->a, &s->asks) = (struct ask){ .addr = guess };
			}
		}
	}
}

static void tell_hosts(struct sweep *s)
{
	struct buf b = buf_new(s->a, 0);

	for (; s->told < s->hosts.n && sweep_room(s); s->told++) {
		const struct host *h = &s->hosts.p[s->told];

		buf_reset(&b);
		scan_found_write(&b, &(struct scan_found){ .host = s->told, .device = h->device, .vantage = h->vantage,
			.by = h->by, .contested = h->contested, .mac = s->devices.p[h->device].mac, .addr = h->addr,
			.at = h->found });
		sweep_put(s, MSGS_NET_FOUND, &b);
	}
	if (s->told < s->hosts.n || !sweep_room(s)) {
		sweep_due(s, s->now + NS_MS);	/* the channel is full: come back soon */
		return;
	}
	buf_reset(&b);
	scan_looked_write(&b, &(struct scan_looked){ .at = utc_now(), .whole4 = s->whole4, .whole6 = s->whole6,
		.by = s->look_by, .tries = s->cfg.limits.tries });
	sweep_put(s, MSGS_NET_LOOKED, &b);
	ports_begin(s);
}

static void round_end(struct sweep *s)
{
	if (s->phase == SCAN_GATEWAY) {
		for (size_t i = 0; i < s->asks.n && !mac_none(s->cfg.gateway_mac); i++) {
			if (!answered(s, &s->asks.p[i]) && (s->asks.p[i].addr.v == 4 || s->cfg.gateway4.v == 0)) {
				char text[IP_TEXT];

				(void)ip_addr_text(&s->asks.p[i].addr, text);
				sweep_fail(s, ERR_TIMEOUT, "the gateway %s does not answer", text);
				return;
			}
		}
		s->phase = SCAN_LOOK;
		round_begin(s, 1);
		for (size_t i = 0; i < s->cfg.ntargets; i++) {
			if (ask_range(s, &s->cfg.targets[i]) != 0) {
				return;
			}
		}
		return;
	}
	admit_heard(s);
	if (s->look_step == 1) {
		round_begin(s, 2);
		ask_more(s);
		if (s->asks.n > 0) {
			return;
		}
	}
	s->look_step = 3;
}

void look_connect_result(struct sweep *s, u32 ask, bool there)
{
	if (there && s->phase == SCAN_LOOK && ask < s->asks.n) {
		look_heard(s, &s->asks.p[ask].addr, (struct mac){ 0 }, SCAN_BY_TCP);
	}
}

/* One ask of a connect scan: a connection to each of a few ports. false: no socket free now. */
static bool connect_ask(struct sweep *s, u32 i)
{
	if (s->ntrials + countof(connect_ports) > s->trials_max) {
		return false;
	}
	for (size_t k = 0; k < countof(connect_ports); k++) {
		(void)reach_try(s, &s->asks.p[i].addr, connect_ports[k], UINT32_MAX, i);
		s->wire.sent++;
	}
	s->look_by |= SCAN_BY_TCP;
	return true;
}

static bool all_answered(struct sweep *s)
{
	for (size_t i = 0; i < s->asks.n; i++) {
		if (!answered(s, &s->asks.p[i])) {
			return false;
		}
	}
	/* who answers ff02::1 is not known beforehand: that round always waits */
	return s->look_step != 1 || s->own_ll.v == 0 || s->cfg.how == SCAN_CONNECT;
}

static void send_asks(struct sweep *s)
{
	u32 room = pace_room(&s->pace, s->now);

	if (s->ask_cursor == 0 && s->look_step == 1 && s->own_ll.v != 0 && s->cfg.how == SCAN_RAW) {
		put_multicast(s);
	}
	for (; s->ask_cursor < s->asks.n && room > 0; s->ask_cursor++) {
		const struct ask *k = &s->asks.p[s->ask_cursor];

		if (answered(s, k)) {
			continue;
		}
		if (s->cfg.how == SCAN_CONNECT && !connect_ask(s, (u32)s->ask_cursor)) {
			break;
		}
		if (s->cfg.how == SCAN_RAW) {
			put_ask(s, k);
		}
		pace_take(&s->pace, 1);
		room--;
	}
	if (s->ask_cursor == s->asks.n) {
		s->look_sent = true;
		s->look_until = s->now + s->cfg.limits.timeout_ms * NS_MS;
		sweep_due(s, all_answered(s) ? s->now : s->look_until);
	} else {
		sweep_due(s, room > 0 ? s->now + NS_MS : pace_next(&s->pace));
	}
}

void look_step(struct sweep *s)
{
	if (s->look_step == 3) {
		tell_hosts(s);
		return;
	}
	if (!s->look_sent) {
		send_asks(s);
		return;
	}
	if (s->now < s->look_until && !all_answered(s)) {
		sweep_due(s, s->look_until);
		return;
	}
	s->look_try++;
	if (s->look_try < s->cfg.limits.tries && !all_answered(s)) {
		s->ask_cursor = 0;
		s->look_sent = false;
	} else {
		round_end(s);
	}
	sweep_due(s, s->now);
}
