/* Facts and sightings (doc/formats/facts.md).
 *
 * A fact says: in this network, the subject seen as these keys had this kind, with these values at this place, from
 * this vantage, by this source. Its canonical bytes are RFC 8785 JSON; fact_id is their SHA-256 and serves comparison
 * only. A struct fact is immutable once parsed or finished; everything it points to lives in the arena it was made in
 * (or in the text it was parsed from: never, texts are copied).
 *
 * Invariant: a struct fact that fact_parse or fact_finish returned satisfies every rule of the kind table and of
 * base/limits.h, and fact_write of it gives at most LIMIT_FACT bytes. */
#ifndef CORE_FACT_FACT_H
#define CORE_FACT_FACT_H

#include "base/clock.h"
#include "base/err.h"
#include "core/fact/kind.h"
#include "core/fact/ranges.h"

/* Strongest first. */
enum fact_key_type {
	KEY_SERIAL,	/* firm: "vendor|model|serial" */
	KEY_ID,		/* firm: given by a person to what has no address */
	KEY_MAC,	/* local when globally administered and seen at v1, else lease */
	KEY_HOSTKEY,	/* "where/fingerprint"; evidence against a lease, never a join */
	KEY_CERT,	/* the same */
	KEY_IP,		/* lease */
	KEY_NAME,	/* lease */
	KEY_TYPE_COUNT
};

struct fact_key {
	enum fact_key_type type;
	struct str text;	/* "ip:10.7.0.2" */
	struct str value;	/* "10.7.0.2", inside text */
};

struct fact_value {
	enum kind_type type;
	struct str s;		/* STR, ADDR, MAC, ENUM, TIME, RANGES: canonical text; OPAQUE: canonical JSON */
	i64 i;			/* INT; BOOL: 0 or 1; ENUM: index of the word; TIME: UTC milliseconds */
	const struct str *strs;	/* STRS */
	size_t n;		/* STRS */
	struct ranges ranges;	/* RANGES */
};

struct fact_field {
	const struct kind_field *def;	/* NULL for an unknown kind */
	struct str name;
	struct fact_value v;
};

struct fact_id {
	u8 b[32];
};

struct fact {
	struct str network;
	struct fact_key *keys;		/* sorted by text */
	size_t nkeys;
	const struct kind *kind;	/* NULL: unknown here, kept opaque */
	struct str kind_name;
	u32 kind_version;
	struct fact_field *place;	/* sorted by name */
	size_t nplace;
	struct fact_field *value;	/* sorted by name */
	size_t nvalue;
	int vantage;			/* 1 ... 7 */
	struct str source;
	/* what fact_write gives, where it is at hand; {0} otherwise. Who changes a copy of a fact takes both away. */
	struct str text;
	const struct fact_id *id;	/* the same for fact_id; see fact_keep_id */
};

enum fact_read {
	FACT_STRICT,	/* the text must be canonical: ERR_SYNTAX otherwise; what ledger, bundle and messages hold */
	FACT_LENIENT,	/* order, white space, IP and MAC spelling, unsorted sets and ranges are put right (import) */
};

/* Reads one fact. Unknown kinds are accepted and kept opaque. Errors go to *errs (may be NULL) with the byte offset
 * where JSON itself is wrong, else with a text that names the member ("place.port: 70000 is over 65535"); the code
 * of the first is returned: ERR_SYNTAX, ERR_TYPE, ERR_MISSING, ERR_RANGE, ERR_LIMIT, ERR_EXTRA. */
int fact_parse(struct arena *a, struct str text, enum fact_read how, struct fact *ret, struct errlist *errs) MUST_USE;
/* The same from a tree that was read already (a member of an item, a line of an import). */
struct json;
int fact_of_json(struct arena *a, const struct json *v, enum fact_read how, struct fact *ret, struct errlist *errs) MUST_USE;
void fact_write(struct buf *b, const struct fact *f);	/* canonical bytes */
struct fact_id fact_id(const struct fact *f);
void fact_keep_id(struct arena *a, struct fact *f);	/* for who will ask more than once */
void fact_keep_ids(struct arena *a, struct fact *const *f, size_t n);	/* many at once, which costs a fraction */
int fact_id_cmp(const struct fact_id *x, const struct fact_id *y);

