/* Who sends the chunks of a run, and what they may say.
 *
 * Role parse reads hostile bytes, so what a chunk claims is a stranger's word. What limits it is the run that core itself
 * opened, and the connection that asked for it: main routes parse's chunks over the one over which the command began or took up the run.
 *
 *   chunk ids     only of the run its connection is bound to: nobody can use up the numbers of a run to come
 *   run, network  those of the run; its sources are those of a scan ("scan.")
 *   addresses     IPv4 inside the targets, which the scope allowed; IPv6 inside them, or of a device seen on the link (its MAC is a key):
 *                 such addresses are found, not chosen
 *   vantage       v1, v2, and the one the scope states
 *   safety class  that of its source in the table below: whoever did more to a device cannot say that it did less
 *   times         between the moment the connection took the run and now, give or take SEEN_CLOCK_AHEAD_MS
 *
 * An import is a file of others: its networks and run ids are held against what was recorded of it, its quality is limited unless it is believed
 * (doc/formats/export.md), its times may be of any past.
 *
 * Danger: within these limits a sensor is believed. A taken-over parse can lie about the targets of its own run. */
#include "core/serve/serve_int.h"

#include "core/msg/import.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define SOURCES S("scan.")

/* ---- whose chunks ---- */

bool run_bound(const struct conn *c, struct str run)
{
	return run.n != 0 && str_eq(run, str_z(c->run));
}

int run_bind(struct serve_reply *out, struct str run)
{
	struct serve *s = out->s;

	must(run.n != 0 && run.n <= RUN_ID_MAX);
	for (size_t i = 0; i < s->conns.n; i++) {
		const struct conn *other = s->conns.p[i];

		if (other != out->to && !other->closing && run_bound(other, run)) {
			return serve_fail(out, ERR_BUSY, SAY "run-busy" SAY "run=%.*s", STRF(run));
		}
	}
	snprintf(out->to->run, sizeof out->to->run, "%.*s", STRF(run));
	out->to->run_since = utc_now();
	return 0;
}

void run_unbind(struct serve_reply *out, struct str run)
{
	if (run_bound(out->to, run)) {
		out->to->run[0] = '\0';
	}
}

/* ---- what they may say ---- */

static void targets_of(struct arena *a, const struct json *v, struct run_limits *l)
{
	const struct json *list = json_get(v, S("targets"));
	struct prefix *p;

	if (list == NULL || list->type != JSON_ARR) {
		return;
	}
	p = arena_alloc(a, list->arr.n * sizeof *p + 1);
	for (size_t i = 0; i < list->arr.n; i++) {
		l->ntargets += list->arr.p[i].type == JSON_STR && prefix_of(list->arr.p[i].s, &p[l->ntargets]) == 0;
	}
	l->targets = p;
}

struct run_limits run_limits(struct serve *s, struct arena *a, struct str run, struct utc since)
{
	struct run_limits l = { .imported = run.n == IMPORT_ID };
	struct str state = S(""), vantage = S("");
	struct store_object o;
	const struct json *v;

	if (store_get_object(s->st, a, l.imported ? S("import") : S("run"), run, &o) != 0 || json_parse(a, o.body, &v, NULL) != 0) {
		return l;
	}
	(void)!json_get_str(v, S("state"), &state);
	l.open = !str_eq(state, S("finished")) && json_get(v, S("done")) == NULL;
	if (l.imported) {
		l.networks = json_get(v, S("networks"));
		(void)!json_get_bool(v, S("believed"), &l.believed);
		if (l.networks != NULL && l.networks->type == JSON_ARR && l.networks->arr.n != 0 && l.networks->arr.p[0].type == JSON_STR) {
			l.network = l.networks->arr.p[0].s;
		}
		return l;
	}
	l.run = run;
	(void)!json_get_str(v, S("network"), &l.network);
	(void)!json_get_str(v, S("vantage"), &vantage);
	if (vantage.n == 2 && vantage.p[0] == 'v') {
		l.vantage = vantage.p[1] - '0';
	}
	targets_of(a, v, &l);
	l.from.ms = since.ms == 0 ? 0 : since.ms - SEEN_CLOCK_AHEAD_MS;
	l.until.ms = utc_now().ms + SEEN_CLOCK_AHEAD_MS;
	return l;
}

static bool in_targets(const struct run_limits *l, struct str addr, bool onlink)
{
	struct prefix p;

	if (prefix_of(addr, &p) != 0) {
		return false;
	}
	for (size_t i = 0; i < l->ntargets; i++) {
		if (prefix_holds(&l->targets[i], &p)) {
			return true;
		}
	}
	return onlink && p.family == AF_INET6;
}

static bool addresses_ok(const struct run_limits *l, const struct fact *f)
{
	const struct fact_value *place = fact_place(f, S("addr"));
	bool onlink = fact_key_of(f, KEY_MAC) != NULL;

	for (size_t i = 0; i < f->nkeys; i++) {
		if (f->keys[i].type == KEY_IP && !in_targets(l, f->keys[i].value, onlink)) {
			return false;
		}
	}
	return place == NULL || in_targets(l, place->s, onlink);
}

/* What each source of a scan does to a device, S0 passive to S3 may change state. A source that is not here asks, at least; more than
 * CLASS_MOST no scope allows. */
#define CLASS_ASKS 1
#define CLASS_MOST 1
static const struct {
	const char *source;
	u8 class;
} classes[] = {
	{ "scan.connect/1", CLASS_ASKS }, { "scan.look/1", CLASS_ASKS }, { "scan.syn/1", CLASS_ASKS }, { "scan.telnet/1", CLASS_ASKS },
};

static bool class_ok(struct str source, u8 claimed)
{
	u8 least = CLASS_ASKS;

	for (size_t i = 0; i < countof(classes); i++) {
		least = str_eq(source, str_z(classes[i].source)) ? classes[i].class : least;
	}
	return claimed >= least && claimed <= CLASS_MOST;
}

static int own_check(const struct run_limits *l, const struct fact *f, const struct seen *seen)
{
	return str_eq(seen->run, l->run) && str_eq(f->network, l->network) && str_starts(f->source, SOURCES) &&
		(f->vantage <= 2 || f->vantage == l->vantage) && seen->at.ms >= l->from.ms && seen->at.ms <= l->until.ms &&
		class_ok(f->source, seen->class) && addresses_ok(l, f) ? 0 : ERR_REFUSED;
}

bool list_has(const struct json *list, struct str s)
{
	for (size_t i = 0; list != NULL && list->type == JSON_ARR && i < list->arr.n; i++) {
		if (list->arr.p[i].type == JSON_STR && str_eq(list->arr.p[i].s, s)) {
			return true;
		}
	}
	return false;
}

int run_check(const struct run_limits *l, const struct fact *f, struct seen *seen)
{
	if (!l->imported) {		/* of no run: it did not come over a connection */
		return l->run.n == 0 ? 0 : own_check(l, f, seen);
	}
	if (!list_has(l->networks, f->network) || (f->kind != NULL && f->kind->draft)) {
		return ERR_REFUSED;
	}
	if (seen->run.n != 0 && str_chr(seen->run, '.') < 0) {		/* ours have no dot */
		return ERR_REFUSED;
	}
	/* Documents and persons (v6, v7) say what they say; what machines saw, and coverage whoever states it, must be believed. */
	if (!l->believed && (f->vantage <= 5 || str_eq(f->kind_name, S("coverage"))) && seen->qod > IMPORT_QOD_WEAK) {
		seen->qod = IMPORT_QOD_WEAK;
	}
	return 0;
}
