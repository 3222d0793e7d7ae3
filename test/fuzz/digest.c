/* The engine of parse with net as the stranger: messages of any type and body (u8 type, u16 length, bytes), time passing between.
 * Whatever comes is taken or refused; what goes out is within its limits and made of facts that are facts. */
#include "fuzz.h"

#include "base/err.h"
#include "base/rd.h"
#include "core/fact/fact.h"
#include "core/msg/chunk.h"
#include "core/msg/msgs.h"
#include "sense/probe/digest.h"

struct rig {
	struct arena *a;
	u32 unacked;
};

static bool room(void *ctx)
{
	return ((struct rig *)ctx)->unacked < 3;
}

static void put(void *ctx, u16 type, struct str body)
{
	struct rig *r = ctx;
	struct chunk c;

	must(body.n <= LIMIT_MSG_BODY);
	if (type != MSGS_PUT_CHUNK) {
		return;
	}
	r->unacked++;
	must(chunk_read(r->a, body, &c) == 0);
	for (size_t i = 0; i < c.nitems; i++) {
		struct fact f;
		struct seen s;

		must(c.items[i].type == CHUNK_EVIDENCE || (fact_parse(r->a, c.items[i].head, FACT_STRICT, &f, NULL) == 0 &&
			seen_parse(r->a, c.items[i].body, FACT_STRICT, &s, NULL) == 0));
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	static const u16 types[] = { MSGS_NET_BEGIN, MSGS_NET_FOUND, MSGS_NET_LOOKED, MSGS_NET_RX, MSGS_NET_PORTS, MSGS_NET_OVER, MSGS_NET_PART };
	struct rig r = { .a = arena_new(NULL, 0) };
	struct digest *d = digest_new(&(struct digest_out){ .ctx = &r, .room = room, .put = put });
	struct rd rd = rd_of(p, n);
	struct mono now = { 1000000000 };
	struct str body;
	u16 len;
	u8 type;

	while (rd_u8(&rd, &type) == 0 && rd_u16(&rd, &len) == 0 && rd_bytes(&rd, len, &body) == 0) {
		if (digest_input(d, types[type % countof(types)], body, now) != 0) {
			break;
		}
		if ((type & 0x80) != 0) {
			now.ns += (i64)300 * 1000000;
			digest_tick(d, now);
		}
		for (; (type & 0x40) != 0 && r.unacked > 0; r.unacked--) {
			must(digest_ack(d, 0) == 0);
		}
		must(digest_wait_ms(d, now) >= -1);
	}
	digest_free(d);
	arena_free(r.a);
	return 0;
}
