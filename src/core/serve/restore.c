/* A copy of the store to take away, and a store begun again from one.
 *
 * BACKUP. The engine's whole copy under a temporary name, its name taken away at once, its bytes sent: nothing is
 * left behind, whenever the process ends. The key is not part of it: who finds the copy can read it, not sign for
 * us.
 *
 * RESTORE. Main puts the copy into `restore/korobanu.db` while no core runs; the next core finds it at its start
 * (here) and
 *  (1) opens it there and checks all of it: a copy of a newer version, or one that is not what it says, is removed
 *      and nothing happened;
 *  (2) commits, in the copy, the first entry of a new log: {"do":"ledger.restore"} names the log it continues, how
 *      far that one goes in the copy, and the last checkpoint that is known of it, here or in the copy; what lies
 *      between was lost and `ledger verify` says so. Behind it stand, recorded again, the erasures that are known
 *      here and not in the copy (erase_known.c), and only then is large evidence put into files;
 *  (3) renames it to `restore/new.db`, and `restore` to `restored`: from here on it is done, before that it never
 *      was;
 *  (4) moves what was the store (file, log, published tiles) into `restored`, and new.db to its place;
 *  (5) keeps `restored` as `replaced-N`, or removes it when nothing was replaced.
 * Every step can be cut off; the next start goes on. Cut off in (2) it checks again what the copy has become, and erases
 * what is left; the name of the log that is begun stands in the file `begun` before its first entry is committed, so
 * that it is not begun twice. (Where power was lost the file may be missing: that log is then closed by another. So
 * it needs no sync.) Nobody is answered from the copy before (4), so what was erased here is never read in it.
 *
 * The new log has an origin of its own, of fresh randomness and the next number: a copy restored twice gives two
 * logs, never two checkpoints of one origin and size. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "base/log.h"
#include "core/ledger/chain.h"
#include "core/ledger/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY "backup.tmp"
#define IN "restore"
#define DONE "restored"
#define NEW "new.db"
#define FILES "evidence"
#define NEW_FILES "new.evidence"
#define COPY_DIR "backup.d"
#define BEGUN "begun"			/* holds the origin of the log that is begun in the copy: an attempt after this one goes on with it */

/* ---- backup ---- */

static int send_copy(struct serve_reply *out, int fd)
{
	static char piece[LIMIT_MSG_BODY];
	ssize_t n;

	while (out->err == 0 && (n = read(fd, piece, sizeof piece)) != 0) {
		if (n > 0) {
			serve_bytes(out, str_of(piece, (size_t)n));
		} else if (errno != EINTR) {
			return err_from_errno(errno);
		}
	}
	return out->err;
}

static void clear_dir(const char *path)
{
	struct arena *a = arena_new(NULL, 0);
	struct dirent *e;
	DIR *d = opendir(path);

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!str_eq(str_z(e->d_name), S(".")) && !str_eq(str_z(e->d_name), S(".."))) {
			(void)unlink(str_c(a, str_printf(a, "%s/%s", path, e->d_name)));
		}
	}
	if (d != NULL) {
		closedir(d);
		(void)rmdir(path);
	}
	arena_free(a);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* A copy is one file: what lies in files of evidence is taken into it. */
static int copy_with_files(struct serve *s)
{
	struct perr err = { 0 };
	struct store *copy;
	int r;

	clear_dir(COPY_DIR);
	if (mkdir(COPY_DIR, 0700) != 0) {
		return err_from_errno(errno);
	}
	if ((r = store_backup(s->st, COPY_DIR "/" STORE_FILE)) == 0 &&
	    (r = store_open(COPY_DIR, &(struct store_opts){ .no_create = true, .passing = true }, &copy, &err)) == 0) {
		r = evidence_pack(s, copy);
		store_close(copy);
	}
	if (r == 0 && is_there(COPY_DIR "/" STORE_FILE "-wal")) {	/* not folded in: no space left, or writing failed */
		r = ERR_IO;
	}
	if (r == 0) {
		r = rename(COPY_DIR "/" STORE_FILE, COPY) == 0 ? 0 : err_from_errno(errno);
	}
	clear_dir(COPY_DIR);
	return r;
}

