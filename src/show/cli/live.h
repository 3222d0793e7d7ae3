/* Events of a scan while it runs, one line of JSON each (doc/formats/events.md): scan -f jsonl. Core is asked for what it recorded; a line is
 * written only when the reader takes it, so that a slow one never stops the scan, and one that went away is noticed. */
#ifndef SHOW_CLI_LIVE_H
#define SHOW_CLI_LIVE_H

#include "base/json.h"
#include "show/cli/ask.h"

struct live {
	struct ask *q;
	struct str run;
	struct arena *a;		/* of the lines that wait */
	vec(struct str) lines;
	size_t next;			/* the first of them */
	char cursor[48];
	bool asked;			/* core has not answered yet */
	bool more;			/* and there is more at once */
	i64 ask_at;			/* ns */
	bool gone;			/* nobody reads any more */
};

void live_begin(struct live *l, struct ask *q, struct str run);
void live_end(struct live *l);		/* l may be zero */
/* Begins a line: what every event has. Add members, then live_put. */
struct json_w live_line(struct live *l, struct buf *b, const char *kind, const char *action, struct utc at);
void live_put(struct live *l, struct json_w *w, struct buf *b);
/* Writes what the reader takes, and asks core when there is nothing to write. Now and then, while super_run works. */
int live_tick(struct live *l) MUST_USE;
int live_take(struct live *l, const struct msg *m) MUST_USE;	/* core's answer */
int live_drain(struct live *l) MUST_USE;	/* all that is left, waiting for core and the reader; outside super_run */
void live_flush(struct live *l);		/* waits for the reader */

#endif
