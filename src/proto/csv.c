#include "proto/csv.h"

#include "base/buf.h"
#include "base/vec.h"
#include "proto/cp932.h"

const char *const csv_codings[3] = { [CSV_UTF8] = "UTF-8", [CSV_UTF8_BOM] = "UTF-8 with byte order mark", [CSV_CP932] = "CP932" };

int csv_text(struct arena *a, struct str bytes, struct str *ret, enum csv_coding *ret_coding, struct perr *reterr)
{
	struct str bom = S("\xEF\xBB\xBF");
	size_t bad = 0, at;
	int r;

	if (bytes.n > CSV_FILE_MAX) {
		return perr_set(reterr, ERR_LIMIT, 0, "a register may have %zu MiB at most", (size_t)(CSV_FILE_MAX / MiB));
	}
	if (str_starts(bytes, S("\xFF\xFE")) || str_starts(bytes, S("\xFE\xFF"))) {
		return perr_set(reterr, ERR_UNSUPPORTED, 0, "UTF-16: save it as CSV UTF-8");
	}
	*ret_coding = str_starts(bytes, bom) ? CSV_UTF8_BOM : CSV_UTF8;
	*ret = *ret_coding == CSV_UTF8_BOM ? str_from(bytes, bom.n) : bytes;
	if (str_utf8_ok(*ret, &bad)) {
		return 0;
	}
	if (*ret_coding == CSV_UTF8 && (r = cp932_decode(a, bytes, ret, &at)) != ERR_UTF8) {
		*ret_coding = CSV_CP932;
		return r;
	}
	bad += *ret_coding == CSV_UTF8_BOM ? bom.n : 0;
	perr_set(reterr, ERR_UTF8, bad, "neither UTF-8 nor CP932");
	if (reterr != NULL) {
		perr_place(reterr, (const u8 *)bytes.p, bytes.n);
	}
	return ERR_UTF8;
}

struct csv csv_new(struct str text)
{
	static const char marks[] = { ',', '\t', ';' };
	size_t count[countof(marks)] = { 0 }, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r')); i++) {
		quoted = text.p[i] == '"' ? !quoted : quoted;
		for (size_t m = 0; m < countof(marks) && !quoted; m++) {
			count[m] += text.p[i] == marks[m];
		}
	}
	for (size_t m = 1; m < countof(marks); m++) {
		best = count[m] > count[best] ? m : best;
	}
	return (struct csv){ .rest = text, .delimiter = marks[best], .line = 1 };
}

static void step(struct csv *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char x = c->rest.p[i];

		c->line += x == '\n' || (x == '\r' && (i + 1 >= c->rest.n || c->rest.p[i + 1] != '\n')) ? 1 : 0;
	}
	c->rest = str_from(c->rest, n);
}

static bool at_line_end(struct str s)
{
	return s.n == 0 || s.p[0] == '\n' || s.p[0] == '\r';
}

static void skip_line_end(struct csv *c)
{
	step(c, str_starts(c->rest, S("\r\n")) ? 2 : c->rest.n != 0 ? 1 : 0);
}

/* The cell in quotes that begins here; a quote inside is doubled. */
static int quoted_cell(struct csv *c, struct arena *a, struct str *ret, struct perr *err)
{
	struct buf b = buf_new(a, CSV_CELL_MAX);
	u32 began = c->line;

	step(c, 1);
	for (;;) {
		ptrdiff_t at = str_chr(c->rest, '"');

		if (at < 0) {
			perr_set(err, ERR_SYNTAX, 0, "the quoted cell that begins on line %u does not end", began);
			step(c, c->rest.n);
			return ERR_SYNTAX;
		}
		buf_str(&b, str_sub(c->rest, 0, (size_t)at));
		step(c, (size_t)at + 1);
		if (c->rest.n == 0 || c->rest.p[0] != '"') {
			break;
		}
		buf_u8(&b, '"');
		step(c, 1);
	}
	*ret = buf_view(&b);
	if (buf_done(&b) != 0) {
		return perr_set(err, ERR_LIMIT, 0, "a cell is longer than %zu bytes", (size_t)CSV_CELL_MAX);
	}
	if (!at_line_end(c->rest) && c->rest.p[0] != c->delimiter) {
		return perr_set(err, ERR_SYNTAX, 0, "something stands behind the closing quote");
	}
	return 0;
}

static int plain_cell(struct csv *c, struct str *ret, struct perr *err)
{
	size_t n = 0;

	while (n < c->rest.n && c->rest.p[n] != c->delimiter && c->rest.p[n] != '\n' && c->rest.p[n] != '\r') {
		n++;
	}
	*ret = str_sub(c->rest, 0, n);
	step(c, n);
	if (n > CSV_CELL_MAX) {
		return perr_set(err, ERR_LIMIT, 0, "a cell is longer than %zu bytes", (size_t)CSV_CELL_MAX);
	}
	return 0;
}

static int row(struct csv *c, struct arena *a, struct str **ret, size_t *ret_n, struct perr *err)
{
	vec(struct str) cells = { 0 };
	int r;

	for (;;) {
		struct str cell;

		if (cells.n == CSV_COLUMNS_MAX) {
			return perr_set(err, ERR_LIMIT, 0, "more than %d columns", CSV_COLUMNS_MAX);
		}
		r = c->rest.n != 0 && c->rest.p[0] == '"' ? quoted_cell(c, a, &cell, err) : plain_cell(c, &cell, err);
		if (r != 0) {
			return r;
		}
		*vec_add(a, &cells) = cell;
		if (at_line_end(c->rest)) {
			break;
		}
		step(c, 1);
	}
	*ret = cells.p;
	*ret_n = cells.n;
	return 0;
}

int csv_next(struct csv *c, struct arena *a, struct str **ret, size_t *ret_n, u32 *ret_line, struct perr *reterr)
{
	struct perr err = { 0 };
	int r;

	while (c->rest.n != 0 && at_line_end(c->rest)) {
		skip_line_end(c);
	}
	if (c->rest.n == 0) {
		return ERR_NOTFOUND;
	}
	*ret_line = c->line;
	if ((r = row(c, a, ret, ret_n, &err)) != 0) {
		while (!at_line_end(c->rest)) {
			step(c, 1);
		}
		if (reterr != NULL) {
			*reterr = err;
		}
	}
	skip_line_end(c);
	return r;
}
