/* The logs of a store and what can be shown of them: growing only since an earlier checkpoint, and a copy for
 * others to read.
 *
 * A store has one log that grows. A restore (restore.c) closes it and begins the next epoch, so the earlier ones
 * stand in the objects of type `epoch`, whose entries have the positions first .. first + size - 1.
 *
 * Checkpoints given from outside are a stranger's text until one of our keys verifies them: bounded, read by
 * note.c, and at last compared with the tree that is stored. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "core/ledger/chain.h"

#include <string.h>

#define NOTES_MAX 1024			/* checkpoints in one anchor file */
#define PIECE_MAX (LIMIT_MSG_BODY - 1024)
#define MARK "# anchored "

/* ---- which logs there are ---- */

struct serve_log serve_log_now(struct serve *s)
{
	struct serve_log l = { .s = s, .epoch = s->head.epoch, .first = s->head.first, .size = s->head.size,
		.origin = s->head.origin };

	memcpy(l.root.b, s->head.root, sizeof l.root.b);
	return l;
}

static int log_of_object(struct serve *s, struct arena *a, const struct store_object *o, struct serve_log *ret)
{
	struct chain_old old;
	const struct json *v;

	if (json_parse(a, o->body, &v, NULL) != 0 || chain_old_read(a, v, &old) != 0) {
		return ERR_INTEGRITY;
	}
	*ret = (struct serve_log){ .s = s, .epoch = old.epoch, .first = old.first, .size = old.size, .known = old.known,
		.origin = old.origin, .root = old.root };
	return 0;
}

int serve_logs(struct serve *s, struct arena *a, struct serve_log **ret, size_t *ret_n)
{
	struct store_object *rows;
	struct serve_log *p;
	size_t n;
	int r = store_list_objects(s->st, a, S("epoch"), S(""), STORE_PAGE_MAX, &rows, &n);

	if (r != 0) {
		return r;
	}
	p = arena_alloc(a, (n + 1) * sizeof *p);
	for (size_t i = 0; i < n; i++) {
		if ((r = log_of_object(s, a, &rows[i], &p[i])) != 0) {
			return r;
		}
	}
	p[n] = serve_log_now(s);
	*ret = p;
	*ret_n = n + 1;
	return 0;
}

int serve_log_node(void *ctx, u32 level, u64 index, struct hash *ret)
{
	const struct serve_log *l = ctx;
	struct arena *a = arena_new(NULL, 0);
	struct hash hashes[TILE_WIDTH];
	struct str bytes;
	u32 height = level % TILE_HEIGHT;
	u64 first = index << height;	/* in units of the tile's hashes */
	int r = 0;

	if (level < TILE_HEIGHT) {
		r = store_get_leaves(l->s->st, a, l->first + first, (size_t)1 << level, &bytes);
	} else {
		for (u64 i = 0; r == 0 && i < (u64)1 << height; i++) {
			r = store_get_tile(l->s->st, a, l->epoch, level / TILE_HEIGHT - 1, first + i, &bytes);
			if (r == 0 && bytes.n != sizeof hashes) {
				r = ERR_INTEGRITY;
			}
			if (r == 0) {
				struct hash tile[TILE_WIDTH];

				memcpy(tile, bytes.p, sizeof tile);
				hashes[i] = tile_fold(tile, TILE_HEIGHT);
			}
		}
		bytes = str_of(hashes, HASH_LEN << height);
	}
	if (r == 0 && bytes.n != (size_t)HASH_LEN << height) {
		r = ERR_INTEGRITY;
	}
	if (r == 0) {
		if (level < TILE_HEIGHT) {
			memcpy(hashes, bytes.p, bytes.n);
		}
		*ret = tile_fold(hashes, height);
	}
	arena_free(a);
	return r;
}

int serve_node(void *ctx, u32 level, u64 index, struct hash *ret)
{
	struct serve_log l = serve_log_now(ctx);

	return serve_log_node(&l, level, index, ret);
}

/* ---- only grown since ---- */

static void check_row(struct serve_reply *out, int result, struct str place, struct str text)
{
	struct view_row row = view_row(VIEW_check);

	view_set_str(&row, VIEW_check_what, S("consistency"));
	view_set_answer(&row, VIEW_check_state, result == 0 ? VIEW_PASS : VIEW_FAIL);
	view_set_str(&row, VIEW_check_place, place);
	view_set_str(&row, VIEW_check_text, text);
	view_set_str(&row, VIEW_check_reason, S(""));
	serve_row(out, &row);
}

static struct str log_short(struct arena *a, const struct serve_log *l, u64 size)
{
	return str_printf(a, SAY "log-short" SAY "here=%ju" SAY "size=%ju", (uintmax_t)l->size, (uintmax_t)size);
}

/* Is the tree of `size` and `root` a prefix of this log? Proven as a stranger would have it proven, not by
 * comparing roots alone. *ret_text says what was found, under `grown` when it is. */
