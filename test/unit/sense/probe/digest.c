/* The engine of parse, driven by messages alone and a clock of the test's: transcripts good and hostile, what is concluded
 * of them, and the order and limits of what goes out. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "core/fact/fact.h"
#include "core/msg/chunk.h"
#include "core/msg/msgs.h"
#include "sense/probe/digest.h"
#include "sense/probe/probe.h"

struct rig {
	struct arena *a;
	struct digest *d;
	struct mono now;
	bool full;		/* no room to speak */
	struct buf tx;		/* bytes sent in the conversation */
	bool closed, done, hold;
	u32 chunks, acked, facts, parts;
	struct str part;	/* the last record of an address that goes on; empty: it is done */
	bool truncated;		/* of the last banner */
	size_t text;
	struct fact service;	/* the last service fact */
	struct seen seen;
	struct str covered;	/* open ports of the last coverage of services */
	struct str unfinished;
};

static bool room(void *ctx)
{
	return !((struct rig *)ctx)->full;
}

static void take_chunk(struct rig *r, struct str body)
{
	struct chunk c;

	assert_true(body.n <= LIMIT_MSG_BODY);
	assert_int_equal(chunk_read(r->a, str_dup(r->a, body), &c), 0);
	assert_int_equal(c.n, r->chunks);
	r->chunks++;
	for (size_t i = 0; i < c.nitems; i++) {
		struct fact f;
		struct seen s;

		if (c.items[i].type == CHUNK_PART) {
			r->parts++;
			r->part = c.items[i].body;
			continue;
		}
		if (c.items[i].type != CHUNK_FACT) {
			assert_true(c.items[i].body.n <= 4096);
			continue;
		}
		r->facts++;
		assert_int_equal(fact_parse(r->a, c.items[i].head, FACT_STRICT, &f, NULL), 0);
		assert_int_equal(seen_parse(r->a, c.items[i].body, FACT_STRICT, &s, NULL), 0);
		assert_int_equal(s.class, probe_safety(f.source));
		assert_true(s.class >= 1);		/* whoever asks is not passive */
		if (str_eq(f.kind_name, S("banner"))) {
			r->truncated = fact_value(&f, S("truncated"))->i != 0;
			r->text = fact_value(&f, S("text")) != NULL ? fact_value(&f, S("text"))->s.n : 0;
		}
		if (str_eq(f.kind_name, S("service"))) {
			r->service = f;
			r->seen = s;
		}
		if (str_eq(f.kind_name, S("coverage")) && str_eq(fact_place(&f, S("of"))->s, S("service"))) {
			r->covered = ranges_text(r->a, fact_value(&f, S("open"))->ranges);
			r->unfinished = ranges_text(r->a, fact_value(&f, S("unfinished"))->ranges);
		}
	}
}

static void put(void *ctx, u16 type, struct str body)
{
	struct rig *r = ctx;
	struct str bytes;
	u32 conv;

	assert_false(r->full);
	switch (type) {
	case MSGS_NET_TX:
		assert_int_equal(scan_tx_read(body, &conv, &bytes), 0);
		buf_str(&r->tx, bytes);
		break;
	case MSGS_NET_CLOSE:
		r->closed = true;
		break;
	case MSGS_NET_HOLD:
		r->hold = body.p[0] == 1;
		break;
	case MSGS_PUT_CHUNK:
		take_chunk(r, body);
		break;
	case MSGS_PARSE_DONE:
		r->done = true;
		break;
	default:
		fail();
	}
}

static int give(struct rig *r, u16 type, const struct buf *b)
{
	return digest_input(r->d, type, buf_view(b), r->now);
}

static struct rig *rig_new(void)
{
	struct arena *a = arena_new(NULL, 0);
	struct rig *r = arena_alloc(a, sizeof *r);
	struct buf b = buf_new(a, 0);

	r->a = a;
	r->now.ns = 1000000000;
	r->tx = buf_new(a, 0);
	r->d = digest_new(&(struct digest_out){ .ctx = r, .room = room, .put = put });
	scan_begin_write(&b, &(struct scan_begin){ .run = S("SCN-1"), .network = S("lab"), .greet_ms = 500, .talk_ms = 3000 });
	assert_int_equal(give(r, MSGS_NET_BEGIN, &b), 0);
	return r;
}

