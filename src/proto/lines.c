#include "proto/lines.h"

#include "base/err.h"

#include <string.h>

void lines_init(struct lines *l, struct arena *a, lines_in *in, void *ctx)
{
	*l = (struct lines){ .in = in, .ctx = ctx, .line = buf_new(a, LIMIT_JSON_LINE) };
	sha256_init(&l->before);
	sha256_init(&l->all);
}

static int refill(struct lines *l)
{
	int r;

	if (l->piece.n != 0 || l->end) {
		return 0;
	}
	if ((r = l->in(l->ctx, &l->piece)) == 0) {
		l->end = l->piece.n == 0;
	}
	return r;
}

int lines_next(struct lines *l, struct str *ret)
{
	bool any = false, whole = false;
	int r;

	l->before = l->all;
	buf_reset(&l->line);
	while (!whole) {
		struct str part;
		ptrdiff_t at;

		if ((r = refill(l)) != 0) {
			return r;
		}
		if (l->end) {
			break;
		}
		any = true;
		at = str_chr(l->piece, '\n');
		whole = at >= 0;
		part = str_sub(l->piece, 0, whole ? (size_t)at + 1 : l->piece.n);
		sha256_update(&l->all, part.n, (const u8 *)part.p);
		l->piece = str_from(l->piece, part.n);
		buf_bytes(&l->line, part.p, part.n - (whole ? 1 : 0));	/* over the limit: sticky, and nothing more is kept */
	}
	if (!any) {
		return ERR_NOTFOUND;
	}
	l->number += l->number < UINT32_MAX ? 1 : 0;
	if (buf_done(&l->line) != 0) {
		return ERR_LIMIT;
	}
	*ret = buf_view(&l->line);
	return 0;
}

void lines_digest(const struct sha256_ctx *state, u8 ret[32])
{
	struct sha256_ctx copy = *state;

	sha256_digest(&copy, SHA256_DIGEST_SIZE, ret);
}
