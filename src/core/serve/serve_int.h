/* What the files of core/serve share. */
#ifndef CORE_SERVE_SERVE_INT_H
#define CORE_SERVE_SERVE_INT_H

#include "base/map.h"
#include "base/json.h"
#include "base/vec.h"
#include "core/ledger/note.h"
#include "core/ledger/part.h"
#include "core/ledger/tile.h"
#include "core/msg/chunk.h"
#include "core/serve/serve.h"

#include <nettle/sha2.h>

/* One PUT_CHUNK on its way into an entry. */
struct chunk_in {
	struct chunk c;
	struct str id;			/* 32 bytes: what the store knows it by */
	struct utc since;		/* its sender began or took up the run then; 0: nothing is known of that */
	size_t facts, parts;
	int r;				/* what it is answered with */
	char why[160];			/* words for r; may be empty */
};
#define CHUNKS_WAITING 1024		/* so many wait at most; an empty one costs its place, too */

/* Evidence on its way, in a file of its own: see evidence.c. */
struct staged {
	u8 sha[HASH_LEN];
	u64 size, at, order;
	char name[48];			/* "": free */
	int fd;				/* -1: whole */
	bool final;			/* it has the name it stays with, and belongs to an entry that is being made */
	struct sha256_ctx ctx;
};
#define STAGED_MAX 16

struct serve {
	struct arena *a;		/* lives as long as the process */
	struct store *st;
	const struct serve_parts *parts;
	void *ctx;			/* parts->make() */
	struct ledger_key key;
	struct note_key note_key;
	struct note_key key_before;	/* until the last exchange: what is published may be signed by it */
	bool has_before;
	struct arena *head_arena;	/* holds head.edge and head.origin; replaced with each commit */
	struct store_head head;
	struct merkle_edge edge;
	struct identity_edges *edges;
	struct utc last_at;		/* recorded_at of the newest entry */
	i64 ahead_ms;			/* added to the clock: tests move time */
	struct utc then;		/* the clock stands still: what was known is asked for (replay.c); ms 0: it does not */
	bool texts_told;		/* the log says by which texts answers are reached */
	bool texts_kept;		/* and the store holds them all: no commit brings them again */
	struct utc due;			/* when the next asset must be judged again, ms 0: never; as long as due_known */
	bool due_known;
	u64 published;			/* size last published in this epoch */
	struct mono signed_at;
	int log_dir;
	struct vec_conn {
		struct conn **p;
		size_t n, cap;
	} conns;
	struct {			/* PUT_CHUNKs that have arrived and become one entry before anything else is answered */
		struct arena *a;	/* holds their bodies; reset with each entry */
		struct chunk_in in[CHUNKS_WAITING];
		struct serve_reply *out;	/* CHUNKS_WAITING of them */
		size_t n, facts, items;
	} waiting;
	const char *evidence_dir;
	struct staged staged[STAGED_MAX];
	u64 stages;			/* begun so far */
	u64 quota_run, quota_zone;
	struct map evidence_used;	/* "z" zone or "r" run -> u64 *: bytes kept */
	bool main_gone;
	i64 caller;			/* uid of who asks for what is being done; -1: nobody does */
	const struct conn *asking;	/* whose request is answered; NULL: nobody's */
};

/* One connection: main's channel or a command's. */
struct conn {
	struct msg_chan *chan;
	bool is_main, greeted, closing;
	i64 uid;			/* who is at its other end; -1: not known */
	struct str *zones;		/* what it sees; none: everything */
	size_t nzones;
	char run[65];			/* whose chunks it sends, "": none (run_bind) */
	struct utc run_since;		/* by the clock on the wall, which the sensors use too */
	struct replay *past;		/* what was known then, where it asks for that; NULL: it asks for the present */
	struct replay *verdicts;	/* changes of verdicts that are being reached again */
};

struct serve_reply {
	struct serve *s;
	struct conn *to;
	u16 type;
	u32 id;
	bool marked;			/* a row of the demo: it was said */
	struct pick *pick;		/* NULL: every row goes out as it comes */
	int err;			/* of sending: the peer is gone */
	char text[320];
};

/* A log of this store: the one that grows, or an earlier one that a restore closed. */
struct serve_log {
	struct serve *s;
	u32 epoch;
	u64 first, size;		/* positions first .. first + size - 1 */
	u64 known;			/* closed: size of the largest checkpoint known of it */
	struct str origin;
	struct hash root;
};

