/* Properties of the whole way from arrival to current state, over random sightings. */
#include "serve_test.h"

#define HOSTS 3
#define SIGHTINGS 24

static const char *const macs[HOSTS] = { "00:16:3e:00:00:0a", "00:16:3e:00:00:0b", "00:16:3e:00:00:0c" };
static const char *const ips[HOSTS] = { "10.7.0.2", "10.7.0.3", "10.7.0.4" };

struct sighting {
	u32 host;
	int port;			/* 0: the host itself */
	const char *name;
	i64 at;
};

static struct core c;

static void some(struct sighting s[SIGHTINGS])
{
	static const char *const names[] = { "telnet", "http", "ssh", "ftp" };

	for (size_t i = 0; i < SIGHTINGS; i++) {
		s[i] = (struct sighting){ .host = unit_rnd(HOSTS), .port = (int)unit_rnd(4), .name = names[unit_rnd(4)],
			.at = unit_rnd(3000) };
		s[i].port = s[i].port == 0 && i >= HOSTS ? 23 : s[i].port == 0 ? 0 : 20 + s[i].port;
		if (i < HOSTS) {	/* each host is there, whatever comes first */
			s[i].host = (u32)i;
			s[i].port = 0;
		}
		if (i > HOSTS && unit_rnd(5) == 0) {
			s[i] = s[i - 1];
		}
	}
}

static void shuffle(struct sighting s[SIGHTINGS])
{
	for (size_t i = SIGHTINGS - 1; i > 0; i--) {
		size_t k = unit_rnd((u32)i + 1);
		struct sighting swap = s[i];

		s[i] = s[k];
		s[k] = swap;
	}
}

/* In entries of random length. */
static void arrive(const struct sighting s[SIGHTINGS])
{
	for (size_t i = 0; i < SIGHTINGS; i++) {
		const char *mac = macs[s[i].host], *ip = ips[s[i].host];

		if (s[i].port == 0) {
			core_host(&c, mac, ip, s[i].at);
		} else {
			core_service(&c, mac, ip, s[i].port, s[i].name, s[i].at);
		}
		if (unit_rnd(4) == 0 || i + 1 == SIGHTINGS) {
			(void)core_commit(&c);
		}
	}
}

/* What is known, without the numbers that name when and where it was recorded. */
static struct str known(struct arena *a)
{
	struct buf b = buf_new(a, 0);

	for (size_t h = 0; h < HOSTS; h++) {
		u64 id = core_asset(&c, ips[h]);
		struct state_cursor at = state_values(core_state(&c, id), NULL, serve_now(c.s));
		struct state_value v;

		buf_printf(&b, "%s %.*s\n", ips[h], STRF(core_verdict(&c, id)));
		while (state_next(&at, &v)) {
			const struct fact_value *port = state_place(&v, S("port"));
			const struct state_field *name = state_field(&v, S("name"));

			buf_printf(&b, "%s %jd %d %.*s", v.kind->name, (intmax_t)(port == NULL ? 0 : port->i), (int)v.with,
				STRF(name == NULL ? S("") : name->v.s));
			buf_printf(&b, " %jd\n", (intmax_t)core_second(v.stamp->at));
		}
	}
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

/* The same sightings in other orders and other entries give the same current state and the same verdicts. */
void test_property__arrival_order_never_matters(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	unit_seed(20261121);
	for (int round = 0; round < 15; round++) {
		struct sighting s[SIGHTINGS];
		struct str first = S("");

		some(s);
		for (int order = 0; order < 3; order++) {
			struct str now;

			core_begin(&c);
			arrive(s);
			now = known(a);
			core_end(&c);
			if (order == 0) {
				first = now;
			} else if (!str_eq(first, now)) {
				fail_msg("round %d, order %d:\n%.*s\ninstead of\n%.*s", round, order, STRF(now), STRF(first));
			}
			shuffle(s);
		}
	}
	arena_free(a);
}

/* All of it once more, in any order, adds sightings and nothing else. */
void test_property__the_same_again_changes_nothing(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	unit_seed(20261121);
	for (int round = 0; round < 15; round++) {
		struct sighting s[SIGHTINGS];
		struct str first;
		u64 assets, again;

		some(s);
		core_begin(&c);
		arrive(s);
		first = known(a);
		assert_int_equal(store_count_assets(c.s->st, &assets), 0);
		shuffle(s);
		arrive(s);
		assert_int_equal(store_count_assets(c.s->st, &again), 0);
		assert_int_equal(assets, again);
		if (!str_eq(first, known(a))) {
			fail_msg("round %d:\n%.*s\ninstead of\n%.*s", round, STRF(known(a)), STRF(first));
		}
		core_end(&c);
	}
	arena_free(a);
}
