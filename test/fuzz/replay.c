/* Runs a fuzz target over files and folders, without a fuzzer: every input whole, and small ones also cut at every byte
 * and with every byte changed. Each run gets its bytes in a block of exactly their size, so that the sanitizer sees a
 * read past the end. Ends with 1 when there was nothing to replay.
 *
 *	replay [-s STEP] SEEDS... [-w FOUND...]
 * -s: every STEP-th byte only, for a target that takes long; -w: what follows is run whole only. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VARY_MAX 512	/* inputs up to here are also cut and changed */

static size_t files, runs, step = 1;
static bool whole;

static void run(const u8 *p, size_t n, size_t at, u8 flip)
{
	u8 *copy = malloc(n == 0 ? 1 : n);

	must(copy != NULL);
	if (n != 0) {
		memcpy(copy, p, n);
	}
	if (flip != 0) {
		copy[at] ^= flip;
	}
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	runs++;
}

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	u8 *p;
	size_t n;

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		perror(path);
		exit(1);
	}
	p = malloc((size_t)st.st_size + 1);
	must(p != NULL);
	n = fread(p, 1, (size_t)st.st_size, f);
	fclose(f);
	run(p, n, 0, 0);
	for (size_t i = 0; i < n && n <= VARY_MAX && !whole; i += step) {
		run(p, i, 0, 0);
		run(p, n, i, 0x01);
		run(p, n, i, 0x80);
		run(p, n, i, p[i]);	/* becomes 0 */
	}
	free(p);
	files++;
}

static void replay(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort);

	if (n < 0) {
		replay_file(path);
		return;
	}
	for (int i = 0; i < n; i++) {
		char sub[4096];

		if (list[i]->d_name[0] != '.') {
			must(snprintf(sub, sizeof sub, "%s/%s", path, list[i]->d_name) < (int)sizeof sub);
			replay_file(sub);
		}
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	const char *text = getenv("KOROBANU_TEST_STEP");	/* as in unit.h */

	if (text != NULL && strtoul(text, NULL, 10) > 1) {
		step = strtoul(text, NULL, 10);
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-s") == 0 && i + 1 < argc) {
			step *= strtoul(argv[++i], NULL, 10);
		} else if (strcmp(argv[i], "-w") == 0) {
			whole = true;
		} else {
			replay(argv[i]);
		}
	}
	printf("%zu files, %zu runs\n", files, runs);
	return files == 0;
}
