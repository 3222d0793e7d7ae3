/* Rows to text. Every format is one function of (open output, row); what is common is choosing columns and making the
 * text of a cell. Formats and what an unknown looks like: out.h. */
#include "show/cli/out_int.h"

#include "base/buf.h"

#include <stdlib.h>

#define COLUMN_LEAST 6 /* a column is never squeezed below this */
#define COLUMN_GAP 2
#define CARD_LEAST 24  /* columns of a sentence in a card, however narrow the terminal */

const char *const out_format_names[OUT_FORMAT_COUNT] = { "table", "plain", "json", "jsonl", "csv", "tsv" };

struct column {
	u32 field;
	size_t width;
	bool said;   /* some row of the table has a value here, or it may not go without saying */
	bool silent; /* no row had: the column is left out */
};

struct out {
	struct cli *c;
	FILE *f;
	const struct view *view;
	enum out_format format;
	struct column cols[VIEW_FIELDS_MAX];
	size_t ncols;
	size_t count;
	struct arena *rows;      /* of the table's buffered cells */
	vec(struct str *) cells; /* per row: ncols texts */
	vec(u8 *) answers;       /* per row: 1 + answer of each column, 0 = no answer */
	bool laid_out;
	bool begun;  /* the head of the document is written */
	bool chosen; /* the user named the columns */
	bool all;    /* or asked for every one */
};

enum out_format out_format(const struct cli *c)
{
	size_t n;
	int i;

	(void)cli_list(c, "json", &n);
	if (n > 0) {
		return OUT_JSON;
	}
	i = str_index(cli_str(c, "format"), out_format_names, OUT_FORMAT_COUNT);
	return i >= 0 ? (enum out_format)i : c->env->out_tty ? OUT_TABLE : OUT_PLAIN;
}

static bool for_people(enum out_format format)
{
	return format == OUT_TABLE;
}

static const char *title(const struct out *o, u32 field)
{
	const struct view_field *f = &o->view->fields[field];

	return for_people(o->format) ? (o->c->lang == LANG_ja ? f->ja : f->en) : f->name;
}

/* --- columns ----------------------------------------------------------------------------------------------------- */

static const char *field_name(const void *ctx, size_t i)
{
	return ((const struct view *)ctx)->fields[i].name;
}

static int unknown_column(struct out *o, struct str name)
{
	struct str near = cli_nearest(name, field_name, o->view, o->view->nfields);

	return cli_error(o->c, CLI_FAILED, "E-COLUMN", MSG_err_column, near.n > 0 ? MSG_fix_near : MSG_fix_fields_help,
		TR({ "name", name }, { "near", near }));
}

static void add_column(struct out *o, u32 field)
{
	if (o->ncols < countof(o->cols)) {
		o->cols[o->ncols++].field = field;
	}
}

static int choose_columns(struct out *o)
{
	size_t n = 0, njson = 0;
	const struct str *want = cli_list(o->c, "columns", &n);
	const struct str *json = cli_list(o->c, "json", &njson);
	bool people = o->format == OUT_TABLE || o->format == OUT_PLAIN;

	if (njson > 0) {
		want = json;
		n = njson;
	}
	/* Rows of a second view (the services of an asset) show their own default columns when not all are theirs. */
	for (size_t i = 0; i < n && o->view->number != o->c->cmd->view; i++) {
		if (view_field_find(o->view, want[i]) < 0) {
			n = 0;
		}
	}
	if (n == 0 || (n == 1 && str_eq(want[0], S("all")))) {
		for (u32 i = 0; i < o->view->nfields; i++) {
			o->all = n > 0;
			if (n > 0 || !people || (o->view->fields[i].flags & VIEW_COL) != 0) {
				add_column(o, i);
			}
		}
		return 0;
	}
	o->chosen = true;
	for (size_t i = 0; i < n; i++) {
		int field = view_field_find(o->view, want[i]);

		if (field < 0) {
			return unknown_column(o, want[i]);
		}
		add_column(o, (u32)field);
	}
	return 0;
}

static void fields_help(struct cli *c, const struct view *v)
{
	for (size_t i = 0; i < v->nfields; i++) {
		const struct view_field *f = &v->fields[i];

		fprintf(c->env->out, "%-16s %-7s %s  %s\n", f->name, view_type_names[f->type],
			(f->flags & VIEW_COL) != 0 ? "*" : " ",
			str_c(c->a, str_printf(c->a, "%s (%s)", c->lang == LANG_ja ? f->ja : f->en, f->example)));
	}
}

