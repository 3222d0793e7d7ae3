/* The bytes of a state. All integers big-endian; text is u16 length and bytes; everything stands in its sorted order, so
 * equal states give equal bytes.
 *
 *   "KST3"  u8 flags: 1 overflow, 2 lost
 *   u16 n   kinds:    name, u32 version, u32 kind_print
 *   u16 n   texts:    networks, addresses, protocols, sorted
 *   u32 n   stamps:   sorted; at, fresh, pos, fact, id, run, qod, class, state, clock
 *   u32 n   slots:    u16 kind, u16 network, u8 vantage, place, u8 erased, then strong and weak: u32 stamp + 1 (0: none), and when
 *                     there is one u8 n fields: u8 index, u32 stamp + 1, value, and of weak u32 other + 1
 *   u16 n   maps:     u16 of, u16 network, u16 addr, u16 proto, u8 vantage, then each layer: u16 n pieces of
 *                     u16 lo, u16 hi, u8 outcome, u32 stamp + 1
 *   u16 n   families: u16 network, u8 vantage, u8 family, u32 found + 1, u32 silent + 1
 *   u32 n   claims
 * place: u8 n fields: u8 index, value. A value: BOOL, ENUM u8; INT, TIME i64; STRS u16 n texts; else text.
 *
 * Decoding refuses whatever is not sorted, not of the table or not canonical: readers rely on it for binary search. */
#include "core/fact/state_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/rd.h"
#include "core/fact/fact_int.h"

static const char magic[4] = "KST3";

struct dict {
	const struct kind **kinds;
	size_t nkinds;
	struct str *texts;
	size_t ntexts;
	const struct state_stamp **stamps;
	size_t nstamps;
	/* what was looked up last: a fact's fields have one stamp, and slots of one kind and network stand together */
	const struct kind *kind;
	struct str text;
	const struct state_stamp *stamp;
	u16 kind_no, text_no;
	u32 stamp_no;
};

/* --- writing --- */

static void put_text(struct buf *b, struct str s)
{
	must(s.n <= UINT16_MAX);
	buf_u16(b, (u16)s.n);
	buf_str(b, s);
}

static int by_kind(const void *x, const void *y)
{
	const struct kind *const *a = x, *const *b = y;

	return (*a > *b) - (*a < *b);	/* both in the table */
}

static int by_text(const void *x, const void *y)
{
	const struct str *a = x, *b = y;

	return str_cmp(*a, *b);
}

static int by_stamp(const void *x, const void *y)
{
	const struct state_stamp *const *a = x, *const *b = y;

	return state_stamp_cmp(*a, *b);
}

/* Sorts and drops doubles; returns how many are left. */
static size_t unique(void *p, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	u8 *v = p;
	size_t k = 0;

	if (n == 0)
		return 0;
	qsort(p, n, size, cmp);
	for (size_t i = 1; i < n; i++)
		if (cmp(v + k * size, v + i * size) != 0) {
			k++;
			if (k != i)
				memcpy(v + k * size, v + i * size, size);
		}
	return k + 1;
}

struct gather {
	vec(const struct kind *) kinds;
	vec(struct str) texts;
	vec(const struct state_stamp *) stamps;
};

/* What was added last is not added again; the rest of the doubles go when all is sorted. */
static void add_stamp(struct arena *a, struct gather *g, const struct state_stamp *s)
{
	if (s != NULL && (g->stamps.n == 0 || g->stamps.p[g->stamps.n - 1] != s))
		*vec_add(a, &g->stamps) = s;
}

static void add_kind(struct arena *a, struct gather *g, const struct kind *k)
{
	if (g->kinds.n == 0 || g->kinds.p[g->kinds.n - 1] != k)
		*vec_add(a, &g->kinds) = k;
}

static void add_text(struct arena *a, struct gather *g, struct str s)
{
	if (g->texts.n == 0 || !str_eq(g->texts.p[g->texts.n - 1], s))
		*vec_add(a, &g->texts) = s;
}

