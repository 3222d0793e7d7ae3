/* The state of every port of every host: SYNs out, and what comes back, from the ring.
 *
 * A host goes through: sending (one round over its undecided ports), waiting, again until nothing is undecided or enough rounds
 * brought nothing, pinging (is it still there?), talking (talk.c), reporting. Up to SWEEP_ACTIVE hosts at once, in turn,
 * so that one host gets its packets spread as widely as the scan allows. */
#include "sense/discover/sweep_int.h"

#include <string.h>

#include "base/err.h"

#define TURN 32		/* packets to one host before it is the next one's turn */

void ports_put_syn(struct sweep *s, const struct ip_addr *from, const struct ip_addr *to, struct mac hop, u64 secret,
	u16 port, u16 sport)
{
	u8 *f = wire_frame(&s->wire);
	size_t n = eth_write(f, hop, s->cfg.own_mac, from->v == 4 ? ETH_IP4 : ETH_IP6);

	n += ip_write(f + n, from, to, IP_TCP, 64, 0, TCP_SYN_SIZE);
	n += tcp_write_syn(f + n, from, to, sport, port, host_cookie(secret, port, sport));
	wire_add(&s->wire, n);
}

/* --- answers ---- */

static bool our_port(const struct sweep *s, u16 port)
{
	return port >= s->base && port < s->base + WIRE_PORTS;
}

static void heard_port(struct sweep *s, struct host *h, u16 port, u16 sport, enum scan_state state)
{
	u32 at = s->port_index[port];

	h->heard = s->now;
	h->unheard = 0;
	if (at == 0 || h->lo == NULL || h->at >= HOST_TALKING) {
		return;
	}
	if (host_decide(s, h, at - 1, state)) {
		s->answered++;
		s->again += sport != s->base;
	}
}

static void read_tcp(struct sweep *s, const struct eth *e, struct ip_head *ip)
{
	struct host *h;
	struct tcp t;

	if (tcp_read(&ip->body, &t) != 0 || !our_port(s, t.dport) || (t.flags & (TCP_SYN | TCP_RST)) == 0 ||
		(t.flags & TCP_ACK) == 0 || t.ack != host_cookie(host_secret(&ip->src), t.sport, t.dport) + 1) {
		return;
	}
	h = host_find(s, &ip->src);
	if (h == NULL) {
		look_heard(s, &ip->src, e->src, SCAN_BY_TCP);
	} else if (!h->direct || mac_eq(h->hop, e->src)) {
		heard_port(s, h, t.sport, t.dport, (t.flags & TCP_RST) != 0 ? SCAN_CLOSED : SCAN_OPEN);
	}
}

/* An unreachable message from anywhere on the way, about a SYN of ours: the quoted sequence number proves that. */
static void read_unreachable(struct sweep *s, const struct icmp *m)
{
	struct icmp_quote q;
	struct host *h;

	if (icmp_read_quote(m, &q) != 0 || !our_port(s, q.sport) ||
		q.seq != host_cookie(host_secret(&q.dst), q.dport, q.sport) || (h = host_find(s, &q.dst)) == NULL) {
		return;
	}
	heard_port(s, h, q.dport, q.sport, SCAN_FILTERED);
}

static void read_icmp(struct sweep *s, const struct eth *e, struct ip_head *ip)
{
	bool v6 = ip->src.v == 6;
	struct rd copy = ip->body;
	struct icmp m;
	struct ndp n;

	if (icmp_read(&ip->body, &m) != 0) {
		return;
	}
	if (v6 && m.type == NDP_ADVERT) {
		/* hop limit 255: it did not come through a router; the option must name who sent the frame */
		if (ip->ttl == 255 && ndp_read(&copy, &n) == 0 && (mac_none(n.mac) || mac_eq(n.mac, e->src))) {
			look_heard(s, &n.target, e->src, SCAN_BY_NDP);
		}
	} else if (m.type == (v6 ? ICMP6_UNREACH : ICMP_UNREACH)) {
		read_unreachable(s, &m);
	} else if (m.type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHO_REPLY) && m.id == s->base) {
		look_heard(s, &ip->src, e->src, v6 && look_onlink(s, &ip->src) ? SCAN_BY_MULTICAST : SCAN_BY_ECHO);
	}
}

