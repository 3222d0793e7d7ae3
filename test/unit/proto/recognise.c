/* Kinds of files from their first bytes: each known one, look-alikes, cut ones, hostile ones. */
#include "unit.h"

#include "proto/recognise.h"

#define CHECKPOINT \
	"korobanu.invalid/0011223344556677/1\n13\n3SCoIsTRZDICDPmpo4peb5UG9c075PN+ZjucbtnILs4=\n\n\xE2\x80\x94 korobanu.invalid x\n"

static void expect(const char *head, bool whole, enum file_kind kind, const char *format)
{
	struct recognised r = file_recognise(str_z(head), whole);

	if (r.kind != kind) {
		print_error("%s is taken for %s\n", head, file_kind_names[r.kind]);
	}
	assert_int_equal(r.kind, kind);
	assert_true(str_eq(r.format, str_z(format)));
}

void test_recognise__knows_each_kind(void **state)
{
	(void)state;
	expect("", true, FILE_EMPTY, "");
	expect("{\"bundle\":\"korobanu.bundle/1\",\"origin\":\"o\"}\n{}\n", true, FILE_BUNDLE, "korobanu.bundle/1");
	expect("{\"run\":\"korobanu.run/1\",\"origin\":\"o\"}\n", true, FILE_RUN, "korobanu.run/1");
	expect(CHECKPOINT, true, FILE_CHECKPOINT, "C2SP tlog-checkpoint");
	expect("<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<nmaprun x=\"1\">", false, FILE_NMAP, "");
	expect("<html>", true, FILE_XML, "");
	expect("{\"schema\":\"korobanu.asset/1\"}\n{}\n", true, FILE_JSONL, "korobanu.asset/1");
	expect("{\n \"a\": 1\n}\n", true, FILE_JSON, "");
	expect("[1]", true, FILE_JSON, "");
	expect("name,ip\ncam,10.7.0.2\n", true, FILE_CSV, "");
	expect("\xEF\xBB\xBFname,\"a,b\"\r\nx,y\r\n", true, FILE_CSV, "");
	expect("\xA1\xB2\xC3\xD4....", true, FILE_PCAP, "pcap");
	expect("\x0A\x0D\x0D\x0A....", true, FILE_PCAP, "pcapng");
	expect("hello\nworld\n", true, FILE_TEXT, "");
}

void test_recognise__is_not_taken_in(void **state)
{
	(void)state;
	expect("{\"bundle\":\"korobanu.bundle/2\"}\n", true, FILE_JSONL, "");
	expect("{\"note\":\"korobanu.bundle/1\"}\n", true, FILE_JSONL, "");
	expect("{\"bundle\"", true, FILE_JSON, "");
	expect("a,b\nc\n", true, FILE_TEXT, "");
	expect("one, two\nthree, four, five\n", true, FILE_TEXT, "");
	expect("origin\n12x\n3SCoIsTRZDICDPmpo4peb5UG9c075PN+ZjucbtnILs4=\n\n\xE2\x80\x94 k s\n", true, FILE_TEXT, "");
	expect("text \x1b[2J", true, FILE_UNKNOWN, "");
	expect("\xFF\xFE", true, FILE_UNKNOWN, "");
	expect("caf\xC3", true, FILE_UNKNOWN, "");
	expect("caf\xC3", false, FILE_TEXT, "");
}

void test_recognise__tells_origin_and_first_line(void **state)
{
	struct recognised r = file_recognise(S("{\"bundle\":\"korobanu.bundle/1\",\"key\":\"k\",\"origin\":\"o/1\"}\n"), true);

	(void)state;
	assert_true(str_eq(r.detail, S("o/1")));
	r = file_recognise(S(CHECKPOINT), true);
	assert_true(str_eq(r.detail, S("korobanu.invalid/0011223344556677/1")));
	r = file_recognise(S("name,ip\r\ncam,10.7.0.2\r\n"), true);
	assert_true(str_eq(r.detail, S("name,ip")));
}
