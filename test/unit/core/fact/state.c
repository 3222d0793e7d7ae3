/* Scenarios are written as lines of (fact, seconds, qod, run); the property tests fold many of them in many orders. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "core/fact/state.h"

#define T0 1700000000000
#define IP "10.7.0.2"

static struct arena *a;
static struct state *st;
static u32 next_index;

struct shot {
	struct fact f;
	struct seen seen;
	struct utc recorded;
	struct state_pos pos;
};

static void begin(void)
{
	a = arena_new(NULL, 0);
	st = state_new(a);
	next_index = 0;
}

static struct utc at(i64 seconds)
{
	return (struct utc){ .ms = T0 + seconds * 1000 };
}

static struct shot shot(struct fact f, i64 seconds, u8 qod, const char *run)
{
	return (struct shot){ .f = f, .seen = { .at = at(seconds), .class = 1, .qod = qod, .run = str_z(run) },
		.recorded = at(seconds + 1), .pos = { .seq = 1, .index = next_index++ } };
}

static void fold_in(struct state *to, const struct shot *s)
{
	assert_int_equal(state_fold(to, &s->f, &s->seen, s->recorded, s->pos, s->pos), 0);
}

static void fold(struct fact f, i64 seconds, u8 qod, const char *run)
{
	struct shot s = shot(f, seconds, qod, run);

	fold_in(st, &s);
}

static struct fact_new *open_fact(const char *kind, int vantage, int port)
{
	struct fact_new *n = fact_new(a, S("lab"), str_z(kind), vantage, S("scan/1"));

	fact_key(n, KEY_IP, S(IP));
	if (port >= 0) {
		fact_set_str(n, "addr", S(IP));
		fact_set_int(n, "port", port);
		fact_set_str(n, "proto", S("tcp"));
	}
	return n;
}

static struct fact done(struct fact_new *n)
{
	struct errlist errs = {0};
	struct fact f;

	if (fact_finish(n, &f, &errs) != 0)
		fail_msg("%s", errs.p[0].text);
	return f;
}

static struct fact service(int vantage, int port, const char *name, const char *version)
{
	struct fact_new *n = open_fact("service/1", vantage, port);

	if (name != NULL)
		fact_set_str(n, "name", str_z(name));
	if (version != NULL)
		fact_set_str(n, "version", str_z(version));
	return done(n);
}

static struct fact cover(int vantage, const char *outcome, const char *ports, const char *determined)
{
	struct fact_new *n = open_fact("coverage/1", vantage, -1);
	struct str one = str_z(determined);

	fact_set_str(n, "addr", S(IP));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "of", S("service"));
	fact_set_str(n, outcome, str_z(ports));
	if (determined != NULL)
		fact_set_strs(n, "determined", &one, 1);
	return done(n);
}

static struct fact silence(int tries, int span_ms, bool alive)
{
	struct fact_new *n = open_fact("coverage/1", 1, -1);

	fact_set_str(n, "addr", S(IP));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "of", S("service"));
	fact_set_str(n, "silent", S("23"));
	fact_set_int(n, "tries", tries);
	fact_set_int(n, "span_ms", span_ms);
	fact_set_bool(n, "alive", alive);
	return done(n);
}

static struct fact families(const char *one, bool silent6)
{
	struct fact_new *n = open_fact("coverage/1", 1, -1);
	struct str word = str_z(one);

	fact_set_str(n, "of", S("address"));
	fact_set_strs(n, "families", &word, 1);
	if (silent6)
		fact_set_bool(n, "silent6", true);
	return done(n);
}

/* "current telnet", "gone telnet 1.2", "none": the service at port 23 from v1 at that time. */
static struct str at23(i64 seconds)
{
	struct state_cursor c = state_values(st, kind_latest(S("service")), at(seconds));
	struct str out = S("none");
	struct state_value v;

	while (state_next(&c, &v)) {
		const struct state_field *name, *version;

		if (v.vantage != 1 || state_place(&v, S("port"))->i != 23)
			continue;
		name = state_field(&v, S("name"));
		version = state_field(&v, S("version"));
		out = str_printf(a, "%s%s%s%.*s%s%.*s", str_eq(out, S("none")) ? "" : str_c(a, out),
		    str_eq(out, S("none")) ? "" : "; ", state_with_name(v.with), name != NULL ? 1 + (int)name->v.s.n : 0,
		    name != NULL ? str_c(a, str_printf(a, " %.*s", STRF(name->v.s))) : "", version != NULL ? " " : "",
		    version != NULL ? (int)version->v.s.n : 0, version != NULL ? version->v.s.p : "");
	}
	return out;
}

