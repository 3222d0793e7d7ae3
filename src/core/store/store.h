/* The store: keeps what core gives it and returns it unchanged. Bodies are opaque bytes; facts, state, rules and the
 * log's mathematics are encoded by others. Two engines (SQLite in one file, PostgreSQL) behind named operations that
 * take batches; SQL stands in queries.tbl only.
 *
 * Writing: one struct store_batch, one transaction, one acknowledgement (store_commit returning 0 = durable).
 * Reading: rows land in the caller's arena and hold copies. Each row belongs to a zone; only rows inside the zones set
 * by store_open or store_set_zones are returned (`tokyo` contains `tokyo/factory-a`, not `tokyo2`). Operations marked
 * [log] return no content (envelopes, hashes, ids) and are the same for every caller.
 * Strings are UTF-8 without NUL, numbers and times not negative, else ERR_ARG on either engine; bodies are any bytes.
 *
 * Positions: an entry has a seq, counted from 0 over all epochs; an item is (seq, idx), idx < 65536; a part is
 * (seq, part) with part < 2^20. Log n of an epoch: leaf index = seq - head.first.
 *
 * Errors of every operation: ERR_NOMEM (the arena's limit), ERR_IO, ERR_NOSPACE, ERR_BUSY, ERR_DENIED (read-only
 * store or directory), ERR_INTEGRITY (the file is damaged), and what is named below. store_why() has the words.
 * One thread; one process at a time (the caller holds the directory lock). */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "base/base.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#define STORE_FILE "korobanu.db"
#define STORE_REDO STORE_FILE "-redo"
#define STORE_HASH 32
#define STORE_SALT 32
#define STORE_CACHE_MAX (512 * MiB)
#define STORE_CACHE_DEFAULT (64 * MiB)
#define STORE_ITEM_MAX 65536		/* items in one entry */
#define STORE_PART_MAX (1 << 20)	/* parts in one entry */
#define STORE_PAGE_MAX 10000		/* rows one reading operation returns at most; ask again from the last one */
#define STORE_ZONE_MAX 256

struct store;

struct store_opts {
	/* bytes of page cache, 0 = STORE_CACHE_DEFAULT; above STORE_CACHE_MAX is ERR_RANGE */
	size_t cache;
	bool read_only;			/* nothing is created, migrated or changed */
	bool no_create;			/* ERR_NOTFOUND where there is no store yet */
	/* A new store in a file without a name, in the working directory: it goes with this process, however that ends. Nothing
	 * in it is durable, nor taken back when a batch fails. */
	bool scratch;
	bool passing;			/* nothing is made durable: a copy that is read once and removed */
	/* From so many on, small entries are acknowledged from a log of their own beside the file (redo.c), for the price of one
	 * sync; 0 = never. Who opens a store with 0, or to read, does not see what a process that was killed left only there. */
	unsigned redo_after;
	const struct str *zones;	/* as store_set_zones; none = all */
	size_t nzones;
};

/* where: a directory ("." for core, whose uid may not be able to walk to it from the root: no absolute path is ever
 * made of it) or, in a program that links that engine, a postgresql:// URL (ERR_UNSUPPORTED elsewhere). Brings an older
 * schema up to date after a backup beside it (korobanu.db.before-N), see store_migrate. ERR_NEWER: made by a newer
 * program, not a byte was touched. ERR_NOTFOUND, ERR_DENIED, ERR_BUSY (another writer), ERR_INTEGRITY (no store of ours).
 * When it fails, *reterr (may be NULL) says why. */
int store_open(const char *where, const struct store_opts *opts, struct store **ret, struct perr *reterr) MUST_USE;
void store_close(struct store *st);		/* NULL is legal */
const char *store_why(const struct store *st);	/* words for the last error; valid until the next operation */
const char *store_engine_name(const struct store *st);	/* "sqlite", "postgresql" */
u32 store_schema_version(const struct store *st);	/* of the open store */
u32 store_schema_newest(void);			/* of this program */
/* After a COMMIT whose outcome is not known (failed fsync, connection lost): true, and every later operation is
 * ERR_IO. The process must end; after a restart the chunk id or the head tells what happened. */
bool store_is_dead(const struct store *st);
/* The caller's zones for every reading operation from here on; n = 0: all. Copied. At most STORE_ZONE_MAX, else
 * ERR_LIMIT. */
