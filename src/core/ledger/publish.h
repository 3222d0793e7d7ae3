/* Publishing: files made from what is committed already, so that anyone with a tlog-tiles reader can follow the log.
 * Always repeatable; a run killed anywhere is finished by the next one with the same arguments. */
#ifndef CORE_LEDGER_PUBLISH_H
#define CORE_LEDGER_PUBLISH_H

#include "core/ledger/note.h"
#include "core/ledger/tile.h"

struct publish {
	int dir;			/* the log directory, open, ours alone */
	u64 from;			/* size the last completed run published; 0 publishes everything again */
	struct str checkpoint;		/* signed note of the new head */
	const struct note_key *key;
	const struct note_key *key_before;	/* before the last rotation, or NULL: it may have signed */
	merkle_fetch *node;		/* complete nodes of the tree of the new size */
	int (*entry)(void *ctx, u64 seq, struct str *ret);	/* envelope bytes, valid until the next call */
	void *ctx;
};

/* ERR_INTEGRITY when the new checkpoint, the nodes and the published checkpoint do not agree: the published one is
 * larger, of the same size with another root, of another origin, or no prefix of the new tree. Nothing is written then.
 * ERR_IO, ERR_NOSPACE, ERR_DENIED, ERR_SYS from the file system. A failed fsync is ERR_IO and the run must not be
 * trusted again by the same process: the caller ends. */
int publish_run(struct arena *scratch, const struct publish *p, struct perr *reterr) MUST_USE;

/* Reads a published log alone, as a stranger would: the signature, every entry against its tile, every tile against the
 * tiles above, the root. ERR_INTEGRITY names the file. The checkpoint lives in the arena; memory does not grow with
 * the log. */
int publish_verify(struct arena *a, int dir, const struct note_key *key, struct checkpoint *ret,
		   struct perr *reterr) MUST_USE;

/* The same, and every entry is shown with its leaf: in order, before anybody knows that the log holds, so what is taken counts only
 * when this returns 0. An error of `take` ends the reading and is returned. */
typedef int publish_take_fn(void *ctx, u64 index, struct str entry, const struct hash *leaf);
int publish_read(struct arena *a, int dir, const struct note_key *key, publish_take_fn *take, void *ctx, struct checkpoint *ret,
		 struct perr *reterr) MUST_USE;

/* The published checkpoint's bytes; ERR_NOTFOUND when there is none. */
int publish_checkpoint(struct arena *a, int dir, struct str *ret) MUST_USE;

#endif
