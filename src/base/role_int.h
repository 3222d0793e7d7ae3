/* What the table of roles (role_table.c) and role_enter (role.c) share. */
#ifndef BASE_ROLE_INT_H
#define BASE_ROLE_INT_H

#include "base/role.h"

#include <seccomp.h>
#include <sys/resource.h>

/* One allowed system call; with arguments given, allowed only when all of them hold. A call may stand several times. */
struct role_call {
	int nr;
	unsigned nargs;
	struct scmp_arg_cmp arg[2];
	bool own_pid;			/* the first argument must be this process, known at run time only */
};

struct role_calls {
	const struct role_call *p;
	size_t n;
};

enum role_fd_kind { ROLE_FD_NONE, ROLE_FD_IS_CHANNEL, ROLE_FD_IS_DIR, ROLE_FD_IS_LISTENING, ROLE_FD_IS_FILE,
	ROLE_FD_MAY_BE_FILE };

struct role_limit {
	int what;			/* RLIMIT_* */
	u64 most;
	bool memory;			/* left out in sanitizer builds, which reserve terabytes of shadow */
};

struct role_spec {
	const char *name;
	const char *user;
	u32 uid;			/* where the system has no such user */
	u64 cap;			/* bit set of capabilities it may keep */
	bool dies_with_main;		/* core does not: another command may still be using it */
	bool store;			/* working directory and Landlock rights below ROLE_FD_STORE; else no file at all */
	bool connects;			/* may use TCP connect and bind */
	enum role_fd_kind fds[8];	/* by number, from 0; 0 to 2 are always there */
	struct role_limit limits[6];	/* ends at most == 0 && what == 0 */
	struct role_calls calls[4];	/* ends at n == 0 */
};

extern const struct role_spec role_specs[ROLE_COUNT];

#endif
