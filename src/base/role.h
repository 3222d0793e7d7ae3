/* The roles and the one way into each: a table of what a role may do, and role_enter(), which makes it so.
 *
 * A role is this same program re-executed with --role=NAME and its descriptors at fixed numbers. Its main function calls
 * role_enter() before it reads a single byte; from then on only the calls of its list (role_table.c) work, any other
 * ends the process by SIGSYS. Every step is checked, a failed step ends the process, and there is no switch.
 *
 * What a role gets done by role_enter, in order: descriptors checked, stdin and stdout on /dev/null, SIGPIPE SIGINT
 * SIGTERM SIGHUP ignored (a role ends when its channel closes), rlimits, no_new_privs, core: working directory = store,
 * Landlock, uid and groups, capabilities, not dumpable, other descriptors closed, seccomp.
 *
 * Consequences for whoever writes a role: nothing that opens files behind the scenes works afterwards (getpwnam, iconv,
 * getaddrinfo, dlopen, localtime, locales). No threads, no fork, no exec, no executable memory. */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H

#include "base/str.h"

enum role { ROLE_MAIN, ROLE_CORE, ROLE_NET, ROLE_PARSE, ROLE_COUNT };

/* Where a role finds its descriptors. */
enum role_fd {
	ROLE_FD_CHANNEL = 3,	/* all: connected Unix stream socket to main */
	ROLE_FD_STORE = 4,	/* core: the store directory; also its working directory */
	ROLE_FD_LISTEN = 5,	/* core: listening Unix socket core.sock */
	ROLE_FD_LOCK = 6,	/* core: file `lock`, flocked; held until the process ends */
	ROLE_FD_KEY = 7		/* core: the ledger's key, where systemd gave one as a credential; may be absent */
};

const char *role_name(enum role r);		/* "main", "core", "net", "parse" */
int role_find(struct str name);			/* enum role, -1 when unknown */

/* The uid and gid a role takes when started as root: of its user (_korobanu-core ...) where the system has it, else the
 * number in the table, which must then belong to nobody. ERR_CONFLICT: it belongs to another user. */
int role_uid(enum role r, u32 *ret_uid, u32 *ret_gid) MUST_USE;

/* Never fails: returns inside the sandbox, or logs one line and ends the process with status ROLE_EXIT_SANDBOX.
 * Not for ROLE_MAIN. */
#define ROLE_EXIT_SANDBOX 71	/* EX_OSERR of sysexits.h */
void role_enter(enum role r);

int role_landlock_abi(void);	/* 0: the kernel offers none (doctor says so) */

#endif
