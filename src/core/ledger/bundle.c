/* Verifying proof bundles. One pass, line by line, for files much larger than memory.
 *
 * FORMAT (doc/formats/bundle.md). JSON Lines; each line is RFC 8785 and ends with "\n". In this order:
 *
 *	{"bundle":"korobanu.bundle/1","logs":[{"first":n,"key":<verifier key>,"origin":<name of the key>}..],"made":<utc>}
 *	{"checkpoint":<signed note>}						one a log, in their order
 *	{"text":{"body":..,"kind":..,"sha256":<hex>}}				ascending by kind, hash
 *	{"entry":{"envelope":..,"proof":[<base64>..],"seq":n}}			ascending by seq
 *	{"part":{"bytes":<base64>,"index":k,"item":i,"proof":[..],"role":"t|p|e","salt":<base64>,"seq":n}}
 *								ascending by seq, index
 *	{"part":{"commitment":<base64>,"erased_by":m,"index":k,"item":i,"proof":[..],"role":..,"seq":n}}
 *	{"end":{"all":<hex>,"lines":<lines before this one>,"sha256":[<hex of each>..]}}
 *
 * `all` is SHA-256 over the listed hashes, 32 bytes each: it tells a damaged list from a damaged line.
 *
 * INVARIANTS. Positions are one number over all logs of the store: log i has those from its `first` on, as many as its
 * checkpoint says, and the next log begins where they end. So every position lies in exactly one log, and the leaf's
 * index there is seq - first.
 * What reaches the sink is proven to its line: a text by its hash, an envelope by inclusion in the signed root of its log, a part by inclusion in its envelope's root, an erased part by an `erased` entry of a later position
 * that names it. Item and role of a part are in its commitment; those of an erased part cannot be proven any more and
 * are held against the parts beside it: items ascend, each begins with its technical part. Nothing is optional and
 * nothing comes twice, so a bundle has one text and every byte of it counts.
 * A line's hash (with its "\n") is compared at the end; it names the place where no proof reaches, such as `made`.
 *
 * DANGERS. The file is a stranger's. Lengths are bounded before memory is asked for; JSON and base64 live in an
 * arena of one line; what stays is 32 bytes a line, and for each entry its root and erased positions. */
#include "core/ledger/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"

const char *const bundle_texts[3] = { "guideline", "mapping", "rule" };

#define CHUNK (64 * KiB)
#define LINE_MEMORY (8 * BUNDLE_LINE_MAX)	/* the line, its tree, its canonical form, what is decoded */
#define NUMBER_MAX ((u64)1 << 53)

enum stage { BEGIN, CHECKPOINT, TEXT, ENTRY, PART, END, DONE };

struct entry {
	u64 seq;
	u64 items, parts;
	struct hash root;
	struct envelope erased;		/* of an `erased` entry: its positions; else zero */
};

struct verify {
	struct arena *a, *run, *la;	/* what the result points to; this run; one line */
	bundle_in *in;
	void *in_ctx;
	const struct bundle_sink *sink;
	const struct note_key *trusted;
	struct bundle_info info;
	struct bundle_log *logs;	/* what info shows */
	size_t checkpoints;		/* read so far */
	struct perr *e;
	u32 line;
	u8 *chunk;
	size_t at, have, total;		/* within the chunk; bytes read in all */
	enum stage stage;
	vec(struct hash) hashes;
	vec(struct entry) entries;
	int kind;			/* the text before, -1: none */
	struct hash text;
	struct bundle_part part;	/* the part before: its place */
};

