/* Every way against the library on every length around the edges of blocks, cut everywhere, alone and among others. */
#include "unit.h"

#include <string.h>
#include <nettle/sha2.h>

#include "base/sha256.h"

#define MOST 200		/* bytes: three blocks and the padding's edges */

static void fill(u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i] = (u8)(i * 131 + (i >> 5) * 7 + 1);
	}
}

static void want(const u8 *p, size_t n, u8 ret[SHA256_LEN])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, n, p);
	sha256_digest(&ctx, SHA256_LEN, ret);
}

void test_sha256__known_answers(void **state)
{
	/* FIPS 180-4 examples */
	static const struct { const char *text, *hex; } known[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t w = 0; sha256_way(w) != NULL; w++) {
		for (size_t i = 0; i < countof(known); i++) {
			u8 got[SHA256_LEN];

			sha256_way(w)(&(struct sha256_job){ .body = str_z(known[i].text), .ret = got }, 1);
			assert_str(str_hex(a, got, sizeof got), known[i].hex);
		}
	}
	arena_free(a);
}

void test_sha256__every_length_cut_everywhere(void **state)
{
	u8 text[MOST], right[SHA256_LEN];

	(void)state;
	fill(text, sizeof text);
	for (size_t n = 0; n <= MOST; n++) {
		struct sha256_job jobs[MOST + 1];
		u8 got[MOST + 1][SHA256_LEN];

		want(text, n, right);
		for (size_t w = 0; sha256_way(w) != NULL; w++) {
			for (size_t cut = 0; cut <= n; cut++) {
				jobs[cut] = (struct sha256_job){ .head = str_of(text, cut), .ret = got[cut],
					.body = str_of(text + cut, n - cut) };
			}
			memset(got, 0, sizeof got);
			sha256_way(w)(jobs, n + 1);
			for (size_t cut = 0; cut <= n; cut++) {
				assert_memory_equal(got[cut], right, SHA256_LEN);
			}
		}
	}
}

/* Lanes end at different times and are taken again; long ones beside empty ones; every number of messages. */
void test_sha256__messages_of_any_length_together(void **state)
{
	enum { JOBS = 70, LONG = 5000 };
	static u8 text[LONG];
	struct sha256_job jobs[JOBS];
	u8 got[JOBS + 1][SHA256_LEN], right[SHA256_LEN];
	u32 x = 12345;

	(void)state;
	fill(text, sizeof text);
	for (size_t n = 0; n <= JOBS; n++) {
		for (size_t w = 0; w == 0 || sha256_way(w - 1) != NULL; w++) {
			for (size_t i = 0; i < n; i++) {
				size_t len, cut;

				x = x * 1664525 + 1013904223;
				len = x % 7 == 0 ? x / 7 % LONG : x % 7 == 1 ? 0 : x / 7 % MOST;
				cut = len == 0 ? 0 : x / 1000 % (len + 1);
				jobs[i] = (struct sha256_job){ .head = str_of(text, cut), .ret = got[i],
					.body = str_of(text + cut, len - cut) };
			}
			memset(got, 0, sizeof got);
			if (w == 0) {
				sha256_many(jobs, n);
			} else {
				sha256_way(w - 1)(jobs, n);
			}
			for (size_t i = 0; i < n; i++) {
				want(text, jobs[i].head.n + jobs[i].body.n, right);
				assert_memory_equal(got[i], right, SHA256_LEN);
			}
			assert_int_equal(got[n][0], 0);		/* nothing behind the last is written */
		}
	}
}
