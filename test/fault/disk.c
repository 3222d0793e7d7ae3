/* The forgetting disk. Loading resolves every path once: each event becomes effects on files (bytes) and directories
 * (names); a disk is then the effects before its end, those after their last sync left out or not. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum effect_kind { E_BYTES, E_CUT, E_NAME, E_GONE, E_MOVED };

struct effect {
	enum effect_kind kind;
	size_t ev;
	u32 at;				/* the file, or the directory whose names change */
	u32 to_dir;			/* E_MOVED: where to */
	u32 child;			/* E_NAME, E_MOVED */
	char *name, *to;
};

static _Noreturn void die(const char *what, const char *about)
{
	fprintf(stderr, "%s: %s\n", what, about);
	exit(2);
}

static void *grown(void *p, size_t n, size_t size)
{
	p = (n & (n - 1)) == 0 ? realloc(p, (n == 0 ? 1 : 2 * n) * size) : p;
	if (p == NULL)
		die("no memory", "disk");
	return p;
}

/* ---- names as they are while the trace runs ---- */

struct name {
	char *path;
	u32 file;
};

struct names {
	struct name *p;
	size_t n;
};

static struct name *find(struct names *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->p[i].path, path) == 0)
			return &t->p[i];
	return NULL;
}

static u32 file_at(struct names *t, const char *path)
{
	struct name *n = find(t, path);

	if (n == NULL)
		die("the trace speaks of what it never made", path);
	return n->file;
}

static void put_name(struct names *t, const char *path, u32 file)
{
	struct name *n = find(t, path);

	if (n == NULL) {
		t->p = grown(t->p, t->n, sizeof *t->p);
		n = &t->p[t->n++];
		n->path = strdup(path);
	}
	n->file = file;
}

static void drop_name(struct names *t, const char *path)
{
	struct name *n = find(t, path);

	if (n != NULL) {
		free(n->path);
		*n = t->p[--t->n];
	}
}

/* A directory takes along what is below it. */
static void move_names(struct names *t, const char *from, const char *to)
{
	size_t nfrom = strlen(from);
	char path[8192];

	drop_name(t, to);
	for (size_t i = 0; i < t->n; i++) {
		struct name *n = &t->p[i];

		if (strncmp(n->path, from, nfrom) != 0 || (n->path[nfrom] != '\0' && n->path[nfrom] != '/'))
			continue;
		snprintf(path, sizeof path, "%s%s", to, n->path + nfrom);
		free(n->path);
		n->path = strdup(path);
	}
}

/* "a/b" -> directory "a" and name "b". */
static u32 parent(struct names *t, const char *path, char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path));
	u32 file = file_at(t, dir);

	free(dir);
	*ret_name = strdup(slash == NULL ? path : slash + 1);
	return file;
}

/* ---- loading ---- */

static void add_effect(struct disk *d, struct effect f)
{
	d->effects = grown(d->effects, d->neffects, sizeof *d->effects);
	d->effects[d->neffects++] = f;
}

static void take_event(struct disk *d, struct names *t, size_t i)
{
	struct event *e = &d->e[i];
	struct effect f = { .ev = i };

	switch ((enum oplog_op)e->h.op) {
	case OP_CREATE:
		if (e->h.off != 0) {		/* it was there, and is emptied */
			f.kind = E_CUT;
			f.at = e->file = file_at(t, e->path);
			break;
		}
		/* fallthrough */
	case OP_MKDIR:
		f.kind = E_NAME;
		f.child = e->file = d->nfiles++;
		f.at = parent(t, e->path, &f.name);
		put_name(t, e->path, f.child);
		break;
	case OP_WRITE:
	case OP_TRUNCATE:
		f.kind = e->h.op == OP_WRITE ? E_BYTES : E_CUT;
		f.at = e->file = file_at(t, e->path);
		break;
	case OP_RENAME:
		f.kind = E_MOVED;
		f.child = e->file = file_at(t, e->path);
		f.at = parent(t, e->path, &f.name);
		f.to_dir = parent(t, e->other, &f.to);
		move_names(t, e->path, e->other);
		break;
	case OP_UNLINK:
	case OP_RMDIR:
		f.kind = E_GONE;
		f.at = parent(t, e->path, &f.name);
		drop_name(t, e->path);
		break;
	case OP_SYNC:
		e->file = file_at(t, e->path);
		return;
	default:
		return;
	}
	add_effect(d, f);
}

static void *read_piece(FILE *f, size_t n)
{
	char *p = malloc(n + 1);

	if (p == NULL || fread(p, 1, n, f) != n)
		die("the trace ends too early", "disk");
	p[n] = '\0';
	return p;
}

