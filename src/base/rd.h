/* The only way to look into foreign bytes: a reader that cannot pass its end.
 * Every function returns 0 or ERR_TRUNC and moves only on success; integers are big-endian. */
#ifndef BASE_RD_H
#define BASE_RD_H

#include "base/str.h"

struct rd {
	const u8 *p, *end;
};

struct rd rd_of(const void *p, size_t n);
struct rd rd_str(struct str s);
size_t rd_left(const struct rd *rd);
int rd_u8(struct rd *rd, u8 *ret) MUST_USE;
int rd_u16(struct rd *rd, u16 *ret) MUST_USE;
int rd_u32(struct rd *rd, u32 *ret) MUST_USE;
int rd_u64(struct rd *rd, u64 *ret) MUST_USE;
int rd_i64(struct rd *rd, i64 *ret) MUST_USE;
int rd_u16le(struct rd *rd, u16 *ret) MUST_USE;
int rd_u32le(struct rd *rd, u32 *ret) MUST_USE;
int rd_skip(struct rd *rd, size_t n) MUST_USE;
int rd_bytes(struct rd *rd, size_t n, struct str *ret) MUST_USE;	/* points into the input */
int rd_copy(struct rd *rd, void *to, size_t n) MUST_USE;
int rd_blob(struct rd *rd, struct str *ret) MUST_USE;		/* u32 length, then the bytes; see buf_blob */
int rd_sub(struct rd *rd, size_t n, struct rd *ret) MUST_USE;	/* carves a bounded child of n bytes */
int rd_done(const struct rd *rd) MUST_USE;			/* ERR_EXTRA when bytes are left */

#endif
