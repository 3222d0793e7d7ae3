/* Words for the person who runs the program: text with colour-free level names on a terminal or pipe, "<prio>" prefixes
 * when stderr is journald's. Parts below show/ log at debug level only; who can act on an error logs it once. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_DEBUG = 7 };	/* syslog's numbers */

void log_init(const char *who, enum log_level most);	/* who: the role's name, kept by pointer */
enum log_level log_most(void);
void log_put(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
#define log_error(...) log_put(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_put(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_put(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_put(LOG_DEBUG, __VA_ARGS__)

#endif
