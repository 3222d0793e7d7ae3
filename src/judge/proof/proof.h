/* Proof bundles: made by core on request (PROVE), checked anywhere from the file alone. */
#ifndef JUDGE_PROOF_PROOF_H
#define JUDGE_PROOF_PROOF_H

#include "core/ledger/bundle.h"
#include "core/serve/serve.h"

extern const struct serve_request proof_requests[];	/* for serve_parts; its ctx is a struct judge * */

/* Checks a bundle: everything core/ledger/bundle.h checks, then every verdict is judged again from the disclosed facts with the
 * texts of the bundle, and every control from those. `row` (may be NULL) gets one row of view check each, all of them when the whole is
 * known to be sound and none before; an erased part is told, not held against it. *ret_answers: how many verdicts were reached again; a
 * bundle of none states nothing. Errors as bundle_verify: ERR_INTEGRITY with the line and what; ERR_NEWER: judged by means that this
 * program does not have. */
int proof_check(struct arena *a, bundle_in *in, void *in_ctx, const struct note_key *trusted,
	void (*row)(void *ctx, const struct view_row *row), void *row_ctx, size_t *ret_answers, struct perr *reterr) MUST_USE;

/* In role parse: answers VERIFY (first), asking main for the bundle's bytes piece by piece. 0, or the channel's error. */
int proof_serve(struct msg_chan *chan, const struct msg *first) MUST_USE;

#endif
