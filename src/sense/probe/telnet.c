/* Telnet, and whatever else speaks first: listens, refuses every option, and only when nothing tells asks with one empty line.
 * No credentials are ever sent. Concludes:
 *   negotiation, or words that ask for a login or a password -> telnet, certain;
 *   an open shell prompt without negotiation -> telnet, certain with "#" or "$", else suspected;
 *   first bytes of another service -> that service, telnet ruled out;
 *   silence or anything else -> undetermined. */
#include "sense/probe/probe.h"

#include "proto/telnet.h"

struct telnet_state {
	struct telnet t;
	struct buf text;
};

static struct telnet_state *state_of(struct probe_talk *t)
{
	struct telnet_state *s = t->state;

	if (s->text.a == NULL) {
		s->text = buf_new(t->a, 0);	/* no longer than what is read: the engine bounds that */
	}
	return s;
}

/* Is there nothing more to learn? A shell prompt may be a piece of a banner: only silence after it tells. */
static bool certain(struct probe_talk *t, const struct telnet_state *s)
{
	enum telnet_prompt p = telnet_prompt(buf_view(&s->text));
	struct probe_found f;

	return (s->t.options > 0 && (p == TELNET_PROMPT_LOGIN || p == TELNET_PROMPT_PASSWORD)) ||
		(s->t.options == 0 && probe_by_first_bytes(buf_view(&t->rx), &f) && f.name.n > 0);
}

static void read_bytes(struct probe_talk *t, struct str bytes)
{
	struct telnet_state *s = state_of(t);

	telnet_read(&s->t, bytes, &s->text, &t->reply);
	t->done = certain(t, s);
}

static void quiet(struct probe_talk *t)
{
	struct telnet_state *s = state_of(t);

	if (t->quiets == 1 && telnet_prompt(buf_view(&s->text)) == TELNET_PROMPT_NONE) {
		buf_z(&t->reply, "\r\n");
	} else {
		t->done = true;
	}
}

static u8 shell_qod(struct str text)
{
	struct str s = str_trim(text);
	char last = s.n == 0 ? 0 : s.p[s.n - 1];

	return last == '#' || last == '$' || str_find(text, S("BusyBox")) >= 0 ? 95 : 50;
}

static void judge(struct probe_talk *t, struct probe_found *ret)
{
	static const enum probe_prompt prompts[] = {
		[TELNET_PROMPT_NONE] = PROBE_PROMPT_NONE, [TELNET_PROMPT_LOGIN] = PROBE_PROMPT_LOGIN,
		[TELNET_PROMPT_PASSWORD] = PROBE_PROMPT_PASSWORD, [TELNET_PROMPT_SHELL] = PROBE_PROMPT_SHELL,
	};
	struct telnet_state *s = state_of(t);
	struct str text = buf_view(&s->text);
	enum telnet_prompt p = telnet_prompt(text);

	*ret = (struct probe_found){ .qod = 95 };
	if (s->t.options == 0 && probe_by_first_bytes(buf_view(&t->rx), ret)) {
		/* said by its first bytes */
	} else if (s->t.options > 0 || p != TELNET_PROMPT_NONE) {
		ret->name = S("telnet");
		ret->plain = PROBE_YES;
		/* a server that never came to its prompt asks for we do not know what */
		ret->prompt = p == TELNET_PROMPT_NONE ? PROBE_PROMPT_UNKNOWN : prompts[p];
		ret->qod = s->t.options == 0 && p == TELNET_PROMPT_SHELL ? shell_qod(text) : 95;
	}
	ret->text = probe_readable(t->a, text, 1024);
	ret->cut = probe_readable(t->a, text, text.n).n > ret->text.n;
}

const struct probe probe_telnet = {
	.name = "telnet",
	.source = "scan.telnet/1",
	.safety = 1,
	.limits = { .max_rx = 4096, .greet_ms = 5000, .settle_ms = 1000, .total_ms = 10000 },
	.state_size = sizeof(struct telnet_state),
	.read = read_bytes,
	.quiet = quiet,
	.judge = judge,
	.help = "Telnet option negotiation and prompts (RFC 854, 855); other services by their first bytes",
};
