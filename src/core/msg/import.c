#include "core/msg/import.h"

#include "base/err.h"

void import_ask_write(struct buf *b, const struct import_ask *ask)
{
	buf_u8(b, ask->put);
	buf_u8(b, ask->strict);
	buf_blob(b, ask->network);
	buf_blob(b, ask->id);
	buf_u32(b, ask->chunk);
}

static int rd_bool(struct rd *rd, bool *ret)
{
	u8 v;
	int r = rd_u8(rd, &v);

	if (r == 0 && v > 1) {
		r = ERR_RANGE;
	}
	if (r == 0) {
		*ret = v == 1;
	}
	return r;
}

int import_ask_read(struct str body, struct import_ask *ret)
{
	struct rd rd = rd_str(body);
	struct import_ask a = { 0 };
	int r;

	if ((r = rd_bool(&rd, &a.put)) != 0 || (r = rd_bool(&rd, &a.strict)) != 0 || (r = rd_blob(&rd, &a.network)) != 0 ||
	    (r = rd_blob(&rd, &a.id)) != 0 || (r = rd_u32(&rd, &a.chunk)) != 0 || (r = rd_done(&rd)) != 0) {
		return r;
	}
	if (a.put && a.id.n != IMPORT_ID) {
		return ERR_RANGE;
	}
	*ret = a;
	return 0;
}

void import_told_write(struct buf *b, const struct import_told *t)
{
	const u64 numbers[] = { t->size, t->lines, t->facts, t->evidence, t->dropped, t->rejected };
	const struct str texts[] = { t->origin, t->checkpoint, t->run, t->key };

	buf_bytes(b, t->sha256, sizeof t->sha256);
	buf_bytes(b, t->root, sizeof t->root);
	buf_u8(b, t->headed);
	buf_u8(b, t->whole);
	for (size_t i = 0; i < countof(texts); i++) {
		buf_blob(b, texts[i]);
	}
	for (size_t i = 0; i < countof(numbers); i++) {
		buf_u64(b, numbers[i]);
	}
	buf_u32(b, t->nnetworks);
	for (u32 i = 0; i < t->nnetworks; i++) {
		buf_blob(b, t->networks[i]);
	}
}

int import_told_read(struct rd *rd, struct import_told *ret)
{
	struct import_told t = { 0 };
	u64 *numbers[] = { &t.size, &t.lines, &t.facts, &t.evidence, &t.dropped, &t.rejected };
	struct str *texts[] = { &t.origin, &t.checkpoint, &t.run, &t.key };
	int r;

	if ((r = rd_copy(rd, t.sha256, sizeof t.sha256)) != 0 || (r = rd_copy(rd, t.root, sizeof t.root)) != 0 ||
	    (r = rd_bool(rd, &t.headed)) != 0 || (r = rd_bool(rd, &t.whole)) != 0) {
		return r;
	}
	for (size_t i = 0; i < countof(texts); i++) {
		if ((r = rd_blob(rd, texts[i])) != 0) {
			return r;
		}
		if (!str_utf8_ok(*texts[i], NULL)) {
			return ERR_UTF8;
		}
	}
	for (size_t i = 0; i < countof(numbers); i++) {
		if ((r = rd_u64(rd, numbers[i])) != 0) {
			return r;
		}
		if (*numbers[i] > (u64)1 << 53) {
			return ERR_RANGE;
		}
	}
	if ((r = rd_u32(rd, &t.nnetworks)) != 0) {
		return r;
	}
	if (t.nnetworks > IMPORT_NETWORKS_MAX) {
		return ERR_LIMIT;
	}
	for (u32 i = 0; i < t.nnetworks; i++) {
		if ((r = rd_blob(rd, &t.networks[i])) != 0) {
			return r;
		}
	}
	*ret = t;
	return 0;
}
