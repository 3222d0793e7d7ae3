/* What the readers of JSON and YAML share inside base; nobody outside includes this. */
#ifndef BASE_JSON_INT_H
#define BASE_JSON_INT_H

#include "base/json.h"

/* simdjson's DOM into a tree: 0, ERR_NOMEM (the arena is full), or ERR_SYNTAX for anything it does not take, without
 * place or reason: the strict reader then decides. */
int json_simd_read(struct arena *a, struct str text, const struct json **ret) MUST_USE;

/* Looks for a key that stands twice, in time linear in n whatever the keys are: 0, ERR_NOMEM, or ERR_DUP with *ret_at
 * = index of the first member whose key stood before it. Scratch memory comes from `a`. */
int json_find_dup(struct arena *a, const struct json_member *p, size_t n, size_t *ret_at) MUST_USE;

/* The array p grown to hold at least n + 1 elements of `size`, by doubling; NULL when the arena is full. */
void *json_grown(struct arena *a, void *p, size_t size, size_t n, size_t *cap) MUST_USE;

/* A key as error texts show it: at most 48 bytes, whole characters, control characters as '?'. */
#define JSON_SHOWN 64
const char *json_shown(char to[JSON_SHOWN], struct str key);

#endif
