#include "unit.h"

#include <string.h>

#include "base/err.h"
#include "proto/telnet.h"

static void check(struct str in, const char *text, struct str reply, u32 options)
{
	/* whole, and cut in two at every byte: the same must come out */
	for (size_t cut = 0; cut <= in.n; cut++) {
		struct arena *a = arena_new(NULL, 0);
		struct buf t = buf_new(a, 0), r = buf_new(a, 0);
		struct telnet tel = { 0 };

		telnet_read(&tel, str_sub(in, 0, cut), &t, &r);
		telnet_read(&tel, str_from(in, cut), &t, &r);
		assert_str(buf_view(&t), text);
		assert_true(str_eq(buf_view(&r), reply));
		assert_int_equal(tel.options, options);
		arena_free(a);
	}
}

void test_telnet__refuses_every_option(void **state)
{
	(void)state;
	/* what busybox telnetd opens with: DO ECHO, DO NAWS, WILL ECHO, WILL SGA */
	check(S("\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03\r\nhost login: "), "\r\nhost login: ",
		S("\xff\xfc\x01\xff\xfc\x1f\xff\xfe\x01\xff\xfe\x03"), 4);
	/* WONT and DONT are not answered; sub-negotiation is no text; IAC IAC is one byte */
	check(S("a\xff\xfc\x01\xff\xfe\x03" "b\xff\xfa\x18\x01xyz\xff\xff\xff\xf0" "c\xff\xff" "d\xff\xf1"), "abc\xff" "d", S(""), 2);
	check(S("plain text"), "plain text", S(""), 0);
	check(S(""), "", S(""), 0);
	check(S("x\xff"), "x", S(""), 0);
}

void test_telnet__endless_negotiation_gets_64_answers(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf t = buf_new(a, 0), r = buf_new(a, 0);
	struct telnet tel = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		telnet_read(&tel, S("\xff\xfd\x01"), &t, &r);
	}
	assert_int_equal(tel.answers, TELNET_ANSWERS_MAX);
	assert_int_equal(buf_view(&r).n, 3 * TELNET_ANSWERS_MAX);
	assert_int_equal(tel.options, 10000);
	arena_free(a);
}

void test_telnet__prompts(void **state)
{
	static const struct { const char *text; enum telnet_prompt is; } t[] = {
		{ "\r\nDebian GNU/Linux 12\r\nhost login: ", TELNET_PROMPT_LOGIN }, { "Username:", TELNET_PROMPT_LOGIN },
		{ "LOGIN AS : ", TELNET_PROMPT_LOGIN }, { "Password: ", TELNET_PROMPT_PASSWORD },
		{ "\r\nUser Access Verification\r\n\r\nPassword:", TELNET_PROMPT_PASSWORD },
		{ "BusyBox v1.35.0 built-in shell (ash)\r\n~ # ", TELNET_PROMPT_SHELL }, { "router>", TELNET_PROMPT_SHELL },
		{ "\x1b[1;32muser@host\x1b[0m:\x1b[34m~\x1b[0m$ \x1b[0m", TELNET_PROMPT_SHELL },
		{ "", TELNET_PROMPT_NONE }, { "hello", TELNET_PROMPT_NONE }, { "\r\n\r\n", TELNET_PROMPT_NONE },
		{ "login: failed\r\n", TELNET_PROMPT_NONE }, { "<html>\r\n", TELNET_PROMPT_NONE }, { "time:", TELNET_PROMPT_NONE },
		{ "progress 100 %\r\n", TELNET_PROMPT_NONE }, { "\x1b[m", TELNET_PROMPT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		if (telnet_prompt(str_z(t[i].text)) != t[i].is) {
			fail_msg("%s", t[i].text);
		}
	}
}
