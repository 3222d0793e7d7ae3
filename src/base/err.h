/* One list of errors for the whole program, and the errors of a reader with their place. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err_order {
#define X(name, http, text) ERR_ORDER_##name,
#include "base/err.tbl"
#undef X
	ERR_ORDER_COUNT
};

enum err {
#define X(name, http, text) ERR_##name = -(1 + ERR_ORDER_##name),
#include "base/err.tbl"
#undef X
	ERR_OK = 0
};

const char *err_name(int err);	/* "SYNTAX"; "OK" for 0; "?" for a number that is no error of ours */
const char *err_text(int err);	/* one English phrase, for logs and machine output */
int err_http(int err);
int err_from_errno(int errnum);	/* ENOSPC and EDQUOT -> NOSPACE, EACCES and EPERM -> DENIED, ... else SYS */

/* A text that the catalogue has (i18n, "check.<key>"): SAY "key", then SAY "name=value" for each {name} in it. Who shows it to people
 * puts it into their language (show/cli/tr.h, tr_say); a text that does not begin so is shown as it stands. */
#define SAY "\037"

/* Where and why a reader gave up. Lines and columns start at 1, columns count bytes; 0 = not known. */
struct perr {
	int code;
	u32 line;
	u32 col;
	size_t off;
	char text[160];
};

/* Fills *p (which may be NULL) and returns `code`, so that readers can `return perr_set(...)`. */
int perr_set(struct perr *p, int code, size_t off, const char *fmt, ...) PRINTF(4, 5);
/* Computes line and col of p->off in the text that was read. */
void perr_place(struct perr *p, const u8 *text, size_t n);

/* The first ERRLIST_MAX errors of one input, and how many there were. Zero is an empty list. */
#define ERRLIST_MAX 100
struct errlist {
	struct perr *p;		/* in the arena given to errlist_add */
	size_t n;
	size_t total;
};
struct arena;
struct perr *errlist_add(struct arena *a, struct errlist *l, const struct perr *p);

#endif
