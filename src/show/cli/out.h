/* The one writer of rows: table, plain, json, jsonl, csv, tsv, and a card for one row.
 *
 * A table leaves out a default column in which none of its first OUT_TABLE_ROWS rows has anything (answers and keys always
 * stay), a card a line that is empty; --columns brings them back.
 * The format, columns and colours come from the options of the command. Rows may be sent one by one as they arrive:
 * plain, json, jsonl, csv and tsv are written at once; a table waits for OUT_TABLE_ROWS rows to find its widths, then
 * writes on with them, so memory stays flat.
 *
 * What an unknown value looks like: people see "？" ("?" with --ascii), json null, csv and tsv nothing, plain "?".
 * Whatever came from a device or file is written so that a terminal cannot be driven by it: control characters, C1
 * included, and characters that turn the direction of text are escaped in every format.
 * csv: a text that a spreadsheet would run as a formula gets a leading apostrophe. */
#ifndef SHOW_CLI_OUT_H
#define SHOW_CLI_OUT_H

#include "show/cli/cli_int.h"

#define OUT_TABLE_ROWS 1000

enum out_format { OUT_TABLE, OUT_PLAIN, OUT_JSON, OUT_JSONL, OUT_CSV, OUT_TSV, OUT_FORMAT_COUNT };
extern const char *const out_format_names[OUT_FORMAT_COUNT];

struct out;

/* Opens the output of the command's rows (c->cmd->view). 0, or the exit code after having said what is wrong (an
 * unknown column). When the user asked --fields-help it is printed and *ret is NULL: the command is done, exit 0. */
int out_open(struct cli *c, struct out **ret) MUST_USE;
/* The same for rows of another view than the command's own, e.g. the services below an asset's card. */
int out_open_view(struct cli *c, enum view_number view, struct out **ret) MUST_USE;
void out_row(struct out *o, const struct view_row *row);
/* Ends the document. `whole` false: something failed on the way, json says "complete":false. Returns 0, or the exit
 * code when stdout could not be written. */
int out_close(struct out *o, bool whole) MUST_USE;
/* Leaves a default column of table and plain out; does nothing where the user chose columns. Before the first row. */
void out_hide(struct out *o, u32 field);
size_t out_count(const struct out *o);

/* One row as "title  value" lines in table format; in any other format the same as a list of one. */
int out_card(struct cli *c, const struct view_row *row) MUST_USE;
void out_mark(struct cli *c);				/* what follows comes from the demo; once, before the first document */
void out_heading(struct cli *c, struct str text);	/* a line above what follows; table format on stdout only */
enum out_format out_format(const struct cli *c);

/* Pieces, for help and messages. */
void out_clean(FILE *f, struct str s);			/* escapes what could drive a terminal; newline and tab pass */
void out_json_str(FILE *f, struct str s);
struct str out_pad(struct arena *a, struct str s, size_t width);
struct str out_glyph(enum view_answer answer, bool ascii);
struct str out_local_time(struct arena *a, struct utc t);	/* "2026-11-21 10:15 JST" */
/* Breaks text into lines of at most `width` columns, between words, or anywhere between wide characters. */
void out_wrap(struct arena *a, FILE *f, struct str text, size_t width, const char *indent);

#endif
