/* What the store promises on either engine. */
#include "store_test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BED(n) struct bed b; (void)state; bed_new(&b); bed_open(&b); bed_fill(&b, (n))

void test_store__everything_committed_is_returned(void **state)
{
	BED(3);
	for (int again = 0; again < 2; again++) {
		for (u64 seq = 0; seq < 3; seq++)
			bed_assert_entry(&b, seq);
		assert_int_equal(b.head.size, 3);
		assert_int_equal(b.head.epoch, 1);
		assert_str(b.head.origin, "korobanu.invalid/0011223344556677/1");
		assert_int_equal(b.head.edge.n, 64);
		bed_close(&b);
		bed_open(&b);
	}
	assert_int_equal(store_schema_version(b.st), store_schema_newest());
	assert_int_equal(store_check(b.st), 0);
	bed_end(&b);
}

void test_store__an_empty_store_says_so(void **state)
{
	struct store_entry *e;
	struct store_checkpoint c;
	struct str s;
	size_t n;
	u64 id;

	BED(0);
	assert_int_equal(b.head.epoch, 0);
	assert_int_equal(b.head.size, 0);
	assert_int_equal(store_get_entries(b.st, b.a, 0, 10, &e, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_get_commits(b.st, b.a, 0, &s), ERR_NOTFOUND);
	assert_int_equal(store_get_last_checkpoint(b.st, b.a, false, &c), ERR_NOTFOUND);
	assert_int_equal(store_get_meta(b.st, b.a, S("x"), &s), ERR_NOTFOUND);
	assert_int_equal(store_next_asset(b.st, &id), 0);
	assert_int_equal(id, 1);
	bed_end(&b);
}

void test_store__a_chunk_twice_changes_nothing(void **state)
{
	struct store_batch *k;
	struct str chunks[3] = { S("new-1"), S("chunk-1"), S("new-2") };
	struct store_head head;
	size_t bad = 99, n;
	struct store_items *items;
	bool found;

	BED(2);
	k = bed_batch(&b);
	k->chunks = chunks;
	k->nchunks = 3;
	assert_int_equal(bed_commit(&b, k, &bad), ERR_EXISTS);
	assert_int_equal(bad, 1);
	assert_non_null(strstr(store_why(b.st), "chunk 1"));
	assert_false(store_is_dead(b.st));
	assert_int_equal(store_get_head(b.st, b.a, &head), 0);
	assert_int_equal(head.size, 2);
	assert_int_equal(store_has_chunk(b.st, S("new-1"), &found, NULL), 0);
	assert_false(found);
	assert_int_equal(store_items_at(b.st, b.a, 2, &items, &n), 0);
	assert_int_equal(n, 0);
	chunks[1] = S("new-1");		/* twice in one batch is the same mistake */
	assert_int_equal(bed_commit(&b, k, &bad), ERR_EXISTS);
	assert_int_equal(bad, 1);
	chunks[1] = S("new-3");
	assert_int_equal(bed_commit(&b, k, &bad), 0);
	bed_end(&b);
}

void test_store__an_entry_must_follow_the_head(void **state)
{
	struct store_batch *k;
	struct store_head was, now;
	struct store_entry e;

	BED(2);
	k = bed_batch(&b);
	was = *k->was;
	was.root[7] ^= 1;
	k->was = &was;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_CONFLICT);
	was = b.head;
	was.size = 1;			/* a head of the past, with an entry that follows it */
	now = *k->now;
	now.size = 2;
	e = *k->entry;
	e.seq = 1;
	*k = (struct store_batch){ .entry = &e, .was = &was, .now = &now };
	assert_int_equal(bed_commit(&b, k, NULL), ERR_CONFLICT);
	e.seq = 5;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	k->was = NULL;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	*k = (struct store_batch){ .chunks = &(struct str){ .p = "c", .n = 1 }, .nchunks = 1 };
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	bed_fill(&b, 1);
	assert_int_equal(b.head.size, 3);
	bed_end(&b);
}

