/* What leaves this store as a file, and what comes from another one (doc/formats/export.md).
 *
 * EXPORT writes facts with their sightings and evidence, in ledger order, each at its position, between a first line that names the head
 * of this log and a last line that counts, hashes and signs what stands between.
 *
 * An import is an object of the store, named by the hash of its file: so the same file is taken once, an interrupted one goes on, and
 * every chunk of it finds here what it may do:
 * - it speaks of the networks it announced, which exist here, and of no other;
 * - it brings no kind that is a draft, and no run id that could be one of our own;
 * - what it observed decides only when it is believed: its last line is signed by a key this network knows. A network knows the keys the
 *   user named (--key), and the key of the first file that came into it as long as nothing of our own was observed there. What is not
 *   believed counts at most IMPORT_QOD_WEAK: it is shown as suspected, ends nothing, takes no address and joins no assets.
 * Parse is believed on what the file says, as it is on what a scan found. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "core/msg/import.h"

#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_NAME "korobanu.run/1"
#define PIECE (512 * KiB)		/* bytes of evidence in one line */

/* ---- export ---- */

struct export {
	struct serve *s;
	struct serve_reply *out;
	struct str run;			/* "" = every fact */
	struct sha256_ctx sha;
	u64 count;
};

static int put_line(struct export *e, struct buf *b)
{
	buf_u8(b, '\n');
	if (buf_done(b) == 0) {
		sha256_update(&e->sha, b->n, b->p);
		serve_bytes(e->out, buf_view(b));
	}
	return buf_done(b) != 0 ? buf_done(b) : e->out->err;
}

static void put_at(struct json_w *w, u64 seq, size_t index)
{
	jw_key(w, S("at"));
	jw_arr(w);
	jw_int(w, (i64)seq);
	jw_int(w, (i64)index);
	jw_end(w);
}

/* One line for what fits one, else several, each with where its piece begins. */
static int put_evidence(struct export *e, struct arena *a, u64 seq, size_t index, const struct item *it)
{
	struct store_evidence ev;
	struct str bytes;
	u64 at = 0;
	int r = store_get_evidence(e->s->st, a, seq, (u32)index, &ev);

	if (r != 0 || (r = evidence_load(e->s, a, &ev, &bytes)) != 0) {
		return r;
	}
	do {
		struct buf b = buf_new(a, 0);
		struct json_w w = jw_new(&b);
		struct str piece = str_sub(bytes, at, bytes.n - at < PIECE ? bytes.n - at : PIECE);

		jw_obj(&w);
		put_at(&w, seq, index);
		jw_kstr(&w, "bytes", str_base64(a, piece.p, piece.n));
		jw_key(&w, S("evidence"));
		jw_obj(&w);
		jw_kstr(&w, "kind", it->ev_kind);
		jw_kstr(&w, "sha256", str_hex(a, ev.sha, sizeof ev.sha));
		jw_kint(&w, "size", (i64)bytes.n);
		jw_end(&w);
		if (piece.n != bytes.n) {
			jw_kint(&w, "from", (i64)at);
		}
		jw_end(&w);
		e->count++;
		at += piece.n;
		r = put_line(e, &b);
	} while (r == 0 && at < bytes.n);
	return r;
}

static int put_fact(struct export *e, struct arena *a, u64 seq, size_t index, const struct item *it, const struct item *fact)
{
	struct buf b = buf_new(a, 0), text = buf_new(a, 0), seen = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	fact_write(&text, &fact->fact);
	seen_write(&seen, &it->seen);
	jw_obj(&w);
	put_at(&w, seq, index);
	if (fact->nerased != 0) {
		jw_key(&w, S("erased"));
		jw_arr(&w);
		for (size_t i = 0; i < fact->nerased; i++) {
			jw_str(&w, fact->erased[i]);
		}
		jw_end(&w);
	}
	jw_key(&w, S("fact"));
	jw_raw(&w, buf_view(&text));
	jw_key(&w, S("seen"));
	jw_raw(&w, buf_view(&seen));
	jw_end(&w);
	e->count++;
	return put_line(e, &b);
}

/* One sighting with the evidence it names, each piece of evidence once. A further sighting travels with its fact. */
static int put_item(struct export *e, struct arena *a, u64 seq, size_t index, struct item *items, size_t n, bool *sent)
{
	struct item *it = &items[index], first = *it;
	struct utc at;
	int r;

	if ((it->type != ITEM_FACT && it->type != ITEM_AGAIN) || (e->run.n != 0 && !str_eq(it->seen.run, e->run))) {
		return 0;
	}
	if (it->type == ITEM_AGAIN && (r = serve_item(e->s, a, it->again_seq, it->again_index, &first, &at)) != 0) {
		return r;
	}
	if (first.type != ITEM_FACT) {		/* erased */
		return 0;
	}
	for (size_t i = 0; i < it->seen.nevidence; i++) {
		u32 k = it->seen.evidence[i];

		if (k < n && !sent[k] && items[k].type == ITEM_EVIDENCE && items[k].ev_bytes.p != NULL) {
			sent[k] = true;
			if ((r = put_evidence(e, a, seq, k, &items[k])) != 0) {
				return r;
			}
		}
	}
	return put_fact(e, a, seq, index, it, &first);
}

