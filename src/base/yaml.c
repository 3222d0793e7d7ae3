/* YAML to a JSON tree over libfyaml's events; the subset is told in yaml.h.
 *
 * Events, not libfyaml's documents: an anchor or a tag is refused when it comes, nothing is resolved or copied twice,
 * and the nesting is bounded here. The library sees only text that is valid UTF-8 without control characters, and it
 * never prints: errors are collected and the first one is handed on with its place.
 * Memory: the tree counts against the caller's arena; the library's own memory is bounded by LIMIT_YAML_FILE and freed
 * before the return. Dangers: tokens die with their event, so text is copied at once; an empty value has no token. */
#include "base/yaml.h"

#include "base/json_int.h"
#include "base/limits.h"

#include <libfyaml.h>
#include <string.h>

struct yaml {
	struct arena *a;
	struct str text;
	struct fy_parser *parser;
	struct fy_diag *diag;
	struct perr *err;
	size_t at;		/* where the last token with a place stood */
	struct buf token;	/* the text of the last token, in an arena of its own */
};

/* What an event says, taken out of its union. */
struct node_event {
	enum fy_event_type type;
	struct fy_token *anchor, *tag, *value;
};

static int read_node(struct yaml *y, const struct fy_event *e, unsigned depth, struct json *to);

static int refuse(struct yaml *y, int code, const char *what)
{
	return perr_set(y->err, code, y->at, "%s", what);
}

static int no_memory(struct yaml *y)
{
	return refuse(y, ERR_NOMEM, "the document needs more memory than it may have");
}

static void note_place(struct yaml *y, struct fy_token *t)
{
	const struct fy_mark *m = t == NULL ? NULL : fy_token_start_mark(t);

	if (m != NULL && m->input_pos <= y->text.n) {
		y->at = m->input_pos;
		/* the library's mark of a quoted text or an anchor stands after its sign */
		if (y->at > 0 && strchr("\"'&*", y->text.p[y->at - 1]) != NULL) {
			y->at--;
		}
	}
}

/* The library counts columns in characters. */
static size_t offset_of(struct str text, int line, int col)
{
	size_t i = 0;

	for (; line > 1 && i < text.n; i++) {
		line -= text.p[i] == '\n';
	}
	for (; col > 1 && i < text.n && text.p[i] != '\n'; i++) {
		bool last = i + 1 == text.n || ((unsigned char)text.p[i + 1] & 0xC0) != 0x80;

		col -= last;
	}
	return i;
}

/* The first error the library collected. */
static int library_error(struct yaml *y)
{
	void *state = NULL;
	struct fy_diag_error *e = fy_diag_errors_iterate(y->diag, &state);

	if (e == NULL) {
		return refuse(y, ERR_SYNTAX, "not well-formed");
	}
	return perr_set(y->err, ERR_SYNTAX, offset_of(y->text, e->line, e->column), "%s",
		e->msg != NULL ? e->msg : "not well-formed");
}

/* The next event, or NULL with the error set. */
static struct fy_event *next(struct yaml *y, int *ret_err)
{
	struct fy_event *e = fy_parser_parse(y->parser);

	if (e == NULL) {
		*ret_err = library_error(y);
	}
	return e;
}

/* The decoded text of a token, valid until the next one. Chunk by chunk: fy_token_get_text() of libfyaml 0.7 loses the
 * memory of a quoted text that has many chunks. */
static int token_text(struct yaml *y, struct fy_token *t, struct str *ret)
{
	struct fy_token_iter *iter = fy_token_iter_create(t);
	const struct fy_iter_chunk *chunk = NULL;
	int err = 0;

	if (iter == NULL) {
		return no_memory(y);
	}
	buf_reset(&y->token);
	while ((chunk = fy_token_iter_chunk_next(iter, chunk, &err)) != NULL) {
		buf_bytes(&y->token, chunk->str, chunk->len);
	}
	fy_token_iter_destroy(iter);
	if (err != 0 || buf_done(&y->token) != 0) {
		return no_memory(y);
	}
	*ret = buf_view(&y->token);
	return 0;
}

