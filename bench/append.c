/* A single durable append: one chunk of one fact through core's whole road, against one write of 256 bytes and one
 * fdatasync of a file in the same directory. In turns; the medians. What core does when nobody asks (serve_due) follows
 * the answer, and the rows of a small entry go into the database then: it is measured apart.
 *
 * usage: append DIRECTORY [ROUNDS] prints one markdown row */
#include "bench/bed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "core/serve/serve_int.h"

#define ROUNDS_MAX 100000

static double bare(int fd)
{
	static const u8 bytes[256];
	double t = bed_seconds();

	if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) != 0) {
		bed_die("fdatasync", "failed");
	}
	return bed_seconds() - t;
}

static double ours(struct serve *s, u64 i)
{
	struct arena *a = arena_new(NULL, 0);
	struct chunk_item item = { .type = CHUNK_FACT };
	struct chunk c = { .run = S("SCN-1"), .n = (u32)i, .items = &item, .nitems = 1 };
	struct buf body = buf_new(a, LIMIT_MSG_BODY);
	struct chunk_in in;
	double t;

	item.head = str_printf(a,
		"{\"kind\":\"host/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.0.%u.%u\"},\"source\":\"scan/1\","
		"\"subject\":[\"ip:10.0.%u.%u\"],\"value\":{\"alive\":true},\"vantage\":\"v1\"}",
		(unsigned)(i >> 8 & 255),
		(unsigned)(i & 255), (unsigned)(i >> 8 & 255), (unsigned)(i & 255));
	item.body =
		S("{\"at\":\"2026-11-01T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"SCN-1\","
		"\"state\":\"unknown\"}");
	chunk_write(&body, &c);
	t = bed_seconds();
	if (chunk_take(a, buf_view(&body), &in) != 0) {
		bed_die("chunk_take", "refused");
	}
	chunks_put(s, &in, 1);
	t = bed_seconds() - t;
	if (in.r != 0) {
		bed_die("chunks_put", in.why);
	}
	arena_free(a);
	return t;
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

int main(int argc, char **argv)
{
	static const struct serve_parts parts;
	static double t[3][ROUNDS_MAX];		/* to the answer; bare; behind the answer */
	u64 rounds = argc > 2 ? bed_number(argv[2], 10, ROUNDS_MAX) : 500;
	struct arena *a = arena_new(NULL, 0);
	struct serve *s = NULL;
	int fd;

	if (argc < 2) {
		bed_die("usage", "append DIRECTORY [ROUNDS]");
	}
	log_init("bench", LOG_WARN);
	bed_directory(argv[1]);
	if (chdir(argv[1]) != 0 || (fd = open("bare", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0 ||
	    serve_open(a, &parts, &s) != 0) {
		bed_die(argv[1], "cannot be used");
	}
	for (u64 i = 0; i < rounds; i++) {
		t[0][i] = ours(s, i);
		t[2][i] = -bed_seconds();
		(void)!serve_due(s);
		t[2][i] += bed_seconds();
		t[1][i] = bare(fd);
	}
	for (size_t k = 0; k < countof(t); k++) {
		qsort(t[k], rounds, sizeof t[k][0], by_value);
	}
	printf("| one durable append of one fact, to its answer, median of %ju | %.0f us (and %.0f us behind the answer) "
		"| fdatasync of 256 bytes, %.0f us | %.2f x | <= 2 x |\n", (uintmax_t)rounds, t[0][rounds / 2] * 1e6,
		t[2][rounds / 2] * 1e6, t[1][rounds / 2] * 1e6, t[0][rounds / 2] / t[1][rounds / 2]);
	serve_close(s);
	close(fd);
	arena_free(a);
	return 0;
}
