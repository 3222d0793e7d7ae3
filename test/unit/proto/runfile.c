/* Lines of an export file: good ones, and everything a stranger could write instead. */
#include "unit.h"

#include "base/err.h"
#include "proto/runfile.h"

#define FACT "{\"kind\":\"service/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\",\"port\":23,\"proto\":\"tcp\"}," \
	"\"source\":\"hand\",\"subject\":[\"ip:10.7.0.2\"],\"value\":{\"name\":\"telnet\"},\"vantage\":\"v1\"}"
#define SEEN "{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[3],\"qod\":95,\"run\":\"SCN-1\",\"state\":\"unknown\"}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HI "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"	/* SHA-256 of "hi" and a newline */

static struct perr why;

static int read_as(struct arena *a, enum fact_read how, const char *text, struct runfile_line *ret)
{
	why = (struct perr){ 0 };
	return runfile_read(a, str_z(text), how, ret, &why);
}

void test_runfile__facts_in_both_ways_of_reading(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct runfile_line l;

	(void)state;
	assert_int_equal(read_as(a, FACT_STRICT, "{\"at\":[4,7],\"fact\":" FACT ",\"seen\":" SEEN "}", &l), 0);
	assert_int_equal(l.what, RUNFILE_FACT);
	assert_true(l.placed && l.seq == 4 && l.index == 7 && l.seen.nevidence == 1 && l.fact.vantage == 1);
	assert_int_equal(read_as(a, FACT_STRICT, "{ \"fact\":" FACT ",\"seen\":" SEEN "}", &l), ERR_SYNTAX);
	assert_int_equal(read_as(a, FACT_LENIENT, "{ \"seen\":" SEEN ", \"fact\":" FACT "}", &l), 0);
	assert_true(!l.placed);
	arena_free(a);
}

void test_runfile__evidence_is_what_its_hash_says(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct runfile_line l;

	(void)state;
	assert_int_equal(read_as(a, FACT_STRICT,
		"{\"at\":[4,3],\"bytes\":\"aGkK\",\"evidence\":{\"kind\":\"banner\",\"sha256\":\"" HI "\",\"size\":3}}", &l), 0);
	assert_str(l.ev_bytes, "hi\n");
	assert_int_equal(read_as(a, FACT_LENIENT,
		"{\"bytes\":\"aGkK\",\"evidence\":{\"kind\":\"banner\",\"sha256\":\"" HI "\",\"size\":2}}", &l), ERR_INTEGRITY);
	assert_int_equal(read_as(a, FACT_LENIENT,
		"{\"bytes\":\"aGkK\",\"evidence\":{\"kind\":\"banner\",\"sha256\":\"" ZEROS "\",\"size\":3}}", &l), ERR_INTEGRITY);
	assert_int_equal(read_as(a, FACT_LENIENT,
		"{\"bytes\":\"aGk\",\"evidence\":{\"kind\":\"banner\",\"sha256\":\"" HI "\",\"size\":3}}", &l), ERR_SYNTAX);
	assert_int_equal(read_as(a, FACT_LENIENT,
		"{\"bytes\":\"aGkK\",\"evidence\":{\"kind\":\"Ban ner\",\"sha256\":\"" HI "\",\"size\":3}}", &l), ERR_SYNTAX);
	arena_free(a);
}

void test_runfile__first_and_last_line(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct runfile_line l;

	(void)state;
	assert_int_equal(read_as(a, FACT_STRICT, "{\"checkpoint\":\"c\",\"export\":\"korobanu.run/1\",\"network\":\"lab\",\"origin\":\"o\","
		"\"root\":\"" ZEROS "\",\"run\":\"SCN-1\",\"size\":7}", &l), 0);
	assert_true(l.what == RUNFILE_HEAD && l.size == 7);
	assert_int_equal(read_as(a, FACT_LENIENT, "{\"export\":\"korobanu.run/2\"}", &l), ERR_NEWER);
	assert_int_equal(read_as(a, FACT_LENIENT, "{\"export\":\"korobanu.run/1\"}", &l), ERR_MISSING);
	assert_int_equal(read_as(a, FACT_STRICT, "{\"count\":2,\"end\":\"korobanu.run/1\",\"sha256\":\"" ZEROS "\"}", &l), 0);
	assert_true(l.what == RUNFILE_END && l.count == 2 && l.note.n == 0);
	assert_int_equal(read_as(a, FACT_LENIENT, "{\"count\":-1,\"end\":\"korobanu.run/1\",\"sha256\":\"" ZEROS "\"}", &l), ERR_RANGE);
	assert_int_equal(read_as(a, FACT_LENIENT, "{\"count\":1.5,\"end\":\"korobanu.run/1\",\"sha256\":\"" ZEROS "\"}", &l), ERR_TYPE);
	assert_int_equal(read_as(a, FACT_LENIENT, "{\"count\":1,\"end\":\"korobanu.run/1\",\"note\":\"x\",\"sha256\":\"" ZEROS "\"}", &l),
		ERR_MISSING);
	assert_str(runfile_text(a, 2, l.sha256), "korobanu.run/1\n2\n" ZEROS "\n");
	arena_free(a);
}

void test_runfile__refuses_and_says_why(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *says;
	} bad[] = {
		{ "", ERR_TRUNC, "" },
		{ "nonsense", ERR_SYNTAX, "" },
		{ "[]", ERR_TYPE, "object" },
		{ "{}", ERR_MISSING, "fact" },
		{ "{\"fact\":NaN}", ERR_SYNTAX, "NaN" },
		{ "{\"fact\":{\"kind\":\"a/1\",\"kind\":\"a/1\"}}", ERR_DUP, "twice" },
		{ "{\"fact\":" FACT ",\"seen\":" SEEN ",\"sene\":1}", ERR_EXTRA, "sene" },
		{ "{\"fact\":" FACT "}", ERR_MISSING, "seen" },
		{ "{\"fact\":7,\"seen\":" SEEN "}", ERR_TYPE, "" },
		{ "{\"at\":[4],\"fact\":" FACT ",\"seen\":" SEEN "}", ERR_TYPE, "at" },
		{ "{\"at\":[4,-1],\"fact\":" FACT ",\"seen\":" SEEN "}", ERR_RANGE, "at" },
		{ "{\"at\":[4,65536],\"fact\":" FACT ",\"seen\":" SEEN "}", ERR_RANGE, "at" },
		{ "{\"fact\":{\"kind\":\"key/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\",\"port\":1,\"proto\":\"tcp\",\"type\":\"cert\"},"
		  "\"source\":\"h\",\"subject\":[\"ip:10.7.0.2\"],\"value\":{},\"vantage\":\"v1\"},\"seen\":" SEEN "}", ERR_REFUSED, "draft" },
		{ "{\"fact\":\"\xff\"}", ERR_UTF8, "" },
	};
	struct runfile_line l;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct arena *a = arena_new(NULL, 0);

		if (read_as(a, FACT_LENIENT, bad[i].text, &l) != bad[i].err || str_find(str_z(why.text), str_z(bad[i].says)) < 0) {
			print_error("%s: %s, %s\n", bad[i].text, err_name(why.code), why.text);
			fail();
		}
		arena_free(a);
	}
}
