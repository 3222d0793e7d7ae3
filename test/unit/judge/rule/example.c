/* The example rule through every situation of doc/rules.md: the verdicts are read from there. */
#include "unit.h"

#include "world.h"

#include <stdio.h>
#include <string.h>

static const struct str not4[] = { { "rexec", 5 }, { "rlogin", 6 }, { "rsh", 3 }, { "telnet", 6 } };

static void clean(struct world *w)
{
	(void)w;
}

static void http(struct world *w)
{
	world_cut(w, 0, 80, COVER_OPEN);
	world_add_service(w, "10.7.0.3", 80, "http");
}

static void ruled_out(struct world *w)
{
	struct world_value *v;

	world_cut(w, 1, 443, COVER_OPEN)->p.determined = 1u << 4;	/* `not` alone */
	v = world_add_service(w, "fe80::3", 443, NULL);
	v->known |= 1u << 4;
	v->field[4] = (struct lang_value){ .type = LANG_STRS, .strs = { .p = not4, .n = 4 } };
}

static void telnet(struct world *w)
{
	world_cut(w, 0, 23, COVER_OPEN);
	world_add_service(w, "10.7.0.3", 23, "telnet")->v.vantage = 3;
}

static void telnet_alone(struct world *w)
{
	*w = (struct world){ .provisional = true };
	world_add_addr(w, "10.7.0.3");
	world_add_service(w, "10.7.0.3", 23, "telnet");
}

static void suspected(struct world *w)
{
	world_weaken(world_add_service(w, "10.7.0.3", 23, "telnet"), STATE_SUSPECTED);
}

static void expired(struct world *w)
{
	world_weaken(world_add_service(w, "10.7.0.3", 23, "telnet"), STATE_EXPIRED);
}

static void silenced(struct world *w)
{
	world_cut(w, 0, 23, COVER_SILENT);
	world_weaken(world_add_service(w, "10.7.0.3", 23, "telnet"), STATE_SILENT);
}

static void no_service(struct world *w)
{
	world_cut(w, 0, 80, COVER_OPEN);
}

static void no_name(struct world *w)
{
	world_cut(w, 0, 80, COVER_OPEN);
	world_add_service(w, "10.7.0.3", 80, NULL);
}

static void filtered(struct world *w)
{
	world_cut(w, 0, 23, COVER_FILTERED);
}

static void filtered_but_listed(struct world *w)
{
	world_cut(w, 0, 23, COVER_FILTERED);
	world_add_piece(w, "10.7.0.3", "tcp", 5, 1, 65535, COVER_CLOSED);
}

static void stopped(struct world *w)
{
	w->pieces[0].p.hi = 30000;
	world_add_piece(w, "10.7.0.3", "tcp", 1, 30001, 65535, COVER_UNFINISHED);
}

static void too_old(struct world *w)
{
	w->pieces[0].p.outcome = w->pieces[1].p.outcome = COVER_EXPIRED;
}

static void no_ip6(struct world *w)
{
	w->nfams = 1;
}

static void silent_ip6(struct world *w)
{
	w->fams[1].f = (struct rule_family){ .silent = true };
}

static void second_address(struct world *w)
{
	world_add_addr(w, "10.7.0.9");
}

static void leases(struct world *w)
{
	w->provisional = true;
}

static void answers_all(struct world *w)
{
	static const struct range most = { 1000, 60000 };
	struct world_value *v = world_add(w, K_ALL);

	v->v.addr = S("10.7.0.3");
	v->v.proto = S("tcp");
	v->known = 4;
	v->field[2] = (struct lang_value){ .type = LANG_RANGES, .ranges = { .p = &most, .n = 1 } };
}

static void erased(struct world *w)
{
	no_name(w);
	w->values[0].why = WHY_ERASED;
}