static int bad(struct verify *v, const char *fmt, ...) PRINTF(2, 3);
static int bad(struct verify *v, const char *fmt, ...)
{
	char text[sizeof(v->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	perr_set(v->e, ERR_INTEGRITY, 0, "%s", text);
	if (v->e != NULL) {
		v->e->line = v->line;
	}
	return ERR_INTEGRITY;
}

static int stop(struct verify *v, int code, const char *what)	/* not the content's fault, or the sink's word */
{
	if (v->e != NULL) {
		if (what != NULL || v->e->code != code) {
			perr_set(v->e, code, 0, "%s", what != NULL ? what : err_text(code));
		}
		v->e->line = v->line;
	}
	return code;
}

/* Reading */

/* The next line with its "\n", in the line's arena. Empty at the end of the file. */
static int line_next(struct verify *v, struct str *ret)
{
	struct buf b = buf_new(v->la, BUNDLE_LINE_MAX);

	for (;;) {
		const u8 *from, *nl;
		size_t n;
		int r;

		if (v->at == v->have) {
			v->at = v->have = 0;
			if ((r = v->in(v->in_ctx, v->chunk, CHUNK, &v->have)) != 0) {
				return stop(v, r, NULL);
			}
			must(v->have <= CHUNK);
			if (v->have > LIMIT_BUNDLE - v->total) {
				return stop(v, ERR_LIMIT, SAY "too-large" SAY "what=bundle");
			}
			v->total += v->have;
		}
		if (v->have == 0) {
			*ret = buf_view(&b);
			return b.n == 0 ? 0 : bad(v, SAY "cut");
		}
		from = v->chunk + v->at;
		nl = memchr(from, '\n', v->have - v->at);
		n = nl != NULL ? (size_t)(nl - from) + 1 : v->have - v->at;
		buf_bytes(&b, from, n);
		if (buf_done(&b) != 0) {
			return stop(v, ERR_LIMIT, SAY "too-large" SAY "what=line");
		}
		v->at += n;
		if (nl != NULL) {
			*ret = buf_view(&b);
			return 0;
		}
	}
}

/* Pieces of lines: each returns 0 or has named what is wrong */

static int get_str(struct verify *v, const struct json *o, const char *key, struct str *ret)
{
	return json_get_str(o, str_z(key), ret) == 0 ? 0 : bad(v, SAY "member" SAY "name=%s", key);
}

static int get_u64(struct verify *v, const struct json *o, const char *key, u64 *ret)
{
	i64 i;

	if (json_get_int(o, str_z(key), &i) != 0 || i < 0 || (u64)i > NUMBER_MAX) {
		return bad(v, SAY "member" SAY "name=%s", key);
	}
	*ret = (u64)i;
	return 0;
}

static int hex_hash(struct verify *v, struct str s, const char *key, struct hash *ret)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'A' && s.p[i] <= 'F') {
			return bad(v, SAY "member" SAY "name=%s", key);
		}
	}
	return str_unhex(s, ret->b, HASH_LEN) == 0 ? 0 : bad(v, SAY "member" SAY "name=%s", key);
}

static int b64_bytes(struct verify *v, struct str s, const char *key, struct str *ret)
{
	return str_unbase64(v->la, s, ret) == 0 ? 0 : bad(v, SAY "member" SAY "name=%s", key);
}

static int b64_32(struct verify *v, struct str s, const char *key, u8 ret[32])
{
	struct str bytes;
	int r = b64_bytes(v, s, key, &bytes);

	if (r != 0) {
		return r;
	}
	if (bytes.n != 32) {
		return bad(v, SAY "member" SAY "name=%s", key);
	}
	memcpy(ret, bytes.p, 32);
	return 0;
}

static int get_proof(struct verify *v, const struct json *o, struct merkle_proof *ret)
{
	const struct json *p = json_get(o, S("proof"));
	int r;

	if (p == NULL || p->type != JSON_ARR || p->arr.n > MERKLE_PROOF_MAX) {
		return bad(v, SAY "member" SAY "name=proof");
	}
	ret->n = p->arr.n;
	for (size_t i = 0; i < p->arr.n; i++) {
		if (p->arr.p[i].type != JSON_STR) {
			return bad(v, SAY "member" SAY "name=proof");
		}
		if ((r = b64_32(v, p->arr.p[i].s, "proof", ret->h[i].b)) != 0) {
			return r;
		}
	}
	return 0;
}

static int members(struct verify *v, const struct json *o, size_t n)
{
	return o->type == JSON_OBJ && o->obj.n == n ? 0 : bad(v, SAY "members");
}

/* The lines */

static int log_read(struct verify *v, const struct json *o, size_t i, struct bundle_log *ret)
{
	struct str key, origin;
	int r;

	if ((r = members(v, o, 3)) != 0 || (r = get_u64(v, o, "first", &ret->first)) != 0 ||
	    (r = get_str(v, o, "key", &key)) != 0 || (r = get_str(v, o, "origin", &origin)) != 0) {
		return r;
	}
	if (note_key_parse(str_dup(v->a, key), &ret->key) != 0) {
		return bad(v, SAY "key");
	}
	if (!str_eq(ret->key.name, origin)) {
		return bad(v, SAY "origin");
	}
	if (chain_epoch(origin) != i + 1) {
		return bad(v, SAY "epoch-order" SAY "n=%zu", i + 1);
	}
	if (i == 0 ? ret->first != 0 : ret->first <= ret[-1].first) {
		return bad(v, SAY "first-order" SAY "n=%zu", i + 1);
	}
	return 0;
}

