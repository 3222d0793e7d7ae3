/* role_enter(): the steps from a freshly executed program to a role inside its walls, in the order role.h gives.
 *
 * Dangers the order answers: users are looked up before Landlock takes the files away; groups go before the uid that
 * allows it; a change of uid makes a process dumpable again and forgets its parent-death signal, so both come after;
 * seccomp is last because the steps themselves need calls no role may make. */
#include "base/role.h"

#include "base/err.h"
#include "base/log.h"
#include "base/role_int.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kernel headers may be older than the kernel; Landlock's numbers are fixed by its interface (landlock(7)). */
struct landlock_attr {
	u64 fs, net, scoped;
};
#define LANDLOCK_FS_V1 0x1FFFu		/* execute ... make_sym */
#define LANDLOCK_FS_REFER (1u << 13)	/* since 2 */
#define LANDLOCK_FS_TRUNCATE (1u << 14)	/* since 3 */
#define LANDLOCK_FS_IOCTL_DEV (1u << 15)	/* since 5 */
#define LANDLOCK_NET_TCP 3u		/* since 4: bind, connect */
#define LANDLOCK_SCOPE_ALL 3u		/* since 6: abstract unix sockets, signals */
#define LANDLOCK_STORE \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_FS_REFER | LANDLOCK_FS_TRUNCATE)

#ifdef SANITIZED
/* The leak checker starts a tracing thread at exit, which no role may: it looks at main and at the tests only. */
int __lsan_is_turned_off(void);
static bool inside;
int __lsan_is_turned_off(void)
{
	return inside ? 1 : 0;
}
#endif

const char *role_name(enum role r)
{
	must(r < ROLE_COUNT);
	return role_specs[r].name;
}

int role_find(struct str name)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		if (str_eq(name, str_z(role_specs[r].name))) {
			return r;
		}
	}
	return -1;
}

int role_uid(enum role r, u32 *ret_uid, u32 *ret_gid)
{
	const struct role_spec *s = &role_specs[r];
	const struct passwd *pw;

	must(r > ROLE_MAIN && r < ROLE_COUNT);
	pw = getpwnam(s->user);
	if (pw != NULL) {
		if (pw->pw_uid == 0 || pw->pw_gid == 0) {
			return ERR_CONFLICT;
		}
		*ret_uid = pw->pw_uid;
		*ret_gid = pw->pw_gid;
		return 0;
	}
	if (getpwuid(s->uid) != NULL || getgrgid(s->uid) != NULL) {
		return ERR_CONFLICT;
	}
	*ret_uid = s->uid;
	*ret_gid = s->uid;
	return 0;
}

int role_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

/* Every step goes through here: what it was, and the end of the process when it did not succeed. */
static void step(bool ok, const char *what)
{
	int e = errno;

	if (!ok) {
		log_error("sandbox: %s: %s", what, e != 0 ? strerror(e) : "not as it must be");
		_exit(ROLE_EXIT_SANDBOX);
	}
}

static bool fd_is(int fd, enum role_fd_kind kind)
{
	struct stat st;
	int v = 0, listening = 0;
	socklen_t n = sizeof v;

	errno = 0;
	if (fstat(fd, &st) != 0) {
		return kind == ROLE_FD_MAY_BE_FILE && errno == EBADF;
	}
	if (kind == ROLE_FD_IS_DIR || kind == ROLE_FD_IS_FILE || kind == ROLE_FD_MAY_BE_FILE) {
		return kind == ROLE_FD_IS_DIR ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode);
	}
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &v, &n) == 0 && v == AF_UNIX &&
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &n) == 0 && v == SOCK_STREAM &&
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 &&
		(listening != 0) == (kind == ROLE_FD_IS_LISTENING);
}

static void check_fds(const struct role_spec *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	step(null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0, "/dev/null");
	if (null > STDERR_FILENO) {
		close(null);
	}
	for (int fd = 0; fd < (int)countof(s->fds); fd++) {
		if (s->fds[fd] != ROLE_FD_NONE) {
			step(fd_is(fd, s->fds[fd]), "a descriptor main must pass");
		}
	}
}

