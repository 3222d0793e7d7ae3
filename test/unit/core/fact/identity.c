/* A small world that does what core does: keeps claims and edges, resolves facts in ledger order, applies changes. */
#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "core/fact/identity.h"

#define T0 1700000000000
#define HOUR 3600
#define M1 "00:16:3e:00:00:01"
#define M2 "00:16:3e:00:00:02"
#define RANDOM_MAC "02:16:3e:00:00:03"

static struct arena *a;
static vec(struct claim) world;
static struct identity_edges *edges;
static u64 next_asset;
static struct identity_result last;

static int claims_of(void *ctx, struct str network, enum fact_key_type type, struct str value, const struct claim **ret,
    size_t *ret_n)
{
	vec(struct claim) out = {0};

	(void)ctx;
	for (size_t i = 0; i < world.n; i++)
		if (world.p[i].type == type && str_eq(world.p[i].network, network) && str_eq(world.p[i].value, value))
			*vec_add(a, &out) = world.p[i];
	*ret = out.p;
	*ret_n = out.n;
	return 0;
}

static u64 root(void *ctx, u64 asset)
{
	(void)ctx;
	return identity_root(edges, asset);
}

static bool forbidden(void *ctx, u64 x, u64 y)
{
	(void)ctx;
	return identity_forbidden(edges, x, y);
}

static int firm(void *ctx, u64 asset, struct str network, enum fact_key_type type, struct claim *ret)
{
	for (size_t i = 0; i < world.n; i++) {
		const struct claim *c = &world.p[i];

		if (root(ctx, c->asset) == asset && c->type == type && c->strength != CLAIM_LEASE && str_eq(c->network, network)) {
			*ret = *c;
			return 0;
		}
	}
	return ERR_NOTFOUND;
}

static void begin(void)
{
	a = arena_new(NULL, 0);
	memset(&world, 0, sizeof world);
	edges = identity_edges_new(a);
	next_asset = 1;
}

static void apply(const struct claim_change *c)
{
	if (c->op == CLAIM_ADD) {
		*vec_add(a, &world) = c->claim;
		return;
	}
	for (size_t i = 0; i < world.n; i++) {
		struct claim *w = &world.p[i];

		if (w->type == c->claim.type && str_eq(w->network, c->claim.network) && str_eq(w->value, c->claim.value) &&
		    w->asset == c->claim.asset && w->since.ms == c->since.ms) {
			*w = c->claim;
			return;
		}
	}
	fail_msg("a change names no claim");
}

static struct fact subject(const char *network, int vantage, const char *keys)
{
	struct fact_new *n = fact_new(a, str_z(network), S("running/1"), vantage, S("t/1"));
	struct str rest = str_z(keys);
	struct fact f;

	while (rest.n > 0) {
		struct str text = str_cut(&rest, ' ');
		struct fact_key k;

		assert_int_equal(fact_key_parse(text, &k), 0);
		fact_key(n, k.type, k.value);
	}
	assert_int_equal(fact_finish(n, &f, NULL), 0);
	return f;
}

static u8 quality = 95;

static u64 see_recorded(const char *network, int vantage, i64 seconds, i64 recorded, const char *keys)
{
	struct identity_look look = { .claims = claims_of, .firm = firm, .root = root, .forbidden = forbidden,
		.next_asset = next_asset };
	struct fact f = subject(network, vantage, keys);
	struct seen s = { .at = { .ms = T0 + seconds * 1000 }, .qod = quality };

	assert_int_equal(identity_resolve(a, &look, &f, &s, (struct utc){ .ms = T0 + recorded * 1000 }, 0, &last), 0);
	if (last.created)
		next_asset++;
	for (size_t i = 0; i < last.nmerges; i++)
		if (!last.merges[i].conflict)
			identity_edges_add(edges, &(struct identity_edge){ .a = last.merges[i].from, .b = last.merges[i].into });
	for (size_t i = 0; i < last.nchanges; i++)
		apply(&last.changes[i]);
	return last.asset;
}

static u64 see(const char *network, int vantage, i64 seconds, const char *keys)
{
	return see_recorded(network, vantage, seconds, seconds + 1, keys);
}

/* Who holds a lease at that time: 0 nobody. */
static u64 holder(enum fact_key_type type, const char *value, i64 seconds)
{
	u64 who = 0;

	for (size_t i = 0; i < world.n; i++) {
		const struct claim *c = &world.p[i];

		if (c->type != type || !str_eq(c->value, str_z(value)) ||
		    !claim_valid(c, (struct utc){ .ms = T0 + seconds * 1000 }))
			continue;
		assert_true(who == 0 || who == root(NULL, c->asset));	/* never two at once; merged ones are one */
		who = root(NULL, c->asset);
	}
	return who;
}

