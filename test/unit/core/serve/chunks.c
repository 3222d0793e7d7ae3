/* Chunks that arrived together: one entry, each answered for itself. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "core/serve/serve_int.h"

struct bed {
	struct arena *a;
	struct serve *s;
	char dir[64];
};

static void up(struct bed *b)
{
	static const struct serve_parts parts;

	*b = (struct bed){ .a = arena_new(NULL, 0), .dir = "/tmp/korobanu-chunks-XXXXXX" };
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

static struct chunk_in chunk(struct bed *b, const char *run, u32 n, const char *network, int facts,
	const char *progress)
{
	struct chunk_item items[32];
	struct chunk c = { .run = str_z(run), .n = n, .items = items, .nitems = (size_t)facts, .progress =
		str_z(progress) };
	struct buf body = buf_new(b->a, 0);
	struct chunk_in in;

	for (int i = 0; i < facts; i++) {
		items[i] = (struct chunk_item){ .type = CHUNK_FACT,
			.head = str_printf(b->a,
			"{\"kind\":\"host/1\",\"network\":\"%s\",\"place\":{\"addr\":\"10.7.%u.%d\"},"
				"\"source\":\"scan/1\",\"subject\":[\"ip:10.7.%u.%d\"],\"value\":{\"alive\":true},\"vantage\":\"v1\"}",
				network, (unsigned)n, i, (unsigned)n, i),
			.body = S("{\"at\":\"2026-11-01T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"R\","
				"\"state\":\"unknown\"}") };
	}
	chunk_write(&body, &c);
	assert_int_equal(chunk_take(b->a, buf_view(&body), &in), 0);
	assert_int_equal(in.facts, facts);
	return in;
}

static u64 assets(struct bed *b)
{
	u64 n;

	assert_int_equal(store_count_assets(b->s->st, &n), 0);
	return n;
}

void test_chunks__together_are_one_entry(void **state)
{
	struct bed b;
	u64 size;

	(void)state;
	up(&b);
	size = b.s->head.size;
	struct chunk_in in[] = { chunk(&b, "R", 0, "lab", 3, "a"), chunk(&b, "R", 1, "lab", 4, "b"),
		chunk(&b, "Q", 2, "lab", 1, "c") };
	chunks_put(b.s, in, countof(in));
	for (size_t i = 0; i < countof(in); i++) {
		assert_int_equal(in[i].r, 0);
	}
	assert_int_equal(b.s->head.size, size + 1);
	assert_int_equal(assets(&b), 8);

	struct store_entry *e;
	struct store_object o;
	size_t n;

	assert_int_equal(store_get_entries(b.s->st, b.a, size, 1, &e, &n), 0);
	assert_true(str_find(e->envelope, str_hex(b.a, in[1].id.p, in[1].id.n)) < 0);	/* the run would be guessed from it */
	assert_true(str_find(e->envelope, S("\"type\":\"batch\"")) >= 0);
	for (size_t i = 0; i < countof(in); i++) {
		bool there;

		assert_int_equal(store_has_chunk(b.s->st, in[i].id, &there, NULL), 0);
		assert_true(there);
	}
	/* what the chunks of one run said stands one behind the other */
	assert_int_equal(store_get_object(b.s->st, b.a, S("progress"), S("R"), &o), 0);
	assert_true(str_eq(o.body, str_of("\0\0\0\2ab", 6)));
	assert_int_equal(store_get_object(b.s->st, b.a, S("progress"), S("Q"), &o), 0);
	assert_true(str_eq(o.body, str_of("\0\0\0\3c", 5)));
	down(&b);
}

