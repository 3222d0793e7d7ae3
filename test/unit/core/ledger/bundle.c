#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "core/ledger/bundle.h"

#define ORIGIN "korobanu.invalid/0123456789abcdef/1"
#define ENTRIES 5
#define PARTS 3

/* A log of five entries: batch of three parts, act of one, `erased` naming part 1 of entry 0, and two more. */
struct world {
	struct arena *a;
	struct ledger_key key;
	struct note_key nk;
	struct str env[ENTRIES];
	struct hash leaf[ENTRIES];
	struct merkle_tree log;
	struct salt salt[ENTRIES][PARTS];
	struct hash commit[ENTRIES][PARTS];
	struct merkle_tree inner[ENTRIES];
	size_t nparts[ENTRIES];
	struct str note;
};

static const char *const contents[PARTS] = { "{\"i\":0,\"item\":{}}", "{\"f\":\"value.name\",\"i\":0,\"v\":\"Taro\"}",
	"evidence" };

static const enum part_role roles[PARTS] = { PART_TECHNICAL, PART_PERSONAL, PART_EVIDENCE };

static void world_new(struct world *w)
{
	static const struct position erased[] = { { 0, 1 } };
	struct checkpoint c = { .origin = S(ORIGIN), .size = ENTRIES };
	u8 seed[KEY_SEED] = { 7 };

	*w = (struct world){ .a = arena_new(NULL, 0), .nparts = { 3, 1, 0, 2, 3 } };
	key_of_seed(seed, &w->key);
	assert_int_equal(note_key_make(S(ORIGIN), w->key.pub, &w->nk), 0);
	for (size_t i = 0; i < ENTRIES; i++) {
		struct envelope e = { .type = i == 0   ? ENVELOPE_BATCH
					      : i == 2 ? ENVELOPE_ERASED
						       : ENVELOPE_ACT,
			.at.ms = 1795223702114 + (i64)i,
			.by = S("p1"),
			.items = 1,
			.parts = w->nparts[i] };

		for (size_t k = 0; k < w->nparts[i]; k++) {
			memset(&w->salt[i][k], (int)(i * 16 + k + 1), sizeof(struct salt));
			w->commit[i][k] = part_commit(roles[k], 0, &w->salt[i][k], str_z(contents[k]));
		}
		e.root = part_root(w->commit[i], w->nparts[i]);
		if (i == 2) {
			e.erased = erased;
			e.nerased = countof(erased);
			e.basis = S("request");
		}
		assert_int_equal(part_tree(w->a, w->commit[i], w->nparts[i], &w->inner[i]), 0);
		assert_int_equal(envelope_write(w->a, &e, &w->env[i]), 0);
		w->leaf[i] = merkle_leaf(w->env[i]);
	}
	assert_int_equal(merkle_tree_make(w->a, w->leaf, ENTRIES, &w->log), 0);
	c.root = merkle_root(w->leaf, ENTRIES);
	assert_int_equal(checkpoint_sign(w->a, &c, &w->key, &w->note), 0);
}

static int to_buf(void *ctx, struct str line)
{
	struct buf *b = ctx;

	buf_str(b, line);
	return buf_done(b);
}

static void put_entry(struct world *w, struct bundle_w *out, u64 seq)
{
	struct merkle_proof p;

	assert_int_equal(merkle_inclusion(merkle_tree_fetch, &w->log, seq, ENTRIES, &p), 0);
	bundle_w_entry(out, seq, w->env[seq], &p);
}

static void put_part(struct world *w, struct bundle_w *out, u64 seq, u64 k, u64 erased_by)
{
	struct bundle_part part = { .seq = seq,
		.index = k,
		.role = roles[k],
		.erased = erased_by != 0,
		.erased_by = erased_by,
		.commitment = w->commit[seq][k],
		.salt = w->salt[seq][k],
		.bytes = str_z(contents[k]) };
	struct merkle_proof p;

	assert_int_equal(merkle_inclusion(merkle_tree_fetch, &w->inner[seq], k, w->nparts[seq], &p), 0);
	bundle_w_part(out, &part, &p);
}

static struct str bundle_small(struct world *w)
{
	struct buf *b = arena_alloc(w->a, sizeof(*b));
	struct bundle_w *out = bundle_w_new(w->a, to_buf, b);

