#include "base/rd.h"

#include "base/err.h"

#include <string.h>

struct rd rd_of(const void *p, size_t n)
{
	static const u8 none[1];
	const u8 *b = n == 0 ? none : p;

	return (struct rd){ .p = b, .end = b + n };
}

struct rd rd_str(struct str s)
{
	return rd_of(s.p, s.n);
}

size_t rd_left(const struct rd *rd)
{
	return (size_t)(rd->end - rd->p);
}

static int number(struct rd *rd, size_t n, bool little, u64 *ret)
{
	u64 v = 0;

	if (rd_left(rd) < n) {
		return ERR_TRUNC;
	}
	for (size_t i = 0; i < n; i++) {
		v = v << 8 | rd->p[little ? n - 1 - i : i];
	}
	rd->p += n;
	*ret = v;
	return 0;
}

int rd_u8(struct rd *rd, u8 *ret)
{
	u64 v;
	int r = number(rd, 1, false, &v);

	if (r == 0) {
		*ret = (u8)v;
	}
	return r;
}

int rd_u16(struct rd *rd, u16 *ret)
{
	u64 v;
	int r = number(rd, 2, false, &v);

	if (r == 0) {
		*ret = (u16)v;
	}
	return r;
}

int rd_u32(struct rd *rd, u32 *ret)
{
	u64 v;
	int r = number(rd, 4, false, &v);

	if (r == 0) {
		*ret = (u32)v;
	}
	return r;
}

int rd_u64(struct rd *rd, u64 *ret)
{
	return number(rd, 8, false, ret);
}

int rd_i64(struct rd *rd, i64 *ret)
{
	u64 v;
	int r = number(rd, 8, false, &v);

	if (r == 0) {
		*ret = (i64)v;
	}
	return r;
}

int rd_u16le(struct rd *rd, u16 *ret)
{
	u64 v;
	int r = number(rd, 2, true, &v);

	if (r == 0) {
		*ret = (u16)v;
	}
	return r;
}

int rd_u32le(struct rd *rd, u32 *ret)
{
	u64 v;
	int r = number(rd, 4, true, &v);

	if (r == 0) {
		*ret = (u32)v;
	}
	return r;
}

int rd_skip(struct rd *rd, size_t n)
{
	if (rd_left(rd) < n) {
		return ERR_TRUNC;
	}
	rd->p += n;
	return 0;
}

int rd_bytes(struct rd *rd, size_t n, struct str *ret)
{
	if (rd_left(rd) < n) {
		return ERR_TRUNC;
	}
	*ret = str_of(rd->p, n);
	rd->p += n;
	return 0;
}

int rd_copy(struct rd *rd, void *to, size_t n)
{
	struct str s;
	int r = rd_bytes(rd, n, &s);

	if (r == 0 && n != 0) {
		memcpy(to, s.p, n);
	}
	return r;
}

int rd_blob(struct rd *rd, struct str *ret)
{
	struct rd at = *rd;
	u32 n;
	int r;

	if ((r = rd_u32(&at, &n)) != 0 || (r = rd_bytes(&at, n, ret)) != 0) {
		return r;
	}
	*rd = at;
	return 0;
}

int rd_sub(struct rd *rd, size_t n, struct rd *ret)
{
	struct str s;
	int r = rd_bytes(rd, n, &s);

	if (r == 0) {
		*ret = rd_str(s);
	}
	return r;
}

int rd_done(const struct rd *rd)
{
	return rd->p == rd->end ? 0 : ERR_EXTRA;
}
