/* The quick reader and the reader over the tree agree: whatever the quick one takes, the other takes as the same
 * fact. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "core/fact/fact_int.h"

static const char *const facts[] = {
	"{\"kind\":\"address/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\"},\"source\":\"scan/1\",\"subject\":"
	"[\"ip:10.7.0.2\",\"mac:00:16:3e:00:00:02\"],\"value\":{\"how\":[\"arp\",\"icmp\"],\"onlink\":true},\"vantage\":\"v1\"}",
	"{\"kind\":\"service/1\",\"network\":\"lab\",\"place\":{\"addr\":\"2001:db8::1\",\"port\":23,\"proto\":\"tcp\"},"
	"\"source\":\"scan.telnet/1\",\"subject\":[\"ip:2001:db8::1\"],\"value\":{\"name\":\"telnet\",\"not\":[],\"plain\":true,"
	"\"prompt\":\"login\",\"version\":\"1.0\"},\"vantage\":\"v2\"}",
	"{\"kind\":\"coverage/1\",\"network\":\"lab\",\"place\":{\"addr\":\"10.7.0.2\",\"of\":\"port\",\"proto\":\"tcp\"},"
	"\"source\":\"scan/1\",\"subject\":[\"ip:10.7.0.2\"],\"value\":{\"alive\":true,\"closed\":\"1-22,24-65535\",\"open\":\"23\","
	"\"span_ms\":12000,\"tries\":5},\"vantage\":\"v1\"}",
	"{\"kind\":\"label/1\",\"network\":\"lab\",\"place\":{\"scheme\":\"x\"},\"source\":\"a/1\",\"subject\":[\"id:7\"],\"value\":"
	"{\"until\":\"2027-11-01T01:15:02.114Z\"},\"vantage\":\"v7\"}",
};

static const char seens[][180] = {
	"{\"at\":\"2026-11-01T01:15:02.114Z\",\"class\":\"S1\",\"evidence\":[],\"qod\":95,\"run\":\"R\",\"state\":\"unknown\"}",
	"{\"at\":\"2026-11-01T01:15:02.114Z\",\"class\":\"S0\",\"dropped\":true,\"evidence\":[0,7,12],\"qod\":0,\"run\":\"\","
	"\"state\":\"factory\"}",
};

/* What the reader over the tree makes of a text that must be canonical; false: it refuses. */
static bool tree_fact(struct arena *a, struct str text, struct fact *ret)
{
	const struct json *v;

	return json_parse(a, text, &v, NULL) == 0 && json_is_canon(a, text, v) &&
		fact_of_json(a, v, FACT_STRICT, ret, NULL) == 0;
}

static bool tree_seen(struct arena *a, struct str text, struct seen *ret)
{
	const struct json *v;

	return json_parse(a, text, &v, NULL) == 0 && json_is_canon(a, text, v) &&
		seen_of_json(a, v, FACT_STRICT, ret, NULL) == 0;
}

static struct str written(struct arena *a, struct fact f)
{
	struct buf b = buf_new(a, 0);

	f.text = (struct str){ 0 };	/* from its fields, not as it was read */
	fact_write(&b, &f);
	return buf_view(&b);
}

static struct str written_seen(struct arena *a, const struct seen *s)
{
	struct buf b = buf_new(a, 0);

	seen_write(&b, s);
	return buf_view(&b);
}

static bool agree(struct arena *a, struct str text)
{
	struct fact q, t;
	struct seen sq, st;
	bool quick = fact_read_quick(a, text, &q);

	if (quick) {
		assert_true(tree_fact(a, text, &t));
		assert_true(str_eq(written(a, q), text));
		assert_true(str_eq(written(a, t), text));
		assert_true(q.nplace == t.nplace && q.nvalue == t.nvalue && q.nkeys == t.nkeys && q.kind == t.kind);
		for (size_t i = 0; i < q.nvalue; i++) {
			assert_true(q.value[i].def == t.value[i].def && q.value[i].v.type == t.value[i].v.type &&
				q.value[i].v.i == t.value[i].v.i && q.value[i].v.n == t.value[i].v.n &&
				q.value[i].v.ranges.n == t.value[i].v.ranges.n && str_eq(q.value[i].v.s,
				t.value[i].v.s));
		}
	}
	if (seen_read_quick(a, text, &sq)) {
		quick = true;
		assert_true(tree_seen(a, text, &st));
		assert_true(str_eq(written_seen(a, &sq), text));
		assert_true(sq.at.ms == st.at.ms && sq.class == st.class && sq.qod == st.qod && sq.state == st.state &&
			sq.dropped == st.dropped && sq.nevidence == st.nevidence && str_eq(sq.run, st.run));
	}
	return quick;
}

/* Every text with one byte changed, taken out or doubled. */
static void bent(struct str text)
{
	static const char bytes[] = "\"\\,:{}[]0129-. aAzvT~\x01\x7f\xc3";

	for (size_t at = 0; at < text.n; at++) {
		struct arena *a = arena_new(NULL, 0);

		for (size_t k = 0; k < sizeof bytes - 1; k++) {
			char *p = arena_copy(a, text.p, text.n);

			p[at] = bytes[k];
			(void)agree(a, str_of(p, text.n));
		}
		for (size_t n = 0; n <= 2; n += 2) {	/* without the byte, and with it twice */
			struct buf b = buf_new(a, 0);

			buf_str(&b, str_sub(text, 0, at));
			for (size_t i = 0; i < n; i++)
				buf_u8(&b, (u8)text.p[at]);
			buf_str(&b, str_from(text, at + 1));
			(void)agree(a, buf_view(&b));
		}
		(void)agree(a, str_sub(text, 0, at));
		arena_free(a);
	}
}

void test_read__takes_what_sensors_send(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(facts); i++)
		assert_true(agree(a, str_z(facts[i])));
	for (size_t i = 0; i < countof(seens); i++)
		assert_true(agree(a, str_z(seens[i])));
	arena_free(a);
}

void test_read__agrees_on_bent_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(facts); i++)
		bent(str_z(facts[i]));
	for (size_t i = 0; i < countof(seens); i++)
		bent(str_z(seens[i]));
}

void test_read__the_id_is_that_of_the_text(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct fact q, t;
	struct fact_id x, y, z;

	(void)state;
	for (size_t i = 0; i < countof(facts); i++) {
		assert_true(fact_read_quick(a, str_z(facts[i]), &q));
		assert_true(tree_fact(a, str_z(facts[i]), &t));
		x = fact_id(&q);
		y = fact_id(&t);
		fact_keep_id(a, &q);
		z = fact_id(&q);
		assert_int_equal(fact_id_cmp(&x, &y), 0);
		assert_int_equal(fact_id_cmp(&x, &z), 0);
	}
	arena_free(a);
}
