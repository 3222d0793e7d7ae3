/* Messages take lanes as lanes become free, so that long and short ones fill them alike; all lanes step together, one
 * block of 64 bytes each. The words of a step are turned so that one vector holds the same word of every lane; from there
 * on the rounds are those of FIPS 180-4, written once, on vectors of the compiler, and compiled for each processor.
 *
 * Danger: the three compilations must stay the same text; each is tested against the library on every length. */
#include "base/sha256.h"

#include <string.h>
#ifdef HAVE_NETTLE
#include <nettle/sha2.h>
#endif

#define LANES 16
#define BLOCK 64
#define FEW 4			/* fewer messages than this cost less one after another */

typedef u32 vec __attribute__((vector_size(4 * LANES)));

static const u32 first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
static const u32 round_word[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

struct lane {
	const struct sha256_job *job;	/* NULL: idle */
	size_t at, end;			/* next byte, and length with padding */
	u8 block[BLOCK];		/* where a block does not lie in one piece */
};

struct work {
	_Alignas(64) u32 state[8][LANES];
	u32 words[16][LANES];
	struct lane lane[LANES];
	size_t active;
};

/* ---- the rounds ---- */

/* gcc's analyzer takes the shift of every word of a vector for one of a byte. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-shift-count-overflow"
#endif
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define WORD(i) w[(i) & 15]

static inline __attribute__((always_inline)) void rounds(struct work *k)
{
	vec s[8], w[16];

	memcpy(s, k->state, sizeof s);
	memcpy(w, k->words, sizeof w);
	for (int t = 0; t < 64; t += 16) {
#pragma GCC unroll 16
		for (int j = 0; j < 16; j++) {
			/* the eight working variables move one place a round: their places turn instead */
			vec *a = &s[-j & 7], *b = &s[(1 - j) & 7], *c = &s[(2 - j) & 7], *d = &s[(3 - j) & 7];
			vec *e = &s[(4 - j) & 7], *f = &s[(5 - j) & 7], *g = &s[(6 - j) & 7], *h = &s[(7 - j) & 7], t1;

			if (t > 0) {
				vec x = WORD(j + 1), y = WORD(j + 14);

				WORD(j) += (ROTATE(x, 7) ^ ROTATE(x, 18) ^ x >> 3) + WORD(j + 9) +
					(ROTATE(y, 17) ^ ROTATE(y, 19) ^ y >> 10);
			}
			t1 = *h + (ROTATE(*e, 6) ^ ROTATE(*e, 11) ^ ROTATE(*e, 25)) + (*g ^ (*e & (*f ^ *g))) +
				round_word[t + j] + WORD(j);
			*d += t1;
			*h = t1 + (ROTATE(*a, 2) ^ ROTATE(*a, 13) ^ ROTATE(*a, 22)) + ((*a & *b) | (*c & (*a | *b)));
		}
	}
	for (int i = 0; i < 8; i++) {
		vec was;

		memcpy(&was, k->state[i], sizeof was);
		was += s[i];
		memcpy(k->state[i], &was, sizeof was);
	}
}

