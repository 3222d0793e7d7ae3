/* A frame as the scanner's socket would hand it over: read down to TCP ports, ARP, NDP, or the packet an ICMP error quotes. */
#include "fuzz.h"

#include "proto/icmp.h"
#include "proto/link.h"
#include "proto/tcp.h"

static volatile u8 touched;

static void touch(struct rd rd)
{
	for (; rd.p < rd.end; rd.p++) {
		touched = *rd.p;
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct rd rd = rd_of(p, n), copy;
	struct icmp_quote q;
	struct ip_head h;
	struct icmp m;
	struct arp arp;
	struct eth e;
	struct ndp nd;
	struct tcp t;

	if (eth_read(&rd, &e) != 0) {
		return 0;
	}
	if (e.type == ETH_ARP) {
		u8 back[ARP_SIZE];

		copy = rd;
		if (arp_read(&rd, &arp) == 0) {
			must(arp_write(back, &arp) == ARP_SIZE);
			for (size_t i = 0; i < ARP_SIZE; i++) {
				must(back[i] == copy.p[i]);
			}
		}
		return 0;
	}
	copy = rd;
	if (ip_read(&rd, false, &h) == 0) {
		must(ip_read(&copy, true, &h) == 0);	/* what is whole may also be quoted */
	} else if (ip_read(&copy, true, &h) != 0) {
		return 0;
	}
	must(rd_left(&h.body) == 0 || (h.body.p >= p && h.body.end <= p + n));
	must(h.src.v == 4 || h.src.v == 6);
	copy = h.body;
	if (tcp_read(&copy, &t) == 0) {
		touch(t.body);
	}
	copy = h.body;
	if (ndp_read(&copy, &nd) == 0) {
		must(nd.target.v == 6);
	}
	copy = h.body;
	if (icmp_read(&copy, &m) == 0) {
		touch(m.body);
		if (icmp_read_quote(&m, &q) == 0) {
			must(q.src.v == q.dst.v);
		}
	}
	return 0;
}
