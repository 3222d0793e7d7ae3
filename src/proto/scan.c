#include "proto/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "core/fact/fact.h"

#define UTC_MAX ((i64)253402300799999)	/* the end of year 9999, the last that has a text */

struct scan_limits scan_limits_gentle(void)
{
	return (struct scan_limits){
		.pps = 1000, .host_pps = 10, .tries = 3, .timeout_ms = 1000, .convs = 64, .host_convs = 1,
		.connect_ms = 5000, .greet_ms = 5000, .talk_ms = 10000,
	};
}

struct scan_limits scan_limits_lab(void)
{
	return (struct scan_limits){
		.tries = 3, .timeout_ms = 100, .convs = 512, .host_convs = 3, .connect_ms = 1000, .greet_ms = 500,
		.talk_ms = 3000,
	};
}

/* --- pieces ---- */

static void put_addr(struct buf *b, const struct ip_addr *a)
{
	buf_u8(b, a->v);
	buf_bytes(b, a->b, ip_addr_len(a));
}

static int get_addr(struct rd *rd, struct ip_addr *ret)
{
	struct ip_addr a = { 0 };
	int r;

	if ((r = rd_u8(rd, &a.v)) != 0) {
		return r;
	}
	if (a.v != 0 && a.v != 4 && a.v != 6) {
		return ERR_RANGE;
	}
	if ((r = rd_copy(rd, a.b, ip_addr_len(&a))) != 0) {
		return r;
	}
	*ret = a;
	return 0;
}

static int get_bool(struct rd *rd, bool *ret)
{
	u8 v;
	int r = rd_u8(rd, &v);

	if (r != 0) {
		return r;
	}
	if (v > 1) {
		return ERR_RANGE;
	}
	*ret = v == 1;
	return 0;
}

/* One byte that must be under `count`. */
static int get_enum(struct rd *rd, u8 count, u8 *ret)
{
	u8 v;
	int r = rd_u8(rd, &v);

	if (r != 0) {
		return r;
	}
	if (v >= count) {
		return ERR_RANGE;
	}
	*ret = v;
	return 0;
}

static int get_utc(struct rd *rd, struct utc *ret)
{
	struct utc t;
	int r = rd_i64(rd, &t.ms);

	if (r != 0) {
		return r;
	}
	if (t.ms < 0 || t.ms > UTC_MAX) {
		return ERR_RANGE;
	}
	*ret = t;
	return 0;
}

static int get_version(struct rd *rd)
{
	u8 v;
	int r = rd_u8(rd, &v);

	return r != 0 ? r : v == SCAN_VERSION ? 0 : ERR_NEWER;
}

/* Both stand in every fact of the scan. */
static bool names_ok(struct str run, struct str network)
{
	return run.n > 0 && seen_run_ok(run) && fact_network_ok(network);
}

static void put_ranges(struct buf *b, const struct scan_range *p, size_t n)
{
	buf_u16(b, (u16)n);
	for (size_t i = 0; i < n; i++) {
		put_addr(b, &p[i].first);
		put_addr(b, &p[i].last);
	}
}

static int get_range(struct rd *rd, struct scan_range *ret)
{
	struct scan_range g;
	int r;

	if ((r = get_addr(rd, &g.first)) != 0 || (r = get_addr(rd, &g.last)) != 0) {
		return r;
	}
	if (g.first.v == 0 || g.first.v != g.last.v || ip_addr_cmp(&g.first, &g.last) > 0) {
		return ERR_RANGE;
	}
	*ret = g;
	return 0;
}

static int get_count(struct rd *rd, size_t most, size_t *ret)
{
	u16 n;
	int r = rd_u16(rd, &n);

	if (r != 0) {
		return r;
	}
	if (n > most) {
		return ERR_LIMIT;
	}
	*ret = n;
	return 0;
}

static int get_ranges(struct arena *a, struct rd *rd, struct scan_range **ret, size_t *ret_n)
{
	struct scan_range *p;
	size_t n;
	int r;

	if ((r = get_count(rd, SCAN_RANGES_MAX, &n)) != 0) {
		return r;
	}
	p = arena_alloc(a, (n + 1) * sizeof *p);
	for (size_t i = 0; i < n; i++) {
		if ((r = get_range(rd, &p[i])) != 0) {
			return r;
		}
	}
	*ret = p;
	*ret_n = n;
	return 0;
}

