/* fact kinds: what kinds of facts there are; with a name, the fields of one. It reads the table of kinds only. */
#include "show/cli/out.h"

#include "core/fact/kind.h"

static struct str title(const struct cli *c, const char *en, const char *ja)
{
	return str_z(c->lang == LANG_ja ? ja : en);
}

static struct str name_of(struct arena *a, const struct kind *k)
{
	return str_printf(a, "%s/%u", k->name, k->version);
}

/* Which fields of a kind: 0 places, 1 values, 2 personal ones. */
static void set_fields(struct arena *a, struct view_row *row, u32 field, const struct kind *k, int which)
{
	struct str *names = arena_alloc(a, (k->n + 1) * sizeof *names);
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		const struct kind_field *f = &k->fields[i];

		if (which == 2 ? f->personal : f->place == (which == 0)) {
			names[n++] = str_z(f->name);
		}
	}
	view_set_strs(row, field, names, n);
}

static struct view_row kind_row(struct cli *c, const struct kind *k)
{
	struct view_row row = view_row(VIEW_kind);

	view_set_str(&row, VIEW_kind_name, name_of(c->a, k));
	view_set_str(&row, VIEW_kind_status, k->draft ? S("draft") : S("published"));
	view_set_str(&row, VIEW_kind_text, title(c, k->en, k->ja));
	set_fields(c->a, &row, VIEW_kind_place, k, 0);
	set_fields(c->a, &row, VIEW_kind_value, k, 1);
	set_fields(c->a, &row, VIEW_kind_personal, k, 2);
	view_set_int(&row, VIEW_kind_life, (i64)k->life_days * 86400);
	return row;
}

static struct view_row field_row(struct cli *c, const struct kind *k, const struct kind_field *f)
{
	struct view_row row = view_row(VIEW_kind_field);
	size_t n = f->words != NULL ? kind_words(f) : 0;
	struct str *words = arena_alloc(c->a, (n + 1) * sizeof *words);

	for (size_t i = 0; i < n; i++) {
		words[i] = kind_word(f, i);
	}
	view_set_str(&row, VIEW_kind_field_kind, name_of(c->a, k));
	view_set_str(&row, VIEW_kind_field_name, str_z(f->name));
	view_set_str(&row, VIEW_kind_field_part, f->place ? S("place") : S("value"));
	view_set_str(&row, VIEW_kind_field_type, str_z(kind_type_name(f->type)));
	view_set_bool(&row, VIEW_kind_field_optional, f->optional || !f->place);
	view_set_bool(&row, VIEW_kind_field_personal, f->personal);
	view_set_strs(&row, VIEW_kind_field_words, words, n);
	view_set_str(&row, VIEW_kind_field_text, title(c, f->en, f->ja));
	return row;
}

static const char *kind_name(const void *ctx, size_t i)
{
	(void)ctx;
	return kinds[i].name;
}

static int unknown(struct cli *c, struct str name)
{
	struct str near = cli_nearest(name, kind_name, NULL, kind_count);

	return cli_error(c, CLI_FAILED, "E-KIND", MSG_err_kind, near.n > 0 ? MSG_fix_near : MSG_fix_kinds,
		TR({ "name", name }, { "near", near }));
}

/* "service" is the newest version, "service/1" that one. */
static int one_kind(struct cli *c, struct str name)
{
	const struct kind *k = str_chr(name, '/') >= 0 ? kind_of_text(name) : kind_latest(name);
	struct out *o;
	int exit;

	if (k == NULL) {
		return unknown(c, name);
	}
	exit = out_open_view(c, VIEW_kind_field, &o);
	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	for (size_t i = 0; i < k->n; i++) {
		struct view_row row = field_row(c, k, &k->fields[i]);

		out_row(o, &row);
	}
	return out_close(o, true);
}

int cmd_fact_kinds(struct cli *c)
{
	struct out *o;
	int exit;

	if (c->args.n > 0) {
		return one_kind(c, c->args.p[0]);
	}
	exit = out_open(c, &o);
	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	for (size_t i = 0; i < kind_count; i++) {
		struct view_row row = kind_row(c, &kinds[i]);

		out_row(o, &row);
	}
	return out_close(o, true);
}
