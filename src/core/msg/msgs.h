/* The message types of the program: one table (msgs.tbl) of who may send what to whom.
 * A new message is one line there; `main` routes by it, and each role checks what it receives by it. */
#ifndef CORE_MSG_MSGS_H
#define CORE_MSG_MSGS_H

#include "base/msg.h"
#include "base/role.h"

#define MSGS_PROTOCOL 1		/* what HELLO carries; another number is refused */

enum msgs_flag {
	MSGS_ASKS = 1,		/* answered by the receiver with the same type and id */
	MSGS_FDS = 2		/* may carry a descriptor */
};

enum msgs_type {
#define X(name, number, sender, receiver, flags, text) MSGS_##name = number,
#include "core/msg/msgs.tbl"
#undef X
};

struct msgs_kind {
	u16 type;
	const char *name;
	enum role sender, receiver;
	u32 flags;		/* enum msgs_flag */
	const char *text;
};

const struct msgs_kind *msgs_find(u16 type);	/* NULL: unknown */
const struct msgs_kind *msgs_all(size_t *ret_n);
/* Whom a message from `from` is for: its receiver, or for an answer its asker. ERR_PROTO when the table does not allow it:
 * unknown type, wrong sender, reply flags on what is no answer, a descriptor where none may be. */
int msgs_route(const struct msg *m, enum role from, enum role *ret_to) MUST_USE;

#endif
