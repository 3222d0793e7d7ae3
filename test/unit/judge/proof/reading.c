/* What answers rest on beside the text of a rule: how facts are read into a state, whom they are about, and how an item follows from its
 * measures. A bundle names all of that by one number (LANG_VERSION_OF_RULES), and a program that reads otherwise under the same number calls old
 * bundles forged. So what this program makes of a fixed set of facts stands in test/golden/reading/<number>.txt. The file of a number is
 * never written again: a difference means another number, and UPDATE=1 then makes its file.
 * Another kind or field does not change what is written here; a kind's next version does, and so it should. */
#include "serve_test.h"

#include "core/catalog/catalog.h"
#include "core/lang/lang.h"
#include "judge/rule/rule.h"
#include "judge/sheet/sheet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC_A "00:16:3e:00:00:02"
#define MAC_B "00:16:3e:00:00:03"
#define HOUR 3600

static struct core c;
static i64 began;

/* ---- the facts ---- */

static struct fact_new *at(const char *kind, int vantage, const char *key1, const char *key2, const char *addr)
{
	const char *keys[3] = { key1, key2 };
	struct fact_new *n = core_fact(&c, kind, vantage, keys);

	if (addr != NULL) {
		fact_set_str(n, "addr", str_z(addr));
	}
	return n;
}

static void cover(const char *mac, const char *addr, int vantage, const char *const *ranges, i64 seconds, u8 qod)
{
	static const struct str determined[] = { { "name", 4 }, { "not", 3 } };
	struct fact_new *n = at("coverage/1", vantage, mac, str_c(c.a, str_printf(c.a, "ip:%s", addr)), addr);

	fact_set_str(n, "of", S("service"));
	fact_set_str(n, "proto", S("tcp"));
	for (size_t i = 0; ranges[i] != NULL; i += 2) {
		fact_set_str(n, ranges[i], str_z(ranges[i + 1]));
	}
	fact_set_strs(n, "determined", determined, countof(determined));
	fact_set_bool(n, "alive", true);
	fact_set_int(n, "tries", 3);
	core_add(&c, n, seconds, qod)->seen.run = str_printf(c.a, "R%jd", (intmax_t)seconds / 100);
}

static void families(const char *mac, const char *addr, bool silent6, i64 seconds)
{
	static const struct str both[] = { { "ip4", 3 }, { "ip6", 3 } };
	struct fact_new *n = at("coverage/1", 1, mac, str_c(c.a, str_printf(c.a, "ip:%s", addr)), NULL);

	fact_set_str(n, "of", S("address"));
	fact_set_strs(n, "families", both, silent6 ? 1 : 2);
	if (silent6) {
		fact_set_bool(n, "silent6", true);
	}
	core_add(&c, n, seconds, 95);
}

static void service(const char *key, const char *addr, int vantage, int port, const char *name, i64 seconds, u8 qod)
{
	struct fact_new *n = at("service/1", vantage, key, str_c(c.a, str_printf(c.a, "ip:%s", addr)), addr);

	fact_set_str(n, "proto", S("tcp"));
	fact_set_int(n, "port", port);
	if (name != NULL) {
		fact_set_str(n, "name", str_z(name));
	}
	core_add(&c, n, seconds, qod)->seen.run = str_printf(c.a, "R%jd", (intmax_t)seconds / 100);
}

static void words(const char *kind, const char *key, const char *place, const char *value, i64 seconds, u8 qod)
{
	struct fact_new *n = at(kind, 7, key, NULL, NULL);

	if (place != NULL) {
		fact_set_str(n, place, str_z("room"));
	}
	fact_set_str(n, value, str_z("Sato"));
	core_add(&c, n, seconds, qod);
}

