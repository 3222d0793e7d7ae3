/* Lines out of pieces of bytes: what every reader of a text file of a stranger stands on.
 *
 * Bytes come by a callback, piece by piece; a line is at most LIMIT_JSON_LINE bytes without its "\n" (a "\r" before it stays).
 * A longer line is told as such and skipped to its end without being kept, so memory is bounded whatever the file holds.
 * Every byte is hashed on the way: `before` is the SHA-256 state of all bytes before the current line, `all` of everything read. */
#ifndef PROTO_LINES_H
#define PROTO_LINES_H

#include <nettle/sha2.h>

#include "base/buf.h"
#include "base/limits.h"

/* The next piece; empty at the end. Valid until the next call. An error ends the reading with that error. */
typedef int lines_in(void *ctx, struct str *ret);

struct lines {
	lines_in *in;
	void *ctx;
	struct str piece;
	struct buf line;
	u32 number;			/* of the line that lines_next gave last, from 1 */
	bool end;
	struct sha256_ctx before, all;
};

void lines_init(struct lines *l, struct arena *a, lines_in *in, void *ctx);
/* 0 and the line, valid until the next call; ERR_LIMIT: this line is too long, the next call gives the one after it;
 * ERR_NOTFOUND: the end. A last line without "\n" is a line. Other errors are those of `in`. */
int lines_next(struct lines *l, struct str *ret) MUST_USE;
void lines_digest(const struct sha256_ctx *state, u8 ret[32]);	/* of a copy: the state goes on */

#endif