static int copy_store(struct serve *s, struct arena *a)
{
	struct store_evidence *files;
	size_t n;
	int r = store_list_evidence(s->st, a, 0, 0, true, 1, &files, &n);

	return r != 0 ? r : n != 0 ? copy_with_files(s) : store_backup(s->st, COPY);
}

static int backup(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	AUTO_CLOSE int fd = -1;
	struct str note;
	int r = rd_done(body);

	if (r != 0) {
		return r;
	}
	if ((r = serve_sign(s, a, &note)) != 0) {	/* a checkpoint over all that the copy holds goes with it */
		return r;
	}
	(void)unlink(COPY);
	if ((r = copy_store(s, a)) != 0) {
		(void)unlink(COPY);
		return serve_fail(out, r, r == ERR_INTEGRITY ? SAY "backup-evidence" : r == ERR_IO ? SAY "backup-io" : "%s",
			store_why(s->st));
	}
	fd = open(COPY, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	r = fd < 0 ? err_from_errno(errno) : 0;
	(void)unlink(COPY);
	return r != 0 ? r : send_copy(out, fd);
}

static int schema(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct view_row row = view_row(VIEW_check);
	u32 now = store_schema_version(s->st), newest = store_schema_newest();
	int r = rd_done(body);

	if (r != 0) {
		return r;
	}
	view_set_str(&row, VIEW_check_what, S("schema"));
	view_set_answer(&row, VIEW_check_state, now == newest ? VIEW_PASS : VIEW_FAIL);
	view_set_str(&row, VIEW_check_text, str_printf(a, now == newest ? SAY "schema-newest" SAY "now=%u" SAY "file=%s" SAY "newest=%u" :
		SAY "schema-older" SAY "now=%u" SAY "file=%s" SAY "newest=%u", now, STORE_FILE ".before-N", newest));
	view_set_str(&row, VIEW_check_place, S(""));
	view_set_str(&row, VIEW_check_reason, S(""));
	serve_row(out, &row);
	return 0;
}

/* ---- restore ---- */

static int sync_dir(const char *path)
{
	AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return dir >= 0 && fsync(dir) == 0 ? 0 : err_from_errno(errno);
}

static int move(const char *from, const char *to)
{
	return rename(from, to) == 0 || errno == ENOENT ? 0 : err_from_errno(errno);
}

/* Steps (4) and (5). */
static int take_place(void)
{
	static const char *const was[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm", STORE_REDO, "log" };
	char to[64];
	int r = 0;

	if (is_there(DONE "/" NEW)) {
		for (size_t i = 0; r == 0 && i < countof(was); i++) {
			snprintf(to, sizeof to, DONE "/%s", was[i]);
			r = move(was[i], to);
		}
		if (r == 0 && is_there(DONE "/" NEW_FILES) && (r = move(FILES, DONE "/" FILES)) == 0) {
			r = move(DONE "/" NEW_FILES, FILES);
		}
		if (r != 0 || (r = sync_dir(DONE)) != 0 || (r = sync_dir(".")) != 0 ||
		    (r = move(DONE "/" NEW, STORE_FILE)) != 0 || (r = sync_dir(".")) != 0) {
			return r;
		}
	}
	if (rmdir(DONE) == 0) {
		return sync_dir(".");
	}
	for (unsigned n = 1; n < 10000; n++) {
		snprintf(to, sizeof to, "replaced-%u", n);
		if (!is_there(to)) {
			log_info("what was the store before is kept in %s", to);
			r = move(DONE, to);
			return r != 0 ? r : sync_dir(".");
		}
	}
	return ERR_EXISTS;
}

static void throw_away(void)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm", STORE_FILE ".part",
		NEW, BEGUN };

	for (size_t i = 0; i < countof(names); i++) {
		char path[64];

		snprintf(path, sizeof path, IN "/%s", names[i]);
		(void)unlink(path);
	}
	clear_dir(IN "/" NEW_FILES);
	if (rmdir(IN) != 0 && errno != ENOENT) {
		log_warn("the directory \"%s\" in the store cannot be removed: %s", IN, strerror(errno));
	}
}

/* A checkpoint of the copy's log must be of a beginning of it, where it is not beyond its end. */
static int holds(struct serve *s, const struct checkpoint *c)
{
	struct hash root;
	int r = c->size > s->head.size ? 0 : merkle_fetch_root(serve_node, s, c->size, &root);

	return r != 0 || c->size > s->head.size || hash_eq(&root, &c->root) ? r : ERR_INTEGRITY;
}

