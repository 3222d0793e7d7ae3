#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "judge/proof/proof.h"

#define ORIGIN "korobanu.invalid/0123456789abcdef/1"
#define ASSET(i) "{\"i\":" i ",\"item\":{\"act\":{\"asset\":\"AST-1\",\"claims\":[],\"do\":\"proof.asset\",\"items\":[]}}}"
#define OTHER(i) "{\"i\":" i ",\"item\":{\"act\":{\"do\":\"scope.rm\",\"id\":\"SCO-2\"}}}"
#define STRAY(i) "{\"i\":" i ",\"item\":{\"act\":{\"asset\":\"AST-9\",\"control\":\"x\",\"do\":\"proof.control\",\"guideline\":\"g\"," \
	"\"guideline_text\":\"00\",\"mappings\":[],\"state\":\"pass\"}}}"

static int to_buf(void *ctx, struct str line)
{
	buf_str(ctx, line);
	return buf_done(ctx);
}

static int from_str(void *ctx, u8 *to, size_t n, size_t *ret)
{
	struct str *left = ctx;

	*ret = n < left->n ? n : left->n;
	if (*ret != 0) {
		memcpy(to, left->p, *ret);
	}
	*left = str_from(*left, *ret);
	return 0;
}

/* A log of one entry with two parts; the bundle gives the first `given` of them. */
static int check(enum envelope_type type, const char *const text[2], size_t given, struct perr *e)
{
	struct arena *a = arena_new(NULL, 0);
	struct checkpoint c = { .origin = S(ORIGIN), .size = 1 };
	struct envelope env = { .type = type, .at.ms = 1795223702114, .by = S("p1"), .items = 2, .parts = 2 };
	struct salt salt = { { 0 } };
	struct hash commit[2], leaf;
	struct merkle_tree inner, log;
	struct buf b = buf_new(a, 0);
	struct ledger_key key;
	struct merkle_proof p;
	struct note_key nk;
	struct bundle_w *w;
	struct str note, bytes, in;
	u8 seed[KEY_SEED] = { 7 };
	int r;

	key_of_seed(seed, &key);
	assert_int_equal(note_key_make(S(ORIGIN), key.pub, &nk), 0);
	for (size_t i = 0; i < 2; i++) {
		commit[i] = part_commit(&salt, str_z(text[i]));
	}
	env.root = part_root(commit, 2);
	assert_int_equal(part_tree(a, commit, 2, &inner), 0);
	assert_int_equal(envelope_write(a, &env, &bytes), 0);
	leaf = merkle_leaf(bytes);
	assert_int_equal(merkle_tree_make(a, &leaf, 1, &log), 0);
	c.root = merkle_root(&leaf, 1);
	assert_int_equal(checkpoint_sign(a, &c, &key, &note), 0);
	w = bundle_w_new(a, to_buf, &b);
	bundle_w_begin(w, (struct utc){ 1795223702114 }, &nk, note);
	assert_int_equal(merkle_inclusion(merkle_tree_fetch, &log, 0, 1, &p), 0);
	bundle_w_entry(w, 0, bytes, &p);
	for (size_t i = 0; i < given; i++) {
		struct bundle_part part = { .index = i, .salt = salt, .bytes = str_z(text[i]) };

		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &inner, i, 2, &p), 0);
		bundle_w_part(w, &part, &p);
	}
	assert_int_equal(bundle_w_end(w), 0);
	in = buf_view(&b);
	r = proof_check(a, from_str, &in, &nk, NULL, NULL, e);
	arena_free(a);
	return r;
}

void test_check__a_statement_stands_whole(void **state)
{
	static const char *const text[2] = { ASSET("0"), OTHER("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), 0);
	assert_int_equal(check(ENVELOPE_ACT, text, 1, &e), ERR_INTEGRITY);
	assert_string_equal(e.text, "parts of the statement are missing");
	assert_int_equal(e.line, 4);
}

void test_check__other_acts_need_not_be_whole(void **state)
{
	static const char *const text[2] = { OTHER("0"), OTHER("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 1, &e), 0);
}

void test_check__a_sensor_states_nothing(void **state)
{
	static const char *const text[2] = { ASSET("0"), ASSET("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_BATCH, text, 2, &e), ERR_INTEGRITY);
	assert_string_equal(e.text, "a statement that cannot be read");
}

void test_check__items_have_one_index_each(void **state)
{
	static const char *const text[2] = { OTHER("0"), OTHER("0") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), ERR_INTEGRITY);
	assert_int_equal(e.line, 5);
}

void test_check__no_answer_about_what_is_not_disclosed(void **state)
{
	static const char *const text[2] = { ASSET("0"), STRAY("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), ERR_INTEGRITY);
	assert_int_equal(e.line, 5);
}
