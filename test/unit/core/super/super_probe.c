/* A program with small roles that do what test super.c needs: the smallest core, net and parse there can be, in their real
 * sandboxes. HELLO with another number than the protocol is an order to this core (enum order). */
#include "super_probe.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "core/super/super.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS 16

static int reply(struct msg_chan *c, const struct msg *to, u16 flags, struct str body)
{
	return chan_send_wait(c, &(struct msg){ .type = to->type, .flags = flags, .id = to->id, .body = body, .fd = -1 }, 5000);
}

/* core */

static int obey(struct msg_chan *c, const struct msg *m, u32 order)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	int r = 0;

	switch (order) {
	case ORDER_ROWS:
		for (int i = 0; i < 3 && r == 0; i++) {
			r = reply(c, m, 0, str_printf(a, "row %d", i));
		}
		r = r != 0 ? r : reply(c, m, MSG_LAST, S("end"));
		break;
	case ORDER_FAIL:
		msg_failed_write(&b, ERR_NEWER, S("made by 9.1"));
		r = reply(c, m, MSG_LAST | MSG_FAILED, buf_view(&b));
		break;
	case ORDER_SILENCE:
		break;
	case ORDER_MISBEHAVE:
		r = chan_send_wait(c, &(struct msg){ .type = MSGS_NET_START, .fd = -1 }, 1000);
		break;
	case ORDER_PID:
		r = reply(c, m, MSG_LAST, str_printf(a, "%d", (int)getpid()));
		break;
	case ORDER_DIE:
		abort();
	default:
		r = reply(c, m, MSG_LAST, S(""));
	}
	arena_free(a);
	return r;
}

static int serve(struct msg_chan *c)
{
	struct rd rd;
	struct msg m;
	u32 order = 0;
	int r = chan_fill(c);

	while (r == 0 && (r = chan_next(c, &m)) == 0) {
		rd = rd_str(m.body);
		if (m.type == MSGS_PUT_CHUNK) {
			r = reply(c, &m, MSG_LAST, S(""));	/* as core answers a chunk: so answers never fill a queue */
		} else if (m.type == MSGS_HELLO && rd_u32(&rd, &order) == 0) {
			r = obey(c, &m, order);
		} else {
			r = ERR_PROTO;
		}
	}
	return r == ERR_BUSY ? 0 : r;
}

static int core(void)
{
	struct msg_chan *clients[CLIENTS] = { NULL };
	bool main_lives = true;
	size_t n = 0;

	role_enter(ROLE_CORE);
	while (main_lives || n != 0) {
		struct pollfd p[2 + CLIENTS] = { { .fd = main_lives ? ROLE_FD_CHANNEL : -1, .events = POLLIN },
			{ .fd = n < CLIENTS ? ROLE_FD_LISTEN : -1, .events = POLLIN } };
		int fd;

		for (size_t i = 0; i < n; i++) {
			p[2 + i] = (struct pollfd){ .fd = chan_fd(clients[i]), .events = chan_events(clients[i]) };
		}
		if (poll(p, 2 + n, -1) < 0) {
			return 1;
		}
		for (size_t i = n; i-- > 0;) {
			if (p[2 + i].revents != 0 && serve(clients[i]) != 0) {
				chan_free(clients[i]);
				clients[i] = clients[--n];
			}
		}
		if (p[1].revents != 0 && super_accept(ROLE_FD_LISTEN, &fd) == 0) {
			clients[n++] = chan_new(fd, CHAN_FDS);
		}
		if (p[0].revents != 0) {		/* main never sends here: its end is all there is to hear */
			struct msg_chan *life = chan_new(ROLE_FD_CHANNEL, CHAN_FDS);
			struct msg stays = { .type = MSGS_CORE_STAYS, .fd = -1 };

			main_lives = false;
			if (life != NULL && n != 0 && chan_send_wait(life, &stays, 1000) != 0) {
				log_debug("main is gone already");
			}
			chan_free(life);
		}
	}
	unlink("core.sock");
	return 0;
}

