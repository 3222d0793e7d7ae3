/* The view over several subjects: who else holds a key, who is looked at again when that changes, and who is surely another. */
#include "serve_test.h"

#define MAC_A "00:16:3e:00:00:0a"
#define MAC_B "00:16:3e:00:00:0b"
#define MAC_C "00:16:3e:00:00:0c"
#define PRINT "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"

static struct core c;

static struct item *key_at(const char *mac, const char *ip, const char *print, i64 seconds, u8 qod)
{
	const char *keys[3] = { str_c(c.a, str_printf(c.a, "mac:%s", mac)), str_c(c.a, str_printf(c.a, "ip:%s", ip)) };
	struct fact_new *n = core_fact(&c, "key/1", 1, keys);

	fact_set_str(n, "addr", str_z(ip));
	fact_set_int(n, "port", 22);
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "type", S("hostkey"));
	fact_set_str(n, "fingerprint", str_z(print));
	return core_add(&c, n, seconds, qod);
}

/* "AST-2 apart" for each peer of an asset, in order. */
static const char *peers(u64 asset)
{
	struct buf b = buf_new(c.a, 0);
	struct store_asset row;
	struct state *st;
	size_t n;
	const struct state_peer *p;

	assert_int_equal(serve_state(c.s, c.a, asset, &st, &row), 0);
	p = state_peers(st, &n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s%ju%s", i == 0 ? "" : " ", (uintmax_t)p[i].asset, p[i].apart ? " apart" : "");
	}
	return str_c(c.a, buf_view(&b));
}

static void due(void)
{
	assert_int_equal(serve_due(c.s), 0);
}

void test_shared__two_hold_one_key(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	key_at(MAC_A, "10.7.0.2", PRINT, 2, 90);
	core_commit(&c);
	assert_str(str_z(peers(1)), "");
	key_at(MAC_B, "10.7.0.3", PRINT, 3, 90);
	core_commit(&c);
	/* whoever came second knows at once, the first when the queue is worked off: nobody said anything of it */
	assert_str(str_z(peers(2)), "1 apart");
	due();
	assert_str(core_verdict(&c, 1), "fail shared");
	assert_str(core_verdict(&c, 2), "fail shared");
	core_again(&c);
	assert_str(str_z(peers(1)), "2 apart");
	core_end(&c);
}

void test_shared__both_new_in_one_entry(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	key_at(MAC_A, "10.7.0.2", PRINT, 2, 90);
	key_at(MAC_B, "10.7.0.3", PRINT, 3, 90);
	core_commit(&c);
	due();
	assert_str(core_verdict(&c, 1), "fail shared");
	assert_str(core_verdict(&c, 2), "fail shared");
	core_end(&c);
}

void test_shared__ends_with_the_key(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	key_at(MAC_A, "10.7.0.2", PRINT, 2, 90);
	key_at(MAC_B, "10.7.0.3", PRINT, 3, 90);
	core_commit(&c);
	key_at(MAC_B, "10.7.0.3", "00" PRINT, 20, 90);
	core_commit(&c);
	due();
	assert_str(str_z(peers(1)), "");
	assert_str(core_verdict(&c, 1), "unknown not_covered");
	assert_str(core_verdict(&c, 2), "unknown not_covered");
	core_end(&c);
}

/* A key ages: with it what it says of others. */
void test_shared__expires(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	key_at(MAC_A, "10.7.0.2", PRINT, 2, 90);
	key_at(MAC_B, "10.7.0.3", PRINT, 3, 90);
	core_commit(&c);
	due();
	assert_str(core_verdict(&c, 1), "fail shared");
	core_later(&c, (i64)91 * 86400);
	due();
	due();
	assert_str(str_z(peers(1)), "");
	assert_str(core_verdict(&c, 1), "unknown not_covered");
	core_end(&c);
}

void test_shared__a_weak_key_is_not_held(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	key_at(MAC_A, "10.7.0.2", PRINT, 2, 90);
	key_at(MAC_B, "10.7.0.3", PRINT, 3, 50);
	core_commit(&c);
	due();
	assert_str(str_z(peers(1)), "");
	core_end(&c);
}