int store_set_zones(struct store *st, const struct str *zones, size_t n) MUST_USE;

/* ---- rows ---- */

struct store_head {
	u32 epoch;			/* 0: nothing was ever written */
	u64 first;			/* seq of this epoch's leaf 0 */
	u64 size;			/* leaves in this epoch's log; next seq = first + size */
	u8 root[STORE_HASH];
	struct str edge;		/* right edge, packed by the ledger */
	struct str origin;
};

struct store_entry {
	u64 seq;
	struct utc at;
	struct str type;
	struct str envelope;
	u8 leaf[STORE_HASH];
	struct str commits;		/* 32 bytes a part, in order; read with store_get_commits, not with entries */
};

/* Items first .. first+n-1 of an entry, all of one asset and one zone, packed by the caller. Their parts stand together
 * in the entry: part .. part + salts.n/32 - 1. An erased part has a salt of zeros. */
struct store_items {
	u64 seq;
	u32 first, n;
	u64 asset;			/* 0: belongs to no asset */
	struct str zone;
	u32 part;
	struct str salts;
	struct str body;
};

enum store_place { STORE_INLINE, STORE_IN_FILE, STORE_DROPPED, STORE_ERASED };
struct store_evidence {
	u64 seq;
	u32 idx;			/* the item's index in its entry */
	u32 part;			/* of its bytes */
	struct str kind;
	bool personal;
	u64 size;
	u8 sha[STORE_HASH];		/* zeros once erased */
	enum store_place place;
	struct str zone, run;
	struct str body;		/* STORE_INLINE: the bytes; STORE_IN_FILE: the file's name */
};

struct store_claim {
	struct str network;		/* "" for a firm key, which joins across networks */
	struct str type, value;
	u64 asset;
	i64 strength;
	struct utc since, until;	/* until 0: open */
	struct str bound;		/* what the claim hangs on, the caller's words ("" = nothing) */
	bool remove;			/* in a batch: this claim goes */
};

/* One row an asset; `state` stands in a table of its own and is read by store_get_state and store_each_state. */
struct store_asset {
	u64 id;				/* > 0, chosen by the caller: see store_next_asset */
	struct str zone;
	u64 merged_into;		/* 0: itself */
	u64 seq;			/* the entry that last changed it */
	struct utc last_seen;
	struct str name, class, vendor, network;
	/* further columns of the first page of `asset ls`, the caller's choice; not sortable */
	struct str text[4];
	struct str state;		/* in a batch: {0} leaves the stored state as it is */
};

struct store_expiry {
	u64 asset;
	struct utc at;			/* when its state must be looked at again; 0 in a batch: never */
};

/* An asset holds a value that should be one device's own. In a batch: `look` has every holder (of before and after) looked
 * at again at that time; ms 0: not. */
struct store_shared {
	struct str field, value;
	u64 asset;
	u64 seq;			/* where it was seen */
	u32 idx;
	bool remove;
	struct utc look;
};

struct store_verdict {
	u64 asset;
	u64 seq;			/* ledger size it was computed at */
	struct str body;
};

struct store_change {			/* of one machine verdict */
	u64 id;				/* order of recording; the cursor of store_changes_of */
	u64 asset;
	struct str measure, was, now, reason;
	u64 seq;
	struct utc at;
};

struct store_text {			/* rule, mapping or guideline text, kept for ever */
	u8 sha[STORE_HASH];
	struct str kind, name, body;
};

/* A small named record: network, scope, run (with its progress), zone, pseudonym, sheet, party ... */
struct store_object {
	struct str type, id, zone;
	u64 seq;			/* the entry that made this version */
	struct str body;
	/* in a batch: it goes; the history stays, with an empty body as its last version */
	bool remove;
	bool passing;			/* in a batch: replace without a row in the history (progress of a scan) */
};

struct store_tile {
	u32 level;
	u64 n;
	struct str hashes;		/* a complete tile: 256 * 32 bytes, else ERR_ARG */
};

struct store_checkpoint {
	u32 epoch;
	u64 size;
	struct str note;
	bool published;
};

struct store_part {			/* a position, for erasing */
	u64 seq;
	u32 part;
};

struct store_erased {
	u64 seq;
	u32 part;
	u64 by;				/* seq of the `erased` entry */
};

