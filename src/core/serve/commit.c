/* One draft becomes one ledger entry, in one transaction (ARCHITECTURE 4.5, steps 3 and 4):
 *
 *   whom is each fact about (fold.c) -> parts and salted commitments -> inner root -> envelope -> leaf -> new head and complete
 *   tiles -> everything to store_commit, whose 0 is the only acknowledgement.
 *
 * Invariants: the log grows by exactly one leaf a commit; the in-memory head changes only after the COMMIT; positions (seq, index) are those of
 * the draft's order. Danger: a COMMIT whose outcome is unclear. Then nobody may go on from the head in memory, and the process ends;
 * the chunk id tells after the restart what happened. */
#include "core/serve/commit_int.h"

#include "base/limits.h"
#include "base/log.h"
#include "core/ledger/envelope.h"
#include "core/ledger/tile.h"

#include <string.h>
#include <unistd.h>

static void keep_head(struct serve *s, struct arena *a, const struct store_head *head)
{
	arena_free(s->head_arena);
	s->head_arena = a;
	s->head = *head;
}

int serve_load_head(struct serve *s)
{
	struct arena *a = arena_new(s->a, 0);
	struct store_head head;
	struct rd rd;
	int r = store_get_head(s->st, a, &head);

	if (r == 0 && head.epoch != 0) {
		rd = rd_str(head.edge);
		if ((r = merkle_edge_load(&rd, &s->edge)) == 0 && (rd_done(&rd) != 0 || s->edge.size != head.size)) {
			r = ERR_INTEGRITY;
		}
		if (r == 0) {
			struct hash root = merkle_edge_root(&s->edge), stored;

			memcpy(stored.b, head.root, sizeof stored.b);
			r = hash_eq(&root, &stored) ? 0 : ERR_INTEGRITY;
		}
	}
	if (r != 0) {
		arena_free(a);
		return r;
	}
	keep_head(s, a, &head);
	return 0;
}

/* After a commit: what was written is what is there, and reading it would keep whoever waits for the answer waiting. */
static void next_head(struct serve *s, const struct store_head *now, const struct merkle_edge *edge)
{
	struct arena *a = arena_new(s->a, 0);
	struct store_head head = *now;

	head.edge = str_dup(a, now->edge);
	head.origin = str_dup(a, now->origin);
	s->edge = *edge;
	keep_head(s, a, &head);
}

/* Step 1: whom each fact is about. Evidence belongs to the fact that follows it. */
static int fold_items(struct work *w)
{
	int r;

	for (size_t i = 0; i < w->d->nitems; i++) {
		struct item *it = &w->items[i];
		struct state_pos first;
		bool again;

		if (it->type != ITEM_FACT) {
			continue;
		}
		r = fold_fact(w->fold, &it->fact, &it->seen, (struct state_pos){ w->seq, (u32)i }, &w->asset[i], &again, &first);
		if (r != 0) {
			return r;
		}
		w->done.facts += again ? 0 : 1;
		w->done.again += again ? 1 : 0;
		if (again) {
			it->type = ITEM_AGAIN;
			it->again_seq = first.seq;
			it->again_index = first.index;
		}
	}
	for (size_t i = w->d->nitems; i-- > 0;) {
		if (w->items[i].type == ITEM_EVIDENCE && i + 1 < w->d->nitems) {
			w->asset[i] = w->asset[i + 1];
		}
	}
	return 0;
}

/* Step 2: parts, salts, commitments. */
static int commit_parts(struct work *w)
{
	struct part_in *parts;
	u32 at = 0;
	int r;

	for (size_t i = 0; i < w->d->nitems; i++) {
		if ((r = item_parts(w->a, (u32)i, &w->items[i], &w->packed[i].parts)) != 0) {
			return r;
		}
		w->packed[i].evidence = w->packed[i].outside = w->items[i].type == ITEM_EVIDENCE;
		w->part[i] = w->nparts;
		w->nparts += (u32)w->packed[i].parts.n;
	}
	w->salts = arena_alloc(w->a, w->nparts * sizeof *w->salts);
	w->commits = arena_alloc(w->a, w->nparts * sizeof *w->commits);
	parts = arena_alloc(w->a, w->nparts * sizeof *parts);
	if ((r = part_salts(w->salts, w->nparts)) != 0) {
		return r;
	}
	for (size_t i = 0; i < w->d->nitems; i++) {
		for (size_t k = 0; k < w->packed[i].parts.n; k++, at++) {
			parts[at] = (struct part_in){ .role = packed_role(&w->packed[i], k), .item = (u32)i,
				.bytes = w->packed[i].parts.p[k] };
		}
	}
	part_commits(parts, w->salts, w->nparts, w->commits);
	return 0;
}

