/* The bytes behind sightings (ARCHITECTURE 4.5 step 1, 4.7): up to LIMIT_EVIDENCE_SMALL in the store, more as files of the directory
 * `evidence`, which only core writes.
 *
 * STAGING. What is longer than a message comes in pieces (PUT_EVIDENCE) into `evidence/<random>.new`; it is named by the SHA-256 its sender
 * announced and holds only when that is what came. Who then names the hash takes it: read back and removed when it is small, else synced,
 * renamed to its own random name (a name made of the bytes would outlive them) and the directory synced, before the COMMIT that refers
 * to it. Stages live as long as the process; at the start and in `db check` those of others are removed.
 *
 * ERASING. The commit that erases puts the names of the files into objects `unlink`; then the files go, then the objects. A core that
 * was ended in between goes on at its next start. A file nobody refers to (core was ended between rename and COMMIT) is found and
 * removed by `db check`. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGED ".new"

/* ---- files ---- */

static const char *path_of(struct serve *s, struct arena *a, struct str name)
{
	return str_c(a, str_printf(a, "%s/%.*s", s->evidence_dir, STRF(name)));
}

static int sync_dir(struct serve *s)
{
	AUTO_CLOSE int dir = open(s->evidence_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return dir >= 0 && fsync(dir) == 0 ? 0 : err_from_errno(errno);
}

static struct str new_name(struct arena *a)
{
	u8 id[16];

	must(getrandom(id, sizeof id, 0) == (ssize_t)sizeof id);
	return str_hex(a, id, sizeof id);
}

static int write_all(int fd, struct str bytes)
{
	while (bytes.n != 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR) {
			return err_from_errno(errno);
		}
		bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

/* The directory, durable itself; made with the first file. */
static int make_dir(struct serve *s)
{
	AUTO_CLOSE int up = -1;

	if (mkdir(s->evidence_dir, 0700) != 0) {
		return errno == EEXIST ? 0 : err_from_errno(errno);
	}
	up = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return up >= 0 && fsync(up) == 0 ? 0 : err_from_errno(errno);
}

static int read_file(struct arena *a, const char *path, u64 size, struct str *ret)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *p;
	size_t at = 0;

	if (fd < 0) {
		return errno == ENOENT ? ERR_INTEGRITY : err_from_errno(errno);
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (u64)st.st_size != size || size > LIMIT_EVIDENCE_FILE) {
		return ERR_INTEGRITY;
	}
	if ((p = arena_try(a, size + 1)) == NULL) {
		return ERR_NOMEM;
	}
	while (at < size) {
		ssize_t n = read(fd, p + at, size - at);

		if (n == 0 || (n < 0 && errno != EINTR)) {
			return n == 0 ? ERR_INTEGRITY : err_from_errno(errno);
		}
		at += n > 0 ? (size_t)n : 0;
	}
	*ret = str_of(p, size);
	return 0;
}

int evidence_load(struct serve *s, struct arena *a, const struct store_evidence *ev, struct str *ret)
{
	struct hash h;
	int r;

	if (ev->place == STORE_INLINE) {
		*ret = ev->body;
		return 0;
	}
	if (ev->place != STORE_IN_FILE) {
		*ret = (struct str){ 0 };
		return 0;
	}
	if ((r = read_file(a, path_of(s, a, ev->body), ev->size, ret)) != 0) {
		return r;
	}
	h = hash_bytes(*ret);
	return memcmp(h.b, ev->sha, sizeof h.b) == 0 ? 0 : ERR_INTEGRITY;
}

static int evidence_write(struct serve *s, struct arena *a, struct str name, struct str bytes)
{
	const char *to = path_of(s, a, name), *from = path_of(s, a, str_printf(a, "%.*s" STAGED, STRF(name)));
	AUTO_CLOSE int fd = -1;
	int r = make_dir(s);

	if (r != 0) {
		return r;
	}
	fd = open(from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		return err_from_errno(errno);
	}
	if ((r = write_all(fd, bytes)) != 0 || fsync(fd) != 0 || rename(from, to) != 0) {
		r = r != 0 ? r : err_from_errno(errno);
		(void)unlink(from);
		return r;
	}
	return sync_dir(s);
}

/* ---- staging ---- */

static void drop_stage(struct serve *s, struct staged *g)
{
	struct arena *a = arena_new(NULL, 0);

	if (g->fd >= 0) {
		close(g->fd);
	}
	if (g->name[0] != '\0') {
		(void)unlink(path_of(s, a, str_z(g->name)));
	}
	*g = (struct staged){ .fd = -1 };
	arena_free(a);
}

static struct staged *find_stage(struct serve *s, const u8 *sha)
{
	for (size_t i = 0; i < countof(s->staged); i++) {
		if (s->staged[i].name[0] != '\0' && memcmp(s->staged[i].sha, sha, sizeof s->staged[i].sha) == 0) {
			return &s->staged[i];
		}
	}
	return NULL;
}

/* A free place, or that of what waits longest. */
static struct staged *new_stage(struct serve *s)
{
	struct staged *g = &s->staged[0];

	for (size_t i = 0; i < countof(s->staged); i++) {
		if (s->staged[i].name[0] == '\0') {
			return &s->staged[i];
		}
		g = s->staged[i].order < g->order ? &s->staged[i] : g;
	}
	drop_stage(s, g);
	return g;
}

static int begin_stage(struct serve *s, struct arena *a, const u8 *sha, u64 size, struct staged **ret)
{
	struct staged *g = find_stage(s, sha);
	int r = make_dir(s);

	if (r != 0) {
		return r;
	}
	if (g != NULL) {
		drop_stage(s, g);
	} else {
		g = new_stage(s);
	}
	g->size = size;
	g->at = 0;
	g->order = ++s->stages;
	memcpy(g->sha, sha, sizeof g->sha);
	sha256_init(&g->ctx);
	snprintf(g->name, sizeof g->name, "%.*s" STAGED, STRF(new_name(a)));
	g->fd = open(path_of(s, a, str_z(g->name)), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (g->fd < 0) {
		r = err_from_errno(errno);
		drop_stage(s, g);
		return r;
	}
	*ret = g;
	return 0;
}

/* One piece; the last one shows whether the hash is right. */
static int put_piece(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct staged *g;
	struct str sha, bytes;
	u64 size, offset;
	u8 got[SHA256_DIGEST_SIZE];
	int r;

	if ((r = rd_blob(body, &sha)) != 0 || (r = rd_u64(body, &size)) != 0 || (r = rd_u64(body, &offset)) != 0 ||
	    (r = rd_blob(body, &bytes)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (sha.n != sizeof got || size > LIMIT_EVIDENCE_FILE || offset > size || bytes.n > size - offset || (bytes.n == 0 && size != 0)) {
		return serve_fail(out, size > LIMIT_EVIDENCE_FILE ? ERR_LIMIT : ERR_RANGE, SAY "evidence-large" SAY "n=%d",
			(int)(LIMIT_EVIDENCE_FILE / MiB));
	}
	g = find_stage(s, (const u8 *)sha.p);
	if (offset == 0 && (r = begin_stage(s, a, (const u8 *)sha.p, size, &g)) != 0) {
		return r;
	}
	if (g == NULL || g->at != offset || g->size != size || g->fd < 0) {
		return serve_fail(out, ERR_CONFLICT, SAY "evidence-piece");
	}
	sha256_update(&g->ctx, bytes.n, (const u8 *)bytes.p);
	if ((r = write_all(g->fd, bytes)) != 0) {
		drop_stage(s, g);
		return r;
	}
	g->at += bytes.n;
	if (g->at < size) {
		return 0;
	}
	sha256_digest(&g->ctx, sizeof got, got);
	r = memcmp(got, g->sha, sizeof got) != 0 ? ERR_INTEGRITY : fsync(g->fd) != 0 ? err_from_errno(errno) : 0;
	close(g->fd);
	g->fd = -1;
	if (r != 0) {
		drop_stage(s, g);
	}
	return r == ERR_INTEGRITY ? serve_fail(out, r, SAY "evidence-hash") : r;
}

static bool taken(const struct item *items, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].type == ITEM_EVIDENCE && str_eq(items[i].ev_file, str_z(name))) {
			return true;
		}
	}
	return false;
}

/* The stage keeps the file until the entry is committed: the same chunk may be tried again. */
int evidence_take(struct serve *s, struct arena *a, struct str sha, const struct item *before, size_t n, struct item *ret)
{
	struct staged *g = sha.n == SHA256_DIGEST_SIZE ? find_stage(s, (const u8 *)sha.p) : NULL;
	struct str name;
	int r;

	if (g == NULL || g->at != g->size || g->fd >= 0) {
		return ERR_NOTFOUND;
	}
	if ((r = read_file(a, path_of(s, a, str_z(g->name)), g->size, &ret->ev_bytes)) != 0 || g->size <= LIMIT_EVIDENCE_SMALL) {
		return r;
	}
	name = new_name(a);
	if (g->final && taken(before, n, g->name)) {	/* the same bytes twice: each piece of evidence can be erased alone */
		ret->ev_file = name;
		return evidence_write(s, a, name, ret->ev_bytes);
	}
	if (!g->final) {
		if (rename(path_of(s, a, str_z(g->name)), path_of(s, a, name)) != 0) {
			return err_from_errno(errno);
		}
		snprintf(g->name, sizeof g->name, "%.*s", STRF(name));
		g->final = true;
		if ((r = sync_dir(s)) != 0) {
			return r;
		}
	}
	ret->ev_file = str_dup(a, str_z(g->name));
	return 0;
}

/* A file is the entry's now; what was small stands in the store, and its stage goes. */
static void kept_one(struct serve *s, const struct item *it)
{
	for (size_t k = 0; k < countof(s->staged); k++) {
		struct staged *g = &s->staged[k];
		struct hash h;

		if (g->name[0] != '\0' && it->ev_file.n != 0 && str_eq(it->ev_file, str_z(g->name))) {
			*g = (struct staged){ .fd = -1 };
		} else if (g->name[0] != '\0' && it->ev_file.n == 0 && g->fd < 0 && g->size == it->ev_bytes.n) {
			h = hash_bytes(it->ev_bytes);
			if (memcmp(h.b, g->sha, sizeof h.b) == 0) {
				drop_stage(s, g);
			}
		}
	}
}

void evidence_kept(struct serve *s, const struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].type == ITEM_EVIDENCE) {
			kept_one(s, &items[i]);
		}
	}
}

