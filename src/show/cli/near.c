/* "Did you mean": the nearest known word within two edits, where swapping two neighbours is one edit
 * (optimal string alignment; words longer than NEAR_MOST are not compared). */
#include "show/cli/cli_int.h"

#include <string.h>

#define NEAR_MOST 40

static u32 least(u32 a, u32 b)
{
	return a < b ? a : b;
}

u32 cli_distance(struct str a, struct str b)
{
	u32 d[NEAR_MOST + 1][NEAR_MOST + 1];

	if (a.n > NEAR_MOST || b.n > NEAR_MOST) {
		return UINT32_MAX;
	}
	for (u32 i = 0; i <= a.n; i++) {
		d[i][0] = i;
	}
	for (u32 j = 0; j <= b.n; j++) {
		d[0][j] = j;
	}
	for (u32 i = 1; i <= a.n; i++) {
		for (u32 j = 1; j <= b.n; j++) {
			u32 swap = a.p[i - 1] != b.p[j - 1];

			d[i][j] = least(least(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + swap);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1]) {
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
			}
		}
	}
	return d[a.n][b.n];
}

struct str cli_nearest(struct str word, const char *(*name)(const void *ctx, size_t i), const void *ctx, size_t n)
{
	struct str best = { 0 };
	u32 best_d = 3;

	for (size_t i = 0; i < n; i++) {
		struct str cand = str_z(name(ctx, i));
		u32 d = cand.n > 0 ? cli_distance(word, cand) : best_d;

		/* Two edits of a word of two letters are another word. */
		if (d < best_d && d < word.n && d < cand.n) {
			best_d = d;
			best = cand;
		}
	}
	return best;
}
