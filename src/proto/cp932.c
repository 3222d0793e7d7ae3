#include "proto/cp932.h"

#include "base/buf.h"
#include "base/err.h"

static void put(struct buf *b, u32 c)
{
	if (c < 0x80) {
		buf_u8(b, (u8)c);
	} else if (c < 0x800) {
		buf_u8(b, (u8)(0xC0 | c >> 6));
		buf_u8(b, (u8)(0x80 | (c & 0x3F)));
	} else {
		buf_u8(b, (u8)(0xE0 | c >> 12));
		buf_u8(b, (u8)(0x80 | (c >> 6 & 0x3F)));
		buf_u8(b, (u8)(0x80 | (c & 0x3F)));
	}
}

/* 0: none. */
static u32 pair(u8 lead, u8 trail)
{
	unsigned row = lead < 0xA0 ? lead - 0x81u : lead - 0xE0u + 31u;

	if (lead < 0x81 || lead == 0xA0 || lead > 0xFC || (lead > 0x9F && lead < 0xE0) || trail < 0x40 || trail > 0xFC) {
		return 0;
	}
	return cp932_table[row][trail - 0x40];
}

int cp932_decode(struct arena *a, struct str s, struct str *ret, size_t *ret_bad)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];
		u32 u = c < 0x80 ? c : c >= 0xA1 && c <= 0xDF ? 0xFF61u + (c - 0xA1u) : i + 1 < s.n ? pair(c, (u8)s.p[i + 1]) : 0;

		if (c >= 0x80 && u == 0) {
			*ret_bad = i;
			return ERR_UTF8;
		}
		i += c >= 0x80 && (c < 0xA1 || c > 0xDF) ? 1 : 0;
		put(&b, u);
	}
	if (buf_done(&b) != 0) {
		return buf_done(&b);
	}
	*ret = buf_view(&b);
	return 0;
}