static void gather_slots(struct arena *a, struct gather *g, const struct state *st)
{
	for (size_t i = 0; i < st->slots.n; i++) {
		const struct state_slot *s = &st->slots.p[i];

		add_kind(a, g, s->kind);
		add_text(a, g, s->network);
		add_stamp(a, g, s->strong);
		add_stamp(a, g, s->weak);
		for (size_t k = 0; k < s->kind->n; k++) {
			add_stamp(a, g, s->regs[k].stamp);
		}
		for (size_t k = 0; s->weak_own != NULL && k < s->kind->n; k++) {
			add_stamp(a, g, s->weak_regs[k].stamp);
			add_stamp(a, g, s->weak_regs[k].other);
		}
	}
}

static struct dict make_dict(struct arena *a, const struct state *st)
{
	struct gather g = {0};

	gather_slots(a, &g, st);
	for (size_t i = 0; i < st->maps.n; i++) {
		const struct state_map *m = &st->maps.p[i];

		add_kind(a, &g, m->of);
		add_text(a, &g, m->network);
		add_text(a, &g, m->addr);
		add_text(a, &g, m->proto);
		for (size_t k = 0; k < LAYER_FIELDS + m->of->n; k++)
			for (size_t j = 0; j < m->layers[k].n; j++)
				if (j == 0 || m->layers[k].p[j].stamp != m->layers[k].p[j - 1].stamp)
					add_stamp(a, &g, m->layers[k].p[j].stamp);
	}
	for (size_t i = 0; i < st->families.n; i++) {
		add_text(a, &g, st->families.p[i].network);
		add_stamp(a, &g, st->families.p[i].found);
		add_stamp(a, &g, st->families.p[i].silent);
	}
	return (struct dict){
		.kinds = g.kinds.p, .nkinds = unique(g.kinds.p, g.kinds.n, sizeof *g.kinds.p, by_kind),
		.texts = g.texts.p, .ntexts = unique(g.texts.p, g.texts.n, sizeof *g.texts.p, by_text),
		.stamps = g.stamps.p, .nstamps = unique(g.stamps.p, g.stamps.n, sizeof *g.stamps.p, by_stamp),
	};
}

static void put_kind(struct buf *b, struct dict *d, const struct kind *k)
{
	if (d->kind != k) {
		const struct kind **at = bsearch(&k, d->kinds, d->nkinds, sizeof k, by_kind);

		must(at != NULL);
		d->kind = k;
		d->kind_no = (u16)(at - d->kinds);
	}
	buf_u16(b, d->kind_no);
}

static void put_known(struct buf *b, struct dict *d, struct str s)
{
	if (d->text.p == NULL || !str_eq(d->text, s)) {
		const struct str *at = bsearch(&s, d->texts, d->ntexts, sizeof s, by_text);

		must(at != NULL);
		d->text = *at;
		d->text_no = (u16)(at - d->texts);
	}
	buf_u16(b, d->text_no);
}

static void put_stamp(struct buf *b, struct dict *d, const struct state_stamp *s)
{
	if (s == NULL) {
		buf_u32(b, 0);
		return;
	}
	if (d->stamp != s) {
		const struct state_stamp **at = bsearch(&s, d->stamps, d->nstamps, sizeof s, by_stamp);

		must(at != NULL);
		d->stamp = s;
		d->stamp_no = (u32)(at - d->stamps) + 1;
	}
	buf_u32(b, d->stamp_no);
}

static void put_regs(struct buf *b, struct dict *d, const struct state_slot *s, bool weak,
    const struct state_stamp *stamp, const struct state_reg *regs)
{
	size_t n = 0;

	put_stamp(b, d, stamp);
	if (stamp == NULL)
		return;
	for (size_t i = 0; i < s->kind->n; i++)
		n += regs[i].stamp != NULL;
	buf_u8(b, (u8)n);
	for (size_t i = 0; i < s->kind->n; i++) {
		if (regs[i].stamp == NULL)
			continue;
		buf_u8(b, (u8)i);
		put_stamp(b, d, regs[i].stamp);
		state_put_value(b, &regs[i].v);
		if (weak)
			put_stamp(b, d, regs[i].other);
	}
}