/* ---- quota ---- */

/* What is kept of a run or zone, counted once and then kept in mind. */
static int used(struct serve *s, bool zone, struct str name, u64 **ret)
{
	struct arena *a = arena_new(NULL, 0);
	struct str key = str_printf(a, "%c%.*s", zone ? 'z' : 'r', STRF(name));
	u64 *sum = map_get(&s->evidence_used, key);
	int r = 0;

	if (sum == NULL) {
		sum = arena_alloc(s->a, sizeof *sum);
		r = zone ? store_evidence_zone(s->st, name, sum) : store_evidence_bytes(s->st, name, sum);
		if (r == 0) {
			*map_put(s->a, &s->evidence_used, str_dup(s->a, key), NULL) = sum;
		}
	}
	arena_free(a);
	*ret = sum;
	return r;
}

int evidence_room(struct serve *s, struct str zone, struct str run, u64 size, bool *ret)
{
	u64 *of_zone, *of_run = NULL;
	int r;

	*ret = false;
	if ((r = used(s, true, zone, &of_zone)) != 0 || (run.n != 0 && (r = used(s, false, run, &of_run)) != 0)) {
		return r;
	}
	if (*of_zone + size > s->quota_zone || (of_run != NULL && *of_run + size > s->quota_run)) {
		return 0;
	}
	*of_zone += size;
	if (of_run != NULL) {
		*of_run += size;
	}
	*ret = true;
	return 0;
}