static int put_entry(struct export *e, struct arena *a, u64 seq)
{
	struct store_items *groups;
	struct item *items;
	size_t ngroups, n = 0;
	bool *sent;
	int r = store_items_at(e->s->st, a, seq, &groups, &ngroups);

	if (r != 0) {
		return r;
	}
	for (size_t i = 0; i < ngroups; i++) {
		n = groups[i].first + (size_t)groups[i].n > n ? groups[i].first + (size_t)groups[i].n : n;
	}
	items = arena_alloc(a, n * sizeof *items + 1);
	sent = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) {
		items[i].type = ITEM_ERASED;		/* of other zones: not there */
	}
	for (size_t i = 0; i < ngroups; i++) {
		if ((r = items_read(a, &groups[i], &items[groups[i].first])) != 0) {
			return r;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if ((r = put_item(e, a, seq, i, items, n, sent)) != 0) {
			return r;
		}
	}
	return 0;
}

static int put_head(struct export *e, struct arena *a, struct str network)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct str note;
	int r = serve_sign(e->s, a, &note);

	if (r != 0) {
		return r;
	}
	jw_obj(&w);
	jw_kstr(&w, "checkpoint", note);
	jw_kstr(&w, "export", S(EXPORT_NAME));
	jw_kstr(&w, "network", network);
	jw_kstr(&w, "origin", e->s->head.origin);
	jw_kstr(&w, "root", str_hex(a, e->s->head.root, sizeof e->s->head.root));
	jw_kstr(&w, "run", e->run);
	jw_kint(&w, "size", (i64)e->s->head.size);
	jw_end(&w);
	return put_line(e, &b);
}

static int put_end(struct export *e, struct arena *a)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	u8 sha[SHA256_DIGEST_SIZE];
	struct str hex, note;
	int r;

	sha256_digest(&e->sha, sizeof sha, sha);
	hex = str_hex(a, sha, sizeof sha);
	r = note_sign(a, str_printf(a, EXPORT_NAME "\n%ju\n%.*s\n", (uintmax_t)e->count, STRF(hex)), &e->s->note_key, &e->s->key, &note);
	if (r != 0) {
		return r;
	}
	jw_obj(&w);
	jw_kint(&w, "count", (i64)e->count);
	jw_kstr(&w, "end", S(EXPORT_NAME));
	jw_kstr(&w, "key", note_key_text(a, &e->s->note_key));
	jw_kstr(&w, "note", note);
	jw_kstr(&w, "sha256", hex);
	jw_end(&w);
	return put_line(e, &b);
}

