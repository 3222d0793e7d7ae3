/* Writing proof bundles (doc/formats/bundle.md) from what is stored. What the parts mean is the caller's statement; here they are
 * fetched, with salts and proofs, in the order the format wants: texts, entries, parts. */
#include "core/serve/serve_int.h"

#include "core/ledger/bundle.h"

#include <stdlib.h>
#include <string.h>

struct prove {
	struct serve *s;
	struct serve_reply *out;
	struct arena *a;
	struct bundle_w *w;
	struct serve_log *logs;			/* of the store, ascending */
	size_t nlogs;
	vec(struct store_items) groups;		/* with bodies and salts */
	struct store_erased *erased;		/* of entry erased_of; those before erased_at were asked for */
	u64 erased_of;
	size_t nerased, erased_at;
	vec(u64) seqs;				/* entries: those of the groups and those that erased something */
};

static int send_line(void *ctx, struct str line)
{
	struct prove *p = ctx;

	serve_bytes(p->out, line);
	return p->out->err;
}

static int by_place(const void *x, const void *y)
{
	const struct store_items *a = x, *b = y;

	return a->seq != b->seq ? (a->seq < b->seq ? -1 : 1) : a->first < b->first ? -1 : a->first > b->first;
}

static int by_number(const void *x, const void *y)
{
	u64 a = *(const u64 *)x, b = *(const u64 *)y;

	return a < b ? -1 : a > b;
}

static int groups_of(struct serve *s, struct arena *a, u64 asset, int (*each)(void *ctx, const struct store_items *g), void *ctx)
{
	u64 *members;
	size_t nmembers = identity_members(a, s->edges, asset, &members);
	int r;

	for (size_t m = 0; m < nmembers; m++) {
		for (u64 from = 0;;) {
			struct store_items *groups;
			size_t n;

			if ((r = items_page(s, a, members[m], &from, &groups, &n)) != 0) {
				return r;
			}
			for (size_t i = 0; i < n; i++) {
				if ((r = each(ctx, &groups[i])) != 0) {
					return r;
				}
			}
			if (n == 0) {
				break;
			}
		}
	}
	return 0;
}

static int keep_group(void *ctx, const struct store_items *g)
{
	struct prove *p = ctx;

	*vec_add(p->a, &p->groups) = *g;
	return 0;
}

/* All of an entry that belongs to no asset. */
static int keep_entry(struct prove *p, u64 seq)
{
	struct store_items *groups;
	size_t n;
	int r = serve_zones(p->s, NULL);	/* acts lie in no zone */

	if (r == 0) {
		r = store_items_at(p->s->st, p->a, seq, &groups, &n);
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (groups[i].asset == 0) {
			*vec_add(p->a, &p->groups) = groups[i];
		}
	}
	return r == 0 ? serve_zones(p->s, p->s->asking) : r;
}

struct places {
	struct arena *a;
	vec(struct store_items) v;
};

static int keep_place(void *ctx, const struct store_items *g)
{
	struct places *p = ctx;

	*vec_add(p->a, &p->v) = (struct store_items){ .seq = g->seq, .first = g->first, .n = g->n, .asset = g->asset };
	return 0;
}

int serve_groups(struct serve *s, struct arena *a, u64 asset, struct store_items **ret, size_t *ret_n)
{
	struct places p = { .a = a };
	int r = groups_of(s, a, asset, keep_place, &p);

	if (r == 0) {
		qsort(p.v.p, p.v.n, sizeof *p.v.p, by_place);
		*ret = p.v.p;
		*ret_n = p.v.n;
	}
	return r;
}

static int find_eraser(struct prove *p, u64 seq, u32 part, u64 *ret)
{
	int r = 0;

	if (p->erased_of != seq || p->erased == NULL) {
		r = store_get_erased(p->s->st, p->a, seq, &p->erased, &p->nerased);
		p->erased_of = seq;
		p->erased_at = 0;
	}
	/* parts are asked for in ascending order */
	for (; r == 0 && p->erased_at < p->nerased; p->erased_at++) {
		if (p->erased[p->erased_at].part == part) {
			*ret = p->erased[p->erased_at].by;
			return 0;
		}
	}
	return r != 0 ? r : ERR_INTEGRITY;
}