void test_store__a_new_epoch_begins_where_the_old_one_ended(void **state)
{
	struct store_batch *k;
	struct store_head now;
	struct store_tile tile = { .level = 0, .n = 0 };
	u8 bytes[256 * STORE_HASH];
	struct str s;

	BED(2);
	k = bed_batch(&b);
	now = (struct store_head){ .epoch = 2, .first = 2, .size = 1, .edge = S("e"),
		.origin = S("korobanu.invalid/x/2") };
	k->now = &now;
	memset(bytes, 7, sizeof bytes);
	tile.hashes = str_of(bytes, sizeof bytes);
	k->tiles = &tile;
	k->ntiles = 1;
	now.size = 3;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	now.size = 1;
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	bed_close(&b);
	bed_open(&b);
	assert_int_equal(b.head.epoch, 2);
	assert_int_equal(b.head.first, 2);
	assert_int_equal(store_get_tile(b.st, b.a, 2, 0, 0, &s), 0);
	assert_true(str_eq(s, tile.hashes));
	assert_int_equal(store_get_tile(b.st, b.a, 1, 0, 0, &s), ERR_NOTFOUND);
	bed_fill(&b, 1);
	assert_int_equal(b.head.first + b.head.size, 4);
	bed_end(&b);
}

void test_store__wrong_arguments_are_refused_alike(void **state)
{
	struct store_batch *k;
	struct store_object o = { .type = S("run"), .id = S("a\0b"), .body = S("") };
	struct store_tile tile = { .hashes = S("short") };
	struct store_asset as = { .id = 1, .name = S("\xff\xfe") };
	struct store_expiry ex = { .asset = 1, .at = { .ms = -5 } };
	struct str zones[1] = { S("") };

	BED(1);
	k = bed_batch(&b);
	k->objects = &o;
	k->nobjects = 1;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	k->nobjects = 0;
	k->tiles = &tile;
	k->ntiles = 1;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	k->ntiles = 0;
	k->assets = &as;
	k->nassets = 1;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	k->nassets = 0;
	k->expiry = &ex;
	k->nexpiry = 1;
	assert_int_equal(bed_commit(&b, k, NULL), ERR_ARG);
	k->nexpiry = 0;
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	assert_int_equal(store_set_zones(b.st, zones, 1), ERR_ARG);
	bed_end(&b);
}