/* The last log's key must be the trusted one, under the name it has in any of the logs: a reader who knew the store before a restore
 * knows its key by that name. */
static bool is_trusted(const struct verify *v)
{
	size_t n = v->info.nlogs;

	if (v->trusted == NULL) {
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		if (str_eq(v->trusted->name, v->logs[i].key.name) && memcmp(v->trusted->pub, v->logs[i].key.pub, KEY_PUB) == 0) {
			return memcmp(v->trusted->pub, v->logs[n - 1].key.pub, KEY_PUB) == 0;
		}
	}
	return false;
}

static int line_begin(struct verify *v, const struct json *o)
{
	const struct json *logs = json_get(o, S("logs"));
	struct str format, made;
	int r;

	if ((r = members(v, o, 3)) != 0 || (r = get_str(v, o, "bundle", &format)) != 0 ||
	    (r = get_str(v, o, "made", &made)) != 0) {
		return r;
	}
	if (!str_eq(format, S(BUNDLE_FORMAT))) {
		return bad(v, SAY "format" SAY "name=%s", BUNDLE_FORMAT);
	}
	if (!utc_canonical(made) || utc_parse(made, &v->info.made) != 0) {
		return bad(v, SAY "member" SAY "name=made");
	}
	if (logs == NULL || logs->type != JSON_ARR || logs->arr.n == 0 || logs->arr.n > BUNDLE_LOGS_MAX) {
		return bad(v, SAY "member" SAY "name=logs");
	}
	v->logs = arena_alloc(v->a, logs->arr.n * sizeof *v->logs);
	for (size_t i = 0; i < logs->arr.n; i++) {
		v->logs[i] = (struct bundle_log){ 0 };
		if ((r = log_read(v, &logs->arr.p[i], i, &v->logs[i])) != 0) {
			return r;
		}
	}
	v->info.logs = v->logs;
	v->info.nlogs = logs->arr.n;
	if (!is_trusted(v)) {
		return bad(v, SAY "other-key");
	}
	v->stage = CHECKPOINT;
	return 0;
}

static int line_checkpoint(struct verify *v, const struct json *note)
{
	struct bundle_log *log = &v->logs[v->checkpoints];
	bool last = v->checkpoints + 1 == v->info.nlogs;
	struct perr e = {0};

	if (note->type != JSON_STR) {
		return bad(v, SAY "no-note");
	}
	log->note = str_dup(v->a, note->s);
	if (checkpoint_open(v->la, log->note, &log->key, &log->checkpoint, &e) != 0) {
		return bad(v, SAY "checkpoint" SAY "text=%s", e.text);
	}
	if (!last && log->checkpoint.size != log[1].first - log->first) {
		return bad(v, log->checkpoint.size < log[1].first - log->first ?
			SAY "gap" SAY "size=%llu" SAY "first=%llu" : SAY "overlap" SAY "size=%llu" SAY "first=%llu",
			(unsigned long long)log->checkpoint.size, (unsigned long long)log[1].first);
	}
	if (log->checkpoint.size > NUMBER_MAX - log->first) {
		return bad(v, SAY "beyond");
	}
	v->checkpoints++;
	if (!last) {
		return 0;
	}
	v->stage = TEXT;
	return v->sink->begin != NULL ? v->sink->begin(v->sink->ctx, &v->info, v->e) : 0;
}

static int line_text(struct verify *v, const struct json *o)
{
	struct str body, kind, hex;
	struct hash want, got;
	int r, k, order;

	if ((r = members(v, o, 3)) != 0 || (r = get_str(v, o, "body", &body)) != 0 ||
	    (r = get_str(v, o, "kind", &kind)) != 0 || (r = get_str(v, o, "sha256", &hex)) != 0 ||
	    (r = hex_hash(v, hex, "sha256", &want)) != 0) {
		return r;
	}
	if ((k = str_index(kind, bundle_texts, countof(bundle_texts))) < 0) {
		return bad(v, SAY "member" SAY "name=kind");
	}
	got = hash_bytes(body);
	if (!hash_eq(&want, &got)) {
		return bad(v, SAY "text-hash");
	}
	order = k != v->kind ? k - v->kind : memcmp(got.b, v->text.b, HASH_LEN);
	if (order <= 0) {
		return bad(v, SAY "order" SAY "what=texts");
	}
	v->kind = k;
	v->text = got;
	v->info.texts++;
	return v->sink->text != NULL ? v->sink->text(v->sink->ctx, v->line, (enum bundle_text)k, &got, body, v->e) : 0;
}

