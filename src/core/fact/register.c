#include "core/fact/register.h"

#include "base/limits.h"

#include <string.h>

const struct register_field register_fields[REGISTER_FIELDS] = {
	{ "asset", REGISTER_ASSET, .en = "Asset", .ja = "資産", .others = "" },
	{ "number", REGISTER_TEXT, "number", "number", .en = "Number", .ja = "管理番号",
	  .others = "資産番号|資産管理番号|備品番号|機器番号|assetnumber|assetno|assetid|inventorynumber|no|番号" },
	{ "name", REGISTER_TEXT, "name", "name", "by", "person", "Name", "名前",
	  "機器名|資産名|名称|ホスト名|機器名称|hostname|devicename|assetname|host" },
	{ "owner", REGISTER_TEXT, "owner", "name", .en = "Owner", .ja = "管理者",
	  .others = "責任者|管理責任者|担当者|所有者|利用者|responsible|contactperson|assignedto|user" },
	{ "unit", REGISTER_TEXT, "owner", "unit", .en = "Unit", .ja = "部署", .others = "管理部署|所属|部門|担当部署|department|division|section" },
	{ "site", REGISTER_TEXT, "place", "site", .en = "Site", .ja = "拠点", .others = "事業所|工場|建物|building|plant|office" },
	{ "room", REGISTER_TEXT, "place", "room", .en = "Place", .ja = "設置場所", .others = "場所|部屋|設置位置|保管場所|room|location|position" },
	{ "use", REGISTER_TEXT, "use", "text", .en = "Use", .ja = "用途", .others = "使用目的|利用目的|目的|purpose|usage" },
	{ "vendor", REGISTER_TEXT, "hardware", "vendor", .en = "Maker", .ja = "製造者",
	  .others = "メーカー|メーカ|メーカー名|製造元|製造会社|ベンダー|vendor|manufacturer" },
	{ "model", REGISTER_TEXT, "hardware", "model", .en = "Model", .ja = "型番", .others = "型式|機種|モデル|品番|modelnumber|product|partnumber" },
	{ "serial", REGISTER_TEXT, "hardware", "serial", .en = "Serial number", .ja = "製造番号",
	  .others = "シリアル|シリアル番号|シリアルno|シリアルナンバー|serial|serialno|sn|s/n" },
	{ "hw_version", REGISTER_TEXT, "hardware", "version", .en = "Hardware version", .ja = "ハードウェア版",
	  .others = "ハードウェアの版|ハードウェアバージョン|hwversion|revision" },
	{ "firmware", REGISTER_TEXT, "software", "version", "name", "firmware", "Firmware version", "ファームウェア版",
	  "ファームウェア|ファームウェアバージョン|ファームウェアの版|firmware|firmwarerevision|softwareversion" },
	{ "mac", REGISTER_MAC, .en = "MAC address", .ja = "MACアドレス", .others = "mac|物理アドレス|macaddr|ethernetaddress" },
	{ "ip", REGISTER_ADDR, .en = "IP address", .ja = "IPアドレス", .others = "ip|ipaddr|ipv4|アドレス|address" },
	{ "support_until", REGISTER_DATE, "support", "until", .en = "Supported until", .ja = "サポート期限",
	  .others = "保守期限|サポート終了日|サポート終了|保守終了日|eos|endofsupport|supportend|supportuntil" },
	{ "support_by", REGISTER_TEXT, "support", "provider", .en = "Supported by", .ja = "サポート提供者", .others = "保守会社|保守業者|保守ベンダー|supportprovider" },
	{ "support_contact", REGISTER_TEXT, "support", "contact", .en = "Support contact", .ja = "サポート連絡先",
	  .others = "保守連絡先|サポート窓口|supportcontact" },
	{ "update_until", REGISTER_DATE, "update_period", "until", .en = "Updates until", .ja = "更新期限",
	  .others = "更新提供期限|アップデート期限|updateuntil|endofupdates" },
	{ "stage", REGISTER_TEXT, "lifecycle", "stage", .en = "Stage", .ja = "段階", .others = "lifecycle|ライフサイクル" },
	{ "running", REGISTER_TEXT, "running", "state", .en = "Running", .ja = "稼働状態", .others = "runningstate" },
	{ "note", REGISTER_TEXT, "note", "text", "topic", "register", "Note", "備考", "メモ|note|notes|remarks|comment|摘要" },
};