static int list_entries(struct prove *p)
{
	size_t n = 0;
	int r;

	for (size_t i = 0; i < p->groups.n; i++) {
		struct store_erased *rows;
		size_t nrows;

		*vec_add(p->a, &p->seqs) = p->groups.p[i].seq;
		if ((r = store_get_erased(p->s->st, p->a, p->groups.p[i].seq, &rows, &nrows)) != 0) {
			return r;
		}
		for (size_t k = 0; k < nrows; k++) {
			*vec_add(p->a, &p->seqs) = rows[k].by;
		}
	}
	qsort(p->seqs.p, p->seqs.n, sizeof *p->seqs.p, by_number);
	for (size_t i = 0; i < p->seqs.n; i++) {
		if (i == 0 || p->seqs.p[i] != p->seqs.p[i - 1]) {
			p->seqs.p[n++] = p->seqs.p[i];
		}
	}
	p->seqs.n = n;
	return 0;
}

static struct serve_log *log_of(const struct prove *p, u64 seq)
{
	size_t i = p->nlogs;

	while (i-- > 1 && seq < p->logs[i].first) {
	}
	return &p->logs[i];
}

/* Of a log that a restore closed, at the size it was closed at; of the one that grows, at the size it has. */
static int log_note(struct prove *p, const struct serve_log *l, struct str *ret)
{
	struct store_checkpoint *rows;
	size_t n;
	int r;

	if (l == &p->logs[p->nlogs - 1]) {
		return serve_sign(p->s, p->a, ret);
	}
	if ((r = store_get_checkpoints(p->s->st, p->a, l->epoch, l->size, 1, &rows, &n)) != 0) {
		return r;
	}
	if (n != 1 || rows[0].size != l->size) {
		return ERR_INTEGRITY;
	}
	*ret = rows[0].note;
	return 0;
}

static int write_begin(struct prove *p)
{
	struct bundle_log *logs = arena_alloc(p->a, p->nlogs * sizeof *logs);

	for (size_t i = 0; i < p->nlogs; i++) {
		int r;

		logs[i] = (struct bundle_log){ .first = p->logs[i].first };
		if ((r = log_note(p, &p->logs[i], &logs[i].note)) != 0 ||
		    (r = serve_open_note(p->s, p->a, logs[i].note, &logs[i].checkpoint, &logs[i].key, NULL)) != 0) {
			return r;
		}
	}
	bundle_w_begin(p->w, serve_now(p->s), logs, p->nlogs);
	return 0;
}

static int write_entries(struct prove *p)
{
	for (size_t i = 0; i < p->seqs.n; i++) {
		struct arena *a = arena_new(p->a, 0);
		struct serve_log *l = log_of(p, p->seqs.p[i]);
		struct merkle_proof proof;
		struct store_entry *e;
		size_t n;
		int r;

		if ((r = store_get_entries(p->s->st, a, p->seqs.p[i], 1, &e, &n)) != 0) {
			return r;
		}
		if (n != 1 || e[0].seq != p->seqs.p[i]) {
			return ERR_INTEGRITY;
		}
		if ((r = merkle_inclusion(serve_log_node, l, e[0].seq - l->first, l->size, &proof)) != 0) {
			return r;
		}
		bundle_w_entry(p->w, e[0].seq, e[0].envelope, &proof);
		arena_free(a);
	}
	return 0;
}