struct store_forget {			/* versions of an object recorded at or before seq lose their body */
	struct str type, id;
	u64 seq;
};

/* ---- writing ---- */

/* Everything of one entry, or (entry NULL) changes of views alone: verdicts, expiry, objects that are `passing`.
 * With an entry, `was` must be the stored head (size, root, epoch), entry->seq its next seq and now->size counts it; a
 * new epoch has now->epoch = was->epoch + 1, now->first = entry->seq, now->size = 1. The first entry of a store has
 * was->epoch 0, entry->seq 0. Rows whose key exists are replaced (assets, items, claims, verdicts, objects); entries,
 * chunks and texts are not. `items` may name groups of earlier entries: a split regroups, an erasure
 * brings the body without what was erased. Each part in `erase` loses its salt, its evidence row loses bytes and hash.
 * No array is kept. Limits: entry->envelope <= LIMIT_ENVELOPE. */
struct store_batch {
	const struct store_entry *entry;
	const struct store_head *was, *now;
	const struct str *chunks;		size_t nchunks;		/* ids, 1 to 64 bytes each */
	const struct store_items *items;	size_t nitems;
	const struct store_evidence *evidence;	size_t nevidence;
	const struct store_claim *claims;	size_t nclaims;
	const struct store_asset *assets;	size_t nassets;
	const struct store_expiry *expiry;	size_t nexpiry;
	const struct store_shared *shared;	size_t nshared;
	const struct store_verdict *verdicts;	size_t nverdicts;
	const struct store_change *changes;	size_t nchanges;	/* ids are given by the store */
	const struct store_text *texts;		size_t ntexts;		/* a hash that is there already is skipped */
	const struct store_object *objects;	size_t nobjects;
	const struct store_tile *tiles;		size_t ntiles;		/* of now->epoch */
	const struct store_part *erase;		size_t nerase;
	const struct store_forget *forget;	size_t nforget;
	const u64 *unsaid;			size_t nunsaid;		/* assets whose changes so far go; erasing */
};

/* One transaction, durable when it returns 0. ERR_EXISTS: a chunk is recorded already (*ret_chunk, may be NULL, is
 * its index in the batch); ERR_CONFLICT: the stored head is not `was`; ERR_ARG: the batch contradicts itself;
 * ERR_NOTFOUND: a part to erase is in no group. On any error nothing changed, except when store_is_dead() then says
 * that nobody knows. */
int store_commit(struct store *st, const struct store_batch *b, size_t *ret_chunk) MUST_USE;
/* Checkpoints are signed after the COMMIT they cover. Same epoch and size with another note: ERR_CONFLICT. */
int store_put_checkpoint(struct store *st, const struct store_checkpoint *c) MUST_USE;
int store_mark_published(struct store *st, u32 epoch, u64 size) MUST_USE;	/* ERR_NOTFOUND */
/* Small values of the program itself (not recorded in the log): ERR_NOTFOUND when reading an absent one. */
int store_put_meta(struct store *st, struct str key, struct str value) MUST_USE;
int store_get_meta(struct store *st, struct arena *a, struct str key, struct str *ret) MUST_USE;

/* ---- reading. `limit` is cut to STORE_PAGE_MAX; 0 rows is no error ---- */

/* Between begin and end every operation sees one state; they do not nest, and no commit may happen inside. */
int store_snapshot_begin(struct store *st) MUST_USE;
void store_snapshot_end(struct store *st);

/* [log] */
int store_has_chunk(struct store *st, struct str id, bool *ret, u64 *ret_seq) MUST_USE;	/* ret_seq may be NULL */
int store_get_head(struct store *st, struct arena *a, struct store_head *ret) MUST_USE;	/* epoch 0 when empty */
int store_get_entries(struct store *st, struct arena *a, u64 from, size_t limit, struct store_entry **ret,
	size_t *ret_n) MUST_USE;
