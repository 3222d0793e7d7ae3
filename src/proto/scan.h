/* What main, net and parse say to each other about a scan: the bodies of NET_* messages (core/msg/msgs.tbl).
 *
 *   main -> net    NET_START (struct scan_start)     net -> main   rows and last of it (struct scan_status)
 *   net -> parse   NET_BEGIN, then NET_FOUND for every address of every device, then NET_LOOKED: from here on all
 *                  addresses of a device are known; then, mixed, NET_RX of conversations and one NET_PORTS for every
 *                  NET_FOUND, which comes after the last NET_RX of that address; NET_END.
 *   parse -> net   NET_TX, NET_CLOSE of conversations, PARSE_DONE when core has acknowledged everything after NET_END.
 *
 * net counts hosts (one address of one device) and devices (one MAC, or one address where no MAC was seen) from 0.
 * Writers write into a buf; readers take a whole body and refuse what is left over. Text and ranges that a reader gives
 * out point into the body or live in the given arena. Numbers are big-endian, an address is u8 4|6 and its bytes. */
#ifndef PROTO_SCAN_H
#define PROTO_SCAN_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "proto/link.h"

#define SCAN_VERSION 1
#define SCAN_RANGES_MAX 1024	/* of each kind in one start */

/* Two ready sets: gentle is what an unknown device stands (10 packets/s, one connection), lab is as fast as the path. */
struct scan_limits {
	u32 pps;		/* packets/s of the whole scan, 0 = no limit */
	u32 host_pps;		/* packets/s to one device, 0 = no limit */
	u32 tries;		/* 1 ... 10: how often an unanswered port or address is asked */
	u32 timeout_ms;		/* wait after each try */
	u32 span_ms;		/* at least so long between first and last try of a port that stays silent */
	u32 convs;		/* connections at once, in all */
	u32 host_convs;		/* connections at once to one device, 1 ... 3 */
	u32 connect_ms;		/* for a connection to stand */
	u32 greet_ms;		/* silence in which the other side may speak first */
	u32 talk_ms;		/* one whole conversation */
};
struct scan_limits scan_limits_gentle(void);
struct scan_limits scan_limits_lab(void);

enum scan_how {
	SCAN_RAW,		/* packet socket: SYN, ARP, NDP */
	SCAN_CONNECT		/* the kernel's connect() only; keys are addresses */
};

struct scan_range {
	struct ip_addr first, last;	/* same family, first <= last; both included */
};
struct scan_prefix {
	struct ip_addr addr;		/* our own address */
	u8 bits;
};
struct scan_port_range {
	u16 lo, hi;
};

struct scan_start {
	struct str run, network;
	u32 chunk;			/* number of the first chunk parse may use */
	enum scan_how how;
	u8 vantage;			/* SCAN_CONNECT: what the scope states (packets show none); else 0 */
	u32 ifindex;			/* SCAN_RAW */
	struct str ifname;		/* "" = connections are not bound to it */
	struct mac own_mac;
	struct scan_prefix *own;	/* our addresses on that interface; what they cover is on-link */
	size_t nown;
	struct ip_addr gateway4, gateway6;	/* v = 0: none; targets behind it are then refused */
	struct mac gateway_mac;		/* recorded for this network; all zero: not recorded */
	/* Ranges of more than 65,536 IPv6 addresses are not walked: they admit what multicast finds. */
	struct scan_range *targets, *excludes;
	size_t ntargets, nexcludes;
	struct scan_port_range *ports;	/* ascending, disjoint */
	size_t nports;
	struct scan_limits limits;
	struct str progress;		/* of an earlier, interrupted run of this scan: see scan_progress */
};
void scan_start_write(struct buf *b, const struct scan_start *s);
/* 0, or ERR_TRUNC, ERR_EXTRA, ERR_NEWER (version), ERR_RANGE, ERR_LIMIT, ERR_SYNTAX. */
int scan_start_read(struct arena *a, struct str body, struct scan_start *ret) MUST_USE;

enum scan_phase { SCAN_GATEWAY, SCAN_LOOK, SCAN_PORTS, SCAN_FINISH, SCAN_OVER };
struct scan_status {
	enum scan_phase phase;
	u32 devices, hosts, hosts_done, open;
	u64 sent, answered, again;	/* packets; again: answered only when asked once more, that is lost at first */
	u64 left;			/* port probes not yet decided */
};
void scan_status_write(struct buf *b, const struct scan_status *s);
int scan_status_read(struct str body, struct scan_status *ret) MUST_USE;

/* Progress: the addresses whose ports and coverage are recorded. Records concatenate: the records of a run's chunks in
 * any order, one behind the other, are the progress of the run. join sorts and merges them; at most `max` bytes
 * come out (0 = all), addresses that do not fit are scanned again. */
void scan_progress_add(struct buf *b, const struct scan_range *done);
int scan_progress_read(struct arena *a, struct str progress, struct scan_range **ret, size_t *ret_n) MUST_USE;
int scan_progress_join(struct arena *a, struct str parts, size_t max, struct str *ret) MUST_USE;

/* What is known of an address whose ports are not all determined yet. Kept with the run under the address's text (CHUNK_PART), the latest instead
 * of the one before; NET_RESUME brings it back. It belongs to the device that was there: another MAC, and nothing of it counts.
 * More runs or conversations than fit are asked again. */
