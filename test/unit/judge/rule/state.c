/* Rules over the real state: facts are folded as they come from a scan, and read through the view of state.c. */
#include "unit.h"

#include "judge/rule/rule.h"

#include <string.h>

#define T0 1800000000000ll
#define IP4 "10.7.0.3"
#define IP6 "fe80::216:3eff:fe00:3"
/* Everything seen in the first 100 s is still fresh then, but not what counts as OLDER_MS older (age runs from the
 * earlier of observed and recorded; more than 5 minutes apart would be a wrong clock instead). */
#define NEARLY (30 * 86400 - 100)
#define OLDER_MS 240000
#define EXAMPLE "none(service where name in (\"telnet\",\"rlogin\",\"rsh\",\"rexec\") over tcp:1-65535 from v1 or v5)"

struct shot {
	struct fact f;
	struct seen seen;
	i64 recorded;
};

static struct arena *a;
static const struct lang_schema *schema;
static struct rule_scratch scratch;

static struct fact_new *begin_fact(const char *kind, int vantage, const char *addr)
{
	struct fact_new *n = fact_new(a, S("lab"), str_z(kind), vantage, S("scan/1"));

	fact_key(n, KEY_MAC, S("00:16:3e:00:00:03"));
	fact_key(n, KEY_IP, str_z(addr));
	return n;
}

static struct shot shot(struct fact_new *n, i64 seconds, u8 qod)
{
	struct shot s = { .seen = { .at = { .ms = T0 + seconds * 1000 }, .class = 1, .qod = qod, .run = S("R") },
		.recorded = T0 + seconds * 1000 + 500 };
	struct errlist errs = { 0 };

	if (fact_finish(n, &s.f, &errs) != 0) {
		fail_msg("%s", errs.p[0].text);
	}
	if (seconds > 50) {
		s.seen.run = S("R2");
	}
	return s;
}

static struct shot cover(
	const char *addr, int vantage, const char *what, const char *ports, const char *open, i64 at, u8 qod)
{
	static const struct str determined[] = { { "name", 4 }, { "not", 3 } };
	struct fact_new *n = begin_fact("coverage/1", vantage, addr);

	fact_set_str(n, "of", S("service"));
	fact_set_str(n, "addr", str_z(addr));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, what, str_z(ports));
	if (open != NULL) {
		fact_set_str(n, "open", str_z(open));
		fact_set_strs(n, "determined", determined, 2);
	}
	return shot(n, at, qod);
}

static struct shot lists(int vantage, bool ip6, i64 at, u8 qod)
{
	static const struct str both[] = { { "ip4", 3 }, { "ip6", 3 } };
	struct fact_new *n = begin_fact("coverage/1", vantage, IP4);

	fact_set_str(n, "of", S("address"));
	fact_set_strs(n, "families", both, ip6 ? 2 : 1);
	if (!ip6) {
		fact_set_bool(n, "silent6", true);
	}
	return shot(n, at, qod);
}

static struct shot service(const char *addr, int vantage, int port, const char *name, i64 at, u8 qod)
{
	struct fact_new *n = begin_fact("service/1", vantage, addr);

	fact_set_str(n, "addr", str_z(addr));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_int(n, "port", port);
	if (name != NULL) {
		fact_set_str(n, "name", str_z(name));
	}
	return shot(n, at, qod);
}

static const struct state_peer *others;	/* of the next verdict */
static size_t nothers;

