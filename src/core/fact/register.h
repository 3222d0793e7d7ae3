/* The columns of an asset register, in one table: what a column is called, which field of which kind it says, and how rows travel
 * between roles. What a register says are facts of vantage v7: a document. */
#ifndef CORE_FACT_REGISTER_H
#define CORE_FACT_REGISTER_H

#include "base/rd.h"
#include "core/fact/fact.h"

enum register_type {
	REGISTER_TEXT,
	REGISTER_DATE,		/* 2030-12-31, 2030/12/31, 2030年12月31日: until the end of that day, UTC; or a time */
	REGISTER_MAC,		/* a key */
	REGISTER_ADDR,		/* a hint for people; says nothing */
	REGISTER_ASSET		/* AST-7: written by export, not read */
};

struct register_field {
	const char *name;
	enum register_type type;
	const char *kind, *field;	/* NULL: no fact of its own */
	const char *place, *at;		/* place field and its value; NULL: the kind has none */
	const char *en, *ja;		/* how export heads the column */
	const char *others;		/* other headings that mean it, '|' between, as register_heading leaves them */
};
extern const struct register_field register_fields[];
#define REGISTER_FIELDS 22
int register_find(struct str name);		/* -1: none */
/* ASCII lower case, without blanks, '_', '-', '.', ':', parentheses and full-width blanks. */
struct str register_heading(struct arena *a, struct str s);
int register_propose(struct arena *a, struct str heading);	/* the field a heading means, -1: none */

struct register_row {
	u32 line;
	struct str cell[REGISTER_FIELDS];	/* p NULL: says nothing */
};
/* A cell as it will stand: dates as times, MAC and addresses canonical. ERR_SYNTAX with the words for it. */
int register_cell(struct arena *a, int field, struct str cell, struct str *ret, struct perr *reterr) MUST_USE;
#define REGISTER_KEYS 3
/* The firm and local keys a row names: serial, number in the books, MAC. */
size_t register_keys(struct arena *a, const struct register_row *row, struct fact_key ret[REGISTER_KEYS]);
/* One fact a kind, with these keys as subject. The errors of fact_finish, with the words. */
int register_facts(struct arena *a, const struct register_row *row, struct str network, const struct fact_key *keys, size_t nkeys,
	struct fact ret[REGISTER_FIELDS], size_t *ret_n, struct perr *reterr) MUST_USE;

void register_write(struct buf *b, const struct register_row *row);
int register_read(struct rd *rd, struct register_row *ret) MUST_USE;	/* texts point into the input; UTF-8 is checked */

#endif
