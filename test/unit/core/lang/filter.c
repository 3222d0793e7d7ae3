#include "unit.h"

#include "core/lang/lang.h"

#include <string.h>

#define NOW 1800000000000ll
#define F(n, t, ...) { .name = { n, sizeof(n) - 1 }, .type = (t), __VA_ARGS__ }
static const struct str stati[] = { { "pass", 4 }, { "fail", 4 }, { "unknown", 7 } };
static const struct lang_field fields[] = {
	F("name", LANG_STR),
	F("kind", LANG_STR),
	F("port", LANG_INT),
	F("seen", LANG_TIME),
	F("tag", LANG_STRS),
	F("ports", LANG_RANGES),
	F("status", LANG_ENUM, .words = stati, .nwords = 3),
	F("fw", LANG_VERSION),
	F("mac", LANG_MAC),
	F("managed", LANG_BOOL),
	F("guide", LANG_STR),
};

/* The one row that the filters are tried on; field `guide` is not known. */
static bool get(void *ctx, u16 kind, u16 field, struct lang_value *ret, u16 *why)
{
	static const struct str tags[] = { { "Lobby", 5 }, { "spare", 5 } };
	static const struct range open[] = { { 22, 23 }, { 80, 80 } };

	(void)ctx;
	assert_int_equal(kind, LANG_NONE);
	*ret = (struct lang_value){ .type = fields[field].type };
	switch (field) {
	case 0:
		ret->s = S("cam-lobby-2");
		return true;
	case 1:
		ret->s = S("camera");
		return true;
	case 2:
		ret->i = 23;
		return true;
	case 3:
		ret->i = NOW - 3600000;
		return true;
	case 4:
		ret->strs.p = tags;
		ret->strs.n = 2;
		return true;
	case 5:
		ret->ranges.p = open;
		ret->ranges.n = 2;
		return true;
	case 6:
		ret->s = S("fail");
		return true;
	case 7:
		ret->s = S("2.1.0");
		return true;
	case 8:
		ret->s = S("b8:27:eb:00:00:01");
		return true;
	case 9:
		ret->b = true;
		return true;
	default:
		*why = WHY_NOT_COVERED;
		return false;
	}
}

static bool has_text(void *ctx, struct str text)
{
	(void)ctx;
	return str_find(S("cam-lobby-2 camera factory A b8:27:eb:00:00:01"), text) >= 0;
}

static bool shows(const char *text)
{
	struct arena *a = arena_new(NULL, 0);
	struct lang_row row = { .get = get, .has_text = has_text, .now = NOW };
	const struct lang_expr *x;
	struct perr e;
	bool ret;

	if (lang_parse_filter(a, str_z(text), fields, countof(fields), &x, &e) != 0) {
		print_error("%s: column %u: %s\n", text, e.col, e.text);
		fail();
	}
	ret = lang_show(x, &row);
	arena_free(a);
	return ret;
}