/* --- NET_START ---- */

static void put_limits(struct buf *b, const struct scan_limits *l)
{
	const u32 v[] = { l->pps, l->host_pps, l->tries, l->timeout_ms, l->span_ms, l->convs, l->host_convs,
		l->connect_ms, l->greet_ms, l->talk_ms };

	for (size_t i = 0; i < countof(v); i++) {
		buf_u32(b, v[i]);
	}
}

static int get_limits(struct rd *rd, struct scan_limits *ret)
{
	struct scan_limits l;
	u32 *const v[] = { &l.pps, &l.host_pps, &l.tries, &l.timeout_ms, &l.span_ms, &l.convs, &l.host_convs,
		&l.connect_ms, &l.greet_ms, &l.talk_ms };

	for (size_t i = 0; i < countof(v); i++) {
		int r = rd_u32(rd, v[i]);

		if (r != 0) {
			return r;
		}
	}
	if (l.tries < 1 || l.tries > 10 || l.timeout_ms < 1 || l.timeout_ms > 60000 || l.span_ms > 600000 ||
		l.convs < 1 || l.convs > 4096 || l.host_convs < 1 || l.host_convs > 3 || l.connect_ms < 1 ||
		l.connect_ms > 60000 || l.greet_ms > 60000 || l.talk_ms < 1 || l.talk_ms > 600000) {
		return ERR_RANGE;
	}
	*ret = l;
	return 0;
}

void scan_start_write(struct buf *b, const struct scan_start *s)
{
	buf_u8(b, SCAN_VERSION);
	buf_blob(b, s->run);
	buf_blob(b, s->network);
	buf_u32(b, s->chunk);
	buf_u8(b, (u8)s->how);
	buf_u8(b, s->vantage);
	buf_u32(b, s->ifindex);
	buf_blob(b, s->ifname);
	buf_bytes(b, s->own_mac.b, 6);
	buf_u16(b, (u16)s->nown);
	for (size_t i = 0; i < s->nown; i++) {
		put_addr(b, &s->own[i].addr);
		buf_u8(b, s->own[i].bits);
	}
	put_addr(b, &s->gateway4);
	put_addr(b, &s->gateway6);
	buf_bytes(b, s->gateway_mac.b, 6);
	put_ranges(b, s->targets, s->ntargets);
	put_ranges(b, s->excludes, s->nexcludes);
	buf_u16(b, (u16)s->nports);
	for (size_t i = 0; i < s->nports; i++) {
		buf_u16(b, s->ports[i].lo);
		buf_u16(b, s->ports[i].hi);
	}
	put_limits(b, &s->limits);
	buf_blob(b, s->progress);
}

static int get_own(struct arena *a, struct rd *rd, struct scan_start *s)
{
	int r;

	if ((r = get_count(rd, SCAN_RANGES_MAX, &s->nown)) != 0) {
		return r;
	}
	s->own = arena_alloc(a, (s->nown + 1) * sizeof *s->own);
	for (size_t i = 0; i < s->nown; i++) {
		if ((r = get_addr(rd, &s->own[i].addr)) != 0 || (r = rd_u8(rd, &s->own[i].bits)) != 0) {
			return r;
		}
		if (s->own[i].addr.v == 0 || s->own[i].bits > ip_addr_len(&s->own[i].addr) * 8) {
			return ERR_RANGE;
		}
	}
	return 0;
}

static int get_ports(struct arena *a, struct rd *rd, struct scan_start *s)
{
	u32 before = 0;		/* port 0 is never asked */
	int r;

	if ((r = get_count(rd, SCAN_RANGES_MAX, &s->nports)) != 0) {
		return r;
	}
	s->ports = arena_alloc(a, (s->nports + 1) * sizeof *s->ports);
	for (size_t i = 0; i < s->nports; i++) {
		struct scan_port_range *p = &s->ports[i];

		if ((r = rd_u16(rd, &p->lo)) != 0 || (r = rd_u16(rd, &p->hi)) != 0) {
			return r;
		}
		if (p->lo <= before || p->hi < p->lo) {
			return ERR_RANGE;
		}
		before = p->hi;
	}
	return 0;
}