/* --- the text of a cell ------------------------------------------------------------------------------------------ */

static struct str word(const struct out *o, struct arena *a, struct str s)
{
	struct buf key = buf_new(a, 0);
	enum tr_id id;

	buf_z(&key, "word.");
	for (size_t i = 0; i < s.n; i++) {
		buf_u8(&key, (u8)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]));
	}
	id = tr_find(buf_view(&key));

	return id == MSG_NONE ? s : tr_text(o->c->lang, id);
}

static struct str join(struct arena *a, const struct view_value *v, const char *sep)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; i < v->strs.n; i++) {
		buf_z(&b, i > 0 ? sep : "");
		buf_str(&b, v->strs.p[i]);
	}
	return buf_view(&b);
}

static struct str join_words(const struct out *o, struct arena *a, const struct view_value *v)
{
	struct view_value said = *v;
	struct str *p = arena_alloc(a, (v->strs.n + 1) * sizeof *p);

	for (size_t i = 0; i < v->strs.n; i++) {
		p[i] = word(o, a, v->strs.p[i]);
	}
	said.strs.p = p;
	return join(a, &said, ", ");
}

static struct str answer_text(const struct out *o, struct arena *a, u8 answer)
{
	bool ascii = o->c->ascii;

	return str_printf(a, "%.*s%s%s", STRF(out_glyph(VIEW_STATE(answer), ascii)),
		(answer & VIEW_CONFLICT) == 0 ? ""
		: ascii                       ? "!"
					      : "！",
		(answer & VIEW_EXPIRED) == 0 ? ""
		: ascii                      ? "@"
					     : "↻");
}

static struct str cell_people(
	const struct out *o, struct arena *a, const struct view_field *f, const struct view_value *v)
{
	if (!v->present) {
		return f->type == VIEW_TYPE_ANSWER ? out_glyph(VIEW_UNKNOWN, o->c->ascii)
		       : o->c->ascii               ? S("?")
						   : S("？");
	}
	switch (f->type) {
	case VIEW_TYPE_STR:
		return (f->flags & VIEW_WORD) != 0 ? word(o, a, v->s) : v->s;
	case VIEW_TYPE_JSON:
		return v->s;
	case VIEW_TYPE_INT:
		return str_printf(a, "%lld", (long long)v->i);
	case VIEW_TYPE_BOOL:
		return tr_text(o->c->lang, v->b ? MSG_word_yes : MSG_word_no);
	case VIEW_TYPE_TIME:
		return out_local_time(a, v->t);
	case VIEW_TYPE_STRS:
		return (f->flags & VIEW_WORD) != 0 ? join_words(o, a, v) : join(a, v, ", ");
	case VIEW_TYPE_ANSWER:
		return answer_text(o, a, v->answer);
	case VIEW_TYPE_COUNT:
		break;
	}
	return S("");
}

static struct str cell_machine(
	struct arena *a, const struct view_field *f, const struct view_value *v, struct str unknown)
{
	if (!v->present) {
		return unknown;
	}
	switch (f->type) {
	case VIEW_TYPE_STR:
	case VIEW_TYPE_JSON:
		return v->s;
	case VIEW_TYPE_INT:
		return str_printf(a, "%lld", (long long)v->i);
	case VIEW_TYPE_BOOL:
		return v->b ? S("true") : S("false");
	case VIEW_TYPE_TIME:
		return utc_text(a, v->t);
	case VIEW_TYPE_STRS:
		return join(a, v, ",");
	case VIEW_TYPE_ANSWER:
		return str_z(view_answer_names[VIEW_STATE(v->answer)]);
	case VIEW_TYPE_COUNT:
		break;
	}
	return S("");
}

static void put(FILE *f, struct str s)
{
	if (s.n > 0) {
		fwrite(s.p, 1, s.n, f);
	}
}

/* --- json -------------------------------------------------------------------------------------------------------- */

