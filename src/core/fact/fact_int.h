/* Shared inside the part: checking one value, and a fact as a whole, for the reader and the builder alike. */
#ifndef CORE_FACT_FACT_INT_H
#define CORE_FACT_FACT_INT_H

#include "core/fact/fact.h"

/* Where errors go; zero with an arena is a valid start. */
struct fact_errs {
	struct arena *a;
	struct errlist *list;	/* may be NULL */
	int first;		/* code of the first error, or 0 */
};
int fact_bad(struct fact_errs *e, int code, const char *fmt, ...) PRINTF(3, 4);

/* Each makes a canonical value or returns an ERR_*; *ret_why is a short constant text. */
int fact_value_text(struct arena *a, const struct kind_field *def, struct str s, enum fact_read how,
    struct fact_value *ret, const char **ret_why) MUST_USE;
int fact_value_int(const struct kind_field *def, i64 v, struct fact_value *ret, const char **ret_why) MUST_USE;
int fact_value_strs(struct arena *a, const struct kind_field *def, const struct str *p, size_t n, enum fact_read how,
    struct fact_value *ret, const char **ret_why) MUST_USE;
int fact_key_make(struct arena *a, enum fact_key_type type, struct str value, enum fact_read how,
    struct fact_key *ret) MUST_USE;
bool fact_word_ok(struct str s);			/* a-z 0-9 . _ + -, at least one */
bool fact_text_ok(struct str s, size_t max);	/* UTF-8 without control characters but tab and newline */
bool fact_source_ok(struct str s);
/* Sorts keys and fields (lenient) or refuses disorder, then checks everything that is not about one value. */
void fact_check(struct fact_errs *e, struct fact *f, enum fact_read how);
/* read.c: false says nothing about the text but that the reader over the tree must see it. */
bool fact_read_quick(struct arena *a, struct str foreign, struct fact *ret);
bool seen_read_quick(struct arena *a, struct str foreign, struct seen *ret);
int seen_state_index(struct str word);		/* -1: none */
/* str_eq(s, str_z(z)), quicker where they mostly differ at the beginning. */
static inline bool str_is(struct str s, const char *z)
{
	size_t i = 0;

	while (i < s.n && z[i] != 0 && z[i] == s.p[i])
		i++;
	return i == s.n && z[i] == 0;
}
void fact_value_write(struct buf *b, const struct fact_value *v);	/* as JSON */

#endif