void disk_load(struct disk *d, const char *trace)
{
	FILE *f = fopen(trace, "rbe");
	struct names t = { 0 };
	struct event e;

	if (f == NULL)
		die("cannot open", trace);
	*d = (struct disk){ .nfiles = 1 };
	put_name(&t, ".", 0);
	while (fread(&e.h, sizeof e.h, 1, f) == 1) {
		e.path = read_piece(f, e.h.path);
		e.other = read_piece(f, e.h.other);
		e.data = read_piece(f, e.h.len);
		e.file = 0;
		d->e = grown(d->e, d->n, sizeof *d->e);
		d->e[d->n++] = e;
		take_event(d, &t, d->n - 1);
	}
	fclose(f);
}

void disk_class(const struct event *e, char *ret, size_t max)
{
	size_t n = (size_t)snprintf(ret, max, "%s %s", e->h.core ? "core" : "main", e->h.off == 1 ? "(all) " : "");

	for (const char *p = e->path; *p != '\0' && n + 2 < max; p++) {
		size_t digits = strspn(p, "0123456789"), hex = strspn(p, "0123456789abcdef");

		digits = hex >= 16 ? hex : digits;	/* a number, or a name made of chance */
		ret[n++] = digits > 0 ? 'N' : *p;
		p += digits > 0 ? digits - 1 : 0;
	}
	ret[n] = '\0';
}

bool disk_same_class(const struct event *a, const struct event *b)
{
	char x[300], y[300];

	disk_class(a, x, sizeof x);
	disk_class(b, y, sizeof y);
	return a->h.op == b->h.op && strcmp(x, y) == 0;
}

static bool syncs(const struct event *e, u32 file)
{
	return e->h.op == OP_SYNC && (e->file == file || e->h.off == 1);
}

size_t disk_next_sync(const struct disk *d, size_t sync)
{
	size_t i = sync + 1;

	while (i < d->n && (!syncs(&d->e[i], d->e[sync].file) || d->e[i].h.off < d->e[sync].h.off))
		i++;
	return i;
}

bool disk_idle(const struct disk *d, size_t sync)
{
	u32 file = d->e[sync].file;
	size_t since = 0;

	if (d->e[sync].h.off == 1)
		return false;
	for (size_t i = 0; i < sync; i++)
		if (syncs(&d->e[i], file))
			since = i + 1;
	for (size_t i = 0; i < d->neffects; i++) {
		const struct effect *f = &d->effects[i];

		if (f->ev >= since && f->ev < sync && (f->at == file || (f->kind == E_MOVED && f->to_dir == file)))
			return false;
	}
	return true;
}

/* ---- a disk ---- */

struct entry {
	char *name;
	u32 child;
};

struct file {
	size_t synced;			/* effects before this event are durable */
	bool is_dir;
	u8 *p;
	size_t n, room;
	struct entry *e;
	size_t ne;
};

struct image {
	struct file *f;
	u32 seed;
};

static bool coin(struct image *im)
{
	im->seed = im->seed * 1664525u + 1013904223u;
	return (im->seed >> 16 & 1) != 0;
}

static void put_bytes(struct file *f, u64 off, const u8 *p, size_t n)
{
	size_t end = (size_t)off + n;

	if (end > f->room) {
		f->room = 2 * end;
		f->p = realloc(f->p, f->room);
		if (f->p == NULL)
			die("no memory", "disk");
	}
	if (end > f->n) {
		memset(f->p + f->n, 0, end - f->n);
		f->n = end;
	}
	if (n > 0)
		memcpy(f->p + off, p, n);
}

static void cut(struct file *f, u64 size)
{
	if (size > f->n)
		put_bytes(f, size, NULL, 0);
	f->n = (size_t)size;
}

static void remove_entry(struct file *dir, const char *name)
{
	for (size_t i = 0; i < dir->ne; i++) {
		if (strcmp(dir->e[i].name, name) == 0) {
			dir->e[i] = dir->e[--dir->ne];
			return;
		}
	}
}

static void add_entry(struct file *dir, char *name, u32 child)
{
	remove_entry(dir, name);
	dir->e = grown(dir->e, dir->ne, sizeof *dir->e);
	dir->e[dir->ne++] = (struct entry){ .name = name, .child = child };
}

