/* What survives a kill: while an address's ports are asked, net tells parse from time to time what it knows of them (NET_PART), parse has core
 * keep it, and the next beginning of the run brings it back (NET_RESUME). What was determined is then not asked again; what was
 * in flight is: an open question counts as asked in a round only when its answer had the whole timeout to come.
 *
 * Told at most every PART_EVERY packets of a host, at least every PART_AGE while there is something new, and before conversations.
 * Who is there is always looked up anew: what is known of an address belongs to the MAC that was there. */
#include "sense/discover/sweep_int.h"

#include "base/err.h"

#define PART_EVERY 1024
#define PART_AGE (2 * NS_S)
#define PART_WORTH 256		/* packets: repeating fewer costs less than telling of them */

int part_resume(struct sweep *s, struct str body)
{
	struct rd rd = rd_str(body);

	while (rd_left(&rd) > 0) {
		struct scan_part *p = arena_alloc(s->a, sizeof *p);
		struct str one;
		int r = rd_blob(&rd, &one);

		if (r != 0) {
			return r;
		}
		if (scan_part_read(s->a, one, p) == 0) {	/* of another version of this program: all is asked again */
			*map_put(s->a, &s->parts, str_of(&p->addr, sizeof p->addr), NULL) = p;
		}
	}
	return 0;
}

const struct scan_part *part_of(const struct sweep *s, const struct host *h)
{
	const struct scan_part *p = map_get(&s->parts, str_of(&h->addr, sizeof h->addr));

	return p != NULL && mac_eq(p->mac, s->devices.p[h->device].mac) ? p : NULL;
}

bool part_known(const struct sweep *s, const struct host *h, u32 index)
{
	u16 port = s->ports[index];

	for (size_t i = 0; h->earlier != NULL && i < h->earlier->nruns && h->earlier->runs[i].lo <= port; i++) {
		if (port <= h->earlier->runs[i].hi) {
			return true;
		}
	}
	return false;
}

bool part_talked(const struct host *h, u16 port)
{
	for (size_t i = 0; h->earlier != NULL && i < h->earlier->ntalked; i++) {
		if (h->earlier->talked[i].port == port) {
			return true;
		}
	}
	return false;
}

static void tell(struct sweep *s, const struct host *h, bool earlier, const struct scan_part *p)
{
	struct arena *a = arena_new(s->a, 0);
	struct buf b = buf_new(a, 0), whole = buf_new(a, 0);

	scan_part_write(&b, p);
	scan_news_write(&whole, &(struct scan_news){ .host = (u32)(h - s->hosts.p), .earlier = earlier, .at = utc_now(),
		.part = buf_view(&b) });
	sweep_put(s, MSGS_NET_PART, &whole);
	arena_free(a);
}

void part_begin(struct sweep *s, struct host *h)
{
	const struct scan_part *p = h->earlier;

	for (size_t i = 0; i < p->nruns; i++) {
		for (u32 port = p->runs[i].lo; port <= p->runs[i].hi; port++) {
			if (s->port_index[port] != 0) {
				(void)host_decide(s, h, s->port_index[port] - 1, p->runs[i].state);
			}
		}
	}
	h->since = p->at;
	h->rounds = p->rounds;
	h->quiet = p->quiet;
	h->cursor = h->marked = h->settled = p->cursor;
	h->round_answers = 0;
	h->first = s->now - p->span_ms * NS_MS;
	h->round_start = h->marked_at = h->news_at = s->now;
	tell(s, h, true, p);
}

/* Every port that is decided; of more pieces than a record holds the last are asked again. */
static size_t runs_of(const struct sweep *s, const struct host *h, struct scan_run *p)
{
	size_t n = 0;

	for (u32 i = 0; i < s->nports; i++) {
		u8 state = (u8)host_state(h, i);

		if (state == SCAN_NOT_ASKED) {
			continue;
		}
		if (n > 0 && p[n - 1].state == state && p[n - 1].hi + 1 == s->ports[i]) {
			p[n - 1].hi++;
		} else if (n == SCAN_PART_RUNS_MAX) {
			break;
		} else {
			p[n++] = (struct scan_run){ .state = state, .lo = s->ports[i], .hi = s->ports[i] };
		}
	}
	return n;
}

void part_tell(struct sweep *s, struct host *h)
{
	struct scan_run runs[SCAN_PART_RUNS_MAX];
	i64 span = (h->round_start - h->first) / NS_MS;
	bool over = h->at == HOST_PAUSING;	/* of the present round nothing is left to ask */

	h->since = h->since.ms != 0 ? h->since : utc_now();
	tell(s, h, false, &(struct scan_part){ .addr = h->addr, .mac = s->devices.p[h->device].mac, .at = h->since,
		.rounds = h->rounds + over, .quiet = h->quiet, .cursor = over ? 0 : h->settled, .span_ms = span > 86400000 ? 86400000 : (u32)span,
		.runs = runs, .nruns = runs_of(s, h, runs) });
	h->news = 0;
	h->news_at = s->now;
}

void part_round(const struct sweep *s, struct host *h)
{
	h->marked = h->settled = 0;
	h->marked_at = s->now;
}

void part_asked(const struct sweep *s, struct host *h, u32 n)
{
	h->news += n;
	if (s->now - h->marked_at >= s->cfg.limits.timeout_ms * NS_MS) {
		h->settled = h->marked;
		h->marked = h->cursor;
		h->marked_at = s->now;
	}
}

bool part_due(const struct sweep *s, const struct host *h)
{
	return h->at == HOST_TALKING ? h->news >= PART_WORTH || (h->news > 0 && h->open > 0) :
		h->news >= PART_EVERY || (h->news > 0 && s->now - h->news_at >= PART_AGE);
}
