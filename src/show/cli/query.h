/* QUERY, --sort and --limit of a list: read here first, so that an error shows its place before anything is started. */
#ifndef SHOW_CLI_QUERY_H
#define SHOW_CLI_QUERY_H

#include "show/cli/ask.h"

struct query {
	struct str filter, sort;
	u32 limit;
};

/* The arguments from `first` on, joined by blanks, as a filter over the rows of the command. CLI_OK, or it was said
 * what is wrong. */
int query_read(struct cli *c, size_t first, struct query *ret) MUST_USE;
void query_put(struct buf *b, const struct query *q);	/* blob filter, blob sort, u32 limit */
/* The whole command where the program itself holds the rows: those the arguments ask for, in the order asked for. */
int query_rows(struct cli *c, struct view_row *rows, size_t n) MUST_USE;
int query_list(struct cli *c, const char *what);	/* the whole command: network ls, scope ls */
/* Asks for assets until the limit or the end is reached, one walk of core after the other. *ret_cursor: where the
 * rest begins, "" at
 * the end; may be NULL. */
int query_assets(struct ask *q, const struct query *what, struct str cursor, struct str *ret_cursor) MUST_USE;

#endif
