/* What joins the logs of a store: the act {"do":"ledger.restore"} that begins a log says which log it goes on from, how far that one
 * goes in the copy it was restored from, and its root there (doc/formats/ledger.md, Epoch). */
#ifndef CORE_LEDGER_CHAIN_H
#define CORE_LEDGER_CHAIN_H

#include "base/json.h"
#include "core/ledger/bundle.h"

struct chain_old {
	u32 epoch;
	u64 first, size;		/* positions first .. first + size - 1 */
	u64 known;			/* size of the largest checkpoint known of it, 0: none */
	struct str origin, note;	/* note: that checkpoint, or "" */
	struct hash root;		/* at size */
};

struct chain {
	struct chain_old old;
	struct str origin;		/* of the log that begins */
	struct note_key key;		/* its first */
};

/* The epoch a log's origin ends with, 0 when it is none of ours. */
u32 chain_epoch(struct str origin);

struct str chain_old_write(struct arena *a, const struct chain_old *o);
struct str chain_write(struct arena *a, const struct chain *c);
/* From a stranger: exactly the members of the act. ERR_MISSING, ERR_TYPE, ERR_RANGE, ERR_SYNTAX, ERR_EXTRA. Texts point into v. */
int chain_old_read(struct arena *a, const struct json *v, struct chain_old *ret) MUST_USE;
int chain_read(struct arena *a, const struct json *act, struct chain *ret) MUST_USE;
/* NULL when the act leads from the log `old`, at the size of its checkpoint, to `now`; else what differs, a key of the catalogue. */
const char *chain_differs(const struct chain *c, const struct bundle_log *old, const struct bundle_log *now);

#endif
