/* serve_commit from facts to claims, states and history, on a store of its own and over restarts. */
#include "serve_test.h"

#include <string.h>

#define MAC_A "00:16:3e:00:00:0a"
#define MAC_B "00:16:3e:00:00:0b"

static struct core c;

void test_fold__a_batch_makes_assets(void **state)
{
	struct serve_done done;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 0);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	done = core_commit(&c);
	assert_int_equal(done.facts, 3);
	assert_int_equal(done.again, 0);
	assert_int_equal(core_asset(&c, "10.7.0.2"), 1);
	assert_int_equal(core_asset(&c, "10.7.0.3"), 2);
	assert_str(core_claims(&c, 1), "mac:" MAC_A " 0-, ip:10.7.0.2 0-");
	assert_str(core_history(&c, 1), "telnet >fail ");
	assert_str(core_history(&c, 2), "telnet >unknown not_covered");
	core_again(&c);
	assert_str(core_claims(&c, 2), "mac:" MAC_B " 0-, ip:10.7.0.3 0-");
	assert_int_equal(core_asset(&c, "AST-3"), 0);
	core_end(&c);
}

/* The same seen again is a sighting of the fact that is there; nothing changes but its time. */
void test_fold__again_names_the_first(void **state)
{
	struct serve_done first, done;
	struct utc recorded;
	struct item it;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	first = core_commit(&c);
	core_host(&c, MAC_A, "10.7.0.2", 10);
	core_host(&c, MAC_A, "10.7.0.2", 20);
	done = core_commit(&c);
	assert_int_equal(done.facts, 0);
	assert_int_equal(done.again, 2);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(serve_item(c.s, c.a, done.seq, i, &it, &recorded), 0);
		assert_int_equal(it.type, ITEM_AGAIN);
		assert_int_equal(it.again_seq, first.seq);
		assert_int_equal(it.again_index, 0);
	}
	/* and within one entry */
	core_service(&c, MAC_A, "10.7.0.2", 80, "http", 21);
	core_service(&c, MAC_A, "10.7.0.2", 80, "http", 22);
	done = core_commit(&c);
	assert_int_equal(done.facts, 1);
	assert_int_equal(done.again, 1);
	assert_str(core_history(&c, 1), "telnet >unknown not_covered; telnet unknown>unknown current");
	core_end(&c);
}

/* A sighting from before widens the claim that is there; it is not a second one. */
void test_fold__a_claim_is_widened_back(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 100);
	core_commit(&c);
	core_host(&c, MAC_A, "10.7.0.2", 50);
	core_commit(&c);
	assert_str(core_claims(&c, 1), "mac:" MAC_A " 50-, ip:10.7.0.2 50-");
	core_host(&c, MAC_A, "10.7.0.2", 40);
	core_host(&c, MAC_A, "10.7.0.2", 30);
	core_commit(&c);
	core_again(&c);
	core_host(&c, MAC_A, "10.7.0.2", 20);
	core_commit(&c);
	assert_str(core_claims(&c, 1), "mac:" MAC_A " 20-, ip:10.7.0.2 20-");
	core_end(&c);
}

/* Two hosts swap addresses, and swap back: each key of each asset keeps all it ever was. */
void test_fold__two_hosts_swap_addresses(void **state)
{
	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 0);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	core_commit(&c);
	core_host(&c, MAC_A, "10.7.0.3", 100);
	core_host(&c, MAC_B, "10.7.0.2", 100);
	core_commit(&c);
	assert_int_equal(core_asset(&c, "10.7.0.2"), 2);
	assert_str(core_claims(&c, 1), "mac:" MAC_A " 0-, ip:10.7.0.2 0-100 taken, ip:10.7.0.3 100-");
	assert_str(core_claims(&c, 2), "mac:" MAC_B " 0-, ip:10.7.0.2 100-, ip:10.7.0.3 0-100 taken");
	core_again(&c);
	core_host(&c, MAC_A, "10.7.0.2", 200);
	core_host(&c, MAC_B, "10.7.0.3", 200);
	core_commit(&c);
	core_again(&c);
	assert_int_equal(core_asset(&c, "10.7.0.2"), 1);
	assert_str(core_claims(&c, 1),
		"mac:" MAC_A " 0-, ip:10.7.0.2 0-100 taken, ip:10.7.0.2 200-, ip:10.7.0.3 100-200 taken");
	assert_str(core_claims(&c, 2),
		"mac:" MAC_B " 0-, ip:10.7.0.2 100-200 taken, ip:10.7.0.3 0-100 taken, ip:10.7.0.3 200-");
	core_end(&c);
}

