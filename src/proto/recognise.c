#include "proto/recognise.h"

#include <string.h>

const char *const file_kind_names[FILE_KIND_COUNT] = { "unrecognised", "empty", "proof_bundle", "run_export", "checkpoint", "nmap_xml",
	"xml", "json_lines", "json", "csv", "pcap", "text" };

/* The value of the first member of an object when it is a plain text: {"bundle":"korobanu.bundle/1",... The program's own writers put
 * the format first and escape nothing in it; of another writer's file the reader will say more. */
static struct str first_member(struct str line, struct str name)
{
	struct str s = str_trim(line);

	if (!str_starts(s, S("{"))) {
		return (struct str){ 0 };
	}
	s = str_trim(str_from(s, 1));
	if (!str_starts(s, S("\"")) || !str_starts(str_from(s, 1), name) || !str_starts(str_from(s, 1 + name.n), S("\""))) {
		return (struct str){ 0 };
	}
	s = str_trim(str_from(s, 2 + name.n));
	if (!str_starts(s, S(":"))) {
		return (struct str){ 0 };
	}
	s = str_trim(str_from(s, 1));
	if (!str_starts(s, S("\""))) {
		return (struct str){ 0 };
	}
	s = str_from(s, 1);
	return str_cut(&s, '"');
}

/* Where a name of a member stands anywhere in the line, its text; good enough for a description. */
static struct str any_member(struct str line, struct str name)
{
	for (size_t i = 0; i + name.n + 4 < line.n; i++) {
		struct str s = str_from(line, i);

		if (s.p[0] == '"' && str_starts(str_from(s, 1), name) && str_starts(str_from(s, 1 + name.n), S("\":\""))) {
			s = str_from(s, name.n + 4);
			return str_cut(&s, '"');
		}
	}
	return (struct str){ 0 };
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') {
			return false;
		}
	}
	return s.n > 0 && s.n <= 20;
}

/* origin, size, root of 44 characters of base64, blank line, a line of a signature. */
static bool checkpoint(struct str s, struct str *ret_origin)
{
	struct str origin = str_cut(&s, '\n'), size = str_cut(&s, '\n'), root = str_cut(&s, '\n');

	if (origin.n == 0 || !is_number(size) || root.n != 44 || !str_ends(root, S("="))) {
		return false;
	}
	while (s.n > 0 && s.p[0] != '\n') {	/* extension lines */
		(void)str_cut(&s, '\n');
	}
	if (!str_starts(s, S("\n\xE2\x80\x94 "))) {
		return false;
	}
	*ret_origin = origin;
	return true;
}

/* Cells of one line: commas outside quotes, and one more. 0: a quote is not closed. */
static size_t cells(struct str line)
{
	bool quoted = false;
	size_t n = 1;

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '"') {
			quoted = !quoted;
		} else if (line.p[i] == ',' && !quoted) {
			n++;
		}
	}
	return quoted ? 0 : n;
}

/* The first line and up to four more that are whole have the same number of cells, at least two. */
static bool table(struct str s, bool whole)
{
	size_t n = cells(str_cut(&s, '\n'));

	for (int i = 0; i < 4 && s.n > 0; i++) {
		bool ended = whole || str_chr(s, '\n') >= 0;
		size_t k = cells(str_cut(&s, '\n'));

		if (ended && k != 0 && k != n) {
			return false;
		}
	}
	return n >= 2;
}

/* UTF-8 without control characters; a character cut off at the end of the head is no fault of the file. */
static bool text(struct str s, bool whole)
{
	for (size_t cut = 0; cut < 4 && cut < s.n; cut++) {
		if (str_utf8_ok(str_sub(s, 0, s.n - cut), NULL)) {
			break;
		}
		if (whole || cut == 3) {
			return false;
		}
	}
	for (size_t i = 0; i < s.n; i++) {
		u8 c = (u8)s.p[i];

		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
			return false;
		}
	}
	return true;
}

static bool pcap(struct str s, struct str *ret)
{
	static const struct {
		const char magic[5], *name;
	} known[] = { { "\xD4\xC3\xB2\xA1", "pcap" }, { "\xA1\xB2\xC3\xD4", "pcap" }, { "\x4D\x3C\xB2\xA1", "pcap" },
		{ "\xA1\xB2\x3C\x4D", "pcap" }, { "\x0A\x0D\x0D\x0A", "pcapng" } };

	for (size_t i = 0; i < countof(known); i++) {
		if (s.n >= 4 && memcmp(s.p, known[i].magic, 4) == 0) {
			*ret = str_z(known[i].name);
			return true;
		}
	}
	return false;
}

static struct recognised json(struct str s, struct str line)
{
	struct str rest = s, format;
	struct recognised r = { .kind = FILE_JSON };
	bool lines;

	(void)str_cut(&rest, '\n');
	lines = str_starts(line, S("{")) && str_ends(str_trim(line), S("}")) && (rest.n == 0 || str_starts(rest, S("{")));
	format = first_member(line, S("bundle"));
	if (str_eq(format, S("korobanu.bundle/1"))) {
		return (struct recognised){ .kind = FILE_BUNDLE, .format = format, .detail = any_member(line, S("origin")) };
	}
	format = any_member(line, S("schema"));
	format = format.n > 0 ? format : first_member(line, S("run"));
	if (lines && str_find(line, S("korobanu.run/1")) >= 0) {
		return (struct recognised){ .kind = FILE_RUN, .format = S("korobanu.run/1"),
			.detail = any_member(line, S("origin")) };
	}
	r.kind = lines ? FILE_JSONL : FILE_JSON;
	r.format = str_starts(format, S("korobanu.")) ? format : S("");
	return r;
}

struct recognised file_recognise(struct str head, bool whole)
{
	struct str s = str_sub(head, 0, head.n < RECOGNISE_HEAD ? head.n : RECOGNISE_HEAD), rest, line, origin, format;

	whole = whole && s.n == head.n;
	if (s.n == 0) {
		return (struct recognised){ .kind = FILE_EMPTY };
	}
	if (pcap(s, &format)) {
		return (struct recognised){ .kind = FILE_PCAP, .format = format };
	}
	if (str_starts(s, S("\xEF\xBB\xBF"))) {
		s = str_from(s, 3);
	}
	if (!text(s, whole)) {
		return (struct recognised){ .kind = FILE_UNKNOWN };
	}
	if (checkpoint(s, &origin)) {
		return (struct recognised){ .kind = FILE_CHECKPOINT, .format = S("C2SP tlog-checkpoint"), .detail = origin };
	}
	s = str_trim(s);
	rest = s;
	line = str_trim(str_cut(&rest, '\n'));
	if (str_starts(s, S("{")) || str_starts(s, S("["))) {
		return json(s, line);
	}
	if (str_starts(s, S("<"))) {
		bool nmap = str_find(str_sub(s, 0, s.n < 4096 ? s.n : 4096), S("<nmaprun")) >= 0;

		return (struct recognised){ .kind = nmap ? FILE_NMAP : FILE_XML };
	}
	return table(s, whole) ? (struct recognised){ .kind = FILE_CSV, .detail = line } :
		(struct recognised){ .kind = FILE_TEXT, .detail = line };
}