void test_identity__mac_on_link_joins_in_its_network_only(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" M1), 1);
	assert_true(last.created && !last.provisional && !last.by_lease);
	assert_int_equal(see("lab", 1, 10, "ip:10.7.0.9 mac:" M1), 1);
	assert_int_equal(see("lab", 1, 900 * HOUR, "mac:" M1), 1);	/* no lease: does not run out */
	assert_int_equal(see("other", 1, 20, "ip:10.7.0.1 mac:" M1), 2);
	arena_free(a);
}

void test_identity__firm_keys_join_across_networks(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "mac:" M1 " serial:Acme|X1|7"), 1);
	assert_int_equal(see("other", 3, 10, "ip:192.0.2.1 serial:Acme|X1|7"), 1);
	assert_int_equal(see("other", 2, 20, "ip:192.0.2.1"), 1);
	assert_true(last.by_lease && !last.provisional);
	arena_free(a);
}

void test_identity__leases_alone_are_provisional_for_a_day(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 2, 0, "ip:10.7.0.1"), 1);
	assert_true(last.provisional);
	assert_int_equal(see("lab", 2, 24 * HOUR, "ip:10.7.0.1"), 1);
	assert_int_equal(see("lab", 2, 48 * HOUR + 1, "ip:10.7.0.1"), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 48 * HOUR), 1);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 48 * HOUR + 2), 2);
	arena_free(a);
}

void test_identity__random_mac_is_a_lease(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" RANDOM_MAC), 1);
	assert_true(last.provisional);
	assert_int_equal(see("lab", 1, HOUR, "ip:10.7.0.5 mac:" RANDOM_MAC), 1);
	assert_int_equal(see("lab", 1, 26 * HOUR, "ip:10.7.0.5 mac:" RANDOM_MAC), 2);
	arena_free(a);
}

/* Section 0 of the plan: two hosts swap addresses on the segment. Macs keep their assets, addresses move. */
void test_identity__swap_on_the_segment(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 1, 1, "ip:10.7.0.2 mac:" M2), 2);
	assert_int_equal(see("lab", 1, 100, "ip:10.7.0.2 mac:" M1), 1);
	assert_int_equal(see("lab", 1, 101, "ip:10.7.0.1 mac:" M2), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 50), 1);
	assert_int_equal(holder(KEY_IP, "10.7.0.2", 50), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 102), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.2", 102), 1);
	assert_int_equal(see("lab", 2, 110, "ip:10.7.0.1"), 2);
	arena_free(a);
}

/* The facts of one scan come in any order; what is older than the taking still belongs to whom its MAC says. */
void test_identity__older_sightings_take_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 100, "ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 1, 50, "ip:10.7.0.1 mac:" M2), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 101), 1);
	assert_int_equal(see("lab", 1, 40, "ip:10.7.0.1 mac:" M2), 2);
	assert_int_equal(see("lab", 1, 200, "ip:10.7.0.1 mac:" M2), 2);	/* now it takes */
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 201), 2);
	assert_int_equal(see("lab", 1, 195, "ip:10.7.0.1 mac:" M2), 2);	/* and had it a little earlier */
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 196), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 150), 1);
	arena_free(a);
}

/* Through a router no MAC speaks: a lease alone joins, until another fingerprint at the same where appears. */
void test_identity__swap_through_a_router(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("far", 2, 0, "ip:10.9.0.1 hostkey:22/ed25519/aaa"), 1);
	assert_int_equal(see("far", 2, 1, "ip:10.9.0.2 hostkey:22/ed25519/bbb"), 2);
	assert_int_equal(see("far", 2, 100, "ip:10.9.0.1 hostkey:22/ed25519/bbb"), 3);
	assert_true(last.provisional && last.created);
	assert_int_equal(see("far", 2, 101, "ip:10.9.0.2 hostkey:22/ed25519/aaa"), 4);
	assert_int_equal(holder(KEY_IP, "10.9.0.1", 99), 1);
	assert_int_equal(holder(KEY_IP, "10.9.0.1", 102), 3);
	/* another place is no contradiction, and what is bound once is compared */
	assert_int_equal(see("far", 2, 110, "ip:10.9.0.1 cert:443/c1"), 3);
	assert_int_equal(see("far", 2, 120, "ip:10.9.0.1 cert:8443/c2"), 3);
	assert_int_equal(see("far", 2, 130, "ip:10.9.0.1 cert:443/c9"), 5);
	arena_free(a);
}

