/* One measure, from canonical JSON. What is compiled in is held against closed lists, member by member, and every error of a
 * file is told at once: who writes a measure mends them in one go. A text that a store or a proof bundle kept (reader.past)
 * was accepted by the program of its time: of it only what is read here must be there and of its type. */
#include "core/catalog/catalog_int.h"

#include <stdarg.h>
#include <stdio.h>

#define WORDS_MAX 16

static const char *const levels[] = { "unit", "model", "site", "organisation", "supplier", NULL };
static const char *const obligations[] = { "MUST", "SHOULD", "BETTER", NULL };
static const char *const classes[] = { "S0", "S1", "S2", "S3", NULL };
static const char *const components[] = { "device", "network", "platform", "management", NULL };
static const char *const states[] = { "introduction", "normal", "abnormal", "stray", "disposal", NULL };
static const char *const threats[] = { "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", NULL };
static const char *const ways[] = { "AP", "PC", "CFG", "FW", "SB", "LG", "DOC", "PHY", NULL };
static const char *const vantages[] = { "v1", "v2", "v3", "v4", "v5", "v6", "v7", NULL };

static const char *const members[] = { "applies", "components", "convincing", "id", "level", "lifecycle", "no_rule", "obligation",
	"question", "remedy", "rule", "safety", "seen", "threats", "title" };
static const char *const seen_members[] = { "observe", "vantage" };
static const char *const word_members[] = { "en", "ja" };

/* Where in a source: the measure, and the member that is being read, maybe within another. */
struct at {
	struct reader *r;
	struct str id;
	const char *outer, *member;
};

PRINTF(3, 4) static void wrong(const struct at *at, int code, const char *fmt, ...)
{
	char what[120];
	struct perr err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	perr_set(&err, code, 0, "%.*s: %.*s: %s%s%s\"%s\": %s", STRF(at->r->source), STRF(at->id), at->outer == NULL ? "" : "\"",
		at->outer == NULL ? "" : at->outer, at->outer == NULL ? "" : "\": ", at->member, what);
	errlist_add(at->r->a, at->r->all, &err);
}

static struct str any_of(struct arena *a, const char *const *list)
{
	struct buf b = buf_new(a, 0);

	for (size_t i = 0; list[i] != NULL; i++) {
		buf_printf(&b, "%s%s", i == 0 ? "" : list[i + 1] == NULL ? " or " : ", ", list[i]);
	}
	return buf_view(&b);
}

static bool is_one_of(const char *const *list, struct str s)
{
	size_t n = 0;

	while (list[n] != NULL) {
		n++;
	}
	return str_index(s, list, n) >= 0;
}

/* Members nobody knows are slips of the pen. */
static void only(const struct at *at, const struct json *o, const char *const *names, size_t n)
{
	for (size_t i = 0; !at->r->past && i < o->obj.n; i++) {
		if (str_index(o->obj.p[i].key, names, n) < 0) {
			wrong(at, ERR_UNKNOWN, "there is no member \"%.*s\"", STRF(o->obj.p[i].key));
		}
	}
}

static struct str text_at(const struct at *at, const struct json *o)
{
	const struct json *v = json_get(o, str_z(at->member));

	if (v == NULL || v->type != JSON_STR) {
		wrong(at, v == NULL ? ERR_MISSING : ERR_TYPE, "a text is expected");
		return S("");
	}
	if (!at->r->past && str_trim(v->s).n == 0) {
		wrong(at, ERR_MISSING, "a text is expected, it is empty");
	}
	return v->s;
}

static struct str text_of(struct at at, const struct json *o, const char *member)
{
	at.member = member;
	return text_at(&at, o);
}

static struct catalog_words words_of(struct at at, const struct json *o, const char *member)
{
	const struct json *w = json_get(o, str_z(member));

	at.member = member;
	if (w == NULL || w->type != JSON_OBJ) {
		wrong(&at, w == NULL ? ERR_MISSING : ERR_TYPE, "\"en\" and \"ja\" are expected");
		return (struct catalog_words){ 0 };
	}
	only(&at, w, word_members, countof(word_members));
	at.outer = member;
	return (struct catalog_words){ .en = text_of(at, w, "en"), .ja = text_of(at, w, "ja") };
}

static struct str word_of(struct at at, const struct json *o, const char *member, const char *const *list)
{
	size_t before = at.r->all->total;
	struct str s;

	at.member = member;
	s = text_at(&at, o);
	if (before == at.r->all->total && !at.r->past && !is_one_of(list, s)) {
		wrong(&at, ERR_UNKNOWN, "%.*s is expected, not \"%.*s\"", STRF(any_of(at.r->a, list)), STRF(s));
	}
	return s;
}

bool catalog_has(const struct catalog_list *l, struct str word)
{
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(l->p[i], word)) {
			return true;
		}
	}
	return false;
}