static void json_value(FILE *f, const struct view_field *field, const struct view_value *v, struct arena *a)
{
	if (!v->present) {
		fputs("null", f);
		return;
	}
	switch (field->type) {
	case VIEW_TYPE_INT:
	case VIEW_TYPE_BOOL:
		put(f, cell_machine(a, field, v, S("null")));
		break;
	case VIEW_TYPE_JSON:
		out_json_raw(f, v->s);
		break;
	case VIEW_TYPE_STRS:
		fputc('[', f);
		for (size_t i = 0; i < v->strs.n; i++) {
			fputs(i > 0 ? "," : "", f);
			out_json_str(f, v->strs.p[i]);
		}
		fputc(']', f);
		break;
	default:
		out_json_str(f, cell_machine(a, field, v, S("")));
	}
}

static void json_row(const struct out *o, const struct view_row *row, struct arena *a, bool schema)
{
	fputc('{', o->f);
	if (schema) {
		fprintf(o->f, "\"schema\":\"korobanu.%s/1\"", o->view->name);
	}
	for (size_t i = 0; i < o->ncols; i++) {
		const struct view_field *f = &o->view->fields[o->cols[i].field];

		fprintf(o->f, "%s\"%s\":", i > 0 || schema ? "," : "", f->name);
		json_value(o->f, f, &row->v[o->cols[i].field], a);
	}
	fputc('}', o->f);
}

static void row_json(struct out *o, const struct view_row *row, struct arena *a)
{
	fputs(o->count > 0 ? ",\n" : "\n", o->f);
	json_row(o, row, a, false);
}

static void row_jsonl(struct out *o, const struct view_row *row, struct arena *a)
{
	json_row(o, row, a, true);
	fputc('\n', o->f);
	fflush(o->f); /* whoever reads the pipe sees each line at once, and a killed run leaves whole lines */
}

/* --- plain, csv, tsv --------------------------------------------------------------------------------------------- */

static void cell_csv(FILE *f, struct arena *a, struct str s, bool text)
{
	bool formula = text && s.n > 0 && str_chr(S("=+-@\t\r"), s.p[0]) >= 0;
	bool quote = formula;

	s = out_safe(a, s, "\n\t");
	for (size_t i = 0; i < s.n && !quote; i++) {
		quote = str_chr(S(",\"\r\n"), s.p[i]) >= 0;
	}
	fputs(quote ? "\"" : "", f);
	fputs(formula ? "'" : "", f);
	for (size_t i = 0; i < s.n; i++) {
		fputs(quote && s.p[i] == '"' ? "\"" : "", f);
		fputc(s.p[i], f);
	}
	fputs(quote ? "\"" : "", f);
}

static void row_csv(struct out *o, const struct view_row *row, struct arena *a)
{
	for (size_t i = 0; i < o->ncols; i++) {
		const struct view_field *f = &o->view->fields[o->cols[i].field];
		bool text = f->type == VIEW_TYPE_STR || f->type == VIEW_TYPE_STRS || f->type == VIEW_TYPE_JSON;

		fputs(i > 0 ? "," : "", o->f);
		cell_csv(o->f, a, cell_machine(a, f, &row->v[o->cols[i].field], S("")), text);
	}
	fputs("\r\n", o->f);
}

static void row_tabs(struct out *o, const struct view_row *row, struct arena *a)
{
	struct str unknown = o->format == OUT_TSV ? S("") : S("?");

	for (size_t i = 0; i < o->ncols; i++) {
		u32 field = o->cols[i].field;

		fputs(i > 0 ? "\t" : "", o->f);
		put(o->f, out_safe(a, cell_machine(a, &o->view->fields[field], &row->v[field], unknown), ""));
	}
	fputc('\n', o->f);
}

static void header_line(struct out *o, const char *sep, const char *end)
{
	for (size_t i = 0; i < o->ncols; i++) {
		fprintf(o->f, "%s%s", i > 0 ? sep : "", title(o, o->cols[i].field));
	}
	fputs(end, o->f);
}

/* --- table ------------------------------------------------------------------------------------------------------- */

static const char *color_of(enum view_answer answer)
{
	static const char *const colors[VIEW_ANSWER_COUNT] = { "\033[35m", "\033[32m", "\033[36m", "\033[33m",
		"\033[31m", "\033[90m" };

	return colors[answer];
}

