/* Messages between roles and between a command and core: framing and bounded queues over one Unix stream socket.
 *
 * On the wire (doc/formats/messages.md), big-endian:
 *   u16 type, u16 flags, u32 length of the body (at most LIMIT_MSG_BODY), u32 request id, then the body.
 * A message with MSG_FD carries exactly one descriptor, attached to the first byte of its header (SCM_RIGHTS).
 *
 * A channel never blocks and never grows: what is not yet sent and what is not yet read each have a fixed bound.
 * The event loop of a role is
 *	poll(fd, chan_events(c)); chan_fill(c); while ((r = chan_next(c, &m)) == 0) { ... chan_send(c, &reply); }
 *	if (r != ERR_BUSY) the peer is gone or misbehaves: close; chan_flush(c);
 * and simple roles call chan_recv_wait / chan_send_wait instead.
 *
 * Invariants: a message is queued whole or not at all; bytes leave in the order of chan_send; after an error nothing
 * more is read (the error is sticky). Dangers: two peers that both only write until they are heard wait for each other
 * for ever: whoever can be sent something while it sends must use the polling form and read on. */
#ifndef BASE_MSG_H
#define BASE_MSG_H

#include "base/limits.h"
#include "base/rd.h"

enum msg_flag {
	MSG_LAST = 1,		/* ends a reply */
	MSG_FAILED = 2,		/* with MSG_LAST; body: u32 error code (two's complement), blob text */
	MSG_FD = 4,		/* one descriptor travels with the header */
	MSG_FLAGS = 7		/* any other bit is refused */
};

#define MSG_HEADER 12
#define CHAN_OUT_MAX (4 * (LIMIT_MSG_BODY + MSG_HEADER))	/* bytes waiting to be sent */
#define CHAN_FD_MAX 8						/* descriptors waiting, each way */

struct msg {
	u16 type, flags;	/* enum msg_flag */
	u32 id;			/* a request and all its replies share it */
	struct str body;
	int fd;			/* meaningful with MSG_FD only; chan_next sets -1 without */
};

struct msg_chan;

/* CHAN_FDS: descriptors may pass, by sendmsg and recvmsg. Without it the channel needs read and write only (what
 * the parse role may call), refuses MSG_FD both ways, and a descriptor a peer attaches is dropped by the kernel. */
enum chan_mode { CHAN_PLAIN, CHAN_FDS };

/* Takes over fd (a connected stream socket) and makes it non-blocking. NULL when that fails; fd is then still the
 * caller's. The process must ignore SIGPIPE; role_enter() and super_init() see to that. */
struct msg_chan *chan_new(int fd, enum chan_mode mode) MUST_USE;
void chan_free(struct msg_chan *c);	/* closes it and every descriptor in its queues; NULL is legal */
int chan_fd(const struct msg_chan *c);

/* Queues one message; m->body is copied. With MSG_FD the channel owns m->fd from a successful call on and closes it
 * when sent; on an error it stays the caller's. Errors: ERR_BUSY the queue is full, nothing was queued, try again after
 * chan_flush; ERR_LIMIT the body is longer than LIMIT_MSG_BODY; ERR_PROTO MSG_FD on a plain channel; ERR_CLOSED. */
int chan_send(struct msg_chan *c, const struct msg *m) MUST_USE;
bool chan_has_room(const struct msg_chan *c, size_t body);	/* chan_send of such a body would not be ERR_BUSY */
size_t chan_unsent(const struct msg_chan *c);			/* bytes */

/* Writes what the socket takes now. 0 also when nothing or not all could be written; ERR_CLOSED, ERR_IO. */
int chan_flush(struct msg_chan *c) MUST_USE;
/* Reads what there is and fits. 0 also when nothing came or the end was reached; ERR_PROTO, ERR_IO. */
int chan_fill(struct msg_chan *c) MUST_USE;
/* The next whole message: 0. ERR_BUSY: none yet. ERR_CLOSED: the peer closed and every whole message was given out.
 * ERR_PROTO: malformed (length over the limit, unknown flag, descriptor missing or left over). ret->body points into the
 * channel and ends with the next chan_next or chan_fill; ret->fd is the caller's to close, close-on-exec is set. */
int chan_next(struct msg_chan *c, struct msg *ret) MUST_USE;
/* For poll(): POLLIN while there is room to read, POLLOUT while something waits to be sent. */
short chan_events(const struct msg_chan *c);

/* Blocking forms for simple roles. timeout_ms < 0: no limit; else ERR_TIMEOUT. chan_send_wait returns when the message
 * has left for the socket, reading meanwhile as far as the bound allows; chan_recv_wait sends what waits first. */
int chan_send_wait(struct msg_chan *c, const struct msg *m, int timeout_ms) MUST_USE;
int chan_recv_wait(struct msg_chan *c, struct msg *ret, int timeout_ms) MUST_USE;

/* The body of a MSG_FAILED message: fills *ret_code (a known ERR_* of ours, ERR_PROTO if it is not) and *ret_text. */
int msg_failed_read(const struct msg *m, int *ret_code, struct str *ret_text) MUST_USE;
/* Writes such a body into `b`. */
struct buf;
void msg_failed_write(struct buf *b, int code, struct str text);

#endif
