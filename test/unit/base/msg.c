#include "unit.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
	struct msg_chan *a, *b;
};

static struct pair pair_new(enum chan_mode mode)
{
	struct pair p;
	int sv[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	p.a = chan_new(sv[0], mode);
	p.b = chan_new(sv[1], mode);
	assert_true(p.a != NULL && p.b != NULL);
	return p;
}

static void pair_free(struct pair *p)
{
	chan_free(p->a);
	chan_free(p->b);
}

/* A channel on one side, the bare socket on the other. */
static struct msg_chan *bare(enum chan_mode mode, int *ret_fd)
{
	struct msg_chan *c;
	int sv[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	c = chan_new(sv[0], mode);
	assert_non_null(c);
	*ret_fd = sv[1];
	return c;
}

static void header(u8 *h, u16 type, u16 flags, u32 n, u32 id)
{
	const u8 bytes[MSG_HEADER] = { (u8)(type >> 8), (u8)type, (u8)(flags >> 8), (u8)flags, (u8)(n >> 24), (u8)(n >> 16),
		(u8)(n >> 8), (u8)n, (u8)(id >> 24), (u8)(id >> 16), (u8)(id >> 8), (u8)id };

	memcpy(h, bytes, sizeof bytes);
}

static void send_fds(int sock, const void *p, size_t n, const int *fds, size_t nfds)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} u = { .bytes = { 0 } };
	struct iovec iov = { .iov_len = n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.bytes,
		.msg_controllen = CMSG_SPACE(nfds * sizeof(int)) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&h);

	memcpy(&iov.iov_base, &p, sizeof p);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memcpy(CMSG_DATA(cm), fds, nfds * sizeof(int));
	assert_int_equal(sendmsg(sock, &h, 0), n);
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++) {
		n += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
	}
	return n;
}

void test_msg__three_messages_split_at_every_byte(void **state)
{
	u8 wire[3 * MSG_HEADER + 8];

	(void)state;
	header(wire, 0x0102, 0, 3, 0xA1B2C3D4);
	memcpy(wire + 12, "abc", 3);
	header(wire + 15, 0xFFFF, MSG_LAST, 0, 7);
	header(wire + 27, 1, MSG_LAST | MSG_FAILED, 5, 0);
	memcpy(wire + 39, "hello", 5);
	for (size_t cut = 0; cut <= sizeof wire; cut++) {
		int fd;
		struct msg_chan *c = bare(CHAN_FDS, &fd);
		struct msg m;
		size_t got = 0;

		for (int part = 0; part < 2; part++) {
			size_t from = part == 0 ? 0 : cut, n = part == 0 ? cut : sizeof wire - cut;
			int r;

			assert_int_equal(n == 0 ? 0 : write(fd, wire + from, n), n);
			assert_int_equal(chan_fill(c), 0);
			while ((r = chan_next(c, &m)) == 0) {
				got++;
				if (got == 1) {
					assert_true(m.type == 0x0102 && m.flags == 0 && m.id == 0xA1B2C3D4 && m.fd == -1);
					assert_str(m.body, "abc");
				} else if (got == 2) {
					assert_true(m.type == 0xFFFF && m.flags == MSG_LAST && m.id == 7 && m.body.n == 0);
				} else {
					assert_true(m.type == 1 && m.flags == (MSG_LAST | MSG_FAILED));
					assert_str(m.body, "hello");
				}
			}
			assert_int_equal(r, ERR_BUSY);
		}
		assert_int_equal(got, 3);
		close(fd);
		assert_int_equal(chan_fill(c), 0);
		assert_int_equal(chan_next(c, &m), ERR_CLOSED);
		chan_free(c);
	}
}

void test_msg__writes_the_format_byte_for_byte(void **state)
{
	static const u8 want[] = { 0x01, 0x02, 0, 1, 0, 0, 0, 2, 0, 0, 0x12, 0x34, 'h', 'i' };
	u8 got[64];
	int fd;
	struct msg_chan *c = bare(CHAN_PLAIN, &fd);

	(void)state;
	assert_int_equal(chan_send(c, &(struct msg){ .type = 0x0102, .flags = MSG_LAST, .id = 0x1234, .body = S("hi") }), 0);
	assert_int_equal(chan_unsent(c), sizeof want);
	assert_true((chan_events(c) & POLLOUT) != 0);
	assert_int_equal(chan_flush(c), 0);
	assert_int_equal(chan_unsent(c), 0);
	assert_true(chan_events(c) == POLLIN);
	assert_int_equal(read(fd, got, sizeof got), sizeof want);
	assert_memory_equal(got, want, sizeof want);
	close(fd);
	chan_free(c);
}

