/* Text of Japanese Windows (code page 932, "Shift_JIS" as Excel writes it) to UTF-8. Pure; the table is generated at build time, because
 * a sandboxed role cannot load converters. */
#ifndef PROTO_CP932_H
#define PROTO_CP932_H

#include "base/str.h"

#define CP932_LEADS 60		/* 0x81-0x9F, 0xE0-0xFC */
#define CP932_TRAILS 189	/* 0x40-0xFC */
extern const u16 cp932_table[CP932_LEADS][CP932_TRAILS];

/* ERR_UTF8 with the offset of the first bytes that are none; ERR_NOMEM. *ret lives in `a`. */
int cp932_decode(struct arena *a, struct str s, struct str *ret, size_t *ret_bad) MUST_USE;

#endif