static int prefix_of_log(struct arena *a, struct serve_log *l, u64 size, const struct hash *root, const char *grown, struct str *ret_text)
{
	struct merkle_proof proof = { 0 };
	struct hash here;
	int r;

	if (size > l->size) {
		*ret_text = log_short(a, l, size);
		return ERR_INTEGRITY;
	}
	if ((r = merkle_fetch_root(serve_log_node, l, size, &here)) != 0) {
		return r;
	}
	if (!hash_eq(&here, root)) {
		*ret_text = str_printf(a, SAY "log-other" SAY "size=%ju" SAY "here=%ju", (uintmax_t)size, (uintmax_t)l->size);
		return ERR_INTEGRITY;
	}
	if (size != 0 && ((r = merkle_consistency(serve_log_node, l, size, l->size, &proof)) != 0 ||
	    (r = merkle_verify_consistency(size, l->size, root, &l->root, proof.h, proof.n)) != 0)) {
		*ret_text = str_printf(a, SAY "log-unproven" SAY "size=%ju" SAY "here=%ju", (uintmax_t)size, (uintmax_t)l->size);
		return r;
	}
	*ret_text = str_printf(a, SAY "%s" SAY "size=%ju" SAY "here=%ju" SAY "n=%zu", grown, (uintmax_t)size, (uintmax_t)l->size, proof.n);
	return 0;
}

/* What none of our keys signed; a key exchanged after the point the store was rolled back to is such a key. */
static struct str unknown_note(struct serve *s, struct arena *a, struct str bytes, const struct perr *why)
{
	struct checkpoint c;
	struct note n;

	if (note_parse(a, bytes, &n, NULL) == 0 && checkpoint_parse(n.text, &c, NULL) == 0 && str_eq(c.origin,
	    s->head.origin)) {
		return str_printf(a, SAY "note-foreign" SAY "size=%ju" SAY "here=%ju", (uintmax_t)c.size, (uintmax_t)s->head.size);
	}
	return str_printf(a, SAY "note-none" SAY "text=%s", why->text);
}

/* One checkpoint in its note: 0, or ERR_INTEGRITY with words. */
static int check_note(struct serve *s, struct arena *a, struct str note, struct checkpoint *ret, struct str *ret_text)
{
	struct serve_log *logs;
	struct checkpoint c = { 0 };
	struct perr why = { 0 };
	size_t n;
	int r;

	if ((r = serve_open_note(s, a, note, &c, NULL, &why)) != 0) {
		*ret_text = unknown_note(s, a, note, &why);
		return ERR_INTEGRITY;
	}
	*ret = c;
	if ((r = serve_logs(s, a, &logs, &n)) != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(logs[i].origin, c.origin)) {
			continue;
		}
		r = prefix_of_log(a, &logs[i], c.size, &c.root, i + 1 < n ? "log-closed" : "log-grown", ret_text);
		if (r == ERR_INTEGRITY && i + 1 < n && c.size > logs[i].size && c.size <= logs[i].known) {
			*ret_text = str_printf(a, SAY "log-lost" SAY "size=%ju" SAY "n=%ju", (uintmax_t)logs[i].size,
				(uintmax_t)(c.size - logs[i].size));
		}
		return r;
	}
	*ret_text = str_printf(a, SAY "note-other" SAY "origin=%.*s", STRF(c.origin));
	return ERR_INTEGRITY;
}

/* Cuts the next note out of an anchor file: a line "# anchored TIME" stands before each. A file of one note has no
 * such line. */
static struct str next_note(struct str *rest)
{
	struct str s = *rest;
	size_t end = 0;

	if (str_starts(s, S(MARK))) {
		(void)str_cut(&s, '\n');
	}
	for (end = 0; end < s.n; end++) {
		if ((end == 0 || s.p[end - 1] == '\n') && str_starts(str_from(s, end), S(MARK))) {
			break;
		}
	}
	*rest = str_from(s, end);
	return str_sub(s, 0, end);
}

/* All checkpoints of an anchor: each a row (only the last, when `rows` is false and nothing is wrong). */
static int check_notes(struct serve *s, struct serve_reply *out, struct arena *a, struct str notes, bool rows,
	struct str *ret_last)
{
	size_t n = 0;
	int r = 0;

	while (notes.n != 0) {
		struct str note = next_note(&notes), text = S("");
		struct checkpoint c = { 0 };

		if (n++ >= NOTES_MAX) {
			return serve_fail(out, ERR_LIMIT, SAY "notes-many" SAY "n=%d", NOTES_MAX);
		}
		r = check_note(s, a, note, &c, &text);
		if (r != 0 && r != ERR_INTEGRITY) {
			return r;
		}
		*ret_last = text;
		if (rows) {
			check_row(out, r, c.origin.n != 0 ? str_printf(a, SAY "at-checkpoint" SAY "n=%ju", (uintmax_t)c.size) :
				str_printf(a, SAY "at-record" SAY "n=%zu", n), text);
		}
		if (r != 0) {
			return serve_fail(out, r, "%.*s", STRF(text));
		}
	}
	return n != 0 ? 0 : serve_fail(out, ERR_MISSING, SAY "notes-none");
}

