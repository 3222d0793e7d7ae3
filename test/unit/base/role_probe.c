/* Enters the role argv[1] and then tries the one thing argv[2] names: status 0 it worked, 2 it was refused with an error,
 * 3 no such name; a wall that kills shows as SIGSYS. test_role.c starts it for every role and thing. */
#include "base/err.h"
#include "base/log.h"
#include "base/msg.h"
#include "base/role.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static enum role self;
static pid_t parent;

static int ok(bool good)
{
	return good ? 0 : 2;
}

static int do_nothing(void)
{
	return 0;
}

static int do_open(void)
{
	return ok(open("/etc/passwd", O_RDONLY) >= 0);
}

static int do_open_dir(void)
{
	return ok(open("/", O_PATH | O_DIRECTORY) >= 0);
}

static int do_openat2(void)
{
	const u64 how[3] = { O_RDONLY, 0, 0 };

	return ok(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how) >= 0);
}

/* A closed port of the host itself: a connect that reached the kernel says refused, or has no network at all. */
static int do_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return ok(fd >= 0 && (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ECONNREFUSED ||
		errno == ENETUNREACH));
}

static int do_connect_call(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	return ok(connect(ROLE_FD_CHANNEL, (struct sockaddr *)&to, sizeof to) == 0);
}

static int do_bind(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	return ok(bind(ROLE_FD_CHANNEL, (struct sockaddr *)&to, sizeof to) == 0);
}

static int do_socket_inet6(void)
{
	return ok(socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno == EAFNOSUPPORT);
}

