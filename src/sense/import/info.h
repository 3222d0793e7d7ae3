/* INFO in role parse: says what a file is from its first bytes (proto/recognise.h). */
#ifndef SENSE_IMPORT_INFO_H
#define SENSE_IMPORT_INFO_H

#include "base/base.h"

struct msg;
struct msg_chan;

/* Answers INFO (first) with one row of view file. 0, ERR_PROTO, or the channel's error. */
int info_serve(struct msg_chan *chan, const struct msg *first) MUST_USE;

#endif