static struct state_cover port23(i64 seconds)
{
	struct state_cover_cursor c = state_covers(st, kind_latest(S("service")), S("lab"), S(IP), S("tcp"), 1, 23, 23,
	    at(seconds));
	struct state_cover v;

	assert_true(state_cover_next(&c, &v));
	assert_int_equal(v.lo, 23);
	assert_int_equal(v.hi, 23);
	return v;
}

/* --- values --- */

void test_state__latest_wins_and_fills_from_older(void **state)
{
	(void)state;
	begin();
	assert_str(at23(0), "none");
	fold(service(1, 23, "telnet", "1.2"), 0, 90, "R1");
	assert_str(at23(1), "current telnet 1.2");
	fold(service(1, 23, "http", NULL), 10, 90, "R2");
	assert_str(at23(11), "current http 1.2");
	fold(service(1, 23, "ssh", "9"), 5, 90, "R0");		/* older, though it comes later */
	assert_str(at23(11), "current http 9");
	arena_free(a);
}

void test_state__weaker_stands_beside_as_suspected(void **state)
{
	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 0, 70, "R1");
	fold(service(1, 23, "gopher", NULL), 5, 69, "R2");
	assert_str(at23(6), "current telnet; suspected gopher");
	fold(service(1, 23, "ssh", NULL), 9, 70, "R3");		/* answers the suspicion */
	assert_str(at23(10), "current ssh");
	arena_free(a);
}

void test_state__expires_by_the_life_of_its_kind(void **state)
{
	i64 life = kind_life_ms(kind_latest(S("service"))) / 1000;

	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 0, 90, "R1");
	assert_str(at23(life), "current telnet");
	assert_str(at23(life + 1), "expired telnet");
	assert_int_equal(state_expire_next(st, at(0)).ms, at(life).ms + 1);
	assert_int_equal(state_expire_next(st, at(life + 1)).ms, 0);
	arena_free(a);
}

void test_state__freshness_counts_from_the_earlier_clock(void **state)
{
	i64 life = kind_life_ms(kind_latest(S("service"))) / 1000;
	struct shot s;

	(void)state;
	begin();
	s = shot(service(1, 23, "telnet", NULL), 100, 90, "R1");
	s.recorded = at(0);					/* the sensor runs 100 s ahead */
	fold_in(st, &s);
	assert_str(at23(life), "current telnet");
	assert_str(at23(life + 1), "expired telnet");
	arena_free(a);
}

void test_state__a_wrong_clock_decides_nothing(void **state)
{
	struct shot s;

	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 0, 90, "R1");
	s = shot(cover(1, "closed", "1-65535", NULL), 100000, 90, "R2");
	s.recorded = at(10);
	fold_in(st, &s);
	s = shot(service(1, 23, "ssh", NULL), 100000, 90, "R2");
	s.recorded = at(10);
	fold_in(st, &s);
	assert_str(at23(20), "current telnet; suspected ssh");
	assert_int_equal(port23(20).outcome, COVER_SUSPECTED);
	arena_free(a);
}

void test_state__closed_ends_from_the_same_vantage_at_quality(void **state)
{
	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 0, 90, "R1");
	fold(cover(1, "closed", "1-65535", NULL), 5, 69, "R2");
	assert_str(at23(6), "current telnet");
	fold(cover(2, "closed", "1-65535", NULL), 6, 90, "R2");
	assert_str(at23(7), "current telnet");
	fold(cover(1, "closed", "1-22,24-65535", NULL), 7, 90, "R2");
	assert_str(at23(8), "current telnet");
	fold(cover(1, "closed", "23", NULL), -5, 90, "R0");	/* older */
	assert_str(at23(8), "current telnet");
	fold(cover(1, "closed", "23", NULL), 8, 70, "R3");
	assert_str(at23(9), "gone telnet");
	fold(cover(1, "filtered", "23", NULL), 9, 90, "R4");	/* what is gone stays gone */
	assert_str(at23(10), "gone telnet");
	fold(service(1, 23, "telnet", NULL), 10, 90, "R5");
	assert_str(at23(11), "current telnet");
	arena_free(a);
}

