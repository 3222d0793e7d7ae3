/* An asset register as CSV in role parse: bytes to rows of known columns. Answers REGISTER_READ:
 *   ask: blob mapping (lines "heading<TAB>field", a field "-" is left out; empty: proposed from the headings)
 *   REGISTER_FOUND on the way: u32 n, then n rows (core/fact/register.h); rows of view reject for what cannot be used
 *   last: 32 bytes SHA-256 of the file, blob mapping used, blob coding, u64 rows, u64 rejected */
#ifndef SENSE_IMPORT_REGISTER_H
#define SENSE_IMPORT_REGISTER_H

#include "base/base.h"

struct msg;
struct msg_chan;
int register_serve(struct msg_chan *chan, const struct msg *first) MUST_USE;	/* 0, or the channel's error */

#endif
