/* Orders to the core of super_probe, carried by HELLO in place of the protocol version. */
#ifndef SUPER_PROBE_H
#define SUPER_PROBE_H

#include "base/msg.h"

enum order { ORDER_ROWS = 100, ORDER_FAIL, ORDER_SILENCE, ORDER_MISBEHAVE, ORDER_PID, ORDER_DIE };

int super_probe_print(void *arg, const struct msg *m);

#endif
