#include "corpus.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "core/ledger/key.h"

static void key_hex(const char *seed, struct ledger_key *ret)
{
	u8 b[KEY_SEED];

	assert_int_equal(str_unhex(str_z(seed), b, sizeof(b)), 0);
	key_of_seed(b, ret);
}

/* RFC 8032 7.1, tests 1 and 2. */
void test_key__rfc8032(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct ledger_key k;
	u8 sig[KEY_SIG];

	(void)state;
	key_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", &k);
	assert_str(str_hex(a, k.pub, KEY_PUB), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	key_sign(&k, S(""), sig);
	assert_str(str_hex(a, sig, KEY_SIG),
		   "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
		   "d25bf5f0595bbe24655141438e7a100b");
	assert_int_equal(key_verify(k.pub, S(""), sig), 0);
	key_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", &k);
	key_sign(&k, S("\x72"), sig);
	assert_str(str_hex(a, sig, KEY_SIG),
		   "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
		   "387b2eaeb4302aeeb00d291612bb0c00");
	assert_int_equal(key_verify(k.pub, S("\x72"), sig), 0);
	assert_int_equal(key_verify(k.pub, S("\x73"), sig), ERR_INTEGRITY);
	arena_free(a);
}

void test_key__every_bit_of_a_signature(void **state)
{
	struct ledger_key k;
	u8 sig[KEY_SIG];

	(void)state;
	assert_int_equal(key_make(&k), 0);
	key_sign(&k, S("message"), sig);
	for (size_t bit = 0; bit < KEY_SIG * 8; bit += unit_step()) {
		sig[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(key_verify(k.pub, S("message"), sig), ERR_INTEGRITY);
		sig[bit / 8] ^= (u8)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < KEY_PUB * 8; bit += unit_step()) {
		k.pub[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(key_verify(k.pub, S("message"), sig), ERR_INTEGRITY);
		k.pub[bit / 8] ^= (u8)(1u << bit % 8);
	}
	assert_int_equal(key_verify(k.pub, S("message"), sig), 0);
}

/* S + L gives the same point: the second text of one signature must be refused. */
void test_key__s_above_the_order(void **state)
{
	static const u8 order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
				      0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	struct ledger_key k;
	u8 sig[KEY_SIG];
	u32 carry = 0;

	(void)state;
	assert_int_equal(key_make(&k), 0);
	key_sign(&k, S("m"), sig);
	for (size_t i = 0; i < 32; i++) {
		carry += (u32)sig[32 + i] + order[i];
		sig[32 + i] = (u8)carry;
		carry >>= 8;
	}
	assert_int_equal(key_verify(k.pub, S("m"), sig), ERR_INTEGRITY);
}

static bool flagged(const struct json *flags, const char *name)
{
	for (size_t i = 0; flags != NULL && flags->type == JSON_ARR && i < flags->arr.n; i++) {
		if (str_eq(flags->arr.p[i].s, str_z(name))) {
			return true;
		}
	}
	return false;
}

/* The rule of key.h in the words of the flags: no small-order point, no second encoding, no cofactor. reencoded_k means
 * that the signer hashed another encoding than the one sent, and comes with a non-canonical point only. */
void test_key__corpus_edge_cases(void **state)
{
	static const char *const refused[] = { "low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R",
					       "low_order_residue", "reencoded_k" };
	struct arena *a = arena_new(NULL, 0);
	CORPUS(a, text, "crypto-ed25519/ed25519-edge-cases.json");
	const struct json *all = corpus_json(a, text);
	size_t accepted = 0;

	(void)state;
	assert_in_range(all->arr.n, 400, 10000);
	for (size_t i = 0; i < all->arr.n; i++) {
		const struct json *v = &all->arr.p[i], *flags = json_get(v, S("flags"));
		u8 pub[KEY_PUB], sig[KEY_SIG];
		bool want = true, got;

		for (size_t f = 0; f < countof(refused); f++) {
			want = want && !flagged(flags, refused[f]);
		}
		assert_int_equal(str_unhex(corpus_str(v, "key"), pub, sizeof(pub)), 0);
		assert_int_equal(str_unhex(corpus_str(v, "sig"), sig, sizeof(sig)), 0);
		got = key_verify(pub, corpus_str(v, "msg"), sig) == 0;
		if (got != want) {
			fail_msg("vector %zu: got %d, want %d", i, got, want);
		}
		assert_int_equal(
			key_pub_ok(pub) == 0, !flagged(flags, "low_order_A") && !flagged(flags, "non_canonical_A"));
		accepted += got;
	}
	assert_in_range(accepted, 10, all->arr.n / 2);
	arena_free(a);
}

void test_key__text_round_trip(void **state)
{
	struct ledger_key k, back;
	char text[KEY_TEXT];

	(void)state;
	assert_int_equal(key_make(&k), 0);
	key_text(&k, text);
	assert_int_equal(key_parse(str_of(text, sizeof(text)), &back), 0);
	assert_memory_equal(&k, &back, sizeof(k));
	assert_int_equal(key_parse(str_of(text, sizeof(text) - 1), &back), ERR_SYNTAX);
	for (size_t i = 0; i < sizeof(text); i++) {
		char was = text[i];

		text[i] = '!';
		assert_int_equal(key_parse(str_of(text, sizeof(text)), &back), ERR_SYNTAX);
		text[i] = was;
	}
	text[42]++;	/* the last letter ends in two bits of nothing: the next one is a second spelling */
	assert_int_equal(key_parse(str_of(text, sizeof(text)), &back), ERR_SYNTAX);
	key_wipe(&k);
	assert_memory_equal(&k, &(struct ledger_key){0}, sizeof(k));
}

static void put(int dir, const char *name, const void *p, size_t n, mode_t mode)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void test_key__file_modes(void **state)
{
	char place[] = "/tmp/korobanu-key-XXXXXX", text[KEY_TEXT + 1] = {0};
	struct ledger_key k, back;
	AUTO_CLOSE int dir = -1;

	(void)state;
	assert_non_null(mkdtemp(place));
	dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(key_make(&k), 0);
	key_text(&k, text);
	put(dir, "k", text, KEY_TEXT, 0600);
	assert_int_equal(key_load_at(dir, "k", KEY_IN_FILE, &back), 0);
	assert_memory_equal(&k, &back, sizeof(k));
	put(dir, "k", text, KEY_TEXT, 0400);
	assert_int_equal(key_load_at(dir, "k", KEY_IN_FILE, &back), 0);
	for (mode_t bit = 1; bit < 0100; bit <<= 1) {
		put(dir, "k", text, KEY_TEXT, 0600 | bit);
		assert_int_equal(key_load_at(dir, "k", KEY_IN_FILE, &back), ERR_DENIED);
		assert_int_equal(key_load_at(dir, "k", KEY_IN_CREDENTIAL, &back), bit == 0040 ? 0 : ERR_DENIED);
	}
	put(dir, "k", text, KEY_TEXT, 0600);
	assert_int_equal(symlinkat("k", dir, "link"), 0);
	assert_int_equal(key_load_at(dir, "link", KEY_IN_FILE, &back), ERR_DENIED);
	assert_int_equal(key_load_at(dir, "link", KEY_IN_CREDENTIAL, &back), 0);
	assert_int_equal(key_load_at(dir, "none", KEY_IN_FILE, &back), ERR_NOTFOUND);
	assert_int_equal(key_load_at(dir, ".", KEY_IN_FILE, &back), ERR_DENIED);
	put(dir, "k", text, KEY_TEXT - 1, 0600);
	assert_int_equal(key_load_at(dir, "k", KEY_IN_FILE, &back), ERR_SYNTAX);
	put(dir, "k", text, KEY_TEXT + 1, 0600);
	assert_int_equal(key_load_at(dir, "k", KEY_IN_FILE, &back), ERR_SYNTAX);
	unlinkat(dir, "k", 0);
	unlinkat(dir, "link", 0);
	rmdir(place);
}
