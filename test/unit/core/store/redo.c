/* Small entries: what was acknowledged is there after a kill at any entry, whatever came before and after it; and what a bad file can
 * do. A kill is a copy of the directory while the store is open: the page cache survives it, so what was written is what is read.
 * Lost power is played in file.c. */
#include "store_test.h"

#include "core/store/store_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void sh(struct bed *b, struct str cmd)
{
	assert_int_equal(system(str_c(b->a, cmd)), 0);
}

/* What a process finds that starts after this one was killed now. */
static void kill_now(struct bed *b, struct bed *ret)
{
	*ret = (struct bed){ .a = arena_new(NULL, 0), .now = b->now };
	assert_true(strlen(b->dir) + sizeof ".killed" <= sizeof ret->dir);
	memcpy(mempcpy(ret->dir, b->dir, strlen(b->dir)), ".killed", sizeof ".killed");
	ret->where = ret->dir;
	sh(b, str_printf(b->a, "rm -rf '%s' && cp -r '%s' '%s'", ret->dir, b->dir, ret->dir));
}

static bool there(struct bed *b, const char *name)
{
	return access(bed_file(b, name), F_OK) == 0;
}

static void assert_all(struct bed *b, u64 size)
{
	assert_int_equal(b->head.size, size);
	for (u64 seq = 0; seq < size; seq++)
		bed_assert_entry(b, seq);
	assert_int_equal(store_check(b->st), 0);
}

static void assert_killed(struct bed *b, u64 size)
{
	struct bed k;

	kill_now(b, &k);
	bed_open(&k);
	assert_false(there(&k, STORE_REDO));
	assert_all(&k, size);
	bed_fill(&k, 1);
	bed_close(&k);
	assert_false(there(&k, STORE_REDO));
	bed_open(&k);
	assert_all(&k, size + 1);
	bed_end(&k);
}

void test_redo__a_kill_after_any_entry_loses_none(void **state)
{
	struct bed b;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	for (u64 n = 1; n <= 12; n++) {
		bed_fill(&b, 1);
		assert_int_equal(there(&b, STORE_REDO), n >= 2);	/* the first begins the log, and goes the other road */
		assert_killed(&b, n);
	}
	bed_end(&b);
}

static struct store_batch *large_batch(struct bed *b)
{
	struct store_batch *k = bed_batch(b);
	struct store_object *o = arena_alloc(b->a, 2 * sizeof *o);

	o[0] = k->objects[0];
	o[1] = (struct store_object){ .type = S("run"), .id = S("large"), .zone = S("tokyo"), .seq = k->entry->seq,
		.body = str_of(arena_alloc(b->a, 200 * KiB), 200 * KiB) };
	k->objects = o;
	k->nobjects = 2;
	return k;
}

void test_redo__between_commits_of_every_kind_nothing_is_lost(void **state)
{
	struct store_expiry ex = { .asset = 1, .at = { .ms = 1795000009000 } };
	struct store_batch views = { .expiry = &ex, .nexpiry = 1 };
	struct store_object o;
	struct store_asset as;
	struct bed b;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 3);
	assert_int_equal(bed_commit(&b, large_batch(&b), NULL), 0);
	assert_killed(&b, 4);
	bed_fill(&b, 2);
	assert_int_equal(store_commit(b.st, &views, NULL), 0);
	assert_killed(&b, 6);
	bed_fill(&b, 1);
	assert_int_equal(store_snapshot_begin(b.st), 0);
	assert_int_equal(store_get_asset(b.st, b.a, 2 * 6 + 1, &as), 0);
	assert_killed(&b, 7);
	store_snapshot_end(b.st);
	bed_fill(&b, 1);
	assert_int_equal(store_put_checkpoint(b.st, &(struct store_checkpoint){ .epoch = 1, .size = 8, .note = S("note") }), 0);
	bed_fill(&b, 1);
	assert_int_equal(store_backup(b.st, bed_file(&b, "copy.db")), 0);
	assert_int_equal(unlink(bed_file(&b, "copy.db")), 0);
	assert_killed(&b, 9);
	bed_fill(&b, 2);
	assert_int_equal(store_get_object(b.st, b.a, S("run"), S("large"), &o), 0);
	assert_int_equal(o.body.n, 200 * KiB);
	assert_all(&b, 11);
	bed_end(&b);
}

