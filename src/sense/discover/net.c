/* The process around sweep.h: one channel to main, one scan at a time. What the channel cannot take yet waits: the engine is
 * told that there is no room, and messages that could make it speak stay unread meanwhile. */
#include "sense/discover/net.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "sense/discover/sweep_int.h"

struct net {
	struct msg_chan *chan;
	struct sweep *sweep;
	u32 request;		/* of NET_START, while a scan runs */
	bool running;
	int err;
};

static bool room(void *ctx)
{
	struct net *n = ctx;

	return n->err == 0 && chan_has_room(n->chan, LIMIT_MSG_BODY);
}

static void put(void *ctx, u16 type, struct str body)
{
	struct net *n = ctx;
	struct msg m = { .type = type, .body = body, .fd = -1, .id = type == MSGS_NET_START ? n->request : 0 };

	if (n->err == 0) {
		n->err = chan_send(n->chan, &m);
	}
}

static void renew(struct net *n)
{
	const struct sweep_out out = { .ctx = n, .room = room, .put = put };

	sweep_free(n->sweep);
	n->sweep = sweep_new(&out);
	n->running = false;
}

/* Ends the answer to NET_START: the last status, or why it failed. */
static void answer(struct net *n, int err, struct str text)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_NET_START, .flags = MSG_LAST, .id = n->request, .fd = -1 };
	struct scan_status st = sweep_status(n->sweep);

	if (err != 0) {
		m.flags |= MSG_FAILED;
		msg_failed_write(&b, err, text);
	} else {
		scan_status_write(&b, &st);
	}
	m.body = buf_view(&b);
	if (n->err == 0) {
		n->err = chan_send(n->chan, &m);
	}
	arena_free(a);
	renew(n);
}

static int take(struct net *n, const struct msg *m)
{
	int r;

	if (m->type == MSGS_NET_START) {
		n->request = m->id;
	}
	r = sweep_input(n->sweep, m->type, m->body, m->fd);
	if (m->type == MSGS_NET_START && r == 0) {
		n->running = true;
	} else if (m->type == MSGS_NET_START) {
		answer(n, r, str_z("the start of the scan is not acceptable"));
		r = 0;
	}
	return r;
}

static int turn(struct net *n)
{
	struct pollfd p[2] = {
		{ .fd = chan_fd(n->chan), .events = chan_events(n->chan) },
		{ .fd = sweep_fd(n->sweep), .events = POLLIN },
	};
	struct str text;
	struct msg m;
	int r;

	if (poll(p, 2, n->running ? sweep_wait_ms(n->sweep) : -1) < 0 && errno != EINTR) {
		return err_from_errno(errno);
	}
	if ((r = chan_flush(n->chan)) != 0 || (r = chan_fill(n->chan)) != 0) {
		return r;
	}
	while (room(n) && (r = chan_next(n->chan, &m)) == 0) {
		if ((r = take(n, &m)) != 0) {
			return r;
		}
	}
	if (r != 0 && r != ERR_BUSY) {
		return r;
	}
	if (n->running) {
		sweep_step(n->sweep);
		if (sweep_over(n->sweep) && room(n)) {
			r = sweep_error(n->sweep, &text);
			answer(n, r, text);
		}
	}
	return n->err != 0 ? n->err : chan_flush(n->chan);
}

int net_main(void)
{
	struct net n = { 0 };
	int r = 0;

	role_enter(ROLE_NET);
	n.chan = chan_new(ROLE_FD_CHANNEL, CHAN_FDS);
	if (n.chan == NULL) {
		log_error("no channel");
		return EXIT_FAILURE;
	}
	renew(&n);
	while (r == 0) {
		r = turn(&n);
	}
	if (r != ERR_CLOSED) {
		log_error("%s", err_text(r));
	}
	sweep_free(n.sweep);
	chan_free(n.chan);
	return r == ERR_CLOSED ? EXIT_SUCCESS : EXIT_FAILURE;
}
