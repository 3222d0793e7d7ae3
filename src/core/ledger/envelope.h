/* The envelope: the bytes of one ledger entry, RFC 8785 JSON of at most LIMIT_ENVELOPE bytes.
 * See doc/formats/ledger.md. It holds no content, no fact id and no evidence hash: a root over salted commitments,
 * and what must stay readable. */
#ifndef CORE_LEDGER_ENVELOPE_H
#define CORE_LEDGER_ENVELOPE_H

#include "base/clock.h"
#include "base/err.h"
#include "core/ledger/merkle.h"

/* What was observed or stated (facts, again, evidence); what was done (acts only); what was erased, with what was done. */
enum envelope_type { ENVELOPE_ACT, ENVELOPE_BATCH, ENVELOPE_ERASED };
extern const char *const envelope_types[3];	/* "act", "batch", "erased" */

struct position {
	u64 seq;
	u64 part;
};

#define ENVELOPE_NAME_MAX 128	/* bytes of `by` */
/* Why something was erased: a code, since an entry can never be erased itself. The words stand in a personal part. */
extern const char *const envelope_bases[6];	/* "contract", "law", "mistake", "other", "request", "retention" */

struct envelope {
	enum envelope_type type;
	struct utc at;
	struct str by;			/* pseudonym */
	u64 items;
	u64 parts;
	struct hash root;		/* over the parts; of 0 parts the empty root */
	const struct position *erased;	/* erased: strictly ascending */
	size_t nerased;
	struct str basis;		/* erased: one of envelope_bases */
};

/* Canonical bytes into the arena; ERR_LIMIT when they would be longer than LIMIT_ENVELOPE, ERR_ARG for a struct
 * envelope_read would refuse. */
int envelope_write(struct arena *a, const struct envelope *e, struct str *ret) MUST_USE;
/* Strict: canonical bytes, exactly the members of its type. Text and arrays live in the arena. */
int envelope_read(struct arena *a, struct str bytes, struct envelope *ret, struct perr *reterr) MUST_USE;
bool envelope_erases(const struct envelope *e, u64 seq, u64 part);

#endif
