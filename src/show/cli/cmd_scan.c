/* scan TARGET...: looks for devices, talks to them, records what was found. Repeating the command after a kill goes on where the last
 * record stands. Nothing is sent outside a recorded scope: core answers RUN_BEGIN with the scope's own words, or refuses. */
#include "show/cli/query.h"

#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "proto/scan.h"
#include "show/cli/live.h"
#include "show/cli/route.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct scan {
	struct cli *c;
	struct ask *q;
	struct scan_status status;
	struct str run;
	struct mono began, said;
	int err;			/* of the scan itself */
	struct str why;
	bool stopping, ended, resumed;
	int sig;
	struct utc since;		/* when this run of the command began */
	const struct scan_range *targets;
	size_t ntargets;
	const struct json *parts;	/* NULL or a list: what the run knew before */
	bool live;			/* -f jsonl: events as they become known, and nothing else on stdout */
	struct live events;
	struct mono told, ports_since;	/* the last event of progress; the first status with ports to ask */
	u64 sent, ports_most;		/* packets at `paced`; ports to ask then */
	struct mono paced;
	i64 pps, eta_s;			/* -1: not known yet */
};

static int list_of(struct cli *c, const struct json *v, struct scan_range **ret, size_t *ret_n)
{
	struct scan_range *p;
	int r;

	if (v == NULL || v->type != JSON_ARR) {
		return ERR_PROTO;
	}
	p = arena_alloc(c->a, v->arr.n * sizeof *p);
	for (size_t i = 0; i < v->arr.n; i++) {
		if ((r = v->arr.p[i].type != JSON_STR ? ERR_PROTO : route_range(v->arr.p[i].s, &p[i])) != 0) {
			return r;
		}
	}
	*ret = p;
	*ret_n = v->arr.n;
	return 0;
}

