/* Pages of an asset's items. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/serve/serve_int.h"

struct bed {
	struct arena *a;
	struct serve *s;
	char dir[64];
};

static void up(struct bed *b)
{
	static const struct serve_parts parts;

	*b = (struct bed){ .a = arena_new(NULL, 0), .dir = "/tmp/korobanu-items-XXXXXX" };
	assert_non_null(mkdtemp(b->dir));
	assert_int_equal(chdir(b->dir), 0);
	assert_int_equal(serve_open(b->a, &parts, &b->s), 0);
}

static void down(struct bed *b)
{
	char cmd[128];

	serve_close(b->s);
	arena_free(b->a);
	snprintf(cmd, sizeof cmd, "rm -rf '%s'", b->dir);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(system(cmd), 0);
}

static struct fact_new *fact(struct bed *b, const char *mac, const char *mac2, int port)
{
	struct fact_new *n = fact_new(b->a, S("lab"), S("port/1"), 1, S("test/1"));

	fact_key(n, KEY_MAC, str_z(mac));
	if (mac2 != NULL) {
		fact_key(n, KEY_MAC, str_z(mac2));
	}
	fact_set_str(n, "addr", S("10.7.0.2"));
	fact_set_int(n, "port", port);
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "reason", S("synack"));
	return n;
}

static void add(struct item *it, struct fact_new *n)
{
	*it = (struct item){ .type = ITEM_FACT, .seen = { .at = utc_now(), .class = 1, .qod = 95, .run = S("R") } };
	assert_int_equal(fact_finish(n, &it->fact, NULL), 0);
}

#define ONE "00:16:3e:00:00:02"
#define TWO "00:16:3e:00:00:03"

static u64 commit(struct bed *b, const struct item *items, size_t n)
{
	struct serve_draft d = { .items = items, .nitems = n };
	struct serve_done done;

	assert_int_equal(serve_commit(b->s, &d, &done), 0);
	return done.seq;
}

/* An entry in which two assets take turns: each has `groups` groups of one fact. */
static u64 turns(struct bed *b, size_t groups)
{
	struct item *items = arena_alloc(b->a, 2 * groups * sizeof *items);

	for (size_t i = 0; i < 2 * groups; i++) {
		add(&items[i], fact(b, i % 2 == 0 ? ONE : TWO, NULL, (int)i / 2 + 1));
	}
	return commit(b, items, 2 * groups);
}

void test_items__a_page_ends_between_entries(void **state)
{
	static const size_t groups[] = { 200, 100, 1, 700, 3 };
	u64 seq[countof(groups)], from = 0;
	size_t found[countof(groups)] = { 0 };
	struct bed b;

	(void)state;
	up(&b);
	for (size_t i = 0; i < countof(groups); i++) {
		seq[i] = turns(&b, groups[i]);
	}
	for (;;) {
		struct store_items *g;
		size_t n;

		assert_int_equal(items_page(b.s, b.a, 1, &from, &g, &n), 0);
		if (n == 0) {
			break;
		}
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < countof(groups); k++) {
				found[k] += g[i].seq == seq[k];
			}
		}
		assert_int_equal(from, g[n - 1].seq + 1);
	}
	for (size_t k = 0; k < countof(groups); k++) {
		assert_int_equal(found[k], groups[k]);
	}
	down(&b);
}

static size_t ports(struct bed *b, u64 asset)
{
	struct store_asset row;
	struct state_cursor c;
	struct state_value v;
	struct state *st;
	size_t n = 0;

	assert_int_equal(serve_state(b->s, b->a, asset, &st, &row), 0);
	for (c = state_values(st, kind_latest(S("port")), utc_now()); state_next(&c, &v);) {
		n++;
	}
	return n;
}

