/* YAML in, as a JSON tree: guidelines, measures and configuration are written in this small YAML.
 *
 * One document of at most LIMIT_YAML_FILE bytes of UTF-8, YAML 1.2, of which these are refused: anchors, aliases, tags,
 * directives, merge keys ("<<"), a second document, keys that are no scalar, empty keys, the same key twice, nesting
 * deeper than LIMIT_JSON_DEPTH, a byte order mark, control characters, more than LIMIT_YAML_SIGNS signs in one line
 * (long lists belong in lines, and what a program wrote belongs in JSON).
 * What a scalar is: quoted and block scalars are strings, always. A plain one is a bool if it is exactly true or false,
 * null if it is null, ~ or nothing, JSON_INT if it is -?(0|[1-9][0-9]*) within i64 and not -0; everything else is a
 * string: yes, True, 1.10, 0x1F, 007, 2026-11-21, 1e3. Nobody's version number becomes a float. Keys are strings as
 * written. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/json.h"

/* The tree and its text live in `a` (which may be limited: then ERR_NOMEM); `text` may be freed. On error *reterr
 * (may be NULL) has the place and the reason. Not in builds with -Dyaml=disabled. */
int yaml_parse(struct arena *a, struct str text, const struct json **ret, struct perr *reterr) MUST_USE;

#endif