static struct rule_verdict judge_rule(const struct shot *shots, size_t n, bool local, i64 seconds, const char *rule)
{
	struct arena *mine = arena_new(NULL, 0);
	struct state *st = state_new(mine);
	struct utc since = { .ms = T0 - 1000 }, last = { .ms = T0 + 86400000ll * 300 };
	struct claim claims[] = {
		{ .asset = 1,
			.network = S("lab"),
			.type = KEY_IP,
			.value = S(IP4),
			.strength = CLAIM_LEASE,
			.since = since,
			.last = last,
			.lease_ms = IDENTITY_LEASE_MS },
		{ .asset = 1,
			.network = S("lab"),
			.type = KEY_IP,
			.value = S(IP6),
			.strength = CLAIM_LEASE,
			.since = since,
			.last = last,
			.lease_ms = IDENTITY_LEASE_MS },
		{ .asset = 1,
			.network = S("lab"),
			.type = KEY_MAC,
			.value = S("00:16:3e:00:00:03"),
			.strength = CLAIM_LOCAL,
			.since = since,
			.last = last },
	};
	struct rule_state rs = { .state = st, .schema = schema, .now = { .ms = T0 + seconds * 1000 } };
	struct rule_facts f;
	const struct lang_expr *x;
	struct rule_verdict v;

	state_set_claims(st, claims, local ? 3 : 2);
	for (size_t i = 0; i < n; i++) {
		struct state_pos pos = { .seq = 7, .index = (u32)i + 1 };

		assert_int_equal(
			state_fold(st, &shots[i].f, &shots[i].seen, (struct utc){ .ms = shots[i].recorded }, pos, pos),
			0);
	}
	state_set_peers(st, others, nothers);
	f = rule_facts_of_state(&rs);
	assert_int_equal(lang_parse_rule(mine, str_z(rule), schema, &x, NULL), 0);
	rule_eval(x, &f, &scratch, NULL, &v);
	arena_free(mine);
	return v;
}

static struct rule_verdict judge(const struct shot *shots, size_t n)
{
	return judge_rule(shots, n, true, NEARLY, EXAMPLE);
}

static void begin(void)
{
	a = arena_new(NULL, 0);
	schema = lang_schema_facts(a);
}

/* The scan of the twin without telnet: 6 facts. */
static size_t clean_scan(struct shot *s)
{
	s[0] = lists(1, true, 1, 100);
	s[1] = service(IP4, 1, 80, "http", 2, 95);
	s[2] = cover(IP4, 1, "closed", "1-79,81-65535", "80", 3, 95);
	s[3] = cover(IP6, 1, "closed", "1-65535", NULL, 4, 95);
	return 4;
}

void test_state__the_real_table_loads(void **state)
{
	u16 at;

	(void)state;
	begin();
	assert_true(lang_schema_ok(schema));
	assert_non_null(lang_kind_get(schema, S("service"), &at));
	for (size_t i = 0; i < schema->kinds[at].nfields; i++) {
		assert_str(schema->kinds[at].fields[i].name, kind_latest(S("service"))->fields[i].name);
	}
	assert_non_null(lang_kind_get(schema, S("answers_all"), &at));
	assert_int_not_equal(lang_field_index(schema->kinds[at].fields, schema->kinds[at].nfields, S("ports")), -1);
	assert_non_null(lang_kind_get(schema, S("declared"), &at));
	assert_int_not_equal(lang_field_index(schema->kinds[at].fields, schema->kinds[at].nfields, S("services")), -1);
	arena_free(a);
}