static int do_socket_unix(void)
{
	return ok(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}

static int do_socket_netlink(void)
{
	return ok(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}

static int do_socket_raw(void)
{
	return ok(socket(AF_INET, SOCK_RAW, IPPROTO_TCP) >= 0);
}

static int do_socket_packet(void)
{
	return ok(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
}

/* A port below 1024 needs a capability that no role keeps. */
static int do_bind_low(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return ok(fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 || errno != EACCES));
}

static int do_exec(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	execv("/bin/true", argv);
	return 2;
}

static int do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		_exit(0);
	}
	return ok(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

static void *idle(void *arg)
{
	return arg;
}

static int do_thread(void)
{
	pthread_t t;

	return ok(pthread_create(&t, NULL, idle, NULL) == 0);
}

static int do_mmap_exec(void)
{
	return ok(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int do_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return ok(p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int do_ptrace(void)
{
	return ok(ptrace(PTRACE_ATTACH, parent, 0, 0) == 0);
}

static int do_kill(void)
{
	return ok(kill(parent, 0) == 0);
}

static int do_tgkill_other(void)
{
	return ok(syscall(SYS_tgkill, parent, parent, 0) == 0);
}

static int do_setuid(void)
{
	return ok(setuid(0) == 0);
}

static int do_read_stdin(void)
{
	char c;

	return ok(read(0, &c, 1) >= 0);
}

static int do_write_stdout(void)
{
	return ok(write(1, "x", 1) == 1);
}

static int do_io_uring(void)
{
	return ok(syscall(SYS_io_uring_setup, 1, NULL) >= 0);
}

static int do_x32(void)
{
	return ok(syscall(0x40000000 + SYS_getpid) > 0);
}

static int do_abort(void)
{
	abort();
}

static int cmp(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

/* What every role needs: memory large and small, clock, randomness, sorting, a log line, a message there and back. */
static int do_work(void)
{
	enum { N = 300000 };
	u64 *p = malloc(N * 8);
	struct arena *a = arena_new(NULL, 0);
	struct msg_chan *c = chan_new(ROLE_FD_CHANNEL, self == ROLE_PARSE ? CHAN_PLAIN : CHAN_FDS);
	struct msg m;
	struct pollfd pfd = { .fd = -1 };

	if (p == NULL || c == NULL || getrandom(p, N * 8, 0) < 0) {
		return 2;
	}
	qsort(p, N, 8, cmp);
	p = realloc(p, N * 16);
	arena_alloc(a, 3 * MiB);
	if (p == NULL || utc_now().ms == 0 || mono_now().ns == 0 || poll(&pfd, 1, 1) != 0) {
		return 2;
	}
	log_debug("inside");
	if (chan_recv_wait(c, &m, 5000) != 0 || chan_send_wait(c, &m, 5000) != 0) {
		return 2;
	}
	arena_free(a);
	free(p);
	chan_free(c);
	return 0;
}

static int do_files(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	struct stat st;
	int fd = openat(AT_FDCWD, "probe.tmp", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *p;

	if (fd < 0 || pwrite(fd, "abc", 3, 0) != 3 || fsync(fd) != 0 || ftruncate(fd, 4096) != 0 ||
	    fcntl(fd, F_SETLK, &lock) != 0 || fstat(fd, &st) != 0) {
		return 2;
	}
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED || memcmp(p, "abc", 3) != 0 || munmap(p, 4096) != 0 || close(fd) != 0) {
		return 2;
	}
	if (mkdir("sub", 0700) != 0 || rename("probe.tmp", "sub/probe") != 0 || access("sub/probe", R_OK) != 0 ||
	    unlink("sub/probe") != 0 || rmdir("sub") != 0) {
		return 2;
	}
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ok(fd >= 0 && fsync(fd) == 0 && close(fd) == 0);
}

static int do_open_above(void)
{
	return ok(open("../../etc/passwd", O_RDONLY) >= 0 || open("..", O_RDONLY | O_DIRECTORY) >= 0);
}

static int do_open_proc(void)
{
	return ok(open("/proc/self/maps", O_RDONLY) >= 0 || open("/proc/self/mem", O_RDWR) >= 0);
}

static int do_symlink_out(void)
{
	return ok(open("out", O_RDONLY) >= 0);	/* made by the test: a link to /etc/passwd */
}

static int do_accept(void)
{
	struct pollfd p = { .fd = ROLE_FD_LISTEN, .events = POLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	return ok(ep >= 0 && poll(&p, 1, 0) >= 0 &&
		(accept4(ROLE_FD_LISTEN, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) >= 0 || errno == EAGAIN));
}

static int do_net_work(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLOUT };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return ok(fd >= 0 && ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0 && epoll_wait(ep, &ev, 1, 0) >= 0 &&
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) >= 0 && ioctl(fd, SIOCGIFINDEX, &ifr) == 0 &&
		bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
}

/* Descriptors that were not planned must be gone: the test leaves number 9 open on purpose. */
static int do_stray_fd(void)
{
	return fcntl(9, F_GETFL) >= 0 ? 0 : 2;
}

static int do_memory(void)
{
	enum { STEP = 64 << 20 };
	size_t got = 0;

	while (got < 16 * GiB) {
		if (mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED) {
			return 2;
		}
		got += STEP;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} things[] = {
	{ "nothing", do_nothing }, { "work", do_work }, { "open", do_open }, { "open_dir", do_open_dir },
	{ "openat2", do_openat2 }, { "connect", do_connect }, { "connect_call", do_connect_call }, { "bind", do_bind },
	{ "socket_inet6", do_socket_inet6 }, { "socket_unix", do_socket_unix }, { "socket_netlink", do_socket_netlink },
	{ "socket_raw", do_socket_raw }, { "socket_packet", do_socket_packet }, { "bind_low", do_bind_low },
	{ "exec", do_exec }, { "fork", do_fork },
	{ "thread", do_thread }, { "mmap_exec", do_mmap_exec }, { "mprotect_exec", do_mprotect_exec },
	{ "ptrace", do_ptrace }, { "kill", do_kill }, { "tgkill_other", do_tgkill_other }, { "setuid", do_setuid },
	{ "read_stdin", do_read_stdin }, { "write_stdout", do_write_stdout }, { "io_uring", do_io_uring }, { "x32", do_x32 },
	{ "abort", do_abort }, { "files", do_files }, { "open_above", do_open_above }, { "open_proc", do_open_proc },
	{ "symlink_out", do_symlink_out }, { "accept", do_accept }, { "net_work", do_net_work },
	{ "stray_fd", do_stray_fd }, { "memory", do_memory },
};

int main(int argc, char **argv)
{
	int r = argc == 3 ? role_find(str_z(argv[1])) : -1;

	if (r <= ROLE_MAIN) {
		return 3;
	}
	log_init(argv[1], LOG_INFO);
	self = (enum role)r;
	parent = getppid();
	for (size_t i = 0; i < countof(things); i++) {
		if (strcmp(things[i].name, argv[2]) == 0) {
			role_enter(self);
			_exit(things[i].fn());
		}
	}
	return 3;
}
