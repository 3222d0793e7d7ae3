/* The tree: compact nodes in one array, kids linked by index. The text is at most LIMIT_EXPR bytes and every node but
 * a few owes its existence to a byte of it, so that indices fit 16 bits. */
#include "core/lang/lang_int.h"

#include "base/limits.h"

u16 tree_node(struct tree *t, enum lang_op op, size_t off)
{
	struct lang_node *n = vec_add(t->lx.a, &t->nodes);

	must(t->nodes.n < LANG_NONE);
	*n = (struct lang_node){ .op = (u8)op, .type = LANG_BOOL, .kid = LANG_NONE, .next = LANG_NONE,
		.kind = LANG_NONE, .field = LANG_NONE, .ref = LANG_NONE, .off = (u16)off };
	return (u16)(t->nodes.n - 1);
}

void tree_end(struct tree *t, u16 node, size_t end)
{
	struct lang_node *n = &t->nodes.p[node];

	while (end > n->off && lex_space(t->lx.text.p[end - 1])) {
		end--;
	}
	n->len = (u16)(end - n->off);
}

u16 tree_literal(struct tree *t, struct lang_value v, size_t off, size_t end)
{
	u16 n = tree_node(t, LANG_LIT, off);

	t->nodes.p[n].type = (u8)v.type;
	t->nodes.p[n].ref = (u16)t->values.n;
	*vec_add(t->lx.a, &t->values) = v;
	tree_end(t, n, end);
	return n;
}

void tree_add(struct tree *t, u16 parent, u16 kid)
{
	u16 *at = &t->nodes.p[parent].kid;

	while (*at != LANG_NONE) {
		at = &t->nodes.p[*at].next;
	}
	*at = kid;
}

int tree_down(struct tree *t, size_t off)
{
	if (t->depth == LIMIT_EXPR_DEPTH) {
		return perr_set(t->lx.err, ERR_DEPTH, off, "nested deeper than %d levels", LIMIT_EXPR_DEPTH);
	}
	t->depth++;
	return 0;
}

void tree_up(struct tree *t)
{
	t->depth--;
}

int tree_done(struct tree *t, u16 root, const struct lang_expr **ret)
{
	struct lang_expr *x = arena_alloc(t->lx.a, sizeof *x);

	*x = (struct lang_expr){
		.text = t->lx.text, .schema = t->schema, .fields = t->fields, .nfields = t->nfields,
		.nodes = t->nodes.p, .nnodes = t->nodes.n, .values = t->values.p, .nvalues = t->values.n,
		.quants = t->quants.p, .nquants = t->quants.n, .root = root,
	};
	*ret = x;
	return 0;
}

struct str lang_text(const struct lang_expr *x, u16 node)
{
	return node == LANG_NONE ? (struct str){ 0 } : str_sub(x->text, x->nodes[node].off, x->nodes[node].len);
}

const char *lang_type_name(enum lang_type t)
{
	static const char *const names[] = {
		[LANG_BOOL] = "yes/no",
		[LANG_INT] = "number",
		[LANG_TIME] = "time",
		[LANG_SPAN] = "length of time",
		[LANG_STR] = "text",
		[LANG_STRS] = "set of texts",
		[LANG_RANGES] = "set of ports",
		[LANG_ADDR] = "address",
		[LANG_MAC] = "MAC address",
		[LANG_ENUM] = "word",
		[LANG_VERSION] = "version",
	};

	return names[t];
}

bool lang_type_text(enum lang_type t)
{
	return t == LANG_STR || t == LANG_ADDR || t == LANG_MAC || t == LANG_ENUM || t == LANG_VERSION;
}

int lang_word_index(const struct lang_field *f, struct str word)
{
	for (size_t i = 0; i < f->nwords; i++) {
		if (str_eq(f->words[i], word)) {
			return (int)i;
		}
	}
	return -1;
}

static bool all_of(struct str s, const char *set)
{
	for (size_t i = 0; i < s.n; i++) {
		if (str_chr(str_z(set), s.p[i]) < 0) {
			return false;
		}
	}
	return s.n > 0;
}

bool lang_literal_fits(const struct lang_field *f, struct str s)
{
	switch (f->type) {
	case LANG_ADDR:	/* a rule must not miss its match by a spelling: only what canonical text can hold */
		return all_of(s, "0123456789abcdef:.") && (str_chr(s, ':') >= 0 || all_of(s, "0123456789."));
	case LANG_MAC:
		if (s.n != 17 || !all_of(s, "0123456789abcdef:")) {
			return false;
		}
		for (size_t i = 0; i < 17; i++) {
			if ((s.p[i] == ':') != (i % 3 == 2)) {
				return false;
			}
		}
		return true;
	case LANG_ENUM:
		return f->words == NULL || lang_word_index(f, s) >= 0;
	default:
		return true;
	}
}

const struct lang_kind *lang_kind_get(const struct lang_schema *schema, struct str name, u16 *ret_index)
{
	for (size_t i = 0; i < schema->nkinds; i++) {
		if (str_eq(schema->kinds[i].name, name)) {
			*ret_index = (u16)i;
			return &schema->kinds[i];
		}
	}
	return NULL;
}

int lang_field_index(const struct lang_field *fields, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(fields[i].name, name)) {
			return (int)i;
		}
	}
	return -1;
}

bool lang_schema_ok(const struct lang_schema *schema)
{
	u16 at;

	for (size_t i = 0; i < schema->nkinds; i++) {
		const struct lang_kind *k = &schema->kinds[i];

		if (lang_kind_get(schema, k->name, &at) == NULL || at != i || k->nfields > 64) {
			return false;
		}
		for (size_t f = 0; f < k->nfields; f++) {
			u16 out = k->fields[f].ruled_out;

			if (lang_field_index(k->fields, k->nfields, k->fields[f].name) != (int)f ||
			    (out != 0 && (out > k->nfields || k->fields[out - 1].type != LANG_STRS))) {
				return false;
			}
		}
	}
	return true;
}