void test_state__from_scan_to_verdict(void **state)
{
	struct shot s[8];
	struct rule_verdict v;
	size_t n;

	(void)state;
	begin();
	n = clean_scan(s);
	v = judge(s, n);
	assert_int_equal(v.v, TRI_TRUE);
	assert_int_equal(v.npos, 4);
	assert_true(v.next > T0 + NEARLY * 1000ll && v.next <= T0 + 30 * DAY_MS + 5000);
	/* 30 days and a little later it is no longer true */
	v = judge_rule(s, n, true, 31 * 86400, EXAMPLE);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(why_first(v.why), WHY_EXPIRED);
	v = judge_rule(s, n, false, 100, EXAMPLE);	/* leases alone */
	assert_int_equal(why_first(v.why), WHY_IDENTITY);
	/* telnet from any vantage */
	s[n] = service(IP6, 3, 23, "telnet", 5, 95);
	v = judge(s, n + 1);
	assert_int_equal(v.v, TRI_FALSE);
	assert_int_equal(v.pos[0].index, n + 1);
	s[n] = service(IP6, 3, 23, "telnet", 5, 50);
	v = judge(s, n + 1);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(why_first(v.why), WHY_SUSPECTED);
	s[n] = service(IP6, 1, 23, "telnet", 5, 95);
	v = judge(s, n + 1);
	assert_int_equal(v.v, TRI_FALSE);
	s[n + 1] = cover(IP6, 1, "closed", "1-65535", NULL, 60, 50);	/* a weaker one says closed: changes nothing */
	v = judge(s, n + 2);
	assert_int_equal(v.v, TRI_FALSE);
	s[n + 1] = cover(IP6, 1, "filtered", "23", NULL, 60, 95);	/* filtered ends nothing */
	v = judge(s, n + 2);
	assert_int_equal(v.v, TRI_FALSE);
	s[n + 1] = cover(IP6, 1, "closed", "1-65535", NULL, 60, 95);	/* stopped and scanned again */
	v = judge(s, n + 2);
	assert_int_equal(v.v, TRI_TRUE);
	arena_free(a);
}

void test_state__each_part_of_the_scan_is_needed(void **state)
{
	struct shot s[8], less[8];
	size_t n;

	(void)state;
	begin();
	n = clean_scan(s);
	for (size_t i = 0; i < n; i++) {
		size_t m = 0;

		for (size_t k = 0; k < n; k++) {
			if (k != i) {
				less[m++] = s[k];
			}
		}
		assert_int_equal(judge(less, m).v, TRI_UNKNOWN);
		memcpy(less, s, sizeof less);
		less[i].seen.qod = 69;
		assert_int_equal(judge(less, n).v, TRI_UNKNOWN);
		less[i].seen.qod = 70;
		assert_int_equal(judge(less, n).v, TRI_TRUE);
		less[i].recorded -= OLDER_MS;
		assert_int_equal(judge(less, n).v, TRI_UNKNOWN);
	}
	s[0] = lists(1, false, 1, 100);
	assert_int_equal(judge(s, n).why, WHY_SILENT);
	arena_free(a);
}

/* What rested on an erased field, or on a fact erased whole, is unknown, and says why. */
void test_state__erased_is_a_reason(void **state)
{
	struct rule_state rs = { .schema = schema };
	struct rule_facts f;
	const struct lang_expr *x;
	struct rule_verdict v;
	struct fact_new *n;
	struct shot s;

	(void)state;
	begin();
	n = begin_fact("owner/1", 7, IP4);
	fact_set_str(n, "unit", S("IT"));
	s = shot(n, 1, 95);
	rs = (struct rule_state){ .state = state_new(a), .schema = schema, .now = { T0 + 5000 } };
	assert_int_equal(lang_parse_rule(a, S("owner.name == \"Sato\""), schema, &x, NULL), 0);
	for (int round = 0; round < 3; round++) {
		static const u16 whys[] = { WHY_NOT_COVERED, WHY_ERASED, WHY_ERASED };
		struct state *st = state_new(a);
		struct state_pos pos = { 3, 1 };

		if (round < 2) {
			assert_int_equal(state_fold(st, &s.f, &s.seen, (struct utc){ s.recorded }, pos, pos), 0);
		}
		if (round > 0) {
			state_erase(st, round == 1 ? &s.f : NULL);
		}
		rs.state = st;
		f = rule_facts_of_state(&rs);
		rule_eval(x, &f, &scratch, NULL, &v);
		assert_int_equal(v.v, TRI_UNKNOWN);
		assert_true(v.why & whys[round]);
		assert_int_equal((v.why & WHY_ERASED) != 0, round != 0);
	}
	arena_free(a);
}

/* The history, for whoever has to understand a failure. */
static void show(const struct shot *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf b = buf_new(a, 0);

		fact_write(&b, &s[i].f);
		print_error("%zu: +%lld s qod %d %.*s\n", i, (long long)(s[i].seen.at.ms - T0) / 1000, s[i].seen.qod,
			STRF(buf_view(&b)));
	}
}


