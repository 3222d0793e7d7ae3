/* What the files of the command line share: the table of commands and options, one run of a command, and its words.
 *
 * A command is one row of cmds.c and one file cmd_<name>.c with `int cmd_<name>(struct cli *c)`, which returns an exit
 * code (enum cli_exit). Options arrive parsed and checked: the handler asks for them by name. Output goes through out.h
 * only, talk through cli_say and cli_error only: stdout is data, stderr is talk. */
#ifndef SHOW_CLI_CLI_INT_H
#define SHOW_CLI_CLI_INT_H

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"
#include "core/view/view.h"
#include "show/cli/tr.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_NO = 1,		/* worked, and the answer is no */
	CLI_FAILED = 2,		/* usage or runtime error */
	CLI_PARTIAL = 3,	/* interrupted, or not for every target; the same command resumes */
	CLI_DENIED = 4,		/* permission, missing capability, outside scope */
	CLI_INTEGRITY = 5,	/* hash, signature, inclusion or consistency */
	CLI_REFUSED = 6,	/* for safety: scope ended, store newer than program */
	CLI_FORMAT = 7,		/* format not understood, or lossy import with --strict */
	CLI_INTERRUPTED = 130,
	CLI_TERMINATED = 143
};

enum cli_type {
	CLI_FLAG,		/* --name and --no-name */
	CLI_STR,
	CLI_INT,		/* min to max */
	CLI_TIME,		/* RFC 3339, or a date (its first moment, local time zone) */
	CLI_SPAN,		/* 90s 15m 24h 7d 2w 1y, kept as seconds */
	CLI_WORD,		/* one of `words` */
	CLI_LIST		/* may be repeated; each splits at commas */
};

enum cli_complete { CLI_ANY, CLI_FILE, CLI_DIR, CLI_COMMANDS };

struct cli_opt {
	const char *name;	/* without the dashes */
	char letter;		/* 0: none */
	enum cli_type type;
	const char *arg;	/* how help calls the value */
	const char *words;	/* CLI_WORD: the words, a blank between */
	const char *fallback;	/* NULL: not set */
	const char *env;	/* NULL: none, or that of its key */
	const char *config;	/* key of korobanu.yaml (config.h), NULL: none */
	enum cli_complete complete;
	i64 min, max;		/* CLI_INT */
	u32 needs;		/* shared options: only commands with one of these flags take it; 0 = all */
	enum tr_id text;
};

enum cli_flag {
	CLI_CORE = 1,		/* talks to core: --store */
	CLI_ROLES = 2,		/* starts net and parse */
	CLI_WRITES = 4,		/* changes something: -n, -y, --no-input */
	CLI_ROWS = 8,		/* shows rows of `view`: -f, --json, --columns, ... */
	CLI_HIDDEN = 16,	/* for tools, not listed */
	CLI_LISTS = 64,		/* a list that takes a QUERY: --sort, --limit */
	CLI_PAST = 128,		/* reads what was known at a time: --as-of */
	CLI_BARE = 32		/* works without reading any configuration */
};

enum cli_group { CLI_PEOPLE, CLI_OBJECTS, CLI_SYSTEM, CLI_GROUP_COUNT };

struct cli;
struct cli_cmd {
	const char *name;
	const char *sub;		/* NULL: a command of one word */
	int (*run)(struct cli *c);
	const char *args;		/* as help shows them, "" for none */
	u32 min, max;			/* number of arguments */
	enum cli_complete complete;
	u32 flags;
	enum cli_group group;
	enum view_number view;		/* with CLI_ROWS */
	enum tr_id text;			/* one line */
	enum tr_id more;			/* a paragraph, MSG_NONE: nothing more to say */
	const char *examples[2];
	const struct cli_opt *opts;
	size_t nopts;
};