/* The name of a new log, of fresh randomness. The log of a demo is called so from its first entry, over restores too, and with it every
 * checkpoint and proof. */
struct str serve_new_origin(struct arena *a, bool demo, u32 epoch);
bool serve_is_demo(struct str origin);

/* logs.c */
struct serve_log serve_log_now(struct serve *s);
int serve_logs(struct serve *s, struct arena *a, struct serve_log **ret, size_t *ret_n);	/* ascending, the growing one last */
int serve_log_node(void *ctx, u32 level, u64 index, struct hash *ret);	/* merkle_fetch; ctx is a serve_log */
/* keys.c */
int serve_find_key(struct serve *s, bool make);		/* into s->key, whatever the store says of it */
int serve_load_key(struct serve *s);			/* the one the store names; finishes an exchange that was cut off */
/* By any key ever ours; ret_key may be NULL. */
int serve_open_note(struct serve *s, struct arena *a, struct str note, struct checkpoint *ret, struct note_key *ret_key,
	struct perr *why);
struct str serve_key_object(struct arena *a, const struct note_key *before, const struct note_key *now);
int serve_key_of(struct arena *a, struct str body, struct note_key *ret);
/* restore.c: at the start, before the store is opened: a copy that waits to be restored takes its place. */
int serve_restore(struct serve *s);
/* check.c: out may be NULL. 0 or ERR_INTEGRITY. */
int serve_check(struct serve *s, struct serve_reply *out, struct arena *a);
/* serve.c */
/* Everything but the sandbox and the loop, on the store in the working directory: what serve_main, tests and benchmarks begin with.
 * Lives in `a`; serve_close when it is no longer needed, also after an error where *ret is set. */
int serve_open(struct arena *a, const struct serve_parts *parts, struct serve **ret) MUST_USE;
void serve_close(struct serve *s);		/* NULL is legal; does not publish */
/* One message of a connection. A chunk waits for others until another message comes, or the loop polls. False: the peer may not say
 * this, and is dropped. */
bool serve_answer(struct serve *s, struct conn *c, const struct msg *m);
int serve_last_recorded(struct serve *s);
int serve_load_edges(struct serve *s);		/* again, after a commit that failed had changed them in memory */
int serve_node(void *ctx, u32 level, u64 index, struct hash *ret);	/* merkle_fetch over the store; ctx is the serve */
int serve_sign(struct serve *s, struct arena *a, struct str *ret);	/* the signed note of the head */
/* person.c: puts the pseudonym of who asks into the draft's `by`. One that is new comes with an act of this entry, beside a single act
 * that stands there, or of an entry of its own before. */
int person_sign(struct serve *s, struct arena *a, struct serve_draft *d) MUST_USE;
int person_caller(struct serve *s, struct arena *a, struct str *ret) MUST_USE;	/* "" nobody; ERR_NOTFOUND: no pseudonym yet */
/* texts.c: the act of an entry that says by which texts answers are reached from it on. */
#define TEXTS_ACT "judge.texts"
/* Sees to it that the log says so before anything else is recorded: an entry of its own, or, where the log begins with the draft, a
 * part of it. */