static int entry_keep(struct verify *v, u64 seq, const struct envelope *env)
{
	struct entry *e = vec_add(v->run, &v->entries);

	*e = (struct entry){ .seq = seq, .items = env->items, .parts = env->parts, .root = env->root };
	if (env->nerased > 0) {
		struct position *p = arena_try(v->run, env->nerased * sizeof(*p));

		if (p == NULL) {
			return stop(v, ERR_NOMEM, NULL);
		}
		memcpy(p, env->erased, env->nerased * sizeof(*p));
		e->erased.erased = p;
		e->erased.nerased = env->nerased;
	}
	return 0;
}

/* The log a position lies in; NULL: in none. */
static const struct bundle_log *log_find(const struct verify *v, u64 seq)
{
	for (size_t i = v->info.nlogs; i-- > 0;) {
		if (seq >= v->logs[i].first) {
			return seq - v->logs[i].first < v->logs[i].checkpoint.size ? &v->logs[i] : NULL;
		}
	}
	return NULL;
}

static int line_entry(struct verify *v, const struct json *o)
{
	const struct bundle_log *log;
	const struct checkpoint *c;
	struct merkle_proof proof;
	struct envelope env;
	struct perr e = {0};
	struct hash leaf;
	struct str text;
	u64 seq = 0;
	int r;

	v->stage = ENTRY;
	if ((r = members(v, o, 3)) != 0 || (r = get_str(v, o, "envelope", &text)) != 0 ||
	    (r = get_proof(v, o, &proof)) != 0 || (r = get_u64(v, o, "seq", &seq)) != 0) {
		return r;
	}
	if (v->entries.n > 0 && seq <= v->entries.p[v->entries.n - 1].seq) {
		return bad(v, SAY "order" SAY "what=entries");
	}
	if ((log = log_find(v, seq)) == NULL) {
		return bad(v, SAY "no-log" SAY "seq=%llu", (unsigned long long)seq);
	}
	c = &log->checkpoint;
	leaf = merkle_leaf(text);
	if (merkle_verify_inclusion(seq - log->first, c->size, &leaf, proof.h, proof.n, &c->root) != 0) {
		return bad(v, SAY "not-in-tree" SAY "seq=%llu", (unsigned long long)seq);
	}
	if (envelope_read(v->la, text, &env, &e) != 0) {
		return bad(v, SAY "envelope" SAY "text=%s", e.text);
	}
	if ((r = entry_keep(v, seq, &env)) != 0) {
		return r;
	}
	v->info.entries++;
	return v->sink->entry != NULL ? v->sink->entry(v->sink->ctx, v->line, seq, &env, text, v->e) : 0;
}

static const struct entry *entry_find(const struct verify *v, u64 seq)
{
	size_t lo = 0, hi = v->entries.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->entries.p[mid].seq < seq) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo < v->entries.n && v->entries.p[lo].seq == seq ? &v->entries.p[lo] : NULL;
}

static int part_erased(struct verify *v, const struct json *o, struct bundle_part *p)
{
	const struct entry *by;
	struct str s;
	int r;

	if ((r = get_str(v, o, "commitment", &s)) != 0 || (r = b64_32(v, s, "commitment", p->commitment.b)) != 0 ||
	    (r = get_u64(v, o, "erased_by", &p->erased_by)) != 0) {
		return r;
	}
	by = entry_find(v, p->erased_by);
	if (by == NULL || p->erased_by <= p->seq || !envelope_erases(&by->erased, p->seq, p->index)) {
		return bad(v, SAY "not-erased" SAY "by=%llu" SAY "part=%llu" SAY "seq=%llu",
			(unsigned long long)p->erased_by, (unsigned long long)p->index, (unsigned long long)p->seq);
	}
	p->erased = true;
	v->info.erased++;
	return 0;
}

