#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "core/fact/kind.h"

void test_kind__table_keeps_its_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < kind_count; i++) {
		const struct kind *k = &kinds[i];

		assert_true(kind_name_ok(str_z(k->name)));
		assert_true(k->n > 0 && k->n <= KIND_FIELDS_MAX);
		assert_true((k->version == 1) == (k->upgrade == NULL));
		assert_true(k->en[0] != 0 && k->ja[0] != 0);
		if (i > 0) {
			int c = str_cmp(str_z(kinds[i - 1].name), str_z(k->name));

			assert_true(c < 0 || (c == 0 && kinds[i - 1].version + 1 == k->version));
		}
		for (size_t f = 0; f < k->n; f++) {
			const struct kind_field *x = &k->fields[f];

			assert_true(kind_name_ok(str_z(x->name)));
			assert_true(x->en[0] != 0 && x->ja[0] != 0);
			assert_true(x->place || !x->optional);
			assert_false(x->place && x->personal);	/* a place that is erased could not be put back */
			assert_true(x->type != KIND_OPAQUE);
			assert_true(x->type != KIND_ENUM || (kind_words(x) > 1 && kind_words(x) < 256));
			assert_int_equal(kind_field_index(k, str_z(x->name)), f);
			if (f > 0 && k->fields[f - 1].place == x->place)
				assert_true(str_cmp(str_z(k->fields[f - 1].name), str_z(x->name)) < 0);
			if (f > 0)
				assert_true(k->fields[f - 1].place >= x->place);
		}
	}
}

void test_kind__is_found_by_name_and_version(void **state)
{
	struct str name;
	u32 version;

	(void)state;
	for (size_t i = 0; i < kind_count; i++)
		assert_ptr_equal(kind_find(str_z(kinds[i].name), kinds[i].version), &kinds[i]);
	assert_ptr_equal(kind_of_text(S("service/1")), kind_latest(S("service")));
	assert_null(kind_find(S("service"), 2));
	assert_null(kind_find(S("servic"), 1));
	assert_null(kind_latest(S("")));
	assert_null(kind_latest(S("zz")));
	assert_int_equal(kind_parse(S("radio/12"), &name, &version), 0);
	assert_str(name, "radio");
	assert_int_equal(version, 12);
	assert_int_equal(kind_parse(S("radio"), &name, &version), ERR_SYNTAX);
	assert_int_equal(kind_parse(S("radio/0"), &name, &version), ERR_SYNTAX);
	assert_int_equal(kind_parse(S("radio/01"), &name, &version), ERR_SYNTAX);
	assert_int_equal(kind_parse(S("radio/1/2"), &name, &version), ERR_SYNTAX);
	assert_int_equal(kind_parse(S("Radio/1"), &name, &version), ERR_SYNTAX);
	assert_int_equal(kind_parse(S("/1"), &name, &version), ERR_SYNTAX);
}

void test_kind__words_both_ways(void **state)
{
	const struct kind_field *f = kind_field(kind_latest(S("class")), S("recovery"));

	(void)state;
	assert_int_equal(kind_words(f), 4);
	assert_str(kind_word(f, 0), "minor");
	assert_str(kind_word(f, 3), "severe");
	assert_int_equal(kind_word_index(f, S("serious")), 2);
	assert_int_equal(kind_word_index(f, S("")), -1);
	assert_int_equal(kind_word_index(f, S("minor|moderate")), -1);
}

void test_kind__print_changes_with_the_fields(void **state)
{
	struct kind k = *kind_latest(S("service"));
	u32 was = kind_print(&k);

	(void)state;
	k.n--;
	assert_int_not_equal(kind_print(&k), was);
	assert_int_not_equal(kind_print(kind_latest(S("port"))), was);
}

static void same_as_committed(struct buf *b, const char *file)
{
	const char *root = getenv("KOROBANU_SOURCE");
	struct str path = str_printf(b->a, "%s/doc/formats/%s", root != NULL ? root : SOURCE_ROOT, file);
	struct buf had = buf_new(b->a, 0);
	char piece[4096];
	FILE *f = fopen(path.p, "rb");
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_bytes(&had, piece, n);
	fclose(f);
	if (!str_eq(buf_view(&had), buf_view(b)))
		fail_msg("doc/formats/%s is not what tools/gen_kinds writes: generate it again", file);
}

void test_kind__pages_are_those_of_the_table(void **state)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf en = buf_new(a, 0), ja = buf_new(a, 0), schema = buf_new(a, 0);

	(void)state;
	kind_doc(&en, false);
	same_as_committed(&en, "kinds.en.md");
	kind_doc(&ja, true);
	same_as_committed(&ja, "kinds.ja.md");
	kind_schema(&schema);
	same_as_committed(&schema, "kinds.schema.json");
	arena_free(a);
}
