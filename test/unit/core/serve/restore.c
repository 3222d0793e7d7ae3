/* Restoring a copy that is older than an erasure: what was erased here stays erased, and what cannot be known is said. */
#include "serve_test.h"

#include "base/limits.h"
#include "core/ledger/envelope.h"
#include "core/ledger/chain.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAC_A "00:16:3e:00:00:02"
#define MAC_B "00:16:3e:00:00:03"

static struct core c;

static int call(const struct serve_request *table, struct buf *body)
{
	struct serve_reply out = { .s = c.s, .err = ERR_CLOSED };	/* nobody listens */
	struct arena *a = arena_new(NULL, 0);
	struct rd rd = rd_str(buf_view(body));
	int r;

	assert_int_equal(buf_done(body), 0);
	r = table[0].fn(c.s, &out, a, &rd);
	arena_free(a);
	return r;
}

static void erase(const char *what, const char *field, const char *basis)
{
	struct buf b = buf_new(c.a, 0);

	buf_blob(&b, str_z(what));
	buf_blob(&b, str_z(field));
	buf_u8(&b, strcmp(field, "--all") == 0);
	buf_blob(&b, str_z(basis));
	buf_blob(&b, S("said Yamada"));
	buf_u8(&b, 0);
	if (strcmp(field, "--all") == 0) {
		b = buf_new(c.a, 0);
		buf_blob(&b, str_z(what));
		buf_blob(&b, S(""));
		buf_u8(&b, 1);
		buf_blob(&b, str_z(basis));
		buf_blob(&b, S(""));
		buf_u8(&b, 0);
	}
	if (call(serve_erasures, &b) != 0) {
		fail_msg("%s %s is not erased", what, field);
	}
}

static void scope(void)
{
	struct buf b = buf_new(c.a, 0);

	buf_blob(&b, S("{\"do\":\"network.put\",\"id\":\"lab\"}"));
	assert_int_equal(call(serve_acts, &b), 0);
	b = buf_new(c.a, 0);
	buf_blob(&b, S("{\"do\":\"scope.add\",\"network\":\"lab\",\"owner\":\"Sato Hanako\",\"targets\":[\"10.7.0.0/24\"],"
		"\"until\":\"2099-01-01T00:00:00.000Z\",\"why\":\"Tanaka asked\"}"));
	assert_int_equal(call(serve_acts, &b), 0);
}

static void noted(const char *mac, const char *topic, const char *text)
{
	const char *keys[2] = { str_c(c.a, str_printf(c.a, "mac:%s", mac)) };
	struct fact_new *n = core_fact(&c, "note/1", 7, keys);

	fact_set_str(n, "topic", str_z(topic));
	fact_set_str(n, "text", str_z(text));
	core_add(&c, n, 1, 97);
}

static void evidence(size_t size, const char *text)
{
	char *p = arena_alloc(c.a, size);

	for (size_t i = 0; i < size; i++) {
		p[i] = text[i % strlen(text)];
	}
	c.items[c.n++] = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = S("banner"), .ev_bytes = str_of(p, size) };
}

static u64 last(void)
{
	return serve_size(c.s) - 1;
}

/* ---- copies ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void copy(void)
{
	assert_int_equal(serve_publish(c.s), 0);
	assert_int_equal(store_backup(c.s->st, "copy.db"), 0);
}

/* As main places it; the next start restores it. */
static void place(void)
{
	assert_int_equal(serve_publish(c.s), 0);
	assert_int_equal(mkdir("restore", 0700), 0);
	assert_int_equal(rename("copy.db", "restore/korobanu.db"), 0);
}

static struct envelope envelope_of(u64 seq)
{
	struct store_entry *e;
	struct envelope env;
	size_t n;

	assert_int_equal(store_get_entries(c.s->st, c.a, seq, 1, &e, &n), 0);
	assert_int_equal(envelope_read(c.a, e[0].envelope, &env, NULL), 0);
	return env;
}

/* What `db check` says of erasures at the restore that began the present epoch. */
static const char *told(enum view_answer want)
{
	struct str text, key;
	enum view_answer got;

	assert_true(erase_known_told(c.s, c.a, c.s->head.epoch, &text, &got));
	assert_int_equal(got, want);
	text = str_from(text, strlen(SAY));
	key = str_sub(text, 0, (size_t)str_find(text, S(SAY)));
	return str_c(c.a, key);
}

