#include "core/msg/msgs.h"

#include "base/err.h"

static const struct msgs_kind kinds[] = {
#define X(n, number, s, r, f, t) \
	{ .type = (number), .name = #n, .sender = ROLE_##s, .receiver = ROLE_##r, .flags = (f), .text = (t) },
#include "core/msg/msgs.tbl"
#undef X
};

const struct msgs_kind *msgs_find(u16 type)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (kinds[i].type == type) {
			return &kinds[i];
		}
	}
	return NULL;
}

const struct msgs_kind *msgs_all(size_t *ret_n)
{
	*ret_n = countof(kinds);
	return kinds;
}

int msgs_route(const struct msg *m, enum role from, enum role *ret_to)
{
	const struct msgs_kind *k = msgs_find(m->type);
	bool answers = k != NULL && (k->flags & MSGS_ASKS) != 0 && from == k->receiver;

	if (k == NULL || (from != k->sender && !answers)) {
		return ERR_PROTO;
	}
	if (!answers && (m->flags & (MSG_LAST | MSG_FAILED)) != 0) {
		return ERR_PROTO;
	}
	if ((m->flags & (MSG_LAST | MSG_FAILED)) == MSG_FAILED) {	/* a failure always ends the answer */
		return ERR_PROTO;
	}
	if ((m->flags & MSG_FD) != 0 && ((k->flags & MSGS_FDS) == 0 || answers)) {
		return ERR_PROTO;
	}
	*ret_to = answers ? k->sender : k->receiver;
	return 0;
}
