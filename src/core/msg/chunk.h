/* PUT_CHUNK: one numbered chunk of facts, sightings, coverage and evidence, as a sensor sends it to core.
 *
 *   u8 version (1); blob run; u32 n; blob progress; u32 count of items; then each item:
 *   u8 1 (fact), blob canonical fact, blob seen (fact.h)  |  u8 2 (evidence), blob kind, blob bytes
 *   |  u8 3 (evidence that came before in pieces, PUT_EVIDENCE), blob kind, blob SHA-256
 *   |  u8 4 (what is known of a target that is not done), blob its name [0-9a-z.:]{1,64}, blob bytes
 *
 * Indices in `seen.evidence` count the items of this chunk from 0; evidence stands before the fact that names it. The chunk
 * id is "<run>/<n>". A sender cuts chunks by count and size, or when core has acknowledged all before it; never by time. A chunk fits one message and holds at
 * most LIMIT_CHUNK_FACTS facts. `progress` is opaque to core: kept with the chunk; the records of a run's chunks, one
 * behind the other in any order, are what the next NET_START of that run carries (proto/scan.h, scan_progress_join).
 * A part is opaque too: the last of its name is kept until the run ends or an empty one comes, and goes back by NET_RESUME.
 * core answers with an empty MSG_LAST once the chunk is durable; a chunk that is there already is a success too. */
#ifndef CORE_MSG_CHUNK_H
#define CORE_MSG_CHUNK_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/rd.h"

#define CHUNK_VERSION 1
#define CHUNK_ITEMS_MAX (2 * LIMIT_CHUNK_FACTS)

enum chunk_item_type { CHUNK_FACT = 1, CHUNK_EVIDENCE = 2, CHUNK_EVIDENCE_FILE = 3, CHUNK_PART = 4 };
#define CHUNK_PART_NAME_MAX 64
struct chunk_item {
	enum chunk_item_type type;
	struct str head;	/* fact; kind of evidence ("banner"); name of a part */
	struct str body;	/* seen; bytes */
};

struct chunk {
	struct str run;
	u32 n;
	struct str progress;
	struct chunk_item *items;
	size_t nitems;
};
void chunk_write(struct buf *b, const struct chunk *c);
/* Texts point into `body`, items live in `a`. 0, ERR_TRUNC, ERR_EXTRA, ERR_NEWER (version), ERR_RANGE, ERR_LIMIT. What
 * stands in facts and seen is not looked at. */
int chunk_read(struct arena *a, struct str body, struct chunk *ret) MUST_USE;

#endif
