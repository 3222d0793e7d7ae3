/* Import in role parse: reads an export file of another store, or facts written by hand (doc/formats/export.md), line by line, and makes
 * chunks of what is good. Everything in the file is a stranger's; what it may do is limited by core (core/serve/transfer.c). */
#ifndef SENSE_IMPORT_IMPORT_H
#define SENSE_IMPORT_IMPORT_H

#include "base/base.h"

struct msg;
struct msg_chan;

/* Answers IMPORT (first); see core/msg/import.h. 0, or the channel's error. Memory: one line, one chunk, and at most
 * IMPORT_EVIDENCE_MAX bytes of evidence that waits for the facts that name it. */
#define IMPORT_EVIDENCE_MAX ((size_t)64 << 20)
int import_serve(struct msg_chan *chan, const struct msg *first) MUST_USE;

#endif
