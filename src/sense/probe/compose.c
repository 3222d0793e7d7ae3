/* Facts of a scan, and the chunks they travel in.
 *
 * The subject of every fact is the device: its MAC where its own ARP or NDP answer showed it, and its addresses, so that what is said
 * of one address joins with what is said of another. An address that two MACs claim names neither.
 * Coverage says only what was looked at and answered; whatever does not fit its limits becomes `unfinished`, never closed. */
#include "sense/probe/digest_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define SOURCE_LOOK "scan.look/1"
#define SOURCE_SYN "scan.syn/1"
#define SOURCE_CONNECT "scan.connect/1"
#define PIECES_MAX 200		/* of one coverage: what is left and the gaps between fit one fact */
#define CHUNK_ROOM (LIMIT_MSG_BODY - 2 * KiB)	/* the rest is the chunk's head */

static struct str source_ports(const struct digest *d)
{
	return d->cfg.how == SCAN_RAW ? S(SOURCE_SYN) : S(SOURCE_CONNECT);
}

/* --- chunks ---- */

static void fill_new(struct digest *d)
{
	d->ca = arena_new(NULL, 0);
	memset(&d->items, 0, sizeof d->items);
	d->progress = buf_new(d->ca, KiB);
	d->nfacts = d->bytes = 0;
}

void compose_cut(struct digest *d)
{
	struct buf b;
	struct chunk c;

	if (d->items.n == 0 && d->progress.n == 0) {
		return;
	}
	c = (struct chunk){ .run = d->cfg.run, .n = d->next_chunk++, .progress = buf_view(&d->progress),
		.items = d->items.p, .nitems = d->items.n };
	b = buf_new(d->ca, LIMIT_MSG_BODY);
	chunk_write(&b, &c);
	must(buf_done(&b) == 0);
	if (d->nqueue == d->queue_cap) {
		d->queue = vec_grow(d->a, d->queue, sizeof *d->queue, d->nqueue, &d->queue_cap);
	}
	d->queue[d->nqueue++] = (struct pending){ .a = d->ca, .body = buf_view(&b) };
	fill_new(d);
}

/* Makes sure that one evidence item and `facts` facts of any size fit the chunk that is filled next. */
static void room_for(struct digest *d, size_t facts, size_t evidence)
{
	size_t need = facts * (LIMIT_FACT + KiB) + evidence + 64;

	if (d->ca == NULL) {
		fill_new(d);
	}
	if (d->bytes + need > CHUNK_ROOM || d->nfacts + facts > LIMIT_CHUNK_FACTS) {
		compose_cut(d);
	}
}

static u32 add_evidence(struct digest *d, struct str kind, struct str bytes)
{
	*vec_add(d->ca, &d->items) = (struct chunk_item){ .type = CHUNK_EVIDENCE, .head = kind,
		.body = str_dup(d->ca, bytes) };
	d->bytes += bytes.n + 64;
	return (u32)(d->items.n - 1);
}

static int add_fact(struct digest *d, struct fact_new *n, struct utc at, u8 qod, const u32 *evidence)
{
	struct seen seen = { .at = at, .qod = qod, .run = d->cfg.run, .evidence = evidence, .nevidence = evidence != NULL };
	struct buf b = buf_new(d->ca, 0), sb = buf_new(d->ca, 0);
	struct fact f;
	int r = fact_finish(n, &f, NULL);

	if (r != 0) {
		return r;
	}
	seen.class = probe_safety(f.source);
	fact_write(&b, &f);
	seen_write(&sb, &seen);
	*vec_add(d->ca, &d->items) = (struct chunk_item){ .type = CHUNK_FACT, .head = buf_view(&b), .body = buf_view(&sb) };
	d->bytes += b.n + sb.n + 16;
	d->nfacts++;
	return buf_done(&b) != 0 ? buf_done(&b) : buf_done(&sb);
}

/* --- subjects ---- */

static void key_addr(struct fact_new *n, const struct dhost *h)
{
	char text[IP_TEXT];

	if (!h->found.contested) {
		fact_key(n, KEY_IP, ip_addr_text(&h->found.addr, text));
	}
}