static int export(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct export e = { .s = s, .out = out };
	struct str network = S("");
	struct store_object run;
	const struct json *v;
	int r;

	if ((r = rd_blob(body, &e.run)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (s->head.size == 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "nothing-recorded");
	}
	if (e.run.n != 0) {
		if (store_get_object(s->st, a, S("run"), e.run, &run) != 0 || json_parse(a, run.body, &v, NULL) != 0) {
			return serve_fail(out, ERR_NOTFOUND, SAY "run-unknown" SAY "run=%.*s", STRF(e.run));
		}
		(void)!json_get_str(v, S("network"), &network);
	}
	sha256_init(&e.sha);
	r = put_head(&e, a, network);
	for (u64 seq = 0; r == 0 && seq < s->head.first + s->head.size; seq++) {
		struct arena *each = arena_new(NULL, 0);

		r = put_entry(&e, each, seq);
		arena_free(each);
	}
	return r != 0 ? r : put_end(&e, a);
}

/* ---- which keys a network knows ---- */

static int known_keys(struct serve *s, struct arena *a, struct str network, const struct json **ret)
{
	struct store_object o;
	const struct json *v;
	int r = store_get_object(s->st, a, S("import-keys"), network, &o);

	if (r != 0) {
		return r;
	}
	if (json_parse(a, o.body, &v, NULL) != 0 || json_get(v, S("keys")) == NULL || json_get(v, S("keys"))->type != JSON_ARR) {
		return ERR_INTEGRITY;
	}
	*ret = json_get(v, S("keys"));
	return 0;
}

/* Something spoke for this network before: a run of our own, or another file. */
static int spoken_for(struct serve *s, struct arena *a, struct str network, bool *ret)
{
	static const char *const types[] = { "run", "import" };
	bool found = false;

	for (size_t t = 0; t < countof(types) && !found; t++) {
		struct str after = S("");
		struct store_object *rows;
		size_t n;
		int r;

		while (!found && (r = store_list_objects(s->st, a, str_z(types[t]), after, 1000, &rows, &n)) == 0 && n != 0) {
			for (size_t i = 0; i < n && !found; i++) {
				const struct json *v, *list;
				struct str name;

				if (json_parse(a, rows[i].body, &v, NULL) != 0) {
					return ERR_INTEGRITY;
				}
				list = json_get(v, S("networks"));
				found = (json_get_str(v, S("network"), &name) == 0 && str_eq(name, network)) ||
					(list_has(list, network));
			}
			after = rows[n - 1].id;
		}
		if (r != 0) {
			return r;
		}
	}
	*ret = found;
	return 0;
}

static struct store_object keys_with(struct arena *a, struct str network, const struct json *keys, struct str key)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_key(&w, S("keys"));
	jw_arr(&w);
	for (size_t i = 0; keys != NULL && i < keys->arr.n; i++) {
		jw_value(&w, &keys->arr.p[i]);
	}
	jw_str(&w, key);
	jw_end(&w);
	jw_end(&w);
	must(buf_done(&b) == 0);
	return (struct store_object){ .type = S("import-keys"), .id = network, .body = buf_view(&b) };
}

/* ---- begin and end ---- */

struct begin {
	struct import_told t;
	struct str map, id;
	bool trust, believed;
	const struct str *networks;
	size_t n;
	struct store_object objects[1 + IMPORT_NETWORKS_MAX];
	size_t nobjects;
};

/* Believed in all its networks, or in none: a file is one witness. */
static int believe(struct serve *s, struct arena *a, struct begin *g)
{
	g->believed = g->t.key.n != 0 && g->t.whole;
	for (size_t i = 0; i < g->n && g->believed; i++) {
		const struct json *keys = NULL;
		bool spoken = false;
		int r = known_keys(s, a, g->networks[i], &keys);

		if ((r != 0 && r != ERR_NOTFOUND) || (r = spoken_for(s, a, g->networks[i], &spoken)) != 0) {
			return r;
		}
		if (list_has(keys, g->t.key)) {
			continue;
		}
		if (g->trust || (keys == NULL && !spoken)) {
			g->objects[g->nobjects++] = keys_with(a, g->networks[i], keys, g->t.key);
		} else {
			g->believed = false;
		}
	}
	if (!g->believed) {
		g->nobjects = 1;
	}
	return 0;
}

static struct str import_body(struct arena *a, const struct begin *g)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	struct str hex = str_hex(a, g->t.sha256, sizeof g->t.sha256);

	jw_obj(&w);
	jw_kbool(&w, "believed", g->believed);
	jw_kstr(&w, "checkpoint", g->t.checkpoint);
	jw_kstr(&w, "do", S("import"));
	jw_kint(&w, "evidence", (i64)g->t.evidence);
	jw_kint(&w, "facts", (i64)g->t.facts);
	jw_kstr(&w, "id", g->id);
	jw_kstr(&w, "key", g->t.key);
	jw_key(&w, S("networks"));
	jw_arr(&w);
	for (size_t i = 0; i < g->n; i++) {
		jw_str(&w, g->networks[i]);
	}
	jw_end(&w);
	jw_kstr(&w, "origin", g->t.origin);
	jw_kint(&w, "rejected", (i64)g->t.rejected);
	jw_kstr(&w, "root", g->t.headed ? str_hex(a, g->t.root, sizeof g->t.root) : S(""));
	jw_kstr(&w, "run", g->t.run);
	jw_kstr(&w, "sha256", hex);
	jw_kint(&w, "size", (i64)g->t.size);
	jw_kbool(&w, "whole", g->t.whole);
	jw_end(&w);
	return buf_done(&b) == 0 ? buf_view(&b) : S("");
}

static int networks_there(struct serve *s, struct serve_reply *out, struct arena *a, struct begin *g)
{
	struct store_object o;

	g->networks = g->t.networks;
	g->n = g->t.nnetworks;
	if (g->map.n != 0) {
		if (g->n > 1) {
			return serve_fail(out, ERR_CONFLICT, SAY "import-networks" SAY "n=%zu", g->n);
		}
		g->networks = &g->map;
		g->n = 1;
	}
	for (size_t i = 0; i < g->n; i++) {
		/* "none": an asset that a person named and that has no address; no network can be scanned under it */
		if (!fact_network_ok(g->networks[i]) || (!str_eq(g->networks[i], S("none")) &&
		    store_get_object(s->st, a, S("network"), g->networks[i], &o) != 0)) {
			return serve_fail(out, ERR_NOTFOUND, SAY "import-network" SAY "network=%.*s", STRF(g->networks[i]));
		}
	}
	return 0;
}

