/* Quantifiers, fields of the asset itself, stale, known, declared, next: small situations with one thing in each. */
#include "unit.h"

#include "world.h"

static struct rule_scratch scratch;

static struct rule_verdict judge(struct world *w, const char *rule)
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
	rule_eval(x, &f, &scratch, NULL, &v);
	arena_free(a);
	return v;
}

#define T TRI_TRUE, 0
#define X TRI_FALSE, 0
#define U(why) TRI_UNKNOWN, WHY_##why
#define expect(w, rule, want) expect_at((w), (rule), want, __LINE__)
static void expect_at(struct world *w, const char *rule, enum tri v, unsigned why, int line)
{
	struct rule_verdict got = judge(w, rule);

	if (got.v != v || got.why != why) {
		print_error("line %d: %s\ngot %s %s (%x)\n", line, rule, tri_name(got.v), why_name(why_first(got.why)),
			got.why);
		fail();
	}
}

static void open_port(struct world *w, u16 port, const char *name)
{
	world_cut(w, w->npieces == 2 ? 0 : w->npieces - 2, port, COVER_OPEN);
	world_add_service(w, "10.7.0.3", port, name);
}

void test_quant__any_needs_no_domain_but_is_never_false_without(void **state)
{
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, "any(service where name == \"http\")", U(NOT_COVERED));
	expect(&w, "any(service where name == \"http\" over tcp:1-65535)", X);
	expect(&w, "not any(service where name == \"http\" over tcp:1-65535)", T);
	expect(&w, "any(service over udp:53)", U(NOT_COVERED));
	open_port(&w, 80, "http");
	expect(&w, "any(service where name == \"http\")", T);
	expect(&w, "any(service)", T);
	expect(&w, "any(service over tcp:81-90)", X);
	w.provisional = true;
	expect(&w, "any(service where name == \"http\")", U(IDENTITY));
	expect(&w, "none(service over tcp:80)", X);
}

void test_quant__all_is_none_of_the_contrary(void **state)
{
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, "all(service where tls over tcp:1-65535)", T);	/* nothing there: nothing without */
	open_port(&w, 80, "http");
	expect(&w, "all(service where name == \"http\" over tcp:1-65535)", T);
	expect(&w, "all(service where name != \"http\" over tcp:1-65535)", X);
	expect(&w, "all(service where tls over tcp:1-65535)", U(NOT_COVERED));
	expect(&w, "all(service where name == \"http\" over tcp:1-65535 from v5)", U(NOT_COVERED));
}

void test_quant__count_between_bounds(void **state)
{
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, "count(service over tcp:1-65535) == 0", T);
	expect(&w, "count(service over tcp:1-65535) > 0", X);
	open_port(&w, 22, "ssh");
	open_port(&w, 80, "http");
	open_port(&w, 8080, NULL);
	expect(&w, "count(service over tcp:1-65535) == 3", T);
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) >= 1", T);
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) == 1", U(NOT_COVERED));	/* 1 or 2 */
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) != 1", U(NOT_COVERED));
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) <= 2", T);
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) < 1", X);
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) == 3", X);
	expect(&w, "count(service where name == \"http\" over tcp:1-65535) > 2", X);
	world_add_service(&w, "10.7.0.3", 80, "http")->v.vantage = 3;	/* the same place again */
	expect(&w, "count(service over tcp:1-65535) == 3", T);
	w.pieces[1].p.outcome = COVER_FILTERED;	/* now there may be any number more */
	expect(&w, "count(service over tcp:1-65535) >= 3", T);
	expect(&w, "count(service over tcp:1-65535) == 2", X);
	expect(&w, "count(service over tcp:1-65535) == 3", U(FILTERED));
	expect(&w, "count(service over tcp:1-65535) == 30", U(FILTERED));
	expect(&w, "count(service over tcp:1-65535) < 30", U(FILTERED));
	expect(&w, "count(service over tcp:1-65535) <= 2", X);
	expect(&w, "count(service over tcp:1-65535) != 2", T);
}

void test_quant__udp_and_lists_of_ports(void **state)
{
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, "none(service over tcp:1-1023,8080 from v1)", T);
	expect(&w, "none(service over tcp:1-1023,udp:53 from v1)", U(NOT_COVERED));
	world_add_piece(&w, "10.7.0.3", "udp", 1, 1, 65535, COVER_CLOSED);
	expect(&w, "none(service over tcp:1-1023,udp:53 from v1)", U(NOT_COVERED));	/* IPv6 */
	world_add_piece(&w, "fe80::3", "udp", 1, 53, 53, COVER_SILENT);
	expect(&w, "none(service over tcp:1-1023,udp:53 from v1)", U(SILENT));
	w.pieces[w.npieces - 1].p.outcome = COVER_CLOSED;
	expect(&w, "none(service over tcp:1-1023,udp:53 from v1)", T);
	expect(&w, "none(service over udp:52-54 from v1)", U(NOT_COVERED));
	expect(&w, "none(service over tcp:0-1 from v1)", U(NOT_COVERED));	/* port 0 was not looked at */
}