static void put_map(struct buf *b, struct dict *d, const struct state_map *m)
{
	put_kind(b, d, m->of);
	put_known(b, d, m->network);
	put_known(b, d, m->addr);
	put_known(b, d, m->proto);
	buf_u8(b, (u8)m->vantage);
	for (size_t k = 0; k < LAYER_FIELDS + m->of->n; k++) {
		const struct state_layer *l = &m->layers[k];

		buf_u16(b, (u16)l->n);
		for (size_t i = 0; i < l->n; i++) {
			buf_u16(b, l->p[i].lo);
			buf_u16(b, l->p[i].hi);
			buf_u8(b, l->p[i].outcome);
			put_stamp(b, d, l->p[i].stamp);
		}
	}
}

static void put_claim(struct buf *b, const struct claim *c)
{
	buf_u64(b, c->asset);
	put_text(b, c->network);
	buf_u8(b, (u8)c->type);
	put_text(b, c->value);
	buf_u8(b, (u8)c->strength);
	buf_i64(b, c->since.ms);
	buf_i64(b, c->last.ms);
	buf_i64(b, c->until.ms);
	buf_u8(b, (u8)c->end);
	buf_u32(b, c->lease_ms);
	buf_u8(b, (u8)c->nbound);
	for (size_t i = 0; i < c->nbound; i++)
		put_text(b, c->bound[i]);
}

static void put_dict(struct buf *b, const struct dict *d)
{
	buf_u16(b, (u16)d->nkinds);
	for (size_t i = 0; i < d->nkinds; i++) {
		put_text(b, str_z(d->kinds[i]->name));
		buf_u32(b, d->kinds[i]->version);
		buf_u32(b, kind_print(d->kinds[i]));
	}
	buf_u16(b, (u16)d->ntexts);
	for (size_t i = 0; i < d->ntexts; i++)
		put_text(b, d->texts[i]);
	buf_u32(b, (u32)d->nstamps);
	for (size_t i = 0; i < d->nstamps; i++) {
		const struct state_stamp *s = d->stamps[i];

		buf_i64(b, s->at.ms);
		buf_i64(b, s->fresh.ms);
		buf_u64(b, s->pos.seq);
		buf_u32(b, s->pos.index);
		buf_u64(b, s->fact.seq);
		buf_u32(b, s->fact.index);
		buf_bytes(b, s->id, sizeof s->id);
		buf_u64(b, s->run);
		buf_u8(b, s->qod);
		buf_u8(b, s->class);
		buf_u8(b, s->state);
		buf_u8(b, s->clock);
	}
}

void state_encode(struct buf *b, struct state *st)
{
	struct arena *a = arena_new(NULL, 0);
	struct dict d = make_dict(a, st);

	buf_bytes(b, magic, sizeof magic);
	buf_u8(b, (u8)(st->overflow | st->lost << 1));
	put_dict(b, &d);
	buf_u32(b, (u32)st->slots.n);
	for (size_t i = 0; i < st->slots.n; i++) {
		const struct state_slot *s = &st->slots.p[i];

		put_kind(b, &d, s->kind);
		put_known(b, &d, s->network);
		buf_u8(b, (u8)s->vantage);
		buf_str(b, s->key);
		buf_u8(b, s->erased);
		put_regs(b, &d, s, false, s->strong, s->regs);
		put_regs(b, &d, s, true, s->weak, s->weak_regs);
	}
	buf_u16(b, (u16)st->maps.n);
	for (size_t i = 0; i < st->maps.n; i++)
		put_map(b, &d, &st->maps.p[i]);
	buf_u16(b, (u16)st->families.n);
	for (size_t i = 0; i < st->families.n; i++) {
		put_known(b, &d, st->families.p[i].network);
		buf_u8(b, (u8)st->families.p[i].vantage);
		buf_u8(b, (u8)st->families.p[i].family);
		put_stamp(b, &d, st->families.p[i].found);
		put_stamp(b, &d, st->families.p[i].silent);
	}
	buf_u32(b, (u32)st->nclaims);
	for (size_t i = 0; i < st->nclaims; i++)
		put_claim(b, &st->claims[i]);
	arena_free(a);
}

/* --- reading: every helper returns 0 or an ERR_*; ERR_TRUNC and the like become ERR_INTEGRITY at the top --- */

struct unpack {
	struct arena *a;
	struct rd rd;
	struct dict d;
};

static int get_text(struct unpack *u, struct str *ret)
{
	struct str s;
	u16 n;
	int r;

	if ((r = rd_u16(&u->rd, &n)) != 0 || (r = rd_bytes(&u->rd, n, &s)) != 0)
		return r;
	*ret = s;
	return 0;
}

