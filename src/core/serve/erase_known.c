/* What was erased here after a copy was made is erased in the copy again, before it takes the store's place (restore.c): a copy is older
 * than what it replaces, and would bring it back.
 *
 * WHERE FROM. The entries of type `erased` of the store in the working directory, from the first one on that the copy does not hold:
 * entries are the same as long as their leaves are, and no longer, since each is salted. Where that store cannot be read, the published
 * log beside it, once all of it fits its signature and it is a log the copy knows by its origin: damaged positions would destroy. Only
 * positions of entries that both hold count.
 *
 * WHAT FOR. The same positions, by the program (`by` korobanu) and for the same basis, in the new log; personal parts of acts with the
 * objects that repeat them; an asset of which nothing is left loses keys, names and history as it did here. One erasure for each basis,
 * made of what is still there: doing it twice is doing it once.
 *
 * WHAT IS NOT KNOWN is written down, not guessed: the object `restored` of the epoch,
 *	{"end":<entries of the copy>,"from":<source>,"parts":<to erase>,"shared":<entries both hold>,"until":<entries looked at>}
 * which `db check` and `ledger verify` tell from then on, until a person states that nothing is left to erase again: the act
 * {"do":"restore.settle","epoch":<n>,"why":<text>} and its object `settled` of the epoch. */
#include "core/serve/erase_int.h"

#include "base/log.h"
#include "core/ledger/envelope.h"
#include "core/ledger/publish.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 1000

enum source {
	SOURCE_NONE,			/* there was nothing here */
	SOURCE_LOST,			/* there was, and cannot be read */
	SOURCE_OTHER,			/* there was another store, that shares no entry with the copy */
	SOURCE_LOG,
	SOURCE_STORE,
};
static const char *const sources[] = { "none", "lost", "other", "log", "store" };

struct gone {
	struct store_part at;
	int basis;			/* of envelope_bases */
};

struct erase_known {
	vec(struct gone) gone;		/* ascending, each once */
	enum source from;
	u64 end;			/* entries of the copy */
	u64 shared;			/* the entries before it are those of the copy */
	u64 until;			/* the entries before it were looked at */
	int basis;			/* that is carried out */
};

struct look {
	struct serve *s;		/* the copy */
	struct arena *a, *page;
	struct store *was;
	struct serve_log log;		/* of the copy, the one that is published here */
	u64 alike;			/* entries of it that are those published */
	struct erase_known *k;
};

/* ---- collecting ---- */

static void add_gone(struct look *l, u64 seq, u64 part, int basis)
{
	if (seq < l->k->shared && part < STORE_PART_MAX && basis >= 0) {
		*vec_add(l->a, &l->k->gone) = (struct gone){ .at = { seq, (u32)part }, .basis = basis };
	}
}

static int add_envelope(struct look *l, struct str envelope)
{
	struct envelope e;

	if (envelope_read(l->page, envelope, &e, NULL) != 0) {
		return ERR_INTEGRITY;
	}
	for (size_t i = 0; i < e.nerased; i++) {
		add_gone(l, e.erased[i].seq, e.erased[i].part, str_index(e.basis, envelope_bases, countof(envelope_bases)));
	}
	return 0;
}

static int by_place(const void *x, const void *y)
{
	const struct gone *a = x, *b = y;

	return a->at.seq != b->at.seq ? (a->at.seq < b->at.seq ? -1 : 1) :
		a->at.part != b->at.part ? (a->at.part < b->at.part ? -1 : 1) : 0;
}

static void put_in_order(struct erase_known *k)
{
	size_t n = 0;

	if (k->gone.n != 0) {
		qsort(k->gone.p, k->gone.n, sizeof *k->gone.p, by_place);
	}
	for (size_t i = 0; i < k->gone.n; i++) {
		if (n == 0 || by_place(&k->gone.p[n - 1], &k->gone.p[i]) != 0) {
			k->gone.p[n++] = k->gone.p[i];
		}
	}
	k->gone.n = n;
}

/* ---- the store that is replaced ---- */

static int same_leaf(struct look *l, u64 seq, bool *ret)
{
	struct str here, there;
	int r;

	arena_reset(l->page);
	if ((r = store_get_leaves(l->was, l->page, seq, 1, &here)) != 0 || (r = store_get_leaves(l->s->st, l->page, seq, 1, &there)) != 0) {
		return r;
	}
	*ret = here.n == HASH_LEN && str_eq(here, there);
	return 0;
}