	*b = buf_new(w->a, 0);
	bundle_w_begin(out, (struct utc){ 1795223703000 }, &(struct bundle_log){ .key = w->nk, .note = w->note }, 1);
	bundle_w_text(out, BUNDLE_GUIDELINE, S("controls:\n  - id: \"5.6-1\"\n"));
	bundle_w_text(out, BUNDLE_RULE, S("none(service where name==\"telnet\" over tcp:1-65535 from v1)"));
	put_entry(w, out, 0);
	put_entry(w, out, 2);
	put_entry(w, out, 4);
	put_part(w, out, 0, 0, 0);
	put_part(w, out, 0, 1, 2);
	put_part(w, out, 0, 2, 0);
	put_part(w, out, 4, 2, 0);
	assert_int_equal(bundle_w_end(out), 0);
	return buf_view(b);
}

struct source {
	struct str s;
	size_t step;	/* bytes given at a time */
	int err;	/* at the end */
};

static int from_str(void *ctx, u8 *to, size_t n, size_t *ret)
{
	struct source *s = ctx;

	n = n < s->step ? n : s->step;
	n = n < s->s.n ? n : s->s.n;
	if (n == 0 && s->err != 0) {
		return s->err;
	}
	memcpy(to, s->s.p, n);
	s->s = str_from(s->s, n);
	*ret = n;
	return 0;
}

static int verify(struct str s, struct bundle_info *ret, struct perr *e)
{
	struct source in = { .s = s, .step = 1000 };
	struct arena *a = arena_new(NULL, 0);
	struct bundle_info i;
	int r = bundle_verify(a, from_str, &in, NULL, NULL, &i, e);

	if (r == 0 && ret != NULL) {
		*ret = i;
	}
	arena_free(a);
	return r;
}

static u32 lines_of(struct str s, struct str *ret, size_t max)
{
	u32 n = 0;

	while (s.n > 0) {
		ptrdiff_t nl = str_chr(s, '\n');

		assert_true(nl >= 0 && n < max);
		ret[n++] = str_sub(s, 0, (size_t)nl + 1);
		s = str_from(s, (size_t)nl + 1);
	}
	return n;
}

/* The lines with a last line made for them: what a forger would do. */
static struct str sealed(struct arena *a, const struct str *line, u32 n)
{
	struct buf b = buf_new(a, 0);
	struct json_w j = jw_new(&b);
	struct hash *h = arena_alloc(a, n * sizeof(*h)), all;

	for (u32 i = 0; i < n; i++) {
		buf_str(&b, line[i]);
		h[i] = hash_bytes(line[i]);
	}
	all = hash_bytes(str_of(h, n * sizeof(*h)));
	jw_obj(&j);
	jw_key(&j, S("end"));
	jw_obj(&j);
	jw_kstr(&j, "all", str_hex(a, all.b, HASH_LEN));
	jw_kint(&j, "lines", n);
	jw_key(&j, S("sha256"));
	jw_arr(&j);
	for (u32 i = 0; i < n; i++) {
		jw_str(&j, str_hex(a, h[i].b, HASH_LEN));
	}
	jw_end(&j);
	jw_end(&j);
	jw_end(&j);
	buf_u8(&b, '\n');
	return buf_view(&b);
}

struct seen {
	u32 begins, texts, entries, parts, erased;
	int fail_at;	/* the n-th call returns an error */
	int calls;
};

static int saw(struct seen *s, struct perr *e)
{
	return ++s->calls == s->fail_at ? perr_set(e, ERR_CONFLICT, 0, "the sink says no") : 0;
}

static int see_begin(void *ctx, const struct bundle_info *i, struct perr *e)
{
	struct seen *s = ctx;

	s->begins++;
	assert_str(i->logs[0].checkpoint.origin, ORIGIN);
	assert_int_equal(i->logs[0].checkpoint.size, ENTRIES);
	return saw(s, e);
}

static int see_text(void *ctx, u32 line, enum bundle_text kind, const struct hash *h, struct str body, struct perr *e)
{
	struct seen *s = ctx;
	struct hash want = hash_bytes(body);

	assert_true(hash_eq(&want, h));
	assert_int_equal(line, 3 + s->texts);
	assert_int_equal(kind, s->texts == 0 ? BUNDLE_GUIDELINE : BUNDLE_RULE);
	s->texts++;
	return saw(s, e);
}

