/* What the programs of bench/ share: time, the facts of a made-up device, chunks of them, the peer's rows. */
#ifndef BENCH_BED_H
#define BENCH_BED_H

#include "base/buf.h"
#include "base/clock.h"

#define BED_GROUP 20		/* facts a device */
#define BED_CHUNK 8		/* devices a chunk: what fits one message */
#define BED_BATCH 10000		/* facts an entry */

NORETURN void bed_die(const char *what, const char *why);
double bed_seconds(void);
u64 bed_number(const char *text, u64 least, u64 most);	/* of an argument; dies */
void bed_directory(const char *path);			/* makes it; dies when it is there and not empty */
size_t bed_status(const char *name);			/* "VmHWM" of /proc/self/status in bytes */

/* The bodies of PUT_CHUNK messages with the devices first .. first+n-1, as a scan would send them. ret_bytes (may be
 * NULL): bytes of the facts alone. */
size_t bed_chunks(struct arena *a, u64 first, u64 n, struct str *ret, size_t *ret_bytes);

struct bare;			/* bare SQLite rows: id, asset, time, body; an index over asset and one over time */
struct bare *bare_open(const char *path, size_t cache);
void bare_put(struct bare *b, u64 first, u64 n, size_t bytes);	/* one transaction, synchronous=FULL */
void bare_close(struct bare *b);

#endif
