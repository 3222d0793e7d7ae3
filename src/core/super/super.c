/* The supervisor's loop: children, signals, routing. See super.h for what it promises.
 *
 * Routing: each peer's channel is read message by message; msgs_route says whom it is for. A receiver whose queue is full
 * makes the message wait in the sender's `held` place and the sender is not read until it is delivered, so a slow core
 * slows parse and parse slows net, and main's memory stays constant.
 *
 * Dangers: the body of a held message lies in its channel's buffer, so that channel is not filled meanwhile. A callback
 * may call client_call, which runs rounds of its own: those deliver nothing to main but the answer it waits for. */
#include "core/super/super_int.h"

#include "base/err.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int super_fail(struct super *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->error, sizeof s->error, fmt, ap);
	va_end(ap);
	return err;
}

const char *super_error(const struct super *s)
{
	return s->error;
}

int super_new(const char *exe, struct super **ret)
{
	struct super *s = calloc(1, sizeof *s);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t mask;

	if (s == NULL) {
		return ERR_NOMEM;
	}
	exe = exe != NULL ? exe : "/proc/self/exe";
	must(strlen(exe) < sizeof s->exe);
	memcpy(s->exe, exe, strlen(exe) + 1);
	s->life = -1;
	s->stash_end = &s->stash;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGCHLD);
	s->sigfd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->sigfd < 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    sigprocmask(SIG_BLOCK, &mask, &s->mask_before) != 0) {
		base_auto_close(&s->sigfd);
		free(s);
		return ERR_SYS;
	}
	*ret = s;
	return 0;
}

/* Signals and children. */

static void reap(struct super *s)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		struct peer *p = &s->peers[r];

		if (p->pid != 0 && waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
			p->pid = 0;
		}
	}
}

void super_read_signals(struct super *s)
{
	struct signalfd_siginfo si;

	while (read(s->sigfd, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo != SIGCHLD) {
			s->signal = (int)si.ssi_signo;
			s->signal_told = false;
		}
	}
	reap(s);	/* several SIGCHLD become one: look at every child each time */
}

int super_signal(struct super *s)
{
	super_read_signals(s);
	return s->signal;
}

bool super_wait_pid(struct super *s, enum role r, int ms)
{
	struct pollfd child = { .fd = s->sigfd, .events = POLLIN };
	i64 until = mono_now().ns + (i64)ms * 1000000;

	for (;;) {
		i64 left;

		super_read_signals(s);
		if (s->peers[r].pid == 0) {
			return true;
		}
		left = (until - mono_now().ns + 999999) / 1000000;
		if (left <= 0) {
			return false;
		}
		(void)poll(&child, 1, (int)left);	/* woken for nothing or by a signal: looked at again above */
	}
}

/* Starting. */