static struct str request(struct cli *c)
{
	struct buf b = buf_new(c->a, LIMIT_MSG_BODY), body = buf_new(c->a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	if (cli_flag(c, "dry-run")) {
		jw_kbool(&w, "dry", true);
	}
	jw_kstr(&w, "network", cli_str(c, "network"));
	jw_kstr(&w, "ports", cli_str(c, "ports"));
	jw_kstr(&w, "profile", cli_str(c, "profile"));
	jw_kbool(&w, "restart", cli_flag(c, "restart"));
	jw_key(&w, S("targets"));
	jw_arr(&w);
	for (size_t i = 0; i < c->args.n; i++) {
		jw_str(&w, c->args.p[i]);
	}
	jw_end(&w);
	jw_kstr(&w, "vantage", cli_str(c, "vantage"));
	jw_end(&w);
	buf_blob(&body, buf_view(&b));
	return buf_view(&body);
}

/* "1-1024,2323" -> ranges, ascending and disjoint as the reader of NET_START demands. */
static int ports_of(struct cli *c, struct str text, struct scan_start *st)
{
	vec(struct scan_port_range) v = { 0 };

	while (text.n != 0) {
		struct str to = str_cut(&text, ','), from = str_cut(&to, '-');
		u64 lo, hi;

		if (str_u64(from, 65535, &lo) != 0 || (to.n != 0 && str_u64(to, 65535, &hi) != 0)) {
			return ERR_SYNTAX;
		}
		hi = to.n == 0 ? lo : hi;
		if (lo > hi || (v.n > 0 && lo <= v.p[v.n - 1].hi)) {
			return ERR_RANGE;
		}
		*vec_add(c->a, &v) = (struct scan_port_range){ (u16)lo, (u16)hi };
	}
	st->ports = v.p;
	st->nports = v.n;
	return v.n == 0 ? ERR_SYNTAX : 0;
}

static int start_body(struct scan *s, const struct json *told, struct buf *ret)
{
	struct cli *c = s->c;
	struct scan_start st = { .network = cli_str(c, "network"), .how = SCAN_RAW };
	struct buf targets = buf_new(c->a, 0);
	struct json_w w = jw_new(&targets);
	const struct json *list;
	struct str mac, progress, vantage;
	i64 chunk;
	bool lab;
	int r;

	if ((r = json_get_str(told, S("run"), &st.run)) != 0 || (r = json_get_int(told, S("chunk"), &chunk)) != 0 ||
	    (r = json_get_str(told, S("progress"), &progress)) != 0 || (r = json_get_str(told, S("gateway_mac"), &mac)) != 0 ||
	    (r = json_get_str(told, S("vantage"), &vantage)) != 0 || (r = json_get_bool(told, S("lab"), &lab)) != 0 ||
	    (r = str_unbase64(c->a, progress, &st.progress)) != 0 ||
	    (r = scan_progress_join(c->a, st.progress, 16 * KiB, &st.progress)) != 0) {
		return r;
	}
	s->run = st.run;
	s->parts = json_get(told, S("parts"));
	if (s->parts != NULL && s->parts->type != JSON_ARR) {
		return ERR_PROTO;
	}
	st.chunk = (u32)chunk;
	st.limits = str_eq(cli_str(c, "profile"), S("lab")) ? scan_limits_lab() : scan_limits_gentle();
	if (str_eq(cli_str(c, "profile"), S("lab")) && !lab) {
		return cli_error(c, CLI_REFUSED, "E-SCOPE", MSG_err_lab, MSG_fix_lab, TR_NONE);
	}
	jw_arr(&w);
	for (size_t i = 0; i < c->args.n; i++) {
		jw_str(&w, c->args.p[i]);
	}
	jw_end(&w);
	if ((r = json_parse(c->a, buf_view(&targets), &list, NULL)) != 0 ||
	    (r = list_of(c, list, &st.targets, &st.ntargets)) != 0 ||
	    (r = list_of(c, json_get(told, S("exclude")), &st.excludes, &st.nexcludes)) != 0 ||
	    (r = ports_of(c, cli_str(c, "ports"), &st)) != 0) {
		return r;
	}
	s->targets = st.targets;
	s->ntargets = st.ntargets;
	if (mac.n != 0 && (r = mac_parse(mac, &st.gateway_mac)) != 0) {
		return r;
	}
	if ((r = route_fill(c->a, cli_str(c, "interface"), &st)) != 0) {
		return r;
	}
	if (cli_flag(c, "connect") || !route_raw_allowed()) {
		st.how = SCAN_CONNECT;
		st.vantage = str_eq(vantage, S("v1")) || vantage.n != 2 ? 1 : (u8)(vantage.p[1] - '0');
		cli_say(c, MSG_say_connect_scan, TR_NONE);
	}
	scan_start_write(ret, &st);
	return buf_done(ret);
}

/* ---- progress ---- */

/* How fast it goes, and how long at that speed: what was left at the first look at ports, against what is left. */
static void reckon(struct scan *s, struct mono now)
{
	const struct scan_status *st = &s->status;
	i64 ms = (now.ns - s->paced.ns) / 1000000, since;

	if (s->paced.ns == 0 || ms >= 1000) {
		s->pps = s->paced.ns == 0 ? -1 : (i64)(st->sent - s->sent) * 1000 / ms;
		s->paced = now;
		s->sent = st->sent;
	}
	if (st->phase == SCAN_PORTS && st->left > s->ports_most) {
		s->ports_most = st->left;
		s->ports_since = now;
	}
	since = (now.ns - s->ports_since.ns) / 1000000;
	s->eta_s = st->phase > SCAN_PORTS ? 0 : since < 1000 || s->ports_most == st->left ? -1 :
		(i64)((double)st->left * (double)since / (double)(s->ports_most - st->left) / 1000.0 + 0.5);
}

static struct str state_word(const struct scan *s, bool last)
{
	return !last ? S("running") : s->err != 0 ? S("failed") : s->stopping ? S("interrupted") : S("finished");
}

static void put_status(struct scan *s, struct json_w *w, struct mono now)
{
	const struct scan_status *st = &s->status;

	jw_kint(w, "done", st->hosts_done);
	jw_kint(w, "total", st->hosts);
	jw_kint(w, "found", st->devices);
	jw_kint(w, "open", st->open);
	jw_kint(w, "elapsed_s", (now.ns - s->began.ns) / 1000000000);
	if (s->pps >= 0) {
		jw_kint(w, "rate_pps", s->pps);
	}
	if (s->eta_s >= 0) {
		jw_kint(w, "eta_s", s->eta_s);
	}
}

/* Events that core does not know: scan.begin, scan.progress, scan.done. */
static void say_event(struct scan *s, const char *action, struct mono now)
{
	bool begin = str_eq(str_z(action), S("begin")), done = str_eq(str_z(action), S("done"));
	struct buf b;
	struct json_w w = live_line(&s->events, &b, begin || done ? "event" : "metric", action, utc_now());

	if (done) {
		jw_kstr(&w, "outcome", s->err != 0 ? S("failure") : s->stopping ? S("unknown") : S("success"));
	}
	jw_end(&w);
	jw_key(&w, S("korobanu"));
	jw_obj(&w);
	if (begin) {
		jw_kstr(&w, "network", cli_str(s->c, "network"));
		jw_kstr(&w, "profile", cli_str(s->c, "profile"));
		jw_kbool(&w, "resumed", s->resumed);
	} else {
		put_status(s, &w, now);
	}
	jw_kstr(&w, "run", s->run);
	if (done) {
		jw_kstr(&w, "state", state_word(s, true));
		jw_kbool(&w, "complete", s->err == 0 && !s->stopping);
		jw_kint(&w, "left", (i64)s->status.left);
		if (s->err != 0 || s->why.n != 0) {
			jw_kstr(&w, "reason", s->why.n != 0 ? s->why : str_z(err_text(s->err)));
		}
	}
	jw_end(&w);
	live_put(&s->events, &w, &b);
}

/* One line for programs, once a second and at the end. */
static void say_json(struct scan *s, struct mono now, bool last)
{
	struct buf b = buf_new(s->c->a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "schema", S("korobanu.status/1"));
	jw_kstr(&w, "task", s->run);
	put_status(s, &w, now);
	jw_kstr(&w, "state", state_word(s, last));
	jw_end(&w);
	fprintf(s->c->env->err, "%.*s\n", STRF(buf_view(&b)));
	fflush(s->c->env->err);
}

static struct str span_text(struct arena *a, i64 s)
{
	return s < 3600 ? str_printf(a, "%jd:%02jd", (intmax_t)(s / 60), (intmax_t)(s % 60)) :
		str_printf(a, "%jd:%02jd:%02jd", (intmax_t)(s / 3600), (intmax_t)(s / 60 % 60), (intmax_t)(s % 60));
}

static void say_progress(struct scan *s, bool last)
{
	struct mono now = mono_now();
	const struct scan_status *st = &s->status;
	struct str how = cli_str(s->c, "status");
	bool json = str_eq(how, S("json"));

	reckon(s, now);
	if (s->live && !last && now.ns - s->told.ns >= 1000000000) {
		s->told = now;
		say_event(s, "progress", now);
	}
	if ((!last && now.ns - s->said.ns < (json ? 1000000000 : 200000000)) ||
	    (!json && (s->c->quiet || !s->c->env->err_tty || str_eq(how, S("off"))))) {
		return;
	}
	s->said = now;
	if (json) {
		say_json(s, now, last);
		return;
	}
	fprintf(s->c->env->err, "\r\033[K%.*s", STRF(tr(s->c->a, s->c->lang, MSG_say_scan_progress, TR(
		{ "run", s->run }, { "devices", str_printf(s->c->a, "%u", st->devices) },
		{ "done", str_printf(s->c->a, "%u", st->hosts_done) }, { "hosts", str_printf(s->c->a, "%u", st->hosts) },
		{ "open", str_printf(s->c->a, "%u", st->open) },
		{ "rate", s->pps < 0 ? S("-") : str_printf(s->c->a, "%jd", (intmax_t)s->pps) },
		{ "seconds", span_text(s->c->a, (now.ns - s->began.ns) / 1000000000) },
		{ "left", s->eta_s < 0 ? S("-") : span_text(s->c->a, s->eta_s) }))));
	if (last) {
		fputc('\n', s->c->env->err);
	}
	fflush(s->c->env->err);
}

static int on_msg(void *arg, enum role from, const struct msg *m)
{
	struct scan *s = arg;
	int r;

	if (from == ROLE_CORE && m->type == MSGS_RUN_EVENTS) {
		return (r = live_take(&s->events, m)) != 0 ? r : s->ended && !s->events.asked ? 1 : 0;
	}
	if (from != ROLE_NET || m->type != MSGS_NET_START) {
		return 0;
	}
	if ((m->flags & MSG_FAILED) != 0) {
		struct str text;

		if (msg_failed_read(m, &s->err, &text) != 0) {
			return ERR_PROTO;
		}
		s->why = str_dup(s->c->a, text);
		s->ended = true;
		return s->events.asked ? 0 : 1;
	}
	if (scan_status_read(m->body, &s->status) != 0) {
		return ERR_PROTO;
	}
	s->ended = (m->flags & MSG_LAST) != 0;
	say_progress(s, s->ended);
	return s->ended && !s->events.asked ? 1 : 0;
}

static int on_exit(void *arg, const struct super_exit *e)
{
	struct scan *s = arg;

	s->err = ERR_CLOSED;
	s->why = str_printf(s->c->a, "role %s ended (%s %d)", role_name(e->role), WIFSIGNALED(e->status) ? "signal" : "status",
		WIFSIGNALED(e->status) ? WTERMSIG(e->status) : WEXITSTATUS(e->status));
	return ERR_CLOSED;
}

static int send_net(struct scan *s, u16 type, u32 id, struct str body)
{
	struct msg m = { .type = type, .id = id, .body = body, .fd = -1 };

	return super_send(s->q->super, ROLE_NET, &m);
}

/* The first Ctrl-C stops sending and keeps what was found; the second ends at once. */
static int on_signal(void *arg, int sig)
{
	struct scan *s = arg;
	s->sig = sig;
	if (s->stopping) {
		return ERR_CANCELED;
	}
	s->stopping = true;
	cli_say(s->c, MSG_say_stopping, TR_NONE);
	return send_net(s, MSGS_NET_STOP, 0, S(""));
}

/* A reader who went away is as good as Ctrl-C. */
static int on_tick(void *arg)
{
	struct scan *s = arg;
	int r = s->live && !s->ended ? live_tick(&s->events) : 0;

	if (r == 0 && s->events.gone && !s->stopping) {
		s->stopping = true;
		cli_say(s->c, MSG_say_reader_gone, TR_NONE);
		r = send_net(s, MSGS_NET_STOP, 0, S(""));
	}
	return r;
}

#define PARTS_MESSAGES 3	/* a channel holds four, one of them is the start */

/* What an interrupted run knew of addresses that are not done goes to net before the scan begins. What does not fit is asked again. */
static int send_parts(struct scan *s)
{
	struct buf b = buf_new(s->c->a, LIMIT_MSG_BODY);
	u32 sent = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && sent < PARTS_MESSAGES && s->parts != NULL && i < s->parts->arr.n; i++) {
		struct str part;

		if (s->parts->arr.p[i].type != JSON_STR || str_unbase64(s->c->a, s->parts->arr.p[i].s, &part) != 0) {
			return ERR_PROTO;
		}
		if (b.n + part.n + 4 > LIMIT_MSG_BODY) {
			r = send_net(s, MSGS_NET_RESUME, 0, buf_view(&b));
			buf_reset(&b);
			sent++;
		}
		buf_blob(&b, part);
	}
	return r != 0 || b.n == 0 || sent == PARTS_MESSAGES ? r : send_net(s, MSGS_NET_RESUME, 0, buf_view(&b));
}