/* The published checkpoint of the directory, by a key the copy knows or the one that lies here: it may be younger than the copy. */
static int open_published(struct serve *s, struct arena *a, struct str note, struct checkpoint *ret)
{
	struct note_key key;

	return serve_open_note(s, a, note, ret, NULL, NULL) == 0 ? 0 :
		note_key_make(s->head.origin, s->key.pub, &key) == 0 ? checkpoint_open(a, note, &key, ret, NULL) : ERR_INTEGRITY;
}

/* The largest checkpoint that the copy and the directory it comes to know of its log, at least the one over all of it. Every copy that
 * `db backup` makes has that one; of another (a copy of the file) it is signed here, by the key at hand. No two checkpoints of one
 * origin and size differ by that: what is known of the log is of the same tree (holds). */
static int last_known(struct serve *s, struct arena *a, u64 *ret_size, struct str *ret_note)
{
	struct store_checkpoint stored;
	struct checkpoint c, of_copy = { 0 };
	struct str note = S("");
	int dir, r = store_get_last_checkpoint(s->st, a, false, &stored);

	if (r == 0 && stored.epoch == s->head.epoch &&
	    ((r = serve_open_note(s, a, stored.note, &of_copy, NULL, NULL)) != 0 || (r = holds(s, &of_copy)) != 0)) {
		return ERR_INTEGRITY;
	}
	if (r != 0 && r != ERR_NOTFOUND) {
		return r;
	}
	c = (struct checkpoint){ 0 };
	dir = open("log", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir >= 0) {
		r = publish_checkpoint(a, dir, &note) == 0 && open_published(s, a, note, &c) == 0 &&
			str_eq(c.origin, s->head.origin) ? holds(s, &c) : 0;
		close(dir);
		if (r != 0) {
			log_error("the ledger published here and the copy's have one origin and differ");
			return r;
		}
		if (!str_eq(c.origin, s->head.origin)) {
			c.size = 0;
		}
	}
	if (c.size <= s->head.size) {
		*ret_size = s->head.size;
		return serve_sign(s, a, ret_note);
	}
	*ret_size = c.size;
	*ret_note = note;
	return serve_sign(s, a, &note);
}