static void rounds_any(struct work *k)
{
	rounds(k);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void rounds_avx2(struct work *k)
{
	rounds(k);
}

__attribute__((target("avx512f"))) static void rounds_avx512(struct work *k)
{
	rounds(k);
}
#endif

/* ---- lanes ---- */

static void start(struct work *k, size_t i, const struct sha256_job *job)
{
	struct lane *l = &k->lane[i];

	l->job = job;
	l->at = 0;
	l->end = ((job->head.n + job->body.n + 8) / BLOCK + 1) * BLOCK;
	for (int s = 0; s < 8; s++) {
		k->state[s][i] = first[s];
	}
}

static void take(u8 *to, struct str from, size_t at, size_t n)
{
	if (n != 0) {
		memcpy(to, from.p + at, n);
	}
}

/* The lane's next block; where it is not a piece of one text it is put together, with the padding behind the end. */
static const u8 *next_block(struct lane *l)
{
	const struct sha256_job *job = l->job;
	size_t len = job->head.n + job->body.n, at = l->at, have = 0;

	l->at += BLOCK;
	if (at >= job->head.n && at + BLOCK <= len) {
		return (const u8 *)job->body.p + (at - job->head.n);
	}
	if (at < job->head.n) {
		have = job->head.n - at < BLOCK ? job->head.n - at : BLOCK;
		take(l->block, job->head, at, have);
	}
	if (have < BLOCK && at + have < len) {
		size_t n = len - at - have < BLOCK - have ? len - at - have : BLOCK - have;

		take(l->block + have, job->body, at + have - job->head.n, n);
		have += n;
	}
	if (have < BLOCK) {
		memset(l->block + have, 0, BLOCK - have);
		if (at + have == len) {		/* else the end stood at the end of the block before */
			l->block[have] = 0x80;
		}
	}
	if (l->at == l->end) {
		for (size_t i = 0; i < 8; i++) {
			l->block[BLOCK - 1 - i] = (u8)((u64)len * 8 >> 8 * i);
		}
	}
	return l->block;
}

static u32 word(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static void load(struct work *k)
{
	for (size_t i = 0; i < LANES; i++) {
		const u8 *p;

		if (k->lane[i].job == NULL) {
			continue;		/* steps along with what it had */
		}
		p = next_block(&k->lane[i]);
		for (size_t j = 0; j < 16; j++) {
			k->words[j][i] = word(p + 4 * j);
		}
	}
}

static void put_digest(const struct work *k, size_t i)
{
	u8 *to = k->lane[i].job->ret;

	for (size_t s = 0; s < 8; s++) {
		u32 v = k->state[s][i];

		to[4 * s] = (u8)(v >> 24);
		to[4 * s + 1] = (u8)(v >> 16);
		to[4 * s + 2] = (u8)(v >> 8);
		to[4 * s + 3] = (u8)v;
	}
}

static void in_lanes(const struct sha256_job *jobs, size_t n, void (*step)(struct work *k))
{
	struct work k = { 0 };
	size_t next = 0;

	for (; k.active < LANES && next < n; k.active++, next++) {
		start(&k, k.active, &jobs[next]);
	}
	while (k.active > 0) {
		load(&k);
		step(&k);
		for (size_t i = 0; i < LANES; i++) {
			struct lane *l = &k.lane[i];

			if (l->job == NULL || l->at < l->end) {
				continue;
			}
			put_digest(&k, i);
			if (next < n) {
				start(&k, i, &jobs[next++]);
			} else {
				l->job = NULL;
				k.active--;
			}
		}
	}
}

/* ---- which way ---- */

static void way_any(const struct sha256_job *jobs, size_t n)
{
	in_lanes(jobs, n, rounds_any);
}

#ifdef HAVE_NETTLE
static void way_library(const struct sha256_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sha256_ctx ctx;

		sha256_init(&ctx);
		sha256_update(&ctx, jobs[i].head.n, (const u8 *)jobs[i].head.p);
		sha256_update(&ctx, jobs[i].body.n, (const u8 *)jobs[i].body.p);
		sha256_digest(&ctx, SHA256_LEN, jobs[i].ret);
	}
}
#else
#define way_library way_any
#endif

#ifdef __x86_64__
#include <cpuid.h>

static void way_avx2(const struct sha256_job *jobs, size_t n)
{
	in_lanes(jobs, n, rounds_avx2);
}

static void way_avx512(const struct sha256_job *jobs, size_t n)
{
	in_lanes(jobs, n, rounds_avx512);
}

static bool has_sha(void)	/* bit 29 of ebx of leaf 7; the library looks for itself whether it may use them */
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

static size_t ways(sha256_way_fn *ret[4])
{
	bool wide = __builtin_cpu_supports("avx512f") != 0, sha = has_sha();
	size_t n = 0;

	/* per block, on a processor of 2019: 16 lanes take a tenth of what the library takes without SHA instructions, half
	 * of what it takes with them; 8 lanes a quarter, and twice */
	if (wide) {
		ret[n++] = way_avx512;
	}
	if (sha) {
		ret[n++] = way_library;
	}
	if (__builtin_cpu_supports("avx2") != 0) {
		ret[n++] = way_avx2;
	}
	if (!sha) {
		ret[n++] = way_library;
	}
	return n;
}
#else
static size_t ways(sha256_way_fn *ret[4])
{
	ret[0] = way_library;
	return 1;
}
#endif

sha256_way_fn *sha256_way(size_t i)
{
	sha256_way_fn *all[4];
	size_t n = ways(all);

	return i < n ? all[i] : i == n ? way_any : NULL;
}

void sha256_many(const struct sha256_job *jobs, size_t n)
{
	if (n < FEW) {
		way_library(jobs, n);
	} else {
		sha256_way(0)(jobs, n);
	}
}
