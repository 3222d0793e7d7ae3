/* The file layer under SQLite: a thin cover over its "unix" VFS that does three things.
 *
 * 1. Names stay as they are. core runs under a uid that may not be able to walk from the root to its own working
 *    directory, so a full path would not open; xFullPathname therefore returns what it was given.
 * 2. Every page of the database carries a checksum in its last 8 bytes (the page's reserve), computed when the page is
 *    written and compared when it is read, so a flipped byte at rest is named instead of believed. It covers page number
 *    and content: a page in another's place fails too. Frames of the write-ahead log have SQLite's own checksums at
 *    recovery; what is copied from there into the database gets ours. An all-zero page (never written) passes.
 * 3. Tests watch and break it: hooks, NULL in production. A failed sync is remembered for the engine, which ends then.
 *
 * Memory mapping is off (a mapped page would pass by the check). */
#include "core/store/store_int.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

struct file {
	sqlite3_file base;
	const char *name;
	bool main_db;
	sqlite3_file *real;		/* stands behind this struct, in the same allocation */
};

/* SQLite registers a VFS for the whole process, so this is the process's too. */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *unix_vfs;
	const struct store_vfs_hooks *hooks;
	u64 bad_page;
	bool sync_failed;
} self;

void store_vfs_set_hooks(const struct store_vfs_hooks *hooks)
{
	self.hooks = hooks;
}

u64 store_vfs_bad_page(void)
{
	u64 bad = self.bad_page;

	self.bad_page = 0;
	return bad;
}

bool store_vfs_sync_failed(void)
{
	bool failed = self.sync_failed;

	self.sync_failed = false;
	return failed;
}

int store_vfs_told(enum store_vfs_op op, const char *name, u64 off, struct str bytes)
{
	return self.hooks == NULL ? 0 : self.hooks->before(self.hooks->ctx, op, name, off, bytes.p, bytes.n);
}

static int hook(enum store_vfs_op op, const char *name, u64 off, const void *bytes, size_t n, int otherwise)
{
	int e = store_vfs_told(op, name == NULL ? "" : name, off, str_of(bytes, n));

	return e == 0 ? SQLITE_OK : e == ENOSPC ? SQLITE_FULL : otherwise;
}

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct file *)(void *)f)->real;
}

/* Two running sums over 64-bit words, as Fletcher's, from a start that names the page: every flip of a bit, every
 * exchange of words and every page in another's place changes it. It is not meant against forgers: the ledger is. */
u64 store_sum(const u8 *p, size_t n, u64 page)
{
	u64 a = 0x9e3779b97f4a7c15u ^ page, b = ~page, w, s;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		a += w;
		a = a << 29 | a >> 35;
		b += a;
	}
	if (n > 0) {
		w = 0;
		memcpy(&w, p, n);
		a += w;
		a = a << 29 | a >> 35;
		b += a;
	}
	s = (a ^ (b << 17 | b >> 47)) * 0x9e3779b97f4a7c15u;
	s ^= s >> 32;
	return s == 0 ? 1 : s;
}

static bool is_page(size_t n)
{
	return n >= 512 && n <= 65536 && (n & (n - 1)) == 0;
}

static int f_close(sqlite3_file *f)
{
	struct file *x = (struct file *)(void *)f;

	(void)hook(STORE_VFS_CLOSE, x->name, 0, NULL, 0, SQLITE_OK);
	return x->real->pMethods != NULL ? x->real->pMethods->xClose(x->real) : SQLITE_OK;
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 off)
{
	struct file *x = (struct file *)(void *)f;
	int rc = x->real->pMethods->xRead(x->real, p, n, off);
	const u8 *b = p;
	u64 want;
	size_t body = (size_t)n - STORE_VFS_RESERVE;

	if (rc != SQLITE_OK || !x->main_db || !is_page((size_t)n) || off % n != 0)
		return rc;
	if (off == 0 && b[20] != STORE_VFS_RESERVE)
		return rc;		/* not a database of ours: store.c refuses it */
	memcpy(&want, b + body, 8);
	if (store_sum(b, body, (u64)(off / n)) == want)
		return SQLITE_OK;
	if (want == 0 && b[0] == 0 && memcmp(b, b + 1, body - 1) == 0)
		return SQLITE_OK;
	self.bad_page = 1 + (u64)(off / n);
	return SQLITE_IOERR_DATA;
}