/* A role ends when its channel does; the signals a terminal sends to a whole group are main's to understand. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < countof(ignored); i++) {
		step(sigaction(ignored[i], &ignore, NULL) == 0, "sigaction");
	}
}

static void set_limits(const struct role_spec *s)
{
	for (size_t i = 0; i < countof(s->limits); i++) {
		const struct role_limit *l = &s->limits[i];
		struct rlimit now, want;

#ifdef SANITIZED
		if (l->memory) {
			continue;
		}
#endif
		if (l->what == 0 && l->most == 0) {
			break;
		}
		step(getrlimit(l->what, &now) == 0, "getrlimit");
		want.rlim_cur = want.rlim_max = now.rlim_max < l->most ? now.rlim_max : l->most;
		step(setrlimit(l->what, &want) == 0, "setrlimit");
	}
}

/* Highest ABI the kernel offers. Where it offers none the uid and seccomp stand alone (only core may open files). */
static void restrict_files(const struct role_spec *s)
{
	int abi = role_landlock_abi(), ruleset;
	struct landlock_attr attr = {
		.fs = LANDLOCK_FS_V1 | (abi >= 2 ? LANDLOCK_FS_REFER : 0) | (abi >= 3 ? LANDLOCK_FS_TRUNCATE : 0) |
			(abi >= 5 ? LANDLOCK_FS_IOCTL_DEV : 0),
		.net = abi >= 4 && !s->connects ? LANDLOCK_NET_TCP : 0,
		.scoped = abi >= 6 ? LANDLOCK_SCOPE_ALL : 0,
	};

	if (abi == 0) {
		log_debug("sandbox: this kernel offers no Landlock");
		return;
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	step(ruleset >= 0, "landlock_create_ruleset");
	if (s->store) {
		struct landlock_path_beneath_attr below = { .allowed_access = LANDLOCK_STORE & attr.fs,
			.parent_fd = ROLE_FD_STORE };

		step(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0,
			"landlock_add_rule");
	}
	step(syscall(SYS_landlock_restrict_self, ruleset, 0) == 0, "landlock_restrict_self");
	close(ruleset);
}

/* Started as root: groups first, while that is still allowed. */
static void become(const struct role_spec *s, u32 uid, u32 gid)
{
	step(s->cap == 0 || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "PR_SET_KEEPCAPS");
	step(setgroups(0, NULL) == 0, "setgroups");
	step(setresgid(gid, gid, gid) == 0, "setresgid");
	step(setresuid(uid, uid, uid) == 0, "setresuid");
	step(s->cap == 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0, "PR_SET_KEEPCAPS");
}

static void check_ids(void)
{
	uid_t r, e, v;
	gid_t rg, eg, vg;

	step(getresuid(&r, &e, &v) == 0, "getresuid");
	step(getresgid(&rg, &eg, &vg) == 0, "getresgid");
	errno = 0;
	step(r != 0 && r == e && r == v, "the three user ids are not one, or are root");
	step(rg == eg && rg == vg, "the three group ids are not one");
}

/* Drops whatever capability came along (from root, a file or the ambient set) but what the role may keep, and looks. */
static void keep_only(u64 cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2], after[2];
	const u32 allowed[2] = { (u32)cap, (u32)(cap >> 32) };

	step(syscall(SYS_capget, &head, data) == 0, "capget");
	for (size_t i = 0; i < 2; i++) {
		data[i].permitted &= allowed[i];
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	step(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0, "PR_CAP_AMBIENT_CLEAR_ALL");
	step(syscall(SYS_capset, &head, data) == 0, "capset");
	step(syscall(SYS_capget, &head, after) == 0, "capget");
	errno = 0;
	for (size_t i = 0; i < 2; i++) {
		step(((after[i].permitted | after[i].effective) & ~allowed[i]) == 0 && after[i].inheritable == 0,
			"a capability is left");
	}
}

static int add_call(scmp_filter_ctx f, const struct role_call *c)
{
	struct scmp_arg_cmp arg[2] = { c->arg[0], c->arg[1] };

	if (c->own_pid) {
		arg[0].datum_b = (scmp_datum_t)getpid();
	}
	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, c->nr, c->nargs, arg);
}

static void restrict_calls(const struct role_spec *s)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);

	step(f != NULL, "seccomp_init");
	step(seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0, "seccomp_attr_set");
	step(seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0, "seccomp_attr_set");	/* should a thread exist */
	step(seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0, "seccomp_attr_set");	/* tree: lists are long */
	for (size_t i = 0; i < countof(s->calls); i++) {
		for (size_t k = 0; k < s->calls[i].n; k++) {
			errno = -add_call(f, &s->calls[i].p[k]);
			step(errno == 0, "seccomp_rule_add");
		}
	}
	errno = -seccomp_load(f);
	step(errno == 0, "seccomp_load");
	seccomp_release(f);
}

void role_enter(enum role r)
{
	const struct role_spec *s = &role_specs[r];
	int top = ROLE_FD_CHANNEL;
	u32 uid = 0, gid = 0;

	must(r > ROLE_MAIN && r < ROLE_COUNT);
	check_fds(s);
	ignore_signals();
	if (geteuid() == 0) {
		errno = 0;
		step(role_uid(r, &uid, &gid) == 0, "the user of this role");
	}
	set_limits(s);
	step(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	step(!s->store || fchdir(ROLE_FD_STORE) == 0, "the store directory");
	restrict_files(s);
	if (uid != 0) {
		become(s, uid, gid);
	}
	keep_only(s->cap);
	errno = 0;
	step(setresuid(0, 0, 0) != 0, "root can be taken back");
	check_ids();
	step(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
	step(!s->dies_with_main || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "PR_SET_PDEATHSIG");
	for (int fd = 0; fd < (int)countof(s->fds); fd++) {
		top = s->fds[fd] != ROLE_FD_NONE ? fd : top;
	}
	step(close_range((unsigned)top + 1, ~0u, 0) == 0, "close_range");
	restrict_calls(s);
#ifdef SANITIZED
	inside = true;
#endif
}
