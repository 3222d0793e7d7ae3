/* Parts: salts, commitments, the inner tree. The format stands in merkle.c.
 * The salt is what makes a commitment hide: it must come from the kernel and be used once. */
#include "core/ledger/part.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/sha256.h"

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

#define LABEL "korobanu part v1\n"
#define HEAD (sizeof(LABEL) - 1 + 5 + sizeof(struct salt))	/* what stands before the bytes */
#define AT_ONCE 256		/* a step's worth of memory on the stack, many lanes' worth of messages */

static struct str put_head(u8 *to, const struct part_in *p, const struct salt *salt)
{
	const u8 what[] = { (u8)p->role, (u8)(p->item >> 24), (u8)(p->item >> 16), (u8)(p->item >> 8), (u8)p->item };

	memcpy(to, LABEL, sizeof(LABEL) - 1);
	memcpy(to + sizeof(LABEL) - 1, what, sizeof(what));
	memcpy(to + sizeof(LABEL) - 1 + sizeof(what), salt->b, sizeof(salt->b));
	return str_of(to, HEAD);
}

void part_commits(const struct part_in *parts, const struct salt *salts, size_t n, struct hash *ret)
{
	struct sha256_job jobs[AT_ONCE];
	u8 heads[AT_ONCE][HEAD];

	for (size_t at = 0, k; at < n; at += k) {
		k = n - at < AT_ONCE ? n - at : AT_ONCE;
		for (size_t i = 0; i < k; i++) {
			jobs[i] = (struct sha256_job){ .head = put_head(heads[i], &parts[at + i], &salts[at + i]),
				.body = parts[at + i].bytes, .ret = ret[at + i].b };
		}
		sha256_many(jobs, k);
	}
}

struct hash part_commit(enum part_role role, u32 item, const struct salt *salt, struct str bytes)
{
	const struct part_in p = { .role = role, .item = item, .bytes = bytes };
	struct hash h;

	part_commits(&p, salt, 1, &h);
	return h;
}

struct hash part_leaf(const struct hash *commitment)
{
	return merkle_leaf(str_of(commitment->b, HASH_LEN));
}

#define ROOT_LEVEL 9		/* so many leaves are hashed together: 2^9 */

struct hash part_root(const struct hash *commitments, size_t n)
{
	struct hash leaves[1 << ROOT_LEVEL];
	struct merkle_edge e = {0};

	for (u32 level = ROOT_LEVEL; n > 0; level--) {
		size_t width = (size_t)1 << level;

		for (; n >= width; commitments += width, n -= width) {
			struct hash root;

			merkle_leaves(commitments, width, leaves);
			root = merkle_fold(leaves, level);
			merkle_edge_append_tree(&e, level, &root);
		}
	}
	return merkle_edge_root(&e);
}

int part_tree(struct arena *a, const struct hash *commitments, size_t n, struct merkle_tree *ret)
{
	struct hash *leaves = arena_try(a, n * sizeof(*leaves) + 1);

	if (leaves == NULL) {
		return ERR_NOMEM;
	}
	merkle_leaves(commitments, n, leaves);
	return merkle_tree_make(a, leaves, n, ret);
}
