/* Looks messages up and fills in the {names}. "{{" stands for one brace. */
#include "show/cli/tr.h"

#include "base/buf.h"
#include "base/err.h"

struct str tr_text(enum lang lang, enum tr_id id)
{
	must((u32)lang < LANG_LANGS && (u32)id < MSG_COUNT);
	return str_z(tr_table[lang][id]);
}

const char *tr_key(enum tr_id id)
{
	must((u32)id < MSG_COUNT);
	return tr_keys[id];
}

/* Keys are few and looked up per row at most: a walk is enough. */
enum tr_id tr_find(struct str key)
{
	for (u32 i = 1; i < MSG_COUNT; i++) {
		if (str_eq(key, str_z(tr_keys[i]))) {
			return (enum tr_id)i;
		}
	}
	return MSG_NONE;
}

static struct str find(const struct tr_arg *args, struct str name)
{
	for (;; args++) {
		must(args->name != NULL); /* every {name} of a text is given */
		if (str_eq(name, str_z(args->name))) {
			return args->value;
		}
	}
}

struct str tr(struct arena *a, enum lang lang, enum tr_id id, const struct tr_arg *args)
{
	struct str s = tr_text(lang, id);
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < s.n; i++) {
		ptrdiff_t end;

		if (s.p[i] != '{') {
			buf_u8(&b, (u8)s.p[i]);
			continue;
		}
		if (i + 1 < s.n && s.p[i + 1] == '{') {
			buf_u8(&b, '{');
			i++;
			continue;
		}
		end = str_chr(str_from(s, i), '}');
		must(end > 0);
		buf_str(&b, find(args, str_sub(s, i + 1, (size_t)end - 1)));
		i += (size_t)end;
	}
	return buf_view(&b);
}

/* The value of `name` among the arguments, "?" where there is none; name.ja is its value in Japanese, where that differs. */
static struct str said_value(struct str args, struct str name)
{
	while (args.n != 0) {
		struct str value = str_cut(&args, SAY[0]), key = str_cut(&value, '=');

		if (str_eq(key, name)) {
			return value;
		}
	}
	return S("?");
}

static struct str say_id(struct arena *a, enum lang lang, enum tr_id id, struct str args)
{
	struct str s = tr_text(lang, id), name, value;
	struct buf b = buf_new(a, 0);

	while (s.n != 0) {
		buf_str(&b, str_cut(&s, '{'));
		if (s.n != 0) {
			name = str_cut(&s, '}');
			value = said_value(args, str_printf(a, "%.*s.%s", STRF(name), lang == LANG_ja ? "ja" : "en"));
			buf_str(&b, str_eq(value, S("?")) ? said_value(args, name) : value);
		}
	}
	return buf_view(&b);
}

struct str tr_say(struct arena *a, enum lang lang, struct str said)
{
	struct str args = str_from(said, 1), key, line;
	enum tr_id id;

	if (!str_starts(said, S(SAY))) {
		return said;
	}
	key = str_cut(&args, SAY[0]);
	id = tr_find(str_printf(a, "check.%.*s", STRF(key)));
	if (id == MSG_NONE) {
		return key;
	}
	line = said_value(args, S("line"));
	return str_eq(line, S("?")) || str_eq(key, S("line")) ? say_id(a, lang, id, args) :
		tr(a, lang, MSG_check_line, TR({ "line", line }, { "text", say_id(a, lang, id, args) }));
}
