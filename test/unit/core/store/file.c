/* The SQLite file: faults of the disk, flipped bytes, power loss, rights, copies. */
#include "store_test.h"

#include "core/store/store_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- failing writes ---- */

struct fault {
	enum store_vfs_op op;
	int errnum;
	long after;		/* operations of that kind that still succeed */
	bool hit;
	bool sticks;		/* every later one fails too, as on a full disk */
};

static int fault_before(void *ctx, enum store_vfs_op op, const char *name, u64 off, const void *bytes, size_t n)
{
	struct fault *f = ctx;

	(void)name, (void)off, (void)bytes, (void)n;
	if (op != f->op || (f->hit && !f->sticks) || f->after-- > 0)
		return 0;
	f->hit = true;
	return f->errnum;
}

static void try_fault(enum store_vfs_op op, int errnum, bool sticks, int want)
{
	struct bed b;
	long at = 0;
	struct fault f;

	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 2);
	do {
		struct store_vfs_hooks hooks = { .before = fault_before, .ctx = &f };
		u64 size = b.head.size;
		bool dead;
		int r;

		f = (struct fault){ .op = op, .errnum = errnum, .after = at, .sticks = sticks };
		store_vfs_set_hooks(&hooks);
		r = bed_commit(&b, bed_batch(&b), NULL);
		dead = store_is_dead(b.st);
		if (f.hit && (r != 0 || bed_opts() == NULL)) {	/* a small entry that cannot be written in one place goes to the other */
			assert_int_equal(r, want);
			assert_true(store_why(b.st)[0] != '\0');
		} else {
			assert_int_equal(r, 0);
		}
		if (dead) {
			struct store_head h;

			assert_int_equal(store_get_head(b.st, b.a, &h), ERR_IO);
			assert_int_equal(store_commit(b.st, &(struct store_batch){ 0 }, NULL), ERR_IO);
		}
		store_vfs_set_hooks(NULL);
		bed_close(&b);
		bed_open(&b);
		assert_int_equal(store_check(b.st), 0);
		/* known failures left nothing; an unknown one left all or nothing */
		if (r == 0)
			assert_int_equal(b.head.size, size + 1);
		else
			assert_true(b.head.size == size || (dead && b.head.size == size + 1));
		for (u64 seq = 0; seq < b.head.size; seq++)
			bed_assert_entry(&b, seq);
		bed_fill(&b, 1);
		at++;
	} while (f.hit);
	assert_true(at > 1);
	bed_end(&b);
}

void test_file__a_failing_fsync_is_said_and_survived(void **state)
{
	(void)state;
	try_fault(STORE_VFS_SYNC, EIO, false, ERR_IO);
}

void test_file__a_failing_write_is_said_and_survived(void **state)
{
	(void)state;
	try_fault(STORE_VFS_WRITE, EIO, false, ERR_IO);
}

void test_file__a_full_disk_is_said_and_survived(void **state)
{
	(void)state;
	try_fault(STORE_VFS_WRITE, ENOSPC, true, ERR_NOSPACE);
}

void test_file__a_failing_fold_ends_the_process_and_loses_nothing(void **state)
{
	struct bed b;
	struct fault f = { .op = STORE_VFS_SYNC, .errnum = EIO, .after = 1 };
	struct store_vfs_hooks hooks = { .before = fault_before, .ctx = &f };

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 3);
	assert_int_equal(redo_settle(b.st), 0);
	store_vfs_set_hooks(&hooks);
	b.st->engine->scrub(b.st);	/* syncs the log, then the file */
	store_vfs_set_hooks(NULL);
	assert_true(f.hit);
	assert_true(store_is_dead(b.st));
	bed_close(&b);
	bed_open(&b);
	assert_int_equal(b.head.size, 3);
	assert_int_equal(store_check(b.st), 0);
	bed_fill(&b, 1);
	bed_end(&b);
}

/* ---- power loss ---- */