void test_quant__undetermined_fields_of_an_open_port(void **state)
{
	struct world w;

	(void)state;
	world_clean(&w);
	open_port(&w, 80, "http");
	expect(&w, "none(service where name == \"telnet\" over tcp:1-65535)", T);
	w.pieces[w.npieces - 1].p.determined = 0;	/* a look at the state alone */
	expect(&w, "none(service where name == \"telnet\" over tcp:1-65535)", U(NOT_COVERED));
	expect(&w, "none(service where port == 23 over tcp:1-65535)", T);	/* reads the place alone */
}

void test_quant__addresses_and_self(void **state)
{
	struct world_value *v;
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, "none(address where not onlink over address)", T);
	w.fams[0].f = (struct rule_family){ .expired = true };
	expect(&w, "none(address where not onlink over address)", U(EXPIRED));
	world_add_family(&w, 5, false);	/* a list on the device itself */
	expect(&w, "none(address where not onlink over address)", T);
	expect(&w, "none(hardware where vendor == \"x\" over self)", U(NOT_COVERED));
	w.lost[K_HARDWARE] = WHY_NOT_RUN;
	expect(&w, "none(hardware where vendor == \"x\" over self)", U(NOT_RUN));
	w.lost[K_HARDWARE] = WHY_NO_FEED;
	expect(&w, "hardware.vendor == \"x\"", U(NO_FEED));
	w.lost[K_HARDWARE] = 0;
	v = world_add(&w, K_HARDWARE);
	expect(&w, "none(hardware where vendor == \"x\" over self)", U(NOT_COVERED));
	v->known = 1;
	v->field[0] = (struct lang_value){ .type = LANG_STR, .s = S("acme") };
	expect(&w, "none(hardware where vendor == \"x\" over self)", T);
	expect(&w, "none(hardware where vendor == \"acme\" over self)", X);
	expect(&w, "none(hardware where vendor == \"x\" over self from v7)", U(NOT_COVERED));
	w.incomplete = true;
	expect(&w, "none(hardware where vendor == \"x\" over self)", U(INCONCLUSIVE));
	expect(&w, "none(hardware where vendor == \"acme\" over self)", X);
}

void test_quant__fields_of_the_asset(void **state)
{
	struct world_value *v, *other;
	struct world w;

	(void)state;
	world_clean(&w);
	v = world_add(&w, K_HARDWARE);
	v->known = 0x0B;
	v->field[0] = (struct lang_value){ .type = LANG_STR, .s = S("acme") };
	v->field[1] = (struct lang_value){ .type = LANG_STR, .s = S("1.10") };
	v->field[3] = (struct lang_value){ .type = LANG_ENUM, .s = S("serious") };
	expect(&w, "hardware.version > v\"1.9\"", T);
	expect(&w, "hardware.version <= v\"1.9\"", X);
	expect(&w, "hardware.version == \"1.10\"", T);
	expect(&w, "hardware.harm >= \"serious\" and hardware.harm < \"severe\"", T);
	expect(&w, "hardware.secure", U(NOT_COVERED));
	expect(&w, "hardware.secure or hardware.vendor == \"acme\"", T);
	expect(&w, "known(hardware.vendor)", T);
	expect(&w, "known(hardware.secure)", X);
	v->field[1].s = S("latest");
	expect(&w, "hardware.version > v\"1.9\"", U(INCONCLUSIVE));
	other = world_add(&w, K_HARDWARE);
	*other = *v;
	other->v.vantage = 7;
	other->field[0].s = S("other");
	expect(&w, "hardware.vendor == \"acme\"", U(INCONCLUSIVE));	/* the two disagree */
	world_weaken(other, STATE_SUSPECTED);
	expect(&w, "hardware.vendor == \"acme\"", U(SUSPECTED) | WHY_INCONCLUSIVE);
	world_weaken(other, STATE_GONE);
	expect(&w, "hardware.vendor == \"acme\"", T);
}

void test_quant__stale(void **state)
{
	struct world_value *v;
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, "not stale(hardware, 30d)", U(NOT_COVERED));
	v = world_add(&w, K_HARDWARE);
	v->v.fresh = NOW - 30 * DAY_MS;
	expect(&w, "not stale(hardware, 30d)", T);
	assert_true(judge(&w, "not stale(hardware, 30d)").next == NOW + 1);
	v->v.fresh--;
	expect(&w, "not stale(hardware, 30d)", X);
	assert_true(judge(&w, "not stale(hardware, 30d)").next == 0);
	world_weaken(world_add(&w, K_HARDWARE), STATE_SUSPECTED);	/* a weak one does not make it young */
	expect(&w, "not stale(hardware, 30d)", X);
}

