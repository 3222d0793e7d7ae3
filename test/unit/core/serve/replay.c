/* What was known before entry N, folded again, is what was known then; recorded verdicts come out again, and a changed one is found. */
#include "serve_test.h"

#include "core/serve/replay_int.h"

#include <sqlite3.h>

#define MAC1 "00:16:3e:00:00:0a"
#define MAC2 "00:16:3e:00:00:0b"

static struct core c;

static struct replay *replayed(u64 end, bool compare)
{
	struct store_entry *e;
	struct replay *p;
	size_t n;
	int r;

	assert_int_equal(store_get_entries(c.s->st, c.a, end - 1, 1, &e, &n), 0);
	assert_int_equal(replay_new(c.s, end, compare ? serve_now(c.s) : e[0].at, compare, &p), 0);
	while ((r = replay_step(p)) == 0 && p->next < p->end) {
	}
	if (r != 0) {
		fail_msg("entry %ju: %s (%s)", (uintmax_t)p->next, err_text(r), store_why(p->s->st));
	}
	return p;
}

struct outcome {
	u64 wrong, unsure, changes, verdicts;
	size_t said;
};

static struct outcome check(void)
{
	struct replay *p = replayed(serve_size(c.s), true);
	struct outcome o;
	bool over = false;

	while (!over) {
		assert_int_equal(replay_rows(p, &over), 0);
	}
	assert_int_equal(replay_result(p, c.a), p->wrong == 0 ? 0 : ERR_INTEGRITY);
	o = (struct outcome){ p->wrong, p->unsure, p->changes, p->verdicts, p->said.n };
	replay_free(p);
	return o;
}

/* Every asset of both: what is known, whose keys, what is answered. */
static struct str known(struct serve *s, struct arena *a)
{
	struct buf b = buf_new(a, 0);
	u64 next;

	assert_int_equal(store_next_asset(s->st, &next), 0);
	for (u64 id = 1; id < next; id++) {
		struct store_verdict v = { 0 };
		struct store_asset row;
		struct claims claims;

		if (store_get_state(s->st, a, id, &row) != 0) {
			buf_printf(&b, "%ju -\n", (uintmax_t)id);
			continue;
		}
		(void)!store_get_verdict(s->st, a, id, &v);
		assert_int_equal(claims_of_asset(s, a, id, &claims), 0);
		buf_printf(&b, "%ju into %ju in %.*s seq %ju name %.*s with %.*s: %.*s %zu claims ", (uintmax_t)id, (uintmax_t)row.merged_into,
			STRF(row.zone), (uintmax_t)row.seq, STRF(row.name), STRF(row.text[0]), STRF(v.body), claims.n);
		buf_str(&b, str_hex(a, row.state.p, row.state.n));
		buf_z(&b, "\n");
	}
	assert_int_equal(buf_done(&b), 0);
	return buf_view(&b);
}

static void act(struct serve_draft *d, struct str json, const struct str *personal, size_t npersonal)
{
	struct item *it = arena_alloc(c.a, sizeof *it);
	struct serve_done done;

	*it = (struct item){ .type = ITEM_ACT, .personal = personal, .npersonal = npersonal };
	assert_int_equal(json_parse(c.a, json, &it->act, NULL), 0);
	d->items = it;
	d->nitems = 1;
	assert_int_equal(serve_commit(c.s, d, &done), 0);
}

static void merge(u64 x, u64 y)
{
	struct identity_edge e = { .a = x < y ? x : y, .b = x < y ? y : x };
	struct serve_draft d = { .edge = &e };

	act(&d, str_printf(c.a, "{\"do\":\"asset.merge\",\"from\":\"AST-%ju\",\"into\":\"AST-%ju\"}", (uintmax_t)y, (uintmax_t)x), NULL, 0);
}

static void split(u64 from, const char *key)
{
	static const struct str personal[] = { { "keys", 4 } };
	struct fact_key k;
	struct serve_draft d = { .split = &k, .nsplit = 1, .split_from = from };

	assert_int_equal(fact_key_parse(str_z(key), &k), 0);
	act(&d, str_printf(c.a, "{\"asset\":\"AST-%ju\",\"do\":\"asset.split\",\"keys\":[\"%s\"]}", (uintmax_t)from, key), personal, 1);
}

