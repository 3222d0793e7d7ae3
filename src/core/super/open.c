/* Finding or starting core for one store directory.
 *
 * The directory holds `lock` (flocked by the core of this directory for as long as it lives: the lock is the open file
 * it inherited, so it cannot outlive the process) and `core.sock`. Whoever gets the lock knows that no core lives, removes
 * a stale socket, listens, and starts core with directory, socket and lock already open; the socket listens before core
 * exists, so a second command can connect at once and its HELLO waits. Whoever does not get the lock tries again.
 *
 * Dangers: started as root, the directory belongs to core's own user, which may have been taken over: nothing in it is
 * followed (O_NOFOLLOW, a socket is looked at before it is connected), and nothing in it is trusted. A path of a Unix
 * socket has 108 bytes only: the directory is named by its descriptor. */
#include "core/super/super_int.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_MS 10

/* The directory. */

/* The name of the new directory `path` is in its parent for good: the store's own syncs reach no higher than the store. */
static int sync_parent(const char *path)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	AUTO_CLOSE int fd = -1;

	snprintf(parent, sizeof parent, "%.*s", slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path),
		slash == NULL ? "." : path);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : err_from_errno(errno);
}

/* Makes every missing part of the path; what exists stays as it is. */
static int make_dirs(char *path)
{
	for (char *p = path + 1;; p++) {
		char c = *p;
		bool made;

		if (c != '/' && c != '\0') {
			continue;
		}
		*p = '\0';
		made = mkdir(path, 0700) == 0;
		if (made ? sync_parent(path) != 0 : errno != EEXIST) {
			return err_from_errno(errno);
		}
		*p = c;
		if (c == '\0') {
			return 0;
		}
	}
}

static bool is_empty(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	size_t n = 0;

	if (d == NULL) {
		base_auto_close(&fd);
		return false;
	}
	while (readdir(d) != NULL) {
		n++;
	}
	closedir(d);
	return n == 2;	/* "." and ".." */
}

/* Ours alone: as root that means core's. A directory of root's that is still empty becomes core's. */
static int check_owner(struct super *s, int dirfd)
{
	u32 uid = geteuid(), gid = 0;
	struct stat st;

	if (uid == 0 && role_uid(ROLE_CORE, &uid, &gid) != 0) {
		return super_fail(s, ERR_CONFLICT, "the user of role core belongs to somebody else");
	}
	if (geteuid() == 0 && fstat(dirfd, &st) == 0 && st.st_uid == 0 && is_empty(dirfd) &&
	    (fchmod(dirfd, 0700) != 0 || fchown(dirfd, uid, gid) != 0)) {
		return err_from_errno(errno);
	}
	if (fstat(dirfd, &st) != 0) {	/* again: another command may have done it between our look and our look inside */
		return err_from_errno(errno);
	}
	if (st.st_uid != uid) {
		return super_fail(s, ERR_DENIED, "the store belongs to user %u, not to %u", st.st_uid, uid);
	} else if ((st.st_mode & 022) != 0) {
		return super_fail(s, ERR_DENIED, "the store can be written by others (mode %03o)", st.st_mode & 0777u);
	}
	return 0;
}

static int open_dir(struct super *s, const char *store_dir, int *ret)
{
	char path[PATH_MAX];
	int r, fd = open(store_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		if (strlen(store_dir) >= sizeof path || store_dir[0] == '\0') {
			return super_fail(s, ERR_ARG, "the path of the store is empty or too long");
		}
		memcpy(path, store_dir, strlen(store_dir) + 1);
		r = make_dirs(path);
		if (r != 0) {
			return super_fail(s, r, "cannot make %s: %s", store_dir, strerror(errno));
		}
		fd = open(store_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0) {
		return super_fail(s, err_from_errno(errno), "cannot open %s: %s", store_dir, strerror(errno));
	}
	r = check_owner(s, fd);
	if (r != 0) {
		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

int super_mark(struct super *s, const char *store_dir, const char *name)
{
	AUTO_CLOSE int dirfd = -1, fd = -1;
	int r = open_dir(s, store_dir, &dirfd);

	if (r != 0) {
		return r;
	}
	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		return ERR_EXISTS;
	}
	if (!is_empty(dirfd)) {
		return ERR_REFUSED;
	}
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_from_errno(errno) : 0;
}

/* The socket. */

static struct sockaddr_un socket_name(int dirfd)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/core.sock", dirfd);
	return at;
}

static bool same_user_or_root(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && n == sizeof who &&
		(who.uid == 0 || who.uid == geteuid());
}

/* ERR_NOTFOUND: nobody listens. The kernel keeps for SO_PEERCRED who called listen(): the command that started core. */
static int connect_core(struct super *s, int dirfd, int *ret)
{
	const struct timeval limit = { .tv_sec = SUPER_WAIT_MS / 1000 };
	struct sockaddr_un at = socket_name(dirfd);
	struct stat st;
	int fd;

	if (fstatat(dirfd, "core.sock", &st, AT_SYMLINK_NOFOLLOW) != 0) {
		return err_from_errno(errno);
	}
	if (!S_ISSOCK(st.st_mode)) {
		return super_fail(s, ERR_DENIED, "core.sock in the store is not a socket");
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
		base_auto_close(&fd);
		return ERR_SYS;
	}
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
		int r = errno == ECONNREFUSED || errno == ENOENT ? ERR_NOTFOUND : err_from_errno(errno);

		close(fd);
		return r;
	}
	if (!same_user_or_root(fd)) {
		close(fd);
		return super_fail(s, ERR_DENIED, "the core of this store was started by another user");
	}
	*ret = fd;
	return 0;
}

