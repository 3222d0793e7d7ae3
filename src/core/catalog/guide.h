/* Guidelines as people read them: every item of one catalog with its properties, and the register of all guidelines there are.
 *
 * A catalog is one file under guidelines/ in OSCAL's own structure (catalog, metadata, groups, controls, parts, props, links; see
 * doc/formats/guidelines.md); only titles are in two languages. The register, guidelines/register.yaml, says of each guideline who
 * published it, for whom, what may be stored of it, and holds the guideline x component matrix. Both are compiled in as canonical JSON
 * and read when a command asks for them: judging needs neither.
 *
 * guide_lint is what the build and `guide lint` hold a catalog against. Reading is lenient instead: what is missing reads as empty. */
#ifndef CORE_CATALOG_GUIDE_H
#define CORE_CATALOG_GUIDE_H

#include "base/err.h"
#include "base/json.h"
#include "core/catalog/catalog.h"

struct guide_item {
	struct str id;
	struct str part;	/* "" a control; "check", "point", "step": a part of one, or of a group */
	struct str parent;	/* id of the control a part belongs to */
	struct str group;	/* id of its group */
	struct catalog_words title;
	const struct json *node;
};

struct guide_group {
	struct str id;
	struct catalog_words title;
	size_t first, n;	/* its items */
};

struct guide_doc {
	struct str name;	/* "jssec-v1" */
	struct catalog_words title;
	struct str read_by, read_on;	/* the second reading; empty: not reviewed */
	const struct guide_group *groups;
	size_t ngroups;
	const struct guide_item *items;		/* in the order of the document, parts behind their control */
	size_t nitems;
	const struct json *catalog;
};

/* The catalog of that name among the sources: ERR_NOTFOUND, ERR_* of json_parse, ERR_MISSING where it is no catalog. */
int guide_read(struct arena *a, const struct catalog_source *src, size_t n, struct str name, struct guide_doc *ret, struct perr *reterr)
	MUST_USE;
/* A property of an item, "" where it has none; provenance and audience fall back to those of group and catalog. */
struct str guide_prop(const struct guide_doc *d, const struct guide_item *it, const char *name);
/* The label of a condition or feature of the catalog ("C14"); false: there is none. */
bool guide_label(const struct guide_doc *d, struct str id, struct catalog_words *ret);
/* The i-th link of an item: false past the last. */
bool guide_link(const struct guide_item *it, size_t i, struct str *ret_rel, struct str *ret_href);

/* The register among the sources, as JSON (doc/formats/guidelines.md has the members): ERR_NOTFOUND, or ERR_* of json_parse. */
int guide_register(struct arena *a, const struct catalog_source *src, size_t n, const struct json **ret, struct perr *reterr) MUST_USE;
struct catalog_words guide_words(const struct json *o, const char *member);	/* both empty: not there */
struct str guide_text(const struct json *o, const char *member);		/* "" where it is not there or no text */

/* One thing that is wrong with a source, and where. */
struct guide_fault {
	struct str source;	/* name of the file */
	u32 line;		/* 0: not known */
	const char *code;	/* "missing", "language", "doubled", "member", "prop", "value", "dead", "empty", "unregistered" */
	struct str id;		/* the item it is about */
	struct str what;	/* the member, prop, value or id that is wrong */
};
#define GUIDE_FAULTS_MAX 1000	/* so many are named */
struct guide_faults {
	struct guide_fault *p;
	size_t n, cap;		/* as vec() has them */
};

/* Everything wrong with these sources, each by itself and against each other. `yaml` (may be NULL) are the texts they were written as,
 * in the same order, to name lines. Sources that are neither guideline nor register are passed over. ERR_* of json_parse: a body that
 * is no JSON. */
int guide_lint(struct arena *a, const struct catalog_source *src, const struct str *yaml, size_t n, struct guide_faults *ret,
	struct perr *reterr) MUST_USE;

#endif
