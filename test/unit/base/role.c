/* Starts role_probe in every role, as root (the role then takes its own uid) and as an ordinary user, and looks how each
 * thing it tries ends. The table is the promise of doc/threats.md, line by line. */
#include "unit.h"

#include "base/msg.h"
#include "base/role.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

enum ends { WORKS = 0, REFUSED = 2, SANDBOX = ROLE_EXIT_SANDBOX, DIES = 256 + SIGSYS, ABORTS = 256 + SIGABRT, OTHER = 999 };

struct place {
	char dir[64];
	int store, listener, lock;
};

static void place_make(struct place *p, uid_t uid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strcpy(p->dir, "/tmp/korobanu-role-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->store = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->lock = openat(p->store, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s/core.sock", p->dir);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(p->listener, 8), 0);
	assert_int_equal(symlinkat("/etc/passwd", p->store, "out"), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(p->store, uid, uid), 0);
	}
}

static void place_remove(struct place *p)
{
	close(p->listener);
	close(p->lock);
	unlinkat(p->store, "core.sock", 0);
	unlinkat(p->store, "lock", 0);
	unlinkat(p->store, "out", 0);
	unlinkat(p->store, "probe.tmp", 0);
	close(p->store);
	assert_int_equal(rmdir(p->dir), 0);
}

static int moved(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 20);
}

/* A user who was given capabilities, as a file or `unshare --keep-caps` gives them: inheritable and ambient, so that they
 * survive the exec. */
static bool with_caps;
static void raise_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const u32 caps = 1u << CAP_NET_RAW | 1u << CAP_NET_BIND_SERVICE | 1u << CAP_DAC_OVERRIDE;
	struct __user_cap_data_struct data[2] = { { .effective = caps, .permitted = caps, .inheritable = caps } };

	if (syscall(SYS_capset, &head, data) != 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) != 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) != 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0) != 0) {
		_exit(97);
	}
}

/* In the child: descriptors to their places (9 is a stray on purpose), the user, the probe. */
static void start(enum role r, const char *thing, uid_t uid, const struct place *p, int channel, int lost)
{
	int probe = open(ROLE_PROBE, O_RDONLY | O_CLOEXEC);
	const int from[] = { moved(channel), moved(p->store), moved(p->listener), moved(p->lock) };
	char *argv[] = { (char[]){ "role_probe" }, strdup(role_name(r)), strdup(thing), NULL };
	char *env[] = { NULL };

	probe = moved(probe);
	for (int i = 0; i < 4; i++) {
		if (i != lost && (r == ROLE_CORE || i == 0)) {
			dup2(from[i], 3 + i);
		} else {
			close(3 + i);
		}
	}
	dup2(STDERR_FILENO, 9);
	if (with_caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
		_exit(96);
	}
	if (uid != 0 && geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
		setresuid(uid, uid, uid) != 0)) {
		_exit(99);
	}
	if (with_caps) {
		raise_caps();
	}
	fexecve(probe, argv, env);
	_exit(98);
}