static int part_bytes(struct verify *v, const struct json *o, struct bundle_part *p)
{
	struct str bytes, salt;
	int r;

	if ((r = get_str(v, o, "bytes", &bytes)) != 0 || (r = get_str(v, o, "salt", &salt)) != 0 ||
	    (r = b64_bytes(v, bytes, "bytes", &p->bytes)) != 0 || (r = b64_32(v, salt, "salt", p->salt.b)) != 0) {
		return r;
	}
	p->commitment = part_commit(p->role, p->item, &p->salt, p->bytes);
	return 0;
}

static int part_place(struct verify *v, const struct json *o, struct bundle_part *p)
{
	struct str role;
	u64 item = 0;
	int r;

	if ((r = get_u64(v, o, "seq", &p->seq)) != 0 || (r = get_u64(v, o, "index", &p->index)) != 0 ||
	    (r = get_u64(v, o, "item", &item)) != 0 || (r = get_str(v, o, "role", &role)) != 0) {
		return r;
	}
	if (role.n != 1 || str_chr(S("tpe"), role.p[0]) < 0) {
		return bad(v, SAY "member" SAY "name=role");
	}
	if (item > UINT32_MAX) {
		return bad(v, SAY "member" SAY "name=item");
	}
	p->item = (u32)item;
	p->role = (enum part_role)role.p[0];
	return 0;
}

/* Whether this part can stand where it says: every item has one technical part, which is its first, and evidence bytes
 * are the last of theirs. The parts between this one and the one before may have been left out. */
static bool part_fits(const struct bundle_part *was, const struct bundle_part *p, const struct entry *in)
{
	bool first = p->role == PART_TECHNICAL;
	u64 parts = p->index, items = p->item;		/* between the part before, or the beginning, and this one */

	if (p->item >= in->items || in->items - p->item > in->parts - p->index) {
		return false;
	}
	if (was == NULL) {
		return parts >= items + !first && (items != 0 || !first || parts == 0);
	}
	if (p->item <= was->item) {
		return p->item == was->item && !first && was->role != PART_EVIDENCE;
	}
	parts = p->index - was->index - 1;
	items = p->item - was->item - 1;
	return parts >= items + !first;
}

static int line_part(struct verify *v, const struct json *o)
{
	const struct bundle_part *was;
	const struct entry *in;
	struct merkle_proof proof;
	struct bundle_part p = {0};
	struct hash leaf;
	int r;

	v->stage = PART;
	if ((r = members(v, o, 7)) != 0 || (r = part_place(v, o, &p)) != 0 || (r = get_proof(v, o, &proof)) != 0 ||
	    (r = (json_get(o, S("erased_by")) != NULL ? part_erased : part_bytes)(v, o, &p)) != 0) {
		return r;
	}
	was = v->info.parts > 0 && p.seq == v->part.seq ? &v->part : NULL;
	if (v->info.parts > 0 && (was != NULL ? p.index <= was->index : p.seq < v->part.seq)) {
		return bad(v, SAY "order" SAY "what=parts");
	}
	if ((in = entry_find(v, p.seq)) == NULL) {
		return bad(v, SAY "no-entry" SAY "seq=%llu", (unsigned long long)p.seq);
	}
	leaf = part_leaf(&p.commitment);
	if (merkle_verify_inclusion(p.index, in->parts, &leaf, proof.h, proof.n, &in->root) != 0) {
		return bad(v, SAY "not-in-entry" SAY "part=%llu" SAY "seq=%llu", (unsigned long long)p.index, (unsigned long long)p.seq);
	}
	if (!part_fits(was, &p, in)) {
		return bad(v, SAY "no-item" SAY "part=%llu" SAY "item=%u", (unsigned long long)p.index, p.item);
	}
	v->part = (struct bundle_part){ .seq = p.seq, .index = p.index, .item = p.item, .role = p.role };
	v->info.parts++;
	return v->sink->part != NULL ? v->sink->part(v->sink->ctx, v->line, &p, v->e) : 0;
}