static void read_frame(struct sweep *s, struct rd rd)
{
	struct ip_head ip;
	struct arp arp;
	struct eth e;

	if (eth_read(&rd, &e) != 0) {
		return;
	}
	if (e.type == ETH_ARP) {
		if (arp_read(&rd, &arp) == 0 && arp.op == ARP_REPLY && mac_eq(arp.sender_mac, e.src) &&
			mac_eq(e.dst, s->cfg.own_mac)) {
			look_heard(s, &arp.sender, e.src, SCAN_BY_ARP);
		}
	} else if ((e.type == ETH_IP4 || e.type == ETH_IP6) && mac_eq(e.dst, s->cfg.own_mac) &&
		ip_read(&rd, true, &ip) == 0 && !ip.fragment) {
		if (ip.proto == IP_TCP) {
			read_tcp(s, &e, &ip);
		} else if (ip.proto == (ip.src.v == 6 ? IP_ICMP6 : IP_ICMP)) {
			read_icmp(s, &e, &ip);
		}
	}
}

void ports_receive(struct sweep *s)
{
	struct rd rd;

	while (s->wire.fd >= 0 && wire_next(&s->wire, &rd)) {
		read_frame(s, rd);
		wire_release(&s->wire);
	}
}

/* --- one host ---- */

static void round_begin(struct sweep *s, struct host *h)
{
	h->at = HOST_SENDING;
	h->cursor = 0;
	h->round_sent = h->round_answers = 0;
	h->round_start = s->now;
	part_round(s, h);
	if (h->rounds == 0) {
		h->first = s->now;
	}
	h->rounds++;
}

static void ping_begin(struct sweep *s, struct host *h, bool mid)
{
	h->at = HOST_PINGING;
	h->ping_mid = mid;
	h->pings = 0;
	h->ping_start = s->now;
	h->until = s->now;
}

/* A round is over and its answers are in. What gained answers was losing them: such a round is no try, and the device gets
 * only as many packets as it managed to answer. */
static void round_end(struct sweep *s, struct host *h)
{
	const struct scan_limits *l = &s->cfg.limits;
	struct device *d = &s->devices.p[h->device];
	i64 took = s->now - h->round_start;

	if (h->undecided == 0) {
		h->at = HOST_TALKING;
		return;
	}
	if (h->rounds > 1 && h->round_answers > h->round_sent / 64 && h->rounds < SWEEP_ROUNDS_MAX) {
		u32 managed = (u32)((i64)h->round_answers * NS_S / (took > 0 ? took : 1));

		h->quiet = 0;
		managed += managed / 4;
		managed = managed < 50 ? 50 : managed;
		if (d->pace.pps == 0 || managed < d->pace.pps) {
			d->pace.pps = managed;
		}
	} else {
		h->quiet++;
	}
	if (h->quiet < l->tries && h->rounds < SWEEP_ROUNDS_MAX) {
		/* the tries of a silent port are spread over span_ms */
		h->until = h->first + (i64)h->quiet * l->span_ms * NS_MS / (l->tries > 1 ? l->tries - 1 : 1);
		h->at = HOST_PAUSING;
	} else {
		ping_begin(s, h, false);
	}
}

