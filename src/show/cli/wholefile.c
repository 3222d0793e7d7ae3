#include "show/cli/wholefile.h"

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
	(void)unlink(f->part);		/* of a command that was killed; never through a link that lies there */
	f->fd = open(f->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
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

int wholefile_reject(struct wholefile *f, i64 line, struct str reason)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct json_w w = jw_new(&b);
	struct str rest = str_from(reason, 7), digits = str_cut(&rest, ':');
	u64 column;
	int r;

	jw_obj(&w);
	if (str_starts(reason, S("column ")) && str_u64(digits, UINT32_MAX, &column) == 0) {
		jw_kint(&w, "column", (i64)column);
		reason = str_trim(rest);
	}
	jw_kint(&w, "line", line);
	jw_kstr(&w, "reason", reason);
	jw_end(&w);
	buf_u8(&b, '\n');
	r = buf_done(&b) != 0 ? buf_done(&b) : wholefile_put(f, buf_view(&b));
	arena_free(a);
	return r;
}

int wholefile_sync_names(struct arena *a, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct str dir = slash == NULL ? S(".") : slash == name ? S("/") : str_of(name, (size_t)(slash - name));
	AUTO_CLOSE int fd = open(str_c(a, dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 ? 0 : err_from_errno(errno);
}

static int take_name(struct cli *c, const struct wholefile *f)
{
	int r = fsync(f->fd) == 0 &&
		renameat2(AT_FDCWD, f->part, AT_FDCWD, f->name, f->fresh ? RENAME_NOREPLACE : 0) == 0 ?
		wholefile_sync_names(c->a, f->name) : err_from_errno(errno);

	return r == 0 ? CLI_OK : cli_error_of(c, r, f->path);
}

int wholefile_end(struct cli *c, struct wholefile *f, int exit)
{
	if (exit == CLI_OK && f->err != 0) {
		exit = cli_error_of(c, f->err, f->path);
	}
	if (f->part == NULL) {
		return exit;
	}
	if (exit == CLI_OK) {
		exit = take_name(c, f);
	}
	close(f->fd);
	if (exit != CLI_OK) {
		(void)unlink(f->part);
	}
	return exit;
}
