/* The words of a command line, between NUL bytes: a command with its options and arguments, help, or an error that was said. Nothing
 * is run. */
#include "fuzz.h"

#include "show/cli/cli_int.h"

#include <stdio.h>
#include <stdlib.h>

#define WORDS_MAX 32

static const char *get(const char *name)
{
	(void)name;
	return NULL;
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	char *text = NULL, *argv[WORDS_MAX + 2];
	size_t ntext = 0;
	struct cli_env env = { .out = open_memstream(&text, &ntext), .get = get };
	struct cli c = { .a = a, .env = &env };
	struct str rest = str_of(p, n);
	int argc = 0, help = 0, code;

	must(env.out != NULL);
	env.err = env.out;
	argv[argc++] = arena_copy(a, "korobanu", 9);
	while (rest.n > 0 && argc <= WORDS_MAX) {
		struct str word = str_cut(&rest, '\0');

		argv[argc++] = arena_copy(a, str_c(a, word), word.n + 1);
	}
	argv[argc] = NULL;
	code = cli_parse(&c, argc, argv, &help);
	if (code == CLI_OK && help != 0 && c.cmd != NULL) {
		help_command(&c, env.out, c.cmd, help == 'H');
	}
	fclose(env.out);
	must(code == CLI_OK || (code == CLI_FAILED && ntext > 0));
	must(str_utf8_ok(str_of(text, ntext), NULL));
	for (size_t i = 0; code == CLI_OK && help == 0 && i < c.args.n; i++) {	/* where help is asked, nobody reads them */
		must(str_utf8_ok(c.args.p[i], NULL));
	}
	free(text);
	arena_free(a);
	return 0;
}
