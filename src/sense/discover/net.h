/* Role net: sends and receives, and reads no further than the header that finds the conversation.
 * Its engine is sweep.h; here is the process around it. */
#ifndef SENSE_DISCOVER_NET_H
#define SENSE_DISCOVER_NET_H

/* The role's main function: enters the sandbox, takes NET_SOCKET and NET_START from its channel, serves one scan after the
 * other, and ends when the channel closes. The result is the exit status. */
int net_main(void);

#endif