void test_quant__declared(void **state)
{
	static const char rule[] = "none(service where not declared(service) over tcp:1-65535 from v1)";
	static const struct range ports[] = { { 80, 80 }, { 443, 443 } };
	static const struct str names[] = { { "http", 4 } };
	struct world_value *d;
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, rule, T);	/* nothing is open: nothing undeclared */
	expect(&w, "declared(service)", U(NOT_COVERED));
	open_port(&w, 80, "http");
	expect(&w, rule, U(NOT_COVERED));
	d = world_add(&w, K_DECLARED);
	d->known = 1u << 2;
	d->field[2] = (struct lang_value){ .type = LANG_RANGES, .ranges = { .p = ports, .n = 2 } };
	expect(&w, rule, T);
	expect(&w, "declared(service)", T);
	d->known |= 1u << 1;
	d->field[1] = (struct lang_value){ .type = LANG_STRS, .strs = { .p = names, .n = 1 } };
	expect(&w, rule, T);
	w.values[0].field[3].s = S("ftp");	/* the port is declared, what speaks there is not */
	expect(&w, rule, X);
	w.values[0].field[3].s = S("http");
	open_port(&w, 8080, "http");
	expect(&w, rule, X);
	world_weaken(d, STATE_EXPIRED);
	expect(&w, rule, X);	/* still says no to port 8080 */
	w.nvalues = 2;
	w.values[1] = *d;
	w.values[1].loose = w.values[1].known;
	w.npieces = 4;
	expect(&w, rule, U(EXPIRED) | WHY_NOT_COVERED);
}

void test_quant__when_it_may_change_next(void **state)
{
	struct world_value *v;
	struct world w;

	(void)state;
	world_clean(&w);
	expect(&w, EXAMPLE, T);
	assert_true(judge(&w, EXAMPLE).next == 0);
	w.expires = NOW + 777;
	assert_true(judge(&w, EXAMPLE).next == NOW + 777);
	v = world_add(&w, K_HARDWARE);
	v->known = 4;
	v->field[2] = (struct lang_value){ .type = LANG_TIME, .i = NOW - DAY_MS + 100 };
	expect(&w, "hardware.made > now - 1d", T);
	assert_true(judge(&w, "hardware.made > now - 1d").next == NOW + 100);
	assert_true(judge(&w, "hardware.made > t\"2020-01-01\"").next == NOW + 777);
	w.expires = NOW - 5;	/* what is past is not next */
	assert_true(judge(&w, EXAMPLE).next == 0);
}

/* One value, again and again. */
static bool crowd_value(void *ctx, struct rule_iter *it, struct rule_value *ret)
{
	struct world *w = ctx;

	if (it->kind != K_SERVICE || it->at++ > RULE_PLACES_MAX) {
		return false;
	}
	*ret = w->values[0].v;
	ret->ref = &w->values[0];
	return true;
}

/* More values than can be weighed: a hit still decides, nothing found does not. */
void test_quant__too_much_to_weigh(void **state)
{
	static struct rule_facts many;
	static struct world w;
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x;
	struct rule_verdict v;

	(void)state;
	world_clean(&w);
	open_port(&w, 80, "http");
	many = world_view(&w);
	many.value = crowd_value;
	assert_int_equal(lang_parse_rule(a, str_z(EXAMPLE), &test_schema, &x, NULL), 0);
	rule_eval(x, &many, &scratch, NULL, &v);
	assert_int_equal(v.v, TRI_UNKNOWN);
	assert_int_equal(why_first(v.why), WHY_INCONCLUSIVE);
	assert_int_equal(
		lang_parse_rule(a, S("none(service where name == \"http\" over tcp:80)"), &test_schema, &x, NULL), 0);
	rule_eval(x, &many, &scratch, NULL, &v);
	assert_int_equal(v.v, TRI_FALSE);
	assert_int_equal(v.npos, 1);
	arena_free(a);
}

void test_quant__reads(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x;

	(void)state;
	assert_int_equal(lang_parse_rule(a, str_z(EXAMPLE), &test_schema, &x, NULL), 0);
	assert_true(rule_reads(x, K_SERVICE) && rule_reads(x, K_ADDRESS) && rule_reads(x, K_ALL));
	assert_false(rule_reads(x, K_HARDWARE) || rule_reads(x, K_DECLARED));
	assert_int_equal(lang_parse_rule(a, S("hardware.secure and declared(service)"), &test_schema, &x, NULL), 0);
	assert_true(rule_reads(x, K_HARDWARE) && rule_reads(x, K_DECLARED));
	assert_false(rule_reads(x, K_ADDRESS));
	arena_free(a);
}