static int run_scan(struct scan *s, struct str body)
{
	struct super_calls calls = { .on_msg = on_msg, .on_exit = on_exit, .on_signal = on_signal, .on_tick = on_tick, .tick_ms = 100,
		.arg = s };
	int r;

	s->began = mono_now();
	if ((r = super_spawn(s->q->super, ROLE_NET)) != 0 || (r = super_spawn(s->q->super, ROLE_PARSE)) != 0 ||
	    (r = send_parts(s)) != 0 || (r = send_net(s, MSGS_NET_START, 1, body)) != 0) {
		return r;
	}
	r = super_run(s->q->super, &calls);
	return r == 1 ? s->err : r;
}

/* Tells core how it ended; an interrupted run stays open, so that the same command resumes it. */
static int end_run(struct scan *s, int r)
{
	struct buf b = buf_new(s->c->a, LIMIT_MSG_BODY);
	bool whole = r == 0 && !s->stopping;

	buf_blob(&b, s->run);
	buf_blob(&b, whole ? S("finished") : r == 0 || r == ERR_CANCELED ? S("interrupted") : S("failed"));
	buf_blob(&b, s->why.n != 0 ? s->why : r != 0 ? str_z(err_text(r)) : S(""));
	return ask_bytes(s->q, MSGS_RUN_END, buf_view(&b), NULL);
}

