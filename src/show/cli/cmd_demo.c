/* demo: a store of a company that does not exist, to try every command on.
 *
 * Everything enters as real data does: networks as acts, what machines saw and people said as an export file
 * (doc/formats/export.md)
 * that import reads through role parse, declarations as asset.set. The file is signed with a key that this program
 * gives away; only
 * networks of a demo store ever hear of it. Same devices, same order, same asset numbers each time; times count back
 * from now.
 *
 * The log of such a store is called demo from its first entry on (core sees the file `demo` in the empty directory),
 * so listings,
 * checkpoints and proof bundles show what they are. A directory that holds anything else is refused. */
#include "show/cli/query.h"

#include "base/err.h"
#include "base/json.h"
#include "core/fact/fact.h"
#include "core/fact/kind.h"
#include "core/ledger/note.h"
#include "proto/runfile.h"

#include <string.h>

#define DEMO_ORIGIN "korobanu.invalid/demo.company/1"
#define DEMO_MARK "demo"

enum demo_look { W, H, N };
struct demo_device {
	const char *network;
	int n;
	const char *name, *category, *vendor, *model, *fw, *unit, *person, *site, *room, *use, *damage, *stage, *ports;
	enum demo_look look;
};
#define D(...) { __VA_ARGS__ },
static const struct demo_device devices[] = {
#include "show/cli/demo.tbl"
};
#undef D

static const struct {
	const char *id, *zone, *prefix, *gateway, *note;
} networks[] = {
	{ "honsha", "tokyo/honsha", "192.0.2", "00:00:5e:00:53:01", "本社（東京）" },
	{ "kojo", "nagano/kojo-1", "198.51.100", "00:00:5e:00:53:41", "長野工場" },
	{ "gaibu", "tokyo/gaibu", "203.0.113", "00:00:5e:00:53:81", "外部との境" },
};

struct demo {
	struct cli *c;
	struct arena *a;
	struct buf file;
	struct utc base;		/* when the survey of the company began */
	const struct demo_device *d;
	size_t net;
	const char *ip, *mac;
	u64 lines;
	i64 at;				/* milliseconds after base of the next fact */
};

/* ---- facts ---- */

static void put(struct demo *m, struct fact_new *n, int vantage)
{
	struct buf text = buf_new(m->a, 0), seen = buf_new(m->a, 0);
	struct json_w w = jw_new(&m->file);
	struct errlist errs = { 0 };
	struct fact f;

	must(fact_finish(n, &f, &errs) == 0);
	fact_write(&text, &f);
	seen_write(&seen, &(struct seen){ .at = { m->base.ms + m->at }, .class = vantage == 1 ? 1 : 0,
		.qod = vantage == 1 ? 95 : 97,
		.run = S("DEMO-1.00000000") });
	m->at += 10;
	jw_obj(&w);
	jw_key(&w, S("at"));
	jw_arr(&w);
	jw_int(&w, 1);
	jw_int(&w, (i64)m->lines++);
	jw_end(&w);
	jw_key(&w, S("fact"));
	jw_raw(&w, buf_view(&text));
	jw_key(&w, S("seen"));
	jw_raw(&w, buf_view(&seen));
	jw_end(&w);
	buf_u8(&m->file, '\n');
}

static struct fact_new *about(struct demo *m, const char *kind, int vantage)
{
	struct fact_new *n = fact_new(m->a, str_z(m->d->network), str_z(kind), vantage, vantage == 1 ?
		S("demo.scan/1") : S("demo.person/1"));

	if (vantage == 1) {
		fact_key(n, KEY_IP, str_z(m->ip));
	}
	fact_key(n, KEY_MAC, str_z(m->mac));
	return n;
}

static void said(struct demo *m, const char *kind, const char *field, const char *value)
{
	struct fact_new *n;

	if (value[0] != '\0') {
		n = about(m, kind, 7);
		fact_set_str(n, field, str_z(value));
		put(m, n, 7);
	}
}

static void said_two(struct demo *m, const char *kind, const char *f1, const char *v1, const char *f2, const char *v2)
{
	struct fact_new *n;

	if (v1[0] == '\0' && v2[0] == '\0') {
		return;
	}
	n = about(m, kind, 7);
	if (v1[0] != '\0') {
		fact_set_str(n, f1, str_z(v1));
	}
	if (v2[0] != '\0') {
		fact_set_str(n, f2, str_z(v2));
	}
	put(m, n, 7);
}