int store_get_commits(struct store *st, struct arena *a, u64 seq, struct str *ret) MUST_USE;	/* ERR_NOTFOUND */
/* The leaf hashes of entries from .. from+n-1, 32 bytes each; fewer where the store ends. */
int store_get_leaves(struct store *st, struct arena *a, u64 from, size_t n, struct str *ret) MUST_USE;
/* ERR_NOTFOUND */
int store_get_tile(struct store *st, struct arena *a, u32 epoch, u32 level, u64 n, struct str *ret) MUST_USE;
int store_get_erased(struct store *st, struct arena *a, u64 seq, struct store_erased **ret, size_t *ret_n) MUST_USE;
int store_get_checkpoints(struct store *st, struct arena *a, u32 epoch, u64 from_size, size_t limit,
	struct store_checkpoint **ret, size_t *ret_n) MUST_USE;				/* ascending size */
/* ERR_NOTFOUND */
int store_get_last_checkpoint(struct store *st, struct arena *a, bool published_only,
	struct store_checkpoint *ret) MUST_USE;
/* ERR_NOTFOUND */
int store_get_text(struct store *st, struct arena *a, const u8 sha[STORE_HASH], struct store_text *ret) MUST_USE;
/* bodies left out */
int store_list_texts(struct store *st, struct arena *a, struct str kind, struct store_text **ret,
	size_t *ret_n) MUST_USE;
int store_next_asset(struct store *st, u64 *ret) MUST_USE;	/* 1 + the greatest id there ever was */

/* Items: of one entry, of one asset with from <= seq < to, or the group that holds one item (ERR_NOTFOUND). */
int store_items_at(struct store *st, struct arena *a, u64 seq, struct store_items **ret, size_t *ret_n) MUST_USE;
int store_items_of(struct store *st, struct arena *a, u64 asset, u64 from, u64 to, size_t limit,
	struct store_items **ret, size_t *ret_n) MUST_USE;
int store_get_item(struct store *st, struct arena *a, u64 seq, u32 idx, struct store_items *ret) MUST_USE;
/* The group of one part, with its salts: ERR_NOTFOUND. */
int store_get_part(struct store *st, struct arena *a, u64 seq, u32 part, struct store_items *ret) MUST_USE;
/* with body; ERR_NOTFOUND */
int store_get_evidence(struct store *st, struct arena *a, u64 seq, u32 idx, struct store_evidence *ret) MUST_USE;
/* inline bodies left out */
int store_evidence_at(struct store *st, struct arena *a, u64 seq, struct store_evidence **ret, size_t *ret_n) MUST_USE;
/* Of all entries, from position (seq, idx) on; `files`: only what is STORE_IN_FILE. Inline bodies left out. */
int store_list_evidence(struct store *st, struct arena *a, u64 seq, u32 idx, bool files, size_t limit, struct store_evidence **ret,
	size_t *ret_n) MUST_USE;
/* The bytes are kept elsewhere from now on: what was recorded stays. ERR_NOTFOUND: there is none, or it is erased. */
int store_move_evidence(struct store *st, u64 seq, u32 idx, enum store_place place, struct str body) MUST_USE;
int store_evidence_zone(struct store *st, struct str zone, u64 *ret) MUST_USE;	/* kept in exactly this zone */
/* kept for a run ("" = all), for the quota */
int store_evidence_bytes(struct store *st, struct str run, u64 *ret) MUST_USE;

/* Assets. state is left {0} but by store_get_state and store_each_state. */
/* ERR_NOTFOUND */
int store_get_asset(struct store *st, struct arena *a, u64 id, struct store_asset *ret) MUST_USE;
/* with state; ERR_NOTFOUND */
int store_get_state(struct store *st, struct arena *a, u64 id, struct store_asset *ret) MUST_USE;
/* Every asset with id > after that is not merged away, ascending, one at a time: `row` is valid during the call, a
 * result other than 0 ends the walk and is returned. fn must not commit. */
int store_each_state(struct store *st, u64 after, int (*fn)(void *ctx, const struct store_asset *row),
	void *ctx) MUST_USE;
/* With exactly this name, by number; not merged away. */
int store_assets_named(struct store *st, struct arena *a, struct str name, size_t limit, struct store_asset **ret,
	size_t *ret_n) MUST_USE;
int store_count_assets(struct store *st, u64 *ret) MUST_USE;	/* not merged away */

