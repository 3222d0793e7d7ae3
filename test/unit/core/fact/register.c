/* Columns of a register: what headings mean, what cells become, which keys and facts a row is. */
#include "unit.h"

#include "core/fact/register.h"

static struct str cell(struct arena *a, const char *field, const char *text, int want)
{
	struct str ret = { 0 };

	assert_int_equal(register_cell(a, register_find(str_z(field)), str_z(text), &ret, NULL), want);
	return ret;
}

static int of(const char *name)
{
	return register_find(str_z(name));
}

void test_register__headings(void **state)
{
	static const char *const known[][2] = { { "管理番号", "number" }, { "設置場所", "room" }, { "管理者", "owner" }, { "型番", "model" },
		{ "製造番号", "serial" }, { "MACアドレス", "mac" }, { "IPアドレス", "ip" }, { "保守期限", "support_until" },
		{ "Serial No.", "serial" }, { "MAC Address", "mac" }, { "ip_address", "ip" }, { "メーカー名", "vendor" },
		{ "Manufacturer", "vendor" }, { " 備　考 ", "note" }, { "Supported until", "support_until" } };
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(known); i++) {
		assert_int_equal(register_propose(a, str_z(known[i][0])), of(known[i][1]));
	}
	assert_int_equal(register_propose(a, S("色")), -1);
	assert_int_equal(register_propose(a, S("")), -1);
	/* what export writes is understood again, and every field is one of its kind */
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		const struct register_field *f = &register_fields[i];
		const struct kind *k = f->kind == NULL ? NULL : kind_latest(str_z(f->kind));

		assert_int_equal(register_propose(a, str_z(f->en)), i);
		assert_int_equal(register_propose(a, str_z(f->ja)), i);
		assert_true(f->kind == NULL || (k != NULL && !k->draft && k->version == 1 && kind_field(k, str_z(f->field)) != NULL));
		assert_true(f->place == NULL || kind_field(k, str_z(f->place))->place);
	}
	arena_free(a);
}

void test_register__cells(void **state)
{
	struct arena *a = arena_new(NULL, 0);

	(void)state;
	assert_str(cell(a, "support_until", "2030/12/31", 0), "2030-12-31T23:59:59.999Z");
	assert_str(cell(a, "support_until", "2029年3月1日", 0), "2029-03-01T23:59:59.999Z");
	assert_str(cell(a, "support_until", " 2030-01-02 ", 0), "2030-01-02T23:59:59.999Z");
	assert_str(cell(a, "support_until", "2030-01-02T03:04:05Z", 0), "2030-01-02T03:04:05.000Z");
	cell(a, "support_until", "2030-02-30", ERR_SYNTAX);
	cell(a, "support_until", "12/31/2030", ERR_SYNTAX);
	cell(a, "support_until", "未定", ERR_SYNTAX);
	assert_str(cell(a, "mac", "00-16-3E-AA-00-02", 0), "00:16:3e:aa:00:02");
	cell(a, "mac", "none", ERR_SYNTAX);
	cell(a, "ip", "10.0.0.300", ERR_SYNTAX);
	assert_str(cell(a, "note", "'=SUM(A1)", 0), "=SUM(A1)");
	assert_str(cell(a, "note", "'quoted'", 0), "'quoted'");
	assert_null(cell(a, "note", "   ", 0).p);
	assert_null(cell(a, "asset", "AST-7", 0).p);	/* written, never read: another store counts otherwise */
	arena_free(a);
}

void test_register__keys_and_facts(void **state)
{
	struct arena *a = arena_new(NULL, 0), *b = arena_new(NULL, 0);
	struct register_row row = { .line = 7 }, back;
	struct fact_key keys[REGISTER_KEYS];
	struct fact facts[REGISTER_FIELDS];
	struct buf buf = buf_new(a, 0);
	struct perr err = { 0 };
	struct rd rd;
	size_t n;

	(void)state;
	row.cell[of("vendor")] = S("Acme");
	row.cell[of("model")] = S("X1");
	assert_int_equal(register_keys(a, &row, keys), 0);		/* a model is no device */
	row.cell[of("serial")] = S("7");
	row.cell[of("number")] = S("A-1");
	row.cell[of("mac")] = S("00:16:3e:00:00:02");
	row.cell[of("owner")] = S("佐藤");
	row.cell[of("unit")] = S("総務");
	assert_int_equal(register_keys(a, &row, keys), 3);
	assert_str(keys[0].text, "serial:Acme|X1|7");
	assert_str(keys[1].text, "id:number/A-1");
	assert_int_equal(register_facts(a, &row, S("lab"), keys, 3, facts, &n, &err), 0);
	assert_int_equal(n, 3);					/* number, owner with unit, hardware */
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(facts[i].vantage, 7);
		assert_int_equal(facts[i].nkeys, 3);
	}
	assert_int_equal(facts[1].nvalue, 2);
	register_write(&buf, &row);
	rd = rd_str(buf_view(&buf));
	assert_int_equal(register_read(&rd, &back), 0);
	assert_int_equal(rd_done(&rd), 0);
	assert_true(back.line == 7 && str_eq(back.cell[of("unit")], S("総務")) && back.cell[of("room")].n == 0);
	for (size_t cut = 0; cut < buf.n; cut++) {
		rd = rd_of(buf.p, cut);
		assert_int_not_equal(register_read(&rd, &back), 0);
	}
	row.cell[of("stage")] = S("half-dead");			/* no word of that kind */
	assert_int_not_equal(register_facts(a, &row, S("lab"), keys, 3, facts, &n, &err), 0);
	assert_true(err.text[0] != '\0');
	row.cell[of("serial")] = S("7|8");			/* would name another device */
	assert_int_equal(register_keys(a, &row, keys), 2);
	arena_free(b);
	arena_free(a);
}
