/* The reading operations. Each names one statement, its arguments and how a row is taken apart; where a statement is
 * a QZ its first argument is the zone flag. */
#include "core/store/store_int.h"

#include "base/buf.h"
#include "base/rd.h"

#include <string.h>

#define ZONE(st) VI((st)->zoned)
#define ARGS(...) (const struct store_val[]){ __VA_ARGS__ }
#define FOREVER INT64_MAX

/* Enters, then collects: every list has this form. The array pointer is written through a void pointer of the
 * caller's type. */
#define LIST(st, a, q, args, fill, ret, ret_n) do { \
	void *rows_; \
	int r_ = store_enter(st); \
	if (r_ == 0) \
		r_ = store_collect((st), (a), (q), (args), (fill), sizeof **(ret), &rows_, (ret_n)); \
	if (r_ == 0) \
		*(ret) = rows_; \
	return r_; \
} while (0)

#define FIRST(st, a, q, args, fill, ret) do { \
	int r_ = store_enter(st); \
	return r_ != 0 ? r_ : store_first((st), (a), (q), (args), (fill), sizeof *(ret), (ret)); \
} while (0)

static i64 cut(size_t limit)
{
	return (i64)(limit > STORE_PAGE_MAX ? STORE_PAGE_MAX : limit);
}

/* First position of an entry; past the end of what can exist for a seq that large. */
static i64 pos_of(u64 seq)
{
	return seq >= (u64)1 << 46 ? FOREVER : store_pos(seq, 0);
}

static i64 to_int(u64 v)
{
	return v > INT64_MAX ? INT64_MAX : (i64)v;
}

/* ---- the log ---- */

int store_has_chunk(struct store *st, struct str id, bool *ret, u64 *ret_seq)
{
	i64 seq = 0;
	bool found;
	int r = store_enter(st);

	if (r != 0 || (r = store_ask_int(st, Q_CHUNK_GET, ARGS(VB(id)), &seq, &found)) != 0)
		return r;
	*ret = found;
	if (found && ret_seq != NULL)
		*ret_seq = (u64)seq;
	return 0;
}

int store_get_head(struct store *st, struct arena *a, struct store_head *ret)
{
	int r = store_enter(st);

	if (r == 0)
		r = store_first(st, a, Q_HEAD_GET, NULL, fill_head, sizeof *ret, ret);
	if (r == ERR_NOTFOUND) {
		*ret = (struct store_head){ .edge = S(""), .origin = S("") };
		r = 0;
	}
	return r;
}

int store_get_entries(struct store *st, struct arena *a, u64 from, size_t limit, struct store_entry **ret,
	size_t *ret_n)
{
	LIST(st, a, Q_ENTRIES, ARGS(VI(to_int(from)), VI(cut(limit))), fill_entry, ret, ret_n);
}

int store_get_commits(struct store *st, struct arena *a, u64 seq, struct str *ret)
{
	FIRST(st, a, Q_COMMITS_GET, ARGS(VI(to_int(seq))), fill_bytes, ret);
}

struct leaves {
	u8 *p;
	size_t n;
};

static int take_leaf(void *ctx, const struct store_val *cols, size_t n)
{
	struct leaves *l = ctx;

	if (n != 1 || cols[0].type != STORE_BLOB || cols[0].s.n != STORE_HASH)
		return ERR_INTEGRITY;
	memcpy(l->p + l->n++ * STORE_HASH, cols[0].s.p, STORE_HASH);
	return 0;
}

int store_get_leaves(struct store *st, struct arena *a, u64 from, size_t n, struct str *ret)
{
	size_t max = (size_t)cut(n);
	struct leaves l = { 0 };
	int r = store_enter(st);

	if (r != 0)
		return r;
	l.p = arena_try(a, max * STORE_HASH + 1);
	if (l.p == NULL)
		return store_fail(st, ERR_NOMEM, "the answer is larger than its memory limit");
	r = store_ask(st, Q_LEAVES, ARGS(VI(to_int(from)), VI(max)), take_leaf, &l);
	if (r == ERR_INTEGRITY && st->why[0] == '\0')
		return store_fail(st, r, "a leaf after entry %llu is no hash", (unsigned long long)(from + l.n));
	if (r == 0)
		*ret = str_of(l.p, l.n * STORE_HASH);
	return r;
}

