/* What the files of sense/import share: one reading of one file. */
#ifndef SENSE_IMPORT_IMPORT_INT_H
#define SENSE_IMPORT_IMPORT_INT_H

#include "base/vec.h"
#include "core/msg/import.h"
#include "core/msg/msgs.h"
#include "proto/lines.h"
#include "proto/runfile.h"
#include "sense/import/import.h"

#include <nettle/sha2.h>

struct import {
	struct msg_chan *chan;
	struct arena *a;		/* of this reading */
	u32 id;
	struct import_ask ask;
	struct str piece;
	struct arena *piece_a;
	struct lines lines;
	struct import_told told;
	u64 counted;			/* lines of facts and evidence, good or not: what the last line must say */
	bool ended;			/* the last line was read */
	struct {			/* evidence that stands on several lines, as far as it was read */
		u64 seq, at, size;
		u32 index;
		struct sha256_ctx sha;
	} long_ev;
	struct str tag;			/* behind foreign run ids: ".1a2b3c4d" */
	struct stage *stage;		/* second reading */
	int err;			/* the channel's, or core's */
	bool refused;			/* err is what core answered */
	struct str why;
};

/* stage.c: collects facts and the evidence they name into chunks. */
struct stage *stage_new(struct arena *a, struct import *im);
/* Keeps a piece of evidence for facts to come. False: it is too large, or too much waits. */
bool stage_evidence(struct stage *st, const struct runfile_line *l);
/* One fact with those pieces it names; the chunk it does not fit into is sent first. *ret_dropped: a piece was missing. */
int stage_fact(struct stage *st, const struct runfile_line *l, bool *ret_dropped) MUST_USE;
int stage_end(struct stage *st) MUST_USE;	/* sends what is left */

#endif