/* ---- what was found, and what of it needs a person ---- */

#define ATTENTION_MOST 20	/* lines of the list; the sheet has all */

struct attention {
	struct str measure, title, asset, why;
	u32 n;
};

struct found {
	struct scan *s;
	struct map ids;			/* of the assets shown */
	vec(struct attention) fails;
	u32 n, unknowns;
};

static bool in_targets(const struct scan *s, struct str text)
{
	struct ip_addr a;

	for (size_t i = 0; ip_addr_parse(text, &a) == 0 && i < s->ntargets; i++) {
		const struct scan_range *r = &s->targets[i];

		if (r->first.v == a.v && ip_addr_cmp(&r->first, &a) <= 0 && ip_addr_cmp(&a, &r->last) <= 0) {
			return true;
		}
	}
	return false;
}

/* Shows the assets of this run: at one of its targets, and seen since it began (a resumed one began earlier). */
static bool take_asset(void *arg, struct ask *q, const struct view_row *row)
{
	struct found *f = arg;
	const struct view_value *addrs = &row->v[VIEW_asset_addresses], *seen = &row->v[VIEW_asset_last_seen];
	bool hit = false;

	(void)q;
	if (row->view->number != VIEW_asset ||
	    !str_eq(row->v[VIEW_asset_network].s, cli_str(f->s->c, "network")) ||
	    (!f->s->resumed && (!seen->present || seen->t.ms < f->s->since.ms))) {
		return true;
	}
	for (size_t i = 0; addrs->present && i < addrs->strs.n; i++) {
		hit = hit || in_targets(f->s, addrs->strs.p[i]);
	}
	if (hit) {
		f->n++;
		*map_put(f->s->c->a, &f->ids, str_dup(f->s->c->a, row->v[VIEW_asset_id].s), NULL) = f;
	}
	return !hit;
}