static void record(void)
{
	static const char *const first[] = { "closed", "1-22,24-1022,1025-65535", "open", "23", "filtered", "1023", "silent", "1024", NULL };
	static const char *const later[] = { "closed", "1-65535", NULL };
	static const char *const found[] = { "closed", "1-21,24-65535", "open", "22-23", NULL };
	static const char *const half[] = { "closed", "1-1000", "unfinished", "1001-65535", NULL };

	/* a device, looked at whole, and what a weaker look said */
	core_host(&c, MAC_A, "10.7.0.2", 0);
	began = c.items[0].seen.at.ms;
	families("mac:" MAC_A, "10.7.0.2", true, 5);
	service("mac:" MAC_A, "10.7.0.2", 1, 23, "telnet", 10, 95);
	cover("mac:" MAC_A, "10.7.0.2", 1, first, 20, 95);
	service("mac:" MAC_A, "10.7.0.2", 1, 80, "http", 30, 50);
	words("note/1", "mac:" MAC_A, "topic", "text", 40, 97);
	words("owner/1", "mac:" MAC_A, NULL, "name", 40, 97);
	core_commit(&c);
	/* the same again, from farther away, and at another place */
	service("mac:" MAC_A, "10.7.0.2", 1, 23, "telnet", 100, 95);
	service("mac:" MAC_A, "10.7.0.2", 3, 23, "ssh", 110, 95);
	service("mac:" MAC_A, "10.7.0.2", 1, 8080, NULL, 120, 95);
	core_commit(&c);
	/* two devices change their addresses */
	core_host(&c, MAC_B, "10.7.0.3", 200);
	service("mac:" MAC_B, "10.7.0.3", 1, 22, "ssh", 210, 95);
	families("mac:" MAC_B, "10.7.0.3", false, 215);
	cover("mac:" MAC_B, "10.7.0.3", 1, half, 220, 95);
	core_commit(&c);
	core_host(&c, MAC_A, "10.7.0.3", 600);
	core_host(&c, MAC_B, "10.7.0.2", 610);
	cover("mac:" MAC_A, "10.7.0.3", 1, later, 700, 95);
	core_commit(&c);
	service("mac:" MAC_A, "10.7.0.3", 1, 22, "ssh", 3 * HOUR, 95);		/* by a clock ahead of ours */
	core_commit(&c);
	/* one with nothing open, and one with Telnet */
	core_host(&c, "00:16:3e:00:00:04", "10.7.0.4", 800);
	families("mac:00:16:3e:00:00:04", "10.7.0.4", false, 805);
	cover("mac:00:16:3e:00:00:04", "10.7.0.4", 1, later, 810, 95);
	core_host(&c, "00:16:3e:00:00:08", "10.7.0.8", 820);
	families("mac:00:16:3e:00:00:08", "10.7.0.8", false, 825);
	service("mac:00:16:3e:00:00:08", "10.7.0.8", 1, 23, "telnet", 830, 95);
	service("mac:00:16:3e:00:00:08", "10.7.0.8", 1, 22, "ssh", 830, 95);
	cover("mac:00:16:3e:00:00:08", "10.7.0.8", 1, found, 840, 95);
	core_commit(&c);
	/* known by leases alone, through a router; another host key is another device */
	service("hostkey:22/SHA256:aaaa", "10.9.0.5", 3, 22, "ssh", 300, 95);
	core_commit(&c);
	service("hostkey:22/SHA256:bbbb", "10.9.0.5", 3, 22, "ssh", 900, 95);
	core_commit(&c);
	/* a serial number joins what addresses held apart */
	words("owner/1", "serial:Acme|AX-300|S1", NULL, "name", 1000, 97);
	core_commit(&c);
	words("owner/1", "mac:00:16:3e:00:00:07", NULL, "name", 1010, 97);
	core_add(&c, at("address/1", 1, "serial:Acme|AX-300|S1", "mac:00:16:3e:00:00:07", "10.7.0.7"), 1020, 95);
	core_commit(&c);
}

/* ---- what is made of them ---- */

static void put_value(struct buf *b, const struct fact_value *v)
{
	if (v->type == KIND_BOOL || v->type == KIND_INT) {
		buf_printf(b, "%jd", (intmax_t)v->i);
	} else if (v->type == KIND_STRS) {
		for (size_t i = 0; i < v->n; i++) {
			buf_printf(b, "%s%.*s", i == 0 ? "" : ",", STRF(v->strs[i]));
		}
	} else {
		buf_str(b, v->s);
	}
}

static void put_fields(struct buf *b, const struct fact_field *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, " %.*s=", STRF(p[i].name));
		put_value(b, &p[i].v);
	}
}

