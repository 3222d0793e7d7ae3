/* Erasing: afterwards nothing is left in any file of the store, and what rested on it knows. */
#include "serve_test.h"

#include "base/limits.h"
#include "core/ledger/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAC_A "00:16:3e:00:00:02"
#define MAC_B "00:16:3e:00:00:03"

static struct core c;

/* ---- asking ---- */

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

static int erase(const char *what, const char *field, bool all, const char *basis)
{
	struct buf b = buf_new(c.a, 0);

	buf_blob(&b, str_z(what));
	buf_blob(&b, str_z(field));
	buf_u8(&b, all);
	buf_blob(&b, str_z(basis));
	buf_blob(&b, S("said Yamada"));
	buf_u8(&b, 0);
	return call(serve_erasures, &b);
}

static int act(const char *json)
{
	struct buf b = buf_new(c.a, 0);

	buf_blob(&b, str_z(json));
	return call(serve_acts, &b);
}

static u64 last(void)
{
	return serve_size(c.s) - 1;
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

static void banner(const char *mac, const char *text, i64 seconds)
{
	const char *keys[3] = { str_c(c.a, str_printf(c.a, "mac:%s", mac)), "ip:10.7.0.2" };
	struct fact_new *n = core_fact(&c, "banner/1", 1, keys);

	fact_set_str(n, "addr", S("10.7.0.2"));
	fact_set_int(n, "port", 23);
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "text", str_z(text));
	core_add(&c, n, seconds, 95);
}

static void named(const char *mac, const char *name, i64 seconds)
{
	const char *keys[3] = { str_c(c.a, str_printf(c.a, "mac:%s", mac)), str_c(c.a, str_printf(c.a, "name:%s", name)) };
	struct fact_new *n = core_fact(&c, "name/1", 1, keys);

	fact_set_str(n, "by", S("mdns"));
	fact_set_str(n, "name", str_z(name));
	core_add(&c, n, seconds, 95);
}

static void evidence(const char *bytes)
{
	c.items[c.n++] = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = S("banner"), .ev_bytes = str_z(bytes) };
}

/* ---- tests ---- */

void test_erase__a_whole_asset_leaves_nothing(void **state)
{
	struct store_claim *claims;
	size_t n;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	evidence("SATO-TARO kitchen raw");
	banner(MAC_A, "SATO-TARO kitchen", 2);
	named(MAC_A, "sato-iphone", 3);
	core_host(&c, MAC_B, "10.7.0.3", 0);
	core_commit(&c);
	banner(MAC_A, "SATO-TARO kitchen", 20);
	core_commit(&c);
	assert_int_equal(act("{\"asset\":\"AST-1\",\"do\":\"asset.split\",\"keys\":[\"name:sato-iphone\"]}"), 0);
	assert_int_equal(act("{\"do\":\"asset.merge\",\"from\":\"AST-3\",\"into\":\"AST-1\"}"), 0);
	assert_true(core_anywhere(&c, "SATO-TARO") && core_anywhere(&c, "sato-iphone") && core_anywhere(&c, MAC_A));
	assert_str(core_verdict(&c, 1), "fail ");

	assert_int_equal(erase("AST-1", "", true, "request"), 0);
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_false(core_anywhere(&c, "sato-iphone"));
	assert_false(core_anywhere(&c, MAC_A));
	assert_true(core_anywhere(&c, MAC_B));
	assert_str(core_verdict(&c, 1), "unknown erased");
	assert_str(core_history(&c, 1), "telnet fail>unknown erased");
	assert_int_equal(store_claims_of(c.s->st, c.a, 1, &claims, &n), 0);
	assert_int_equal(n, 0);
	assert_str(envelope_of(last()).basis, "request");
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_again(&c);
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_str(core_claims(&c, 1), "");
	/* nothing is left to erase, and what is seen again is somebody new */
	assert_int_equal(erase("AST-1", "", true, "request"), ERR_NOTFOUND);
	core_host(&c, MAC_A, "10.7.0.2", 30);
	core_commit(&c);
	assert_int_equal(core_asset(&c, "10.7.0.2"), 4);
	core_end(&c);
}