static struct shot random_shot(i64 at)
{
	static const char *const names[] = { "http", "ssh", "telnet", NULL };
	static const char *const closed[] = { "1-65535", "1-79,81-65535", "1-22,24-65535", "24-65535" };
	static const char *const trouble[] = { "filtered", "silent", "unfinished", "open" };
	const char *addr = unit_rnd(2) ? IP4 : IP6;
	int vantage = unit_rnd(4) == 0 ? 5 : 1;
	u32 which = unit_rnd(4);
	u8 qod = unit_rnd(5) == 0 ? 50 : 95;

	switch (unit_rnd(6)) {
	case 5:
		return cover(addr, vantage, trouble[which], unit_rnd(2) ? "23" : "80", NULL, at, unit_rnd(2) ? 50 : 95);
	case 0:
		return lists(vantage, unit_rnd(4) != 0, at, qod);
	case 1:
		return service(addr, vantage, unit_rnd(2) ? 80 : 23, names[unit_rnd(4)], at, qod);
	default:
		return cover(addr, vantage, "closed", closed[which], which == 1 && unit_rnd(2) ? "80" : NULL, at, qod);
	}
}

/* Random histories: lowering the quality or the freshness of any record never makes the rule true. */
void test_state__less_never_yields_a_pass(void **state)
{
	size_t truths = 0, falls = 0;

	(void)state;
	unit_seed(99);
	begin();
	for (size_t n = 0; n < 400; n++) {
		struct shot s[14], less[14];
		size_t count = clean_scan(s);
		enum tri before;

		for (size_t extra = unit_rnd(8); extra > 0; extra--) {
			s[count] = random_shot(5 + (i64)unit_rnd(90));
			s[count++].seen.run = str_printf(a, "R%zu", extra + 2);	/* each a run of its own */
		}
		before = judge(s, count).v;
		truths += before == TRI_TRUE;
		for (size_t k = 0; k < count; k++) {
			enum tri after;

			memcpy(less, s, sizeof less);
			less[k].seen.qod = 40;
			after = judge(less, count).v;
			if (before != TRI_TRUE && after == TRI_TRUE) {
				show(s, count);
				fail_msg("history %zu: weaker record %zu made it true", n, k);
			}
			falls += before == TRI_TRUE && after != TRI_TRUE;
			less[k] = s[k];
			less[k].recorded -= OLDER_MS;
			after = judge(less, count).v;
			if (before != TRI_TRUE && after == TRI_TRUE) {
				show(s, count);
				fail_msg("history %zu: older record %zu made it true", n, k);
			}
			falls += before == TRI_TRUE && after != TRI_TRUE;
		}
		if (n % 50 == 0) {
			arena_reset(a);
			schema = lang_schema_facts(a);
		}
	}
	print_message("# true %zu, lost %zu\n", truths, falls);
	assert_true(truths > 20 && falls > 20);
	arena_free(a);
}