static void table_line(struct out *o, struct str *cells, const u8 *answers, struct arena *a)
{
	int blanks = 0; /* owed before the next text: lines do not end in blanks */

	for (size_t i = 0; i < o->ncols; i++) {
		bool right = o->view->fields[o->cols[i].field].type == VIEW_TYPE_INT;
		struct str s = out_cut(a, cells[i], o->cols[i].width, o->c->ascii);
		int pad = (int)o->cols[i].width - (int)str_width(s);
		const char *on = "";

		if (o->cols[i].silent) {
			continue;
		}
		pad = pad < 0 ? 0 : pad;
		if (o->c->color) {
			on = answers == NULL ? "\033[1m" : answers[i] > 0 ? color_of(VIEW_STATE(answers[i] - 1)) : "";
		}
		blanks += right ? pad : 0;
		if (s.n > 0) {
			fprintf(o->f, "%*s%s%.*s%s", blanks, "", on, STRF(s), on[0] != 0 ? "\033[0m" : "");
			blanks = 0;
		}
		blanks += (right ? 0 : pad) + COLUMN_GAP;
	}
	fputc('\n', o->f);
}

static size_t total_width(const struct out *o)
{
	size_t total = 0;

	for (size_t i = 0; i < o->ncols; i++) {
		total += o->cols[i].silent ? 0 : o->cols[i].width + COLUMN_GAP;
	}
	return total > 0 ? total - COLUMN_GAP : 0;
}

/* Half a number or a time says something else than the whole. */
static bool never_cut(enum view_type t)
{
	return t == VIEW_TYPE_ANSWER || t == VIEW_TYPE_TIME || t == VIEW_TYPE_INT;
}

/* Takes one column off the widest that may shrink: first those wider than the width they deserve, then any but keys. */
static bool squeeze(struct out *o, bool deserved)
{
	struct column *widest = NULL;

	for (size_t i = 0; i < o->ncols; i++) {
		const struct view_field *f = &o->view->fields[o->cols[i].field];
		size_t least = deserved && f->width > COLUMN_LEAST ? f->width : COLUMN_LEAST;

		if ((f->flags & VIEW_KEY) != 0 || never_cut(f->type) || o->cols[i].silent || o->cols[i].width <= least ||
			(deserved && f->width == 0)) {
			continue;
		}
		if (widest == NULL || o->cols[i].width > widest->width) {
			widest = &o->cols[i];
		}
	}
	if (widest == NULL) {
		return false;
	}
	widest->width--;
	return true;
}

static void lay_out(struct out *o)
{
	size_t limit = o->c->env->width;

	for (size_t i = 0; i < o->ncols; i++) {
		o->cols[i].width = str_width(str_z(title(o, o->cols[i].field)));
		o->cols[i].silent = !o->cols[i].said && !o->chosen && !o->all;
		for (size_t r = 0; r < o->cells.n; r++) {
			size_t w = str_width(o->cells.p[r][i]);

			o->cols[i].width = w > o->cols[i].width ? w : o->cols[i].width;
		}
	}
	while (limit > 0 && total_width(o) > limit) {
		if (!squeeze(o, true) && !squeeze(o, false)) {
			break;
		}
	}
	o->laid_out = true;
}

static void flush_table(struct out *o)
{
	struct str titles[VIEW_FIELDS_MAX];

	if (!o->laid_out) {
		lay_out(o);
		for (size_t i = 0; i < o->ncols; i++) {
			titles[i] = str_z(title(o, o->cols[i].field));
		}
		table_line(o, titles, NULL, o->rows);
	}
	for (size_t r = 0; r < o->cells.n; r++) {
		table_line(o, o->cells.p[r], o->answers.p[r], o->rows);
	}
	arena_reset(o->rows);
	o->cells.p = NULL;
	o->cells.n = o->cells.cap = 0;
	o->answers.p = NULL;
	o->answers.n = o->answers.cap = 0;
}

/* An item of a check sheet that is part of another stands under it. */
static bool is_part(const struct out *o, const struct view_row *row, u32 field)
{
	return o->view->number == VIEW_control && field == VIEW_control_item && row->v[VIEW_control_parent].present;
}