static int get_kind(struct unpack *u, const struct kind **ret)
{
	u16 i;
	int r = rd_u16(&u->rd, &i);

	if (r != 0)
		return r;
	if (i >= u->d.nkinds)
		return ERR_INTEGRITY;
	*ret = u->d.kinds[i];
	return 0;
}

static int get_known(struct unpack *u, struct str *ret)
{
	u16 i;
	int r = rd_u16(&u->rd, &i);

	if (r != 0)
		return r;
	if (i >= u->d.ntexts)
		return ERR_INTEGRITY;
	*ret = u->d.texts[i];
	return 0;
}

static int get_stamp(struct unpack *u, bool need, const struct state_stamp **ret)
{
	u32 i;
	int r = rd_u32(&u->rd, &i);

	if (r != 0)
		return r;
	if (i > u->d.nstamps || (need && i == 0))
		return ERR_INTEGRITY;
	*ret = i == 0 ? NULL : u->d.stamps[i - 1];
	return 0;
}

static int get_vantage(struct unpack *u, int *ret)
{
	u8 v;
	int r = rd_u8(&u->rd, &v);

	if (r != 0)
		return r;
	*ret = v;
	return v >= 1 && v <= 7 ? 0 : ERR_INTEGRITY;
}

static int get_set(struct unpack *u, const struct kind_field *def, struct fact_value *ret)
{
	const char *why;
	struct str *p;
	u16 n;
	int r = rd_u16(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > LIMIT_FACT_STRS)
		return ERR_INTEGRITY;
	p = arena_alloc(u->a, n * sizeof *p + 1);
	for (size_t i = 0; i < n; i++)
		if ((r = get_text(u, &p[i])) != 0)
			return r;
	return fact_value_strs(u->a, def, p, n, FACT_STRICT, ret, &why);
}

static int get_value(struct unpack *u, const struct kind_field *def, struct fact_value *ret)
{
	struct utc t;
	const char *why;
	struct str s;
	u8 byte;
	i64 i;
	int r;

	switch (def->type) {
	case KIND_BOOL:
		if ((r = rd_u8(&u->rd, &byte)) != 0)
			return r;
		*ret = (struct fact_value){ .type = KIND_BOOL, .i = byte };
		return byte <= 1 ? 0 : ERR_INTEGRITY;
	case KIND_ENUM:
		if ((r = rd_u8(&u->rd, &byte)) != 0)
			return r;
		if (byte >= kind_words(def))
			return ERR_INTEGRITY;
		*ret = (struct fact_value){ .type = KIND_ENUM, .i = byte, .s = kind_word(def, byte) };
		return 0;
	case KIND_INT:
		return (r = rd_i64(&u->rd, &i)) != 0 ? r : fact_value_int(def, i, ret, &why);
	case KIND_TIME:
		if ((r = rd_i64(&u->rd, &i)) != 0)
			return r;
		t = (struct utc){ .ms = i };
		if (i < -62135596800000 || i > 253402300799999)	/* years 0001 to 9999: what utc_text can write */
			return ERR_INTEGRITY;
		return fact_value_text(u->a, def, utc_text(u->a, t), FACT_STRICT, ret, &why);
	case KIND_STRS:
		return get_set(u, def, ret);
	default:
		return (r = get_text(u, &s)) != 0 ? r : fact_value_text(u->a, def, s, FACT_STRICT, ret, &why);
	}
}

static int get_dict(struct unpack *u)
{
	u16 nkinds, ntexts;
	int r;

	if ((r = rd_u16(&u->rd, &nkinds)) != 0)
		return r;
	if (nkinds > kind_count)
		return ERR_NEWER;
	u->d.kinds = arena_alloc(u->a, nkinds * sizeof(void *) + 1);
	for (; u->d.nkinds < nkinds; u->d.nkinds++) {
		const struct kind *k;
		struct str name;
		u32 version, print;

		if ((r = get_text(u, &name)) != 0 || (r = rd_u32(&u->rd, &version)) != 0 ||
		    (r = rd_u32(&u->rd, &print)) != 0)
			return r;
		k = kind_find(name, version);
		if (k == NULL || k != kind_latest(name) || kind_print(k) != print)
			return ERR_NEWER;
		if (u->d.nkinds > 0 && u->d.kinds[u->d.nkinds - 1] >= k)
			return ERR_INTEGRITY;
		u->d.kinds[u->d.nkinds] = k;
	}
	if ((r = rd_u16(&u->rd, &ntexts)) != 0)
		return r;
	if (ntexts > rd_left(&u->rd) / 2)
		return ERR_INTEGRITY;
	u->d.texts = arena_alloc(u->a, ntexts * sizeof *u->d.texts + 1);
	for (; u->d.ntexts < ntexts; u->d.ntexts++)
		if ((r = get_text(u, &u->d.texts[u->d.ntexts])) != 0)
			return r;
	return 0;
}

