/* Both engines against real kernels and a real telnetd in namespaces of their own: net's sweep feeds parse's digest, and what
 * comes out is read back as core would read it. Needs root (named namespaces); skipped by name without. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/vec.h"
#include "core/fact/fact.h"
#include "core/msg/chunk.h"
#include "core/msg/msgs.h"
#include "sense/discover/sweep.h"
#include "sense/probe/digest.h"

struct item {
	struct fact f;
	struct seen seen;
	struct str evidence;
};

struct message {
	u16 type;
	struct str body;
};

/* One scan from its start to its end, with everything that came of it. */
struct world {
	struct arena *a;
	struct sweep *sweep;
	struct digest *digest;
	struct message *to_parse, *to_net, *to_core;
	size_t nparse, nnet, ncore, cap_parse, cap_net, cap_core;
	struct item *items;
	size_t nitems, cap_items;
	struct str progress;
	u32 chunks;
	bool held_seen;
	struct scan_status status;
};

static void push(struct world *w, struct message **p, size_t *n, size_t *cap, u16 type, struct str body)
{
	if (*n == *cap) {
		*p = vec_grow(w->a, *p, sizeof **p, *n, cap);
	}
	(*p)[(*n)++] = (struct message){ .type = type, .body = str_dup(w->a, body) };
}

static bool always(void *ctx)
{
	(void)ctx;
	return true;
}

static void from_net(void *ctx, u16 type, struct str body)
{
	struct world *w = ctx;

	if (type == MSGS_NET_START) {
		assert_int_equal(scan_status_read(body, &w->status), 0);
	} else {
		push(w, &w->to_parse, &w->nparse, &w->cap_parse, type, body);
	}
}

static void from_parse(void *ctx, u16 type, struct str body)
{
	struct world *w = ctx;

	if (type == MSGS_PUT_CHUNK) {
		push(w, &w->to_core, &w->ncore, &w->cap_core, type, body);
	} else {
		w->held_seen |= type == MSGS_NET_HOLD;
		push(w, &w->to_net, &w->nnet, &w->cap_net, type, body);
	}
}

static void take_chunk(struct world *w, struct str body)
{
	struct errlist errs = { 0 };
	struct chunk c;
	struct buf all = buf_new(w->a, 0);

	assert_int_equal(chunk_read(w->a, body, &c), 0);
	assert_int_equal(c.n, w->chunks);
	w->chunks++;
	buf_str(&all, w->progress);
	buf_str(&all, c.progress);
	w->progress = buf_view(&all);
	for (size_t i = 0; i < c.nitems; i++) {
		struct item *it;

		if (c.items[i].type != CHUNK_FACT) {
			continue;
		}
		if (w->nitems == w->cap_items) {
			w->items = vec_grow(w->a, w->items, sizeof *w->items, w->nitems, &w->cap_items);
		}
		it = &w->items[w->nitems++];
		if (fact_parse(w->a, c.items[i].head, FACT_STRICT, &it->f, &errs) != 0 ||
			seen_parse(w->a, c.items[i].body, FACT_STRICT, &it->seen, &errs) != 0) {
			fail_msg("%s in %.*s", errs.p[0].text, STRF(c.items[i].head));
		}
		if (it->seen.nevidence > 0) {
			assert_true(it->seen.evidence[0] < i);
			assert_int_equal(c.items[it->seen.evidence[0]].type, CHUNK_EVIDENCE);
			it->evidence = c.items[it->seen.evidence[0]].body;
		}
	}
}

static void carry(struct world *w)
{
	for (size_t i = 0; i < w->nparse; i++) {
		assert_int_equal(digest_input(w->digest, w->to_parse[i].type, w->to_parse[i].body, mono_now()), 0);
	}
	w->nparse = 0;
	digest_tick(w->digest, mono_now());
	for (size_t i = 0; i < w->ncore; i++) {
		take_chunk(w, w->to_core[i].body);
		assert_int_equal(digest_ack(w->digest, 0), 0);
	}
	w->ncore = 0;
	digest_tick(w->digest, mono_now());
	for (size_t i = 0; i < w->nnet; i++) {
		assert_int_equal(sweep_input(w->sweep, w->to_net[i].type, w->to_net[i].body, -1), 0);
	}
	w->nnet = 0;
}

static struct world *world_run(const struct scan_start *s)
{
	struct arena *a = arena_new(NULL, 0);
	struct world *w = arena_alloc(a, sizeof *w);
	struct buf b = buf_new(a, 0);
	i64 end = mono_now().ns + (i64)60 * 1000000000;