static const struct {
	const char *name;
	void (*make)(struct world *w);
} situations[] = {
	{ "every port closed from v1 on IPv4 and IPv6, addresses listed", clean },
	{ "port 80 open, name http determined", http },
	{ "port 443 open, name absent, all four names in `not`", ruled_out },
	{ "port 23 is telnet, from any vantage", telnet },
	{ "port 23 is telnet, nothing else known", telnet_alone },
	{ "port 23 is telnet, quality 50", suspected },
	{ "port 23 was telnet, expired", expired },
	{ "port 23 was telnet, ended by silence", silenced },
	{ "port 80 open, no service determined", no_service },
	{ "port 80 open, service without name", no_name },
	{ "port 23 filtered from v1, no look from v5", filtered },
	{ "port 23 filtered from v1, closed by the list from v5", filtered_but_listed },
	{ "the scan stopped at port 30000", stopped },
	{ "the scan is too old", too_old },
	{ "IPv6 never asked for", no_ip6 },
	{ "IPv6 asked for, nothing answered", silent_ip6 },
	{ "a second address that was never scanned", second_address },
	{ "only held by leases", leases },
	{ "the address answers on nearly every port", answers_all },
	{ "the name was erased", erased },
};

static struct rule_scratch scratch;

static struct rule_verdict judge(struct world *w, const char *rule, struct rule_explain *ex)
{
	struct arena *a = arena_new(NULL, 0);
	struct rule_facts f = world_view(w);
	const struct lang_expr *x;
	struct rule_verdict v;
	struct perr e;

	if (lang_parse_rule(a, str_z(rule), &test_schema, &x, &e) != 0) {
		print_error("%s\ncolumn %u: %s\n", rule, e.col, e.text);
		fail();
	}
	rule_eval(x, &f, &scratch, ex, &v);
	arena_free(a);
	return v;
}

static void judge_text(const struct rule_verdict *v, char *out, size_t n)
{
	snprintf(out, n, "%s%s%s",
		v->v == TRI_TRUE    ? "◎"
		: v->v == TRI_FALSE ? "×"
				    : "？",
		v->v == TRI_UNKNOWN ? " " : "", why_name(why_first(v->why)));
}

/* Every row of the table is a situation here, and comes out as the row says. */
void test_example__situations_of_the_document(void **state)
{
	FILE *f = fopen(DOC_RULES, "r");
	char line[512], want[64], got[64];
	bool in = false;
	size_t rows = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		char *name = line + 2, *end;
		size_t at = 0;
		struct world w;
		struct rule_verdict v;

		if (strncmp(line, "| situation |", 13) == 0) {
			in = true;
			continue;
		}
		if (!in || line[0] != '|' || line[1] == '-') {
			in = in && line[0] == '|';
			continue;
		}
		end = strstr(name, " | ");
		assert_non_null(end);
		*end = 0;
		snprintf(want, sizeof want, "%s", end + 3);
		*strstr(want, " |") = 0;
		while (at < countof(situations) && strcmp(situations[at].name, name) != 0) {
			at++;
		}
		if (at == countof(situations)) {
			print_error("no situation \"%s\"\n", name);
			fail();
		}
		world_clean(&w);
		situations[at].make(&w);
		v = judge(&w, EXAMPLE, NULL);
		judge_text(&v, got, sizeof got);
		if (strcmp(got, want) != 0) {
			print_error("%s: got %s, want %s\n", name, got, want);
			fail();
		}
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, countof(situations));
}

void test_example__what_decided_is_named(void **state)
{
	struct rule_step steps[64];
	struct rule_explain ex = { .p = steps, .cap = 64 };
	struct rule_verdict v;
	struct world w;
	size_t hit = 0;

	(void)state;
	world_clean(&w);
	v = judge(&w, EXAMPLE, &ex);
	assert_int_equal(v.npos, 4);	/* two lists of addresses, two looks at ports */
	assert_int_equal(v.npos_all, 4);
	telnet(&w);
	v = judge(&w, EXAMPLE, &ex);
	assert_int_equal(v.v, TRI_FALSE);
	assert_int_equal(v.why, 0);
	assert_int_equal(v.npos, 1);
	assert_int_equal(v.pos[0].index, w.values[0].v.pos.index);
	assert_true(ex.n <= 64);
	for (size_t i = 0; i < ex.n; i++) {
		hit += steps[i].kind == RULE_STEP_VALUE_HITS && steps[i].lo == 23 && steps[i].vantage == 3;
	}
	assert_int_equal(hit, 1);
	assert_int_equal(steps[ex.n - 1].kind, RULE_STEP_RESULT);
	assert_int_equal(steps[ex.n - 1].v, TRI_FALSE);
	ex.cap = 1;
	judge(&w, EXAMPLE, &ex);
	assert_true(ex.n > 1);	/* counted, not written */
}