static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off)
{
	struct file *x = (struct file *)(void *)f;
	u8 page[65536];
	u64 sum;
	int rc;

	if (x->main_db && is_page((size_t)n) && off % n == 0) {
		memcpy(page, p, (size_t)n);
		if (off != 0 || page[20] == STORE_VFS_RESERVE) {
			sum = store_sum(page, (size_t)n - STORE_VFS_RESERVE, (u64)(off / n));
			memcpy(page + n - STORE_VFS_RESERVE, &sum, 8);
		}
		p = page;
	}
	rc = hook(STORE_VFS_WRITE, x->name, (u64)off, p, (size_t)n, SQLITE_IOERR_WRITE);
	return rc != SQLITE_OK ? rc : x->real->pMethods->xWrite(x->real, p, n, off);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct file *x = (struct file *)(void *)f;
	int rc = hook(STORE_VFS_TRUNCATE, x->name, (u64)size, NULL, 0, SQLITE_IOERR_TRUNCATE);

	return rc != SQLITE_OK ? rc : x->real->pMethods->xTruncate(x->real, size);
}

static int f_sync(sqlite3_file *f, int flags)
{
	struct file *x = (struct file *)(void *)f;
	int rc = hook(STORE_VFS_SYNC, x->name, 0, NULL, 0, SQLITE_IOERR_FSYNC);

	if (rc == SQLITE_OK)
		rc = x->real->pMethods->xSync(x->real, flags);
	if (rc != SQLITE_OK)
		self.sync_failed = true;
	return rc;
}

static int f_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return real(f)->pMethods->xFileSize(real(f), ret);
}

static int f_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int f_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int f_reserved(sqlite3_file *f, int *ret)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), ret);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int f_traits(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int f_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **ret)
{
	return real(f)->pMethods->xShmMap(real(f), region, size, extend, ret);
}

static int f_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), off, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int f_shm_unmap(sqlite3_file *f, int remove)
{
	return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,			/* 3 would bring memory mapping */
	.xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate, .xSync = f_sync,
		.xFileSize = f_size,
	.xLock = f_lock, .xUnlock = f_unlock, .xCheckReservedLock = f_reserved, .xFileControl = f_control,
	.xSectorSize = f_sector, .xDeviceCharacteristics = f_traits,
	.xShmMap = f_shm_map, .xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct file *x = (struct file *)(void *)f;
	int rc;

	(void)v;
	*x = (struct file){ .name = name, .main_db = (flags & SQLITE_OPEN_MAIN_DB) != 0,
		.real = (sqlite3_file *)(void *)(x + 1) };
	if (flags & SQLITE_OPEN_CREATE) {
		rc = hook(STORE_VFS_OPEN, name, 0, NULL, 0, SQLITE_CANTOPEN);
		if (rc != SQLITE_OK)
			return rc;
	}
	x->real->pMethods = NULL;
	rc = self.unix_vfs->xOpen(self.unix_vfs, name, x->real, flags, ret_flags);
	if (rc == SQLITE_OK)
		x->base.pMethods = &methods;
	return rc;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	int rc = hook(STORE_VFS_DELETE, name, 0, NULL, sync_dir != 0, SQLITE_IOERR_DELETE);

	(void)v;
	return rc != SQLITE_OK ? rc : self.unix_vfs->xDelete(self.unix_vfs, name, sync_dir);
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	(void)v;
	return self.unix_vfs->xAccess(self.unix_vfs, name, flags, ret);
}

static int v_full_path(sqlite3_vfs *v, const char *name, int max, char *ret)
{
	size_t n = strlen(name);

	(void)v;
	if (n + 1 > (size_t)max)
		return SQLITE_CANTOPEN;
	memcpy(ret, name, n + 1);
	return SQLITE_OK;
}

int store_vfs_register(void)
{
	if (self.unix_vfs != NULL)
		return 0;
	self.unix_vfs = sqlite3_vfs_find("unix");
	if (self.unix_vfs == NULL)
		return ERR_UNSUPPORTED;
	self.vfs = *self.unix_vfs;
	self.vfs.zName = STORE_VFS;
	self.vfs.pNext = NULL;
	self.vfs.szOsFile = (int)sizeof(struct file) + self.unix_vfs->szOsFile;
	self.vfs.xOpen = v_open;
	self.vfs.xDelete = v_delete;
	self.vfs.xAccess = v_access;
	self.vfs.xFullPathname = v_full_path;
	return sqlite3_vfs_register(&self.vfs, 0) == SQLITE_OK ? 0 : ERR_NOMEM;
}