extern const struct cli_cmd cli_cmds[];
extern const size_t cli_ncmds;
extern const struct cli_opt cli_common[];	/* options that commands share; cli_takes says which takes which */
extern const size_t cli_ncommon;
bool cli_takes(const struct cli_cmd *cmd, const struct cli_opt *common);
const struct cli_cmd *cli_cmd_find(struct str name, struct str sub);	/* sub empty: the first command of that name */
bool cli_has_subs(struct str name);
struct str cli_cmd_title(struct arena *a, const struct cli_cmd *cmd);	/* "network add" */

/* The world around one run; tests bring their own. */
struct cli_env {
	FILE *out, *err, *in;		/* in may be NULL: nobody answers */
	bool out_tty, err_tty, in_tty;
	u32 width;			/* of the terminal; 0 = no limit */
	const char *(*get)(const char *name);	/* getenv */
	const char *etc;		/* "/etc/korobanu" */
	bool root;
};

struct cli_value {
	const struct cli_opt *opt;
	struct str text;
	bool flag;
	i64 i;				/* CLI_INT, CLI_SPAN (seconds), CLI_TIME (milliseconds) */
	vec(struct str) list;
};

struct cli_config;
struct cli {
	struct arena *a;
	const struct cli_env *env;
	const struct cli_cmd *cmd;
	vec(struct str) args;
	vec(struct cli_value) values;
	struct cli_config *config;	/* read when first asked for */
	enum lang lang;
	bool quiet, ascii, color, color_err;
	bool demo;			/* the rows come from the store of the demo: every document says so */
	struct str store;		/* set by a command that has a store of its own */
	u32 verbose;
};

/* Options by name; the name must be one the command takes (a contract). Fallbacks, environment and configuration are
 * already in: cli_has is false only where nothing at all gave a value. */
bool cli_has(const struct cli *c, const char *name);
bool cli_flag(const struct cli *c, const char *name);
struct str cli_str(const struct cli *c, const char *name);	/* empty when not set */
i64 cli_int(const struct cli *c, const char *name);		/* also the seconds of a span; 0 when not set */
struct utc cli_time(const struct cli *c, const char *name);	/* ms 0 when not set */
const struct str *cli_list(const struct cli *c, const char *name, size_t *ret_n);
struct str cli_store(struct cli *c);				/* the store's directory */

/* A sentence that both languages have, in the reader's. */
struct catalog_words;
struct str cli_words(const struct cli *c, const struct catalog_words *w);

/* Talk, on stderr. cli_say is silent with -q; cli_note speaks with -v only. cli_error prints
 * "korobanu: CODE: what. Fix: fix" and returns `exit`; fix may be MSG_NONE. */
struct tr_arg;
struct perr;
void cli_say(struct cli *c, enum tr_id id, const struct tr_arg *args);
void cli_note(struct cli *c, enum tr_id id, const struct tr_arg *args);
int cli_error(struct cli *c, int exit, const char *code, enum tr_id what, enum tr_id fix, const struct tr_arg *args);
/* Asks before something that cannot be taken back. CLI_OK: yes, by -y or by the person at the terminal; else the exit code
 * after having said why: nobody can be asked (no terminal, --no-input), or the answer was no. For commands with
 * CLI_WRITES. */
int cli_confirm(struct cli *c, enum tr_id question, const struct tr_arg *args);
/* The line of `text` that is wrong, and a mark below the place; on stderr. */
void cli_show_place(struct cli *c, struct str text, const struct perr *err);
int cli_exit_of(int err);				/* ERR_* -> enum cli_exit */
int cli_error_of(struct cli *c, int err, struct str about);	/* says what err means, returns its exit code */
struct str cli_reason(const struct cli *c, int err);	/* what an ERR_* means, in the reader's language */

/* The nearest of n names within two edits (a swap of neighbours is one), or an empty string. */
struct str cli_nearest(struct str word, const char *(*name)(const void *ctx, size_t i), const void *ctx, size_t n);
u32 cli_distance(struct str a, struct str b);