static int write_begun(struct str origin)
{
	AUTO_CLOSE int fd = open(IN "/" BEGUN, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 && write(fd, origin.p, origin.n) == (ssize_t)origin.n ? 0 : err_from_errno(errno);
}

static bool is_begun(struct serve *s)
{
	AUTO_CLOSE int fd = open(IN "/" BEGUN, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char name[256];
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof name);

	return n > 0 && str_eq(str_of(name, (size_t)n), s->head.origin);
}

static int begin_epoch(struct serve *s, struct arena *a, const struct erase_known *known)
{
	/* its origin is copied: the head it points into goes with the commit */
	struct chain chain = { .old = { .epoch = s->head.epoch, .first = s->head.first, .size = s->head.size,
		.origin = str_dup(a, s->head.origin) } };
	struct store_object objects[3] = { { .type = S("epoch") }, { .type = S("ledger"), .id = S("key") },
		erase_known_object(a, known, s->head.epoch + 1) };
	struct item it = { .type = ITEM_ACT };
	struct serve_draft d = { .items = &it, .nitems = 1, .objects = objects, .nobjects = countof(objects) };
	struct serve_done done;
	struct note_key before = s->note_key;
	int r;

	memcpy(chain.old.root.b, s->head.root, sizeof chain.old.root.b);
	d.new_origin = serve_new_origin(s->a, serve_is_demo(s->head.origin), s->head.epoch + 1);
	chain.origin = d.new_origin;
	if ((r = note_key_make(d.new_origin, s->key.pub, &chain.key)) != 0 ||
	    (r = last_known(s, a, &chain.old.known, &chain.old.note)) != 0) {
		return r;
	}
	objects[0].id = str_printf(a, "%010u", chain.old.epoch);
	objects[0].body = chain_old_write(a, &chain.old);
	objects[1].body = serve_key_object(a, &before, &chain.key);
	if ((r = json_parse(a, chain_write(a, &chain), &it.act, NULL)) != 0 || (r = write_begun(d.new_origin)) != 0) {
		return r;
	}
	r = serve_commit(s, &d, &done);
	if (r == 0) {
		log_info("restored: log %.*s of %ju entries goes on as %.*s%s", STRF(chain.old.origin), (uintmax_t)chain.old.size,
			STRF(d.new_origin),
			chain.old.known > chain.old.size ? "; entries after them were known and are lost" : "");
	}
	return r;
}

/* Whose key the copy's log was signed with is what the copy says, not what lies in this directory. */
static int know_key(struct serve *s, struct arena *a)
{
	struct store_object key;
	struct note_key of_copy;
	int r = note_key_make(str_dup(s->a, s->head.origin), s->key.pub, &s->note_key);

	if (r == 0 && store_get_object(s->st, a, S("ledger"), S("key"), &key) == 0 && serve_key_of(a, key.body, &of_copy) == 0) {
		of_copy.name = str_dup(s->a, of_copy.name);
		s->note_key = of_copy;
	}
	return r;
}

/* Step (2). An erasure of several entries may have been cut off in the copy, too, or in the attempt before this one. */
static int change(struct serve *s, struct arena *a)
{
	const struct erase_known *known;
	int r;

	if ((r = erase_known_here(s, a, &known)) != 0 || (!is_begun(s) && (r = begin_epoch(s, a, known)) != 0) ||
	    (r = erase_resume(s)) != 0) {
		return r;
	}
	return erase_known_again(s, a, known);
}

/* Steps (1) and (2), in the directory the copy was put into. */
static int prepare(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct perr err = { 0 };
	int r = store_open(IN, &(struct store_opts){ .no_create = true }, &s->st, &err);

	if (r != 0) {
		log_error("the copy to restore: %s", err.text[0] != '\0' ? err.text : err_text(r));
		arena_free(a);
		return r;
	}
	if ((r = serve_load_head(s)) == 0 && s->head.epoch == 0) {
		r = ERR_INTEGRITY;
	}
	s->evidence_dir = IN "/" NEW_FILES;	/* also where an attempt that was cut off put them */
	if (r == 0 && (r = serve_check(s, NULL, a)) != 0) {
		log_error("the copy to restore is not what was recorded");
	}
	if (r == 0 && mkdir(s->evidence_dir, 0700) != 0 && errno != EEXIST) {
		r = err_from_errno(errno);
	}
	if (r == 0 && (r = serve_load_edges(s)) == 0 && (r = serve_last_recorded(s)) == 0 && (r = serve_find_key(s, true)) == 0 &&
	    (r = know_key(s, a)) == 0 && (r = change(s, a)) == 0 && (r = evidence_unpack(s)) == 0) {
		r = sync_dir(s->evidence_dir);
	}
	s->evidence_dir = FILES;
	store_close(s->st);
	s->st = NULL;
	arena_free(a);
	if (r == 0 && is_there(IN "/" STORE_FILE "-wal")) {	/* its log is part of it until it is folded in, and only the file moves */
		log_error("the copy to restore could not be written out whole: no space left, or reading or writing failed");
		r = ERR_IO;
	}
	return r;
}

int serve_restore(struct serve *s)
{
	int r = 0;

	(void)unlink(COPY);		/* of a core that was killed */
	(void)unlink(COPY ".part");
	clear_dir(COPY_DIR);
	if (is_there(DONE) && (r = take_place()) != 0) {
		return r;
	}
	if (!is_there(IN)) {		/* else: asked for again, before the one before was at its end */
		return 0;
	}
	if (!is_there(IN "/" NEW)) {
		if (!is_there(IN "/" STORE_FILE)) {	/* main was cut off while it copied */
			throw_away();
			return 0;
		}
		if ((r = prepare(s)) != 0) {
			throw_away();
			return r;
		}
		if ((r = move(IN "/" STORE_FILE, IN "/" NEW)) != 0 || (r = sync_dir(IN)) != 0) {
			return r;
		}
	}
	(void)unlink(IN "/" BEGUN);
	if ((r = move(IN, DONE)) != 0 || (r = sync_dir(".")) != 0) {
		return r;
	}
	return take_place();
}

const struct serve_request serve_copies[] = { { MSGS_BACKUP, backup }, { MSGS_SCHEMA, schema }, { 0, NULL } };
