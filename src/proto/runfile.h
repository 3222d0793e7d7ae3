/* The export file korobanu.run/1: one line of it (doc/formats/export.md). Pure: text in, struct out.
 *
 * A file is a stranger's. What a line says is checked here as far as the line alone can show it: JSON, members, the fact against
 * the kind table, the sighting, evidence against its hash. Whether it may be believed is decided by core. */
#ifndef PROTO_RUNFILE_H
#define PROTO_RUNFILE_H

#include "core/fact/fact.h"

#define RUNFILE_NAME "korobanu.run/1"
#define RUNFILE_ORIGIN_MAX 255
#define RUNFILE_NOTE_MAX 4096
#define RUNFILE_KEY_MAX 512
#define RUNFILE_PIECE (512 * KiB)	/* more evidence than this stands on several lines */

enum runfile_what { RUNFILE_HEAD, RUNFILE_FACT, RUNFILE_EVIDENCE, RUNFILE_END };
struct runfile_line {
	enum runfile_what what;
	bool placed;			/* "at" stands there */
	u64 seq;			/* position in the origin's ledger */
	u32 index;
	struct fact fact;		/* FACT; a published kind, or one this program does not know */
	struct seen seen;		/* evidence: indices of the origin's entry */
	struct str ev_kind, ev_bytes;	/* EVIDENCE; the bytes of this line */
	bool ev_part;			/* they are a piece: its place in the whole, whose hash nobody has looked at */
	u64 ev_from, ev_size;
	u8 ev_sha[32];
	struct str origin, checkpoint, run, network;	/* HEAD */
	u64 size;
	u8 root[32];
	u64 count;			/* END: lines of facts and evidence */
	u8 sha256[32];			/* END: of every byte before this line */
	struct str key, note;		/* END: verifier key, and a note over runfile_text() signed with it; "" none */
};

/* Texts live in `a`. 0; ERR_SYNTAX, ERR_TYPE, ERR_MISSING, ERR_RANGE, ERR_LIMIT, ERR_EXTRA, ERR_DUP, ERR_UTF8, ERR_DEPTH,
 * ERR_INTEGRITY (evidence that is not what its hash says), ERR_REFUSED (a draft kind), with *reterr: col where known, and text. */
int runfile_read(struct arena *a, struct str text, enum fact_read how, struct runfile_line *ret, struct perr *reterr) MUST_USE;
/* What the note of the last line signs. */
struct str runfile_text(struct arena *a, u64 count, const u8 sha256[32]);

#endif
