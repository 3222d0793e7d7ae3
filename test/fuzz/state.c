/* Any bytes as a packed state: refused, or readable to the last register at several times, and written again it reads
 * back as the same bytes. */
#include "fuzz.h"

#include "core/fact/state.h"

static u64 sum;	/* keeps what is read from being optimised away */

static void read_values(const struct state *st, struct utc now)
{
	struct state_cursor c = state_values(st, NULL, now);
	struct state_value v;

	while (state_next(&c, &v)) {
		must(v.stamp != NULL && (size_t)v.with < STATE_WITH_COUNT);
		for (size_t i = 0; i < v.nfields; i++) {
			sum += v.fields[i].v.s.n + (u64)v.fields[i].v.i + v.fields[i].stamp->qod;
		}
		for (size_t i = 0; i < v.nplace; i++) {
			sum += state_place(&v, v.place[i].name) != NULL;
		}
	}
}

static void read_rest(const struct state *st, struct utc now)
{
	struct state_cover_cursor c = state_covers(st, kind_latest(S("service")), S("lab"), S("10.7.0.2"), S("tcp"), 1, 0,
	    65535, now);
	struct state_addr addr;
	struct state_cover v;
	struct str network;
	u32 next = 0;

	while (state_cover_next(&c, &v)) {
		must(v.lo == next && v.hi >= v.lo);
		next = (u32)v.hi + 1;
	}
	must(next == 65536);
	for (size_t i = 0; state_addr(st, i, now, &addr); i++) {
		sum += addr.addr.n;
	}
	for (size_t i = 0; state_network(st, i, &network); i++) {
		sum += state_families(st, network, 1, now).ip4;
	}
	must(state_expire_next(st, now).ms == 0 || state_expire_next(st, now).ms > now.ms);
	sum += state_provisional(st) + state_overflow(st);
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	static const i64 times[] = { 0, 1700000000000, 1800000000000 };
	struct arena *a = arena_new(NULL, 0);
	struct buf one = buf_new(a, 0), two = buf_new(a, 0);
	struct state *st;

	if (state_decode(a, str_of(p, n), &st) == 0) {
		for (size_t i = 0; i < countof(times); i++) {
			read_values(st, (struct utc){ .ms = times[i] });
			read_rest(st, (struct utc){ .ms = times[i] });
		}
		state_encode(&one, st);
		must(state_decode(a, buf_view(&one), &st) == 0);
		state_encode(&two, st);
		must(str_eq(buf_view(&one), buf_view(&two)));
	}
	arena_free(a);
	return 0;
}