static int see_entry(void *ctx, u32 line, u64 seq, const struct envelope *env, struct str bytes, struct perr *e)
{
	struct seen *s = ctx;

	assert_int_equal(line, 5 + s->entries);
	assert_int_equal(seq, s->entries * 2);
	assert_int_equal(env->type, seq == 0 ? ENVELOPE_BATCH : seq == 2 ? ENVELOPE_ERASED : ENVELOPE_ACT);
	assert_true(bytes.n > 100);
	s->entries++;
	return saw(s, e);
}

static int see_part(void *ctx, u32 line, const struct bundle_part *p, struct perr *e)
{
	static const u64 at[][2] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 4, 2 } };
	struct seen *s = ctx;

	assert_int_equal(line, 8 + s->parts);
	assert_int_equal(p->seq, at[s->parts][0]);
	assert_int_equal(p->index, at[s->parts][1]);
	if (p->erased) {
		assert_int_equal(p->erased_by, 2);
		assert_int_equal(p->bytes.n, 0);
		s->erased++;
	} else {
		assert_str(p->bytes, contents[p->index]);
	}
	assert_int_equal(p->item, 0);
	assert_int_equal(p->role, roles[p->index]);
	s->parts++;
	return saw(s, e);
}

void test_bundle__what_is_written_verifies(void **state)
{
	static const size_t steps[] = { 1, 7, 100000 };
	struct world w;
	struct str s;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	for (size_t i = 0; i < countof(steps); i++) {
		struct seen seen = {0};
		struct bundle_sink sink = {
			.begin = see_begin, .text = see_text, .entry = see_entry, .part = see_part, .ctx = &seen
		};
		struct source in = { .s = s, .step = steps[i] };
		struct bundle_info info;
		struct perr e;

		if (bundle_verify(w.a, from_str, &in, &sink, &w.nk, &info, &e) != 0) {
			fail_msg("line %u: %s", e.line, e.text);
		}
		assert_int_equal(seen.begins, 1);
		assert_int_equal(seen.texts, 2);
		assert_int_equal(seen.entries, 3);
		assert_int_equal(seen.parts, 4);
		assert_int_equal(seen.erased, 1);
		assert_int_equal(info.lines, 12);
		assert_int_equal(info.texts, 2);
		assert_int_equal(info.entries, 3);
		assert_int_equal(info.parts, 4);
		assert_int_equal(info.erased, 1);
		assert_int_equal(info.made.ms, 1795223703000);
		assert_str(info.logs[0].key.name, ORIGIN);
		assert_int_equal(info.logs[0].checkpoint.size, ENTRIES);
	}
	arena_free(w.a);
}

void test_bundle__golden(void **state)
{
	struct world w;
	struct str s, line[20];
	struct hash h;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	assert_int_equal(lines_of(s, line, countof(line)), 12);
	assert_str(line[3], "{\"text\":{\"body\":\"none(service where name==\\\"telnet\\\" over tcp:1-65535 from "
			    "v1)\",\"kind\":\"rule\","
			    "\"sha256\":\"4d8d8cbff54de3c242ead319e7ee44b05ebc3f54c73554694707cb59efe7d324\"}}\n");
	h = hash_bytes(s);
	assert_str(str_hex(w.a, h.b, HASH_LEN), "5f8c9691eb17e6811f1505ac64e4d90d131a25ce740c34b66cdd0afbd9298b4c");
	arena_free(w.a);
}

/* Any flipped byte: found, and the line it stands in is named. */
void test_bundle__every_byte_flipped(void **state)
{
	u8 masks[2] = { 0x01 };
	struct world w;
	struct str s;
	char *bad;
	u32 line = 1;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	bad = arena_copy(w.a, s.p, s.n);
	for (size_t i = 0; i < s.n; i++) {
		masks[1] = (u8)(2u << i % 7);
		for (size_t m = 0; m < countof(masks) && i % unit_step() == 0; m++) {
			struct perr e = {0};

			bad[i] = (char)(s.p[i] ^ masks[m]);
			if (verify(str_of(bad, s.n), NULL, &e) != ERR_INTEGRITY || e.line != line || e.text[0] == 0) {
				fail_msg("byte %zu of line %u: code %d line %u %s", i, line, e.code, e.line, e.text);
			}
			bad[i] = s.p[i];
		}
		line += s.p[i] == '\n';
	}
	arena_free(w.a);
}

