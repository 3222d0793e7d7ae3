/* The main role: finds or starts core, starts net and parse, routes their messages, and stops everything in order.
 *
 * A command does
 *	super_new(NULL, &s); super_open_core(s, dir, &client); client_call(client, ...); super_free(s);
 * and a scan in between: super_spawn(s, ROLE_NET), super_spawn(s, ROLE_PARSE), super_send(...), super_run(s, &calls).
 *
 * core: one per store directory, held by flock on `lock`, reached at `core.sock` there. The command that finds none
 * starts it; core ends when the main that started it is gone and no client is connected. Two commands at once: one gets
 * the lock and starts core, the other waits for the socket (up to SUPER_WAIT_MS). Single-threaded; one per process. */
#ifndef CORE_SUPER_SUPER_H
#define CORE_SUPER_SUPER_H

#include "core/msg/msgs.h"

#define SUPER_WAIT_MS 5000	/* for another command that is starting core, or a core that is ending */
#define SUPER_STOP_MS 5000	/* for a role to end after its channel closed; then it is killed */

struct super;
struct client;

/* Blocks SIGINT, SIGTERM and SIGCHLD (read from a descriptor from here on), ignores SIGPIPE. exe: the program whose
 * --role=NAME is started, NULL = /proc/self/exe. ERR_SYS. */
int super_new(const char *exe, struct super **ret) MUST_USE;
/* Ends net and parse, closes the client, lets core end when this process started it and no other client is there, and
 * restores the signal mask. NULL is legal. */
void super_free(struct super *s);
/* SIGINT or SIGTERM once one has arrived, else 0: what a command uses to exit 130 or 143. Does not block. */
int super_signal(struct super *s);

/* Connects to the core of that store directory, which is made (0700) when absent, starting core when none answers, and says
 * HELLO. *ret is owned by s. ERR_DENIED the directory or the socket belongs to somebody else; ERR_BUSY another process holds
 * the lock but does not answer; ERR_CLOSED core ended at once (it logged why); what core answered to HELLO; ERR_CANCELED. */
int super_open_core(struct super *s, const char *store_dir, struct client **ret) MUST_USE;
/* Puts an empty file of that name into a store directory that is new or empty, before there is a store: core finds it when it begins one
 * (serve_new_origin). ERR_EXISTS: it is there; ERR_REFUSED: the directory holds something else. */
int super_mark(struct super *s, const char *store_dir, const char *name) MUST_USE;
/* Copies the bytes of `from`, a copy of a store, to where the next core of that directory finds and restores it
 * (core/serve/restore.c). ERR_EXISTS: there is a store and `replace` is false; ERR_BUSY: a core runs; nothing happened then. */
int super_place_restore(struct super *s, const char *store_dir, int from, bool replace) MUST_USE;
const char *super_error(const struct super *s);	/* what went wrong in words, beside err_text(); may be empty */
bool super_started_core(const struct super *s);	/* true: this process started it, it did not run before */

/* Starts net or parse, at most one of each at a time (ERR_BUSY). */
int super_spawn(struct super *s, enum role r) MUST_USE;
bool super_running(const struct super *s, enum role r);
/* Queues a message from main to that role (ROLE_CORE: to the client's core). Errors as chan_send, ERR_PROTO when the table
 * forbids it, ERR_CLOSED when the role is not there. */
int super_send(struct super *s, enum role to, const struct msg *m) MUST_USE;
void super_stop(struct super *s, enum role r);	/* closes its channel; it ends, on_exit follows */

struct super_exit {
	enum role role;
	int status;		/* as waitpid gives it; -1: a core this process did not start closed the connection */
	bool misbehaved;	/* killed for sending what the table or the framing forbids */
};

/* Each may be NULL. A callback that returns other than 0 ends super_run with that value. */
struct super_calls {
	int (*on_msg)(void *arg, enum role from, const struct msg *m);	/* for main; m->fd becomes the callback's */
	int (*on_exit)(void *arg, const struct super_exit *e);		/* without it: any exit ends the loop, ERR_CLOSED */
	int (*on_signal)(void *arg, int sig);				/* without it: ends the loop, ERR_CANCELED */
	int (*on_tick)(void *arg);					/* about every tick_ms, for progress */
	int tick_ms;
	void *arg;
};

/* Polls all channels and routes by the table until a callback ends it or no role and no client is left (0). A receiver that
 * does not keep up stops its sender, not main. Answers to client_send arrive at on_msg with from == ROLE_CORE. */
int super_run(struct super *s, const struct super_calls *calls) MUST_USE;

/* One row or the last message of an answer. Not 0: the rest of the answer is discarded and client_call returns it. */
typedef int (*client_row_fn)(void *arg, const struct msg *m);

/* Asks core and waits for the whole answer. on_row gets each message that has a body (may be NULL). Returns 0; the error
 * core answered (its text: client_error); ERR_LIMIT; ERR_CLOSED; ERR_CANCELED when SIGINT or SIGTERM came. No
 * client_call from within on_row. A signal that came before and was not reported yet cancels it too. */
int client_call(struct client *c, u16 type, struct str body, client_row_fn on_row, void *arg) MUST_USE;
/* Only queues it; the answer comes to on_msg under *ret_id. ERR_BUSY: let super_run work, then try again. */
int client_send(struct client *c, u16 type, struct str body, u32 *ret_id) MUST_USE;
struct str client_error(const struct client *c);	/* text of the last failed answer; until the next call */

/* For core: takes one connection from the listening socket, only of the same user or root (SO_PEERCRED). The descriptor is
 * close-on-exec. ERR_BUSY: nobody waits; ERR_DENIED: turned away. */
int super_accept(int listen_fd, int *ret_fd) MUST_USE;

#endif