/* More chunks than an envelope could once name: one entry, and no empty chunk makes it an act. */
void test_chunks__many_are_one_entry(void **state)
{
	enum { N = 1024 };
	struct chunk_in *in;
	struct store_entry *e;
	struct bed b;
	size_t n;
	u64 size;

	(void)state;
	up(&b);
	size = b.s->head.size;
	in = arena_alloc(b.a, N * sizeof *in);
	for (u32 i = 0; i < N; i++) {
		in[i] = chunk(&b, "R", i, "lab", 0, "p");
	}
	chunks_put(b.s, in, N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(in[i].r, 0);
	}
	assert_int_equal(b.s->head.size, size + 1);
	assert_int_equal(store_get_entries(b.s->st, b.a, size, 1, &e, &n), 0);
	assert_true(str_find(e->envelope, S("\"type\":\"batch\"")) >= 0);
	assert_true(e->envelope.n < 400);
	assert_int_equal(serve_check(b.s, NULL, b.a), 0);
	down(&b);
}

void test_chunks__twice_is_once(void **state)
{
	struct bed b;
	u64 size;

	(void)state;
	up(&b);
	size = b.s->head.size;
	struct chunk_in one[] = { chunk(&b, "R", 0, "lab", 3, ""), chunk(&b, "R", 0, "lab", 3, "") };
	chunks_put(b.s, one, 2);
	assert_int_equal(one[0].r, 0);
	assert_int_equal(one[1].r, 0);
	assert_int_equal(b.s->head.size, size + 1);
	assert_int_equal(assets(&b), 3);
	struct chunk_in again[] = { chunk(&b, "R", 0, "lab", 3, ""), chunk(&b, "R", 1, "lab", 2, "") };
	chunks_put(b.s, again, 2);
	assert_int_equal(again[0].r, 0);
	assert_int_equal(again[1].r, 0);
	assert_int_equal(b.s->head.size, size + 2);
	assert_int_equal(assets(&b), 5);
	struct chunk_in known = chunk(&b, "R", 1, "lab", 2, "");
	chunks_put(b.s, &known, 1);
	assert_int_equal(known.r, 0);
	assert_int_equal(b.s->head.size, size + 2);
	down(&b);
}

void test_chunks__a_bad_fact_is_left_out_alone(void **state)
{
	struct bed b;

	(void)state;
	up(&b);
	struct chunk_in in[] = { chunk(&b, "R", 0, "lab", 3, ""), chunk(&b, "R", 1, "LAB", 2, ""),
		chunk(&b, "R", 2, "lab", 2, "") };
	chunks_put(b.s, in, countof(in));
	for (size_t i = 0; i < countof(in); i++) {
		assert_int_equal(in[i].r, 0);
	}
	assert_int_equal(assets(&b), 5);
	down(&b);
}

void test_chunks__a_zone_an_entry(void **state)
{
	struct bed b;
	u64 size;

	(void)state;
	up(&b);
	const struct store_object nets[] = {
		{ .type = S("network"), .id = S("lab"), .zone = S("tokyo"), .body = S("{}") },
		{ .type = S("network"), .id = S("plant"), .zone = S("osaka"), .body = S("{}") },
	};
	assert_int_equal(serve_act(b.s, b.a, S("{\"do\":\"test\"}"), NULL, 0, nets, 2, NULL), 0);
	size = b.s->head.size;
	struct chunk_in in[] = { chunk(&b, "R", 0, "lab", 3, ""), chunk(&b, "R", 1, "plant", 2, ""),
		chunk(&b, "R", 2, "plant", 2, "") };
	chunks_put(b.s, in, countof(in));
	for (size_t i = 0; i < countof(in); i++) {
		assert_int_equal(in[i].r, 0);
	}
	assert_int_equal(b.s->head.size, size + 2);

	struct store_asset row;

	assert_int_equal(store_get_asset(b.s->st, b.a, 1, &row), 0);
	assert_str(row.zone, "tokyo");
	assert_int_equal(store_get_asset(b.s->st, b.a, 4, &row), 0);
	assert_str(row.zone, "osaka");
	down(&b);
}

