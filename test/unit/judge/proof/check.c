#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/ledger/chain.h"
#include "judge/proof/proof.h"

#define ORIGIN "korobanu.invalid/0123456789abcdef/1"
#define ASSET(i) "{\"i\":" i ",\"item\":{\"act\":{\"asset\":\"AST-1\",\"claims\":[],\"do\":\"proof.asset\",\"items\":[],\"peers\":[]}}}"
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

static void see_row(void *ctx, const struct view_row *row)
{
	*(size_t *)ctx += row->view->number == VIEW_check;
}

struct given {
	const char *text;		/* NULL: no more parts */
	u32 item;
	enum part_role role;
	bool erased;
	bool left_out;			/* of the bundle */
};
#define PARTS 4

/* A log of one entry with these parts, and one that erases some; the bundle gives the first `given` of them, and the text of a rule. */
static int check_with_text(enum envelope_type type, const struct given part[PARTS], size_t given, const char *text, struct perr *e)
{
	struct arena *a = arena_new(NULL, 0);
	struct checkpoint c = { .origin = S(ORIGIN), .size = 2 };
	struct envelope env[2] = { { .type = type, .at.ms = 1795223702114, .by = S("p1") },
		{ .type = ENVELOPE_ACT, .at.ms = 1795223702115, .by = S("p1"), .root = merkle_empty() } };
	struct position gone[PARTS], first = { 9, 9 };
	struct salt salt = { { 0 } };
	struct hash commit[PARTS], leaf[2];
	struct merkle_tree inner, log;
	struct buf b = buf_new(a, 0);
	struct ledger_key key;
	struct merkle_proof p;
	struct note_key nk;
	struct bundle_w *w;
	struct str note, bytes[2], in;
	u8 seed[KEY_SEED] = { 7 };
	size_t n = 0, answers = 9, rows = 0;
	int r;

	key_of_seed(seed, &key);
	assert_int_equal(note_key_make(S(ORIGIN), key.pub, &nk), 0);
	for (; n < PARTS && part[n].text != NULL; n++) {
		commit[n] = part_commit(part[n].role, part[n].item, &salt, str_z(part[n].text));
		env[0].items = part[n].item + 1;
		if (part[n].erased) {
			gone[env[1].nerased++] = (struct position){ 0, n };
		}
	}
	if (env[1].nerased != 0) {
		env[1].type = ENVELOPE_ERASED;
		env[1].erased = gone;
		env[1].basis = S("law");
	}
	if (type == ENVELOPE_ERASED) {
		env[0].erased = &first;
		env[0].nerased = 1;
		env[0].basis = S("law");
	}
	env[0].parts = n;
	env[0].root = part_root(commit, n);
	assert_int_equal(part_tree(a, commit, n, &inner), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(envelope_write(a, &env[i], &bytes[i]), 0);
		leaf[i] = merkle_leaf(bytes[i]);
	}
	assert_int_equal(merkle_tree_make(a, leaf, 2, &log), 0);
	c.root = merkle_root(leaf, 2);
	assert_int_equal(checkpoint_sign(a, &c, &key, &note), 0);
	w = bundle_w_new(a, to_buf, &b);
	bundle_w_begin(w, (struct utc){ 1795223702114 }, &(struct bundle_log){ .key = nk, .note = note }, 1);
	if (text != NULL) {
		bundle_w_text(w, BUNDLE_RULE, str_z(text));
	}
	for (u64 i = 0; i < 2; i++) {
		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &log, i, 2, &p), 0);
		bundle_w_entry(w, i, bytes[i], &p);
	}
	for (size_t i = 0; i < given; i++) {
		struct bundle_part bp = { .index = i, .item = part[i].item, .role = part[i].role, .erased = part[i].erased,
			.erased_by = 1, .commitment = commit[i], .salt = salt, .bytes = str_z(part[i].text) };

		if (part[i].left_out) {
			continue;
		}
		assert_int_equal(merkle_inclusion(merkle_tree_fetch, &inner, i, n, &p), 0);
		bundle_w_part(w, &bp, &p);
	}
	assert_int_equal(bundle_w_end(w), 0);
	in = buf_view(&b);
	r = proof_check(a, from_str, &in, &nk, see_row, &rows, &answers, e);
	assert_true(r == 0 ? answers == 0 : rows == 0);		/* nothing is shown of what does not hold */
	arena_free(a);
	return r;
}

static int check_parts(enum envelope_type type, const struct given part[PARTS], size_t given, struct perr *e)
{
	return check_with_text(type, part, given, NULL, e);
}

/* Two items of one part. */
static int check(enum envelope_type type, const char *const text[2], size_t given, struct perr *e)
{
	const struct given part[PARTS] = { { text[0], 0, PART_TECHNICAL, false }, { text[1], 1, PART_TECHNICAL, false } };

	return check_parts(type, part, given, e);
}