void test_store__items_are_found_by_place_part_and_asset(void **state)
{
	struct store_items it, *list;
	size_t n;

	BED(3);
	assert_int_equal(store_get_item(b.st, b.a, 1, 3, &it), 0);
	assert_int_equal(it.first, 2);
	assert_int_equal(it.asset, 4);
	assert_int_equal(store_get_item(b.st, b.a, 1, 4, &it), ERR_NOTFOUND);
	assert_int_equal(store_get_item(b.st, b.a, 7, 0, &it), ERR_NOTFOUND);
	assert_int_equal(store_get_item(b.st, b.a, UINT64_MAX, 0, &it), ERR_NOTFOUND);
	assert_int_equal(store_get_part(b.st, b.a, 2, 5, &it), 0);
	assert_int_equal(it.part, 4);
	assert_int_equal(store_get_part(b.st, b.a, 2, 8, &it), ERR_NOTFOUND);
	assert_int_equal(store_items_of(b.st, b.a, 4, 0, UINT64_MAX, 10, &list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_items_of(b.st, b.a, 4, 0, 1, 10, &list, &n), 0);
	assert_int_equal(n, 0);
	bed_end(&b);
}

void test_store__a_split_regroups_earlier_items(void **state)
{
	struct store_batch *k;
	struct store_items *list, two[2];
	size_t n;

	BED(1);
	assert_int_equal(store_items_at(b.st, b.a, 0, &list, &n), 0);
	two[0] = two[1] = list[0];
	two[0].n = 1;
	two[0].salts.n = 2 * STORE_SALT;
	two[1].first = 1;
	two[1].n = 1;
	two[1].part = 2;
	two[1].salts = str_from(list[0].salts, 2 * STORE_SALT);
	two[1].asset = 77;
	k = bed_batch(&b);
	*k = (struct store_batch){ .entry = k->entry, .was = k->was, .now = k->now, .items = two, .nitems = 2 };
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	assert_int_equal(store_items_of(b.st, b.a, 77, 0, 9, 10, &list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].first, 1);
	assert_int_equal(store_items_at(b.st, b.a, 0, &list, &n), 0);
	assert_int_equal(n, 3);
	bed_end(&b);
}

void test_store__zones_hide_what_is_outside(void **state)
{
	struct str tokyo[] = { S("tokyo") }, toky[] = { S("toky"), S("tokyo/a/b") }, both[] = { S("osaka"),
		S("tokyo/a") };
	struct store_items *items, it;
	struct store_asset *page, as;
	struct store_claim *claims;
	struct store_expiry *due;
	struct store_verdict ve;
	struct store_change *ch;
	struct store_object *ob;
	struct store_evidence ev;
	struct str cursor;
	size_t n;
	u64 count;
	const struct store_page p = { .sort = STORE_BY_NAME, .limit = 100 };
	const struct utc later = { .ms = INT64_MAX };

	BED(2);
	assert_int_equal(store_set_zones(b.st, tokyo, 1), 0);
	assert_int_equal(store_items_at(b.st, b.a, 0, &items, &n), 0);
	assert_int_equal(n, 1);
	assert_str(items[0].zone, "tokyo/a");
	assert_int_equal(store_items_of(b.st, b.a, 2, 0, 9, 9, &items, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_get_item(b.st, b.a, 0, 2, &it), ERR_NOTFOUND);
	assert_int_equal(store_get_part(b.st, b.a, 0, 4, &it), ERR_NOTFOUND);
	assert_int_equal(store_get_asset(b.st, b.a, 1, &as), 0);
	assert_int_equal(store_get_asset(b.st, b.a, 2, &as), ERR_NOTFOUND);
	assert_int_equal(store_get_state(b.st, b.a, 2, &as), ERR_NOTFOUND);
	assert_int_equal(store_count_assets(b.st, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(store_page_assets(b.st, b.a, &p, &page, &n, &cursor), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_find_key(b.st, b.a, S("lab"), S("mac"), S("02:00:00:00:00:02"), &claims, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_claims_of(b.st, b.a, 1, &claims, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_due(b.st, b.a, later, 100, &due, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_get_verdict(b.st, b.a, 2, &ve), ERR_NOTFOUND);
	assert_int_equal(store_get_verdict(b.st, b.a, 1, &ve), 0);
	assert_int_equal(store_changes_of(b.st, b.a, 2, 0, 9, &ch, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_list_objects(b.st, b.a, S("run"), S(""), 9, &ob, &n), 0);
	assert_int_equal(n, 2);
	/* a prefix of letters is no prefix of the path, and what lies deeper is not what lies here */
	assert_int_equal(store_set_zones(b.st, toky, 2), 0);
	assert_int_equal(store_count_assets(b.st, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(store_list_objects(b.st, b.a, S("run"), S(""), 9, &ob, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_get_evidence(b.st, b.a, 0, 1, &ev), ERR_NOTFOUND);
	assert_int_equal(store_set_zones(b.st, both, 2), 0);
	assert_int_equal(store_count_assets(b.st, &count), 0);
	assert_int_equal(count, 4);
	assert_int_equal(store_list_objects(b.st, b.a, S("run"), S(""), 9, &ob, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_set_zones(b.st, NULL, 0), 0);
	assert_int_equal(store_get_evidence(b.st, b.a, 0, 1, &ev), 0);
	assert_int_equal(ev.size, 64);
	bed_end(&b);
}

static int count_states(void *ctx, const struct store_asset *row)
{
	u64 *sum = ctx;

	assert_int_equal(row->state.n, 500);
	*sum += row->id;
	return row->id == 5 ? ERR_CANCELED : 0;
}

void test_store__states_are_walked_in_order(void **state)
{
	u64 sum = 0;

	BED(4);
	assert_int_equal(store_each_state(b.st, 5, count_states, &sum), 0);
	assert_int_equal(sum, 6 + 7 + 8);
	assert_int_equal(store_each_state(b.st, 3, count_states, &sum), ERR_CANCELED);
	assert_int_equal(sum, 21 + 4 + 5);
	bed_end(&b);
}

/* Walks all pages of one sort and returns how many assets it saw, each once and in order. */
static size_t walk_pages(struct bed *b, struct store_page p)
{
	struct store_asset *page, last = { 0 };
	size_t n, seen = 0;
	struct str cursor = { 0 };
	bool ids[64] = { false };

	do {
		p.cursor = cursor;
		assert_int_equal(store_page_assets(b->st, b->a, &p, &page, &n, &cursor), 0);
		for (size_t i = 0; i < n; i++) {
			int order = p.sort == STORE_BY_NAME ? str_cmp(last.name, page[i].name) :
				p.sort == STORE_BY_VENDOR ? str_cmp(last.vendor, page[i].vendor) :
				p.sort == STORE_BY_CLASS ? str_cmp(last.class, page[i].class) :
				p.sort == STORE_BY_LAST_SEEN ?
					(last.last_seen.ms > page[i].last_seen.ms) - (last.last_seen.ms < page[i].last_seen.ms) :
				p.sort == STORE_BY_ID ? (last.id > page[i].id) - (last.id < page[i].id) : 0;

			assert_false(ids[page[i].id]);
			ids[page[i].id] = true;
			if (seen++ > 0)
				assert_true(p.desc ? order >= 0 : order <= 0);
			last = page[i];
		}
	} while (cursor.n > 0);
	return seen;
}

void test_store__pages_sort_filter_and_continue(void **state)
{
	struct store_asset *page;
	struct str cursor;
	size_t n;

	BED(8);
	for (int sort = STORE_BY_ID; sort <= STORE_BY_LAST_SEEN; sort++)
		for (int desc = 0; desc < 2; desc++)
			for (size_t limit = 1; limit < 20; limit += 6) {
				struct store_page p = { .sort = (enum store_sort)sort, .desc = desc != 0,
					.limit = limit };

				assert_int_equal(walk_pages(&b, p), 16);
				p.class = S("plc");
				assert_int_equal(walk_pages(&b, p), 8);
				p.class = S("");
				p.vendor = S("Acme");
				assert_int_equal(walk_pages(&b, p), 5);
				p.network = S("elsewhere");
				assert_int_equal(walk_pages(&b, p), 0);
				p.vendor = p.network = S("");
				p.seen_from.ms = b.now.ms + 2;
				p.seen_to.ms = b.now.ms + 4;
				assert_int_equal(walk_pages(&b, p), 4);
			}
	assert_int_equal(store_page_assets(b.st, b.a, &(struct store_page){ .sort = STORE_BY_NAME, .limit = 3 },
		&page, &n, &cursor), 0);
	assert_true(cursor.n > 0);
	assert_int_equal(store_page_assets(b.st, b.a, &(struct store_page){ .sort = STORE_BY_CLASS, .limit = 3,
		.cursor = cursor }, &page, &n,
		&cursor), ERR_SYNTAX);
	cursor = S("0x");
	assert_int_equal(store_page_assets(b.st, b.a, &(struct store_page){ .limit = 3, .cursor = cursor }, &page,
		&n, &cursor), ERR_SYNTAX);
	bed_end(&b);
}

void test_store__erasing_takes_salt_bytes_and_hash(void **state)
{
	struct store_batch *k;
	const struct store_part gone[2] = { { .seq = 0, .part = 3 }, { .seq = 1, .part = 6 } };
	const struct store_part nowhere = { .seq = 0, .part = 8 };
	struct store_items it, cut;
	struct store_evidence ev;
	struct store_erased *er;
	struct store_object o = { .type = S("party"), .id = S("USR-7"), .zone = S("tokyo"), .body = S("a name") }, *h;
	struct store_forget forget = { .type = S("party"), .id = S("USR-7"), .seq = 2 };
	static const u8 zeros[STORE_SALT];
	struct str s;
	size_t n;

	BED(2);
	k = bed_batch(&b);
	o.seq = k->entry->seq;
	k->objects = &o;
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	assert_int_equal(store_get_item(b.st, b.a, 0, 0, &cut), 0);
	cut.body = S("without");
	k = bed_batch(&b);
	*k = (struct store_batch){ .entry = k->entry, .was = k->was, .now = k->now, .items = &cut, .nitems = 1,
		.erase = &nowhere,
		.nerase = 1 };
	assert_int_equal(bed_commit(&b, k, NULL), ERR_NOTFOUND);
	assert_int_equal(store_get_item(b.st, b.a, 0, 0, &it), 0);
	assert_int_equal(it.body.n, 200);	/* nothing changed */
	k->erase = gone;
	k->nerase = 2;
	k->forget = &forget;
	k->nforget = 1;
	assert_int_equal(bed_commit(&b, k, NULL), 0);
	assert_int_equal(store_get_part(b.st, b.a, 0, 3, &it), 0);
	assert_str(it.body, "without");
	assert_memory_equal(it.salts.p + 3 * STORE_SALT, zeros, STORE_SALT);
	assert_memory_equal(it.salts.p, cut.salts.p, 3 * STORE_SALT);
	assert_int_equal(store_get_part(b.st, b.a, 1, 6, &it), 0);
	assert_memory_equal(it.salts.p + 2 * STORE_SALT, zeros, STORE_SALT);
	assert_int_equal(store_get_evidence(b.st, b.a, 0, 1, &ev), 0);
	assert_int_equal(ev.place, STORE_ERASED);
	assert_int_equal(ev.body.n, 0);
	assert_memory_equal(ev.sha, zeros, STORE_HASH);
	assert_int_equal(store_get_evidence(b.st, b.a, 1, 1, &ev), 0);
	assert_int_equal(ev.place, STORE_INLINE);
	assert_int_equal(store_get_erased(b.st, b.a, 0, &er, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(er[0].part, 3);
	assert_int_equal(er[0].by, 3);
	assert_int_equal(store_get_commits(b.st, b.a, 0, &s), 0);
	assert_int_equal(s.n, 8 * STORE_HASH);	/* the commitments stay */
	assert_int_equal(store_object_history(b.st, b.a, S("party"), S("USR-7"), &h, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(h[0].body.n, 0);
	bed_end(&b);
}

void test_store__claims_expiry_and_verdicts_change_without_an_entry(void **state)
{
	struct store_claim cl = { .network = S("lab"), .type = S("mac"), .value = S("02:00:00:00:00:01"),
		.asset = 1, .remove = true }, *cls;
	struct store_expiry ex[2] = { { .asset = 1, .at = { .ms = 0 } }, { .asset = 2, .at = { .ms = 5 } } }, *due;
	struct store_change ch = { .asset = 1, .measure = S("M01"), .was = S("false"), .now = S("unknown"),
		.reason = S("expired"), .seq = 1 };
	struct store_verdict ve = { .asset = 1, .seq = 1, .body = S("v2") };
	struct store_change *chs;
	const struct store_batch k = { .claims = &cl, .nclaims = 1, .expiry = ex, .nexpiry = 2, .changes = &ch,
		.nchanges = 1,
		.verdicts = &ve, .nverdicts = 1 };
	struct utc later = { .ms = INT64_MAX };
	size_t n;

	BED(1);
	assert_int_equal(store_commit(b.st, &k, NULL), 0);
	assert_int_equal(store_claims_of(b.st, b.a, 1, &cls, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_due(b.st, b.a, later, 10, &due, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(due[0].asset, 2);
	assert_int_equal(due[0].at.ms, 5);
	assert_int_equal(store_changes_of(b.st, b.a, 1, 0, 10, &chs, &n), 0);
	assert_int_equal(n, 2);
	assert_str(chs[1].reason, "expired");
	assert_int_equal(store_changes_of(b.st, b.a, 1, chs[0].id, 10, &chs, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_get_verdict(b.st, b.a, 1, &ve), 0);
	assert_str(ve.body, "v2");
	bed_end(&b);
}

void test_store__who_shares_a_value(void **state)
{
	struct store_shared rows[] = {
		{ .field = S("key.fingerprint"), .value = S("aa"), .asset = 1, .seq = 0, .idx = 3 },
		{ .field = S("key.fingerprint"), .value = S("aa"), .asset = 2, .seq = 0, .idx = 4, .look = { .ms = 7 } },
		{ .field = S("key.fingerprint"), .value = S("bb"), .asset = 2, .seq = 0, .idx = 5 },
	}, *got;
	struct store_expiry ex[2] = { { .asset = 1, .at = { .ms = 900 } }, { .asset = 2, .at = { .ms = 900 } } }, *due;
	struct str tokyo[] = { S("tokyo") };
	struct utc soon = { .ms = 10 };
	u64 count;
	size_t n;

	BED(2);
	assert_int_equal(store_commit(b.st, &(struct store_batch){ .shared = rows, .nshared = 3, .expiry = ex, .nexpiry = 2 }, NULL), 0);
	assert_int_equal(store_shared_of(b.st, b.a, 2, &got, &n), 0);
	assert_int_equal(n, 2);
	assert_str(got[0].value, "aa");
	assert_int_equal(got[1].idx, 5);
	assert_int_equal(store_shared_by(b.st, b.a, S("key.fingerprint"), S("aa"), 0, 9, &got, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(got[0].asset, 1);
	assert_int_equal(store_shared_by(b.st, b.a, S("key.fingerprint"), S("aa"), 1, 9, &got, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].idx, 4);
	/* both holders are to be looked at, at the time given, whatever time they had */
	assert_int_equal(store_due(b.st, b.a, soon, 10, &due, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(due[0].at.ms, 7);
	/* the zone of asset 2 is another: it is counted and not named */
	assert_int_equal(store_set_zones(b.st, tokyo, 1), 0);
	assert_int_equal(store_shared_by(b.st, b.a, S("key.fingerprint"), S("aa"), 0, 9, &got, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_shared_of(b.st, b.a, 2, &got, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_shared_count(b.st, S("key.fingerprint"), S("aa"), &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(store_set_zones(b.st, NULL, 0), 0);
	rows[0].remove = true;
	assert_int_equal(store_commit(b.st, &(struct store_batch){ .shared = rows, .nshared = 1 }, NULL), 0);
	assert_int_equal(store_shared_count(b.st, S("key.fingerprint"), S("aa"), &count), 0);
	assert_int_equal(count, 1);
	bed_end(&b);
}

void test_store__objects_keep_their_history(void **state)
{
	struct store_object o = { .type = S("scope"), .id = S("s1"), .zone = S("tokyo"), .body = S("one") }, got, *list;
	struct store_batch *k;
	size_t n;

	BED(1);
	for (int i = 0; i < 3; i++) {
		k = bed_batch(&b);
		o.seq = k->entry->seq;
		o.body = i == 0 ? S("one") : S("two");
		o.remove = i == 2;
		*k = (struct store_batch){ .entry = k->entry, .was = k->was, .now = k->now, .objects = &o,
			.nobjects = 1 };
		assert_int_equal(bed_commit(&b, k, NULL), 0);
	}
	assert_int_equal(store_get_object(b.st, b.a, S("scope"), S("s1"), &got), ERR_NOTFOUND);
	assert_int_equal(store_get_object_at(b.st, b.a, S("scope"), S("s1"), 0, &got), ERR_NOTFOUND);
	assert_int_equal(store_get_object_at(b.st, b.a, S("scope"), S("s1"), 1, &got), 0);
	assert_str(got.body, "one");
	assert_int_equal(store_get_object_at(b.st, b.a, S("scope"), S("s1"), 2, &got), 0);
	assert_str(got.body, "two");
	assert_int_equal(store_get_object_at(b.st, b.a, S("scope"), S("s1"), 3, &got), ERR_NOTFOUND);
	assert_int_equal(store_object_history(b.st, b.a, S("scope"), S("s1"), &list, &n), 0);
	assert_int_equal(n, 3);
	o = (struct store_object){ .type = S("scope"), .id = S("p"), .zone = S("tokyo"), .body = S("50%"),
		.passing = true };
	assert_int_equal(store_commit(b.st, &(struct store_batch){ .objects = &o, .nobjects = 1 }, NULL), 0);
	assert_int_equal(store_get_object(b.st, b.a, S("scope"), S("p"), &got), 0);
	assert_str(got.body, "50%");
	assert_int_equal(store_object_history(b.st, b.a, S("scope"), S("p"), &list, &n), 0);
	assert_int_equal(n, 0);
	bed_end(&b);
}

void test_store__texts_checkpoints_and_meta(void **state)
{
	struct store_text t[2] = { { .kind = S("rule"), .name = S("M01"), .body = S("none(...)") } }, got, *list;
	struct store_checkpoint c = { .epoch = 1, .size = 1, .note = S("note") }, *cs, last;
	struct str s;
	size_t n;

	BED(1);
	t[1] = t[0];
	t[1].sha[0] = 1;
	assert_int_equal(store_commit(b.st, &(struct store_batch){ .texts = t, .ntexts = 2 }, NULL), 0);
	t[0].body = S("forged");
	assert_int_equal(store_commit(b.st, &(struct store_batch){ .texts = t, .ntexts = 1 }, NULL), 0);
	assert_int_equal(store_get_text(b.st, b.a, t[0].sha, &got), 0);
	assert_str(got.body, "none(...)");
	assert_int_equal(store_list_texts(b.st, b.a, S("rule"), &list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_put_checkpoint(b.st, &c), 0);
	assert_int_equal(store_put_checkpoint(b.st, &c), 0);
	c.note = S("other");
	assert_int_equal(store_put_checkpoint(b.st, &c), ERR_CONFLICT);
	assert_int_equal(store_get_last_checkpoint(b.st, b.a, true, &last), ERR_NOTFOUND);
	assert_int_equal(store_mark_published(b.st, 1, 1), 0);
	assert_int_equal(store_mark_published(b.st, 1, 2), ERR_NOTFOUND);
	assert_int_equal(store_get_last_checkpoint(b.st, b.a, true, &last), 0);
	assert_str(last.note, "note");
	assert_int_equal(store_get_checkpoints(b.st, b.a, 1, 0, 10, &cs, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_put_meta(b.st, S("mapping"), S("x\0y")), 0);
	assert_int_equal(store_put_meta(b.st, S("mapping"), S("z\0y")), 0);
	assert_int_equal(store_get_meta(b.st, b.a, S("mapping"), &s), 0);
	assert_true(str_eq(s, S("z\0y")));
	assert_int_equal(store_put_meta(b.st, S("schema"), S("9")), ERR_ARG);
	bed_end(&b);
}

void test_store__an_answer_larger_than_its_arena_is_an_error(void **state)
{
	struct arena *small = arena_new(NULL, 300);
	struct store_asset as = { .id = 42 };

	BED(1);
	assert_int_equal(store_get_state(b.st, small, 1, &as), ERR_NOMEM);
	assert_int_equal(as.id, 42);
	assert_int_equal(store_get_state(b.st, b.a, 1, &as), 0);
	arena_free(small);
	bed_end(&b);
}

void test_store__a_snapshot_reads_and_ends(void **state)
{
	struct store_head h;
	struct str zones[1] = { S("tokyo") };

	BED(1);
	assert_int_equal(store_snapshot_begin(b.st), 0);
	assert_int_equal(store_get_head(b.st, b.a, &h), 0);
	assert_int_equal(h.size, 1);
	store_snapshot_end(b.st);
	assert_int_equal(store_set_zones(b.st, zones, 1), 0);
	bed_fill(&b, 1);
	bed_end(&b);
}

void test_store__a_store_opened_for_reading_is_not_written(void **state)
{
	struct store_opts opts = { .read_only = true };
	struct str zones[1] = { S("osaka") };
	u64 count;

	BED(2);
	bed_close(&b);
	assert_int_equal(store_open(b.where, &opts, &b.st, NULL), 0);
	bed_assert_entry(&b, 1);
	assert_int_equal(store_check(b.st), 0);
	assert_int_equal(bed_commit(&b, bed_batch(&b), NULL), ERR_DENIED);
	assert_int_equal(store_put_meta(b.st, S("x"), S("y")), ERR_DENIED);
	bed_close(&b);
	opts.zones = zones;
	opts.nzones = 1;
	assert_int_equal(store_open(b.where, &opts, &b.st, NULL), 0);
	assert_int_equal(store_count_assets(b.st, &count), 0);
	assert_int_equal(count, 2);
	bed_end(&b);
}

void test_store__a_second_writer_is_kept_out(void **state)
{
	struct store *other = NULL;
	int status;
	pid_t pid;

	BED(1);
	pid = fork();		/* another process: file locks belong to one */
	if (pid == 0) {
		int r = store_open(b.where, NULL, &other, NULL);

		_exit(r == ERR_BUSY ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	bed_end(&b);
}

/* A child commits and writes down, byte by byte in a pipe, what was acknowledged; it is killed at some moment. */
static u64 commit_until_killed(struct bed *b, unsigned after_us)
{
	int fds[2], status;
	char byte;
	u64 acknowledged = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		bed_open(b);
		for (int i = 0; i < 100000; i++)
			if (bed_commit(b, bed_batch(b), NULL) != 0 || write(fds[1], "k", 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) == 1)
		acknowledged++;
	usleep(after_us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (read(fds[0], &byte, 1) == 1)
		acknowledged++;
	close(fds[0]);
	return acknowledged;
}

void test_store__nothing_acknowledged_is_lost_or_doubled_by_kill(void **state)
{
	struct bed b;
	u64 seq = 0, known = 0;
	struct store_items *items;
	size_t n;
	bool found;
	const int rounds = bed_is_pg() ? 4 : 12;

	(void)state;
	bed_new(&b);
	bed_open(&b);		/* the schema first, so that the child's time goes into commits */
	bed_close(&b);
	for (int round = 0; round < rounds; round++) {
		known += commit_until_killed(&b, 500 + 3000 * (unsigned)round);
		bed_open(&b);
		assert_true(b.head.size >= known);
		assert_true(b.head.size <= known + 1);	/* the one whose acknowledgement was killed */
		known = b.head.size;
		assert_int_equal(store_check(b.st), 0);
		for (; seq < known; seq++)
			bed_assert_entry(&b, seq);
		assert_int_equal(store_items_at(b.st, b.a, known, &items, &n), 0);
		assert_int_equal(n, 0);
		assert_int_equal(store_has_chunk(b.st, str_printf(b.a, "chunk-%llu", (unsigned long long)known),
			&found, NULL), 0);
		assert_false(found);
		bed_close(&b);
	}
	bed_end(&b);
}
