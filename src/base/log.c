#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The one piece of process-wide state: where words go is a property of the process. */
static struct {
	const char *who;
	enum log_level most;
	bool journal;
} log_state = { .who = "korobanu", .most = LOG_INFO };

/* journald sets JOURNAL_STREAM to "device:inode" of the stderr it gave (systemd.exec(5)). */
static bool is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env != NULL && sscanf(env, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
		st.st_dev == dev && st.st_ino == ino;
}

void log_init(const char *who, enum log_level most)
{
	log_state.who = who;
	log_state.most = most;
	log_state.journal = is_journal();
}

enum log_level log_most(void)
{
	return log_state.most;
}

void log_put(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { [LOG_ERROR] = "error: ", [LOG_WARN] = "warning: ", [LOG_INFO] = "",
		[LOG_DEBUG] = "debug: " };
	char line[2048];
	size_t n = 0;
	va_list ap;

	if (level > log_state.most) {
		return;
	}
	if (log_state.journal) {
		n = (size_t)snprintf(line, sizeof line, "<%d>", (int)level);
	}
	n += (size_t)snprintf(line + n, sizeof line - n, "%s: %s", log_state.who, log_state.journal ? "" : names[level]);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	va_end(ap);
	n = strlen(line);
	for (size_t i = 0; i < n; i++) {	/* one message, one line; no control bytes to a terminal */
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F) {
			line[i] = ' ';
		}
	}
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, n);
}
