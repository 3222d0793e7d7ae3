/* Writing proof bundles. The format stands in bundle.c, which reads them. */
#include "core/ledger/bundle.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"

enum stage { NEW, BEGUN, TEXTS, ENTRIES, PARTS };

struct bundle_w {
	struct arena *a, *line;		/* `line` is reset with every line */
	bundle_out *out;
	void *ctx;
	int err;
	enum stage stage;
	size_t total;
	vec(struct hash) hashes;
	enum bundle_text kind;		/* the text before */
	struct hash text;
	u64 seq, index;			/* the entry or part before */
};

struct bundle_w *bundle_w_new(struct arena *a, bundle_out *out, void *ctx)
{
	struct bundle_w *w = arena_alloc(a, sizeof(*w));

	*w = (struct bundle_w){ .a = a, .line = arena_new(a, 0), .out = out, .ctx = ctx };
	return w;
}

static void line_out(struct bundle_w *w, struct buf *b)
{
	struct str s;

	buf_u8(b, '\n');
	w->err = buf_done(b);
	s = buf_view(b);
	if (w->err == 0 && (w->hashes.n >= BUNDLE_LINES_MAX || s.n > LIMIT_BUNDLE - w->total)) {
		w->err = ERR_LIMIT;
	}
	if (w->err == 0 && (w->err = w->out(w->ctx, s)) == 0) {
		*vec_add(w->a, &w->hashes) = hash_bytes(s);
		w->total += s.n;
	}
	arena_reset(w->line);
}

static struct buf line_new(struct bundle_w *w)
{
	return buf_new(w->line, BUNDLE_LINE_MAX);
}

static void proof_write(struct json_w *j, struct arena *a, const struct merkle_proof *p)
{
	jw_key(j, S("proof"));
	jw_arr(j);
	for (size_t i = 0; i < p->n; i++) {
		jw_str(j, str_base64(a, p->h[i].b, HASH_LEN));
	}
	jw_end(j);
}

static void checkpoint_out(struct bundle_w *w, struct str note)
{
	struct buf b = line_new(w);
	struct json_w j = jw_new(&b);

	if (w->err != 0 || !str_utf8_ok(note, NULL)) {
		w->err = w->err != 0 ? w->err : ERR_UTF8;
		return;
	}
	jw_obj(&j);
	jw_kstr(&j, "checkpoint", note);
	jw_end(&j);
	line_out(w, &b);
}

void bundle_w_begin(struct bundle_w *w, struct utc made, const struct bundle_log *logs, size_t n)
{
	struct buf b = line_new(w);
	struct json_w j = jw_new(&b);

	must(w->stage == NEW && n != 0);
	w->stage = BEGUN;
	jw_obj(&j);
	jw_kstr(&j, "bundle", S(BUNDLE_FORMAT));
	jw_key(&j, S("logs"));
	jw_arr(&j);
	for (size_t i = 0; i < n; i++) {
		jw_obj(&j);
		jw_kint(&j, "first", (i64)logs[i].first);
		jw_kstr(&j, "key", note_key_text(w->line, &logs[i].key));
		jw_kstr(&j, "origin", logs[i].key.name);
		jw_end(&j);
	}
	jw_end(&j);
	jw_kstr(&j, "made", utc_text(w->line, made));
	jw_end(&j);
	line_out(w, &b);
	for (size_t i = 0; i < n; i++) {
		checkpoint_out(w, logs[i].note);
	}
}