static void row_table(struct out *o, const struct view_row *row)
{
	struct str *cells = arena_alloc(o->rows, (o->ncols + 1) * sizeof *cells);
	u8 *answers = arena_alloc(o->rows, o->ncols + 1);

	for (size_t i = 0; i < o->ncols; i++) {
		u32 field = o->cols[i].field;
		const struct view_field *f = &o->view->fields[field];

		cells[i] = out_safe(o->rows, cell_people(o, o->rows, f, &row->v[field]), "");
		if (is_part(o, row, field)) {
			cells[i] = str_printf(o->rows, "  %.*s", STRF(cells[i]));
		}
		o->cols[i].said |= (f->flags & VIEW_KEY) != 0 || f->type == VIEW_TYPE_ANSWER ||
				   (row->v[field].present && cells[i].n > 0);
		if (f->type == VIEW_TYPE_ANSWER) {
			answers[i] =
				(u8)(1 + (row->v[field].present ? VIEW_STATE(row->v[field].answer) : VIEW_UNKNOWN));
		}
	}
	*vec_add(o->rows, &o->cells) = cells;
	*vec_add(o->rows, &o->answers) = answers;
	if (o->laid_out || o->cells.n >= OUT_TABLE_ROWS) {
		flush_table(o);
	}
}

/* --- open, row, close -------------------------------------------------------------------------------------------- */

static void begin(struct out *o)
{
	bool bom = cli_flag(o->c, "bom");

	if (o->begun) {
		return;
	}
	o->begun = true;
	switch (o->format) {
	case OUT_JSON:
		fprintf(o->f, "{\"schema\":\"korobanu.%s/1\",%s\"items\":[", o->view->name,
			o->c->demo ? "\"watermark\":\"DEMO\"," : "");
		break;
	case OUT_CSV:
		fputs(bom ? "\xEF\xBB\xBF" : "", o->f);
		header_line(o, ",", "\r\n");
		break;
	case OUT_TSV:
		fputs(bom ? "\xEF\xBB\xBF" : "", o->f);
		header_line(o, "\t", "\n");
		break;
	case OUT_PLAIN:
		if (cli_flag(o->c, "header")) {
			header_line(o, "\t", "\n");
		}
		break;
	default:
		break;
	}
}

/* People see it above the table, json has a member; what has no room for it (csv, plain, jsonl) is told beside it, on stderr. */
void out_mark(struct cli *c)
{
	if (c->demo) {
		return;
	}
	c->demo = true;
	if (out_format(c) == OUT_TABLE) {
		out_heading(c, tr_text(c->lang, MSG_say_demo_mark));
	} else if (out_format(c) != OUT_JSON) {
		cli_say(c, MSG_say_demo_mark, TR_NONE);
	}
}

int out_open_view(struct cli *c, enum view_number view, struct out **ret)
{
	struct out *o = arena_alloc(c->a, sizeof *o);
	int exit;

	*ret = NULL;
	if (cli_flag(c, "fields-help")) {
		fields_help(c, view_of(view));
		return CLI_OK;
	}
	o->c = c;
	o->f = c->env->out;
	o->view = view_of(view);
	o->format = out_format(c);
	o->rows = arena_new(c->a, 0);
	exit = choose_columns(o);
	if (exit != CLI_OK) {
		return exit;
	}
	*ret = o;
	return CLI_OK;
}

int out_open(struct cli *c, struct out **ret)
{
	must((c->cmd->flags & CLI_ROWS) != 0);
	return out_open_view(c, c->cmd->view, ret);
}

/* What the catalogue has, in words. */
static struct view_row in_words(const struct out *o, struct arena *a, const struct view_row *row)
{
	struct view_row said = *row;

	for (size_t i = 0; i < row->view->nfields; i++) {
		if ((row->view->fields[i].flags & VIEW_SAY) != 0 && row->v[i].present) {
			said.v[i].s = tr_say(a, o->c->lang, row->v[i].s);
		}
	}
	return said;
}

void out_row(struct out *o, const struct view_row *given)
{
	struct arena *a = arena_new(NULL, 0);
	struct view_row said = in_words(o, a, given), *row = &said;

	must(row->view == o->view);
	begin(o);
	if (o->format == OUT_TABLE) {
		row_table(o, row);
	} else if (o->format == OUT_JSON) {
		row_json(o, row, a);
	} else if (o->format == OUT_JSONL) {
		row_jsonl(o, row, a);
	} else if (o->format == OUT_CSV) {
		row_csv(o, row, a);
	} else {
		row_tabs(o, row, a);
	}
	o->count++;
	arena_free(a);
}

