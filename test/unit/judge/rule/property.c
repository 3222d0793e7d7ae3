/* Properties over random situations: knowing less never yields a pass, what is not read changes nothing, needed
 * coverage is needed. Every failure prints the rule and the step that broke it; the seed is fixed. */
#include "unit.h"

#include "world.h"

#include <string.h>


static const char *const rules[] = {
	EXAMPLE,
	"none(service where name == \"telnet\" over tcp:1-65535 from v1)",
	"none(service where name != \"http\" over tcp:1-1023)",
	"all(service where name == \"http\" or tls over tcp:1-65535 from v1 or v5)",
	"all(service where not (name == \"telnet\") and not tls over tcp:20-90)",
	"count(service where name == \"http\" over tcp:1-65535) <= 1",
	"count(service where tls over tcp:1-65535 from v1) == 0",
	"count(service where name == \"telnet\" over tcp:1-100) != 2",
	"count(service where known(name) over tcp:1-100) >= 2",
	"any(service where name == \"http\")",
	"not any(service where name == \"telnet\" over tcp:1-65535 from v1)",
	"not none(service where tls over tcp:1-65535)",
	"none(service where not known(name) over tcp:1-65535 from v1)",
	"none(service where not declared(service) over tcp:1-65535 from v1)",
	"all(service where declared(service) over tcp:1-65535 from v1 or v5)",
	"none(address where not onlink over address)",
	"none(hardware where vendor == \"x\" over self)",
	"hardware.version >= v\"1.2\" and not stale(service, 30d)",
	"known(hardware.vendor) and hardware.vendor != \"x\" or hardware.secure",
	"not (hardware.secure or any(service where name == \"http\")) or none(service where tls over tcp:23,80)",
	"declared(service) and none(service where version < v\"2\" over tcp:80)",
	"none(declared where \"telnet\" in services over state:\"factory\")",
	"all(declared where 80 in tcp over state:\"factory\",\"initialised\" from v1)",
	"count(declared where 443 in tcp over state:\"initialised\",\"factory\") <= 1",
};
enum { RULES = countof(rules) };

static struct arena *rule_arena;
static const struct lang_expr *compiled[RULES];
static struct rule_scratch scratch;

static void compile(void)
{
	struct perr e;

	rule_arena = arena_new(NULL, 0);
	for (size_t i = 0; i < RULES; i++) {
		if (lang_parse_rule(rule_arena, str_z(rules[i]), &test_schema, &compiled[i], &e) != 0) {
			print_error("%s\ncolumn %u: %s\n", rules[i], e.col, e.text);
			fail();
		}
	}
}

static struct rule_verdict judge(struct world *w, size_t rule)
{
	struct rule_facts f = world_view(w);
	struct rule_verdict v;

	rule_eval(compiled[rule], &f, &scratch, NULL, &v);
	return v;
}

static const char *const addrs[] = { "10.7.0.3", "fe80::3", "10.7.0.4" };
static const struct range some_ports[] = { { 22, 23 }, { 80, 80 } };
static const struct str some_names[] = { { "http", 4 }, { "ssh", 3 } };
static const struct str out_names[] = { { "rexec", 5 }, { "rlogin", 6 }, { "rsh", 3 }, { "telnet", 6 } };

static void random_value(struct world *w, const char *addr, u16 port)
{
	static const char *const names[] = { "http", "http", "http", "telnet", NULL };
	struct world_value *v = world_add_service(w, addr, port, names[unit_rnd(20) == 0 ? 3 : unit_rnd(10) == 0 ? 4 : unit_rnd(3)]);

	v->v.vantage = (u8)(unit_rnd(4) == 0 ? 5 : 1);
	if (unit_rnd(3) != 0) {
		v->known |= 1u << 4;
		v->field[4] = (struct lang_value){ .type = LANG_STRS, .strs = { .p = out_names, .n = 4 } };
	}
	if (unit_rnd(3) != 0) {
		v->known |= 1u << 5;
		v->field[5] = (struct lang_value){ .type = LANG_BOOL, .b = unit_rnd(4) == 0 };
	}
	v->known |= 1u << 6;
	v->field[6] = (struct lang_value){ .type = LANG_STR, .s = unit_rnd(2) ? S("2.1") : S("1.9") };
	if (unit_rnd(12) == 0) {
		world_weaken(v, (enum state_with)(STATE_SUSPECTED + unit_rnd(4)));
	}
}