int texts_sign(struct serve *s, struct arena *a, struct serve_draft *d) MUST_USE;
void texts_put(const struct serve *s, struct store_batch *b);	/* the texts, where the store may not hold them yet */
/* replay.c */
struct replay;
void replay_free(struct replay *p);		/* NULL is legal */
struct serve *replay_core(struct replay *p);	/* answers as it would have then; NULL: it is not folded up to there yet */
/* evidence.c. What stands in files is read whole, and held against its hash: ERR_INTEGRITY. */
int evidence_load(struct serve *s, struct arena *a, const struct store_evidence *ev, struct str *ret) MUST_USE;
/* Bytes that came in pieces, by their hash, as an item to record; `before` are the items of the same entry. ERR_NOTFOUND. */
int evidence_take(struct serve *s, struct arena *a, struct str sha, const struct item *before, size_t n, struct item *ret) MUST_USE;
void evidence_kept(struct serve *s, const struct item *items, size_t n);	/* they are recorded */
/* Is there room for `size` bytes more? They are counted then. run "": none. */
int evidence_room(struct serve *s, struct str zone, struct str run, u64 size, bool *ret) MUST_USE;
int evidence_sweep(struct serve *s) MUST_USE;			/* files of what was erased go */
int evidence_orphans(struct serve *s, struct arena *a, size_t *ret_removed) MUST_USE;	/* files that nothing refers to go */
/* A copy of the store holds the files' bytes in itself, and a store begun from one has files again. */
int evidence_pack(struct serve *s, struct store *copy) MUST_USE;
int evidence_unpack(struct serve *s) MUST_USE;
void evidence_close(struct serve *s);
/* attach.c */
bool evidence_id(struct str text, u64 *ret_seq, u32 *ret_index);	/* "EV-12.3" or "12.3" */
/* acts.c: what a person says of an asset (a root), as an item. */
int serve_person_fact(struct serve *s, struct serve_reply *out, struct arena *a, u64 asset, struct str kind, const struct json *place,
	const struct json *value, struct item *ret, struct str *ret_zone) MUST_USE;
/* erase_job.c: an erasure of several entries that was cut off goes on. At the start, before anybody is answered. */
int erase_resume(struct serve *s) MUST_USE;
/* erase_known.c: what was erased in the store that a copy replaces. `s` has the copy open, the working directory holds the other. */
struct erase_known;
/* Only errors of the copy are errors: what cannot be read here is not known, which the object says. */
int erase_known_here(struct serve *s, struct arena *a, const struct erase_known **ret) MUST_USE;
/* The object that tells it of the epoch that begins with the restore. */
struct store_object erase_known_object(struct arena *a, const struct erase_known *k, u32 epoch);
int erase_known_again(struct serve *s, struct arena *a, const struct erase_known *k) MUST_USE;	/* carried out in the copy */
/* The words for the restore that began this epoch, as a row of `db check` tells them; false: nothing was written down of it. */
bool erase_known_told(struct serve *s, struct arena *a, u32 epoch, struct str *ret_text, enum view_answer *ret_state);
/* The store shows what a connection may see while it is answered, everything else of the time. What is not a row for the caller (a
 * commit, the entries of a proof that belong to no asset) is read with every zone: serve_zones(s, NULL) before, and back after. */
int serve_zones(struct serve *s, const struct conn *c) MUST_USE;
/* commit.c */
/* Adds the member `objects` to an act: the [type, id] of what it makes. */
int act_name_objects(struct arena *a, const struct store_object *objects, size_t n, const struct json **act) MUST_USE;
int serve_load_head(struct serve *s);
/* fold.c: states and claims as they stand, changed by one commit. */
struct fold;
struct fold *fold_new(struct arena *a, struct serve *s, struct utc recorded);
/* Resolves whom a fact is about and folds it; `again` comes back when the state holds this very fact. */
int fold_fact(struct fold *f, const struct fact *fact, const struct seen *seen, struct state_pos pos, u64 *ret_asset,
	bool *ret_again, struct state_pos *ret_first);
/* Joins two assets from now on; `reason` is for the history. Already one: nothing happens. */
int fold_edge(struct fold *f, const struct identity_edge *e, struct str reason);
int fold_move(struct fold *f, u64 asset, struct str zone) MUST_USE;	/* an asset (a root) belongs to that zone from now on */
/* Takes keys away from an asset (a root): to the number that was merged into it with exactly these, else to a new one. Items go with the
 * strongest key of their subject; the groups that change come back. ERR_NOTFOUND: it does not hold one of the keys; ERR_CONFLICT:
 * nothing would be left to it. */
int fold_split(struct fold *f, u64 asset, const struct fact_key *keys, size_t nkeys, u64 *ret_to,
	const struct store_items **ret_groups, size_t *ret_n) MUST_USE;
size_t fold_edges(const struct fold *f, const struct identity_edge **ret);	/* those made so far, roots as they were */
/* Folds an asset again from its items, leaving out what `erase` names. */
int fold_again(struct fold *f, u64 asset, const struct store_part *erase, size_t nerase);
/* All that is kept of an asset (a root) beside its items goes: keys, columns, history, also of those merged into it. The numbers stay,
 * so that none is given twice. Adds to *ret, the assets whose changes so far go. */