void test_example__steps_say_where_it_is_open(void **state)
{
	struct rule_step steps[64];
	struct rule_explain ex = { .p = steps, .cap = 64 };
	struct world w;
	bool found = false;

	(void)state;
	world_clean(&w);
	world_cut(&w, 0, 23, COVER_FILTERED);
	judge(&w, EXAMPLE, &ex);
	for (size_t i = 0; i < ex.n; i++) {
		if (steps[i].kind == RULE_STEP_PORTS_OPEN) {
			assert_false(found);
			found = true;
			assert_int_equal(steps[i].lo, 23);
			assert_int_equal(steps[i].hi, 23);
			assert_int_equal(steps[i].why, WHY_FILTERED);
			assert_str(steps[i].addr, "10.7.0.3");
			assert_str(steps[i].proto, "tcp");
		}
	}
	assert_true(found);
	for (size_t k = 0; k < RULE_STEP_COUNT; k++) {
		assert_true(rule_step_name((enum rule_step_kind)k)[0] != 0);
	}
}

void test_example__an_address_that_ran_out(void **state)
{
	struct rule_verdict v;
	struct world w;

	(void)state;
	world_clean(&w);
	world_add_addr(&w, "10.7.0.9");
	w.addrs[2].with = STATE_EXPIRED;
	w.addrs[2].until = NOW - 1000;	/* after the lists were made: nobody looked since */
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.why, WHY_EXPIRED);
	w.addrs[2].until = NOW - 9000;
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.v, TRI_TRUE);
	w.addrs[2].with = STATE_AWAY;	/* taken by another: not ours */
	w.addrs[2].until = NOW - 1000;
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.v, TRI_TRUE);
	w.addrs[0].with = w.addrs[1].with = STATE_AWAY;
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(v.why, WHY_NOT_COVERED);
}

void test_example__a_wrong_clock_decides_nothing(void **state)
{
	struct rule_verdict v;
	struct world w;

	(void)state;
	world_clean(&w);
	world_weaken(world_add_service(&w, "10.7.0.3", 23, "telnet"), STATE_SUSPECTED);
	w.values[0].v.clock = true;
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(v.why, WHY_INCONCLUSIVE);
	world_clean(&w);
	world_cut(&w, 0, 80, COVER_OPEN);
	world_weaken(world_add_service(&w, "10.7.0.3", 80, "http"), STATE_SUSPECTED);
	w.values[0].v.clock = true;
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(v.why, WHY_INCONCLUSIVE);
}

void test_example__history_is_not_read(void **state)
{
	struct rule_verdict v;
	struct world w;

	(void)state;
	world_clean(&w);
	world_weaken(world_add_service(&w, "10.7.0.3", 23, "telnet"), STATE_GONE);
	world_weaken(world_add_service(&w, "10.7.0.9", 23, "telnet"), STATE_AWAY);
	v = judge(&w, EXAMPLE, NULL);
	assert_int_equal(v.v, TRI_TRUE);
}

void test_example__device_state(void **state)
{
	static const char rule[] = "none(service where name == \"telnet\" over tcp:1-65535 from v1 in factory)";
	struct rule_verdict v;
	struct world w;

	(void)state;
	world_clean(&w);
	v = judge(&w, rule, NULL);	/* looks in an unknown state say nothing of the factory state */
	assert_int_equal(v.v, TRI_UNKNOWN);
	w.pieces[0].p.state = w.pieces[1].p.state = SEEN_FACTORY;
	v = judge(&w, rule, NULL);
	assert_int_equal(v.v, TRI_TRUE);
	world_add_service(&w, "10.7.0.3", 23, "telnet")->v.state = SEEN_CUSTOMISED;
	v = judge(&w, rule, NULL);
	assert_int_equal(v.v, TRI_TRUE);
	w.values[0].v.state = SEEN_UNKNOWN;
	v = judge(&w, rule, NULL);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(v.why, WHY_INCONCLUSIVE);
	w.values[0].v.state = SEEN_FACTORY;
	v = judge(&w, rule, NULL);
	assert_int_equal(v.v, TRI_FALSE);
}