static size_t acts_of(const struct serve_draft *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nitems; i++) {
		n += d->items[i].type == ITEM_ACT;
	}
	return n;
}

/* What a sensor or a person states, or what was done: never both in one entry, so that whom a reader believes follows
 * from its type. */
static int type_of(const struct serve_draft *d, enum envelope_type *ret)
{
	size_t acts = acts_of(d);

	*ret = d->nerase != 0 ? ENVELOPE_ERASED : acts == d->nitems && d->nchunks == 0 ? ENVELOPE_ACT : ENVELOPE_BATCH;
	return acts == (*ret == ENVELOPE_BATCH ? 0 : d->nitems) ? 0 : ERR_ARG;
}

static int make_envelope(struct work *w, struct str *ret)
{
	const struct serve_draft *d = w->d;
	struct envelope e = { .type = w->type, .at = w->at,
		.by = d->by.n == 0 ? S("korobanu") : d->by, .items = d->nitems, .parts = w->nparts,
		.root = part_root(w->commits, w->nparts), .basis = d->basis };
	struct position *gone = arena_alloc(w->a, d->nerase * sizeof *gone);

	for (size_t i = 0; i < d->nerase; i++) {
		gone[i] = (struct position){ d->erase[i].seq, d->erase[i].part };
	}
	if (e.type == ENVELOPE_ERASED) {
		e.erased = gone;
		e.nerased = d->nerase;
	}
	return envelope_write(w->a, &e, ret);
}

/* What the group that begins there takes packed, or a little more. */
static size_t group_bytes(const struct work *w, size_t first)
{
	size_t n = 0;

	for (size_t i = first; i < w->d->nitems && w->asset[i] == w->asset[first]; i++) {
		n += 2 + w->packed[i].parts.n * 5;
		for (size_t k = 0; k < w->packed[i].parts.n; k++) {
			n += w->packed[i].evidence && k + 1 == w->packed[i].parts.n ? 0 : w->packed[i].parts.p[k].n;
		}
	}
	return n;
}

/* Groups are runs of items of one asset, so that an asset's history is read without reading its neighbours'. */
int commit_groups(struct work *w, struct store_batch *b)
{
	struct store_items *groups = arena_alloc(w->a, w->d->nitems * sizeof *groups);
	size_t n = 0, i = 0;

	while (i < w->d->nitems) {
		struct store_items *g = &groups[n++];
		struct buf body = buf_new(w->a, 0);
		size_t first = i;
		int r;

		buf_reserve(&body, group_bytes(w, first));
		for (; i < w->d->nitems && w->asset[i] == w->asset[first]; i++) {
			pack_item(&body, &w->packed[i]);
		}
		if ((r = buf_done(&body)) != 0) {
			return r;
		}
		*g = (struct store_items){ .seq = w->seq, .first = (u32)first, .n = (u32)(i - first), .asset = w->asset[first],
			.zone = w->d->zone, .part = w->part[first], .body = buf_view(&body) };
		g->salts = str_of(&w->salts[g->part], ((i < w->d->nitems ? w->part[i] : w->nparts) - g->part) * sizeof *w->salts);
	}
	b->items = groups;
	b->nitems = n;
	return 0;
}