int store_get_tile(struct store *st, struct arena *a, u32 epoch, u32 level, u64 n, struct str *ret)
{
	FIRST(st, a, Q_TILE_GET, ARGS(VI(epoch), VI(level), VI(to_int(n))), fill_bytes, ret);
}

int store_get_erased(struct store *st, struct arena *a, u64 seq, struct store_erased **ret, size_t *ret_n)
{
	LIST(st, a, Q_ERASED_OF, ARGS(VI(to_int(seq))), fill_erased, ret, ret_n);
}

int store_get_checkpoints(struct store *st, struct arena *a, u32 epoch, u64 from_size, size_t limit,
	struct store_checkpoint **ret, size_t *ret_n)
{
	LIST(st, a, Q_CHECKPOINTS, ARGS(VI(epoch), VI(to_int(from_size)), VI(cut(limit))), fill_checkpoint, ret, ret_n);
}

int store_get_last_checkpoint(struct store *st, struct arena *a, bool published_only, struct store_checkpoint *ret)
{
	FIRST(st, a, Q_CHECKPOINT_LAST, ARGS(VI(published_only)), fill_checkpoint, ret);
}

int store_get_text(struct store *st, struct arena *a, const u8 sha[STORE_HASH], struct store_text *ret)
{
	FIRST(st, a, Q_TEXT_GET, ARGS(VB(str_of(sha, STORE_HASH))), fill_text, ret);
}

int store_list_texts(struct store *st, struct arena *a, struct str kind, struct store_text **ret, size_t *ret_n)
{
	LIST(st, a, Q_TEXTS, ARGS(VT(kind), VI(STORE_PAGE_MAX)), fill_text, ret, ret_n);
}

int store_get_meta(struct store *st, struct arena *a, struct str key, struct str *ret)
{
	FIRST(st, a, Q_META_GET, ARGS(VT(key)), fill_bytes, ret);
}

int store_next_asset(struct store *st, u64 *ret)
{
	i64 last = 0;
	int r = store_enter(st);

	if (r == 0)
		r = store_ask_int(st, Q_ASSET_LAST, NULL, &last, NULL);
	if (r == 0)
		*ret = (u64)last + 1;
	return r;
}

/* ---- items and evidence ---- */

int store_items_at(struct store *st, struct arena *a, u64 seq, struct store_items **ret, size_t *ret_n)
{
	LIST(st, a, Q_ITEMS_AT, ARGS(ZONE(st), VI(pos_of(seq)), VI(pos_of(seq + 1))), fill_items, ret, ret_n);
}

int store_items_of(struct store *st, struct arena *a, u64 asset, u64 from, u64 to, size_t limit,
	struct store_items **ret, size_t *ret_n)
{
	LIST(st, a, Q_ITEMS_OF, ARGS(ZONE(st), VI(to_int(asset)), VI(pos_of(from)), VI(pos_of(to)), VI(cut(limit))),
		fill_items, ret, ret_n);
}

int store_get_item(struct store *st, struct arena *a, u64 seq, u32 idx, struct store_items *ret)
{
	struct store_items it;
	i64 from = pos_of(seq);
	int r = store_enter(st);

	if (r == 0 && (idx >= STORE_ITEM_MAX || from == FOREVER))
		return store_fail(st, ERR_NOTFOUND, "there is no such item");
	if (r == 0)
		r = store_first(st, a, Q_ITEM_GET, ARGS(ZONE(st), VI(from), VI(from + idx)), fill_items, sizeof it,
			&it);
	if (r == 0 && idx - it.first >= it.n)	/* the nearest group before it may end before it */
		r = store_fail(st, ERR_NOTFOUND, "there is no such item");
	if (r == 0)
		*ret = it;
	return r;
}