void test_msg__largest_body_passes_a_longer_one_does_not(void **state)
{
	struct pair p = pair_new(CHAN_PLAIN);
	char *body = malloc(LIMIT_MSG_BODY + 1);
	struct msg m = { .type = 3, .body = { body, LIMIT_MSG_BODY } }, got;

	(void)state;
	memset(body, 'x', LIMIT_MSG_BODY + 1);
	assert_int_equal(chan_send(p.a, &m), 0);
	m.body.n++;
	assert_int_equal(chan_send(p.a, &m), ERR_LIMIT);
	assert_int_equal(chan_flush(p.a), 0);
	assert_int_equal(chan_recv_wait(p.b, &got, 1000), 0);
	assert_int_equal(got.body.n, LIMIT_MSG_BODY);
	assert_memory_equal(got.body.p, body, LIMIT_MSG_BODY);
	free(body);
	pair_free(&p);
}

void test_msg__malformed_headers_are_refused_for_good(void **state)
{
	static const struct {
		u16 flags;
		u32 n;
		enum chan_mode mode;
	} bad[] = {
		{ 0, LIMIT_MSG_BODY + 1, CHAN_PLAIN }, { 0, 0xFFFFFFFF, CHAN_FDS }, { 8, 0, CHAN_PLAIN },
		{ 0x8000, 0, CHAN_FDS }, { MSG_FD, 0, CHAN_PLAIN }, { MSG_FD, 0, CHAN_FDS },
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		u8 h[MSG_HEADER];
		struct msg m;
		int fd;
		struct msg_chan *c = bare(bad[i].mode, &fd);

		header(h, 1, 0, 0, 1);
		assert_int_equal(write(fd, h, sizeof h), sizeof h);
		header(h, 1, bad[i].flags, bad[i].n, 2);
		assert_int_equal(write(fd, h, sizeof h), sizeof h);
		assert_int_equal(chan_recv_wait(c, &m, 1000), 0);	/* what stood before is good */
		assert_int_equal(m.id, 1);
		assert_int_equal(chan_recv_wait(c, &m, 1000), ERR_PROTO);
		header(h, 1, 0, 0, 3);
		assert_int_equal(write(fd, h, sizeof h), sizeof h);
		assert_int_equal(chan_fill(c), ERR_PROTO);
		assert_int_equal(chan_next(c, &m), ERR_PROTO);
		assert_int_equal(chan_events(c) & POLLIN, 0);
		close(fd);
		chan_free(c);
	}
}

void test_msg__a_message_cut_off_is_a_closed_peer(void **state)
{
	(void)state;
	for (size_t n = 0; n < MSG_HEADER + 4; n++) {
		u8 wire[MSG_HEADER + 4] = { 0 };
		struct msg m;
		int fd;
		struct msg_chan *c = bare(CHAN_FDS, &fd);

		header(wire, 1, 0, 4, 1);
		assert_int_equal(n == 0 ? 0 : write(fd, wire, n), n);
		close(fd);
		assert_int_equal(chan_recv_wait(c, &m, 1000), ERR_CLOSED);
		assert_int_equal(chan_send(c, &(struct msg){ .type = 1 }), 0);
		assert_int_equal(chan_flush(c), ERR_CLOSED);
		assert_int_equal(chan_send(c, &(struct msg){ .type = 1 }), ERR_CLOSED);
		chan_free(c);
	}
}

