/* Claims in the store. A row is one key of one asset; what was claimed there over time, and what the columns do not hold, stands in
 * `bound` as JSON: a list of claims, oldest first. The columns `since` and `until` are those of the whole list. */
#include "core/serve/serve_int.h"

#include <string.h>

static const char *const key_names[] = { [KEY_SERIAL] = "serial", [KEY_ID] = "id", [KEY_MAC] = "mac",
	[KEY_HOSTKEY] = "hostkey", [KEY_CERT] = "cert", [KEY_IP] = "ip", [KEY_NAME] = "name" };

static void write_claim(struct json_w *w, const struct claim *c)
{
	jw_obj(w);
	jw_key(w, S("bound"));
	jw_arr(w);
	for (size_t i = 0; i < c->nbound; i++) {
		jw_str(w, c->bound[i]);
	}
	jw_end(w);
	jw_kint(w, "end", (i64)c->end);
	jw_kint(w, "last", c->last.ms);
	jw_kint(w, "lease", c->lease_ms);
	jw_kint(w, "since", c->since.ms);
	jw_kint(w, "strength", (i64)c->strength);
	jw_kint(w, "until", c->until.ms);
	jw_end(w);
}

static int read_claim(const struct store_claim *row, const struct json *v, struct claim *ret)
{
	int type = str_index(row->type, key_names, countof(key_names));
	i64 end, last, lease, since, strength, until;
	const struct json *bound;

	if (type < 0 || json_get_int(v, S("end"), &end) != 0 || json_get_int(v, S("last"), &last) != 0 ||
	    json_get_int(v, S("lease"), &lease) != 0 || json_get_int(v, S("since"), &since) != 0 ||
	    json_get_int(v, S("strength"), &strength) != 0 || json_get_int(v, S("until"), &until) != 0) {
		return ERR_INTEGRITY;
	}
	bound = json_get(v, S("bound"));
	if (bound == NULL || bound->type != JSON_ARR || bound->arr.n > CLAIM_BOUND_MAX || end < 0 || end >= CLAIM_END_COUNT ||
	    lease < 0 || lease > UINT32_MAX || strength < 0 || strength > CLAIM_FIRM) {
		return ERR_INTEGRITY;
	}
	*ret = (struct claim){ .asset = row->asset, .network = row->network, .type = (enum fact_key_type)type,
		.value = row->value, .strength = (enum claim_strength)strength, .since = { since }, .until = { until },
		.last = { last }, .lease_ms = (u32)lease, .end = (enum claim_end)end, .nbound = bound->arr.n };
	for (size_t i = 0; i < bound->arr.n; i++) {
		if (bound->arr.p[i].type != JSON_STR) {
			return ERR_INTEGRITY;
		}
		ret->bound[i] = bound->arr.p[i].s;
	}
	return 0;
}

static int add_row(struct arena *a, const struct store_claim *row, struct claims *to)
{
	const struct json *v;
	int r;

	if (json_parse(a, row->bound, &v, NULL) != 0 || v->type != JSON_ARR) {
		return ERR_INTEGRITY;
	}
	for (size_t i = 0; i < v->arr.n; i++) {
		struct claim c;
		size_t at;

		if ((r = read_claim(row, &v->arr.p[i], &c)) != 0) {
			return r;
		}
		(void)vec_add(a, to);
		for (at = to->n - 1; at > 0 && to->p[at - 1].since.ms > c.since.ms; at--) {
			to->p[at] = to->p[at - 1];
		}
		to->p[at] = c;
	}
	return 0;
}

static int add_rows(struct arena *a, const struct store_claim *rows, size_t n, struct claims *to)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = add_row(a, &rows[i], to);
	}
	return r;
}

int claims_of_key(struct serve *s, struct arena *a, struct str network, enum fact_key_type type, struct str value,
	struct claims *ret)
{
	struct store_claim *rows;
	size_t n;
	int r = store_find_key(s->st, a, network, str_z(key_names[type]), value, &rows, &n);

	*ret = (struct claims){ 0 };
	return r != 0 ? r : add_rows(a, rows, n, ret);
}

int claims_of_asset(struct serve *s, struct arena *a, u64 asset, struct claims *ret)
{
	u64 *members;
	size_t nmembers = identity_members(a, s->edges, asset, &members);
	int r = 0;

	*ret = (struct claims){ 0 };
	for (size_t m = 0; r == 0 && m < nmembers; m++) {
		struct store_claim *rows;
		size_t n;

		if ((r = store_claims_of(s->st, a, members[m], &rows, &n)) == 0) {
			r = add_rows(a, rows, n, ret);
		}
	}
	return r;
}

struct store_claim claims_row(struct arena *a, const struct claim *p, size_t n, const struct claim *of)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct store_claim row = { .network = of->network, .type = str_z(key_names[of->type]), .value = of->value,
		.asset = of->asset, .strength = of->strength, .since = of->since };

	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		if (p[i].asset != of->asset) {
			continue;
		}
		write_claim(&w, &p[i]);
		row.since = p[i].since.ms < row.since.ms ? p[i].since : row.since;
		row.until = p[i].until;
	}
	jw_end(&w);
	must(buf_done(&b) == 0);
	/* the columns only help to look at the table, and hold no time before 1970 */
	row.since.ms = row.since.ms < 0 ? 0 : row.since.ms;
	row.until.ms = row.until.ms < 0 ? 0 : row.until.ms;
	row.bound = buf_view(&b);
	return row;
}

struct str claims_key(struct arena *a, struct str network, enum fact_key_type type, struct str value)
{
	char *p = arena_alloc(a, network.n + 3 + value.n), *at = p;

	/* a network has no blank, so the text names one key only */
	memcpy(at, network.p, network.n);
	at += network.n;
	*at++ = ' ';
	*at++ = (char)('0' + type);
	if (value.n != 0) {
		memcpy(at, value.p, value.n);
	}
	return str_of(p, network.n + 2 + value.n);
}