static bool take_answer(void *arg, struct ask *q, const struct view_row *row)
{
	struct found *f = arg;
	struct arena *a = f->s->c->a;
	struct str measure = row->v[VIEW_answer_measure].s;
	enum view_answer state = VIEW_STATE(row->v[VIEW_answer_state].answer);
	size_t i;

	(void)q;
	if (row->view->number != VIEW_answer || map_get(&f->ids, row->v[VIEW_answer_asset].s) == NULL) {
		return true;
	}
	f->unknowns += state == VIEW_UNKNOWN;
	for (i = 0; state == VIEW_FAIL && i < f->fails.n && !str_eq(f->fails.p[i].measure, measure); i++) {
	}
	if (state == VIEW_FAIL && i == f->fails.n) {
		*vec_add(a, &f->fails) = (struct attention){ .measure = str_dup(a, measure),
			.title = str_dup(a, row->v[VIEW_answer_title].s), .asset = str_dup(a, row->v[VIEW_answer_asset].s),
			.why = str_dup(a, row->v[VIEW_answer_why].s) };
	}
	if (state == VIEW_FAIL) {
		f->fails.p[i].n++;
	}
	return true;
}

static void next_line(struct cli *c, bool first, struct str command, enum tr_id text)
{
	struct str head = out_pad(c->a, first ? tr_text(c->lang, MSG_say_next) : S(""), 10);

	fprintf(c->env->out, "%.*s %.*s  %.*s\n", STRF(head), STRF(out_pad(c->a, command, 36)), STRF(tr_text(c->lang, text)));
}

