/* Runs the command line inside a test: its own environment variables, captured stdout and stderr, golden files. */
#ifndef CLI_TEST_H
#define CLI_TEST_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "show/cli/config.h"
#include "show/cli/out.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "test/golden/cli"	/* where a test runs in the root of the source */
#endif

struct said {
	int exit;
	struct str out, err;
};

static const char *const *said_vars; /* "NAME=value", NULL ends */

static inline const char *said_get(const char *name)
{
	size_t n = strlen(name);

	for (const char *const *v = said_vars; v != NULL && *v != NULL; v++) {
		if (strncmp(*v, name, n) == 0 && (*v)[n] == '=') {
			return *v + n + 1;
		}
	}
	return NULL;
}

struct world {
	const char *const *vars;
	bool tty;
	u32 width;
	const char *etc;
};

/* argv: a NULL-ended list without the program's name. */
static inline struct said said_run(struct arena *a, const struct world *w, const char *const *argv)
{
	char *out = NULL, *err = NULL;
	size_t nout = 0, nerr = 0;
	struct cli_env env = { .out = open_memstream(&out, &nout),
		.err = open_memstream(&err, &nerr),
		.out_tty = w->tty,
		.err_tty = w->tty,
		.in_tty = w->tty,
		.width = w->width,
		.get = said_get,
		.etc = w->etc };
	char *args[32] = { arena_copy(a, "korobanu", 9) };
	int argc = 1;
	struct said s;

	said_vars = w->vars;
	for (; *argv != NULL && argc < 31; argv++) {
		args[argc++] = arena_copy(a, *argv, strlen(*argv) + 1);
	}
	s.exit = cli_run(&env, argc, args);
	fclose(env.out);
	fclose(env.err);
	s.out = str_dup(a, str_of(out, nout));
	s.err = str_dup(a, str_of(err, nerr));
	free(out);
	free(err);
	return s;
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PLAIN_WORLD (&(struct world){ .vars = ARGV("LANG=C") })

#define assert_has(s, what) said_assert_has((s), (what), __FILE__, __LINE__)
static inline void said_assert_has(struct str s, const char *what, const char *file, int line)
{
	if (str_find(s, str_z(what)) < 0) {
		print_error("\"%s\" is not in:\n%.*s\n", what, STRF(s));
		_fail(file, line);
	}
}

#define assert_has_not(s, what) assert_true(str_find((s), str_z(what)) < 0)

/* Compares with test/golden/cli/NAME; UPDATE=1 writes it instead. */
#define assert_golden(a, s, name) said_assert_golden((a), (s), (name), __FILE__, __LINE__)
static inline void said_assert_golden(struct arena *a, struct str s, const char *name, const char *file, int line)
{
	const char *path = str_c(a, str_printf(a, "%s/%s", GOLDEN_DIR, name));
	FILE *f;
	char *want;
	size_t n;

	if (getenv("UPDATE") != NULL) {
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
		fclose(f);
		return;
	}
	f = fopen(path, "r");
	if (f == NULL) {
		print_error("%s is missing: run with UPDATE=1 and read it\n", path);
		_fail(file, line);
	}
	want = arena_alloc(a, s.n + 65536);
	n = fread(want, 1, s.n + 65536, f);
	fclose(f);
	if (!str_eq(s, str_of(want, n))) {
		print_error("differs from %s (UPDATE=1 rewrites it); got:\n%.*s\n", path, STRF(s));
		_fail(file, line);
	}
}

#endif
