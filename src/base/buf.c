#include "base/buf.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf buf_new(struct arena *a, size_t max)
{
	return (struct buf){ .a = a, .max = max };
}

u8 *buf_grow(struct buf *b, size_t n)
{
	size_t want, cap;
	u8 *p;

	if (b->err != 0) {
		return NULL;
	}
	if (__builtin_add_overflow(b->n, n, &want) || (b->max != 0 && want > b->max)) {
		b->err = ERR_LIMIT;
		return NULL;
	}
	if (want > b->cap) {
		cap = b->cap < 64 ? 64 : b->cap * 2;
		cap = cap < want ? want : b->max != 0 && cap > b->max ? b->max : cap;	/* so room never passes the limit */
		if (b->cap == 0 || !arena_extend(b->a, b->p, b->cap, cap)) {
			p = arena_try_raw(b->a, cap);
			if (p == NULL) {
				b->err = ERR_NOMEM;
				return NULL;
			}
			if (b->n != 0) {
				memcpy(p, b->p, b->n);
			}
			b->p = p;
		}
		b->cap = cap;
	}
	b->n = want;
	return n == want ? b->p : b->p + (want - n);	/* nothing in an empty buffer has no place */
}

void buf_number(struct buf *b, u64 v)
{
	char digits[20];
	size_t n = sizeof digits;

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	buf_bytes(b, digits + n, sizeof digits - n);
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
