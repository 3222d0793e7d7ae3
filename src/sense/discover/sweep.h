/* The engine of role net: finds the addresses of a scan, asks their ports, and carries conversations with the open ones.
 *
 * It has no process around it: messages go in by sweep_input and out by struct sweep_out, time passes in sweep_step. The
 * bodies are those of proto/scan.h. One engine runs one scan; it never blocks.
 *
 * What is sent (SCAN_RAW): ARP requests for on-link IPv4, an ff02::1 echo round and neighbour solicitations for IPv6, echo
 * and a few SYNs for what lies behind the gateway, then one SYN for every port of every address found. A SYN's sequence number is
 * a keyed hash of address and port and the source port tells the try, so an answer proves itself without a table of
 * what was sent. An answer from the segment must also come from the MAC that answered for its address.
 * Lost answers: what stays unanswered is asked again `tries` times; a round that gained answers shows loss, is not counted,
 * and slows that device down to what it managed, so the rate never changes the result. */
#ifndef SENSE_DISCOVER_SWEEP_H
#define SENSE_DISCOVER_SWEEP_H

#include "proto/scan.h"

struct sweep_out {
	void *ctx;
	bool (*room)(void *ctx);	/* put will take one message of any legal size; asked before each */
	void (*put)(void *ctx, u16 type, struct str body);	/* enum msgs_type; NET_START: a status row or the end */
};

struct sweep;
struct sweep *sweep_new(const struct sweep_out *out);
void sweep_free(struct sweep *s);	/* closes every socket; NULL is legal */

/* NET_START, NET_SOCKET (takes fd), NET_STOP, NET_TX, NET_CLOSE, NET_HOLD, PARSE_DONE. ERR_PROTO: not now or not at all; errors of the
 * readers; ERR_SYS and others of the start itself. On an error of NET_START the scan is over. */
int sweep_input(struct sweep *s, u16 type, struct str body, int fd) MUST_USE;
/* Does what can be done now. Errors end the scan and are reported in NET_OVER. */
void sweep_step(struct sweep *s);
int sweep_fd(const struct sweep *s);		/* readable when something came; wait for it ... */
int sweep_wait_ms(const struct sweep *s);	/* ... at most so long; 0: sweep_step has work now, -1: nothing is due */
bool sweep_over(const struct sweep *s);		/* NET_OVER went out and PARSE_DONE came */
int sweep_error(const struct sweep *s, struct str *ret_text);	/* why it ended early: 0 or ERR_*, with words */
struct scan_status sweep_status(const struct sweep *s);

#endif