int store_get_part(struct store *st, struct arena *a, u64 seq, u32 part, struct store_items *ret)
{
	FIRST(st, a, Q_ITEM_PART, ARGS(ZONE(st), VI(pos_of(seq)), VI(pos_of(seq + 1)), VI(part)), fill_items, ret);
}

int store_get_evidence(struct store *st, struct arena *a, u64 seq, u32 idx, struct store_evidence *ret)
{
	i64 from = pos_of(seq);

	FIRST(st, a, Q_EVIDENCE_GET, ARGS(ZONE(st), VI(from == FOREVER || idx >= STORE_ITEM_MAX ? FOREVER :
		from + idx)), fill_evidence, ret);
}

int store_evidence_at(struct store *st, struct arena *a, u64 seq, struct store_evidence **ret, size_t *ret_n)
{
	LIST(st, a, Q_EVIDENCE_AT, ARGS(ZONE(st), VI(pos_of(seq)), VI(pos_of(seq + 1))), fill_evidence, ret, ret_n);
}

int store_list_evidence(struct store *st, struct arena *a, u64 seq, u32 idx, bool files, size_t limit, struct store_evidence **ret,
	size_t *ret_n)
{
	LIST(st, a, Q_EVIDENCE_LIST, ARGS(ZONE(st), VI(pos_of(seq) == FOREVER ? FOREVER : pos_of(seq) + idx), VI(files),
		VI(cut(limit))), fill_evidence, ret, ret_n);
}

int store_evidence_zone(struct store *st, struct str zone, u64 *ret)
{
	const struct store_val args[] = { VT(zone) };
	i64 sum = 0;
	int r = store_enter(st);

	if (r == 0 && (r = store_args_ok(st, Q_EVIDENCE_ZONE, args, 1)) == 0 &&
	    (r = store_ask_int(st, Q_EVIDENCE_ZONE, args, &sum, NULL)) == 0)
		*ret = (u64)sum;
	return r;
}

int store_evidence_bytes(struct store *st, struct str run, u64 *ret)
{
	const struct store_val args[] = { VT(run) };
	i64 sum = 0;
	int r = store_enter(st);

	if (r == 0)
		r = store_args_ok(st, Q_EVIDENCE_BYTES, args, 1);
	if (r == 0)
		r = run.n == 0 ? store_ask_int(st, Q_EVIDENCE_BYTES_ALL, NULL, &sum, NULL) : store_ask_int(st,
			Q_EVIDENCE_BYTES, args, &sum, NULL);
	if (r == 0)
		*ret = (u64)sum;
	return r;
}

/* ---- assets ---- */

int store_get_asset(struct store *st, struct arena *a, u64 id, struct store_asset *ret)
{
	FIRST(st, a, Q_ASSET_GET, ARGS(ZONE(st), VI(to_int(id))), fill_asset, ret);
}

int store_get_state(struct store *st, struct arena *a, u64 id, struct store_asset *ret)
{
	FIRST(st, a, Q_STATE_GET, ARGS(ZONE(st), VI(to_int(id))), fill_state, ret);
}

struct walk {
	int (*fn)(void *ctx, const struct store_asset *row);
	void *ctx;
	struct store_cols c;
	u64 last;
	size_t n;
};

static int walk_row(void *ctx, const struct store_val *cols, size_t n)
{
	struct walk *w = ctx;
	struct store_asset as;

	arena_reset(w->c.a);
	w->c = (struct store_cols){ .a = w->c.a, .v = cols, .n = n };
	fill_state(&w->c, &as);
	if (w->c.err != 0)
		return w->c.err;
	w->last = as.id;
	w->n++;
	return w->fn(w->ctx, &as);
}

/* In pages, so that an engine which holds a whole answer in memory holds little. */
int store_each_state(struct store *st, u64 after, int (*fn)(void *ctx, const struct store_asset *row), void *ctx)
{
	struct walk w = { .fn = fn, .ctx = ctx, .last = after };
	int r = store_enter(st);

	if (r != 0)
		return r;
	w.c.a = arena_new(NULL, 0);
	do {
		w.n = 0;
		r = store_ask(st, Q_STATES, ARGS(ZONE(st), VI(to_int(w.last)), VI(1000)), walk_row, &w);
	} while (r == 0 && w.n == 1000);
	if (w.c.err != 0)
		r = store_taken(st, &w.c);
	arena_free(w.c.a);
	return r;
}

