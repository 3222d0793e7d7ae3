/* Signed notes and checkpoints. Everything has one spelling: what parses is, written again, the same bytes. */
#include "core/ledger/note.h"

#include <string.h>

#define KEY_TYPE_ED25519 0x01
#define DASH "\xe2\x80\x94 "	/* U+2014 EM DASH and a blank begin a signature line */

/* Unicode white space in UTF-8 beyond ASCII, which no key name may hold. */
static const char *const spaces[] = {
	"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
	"\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

bool note_name_ok(struct str name)
{
	if (name.n == 0 || name.n > NOTE_NAME_MAX || !str_utf8_ok(name, NULL)) {
		return false;
	}
	for (size_t i = 0; i < name.n; i++) {
		u8 c = (u8)name.p[i];

		if (c <= ' ' || c == 0x7f || c == '+') {
			return false;
		}
	}
	for (size_t i = 0; i < countof(spaces); i++) {
		if (str_find(name, str_z(spaces[i])) >= 0) {
			return false;
		}
	}
	return true;
}

static bool text_ok(struct str text)
{
	if (text.n == 0 || text.p[text.n - 1] != '\n' || !str_utf8_ok(text, NULL)) {
		return false;
	}
	for (size_t i = 0; i < text.n; i++) {
		if ((u8)text.p[i] < ' ' && text.p[i] != '\n') {
			return false;
		}
	}
	return true;
}

static u32 key_hash(struct str name, const u8 pub[KEY_PUB])
{
	u8 text[NOTE_NAME_MAX + 2 + KEY_PUB];
	struct hash h;

	memcpy(text, name.p, name.n);
	text[name.n] = '\n';
	text[name.n + 1] = KEY_TYPE_ED25519;
	memcpy(text + name.n + 2, pub, KEY_PUB);
	h = hash_bytes(str_of(text, name.n + 2 + KEY_PUB));
	return (u32)h.b[0] << 24 | (u32)h.b[1] << 16 | (u32)h.b[2] << 8 | h.b[3];
}

int note_key_make(struct str name, const u8 pub[KEY_PUB], struct note_key *ret)
{
	struct note_key k = { .name = name };
	int r;

	if (!note_name_ok(name)) {
		return ERR_SYNTAX;
	}
	if ((r = key_pub_ok(pub)) != 0) {
		return r;
	}
	memcpy(k.pub, pub, KEY_PUB);
	k.hash = key_hash(name, pub);
	*ret = k;
	return 0;
}

struct str note_key_text(struct arena *a, const struct note_key *k)
{
	u8 typed[1 + KEY_PUB] = { KEY_TYPE_ED25519 };

	memcpy(typed + 1, k->pub, KEY_PUB);
	return str_printf(a, "%.*s+%08x+%.*s", STRF(k->name), k->hash, STRF(str_base64(a, typed, sizeof(typed))));
}

static int lower_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'A' && s.p[i] <= 'F') {
			return ERR_SYNTAX;
		}
	}
	return 0;
}

int note_key_parse(struct str text, struct note_key *ret)
{
	struct str rest = text, name = str_cut(&rest, '+'), hex = str_cut(&rest, '+'), bytes;
	struct arena *a;
	struct note_key k;
	u8 hash[4];
	int r;

	if (!note_name_ok(name) || rest.n > 2 * KEY_TEXT || str_unhex(hex, hash, sizeof(hash)) != 0 ||
	    lower_hex(hex) != 0) {
		return ERR_SYNTAX;
	}
	a = arena_new(NULL, 4 * KiB);
	if ((r = str_unbase64(a, rest, &bytes)) != 0 || bytes.n == 0) {
		r = r != 0 ? r : ERR_SYNTAX;
	} else if (bytes.p[0] != KEY_TYPE_ED25519) {
		r = ERR_UNSUPPORTED;
	} else if (bytes.n != 1 + KEY_PUB) {
		r = ERR_SYNTAX;
	} else {
		r = note_key_make(name, (const u8 *)bytes.p + 1, &k);
	}
	arena_free(a);
	if (r != 0) {
		return r;
	}
	if (k.hash != ((u32)hash[0] << 24 | (u32)hash[1] << 16 | (u32)hash[2] << 8 | hash[3])) {
		return ERR_INTEGRITY;
	}
	*ret = k;
	return 0;
}