#define STAMP_BYTES 76

static int get_stamps(struct unpack *u)
{
	struct state_stamp *all;
	u32 n;
	int r = rd_u32(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > rd_left(&u->rd) / STAMP_BYTES)
		return ERR_INTEGRITY;
	all = arena_alloc(u->a, n * sizeof *all + 1);
	u->d.stamps = arena_alloc(u->a, n * sizeof(void *) + 1);
	for (u32 i = 0; i < n; i++) {
		struct state_stamp *s = &all[i];
		u8 clock;

		if ((r = rd_i64(&u->rd, &s->at.ms)) != 0 || (r = rd_i64(&u->rd, &s->fresh.ms)) != 0 ||
		    (r = rd_u64(&u->rd, &s->pos.seq)) != 0 || (r = rd_u32(&u->rd, &s->pos.index)) != 0 ||
		    (r = rd_u64(&u->rd, &s->fact.seq)) != 0 || (r = rd_u32(&u->rd, &s->fact.index)) != 0 ||
		    (r = rd_copy(&u->rd, s->id, sizeof s->id)) != 0 || (r = rd_u64(&u->rd, &s->run)) != 0 ||
		    (r = rd_u8(&u->rd, &s->qod)) != 0 || (r = rd_u8(&u->rd, &s->class)) != 0 ||
		    (r = rd_u8(&u->rd, &s->state)) != 0 || (r = rd_u8(&u->rd, &clock)) != 0)
			return r;
		s->clock = clock != 0;
		if (clock > 1 || s->qod > 100 || s->class > 3 || s->state >= SEEN_STATE_COUNT || s->fresh.ms > s->at.ms ||
		    s->fresh.ms < -62135596800000 || s->at.ms > 253402300799999)
			return ERR_INTEGRITY;
		u->d.stamps[i] = s;
		if (i > 0 && state_stamp_cmp(&all[i - 1], s) >= 0)
			return ERR_INTEGRITY;
	}
	u->d.nstamps = n;
	return 0;
}

/* No register is later than the latest, and what said otherwise not later than the register. */
static int get_regs(struct unpack *u, const struct kind *k, bool weak, const struct state_stamp **ret_stamp,
    struct state_reg *regs)
{
	int r = get_stamp(u, false, ret_stamp), last = -1;
	u8 n, i;

	if (r != 0 || *ret_stamp == NULL)
		return r;
	if ((r = rd_u8(&u->rd, &n)) != 0)
		return r;
	for (; n > 0; n--) {
		if ((r = rd_u8(&u->rd, &i)) != 0)
			return r;
		if (i >= k->n || k->fields[i].place || i <= last)
			return ERR_INTEGRITY;
		last = i;
		if ((r = get_stamp(u, true, &regs[i].stamp)) != 0 || (r = get_value(u, &k->fields[i], &regs[i].v)) != 0)
			return r;
		if (weak && (r = get_stamp(u, false, &regs[i].other)) != 0)
			return r;
		if (state_stamp_cmp(regs[i].stamp, *ret_stamp) > 0 ||
		    (regs[i].other != NULL && state_stamp_cmp(regs[i].other, regs[i].stamp) >= 0))
			return ERR_INTEGRITY;
	}
	return 0;
}