void test_state__filtered_ends_nothing(void **state)
{
	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 0, 90, "R1");
	fold(cover(1, "filtered", "1-65535", NULL), 5, 95, "R2");
	fold(cover(1, "unfinished", "1-65535", NULL), 6, 95, "R3");
	assert_str(at23(7), "current telnet");
	assert_int_equal(port23(7).outcome, COVER_FILTERED);
	arena_free(a);
}

void test_state__silence_needs_tries_time_and_a_living_host(void **state)
{
	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 0, 90, "R1");
	fold(silence(4, 10000, true), 1, 95, "R2");
	fold(silence(5, 9999, true), 2, 95, "R3");
	fold(silence(5, 10000, false), 3, 95, "R4");
	assert_str(at23(4), "current telnet");
	assert_int_equal(port23(4).outcome, COVER_SILENT);
	fold(silence(5, 10000, true), 4, 69, "R5");
	assert_str(at23(5), "current telnet");
	fold(silence(5, 10000, true), 5, 95, "R6");
	assert_str(at23(6), "silent telnet");
	fold(service(1, 23, "telnet", NULL), 7, 90, "R7");
	assert_str(at23(8), "current telnet");
	arena_free(a);
}

void test_state__open_and_not_found_again_ends_the_field(void **state)
{
	(void)state;
	begin();
	fold(service(1, 23, "telnet", "1"), 0, 90, "R1");
	fold(cover(1, "open", "23", "version"), 1, 90, "R1");	/* the same run saw it */
	assert_str(at23(2), "current telnet 1");
	fold(cover(1, "open", "23", NULL), 3, 90, "R2");		/* determined nothing */
	assert_str(at23(4), "current telnet 1");
	fold(cover(1, "open", "23", "version"), 5, 90, "R3");
	assert_str(at23(6), "current telnet");
	fold(cover(1, "open", "23", "name"), 7, 90, "R4");
	assert_str(at23(8), "gone telnet 1");
	arena_free(a);
}

void test_state__find_gives_the_fact_to_repeat(void **state)
{
	struct fact f, g;
	struct state_pos pos = {0};
	struct shot s;

	(void)state;
	begin();
	f = service(1, 23, "telnet", NULL);
	g = service(1, 23, "telnet", "1");
	assert_int_equal(state_find(st, &f, &pos), ERR_NOTFOUND);
	s = shot(f, 0, 90, "R1");
	fold_in(st, &s);
	assert_int_equal(state_find(st, &f, &pos), 0);
	assert_int_equal(pos.index, s.pos.index);
	s.seen.at = at(5);
	assert_int_equal(state_fold(st, &f, &s.seen, at(6), (struct state_pos){ .seq = 9, .index = 4 }, s.pos), 0);
	assert_int_equal(state_find(st, &f, &pos), 0);
	assert_int_equal(pos.seq, 1);
	assert_int_equal(state_find(st, &g, &pos), ERR_NOTFOUND);
	arena_free(a);
}

void test_state__unknown_kinds_change_nothing(void **state)
{
	struct buf before, after;
	struct fact f;

	(void)state;
	begin();
	before = buf_new(a, 0);
	after = buf_new(a, 0);
	state_encode(&before, st);
	assert_int_equal(fact_parse(a, S("{\"kind\":\"radio/3\",\"network\":\"lab\",\"place\":{},\"source\":\"s/1\","
	    "\"subject\":[\"id:a\"],\"value\":{},\"vantage\":\"v1\"}"), FACT_STRICT, &f, NULL), 0);
	fold(f, 0, 90, "R1");
	state_encode(&after, st);
	assert_true(str_eq(buf_view(&before), buf_view(&after)));
	arena_free(a);
}

/* --- coverage --- */