/* The environment a role gets: where stderr goes, and in sanitizer builds their options. Nothing else can matter to it. */
static void role_env(char *ret[4])
{
	static const char *const kept[] = { "JOURNAL_STREAM", "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	size_t n = 0;

	for (size_t i = 0; i < countof(kept); i++) {
		const char *v = getenv(kept[i]);
		char *text = NULL;

		if (v != NULL && asprintf(&text, "%s=%s", kept[i], v) >= 0) {
			ret[n++] = text;
		}
	}
	ret[n] = NULL;
}

/* After fork: never returns. The descriptors go high first, for any of them may stand where another belongs. */
static void become_role(const struct super *s, enum role r, const int *fds, size_t n, char *const env[])
{
	char role[32], level[16];
	char *argv[] = { (char[]){ "korobanu" }, role, level, NULL };
	int high[8];
	sigset_t none;

	snprintf(role, sizeof role, "--role=%s", role_name(r));
	snprintf(level, sizeof level, "--log=%d", (int)log_most());
	for (size_t i = 0; i < n; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
		if (high[i] < 0) {
			_exit(127);
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (dup2(high[i], ROLE_FD_CHANNEL + (int)i) < 0) {
			_exit(127);
		}
	}
	(void)close_range(ROLE_FD_CHANNEL + (unsigned)n, ~0u, CLOSE_RANGE_CLOEXEC);	/* nothing of our caller's stands where a role looks */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(s->exe, argv, env);
	_exit(127);
}

int super_start(struct super *s, enum role r, const int *fds, size_t n, int *ret_channel, pid_t *ret_pid)
{
	int sv[2], all[8];
	char *env[4];
	pid_t pid;

	must(n + 1 <= countof(all));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0) {
		return err_from_errno(errno);
	}
	all[0] = sv[1];
	for (size_t i = 0; i < n; i++) {
		all[1 + i] = fds[i];
	}
	role_env(env);
	pid = fork();
	if (pid == 0) {
		become_role(s, r, all, n + 1, env);
	}
	for (size_t i = 0; env[i] != NULL; i++) {
		free(env[i]);
	}
	close(sv[1]);
	if (pid < 0) {
		close(sv[0]);
		return super_fail(s, ERR_SYS, "fork: %s", strerror(errno));
	}
	*ret_channel = sv[0];
	*ret_pid = pid;
	return 0;
}

int super_spawn(struct super *s, enum role r)
{
	struct peer *p = &s->peers[r];
	struct msg_chan *c;
	int fd, e;
	pid_t pid;

	must(r == ROLE_NET || r == ROLE_PARSE);
	if (p->there) {
		return ERR_BUSY;
	}
	e = super_start(s, r, NULL, 0, &fd, &pid);
	if (e != 0) {
		return e;
	}
	c = chan_new(fd, r == ROLE_PARSE ? CHAN_PLAIN : CHAN_FDS);
	if (c == NULL) {
		close(fd);	/* it sees its channel end, and ends */
		return ERR_SYS;
	}
	*p = (struct peer){ .c = c, .pid = pid, .status = -1, .there = true };
	return 0;
}

bool super_running(const struct super *s, enum role r)
{
	return s->peers[r].c != NULL;
}

static void close_peer(struct peer *p)
{
	if (p->c == NULL) {
		return;
	}
	if (p->held && p->m.fd >= 0) {
		close(p->m.fd);
	}
	p->held = false;
	chan_free(p->c);
	p->c = NULL;
	p->closed_ns = mono_now().ns;
}

void super_stop(struct super *s, enum role r)
{
	must(r == ROLE_NET || r == ROLE_PARSE);
	close_peer(&s->peers[r]);
}

/* Routing. */

static void misbehaved(struct super *s, enum role r, const char *what, const struct msg *m)
{
	struct peer *p = &s->peers[r];
	const struct msgs_kind *k = m != NULL ? msgs_find(m->type) : NULL;

	log_warn("%s %s%s%s: it is ended", role_name(r), what, k != NULL ? " " : "", k != NULL ? k->name : "");
	p->misbehaved = true;
	if (r != ROLE_CORE && p->pid != 0) {	/* core may be serving others; its connection ends */
		kill(p->pid, SIGKILL);
	}
	if (m != NULL && m->fd >= 0) {
		close(m->fd);
	}
	close_peer(p);
}

/* True: the message is gone from its sender (delivered, or its receiver is not there). */
static bool forward(struct super *s, const struct msg *m, enum role to)
{
	struct peer *p = &s->peers[to];
	int r = p->c != NULL ? chan_send(p->c, m) : ERR_CLOSED;

	if (r == ERR_BUSY) {
		return false;
	}
	if (r != 0 && m->fd >= 0) {
		close(m->fd);
	}
	return true;
}

/* on_msg looks at a copy, so that it may call client_call. */
static int tell_main(struct super *s, const struct super_calls *calls, enum role from, const struct msg *m)
{
	struct msg copy = *m;

	if (calls->on_msg == NULL) {
		if (m->fd >= 0) {
			close(m->fd);
		}
		return 0;
	}
	if (m->body.n != 0) {
		memcpy(s->body, m->body.p, m->body.n);
	}
	copy.body.p = s->body;
	return calls->on_msg(calls->arg, from, &copy);
}

/* Delivers one message or leaves it held. */
static int deliver(struct super *s, const struct super_calls *calls, enum role from, const struct msg *m, enum role to)
{
	struct peer *p = &s->peers[from];

	p->held = false;
	if (to != ROLE_MAIN) {
		p->held = !forward(s, m, to);
	} else if (from == ROLE_CORE) {
		if (calls != NULL && s->stash == NULL && !client_expects(m)) {
			return tell_main(s, calls, from, m);
		}
		client_take(s->client, m);	/* never waits: the answer client_call needs may stand behind it */
	} else if (calls == NULL) {
		p->held = true;
	} else {
		return tell_main(s, calls, from, m);
	}
	p->m = *m;
	p->to = to;
	return 0;
}

static int drain(struct super *s, const struct super_calls *calls, enum role from)
{
	struct peer *p = &s->peers[from];
	int result = 0, r = 0;

	if (p->c != NULL && p->held) {
		struct msg m = p->m;

		result = deliver(s, calls, from, &m, p->to);
	}
	while (result == 0 && p->c != NULL && !p->held && (r = chan_next(p->c, &p->m)) == 0) {
		struct msg m = p->m;
		enum role to;

		if (msgs_route(&m, from, &to) != 0) {
			misbehaved(s, from, "sent what it may not:", &m);
			return 0;
		}
		result = deliver(s, calls, from, &m, to);
	}
	if (r == ERR_CLOSED) {
		close_peer(p);
	} else if (r != 0 && r != ERR_BUSY) {
		misbehaved(s, from, "does not follow the format", NULL);
	}
	return result;
}

static int drain_all(struct super *s, const struct super_calls *calls)
{
	int result = 0;

	for (int r = ROLE_CORE; r < ROLE_COUNT && result == 0; r++) {
		result = drain(s, calls, (enum role)r);
	}
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		if (s->peers[r].c != NULL && chan_flush(s->peers[r].c) != 0) {
			/* what it wrote before is still read; the end comes with chan_next */
			log_debug("%s does not read any more", role_name((enum role)r));
		}
	}
	return result;
}

