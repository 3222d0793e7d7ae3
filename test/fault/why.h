/* What hangs on a sync, as the trace tells it; disk.h is the trace. */
#ifndef FAULT_WHY_H
#define FAULT_WHY_H

#include "disk.h"

/* Does event k, after `sync`, rest on what `sync` made durable? */
bool why_hangs(const struct disk *d, size_t sync, size_t k, const char *store);
/* Why nobody can miss it, where the trace itself tells; false: somebody must. */
bool why_explained(const struct disk *d, size_t sync, const char *store, char *ret, size_t max);

#endif
