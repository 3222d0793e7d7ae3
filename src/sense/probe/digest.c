/* Messages of a scan, conversations and their deadlines. What is said of it all is composed in compose.c.
 *
 * Memory: a conversation has an arena of its own that ends with it, a chunk one that ends when it is sent; per address little more
 * than what net said of it. net keeps the number of conversations small, and stops when chunks wait (NET_HOLD). */
#include "sense/probe/digest_int.h"

#include <string.h>

#include "base/err.h"

#define NS_MS ((i64)1000000)
#define TALK_ARENA (512 * KiB)
#define TALK_REPLY_MAX 4096

struct digest *digest_new(const struct digest_out *out)
{
	struct arena *a = arena_new(NULL, 0);
	struct digest *d = arena_alloc(a, sizeof *d);

	d->a = a;
	d->out = *out;
	return d;
}

void digest_free(struct digest *d)
{
	if (d == NULL) {
		return;
	}
	for (size_t i = 0; i < d->ntalks; i++) {
		arena_free(d->talks[i]->t.a);
	}
	for (size_t i = 0; i < d->nqueue; i++) {
		arena_free(d->queue[i].a);
	}
	for (size_t i = 0; i < d->hosts.n; i++) {
		arena_free(d->hosts.p[i].pa);
		arena_free(d->hosts.p[i].ea);
	}
	arena_free(d->ca);
	arena_free(d->a);
}

/* --- conversations ---- */

static struct talk *find(struct digest *d, u32 id, size_t *ret_at)
{
	for (size_t i = 0; i < d->ntalks; i++) {
		if (d->talks[i]->id == id) {
			*ret_at = i;
			return d->talks[i];
		}
	}
	return NULL;
}

static void put_tx(struct digest *d, u16 type, u32 conv, struct str bytes)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);

	scan_tx_write(&b, conv, bytes);
	d->out.put(d->out.ctx, type, buf_view(&b));
	arena_free(a);
}

/* Sends what the probe wants said, and ends what it has done with; false when there is no room for it yet. */
static bool speak(struct digest *d, struct talk *t)
{
	if (t->closing) {
		return true;
	}
	if (t->t.reply.n > 0) {
		if (!d->out.room(d->out.ctx)) {
			return false;
		}
		put_tx(d, MSGS_NET_TX, t->id, buf_view(&t->t.reply));
		buf_reset(&t->t.reply);
	}
	if (t->t.done) {
		if (!d->out.room(d->out.ctx)) {
			return false;
		}
		put_tx(d, MSGS_NET_CLOSE, t->id, S(""));
		t->closing = true;
	}
	return true;
}

static int talk_open(struct digest *d, const struct scan_talk *m)
{
	struct arena *a;
	struct talk *t;
	size_t at;

	if (m->host >= d->hosts.n || find(d, m->conv, &at) != NULL) {
		return ERR_PROTO;
	}
	if (d->ntalks == CONVS_MAX) {
		return ERR_LIMIT;
	}
	a = arena_new(NULL, TALK_ARENA);
	t = arena_alloc(a, sizeof *t);
	*t = (struct talk){ .id = m->conv, .host = m->host, .port = m->port, .at = m->at, .start = d->now.ns,
		.last = d->now.ns };
	t->t = (struct probe_talk){ .a = a, .probe = probe_first(m->port), .port = m->port,
		.reply = buf_new(a, TALK_REPLY_MAX) };
	t->t.rx = buf_new(a, t->t.probe->limits.max_rx);
	t->t.state = arena_alloc(a, t->t.probe->state_size);
	if (d->ntalks == d->talks_cap) {
		d->talks = vec_grow(d->a, d->talks, sizeof *d->talks, d->ntalks, &d->talks_cap);
	}
	d->talks[d->ntalks++] = t;
	return 0;
}

