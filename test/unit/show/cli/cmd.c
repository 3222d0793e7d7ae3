/* The commands that need no core. */
#include "cli_test.h"

#include <unistd.h>

#include "base/json.h"

static struct said run(struct arena *a, const char *const *argv)
{
	return said_run(a, PLAIN_WORLD, argv);
}

void test_cmd__fact_kinds_lists_every_kind(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("fact", "kinds", "-f", "json"));
	const struct json *v;

	(void)state;
	assert_int_equal(s.exit, 0);
	assert_int_equal(json_parse_strict(a, s.out, &v, NULL), 0);
	assert_true(json_get(v, S("items"))->arr.n > 10);
	assert_has(s.out, "\"name\":\"service/1\",\"status\":\"published\"");
	assert_has(run(a, ARGV("--lang", "ja", "fact", "kinds", "-f", "table")).out, "公開");
	arena_free(a);
}

void test_cmd__fact_kinds_of_one_lists_its_fields(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_has(run(a, ARGV("fact", "kinds", "service")).out, "port\tplace\tint\tfalse\tfalse\t");
	assert_has(run(a, ARGV("fact", "kinds", "service/1", "--json", "name")).out, "{\"name\":\"proto\"}");
	assert_int_equal(run(a, ARGV("fact", "kinds", "service/999")).exit, 2);
	assert_has(run(a, ARGV("fact", "kinds", "servcie")).err, "Did you mean \"service\"?");
	arena_free(a);
}

void test_cmd__rule_check_accepts_and_refuses(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("rule", "check", "none(service where name == \"telnet\" over tcp:1-65535 from v1)"));

	(void)state;
	assert_int_equal(s.exit, 0);
	assert_str(s.out, "rule\tpass\t\tservice\t\n");
	s = run(a, ARGV("rule", "check", "none(service where nme == \"telnet\" over tcp:1-65535 from v1)"));
	assert_int_equal(s.exit, 2);
	assert_int_equal(s.out.n, 0);
	assert_has(s.err, "1:20");
	assert_has(s.err, "\n                     ^\n");
	s = run(a, ARGV("rule", "check", "none(service)"));	/* without `over` a rule does not load */
	assert_int_equal(s.exit, 2);
	assert_int_equal(run(a, ARGV("rule", "check")).exit, 2);
	assert_int_equal(run(a, ARGV("rule", "check", "true", "--file", "x")).exit, 2);
	assert_int_equal(run(a, ARGV("rule", "check", "--file", "/nonexistent")).exit, 2);
	arena_free(a);
}

void test_cmd__rule_check_reads_a_file_and_survives_a_long_one(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	char path[] = "/tmp/korobanu-rule-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	struct said s;

	(void)state;
	assert_non_null(f);
	fputs("any(service\n  where name == \"ssh\")\n", f);
	fflush(f);
	s = run(a, ARGV("rule", "check", "--file", path, "--json", "state,text"));
	assert_int_equal(s.exit, 0);
	assert_has(s.out, "{\"state\":\"pass\",\"text\":\"service\"}");
	for (int i = 0; i < 5000; i++) {
		fputs("(", f);
	}
	fclose(f);
	s = run(a, ARGV("rule", "check", "--file", path));
	assert_int_equal(s.exit, 2);
	assert_has(s.err, "E-RULE");
	unlink(path);
	arena_free(a);
}

void test_cmd__version_is_one_line(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct said s = run(a, ARGV("version", "-v"));

	(void)state;
	assert_int_equal(s.exit, 0);
	assert_true(str_starts(s.out, S("korobanu ")));
	assert_int_equal(str_chr(s.out, '\n'), s.out.n - 1);
	assert_has(s.err, "C17");
	assert_str(run(a, ARGV("version", "-q")).err, "");
	arena_free(a);
}

void test_cmd__doctor_names_every_check_and_changes_nothing(void **state)
{
	static const char *const checks[] = { "landlock", "seccomp", "raw_packets", "store", "disk", "time", "user_core", "user_net",
		"user_parse" };
	struct arena *a = arena_new(NULL, 0);
	struct said s = said_run(a, PLAIN_WORLD, ARGV("doctor", "--store", "/nowhere/at/all", "-f", "json"));

	(void)state;
	assert_true(s.exit == 0 || s.exit == 1);
	for (size_t i = 0; i < countof(checks); i++) {
		assert_has(s.out, str_c(a, str_printf(a, "\"check\":\"%s\"", checks[i])));
	}
	assert_has(s.out, "/nowhere/at/all");
	assert_int_equal(access("/nowhere", F_OK), -1);
	assert_int_equal(said_run(a, PLAIN_WORLD, ARGV("doctor", "x")).exit, 2);
	arena_free(a);
}