	w->a = a;
	w->chunks = s->chunk;
	w->sweep = sweep_new(&(struct sweep_out){ .ctx = w, .room = always, .put = from_net });
	w->digest = digest_new(&(struct digest_out){ .ctx = w, .room = always, .put = from_parse });
	scan_start_write(&b, s);
	assert_int_equal(sweep_input(w->sweep, MSGS_NET_START, buf_view(&b), -1), 0);
	while (!sweep_over(w->sweep)) {
		int net = sweep_wait_ms(w->sweep), parse = digest_wait_ms(w->digest, mono_now());
		struct pollfd p = { .fd = sweep_fd(w->sweep), .events = POLLIN };

		if (w->nparse + w->nnet == 0) {
			(void)poll(&p, 1, net < 0 ? parse : parse < 0 || net < parse ? net : parse);
		}
		sweep_step(w->sweep);
		carry(w);
		assert_true(mono_now().ns < end);
	}
	w->status = sweep_status(w->sweep);
	return w;
}

static void world_free(struct world *w)
{
	sweep_free(w->sweep);
	digest_free(w->digest);
	arena_free(w->a);
}

static struct item *find(struct world *w, const char *kind, const char *addr, i64 port)
{
	for (size_t i = 0; i < w->nitems; i++) {
		const struct fact *f = &w->items[i].f;
		const struct fact_value *a = fact_place(f, S("addr")), *p = fact_place(f, S("port"));

		if (str_eq(f->kind_name, str_z(kind)) && a != NULL && str_eq(a->s, str_z(addr)) &&
			(port == 0 || (p != NULL && p->i == port))) {
			return &w->items[i];
		}
	}
	return NULL;
}

static struct item *coverage(struct world *w, const char *of, const char *key)
{
	for (size_t i = 0; i < w->nitems; i++) {
		const struct fact *f = &w->items[i].f;

		if (!str_eq(f->kind_name, S("coverage")) || !str_eq(fact_place(f, S("of"))->s, str_z(of))) {
			continue;
		}
		for (size_t k = 0; k < f->nkeys; k++) {
			const struct fact_value *a = fact_place(f, S("addr"));

			if (str_eq(f->keys[k].text, str_z(key)) &&
				(a == NULL || str_eq(a->s, f->keys[k].value))) {
				return &w->items[i];
			}
		}
	}
	return NULL;
}

static const char *text_of(const struct item *it, const char *field)
{
	static char text[256];
	const struct fact_value *v = it == NULL ? NULL : fact_value(&it->f, str_z(field));

	(void)snprintf(text, sizeof text, "%.*s", v == NULL ? 6 : (int)v->s.n, v == NULL ? "absent" : v->s.p);
	return text;
}

static const char *ranges_of(struct world *w, const struct item *it, const char *field)
{
	const struct fact_value *v = it == NULL ? NULL : fact_value(&it->f, str_z(field));

	return v == NULL ? "absent" : str_c(w->a, ranges_text(w->a, v->ranges));
}

static bool has_key(const struct item *it, const char *key)
{
	for (size_t i = 0; i < it->f.nkeys; i++) {
		if (str_eq(it->f.keys[i].text, str_z(key))) {
			return true;
		}
	}
	return false;
}

/* --- the lab ---- */

static int home = -1;
static char lab[32];

static int sh(const char *script)
{
	char text[4096];
	int status;
	pid_t pid;

	(void)snprintf(text, sizeof text, "LAB=%s; . %s; set -e; %s", lab, LAB_NET, script);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool enter(const char *host)
{
	char path[64];
	int fd, r;

	(void)snprintf(path, sizeof path, "/run/netns/%s-%s", lab, host);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -1 : setns(fd, CLONE_NEWNET);
	if (fd >= 0) {
		(void)close(fd);
	}
	return r == 0;
}

static void lab_end(void)
{
	if (home >= 0) {
		(void)setns(home, CLONE_NEWNET);
		(void)close(home);
		home = -1;
		(void)sh("LAB_HOSTS=\"scan tel twin six odd\"; lab_down");
	}
}

static bool lab_begin(void)
{
	if (geteuid() != 0) {
		return false;
	}
	(void)snprintf(lab, sizeof lab, "kbu%d", (int)getpid());
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || sh("lab_up 2>/dev/null") != 0) {
		return false;
	}
	(void)atexit(lab_end);
	return sh("lab_host scan 00:16:3e:00:00:01 10.7.0.1/24; lab_host tel 00:16:3e:00:00:02 10.7.0.2/24;"
		"lab_host twin 00:16:3e:00:00:03 10.7.0.3/24; lab_host six 00:16:3e:00:00:04;"
		"lab_host odd 00:16:3e:00:00:05 10.7.0.5/24;"
		"lab_service tel busybox telnetd -F -l /bin/sh; lab_service six busybox telnetd -F -l /bin/sh;"
		"lab_service odd busybox nc -ll -p 2323 -e sleep 30;"
		"lab_service odd busybox nc -ll -p 22 -e echo SSH-2.0-Test_1;"
		"lab_service odd busybox nc -ll -p 9100 -e sleep 30;"
		"lab_in odd nft 'add table inet f; add chain inet f i { type filter hook input priority 0; };"
		"add rule inet f i tcp dport 23 drop; add rule inet f i tcp dport 24 reject with icmpx admin-prohibited';"
		"sleep 0.3") == 0 && enter("scan");
}

