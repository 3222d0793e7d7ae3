/* Conversations: kernel TCP sockets to open ports. What they bring is not looked at; it goes to parse, which answers with
 * bytes or an end. Ceilings here hold whatever parse does: time, bytes, connections in all and to one device.
 * Never talked to: printers' raw ports, which print what they are sent, and hosts with everything open. */
#include "sense/discover/sweep_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

#define TALK_GRACE_MS 2000	/* beyond parse's own deadline */
#define TALK_OUT_MAX (64 * KiB)

bool talk_port_barred(u16 port)
{
	return port >= 9100 && port <= 9107;
}

int talk_begin(struct sweep *s)
{
	s->convs = arena_alloc(s->a, s->cfg.limits.convs * sizeof *s->convs);
	for (u32 i = 0; i < s->cfg.limits.convs; i++) {
		s->convs[i].fd = -1;
	}
	return 0;
}

static socklen_t to_sockaddr(const struct sweep *s, const struct ip_addr *addr, u16 port, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){ 0 };
	if (addr->v == 4) {
		struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = __builtin_bswap16(port) };

		memcpy(&sin.sin_addr, addr->b, 4);
		memcpy(ret, &sin, sizeof sin);
		return sizeof sin;
	}
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = __builtin_bswap16(port) };

	memcpy(&sin6.sin6_addr, addr->b, 16);
	sin6.sin6_scope_id = ip_addr_link_local(addr) ? s->cfg.ifindex : 0;
	memcpy(ret, &sin6, sizeof sin6);
	return sizeof sin6;
}

int talk_connect(const struct sweep *s, const struct ip_addr *addr, u16 port)
{
	struct sockaddr_storage to;
	socklen_t n = to_sockaddr(s, addr, port, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), e;

	if (fd < 0) {
		return -errno;
	}
	/* packets that left through another interface would be answered by another network */
	if (s->cfg.ifname.n > 0 &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->cfg.ifname.p, (socklen_t)s->cfg.ifname.n) != 0) {
		e = errno;
		(void)close(fd);
		return -e;
	}
	if (connect(fd, (const struct sockaddr *)&to, n) != 0 && errno != EINPROGRESS) {
		e = errno;
		(void)close(fd);
		return -e;
	}
	return fd;
}

static u32 id_of(const struct sweep *s, const struct conv *c)
{
	return (u32)(c - s->convs) + c->gen * s->cfg.limits.convs;
}

static void tell(struct sweep *s, const struct scan_talk *t)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);

	scan_talk_write(&b, t);
	sweep_put(s, MSGS_NET_RX, &b);
	arena_free(a);
}

static void end(struct sweep *s, struct conv *c, enum scan_end why)
{
	struct host *h = &s->hosts.p[c->host];

	if (c->open) {		/* parse never knew of what did not come about */
		tell(s, &(struct scan_talk){ .conv = id_of(s, c), .what = SCAN_RX_END, .at = utc_now(), .why = why });
	}
	(void)close(c->fd);
	arena_free(c->a);
	s->devices.p[h->device].convs--;
	h->talks--;
	s->nconvs--;
	*c = (struct conv){ .fd = -1, .gen = c->gen + 1 };
	sweep_due(s, s->now);
}

static void begin(struct sweep *s, u32 host, u16 port, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP };
	u32 slot = 0;
	struct conv *c;

	while (s->convs[slot].fd >= 0) {
		slot++;
	}
	c = &s->convs[slot];
	*c = (struct conv){ .fd = fd, .gen = c->gen, .host = host, .port = port,
		.deadline = s->now + s->cfg.limits.connect_ms * NS_MS, .a = arena_new(s->a, TALK_OUT_MAX * 4) };
	ev.data.u64 = TALK_FD | slot;
	must(epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) == 0);
	s->nconvs++;
	s->devices.p[s->hosts.p[host].device].convs++;
	s->hosts.p[host].talks++;
	sweep_due(s, c->deadline);
}

bool talk_step(struct sweep *s, struct host *h)
{
	struct device *d = &s->devices.p[h->device];

	if (h->lo == NULL || h->open > SWEEP_ANSWERS_ALL || s->stopping) {
		h->talk_cursor = s->nports;
	}
	while (h->talk_cursor < s->nports && d->convs < s->cfg.limits.host_convs && s->nconvs < s->cfg.limits.convs &&
		sweep_room(s)) {
		u32 i = h->talk_cursor++;
		u16 port = s->ports[i];
		int fd;

		if (host_state(h, i) != SCAN_OPEN || talk_port_barred(port) || h->gone || part_talked(h, port)) {
			continue;
		}
		fd = talk_connect(s, &h->addr, port);
		if (fd >= 0) {
			begin(s, (u32)(h - s->hosts.p), port, fd);
		} else if (fd == -EMFILE || fd == -ENFILE || fd == -EADDRNOTAVAIL || fd == -EAGAIN) {
			h->talk_cursor--;
			sweep_due(s, s->now + 10 * NS_MS);
			break;
		}
	}
	if (h->talk_cursor < s->nports && h->talks == 0) {
		sweep_due(s, s->now + NS_MS);	/* waits for room, or for another address of the device */
	}
	return h->talk_cursor >= s->nports && h->talks == 0;
}