static bool is_int(struct str s)
{
	size_t first = s.n != 0 && s.p[0] == '-';

	for (size_t i = first; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') {
			return false;
		}
	}
	return s.n > first && (s.p[first] != '0' || s.n == 1);
}

static int copy_text(struct yaml *y, struct str s, struct str *ret)
{
	char *p;

	if (!str_utf8_ok(s, NULL)) {
		return refuse(y, ERR_UTF8, "an escape in this text is no character");
	}
	if (s.n == 0) {
		*ret = (struct str){ 0 };
		return 0;
	}
	p = arena_try(y->a, s.n);
	if (p == NULL) {
		return no_memory(y);
	}
	memcpy(p, s.p, s.n);
	*ret = str_of(p, s.n);
	return 0;
}

static int read_scalar(struct yaml *y, struct fy_token *t, struct json *to)
{
	struct str s = { 0 };
	int r = t == NULL ? 0 : token_text(y, t, &s);

	if (r != 0) {
		return r;
	}
	if (t == NULL || fy_token_scalar_style(t) == FYSS_PLAIN) {
		if (s.n == 0 || str_eq(s, S("null")) || str_eq(s, S("~"))) {
			to->type = JSON_NULL;
			return 0;
		}
		if (str_eq(s, S("true")) || str_eq(s, S("false"))) {
			to->type = JSON_BOOL;
			to->b = s.n == 4;
			return 0;
		}
		if (is_int(s) && str_i64(s, &to->i) == 0) {
			to->type = JSON_INT;
			return 0;
		}
	}
	to->type = JSON_STR;
	return copy_text(y, s, &to->s);
}

static struct node_event unpack(const struct fy_event *e)
{
	switch (e->type) {
	case FYET_SCALAR:
		return (struct node_event){ e->type, e->scalar.anchor, e->scalar.tag, e->scalar.value };
	case FYET_SEQUENCE_START:
		return (struct node_event){ e->type, e->sequence_start.anchor, e->sequence_start.tag,
			e->sequence_start.sequence_start };
	case FYET_MAPPING_START:
		return (struct node_event){ e->type, e->mapping_start.anchor, e->mapping_start.tag,
			e->mapping_start.mapping_start };
	case FYET_ALIAS:
		return (struct node_event){ e->type, e->alias.anchor, NULL, NULL };
	default:
		return (struct node_event){ .type = e->type };
	}
}

/* Refuses what this YAML has not; notes the place. */
static int check_node(struct yaml *y, const struct node_event *n)
{
	note_place(y, n->value);
	if (n->anchor != NULL) {
		note_place(y, n->anchor);
		return refuse(y, ERR_UNSUPPORTED,
			n->type == FYET_ALIAS ? "aliases (*name) are not allowed" : "anchors (&name) are not allowed");
	}
	if (n->tag != NULL) {
		note_place(y, n->tag);
		return refuse(y, ERR_UNSUPPORTED, "tags (!name) are not allowed");
	}
	return 0;
}

static int read_seq(struct yaml *y, unsigned depth, struct json *to)
{
	struct json *p = NULL;
	size_t n = 0, cap = 0;
	int r = 0;

	for (;;) {
		struct fy_event *e = next(y, &r);
		bool end = e == NULL || e->type == FYET_SEQUENCE_END;

		if (!end) {
			p = json_grown(y->a, p, sizeof *p, n, &cap);
			r = p == NULL ? no_memory(y) : read_node(y, e, depth + 1, &p[n++]);
		}
		fy_parser_event_free(y->parser, e);
		if (end || r != 0) {
			break;
		}
	}
	to->type = JSON_ARR;
	to->arr.p = p;
	to->arr.n = n;
	return r;
}

static int read_key(struct yaml *y, const struct fy_event *e, struct str *ret)
{
	struct node_event n = unpack(e);
	struct str key = { 0 };
	bool plain;
	int r = check_node(y, &n);

	if (r != 0) {
		return r;
	}
	if (n.type != FYET_SCALAR) {
		return refuse(y, ERR_UNSUPPORTED, "a key must be a plain or quoted text");
	}
	r = n.value == NULL ? 0 : token_text(y, n.value, &key);
	if (r != 0) {
		return r;
	}
	plain = n.value == NULL || fy_token_scalar_style(n.value) == FYSS_PLAIN;
	if (plain && key.n == 0) {
		return refuse(y, ERR_SYNTAX, "a key is missing");
	}
	if (plain && str_eq(key, S("<<"))) {
		return refuse(y, ERR_UNSUPPORTED, "merge keys (<<) are not allowed");
	}
	return copy_text(y, key, ret);
}