static void add_host(struct rig *r, u32 host, u32 device, struct ip_addr addr)
{
	struct buf b = buf_new(r->a, 0);

	scan_found_write(&b, &(struct scan_found){ .host = host, .device = device, .vantage = 1, .by = SCAN_BY_ARP,
		.mac = { { 0, 0x16, 0x3e, 0, (u8)(device >> 8), (u8)device } }, .addr = addr, .at = { 1000 } });
	assert_int_equal(give(r, MSGS_NET_FOUND, &b), 0);
}

static void looked(struct rig *r)
{
	struct buf b = buf_new(r->a, 0);

	scan_looked_write(&b, &(struct scan_looked){ .at = { 1000 }, .whole4 = true, .whole6 = true, .by = SCAN_BY_ARP,
		.tries = 3 });
	assert_int_equal(give(r, MSGS_NET_LOOKED, &b), 0);
}

static int talk(struct rig *r, const struct scan_talk *t)
{
	struct buf b = buf_new(r->a, 0);

	scan_talk_write(&b, t);
	return give(r, MSGS_NET_RX, &b);
}

static int bytes(struct rig *r, struct str s)
{
	return talk(r, &(struct scan_talk){ .conv = 1, .what = SCAN_RX_BYTES, .at = { 2000 }, .bytes = s });
}

static void pass(struct rig *r, i64 ms)
{
	for (i64 i = 0; i < ms; i += 50) {
		r->now.ns += (i64)50 * 1000000;
		digest_tick(r->d, r->now);
	}
}

static void ports(struct rig *r, u32 host, struct scan_run *runs, size_t n)
{
	struct buf b = buf_new(r->a, 0);

	scan_port_map_write(&b, &(struct scan_port_map){ .host = host, .at = { 3000 }, .alive = true, .tries = 3, .runs = runs,
		.nruns = n });
	assert_int_equal(give(r, MSGS_NET_PORTS, &b), 0);
}

static void over(struct rig *r)
{
	struct buf b = buf_new(r->a, 0);

	scan_over_write(&b, &(struct scan_over){ .at = { 4000 } });
	assert_int_equal(give(r, MSGS_NET_OVER, &b), 0);
}

/* core records whatever it was sent, until nothing more comes of it */
static void ack_all(struct rig *r)
{
	while (r->acked < r->chunks) {
		r->acked++;
		assert_int_equal(digest_ack(r->d, 0), 0);
		digest_tick(r->d, r->now);
	}
}

static void open_one(struct rig *r)
{
	add_host(r, 0, 0, ip_addr4(0x0a070002));
	looked(r);
	assert_int_equal(talk(r, &(struct scan_talk){ .conv = 1, .what = SCAN_RX_OPEN, .at = { 1500 }, .port = 23 }), 0);
}

static void end_one(struct rig *r)
{
	struct scan_run runs[] = { { SCAN_CLOSED, 1, 22 }, { SCAN_OPEN, 23, 23 }, { SCAN_CLOSED, 24, 65535 } };

	assert_int_equal(talk(r, &(struct scan_talk){ .conv = 1, .what = SCAN_RX_END, .at = { 2500 } }), 0);
	ports(r, 0, runs, 3);
	over(r);
	ack_all(r);
	assert_true(r->done);
}

static void rig_free(struct rig *r)
{
	digest_free(r->d);
	arena_free(r->a);
}

static const char *word(struct rig *r, const char *field)
{
	const struct fact_value *v = fact_value(&r->service, str_z(field));

	return v == NULL ? "-" : v->type == KIND_STRS ? str_c(r->a, v->strs[0]) : v->type == KIND_BOOL ?
		(v->i != 0 ? "true" : "false") : str_c(r->a, v->s);
}

