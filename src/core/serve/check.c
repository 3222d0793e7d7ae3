/* The whole store read again: the engine's own check, then every entry of every log, content and all, against what
 * was committed to; at last the published files, as a stranger reads them. */
#include "core/serve/serve_int.h"

#include "core/ledger/envelope.h"
#include "core/ledger/publish.h"

#include <string.h>

static void check_row(struct serve_reply *out, const char *what, enum view_answer state, struct str place,
	struct str text)
{
	struct view_row row = view_row(VIEW_check);

	if (out == NULL) {
		return;
	}
	view_set_str(&row, VIEW_check_what, str_z(what));
	view_set_answer(&row, VIEW_check_state, (u8)state);
	view_set_str(&row, VIEW_check_place, place);
	view_set_str(&row, VIEW_check_text, text);
	view_set_str(&row, VIEW_check_reason, S(""));
	serve_row(out, &row);
}

static enum view_answer answer_of(int result)
{
	return result == 0 ? VIEW_PASS : VIEW_FAIL;
}

/* What was erased of an entry, ascending; and the evidence whose file is not what it should be. */
struct absent {
	struct store_erased *p;
	size_t n;
	struct str bad_file;
};

/* What is not there must have been erased by an entry that says so. */
static int check_absent(const struct absent *absent, u32 part)
{
	size_t lo = 0, hi = absent->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (absent->p[mid].part < part) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo < absent->n && absent->p[lo].part == part ? 0 : ERR_INTEGRITY;
}

/* One group of items: every part against its commitment. */
static int check_group(struct serve *s, struct arena *a, const struct store_items *g, enum envelope_type type,
	struct str commits, struct absent *absent)
{
	struct rd rd = rd_str(g->body);
	u32 at = 0;

	for (u32 k = 0; k < g->n; k++) {
		struct packed p;

		/* an entry of type batch holds no act, the others nothing else */
		if (unpack_item(a, &rd, &p) != 0 || p.parts.n == 0 || (p.parts.p[0].p != NULL &&
		    packed_is_act(a, g->first + k, &p) != (type != ENVELOPE_BATCH))) {
			return ERR_INTEGRITY;
		}
		for (size_t j = 0; j < p.parts.n; j++, at++) {
			struct str bytes = p.parts.p[j];
			struct store_evidence ev = { .place = STORE_INLINE };
			struct hash c;
			struct salt salt;

			if (p.outside && j + 1 == p.parts.n) {
				if (store_get_evidence(s->st, a, g->seq, g->first + k, &ev) != 0) {
					return ERR_INTEGRITY;
				}
				if (evidence_load(s, a, &ev, &bytes) != 0) {
					absent->bad_file = str_printf(a, "EV-%ju.%u: its file evidence/%.*s is missing, or not what was recorded",
						(uintmax_t)g->seq, g->first + k, STRF(ev.body));
					return ERR_INTEGRITY;
				}
			}
			if ((at + 1) * sizeof salt > g->salts.n || (g->part + at + 1) * HASH_LEN > commits.n) {
				return ERR_INTEGRITY;
			}
			if (bytes.p == NULL && (ev.place == STORE_INLINE || ev.place == STORE_ERASED)) {
				if (check_absent(absent, g->part + at) != 0) {
					return ERR_INTEGRITY;
				}
				continue;
			}
			if (bytes.p == NULL) {
				continue;	/* kept elsewhere, or never taken */
			}
			memcpy(salt.b, g->salts.p + at * sizeof salt, sizeof salt);
			c = part_commit(packed_role(&p, j), g->first + k, &salt, bytes);
			if (memcmp(c.b, commits.p + (g->part + at) * HASH_LEN, HASH_LEN) != 0) {
				return ERR_INTEGRITY;
			}
		}
	}
	return rd_done(&rd) == 0 ? 0 : ERR_INTEGRITY;
}

/* Leaf of its envelope, parts against the inner root, content against its commitments. */
static int check_entry(struct serve *s, struct arena *a, const struct store_entry *e, struct str *ret_bad_file)
{
	struct hash leaf = merkle_leaf(e->envelope), root;
	struct store_items *groups;
	struct absent absent = { 0 };
	struct envelope env;
	struct str commits;
	size_t n;
	int r;

	if (memcmp(leaf.b, e->leaf, sizeof leaf.b) != 0 || envelope_read(a, e->envelope, &env, NULL) != 0 ||
	    store_get_commits(s->st, a, e->seq, &commits) != 0 || commits.n != env.parts * HASH_LEN) {
		return ERR_INTEGRITY;
	}
	root = part_root((const struct hash *)(const void *)commits.p, env.parts);
	if (!hash_eq(&root, &env.root)) {
		return ERR_INTEGRITY;
	}
	if ((r = store_items_at(s->st, a, e->seq, &groups, &n)) == 0) {
		r = store_get_erased(s->st, a, e->seq, &absent.p, &absent.n);
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = check_group(s, a, &groups[i], env.type, commits, &absent);
	}
	*ret_bad_file = absent.bad_file;
	return r;
}

