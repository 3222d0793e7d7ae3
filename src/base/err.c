#include "base/err.h"

#include "base/arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *name;
	const char *text;
	int http;
} errs[] = {
#define X(n, h, t) { .name = #n, .text = (t), .http = (h) },
#include "base/err.tbl"
#undef X
};

static bool known(int err)
{
	return err < 0 && err >= -(int)countof(errs);
}

const char *err_name(int err)
{
	return err == 0 ? "OK" : known(err) ? errs[-err - 1].name : "?";
}

const char *err_text(int err)
{
	return err == 0 ? "ok" : known(err) ? errs[-err - 1].text : "unknown error";
}

int err_http(int err)
{
	return err == 0 ? 200 : known(err) ? errs[-err - 1].http : 500;
}

int err_from_errno(int errnum)
{
	switch (errnum) {
	case 0:
		return 0;
	case ENOSPC:
	case EDQUOT:
		return ERR_NOSPACE;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOENT:
	case ENOTDIR:
		return ERR_NOTFOUND;
	case EEXIST:
		return ERR_EXISTS;
	case ENOMEM:
		return ERR_NOMEM;
	case EIO:
		return ERR_IO;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case EPIPE:
	case ECONNRESET:
		return ERR_CLOSED;
	case EBUSY:
	case EAGAIN:
		return ERR_BUSY;
	default:
		return ERR_SYS;
	}
}

int perr_set(struct perr *p, int code, size_t off, const char *fmt, ...)
{
	va_list ap;

	if (p != NULL) {
		*p = (struct perr){ .code = code, .off = off };
		va_start(ap, fmt);
		vsnprintf(p->text, sizeof p->text, fmt, ap);
		va_end(ap);
	}
	return code;
}

void perr_place(struct perr *p, const u8 *text, size_t n)
{
	size_t end = p->off < n ? p->off : n;

	p->line = 1;
	p->col = 1;
	for (size_t i = 0; i < end; i++) {
		if (text[i] == '\n') {
			p->line++;
			p->col = 1;
		} else {
			p->col++;
		}
	}
}

struct perr *errlist_add(struct arena *a, struct errlist *l, const struct perr *p)
{
	l->total++;
	if (l->n == ERRLIST_MAX) {
		return NULL;
	}
	if (l->p == NULL) {
		l->p = arena_alloc(a, ERRLIST_MAX * sizeof *l->p);
	}
	l->p[l->n] = *p;
	return &l->p[l->n++];
}