static int sig_parse(struct arena *a, struct str line, struct note_sig *ret)
{
	struct str name, sig;
	const u8 *h;
	int r;

	if (!str_starts(line, S(DASH))) {
		return ERR_SYNTAX;
	}
	line = str_from(line, sizeof(DASH) - 1);
	name = str_cut(&line, ' ');
	if (!note_name_ok(name) || line.n > (NOTE_SIG_MAX + 4) / 3 * 4 + 4) {
		return ERR_SYNTAX;
	}
	if ((r = str_unbase64(a, line, &sig)) != 0) {
		return r;
	}
	if (sig.n < 5 || sig.n > NOTE_SIG_MAX + 4) {
		return ERR_SYNTAX;
	}
	h = (const u8 *)sig.p;
	*ret = (struct note_sig){
		.name = name,
		.hash = (u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3],
		.sig = str_from(sig, 4),
	};
	return 0;
}

/* Where the signatures begin: behind the last empty line. 0 when there is none. */
static size_t sigs_at(struct str bytes)
{
	for (size_t i = bytes.n; i > 1; i--) {
		if (bytes.p[i - 1] == '\n' && bytes.p[i - 2] == '\n') {
			return i;
		}
	}
	return 0;
}

int note_parse(struct arena *a, struct str bytes, struct note *ret, struct perr *reterr)
{
	struct note n = {0};
	struct str rest;
	size_t at = sigs_at(bytes);

	if (bytes.n > NOTE_MAX) {
		return perr_set(reterr, ERR_LIMIT, 0, "note longer than %zu bytes", NOTE_MAX);
	}
	if (at == 0 || at == bytes.n || bytes.p[bytes.n - 1] != '\n') {
		return perr_set(reterr, ERR_SYNTAX, 0, "note without an empty line and signatures behind it");
	}
	n.text = str_sub(bytes, 0, at - 1);
	if (!text_ok(n.text)) {
		return perr_set(
			reterr, ERR_SYNTAX, 0, "note text is not UTF-8 in whole lines without control characters");
	}
	rest = str_from(bytes, at);
	while (rest.n > 0) {
		struct str line = str_cut(&rest, '\n');
		size_t off = (size_t)(line.p - bytes.p);
		int r;

		if (n.nsigs == NOTE_SIGS_MAX) {
			return perr_set(reterr, ERR_LIMIT, off, "more than %d signatures", NOTE_SIGS_MAX);
		}
		if ((r = sig_parse(a, line, &n.sigs[n.nsigs++])) != 0) {
			return perr_set(reterr, r, off, "signature line not well-formed");
		}
	}
	*ret = n;
	return 0;
}

int note_verify(const struct note *n, const struct note_key *k)
{
	int r = ERR_MISSING;

	for (size_t i = 0; i < n->nsigs; i++) {
		const struct note_sig *s = &n->sigs[i];

		if (s->hash != k->hash || !str_eq(s->name, k->name)) {
			continue;
		}
		if (s->sig.n != KEY_SIG || key_verify(k->pub, n->text, (const u8 *)s->sig.p) != 0) {
			return ERR_INTEGRITY;
		}
		r = 0;
	}
	return r;
}

int note_sign(struct arena *a, struct str text, const struct note_key *k, const struct ledger_key *key, struct str *ret)
{
	u8 sig[4 + KEY_SIG] = { (u8)(k->hash >> 24), (u8)(k->hash >> 16), (u8)(k->hash >> 8), (u8)k->hash };

	must(memcmp(k->pub, key->pub, KEY_PUB) == 0);
	if (!text_ok(text)) {
		return ERR_SYNTAX;
	}
	key_sign(key, text, sig + 4);
	*ret = str_printf(a, "%.*s\n" DASH "%.*s %.*s\n", STRF(text), STRF(k->name),
			  STRF(str_base64(a, sig, sizeof(sig))));
	return 0;
}