static int get_place(struct unpack *u, struct state_slot *s)
{
	const u8 *from = u->rd.p;
	int r, last = -1;
	u8 n, i;

	if ((r = rd_u8(&u->rd, &n)) != 0)
		return r;
	if (n > s->kind->n)
		return ERR_INTEGRITY;
	s->place = arena_alloc(u->a, n * sizeof *s->place + 1);
	for (; s->nplace < n; s->nplace++) {
		struct fact_field *f = &s->place[s->nplace];

		if ((r = rd_u8(&u->rd, &i)) != 0)
			return r;
		if (i >= s->kind->n || !s->kind->fields[i].place || i <= last)
			return ERR_INTEGRITY;
		last = i;
		f->def = &s->kind->fields[i];
		f->name = str_z(f->def->name);
		if ((r = get_value(u, f->def, &f->v)) != 0)
			return r;
	}
	s->key = str_of(from, (size_t)(u->rd.p - from));
	return 0;
}

static int get_slots(struct unpack *u, struct state *st)
{
	u32 n;
	int r = rd_u32(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > LIMIT_STATE_VALUES)
		return ERR_INTEGRITY;
	for (; n > 0; n--) {
		struct state_slot s = {0};
		struct state_reg *weak;
		u8 erased;

		if ((r = get_kind(u, &s.kind)) != 0 || (r = get_known(u, &s.network)) != 0 ||
		    (r = get_vantage(u, &s.vantage)) != 0 || (r = get_place(u, &s)) != 0 || (r = rd_u8(&u->rd, &erased)) != 0)
			return r;
		s.erased = erased != 0;
		s.regs = arena_alloc(u->a, s.kind->n * sizeof *s.regs);
		weak = arena_alloc(u->a, s.kind->n * sizeof *weak);
		if ((r = get_regs(u, s.kind, false, &s.strong, s.regs)) != 0 ||
		    (r = get_regs(u, s.kind, true, &s.weak, weak)) != 0)
			return r;
		s.weak_own = s.weak == NULL ? NULL : weak;
		s.weak_regs = s.weak == NULL ? state_no_regs : weak;
		if (erased > 1 || (s.strong == NULL && s.weak == NULL) ||
		    (st->slots.n > 0 && state_slot_cmp(&st->slots.p[st->slots.n - 1], &s) >= 0))
			return ERR_INTEGRITY;
		*vec_add(u->a, &st->slots) = s;
	}
	return 0;
}

static int get_layer(struct unpack *u, struct state_layer *l)
{
	u16 n;
	int r = rd_u16(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > LIMIT_STATE_SPANS)
		return ERR_INTEGRITY;
	l->p = arena_alloc(u->a, n * sizeof *l->p + 1);
	for (; l->n < n; l->n++) {
		struct state_span *s = &l->p[l->n];

		if ((r = rd_u16(&u->rd, &s->lo)) != 0 || (r = rd_u16(&u->rd, &s->hi)) != 0 ||
		    (r = rd_u8(&u->rd, &s->outcome)) != 0 || (r = get_stamp(u, true, &s->stamp)) != 0)
			return r;
		if (s->lo > s->hi || (l->n > 0 && l->p[l->n - 1].hi >= s->lo) || s->outcome < COVER_UNFINISHED ||
		    s->outcome > COVER_CLOSED)
			return ERR_INTEGRITY;
	}
	return 0;
}

static int get_maps(struct unpack *u, struct state *st)
{
	u16 n;
	int r = rd_u16(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > LIMIT_STATE_MAPS)
		return ERR_INTEGRITY;
	for (; n > 0; n--) {
		struct state_map m = {0};

		if ((r = get_kind(u, &m.of)) != 0 || (r = get_known(u, &m.network)) != 0 ||
		    (r = get_known(u, &m.addr)) != 0 || (r = get_known(u, &m.proto)) != 0 ||
		    (r = get_vantage(u, &m.vantage)) != 0)
			return r;
		m.layers = arena_alloc(u->a, (LAYER_FIELDS + m.of->n) * sizeof *m.layers);
		for (size_t k = 0; k < LAYER_FIELDS + m.of->n; k++)
			if ((r = get_layer(u, &m.layers[k])) != 0)
				return r;
		if (st->maps.n > 0 && state_map_cmp(&st->maps.p[st->maps.n - 1], &m) >= 0)
			return ERR_INTEGRITY;
		*vec_add(u->a, &st->maps) = m;
	}
	return 0;
}