void test_state__coverage_has_no_holes(void **state)
{
	struct state_cover_cursor c;
	struct state_cover v;
	u32 next = 1;
	int pieces = 0;

	(void)state;
	begin();
	fold(cover(1, "closed", "1-22,24-1000", NULL), 0, 90, "R1");
	fold(cover(1, "open", "23", "name"), 0, 90, "R1");
	c = state_covers(st, kind_latest(S("service")), S("lab"), S(IP), S("tcp"), 1, 1, 65535, at(1));
	while (state_cover_next(&c, &v)) {
		enum state_outcome want = v.lo > 1000 ? COVER_NONE : v.lo == 23 ? COVER_OPEN : COVER_CLOSED;

		assert_int_equal(v.lo, next);
		assert_int_equal(v.outcome, want);
		next = (u32)v.hi + 1;
		pieces++;
	}
	assert_int_equal(next, 65536);
	assert_int_equal(pieces, 4);
	c = state_covers(st, kind_latest(S("service")), S("lab"), S(IP), S("udp"), 1, 0, 65535, at(1));
	assert_true(state_cover_next(&c, &v));
	assert_int_equal(v.hi, 65535);
	assert_int_equal(v.outcome, COVER_NONE);
	assert_null(v.stamp);
	assert_false(state_cover_next(&c, &v));
	arena_free(a);
}

void test_state__determined_does_not_outlive_a_closing(void **state)
{
	const struct kind *k = kind_latest(S("service"));
	u32 name = 1u << kind_field_index(k, S("name")), version = 1u << kind_field_index(k, S("version"));
	i64 life = kind_life_ms(kind_latest(S("coverage"))) / 1000;

	(void)state;
	begin();
	fold(cover(1, "open", "23", "name"), 0, 90, "R1");
	assert_int_equal(port23(1).determined, name);
	fold(cover(1, "open", "23", "version"), 2, 90, "R2");
	assert_int_equal(port23(3).determined, name | version);
	assert_int_equal(port23(3).expires.ms, at(life).ms);
	assert_int_equal(port23(life + 1).determined, version);
	fold(cover(1, "closed", "23", NULL), 4, 90, "R3");
	assert_int_equal(port23(5).outcome, COVER_CLOSED);
	assert_int_equal(port23(5).determined & (name | version), name | version);
	fold(cover(1, "open", "23", NULL), 6, 90, "R4");
	assert_int_equal(port23(7).outcome, COVER_OPEN);
	assert_int_equal(port23(7).determined, 0);
	assert_int_equal(port23(6 + life + 1).outcome, COVER_EXPIRED);
	arena_free(a);
}

void test_state__families(void **state)
{
	struct state_families f;

	(void)state;
	begin();
	f = state_families(st, S("lab"), 1, at(0));
	assert_false(f.ip4 || f.ip6 || f.silent4 || f.silent6);
	fold(families("ip4", true), 0, 90, "R1");
	f = state_families(st, S("lab"), 1, at(1));
	assert_true(f.ip4 && f.silent6 && !f.ip6 && !f.silent4);
	fold(families("ip6", false), 5, 60, "R2");
	assert_false(state_families(st, S("lab"), 1, at(6)).ip6);
	fold(families("ip6", false), 7, 90, "R3");
	f = state_families(st, S("lab"), 1, at(8));
	assert_true(f.ip4 && f.ip6 && !f.silent6);
	assert_false(state_families(st, S("lab"), 2, at(8)).ip4);
	assert_false(state_families(st, S("other"), 1, at(8)).ip4);
	arena_free(a);
}

/* --- claims --- */

static struct claim lease(i64 since, i64 last, i64 until, enum claim_end end)
{
	return (struct claim){ .asset = 1, .network = S("lab"), .type = KEY_IP, .value = S(IP), .strength = CLAIM_LEASE,
		.since = at(since), .last = at(last), .until = until == 0 ? (struct utc){0} : at(until), .end = end,
		.lease_ms = 86400000 };
}

