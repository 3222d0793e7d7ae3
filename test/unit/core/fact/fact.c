#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fact/fact.h"

static struct arena *a;

static struct buf slurp(const char *name, const char *suffix)
{
	struct buf b = buf_new(a, 0);
	char piece[4096];
	FILE *f = fopen(str_printf(a, "%s/test/golden/fact/%s.%s", SOURCE_ROOT, name, suffix).p, "rb");
	size_t n;

	while (f != NULL && (n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_bytes(&b, piece, n);
	if (f != NULL)
		fclose(f);
	return b;
}

/* Each line of NAME.in gives: what strict and lenient reading say, then the canonical bytes and id, or the errors. */
static void golden(const char *name)
{
	struct buf in, want, got;
	struct str rest;

	a = arena_new(NULL, 0);
	in = slurp(name, "in");
	want = slurp(name, "out");
	got = buf_new(a, 0);
	rest = buf_view(&in);
	assert_true(rest.n > 0);
	while (rest.n > 0) {
		struct str line = str_cut(&rest, '\n');
		struct errlist errs = {0};
		struct fact f;
		int strict = fact_parse(a, line, FACT_STRICT, &f, NULL), r;

		r = fact_parse(a, line, FACT_LENIENT, &f, &errs);
		buf_printf(&got, "strict %s, lenient %s\n", err_name(strict), err_name(r));
		if (r == 0) {
			struct fact_id id = fact_id(&f);

			fact_write(&got, &f);
			buf_printf(&got, "\n%.*s\n", STRF(str_hex(a, id.b, 32)));
		}
		for (size_t i = 0; i < errs.n; i++)
			buf_printf(&got, "  %s: %s\n", err_name(errs.p[i].code), errs.p[i].text);
		assert_true((r == 0) == (errs.n == 0));
	}
	if (getenv("UPDATE") != NULL) {
		FILE *f = fopen(str_printf(a, "%s/test/golden/fact/%s.out", SOURCE_ROOT, name).p, "wb");

		assert_non_null(f);
		assert_int_equal(fwrite(got.p, 1, got.n, f), got.n);
		fclose(f);
	} else if (!str_eq(buf_view(&got), buf_view(&want))) {
		fail_msg("%s.out differs; got:\n%.*s", name, STRF(buf_view(&got)));
	}
	arena_free(a);
}

void test_fact__good_ones_are_as_in_the_golden_file(void **state)
{
	(void)state;
	golden("good");
}

void test_fact__bad_ones_are_refused_as_in_the_golden_file(void **state)
{
	(void)state;
	golden("bad");
}

static struct fact telnet(void)
{
	struct fact_new *n = fact_new(a, S("lab"), S("service/1"), 1, S("scan.telnet/1"));
	struct str not[] = { S("ssh"), S("http") };
	struct fact f;

	fact_key(n, KEY_MAC, S("00:16:3E:00:00:02"));
	fact_key(n, KEY_IP, S("10.7.0.2"));
	fact_set_str(n, "addr", S("10.7.0.2"));
	fact_set_int(n, "port", 23);
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "name", S("telnet"));
	fact_set_bool(n, "plain", true);
	fact_set_strs(n, "not", not, 2);
	fact_set_str(n, "prompt", S("login"));
	assert_int_equal(fact_finish(n, &f, NULL), 0);
	return f;
}

void test_fact__builder_writes_canonical_bytes(void **state)
{
	struct buf b;
	struct fact f, back;

	(void)state;
	a = arena_new(NULL, 0);
	b = buf_new(a, 0);
	f = telnet();
	fact_write(&b, &f);
	assert_str(buf_view(&b), "{\"kind\":\"service/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\",\"port\":23,"
	    "\"proto\":\"tcp\"},\"source\":\"scan.telnet/1\",\"subject\":[\"ip:10.7.0.2\",\"mac:00:16:3e:00:00:02\"],"
	    "\"value\":{\"name\":\"telnet\",\"not\":[\"http\",\"ssh\"],\"plain\":true,\"prompt\":\"login\"},\"vantage\":\"v1\"}");
	assert_int_equal(fact_parse(a, buf_view(&b), FACT_STRICT, &back, NULL), 0);
	assert_memory_equal(fact_id(&f).b, fact_id(&back).b, 32);
	assert_int_equal(fact_place(&back, S("port"))->i, 23);
	assert_null(fact_value(&back, S("version")));
	assert_str(fact_key_of(&back, KEY_IP)->value, "10.7.0.2");
	assert_null(fact_key_of(&back, KEY_SERIAL));
	assert_false(fact_personal(&back));
	arena_free(a);
}

void test_fact__builder_keeps_errors_to_the_end(void **state)
{
	struct fact_new *n;
	struct errlist errs = {0};
	struct fact f = {0};

	(void)state;
	a = arena_new(NULL, 0);
	n = fact_new(a, S("lab"), S("service/1"), 1, S("s/1"));
	fact_key(n, KEY_IP, S("nonsense"));
	fact_set_int(n, "port", -1);
	fact_set_int(n, "name", 5);
	fact_set_str(n, "colour", S("red"));
	fact_set_str(n, "version", S("1"));
	fact_set_str(n, "version", S("2"));
	assert_int_equal(fact_finish(n, &f, &errs), ERR_SYNTAX);
	assert_int_equal(errs.n, 5);
	assert_int_equal(errs.p[1].code, ERR_RANGE);
	assert_int_equal(errs.p[4].code, ERR_DUP);
	assert_null(f.kind);
	n = fact_new(a, S("lab"), S("radio/1"), 1, S("s/1"));
	fact_set_int(n, "x", 1);
	assert_int_equal(fact_finish(n, &f, NULL), ERR_UNKNOWN);
	arena_free(a);
}

void test_fact__strict_wants_every_byte(void **state)
{
	struct buf b;
	struct fact f, g;

	(void)state;
	a = arena_new(NULL, 0);
	b = buf_new(a, 0);
	f = telnet();
	fact_write(&b, &f);
	for (size_t i = 0; i < b.n; i++) {
		struct buf with = buf_new(a, 0);

		buf_bytes(&with, b.p, i);
		buf_u8(&with, ' ');
		buf_bytes(&with, b.p + i, b.n - i);
		if (fact_parse(a, buf_view(&with), FACT_STRICT, &g, NULL) == 0)
			assert_int_not_equal(memcmp(fact_id(&g).b, fact_id(&f).b, 32), 0);	/* inside a text */
		assert_int_not_equal(fact_parse(a, str_of(b.p, i), FACT_STRICT, &g, NULL), 0);
	}
	arena_free(a);
}

void test_fact__limits(void **state)
{
	struct fact_new *n;
	struct fact f;
	char *big;

	(void)state;
	a = arena_new(NULL, 0);
	big = arena_alloc(a, 4096);
	memset(big, 'x', 4096);
	n = fact_new(a, S("lab"), S("use/1"), 7, S("s/1"));
	fact_key(n, KEY_ID, S("a"));
	fact_set_str(n, "text", str_of(big, 2048));
	assert_int_equal(fact_finish(n, &f, NULL), 0);
	n = fact_new(a, S("lab"), S("use/1"), 7, S("s/1"));
	fact_key(n, KEY_ID, S("a"));
	fact_set_str(n, "text", str_of(big, 2049));
	assert_int_equal(fact_finish(n, &f, NULL), ERR_LIMIT);
	n = fact_new(a, S("lab"), S("use/1"), 7, S("s/1"));
	for (int i = 0; i < 17; i++)
		fact_key(n, KEY_NAME, str_printf(a, "n%d", i));
	assert_int_equal(fact_finish(n, &f, NULL), ERR_LIMIT);
	n = fact_new(a, S("lab"), S("use/1"), 7, S("s/1"));
	for (int i = 0; i < 16; i++)
		fact_key(n, KEY_ID, str_printf(a, "%d%.*s", i, 505, big));
	fact_set_str(n, "text", str_of(big, 2048));
	assert_int_equal(fact_finish(n, &f, NULL), ERR_LIMIT);
	arena_free(a);
}

void test_fact__addresses(void **state)
{
	static const struct { const char *in, *out; } good[] = {
		{ "10.0.0.1", "10.0.0.1" }, { "255.109.90.0", "255.109.90.0" }, { "FE80::1", "fe80::1" }, { "0:0:0:0:0:0:0:0", "::" }, { "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ "1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0" }, { "0:0:0:1::", "0:0:0:1::" }, { "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, { "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::" },
	};
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "fe80::1%0", "::1::", "12345::", "x", "10.0.0.1 " };
	struct str got;

	(void)state;
	a = arena_new(NULL, 0);
	for (size_t i = 0; i < countof(good); i++) {
		assert_int_equal(fact_addr(a, str_z(good[i].in), &got), 0);
		assert_str(got, good[i].out);
		assert_true(fact_addr_canonical(got));
		assert_int_equal(fact_addr_canonical(str_z(good[i].in)), strcmp(good[i].in, good[i].out) == 0);
	}
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(fact_addr(a, str_z(bad[i]), &got), ERR_SYNTAX);
	assert_true(fact_mac_global(S("00:16:3e:00:00:02")));
	assert_false(fact_mac_global(S("02:16:3e:00:00:02")));
	assert_false(fact_mac_global(S("01:00:5e:00:00:01")));
	assert_false(fact_mac_global(S("00:00:00:00:00:00")));
	assert_int_equal(fact_mac(a, S("00-16:3e-00-00-02"), &got), ERR_SYNTAX);
	assert_int_equal(fact_mac(a, S("00163e000002"), &got), ERR_SYNTAX);
	arena_free(a);
}

void test_fact__sighting_reads_and_writes(void **state)
{
	static const char good[] = "{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"dropped\":true,\"evidence\":[1,3],"
	    "\"qod\":95,\"run\":\"SCN-1\",\"state\":\"factory\"}";
	static const char *const bad[] = {
		"{}", "[]", "{\"at\":\"2026-11-21T01:15:02Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"\",\"state\":\"unknown\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S4\",\"evidence\":[],\"qod\":95,\"run\":\"\",\"state\":\"unknown\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[3,1],\"qod\":95,\"run\":\"\",\"state\":\"unknown\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":101,\"run\":\"\",\"state\":\"unknown\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"a b\",\"state\":\"unknown\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"\",\"state\":\"odd\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"dropped\":false,\"evidence\":[],\"qod\":95,\"run\":\"\",\"state\":\"unknown\"}",
		"{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"\",\"state\":\"unknown\",\"x\":1}",
	};
	struct buf b;
	struct seen s;

	(void)state;
	a = arena_new(NULL, 0);
	b = buf_new(a, 0);
	assert_int_equal(seen_parse(a, str_z(good), FACT_STRICT, &s, NULL), 0);
	assert_int_equal(s.nevidence, 2);
	assert_int_equal(s.state, SEEN_FACTORY);
	seen_write(&b, &s);
	assert_str(buf_view(&b), good);
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_not_equal(seen_parse(a, str_z(bad[i]), FACT_STRICT, &s, NULL), 0);
	arena_free(a);
}

void test_fact__clock_ahead_is_flagged(void **state)
{
	struct seen s = { .at = { .ms = 1000000 + SEEN_CLOCK_AHEAD_MS } };

	(void)state;
	assert_false(seen_clock_bad(&s, (struct utc){ .ms = 1000000 }));
	assert_true(seen_clock_bad(&s, (struct utc){ .ms = 999999 }));
	assert_int_equal(seen_fresh(&s, (struct utc){ .ms = 1000000 }).ms, 1000000);
	assert_int_equal(seen_fresh(&s, (struct utc){ .ms = 9000000 }).ms, s.at.ms);
}

/* A kind that the table does not have in version 2: the port moves from a text to the place it always was. */
static int to_running_2(struct arena *arena, const struct fact *old, struct fact *ret)
{
	const struct fact_value *state = fact_value(old, S("state"));

	if (state == NULL)
		return 0;
	ret->value = arena_alloc(arena, sizeof *ret->value);
	*ret->value = (struct fact_field){ .def = &ret->kind->fields[0], .name = S("on"),
		.v = { .type = KIND_BOOL, .i = str_eq(state->s, S("running")) } };
	ret->nvalue = 1;
	return 0;
}

void test_fact__upgrade_keeps_subject_and_id(void **state)
{
	static const struct kind_field fields[] = { { .name = "on", .type = KIND_BOOL, .en = "on", .ja = "on" } };
	static const struct kind two = { .name = "running", .version = 2, .fields = fields, .n = 1, .upgrade = to_running_2 };
	static const struct kind three = { .name = "running", .version = 3, .fields = fields, .n = 1 };
	struct fact_new *n;
	struct fact f, up;
	struct fact_id before, after;

	(void)state;
	a = arena_new(NULL, 0);
	n = fact_new(a, S("lab"), S("running/1"), 7, S("s/1"));
	fact_key(n, KEY_ID, S("a"));
	fact_set_str(n, "state", S("running"));
	assert_int_equal(fact_finish(n, &f, NULL), 0);
	before = fact_id(&f);
	assert_int_equal(fact_upgrade_to(a, &f, &two, &up), 0);
	assert_int_equal(up.kind_version, 2);
	assert_int_equal(fact_value(&up, S("on"))->i, 1);
	assert_int_equal(up.nkeys, 1);
	after = fact_id(&f);
	assert_int_equal(fact_id_cmp(&before, &after), 0);
	assert_int_equal(fact_upgrade_to(a, &f, &three, &up), ERR_UNSUPPORTED);
	assert_int_equal(fact_upgrade_to(a, &f, kind_latest(S("use")), &up), ERR_ARG);
	assert_int_equal(fact_upgrade(a, &f, &up), 0);
	assert_ptr_equal(up.kind, f.kind);
	arena_free(a);
}

/* Whatever the fact and whatever it becomes: the old one keeps its bytes and its id, the new one its subject. */
void test_fact__upgrade_keeps_any_id(void **state)
{
	static const struct kind_field fields[] = { { .name = "on", .type = KIND_BOOL, .en = "on", .ja = "on" } };
	static const struct kind two = { .name = "running", .version = 2, .fields = fields, .n = 1, .upgrade = to_running_2 };
	static const char *const words[] = { "running", "standby", "stopped" };

	(void)state;
	unit_seed(20261121);
	for (int round = 0; round < 500; round++) {
		struct buf before, after;
		struct fact_id id, same;
		struct fact_new *n;
		struct fact f, up;

		a = arena_new(NULL, 0);
		n = fact_new(a, str_printf(a, "n%u", unit_rnd(9)), S("running/1"), 1 + (int)unit_rnd(7),
			str_printf(a, "s%u/1", unit_rnd(9)));
		for (u32 i = 0; i <= unit_rnd(4); i++) {
			fact_key(n, KEY_ID, str_printf(a, "k%u", unit_rnd(1000)));
		}
		fact_key(n, KEY_IP, str_printf(a, "10.7.0.%u", unit_rnd(256)));
		fact_set_str(n, "state", str_z(words[unit_rnd(3)]));
		if (fact_finish(n, &f, NULL) != 0) {	/* the same key twice */
			arena_free(a);
			continue;
		}
		before = buf_new(a, 0);
		after = buf_new(a, 0);
		fact_write(&before, &f);
		id = fact_id(&f);
		assert_int_equal(fact_upgrade_to(a, &f, &two, &up), 0);
		same = fact_id(&f);
		fact_write(&after, &f);
		assert_int_equal(fact_id_cmp(&id, &same), 0);
		assert_true(str_eq(buf_view(&before), buf_view(&after)));
		assert_int_equal(up.nkeys, f.nkeys);
		for (size_t i = 0; i < f.nkeys; i++) {
			assert_true(up.keys[i].type == f.keys[i].type && str_eq(up.keys[i].value, f.keys[i].value));
		}
		assert_true(str_eq(up.network, f.network) && str_eq(up.source, f.source) && up.vantage == f.vantage);
		arena_free(a);
	}
}