const struct fact_value *fact_place(const struct fact *f, struct str name);	/* NULL: absent, that is unknown */
const struct fact_value *fact_value(const struct fact *f, struct str name);
const struct fact_key *fact_key_of(const struct fact *f, enum fact_key_type type);	/* the first; NULL: none */
bool fact_personal(const struct fact *f);	/* has a personal field set */
/* The same fact in the latest version of its kind: *f itself where it is that already or the kind is unknown. */
int fact_upgrade(struct arena *a, const struct fact *f, struct fact *ret) MUST_USE;
/* One step or more towards `to`, whatever the table says; for kinds not in the table and for tests. */
int fact_upgrade_to(struct arena *a, const struct fact *f, const struct kind *to, struct fact *ret) MUST_USE;

/* --- making facts: for producers ------------------------------------------------------------------------------
 * struct fact_new *n = fact_new(a, S("lab"), S("service/1"), 1, S("scan.telnet/1"));
 * fact_key(n, KEY_IP, S("10.7.0.2")); fact_set_int(n, "port", 23); fact_set_str(n, "name", S("telnet"));
 * r = fact_finish(n, &f, &errs);
 * Fields find themselves among place and value by name. Errors are sticky and come out of fact_finish; a field that
 * the kind does not have or of another type is our own mistake, found by the first test, and is an error too. */
struct fact_new;
struct fact_new *fact_new(struct arena *a, struct str network, struct str kind, int vantage, struct str source);
void fact_key(struct fact_new *n, enum fact_key_type type, struct str value);	/* ip and mac are canonicalised */
void fact_set_str(struct fact_new *n, const char *field, struct str v);	/* STR, ADDR, MAC, ENUM, RANGES, TIME by text */
void fact_set_int(struct fact_new *n, const char *field, i64 v);
void fact_set_bool(struct fact_new *n, const char *field, bool v);
void fact_set_time(struct fact_new *n, const char *field, struct utc v);
void fact_set_strs(struct fact_new *n, const char *field, const struct str *p, size_t count);	/* sorted for you */
void fact_set_ranges(struct fact_new *n, const char *field, struct ranges v);
int fact_finish(struct fact_new *n, struct fact *ret, struct errlist *errs) MUST_USE;

/* --- sightings ----------------------------------------------------------------------------------------------- */

enum seen_state { SEEN_UNKNOWN, SEEN_FACTORY, SEEN_INITIALISED, SEEN_CUSTOMISED, SEEN_STATE_COUNT };
const char *seen_state_name(enum seen_state s);

struct seen {
	struct utc at;		/* the sensor's clock */
	u8 class;		/* 0 ... 3: S0 passive ... S3 may change state */
	u8 qod;			/* 0 ... 100 */
	enum seen_state state;
	bool dropped;		/* evidence was over quota */
	struct str run;		/* "" none; [A-Za-z0-9._-]{1,64} */
	const u32 *evidence;	/* indices of evidence items in the same entry, ascending */
	size_t nevidence;
	struct str text;	/* what seen_write gives, where it is at hand; {0} otherwise. Who changes a copy takes it away. */
};

#define SEEN_QOD_DECIDES 70		/* at or above: decides; below: suspected */
#define SEEN_CLOCK_AHEAD_MS 300000	/* observed this much after recorded: kept, decides nothing */

int seen_of_json(struct arena *a, const struct json *v, enum fact_read how, struct seen *ret, struct errlist *errs) MUST_USE;
int seen_parse(struct arena *a, struct str text, enum fact_read how, struct seen *ret, struct errlist *errs) MUST_USE;
void seen_write(struct buf *b, const struct seen *s);
bool seen_clock_bad(const struct seen *s, struct utc recorded);
struct utc seen_fresh(const struct seen *s, struct utc recorded);	/* the earlier of the two: what freshness counts from */

/* --- canonical forms of addresses ------------------------------------------------------------------------------ */

/* RFC 5952 or dotted IPv4 text of `s`, lower case, no zone; ERR_SYNTAX. An IPv4-mapped address stays IPv6. */
int fact_addr(struct arena *a, struct str s, struct str *ret) MUST_USE;
bool fact_addr_canonical(struct str s);
int fact_addr_family(struct str addr);		/* 4 or 6, of canonical text */
int fact_mac(struct arena *a, struct str s, struct str *ret) MUST_USE;	/* accepts ':' and '-' and any case */
bool fact_mac_canonical(struct str s);
bool fact_mac_global(struct str mac);		/* globally administered unicast: not random, not multicast */
bool fact_network_ok(struct str s);
bool seen_run_ok(struct str run);	/* [A-Za-z0-9._-]{0,64} */
const char *fact_key_type_name(enum fact_key_type t);
int fact_key_parse(struct str text, struct fact_key *ret) MUST_USE;	/* canonical "type:value" only; points into text */

#endif