struct str checkpoint_text(struct arena *a, const struct checkpoint *c)
{
	return str_printf(a, "%.*s\n%llu\n%.*s\n%.*s", STRF(c->origin), (unsigned long long)c->size,
			  STRF(str_base64(a, c->root.b, HASH_LEN)), STRF(c->more));
}

/* 44 characters of base64 that mean 32 bytes in their one spelling. */
static int root_parse(struct str s, struct hash *ret)
{
	struct arena *a;
	struct str bytes;
	int r;

	if (s.n != 44) {
		return ERR_SYNTAX;
	}
	a = arena_new(NULL, KiB);
	r = str_unbase64(a, s, &bytes);
	r = r == 0 && bytes.n != HASH_LEN ? ERR_SYNTAX : r;
	if (r == 0) {
		memcpy(ret->b, bytes.p, HASH_LEN);
	}
	arena_free(a);
	return r;
}

static bool more_ok(struct str more)	/* extension lines, none of them empty */
{
	while (more.n > 0) {
		if (str_cut(&more, '\n').n == 0) {
			return false;
		}
	}
	return true;
}

int checkpoint_parse(struct str text, struct checkpoint *ret, struct perr *reterr)
{
	struct checkpoint c = {0};
	struct str rest = text, line;
	struct hash empty = merkle_empty();
	int r;

	if (!text_ok(text)) {
		return perr_set(reterr, ERR_SYNTAX, 0, "checkpoint is not UTF-8 in whole lines");
	}
	c.origin = str_cut(&rest, '\n');
	if (c.origin.n == 0) {
		return perr_set(reterr, ERR_SYNTAX, 0, "checkpoint without origin");
	}
	line = str_cut(&rest, '\n');
	if ((r = str_u64(line, MERKLE_SIZE_MAX, &c.size)) != 0) {
		return perr_set(
			reterr, r, (size_t)(line.p - text.p), "checkpoint size is not a number in its one spelling");
	}
	line = str_cut(&rest, '\n');
	if ((r = root_parse(line, &c.root)) != 0) {
		return perr_set(reterr, r, 0, "checkpoint root is not the base64 of 32 bytes");
	}
	if (c.size == 0 && !hash_eq(&c.root, &empty)) {
		return perr_set(reterr, ERR_INTEGRITY, 0, "checkpoint of size 0 has another root than the empty tree");
	}
	if (!more_ok(rest)) {
		return perr_set(reterr, ERR_SYNTAX, 0, "checkpoint has an empty extension line");
	}
	c.more = rest;
	*ret = c;
	return 0;
}

int checkpoint_sign(struct arena *a, const struct checkpoint *c, const struct ledger_key *key, struct str *ret)
{
	struct note_key k;
	int r = note_key_make(c->origin, key->pub, &k);

	if (r != 0) {
		return r;
	}
	return note_sign(a, checkpoint_text(a, c), &k, key, ret);
}

int checkpoint_open(struct arena *a, struct str bytes, const struct note_key *k, struct checkpoint *ret,
		    struct perr *reterr)
{
	struct checkpoint c;
	struct note *n = arena_alloc(a, sizeof(*n));
	int r;

	if ((r = note_parse(a, bytes, n, reterr)) != 0 || (r = checkpoint_parse(n->text, &c, reterr)) != 0) {
		return r;
	}
	if (!str_eq(c.origin, k->name)) {
		return perr_set(reterr, ERR_INTEGRITY, 0, "checkpoint is of another origin than the key");
	}
	if ((r = note_verify(n, k)) != 0) {
		return perr_set(reterr, r, 0, r == ERR_MISSING ? "checkpoint is not signed by this key"
							       : "signature of the checkpoint does not verify");
	}
	*ret = c;
	return 0;
}