void test_chunks__what_cannot_be_committed_says_so(void **state)
{
	struct bed b;

	(void)state;
	up(&b);
	struct chunk_in in[] = { chunk(&b, "R", 0, "lab", 3, ""), chunk(&b, "R", 1, "lab", 2, "") };
	b.s->head.size++;		/* the store's head is another: every commit fails */
	chunks_put(b.s, in, countof(in));
	b.s->head.size--;
	for (size_t i = 0; i < countof(in); i++) {
		assert_int_not_equal(in[i].r, 0);
		assert_true(in[i].why[0] != '\0');
	}
	assert_int_equal(assets(&b), 0);
	chunks_put(b.s, in, countof(in));	/* nothing is left behind by the attempt */
	assert_int_equal(in[0].r, 0);
	assert_int_equal(in[1].r, 0);
	assert_int_equal(assets(&b), 5);
	down(&b);
}

/* Items of one chunk by hand: evidence with its kind and bytes, or a fact whose sighting names `evidence`. */
static struct chunk_in mixed(struct bed *b, u32 n, const char *kind, struct str bytes, const char *evidence)
{
	struct chunk_item items[2] = { { .type = CHUNK_EVIDENCE, .head = str_z(kind), .body = bytes },
		{ .type = CHUNK_FACT, .head = str_printf(b->a, "{\"kind\":\"host/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.9.0.%u\"},"
			"\"source\":\"scan/1\",\"subject\":[\"ip:10.9.0.%u\"],\"value\":{\"alive\":true},\"vantage\":\"v1\"}", n, n),
		  .body = str_printf(b->a, "{\"at\":\"2026-11-01T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":%s,\"qod\":95,\"run\":\"R\","
			"\"state\":\"unknown\"}", evidence) } };
	struct chunk c = { .run = S("E"), .n = n, .items = items, .nitems = 2 };
	struct buf body = buf_new(b->a, 0);
	struct chunk_in in;

	chunk_write(&body, &c);
	assert_int_equal(chunk_take(b->a, buf_view(&body), &in), 0);
	return in;
}

static struct item fact_of(struct bed *b, u64 seq, u32 index)
{
	struct item it;
	struct utc at;

	assert_int_equal(serve_item(b->s, b->a, seq, index, &it, &at), 0);
	return it;
}

/* Evidence that cannot be kept is left out; what names it stays and says so. A fact is no evidence. */
void test_chunks__evidence_never_takes_its_fact_with_it(void **state)
{
	struct bed b;
	struct chunk_in in;
	u64 seq;

	(void)state;
	up(&b);
	in = mixed(&b, 1, "banner", S("login:"), "[0]");
	chunks_put(b.s, &in, 1);
	seq = b.s->head.size - 1;
	assert_int_equal(fact_of(&b, seq, 0).type, ITEM_EVIDENCE);
	assert_int_equal(fact_of(&b, seq, 1).seen.nevidence, 1);
	assert_false(fact_of(&b, seq, 1).seen.dropped);
	in = mixed(&b, 2, "no kind", S("login:"), "[0]");		/* malformed: the item, not the chunk */
	chunks_put(b.s, &in, 1);
	assert_int_equal(in.r, 0);
	assert_true(fact_of(&b, ++seq, 0).seen.dropped);
	assert_int_equal(fact_of(&b, seq, 0).seen.nevidence, 0);
	in = mixed(&b, 3, "banner", S(""), "[0]");
	chunks_put(b.s, &in, 1);
	assert_true(fact_of(&b, ++seq, 0).seen.dropped);
	b.s->quota_run = 10;						/* six are used */
	in = mixed(&b, 4, "banner", S("login:"), "[0]");
	chunks_put(b.s, &in, 1);
	assert_true(fact_of(&b, ++seq, 0).seen.dropped);
	b.s->quota_run = 12;
	b.s->quota_zone = 11;
	in = mixed(&b, 5, "banner", S("login:"), "[0]");
	chunks_put(b.s, &in, 1);
	assert_true(fact_of(&b, ++seq, 0).seen.dropped);
	b.s->quota_zone = 12;
	in = mixed(&b, 6, "banner", S("login:"), "[0]");
	chunks_put(b.s, &in, 1);
	assert_false(fact_of(&b, ++seq, 1).seen.dropped);
	assert_int_equal(assets(&b), 6);
	in = mixed(&b, 7, "banner", S("x"), "[1]");			/* itself, a fact */
	chunks_put(b.s, &in, 1);
	assert_int_equal(in.r, 0);
	assert_int_equal(assets(&b), 6);
	assert_int_equal(serve_check(b.s, NULL, b.a), 0);
	down(&b);
}