static void talk_bytes(struct digest *d, struct talk *t, const struct scan_talk *m)
{
	size_t room = t->t.probe->limits.max_rx - t->t.rx.n;
	struct str bytes = str_sub(m->bytes, 0, room);

	if (t->closing) {
		return;
	}
	t->at = m->at;
	t->last = d->now.ns;
	t->t.truncated |= m->bytes.n > room;
	buf_str(&t->t.rx, bytes);
	t->t.probe->read(&t->t, bytes);
	if (t->t.rx.n == t->t.probe->limits.max_rx) {
		t->t.done = t->t.truncated = true;	/* nothing more is read: nobody knows whether there was more */
	}
	(void)speak(d, t);	/* without room digest_tick does it */
}

/* One that was stopped is held again when the run is taken up. */
static int talk_end(struct digest *d, struct talk *t, size_t at, bool whole)
{
	struct dhost *h = &d->hosts.p[t->host];
	size_t known = h->ndetermined;
	int r = compose_talk(d, t);

	if (r == 0 && whole) {
		if (h->ntalked == h->talked_cap) {
			h->talked = vec_grow(d->a, h->talked, sizeof *h->talked, h->ntalked, &h->talked_cap);
		}
		h->talked[h->ntalked++] = (struct scan_talked){ .port = t->port, .determined = h->ndetermined > known };
		r = h->pa != NULL ? compose_part(d, t->host) : 0;
	}
	d->talks[at] = d->talks[--d->ntalks];
	arena_free(t->t.a);
	return r;
}

static int input_talk(struct digest *d, struct str body)
{
	struct scan_talk m;
	struct talk *t;
	size_t at;
	int r = scan_talk_read(body, &m);

	if (r != 0) {
		return r;
	}
	if (m.what == SCAN_RX_OPEN) {
		return talk_open(d, &m);
	}
	t = find(d, m.conv, &at);
	if (t == NULL) {
		return ERR_PROTO;
	}
	if (m.what == SCAN_RX_BYTES) {
		talk_bytes(d, t, &m);
		return 0;
	}
	return talk_end(d, t, at, m.why != SCAN_END_STOPPED);
}

/* When a conversation wants to be looked at again, and what then: quiet() or the end. */
static i64 deadline(const struct digest *d, const struct talk *t, bool *ret_end)
{
	const struct probe_limits *l = &t->t.probe->limits;
	u32 greet = d->cfg.greet_ms < l->greet_ms ? d->cfg.greet_ms : l->greet_ms;
	u32 settle = greet < l->settle_ms ? greet : l->settle_ms;
	u32 total = d->cfg.talk_ms < l->total_ms ? d->cfg.talk_ms : l->total_ms;
	i64 end = t->start + total * NS_MS, quiet = t->last + (t->t.rx.n == 0 ? greet : settle) * NS_MS;

	*ret_end = end <= quiet;
	return end <= quiet ? end : quiet;
}

/* --- what net says ---- */

static int input_begin(struct digest *d, struct str body)
{
	int r;

	if (d->begun) {
		return ERR_PROTO;
	}
	body = str_dup(d->a, body);
	if ((r = scan_begin_read(body, &d->cfg)) != 0) {
		return r;
	}
	d->begun = true;
	d->next_chunk = d->cfg.chunk;
	return 0;
}

static int input_found(struct digest *d, struct str body)
{
	struct ddevice *v;
	struct scan_found f;
	int r = scan_found_read(body, &f);

	if (r != 0) {
		return r;
	}
	if (f.host != d->hosts.n || d->looked_at || f.device > d->hosts.n) {
		return ERR_PROTO;
	}
	while (f.device >= d->devices.n) {
		(void)vec_add(d->a, &d->devices);
	}
	v = &d->devices.p[f.device];
	if (v->hosts.n > 0 && (mac_none(f.mac) || !mac_eq(f.mac, d->hosts.p[v->hosts.p[0]].found.mac))) {
		return ERR_PROTO;
	}
	*vec_add(d->a, &v->hosts) = f.host;
	vec_add(d->a, &d->hosts)->found = f;
	return 0;
}