/* One key, whose event is e, and its value. */
static int read_member(struct yaml *y, const struct fy_event *e, unsigned depth, struct json_member *to, size_t *ret_at)
{
	int r = read_key(y, e, &to->key);
	struct fy_event *v;

	if (r != 0) {
		return r;
	}
	*ret_at = y->at;
	v = next(y, &r);
	if (v == NULL) {
		return r;
	}
	r = read_node(y, v, depth + 1, &to->v);
	fy_parser_event_free(y->parser, v);
	return r;
}

static int check_keys(struct yaml *y, const struct json_member *p, size_t n, const size_t *places)
{
	char shown[JSON_SHOWN];
	size_t at;
	int r = json_find_dup(y->a, p, n, &at);

	if (r == ERR_DUP) {
		return perr_set(y->err, ERR_DUP, places[at], "the same key twice: \"%s\"",
			json_shown(shown, p[at].key));
	}
	return r == 0 ? 0 : no_memory(y);
}

static int read_map(struct yaml *y, unsigned depth, struct json *to)
{
	struct json_member *p = NULL;
	size_t n = 0, cap = 0, places_cap = 0, *places = NULL;
	int r = 0;

	for (;;) {
		struct fy_event *e = next(y, &r);
		bool end = e == NULL || e->type == FYET_MAPPING_END;

		if (!end) {
			p = json_grown(y->a, p, sizeof *p, n, &cap);
			places = json_grown(y->a, places, sizeof *places, n, &places_cap);
			r = p == NULL || places == NULL ? no_memory(y) : read_member(y, e, depth, &p[n], &places[n]);
			n++;
		}
		fy_parser_event_free(y->parser, e);
		if (end || r != 0) {
			break;
		}
	}
	if (r != 0) {
		return r;
	}
	to->type = JSON_OBJ;
	to->obj.p = p;
	to->obj.n = n;
	return check_keys(y, p, n, places);
}

/* depth = containers around the node; bounds the recursion. */
static int read_node(struct yaml *y, const struct fy_event *e, unsigned depth, struct json *to)
{
	struct node_event n = unpack(e);
	int r = check_node(y, &n);

	if (r != 0) {
		return r;
	}
	if (n.type == FYET_SCALAR) {
		return read_scalar(y, n.value, to);
	}
	if (n.type != FYET_SEQUENCE_START && n.type != FYET_MAPPING_START) {
		return refuse(y, ERR_SYNTAX, "a value is expected");
	}
	if (depth >= LIMIT_JSON_DEPTH) {
		return perr_set(y->err, ERR_DEPTH, y->at, "nested deeper than %d", LIMIT_JSON_DEPTH);
	}
	return n.type == FYET_SEQUENCE_START ? read_seq(y, depth, to) : read_map(y, depth, to);
}

/* Directives stand in lines before the "---" at `end`; without a "---" there can be none. */
static int check_directives(struct yaml *y, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		if (y->text.p[i] == '%' && (i == 0 || y->text.p[i - 1] == '\n' || y->text.p[i - 1] == '\r')) {
			y->at = i;
			return refuse(y, ERR_UNSUPPORTED, "directives (%) are not allowed");
		}
	}
	return 0;
}