/* Two keys that each prove an asset, in one subject: one asset, also after a restart, and in the same entry as its facts. */
void test_fold__two_proofs_in_one_subject_merge(void **state)
{
	static const char *const both[] = { "mac:" MAC_A, "mac:" MAC_B, NULL };
	struct str packed;
	struct state *st;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_commit(&c);
	core_host(&c, MAC_B, "10.7.0.3", 0);
	core_service(&c, MAC_B, "10.7.0.3", 23, "telnet", 1);
	core_add(&c, core_fact(&c, "component/1", 1, both), 2, 95);
	core_commit(&c);
	assert_int_equal(core_asset(&c, "AST-2"), 1);
	assert_str(core_claims(&c, 1), "mac:" MAC_A " 0-, mac:" MAC_B " 0-, ip:10.7.0.2 0-, ip:10.7.0.3 0-");
	assert_str(core_verdict(&c, 1), "fail ");
	assert_str(core_history(&c, 1), "telnet >unknown not_covered; merge AST-2>AST-1 mac:" MAC_B "; telnet unknown>fail ");
	assert_str(core_history(&c, 2), "merge AST-2>AST-1 mac:" MAC_B);
	core_again(&c);
	assert_int_equal(core_asset(&c, "AST-2"), 1);
	core_service(&c, MAC_B, "10.7.0.3", 80, "http", 3);
	core_commit(&c);
	assert_int_equal(core_asset(&c, "10.7.0.3"), 1);
	/* what was folded step by step is what folding everything again gives */
	packed = core_packed(&c, 1);
	assert_int_equal(fold_stored(c.s, c.a, 1, &st), 0);
	{
		struct buf b = buf_new(c.a, 0);

		state_encode(&b, st);
		assert_true(str_eq(buf_view(&b), packed));
	}
	core_end(&c);
}

void test_fold__a_person_merges(void **state)
{
	struct identity_edge e = { .a = 1, .b = 2 };
	struct serve_draft d = { .edge = &e };
	struct item act = { .type = ITEM_ACT };
	struct serve_done done;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 0);
	core_commit(&c);
	assert_int_equal(json_parse(c.a, S("{\"do\":\"asset.merge\"}"), &act.act, NULL), 0);
	d.items = &act;
	d.nitems = 1;
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	core_again(&c);
	assert_int_equal(core_asset(&c, "AST-2"), 1);
	assert_int_equal(core_asset(&c, "10.7.0.3"), 1);
	assert_str(core_history(&c, 2), "telnet >unknown not_covered; merge AST-2>AST-1 person");
	core_end(&c);
}

static struct serve_done split(u64 from, const char *const *texts, int want)
{
	struct fact_key keys[4];
	struct item act = { .type = ITEM_ACT };
	struct serve_draft d = { .items = &act, .nitems = 1, .split = keys, .split_from = from };
	struct serve_done done = { 0 };

	assert_int_equal(json_parse(c.a, S("{\"do\":\"asset.split\"}"), &act.act, NULL), 0);
	for (; texts[d.nsplit] != NULL; d.nsplit++) {
		assert_int_equal(fact_key_parse(str_z(texts[d.nsplit]), &keys[d.nsplit]), 0);
	}
	assert_int_equal(serve_commit(c.s, &d, &done), want);
	return done;
}