void test_redo__a_chunk_twice_is_refused_as_ever(void **state)
{
	struct store_batch *k;
	struct bed b;
	size_t bad = 99;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 4);
	k = bed_batch(&b);
	((struct str *)(uintptr_t)k->chunks)[0] = S("chunk-2");
	assert_int_equal(bed_commit(&b, k, &bad), ERR_EXISTS);
	assert_int_equal(bad, 0);
	k = bed_batch(&b);
	((struct store_head *)(uintptr_t)k->was)->root[0] ^= 1;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_CONFLICT);
	assert_all(&b, 4);
	assert_killed(&b, 4);
	bed_end(&b);
}

void test_redo__a_full_file_is_begun_anew(void **state)
{
	struct stat sb;
	struct bed b;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	for (u64 n = 200; n <= 1000; n += 200) {
		bed_fill(&b, 200);
		assert_int_equal(stat(bed_file(&b, STORE_REDO), &sb), 0);
		assert_int_equal(sb.st_size, 1 * MiB);
		if (n >= 400 && n <= 600)
			assert_killed(&b, n);
	}
	bed_close(&b);
	bed_open(&b);
	assert_int_equal(b.head.size, 1000);
	bed_end(&b);
}

/* ---- a bad file ---- */

static struct str redo_bytes(struct bed *b)
{
	char *p = arena_alloc(b->a, 1 * MiB);
	int fd = open(bed_file(b, STORE_REDO), O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, p, 1 * MiB), 1 * MiB);
	close(fd);
	return str_of(p, 1 * MiB);
}

static void put_bytes(struct bed *b, struct str bytes)
{
	int fd = open(bed_file(b, STORE_REDO), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	close(fd);
}

static size_t used(struct str bytes)
{
	while (bytes.n > 0 && bytes.p[bytes.n - 1] == 0)
		bytes.n--;
	return bytes.n;
}

/* A torn or bad record ends the file: the entries before it are there, whole. */
static void assert_prefix(struct bed *b, u64 least, u64 most)
{
	bed_open(b);
	assert_true(b->head.size >= least && b->head.size <= most);
	assert_all(b, b->head.size);
	bed_end(b);
}

void test_redo__a_torn_or_bad_record_is_none(void **state)
{
	struct bed b, k;
	struct str bytes;
	size_t n;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 4);		/* one in the database, three in the file */
	bytes = redo_bytes(&b);
	n = used(bytes);
	for (size_t at = 0; at < n; at += 97) {
		struct str bad = str_of(arena_copy(b.a, bytes.p, bytes.n), bytes.n);

		((char *)(uintptr_t)bad.p)[at] ^= (char)(1 << at % 8);
		kill_now(&b, &k);
		put_bytes(&k, bad);
		assert_prefix(&k, 1, 3);
		kill_now(&b, &k);
		put_bytes(&k, str_sub(bytes, 0, at));
		assert_prefix(&k, 1, 3);
	}
	bed_end(&b);
}

/* As the head of redo.c has it, over words of eight bytes, the first record's place being 0. */
static u64 sum_of(struct str s)
{
	u64 x = 0x9e3779b97f4a7c15u, y = ~(u64)0, z;

	for (size_t i = 0; i < s.n; i += 8) {
		u64 w = 0;

		for (size_t k = i; k < s.n && k < i + 8; k++)
			w |= (u64)(u8)s.p[k] << 8 * (k - i);
		x += w;
		x = x << 29 | x >> 35;
		y += x;
	}
	z = (x ^ (y << 17 | y >> 47)) * 0x9e3779b97f4a7c15u;
	return z ^ z >> 32;
}