/* ---- files that must go, files that nobody names ---- */

int evidence_sweep(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_object *rows;
	size_t n = 0;
	int r = store_list_objects(s->st, a, S("unlink"), S(""), STORE_PAGE_MAX, &rows, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (unlink(path_of(s, a, rows[i].id)) != 0 && errno != ENOENT) {
			r = err_from_errno(errno);
		}
		rows[i].remove = rows[i].passing = true;
	}
	if (r == 0 && n != 0 && (r = sync_dir(s)) == 0) {
		r = store_commit(s->st, &(struct store_batch){ .objects = rows, .nobjects = n }, NULL);
	}
	s->evidence_used = (struct map){ 0 };	/* counted anew */
	arena_free(a);
	return r;
}

/* Every file that is referred to, into a map. */
static int named_files(struct serve *s, struct arena *a, struct map *ret)
{
	u64 seq = 0;
	u32 idx = 0;

	for (;;) {
		struct store_evidence *rows;
		size_t n;
		int r = store_list_evidence(s->st, a, seq, idx, true, STORE_PAGE_MAX, &rows, &n);

		if (r != 0 || n == 0) {
			return r;
		}
		for (size_t i = 0; i < n; i++) {
			*map_put(a, ret, rows[i].body, NULL) = ret;
		}
		seq = rows[n - 1].seq;
		idx = rows[n - 1].idx + 1;
	}
}

