#include "unit.h"
#include <stdio.h>

#include "base/limits.h"
#include "kinds.h"

#include <string.h>
#include <time.h>

static int parse(struct arena *a, const char *text, const struct lang_expr **x, struct perr *e)
{
	return lang_parse_rule(a, str_z(text), &test_schema, x, e);
}

void test_rule__good_ones_load(void **state)
{
	static const char *const good[] = {
		"none(service where name in (\"telnet\",\"rlogin\",\"rsh\",\"rexec\") over tcp:1-65535 from v1 or v5)",
		"any(service where name == \"telnet\")",
		"any(service)",
		"any(service where tls in factory)",
		"any(service where known(not) and known(name))",
		"all(service where tls over tcp:443,8443,udp:443 from v1 in initialised or customised)",
		"count(service where not tls and port < 1024 over tcp:1-65535,udp:1-1023) <= 3",
		"count(service over tcp:80) == 0",
		"none(service where \"telnet\" in not over tcp:23)",
		"none(service where \"telnet\" not in not over tcp:23)",
		"hardware.version >= v\"1.2.3\" and hardware.vendor != \"x\" # why\n or hardware.secure",
		"hardware.made > now - 365d and now < hardware.made + 10d + 1w",
		"hardware.harm < \"severe\" and hardware.cores in (1,2,-3)",
		"23 in hardware.ports and hardware.mac == \"00:16:3e:00:00:02\"",
		"t\"2026-11-21\" <= hardware.made and v\"2\" < hardware.version",
		"not stale(service, 30d) and known(hardware.vendor)",
		"none(service where not declared(service) over tcp:1-65535 from v1)",
		"declared(service) and none(address where not onlink over address)",
		"none(hardware where shared(mac) or not shared(mac) over self)",
		"none(hardware where vendor == \"x\\n\\\"\" over self)",
		"none(declared where 23 in tcp over state:\"factory\",\"initialised\" from v7)",
		("any(service where addr == \"fe80::1\" and proto == \"tcp\" and until <= "
		"t\"2026-01-01T00:00:00+09:00\")"),
	};
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x;
	struct perr e;

	(void)state;
	assert_true(lang_schema_ok(&test_schema));
	for (size_t i = 0; i < countof(good); i++) {
		int r = parse(a, good[i], &x, &e);

		if (r != 0) {
			print_error("%s\ncolumn %u: %s\n", good[i], e.col, e.text);
		}
		assert_int_equal(r, 0);
	}
	arena_free(a);
}

