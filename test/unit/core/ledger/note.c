#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/ledger/note.h"

/* Golden: seed 00 01 .. 1f. */
static void key_golden(struct ledger_key *ret)
{
	u8 seed[KEY_SEED];

	for (size_t i = 0; i < KEY_SEED; i++) {
		seed[i] = (u8)i;
	}
	key_of_seed(seed, ret);
}

#define ORIGIN "korobanu.invalid/0123456789abcdef/1"
/* Made with another implementation of Ed25519 and SHA-256. */
#define GOLDEN_VKEY ORIGIN "+2d765513+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define GOLDEN_NOTE ORIGIN "\n3\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n\n" \
	"\xe2\x80\x94 " ORIGIN \
	" LXZVExWqQU4QdxyX4zMEz4m5iI9Tmwgp3AxasEzjrC43FRdA" \
	"mIrxQH0pzj+vJD+chU7kKLV3JAfmsqRUJj5fEFRMaw8=\n"

void test_note__verifier_key(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct ledger_key key;
	struct note_key k, back;
	struct str text;

	(void)state;
	key_golden(&key);
	assert_int_equal(note_key_make(S(ORIGIN), key.pub, &k), 0);
	text = note_key_text(a, &k);
	assert_str(text, GOLDEN_VKEY);
	assert_int_equal(note_key_parse(text, &back), 0);
	assert_true(str_eq(back.name, k.name));
	assert_int_equal(back.hash, k.hash);
	assert_memory_equal(back.pub, k.pub, KEY_PUB);
	for (size_t i = 0; i < text.n; i++) {		/* every byte counts */
		char *bad = arena_copy(a, text.p, text.n);

		for (u32 bit = 0; bit < 8; bit++) {
			bad[i] ^= (char)(1u << bit);
			assert_int_not_equal(note_key_parse(str_of(bad, text.n), &back), 0);
			bad[i] ^= (char)(1u << bit);
		}
		assert_int_not_equal(note_key_parse(str_sub(text, 0, i), &back), 0);
	}
	arena_free(a);
}

