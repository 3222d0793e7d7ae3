/* Pieces of output: text that cannot drive a terminal, glyphs, local time, padding and wrapping. */
#include "show/cli/out_int.h"

#include <time.h>

#include "base/buf.h"

/* Length of the character at p[0], and its code point; a byte that starts none is 1 and -1. */
static size_t next_char(const char *p, size_t n, i32 *ret_cp)
{
	const u8 *u = (const u8 *)p;
	size_t len = u[0] < 0x80 ? 1 : u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : u[0] >= 0xC2 ? 2 : 0;

	if (len == 0 || len > n || !str_utf8_ok(str_of(p, len), NULL)) {
		*ret_cp = -1;
		return 1;
	}
	*ret_cp = len == 1 ? u[0] : u[0] & (0xFF >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		*ret_cp = *ret_cp << 6 | (u[i] & 0x3F);
	}
	return len;
}

/* C0, DEL and C1 drive terminals (0x9B is CSI); the others reverse or hide text, or end a line for some readers. */
static bool dangerous(i32 cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x061C || cp == 0x200E || cp == 0x200F || cp == 0x2028 ||
	       cp == 0x2029 || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF;
}

struct str out_safe(struct arena *a, struct str s, const char *pass)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < s.n;) {
		i32 cp;
		size_t len = next_char(s.p + i, s.n - i, &cp);

		if (cp == -1) {
			buf_printf(&b, "\\x%02x", (u8)s.p[i]);
		} else if (!dangerous(cp) || (cp > 0 && cp < 0x20 && str_chr(str_z(pass), (char)cp) >= 0)) {
			buf_bytes(&b, s.p + i, len);
		} else if (cp == '\n' || cp == '\t' || cp == '\r') {
			buf_printf(&b, "\\%c", cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r');
		} else if (cp < 0x100) {
			buf_printf(&b, "\\x%02x", (u32)cp);
		} else {
			buf_printf(&b, "\\u{%04x}", (u32)cp);
		}
		i += len;
	}
	return buf_view(&b);
}

void out_clean(FILE *f, struct str s)
{
	struct arena *a = arena_new(NULL, 0);
	struct str safe = out_safe(a, s, "\n\t");

	fwrite(safe.p, 1, safe.n, f);
	arena_free(a);
}

static void json_char(FILE *f, const char *p, size_t len, i32 cp)
{
	if (cp == -1) {
		fputs("\\ufffd", f);
	} else if (dangerous(cp)) {
		fprintf(f, "\\u%04x", (u32)cp);
	} else {
		fwrite(p, 1, len, f);
	}
}

void out_json_raw(FILE *f, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		i32 cp;
		size_t len = next_char(s.p + i, s.n - i, &cp);

		json_char(f, s.p + i, len, cp);
		i += len;
	}
}

void out_json_str(FILE *f, struct str s)
{
	fputc('"', f);
	for (size_t i = 0; i < s.n;) {
		i32 cp;
		size_t len = next_char(s.p + i, s.n - i, &cp);

		if (cp == '"' || cp == '\\') {
			fputc('\\', f);
			fputc(cp, f);
		} else if (cp == '\n' || cp == '\t') {
			fputs(cp == '\n' ? "\\n" : "\\t", f);
		} else {
			json_char(f, s.p + i, len, cp);
		}
		i += len;
	}
	fputc('"', f);
}

struct str out_pad(struct arena *a, struct str s, size_t width)
{
	size_t w = str_width(s);
	struct buf b = buf_new(a, 0);

	buf_str(&b, s);
	for (; w < width; w++) {
		buf_u8(&b, ' ');
	}
	return buf_view(&b);
}

struct str out_cut(struct arena *a, struct str s, size_t width, bool ascii)
{
	struct str mark = ascii ? S("...") : S("…");
	size_t room, w = 0, i = 0;

	if (str_width(s) <= width) {
		return s;
	}
	room = width > str_width(mark) ? width - str_width(mark) : 0;
	while (i < s.n) {
		i32 cp;
		size_t len = next_char(s.p + i, s.n - i, &cp);
		size_t cw = str_width(str_sub(s, i, len));

		if (w + cw > room) {
			break;
		}
		w += cw;
		i += len;
	}
	return str_printf(a, "%.*s%.*s", STRF(str_sub(s, 0, i)), STRF(mark));
}

struct str out_glyph(enum view_answer answer, bool ascii)
{
	static const char *const glyphs[VIEW_ANSWER_COUNT] = { "？", "◎", "○", "△", "×", "－" };
	static const char *const words[VIEW_ANSWER_COUNT] = { "????", "PASS+", "PASS", "PART", "FAIL", "N/A" };

	must((u32)answer < VIEW_ANSWER_COUNT);
	return str_z(ascii ? words[answer] : glyphs[answer]);
}

struct str out_local_time(struct arena *a, struct utc t)
{
	time_t secs = (time_t)((t.ms - (t.ms < 0 ? 999 : 0)) / 1000);
	struct tm tm;
	char text[64];

	if (localtime_r(&secs, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &tm) == 0) {
		return utc_text(a, t);
	}
	return str_dup(a, str_z(text));
}

/* Where the line that starts at s may end: the last blank, or change to or from a wide character, that fits. */
static size_t line_end(struct str s, size_t width)
{
	size_t w = 0, best = 0;
	size_t before = 1;

	for (size_t i = 0; i < s.n;) {
		i32 cp;
		size_t len = next_char(s.p + i, s.n - i, &cp);
		size_t cw = str_width(str_sub(s, i, len));
		/* A line does not start with closing punctuation (kinsoku). */
		bool closing =
			cp == 0x3001 || cp == 0x3002 || cp == 0x300D || cp == 0x300F || cp == 0xFF09 || cp == 0x30FC;

		if (cp == '\n') {
			return i;
		}
		if (i > 0 && (cp == ' ' || ((cw == 2 || before == 2) && !closing && cp < 0x10000 && cp >= 0x80))) {
			best = i;
		}
		if (w + cw > width) {
			return best > 0 ? best : i;
		}
		before = cw;
		w += cw;
		i += len;
	}
	return s.n;
}

void out_wrap(struct arena *a, FILE *f, struct str text, size_t width, const char *indent)
{
	(void)a;
	while (text.n > 0) {
		size_t end = line_end(text, width < 20 ? 20 : width);

		fprintf(f, "%s%.*s\n", indent, STRF(str_sub(text, 0, end)));
		while (end < text.n && text.p[end] == ' ') {
			end++;
		}
		if (end < text.n && text.p[end] == '\n') {
			end++;
		}
		text = str_from(text, end);
	}
}