int register_find(struct str name)
{
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		if (str_eq(name, str_z(register_fields[i].name))) {
			return i;
		}
	}
	return -1;
}

struct str register_heading(struct arena *a, struct str s)
{
	struct buf b = buf_new(a, 0);
	static const char *const drop[] = { " ", "\t", "\n", "\r", "_", "-", ".", ":", "(", ")", "\xE3\x80\x80", "\xEF\xBC\x88", "\xEF\xBC\x89" };

	while (s.n != 0) {
		size_t n = 0;

		for (size_t i = 0; i < countof(drop) && n == 0; i++) {
			n = str_starts(s, str_z(drop[i])) ? strlen(drop[i]) : 0;
		}
		if (n == 0) {
			char c = s.p[0];

			buf_u8(&b, (u8)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c));
		}
		s = str_from(s, n == 0 ? 1 : n);
	}
	return buf_done(&b) == 0 ? buf_view(&b) : S("");
}

int register_propose(struct arena *a, struct str heading)
{
	struct str h = register_heading(a, heading);

	for (int i = 0; i < REGISTER_FIELDS && h.n != 0; i++) {
		const struct register_field *f = &register_fields[i];
		struct str rest = str_z(f->others);

		if (str_eq(h, register_heading(a, str_z(f->en))) || str_eq(h, register_heading(a, str_z(f->ja))) ||
		    str_eq(h, register_heading(a, str_z(f->name)))) {
			return i;
		}
		while (rest.n != 0) {
			if (str_eq(str_cut(&rest, '|'), h)) {
				return i;
			}
		}
	}
	return -1;
}

/* ---- cells ---- */

static bool number_before(struct str *s, const char *mark, size_t least, size_t most, u64 *ret)
{
	ptrdiff_t at = mark[0] == '\0' ? (ptrdiff_t)s->n : str_find(*s, str_z(mark));
	struct str digits = at < 0 ? S("") : str_sub(*s, 0, (size_t)at);

	if (digits.n < least || digits.n > most) {
		return false;
	}
	*s = str_from(*s, (size_t)at + strlen(mark));
	while (digits.n > 1 && digits.p[0] == '0') {
		digits = str_from(digits, 1);
	}
	return str_u64(digits, 9999, ret) == 0;
}

static int date(struct arena *a, struct str s, struct str *ret)
{
	static const char *const marks[][3] = { { "-", "-", "" }, { "/", "/", "" }, { "年", "月", "日" }, { ".", ".", "" } };
	struct utc t;

	for (size_t i = 0; i < countof(marks); i++) {
		struct str rest = s;
		u64 y, m, d;

		if (number_before(&rest, marks[i][0], 4, 4, &y) && number_before(&rest, marks[i][1], 1, 2, &m) &&
		    number_before(&rest, marks[i][2], 1, 2, &d) && rest.n == 0 &&
		    utc_parse(str_printf(a, "%04u-%02u-%02uT23:59:59.999Z", (unsigned)y, (unsigned)m, (unsigned)d), &t) == 0) {
			*ret = utc_text(a, t);
			return 0;
		}
	}
	if (utc_parse(s, &t) != 0) {
		return ERR_SYNTAX;
	}
	*ret = utc_text(a, t);
	return 0;
}

int register_cell(struct arena *a, int field, struct str cell, struct str *ret, struct perr *reterr)
{
	const struct register_field *f = &register_fields[field];
	struct str s = str_trim(cell);
	int r = 0;

	/* What keeps a spreadsheet from running a text as a formula (show/cli/out.h) is no part of it. */
	if (s.n > 1 && s.p[0] == '\'' && strchr("=+-@\t\r", s.p[1]) != NULL) {
		s = str_from(s, 1);
	}
	*ret = (struct str){ 0 };
	if (s.n == 0) {
		return 0;
	}
	if (f->type == REGISTER_DATE) {
		r = date(a, s, ret);
	} else if (f->type == REGISTER_MAC) {
		r = fact_mac(a, s, ret);
	} else if (f->type == REGISTER_ADDR) {
		r = fact_addr(a, s, ret);
	} else if (f->type == REGISTER_TEXT) {
		*ret = s;
	}
	if (r != 0) {
		return perr_set(reterr, ERR_SYNTAX, 0, "%s: no %s", f->name, f->type == REGISTER_DATE ? "date" :
			f->type == REGISTER_MAC ? "MAC address" : "IP address");
	}
	return 0;
}

