#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "core/ledger/publish.h"

/* The system calls of publish.c come through here (linker option --wrap): counted, stopped at, failed, and watched:
 * what is not synced is "dirty", and a checkpoint may only be renamed into place when nothing but itself is. */
int __real_renameat(int from, const char *a, int to, const char *b);
int __real_mkdirat(int dir, const char *name, mode_t mode);
ssize_t __real_write(int fd, const void *p, size_t n);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_fsync(int fd);
int __wrap_renameat(int from, const char *a, int to, const char *b);
int __wrap_mkdirat(int dir, const char *name, mode_t mode);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_unlinkat(int dir, const char *name, int flags);

static struct {
	bool on;
	int count;
	int die_before, die_after;	/* the n-th call ends the process */
	int fail_sync;			/* the n-th fsync fails */
	int lie_sync;			/* the n-th fsync does nothing */
	int full;			/* the n-th write finds the disk full */
	int syncs, writes;
	int early;			/* checkpoints renamed while something was dirty */
	ino_t dirty[4096];
	size_t ndirty;
} faults;

static ino_t inode(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static void dirty_add(ino_t ino)
{
	for (size_t i = 0; i < faults.ndirty; i++) {
		if (faults.dirty[i] == ino) {
			return;
		}
	}
	assert_true(faults.ndirty < countof(faults.dirty));
	faults.dirty[faults.ndirty++] = ino;
}

static void dirty_drop(ino_t ino)
{
	for (size_t i = 0; i < faults.ndirty; i++) {
		if (faults.dirty[i] == ino) {
			faults.dirty[i] = faults.dirty[--faults.ndirty];
			return;
		}
	}
}

static void before(void)
{
	if (faults.on && ++faults.count == faults.die_before) {
		_exit(9);
	}
}

static void after(void)
{
	if (faults.on && faults.count == faults.die_after) {
		_exit(9);
	}
}

int __wrap_fsync(int fd)
{
	before();
	if (faults.on && ++faults.syncs == faults.fail_sync) {
		errno = EIO;
		return -1;
	}
	if (faults.on && faults.syncs == faults.lie_sync) {
		return 0;
	}
	dirty_drop(inode(fd));	/* nothing here outlives the machine: the watch is what counts, and the disk may rest */
	after();
	return 0;
}

int __wrap_renameat(int from, const char *a, int to, const char *b)
{
	int r;

	before();
	if (faults.on && strcmp(b, "checkpoint") == 0 && faults.ndirty > 0) {
		faults.early++;
	}
	r = __real_renameat(from, a, to, b);
	dirty_add(inode(to));
	after();
	return r;
}

int __wrap_mkdirat(int dir, const char *name, mode_t mode)
{
	int r;

	before();
	r = __real_mkdirat(dir, name, mode);
	if (r == 0) {
		dirty_add(inode(dir));
		errno = 0;
	} else {
		int was = errno;

		after();
		errno = was;
		return r;
	}
	after();
	return r;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	ssize_t r;

	before();
	if (faults.on && ++faults.writes == faults.full) {
		errno = ENOSPC;
		return -1;
	}
	r = __real_write(fd, p, faults.on && n > 1000 ? 1000 : n);	/* short writes are legal */
	if (faults.on) {
		dirty_add(inode(fd));
	}
	after();
	return r;
}

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	int r;

	before();
	r = __real_unlinkat(dir, name, flags);
	after();
	return r;
}

/* A log in memory and a directory for it. */
struct place {
	struct arena *a;
	char path[40];
	int dir;
	struct ledger_key key;
	struct note_key nk;
	struct hash *leaves;
	struct merkle_tree tree;
	u64 size;
	char entry[64];
};

#define ORIGIN "korobanu.invalid/00/1"
#define MOST 70000

static int entry_get(void *ctx, u64 seq, struct str *ret)
{
	struct place *p = ctx;

	if (seq >= p->size) {
		return ERR_NOTFOUND;
	}
	*ret = str_of(p->entry, (size_t)snprintf(p->entry, sizeof(p->entry), "entry %llu", (unsigned long long)seq));
	return 0;
}

static int node_get(void *ctx, u32 level, u64 index, struct hash *ret)
{
	struct place *p = ctx;

	return merkle_tree_fetch(&p->tree, level, index, ret);
}

