/* The inside of a replay, shared by replay.c (folding) and replay_check.c (holding what comes out against what was kept). */
#ifndef CORE_SERVE_REPLAY_INT_H
#define CORE_SERVE_REPLAY_INT_H

#include "core/serve/commit_int.h"
#include "core/serve/fold_int.h"

struct replay_era {			/* texts in force */
	u64 from;			/* position of the first entry judged by them */
	void *ctx;
	bool foreign;			/* this program has not the means to judge by them: those of today stand in */
	bool guessed;			/* the log does not say that it was these */
};

struct replay {
	struct arena *a;
	struct serve *of;		/* folded from: only read */
	struct serve *s;		/* folded to: knows the entries before `next` */
	struct serve_log *logs;
	size_t nlogs;
	u64 next, end;
	struct utc then;		/* the clock of s when all is folded */
	vec(struct replay_era) eras;	/* ascending; the first from 0 on */
	struct map erased;		/* asset number -> u64, the last entry that erased something of it */
	u64 lost;			/* the last entry that erased a fact whole; 0: none did */
	vec(u64) refold;		/* assets an erasure touched that is not over */

	/* verdicts */
	bool compare;			/* differences are told; else the past is only shown */
	struct arena *page;		/* holds rows */
	struct store_change *rows;
	size_t nrows, row;
	u64 after;			/* id of the last row read */
	u64 asset;			/* whose verdicts were compared last */
	u64 changes, verdicts;		/* compared so far */
	u64 wrong, unsure;		/* differences; those that nobody can decide */
	struct map said;		/* assets whose erasure was told */
	struct map doubt;		/* asset -> bool: what it changed from nobody can decide, until one of its changes fits */
	struct serve_reply *out;	/* of the request under way */
};

int replay_new(struct serve *of, u64 end, struct utc then, bool compare, struct replay **ret) MUST_USE;
/* Folds for a while. ERR_INTEGRITY: p->next cannot be folded. */
int replay_step(struct replay *p) MUST_USE;
int replay_texts(struct replay *p, u64 from, struct str hex) MUST_USE;
const struct replay_era *replay_era_at(const struct replay *p, u64 seq);
void replay_erased(struct replay *p, u64 asset, u64 by);
u64 replay_erased_by(struct replay *p, u64 asset);
void replay_page(struct serve_reply *out, struct arena *a, const struct replay *p, bool over);

/* replay_check.c */
/* The next recorded change that was not compared yet; NULL: there is none. Valid until the next call. */
int replay_peek(struct replay *p, const struct store_change **ret) MUST_USE;
/* The changes that came with an entry, and those that time brought after it. */
int replay_compare(struct replay *p, struct arena *a, const struct store_entry *e, const struct store_change *got, size_t n) MUST_USE;
int replay_rows(struct replay *p, bool *ret_over) MUST_USE;	/* some verdicts, then *ret_over */
int replay_result(struct replay *p, struct arena *a) MUST_USE;	/* rows of the whole; ERR_INTEGRITY */

#endif
