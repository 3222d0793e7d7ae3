/* What each role may do: the walls of the program, to be read by whoever reviews it (doc/threats.md says what they are for).
 *
 * The lists name system calls, each with its reason; what is not here ends the process. Calls that a C library makes in
 * place of another (newfstatat for stat) stand under the reason of the one. None of the lists has a way to run a program,
 * start a process or thread, trace, mount, load, change identity, or make memory executable. */
#include "base/role_int.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>

#define CALL(name) { .nr = SCMP_SYS(name) }
#define CALL1(name, ...) { .nr = SCMP_SYS(name), .nargs = 1, .arg = { __VA_ARGS__ } }
#define CALL2(name, ...) { .nr = SCMP_SYS(name), .nargs = 2, .arg = { __VA_ARGS__ } }
#define ARG_IS(n, v) { .arg = (n), .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)(v) }
/* Descriptors, commands and protocol families are int for the kernel, which ignores the upper half: so do we. */
#define ARG_IS32(n, v) { .arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xFFFFFFFFu, .datum_b = (scmp_datum_t)(v) }
#define ARG_LACKS(n, mask) { .arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = 0 }
#define CALLS(list) { .p = (list), .n = countof(list) }

/* Every role: memory, clock, waiting, words for the person, the end. */
static const struct role_call calls_common[] = {
	CALL1(mmap, ARG_LACKS(2, PROT_EXEC)),		/* the allocator; core: SQLite's shared memory */
	CALL1(mprotect, ARG_LACKS(2, PROT_EXEC)),	/* the allocator growing its heap */
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(brk),
	CALL(clock_gettime),				/* where the vDSO has to ask the kernel */
	CALL(gettimeofday),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(poll),
	CALL(ppoll),
	CALL(restart_syscall),				/* the kernel's own, after a stopped poll */
	CALL(rt_sigreturn),
	CALL(rt_sigprocmask),				/* abort() */
	CALL(getpid),
	CALL(gettid),
	CALL(futex),					/* stdio and allocator locks, uncontended in one thread */
	CALL(getrandom),				/* hash key, salts, nonces */
	CALL(sysinfo),					/* qsort asks how much memory there is */
	CALL1(write, ARG_IS32(0, 2)),			/* log */
	CALL1(fcntl, ARG_IS32(1, F_GETFL)),		/* chan_new: non-blocking */
	CALL1(fcntl, ARG_IS32(1, F_SETFL)),
	CALL(close),
	CALL(exit),
	CALL(exit_group),
	{ .nr = SCMP_SYS(tgkill), .nargs = 1, .arg = { ARG_IS32(1, 0) }, .own_pid = true },	/* abort() */
};

static const struct role_call calls_parse[] = {
	CALL1(read, ARG_IS32(0, ROLE_FD_CHANNEL)),
	CALL1(write, ARG_IS32(0, ROLE_FD_CHANNEL)),
};

/* net: sockets of the three families and nothing else. Which of them it may open raw is its capability's matter. */
static const struct role_call calls_net[] = {
	CALL1(socket, ARG_IS32(0, AF_INET)),
	CALL1(socket, ARG_IS32(0, AF_INET6)),
	CALL1(socket, ARG_IS32(0, AF_PACKET)),
	CALL(bind),					/* source address, interface of a packet socket */
	CALL(connect),
	CALL(sendto),
	CALL(sendmsg),
	CALL(sendmmsg),
	CALL(recvfrom),
	CALL(recvmsg),					/* also the channel, with descriptors from main */
	CALL(recvmmsg),
	CALL(read),
	CALL(readv),
	CALL(write),
	CALL(writev),
	CALL(shutdown),
	CALL(getsockopt),				/* result of a connect, packet counters */
	CALL(setsockopt),				/* rings, filters, time-outs, linger */
	CALL(getsockname),
	CALL(getpeername),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(timerfd_create),				/* pacing */
	CALL(timerfd_settime),
	CALL1(fcntl, ARG_IS32(1, F_GETFD)),
	CALL1(fcntl, ARG_IS32(1, F_SETFD)),
	CALL1(ioctl, ARG_IS32(1, FIONREAD)),
	CALL1(ioctl, ARG_IS32(1, SIOCOUTQ)),
	CALL1(ioctl, ARG_IS32(1, SIOCGIFINDEX)),	/* our own interface: number, flags, addresses */
	CALL1(ioctl, ARG_IS32(1, SIOCGIFFLAGS)),
	CALL1(ioctl, ARG_IS32(1, SIOCGIFHWADDR)),
	CALL1(ioctl, ARG_IS32(1, SIOCGIFADDR)),
	CALL1(ioctl, ARG_IS32(1, SIOCGIFNETMASK)),
	CALL1(ioctl, ARG_IS32(1, SIOCGIFMTU)),
};

/* core: files below its directory (Landlock and the uid decide which), connections that others opened. No socket, no
 * connect, no bind, no listen. */
