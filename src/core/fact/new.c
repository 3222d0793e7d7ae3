/* The builder that producers use: values go through the same checks as foreign ones, errors wait for fact_finish. */
#include "core/fact/fact_int.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"

struct fact_new {
	struct fact f;
	struct fact_errs e;
	struct errlist errs;
	bool done;
	vec(struct fact_key) keys;
	vec(struct fact_field) place;
	vec(struct fact_field) value;
};

struct fact_new *fact_new(struct arena *a, struct str network, struct str kind, int vantage, struct str source)
{
	struct fact_new *n = arena_alloc(a, sizeof *n);

	n->e = (struct fact_errs){ .a = a, .list = &n->errs };
	n->f = (struct fact){ .network = str_dup(a, network), .vantage = vantage, .source = str_dup(a, source) };
	n->f.kind = kind_of_text(kind);
	if (n->f.kind == NULL) {
		fact_bad(&n->e, ERR_UNKNOWN, "kind: unknown to the table");
		return n;
	}
	n->f.kind_name = str_z(n->f.kind->name);
	n->f.kind_version = n->f.kind->version;
	return n;
}

void fact_key(struct fact_new *n, enum fact_key_type type, struct str value)
{
	struct fact_key k;
	int r = fact_key_make(n->e.a, type, value, FACT_LENIENT, &k);

	must(!n->done);
	if (r != 0)
		fact_bad(&n->e, r, "subject: not a %s", fact_key_type_name(type));
	else if (n->keys.n > LIMIT_SUBJECT_KEYS)
		fact_bad(&n->e, ERR_LIMIT, "subject: more than %d keys", LIMIT_SUBJECT_KEYS);
	else
		*vec_add(n->e.a, &n->keys) = k;
}

static const struct kind_field *def_of(struct fact_new *n, const char *field)
{
	const struct kind_field *def = n->f.kind == NULL ? NULL : kind_field(n->f.kind, str_z(field));

	must(!n->done);
	if (def == NULL && n->f.kind != NULL)
		fact_bad(&n->e, ERR_UNKNOWN, "%s: no such field in %s", field, n->f.kind->name);
	return def;
}

static void take(struct fact_new *n, const struct kind_field *def, int r, const struct fact_value *v, const char *why)
{
	const struct fact_field *had = def->place ? n->place.p : n->value.p;
	size_t had_n = def->place ? n->place.n : n->value.n;

	for (size_t i = 0; i < had_n; i++) {
		if (had[i].def == def) {
			r = ERR_DUP;
			why = "is set twice";
		}
	}
	if (r != 0) {
		fact_bad(&n->e, r, "%s.%s: %s", def->place ? "place" : "value", def->name, why);
		return;
	}
	*(def->place ? vec_add(n->e.a, &n->place) : vec_add(n->e.a, &n->value)) =
	    (struct fact_field){ .def = def, .name = str_z(def->name), .v = *v };
}

void fact_set_str(struct fact_new *n, const char *field, struct str s)
{
	const struct kind_field *def = def_of(n, field);
	struct fact_value v = {0};
	const char *why = "";

	if (def != NULL)
		take(n, def, fact_value_text(n->e.a, def, s, FACT_LENIENT, &v, &why), &v, why);
}

void fact_set_int(struct fact_new *n, const char *field, i64 i)
{
	const struct kind_field *def = def_of(n, field);
	struct fact_value v = {0};
	const char *why = "";

	if (def != NULL)
		take(n, def, fact_value_int(def, i, &v, &why), &v, why);
}

void fact_set_bool(struct fact_new *n, const char *field, bool b)
{
	const struct kind_field *def = def_of(n, field);
	struct fact_value v = { .type = KIND_BOOL, .i = b };

	if (def != NULL)
		take(n, def, def->type == KIND_BOOL ? 0 : ERR_TYPE, &v, "is not a bool field");
}

void fact_set_time(struct fact_new *n, const char *field, struct utc t)
{
	fact_set_str(n, field, utc_text(n->e.a, t));
}

void fact_set_strs(struct fact_new *n, const char *field, const struct str *p, size_t count)
{
	const struct kind_field *def = def_of(n, field);
	struct fact_value v = {0};
	const char *why = "";

	if (def != NULL)
		take(n, def, fact_value_strs(n->e.a, def, p, count, FACT_LENIENT, &v, &why), &v, why);
}

void fact_set_ranges(struct fact_new *n, const char *field, struct ranges r)
{
	fact_set_str(n, field, ranges_text(n->e.a, r));
}

int fact_finish(struct fact_new *n, struct fact *ret, struct errlist *errs)
{
	must(!n->done);
	n->done = true;
	n->f.keys = n->keys.p;
	n->f.nkeys = n->keys.n;
	n->f.place = n->place.p;
	n->f.nplace = n->place.n;
	n->f.value = n->value.p;
	n->f.nvalue = n->value.n;
	if (n->e.first == 0)
		fact_check(&n->e, &n->f, FACT_LENIENT);
	for (size_t i = 0; errs != NULL && i < n->errs.n; i++)
		errlist_add(n->e.a, errs, &n->errs.p[i]);
	if (n->e.first != 0)
		return n->e.first;
	*ret = n->f;
	return 0;
}