/* What may stand around the one document: stream start, document start, [node], document end, stream end. */
static int read_stream(struct yaml *y, struct json *root)
{
	bool seen = false, done = false;
	int r = 0;

	while (r == 0 && !done) {
		struct fy_event *e = next(y, &r);

		if (e == NULL) {
			break;
		}
		switch (e->type) {
		case FYET_STREAM_START:
		case FYET_DOCUMENT_END:
			break;
		case FYET_STREAM_END:
			done = true;
			break;
		case FYET_DOCUMENT_START:
			note_place(y, e->document_start.document_start);
			if (seen) {
				r = refuse(y, ERR_EXTRA, "a second document is not allowed");
			} else if (e->document_start.document_start != NULL) {
				r = check_directives(y, y->at);
			}
			seen = true;
			break;
		default:
			r = read_node(y, e, 0, root);
			break;
		}
		fy_parser_event_free(y->parser, e);
	}
	if (r == 0 && !seen) {
		y->at = y->text.n;
		return refuse(y, ERR_TRUNC, "there is no document");
	}
	return r;
}

/* The library queues the tokens of what may still become a key: a flow collection up to the end of its line, and any
 * row of tags and anchors. That is some 200 bytes of memory for a byte of text, so what makes tokens is counted. */
static int check_signs(struct yaml *y)
{
	size_t in_line = 0, marks = 0;

	for (size_t i = 0; i < y->text.n; i++) {
		char c = y->text.p[i], before = i == 0 ? '\n' : y->text.p[i - 1];

		if (c == '\n') {
			in_line = 0;
		} else if (c != '\0' && strchr("[]{},:\"'", c) != NULL) {
			in_line++;
		} else if ((c == '!' || c == '&' || c == '*') && (before == ' ' || before == '\n')) {
			marks++;
		}
		if (in_line > LIMIT_YAML_SIGNS || marks > LIMIT_YAML_SIGNS) {
			return perr_set(y->err, ERR_LIMIT, i, "more than %d of %s", LIMIT_YAML_SIGNS,
				in_line > LIMIT_YAML_SIGNS ? "[ ] { } , : and quotes in one line" : "! & *");
		}
	}
	return 0;
}

/* What the library need not see. */
static int check_text(struct yaml *y)
{
	struct str s = y->text;

	if (s.n > LIMIT_YAML_FILE) {
		return perr_set(y->err, ERR_LIMIT, 0, "larger than %zu bytes", LIMIT_YAML_FILE);
	}
	if (str_starts(s, S("\xEF\xBB\xBF"))) {
		return refuse(y, ERR_SYNTAX, "a byte order mark is not allowed");
	}
	if (!str_utf8_ok(s, &y->at)) {
		return perr_set(y->err, ERR_UTF8, y->at, "byte 0x%02X is not valid UTF-8 here",
			(unsigned)(unsigned char)s.p[y->at]);
	}
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
			return perr_set(y->err, ERR_SYNTAX, i, "control character 0x%02X", (unsigned)c);
		}
	}
	return check_signs(y);
}

static int parse(struct yaml *y, struct json *root)
{
	struct fy_parse_cfg cfg = {
		.search_path = "",
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
	};
	struct fy_diag_cfg diag_cfg;
	int r;

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	y->diag = fy_diag_create(&diag_cfg);
	if (y->diag == NULL) {
		return no_memory(y);
	}
	fy_diag_set_collect_errors(y->diag, true);
	cfg.diag = y->diag;
	y->parser = fy_parser_create(&cfg);
	r = y->parser == NULL || fy_parser_set_string(y->parser, y->text.p, y->text.n) != 0 ? no_memory(y) :
		read_stream(y, root);
	if (y->parser != NULL) {
		fy_parser_destroy(y->parser);
	}
	fy_diag_destroy(y->diag);
	return r;
}

int yaml_parse(struct arena *a, struct str text, const struct json **ret, struct perr *reterr)
{
	struct perr unused;
	struct yaml y = { .a = a, .text = text.n == 0 ? S("\n") : text, .err = reterr != NULL ? reterr : &unused };
	struct arena *scratch = arena_new(NULL, 0);
	struct json *root = arena_try(a, sizeof *root);
	int r = root == NULL ? no_memory(&y) : check_text(&y);

	if (r == 0) {
		y.token = buf_new(scratch, 2 * LIMIT_YAML_FILE);
		r = parse(&y, root);
	}
	arena_free(scratch);
	if (r != 0) {
		y.err->off = y.err->off < text.n ? y.err->off : text.n;
		perr_place(y.err, (const u8 *)text.p, text.n);
		return r;
	}
	*ret = root;
	return 0;
}