/* The same by a forger who makes a new last line: all but `made` is proven by more than the list. */
void test_bundle__every_byte_forged(void **state)
{
	struct str s, line[20];
	struct world w;
	u32 n;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	n = lines_of(s, line, countof(line)) - 1;
	for (u32 k = 0; k < n; k++) {
		struct arena *a = arena_new(NULL, 0);
		struct str was = line[k];
		char *bad = arena_copy(a, was.p, was.n);
		ptrdiff_t made = str_find(was, S("\"made\""));

		line[k].p = bad;
		for (size_t i = 0; i + 1 < was.n; i += unit_step()) {
			struct perr e = {0};

			if (k == 0 && made >= 0 && i >= (size_t)made && i < (size_t)made + 8 + UTC_TEXT) {
				continue;
			}
			bad[i] ^= 1;
			if (verify(sealed(a, line, n), NULL, &e) != ERR_INTEGRITY || e.line != k + 1) {
				fail_msg("byte %zu of line %u: code %d line %u %s", i, k + 1, e.code, e.line, e.text);
			}
			bad[i] ^= 1;
		}
		line[k] = was;
		arena_free(a);
	}
	assert_int_equal(verify(sealed(w.a, line, n), NULL, NULL), 0);
	arena_free(w.a);
}

void test_bundle__cut_anywhere(void **state)
{
	struct world w;
	struct str s;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	for (size_t n = 0; n < s.n; n += unit_step()) {
		struct perr e = {0};

		assert_int_equal(verify(str_sub(s, 0, n), NULL, &e), ERR_INTEGRITY);
		assert_true(e.line >= 1 && e.line <= 12);
	}
	assert_int_equal(verify(str_printf(w.a, "%.*s\n", STRF(s)), NULL, NULL), ERR_INTEGRITY);
	assert_int_equal(verify(str_printf(w.a, "%.*s%.*s", STRF(s), STRF(s)), NULL, NULL), ERR_INTEGRITY);
	arena_free(w.a);
}

/* Lines taken out, doubled or exchanged, and a new last line made. Texts, parts and entries that nothing refers to may
 * be left out: that is another, smaller bundle. */
void test_bundle__lines_moved(void **state)
{
	struct str s, line[20], x[20];
	struct world w;
	u32 n;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	n = lines_of(s, line, countof(line)) - 1;
	for (u32 i = 0; i < n; i++) {
		bool may_go = i == 2 || i == 3 || i >= 7;
		u32 m = 0;

		for (u32 k = 0; k < n; k++) {
			if (k != i) {
				x[m++] = line[k];
			}
		}
		assert_int_equal(verify(sealed(w.a, x, m), NULL, NULL), may_go ? 0 : ERR_INTEGRITY);
		m = 0;
		for (u32 k = 0; k < n; k++) {
			x[m++] = line[k];
			if (k == i) {
				x[m++] = line[k];
			}
		}
		assert_int_equal(verify(sealed(w.a, x, m), NULL, NULL), ERR_INTEGRITY);
		for (u32 k = i + 1; k < n; k++) {
			memcpy(x, line, sizeof(x));
			x[i] = line[k];
			x[k] = line[i];
			assert_int_equal(verify(sealed(w.a, x, n), NULL, NULL), ERR_INTEGRITY);
		}
	}
	arena_free(w.a);
}

/* An erasure must be said by an entry that names the part; and a part that is there may not claim it. */
void test_bundle__false_erasure(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	for (u64 by = 1; by < ENTRIES; by += unit_step()) {
		for (u64 k = 0; k < 3; k++) {
			struct buf b = buf_new(w.a, 0);
			struct bundle_w *out = bundle_w_new(w.a, to_buf, &b);
			struct perr e = {0};
			int r;

			bundle_w_begin(out, (struct utc){ 1 }, &(struct bundle_log){ .key = w.nk, .note = w.note }, 1);
			for (u64 i = 0; i < ENTRIES; i++) {
				put_entry(&w, out, i);
			}
			put_part(&w, out, 0, k, by);
			assert_int_equal(bundle_w_end(out), 0);
			r = verify(buf_view(&b), NULL, &e);
			assert_int_equal(r, by == 2 && k == 1 ? 0 : ERR_INTEGRITY);
			assert_int_equal(e.line, r == 0 ? 0 : 8);
		}
	}
	arena_free(w.a);
}