static void put_values(struct buf *b, const struct state *st, struct utc now)
{
	struct state_cursor cur = state_values(st, NULL, now);
	struct state_value v;

	while (state_next(&cur, &v)) {
		buf_printf(b, "  %s %.*s v%d %s%s at %jd:", v.kind->name, STRF(v.network), v.vantage, state_with_name(v.with), v.weak ? " weak" : "",
			(intmax_t)(v.stamp->at.ms - began) / 1000);
		put_fields(b, v.place, v.nplace);
		buf_z(b, " ->");
		for (size_t i = 0; i < v.nfields; i++) {
			buf_printf(b, " %s=", v.fields[i].def->name);
			put_value(b, &v.fields[i].v);
			buf_printf(b, "(%s)", state_with_name(v.fields[i].with));
		}
		buf_z(b, "\n");
	}
}

static void put_cover(struct buf *b, const struct state *st, const char *addr, int vantage, struct utc now)
{
	struct state_cover_cursor cur = state_covers(st, kind_latest(S("service")), S("lab"), str_z(addr), S("tcp"), vantage, 1, 65535, now);
	struct state_cover piece;

	buf_printf(b, "  tcp %s v%d:", addr, vantage);
	while (state_cover_next(&cur, &piece)) {
		buf_printf(b, " %u-%u %s %x", piece.lo, piece.hi, state_outcome_name(piece.outcome), piece.determined);
	}
	buf_z(b, "\n");
}

static void put_rules(struct buf *b, struct state *st, struct utc now)
{
	static const char *const rules[] = {
		"none(service where name in (\"telnet\",\"rlogin\") over tcp:1-65535 from v1 or v5)",
		"all(service where name == \"ssh\" over tcp:1-1000 from v1)",
		"count(service where name == \"ssh\" over tcp:1-1000 from v1) <= 1",
		"any(service where name == \"telnet\")",
	};
	const struct lang_schema *schema = lang_schema_facts(c.a);
	struct rule_scratch *scratch = arena_alloc(c.a, sizeof *scratch);
	struct rule_state rs = { .state = st, .schema = schema, .now = now };
	struct rule_facts f = rule_facts_of_state(&rs);

	for (size_t i = 0; i < countof(rules); i++) {
		const struct lang_expr *x;
		struct rule_verdict v;
		struct perr err = { 0 };

		if (lang_parse_rule(c.a, str_z(rules[i]), schema, &x, &err) != 0) {
			fail_msg("%s: %s", rules[i], err.text);
		}
		rule_eval(x, &f, scratch, NULL, &v);
		buf_printf(b, "  rule %zu: %d %x\n", i + 1, (int)v.v, v.why);
	}
}

static void put_states(struct buf *b)
{
	static const i64 times[] = { HOUR, 30 * HOUR, 40 * 24 * HOUR };
	static const char *const addrs[] = { "10.7.0.2", "10.7.0.3", "10.7.0.8", "10.9.0.5" };

	for (u64 id = 1; id < 10; id++) {
		struct store_asset row;
		struct state *st;

		if (serve_state(c.s, c.a, id, &st, &row) != 0) {
			continue;
		}
		buf_printf(b, "asset %ju: %s; %.*s\n", (uintmax_t)identity_root(c.s->edges, id), state_provisional(st) ? "provisional" : "known",
			STRF(core_claims(&c, identity_root(c.s->edges, id))));
		for (size_t t = 0; identity_root(c.s->edges, id) == id && t < countof(times); t++) {
			struct utc now = { began + times[t] * 1000 };
			struct state_addr ad;

			buf_printf(b, " after %jd\n", (intmax_t)times[t]);
			for (size_t i = 0; state_addr(st, i, now, &ad); i++) {
				buf_printf(b, "  address %.*s %s\n", STRF(ad.addr), state_with_name(ad.with));
			}
			put_values(b, st, now);
			for (size_t i = 0; i < countof(addrs); i++) {
				put_cover(b, st, addrs[i], i == 3 ? 3 : 1, now);
			}
			put_rules(b, st, now);
		}
	}
}

/* ---- items from measures ---- */

#define W(name) "\"" name "\":{\"en\":\"e\",\"ja\":\"j\"}"
#define MEASURE(id) "{\"id\":\"" id "\",\"level\":\"unit\",\"obligation\":\"MUST\"," W("title") "," W("question") "," W("remedy") "," \
	W("convincing") "}"
#define CONTROL(id, more) "{\"id\":\"" id "\"," W("title") more "}"
#define PAIR(m, on, rel, more) "{\"measure\":\"" m "\",\"guideline\":\"g\",\"control\":\"" on "\",\"reason\":\"r\",\"written\":\"d\"," \
	"\"relation\":\"" rel "\"" more "}"