/* Bytes that never came in pieces, and a hash that is none. */
void test_chunks__evidence_that_did_not_arrive(void **state)
{
	struct bed b;
	struct chunk_in in;

	(void)state;
	up(&b);
	in = mixed(&b, 1, "photo", S("login:"), "[0]");
	in.c.items[0].type = CHUNK_EVIDENCE_FILE;
	chunks_put(b.s, &in, 1);
	assert_int_equal(in.r, 0);
	assert_true(fact_of(&b, b.s->head.size - 1, 0).seen.dropped);
	down(&b);
}

/* ---- what the sensor of a run may say ---- */

struct claim_of {
	const char *network, *source, *subject, *addr, *vantage, *run;
	i64 late;			/* observed so long after now, ms */
	bool taken;
	const char *class;	/* NULL: S1 */
};

static void open_run(struct bed *b, const char *id, const char *state)
{
	const struct store_object run = { .type = S("run"), .id = str_z(id), .body = str_printf(b->a, "{\"network\":\"lab\",\"state\":\"%s\","
		"\"targets\":[\"10.7.0.0/24\",\"2001:db8::/64\"],\"vantage\":\"v3\"}", state) };

	assert_int_equal(serve_act(b->s, b->a, S("{\"do\":\"test\"}"), NULL, 0, &run, 1, NULL), 0);
}

static struct chunk_in claimed(struct bed *b, u32 n, const struct claim_of *c)
{
	struct chunk_item item = { .type = CHUNK_FACT };
	struct chunk chunk = { .run = S("SCN-1"), .n = n, .items = &item, .nitems = 1 };
	struct buf body = buf_new(b->a, 0);
	struct chunk_in in;

	item.head = str_printf(b->a, "{\"kind\":\"host/1\",\"network\":\"%s\",\"place\":{\"addr\":\"%s\"},\"source\":\"%s\",\"subject\":[%s],"
		"\"value\":{\"alive\":true},\"vantage\":\"%s\"}", c->network, c->addr, c->source, c->subject, c->vantage);
	item.body = str_printf(b->a, "{\"at\":\"%.*s\",\"class\":\"%s\",\"evidence\":[],\"qod\":95,\"run\":\"%s\",\"state\":\"unknown\"}",
		STRF(utc_text(b->a, (struct utc){ utc_now().ms + c->late })), c->class != NULL ? c->class : "S1", c->run);
	chunk_write(&body, &chunk);
	assert_int_equal(chunk_take(b->a, buf_view(&body), &in), 0);
	in.since = utc_now();
	return in;
}

