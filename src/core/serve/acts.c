/* What people (and the program) do, each one ledger entry: networks, scopes, runs, facts by a person, merges, erasure.
 *
 * MSGS_ACT carries one JSON object; "do" names the act, a table says which members it needs and which of them are personal.
 * The object, as it was asked, is the entry's item; what changes beside it (an object of the store, an edge) is in the same commit. */
#include "core/serve/serve_int.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <string.h>

struct act {
	const char *name;
	/* Checks, commits, gives back the id of what it made or changed. */
	int (*fn)(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id);
};

static u64 next_seq(const struct serve *s)
{
	return s->head.first + s->edge.size;
}

static struct str text_or(const struct json *v, const char *key, struct str otherwise)
{
	struct str s;

	return json_get_str(v, str_z(key), &s) == 0 ? s : otherwise;
}

static struct str canon(struct arena *a, const struct json *v)
{
	struct buf b = buf_new(a, 0);

	json_canon(&b, v);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

static int commit_object(struct serve *s, struct arena *a, const struct json *v, const struct str *personal, size_t npersonal,
	struct store_object o, struct serve_reply *out)
{
	int r = serve_act(s, a, canon(a, v), personal, npersonal, &o, 1, NULL);

	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

/* ---- prefixes ---- */

int prefix_of(struct str s, struct prefix *ret)
{
	struct prefix p = { 0 };
	struct str addr = str_cut(&s, '/');
	char text[INET6_ADDRSTRLEN];
	u64 bits;
	unsigned most;

	if (addr.n >= sizeof text) {
		return ERR_SYNTAX;
	}
	memcpy(text, addr.p, addr.n);
	text[addr.n] = '\0';
	p.family = inet_pton(AF_INET, text, p.b) == 1 ? AF_INET : inet_pton(AF_INET6, text, p.b) == 1 ? AF_INET6 : 0;
	if (p.family == 0) {
		return ERR_SYNTAX;
	}
	most = p.family == AF_INET ? 32 : 128;
	bits = most;
	if (s.n != 0 && str_u64(s, most, &bits) != 0) {
		return ERR_SYNTAX;
	}
	p.bits = (unsigned)bits;
	*ret = p;
	return 0;
}

bool prefix_holds(const struct prefix *outer, const struct prefix *inner)
{
	if (outer->family != inner->family || inner->bits < outer->bits) {
		return false;
	}
	for (unsigned i = 0; i < outer->bits; i++) {
		if (((outer->b[i / 8] ^ inner->b[i / 8]) >> (7 - i % 8) & 1) != 0) {
			return false;
		}
	}
	return true;
}

/* Every member a prefix; ERR_SYNTAX names the first that is none. */
static int check_prefixes(struct serve_reply *out, const struct json *list, const char *member)
{
	struct prefix p;

	if (list == NULL || list->type != JSON_ARR) {
		return serve_fail(out, ERR_MISSING, SAY "list-prefixes" SAY "member=%s", member);
	}
	for (size_t i = 0; i < list->arr.n; i++) {
		if (list->arr.p[i].type != JSON_STR || prefix_of(list->arr.p[i].s, &p) != 0) {
			struct str what = list->arr.p[i].type == JSON_STR ? list->arr.p[i].s : S("-");

			return serve_fail(out, ERR_SYNTAX, SAY "no-prefix" SAY "member=%s" SAY "text=%.*s", member, STRF(what));
		}
	}
	return 0;
}

/* ---- networks and scopes ---- */

static int network_put(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	static const struct str may[] = { { "dhcp_domain", 11 }, { "gateway_mac", 11 }, { "note", 4 } };	/* be a device's, or a person's */
	struct str personal[countof(may)];
	size_t npersonal = 0;
	struct store_object o = { .type = S("network"), .zone = text_or(v, "zone", S("")), .body = canon(a, v) };
	struct str mac = text_or(v, "gateway_mac", S(""));
	int r;

	if (json_get_str(v, S("id"), &o.id) != 0 || !fact_network_ok(o.id)) {
		return serve_fail(out, ERR_SYNTAX, SAY "network-name");
	}
	if (json_get(v, S("prefixes")) != NULL && (r = check_prefixes(out, json_get(v, S("prefixes")), "prefixes")) != 0) {
		return r;
	}
	if (mac.n != 0 && !fact_mac_canonical(mac)) {
		return serve_fail(out, ERR_SYNTAX, SAY "no-mac" SAY "text=%.*s", STRF(mac));
	}
	for (size_t i = 0; i < countof(may); i++) {
		if (json_get(v, may[i]) != NULL) {
			personal[npersonal++] = may[i];
		}
	}
	*ret_id = o.id;
	return commit_object(s, a, v, personal, npersonal, o, out);
}

/* As network.put, but what is not named stays as it is. The entry holds the whole network as it stands then. */
static int network_set(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	struct str id = text_or(v, "id", S(""));
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct store_object o;
	const struct json *was, *whole;
	int r;

	if ((r = store_get_object(s->st, a, S("network"), id, &o)) != 0) {
		return serve_fail(out, r, SAY "no-network" SAY "network=%.*s", STRF(id));
	}
	if (json_parse(a, o.body, &was, NULL) != 0 || was->type != JSON_OBJ) {
		return ERR_INTEGRITY;
	}
	jw_obj(&w);
	for (size_t i = 0; i < was->obj.n; i++) {
		if (json_get(v, was->obj.p[i].key) == NULL && !str_eq(was->obj.p[i].key, S("do"))) {
			jw_key(&w, was->obj.p[i].key);
			jw_value(&w, &was->obj.p[i].v);
		}
	}
	for (size_t i = 0; i < v->obj.n; i++) {
		jw_key(&w, v->obj.p[i].key);
		jw_value(&w, &v->obj.p[i].v);
	}
	jw_end(&w);
	if ((r = buf_done(&b)) != 0 || (r = json_parse(a, buf_view(&b), &whole, NULL)) != 0) {
		return r;
	}
	return network_put(s, out, a, whole, ret_id);
}

static int scope_add(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	static const struct str personal[] = { { "owner", 5 }, { "why", 3 } };
	struct store_object o = { .type = S("scope"), .body = canon(a, v) }, network;
	struct str until = text_or(v, "until", S("")), name = text_or(v, "network", S(""));
	struct utc end;
	int r;

	if (store_get_object(s->st, a, S("network"), name, &network) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-network" SAY "network=%.*s", STRF(name));
	}
	if ((r = check_prefixes(out, json_get(v, S("targets")), "targets")) != 0 ||
	    (json_get(v, S("exclude")) != NULL && (r = check_prefixes(out, json_get(v, S("exclude")), "exclude")) != 0)) {
		return r;
	}
	if (text_or(v, "owner", S("")).n == 0 || text_or(v, "why", S("")).n == 0) {
		return serve_fail(out, ERR_MISSING, SAY "scope-who");
	}
	if (utc_parse(until, &end) != 0 || end.ms <= serve_now(s).ms) {
		return serve_fail(out, ERR_RANGE, SAY "scope-until");
	}
	o.zone = network.zone;
	o.id = *ret_id = str_printf(a, "SCO-%ju", (uintmax_t)next_seq(s));
	return commit_object(s, a, v, personal, countof(personal), o, out);
}

static int scope_rm(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	struct str id = text_or(v, "id", S(""));
	struct store_object o;
	int r = store_get_object(s->st, a, S("scope"), id, &o);

	if (r != 0) {
		return serve_fail(out, r, SAY "no-scope" SAY "scope=%.*s", STRF(id));
	}
	*ret_id = id;
	return commit_object(s, a, v, NULL, 0, (struct store_object){ .type = S("scope"), .id = id, .zone = o.zone,
		.remove = true }, out);
}

/* ---- restores ---- */

/* What could not be known when this epoch began, a person has seen to. */
static int restore_settle(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	static const struct str personal[] = { { "why", 3 } };
	enum view_answer state;
	struct str text;
	i64 epoch;

	if (json_get_int(v, S("epoch"), &epoch) != 0 || epoch < 1 || epoch > UINT32_MAX ||
	    !erase_known_told(s, a, (u32)epoch, &text, &state) || state != VIEW_UNKNOWN) {
		return serve_fail(out, ERR_NOTFOUND, SAY "settle-none");
	}
	if (text_or(v, "why", S("")).n == 0) {
		return serve_fail(out, ERR_MISSING, SAY "settle-why");
	}
	*ret_id = str_printf(a, "%010u", (u32)epoch);
	return commit_object(s, a, v, personal, countof(personal), (struct store_object){ .type = S("settled"), .id = *ret_id,
		.body = canon(a, v) }, out);
}

/* ---- assets ---- */

/* A fact a person states: the subject is the asset's strongest key, the vantage v7 (a document, a person). */
int serve_person_fact(struct serve *s, struct serve_reply *out, struct arena *a, u64 asset, struct str kind, const struct json *place,
	const struct json *value, struct item *ret, struct str *ret_zone)
{
	struct buf text = buf_new(a, LIMIT_FACT);
	struct json_w w = jw_new(&text);
	const struct claim *claims, *best = NULL;
	struct errlist errs = { 0 };
	struct store_asset row;
	struct state *st;
	size_t n;
	int r = serve_state(s, a, asset, &st, &row);

	if (r != 0) {
		return r;
	}
	claims = state_claims(st, &n);
	for (size_t i = 0; i < n; i++) {
		if (claim_valid(&claims[i], serve_now(s)) && (best == NULL || claims[i].strength > best->strength)) {
			best = &claims[i];
		}
	}
	if (best == NULL) {
		return serve_fail(out, ERR_MISSING, SAY "no-key-held");
	}
	jw_obj(&w);
	jw_kstr(&w, "kind", kind);
	jw_kstr(&w, "network", best->network.n != 0 ? best->network : row.network.n != 0 ? row.network : S("none"));
	jw_key(&w, S("place"));
	if (place != NULL) {
		jw_value(&w, place);
	} else {
		jw_obj(&w);
		jw_end(&w);
	}
	jw_kstr(&w, "source", S("person"));
	jw_key(&w, S("subject"));
	jw_arr(&w);
	jw_str(&w, str_printf(a, "%s:%.*s", fact_key_type_name(best->type), STRF(best->value)));
	jw_end(&w);
	jw_key(&w, S("value"));
	jw_value(&w, value);
	jw_kstr(&w, "vantage", S("v7"));
	jw_end(&w);
	*ret = (struct item){ .type = ITEM_FACT };
	if ((r = buf_done(&text)) != 0 || (r = fact_parse(a, buf_view(&text), FACT_LENIENT, &ret->fact, &errs)) != 0) {
		return serve_fail(out, r, "%s", errs.n != 0 ? errs.p[0].text : err_text(r));
	}
	if (ret->fact.kind == NULL) {
		return serve_fail(out, ERR_UNKNOWN, SAY "no-kind" SAY "kind=%.*s", STRF(kind));
	}
	ret->seen = (struct seen){ .at = serve_now(s), .qod = 97 };
	*ret_zone = row.zone;
	return 0;
}

static int asset_set(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	struct item it;
	struct serve_draft d = { .items = &it, .nitems = 1 };
	struct serve_done done;
	u64 asset;
	int r;

	if ((r = serve_asset_of(s, a, text_or(v, "asset", S("")), &asset)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(text_or(v, "asset", S(""))));
	}
	if (json_get(v, S("value")) == NULL) {
		return serve_fail(out, ERR_MISSING, SAY "set-nothing");
	}
	if ((r = serve_person_fact(s, out, a, asset, text_or(v, "kind", S("")), json_get(v, S("place")), json_get(v, S("value")), &it,
		&d.zone)) != 0) {
		return r;
	}
	*ret_id = identity_text(a, asset);
	r = serve_commit(s, &d, &done);
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

/* "tokyo/factory-a": parts of a path, none of them empty. */
static bool zone_ok(struct str zone)
{
	bool ok = zone.n != 0 && zone.n <= LIMIT_KEY && str_utf8_ok(zone, NULL) && zone.p[0] != '/' && zone.p[zone.n - 1] != '/';

	for (size_t i = 0; ok && i < zone.n; i++) {
		ok = (u8)zone.p[i] > ' ' && (zone.p[i] != '/' || zone.p[i + 1] != '/');
	}
	return ok;
}

static int asset_move(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	struct item it = { .type = ITEM_ACT, .act = v };
	struct serve_draft d = { .items = &it, .nitems = 1, .move_to = text_or(v, "zone", S("")) };
	struct serve_done done;
	int r;

	if ((r = serve_asset_of(s, a, text_or(v, "asset", S("")), &d.move)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(text_or(v, "asset", S(""))));
	}
	if (!zone_ok(d.move_to)) {
		return serve_fail(out, ERR_SYNTAX, SAY "no-zone" SAY "zone=%.*s", STRF(d.move_to));
	}
	*ret_id = identity_text(a, d.move);
	r = serve_commit(s, &d, &done);
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

static int asset_merge(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	struct item it = { .type = ITEM_ACT };
	struct identity_edge e = { 0 };
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct serve_draft d = { .items = &it, .nitems = 1, .edge = &e };
	struct serve_done done;
	struct str who;
	u64 x, y;
	int r;

	if ((r = serve_asset_of(s, a, who = text_or(v, "into", S("")), &x)) != 0 ||
	    (r = serve_asset_of(s, a, who = text_or(v, "from", S("")), &y)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(who));
	}
	if (x == y) {
		return serve_fail(out, ERR_CONFLICT, SAY "merge-one");
	}
	/* Numbers, not the words of who asked: those may be an asset's key or name. */
	jw_obj(&w);
	jw_kstr(&w, "do", S("asset.merge"));
	jw_kstr(&w, "from", identity_text(a, y));
	jw_kstr(&w, "into", identity_text(a, x));
	jw_end(&w);
	if ((r = buf_done(&b)) != 0 || (r = json_parse(a, buf_view(&b), &it.act, NULL)) != 0) {
		return r;
	}
	e = (struct identity_edge){ .a = x < y ? x : y, .b = x < y ? y : x, .seq = next_seq(s) };
	*ret_id = identity_text(a, e.a);
	r = serve_commit(s, &d, &done);
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

#define SPLIT_KEYS_MAX 64

/* "keys": ["mac:...", "ip:..."]; an address alone is an ip, a MAC alone a mac. */
static int split_keys(struct serve_reply *out, struct arena *a, const struct json *list, struct fact_key *keys, size_t *ret_n)
{
	if (list == NULL || list->type != JSON_ARR || list->arr.n == 0 || list->arr.n > SPLIT_KEYS_MAX) {
		return serve_fail(out, ERR_MISSING, SAY "split-keys" SAY "n=%d", SPLIT_KEYS_MAX);
	}
	for (size_t i = 0; i < list->arr.n; i++) {
		struct str text = list->arr.p[i].type == JSON_STR ? list->arr.p[i].s : S(""), canon_text;

		if (fact_addr(a, text, &canon_text) == 0) {
			text = str_printf(a, "ip:%.*s", STRF(canon_text));
		} else if (fact_mac(a, text, &canon_text) == 0) {
			text = str_printf(a, "mac:%.*s", STRF(canon_text));
		}
		if (fact_key_parse(text, &keys[i]) != 0) {
			return serve_fail(out, ERR_SYNTAX, SAY "split-key" SAY "text=%.*s", STRF(text));
		}
	}
	*ret_n = list->arr.n;
	return 0;
}

static int asset_split(struct serve *s, struct serve_reply *out, struct arena *a, const struct json *v, struct str *ret_id)
{
	static const struct str personal[] = { { "keys", 4 } };
	struct item it = { .type = ITEM_ACT, .personal = personal, .npersonal = countof(personal) };
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct fact_key keys[SPLIT_KEYS_MAX];
	struct serve_draft d = { .items = &it, .nitems = 1, .split = keys };
	struct serve_done done;
	int r;

	if ((r = serve_asset_of(s, a, text_or(v, "asset", S("")), &d.split_from)) != 0) {
		return serve_fail(out, r, SAY "no-asset" SAY "asset=%.*s", STRF(text_or(v, "asset", S(""))));
	}
	if ((r = split_keys(out, a, json_get(v, S("keys")), keys, &d.nsplit)) != 0) {
		return r;
	}
	jw_obj(&w);
	jw_kstr(&w, "asset", identity_text(a, d.split_from));
	jw_kstr(&w, "do", S("asset.split"));
	jw_key(&w, S("keys"));
	jw_arr(&w);
	for (size_t i = 0; i < d.nsplit; i++) {
		jw_str(&w, keys[i].text);
	}
	jw_end(&w);
	jw_end(&w);
	if ((r = buf_done(&b)) != 0 || (r = json_parse(a, buf_view(&b), &it.act, NULL)) != 0) {
		return r;
	}
	if ((r = serve_commit(s, &d, &done)) != 0) {
		return serve_fail(out, r, "%s", r == ERR_NOTFOUND ? SAY "split-foreign" :
			r == ERR_CONFLICT ? SAY "split-all" : store_why(s->st));
	}
	*ret_id = identity_text(a, done.asset);
	return 0;
}

static const struct act acts[] = {
	{ "asset.merge", asset_merge },
	{ "asset.move", asset_move },
	{ "asset.set", asset_set },
	{ "asset.split", asset_split },
	{ "network.put", network_put },
	{ "network.set", network_set },
	{ "restore.settle", restore_settle },
	{ "scope.add", scope_add },
	{ "scope.rm", scope_rm },
};

static int do_act(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	const struct json *v;
	struct str text, name, id = S("");
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = rd_done(body)) != 0 || (r = json_parse(a, text, &v, NULL)) != 0 ||
	    (r = json_get_str(v, S("do"), &name)) != 0) {
		return r;
	}
	for (size_t i = 0; i < countof(acts); i++) {
		if (str_eq(name, str_z(acts[i].name))) {
			if ((r = acts[i].fn(s, out, a, v, &id)) == 0) {
				buf_blob(&b, id);
				serve_bytes(out, buf_view(&b));
			}
			return r;
		}
	}
	return serve_fail(out, ERR_UNKNOWN, SAY "no-act" SAY "act=%.*s", STRF(name));
}

/* ---- runs ---- */

/* Every target must lie inside one unexpired scope of the network; that scope speaks for the run. */
static int scope_for(struct serve *s, struct serve_reply *out, struct arena *a, struct str network, const struct json *targets,
	struct str *ret_id, const struct json **ret)
{
	struct store_object *rows;
	bool expired = false;
	size_t n;
	int r = store_list_objects(s->st, a, S("scope"), S(""), STORE_PAGE_MAX, &rows, &n);

	if (r != 0) {
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		const struct json *v, *allowed;
		struct utc until;
		size_t inside = 0;

		if (json_parse(a, rows[i].body, &v, NULL) != 0 || (allowed = json_get(v, S("targets"))) == NULL ||
		    allowed->type != JSON_ARR || !str_eq(text_or(v, "network", S("")), network) ||
		    utc_parse(text_or(v, "until", S("")), &until) != 0) {
			continue;
		}
		for (size_t t = 0; t < targets->arr.n; t++) {
			for (size_t k = 0; k < allowed->arr.n; k++) {
				struct prefix outer, inner;

				if (allowed->arr.p[k].type == JSON_STR && prefix_of(allowed->arr.p[k].s, &outer) == 0 &&
				    prefix_of(targets->arr.p[t].s, &inner) == 0 && prefix_holds(&outer, &inner)) {
					inside++;
					break;
				}
			}
		}
		if (inside == targets->arr.n && until.ms > serve_now(s).ms) {
			*ret_id = rows[i].id;
			*ret = v;
			return 0;
		}
		expired = expired || inside == targets->arr.n;
	}
	return expired ? serve_fail(out, ERR_REFUSED, SAY "scope-ended") :
		serve_fail(out, ERR_SCOPE, SAY "scope-outside" SAY "network=%.*s", STRF(network));
}

/* A network's addresses are known by its prefixes: elsewhere the same address may be another device, and no scope makes it this one. Link-local
 * addresses lie on every link. Without prefixes nothing is known. */
static int prefixes_hold(struct serve_reply *out, struct arena *a, struct str id, const struct json *list, const struct json *targets)
{
	size_t n = list != NULL && list->type == JSON_ARR ? list->arr.n : 0;
	struct prefix *p = arena_alloc(a, (n + 1) * sizeof *p), target;
	struct str all = S("");

	for (size_t k = 0; k < n; k++) {
		if (list->arr.p[k].type != JSON_STR || prefix_of(list->arr.p[k].s, &p[k]) != 0) {
			return ERR_INTEGRITY;
		}
		all = str_printf(a, "%.*s%s%.*s", STRF(all), k > 0 ? ", " : "", STRF(list->arr.p[k].s));
	}
	must(prefix_of(S("fe80::/10"), &p[n]) == 0);
	for (size_t t = 0, k; n != 0 && t < targets->arr.n; t++) {
		must(prefix_of(targets->arr.p[t].s, &target) == 0);
		for (k = 0; k <= n && !prefix_holds(&p[k], &target); k++) {
		}
		if (k > n) {
			return serve_fail(out, ERR_REFUSED, SAY "outside-prefixes" SAY "target=%.*s" SAY "network=%.*s" SAY "prefixes=%.*s",
				STRF(targets->arr.p[t].s), STRF(id), STRF(all));
		}
	}
	return 0;
}

/* A run with the same words that did not finish is taken up again. */
static int unfinished(struct serve *s, struct arena *a, struct str asked, struct str *ret_id)
{
	struct store_object *rows;
	size_t n;
	int r = store_list_objects(s->st, a, S("run"), S(""), STORE_PAGE_MAX, &rows, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct json *v;

		if (json_parse(a, rows[i].body, &v, NULL) == 0 && str_eq(text_or(v, "asked", S("")), asked) &&
		    !str_eq(text_or(v, "state", S("")), S("finished"))) {
			*ret_id = rows[i].id;
			return 0;
		}
	}
	return r != 0 ? r : ERR_NOTFOUND;
}

/* What the run is held against: network, targets and vantage are what its chunks may speak of (runs.c). */
static struct str run_body(struct arena *a, struct str id, struct str asked, const struct json *v, struct str scope,
	struct str vantage, struct str state, struct str reason, struct utc started, struct utc ended)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "asked", asked);
	jw_kstr(&w, "ended", ended.ms == 0 ? S("") : utc_text(a, ended));
	jw_kstr(&w, "id", id);
	jw_kstr(&w, "network", text_or(v, "network", S("")));
	jw_kstr(&w, "profile", text_or(v, "profile", S("")));
	jw_kstr(&w, "reason", reason);
	jw_kstr(&w, "scope", scope);
	jw_kstr(&w, "started", utc_text(a, started));
	jw_kstr(&w, "state", state);
	jw_key(&w, S("targets"));
	if (json_get(v, S("targets")) != NULL) {
		jw_value(&w, json_get(v, S("targets")));
	} else {
		jw_arr(&w);
		jw_end(&w);
	}
	jw_kstr(&w, "vantage", vantage);
	jw_kstr(&w, "what", S("scan"));
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

/* What a run knows of targets that are not done: objects "part", RUN/NAME. */
static int parts_of(struct serve *s, struct arena *a, struct str run, struct store_object **ret, size_t *ret_n)
{
	struct str from = str_printf(a, "%.*s/", STRF(run));
	struct store_object *p;
	size_t n, k = 0;
	int r = store_list_objects(s->st, a, S("part"), from, STORE_PAGE_MAX, &p, &n);

	if (r != 0) {
		return r;
	}
	while (k < n && str_starts(p[k].id, from)) {
		k++;
	}
	*ret = p;
	*ret_n = k;
	return 0;
}

/* Answers with what the scan needs to know: {"run","resumed","scope","chunk","progress","parts","exclude","gateway_mac","vantage"}. */
static int answer_run(struct serve *s, struct serve_reply *out, struct arena *a, struct str run, bool resumed, struct str scope_id,
	const struct json *scope, const struct json *network)
{
	struct buf b = buf_new(a, 0), body = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	const struct json *exclude = json_get(scope, S("exclude"));
	struct store_object progress, *parts;
	struct str done = S("");
	u32 chunk = 0;
	struct rd rd;
	size_t n;
	int r = parts_of(s, a, run, &parts, &n);

	if (r != 0) {
		return r;
	}
	if (store_get_object(s->st, a, S("progress"), run, &progress) == 0) {
		rd = rd_str(progress.body);
		if (rd_u32(&rd, &chunk) != 0) {
			return ERR_INTEGRITY;
		}
		done = str_of(rd.p, rd_left(&rd));
	}
	jw_obj(&w);
	jw_kint(&w, "chunk", chunk);
	jw_key(&w, S("exclude"));
	if (exclude != NULL) {
		jw_value(&w, exclude);
	} else {
		jw_arr(&w);
		jw_end(&w);
	}
	jw_kstr(&w, "dhcp_domain", text_or(network, "dhcp_domain", S("")));
	jw_kstr(&w, "gateway_mac", text_or(network, "gateway_mac", S("")));
	jw_key(&w, S("parts"));
	jw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jw_str(&w, str_base64(a, parts[i].body.p, parts[i].body.n));
	}
	jw_end(&w);
	jw_kstr(&w, "progress", str_base64(a, done.p, done.n));
	jw_kbool(&w, "resumed", resumed);
	jw_kstr(&w, "run", run);
	jw_kstr(&w, "scope", scope_id);
	jw_kstr(&w, "vantage", text_or(scope, "vantage", S("")));
	jw_kbool(&w, "lab", json_get(scope, S("lab")) != NULL && json_get(scope, S("lab"))->type == JSON_BOOL &&
		json_get(scope, S("lab"))->b);
	jw_end(&w);
	buf_blob(&body, buf_view(&b));
	serve_bytes(out, buf_view(&body));
	return buf_done(&body);
}

static int run_begin(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	const struct json *v = NULL, *scope = NULL, *network = NULL;
	struct store_object o = { .type = S("run") }, net = { 0 };
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct hash h;
	struct str text, name, scope_id = S(""), asked, run;
	bool restart = false, dry = false;
	int r;

	if ((r = rd_blob(body, &text)) != 0 || (r = rd_done(body)) != 0 || (r = json_parse(a, text, &v, NULL)) != 0 ||
	    (r = json_get_str(v, S("network"), &name)) != 0) {
		return r;
	}
	if (store_get_object(s->st, a, S("network"), name, &net) != 0 || json_parse(a, net.body, &network, NULL) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "no-network" SAY "network=%.*s", STRF(name));
	}
	if ((r = check_prefixes(out, json_get(v, S("targets")), "targets")) != 0 ||
	    (r = scope_for(s, out, a, name, json_get(v, S("targets")), &scope_id, &scope)) != 0 ||
	    (r = prefixes_hold(out, a, name, json_get(network, S("prefixes")), json_get(v, S("targets")))) != 0) {
		return r;
	}
	(void)!json_get_bool(v, S("restart"), &restart);
	(void)!json_get_bool(v, S("dry"), &dry);
	if (dry) {	/* allowed, and nothing is recorded */
		return answer_run(s, out, a, S(""), false, scope_id, scope, network);
	}
	h = hash_bytes(str_printf(a, "%.*s %.*s", STRF(scope_id), STRF(canon(a, v))));
	asked = str_hex(a, h.b, 16);
	if (!restart && unfinished(s, a, asked, &run) == 0) {
		if ((r = run_bind(out, run)) != 0) {
			return r;
		}
		return answer_run(s, out, a, run, true, scope_id, scope, network);
	}
	run = str_printf(a, "SCN-%ju", (uintmax_t)next_seq(s));
	o.id = run;
	o.zone = net.zone;
	o.body = run_body(a, run, asked, v, scope_id, text_or(scope, "vantage", S("")), S("running"), S(""), serve_now(s), (struct utc){ 0 });
	jw_obj(&w);
	jw_kstr(&w, "do", S("run.begin"));
	jw_kstr(&w, "run", run);
	jw_kstr(&w, "scope", scope_id);
	jw_key(&w, S("what"));
	jw_value(&w, v);
	jw_end(&w);
	if ((r = serve_act(s, a, buf_view(&b), NULL, 0, &o, 1, NULL)) != 0) {
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	if ((r = run_bind(out, run)) != 0) {
		return r;
	}
	return answer_run(s, out, a, run, false, scope_id, scope, network);
}

static int run_end(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct str id, state, reason;
	struct store_object *objects, *parts;
	const struct json *v;
	struct utc started;
	size_t n = 0;
	static const struct str personal[] = { { "reason", 6 } };
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	bool finished;
	int r;

	if ((r = rd_blob(body, &id)) != 0 || (r = rd_blob(body, &state)) != 0 || (r = rd_blob(body, &reason)) != 0 ||
	    (r = rd_done(body)) != 0) {
		return r;
	}
	finished = str_eq(state, S("finished"));
	if (finished && (r = parts_of(s, a, id, &parts, &n)) != 0) {
		return r;
	}
	objects = arena_alloc(a, (n + 2) * sizeof *objects);
	if (store_get_object(s->st, a, S("run"), id, &objects[0]) != 0 || json_parse(a, objects[0].body, &v, NULL) != 0 ||
	    utc_parse(text_or(v, "started", S("")), &started) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "run-unknown" SAY "run=%.*s", STRF(id));
	}
	objects[0].body = run_body(a, id, text_or(v, "asked", S("")), v, text_or(v, "scope", S("")),
		text_or(v, "vantage", S("")), state, reason, started, serve_now(s));
	run_unbind(out, id);
	objects[1] = (struct store_object){ .type = S("progress"), .id = id, .remove = true };
	for (size_t i = 0; i < n; i++) {	/* of addresses that did not answer any more */
		objects[2 + i] = (struct store_object){ .type = S("part"), .id = parts[i].id, .remove = true, .passing = true };
	}
	jw_obj(&w);
	jw_kstr(&w, "do", S("run.end"));
	jw_kstr(&w, "reason", reason);
	jw_kstr(&w, "run", id);
	jw_kstr(&w, "state", state);
	jw_end(&w);
	r = serve_act(s, a, buf_view(&b), personal, reason.n != 0 ? 1 : 0, objects, finished ? 2 + n : 1, NULL);
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

const struct serve_request serve_acts[] = {
	{ MSGS_ACT, do_act },
	{ MSGS_RUN_BEGIN, run_begin },
	{ MSGS_RUN_END, run_end },
	{ 0, NULL },
};
