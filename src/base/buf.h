/* A growing writer with a hard limit and a sticky error: write freely, ask once at the end.
 * After an error nothing more is written. Memory is the arena's; `max` bounds what is written, 0 = no bound. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <string.h>

#include "base/str.h"

struct buf {
	struct arena *a;
	u8 *p;
	size_t n, cap, max;
	int err;
};

struct buf buf_new(struct arena *a, size_t max);
u8 *buf_grow(struct buf *b, size_t n);		/* buf_room where there is none */

/* n more bytes, all of them to be written now, or NULL with the error set. */
static inline u8 *buf_room(struct buf *b, size_t n)
{
	if (b->err != 0 || n > b->cap - b->n) {
		return buf_grow(b, n);
	}
	b->n += n;
	return b->p + b->n - n;
}

static inline void buf_reserve(struct buf *b, size_t n)	/* so that the next n bytes need no more memory */
{
	if (buf_room(b, n) != NULL) {
		b->n -= n;
	}
}

static inline void buf_bytes(struct buf *b, const void *p, size_t n)
{
	u8 *to = n != 0 ? buf_room(b, n) : NULL;	/* an empty buffer has no place to add nothing to */

	if (to != NULL) {
		memcpy(to, p, n);
	}
}

/* Numbers are big-endian, as rd_u16 and its like read them. */
static inline void buf_u8(struct buf *b, u8 v)
{
	buf_bytes(b, &v, 1);
}

static inline void buf_u16(struct buf *b, u16 v)
{
	const u8 be[] = { (u8)(v >> 8), (u8)v };

	buf_bytes(b, be, sizeof be);
}

static inline void buf_u32(struct buf *b, u32 v)
{
	const u8 be[] = { (u8)(v >> 24), (u8)(v >> 16), (u8)(v >> 8), (u8)v };

	buf_bytes(b, be, sizeof be);
}

static inline void buf_u64(struct buf *b, u64 v)
{
	const u8 be[] = { (u8)(v >> 56), (u8)(v >> 48), (u8)(v >> 40), (u8)(v >> 32), (u8)(v >> 24), (u8)(v >> 16),
		(u8)(v >> 8), (u8)v };

	buf_bytes(b, be, sizeof be);
}

static inline void buf_i64(struct buf *b, i64 v)
{
	buf_u64(b, (u64)v);
}

static inline void buf_str(struct buf *b, struct str s)	/* the bytes alone */
{
	buf_bytes(b, s.p, s.n);
}

static inline void buf_z(struct buf *b, const char *z)
{
	buf_str(b, str_z(z));
}

void buf_number(struct buf *b, u64 v);		/* decimal */
void buf_blob(struct buf *b, struct str s);	/* u32 length, then the bytes; see rd_blob */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
struct str buf_view(const struct buf *b);	/* what is written so far; valid until the next write */
int buf_done(const struct buf *b) MUST_USE;	/* 0, ERR_LIMIT or ERR_NOMEM */
void buf_reset(struct buf *b);			/* empty again, error forgotten, memory kept */

#endif
