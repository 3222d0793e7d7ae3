#include "base/buf.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf buf_new(struct arena *a, size_t max)
{
	return (struct buf){ .a = a, .max = max };
}

u8 *buf_room(struct buf *b, size_t n)
{
	size_t want;

	if (b->err != 0) {
		return NULL;
	}
	if (__builtin_add_overflow(b->n, n, &want) || (b->max != 0 && want > b->max)) {
		b->err = ERR_LIMIT;
		return NULL;
	}
	if (want > b->cap) {
		size_t cap = b->cap < 64 ? 64 : b->cap * 2;
		u8 *p = arena_try(b->a, cap < want ? want : cap);

		if (p == NULL) {
			b->err = ERR_NOMEM;
			return NULL;
		}
		if (b->n != 0) {
			memcpy(p, b->p, b->n);
		}
		b->p = p;
		b->cap = cap < want ? want : cap;
	}
	b->n = want;
	return n == want ? b->p : b->p + (want - n);	/* nothing in an empty buffer has no place */
}

void buf_bytes(struct buf *b, const void *p, size_t n)
{
	u8 *to = buf_room(b, n);

	if (to != NULL && n != 0) {
		memcpy(to, p, n);
	}
}

static void number(struct buf *b, u64 v, size_t n)
{
	u8 *to = buf_room(b, n);

	for (size_t i = 0; to != NULL && i < n; i++) {
		to[n - 1 - i] = (u8)(v >> (8 * i));
	}
}

void buf_u8(struct buf *b, u8 v)
{
	number(b, v, 1);
}

void buf_u16(struct buf *b, u16 v)
{
	number(b, v, 2);
}

void buf_u32(struct buf *b, u32 v)
{
	number(b, v, 4);
}

void buf_u64(struct buf *b, u64 v)
{
	number(b, v, 8);
}

void buf_i64(struct buf *b, i64 v)
{
	number(b, (u64)v, 8);
}

void buf_str(struct buf *b, struct str s)
{
	buf_bytes(b, s.p, s.n);
}

void buf_z(struct buf *b, const char *z)
{
	buf_str(b, str_z(z));
}

void buf_blob(struct buf *b, struct str s)
{
	if (s.n > UINT32_MAX) {
		b->err = b->err != 0 ? b->err : ERR_LIMIT;
		return;
	}
	buf_u32(b, (u32)s.n);
	buf_str(b, s);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;
	u8 *to;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	to = buf_room(b, (size_t)n + 1);
	if (to == NULL) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n--;		/* the NUL is not ours to keep */
}

struct str buf_view(const struct buf *b)
{
	return str_of(b->p, b->n);
}

int buf_done(const struct buf *b)
{
	return b->err;
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->err = 0;
}
