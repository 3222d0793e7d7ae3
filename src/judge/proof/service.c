/* VERIFY in role parse: the bundle comes in pieces that are asked for one at a time, so neither side waits for the other's room. */
#include "judge/proof/proof.h"

#include "base/limits.h"

#include <string.h>

struct service {
	struct msg_chan *chan;
	struct arena *a;
	u32 id;
	struct str piece;		/* what came and was not read yet; valid until the next message */
	bool end;
	int err;			/* the channel's */
};

static int more(void *ctx, u8 *to, size_t n, size_t *ret)
{
	struct service *s = ctx;
	struct msg ask = { .type = MSGS_VERIFY_MORE, .fd = -1 }, m;
	int r;

	if (s->piece.n == 0 && !s->end) {
		if ((r = chan_send_wait(s->chan, &ask, -1)) != 0 || (r = chan_recv_wait(s->chan, &m, -1)) != 0) {
			s->err = r;
			return r;
		}
		if (m.type != MSGS_VERIFY_BYTES) {
			s->err = ERR_PROTO;
			return ERR_PROTO;
		}
		s->piece = str_dup(s->a, m.body);
		s->end = m.body.n == 0;
	}
	n = n < s->piece.n ? n : s->piece.n;
	if (n != 0) {
		memcpy(to, s->piece.p, n);
	}
	s->piece = str_from(s->piece, n);
	*ret = n;
	return 0;
}

static void send_row(void *ctx, const struct view_row *row)
{
	struct service *s = ctx;
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct msg m = { .type = MSGS_VERIFY, .id = s->id, .fd = -1 };

	view_encode(row, &b);
	m.body = buf_view(&b);
	if (s->err == 0 && buf_done(&b) == 0) {
		s->err = chan_send_wait(s->chan, &m, -1);
	}
	arena_free(a);
}

int proof_serve(struct msg_chan *chan, const struct msg *first)
{
	struct arena *a = arena_new(NULL, 0);
	struct service s = { .chan = chan, .a = a, .id = first->id };
	struct msg last = { .type = MSGS_VERIFY, .flags = MSG_LAST, .id = first->id, .fd = -1 };
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct rd rd = rd_str(str_dup(a, first->body));
	struct note_key key;
	struct perr err = { 0 };
	struct str trusted;
	size_t answers = 0;
	int r = rd_blob(&rd, &trusted);

	if (r != 0 || rd_done(&rd) != 0) {
		arena_free(a);
		return ERR_PROTO;
	}
	r = trusted.n == 0 ? 0 : note_key_parse(trusted, &key);
	if (r != 0) {
		perr_set(&err, ERR_SYNTAX, 0, SAY "no-key");
	} else {
		r = proof_check(a, more, &s, trusted.n == 0 ? NULL : &key, send_row, &s, &answers, &err);
	}
	if (r != 0) {
		last.flags |= MSG_FAILED;
		msg_failed_write(&b, r, err.line != 0 ? str_printf(a, "%s" SAY "line=%u", err.text, err.line) :
			err.text[0] != '\0' ? str_z(err.text) : str_z(err_text(r)));
	}
	if (r == 0) {
		buf_u32(&b, (u32)answers);
	}
	last.body = buf_view(&b);
	r = s.err != 0 ? s.err : chan_send_wait(chan, &last, -1);
	arena_free(a);
	return r;
}