/* parse.c: fills c->cmd, args and values. 0, or the exit code after having said what is wrong.
 * *ret_help: 0, 'h', 'H', or 'g' when the verbs of a noun were listed. */
int cli_parse(struct cli *c, int argc, char **argv, int *ret_help);
/* One value for an option from text: 0 or ERR_*. */
int cli_value_parse(struct cli *c, const struct cli_opt *opt, struct str text, struct cli_value *ret) MUST_USE;
int cli_span(struct str s, i64 *ret_seconds) MUST_USE;
bool cli_word_known(const char *words, struct str word);	/* words: a blank between */

/* One whole run with a world of the caller's. */
int cli_run(const struct cli_env *env, int argc, char **argv);

/* help.c */
void help_short(struct cli *c, FILE *f);			/* korobanu without a command */
void help_all(struct cli *c, FILE *f);			/* every command, one line each */
void help_command(struct cli *c, FILE *f, const struct cli_cmd *cmd, bool full);
void help_group(struct cli *c, FILE *f, struct str name);	/* the subcommands of one noun */
struct str help_option(struct arena *a, const struct cli_opt *opt);	/* "-f, --format FORMAT" */
bool help_lists(const struct cli_cmd *cmd);			/* not hidden */
void help_glyphs(struct cli *c, FILE *f);			/* what ◎ ○ △ × － ？ mean */

/* gen.c: what is generated from the table. */
void gen_json(struct cli *c, FILE *f);
void gen_man(struct cli *c, FILE *f, enum lang lang, struct str noun);	/* empty noun: korobanu(1) */
void gen_man_config(struct cli *c, FILE *f, enum lang lang);		/* korobanu.yaml(5) */
void gen_config_reference(struct cli *c, FILE *f, enum lang lang);	/* Markdown */
/* complete.c */
void gen_bash(struct cli *c, FILE *f);
void gen_zsh(struct cli *c, FILE *f);

/* Facts that help, man pages and the reference tell in several places. */
struct cli_topic {
	const char *name;
	enum tr_id text;
};
extern const struct cli_topic cli_exits[], cli_formats[], cli_environment[];
extern const size_t cli_nexits, cli_nformats, cli_nenvironment;

#define HANDLER(name) int cmd_##name(struct cli *c)
HANDLER(help);
HANDLER(version);
HANDLER(completion);
HANDLER(config_show);
HANDLER(config_test);
HANDLER(doc);
HANDLER(doctor);
HANDLER(info);
HANDLER(asset_history);
HANDLER(asset_ls);
HANDLER(asset_merge);
HANDLER(asset_set);
HANDLER(asset_show);
HANDLER(asset_split);
HANDLER(declare_set);
HANDLER(demo);
HANDLER(declare_show);
HANDLER(db_backup);
HANDLER(db_check);
HANDLER(db_migrate);
HANDLER(db_restore);
HANDLER(db_settle);
HANDLER(erase);
HANDLER(evidence_add);
HANDLER(evidence_export);
HANDLER(evidence_ls);
HANDLER(evidence_show);
HANDLER(export);
HANDLER(fact_ls);
HANDLER(fact_show);
HANDLER(guide_lint);
HANDLER(guide_ls);
HANDLER(guide_matrix);
HANDLER(guide_show);
HANDLER(import);
HANDLER(ledger_anchor);
HANDLER(ledger_consistency);
HANDLER(ledger_export);
HANDLER(ledger_head);
HANDLER(ledger_ls);
HANDLER(ledger_prove);
HANDLER(ledger_rotate_key);
HANDLER(ledger_verify);
HANDLER(network_add);
HANDLER(network_ls);
HANDLER(network_set);
HANDLER(rule_explain);
HANDLER(scan);
HANDLER(scope_add);
HANDLER(scope_ls);
HANDLER(scope_rm);
HANDLER(sheet_show);
HANDLER(status);
HANDLER(verify);
HANDLER(fact_kinds);
HANDLER(measure_ls);
HANDLER(measure_show);
HANDLER(rule_check);

#endif