static void erase(struct str what, struct str field)
{
	struct arena *a = arena_new(NULL, 0);
	struct store_part parts[64];
	size_t n = 0;
	struct store_items *groups;
	size_t ngroups;
	struct serve_draft d = { .basis = S("law"), .erase = parts };
	struct serve_done done;
	u64 asset = core_asset(&c, str_c(a, what));

	/* all parts of all items of the asset, or of its owner's name alone */
	assert_int_equal(serve_groups(c.s, a, asset, &groups, &ngroups), 0);
	for (size_t i = 0; i < ngroups; i++) {
		struct store_items g;
		struct item *items;
		struct rd rd;
		u32 part;

		assert_int_equal(store_get_item(c.s->st, a, groups[i].seq, groups[i].first, &g), 0);
		items = arena_alloc(a, g.n * sizeof *items);
		assert_int_equal(items_read(a, &g, items), 0);
		rd = rd_str(g.body);
		part = g.part;
		for (u32 k = 0; k < g.n; k++) {
			struct packed p;

			assert_int_equal(unpack_item(a, &rd, &p), 0);
			for (u32 x = 0; x < p.parts.n; x++, part++) {
				if (field.n == 0 || x > 0) {
					parts[n++] = (struct store_part){ g.seq, part };
				}
			}
		}
	}
	d.nerase = n;
	d.forget_assets = &asset;
	d.nforget_assets = field.n == 0 ? 1 : 0;
	assert_true(n > 0 && n < countof(parts));
	assert_int_equal(serve_commit(c.s, &d, &done), 0);
	arena_free(a);
}

/* Through the store's own file layer, so that pages still have their checksums: as somebody would who has this program's source. */
static void tamper(const char *sql)
{
	char *why = NULL;
	sqlite3 *db;

	serve_close(c.s);
	assert_int_equal(sqlite3_open_v2("korobanu.db", &db, SQLITE_OPEN_READWRITE, "korobanu"), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		fail_msg("%s: %s", sql, why);
	}
	assert_int_equal(sqlite3_changes(db), 1);
	sqlite3_close(db);
	c.s = NULL;
	core_again(&c);
}

/* A life: telnet found, gone, a merge by key, one by a person, a split, a move, time that ends things, restarts. */
static void live(void)
{
	const char *both[] = { "mac:" MAC1, "mac:" MAC2, "serial:acme|x|1", NULL };

	core_host(&c, MAC1, "10.7.0.2", 0);
	core_host(&c, MAC2, "10.7.0.3", 0);
	core_service(&c, MAC1, "10.7.0.2", 23, "telnet", 1);
	(void)core_commit(&c);
	core_later(&c, 60);
	core_service(&c, MAC2, "10.7.0.3", 80, "http", 61);
	core_service(&c, MAC1, "10.7.0.2", 23, "telnet", 62);
	(void)core_commit(&c);
	core_again(&c);
	merge(core_asset(&c, "10.7.0.2"), core_asset(&c, "10.7.0.3"));
	core_later(&c, 60);
	split(1, "mac:" MAC2);
	core_later(&c, 86400 * 40);
	assert_int_equal(serve_due(c.s), 0);
	core_host(&c, MAC1, "10.7.0.3", 86400 * 40);
	core_service(&c, MAC1, "10.7.0.3", 23, "ssh", 86400 * 40);
	(void)core_commit(&c);
	core_later(&c, 86400 * 40);
	assert_int_equal(serve_due(c.s), 0);
	core_add(&c, ({ struct fact_new *n = core_fact(&c, "address/1", 1, both); fact_set_str(n, "addr", S("10.7.0.9"));
		fact_set_bool(n, "onlink", true); n; }), 86400 * 80, 100);
	(void)core_commit(&c);
}

void test_replay__recorded_verdicts_come_out_again(void **state)
{
	struct outcome o;
	struct replay *p;

	(void)state;
	core_begin(&c);
	live();
	o = check();
	assert_int_equal(o.wrong, 0);
	assert_int_equal(o.unsure, 0);
	assert_true(o.changes >= 6);
	assert_true(o.verdicts >= 2);
	p = replayed(serve_size(c.s), false);
	assert_true(str_eq(known(c.s, c.a), known(p->s, c.a)));
	replay_free(p);
	core_end(&c);
}

