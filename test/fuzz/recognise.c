/* Beginnings of files of any bytes: a kind is always found, its texts lie inside the input or are fixed, and both readings of one
 * input (whole, beginning) touch nothing beyond it. */
#include "fuzz.h"

#include "proto/recognise.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	volatile u64 sum = 0;

	for (int whole = 0; whole < 2; whole++) {
		struct recognised r = file_recognise(str_of(p, n), whole != 0);

		must((u32)r.kind < FILE_KIND_COUNT && (r.kind == FILE_EMPTY) == (n == 0));
		for (size_t i = 0; i < r.format.n; i++) {
			sum += (u8)r.format.p[i];
		}
		for (size_t i = 0; i < r.detail.n; i++) {
			sum += (u8)r.detail.p[i];
		}
	}
	(void)sum;
	return 0;
}
