/* Hashing, the growing tree and its two proofs: RFC 6962 hashes, RFC 9162 2.1.3.2 and 2.1.4.2 verification.
 *
 * leaf hash = SHA-256(0x00 || bytes), node hash = SHA-256(0x01 || left || right), the empty tree is SHA-256("").
 * Node (level, index) is the root over the 2^level leaves from index * 2^level on; it exists once all of them do. */
#ifndef CORE_LEDGER_MERKLE_H
#define CORE_LEDGER_MERKLE_H

#include "base/buf.h"
#include "base/rd.h"

#define HASH_LEN 32
struct hash {
	u8 b[HASH_LEN];
};

#define MERKLE_LEVELS 63			/* levels 0 .. 62 */
#define MERKLE_SIZE_MAX ((u64)INT64_MAX)	/* leaves; positions travel as i64 */
#define MERKLE_PROOF_MAX 64			/* longest proof of either kind */

struct hash hash_bytes(struct str bytes);	/* plain SHA-256 */
bool hash_eq(const struct hash *a, const struct hash *b);
struct hash merkle_empty(void);
struct hash merkle_leaf(struct str bytes);
struct hash merkle_node(const struct hash *left, const struct hash *right);
/* Many at once, which costs a fraction. Leaf hashes of n texts of HASH_LEN bytes; ret may not overlap them. */
void merkle_leaves(const struct hash *texts, size_t n, struct hash *ret);
void merkle_texts(const struct str *texts, size_t n, struct hash *ret);		/* the same of texts of any length */
/* n nodes over 2 * n hashes; ret may not overlap them. */
void merkle_nodes(const struct hash *below, size_t n, struct hash *ret);
struct hash merkle_fold(struct hash *leaves, u32 level);	/* root over 2^level leaf hashes, which are lost */

/* The right edge: all that is needed to append and to name the root. Zero is the empty tree.
 * h[l] is meaningful where bit l of size is set: the root of that perfect subtree. */
struct merkle_edge {
	u64 size;
	struct hash h[MERKLE_LEVELS];
};

/* Appends one leaf hash. ret_nodes (may be NULL) receives the nodes that became complete: ret_nodes[l] is node
 * (l, old size >> l); returns how many, at least 1. The size must be below MERKLE_SIZE_MAX. */
size_t merkle_edge_append(struct merkle_edge *e, const struct hash *leaf, struct hash ret_nodes[MERKLE_LEVELS]);
/* The same with the root of 2^level leaves at once; the size must be a multiple of that. */
void merkle_edge_append_tree(struct merkle_edge *e, u32 level, const struct hash *root);
struct hash merkle_edge_root(const struct merkle_edge *e);
/* Bytes for the store: u64 size, then the subtree roots from the highest level down. Load: ERR_TRUNC, ERR_RANGE. */
void merkle_edge_save(const struct merkle_edge *e, struct buf *b);
int merkle_edge_load(struct rd *rd, struct merkle_edge *ret) MUST_USE;

/* Root over an array of leaf hashes (the inner tree of an entry); n may be 0. */
struct hash merkle_root(const struct hash *leaves, size_t n);

/* Where node hashes come from: asked only for nodes that are complete in the tree in question.
 * An error it returns is passed on. */
typedef int merkle_fetch(void *ctx, u32 level, u64 index, struct hash *ret);

/* A small tree in memory with all its nodes; `ctx` of merkle_tree_fetch is a struct merkle_tree *. */
struct merkle_tree {
	size_t n;
	u32 levels;
	struct hash *level[MERKLE_LEVELS];	/* level[l][0 .. (n >> l) - 1] */
};
/* Copies the leaf hashes; ERR_NOMEM when over the arena's limit. */
int merkle_tree_make(struct arena *a, const struct hash *leaves, size_t n, struct merkle_tree *ret) MUST_USE;
merkle_fetch merkle_tree_fetch;

struct merkle_proof {
	size_t n;
	struct hash h[MERKLE_PROOF_MAX];
};

/* The root over the first `size` leaves. size 0 gives the empty root and asks nothing. */
int merkle_fetch_root(merkle_fetch *fetch, void *ctx, u64 size, struct hash *ret) MUST_USE;
/* ERR_RANGE unless index < size <= MERKLE_SIZE_MAX. */
int merkle_inclusion(merkle_fetch *fetch, void *ctx, u64 index, u64 size, struct merkle_proof *ret) MUST_USE;
/* ERR_RANGE unless 0 < from <= to <= MERKLE_SIZE_MAX; from == to gives the empty proof. */
int merkle_consistency(merkle_fetch *fetch, void *ctx, u64 from, u64 to, struct merkle_proof *ret) MUST_USE;

/* 0 or ERR_INTEGRITY. The number of hashes must be exactly what index and size demand. */
int merkle_verify_inclusion(u64 index, u64 size, const struct hash *leaf, const struct hash *proof, size_t n,
			    const struct hash *root) MUST_USE;
/* 0 or ERR_INTEGRITY. Equal sizes: equal roots and no proof, and the root of size 0 is merkle_empty().
 * A proof from the empty tree to a larger one says nothing and is refused. */
int merkle_verify_consistency(u64 from, u64 to, const struct hash *from_root, const struct hash *to_root,
			      const struct hash *proof, size_t n) MUST_USE;

#endif