void test_check__a_statement_stands_whole(void **state)
{
	static const char *const text[2] = { ASSET("0"), OTHER("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), 0);
	assert_int_equal(check(ENVELOPE_ACT, text, 1, &e), ERR_INTEGRITY);
	assert_non_null(strstr(e.text, SAY "parts-missing"));
	assert_int_equal(e.line, 5);
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
	assert_string_equal(e.text, SAY "entry-type" SAY "who=0.0");
}

void test_check__items_have_one_index_each(void **state)
{
	static const char *const text[2] = { OTHER("0"), OTHER("0") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), ERR_INTEGRITY);
	assert_int_equal(e.line, 6);
}

void test_check__no_answer_about_what_is_not_disclosed(void **state)
{
	static const char *const text[2] = { ASSET("0"), STRAY("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), ERR_INTEGRITY);
	assert_int_equal(e.line, 6);
}

#define FACT(i) "{\"i\":" i ",\"item\":{\"fact\":{\"kind\":\"host/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\"}," \
	"\"source\":\"scan/1\",\"subject\":[\"ip:10.7.0.2\"],\"value\":{\"alive\":true},\"vantage\":\"v1\"}," \
	"\"seen\":{\"at\":\"2026-11-01T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"R\"," \
	"\"state\":\"unknown\"}}}"
#define EVIDENCE(i) "{\"i\":" i ",\"item\":{\"evidence\":{\"kind\":\"banner\"}}}"
#define OWNER(i) "{\"i\":" i ",\"item\":{\"act\":{\"do\":\"scope.add\"}},\"personal\":[\"owner\"]}"

/* A device chooses the bytes of its banner; whatever else is erased, they stay a banner. */
void test_check__evidence_is_never_read_as_a_fact(void **state)
{
	static const struct given bad[][PARTS] = {
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, true }, { FACT("0"), 0, PART_TECHNICAL, false } },
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, true }, { FACT("1"), 1, PART_EVIDENCE, false } },
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, false }, { FACT("0"), 0, PART_PERSONAL, false } },
		{ { OWNER("0"), 0, PART_TECHNICAL, false }, { "{\"f\":\"owner\",\"i\":0,\"v\":\"Sato\"}", 0, PART_EVIDENCE, false } },
	};
	static const struct given good[][PARTS] = {
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, true }, { FACT("0"), 0, PART_EVIDENCE, true }, { FACT("1"), 1, PART_TECHNICAL, false } },
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, true }, { FACT("0"), 0, PART_EVIDENCE, false }, { FACT("1"), 1, PART_TECHNICAL, false } },
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, false }, { FACT("0"), 0, PART_EVIDENCE, true }, { FACT("1"), 1, PART_TECHNICAL, false } },
		{ { EVIDENCE("0"), 0, PART_TECHNICAL, false }, { FACT("0"), 0, PART_EVIDENCE, false }, { FACT("1"), 1, PART_TECHNICAL, false } },
	};
	struct perr e = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(check_parts(i == 3 ? ENVELOPE_ACT : ENVELOPE_BATCH, bad[i], 2, &e), ERR_INTEGRITY);
	}
	for (size_t i = 0; i < countof(good); i++) {
		if (check_parts(ENVELOPE_BATCH, good[i], 3, &e) != 0) {
			fail_msg("%zu: line %u: %s", i, e.line, e.text);
		}
	}
	assert_int_equal(check_parts(ENVELOPE_BATCH, good[3], 1, &e), ERR_INTEGRITY);	/* not whole */
}

/* The true technical part is left out, and an erased part of the same item called so: then all of the item seems erased. */
void test_check__no_other_part_is_called_technical(void **state)
{
	static const struct given bad[][PARTS] = {
		{ { FACT("0"), 0, PART_TECHNICAL }, { EVIDENCE("1"), 1, PART_TECHNICAL, .left_out = true },
			{ "bytes", 1, PART_TECHNICAL, .erased = true } },
		{ { EVIDENCE("0"), 0, PART_TECHNICAL }, { "bytes", 0, PART_EVIDENCE }, { EVIDENCE("1"), 1, PART_TECHNICAL, .left_out = true },
			{ "bytes", 1, PART_TECHNICAL, .erased = true } },
	};
	static const struct given good[][PARTS] = {
		{ { FACT("0"), 0, PART_TECHNICAL }, { EVIDENCE("1"), 1, PART_TECHNICAL, .erased = true },
			{ "bytes", 1, PART_EVIDENCE, .erased = true } },
		/* the item between is not given: nothing is known of its parts */
		{ { FACT("0"), 0, PART_TECHNICAL }, { EVIDENCE("1"), 1, PART_TECHNICAL, .left_out = true }, { "bytes", 1, PART_EVIDENCE,
			.left_out = true }, { FACT("2"), 2, PART_TECHNICAL } },
	};
	struct perr e = { 0 };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(check_parts(ENVELOPE_BATCH, bad[i], i == 0 ? 3 : 4, &e), ERR_INTEGRITY);
		assert_string_equal(e.text, SAY "technical-place" SAY "who=0.1");
		assert_int_equal(e.line, i == 0 ? 6 : 7);
	}
	for (size_t i = 0; i < countof(good); i++) {
		if (check_parts(ENVELOPE_BATCH, good[i], i == 0 ? 3 : 4, &e) != 0) {
			fail_msg("%zu: line %u: %s", i, e.line, e.text);
		}
	}
}

