/* measure ls, measure show: the measures that are compiled in. They read nothing else, so no store and no core is needed. */
#include "show/cli/query.h"

#include "core/catalog/catalog.h"

static void put_list(struct view_row *row, u32 field, const struct catalog_list *l)
{
	view_set_strs(row, field, l->p, l->n);
}

static void put_some(struct view_row *row, u32 field, struct str s)
{
	if (s.n != 0) {
		view_set_str(row, field, s);
	}
}

static struct view_row measure_row(const struct cli *c, const struct catalog_measure *m)
{
	struct view_row row = view_row(VIEW_measure);

	view_set_str(&row, VIEW_measure_id, m->id);
	view_set_str(&row, VIEW_measure_obligation, m->obligation);
	view_set_str(&row, VIEW_measure_level, m->level);
	view_set_bool(&row, VIEW_measure_has_rule, m->rule.n != 0);
	view_set_str(&row, VIEW_measure_title, cli_words(c, &m->title));
	view_set_str(&row, VIEW_measure_group, m->file);
	put_list(&row, VIEW_measure_components, &m->components);
	put_list(&row, VIEW_measure_lifecycle, &m->lifecycle);
	put_list(&row, VIEW_measure_threats, &m->threats);
	put_list(&row, VIEW_measure_observe, &m->observe);
	put_list(&row, VIEW_measure_vantage, &m->vantage);
	view_set_str(&row, VIEW_measure_safety, m->safety);
	put_some(&row, VIEW_measure_applies, cli_words(c, &m->applies));
	view_set_str(&row, VIEW_measure_question, cli_words(c, &m->question));
	view_set_str(&row, VIEW_measure_remedy, cli_words(c, &m->remedy));
	view_set_str(&row, VIEW_measure_convincing, cli_words(c, &m->convincing));
	put_some(&row, VIEW_measure_rule, m->rule);
	put_some(&row, VIEW_measure_no_rule, cli_words(c, &m->no_rule));
	return row;
}

static void load(struct cli *c, struct catalog *ret)
{
	must(catalog_load(c->a, catalog_builtin, catalog_nbuiltin, ret, NULL) == 0);	/* a test reads what is compiled in */
}

int cmd_measure_ls(struct cli *c)
{
	struct catalog cat;
	struct view_row *rows;

	load(c, &cat);
	rows = arena_alloc(c->a, cat.nmeasures * sizeof *rows);
	for (size_t i = 0; i < cat.nmeasures; i++) {
		rows[i] = measure_row(c, &cat.measures[i]);
	}
	return query_rows(c, rows, cat.nmeasures);
}

int cmd_measure_show(struct cli *c)
{
	const struct catalog_measure *m;
	struct view_row row;
	struct catalog cat;

	load(c, &cat);
	if ((m = catalog_measure(&cat, c->args.p[0])) == NULL) {
		return cli_error(c, CLI_FAILED, "E-MEASURE", MSG_err_measure, MSG_fix_measures, TR({ "name", c->args.p[0] }));
	}
	row = measure_row(c, m);
	return out_card(c, &row);
}
