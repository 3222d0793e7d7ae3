/* A configuration file, one variable of the environment and one -c KEY=VALUE, between NUL bytes, as `config show` reads them; then the
 * file alone, as `config test FILE` does. It ends with an exit code of ours, and what is wrong was said. */
#include "fuzz.h"

#include "show/cli/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *variable;	/* its value */

static const char *get(const char *name)
{
	return strcmp(name, "KOROBANU_FORMAT") == 0 ? variable : NULL;
}

static void run(int argc, char **argv)
{
	char *out = NULL, *err = NULL;
	size_t nout = 0, nerr = 0;
	struct cli_env env = { .out = open_memstream(&out, &nout), .err = open_memstream(&err, &nerr), .get = get };
	int code;

	must(env.out != NULL && env.err != NULL);
	code = cli_run(&env, argc, argv);
	fclose(env.out);
	fclose(env.err);
	must(code == CLI_OK || (code == CLI_FAILED && nerr > 0));
	must(str_utf8_ok(str_of(out, nout), NULL) && str_utf8_ok(str_of(err, nerr), NULL));
	free(out);
	free(err);
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	static char me[] = "korobanu", config[] = "config", show[] = "show", test[] = "test", set[] = "-c", json[] = "--json",
		fields[] = "key,value,origin", option[] = "--config";
	struct arena *a = arena_new(NULL, 0);
	struct str rest = str_of(p, n), file = str_cut(&rest, '\0'), value = str_cut(&rest, '\0'), given = str_cut(&rest, '\0');
	char path[64], *last = arena_copy(a, str_c(a, given), given.n + 1);
	int fd = memfd_create("config", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, file.p, file.n) == (ssize_t)file.n);
	must(snprintf(path, sizeof path, "/proc/self/fd/%d", fd) > 0);
	variable = value.n > 0 ? str_c(a, value) : NULL;
	run(9, (char *[]){ me, config, show, json, fields, option, path, last[0] != '\0' ? set : option, last[0] != '\0' ? last : path, NULL });
	run(4, (char *[]){ me, config, test, path, NULL });
	close(fd);
	arena_free(a);
	return 0;
}
