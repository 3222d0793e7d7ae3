/* A file that is there whole, or not at all: written under another name, synced, then renamed, then its name synced. */
#ifndef SHOW_CLI_WHOLEFILE_H
#define SHOW_CLI_WHOLEFILE_H

#include "show/cli/cli_int.h"

struct wholefile {
	struct str path;
	const char *name, *part;	/* part: the name while it is written; NULL: standard output */
	int fd;
	bool fresh;			/* takes no other file's name: ERR_EXISTS */
	u64 size;
	int err;			/* sticky */
};

/* Not CLI_OK: it was said why, and f needs no end. "-" is standard output, which is not held back. */
int wholefile_open(struct cli *c, struct wholefile *f, struct str path) MUST_USE;
int wholefile_put(struct wholefile *f, struct str bytes) MUST_USE;	/* 0 or ERR_*, kept in f */
/* One line of a rejects file: {"column":9,"line":2,"reason":"..."}. "column 9: ..." at the beginning of a reason becomes its member. */
int wholefile_reject(struct wholefile *f, i64 line, struct str reason) MUST_USE;
/* What the directory of `name` holds is durable: ERR_*. */
int wholefile_sync_names(struct arena *a, const char *name) MUST_USE;
/* exit CLI_OK: takes its name, else it goes. Returns the exit code. */
int wholefile_end(struct cli *c, struct wholefile *f, int exit);

#endif