static void pack_evidence(struct work *w, struct store_batch *b)
{
	struct store_evidence *rows = arena_alloc(w->a, w->d->nitems * sizeof *rows);
	size_t n = 0;

	for (size_t i = 0; i < w->d->nitems; i++) {
		const struct item *it = &w->items[i];

		if (it->type != ITEM_EVIDENCE) {
			continue;
		}
		rows[n] = (struct store_evidence){ .seq = w->seq, .idx = (u32)i,
			.part = w->part[i] + (u32)w->packed[i].parts.n - 1, .kind = it->ev_kind, .personal = true,
			.size = it->ev_bytes.n, .place = it->ev_file.n != 0 ? STORE_IN_FILE : STORE_INLINE, .zone = w->d->zone,
			.body = it->ev_file.n != 0 ? it->ev_file : it->ev_bytes };
		memcpy(rows[n].sha, hash_bytes(it->ev_bytes).b, sizeof rows[n].sha);
		for (size_t k = i + 1; k < w->d->nitems; k++) {
			if (w->items[k].type == ITEM_FACT || w->items[k].type == ITEM_AGAIN) {
				rows[n].run = w->items[k].seen.run;
				break;
			}
		}
		n++;
	}
	b->evidence = rows;
	b->nevidence = n;
}

struct node_source {
	struct serve *s;
	struct arena *a;
	const struct hash *fresh;	/* nodes that became complete with this leaf: fresh[l] is (l, index >> l) */
	size_t nfresh;
	u64 index;			/* of the leaf */
};

/* A complete tile ends with the newest node of its level; its other 255 are leaves' or tiles' hashes in the store. */
static int tile_hash(void *ctx, u32 level, u64 index, struct hash *ret)
{
	struct node_source *n = ctx;
	struct str bytes;
	int r;

	if (level < n->nfresh && index == n->index >> level) {
		*ret = n->fresh[level];
		return 0;
	}
	if (level == 0) {
		r = store_get_leaves(n->s->st, n->a, n->s->head.first + index, 1, &bytes);
		if (r == 0 && bytes.n != HASH_LEN) {
			r = ERR_INTEGRITY;
		}
		if (r == 0) {
			memcpy(ret->b, bytes.p, HASH_LEN);
		}
		return r;
	}
	/* level is a multiple of 8: node (level, index) is the root of the complete tile (level - 8, index). */
	r = store_get_tile(n->s->st, n->a, n->s->head.epoch, level / TILE_HEIGHT - 1, index, &bytes);
	if (r == 0 && bytes.n == TILE_WIDTH * HASH_LEN) {
		struct hash hashes[TILE_WIDTH];

		memcpy(hashes, bytes.p, sizeof hashes);
		*ret = tile_fold(hashes, TILE_HEIGHT);
	}
	return r;
}

static int complete_tiles(struct work *w, const struct hash *fresh, size_t nfresh, struct store_batch *b)
{
	struct node_source src = { .s = w->s, .a = w->a, .fresh = fresh, .nfresh = nfresh, .index = w->s->edge.size };
	struct store_tile *tiles = arena_alloc(w->a, (TILE_LEVEL_MAX + 1) * sizeof *tiles);
	int r;

	for (u32 level = 0; (level + 1) * TILE_HEIGHT < nfresh; level++) {
		struct tile t = { .level = (u8)level, .width = TILE_WIDTH, .index = src.index >> ((level + 1) * TILE_HEIGHT) };
		struct buf bytes = buf_new(w->a, 0);

		if ((r = tile_write(&t, tile_hash, &src, &bytes)) != 0 || (r = buf_done(&bytes)) != 0) {
			return r;
		}
		tiles[b->ntiles++] = (struct store_tile){ .level = level, .n = t.index, .hashes = buf_view(&bytes) };
	}
	b->tiles = tiles;
	return 0;
}

/* An act that says something personal of an asset (its keys) is found again when the asset is erased. */
static void add_mentions(struct work *w, struct store_object *objects, size_t *n)
{
	for (size_t i = 0; i < w->d->nitems; i++) {
		const struct item *it = &w->items[i];
		struct str asset;

		if (it->type == ITEM_ACT && it->npersonal != 0 && json_get_str(it->act, S("asset"), &asset) == 0) {
			objects[(*n)++] = (struct store_object){ .type = S("mention"), .seq = w->seq, .passing = true,
				.id = str_printf(w->a, "%.*s/%020ju", STRF(asset), (uintmax_t)w->seq) };
		}
	}
}

