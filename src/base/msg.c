/* See msg.h for the format. Both queues are linear buffers of fixed size; what is left moves to the front when the tail
 * gets short. Descriptors wait in small arrays beside them with the stream offset they belong to: a unix stream keeps a
 * descriptor with the bytes it was sent with, and one recvmsg never reads past the first bytes that carry some, so an
 * arriving descriptor belongs to a header that begins in the range [lo, hi) read by that call. */
#include "base/msg.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHAN_MESSAGE (LIMIT_MSG_BODY + MSG_HEADER)
#define CHAN_IN_MAX (2 * CHAN_MESSAGE)

struct fd_in {
	int fd;
	u64 lo, hi;		/* offsets in the stream of the bytes it came with */
};

struct fd_out {
	int fd;
	u64 at;			/* offset in the stream of its message */
};

struct msg_chan {
	int fd;
	enum chan_mode mode;
	int in_err, out_err;	/* sticky */
	bool eof;
	size_t in_at, in_n;	/* unread: in[in_at .. in_at + in_n) */
	u64 in_off;		/* stream offset of in[in_at] */
	size_t out_at, out_n;
	u64 out_off;
	struct fd_in got[CHAN_FD_MAX];
	struct fd_out give[CHAN_FD_MAX];
	size_t ngot, ngive;
	u8 in[CHAN_IN_MAX];
	u8 out[CHAN_OUT_MAX];
};

struct msg_chan *chan_new(int fd, enum chan_mode mode)
{
	struct msg_chan *c;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		return NULL;
	}
	c = calloc(1, sizeof *c);
	if (c != NULL) {
		c->fd = fd;
		c->mode = mode;
	}
	return c;
}

void chan_free(struct msg_chan *c)
{
	if (c == NULL) {
		return;
	}
	for (size_t i = 0; i < c->ngot; i++) {
		close(c->got[i].fd);
	}
	for (size_t i = 0; i < c->ngive; i++) {
		close(c->give[i].fd);
	}
	close(c->fd);
	free(c);
}

int chan_fd(const struct msg_chan *c)
{
	return c->fd;
}

/* Sending. */

bool chan_has_room(const struct msg_chan *c, size_t body)
{
	return body <= LIMIT_MSG_BODY && c->out_n + MSG_HEADER + body <= CHAN_OUT_MAX && c->ngive < CHAN_FD_MAX;
}

size_t chan_unsent(const struct msg_chan *c)
{
	return c->out_n;
}

static void put_header(u8 *to, const struct msg *m)
{
	u32 n = (u32)m->body.n;
	const u8 h[MSG_HEADER] = { (u8)(m->type >> 8), (u8)m->type, (u8)(m->flags >> 8), (u8)m->flags, (u8)(n >> 24),
		(u8)(n >> 16), (u8)(n >> 8), (u8)n, (u8)(m->id >> 24), (u8)(m->id >> 16), (u8)(m->id >> 8), (u8)m->id };

	memcpy(to, h, sizeof h);
}

int chan_send(struct msg_chan *c, const struct msg *m)
{
	size_t need = MSG_HEADER + m->body.n;
	bool with_fd = (m->flags & MSG_FD) != 0;
	u8 *to;

	must((m->flags & ~MSG_FLAGS) == 0);
	if (c->out_err != 0) {
		return c->out_err;
	}
	if (m->body.n > LIMIT_MSG_BODY) {
		return ERR_LIMIT;
	}
	if (with_fd && c->mode == CHAN_PLAIN) {
		return ERR_PROTO;
	}
	if (!chan_has_room(c, m->body.n)) {
		return ERR_BUSY;
	}
	if (c->out_at + c->out_n + need > CHAN_OUT_MAX) {
		memmove(c->out, c->out + c->out_at, c->out_n);
		c->out_at = 0;
	}
	to = c->out + c->out_at + c->out_n;
	put_header(to, m);
	if (m->body.n != 0) {
		memcpy(to + MSG_HEADER, m->body.p, m->body.n);
	}
	if (with_fd) {
		c->give[c->ngive++] = (struct fd_out){ .fd = m->fd, .at = c->out_off + c->out_n };
	}
	c->out_n += need;
	return 0;
}

