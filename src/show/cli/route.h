/* How this machine reaches the targets of a scan: interface, own addresses, gateway. Read by main, which may look at the system; role
 * net is told and looks at nothing. */
#ifndef SHOW_CLI_ROUTE_H
#define SHOW_CLI_ROUTE_H

#include "proto/scan.h"

/* "10.7.0.0/24", "10.7.0.2", "10.7.0.2-10.7.0.9": ERR_SYNTAX, ERR_RANGE. */
int route_range(struct str s, struct scan_range *ret) MUST_USE;
/* Fills interface, own MAC and addresses, and gateways for st->targets. name "": the interface the first target is reached by.
 * ERR_NOTFOUND: no such interface, or no way there. */
int route_fill(struct arena *a, struct str name, struct scan_start *st) MUST_USE;
bool route_raw_allowed(void);		/* this process may open packet sockets (and so may role net) */

#endif