int store_assets_named(struct store *st, struct arena *a, struct str name, size_t limit, struct store_asset **ret,
	size_t *ret_n)
{
	LIST(st, a, Q_ASSETS_NAMED, ARGS(ZONE(st), VT(name), VI(cut(limit))), fill_asset, ret, ret_n);
}

int store_count_assets(struct store *st, u64 *ret)
{
	i64 n = 0;
	int r = store_enter(st);

	if (r == 0)
		r = store_ask_int(st, Q_ASSET_COUNT, ARGS(ZONE(st)), &n, NULL);
	if (r == 0)
		*ret = (u64)n;
	return r;
}

int store_find_key(struct store *st, struct arena *a, struct str network, struct str type, struct str value,
	struct store_claim **ret, size_t *ret_n)
{
	LIST(st, a, Q_CLAIM_FIND, ARGS(ZONE(st), VT(network), VT(type), VT(value)), fill_claim, ret, ret_n);
}

int store_claims_of(struct store *st, struct arena *a, u64 asset, struct store_claim **ret, size_t *ret_n)
{
	LIST(st, a, Q_CLAIMS_OF, ARGS(ZONE(st), VI(to_int(asset))), fill_claim, ret, ret_n);
}

int store_due(struct store *st, struct arena *a, struct utc now, size_t limit, struct store_expiry **ret, size_t *ret_n)
{
	LIST(st, a, Q_EXPIRY_DUE, ARGS(ZONE(st), VI(now.ms), VI(cut(limit))), fill_expiry, ret, ret_n);
}

int store_shared_of(struct store *st, struct arena *a, u64 asset, struct store_shared **ret, size_t *ret_n)
{
	LIST(st, a, Q_SHARED_OF, ARGS(ZONE(st), VI(to_int(asset))), fill_shared, ret, ret_n);
}

int store_shared_by(struct store *st, struct arena *a, struct str field, struct str value, u64 after, size_t limit,
	struct store_shared **ret, size_t *ret_n)
{
	LIST(st, a, Q_SHARED_BY, ARGS(ZONE(st), VT(field), VT(value), VI(to_int(after)), VI(cut(limit))), fill_shared, ret, ret_n);
}

int store_shared_count(struct store *st, struct str field, struct str value, u64 *ret)
{
	i64 n = 0;
	int r = store_enter(st);

	if (r == 0)
		r = store_ask_int(st, Q_SHARED_COUNT, ARGS(VT(field), VT(value)), &n, NULL);
	if (r == 0)
		*ret = (u64)n;
	return r;
}

/* ---- a page of assets ---- */

/* The row before the page: sort, direction, value of the sort column, name, id. Opaque to the caller: hexadecimal. */
struct cursor {
	struct str text;
	i64 number;
	struct str name;
	u64 id;
};

static bool sorts_by_number(enum store_sort s)
{
	return s == STORE_BY_ID || s == STORE_BY_LAST_SEEN;
}

static int read_cursor(struct store *st, const struct store_page *p, struct cursor *ret)
{
	u8 *raw = arena_try(st->scratch, p->cursor.n / 2 + 1);
	struct cursor c = { 0 };
	struct rd rd;
	u8 sort, desc;

	if (raw != NULL && p->cursor.n % 2 == 0 && p->cursor.n <= 64 * KiB && str_unhex(p->cursor, raw,
		p->cursor.n / 2) == 0) {
		rd = rd_of(raw, p->cursor.n / 2);
		if (rd_u8(&rd, &sort) == 0 && rd_u8(&rd, &desc) == 0 && sort == p->sort && desc == p->desc &&
		    rd_i64(&rd, &c.number) == 0 && rd_blob(&rd, &c.text) == 0 && rd_blob(&rd, &c.name) == 0 &&
		    rd_u64(&rd, &c.id) == 0 && rd_done(&rd) == 0 && c.id <= INT64_MAX) {
			*ret = c;
			return 0;
		}
	}
	return store_fail(st, ERR_SYNTAX, "this is no cursor of this list");
}