/* The merge folds both assets again, from the store and from what this entry brings. */
void test_items__a_merge_keeps_what_its_entry_brought(void **state)
{
	struct item items[3];
	struct bed b;

	(void)state;
	up(&b);
	add(&items[0], fact(&b, ONE, NULL, 1));
	add(&items[1], fact(&b, TWO, NULL, 2));
	commit(&b, items, 2);
	add(&items[0], fact(&b, ONE, NULL, 3));
	add(&items[1], fact(&b, TWO, NULL, 4));
	add(&items[2], fact(&b, ONE, TWO, 5));
	commit(&b, items, 3);
	assert_int_equal(ports(&b, 1), 5);
	down(&b);
}

static int erase(struct bed *b, const struct store_part *parts, size_t n)
{
	struct serve_draft d = { .erase = parts, .nerase = n, .basis = S("request") };
	struct serve_done done;

	return serve_commit(b->s, &d, &done);
}

static size_t roles(struct bed *b, u64 seq, char *ret)
{
	struct store_items *g;
	size_t n, k = 0;

	assert_int_equal(store_items_at(b->s->st, b->a, seq, &g, &n), 0);
	for (size_t i = 0; i < n; i++) {
		struct rd rd = rd_str(g[i].body);

		for (u32 j = 0; j < g[i].n; j++) {
			struct packed p;

			assert_int_equal(unpack_item(b->a, &rd, &p), 0);
			for (size_t m = 0; m < p.parts.n; m++) {
				ret[k++] = (char)packed_role(&p, m);
			}
		}
	}
	ret[k] = '\0';
	return k;
}

/* Evidence keeps neither hash nor size when its bytes go, and its place stays that of evidence. */
void test_items__erased_evidence_leaves_nothing(void **state)
{
	struct item items[3];
	struct store_evidence ev;
	struct bed b;
	char role[16];
	u64 seq;

	(void)state;
	up(&b);
	items[0] = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = S("banner"), .ev_bytes = S("SATO-TARO kitchen") };
	items[1] = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = S("banner"), .ev_bytes = S("other") };
	add(&items[2], fact(&b, ONE, NULL, 1));
	seq = commit(&b, items, 3);
	roles(&b, seq, role);
	assert_string_equal(role, "tetet");
	assert_int_equal(erase(&b, &(struct store_part){ seq, 1 }, 1), 0);
	assert_int_equal(store_get_evidence(b.s->st, b.a, seq, 0, &ev), 0);
	assert_int_equal(ev.place, STORE_ERASED);
	assert_int_equal(ev.size, 0);
	for (size_t i = 0; i < sizeof ev.sha; i++) {
		assert_int_equal(((const u8 *)&ev.sha)[i], 0);
	}
	assert_int_equal(erase(&b, &(struct store_part){ seq, 2 }, 1), ERR_ARG);	/* and its bytes? */
	assert_int_equal(erase(&b, (struct store_part[]){ { seq, 2 }, { seq, 3 } }, 2), 0);
	roles(&b, seq, role);
	assert_string_equal(role, "tetet");
	assert_int_equal(serve_check(b.s, NULL, b.a), 0);
	assert_int_equal(ports(&b, 1), 1);
	down(&b);
}

void test_items__acts_and_facts_are_not_one_entry(void **state)
{
	struct item items[2];
	struct serve_draft d = { .items = items, .nitems = 2 };
	struct serve_done done;
	struct bed b;

	(void)state;
	up(&b);
	add(&items[0], fact(&b, ONE, NULL, 1));
	items[1] = (struct item){ .type = ITEM_ACT };
	assert_int_equal(json_parse(b.a, S("{\"do\":\"test\"}"), &items[1].act, NULL), 0);
	assert_int_equal(serve_commit(b.s, &d, &done), ERR_ARG);
	d.nitems = 1;
	assert_int_equal(serve_commit(b.s, &d, &done), 0);
	d.erase = &(struct store_part){ done.seq, 0 };
	d.nerase = 1;
	d.basis = S("request");
	assert_int_equal(serve_commit(b.s, &d, &done), ERR_ARG);
	d.items = &items[1];
	assert_int_equal(serve_commit(b.s, &d, &done), 0);
	assert_int_equal(serve_check(b.s, NULL, b.a), 0);
	down(&b);
}
