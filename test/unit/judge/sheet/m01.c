/* Measures M01 (no clear-text remote shell) and M01.1 (no Telnet) as they are compiled in, over facts as a scan leaves them, and
 * what their pairs then make of JSSEC JS-14-2.c, JS-14-2 and EN 5.6-1.
 *
 * What is expected stands here by what the measures say, not by what the rules compute: Telnet is what negotiates or shows a
 * prompt, on any port of any address; Telnet in TLS is Telnet; a TLS port not identified inside is no pass; rlogin, rsh, rexec and
 * adb are remote shells, but not Telnet; filtered, silent, mute, unlisted, aged and unidentified are unknown. */
#include "unit.h"

#include "judge/sheet/judge.h"

#include <string.h>

#define T0 1800000000000ll
#define IP4 "10.7.0.3"
#define IP6 "fe80::216:3eff:fe00:3"
#define ALL_SIX "telnet,telnets,rlogin,rsh,rexec,adb"
#define PORTS_MAX 4

/* What a scan of one port came to. OPEN with neither a name nor `no` is a port that was accepted and stayed mute. */
enum how { NONE, OPEN, BARE, FILTERED, SILENT, UNFINISHED };

struct port {
	const char *addr;
	u16 port;
	enum how how;		/* BARE: open, and nobody talked to it */
	const char *name;	/* OPEN: what it was found to be */
	const char *no;		/* OPEN: what it was found not to be */
	u8 qod;			/* 0: 95 */
	int vantage;		/* 0: of the scan. Another one: the scan did not see it */
};

struct scene {
	const char *what;
	struct port ports[PORTS_MAX];	/* in order; every other port is closed */
	enum tri m01, m011;
	u16 why;		/* shown for both, where unknown; 0: not asked */
	int vantage;		/* of the scan; 0: v1 */
	int lister;		/* vantage of the list of addresses; 0: of the scan */
	bool no_list4, no_list6, silent6;	/* of the addresses */
	bool only4;		/* no IPv6 address is known */
	bool no_scan6;		/* the IPv6 address is known, and was not scanned */
	bool lease;		/* nothing but addresses identifies it */
	bool answers_all;
	bool list5;		/* and a list on the device itself (v5) says: all closed */
	i64 days;		/* judged so much later */
};

