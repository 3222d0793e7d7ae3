/* The core role: owns the store, the ledger key, rules and answers; speaks only our messages, never with the network.
 *
 * Everything durable happens in one place, serve_commit (commit.c): a draft of items becomes one ledger entry and, in the same
 * transaction, facts, claims, current state, verdicts and the new head (ARCHITECTURE 4.5). Requests are a table of
 * {message type, function}: this part brings its own, judge/ brings those that need rules and guidelines, main.c joins them. */
#ifndef CORE_SERVE_SERVE_H
#define CORE_SERVE_SERVE_H

#include "base/clock.h"
#include "core/fact/item.h"
#include "core/fact/state.h"
#include "core/msg/msgs.h"
#include "core/store/store.h"
#include "core/view/view.h"

struct serve;
struct serve_reply;

/* Answers one request. Rows go out with serve_row or serve_bytes; the result of the function, 0 or an error with its words
 * (serve_fail), ends the reply. `a` lives as long as the request. */
typedef int serve_request_fn(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body);
struct serve_request {
	u16 type;
	serve_request_fn *fn;
};

/* What rules make of one asset. Called inside serve_commit, and when something the verdict rests on expires. */
struct serve_verdicts {
	struct str body;			/* packed, the judge's own form */
	const struct store_change *changes;	/* against `was` */
	size_t nchanges;
	struct utc next;			/* when time alone may change one; 0: never */
};
typedef int serve_judge_fn(void *ctx, struct arena *a, u64 asset, const struct state *st, struct utc now, u64 ledger_size,
	struct str was, struct serve_verdicts *ret);

/* What a reader of lists sees of packed verdicts: the worst answer, and how many fail or are not known. */
typedef int serve_summary_fn(void *ctx, struct arena *a, struct str body, u8 *ret_worst, u32 *ret_fails, u32 *ret_unknowns);

/* Texts a store must keep beside its verdicts (rules, mappings, guidelines), written once with the first entry after they changed. The
 * one of kind "set" names all the others ("texts", a list of hashes) and by what else they are judged; which set is in force from
 * when on stands in the log (texts.c). */
typedef size_t serve_texts_fn(void *ctx, const struct store_text **ret);
/* The judge of a set of the past, for the judge's requests and for serve_judge_fn; lives in `a`. ERR_NEWER: by means this program does
 * not have. */
typedef int serve_past_fn(struct arena *a, const struct store_text *set, const struct store_text *texts, size_t n, void **ret);
/* The moment packed verdicts were reached at. */
typedef int serve_moment_fn(struct arena *a, struct str body, struct utc *ret_now, u64 *ret_size);

struct serve_parts {
	const struct serve_request *requests[4];	/* beside this part's own; each ended by type 0 */
	serve_judge_fn *judge;
	serve_texts_fn *texts;
	serve_summary_fn *summary;			/* NULL: the worst answer of a list is not known */
	serve_past_fn *past;				/* NULL: there is one judge for all times */
	serve_moment_fn *moment;			/* NULL: verdicts do not say when */
	void *(*make)(struct arena *a);			/* the judge's own context, made inside the sandbox; NULL: failed */
	bool key_given;					/* set by serve_main: the key is a credential, at ROLE_FD_KEY */
};

/* The role's main function: enters the sandbox, opens the store in its working directory, serves until nobody is left. */
int serve_main(const struct serve_parts *parts);

/* ---- for requests ---- */

