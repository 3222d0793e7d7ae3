/* What the files of the engine share: sweep.c (start, messages, phases), look.c (which addresses are there), ports.c (SYNs
 * and their answers), reach.c (the same by connect()), part.c (what
 * survives a kill), talk.c (conversations), host.c (tables), wire.c (packet socket). */
#ifndef SENSE_DISCOVER_SWEEP_INT_H
#define SENSE_DISCOVER_SWEEP_INT_H

#include "base/map.h"
#include "base/vec.h"
#include "core/msg/msgs.h"
#include "proto/icmp.h"
#include "proto/tcp.h"
#include "sense/discover/sweep.h"

#define NS_MS ((i64)1000000)
#define NS_S ((i64)1000000000)
#define NEVER INT64_MAX

/* --- wire.c: one packet socket, received through a ring, sent in batches ---- */

#define WIRE_FRAME 96		/* room of one frame we send: our largest is a SYN over IPv6, 78 bytes */
#define WIRE_BATCH 256
#define WIRE_PORTS 16		/* source ports base ... base + 15, one a try */

struct wire {
	int fd;
	u8 *ring;
	size_t ring_size;
	u32 next;		/* frame of the ring to look at */
	u8 *frames;		/* WIRE_BATCH * WIRE_FRAME */
	u32 lens[WIRE_BATCH];
	u32 n;
	u64 sent;
};
/* Takes over fd, or opens a socket itself when fd is -1. Filters in the kernel: ARP, ICMP, and TCP to the source ports. */
int wire_open(struct arena *a, struct wire *w, int fd, u32 ifindex, u16 base) MUST_USE;
void wire_close(struct wire *w);
u8 *wire_frame(struct wire *w);			/* the next frame to fill; flushes when the batch is full */
void wire_add(struct wire *w, size_t n);	/* it is n bytes long */
int wire_flush(struct wire *w) MUST_USE;
/* The next frame received; its bytes are valid until wire_release. */
bool wire_next(struct wire *w, struct rd *ret);
void wire_release(struct wire *w);

/* --- pace: so many a second, no more than a short burst at once ---- */

struct pace {
	u32 pps;		/* 0: no limit */
	i64 credit, last;	/* ns */
};
u32 pace_room(struct pace *p, i64 now);		/* how many may go now */
void pace_take(struct pace *p, u32 n);
i64 pace_next(const struct pace *p);		/* when one more may go */

/* --- hosts and devices ---- */

struct device {
	struct mac mac;		/* all zero: not seen, one address alone */
	struct pace pace;
	u32 convs;		/* connections now */
	bool has4, has6;
};

enum host_at { HOST_QUEUED, HOST_SENDING, HOST_WAITING, HOST_PAUSING, HOST_PINGING, HOST_TALKING, HOST_REPORTING, HOST_DONE };

struct host {
	struct ip_addr addr;
	struct ip_addr from;	/* our address towards it */
	struct mac hop;		/* where frames for it go: its own MAC or the gateway's */
	bool direct;		/* hop is its own, and answers must come from there */
	bool contested, skip;	/* skip: recorded by an earlier part of this run */
	bool gone;		/* stopped answering */
	bool told;		/* NET_FOUND went out */
	u8 by, vantage;
	enum host_at at;
	u32 device;
	struct utc found;
	u64 secret;		/* of its cookies */
	/* ports, by index into sweep.ports: a bit in each plane; 00 no answer, lo closed, hi open, both filtered */
	struct arena *a;
	u64 *lo, *hi;
	u32 undecided, open;
	u32 cursor;
	u32 quiet;		/* tries in a row of what is undecided that brought nothing new */
	u32 rounds;
	u32 round_sent, round_answers;
	u32 unheard;		/* sent since the last answer */
	i64 first, round_start, until;	/* ns; `until`: end of the present wait */
	i64 heard;		/* ns of the last answer of any kind */
	u32 pings;
	bool ping_mid;		/* asked in the middle of sending, which goes on if it answers */
	i64 ping_start;
	u32 talk_cursor, talks;
	/* what survives a kill (part.c) */
	const struct scan_part *earlier;	/* what was known when this run was taken up again, NULL: nothing */
	struct utc since;	/* the oldest of what is known, ms 0: nothing was told yet */
	u32 news;		/* asked since the last NET_PART */
	i64 news_at;
	u32 marked, settled;	/* cursors: at marked_at; a timeout before that */
	i64 marked_at;
	bool cut;		/* stopped before it was done */
};

struct ask {
	struct ip_addr addr;
	bool far;		/* behind the gateway */
};

/* Something answered, admitted or not yet known to be. */
struct heard {
	struct ip_addr addr;
	struct mac mac;
	u8 by;
	struct utc at;
};

struct conv {
	int fd;			/* -1: free */
	u32 gen;
	u32 host;
	u16 port;
	bool open;		/* connected, parse knows of it */
	i64 deadline;
	size_t rx;
	struct arena *a;
	char *in;		/* SCAN_RX_MAX bytes */
	u8 *out;		/* not yet sent */
	size_t out_n;
};

struct trial {			/* one connect() of a connect scan */
	int fd;
	u32 host;
	u32 index;		/* of port; or of ask while looking */
	u16 port;
	i64 deadline;
};

#define SWEEP_ACTIVE 1024	/* hosts whose ports are asked at the same time */
#define SWEEP_ASKS_MAX ((size_t)1 << 20)
#define SWEEP_ANSWERS_ALL 1000	/* more open ports than this are not talked to */
#define SWEEP_UNHEARD 256	/* SYNs without any answer before a host is asked whether it is there */
#define SWEEP_ROUNDS_MAX 64