static void assert_folds_alike(u64 asset)
{
	struct buf b = buf_new(c.a, 0);
	struct state *st;

	assert_int_equal(fold_stored(c.s, c.a, asset, &st), 0);
	state_encode(&b, st);
	assert_true(str_eq(buf_view(&b), core_packed(&c, asset)));
}

static size_t services(u64 asset)
{
	struct state_cursor cur = state_values(core_state(&c, asset), kind_latest(S("service")), serve_now(c.s));
	struct state_value v;
	size_t n = 0;

	while (state_next(&cur, &v)) {
		n++;
	}
	return n;
}

/* What a merge joined, a split of the same keys gives back as it was, and nothing joins it again by itself. */
void test_fold__a_split_undoes_a_merge(void **state)
{
	static const char *const both[] = { "mac:" MAC_A, "mac:" MAC_B, NULL };
	static const char *const theirs[] = { "mac:" MAC_B, "ip:10.7.0.3", NULL };
	static const char *const unknown[] = { "mac:00:16:3e:00:00:0c", NULL };

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_host(&c, MAC_B, "10.7.0.3", 0);
	core_service(&c, MAC_B, "10.7.0.3", 23, "telnet", 1);
	core_commit(&c);
	core_add(&c, core_fact(&c, "component/1", 1, both), 2, 95);
	core_service(&c, MAC_B, "10.7.0.3", 80, "http", 3);
	core_service(&c, MAC_A, "10.7.0.2", 80, "http", 3);
	core_commit(&c);
	assert_int_equal(core_asset(&c, "AST-2"), 1);
	assert_int_equal(services(1), 3);
	split(1, unknown, ERR_NOTFOUND);
	assert_int_equal(core_asset(&c, "AST-2"), 1);
	assert_int_equal(split(1, theirs, 0).asset, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(core_asset(&c, "AST-2"), 2);
		assert_int_equal(core_asset(&c, "10.7.0.3"), 2);
		assert_str(core_claims(&c, 1), "mac:" MAC_A " 0-, ip:10.7.0.2 0-");
		assert_int_equal(services(1), 1);
		assert_int_equal(services(2), 2);	/* the one recorded after the merge too */
		assert_str(core_verdict(&c, 1), "unknown current");
		assert_str(core_verdict(&c, 2), "fail ");
		assert_folds_alike(1);
		assert_folds_alike(2);
		core_again(&c);
	}
	assert_str(core_claims(&c, 2), "mac:" MAC_B " 0-, ip:10.7.0.3 0-");
	/* the subject that joined them comes again: not a second time */
	core_add(&c, core_fact(&c, "component/1", 1, both), 5, 95);
	core_commit(&c);
	assert_int_equal(core_asset(&c, "AST-2"), 2);
	core_end(&c);
}

/* Keys that never were an asset of their own go to a new one; merging brings them back. */
void test_fold__a_split_makes_an_asset_and_a_merge_undoes_it(void **state)
{
	static const char *const both[] = { "mac:" MAC_A, "mac:" MAC_B, NULL };
	static const char *const theirs[] = { "mac:" MAC_B, "ip:10.7.0.3", NULL };
	static const char *const all[] = { "mac:" MAC_A, "mac:" MAC_B, "ip:10.7.0.3", NULL };
	struct identity_edge e = { .a = 1, .b = 2 };
	struct item act = { .type = ITEM_ACT };
	struct serve_draft d = { .edge = &e, .items = &act, .nitems = 1 };
	struct serve_done done;

	(void)state;
	core_begin(&c);
	core_add(&c, core_fact(&c, "component/1", 1, both), 0, 95);
	core_service(&c, MAC_B, "10.7.0.3", 23, "telnet", 1);
	core_service(&c, MAC_B, "10.7.0.3", 23, "telnet", 2);
	core_commit(&c);
	split(1, all, ERR_CONFLICT);
	assert_int_equal(split(1, theirs, 0).asset, 2);
	core_again(&c);
	assert_int_equal(core_asset(&c, "10.7.0.3"), 2);
	assert_int_equal(services(1), 0);
	assert_int_equal(services(2), 1);
	assert_folds_alike(1);
	assert_folds_alike(2);
	assert_str(core_history(&c, 2), "split AST-1>AST-2 mac:" MAC_B " ip:10.7.0.3; telnet >unknown away");
	assert_int_equal(json_parse(c.a, S("{\"do\":\"asset.merge\"}"), &act.act, NULL), 0);
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	core_again(&c);
	assert_int_equal(core_asset(&c, "AST-2"), 1);
	assert_int_equal(services(1), 1);
	assert_folds_alike(1);
	core_service(&c, MAC_B, "10.7.0.3", 23, "telnet", 3600);
	core_commit(&c);
	assert_str(core_verdict(&c, 1), "fail ");
	core_end(&c);
}