/* Each of these is one row; the file keeps its checksums. */
void test_replay__a_tampered_verdict_is_found(void **state)
{
	static const char *const lies[] = {
		"UPDATE change SET becomes = 'pass' WHERE id = (SELECT MIN(id) FROM change WHERE becomes = 'fail')",
		"UPDATE change SET reason = 'silent' WHERE id = (SELECT MIN(id) FROM change WHERE measure = 'telnet')",
		"UPDATE change SET asset = 2 WHERE id = (SELECT MIN(id) FROM change WHERE becomes = 'fail')",
		"UPDATE change SET seq = seq + 1 WHERE id = (SELECT MIN(id) FROM change WHERE becomes = 'fail')",
		"DELETE FROM change WHERE id = (SELECT MIN(id) FROM change WHERE becomes = 'fail')",
		"UPDATE change SET at = at - 3000000000 WHERE id = (SELECT MIN(id) FROM change WHERE reason = 'expired')",
		"UPDATE change SET at = at - 5000000000 WHERE id = (SELECT MIN(id) FROM change WHERE reason = 'expired')",
		"DELETE FROM change WHERE id = (SELECT MIN(id) FROM change WHERE reason = 'expired')",
		"INSERT INTO change SELECT MAX(id) + 1, 1, 'telnet', 'unknown', 'pass', '', MAX(seq), MAX(at) FROM change",
		"INSERT INTO change SELECT MAX(id) + 1, 77, 'telnet', 'unknown', 'pass', '', MAX(seq), MAX(at) FROM change",
		"UPDATE verdict SET body = CAST('pass ' AS BLOB) WHERE asset = 1",
		"DELETE FROM verdict WHERE asset = 1",
		"INSERT INTO verdict VALUES (78, 1, CAST('pass ' AS BLOB))",
	};

	(void)state;
	for (size_t i = 0; i < countof(lies); i++) {
		core_begin(&c);
		live();
		assert_int_equal(check().wrong, 0);
		tamper(lies[i]);
		if (check().wrong == 0) {
			fail_msg("not found: %s", lies[i]);
		}
		core_end(&c);
	}
}

/* What was erased cannot be reached again, and that is nobody's fault; a lie about somebody else still is. */
void test_replay__what_was_erased_is_no_error(void **state)
{
	struct outcome o;

	(void)state;
	core_begin(&c);
	core_host(&c, MAC1, "10.7.0.2", 0);
	core_host(&c, MAC2, "10.7.0.3", 0);
	core_service(&c, MAC1, "10.7.0.2", 23, "telnet", 1);
	core_service(&c, MAC2, "10.7.0.3", 23, "telnet", 1);
	(void)core_commit(&c);
	core_later(&c, 60);
	erase(S("10.7.0.2"), S(""));
	core_later(&c, 60);
	core_host(&c, MAC1, "10.7.0.2", 130);		/* the same device again: somebody new */
	core_service(&c, MAC1, "10.7.0.2", 23, "telnet", 130);
	(void)core_commit(&c);
	o = check();
	assert_int_equal(o.wrong, 0);
	assert_int_equal(o.said, 1);
	core_end(&c);
}

/* Random lives: after each entry what is known is written down, and asked for again at the end. */
void test_replay__any_past_is_what_it_was(void **state)
{
	static const char *const macs[] = { MAC1, MAC2, "00:16:3e:00:00:0c" };
	static const char *const ips[] = { "10.7.0.2", "10.7.0.3", "10.7.0.4" };
	static const char *const names[] = { "telnet", "http", "ssh" };

	(void)state;
	unit_seed(20261121);
	for (int round = 0; round < 6; round++) {
		struct arena *a = arena_new(NULL, 0);
		struct str was[64];
		u64 from;
		i64 now = 0;

		core_begin(&c);
		from = serve_size(c.s);
		for (int i = 0; i < 14; i++) {
			u64 x = core_asset(&c, ips[unit_rnd(3)]), y = core_asset(&c, ips[unit_rnd(3)]);
			struct claims claims;

			now += 1 + unit_rnd(4000);
			core_later(&c, 5000);
			switch (unit_rnd(6)) {
			case 0:
				if (x != 0 && y != 0 && x != y) {
					merge(x, y);
				}
				break;
			case 1:
				if (x != 0 && claims_of_asset(c.s, a, x, &claims) == 0 && claims.n > 3) {
					const struct claim *k = &claims.p[unit_rnd((u32)claims.n)];

					if (k->until.ms == 0) {
						split(x, str_c(a, str_printf(a, "%s:%.*s", fact_key_type_name(k->type), STRF(k->value))));
					}
				}
				break;
			default:
				for (u32 k = 0; k <= unit_rnd(4); k++) {
					u32 h = unit_rnd(3);

					core_host(&c, macs[h], ips[unit_rnd(3)], now - unit_rnd(600));
					core_service(&c, macs[unit_rnd(3)], ips[h], 22 + (int)unit_rnd(2), names[unit_rnd(3)], now - unit_rnd(600));
				}
				(void)core_commit(&c);
			}
			if (serve_size(c.s) > from) {
				must(serve_size(c.s) < countof(was));
				was[serve_size(c.s)] = known(c.s, a);
				from = serve_size(c.s);
			}
		}
		for (u64 end = 2; end <= from; end++) {
			struct replay *p = replayed(end, false);
			struct str then = known(p->s, a);

			if (!str_eq(then, was[end])) {
				fail_msg("round %d, before entry %ju:\n%.*s\ninstead of\n%.*s", round, (uintmax_t)end, STRF(then), STRF(was[end]));
			}
			replay_free(p);
		}
		assert_int_equal(check().wrong, 0);
		core_end(&c);
		arena_free(a);
	}
}

