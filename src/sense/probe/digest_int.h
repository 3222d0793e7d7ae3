/* What digest.c (messages, conversations, deadlines) and compose.c (facts, chunks) share. */
#ifndef SENSE_PROBE_DIGEST_INT_H
#define SENSE_PROBE_DIGEST_INT_H

#include "base/vec.h"
#include "core/fact/fact.h"
#include "core/msg/chunk.h"
#include "core/msg/msgs.h"
#include "sense/probe/digest.h"
#include "sense/probe/probe.h"

#define UNACKED_MAX 4		/* chunks on their way to core */
#define QUEUE_HOLD 8		/* chunks waiting: net is to wait too ... */
#define QUEUE_GO 2		/* ... until there are so few */
#define CONVS_MAX 8192
#define ANSWERS_ALL 1000

struct talk {			/* one conversation */
	u32 id, host;
	u16 port;
	bool closing;		/* NET_CLOSE went out */
	struct utc at;
	i64 start, last;	/* ns, monotonic */
	struct probe_talk t;
};

struct dhost {
	struct scan_found found;
	u16 *determined;	/* open ports whose service was */
	size_t ndetermined, cap;
	bool done;
	/* until it is done: what is known of it, kept with the run */
	struct arena *pa;		/* of `part`; NULL: nothing was told yet */
	struct scan_part part;		/* its talked are those of `talked` */
	struct arena *ea;		/* of `earlier`; NULL: this run did not know it before */
	struct scan_part earlier;
	struct scan_talked *talked;
	size_t ntalked, talked_cap;
	u16 *told;			/* open ports whose facts went out already */
	size_t ntold, told_cap;
};

struct ddevice {
	vec(u32) hosts;
	u32 done;
	bool covered;		/* its coverage of addresses went out */
};

struct pending {		/* a chunk that is cut */
	struct arena *a;
	struct str body;
};

struct digest {
	struct digest_out out;
	struct arena *a;
	struct scan_begin cfg;
	bool begun, looked_at, over, said_done, holding;
	struct scan_looked looked;
	struct mono now;

	vec(struct dhost) hosts;
	vec(struct ddevice) devices;
	struct talk **talks;	/* open conversations, in no order */
	size_t ntalks, talks_cap;

	/* the chunk being filled */
	struct arena *ca;
	vec(struct chunk_item) items;
	size_t nfacts, bytes;
	struct buf progress;
	u32 next_chunk;

	struct pending *queue;	/* cut, not sent; a ring would save little: it is short */
	size_t nqueue, queue_cap;
	u32 unacked;
};

/* compose.c. Each adds to the chunk being filled and cuts it when it is full. */
int compose_host(struct digest *d, u32 host) MUST_USE;		/* that it is there, and where */
int compose_port(struct digest *d, u32 host, u16 port, struct utc at) MUST_USE;
int compose_talk(struct digest *d, const struct talk *t) MUST_USE;	/* service, banner, evidence */
int compose_ports(struct digest *d, u32 host, const struct scan_port_map *m) MUST_USE;
int compose_device(struct digest *d, u32 device) MUST_USE;
int compose_part(struct digest *d, u32 host) MUST_USE;	/* the record of what is known of it; empty when it is done */
void compose_determined(struct digest *d, u32 host, u16 port);	/* the service at that port is */
int compose_news(struct digest *d, u32 host, struct utc at) MUST_USE;	/* the open ports that were not told yet */
void compose_progress(struct digest *d, u32 host);
void compose_cut(struct digest *d);	/* what is filled goes to the queue */

#endif
