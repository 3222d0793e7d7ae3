/* Items of a ledger entry and their parts (doc/formats/ledger.md): the separately erasable pieces of bytes that
 * commitments are made over. Parts of one item, in order: its technical part, one part for each personal field that is
 * set (places before values, by name), and for evidence its bytes. */
#ifndef CORE_FACT_ITEM_H
#define CORE_FACT_ITEM_H

#include "core/fact/fact.h"

enum item_type { ITEM_FACT, ITEM_AGAIN, ITEM_EVIDENCE, ITEM_ACT, ITEM_ERASED };

struct item {
	enum item_type type;
	struct fact fact;		/* FACT */
	struct seen seen;		/* FACT, AGAIN */
	u64 again_seq;			/* AGAIN */
	u32 again_index;
	struct str ev_kind;		/* EVIDENCE: [a-z][a-z0-9_-]{0,31} */
	struct str ev_bytes;		/* EVIDENCE; p NULL: erased or not at hand */
	struct str ev_file;		/* EVIDENCE to record: the file that holds the bytes; "" they are kept with the item */
	const struct json *act;		/* ACT: an object with "do" */
	const struct str *personal;	/* ACT: paths of personal members ("value.name"), sorted. After reading: FACT too */
	size_t npersonal;
	const struct str *erased;	/* after reading: what was erased ("value.name", "bytes") */
	size_t nerased;
};

struct item_parts {
	struct str *p;			/* .p NULL: erased */
	size_t n;
};

bool item_evidence_ok(struct str kind);	/* may a kind of evidence be called so? */
/* The parts of item number `index`. An act's technical part holds the act without its personal members.
 * ERR_LIMIT: a part over LIMIT_EVIDENCE_FILE; ERR_ARG: evidence without bytes, a personal path that is absent.
 * Of evidence the technical part says nothing but the kind: a hash or a size would outlive the bytes. */
int item_parts(struct arena *a, u32 index, const struct item *it, struct item_parts *ret) MUST_USE;
/* Puts an item together again. A part with p NULL is erased: its field is absent and listed in ret->erased; an erased
 * technical part gives ITEM_ERASED. Everything is checked as from a stranger: ERR_SYNTAX, ERR_INTEGRITY (a part of
 * another item, doubled, or not announced), and the errors of fact_parse. */
int item_from_parts(struct arena *a, u32 index, const struct str *parts, size_t n, struct item *ret,
    struct errlist *errs) MUST_USE;
/* How many parts follow a technical part, itself included: what a reader needs to find the next item. */
int item_count(struct arena *a, struct str technical, size_t *ret) MUST_USE;

#endif
