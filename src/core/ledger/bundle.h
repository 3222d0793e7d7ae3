/* Proof bundles (doc/formats/bundle.md): one file that proves facts, answers and the texts they were judged by, alone.
 * Writer and verifier at the level of the ledger: signatures, inclusion, commitments, erasure, hashes. What the parts
 * mean (the verdicts replayed) is judged by a higher layer from what the sink receives. */
#ifndef CORE_LEDGER_BUNDLE_H
#define CORE_LEDGER_BUNDLE_H

#include "core/ledger/envelope.h"
#include "core/ledger/note.h"
#include "core/ledger/part.h"

#define BUNDLE_FORMAT "korobanu.bundle/1"
#define BUNDLE_LINE_MAX (24 * MiB)	/* a part of LIMIT_EVIDENCE_FILE in base64, with its proof */
#define BUNDLE_LINES_MAX 350000		/* their hashes fit into the last line; the whole is at most LIMIT_BUNDLE */
#define BUNDLE_LOGS_MAX 1024

enum bundle_text { BUNDLE_GUIDELINE, BUNDLE_MAPPING, BUNDLE_RULE };
extern const char *const bundle_texts[3];	/* "guideline", "mapping", "rule" */

struct bundle_part {
	u64 seq;
	u64 index;
	u32 item;			/* proven, of an erased part only held against its neighbours */
	enum part_role role;		/* likewise */
	bool erased;
	u64 erased_by;			/* erased: the entry that says so */
	struct hash commitment;
	struct salt salt;		/* not erased */
	struct str bytes;		/* not erased */
};

/* A log of the store, and its checkpoint: of a log that a restore closed at the size it was closed at. Its entries have the positions
 * first .. first + size - 1; of all logs together they go on without a gap, from 0. */
struct bundle_log {
	u64 first;
	struct note_key key;		/* which signed the checkpoint; its name is the origin */
	struct str note;		/* writing: the signed checkpoint */
	struct checkpoint checkpoint;	/* verified */
};

/* Writing. Lines go to `out` whole, in this order: begin, texts (by kind, then hash), entries (by seq), parts
 * (by seq, index), end; another order breaks a must(). A proof is given as merkle_inclusion made it.
 * Errors are sticky: later calls do nothing and bundle_w_end returns the first one. */
struct bundle_w;
typedef int bundle_out(void *ctx, struct str line);
struct bundle_w *bundle_w_new(struct arena *a, bundle_out *out, void *ctx);
void bundle_w_begin(struct bundle_w *w, struct utc made, const struct bundle_log *logs, size_t n);
void bundle_w_text(struct bundle_w *w, enum bundle_text kind, struct str body);
void bundle_w_entry(struct bundle_w *w, u64 seq, struct str envelope, const struct merkle_proof *proof);
void bundle_w_part(struct bundle_w *w, const struct bundle_part *p, const struct merkle_proof *proof);
int bundle_w_end(struct bundle_w *w) MUST_USE;

/* Verifying. */
struct bundle_info {
	struct utc made;
	const struct bundle_log *logs;	/* ascending, the one that grows last */
	size_t nlogs;
	u64 lines, texts, entries, parts, erased;
};

/* What is verified, line by line, as it is read; NULL members are skipped. Nothing is final before bundle_verify
 * returns 0. Pointers are valid during the call only. An error returned ends the run with that error and line.
 * `line` serves the caller's own errors. */
struct bundle_sink {
	int (*begin)(void *ctx, const struct bundle_info *i, struct perr *reterr);
	int (*text)(void *ctx, u32 line, enum bundle_text kind, const struct hash *sha256, struct str body,
		    struct perr *reterr);
	int (*entry)(void *ctx, u32 line, u64 seq, const struct envelope *e, struct str bytes, struct perr *reterr);
	int (*part)(void *ctx, u32 line, const struct bundle_part *p, struct perr *reterr);
	void *ctx;
};

/* Gives the next bytes, at most n, 0 at the end. */
typedef int bundle_in(void *ctx, u8 *to, size_t n, size_t *ret);

/* Reads to the end. `trusted` (may be NULL) is the key the caller knows from elsewhere, of any of the logs: when it is none of theirs, or
 * the last log is signed by another, that is ERR_INTEGRITY. The last log's checkpoint vouches for those before it (chain.h).
 * Without it the bundle proves only that the holder of the key it names made it. Any failure of the content is
 * ERR_INTEGRITY with reterr->line and what; limits of size are ERR_LIMIT; errors of `in` are passed on.
 * Memory: one line and 32 bytes for each line, 64 bytes for each entry. *ret lives in the arena. */
int bundle_verify(struct arena *a, bundle_in *in, void *in_ctx, const struct bundle_sink *sink,
		  const struct note_key *trusted, struct bundle_info *ret, struct perr *reterr) MUST_USE;

#endif