static void random_others(struct world *w)
{
	struct world_value *v;

	for (size_t i = 0; i < 2; i++) {
		v = world_add(w, K_HARDWARE);
		v->v.vantage = (u8)(1 + unit_rnd(7));
		v->known = unit_rnd(256);
		v->field[0] = (struct lang_value){ .type = LANG_STR, .s = unit_rnd(6) ? S("acme") : S("x") };
		v->field[1] = (struct lang_value){ .type = LANG_STR, .s = unit_rnd(6) ? S("1.10") : S("1.1") };
		v->field[2] = (struct lang_value){ .type = LANG_TIME, .i = NOW - (i64)unit_rnd(1000000) };
		v->field[3] = (struct lang_value){ .type = LANG_ENUM, .s = S("minor") };
		v->field[4] = (struct lang_value){ .type = LANG_MAC, .s = S("00:16:3e:00:00:02") };
		v->field[5] = (struct lang_value){ .type = LANG_BOOL, .b = unit_rnd(2) };
		v->field[6] = (struct lang_value){ .type = LANG_RANGES, .ranges = { .p = some_ports, .n = 2 } };
		v->field[7] = (struct lang_value){ .type = LANG_INT, .i = 4 };
		if (unit_rnd(2) == 0) {
			break;
		}
	}
	for (size_t i = 0; i < 1 + unit_rnd(2); i++) {
		v = world_add(w, K_DECLARED);
		v->known = 1 | unit_rnd(16) | (unit_rnd(2) ? 14 : 0);
		v->field[0] = (struct lang_value){ .type = LANG_STR, .s = unit_rnd(3) == i ? S("factory") : S("initialised") };
		v->field[1] = (struct lang_value){ .type = LANG_STRS, .strs = { .p = some_names, .n = 2 } };
		v->field[2] = v->field[3] =
			(struct lang_value){ .type = LANG_RANGES, .ranges = { .p = some_ports, .n = 2 } };
	}
	v = world_add(w, K_ADDRESS);
	v->v.addr = S("10.7.0.3");
	v->known = 3;
	v->field[0] = (struct lang_value){ .type = LANG_ADDR, .s = S("10.7.0.3") };
	v->field[1] = (struct lang_value){ .type = LANG_BOOL, .b = unit_rnd(8) != 0 };
}

/* Mostly well covered, so that many situations are true; `wild` sprinkles every kind of hole. */
static void random_world(struct world *w)
{
	static const u16 edges[] = { 1, 22, 23, 24, 80, 81, 443, 30000, 65535 };
	bool wild = unit_rnd(3) == 0;

	*w = (struct world){ .seq = 0 };
	for (size_t i = 0; i < 1 + unit_rnd(3); i++) {
		world_add_addr(w, addrs[i]);
	}
	for (u8 v = 1; v <= 5; v += 4) {
		for (int six = 0; six < 2 && (v == 1 || unit_rnd(3) == 0); six++) {
			world_add_family(w, v, six);
			if (wild && unit_rnd(6) == 0) {
				w->fams[w->nfams - 1].f = (struct rule_family){ .silent = unit_rnd(2), .expired = unit_rnd(2) };
			}
		}
		for (size_t i = 0; i < w->naddrs && (v == 1 || unit_rnd(3) == 0); i++) {
			for (size_t e = 0; e + 1 < countof(edges); e++) {
				bool open = edges[e + 1] - edges[e] == 1 && unit_rnd(4) == 0;
				enum state_outcome o = wild && unit_rnd(12) == 0
							       ? (enum state_outcome)unit_rnd(COVER_OUTCOME_COUNT)
						       : open ? COVER_OPEN
							      : COVER_CLOSED;
				struct world_piece *p =
					world_add_piece(w, addrs[i], "tcp", v, edges[e], (u16)(edges[e + 1] - 1), o);

				p->p.hi = edges[e + 1] == 65535 ? 65535 : p->p.hi;
				if (o == COVER_OPEN) {
					p->p.determined = unit_rnd(10) == 0 ? unit_rnd(256) : 0xFF;
					random_value(w, addrs[i], edges[e]);
				}
			}
		}
	}
	random_others(w);
	if (wild && unit_rnd(4) == 0) {
		random_value(w, addrs[0], (u16)(1 + unit_rnd(100)));
	}
}

