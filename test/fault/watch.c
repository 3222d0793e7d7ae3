/* Runs a command and watches, from outside, everything that it and its roles do to one directory.
 *
 *   watch [--log FILE] [--list FILE] [--stop N:before|N:after] [--fail KIND:N:ERRNO[:on]] DIR COMMAND...
 *
 * The program under test is the release program: it is traced (ptrace), not linked or preloaded, so sandboxed roles
 * are watched like the rest; a tracer attached before a role enters its sandbox stays attached. Numbered, from 1 and
 * over all processes together, is every call that changes what the directory holds or makes it durable: creating,
 * write, pwrite, fsync, fdatasync, ftruncate, rename, unlink, mkdir, rmdir; COMMIT is covered by its writes and
 * syncs. Not numbered are the lock and the socket, which mean nothing once their process is gone, and calls that will
 * find nothing to change.
 *
 *   --log    records the calls with their bytes, when core sent an answer, and what the command said (oplog.h)
 *   --list   writes one line a call: number, role, call, path
 *   --stop   ends every process with SIGKILL just before or just after call N; the exit code is 137
 *   --fail   call N of that kind is not done and returns ERRNO; with :on every later one too. KIND is `sync`, `room`
 *            (what needs room on the disk) or `any`. The sandbox ends a role whose call is taken away, so the call is
 *            made with arguments that cannot work, and its result is put in the place of EBADF or EFAULT.
 *
 * Exit code: the command's; 137 when it was stopped; 99 for what this program cannot do. x86-64 Linux 5.3 or later.
 * */
#include "oplog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS 64
#define DATA_MAX (16 * MiB)

struct task {
	pid_t pid;
	bool core, main;
	bool numbered, faulted, answers;	/* the call it is in */
	enum oplog_op op;
	u64 off, size, from;			/* from: where the bytes stand in its memory */
	char path[PATH_MAX], other[PATH_MAX];
};

static struct {
	char dir[PATH_MAX];
	size_t ndir;
	FILE *log, *list;
	long stop_at, calls, kind_calls;
	bool stop_after;
	char fail_kind;				/* 's', 'r', 'a'; 0: none */
	long fail_at;
	int fail_errno;
	bool fail_on;
	struct task tasks[TASKS];
	pid_t first;
	int code;
} w = { .code = 99 };