/* For people only: what needs attention, and what to do next. */
static void say_attention(struct cli *c, const struct found *f)
{
	FILE *out = c->env->out;

	fprintf(out, "\n%.*s", STRF(tr(c->a, c->lang, MSG_say_found, TR({ "n", str_printf(c->a, "%u", f->n) }))));
	if (f->fails.n > 0) {
		struct str n = str_printf(c->a, "%zu", f->fails.n);

		fprintf(out, "%s%.*s", c->lang == LANG_ja ? "" : " ",
			STRF(tr(c->a, c->lang, MSG_say_attention, TR({ "n", n }))));
	}
	fputc('\n', out);
	for (size_t i = 0; i < f->fails.n && i < ATTENTION_MOST; i++) {
		const struct attention *t = &f->fails.p[i];

		fprintf(out, "  %s%.*s%s %3u  %.*s  ", c->color ? "\033[31m" : "", STRF(out_glyph(VIEW_FAIL, c->ascii)),
			c->color ? "\033[0m" : "", t->n, STRF(out_pad(c->a, t->measure, 8)));
		out_clean(out, t->title);
		fputs("  ", out);
		out_clean(out, str_printf(c->a, "(%.*s%s%.*s)", STRF(t->asset), t->why.n > 0 ? ": " : "", STRF(t->why)));
		fputc('\n', out);
	}
	if (f->unknowns > 0) {
		fprintf(out, "%.*s\n",
			STRF(tr(c->a, c->lang, MSG_say_unknowns, TR({ "n", str_printf(c->a, "%u", f->unknowns) }))));
	}
	next_line(c, true, S("korobanu sheet show"), MSG_say_next_sheet);
	if (f->fails.n > 0) {
		next_line(c, false, str_printf(c->a, "korobanu rule explain %.*s %.*s", STRF(f->fails.p[0].asset),
			STRF(f->fails.p[0].measure)), MSG_say_next_explain);
	}
	next_line(c, false, S("korobanu ledger prove -o proof.jsonl"), MSG_say_next_prove);
}

static int show_found(struct scan *s)
{
	struct cli *c = s->c;
	struct found f = { .s = s };
	struct buf all = buf_new(c->a, LIMIT_MSG_BODY);
	/* The index of a network and of nothing else is walked. */
	struct query mine = { .filter = str_printf(c->a, "network:\"%.*s\"", STRF(cli_str(c, "network"))), .sort = S("") };
	int exit;

	s->q->take = take_asset;
	s->q->take_arg = &f;
	exit = query_assets(s->q, &mine, S(""), NULL);
	if (exit != CLI_OK || out_format(c) != OUT_TABLE || f.n == 0 || (exit = ask_table(s->q, S(""))) != CLI_OK) {
		return exit;
	}
	buf_blob(&all, S(""));
	buf_blob(&all, S(""));
	buf_u8(&all, c->lang == LANG_ja);
	s->q->take = take_answer;
	s->q->cards = true;	/* nothing of this is shown as it comes */
	exit = ask_rows(s->q, MSGS_EXPLAIN, buf_view(&all));
	if (exit == CLI_OK) {
		say_attention(c, &f);
	}
	return exit;
}

/* The domain this machine was given, as its DHCP client wrote it down; empty: none, or nobody knows. */
static struct str given_domain(struct cli *c)
{
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[512];
	struct str domain = S("");

	while (f != NULL && domain.n == 0 && fgets(line, sizeof line, f) != NULL) {
		struct str rest = str_trim(str_z(line)), word = str_cut(&rest, ' ');

		if (str_eq(word, S("search")) || str_eq(word, S("domain"))) {
			rest = str_trim(rest);
			domain = str_dup(c->a, str_cut(&rest, ' '));
		}
	}
	if (f != NULL) {
		(void)fclose(f);
	}
	return domain;
}

/* Another domain than recorded is another network, whatever its addresses say: nothing is sent. */
static int check_domain(struct scan *s, const struct json *told)
{
	struct cli *c = s->c;
	struct str want, got = given_domain(c);

	if (json_get_str(told, S("dhcp_domain"), &want) != 0 || want.n == 0 || got.n == 0 || str_eq_nocase(want, got)) {
		return CLI_OK;
	}
	(void)!json_get_str(told, S("run"), &s->run);
	s->why = S("another DHCP domain");
	if (s->run.n != 0 && end_run(s, ERR_REFUSED) != CLI_OK) {
		return CLI_FAILED;
	}
	return cli_error(c, CLI_REFUSED, "E-NETWORK", MSG_err_domain, MSG_NONE, TR({ "want", want }, { "got", got }));
}