/* Each differs from what is taken in one thing: what a taken-over parse would have to say to speak of others. */
void test_chunks__a_run_speaks_of_its_own_targets(void **state)
{
	enum { MINUTE = 60000 };
#define IP4 "\"ip:10.7.0.5\"", "10.7.0.5"
	static const struct claim_of claims[] = {
		{ "lab", "scan.look/1", IP4, "v1", "SCN-1", 0, true },
		{ "lab", "scan.look/1", IP4, "v2", "SCN-1", 0, true },
		{ "lab", "scan.look/1", IP4, "v3", "SCN-1", 0, true },
		{ "lab", "scan.look/1", IP4, "v4", "SCN-1", 0, false },
		{ "lab", "scan.look/1", IP4, "v5", "SCN-1", 0, false },
		{ "lab", "scan.look/1", IP4, "v7", "SCN-1", 0, false },
		{ "plant", "scan.look/1", IP4, "v1", "SCN-1", 0, false },
		{ "lab", "person/1", IP4, "v1", "SCN-1", 0, false },
		{ "lab", "import.x/1", IP4, "v1", "SCN-1", 0, false },
		{ "lab", "scan.look/1", IP4, "v1", "SCN-2", 0, false },
		{ "lab", "scan.look/1", IP4, "v1", "", 0, false },
		{ "lab", "scan.look/1", IP4, "v1", "SCN-1", 4 * MINUTE, true },
		{ "lab", "scan.look/1", IP4, "v1", "SCN-1", 6 * MINUTE, false },
		{ "lab", "scan.look/1", IP4, "v1", "SCN-1", -4 * MINUTE, true },
		{ "lab", "scan.look/1", IP4, "v1", "SCN-1", -6 * MINUTE, false },
		{ "lab", "scan.look/1", "\"ip:10.7.1.5\"", "10.7.1.5", "v1", "SCN-1", 0, false },
		{ "lab", "scan.look/1", "\"ip:10.7.0.5\"", "10.7.1.5", "v1", "SCN-1", 0, false },
		{ "lab", "scan.look/1", "\"ip:10.7.0.5\",\"ip:10.7.1.5\"", "10.7.0.5", "v1", "SCN-1", 0, false },
		{ "lab", "scan.look/1", "\"ip:2001:db8::5\"", "2001:db8::5", "v2", "SCN-1", 0, true },
		{ "lab", "scan.look/1", "\"ip:2001:db9::5\"", "2001:db9::5", "v2", "SCN-1", 0, false },
		{ "lab", "scan.look/1", "\"ip:2001:db9::5\",\"mac:00:16:3e:00:00:05\"", "2001:db9::5", "v1", "SCN-1", 0, true },
		/* the class is the source's, not the sighting's word: no less, and no more than a scope allows */
		{ "lab", "scan.look/1", IP4, "v1", "SCN-1", 0, false, "S0" },
		{ "lab", "scan.telnet/1", IP4, "v1", "SCN-1", 0, false, "S0" },
		{ "lab", "scan.of-tomorrow/1", IP4, "v1", "SCN-1", 0, false, "S0" },
		{ "lab", "scan.of-tomorrow/1", IP4, "v1", "SCN-1", 0, true, "S1" },
		{ "lab", "scan.telnet/1", IP4, "v1", "SCN-1", 0, false, "S2" },
		{ "lab", "scan.telnet/1", IP4, "v1", "SCN-1", 0, false, "S3" },
	};
	struct bed b;
	size_t n;

	(void)state;
	up(&b);
	open_run(&b, "SCN-1", "running");
	for (size_t i = 0; i < countof(claims); i++) {
		struct chunk_in in = claimed(&b, (u32)i, &claims[i]);
		struct store_items *groups;

		chunks_put(b.s, &in, 1);
		assert_int_equal(in.r, 0);	/* the rest of a chunk is kept, and what it did is done */
		assert_int_equal(store_items_at(b.s->st, b.a, b.s->head.first + b.s->head.size - 1, &groups, &n), 0);
		if (n != claims[i].taken) {
			fail_msg("claim %zu was %s", i, n != 0 ? "taken" : "refused");
		}
	}
	down(&b);
}

void test_chunks__a_run_has_one_sender(void **state)
{
	struct conn one = { 0 }, two = { 0 }, *conns[] = { &one, &two };
	struct serve_reply first, second;
	struct bed b;

	(void)state;
	up(&b);
	b.s->conns.p = conns;
	b.s->conns.n = 2;
	first = (struct serve_reply){ .s = b.s, .to = &one };
	second = (struct serve_reply){ .s = b.s, .to = &two };
	assert_false(run_bound(&one, S("SCN-1")));
	assert_false(run_bound(&one, S("")));
	assert_int_equal(run_bind(&first, S("SCN-1")), 0);
	assert_true(run_bound(&one, S("SCN-1")));
	assert_false(run_bound(&one, S("SCN-2")));	/* a run to come */
	assert_false(run_bound(&one, S("SCN-")));
	assert_false(run_bound(&two, S("SCN-1")));
	assert_int_equal(run_bind(&second, S("SCN-1")), ERR_BUSY);
	assert_int_equal(run_bind(&first, S("SCN-1")), 0);
	run_unbind(&first, S("SCN-2"));
	assert_true(run_bound(&one, S("SCN-1")));
	run_unbind(&first, S("SCN-1"));
	assert_false(run_bound(&one, S("SCN-1")));
	assert_int_equal(run_bind(&second, S("SCN-1")), 0);
	two.closing = true;				/* its command was killed: another takes the run up */
	assert_int_equal(run_bind(&first, S("SCN-1")), 0);
	b.s->conns.n = 0;
	down(&b);
}

