/* What kind of file this is, from its first bytes. Pure: nothing is parsed beyond what tells kinds apart, nothing is believed; whoever
 * reads the file later checks it. An answer is a guess with a reason, so `unknown` is a good answer. */
#ifndef PROTO_RECOGNISE_H
#define PROTO_RECOGNISE_H

#include "base/str.h"

#define RECOGNISE_HEAD ((size_t)48 * KiB)	/* bytes of the beginning that are looked at; more are ignored */

enum file_kind {
	FILE_UNKNOWN,
	FILE_EMPTY,
	FILE_BUNDLE,		/* korobanu.bundle/1: a proof */
	FILE_RUN,		/* korobanu.run/1: an export */
	FILE_CHECKPOINT,	/* signed note with origin, size and root */
	FILE_NMAP,		/* nmap -oX */
	FILE_XML,
	FILE_JSONL,		/* a JSON object a line */
	FILE_JSON,
	FILE_CSV,		/* a header line and lines of as many cells */
	FILE_PCAP,
	FILE_TEXT,
	FILE_KIND_COUNT
};
extern const char *const file_kind_names[FILE_KIND_COUNT];	/* "proof_bundle", ... for machines */

struct recognised {
	enum file_kind kind;
	struct str format;	/* "korobanu.bundle/1", "pcapng": points into head or is static; empty: nothing to say */
	struct str detail;	/* origin of a ledger, first line of a table: points into head, foreign text */
};

/* `head` is the beginning of the file; whole says that it is all of it. Never fails. */
struct recognised file_recognise(struct str head, bool whole);

#endif