static void name_owner(i64 seconds, const char *owner)
{
	static const char *const keys[] = { "mac:" MAC_A, NULL };
	struct fact_new *n = core_fact(&c, "owner/1", 7, keys);

	fact_set_str(n, "name", str_z(owner));
	core_add(&c, n, seconds, 97);
}

static const struct state_field *owner_of(const struct state *st, bool *ret_erased)
{
	struct state_cursor cur = state_values(st, kind_latest(S("owner")), serve_now(c.s));
	static struct state_value v;

	assert_true(state_next(&cur, &v));
	*ret_erased = v.erased;
	return state_field(&v, S("name"));
}

/* What is erased is gone from the row, leaves its trace there, and does not come back by folding or by a further sighting. */
void test_fold__erased_is_gone_and_known_to_be(void **state)
{
	struct store_part part[2] = { { 0 } };
	struct serve_draft d = { .erase = part, .nerase = 1, .basis = S("request") };
	struct serve_done first, done;
	struct store_items *groups;
	struct str packed;
	bool erased;
	size_t n;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	name_owner(1, "Sato Hanako");
	first = core_commit(&c);
	name_owner(2, "Sato Hanako");
	done = core_commit(&c);
	assert_int_equal(done.again, 1);
	assert_str(owner_of(core_state(&c, 1), &erased)->v.s, "Sato Hanako");
	assert_false(erased);
	assert_int_equal(store_items_at(c.s->st, c.a, first.seq, &groups, &n), 0);
	part[0] = (struct store_part){ first.seq, (u32)(groups[0].salts.n / 32) - 1 };
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	for (int i = 0; i < 2; i++) {
		assert_null(owner_of(core_state(&c, 1), &erased));
		assert_true(erased);
		packed = core_packed(&c, 1);
		for (size_t k = 0; k + 4 <= packed.n; k++) {
			assert_memory_not_equal(packed.p + k, "Sato", 4);
		}
		core_again(&c);
	}
	/* erased whole: nobody can tell what it was, only that there was something */
	assert_false(state_lost(core_state(&c, 1)));
	part[0] = (struct store_part){ first.seq, 0 };
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	assert_true(state_lost(core_state(&c, 1)));
	assert_str(core_verdict(&c, 1), "unknown erased");
	/* seen again: known again */
	name_owner(5, "Tanaka");
	core_commit(&c);
	assert_str(owner_of(core_state(&c, 1), &erased)->v.s, "Tanaka");
	core_end(&c);
}

/* What stands in the row of AST-1. */
static void put_state(struct str state)
{
	struct store_asset row;

	assert_int_equal(store_get_state(c.s->st, c.a, 1, &row), 0);
	row.state = state;
	assert_int_equal(store_commit(c.s->st, &(struct store_batch){ .assets = &row, .nassets = 1 }, NULL), 0);
}

