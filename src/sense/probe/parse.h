/* Role parse: reads every foreign byte, and makes facts of it. Its engine is digest.h; here is the process around it. */
#ifndef SENSE_PROBE_PARSE_H
#define SENSE_PROBE_PARSE_H

#include "base/base.h"

struct msg;
struct msg_chan;

/* What else this role reads than scans: begun by a message of that type, fn has the channel until it returns. 0, or why the role
 * must end. The list ends with type 0. */
struct parse_service {
	u16 type;
	int (*fn)(struct msg_chan *chan, const struct msg *first);
};

/* The role's main function: enters the sandbox, serves its channel until that closes. The result is the exit status. */
int parse_main(const struct parse_service *others);

#endif