static void answer_begin(struct serve_reply *out, struct arena *a, struct serve *s, const struct begin *g, bool done)
{
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct store_object progress;
	struct rd rd;
	u32 chunk = 0;

	if (store_get_object(s->st, a, S("progress"), g->id, &progress) == 0) {
		rd = rd_str(progress.body);
		(void)!rd_u32(&rd, &chunk);
	}
	buf_u8(&b, done);
	buf_u8(&b, g->believed);
	buf_blob(&b, g->id);
	buf_u32(&b, chunk);
	serve_bytes(out, buf_view(&b));
}

/* The act that the ledger keeps and the object that limits the chunks are the same words. */
static int import_begin(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct begin g = { .nobjects = 1 };
	struct store_object was;
	const struct json *v;
	struct hash h;
	u8 trust;
	int r;

	if ((r = import_told_read(body, &g.t)) != 0 || (r = rd_blob(body, &g.map)) != 0 || (r = rd_u8(body, &trust)) != 0 ||
	    (r = rd_done(body)) != 0) {
		return r;
	}
	g.trust = trust != 0;
	if ((r = networks_there(s, out, a, &g)) != 0) {
		return r;
	}
	g.id = str_hex(a, g.t.sha256, sizeof g.t.sha256);
	if (g.map.n != 0) {		/* the same file under another name says something else */
		h = hash_bytes(str_printf(a, "%.*s/%.*s", STRF(g.id), STRF(g.map)));
		g.id = str_hex(a, h.b, sizeof h.b);
	}
	if (store_get_object(s->st, a, S("import"), g.id, &was) == 0) {
		if (json_parse(a, was.body, &v, NULL) != 0) {
			return ERR_INTEGRITY;
		}
		(void)!json_get_bool(v, S("believed"), &g.believed);
		if (json_get(v, S("done")) == NULL && (r = run_bind(out, g.id)) != 0) {
			return r;
		}
		answer_begin(out, a, s, &g, json_get(v, S("done")) != NULL);
		return 0;
	}
	if ((r = believe(s, a, &g)) != 0) {
		return r;
	}
	g.objects[0] = (struct store_object){ .type = S("import"), .id = g.id, .body = import_body(a, &g) };
	if (g.objects[0].body.n == 0) {
		return ERR_UTF8;
	}
	if ((r = serve_act(s, a, g.objects[0].body, NULL, 0, g.objects, g.nobjects, NULL)) != 0) {
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	if ((r = run_bind(out, g.id)) != 0) {
		return r;
	}
	answer_begin(out, a, s, &g, false);
	return 0;
}

static int import_end(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct store_object objects[2];
	struct buf b = buf_new(a, 0), act = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	const struct json *v;
	struct str id;
	int r;

	if ((r = rd_blob(body, &id)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	if (store_get_object(s->st, a, S("import"), id, &objects[0]) != 0 || json_parse(a, objects[0].body, &v, NULL) != 0) {
		return serve_fail(out, ERR_NOTFOUND, SAY "import-unknown" SAY "id=%.*s", STRF(id));
	}
	if (v->type != JSON_OBJ) {
		return ERR_INTEGRITY;
	}
	if (json_get(v, S("done")) != NULL) {
		return 0;
	}
	run_unbind(out, id);
	jw_obj(&w);
	for (size_t i = 0; i < v->obj.n; i++) {
		jw_key(&w, v->obj.p[i].key);
		jw_value(&w, &v->obj.p[i].v);
	}
	jw_kbool(&w, "done", true);
	jw_end(&w);
	objects[0].body = buf_view(&b);
	objects[1] = (struct store_object){ .type = S("progress"), .id = id, .remove = true };
	w = jw_new(&act);
	jw_obj(&w);
	jw_kstr(&w, "do", S("import.end"));
	jw_kstr(&w, "id", id);
	jw_end(&w);
	r = serve_act(s, a, buf_view(&act), NULL, 0, objects, countof(objects), NULL);
	return r == 0 ? 0 : serve_fail(out, r, "%s", store_why(s->st));
}

const struct serve_request serve_transfers[] = {
	{ MSGS_EXPORT, export },
	{ MSGS_IMPORT_BEGIN, import_begin },
	{ MSGS_IMPORT_END, import_end },
	{ 0, NULL },
};