static int run(enum role r, const char *thing, uid_t uid, int lost)
{
	struct place p;
	u32 role_u = uid, role_g;
	int sv[2], status;
	struct msg_chan *c;
	struct msg m = { .type = 7, .id = 5, .body = S("there and back"), .fd = -1 }, back;
	pid_t pid;

	if (geteuid() == 0 && uid == 0) {
		assert_int_equal(role_uid(r, &role_u, &role_g), 0);
	}
	place_make(&p, role_u);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	pid = fork();
	if (pid == 0) {
		start(r, thing, uid, &p, sv[1], lost);
	}
	close(sv[1]);
	c = chan_new(sv[0], CHAN_FDS);
	assert_non_null(c);
	if (strcmp(thing, "work") == 0 && lost < 0) {
		assert_int_equal(chan_send_wait(c, &m, 5000), 0);
		assert_int_equal(chan_recv_wait(c, &back, 10000), 0);
		assert_str(back.body, "there and back");
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	chan_free(c);
	place_remove(&p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? 256 + WTERMSIG(status) : OTHER;
}

static const struct {
	const char *thing;
	enum ends core, net, parse;
	bool landlock;			/* without it core is let through, the others are not */
} promises[] = {
	/* what must work */
	{ "nothing", WORKS, WORKS, WORKS },
	{ "work", WORKS, WORKS, WORKS },
	{ "files", WORKS, DIES, DIES },
	{ "accept", WORKS, DIES, DIES },
	{ "net_work", DIES, WORKS, DIES },
	{ "connect", DIES, WORKS, DIES },
	{ "socket_inet6", DIES, WORKS, DIES },
	/* files: core has openat and Landlock says no; the others have no way to ask */
	{ "open", REFUSED, DIES, DIES, true },
	{ "open_above", REFUSED, DIES, DIES, true },
	{ "open_proc", REFUSED, DIES, DIES, true },
	{ "symlink_out", REFUSED, DIES, DIES, true },
	{ "open_dir", WORKS, DIES, DIES },		/* O_PATH: a name without rights; Landlock lets it pass */
	{ "openat2", DIES, DIES, DIES },
	/* network */
	{ "connect_call", DIES, REFUSED, DIES },
	{ "bind", DIES, REFUSED, DIES },
	{ "socket_unix", DIES, DIES, DIES },
	{ "socket_netlink", DIES, DIES, DIES },
	/* other programs and processes */
	{ "exec", DIES, DIES, DIES },
	{ "fork", DIES, DIES, DIES },
	{ "thread", DIES, DIES, DIES },
	{ "ptrace", DIES, DIES, DIES },
	{ "kill", DIES, DIES, DIES },
	{ "tgkill_other", DIES, DIES, DIES },
	{ "setuid", DIES, DIES, DIES },
	/* memory and kernel */
	{ "mmap_exec", DIES, DIES, DIES },
	{ "mprotect_exec", DIES, DIES, DIES },
	{ "io_uring", DIES, DIES, DIES },
#ifdef __x86_64__
	{ "x32", DIES, DIES, DIES },
#endif
#ifndef SANITIZED
	{ "memory", REFUSED, REFUSED, REFUSED },
#endif
	/* descriptors */
	{ "stray_fd", REFUSED, REFUSED, REFUSED },
	{ "read_stdin", WORKS, WORKS, DIES },
	{ "write_stdout", WORKS, WORKS, DIES },
	/* a broken contract says so */
	{ "abort", ABORTS, ABORTS, ABORTS },
};

static void keep_promises(uid_t uid)
{
	unsigned bad = 0;

	for (size_t i = 0; i < countof(promises); i++) {
		const bool open = promises[i].landlock && role_landlock_abi() == 0;
		const int want[ROLE_COUNT] = { [ROLE_CORE] = open ? WORKS : promises[i].core, [ROLE_NET] = promises[i].net,
			[ROLE_PARSE] = promises[i].parse };

		for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
			int got = run((enum role)r, promises[i].thing, uid, -1);

			if (got != want[r]) {
				print_error("%s %s as uid %u: %d, not %d\n", role_name((enum role)r), promises[i].thing, uid, got,
					want[r]);
				bad++;
			}
		}
	}
	assert_int_equal(bad, 0);
}

void test_role__names_are_found_both_ways(void **state)
{
	(void)state;
	for (int r = 0; r < ROLE_COUNT; r++) {
		assert_int_equal(role_find(str_z(role_name((enum role)r))), r);
	}
	assert_int_equal(role_find(S("cor")), -1);
	assert_int_equal(role_find(S("")), -1);
}

void test_role__keeps_its_promises_started_as_root(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		skip();
	}
	keep_promises(0);
}

void test_role__keeps_its_promises_started_by_a_user(void **state)
{
	(void)state;
	keep_promises(geteuid() == 0 ? NOBODY : geteuid());
}

void test_role__only_net_opens_raw_sockets_and_only_from_root(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		assert_int_equal(run(ROLE_NET, "socket_raw", 0, -1), WORKS);
		assert_int_equal(run(ROLE_NET, "socket_packet", 0, -1), WORKS);
	}
	assert_int_equal(run(ROLE_NET, "socket_raw", geteuid() == 0 ? NOBODY : geteuid(), -1), REFUSED);
	assert_int_equal(run(ROLE_NET, "socket_packet", geteuid() == 0 ? NOBODY : geteuid(), -1), REFUSED);
	assert_int_equal(run(ROLE_PARSE, "socket_raw", geteuid(), -1), DIES);
	assert_int_equal(run(ROLE_CORE, "socket_raw", geteuid(), -1), DIES);
}

/* Some containers let everybody have ports below 1024; then port 7 says nothing about capabilities. */
static bool low_ports_are_guarded(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	int from = 0;

	if (f == NULL) {
		return true;
	}
	if (fscanf(f, "%d", &from) != 1) {
		from = 0;
	}
	fclose(f);
	return from > 7;
}

void test_role__of_given_capabilities_net_keeps_one_and_the_others_none(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		skip();		/* only root can give them away */
	}
	with_caps = true;
	assert_int_equal(run(ROLE_NET, "socket_raw", NOBODY, -1), WORKS);
	if (low_ports_are_guarded()) {
		assert_int_equal(run(ROLE_NET, "bind_low", NOBODY, -1), REFUSED);
	}
	assert_int_equal(run(ROLE_CORE, "files", NOBODY, -1), WORKS);
	assert_int_equal(run(ROLE_CORE, "open", NOBODY, -1), role_landlock_abi() == 0 ? WORKS : REFUSED);
	assert_int_equal(run(ROLE_PARSE, "work", NOBODY, -1), WORKS);
	with_caps = false;
}

void test_role__does_not_start_without_its_descriptors(void **state)
{
	(void)state;
	for (int lost = 0; lost < 4; lost++) {
		assert_int_equal(run(ROLE_CORE, "nothing", geteuid(), lost), SANDBOX);
	}
	assert_int_equal(run(ROLE_NET, "nothing", geteuid(), 0), SANDBOX);
	assert_int_equal(run(ROLE_PARSE, "nothing", geteuid(), 0), SANDBOX);
}