/* The same over one port, where records meet: what is seen there changes its name, its quality and what was determined. */
void test_state__less_never_yields_a_pass_at_one_port(void **state)
{
	static const char *const names[] = { "http", "ssh", "telnet", NULL };
	static const char *const outcomes[] = { "closed", "filtered", "silent", "unfinished", "open" };
	size_t truths = 0, falls = 0;

	(void)state;
	unit_seed(99);
	begin();
	for (size_t n = 0; n < 4000; n++) {
		struct shot s[12], less[12];
		size_t count = clean_scan(s);
		enum tri before;

		for (size_t extra = 1 + unit_rnd(6); extra > 0; extra--) {
			i64 at = 5 + (i64)unit_rnd(90);
			u8 qod = unit_rnd(2) ? 50 : 95;
			u32 what = unit_rnd(8);

			s[count] = what < 5 ? service(IP4, 1, 80, names[unit_rnd(4)], at, qod) :
				what == 5 ? cover(IP4, 1, "closed", "1-79,81-65535", "80", at, qod) :
				cover(IP4, 1, outcomes[unit_rnd(5)], "80", NULL, at, qod);
			s[count++].seen.run = str_printf(a, "R%zu", extra);
		}
		before = judge(s, count).v;
		truths += before == TRI_TRUE;
		for (size_t k = 0; k < count; k++) {
			enum tri after;

			memcpy(less, s, sizeof less);
			less[k].seen.qod = 40;
			after = judge(less, count).v;
			falls += before == TRI_TRUE && after != TRI_TRUE;
			if (before != TRI_TRUE && after == TRI_TRUE) {
				show(s, count);
				fail_msg("history %zu: weaker record %zu made it true", n, k);
			}
		}
		if (n % 50 == 0) {
			arena_reset(a);
			schema = lang_schema_facts(a);
		}
	}
	print_message("# true %zu, lost %zu\n", truths, falls);
	assert_true(truths > 50 && falls > 50);
	arena_free(a);
}

/* A later look that is not good enough to decide takes the older one's word away, whatever trouble it found. */
void test_state__a_weak_look_that_found_trouble_is_suspected(void **state)
{
	static const char *const trouble[] = { "filtered", "silent", "open" };
	struct rule_verdict v;
	struct shot s[8];
	size_t n;

	(void)state;
	begin();
	n = clean_scan(s);
	for (size_t i = 0; i < countof(trouble); i++) {
		s[n] = cover(IP4, 1, trouble[i], "23", NULL, 60, 50);
		v = judge(s, n + 1);
		assert_int_equal(v.v, TRI_UNKNOWN);
		assert_int_equal(why_first(v.why), WHY_SUSPECTED);
		s[n + 1] = cover(IP4, 1, "closed", "23", NULL, 70, 50);		/* a weak denial answers nothing */
		assert_int_equal(judge(s, n + 2).v, TRI_UNKNOWN);
		s[n + 1].seen.qod = 95;
		assert_int_equal(judge(s, n + 2).v, TRI_TRUE);
	}
	s[n] = cover(IP4, 1, "unfinished", "23", NULL, 60, 50);
	assert_int_equal(judge(s, n + 1).v, TRI_TRUE);
	s[n] = cover(IP4, 1, "closed", "23", NULL, 60, 50);
	assert_int_equal(judge(s, n + 1).v, TRI_TRUE);
	arena_free(a);
}

/* A suspicion about a name is not answered by a later weak fact, nor by one that leaves the name out. */
void test_state__a_suspected_name_stands_until_answered(void **state)
{
	struct shot s[8];
	size_t n;

	(void)state;
	begin();
	n = clean_scan(s);
	s[n] = service(IP4, 1, 80, "telnet", 10, 50);
	assert_int_equal(judge(s, n + 1).v, TRI_UNKNOWN);
	s[n + 1] = service(IP4, 1, 80, "http", 20, 50);
	assert_int_equal(why_first(judge(s, n + 2).why), WHY_SUSPECTED);
	s[n + 1] = service(IP4, 1, 80, NULL, 20, 95);
	assert_int_equal(why_first(judge(s, n + 2).why), WHY_SUSPECTED);
	s[n + 1] = service(IP4, 1, 80, "http", 20, 95);
	assert_int_equal(judge(s, n + 2).v, TRI_TRUE);
	arena_free(a);
}

