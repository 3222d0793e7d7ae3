/* Signed notes, checkpoints, verifier keys, key files, tile paths, entry bundles, stored edges: what is accepted
 * has one spelling. */
#include "fuzz.h"

#include "core/ledger/note.h"
#include "core/ledger/tile.h"

/* Whose signature seed/note/checkpoint carries. */
#define SIGNER "korobanu.invalid/0123456789abcdef/1+317d8501+AaL6L0o1W6LpB6UwCenjfK3fesfmagi6B2MfVTBys/JM"

static void numbers(struct arena *a, struct str s)
{
	struct merkle_edge edge;
	char path[TILE_PATH_MAX];
	struct rd rd = rd_str(s);
	struct tile t;
	struct str entry;

	if (tile_path_parse(s, &t) == 0) {
		must(str_eq(str_of(path, tile_path(&t, path)), s));
	}
	while (tile_entry_read(&rd, &entry) == 0) {
		must(entry.n <= UINT16_MAX);
	}
	rd = rd_str(s);
	if (merkle_edge_load(&rd, &edge) == 0) {
		struct buf b = buf_new(a, 0);
		struct hash root = merkle_edge_root(&edge);

		merkle_edge_save(&edge, &b);
		must(buf_done(&b) == 0 && str_starts(s, buf_view(&b)));
		must(hash_eq(&root, &root));
	}
}

int LLVMFuzzerTestOneInput(const u8 *p, size_t n)
{
	struct arena *a = arena_new(NULL, 0);
	struct note *note = arena_alloc(a, sizeof(*note));
	struct str s = str_of(p, n);
	struct ledger_key key;
	struct note_key k;
	struct checkpoint c;
	char text[KEY_TEXT];
	struct perr e;

	if (note_key_parse(S(SIGNER), &k) == 0 && checkpoint_open(a, s, &k, &c, &e) == 0) {
		must(str_starts(s, checkpoint_text(a, &c)));
	}
	if (note_parse(a, s, note, &e) == 0) {
		must(note->nsigs > 0 && str_starts(s, note->text));
		if (checkpoint_parse(note->text, &c, &e) == 0) {
			must(str_eq(checkpoint_text(a, &c), note->text));
		}
	} else {
		must(e.code != 0 && e.text[0] != '\0');
	}
	if (note_key_parse(s, &k) == 0) {
		must(str_eq(note_key_text(a, &k), s));
	}
	if (key_parse(s, &key) == 0) {
		key_text(&key, text);
		must(str_eq(str_of(text, sizeof(text)), s));
	}
	numbers(a, s);
	arena_free(a);
	return 0;
}