static i64 send_some(struct sweep *s, struct host *h)
{
	struct device *d = &s->devices.p[h->device];
	u32 room = pace_room(&d->pace, s->now), all = pace_room(&s->pace, s->now), n = 0, turn;
	u16 sport = (u16)(s->base + (h->rounds < WIRE_PORTS ? h->rounds - 1 : WIRE_PORTS - 1));

	room = room < all ? room : all;
	turn = s->nactive > 1 ? TURN : WIRE_BATCH - 2 * TURN;
	room = room < turn ? room : turn;
	while (n < room && (h->cursor = host_undecided(s, h, h->cursor)) < s->nports) {
		ports_put_syn(s, &h->from, &h->addr, h->hop, h->secret, s->ports[h->cursor++], sport);
		n++;
	}
	pace_take(&d->pace, n);
	pace_take(&s->pace, n);
	h->round_sent += n;
	h->unheard += n;
	part_asked(s, h, n);
	if (h->unheard >= SWEEP_UNHEARD && s->now - h->heard > s->cfg.limits.timeout_ms * NS_MS) {
		ping_begin(s, h, true);
		return s->now;
	}
	if (h->cursor >= s->nports) {
		h->at = HOST_WAITING;
		h->until = s->now + s->cfg.limits.timeout_ms * NS_MS;
		return h->until;
	}
	if (n > 0) {
		return s->now;
	}
	return pace_next(&d->pace) > pace_next(&s->pace) ? pace_next(&d->pace) : pace_next(&s->pace);
}

static i64 ping(struct sweep *s, struct host *h)
{
	if (h->heard > h->ping_start) {
		h->unheard = 0;
		h->at = h->ping_mid ? HOST_SENDING : HOST_TALKING;
		return s->now;
	}
	if (s->now < h->until) {
		return h->until;
	}
	if (h->pings == s->cfg.limits.tries + 2) {
		/* it answered once and does not any more: leave it alone */
		h->gone = true;
		h->at = HOST_TALKING;
		return s->now;
	}
	h->pings++;
	look_ping(s, h);
	h->until = s->now + s->cfg.limits.timeout_ms * NS_MS;
	return h->until;
}

static u8 report_state(const struct host *h, u32 index)
{
	u32 state = h->lo == NULL ? SCAN_NOT_ASKED : host_state(h, index);

	if (state != SCAN_NOT_ASKED) {
		return (u8)state;
	}
	/* silent: asked in full, and the host was there all the time */
	return h->gone || h->contested || h->at != HOST_REPORTING || h->quiet == 0 ? SCAN_UNFINISHED : SCAN_SILENT;
}

static void report(struct sweep *s, struct host *h)
{
	struct arena *a = arena_new(s->a, 0);
	vec(struct scan_run) runs = { 0 };
	struct scan_port_map m = { .host = (u32)(h - s->hosts.p), .at = utc_now(),
		.alive = !h->gone && !h->contested, .tries = h->quiet, .cut = h->cut };
	struct buf b = buf_new(a, 0);

	for (u32 i = 0; i < s->nports && !h->skip && !(h->cut && h->lo == NULL); i++) {
		struct scan_run *last = runs.n == 0 ? NULL : &runs.p[runs.n - 1];
		u8 state = report_state(h, i);

		if (part_known(s, h, i)) {
			continue;
		}
		if (last != NULL && runs.n == SCAN_RUNS_MAX - 1 && (last->state != state || last->hi + 1 != s->ports[i])) {
			/* cut too small to say: from here on nothing is claimed */
			*vec_add(a, &runs) = (struct scan_run){ .state = SCAN_UNFINISHED, .lo = s->ports[i],
				.hi = s->ports[s->nports - 1] };
			break;
		}
		if (last != NULL && last->state == state && last->hi + 1 == s->ports[i]) {
			last->hi++;
		} else {
			*vec_add(a, &runs) = (struct scan_run){ .state = state, .lo = s->ports[i], .hi = s->ports[i] };
		}
	}
	m.runs = runs.p;
	m.nruns = runs.n;
	m.span_ms = h->rounds > 1 ? (u32)((h->round_start - h->first) / NS_MS) : 0;
	scan_port_map_write(&b, &m);
	sweep_put(s, MSGS_NET_PORTS, &b);
	arena_free(a);
	arena_free(h->a);
	h->a = NULL;
	h->lo = h->hi = NULL;
	h->at = HOST_DONE;
	s->hosts_done++;
}