/* How many entries both hold: they are the same up to a place and differ from there on. */
static int find_shared(struct look *l, u64 end)
{
	u64 lo = 0, hi = end < l->k->end ? end : l->k->end;

	while (lo < hi) {
		u64 mid = lo + (hi - lo + 1) / 2;
		bool same = false;
		int r = same_leaf(l, mid - 1, &same);

		if (r != 0) {
			return r;
		}
		if (same) {
			lo = mid;
		} else {
			hi = mid - 1;
		}
	}
	l->k->shared = lo;
	return 0;
}

static int read_entries(struct look *l, u64 end)
{
	u64 seq = l->k->shared;
	int r = 0;

	while (r == 0 && seq < end) {
		struct store_entry *rows;
		size_t n;

		arena_reset(l->page);
		if ((r = store_get_entries(l->was, l->page, seq, PAGE, &rows, &n)) == 0 && n == 0) {
			r = ERR_INTEGRITY;
		}
		for (size_t i = 0; r == 0 && i < n; i++, seq++) {
			struct hash leaf = merkle_leaf(rows[i].envelope);

			r = rows[i].seq != seq || memcmp(leaf.b, rows[i].leaf, sizeof leaf.b) != 0 ? ERR_INTEGRITY :
				add_envelope(l, rows[i].envelope);
			l->k->until = r == 0 ? seq + 1 : l->k->until;
		}
	}
	return r;
}

/* An erasure that had begun here counts whole. */
static int read_begun(struct look *l)
{
	struct store_object o;
	struct erase_job j;
	int r;

	arena_reset(l->page);
	if ((r = store_get_object(l->was, l->page, S("erasing"), S("1"), &o)) != 0) {
		return r == ERR_NOTFOUND ? 0 : r;
	}
	if (erase_read_job(l->page, o.body, &j) != 0) {
		return ERR_INTEGRITY;
	}
	for (size_t i = 0; i < j.marks.n; i++) {
		add_gone(l, j.marks.p[i].at.seq, j.marks.p[i].at.part, str_index(j.basis, envelope_bases, countof(envelope_bases)));
	}
	return 0;
}

/* It stays as it is: what is kept in replaced-N is what was. An older schema alone is brought up to date, or none of it could be read. */
static int open_store(struct look *l, struct perr *why)
{
	int r = store_open(".", &(struct store_opts){ .read_only = true, .no_create = true }, &l->was, why);

	return r == ERR_DENIED ? store_open(".", &(struct store_opts){ .no_create = true }, &l->was, why) : r;
}

static enum source from_store(struct look *l)
{
	struct store_head head = { 0 };
	struct perr why = { 0 };
	int r = open_store(l, &why);

	if (r == ERR_NOTFOUND) {
		return SOURCE_NONE;
	}
	if (r == 0 && (r = store_get_head(l->was, l->a, &head)) == 0 && (r = find_shared(l, head.first + head.size)) == 0 &&
	    (r = read_entries(l, head.first + head.size)) == 0) {
		r = read_begun(l);
	}
	if (r != 0) {
		log_warn("the store that is replaced cannot be read: %s", why.text[0] != '\0' ? why.text : err_text(r));
	}
	store_close(l->was);
	l->was = NULL;
	return r != 0 ? SOURCE_LOST : l->k->shared == 0 ? SOURCE_OTHER : SOURCE_STORE;
}

/* ---- the log published beside it ---- */

static int take_published(void *ctx, u64 index, struct str entry, const struct hash *leaf)
{
	struct look *l = ctx;
	struct str there;

	arena_reset(l->page);
	if (l->alike == index && index < l->log.size) {
		int r = store_get_leaves(l->s->st, l->page, l->log.first + index, 1, &there);

		if (r != 0) {
			return r;
		}
		if (there.n == HASH_LEN && memcmp(there.p, leaf->b, HASH_LEN) == 0) {
			l->alike++;
			return 0;
		}
	}
	if (l->log.first + l->alike > l->k->shared) {
		l->k->shared = l->log.first + l->alike;
	}
	return add_envelope(l, entry);
}

/* Its key is one the copy knows, or the one that lies here; its log is one of the copy's. */
static int find_published(struct look *l, int dir, struct note_key *ret_key)
{
	struct checkpoint c;
	struct serve_log *logs;
	struct str note;
	size_t n;
	int r = publish_checkpoint(l->a, dir, &note);

	if (r != 0) {
		return r;
	}
	if (serve_open_note(l->s, l->a, note, &c, ret_key, NULL) != 0 &&
	    (note_key_make(l->s->head.origin, l->s->key.pub, ret_key) != 0 || checkpoint_open(l->a, note, ret_key, &c, NULL) != 0)) {
		return ERR_INTEGRITY;
	}
	if ((r = serve_logs(l->s, l->a, &logs, &n)) != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (str_eq(logs[i].origin, c.origin)) {
			l->log = logs[i];
			return 0;
		}
	}
	return ERR_NOTFOUND;
}