int scan_start_read(struct arena *a, struct str body, struct scan_start *ret)
{
	struct rd rd = rd_str(body);
	struct scan_start s = { 0 };
	u8 how;
	int r;

	if ((r = get_version(&rd)) != 0 || (r = rd_blob(&rd, &s.run)) != 0 || (r = rd_blob(&rd, &s.network)) != 0 ||
		(r = rd_u32(&rd, &s.chunk)) != 0 || (r = get_enum(&rd, 2, &how)) != 0 ||
		(r = get_enum(&rd, 8, &s.vantage)) != 0 || (r = rd_u32(&rd, &s.ifindex)) != 0 ||
		(r = rd_blob(&rd, &s.ifname)) != 0 || (r = rd_copy(&rd, s.own_mac.b, 6)) != 0 ||
		(r = get_own(a, &rd, &s)) != 0 || (r = get_addr(&rd, &s.gateway4)) != 0 ||
		(r = get_addr(&rd, &s.gateway6)) != 0 || (r = rd_copy(&rd, s.gateway_mac.b, 6)) != 0 ||
		(r = get_ranges(a, &rd, &s.targets, &s.ntargets)) != 0 ||
		(r = get_ranges(a, &rd, &s.excludes, &s.nexcludes)) != 0 || (r = get_ports(a, &rd, &s)) != 0 ||
		(r = get_limits(&rd, &s.limits)) != 0 || (r = rd_blob(&rd, &s.progress)) != 0 ||
		(r = rd_done(&rd)) != 0) {
		return r;
	}
	if (s.ifname.n > 15 || !names_ok(s.run, s.network)) {
		return ERR_RANGE;
	}
	s.how = how;
	s.run = str_dup(a, s.run);
	s.network = str_dup(a, s.network);
	s.ifname = str_dup(a, s.ifname);
	s.progress = str_dup(a, s.progress);
	*ret = s;
	return 0;
}

void scan_status_write(struct buf *b, const struct scan_status *s)
{
	buf_u8(b, (u8)s->phase);
	buf_u32(b, s->devices);
	buf_u32(b, s->hosts);
	buf_u32(b, s->hosts_done);
	buf_u32(b, s->open);
	buf_u64(b, s->sent);
	buf_u64(b, s->answered);
	buf_u64(b, s->again);
	buf_u64(b, s->left);
}