void test_check__an_item_says_the_number_it_stands_at(void **state)
{
	static const char *const text[2] = { OTHER("0"), OTHER("2") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), ERR_INTEGRITY);
}

void test_check__what_entries_hold(void **state)
{
	static const char *const facts[2] = { FACT("0"), FACT("1") }, *const acts[2] = { OTHER("0"), OTHER("1") },
		*const mixed[2] = { FACT("0"), OTHER("1") };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check(ENVELOPE_BATCH, facts, 2, &e), 0);
	assert_int_equal(check(ENVELOPE_ACT, facts, 2, &e), ERR_INTEGRITY);
	assert_int_equal(check(ENVELOPE_ERASED, facts, 2, &e), ERR_INTEGRITY);
	assert_int_equal(check(ENVELOPE_ACT, acts, 2, &e), 0);
	assert_int_equal(check(ENVELOPE_ERASED, acts, 2, &e), 0);
	assert_int_equal(check(ENVELOPE_BATCH, acts, 2, &e), ERR_INTEGRITY);
	assert_int_equal(check(ENVELOPE_BATCH, mixed, 2, &e), ERR_INTEGRITY);
	assert_int_equal(check(ENVELOPE_ACT, mixed, 2, &e), ERR_INTEGRITY);
}

/* Two logs of one entry each; the second begins with what `tell` makes of the act that is right. */
#define ORIGIN_2 "korobanu.invalid/fedcba9876543210/2"

static int check_chain(void (*tell)(struct chain *c), bool with_part, struct perr *e)
{
	struct arena *a = arena_new(NULL, 0);
	struct envelope env[2] = { { .type = ENVELOPE_ACT, .by = S("p1"), .root = merkle_empty() },
		{ .type = ENVELOPE_ACT, .by = S("p1"), .items = 1, .parts = 1 } };
	struct bundle_log log[2] = { { .checkpoint = { .origin = S(ORIGIN), .size = 1 } },
		{ .first = 1, .checkpoint = { .origin = S(ORIGIN_2), .size = 1 } } };
	struct bundle_part part = { .seq = 1, .role = PART_TECHNICAL };
	struct chain chain = { .origin = S(ORIGIN_2), .old = { .epoch = 1, .size = 1, .known = 1, .origin = S(ORIGIN), .note = S("") } };
	struct merkle_proof none = { 0 };
	struct buf b = buf_new(a, 0);
	struct bundle_w *w = bundle_w_new(a, to_buf, &b);
	struct ledger_key key;
	struct hash commit;
	struct str bytes[2], in;
	u8 seed[KEY_SEED] = { 7 };
	size_t answers;
	int r;

	key_of_seed(seed, &key);
	assert_int_equal(envelope_write(a, &env[0], &bytes[0]), 0);
	log[0].checkpoint.root = chain.old.root = merkle_leaf(bytes[0]);
	assert_int_equal(note_key_make(S(ORIGIN_2), key.pub, &chain.key), 0);
	tell(&chain);
	part.bytes = str_printf(a, "{\"i\":0,\"item\":{\"act\":%.*s}}", STRF(chain_write(a, &chain)));
	commit = part_commit(part.role, 0, &part.salt, part.bytes);
	env[1].root = part_root(&commit, 1);
	assert_int_equal(envelope_write(a, &env[1], &bytes[1]), 0);
	log[1].checkpoint.root = merkle_leaf(bytes[1]);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(note_key_make(log[i].checkpoint.origin, key.pub, &log[i].key), 0);
		assert_int_equal(checkpoint_sign(a, &log[i].checkpoint, &key, &log[i].note), 0);
	}
	bundle_w_begin(w, (struct utc){ 1 }, log, 2);
	bundle_w_entry(w, 0, bytes[0], &none);
	bundle_w_entry(w, 1, bytes[1], &none);
	if (with_part) {
		bundle_w_part(w, &part, &none);
	}
	assert_int_equal(bundle_w_end(w), 0);
	in = buf_view(&b);
	r = proof_check(a, from_str, &in, NULL, NULL, NULL, &answers, e);
	arena_free(a);
	return r;
}