static enum source from_log(struct look *l)
{
	struct erase_known was = *l->k;
	AUTO_CLOSE int dir = open("log", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct perr why = { 0 };
	struct note_key key;
	struct checkpoint c;
	int r = dir < 0 ? ERR_NOTFOUND : find_published(l, dir, &key);

	if (r == 0 && (r = publish_read(l->a, dir, &key, take_published, l, &c, &why)) == 0) {
		l->k->until = l->log.first + c.size > l->k->until ? l->log.first + c.size : l->k->until;
		if (l->log.first + l->alike > l->k->shared) {
			l->k->shared = l->log.first + l->alike;
		}
		return SOURCE_LOG;
	}
	log_warn("nor can the published ledger beside it: %s", why.text[0] != '\0' ? why.text : err_text(r));
	*l->k = was;
	return SOURCE_LOST;
}

/* ---- together ---- */

/* What of it is still there in the copy: the rest was erased there, too. */
static int drop_erased(struct look *l)
{
	struct erase_known *k = l->k;
	struct store_erased *rows = NULL;
	u64 seq = UINT64_MAX;
	size_t n = 0, nrows = 0, row = 0;

	for (size_t i = 0; i < k->gone.n; i++) {
		const struct store_part *at = &k->gone.p[i].at;

		if (at->seq != seq) {
			int r;

			seq = at->seq;
			row = 0;
			arena_reset(l->page);
			if ((r = store_get_erased(l->s->st, l->page, seq, &rows, &nrows)) != 0) {
				return r;
			}
		}
		for (; row < nrows && rows[row].part < at->part; row++) {
		}
		if (row == nrows || rows[row].part != at->part) {
			k->gone.p[n++] = k->gone.p[i];
		}
	}
	k->gone.n = n;
	return 0;
}

int erase_known_here(struct serve *s, struct arena *a, const struct erase_known **ret)
{
	struct erase_known *k = arena_alloc(a, sizeof *k);
	struct look l = { .s = s, .a = a, .page = arena_new(a, 0), .k = k };
	struct stat st;
	int r;

	*k = (struct erase_known){ .end = serve_size(s) };
	k->from = from_store(&l);
	if (k->from == SOURCE_LOST || (k->from == SOURCE_NONE && lstat("log/checkpoint", &st) == 0)) {
		k->from = from_log(&l);
	}
	put_in_order(k);
	if ((r = drop_erased(&l)) == 0) {
		*ret = k;
	}
	arena_free(l.page);
	return r;
}

static struct str epoch_id(struct arena *a, u32 epoch)
{
	return str_printf(a, "%010u", epoch);
}

struct store_object erase_known_object(struct arena *a, const struct erase_known *k, u32 epoch)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kint(&w, "end", (i64)k->end);
	jw_kstr(&w, "from", str_z(sources[k->from]));
	jw_kint(&w, "parts", (i64)k->gone.n);
	jw_kint(&w, "shared", (i64)k->shared);
	jw_kint(&w, "until", (i64)k->until);
	jw_end(&w);
	must(buf_done(&b) == 0);
	return (struct store_object){ .type = S("restored"), .id = epoch_id(a, epoch), .body = buf_view(&b) };
}