void test_digest__transcripts(void **state)
{
	static const struct {
		struct str said[3];	/* with silence after each */
		const char *name, *prompt, *not, *plain, *sent;
		u8 qod;
	} t[] = {
		{ { { "\xff\xfd\x01\xff\xfb\x03\r\nhost login: ", 21 } }, "telnet", "login", "-", "true", "\xff\xfc\x01", 95 },
		{ { { "\xff\xfb\x01", 3 }, { "\r\nUsername: ", 12 } }, "telnet", "login", "-", "true", "\xff\xfe\x01\r\n", 95 },
		{ { { "\xff\xfb\x01", 3 } }, "telnet", "-", "-", "true", "\xff\xfe\x01\r\n", 95 },
		{ { { "Password: ", 10 } }, "telnet", "password", "-", "true", "", 95 },
		{ { { "BusyBox v1.35\r\n~ # ", 19 } }, "telnet", "shell", "-", "true", "", 95 },
		{ { { "menu>", 5 } }, "telnet", "shell", "-", "true", "", 50 },
		{ { { "SSH-2.0-dropbear\r\n", 18 } }, "ssh", "-", "telnet", "false", "", 95 },
		{ { { NULL, 0 }, { "HTTP/1.1 400 Bad Request\r\n", 26 } }, "http", "-", "telnet", "true", "\r\n", 95 },
		{ { { "220 cam FTP server ready\r\n", 26 } }, "ftp", "-", "telnet", "true", "", 95 },
		{ { { "220 mail.example ESMTP\r\n", 24 } }, "smtp", "-", "telnet", "true", "", 95 },
		{ { { NULL, 0 }, { "\x15\x03\x01\x00\x02\x02\x46", 7 } }, "-", "-", "telnet", "false", "\r\n", 95 },
		{ { { NULL, 0 } }, "-", "-", "-", "-", "\r\n", 95 },
		{ { { "\x01\x02\x03garbage", 10 } }, "-", "-", "-", "-", "\r\n", 95 },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		struct rig *r = rig_new();
		struct str sent;

		open_one(r);
		for (size_t k = 0; k < 3; k++) {
			if (t[i].said[k].n > 0) {
				assert_int_equal(bytes(r, t[i].said[k]), 0);
			}
			pass(r, 600);
		}
		assert_true(r->closed);
		end_one(r);
		sent = buf_view(&r->tx);
		assert_true(str_starts(sent, str_z(t[i].sent)) && (t[i].sent[0] != 0 || sent.n == 0));
		assert_string_equal(word(r, "name"), t[i].name);
		assert_string_equal(word(r, "prompt"), t[i].prompt);
		assert_string_equal(word(r, "not"), t[i].not);
		assert_string_equal(word(r, "plain"), t[i].plain);
		assert_int_equal(r->seen.qod, t[i].qod);
		/* what was not determined, or only suspected, covers nothing */
		if (t[i].qod >= 70 && (t[i].name[0] != '-' || t[i].not[0] != '-')) {
			assert_str(r->covered, "23");
			assert_str(r->unfinished, "");
		} else {
			assert_str(r->covered, "");
			assert_str(r->unfinished, "23");
		}
		rig_free(r);
	}
}

void test_digest__a_reset_at_every_byte_is_survived(void **state)
{
	static const struct str whole = { "\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03\r\nhost login: ", 26 };

	(void)state;
	for (size_t n = 0; n <= whole.n; n++) {
		struct rig *r = rig_new();

		open_one(r);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(bytes(r, str_sub(whole, i, 1)), 0);
		}
		end_one(r);
		assert_string_equal(word(r, "name"), n >= 3 ? "telnet" : "-");
		rig_free(r);
	}
}

void test_digest__endless_banner_and_negotiation_end(void **state)
{
	static const char *const noise[] = { "aaaaaaaaaaaaaaaa", "\xff\xfd\x01\xff\xfb\x02", "\xff\xfa\x01", "\xff\xff\xff\xff" };

	(void)state;
	for (size_t k = 0; k < countof(noise); k++) {
		struct rig *r = rig_new();

		open_one(r);
		for (int i = 0; i < 20000; i++) {
			assert_int_equal(bytes(r, str_z(noise[k])), 0);
		}
		assert_true(r->closed);
		assert_true(buf_view(&r->tx).n <= 3 * 64 + 2);
		end_one(r);
		rig_free(r);
	}
	/* one byte a moment never ends by silence: the whole time does */
	struct rig *r = rig_new();

	open_one(r);
	for (int i = 0; i < 100 && !r->closed; i++) {
		assert_int_equal(bytes(r, S("a")), 0);
		pass(r, 50);
	}
	assert_true(r->closed);
	end_one(r);
	rig_free(r);
}

void test_digest__nobody_listening_delays_but_loses_nothing(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	open_one(r);
	r->full = true;
	assert_int_equal(bytes(r, S("\xff\xfd\x01\r\nhost login: ")), 0);
	pass(r, 600);
	assert_false(r->closed);
	r->full = false;
	digest_tick(r->d, r->now);
	assert_true(r->closed);
	end_one(r);
	assert_string_equal(word(r, "name"), "telnet");
	rig_free(r);
}