static const struct role_call calls_core[] = {
	CALL(openat),
	CALL(open),
	CALL(newfstatat),
	CALL(fstat),
	CALL(stat),
	CALL(lstat),
	CALL(statx),
	CALL(access),					/* SQLite looks for a hot journal */
	CALL(faccessat),
	CALL(faccessat2),
	CALL(readlink),					/* SQLite resolves the path of its file */
	CALL(readlinkat),
	CALL(getcwd),					/* the same */
	CALL(lseek),
	CALL(read),
	CALL(readv),
	CALL(pread64),
	CALL(preadv),
	CALL(write),
	CALL(writev),
	CALL(pwrite64),
	CALL(pwritev),
	CALL(fsync),
	CALL(fdatasync),
	CALL(ftruncate),
	CALL(fallocate),
	CALL(fadvise64),
	CALL1(fcntl, ARG_IS32(1, F_SETLK)),		/* SQLite's locks */
	CALL1(fcntl, ARG_IS32(1, F_SETLKW)),
	CALL1(fcntl, ARG_IS32(1, F_GETLK)),
	CALL1(fcntl, ARG_IS32(1, F_OFD_SETLK)),
	CALL1(fcntl, ARG_IS32(1, F_OFD_GETLK)),
	CALL1(fcntl, ARG_IS32(1, F_GETFD)),
	CALL1(fcntl, ARG_IS32(1, F_SETFD)),
	CALL1(fcntl, ARG_IS32(1, F_DUPFD_CLOEXEC)),	/* SQLite moves a descriptor that came out as 0, 1 or 2 */
	CALL(flock),
	CALL(unlink),
	CALL(unlinkat),
	CALL(rename),
	CALL(renameat),
	CALL(renameat2),
	CALL(mkdir),
	CALL(mkdirat),
	CALL(rmdir),
	CALL(getdents64),
	CALL(fchmod),
	CALL(umask),
	CALL(geteuid),					/* SQLite: shall it give its files away? */
	CALL(getuid),
	CALL(fstatfs),					/* is there room? */
	CALL(accept4),
	CALL(getsockopt),				/* SO_PEERCRED */
	CALL(sendmsg),
	CALL(recvmsg),
	CALL(shutdown),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
};

#ifdef SANITIZED
/* What the sanitizer runtimes do behind our back. A report names the error and its address; to print names of functions it
 * would have to open files, and is ended there. */
static const struct role_call calls_sanitizer[] = {
	CALL(sigaltstack),
	CALL(rt_sigaction),
	CALL(sched_yield),				/* its spin locks */
	CALL2(prlimit64, ARG_IS32(1, RLIMIT_STACK), ARG_IS(2, 0)),	/* reads the stack's bounds */
	CALL1(ioctl, ARG_IS32(1, TCGETS)),		/* is the report going to a terminal? */
};
#define SANITIZER , CALLS(calls_sanitizer)
#else
#define SANITIZER
#endif

const struct role_spec role_specs[ROLE_COUNT] = {
	[ROLE_MAIN] = { .name = "main" },
	[ROLE_CORE] = {
		.name = "core",
		.user = "_korobanu-core",
		.uid = 64771,
		.store = true,
		.fds = { [ROLE_FD_CHANNEL] = ROLE_FD_IS_CHANNEL, [ROLE_FD_STORE] = ROLE_FD_IS_DIR,
			[ROLE_FD_LISTEN] = ROLE_FD_IS_LISTENING, [ROLE_FD_LOCK] = ROLE_FD_IS_FILE,
			[ROLE_FD_KEY] = ROLE_FD_MAY_BE_FILE },
		.limits = { { RLIMIT_CORE, 0, false }, { RLIMIT_NPROC, 0, false }, { RLIMIT_NOFILE, 4096, false },
			{ RLIMIT_DATA, 8 * GiB, true } },
		.calls = { CALLS(calls_common), CALLS(calls_core) SANITIZER },
	},
	[ROLE_NET] = {
		.name = "net",
		.user = "_korobanu-net",
		.uid = 64772,
		.cap = (u64)1 << CAP_NET_RAW,
		.dies_with_main = true,
		.connects = true,
		.fds = { [ROLE_FD_CHANNEL] = ROLE_FD_IS_CHANNEL },
		.limits = { { RLIMIT_CORE, 0, false }, { RLIMIT_NPROC, 0, false }, { RLIMIT_NOFILE, 65536, false },
			{ RLIMIT_DATA, 1 * GiB, true } },
		.calls = { CALLS(calls_common), CALLS(calls_net) SANITIZER },
	},
	[ROLE_PARSE] = {
		.name = "parse",
		.user = "_korobanu-parse",
		.uid = 64773,
		.dies_with_main = true,
		.fds = { [ROLE_FD_CHANNEL] = ROLE_FD_IS_CHANNEL },
		.limits = { { RLIMIT_CORE, 0, false }, { RLIMIT_NPROC, 0, false }, { RLIMIT_NOFILE, 16, false },
			{ RLIMIT_DATA, 512 * MiB, true } },
		.calls = { CALLS(calls_common), CALLS(calls_parse) SANITIZER },
	},
};
