/* The packed body of a group of items (store_items.body), and items read back from it.
 *
 * For each item: u16 number of parts, then for each part u8 where it is and, when it is here, its bytes as a blob. Where
 * a part is tells evidence bytes from others even when they and the technical part are erased. So the body holds exactly
 * the bytes the commitments were made over, and forgetting a part is taking its bytes away. */
#include "core/serve/serve_int.h"

#include "base/limits.h"

#include <string.h>

#define PAGE 256		/* groups */

enum { PART_ERASED, PART_HERE, PART_OUTSIDE, PART_OUTSIDE_ERASED };

void pack_item(struct buf *b, const struct packed *p)
{
	buf_u16(b, (u16)p->parts.n);
	for (size_t i = 0; i < p->parts.n; i++) {
		bool evidence = p->evidence && i + 1 == p->parts.n;

		buf_u8(b, evidence ? (p->outside ? PART_OUTSIDE : PART_OUTSIDE_ERASED) :
			p->parts.p[i].p == NULL ? PART_ERASED : PART_HERE);
		if (!evidence && p->parts.p[i].p != NULL) {
			buf_blob(b, p->parts.p[i]);
		}
	}
}

int unpack_item(struct arena *a, struct rd *rd, struct packed *ret)
{
	struct packed p = { 0 };
	u16 n;
	u8 where;
	int r;

	if ((r = rd_u16(rd, &n)) != 0) {
		return r;
	}
	if (n > rd_left(rd)) {
		return ERR_TRUNC;
	}
	p.parts.n = n;
	p.parts.p = arena_alloc(a, n * sizeof *p.parts.p);
	for (size_t i = 0; i < n; i++) {
		if ((r = rd_u8(rd, &where)) != 0 || (where == PART_HERE && (r = rd_blob(rd, &p.parts.p[i])) != 0)) {
			return r;
		}
		p.outside = where == PART_OUTSIDE;
		p.evidence = where >= PART_OUTSIDE;
		if (where > PART_OUTSIDE_ERASED || (p.evidence && (i == 0 || i + 1 != n))) {
			return ERR_INTEGRITY;
		}
	}
	*ret = p;
	return 0;
}

enum part_role packed_role(const struct packed *p, size_t k)
{
	return k == 0 ? PART_TECHNICAL : p->evidence && k + 1 == p->parts.n ? PART_EVIDENCE : PART_PERSONAL;
}

/* The bytes are core's own and canonical, so their beginning tells. */
bool packed_is_act(struct arena *a, u32 item, const struct packed *p)
{
	return str_starts(p->parts.p[0], str_printf(a, "{\"i\":%u,\"item\":{\"act\":", item));
}

/* An asset may have many groups in one entry; a page that ends among them would lose the rest, because the next one begins with the
 * next entry. At most every second item of an entry begins a group of the same asset, so one entry's always fit STORE_PAGE_MAX. */
int items_page(struct serve *s, struct arena *a, u64 asset, u64 *from, struct store_items **ret, size_t *ret_n)
{
	struct store_items *groups;
	size_t n, whole;
	int r = store_items_of(s->st, a, asset, *from, UINT64_MAX >> 1, PAGE, &groups, &n);

	if (r == 0 && n == PAGE) {
		u64 last = groups[n - 1].seq;

		for (whole = n; whole > 0 && groups[whole - 1].seq == last; whole--) {
		}
		n = whole;
		if (whole == 0) {
			r = store_items_of(s->st, a, asset, last, last + 1, STORE_PAGE_MAX, &groups, &n);
		}
	}
	if (r != 0) {
		return r;
	}
	if (n != 0) {
		*from = groups[n - 1].seq + 1;
	}
	*ret = groups;
	*ret_n = n;
	return 0;
}

int items_read(struct arena *a, const struct store_items *g, struct item *ret)
{
	struct rd rd = rd_str(g->body);
	struct packed p;
	int r;

	for (u32 i = 0; i < g->n; i++) {
		if ((r = unpack_item(a, &rd, &p)) != 0) {
			return ERR_INTEGRITY;
		}
		if (p.outside) {
			p.parts.p[p.parts.n - 1] = S("");	/* evidence_load fetches them */
		}
		if ((r = item_from_parts(a, g->first + i, p.parts.p, p.parts.n, &ret[i], NULL)) != 0) {
			return r;
		}
	}
	return rd_done(&rd) == 0 ? 0 : ERR_INTEGRITY;
}

static bool named(const struct store_part *erase, size_t n, u64 seq, u32 part)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (erase[mid].seq < seq || (erase[mid].seq == seq && erase[mid].part < part)) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo < n && erase[lo].seq == seq && erase[lo].part == part;
}

int items_forget(struct arena *a, const struct store_items *g, const struct store_part *erase, size_t n,
	struct store_items *ret)
{
	struct rd rd = rd_str(g->body);
	struct buf b = buf_new(a, 0);
	u32 part = g->part;
	int r;

	*ret = *g;
	for (u32 i = 0; i < g->n; i++) {
		struct packed p;

		if ((r = unpack_item(a, &rd, &p)) != 0) {
			return ERR_INTEGRITY;
		}
		for (size_t k = 0; k < p.parts.n; k++, part++) {
			bool evidence = packed_role(&p, k) == PART_EVIDENCE;

			if (named(erase, n, g->seq, part)) {
				if (k == 0 && packed_is_act(a, g->first + i, &p)) {
					return ERR_ARG;
				}
				p.parts.p[k] = (struct str){ 0 };
				p.outside = p.outside && !evidence;	/* erased is not elsewhere */
			}
			if (p.parts.p[0].p == NULL && (evidence ? p.outside : p.parts.p[k].p != NULL)) {
				return ERR_ARG;
			}
		}
		pack_item(&b, &p);
	}
	ret->body = buf_view(&b);
	return buf_done(&b);
}