/* A fact about device `device`, seen at `first` (an address of it, or UINT32_MAX). */
static struct fact_new *begin(struct digest *d, u32 device, u32 first, const char *kind, struct str source, int vantage)
{
	struct fact_new *n = fact_new(d->ca, d->cfg.network, str_z(kind), vantage, source);
	const struct ddevice *v = &d->devices.p[device];
	const struct scan_found *any = &d->hosts.p[v->hosts.p[0]].found;
	size_t keys = 0;

	if (!mac_none(any->mac)) {
		char text[MAC_TEXT];

		fact_key(n, KEY_MAC, mac_text(any->mac, text));
		keys++;
	}
	if (first != UINT32_MAX) {
		key_addr(n, &d->hosts.p[first]);
		keys++;
	}
	for (size_t i = 0; i < v->hosts.n && keys < LIMIT_SUBJECT_KEYS; i++) {
		if (v->hosts.p[i] != first) {
			key_addr(n, &d->hosts.p[v->hosts.p[i]]);
			keys++;
		}
	}
	return n;
}

static struct fact_new *begin_at(struct digest *d, u32 host, const char *kind, struct str source)
{
	const struct scan_found *f = &d->hosts.p[host].found;
	struct fact_new *n = begin(d, f->device, host, kind, source, f->vantage);
	char text[IP_TEXT];

	fact_set_str(n, "addr", ip_addr_text(&f->addr, text));
	return n;
}

static size_t methods(const struct digest *d, u8 by, struct str ret[8])
{
	size_t n = 0;

	if ((by & SCAN_BY_ARP) != 0) {
		ret[n++] = S("arp");
	}
	if ((by & SCAN_BY_NDP) != 0) {
		ret[n++] = S("ndp");
	}
	if ((by & SCAN_BY_MULTICAST) != 0) {
		ret[n++] = S("multicast");
	}
	if ((by & SCAN_BY_ECHO) != 0) {
		ret[n++] = S("icmp");
	}
	if ((by & SCAN_BY_TCP) != 0) {
		ret[n++] = d->cfg.how == SCAN_RAW ? S("tcp") : S("connect");
	}
	return n;
}

/* --- facts ---- */

int compose_host(struct digest *d, u32 host)
{
	const struct scan_found *f = &d->hosts.p[host].found;
	struct fact_new *n;
	struct str how[8];
	int r;

	room_for(d, 2, 0);
	n = begin_at(d, host, "host/1", S(SOURCE_LOOK));
	fact_set_bool(n, "alive", true);
	if ((r = add_fact(d, n, f->at, 95, NULL)) != 0) {
		return r;
	}
	n = begin_at(d, host, "address/1", S(SOURCE_LOOK));
	fact_set_strs(n, "how", how, methods(d, f->by, how));
	fact_set_bool(n, "onlink", !mac_none(f->mac));
	return add_fact(d, n, f->at, 95, NULL);
}

static struct fact_new *begin_port(struct digest *d, u32 host, u16 port, const char *kind, struct str source)
{
	struct fact_new *n = begin_at(d, host, kind, source);

	fact_set_int(n, "port", port);
	fact_set_str(n, "proto", S("tcp"));
	return n;
}

int compose_port(struct digest *d, u32 host, u16 port, struct utc at)
{
	struct fact_new *n;

	room_for(d, 1, 0);
	n = begin_port(d, host, port, "port/1", source_ports(d));
	fact_set_str(n, "reason", d->cfg.how == SCAN_RAW ? S("synack") : S("connect"));
	return add_fact(d, n, at, 95, NULL);
}

static void set_found(struct fact_new *n, const struct probe_found *f)
{
	static const char *const prompts[] = { [PROBE_PROMPT_NONE] = "none", [PROBE_PROMPT_LOGIN] = "login",
		[PROBE_PROMPT_PASSWORD] = "password", [PROBE_PROMPT_SHELL] = "shell" };

	if (f->name.n > 0) {
		fact_set_str(n, "name", f->name);
	}
	if (f->nnot > 0) {
		fact_set_strs(n, "not", f->not, f->nnot);
	}
	if (f->plain != PROBE_UNKNOWN) {
		fact_set_bool(n, "plain", f->plain == PROBE_YES);
	}
	if (f->prompt != PROBE_PROMPT_UNKNOWN) {
		fact_set_str(n, "prompt", str_z(prompts[f->prompt]));
	}
}