static struct str column_of(const struct store_asset *as, enum store_sort sort)
{
	switch (sort) {
	case STORE_BY_CLASS:
		return as->class;
	case STORE_BY_VENDOR:
		return as->vendor;
	case STORE_BY_NETWORK:
		return as->network;
	default:
		return (struct str){ 0 };
	}
}

static int write_cursor(struct store *st, struct arena *a, const struct store_page *p,
	const struct store_asset *last, struct str *ret)
{
	struct buf b = buf_new(st->scratch, 0);
	struct str raw;
	char *hex;
	static const char digits[] = "0123456789abcdef";

	buf_u8(&b, (u8)p->sort);
	buf_u8(&b, p->desc);
	buf_i64(&b, p->sort == STORE_BY_LAST_SEEN ? last->last_seen.ms : 0);
	buf_blob(&b, column_of(last, p->sort));
	buf_blob(&b, last->name);
	buf_u64(&b, last->id);
	raw = buf_view(&b);
	hex = arena_try(a, raw.n * 2);
	if (hex == NULL)
		return store_fail(st, ERR_NOMEM, "the answer is larger than its memory limit");
	for (size_t i = 0; i < raw.n; i++) {
		hex[2 * i] = digits[(u8)raw.p[i] >> 4];
		hex[2 * i + 1] = digits[(u8)raw.p[i] & 15];
	}
	*ret = str_of(hex, raw.n * 2);
	return 0;
}

/* The first of a sort's three statements (up, first page down, down). */
static enum store_q page_query(const struct store_page *p)
{
	switch (p->sort) {
	case STORE_BY_NAME:
		return p->class.n > 0 ? Q_PAGE_NAME_OF_CLASS_UP : p->vendor.n > 0 ? Q_PAGE_NAME_OF_VENDOR_UP :
			p->network.n > 0 ? Q_PAGE_NAME_OF_NETWORK_UP : Q_PAGE_NAME_UP;
	case STORE_BY_CLASS:
		return Q_PAGE_CLASS_UP;
	case STORE_BY_VENDOR:
		return Q_PAGE_VENDOR_UP;
	case STORE_BY_NETWORK:
		return Q_PAGE_NETWORK_UP;
	case STORE_BY_LAST_SEEN:
		return Q_PAGE_SEEN_UP;
	case STORE_BY_ID:
		break;
	}
	return Q_PAGE_ID_UP;
}

int store_page_assets(struct store *st, struct arena *a, const struct store_page *p, struct store_asset **ret,
	size_t *ret_n,
	struct str *ret_cursor)
{
	size_t want = (size_t)cut(p->limit), n;
	struct cursor c = { 0 };
	struct str next = { .p = "" };
	enum store_q q = page_query(p);
	void *rows;
	int r = store_enter(st);

	if (r != 0 || (p->cursor.n > 0 && (r = read_cursor(st, p, &c)) != 0))
		return r;
	if (p->desc)
		q = (enum store_q)(q + (p->cursor.n > 0 ? 2 : 1));
	/* one row more than asked tells whether there is a next page */
	r = store_collect(st, a, q, ARGS(ZONE(st), sorts_by_number(p->sort) ? VI(c.number) : VT(c.text), VT(c.name),
		VI(c.id),
		VT(p->class), VT(p->vendor), VT(p->network), VI(p->seen_from.ms), VI(p->seen_to.ms == 0 ? FOREVER :
		p->seen_to.ms),
		VI(p->merged), VI(want + 1)), fill_asset, sizeof **ret, &rows, &n);
	if (r == 0 && n > want) {
		n = want;
		if (n > 0)
			r = write_cursor(st, a, p, (const struct store_asset *)rows + n - 1, &next);
	}
	if (r != 0)
		return r;
	*ret = rows;
	*ret_n = n;
	*ret_cursor = next;
	return 0;
}