static void put_service(struct demo *m, i64 port, struct str name, struct str product, struct str version)
{
	struct fact_new *n = about(m, "port/1", 1);
	bool tls = name.n > 1 && name.p[name.n - 1] == 's' && !str_eq(name, S("telnets")) && port != 102;

	fact_set_str(n, "addr", str_z(m->ip));
	fact_set_int(n, "port", port);
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "reason", S("synack"));
	put(m, n, 1);
	n = about(m, "service/1", 1);
	fact_set_str(n, "addr", str_z(m->ip));
	fact_set_int(n, "port", port);
	fact_set_str(n, "proto", S("tcp"));
	fact_set_str(n, "name", name);
	fact_set_bool(n, "plain", !tls && !str_eq(name, S("ssh")));
	if (product.n > 0) {
		fact_set_str(n, "product", product);
	}
	if (version.n > 0) {
		fact_set_str(n, "version", version);
	}
	put(m, n, 1);
	if (product.n > 0 && !tls) {
		n = about(m, "banner/1", 1);
		fact_set_str(n, "addr", str_z(m->ip));
		fact_set_int(n, "port", port);
		fact_set_str(n, "proto", S("tcp"));
		fact_set_str(n, "text", str_printf(m->a, "%.*s %.*s", STRF(product), STRF(version)));
		fact_set_bool(n, "truncated", false);
		put(m, n, 1);
	}
}

/* "open" and "closed" of ports 1 to `last`. */
static void put_coverage(struct demo *m, const char *of, const i64 *open, size_t nopen, i64 last)
{
	struct fact_new *n = about(m, "coverage/1", 1);
	struct buf o = buf_new(m->a, 0), c = buf_new(m->a, 0);
	static const struct str determined[] = { { .p = "name", .n = 4 }, { .p = "plain", .n = 5 } };
	i64 from = 1;

	for (size_t i = 0; i < nopen && open[i] <= last; i++) {
		buf_printf(&o, "%s%jd", o.n == 0 ? "" : ",", (intmax_t)open[i]);
		if (open[i] > from) {
			buf_printf(&c, "%s%jd-%jd", c.n == 0 ? "" : ",", (intmax_t)from, (intmax_t)open[i] - 1);
		}
		from = open[i] + 1;
	}
	buf_printf(&c, "%s%jd-%jd", c.n == 0 ? "" : ",", (intmax_t)from, (intmax_t)last);
	fact_set_str(n, "of", str_z(of));
	fact_set_str(n, "addr", str_z(m->ip));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_bool(n, "alive", true);
	fact_set_str(n, "closed", buf_view(&c));
	if (o.n > 0) {
		fact_set_str(n, "open", buf_view(&o));
	}
	if (strcmp(of, "service") == 0) {
		fact_set_strs(n, "determined", determined, countof(determined));
	}
	put(m, n, 1);
}

static void put_ports(struct demo *m)
{
	struct str rest = str_z(m->d->ports);
	i64 open[16];
	size_t n = 0;

	while (rest.n > 0) {
		struct str version = str_cut(&rest, ';'), port = str_cut(&version, ':'), name = str_cut(&version, ':');
		struct str product = str_cut(&version, ':');

		must(n < countof(open) && str_i64(port, &open[n]) == 0);
		put_service(m, open[n++], name, product, version);
	}
	if (m->d->look != N) {
		put_coverage(m, "port", open, n, m->d->look == W ? 65535 : 1024);
		put_coverage(m, "service", open, n, m->d->look == W ? 65535 : 1024);
	}
}

static void put_address(struct demo *m)
{
	static const struct str how4[] = { { .p = "arp", .n = 3 } }, how6[] = { { .p = "ndp", .n = 3 } };
	struct fact_new *n = about(m, "address/1", 1);

	fact_set_str(n, "addr", str_z(m->ip));
	fact_set_bool(n, "onlink", true);
	fact_set_strs(n, "how", strchr(m->ip, ':') == NULL ? how4 : how6, 1);
	put(m, n, 1);
}

