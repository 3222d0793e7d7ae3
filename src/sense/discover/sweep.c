/* The engine's frame: start, messages in and out, phases, time. See sweep.h. */
#include "sense/discover/sweep_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"

#define STATUS_EVERY (500 * NS_MS)
#define TRIALS_MAX 512u

struct sweep *sweep_new(const struct sweep_out *out)
{
	struct arena *a = arena_new(NULL, 0);
	struct sweep *s = arena_alloc(a, sizeof *s);

	s->a = a;
	s->out = *out;
	s->epoll = -1;
	s->socket = -1;
	s->wire.fd = -1;
	s->due = NEVER;
	return s;
}

void sweep_free(struct sweep *s)
{
	if (s == NULL) {
		return;
	}
	for (u32 i = 0; s->convs != NULL && i < s->cfg.limits.convs; i++) {
		if (s->convs[i].fd >= 0) {
			(void)close(s->convs[i].fd);
		}
	}
	for (u32 i = 0; i < s->trials_max; i++) {
		if (s->trials[i].fd >= 0) {
			(void)close(s->trials[i].fd);
		}
	}
	wire_close(&s->wire);
	if (s->socket >= 0) {
		(void)close(s->socket);
	}
	if (s->epoll >= 0) {
		(void)close(s->epoll);
	}
	arena_free(s->a);
}

bool sweep_room(const struct sweep *s)
{
	return !s->held && s->out.room(s->out.ctx);
}

void sweep_put(struct sweep *s, u16 type, const struct buf *b)
{
	must(buf_done(b) == 0);
	s->out.put(s->out.ctx, type, buf_view(b));
}

void sweep_due(struct sweep *s, i64 at)
{
	if (at < s->due) {
		s->due = at;
	}
}

void sweep_fail(struct sweep *s, int err, const char *fmt, ...)
{
	va_list ap;

	if (s->err != 0) {
		return;		/* the first reason is the reason */
	}
	s->err = err;
	va_start(ap, fmt);
	(void)vsnprintf(s->why, sizeof s->why, fmt, ap);
	va_end(ap);
	s->phase = SCAN_FINISH;
	sweep_due(s, s->now);
}

int sweep_error(const struct sweep *s, struct str *ret_text)
{
	*ret_text = str_z(s->why);
	return s->err;
}

/* --- start ---- */

static void set_ports(struct sweep *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->cfg.nports; i++) {
		n += (size_t)(s->cfg.ports[i].hi - s->cfg.ports[i].lo) + 1;
	}
	s->ports = arena_alloc(s->a, (n + 1) * sizeof *s->ports);
	s->port_index = arena_alloc(s->a, 65536 * sizeof *s->port_index);
	for (size_t i = 0; i < s->cfg.nports; i++) {
		for (u32 p = s->cfg.ports[i].lo; p <= s->cfg.ports[i].hi; p++) {
			s->ports[s->nports++] = (u16)p;
			s->port_index[p] = s->nports;
		}
	}
}

static int open_wire(struct sweep *s)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = s->socket, r;

	s->socket = -1;
	/* above the kernel's usual range of local ports, so that no connection of ours stands there */
	s->base = (u16)(61440 + WIRE_PORTS * (map_hash(S("source port")) % 250));
	if ((r = wire_open(s->a, &s->wire, fd, s->cfg.ifindex, s->base)) != 0) {
		return r;
	}
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wire.fd, &ev) == 0 ? 0 : err_from_errno(errno);
}

static void tell_begin(struct sweep *s)
{
	struct buf b = buf_new(s->a, 0);

	scan_begin_write(&b, &(struct scan_begin){ .run = s->cfg.run, .network = s->cfg.network, .chunk = s->cfg.chunk,
		.how = s->cfg.how, .greet_ms = s->cfg.limits.greet_ms, .talk_ms = s->cfg.limits.talk_ms });
	sweep_put(s, MSGS_NET_BEGIN, &b);
}

static int start(struct sweep *s, struct str body)
{
	int r;

	if (s->started) {
		return ERR_PROTO;
	}
	if ((r = scan_start_read(s->a, body, &s->cfg)) != 0 ||
		(r = scan_progress_read(s->a, s->cfg.progress, &s->skip, &s->nskip)) != 0) {
		return r;
	}
	s->started = true;
	s->now = mono_now().ns;
	s->pace.pps = s->cfg.limits.pps;
	set_ports(s);
	tell_begin(s);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0) {
		sweep_fail(s, err_from_errno(errno), "no epoll: %s", strerror(errno));
		return 0;
	}
	if (s->cfg.how == SCAN_RAW && (r = open_wire(s)) != 0) {
		sweep_fail(s, r, "the packet socket on %.*s: %s", STRF(s->cfg.ifname), err_text(r));
		return 0;
	}
	if (s->cfg.how == SCAN_CONNECT) {
		s->trials_max = s->cfg.limits.convs < TRIALS_MAX ? s->cfg.limits.convs : TRIALS_MAX;
		s->trials_max = s->trials_max < 4 ? 4 : s->trials_max;
		s->trials = arena_alloc(s->a, s->trials_max * sizeof *s->trials);
		for (u32 i = 0; i < s->trials_max; i++) {
			s->trials[i].fd = -1;
		}
	}
	sweep_due(s, s->now);
	return (r = talk_begin(s)) != 0 ? r : look_begin(s);
}