static _Noreturn void __attribute__((format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(99);
}

static struct task *task_of(pid_t pid)
{
	struct task *unused = NULL;

	for (size_t i = 0; i < TASKS; i++) {
		if (w.tasks[i].pid == pid)
			return &w.tasks[i];
		if (w.tasks[i].pid == 0 && unused == NULL)
			unused = &w.tasks[i];
	}
	if (unused == NULL)
		die("watch: more than %d processes", TASKS);
	*unused = (struct task){ .pid = pid };
	return unused;
}

/* ---- what a call is about ---- */

static bool link_of(pid_t pid, const char *what, char ret[PATH_MAX])
{
	char at[64];
	ssize_t n;

	snprintf(at, sizeof at, "/proc/%d/%s", pid, what);
	n = readlink(at, ret, PATH_MAX - 1);
	if (n < 0)
		return false;
	ret[n] = '\0';
	return true;
}

static bool fd_path(pid_t pid, int fd, char ret[PATH_MAX])
{
	char what[32];

	snprintf(what, sizeof what, "fd/%d", fd);
	return link_of(pid, what, ret);
}

static bool peek(pid_t pid, u64 at, void *to, size_t n)
{
	struct iovec here = { .iov_base = to, .iov_len = n }, there = { .iov_base = (void *)(uintptr_t)at, .iov_len = n };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

static bool peek_text(pid_t pid, u64 at, char ret[PATH_MAX])
{
	for (size_t i = 0; i < PATH_MAX; i++) {
		if (!peek(pid, at + i, ret + i, 1))
			return false;
		if (ret[i] == '\0')
			return true;
	}
	return false;
}

/* Joins and tidies; what is below the directory comes out relative to it. False: it is elsewhere. */
static bool below(const char *base, const char *name, char ret[PATH_MAX])
{
	char all[2 * PATH_MAX];
	size_t n = 0;

	snprintf(all, sizeof all, "%s/%s", name[0] == '/' ? "" : base, name);
	for (char *save = NULL, *part = strtok_r(all, "/", &save); part != NULL; part = strtok_r(NULL, "/", &save)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (n + strlen(part) + 2 > PATH_MAX)
			return false;
		n += (size_t)snprintf(ret + n, PATH_MAX - n, "/%s", part);
	}
	ret[n] = '\0';
	if (strncmp(ret, w.dir, w.ndir) != 0 || (ret[w.ndir] != '\0' && ret[w.ndir] != '/'))
		return false;
	if (ret[w.ndir] == '\0')
		memcpy(ret, ".", 2);
	else
		memmove(ret, ret + w.ndir + 1, n - w.ndir);
	return true;
}

static bool passing(const char *path)	/* of a process, not of the store */
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;

	return strcmp(name, "lock") == 0 || strcmp(name, "core.sock") == 0;
}

static bool name_at(pid_t pid, int dirfd, u64 at, char ret[PATH_MAX])
{
	char base[PATH_MAX] = "", name[PATH_MAX];

	if (!peek_text(pid, at, name) || !(dirfd == AT_FDCWD ? link_of(pid, "cwd", base) : fd_path(pid, dirfd, base)))
		return false;
	return below(base, name, ret) && !passing(ret);
}

static bool file_of(pid_t pid, int fd, char ret[PATH_MAX])
{
	char at[PATH_MAX];

	return fd_path(pid, fd, at) && strstr(at, " (deleted)") == NULL && below("/", at, ret) && !passing(ret);
}

static bool there(const char *path)
{
	char full[2 * PATH_MAX];
	struct stat st;

	snprintf(full, sizeof full, "%s/%s", w.dir, path);
	return lstat(full, &st) == 0;
}

static u64 position(pid_t pid, int fd)
{
	char at[64], line[128];
	unsigned long long pos = 0, flags = 0;
	struct stat st;
	FILE *f;

	snprintf(at, sizeof at, "/proc/%d/fdinfo/%d", pid, fd);
	f = fopen(at, "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		(void)sscanf(line, "pos: %llu", &pos);
		(void)sscanf(line, "flags: %llo", &flags);
	}
	if (f != NULL)
		fclose(f);
	snprintf(at, sizeof at, "/proc/%d/fd/%d", pid, fd);
	if ((flags & O_APPEND) != 0 && stat(at, &st) == 0)
		pos = (unsigned long long)st.st_size;
	return pos;
}

static bool opens(struct task *t, int dirfd, u64 name, u64 flags)
{
	if ((flags & (O_CREAT | O_TRUNC)) == 0 || !name_at(t->pid, dirfd, name, t->path))
		return false;
	t->op = OP_CREATE;
	t->size = there(t->path);
	return t->size == 0 ? (flags & O_CREAT) != 0 : (flags & O_TRUNC) != 0;
}

static bool renames(struct task *t, int from, u64 old, int to, u64 new)
{
	t->op = OP_RENAME;
	return name_at(t->pid, from, old, t->path) && name_at(t->pid, to, new, t->other) && there(t->path);
}

static bool removes(struct task *t, int dirfd, u64 name, bool dir)
{
	t->op = dir ? OP_RMDIR : OP_UNLINK;
	return name_at(t->pid, dirfd, name, t->path) && there(t->path);
}

static bool writes(struct task *t, int fd, u64 from, u64 n, bool at_off, u64 off)
{
	char at[PATH_MAX];

	t->from = from;
	t->size = n;
	if (fd_path(t->pid, fd, at) && (t->core ? strncmp(at, "socket:", 7) == 0 :
	    t->main && (fd == 1 || fd == 2) && !below("/", at, t->path))) {
		t->answers = true;
		return false;
	}
	t->op = OP_WRITE;
	if (!file_of(t->pid, fd, t->path))
		return false;
	t->off = at_off ? off : position(t->pid, fd);
	return true;
}

/* Is this a call to number? Fills in what it is about. */
static bool looks(struct task *t, const struct __ptrace_syscall_info *s)
{
	const uint64_t *a = s->entry.args;

	switch (s->entry.nr) {
	case SYS_open:
		return opens(t, AT_FDCWD, a[0], a[1]);
	case SYS_openat:
		return opens(t, (int)a[0], a[1], a[2]);
	case SYS_creat:
		return opens(t, AT_FDCWD, a[0], O_CREAT | O_TRUNC);
	case SYS_write:
		return writes(t, (int)a[0], a[1], a[2], false, 0);
	case SYS_pwrite64:
		return writes(t, (int)a[0], a[1], a[2], true, a[3]);
	case SYS_ftruncate:
		t->op = OP_TRUNCATE;
		t->off = a[1];
		return file_of(t->pid, (int)a[0], t->path);
	case SYS_syncfs:
	case SYS_fsync:
	case SYS_fdatasync:
		t->op = OP_SYNC;
		t->off = s->entry.nr == SYS_syncfs;
		return file_of(t->pid, (int)a[0], t->path);
	case SYS_rename:
		return renames(t, AT_FDCWD, a[0], AT_FDCWD, a[1]);
	case SYS_renameat:
	case SYS_renameat2:
		return renames(t, (int)a[0], a[1], (int)a[2], a[3]);
	case SYS_unlink:
		return removes(t, AT_FDCWD, a[0], false);
	case SYS_rmdir:
		return removes(t, AT_FDCWD, a[0], true);
	case SYS_unlinkat:
		return removes(t, (int)a[0], a[1], (a[2] & AT_REMOVEDIR) != 0);
	case SYS_mkdir:
		t->op = OP_MKDIR;
		return name_at(t->pid, AT_FDCWD, a[0], t->path) && !there(t->path);
	case SYS_mkdirat:
		t->op = OP_MKDIR;
		return name_at(t->pid, (int)a[0], a[1], t->path) && !there(t->path);
	case SYS_sendmsg:
		t->answers = t->core;
		return false;
	case SYS_writev:
	case SYS_pwritev:
	case SYS_pwritev2:
	case SYS_fallocate:
	case SYS_truncate:
	case SYS_link:
	case SYS_linkat:
	case SYS_copy_file_range:
	case SYS_sendfile:
		if (s->entry.nr == SYS_truncate || s->entry.nr == SYS_link || s->entry.nr == SYS_linkat ||
		    file_of(t->pid, (int)a[0], t->path))
			die("watch: call %llu changes files in a way that is not watched", (unsigned long long)s->entry.nr);
		return false;
	default:
		return false;
	}
}

/* ---- what is made of it ---- */

static const char *const op_names[OP_KINDS] = { "create", "mkdir", "write", "truncate", "sync", "rename", "unlink",
	"rmdir", "answer" };

static void record(const struct task *t, enum oplog_op op, u64 off, const void *data, size_t n)
{
	struct oplog r = { .op = op, .core = t->core, .off = off, .len = (u32)n };

	if (w.log == NULL)
		return;
	if (op != OP_ANSWER) {
		r.path = (u32)strlen(t->path);
		r.other = op == OP_RENAME ? (u32)strlen(t->other) : 0;
	}
	if (fwrite(&r, sizeof r, 1, w.log) != 1 || fwrite(t->path, 1, r.path, w.log) != r.path ||
	    fwrite(t->other, 1, r.other, w.log) != r.other || (n > 0 && fwrite(data, 1, n, w.log) != n))
		die("watch: cannot write the trace");
}

static void record_done(struct task *t, i64 result)
{
	static u8 bytes[DATA_MAX];
	size_t n = 0;

	if (result < 0)
		return;
	if (t->numbered ? t->op == OP_WRITE : !t->core) {
		n = (size_t)result;
		if (n > sizeof bytes || !peek(t->pid, t->from, bytes, n))
			die("watch: cannot read what was written");
	}
	if (t->answers)
		record(t, OP_ANSWER, 0, bytes, n);
	else if (t->op == OP_CREATE)
		record(t, OP_CREATE, t->size, NULL, 0);
	else
		record(t, t->op, t->off, bytes, n);
}

static bool wanted(const struct task *t)
{
	bool room = t->op == OP_WRITE || t->op == OP_MKDIR || t->op == OP_CREATE;

	return w.fail_kind == 'a' || (w.fail_kind == 's' && t->op == OP_SYNC) || (w.fail_kind == 'r' && room);
}

static bool must_fail(const struct task *t)
{
	if (w.fail_kind == 0 || !wanted(t))
		return false;
	w.kind_calls++;
	return w.kind_calls == w.fail_at || (w.fail_on && w.kind_calls > w.fail_at);
}

static void spoil(pid_t pid, u64 nr)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0)
		return;
	if (nr == SYS_openat || nr == SYS_mkdirat || nr == SYS_unlinkat || nr == SYS_renameat || nr == SYS_renameat2)
		r.rsi = 0;
	else	/* a name is the first argument, or a descriptor */
		r.rdi = nr == SYS_write || nr == SYS_pwrite64 || nr == SYS_ftruncate || nr == SYS_fsync || nr == SYS_fdatasync ||
			nr == SYS_syncfs ?
			(u64)-1 : 0;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &r);
}