int store_page_after(struct store *st, struct arena *a, const struct store_page *p, const struct store_asset *row,
	struct str *ret_cursor)
{
	int r = store_enter(st);

	return r != 0 ? r : write_cursor(st, a, p, row, ret_cursor);
}

int store_asset_values(struct store *st, struct arena *a, enum store_sort column, size_t limit, struct str **ret,
	size_t *ret_n)
{
	enum store_q q = column == STORE_BY_CLASS ? Q_VALUE_CLASS : column == STORE_BY_VENDOR ? Q_VALUE_VENDOR :
		Q_VALUE_NETWORK;
	struct str *values = arena_alloc(a, (limit + 1) * sizeof *values), last = S("");
	size_t n = 0;
	int r = store_enter(st);

	while (r == 0 && n < limit && (r = store_first(st, a, q, ARGS(VT(last)), fill_words, sizeof last, &last)) == 0)
		values[n++] = last;
	if (r != 0 && r != ERR_NOTFOUND)
		return r;
	*ret = values;
	*ret_n = n;
	return 0;
}

/* ---- verdicts and objects ---- */

int store_get_verdict(struct store *st, struct arena *a, u64 asset, struct store_verdict *ret)
{
	FIRST(st, a, Q_VERDICT_GET, ARGS(ZONE(st), VI(to_int(asset))), fill_verdict, ret);
}

int store_get_verdicts(struct store *st, struct arena *a, u64 after_asset, size_t limit, struct store_verdict **ret,
	size_t *ret_n)
{
	LIST(st, a, Q_VERDICTS, ARGS(ZONE(st), VI(to_int(after_asset)), VI(cut(limit))), fill_verdict, ret, ret_n);
}

int store_changes_of(struct store *st, struct arena *a, u64 asset, u64 after_id, size_t limit,
	struct store_change **ret, size_t *ret_n)
{
	LIST(st, a, Q_CHANGES_OF, ARGS(ZONE(st), VI(to_int(asset)), VI(to_int(after_id)), VI(cut(limit))),
		fill_change, ret, ret_n);
}

int store_changes(struct store *st, struct arena *a, u64 after_id, size_t limit, struct store_change **ret, size_t *ret_n)
{
	LIST(st, a, Q_CHANGES, ARGS(ZONE(st), VI(to_int(after_id)), VI(cut(limit))), fill_change, ret, ret_n);
}

int store_get_object(struct store *st, struct arena *a, struct str type, struct str id, struct store_object *ret)
{
	FIRST(st, a, Q_OBJECT_GET, ARGS(ZONE(st), VT(type), VT(id)), fill_object, ret);
}

int store_get_object_at(struct store *st, struct arena *a, struct str type, struct str id, u64 seq,
	struct store_object *ret)
{
	struct store_object o;
	int r = store_enter(st);

	if (r == 0)
		r = store_first(st, a, Q_HISTORY, ARGS(ZONE(st), VT(type), VT(id), VI(to_int(seq)), VI(1)),
			fill_object, sizeof o, &o);
	if (r == 0 && o.remove)
		r = store_fail(st, ERR_NOTFOUND, "it was removed by entry %llu", (unsigned long long)o.seq);
	if (r == 0)
		*ret = o;
	return r;
}

int store_list_objects(struct store *st, struct arena *a, struct str type, struct str after_id, size_t limit,
	struct store_object **ret, size_t *ret_n)
{
	LIST(st, a, Q_OBJECTS, ARGS(ZONE(st), VT(type), VT(after_id), VI(cut(limit))), fill_object, ret, ret_n);
}

int store_object_history(struct store *st, struct arena *a, struct str type, struct str id,
	struct store_object **ret, size_t *ret_n)
{
	LIST(st, a, Q_HISTORY, ARGS(ZONE(st), VT(type), VT(id), VI(FOREVER), VI(STORE_PAGE_MAX)), fill_object, ret,
		ret_n);
}
