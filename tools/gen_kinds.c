/* Writes what comes from the table of fact kinds to standard output: gen_kinds en | ja | schema.
 * The results are committed as doc/formats/kinds.en.md, kinds.ja.md and kinds.schema.json; a test compares them. */
#include <stdio.h>
#include <string.h>

#include "core/fact/kind.h"

int main(int argc, char **argv)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	const char *what = argc == 2 ? argv[1] : "";
	int r = 1;

	if (strcmp(what, "en") == 0 || strcmp(what, "ja") == 0)
		kind_doc(&b, strcmp(what, "ja") == 0);
	else if (strcmp(what, "schema") == 0)
		kind_schema(&b);
	else
		fprintf(stderr, "usage: gen_kinds en | ja | schema\n");
	if (b.n > 0)
		r = fwrite(b.p, 1, b.n, stdout) != b.n || fflush(stdout) != 0;
	arena_free(a);
	return r;
}
