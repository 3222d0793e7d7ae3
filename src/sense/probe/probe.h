/* A probe is one struct: what it says to a port, how it reads what comes, what it concludes. Adding one is a file with such a
 * struct and a line in table.c.
 *
 * A conversation belongs to one probe. The engine (digest.c) calls read() for bytes and quiet() when nothing came for a while;
 * the probe appends what it wants sent to `reply`, and sets `done` when it has heard enough. judge() concludes at
 * the end, whoever ended it. Probes do no I/O, keep their state in `state`, and must not trust a single byte. */
#ifndef SENSE_PROBE_PROBE_H
#define SENSE_PROBE_PROBE_H

#include "base/buf.h"
#include "base/clock.h"

enum probe_prompt { PROBE_PROMPT_UNKNOWN, PROBE_PROMPT_NONE, PROBE_PROMPT_LOGIN, PROBE_PROMPT_PASSWORD, PROBE_PROMPT_SHELL };
enum probe_truth { PROBE_UNKNOWN, PROBE_YES, PROBE_NO };
#define PROBE_NOT_MAX 8
#define PROBE_PORTS_MAX 8
#define PROBE_SAFETY_MAX 1	/* no scope allows more */

/* What a conversation showed. Nothing named and nothing ruled out: what speaks there stays undetermined. */
struct probe_found {
	struct str name;		/* static text; "" = not recognised */
	struct str not[PROBE_NOT_MAX];	/* static texts: names that were ruled out */
	size_t nnot;
	enum probe_truth plain;
	enum probe_prompt prompt;
	u8 qod;				/* of the whole */
	struct str text;		/* readable part of what it said; "" = nothing */
	bool cut;			/* it said more than that */
};

struct probe_talk {
	struct arena *a;
	const struct probe *probe;
	u16 port;
	struct buf rx;			/* raw bytes, at most the probe's max_rx: the evidence */
	bool truncated;			/* more came than was kept */
	struct buf reply;		/* to be sent; the engine empties it */
	bool done;
	u32 quiets;			/* how often quiet() was called */
	void *state;			/* state_size zeroed bytes */
};

struct probe_limits {
	u32 max_rx;			/* bytes read in all */
	u32 greet_ms;			/* silence before the first bytes: quiet() */
	u32 settle_ms;			/* silence after bytes: quiet() */
	u32 total_ms;
};

struct probe {
	const char *name;
	const char *source;		/* of its facts: producer and version */
	u16 ports[PROBE_PORTS_MAX];	/* where it speaks first, ended by 0; what it does not recognise there stays undetermined */
	u8 safety;			/* 0 passive ... 3 may change state: over PROBE_SAFETY_MAX it is not run */
	struct probe_limits limits;	/* most; a scan's own limits may lower the times */
	size_t state_size;
	void (*read)(struct probe_talk *t, struct str bytes);
	void (*quiet)(struct probe_talk *t);
	void (*judge)(struct probe_talk *t, struct probe_found *ret);
	const char *help;
};

extern const struct probe *const probes[];	/* alphabetical, ended by NULL */
/* The probe that speaks first at a port whose service is not known: the one that names the port and is safe enough, else telnet. */
const struct probe *probe_first(u16 port);
/* The class of what a source of facts does to a device: its probe's, else that of looking for addresses and ports. Core holds it against a
 * table of its own (core/serve/runs.c). */
u8 probe_safety(struct str source);

/* Services that give themselves away by their first bytes. false: nothing conclusive. */
bool probe_by_first_bytes(struct str raw, struct probe_found *ret);
/* The readable part of raw bytes as UTF-8 without control characters, at most `max` bytes. */
struct str probe_readable(struct arena *a, struct str raw, size_t max);

#endif