/* ---- tests ---- */

void test_restore__what_was_erased_stays_erased(void **state)
{
	struct store_claim *claims;
	struct store_object o;
	struct serve_done done;
	struct envelope e;
	u64 first;
	size_t n;

	(void)state;
	core_begin(&c);
	evidence(12, "EVI-SMALL!!!");
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	noted(MAC_A, "room", "SATO-TARO");
	done = core_commit(&c);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	noted(MAC_B, "room", "SUZUKI");
	core_commit(&c);
	scope();
	copy();
	first = last() + 1;
	erase("AST-1", "note.text", "request");
	erase(str_c(c.a, str_printf(c.a, "EV-%ju.0", (uintmax_t)done.seq)), "", "law");
	erase("AST-2", "--all", "retention");
	erase(str_c(c.a, str_printf(c.a, "SCO-%ju", (uintmax_t)first - 1)), "why", "law");
	place();
	core_again(&c);

	assert_int_equal(c.s->head.epoch, 2);
	assert_int_equal(c.s->head.first, first);
	/* behind the entry that begins the log, one for each basis */
	e = envelope_of(first);
	assert_int_equal(e.type, ENVELOPE_ACT);
	assert_int_equal(last(), first + 3);
	for (u64 i = first + 1; i <= last(); i++) {
		e = envelope_of(i);
		assert_int_equal(e.type, ENVELOPE_ERASED);
		assert_str(e.by, "korobanu");
		assert_str(e.basis, i == first + 1 ? "law" : i == first + 2 ? "request" : "retention");
		for (size_t k = 0; k < e.nerased; k++) {
			assert_true(e.erased[k].seq < first);
		}
	}
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_false(core_anywhere(&c, "EVI-SMALL"));
	assert_false(core_anywhere(&c, "SUZUKI"));
	assert_false(core_anywhere(&c, MAC_B));
	assert_false(core_anywhere(&c, "10.7.0.3"));
	assert_false(core_anywhere(&c, "Tanaka asked"));
	/* and nothing else */
	assert_true(core_anywhere(&c, "Sato Hanako"));
	assert_true(core_anywhere(&c, MAC_A));
	assert_int_equal(core_asset(&c, "AST-2"), 2);
	assert_int_equal(store_claims_of(c.s->st, c.a, 2, &claims, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_get_object(c.s->st, c.a, S("erasing"), S("1"), &o), ERR_NOTFOUND);
	assert_str(str_z(told(VIEW_PASS)), "restored-erased");
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	assert_int_equal(access("restore", F_OK), -1);
	assert_int_equal(access("replaced-1/begun", F_OK), -1);
	core_end(&c);
}

/* The copy of before, put in the place of a store that has it erased by a restore alone. */
void test_restore__twice(void **state)
{
	(void)state;
	core_begin(&c);
	noted(MAC_A, "room", "SATO-TARO");
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_commit(&c);
	copy();
	assert_int_equal(store_backup(c.s->st, "copy2.db"), 0);
	erase("AST-1", "note.text", "law");
	place();
	core_again(&c);
	assert_str(str_z(told(VIEW_PASS)), "restored-erased");
	assert_int_equal(rename("copy2.db", "copy.db"), 0);
	place();
	core_again(&c);
	assert_int_equal(c.s->head.epoch, 2);
	assert_str(str_z(told(VIEW_PASS)), "restored-erased");
	assert_false(core_anywhere(&c, "SATO-TARO"));
	/* and one that has it: nothing is recorded anew */
	copy();
	place();
	core_again(&c);
	assert_int_equal(c.s->head.epoch, 3);
	assert_int_equal(c.s->head.size, 1);
	assert_str(str_z(told(VIEW_PASS)), "restored-same");
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

#define MANY 2600		/* facts of two parts: more than one entry erases */

void test_restore__more_than_an_entry_holds(void **state)
{
	static const char *const keys[] = { "mac:" MAC_A, NULL };
	struct item *items;
	struct serve_draft d = { .nitems = MANY };
	struct serve_done done;
	u64 parts = 0;

	(void)state;
	core_begin(&c);
	d.items = items = arena_alloc(c.a, MANY * sizeof *items);
	for (int i = 0; i < MANY; i++) {
		struct fact_new *n = core_fact(&c, "note/1", 7, keys);

		fact_set_str(n, "topic", str_printf(c.a, "t%d", i));
		fact_set_str(n, "text", S("SATO"));
		core_add(&c, n, 1, 97);
		items[i] = c.items[--c.n];
	}
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	assert_int_equal(serve_commit(c.s, &d, &done), 0);	/* again: one part each */
	copy();
	erase("AST-1", "--all", "request");
	place();
	core_again(&c);
	for (u64 i = c.s->head.first; i <= last(); i++) {
		parts += envelope_of(i).nerased;
	}
	assert_true(last() > c.s->head.first + 1);
	assert_int_equal(parts, 3 * MANY);
	assert_false(core_anywhere(&c, "SATO"));
	assert_false(core_anywhere(&c, MAC_A));
	assert_true(state_lost(core_state(&c, 1)));
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

static void damage(const char *path)
{
	int fd = open(path, O_RDWR);
	struct stat st;
	char noise[64];

	assert_true(fd >= 0);
	memset(noise, 0xa5, sizeof noise);
	assert_int_equal(fstat(fd, &st), 0);
	for (i64 at = 4096; at < st.st_size; at += 8192) {
		assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
	}
	close(fd);
}

static void a_copy_and_an_erasure(void)
{
	noted(MAC_A, "room", "SATO-TARO");
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_commit(&c);
	copy();
	erase("AST-1", "note.text", "law");
	place();
}

static void restored_where_nothing_was(void)
{
	a_copy_and_an_erasure();
	serve_close(c.s);
	c.s = NULL;
	assert_int_equal(unlink("korobanu.db"), 0);
	assert_int_equal(nftw("log", remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	core_again(&c);
	assert_str(str_z(told(VIEW_UNKNOWN)), "restored-none");
}

/* The directory's store is damaged: what it published tells. */
void test_restore__by_the_published_ledger(void **state)
{
	(void)state;
	core_begin(&c);
	a_copy_and_an_erasure();
	serve_close(c.s);
	c.s = NULL;
	damage("korobanu.db");
	core_again(&c);
	assert_int_equal(c.s->head.epoch, 2);
	assert_str(str_z(told(VIEW_UNKNOWN)), "restored-log");
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_int_equal(envelope_of(last()).type, ENVELOPE_ERASED);
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* Neither can be read: nothing is guessed, and it is said. */
void test_restore__what_is_not_known_is_said(void **state)
{
	(void)state;
	core_begin(&c);
	a_copy_and_an_erasure();
	serve_close(c.s);
	c.s = NULL;
	damage("korobanu.db");
	assert_int_equal(truncate("log/tile/entries/000.p/3", 100), 0);
	core_again(&c);
	assert_str(str_z(told(VIEW_UNKNOWN)), "restored-lost");
	assert_true(core_anywhere(&c, "SATO-TARO"));
	assert_int_equal(c.s->head.size, 1);
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);

	/* where nothing was */
	core_begin(&c);
	restored_where_nothing_was();
	core_end(&c);
}

static int settle(int epoch, const char *why)
{
	struct buf b = buf_new(c.a, 0);

	buf_blob(&b, str_printf(c.a, "{\"do\":\"restore.settle\",\"epoch\":%d,\"why\":\"%s\"}", epoch, why));
	return call(serve_acts, &b);
}

/* What is not known stays so until a person says, once and with a reason, that it is seen to; erasing the reason changes nothing of that. */
void test_restore__a_person_settles_what_is_not_known(void **state)
{
	u64 seq;

	(void)state;
	core_begin(&c);
	assert_int_equal(settle(1, "no restore"), ERR_NOTFOUND);
	restored_where_nothing_was();
	assert_int_equal(settle(1, "another epoch"), ERR_NOTFOUND);
	assert_int_equal(settle(3, "none yet"), ERR_NOTFOUND);
	assert_int_equal(settle(2, ""), ERR_MISSING);
	erase("AST-1", "note.text", "request");
	assert_int_equal(settle(2, "Suzuki looked"), 0);
	seq = last();
	assert_str(str_z(told(VIEW_ATTESTED)), "restored-settled");
	assert_int_equal(settle(2, "twice"), ERR_NOTFOUND);
	assert_int_equal(last(), seq);
	assert_true(core_anywhere(&c, "Suzuki looked"));
	erase(str_c(c.a, str_printf(c.a, "%ju.1", (uintmax_t)seq)), "", "law");
	assert_false(core_anywhere(&c, "Suzuki looked"));
	core_again(&c);
	assert_str(str_z(told(VIEW_ATTESTED)), "restored-settled");
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* Asked for again before the one before was at its end: both happen, and nothing waits for the start after. */
void test_restore__asked_for_again(void **state)
{
	(void)state;
	core_begin(&c);
	noted(MAC_A, "room", "SATO-TARO");
	core_commit(&c);
	copy();
	place();
	assert_int_equal(rename("restore", "restored"), 0);
	assert_int_equal(rename("restored/korobanu.db", "restored/new.db"), 0);
	copy();
	place();
	core_again(&c);
	assert_int_equal(access("restore", F_OK), -1);
	assert_int_equal(access("restored", F_OK), -1);
	assert_int_equal(access("replaced-2/korobanu.db", F_OK), 0);
	assert_int_equal(c.s->head.epoch, 2);
	core_end(&c);
}

/* Another store, and one that is only at its beginning the same. */
void test_restore__of_another_store(void **state)
{
	(void)state;
	core_begin(&c);
	noted(MAC_A, "room", "SATO-TARO");
	core_commit(&c);
	copy();
	assert_int_equal(rename("copy.db", "/tmp/korobanu-erase-copy.db"), 0);
	core_end(&c);
	core_begin(&c);
	noted(MAC_B, "room", "SUZUKI");
	core_commit(&c);
	erase("AST-1", "note.text", "law");
	assert_int_equal(rename("/tmp/korobanu-erase-copy.db", "copy.db"), 0);
	place();
	core_again(&c);
	assert_str(str_z(told(VIEW_UNKNOWN)), "restored-other");
	assert_true(core_anywhere(&c, "SATO-TARO"));
	assert_int_equal(c.s->head.size, 1);
	core_end(&c);

	core_begin(&c);
	noted(MAC_A, "room", "SATO-TARO");
	core_commit(&c);
	copy();
	assert_int_equal(mkdir("away", 0700), 0);
	assert_int_equal(rename("copy.db", "away/copy.db"), 0);
	noted(MAC_A, "door", "SUZUKI");
	core_commit(&c);
	copy();			/* this one goes its own way */
	assert_int_equal(rename("copy.db", "away/other.db"), 0);
	assert_int_equal(rename("away/copy.db", "copy.db"), 0);
	place();
	core_again(&c);		/* the first copy: the second note is lost here */
	erase("AST-1", "note.text", "law");
	assert_int_equal(rename("away/other.db", "copy.db"), 0);
	place();
	core_again(&c);
	assert_str(str_z(told(VIEW_UNKNOWN)), "restored-apart");
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_true(core_anywhere(&c, "SUZUKI"));
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* Cut off behind the first entry of the new log: the next start begins no further one, and erases what is left. */
void test_restore__goes_on_after_a_restart(void **state)
{
	struct store *st;
	struct perr why = { 0 };
	int fd;

	(void)state;
	core_begin(&c);
	a_copy_and_an_erasure();
	serve_close(c.s);
	c.s = NULL;
	/* as an attempt leaves it that was ended between the two entries: restored elsewhere, where nothing was known */
	assert_int_equal(mkdir("else", 0700), 0);
	assert_int_equal(mkdir("else/restore", 0700), 0);
	assert_int_equal(rename("restore/korobanu.db", "else/restore/korobanu.db"), 0);
	assert_int_equal(link("ledger.key", "else/ledger.key"), 0);
	assert_int_equal(chdir("else"), 0);
	core_again(&c);
	fd = open("../restore/begun", O_WRONLY | O_CREAT, 0600);
	assert_true(write(fd, c.s->head.origin.p, c.s->head.origin.n) > 0);
	close(fd);
	serve_close(c.s);
	c.s = NULL;
	assert_int_equal(rename("korobanu.db", "../restore/korobanu.db"), 0);
	assert_int_equal(chdir(".."), 0);
	core_again(&c);
	assert_int_equal(c.s->head.epoch, 2);
	assert_int_equal(c.s->head.size, 2);
	assert_int_equal(envelope_of(last()).type, ENVELOPE_ERASED);
	assert_int_equal(nftw("else", remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	/* the copy it came from is at rest: nothing more is to be done */
	assert_int_equal(store_open("replaced-1", &(struct store_opts){ .read_only = true }, &st, &why), 0);
	store_close(st);
	core_end(&c);
}