static int write_group(struct prove *p, const struct store_items *g)
{
	struct arena *a = arena_new(p->a, 0);
	struct rd rd = rd_str(g->body);
	struct merkle_tree tree;
	struct str commits;
	u32 part = g->part;
	int r;

	if ((r = store_get_commits(p->s->st, a, g->seq, &commits)) != 0 ||
	    (r = part_tree(a, (const struct hash *)(const void *)commits.p, commits.n / HASH_LEN, &tree)) != 0) {
		return r;
	}
	for (u32 i = 0; i < g->n; i++) {
		struct packed item;

		if ((r = unpack_item(a, &rd, &item)) != 0) {
			return ERR_INTEGRITY;
		}
		for (size_t k = 0; k < item.parts.n; k++, part++) {
			struct bundle_part bp = { .seq = g->seq, .index = part, .item = g->first + i,
				.role = packed_role(&item, k), .bytes = item.parts.p[k] };
			struct merkle_proof proof;

			if ((size_t)(part - g->part + 1) * sizeof bp.salt > g->salts.n || (part + 1) * HASH_LEN > commits.n) {
				return ERR_INTEGRITY;
			}
			if (item.outside && k + 1 == item.parts.n) {
				struct store_evidence ev;

				if ((r = store_get_evidence(p->s->st, a, g->seq, g->first + i, &ev)) != 0) {
					return r;
				}
				if ((r = evidence_load(p->s, a, &ev, &bp.bytes)) != 0) {
					return r;
				}
			}
			memcpy(bp.commitment.b, commits.p + part * HASH_LEN, HASH_LEN);
			memcpy(bp.salt.b, g->salts.p + (part - g->part) * sizeof bp.salt, sizeof bp.salt);
			if (bp.bytes.p == NULL) {
				bp.erased = true;
				if ((r = find_eraser(p, g->seq, part, &bp.erased_by)) != 0) {
					return r;
				}
			}
			if ((r = merkle_inclusion(merkle_tree_fetch, &tree, part, commits.n / HASH_LEN, &proof)) != 0) {
				return r;
			}
			bundle_w_part(p->w, &bp, &proof);
		}
	}
	arena_free(a);
	return 0;
}

static int text_order(const void *x, const void *y)
{
	const struct store_text *a = x, *b = y;
	int r = str_cmp(a->kind, b->kind);

	return r != 0 ? r : memcmp(a->sha, b->sha, sizeof a->sha);
}

static void write_texts(struct prove *p, const struct store_text *texts, size_t n)
{
	struct store_text *sorted = arena_copy(p->a, texts, n * sizeof *sorted);

	qsort(sorted, n, sizeof *sorted, text_order);
	for (size_t i = 0; i < n; i++) {
		int kind = str_index(sorted[i].kind, bundle_texts, countof(bundle_texts));

		if (kind >= 0 && (i == 0 || text_order(&sorted[i - 1], &sorted[i]) != 0)) {
			bundle_w_text(p->w, (enum bundle_text)kind, sorted[i].body);
		}
	}
}

int serve_bundle(struct serve *s, struct serve_reply *out, struct arena *a, const u64 *assets, size_t nassets,
	const struct store_text *texts, size_t ntexts, u64 statement)
{
	struct prove p = { .s = s, .out = out, .a = a };
	int r;

	for (size_t i = 0; i < nassets; i++) {
		if ((r = groups_of(s, a, assets[i], keep_group, &p)) != 0) {
			return r;
		}
	}
	if ((r = keep_entry(&p, statement)) != 0 || (r = serve_logs(s, a, &p.logs, &p.nlogs)) != 0) {
		return r;
	}
	for (size_t i = 1; i < p.nlogs; i++) {		/* the entry of each log that says which one it goes on from */
		if ((r = keep_entry(&p, p.logs[i].first)) != 0) {
			return r;
		}
	}
	qsort(p.groups.p, p.groups.n, sizeof *p.groups.p, by_place);
	p.w = bundle_w_new(a, send_line, &p);
	if ((r = list_entries(&p)) != 0 || (r = write_begin(&p)) != 0) {
		return r;
	}
	write_texts(&p, texts, ntexts);
	if ((r = write_entries(&p)) != 0) {
		return r;
	}
	for (size_t i = 0; i < p.groups.n; i++) {
		if ((r = write_group(&p, &p.groups.p[i])) != 0) {
			return r;
		}
	}
	return bundle_w_end(p.w);
}
