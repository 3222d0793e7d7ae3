/* The lexer. Words are lower case; keywords are no different from other words here, because a kind may have a field
 * called like one (`"telnet" in not`). Blanks and `# ...` to the end of the line separate. */
#include "core/lang/lang_int.h"

#include "base/limits.h"

#define SPAN_MAX_DAYS 36500

bool lex_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || is_digit(c);
}

int lex_start(struct lex *lx, struct arena *a, struct str text, struct perr *err)
{
	size_t bad;

	*lx = (struct lex){ .a = a, .err = err };
	if (text.n > LIMIT_EXPR) {
		return perr_set(err, ERR_LIMIT, LIMIT_EXPR, "an expression has at most %zu bytes", (size_t)LIMIT_EXPR);
	}
	if (!str_utf8_ok(text, &bad)) {
		return perr_set(err, ERR_UTF8, bad, "invalid UTF-8");
	}
	lx->text = str_dup(a, text);
	return 0;
}

int lex_quoted(struct lex *lx, struct str *ret)
{
	size_t start = lx->at, n = 0;
	char *out = arena_alloc(lx->a, lx->text.n - start + 1);

	for (size_t i = start + 1; i < lx->text.n; i++) {
		char c = lx->text.p[i];

		if (c == '"') {
			lx->at = i + 1;
			*ret = str_of(out, n);
			return 0;
		}
		if ((u8)c < 0x20 || c == 0x7F) {
			return perr_set(lx->err, ERR_SYNTAX, i, "control character in a text: write \\n or \\t");
		}
		if (c == '\\') {
			c = ++i < lx->text.n ? lx->text.p[i] : 0;
			if (c != '"' && c != '\\' && c != 'n' && c != 't') {
				return perr_set(lx->err, ERR_SYNTAX, i - 1, "after \\ comes one of \" \\ n t");
			}
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		out[n++] = c;
	}
	return perr_set(lx->err, ERR_SYNTAX, start, "this quote is never closed");
}

int lex_span(struct str s, i64 *ret_ms)
{
	static const struct {
		char unit;
		i64 ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', DAY_MS }, { 'w', 7 * DAY_MS } };
	u64 n;
	int r;

	for (size_t i = 0; s.n > 1 && i < countof(units); i++) {
		if (s.p[s.n - 1] != units[i].unit) {
			continue;
		}
		r = str_u64(str_sub(s, 0, s.n - 1), (u64)(SPAN_MAX_DAYS * DAY_MS / units[i].ms), &n);
		if (r == 0) {
			*ret_ms = (i64)n * units[i].ms;
		}
		return r;
	}
	return ERR_SYNTAX;
}

int lex_time(struct str s, i64 *ret_ms)
{
	char whole[21];
	struct utc t;
	int r;

	if (s.n == 10) {
		for (size_t i = 0; i < 10; i++) {
			whole[i] = s.p[i];
		}
		for (size_t i = 0; i < 10; i++) {
			whole[10 + i] = "T00:00:00Z"[i];
		}
		s = str_of(whole, 20);
	}
	if ((r = utc_parse(s, &t)) == 0) {
		*ret_ms = t.ms;
	}
	return r;
}

static int number(struct lex *lx, struct tok *t)
{
	size_t end = lx->at;
	struct str s;
	int r;

	while (end < lx->text.n && is_word(lx->text.p[end])) {
		end++;
	}
	s = str_sub(lx->text, lx->at, end - lx->at);
	t->type = TOK_INT;
	r = str_i64(s, &t->i);
	if (r == ERR_SYNTAX) {
		t->type = TOK_SPAN;
		r = lex_span(s, &t->i);
	}
	if (r != 0) {
		return perr_set(lx->err, r, lx->at, r == ERR_RANGE ? "number too large" :
			"neither a number nor a length of time such as 30d (s, m, h, d, w)");
	}
	lx->at = end;
	return 0;
}

static int word(struct lex *lx, struct tok *t)
{
	size_t start = lx->at, end = start;
	int r;

	while (end < lx->text.n && is_word(lx->text.p[end])) {
		end++;
	}
	t->type = TOK_WORD;
	t->s = str_sub(lx->text, start, end - start);
	lx->at = end;
	if (end == lx->text.n || lx->text.p[end] != '"' || end != start + 1) {
		return 0;
	}
	if (t->s.p[0] != 'v' && t->s.p[0] != 't') {
		return perr_set(
			lx->err, ERR_SYNTAX, start, "only v\"...\" (version) and t\"...\" (time) stand before a quote");
	}
	t->type = t->s.p[0] == 'v' ? TOK_VERSION : TOK_TIME;
	if ((r = lex_quoted(lx, &t->s)) != 0) {
		return r;
	}
	if (t->type == TOK_TIME && (r = lex_time(t->s, &t->i)) != 0) {
		return perr_set(lx->err, r, start, "not a time: write t\"2026-11-21\" or t\"2026-11-21T09:00:00Z\"");
	}
	return 0;
}

static int comparison(struct lex *lx, struct tok *t)
{
	char c = lx->text.p[lx->at];
	bool eq = lx->at + 1 < lx->text.n && lx->text.p[lx->at + 1] == '=';

	if (!eq && (c == '=' || c == '!')) {
		return perr_set(lx->err, ERR_SYNTAX, lx->at, c == '=' ? "equal is written ==" : "write != or not");
	}
	t->type = TOK_CMP;
	t->cmp = c == '=' ? LANG_EQ : c == '!' ? LANG_NE : c == '<' ? (eq ? LANG_LE : LANG_LT) : eq ? LANG_GE : LANG_GT;
	lx->at += eq ? 2 : 1;
	return 0;
}

static void blanks(struct lex *lx)
{
	while (lx->at < lx->text.n) {
		char c = lx->text.p[lx->at];

		if (c == '#') {
			while (lx->at < lx->text.n && lx->text.p[lx->at] != '\n') {
				lx->at++;
			}
		} else if (lex_space(c)) {
			lx->at++;
		} else {
			return;
		}
	}
}

int lex_next(struct lex *lx, struct tok *ret)
{
	struct tok t = { 0 };
	char c;
	int r = 0;

	blanks(lx);
	t.off = lx->at;
	c = lx->at < lx->text.n ? lx->text.p[lx->at] : 0;
	if (lx->at == lx->text.n) {
		t.type = TOK_END;
	} else if (is_digit(c)) {
		r = number(lx, &t);
	} else if (is_word(c)) {
		r = word(lx, &t);
	} else if (c == '"') {
		t.type = TOK_STR;
		r = lex_quoted(lx, &t.s);
	} else if (c == '=' || c == '!' || c == '<' || c == '>') {
		r = comparison(lx, &t);
	} else if (c != 0 && str_chr(S("(),:-+."), c) >= 0) {
		t.type = TOK_PUNCT;
		t.punct = c;
		lx->at++;
	} else if (c >= 'A' && c <= 'Z') {
		r = perr_set(lx->err, ERR_SYNTAX, lx->at, "names and keywords are written in lower case");
	} else {
		r = perr_set(lx->err, ERR_SYNTAX, lx->at, "this character has no meaning here");
	}
	if (r == 0) {
		t.len = lx->at - t.off;
		*ret = t;
	}
	return r;
}
