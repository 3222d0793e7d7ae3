/* The judge: every measure's rule over an asset's state gives a verdict; verdicts are packed one row an asset, and each change of one is
 * kept with from, to and reason. A verdict names the text it was judged by, `now` and the ledger's size, so it can be replayed. */
#ifndef JUDGE_SHEET_JUDGE_H
#define JUDGE_SHEET_JUDGE_H

#include "core/catalog/catalog.h"
#include "core/serve/serve.h"
#include "judge/rule/rule.h"
#include "judge/sheet/sheet.h"

struct judge {
	struct catalog catalog;
	const struct lang_schema *schema;
	const struct lang_expr **rules;		/* of each measure; NULL: no machine can know */
	size_t *ruled;				/* which measures have a rule: only they are judged, stored and told of an asset */
	size_t nruled;
	struct rule_scratch *scratch;
	struct store_text *texts;		/* the last is the set of the others */
	size_t ntexts;
};

/* Loads texts (the built-in ones, or those of a proof bundle) and compiles every rule. */
int judge_new(struct arena *a, const struct catalog_source *src, size_t n, struct judge **ret, struct perr *reterr) MUST_USE;

struct judge_verdict {
	struct str measure;
	enum tri v;
	u16 why;
	struct utc now;
	u64 size;			/* of the ledger it was judged at */
	u8 rule[CATALOG_HASH];		/* text it was judged by */
	struct state_pos pos[RULE_POS_MAX];	/* what decided */
	u32 npos;
};
/* ERR_INTEGRITY, ERR_NEWER for what judge_verdicts_write did not write. An empty body has no verdicts. */
int judge_verdicts_read(struct arena *a, struct str body, struct judge_verdict **ret, size_t *ret_n) MUST_USE;
void judge_verdicts_write(struct buf *b, const struct judge_verdict *v, size_t n);

/* One measure over one state; explain may be NULL. Measures without a rule are unknown, not run: they cost nothing, no verdict of
 * them is kept, and a text of which neither a rule nor a pair speaks is in no set. */
void judge_measure(const struct judge *j, size_t measure, const struct state *st, struct utc now, struct rule_explain *explain,
	struct rule_verdict *ret);
/* The kinds a measure's rule reads, as "name/version", ascending; none where it has no rule. */
size_t judge_kinds(const struct judge *j, struct arena *a, size_t measure, const struct str **ret);
enum view_answer judge_answer(enum tri v);

/* For core: serve_parts.judge, .texts, .past, .moment and .judge_requests; ctx is a struct judge *. */
serve_judge_fn judge_asset;
serve_texts_fn judge_texts;
serve_past_fn judge_past;
serve_moment_fn judge_moment;
serve_summary_fn judge_summary;
extern const struct serve_request judge_requests[];	/* SHEET, EXPLAIN */

#endif
