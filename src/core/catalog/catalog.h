/* Guidelines, measures and the pairs between them, as the rest of the program reads them.
 *
 * The texts are written in YAML under guidelines/ and measures/, turned into canonical JSON at build time
 * (tools/gen_texts.c) and compiled in. Each guideline, measure and pair is one *text* with a hash of its own: verdicts and
 * sheets name texts by hash, the store keeps them, and a later program reads a past answer with the texts of that time. */
#ifndef CORE_CATALOG_CATALOG_H
#define CORE_CATALOG_CATALOG_H

#include "base/err.h"
#include "base/str.h"

#define CATALOG_HASH 32

struct map;

struct catalog_text {
	struct str kind;		/* "guideline", "rule" (a measure) or "mapping" */
	struct str name;		/* "jssec-v1", "M01", "M01 jssec-v1 JS-14-2.c needed" */
	struct str body;		/* canonical JSON */
	u8 hash[CATALOG_HASH];		/* SHA-256 of body */
};

struct catalog_words {			/* one sentence in both languages */
	struct str en, ja;
};

struct catalog_control {
	struct str id;
	struct catalog_words title;
	const struct catalog_control *parts;	/* check items; an item with parts is the worst of its parts */
	size_t nparts;
};

struct catalog_guideline {
	struct str id;
	struct catalog_words title;
	const struct catalog_control *controls;
	size_t ncontrols;
	struct catalog_text text;
};

struct catalog_list {			/* words of a closed list, in the order they are written */
	const struct str *p;
	size_t n;
};

struct catalog_measure {
	struct str id;
	struct str file;		/* the group it stands in: "auth" */
	struct catalog_words title, question, remedy, convincing;
	struct catalog_words applies;	/* when it is asked at all; "": always */
	struct str level, obligation, safety;
	struct catalog_list components, lifecycle, threats;
	struct catalog_list observe, vantage;	/* how it can be looked at, and from where (doc/measures.md) */
	struct str rule;		/* "" = no machine answers it: always unknown to it */
	struct catalog_words no_rule;	/* why there is none */
	bool stated;		/* a rule or a pair speaks of it, so an answer may rest on its text */
	struct catalog_text text;	/* where it is stated; without `seen`: how a thing is looked at decides no answer */
};

enum catalog_relation { CATALOG_NEEDED, CATALOG_SUFFICIENT, CATALOG_CONTRIBUTES, CATALOG_RELATION_COUNT };
extern const char *const catalog_relation_names[CATALOG_RELATION_COUNT];

struct catalog_pair {
	struct str measure, guideline, control;
	enum catalog_relation relation;
	const struct str *with;		/* CATALOG_SUFFICIENT: the other measures of the set */
	size_t nwith;
	struct str reason, written, read_by, read_on;	/* read_by "": not reviewed, counts for nothing */
	struct catalog_text text;
};

struct catalog {
	const struct catalog_guideline *guidelines;
	size_t nguidelines;
	const struct catalog_measure *measures;
	size_t nmeasures;
	const struct catalog_pair *pairs;
	size_t npairs;
	const struct map *ids;		/* of the measures */
};

/* One source file as canonical JSON; kind is "guideline", "measures", "mapping", or "register", which core/catalog/guide.h
 * reads and catalog_load passes over. */
struct catalog_source {
	struct str kind, name, body;
	bool past;		/* a text of a store or bundle, maybe of another program: words are not held against today's lists */
	const u8 *hash;			/* SHA-256 of the body where that is canonical and the hash is known from the build; NULL: it is made */
};
extern const struct catalog_source catalog_builtin[];
extern const size_t catalog_nbuiltin;

/* Reads the sources into one catalog in the arena. A source with a missing or mistyped member, a doubled id, or a pair that names
 * what is not there is refused whole: ERR_MISSING, ERR_TYPE, ERR_DUP, ERR_UNKNOWN, with the source and member in reterr. */
int catalog_load(struct arena *a, const struct catalog_source *src, size_t n, struct catalog *ret, struct perr *reterr)
	MUST_USE;
/* The same, and of measures every error there is, each with its source, measure, member and what was expected. */
int catalog_load_all(struct arena *a, const struct catalog_source *src, size_t n, struct catalog *ret, struct errlist *errs)
	MUST_USE;

/* One text by itself as a source: a list of one, or the guideline of that name. */
struct catalog_source catalog_source_of(struct arena *a, struct str kind, struct str name, struct str body);

bool catalog_has(const struct catalog_list *l, struct str word);
const struct catalog_measure *catalog_measure(const struct catalog *c, struct str id);		/* NULL: unknown */
const struct catalog_guideline *catalog_guideline(const struct catalog *c, struct str id);
const struct catalog_control *catalog_control(const struct catalog_guideline *g, struct str id);	/* parts too */
bool catalog_pair_reviewed(const struct catalog_pair *p);
/* Whether any pair, reviewed or not, speaks of the guideline, or of the control or one of its parts. */
bool catalog_guideline_mapped(const struct catalog *c, const struct catalog_guideline *g);
bool catalog_control_mapped(const struct catalog *c, const struct catalog_guideline *g, const struct catalog_control *control);

#endif
