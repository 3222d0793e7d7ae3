/* The ledger's Ed25519 key. The rule of acceptance stands in key.h and is enforced here before nettle sees the bytes:
 *
 * - S < L, the group order (nettle checks it too; a rule of ours must not hang on a library's version);
 * - A and R decode in one way only: y < p, and x = 0 (y = 1 or y = p - 1) never with the sign bit;
 * - A and R are none of the eight points of small order. Such points have five values of y: 0, 1, p - 1 and two more.
 *   A point with a small-order *component* cannot be seen in its bytes; there the cofactorless equation decides.
 *
 * A key of small order would accept one signature for many messages; a non-canonical encoding would give one signature
 * two texts, and a ledger that compares bytes two histories. */
#include "core/ledger/key.h"

#include <nettle/eddsa.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static const u8 order[32] = {	/* L = 2^252 + 27742317777372353535851937790883648493, little-endian */
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
};
static const u8 prime[32] = {	/* p = 2^255 - 19, little-endian */
	0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
};
static const u8 small_y[5][32] = {
	{ 0 },
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

static bool below(const u8 *a, const u8 *limit)		/* little-endian, 32 bytes; the values are public */
{
	for (size_t i = 32; i-- > 0;) {
		if (a[i] != limit[i]) {
			return a[i] < limit[i];
		}
	}
	return false;
}

static bool point_ok(const u8 *enc)
{
	u8 y[32];

	memcpy(y, enc, sizeof(y));
	y[31] &= 0x7f;
	if (!below(y, prime)) {
		return false;
	}
	for (size_t i = 0; i < countof(small_y); i++) {
		if (memcmp(y, small_y[i], sizeof(y)) == 0) {
			return false;
		}
	}
	return true;
}

void key_of_seed(const u8 seed[KEY_SEED], struct ledger_key *ret)
{
	memcpy(ret->seed, seed, KEY_SEED);
	ed25519_sha512_public_key(ret->pub, ret->seed);
}

int key_make(struct ledger_key *ret)
{
	u8 seed[KEY_SEED];
	ssize_t got;

	do {
		got = getrandom(seed, sizeof(seed), 0);		/* up to 256 bytes come whole or not at all */
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(seed)) {
		return ERR_SYS;
	}
	key_of_seed(seed, ret);
	explicit_bzero(seed, sizeof(seed));
	return 0;
}

void key_wipe(struct ledger_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

/* Own base64 for this one length: the general one would leave copies of the seed in an arena. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void key_text(const struct ledger_key *k, char ret[KEY_TEXT])
{
	char *to = ret;

	for (size_t i = 0; i < KEY_SEED; i += 3) {
		u32 v = (u32)k->seed[i] << 16 | (u32)k->seed[i + 1] << 8 | (i + 2 < KEY_SEED ? k->seed[i + 2] : 0u);

		*to++ = letters[v >> 18];
		*to++ = letters[v >> 12 & 63];
		*to++ = letters[v >> 6 & 63];
		*to++ = i + 2 < KEY_SEED ? letters[v & 63] : '=';
	}
	*to = '\n';
}

int key_parse(struct str text, struct ledger_key *ret)
{
	u8 seed[33];
	int r = 0;

	if (text.n != KEY_TEXT || text.p[KEY_TEXT - 1] != '\n' || text.p[KEY_TEXT - 2] != '=') {
		return ERR_SYNTAX;
	}
	for (size_t i = 0; i < 44 && r == 0; i += 4) {
		u32 v = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *hit = i + k == 43 ? letters : memchr(letters, text.p[i + k], 64);

			r = hit == NULL ? ERR_SYNTAX : r;
			v = v << 6 | (hit == NULL ? 0 : (u32)(hit - letters));
		}
		seed[i / 4 * 3] = (u8)(v >> 16);
		seed[i / 4 * 3 + 1] = (u8)(v >> 8);
		seed[i / 4 * 3 + 2] = (u8)v;
	}
	if (r == 0 && seed[KEY_SEED] != 0) {	/* bits behind the end: not the one spelling */
		r = ERR_SYNTAX;
	}
	if (r == 0) {
		key_of_seed(seed, ret);
	}
	explicit_bzero(seed, sizeof(seed));
	return r;
}

int key_load(int fd, enum key_place place, struct ledger_key *ret)
{
	mode_t others = place == KEY_IN_FILE ? S_IRWXG | S_IRWXO : S_IWGRP | S_IXGRP | S_IRWXO;
	char text[KEY_TEXT + 1];
	size_t n = 0;
	struct stat st;
	int r;

	if (fstat(fd, &st) != 0) {
		return err_from_errno(errno);
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & others) != 0 || (st.st_uid != geteuid() && st.st_uid != 0)) {
		return ERR_DENIED;
	}
	while (n < sizeof(text)) {
		ssize_t got = pread(fd, text + n, sizeof(text) - n, (off_t)n);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			explicit_bzero(text, sizeof(text));
			return err_from_errno(errno);
		}
		if (got == 0) {
			break;
		}
		n += (size_t)got;
	}
	r = key_parse(str_of(text, n), ret);
	explicit_bzero(text, sizeof(text));
	return r;
}

int key_load_at(int dir, const char *name, enum key_place place, struct ledger_key *ret)
{
	int links = place == KEY_IN_FILE ? O_NOFOLLOW : 0;
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | links);

	if (fd < 0) {
		return errno == ELOOP ? ERR_DENIED : err_from_errno(errno);
	}
	return key_load(fd, place, ret);
}

void key_sign(const struct ledger_key *k, struct str msg, u8 ret[KEY_SIG])
{
	ed25519_sha512_sign(k->pub, k->seed, msg.n, (const u8 *)msg.p, ret);
}

int key_pub_ok(const u8 pub[KEY_PUB])
{
	return point_ok(pub) ? 0 : ERR_CRYPTO;
}

int key_verify(const u8 pub[KEY_PUB], struct str msg, const u8 sig[KEY_SIG])
{
	if (!point_ok(pub) || !point_ok(sig) || !below(sig + 32, order) ||
	    ed25519_sha512_verify(pub, msg.n, (const u8 *)msg.p, sig) != 1) {
		return ERR_INTEGRITY;
	}
	return 0;
}
