/* A proof bundle made of the input's texts and parts, with every hash, proof and signature right: what bundle_verify lets through and
 * proof_check must judge. It ends with a verdict, and no row is given unless all is sound.
 *
 *   u8 what, u16 length, body; repeated. 0-2: a text of that kind. 3: u8 entries left out before, u8 type, u32 milliseconds: an entry,
 *   to which the parts that follow belong. 4: a technical part, which begins an item; 5 personal, 6 evidence. 7-9: the same, erased
 *   by the last entry. The log has one entry more. */
#include "fuzz.h"

#include "base/err.h"
#include "base/rd.h"
#include "judge/proof/proof.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 12
#define PARTS_MAX 32	/* of all entries */
#define TEXTS_MAX 12
#define ORIGIN "korobanu.invalid/0123456789abcdef/1"

static const struct salt salt;

struct made_part {
	struct part_in in;
	bool erased;
};

struct made_text {
	enum bundle_text kind;
	struct str body;
	struct hash h;
};

struct made {
	struct envelope env[ENTRIES_MAX];
	bool given[ENTRIES_MAX];
	struct str bytes[ENTRIES_MAX];
	size_t first[ENTRIES_MAX];	/* of its parts */
	size_t nentries, nparts, ntexts;
	struct made_part parts[PARTS_MAX];
	struct hash commits[PARTS_MAX];
	struct made_text texts[TEXTS_MAX];
	struct position gone[PARTS_MAX];
};

static int by_kind(const void *x, const void *y)
{
	const struct made_text *a = x, *b = y;

	return a->kind != b->kind ? (int)a->kind - (int)b->kind : memcmp(a->h.b, b->h.b, sizeof a->h.b);
}

static struct envelope *add_entry(struct made *m, enum envelope_type type, u32 ms, bool given)
{
	struct envelope *e = &m->env[m->nentries];

	*e = (struct envelope){ .type = type, .at.ms = 1795303946000 + ms, .by = S("p1"), .root = merkle_empty() };
	m->given[m->nentries] = given;
	m->first[m->nentries++] = m->nparts;
	return e;
}

static void add(struct made *m, u8 what, struct str body)
{
	struct rd rd = rd_str(body);
	struct envelope *e = m->nentries > 0 ? &m->env[m->nentries - 1] : NULL;
	u8 skip, type;
	u32 ms;

	if (what < 3 && m->ntexts < TEXTS_MAX) {
		m->texts[m->ntexts++] = (struct made_text){ .kind = what, .body = body, .h = hash_bytes(body) };
	} else if (what == 3 && rd_u8(&rd, &skip) == 0 && rd_u8(&rd, &type) == 0 && rd_u32(&rd, &ms) == 0) {
		for (; skip > 0 && m->nentries < ENTRIES_MAX - 2; skip--) {
			(void)add_entry(m, ENVELOPE_ACT, 0, false);
		}
		if (m->nentries < ENTRIES_MAX - 1) {
			(void)add_entry(m, type % 2 == 0 ? ENVELOPE_BATCH : ENVELOPE_ACT, ms % 1000000, true);
		}
	} else if (what >= 4 && what < 10 && e != NULL && m->nparts < PARTS_MAX) {
		static const enum part_role roles[] = { PART_TECHNICAL, PART_PERSONAL, PART_EVIDENCE };
		enum part_role role = roles[(what - 4) % 3];

		if (role == PART_TECHNICAL || e->items == 0) {
			e->items++;
			role = PART_TECHNICAL;
		}
		m->parts[m->nparts++] = (struct made_part){ .erased = what >= 7,
			.in = { .role = role, .item = (u32)e->items - 1, .bytes = body } };
		e->parts++;
	}
}

/* The entry that erases; then roots and bytes of all. */
static bool seal(struct arena *a, struct made *m)
{
	struct envelope *last = add_entry(m, ENVELOPE_ACT, 999999, true);

	for (size_t i = 0, k = 0; i < m->nentries; i++) {
		for (size_t end = k + m->env[i].parts; k < end; k++) {
			const struct part_in *in = &m->parts[k].in;

			m->commits[k] = part_commit(in->role, in->item, &salt, in->bytes);
			if (m->parts[k].erased) {
				m->gone[last->nerased++] = (struct position){ i, k - m->first[i] };
			}
		}
		m->env[i].root = part_root(m->commits + m->first[i], m->env[i].parts);
	}
	if (last->nerased > 0) {
		last->type = ENVELOPE_ERASED;
		last->erased = m->gone;
		last->basis = S("law");
	}
	for (size_t i = 0; i < m->nentries; i++) {
		if (envelope_write(a, &m->env[i], &m->bytes[i]) != 0) {
			return false;
		}
	}
	return true;
}

