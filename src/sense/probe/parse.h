/* Role parse: reads every foreign byte, and makes facts of it. Its engine is digest.h; here is the process around it. */
#ifndef SENSE_PROBE_PARSE_H
#define SENSE_PROBE_PARSE_H

/* The role's main function: enters the sandbox, serves its channel until that closes. The result is the exit status. */
int parse_main(void);

#endif
