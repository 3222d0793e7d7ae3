/* Bodies of the messages of an import: what main asks role parse (IMPORT), what parse found out about the file, and what main tells
 * core (IMPORT_BEGIN, IMPORT_END).
 *
 * A file is read twice: first to see what it is (its hash, where it comes from, what is wrong with it), then, if core wants it, to
 * send its chunks. Each time parse asks for the bytes with IMPORT_MORE and main, which never looks into them, answers with
 * IMPORT_BYTES. Rows of view reject stream back, then MSG_LAST with `told`. */
#ifndef CORE_MSG_IMPORT_H
#define CORE_MSG_IMPORT_H

#include "base/buf.h"
#include "base/rd.h"

#define IMPORT_NETWORKS_MAX 64
#define IMPORT_REJECTS_MAX 100000	/* rows; more are counted only */
#define IMPORT_QOD_WEAK 60		/* what an observation of an unknown hand counts at most: below SEEN_QOD_DECIDES */
#define IMPORT_ID 64			/* hex digits */
#define IMPORT_RUN_TAG 9		/* "." and 8 hex digits behind every run id that came from elsewhere */

struct import_ask {
	bool put;		/* the second reading */
	bool strict;
	struct str network;	/* the one network of the file becomes this one; "" as it stands */
	struct str id;		/* put: id core gave it, run of its chunks */
	u32 chunk;		/* put: the first chunk core does not have */
};
void import_ask_write(struct buf *b, const struct import_ask *ask);
int import_ask_read(struct str body, struct import_ask *ret) MUST_USE;

struct import_told {
	u8 sha256[32];		/* of the whole file */
	bool headed, whole;	/* a first line; a last line whose count and hash are right */
	struct str origin, checkpoint, run, key;	/* as the file says; key: it signed the last line, "" nobody did */
	u64 size;		/* of the origin's log */
	u8 root[32];
	u64 lines, facts, evidence, dropped, rejected;	/* dropped: evidence too large to travel, or not in the file */
	struct str networks[IMPORT_NETWORKS_MAX];
	u32 nnetworks;
};
void import_told_write(struct buf *b, const struct import_told *t);
/* Reads one from *rd, which goes on behind it; texts point into the body. */
int import_told_read(struct rd *rd, struct import_told *ret) MUST_USE;

#endif
