/* Telnet (RFC 854, option negotiation RFC 855) as a listener reads it: splits what a server sends into text and
 * commands, and refuses every option. Pure and incremental: the state between calls is the struct.
 *
 * Every DO is answered WONT and every WILL DONT, at most TELNET_ANSWERS_MAX times, so that a server that negotiates
 * without end gets silence. WONT and DONT need no answer (RFC 854: a party must not acknowledge the state it is in). */
#ifndef PROTO_TELNET_H
#define PROTO_TELNET_H

#include "base/buf.h"

enum telnet_code {
	TELNET_SE = 240, TELNET_SB = 250, TELNET_WILL = 251, TELNET_WONT = 252, TELNET_DO = 253, TELNET_DONT = 254,
	TELNET_IAC = 255
};

#define TELNET_ANSWERS_MAX 64

enum telnet_at { TELNET_TEXT, TELNET_COMMAND, TELNET_OPTION, TELNET_SUB, TELNET_SUB_IAC };

struct telnet {
	enum telnet_at at;	/* what the next byte is */
	u8 command;		/* TELNET_OPTION: whose option comes */
	u32 options;		/* WILL, WONT, DO, DONT seen whole: the sign of a telnet server */
	u32 other;		/* other commands seen */
	u32 answers;		/* given */
};

/* Appends to `text` what is text (IAC IAC as one 255) and to `reply` what is to be answered. Both may have limits: their
 * errors are theirs. Never fails: every byte string is telnet of some kind. */
void telnet_read(struct telnet *t, struct str in, struct buf *text, struct buf *reply);

/* What a text asks for at its end, by words people know ("login:", "Username:", "Password:", a shell's last "# "). */
enum telnet_prompt { TELNET_PROMPT_NONE, TELNET_PROMPT_LOGIN, TELNET_PROMPT_PASSWORD, TELNET_PROMPT_SHELL };
enum telnet_prompt telnet_prompt(struct str text);

#endif