static bool any_held_could_move(const struct super *s)
{
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		const struct peer *p = &s->peers[r];

		if (p->c != NULL && p->held && p->to != ROLE_MAIN &&
		    (s->peers[p->to].c == NULL || chan_has_room(s->peers[p->to].c, p->m.body.n))) {
			return true;
		}
	}
	return false;
}

int super_turn(struct super *s, const struct super_calls *calls, int timeout_ms)
{
	struct pollfd pfd[1 + ROLE_COUNT] = { { .fd = s->sigfd, .events = POLLIN } };
	int result = drain_all(s, calls);

	if (result != 0) {
		return result;
	}
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		const struct peer *p = &s->peers[r];
		short events = p->c == NULL ? 0 : chan_events(p->c);

		if (p->held) {
			events &= (short)~POLLIN;
		}
		/* without a wish a closed peer would wake us for ever */
		pfd[r] = (struct pollfd){ .fd = events != 0 ? chan_fd(p->c) : -1, .events = events };
	}
	if (poll(pfd, countof(pfd), any_held_could_move(s) ? 0 : timeout_ms) < 0 && errno != EINTR) {
		return ERR_SYS;
	}
	super_read_signals(s);
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		if (s->peers[r].c != NULL && !s->peers[r].held && (pfd[r].revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
		    chan_fill(s->peers[r].c) != 0) {
			misbehaved(s, (enum role)r, "does not follow the format", NULL);
		}
	}
	return drain_all(s, calls);
}

/* The loop. */

/* Tells of one role that has ended: its channel was read to the end and its process is gone (or was not ours). */
static int tell_exit(struct super *s, const struct super_calls *calls, enum role r)
{
	struct peer *p = &s->peers[r];
	struct super_exit e = { .role = r, .status = p->status, .misbehaved = p->misbehaved };

	if (!p->there || p->c != NULL) {
		return 0;
	}
	if (p->pid != 0 && mono_now().ns - p->closed_ns < (i64)SUPER_STOP_MS * 1000000) {
		return 0;	/* it is ending */
	}
	if (p->pid != 0 && r != ROLE_CORE) {
		log_warn("%s does not end: killed", role_name(r));
		kill(p->pid, SIGKILL);
		super_wait_pid(s, r, SUPER_STOP_MS);
		e.status = p->status;
	}
	p->there = false;
	return calls->on_exit != NULL ? calls->on_exit(calls->arg, &e) : ERR_CLOSED;
}