static int line_end(struct verify *v, const struct json *o)
{
	const struct json *list = json_get(o, S("sha256"));
	struct hash all, want, *listed;
	struct str hex;
	u64 lines = 0;
	int r;

	v->stage = DONE;
	if ((r = members(v, o, 3)) != 0 || (r = get_str(v, o, "all", &hex)) != 0 ||
		(r = hex_hash(v, hex, "all", &want)) != 0 || (r = get_u64(v, o, "lines", &lines)) != 0) {
		return r;
	}
	if (list == NULL || list->type != JSON_ARR || lines != list->arr.n || lines != v->hashes.n) {
		return bad(v, SAY "count" SAY "n=%zu", v->hashes.n);
	}
	if ((listed = arena_try(v->la, list->arr.n * sizeof(*listed) + 1)) == NULL) {
		return stop(v, ERR_NOMEM, NULL);
	}
	for (size_t i = 0; i < list->arr.n; i++) {
		if (list->arr.p[i].type != JSON_STR || hex_hash(v, list->arr.p[i].s, "sha256", &listed[i]) != 0) {
			return bad(v, SAY "list-hash" SAY "n=%zu", i + 1);
		}
	}
	all = hash_bytes(str_of(listed, list->arr.n * sizeof(*listed)));
	if (!hash_eq(&all, &want)) {
		return bad(v, SAY "list");
	}
	for (size_t i = 0; i < list->arr.n; i++) {
		if (!hash_eq(&listed[i], &v->hashes.p[i])) {
			v->line = (u32)i + 1;
			return bad(v, SAY "line-hash");
		}
	}
	return 0;
}

static const struct line_type {
	const char *key;
	enum stage first, last;		/* of the run, in which such a line may come */
	int (*read)(struct verify *v, const struct json *o);
} types[] = {
	{ "checkpoint", CHECKPOINT, CHECKPOINT, line_checkpoint },
	{ "end", TEXT, PART, line_end },
	{ "entry", TEXT, ENTRY, line_entry },
	{ "part", ENTRY, PART, line_part },
	{ "text", TEXT, TEXT, line_text },
};

static int line_read(struct verify *v, const struct json *o)
{
	if (o->type != JSON_OBJ) {
		return bad(v, SAY "no-object");
	}
	if (v->stage == BEGIN) {
		return line_begin(v, o);
	}
	for (size_t i = 0; i < countof(types); i++) {
		if (o->obj.n != 1 || !str_eq(o->obj.p[0].key, str_z(types[i].key))) {
			continue;
		}
		if (v->stage < types[i].first || v->stage > types[i].last) {
			return bad(v, SAY "line-place" SAY "type=%s", types[i].key);
		}
		return types[i].read(v, &o->obj.p[0].v);
	}
	return bad(v, SAY "line-type");
}

static int verify_line(struct verify *v, struct str line)
{
	struct str text = str_sub(line, 0, line.n - 1);
	struct hash h = hash_bytes(line);
	struct perr e = {0};
	const struct json *o;
	int r;

	if (v->stage == DONE) {
		return bad(v, SAY "after-end");
	}
	if (json_parse(v->la, text, &o, &e) != 0) {
		return bad(v, SAY "json" SAY "col=%u" SAY "text=%s", e.col, e.text);
	}
	if (!json_is_canon(v->la, text, o)) {
		return bad(v, SAY "canonical");
	}
	if ((r = line_read(v, o)) != 0) {
		return r == ERR_INTEGRITY && v->e != NULL && v->e->line != 0 ? r : stop(v, r, NULL);
	}
	if (v->hashes.n >= BUNDLE_LINES_MAX) {
		return stop(v, ERR_LIMIT, SAY "too-large" SAY "what=lines");
	}
	*vec_add(v->run, &v->hashes) = h;
	v->info.lines++;
	return 0;
}

int bundle_verify(struct arena *a, bundle_in *in, void *in_ctx, const struct bundle_sink *sink,
		  const struct note_key *trusted, struct bundle_info *ret, struct perr *reterr)
{
	static const struct bundle_sink none;
	struct arena *run = arena_new(a, 0);
	struct verify v = {
		.a = a,
		.run = run,
		.la = arena_new(run, LINE_MEMORY),
		.in = in,
		.in_ctx = in_ctx,
		.sink = sink != NULL ? sink : &none,
		.trusted = trusted,
		.e = reterr,
		.chunk = arena_alloc(run, CHUNK),
		.kind = -1,
	};
	struct str line;
	int r;

	if (reterr != NULL) {
		*reterr = (struct perr){0};
	}
	for (;;) {
		v.line++;
		if ((r = line_next(&v, &line)) != 0 || line.n == 0) {
			break;
		}
		if ((r = verify_line(&v, line)) != 0) {
			break;
		}
		arena_reset(v.la);
	}
	if (r == 0 && v.stage != DONE) {
		r = bad(&v, SAY "no-end");
	}
	arena_free(run);
	if (r == 0) {
		*ret = v.info;
	}
	return r;
}