int sweep_input(struct sweep *s, u16 type, struct str body, int fd)
{
	struct str bytes;
	u32 conv;
	int r;

	if (s->started) {
		s->now = mono_now().ns;
	}
	switch (type) {
	case MSGS_NET_SOCKET:
		if (s->started || s->socket >= 0 || body.n != 0) {
			(void)close(fd);
			return ERR_PROTO;
		}
		s->socket = fd;
		return 0;
	case MSGS_NET_START:
		return start(s, body);
	case MSGS_NET_RESUME:
		return s->started ? ERR_PROTO : part_resume(s, body);
	case MSGS_NET_STOP:
		s->stopping = true;
		if (s->started && s->phase < SCAN_PORTS) {
			s->phase = SCAN_FINISH;
		}
		sweep_due(s, s->now);
		return body.n == 0 ? 0 : ERR_EXTRA;
	case MSGS_NET_TX:
	case MSGS_NET_CLOSE:
		if (!s->started) {
			return ERR_PROTO;
		}
		if ((r = scan_tx_read(body, &conv, &bytes)) != 0) {
			return r;
		}
		return type == MSGS_NET_TX ? talk_tx(s, conv, bytes) : talk_close(s, conv);
	case MSGS_NET_HOLD:
		if (body.n != 1 || (u8)body.p[0] > 1) {
			return ERR_RANGE;
		}
		s->held = body.p[0] == 1;
		sweep_due(s, s->now);
		return 0;
	case MSGS_PARSE_DONE:
		if (!s->sent_over || s->done) {
			return ERR_PROTO;
		}
		s->done = true;
		s->phase = SCAN_OVER;
		return body.n == 0 ? 0 : ERR_EXTRA;
	default:
		return ERR_PROTO;
	}
}

/* --- time ---- */

static void events(struct sweep *s)
{
	struct epoll_event ev[64];
	int n = s->epoll < 0 ? 0 : epoll_wait(s->epoll, ev, countof(ev), 0);

	for (int i = 0; i < n; i++) {
		u64 what = ev[i].data.u64;

		if ((what & TALK_FD) != 0) {
			talk_event(s, (u32)what, ev[i].events);
		} else if ((what & REACH_FD) != 0) {
			reach_events(s, (u32)what);
		}
	}
	if (n > 0) {
		sweep_due(s, s->now);
	}
	if (s->wire.fd >= 0) {
		ports_receive(s);
	}
}

struct scan_status sweep_status(const struct sweep *s)
{
	struct scan_status st = { .phase = s->phase, .devices = (u32)s->devices.n, .hosts = (u32)s->hosts.n,
		.hosts_done = s->hosts_done, .open = s->open_total, .sent = s->wire.sent, .answered = s->answered,
		.again = s->again };

	for (u32 i = 0; i < s->nactive; i++) {
		const struct host *h = &s->hosts.p[s->active[i]];

		st.left += h->lo == NULL ? s->nports : h->undecided;
	}
	st.left += (u64)(s->hosts.n - s->next_host) * s->nports;
	return st;
}

static void tell_status(struct sweep *s)
{
	struct arena *a;
	struct scan_status st;
	struct buf b;

	if (s->now < s->status_at || !sweep_room(s)) {
		return;
	}
	a = arena_new(NULL, 0);
	b = buf_new(a, 0);
	st = sweep_status(s);
	scan_status_write(&b, &st);
	sweep_put(s, MSGS_NET_START, &b);
	arena_free(a);
	s->status_at = s->now + STATUS_EVERY;
}

static void finish(struct sweep *s)
{
	struct buf b = buf_new(s->a, 0);

	if (s->sent_over) {
		return;
	}
	talk_stop(s);
	if (s->nconvs > 0 || !sweep_room(s)) {
		sweep_due(s, s->now + NS_MS);
		return;
	}
	scan_over_write(&b, &(struct scan_over){ .at = utc_now(), .stopped = s->stopping, .err = s->err });
	sweep_put(s, MSGS_NET_OVER, &b);
	s->sent_over = true;
}

void sweep_step(struct sweep *s)
{
	if (!s->started || s->phase == SCAN_OVER) {
		s->due = NEVER;
		return;
	}
	s->now = mono_now().ns;
	s->due = NEVER;
	tell_status(s);
	if (s->phase < SCAN_FINISH) {
		events(s);
		talk_deadlines(s);
		reach_deadlines(s);
	}
	switch (s->phase) {
	case SCAN_GATEWAY:
	case SCAN_LOOK:
		look_step(s);
		break;
	case SCAN_PORTS:
		ports_step(s);
		break;
	case SCAN_FINISH:
		finish(s);
		break;
	case SCAN_OVER:
		break;
	}
	if (s->wire.fd >= 0 && s->wire.n > 0) {
		int r = wire_flush(&s->wire);

		if (r != 0) {
			sweep_fail(s, r, "sending on %.*s: %s", STRF(s->cfg.ifname), err_text(r));
		}
	}
	if (!s->sent_over) {
		sweep_due(s, s->status_at);
	}
}

int sweep_fd(const struct sweep *s)
{
	return s->epoll;
}

int sweep_wait_ms(const struct sweep *s)
{
	i64 left;

	if (s->due == NEVER) {
		return -1;
	}
	left = s->due - mono_now().ns;
	return left <= 0 ? 0 : left > 60 * NS_S ? 60000 : (int)((left + NS_MS - 1) / NS_MS);
}

bool sweep_over(const struct sweep *s)
{
	return s->done;
}
