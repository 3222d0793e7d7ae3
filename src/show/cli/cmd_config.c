/* config show: every setting, its value and where it came from. config test: reads what would be read and says what is
 * wrong, as `sshd -t` does. */
#include "show/cli/config.h"
#include "show/cli/out.h"

static const char *key_name(const void *ctx, size_t i)
{
	(void)ctx;
	return cli_keys[i].name;
}

static int unknown(struct cli *c, struct str key)
{
	struct str near = cli_nearest(key, key_name, NULL, cli_nkeys);

	return cli_error(c, CLI_FAILED, "E-CONFIG", MSG_err_key, near.n > 0 ? MSG_fix_near : MSG_fix_config_keys,
		TR({ "name", key }, { "near", near }));
}

/* Options count as the highest origin, so what the command itself was told is shown too. */
static struct view_row row_of(struct cli *c, const struct cli_setting *s)
{
	struct view_row row = view_row(VIEW_config);
	struct str value = s->value, origin = s->origin;
	bool given = s->set;

	for (size_t i = 0; i < c->values.n; i++) {
		const struct cli_value *v = &c->values.p[i];

		if (v->opt->config != NULL && str_eq(str_z(v->opt->config), str_z(s->key->name)) &&
			!str_eq(v->text, s->value)) {
			value = v->text;
			origin = str_printf(c->a, "--%s", v->opt->name);
			given = true;
		}
	}
	view_set_str(&row, VIEW_config_key, str_z(s->key->name));
	if (given) {
		view_set_str(&row, VIEW_config_value, value);
	}
	view_set_str(&row, VIEW_config_origin, origin);
	if (s->key->fallback != NULL) {
		view_set_str(&row, VIEW_config_fallback, str_z(s->key->fallback));
	}
	view_set_str(&row, VIEW_config_text, tr_text(c->lang, s->key->text));
	return row;
}

int cmd_config_show(struct cli *c)
{
	int only = c->args.n > 0 ? config_key_find(c->args.p[0]) : -1;
	struct out *o;
	int exit;

	if (c->args.n > 0 && only < 0) {
		return unknown(c, c->args.p[0]);
	}
	exit = out_open(c, &o);
	if (exit != CLI_OK || o == NULL) {
		return exit;
	}
	if (!cli_flag(c, "origin")) {
		out_hide(o, VIEW_config_origin);
	}
	for (size_t i = 0; i < cli_nkeys; i++) {
		if (only < 0 || only == (int)i) {
			struct view_row row = row_of(c, &c->config->s[i]);

			out_row(o, &row);
		}
	}
	return out_close(o, true);
}

int cmd_config_test(struct cli *c)
{
	struct cli_env env = *c->env;
	struct cli one = *c;

	if (c->args.n > 0) {
		/* That file alone: the others are not asked. */
		static const struct cli_opt file = { .name = "config", .type = CLI_STR };

		env.etc = NULL;
		one.env = &env;
		one.values.p = NULL;
		one.values.n = one.values.cap = 0;
		*vec_add(c->a, &one.values) = (struct cli_value){ .opt = &file, .text = c->args.p[0] };
	}
	if (config_load(&one) != CLI_OK) {
		return CLI_FAILED;
	}
	cli_say(c, MSG_say_config_ok, TR({ "files", str_printf(c->a, "%zu", one.config->files) }));
	return CLI_OK;
}
