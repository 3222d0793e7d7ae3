/* The process around digest.h: one channel to main, one scan at a time. Whatever comes is read at once. */
#include "sense/probe/parse.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/role.h"
#include "core/msg/msgs.h"
#include "sense/probe/digest.h"

struct parse {
	struct msg_chan *chan;
	const struct parse_service *others;
	struct digest *digest;
	u32 next_id;
	int err;
	bool done;
};

static bool room(void *ctx)
{
	struct parse *p = ctx;

	return p->err == 0 && chan_has_room(p->chan, LIMIT_MSG_BODY);
}

static void put(void *ctx, u16 type, struct str body)
{
	struct parse *p = ctx;
	struct msg m = { .type = type, .body = body, .fd = -1 };

	if (type == MSGS_PUT_CHUNK) {
		m.id = ++p->next_id;
	}
	if (type == MSGS_PARSE_DONE) {
		p->done = true;
	}
	if (p->err == 0) {
		p->err = chan_send(p->chan, &m);
	}
}

static void renew(struct parse *p)
{
	const struct digest_out out = { .ctx = p, .room = room, .put = put };

	digest_free(p->digest);
	p->digest = digest_new(&out);
	p->done = false;
}

static int answer(struct parse *p, const struct msg *m)
{
	struct str text = S("");
	int code = 0;

	if ((m->flags & MSG_LAST) == 0) {
		return ERR_PROTO;
	}
	if ((m->flags & MSG_FAILED) != 0 && msg_failed_read(m, &code, &text) != 0) {
		return ERR_PROTO;
	}
	code = digest_ack(p->digest, code);
	if (code != 0) {
		log_error("core refused what was found: %.*s", STRF(text.n > 0 ? text : str_z(err_text(code))));
	}
	return code;
}

static const struct parse_service *service_of(const struct parse *p, u16 type)
{
	const struct parse_service *s = p->others;

	while (s != NULL && s->type != 0 && s->type != type) {
		s++;
	}
	return s == NULL || s->type == 0 ? NULL : s;
}

static int take(struct parse *p)
{
	struct msg m;
	int r = 0;

	while ((r = chan_next(p->chan, &m)) == 0) {
		const struct parse_service *other = service_of(p, m.type);

		r = other != NULL ? other->fn(p->chan, &m) : m.type == MSGS_PUT_CHUNK ? answer(p, &m) :
			digest_input(p->digest, m.type, m.body, mono_now());
		if (r != 0) {
			if (r == ERR_CLOSED || r == ERR_BUSY) {
				r = ERR_PROTO;
			}
			return r;
		}
		digest_tick(p->digest, mono_now());
		if (p->done) {
			renew(p);
		}
	}
	return r == ERR_BUSY ? 0 : r;
}

static int turn(struct parse *p)
{
	struct pollfd fd = { .fd = chan_fd(p->chan), .events = chan_events(p->chan) };
	int r;

	if (poll(&fd, 1, digest_wait_ms(p->digest, mono_now())) < 0 && errno != EINTR) {
		return err_from_errno(errno);
	}
	if ((r = chan_flush(p->chan)) != 0 || (r = chan_fill(p->chan)) != 0) {
		return r;
	}
	digest_tick(p->digest, mono_now());
	if ((r = take(p)) != 0) {
		return r;
	}
	return p->err != 0 ? p->err : chan_flush(p->chan);
}

int parse_main(const struct parse_service *others)
{
	struct parse p = { .others = others };
	int r = 0;

	role_enter(ROLE_PARSE);
	p.chan = chan_new(ROLE_FD_CHANNEL, CHAN_PLAIN);
	if (p.chan == NULL) {
		log_error("no channel");
		return EXIT_FAILURE;
	}
	renew(&p);
	while (r == 0) {
		r = turn(&p);
	}
	if (r != ERR_CLOSED) {
		log_error("%s", err_text(r));
	}
	digest_free(p.digest);
	chan_free(p.chan);
	return r == ERR_CLOSED ? EXIT_SUCCESS : EXIT_FAILURE;
}
