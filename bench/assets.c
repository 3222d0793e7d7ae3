/* Reading a large store: `asset show` and a first page, as core answers them, warm. The store is filled through
 * core's whole road, 20 facts a device. Answers go over a socket to a child that reads them, as a command would.
 *
 * usage: assets DIRECTORY [ASSETS] default 10,000 (the goal is meant for 1,000,000); prints markdown rows. A
 * directory that was filled before with as many is used again. */
#include "bench/bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "core/serve/serve_int.h"

#define ROUNDS 200

static void fill(struct serve *s, u64 assets)
{
	u64 have;

	if (store_count_assets(s->st, &have) != 0) {
		bed_die("store", store_why(s->st));
	}
	for (u64 at = have; at < assets; at += BED_BATCH / BED_GROUP) {
		struct arena *a = arena_new(NULL, 0);
		u64 left = assets - at, devices = left < BED_BATCH / BED_GROUP ? left : BED_BATCH / BED_GROUP;
		struct str *bodies = arena_alloc(a, (devices / BED_CHUNK + 1) * sizeof *bodies);
		size_t n = bed_chunks(a, at + 1, devices, bodies, NULL);
		struct chunk_in *in = arena_alloc(a, n * sizeof *in);

		for (size_t i = 0; i < n; i++) {
			if (chunk_take(a, bodies[i], &in[i]) != 0) {
				bed_die("chunk_take", "refused");
			}
		}
		chunks_put(s, in, n);
		for (size_t i = 0; i < n; i++) {
			if (in[i].r != 0) {
				bed_die("chunks_put", in[i].why);
			}
		}
		arena_free(a);
	}
}

/* The reader at the other end; returns the connection that core answers on. */
static struct conn *reader(struct arena *a, pid_t *ret_pid)
{
	struct conn *c = arena_alloc(a, sizeof *c);
	static u8 sink[64 * KiB];
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0 || (*ret_pid = fork()) < 0) {
		bed_die("socketpair", "failed");
	}
	if (*ret_pid == 0) {
		close(sv[0]);
		while (read(sv[1], sink, sizeof sink) > 0) {
		}
		_exit(0);
	}
	close(sv[1]);
	c->chan = chan_new(sv[0], CHAN_PLAIN);
	must(c->chan != NULL);
	return c;
}

static double ask(struct serve *s, struct conn *to, u16 type, struct str body)
{
	struct serve_reply out = { .s = s, .to = to, .type = type };
	const struct serve_request *q = serve_assets;
	struct arena *a = arena_new(NULL, 0);
	struct rd rd = rd_str(body);
	double t = bed_seconds();
	int r;

	while (q->type != type) {
		q++;
	}
	r = q->fn(s, &out, a, &rd);
	t = bed_seconds() - t;
	if (r != 0 || out.err != 0) {
		bed_die("request", out.text);
	}
	arena_free(a);
	return t;
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void row(const char *what, u64 assets, double *t)
{
	qsort(t, ROUNDS, sizeof *t, by_value);
	printf("| %s, %ju assets, %ju facts, warm | median %.2f ms, 99 %% %.2f ms | limit 50 ms | %.3f | <= 1 |\n",
		what,
		(uintmax_t)assets, (uintmax_t)(assets * BED_GROUP), t[ROUNDS / 2] * 1e3, t[ROUNDS * 99 / 100] * 1e3,
		t[ROUNDS / 2] / 0.05);
}

/* What `asset ls QUERY --sort FIELD --limit 50` sends. */
static void list(struct buf *b, const char *filter, const char *sort)
{
	buf_reset(b);
	buf_blob(b, str_z(filter));
	buf_blob(b, str_z(sort));
	buf_u32(b, 50);
	buf_blob(b, S(""));
}

static const struct {
	const char *what, *filter, *sort;
} lists[] = {
	{ "asset ls, the first 50", "", "" },
	{ "asset ls 'vendor:acme port:23' --sort name, the first 50", "vendor:acme port:23", "name" },
	{ "asset ls 'port:23 service:rtsp' --sort -seen, the first 50", "port:23 service:rtsp", "-seen" },
	{ "asset ls 'model:m-96 -port:8080' --sort name: a filter without an index, the first walk", "model:m-96 -port:8080", "name" },
	{ "asset ls name:nobody: what is not there, the first walk", "name:nobody", "" },
};

static void measure(struct serve *s, u64 assets)
{
	struct arena *a = arena_new(NULL, 0);
	double show[ROUNDS], first[countof(lists)][ROUNDS];
	struct buf b = buf_new(a, 0);
	pid_t pid;
	struct conn *c = reader(a, &pid);
	u64 x = 88172645463325252u;

	for (int warm = 0; warm < 2; warm++) {
		for (int i = 0; i < ROUNDS; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			buf_reset(&b);
			buf_blob(&b, str_printf(a, "AST-%ju", (uintmax_t)(x % assets + 1)));
			show[i] = ask(s, c, MSGS_ASSET, buf_view(&b));
			for (size_t k = 0; k < countof(lists); k++) {
				list(&b, lists[k].filter, lists[k].sort);
				first[k][i] = ask(s, c, MSGS_ASSETS, buf_view(&b));
			}
		}
	}
	row("asset show", assets, show);
	for (size_t k = 0; k < countof(lists); k++) {
		row(lists[k].what, assets, first[k]);
	}
	chan_free(c->chan);
	waitpid(pid, NULL, 0);
	arena_free(a);
}

int main(int argc, char **argv)
{
	static const struct serve_parts parts;
	u64 assets = argc > 2 ? bed_number(argv[2], 100, 100000000) : 10000;
	struct arena *a = arena_new(NULL, 0);
	struct serve *s = NULL;

	if (argc < 2) {
		bed_die("usage", "assets DIRECTORY [ASSETS]");
	}
	log_init("bench", LOG_WARN);
	if ((mkdir(argv[1], 0700) != 0 && access(argv[1], W_OK) != 0) || chdir(argv[1]) != 0 || serve_open(a, &parts,
		&s) != 0) {
		bed_die(argv[1], "cannot be used");
	}
	fill(s, assets);
	measure(s, assets);
	serve_close(s);
	arena_free(a);
	return 0;
}
