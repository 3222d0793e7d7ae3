#include "sense/import/import_int.h"

#include "base/err.h"
#include "core/ledger/note.h"
#include "core/view/view.h"

#include <string.h>

/* ---- bytes in, rows out ---- */

static int more(void *ctx, struct str *ret)
{
	struct import *im = ctx;
	struct msg ask = { .type = MSGS_IMPORT_MORE, .fd = -1 }, m;
	int r;

	if ((r = chan_send_wait(im->chan, &ask, -1)) != 0 || (r = chan_recv_wait(im->chan, &m, -1)) != 0) {
		im->err = r;
		return r;
	}
	if (m.type != MSGS_IMPORT_BYTES) {
		im->err = ERR_PROTO;
		return ERR_PROTO;
	}
	arena_reset(im->piece_a);		/* the one before is read */
	*ret = str_dup(im->piece_a, m.body);
	return 0;
}

static void reject(struct import *im, u32 line, const struct perr *err)
{
	struct arena *a;
	struct buf b;
	struct view_row row = view_row(VIEW_reject);
	struct msg m = { .type = MSGS_IMPORT, .id = im->id, .fd = -1 };
	struct str text;

	im->told.rejected++;
	if (im->ask.put || im->err != 0 || im->told.rejected > IMPORT_REJECTS_MAX) {	/* the first reading told of it */
		return;
	}
	a = arena_new(NULL, 0);
	b = buf_new(a, LIMIT_MSG_BODY);
	text = str_z(err->text[0] != '\0' ? err->text : err_text(err->code));
	if (!str_utf8_ok(text, NULL)) {		/* cut in the middle of a character */
		size_t bad;

		(void)!str_utf8_ok(text, &bad);
		text = str_sub(text, 0, bad);
	}
	if (err->col != 0) {
		text = str_printf(a, "column %u: %.*s", err->col, STRF(text));
	}
	view_set_int(&row, VIEW_reject_line, line);
	view_set_str(&row, VIEW_reject_state, S("refused"));
	view_set_str(&row, VIEW_reject_reason, text);
	view_encode(&row, &b);
	m.body = buf_view(&b);
	im->err = buf_done(&b) != 0 ? buf_done(&b) : chan_send_wait(im->chan, &m, -1);
	arena_free(a);
}

/* ---- one line ---- */

static int add_network(struct import *im, struct str name)
{
	for (u32 i = 0; i < im->told.nnetworks; i++) {
		if (str_eq(im->told.networks[i], name)) {
			return 0;
		}
	}
	if (im->told.nnetworks == IMPORT_NETWORKS_MAX) {
		return ERR_LIMIT;
	}
	im->told.networks[im->told.nnetworks++] = str_dup(im->a, name);
	return 0;
}

static bool tagged(struct str run)
{
	struct str tag = run.n > IMPORT_RUN_TAG ? str_from(run, run.n - IMPORT_RUN_TAG) : S("");
	u8 b[4];

	return tag.n != 0 && tag.p[0] == '.' && str_unhex(str_from(tag, 1), b, sizeof b) == 0;
}

/* SCN-4 of two stores are two runs: what comes from elsewhere carries a mark of where. What carries one already keeps it. */
static int name_run(struct import *im, struct arena *a, struct seen *seen, struct perr *err)
{
	if (seen->run.n == 0 || tagged(seen->run)) {
		return 0;
	}
	if (seen->run.n + im->tag.n > 64) {
		return perr_set(err, ERR_LIMIT, 0, "seen.run: longer than %zu", 64 - im->tag.n);
	}
	seen->run = str_printf(a, "%.*s%.*s", STRF(seen->run), STRF(im->tag));
	return 0;
}

static void make_tag(struct import *im, struct str of)
{
	struct hash h = hash_bytes(of);

	im->tag = str_printf(im->a, ".%.*s", STRF(str_hex(im->a, h.b, 4)));
}