static const char *lower_piece(struct world *w)
{
	struct world_piece *p = &w->pieces[unit_rnd((u32)w->npieces)];

	switch (unit_rnd(4)) {
	case 0:
		if (p->p.lo == p->p.hi) {
			return "nothing";
		}
		if (unit_rnd(2)) {
			p->p.lo++;
		} else {
			p->p.hi--;
		}
		return "shrink a piece of coverage";
	case 1:
		p->p.determined &= ~(1u << unit_rnd(8));
		if (p->p.outcome == COVER_CLOSED) {
			p->p.determined = ~0u;
		}
		return "determine less";
	case 2:
		p->p.state = SEEN_UNKNOWN;
		return "forget the state of the device";
	default:
		if (p->p.outcome >= COVER_OPEN) {
			p->p.outcome = (enum state_outcome)unit_rnd(COVER_OPEN);
			return "another outcome";
		}
		return "nothing";
	}
}

static const char *lower_value(struct world *w)
{
	struct world_value *v = &w->values[unit_rnd((u32)w->nvalues)];
	u32 bit = 1u << unit_rnd(8);

	if (v->v.kind == K_SERVICE && bit < 8 && unit_rnd(2)) {
		return "nothing";	/* places stay */
	}
	switch (unit_rnd(3)) {
	case 0:
		if ((v->v.kind == K_SERVICE && bit <= 4) || (v->v.kind == K_DECLARED && bit == 1)) {
			return "nothing";
		}
		if (!(v->known & bit)) {
			return "nothing";
		}
		v->known &= ~bit;
		v->why |= unit_rnd(2) ? WHY_ERASED : WHY_EXPIRED;
		return "lose a field";
	case 1:
		if (v->v.with == STATE_CURRENT) {
			world_weaken(v, (enum state_with)(STATE_SUSPECTED + unit_rnd(3)));
			v->v.clock = v->v.with == STATE_SUSPECTED && unit_rnd(3) == 0;
			return "weaken a value";
		}
		return "nothing";
	default:
		v->v.fresh -= (i64)unit_rnd(40) * DAY_MS;
		return "age a value";
	}
}

static const char *lower(struct world *w)
{
	switch (unit_rnd(8)) {
	case 0:
		w->fams[unit_rnd((u32)w->nfams)].f = (struct rule_family){ .silent = unit_rnd(2), .expired = unit_rnd(2) };
		return "lose a list of addresses";
	case 1:
		if (unit_rnd(10) == 0) {
			w->provisional = true;
			return "provisional";
		}
		w->addrs[unit_rnd((u32)w->naddrs)].with = STATE_EXPIRED;
		return "an address runs out";
	case 2:
		w->incomplete = w->incomplete || unit_rnd(10) == 0;
		return "incomplete";
	case 3:
	case 4:
	case 5:
		return lower_piece(w);
	default:
		return lower_value(w);
	}
}

void test_property__less_never_yields_a_pass(void **state)
{
	size_t truths[RULES] = { 0 }, falls[RULES] = { 0 };
	struct world w;

	(void)state;
	unit_seed(20261121);
	compile();
	for (size_t n = 0; n < 1500; n++) {
		enum tri before[RULES];

		random_world(&w);
		for (size_t i = 0; i < RULES; i++) {
			before[i] = judge(&w, i).v;
			truths[i] += before[i] == TRI_TRUE;
		}
		for (size_t k = 0; k < 12; k++) {
			const char *what = lower(&w);

			for (size_t i = 0; i < RULES; i++) {
				struct rule_verdict v = judge(&w, i);

				if (before[i] != TRI_TRUE && v.v == TRI_TRUE) {
					print_error("%s\nwas %s, became true by: %s (situation %zu)\n", rules[i],
						tri_name(before[i]), what, n);
					fail();
				}
				assert_true((v.v == TRI_UNKNOWN) == (v.why != 0));
				falls[i] += before[i] == TRI_TRUE && v.v != TRI_TRUE;
				before[i] = v.v;
			}
		}
	}
	for (size_t i = 0; i < RULES; i++) {	/* every rule was tried on situations where it matters */
		print_message("# true %zu, lost %zu: %s\n", truths[i], falls[i], rules[i]);
		assert_true(truths[i] > 20 && falls[i] > 20);
	}
	arena_free(rule_arena);
}

