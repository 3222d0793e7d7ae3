/* The probes, and what first bytes give away. Only signs that no other service shares stand here: a wrong name would
 * rule out what is really there. */
#include "sense/probe/probe.h"

#include <string.h>

/* One line a probe, alphabetical; its struct is probe_NAME in NAME.c. */
#define PROBES(X) \
	X(telnet)

#define DECLARE(name) extern const struct probe probe_##name;
PROBES(DECLARE)
#define LIST(name) &probe_##name,
const struct probe *const probes[] = { PROBES(LIST) NULL };

const struct probe *probe_first(u16 port)
{
	for (const struct probe *const *p = probes; *p != NULL; p++) {
		for (size_t i = 0; (*p)->safety <= PROBE_SAFETY_MAX && i < PROBE_PORTS_MAX && (*p)->ports[i] != 0; i++) {
			if ((*p)->ports[i] == port) {
				return *p;
			}
		}
	}
	return &probe_telnet;	/* it may stand anywhere, and its probe listens before it speaks */
}

u8 probe_safety(struct str source)
{
	for (const struct probe *const *p = probes; *p != NULL; p++) {
		if (str_eq(source, str_z((*p)->source))) {
			return (*p)->safety;
		}
	}
	return 1;	/* a question that every device is asked every day; nothing is left behind */
}

struct first {
	const char *bytes;
	size_t n;
	const char *also;	/* must stand in the first line, any case; NULL: nothing more is asked */
	const char *name;	/* "" = only that it is not telnet */
	enum probe_truth plain;
};
#define BYTES(s) s, sizeof(s) - 1

static const struct first firsts[] = {
	{ BYTES("SSH-2.0-"), NULL, "ssh", PROBE_NO },
	{ BYTES("SSH-1."), NULL, "ssh", PROBE_NO },
	{ BYTES("HTTP/1."), NULL, "http", PROBE_YES },
	{ BYTES("RTSP/1."), NULL, "rtsp", PROBE_YES },
	{ BYTES("220 "), "ftp", "ftp", PROBE_YES },
	{ BYTES("220-"), "ftp", "ftp", PROBE_YES },
	{ BYTES("220 "), "smtp", "smtp", PROBE_YES },
	{ BYTES("220-"), "smtp", "smtp", PROBE_YES },
	{ BYTES("220 "), NULL, "", PROBE_YES },
	{ BYTES("220-"), NULL, "", PROBE_YES },
	{ BYTES("421 "), NULL, "", PROBE_YES },
	{ BYTES("+OK "), NULL, "pop3", PROBE_YES },
	{ BYTES("* OK "), NULL, "imap", PROBE_YES },
	{ BYTES("RFB 00"), NULL, "vnc", PROBE_UNKNOWN },
	{ BYTES("\x15\x03\x00\x00\x02"), NULL, "", PROBE_NO },	/* TLS alerts of each version, two bytes long */
	{ BYTES("\x15\x03\x01\x00\x02"), NULL, "", PROBE_NO },
	{ BYTES("\x15\x03\x02\x00\x02"), NULL, "", PROBE_NO },
	{ BYTES("\x15\x03\x03\x00\x02"), NULL, "", PROBE_NO },
};

static bool has_nocase(struct str s, struct str what)
{
	for (size_t i = 0; i + what.n <= s.n; i++) {
		if (str_eq_nocase(str_sub(s, i, what.n), what)) {
			return true;
		}
	}
	return false;
}

bool probe_by_first_bytes(struct str raw, struct probe_found *ret)
{
	struct str line = raw;

	line = str_cut(&line, '\n');
	for (size_t i = 0; i < countof(firsts); i++) {
		const struct first *f = &firsts[i];

		if (!str_starts(raw, str_of(f->bytes, f->n)) ||
			(f->also != NULL && !has_nocase(line, str_z(f->also)))) {
			continue;
		}
		*ret = (struct probe_found){ .name = str_z(f->name), .not = { S("telnet") }, .nnot = 1,
			.plain = f->plain, .qod = 95 };
		return true;
	}
	return false;
}

struct str probe_readable(struct arena *a, struct str raw, size_t max)
{
	struct buf b = buf_new(a, 0);
	size_t bad;

	while (raw.n > 0 && b.n < max) {
		u8 c = (u8)raw.p[0];
		size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

		if (c < 0x80 && (c >= 0x20 || c == '\n' || c == '\t') && c != 0x7f) {
			buf_u8(&b, c);
		} else if (n > 1 && n <= raw.n && b.n + n <= max && str_utf8_ok(str_sub(raw, 0, n), &bad) &&
			!(c == 0xc2 && (u8)raw.p[1] < 0xa0)) {
			buf_bytes(&b, raw.p, n);
		} else {
			n = 1;		/* control characters, and bytes that are no text */
		}
		raw = str_from(raw, n);
	}
	return str_trim(buf_view(&b));
}
