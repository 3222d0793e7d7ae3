/* Step (6) of the commit protocol: files made from the committed tree. The layout stands in merkle.c.
 *
 * ORDER. (a) Hash tiles level by level, then entry bundles; (b) the checkpoint; (c) superseded partial files go.
 * Each file is written as ".new" beside its place, synced, renamed; then its directory is synced, and every
 * directory above it once a run (one that a killed run made may not be durable yet). (b) begins when all of (a) is
 * durable. So at every instant the checkpoint on disk has all its tiles, whether the process is killed or the power
 * fails.
 *
 * RESUMING. A killed run leaves whole files that the next one writes again with the same bytes, and at most a
 * ".new" in a directory, which the next file there overwrites. The checkpoint found on disk, not the caller's
 * memory, says from where: tiles above its size are written again.
 *
 * PARTIAL FILES are removed only when their full tile is published under a durable checkpoint (tlog-tiles allows
 * this: a reader with an older checkpoint asks for the full tile). Until then all widths that were published stay.
 *
 * REFUSAL. Before the first byte is written: the new checkpoint verifies, the nodes give its root, and the
 * published one verifies, has our origin and is a prefix. An envelope whose hash is not the tree's leaf ends the
 * run. */
#include "core/ledger/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW ".new"

struct run {
	const struct publish *p;
	struct arena *a;		/* reset with every file */
	struct perr *reterr;
	u64 from, to;
	int dir;			/* the directory open now, -1: none */
	char dir_path[TILE_PATH_MAX];	/* its path, or that of the last one */
	bool walked;			/* dir_path was entered: all directories on it are durable */
};

static int fail(const struct run *r, int code, const char *what, const char *path)
{
	return perr_set(r->reterr, code, 0, "%s: %s: %s", path, what, err_text(code));
}

static int sync_fd(const struct run *r, int fd, const char *path)
{
	return fsync(fd) == 0 ? 0 : fail(r, ERR_IO, "sync", path);
}

/* Syncs and closes the directory that is open. */
static int dir_leave(struct run *r)
{
	int err = 0;

	if (r->dir >= 0) {
		err = sync_fd(r, r->dir, r->dir_path);
		close(r->dir);
		r->dir = -1;
	}
	return err;
}

/* Opens `name` below `parent`, made when missing. The parent is synced when it changed, or when this run did not
 * do so yet. */
static int dir_step(struct run *r, int parent, const char *name, bool synced, int *ret)
{
	bool made = mkdirat(parent, name, 0755) == 0;
	int err;

	if (!made && errno != EEXIST) {
		return fail(r, err_from_errno(errno), "make directory", name);
	}
	if ((made || !synced) && (err = sync_fd(r, parent, name)) != 0) {
		return err;
	}
	*ret = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret >= 0 ? 0 : fail(r, err_from_errno(errno), "open directory", name);
}

/* Is the directory of the first `n` bytes of `path` on the way to the directory entered last? */
static bool on_last_way(const struct run *r, struct str path, size_t n)
{
	struct str head = str_sub(path, 0, n), last = str_z(r->dir_path);

	return r->walked && str_starts(last, head) && (n == 0 || last.n == n || last.p[n] == '/');
}

/* Makes `path` ("" is the log directory itself) the open directory. */
static int dir_enter(struct run *r, struct str path)
{
	char name[TILE_PATH_MAX];
	struct str rest = path;
	size_t done = 0;		/* bytes of path walked */
	int err, at;

	if (r->dir >= 0 && str_eq(path, str_z(r->dir_path))) {
		return 0;
	}
	if ((err = dir_leave(r)) != 0) {
		return err;
	}
	at = fcntl(r->p->dir, F_DUPFD_CLOEXEC, 3);
	if (at < 0) {
		return fail(r, err_from_errno(errno), "open", "log directory");
	}
	while (rest.n > 0) {
		struct str part = str_cut(&rest, '/');
		int next = -1;

		snprintf(name, sizeof(name), "%.*s", STRF(part));
		err = dir_step(r, at, name, on_last_way(r, path, done), &next);
		close(at);
		if (err != 0) {
			return err;
		}
		at = next;
		done = (size_t)(part.p + part.n - path.p);
	}
	r->walked = true;
	snprintf(r->dir_path, sizeof(r->dir_path), "%.*s", STRF(path));
	r->dir = at;
	return 0;
}

static int write_all(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n == 0 ? ERR_IO : err_from_errno(errno);
		}
		bytes = str_from(bytes, (size_t)n);
	}
	return 0;
}

/* `path` in the log directory has these bytes, durable once its directory is left. */
static int file_put(struct run *r, const char *path, struct str bytes)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	int err = dir_enter(r, slash != NULL ? str_of(path, (size_t)(slash - path)) : S(""));
	AUTO_CLOSE int fd = -1;

	if (err != 0) {
		return err;
	}
	fd = openat(r->dir, NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		return fail(r, err_from_errno(errno), "create", path);
	}
	if ((err = write_all(fd, bytes)) != 0) {
		return fail(r, err, "write", path);
	}
	if ((err = sync_fd(r, fd, path)) != 0) {
		return err;
	}
	if (renameat(r->dir, NEW, r->dir, name) != 0) {
		return fail(r, err_from_errno(errno), "rename", path);
	}
	return 0;
}

