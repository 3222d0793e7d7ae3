/* The chain between the logs of a store. The format stands in doc/formats/ledger.md (Epoch):
 *
 *	{"do":"ledger.restore","key":<verifier key>,"old":{"epoch":n,"first":p,"known":n,"note":<signed note or "">,"origin":<text>,
 *	 "root":<base64>,"size":n},"origin":<text>}
 *
 * The object of type `epoch` of a closed log is the same `old`.
 * INVARIANTS. A log's positions begin where those of the log before it end in the copy; the epoch grows by one. What the old log had
 * beyond `size` is lost, and `known` says how much of it is known to have been. */
#include "core/ledger/chain.h"

#include <string.h>

enum { OLD_MEMBERS = 7, CHAIN_MEMBERS = 4 };
#define NUMBER_MAX ((i64)1 << 53)

u32 chain_epoch(struct str origin)
{
	u64 n = 0;
	size_t at = origin.n;

	while (at > 0 && origin.p[at - 1] != '/') {
		at--;
	}
	if (at < 2 || at == origin.n || origin.n - at > 9 || origin.p[at] == '0') {
		return 0;
	}
	for (; at < origin.n; at++) {
		if (origin.p[at] < '0' || origin.p[at] > '9') {
			return 0;
		}
		n = n * 10 + (u64)(origin.p[at] - '0');
	}
	return (u32)n;
}

struct str chain_old_write(struct arena *a, const struct chain_old *o)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kint(&w, "epoch", o->epoch);
	jw_kint(&w, "first", (i64)o->first);
	jw_kint(&w, "known", (i64)o->known);
	jw_kstr(&w, "note", o->note);
	jw_kstr(&w, "origin", o->origin);
	jw_kstr(&w, "root", str_base64(a, o->root.b, HASH_LEN));
	jw_kint(&w, "size", (i64)o->size);
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

struct str chain_write(struct arena *a, const struct chain *c)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "do", S("ledger.restore"));
	jw_kstr(&w, "key", note_key_text(a, &c->key));
	jw_key(&w, S("old"));
	jw_raw(&w, chain_old_write(a, &c->old));
	jw_kstr(&w, "origin", c->origin);
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

static int get_number(const struct json *v, const char *key, i64 max, u64 *ret)
{
	i64 n;
	int r = json_get_int(v, str_z(key), &n);

	if (r == 0 && (n < 0 || n > max)) {
		r = ERR_RANGE;
	}
	if (r == 0) {
		*ret = (u64)n;
	}
	return r;
}

int chain_old_read(struct arena *a, const struct json *v, struct chain_old *ret)
{
	struct chain_old o = { 0 };
	struct str root, bytes;
	u64 epoch;
	int r;

	if (v->type != JSON_OBJ || v->obj.n != OLD_MEMBERS) {
		return ERR_EXTRA;
	}
	if ((r = get_number(v, "epoch", INT32_MAX, &epoch)) != 0 || (r = get_number(v, "first", NUMBER_MAX, &o.first)) != 0 ||
	    (r = get_number(v, "known", NUMBER_MAX, &o.known)) != 0 || (r = get_number(v, "size", NUMBER_MAX, &o.size)) != 0 ||
	    (r = json_get_str(v, S("note"), &o.note)) != 0 || (r = json_get_str(v, S("origin"), &o.origin)) != 0 ||
	    (r = json_get_str(v, S("root"), &root)) != 0 || (r = str_unbase64(a, root, &bytes)) != 0) {
		return r;
	}
	if (epoch == 0 || bytes.n != HASH_LEN) {
		return ERR_RANGE;
	}
	o.epoch = (u32)epoch;
	memcpy(o.root.b, bytes.p, HASH_LEN);
	*ret = o;
	return 0;
}

int chain_read(struct arena *a, const struct json *act, struct chain *ret)
{
	const struct json *old;
	struct chain c = { 0 };
	struct str key, what;
	int r;

	if (act->type != JSON_OBJ || act->obj.n != CHAIN_MEMBERS || (old = json_get(act, S("old"))) == NULL) {
		return ERR_EXTRA;
	}
	if ((r = json_get_str(act, S("do"), &what)) != 0 || (r = json_get_str(act, S("key"), &key)) != 0 ||
	    (r = json_get_str(act, S("origin"), &c.origin)) != 0 || (r = note_key_parse(key, &c.key)) != 0 ||
	    (r = chain_old_read(a, old, &c.old)) != 0) {
		return r;
	}
	if (!str_eq(what, S("ledger.restore"))) {
		return ERR_TYPE;
	}
	*ret = c;
	return 0;
}

const char *chain_differs(const struct chain *c, const struct bundle_log *old, const struct bundle_log *now)
{
	if (!str_eq(c->old.origin, old->checkpoint.origin)) {
		return "chain-log";
	}
	if (c->old.epoch != chain_epoch(old->checkpoint.origin) || c->old.first != old->first) {
		return "chain-number";
	}
	if (c->old.size != old->checkpoint.size) {
		return "chain-size";
	}
	if (!hash_eq(&c->old.root, &old->checkpoint.root)) {
		return "chain-root";
	}
	if (!str_eq(c->origin, now->checkpoint.origin) || !str_eq(c->key.name, c->origin)) {
		return "chain-begins";
	}
	return NULL;
}