struct event {
	enum store_vfs_op op;
	int file;		/* 0 the database, 1 its log, 2 the rollback journal of its very first page, 3 the redo log */
	u64 off;
	u8 *bytes;
	size_t n;
	u64 acknowledged;	/* commits before it */
};

struct trace {
	struct arena *a;
	struct event e[20000];
	size_t n;
	u64 acknowledged;
};

static int record(void *ctx, enum store_vfs_op op, const char *name, u64 off, const void *bytes, size_t n)
{
	struct trace *t = ctx;

	if (op == STORE_VFS_OPEN || op == STORE_VFS_CLOSE)
		return 0;
	assert_true(t->n < countof(t->e));
	t->e[t->n++] = (struct event){ .op = op, .file = str_ends(str_z(name), S("-wal")) ? 1 :
		str_ends(str_z(name), S("-journal")) ? 2 : str_ends(str_z(name), S("-redo")) ? 3 : 0, .off = off, .n = n,
		.bytes = bytes == NULL ? NULL : arena_copy(t->a, bytes, n), .acknowledged = t->acknowledged };
	return 0;
}

struct image {
	u8 *p;
	size_t n;
	bool exists;
};
#define IMAGE_MAX (16 * MiB)
#define FILES 4

static void apply(struct image *im, const struct event *e, size_t n)
{
	switch (e->op) {
	case STORE_VFS_WRITE:
		must(e->off + n <= IMAGE_MAX);
		if (n > 0)
			memcpy(im->p + e->off, e->bytes, n);
		im->n = im->n > e->off + n ? im->n : e->off + n;
		im->exists = true;
		break;
	case STORE_VFS_TRUNCATE:
		if (e->off < im->n)
			memset(im->p + e->off, 0, im->n - e->off);
		im->n = e->off;
		break;
	case STORE_VFS_DELETE:
		memset(im->p, 0, im->n);
		im->n = 0;
		im->exists = false;
		break;
	default:
		break;
	}
}

enum loss { LOSE_ALL, LOSE_SOME, LOSE_TORN, LOSS_KINDS };

/* What a disk may hold when the power goes before event `end`: all that was synced, and of the rest nothing, a random
 * half, or a random half torn at 512 bytes. `skip` leaves out one sync: -1 none. */
static void after_power_loss(const struct trace *t, size_t end, enum loss loss, long skip, struct image im[FILES])
{
	size_t synced[FILES] = { 0 }, dir = 0;
	bool unnamed[FILES] = { false };	/* made since the directory was synced */

	for (int f = 0; f < FILES; f++) {
		memset(im[f].p, 0, im[f].n);
		im[f].n = 0;
		im[f].exists = f == 0;
	}
	for (size_t i = 0; i < end; i++) {
		const struct event *e = &t->e[i];

		if (e->op == STORE_VFS_WRITE && !im[e->file].exists)
			unnamed[e->file] = im[e->file].exists = true;
		if (e->op == STORE_VFS_DELETE)
			im[e->file].exists = false;
		if (e->op == STORE_VFS_SYNC && (long)i != skip) {
			synced[e->file] = i;
			if (unnamed[e->file])	/* SQLite syncs the directory with a new file's first sync */
				dir = i;
			unnamed[e->file] = false;
		}
		if (e->op == STORE_VFS_DELETE && e->n == 1)
			dir = i + 1;
	}
	for (int f = 0; f < FILES; f++)
		im[f].exists = f == 0;
	for (size_t i = 0; i < end; i++) {
		const struct event *e = &t->e[i];
		size_t n = e->n;

		if (i >= (e->op == STORE_VFS_DELETE ? dir : synced[e->file])) {
			if (loss == LOSE_ALL || unit_rnd(2) == 0)
				continue;
			if (loss == LOSE_TORN && e->op == STORE_VFS_WRITE && n > 512)
				n = unit_rnd((u32)(n / 512)) * 512;
		}
		apply(&im[e->file], e, n);
	}
}

