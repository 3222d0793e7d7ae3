/* What the files of core/lang share: the lexer and the tree that is being built. */
#ifndef CORE_LANG_LANG_INT_H
#define CORE_LANG_LANG_INT_H

#include "base/vec.h"
#include "core/lang/lang.h"

enum tok_type {
	TOK_END,
	TOK_WORD,	/* [a-z_][a-z0-9_]*; keywords are words: which are kept is the parser's choice */
	TOK_INT,
	TOK_SPAN,	/* 30d */
	TOK_STR,	/* "..." */
	TOK_TIME,	/* t"..." */
	TOK_VERSION,	/* v"..." */
	TOK_CMP,	/* == != < <= > >= */
	TOK_PUNCT,	/* one of ( ) , : - + . */
};

struct tok {
	enum tok_type type;
	size_t off, len;
	struct str s;		/* TOK_WORD, TOK_STR, TOK_VERSION */
	i64 i;			/* TOK_INT, TOK_SPAN, TOK_TIME */
	enum lang_cmp cmp;
	char punct;
};

struct lex {
	struct arena *a;
	struct str text;
	size_t at;
	struct perr *err;	/* never NULL */
};

/* Checks length and UTF-8, copies the text into the arena. */
int lex_start(struct lex *lx, struct arena *a, struct str text, struct perr *err) MUST_USE;
int lex_next(struct lex *lx, struct tok *ret) MUST_USE;
/* At a quote: reads to its end, escapes resolved. */
int lex_quoted(struct lex *lx, struct str *ret) MUST_USE;
/* Whole of s is digits and one of s m h d w: ERR_SYNTAX, ERR_RANGE over 36,500 days. */
int lex_span(struct str s, i64 *ret_ms) MUST_USE;
/* RFC 3339 time, or a date alone = its first moment in UTC. */
int lex_time(struct str s, i64 *ret_ms) MUST_USE;
bool lex_space(char c);

struct tree {
	struct lex lx;
	const struct lang_schema *schema;
	const struct lang_field *fields;
	size_t nfields;
	vec(struct lang_node) nodes;
	vec(struct lang_value) values;
	vec(struct lang_quant) quants;
	u32 depth;
};

u16 tree_node(struct tree *t, enum lang_op op, size_t off);
u16 tree_literal(struct tree *t, struct lang_value v, size_t off, size_t end);
/* Appends a kid after the last one. */
void tree_add(struct tree *t, u16 parent, u16 kid);
/* Sets where the node ends. */
void tree_end(struct tree *t, u16 node, size_t end);
int tree_down(struct tree *t, size_t off) MUST_USE;	/* ERR_DEPTH; every success needs tree_up */
void tree_up(struct tree *t);
int tree_done(struct tree *t, u16 root, const struct lang_expr **ret) MUST_USE;

const char *lang_type_name(enum lang_type t);
bool lang_type_text(enum lang_type t);	/* held as one text */
/* Is `s` an address, MAC or listed word in the spelling that facts use: can the field ever hold it? */
bool lang_literal_fits(const struct lang_field *f, struct str s);
int lang_word_index(const struct lang_field *f, struct str word);

#endif
