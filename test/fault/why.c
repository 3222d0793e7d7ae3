/* Why a sync may be left out. Which process does what when is chance: where an answer falls between two syncs, and how
 * often SQLite folds its log, differs from run to run. So the reasons are taken from each trace itself, by what rests on
 * the sync:
 *
 * - of the store's file, what was folded into it: that its log goes. Until the log is begun anew, cut or removed it
 *   holds the same pages, durable; this is looked up page by page, not assumed;
 * - of the published log: that a checkpoint takes its name, or a file is removed there that another one replaces. Core
 *   answers from the database;
 * - of anything else: that core answers (what a command says rests on an answer of core before it; of a command's own
 *   file, that anybody says anything), that something takes a name or a place, and of a log that it is folded, or that the redo
 *   log, which holds the same entries, is begun anew.
 *
 * A sync made again before any of these, or never followed by one, is not missed. */
#include "why.h"

#include "core/serve/serve_int.h"

#include <string.h>

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool is_in_log(const char *path, const char *store)
{
	char dir[4096];

	snprintf(dir, sizeof dir, "%s/log", store);
	return is_below(path, dir);
}

static bool is_beside(const char *path, const char *file, const char *end)
{
	size_t n = strlen(file);

	return strncmp(path, file, n) == 0 && strcmp(path + n, end) == 0;
}

static bool is_log_of(const char *path, const char *file)
{
	return is_beside(path, file, "-wal");
}

/* The redo log beside `log` is begun anew, or goes: what stood there stands in `log` alone. */
static bool redo_goes(const struct event *e, const char *log)
{
	char file[4096];
	size_t n = strlen(log);

	if (n < 4 || n - 4 >= sizeof file || strcmp(log + n - 4, "-wal") != 0)
		return false;
	memcpy(file, log, n - 4);
	file[n - 4] = '\0';
	return is_beside(e->path, file, "-redo") && ((e->h.op == OP_WRITE && e->h.off == 0) || e->h.op == OP_UNLINK);
}

/* The page that `k` wrote, and `sync` would make durable, stands in a log that was begun, and synced after it. */
static bool in_the_log(const struct disk *d, size_t k, size_t sync)
{
	const struct event *page = &d->e[k];
	bool synced = false;

	for (size_t i = k; i-- > 0;) {
		const struct event *e = &d->e[i];

		if (!is_log_of(e->path, d->e[sync].path))
			continue;
		synced |= e->h.op == OP_SYNC;
		if (synced && e->h.op == OP_WRITE && e->h.len == page->h.len && memcmp(e->data, page->data, e->h.len) == 0)
			return true;
		if (e->h.op != OP_SYNC && (e->h.op != OP_WRITE || e->h.off == 0))
			return false;
	}
	return false;
}

static bool is_store(const struct event *e)
{
	const char *slash = strrchr(e->path, '/');

	return e->h.core && strcmp(slash == NULL ? e->path : slash + 1, STORE_FILE) == 0;
}

/* Is all that `sync` makes durable folded from a log? What the log holds says how long the file is, too. */
static bool is_fold(const struct disk *d, size_t sync)
{
	bool any = false;

	for (size_t k = sync; k-- > 0;) {
		const struct event *e = &d->e[k];

		if (e->file != d->e[sync].file || e->h.op == OP_ANSWER)
			continue;
		if (e->h.op == OP_SYNC)
			break;
		if (e->h.op != OP_TRUNCATE && (e->h.op != OP_WRITE || !in_the_log(d, k, sync)))
			return false;
		any |= e->h.op == OP_WRITE;
	}
	return any;
}

/* The log of the file goes, or the file itself does. */
static bool log_goes(const struct event *e, const char *file)
{
	if (e->h.op == OP_SYNC || e->h.op == OP_ANSWER || e->h.op == OP_MKDIR)
		return false;
	if (e->h.op == OP_WRITE)
		return is_log_of(e->path, file) && e->h.off == 0;
	return is_log_of(e->path, file) || (e->h.op != OP_TRUNCATE && (is_below(file, e->path) || is_below(file, e->other)));
}

bool why_hangs(const struct disk *d, size_t sync, size_t k, const char *store)
{
	const struct event *s = &d->e[sync], *e = &d->e[k];
	char checkpoint[4096];

	if (is_store(s) && (log_goes(e, s->path) || is_fold(d, sync)))
		return log_goes(e, s->path);
	if (s->h.core && is_in_log(s->path, store)) {
		snprintf(checkpoint, sizeof checkpoint, "%s/log/checkpoint", store);
		return (e->h.op == OP_RENAME && strcmp(e->other, checkpoint) == 0) ||
			(e->h.op == OP_UNLINK && is_in_log(e->path, store));
	}
	switch (e->h.op) {
	case OP_ANSWER:
		return e->h.core || !s->h.core;
	case OP_RENAME:
		return !is_in_log(e->other, store);
	case OP_WRITE:
		return is_log_of(s->path, e->path) || redo_goes(e, s->path);
	default:
		return redo_goes(e, s->path);
	}
}

bool why_explained(const struct disk *d, size_t sync, const char *store, char *ret, size_t max)
{
	size_t next = disk_next_sync(d, sync);

	if (disk_idle(d, sync)) {
		snprintf(ret, max, "nothing new since the sync before");
		return true;
	}
	for (size_t k = sync + 1; k < next; k++)
		if (why_hangs(d, sync, k, store))
			return false;
	if (next < d->n)
		snprintf(ret, max, "made again at event %zu, before anything hung on it", next);
	else
		snprintf(ret, max, "nothing hangs on it to the end");
	return true;
}
