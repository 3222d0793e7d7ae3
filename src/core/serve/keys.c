/* The keys that sign the log: where the present one comes from, how it is exchanged, and which ones were known
 * before.
 *
 * The present key is a systemd credential (descriptor ROLE_FD_KEY, opened by main before core gave up reading
 * files) or, without one, the file `ledger.key`. Which key it must be stands in the store: object ("ledger",
 * "key"), changed only together with the entry that names the new key, so its history lists every key that ever
 * signed.
 *
 * EXCHANGE. (1) `ledger.key.next` holds the new key, durable. (2) The entry {"do":"ledger.key"} is committed. (3)
 * The old key signs the checkpoint over that entry, and it is published. (4) `ledger.key.next` becomes
 * `ledger.key`. Killed before (2) the file is thrown away, killed after it the next start goes on from (3): the
 * store says which key it is to be.
 * So (4) needs no sync: a new name that is lost is given again. */
#include "core/serve/serve_int.h"

#include "base/log.h"
#include "base/role.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_FILE "ledger.key"
#define KEY_NEXT "ledger.key.next"

static int sync_dir(void)
{
	AUTO_CLOSE int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir >= 0 && fsync(dir) == 0 ? 0 : err_from_errno(errno);
}

/* Durable under `name` when it returns 0. */
static int write_key(const struct ledger_key *k, const char *name)
{
	AUTO_CLOSE int fd = open(KEY_FILE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	char text[KEY_TEXT];
	bool ok;

	if (fd < 0) {
		return err_from_errno(errno);
	}
	key_text(k, text);
	ok = write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0 && rename(KEY_FILE ".new",
		name) == 0;
	explicit_bzero(text, sizeof text);
	return ok ? sync_dir() : err_from_errno(errno);
}

static int load_file(const char *name, struct ledger_key *ret)
{
	AUTO_CLOSE int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_from_errno(errno) : key_load_at(dir, name, KEY_IN_FILE, ret);
}

/* ---- what the store knows ---- */

struct str serve_key_object(struct arena *a, const struct note_key *before, const struct note_key *now)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "before", before == NULL ? S("") : note_key_text(a, before));
	jw_kstr(&w, "key", note_key_text(a, now));
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

static int read_key_object(struct arena *a, struct str body, const char *member, struct note_key *ret)
{
	const struct json *v;
	struct str text;

	if (json_parse(a, body, &v, NULL) != 0 || json_get_str(v, str_z(member), &text) != 0) {
		return ERR_INTEGRITY;
	}
	return text.n == 0 ? ERR_NOTFOUND : note_key_parse(text, ret) == 0 ? 0 : ERR_INTEGRITY;
}

int serve_key_of(struct arena *a, struct str body, struct note_key *ret)
{
	return read_key_object(a, body, "key", ret);
}

int serve_open_note(struct serve *s, struct arena *a, struct str note, struct checkpoint *ret, struct note_key *ret_key,
	struct perr *why)
{
	static const char *const members[] = { "key", "before" };
	struct store_object *rows;
	struct note_key key = s->note_key;
	struct checkpoint c;
	struct note n;
	size_t nrows;
	int r;

	if (checkpoint_open(a, note, &key, ret, why) != 0) {
		/* A key signs under the origin of the log: a log closed by a restore may have been signed by a key that came later. */
		if (note_parse(a, note, &n, NULL) != 0 || checkpoint_parse(n.text, &c, NULL) != 0) {
			return ERR_INTEGRITY;
		}
		if ((r = store_object_history(s->st, a, S("ledger"), S("key"), &rows, &nrows)) != 0) {
			return r;
		}
		r = ERR_INTEGRITY;
		for (size_t i = 0; r != 0 && i < nrows * countof(members); i++) {
			if (read_key_object(a, rows[i / 2].body, members[i % 2], &key) == 0 &&
			    note_key_make(c.origin, key.pub, &key) == 0) {
				r = checkpoint_open(a, note, &key, ret, NULL) == 0 ? 0 : ERR_INTEGRITY;
			}
		}
		if (r != 0) {
			return r;
		}
	}
	if (ret_key != NULL) {
		*ret_key = key;
	}
	return 0;
}

/* ---- the present key ---- */

/* Step (3): the old key's last checkpoint. In memory the old key is still the present one. */
static int sign_last(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct str note;
	int r = serve_sign(s, a, &note);

	arena_free(a);
	return r;
}

static int adopt(struct serve *s, const struct ledger_key *k)
{
	s->key = *k;
	return note_key_make(str_dup(s->a, s->head.origin), s->key.pub, &s->note_key);
}

