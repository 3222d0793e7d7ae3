/* The statement of a proof bundle: what it says of each asset, as acts of one ledger entry, so that the statement itself is proved.
 *
 *   {"do":"proof.asset", "asset":"AST-1", "claims":[...], "items":[[seq, first, n], ...], "peers":[...]}
 *       whose keys these were, which items of the log speak of it, and who else held what should be its own
 *   {"do":"proof.verdict", "asset", "clock", "kinds":["host/1", ...], "language", "measure", "now", "quality", "read":[[seq, index], ...],
 *    "read_all", "reasons":[...], "rule":hash, "size", "state"}
 *   {"do":"proof.control", "asset", "control", "guideline", "guideline_text":hash, "mappings":[hash, ...], "state"}
 *
 * clock, kinds, language and quality are what judging rests on beside the facts and the text of the rule; the lease times stand in the claims.
 * A reader folds the items, sets the claims and peers, runs the rule with that `now`, and must come to the same state and reasons. */
#ifndef JUDGE_PROOF_STATEMENT_H
#define JUDGE_PROOF_STATEMENT_H

#include "base/json.h"
#include "core/catalog/catalog.h"
#include "core/fact/item.h"
#include "core/fact/state.h"
#include "core/lang/tri.h"
#include "core/view/view.h"

struct statement_items {
	u64 seq;
	u32 first, n;
};

struct statement_asset {
	struct str asset;
	const struct claim *claims;
	size_t nclaims;
	const struct state_peer *peers;		/* their asset numbers stay at home */
	size_t npeers;
	const struct statement_items *items;
	size_t nitems;
	bool keyless;				/* read without claims and peers: they were erased, or somebody left them out */
};

struct statement_verdict {
	struct str asset, measure;
	enum tri v;
	u16 why;
	struct utc now;
	u64 size;
	struct str rule;			/* hex */
	u32 language;				/* LANG_VERSION_OF_RULES */
	u32 quality;				/* SEEN_QOD_DECIDES */
	u32 clock;				/* SEEN_CLOCK_AHEAD_MS */
	const struct str *kinds;		/* those the rule reads, as "name/version", ascending */
	size_t nkinds;
	const struct state_pos *read;
	size_t nread, nread_all;		/* all that decided; read is cut where it is shorter */
};

struct statement_control {
	struct str asset, guideline, control;
	enum view_answer state;
	struct str guideline_text;		/* hex */
	const struct str *mappings;		/* hex, in catalog order */
	size_t nmappings;
};

/* Each writes one act as JSON. */
void statement_write_asset(struct buf *b, const struct statement_asset *s);
void statement_write_verdict(struct buf *b, const struct statement_verdict *s);
void statement_write_control(struct buf *b, const struct statement_control *s);

enum statement_type { STATEMENT_NONE, STATEMENT_ASSET, STATEMENT_VERDICT, STATEMENT_CONTROL };
struct statement {
	enum statement_type type;		/* STATEMENT_NONE: an act of another kind */
	union {
		struct statement_asset asset;
		struct statement_verdict verdict;
		struct statement_control control;
	};
};
/* From a stranger. ERR_MISSING, ERR_TYPE, ERR_RANGE, ERR_SYNTAX, ERR_EXTRA; ERR_UNKNOWN, ERR_NEWER: words of a newer program. */
int statement_read(struct arena *a, const struct json *act, struct statement *ret) MUST_USE;

#endif