struct sweep {
	struct sweep_out out;
	struct arena *a;
	struct scan_start cfg;
	enum scan_phase phase;
	bool started, stopping, held, sent_over, done;
	int err;
	char why[160];
	int epoll;
	int socket;		/* from NET_SOCKET, until NET_START uses it; -1 */
	struct wire wire;
	u16 base;		/* first source port */
	i64 now;
	i64 due;		/* when sweep_step has work again */
	struct pace pace;
	u64 answered, again;
	struct ip_addr own_ll;	/* our link-local address, v = 0: none */
	struct mac gateway4_mac, gateway6_mac;
	struct scan_range *skip;
	size_t nskip;
	struct map parts;	/* address -> struct scan_part, of NET_RESUME */

	u16 *ports;		/* index -> port */
	u32 nports;
	u32 *port_index;	/* port -> 1 + index, 0: not asked */

	vec(struct host) hosts;
	vec(struct device) devices;
	struct map by_mac;	/* six bytes -> 1 + device */
	u32 *slots;		/* address -> 1 + host, open addressing */
	size_t nslots;

	vec(struct ask) asks;
	vec(struct heard) heard;
	u32 look_step, look_try;
	size_t ask_cursor;
	bool look_sent;
	i64 look_until;
	bool whole4, whole6;
	u8 look_by;
	u32 told;

	u32 active[SWEEP_ACTIVE];
	u32 nactive, turn;
	u32 next_host, hosts_done, open_total;
	struct conv *convs;
	u32 nconvs;		/* open now */
	struct trial *trials;
	u32 ntrials, trials_max;
	i64 status_at;
};

/* host.c */
u64 host_secret(const struct ip_addr *addr);
u32 host_cookie(u64 secret, u16 port, u16 sport);
struct host *host_find(struct sweep *s, const struct ip_addr *addr);	/* NULL: unknown */
/* A new host of the device with that MAC (all zero: a device of its own). Pointers to hosts end here. */
struct host *host_add(struct sweep *s, const struct ip_addr *addr, struct mac mac, bool direct);
u32 host_state(const struct host *h, u32 index);	/* enum scan_state; SCAN_NOT_ASKED: no answer */
bool host_decide(struct sweep *s, struct host *h, u32 index, enum scan_state state);	/* false: was decided */
void host_begin_ports(struct sweep *s, struct host *h);
/* The index of the next undecided port from `from` on; nports when there is none. */
u32 host_undecided(const struct sweep *s, const struct host *h, u32 from);

/* look.c */
int look_begin(struct sweep *s) MUST_USE;
void look_step(struct sweep *s);
bool look_admitted(const struct sweep *s, const struct ip_addr *addr);
bool look_onlink(const struct sweep *s, const struct ip_addr *addr);
void look_heard(struct sweep *s, const struct ip_addr *addr, struct mac mac, enum scan_by by);
void look_ping(struct sweep *s, struct host *h);	/* asks an address whether it is there */
struct ip_addr look_from(const struct sweep *s, const struct ip_addr *dst);	/* our address towards dst */
void look_connect_result(struct sweep *s, u32 ask, bool there);

/* ports.c */
void ports_begin(struct sweep *s);
void ports_step(struct sweep *s);
void ports_receive(struct sweep *s);	/* everything in the ring */
void ports_put_syn(struct sweep *s, const struct ip_addr *from, const struct ip_addr *to, struct mac hop, u64 secret,
	u16 port, u16 sport);

/* part.c */
int part_resume(struct sweep *s, struct str body) MUST_USE;	/* NET_RESUME */
const struct scan_part *part_of(const struct sweep *s, const struct host *h);	/* what is known of it from before; NULL */
void part_begin(struct sweep *s, struct host *h);	/* h->earlier is not NULL: goes on where it stood. Needs room */
void part_tell(struct sweep *s, struct host *h);	/* NET_PART; needs room */
void part_round(const struct sweep *s, struct host *h);	/* a round begins */
void part_asked(const struct sweep *s, struct host *h, u32 n);	/* so many were sent */
bool part_due(const struct sweep *s, const struct host *h);
bool part_known(const struct sweep *s, const struct host *h, u32 index);	/* told by h->earlier */
bool part_talked(const struct host *h, u16 port);

/* reach.c */
void reach_step(struct sweep *s, struct host *h);
bool reach_try(struct sweep *s, const struct ip_addr *addr, u16 port, u32 host, u32 index);
void reach_events(struct sweep *s, u32 trial);
void reach_deadlines(struct sweep *s);

/* talk.c */
#define TALK_FD ((u64)1 << 32)		/* in epoll data: a conversation's slot */
#define REACH_FD ((u64)2 << 32)
int talk_begin(struct sweep *s) MUST_USE;
bool talk_step(struct sweep *s, struct host *h);	/* true: every open port was talked to */
void talk_event(struct sweep *s, u32 slot, u32 events);
void talk_deadlines(struct sweep *s);
int talk_tx(struct sweep *s, u32 id, struct str bytes) MUST_USE;
int talk_close(struct sweep *s, u32 id) MUST_USE;
void talk_stop(struct sweep *s);
bool talk_port_barred(u16 port);
/* A non-blocking TCP socket on its way to addr:port: bound to the scan's interface. -errno on failure. */
int talk_connect(const struct sweep *s, const struct ip_addr *addr, u16 port);

/* sweep.c */
void sweep_put(struct sweep *s, u16 type, const struct buf *b);
bool sweep_room(const struct sweep *s);
void sweep_fail(struct sweep *s, int err, const char *fmt, ...) PRINTF(3, 4);
void sweep_due(struct sweep *s, i64 at);

#endif