void test_filter__shown_and_hidden(void **state)
{
	static const char *const shown[] = {
		"",
		"   ",
		"camera",
		"\"factory A\"",
		"kind:camera",
		"KIND OR kind:CAMERA",
		"kind:cam*",
		"kind:*era",
		"name:*lobby*",
		"kind:plc,camera",
		"port:23",
		"port:>10",
		"port:>=23",
		"port:<24",
		"port:!=80",
		"port:1..1024",
		"-port:80",
		"tag:lobby",
		"tag:spa*",
		"-tag:x",
		"ports:80",
		"ports:22,99",
		"status:fail",
		"status:pass,fail",
		"status:>pass",
		"-status:pass",
		"seen:<24h",
		"seen:24h",
		"seen:>30m",
		"seen:>=2026-01-01",
		"seen:2027-01-15",
		"-seen:2027-01-14",
		"seen:<=2027-01-15",
		"fw:2.1",
		"fw:<2.10",
		"fw:>2.0.9",
		"mac:b8:27:*",
		"b8:27:eb",
		"managed:yes",
		"-managed:no",
		"(kind:plc OR port:23) camera",
		"kind:plc OR port:23 camera",
		"-(kind:plc OR port:80)",
		"-kind:plc -port:80",
		"name:\"cam-lobby-2\"",
		"name:!=x",
		"seen:!=2027-01-14",
	};
	static const char *const hidden[] = {
		"plc",
		"\"factory B\"",
		"kind:plc",
		"-camera",
		"kind:*x",
		"port:>23",
		"port:80,443",
		"tag:lob",
		"ports:24",
		"status:pass",
		"seen:<30m",
		"seen:>24h",
		"seen:<2027-01-15",
		"seen:>2027-01-15",
		"fw:2.1.1",
		"fw:>=2.10",
		"managed:no",
		"(kind:plc OR port:80) camera",
		"kind:camera port:80",
		"-(camera OR port:80)",
		/* not known is neither equal nor unequal */
		"guide:x",
		"-guide:x",
		"guide:!=x",
		"guide:*",
	};

	(void)state;
	for (size_t i = 0; i < countof(shown); i++) {
		if (!shows(shown[i])) {
			print_error("hidden: %s\n", shown[i]);
			fail();
		}
	}
	for (size_t i = 0; i < countof(hidden); i++) {
		if (shows(hidden[i])) {
			print_error("shown: %s\n", hidden[i]);
			fail();
		}
	}
}

void test_filter__errors_name_the_column(void **state)
{
	static const struct {
		const char *text;
		int code;
		u32 col;
	} bad[] = {
		{ "kind:", ERR_SYNTAX, 6 },
		{ "camera kidn:x", ERR_UNKNOWN, 8 },
		{ "port:abc", ERR_SYNTAX, 6 },
		{ "port:1..x", ERR_SYNTAX, 6 },
		{ "kind:>x", ERR_TYPE, 6 },
		{ "ports:>3", ERR_TYPE, 7 },
		{ "ports:!=3", ERR_TYPE, 7 },
		{ "seen:<yesterday", ERR_SYNTAX, 7 },
		{ "status:open", ERR_TYPE, 8 },
		{ "managed:maybe", ERR_TYPE, 9 },
		{ "(camera", ERR_SYNTAX, 8 },
		{ "camera)", ERR_SYNTAX, 7 },
		{ "OR camera", ERR_SYNTAX, 1 },
		{ "camera OR", ERR_SYNTAX, 10 },
		{ "camera OR OR x", ERR_SYNTAX, 11 },
		{ "\"open", ERR_SYNTAX, 1 },
		{ "port:>1,2", ERR_SYNTAX, 8 },
		{ "port:1,", ERR_SYNTAX, 8 },
		{ "()", ERR_SYNTAX, 2 },
		{ "-", ERR_SYNTAX, 2 },
		{ "kind:(x)", ERR_SYNTAX, 6 },
	};
	struct arena *a = arena_new(NULL, 0);
	const struct lang_expr *x;
	struct perr e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		int r = lang_parse_filter(a, str_z(bad[i].text), fields, countof(fields), &x, &e);

		if (r != bad[i].code || e.col != bad[i].col) {
			print_error("%s: got %d at %u (%s), want %d at %u\n", bad[i].text, r, e.col, e.text,
				bad[i].code, bad[i].col);
			fail();
		}
	}
	arena_free(a);
}

void test_filter__next_change_of_an_age(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct lang_row row = { .get = get, .now = NOW };
	const struct lang_expr *x;

	(void)state;
	assert_int_equal(lang_parse_filter(a, S("seen:<24h"), fields, countof(fields), &x, NULL), 0);
	assert_true(lang_show(x, &row));
	assert_true(row.next == NOW - 3600000 + 86400000);
	row.now = row.next;
	row.next = 0;
	assert_false(lang_show(x, &row));
	arena_free(a);
}
