/* Order of versions (doc/rules.md, "Versions"). A version is read as an endless row of tokens: numbers, words and
 * pre-release marks, zeros after its end. Rows are compared token by token under one total order, which makes the
 * whole a total order too: 1.2 = 1.2.0, 1.9 < 1.10, 1.0rc1 < 1.0 < 1.0.1, 1.0.2 < 1.0.2k. */
#include "core/lang/lang_int.h"

/* Marks of what comes before the release itself, earliest first. */
static const char *const marks[] = { "~", "dev", "snapshot", "alpha", "beta", "pre", "preview", "rc" };

struct piece {
	int rank; /* below 0: index of marks - countof(marks); 0: the number zero or the end; 1: a word; 2: a number */
	struct str s;	/* digits without leading zeros, or letters */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (u8)c >= 0x80;
}

static int mark_of(struct str s)
{
	for (size_t i = 0; i < countof(marks); i++) {
		if (str_eq_nocase(s, str_z(marks[i]))) {
			return (int)i - (int)countof(marks);
		}
	}
	return 0;
}

static struct piece take(struct str *v)
{
	struct piece p = { 0 };
	size_t n = 0;

	while (v->n > 0 && !is_digit(v->p[0]) && !is_letter(v->p[0]) && v->p[0] != '~') {
		*v = str_from(*v, 1);
	}
	if (v->n == 0) {
		return p;
	}
	if (v->p[0] == '~') {
		n = 1;
	} else if (is_digit(v->p[0])) {
		while (n < v->n && is_digit(v->p[n])) {
			n++;
		}
	} else {
		while (n < v->n && is_letter(v->p[n])) {
			n++;
		}
	}
	p.s = str_sub(*v, 0, n);
	*v = str_from(*v, n);
	if (is_digit(p.s.p[0])) {
		while (p.s.n > 0 && p.s.p[0] == '0') {
			p.s = str_from(p.s, 1);
		}
		p.rank = p.s.n == 0 ? 0 : 2;
		return p;
	}
	p.rank = mark_of(p.s);
	if (p.rank == 0) {
		p.rank = 1;
	}
	return p;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int words_cmp(struct str a, struct str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i])) {
			return (u8)lower(a.p[i]) < (u8)lower(b.p[i]) ? -1 : 1;
		}
	}
	return (a.n > b.n) - (a.n < b.n);
}

static int piece_cmp(struct piece a, struct piece b)
{
	if (a.rank != b.rank) {
		return a.rank < b.rank ? -1 : 1;
	}
	if (a.rank == 1) {
		return words_cmp(a.s, b.s);
	}
	if (a.rank == 2 && a.s.n != b.s.n) {
		return a.s.n < b.s.n ? -1 : 1;
	}
	return a.rank == 2 ? str_cmp(a.s, b.s) : 0;
}

/* A leading v as in v1.2 says nothing. False: no digit anywhere, so there is nothing to compare. */
static bool ready(struct str *v)
{
	size_t i = 0;

	if (v->n > 1 && lower(v->p[0]) == 'v' && is_digit(v->p[1])) {
		*v = str_from(*v, 1);
	}
	while (i < v->n && !is_digit(v->p[i])) {
		i++;
	}
	return i < v->n;
}

bool lang_version_cmp(struct str a, struct str b, int *ret)
{
	int r = 0;

	if (!ready(&a) || !ready(&b)) {
		return false;
	}
	while (r == 0 && (a.n > 0 || b.n > 0)) {
		r = piece_cmp(take(&a), take(&b));
	}
	*ret = r < 0 ? -1 : r > 0 ? 1 : 0;
	return true;
}