void test_note__key_of_another_program(void **state)
{
	/* Published by the logs of others. */
	static const char *const keys[] = {
		"sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	};
	struct note_key k;

	(void)state;
	for (size_t i = 0; i < countof(keys); i++) {
		assert_int_equal(note_key_parse(str_z(keys[i]), &k), 0);
	}
	assert_int_equal(note_key_parse(S("sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"), &k),
			 ERR_INTEGRITY);
	assert_int_equal(note_key_parse(S("n+00000000+AgECAwQFBgcICQ=="), &k), ERR_UNSUPPORTED);
}

void test_note__names(void **state)
{
	char longer[NOTE_NAME_MAX + 1];

	(void)state;
	memset(longer, 'a', sizeof(longer));
	assert_true(note_name_ok(S("a")));
	assert_true(note_name_ok(S("台帳.example/1")));
	assert_true(note_name_ok(str_of(longer, NOTE_NAME_MAX)));
	assert_false(note_name_ok(str_of(longer, sizeof(longer))));
	assert_false(note_name_ok(S("")));
	assert_false(note_name_ok(S("a b")));
	assert_false(note_name_ok(S("a+b")));
	assert_false(note_name_ok(S("a\nb")));
	assert_false(note_name_ok(S("a\xc2\xa0z")));
	assert_false(note_name_ok(S("a\xe3\x80\x80z")));
	assert_false(note_name_ok(S("a\xff")));
}

static struct str golden_checkpoint(struct arena *a, struct note_key *ret_key)
{
	struct checkpoint c = { .origin = S(ORIGIN), .size = 3, .root = hash_bytes(S("root")) };
	struct ledger_key key;
	struct str note;

	key_golden(&key);
	assert_int_equal(note_key_make(S(ORIGIN), key.pub, ret_key), 0);
	assert_int_equal(checkpoint_sign(a, &c, &key, &note), 0);
	return note;
}

void test_note__checkpoint_golden(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct note_key k;
	struct str note = golden_checkpoint(a, &k);
	struct hash root = hash_bytes(S("root"));
	struct checkpoint c;

	(void)state;
	assert_str(note, GOLDEN_NOTE);
	assert_int_equal(checkpoint_open(a, note, &k, &c, NULL), 0);
	assert_str(c.origin, ORIGIN);
	assert_int_equal(c.size, 3);
	assert_true(hash_eq(&c.root, &root));
	assert_int_equal(c.more.n, 0);
	arena_free(a);
}

void test_note__every_bit_of_a_checkpoint(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct note_key k;
	struct str note = golden_checkpoint(a, &k);
	char *bad = arena_copy(a, note.p, note.n);
	struct checkpoint c;

	(void)state;
	for (size_t bit = 0; bit < note.n * 8; bit += unit_step()) {
		struct perr e = {0};

		bad[bit / 8] ^= (char)(1u << bit % 8);
		if (checkpoint_open(a, str_of(bad, note.n), &k, &c, &e) == 0) {
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		}
		assert_int_not_equal(e.text[0], 0);
		bad[bit / 8] ^= (char)(1u << bit % 8);
	}
	for (size_t n = 0; n < note.n; n += unit_step()) {
		assert_int_not_equal(checkpoint_open(a, str_sub(note, 0, n), &k, &c, NULL), 0);
	}
	arena_free(a);
}

void test_note__other_signatures(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct note_key k, other;
	struct ledger_key o;
	struct str note = golden_checkpoint(a, &k), twice;
	struct checkpoint c;
	struct note *n = arena_alloc(a, sizeof(*n));

	(void)state;
	/* A witness we do not know, with a longer signature of some other kind: kept and ignored. */
	twice = str_printf(a, "%.*s\xe2\x80\x94 witness.example AAECAwQFBgcICQ==\n", STRF(note));
	assert_int_equal(checkpoint_open(a, twice, &k, &c, NULL), 0);
	assert_int_equal(note_parse(a, twice, n, NULL), 0);
	assert_int_equal(n->nsigs, 2);
	assert_str(n->sigs[1].name, "witness.example");
	assert_int_equal(n->sigs[1].hash, 0x00010203);
	assert_int_equal(n->sigs[1].sig.n, 6);
	/* Signed by nobody we know. */
	assert_int_equal(key_make(&o), 0);
	assert_int_equal(note_key_make(S(ORIGIN), o.pub, &other), 0);
	assert_int_equal(checkpoint_open(a, note, &other, &c, NULL), ERR_MISSING);
	/* Our name and hash twice, once wrong: refused, though the other one verifies. */
	n->nsigs = 2;
	n->sigs[1] = n->sigs[0];
	n->sigs[1].sig = str_of(arena_copy(a, n->sigs[0].sig.p, KEY_SIG), KEY_SIG - 1);
	assert_int_equal(note_verify(n, &k), ERR_INTEGRITY);
	/* Another origin under our key. */
	other = k;
	other.name = S("other");
	assert_int_equal(checkpoint_open(a, note, &other, &c, NULL), ERR_INTEGRITY);
	arena_free(a);
}

void test_note__malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"a\n",
		"a\n\n",
		"a\n\nb\n",
		"a\n\n\xe2\x80\x94 n AAAAAAA=",
		"a\n\n\xe2\x80\x94 n AAAAAAA=\n\n",
		"a\n\n\xe2\x80\x94 n AAAAAA==\n",
		"a\n\n\xe2\x80\x94  AAAAAAA=\n",
		"a\n\n\xe2\x80\x94 n+ AAAAAAA=\n",
		"a\n\n\xe2\x80\x94 n AAAAAAA= \n",
		"a\n\n\xe2\x80\x94 n AAAAAAB=\n",
		"a\n\n- n AAAAAAA=\n",
		"a\t\n\n\xe2\x80\x94 n AAAAAAA=\n",
		"a\xff\n\n\xe2\x80\x94 n AAAAAAA=\n",
		"a\r\n\n\xe2\x80\x94 n AAAAAAA=\n",
	};
	struct arena *a = arena_new(NULL, 0);
	struct note *n = arena_alloc(a, sizeof(*n));
	struct buf b = buf_new(a, 0);

	(void)state;
	assert_int_equal(note_parse(a, S("a\n\n\xe2\x80\x94 n AAAAAAA=\n"), n, NULL), 0);
	assert_str(n->text, "a\n");
	for (size_t i = 0; i < countof(bad); i++) {
		struct perr e = {0};

		if (note_parse(a, str_z(bad[i]), n, &e) == 0) {
			fail_msg("accepted: %zu", i);
		}
		assert_int_equal(e.code == 0, 0);
	}
	assert_int_equal(note_parse(a, str_of("a\0\n\n\xe2\x80\x94 n AAAAAAA=\n", 19), n, NULL), ERR_SYNTAX);
	buf_z(&b, "a\n\n");
	for (size_t i = 0; i <= NOTE_SIGS_MAX; i++) {
		assert_int_equal(i > 0 ? note_parse(a, buf_view(&b), n, NULL) : 0, 0);
		buf_z(&b, "\xe2\x80\x94 n AAAAAAA=\n");
	}
	assert_int_equal(note_parse(a, buf_view(&b), n, NULL), ERR_LIMIT);
	arena_free(a);
}

void test_note__checkpoint_text(void **state)
{
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	static const char *const bad[] = {
		"",
		"o\n",
		"o\n1\n",
		"\n1\n" ROOT "\n",
		"o\n01\n" ROOT "\n",
		"o\n-1\n" ROOT "\n",
		"o\n\n" ROOT "\n",
		"o\n1\n" ROOT,
		"o\n9223372036854775808\n" ROOT "\n",
		"o\n1\n" ROOT "\n\n",
		"o\n1\n" ROOT "\nx\n\ny\n",
		"o\n1\n" ROOT " \n",
		"o\n1\nAAAA\n",
		"o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		"o\n1 \n" ROOT "\n",
		"o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
	};
	struct checkpoint c;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		if (checkpoint_parse(str_z(bad[i]), &c, NULL) == 0) {
			fail_msg("accepted: %s", bad[i]);
		}
	}
	assert_int_equal(checkpoint_parse(S("o\n0\n" ROOT "\n"), &c, NULL), 0);
	assert_int_equal(checkpoint_parse(S("o\n9223372036854775807\n" ROOT "\nmore\nand more\n"), &c, NULL), 0);
	assert_int_equal(c.size, MERKLE_SIZE_MAX);
	assert_str(c.more, "more\nand more\n");
}

void test_note__sign_refuses_text(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct ledger_key key;
	struct note_key k;
	struct str out;

	(void)state;
	key_golden(&key);
	assert_int_equal(note_key_make(S("n"), key.pub, &k), 0);
	assert_int_equal(note_sign(a, S("no line end"), &k, &key, &out), ERR_SYNTAX);
	assert_int_equal(note_sign(a, S(""), &k, &key, &out), ERR_SYNTAX);
	assert_int_equal(note_sign(a, S("tab\t\n"), &k, &key, &out), ERR_SYNTAX);
	arena_free(a);
}