int fold_forget(struct fold *f, u64 asset, const u64 **ret, size_t *ret_n) MUST_USE;
/* An asset is judged and listed again as of the fold's time, though nothing of it changes. */
int fold_look(struct fold *f, u64 asset);
/* Of a fact that was folded whole a part is erased, or (NULL) a fact of this asset is erased whole; the asset may be new. */
int fold_erased(struct fold *f, u64 asset, const struct fact *fact) MUST_USE;
/* seq 0: no entry is made, rows keep the number of theirs. */
int fold_finish(struct fold *f, u64 seq, u64 size, struct str zone, struct store_batch *b);
/* The state of an asset (a root) from the items and claims in the store, whatever its row holds. */
int fold_stored(struct serve *s, struct arena *a, u64 asset, struct state **ret) MUST_USE;

/* due.c: judges again what time has changed, a part of it at most; sets s->due. Cheap when nothing is due. */
int serve_due(struct serve *s);

/* claims.c */
struct claims {
	struct claim *p;
	size_t n, cap;
};
/* Every claim of a key, or of an asset (a root) and all that were merged into it; oldest first of each key. */
int claims_of_key(struct serve *s, struct arena *a, struct str network, enum fact_key_type type, struct str value,
	struct claims *ret) MUST_USE;
int claims_of_asset(struct serve *s, struct arena *a, u64 asset, struct claims *ret) MUST_USE;
/* The row of of's key and asset number, from all claims of that key. */
struct store_claim claims_row(struct arena *a, const struct claim *p, size_t n, const struct claim *of);
struct str claims_key(struct arena *a, struct str network, enum fact_key_type type, struct str value);

/* shared.c: who else holds what should be one device's own. */
struct shared_rows {
	struct store_shared *p;
	size_t n, cap;
};
/* Gives a state its peers, as the store knows them. */
int shared_peers(struct serve *s, struct arena *a, u64 asset, struct state *st, struct utc now) MUST_USE;
/* Adds the rows that change now that the asset's state is this one; NULL: it speaks for nothing any more. `begun`: the
 * store knows nothing of it yet. */
int shared_change(struct serve *s, struct arena *a, u64 asset, bool begun, const struct state *st, struct utc now,
	struct shared_rows *rows) MUST_USE;
/* Rows of view shared: with whom the asset shares what. */
int shared_send(struct serve *s, struct serve_reply *out, struct arena *a, u64 asset, const struct state *st) MUST_USE;
/* asks.c: the asset a request names, with its state; what is wrong with the name was said. */
int serve_asked(struct serve *s, struct serve_reply *out, struct arena *a, struct str text, u64 *ret_id, struct state **ret,
	struct store_asset *ret_row) MUST_USE;
/* asks.c: a state as it is packed, without its peers. */
int serve_packed(struct serve *s, struct arena *a, u64 asset, struct state **ret, struct store_asset *ret_row) MUST_USE;

/* chunks.c */
/* Reads what came into *ret; texts point into body. Errors of chunk_read. */
int chunk_take(struct arena *a, struct str body, struct chunk_in *ret) MUST_USE;
/* Chunks become entries, as few as the limits of an entry allow; each `in` gets its answer in r and why. A chunk that is there
 * already is a success. */
void chunks_put(struct serve *s, struct chunk_in *in, size_t n);

/* items.c: the packed body of store_items. */
struct packed {			/* one item of a group */
	struct item_parts parts;
	bool evidence;		/* the last part is evidence bytes */
	bool outside;		/* and stands in the evidence table, not erased */
};
enum part_role packed_role(const struct packed *p, size_t k);	/* of part k */
bool packed_is_act(struct arena *a, u32 item, const struct packed *p);	/* false once its technical part is erased */
void pack_item(struct buf *b, const struct packed *p);
int unpack_item(struct arena *a, struct rd *rd, struct packed *ret) MUST_USE;
/* The next groups of an asset number in ledger order, entry by entry whole, beginning with entry *from, which moves on. *ret_n 0: no more. */
int items_page(struct serve *s, struct arena *a, u64 asset, u64 *from, struct store_items **ret, size_t *ret_n) MUST_USE;
int items_read(struct arena *a, const struct store_items *g, struct item *ret) MUST_USE;	/* g->n of them; bytes of evidence that is there: "" */
/* `erase` ascends. ERR_ARG: a technical part would go and leave parts of its item behind, which nobody could tell apart; or that of an
 * act: what was done stays, and logs, keys and proofs hang on it. */