/* net: NET_START {u32 n} makes n places found; n NET_CLOSE later it answers. 0xBAD sends what net may not; 0xDEAD ends. */

static int net(void)
{
	struct msg_chan *c;
	struct msg m, start = { .fd = -1 };
	u32 want = 0, sent = 0, closed = 0;
	int r = 0;

	role_enter(ROLE_NET);
	c = chan_new(ROLE_FD_CHANNEL, CHAN_FDS);
	while (c != NULL && r == 0) {
		static char body[2000];
		struct pollfd p = { .fd = chan_fd(c), .events = chan_events(c) };
		struct msg found = { .type = MSGS_NET_FOUND, .id = sent, .body = { body, sizeof body }, .fd = -1 };

		while (sent < want && chan_send(c, &found) == 0) {
			found.id = ++sent;
		}
		if (chan_flush(c) != 0) {
			break;
		}
		p.events = chan_events(c);
		if (poll(&p, 1, -1) < 0 || chan_fill(c) != 0) {
			break;
		}
		while ((r = chan_next(c, &m)) == 0) {
			struct rd rd = rd_str(m.body);

			if (m.type == MSGS_NET_START && rd_u32(&rd, &want) == 0) {
				start = m;
				if (want == 0xDEAD) {
					abort();
				}
				if (want == 0xBAD) {
					want = 0;
					r = chan_send_wait(c, &(struct msg){ .type = MSGS_PUT_CHUNK, .fd = -1 }, 1000);
				}
			} else if (m.type == MSGS_NET_CLOSE && ++closed == want) {
				r = reply(c, &start, MSG_LAST, S("done"));
			}
		}
		r = r == ERR_BUSY ? 0 : r;
	}
	chan_free(c);
	return 0;
}

/* parse: every place found becomes a chunk for core; every chunk acknowledged closes its conversation. */

static int parse(void)
{
	struct msg_chan *c;
	struct msg m;

	role_enter(ROLE_PARSE);
	c = chan_new(ROLE_FD_CHANNEL, CHAN_PLAIN);
	while (c != NULL && chan_recv_wait(c, &m, -1) == 0) {
		m.type = m.type == MSGS_NET_FOUND ? MSGS_PUT_CHUNK : MSGS_NET_CLOSE;
		m.flags = 0;
		if (chan_send_wait(c, &m, -1) != 0) {
			break;
		}
	}
	chan_free(c);
	return 0;
}

/* As a command: holds the store open until stdin ends, saying the pid of its core. */
static int command(const char *exe, const char *dir)
{
	struct client *c;
	struct super *s;
	int r = super_new(exe, &s);

	if (r != 0) {
		return 1;
	}
	r = super_open_core(s, dir, &c);
	if (r == 0) {
		const u8 order[4] = { 0, 0, 0, ORDER_PID };

		r = client_call(c, MSGS_HELLO, str_of(order, 4), super_probe_print, NULL);
	}
	if (r == 0 && read(STDIN_FILENO, &(char){ 0 }, 1) < 0) {
		r = ERR_IO;
	}
	if (r != 0) {
		log_error("%s: %s", err_text(r), super_error(s));
	}
	super_free(s);
	return r == 0 ? 0 : 1;
}

/* One write: the reader may close its end after the first bytes. */
int super_probe_print(void *arg, const struct msg *m)
{
	(void)arg;
	return write(STDOUT_FILENO, m->body.p, m->body.n) == (ssize_t)m->body.n ? 0 : ERR_IO;
}

int main(int argc, char **argv)
{
	struct str role = str_z(argc > 1 ? argv[1] : "");

	log_init(str_starts(role, S("--role=")) ? argv[1] + 7 : "command", LOG_INFO);
	if (str_eq(role, S("--role=core"))) {
		return core();
	}
	if (str_eq(role, S("--role=net"))) {
		return net();
	}
	if (str_eq(role, S("--role=parse"))) {
		return parse();
	}
	return argc == 2 ? command(argv[0], argv[1]) : 2;
}