/* A log of two entries: items 0 (technical, personal), 1 (technical, evidence), 2 (technical), and the erasure of all five parts.
 * The bundle gives the places listed, erased or not, as whoever hands it on may write them. */
struct place {
	u64 index;
	u32 item;
	enum part_role role;
};

static const struct place true_places[] = { { 0, 0, PART_TECHNICAL }, { 1, 0, PART_PERSONAL }, { 2, 1, PART_TECHNICAL },
	{ 3, 1, PART_EVIDENCE }, { 4, 2, PART_TECHNICAL } };

static int verify_places(bool erased, const struct place *place, size_t n)
{
	static const struct position gone[] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 } };
	struct arena *a = arena_new(NULL, 0);
	struct envelope env[2] = { { .type = ENVELOPE_BATCH, .by = S("p"), .items = 3, .parts = 5 },
		{ .type = ENVELOPE_ERASED, .by = S("p"), .basis = S("law"), .erased = gone, .nerased = 5, .root = merkle_empty() } };
	struct checkpoint c = { .origin = S(ORIGIN), .size = 2 };
	struct hash commit[5], leaf[2];
	struct merkle_tree inner, log;
	struct salt salt = { { 3 } };
	struct buf b = buf_new(a, 0);
	struct bundle_w *out;
	struct merkle_proof p;
	struct str text[2], note;
	struct world w;
	int r;

	world_new(&w);
	for (size_t i = 0; i < 5; i++) {
		commit[i] = part_commit(true_places[i].role, true_places[i].item, &salt, S("{}"));
	}
	env[0].root = part_root(commit, 5);
	assert_int_equal(part_tree(a, commit, 5, &inner), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(envelope_write(a, &env[i], &text[i]), 0);
		leaf[i] = merkle_leaf(text[i]);
	}
	assert_int_equal(merkle_tree_make(a, leaf, 2, &log), 0);
	c.root = merkle_root(leaf, 2);
	assert_int_equal(checkpoint_sign(a, &c, &w.key, &note), 0);
	out = bundle_w_new(a, to_buf, &b);
	bundle_w_begin(out, (struct utc){ 1 }, &(struct bundle_log){ .key = w.nk, .note = note }, 1);
	for (u64 i = 0; i < 2; i++) {
		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &log, i, 2, &p), 0);
		bundle_w_entry(out, i, text[i], &p);
	}
	for (size_t i = 0; i < n; i++) {
		struct bundle_part part = { .index = place[i].index, .item = place[i].item, .role = place[i].role, .erased = erased,
			.erased_by = 1, .commitment = commit[place[i].index], .salt = salt, .bytes = S("{}") };

		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &inner, part.index, 5, &p), 0);
		bundle_w_part(out, &part, &p);
	}
	assert_int_equal(bundle_w_end(out), 0);
	r = verify(buf_view(&b), NULL, NULL);
	arena_free(w.a);
	arena_free(a);
	return r;
}

void test_bundle__parts_stand_in_their_items(void **state)
{
	static const struct place bad[][2] = {
		{ { 0, 0, PART_PERSONAL } },				/* nothing before an item's technical part */
		{ { 0, 1, PART_TECHNICAL } },				/* where is item 0 */
		{ { 1, 0, PART_TECHNICAL } },				/* what is before it */
		{ { 1, 1, PART_PERSONAL } },				/* two technical parts cannot be before it */
		{ { 4, 1, PART_PERSONAL } },				/* where is item 2 */
		{ { 4, 3, PART_TECHNICAL } },				/* there are three */
		{ { 0, 0, PART_TECHNICAL }, { 1, 0, PART_TECHNICAL } },
		{ { 0, 0, PART_TECHNICAL }, { 1, 1, PART_EVIDENCE } },
		{ { 0, 0, PART_TECHNICAL }, { 1, 2, PART_TECHNICAL } },
		{ { 2, 1, PART_TECHNICAL }, { 3, 0, PART_EVIDENCE } },
		{ { 1, 0, PART_EVIDENCE }, { 2, 0, PART_PERSONAL } },
	};

	(void)state;
	for (u32 mask = 0; mask < 32; mask++) {				/* any of the true ones */
		struct place p[5];
		size_t n = 0;

		for (u32 i = 0; i < 5; i++) {
			if ((mask >> i & 1) != 0) {
				p[n++] = true_places[i];
			}
		}
		assert_int_equal(verify_places(true, p, n), 0);
		assert_int_equal(verify_places(false, p, n), 0);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		if (verify_places(true, bad[i], bad[i][1].role == 0 ? 1 : 2) != ERR_INTEGRITY) {
			fail_msg("place %zu was taken", i);
		}
	}
	for (size_t i = 0; i < 5; i++) {				/* a part at hand proves both */
		for (u32 item = 0; item < 3; item++) {
			for (size_t r = 0; r < countof(roles); r++) {
				struct place p = { i, item, roles[r] };
				bool same = item == true_places[i].item && p.role == true_places[i].role;

				assert_int_equal(verify_places(false, &p, 1), same ? 0 : ERR_INTEGRITY);
			}
		}
	}
}