static int bundle_bytes(const struct run *r, const struct tile *t, struct buf *b)
{
	const struct publish *p = r->p;

	for (u64 i = 0; i < t->width; i++) {
		u64 seq = t->index * TILE_WIDTH + i;
		struct hash want, got;
		struct str entry;
		int err = p->entry(p->ctx, seq, &entry);

		if (err != 0 || (err = p->node(p->ctx, 0, seq, &want)) != 0) {
			return perr_set(r->reterr, err, 0, "entry %llu: %s", (unsigned long long)seq, err_text(err));
		}
		got = merkle_leaf(entry);
		if (!hash_eq(&got, &want)) {
			return perr_set(r->reterr, ERR_INTEGRITY, 0,
				"entry %llu has another hash than its leaf in the tree", (unsigned long long)seq);
		}
		tile_entry_write(b, entry);
	}
	return buf_done(b);
}

static int tile_put(struct run *r, const struct tile *t)
{
	struct buf b = buf_new(r->a, t->level == TILE_ENTRIES ? TILE_BUNDLE_MAX : TILE_WIDTH * HASH_LEN);
	char path[TILE_PATH_MAX];
	int err;

	tile_path(t, path);
	if (t->level == TILE_ENTRIES) {
		err = bundle_bytes(r, t, &b);
	} else if ((err = tile_write(t, r->p->node, r->p->ctx, &b)) != 0) {
		fail(r, err, "hashes", path);
	}
	if (err == 0) {
		err = file_put(r, path, buf_view(&b));
	}
	arena_reset(r->a);
	return err;
}

/* Removes <N>.p and all it may hold. Nothing depends on it being durable, and a failure is not one of publishing. */
static void partials_remove(const struct run *r, const struct tile *t)
{
	char path[TILE_PATH_MAX + 8], name[8];
	size_t n = tile_path(t, path);

	memcpy(path + n, ".p", 3);
	AUTO_CLOSE int dir = openat(r->p->dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0) {
		return;
	}
	for (unsigned w = 1; w < TILE_WIDTH; w++) {
		snprintf(name, sizeof(name), "%u", w);
		(void)unlinkat(dir, name, 0);
	}
	(void)unlinkat(dir, NEW, 0);
	(void)unlinkat(r->p->dir, path, AT_REMOVEDIR);
}

/* The checkpoint found on disk must be a prefix of the new tree. ret->size is 0 where there is none. */
static int published(struct run *r, struct checkpoint *ret)
{
	const struct publish *p = r->p;
	struct str note;
	int err = publish_checkpoint(r->a, p->dir, &note);

	if (err == ERR_NOTFOUND) {
		*ret = (struct checkpoint){0};
		return 0;
	}
	if (err != 0) {
		return fail(r, err, "read", "checkpoint");
	}
	err = checkpoint_open(r->a, note, p->key, ret, r->reterr);
	if (err == ERR_MISSING && p->key_before != NULL) {
		err = checkpoint_open(r->a, note, p->key_before, ret, r->reterr);
	}
	return err == 0 ? 0 : perr_set(r->reterr, ERR_INTEGRITY, 0, "the published checkpoint is not one of this log");
}

static int agree(struct run *r)
{
	const struct publish *p = r->p;
	struct checkpoint old, new;
	struct hash root;
	int err = checkpoint_open(r->a, p->checkpoint, p->key, &new, r->reterr);

	if (err != 0) {
		return ERR_INTEGRITY;
	}
	if ((err = merkle_fetch_root(p->node, p->ctx, new.size, &root)) != 0) {
		return fail(r, err, "nodes", "tree");
	}
	if (!hash_eq(&root, &new.root)) {
		return perr_set(
			r->reterr, ERR_INTEGRITY, 0, "the tree has another root than the checkpoint to publish");
	}
	if ((err = published(r, &old)) != 0) {
		return err;
	}
	if (old.size > new.size) {
		return perr_set(r->reterr, ERR_INTEGRITY, 0, "a larger checkpoint is published: size %llu, not %llu",
				(unsigned long long)old.size, (unsigned long long)new.size);
	}
	if (old.size > 0) {
		if ((err = merkle_fetch_root(p->node, p->ctx, old.size, &root)) != 0) {
			return fail(r, err, "nodes", "tree");
		}
		if (!hash_eq(&root, &old.root)) {
			return perr_set(r->reterr, ERR_INTEGRITY, 0,
				"the published checkpoint of size %llu is of another tree",
				(unsigned long long)old.size);
		}
	}
	r->from = p->from < old.size ? p->from : old.size;
	r->to = new.size;
	return 0;
}

static int write_tree(struct run *r)
{
	struct tile_walk w = { .from = r->from, .to = r->to };
	struct tile t;
	int err;

	while (tile_walk(&w, &t)) {
		if ((err = tile_put(r, &t)) != 0) {
			return err;
		}
	}
	return dir_leave(r);
}

int publish_run(struct arena *scratch, const struct publish *p, struct perr *reterr)
{
	struct run r = { .p = p, .a = arena_new(scratch, 0), .reterr = reterr, .dir = -1 };
	struct tile_walk w;
	struct tile t;
	int err;

	if ((err = agree(&r)) != 0 || (err = write_tree(&r)) != 0 ||
	    (err = file_put(&r, "checkpoint", p->checkpoint)) != 0 || (err = dir_leave(&r)) != 0) {
		goto out;
	}
	w = (struct tile_walk){ .from = r.from, .to = r.to };
	while (tile_walk(&w, &t)) {
		if (t.width == TILE_WIDTH) {
			partials_remove(&r, &t);
		}
	}
out:
	if (r.dir >= 0) {
		close(r.dir);
	}
	arena_free(r.a);
	return err;
}
