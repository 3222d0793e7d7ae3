/* Role parse with main as the stranger: a service, the body that begins it, and the messages that follow. The service reads a file
 * (an export, a register, a proof bundle, the beginning of anything) in the pieces it asks for and says what it found; chunks it sends
 * for core are answered. It ends by itself when main is gone, and what it said are messages of ours.
 *
 *   u8 service, u16 length, body; then u8 what, u16 length, body, repeated: 0 a piece of the file, 1 a chunk is durable, 2 it failed,
 *   else a message of type 0x0200 + what. */
#include "fuzz.h"

#include "base/rd.h"
#include "core/msg/msgs.h"
#include "core/view/view.h"
#include "judge/proof/proof.h"
#include "sense/import/import.h"
#include "sense/import/info.h"
#include "sense/import/register.h"
#include "sense/probe/parse.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct parse_service services[] = { { MSGS_IMPORT, import_serve }, { MSGS_INFO, info_serve },
	{ MSGS_REGISTER_READ, register_serve }, { MSGS_VERIFY, proof_serve } };

/* Hears all, so that the service never waits for room. */
static void *listen_on(void *arg)
{
	struct msg_chan *c = arg;
	struct arena *a = arena_new(NULL, 0);
	enum role to;
	struct msg m;

	while (chan_recv_wait(c, &m, -1) == 0) {
		struct view_row row;

		must(msgs_route(&m, ROLE_PARSE, &to) == 0);
		must(m.flags != 0 || (m.type != MSGS_IMPORT && m.type != MSGS_VERIFY && m.type != MSGS_REGISTER_READ) ||
			view_decode(a, m.body, &row) == 0);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

static void put(struct buf *b, u16 type, u16 flags, struct str body)
{
	buf_u16(b, type);
	buf_u16(b, flags);
	buf_u32(b, (u32)body.n);
	buf_u32(b, 1);
	buf_str(b, body);
}

/* What main and core will have said, in front of the service: it reads on only when it asks. */
static void answers(struct rd *rd, u16 service, struct buf *b)
{
	u16 bytes = service == MSGS_VERIFY ? MSGS_VERIFY_BYTES : MSGS_IMPORT_BYTES, len;
	struct str body;
	u8 what;

	while (rd_u8(rd, &what) == 0 && rd_u16(rd, &len) == 0 && rd_bytes(rd, len, &body) == 0) {
		switch (what) {
		case 0: put(b, bytes, 0, body); break;
		case 1: put(b, MSGS_PUT_CHUNK, MSG_LAST, body); break;
		case 2: put(b, MSGS_PUT_CHUNK, MSG_LAST | MSG_FAILED, body); break;
		default: put(b, 0x0200 | what, 0, body);
		}
	}
	put(b, bytes, 0, S(""));
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct rd rd = rd_of(p, n);
	const struct parse_service *service;
	struct msg_chan *chan, *main;
	struct msg first = { .id = 1, .fd = -1 };
	pthread_t thread;
	int pair[2];
	u16 len;
	u8 which;

	if (n > 16 * KiB || rd_u8(&rd, &which) != 0 || rd_u16(&rd, &len) != 0 || rd_bytes(&rd, len, &first.body) != 0) {
		arena_free(a);	/* more than a socket holds at once would wait for ever */
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	service = &services[which % countof(services)];
	first.type = service->type;
	answers(&rd, service->type, &b);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	must(write(pair[1], b.p, b.n) == (ssize_t)b.n && shutdown(pair[1], SHUT_WR) == 0);
	must((chan = chan_new(pair[0], CHAN_PLAIN)) != NULL && (main = chan_new(pair[1], CHAN_PLAIN)) != NULL);
	must(pthread_create(&thread, NULL, listen_on, main) == 0);
	(void)!service->fn(chan, &first);
	chan_free(chan);
	must(pthread_join(thread, NULL) == 0);
	chan_free(main);
	arena_free(a);
	return 0;
}