static int input_looked(struct digest *d, struct str body)
{
	int r;

	if (d->looked_at) {
		return ERR_PROTO;
	}
	if ((r = scan_looked_read(body, &d->looked)) != 0) {
		return r;
	}
	for (size_t i = 0; i < d->devices.n; i++) {
		if (d->devices.p[i].hosts.n == 0) {
			return ERR_PROTO;
		}
	}
	d->looked_at = true;
	for (u32 i = 0; i < d->hosts.n; i++) {
		if ((r = compose_host(d, i)) != 0) {
			return r;
		}
	}
	return 0;
}

/* What is known of a host that goes on. What it knew when this run was taken up comes first, and once. */
static int input_part(struct digest *d, struct str body)
{
	struct scan_news m;
	struct dhost *h;
	struct arena *a;
	struct scan_part p;
	int r = scan_news_read(body, &m);

	if (r != 0) {
		return r;
	}
	if (!d->looked_at || m.host >= d->hosts.n || d->hosts.p[m.host].done) {
		return ERR_PROTO;
	}
	h = &d->hosts.p[m.host];
	a = arena_new(NULL, 0);
	if ((r = scan_part_read(a, m.part, &p)) != 0 || !ip_addr_eq(&p.addr, &h->found.addr) ||
		(m.earlier && (h->ea != NULL || h->pa != NULL))) {
		arena_free(a);
		return r != 0 ? r : ERR_PROTO;
	}
	if (m.earlier) {
		h->ea = a;
		h->earlier = p;
		for (size_t i = 0; i < p.ntalked; i++) {
			if (h->ntalked == h->talked_cap) {
				h->talked = vec_grow(d->a, h->talked, sizeof *h->talked, h->ntalked, &h->talked_cap);
			}
			h->talked[h->ntalked++] = p.talked[i];
			if (p.talked[i].determined) {
				compose_determined(d, m.host, p.talked[i].port);
			}
		}
		h->pa = arena_new(NULL, 0);
		h->part = p;
		return 0;
	}
	arena_free(h->pa);
	h->pa = a;
	h->part = p;
	return (r = compose_news(d, m.host, m.at)) != 0 ? r : compose_part(d, m.host);
}

static int ports_over(struct digest *d, const struct scan_port_map *m)
{
	struct dhost *h = &d->hosts.p[m->host];
	int r = m->nruns > 0 || h->ea != NULL ? compose_ports(d, m->host, m) : 0;

	h->done = true;
	if (r == 0 && !m->cut && (m->nruns > 0 || h->ea != NULL)) {
		compose_progress(d, m->host);
		r = h->pa != NULL ? compose_part(d, m->host) : 0;
	}
	arena_free(h->pa);
	arena_free(h->ea);
	h->pa = h->ea = NULL;
	return r;
}

static int input_ports(struct digest *d, struct str body)
{
	struct arena *a;
	struct scan_port_map m;
	struct ddevice *v;
	int r;

	if (!d->looked_at) {
		return ERR_PROTO;
	}
	a = arena_new(NULL, 0);
	r = scan_port_map_read(a, body, &m);
	if (r == 0 && (m.host >= d->hosts.n || d->hosts.p[m.host].done)) {
		r = ERR_PROTO;
	}
	for (size_t i = 0; r == 0 && i < d->ntalks; i++) {
		r = d->talks[i]->host == m.host ? ERR_PROTO : 0;
	}
	if (r != 0 || (r = ports_over(d, &m)) != 0) {
		goto out;
	}
	v = &d->devices.p[d->hosts.p[m.host].found.device];
	v->done++;
	/* addresses were looked for before any port; it is said once all that was found there is said */
	if (v->done == v->hosts.n) {
		r = compose_device(d, d->hosts.p[m.host].found.device);
		v->covered = true;
	}
out:
	arena_free(a);
	return r;
}