static int get_families(struct unpack *u, struct state *st)
{
	u16 n;
	int r = rd_u16(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > LIMIT_STATE_MAPS)
		return ERR_INTEGRITY;
	for (; n > 0; n--) {
		struct state_family f = {0};
		u8 family;

		if ((r = get_known(u, &f.network)) != 0 || (r = get_vantage(u, &f.vantage)) != 0 ||
		    (r = rd_u8(&u->rd, &family)) != 0 || (r = get_stamp(u, false, &f.found)) != 0 ||
		    (r = get_stamp(u, false, &f.silent)) != 0)
			return r;
		f.family = family;
		if ((family != 4 && family != 6) || (f.found == NULL && f.silent == NULL) ||
		    (st->families.n > 0 && state_family_cmp(&st->families.p[st->families.n - 1], &f) >= 0))
			return ERR_INTEGRITY;
		*vec_add(u->a, &st->families) = f;
	}
	return 0;
}

static int get_claim(struct unpack *u, struct claim *c)
{
	u8 type, strength, end, nbound;
	int r;

	if ((r = rd_u64(&u->rd, &c->asset)) != 0 || (r = get_text(u, &c->network)) != 0 ||
	    (r = rd_u8(&u->rd, &type)) != 0 || (r = get_text(u, &c->value)) != 0 ||
	    (r = rd_u8(&u->rd, &strength)) != 0 || (r = rd_i64(&u->rd, &c->since.ms)) != 0 ||
	    (r = rd_i64(&u->rd, &c->last.ms)) != 0 || (r = rd_i64(&u->rd, &c->until.ms)) != 0 ||
	    (r = rd_u8(&u->rd, &end)) != 0 || (r = rd_u32(&u->rd, &c->lease_ms)) != 0 ||
	    (r = rd_u8(&u->rd, &nbound)) != 0)
		return r;
	if (type >= KEY_TYPE_COUNT || strength > CLAIM_FIRM || end >= CLAIM_END_COUNT || nbound > CLAIM_BOUND_MAX ||
	    c->last.ms > 253402300799999 || c->last.ms < -62135596800000)
		return ERR_INTEGRITY;
	c->type = (enum fact_key_type)type;
	c->strength = (enum claim_strength)strength;
	c->end = (enum claim_end)end;
	for (; c->nbound < nbound; c->nbound++)
		if ((r = get_text(u, &c->bound[c->nbound])) != 0)
			return r;
	return 0;
}

static int get_claims(struct unpack *u, struct state *st)
{
	u32 n;
	int r = rd_u32(&u->rd, &n);

	if (r != 0)
		return r;
	if (n > LIMIT_STATE_CLAIMS)
		return ERR_INTEGRITY;
	st->claims = arena_alloc(u->a, n * sizeof *st->claims + 1);
	for (; st->nclaims < n; st->nclaims++) {
		if ((r = get_claim(u, &st->claims[st->nclaims])) != 0)
			return r;
		if (st->nclaims > 0 && state_claim_cmp(&st->claims[st->nclaims - 1], &st->claims[st->nclaims]) > 0)
			return ERR_INTEGRITY;
	}
	return 0;
}

int state_decode(struct arena *a, struct str blob, struct state **ret)
{
	struct unpack u = { .a = a };
	struct state *st;
	struct str head;
	u8 flags;
	int r;

	if (blob.n > LIMIT_STATE)
		return ERR_INTEGRITY;
	u.rd = rd_str(str_dup(a, blob));
	st = state_new(a);
	if (rd_bytes(&u.rd, sizeof magic, &head) != 0)
		return ERR_INTEGRITY;
	if (!str_eq(head, str_of(magic, sizeof magic)))
		return ERR_NEWER;
	if ((r = rd_u8(&u.rd, &flags)) != 0 || (r = get_dict(&u)) != 0 || (r = get_stamps(&u)) != 0 ||
	    (r = get_slots(&u, st)) != 0 || (r = get_maps(&u, st)) != 0 || (r = get_families(&u, st)) != 0 ||
	    (r = get_claims(&u, st)) != 0 || (r = rd_done(&u.rd)) != 0)
		return r == ERR_NEWER ? ERR_NEWER : ERR_INTEGRITY;
	if (flags > 3)
		return ERR_INTEGRITY;
	st->overflow = (flags & 1) != 0;
	st->lost = (flags & 2) != 0;
	*ret = st;
	return 0;
}