static int take_head(struct import *im, const struct runfile_line *l, struct perr *err)
{
	if (im->lines.number != 1) {
		return perr_set(err, ERR_EXTRA, 0, "a first line in the middle of the file");
	}
	im->told.headed = true;
	im->told.origin = str_dup(im->a, l->origin);
	im->told.checkpoint = str_dup(im->a, l->checkpoint);
	im->told.run = str_dup(im->a, l->run);
	im->told.size = l->size;
	memcpy(im->told.root, l->root, sizeof l->root);
	make_tag(im, im->told.origin);
	return 0;
}

/* The key that signed the last line; ERR_INTEGRITY for a signature that is wrong: then the line says nothing. */
static int check_note(struct import *im, struct arena *a, const struct runfile_line *l, struct perr *err)
{
	struct note_key key;
	struct note note;

	if (l->note.n == 0) {
		return 0;
	}
	if (note_key_parse(l->key, &key) != 0 || note_parse(a, l->note, &note, NULL) != 0 || note_verify(&note, &key) != 0 ||
	    !str_eq(note.text, runfile_text(a, l->count, l->sha256))) {
		return perr_set(err, ERR_INTEGRITY, 0, "the signature of the last line is not good");
	}
	im->told.key = str_dup(im->a, l->key);
	return 0;
}

static int take_end(struct import *im, struct arena *a, const struct runfile_line *l, struct perr *err)
{
	u8 sha[32];

	im->ended = true;
	if (!im->told.headed) {
		return perr_set(err, ERR_MISSING, 0, "a last line without a first one");
	}
	lines_digest(&im->lines.before, sha);
	if (l->count != im->counted || memcmp(sha, l->sha256, sizeof sha) != 0) {
		return perr_set(err, ERR_INTEGRITY, 0, "the file is not what its last line says: %ju records, %s", (uintmax_t)im->counted,
			l->count != im->counted ? "another number was written" : "and other bytes");
	}
	im->told.whole = true;
	return check_note(im, a, l, err);
}

/* Pieces follow each other; the last one shows whether the whole is what its hash says. */
static int check_piece(struct import *im, const struct runfile_line *l, struct perr *err)
{
	u8 got[SHA256_DIGEST_SIZE];

	if (l->ev_from == 0) {
		im->long_ev.seq = l->seq;
		im->long_ev.index = l->index;
		im->long_ev.at = 0;
		im->long_ev.size = l->ev_size;
		sha256_init(&im->long_ev.sha);
	}
	if (im->long_ev.seq != l->seq || im->long_ev.index != l->index || im->long_ev.at != l->ev_from || im->long_ev.size != l->ev_size) {
		return perr_set(err, ERR_RANGE, 0, "a piece of evidence that follows no other");
	}
	sha256_update(&im->long_ev.sha, l->ev_bytes.n, (const u8 *)l->ev_bytes.p);
	im->long_ev.at += l->ev_bytes.n;
	if (im->long_ev.at < l->ev_size) {
		return 0;
	}
	sha256_digest(&im->long_ev.sha, sizeof got, got);
	return memcmp(got, l->ev_sha, sizeof got) == 0 ? 0 :
		perr_set(err, ERR_INTEGRITY, 0, "the bytes of this evidence are not those its hash names");
}

static int take_evidence(struct import *im, struct runfile_line *l, struct perr *err)
{
	int r = l->ev_part ? check_piece(im, l, err) : 0;

	if (r != 0) {
		return r;
	}
	if (l->ev_part && l->ev_from != 0) {	/* counted with its first piece */
		if (im->stage != NULL) {
			(void)!stage_evidence(im->stage, l);
		}
		return 0;
	}
	if (!l->placed) {		/* written by hand: numbered as they come */
		l->index = (u32)im->told.evidence;
	}
	im->told.evidence++;
	if (im->stage != NULL) {
		(void)!stage_evidence(im->stage, l);	/* too large: the fact that names it says so */
	}
	return 0;
}