static int finish(struct cli *c)
{
	if (fflush(c->env->out) != 0 || ferror(c->env->out) != 0) {
		return cli_error(c, CLI_FAILED, "E-OUTPUT", MSG_err_output, MSG_NONE, TR_NONE);
	}
	return CLI_OK;
}

int out_close(struct out *o, bool whole)
{
	begin(o);
	if (o->format == OUT_TABLE) {
		if (o->count == 0) {
			cli_say(o->c, MSG_say_nothing, TR_NONE);
		} else {
			flush_table(o);
		}
	}
	if (o->format == OUT_JSON) {
		fprintf(o->f, "%s]%s}\n", o->count > 0 ? "\n" : "", whole ? "" : ",\"complete\":false");
	}
	return finish(o->c);
}

void out_hide(struct out *o, u32 field)
{
	size_t n = 0;

	if (o->chosen || (o->format != OUT_TABLE && o->format != OUT_PLAIN)) {
		return;
	}
	for (size_t i = 0; i < o->ncols; i++) {
		if (o->cols[i].field != field) {
			o->cols[n++] = o->cols[i];
		}
	}
	o->ncols = n;
}

size_t out_count(const struct out *o)
{
	return o->count;
}

/* Sentences in lines that fit beside the names; a key or a path stays whole, so that it can be copied. */
static struct str folded(const struct out *o, struct str text, size_t names)
{
	size_t room = o->c->env->width > names + 2 + CARD_LEAST ? o->c->env->width - names - 2 : CARD_LEAST;
	char *p = NULL;
	size_t n = 0;
	FILE *f = o->c->env->width == 0 ? NULL : open_memstream(&p, &n);
	struct str ret = text;

	if (f == NULL) {
		return text;
	}
	out_wrap(o->rows, f, text, room, "");
	if (fclose(f) == 0) {
		ret = str_dup(o->rows, str_trim(str_of(p, n)));
	}
	free(p);
	return ret;
}

/* A value of several lines (a signed note) begins each below the first. */
static void card_line(const struct out *o, struct str name, size_t width, struct str text, const char *on)
{
	struct str head = out_pad(o->rows, name, width);

	do {
		struct str line = out_safe(o->rows, str_cut(&text, '\n'), "");

		fprintf(o->f, "%.*s  %s%.*s%s\n", STRF(head), on, STRF(line), on[0] != 0 ? "\033[0m" : "");
		head = out_pad(o->rows, S(""), width);
	} while (text.n > 0);
}

static void card_table(const struct out *o, const struct view_row *row)
{
	size_t width = 0;
	struct arena *a = o->rows;

	for (size_t i = 0; i < o->ncols; i++) {
		size_t w = str_width(str_z(title(o, o->cols[i].field)));

		width = w > width ? w : width;
	}
	for (size_t i = 0; i < o->ncols; i++) {
		u32 field = o->cols[i].field;
		const struct view_field *f = &o->view->fields[field];
		struct str text = cell_people(o, a, f, &row->v[field]);
		u8 answer = row->v[field].present ? row->v[field].answer : VIEW_UNKNOWN;
		bool paint = o->c->color && f->type == VIEW_TYPE_ANSWER;

		if ((f->flags & VIEW_PROSE) != 0) {
			text = folded(o, text, width);
		}
		if (text.n > 0 || o->chosen || o->all) {
			card_line(o, str_z(title(o, field)), width, text, paint ? color_of(VIEW_STATE(answer)) : "");
		}
	}
}

int out_card(struct cli *c, const struct view_row *row)
{
	struct out *o;
	int exit = out_open_view(c, row->view->number, &o);

	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	if (o->format != OUT_TABLE) {
		out_row(o, row);
		return out_close(o, true);
	}
	/* A card is read downwards: there is room for every field that is known, and for the unknown default ones. */
	if (!cli_has(c, "columns")) {
		o->ncols = 0;
		for (u32 i = 0; i < o->view->nfields; i++) {
			if (row->v[i].present || (o->view->fields[i].flags & VIEW_COL) != 0) {
				add_column(o, i);
			}
		}
	}
	card_table(o, row);
	return finish(c);
}

void out_heading(struct cli *c, struct str text)
{
	if (out_format(c) == OUT_TABLE) {
		fprintf(c->env->out, "\n%s%.*s%s\n", c->color ? "\033[1m" : "", STRF(out_safe(c->a, text, "")),
			c->color ? "\033[0m" : "");
	}
}