bool erase_known_told(struct serve *s, struct arena *a, u32 epoch, struct str *ret_text, enum view_answer *ret_state)
{
	struct store_object o;
	const struct json *v;
	i64 end, parts, shared, until;
	struct str from;
	const char *say = NULL;

	if (store_get_object(s->st, a, S("restored"), epoch_id(a, epoch), &o) != 0 || json_parse(a, o.body, &v, NULL) != 0 ||
	    json_get_int(v, S("end"), &end) != 0 || json_get_int(v, S("parts"), &parts) != 0 ||
	    json_get_int(v, S("shared"), &shared) != 0 || json_get_int(v, S("until"), &until) != 0 ||
	    json_get_str(v, S("from"), &from) != 0) {
		return false;
	}
	switch (str_index(from, sources, countof(sources))) {
	case SOURCE_NONE:
		say = SAY "restored-none";
		break;
	case SOURCE_OTHER:
		say = SAY "restored-other";
		break;
	case SOURCE_LOG:
		say = SAY "restored-log";
		break;
	case SOURCE_STORE:
		say = shared < end ? SAY "restored-apart" : parts != 0 ? SAY "restored-erased" : SAY "restored-same";
		break;
	default:
		say = SAY "restored-lost";
	}
	*ret_state = str_eq(from, S("store")) && shared >= end ? VIEW_PASS : VIEW_UNKNOWN;
	*ret_text = str_printf(a, "%s" SAY "n=%ju" SAY "last=%ju" SAY "shared=%ju" SAY "until=%ju" SAY "epoch=%u", say, (uintmax_t)parts,
		(uintmax_t)(end > 0 ? end - 1 : 0), (uintmax_t)(shared > 0 ? shared - 1 : 0), (uintmax_t)(until > 0 ? until - 1 : 0), epoch);
	if (*ret_state == VIEW_UNKNOWN && store_get_object(s->st, a, S("settled"), epoch_id(a, epoch), &o) == 0) {
		*ret_state = VIEW_ATTESTED;
		*ret_text = S(SAY "restored-settled" SAY);
	}
	return true;
}

/* ---- carrying it out ---- */

static bool is_known(const struct erase_known *k, u64 seq, u32 part)
{
	const struct gone want = { .at = { seq, part } }, *at;

	at = k->gone.n == 0 ? NULL : bsearch(&want, k->gone.p, k->gone.n, sizeof want, by_place);
	return at != NULL && at->basis == k->basis;
}

static int pick_known(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->parts.n; i++) {
		if (!is_known(w->known, g->seq, first + (u32)i) || !erase_part_there(p, i)) {
			continue;
		}
		if (erase_is_act(w, item, p)) {
			r = i == 0 ? 0 : erase_add_of_act(w, g, item, p, i, first);	/* what was done stays */
		} else if (i == 0) {
			erase_add_item(w, g, p, first);
			return 0;
		} else {
			erase_add_part(w, g, p, i, first, false);
		}
	}
	return r;
}

static int pick_left(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first)
{
	(void)item;
	for (size_t i = 0; !w->left && i < p->parts.n; i++) {
		w->left = erase_part_there(p, i) && !erase_marked(&w->job, g->seq, first + (u32)i);
	}
	return 0;
}

static bool has(const u64 *p, size_t n, u64 x)
{
	while (n > 0 && p[n - 1] != x) {
		n--;
	}
	return n > 0;
}

/* An asset that loses the last that was recorded of it. */
static int find_whole(struct erase_want *w)
{
	for (size_t i = 0; i < w->job.assets.n; i++) {
		u64 root = identity_root(w->s->edges, w->job.assets.p[i]), *members;
		size_t n = identity_members(w->a, w->s->edges, root, &members);
		int r = 0;

		if (has(w->job.whole.p, w->job.whole.n, root)) {
			continue;
		}
		w->left = false;
		for (size_t m = 0; r == 0 && !w->left && m < n; m++) {
			r = erase_walk_asset(w, members[m], pick_left);
		}
		if (r != 0) {
			return r;
		}
		if (!w->left) {
			*vec_add(w->a, &w->job.whole) = root;
		}
	}
	return 0;
}

static int again_for(struct serve *s, struct arena *a, struct erase_known *k)
{
	struct erase_want w = { .s = s, .a = a, .known = k, .job.basis = str_z(envelope_bases[k->basis]) };
	u64 from, to, seq = UINT64_MAX;
	int r = 0;

	for (size_t i = 0; r == 0 && i < k->gone.n; i++) {
		if (k->gone.p[i].basis == k->basis && k->gone.p[i].at.seq != seq) {
			seq = k->gone.p[i].at.seq;
			r = erase_walk_entry(&w, seq, pick_known);
		}
	}
	if (r != 0 || w.job.marks.n == 0) {
		return r;
	}
	erase_order(&w.job);
	if ((r = find_whole(&w)) == 0 && (r = erase_commit(&w, S(""), &from, &to)) == 0) {
		log_info("what was erased here is erased in the copy: %zu parts, entries %ju to %ju", w.job.marks.n, (uintmax_t)from,
			(uintmax_t)to);
	}
	return r;
}

int erase_known_again(struct serve *s, struct arena *a, const struct erase_known *k)
{
	int r = 0;

	for (int basis = 0; r == 0 && basis < (int)countof(envelope_bases); basis++) {
		struct arena *mine = arena_new(a, 0);
		struct erase_known of = *k;

		of.basis = basis;
		r = again_for(s, mine, &of);
		arena_free(mine);
	}
	return r;
}