/* Another that holds the same key fails the rule; nobody known passes it never. */
void test_state__a_shared_key(void **state)
{
	static const char rule[] = "none(key where shared(fingerprint) over tcp:1-65535 from v1)";
	const struct kind *k = kind_latest(S("key"));
	struct state_peer peer = { .kind = k, .field = kind_field(k, S("fingerprint")), .value = S("aa11"), .asset = 9,
		.fact = { 3, 4 } };
	struct fact_new *n;
	struct rule_verdict v;
	struct shot s[8];
	size_t at;

	(void)state;
	begin();
	at = clean_scan(s);
	n = begin_fact("key/1", 1, IP4);
	fact_set_str(n, "addr", S(IP4));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_int(n, "port", 80);
	fact_set_str(n, "type", S("hostkey"));
	fact_set_str(n, "fingerprint", S("aa11"));
	s[at++] = shot(n, 5, 90);
	v = judge_rule(s, at, true, 100, rule);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_true(v.why & WHY_NOT_COVERED);
	others = &peer;
	nothers = 1;
	v = judge_rule(s, at, true, 100, rule);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(why_first(v.why), WHY_IDENTITY);
	peer.apart = true;
	assert_int_equal(judge_rule(s, at, true, 100, rule).v, TRI_FALSE);
	s[at - 1].seen.qod = 50;	/* a weak look decides nothing */
	assert_int_equal(judge_rule(s, at, true, 100, rule).v, TRI_UNKNOWN);
	s[at - 1].seen.qod = 90;
	peer.value = S("bb22");
	assert_int_equal(judge_rule(s, at, true, 100, rule).v, TRI_UNKNOWN);
	others = NULL;
	nothers = 0;
	arena_free(a);
}

