/* Which texts judge, and since when (ARCHITECTURE 4.3): the texts in force are one *set*, a text of kind "set" that lists the hashes of
 * the others, and the act {"do":"judge.texts","set":"<hex of its hash>"} says in the log that from here on answers are reached by it.
 * The first entry of a store brings the first set; where a program with other texts opens a store, the act is an entry of its own before
 * whatever that program records or judges first. So what was judged between two entries is judged again by exactly the texts of then. */
#include "core/serve/serve_int.h"

#include <string.h>

static const struct store_text *find_set(const struct store_text *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(t[i].kind, S("set"))) {
			return &t[i];
		}
	}
	return NULL;
}

/* Adds act and object to a draft of acts. */
static int add_act(struct arena *a, struct serve_draft *d, struct str set)
{
	struct store_object *objects = arena_alloc(a, (d->nobjects + 1) * sizeof *objects);
	struct item *items = arena_alloc(a, (d->nitems + 1) * sizeof *items);
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	if (d->nobjects != 0) {
		memcpy(objects, d->objects, d->nobjects * sizeof *objects);
	}
	if (d->nitems != 0) {
		memcpy(items, d->items, d->nitems * sizeof *items);
	}
	jw_obj(&w);
	jw_kstr(&w, "do", S(TEXTS_ACT));
	jw_kstr(&w, "set", set);
	jw_end(&w);
	objects[d->nobjects++] = (struct store_object){ .type = S("judge"), .id = S("texts"), .body = set };
	items[d->nitems] = (struct item){ .type = ITEM_ACT };
	d->objects = objects;
	d->items = items;
	return buf_done(&b) != 0 ? buf_done(&b) : json_parse(a, buf_view(&b), &items[d->nitems++].act, NULL);
}

/* What the set in force names came into the store with the entry that named it. */
void texts_put(const struct serve *s, struct store_batch *b)
{
	if (!s->texts_kept && s->parts->texts != NULL) {
		b->ntexts = s->parts->texts(s->ctx, &b->texts);
	}
}

int texts_sign(struct serve *s, struct arena *a, struct serve_draft *d)
{
	const struct store_text *texts, *set;
	struct serve_draft own = { .by = S("korobanu") };
	struct serve_done done;
	struct store_object o;
	struct str hex;
	size_t n;
	int r;

	/* The first entry of a further log names the log before it and nothing else. */
	if (s->texts_told || s->parts->texts == NULL || d->new_origin.n != 0) {
		return 0;
	}
	n = s->parts->texts(s->ctx, &texts);
	if ((set = find_set(texts, n)) == NULL) {
		return 0;
	}
	hex = str_hex(a, set->sha, sizeof set->sha);
	if (s->head.epoch == 0) {
		return add_act(a, d, hex);
	}
	r = store_get_object(s->st, a, S("judge"), S("texts"), &o);
	if (r != 0 && r != ERR_NOTFOUND) {
		return r;
	}
	s->texts_told = true;
	if (r == 0 && str_eq(o.body, hex)) {
		s->texts_kept = true;
		return 0;
	}
	if ((r = add_act(a, &own, hex)) == 0) {
		r = serve_commit(s, &own, &done);
	}
	s->texts_told = r == 0;
	return r;
}
