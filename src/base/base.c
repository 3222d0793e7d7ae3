#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void base_must_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "korobanu: broken contract: %s at %s:%d\n", what, file, line);
	abort();
}

void base_auto_close(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
}
