/* The reader under a random program: each byte of the input is an instruction, the input itself is what is read.
 * It never passes its end, and moves only when it succeeds. */
#include "fuzz.h"

#include "base/err.h"
#include "base/rd.h"

static int step(struct rd *rd, u8 op, size_t arg)
{
	struct str s = { 0 };
	struct rd sub;
	u8 v1, copy[16];
	u16 v2;
	u32 v4;
	u64 v8;
	i64 i8;
	int r;

	switch (op % 12) {
	case 0: return rd_u8(rd, &v1);
	case 1: return rd_u16(rd, &v2);
	case 2: return rd_u32(rd, &v4);
	case 3: return rd_u64(rd, &v8);
	case 4: return rd_i64(rd, &i8);
	case 5: return rd_u16le(rd, &v2);
	case 6: return rd_u32le(rd, &v4);
	case 7: return rd_skip(rd, arg);
	case 8: return rd_copy(rd, copy, arg % sizeof copy);
	case 9:
		r = rd_bytes(rd, arg, &s);
		break;
	case 10:
		r = rd_blob(rd, &s);
		break;
	default:
		r = rd_sub(rd, arg, &sub);
		must(r != 0 || rd_left(&sub) == arg);
		return r;
	}
	for (size_t i = 0; r == 0 && i < s.n; i++) {	/* every byte given out can be read */
		v1 = (u8)s.p[i];
		must(v1 == (u8)s.p[i]);
	}
	return r;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct rd rd = rd_of(p, n);

	for (size_t i = 0; i + 1 < n; i += 2) {
		size_t arg = p[i] & 0x80 ? SIZE_MAX - p[i + 1] : p[i + 1], left = rd_left(&rd);
		int r = step(&rd, p[i], arg);

		must(r == 0 || (r == ERR_TRUNC && rd_left(&rd) == left));
		must(rd_left(&rd) <= left);
	}
	must((rd_done(&rd) == 0) == (rd_left(&rd) == 0));
	return 0;
}