void test_state__what_was_seen_at_a_lost_address_is_history(void **state)
{
	struct claim c[2] = { lease(0, 100, 0, CLAIM_HELD) };
	struct state_addr addr;

	(void)state;
	begin();
	fold(service(1, 23, "telnet", NULL), 50, 90, "R1");
	fold(cover(1, "closed", "1-22", NULL), 50, 90, "R1");
	state_set_claims(st, c, 1);
	assert_str(at23(60), "current telnet");
	assert_true(state_provisional(st));
	assert_true(state_addr(st, 0, at(60), &addr));
	assert_int_equal(addr.with, STATE_CURRENT);
	assert_int_equal(state_expire_next(st, at(60)).ms, at(100).ms + 86400001);
	assert_true(state_addr(st, 0, at(100 + 86401), &addr));
	assert_int_equal(addr.with, STATE_EXPIRED);
	assert_str(at23(100 + 86401), "away telnet");
	c[0] = lease(0, 100, 200, CLAIM_TAKEN);
	state_set_claims(st, c, 1);
	assert_str(at23(199), "current telnet");
	assert_str(at23(200), "away telnet");
	assert_true(state_addr(st, 0, at(200), &addr));
	assert_int_equal(addr.with, STATE_AWAY);
	c[1] = lease(300, 300, 0, CLAIM_HELD);		/* the address comes back: what was seen before stays history */
	state_set_claims(st, c, 2);
	assert_str(at23(301), "away telnet");
	assert_int_equal(port23(301).outcome, COVER_NONE);
	fold(service(1, 23, "telnet", NULL), 310, 90, "R2");
	assert_str(at23(311), "current telnet");
	assert_false(state_addr(st, 2, at(301), &addr));
	arena_free(a);
}

/* --- properties --- */


static const char *ports(void)
{
	static const char *const some[] = { "1-65535", "23", "1-22", "22-23", "0-100,200-300", "23,80", "24-65535", "" };

	return some[unit_rnd(countof(some))];
}

static struct fact any(void)
{
	static const char *const names[] = { "telnet", "ssh", "http", NULL };
	static const char *const outcomes[] = { "open", "closed", "filtered", "silent", "unfinished" };
	static const char *const fields[] = { "name", "version", NULL };
	int vantage = 1 + (int)unit_rnd(2);

	switch (unit_rnd(6)) {
	case 0:
		return families(unit_rnd(2) == 0 ? "ip4" : "ip6", unit_rnd(2) == 0);
	case 1:
		return silence(4 + (int)unit_rnd(2), 10000, true);
	case 2:
	case 3:
		return service(vantage, 22 + (int)unit_rnd(2), names[unit_rnd(4)], unit_rnd(2) == 0 ? "1" : NULL);
	default:
		return cover(vantage, outcomes[unit_rnd(countof(outcomes))], ports(), fields[unit_rnd(3)]);
	}
}

static struct str encoded(struct state *s)
{
	struct buf b = buf_new(a, 0);

	state_encode(&b, s);
	assert_int_equal(buf_done(&b), 0);
	return buf_view(&b);
}

/* Any order, folding twice, and going through bytes in between give the same bytes. */
void test_state__order_never_matters(void **state)
{
	static const u8 qods[] = { 40, 69, 70, 95 };
	static const char *const runs[] = { "", "R1", "R2", "R3" };

	(void)state;
	unit_seed(1);
	for (int round = 0; round < 150; round += (int)unit_step()) {
		struct shot s[24];
		struct str first = {0};

		begin();
		for (size_t i = 0; i < countof(s); i++) {
			s[i] = shot(any(), unit_rnd(6), qods[unit_rnd(4)], runs[unit_rnd(4)]);
			if (unit_rnd(8) == 0)
				s[i].recorded = at(-1000);	/* a clock too far ahead */
			if (unit_rnd(8) == 0 && i > 0) {		/* the very same, recorded twice */
				s[i] = s[i - 1];
				s[i].pos.index = next_index++;
			}
		}
		for (int order = 0; order < 4; order++) {
			st = state_new(a);
			for (size_t i = countof(s) - 1; i > 0; i--) {
				size_t k = unit_rnd((u32)i + 1);
				struct shot swap = s[i];

				s[i] = s[k];
				s[k] = swap;
			}
			for (size_t i = 0; i < countof(s); i++) {
				fold_in(st, &s[i]);
				if (order == 1)
					fold_in(st, &s[unit_rnd((u32)i + 1)]);
				if (order == 2 && unit_rnd(3) == 0)
					assert_int_equal(state_decode(a, encoded(st), &st), 0);
			}
			if (order == 0)
				first = encoded(st);
			else if (!str_eq(first, encoded(st)))
				fail_msg("round %d order %d gives other bytes", round, order);
		}
		arena_free(a);
	}
}