/* Two logs: one of five entries that a restore closed, and one that goes on from position 5 and erases a part of the first. */
#define ORIGIN_2 "korobanu.invalid/fedcba9876543210/2"
enum { MORE = 2 };

struct two {
	struct world w;
	struct ledger_key key;
	struct bundle_log log[2];
	struct str env[MORE];
	struct hash leaf[MORE];
};

static void two_new(struct two *t)
{
	static const struct position gone[] = { { 0, 0 } };
	struct checkpoint c = { .origin = S(ORIGIN_2), .size = MORE };
	u8 seed[KEY_SEED] = { 8 };

	world_new(&t->w);
	key_of_seed(seed, &t->key);
	for (size_t i = 0; i < MORE; i++) {
		struct envelope e = { .type = i == 0 ? ENVELOPE_ACT : ENVELOPE_ERASED, .by = S("p1"), .root = merkle_empty() };

		if (i == 1) {
			e.erased = gone;
			e.nerased = countof(gone);
			e.basis = S("request");
		}
		assert_int_equal(envelope_write(t->w.a, &e, &t->env[i]), 0);
		t->leaf[i] = merkle_leaf(t->env[i]);
	}
	c.root = merkle_root(t->leaf, MORE);
	t->log[0] = (struct bundle_log){ .key = t->w.nk, .note = t->w.note };
	t->log[1] = (struct bundle_log){ .first = ENTRIES };
	assert_int_equal(note_key_make(S(ORIGIN_2), t->key.pub, &t->log[1].key), 0);
	assert_int_equal(checkpoint_sign(t->w.a, &c, &t->key, &t->log[1].note), 0);
}

/* Entries 0 and the later `entry`, and part 0 of entry 0 erased by it. */
static struct str two_bundle(struct two *t, const struct bundle_log *logs, size_t nlogs, u64 entry)
{
	struct buf *b = arena_alloc(t->w.a, sizeof(*b));
	struct bundle_w *out = bundle_w_new(t->w.a, to_buf, b);
	struct merkle_proof p;
	struct merkle_tree tree;

	*b = buf_new(t->w.a, 0);
	bundle_w_begin(out, (struct utc){ 1 }, logs, nlogs);
	put_entry(&t->w, out, 0);
	assert_int_equal(merkle_tree_make(t->w.a, t->leaf, MORE, &tree), 0);
	assert_int_equal(merkle_inclusion(merkle_tree_fetch, &tree, 1, MORE, &p), 0);
	bundle_w_entry(out, entry, t->env[1], &p);
	put_part(&t->w, out, 0, 0, entry);
	assert_int_equal(bundle_w_end(out), 0);
	return buf_view(b);
}

void test_bundle__positions_go_on_over_logs(void **state)
{
	struct bundle_info info = { 0 };
	struct perr e = { 0 };
	struct source in;
	struct two t;

	(void)state;
	two_new(&t);
	in = (struct source){ .s = two_bundle(&t, t.log, 2, ENTRIES + 1), .step = 4096 };
	if (bundle_verify(t.w.a, from_str, &in, NULL, NULL, &info, &e) != 0) {
		fail_msg("line %u: %s", e.line, e.text);
	}
	assert_int_equal(info.nlogs, 2);
	assert_int_equal(info.logs[1].first, ENTRIES);
	assert_int_equal(info.logs[1].checkpoint.size, MORE);
	assert_str(info.logs[1].checkpoint.origin, ORIGIN_2);
	assert_int_equal(info.erased, 1);
	arena_free(t.w.a);
}