static void write_image(struct bed *b, const char *name, const struct image *im)
{
	int fd;

	(void)unlink(bed_file(b, name));
	if (!im->exists)
		return;
	fd = open(bed_file(b, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, im->p, im->n), (ssize_t)im->n);
	close(fd);
}

/* True when everything acknowledged before event `end` is there and good. */
static bool survives(struct bed *b, const struct trace *t, size_t end, enum loss loss, long skip,
	struct image im[FILES])
{
	u64 want = end == 0 ? 0 : t->e[end - 1].acknowledged;
	struct store_head h;
	struct store_entry *e;
	size_t n = 0;
	bool ok;

	after_power_loss(t, end, loss, skip, im);
	write_image(b, STORE_FILE, &im[0]);
	write_image(b, STORE_FILE "-wal", &im[1]);
	write_image(b, STORE_FILE "-journal", &im[2]);
	write_image(b, STORE_REDO, &im[3]);
	if (store_open(b->where, bed_opts(), &b->st, NULL) != 0)
		return false;
	ok = store_get_head(b->st, b->a, &h) == 0 && h.size >= want && h.size <= want + 1 &&
		store_get_entries(b->st, b->a, 0, 1000, &e, &n) == 0 && n == h.size && store_check(b->st) == 0;
	if (ok && skip < 0 && end % 7 == 0)
		for (u64 seq = 0; seq < h.size; seq++)
			bed_assert_entry(b, seq);
	bed_close(b);
	return ok;
}

static struct trace *record_run(struct bed *b, size_t commits)
{
	struct trace *t = calloc(1, sizeof *t);
	struct store_vfs_hooks hooks = { .before = record, .ctx = t };

	assert_non_null(t);
	t->a = arena_new(NULL, 0);
	store_vfs_set_hooks(&hooks);
	bed_open(b);
	for (size_t i = 0; i < commits; i++) {
		bed_fill(b, 1);
		t->acknowledged++;
		if (i % 4 == 3) {	/* the log is folded into the file while commits go on */
			assert_int_equal(redo_settle(b->st), 0);
			b->st->engine->scrub(b->st);
		}
	}
	store_vfs_set_hooks(NULL);
	bed_close(b);
	return t;
}

void test_file__power_loss_keeps_what_was_acknowledged(void **state)
{
	struct bed b;
	struct trace *t;
	struct image im[FILES] = { { 0 } };
	size_t points = 0, lost = 0, syncs = 0;

	(void)state;
	unit_seed(20261121);
	bed_new(&b);
	for (int f = 0; f < FILES; f++)
		im[f].p = calloc(1, IMAGE_MAX);
	t = record_run(&b, 12);
	for (size_t end = 0; end <= t->n; end += 1 + t->n / 440)
		for (enum loss loss = 0; loss < LOSS_KINDS; loss++, points++)
			if (!survives(&b, t, end, loss, -1, im))
				fail_msg("power lost before event %zu of %zu, kind %d: %s", end, t->n, (int)loss,
					"an acknowledged commit is gone");
	assert_true(points >= 500);
	/* and the test sees it when a sync is missing: drop each of the two logs' in turn */
	for (size_t i = 0; i < t->n; i++) {
		size_t end = i + 1;

		if (t->e[i].op != STORE_VFS_SYNC || (t->e[i].file != 1 && t->e[i].file != 3))
			continue;
		while (end < t->n && t->e[end].acknowledged == t->e[i].acknowledged)
			end++;
		if (end == t->n || t->e[end].op == STORE_VFS_SYNC)
			continue;
		syncs++;
		lost += !survives(&b, t, end + 1, LOSE_ALL, (long)i, im);
	}
	assert_true(syncs >= 8);
	assert_true(lost > syncs / 2);	/* a sync right after a fold has nothing that another did not cover */
	for (int f = 0; f < FILES; f++)
		free(im[f].p);
	arena_free(t->a);
	free(t);
	bed_end(&b);
}

