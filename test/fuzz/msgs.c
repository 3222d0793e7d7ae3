/* What a taken-over role can do with its channel: any bytes, in pieces of any size, with and without descriptors. Messages that
 * come out keep their limits, are routed or refused, and are written again byte for byte as they came. */
#include "fuzz.h"

#include "base/err.h"
#include "core/msg/msgs.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(struct msg_chan *again, int back, const struct msg *m, const u8 *wire)
{
	static u8 got[MSG_HEADER + LIMIT_MSG_BODY];
	struct str text;
	enum role to = ROLE_COUNT;
	int code;

	must(m->body.n <= LIMIT_MSG_BODY && (m->flags & ~MSG_FLAGS) == 0 && (m->flags & MSG_FD) == 0 && m->fd == -1);
	for (int from = 0; from < ROLE_COUNT; from++) {
		must(msgs_route(m, (enum role)from, &to) != 0 || (to < ROLE_COUNT && (int)to != from));
	}
	must(msg_failed_read(m, &code, &text) != 0 || (code < 0 && text.n + 8 == m->body.n));
	if (m->body.n <= 4096) {	/* fits a socket buffer at once */
		must(chan_send(again, m) == 0 && chan_flush(again) == 0 && chan_unsent(again) == 0);
		must(read(back, got, sizeof got) == (ssize_t)(MSG_HEADER + m->body.n));
		must(memcmp(got, wire, MSG_HEADER + m->body.n) == 0);
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	int in[2], out[2], r = ERR_BUSY;
	struct msg_chan *c, *again;
	size_t at = 0, read_to = 0;
	struct msg m;

	if (n == 0) {
		return 0;
	}
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, out) == 0);
	c = chan_new(in[0], (p[0] & 1) != 0 ? CHAN_FDS : CHAN_PLAIN);
	again = chan_new(out[0], CHAN_FDS);
	must(c != NULL && again != NULL);
	for (at = 1; at < n && r == ERR_BUSY;) {
		size_t piece = (p[0] >> 1) + 1u < n - at ? (p[0] >> 1) + 1u : n - at;

		must(write(in[1], p + at, piece) == (ssize_t)piece);
		at += piece;
		must(chan_fill(c) == 0);
		while ((r = chan_next(c, &m)) == 0) {
			check(again, out[1], &m, p + 1 + read_to);
			read_to += MSG_HEADER + m.body.n;
		}
		must(read_to <= at);
	}
	must(r == ERR_BUSY || r == ERR_PROTO);
	chan_free(c);
	chan_free(again);
	close(in[1]);
	close(out[1]);
	return 0;
}