void test_digest__chunks_are_cut_by_size_and_net_is_held(void **state)
{
	struct rig *r = rig_new();
	struct scan_run runs[] = { { SCAN_CLOSED, 1, 65535 } };
	u32 acked = 0;

	(void)state;
	for (u32 i = 0; i < 3000; i++) {
		add_host(r, i, i, ip_addr4(0x0a080000 + i));
	}
	looked(r);
	for (u32 i = 0; i < 3000; i++) {
		ports(r, i, runs, 1);
	}
	assert_true(r->hold);
	assert_int_equal(r->chunks, 4);		/* the others wait for core */
	over(r);
	while (acked < r->chunks) {
		assert_int_equal(digest_ack(r->d, acked == 2 ? ERR_EXISTS : 0), 0);
		acked++;
		digest_tick(r->d, r->now);
	}
	assert_true(r->done);
	assert_int_equal(r->facts, 3000 * 5);
	assert_int_equal(digest_ack(r->d, 0), ERR_PROTO);
	rig_free(r);
}

void test_digest__worst_port_maps_fit_a_fact(void **state)
{
	struct rig *r = rig_new();
	struct scan_run *runs = arena_alloc(r->a, SCAN_RUNS_MAX * sizeof *runs);
	size_t n = 0;

	(void)state;
	add_host(r, 0, 0, ip_addr4(0x0a070002));
	looked(r);
	for (u32 p = 40000; n < SCAN_RUNS_MAX - 1; p += 2, n++) {
		runs[n] = (struct scan_run){ .state = n % 2 != 0 ? SCAN_CLOSED : SCAN_FILTERED, .lo = (u16)p, .hi = (u16)p };
	}
	runs[n - 1].hi = 65535;
	ports(r, 0, runs, n);
	over(r);
	while (!r->done) {
		assert_int_equal(digest_ack(r->d, 0), 0);
		digest_tick(r->d, r->now);
	}
	assert_int_equal(r->facts, 5);
	rig_free(r);
}

void test_digest__what_net_may_not_say(void **state)
{
	struct rig *r = rig_new();
	struct buf b = buf_new(r->a, 0);

	(void)state;
	scan_begin_write(&b, &(struct scan_begin){ .run = S("x"), .network = S("lab") });
	assert_int_equal(give(r, MSGS_NET_BEGIN, &b), ERR_PROTO);
	assert_int_equal(bytes(r, S("x")), ERR_PROTO);	/* of no conversation */
	assert_int_equal(talk(r, &(struct scan_talk){ .conv = 1, .host = 5, .port = 23 }), ERR_PROTO);	/* of no host */
	open_one(r);
	assert_int_equal(talk(r, &(struct scan_talk){ .conv = 1, .port = 24 }), ERR_PROTO);	/* twice */
	buf_reset(&b);
	scan_over_write(&b, &(struct scan_over){ 0 });
	assert_int_equal(give(r, MSGS_NET_OVER, &b), ERR_PROTO);	/* with a conversation open */
	assert_int_equal(digest_input(r->d, MSGS_NET_TX, S(""), r->now), ERR_PROTO);
	rig_free(r);
}

static int news(struct rig *r, bool earlier, const struct scan_part *p)
{
	struct buf b = buf_new(r->a, 0), whole = buf_new(r->a, 0);

	scan_part_write(&b, p);
	scan_news_write(&whole, &(struct scan_news){ .host = 0, .earlier = earlier, .at = { 1800 }, .part = buf_view(&b) });
	return give(r, MSGS_NET_PART, &whole);
}

/* Text that is cut at its limit says so, and so does what was not read to its end; a byte less is whole. */
void test_digest__a_cut_text_is_truncated(void **state)
{
	static const struct {
		size_t said, text;
		bool truncated;
	} t[] = { { 100, 100, false }, { 1024, 1024, false }, { 1025, 1024, true }, { 4095, 1024, true }, { 4096, 1024, true } };

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		struct rig *r = rig_new();
		char *said = arena_alloc(r->a, t[i].said);

		memset(said, 'a', t[i].said);
		open_one(r);
		assert_int_equal(bytes(r, str_of(said, t[i].said)), 0);
		end_one(r);
		assert_int_equal(r->text, t[i].text);
		assert_int_equal(r->truncated, t[i].truncated);
		rig_free(r);
	}
}

