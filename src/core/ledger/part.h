/* Parts of an entry: each separately erasable piece is committed to with a salt of its own, so that the log never
 * holds content and an erased piece cannot be guessed from its commitment.
 * commitment = SHA-256("korobanu part v1\n" || role (1 byte) || item (u32, big-endian) || salt || bytes); the inner tree's
 * leaf is merkle_leaf(commitment). Role and item are in it because the bytes of a part may be a device's own choice:
 * nobody can hand evidence on as if it were what a sensor stated. */
#ifndef CORE_LEDGER_PART_H
#define CORE_LEDGER_PART_H

#include "core/ledger/merkle.h"

enum part_role { PART_TECHNICAL = 't', PART_PERSONAL = 'p', PART_EVIDENCE = 'e' };	/* the byte of the commitment */

struct salt {
	u8 b[32];
};

int part_salts(struct salt *ret, size_t n) MUST_USE;	/* n fresh salts; ERR_SYS */
/* item: its index in the entry */
struct hash part_commit(enum part_role role, u32 item, const struct salt *salt, struct str bytes);
/* The same of many at once, which costs a fraction: ret[k] is the commitment to parts[k] with salts[k]. */
struct part_in {
	enum part_role role;
	u32 item;
	struct str bytes;
};
void part_commits(const struct part_in *parts, const struct salt *salts, size_t n, struct hash *ret);
struct hash part_leaf(const struct hash *commitment);
struct hash part_root(const struct hash *commitments, size_t n);	/* `root` of the envelope; n may be 0 */
/* The inner tree over commitments with all nodes, for proofs with merkle_inclusion(merkle_tree_fetch, tree, ...). */
int part_tree(struct arena *a, const struct hash *commitments, size_t n, struct merkle_tree *ret) MUST_USE;

#endif