void test_identity__same_mac_may_change_its_host_key(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "hostkey:22/ed25519/aaa ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 1, 9, "hostkey:22/ed25519/bbb ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 2, 10, "hostkey:22/ed25519/bbb ip:10.7.0.1"), 1);
	assert_int_equal(see("lab", 2, 11, "hostkey:22/ed25519/aaa ip:10.7.0.1"), 2);
	arena_free(a);
}

void test_identity__a_document_takes_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 5, 10, "ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 5, 20, "ip:10.7.0.1 mac:" M2), 2);	/* says otherwise, proves nothing */
	assert_true(last.provisional);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 21), 1);
	assert_int_equal(see("lab", 1, 30, "mac:" M2), 2);		/* then it answers on the wire */
	assert_false(last.provisional);
	arena_free(a);
}

void test_identity__first_mac_at_a_lease_joins_its_holder(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 2, 0, "ip:10.7.0.1"), 1);
	assert_int_equal(see("lab", 1, 10, "ip:10.7.0.1 mac:" M1), 1);
	assert_false(last.provisional);
	assert_int_equal(see("lab", 1, 20, "ip:10.7.0.1 mac:" M2), 2);
	arena_free(a);
}

void test_identity__known_mac_at_a_foreign_lease_joins_the_mac(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "mac:" M1), 1);
	assert_int_equal(see("lab", 2, 1, "ip:10.7.0.5"), 2);
	assert_int_equal(see("lab", 1, 2, "ip:10.7.0.5 mac:" M1), 1);
	assert_int_equal(holder(KEY_IP, "10.7.0.5", 3), 1);
	assert_int_equal(last.nmerges, 0);
	arena_free(a);
}

void test_identity__two_firm_keys_together_merge(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "mac:" M1), 1);
	assert_int_equal(see("lab", 3, 1, "serial:Acme|X1|7"), 2);
	assert_int_equal(see("lab", 1, 2, "mac:" M1 " serial:Acme|X1|7"), 1);
	assert_int_equal(last.nmerges, 1);
	assert_false(last.merges[0].conflict);
	assert_int_equal(see("lab", 3, 3, "serial:Acme|X1|7"), 1);
	/* another serial is another thing, whatever MAC is claimed for it */
	assert_int_equal(see("lab", 3, 4, "serial:Acme|X1|8"), 3);
	assert_int_equal(see("lab", 1, 5, "mac:" M1 " serial:Acme|X1|8"), 3);
	assert_true(last.nmerges == 1 && last.merges[0].conflict);
	assert_int_equal(see("lab", 1, 6, "mac:" M1), 1);
	arena_free(a);
}

void test_identity__a_split_forbids_the_merge(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "mac:" M1), 1);
	assert_int_equal(see("lab", 3, 1, "serial:Acme|X1|7"), 2);
	identity_edges_add(edges, &(struct identity_edge){ .a = 2, .b = 1, .forbid = true });
	assert_int_equal(see("lab", 1, 2, "mac:" M1 " serial:Acme|X1|7"), 2);
	assert_true(last.nmerges == 1 && last.merges[0].conflict);
	assert_int_equal(see("lab", 1, 3, "mac:" M1), 1);
	arena_free(a);
}

void test_identity__a_wrong_clock_takes_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see_recorded("lab", 1, 100000, 10, "ip:10.7.0.1 mac:" M2), 2);
	assert_true(last.clock);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 11), 1);
	assert_int_equal(see_recorded("lab", 1, 100000, 20, "mac:" M2), 2);
	arena_free(a);
}

void test_identity__what_decides_nothing_takes_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" M1), 1);
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.2 mac:" M2), 2);
	quality = SEEN_QOD_DECIDES - 1;
	assert_int_equal(see("lab", 1, 60, "ip:10.7.0.1 mac:" M2), 2);		/* whose it is; the address stays */
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 60), 1);
	see("lab", 1, 60, "mac:" M1 " mac:" M2);
	assert_true(last.nmerges == 1 && last.merges[0].conflict);
	quality = 95;
	assert_int_equal(see("lab", 1, 120, "ip:10.7.0.1 mac:" M2), 2);
	assert_int_equal(holder(KEY_IP, "10.7.0.1", 120), 2);
	arena_free(a);
}