/* What net tells of a host that goes on is recorded at once, with what a later beginning needs; told facts are not told again. */
void test_digest__what_is_known_is_kept_as_it_comes(void **state)
{
	struct scan_run runs[] = { { SCAN_CLOSED, 1, 22 }, { SCAN_OPEN, 23, 23 }, { SCAN_CLOSED, 24, 100 } };
	struct scan_part p = { .addr = ip_addr4(0x0a070002), .at = { 1700 }, .rounds = 1, .cursor = 90, .runs = runs, .nruns = 3 }, got;
	struct rig *r = rig_new();
	u32 before;

	(void)state;
	open_one(r);
	ack_all(r);
	before = r->facts;
	assert_int_equal(news(r, false, &p), 0);
	assert_int_equal(r->facts, before + 1);		/* the open port, before its host is done */
	assert_int_equal(scan_part_read(r->a, r->part, &got), 0);
	assert_int_equal(got.nruns, 3);
	assert_int_equal(got.ntalked, 0);
	ack_all(r);
	assert_int_equal(news(r, false, &p), 0);
	ack_all(r);
	assert_int_equal(r->facts, before + 1);
	assert_int_equal(bytes(r, S("\xff\xfd\x01\r\nhost login: ")), 0);
	assert_int_equal(talk(r, &(struct scan_talk){ .conv = 1, .what = SCAN_RX_END, .at = { 2500 } }), 0);
	ack_all(r);
	assert_int_equal(scan_part_read(r->a, r->part, &got), 0);
	assert_int_equal(got.ntalked, 1);
	assert_true(got.talked[0].port == 23 && got.talked[0].determined);
	runs[2].hi = 65535;
	ports(r, 0, runs, 3);
	over(r);
	ack_all(r);
	assert_true(r->done);
	assert_int_equal(r->part.n, 0);		/* done: nothing is kept of it but that */
	assert_str(r->covered, "23");
	rig_free(r);
}

/* Taken up again: what was known covers as of then, conversations are not held again, and a stopped one was none. */
void test_digest__what_was_known_before_counts(void **state)
{
	struct scan_run before[] = { { SCAN_CLOSED, 1, 22 }, { SCAN_OPEN, 23, 23 } }, rest[] = { { SCAN_CLOSED, 24, 65535 } };
	struct scan_talked talked[] = { { 23, true } };
	struct scan_part p = { .addr = ip_addr4(0x0a070002), .at = { 500 }, .rounds = 1, .cursor = 20, .runs = before, .nruns = 2,
		.talked = talked, .ntalked = 1 }, got;
	struct rig *r = rig_new();
	u32 facts;

	(void)state;
	add_host(r, 0, 0, ip_addr4(0x0a070002));
	looked(r);
	ack_all(r);
	facts = r->facts;
	assert_int_equal(news(r, true, &p), 0);
	assert_int_equal(news(r, true, &p), ERR_PROTO);		/* once, and first */
	ports(r, 0, rest, 1);
	over(r);
	ack_all(r);
	assert_true(r->done);
	/* two coverages as of then, two as of now, and the addresses: the port was told then */
	assert_int_equal(r->facts, facts + 5);
	rig_free(r);

	r = rig_new();
	open_one(r);
	p.ntalked = 0;
	assert_int_equal(news(r, false, &p), 0);
	ack_all(r);
	assert_int_equal(bytes(r, S("\xff\xfd\x01\r\nhost login: ")), 0);
	assert_int_equal(talk(r, &(struct scan_talk){ .conv = 1, .what = SCAN_RX_END, .at = { 2500 }, .why = SCAN_END_STOPPED }), 0);
	ack_all(r);
	assert_int_equal(scan_part_read(r->a, r->part, &got), 0);
	assert_int_equal(got.ntalked, 0);
	p.addr = ip_addr4(0x0a070003);
	assert_int_equal(news(r, false, &p), ERR_PROTO);	/* of another address than the host's */
	rig_free(r);
}

void test_digest__readable_text_is_clean(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_str(probe_readable(a, S("a\x01\x7f\r\nb\xe3\x81\x82\xff\xc2\x80z\xe3\x81"), 100), "a\nb\xe3\x81\x82z");
	assert_str(probe_readable(a, S("aaaa\xe3\x81\x82"), 5), "aaaa");
	assert_str(probe_readable(a, S(""), 5), "");
	arena_free(a);
}
