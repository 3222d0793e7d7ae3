/* simdjson's DOM behind a C function: the only C++ file.
 *
 * It accepts at most what json_strict.c accepts and builds the same tree; whatever it refuses is read again there, so
 * no error needs a name here. The DOM interface, not On-Demand: that one does not validate what it skips.
 * Invariants: duplicate keys, a byte order mark and depth beyond LIMIT_JSON_DEPTH are refused by us, not by simdjson.
 * Memory: the parser is thread-local and kept between calls while it is small; it takes about 14 bytes for a byte of
 * text outside any arena, so callers bound the length of text. No C++ exception can arise (-fno-exceptions). */
#include <simdjson.h>

extern "C" {
#include "base/json_int.h"
#include "base/limits.h"
}

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr size_t keep_at_least = 4 * KiB;	/* a fact and most messages: allocated once a thread */
constexpr size_t keep_at_most = 256 * KiB;	/* a parser grown beyond this is given back after the call */
constexpr size_t count_saturated = 0xFFFFFF;	/* simdjson's size() counts no further */

thread_local simdjson::dom::parser parser;

struct builder {
	struct arena *a;
	char *text;		/* room for all strings of a small document: they are no longer than the document */
};

int build(struct builder *b, element e, unsigned depth, struct json *to);

int copy_text(struct builder *b, std::string_view from, struct str *to)
{
	char *p = b->text;

	if (from.empty()) {
		*to = str{ nullptr, 0 };
		return 0;
	}
	if (p != nullptr) {
		b->text += from.size();
	} else {
		p = static_cast<char *>(arena_try(b->a, from.size()));
		if (p == nullptr) {
			return ERR_NOMEM;
		}
	}
	memcpy(p, from.data(), from.size());
	*to = str{ p, from.size() };
	return 0;
}

template <typename T> size_t count(const T &of)
{
	size_t n = of.size();

	if (n == count_saturated) {
		n = 0;
		for (auto it = of.begin(); it != of.end(); ++it) {
			n++;
		}
	}
	return n;
}

int build_arr(struct builder *b, simdjson::dom::array from, unsigned depth, struct json *to)
{
	size_t n = count(from), i = 0;
	struct json *p = nullptr;
	int r = 0;

	if (n != 0) {
		p = static_cast<struct json *>(arena_try(b->a, n * sizeof *p));
		if (p == nullptr) {
			return ERR_NOMEM;
		}
	}
	for (element e : from) {
		r = build(b, e, depth + 1, &p[i++]);
		if (r != 0) {
			return r;
		}
	}
	to->type = JSON_ARR;
	to->arr.p = p;
	to->arr.n = n;
	return 0;
}

int build_obj(struct builder *b, simdjson::dom::object from, unsigned depth, struct json *to)
{
	size_t n = count(from), i = 0, at;
	struct json_member *p = nullptr;
	int r = 0;

	if (n != 0) {
		p = static_cast<struct json_member *>(arena_try(b->a, n * sizeof *p));
		if (p == nullptr) {
			return ERR_NOMEM;
		}
	}
	for (auto member : from) {
		r = copy_text(b, member.key, &p[i].key);
		if (r == 0) {
			r = build(b, member.value, depth + 1, &p[i].v);
		}
		if (r != 0) {
			return r;
		}
		i++;
	}
	to->type = JSON_OBJ;
	to->obj.p = p;
	to->obj.n = n;
	return json_find_dup(b->a, p, n, &at);
}

/* depth = containers around e; bounds the recursion. */
int build(struct builder *b, element e, unsigned depth, struct json *to)
{
	switch (e.type()) {
	case element_type::NULL_VALUE:
		to->type = JSON_NULL;
		return 0;
	case element_type::BOOL:
		to->type = JSON_BOOL;
		to->b = e.get_bool().value_unsafe();
		return 0;
	case element_type::INT64:
		to->type = JSON_INT;
		to->i = e.get_int64().value_unsafe();
		return 0;
	case element_type::UINT64:	/* used by simdjson only above INT64_MAX */
		to->type = JSON_REAL;
		to->d = static_cast<double>(e.get_uint64().value_unsafe());
		return 0;
	case element_type::DOUBLE:
		to->type = JSON_REAL;
		to->d = e.get_double().value_unsafe();
		return 0;
	case element_type::STRING:
		to->type = JSON_STR;
		return copy_text(b, e.get_string().value_unsafe(), &to->s);
	case element_type::ARRAY:
		return depth >= LIMIT_JSON_DEPTH ? ERR_DEPTH : build_arr(b, e.get_array().value_unsafe(), depth, to);
	case element_type::OBJECT:
		return depth >= LIMIT_JSON_DEPTH ? ERR_DEPTH : build_obj(b, e.get_object().value_unsafe(), depth, to);
	}
	return ERR_SYNTAX;
}

/* simdjson would grow to exactly n, again for each longer text. */
bool make_room(size_t n)
{
	size_t want = keep_at_least;

	if (n > simdjson::SIMDJSON_MAXSIZE_BYTES) {
		return false;
	}
	while (want < n) {
		want *= 2;
	}
	return (parser.capacity() >= n || parser.allocate(want) == simdjson::SUCCESS) &&
		(parser.doc.capacity() >= n || parser.doc.allocate(want) == simdjson::SUCCESS);
}

} // namespace

extern "C" int json_simd_read(struct arena *a, struct str text, const struct json **ret)
{
	struct json *root;
	element e;
	int r = ERR_SYNTAX;

	if (text.n == 0 || static_cast<unsigned char>(text.p[0]) == 0xEF || !make_room(text.n)) {
		return ERR_SYNTAX;
	}
	if (parser.parse(text.p, text.n).get(e) == simdjson::SUCCESS) {
		struct builder b = { a, nullptr };

#ifndef ARENA_MALLOC	/* there each string keeps its own block, so that an overrun is seen */
		if (text.n <= keep_at_least) {
			b.text = static_cast<char *>(arena_try(a, text.n));
		}
#endif
		root = static_cast<struct json *>(arena_try(a, sizeof *root));
		r = root == nullptr ? ERR_NOMEM : build(&b, e, 0, root);
		if (r == 0) {
			*ret = root;
		}
	}
	if (parser.capacity() > keep_at_most) {
		parser = simdjson::dom::parser();
	}
	return r;
}