static void as_it_is(struct chain *c) { (void)c; }
static void other_root(struct chain *c) { c->old.root.b[0] ^= 1; }
static void other_size(struct chain *c) { c->old.size++; }
static void other_first(struct chain *c) { c->old.first++; }
static void other_epoch(struct chain *c) { c->old.epoch++; }
static void other_log(struct chain *c) { c->old.origin = S("korobanu.invalid/0000000000000000/1"); }
static void other_name(struct chain *c) { c->origin = S("korobanu.invalid/0000000000000000/2"); }

void test_check__a_log_says_which_it_goes_on_from(void **state)
{
	static void (*const bad[])(struct chain *c) = { other_root, other_size, other_first, other_epoch, other_log, other_name };
	struct perr e = { 0 };

	(void)state;
	if (check_chain(as_it_is, true, &e) != 0) {
		fail_msg("line %u: %s", e.line, e.text);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(check_chain(bad[i], true, &e), ERR_INTEGRITY);
		assert_int_equal(e.line, 6);
	}
	assert_int_equal(check_chain(as_it_is, false, &e), ERR_INTEGRITY);
	assert_non_null(strstr(e.text, "begin-missing"));
}

/* What was judged by other means than ours is neither confirmed nor refuted, and its texts are not read. */
#define VERDICT(language, quality, clock, kind) "{\"i\":1,\"item\":{\"act\":{\"asset\":\"AST-1\",\"clock\":" clock ",\"do\":\"proof.verdict\"," \
	"\"kinds\":[\"" kind "\"],\"language\":" language ",\"measure\":\"M01\",\"now\":\"2026-11-21T01:15:02.114Z\",\"quality\":" quality "," \
	"\"read\":[],\"read_all\":0,\"reasons\":[],\"rule\":\"00\",\"size\":0,\"state\":\"true\"}}}"

void test_check__other_means_are_named(void **state)
{
	static const struct { const char *text, *says; int r; } cases[] = {
		{ VERDICT("2", "70", "300000", "host/1"), "language", ERR_NEWER },
		{ VERDICT("1", "60", "300000", "host/1"), "quality", ERR_NEWER },
		{ VERDICT("1", "70", "0", "host/1"), "clock", ERR_NEWER },
		{ VERDICT("1", "70", "300000", "host/99"), "host/99", ERR_NEWER },
		{ VERDICT("1", "70", "300000", "nonesuch/1"), "nonesuch/1", ERR_NEWER },
		{ VERDICT("1", "70", "300000", "host"), SAY "kind" SAY, ERR_INTEGRITY },
		{ VERDICT("1", "70", "300000", "host/1"), "measure-missing", ERR_INTEGRITY },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		const char *const text[2] = { ASSET("0"), cases[i].text };
		struct perr e = { 0 };
		int r = check(ENVELOPE_ACT, text, 2, &e);

		if (r != cases[i].r || e.code != r || e.line != 6 || strstr(e.text, cases[i].says) == NULL) {
			fail_msg("%zu: code %d line %u: %s", i, r, e.line, e.text);
		}
	}
}

/* What a later program states is not passed over in silence; it is no damage either. */
void test_check__statements_of_a_newer_program(void **state)
{
	static const char *const newer[] = {
		"{\"i\":1,\"item\":{\"act\":{\"asset\":\"AST-1\",\"do\":\"proof.answer\"}}}",
		"{\"i\":1,\"item\":{\"act\":{\"asset\":\"AST-1\",\"control\":\"x\",\"do\":\"proof.control\",\"guideline\":\"g\","
		"\"guideline_text\":\"00\",\"mappings\":[],\"state\":\"better\"}}}",
	};

	(void)state;
	for (size_t i = 0; i < countof(newer); i++) {
		const char *const text[2] = { ASSET("0"), newer[i] };
		struct perr e = { 0 };

		assert_int_equal(check(ENVELOPE_ACT, text, 2, &e), ERR_NEWER);
		assert_int_equal(e.code, ERR_NEWER);
		assert_int_equal(e.line, 6);
	}
}

/* Its own hash is right, but nothing the log signed speaks of it: anybody could have put it there. */
void test_check__a_text_that_no_answer_names(void **state)
{
	static const struct given part[PARTS] = { { ASSET("0"), 0, PART_TECHNICAL, false } };
	struct perr e = { 0 };

	(void)state;
	assert_int_equal(check_parts(ENVELOPE_ACT, part, 1, &e), 0);
	assert_int_equal(check_with_text(ENVELOPE_ACT, part, 1, "{}", &e), ERR_INTEGRITY);
	assert_int_equal(e.line, 3);
	assert_non_null(strstr(e.text, "text-unnamed"));
}
