/* The ledger's Ed25519 key and the one rule by which signatures are accepted.
 *
 * The rule ("strict"): RFC 8032 5.1.7 with the cofactorless equation [S]B = R + [k]A; S below the group order; A and R
 * in their canonical encoding; A and R of small order refused. What passes here passes in every known verifier. */
#ifndef CORE_LEDGER_KEY_H
#define CORE_LEDGER_KEY_H

#include "base/str.h"

#define KEY_SEED 32
#define KEY_PUB 32
#define KEY_SIG 64

struct ledger_key {
	u8 seed[KEY_SEED];
	u8 pub[KEY_PUB];
};

enum key_place {
	KEY_IN_FILE,		/* group and others may not even read it */
	KEY_IN_CREDENTIAL,	/* systemd: the group bits show the mask of an ACL that names the service's user */
};

int key_make(struct ledger_key *ret) MUST_USE;				/* ERR_SYS: no randomness */
void key_of_seed(const u8 seed[KEY_SEED], struct ledger_key *ret);
void key_wipe(struct ledger_key *k);

/* One line: base64 of the seed and "\n", nothing else. ERR_SYNTAX. */
#define KEY_TEXT 45
int key_parse(struct str text, struct ledger_key *ret) MUST_USE;
void key_text(const struct ledger_key *k, char ret[KEY_TEXT]);		/* no NUL; the caller wipes it */
/* Reads from a descriptor of a regular file, owned by us or root, that nobody else may read: else ERR_DENIED.
 * The descriptor stays open. */
int key_load(int fd, enum key_place place, struct ledger_key *ret) MUST_USE;
/* The same for file `name` in a directory; ERR_NOTFOUND. Links are not followed in a KEY_IN_FILE place. */
int key_load_at(int dir, const char *name, enum key_place place, struct ledger_key *ret) MUST_USE;

void key_sign(const struct ledger_key *k, struct str msg, u8 ret[KEY_SIG]);
/* 0 or ERR_INTEGRITY, by the rule above. */
int key_verify(const u8 pub[KEY_PUB], struct str msg, const u8 sig[KEY_SIG]) MUST_USE;
int key_pub_ok(const u8 pub[KEY_PUB]) MUST_USE;		/* the part of the rule that looks at A's bytes alone */

#endif
