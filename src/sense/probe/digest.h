/* The engine of role parse for scans: talks to what net connected, recognises it, and composes facts into chunks.
 *
 * Messages in by digest_input (those net sends, and core's answers to PUT_CHUNK), out by struct digest_out; time
 * passes in digest_tick. Every subject is the device: its MAC where that was seen and all its addresses.
 *
 * For each address of a device: host, address, port (of each open port), service and banner (of each conversation), then
 * coverage of ports and of services, last of all the device's coverage of addresses and the progress record.
 * Input is always taken: whoever waits here for room to speak would keep core's answers from coming. What cannot be sent waits
 * in a queue, and net is asked to hold while that is long.
 * An open port whose service was not determined stands as `unfinished` in the coverage of services: it must neither end an
 * earlier fact nor look like nothing. */
#ifndef SENSE_PROBE_DIGEST_H
#define SENSE_PROBE_DIGEST_H

#include "proto/scan.h"

struct digest_out {
	void *ctx;
	bool (*room)(void *ctx);	/* put will take one message of any legal size */
	void (*put)(void *ctx, u16 type, struct str body);	/* NET_TX, NET_CLOSE, NET_HOLD,
								   PUT_CHUNK, PARSE_DONE */
};

struct digest;
struct digest *digest_new(const struct digest_out *out);
void digest_free(struct digest *d);	/* NULL is legal */

/* One message from net. ERR_PROTO: out of order; errors of the readers: net misbehaves. */
int digest_input(struct digest *d, u16 type, struct str body, struct mono now) MUST_USE;
/* core answered the oldest PUT_CHUNK that was unanswered: 0 or its error. Returns that error: the scan cannot go on. */
int digest_ack(struct digest *d, int result) MUST_USE;
void digest_tick(struct digest *d, struct mono now);	/* deadlines; sends what waited for room */
int digest_wait_ms(const struct digest *d, struct mono now);	/* until a deadline; -1: none */

#endif