static int listen_core(int dirfd, int *ret)
{
	struct sockaddr_un at = socket_name(dirfd);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before = umask(077);
	int r = 0;

	if (fd < 0 || (unlinkat(dirfd, "core.sock", 0) != 0 && errno != ENOENT) ||
	    bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0) {
		r = err_from_errno(errno);
		base_auto_close(&fd);
	}
	umask(before);
	if (r == 0) {
		*ret = fd;
	}
	return r;
}

int super_accept(int listen_fd, int *ret_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? ERR_BUSY : err_from_errno(errno);
	}
	if (!same_user_or_root(fd)) {
		close(fd);
		return ERR_DENIED;
	}
	*ret_fd = fd;
	return 0;
}

/* Starting. */

/* ERR_BUSY: a core lives, or another command is just starting one. */
static int take_lock(int dirfd, int *ret)
{
	struct stat opened, named;
	int fd = openat(dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int r = 0;

	if (fd < 0) {
		return err_from_errno(errno);
	}
	if (fstat(fd, &opened) != 0 || !S_ISREG(opened.st_mode)) {
		r = ERR_DENIED;
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		r = errno == EWOULDBLOCK ? ERR_BUSY : err_from_errno(errno);
	} else if (fstatat(dirfd, "lock", &named, AT_SYMLINK_NOFOLLOW) != 0 || named.st_ino != opened.st_ino ||
		   named.st_dev != opened.st_dev) {
		r = ERR_BUSY;	/* somebody put another file in its place: look again */
	}
	if (r != 0) {
		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

/* systemd's LoadCredential= puts files where only the service may read them. Core may open nothing outside its store, so main opens the
 * key for it. What stands in the file is core's to check. */
static int open_credential(struct super *s, int *ret)
{
	const char *at = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int fd;

	*ret = -1;
	if (at == NULL || at[0] != '/' || snprintf(path, sizeof path, "%s/ledger.key", at) >= (int)sizeof path) {
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT) {
		return super_fail(s, err_from_errno(errno), "cannot open the credential %s: %s", path, strerror(errno));
	}
	*ret = fd;
	return 0;
}

static int start_core(struct super *s, int dirfd)
{
	struct peer *p = &s->peers[ROLE_CORE];
	AUTO_CLOSE int lock = -1;
	AUTO_CLOSE int listener = -1;
	AUTO_CLOSE int key = -1;
	pid_t pid;
	int r;

	if ((r = take_lock(dirfd, &lock)) != 0 || (r = open_credential(s, &key)) != 0 || (r = listen_core(dirfd, &listener)) != 0) {
		return r;
	}
	{
		const int fds[] = { dirfd, listener, lock, key };

		r = super_start(s, ROLE_CORE, fds, key >= 0 ? countof(fds) : countof(fds) - 1, &s->life, &pid);
	}
	if (r == 0) {
		p->pid = pid;
		p->status = -1;
		s->core_ours = true;
	}
	return r;	/* our copies close here: from now on the lock lives and ends with core */
}

/* Meeting. */

static int hello(struct super *s, int fd)
{
	struct peer *p = &s->peers[ROLE_CORE];
	const u8 version[4] = { 0, 0, 0, MSGS_PROTOCOL };
	pid_t pid = p->pid;
	int r;

	must(MSGS_PROTOCOL < 256);
	*p = (struct peer){ .c = chan_new(fd, CHAN_FDS), .pid = pid, .status = -1, .there = true };
	if (p->c == NULL) {
		close(fd);
		p->there = false;
		return ERR_SYS;
	}
	r = client_call(s->client, MSGS_HELLO, str_of(version, sizeof version), NULL, NULL);
	if (r != 0) {
		chan_free(p->c);
		p->c = NULL;
		p->there = false;
		if (client_error(s->client).n != 0) {
			super_fail(s, r, "%.*s", STRF(client_error(s->client)));
		}
	}
	return r;
}

/* The status serve_main ends with when it cannot start; it logged the words. */
static int why_ended(int status)
{
	int code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	return code == 5 ? ERR_INTEGRITY : code == 6 ? ERR_NEWER : ERR_CLOSED;
}

/* One try: 0, ERR_BUSY to try again, or why it will never work. */
static int try_core(struct super *s, int dirfd)
{
	int fd = -1, r = connect_core(s, dirfd, &fd);

	if (r == ERR_NOTFOUND) {
		if (s->core_ours) {
			return ERR_CLOSED;
		}
		r = start_core(s, dirfd);
		if (r == 0) {
			r = connect_core(s, dirfd, &fd);
			r = r == ERR_NOTFOUND ? ERR_CLOSED : r;		/* it listened: core has ended already */
		}
	}
	if (r == 0) {
		r = hello(s, fd);
	}
	if (r == ERR_CLOSED && s->core_ours) {
		super_wait_pid(s, ROLE_CORE, SUPER_STOP_MS);
		return super_fail(s, why_ended(s->peers[ROLE_CORE].status), "core ended while starting");
	}
	return r == ERR_CLOSED ? ERR_BUSY : r;	/* somebody else's core was just ending */
}

int super_open_core(struct super *s, const char *store_dir, struct client **ret)
{
	i64 until = mono_now().ns + (i64)SUPER_WAIT_MS * 1000000;
	AUTO_CLOSE int dirfd = -1;
	int r;

	must(s->peers[ROLE_CORE].c == NULL && !s->core_ours);
	if (s->client == NULL && (s->client = client_new(s)) == NULL) {
		return ERR_NOMEM;
	}
	r = open_dir(s, store_dir, &dirfd);
	if (r != 0) {
		return r;
	}
	while ((r = try_core(s, dirfd)) == ERR_BUSY && mono_now().ns < until) {
		struct pollfd p = { .fd = s->sigfd, .events = POLLIN };

		if (poll(&p, 1, RETRY_MS) > 0) {
			super_read_signals(s);
		}
		if (s->signal != 0 && !s->signal_told) {
			s->signal_told = true;
			return ERR_CANCELED;
		}
	}
	if (r == ERR_BUSY) {
		return super_fail(s, r, "another process holds the store and does not answer");
	}
	if (r == 0) {
		*ret = s->client;
	}
	return r;
}

bool super_started_core(const struct super *s)
{
	return s->core_ours;
}

/* Placing a file for the next core. */

static int copy_bytes(int from, int to)
{
	char piece[64 * KiB];
	ssize_t n;

	while ((n = read(from, piece, sizeof piece)) != 0) {
		for (ssize_t at = 0, m; at < n; at += m) {
			m = write(to, piece + at, (size_t)(n - at));
			if (m < 0 && errno != EINTR) {
				return err_from_errno(errno);
			}
			m = m < 0 ? 0 : m;
		}
		if (n < 0 && errno != EINTR) {
			return err_from_errno(errno);
		}
	}
	return fsync(to) == 0 ? 0 : err_from_errno(errno);
}

/* `restore/korobanu.db` appears whole, or not at all. That it stays is up to the next core: only what that made of it is told
 * to anybody. */
static int place(struct super *s, int dirfd, int from)
{
	AUTO_CLOSE int in = -1;
	AUTO_CLOSE int to = -1;
	u32 uid = geteuid(), gid = getegid();
	int r;

	if (uid == 0 && role_uid(ROLE_CORE, &uid, &gid) != 0) {
		return super_fail(s, ERR_CONFLICT, "the user of role core belongs to somebody else");
	}
	if (mkdirat(dirfd, "restore", 0700) != 0 && errno != EEXIST) {
		return err_from_errno(errno);
	}
	in = openat(dirfd, "restore", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0 || (geteuid() == 0 && fchown(in, uid, gid) != 0)) {
		return err_from_errno(errno);
	}
	(void)unlinkat(in, "korobanu.db.part", 0);
	to = openat(in, "korobanu.db.part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0 || (geteuid() == 0 && fchown(to, uid, gid) != 0)) {
		return err_from_errno(errno);
	}
	if ((r = copy_bytes(from, to)) == 0 &&
	    renameat(in, "korobanu.db.part", in, "korobanu.db") != 0) {
		r = err_from_errno(errno);
	}
	if (r != 0) {
		(void)unlinkat(in, "korobanu.db.part", 0);
		(void)unlinkat(dirfd, "restore", AT_REMOVEDIR);
	}
	return r;
}

int super_place_restore(struct super *s, const char *store_dir, int from, bool replace)
{
	AUTO_CLOSE int dirfd = -1;
	AUTO_CLOSE int lock = -1;
	i64 until = mono_now().ns + (i64)SUPER_STOP_MS * 1000000;
	struct stat st;
	int r;

	must(s->peers[ROLE_CORE].c == NULL);
	if ((r = open_dir(s, store_dir, &dirfd)) != 0) {
		return r;
	}
	while ((r = take_lock(dirfd, &lock)) == ERR_BUSY && mono_now().ns < until) {
		(void)poll(NULL, 0, RETRY_MS);	/* the core of the command before may just be ending */
	}
	if (r != 0) {
		return r == ERR_BUSY ? super_fail(s, r, "the store is in use; stop what uses it first") : r;
	}
	if (!replace && fstatat(dirfd, "korobanu.db", &st, AT_SYMLINK_NOFOLLOW) == 0) {
		return super_fail(s, ERR_EXISTS, "there is a store already");
	}
	return place(s, dirfd, from);
}