/* The file is not the key the store names: an exchange was cut off, or it is a stranger's key. */
static int go_on(struct serve *s, const struct note_key *want)
{
	struct ledger_key next;
	int r = load_file(KEY_NEXT, &next);

	if (r == 0 && memcmp(next.pub, want->pub, KEY_PUB) != 0) {
		r = ERR_NOTFOUND;
	}
	if (r == 0 && (r = adopt(s, &s->key)) == 0 && (r = sign_last(s)) == 0) {
		r = rename(KEY_NEXT, KEY_FILE) == 0 ? 0 : err_from_errno(errno);
	}
	if (r == 0) {
		log_info("the exchange of the ledger's key is finished");
		s->key = next;
	}
	key_wipe(&next);
	return r == ERR_NOTFOUND ? ERR_INTEGRITY : r;
}

static int check_key(struct serve *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_object o;
	struct note_key want, before;
	int r = store_get_object(s->st, a, S("ledger"), S("key"), &o);

	if (r == ERR_NOTFOUND) {	/* begun by a version that did not say */
		arena_free(a);
		return 0;
	}
	if (r == 0 && (r = read_key_object(a, o.body, "key", &want)) == 0) {
		if (memcmp(want.pub, s->key.pub, KEY_PUB) != 0) {
			r = s->parts->key_given ? ERR_INTEGRITY : go_on(s, &want);
		} else {
			(void)unlink(KEY_NEXT);		/* of an exchange that never was */
		}
		if (r == 0 && read_key_object(a, o.body, "before", &before) == 0) {
			before.name = str_dup(s->a, before.name);
			s->key_before = before;
			s->has_before = true;
		}
	}
	arena_free(a);
	return r;
}

int serve_find_key(struct serve *s, bool make)
{
	int r;

	r = s->parts->key_given ? key_load(ROLE_FD_KEY, KEY_IN_CREDENTIAL, &s->key) : load_file(KEY_FILE, &s->key);
	if (r == ERR_NOTFOUND && make && (r = key_make(&s->key)) == 0) {
		r = write_key(&s->key, KEY_FILE);
	}
	if (r == ERR_SYNTAX) {		/* damaged, or something else under its name */
		r = ERR_INTEGRITY;
	}
	if (r != 0) {
		log_error("the ledger's key (%s): %s", s->parts->key_given ? "credential" : KEY_FILE, err_text(r));
	}
	return r;
}

int serve_load_key(struct serve *s)
{
	int r = serve_find_key(s, s->head.epoch == 0);

	if (r == 0 && s->head.epoch != 0 && (r = check_key(s)) != 0) {
		log_error("the ledger's key (%s) is not the one the store names: %s", s->parts->key_given ? "credential" : KEY_FILE,
			err_text(r));
	}
	return r;
}

/* ---- exchange ---- */

static int rotate(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_object o = { .type = S("ledger"), .id = S("key") };
	struct ledger_key fresh;
	struct note_key next;
	struct buf b = buf_new(a, 0), answer = buf_new(a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	u64 seq;
	int r;

	if ((r = rd_done(body)) != 0) {
		return r;
	}
	if (s->parts->key_given) {
		return serve_fail(out, ERR_UNSUPPORTED, SAY "key-given");
	}
	/* What is published must be signed by the present key before it goes, or by none older than it. */
	if ((r = serve_publish(s)) != 0) {
		return serve_fail(out, r, SAY "key-unpublished");
	}
	if ((r = key_make(&fresh)) != 0 || (r = write_key(&fresh, KEY_NEXT)) != 0 ||
	    (r = note_key_make(s->note_key.name, fresh.pub, &next)) != 0) {
		key_wipe(&fresh);
		return serve_fail(out, r, SAY "key-unkept");
	}
	o.body = serve_key_object(a, &s->note_key, &next);
	jw_obj(&w);
	jw_kstr(&w, "do", S("ledger.key"));
	jw_kstr(&w, "key", note_key_text(a, &next));
	jw_end(&w);
	if ((r = serve_act(s, a, buf_view(&b), NULL, 0, &o, 1, &seq)) != 0) {
		key_wipe(&fresh);
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	/* From here on it is done, and a process that cannot finish it must leave it to the next. */
	if (sign_last(s) != 0 || rename(KEY_NEXT, KEY_FILE) != 0) {
		log_error("the key is exchanged in the ledger, not yet on disk; ending, the next start finishes it");
		_exit(1);
	}
	(void)!serve_publish(s);
	s->key_before = s->note_key;
	s->has_before = true;
	s->key = fresh;
	s->note_key = next;
	key_wipe(&fresh);
	buf_u64(&answer, seq);
	buf_blob(&answer, note_key_text(a, &s->note_key));
	serve_bytes(out, buf_view(&answer));
	return buf_done(&answer);
}

const struct serve_request serve_key_acts[] = { { MSGS_ROTATE_KEY, rotate }, { 0, NULL } };
