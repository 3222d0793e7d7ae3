/* A whole core against whoever speaks to it and against what its store holds: requests of every type with any body, list cursors and
 * pieces of evidence among them, objects of any type with any body put under its hands, time that passes, restarts between.
 *
 *   u8 what, u16 length, body; repeated. 0x00-0xEF: the message 0x01xx of that number. 0xF1: PUT_CHUNK. 0xF2: PUT_EVIDENCE.
 *   0xF0: blob type, blob id, blob body: an object of the store. 0xF3: u16 hours. 0xF4: a restart.
 *
 * Every input begins with the same store: a network, a scope, a run under way, two assets, a piece of evidence. It is made once and
 * copied; chance is replaced by a count, so that the same input does the same. */
#include "fuzz.h"

#include "core/serve/serve_int.h"
#include "judge/proof/proof.h"
#include "judge/sheet/judge.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 64
#define HOUR_MS ((i64)3600 * 1000)

static u64 chance;

ssize_t getrandom(void *to, size_t n, unsigned flags)
{
	u8 *p = to;

	(void)flags;
	for (size_t i = 0; i < n; i++) {
		chance = chance * 6364136223846793005u + 1442695040888963407u;
		p[i] = (u8)(chance >> 56);
	}
	return (ssize_t)n;
}

/* ---- a directory that every input finds the same ---- */

static struct kept {
	char path[128];
	bool dir;
	u8 *p;
	size_t n;
} kept[FILES_MAX];
static size_t nkept;
static char home[64];
static int before;		/* where whoever calls is, and reads and writes inputs */