void compose_determined(struct digest *d, u32 host, u16 port)
{
	struct dhost *h = &d->hosts.p[host];

	if (h->ndetermined == h->cap) {
		h->determined = vec_grow(d->a, h->determined, sizeof *h->determined, h->ndetermined, &h->cap);
	}
	h->determined[h->ndetermined++] = port;
}

int compose_talk(struct digest *d, const struct talk *t)
{
	struct str raw = buf_view(&t->t.rx), source = str_z(t->t.probe->source);
	struct probe_found f;
	struct fact_new *n;
	u32 evidence = 0;
	struct probe_talk copy = t->t;
	int r;

	room_for(d, 2, raw.n);
	copy.probe->judge(&copy, &f);
	if (raw.n > 0) {
		evidence = add_evidence(d, S("banner"), raw);
	}
	n = begin_port(d, t->host, t->port, "service/1", source);
	set_found(n, &f);
	if ((r = add_fact(d, n, t->at, f.qod, raw.n > 0 ? &evidence : NULL)) != 0) {
		return r;
	}
	if ((f.name.n > 0 || f.nnot > 0) && f.qod >= SEEN_QOD_DECIDES) {
		compose_determined(d, t->host, t->port);
	}
	if (raw.n == 0) {
		return 0;
	}
	n = begin_port(d, t->host, t->port, "banner/1", source);
	if (f.text.n > 0) {
		fact_set_str(n, "text", f.text);
	}
	fact_set_bool(n, "truncated", t->t.truncated || f.cut);
	return add_fact(d, n, t->at, 95, &evidence);
}

/* --- coverage ---- */

static int by_length(const void *x, const void *y)
{
	const struct scan_run *a = x, *b = y;
	int la = a->hi - a->lo, lb = b->hi - b->lo;

	return la != lb ? lb - la : (int)a->lo - (int)b->lo;
}

static int by_port(const void *x, const void *y)
{
	const struct scan_run *a = x, *b = y;

	return (int)a->lo - (int)b->lo;
}

/* A map cut into too many pieces keeps its longest ones; the others become unfinished, together with what was never asked
 * between them: both say the same, that nothing is known. */
static size_t simplify(struct scan_run *p, size_t n)
{
	bool many = n > PIECES_MAX;
	size_t k = 0;

	if (many) {
		qsort(p, n, sizeof *p, by_length);
		for (size_t i = PIECES_MAX; i < n; i++) {
			p[i].state = SCAN_UNFINISHED;
		}
		qsort(p, n, sizeof *p, by_port);
	}
	for (size_t i = 0; i < n; i++) {
		if (k > 0 && p[k - 1].state == p[i].state &&
			((u32)p[k - 1].hi + 1 == p[i].lo || (many && p[i].state == SCAN_UNFINISHED))) {
			p[k - 1].hi = p[i].hi;
		} else {
			p[k++] = p[i];
		}
	}
	return k;
}

static struct ranges pieces(struct arena *a, const struct scan_run *p, size_t n, enum scan_state state)
{
	vec(struct range) v = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (p[i].state == state) {
			*vec_add(a, &v) = (struct range){ .lo = p[i].lo, .hi = p[i].hi };
		}
	}
	return (struct ranges){ .p = v.p, .n = v.n };
}

static int coverage(struct digest *d, u32 host, const char *of, struct scan_run *p, size_t n,
	const struct scan_port_map *m, const struct str *determined, size_t ndetermined)
{
	static const struct { const char *field; enum scan_state state; } sets[] = {
		{ "closed", SCAN_CLOSED }, { "open", SCAN_OPEN }, { "filtered", SCAN_FILTERED },
		{ "silent", SCAN_SILENT }, { "unfinished", SCAN_UNFINISHED },
	};
	struct fact_new *f;

	room_for(d, 1, 0);
	n = simplify(p, n);
	f = begin_at(d, host, "coverage/1", source_ports(d));
	fact_set_str(f, "of", str_z(of));
	fact_set_str(f, "proto", S("tcp"));
	for (size_t i = 0; i < countof(sets); i++) {
		fact_set_ranges(f, sets[i].field, pieces(d->ca, p, n, sets[i].state));
	}
	fact_set_strs(f, "determined", determined, ndetermined);
	fact_set_bool(f, "alive", m->alive);
	fact_set_int(f, "tries", m->tries);
	fact_set_int(f, "span_ms", m->span_ms > 86400000 ? 86400000 : m->span_ms);
	return add_fact(d, f, m->at, 95, NULL);
}