/* A newer program looks for something else. Each verdict is held against the rule of its time; the log says which that was. */
void test_replay__each_verdict_by_the_rule_of_its_time(void **state)
{
	struct replay *p;
	struct outcome o;
	u64 then;

	(void)state;
	core_begin(&c);
	core_rule(&c, "telnet", "one");
	core_host(&c, MAC1, "10.7.0.2", 0);
	core_service(&c, MAC1, "10.7.0.2", 23, "telnet", 1);
	(void)core_commit(&c);
	then = serve_size(c.s);
	core_rule(&c, "http", "two");
	core_later(&c, 60);
	core_service(&c, MAC1, "10.7.0.2", 80, "http", 61);
	core_host(&c, MAC2, "10.7.0.3", 61);
	core_service(&c, MAC2, "10.7.0.3", 23, "telnet", 61);
	(void)core_commit(&c);
	assert_true(str_eq(core_verdict(&c, core_asset(&c, "10.7.0.3")), S("unknown current")));
	core_again(&c);
	core_later(&c, 60);
	core_service(&c, MAC1, "10.7.0.2", 80, "http", 121);
	(void)core_commit(&c);
	assert_true(str_eq(core_history(&c, 1), S("telnet >fail ")));
	o = check();
	assert_int_equal(o.wrong, 0);
	assert_int_equal(o.unsure, 0);
	p = replayed(then, false);
	assert_true(str_eq(*(struct str *)p->s->ctx, S("telnet")));
	replay_free(p);
	p = replayed(serve_size(c.s), false);
	assert_true(str_eq(*(struct str *)p->s->ctx, S("http")));
	replay_free(p);
	/* the text of then is asked for under its hash */
	tamper("UPDATE rule_text SET body = CAST('ftp' AS BLOB) WHERE CAST(body AS TEXT) = 'telnet'");
	assert_int_equal(replay_new(c.s, serve_size(c.s), serve_now(c.s), true, &p), ERR_INTEGRITY);
	core_end(&c);
}

/* What the next entry would bring of texts. */
static size_t brings(void)
{
	struct store_batch b = { 0 };

	texts_put(c.s, &b);
	return b.ntexts;
}

static size_t kept(void)
{
	struct store_text *t;
	size_t n;

	assert_int_equal(store_list_texts(c.s->st, c.a, S("rule"), &t, &n), 0);
	return n;
}

/* Texts come with the entry that names their set, and not again: not with the next one, and not after a restart. */
void test_replay__texts_come_once(void **state)
{
	(void)state;
	core_begin(&c);
	core_rule(&c, "telnet", "one");
	assert_int_equal(brings(), 2);
	core_host(&c, MAC1, "10.7.0.2", 0);
	(void)core_commit(&c);
	assert_int_equal(kept(), 1);
	assert_int_equal(brings(), 0);
	core_again(&c);
	assert_int_equal(brings(), 2);	/* nobody has looked yet */
	core_host(&c, MAC2, "10.7.0.3", 1);
	(void)core_commit(&c);
	assert_int_equal(brings(), 0);
	assert_int_equal(kept(), 1);
	core_rule(&c, "http", "two");
	core_host(&c, MAC1, "10.7.0.4", 2);
	(void)core_commit(&c);
	assert_int_equal(kept(), 2);	/* the earlier one stays: past answers rest on it */
	assert_int_equal(brings(), 0);
	core_end(&c);
}

/* What another program judged, by means this one does not have, is neither confirmed nor refuted. */
void test_replay__foreign_rules_decide_nothing(void **state)
{
	struct outcome o;

	(void)state;
	core_begin(&c);
	core_rule(&c, "http", "foreign");
	core_host(&c, MAC1, "10.7.0.2", 0);
	core_service(&c, MAC1, "10.7.0.2", 80, "http", 1);
	(void)core_commit(&c);
	core_rule(&c, "telnet", "two");
	core_later(&c, 60);
	core_service(&c, MAC1, "10.7.0.2", 23, "telnet", 61);
	(void)core_commit(&c);
	o = check();
	assert_int_equal(o.wrong, 0);
	assert_true(o.unsure >= 1);
	core_end(&c);
}
