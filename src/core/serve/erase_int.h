/* What the files of erasing share: erase.c looks for what is asked, erase_job.c makes entries of it, erase_known.c does again in a
 * restored copy what was done here. */
#ifndef CORE_SERVE_ERASE_INT_H
#define CORE_SERVE_ERASE_INT_H

#include "core/serve/serve_int.h"

struct erase_mark {			/* a part to erase */
	struct store_part at;
	bool glued;			/* goes with the one before: their item loses its technical part */
};

struct erase_job {
	struct str basis, by;
	vec(struct erase_mark) marks;		/* ascending */
	vec(u64) assets;		/* that lose something */
	vec(u64) whole;			/* of these nothing stays */
};

struct erase_want {
	struct serve *s;
	struct arena *a;
	struct erase_job job;
	vec(struct store_object) objects;	/* as they are without it */
	vec(struct store_forget) forget;
	struct str kind, field;		/* what the pickers look for */
	struct str type, id;
	u32 part, index;
	bool acts;			/* the group is of an entry that holds acts */
	const struct erase_known *known;	/* of erase_known.c: positions, and whether something is left beside them */
	bool left;
};

/* erase.c. A picker looks at one item; `first` is the number of its first part. */
typedef int erase_pick_fn(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, u32 first);
int erase_walk_entry(struct erase_want *w, u64 seq, erase_pick_fn *pick) MUST_USE;
int erase_walk_asset(struct erase_want *w, u64 number, erase_pick_fn *pick) MUST_USE;
bool erase_part_there(const struct packed *p, size_t k);
void erase_add_part(struct erase_want *w, const struct store_items *g, const struct packed *p, size_t k, u32 first, bool glued);
void erase_add_item(struct erase_want *w, const struct store_items *g, const struct packed *p, u32 first);
/* A personal part of an act, and the objects that repeat it. ERR_INTEGRITY: it is no act. */
int erase_add_of_act(struct erase_want *w, const struct store_items *g, u32 item, const struct packed *p, size_t k, u32 first) MUST_USE;
bool erase_is_act(struct erase_want *w, u32 item, const struct packed *p);

/* erase_job.c */
void erase_order(struct erase_job *j);		/* sorted, each once */
bool erase_marked(const struct erase_job *j, u64 seq, u32 part);	/* of a job in order */
int erase_read_job(struct arena *a, struct str body, struct erase_job *ret) MUST_USE;
/* What is marked (in order) becomes entries, *ret_from to *ret_to. */
int erase_commit(struct erase_want *w, struct str why, u64 *ret_from, u64 *ret_to) MUST_USE;

#endif