enum store_sort { STORE_BY_ID, STORE_BY_NAME, STORE_BY_CLASS, STORE_BY_VENDOR, STORE_BY_NETWORK, STORE_BY_LAST_SEEN };
struct store_page {
	enum store_sort sort;
	bool desc;
	struct str class, vendor, network;	/* equal to; {0} = any */
	struct utc seen_from, seen_to;		/* from <= last_seen < to; 0 = open */
	bool merged;				/* also those merged away */
	struct str cursor;			/* of the page before; {0} = the first */
	size_t limit;
};
/* ret_cursor: empty when there is nothing more. ERR_SYNTAX: cursor of another sort or no cursor of ours. */
int store_page_assets(struct store *st, struct arena *a, const struct store_page *p, struct store_asset **ret,
	size_t *ret_n,
	struct str *ret_cursor) MUST_USE;
/* The cursor after a row of such a page: the next page begins behind it. */
int store_page_after(struct store *st, struct arena *a, const struct store_page *p, const struct store_asset *row,
	struct str *ret_cursor) MUST_USE;
/* The different values of a column, ascending, "" left out, at most `limit`; STORE_BY_CLASS, _VENDOR, _NETWORK. Of all zones:
 * for finding how a word is spelled, not for showing. */
int store_asset_values(struct store *st, struct arena *a, enum store_sort column, size_t limit, struct str **ret,
	size_t *ret_n) MUST_USE;
/* Claims of a key, or of an asset. network {0} with n = 0 means "". */
int store_find_key(struct store *st, struct arena *a, struct str network, struct str type, struct str value,
	struct store_claim **ret, size_t *ret_n) MUST_USE;
int store_claims_of(struct store *st, struct arena *a, u64 asset, struct store_claim **ret, size_t *ret_n) MUST_USE;
/* Assets whose time has come, earliest first. */
int store_due(struct store *st, struct arena *a, struct utc now, size_t limit, struct store_expiry **ret,
	size_t *ret_n) MUST_USE;

/* What an asset holds; who holds a value, ascending by asset number after `after`; how many do, in whatever zones. */
int store_shared_of(struct store *st, struct arena *a, u64 asset, struct store_shared **ret, size_t *ret_n) MUST_USE;
int store_shared_by(struct store *st, struct arena *a, struct str field, struct str value, u64 after, size_t limit,
	struct store_shared **ret, size_t *ret_n) MUST_USE;
int store_shared_count(struct store *st, struct str field, struct str value, u64 *ret) MUST_USE;

/* ERR_NOTFOUND */
int store_get_verdict(struct store *st, struct arena *a, u64 asset, struct store_verdict *ret) MUST_USE;
int store_get_verdicts(struct store *st, struct arena *a, u64 after_asset, size_t limit, struct store_verdict **ret,
	size_t *ret_n) MUST_USE;
int store_changes_of(struct store *st, struct arena *a, u64 asset, u64 after_id, size_t limit,
	struct store_change **ret, size_t *ret_n) MUST_USE;
int store_changes(struct store *st, struct arena *a, u64 after_id, size_t limit, struct store_change **ret,
	size_t *ret_n) MUST_USE;						/* of every asset, in order of recording */

/* ERR_NOTFOUND */
int store_get_object(struct store *st, struct arena *a, struct str type, struct str id,
	struct store_object *ret) MUST_USE;
/* As it stood after entry seq: ERR_NOTFOUND before it existed or after it went. */
int store_get_object_at(struct store *st, struct arena *a, struct str type, struct str id, u64 seq,
	struct store_object *ret) MUST_USE;
int store_list_objects(struct store *st, struct arena *a, struct str type, struct str after_id, size_t limit,
	struct store_object **ret, size_t *ret_n) MUST_USE;
int store_object_history(struct store *st, struct arena *a, struct str type, struct str id,
	struct store_object **ret, size_t *ret_n) MUST_USE;

/* ---- care ---- */

/* What the engine can say about the file: 0 or ERR_INTEGRITY with store_why() naming the first damage. The log itself
 * is checked by the ledger, from store_get_entries and store_get_commits. */
int store_check(struct store *st) MUST_USE;
/* A whole, consistent copy at `path` (which must not exist: ERR_EXISTS; relative names as in store_open), made while
 * the store is in use, complete when it returns 0, not synced: whoever keeps it syncs it. PostgreSQL: ERR_UNSUPPORTED,
 * store_why() names pg_dump. */
int store_backup(struct store *st, const char *path) MUST_USE;

/* Brings the log of a restored copy to a new epoch: nothing here, the caller commits a batch whose head has the next
 * epoch. What was in the file is kept as it is. */

#endif