static bool is_staged(struct serve *s, const char *name)
{
	for (size_t i = 0; i < countof(s->staged); i++) {
		if (strcmp(s->staged[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

int evidence_orphans(struct serve *s, struct arena *a, size_t *ret_removed)
{
	struct map named = { 0 };
	struct dirent *e;
	DIR *d = opendir(s->evidence_dir);
	int r = 0;

	*ret_removed = 0;
	if (d == NULL) {
		return errno == ENOENT ? 0 : err_from_errno(errno);
	}
	r = named_files(s, a, &named);
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || map_get(&named, str_z(e->d_name)) != NULL || is_staged(s, e->d_name)) {
			continue;
		}
		if (unlink(path_of(s, a, str_z(e->d_name))) != 0) {
			r = err_from_errno(errno);
		} else {
			log_info("evidence/%s belongs to nothing that was recorded; removed", e->d_name);
			++*ret_removed;
		}
	}
	closedir(d);
	return r;
}

/* ---- copies ---- */

/* `one` for every piece of evidence of a store, those in files alone or all; each with memory of its own, since it holds the bytes. */
static int each_evidence(struct serve *s, struct store *st, bool in_files,
	int (*one)(struct serve *s, struct store *st, struct arena *a, const struct store_evidence *ev))
{
	u64 seq = 0;
	u32 idx = 0;
	size_t n = 1;
	int r = 0;

	while (r == 0 && n != 0) {
		struct arena *a = arena_new(NULL, 0);
		struct store_evidence *rows;

		r = store_list_evidence(st, a, seq, idx, in_files, 1000, &rows, &n);
		for (size_t i = 0; r == 0 && i < n; i++) {
			struct arena *mine = arena_new(a, 0);

			r = one(s, st, mine, &rows[i]);
			seq = rows[i].seq;
			idx = rows[i].idx + 1;
			arena_free(mine);
		}
		arena_free(a);
	}
	return r;
}

static int pack_one(struct serve *s, struct store *copy, struct arena *a, const struct store_evidence *ev)
{
	struct str bytes;
	int r = evidence_load(s, a, ev, &bytes);

	return r != 0 ? r : store_move_evidence(copy, ev->seq, ev->idx, STORE_INLINE, bytes);
}

int evidence_pack(struct serve *s, struct store *copy)
{
	return each_evidence(s, copy, true, pack_one);
}

static int unpack_one(struct serve *s, struct store *st, struct arena *a, const struct store_evidence *ev)
{
	struct str name = new_name(a);
	struct store_evidence whole;
	int r;

	if (ev->place != STORE_INLINE || ev->size <= LIMIT_EVIDENCE_SMALL) {
		return 0;
	}
	if ((r = store_get_evidence(st, a, ev->seq, ev->idx, &whole)) == 0 && (r = evidence_write(s, a, name, whole.body)) == 0) {
		r = store_move_evidence(st, ev->seq, ev->idx, STORE_IN_FILE, name);
	}
	return r;
}

int evidence_unpack(struct serve *s)
{
	return each_evidence(s, s->st, false, unpack_one);
}

void evidence_close(struct serve *s)
{
	for (size_t i = 0; i < countof(s->staged); i++) {
		drop_stage(s, &s->staged[i]);
	}
}

const struct serve_request serve_pieces[] = { { MSGS_PUT_EVIDENCE, put_piece }, { MSGS_EVIDENCE_PIECE, put_piece }, { 0, NULL } };