/* Reads what is there as long as parse has room for it. */
static void receive(struct sweep *s, struct conv *c)
{
	const size_t most = SCAN_RX_MAX;
	ssize_t n;

	if (c->in == NULL) {
		c->in = arena_alloc(c->a, most);
	}
	while (sweep_room(s)) {
		n = recv(c->fd, c->in, most, 0);
		if (n > 0) {
			c->rx += (size_t)n;
			tell(s, &(struct scan_talk){ .conv = id_of(s, c), .what = SCAN_RX_BYTES, .at = utc_now(),
				.bytes = str_of(c->in, (size_t)n) });
			if (c->rx >= SCAN_CONV_RX_MAX) {
				end(s, c, SCAN_END_LIMIT);
				return;
			}
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else {
			end(s, c, n == 0 ? SCAN_END_THEM : SCAN_END_RESET);
			return;
		}
	}
}

/* false: the conversation is over. */
static bool flush(struct sweep *s, struct conv *c)
{
	while (c->out_n > 0) {
		ssize_t n = send(c->fd, c->out, c->out_n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			if (errno == EAGAIN) {
				return true;
			}
			end(s, c, SCAN_END_RESET);
			return false;
		}
		memmove(c->out, c->out + n, c->out_n - (size_t)n);
		c->out_n -= (size_t)n;
	}
	return true;
}

/* Which readiness to wait for: writing only while something waits, reading only while parse takes it. */
static void rearm(struct sweep *s, struct conv *c)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP };

	ev.events |= c->out_n > 0 ? (u32)EPOLLOUT : 0;
	ev.data.u64 = TALK_FD | (u32)(c - s->convs);
	must(epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &ev) == 0);
}

void talk_event(struct sweep *s, u32 slot, u32 events)
{
	struct conv *c = &s->convs[slot];
	int e = 0;
	socklen_t n = sizeof e;

	if (c->fd < 0 || !sweep_room(s)) {
		sweep_due(s, s->now + NS_MS);
		return;
	}
	if (!c->open) {
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0 || e != 0) {
			end(s, c, SCAN_END_RESET);
			return;
		}
		if ((events & (EPOLLOUT | EPOLLIN)) == 0) {
			return;
		}
		c->open = true;
		c->deadline = s->now + (s->cfg.limits.talk_ms + TALK_GRACE_MS) * NS_MS;
		tell(s, &(struct scan_talk){ .conv = id_of(s, c), .what = SCAN_RX_OPEN, .at = utc_now(),
			.host = c->host, .port = c->port });
		rearm(s, c);
	}
	if ((events & EPOLLOUT) != 0 && c->out_n > 0) {
		if (!flush(s, c)) {
			return;
		}
		rearm(s, c);
	}
	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
		receive(s, c);
	}
}

void talk_deadlines(struct sweep *s)
{
	for (u32 i = 0, seen = 0; seen < s->nconvs && i < s->cfg.limits.convs; i++) {
		struct conv *c = &s->convs[i];

		if (c->fd < 0) {
			continue;
		}
		seen++;
		if (s->now < c->deadline) {
			sweep_due(s, c->deadline);
		} else if (sweep_room(s)) {
			seen--;		/* end() takes it out of the count */
			end(s, c, SCAN_END_TIMEOUT);
		} else {
			sweep_due(s, s->now + NS_MS);
		}
	}
}

static struct conv *by_id(struct sweep *s, u32 id)
{
	struct conv *c = s->convs == NULL ? NULL : &s->convs[id % s->cfg.limits.convs];

	return c != NULL && c->fd >= 0 && c->open && id_of(s, c) == id ? c : NULL;
}

int talk_tx(struct sweep *s, u32 id, struct str bytes)
{
	struct conv *c = by_id(s, id);

	if (c == NULL) {
		return 0;	/* it ended while the message was on its way */
	}
	if (bytes.n > SCAN_RX_MAX) {
		return ERR_PROTO;
	}
	if (talk_port_barred(c->port)) {
		return ERR_REFUSED;
	}
	if (c->out == NULL) {
		c->out = arena_alloc(c->a, TALK_OUT_MAX);
	}
	if (c->out_n + bytes.n > TALK_OUT_MAX) {
		end(s, c, SCAN_END_LIMIT);
		return 0;
	}
	memcpy(c->out + c->out_n, bytes.p, bytes.n);
	c->out_n += bytes.n;
	if (flush(s, c) && c->out_n > 0) {
		rearm(s, c);
	}
	return 0;
}

int talk_close(struct sweep *s, u32 id)
{
	struct conv *c = by_id(s, id);

	if (c != NULL) {
		end(s, c, SCAN_END_US);
	}
	return 0;
}

void talk_stop(struct sweep *s)
{
	for (u32 i = 0; i < s->cfg.limits.convs && s->nconvs > 0; i++) {
		if (s->convs[i].fd >= 0 && sweep_room(s)) {
			end(s, &s->convs[i], SCAN_END_STOPPED);
		}
	}
}
