/* Settings: one table of keys, and where each value came from.
 *
 * Precedence, highest first: option or -c KEY=VALUE; environment KOROBANU_<KEY>; --config FILE; the user's
 * $XDG_CONFIG_HOME/korobanu/client.yaml (only keys of the client); /etc/korobanu/conf.d (files *.yaml, the last name
 * first); /etc/korobanu/korobanu.yaml; built in. Files are YAML without anchors, aliases and tags. Mappings merge, lists
 * replace. Unknown keys and wrong values are errors with their place, never ignored. */
#ifndef SHOW_CLI_CONFIG_H
#define SHOW_CLI_CONFIG_H

#include "show/cli/cli_int.h"

struct cli_key {
	const char *name;		/* "ledger.anchor" */
	enum cli_type type;
	const char *words;		/* CLI_WORD */
	const char *fallback;		/* NULL: none */
	i64 min, max;			/* CLI_INT */
	bool client;			/* may stand in client.yaml */
	enum tr_id text;
};

extern const struct cli_key cli_keys[];
extern const size_t cli_nkeys;

struct cli_setting {
	const struct cli_key *key;
	struct str value;		/* lists: joined by commas */
	struct str origin;		/* "/etc/korobanu/korobanu.yaml:3", "KOROBANU_LANG", "built in", "not set" */
	bool set;
};

struct cli_config {
	struct cli_setting *s;		/* cli_nkeys of them, in the order of cli_keys */
	size_t files;			/* how many files were read */
};

/* Reads everything once into c->config. 0, or CLI_FAILED after having said every error. */
int config_load(struct cli *c) MUST_USE;
const struct cli_setting *config_get(const struct cli *c, struct str key);	/* NULL: no such key */
int config_key_find(struct str name);						/* index or -1 */
struct str config_env(struct arena *a, const struct cli_key *key);		/* "KOROBANU_LEDGER_ANCHOR" */

#endif
