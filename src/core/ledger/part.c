/* Parts: salts, commitments, the inner tree. The format stands in merkle.c.
 * The salt is what makes a commitment hide: it must come from the kernel and be used once. */
#include "core/ledger/part.h"

#include <nettle/sha2.h>

#include <errno.h>
#include <sys/random.h>

#include "base/err.h"

int part_salts(struct salt *ret, size_t n)
{
	u8 *p = (u8 *)ret;
	size_t left = n * sizeof(*ret);

	while (left > 0) {	/* above 256 bytes a signal may shorten one call */
		ssize_t got = getrandom(p, left, 0);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return ERR_SYS;
		}
		p += got;
		left -= (size_t)got;
	}
	return 0;
}

struct hash part_commit(enum part_role role, u32 item, const struct salt *salt, struct str bytes)
{
	static const char label[] = "korobanu part v1\n";
	const u8 what[] = { (u8)role, (u8)(item >> 24), (u8)(item >> 16), (u8)(item >> 8), (u8)item };
	struct sha256_ctx ctx;
	struct hash h;

	sha256_init(&ctx);
	sha256_update(&ctx, sizeof(label) - 1, (const u8 *)label);
	sha256_update(&ctx, sizeof(what), what);
	sha256_update(&ctx, sizeof(salt->b), salt->b);
	sha256_update(&ctx, bytes.n, (const u8 *)bytes.p);
	sha256_digest(&ctx, HASH_LEN, h.b);
	return h;
}

struct hash part_leaf(const struct hash *commitment)
{
	return merkle_leaf(str_of(commitment->b, HASH_LEN));
}

struct hash part_root(const struct hash *commitments, size_t n)
{
	struct merkle_edge e = {0};

	for (size_t i = 0; i < n; i++) {
		struct hash leaf = part_leaf(&commitments[i]);

		merkle_edge_append(&e, &leaf, NULL);
	}
	return merkle_edge_root(&e);
}

int part_tree(struct arena *a, const struct hash *commitments, size_t n, struct merkle_tree *ret)
{
	struct hash *leaves = arena_try(a, n * sizeof(*leaves) + 1);

	if (leaves == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		leaves[i] = part_leaf(&commitments[i]);
	}
	return merkle_tree_make(a, leaves, n, ret);
}
