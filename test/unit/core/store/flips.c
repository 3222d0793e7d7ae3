/* Flipped bytes of the SQLite file: found, and the page named, or of no consequence. Every byte of a store of 200 entries is
 * tried where pages are read (the file layer), since opening the store for each of a million bytes would take hours; what the
 * file layer lets pass is tried with the whole store. */
#include "store_test.h"

#include "core/store/store_int.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 8192


static void flip(int fd, off_t at, u8 with)
{
	u8 byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= with;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* The store is refused as damaged, with a place; or all of it reads as it was written. */
static bool found_or_harmless(struct bed *b, u64 entries, const char *what)
{
	struct perr e = { 0 };
	int r = store_open(b->where, NULL, &b->st, &e);
	char why[256];

	if (r == 0)
		r = store_check(b->st);
	snprintf(why, sizeof why, "%s", b->st == NULL ? e.text : store_why(b->st));
	if (r == 0) {
		for (u64 seq = 0; seq < entries; seq++)
			bed_assert_entry(b, seq);
	} else if (r != ERR_INTEGRITY || why[0] == '\0') {
		fail_msg("%s: %s (%s)", what, err_name(r), why);
	}
	bed_close(b);
	return r != 0;
}

/* The layer's own file, as SQLite opens it. */
static sqlite3_file *open_layer(struct bed *b)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(STORE_VFS);
	sqlite3_file *f;
	int flags = 0;

	assert_non_null(vfs);
	f = arena_alloc(b->a, (size_t)vfs->szOsFile);
	assert_int_equal(vfs->xOpen(vfs, bed_file(b, STORE_FILE), f, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, &flags), 0);
	return f;
}

void test_flips__every_byte_of_200_entries(void **state)
{
	struct bed b;
	struct stat sb;
	sqlite3_file *f;
	off_t passed[64];
	size_t npassed = 0;
	u8 page[PAGE_BYTES];
	int fd;

	(void)state;
	unit_seed(20261121);
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 200);
	bed_close(&b);
	fd = open(bed_file(&b, STORE_FILE), O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &sb), 0);
	assert_int_equal(sb.st_size % PAGE_BYTES, 0);
	f = open_layer(&b);
	for (off_t at = 0; at < sb.st_size; at++) {
		u8 with = (u8)(1 + unit_rnd(255));
		int rc;

		flip(fd, at, with);
		rc = f->pMethods->xRead(f, page, PAGE_BYTES, at / PAGE_BYTES * PAGE_BYTES);
		flip(fd, at, with);
		if (rc == SQLITE_IOERR_DATA) {
			assert_int_equal(store_vfs_bad_page(), 1 + at / PAGE_BYTES);
			continue;
		}
		assert_int_equal(rc, SQLITE_OK);
		assert_true(npassed < countof(passed));
		passed[npassed++] = at;
	}
	f->pMethods->xClose(f);
	for (size_t i = 0; i < npassed; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			flip(fd, passed[i], (u8)(1u << bit));
			(void)found_or_harmless(&b, 200, "a byte the pages do not cover");
			flip(fd, passed[i], (u8)(1u << bit));
		}
	}
	close(fd);
	assert_false(found_or_harmless(&b, 200, "all flipped back"));
	bed_end(&b);
}

void test_flips__a_hundred_at_once_in_a_large_store(void **state)
{
	struct bed b;
	struct stat sb;
	struct { off_t at; u8 with; } done[100];
	size_t found = 0;
	int fd;

	(void)state;
	unit_seed(20261121);
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 2000);
	bed_close(&b);
	fd = open(bed_file(&b, STORE_FILE), O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &sb), 0);
	for (int run = 0; run < 100; run++) {
		for (size_t i = 0; i < countof(done); i++) {
			done[i].at = (off_t)((u64)unit_rnd(1 << 24) * (u64)sb.st_size >> 24);
			done[i].with = (u8)(1 + unit_rnd(255));
			flip(fd, done[i].at, done[i].with);
		}
		found += found_or_harmless(&b, 2000, "a hundred flips");
		for (size_t i = countof(done); i-- > 0;)
			flip(fd, done[i].at, done[i].with);
	}
	close(fd);
	assert_int_equal(found, 100);		/* so many never miss all pages in use */
	assert_false(found_or_harmless(&b, 2000, "all flipped back"));
	bed_end(&b);
}