/* What a scan of the link saw of the device: where it was looked at whole, over both families of addresses. */
static void put_seen(struct demo *m)
{
	static const struct str both[] = { { .p = "ip4", .n = 3 }, { .p = "ip6", .n = 3 } };
	static const struct str asked[] = { { .p = "arp", .n = 3 }, { .p = "multicast", .n = 9 }, { .p = "ndp",
		.n = 3 } };
	struct fact_new *n;

	put_address(m);
	if (m->d->name[0] != '\0') {
		n = about(m, "name/1", 1);
		fact_set_str(n, "by", S("mdns"));
		fact_set_str(n, "name", str_z(m->d->name));
		put(m, n, 1);
	}
	put_ports(m);
	if (m->d->look == N) {
		return;
	}
	if (m->d->look == W) {
		m->ip = str_c(m->a, str_printf(m->a, "2001:db8:%zu::%x", m->net + 1, (unsigned)m->d->n));
		put_address(m);
		put_ports(m);
	}
	n = about(m, "coverage/1", 1);
	fact_set_str(n, "of", S("address"));
	fact_set_strs(n, "families", both, countof(both));
	fact_set_strs(n, "method", asked, countof(asked));
	fact_set_bool(n, "silent6", m->d->look != W);
	put(m, n, 1);
}

/* Midnight (UTC) so many days after the survey. */
static struct utc day(const struct demo *m, i64 days)
{
	return (struct utc){ (m->base.ms / DAY_MS + days) * DAY_MS };
}

static void put_until(struct demo *m, const char *kind, int days)
{
	struct fact_new *n = about(m, kind, 7);

	fact_set_time(n, "until", day(m, days));
	put(m, n, 7);
}

/* What the register of the company says of it. Nobody knows anything of a stray device. */
static void put_said(struct demo *m)
{
	const struct demo_device *d = m->d;
	const char *component = strcmp(d->category, "router") == 0 || strcmp(d->category, "switch") == 0 ||
		strcmp(d->category, "access-point") == 0 ? "network" : strcmp(d->category, "service") == 0 ?
			"platform" : "device";
	struct fact_new *n;

	said(m, "category/1", "name", d->category);
	said(m, "lifecycle/1", "stage", d->stage);
	if (d->vendor[0] == '\0') {
		return;
	}
	said(m, "component/1", "type", component);
	said_two(m, "hardware/1", "vendor", d->vendor, "model", d->model);
	said_two(m, "owner/1", "unit", d->unit, "name", d->person);
	said_two(m, "place/1", "site", d->site, "room", d->room);
	said(m, "use/1", "text", d->use);
	said(m, "class/1", "damage", d->damage);
	said(m, "running/1", "state", strcmp(d->stage, "normal") == 0 ? "running" : "standby");
	if (d->fw[0] != '\0') {
		n = about(m, "software/1", 7);
		fact_set_str(n, "name", S("firmware"));
		fact_set_str(n, "version", str_z(d->fw));
		put(m, n, 7);
	}
	n = about(m, "number/1", 7);
	fact_set_int(n, "count", 1);
	fact_set_str(n, "number", str_printf(m->a, "KBN-%03zu", (size_t)(d - devices) + 1));
	put(m, n, 7);
	put_until(m, "support/1", strcmp(d->model, "TC-8") == 0 ? -200 : 900);	/* one is past its end */
	put_until(m, "update_period/1", strcmp(d->model, "TC-8") == 0 ? -200 : 540);
}

static void put_value(struct demo *m, const char *what, const char *type, const char *level, const char *harm)
{
	struct fact_new *n = about(m, "value/1", 7);
	struct str h = str_z(harm);

	fact_set_str(n, "what", str_z(what));
	fact_set_str(n, "type", str_z(type));
	fact_set_str(n, "level", str_z(level));
	fact_set_strs(n, "harm", &h, 1);
	put(m, n, 7);
}

static void put_party(struct demo *m, const char *name, const char *role, const char *contact)
{
	struct fact_new *n = about(m, "party/1", 7);

	fact_set_str(n, "name", str_z(name));
	fact_set_str(n, "role", str_z(role));
	fact_set_str(n, "contact", str_z(contact));
	put(m, n, 7);
}

