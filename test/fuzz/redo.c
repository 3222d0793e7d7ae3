/* The redo log that a killed process left beside a store. First byte: even, the rest is the whole file; odd, the rest is the groups of one
 * record that is right in every other way, because a sum and a root stand before all that is read of it.
 *
 * Every input finds the same store of two entries. Either its log is taken, and the database is whole; or it is refused, and the store as
 * it was opens without it. */
#include "fuzz.h"

#include "core/store/store_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], db[96], redo[96];
static struct str whole;		/* the database before each input */
static struct store_head head;

static void put_file(const char *path, struct str bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	close(fd);
}

static void tidy(void)
{
	(void)unlink(redo);
	(void)unlink(db);
	(void)rmdir(dir);
}

static void add_entry(struct store *st)
{
	struct store_head was = head, now = head;
	struct store_entry e = { .seq = head.size, .at = { .ms = 1 }, .type = S("act"), .envelope = S("{}") };

	now.epoch = 1;
	now.size++;
	now.edge = S("edge");
	now.origin = S("korobanu.invalid/fuzz/1");
	now.root[0] = (u8)now.size;
	must(store_commit(st, &(struct store_batch){ .entry = &e, .was = &was, .now = &now }, NULL) == 0);
	head = now;
}

static void begin(void)
{
	static u8 bytes[1 * MiB];
	struct store *st;
	ssize_t n;
	int fd;

	if (whole.n != 0)
		return;
	snprintf(dir, sizeof dir, "%s/korobanu-fuzz.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(dir) != NULL && store_open(dir, NULL, &st, NULL) == 0);
	atexit(tidy);
	add_entry(st);
	add_entry(st);
	store_close(st);
	snprintf(db, sizeof db, "%s/" STORE_FILE, dir);
	snprintf(redo, sizeof redo, "%s/" STORE_REDO, dir);
	must((fd = open(db, O_RDONLY | O_CLOEXEC)) >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0 && n < (ssize_t)sizeof bytes);
	close(fd);
	whole = str_of(bytes, (size_t)n);
}

static struct str record_of(struct arena *a, struct str groups)
{
	struct buf rest = buf_new(a, 0), all = buf_new(a, 0);

	buf_u32(&rest, (u32)(8 + STORE_HASH + groups.n));
	buf_u64(&rest, head.size);
	buf_bytes(&rest, head.root, STORE_HASH);
	buf_str(&rest, groups);
	buf_u64(&all, store_sum(rest.p, rest.n, 0));
	buf_str(&all, buf_view(&rest));
	return buf_view(&all);
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	static const struct store_opts opts = { .redo_after = 1, .no_create = true };
	struct arena *a = arena_new(NULL, 0);
	struct store *st = NULL;
	struct store_head h;
	struct perr why = { 0 };

	begin();
	if (n > 0) {
		struct str rest = str_of(p + 1, n - 1);

		put_file(db, whole);
		put_file(redo, p[0] % 2 == 0 ? rest : record_of(a, rest));
		if (store_open(dir, &opts, &st, &why) == 0) {
			must(access(redo, F_OK) != 0);
			must(store_check(st) == 0);
		} else {
			must(why.text[0] != '\0' && access(redo, F_OK) == 0);
			must(unlink(redo) == 0 && store_open(dir, &opts, &st, &why) == 0);
			must(store_get_head(st, a, &h) == 0 && h.size == head.size && store_check(st) == 0);
		}
		store_close(st);
	}
	arena_free(a);
	return 0;
}