void test_msg__descriptors_stay_with_their_messages(void **state)
{
	struct pair p = pair_new(CHAN_FDS);
	size_t before = open_fds();
	struct msg m;

	(void)state;
	for (u32 i = 0; i < 6; i++) {		/* with and without, in one flush */
		int pipes[2];
		char body[8];

		assert_int_equal(pipe(pipes), 0);
		snprintf(body, sizeof body, "%u", i);
		assert_int_equal(write(pipes[1], body, 1), 1);
		close(pipes[1]);
		assert_int_equal(chan_send(p.a, &(struct msg){ .type = 1, .flags = MSG_FD, .id = i, .fd = pipes[0],
			.body = str_z(body) }), 0);
		assert_int_equal(chan_send(p.a, &(struct msg){ .type = 2, .id = i }), 0);
	}
	assert_int_equal(chan_flush(p.a), 0);
	for (u32 i = 0; i < 6; i++) {
		char c = 0;

		assert_int_equal(chan_recv_wait(p.b, &m, 1000), 0);
		assert_true(m.type == 1 && m.id == i && m.flags == MSG_FD && m.fd >= 0);
		assert_true((fcntl(m.fd, F_GETFD) & FD_CLOEXEC) != 0);
		assert_int_equal(read(m.fd, &c, 1), 1);
		assert_int_equal(c, '0' + (int)i);
		close(m.fd);
		assert_int_equal(chan_recv_wait(p.b, &m, 1000), 0);
		assert_true(m.type == 2 && m.id == i && m.fd == -1);
	}
	assert_int_equal(open_fds(), before);
	assert_int_equal(chan_recv_wait(p.b, &m, 0), ERR_TIMEOUT);
	pair_free(&p);
}

void test_msg__descriptors_nobody_took_are_closed(void **state)
{
	size_t before = open_fds();
	struct pair p = pair_new(CHAN_FDS);

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct msg m = { .type = 1, .flags = MSG_FD, .fd = dup(0) };

		assert_int_equal(chan_send(p.a, &m), 0);
		if (i == 1) {
			assert_int_equal(chan_flush(p.a), 0);
			assert_int_equal(chan_fill(p.b), 0);
		}
	}
	pair_free(&p);
	assert_int_equal(open_fds(), before);
}

void test_msg__descriptors_in_the_wrong_place_end_the_peer(void **state)
{
	(void)state;
	for (int way = 0; way < 5; way++) {
		size_t before = open_fds();
		u8 wire[2 * MSG_HEADER + 4] = { 0 };
		const int fds[3] = { 0, 0, 0 };
		struct msg m;
		int fd, r;
		struct msg_chan *c = bare(CHAN_FDS, &fd);

		header(wire, 1, way == 1 || way == 4 ? MSG_FD : 0, 4, 1);
		header(wire + MSG_HEADER + 4, 1, MSG_FD, 0, 2);
		switch (way) {
		case 0:		/* with a message that does not say so, and nothing after it */
			send_fds(fd, wire, MSG_HEADER + 4, fds, 1);
			break;
		case 1:		/* three with one message */
			send_fds(fd, wire, MSG_HEADER + 4, fds, 3);
			break;
		case 2:		/* in the middle of a body */
			assert_int_equal(write(fd, wire, MSG_HEADER + 1), MSG_HEADER + 1);
			assert_int_equal(chan_fill(c), 0);
			send_fds(fd, wire + MSG_HEADER + 1, 1, fds, 1);
			break;
		case 3:		/* early: before the message that claims it, which comes later */
			send_fds(fd, wire, MSG_HEADER + 4, fds, 1);
			assert_int_equal(chan_fill(c), 0);
			assert_int_equal(write(fd, wire + MSG_HEADER + 4, MSG_HEADER), MSG_HEADER);
			break;
		case 4:		/* late: with the body, the header came without */
			assert_int_equal(write(fd, wire, MSG_HEADER), MSG_HEADER);
			assert_int_equal(chan_fill(c), 0);
			send_fds(fd, wire + MSG_HEADER, 4, fds, 1);
			break;
		}
		r = chan_recv_wait(c, &m, 1000);
		assert_int_equal(r, ERR_PROTO);
		close(fd);
		chan_free(c);
		assert_int_equal(open_fds(), before);
	}
}

void test_msg__plain_channels_carry_no_descriptors(void **state)
{
	size_t before = open_fds();
	u8 wire[MSG_HEADER];
	const int fds[1] = { 0 };
	struct msg m = { .type = 1, .flags = MSG_FD, .fd = 0 };
	int fd;
	struct msg_chan *c = bare(CHAN_PLAIN, &fd);

	(void)state;
	assert_int_equal(chan_send(c, &m), ERR_PROTO);
	header(wire, 1, 0, 0, 9);
	send_fds(fd, wire, sizeof wire, fds, 1);
	assert_int_equal(chan_recv_wait(c, &m, 1000), 0);
	assert_int_equal(m.id, 9);
	assert_int_equal(open_fds(), before + 2);
	close(fd);
	chan_free(c);
}

