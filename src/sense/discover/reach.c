/* The same questions without packets of our own: connect() to each address and port. The kernel's answer is the state:
 * connected is open, refused is closed, unreachable is filtered, nothing within the time is silent. No MAC is seen. */
#include "sense/discover/sweep_int.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

/* A connection from a port to itself: the kernel gave the port asked for as our own. It says that nobody listens. */
static bool self_connected(int fd)
{
	struct sockaddr_storage a = { 0 }, b = { 0 };
	socklen_t na = sizeof a, nb = sizeof b;

	return getsockname(fd, (struct sockaddr *)&a, &na) == 0 && getpeername(fd, (struct sockaddr *)&b, &nb) == 0 &&
		na == nb && memcmp(&a, &b, na) == 0;
}

/* The state an errno of connect() shows; SCAN_NOT_ASKED: none, ask again. */
static enum scan_state state_of(int e)
{
	switch (e) {
	case 0:
		return SCAN_OPEN;
	case ECONNREFUSED:
	case ECONNRESET:
		return SCAN_CLOSED;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
	case EPERM:
		return SCAN_FILTERED;
	default:
		return SCAN_NOT_ASKED;
	}
}

static void result(struct sweep *s, u32 host, u32 index, enum scan_state state)
{
	struct host *h;

	if (host == UINT32_MAX) {
		look_connect_result(s, index, state == SCAN_OPEN || state == SCAN_CLOSED);
		return;
	}
	h = &s->hosts.p[host];
	if (state != SCAN_NOT_ASKED && h->lo != NULL) {
		h->heard = s->now;
		s->answered += host_decide(s, h, index, state);
	}
}

bool reach_try(struct sweep *s, const struct ip_addr *addr, u16 port, u32 host, u32 index)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	int fd = talk_connect(s, addr, port);
	u32 slot = 0;

	if (fd == -EMFILE || fd == -ENFILE || fd == -EADDRNOTAVAIL || fd == -EAGAIN || fd == -ENOBUFS || fd == -ENOMEM) {
		return false;
	}
	if (fd < 0) {
		result(s, host, index, state_of(-fd));
		return true;
	}
	while (slot < s->trials_max && s->trials[slot].fd >= 0) {
		slot++;
	}
	must(slot < s->trials_max);
	s->trials[slot] = (struct trial){ .fd = fd, .host = host, .index = index, .port = port,
		.deadline = s->now + s->cfg.limits.timeout_ms * NS_MS };
	ev.data.u64 = REACH_FD | slot;
	must(epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) == 0);
	s->ntrials++;
	if (host != UINT32_MAX) {
		s->hosts.p[host].talks++;
	}
	sweep_due(s, s->trials[slot].deadline);
	return true;
}

static void end(struct sweep *s, struct trial *t, enum scan_state state)
{
	struct trial was = *t;

	(void)close(t->fd);
	t->fd = -1;
	s->ntrials--;
	if (was.host != UINT32_MAX) {
		s->hosts.p[was.host].talks--;
	}
	result(s, was.host, was.index, state);
	sweep_due(s, s->now);
}

void reach_events(struct sweep *s, u32 slot)
{
	struct trial *t = &s->trials[slot];
	int e = 0;
	socklen_t n = sizeof e;

	if (t->fd < 0 || getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0) {
		return;
	}
	end(s, t, e == 0 && self_connected(t->fd) ? SCAN_CLOSED : state_of(e));
}

void reach_deadlines(struct sweep *s)
{
	for (u32 i = 0; i < s->trials_max && s->ntrials > 0; i++) {
		if (s->trials[i].fd < 0) {
			continue;
		}
		if (s->now >= s->trials[i].deadline) {
			end(s, &s->trials[i], SCAN_NOT_ASKED);
		} else {
			sweep_due(s, s->trials[i].deadline);
		}
	}
}

void reach_step(struct sweep *s, struct host *h)
{
	struct device *d = &s->devices.p[h->device];
	u32 most = s->cfg.limits.host_pps == 0 ? s->trials_max : s->cfg.limits.host_convs, room, mine;

	mine = pace_room(&d->pace, s->now);
	room = pace_room(&s->pace, s->now);
	room = mine < room ? mine : room;
	for (; room > 0 && h->talks < most && s->ntrials < s->trials_max; room--) {
		h->cursor = host_undecided(s, h, h->cursor);
		if (h->cursor >= s->nports ||
			!reach_try(s, &h->addr, s->ports[h->cursor], (u32)(h - s->hosts.p), h->cursor)) {
			break;
		}
		h->cursor++;
		h->round_sent++;
		s->wire.sent++;
		part_asked(s, h, 1);
		pace_take(&d->pace, 1);
		pace_take(&s->pace, 1);
	}
	if (h->cursor < s->nports || h->talks > 0) {
		return;
	}
	if (h->undecided == 0 || ++h->quiet >= s->cfg.limits.tries) {
		h->at = HOST_TALKING;
	} else {
		h->cursor = 0;
		part_round(s, h);
		h->rounds++;
		h->round_start = s->now;
	}
}
