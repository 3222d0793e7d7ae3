/* What the files of the supervisor share. */
#ifndef CORE_SUPER_SUPER_INT_H
#define CORE_SUPER_SUPER_INT_H

#include "base/clock.h"
#include "core/super/super.h"

#include <signal.h>
#include <sys/types.h>

/* One role as main sees it. For core the channel is the client's connection; its process is ours only if we started it. */
struct peer {
	struct msg_chan *c;
	pid_t pid;			/* 0: none, or not ours, or reaped */
	int status;			/* of waitpid, -1 before */
	bool there;			/* started or connected, its end not yet told */
	bool misbehaved;
	i64 closed_ns;			/* when its channel ended; 0 = open */
	bool held;			/* `m` waits for room at `to`; nothing more is read from this peer until then */
	struct msg m;
	enum role to;
};

/* The one question client_call is waiting for. */
struct call {
	bool active, done;
	u16 type;
	u32 id;
	client_row_fn on_row;
	void *arg;
	int result;
};

struct stash {
	struct stash *next;
	struct msg m;
	char body[];
};

struct client {
	struct super *s;
	u32 next_id;			/* client_call takes even ones, client_send odd ones */
	struct call call;
	char error[512];
};

struct super {
	char exe[256];
	sigset_t mask_before;
	int sigfd;
	int signal;			/* the last SIGINT or SIGTERM */
	bool signal_told;		/* each is reported once, by super_run or client_call */
	struct peer peers[ROLE_COUNT];
	struct client *client;
	int life;			/* our end of the channel to a core we started; -1 */
	bool core_ours;
	struct stash *stash, **stash_end;	/* answers to client_send that came while client_call waited */
	size_t stashed;			/* bytes */
	char error[256];
	char body[LIMIT_MSG_BODY];	/* of the message on_msg is looking at */
};

/* One round: deliver what is held, poll at most timeout_ms, read, route, write. calls NULL: messages for main wait. The
 * value of the callback that ended it, else 0. */
int super_turn(struct super *s, const struct super_calls *calls, int timeout_ms);
void super_read_signals(struct super *s);
/* Starts a role with fds[0..n) from number 3 on after its channel, whose other end is *ret_channel. */
int super_start(struct super *s, enum role r, const int *fds, size_t n, int *ret_channel, pid_t *ret_pid) MUST_USE;
bool super_wait_pid(struct super *s, enum role r, int ms);	/* true: it has ended */
int super_fail(struct super *s, int err, const char *fmt, ...) PRINTF(3, 4);

struct client *client_new(struct super *s);
/* A message from core for main: answers client_call, or is kept for super_run. client_expects: it belongs to a client_call,
 * this one or one that was given up. */
bool client_expects(const struct msg *m);
void client_take(struct client *c, const struct msg *m);

#endif