static int to_buf(void *ctx, struct str line)
{
	buf_str(ctx, line);
	return buf_done(ctx);
}

static void write_parts(struct arena *a, struct bundle_w *w, const struct made *m, size_t entry)
{
	size_t n = m->env[entry].parts;
	struct merkle_tree inner;
	struct merkle_proof p;

	must(part_tree(a, m->commits + m->first[entry], n, &inner) == 0);
	for (size_t i = 0; i < n; i++) {
		const struct made_part *part = &m->parts[m->first[entry] + i];
		struct bundle_part bp = { .seq = entry, .index = i, .item = part->in.item, .role = part->in.role, .erased = part->erased,
			.erased_by = m->nentries - 1, .commitment = m->commits[m->first[entry] + i], .salt = salt, .bytes = part->in.bytes };

		must(merkle_inclusion(merkle_tree_fetch, &inner, i, n, &p) == 0);
		bundle_w_part(w, &bp, &p);
	}
}

static struct str write_bundle(struct arena *a, struct made *m, struct buf *b)
{
	static const u8 seed[KEY_SEED] = { 7 };
	struct checkpoint c = { .origin = S(ORIGIN), .size = m->nentries };
	struct bundle_log log = { 0 };
	struct bundle_w *w = bundle_w_new(a, to_buf, b);
	struct hash leaves[ENTRIES_MAX];
	struct merkle_tree tree;
	struct merkle_proof p;
	struct ledger_key key;

	for (size_t i = 0; i < m->nentries; i++) {
		leaves[i] = merkle_leaf(m->bytes[i]);
	}
	c.root = merkle_root(leaves, m->nentries);
	key_of_seed(seed, &key);
	must(merkle_tree_make(a, leaves, m->nentries, &tree) == 0 && note_key_make(S(ORIGIN), key.pub, &log.key) == 0);
	must(checkpoint_sign(a, &c, &key, &log.note) == 0);
	bundle_w_begin(w, (struct utc){ 1795303955000 }, &log, 1);
	qsort(m->texts, m->ntexts, sizeof m->texts[0], by_kind);
	for (size_t i = 0; i < m->ntexts; i++) {
		if (i == 0 || by_kind(&m->texts[i - 1], &m->texts[i]) != 0) {
			bundle_w_text(w, m->texts[i].kind, m->texts[i].body);
		}
	}
	for (size_t i = 0; i < m->nentries; i++) {
		if (m->given[i]) {
			must(merkle_inclusion(merkle_tree_fetch, &tree, i, m->nentries, &p) == 0);
			bundle_w_entry(w, i, m->bytes[i], &p);
		}
	}
	for (size_t i = 0; i < m->nentries; i++) {
		write_parts(a, w, m, i);
	}
	return bundle_w_end(w) == 0 ? buf_view(b) : S("");
}

static int give(void *ctx, u8 *to, size_t n, size_t *ret)
{
	struct str *rest = ctx, piece = str_sub(*rest, 0, n);

	if (piece.n > 0) {
		memcpy(to, piece.p, piece.n);
	}
	*rest = str_from(*rest, piece.n);
	*ret = piece.n;
	return 0;
}

static void row(void *ctx, const struct view_row *r)
{
	must(r->view != NULL);
	++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct made *m = arena_alloc(a, sizeof *m);
	struct buf b = buf_new(a, 0);
	struct rd rd = rd_of(p, n);
	struct perr err = { 0 };
	size_t rows = 0, answers = 0;
	struct str body, text;
	u16 len;
	u8 what;

	while (rd_u8(&rd, &what) == 0 && rd_u16(&rd, &len) == 0 && rd_bytes(&rd, len, &body) == 0) {
		if (what >= 3 || str_utf8_ok(body, NULL)) {
			add(m, what, body);
		}
	}
	if (seal(a, m) && (text = write_bundle(a, m, &b)).n > 0) {
		if (proof_check(a, give, &text, NULL, row, &rows, &answers, &err) != 0) {
			must(rows == 0 && err.text[0] != '\0');
		}
	}
	arena_free(a);
	return 0;
}