/* ---- facts ---- */

static struct str cell_of(const struct register_row *row, const char *name)
{
	return row->cell[register_find(str_z(name))];
}

static void add_key(struct fact_key *keys, size_t *n, enum fact_key_type type, struct str text)
{
	if (text.n <= LIMIT_KEY) {
		keys[*n] = (struct fact_key){ .type = type, .text = text, .value = str_from(text, (size_t)str_chr(text, ':') + 1) };
		++*n;
	}
}

size_t register_keys(struct arena *a, const struct register_row *row, struct fact_key ret[REGISTER_KEYS])
{
	struct str vendor = cell_of(row, "vendor"), model = cell_of(row, "model"), serial = cell_of(row, "serial");
	struct str number = cell_of(row, "number"), mac = cell_of(row, "mac");
	size_t n = 0;

	if (vendor.n != 0 && model.n != 0 && serial.n != 0 && str_chr(vendor, '|') < 0 && str_chr(model, '|') < 0 &&
	    str_chr(serial, '|') < 0) {
		add_key(ret, &n, KEY_SERIAL, str_printf(a, "serial:%.*s|%.*s|%.*s", STRF(vendor), STRF(model), STRF(serial)));
	}
	if (number.n != 0) {
		add_key(ret, &n, KEY_ID, str_printf(a, "id:number/%.*s", STRF(number)));
	}
	if (mac.n != 0) {
		add_key(ret, &n, KEY_MAC, str_printf(a, "mac:%.*s", STRF(mac)));
	}
	return n;
}

static int finish(struct fact_new *n, struct arena *a, struct fact *ret, struct perr *reterr)
{
	struct errlist errs = { 0 };
	int r = fact_finish(n, ret, &errs);

	(void)a;
	return r == 0 ? 0 : perr_set(reterr, r, 0, "%s", errs.n != 0 ? errs.p[0].text : err_text(r));
}

int register_facts(struct arena *a, const struct register_row *row, struct str network, const struct fact_key *keys, size_t nkeys,
	struct fact ret[REGISTER_FIELDS], size_t *ret_n, struct perr *reterr)
{
	bool done[REGISTER_FIELDS] = { false };
	size_t n = 0;
	int r;

	for (int i = 0; i < REGISTER_FIELDS; i++) {
		const struct register_field *f = &register_fields[i];
		struct fact_new *made;

		if (done[i] || f->kind == NULL || row->cell[i].n == 0) {
			continue;
		}
		made = fact_new(a, network, str_printf(a, "%s/1", f->kind), 7, S("register/1"));
		for (size_t k = 0; k < nkeys; k++) {
			fact_key(made, keys[k].type, keys[k].value);
		}
		if (f->place != NULL) {
			fact_set_str(made, f->place, str_z(f->at));
		}
		for (int k = i; k < REGISTER_FIELDS; k++) {	/* all columns of one kind are one fact */
			const struct register_field *g = &register_fields[k];

			if (g->kind != NULL && strcmp(g->kind, f->kind) == 0) {
				done[k] = true;
				if (row->cell[k].n != 0) {
					fact_set_str(made, g->field, row->cell[k]);
				}
			}
		}
		if ((r = finish(made, a, &ret[n], reterr)) != 0) {
			return r;
		}
		n++;
	}
	*ret_n = n;
	return 0;
}

/* ---- on the way ---- */

void register_write(struct buf *b, const struct register_row *row)
{
	u32 mask = 0;

	for (int i = 0; i < REGISTER_FIELDS; i++) {
		mask |= row->cell[i].n != 0 ? 1u << i : 0;
	}
	buf_u32(b, row->line);
	buf_u32(b, mask);
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		if (row->cell[i].n != 0) {
			buf_blob(b, row->cell[i]);
		}
	}
}

int register_read(struct rd *rd, struct register_row *ret)
{
	struct register_row row = { 0 };
	u32 mask;
	int r;

	if ((r = rd_u32(rd, &row.line)) != 0 || (r = rd_u32(rd, &mask)) != 0) {
		return r;
	}
	if (mask >> REGISTER_FIELDS != 0) {
		return ERR_RANGE;
	}
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		if ((mask >> i & 1) != 0 && (r = rd_blob(rd, &row.cell[i])) != 0) {
			return r;
		}
		if (!str_utf8_ok(row.cell[i], NULL)) {
			return ERR_UTF8;
		}
	}
	*ret = row;
	return 0;
}
