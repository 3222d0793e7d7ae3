#include "proto/telnet.h"

static void answer(struct telnet *t, u8 option, struct buf *reply)
{
	if ((t->command != TELNET_DO && t->command != TELNET_WILL) || t->answers == TELNET_ANSWERS_MAX) {
		return;
	}
	t->answers++;
	buf_u8(reply, TELNET_IAC);
	buf_u8(reply, t->command == TELNET_DO ? TELNET_WONT : TELNET_DONT);
	buf_u8(reply, option);
}

static void read_command(struct telnet *t, u8 c, struct buf *text)
{
	t->at = TELNET_TEXT;
	if (c == TELNET_IAC) {
		buf_u8(text, c);
	} else if (c == TELNET_SB) {
		t->other++;
		t->at = TELNET_SUB;
	} else if (c >= TELNET_WILL) {
		t->command = c;
		t->at = TELNET_OPTION;
	} else if (c >= TELNET_SE) {
		t->other++;
	}
}

void telnet_read(struct telnet *t, struct str in, struct buf *text, struct buf *reply)
{
	for (size_t i = 0; i < in.n; i++) {
		u8 c = (u8)in.p[i];

		switch (t->at) {
		case TELNET_TEXT:
			if (c == TELNET_IAC) {
				t->at = TELNET_COMMAND;
			} else {
				buf_u8(text, c);
			}
			break;
		case TELNET_COMMAND:
			read_command(t, c, text);
			break;
		case TELNET_OPTION:
			t->options++;
			answer(t, c, reply);
			t->at = TELNET_TEXT;
			break;
		case TELNET_SUB:
			t->at = c == TELNET_IAC ? TELNET_SUB_IAC : TELNET_SUB;
			break;
		case TELNET_SUB_IAC:
			t->at = c == TELNET_SE ? TELNET_TEXT : TELNET_SUB;
			break;
		}
	}
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0;
}

/* Leaves out ESC [ ... letter at the end: shells colour their prompts. */
static struct str drop_escape(struct str s)
{
	size_t at = s.n;

	if (at == 0 || !((s.p[at - 1] >= 'A' && s.p[at - 1] <= 'Z') || (s.p[at - 1] >= 'a' && s.p[at - 1] <= 'z'))) {
		return s;
	}
	for (at--; at > 0 && ((s.p[at - 1] >= '0' && s.p[at - 1] <= '9') || s.p[at - 1] == ';'); at--) {
	}
	return at >= 2 && s.p[at - 1] == '[' && s.p[at - 2] == 0x1b ? str_sub(s, 0, at - 2) : s;
}

static struct str trim_end(struct str s)
{
	for (;;) {
		struct str cut;

		while (s.n > 0 && blank(s.p[s.n - 1])) {
			s.n--;
		}
		cut = drop_escape(s);
		if (cut.n == s.n) {
			return s;
		}
		s = cut;
	}
}

static bool ends_nocase(struct str s, struct str what)
{
	return s.n >= what.n && str_eq_nocase(str_from(s, s.n - what.n), what);
}

enum telnet_prompt telnet_prompt(struct str text)
{
	static const struct { struct str word; enum telnet_prompt is; } words[] = {
		{ { "login", 5 }, TELNET_PROMPT_LOGIN }, { { "login as", 8 }, TELNET_PROMPT_LOGIN },
		{ { "username", 8 }, TELNET_PROMPT_LOGIN }, { { "user name", 9 }, TELNET_PROMPT_LOGIN },
		{ { "user", 4 }, TELNET_PROMPT_LOGIN }, { { "account", 7 }, TELNET_PROMPT_LOGIN },
		{ { "password", 8 }, TELNET_PROMPT_PASSWORD }, { { "passwd", 6 }, TELNET_PROMPT_PASSWORD },
	};
	struct str s = trim_end(text), line = s;
	char last;

	for (size_t i = s.n; i > 0; i--) {
		if (s.p[i - 1] == '\n' || s.p[i - 1] == '\r') {
			line = str_from(s, i);
			break;
		}
	}
	if (line.n == 0) {
		return TELNET_PROMPT_NONE;
	}
	last = line.p[line.n - 1];
	if (last == ':') {
		struct str before = trim_end(str_sub(line, 0, line.n - 1));

		for (size_t i = 0; i < countof(words); i++) {
			if (ends_nocase(before, words[i].word)) {
				return words[i].is;
			}
		}
	}
	/* a prompt stands open at the end of what came; a line that ends in a newline is a sentence */
	if (last == '#' || last == '$' || last == '%' || last == '>') {
		char end = text.p[text.n - 1];

		return end == '\n' || end == '\r' ? TELNET_PROMPT_NONE : TELNET_PROMPT_SHELL;
	}
	return TELNET_PROMPT_NONE;
}
