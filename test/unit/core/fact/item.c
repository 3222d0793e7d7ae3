#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "core/fact/item.h"

static struct arena *a;

static struct item owner(void)
{
	struct fact_new *n = fact_new(a, S("lab"), S("owner/1"), 7, S("import.csv/1"));
	struct item it = { .type = ITEM_FACT, .seen = { .at = { .ms = 1700000000000 }, .qod = 100, .run = S("") } };

	fact_key(n, KEY_ID, S("AST-7"));
	fact_set_str(n, "name", S("Hanako"));
	fact_set_str(n, "unit", S("QA"));
	assert_int_equal(fact_finish(n, &it.fact, NULL), 0);
	return it;
}

static struct str text_of(const struct fact *f)
{
	struct buf b = buf_new(a, 0);

	fact_write(&b, f);
	return buf_view(&b);
}

void test_item__fact_gives_technical_and_personal_parts(void **state)
{
	struct item it, back;
	struct item_parts parts;
	size_t count;

	(void)state;
	a = arena_new(NULL, 0);
	it = owner();
	assert_int_equal(item_parts(a, 4, &it, &parts), 0);
	assert_int_equal(parts.n, 2);
	assert_str(parts.p[0], "{\"i\":4,\"item\":{\"fact\":{\"kind\":\"owner/1\",\"network\":\"lab\",\"place\":{},"
	    "\"source\":\"import.csv/1\",\"subject\":[\"id:AST-7\"],\"value\":{\"unit\":\"QA\"},\"vantage\":\"v7\"},"
	    "\"seen\":{\"at\":\"2023-11-14T22:13:20.000Z\",\"class\":\"S0\",\"evidence\":[],\"qod\":100,\"run\":\"\","
	    "\"state\":\"unknown\"}},\"personal\":[\"value.name\"]}");
	assert_str(parts.p[1], "{\"f\":\"value.name\",\"i\":4,\"v\":\"Hanako\"}");
	assert_int_equal(item_from_parts(a, 4, parts.p, parts.n, &back, NULL), 0);
	assert_true(str_eq(text_of(&back.fact), text_of(&it.fact)));
	assert_int_equal(back.nerased, 0);
	assert_int_equal(item_count(a, parts.p[0], &count), 0);
	assert_int_equal(count, 2);
	arena_free(a);
}

void test_item__erased_parts_leave_the_rest(void **state)
{
	struct item it, back;
	struct item_parts parts;

	(void)state;
	a = arena_new(NULL, 0);
	it = owner();
	assert_int_equal(item_parts(a, 0, &it, &parts), 0);
	parts.p[1].p = NULL;
	assert_int_equal(item_from_parts(a, 0, parts.p, parts.n, &back, NULL), 0);
	assert_null(fact_value(&back.fact, S("name")));
	assert_str(fact_value(&back.fact, S("unit"))->s, "QA");
	assert_int_equal(back.nerased, 1);
	assert_str(back.erased[0], "value.name");
	parts.p[0].p = NULL;
	assert_int_equal(item_from_parts(a, 0, parts.p, parts.n, &back, NULL), 0);
	assert_int_equal(back.type, ITEM_ERASED);
	arena_free(a);
}

void test_item__parts_of_another_item_are_refused(void **state)
{
	struct item it, back;
	struct item_parts parts, other;
	struct str mixed[3];

	(void)state;
	a = arena_new(NULL, 0);
	it = owner();
	assert_int_equal(item_parts(a, 0, &it, &parts), 0);
	assert_int_equal(item_parts(a, 1, &it, &other), 0);
	assert_int_equal(item_from_parts(a, 1, parts.p, parts.n, &back, NULL), ERR_INTEGRITY);
	mixed[0] = parts.p[0];
	mixed[1] = other.p[1];
	assert_int_equal(item_from_parts(a, 0, mixed, 2, &back, NULL), ERR_INTEGRITY);
	assert_int_equal(item_from_parts(a, 0, parts.p, 1, &back, NULL), ERR_INTEGRITY);
	mixed[1] = mixed[2] = parts.p[1];
	assert_int_equal(item_from_parts(a, 0, mixed, 3, &back, NULL), ERR_INTEGRITY);
	mixed[1] = S("{\"f\":\"value.unit\",\"i\":0,\"v\":\"x\"}");
	assert_int_equal(item_from_parts(a, 0, mixed, 2, &back, NULL), ERR_INTEGRITY);
	mixed[1] = S("{\"f\":\"value.name\",\"i\":0,\"v\":5}");
	assert_int_equal(item_from_parts(a, 0, mixed, 2, &back, NULL), ERR_TYPE);
	mixed[1] = S("{\"f\":\"value.name\", \"i\":0,\"v\":\"x\"}");
	assert_int_equal(item_from_parts(a, 0, mixed, 2, &back, NULL), ERR_SYNTAX);
	assert_int_equal(item_from_parts(a, 0, mixed, 0, &back, NULL), ERR_MISSING);
	arena_free(a);
}