static int port_cmp(const void *x, const void *y)
{
	return (int)*(const u16 *)x - (int)*(const u16 *)y;
}

/* The same map with every open port whose service is not known turned into unfinished. Runs live in `a`. */
static struct scan_run *by_service(struct arena *a, struct dhost *h, const struct scan_port_map *m, size_t *ret_n)
{
	vec(struct scan_run) v = { 0 };

	if (h->ndetermined > 1) {
		qsort(h->determined, h->ndetermined, sizeof *h->determined, port_cmp);
	}
	for (size_t i = 0; i < m->nruns; i++) {
		if (m->runs[i].state != SCAN_OPEN) {
			*vec_add(a, &v) = m->runs[i];
			continue;
		}
		for (u32 port = m->runs[i].lo; port <= m->runs[i].hi; port++) {
			const u16 key = (u16)port;
			bool known = h->ndetermined > 0 &&
				bsearch(&key, h->determined, h->ndetermined, sizeof key, port_cmp) != NULL;

			*vec_add(a, &v) = (struct scan_run){ .state = known ? SCAN_OPEN : SCAN_UNFINISHED,
				.lo = key, .hi = key };
		}
	}
	*ret_n = v.n;
	return v.p;
}

/* Open ports of a host that goes on are told when they are found, as long as they are few: of a host that answers everywhere one fact
 * speaks, at its end. */
#define NEWS_MAX 100

static size_t count_open(const struct scan_run *p, size_t n)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		open += p[i].state == SCAN_OPEN ? (size_t)(p[i].hi - p[i].lo) + 1 : 0;
	}
	return open;
}

static bool told(const struct dhost *h, u16 port)
{
	for (size_t i = 0; i < h->ntold; i++) {
		if (h->told[i] == port) {
			return true;
		}
	}
	for (size_t i = 0; h->ea != NULL && i < h->earlier.nruns && count_open(h->earlier.runs, h->earlier.nruns) <= NEWS_MAX; i++) {
		if (h->earlier.runs[i].state == SCAN_OPEN && h->earlier.runs[i].lo <= port && port <= h->earlier.runs[i].hi) {
			return true;
		}
	}
	return false;
}

static int ports_open(struct digest *d, u32 host, const struct scan_run *p, size_t n, struct utc at, bool note)
{
	struct dhost *h = &d->hosts.p[host];
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		for (u32 port = p[i].lo; p[i].state == SCAN_OPEN && port <= p[i].hi && r == 0; port++) {
			if (told(h, (u16)port)) {
				continue;
			}
			r = compose_port(d, host, (u16)port, at);
			if (note) {
				if (h->ntold == h->told_cap) {
					h->told = vec_grow(d->a, h->told, sizeof *h->told, h->ntold, &h->told_cap);
				}
				h->told[h->ntold++] = (u16)port;
			}
		}
	}
	return r;
}

int compose_news(struct digest *d, u32 host, struct utc at)
{
	const struct scan_part *p = &d->hosts.p[host].part;

	return count_open(p->runs, p->nruns) > NEWS_MAX ? 0 : ports_open(d, host, p->runs, p->nruns, at, true);
}

int compose_part(struct digest *d, u32 host)
{
	struct dhost *h = &d->hosts.p[host];
	char text[IP_TEXT];
	struct buf b;

	room_for(d, 0, 16 * KiB);
	b = buf_new(d->ca, 16 * KiB);
	if (!h->done) {
		h->part.talked = h->talked;
		h->part.ntalked = h->ntalked < SCAN_PART_TALKED_MAX ? h->ntalked : SCAN_PART_TALKED_MAX;
		scan_part_write(&b, &h->part);
	}
	*vec_add(d->ca, &d->items) = (struct chunk_item){ .type = CHUNK_PART, .body = buf_view(&b),
		.head = str_dup(d->ca, ip_addr_text(&h->found.addr, text)) };
	d->bytes += b.n + 64;
	return buf_done(&b);
}