/* Values, parties and labels, by what sort of thing it is. */
static void put_worth(struct demo *m)
{
	const char *category = m->d->category;
	struct fact_new *n;

	if (strcmp(category, "plc") == 0) {
		put_value(m, "機械を安全に止める機能", "function", "severe", "people");
		put_value(m, "加工の条件", "information", "serious", "money");
		put_party(m, "Asagiri Controls", "maker", "psirt@asagiri.example");
	} else if (strcmp(category, "camera") == 0 || strcmp(category, "recorder") == 0) {
		put_value(m, "写った人の映像", "stream", "serious", "trust");
		put_party(m, "Tsukimi Optics", "maker", "security@tsukimi.example");
		put_party(m, "みほん警備保障", "maintainer", "desk@mihon-keibi.example");
	} else if (strcmp(category, "gateway") == 0 || strcmp(category, "service") == 0) {
		put_value(m, "設備の振動データ", "stream", "moderate", "money");
		put_party(m, "Minamo Sensing", "provider", "support@minamo.example");
	} else if (strcmp(category, "access-control") == 0 || strcmp(category, "locker") == 0) {
		put_value(m, "解錠の機能", "function", "serious", "trust");
	}
	if (strcmp(m->d->model, "TC-20") == 0 || strcmp(m->d->model, "MG-1") == 0) {
		n = about(m, "label/1", 7);
		fact_set_str(n, "scheme", S("JC-STAR"));
		fact_set_str(n, "level", S("★1"));
		fact_set_str(n, "number", str_printf(m->a, "DEMO-%s", m->d->model));
		fact_set_str(n, "holder", str_z(m->d->vendor));
		fact_set_time(n, "until", day(m, 400));
		put(m, n, 7);
	}
}

/* ---- the file ---- */

static void put_head(struct demo *m, const struct ledger_key *key)
{
	struct json_w w = jw_new(&m->file);
	struct checkpoint c = { .origin = S(DEMO_ORIGIN), .size = 2 };
	struct str note;

	memset(c.root.b, 0x5a, sizeof c.root.b);
	must(checkpoint_sign(m->a, &c, key, &note) == 0);
	jw_obj(&w);
	jw_kstr(&w, "checkpoint", note);
	jw_kstr(&w, "export", S(RUNFILE_NAME));
	jw_kstr(&w, "network", S(""));
	jw_kstr(&w, "origin", S(DEMO_ORIGIN));
	jw_kstr(&w, "root", str_hex(m->a, c.root.b, sizeof c.root.b));
	jw_kstr(&w, "run", S(""));
	jw_kint(&w, "size", 2);
	jw_end(&w);
	buf_u8(&m->file, '\n');
}

static void put_end(struct demo *m, const struct ledger_key *key)
{
	struct hash sha = hash_bytes(buf_view(&m->file));
	struct json_w w = jw_new(&m->file);
	struct note_key name;
	struct str note;

	must(note_key_make(S(DEMO_ORIGIN), key->pub, &name) == 0);
	must(note_sign(m->a, runfile_text(m->a, m->lines, sha.b), &name, key, &note) == 0);
	jw_obj(&w);
	jw_kint(&w, "count", (i64)m->lines);
	jw_kstr(&w, "end", S(RUNFILE_NAME));
	jw_kstr(&w, "key", note_key_text(m->a, &name));
	jw_kstr(&w, "note", note);
	jw_kstr(&w, "sha256", str_hex(m->a, sha.b, sizeof sha.b));
	jw_end(&w);
	buf_u8(&m->file, '\n');
}

static size_t network_of(const struct demo_device *d)
{
	size_t i = 0;

	while (strcmp(networks[i].id, d->network) != 0) {
		i++;
		must(i < countof(networks));
	}
	return i;
}

static struct str whole_file(struct cli *c)
{
	static const u8 seed[KEY_SEED + 1] = "korobanu demo, a key for anybody";
	struct demo m = { .c = c, .a = c->a, .file = buf_new(c->a, 0),
		.base = { utc_now().ms - 2 * 3600 * SECOND_MS } };
	struct ledger_key key;

	key_of_seed(seed, &key);
	put_head(&m, &key);
	for (size_t i = 0; i < countof(devices); i++) {
		m.d = &devices[i];
		m.net = network_of(m.d);
		m.ip = str_c(c->a, str_printf(c->a, "%s.%d", networks[m.net].prefix, m.d->n));
		m.mac = str_c(c->a, str_printf(c->a, "00:00:5e:00:53:%02zx", 64 * m.net + (size_t)m.d->n));
		put_seen(&m);
		put_said(&m);
		put_worth(&m);
	}
	put_end(&m, &key);
	must(buf_done(&m.file) == 0);
	return buf_view(&m.file);
}

/* ---- the store ---- */

