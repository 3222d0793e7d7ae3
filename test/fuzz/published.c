/* A published log of which one file holds any bytes: found and named, unless they are the bytes it had. The first byte says which log
 * (1, 3, 256 or 300 entries), the second which of its files, the third what happens: 0 the rest takes its place, 1 the rest is written
 * over its beginning, 2 it is cut to the length of the rest, 3 it is gone. */
#include "fuzz.h"

#include "base/err.h"
#include "core/ledger/publish.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 16
#define ENTRIES_MAX 300

struct made {
	u64 size;
	int dir;
	size_t nfiles;
	struct made_file {
		char path[128];
		u8 *p;
		size_t n;
	} files[FILES_MAX];
};

static struct made logs[] = { { .size = 1 }, { .size = 3 }, { .size = 256 }, { .size = 300 } }, *making;
static struct note_key key;
static char home[64];
static size_t before;		/* bytes of the path of the log's directory */

static struct str entry_text(u64 seq)
{
	static char text[16];

	return str_of(text, (size_t)snprintf(text, sizeof text, "entry %u", (u32)seq));
}

static int entry(void *ctx, u64 seq, struct str *ret)
{
	(void)ctx;
	*ret = entry_text(seq);
	return 0;
}

/* Of complete nodes only, from the leaves up: the logs are small. */
static int node(void *ctx, u32 level, u64 index, struct hash *ret)
{
	struct hash left, right;

	if (level == 0) {
		*ret = merkle_leaf(entry_text(index));
		return 0;
	}
	must(node(ctx, level - 1, 2 * index, &left) == 0 && node(ctx, level - 1, 2 * index + 1, &right) == 0);
	*ret = merkle_node(&left, &right);
	return 0;
}

static int take_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct made_file *f = &making->files[making->nfiles];
	int fd;

	(void)at;
	if (type != FTW_F) {
		return 0;
	}
	must(++making->nfiles <= FILES_MAX && snprintf(f->path, sizeof f->path, "%s", path + before) < (int)sizeof f->path);
	f->n = (size_t)st->st_size;
	must((f->p = malloc(f->n + 1)) != NULL && (fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0 && read(fd, f->p, f->n) == (ssize_t)f->n);
	close(fd);
	return 0;
}

static int by_path(const void *x, const void *y)
{
	return strcmp(((const struct made_file *)x)->path, ((const struct made_file *)y)->path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_home(void)
{
	(void)nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_one(struct made *m, const struct ledger_key *by)
{
	struct arena *a = arena_new(NULL, 0);
	struct checkpoint c = { .origin = key.name, .size = m->size };
	struct publish pub = { .key = &key, .node = node, .entry = entry };
	struct merkle_edge edge = { 0 };
	struct hash up[MERKLE_LEVELS], leaf;
	struct perr err;
	char path[128];

	for (u64 i = 0; i < m->size; i++) {
		leaf = merkle_leaf(entry_text(i));
		(void)merkle_edge_append(&edge, &leaf, up);
	}
	c.root = merkle_edge_root(&edge);
	must(snprintf(path, sizeof path, "%s/%u", home, (u32)m->size) > 0 && mkdir(path, 0700) == 0);
	must((m->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
	must(checkpoint_sign(a, &c, by, &pub.checkpoint) == 0);
	pub.dir = m->dir;
	must(publish_run(a, &pub, &err) == 0);
	making = m;
	before = strlen(path) + 1;
	must(nftw(path, take_file, 8, FTW_PHYS) == 0);
	qsort(m->files, m->nfiles, sizeof m->files[0], by_path);
	arena_free(a);
}

static void make(void)
{
	static const u8 seed[KEY_SEED] = { 1 };
	struct ledger_key by;

	key_of_seed(seed, &by);
	must(note_key_make(S("korobanu.invalid/fuzz/1"), by.pub, &key) == 0);
	must(snprintf(home, sizeof home, "%s/korobanu-fuzz-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid()) > 0);
	must(mkdir(home, 0700) == 0 && atexit(remove_home) == 0);
	for (size_t i = 0; i < countof(logs); i++) {
		make_one(&logs[i], &by);
	}
}

static void put(const struct made *m, const struct made_file *f, const u8 *p, size_t n)
{
	int fd = openat(m->dir, f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	close(fd);
}

static bool change(const struct made *m, const struct made_file *f, u8 how, const u8 *p, size_t n)
{
	u8 *copy;
	bool same;

	switch (how % 4) {
	case 0:
		put(m, f, p, n);
		return n != f->n || memcmp(p, f->p, n) != 0;
	case 1:
		n = n < f->n ? n : f->n;
		must((copy = malloc(f->n + 1)) != NULL);
		memcpy(copy, f->p, f->n);
		memcpy(copy, p, n);
		put(m, f, copy, f->n);
		same = memcmp(copy, f->p, f->n) == 0;
		free(copy);
		return !same;
	case 2:
		put(m, f, f->p, n < f->n ? n : f->n);
		return n < f->n;
	default:
		must(unlinkat(m->dir, f->path, 0) == 0);
		return true;
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct perr err = { 0 };
	struct checkpoint c;
	const struct made *m;
	const struct made_file *f;
	bool changed;

	if (n < 3) {
		arena_free(a);
		return 0;
	}
	if (home[0] == '\0') {
		make();
	}
	m = &logs[p[0] % countof(logs)];
	f = &m->files[p[1] % m->nfiles];
	changed = change(m, f, p[2], p + 3, n - 3);
	if (publish_verify(a, m->dir, &key, &c, &err) == 0) {
		/* A note may carry further lines and signatures of others: those are not the log's. */
		must(c.size == m->size && (!changed || strcmp(f->path, "checkpoint") == 0));
	} else {
		must(changed && err.text[0] != '\0');
	}
	put(m, f, f->p, f->n);
	arena_free(a);
	return 0;
}
