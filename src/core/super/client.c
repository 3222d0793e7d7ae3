/* A command's side of its conversation with core: one question at a time in client_call, or many by client_send.
 * Ids: client_call takes even ones, client_send odd ones, so that what is left of an abandoned answer is known by its id. */
#include "core/super/super_int.h"

#include "base/err.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STASH_MAX (4 * MiB)	/* answers to client_send that wait while client_call runs */

struct client *client_new(struct super *s)
{
	struct client *c = calloc(1, sizeof *c);

	if (c != NULL) {
		c->s = s;
	}
	return c;
}

struct str client_error(const struct client *c)
{
	return str_z(c->error);
}

static int send_as(struct client *c, u16 type, struct str body, u32 id)
{
	const struct msg m = { .type = type, .id = id, .body = body, .fd = -1 };

	return super_send(c->s, ROLE_CORE, &m);
}

int client_send(struct client *c, u16 type, struct str body, u32 *ret_id)
{
	u32 id = c->next_id | 1;
	int r = send_as(c, type, body, id);

	if (r == 0) {
		c->next_id += 2;
		*ret_id = id;
	}
	return r;
}

static int failed(struct client *c, const struct msg *m)
{
	struct str text;
	int code;

	if (msg_failed_read(m, &code, &text) != 0) {
		return ERR_PROTO;
	}
	text.n = text.n < sizeof c->error ? text.n : sizeof c->error - 1;
	memcpy(c->error, text.p, text.n);
	c->error[text.n] = '\0';
	return code;
}

static void answer(struct client *c, const struct msg *m)
{
	struct call *call = &c->call;
	bool row = (m->flags & MSG_FAILED) == 0 && ((m->flags & MSG_LAST) == 0 || m->body.n != 0);

	if ((m->flags & MSG_FAILED) != 0) {
		call->result = failed(c, m);
	} else if (row && call->result == 0 && call->on_row != NULL) {
		call->result = call->on_row(call->arg, m);
	}
	if ((m->flags & MSG_LAST) != 0) {
		call->done = true;
	}
}

static void keep(struct super *s, const struct msg *m)
{
	size_t n = sizeof(struct stash) + m->body.n;
	struct stash *st = s->stashed + n <= STASH_MAX ? malloc(n) : NULL;

	if (st == NULL) {
		log_warn("core answers faster than this command asks for answers: one is dropped");
		if (m->fd >= 0) {
			close(m->fd);
		}
		return;
	}
	*st = (struct stash){ .m = *m };
	if (m->body.n != 0) {
		memcpy(st->body, m->body.p, m->body.n);
	}
	st->m.body.p = st->body;
	*s->stash_end = st;
	s->stash_end = &st->next;
	s->stashed += n;
}

bool client_expects(const struct msg *m)
{
	const struct msgs_kind *k = msgs_find(m->type);

	return k != NULL && k->sender == ROLE_MAIN && (m->id & 1) == 0;
}

void client_take(struct client *c, const struct msg *m)
{
	if (!client_expects(m)) {
		keep(c->s, m);
	} else if (c->call.active && !c->call.done && m->id == c->call.id && m->type == c->call.type) {
		answer(c, m);
	}
}

/* One round while client_call waits: ERR_CLOSED, ERR_CANCELED, ERR_SYS, or 0 to go on. */
static int wait_round(struct client *c)
{
	struct super *s = c->s;
	int r;

	if (s->peers[ROLE_CORE].c == NULL) {
		return ERR_CLOSED;
	}
	if (s->signal != 0 && !s->signal_told) {
		s->signal_told = true;
		return ERR_CANCELED;
	}
	r = super_turn(s, NULL, -1);
	return r;
}

int client_call(struct client *c, u16 type, struct str body, client_row_fn on_row, void *arg)
{
	int r;

	must(!c->call.active);		/* not from within on_row */
	c->next_id += 2;
	c->call = (struct call){ .active = true, .type = type, .id = c->next_id & ~1u, .on_row = on_row, .arg = arg };
	c->error[0] = '\0';
	while ((r = send_as(c, type, body, c->call.id)) == ERR_BUSY && (r = wait_round(c)) == 0) {
	}
	while (r == 0 && !c->call.done) {
		r = wait_round(c);
	}
	c->call.active = false;
	return r != 0 && !c->call.done ? r : c->call.result;
}
