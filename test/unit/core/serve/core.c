#include "serve_test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static i64 began;		/* second 0 of this test: an hour ago */
static i64 ahead;

/* The text of the rule is the name it looks for; "" while no text is kept, and then it is telnet. */
static char rule[16];
static struct store_text texts[2];

/* The one rule: telnet seen is "fail", gone "pass", else "unknown" with a reason; a key that surely another holds too is "fail shared". */
static int judge(void *ctx, struct arena *a, u64 asset, const struct state *st, struct utc now, u64 size, struct str was,
	struct serve_verdicts *ret)
{
	struct state_cursor c = state_values(st, kind_latest(S("service")), now);
	struct store_change *change = arena_alloc(a, sizeof *change);
	const char *answer = "unknown", *why = state_lost(st) ? "erased" : "not_covered";
	struct state_value v;
	size_t npeers;
	const struct state_peer *peers = state_peers(st, &npeers);

	(void)asset;
	(void)size;
	while (state_next(&c, &v)) {
		const struct state_field *f = state_field(&v, S("name"));

		if (v.with == STATE_CURRENT && f != NULL && str_eq(f->v.s, ctx == NULL ? S("telnet") : *(struct str *)ctx)) {
			answer = "fail";
			why = "";
		} else if (answer[0] == 'u') {
			answer = v.with == STATE_GONE ? "pass" : "unknown";
			why = v.with == STATE_GONE ? "" : state_with_name(v.with);
		}
	}
	for (size_t i = 0; i < npeers; i++) {
		if (peers[i].apart) {
			answer = "fail";
			why = "shared";
		}
	}
	*ret = (struct serve_verdicts){ .body = str_printf(a, "%s %s", answer, why), .changes = change };
	if (!str_eq(was, ret->body)) {
		struct str rest = was;

		*change = (struct store_change){ .measure = S("telnet"), .was = str_cut(&rest, ' '), .now = str_z(answer),
			.reason = str_z(why) };
		ret->nchanges = 1;
	}
	return 0;
}

static size_t get_texts(void *ctx, const struct store_text **ret)
{
	(void)ctx;
	*ret = texts;
	return rule[0] == '\0' ? 0 : countof(texts);
}

static int get_past(struct arena *a, const struct store_text *set, const struct store_text *of, size_t n, void **ret)
{
	struct str *name = arena_alloc(a, sizeof *name);

	assert_int_equal(n, 1);
	*name = str_dup(a, of[0].body);
	if (str_eq(set->name, S("foreign"))) {
		return ERR_NEWER;
	}
	*ret = name;
	return 0;
}

static const struct serve_parts parts = { .judge = judge };
static const struct serve_parts parts_with_texts = { .judge = judge, .texts = get_texts, .past = get_past };

static void open_core(struct core *c)
{
	c->a = arena_new(NULL, 0);
	assert_int_equal(serve_open(c->a, rule[0] == '\0' ? &parts : &parts_with_texts, &c->s), 0);
	if (rule[0] != '\0') {
		struct str *name = arena_alloc(c->s->a, sizeof *name);

		*name = str_z(rule);
		c->s->ctx = name;
	}
	c->s->ahead_ms = ahead;
}

static void close_core(struct core *c)
{
	serve_close(c->s);
	arena_free(c->a);
}

void core_begin(struct core *c)
{
	*c = (struct core){ .dir = "/tmp/korobanu-serve-XXXXXX" };
	c->home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_non_null(mkdtemp(c->dir));
	assert_int_equal(chdir(c->dir), 0);
	rule[0] = '\0';
	ahead = 0;
	began = utc_now().ms - 3600 * SECOND_MS;	/* what tests see lies in the past */
	open_core(c);
}

void core_again(struct core *c)
{
	close_core(c);
	open_core(c);
}

