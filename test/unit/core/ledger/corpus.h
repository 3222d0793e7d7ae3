/* Reads files of the shared corpora for the ledger's tests; NULL text when they are not there (the test then skips). */
#ifndef CORPUS_H
#define CORPUS_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/ledger/merkle.h"

#ifndef CORPORA_DEFAULT		/* the build names it from the root of the sources */
#define CORPORA_DEFAULT "../shared/corpora"
#endif

static inline struct str corpus_file(struct arena *a, const char *name)
{
	const char *root = getenv("KOROBANU_CORPORA");
	struct str path = str_printf(a, "%s/%s", root != NULL ? root : CORPORA_DEFAULT, name);
	FILE *f = fopen(str_c(a, path), "rbe");
	struct str s = {0};
	char *p;

	if (f == NULL) {
		return s;
	}
	p = arena_alloc(a, MiB);
	s = str_of(p, fread(p, 1, MiB, f));
	assert_true(s.n < MiB);
	fclose(f);
	return s;
}

#define CORPUS(a, s, name) \
	struct str s = corpus_file((a), (name)); \
	if (s.p == NULL) { \
		print_message("# skipped: no %s\n", (name)); \
		arena_free(a); \
		skip(); \
	}

static inline const struct json *corpus_json(struct arena *a, struct str text)
{
	const struct json *v;
	struct perr e = {0};

	if (json_parse(a, text, &v, &e) != 0) {
		fail_msg("corpus: line %u: %s", e.line, e.text);
	}
	return v;
}

static inline struct str corpus_str(const struct json *v, const char *key)
{
	struct str s;

	assert_int_equal(json_get_str(v, str_z(key), &s), 0);
	return s;
}

/* A position: the vectors go up to 2^64 - 1, which reads as a real number. */
static inline u64 corpus_u64(const struct json *v, const char *key)
{
	const struct json *n = json_get(v, str_z(key));

	assert_non_null(n);
	if (n->type == JSON_INT) {
		return (u64)n->i;
	}
	assert_int_equal(n->type, JSON_REAL);
	return UINT64_MAX;
}

/* Base64 text as a hash; false when it is none (other length): this program has no type for such a hash. */
static inline bool corpus_hash(struct arena *a, struct str b64, struct hash *ret)
{
	struct str s;

	assert_int_equal(str_unbase64(a, b64, &s), 0);
	if (s.n != HASH_LEN) {
		return false;
	}
	memcpy(ret->b, s.p, HASH_LEN);
	return true;
}

#endif
