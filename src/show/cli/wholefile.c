#include "show/cli/wholefile.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int wholefile_open(struct cli *c, struct wholefile *f, struct str path)
{
	*f = (struct wholefile){ .path = path, .fd = -1 };
	if (str_eq(path, S("-"))) {
		f->fd = fileno(c->env->out);
		return CLI_OK;
	}
	f->name = str_c(c->a, path);
	f->part = str_c(c->a, str_printf(c->a, "%.*s.part", STRF(path)));
	f->fd = open(f->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return f->fd < 0 ? cli_error_of(c, err_from_errno(errno), path) : CLI_OK;
}

int wholefile_put(struct wholefile *f, struct str s)
{
	while (s.n != 0 && f->err == 0) {
		ssize_t n = write(f->fd, s.p, s.n);

		if (n < 0 && errno != EINTR) {
			f->err = err_from_errno(errno);
		}
		s = str_from(s, n > 0 ? (size_t)n : 0);
		f->size += n > 0 ? (u64)n : 0;
	}
	return f->err;
}

int wholefile_end(struct cli *c, struct wholefile *f, int exit)
{
	if (exit == CLI_OK && f->err != 0) {
		exit = cli_error_of(c, f->err, f->path);
	}
	if (f->part == NULL) {
		return exit;
	}
	if (exit == CLI_OK && (fsync(f->fd) != 0 || rename(f->part, f->name) != 0)) {
		exit = cli_error_of(c, err_from_errno(errno), f->path);
	}
	close(f->fd);
	if (exit != CLI_OK) {
		(void)unlink(f->part);
	}
	return exit;
}
