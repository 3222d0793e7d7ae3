/* A core without processes: a new store in a directory of its own, a made key, no sandbox, a clock that tests move, and a judge that
 * knows one rule. Requests are called as the loop would call them. */
#ifndef SERVE_TEST_H
#define SERVE_TEST_H

#include "unit.h"

#include "core/serve/serve_int.h"

struct core {
	struct arena *a;
	struct serve *s;
	char dir[64];
	int home;			/* where the test was */
	struct item items[64];		/* of the next entry */
	size_t n;
};

void core_begin(struct core *c);
void core_again(struct core *c);	/* closed and opened, as after a restart; time goes on */
/* A program whose rule looks for another name opens the store; its set of texts is called so ("foreign": no other program can judge by it). */
void core_rule(struct core *c, const char *name, const char *set);
void core_end(struct core *c);
void core_later(struct core *c, i64 seconds);

/* Facts for the next entry, seen so many seconds after second 0 of the test, an hour ago; keys are "type:value" texts, ended by NULL. */
struct fact_new *core_fact(struct core *c, const char *kind, int vantage, const char *const *keys);
struct item *core_add(struct core *c, struct fact_new *n, i64 seconds, u8 qod);
/* A host seen on its link: address/1 with both keys. */
void core_host(struct core *c, const char *mac, const char *ip, i64 seconds);
void core_service(struct core *c, const char *mac, const char *ip, int port, const char *name, i64 seconds);
struct serve_done core_commit(struct core *c);
i64 core_second(struct utc at);		/* of this test */

/* Does this stand in any file of the store, a replaced one aside? Published first, so that log/ has its say. */
bool core_anywhere(struct core *c, const char *what);
u64 core_asset(struct core *c, const char *text);	/* 0: none */
struct state *core_state(struct core *c, u64 asset);
/* "ip:10.7.0.2 held, mac:... held": the claims of an asset, sorted, leases that are over with their end. */
struct str core_claims(struct core *c, u64 asset);
struct str core_packed(struct core *c, u64 asset);	/* the row's state as it stands in the store */
/* "merge AST-2 AST-1 mac:...; telnet fail ": changes of an asset, oldest first. */
struct str core_history(struct core *c, u64 asset);
struct str core_verdict(struct core *c, u64 asset);

#endif
