/* Messages in the reader's language. The texts are i18n/en.yaml and i18n/ja.yaml (tools/gen_i18n.sh makes the table);
 * what is filled in is {named}, so that a translation may order them as its language wants. */
#ifndef SHOW_CLI_TR_H
#define SHOW_CLI_TR_H

#include "base/str.h"
#include "i18n.gen.h"	/* enum tr_id, enum lang: MSG_<key with _ for . and ->, LANG_en, LANG_ja */

struct tr_arg {
	const char *name;	/* NULL ends the list */
	struct str value;
};

/* tr(a, lang, MSG_x, TR({ "name", s }, { "count", n })); every {name} of the text must be given. */
#define TR(...) ((const struct tr_arg[]){ __VA_ARGS__, { 0 } })
#define TR_NONE ((const struct tr_arg[]){ { 0 } })
struct str tr(struct arena *a, enum lang lang, enum tr_id id, const struct tr_arg *args);
struct str tr_text(enum lang lang, enum tr_id id);	/* the text as it stands, {names} and all */
const char *tr_key(enum tr_id id);			/* "cmd.help" */
/* A text with SAY (base/err.h) in words; any other as it stands. What is filled in is a stranger's, and a name without value shows "?". */
struct str tr_say(struct arena *a, enum lang lang, struct str said);
enum tr_id tr_find(struct str key);			/* MSG_NONE: no such message */

#endif