void test_item__again_and_evidence(void **state)
{
	struct item it = { .type = ITEM_AGAIN, .again_seq = 12, .again_index = 3,
		.seen = { .at = { .ms = 1700000000000 }, .qod = 95, .run = S("SCN-1") } }, back;
	struct item ev = { .type = ITEM_EVIDENCE, .ev_kind = S("banner"), .ev_bytes = S("abc") };
	struct item_parts parts;

	(void)state;
	a = arena_new(NULL, 0);
	assert_int_equal(item_parts(a, 1, &it, &parts), 0);
	assert_int_equal(parts.n, 1);
	assert_true(str_starts(parts.p[0], S("{\"i\":1,\"item\":{\"again\":[12,3],\"seen\":{")));
	assert_int_equal(item_from_parts(a, 1, parts.p, 1, &back, NULL), 0);
	assert_int_equal(back.again_seq, 12);
	assert_int_equal(back.again_index, 3);
	assert_int_equal(back.seen.qod, 95);

	assert_int_equal(item_parts(a, 2, &ev, &parts), 0);
	assert_int_equal(parts.n, 2);
	assert_str(parts.p[0], "{\"i\":2,\"item\":{\"evidence\":{\"kind\":\"banner\"}}}");
	assert_int_equal(item_from_parts(a, 2, parts.p, 2, &back, NULL), 0);
	assert_str(back.ev_bytes, "abc");
	assert_str(back.ev_kind, "banner");
	parts.p[0] = S("{\"i\":2,\"item\":{\"evidence\":{\"kind\":\"banner\",\"size\":3}}}");
	assert_int_equal(item_from_parts(a, 2, parts.p, 2, &back, NULL), ERR_SYNTAX);
	parts.p[0] = S("{\"i\":2,\"item\":{\"evidence\":{\"kind\":\"banner\"}},\"personal\":[\"evidence.text\"]}");
	assert_int_equal(item_from_parts(a, 2, parts.p, 2, &back, NULL), ERR_SYNTAX);
	parts.p[0] = S("{\"i\":2,\"item\":{\"evidence\":{\"kind\":\"banner\"}}}");
	assert_int_equal(item_from_parts(a, 2, parts.p, 1, &back, NULL), ERR_SYNTAX);
	parts.p[1].p = NULL;
	assert_int_equal(item_from_parts(a, 2, parts.p, 2, &back, NULL), 0);
	assert_str(back.erased[0], "bytes");
	ev.ev_bytes.p = NULL;
	assert_int_equal(item_parts(a, 2, &ev, &parts), ERR_ARG);
	arena_free(a);
}

void test_item__acts_hide_their_personal_members(void **state)
{
	static const struct str personal[] = { { .p = "value.name", .n = 10 } };
	struct item it = { .type = ITEM_ACT, .personal = personal, .npersonal = 1 }, back;
	struct item_parts parts;
	struct buf b;

	(void)state;
	a = arena_new(NULL, 0);
	b = buf_new(a, 0);
	assert_int_equal(json_parse(a, S("{\"value\":{\"name\":\"Hanako\",\"unit\":\"QA\"},\"do\":\"asset.set\"}"), &it.act, NULL), 0);
	assert_int_equal(item_parts(a, 0, &it, &parts), 0);
	assert_int_equal(parts.n, 2);
	assert_str(parts.p[0], "{\"i\":0,\"item\":{\"act\":{\"do\":\"asset.set\",\"value\":{\"unit\":\"QA\"}}},"
	    "\"personal\":[\"value.name\"]}");
	assert_int_equal(item_from_parts(a, 0, parts.p, 2, &back, NULL), 0);
	json_canon(&b, back.act);
	assert_str(buf_view(&b), "{\"do\":\"asset.set\",\"value\":{\"name\":\"Hanako\",\"unit\":\"QA\"}}");
	parts.p[1].p = NULL;
	assert_int_equal(item_from_parts(a, 0, parts.p, 2, &back, NULL), 0);
	assert_null(json_get(json_get(back.act, S("value")), S("name")));
	it.npersonal = 0;
	assert_int_equal(json_parse(a, S("{\"value\":1}"), &it.act, NULL), 0);
	assert_int_equal(item_parts(a, 0, &it, &parts), ERR_ARG);
	arena_free(a);
}

/* A fact and a sighting that kept the text they were read from give the same bytes as ones that are written again. */
void test_item__kept_texts_change_nothing(void **state)
{
	static const char fact[] = "{\"kind\":\"service/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\",\"port\":23,"
		"\"proto\":\"tcp\"},\"source\":\"scan/1\",\"subject\":[\"ip:10.7.0.2\"],\"value\":{\"name\":\"telnet\"},"
		"\"vantage\":\"v1\"}";
	static const char seen[] = "{\"at\":\"2026-11-21T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,"
		"\"run\":\"SCN-1\",\"state\":\"unknown\"}";
	struct arena *mem = arena_new(NULL, 0);
	struct item kept = { .type = ITEM_FACT }, plain;
	struct item_parts x, y;

	(void)state;
	assert_int_equal(fact_parse(mem, str_z(fact), FACT_STRICT, &kept.fact, NULL), 0);
	assert_int_equal(seen_parse(mem, str_z(seen), FACT_STRICT, &kept.seen, NULL), 0);
	assert_non_null(kept.fact.text.p);
	kept.seen.text = str_z(seen);
	plain = kept;
	plain.fact.text = plain.seen.text = (struct str){0};
	assert_int_equal(item_parts(mem, 1234567, &kept, &x), 0);
	assert_int_equal(item_parts(mem, 1234567, &plain, &y), 0);
	assert_int_equal(x.n, 1);
	assert_int_equal(y.n, 1);
	assert_true(str_eq(x.p[0], y.p[0]));
	assert_true(str_eq(x.p[0], str_printf(mem, "{\"i\":1234567,\"item\":{\"fact\":%s,\"seen\":%s}}", fact, seen)));
	arena_free(mem);
}