#define SCAN_PART_RUNS_MAX 1000
#define SCAN_PART_TALKED_MAX 1000
struct scan_talked {
	u16 port;
	bool determined;	/* its service was */
};
struct scan_run;
struct scan_part {
	struct ip_addr addr;
	struct mac mac;		/* all zero: not seen */
	struct utc at;		/* of the oldest of it */
	u32 rounds, quiet;	/* begun; those in a row that brought nothing */
	u32 cursor;		/* of the present round: ports by index below it had their time to answer */
	u32 span_ms;		/* from the first round to the present one */
	struct scan_run *runs;	/* ascending, disjoint; closed, open, filtered only */
	size_t nruns;
	struct scan_talked *talked;	/* conversations that ended and are recorded */
	size_t ntalked;
};
void scan_part_write(struct buf *b, const struct scan_part *p);
int scan_part_read(struct arena *a, struct str body, struct scan_part *ret) MUST_USE;	/* as scan_start_read */

/* --- net -> parse ------------------------------------------------------------------------------------------- */

struct scan_begin {
	struct str run, network;
	u32 chunk;
	enum scan_how how;
	u32 greet_ms, talk_ms;
};
void scan_begin_write(struct buf *b, const struct scan_begin *s);
int scan_begin_read(struct str body, struct scan_begin *ret) MUST_USE;

enum scan_by { SCAN_BY_ARP = 1, SCAN_BY_NDP = 2, SCAN_BY_MULTICAST = 4, SCAN_BY_ECHO = 8, SCAN_BY_TCP = 16 };
struct scan_found {
	u32 host, device;
	u8 vantage;		/* 1: its own ARP or NDP answer was seen; else 2, or what the scope states */
	u8 by;			/* enum scan_by, all that found it */
	bool contested;		/* two MACs claim this address: both are reported, neither is talked to */
	struct mac mac;		/* all zero: not seen */
	struct ip_addr addr;
	struct utc at;
};
void scan_found_write(struct buf *b, const struct scan_found *s);
int scan_found_read(struct str body, struct scan_found *ret) MUST_USE;

struct scan_looked {
	struct utc at;
	bool whole4, whole6;	/* every address of that family on the link was looked for (or admitted) */
	u8 by;			/* enum scan_by: methods that were used */
	u32 tries;
};
void scan_looked_write(struct buf *b, const struct scan_looked *s);
int scan_looked_read(struct str body, struct scan_looked *ret) MUST_USE;

enum scan_rx { SCAN_RX_OPEN, SCAN_RX_BYTES, SCAN_RX_END };
enum scan_end {
	SCAN_END_THEM,		/* the other side closed */
	SCAN_END_US,		/* NET_CLOSE */
	SCAN_END_RESET,
	SCAN_END_TIMEOUT,	/* net's own ceiling */
	SCAN_END_LIMIT,		/* more bytes than net carries */
	SCAN_END_STOPPED	/* NET_STOP, or the device went silent */
};
#define SCAN_RX_MAX (32 * KiB)		/* bytes in one NET_RX or NET_TX */
#define SCAN_CONV_RX_MAX (256 * KiB)	/* net's ceiling on what one conversation receives */
struct scan_talk {
	u32 conv;
	enum scan_rx what;
	struct utc at;
	u32 host;		/* OPEN */
	u16 port;		/* OPEN */
	struct str bytes;	/* BYTES */
	enum scan_end why;	/* END */
};
void scan_talk_write(struct buf *b, const struct scan_talk *s);
int scan_talk_read(struct str body, struct scan_talk *ret) MUST_USE;

/* NET_TX: u32 conversation, blob bytes. NET_CLOSE: the same with no bytes. */
void scan_tx_write(struct buf *b, u32 conv, struct str bytes);
int scan_tx_read(struct str body, u32 *ret_conv, struct str *ret_bytes) MUST_USE;

enum scan_state { SCAN_NOT_ASKED, SCAN_CLOSED, SCAN_OPEN, SCAN_FILTERED, SCAN_SILENT, SCAN_UNFINISHED, SCAN_STATE_COUNT };
struct scan_run {
	u8 state;		/* enum scan_state */
	u16 lo, hi;
};
/* NET_PART: what is known so far of a host that goes on. `earlier`: from before this run was taken up again; once, before the others. */
struct scan_news {
	u32 host;
	bool earlier;
	struct utc at;
	struct str part;	/* scan_part_write */
};
void scan_news_write(struct buf *b, const struct scan_news *s);
int scan_news_read(struct str body, struct scan_news *ret) MUST_USE;

#define SCAN_RUNS_MAX 10000	/* what is cut into more pieces is reported as unfinished from there on */
struct scan_port_map {
	u32 host;
	struct utc at;
	bool alive;		/* answered before and after */
	bool cut;		/* stopped before it was done: the same run asks the rest when it is taken up again */
	u32 tries, span_ms;
	struct scan_run *runs;	/* ascending, disjoint; without what an earlier NET_PART told */
	size_t nruns;
};
void scan_port_map_write(struct buf *b, const struct scan_port_map *s);
int scan_port_map_read(struct arena *a, struct str body, struct scan_port_map *ret) MUST_USE;

struct scan_over {
	struct utc at;
	bool stopped;		/* before everything was looked at */
	int err;		/* 0, or why */
};
void scan_over_write(struct buf *b, const struct scan_over *s);
int scan_over_read(struct str body, struct scan_over *ret) MUST_USE;

#endif