static int tell_stash(struct super *s, const struct super_calls *calls)
{
	int result = 0;

	while (s->stash != NULL && result == 0) {
		struct stash *first = s->stash;

		s->stash = first->next;
		s->stash_end = s->stash == NULL ? &s->stash : s->stash_end;
		s->stashed -= sizeof *first + first->m.body.n;
		result = tell_main(s, calls, ROLE_CORE, &first->m);
		free(first);
	}
	return result;
}

static bool anybody(const struct super *s)
{
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		if (s->peers[r].there) {
			return true;
		}
	}
	return false;
}

static int tell_events(struct super *s, const struct super_calls *calls, i64 *tick_ns)
{
	int result = tell_stash(s, calls);

	for (int r = ROLE_CORE; r < ROLE_COUNT && result == 0; r++) {
		result = tell_exit(s, calls, (enum role)r);
	}
	if (result == 0 && s->signal != 0 && !s->signal_told) {
		s->signal_told = true;
		result = calls->on_signal != NULL ? calls->on_signal(calls->arg, s->signal) : ERR_CANCELED;
	}
	if (result == 0 && calls->on_tick != NULL && mono_now().ns >= *tick_ns) {
		*tick_ns = mono_now().ns + (i64)calls->tick_ms * 1000000;
		result = calls->on_tick(calls->arg);
	}
	return result;
}

int super_run(struct super *s, const struct super_calls *calls)
{
	i64 tick_ns = mono_now().ns + (i64)calls->tick_ms * 1000000;
	int result = tell_events(s, calls, &tick_ns);

	while (result == 0 && anybody(s)) {
		/* never longer than a role may take to end after its channel did */
		result = super_turn(s, calls, calls->on_tick != NULL && calls->tick_ms < 200 ? calls->tick_ms : 200);
		if (result == 0) {
			result = tell_events(s, calls, &tick_ns);
		}
	}
	return result;
}

int super_send(struct super *s, enum role to, const struct msg *m)
{
	enum role allowed;
	int r = msgs_route(m, ROLE_MAIN, &allowed);

	if (r != 0 || allowed != to) {
		return ERR_PROTO;
	}
	return s->peers[to].c != NULL ? chan_send(s->peers[to].c, m) : ERR_CLOSED;
}

/* The end. */

/* Waits for a core we started, unless it says that it stays for others. It is never killed: it may be committing. */
static void leave_core(struct super *s)
{
	struct msg_chan *c;
	struct msg m;
	int r;

	if (s->life < 0) {
		return;
	}
	shutdown(s->life, SHUT_WR);
	c = chan_new(s->life, CHAN_FDS);
	if (c == NULL) {
		close(s->life);
		return;
	}
	r = chan_recv_wait(c, &m, SUPER_STOP_MS);
	if (r == ERR_CLOSED) {
		r = super_wait_pid(s, ROLE_CORE, SUPER_STOP_MS) ? 0 : ERR_TIMEOUT;
	}
	if (r != 0) {
		log_warn("core is still at work and ends by itself");
	}
	chan_free(c);
}

void super_free(struct super *s)
{
	if (s == NULL) {
		return;
	}
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		close_peer(&s->peers[r]);
	}
	for (int r = ROLE_NET; r < ROLE_COUNT; r++) {
		if (s->peers[r].pid != 0 && !super_wait_pid(s, (enum role)r, SUPER_STOP_MS)) {
			kill(s->peers[r].pid, SIGKILL);
			super_wait_pid(s, (enum role)r, SUPER_STOP_MS);
		}
	}
	leave_core(s);
	while (s->stash != NULL) {
		struct stash *first = s->stash;

		s->stash = first->next;
		if (first->m.fd >= 0) {
			close(first->m.fd);
		}
		free(first);
	}
	free(s->client);
	close(s->sigfd);
	sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
	free(s);
}