static int check_entries(struct serve *s, struct serve_reply *out, struct arena *a, const struct serve_log *l)
{
	struct merkle_edge edge = { 0 };
	struct hash root;
	u64 seq = l->first, end = l->first + l->size;
	int r = 0;

	while (r == 0 && seq < end) {
		struct arena *page = arena_new(a, 0);
		struct store_entry *rows;
		size_t n;

		r = store_get_entries(s->st, page, seq, 100, &rows, &n);
		if (r == 0 && n == 0) {
			r = ERR_INTEGRITY;
		}
		for (size_t i = 0; r == 0 && i < n && seq < end; i++) {
			struct str bad_file = { 0 };
			struct hash leaf;

			if (rows[i].seq != seq || (r = check_entry(s, page, &rows[i], &bad_file)) != 0) {
				r = ERR_INTEGRITY;
				check_row(out, "entry", VIEW_FAIL, str_printf(a, SAY "entry" SAY "seq=%ju", (uintmax_t)seq),
					bad_file.n != 0 ? bad_file :
						S(SAY "entry-other"));
				break;
			}
			memcpy(leaf.b, rows[i].leaf, sizeof leaf.b);
			merkle_edge_append(&edge, &leaf, NULL);
			seq++;
		}
		arena_free(page);
	}
	if (r != 0) {
		return r;
	}
	root = merkle_edge_root(&edge);
	return hash_eq(&root, &l->root) ? 0 : ERR_INTEGRITY;
}

/* An earlier epoch; what is known to be lost of it is said, and is no fault of what is there. */
static void told_epoch(struct serve_reply *out, struct arena *a, const struct serve_log *l, int result)
{
	u64 lost = l->known > l->size ? l->known - l->size : 0;

	check_row(out, "epoch", result != 0 ? VIEW_FAIL : lost != 0 ? VIEW_PARTIAL : VIEW_PASS,
		str_printf(a, SAY "epoch" SAY "n=%u", l->epoch), lost != 0 && result == 0 ?
		str_printf(a,
			SAY "epoch-lost" SAY "n=%ju" SAY "from=%ju" SAY "to=%ju",
			(uintmax_t)l->size, (uintmax_t)(l->first + l->size), (uintmax_t)(l->first + l->known - 1)) :
		str_printf(a, result == 0 ? SAY "epoch-sound" SAY "n=%ju" : SAY "epoch-other" SAY "n=%ju", (uintmax_t)l->size));
}

/* What is known of erasures made after the copy that began this epoch. */
static void told_erasures(struct serve *s, struct serve_reply *out, struct arena *a, u32 epoch)
{
	struct str text;
	enum view_answer state;

	if (erase_known_told(s, a, epoch, &text, &state)) {
		check_row(out, "erasures", state, str_printf(a, SAY "epoch" SAY "n=%u", epoch), text);
	}
}

/* Tiles, entry bundles and checkpoint of the present log. That the checkpoint is a prefix of the store was seen at the start;
 * here the files are held against each other. "tile/0/000: what is wrong" names its place. */
static int check_published(struct serve *s, struct serve_reply *out, struct arena *a)
{
	const struct note_key *key = &s->note_key;
	struct perr err = { 0 };
	struct checkpoint c;
	struct str note, text, place;
	int r;

	if (s->log_dir < 0 || (r = publish_checkpoint(a, s->log_dir, &note)) == ERR_NOTFOUND) {
		return 0;
	}
	if (r == 0 && s->has_before && checkpoint_open(a, note, key, &c, NULL) != 0) {
		key = &s->key_before;
	}
	if (r == 0) {
		r = publish_verify(a, s->log_dir, key, &c, &err);
	}
	text = r == 0 ? str_printf(a, SAY "published-sound" SAY "n=%ju", (uintmax_t)c.size) : str_z(err.text);
	place = str_starts(text, S("tile/")) || str_starts(text, S("checkpoint:")) ? str_cut(&text, ':') : S("checkpoint");
	check_row(out, "published", answer_of(r), r == 0 ? S("") : str_printf(a, "log/%.*s", STRF(place)), str_trim(text));
	return r;
}

int serve_check(struct serve *s, struct serve_reply *out, struct arena *a)
{
	struct serve_log *logs;
	size_t n = 0;
	int r = store_check(s->st);

	check_row(out, "store", answer_of(r), S(""), r == 0 ? S(SAY "file-sound") : str_z(store_why(s->st)));
	if (r == 0 && (r = serve_logs(s, a, &logs, &n)) != 0) {
		check_row(out, "epoch", VIEW_FAIL, S(""), S(SAY "epoch-unreadable"));
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i > 0) {
			told_erasures(s, out, a, logs[i].epoch);
		}
		r = check_entries(s, out, a, &logs[i]);
		if (i + 1 < n) {
			told_epoch(out, a, &logs[i], r);
		} else {
			check_row(out, "ledger", answer_of(r), S(""), str_printf(a, r == 0 ? SAY "ledger-sound" SAY "n=%ju" :
				SAY "ledger-other" SAY "n=%ju", (uintmax_t)logs[i].size));
		}
	}
	if (r == 0) {
		r = check_published(s, out, a);
	}
	return r == 0 ? 0 : ERR_INTEGRITY;
}

static int check(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	size_t removed;
	int r = rd_done(body);

	if (r != 0) {
		return r;
	}
	if (serve_check(s, out, a) != 0) {
		return serve_fail(out, ERR_INTEGRITY, SAY "store-other");
	}
	if ((r = evidence_orphans(s, a, &removed)) == 0) {
		check_row(out, "evidence", VIEW_PASS, S(""), removed == 0 ? S(SAY "files-sound") :
			str_printf(a, SAY "files-removed" SAY "n=%zu", removed));
	}
	return r;
}

const struct serve_request serve_checks[] = { { MSGS_CHECK, check }, { 0, NULL } };