static int take_fact(struct import *im, struct arena *a, struct runfile_line *l, struct perr *err)
{
	bool dropped = false;
	int r = name_run(im, a, &l->seen, err);

	if (r != 0) {
		return r;
	}
	if (add_network(im, l->fact.network) != 0) {
		return perr_set(err, ERR_LIMIT, 0, "more than %d networks in one file", IMPORT_NETWORKS_MAX);
	}
	if (im->ask.network.n != 0) {
		l->fact.network = im->ask.network;
	}
	if (im->stage != NULL && (r = stage_fact(im->stage, l, &dropped)) != 0) {
		im->err = r;
		return r;
	}
	im->told.facts++;
	im->told.dropped += dropped;
	return 0;
}

static int take_line(struct import *im, struct arena *a, struct str text, struct perr *err)
{
	struct runfile_line l;
	int r;

	if (im->ended) {
		return perr_set(err, ERR_EXTRA, 0, "more after the last line");
	}
	if ((r = runfile_read(a, text, im->ask.strict ? FACT_STRICT : FACT_LENIENT, &l, err)) != 0) {
		im->counted++;
		return r;
	}
	if (l.what == RUNFILE_HEAD) {
		return take_head(im, &l, err);
	}
	if (l.what == RUNFILE_END) {
		return take_end(im, a, &l, err);
	}
	im->counted++;
	return l.what == RUNFILE_FACT ? take_fact(im, a, &l, err) : take_evidence(im, &l, err);
}

/* ---- the whole file ---- */

static int read_all(struct import *im)
{
	struct perr err;
	struct str text;
	int r;

	make_tag(im, S("by hand"));
	while (im->err == 0 && (r = lines_next(&im->lines, &text)) != ERR_NOTFOUND) {
		struct arena *a = arena_new(NULL, 0);

		err = (struct perr){ 0 };
		im->told.lines++;
		if (r == ERR_LIMIT) {
			im->counted++;
			perr_set(&err, r, 0, "longer than %zu bytes", (size_t)LIMIT_JSON_LINE);
			reject(im, im->lines.number, &err);
		} else if (r != 0) {
			im->err = r;
		} else if (str_trim(text).n != 0 && (r = take_line(im, a, text, &err)) != 0 && im->err == 0) {
			reject(im, im->lines.number, &err);
		}
		arena_free(a);
	}
	if (im->err == 0 && im->told.headed && !im->ended) {
		perr_set(&err, ERR_TRUNC, 0, "the file ends too early: its last line is missing");
		err.col = 0;
		reject(im, im->lines.number + 1, &err);
	}
	if (im->err == 0 && im->stage != NULL) {
		(void)!stage_end(im->stage);
	}
	lines_digest(&im->lines.all, im->told.sha256);
	return im->err;
}

int import_serve(struct msg_chan *chan, const struct msg *first)
{
	struct arena *a = arena_new(NULL, 0);
	struct import im = { .chan = chan, .a = a, .piece_a = arena_new(a, 0), .id = first->id };
	struct msg last = { .type = MSGS_IMPORT, .flags = MSG_LAST, .id = first->id, .fd = -1 };
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	int r;

	if (import_ask_read(str_dup(a, first->body), &im.ask) != 0) {
		arena_free(a);
		return ERR_PROTO;
	}
	lines_init(&im.lines, a, more, &im);
	im.stage = im.ask.put ? stage_new(a, &im) : NULL;
	r = read_all(&im);
	if (r != 0 && !im.refused) {
		arena_free(a);
		return r;
	}
	if (r != 0) {
		last.flags |= MSG_FAILED;
		msg_failed_write(&b, r, im.why);
	} else {
		import_told_write(&b, &im.told);
	}
	last.body = buf_view(&b);
	r = chan_send_wait(chan, &last, -1);
	arena_free(a);
	return r;
}