static struct scan_start lab_scan(struct arena *a)
{
	struct scan_start s = { .run = S("SCN-1"), .network = S("lab"), .how = SCAN_RAW,
		.ifindex = if_nametoindex("eth0"), .ifname = S("eth0"), .limits = scan_limits_lab() };
	struct scan_prefix own[2] = { { .bits = 24 }, { .bits = 64 } };
	struct scan_range targets[2];
	static const struct scan_port_range all = { 1, 65535 };

	assert_int_equal(mac_parse(S("00:16:3e:00:00:01"), &s.own_mac), 0);
	own[0].addr = ip_addr4(0x0a070001);
	own[1].addr = mac_link_local(s.own_mac);
	targets[0] = (struct scan_range){ ip_addr4(0x0a070000), ip_addr4(0x0a0700ff) };
	assert_int_equal(ip_addr_parse(S("fe80::"), &targets[1].first), 0);
	targets[1].last = targets[1].first;
	ip_addr_last(&targets[1].last, 10);
	s.own = arena_copy(a, own, sizeof own);
	s.nown = 2;
	s.targets = arena_copy(a, targets, sizeof targets);
	s.ntargets = 2;
	s.ports = arena_copy(a, &all, sizeof all);
	s.nports = 1;
	return s;
}

static void check_telnet(struct world *w)
{
	struct item *it = find(w, "service", "10.7.0.2", 23);

	assert_non_null(it);
	assert_string_equal(text_of(it, "name"), "telnet");
	assert_string_equal(text_of(it, "prompt"), "shell");
	assert_int_equal(it->f.vantage, 1);
	assert_int_equal(it->seen.qod, 95);
	assert_true(it->evidence.n > 3 && (u8)it->evidence.p[0] == 0xff);
	assert_true(has_key(it, "mac:00:16:3e:00:00:02") && has_key(it, "ip:10.7.0.2"));
	assert_true(has_key(it, "ip:fe80::216:3eff:fe00:2"));
	assert_non_null(find(w, "banner", "10.7.0.2", 23));
	assert_non_null(find(w, "port", "10.7.0.2", 23));
	assert_non_null(find(w, "service", "fe80::216:3eff:fe00:2", 23));
	it = coverage(w, "service", "ip:10.7.0.2");
	assert_string_equal(ranges_of(w, it, "open"), "23");
	assert_string_equal(ranges_of(w, it, "closed"), "1-22,24-65535");
}

static void check_twin(struct world *w)
{
	struct item *it = coverage(w, "service", "ip:10.7.0.3");

	assert_non_null(it);
	assert_string_equal(ranges_of(w, it, "closed"), "1-65535");
	assert_string_equal(ranges_of(w, it, "silent"), "");
	assert_string_equal(ranges_of(w, it, "unfinished"), "");
	it = coverage(w, "service", "ip:fe80::216:3eff:fe00:3");
	assert_string_equal(ranges_of(w, it, "closed"), "1-65535");
	assert_null(find(w, "service", "10.7.0.3", 0));
	it = coverage(w, "address", "mac:00:16:3e:00:00:03");
	assert_non_null(it);
	assert_int_equal(fact_value(&it->f, S("families"))->n, 2);
	assert_int_equal(fact_value(&it->f, S("silent6"))->i, 0);
}

static void check_six(struct world *w)
{
	struct item *it = find(w, "service", "fe80::216:3eff:fe00:4", 23);

	assert_non_null(it);
	assert_string_equal(text_of(it, "name"), "telnet");
	assert_true(has_key(it, "mac:00:16:3e:00:00:04"));
	it = coverage(w, "address", "mac:00:16:3e:00:00:04");
	assert_int_equal(fact_value(&it->f, S("silent4"))->i, 1);
	assert_int_equal(fact_value(&it->f, S("families"))->n, 1);	/* what was silent is no list */
}