/* Rows of the table in doc/rules.md, "Places by name": of each name its version ("" none), quality, second seen and vantage. */
void test_state__places_by_name(void **state)
{
	static const char rule[] = "none(software where version < v\"2\" over name:\"a\",\"b\")";
	static const char from5[] = "none(software where version < v\"2\" over name:\"a\",\"b\" from v5)";
	static const struct {
		const char *rule;
		struct {
			const char *name, *version;
			u8 qod;
			int vantage;
		} seen[3];
		enum tri v;
		u16 why;
	} cases[] = {
		{ rule, { { "a", "2.1", 95, 5 }, { "b", "2.1", 95, 5 } }, TRI_TRUE, 0 },
		{ rule, { { "a", "2.1", 95, 5 }, { "b", "1.9", 95, 5 } }, TRI_FALSE, 0 },
		{ rule, { { "b", "1.9", 95, 5 } }, TRI_FALSE, 0 },
		{ rule, { { "a", "2.1", 95, 5 } }, TRI_UNKNOWN, WHY_NOT_COVERED },
		{ rule, { { "a", "2.1", 95, 5 }, { "b", "1.9", 50, 5 } }, TRI_UNKNOWN, WHY_SUSPECTED },
		{ rule, { { "a", "2.1", 95, 5 }, { "b", "2.1", 50, 5 } }, TRI_UNKNOWN, WHY_SUSPECTED },
		{ rule, { { "a", "2.1", 95, 5 }, { "b", "", 95, 5 } }, TRI_UNKNOWN, WHY_NOT_COVERED },
		{ rule, { { "a", "2.1", 95, 5 }, { "b", "2.1", 95, 5 }, { "c", "1.9", 95, 5 } }, TRI_TRUE, 0 },
		{ from5, { { "a", "2.1", 95, 5 }, { "b", "2.1", 95, 7 } }, TRI_UNKNOWN, WHY_NOT_COVERED },
		{ from5, { { "a", "2.1", 95, 5 }, { "b", "1.9", 95, 7 } }, TRI_FALSE, 0 },
		{ "count(software where version < v\"2\" over name:\"a\",\"b\") == 1", { { "a", "2.1", 95, 5 }, { "b", "1.9", 95, 5 } }, TRI_TRUE, 0 },
		{ "count(software where version < v\"2\" over name:\"a\",\"b\") <= 1", { { "b", "1.9", 95, 5 } }, TRI_UNKNOWN, WHY_NOT_COVERED },
		{ "all(software where version >= v\"2\" over name:\"a\")", { { "a", "2.1", 95, 5 }, { "b", "1.9", 95, 5 } }, TRI_TRUE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		for (int who = 0; who < 2; who++) {	/* known by its MAC, then by leases alone */
			struct rule_state rs = { .now = { T0 + 1000 * SECOND_MS } };
			struct perr e = { 0 };
			struct rule_facts f;
			struct rule_verdict v;
			const struct lang_expr *x;
			struct claim mac = { .asset = 1, .network = S("lab"), .type = who == 0 ? KEY_MAC : KEY_IP,
				.value = who == 0 ? S("00:16:3e:00:00:03") : S(IP4), .strength = who == 0 ? CLAIM_LOCAL : CLAIM_LEASE,
				.since = { T0 }, .last = { T0 }, .lease_ms = who == 0 ? 0 : 86400000 };
			struct state *st;

			a = arena_new(NULL, 0);
			schema = lang_schema_facts(a);
			st = state_new(a);
			for (size_t k = 0; k < 3 && cases[i].seen[k].name != NULL; k++) {
				struct fact_new *n = begin_fact("software/1", cases[i].seen[k].vantage, IP4);
				struct shot s;

				fact_set_str(n, "name", str_z(cases[i].seen[k].name));
				if (cases[i].seen[k].version[0] != '\0') {
					fact_set_str(n, "version", str_z(cases[i].seen[k].version));
				} else {
					fact_set_str(n, "vendor", S("acme"));
				}
				s = shot(n, (i64)k, cases[i].seen[k].qod);
				assert_int_equal(state_fold(st, &s.f, &s.seen, (struct utc){ s.recorded }, (struct state_pos){ 1, (u32)k },
					(struct state_pos){ 1, (u32)k }), 0);
			}
			state_set_claims(st, &mac, 1);
			rs.state = st;
			rs.schema = schema;
			if (lang_parse_rule(a, str_z(cases[i].rule), schema, &x, &e) != 0) {
				fail_msg("%s: column %u: %s", cases[i].rule, e.col, e.text);
			}
			f = rule_facts_of_state(&rs);
			rule_eval(x, &f, &scratch, NULL, &v);
			if (who == 0 ? v.v != cases[i].v || why_first(v.why) != cases[i].why :
			    cases[i].v == TRI_FALSE ? v.v != TRI_FALSE : v.v != TRI_UNKNOWN || !(v.why & WHY_IDENTITY)) {
				fail_msg("%zu (%d): %s %s %s", i, who, cases[i].rule, tri_name(v.v), why_name(why_first(v.why)));
			}
			arena_free(a);
		}
	}
}

/* A domain names every place of its kind, with values the kind has. */
void test_state__places_the_kinds_have(void **state)
{
	static const struct {
		const char *rule, *why;		/* NULL: it loads */
	} cases[] = {
		{ "none(declared where 23 in tcp over interface:\"lan\",\"wan\",state:\"customised\")", NULL },
		{ "any(label where level == \"1\" over scheme:\"JC-STAR\")", NULL },
		{ "all(name where name == \"x\" over by:\"dhcp\",\"dns\")", NULL },
		{ "all(party where known(contact) over name:\"x\",role:\"maker\",\"csirt\")", NULL },
		{ "none(declared where 23 in tcp over interface:\"lan\")", "'state' is missing" },
		{ "none(declared over interface:\"lan\",state:\"broken\")", "no value of 'state'" },
		{ "none(service over port:23)", "addresses" },
		{ "none(key over type:\"cert\")", "addresses" },
		{ "none(hardware over model:\"x\")", "no place called 'model'" },
	};

	(void)state;
	a = arena_new(NULL, 0);
	schema = lang_schema_facts(a);
	for (size_t i = 0; i < countof(cases); i++) {
		const struct lang_expr *x;
		struct perr e = { 0 };
		int r = lang_parse_rule(a, str_z(cases[i].rule), schema, &x, &e);

		if (cases[i].why == NULL ? r != 0 : r == 0 || strstr(e.text, cases[i].why) == NULL) {
			fail_msg("%s: %d %s", cases[i].rule, r, e.text);
		}
	}
	arena_free(a);
}