static int input_over(struct digest *d, struct str body)
{
	struct scan_over m;
	int r = scan_over_read(body, &m);

	if (r != 0) {
		return r;
	}
	if (d->over || d->ntalks > 0) {
		return ERR_PROTO;
	}
	d->over = true;
	if (d->ca != NULL) {
		compose_cut(d);
	}
	return 0;
}

int digest_input(struct digest *d, u16 type, struct str body, struct mono now)
{
	int r;

	d->now = now;
	if ((type != MSGS_NET_BEGIN && !d->begun) || d->over) {
		return ERR_PROTO;
	}
	switch (type) {
	case MSGS_NET_BEGIN:
		r = input_begin(d, body);
		break;
	case MSGS_NET_FOUND:
		r = input_found(d, body);
		break;
	case MSGS_NET_LOOKED:
		r = input_looked(d, body);
		break;
	case MSGS_NET_RX:
		r = input_talk(d, body);
		break;
	case MSGS_NET_PART:
		r = input_part(d, body);
		break;
	case MSGS_NET_PORTS:
		r = input_ports(d, body);
		break;
	case MSGS_NET_OVER:
		r = input_over(d, body);
		break;
	default:
		r = ERR_PROTO;
	}
	if (r == 0) {
		digest_tick(d, now);
	}
	return r;
}

int digest_ack(struct digest *d, int result)
{
	if (d->unacked == 0) {
		return ERR_PROTO;
	}
	d->unacked--;
	/* a chunk that is recorded already was sent by this run before it was interrupted */
	return result == ERR_EXISTS ? 0 : result;
}

static void send_chunks(struct digest *d)
{
	size_t sent = 0;

	/* what was learned goes as soon as core has recorded all before it: the slower core is, the more is recorded at once */
	if (d->nqueue == 0 && d->unacked == 0 && d->ca != NULL && d->out.room(d->out.ctx)) {
		compose_cut(d);
	}
	while (sent < d->nqueue && d->unacked < UNACKED_MAX && d->out.room(d->out.ctx)) {
		d->out.put(d->out.ctx, MSGS_PUT_CHUNK, d->queue[sent].body);
		arena_free(d->queue[sent].a);
		d->unacked++;
		sent++;
	}
	if (sent > 0) {
		d->nqueue -= sent;
		memmove(d->queue, d->queue + sent, d->nqueue * sizeof *d->queue);
	}
	if (!d->over && (d->holding ? d->nqueue <= QUEUE_GO : d->nqueue >= QUEUE_HOLD) &&
		d->out.room(d->out.ctx)) {
		d->holding = !d->holding;
		d->out.put(d->out.ctx, MSGS_NET_HOLD, d->holding ? str_of("\1", 1) : str_of("\0", 1));
	}
	if (d->over && !d->said_done && d->nqueue == 0 && d->unacked == 0 && d->out.room(d->out.ctx)) {
		d->said_done = true;
		d->out.put(d->out.ctx, MSGS_PARSE_DONE, S(""));
	}
}

void digest_tick(struct digest *d, struct mono now)
{
	d->now = now;
	send_chunks(d);
	for (size_t i = 0; i < d->ntalks; i++) {
		struct talk *t = d->talks[i];
		bool end;

		if (!speak(d, t)) {
			return;		/* no room for anybody */
		}
		if (t->closing || now.ns < deadline(d, t, &end)) {
			continue;
		}
		if (end) {
			t->t.done = true;
		} else {
			t->last = now.ns;
			t->t.quiets++;
			t->t.probe->quiet(&t->t);
		}
		(void)speak(d, t);
	}
}

int digest_wait_ms(const struct digest *d, struct mono now)
{
	i64 due = INT64_MAX;

	for (size_t i = 0; i < d->ntalks; i++) {
		bool end;
		i64 at = d->talks[i]->closing ? INT64_MAX : deadline(d, d->talks[i], &end);

		due = at < due ? at : due;
	}
	if (due == INT64_MAX) {
		return -1;
	}
	return due <= now.ns ? 0 : (int)((due - now.ns + NS_MS - 1) / NS_MS);
}
