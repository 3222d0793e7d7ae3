/* Registers as people save them: codings, quotes, delimiters, and what breaks them. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "proto/cp932.h"
#include "proto/csv.h"

static struct perr why;

static int next(struct csv *c, struct arena *a, struct str **cells, size_t *n, u32 *line)
{
	why = (struct perr){ 0 };
	return csv_next(c, a, cells, n, line, &why);
}

void test_csv__quotes_delimiters_and_line_ends(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct csv c = csv_new(S("a,b,c\r\n1,\"x, \"\"y\"\"\r\nz\",\r\n\n\r\nlast,,\n"));
	struct str *cells;
	size_t n;
	u32 line;

	(void)state;
	assert_int_equal(next(&c, a, &cells, &n, &line), 0);
	assert_true(n == 3 && line == 1);
	assert_int_equal(next(&c, a, &cells, &n, &line), 0);
	assert_true(n == 3 && line == 2);
	assert_str(cells[1], "x, \"y\"\r\nz");
	assert_str(cells[2], "");
	assert_int_equal(next(&c, a, &cells, &n, &line), 0);
	assert_true(n == 3 && line == 6);
	assert_int_equal(next(&c, a, &cells, &n, &line), ERR_NOTFOUND);
	assert_int_equal(csv_new(S("a;b;c,d\n")).delimiter, ';');
	assert_int_equal(csv_new(S("a\tb,c\td\n")).delimiter, '\t');
	assert_int_equal(csv_new(S("\"a;b;c\",d\n")).delimiter, ',');
	assert_int_equal(csv_new(S("")).delimiter, ',');
	arena_free(a);
}

void test_csv__a_bad_row_does_not_take_the_next(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct csv c = csv_new(S("a,b\n\"x\"y,2\nok,3\n\"never,4\nends,5\n"));
	struct str *cells;
	size_t n;
	u32 line;

	(void)state;
	assert_int_equal(next(&c, a, &cells, &n, &line), 0);
	assert_int_equal(next(&c, a, &cells, &n, &line), ERR_SYNTAX);
	assert_int_equal(line, 2);
	assert_int_equal(next(&c, a, &cells, &n, &line), 0);
	assert_str(cells[0], "ok");
	assert_int_equal(next(&c, a, &cells, &n, &line), ERR_SYNTAX);
	assert_true(line == 4 && str_find(str_z(why.text), S("does not end")) >= 0);
	assert_int_equal(next(&c, a, &cells, &n, &line), ERR_NOTFOUND);
	arena_free(a);
}

void test_csv__limits(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, 0);
	struct str *cells, text;
	enum csv_coding coding;
	struct csv c;
	size_t n;
	u32 line;

	(void)state;
	memset(buf_room(&b, CSV_COLUMNS_MAX), ',', CSV_COLUMNS_MAX);	/* one column more */
	buf_str(&b, S("\nx\n"));
	c = csv_new(buf_view(&b));
	assert_int_equal(next(&c, a, &cells, &n, &line), ERR_LIMIT);
	assert_int_equal(next(&c, a, &cells, &n, &line), 0);
	buf_reset(&b);
	memset(buf_room(&b, CSV_CELL_MAX + 1), 'x', CSV_CELL_MAX + 1);
	c = csv_new(buf_view(&b));
	assert_int_equal(next(&c, a, &cells, &n, &line), ERR_LIMIT);
	assert_int_equal(csv_text(a, (struct str){ b.p == NULL ? "" : (const char *)b.p, (size_t)CSV_FILE_MAX + 1 }, &text, &coding, &why),
		ERR_LIMIT);
	arena_free(a);
}

void test_csv__codings(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	enum csv_coding coding;
	struct str text;

	(void)state;
	assert_int_equal(csv_text(a, S("\xEF\xBB\xBF管理番号"), &text, &coding, &why), 0);
	assert_int_equal(coding, CSV_UTF8_BOM);
	assert_str(text, "管理番号");
	assert_int_equal(csv_text(a, S("管理番号"), &text, &coding, &why), 0);
	assert_int_equal(coding, CSV_UTF8);
	assert_int_equal(csv_text(a, S("\x8A\xC7\x97\x9D\x94\xD4\x8D\x86,\xB6\xD2\xD7\x87\x40\xFC\x4B\x5C~"), &text, &coding, &why), 0);
	assert_int_equal(coding, CSV_CP932);
	assert_str(text, "管理番号,ｶﾒﾗ①黑\\~");
	assert_int_equal(csv_text(a, S("a\nb\x81\x20"), &text, &coding, &why), ERR_UTF8);	/* a lead byte without its second */
	assert_int_equal(why.line, 2);
	assert_int_equal(csv_text(a, S("x\x8A"), &text, &coding, &why), ERR_UTF8);
	assert_int_equal(csv_text(a, S("\x80"), &text, &coding, &why), ERR_UTF8);
	assert_int_equal(csv_text(a, S("\xFF\xFE" "a"), &text, &coding, &why), ERR_UNSUPPORTED);
	assert_int_equal(csv_text(a, S("\xEF\xBB\xBF\xFF"), &text, &coding, &why), ERR_UTF8);
	arena_free(a);
}

/* The generated table is that of the code page: counted, and at its corners. */
void test_csv__the_table_is_whole(void **state)
{
	size_t assigned = 0;

	(void)state;
	for (size_t i = 0; i < CP932_LEADS; i++) {
		for (size_t k = 0; k < CP932_TRAILS; k++) {
			assigned += cp932_table[i][k] != 0;
			assert_true(cp932_table[i][k] < 0xD800 || cp932_table[i][k] > 0xDFFF);
		}
	}
	assert_true(assigned >= 7000);
	assert_int_equal(cp932_table[0][0], 0x3000);		/* 0x8140 */
	assert_int_equal(cp932_table[0x88 - 0x81][0x9F - 0x40], 0x4E9C);	/* 亜 */
}