void test_identity__edges(void **state)
{
	u64 *all;

	(void)state;
	begin();
	assert_int_equal(identity_root(edges, 77), 77);
	identity_edges_add(edges, &(struct identity_edge){ .a = 5, .b = 9 });
	identity_edges_add(edges, &(struct identity_edge){ .a = 9, .b = 3 });
	assert_int_equal(identity_root(edges, 5), 3);
	assert_int_equal(identity_members(a, edges, 9, &all), 3);
	assert_int_equal(all[2], 9);
	identity_edges_add(edges, &(struct identity_edge){ .a = 3, .b = 9, .forbid = true });
	assert_int_equal(identity_root(edges, 9), 5);
	assert_int_equal(identity_root(edges, 3), 3);
	assert_true(identity_forbidden(edges, 5, 3));	/* 5 is one with 9 */
	assert_false(identity_forbidden(edges, 5, 4));
	identity_edges_add(edges, &(struct identity_edge){ .a = 9, .b = 3 });
	assert_int_equal(identity_root(edges, 5), 3);
	assert_int_equal(identity_members(a, edges, 1000, &all), 1);
	arena_free(a);
}

void test_identity__split_moves_claims(void **state)
{
	struct claim_change *c;
	size_t n;

	(void)state;
	begin();
	assert_int_equal(see("lab", 1, 0, "ip:10.7.0.1 mac:" M1), 1);
	identity_split(a, world.p, 1, 8, (struct utc){ .ms = T0 + 5000 }, &c, &n);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].op, CLAIM_END);
	assert_int_equal(c[0].claim.end, CLAIM_MOVED);
	assert_int_equal(c[1].claim.asset, 8);
	assert_int_equal(c[1].claim.since.ms, T0 + 5000);
	assert_int_equal(c[1].claim.until.ms, 0);
	arena_free(a);
}

void test_identity__numbers_as_text(void **state)
{
	u64 n;

	(void)state;
	a = arena_new(NULL, 0);
	assert_str(identity_text(a, 42), "AST-42");
	assert_int_equal(identity_parse(S("AST-42"), &n), 0);
	assert_int_equal(n, 42);
	assert_int_equal(identity_parse(S("AST-0"), &n), ERR_SYNTAX);
	assert_int_equal(identity_parse(S("AST-042"), &n), ERR_SYNTAX);
	assert_int_equal(identity_parse(S("AST-"), &n), ERR_SYNTAX);
	assert_int_equal(identity_parse(S("ast-1"), &n), ERR_SYNTAX);
	arena_free(a);
}

/* Whatever is seen in whatever order: a lease never has two holders, and no claim ends before it began. */
void test_identity__any_sightings_keep_the_leases_sound(void **state)
{
	static const char *const keys[] = {
		"ip:10.7.0.1", "ip:10.7.0.1 mac:" M1, "ip:10.7.0.1 mac:" M2, "ip:10.7.0.2 mac:" M1, "ip:10.7.0.2 mac:" M2,
		"ip:10.7.0.2", "hostkey:22/e/a ip:10.7.0.1", "hostkey:22/e/b ip:10.7.0.1", "ip:10.7.0.1 mac:" RANDOM_MAC,
		"mac:" M1 " serial:A|B|1", "ip:10.7.0.2 serial:A|B|1", "ip:10.7.0.1 name:n",
	};

	(void)state;
	unit_seed(7);
	for (int round = 0; round < 100; round++) {
		begin();
		for (int i = 0; i < 30; i++) {
			(void)see_recorded("lab", 1 + (int)unit_rnd(3), (i64)unit_rnd(30) * 5 * HOUR / 4, 100 * HOUR,
			    keys[unit_rnd(countof(keys))]);
			for (i64 t = 0; t < 50; t += 3) {
				(void)holder(KEY_IP, "10.7.0.1", t * HOUR);
				(void)holder(KEY_IP, "10.7.0.2", t * HOUR);
			}
			for (size_t k = 0; k < world.n; k++) {
				assert_true(world.p[k].since.ms <= world.p[k].last.ms);
				assert_true(world.p[k].until.ms == 0 || world.p[k].until.ms >= world.p[k].since.ms);
				for (size_t m = 0; m < k; m++)		/* a claim can be named */
					assert_false(world.p[k].asset == world.p[m].asset && world.p[k].type == world.p[m].type &&
					    world.p[k].since.ms == world.p[m].since.ms && str_eq(world.p[k].value, world.p[m].value));
			}
		}
		arena_free(a);
	}
}