int items_forget(struct arena *a, const struct store_items *g, const struct store_part *erase, size_t n,
	struct store_items *ret) MUST_USE;

/* pick.c: which rows of a list its reader asked for, and in which order. */
/* Reads blob filter, blob sort ("name", "-name", "" as they come), u32 limit (0: all) to the end of body. From here on serve_row sends
 * those rows of the view only that are asked for. ERR_SYNTAX, ERR_UNKNOWN and others with words. */
int pick_open(struct serve_reply *out, struct arena *a, enum view_number view, struct rd *body) MUST_USE;
bool pick_full(const struct serve_reply *out);		/* no further row would be sent */
bool pick_takes(struct serve_reply *out, const struct view_row *row);	/* of serve_row: does it go out now? */
int pick_close(struct serve_reply *out) MUST_USE;	/* sends what waited for its order */

/* assets.c */
extern const struct serve_request serve_assets[];
/* Rows of view conflict: what persons and documents said differently of assets that were joined since, as long as nobody said it anew. */
int serve_conflicts(struct serve *s, struct serve_reply *out, struct arena *a, u64 asset) MUST_USE;
void serve_put_value(struct json_w *w, const struct fact_value *v);
void serve_services(struct serve_reply *out, struct arena *a, const struct state *st, struct utc now, struct str asset);
/* What stands in the row of an asset besides its state, so that a filter need not read that: what t2 and t3 hold. "=" and the ports
 * found open, the names of its services, a blank between; "" when there are too many. */
struct str asset_text(const struct state *st, const char *kind, const char *field, struct utc now);	/* the current one, or "" */
struct str asset_ports_text(struct arena *a, const struct state *st, struct utc now);
struct str asset_services_text(struct arena *a, const struct state *st, struct utc now);

/* asks.c, facts.c, acts.c, erase.c, logs.c, keys.c, restore.c, check.c */
extern const struct serve_request serve_asks[];
extern const struct serve_request serve_facts[];
extern const struct serve_request serve_acts[];
extern const struct serve_request serve_erasures[];
extern const struct serve_request serve_pieces[];
extern const struct serve_request serve_attachments[];
extern const struct serve_request serve_logs_asks[];
extern const struct serve_request serve_key_acts[];
extern const struct serve_request serve_copies[];
extern const struct serve_request serve_checks[];
extern const struct serve_request serve_transfers[];
extern const struct serve_request serve_registers[];
extern const struct serve_request serve_replays[];
extern const struct serve_request serve_events[];

/* acts.c: "10.7.0.0/24", "10.7.0.2", "fe80::/64". */
struct prefix {
	u8 b[16];
	int family;
	unsigned bits;
};
int prefix_of(struct str s, struct prefix *ret) MUST_USE;
bool prefix_holds(const struct prefix *outer, const struct prefix *inner);

/* runs.c: who sends the chunks of a run, and what they may say. */
#define RUN_ID_MAX 64
/* The connection that asked is from now on the sender of this run's chunks, and of no other's. ERR_BUSY: another one is. */
int run_bind(struct serve_reply *out, struct str run) MUST_USE;
void run_unbind(struct serve_reply *out, struct str run);
bool run_bound(const struct conn *c, struct str run);
/* Pointers live in the arena given. Not open: nobody began it, or it has ended; whoever takes chunks from a connection asks first. */
struct run_limits {
	bool open;
	bool imported, believed;
	const struct json *networks;	/* of an import */
	struct str run;			/* of a run of our own */
	struct str network;		/* of that, or the first of the import; "" not known */
	const struct prefix *targets;
	size_t ntargets;
	int vantage;			/* that the scope states, 0: none */
	struct utc from, until;		/* observed between them; from 0: since ever */
};
struct run_limits run_limits(struct serve *s, struct arena *a, struct str run, struct utc since);
/* ERR_REFUSED; else the sighting counts no more than it may. */
bool list_has(const struct json *list, struct str s);	/* a list of texts; NULL and others hold nothing */
int run_check(const struct run_limits *l, const struct fact *f, struct seen *seen) MUST_USE;

#endif