void test_msg__a_peer_that_does_not_read_fills_the_queue_and_no_more(void **state)
{
	struct pair p = pair_new(CHAN_PLAIN);
	static char body[10000];
	struct msg m = { .type = 1, .body = { body, sizeof body } }, got;
	u32 sent = 0, seen = 0;
	int r;

	(void)state;
	for (;;) {
		m.id = sent;
		memset(body, (int)(sent % 251), sizeof body);
		r = chan_send(p.a, &m);
		if (r == ERR_BUSY) {
			assert_int_equal(chan_flush(p.a), 0);
			if (!chan_has_room(p.a, sizeof body)) {
				break;
			}
			continue;
		}
		assert_int_equal(r, 0);
		sent++;
		assert_true(sent < 10000);
		assert_true(chan_unsent(p.a) <= CHAN_OUT_MAX);
	}
	while (seen < sent) {
		assert_int_equal(chan_flush(p.a), 0);
		assert_int_equal(chan_fill(p.b), 0);
		while ((r = chan_next(p.b, &got)) == 0) {
			assert_int_equal(got.id, seen);
			assert_int_equal((u8)got.body.p[0], seen % 251);
			assert_int_equal((u8)got.body.p[sizeof body - 1], seen % 251);
			seen++;
		}
		assert_int_equal(r, ERR_BUSY);
	}
	assert_true(sent > 20);
	pair_free(&p);
}

void test_msg__descriptors_waiting_are_bounded(void **state)
{
	struct pair p = pair_new(CHAN_FDS);
	struct msg m = { .type = 1, .flags = MSG_FD };

	(void)state;
	for (int i = 0; i < CHAN_FD_MAX; i++) {
		m.fd = dup(0);
		assert_int_equal(chan_send(p.a, &m), 0);
	}
	m.fd = dup(0);
	assert_int_equal(chan_send(p.a, &m), ERR_BUSY);
	close(m.fd);				/* still ours */
	pair_free(&p);
}

void test_msg__waiting_forms_time_out(void **state)
{
	struct pair p = pair_new(CHAN_PLAIN);
	static char body[LIMIT_MSG_BODY];
	struct msg m = { .type = 1, .body = { body, sizeof body } }, got;
	int r = 0;

	(void)state;
	assert_int_equal(chan_recv_wait(p.b, &got, 20), ERR_TIMEOUT);
	for (int i = 0; i < 100 && r == 0; i++) {
		r = chan_send_wait(p.a, &m, 20);
	}
	assert_int_equal(r, ERR_TIMEOUT);
	pair_free(&p);
}

void test_msg__a_body_outlives_the_wait_for_an_answer_to_leave(void **state)
{
	struct pair p = pair_new(CHAN_PLAIN);
	struct msg m;

	(void)state;
	for (u32 i = 0; i < 50; i++) {
		assert_int_equal(chan_send(p.a, &(struct msg){ .type = 1, .id = i, .body = S("question") }), 0);
	}
	assert_int_equal(chan_flush(p.a), 0);
	for (u32 i = 0; i < 50; i++) {
		assert_int_equal(chan_recv_wait(p.b, &m, 1000), 0);
		assert_int_equal(chan_send_wait(p.b, &(struct msg){ .type = 2, .id = m.id }, 1000), 0);
		assert_str(m.body, "question");
	}
	pair_free(&p);
}

void test_msg__failures_carry_code_and_text(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct msg m = { .type = 1 };
	struct str text;
	int code;

	(void)state;
	msg_failed_write(&b, ERR_NEWER, S("made by 9.1"));
	m.body = buf_view(&b);
	assert_int_equal(msg_failed_read(&m, &code, &text), 0);
	assert_int_equal(code, ERR_NEWER);
	assert_str(text, "made by 9.1");
	m.body.n--;
	assert_int_equal(msg_failed_read(&m, &code, &text), ERR_TRUNC);
	buf_u8(&b, 0);
	m.body = buf_view(&b);
	assert_int_equal(msg_failed_read(&m, &code, &text), ERR_EXTRA);
	buf_reset(&b);
	buf_u32(&b, 5);				/* no code of ours */
	buf_blob(&b, S(""));
	m.body = buf_view(&b);
	assert_int_equal(msg_failed_read(&m, &code, &text), 0);
	assert_int_equal(code, ERR_PROTO);
	arena_free(a);
}