void test_rule__bad_ones_name_place_and_reason(void **state)
{
	static const struct {
		const char *text;
		int code;
		u32 line, col;
		const char *part;
	} bad[] = {
		{ "", ERR_SYNTAX, 1, 1, "value" },
		{ "none(service where name == \"x\")", ERR_MISSING, 1, 31, "over" },
		{ "all(service where tls)", ERR_MISSING, 1, 22, "over" },
		{ "count(service) == 0", ERR_MISSING, 1, 14, "over" },
		{ "all(service over tcp:1)", ERR_MISSING, 1, 23, "where" },
		{ "count(service over tcp:1)", ERR_SYNTAX, 1, 26, "number" },
		{ "any(servise)", ERR_UNKNOWN, 1, 5, "servise" },
		{ "any(service where nam == \"x\")", ERR_UNKNOWN, 1, 19, "nam" },
		{ "any(service where name == 3)", ERR_TYPE, 1, 24, "compared" },
		{ "any(service where\n  name < \"b\")", ERR_TYPE, 2, 8, "order" },
		{ "any(service where port == \"23\")", ERR_TYPE, 1, 24, "compared" },
		{ "any(service where port = 23)", ERR_SYNTAX, 1, 24, "==" },
		{ "any(service where not == \"x\")", ERR_SYNTAX, 1, 23, "value" },
		{ "any(service where proto == \"sctp\")", ERR_TYPE, 1, 28, "never" },
		{ "any(service where addr == \"FE80::1\")", ERR_TYPE, 1, 27, "never" },
		{ "hardware.mac == \"00-16-3e-00-00-02\"", ERR_TYPE, 1, 17, "never" },
		{ "any(service where version > v\"1\" and)", ERR_SYNTAX, 1, 37, "value" },
		{ "any(service where any(service))", ERR_SYNTAX, 1, 19, "cannot stand" },
		{ "none(service over tcp:1-70000)", ERR_RANGE, 1, 25, "65535" },
		{ "none(service over tcp:9-1)", ERR_RANGE, 1, 26, "backwards" },
		{ "none(service over tcp:1-5,5)", ERR_RANGE, 1, 19, "twice" },
		{ "none(service over self)", ERR_TYPE, 1, 19, "places" },
		{ "none(service over address)", ERR_TYPE, 1, 19, "address" },
		{ "none(hardware over tcp:1)", ERR_TYPE, 1, 20, "ports" },
		{ "none(declared over state:\"a\",\"a\")", ERR_RANGE, 1, 30, "twice" },
		{ "none(declared over state:\"a\",state:\"b\")", ERR_RANGE, 1, 30, "twice" },
		{ "none(declared over state:5)", ERR_TYPE, 1, 26, "value" },
		{ "none(declared over tcp)", ERR_SYNTAX, 1, 23, "':'" },
		{ "none(declared over services:\"a\")", ERR_UNKNOWN, 1, 20, "place" },
		{ "none(service over name:\"a\")", ERR_TYPE, 1, 19, "addresses" },
		{ "none(declared over state:)", ERR_TYPE, 1, 26, "value" },
		{ "none(service over tcp:1 from v8)", ERR_SYNTAX, 1, 30, "v1 to v7" },
		{ "none(service over tcp:1 in broken)", ERR_SYNTAX, 1, 28, "factory" },
		{ "none(service from v1 over tcp:1)", ERR_SYNTAX, 1, 22, "order" },
		{ "service.name == \"x\"", ERR_TYPE, 1, 1, "places" },
		{ "vendor == \"x\"", ERR_UNKNOWN, 1, 1, "kind.field" },
		{ "hardware.vendor == \"x", ERR_SYNTAX, 1, 20, "quote" },
		{ "hardware.vendor == \"\\x\"", ERR_SYNTAX, 1, 21, "\\" },
		{ "hardware.vendor", ERR_SYNTAX, 1, 16, "comparison" },
		{ "hardware.made > now - 3", ERR_TYPE, 1, 23, "length" },
		{ "hardware.cores + 3d > 1", ERR_TYPE, 1, 16, "added" },
		{ "hardware.made > t\"2026-13-01\"", ERR_RANGE, 1, 17, "time" },
		{ "1 == 1", ERR_TYPE, 1, 3, "fixed" },
		{ "hardware.secure hardware.secure", ERR_SYNTAX, 1, 17, "end here" },
		{ "stale(service, 30d)", ERR_TYPE, 1, 1, "not" },
		{ "not not stale(service, 30d)", ERR_TYPE, 1, 9, "not" },
		{ "not known(hardware.vendor)", ERR_TYPE, 1, 5, "not" },
		{ "none(service where known(name) over tcp:1)", ERR_TYPE, 1, 20, "not" },
		{ "count(service where known(name) over tcp:1) < 3", ERR_TYPE, 1, 21, "not" },
		{ "shared(mac)", ERR_SYNTAX, 1, 1, "condition" },
		{ "any(hardware where shared(vendor))", ERR_TYPE, 1, 27, "who else" },
		{ "any(hardware where shared(colour))", ERR_UNKNOWN, 1, 27, "no field" },
		{ "any(hardware where shared mac)", ERR_UNKNOWN, 1, 20, "no field" },
		{ "declared(hardware)", ERR_TYPE, 1, 10, "ports" },
		{ "any(address where declared(service))", ERR_TYPE, 1, 28, "kind of that" },
		{ "Any(service)", ERR_SYNTAX, 1, 1, "lower case" },
		{ "any(service where port == 99999999999999999999)", ERR_RANGE, 1, 27, "large" },
		{ "any(service where until > now - 99999d)", ERR_RANGE, 1, 33, "large" },
		{ "any(service where port == 1) ;", ERR_SYNTAX, 1, 30, "meaning" },
		{ "\xff", ERR_UTF8, 1, 1, "UTF-8" },
	};
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x = NULL;
	struct perr e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		int r = parse(a, bad[i].text, &x, &e);

		if (r != bad[i].code || e.line != bad[i].line || e.col != bad[i].col ||
			strstr(e.text, bad[i].part) == NULL) {
			print_error("%s\ngot %d at %u:%u \"%s\", want %d at %u:%u\n", bad[i].text, r, e.line, e.col,
				e.text, bad[i].code, bad[i].line, bad[i].col);
			fail();
		}
		assert_int_equal(parse(a, bad[i].text, &x, NULL), bad[i].code);
	}
	assert_null(x);	/* written on success only */
	arena_free(a);
}

static struct str repeat(struct arena *a, const char *head, const char *what, size_t n, const char *tail)
{
	struct buf b = buf_new(a, 0);

	buf_z(&b, head);
	for (size_t i = 0; i < n; i++) {
		buf_z(&b, what);
	}
	buf_z(&b, tail);
	return buf_view(&b);
}