static int put_networks(struct cli *c, struct ask *q)
{
	int exit = CLI_OK;

	for (size_t i = 0; i < countof(networks) && exit == CLI_OK; i++) {
		struct buf b = buf_new(c->a, LIMIT_MSG_BODY);
		struct json_w w = jw_new(&b);
		struct str id;

		jw_obj(&w);
		jw_kstr(&w, "do", S("network.put"));
		jw_kstr(&w, "gateway_mac", str_z(networks[i].gateway));
		jw_kstr(&w, "id", str_z(networks[i].id));
		jw_kstr(&w, "note", str_z(networks[i].note));
		jw_key(&w, S("prefixes"));
		jw_arr(&w);
		jw_str(&w, str_printf(c->a, "%s.0/24", networks[i].prefix));
		jw_str(&w, str_printf(c->a, "2001:db8:%zu::/64", i + 1));
		jw_end(&w);
		jw_kstr(&w, "zone", str_z(networks[i].zone));
		jw_end(&w);
		exit = ask_act(q, buf_view(&b), &id);
	}
	return exit;
}

/* What makers and owners declare: one device that keeps to it, and one that offers what was not declared. */
static int declare(struct ask *q)
{
	static const char *const acts[] = {
		"{\"asset\":\"cam-genkan\",\"do\":\"asset.set\",\"kind\":\"declared/1\",\"place\":"
		"{\"interface\":\"lan\",\"state\":"
		"\"customised\"},\"value\":{\"services\":[\"https\",\"rtsp\"],\"tcp\":\"443,554\"}}",
		"{\"asset\":\"plc-press-1\",\"do\":\"asset.set\",\"kind\":\"declared/1\",\"place\":"
		"{\"interface\":\"lan\",\"state\":"
		"\"customised\"},\"value\":{\"services\":[\"modbus\"],\"tcp\":\"502\"}}",
		"{\"asset\":\"gw-hoshu\",\"do\":\"asset.set\",\"kind\":\"translation/1\",\"place\":"
		"{\"addr\":\"203.0.113.10\",\"outer\":"
		"\"gaibu\",\"port\":443,\"proto\":\"tcp\"},\"value\":"
		"{\"inner\":\"kojo\",\"inner_addr\":\"198.51.100.20\",\"inner_port\":443}}",
	};
	int exit = CLI_OK;
	struct str id;

	for (size_t i = 0; i < countof(acts) && exit == CLI_OK; i++) {
		exit = ask_act(q, str_z(acts[i]), &id);
	}
	return exit;
}

/* The directory: new or empty gets the mark that tells core what it becomes. *ret_there: a demo already. */
static int prepare(struct cli *c, bool *ret_there)
{
	struct super *super;
	int r;

	if ((r = super_new(NULL, &super)) == 0) {
		r = super_mark(super, str_c(c->a, c->store), DEMO_MARK);
		super_free(super);
	}
	*ret_there = r == ERR_EXISTS;
	if (r == ERR_REFUSED) {
		return cli_error(c, CLI_REFUSED, "E-DEMO", MSG_err_demo_store, MSG_fix_demo_store, TR({ "dir",
			c->store }));
	}
	return r == 0 || r == ERR_EXISTS ? CLI_OK : cli_error_of(c, r, c->store);
}

static int fill(struct cli *c, struct ask *q)
{
	struct str file = whole_file(c);
	int exit = put_networks(c, q);

	if (exit == CLI_OK) {
		exit = import_bytes(q, file, S("demo.jsonl"));
	}
	return exit == CLI_OK ? declare(q) : exit;
}

int cmd_demo(struct cli *c)
{
	struct query all = { .filter = S(""), .sort = S("") };
	struct ask q;
	bool there;
	int exit;

	c->store = cli_has(c, "store") ? cli_str(c, "store") : str_printf(c->a, "%.*s-demo", STRF(cli_store(c)));
	if (cli_flag(c, "dry-run")) {
		cli_say(c, MSG_say_dry_run, TR({ "what", c->store }));
		return CLI_OK;
	}
	if ((exit = prepare(c, &there)) != CLI_OK || (exit = ask_open(c, &q)) != CLI_OK) {
		return exit;
	}
	if (!there) {
		exit = fill(c, &q);
	}
	exit = ask_close(&q, exit == CLI_OK ? query_assets(&q, &all, S(""), NULL) : exit);
	if (exit == CLI_OK) {
		cli_say(c, MSG_say_demo, TR({ "dir", c->store }));
	}
	return exit;
}
