/* A disk that forgets: what a directory may hold after the power went, made from a trace (oplog.h).
 *
 * The model is the strict one of POSIX, harder than any one file system. What a file holds is durable when the file
 * was synced after it was written; that a name stands in a directory, or no longer does, when the directory was.
 * Everything else may be there or not, each piece for itself: every write, every truncation, every name. A rename is
 * there or not as a whole, durable with either of its directories. */
#ifndef FAULT_DISK_H
#define FAULT_DISK_H

#include "oplog.h"

#include <stdio.h>

struct event {
	struct oplog h;
	char *path, *other;
	u8 *data;
	u32 file;			/* synced, written, cut; of a sync also a directory */
};

struct effect;
struct disk {
	struct event *e;
	size_t n;
	struct effect *effects;
	size_t neffects;
	u32 nfiles;			/* files and directories that ever were; 0 is the directory of the trace */
};

enum loss {
	LOSE_NOTHING,			/* as if it went on: what a killed process leaves */
	LOSE_ALL,			/* all that was not synced */
	LOSE_SOME,			/* each piece of it, or not */
	LOSE_TORN,			/* the same, writes in pieces of 512 bytes */
	LOSS_KINDS
};

void disk_load(struct disk *d, const char *trace);
/* What is there when the power goes before event `end`, written below `dir`, which is emptied first. The sync `skip`
 * (-1: none), or every one of the class of `skip` when `all` is set, is taken as not made. The same seed gives the
 * same disk. */
void disk_write(const struct disk *d, size_t end, enum loss loss, long skip, bool all, u32 seed, const char *dir);
/* Who syncs what: role and path, numbers as N. */
void disk_class(const struct event *e, char *ret, size_t max);
bool disk_same_class(const struct event *a, const struct event *b);
/* Did anything happen to what event `sync` makes durable, since it was last made so? */
bool disk_idle(const struct disk *d, size_t sync);
/* The next sync of the same file or directory, d->n: none. */
size_t disk_next_sync(const struct disk *d, size_t sync);
/* Files that were there before event `end`, with all that was written to them: calls fn with path, bytes. */
void disk_files(const struct disk *d, size_t end, void (*fn)(void *ctx, const char *path, const u8 *p, size_t n),
	void *ctx);

#endif