void test_chunks__limits_of_a_run(void **state)
{
	struct run_limits l;
	struct bed b;

	(void)state;
	up(&b);
	open_run(&b, "SCN-1", "running");
	open_run(&b, "SCN-2", "finished");
	assert_true(run_limits(b.s, b.a, S("SCN-1"), (struct utc){ 0 }).open);
	assert_false(run_limits(b.s, b.a, S("SCN-2"), (struct utc){ 0 }).open);
	assert_false(run_limits(b.s, b.a, S("SCN-3"), (struct utc){ 0 }).open);
	l = run_limits(b.s, b.a, S("SCN-1"), (struct utc){ 0 });
	assert_int_equal(l.ntargets, 2);
	assert_int_equal(l.vantage, 3);
	assert_int_equal(l.from.ms, 0);
	down(&b);
}

static struct chunk_in parts(struct bed *b, u32 n, const char *name, const char *body)
{
	struct chunk_item item = { .type = CHUNK_PART, .head = str_z(name), .body = str_z(body) };
	struct chunk c = { .run = S("R"), .n = n, .items = &item, .nitems = 1 };
	struct buf text = buf_new(b->a, 0);
	struct chunk_in in = { 0 };

	chunk_write(&text, &c);
	in.r = chunk_take(b->a, buf_view(&text), &in);
	return in;
}

/* How far a run is makes no entry; the last part of a name stands, and an empty one takes it away. */
void test_chunks__parts_are_kept_beside_the_run(void **state)
{
	struct store_object o;
	struct bed b;
	u64 size;

	(void)state;
	up(&b);
	size = b.s->head.size;
	struct chunk_in in[] = { parts(&b, 0, "10.7.0.2", "one"), parts(&b, 1, "fe80::1", "six"), parts(&b, 2, "10.7.0.2", "two") };
	chunks_put(b.s, in, countof(in));
	for (size_t i = 0; i < countof(in); i++) {
		assert_int_equal(in[i].r, 0);
	}
	assert_int_equal(b.s->head.size, size);
	assert_int_equal(store_get_object(b.s->st, b.a, S("part"), S("R/10.7.0.2"), &o), 0);
	assert_true(str_eq(o.body, S("two")));
	assert_int_equal(store_get_object(b.s->st, b.a, S("part"), S("R/fe80::1"), &o), 0);
	assert_int_equal(store_get_object(b.s->st, b.a, S("progress"), S("R"), &o), 0);
	assert_true(str_eq(o.body, str_of("\0\0\0\3", 4)));
	struct chunk_in gone[] = { chunk(&b, "R", 3, "lab", 2, "done"), parts(&b, 4, "10.7.0.2", "") };
	chunks_put(b.s, gone, countof(gone));
	assert_int_equal(gone[0].r, 0);
	assert_int_equal(gone[1].r, 0);
	assert_int_equal(b.s->head.size, size + 1);
	assert_int_equal(store_get_object(b.s->st, b.a, S("part"), S("R/10.7.0.2"), &o), ERR_NOTFOUND);
	assert_int_equal(serve_check(b.s, NULL, b.a), 0);
	/* a name is an address's text, and nothing that could leave its run */
	assert_int_equal(parts(&b, 5, "../x", "y").r, ERR_RANGE);
	assert_int_equal(parts(&b, 5, "", "y").r, ERR_RANGE);
	assert_int_equal(parts(&b, 5, "a/b", "y").r, ERR_RANGE);
	down(&b);
}