static ssize_t send_with_fd(int sock, const u8 *p, size_t n, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_len = n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	memcpy(&iov.iov_base, &p, sizeof p);	/* iovec has no const */
	if (fd >= 0) {
		struct cmsghdr *cm;

		h.msg_control = control.bytes;
		h.msg_controllen = sizeof control.bytes;
		cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(cm), &fd, sizeof fd);
	}
	return sendmsg(sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Its error is sticky: who does not look at it now sees it at the next chan_send. */
static int flush(struct msg_chan *c)
{
	while (c->out_err == 0 && c->out_n != 0) {
		bool now = c->ngive != 0 && c->give[0].at == c->out_off;	/* the next byte takes a descriptor along */
		size_t next = now ? 1 : 0;
		size_t n = c->ngive > next ? (size_t)(c->give[next].at - c->out_off) : c->out_n;
		const u8 *p = c->out + c->out_at;
		ssize_t w = c->mode == CHAN_PLAIN ? write(c->fd, p, n) :
			send_with_fd(c->fd, p, n, now ? c->give[0].fd : -1);

		if (w < 0 && errno == EINTR) {
			continue;
		}
		if (w < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			return 0;
		}
		if (w <= 0) {
			c->out_err = errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
			break;
		}
		if (now) {
			close(c->give[0].fd);
			memmove(c->give, c->give + 1, --c->ngive * sizeof c->give[0]);
		}
		c->out_at += (size_t)w;
		c->out_n -= (size_t)w;
		c->out_off += (u64)w;
	}
	if (c->out_n == 0) {
		c->out_at = 0;
	}
	return c->out_err;
}

int chan_flush(struct msg_chan *c)
{
	return flush(c);
}

/* Receiving. */

/* Takes the descriptors of one recvmsg; more than one, or a cut list, is a peer that does not follow the format. */
static int take_fds(struct msg_chan *c, struct msghdr *h, u64 lo, u64 hi)
{
	int r = (h->msg_flags & MSG_CTRUNC) != 0 ? ERR_PROTO : 0;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(h); cm != NULL; cm = CMSG_NXTHDR(h, cm)) {
		size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof fd, sizeof fd);
			if (n != 1 || c->ngot == CHAN_FD_MAX) {
				close(fd);
				r = ERR_PROTO;
				continue;
			}
			c->got[c->ngot++] = (struct fd_in){ .fd = fd, .lo = lo, .hi = hi };
		}
	}
	return r;
}

static ssize_t receive(struct msg_chan *c, u8 *to, size_t n)
{
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = to, .iov_len = n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	u64 lo = c->in_off + c->in_n;
	ssize_t got;

	if (c->mode == CHAN_PLAIN) {
		return read(c->fd, to, n);
	}
	got = recvmsg(c->fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got >= 0 && take_fds(c, &h, lo, lo + (u64)got) != 0) {
		c->in_err = ERR_PROTO;
	}
	return got;
}

/* keep: bodies given out stay where they are, so only the tail is filled. */
static int fill(struct msg_chan *c, bool keep)
{
	if (!keep && c->in_at != 0) {
		memmove(c->in, c->in + c->in_at, c->in_n);
		c->in_at = 0;
	}
	while (c->in_err == 0 && !c->eof && c->ngot < CHAN_FD_MAX && c->in_at + c->in_n < CHAN_IN_MAX) {
		size_t room = CHAN_IN_MAX - c->in_at - c->in_n;
		ssize_t got = receive(c, c->in + c->in_at + c->in_n, room);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			break;
		}
		if (got == 0 || (got < 0 && errno == ECONNRESET)) {
			c->eof = true;
			break;
		}
		if (got < 0) {
			c->in_err = ERR_IO;
			break;
		}
		c->in_n += (size_t)got;
	}
	return c->in_err;
}

int chan_fill(struct msg_chan *c)
{
	return fill(c, false);
}

/* No whole message is there: 0 when one may still come. A waiting descriptor must belong to the message that has begun. */
static int not_yet(const struct msg_chan *c)
{
	if (c->ngot > 1 || (c->ngot == 1 && (c->in_n == 0 || c->got[0].lo > c->in_off))) {
		return ERR_PROTO;
	}
	return c->eof ? ERR_CLOSED : ERR_BUSY;
}

