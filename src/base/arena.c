#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN (8 * KiB)
#define BLOCK_MAX (1 * MiB)
#define ALIGN _Alignof(max_align_t)

struct block {
	struct block *next;
	size_t cap;		/* bytes after this header */
	size_t used;
	_Alignas(max_align_t) u8 mem[];
};

struct call {
	struct call *next;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct arena *parent, *child, *sibling, **at;	/* at: the link that points here */
	struct block *blocks;				/* newest first */
	struct call *calls;
	size_t limit, used, next_block;
};

static void *raw(size_t n)
{
	void *p = malloc(n);

	if (p == NULL) {
		fputs("korobanu: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct arena *arena_new(struct arena *parent, size_t limit)
{
	struct arena *a = raw(sizeof *a);

	*a = (struct arena){ .parent = parent, .limit = limit, .next_block = BLOCK_MIN };
	if (parent != NULL) {
		a->sibling = parent->child;
		a->at = &parent->child;
		if (a->sibling != NULL) {
			a->sibling->at = &a->sibling;
		}
		parent->child = a;
	}
	return a;
}

static void free_blocks(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;
#ifndef NDEBUG
		memset(b->mem, 0x5A, b->used);
#endif
		free(b);
		b = next;
	}
}

static void empty(struct arena *a)
{
	while (a->child != NULL) {
		arena_free(a->child);
	}
	while (a->calls != NULL) {
		struct call *c = a->calls;
		a->calls = c->next;
		c->fn(c->p);
		free(c);
	}
	a->used = 0;
}

void arena_free(struct arena *a)
{
	if (a == NULL) {
		return;
	}
	empty(a);
	free_blocks(a->blocks);
	if (a->at != NULL) {
		*a->at = a->sibling;
		if (a->sibling != NULL) {
			a->sibling->at = a->at;
		}
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	struct block *keep = NULL;

	empty(a);
#ifndef ARENA_MALLOC
	keep = a->blocks;
	if (keep != NULL) {
		free_blocks(keep->next);
		keep->next = NULL;
#ifndef NDEBUG
		memset(keep->mem, 0x5A, keep->used);
#endif
		keep->used = 0;
	}
#else
	free_blocks(a->blocks);
#endif
	a->blocks = keep;
}

/* n is rounded and fits. Adds a block of exactly n in the sanitizer twin, of growing size otherwise. */
static void add_block(struct arena *a, size_t n)
{
	struct block *b;
	size_t cap = n;

#ifndef ARENA_MALLOC
	if (cap < a->next_block) {
		cap = a->next_block;
		a->next_block = a->next_block < BLOCK_MAX ? a->next_block * 2 : BLOCK_MAX;
	}
#endif
	b = raw(sizeof *b + cap);
	*b = (struct block){ .next = a->blocks, .cap = cap };
	a->blocks = b;
}

#ifndef ARENA_MALLOC
static size_t rounded(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}
#endif

void *arena_try_raw(struct arena *a, size_t n)
{
	size_t size = n == 0 ? 1 : n;
	u8 *p;

	if (size > SIZE_MAX / 4 || (a->limit != 0 && (size > a->limit || a->used > a->limit - size))) {
		return NULL;
	}
	a->used += size;
#ifdef ARENA_MALLOC
	add_block(a, size);
#else
	size = rounded(size);
	if (a->blocks == NULL || a->blocks->cap - a->blocks->used < size) {
		add_block(a, size);
	}
#endif
	p = a->blocks->mem + a->blocks->used;
	a->blocks->used += size;
	return p;
}

bool arena_extend(struct arena *a, const void *p, size_t n, size_t more)
{
#ifdef ARENA_MALLOC
	(void)a;
	(void)p;
	(void)n;
	(void)more;
	return false;
#else
	struct block *b = a->blocks;
	size_t was = rounded(n == 0 ? 1 : n), add = more - n;

	if (b == NULL || more < n || more > SIZE_MAX / 4 || b->used < was || p != b->mem + (b->used - was) ||
	    b->cap - (b->used - was) < rounded(more) ||
	    (a->limit != 0 && (add > a->limit || a->used > a->limit - add))) {
		return false;
	}
	b->used += rounded(more) - was;
	a->used += add;
	return true;
#endif
}

void *arena_try(struct arena *a, size_t n)
{
	void *p = arena_try_raw(a, n);

	return p == NULL ? NULL : memset(p, 0, n == 0 ? 1 : n);
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_try(a, n);

	must(p != NULL);
	return p;
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
	void *q = arena_try_raw(a, n);

	must(q != NULL);
	if (n != 0) {
		memcpy(q, p, n);
	}
	return q;
}

void arena_on_free(struct arena *a, void (*fn)(void *), void *p)
{
	struct call *c = raw(sizeof *c);

	*c = (struct call){ .next = a->calls, .fn = fn, .p = p };
	a->calls = c;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