static void put_result(pid_t pid, i64 result)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0)
		return;
	r.rax = (unsigned long long)result;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &r);
}

static _Noreturn void stop_all(void)
{
	for (size_t i = 0; i < TASKS; i++)
		if (w.tasks[i].pid != 0)
			kill(w.tasks[i].pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR) {
	}
	exit(137);
}

static void call_begins(struct task *t, const struct __ptrace_syscall_info *s)
{
	t->answers = t->faulted = false;
	t->numbered = looks(t, s);
	if (!t->numbered)
		return;
	w.calls++;
	if (w.list != NULL)
		fprintf(w.list, "%ld\t%s\t%s\t%s%s%s\n", w.calls, t->core ? "core" : "main", op_names[t->op], t->path,
			t->op == OP_RENAME ? " -> " : "", t->op == OP_RENAME ? t->other : "");
	if (w.calls == w.stop_at && !w.stop_after)
		stop_all();
	if (must_fail(t)) {
		t->faulted = true;
		spoil(t->pid, s->entry.nr);
	}
}

static void call_ends(struct task *t, const struct __ptrace_syscall_info *s)
{
	if (t->faulted)
		put_result(t->pid, -w.fail_errno);
	else if (t->numbered || t->answers)
		record_done(t, s->exit.rval);
	if (t->numbered && w.calls == w.stop_at && w.stop_after)
		stop_all();
	t->numbered = t->answers = t->faulted = false;
}