void bundle_w_text(struct bundle_w *w, enum bundle_text kind, struct str body)
{
	struct buf b = line_new(w);
	struct json_w j = jw_new(&b);
	struct hash h = hash_bytes(body);

	must(w->stage == BEGUN || (w->stage == TEXTS && (kind > w->kind ||
	     (kind == w->kind && memcmp(h.b, w->text.b, HASH_LEN) > 0))));
	w->stage = TEXTS;
	w->kind = kind;
	w->text = h;
	if (w->err != 0 || !str_utf8_ok(body, NULL)) {
		w->err = w->err != 0 ? w->err : ERR_UTF8;
		return;
	}
	jw_obj(&j);
	jw_key(&j, S("text"));
	jw_obj(&j);
	jw_kstr(&j, "body", body);
	jw_kstr(&j, "kind", str_z(bundle_texts[kind]));
	jw_kstr(&j, "sha256", str_hex(w->line, h.b, HASH_LEN));
	jw_end(&j);
	jw_end(&j);
	line_out(w, &b);
}

void bundle_w_entry(struct bundle_w *w, u64 seq, struct str envelope, const struct merkle_proof *proof)
{
	struct buf b = line_new(w);
	struct json_w j = jw_new(&b);

	must(w->stage != NEW && (w->stage < ENTRIES || (w->stage == ENTRIES && seq > w->seq)));
	w->stage = ENTRIES;
	w->seq = seq;
	if (w->err != 0 || !str_utf8_ok(envelope, NULL)) {
		w->err = w->err != 0 ? w->err : ERR_UTF8;
		return;
	}
	jw_obj(&j);
	jw_key(&j, S("entry"));
	jw_obj(&j);
	jw_kstr(&j, "envelope", envelope);
	proof_write(&j, w->line, proof);
	jw_kint(&j, "seq", (i64)seq);
	jw_end(&j);
	jw_end(&j);
	line_out(w, &b);
}

void bundle_w_part(struct bundle_w *w, const struct bundle_part *p, const struct merkle_proof *proof)
{
	struct buf b = line_new(w);
	struct json_w j = jw_new(&b);

	must(w->stage == ENTRIES || (w->stage == PARTS && (p->seq != w->seq ? p->seq > w->seq : p->index > w->index)));
	w->stage = PARTS;
	w->seq = p->seq;
	w->index = p->index;
	if (w->err != 0) {
		return;
	}
	jw_obj(&j);
	jw_key(&j, S("part"));
	jw_obj(&j);
	if (p->erased) {
		jw_kstr(&j, "commitment", str_base64(w->line, p->commitment.b, HASH_LEN));
		jw_kint(&j, "erased_by", (i64)p->erased_by);
	} else {
		jw_kstr(&j, "bytes", str_base64(w->line, p->bytes.p, p->bytes.n));
	}
	jw_kint(&j, "index", (i64)p->index);
	jw_kint(&j, "item", p->item);
	proof_write(&j, w->line, proof);
	jw_kstr(&j, "role", str_of(&(char){ (char)p->role }, 1));
	if (!p->erased) {
		jw_kstr(&j, "salt", str_base64(w->line, p->salt.b, sizeof(p->salt.b)));
	}
	jw_kint(&j, "seq", (i64)p->seq);
	jw_end(&j);
	jw_end(&j);
	line_out(w, &b);
}

int bundle_w_end(struct bundle_w *w)
{
	struct buf b = line_new(w);
	struct json_w j = jw_new(&b);
	struct hash all;

	must(w->stage != NEW);
	if (w->err != 0) {
		goto out;
	}
	all = hash_bytes(str_of(w->hashes.p, w->hashes.n * sizeof(*w->hashes.p)));
	jw_obj(&j);
	jw_key(&j, S("end"));
	jw_obj(&j);
	jw_kstr(&j, "all", str_hex(w->line, all.b, HASH_LEN));
	jw_kint(&j, "lines", (i64)w->hashes.n);
	jw_key(&j, S("sha256"));
	jw_arr(&j);
	for (size_t i = 0; i < w->hashes.n; i++) {
		jw_str(&j, str_hex(w->line, w->hashes.p[i].b, HASH_LEN));
	}
	jw_end(&j);
	jw_end(&j);
	jw_end(&j);
	line_out(w, &b);
out:
	arena_free(w->line);
	return w->err;
}
