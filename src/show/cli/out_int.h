/* Shared by the files of the writer only. */
#ifndef SHOW_CLI_OUT_INT_H
#define SHOW_CLI_OUT_INT_H

#include "show/cli/out.h"

struct str out_safe(struct arena *a, struct str s, const char *pass);	/* escaped; control characters in `pass` stay */
void out_json_raw(FILE *f, struct str s);	/* JSON text, dangerous characters in its strings as \u escapes */
struct str out_cut(struct arena *a, struct str s, size_t width, bool ascii);

#endif