static int take_message(struct msg_chan *c, struct msg *ret)
{
	struct rd rd = rd_of(c->in + c->in_at, c->in_n);
	struct msg m = { .fd = -1 };
	u32 n;

	if (rd_u16(&rd, &m.type) != 0 || rd_u16(&rd, &m.flags) != 0 || rd_u32(&rd, &n) != 0 || rd_u32(&rd, &m.id) != 0) {
		return not_yet(c);
	}
	if (n > LIMIT_MSG_BODY || (m.flags & ~MSG_FLAGS) != 0 || ((m.flags & MSG_FD) != 0 && c->mode == CHAN_PLAIN)) {
		return ERR_PROTO;
	}
	if (rd_bytes(&rd, n, &m.body) != 0) {
		return not_yet(c);
	}
	if ((m.flags & MSG_FD) != 0 && (c->ngot == 0 || c->got[0].lo > c->in_off || c->got[0].hi <= c->in_off)) {
		return ERR_PROTO;
	}
	if ((m.flags & MSG_FD) != 0) {
		m.fd = c->got[0].fd;
		memmove(c->got, c->got + 1, --c->ngot * sizeof c->got[0]);
	}
	c->in_at += MSG_HEADER + n;
	c->in_n -= MSG_HEADER + n;
	c->in_off += MSG_HEADER + n;
	if (c->ngot != 0 && c->got[0].hi <= c->in_off) {	/* no later header can claim it */
		if (m.fd >= 0) {
			close(m.fd);
		}
		return ERR_PROTO;
	}
	*ret = m;
	return 0;
}

int chan_next(struct msg_chan *c, struct msg *ret)
{
	int r;

	if (c->in_err != 0) {
		return c->in_err;
	}
	r = take_message(c, ret);
	if (r == ERR_PROTO) {
		c->in_err = r;
	}
	return r;
}

short chan_events(const struct msg_chan *c)
{
	bool in = c->in_err == 0 && !c->eof && c->in_n < CHAN_IN_MAX && c->ngot < CHAN_FD_MAX;

	return (short)((in ? POLLIN : 0) | (c->out_n != 0 && c->out_err == 0 ? POLLOUT : 0));
}

/* Blocking forms. */

/* Waits for what chan_events asks and does it. until_ns < 0: for ever. */
static int wait_and_move(struct msg_chan *c, i64 until_ns, bool keep)
{
	struct pollfd p = { .fd = c->fd, .events = chan_events(c) };
	i64 left = until_ns < 0 ? -1 : (until_ns - mono_now().ns + 999999) / 1000000;
	int r;

	if (keep && c->in_at + c->in_n == CHAN_IN_MAX) {
		p.events &= (short)~POLLIN;	/* the tail is full and must not move */
	}
	if (until_ns >= 0 && left < 0) {
		left = 0;
	}
	r = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
	if (r < 0 && errno != EINTR) {
		return ERR_SYS;
	}
	if (r <= 0 && left == 0) {
		return ERR_TIMEOUT;
	}
	if (r > 0 && (p.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
		(void)fill(c, keep);		/* its error is sticky; chan_next tells it */
	}
	return 0;
}

static i64 deadline(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : mono_now().ns + (i64)timeout_ms * 1000000;
}

int chan_send_wait(struct msg_chan *c, const struct msg *m, int timeout_ms)
{
	i64 until = deadline(timeout_ms);
	bool queued = false;
	int r;

	for (;;) {
		r = queued ? 0 : chan_send(c, m);
		if (r != 0 && r != ERR_BUSY) {
			return r;
		}
		queued = r == 0;
		if ((r = flush(c)) != 0) {
			return r;
		}
		if (queued && c->out_n == 0) {
			return 0;
		}
		if ((r = wait_and_move(c, until, true)) != 0) {
			return r;
		}
	}
}

int chan_recv_wait(struct msg_chan *c, struct msg *ret, int timeout_ms)
{
	i64 until = deadline(timeout_ms);
	int r;

	for (;;) {
		r = chan_next(c, ret);
		if (r != ERR_BUSY) {
			return r;
		}
		flush(c);		/* a peer that reads no more may still have written */
		if ((r = wait_and_move(c, until, false)) != 0) {
			return r;
		}
	}
}

int msg_failed_read(const struct msg *m, int *ret_code, struct str *ret_text)
{
	struct rd rd = rd_str(m->body);
	struct str text;
	u32 code;
	int r;

	if ((r = rd_u32(&rd, &code)) != 0 || (r = rd_blob(&rd, &text)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret_code = (i32)code < 0 && (i32)code >= -(i32)ERR_ORDER_COUNT ? (i32)code : ERR_PROTO;
	*ret_text = text;
	return 0;
}

void msg_failed_write(struct buf *b, int code, struct str text)
{
	must(code < 0);
	buf_u32(b, (u32)code);
	buf_blob(b, text);
}