/* In different runs two MACs may be one device with two interfaces: then it is not known, until a person says that they are two. */
void test_shared__another_run_is_not_proof(void **state)
{
	struct fact_key mac;
	struct item *it;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	key_at(MAC_A, "10.7.0.2", PRINT, 1, 90);
	core_commit(&c);
	core_host(&c, MAC_B, "10.7.0.3", 2);
	c.items[c.n - 1].seen.run = S("R2");
	it = key_at(MAC_B, "10.7.0.3", PRINT, 3, 90);
	it->seen.run = S("R2");
	core_commit(&c);
	due();
	assert_str(str_z(peers(1)), "2");
	assert_str(core_verdict(&c, 1), "unknown not_covered");
	core_end(&c);

	/* one asset with two MACs, told apart by a person */
	core_begin(&c);
	core_add(&c, ({
		static const char *const both[] = { "mac:" MAC_A, "mac:" MAC_B, NULL };
		struct fact_new *n = core_fact(&c, "address/1", 1, both);

		fact_set_str(n, "addr", S("10.7.0.2"));
		n;
	}), 0, 100);
	core_commit(&c);
	key_at(MAC_A, "10.7.0.2", PRINT, 1, 90)->seen.run = S("R1");
	key_at(MAC_B, "10.7.0.3", PRINT, 2, 90)->seen.run = S("R2");
	core_commit(&c);
	assert_str(str_z(peers(1)), "");
	assert_int_equal(fact_key_parse(S("mac:" MAC_B), &mac), 0);
	assert_int_equal(serve_commit(c.s, &(struct serve_draft){ .split = &mac, .nsplit = 1, .split_from = 1 }, &(struct serve_done){ 0 }), 0);
	due();
	assert_str(str_z(peers(1)), "2 apart");
	core_end(&c);
}

/* Merged, the two are one, which shares with nobody. */
void test_shared__merged_they_are_one(void **state)
{
	static const struct identity_edge edge = { .a = 1, .b = 2 };

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	core_host(&c, MAC_C, "10.7.0.4", 2);
	key_at(MAC_A, "10.7.0.2", PRINT, 3, 90);
	key_at(MAC_B, "10.7.0.3", PRINT, 4, 90);
	core_commit(&c);
	due();
	assert_int_equal(serve_commit(c.s, &(struct serve_draft){ .edge = &edge }, &(struct serve_done){ 0 }), 0);
	due();
	assert_str(str_z(peers(1)), "");
	assert_str(core_verdict(&c, 1), "unknown not_covered");
	core_end(&c);
}

/* The one whose key was erased is no witness any more. */
void test_shared__erased(void **state)
{
	struct serve_done done;
	struct store_part parts[2];

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 1);
	key_at(MAC_A, "10.7.0.2", PRINT, 2, 90);
	core_commit(&c);
	key_at(MAC_B, "10.7.0.3", PRINT, 3, 90);
	done = core_commit(&c);
	due();
	assert_str(core_verdict(&c, 1), "fail shared");
	parts[0] = (struct store_part){ done.seq, 0 };
	assert_int_equal(serve_commit(c.s, &(struct serve_draft){ .erase = parts, .nerase = 1, .basis = S("request") }, &done), 0);
	due();
	assert_str(str_z(peers(1)), "");
	assert_str(core_verdict(&c, 1), "unknown not_covered");
	core_end(&c);
}

/* Beyond the few that speak for all, one more changes nobody else's answer: nobody is looked at again for it. */
void test_shared__many(void **state)
{
	struct store_expiry *rows;
	size_t n;

	(void)state;
	core_begin(&c);
	for (int i = 0; i < 10; i++) {
		const char *mac = str_c(c.a, str_printf(c.a, "00:16:3e:00:01:%02x", (unsigned)i));
		const char *ip = str_c(c.a, str_printf(c.a, "10.7.1.%d", i + 1));

		core_host(&c, mac, ip, 2 * i);
		key_at(mac, ip, PRINT, 2 * i + 1, 90);
		core_commit(&c);
		if (i < 6) {
			due();
		}
	}
	assert_int_equal(store_due(c.s->st, c.a, serve_now(c.s), 100, &rows, &n), 0);
	assert_int_equal(n, 0);
	for (u64 i = 1; i <= 10; i++) {
		assert_str(core_verdict(&c, i), "fail shared");
	}
	assert_str(str_z(peers(10)), "1 apart 2 apart 3 apart 4 apart");
	core_end(&c);
}