static void check_odd(struct world *w)
{
	struct item *it = coverage(w, "service", "ip:10.7.0.5");

	assert_string_equal(ranges_of(w, it, "filtered"), "24");
	assert_string_equal(ranges_of(w, it, "silent"), "23");
	assert_string_equal(ranges_of(w, it, "unfinished"), "2323,9100");
	assert_string_equal(ranges_of(w, it, "open"), "22");
	assert_int_equal(fact_value(&it->f, S("alive"))->i, 1);
	assert_int_equal(fact_value(&it->f, S("tries"))->i, 3);
	assert_string_equal(ranges_of(w, coverage(w, "port", "ip:10.7.0.5"), "open"), "22,2323,9100");
	it = find(w, "service", "10.7.0.5", 2323);
	assert_non_null(it);
	assert_null(fact_value(&it->f, S("name")));
	assert_null(fact_value(&it->f, S("not")));
	it = find(w, "service", "10.7.0.5", 22);
	assert_string_equal(text_of(it, "name"), "ssh");
	assert_string_equal(str_c(w->a, fact_value(&it->f, S("not"))->strs[0]), "telnet");
	assert_null(find(w, "service", "10.7.0.5", 9100));
}

/* One test, because the lab is one; each part fails by its own line. */
void test_survey__lab(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct scan_start s;
	struct world *w;
	struct str text;
	i64 t;

	(void)state;
	if (!lab_begin()) {
		print_message("skipped: survey lab needs root and network namespaces\n");
		lab_end();
		arena_free(a);
		skip();
	}
	s = lab_scan(a);
	w = world_run(&s);
	assert_int_equal(sweep_error(w->sweep, &text), 0);
	assert_int_equal(w->status.devices, 4);
	check_telnet(w);
	check_twin(w);
	check_six(w);
	check_odd(w);

	/* what is recorded is not asked again */
	s.progress = str_dup(a, w->progress);
	s.chunk = w->chunks;
	world_free(w);
	w = world_run(&s);
	assert_null(find(w, "service", "10.7.0.2", 23));
	assert_null(coverage(w, "service", "ip:10.7.0.3"));
	assert_non_null(find(w, "host", "10.7.0.2", 0));
	world_free(w);
	s.progress = S("");
	s.chunk = 0;

	/* a gateway with another MAC than recorded stops it before any target is asked */
	s.gateway4 = ip_addr4(0x0a070002);
	assert_int_equal(mac_parse(S("00:16:3e:00:00:99"), &s.gateway_mac), 0);
	w = world_run(&s);
	assert_int_equal(sweep_error(w->sweep, &text), ERR_REFUSED);
	assert_int_equal(w->nitems, 0);
	world_free(w);
	s.gateway4 = (struct ip_addr){ 0 };
	s.gateway_mac = (struct mac){ 0 };

	/* one host, every port */
	s.targets[0] = (struct scan_range){ ip_addr4(0x0a070003), ip_addr4(0x0a070003) };
	s.ntargets = 1;
	t = mono_now().ns;
	w = world_run(&s);
	print_message("# one host, 65535 ports, IPv4 and IPv6: %d ms, %llu packets\n",
		(int)((mono_now().ns - t) / 1000000), (unsigned long long)w->status.sent);
	assert_int_equal(w->status.devices, 1);
	assert_string_equal(ranges_of(w, coverage(w, "service", "ip:10.7.0.3"), "closed"), "1-65535");
	assert_int_equal(fact_value(&coverage(w, "address", "mac:00:16:3e:00:00:03")->f, S("families"))->n, 1);
	world_free(w);

	/* the same by connect() */
	s.how = SCAN_CONNECT;
	s.targets[0] = (struct scan_range){ ip_addr4(0x0a070002), ip_addr4(0x0a070005) };
	s.ports[0] = (struct scan_port_range){ 1, 3000 };
	w = world_run(&s);
	assert_int_equal(w->status.hosts, 3);
	assert_string_equal(text_of(find(w, "service", "10.7.0.2", 23), "name"), "telnet");
	assert_int_equal(find(w, "service", "10.7.0.2", 23)->f.vantage, 2);
	assert_string_equal(ranges_of(w, coverage(w, "service", "ip:10.7.0.3"), "closed"), "1-3000");
	assert_string_equal(ranges_of(w, coverage(w, "service", "ip:10.7.0.5"), "silent"), "23");
	assert_string_equal(ranges_of(w, coverage(w, "service", "ip:10.7.0.5"), "filtered"), "24");
	world_free(w);
	lab_end();
	arena_free(a);
}
