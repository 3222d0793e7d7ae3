/* C2SP signed-note and tlog-checkpoint, with Ed25519 keys (type 0x01) only.
 *
 * A note is text (UTF-8, no control characters but "\n", ended by "\n"), an empty line, and signature lines
 * "— <key name> <base64(4 bytes of key hash || signature)>\n". A verifier key is
 * "<name>+<8 hex of key hash>+<base64(0x01 || public key)>". */
#ifndef CORE_LEDGER_NOTE_H
#define CORE_LEDGER_NOTE_H

#include "base/err.h"
#include "core/ledger/key.h"
#include "core/ledger/merkle.h"

#define NOTE_MAX (64 * KiB)
#define NOTE_SIGS_MAX 64
#define NOTE_NAME_MAX 255
#define NOTE_SIG_MAX 4096		/* decoded bytes; witnesses with other algorithms are kept, not understood */

struct note_key {
	struct str name;
	u32 hash;			/* first four bytes of SHA-256(name || "\n" || 0x01 || public key) */
	u8 pub[KEY_PUB];
};

struct note_sig {
	struct str name;
	u32 hash;
	struct str sig;			/* without the four bytes of the hash */
};

struct note {
	struct str text;		/* with its last "\n" */
	struct note_sig sigs[NOTE_SIGS_MAX];
	size_t nsigs;
};

/* The name is kept by reference. ERR_SYNTAX for a name a note cannot carry, ERR_CRYPTO for a key key_pub_ok refuses. */
int note_key_make(struct str name, const u8 pub[KEY_PUB], struct note_key *ret) MUST_USE;
struct str note_key_text(struct arena *a, const struct note_key *k);
/* Points into `text`. ERR_SYNTAX, ERR_INTEGRITY (the hash is not this key's), ERR_UNSUPPORTED (another key type). */
int note_key_parse(struct str text, struct note_key *ret) MUST_USE;
bool note_name_ok(struct str name);

/* Points into `bytes`; signatures are decoded into the arena. Lines that no known key made are kept in sigs. */
int note_parse(struct arena *a, struct str bytes, struct note *ret, struct perr *reterr) MUST_USE;
/* Every line of that key (same name and hash) must verify and there must be one: ERR_MISSING, ERR_INTEGRITY.
 * Lines of other keys are ignored. */
int note_verify(const struct note *n, const struct note_key *k) MUST_USE;
/* The note of `text` with one signature; ERR_SYNTAX when the text cannot be a note's. */
int note_sign(struct arena *a, struct str text, const struct note_key *k, const struct ledger_key *key,
	      struct str *ret) MUST_USE;

struct checkpoint {
	struct str origin;
	u64 size;
	struct hash root;
	struct str more;		/* extension lines, each with its "\n"; ours have none */
};

struct str checkpoint_text(struct arena *a, const struct checkpoint *c);
/* Points into `text`. ERR_SYNTAX with line, ERR_RANGE, ERR_INTEGRITY (size 0 with a root not the empty tree's). */
int checkpoint_parse(struct str text, struct checkpoint *ret, struct perr *reterr) MUST_USE;
/* A signed note; the key's name is the origin. */
int checkpoint_sign(struct arena *a, const struct checkpoint *c, const struct ledger_key *key,
		    struct str *ret) MUST_USE;
/* Parses and verifies a signed checkpoint: its origin must be the key's name. ret points into `bytes`. */
int checkpoint_open(struct arena *a, struct str bytes, const struct note_key *k, struct checkpoint *ret,
		    struct perr *reterr) MUST_USE;

#endif