int scan_status_read(struct str body, struct scan_status *ret)
{
	struct rd rd = rd_str(body);
	struct scan_status s;
	u8 phase;
	int r;

	if ((r = get_enum(&rd, SCAN_OVER + 1, &phase)) != 0 || (r = rd_u32(&rd, &s.devices)) != 0 ||
		(r = rd_u32(&rd, &s.hosts)) != 0 || (r = rd_u32(&rd, &s.hosts_done)) != 0 ||
		(r = rd_u32(&rd, &s.open)) != 0 || (r = rd_u64(&rd, &s.sent)) != 0 ||
		(r = rd_u64(&rd, &s.answered)) != 0 || (r = rd_u64(&rd, &s.again)) != 0 ||
		(r = rd_u64(&rd, &s.left)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	s.phase = phase;
	*ret = s;
	return 0;
}

/* --- progress ---- */

void scan_progress_add(struct buf *b, const struct scan_range *done)
{
	put_addr(b, &done->first);
	put_addr(b, &done->last);
}

int scan_progress_read(struct arena *a, struct str progress, struct scan_range **ret, size_t *ret_n)
{
	vec(struct scan_range) v = { 0 };
	struct rd rd = rd_str(progress);

	while (rd_left(&rd) > 0) {
		struct scan_range g;
		int r = get_range(&rd, &g);

		if (r != 0) {
			return r;
		}
		*vec_add(a, &v) = g;
	}
	*ret = v.p;
	*ret_n = v.n;
	return 0;
}

static int range_cmp(const void *x, const void *y)
{
	const struct scan_range *a = x, *b = y;

	return ip_addr_cmp(&a->first, &b->first);
}

int scan_progress_join(struct arena *a, struct str parts, size_t max, struct str *ret)
{
	struct buf b = buf_new(a, 0);
	struct scan_range *p;
	size_t n;
	int r = scan_progress_read(a, parts, &p, &n);

	if (r != 0) {
		return r;
	}
	if (n > 1) {
		qsort(p, n, sizeof *p, range_cmp);
	}
	for (size_t i = 0; i < n;) {
		struct scan_range g = p[i++];
		struct ip_addr next = g.last;

		while (i < n && p[i].first.v == g.first.v &&
			(!ip_addr_add(&next, 1) || ip_addr_cmp(&p[i].first, &next) <= 0)) {
			if (ip_addr_cmp(&p[i].last, &g.last) > 0) {
				g.last = p[i].last;
			}
			next = g.last;
			i++;
		}
		if (max != 0 && b.n + 34 > max) {
			break;
		}
		scan_progress_add(&b, &g);
	}
	*ret = buf_view(&b);
	return buf_done(&b);
}

/* --- net -> parse ---- */

void scan_begin_write(struct buf *b, const struct scan_begin *s)
{
	buf_u8(b, SCAN_VERSION);
	buf_blob(b, s->run);
	buf_blob(b, s->network);
	buf_u32(b, s->chunk);
	buf_u8(b, (u8)s->how);
	buf_u32(b, s->greet_ms);
	buf_u32(b, s->talk_ms);
}

int scan_begin_read(struct str body, struct scan_begin *ret)
{
	struct rd rd = rd_str(body);
	struct scan_begin s;
	u8 how;
	int r;

	if ((r = get_version(&rd)) != 0 || (r = rd_blob(&rd, &s.run)) != 0 || (r = rd_blob(&rd, &s.network)) != 0 ||
		(r = rd_u32(&rd, &s.chunk)) != 0 || (r = get_enum(&rd, 2, &how)) != 0 ||
		(r = rd_u32(&rd, &s.greet_ms)) != 0 || (r = rd_u32(&rd, &s.talk_ms)) != 0 ||
		(r = rd_done(&rd)) != 0) {
		return r;
	}
	if (!names_ok(s.run, s.network)) {
		return ERR_RANGE;
	}
	s.how = how;
	*ret = s;
	return 0;
}

void scan_found_write(struct buf *b, const struct scan_found *s)
{
	buf_u32(b, s->host);
	buf_u32(b, s->device);
	buf_u8(b, s->vantage);
	buf_u8(b, s->by);
	buf_u8(b, s->contested);
	buf_bytes(b, s->mac.b, 6);
	put_addr(b, &s->addr);
	buf_i64(b, s->at.ms);
}

int scan_found_read(struct str body, struct scan_found *ret)
{
	struct rd rd = rd_str(body);
	struct scan_found s;
	int r;

	if ((r = rd_u32(&rd, &s.host)) != 0 || (r = rd_u32(&rd, &s.device)) != 0 ||
		(r = rd_u8(&rd, &s.vantage)) != 0 || (r = rd_u8(&rd, &s.by)) != 0 ||
		(r = get_bool(&rd, &s.contested)) != 0 || (r = rd_copy(&rd, s.mac.b, 6)) != 0 ||
		(r = get_addr(&rd, &s.addr)) != 0 || (r = get_utc(&rd, &s.at)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	if (s.vantage < 1 || s.vantage > 7 || s.addr.v == 0) {
		return ERR_RANGE;
	}
	*ret = s;
	return 0;
}

void scan_looked_write(struct buf *b, const struct scan_looked *s)
{
	buf_i64(b, s->at.ms);
	buf_u8(b, s->whole4);
	buf_u8(b, s->whole6);
	buf_u8(b, s->by);
	buf_u32(b, s->tries);
}

int scan_looked_read(struct str body, struct scan_looked *ret)
{
	struct rd rd = rd_str(body);
	struct scan_looked s;
	int r;

	if ((r = get_utc(&rd, &s.at)) != 0 || (r = get_bool(&rd, &s.whole4)) != 0 ||
		(r = get_bool(&rd, &s.whole6)) != 0 || (r = rd_u8(&rd, &s.by)) != 0 ||
		(r = rd_u32(&rd, &s.tries)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret = s;
	return 0;
}

void scan_talk_write(struct buf *b, const struct scan_talk *s)
{
	buf_u32(b, s->conv);
	buf_u8(b, (u8)s->what);
	buf_i64(b, s->at.ms);
	switch (s->what) {
	case SCAN_RX_OPEN:
		buf_u32(b, s->host);
		buf_u16(b, s->port);
		break;
	case SCAN_RX_BYTES:
		buf_blob(b, s->bytes);
		break;
	case SCAN_RX_END:
		buf_u8(b, (u8)s->why);
		break;
	}
}

int scan_talk_read(struct str body, struct scan_talk *ret)
{
	struct rd rd = rd_str(body);
	struct scan_talk s = { 0 };
	u8 what, why;
	int r;

	if ((r = rd_u32(&rd, &s.conv)) != 0 || (r = get_enum(&rd, SCAN_RX_END + 1, &what)) != 0 ||
		(r = get_utc(&rd, &s.at)) != 0) {
		return r;
	}
	s.what = what;
	if (s.what == SCAN_RX_OPEN) {
		if ((r = rd_u32(&rd, &s.host)) != 0 || (r = rd_u16(&rd, &s.port)) != 0) {
			return r;
		}
	} else if (s.what == SCAN_RX_BYTES) {
		if ((r = rd_blob(&rd, &s.bytes)) != 0) {
			return r;
		}
	} else {
		if ((r = get_enum(&rd, SCAN_END_STOPPED + 1, &why)) != 0) {
			return r;
		}
		s.why = why;
	}
	if ((r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret = s;
	return 0;
}

void scan_tx_write(struct buf *b, u32 conv, struct str bytes)
{
	buf_u32(b, conv);
	buf_blob(b, bytes);
}

int scan_tx_read(struct str body, u32 *ret_conv, struct str *ret_bytes)
{
	struct rd rd = rd_str(body);
	struct str bytes;
	u32 conv;
	int r;

	if ((r = rd_u32(&rd, &conv)) != 0 || (r = rd_blob(&rd, &bytes)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret_conv = conv;
	*ret_bytes = bytes;
	return 0;
}

static void put_runs(struct buf *b, const struct scan_run *p, size_t n)
{
	buf_u16(b, (u16)n);
	for (size_t i = 0; i < n; i++) {
		buf_u8(b, p[i].state);
		buf_u16(b, p[i].lo);
		buf_u16(b, p[i].hi);
	}
}

static int get_runs(struct arena *a, struct rd *rd, size_t most, struct scan_run **ret, size_t *ret_n)
{
	struct scan_run *p;
	u32 from = 0;
	size_t n;
	int r = get_count(rd, most, &n);

	if (r != 0) {
		return r;
	}
	p = arena_alloc(a, (n + 1) * sizeof *p);
	for (size_t i = 0; i < n; i++) {
		if ((r = get_enum(rd, SCAN_STATE_COUNT, &p[i].state)) != 0 || (r = rd_u16(rd, &p[i].lo)) != 0 ||
			(r = rd_u16(rd, &p[i].hi)) != 0) {
			return r;
		}
		if (p[i].lo < from || p[i].hi < p[i].lo) {
			return ERR_RANGE;
		}
		from = (u32)p[i].hi + 1;
	}
	*ret = p;
	*ret_n = n;
	return 0;
}

void scan_part_write(struct buf *b, const struct scan_part *p)
{
	buf_u8(b, SCAN_VERSION);
	put_addr(b, &p->addr);
	buf_bytes(b, p->mac.b, 6);
	buf_i64(b, p->at.ms);
	buf_u32(b, p->rounds);
	buf_u32(b, p->quiet);
	buf_u32(b, p->cursor);
	buf_u32(b, p->span_ms);
	put_runs(b, p->runs, p->nruns);
	buf_u16(b, (u16)p->ntalked);
	for (size_t i = 0; i < p->ntalked; i++) {
		buf_u16(b, p->talked[i].port);
		buf_u8(b, p->talked[i].determined);
	}
}

int scan_part_read(struct arena *a, struct str body, struct scan_part *ret)
{
	struct rd rd = rd_str(body);
	struct scan_part p = { 0 };
	int r;

	if ((r = get_version(&rd)) != 0 || (r = get_addr(&rd, &p.addr)) != 0 || (r = rd_copy(&rd, p.mac.b, 6)) != 0 ||
		(r = get_utc(&rd, &p.at)) != 0 || (r = rd_u32(&rd, &p.rounds)) != 0 || (r = rd_u32(&rd, &p.quiet)) != 0 ||
		(r = rd_u32(&rd, &p.cursor)) != 0 || (r = rd_u32(&rd, &p.span_ms)) != 0 ||
		(r = get_runs(a, &rd, SCAN_PART_RUNS_MAX, &p.runs, &p.nruns)) != 0 ||
		(r = get_count(&rd, SCAN_PART_TALKED_MAX, &p.ntalked)) != 0) {
		return r;
	}
	p.talked = arena_alloc(a, (p.ntalked + 1) * sizeof *p.talked);
	for (size_t i = 0; i < p.ntalked; i++) {
		if ((r = rd_u16(&rd, &p.talked[i].port)) != 0 || (r = get_bool(&rd, &p.talked[i].determined)) != 0) {
			return r;
		}
	}
	for (size_t i = 0; i < p.nruns; i++) {
		if (p.runs[i].state < SCAN_CLOSED || p.runs[i].state > SCAN_FILTERED) {
			return ERR_RANGE;
		}
	}
	if (p.addr.v == 0 || p.span_ms > 86400000) {
		return ERR_RANGE;
	}
	if ((r = rd_done(&rd)) == 0) {
		*ret = p;
	}
	return r;
}

void scan_news_write(struct buf *b, const struct scan_news *s)
{
	buf_u32(b, s->host);
	buf_u8(b, s->earlier);
	buf_i64(b, s->at.ms);
	buf_blob(b, s->part);
}

int scan_news_read(struct str body, struct scan_news *ret)
{
	struct rd rd = rd_str(body);
	struct scan_news s;
	int r;

	if ((r = rd_u32(&rd, &s.host)) != 0 || (r = get_bool(&rd, &s.earlier)) != 0 || (r = get_utc(&rd, &s.at)) != 0 ||
		(r = rd_blob(&rd, &s.part)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret = s;
	return 0;
}

void scan_port_map_write(struct buf *b, const struct scan_port_map *s)
{
	buf_u32(b, s->host);
	buf_i64(b, s->at.ms);
	buf_u8(b, s->alive);
	buf_u8(b, s->cut);
	buf_u32(b, s->tries);
	buf_u32(b, s->span_ms);
	put_runs(b, s->runs, s->nruns);
}

int scan_port_map_read(struct arena *a, struct str body, struct scan_port_map *ret)
{
	struct rd rd = rd_str(body);
	struct scan_port_map s;
	int r;

	if ((r = rd_u32(&rd, &s.host)) != 0 || (r = get_utc(&rd, &s.at)) != 0 || (r = get_bool(&rd, &s.alive)) != 0 ||
		(r = get_bool(&rd, &s.cut)) != 0 || (r = rd_u32(&rd, &s.tries)) != 0 || (r = rd_u32(&rd, &s.span_ms)) != 0 ||
		(r = get_runs(a, &rd, SCAN_RUNS_MAX, &s.runs, &s.nruns)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	*ret = s;
	return 0;
}

void scan_over_write(struct buf *b, const struct scan_over *s)
{
	buf_i64(b, s->at.ms);
	buf_u8(b, s->stopped);
	buf_u32(b, (u32)-s->err);
}

int scan_over_read(struct str body, struct scan_over *ret)
{
	struct rd rd = rd_str(body);
	struct scan_over s;
	u32 err;
	int r;

	if ((r = get_utc(&rd, &s.at)) != 0 || (r = get_bool(&rd, &s.stopped)) != 0 || (r = rd_u32(&rd, &err)) != 0 ||
		(r = rd_done(&rd)) != 0) {
		return r;
	}
	if (err > ERR_ORDER_COUNT) {
		return ERR_RANGE;
	}
	s.err = -(int)err;
	*ret = s;
	return 0;
}