/* Taking quality away never turns unknown into determined. */
void test_state__less_quality_never_covers_more(void **state)
{
	(void)state;
	unit_seed(1);
	for (int round = 0; round < 200; round += (int)unit_step()) {
		struct shot s[10];
		struct state_cover before, after;
		size_t which;

		begin();
		for (size_t i = 0; i < countof(s); i++) {
			s[i] = shot(cover(1, unit_rnd(2) == 0 ? "open" : "filtered", ports(), "name"), unit_rnd(5), 95, "R");
			fold_in(st, &s[i]);
		}
		before = port23(10);
		which = unit_rnd(countof(s));
		s[which].seen.qod = 10;
		st = state_new(a);
		for (size_t i = 0; i < countof(s); i++)
			fold_in(st, &s[i]);
		after = port23(10);
		assert_int_equal(after.determined & ~before.determined & ~(before.outcome == COVER_FILTERED ? ~0u : 0), 0);
		arena_free(a);
	}
}

/* What was erased leaves a mark at its place, or on the whole, in whatever order, and through bytes. */
void test_state__erased_leaves_a_mark(void **state)
{
	struct fact f;
	struct state_cursor c;
	struct state_value v;

	(void)state;
	begin();
	f = service(1, 23, NULL, "1");
	fold(f, 0, 90, "R1");
	fold(service(1, 22, "ssh", NULL), 0, 90, "R1");
	state_erase(st, &f);
	f = service(1, 24, "gone", NULL);
	state_erase(st, &f);			/* no such place: nothing to mark */
	assert_false(state_lost(st));
	assert_int_equal(state_decode(a, encoded(st), &st), 0);
	c = state_values(st, kind_latest(S("service")), at(1));
	assert_true(state_next(&c, &v));
	assert_false(v.erased);
	assert_true(state_next(&c, &v));
	assert_true(v.erased);
	assert_false(state_next(&c, &v));
	state_erase(st, NULL);
	assert_int_equal(state_decode(a, encoded(st), &st), 0);
	assert_true(state_lost(st));
	arena_free(a);
}

/* --- bytes --- */

void test_state__bytes_read_back_and_damage_is_found(void **state)
{
	struct claim c[2] = { lease(0, 100, 0, CLAIM_HELD), lease(-50, -40, -30, CLAIM_TAKEN) };
	struct state *back;
	struct str bytes;
	u8 *copy;

	(void)state;
	begin();
	c[0].bound[0] = S("mac:00:16:3e:00:00:02");
	c[0].nbound = 1;
	fold(service(1, 23, "telnet", "1"), 0, 90, "R1");
	fold(service(2, 23, "telnet", NULL), 0, 50, "R1");
	fold(cover(1, "closed", "1-22,24-65535", NULL), 0, 90, "R1");
	fold(families("ip4", true), 0, 90, "R1");
	state_set_claims(st, c, 2);
	bytes = encoded(st);
	assert_int_equal(state_decode(a, bytes, &back), 0);
	assert_true(str_eq(bytes, encoded(back)));
	for (size_t i = 0; i < bytes.n; i++)
		assert_int_not_equal(state_decode(a, str_of(bytes.p, i), &back), 0);
	copy = arena_copy(a, bytes.p, bytes.n);
	for (size_t i = 0; i < bytes.n; i += unit_step()) {
		for (u32 bit = 0; bit < 8; bit++) {
			copy[i] ^= (u8)(1u << bit);
			if (state_decode(a, str_of(copy, bytes.n), &back) == 0) {	/* a value may differ; reading must hold */
				st = back;
				(void)at23(5);
				(void)port23(5);
				(void)encoded(back);
			}
			copy[i] ^= (u8)(1u << bit);
		}
	}
	copy[0] = 'X';
	assert_int_equal(state_decode(a, str_of(copy, bytes.n), &back), ERR_NEWER);
	arena_free(a);
}

void test_state__limits_hold_and_say_so(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 1100; i++) {
		struct fact_new *n = fact_new(a, S("lab"), S("coverage/1"), 1, S("scan/1"));
		struct str addr = str_printf(a, "10.0.%d.%d", i / 250, i % 250);

		fact_key(n, KEY_IP, addr);
		fact_set_str(n, "addr", addr);
		fact_set_str(n, "proto", S("tcp"));
		fact_set_str(n, "of", S("service"));
		fact_set_str(n, "closed", S("1-65535"));
		assert_false(i < 1000 && state_overflow(st));
		fold(done(n), i, 90, "R");
	}
	assert_true(state_overflow(st));
	assert_int_equal(state_decode(a, encoded(st), &st), 0);
	assert_true(state_overflow(st));
	arena_free(a);
}