static void apply(const struct disk *d, struct image *im, const struct effect *f)
{
	const struct event *e = &d->e[f->ev];
	struct file *at = &im->f[f->at];

	switch (f->kind) {
	case E_BYTES:
		put_bytes(at, e->h.off, e->data, e->h.len);
		break;
	case E_CUT:
		cut(at, e->h.op == OP_TRUNCATE ? e->h.off : 0);
		break;
	case E_NAME:
		add_entry(at, f->name, f->child);
		break;
	case E_GONE:
		remove_entry(at, f->name);
		break;
	case E_MOVED:
		remove_entry(at, f->name);
		add_entry(&im->f[f->to_dir], f->to, f->child);
		break;
	}
}

static void apply_torn(const struct disk *d, struct image *im, const struct effect *f)
{
	const struct event *e = &d->e[f->ev];
	u64 off = e->h.off, end = off + e->h.len;

	while (off < end) {		/* sectors of the file, not of the write */
		u64 next = (off / 512 + 1) * 512 < end ? (off / 512 + 1) * 512 : end;

		if (coin(im))
			put_bytes(&im->f[f->at], off, e->data + (off - e->h.off), (size_t)(next - off));
		off = next;
	}
}

static struct image play(const struct disk *d, size_t end, enum loss loss, long skip, bool all, u32 seed)
{
	struct image im = { .f = calloc(d->nfiles, sizeof *im.f), .seed = seed };

	if (im.f == NULL)
		die("no memory", "disk");
	im.f[0].is_dir = true;
	for (size_t i = 0; i < end; i++) {
		const struct event *e = &d->e[i];

		im.f[e->file].is_dir |= e->h.op == OP_MKDIR;
		if (e->h.op != OP_SYNC || (long)i == skip || (all && disk_same_class(e, &d->e[skip])))
			continue;
		for (u32 k = 0; k < d->nfiles; k++)
			if (k == e->file || e->h.off == 1)
				im.f[k].synced = i;
	}
	for (size_t i = 0; i < d->neffects && d->effects[i].ev < end; i++) {
		const struct effect *f = &d->effects[i];
		bool durable = f->ev < im.f[f->at].synced || (f->kind == E_MOVED && f->ev < im.f[f->to_dir].synced);

		if (durable || loss == LOSE_NOTHING)
			apply(d, &im, f);
		else if (loss == LOSE_TORN && f->kind == E_BYTES)
			apply_torn(d, &im, f);
		else if (loss != LOSE_ALL && coin(&im))
			apply(d, &im, f);
	}
	return im;
}

static void image_free(const struct disk *d, struct image *im)
{
	for (u32 i = 0; i < d->nfiles; i++) {
		free(im->f[i].p);
		free(im->f[i].e);
	}
	free(im->f);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level == 0 ? 0 : remove(path);
}

static void write_file(const char *path, const struct file *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, f->p == NULL ? (const u8 *)"" : f->p, f->n) != (ssize_t)f->n)
		die("cannot write", path);
	close(fd);
}

static void write_dir(const struct image *im, u32 dir, const char *path, int depth)
{
	for (size_t i = 0; i < im->f[dir].ne; i++) {
		const struct entry *e = &im->f[dir].e[i];
		char below[4096];

		if (snprintf(below, sizeof below, "%s/%s", path, e->name) >= (int)sizeof below || depth > 16)
			die("too deep", path);
		if (!im->f[e->child].is_dir) {
			write_file(below, &im->f[e->child]);
		} else {
			if (mkdir(below, 0700) != 0 && errno != EEXIST)
				die("cannot make", below);
			write_dir(im, e->child, below, depth + 1);
		}
	}
}

void disk_write(const struct disk *d, size_t end, enum loss loss, long skip, bool all, u32 seed, const char *dir)
{
	struct image im = play(d, end, loss, skip, all, seed);

	if (mkdir(dir, 0755) != 0 && (errno != EEXIST || nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0))
		die("cannot empty", dir);
	write_dir(&im, 0, dir, 0);
	image_free(d, &im);
}

static void tell_files(const struct image *im, u32 dir, const char *path,
	void (*fn)(void *ctx, const char *path, const u8 *p, size_t n), void *ctx)
{
	for (size_t i = 0; i < im->f[dir].ne; i++) {
		const struct entry *e = &im->f[dir].e[i];
		char below[4096];

		snprintf(below, sizeof below, "%s%s%s", path, path[0] == '\0' ? "" : "/", e->name);
		if (im->f[e->child].is_dir)
			tell_files(im, e->child, below, fn, ctx);
		else
			fn(ctx, below, im->f[e->child].p, im->f[e->child].n);
	}
}

void disk_files(const struct disk *d, size_t end, void (*fn)(void *ctx, const char *path, const u8 *p, size_t n),
	void *ctx)
{
	struct image im = play(d, end, LOSE_NOTHING, -1, false, 0);

	tell_files(&im, 0, "", fn, ctx);
	image_free(d, &im);
}