static struct catalog_list list_of(struct at at, const struct json *o, const char *member, const char *const *list)
{
	const struct json *v = json_get(o, str_z(member));
	struct catalog_list l = { 0 };
	struct str *p;

	at.member = member;
	if (v == NULL || v->type != JSON_ARR || v->arr.n == 0 || v->arr.n > WORDS_MAX) {
		if (!at.r->past) {
			wrong(&at, v == NULL ? ERR_MISSING : ERR_TYPE, "a list of %.*s is expected", STRF(any_of(at.r->a, list)));
		}
		return l;
	}
	l.p = p = arena_alloc(at.r->a, v->arr.n * sizeof *p);
	for (size_t i = 0; i < v->arr.n; i++) {
		struct str s = v->arr.p[i].type == JSON_STR ? v->arr.p[i].s : S("");

		if (!at.r->past && !is_one_of(list, s)) {
			wrong(&at, ERR_UNKNOWN, "%.*s is expected, not \"%.*s\"", STRF(any_of(at.r->a, list)), STRF(s));
		} else if (!at.r->past && catalog_has(&l, s)) {
			wrong(&at, ERR_DUP, "\"%.*s\" stands twice", STRF(s));
		}
		p[l.n++] = s;
	}
	return l;
}

static bool has(const struct json *o, const char *member)
{
	return json_get(o, str_z(member)) != NULL;
}

/* A rule, or why there is none; documents alone are read by people. */
static void rule_of(struct at at, const struct json *o, struct catalog_measure *m)
{
	if (has(o, "rule")) {
		m->rule = text_of(at, o, "rule");
	}
	if (has(o, "no_rule")) {
		m->no_rule = words_of(at, o, "no_rule");
	}
	at.member = "rule";
	if (!at.r->past && has(o, "rule") == has(o, "no_rule")) {
		wrong(&at, has(o, "rule") ? ERR_DUP : ERR_MISSING, "either \"rule\" or \"no_rule\" is expected");
	}
	if (m->rule.n != 0 && m->observe.n == 1 && catalog_has(&m->observe, S("DOC"))) {
		wrong(&at, ERR_CONFLICT, "\"no_rule\" is expected: only a document (DOC) shows it");
	}
}

/* How a thing is looked at decides no answer: it stands outside the text, which a verdict names by its hash. */
struct catalog_text catalog_measure_text(struct arena *a, struct str id, const struct json *o)
{
	struct json_member *p = arena_alloc(a, o->obj.n * sizeof *p + 1);
	struct json text = { .type = JSON_OBJ, .obj = { .p = p } };

	for (size_t i = 0; i < o->obj.n; i++) {
		if (!str_eq(o->obj.p[i].key, S("seen"))) {
			p[text.obj.n++] = o->obj.p[i];
		}
	}
	return catalog_text_of(a, "rule", id, &text);
}

static void seen_of(struct at at, const struct json *o, struct catalog_measure *m)
{
	const struct json *seen = json_get(o, S("seen"));

	if (at.r->past) {
		return;
	}
	at.member = "seen";
	if (seen == NULL || seen->type != JSON_OBJ) {
		wrong(&at, seen == NULL ? ERR_MISSING : ERR_TYPE, "\"observe\" and \"vantage\" are expected");
		return;
	}
	only(&at, seen, seen_members, countof(seen_members));
	m->observe = list_of(at, seen, "observe", ways);
	m->vantage = list_of(at, seen, "vantage", vantages);
}

void catalog_read_measure(struct reader *r, const struct json *o, struct catalog_measure *ret)
{
	struct at at = { .r = r, .member = "measures" };
	struct catalog_measure m = { .file = r->source };

	if (o->type != JSON_OBJ) {
		wrong(&at, ERR_TYPE, "an object is expected");
		return;
	}
	m.id = at.id = text_of(at, o, "id");
	if (m.id.n != 0 && catalog_once(r, "measure", m.id) != 0) {
		errlist_add(r->a, r->all, r->err);
	}
	only(&at, o, members, countof(members));
	m.title = words_of(at, o, "title");
	m.level = word_of(at, o, "level", levels);
	m.components = list_of(at, o, "components", components);
	m.lifecycle = list_of(at, o, "lifecycle", states);
	m.threats = list_of(at, o, "threats", threats);
	m.obligation = word_of(at, o, "obligation", obligations);
	m.safety = r->past && !has(o, "safety") ? S("") : word_of(at, o, "safety", classes);
	m.question = words_of(at, o, "question");
	m.remedy = words_of(at, o, "remedy");
	m.convincing = words_of(at, o, "convincing");
	m.applies = has(o, "applies") ? words_of(at, o, "applies") : (struct catalog_words){ 0 };
	seen_of(at, o, &m);
	rule_of(at, o, &m);
	*ret = m;
}