void core_rule(struct core *c, const char *name, const char *set)
{
	struct arena *a = arena_new(NULL, 0);
	static char body[128];
	struct hash h;

	serve_close(c->s);
	arena_free(c->a);
	memcpy(rule, name, strlen(name) + 1);
	texts[0] = (struct store_text){ .kind = S("rule"), .name = S("R"), .body = str_z(rule) };
	h = hash_bytes(texts[0].body);
	memcpy(texts[0].sha, h.b, sizeof texts[0].sha);
	snprintf(body, sizeof body, "{\"texts\":[\"%.*s\"]}", STRF(str_hex(a, h.b, sizeof h.b)));
	texts[1] = (struct store_text){ .kind = S("set"), .name = str_z(set), .body = str_z(body) };
	h = hash_bytes(texts[1].body);
	memcpy(texts[1].sha, h.b, sizeof texts[1].sha);
	arena_free(a);
	open_core(c);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void core_end(struct core *c)
{
	close_core(c);
	assert_int_equal(fchdir(c->home), 0);
	close(c->home);
	assert_int_equal(nftw(c->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void core_later(struct core *c, i64 seconds)
{
	ahead += seconds * SECOND_MS;
	c->s->ahead_ms = ahead;
}

struct fact_new *core_fact(struct core *c, const char *kind, int vantage, const char *const *keys)
{
	struct fact_new *n = fact_new(c->a, S("lab"), str_z(kind), vantage, S("test/1"));

	for (; *keys != NULL; keys++) {
		struct fact_key k;

		assert_int_equal(fact_key_parse(str_z(*keys), &k), 0);
		fact_key(n, k.type, k.value);
	}
	return n;
}

struct item *core_add(struct core *c, struct fact_new *n, i64 seconds, u8 qod)
{
	struct item *it = &c->items[c->n++];
	struct errlist errs = { 0 };

	must(c->n <= countof(c->items));
	*it = (struct item){ .type = ITEM_FACT, .seen = { .at = { began + seconds * SECOND_MS }, .class = 1, .qod = qod,
		.run = S("R") } };
	if (fact_finish(n, &it->fact, &errs) != 0) {
		fail_msg("%s", errs.p[0].text);
	}
	return it;
}

void core_host(struct core *c, const char *mac, const char *ip, i64 seconds)
{
	const char *keys[3] = { str_c(c->a, str_printf(c->a, "mac:%s", mac)), str_c(c->a, str_printf(c->a, "ip:%s", ip)) };
	struct fact_new *n = core_fact(c, "address/1", 1, keys);

	fact_set_str(n, "addr", str_z(ip));
	fact_set_bool(n, "onlink", true);
	core_add(c, n, seconds, 100);
}

void core_service(struct core *c, const char *mac, const char *ip, int port, const char *name, i64 seconds)
{
	const char *keys[3] = { str_c(c->a, str_printf(c->a, "mac:%s", mac)), str_c(c->a, str_printf(c->a, "ip:%s", ip)) };
	struct fact_new *n = core_fact(c, "service/1", 1, keys);

	fact_set_str(n, "addr", str_z(ip));
	fact_set_str(n, "proto", S("tcp"));
	fact_set_int(n, "port", port);
	fact_set_str(n, "name", str_z(name));
	core_add(c, n, seconds, 95);
}

i64 core_second(struct utc at)
{
	return (at.ms - began) / SECOND_MS;
}

struct serve_done core_commit(struct core *c)
{
	struct serve_draft d = { .items = c->items, .nitems = c->n, .zone = S("tokyo") };
	struct serve_done done;
	int r = serve_commit(c->s, &d, &done);

	if (r != 0) {
		fail_msg("commit: %s (%s)", err_text(r), store_why(c->s->st));
	}
	c->n = 0;
	return done;
}

u64 core_asset(struct core *c, const char *text)
{
	u64 id;

	return serve_asset_of(c->s, c->a, str_z(text), &id) == 0 ? id : 0;
}

struct state *core_state(struct core *c, u64 asset)
{
	struct store_asset row;
	struct state *st;

	assert_int_equal(serve_state(c->s, c->a, asset, &st, &row), 0);
	return st;
}

struct str core_claims(struct core *c, u64 asset)
{
	struct buf b = buf_new(c->a, 0);
	struct claims stored;
	size_t n, found = 0;
	const struct claim *p = state_claims(core_state(c, asset), &n);

	/* the row and the table of claims must tell the same */
	assert_int_equal(claims_of_asset(c->s, c->a, asset, &stored), 0);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < stored.n; k++) {
			found += stored.p[k].asset == p[i].asset && stored.p[k].since.ms == p[i].since.ms &&
				stored.p[k].until.ms == p[i].until.ms && stored.p[k].last.ms == p[i].last.ms &&
				stored.p[k].end == p[i].end && stored.p[k].type == p[i].type &&
				str_eq(stored.p[k].value, p[i].value);
		}
		buf_printf(&b, "%s%s:%.*s %jd-", i == 0 ? "" : ", ", fact_key_type_name(p[i].type), STRF(p[i].value),
			(intmax_t)(p[i].since.ms - began) / SECOND_MS);
		if (p[i].until.ms != 0) {
			buf_printf(&b, "%jd %s", (intmax_t)(p[i].until.ms - began) / SECOND_MS, claim_end_name(p[i].end));
		}
	}
	assert_int_equal(found, n);
	assert_int_equal(stored.n, n);
	return buf_view(&b);
}

struct str core_packed(struct core *c, u64 asset)
{
	struct store_asset row;

	assert_int_equal(store_get_state(c->s->st, c->a, asset, &row), 0);
	return row.state;
}

struct str core_history(struct core *c, u64 asset)
{
	struct buf b = buf_new(c->a, 0);
	struct store_change *rows;
	size_t n;

	assert_int_equal(store_changes_of(c->s->st, c->a, asset, 0, 100, &rows, &n), 0);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s%.*s %.*s>%.*s %.*s", i == 0 ? "" : "; ", STRF(rows[i].measure), STRF(rows[i].was),
			STRF(rows[i].now), STRF(rows[i].reason));
	}
	return buf_view(&b);
}

struct str core_verdict(struct core *c, u64 asset)
{
	struct store_verdict v;

	return store_get_verdict(c->s->st, c->a, asset, &v) == 0 ? v.body : S("");
}

/* ---- looking through the files ---- */

static struct str needle;
static const char *found;

static int look_in_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	FILE *f;
	char *p;

	(void)at;
	if (type != FTW_F || st->st_size == 0 || strstr(path, "replaced-") != NULL || (f = fopen(path, "rb")) == NULL) {
		return 0;
	}
	p = malloc((size_t)st->st_size);
	if (p != NULL && fread(p, 1, (size_t)st->st_size, f) == (size_t)st->st_size &&
	    memmem(p, (size_t)st->st_size, needle.p, needle.n) != NULL) {
		found = "found";
	}
	free(p);
	fclose(f);
	return 0;
}

bool core_anywhere(struct core *c, const char *what)
{
	needle = str_z(what);
	found = NULL;
	assert_int_equal(serve_publish(c->s), 0);
	assert_int_equal(nftw(c->dir, look_in_file, 16, FTW_PHYS), 0);
	return found != NULL;
}