/* The files of evidence that this entry erases: named in the same commit, so that they go whatever happens after it. */
static int add_unlinks(struct work *w, struct store_object *objects, size_t *n)
{
	const struct serve_draft *d = w->d;

	for (size_t i = 0; i < d->nerase;) {
		struct store_evidence *rows;
		u64 seq = d->erase[i].seq;
		size_t nrows, row = 0;
		int r = store_evidence_at(w->s->st, w->a, seq, &rows, &nrows);

		if (r != 0) {
			return r;
		}
		for (; i < d->nerase && d->erase[i].seq == seq; i++) {		/* both ascend */
			for (; row < nrows && rows[row].part < d->erase[i].part; row++) {
			}
			if (row < nrows && rows[row].part == d->erase[i].part && rows[row].place == STORE_IN_FILE) {
				objects[(*n)++] = (struct store_object){ .type = S("unlink"), .id = rows[row].body, .seq = w->seq, .passing = true };
			}
		}
	}
	return 0;
}

/* The object versions of this entry carry its number. */
int commit_objects(struct work *w, struct store_batch *b)
{
	const struct identity_edge *edges;
	size_t nedges = fold_edges(w->fold, &edges), most = w->d->nobjects + nedges + acts_of(w->d) + w->d->nerase;
	struct store_object *objects = arena_alloc(w->a, most * sizeof *objects + 1);

	for (size_t i = 0; i < w->d->nobjects; i++) {
		objects[i] = w->d->objects[i];
		objects[i].seq = w->seq;
	}
	b->objects = objects;
	b->nobjects = w->d->nobjects;
	for (size_t i = 0; i < nedges; i++) {
		const struct identity_edge *e = &edges[i];

		objects[b->nobjects++] = (struct store_object){ .type = S("edge"),
			.id = str_printf(w->a, "%ju-%ju", (uintmax_t)e->a, (uintmax_t)e->b), .seq = w->seq,
			.body = str_printf(w->a, "{\"a\":%ju,\"b\":%ju,\"forbid\":%s}", (uintmax_t)e->a, (uintmax_t)e->b,
			e->forbid ? "true" : "false") };
	}
	add_mentions(w, objects, &b->nobjects);
	return add_unlinks(w, objects, &b->nobjects);
}

/* Each asset once, and as it is now that others were merged. */
int commit_fold_once(struct work *w, const u64 *assets, size_t n)
{
	const struct serve_draft *d = w->d;
	struct map done = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		u64 *root = arena_alloc(w->a, sizeof *root);

		*root = identity_root(w->s->edges, assets[i]);
		if (*root != 0 && map_get(&done, str_of(root, sizeof *root)) == NULL) {
			*map_put(w->a, &done, str_of(root, sizeof *root), NULL) = root;
			r = fold_again(w->fold, *root, d->erase, d->nerase);
		}
	}
	return r;
}

/* An erasure rewrites the groups that held the parts, and the assets they belonged to are folded without them: with the last entry of
 * the erasure, when all is gone. */
static int erase_parts(struct work *w, struct store_batch *b)
{
	const struct serve_draft *d = w->d;
	struct store_items *groups = arena_alloc(w->a, (b->nitems + d->nerase) * sizeof *groups + 1);
	vec(u64) assets = { 0 };
	size_t n = b->nitems;
	int r;

	if (d->nerase == 0) {
		return 0;
	}
	memcpy(groups, b->items, b->nitems * sizeof *groups);
	for (size_t i = 0; i < d->nerase;) {
		struct store_items g;
		u64 end;

		if ((r = store_get_part(w->s->st, w->a, d->erase[i].seq, d->erase[i].part, &g)) != 0 ||
		    (r = items_forget(w->a, &g, d->erase, d->nerase, &groups[n++])) != 0) {
			return r;
		}
		if (assets.n == 0 || assets.p[assets.n - 1] != g.asset) {
			*vec_add(w->a, &assets) = g.asset;
		}
		end = g.part + g.salts.n / sizeof(struct salt);
		for (i++; i < d->nerase && d->erase[i].seq == g.seq && d->erase[i].part < end; i++) {
		}
	}
	if (!d->more && ((r = commit_fold_once(w, assets.p, assets.n)) != 0 || (r = commit_fold_once(w, d->refold, d->nrefold)) != 0)) {
		return r;
	}
	for (size_t i = 0; i < d->nforget_assets; i++) {
		if ((r = fold_forget(w->fold, d->forget_assets[i], &b->unsaid, &b->nunsaid)) != 0) {
			return r;
		}
	}
	b->items = groups;
	b->nitems = n;
	b->erase = d->erase;
	b->nerase = d->nerase;
	b->forget = d->forget;
	b->nforget = d->nforget;
	return 0;
}