static void learn_role(struct task *t)
{
	char at[64], line[4096];
	size_t n = 0;
	FILE *f;

	snprintf(at, sizeof at, "/proc/%d/cmdline", t->pid);
	f = fopen(at, "r");
	if (f != NULL) {
		n = fread(line, 1, sizeof line - 1, f);
		fclose(f);
	}
	line[n] = '\0';
	t->core = memmem(line, n, "--role=core", 11) != NULL;
	t->main = memmem(line, n, "--role=", 7) == NULL;
}

/* ---- following ---- */

static void on_stop(pid_t pid, int status)
{
	struct __ptrace_syscall_info s;
	struct task *t = task_of(pid);
	int sig = WSTOPSIG(status), deliver = 0;

	if (sig == (SIGTRAP | 0x80)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof s, &s) > 0) {
			if (s.op == PTRACE_SYSCALL_INFO_ENTRY)
				call_begins(t, &s);
			else if (s.op == PTRACE_SYSCALL_INFO_EXIT)
				call_ends(t, &s);
		}
	} else if (sig == SIGTRAP && status >> 16 != 0) {
		if (status >> 16 == PTRACE_EVENT_EXEC)
			learn_role(t);
	} else if (sig != SIGSTOP && sig != SIGTRAP) {
		deliver = sig;
	}
	(void)ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)deliver);
}

static void follow(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid <= 0)
			continue;
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
			continue;
		}
		task_of(pid)->pid = 0;
		if (pid == w.first)
			w.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static void start(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("watch: fork: %s", strerror(errno));
	if (pid == 0) {
		setsid();
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(99);
		raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(99);
	}
	w.first = pid;
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("watch: cannot trace");
	(void)task_of(pid);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)) != 0)
		die("watch: ptrace: %s", strerror(errno));
	(void)ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
}

static FILE *out_file(const char *name)
{
	FILE *f = fopen(name, "we");

	if (f == NULL)
		die("watch: %s: %s", name, strerror(errno));
	return f;
}

static void read_stop(const char *s)
{
	char *end;

	w.stop_at = strtol(s, &end, 10);
	w.stop_after = strcmp(end, ":after") == 0;
	if (w.stop_at < 1 || (!w.stop_after && strcmp(end, ":before") != 0))
		die("watch: --stop N:before or N:after");
}

static void read_fail(const char *s)
{
	char *end;

	w.fail_kind = s[0];
	s = strchr(s, ':');
	if (s == NULL || strchr("sra", w.fail_kind) == NULL)
		die("watch: --fail sync|room|any:N:ERRNO[:on]");
	w.fail_at = strtol(s + 1, &end, 10);
	if (*end == ':')
		w.fail_errno = (int)strtol(end + 1, &end, 10);
	w.fail_on = strcmp(end, ":on") == 0;
	if (w.fail_at < 1 || w.fail_errno < 1)
		die("watch: --fail sync|room|any:N:ERRNO[:on]");
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (strcmp(argv[i], "--log") == 0)
			w.log = out_file(argv[i + 1]);
		else if (strcmp(argv[i], "--list") == 0)
			w.list = out_file(argv[i + 1]);
		else if (strcmp(argv[i], "--stop") == 0)
			read_stop(argv[i + 1]);
		else if (strcmp(argv[i], "--fail") == 0)
			read_fail(argv[i + 1]);
		else
			die("watch: %s?", argv[i]);
	}
	if (argc - i < 2)
		die("usage: watch [--log FILE] [--list FILE] [--stop N:WHEN] [--fail KIND:N:ERRNO[:on]] DIR COMMAND...");
	w.ndir = (size_t)snprintf(w.dir, sizeof w.dir, "%s", argv[i]);
	start(argv + i + 1);
	follow();
	return w.code;
}