static void place_grow(struct place *p, size_t size)
{
	p->size = size;
	for (u64 i = 0; i < size; i++) {
		struct str s;

		assert_int_equal(entry_get(p, i, &s), 0);
		p->leaves[i] = merkle_leaf(s);
	}
	assert_int_equal(merkle_tree_make(p->a, p->leaves, size, &p->tree), 0);
}

static void place_open(struct place *p)
{
	*p = (struct place){ .a = arena_new(NULL, 0), .path = "/tmp/korobanu-publish-XXXXXX" };
	assert_non_null(mkdtemp(p->path));
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->dir >= 0);
	assert_int_equal(key_make(&p->key), 0);
	assert_int_equal(note_key_make(S(ORIGIN), p->key.pub, &p->nk), 0);
	p->leaves = arena_alloc(p->a, MOST * sizeof(*p->leaves));
	memset(&faults, 0, sizeof(faults));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level > 0 ? remove(path) : 0;
}

static void place_empty(struct place *p)
{
	assert_int_equal(nftw(p->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void place_close(struct place *p)
{
	place_empty(p);
	close(p->dir);
	assert_int_equal(rmdir(p->path), 0);
	arena_free(p->a);
	memset(&faults, 0, sizeof(faults));
}

static struct str note_for(struct place *p, u64 size, const char *origin)
{
	struct checkpoint c = { .origin = str_z(origin), .size = size };
	struct str note;

	assert_int_equal(merkle_fetch_root(node_get, p, size, &c.root), 0);
	assert_int_equal(checkpoint_sign(p->a, &c, &p->key, &note), 0);
	return note;
}

static int publish_to(struct place *p, u64 from, u64 size, struct perr *e)
{
	struct publish pub = { .dir = p->dir, .from = from, .checkpoint = note_for(p, size, ORIGIN), .key = &p->nk,
			       .node = node_get, .entry = entry_get, .ctx = p };
	int r;

	faults.on = true;
	r = publish_run(p->a, &pub, e);
	faults.on = false;
	return r;
}

static struct str slurp(struct place *p, const char *path)
{
	AUTO_CLOSE int fd = openat(p->dir, path, O_RDONLY | O_CLOEXEC);
	struct str s = {0};
	struct stat st;
	char *to;

	if (fd < 0) {
		return s;
	}
	assert_int_equal(fstat(fd, &st), 0);
	to = arena_alloc(p->a, (size_t)st.st_size + 1);
	assert_int_equal(read(fd, to, (size_t)st.st_size), st.st_size);
	return str_of(to, (size_t)st.st_size);
}

/* Reads the directory as a stranger would: the checkpoint on disk and all its tiles and entries. Its size, 0: none. */
static u64 reader_size(struct place *p)
{
	struct str note = slurp(p, "checkpoint"), s;
	struct tile_walk w = {0};
	struct checkpoint c;
	struct tile t;

	if (note.p == NULL) {
		return 0;
	}
	assert_int_equal(checkpoint_open(p->a, note, &p->nk, &c, NULL), 0);
	w.to = c.size;
	while (tile_walk(&w, &t)) {
		struct hash in[TILE_WIDTH], node;
		char path[TILE_PATH_MAX];
		struct rd rd;

		tile_path(&t, path);
		s = slurp(p, path);
		if (s.p == NULL) {
			fail_msg("checkpoint of size %llu without %s", (unsigned long long)c.size, path);
		}
		if (t.level != TILE_ENTRIES) {
			assert_int_equal(tile_read(s, t.width, in), 0);
		}
		rd = rd_str(s);
		for (u64 i = 0; i < t.width; i++) {
			if (t.level == TILE_ENTRIES) {
				assert_int_equal(tile_entry_read(&rd, &s), 0);
				in[i] = merkle_leaf(s);
			}
			assert_int_equal(
				node_get(p, t.level == TILE_ENTRIES ? 0 : t.level * 8, t.index * 256 + i, &node), 0);
			assert_true(hash_eq(&in[i], &node));
		}
	}
	return c.size;
}

void test_publish__grows(void **state)
{
	static const u64 sizes[] = { 1, 2, 255, 256, 257, 1000, 65536, 65537, 66000 };
	struct place p;
	u64 from = 0;

	(void)state;
	place_open(&p);
	place_grow(&p, MOST);
	for (size_t i = 0; i < countof(sizes); i++) {
		struct perr e = {0};

		if (publish_to(&p, from, sizes[i], &e) != 0) {
			fail_msg("%s", e.text);
		}
		assert_int_equal(reader_size(&p), sizes[i]);
		from = sizes[i];
	}
	assert_int_equal(faults.early, 0);
	assert_int_equal(faults.ndirty, 0);
	/* Superseded partial files are gone, current ones stand. */
	assert_null(slurp(&p, "tile/0/000.p/255").p);
	assert_null(slurp(&p, "tile/entries/000.p/2").p);
	assert_int_equal(faccessat(p.dir, "tile/0/000.p", F_OK, 0), -1);
	assert_non_null(slurp(&p, "tile/2/000.p/1").p);
	assert_non_null(slurp(&p, "tile/1/001.p/1").p);
	/* Again, from the start: the same. */
	assert_int_equal(publish_to(&p, 0, 66000, NULL), 0);
	assert_int_equal(reader_size(&p), 66000);
	place_close(&p);
}

void test_publish__nothing_yet(void **state)
{
	struct place p;
	struct str s;

	(void)state;
	place_open(&p);
	assert_int_equal(publish_checkpoint(p.a, p.dir, &s), ERR_NOTFOUND);
	assert_int_equal(publish_to(&p, 0, 0, NULL), 0);
	assert_int_equal(publish_checkpoint(p.a, p.dir, &s), 0);
	place_close(&p);
}

void test_publish__refuses_smaller_or_different(void **state)
{
	struct perr e = {0};
	struct place p;
	struct str was, now;

	(void)state;
	place_open(&p);
	place_grow(&p, 300);
	assert_int_equal(publish_to(&p, 0, 300, NULL), 0);
	was = slurp(&p, "checkpoint");
	assert_int_equal(publish_to(&p, 0, 299, &e), ERR_INTEGRITY);
	assert_non_null(strstr(e.text, "larger"));
	p.leaves[7].b[0] ^= 1;		/* another history of the same size, and of a larger one */
	assert_int_equal(merkle_tree_make(p.a, p.leaves, 300, &p.tree), 0);
	assert_int_equal(publish_to(&p, 300, 300, &e), ERR_INTEGRITY);
	place_grow(&p, 400);
	p.leaves[7].b[0] ^= 1;
	assert_int_equal(merkle_tree_make(p.a, p.leaves, 400, &p.tree), 0);
	assert_int_equal(publish_to(&p, 300, 400, &e), ERR_INTEGRITY);
	assert_non_null(strstr(e.text, "another tree"));
	now = slurp(&p, "checkpoint");
	assert_true(str_eq(was, now));
	assert_null(slurp(&p, "tile/0/001.p/144").p);
	place_close(&p);
}

void test_publish__refuses_what_does_not_agree(void **state)
{
	struct publish pub;
	struct ledger_key other;
	struct note_key nk, before_nk;
	struct place p;

	(void)state;
	place_open(&p);
	place_grow(&p, 10);
	pub = (struct publish){ .dir = p.dir, .key = &p.nk, .node = node_get, .entry = entry_get, .ctx = &p };
	pub.checkpoint = note_for(&p, 10, "korobanu.invalid/01/1");
	assert_int_equal(publish_run(p.a, &pub, NULL), ERR_INTEGRITY);	/* another origin */
	pub.checkpoint = note_for(&p, 10, ORIGIN);
	assert_int_equal(key_make(&other), 0);
	assert_int_equal(note_key_make(S(ORIGIN), other.pub, &nk), 0);
	pub.key = &nk;
	assert_int_equal(publish_run(p.a, &pub, NULL), ERR_INTEGRITY);	/* not signed by this key */
	pub.key = &p.nk;
	p.leaves[3].b[5] ^= 1;
	assert_int_equal(merkle_tree_make(p.a, p.leaves, 10, &p.tree), 0);
	assert_int_equal(publish_run(p.a, &pub, NULL), ERR_INTEGRITY);	/* nodes of another tree */
	pub.checkpoint = note_for(&p, 10, ORIGIN);
	assert_int_equal(publish_run(p.a, &pub, NULL), ERR_INTEGRITY);	/* an envelope that is not the leaf */
	assert_null(slurp(&p, "checkpoint").p);
	/* Rotation: what is published was signed by the key before. */
	place_grow(&p, 10);
	assert_int_equal(publish_to(&p, 0, 5, NULL), 0);
	before_nk = p.nk;
	p.key = other;
	p.nk = nk;
	assert_int_equal(publish_to(&p, 5, 10, NULL), ERR_INTEGRITY);
	pub.key = &p.nk;
	pub.checkpoint = note_for(&p, 10, ORIGIN);
	pub.key_before = &before_nk;
	assert_int_equal(publish_run(p.a, &pub, NULL), 0);
	assert_int_equal(reader_size(&p), 10);
	place_close(&p);
}

void test_publish__damaged_checkpoint_is_found(void **state)
{
	struct place p;
	struct str was;

	(void)state;
	place_open(&p);
	place_grow(&p, 10);
	assert_int_equal(publish_to(&p, 0, 5, NULL), 0);
	was = slurp(&p, "checkpoint");
	for (size_t i = 0; i < was.n; i++) {
		char *bad = arena_copy(p.a, was.p, was.n);
		int fd = openat(p.dir, "checkpoint", O_WRONLY | O_TRUNC | O_CLOEXEC);

		bad[i] ^= 1;
		assert_int_equal(write(fd, bad, was.n), was.n);
		close(fd);
		assert_int_equal(publish_to(&p, 5, 10, NULL), ERR_INTEGRITY);
	}
	place_close(&p);
}

static void kill_at(struct place *p, u64 old, u64 new, int n, bool after_call)
{
	pid_t child;
	int status;
	u64 seen;

	place_empty(p);
	assert_int_equal(old > 0 ? publish_to(p, 0, old, NULL) : 0, 0);
	child = fork();
	if (child == 0) {
		memset(&faults, 0, sizeof(faults));
		faults.die_before = after_call ? 0 : n;
		faults.die_after = after_call ? n : 0;
		_exit(publish_to(p, old, new, NULL) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0);
	seen = reader_size(p);
	assert_true(seen == old || seen == new);
	memset(&faults, 0, sizeof(faults));
	assert_int_equal(publish_to(p, old, new, NULL), 0);
	assert_int_equal(faults.early, 0);
	assert_int_equal(faults.ndirty, 0);
	assert_int_equal(reader_size(p), new);
	assert_int_equal(faccessat(p->dir, "tile/0/000.p", F_OK, 0), new >= 256 ? -1 : 0);
}

void test_publish__killed_at_every_call(void **state)
{
	static const u64 steps[][2] = { { 0, 3 }, { 3, 5 }, { 250, 258 } };
	struct place p;

	(void)state;
	place_open(&p);
	place_grow(&p, 300);
	for (size_t s = 0; s < countof(steps); s++) {
		int calls;

		place_empty(&p);
		assert_int_equal(steps[s][0] > 0 ? publish_to(&p, 0, steps[s][0], NULL) : 0, 0);
		faults.count = 0;
		assert_int_equal(publish_to(&p, steps[s][0], steps[s][1], NULL), 0);
		calls = faults.count;
		assert_true(calls > 10);
		/* Removal of partial files is hundreds of equal calls: after the first 60 every 64th. */
		for (int n = 1; n <= calls; n += n < 60 ? 1 : 64) {
			kill_at(&p, steps[s][0], steps[s][1], n, false);
			kill_at(&p, steps[s][0], steps[s][1], n, true);
		}
	}
	place_close(&p);
}

void test_publish__each_sync_counts(void **state)
{
	struct place p;
	int syncs, unseen = 0;

	(void)state;
	place_open(&p);
	place_grow(&p, 300);
	assert_int_equal(publish_to(&p, 0, 260, NULL), 0);
	syncs = faults.syncs;
	assert_true(syncs > 10);
	for (int n = 1; n <= syncs; n++) {
		struct perr e = {0};

		place_empty(&p);
		memset(&faults, 0, sizeof(faults));
		faults.fail_sync = n;
		assert_int_equal(publish_to(&p, 0, 260, &e), ERR_IO);
		assert_non_null(strstr(e.text, "sync"));
		assert_true(n == syncs || slurp(&p, "checkpoint").p == NULL);
		/* A sync that does nothing is seen by the watch of this test, unless a later one covers its file. */
		place_empty(&p);
		memset(&faults, 0, sizeof(faults));
		faults.lie_sync = n;
		assert_int_equal(publish_to(&p, 0, 260, NULL), 0);
		unseen += faults.early == 0 && faults.ndirty == 0;
	}
	/* Four are covered by a later one: "tile" twice (0, 1 and entries are made in it one after the other), and
	 * "tile/0" and "tile/entries" when the directory of their partial file is made. */
	assert_int_equal(unseen, 4);
	place_close(&p);
}

void test_publish__disk_full(void **state)
{
	struct place p;
	int writes;

	(void)state;
	place_open(&p);
	place_grow(&p, 300);
	assert_int_equal(publish_to(&p, 0, 3, NULL), 0);
	faults.writes = 0;
	assert_int_equal(publish_to(&p, 3, 300, NULL), 0);
	writes = faults.writes;
	for (int n = 1; n <= writes; n++) {
		place_empty(&p);
		memset(&faults, 0, sizeof(faults));
		assert_int_equal(publish_to(&p, 0, 3, NULL), 0);
		memset(&faults, 0, sizeof(faults));
		faults.full = n;
		assert_int_equal(publish_to(&p, 3, 300, NULL), ERR_NOSPACE);
		assert_int_equal(reader_size(&p), 3);
		memset(&faults, 0, sizeof(faults));
		assert_int_equal(publish_to(&p, 3, 300, NULL), 0);
		assert_int_equal(reader_size(&p), 300);
	}
	place_close(&p);
}

/* Somebody put a link where a directory or file should be. */
void test_publish__links_are_not_followed(void **state)
{
	struct place p;

	(void)state;
	place_open(&p);
	place_grow(&p, 3);
	assert_int_equal(symlinkat("/tmp", p.dir, "tile"), 0);
	assert_int_not_equal(publish_to(&p, 0, 3, NULL), 0);
	assert_int_equal(unlinkat(p.dir, "tile", 0), 0);
	assert_int_equal(mkdirat(p.dir, "tile", 0755), 0);
	assert_int_equal(symlinkat("/dev/null", p.dir, ".new"), 0);
	assert_int_not_equal(publish_to(&p, 0, 3, NULL), 0);
	assert_null(slurp(&p, "checkpoint").p);
	place_close(&p);
}

/* Any byte of any published file flipped, cut off or added: found, the file named. */
void test_publish__every_byte_of_a_log(void **state)
{
	static const char *const files[] = { "checkpoint", "tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1",
						   "tile/entries/000", "tile/entries/001.p/4" };
	struct checkpoint c;
	struct place p;

	(void)state;
	place_open(&p);
	place_grow(&p, 260);
	assert_int_equal(publish_to(&p, 0, 260, NULL), 0);
	assert_int_equal(publish_verify(p.a, p.dir, &p.nk, &c, NULL), 0);
	assert_int_equal(c.size, 260);
	for (size_t f = 0; f < countof(files); f++) {
		AUTO_CLOSE int fd = openat(p.dir, files[f], O_RDWR | O_CLOEXEC);
		struct str was = slurp(&p, files[f]);

		/* Long files by every thirteenth byte: each takes a whole verification. */
		for (size_t i = 0; i <= was.n; i += was.n > 1000 ? 13 : 1) {
			struct arena *a = arena_new(NULL, 0);
			char bad = 'x';
			struct perr e = {0};

			if (i < was.n) {
				bad = (char)(was.p[i] ^ (char)(1u << i % 8));
			}
			assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
			if (publish_verify(a, p.dir, &p.nk, &c, &e) != ERR_INTEGRITY) {
				fail_msg("byte %zu of %s", i, files[f]);
			}
			assert_true(e.text[0] != 0 && (f == 0 || strstr(e.text, "tile/") != NULL));
			assert_int_equal(pwrite(fd, i < was.n ? &was.p[i] : "", i < was.n, (off_t)i), i < was.n);
			assert_int_equal(ftruncate(fd, (off_t)was.n), 0);
			arena_free(a);
		}
		assert_int_equal(ftruncate(fd, (off_t)was.n - 1), 0);
		assert_int_equal(publish_verify(p.a, p.dir, &p.nk, &c, NULL), ERR_INTEGRITY);
		assert_int_equal(unlinkat(p.dir, files[f], 0), 0);
		assert_int_equal(publish_verify(p.a, p.dir, &p.nk, &c, NULL), f == 0 ? ERR_NOTFOUND : ERR_INTEGRITY);
		assert_int_equal(publish_to(&p, 0, 260, NULL), 0);	/* made again from what is committed */
		assert_int_equal(publish_verify(p.a, p.dir, &p.nk, &c, NULL), 0);
	}
	place_close(&p);
}