static int answers_all(struct digest *d, u32 host, struct scan_run *p, size_t n, struct utc at)
{
	struct fact_new *f;

	room_for(d, 1, 0);
	f = begin_at(d, host, "answers_all/1", source_ports(d));
	fact_set_str(f, "proto", S("tcp"));
	fact_set_ranges(f, "ports", pieces(d->ca, p, simplify(p, n), SCAN_OPEN));
	return add_fact(d, f, at, 95, NULL);
}

/* What was looked at in one go: coverage of its ports, and of their services. */
static int looked(struct digest *d, u32 host, const struct scan_port_map *m)
{
	const struct str service[] = { S("name"), S("not"), S("plain"), S("prompt") };
	struct arena *a = arena_new(NULL, 0);
	struct scan_run *service_runs;
	size_t n;
	int r;

	service_runs = by_service(a, &d->hosts.p[host], m, &n);
	r = m->nruns == 0 ? 0 : coverage(d, host, "port", m->runs, m->nruns, m, NULL, 0);
	if (r == 0 && m->nruns > 0) {
		r = coverage(d, host, "service", service_runs, n, m, service, countof(service));
	}
	arena_free(a);
	return r;
}

/* The ports of a host at its end: those of before the run was taken up again, as of then, and those looked at since. */
int compose_ports(struct digest *d, u32 host, const struct scan_port_map *m)
{
	struct dhost *h = &d->hosts.p[host];
	struct scan_port_map before = { .host = host, .at = h->earlier.at, .alive = true, .tries = 1, .runs = h->earlier.runs,
		.nruns = h->ea != NULL ? h->earlier.nruns : 0 };
	struct arena *a = arena_new(NULL, 0);
	size_t n = m->nruns + before.nruns;
	struct scan_run *all = arena_alloc(a, (n + 1) * sizeof *all);
	int r;

	memcpy(all, m->runs, m->nruns * sizeof *all);
	if (before.nruns > 0) {
		memcpy(all + m->nruns, before.runs, before.nruns * sizeof *all);
		qsort(all, n, sizeof *all, by_port);
	}
	r = count_open(all, n) > ANSWERS_ALL ? answers_all(d, host, all, n, m->at) :
		(r = ports_open(d, host, before.runs, before.nruns, before.at, false)) != 0 ? r :
		ports_open(d, host, m->runs, m->nruns, m->at, false);
	if (r == 0) {
		r = looked(d, host, &before);
	}
	arena_free(a);
	return r != 0 ? r : looked(d, host, m);
}

int compose_device(struct digest *d, u32 device)
{
	const struct ddevice *v = &d->devices.p[device];
	const struct scan_found *any = &d->hosts.p[v->hosts.p[0]].found;
	bool has4 = false, has6 = false, onlink = !mac_none(any->mac);
	struct str how[8], families[2];
	struct fact_new *n;
	size_t k = 0;

	for (size_t i = 0; i < v->hosts.n; i++) {
		has4 |= d->hosts.p[v->hosts.p[i]].found.addr.v == 4;
		has6 |= d->hosts.p[v->hosts.p[i]].found.addr.v == 6;
	}
	room_for(d, 1, 0);
	n = begin(d, device, UINT32_MAX, "coverage/1", S(SOURCE_LOOK), any->vantage);
	fact_set_str(n, "of", S("address"));
	fact_set_strs(n, "method", how, methods(d, d->looked.by, how));
	/* only on the link can all addresses of a device be found: a router shows none of its others */
	/* and a family that never answered is silent: that is no list of its addresses */
	if (onlink && d->looked.whole4) {
		if (has4) {
			families[k++] = S("ip4");
		}
		fact_set_bool(n, "silent4", !has4);
	}
	if (onlink && d->looked.whole6) {
		if (has6) {
			families[k++] = S("ip6");
		}
		fact_set_bool(n, "silent6", !has6);
	}
	fact_set_strs(n, "families", families, k);
	fact_set_int(n, "tries", d->looked.tries);
	fact_set_bool(n, "alive", true);
	return add_fact(d, n, d->looked.at, 95, NULL);
}

void compose_progress(struct digest *d, u32 host)
{
	const struct ip_addr *addr = &d->hosts.p[host].found.addr;

	if (d->progress.n + 64 > KiB) {
		compose_cut(d);
	}
	scan_progress_add(&d->progress, &(struct scan_range){ .first = *addr, .last = *addr });
}