#define READ ",\"read\":{\"by\":\"x\",\"on\":\"d\"}"

static bool by_letter(void *arg, struct str measure, enum view_answer *ret)
{
	const char *p = strchr(arg, measure.p[0]);

	*ret = p[1] == '+' ? VIEW_PASS : p[1] == '-' ? VIEW_FAIL : VIEW_UNKNOWN;
	return p[1] != '0';
}

static void put_items(struct buf *b)
{
	static const char marks[] = "+-?0";
	static const char *const controls[] = { "need", "set", "help", "open", "whole" };
	const struct catalog_source src[] = {
		{ S("guideline"), S("g"), S("{\"catalog\":{\"metadata\":{" W("title") "},\"groups\":[{\"controls\":[" CONTROL("help", "") ","
			CONTROL("open", "") "," CONTROL("whole", ",\"parts\":[" CONTROL("need", "") "," CONTROL("set", "") "]") "]}]}}") },
		{ S("measures"), S("m"), S("{\"measures\":[" MEASURE("A") "," MEASURE("B") "]}"), .past = true },
		{ S("mapping"), S("p"), S("{\"pairs\":[" PAIR("A", "need", "needed", READ) ","
			PAIR("B", "need", "sufficient-with", ",\"with\":[]" READ) "," PAIR("A", "set", "sufficient-with", ",\"with\":[\"B\"]" READ) ","
			PAIR("A", "help", "contributes", READ) "," PAIR("B", "open", "sufficient-with", ",\"with\":[]") "]}") },
	};
	struct catalog cat;
	struct perr err = { 0 };

	if (catalog_load(c.a, src, countof(src), &cat, &err) != 0) {
		fail_msg("%s", err.text);
	}
	for (size_t i = 0; i < countof(controls); i++) {
		buf_printf(b, "item %s:", controls[i]);
		for (size_t m = 0; m < 16; m++) {
			char text[] = { 'A', marks[m / 4], 'B', marks[m % 4], '\0' };
			struct sheet_item it;

			sheet_item(c.a, &cat, &cat.guidelines[0], catalog_control(&cat.guidelines[0], str_z(controls[i])), by_letter, text, &it);
			buf_printf(b, " %s=%d", text, (int)it.state);
		}
		buf_z(b, "\n");
	}
}

/* ---- the golden file ---- */

static struct str golden(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = arena_alloc(c.a, 1 << 20);
	size_t n = f == NULL ? 0 : fread(p, 1, 1 << 20, f);

	if (f != NULL) {
		fclose(f);
	}
	return str_of(p, n);
}

static void write_golden(const char *path, struct str text)
{
	FILE *f = fopen(path, "wxb");		/* never over one that is there */

	if (f == NULL || fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0) {
		fail_msg("%s: %s", path, strerror(errno));
	}
}

void test_reading__another_reading_is_another_version(void **state)
{
	struct buf b;
	struct str want, rest, got;
	const char *path;
	size_t line = 1;

	(void)state;
	core_begin(&c);
	b = buf_new(c.a, 0);
	record();
	put_states(&b);
	put_items(&b);
	assert_int_equal(buf_done(&b), 0);
	got = buf_view(&b);
	path = str_c(c.a, str_printf(c.a, READING_DIR "/%d.txt", LANG_VERSION_OF_RULES));
	want = golden(path);
	if (want.n == 0 && getenv("UPDATE") != NULL) {
		write_golden(path, got);
		want = got;
	}
	if (want.n == 0) {
		fail_msg("there is no %s: make it with UPDATE=1, once it is sure that this version's reading is as it is to be", path);
	}
	for (rest = got; want.n != 0 || rest.n != 0; line++) {
		struct str mine = str_cut(&rest, '\n'), theirs = str_cut(&want, '\n');

		if (!str_eq(mine, theirs)) {
			fail_msg("line %zu of %s\nwas   %.*s\nis    %.*s\nFacts are read, told apart or rolled up otherwise than by version %d. Bundles of that "
				"version would be called forged: raise LANG_VERSION_OF_RULES in core/lang/lang.h, then UPDATE=1 makes the file of the "
				"new version; the old one stays.", line, path, STRF(theirs), STRF(mine), LANG_VERSION_OF_RULES);
		}
	}
	core_end(&c);
}