void test_property__what_is_not_read_changes_nothing(void **state)
{
	struct world w;

	(void)state;
	unit_seed(20261121);
	compile();
	for (size_t n = 0; n < 600; n++) {
		random_world(&w);
		for (size_t i = 0; i < RULES; i++) {
			struct rule_verdict a = judge(&w, i), b;
			size_t had = w.nvalues;

			for (u16 kind = 0; kind < test_schema.nkinds; kind++) {
				if (!rule_reads(compiled[i], kind)) {
					struct world_value *v = &w.values[w.nvalues++];

					*v = w.values[unit_rnd((u32)had)];
					v->v.kind = kind;
					v->v.pos = (struct state_pos){ .seq = 999, .index = kind };
				}
			}
			b = judge(&w, i);
			w.nvalues = had;
			assert_int_equal(a.v, b.v);
			assert_int_equal(a.why, b.why);
			assert_true(a.next == b.next);
			assert_int_equal(a.npos_all, b.npos_all);
			assert_memory_equal(a.pos, b.pos, a.npos * sizeof a.pos[0]);
		}
	}
	arena_free(rule_arena);
}

/* With one vantage each piece and each list is needed: taking any one away makes the example unknown. */
void test_property__needed_coverage_is_needed(void **state)
{
	size_t tried = 0;
	struct world w;

	(void)state;
	unit_seed(20261121);
	compile();
	for (size_t n = 0; n < 1200; n++) {
		random_world(&w);
		if (judge(&w, 1).v != TRI_TRUE) {	/* from v1 */
			continue;
		}
		tried++;
		for (size_t i = 0; i < w.npieces; i++) {
			struct world_piece was = w.pieces[i];

			if (was.vantage != 1) {
				continue;
			}
			w.pieces[i].p.outcome = COVER_NONE;
			w.pieces[i].p.determined = 0;
			assert_int_equal(judge(&w, 1).v, TRI_UNKNOWN);
			w.pieces[i] = was;
		}
		for (int six = 0; six < 2; six++) {
			struct world less = w;

			for (size_t i = 0; i < less.nfams; i++) {
				if (less.fams[i].ip6 == six) {
					less.fams[i].f.complete = false;
				}
			}
			assert_int_equal(judge(&less, 1).v, TRI_UNKNOWN);
		}
	}
	assert_true(tried > 100);
	arena_free(rule_arena);
}

/* The same in another order of values, pieces and addresses gives the same verdict and reasons. */
void test_property__order_does_not_matter(void **state)
{
	struct world w, turned;

	(void)state;
	unit_seed(20261121);
	compile();
	for (size_t n = 0; n < 400; n++) {
		random_world(&w);
		turned = w;
		for (size_t i = 0; i < w.nvalues; i++) {
			turned.values[i] = w.values[w.nvalues - 1 - i];
		}
		for (size_t i = 0; i < w.npieces; i++) {
			turned.pieces[i] = w.pieces[w.npieces - 1 - i];
		}
		for (size_t i = 0; i < w.naddrs; i++) {
			turned.addrs[i] = w.addrs[w.naddrs - 1 - i];
		}
		for (size_t i = 0; i < RULES; i++) {
			struct rule_verdict a = judge(&w, i), b = judge(&turned, i);

			assert_int_equal(a.v, b.v);
			assert_int_equal(a.why, b.why);
			assert_true(a.next == b.next);
			assert_int_equal(a.npos_all, b.npos_all);
		}
	}
	arena_free(rule_arena);
}
