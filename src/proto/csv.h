/* CSV and its relatives (RFC 4180 quoting; comma, tab or semicolon; any line end), read from a text in memory. Pure.
 *
 * csv_text makes UTF-8 of a file: with or without byte order mark, else CP932. csv_next gives row after row; a quoted cell may hold
 * line ends, so a row may span lines. Blank rows are skipped. */
#ifndef PROTO_CSV_H
#define PROTO_CSV_H

#include "base/err.h"
#include "base/str.h"

#define CSV_FILE_MAX (16 * MiB)
#define CSV_COLUMNS_MAX 256
#define CSV_CELL_MAX (64 * KiB)

enum csv_coding { CSV_UTF8, CSV_UTF8_BOM, CSV_CP932 };
extern const char *const csv_codings[3];

/* ERR_LIMIT, ERR_UNSUPPORTED (UTF-16), ERR_UTF8 (neither) with *reterr: line, text. *ret is in `a` or points into `bytes`. */
int csv_text(struct arena *a, struct str bytes, struct str *ret, enum csv_coding *ret_coding, struct perr *reterr) MUST_USE;

struct csv {
	struct str rest;
	char delimiter;
	u32 line;			/* on which the next row begins, from 1 */
};
struct csv csv_new(struct str text);	/* finds the delimiter: what the first row has most of outside quotes */
/* One row: 0; ERR_NOTFOUND: the end; ERR_SYNTAX, ERR_LIMIT: this row is not well-formed (reterr), the next call goes on behind it.
 * Cells are in `a` or point into the text. *ret_line is the line on which it begins. */
int csv_next(struct csv *c, struct arena *a, struct str **ret, size_t *ret_n, u32 *ret_line, struct perr *reterr) MUST_USE;

#endif