/* Does what this host has to do now; returns when there is more. */
static i64 step(struct sweep *s, struct host *h)
{
	bool tell = h->at == HOST_REPORTING ? h->cut && h->news > 0 : h->at < HOST_REPORTING && !h->gone && part_due(s, h);

	if (h->lo != NULL && tell) {
		if (!sweep_room(s)) {
			return s->now + NS_MS;
		}
		part_tell(s, h);
	}
	switch (h->at) {
	case HOST_QUEUED:
		if (h->skip || h->contested) {
			h->at = HOST_REPORTING;
			return s->now;
		}
		if (!sweep_room(s)) {
			return s->now + NS_MS;
		}
		host_begin_ports(s, h);
		h->news_at = h->marked_at = h->round_start = s->now;
		if ((h->earlier = part_of(s, h)) != NULL) {
			part_begin(s, h);
			if (h->undecided == 0) {
				h->at = HOST_TALKING;
				return s->now;
			}
			if (h->rounds > 0 && s->cfg.how == SCAN_RAW) {
				if (h->quiet >= s->cfg.limits.tries) {
					ping_begin(s, h, false);
				} else {
					h->at = HOST_SENDING;
				}
				return s->now;
			}
		}
		if (s->cfg.how == SCAN_CONNECT) {
			h->first = h->earlier == NULL ? s->now : h->first;
			h->at = HOST_SENDING;
			return s->now;
		}
		round_begin(s, h);
		return s->now;
	case HOST_SENDING:
		if (s->cfg.how == SCAN_CONNECT) {
			reach_step(s, h);
			return h->at == HOST_SENDING ? s->now + NS_MS : s->now;
		}
		if (h->contested) {
			h->at = HOST_REPORTING;
			return s->now;
		}
		return send_some(s, h);
	case HOST_WAITING:
		if (h->undecided > 0 && s->now < h->until) {
			return h->until;
		}
		round_end(s, h);
		return s->now;
	case HOST_PAUSING:
		if (s->now < h->until) {
			return h->until;
		}
		round_begin(s, h);
		return s->now;
	case HOST_PINGING:
		return ping(s, h);
	case HOST_TALKING:
		if (!talk_step(s, h)) {
			return NEVER;	/* its conversations' events and deadlines bring it on */
		}
		h->at = HOST_REPORTING;
		return s->now;
	case HOST_REPORTING:
		if (!sweep_room(s)) {
			return s->now + NS_MS;
		}
		report(s, h);
		return s->now;
	case HOST_DONE:
		break;
	}
	return NEVER;
}

void ports_begin(struct sweep *s)
{
	s->phase = SCAN_PORTS;
	s->next_host = 0;
	s->nactive = 0;
	sweep_due(s, s->now);
}

static void stop_all(struct sweep *s)
{
	talk_stop(s);
	for (u32 i = 0; i < s->nactive; i++) {
		struct host *h = &s->hosts.p[s->active[i]];

		h->cut = h->cut || h->at < HOST_REPORTING;
		if (h->at < HOST_TALKING) {
			h->gone = true;	/* what is undecided is unfinished */
			h->at = HOST_REPORTING;
		}
	}
}

void ports_step(struct sweep *s)
{
	u32 n;

	while (s->nactive < SWEEP_ACTIVE && s->next_host < s->hosts.n) {
		s->active[s->nactive++] = s->next_host++;
	}
	if (s->stopping) {
		stop_all(s);
	}
	n = s->nactive;
	for (u32 k = 0; k < n && s->nactive > 0; k++) {
		u32 slot = s->turn++ % s->nactive;
		struct host *h = &s->hosts.p[s->active[slot]];

		if (s->stopping && h->at == HOST_QUEUED) {
			h->contested = true;	/* never asked */
		}
		sweep_due(s, step(s, h));
		if (h->at == HOST_DONE) {
			s->active[slot] = s->active[--s->nactive];
		}
		if (s->wire.n > WIRE_BATCH - TURN - 8 && s->wire.fd >= 0) {
			break;	/* let the answers in before more goes out */
		}
	}
	if (s->nactive > 0) {
		/* broken off in the middle: the others have not said when they want to go on */
		sweep_due(s, s->wire.n > 0 ? s->now : NEVER);
	} else if (s->next_host == s->hosts.n) {
		s->phase = SCAN_FINISH;
		sweep_due(s, s->now);
	}
}
