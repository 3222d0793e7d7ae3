/* Memory by unit of work: everything allocated in an arena lives until arena_free() ends it all at once.
 *
 * An arena has a byte limit which it shares with nobody; a child is freed with its parent. Sanitizer builds
 * (-DARENA_MALLOC) give every allocation its own malloc so that an overrun of one byte is seen.
 * Debug builds fill freed memory with 0x5A. Allocations are zeroed and aligned for any type. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena;

/* limit 0: no limit. parent may be NULL. Never returns NULL. */
struct arena *arena_new(struct arena *parent, size_t limit);
void arena_free(struct arena *a);		/* NULL is legal; children first, then on_free calls, newest first */
void arena_reset(struct arena *a);		/* like arena_free, but the arena stays and keeps one block */

/* For sizes this program chose: out of memory, or over the limit, ends the process. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_copy(struct arena *a, const void *p, size_t n);
/* For sizes a stranger chose: NULL when over the limit. */
void *arena_try(struct arena *a, size_t n) MUST_USE;
/* The same without zeroes, for who writes all of it at once. */
void *arena_try_raw(struct arena *a, size_t n) MUST_USE;
/* The newest allocation, p of n bytes, becomes `more` bytes where it stands, the new ones not zeroed. False, and nothing
 * changed: it is not the newest, or there is no room behind it. */
bool arena_extend(struct arena *a, const void *p, size_t n, size_t more) MUST_USE;

/* Calls fn(p) when the arena is freed or reset: closes descriptors, finalises statements. */
void arena_on_free(struct arena *a, void (*fn)(void *), void *p);
size_t arena_used(const struct arena *a);	/* bytes handed out */

#endif