struct store *serve_store(struct serve *s);
void *serve_ctx(struct serve *s);		/* of serve_parts */
u64 serve_size(const struct serve *s);		/* of the log, all epochs: the seq the next entry gets */
void serve_row(struct serve_reply *out, const struct view_row *row);
void serve_bytes(struct serve_reply *out, struct str bytes);	/* cut into messages as needed */
/* The words of a failure, for people; returns code. */
int serve_fail(struct serve_reply *out, int code, const char *fmt, ...) PRINTF(3, 4);
/* The current state of an asset (a root number) as it stands, claims included: ERR_NOTFOUND. */
int serve_state(struct serve *s, struct arena *a, u64 asset, struct state **ret, struct store_asset *ret_row) MUST_USE;
/* "AST-7" or a name that only one asset has -> its root. ERR_NOTFOUND, ERR_CONFLICT (several have it). */
int serve_asset_of(struct serve *s, struct arena *a, struct str text, u64 *ret) MUST_USE;
/* One item as it was recorded, erased parts absent. */
int serve_item(struct serve *s, struct arena *a, u64 seq, u32 index, struct item *ret, struct utc *ret_recorded) MUST_USE;
struct utc serve_now(struct serve *s);		/* core's clock: never decreases, not over restarts either */

/* ---- writing ---- */

/* What becomes one ledger entry: of type erased where it erases, act where all its items are acts, else batch, and then none may be.
 * Acts may go with an erasure, nothing else. */
struct serve_draft {
	struct str by;				/* pseudonym; "": who asked (person.c), for chunks and where nobody asked "korobanu" */
	const struct item *items;		/* at most LIMIT_BATCH_FACTS; evidence stands before the fact that names it */
	size_t nitems;
	const struct str *chunks;		/* 32-byte ids */
	size_t nchunks;
	const struct store_object *objects;	/* seq is filled in */
	size_t nobjects;
	struct str zone;			/* of the items */
	const struct store_part *erase;		/* makes it an entry of type erased; ascending */
	size_t nerase;
	struct str basis;			/* one of envelope_bases */
	bool more;				/* another entry of the same erasure follows: assets are folded with the last one */
	const u64 *refold;			/* assets that lost parts in the entries before */
	size_t nrefold;
	const u64 *forget_assets;		/* roots of which nothing is left: keys, names and history go too */
	size_t nforget_assets;
	const struct store_forget *forget;	/* what objects were before */
	size_t nforget;
	const struct identity_edge *edge;	/* a merge: the assets are folded again */
	const struct fact_key *split;		/* keys to take away from split_from; the facts that name them go with them */
	size_t nsplit;
	u64 split_from;
	u64 move;				/* an asset that belongs to another zone from now on */
	struct str move_to;
	struct str new_origin;			/* begins the next epoch: a log of this name, of which this is the first entry */
};
struct serve_done {
	u64 seq;				/* of the entry */
	size_t facts, again;			/* new facts; further sightings of known ones */
	u64 asset;				/* of a split: whom the keys went to */
};
/* Sees to it that whoever asks has a pseudonym, which costs an entry the first time: for those who must know the number of the entry
 * they are about to make, and for entries that cannot hold the act. */
int serve_know_caller(struct serve *s) MUST_USE;
/* One transaction; durable when it returns 0. ERR_EXISTS: a chunk is there already and nothing was done. ERR_ARG: items that no entry
 * may hold together, or an erasure that leaves parts of an item without its technical part.
 * An unclear COMMIT ends the process. */
int serve_commit(struct serve *s, const struct serve_draft *d, struct serve_done *ret) MUST_USE;
/* An act of a person or of the program: one item {"act":{...}} with the named members personal. */
int serve_act(struct serve *s, struct arena *a, struct str json, const struct str *personal, size_t npersonal,
	const struct store_object *objects, size_t nobjects, u64 *ret_seq) MUST_USE;
/* Writes a proof bundle (core/ledger/bundle.h) of everything recorded of these assets, the texts, and the statement: an entry that
 * was committed for it. Erased parts go with the entry that erased them. */
int serve_bundle(struct serve *s, struct serve_reply *out, struct arena *a, const u64 *assets, size_t nassets,
	const struct store_text *texts, size_t ntexts, u64 statement) MUST_USE;
/* The groups of items recorded of an asset and all that were merged into it, in ledger order: seq, first, n only. */
int serve_groups(struct serve *s, struct arena *a, u64 asset, struct store_items **ret, size_t *ret_n) MUST_USE;
/* Signs the head and publishes what is not yet: also done at most once a second, and at the end. */
int serve_publish(struct serve *s) MUST_USE;

#endif