/* A row that another version of the program packed is folded again from the facts. */
void test_fold__a_row_of_another_version_is_folded_again(void **state)
{
	struct store_asset row;
	struct state *st;
	size_t was;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	core_commit(&c);
	was = core_packed(&c, 1).n;
	put_state(S("KST0 of long ago"));
	core_again(&c);
	assert_str(core_claims(&c, 1), "mac:" MAC_A " 0-, ip:10.7.0.2 0-");
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 1);
	core_commit(&c);
	assert_int_equal(core_packed(&c, 1).n, was);
	/* damage is no other version */
	put_state(str_sub(core_packed(&c, 1), 0, 40));
	assert_int_equal(serve_state(c.s, c.a, 1, &st, &row), ERR_INTEGRITY);
	core_end(&c);
}

/* Time alone: the address is given up after its lease, the answer expires, without anyone asking; history says so. */
void test_fold__time_alone_changes_answers(void **state)
{
	u64 size;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 0);
	core_commit(&c);
	size = serve_size(c.s);
	assert_int_equal(serve_due(c.s), 0);
	assert_true(c.s->due.ms > serve_now(c.s).ms);
	assert_str(core_history(&c, 1), "telnet >fail ");
	core_later(&c, 2 * 86400);
	assert_int_equal(core_asset(&c, "10.7.0.2"), 1);
	assert_int_equal(serve_due(c.s), 0);
	assert_str(core_history(&c, 1), "telnet >fail ; telnet fail>unknown away");
	assert_int_equal(core_asset(&c, "10.7.0.2"), 0);
	core_later(&c, 40 * 86400);
	core_again(&c);
	assert_int_equal(serve_due(c.s), 0);
	assert_int_equal(c.s->due.ms, 0);
	assert_str(core_history(&c, 1), "telnet >fail ; telnet fail>unknown away");
	assert_int_equal(serve_size(c.s), size);	/* views are not in the log */
	core_end(&c);
}

void test_fold__an_answer_expires(void **state)
{
	struct store_object lab = { .type = S("network"), .id = S("lab"), .body = S("{\"id\":\"lab\",\"lease\":3900000}") };
	struct store_change *rows;
	size_t n;

	(void)state;
	core_begin(&c);
	assert_int_equal(serve_act(c.s, c.a, S("{\"do\":\"network.put\"}"), NULL, 0, &lab, 1, NULL), 0);
	core_host(&c, MAC_A, "10.7.0.2", 0);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 0);
	core_commit(&c);
	core_later(&c, 29 * 86400);
	assert_int_equal(serve_due(c.s), 0);
	assert_str(core_history(&c, 1), "telnet >fail ");
	core_later(&c, 86400);
	core_again(&c);			/* nobody looked while core was not running */
	assert_int_equal(serve_due(c.s), 0);
	assert_str(core_history(&c, 1), "telnet >fail ; telnet fail>unknown expired");
	assert_str(core_verdict(&c, 1), "unknown expired");
	assert_int_equal(store_changes_of(c.s->st, c.a, 1, 0, 9, &rows, &n), 0);
	assert_int_equal(rows[1].seq, serve_size(c.s) - 1);
	assert_true(rows[1].at.ms > rows[0].at.ms + 29 * DAY_MS);
	/* seen again, it fails again */
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 30 * 86400);
	core_commit(&c);
	assert_str(core_history(&c, 1), "telnet >fail ; telnet fail>unknown expired; telnet unknown>fail ");
	core_end(&c);
}

/* An asset that cannot be judged does not keep the others waiting, and is tried again later. */
void test_fold__one_bad_row_does_not_stop_the_queue(void **state)
{
	(void)state;
	core_begin(&c);
	core_service(&c, MAC_A, "10.7.0.2", 23, "telnet", 0);
	core_service(&c, MAC_B, "10.7.0.3", 23, "telnet", 0);
	core_commit(&c);
	put_state(str_sub(core_packed(&c, 1), 0, 40));
	core_later(&c, 2 * 86400);
	c.s->due_known = false;
	assert_int_equal(serve_due(c.s), 0);
	assert_str(core_history(&c, 1), "telnet >fail ");
	assert_str(core_history(&c, 2), "telnet >fail ; telnet fail>unknown away");
	assert_true(c.s->due.ms > serve_now(c.s).ms);
	core_end(&c);
}