void test_rule__limits(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x;
	struct perr e;

	(void)state;
	assert_int_equal(
		lang_parse_rule(a,
			repeat(a, "", "(", LIMIT_EXPR_DEPTH - 1, "hardware.secure)))))))))))))))))))))))))))))))"),
			&test_schema, &x, &e),
		0);
	assert_int_equal(
		lang_parse_rule(a, repeat(a, "", "(", LIMIT_EXPR_DEPTH, "hardware.secure"), &test_schema, &x, &e),
		ERR_DEPTH);
	assert_int_equal(
		lang_parse_rule(a, repeat(a, "", "not ", 1000, "hardware.secure"), &test_schema, &x, &e), ERR_DEPTH);
	assert_int_equal(lang_parse_rule(a, repeat(a, "hardware.made > now", " + 1s", 100, ""), &test_schema, &x, &e),
		ERR_DEPTH);
	assert_int_equal(
		lang_parse_rule(a, repeat(a, "hardware.secure", " or hardware.secure", 200, ""), &test_schema, &x, &e),
		0);
	assert_int_equal(lang_parse_rule(a, repeat(a, "hardware.cores in (1", ",2", LANG_LIST_MAX - 1, ")"),
				 &test_schema, &x, &e),
		0);
	assert_int_equal(
		lang_parse_rule(a, repeat(a, "hardware.cores in (1", ",2", LANG_LIST_MAX, ")"), &test_schema, &x, &e),
		ERR_LIMIT);
	assert_int_equal(
		lang_parse_rule(a, repeat(a, "hardware.secure", " ", LIMIT_EXPR - 15, ""), &test_schema, &x, &e), 0);
	assert_int_equal(
		lang_parse_rule(a, repeat(a, "hardware.secure", " ", LIMIT_EXPR - 14, ""), &test_schema, &x, &e),
		ERR_LIMIT);
	arena_free(a);
}

void test_rule__text_of_a_node(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x;
	u16 first;

	(void)state;
	assert_int_equal(parse(a, "  hardware.secure and  not stale( service,30d )  ", &x, NULL), 0);
	first = x->nodes[x->root].kid;
	assert_str(lang_text(x, x->root), "hardware.secure and  not stale( service,30d )");
	assert_str(lang_text(x, first), "hardware.secure");
	assert_str(lang_text(x, x->nodes[first].next), "not stale( service,30d )");
	assert_str(lang_text(x, LANG_NONE), "");
	assert_int_equal(
		parse(a, "count(service where tls and port > 3 over tcp:9,1-3,udp:53 from v1 or v3 in factory) >= 2",
			&x, NULL),
		0);
	assert_int_equal(x->nquants, 1);
	assert_int_equal(x->quants[0].from, 5);
	assert_int_equal(x->quants[0].states, LANG_STATE_FACTORY);
	assert_int_equal(x->quants[0].tcp.n, 2);
	assert_int_equal(x->quants[0].tcp.p[0].hi, 3);
	assert_int_equal(x->quants[0].udp.p[0].lo, 53);
	assert_int_equal(x->quants[0].limit, 2);
	assert_int_equal(x->quants[0].reads, 1 << 5);	/* tls; port is a place */
	arena_free(a);
}


/* A million expressions out of the language's own words and of plain bytes, as many as two seconds allow. */
void test_rule__random_text_never_crashes(void **state)
{
	static const char *const words[] = { "any(", "none(", "all(", "count(", "service", "hardware", ".", "where",
		"over", "from", "in", "tcp:", "udp:", "1-65535", "v1", "or", "and", "not", "(", ")", ",",
		"==", "<=", "!=", "name", "port", "tls", "\"telnet\"", "v\"1.2\"", "t\"2026-01-01\"", "30d", "now", "-",
		"+", "known(", "stale(", "declared(", "factory", "true", "23", "self", "vendor", "made", "#", "\n",
		"\"", "\\", "\x80", "é", "address", "ports", "field:", "seen:<24h", "OR", "*", ">", ".." };
	struct arena *a = arena_new(NULL, 0);
	clock_t end = clock() + 2 * CLOCKS_PER_SEC;
	size_t good = 0, done = 0;
	char text[512];

	(void)state;
	unit_seed(12345);
	for (; done < 1000000 && clock() < end; done++) {
		const struct lang_expr *x;
		struct perr e;
		size_t n = 0, pieces = 1 + unit_rnd(24);
		int r;

		if (unit_rnd(8) == 0) {
			for (; n < pieces; n++) {
				text[n] = (char)unit_rnd(256);
			}
		}
		for (size_t i = 0; n == 0 || (i < pieces && n < sizeof text - 32); i++) {
			const char *w = words[unit_rnd(countof(words))];

			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", w, unit_rnd(4) == 0 ? "" : " ");
		}
		r = lang_parse_rule(a, str_of(text, n), &test_schema, &x, &e);
		good += r == 0;
		assert_true(r == 0 ? x->nnodes < LANG_NONE : e.text[0] != 0 && e.line >= 1 && e.col >= 1 && e.off <= n);
		r = lang_parse_filter(a, str_of(text, n), service_fields, countof(service_fields), &x, &e);
		assert_true(r == 0 || (e.text[0] != 0 && e.col >= 1 && e.off <= n));
		arena_reset(a);
	}
	print_message("# %zu texts, %zu of them rules\n", done, good);
	assert_true(done > 1000);
	arena_free(a);
}