void test_bundle__logs_that_do_not_join(void **state)
{
	static const struct { u64 first[2]; bool swap, twice; size_t n; u64 entry; const char *text; u32 line; } cases[] = {
		{ { 0, ENTRIES + 1 }, .n = 2, .entry = ENTRIES + 2, .text = "gap", .line = 2 },
		{ { 0, ENTRIES - 1 }, .n = 2, .entry = ENTRIES, .text = "overlap", .line = 2 },
		{ { 0, 0 }, .n = 2, .entry = 1, .text = "first-order", .line = 1 },
		{ { 1, ENTRIES }, .n = 2, .entry = ENTRIES + 1, .text = "first-order", .line = 1 },
		{ { 0, ENTRIES }, .swap = true, .n = 2, .entry = ENTRIES + 1, .text = "epoch-order", .line = 1 },
		{ { 0, ENTRIES }, .twice = true, .n = 2, .entry = ENTRIES + 1, .text = "epoch-order", .line = 1 },
		{ { 0, ENTRIES }, .n = 2, .entry = ENTRIES + MORE, .text = "no-log", .line = 5 },
		{ { 0, ENTRIES }, .n = 1, .entry = ENTRIES + 1, .text = "no-log", .line = 4 },
		{ { 0, ENTRIES }, .n = 2, .entry = 1, .text = "not-in-tree", .line = 5 },
	};
	struct two t;

	(void)state;
	two_new(&t);
	for (size_t i = 0; i < countof(cases); i++) {
		struct bundle_log logs[2] = { t.log[cases[i].swap], t.log[cases[i].twice ? 0 : !cases[i].swap] };
		struct perr e = { 0 };

		logs[0].first = cases[i].first[0];
		logs[1].first = cases[i].first[1];
		assert_int_equal(verify(two_bundle(&t, logs, cases[i].n, cases[i].entry), NULL, &e), ERR_INTEGRITY);
		if (e.line != cases[i].line || strstr(e.text, cases[i].text) == NULL) {
			fail_msg("%zu: line %u: %s", i, e.line, e.text);
		}
	}
	arena_free(t.w.a);
}

/* Known under the name it has in any of the logs, the key must be the one that signs the last. */
void test_bundle__the_key_of_the_last_log_counts(void **state)
{
	struct note_key later, earlier;
	struct bundle_info info;
	struct perr e;
	struct two t;

	(void)state;
	two_new(&t);
	later = t.log[1].key;
	assert_int_equal(note_key_make(S(ORIGIN), t.key.pub, &earlier), 0);
	for (size_t i = 0; i < 3; i++) {
		const struct note_key *trusted = i == 0 ? &later : i == 1 ? &t.w.nk : &earlier;
		struct source in = { .s = two_bundle(&t, t.log, 2, ENTRIES + 1), .step = 4096 };

		assert_int_equal(bundle_verify(t.w.a, from_str, &in, NULL, trusted, &info, &e), i == 0 ? 0 : ERR_INTEGRITY);
	}
	t.log[0].key = earlier;		/* one key signed both */
	assert_int_equal(checkpoint_sign(t.w.a, &(struct checkpoint){ .origin = S(ORIGIN), .size = ENTRIES,
		.root = merkle_root(t.w.leaf, ENTRIES) }, &t.key, &t.log[0].note), 0);
	for (size_t i = 0; i < 2; i++) {
		struct source in = { .s = two_bundle(&t, t.log, 2, ENTRIES + 1), .step = 4096 };

		assert_int_equal(bundle_verify(t.w.a, from_str, &in, NULL, i == 0 ? &later : &earlier, &info, &e), 0);
	}
	arena_free(t.w.a);
}

void test_bundle__another_key(void **state)
{
	struct ledger_key other;
	struct note_key nk;
	struct bundle_info info;
	struct perr e;
	struct world w;
	struct source in;

	(void)state;
	world_new(&w);
	assert_int_equal(key_make(&other), 0);
	assert_int_equal(note_key_make(S(ORIGIN), other.pub, &nk), 0);
	in = (struct source){ .s = bundle_small(&w), .step = 4096 };
	assert_int_equal(bundle_verify(w.a, from_str, &in, NULL, &nk, &info, &e), ERR_INTEGRITY);
	assert_int_equal(e.line, 1);
	arena_free(w.a);
}