/* A split hands groups of items over; a piece of a group that was here stands in its place. */
int commit_split(struct work *w, struct store_batch *b)
{
	const struct store_items *more;
	struct store_items *groups;
	size_t n;
	int r;

	if (w->d->nsplit == 0) {
		return 0;
	}
	if ((r = fold_split(w->fold, w->d->split_from, w->d->split, w->d->nsplit, &w->done.asset, &more, &n)) != 0) {
		return r;
	}
	groups = arena_alloc(w->a, (b->nitems + n) * sizeof *groups + 1);
	memcpy(groups, b->items, b->nitems * sizeof *groups);
	if (n != 0) {
		memcpy(groups + b->nitems, more, n * sizeof *groups);
	}
	b->items = groups;
	b->nitems += n;
	return 0;
}

static int prepare(struct work *w, struct store_batch *b)
{
	int r;

	if ((r = fold_items(w)) != 0 || (w->d->edge != NULL && (r = fold_edge(w->fold, w->d->edge, S("person"))) != 0) ||
	    (w->d->move != 0 && (r = fold_move(w->fold, w->d->move, w->d->move_to)) != 0) ||
	    (r = commit_parts(w)) != 0 || (r = commit_groups(w, b)) != 0 || (r = commit_split(w, b)) != 0 ||
	    (r = erase_parts(w, b)) != 0) {
		return r;
	}
	pack_evidence(w, b);
	if ((r = commit_objects(w, b)) != 0) {
		return r;
	}
	b->chunks = w->d->chunks;
	b->nchunks = w->d->nchunks;
	texts_put(w->s, b);
	return fold_finish(w->fold, w->seq, w->s->edge.size + 1, w->d->zone, b);
}

static int commit(struct serve *s, struct arena *a, const struct serve_draft *d, struct serve_done *ret)
{
	struct store_batch b = { 0 };
	struct store_head now = s->head;
	struct merkle_edge edge = s->edge;
	struct hash leaf, root, fresh[MERKLE_LEVELS];
	struct buf packed_edge = buf_new(a, 0);
	struct store_entry entry;
	size_t nfresh;
	struct work w = { .a = a, .s = s, .d = d, .at = serve_now(s), .seq = s->head.first + s->edge.size };
	int r;

	must(d->nitems <= LIMIT_BATCH_FACTS * 2);
	w.fold = fold_new(a, s, w.at);
	w.items = arena_copy(a, d->items, d->nitems * sizeof *w.items);
	w.packed = arena_alloc(a, d->nitems * sizeof *w.packed);
	w.asset = arena_alloc(a, d->nitems * sizeof *w.asset);
	w.part = arena_alloc(a, d->nitems * sizeof *w.part);
	if ((r = type_of(d, &w.type)) != 0 || (r = prepare(&w, &b)) != 0) {
		goto out;
	}
	entry = (struct store_entry){ .seq = w.seq, .at = w.at, .commits = str_of(w.commits, w.nparts * sizeof *w.commits) };
	if ((r = make_envelope(&w, &entry.envelope)) != 0) {
		goto out;
	}
	entry.type = str_z(envelope_types[w.type]);
	leaf = merkle_leaf(entry.envelope);
	memcpy(entry.leaf, leaf.b, sizeof entry.leaf);
	if (d->new_origin.n != 0) {
		edge = (struct merkle_edge){ 0 };
	}
	nfresh = merkle_edge_append(&edge, &leaf, fresh);
	if ((r = complete_tiles(&w, fresh, nfresh, &b)) != 0) {
		goto out;
	}
	root = merkle_edge_root(&edge);
	merkle_edge_save(&edge, &packed_edge);
	now.epoch = s->head.epoch == 0 ? 1 : s->head.epoch;
	if (d->new_origin.n != 0) {
		now.epoch++;
		now.first = w.seq;
		now.origin = d->new_origin;
	}
	now.size = edge.size;
	now.edge = buf_view(&packed_edge);
	memcpy(now.root, root.b, sizeof now.root);
	b.entry = &entry;
	b.was = &s->head;
	b.now = &now;
	r = store_commit(s->st, &b, NULL);
	if (r != 0 && store_is_dead(s->st)) {
		log_error("the outcome of a COMMIT is not known (%s); ending, the next start finds out", store_why(s->st));
		_exit(1);
	}
	if (r == 0) {
		w.done.seq = w.seq;
		*ret = w.done;
		s->last_at = w.at;
		s->due_known = false;
		s->texts_kept = s->texts_kept || b.ntexts != 0;
		next_head(s, &now, &edge);
		evidence_kept(s, d->items, d->nitems);
		if (d->nerase != 0 && evidence_sweep(s) != 0) {
			log_error("evidence that was erased lies in a file that cannot be removed; the next start tries again");
		}
	}
out:
	if (r != 0) {
		if (serve_load_edges(s) != 0) {		/* a merge may stand in memory that never became durable */
			log_error("cannot read the store again after a failed commit; ending");
			_exit(1);
		}
	}
	return r;
}

