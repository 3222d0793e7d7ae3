/* Erasing what the law wants erased (ARCHITECTURE 4.6): content, salt and key go, the commitment stays, and an entry of type `erased`
 * names the positions. What rested on it is judged again in the same commit. */
#include "core/serve/serve_int.h"

#include "base/limits.h"
#include "core/ledger/envelope.h"

struct found {
	vec(struct store_part) parts;
};

/* Positions of the parts that hold this personal field, in one group. */
static int search_group(struct arena *a, const struct store_items *g, struct str kind, struct str field, struct found *f)
{
	struct rd rd = rd_str(g->body);
	u32 part = g->part;

	for (u32 i = 0; i < g->n; i++) {
		struct packed p;
		struct item it;
		bool ours;

		if (unpack_item(a, &rd, &p) != 0) {
			return ERR_INTEGRITY;
		}
		ours = !p.evidence && p.parts.p[0].p != NULL && item_from_parts(a, g->first + i, p.parts.p, p.parts.n, &it, NULL) == 0 &&
			it.type == ITEM_FACT && str_eq(it.fact.kind_name, kind);
		for (size_t k = 0; k < p.parts.n; k++, part++) {
			const struct json *v;
			struct str name;

			if (k > 0 && ours && p.parts.p[k].p != NULL && json_parse(a, p.parts.p[k], &v, NULL) == 0 &&
			    json_get_str(v, S("f"), &name) == 0 && str_eq(name, str_printf(a, "value.%.*s", STRF(field)))) {
				*vec_add(a, &f->parts) = (struct store_part){ g->seq, part };
			}
		}
	}
	return 0;
}

static int search_asset(struct serve *s, struct arena *a, u64 id, struct str kind, struct str field, struct found *f)
{
	u64 *members;
	size_t nmembers = identity_members(a, s->edges, id, &members);

	for (size_t m = 0; m < nmembers; m++) {
		for (u64 from = 0;;) {
			struct store_items *groups;
			size_t n;
			int r = items_page(s, a, members[m], &from, &groups, &n);

			for (size_t i = 0; r == 0 && i < n; i++) {
				r = search_group(a, &groups[i], kind, field, f);
			}
			if (r != 0) {
				return r;
			}
			if (n == 0) {
				break;
			}
		}
	}
	return 0;
}

static void sort_parts(struct store_part *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct store_part v = p[i];
		size_t k = i;

		for (; k > 0 && (p[k - 1].seq > v.seq || (p[k - 1].seq == v.seq && p[k - 1].part > v.part)); k--) {
			p[k] = p[k - 1];
		}
		p[k] = v;
	}
}

/* The act beside the positions: its words may name somebody, so they are a part of their own. */
static int put_words(struct arena *a, struct str why, struct serve_draft *d)
{
	static const struct str personal[] = { { "why", 3 } };
	struct item *it = arena_alloc(a, sizeof *it);
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);
	int r;

	jw_obj(&w);
	jw_kstr(&w, "do", S("erase"));
	if (why.n != 0) {
		jw_kstr(&w, "why", why);
	}
	jw_end(&w);
	*it = (struct item){ .type = ITEM_ACT, .personal = personal, .npersonal = why.n != 0 ? 1 : 0 };
	if ((r = buf_done(&b)) != 0 || (r = json_parse(a, buf_view(&b), &it->act, NULL)) != 0) {
		return r;
	}
	d->items = it;
	d->nitems = 1;
	return 0;
}

static int erase(struct serve *s, struct serve_reply *out, struct arena *a, struct rd *body)
{
	struct str who, what, basis, why, kind, field;
	struct serve_draft d = { 0 };
	struct found f = { 0 };
	struct serve_done done;
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	u8 dry;
	u64 id;
	int r;

	if ((r = rd_blob(body, &who)) != 0 || (r = rd_blob(body, &what)) != 0 || (r = rd_blob(body, &basis)) != 0 ||
	    (r = rd_blob(body, &why)) != 0 || (r = rd_u8(body, &dry)) != 0 || (r = rd_done(body)) != 0) {
		return r;
	}
	field = what;
	kind = str_cut(&field, '.');
	if (kind_latest(kind) == NULL || kind_field(kind_latest(kind), field) == NULL ||
	    !kind_field(kind_latest(kind), field)->personal) {
		return serve_fail(out, ERR_UNKNOWN, "\"%.*s\" is no personal field (korobanu fact kinds marks them)", STRF(what));
	}
	if (str_index(basis, envelope_bases, countof(envelope_bases)) < 0) {
		return serve_fail(out, basis.n == 0 ? ERR_MISSING : ERR_UNKNOWN,
			"an erasure names its basis: --basis contract, law, mistake, other, request or retention (the words go to --why)");
	}
	if ((r = serve_asset_of(s, a, who, &id)) != 0) {
		return serve_fail(out, r, "there is no asset \"%.*s\"", STRF(who));
	}
	if ((r = search_asset(s, a, id, kind, field, &f)) != 0) {
		return r;
	}
	if (f.parts.n == 0) {
		return serve_fail(out, ERR_NOTFOUND, "%.*s holds no %.*s", STRF(who), STRF(what));
	}
	sort_parts(f.parts.p, f.parts.n);
	d.erase = f.parts.p;
	d.nerase = f.parts.n;
	d.basis = basis;
	if ((r = put_words(a, why, &d)) != 0) {
		return r;
	}
	done.seq = 0;
	if (dry == 0 && (r = serve_commit(s, &d, &done)) != 0) {
		return serve_fail(out, r, "%s", store_why(s->st));
	}
	buf_u64(&b, done.seq);
	buf_u32(&b, (u32)f.parts.n);
	serve_bytes(out, buf_view(&b));
	return buf_done(&b);
}

const struct serve_request serve_erasures[] = { { MSGS_ERASE, erase }, { 0, NULL } };