void test_bundle__sink_and_source_errors(void **state)
{
	struct bundle_info info;
	struct perr e;
	struct world w;
	struct str s;

	(void)state;
	world_new(&w);
	s = bundle_small(&w);
	for (int n = 1; n <= 10; n++) {
		struct seen seen = { .fail_at = n };
		struct bundle_sink sink = {
			.begin = see_begin, .text = see_text, .entry = see_entry, .part = see_part, .ctx = &seen
		};
		struct source in = { .s = s, .step = 100 };

		assert_int_equal(bundle_verify(w.a, from_str, &in, &sink, NULL, &info, &e), ERR_CONFLICT);
		assert_int_equal(e.line, n + 1);
		assert_string_equal(e.text, "the sink says no");
	}
	for (size_t n = 0; n < s.n; n += 100 * unit_step()) {
		struct source in = { .s = str_sub(s, 0, n), .step = 64, .err = ERR_IO };

		assert_int_equal(bundle_verify(w.a, from_str, &in, NULL, NULL, &info, &e), ERR_IO);
	}
	arena_free(w.a);
}

/* A stranger's endless line and a deep one: an error, in bounded memory. */
static int endless(void *ctx, u8 *to, size_t n, size_t *ret)
{
	memset(to, *(int *)ctx, n);
	*ret = n;
	return 0;
}

void test_bundle__hostile_lines(void **state)
{
	static const char *const bad[] = { "\n", "{}\n", "[]\n", "null\n", "\"x\"\n", "{\"bundle\":1}\n", "\xff\n",
		"{\"end\":{}}\n", "{\"bundle\":\"korobanu.bundle/2\",\"key\":\"\",\"made\":\"\",\"origin\":\"\"}\n" };
	struct arena *a = arena_new(NULL, 0);
	int c;
	struct bundle_info info;
	struct perr e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(verify(str_z(bad[i]), NULL, &e), ERR_INTEGRITY);
		assert_int_equal(e.line, 1);
	}
	c = '[';
	assert_int_equal(bundle_verify(a, endless, &c, NULL, NULL, &info, &e), ERR_LIMIT);
	c = '\n';
	assert_int_equal(bundle_verify(a, endless, &c, NULL, NULL, &info, &e), ERR_INTEGRITY);
	arena_free(a);
}

/* A part of the largest evidence, through the whole way. */
void test_bundle__largest_part(void **state)
{
	struct world w;
	struct buf b;
	struct bundle_w *out;
	struct bundle_part p = { .index = 1, .role = PART_EVIDENCE };
	struct merkle_proof none = {0}, beside = { .n = 1 };
	struct envelope env = { .type = ENVELOPE_ACT, .by = S("p"), .items = 1, .parts = 2 };
	struct checkpoint c = { .origin = S(ORIGIN), .size = 1 };
	struct str text, note;
	struct hash commit[2] = { 0 };
	char *big;

	(void)state;
	world_new(&w);
	b = buf_new(w.a, 0);
	out = bundle_w_new(w.a, to_buf, &b);
	big = arena_alloc(w.a, LIMIT_EVIDENCE_FILE);
	memset(big, 0xa5, LIMIT_EVIDENCE_FILE);
	p.bytes = str_of(big, LIMIT_EVIDENCE_FILE);
	commit[1] = part_commit(p.role, 0, &p.salt, p.bytes);
	beside.h[0] = part_leaf(&commit[0]);
	env.root = part_root(commit, 2);
	assert_int_equal(envelope_write(w.a, &env, &text), 0);
	c.root = merkle_leaf(text);
	assert_int_equal(checkpoint_sign(w.a, &c, &w.key, &note), 0);
	bundle_w_begin(out, (struct utc){ 1 }, &(struct bundle_log){ .key = w.nk, .note = note }, 1);
	bundle_w_entry(out, 0, text, &none);
	bundle_w_part(out, &p, &beside);
	assert_int_equal(bundle_w_end(out), 0);
	{
		struct source in = { .s = buf_view(&b), .step = 1 * MiB };
		struct bundle_info info;
		struct perr e;

		if (bundle_verify(w.a, from_str, &in, NULL, NULL, &info, &e) != 0) {
			fail_msg("line %u: %s", e.line, e.text);
		}
	}
	arena_free(w.a);
}