/* Whom a fact is about and what follows from it is the same for every caller: a commit sees every zone. */
int serve_commit(struct serve *s, const struct serve_draft *d, struct serve_done *ret)
{
	const struct conn *c = s->asking != NULL && s->asking->nzones != 0 ? s->asking : NULL;
	struct arena *a = arena_new(s->a, 0);
	struct serve_draft mine = *d;
	int r = c != NULL ? serve_zones(s, NULL) : 0;

	if (c != NULL) {
		s->asking = NULL;	/* a commit within this one sees them too */
	}
	if (r == 0 && (r = texts_sign(s, a, &mine)) == 0 && (r = person_sign(s, a, &mine)) == 0) {
		r = commit(s, a, &mine, ret);
	}
	if (c != NULL) {
		s->asking = c;
		r = r == 0 ? serve_zones(s, c) : r;
	}
	arena_free(a);
	return r;
}

/* What is personal in an act stands in the objects it makes, too: the act names them, so that both can be erased together. */
int act_name_objects(struct arena *a, const struct store_object *objects, size_t n, const struct json **act)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	int r;

	jw_obj(&w);
	for (size_t i = 0; i < (*act)->obj.n; i++) {
		jw_key(&w, (*act)->obj.p[i].key);
		jw_value(&w, &(*act)->obj.p[i].v);
	}
	jw_key(&w, S("objects"));
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		if (!objects[i].passing && !objects[i].remove) {
			jw_arr(&w);
			jw_str(&w, objects[i].type);
			jw_str(&w, objects[i].id);
			jw_end(&w);
		}
	}
	jw_end(&w);
	jw_end(&w);
	r = buf_done(&b);
	return r != 0 ? r : json_parse(a, buf_view(&b), act, NULL);
}

int serve_act(struct serve *s, struct arena *a, struct str json, const struct str *personal, size_t npersonal,
	const struct store_object *objects, size_t nobjects, u64 *ret_seq)
{
	struct item it = { .type = ITEM_ACT, .personal = personal, .npersonal = npersonal };
	struct serve_draft d = { .items = &it, .nitems = 1, .objects = objects, .nobjects = nobjects };
	struct serve_done done;
	int r = json_parse(a, json, &it.act, NULL);

	if (r == 0 && npersonal != 0 && nobjects != 0) {
		r = it.act->type == JSON_OBJ ? act_name_objects(a, objects, nobjects, &it.act) : ERR_TYPE;
	}
	if (r == 0 && (r = serve_commit(s, &d, &done)) == 0 && ret_seq != NULL) {
		*ret_seq = done.seq;
	}
	return r;
}