/* --dry-run: the scope allows it, and this is what would be sent, to whom. */
static int say_dry(struct scan *s)
{
	struct cli *c = s->c;
	struct str targets = S("");

	for (size_t i = 0; i < c->args.n; i++) {
		targets = str_printf(c->a, "%.*s%s%.*s", STRF(targets), i > 0 ? " " : "", STRF(c->args.p[i]));
	}
	cli_say(c, MSG_say_scan_dry, TR({ "targets", targets }, { "network", cli_str(c, "network") }, { "ports", cli_str(c, "ports") },
		{ "profile", cli_str(c, "profile") }));
	return CLI_OK;
}

/* What was recorded last, then how the run ended. */
static int end_events(struct scan *s)
{
	int r = live_drain(&s->events);

	if (r != 0) {
		return ask_failed(s->q, r);
	}
	say_event(s, "done", mono_now());
	live_flush(&s->events);
	if (s->events.gone && !s->stopping) {
		return cli_error(s->c, CLI_FAILED, "E-OUTPUT", MSG_err_output, MSG_NONE, TR_NONE);
	}
	return s->events.gone ? CLI_PARTIAL : CLI_OK;
}

static int scan_run(struct scan *s, struct str body)
{
	int exit, r;

	if (s->live) {
		live_begin(&s->events, s->q, s->run);
		say_event(s, "begin", mono_now());
	}
	r = run_scan(s, body);
	s->err = r != 0 && s->err == 0 && r != ERR_CANCELED ? r : s->err;
	exit = end_run(s, r);
	if (r != 0 && r != ERR_CANCELED) {
		if (s->live && exit == CLI_OK) {
			(void)end_events(s);
		}
		return cli_error(s->c, cli_exit_of(r), "E-SCAN", MSG_err_scan, MSG_NONE, TR({ "reason", cli_reason(s->c, r) },
			{ "text", s->why }));
	}
	if (exit == CLI_OK) {
		exit = s->live ? end_events(s) : show_found(s);
	}
	return s->sig == 2 ? CLI_INTERRUPTED : s->sig != 0 ? CLI_TERMINATED : exit;
}

static int scan_with(struct cli *c, struct ask *q)
{
	struct scan s = { .c = c, .q = q, .since = utc_now(), .pps = -1, .eta_s = -1, .live = out_format(c) == OUT_JSONL };
	struct buf body = buf_new(c->a, LIMIT_MSG_BODY);
	const struct json *told;
	struct str answer;
	struct rd rd;
	int exit, r;

	if ((exit = ask_bytes(q, MSGS_RUN_BEGIN, request(c), &answer)) != CLI_OK) {
		return exit;
	}
	rd = rd_str(answer);
	if (rd_blob(&rd, &answer) != 0 || json_parse(c->a, answer, &told, NULL) != 0 ||
	    json_get_bool(told, S("resumed"), &s.resumed) != 0) {
		return cli_error_of(c, ERR_PROTO, S("core"));
	}
	if ((exit = check_domain(&s, told)) != CLI_OK) {
		return exit;
	}
	if ((r = start_body(&s, told, &body)) != 0) {
		return r > 0 ? r : cli_error_of(c, r, c->args.p[0]);
	}
	if (cli_flag(c, "dry-run")) {
		return say_dry(&s);
	}
	cli_say(c, s.resumed ? MSG_say_scan_resumed : MSG_say_scan_begins, TR({ "run", s.run },
		{ "profile", cli_str(c, "profile") }));
	exit = scan_run(&s, buf_view(&body));
	live_end(&s.events);
	return exit;
}

int cmd_scan(struct cli *c)
{
	struct ask q;
	int exit = ask_open(c, &q);

	return exit != CLI_OK ? exit : ask_close(&q, scan_with(c, &q));
}