void test_erase__by_position_and_evidence(void **state)
{
	struct serve_done done;

	(void)state;
	core_begin(&c);
	evidence("SATO-TARO kitchen raw");
	banner(MAC_A, "SATO-TARO text", 2);
	done = core_commit(&c);
	assert_int_equal(erase("EV-99.0", "", false, "law"), ERR_NOTFOUND);
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "EV-%ju.1", (uintmax_t)done.seq)), "", false, "law"), ERR_NOTFOUND);
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "EV-%ju.0", (uintmax_t)done.seq)), "", false, "law"), 0);
	assert_false(core_anywhere(&c, "kitchen raw"));
	assert_true(core_anywhere(&c, "SATO-TARO text"));
	/* parts: 0 evidence, 1 its bytes, 2 the fact, 3 its text */
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.3", (uintmax_t)done.seq)), "", false, "law"), 0);
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_true(core_anywhere(&c, MAC_A));
	assert_false(state_lost(core_state(&c, 1)));
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.2", (uintmax_t)done.seq)), "", false, "law"), 0);
	assert_true(state_lost(core_state(&c, 1)));
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.2", (uintmax_t)done.seq)), "", false, "law"), ERR_NOTFOUND);
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.4", (uintmax_t)done.seq)), "", false, "law"), ERR_NOTFOUND);
	assert_int_equal(erase("7777.1", "", false, "law"), ERR_NOTFOUND);
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* Entry, object and its history go together; what is left of the object goes on. */
void test_erase__an_act_and_its_object(void **state)
{
	struct store_object o;
	u64 seq;

	(void)state;
	core_begin(&c);
	assert_int_equal(act("{\"do\":\"network.put\",\"id\":\"lab\",\"note\":\"ask Suzuki\"}"), 0);
	assert_int_equal(act("{\"do\":\"scope.add\",\"network\":\"lab\",\"owner\":\"Sato Hanako\",\"targets\":[\"10.7.0.0/24\"],"
		"\"until\":\"2099-01-01T00:00:00.000Z\",\"why\":\"Tanaka asked\"}"), 0);
	seq = last();
	assert_true(core_anywhere(&c, "Sato Hanako") && core_anywhere(&c, "Tanaka asked") && core_anywhere(&c, "ask Suzuki"));
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.0", (uintmax_t)seq)), "", false, "law"), ERR_REFUSED);
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.1", (uintmax_t)seq)), "", false, "law"), 0);
	assert_false(core_anywhere(&c, "Sato Hanako"));
	assert_true(core_anywhere(&c, "Tanaka asked"));
	assert_int_equal(erase(str_c(c.a, str_printf(c.a, "SCO-%ju", (uintmax_t)seq)), "why", false, "law"), 0);
	assert_false(core_anywhere(&c, "Tanaka asked"));
	assert_int_equal(erase("lab", "note", false, "mistake"), 0);
	assert_false(core_anywhere(&c, "ask Suzuki"));
	assert_int_equal(store_get_object(c.s->st, c.a, S("scope"), str_printf(c.a, "SCO-%ju", (uintmax_t)seq), &o), 0);
	assert_true(str_find(o.body, S("10.7.0.0/24")) >= 0);
	/* the words beside an erasure can go, too */
	assert_true(core_anywhere(&c, "said Yamada"));
	for (u64 i = 0, end = last(); i <= end; i++) {
		if (envelope_of(i).type == ENVELOPE_ERASED) {
			assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.1", (uintmax_t)i)), "", false, "law"), 0);
		}
	}
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* A device that a network is known by: the network forgets it with the device, and keeps what is not of it. */
void test_erase__a_gateway_with_its_network(void **state)
{
	struct store_object o;

	(void)state;
	core_begin(&c);
	assert_int_equal(act("{\"do\":\"network.put\",\"gateway_mac\":\"" MAC_A "\",\"id\":\"lab\",\"prefixes\":[\"10.7.0.0/24\"]}"), 0);
	assert_int_equal(act("{\"do\":\"network.set\",\"dhcp_domain\":\"sato.example\",\"id\":\"lab\"}"), 0);
	assert_int_equal(act("{\"do\":\"network.put\",\"gateway_mac\":\"" MAC_A "\",\"id\":\"far\",\"prefixes\":[\"10.8.0.0/24\"]}"), 0);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_commit(&c);
	assert_int_equal(erase("AST-1", "", true, "request"), 0);
	assert_int_equal(store_get_object(c.s->st, c.a, S("network"), S("lab"), &o), 0);
	assert_true(str_find(o.body, S("10.7.0.0/24")) >= 0 && str_find(o.body, S("sato.example")) >= 0 && str_find(o.body, S(MAC_A)) < 0);
	/* the same address in another network is another device's; asked for by name it goes */
	assert_true(core_anywhere(&c, MAC_A));
	assert_int_equal(erase("far", "gateway_mac", false, "request"), 0);
	assert_false(core_anywhere(&c, MAC_A));
	assert_int_equal(erase("lab", "dhcp_domain", false, "request"), 0);
	assert_int_equal(erase("lab", "dhcp_domain", false, "request"), ERR_NOTFOUND);
	assert_false(core_anywhere(&c, "sato.example"));
	assert_int_equal(erase("lab", "prefixes", false, "request"), ERR_NOTFOUND);
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

void test_erase__refused(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_commit(&c);
	assert_int_equal(erase("AST-1", "", true, ""), ERR_MISSING);
	assert_int_equal(erase("AST-1", "", true, "Sato asked"), ERR_UNKNOWN);
	assert_int_equal(erase("AST-1", "", false, "law"), ERR_MISSING);
	assert_int_equal(erase("AST-1", "port.port", false, "law"), ERR_UNKNOWN);
	assert_int_equal(erase("AST-1", "owner.name", false, "law"), ERR_NOTFOUND);
	assert_int_equal(erase("AST-9", "", true, "law"), ERR_NOTFOUND);
	assert_int_equal(last(), 1);
	core_end(&c);
}

/* What begins a log, changes a key, restores, states a proof or names a person stays: no part of it is taken, by whichever way. */
void test_erase__not_what_was_done(void **state)
{
	struct store_part part = { 0 };
	struct serve_draft d = { .erase = &part, .nerase = 1, .basis = S("law") };
	struct serve_done done;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_commit(&c);
	assert_int_equal(store_backup(c.s->st, "copy.db"), 0);
	assert_int_equal(mkdir("restore", 0700), 0);
	assert_int_equal(rename("copy.db", "restore/korobanu.db"), 0);
	core_again(&c);
	assert_int_equal(c.s->head.first, 2);
	assert_int_equal(act("{\"do\":\"network.put\",\"id\":\"lab\"}"), 0);
	for (u64 i = 0; i <= last(); i += 1 + (i == 0)) {		/* ledger.begin, ledger.restore, network.put */
		assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.0", (uintmax_t)i)), "", false, "law"), ERR_REFUSED);
		assert_int_equal(erase(str_c(c.a, str_printf(c.a, "%ju.1", (uintmax_t)i)), "", false, "law"), ERR_NOTFOUND);
		assert_int_equal(erase(str_c(c.a, str_printf(c.a, "EV-%ju.0", (uintmax_t)i)), "", false, "law"), ERR_NOTFOUND);
		part.seq = i;
		assert_int_equal(serve_commit(c.s, &d, &done), ERR_ARG);
	}
	assert_int_equal(last(), 3);
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

#define MANY 2600		/* facts of two parts */

static void many(void)
{
	static const char *const keys[] = { "mac:" MAC_A, NULL };
	struct item *items = arena_alloc(c.a, MANY * sizeof *items);
	struct serve_draft d = { .items = items, .nitems = MANY };
	struct serve_done done;

	for (int i = 0; i < MANY; i++) {
		struct fact_new *n = core_fact(&c, "note/1", 7, keys);

		fact_set_str(n, "topic", str_printf(c.a, "t%d", i));
		fact_set_str(n, "text", S("SATO"));
		core_add(&c, n, 1, 97);
		items[i] = c.items[--c.n];
	}
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
}

/* Of one entry, of each the envelope's limit is far below what is asked for. */
void test_erase__more_than_an_entry_holds(void **state)
{
	u64 from, parts = 0;

	(void)state;
	core_begin(&c);
	many();
	many();			/* again: one part each */
	c.s->caller = 4711;
	from = last() + 1;
	assert_int_equal(erase("AST-1", "", true, "retention"), 0);
	c.s->caller = -1;
	assert_true(last() > from);
	for (u64 i = from; i <= last(); i++) {
		struct envelope e = envelope_of(i);

		assert_str(e.by, "USR-1");
		parts += e.nerased;
	}
	assert_int_equal(parts, 3 * MANY);
	assert_false(core_anywhere(&c, "SATO"));
	assert_true(state_lost(core_state(&c, 1)));
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* Ended after its first entry: the next start goes on, and forgets what belongs to the end. */
void test_erase__goes_on_after_a_restart(void **state)
{
	struct store_part first[2];
	struct store_object job;
	struct serve_draft d = { .erase = first, .nerase = 2, .basis = S("law"), .by = S("USR-3"), .more = true, .objects = &job, .nobjects = 1 };
	struct serve_done noted, done;
	struct buf b;

	(void)state;
	core_begin(&c);
	banner(MAC_A, "SATO-TARO one", 1);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	noted = core_commit(&c);
	b = buf_new(c.a, 0);
	buf_blob(&b, S("law"));
	buf_blob(&b, S("USR-3"));
	buf_u64(&b, 1);
	buf_u32(&b, 1);
	buf_u64(&b, 1);
	buf_u32(&b, 3);
	for (u32 i = 0; i < 3; i++) {
		buf_u64(&b, noted.seq);
		buf_u32(&b, i);
		buf_u8(&b, i == 1);
	}
	job = (struct store_object){ .type = S("erasing"), .id = S("1"), .passing = true, .body = buf_view(&b) };
	first[0] = (struct store_part){ noted.seq, 0 };
	first[1] = (struct store_part){ noted.seq, 1 };
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	assert_true(core_anywhere(&c, MAC_A));
	core_again(&c);
	assert_int_equal(last(), done.seq + 1);
	assert_int_equal(envelope_of(last()).nerased, 1);
	assert_str(envelope_of(last()).by, "USR-3");
	assert_false(core_anywhere(&c, MAC_A));
	assert_str(core_verdict(&c, 1), "unknown erased");
	core_again(&c);			/* and once is enough */
	assert_int_equal(last(), done.seq + 1);
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* The first deed of a person makes the pseudonym; it stays when its uid is erased, and the next person has the next number. */
void test_erase__who_did_it(void **state)
{
	struct store_object o;

	(void)state;
	core_begin(&c);
	c.s->caller = 4711;
	assert_int_equal(act("{\"do\":\"network.put\",\"id\":\"lab\"}"), 0);
	assert_str(envelope_of(last()).by, "USR-1");
	assert_int_equal(envelope_of(last()).items, 2);
	assert_int_equal(act("{\"do\":\"network.put\",\"id\":\"lab2\"}"), 0);
	assert_int_equal(envelope_of(last()).items, 1);
	assert_int_equal(erase("USR-1", "uid", false, "request"), 0);
	assert_int_equal(store_get_object(c.s->st, c.a, S("person"), S("USR-1"), &o), 0);
	assert_true(str_find(o.body, S("4711")) < 0);
	c.s->caller = 4712;
	assert_int_equal(serve_know_caller(c.s), 0);
	assert_str(envelope_of(last()).by, "USR-2");
	c.s->caller = -1;
	core_host(&c, MAC_A, "10.7.0.2", 0);
	assert_str(envelope_of(core_commit(&c).seq).by, "korobanu");
	assert_int_equal(serve_check(c.s, NULL, c.a), 0);
	core_end(&c);
}

/* Ended after the commit that erased, before the file was removed: the next start removes it, and forgets its name. */
void test_erase__a_file_goes_after_a_restart(void **state)
{
	struct store_object o = { .type = S("unlink"), .id = S("0123456789abcdef0123456789abcdef"), .passing = true };
	FILE *f;

	(void)state;
	core_begin(&c);
	assert_int_equal(mkdir("evidence", 0700), 0);
	f = fopen("evidence/0123456789abcdef0123456789abcdef", "w");
	assert_non_null(f);
	fputs("SATO-TARO", f);
	fclose(f);
	assert_int_equal(store_commit(c.s->st, &(struct store_batch){ .objects = &o, .nobjects = 1 }, NULL), 0);
	assert_true(core_anywhere(&c, "SATO-TARO"));
	core_again(&c);
	assert_false(core_anywhere(&c, "SATO-TARO"));
	assert_int_equal(store_get_object(c.s->st, c.a, o.type, o.id, &o), ERR_NOTFOUND);
	core_end(&c);
}
