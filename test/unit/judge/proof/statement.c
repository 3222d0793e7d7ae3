#include "unit.h"

#include <stdio.h>

#include "base/err.h"

#include "judge/proof/statement.h"

static int read_text(struct arena *a, const char *text, struct statement *ret)
{
	const struct json *v;

	assert_int_equal(json_parse(a, str_z(text), &v, NULL), 0);
	return statement_read(a, v, ret);
}

#define CLAIM "{\"bound\":[],\"end\":\"held\",\"key\":\"ip:10.7.0.2\",\"last\":\"2026-11-21T01:15:02.114Z\",\"lease\":86400000," \
	"\"network\":\"lab\",\"since\":\"2026-11-21T01:15:02.114Z\",\"strength\":\"lease\",\"until\":\"\"%s}"
#define PEER "{\"apart\":true,\"field\":\"key.fingerprint\",\"seen\":[3,4],\"value\":\"aa\"}"
#define ASSET "{\"asset\":\"AST-1\",\"claims\":[" CLAIM "],\"do\":\"proof.asset\",\"items\":[[4,0,2]],\"peers\":[" PEER "]%s}"

void test_statement__asset_as_written(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct statement st;
	struct buf b = buf_new(a, 0);
	char text[1024];

	(void)state;
	snprintf(text, sizeof text, ASSET, "", "");
	assert_int_equal(read_text(a, text, &st), 0);
	assert_int_equal(st.type, STATEMENT_ASSET);
	assert_int_equal(st.asset.items[0].n, 2);
	statement_write_asset(&b, &st.asset);
	assert_str(buf_view(&b), text);
	arena_free(a);
}

/* Only of what core keeps who else holds it, and with the claims or not at all. */
void test_statement__peers(void **state)
{
	static const struct { const char *peers; int r; } cases[] = {
		{ ",\"claims\":[],\"peers\":[" PEER "," PEER "]", 0 },
		{ "", 0 },
		{ ",\"peers\":[]", ERR_EXTRA },
		{ ",\"claims\":[]", ERR_EXTRA },
		{ ",\"claims\":[],\"peers\":{}", ERR_TYPE },
		{ ",\"claims\":[],\"peers\":[1]", ERR_TYPE },
		{ ",\"claims\":[],\"peers\":[{\"apart\":1,\"field\":\"key.fingerprint\",\"seen\":[3,4],\"value\":\"aa\"}]", ERR_TYPE },
		{ ",\"claims\":[],\"peers\":[{\"apart\":true,\"field\":\"key.bits\",\"seen\":[3,4],\"value\":\"aa\"}]", ERR_UNKNOWN },
		{ ",\"claims\":[],\"peers\":[{\"apart\":true,\"field\":\"quay.print\",\"seen\":[3,4],\"value\":\"aa\"}]", ERR_UNKNOWN },
		{ ",\"claims\":[],\"peers\":[{\"apart\":true,\"field\":\"key.fingerprint\",\"seen\":[3,65536],\"value\":\"aa\"}]", ERR_RANGE },
		{ ",\"claims\":[],\"peers\":[{\"field\":\"key.fingerprint\",\"seen\":[3,4],\"value\":\"aa\",\"x\":1}]", ERR_MISSING },
	};
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct statement st = { 0 };
		char text[1024];

		snprintf(text, sizeof text, "{\"asset\":\"AST-1\",\"do\":\"proof.asset\",\"items\":[]%s}", cases[i].peers);
		assert_int_equal(read_text(a, text, &st), cases[i].r);
		if (cases[i].r == 0) {
			assert_int_equal(st.asset.npeers, i == 0 ? 2 : 0);
			assert_int_equal(st.asset.keyless, i != 0);
		}
	}
	arena_free(a);
}

void test_statement__nothing_beside_its_members(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct statement st;
	char text[1024];

	(void)state;
	snprintf(text, sizeof text, ASSET, "", ",\"note\":\"certified\"");
	assert_int_equal(read_text(a, text, &st), ERR_EXTRA);
	snprintf(text, sizeof text, ASSET, ",\"vendor\":\"x\"", "");
	assert_int_equal(read_text(a, text, &st), ERR_EXTRA);
	arena_free(a);
}

#define VERDICT "{\"asset\":\"AST-1\",\"clock\":300000,\"do\":\"proof.verdict\",\"kinds\":[\"host/1\",\"service/1\"],\"language\":1," \
	"\"measure\":\"M01\",\"now\":\"%s\",\"quality\":70,\"read\":[[7,18]],\"read_all\":%d,\"reasons\":[]," \
	"\"rule\":\"00\",\"size\":9,\"state\":\"%s\"}"

void test_statement__verdict_of_three_values_and_one_form_of_time(void **state)
{
	static const struct { const char *now, *v; int r, all; } cases[] = {
		{ "2026-11-21T01:15:02.114Z", "false", 0, 1 },
		{ "2026-11-21T01:15:02.114Z", "false", 0, 40 },		/* cut, and says so */
		{ "2026-11-21T01:15:02.114Z", "false", ERR_RANGE, 0 },
		{ "2026-11-21T01:15:02.114Z", "maybe", ERR_UNKNOWN, 1 },
		{ "2026-11-21T10:15:02.114+09:00", "false", ERR_SYNTAX, 1 },
	};
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct buf b = buf_new(a, 0);
		struct statement st;
		char text[512];

		snprintf(text, sizeof text, VERDICT, cases[i].now, cases[i].all, cases[i].v);
		assert_int_equal(read_text(a, text, &st), cases[i].r);
		if (cases[i].r == 0) {
			statement_write_verdict(&b, &st.verdict);
			assert_str(buf_view(&b), text);
			assert_int_equal(st.verdict.nread_all, cases[i].all);
		}
	}
	arena_free(a);
}
