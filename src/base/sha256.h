/* SHA-256 (FIPS 180-4) of many short messages at once: one message a lane of the widest vectors the processor has.
 * Where it has instructions for SHA-256 itself, or no wide vectors, the library does them one after another; without the
 * library (-Dnettle=disabled) the same code runs on whatever vectors there are. The results never differ. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/str.h"

#define SHA256_LEN 32

struct sha256_job {
	struct str head, body;		/* the message is both, one behind the other */
	u8 *ret;			/* SHA256_LEN bytes; may not overlap a message of the same call */
};

void sha256_many(const struct sha256_job *jobs, size_t n);

/* For tests: the ways this program and processor have. sha256_way(0) is what sha256_many takes; NULL past the last. */
typedef void sha256_way_fn(const struct sha256_job *jobs, size_t n);
sha256_way_fn *sha256_way(size_t i);

#endif