#define BOTH(v) .m01 = (v), .m011 = (v)
static const struct scene scenes[] = {
	{ "nothing open", .ports = { { 0 } }, BOTH(TRI_TRUE) },
	{ "telnet on IPv4", { { IP4, 23, OPEN, "telnet" } }, BOTH(TRI_FALSE) },
	{ "telnet on IPv6 alone", { { IP6, 23, OPEN, "telnet" } }, BOTH(TRI_FALSE) },
	{ "telnet on an odd port", { { IP6, 31337, OPEN, "telnet" } }, BOTH(TRI_FALSE) },
	{ "telnet on the first port", { { IP4, 1, OPEN, "telnet" } }, BOTH(TRI_FALSE) },
	{ "telnet on the last port", { { IP4, 65535, OPEN, "telnet" } }, BOTH(TRI_FALSE) },
	{ "telnet in TLS", { { IP4, 992, OPEN, "telnets" } }, BOTH(TRI_FALSE) },
	{ "telnet beside ssh", { { IP4, 22, OPEN, "ssh" }, { IP4, 2323, OPEN, "telnet" } }, BOTH(TRI_FALSE) },
	{ "telnet, the rest unknown", { { IP4, 23, OPEN, "telnet" }, { IP6, 23, FILTERED } }, BOTH(TRI_FALSE), .no_list6 = true },
	{ "telnet, seen through a router alone", { { IP4, 23, OPEN, "telnet", .vantage = 3 } }, BOTH(TRI_FALSE) },
	{ "telnet, on a subject with leases alone", { { IP4, 23, OPEN, "telnet" } }, BOTH(TRI_FALSE), .lease = true },
	{ "rlogin", { { IP4, 513, OPEN, "rlogin" } }, TRI_FALSE, TRI_TRUE },
	{ "rsh", { { IP6, 514, OPEN, "rsh" } }, TRI_FALSE, TRI_TRUE },
	{ "rexec", { { IP4, 512, OPEN, "rexec" } }, TRI_FALSE, TRI_TRUE },
	{ "adb", { { IP4, 5555, OPEN, "adb" } }, TRI_FALSE, TRI_TRUE },
	{ "adb, and telnet hidden by a filter", { { IP4, 23, FILTERED }, { IP4, 5555, OPEN, "adb" } }, TRI_FALSE, TRI_UNKNOWN },
	{ "ssh", { { IP4, 22, OPEN, "ssh", "telnet" }, { IP6, 22, OPEN, "ssh", "telnet" } }, BOTH(TRI_TRUE) },
	{ "ssh where telnet is looked for", { { IP4, 23, OPEN, "ssh", "telnet" } }, BOTH(TRI_TRUE) },
	{ "a web page", { { IP4, 80, OPEN, "http", "telnet" } }, BOTH(TRI_TRUE) },
	{ "not named, all six ruled out", { { IP4, 9000, OPEN, NULL, ALL_SIX } }, BOTH(TRI_TRUE) },
	{ "not named, five of six ruled out", { { IP4, 9000, OPEN, NULL, "telnet,telnets,rlogin,rsh,rexec" } }, TRI_UNKNOWN,
		TRI_TRUE, WHY_NOT_COVERED },
	{ "not named, telnet ruled out twice", { { IP4, 9000, OPEN, NULL, "telnet,telnets" } }, TRI_UNKNOWN, TRI_TRUE,
		WHY_NOT_COVERED },
	{ "not named, other names ruled out", { { IP4, 9000, OPEN, NULL, "ssh,http" } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "TLS, nobody knows what is inside", { { IP4, 992, OPEN, NULL, "telnet" } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "TLS on another port", { { IP6, 8443, OPEN, NULL, "telnet" } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "TLS beside ssh", { { IP4, 22, OPEN, "ssh" }, { IP4, 443, OPEN, NULL, "telnet" } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "TLS, identified inside", { { IP4, 443, OPEN, "https", "telnet" } }, BOTH(TRI_TRUE) },
	{ "accepted, then mute", { { IP4, 23, OPEN } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "accepted, then mute, on an odd port", { { IP6, 40000, OPEN } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "open, nobody talked to it", { { IP4, 23, BARE } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "filtered on IPv4", { { IP4, 23, FILTERED } }, BOTH(TRI_UNKNOWN), WHY_FILTERED },
	{ "filtered on IPv6", { { IP6, 2323, FILTERED } }, BOTH(TRI_UNKNOWN), WHY_FILTERED },
	{ "silent", { { IP4, 23, SILENT } }, BOTH(TRI_UNKNOWN), WHY_SILENT },
	{ "the scan stopped before it", { { IP4, 60000, UNFINISHED } }, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "filtered, closed by the device's own list", { { IP4, 23, FILTERED } }, BOTH(TRI_TRUE), .list5 = true },
	{ "perhaps telnet", { { IP4, 23, OPEN, "telnet", .qod = 50 } }, BOTH(TRI_UNKNOWN), WHY_SUSPECTED },
	{ "perhaps rlogin", { { IP4, 513, OPEN, "rlogin", .qod = 50 } }, BOTH(TRI_UNKNOWN) },
	{ "perhaps ssh", { { IP4, 22, OPEN, "ssh", .qod = 50 } }, BOTH(TRI_UNKNOWN) },
	{ "IPv4 addresses not listed", .no_list4 = true, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "IPv6 addresses not listed", .no_list6 = true, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "IPv6 asked for, silent", .no_list6 = true, .silent6 = true, BOTH(TRI_UNKNOWN), WHY_SILENT },
	{ "IPv6 asked for, silent, and called complete", .silent6 = true, .only4 = true, BOTH(TRI_UNKNOWN), WHY_SILENT },
	{ "IPv6 not scanned", .no_scan6 = true, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "looked at through a router alone", .vantage = 3, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "addresses listed here, ports through a router", .vantage = 3, .lister = 1, BOTH(TRI_UNKNOWN), WHY_NOT_COVERED },
	{ "looked at by its own list alone", .vantage = 5, BOTH(TRI_TRUE) },
	{ "not identified", .lease = true, BOTH(TRI_UNKNOWN), WHY_IDENTITY },
	{ "answers everywhere", .answers_all = true, BOTH(TRI_UNKNOWN), WHY_INCONCLUSIVE },
	{ "too long ago", .days = 31, BOTH(TRI_UNKNOWN), WHY_EXPIRED },
	{ "telnet too long ago", { { IP4, 23, OPEN, "telnet" } }, BOTH(TRI_UNKNOWN), WHY_EXPIRED, .days = 31 },
};

static struct arena *a;

struct world {
	struct state *st;
	u32 index;
	i64 at;			/* seconds */
	const char *run;
};

static struct fact_new *begin_fact(const char *kind, int vantage, const char *addr)
{
	struct fact_new *n = fact_new(a, S("lab"), str_z(kind), vantage, S("scan/1"));

	fact_key(n, KEY_MAC, S("00:16:3e:00:00:03"));
	fact_key(n, KEY_IP, str_z(addr));
	return n;
}

static void fold(struct world *w, struct fact_new *n, u8 qod)
{
	struct seen seen = { .at = { .ms = T0 + ++w->at * 1000 }, .class = 1, .qod = qod, .run = str_z(w->run) };
	struct state_pos pos = { .seq = 7, .index = ++w->index };
	struct errlist errs = { 0 };
	struct fact f;

	if (fact_finish(n, &f, &errs) != 0) {
		fail_msg("%s", errs.p[0].text);
	}
	assert_int_equal(state_fold(w->st, &f, &seen, (struct utc){ seen.at.ms + 500 }, pos, pos), 0);
}

static void fold_service(struct world *w, const struct port *p, int vantage, const char *proto)
{
	struct fact_new *n = begin_fact("service/1", vantage, p->addr);
	struct str no[8], left = p->no == NULL ? S("") : str_z(p->no);
	size_t nno = 0;

	fact_set_str(n, "addr", str_z(p->addr));
	fact_set_str(n, "proto", str_z(proto));
	fact_set_int(n, "port", p->port);
	while (left.n > 0) {
		no[nno++] = str_cut(&left, ',');
	}
	if (nno > 0) {
		fact_set_strs(n, "not", no, nno);
	}
	if (p->name != NULL) {
		fact_set_str(n, "name", str_z(p->name));
	}
	fold(w, n, p->qod == 0 ? 95 : p->qod);
}

static void add_port(struct buf *b, u16 port)
{
	buf_printf(b, "%s%u", b->n == 0 ? "" : ",", port);
}

/* Coverage of one address as a scan composes it: an open port whose service was not determined is unfinished. */
static void fold_cover(struct world *w, const struct port *ports, const char *addr, int vantage)
{
	static const struct str determined[] = { { "name", 4 }, { "not", 3 }, { "plain", 5 }, { "prompt", 6 } };
	static const char *const words[] = { "closed", "open", "filtered", "silent", "unfinished" };
	struct fact_new *n = begin_fact("coverage/1", vantage, addr);
	struct buf b[countof(words)];
	u32 next = 1;

	for (size_t i = 0; i < countof(words); i++) {
		b[i] = buf_new(a, 0);
	}
	for (size_t i = 0; i < PORTS_MAX; i++) {
		const struct port *p = &ports[i];
		bool known = p->how == OPEN && (p->name != NULL || p->no != NULL) && p->qod == 0;

		if (p->how == NONE || strcmp(p->addr, addr) != 0 || (p->vantage != 0 && p->vantage != vantage)) {
			continue;
		}
		assert_true(p->port >= next);
		add_port(known ? &b[1] : p->how == FILTERED ? &b[2] : p->how == SILENT ? &b[3] : &b[4], p->port);
		if (p->port > next) {
			buf_printf(&b[0], "%s%u-%d", b[0].n == 0 ? "" : ",", next, p->port - 1);
		}
		next = p->port + 1u;
	}
	if (next <= 65535) {
		buf_printf(&b[0], "%s%u-65535", b[0].n == 0 ? "" : ",", next);
	}
	fact_set_str(n, "of", S("service"));
	fact_set_str(n, "addr", str_z(addr));
	fact_set_str(n, "proto", S("tcp"));
	for (size_t i = 0; i < countof(words); i++) {
		if (b[i].n > 0) {
			fact_set_str(n, words[i], buf_view(&b[i]));
		}
	}
	fact_set_strs(n, "determined", determined, countof(determined));
	fact_set_bool(n, "alive", true);
	fact_set_int(n, "tries", 3);
	fact_set_int(n, "span_ms", 12000);
	fold(w, n, 95);
}

static void fold_lists(struct world *w, const struct scene *s, int vantage)
{
	struct fact_new *n = begin_fact("coverage/1", vantage, IP4);
	struct str families[2];
	size_t k = 0;

	fact_set_str(n, "of", S("address"));
	if (!s->no_list4) {
		families[k++] = S("ip4");
	}
	if (!s->no_list6) {
		families[k++] = S("ip6");
	}
	fact_set_strs(n, "families", families, k);
	if (s->silent6) {
		fact_set_bool(n, "silent6", true);
	}
	fold(w, n, 95);
}

static struct world world_new(bool lease, bool only4)
{
	struct utc since = { .ms = T0 - 1000 }, last = { .ms = T0 + 86400000ll * 300 };
	struct claim c[3] = {
		{ .type = KEY_IP, .value = S(IP4), .strength = CLAIM_LEASE, .lease_ms = IDENTITY_LEASE_MS },
		{ .type = KEY_IP, .value = S(IP6), .strength = CLAIM_LEASE, .lease_ms = IDENTITY_LEASE_MS },
		{ .type = KEY_MAC, .value = S("00:16:3e:00:00:03"), .strength = CLAIM_LOCAL },
	};
	struct world w = { .st = state_new(a), .run = "R" };

	for (size_t i = 0; i < 3; i++) {
		c[i].asset = 1;
		c[i].network = S("lab");
		c[i].since = since;
		c[i].last = last;
	}
	if (only4) {
		c[1] = c[2];
	}
	state_set_claims(w.st, c, lease || only4 ? 2 : 3);
	return w;
}

static void fold_scan(struct world *w, const struct scene *s)
{
	int vantage = s->vantage == 0 ? 1 : s->vantage;

	fold_lists(w, s, s->lister == 0 ? vantage : s->lister);
	for (size_t i = 0; i < PORTS_MAX; i++) {
		if (s->ports[i].how == OPEN) {
			fold_service(w, &s->ports[i], s->ports[i].vantage != 0 ? s->ports[i].vantage : vantage, "tcp");
		}
	}
	if (s->answers_all) {
		struct fact_new *n = begin_fact("answers_all/1", vantage, IP4);

		fact_set_str(n, "addr", S(IP4));
		fact_set_str(n, "proto", S("tcp"));
		fact_set_str(n, "ports", S("1-65535"));
		fold(w, n, 95);
	}
	fold_cover(w, s->ports, IP4, vantage);
	if (!s->no_scan6 && !s->only4) {
		fold_cover(w, s->ports, IP6, vantage);
	}
	if (s->list5) {
		static const struct port none[PORTS_MAX];

		fold_cover(w, none, IP4, 5);
		fold_cover(w, none, IP6, 5);
	}
}

static struct judge *judge_builtin(void)
{
	struct judge *j;
	struct perr err = { 0 };

	if (judge_new(a, catalog_builtin, catalog_nbuiltin, &j, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return j;
}

static struct rule_verdict verdict(const struct judge *j, const struct world *w, i64 days, const char *measure)
{
	struct rule_verdict v = { .v = TRI_TRUE };

	for (size_t i = 0; i < j->catalog.nmeasures; i++) {
		if (str_eq(j->catalog.measures[i].id, str_z(measure))) {
			judge_measure(j, i, w->st, (struct utc){ T0 + 100000 + days * DAY_MS }, NULL, &v);
			return v;
		}
	}
	fail_msg("there is no measure %s", measure);
	return v;
}

static void expect(const char *what, const char *measure, struct rule_verdict got, enum tri v, u16 why)
{
	if (got.v != v || (v == TRI_UNKNOWN && why != 0 && why_first(got.why) != why)) {
		fail_msg("%s: %s is %s %s, not %s %s", what, measure, tri_name(got.v), why_name(why_first(got.why)), tri_name(v),
			why_name(why_first(why)));
	}
	assert_true((got.v == TRI_UNKNOWN) == (got.why != 0));
}

void test_m01__scenes(void **state)
{
	struct judge *j;

	(void)state;
	a = arena_new(NULL, 0);
	j = judge_builtin();
	for (size_t i = 0; i < countof(scenes); i++) {
		const struct scene *s = &scenes[i];
		struct world w = world_new(s->lease, s->only4);

		fold_scan(&w, s);
		expect(s->what, "M01", verdict(j, &w, s->days, "M01"), s->m01, s->why);
		expect(s->what, "M01.1", verdict(j, &w, s->days, "M01.1"), s->m011, s->why);
	}
	arena_free(a);
}

/* M01 asks for all that M01.1 asks for: it never passes where M01.1 does not. */
void test_m01__the_whole_is_no_softer_than_its_part(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(scenes); i++) {
		assert_true(scenes[i].m01 != TRI_TRUE || scenes[i].m011 == TRI_TRUE);
		assert_true(scenes[i].m011 != TRI_FALSE || scenes[i].m01 == TRI_FALSE);
	}
}

/* Any single open port of a clean device: only a name outside the list, or the whole list ruled out, lets it pass. */
void test_m01__no_open_port_passes_unread(void **state)
{
	static const char *const nos[] = { NULL, "telnet", "telnets", "telnet,telnets", "telnet,rlogin,rsh,rexec,adb",
		"telnets,rlogin,rsh,rexec,adb", "telnet,telnets,rsh,rexec,adb", "telnet,telnets,rlogin,rexec,adb",
		"telnet,telnets,rlogin,rsh,adb", "telnet,telnets,rlogin,rsh,rexec", "Telnet,TELNETS,rlogin,rsh,rexec,adb" };
	static const u16 ports[] = { 1, 23, 443, 992, 2323, 8443, 40000, 65535 };
	struct judge *j;

	(void)state;
	a = arena_new(NULL, 0);
	j = judge_builtin();
	for (size_t i = 0; i < countof(nos) * countof(ports); i++) {
		struct scene s = { .ports = { { i % 2 ? IP4 : IP6, ports[i % countof(ports)], OPEN, NULL, nos[i / countof(ports)] } } };
		struct world w = world_new(false, false);

		fold_scan(&w, &s);
		expect(s.ports[0].no == NULL ? "mute" : s.ports[0].no, "M01", verdict(j, &w, 0, "M01"), TRI_UNKNOWN, 0);
	}
	arena_free(a);
}

/* Switched off and looked at again: passes; merely filtered now: what was found stands. */
void test_m01__what_was_found_ends_only_by_a_look(void **state)
{
	struct scene found = { .ports = { { IP4, 23, OPEN, "telnet" } } }, closed = { 0 },
		hidden = { .ports = { { IP4, 23, FILTERED } } }, tls = { .ports = { { IP4, 23, OPEN, NULL, "telnet" } } };
	const struct { const struct scene *then; enum tri v; } t[] = {
		{ &closed, TRI_TRUE }, { &hidden, TRI_FALSE }, { &tls, TRI_UNKNOWN } };
	struct judge *j;

	(void)state;
	a = arena_new(NULL, 0);
	j = judge_builtin();
	for (size_t i = 0; i < countof(t); i++) {
		struct world w = world_new(false, false);

		fold_scan(&w, &found);
		w.run = "R2";
		w.at += 30;
		fold_scan(&w, t[i].then);
		expect("later", "M01", verdict(j, &w, 0, "M01"), t[i].v, 0);
		expect("later", "M01.1", verdict(j, &w, 0, "M01.1"), t[i].v, 0);
	}
	arena_free(a);
}

/* A limit the pair names: these services over TCP. */
void test_m01__udp_is_not_its_subject(void **state)
{
	struct port p = { IP4, 23, OPEN, "telnet" };
	struct scene clean = { 0 };
	struct world w;

	(void)state;
	a = arena_new(NULL, 0);
	w = world_new(false, false);
	fold_scan(&w, &clean);
	fold_service(&w, &p, 1, "udp");
	expect("udp", "M01", verdict(judge_builtin(), &w, 0, "M01"), TRI_TRUE, 0);
	arena_free(a);
}

/* A pass ends with what it rests on, and says when. */
void test_m01__a_pass_names_its_end_and_its_grounds(void **state)
{
	struct scene clean = { .ports = { { IP4, 22, OPEN, "ssh", "telnet" } } };
	struct rule_verdict v;
	struct world w;

	(void)state;
	a = arena_new(NULL, 0);
	w = world_new(false, false);
	fold_scan(&w, &clean);
	v = verdict(judge_builtin(), &w, 0, "M01");
	assert_int_equal(v.v, TRI_TRUE);
	assert_true(v.next > T0 && v.next <= T0 + 30 * DAY_MS + 60000);
	assert_int_equal(v.npos, w.index);	/* the lists, the service, both coverages: nothing was left out */
	arena_free(a);
}

/* ---- from measures to items ---- */

enum signed_pairs { NOBODY, ALL, SUFFICIENT_ONLY, NEEDED_ONLY, CONTRIBUTES_ONLY, ALL_BUT_NEEDED, ALL_BUT_SUFFICIENT };

static bool is_signed(enum signed_pairs who, enum catalog_relation rel)
{
	switch (who) {
	case SUFFICIENT_ONLY:
		return rel == CATALOG_SUFFICIENT;
	case NEEDED_ONLY:
		return rel == CATALOG_NEEDED;
	case CONTRIBUTES_ONLY:
		return rel == CATALOG_CONTRIBUTES;
	case ALL_BUT_NEEDED:
		return rel != CATALOG_NEEDED;
	case ALL_BUT_SUFFICIENT:
		return rel != CATALOG_SUFFICIENT;
	default:
		return who == ALL;
	}
}

/* The built-in texts, with the built-in pairs signed by whom the test wants. */
static struct judge *judge_signed(enum signed_pairs who)
{
	const struct judge *built = judge_builtin();
	struct catalog_source *src = arena_alloc(a, (catalog_nbuiltin + 1) * sizeof *src);
	struct buf b = buf_new(a, 0);
	struct perr err = { 0 };
	struct judge *j;
	size_t n = 0;

	for (size_t i = 0; i < catalog_nbuiltin; i++) {
		if (!str_eq(catalog_builtin[i].kind, S("mapping"))) {
			src[n++] = catalog_builtin[i];
		}
	}
	buf_z(&b, "{\"pairs\":[");
	for (size_t i = 0; i < built->catalog.npairs; i++) {
		const struct catalog_pair *p = &built->catalog.pairs[i];

		buf_printf(&b, "%s{\"measure\":\"%.*s\",\"guideline\":\"%.*s\",\"control\":\"%.*s\",\"relation\":\"%s\",\"with\":[",
			i == 0 ? "" : ",", STRF(p->measure), STRF(p->guideline), STRF(p->control),
			catalog_relation_names[p->relation]);
		for (size_t k = 0; k < p->nwith; k++) {
			buf_printf(&b, "%s\"%.*s\"", k == 0 ? "" : ",", STRF(p->with[k]));
		}
		buf_printf(&b, "],\"reason\":\"r\",\"written\":\"2026-11-21\"%s}",
			is_signed(who, p->relation) ? ",\"read\":{\"by\":\"x\",\"on\":\"2026-11-21\"}" : "");
	}
	buf_z(&b, "]}");
	src[n++] = (struct catalog_source){ .kind = S("mapping"), .name = S("test"), .body = buf_view(&b) };
	if (judge_new(a, src, n, &j, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return j;
}

struct answering {
	const struct judge *j;
	const struct world *w;
};

static bool answer_of(void *arg, struct str measure, enum view_answer *ret)
{
	const struct answering *x = arg;

	*ret = judge_answer(verdict(x->j, x->w, 0, str_c(a, measure)).v);
	return true;
}

static struct sheet_item item_of(struct answering *x, const char *guideline, const char *control)
{
	const struct catalog_guideline *g = catalog_guideline(&x->j->catalog, str_z(guideline));
	const struct catalog_control *c = g == NULL ? NULL : catalog_control(g, str_z(control));
	struct sheet_item it;

	assert_non_null(c);
	sheet_item(a, &x->j->catalog, g, c, answer_of, x, &it);
	return it;
}

#define P VIEW_PASS
#define F VIEW_FAIL
#define U VIEW_UNKNOWN

void test_m01__items(void **state)
{
	static const struct scene clean = { 0 }, telnet = { .ports = { { IP6, 23, OPEN, "telnet" } } },
		rlogin = { .ports = { { IP4, 513, OPEN, "rlogin" } } }, tls = { .ports = { { IP4, 443, OPEN, NULL, "telnet" } } },
		hidden = { .ports = { { IP4, 23, FILTERED } } }, telnets = { .ports = { { IP4, 992, OPEN, "telnets" } } };
	static const struct {
		enum signed_pairs who;
		const struct scene *s;
		enum view_answer c, whole;	/* JS-14-2.c and JS-14-2; EN 5.6-1 is for a person, always */
	} t[] = {
		/* the other parts of JS-14-2 are unknown: the whole is never better than that */
		{ ALL, &clean, P, U }, { ALL, &telnet, F, F }, { ALL, &telnets, F, F }, { ALL, &tls, U, U }, { ALL, &hidden, U, U },
		/* no Telnet, but a remote shell in whose place SSH could be: "as far as possible" is a person's */
		{ ALL, &rlogin, U, U },
		{ NOBODY, &clean, U, U }, { NOBODY, &telnet, U, U }, { NOBODY, &rlogin, U, U }, { NOBODY, &tls, U, U },
		{ SUFFICIENT_ONLY, &clean, P, U }, { SUFFICIENT_ONLY, &telnet, U, U }, { SUFFICIENT_ONLY, &tls, U, U },
		{ NEEDED_ONLY, &clean, U, U }, { NEEDED_ONLY, &telnet, F, F }, { NEEDED_ONLY, &rlogin, U, U },
		{ CONTRIBUTES_ONLY, &clean, U, U }, { CONTRIBUTES_ONLY, &telnet, U, U },
		{ ALL_BUT_NEEDED, &telnet, U, U }, { ALL_BUT_NEEDED, &clean, P, U },
		{ ALL_BUT_SUFFICIENT, &clean, U, U }, { ALL_BUT_SUFFICIENT, &telnet, F, F },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		struct answering x;
		struct world w;

		a = arena_new(NULL, 0);
		w = world_new(false, false);
		x = (struct answering){ .j = judge_signed(t[i].who), .w = &w };
		fold_scan(&w, t[i].s);
		if (item_of(&x, "jssec-v1", "JS-14-2.c").state != t[i].c || item_of(&x, "jssec-v1", "JS-14-2").state != t[i].whole ||
		    item_of(&x, "en303645-v3.1.3", "5.6-1").state != U) {
			fail_msg("line %zu", i);
		}
		arena_free(a);
	}
}

/* What speaks is listed, signed or not, with the answer of its measure. */
void test_m01__pairs_are_listed_with_who_read_them(void **state)
{
	static const struct scene rlogin = { .ports = { { IP4, 513, OPEN, "rlogin" } } };

	(void)state;
	for (int all = 0; all < 2; all++) {
		struct answering x;
		struct sheet_item it;
		struct world w;

		a = arena_new(NULL, 0);
		w = world_new(false, false);
		x = (struct answering){ .j = judge_signed(all ? ALL : NOBODY), .w = &w };
		fold_scan(&w, &rlogin);
		it = item_of(&x, "jssec-v1", "JS-14-2.c");
		assert_int_equal(it.nlines, 2);
		for (size_t i = 0; i < it.nlines; i++) {
			assert_int_equal(it.lines[i].reviewed, all);
			assert_int_equal(it.lines[i].answer, str_eq(it.lines[i].pair->measure, S("M01")) ? VIEW_FAIL : VIEW_PASS);
		}
		it = item_of(&x, "en303645-v3.1.3", "5.6-1");
		assert_int_equal(it.nlines, 1);
		assert_int_equal(it.lines[0].answer, VIEW_FAIL);
		it = item_of(&x, "jssec-v1", "JS-14-2");
		assert_int_equal(it.nlines, 0);
		assert_int_equal(it.nparts, 4);
		arena_free(a);
	}
}

/* ---- sets and parts, over answers made by hand ---- */

#define MEASURE(id) "{\"id\":\"" id "\",\"level\":\"unit\",\"obligation\":\"MUST\"," W("title") "," W("question") "," W("remedy") "," \
	W("convincing") "}"
#define W(name) "\"" name "\":{\"en\":\"e\",\"ja\":\"j\"}"
#define CONTROL(id, more) "{\"id\":\"" id "\"," W("title") more "}"
#define PAIR(m, c, rel) "{\"measure\":\"" m "\",\"guideline\":\"g\",\"control\":\"" c "\",\"reason\":\"r\",\"written\":\"d\"," \
	"\"relation\":\"" rel
#define READ "\",\"read\":{\"by\":\"x\",\"on\":\"d\"}}"
#define WITH(list) "\",\"with\":[" list "],\"read\":{\"by\":\"x\",\"on\":\"d\"}}"

static bool by_letter(void *arg, struct str measure, enum view_answer *ret)
{
	const char *p = strchr(arg, measure.p[0]);	/* "A+B-": A passes, B fails, C has no answer; "?" unknown */

	if (p == NULL) {
		return false;
	}
	*ret = p[1] == '+' ? VIEW_PASS : p[1] == '-' ? VIEW_FAIL : VIEW_UNKNOWN;
	return true;
}

static void check_made(const char *pairs, const char *answers, const char *control, enum view_answer want)
{
	const struct catalog_source src[] = {
		{ S("guideline"), S("g"), S("{\"catalog\":{\"metadata\":{" W("title") "},\"groups\":[{\"controls\":["
			CONTROL("one", "") "," CONTROL("both", ",\"parts\":[" CONTROL("left", "") ","
			CONTROL("right", ",\"parts\":[" CONTROL("deep", "") "]") "]") "]}]}}") },
		{ S("measures"), S("m"), S("{\"measures\":[" MEASURE("A") "," MEASURE("B") "," MEASURE("C") "]}"), .past = true },
		{ S("mapping"), S("p"), str_printf(a, "{\"pairs\":[%s]}", pairs) },
	};
	char text[16];
	struct sheet_item it;
	struct perr err = { 0 };
	struct catalog c;

	if (catalog_load(a, src, countof(src), &c, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_true(strlen(answers) < sizeof text);
	memcpy(text, answers, strlen(answers) + 1);
	sheet_item(a, &c, &c.guidelines[0], catalog_control(&c.guidelines[0], str_z(control)), by_letter, text, &it);
	if (it.state != want) {
		fail_msg("%s of %s with %s: %d, not %d", control, pairs, answers, (int)it.state, (int)want);
	}
}

void test_sheet__a_set_answers_whole_or_not_at_all(void **state)
{
	static const char set[] = PAIR("A", "one", "sufficient-with") WITH("\"B\",\"C\"");
	static const char two[] = PAIR("A", "one", "sufficient-with") WITH("\"B\"") "," PAIR("C", "one", "sufficient-with") WITH("");
	static const char need[] = PAIR("A", "one", "sufficient-with") WITH("") "," PAIR("B", "one", "needed") READ;
	static const char help[] = PAIR("A", "one", "contributes") READ "," PAIR("B", "one", "contributes") READ;

	(void)state;
	a = arena_new(NULL, 0);
	check_made(set, "A+B+C+", "one", VIEW_PASS);
	check_made(set, "A+B+C?", "one", VIEW_UNKNOWN);
	check_made(set, "A+B+", "one", VIEW_UNKNOWN);
	check_made(set, "A+B-C+", "one", VIEW_UNKNOWN);	/* a set that fails answers nothing: only what is needed fails */
	check_made(set, "A?B+C+", "one", VIEW_UNKNOWN);
	check_made(set, "A-B-C-", "one", VIEW_UNKNOWN);
	check_made(two, "A+B?C+", "one", VIEW_PASS);
	check_made(two, "A+B+C-", "one", VIEW_PASS);
	check_made(two, "A+B?C?", "one", VIEW_UNKNOWN);
	check_made(need, "A+B-", "one", VIEW_FAIL);
	check_made(need, "A+B+", "one", VIEW_PASS);
	check_made(need, "A?B+", "one", VIEW_UNKNOWN);
	check_made(need, "A-B+", "one", VIEW_UNKNOWN);
	check_made(help, "A+B+", "one", VIEW_UNKNOWN);
	check_made(help, "A-B-", "one", VIEW_UNKNOWN);
	check_made("", "A+", "one", VIEW_UNKNOWN);	/* nothing speaks of it: no pass */
	arena_free(a);
}

void test_sheet__an_item_with_parts_is_the_worst_of_them(void **state)
{
	static const char pairs[] = PAIR("A", "left", "sufficient-with") WITH("") "," PAIR("A", "left", "needed") READ ","
		PAIR("B", "deep", "sufficient-with") WITH("") "," PAIR("B", "deep", "needed") READ;
	static const char above[] = PAIR("A", "both", "sufficient-with") WITH("");

	(void)state;
	a = arena_new(NULL, 0);
	check_made(pairs, "A+B+", "both", VIEW_PASS);
	check_made(pairs, "A+B?", "both", VIEW_UNKNOWN);
	check_made(pairs, "A?B+", "both", VIEW_UNKNOWN);
	check_made(pairs, "A+B-", "both", VIEW_FAIL);
	check_made(pairs, "A-B?", "both", VIEW_FAIL);
	check_made(pairs, "A?B-", "both", VIEW_FAIL);
	check_made(pairs, "A?B-", "right", VIEW_FAIL);
	check_made(above, "A+", "both", VIEW_UNKNOWN);	/* a pair points at the smallest item: above it, it says nothing */
	arena_free(a);
}

/* ---- measures without a rule ---- */

void test_judge__a_measure_without_a_rule_says_nothing_of_an_asset(void **state)
{
	struct world w;
	struct judge *j;
	struct judge_verdict *v;
	struct serve_verdicts out;
	struct utc now = { .ms = T0 + 100000 };
	struct rule_verdict of;
	size_t n;
	u32 fails, unknowns;
	u8 worst;

	(void)state;
	a = arena_new(NULL, 0);
	w = world_new(false, false);
	fold_scan(&w, &scenes[0]);
	j = judge_builtin();
	assert_true(j->catalog.nmeasures > 80);
	assert_int_equal(j->nruled, 2);
	assert_int_equal(judge_asset(j, a, 1, w.st, now, 7, S(""), &out), 0);
	assert_int_equal(out.nchanges, 2);
	assert_int_equal(judge_verdicts_read(a, out.body, &v, &n), 0);
	assert_int_equal(n, 2);
	assert_str(v[0].measure, "M01");
	assert_str(v[1].measure, "M01.1");
	assert_int_equal(judge_summary(j, a, out.body, &worst, &fails, &unknowns), 0);
	assert_int_equal(worst, VIEW_PASS);	/* nothing unanswerable makes an asset look worse */
	assert_int_equal(unknowns, 0);
	/* asked for by name it is unknown, and reads nothing */
	of = verdict(j, &w, 0, "M50");
	assert_int_equal(of.v, TRI_UNKNOWN);
	assert_int_equal(of.npos_all, 0);
	assert_int_equal(judge_kinds(j, a, (size_t)(catalog_measure(&j->catalog, S("M50")) - j->catalog.measures), &(const struct str *){ NULL }), 0);
	arena_free(a);
}

#define RULED(id) "{\"id\":\"" id "\",\"level\":\"unit\",\"obligation\":\"MUST\",\"rule\":\"any(host where alive)\"," W("title") "," \
	W("question") "," W("remedy") "," W("convincing") "}"

static struct judge *judge_of(const char *measures, const char *pairs)
{
	const struct catalog_source src[] = {
		{ S("guideline"), S("g"), S("{\"catalog\":{\"metadata\":{" W("title") "},\"groups\":[{\"controls\":[" CONTROL("one", "") "]}]}}") },
		{ S("measures"), S("m"), str_printf(a, "{\"measures\":[%s]}", measures), .past = true },
		{ S("mapping"), S("p"), str_printf(a, "{\"pairs\":[%s]}", pairs) },
	};
	struct perr err = { 0 };
	struct judge *j;

	if (judge_new(a, src, countof(src), &j, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return j;
}

static bool same_set(const struct judge *x, const struct judge *y)
{
	return str_eq(x->texts[x->ntexts - 1].body, y->texts[y->ntexts - 1].body);
}

/* The set is what answers are reached by: a text that neither a rule nor a pair speaks of is no part of it. */
void test_judge__the_set_holds_what_an_answer_can_rest_on(void **state)
{
	static const char pairs[] = PAIR("B", "one", "sufficient-with") WITH("\"C\"");
	static const char all[] = RULED("A") "," MEASURE("B") "," MEASURE("C") "," MEASURE("D");
	struct judge *j;

	(void)state;
	a = arena_new(NULL, 0);
	j = judge_of(all, pairs);
	assert_int_equal(j->nruled, 1);
	assert_int_equal(j->ntexts, 3 + 1 + 1 + 1);	/* A, B, C; the pair; the guideline; the set itself */
	assert_str(j->texts[0].name, "A");
	assert_str(j->texts[2].name, "C");
	assert_true(same_set(j, judge_of(RULED("A") "," MEASURE("B") "," MEASURE("C"), pairs)));
	assert_true(same_set(j, judge_of(RULED("A") "," MEASURE("B") "," MEASURE("C") "," MEASURE("E"), pairs)));
	assert_false(same_set(j, judge_of(MEASURE("A") "," MEASURE("B") "," MEASURE("C") "," MEASURE("D"), pairs)));
	assert_false(same_set(j, judge_of(all, PAIR("B", "one", "sufficient-with") WITH("\"C\",\"D\""))));
	arena_free(a);
}
