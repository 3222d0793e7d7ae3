/* What the readers of this folder share: where they are, for errors, and where things go. */
#ifndef CORE_CATALOG_CATALOG_INT_H
#define CORE_CATALOG_CATALOG_INT_H

#include "base/json.h"
#include "base/map.h"
#include "core/catalog/catalog.h"

struct reader {
	struct arena *a;
	struct str source;
	bool past;		/* the source is a text of a store or bundle */
	struct perr *err;
	struct errlist *all;	/* errors after which reading goes on */
	const struct json **from;	/* the object of each measure */
	struct map seen;	/* ids of this catalog, by "kind id" */
};

int catalog_once(struct reader *r, const char *kind, struct str id) MUST_USE;
struct catalog_text catalog_text_of(struct arena *a, const char *kind, struct str name, const struct json *v);
/* Reads one measure; what is wrong goes to r->all, and reading goes on with its next member. */
void catalog_read_measure(struct reader *r, const struct json *o, struct catalog_measure *ret);
/* Its text, from the object it was read from. */
struct catalog_text catalog_measure_text(struct arena *a, struct str id, const struct json *o);

#endif