static int keep_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct kept *k = &kept[nkept++];
	int fd;

	(void)at;
	must(nkept < FILES_MAX && snprintf(k->path, sizeof k->path, "%s", path) < (int)sizeof k->path);
	k->dir = type == FTW_D;
	if (!k->dir) {
		k->n = (size_t)st->st_size;
		must((k->p = malloc(k->n + 1)) != NULL && (fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0);
		must(read(fd, k->p, k->n) == (ssize_t)k->n);
		close(fd);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level == 0 ? 0 : remove(path);
}

static void remove_home(void)
{
	(void)nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	(void)rmdir(home);
}

static void as_kept(void)
{
	must(nftw(".", remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
	for (size_t i = 1; i < nkept; i++) {	/* [0] is "." */
		const struct kept *k = &kept[i];
		int fd;

		if (k->dir) {
			must(mkdir(k->path, 0700) == 0);
			continue;
		}
		must((fd = open(k->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) >= 0);
		must(write(fd, k->p, k->n) == (ssize_t)k->n);
		close(fd);
	}
}

/* ---- a core, and who hears its answers ---- */

static struct core {
	struct arena *a;
	struct serve *s;
	struct conn conn;
	struct msg_chan *chan;
} core;

static void *listen_on(void *arg)
{
	static u8 heard[1 << 16];

	while (read(*(int *)arg, heard, sizeof heard) > 0) {
	}
	return NULL;
}

/* Once: it keeps nothing of what it judged. */
static void *make_judge(struct arena *a)
{
	static struct arena *own;
	static struct judge *j;
	struct perr err;

	(void)a;
	own = own != NULL ? own : arena_new(NULL, 0);
	must(j != NULL || judge_new(own, catalog_builtin, catalog_nbuiltin, &j, &err) == 0);
	return j;
}

static bool open_core(void)
{
	static const struct serve_parts parts = { .requests = { judge_requests, proof_requests }, .judge = judge_asset,
		.texts = judge_texts, .summary = judge_summary, .make = make_judge };

	core.a = arena_new(NULL, 0);
	core.s = NULL;
	core.conn = (struct conn){ .chan = core.chan, .greeted = true, .uid = 0 };
	return serve_open(core.a, &parts, &core.s) == 0;
}

static void close_core(void)
{
	serve_close(core.s);
	arena_free(core.a);
}

static bool say(u16 type, struct str body)
{
	struct msg m = { .type = type, .id = 1, .body = body, .fd = -1 };

	return serve_answer(core.s, &core.conn, &m) && !core.conn.closing;
}

static bool act(const char *text)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	bool ok;

	buf_blob(&b, str_z(text));
	ok = say(MSGS_ACT, buf_view(&b));
	arena_free(a);
	return ok;
}

static void furnish(void)
{
	static const char *const facts[] = {
		"{\"kind\":\"address/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\"},\"source\":\"test/1\",\"subject\":"
			"[\"ip:10.7.0.2\",\"mac:00:16:3e:00:00:02\"],\"value\":{\"onlink\":true},\"vantage\":\"v1\"}",
		"{\"kind\":\"service/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\",\"port\":23,\"proto\":\"tcp\"},\"source\":"
			"\"test/1\",\"subject\":[\"ip:10.7.0.2\",\"mac:00:16:3e:00:00:02\"],\"value\":{\"name\":\"telnet\"},\"vantage\":\"v1\"}",
		"{\"kind\":\"address/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.3\"},\"source\":\"test/1\",\"subject\":"
			"[\"ip:10.7.0.3\",\"mac:00:16:3e:00:00:03\"],\"value\":{\"onlink\":true},\"vantage\":\"v1\"}",
	};
	struct item items[countof(facts) + 1];
	struct serve_draft d = { .items = items, .nitems = countof(items), .zone = S("tokyo") };
	struct serve_done done;
	struct buf b = buf_new(core.a, 0);

	must(act("{\"do\":\"network.put\",\"id\":\"lab\",\"prefixes\":[\"10.7.0.0/24\"],\"zone\":\"tokyo\"}"));
	must(act("{\"do\":\"scope.add\",\"network\":\"lab\",\"owner\":\"me\",\"targets\":[\"10.7.0.0/24\"],\"until\":\"2099-01-01T00:00:00Z\","
		"\"why\":\"test\"}"));
	items[0] = (struct item){ .type = ITEM_EVIDENCE, .ev_kind = S("banner"), .ev_bytes = S("login: ") };
	for (size_t i = 0; i < countof(facts); i++) {
		items[i + 1] = (struct item){ .type = ITEM_FACT,
			.seen = { .at = { .ms = 1735689600000 }, .class = 1, .qod = 100, .run = S("R") } };
		must(fact_parse(core.a, str_z(facts[i]), FACT_LENIENT, &items[i + 1].fact, NULL) == 0);
	}
	must(serve_commit(core.s, &d, &done) == 0 && done.facts == countof(facts));
	buf_blob(&b, S("{\"network\":\"lab\",\"targets\":[\"10.7.0.0/24\"]}"));
	must(say(MSGS_RUN_BEGIN, buf_view(&b)));
	must(serve_publish(core.s) == 0);
}

static void begin(void)
{
	static int pair[2];
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	must(snprintf(home, sizeof home, "%s/korobanu-fuzz-%d", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid()) > 0);
	must((before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
	must(mkdir(home, 0700) == 0 && chdir(home) == 0 && atexit(remove_home) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 && (core.chan = chan_new(pair[0], CHAN_PLAIN)) != NULL);
	must(pthread_create(&thread, NULL, listen_on, &pair[1]) == 0 && pthread_detach(thread) == 0);
	must(open_core());
	furnish();
	close_core();
	must(nftw(".", keep_one, 8, FTW_PHYS) == 0);
}

/* ---- the input ---- */

static void plant(struct rd *rd)
{
	struct store_object o = { .zone = S("tokyo") };

	if (rd_blob(rd, &o.type) == 0 && rd_blob(rd, &o.id) == 0 && rd_blob(rd, &o.body) == 0) {
		(void)!store_commit(core.s->st, &(struct store_batch){ .objects = &o, .nobjects = 1 }, NULL);
	}
}

/* False: the core is gone, or has dropped its peer. */
static bool step(u8 what, struct str body)
{
	struct rd rd = rd_str(body);
	u16 hours;

	switch (what) {
	case 0xF0:
		plant(&rd);
		return true;
	case 0xF1:
		return say(MSGS_PUT_CHUNK, body) && say(MSGS_HEAD, S(""));
	case 0xF2:
		return say(MSGS_PUT_EVIDENCE, body);
	case 0xF3:
		core.s->ahead_ms += rd_u16(&rd, &hours) == 0 ? hours * HOUR_MS : 0;
		(void)!serve_due(core.s);
		return true;
	case 0xF4:
		close_core();
		return open_core();
	default:
		return say((u16)(0x0100 | what), body);
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct rd rd = rd_of(p, n);
	struct str body;
	u16 len;
	u8 what;
	bool on;

	if (nkept == 0) {
		begin();
	}
	chance = 1;
	must(chdir(home) == 0);
	as_kept();
	for (on = open_core(); on && rd_u8(&rd, &what) == 0 && rd_u16(&rd, &len) == 0 && rd_bytes(&rd, len, &body) == 0;) {
		on = step(what, body);
	}
	close_core();
	must(fchdir(before) == 0);
	return 0;
}