/* ---- flipped bytes ---- */

void test_file__every_flipped_byte_is_found_or_harmless(void **state)
{
	struct bed b;
	struct stat sb;
	struct perr e;
	size_t found = 0, tried = 0;
	int fd;
	u8 byte;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 30);
	bed_close(&b);
	assert_int_equal(stat(bed_file(&b, STORE_FILE), &sb), 0);
	fd = open(bed_file(&b, STORE_FILE), O_RDWR);
	assert_true(fd >= 0);
	/* the head of the file byte by byte, the rest by a stride that meets every page at other places */
	for (off_t at = 0; at < sb.st_size; at += at < 100 ? 1 : 1531, tried++) {
		int r;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= (u8)(1 << (at % 8));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		r = store_open(b.where, bed_opts(), &b.st, &e);
		if (r == 0)
			r = store_check(b.st);
		if (r != 0) {
			found++;
			if (r != ERR_INTEGRITY)
				fail_msg("byte %lld: %s (%s)", (long long)at, err_name(r), b.st == NULL ? e.text :
					store_why(b.st));
		} else {
			for (u64 seq = 0; seq < 30; seq++)
				bed_assert_entry(&b, seq);
		}
		bed_close(&b);
		byte ^= (u8)(1 << (at % 8));
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
	assert_true(found + 3 >= tried);
	bed_open(&b);
	assert_int_equal(store_check(b.st), 0);
	bed_end(&b);
}

/* ---- erasure, copies, rights ---- */

static bool dir_holds(struct bed *b, const char *what)
{
	return system(str_c(b->a, str_printf(b->a, "grep -q -r -a -F '%s' '%s'", what, b->dir))) == 0;
}

void test_file__what_is_erased_is_no_longer_in_the_files(void **state)
{
	struct bed b;
	struct store_batch *k;
	struct store_items it;
	struct store_evidence ev;
	const struct store_part gone = { .seq = 0, .part = 3 };

	(void)state;
	bed_new(&b);
	bed_open(&b);
	k = bed_batch(&b);
	it = k->items[0];
	it.body = S("a personal body 8841");
	ev = k->evidence[0];
	ev.body = S("a personal banner 8842");
	k->items = &it;
	k->nitems = 1;
	k->evidence = &ev;
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	bed_fill(&b, 3);
	assert_true(dir_holds(&b, "a personal body 8841"));
	assert_true(dir_holds(&b, "a personal banner 8842"));
	it.body = S("a redacted body 8843");
	k = bed_batch(&b);
	*k = (struct store_batch){ .entry = k->entry, .was = k->was, .now = k->now, .items = &it, .nitems = 1,
		.erase = &gone, .nerase = 1 };
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	assert_false(dir_holds(&b, "a personal body 8841"));
	assert_false(dir_holds(&b, "a personal banner 8842"));
	assert_true(dir_holds(&b, "a redacted body 8843"));
	bed_end(&b);
}

