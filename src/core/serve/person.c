/* Who did it. Entries name people by pseudonyms, USR-1, USR-2 ...: an entry stays for ever, and whom it names must not be readable from
 * it once that is erased. Who asks is known by the uid the kernel vouches for at the other end of the connection.
 *
 * The first deed of a person adds the act {"do":"person","id":"USR-1","uid":1000} with `uid` personal, and the object `person` of that
 * id, which holds the same. Numbers are not used again: erasing the uid leaves the object. */
#include "core/serve/serve_int.h"

#include <string.h>

/* *ret: the pseudonym of that uid; else, with ERR_NOTFOUND, the next that is free. */
static int find(struct serve *s, struct arena *a, i64 uid, struct str *ret)
{
	struct str after = S("");
	struct store_object *rows;
	u64 there = 0;
	size_t n;
	int r;

	while ((r = store_list_objects(s->st, a, S("person"), after, STORE_PAGE_MAX, &rows, &n)) == 0 && n != 0) {
		for (size_t i = 0; i < n; i++) {
			const struct json *v;
			i64 is;

			if (json_parse(a, rows[i].body, &v, NULL) == 0 && json_get_int(v, S("uid"), &is) == 0 && is == uid) {
				*ret = rows[i].id;
				return 0;
			}
		}
		there += n;
		after = rows[n - 1].id;
	}
	if (r == 0) {
		*ret = str_printf(a, "USR-%ju", (uintmax_t)there + 1);
	}
	return r != 0 ? r : ERR_NOTFOUND;
}

static struct str body_of(struct arena *a, struct str id, i64 uid)
{
	struct buf b = buf_new(a, 0);
	struct json_w w = jw_new(&b);

	jw_obj(&w);
	jw_kstr(&w, "do", S("person"));
	jw_kstr(&w, "id", id);
	jw_kint(&w, "uid", uid);
	jw_end(&w);
	must(buf_done(&b) == 0);
	return buf_view(&b);
}

/* Adds act and object to a draft that may hold them. */
static int add_person(struct arena *a, struct serve_draft *d, struct str id, i64 uid)
{
	static const struct str personal[] = { { "uid", 3 } };
	struct store_object *objects = arena_alloc(a, (d->nobjects + 1) * sizeof *objects);
	struct item *items = arena_alloc(a, (d->nitems + 1) * sizeof *items);
	struct str body = body_of(a, id, uid);
	int r;

	if (d->nobjects != 0) {
		memcpy(objects, d->objects, d->nobjects * sizeof *objects);
	}
	if (d->nitems != 0) {
		memcpy(items, d->items, d->nitems * sizeof *items);
	}
	objects[d->nobjects++] = (struct store_object){ .type = S("person"), .id = id, .body = body };
	items[d->nitems] = (struct item){ .type = ITEM_ACT, .personal = personal, .npersonal = countof(personal) };
	d->objects = objects;
	d->items = items;
	d->by = id;
	if ((r = json_parse(a, body, &items[d->nitems].act, NULL)) != 0) {
		return r;
	}
	return act_name_objects(a, &objects[d->nobjects - 1], 1, &items[d->nitems++].act);
}

int serve_know_caller(struct serve *s)
{
	struct arena *a = arena_new(s->a, 0);
	struct serve_draft d = { 0 };
	struct serve_done done;
	struct str id;
	int r = s->caller < 0 ? 0 : find(s, a, s->caller, &id);

	if (r == ERR_NOTFOUND && (r = add_person(a, &d, id, s->caller)) == 0) {
		r = serve_commit(s, &d, &done);
	}
	arena_free(a);
	return r;
}

int person_caller(struct serve *s, struct arena *a, struct str *ret)
{
	*ret = S("");
	return s->caller < 0 ? 0 : find(s, a, s->caller, ret);
}

int person_sign(struct serve *s, struct arena *a, struct serve_draft *d)
{
	int r;

	if (d->by.n != 0 || s->caller < 0 || d->nchunks != 0) {
		return 0;
	}
	if ((r = find(s, a, s->caller, &d->by)) != ERR_NOTFOUND) {
		return r;
	}
	if (d->nerase != 0 || (d->nitems == 1 && d->items[0].type == ITEM_ACT)) {
		return add_person(a, d, d->by, s->caller);
	}
	d->by = S("");
	if ((r = serve_know_caller(s)) != 0) {
		return r;
	}
	return find(s, a, s->caller, &d->by);
}