/* A size is compared with the checkpoint that was signed at it, where one was. */
static int check_size(struct serve *s, struct serve_reply *out, struct arena *a, u64 size)
{
	struct serve_log l = serve_log_now(s);
	struct store_checkpoint *rows;
	struct str text = S(""), at = str_printf(a, SAY "at-size" SAY "n=%ju", (uintmax_t)size);
	struct hash root;
	size_t n;
	int r;

	if (size > l.size) {
		check_row(out, ERR_INTEGRITY, at, log_short(a, &l, size));
		return serve_fail(out, ERR_INTEGRITY, "%.*s", STRF(log_short(a, &l, size)));
	}
	if ((r = store_get_checkpoints(s->st, a, l.epoch, size, 1, &rows, &n)) != 0) {
		return r;
	}
	if (n == 1 && rows[0].size == size) {
		struct str last;

		return check_notes(s, out, a, rows[0].note, true, &last);
	}
	if ((r = merkle_fetch_root(serve_log_node, &l, size, &root)) != 0 ||
	    (r = prefix_of_log(a, &l, size, &root, "log-unsigned", &text)) != 0) {
		return r;
	}
	check_row(out, 0, at, str_printf(a, "%.*s" SAY "root=%.*s", STRF(text), STRF(str_base64(a, root.b, sizeof root.b))));
	return 0;
}

static int consistency(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct str notes, last;
	u64 size;
	int r;

	if ((r = rd_blob(body, &notes)) != 0 || (r = rd_u64(body, &size)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	return notes.n == 0 ? check_size(s, out, a, size) : check_notes(s, out, a, notes, true, &last);
}

/* For `status`: what disagrees is a row, not a failure. */
static int anchor(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct view_row row = view_row(VIEW_status);
	struct str notes, text = S("");
	int r;

	if ((r = rd_blob(body, &notes)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	r = check_notes(s, out, a, notes, false, &text);
	view_set_str(&row, VIEW_status_item, S("anchor"));
	view_set_answer(&row, VIEW_status_state, r == 0 ? VIEW_PASS : VIEW_FAIL);
	view_set_str(&row, VIEW_status_text, r == 0 ? text : str_dup(a, str_z(out->text)));
	view_set_str(&row, VIEW_status_next, r == 0 ? S("") : S("korobanu ledger consistency"));
	out->text[0] = '\0';
	serve_row(out, &row);
	return 0;
}

/* ---- a copy for others ---- */

static void send_file(struct serve_reply *out, const char *path, struct str bytes)
{
	do {
		struct arena *a = arena_new(NULL, 0);
		struct buf b = buf_new(a, LIMIT_MSG_BODY);
		struct str piece = bytes.n > PIECE_MAX ? str_sub(bytes, 0, PIECE_MAX) : bytes;

		bytes = str_from(bytes, piece.n);
		buf_blob(&b, str_z(path));
		buf_u8(&b, bytes.n == 0);
		buf_str(&b, piece);
		must(buf_done(&b) == 0);
		serve_bytes(out, buf_view(&b));
		arena_free(a);
	} while (bytes.n != 0 && out->err == 0);
}

static int tile_bytes(struct serve *s, struct arena *a, struct serve_log *l, const struct tile *t, struct buf *b)
{
	struct store_entry *rows;
	size_t n;
	int r;

	if (t->level != TILE_ENTRIES) {
		r = tile_write(t, serve_log_node, l, b);
		return r != 0 ? r : buf_done(b);
	}
	if ((r = store_get_entries(s->st, a, l->first + t->index * TILE_WIDTH, t->width, &rows, &n)) != 0) {
		return r;
	}
	if (n != t->width) {
		return ERR_INTEGRITY;
	}
	for (size_t i = 0; i < n; i++) {
		tile_entry_write(b, rows[i].envelope);
	}
	return buf_done(b);
}

/* Everything a reader of the log as it stands needs, the checkpoint last. */
static int export_log(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct serve_log l = serve_log_now(s);
	struct tile_walk w = { .to = l.size };
	struct str note;
	struct tile t;
	int r;

	if ((r = rd_done(body)) != 0 || (r = serve_sign(s, a, &note)) != 0) {
		return r;
	}
	while (out->err == 0 && tile_walk(&w, &t)) {
		struct arena *page = arena_new(a, 0);
		struct buf b = buf_new(page, TILE_BUNDLE_MAX);
		char path[TILE_PATH_MAX];

		tile_path(&t, path);
		if ((r = tile_bytes(s, page, &l, &t, &b)) != 0) {
			return serve_fail(out, r, SAY "tile-none" SAY "path=%s", path);
		}
		send_file(out, path, buf_view(&b));
		arena_free(page);
	}
	send_file(out, "checkpoint", note);
	return out->err;
}

const struct serve_request serve_logs_asks[] = { { MSGS_CONSISTENCY, consistency }, { MSGS_EXPORT_LOG, export_log },
	{ MSGS_ANCHOR, anchor },
	{ 0, NULL } };
