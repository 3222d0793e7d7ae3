/* Commands that talk to core: opening it, sending one request, and rows straight to the output. */
#ifndef SHOW_CLI_ASK_H
#define SHOW_CLI_ASK_H

#include "core/super/super.h"
#include "show/cli/out.h"

struct ask {
	struct cli *c;
	struct super *super;
	struct client *client;
	struct out *out;		/* of the view the last row had */
	const struct view *view;
	bool cards;			/* the first row of a view of one row is shown as a card */
	const char *hide;		/* tables only: default columns that would say the same in every row, a blank between */
	struct str heading;		/* of the next table */
	bool (*take)(void *arg, struct ask *q, const struct view_row *row);	/* sees each row first; true: it is not shown */
	void *take_arg;
	size_t rows;
	bool more;			/* rows of further questions follow in the same list */
	int exit;
};

/* Connects to core, starting it where none runs. Not CLI_OK: it was said why, and q needs no closing. */
int ask_open(struct cli *c, struct ask *q) MUST_USE;
/* Sends a request whose rows go to stdout: rows of the command's own view as its list, those of another view below a heading.
 * Returns the exit code; what went wrong was said. */
int ask_rows(struct ask *q, u16 type, struct str body) MUST_USE;
int ask_empty(struct ask *q) MUST_USE;	/* after the last question of a list: one without rows is still a document */
/* A request with one answer of bytes, copied into the arena; ret may be NULL. */
int ask_bytes(struct ask *q, u16 type, struct str body, struct str *ret) MUST_USE;
/* An act (core/serve/acts.c): JSON in, the id of what it made or changed out. */
int ask_act(struct ask *q, struct str json, struct str *ret_id) MUST_USE;
/* Ends the table that rows went to; the next row begins another under `heading` (empty: that of its view). */
int ask_table(struct ask *q, struct str heading) MUST_USE;
/* One act of a command that does nothing else; with --dry-run only said. `done` is told with the {id} it made or changed. */
int ask_record(struct cli *c, struct str json, enum tr_id done) MUST_USE;
/* An export file that stands in memory, by the road of `import`: role parse reads it. A line that is refused is an error. `name` is
 * for messages. */
int import_bytes(struct ask *q, struct str bytes, struct str name) MUST_USE;
/* A question that core answers a while at a time: `body` once, then `next` until its page row has no cursor; other rows go to stdout. */
int ask_on(struct ask *q, u16 type, struct str body, struct str next) MUST_USE;
int ask_close(struct ask *q, int exit);		/* ends the output and core; returns the exit code of the command */
int ask_failed(struct ask *q, int err);		/* says what core answered */

/* One request of a command that does nothing else; ask_about: as a card or not, without the columns of `hide` (NULL: with all). */
int ask_once(struct cli *c, u16 type, struct str body);
int ask_about(struct cli *c, u16 type, struct str body, bool card, const char *hide);
/* Likewise, and the answer is bytes for this file: it takes its name when they are whole and durable. */
struct wholefile;
int ask_file(struct cli *c, u16 type, struct str body, struct wholefile *f);

#endif
