/* What measure M01 rests on at the port: a prompt in clear is Telnet on whatever port it stands and without any negotiation, and a
 * port that speaks TLS, or says nothing that tells, never gets a name that would take it off the list of suspects. */
#include "unit.h"

#include "base/arena.h"
#include "sense/probe/probe.h"

#include <string.h>

static const u16 ports[] = { 1, 22, 23, 80, 443, 992, 2323, 8023, 31337, 65535 };

/* One conversation: `said` in pieces of `piece` bytes, then silence until the probe has heard enough. */
static struct probe_found hear(struct arena *a, u16 port, struct str said, size_t piece)
{
	const struct probe *p = probe_first(port);
	struct probe_talk t = { .a = a, .probe = p, .port = port, .rx = buf_new(a, 0), .reply = buf_new(a, 0),
		.state = arena_alloc(a, p->state_size) };
	struct probe_found f;

	for (size_t at = 0; at < said.n && !t.done; at += piece) {
		struct str some = str_sub(said, at, piece < said.n - at ? piece : said.n - at);

		buf_str(&t.rx, some);
		p->read(&t, some);
	}
	while (!t.done) {
		assert_true(t.quiets < 4);
		t.quiets++;
		p->quiet(&t);
	}
	p->judge(&t, &f);
	return f;
}

#define SAID(s) { s, sizeof(s) - 1 }

void test_telnet__a_bare_prompt_is_telnet_on_any_port(void **state)
{
	static const struct { struct str said; enum probe_prompt prompt; } t[] = {
		{ SAID("login:"), PROBE_PROMPT_LOGIN },
		{ SAID("login: "), PROBE_PROMPT_LOGIN },
		{ SAID("LOGIN: "), PROBE_PROMPT_LOGIN },
		{ SAID("\r\n\r\ncamera login: "), PROBE_PROMPT_LOGIN },
		{ SAID("login:\r\n"), PROBE_PROMPT_LOGIN },
		{ SAID("Login as: "), PROBE_PROMPT_LOGIN },
		{ SAID("Welcome to DVR\n\nUsername: "), PROBE_PROMPT_LOGIN },
		{ SAID("User Name : "), PROBE_PROMPT_LOGIN },
		{ SAID("\x1b[1mlogin:\x1b[0m "), PROBE_PROMPT_LOGIN },
		{ SAID("Password:"), PROBE_PROMPT_PASSWORD },
		{ SAID("Enter password: "), PROBE_PROMPT_PASSWORD },
		{ SAID("# "), PROBE_PROMPT_SHELL },
		{ SAID("user@box:~$ "), PROBE_PROMPT_SHELL },
		{ SAID("BusyBox v1.31.1 built-in shell (ash)\r\n/ # "), PROBE_PROMPT_SHELL },
	};

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		for (size_t k = 0; k < countof(ports); k++) {
			struct arena *a = arena_new(NULL, 0);

			for (size_t piece = 1; piece <= t[i].said.n; piece += t[i].said.n > 1 ? t[i].said.n - 1 : 1) {
				struct probe_found f = hear(a, ports[k], t[i].said, piece);

				assert_str(f.name, "telnet");
				assert_int_equal(f.prompt, t[i].prompt);
				assert_int_equal(f.plain, PROBE_YES);
				assert_int_equal(f.nnot, 0);
				assert_true(f.qod >= 70);
			}
			arena_free(a);
		}
	}
}

/* A prompt that other things end with too is a suspicion: no pass, and no fail either. */
void test_telnet__a_doubtful_prompt_is_suspected(void **state)
{
	static const char *const said[] = { "menu>", "Router> ", "box% " };
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(said); i++) {
		struct probe_found f = hear(a, 4000, str_z(said[i]), 64);

		assert_str(f.name, "telnet");
		assert_true(f.qod < 70);
		assert_int_equal(f.nnot, 0);
	}
	arena_free(a);
}

/* Any record a TLS server of any version may begin with, and what is no TLS but begins so: at most "not telnet" is said. */
void test_telnet__tls_is_never_named(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (unsigned type = 0x14; type <= 0x18; type++) {
		for (unsigned minor = 0; minor <= 4; minor++) {
			for (unsigned length = 0; length <= 64; length++) {
				char said[69] = { (char)type, 3, (char)minor, 0, (char)length, 2, 70 };
				size_t n = 5 + length;
				struct probe_found f = hear(a, ports[length % countof(ports)], str_of(said, n), n);

				assert_int_equal(f.name.n, 0);
				assert_int_not_equal(f.plain, PROBE_YES);
				assert_true(f.nnot <= 1);
				assert_true(f.nnot == 0 || str_eq(f.not[0], S("telnet")));
			}
		}
		arena_reset(a);
	}
	arena_free(a);
}

void test_telnet__what_does_not_tell_is_neither_named_nor_ruled_out(void **state)
{
	static const struct str said[] = { SAID(""), SAID("\r\n"), SAID("\x16\x03"), SAID("hello"), SAID("\xff"), SAID("\xff\xfd"),
		SAID("Your login was refused.\r\n"), SAID("password\r\n"), SAID("SSH-"), SAID("HTTP/"), SAID("\x15\x03\x01"),
		SAID("\0\0\0\0"), SAID("login failed\r\n"), SAID("last login: monday\r\n") };

	(void)state;
	for (size_t i = 0; i < countof(said); i++) {
		struct arena *a = arena_new(NULL, 0);
		struct probe_found f = hear(a, 23, said[i], 64);

		assert_int_equal(f.name.n, 0);
		assert_int_equal(f.nnot, 0);
		arena_free(a);
	}
}

/* Every name the probes can give by first bytes is of a service of its own, in lower case: never of a wrapping ("tls", "ssl"), nor
 * a word for not knowing; such a name would pass a rule that asks for what must not be there. */
void test_telnet__names_are_of_services(void **state)
{
	static const struct { struct str said; const char *name; } t[] = {
		{ SAID("SSH-2.0-x\r\n"), "ssh" }, { SAID("SSH-1.99-x\r\n"), "ssh" }, { SAID("HTTP/1.1 400 Bad Request\r\n"), "http" },
		{ SAID("RTSP/1.0 400 Bad Request\r\n"), "rtsp" }, { SAID("220 FTP\r\n"), "ftp" }, { SAID("220-Ftp here\r\n"), "ftp" },
		{ SAID("220 a ESMTP\r\n"), "smtp" }, { SAID("220 a\r\n"), "" }, { SAID("220-a\r\n"), "" }, { SAID("421 busy\r\n"), "" },
		{ SAID("+OK ready\r\n"), "pop3" }, { SAID("* OK ready\r\n"), "imap" }, { SAID("RFB 003.008\n"), "vnc" },
	};
	static const char *const listed[] = { "telnet", "telnets", "rlogin", "rsh", "rexec", "adb" };
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(t); i++) {
		struct probe_found f = { 0 };

		assert_true(probe_by_first_bytes(t[i].said, &f));
		assert_str(f.name, t[i].name);
		assert_str(hear(a, 23, t[i].said, 64).name, t[i].name);
		/* first bytes rule out telnet in clear and nothing else: a tunnel's inside was not seen */
		assert_int_equal(f.nnot, 1);
		assert_str(f.not[0], "telnet");
		for (size_t k = 0; k < countof(listed); k++) {
			assert_false(str_eq(f.name, str_z(listed[k])));
		}
	}
	arena_free(a);
}