void test_file__a_copy_is_whole_and_takes_no_ones_place(void **state)
{
	struct bed b;
	struct stat sb;
	char sub[128];

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 5);
	assert_int_equal(store_backup(b.st, bed_file(&b, "copy.db")), 0);
	assert_int_equal(store_backup(b.st, bed_file(&b, "copy.db")), ERR_EXISTS);
	assert_int_equal(store_backup(b.st, bed_file(&b, "no/such/dir")), ERR_NOTFOUND);
	bed_fill(&b, 2);
	assert_int_equal(stat(bed_file(&b, "copy.db"), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(stat(bed_file(&b, STORE_FILE), &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	bed_close(&b);
	snprintf(sub, sizeof sub, "%s/r", b.dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(rename(bed_file(&b, "copy.db"), bed_file(&b, "r/" STORE_FILE)), 0);
	b.where = sub;
	bed_open(&b);
	assert_int_equal(b.head.size, 5);
	assert_int_equal(store_check(b.st), 0);
	for (u64 seq = 0; seq < 5; seq++)
		bed_assert_entry(&b, seq);
	bed_fill(&b, 1);
	bed_end(&b);
}

/* Runs fn in a child under uid and gid 65534 when this is root; the child's exit code is fn's result. */
static int as_nobody(struct bed *b, int (*fn)(struct bed *b))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (chdir(b->dir) != 0 || (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)))
			_exit(99);
		_exit(fn(b));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int open_here(struct bed *b)
{
	int r = store_open(".", bed_opts(), &b->st, NULL);

	store_close(b->st);
	return -r;
}

static int open_and_fill_here(struct bed *b)
{
	b->where = ".";
	bed_open(b);
	bed_fill(b, 2);
	if (store_backup(b->st, "copy.db") != 0)
		return 1;
	store_close(b->st);
	return 0;
}

void test_file__a_directory_that_cannot_be_written_is_said(void **state)
{
	struct bed b;
	struct perr e;

	(void)state;
	bed_new(&b);
	assert_int_equal(chmod(b.dir, 0555), 0);
	assert_int_equal(as_nobody(&b, open_here), -ERR_DENIED);
	assert_int_equal(chmod(b.dir, 0755), 0);
	bed_open(&b);
	bed_fill(&b, 1);
	bed_close(&b);
	assert_int_equal(chmod(b.dir, 0555), 0);
	assert_int_equal(as_nobody(&b, open_here), -ERR_DENIED);
	assert_int_equal(chmod(b.dir, 0755), 0);
	assert_int_equal(store_open(bed_file(&b, "nowhere"), NULL, &b.st, &e), ERR_NOTFOUND);
	assert_int_equal(store_open(b.where, &(struct store_opts){ .cache = GiB }, &b.st, &e), ERR_RANGE);
	assert_int_equal(store_open("postgresql://localhost/x", NULL, &b.st, &e), ERR_UNSUPPORTED);
	assert_int_equal(unlink(bed_file(&b, STORE_FILE)), 0);
	assert_int_equal(store_open(b.where, &(struct store_opts){ .no_create = true }, &b.st, &e), ERR_NOTFOUND);
	bed_end(&b);
}

/* core's case: its uid owns the store's directory and cannot walk there from the root. */
void test_file__a_store_opens_where_no_path_leads(void **state)
{
	struct bed b;
	char outer[64], inner[80];

	(void)state;
	if (geteuid() != 0)
		skip();		/* needs a uid to give away */
	bed_new(&b);
	memcpy(outer, b.dir, sizeof outer);
	snprintf(inner, sizeof inner, "%s/s", outer);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(chown(inner, 65534, 65534), 0);
	assert_int_equal(chmod(outer, 0700), 0);
	memcpy(b.dir, inner, sizeof b.dir);
	assert_int_equal(as_nobody(&b, open_and_fill_here), 0);
	memcpy(b.dir, outer, sizeof b.dir);
	b.where = inner;
	bed_open(&b);
	assert_int_equal(b.head.size, 2);
	bed_end(&b);
}

void test_file__what_is_no_store_is_refused(void **state)
{
	struct bed b;
	FILE *f;
	struct perr e;

	(void)state;
	bed_new(&b);
	f = fopen(bed_file(&b, STORE_FILE), "wb");
	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		fputc(i % 251, f);
	fclose(f);
	assert_int_equal(store_open(b.where, bed_opts(), &b.st, &e), ERR_INTEGRITY);
	assert_int_equal(unlink(bed_file(&b, STORE_FILE)), 0);
	assert_int_equal(mkdir(bed_file(&b, STORE_FILE), 0700), 0);
	assert_int_equal(store_open(b.where, bed_opts(), &b.st, &e), ERR_INTEGRITY);
	bed_end(&b);
}