/* A whole record of the entry behind b's head. */
static struct str record_of(struct bed *b, const void *groups, size_t n)
{
	struct buf rest = buf_new(b->a, 0), all = buf_new(b->a, 0);

	buf_u32(&rest, (u32)(8 + STORE_HASH + n));
	buf_u64(&rest, b->head.first + b->head.size);
	buf_bytes(&rest, b->head.root, STORE_HASH);
	buf_bytes(&rest, groups, n);
	buf_u64(&all, sum_of(buf_view(&rest)));
	buf_str(&all, buf_view(&rest));
	return buf_view(&all);
}

void test_redo__a_file_of_another_store_or_time_changes_nothing(void **state)
{
	struct bed b, k;
	struct str early;

	(void)state;
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 2);
	early = redo_bytes(&b);
	bed_fill(&b, 3);
	assert_int_equal(store_put_meta(b.st, S("x"), S("y")), 0);	/* all five stand in the database now */
	kill_now(&b, &k);
	put_bytes(&k, early);		/* of its own past: the entry is there once */
	bed_open(&k);
	assert_all(&k, 5);
	bed_close(&k);
	b.head.root[7] ^= 1;		/* the next entry, but of another log */
	put_bytes(&k, record_of(&b, "\7NO_SUCH\0\0\0\1", 12));
	bed_open(&k);
	assert_all(&k, 5);
	bed_close(&k);
	sh(&b, str_printf(b.a, "head -c 1048576 /dev/urandom >'%s/" STORE_REDO "'", k.dir));
	bed_open(&k);
	assert_all(&k, 5);
	bed_end(&k);
	bed_end(&b);
}

/* One that says what this program cannot do: refused by name, and kept for one that can. */
static void refuse(const void *groups, size_t n)
{
	struct perr e;
	struct bed b;

	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 2);
	bed_close(&b);
	put_bytes(&b, record_of(&b, groups, n));
	assert_int_not_equal(store_open(b.where, bed_opts(), &b.st, &e), 0);
	assert_true(str_find(str_z(e.text), S(STORE_REDO)) >= 0);
	assert_true(there(&b, STORE_REDO));
	assert_int_equal(unlink(bed_file(&b, STORE_REDO)), 0);
	bed_open(&b);
	assert_all(&b, 2);
	bed_end(&b);
}

void test_redo__what_this_program_cannot_do_is_refused_by_name(void **state)
{
	(void)state;
	refuse("\7NO_SUCH\0\0\0\1", 12);
	refuse("\11CHUNK_PUT\0\0\0\1\0\0\0\2x", 19);		/* two bytes promised, one there */
	refuse("\11CHUNK_PUT\377\377\377\377", 14);
	refuse("\11CHUNK_PUT\0\0\0\1\0\0\0\1x\0\0\0\0\0\0\0\2\5", 28);	/* and a name cut short */
	refuse("\12CHUNK_PUTS\0\0\0\0", 15);
}

/* ---- a newer program ---- */

void test_redo__entries_of_an_older_schema_are_taken_before_its_step(void **state)
{
	struct store_migration steps[8];
	struct store_schema newer = { .steps = steps, .n = store_migrations_n + 1 };
	struct bed b, k;

	(void)state;
	memcpy(steps, store_migrations, store_migrations_n * sizeof *steps);
	steps[store_migrations_n] = (struct store_migration){ .to = (u32)store_migrations_n + 1,
		.sql = { "CREATE TABLE later (x INTEGER)", "CREATE TABLE later (x INTEGER)" } };
	bed_new(&b);
	bed_open(&b);
	bed_fill(&b, 5);
	kill_now(&b, &k);
	assert_int_equal(store_open_schema(k.where, bed_opts(), &newer, &k.st, NULL), 0);
	assert_int_equal(store_get_head(k.st, k.a, &k.head), 0);
	assert_all(&k, 5);
	assert_int_equal(store_schema_version(k.st), store_migrations_n + 1);
	bed_end(&k);
	bed_end(&b);
}
