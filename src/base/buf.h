/* A growing writer with a hard limit and a sticky error: write freely, ask once at the end.
 * After an error nothing more is written. Memory is the arena's; `max` bounds what is written, 0 = no bound. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	struct arena *a;
	u8 *p;
	size_t n, cap, max;
	int err;
};

struct buf buf_new(struct arena *a, size_t max);
void buf_u8(struct buf *b, u8 v);
void buf_u16(struct buf *b, u16 v);	/* big-endian, as rd_u16 reads it */
void buf_u32(struct buf *b, u32 v);
void buf_u64(struct buf *b, u64 v);
void buf_i64(struct buf *b, i64 v);
void buf_bytes(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);	/* the bytes alone */
void buf_z(struct buf *b, const char *z);
void buf_blob(struct buf *b, struct str s);	/* u32 length, then the bytes; see rd_blob */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
u8 *buf_room(struct buf *b, size_t n);		/* n more zeroed bytes to fill, or NULL with the error set */
struct str buf_view(const struct buf *b);	/* what is written so far; valid until the next write */
int buf_done(const struct buf *b) MUST_USE;	/* 0, ERR_LIMIT or ERR_NOMEM */
void buf_reset(struct buf *b);			/* empty again, error forgotten, memory kept */

#endif
