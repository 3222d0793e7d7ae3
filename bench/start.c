/* Starting: the wall time of `korobanu version` and of `korobanu status` on a store (which starts core and ends it
 * again), and the resident memory of a core that has nothing to do.
 *
 * usage: start PROGRAM DIRECTORY [ROUNDS] prints markdown rows */
#include "bench/bed.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "core/super/super.h"

#define ROUNDS_MAX 1000

static double run(const char *program, const char *word)
{
	double t = bed_seconds();
	int status, null;
	pid_t pid = fork();

	if (pid < 0) {
		bed_die("fork", "failed");
	}
	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) {
			_exit(127);
		}
		execl(program, program, word, (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		bed_die(word, "did not end well");
	}
	return bed_seconds() - t;
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static double median(const char *program, const char *word, u64 rounds)
{
	static double t[ROUNDS_MAX];

	run(program, word);		/* once for the page cache */
	for (u64 i = 0; i < rounds; i++) {
		t[i] = run(program, word);
	}
	qsort(t, rounds, sizeof t[0], by_value);
	return t[rounds / 2];
}

/* VmRSS of the only child with --role=core. */
static size_t core_memory(void)
{
	char path[64], line[256];
	size_t kib = 0;
	FILE *f;
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	if (f == NULL || fscanf(f, "%d", &pid) != 1) {
		bed_die("core", "is not running");
	}
	fclose(f);
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0) {
			kib = strtoull(line + 6, NULL, 10);
		}
	}
	if (f != NULL) {
		fclose(f);
	}
	return kib * KiB;
}

static void idle(const char *program, const char *dir)
{
	struct super *s;
	struct client *c;

	if (super_new(program, &s) != 0 || super_open_core(s, dir, &c) != 0) {
		bed_die("core", "does not start");
	}
	usleep(300000);
	printf("| resident memory of an idle core | %.1f MB | limit 30 MB | %.2f | <= 1 |\n",
		(double)core_memory() / 1e6,
		(double)core_memory() / 30e6);
	super_free(s);
}

int main(int argc, char **argv)
{
	u64 rounds = argc > 3 ? bed_number(argv[3], 1, ROUNDS_MAX) : 30;
	double t;

	if (argc < 3) {
		bed_die("usage", "start PROGRAM DIRECTORY [ROUNDS]");
	}
	log_init("bench", LOG_WARN);
	if (setenv("KOROBANU_STORE", argv[2], 1) != 0) {
		bed_die("setenv", "failed");
	}
	t = median(argv[1], "version", rounds);
	printf("| program start: version, median of %ju | %.1f ms | limit 50 ms | %.2f | <= 1 |\n", (uintmax_t)rounds,
		t * 1e3, t / 0.05);
	t = median(argv[1], "status", rounds);
	printf("| program start: status, with core started and ended, median of %ju | %.1f ms | limit 50 ms | %.2f | <= 1 |\n",
		(uintmax_t)rounds, t * 1e3, t / 0.05);
	idle(argv[1], argv[2]);
	return 0;
}
