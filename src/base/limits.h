/* Every limit on something a stranger controls, in one place. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include "base/base.h"

#define LIMIT_MSG_BODY (64 * KiB)	/* one message between roles */
#define LIMIT_JSON_DEPTH 64
#define LIMIT_JSON_LINE (1 * MiB)	/* one line of JSON Lines */
#define LIMIT_YAML_FILE (8 * MiB)
#define LIMIT_YAML_SIGNS 65536		/* [ ] { } , : and quotes in one line; ! & * in one file */
#define LIMIT_ENVELOPE 65535		/* one ledger entry; tlog-tiles gives it 16 bits of length */
#define LIMIT_BATCH_FACTS 10000		/* facts in one commit, hence in one ledger entry */
#define LIMIT_CHUNK_FACTS 500		/* facts in one message to core */
#define LIMIT_FACT 8192			/* canonical bytes of one fact */
#define LIMIT_FACT_FIELD 2048		/* bytes of one text field */
#define LIMIT_SUBJECT_KEYS 16
#define LIMIT_KEY 512			/* bytes of one subject key */
#define LIMIT_FACT_STRS 256		/* members of one set of texts */
#define LIMIT_RANGES 1024		/* pieces of one set of ports */
#define LIMIT_STATE ((size_t)8 * MiB)	/* packed current state of one asset */
#define LIMIT_STATE_VALUES 20000	/* places with values in it */
#define LIMIT_STATE_MAPS 1024		/* (kind, network, address, protocol, vantage) with coverage in it */
#define LIMIT_STATE_SPANS 8192		/* pieces of one layer of coverage */
#define LIMIT_STATE_CLAIMS 4096		/* keys of one asset, ended ones too */
#define LIMIT_EVIDENCE_SMALL (64 * KiB)	/* a banner or packet slice; kept in the store up to here */
#define LIMIT_EVIDENCE_FILE (16 * MiB)
#define LIMIT_EVIDENCE_RUN ((u64)1 * GiB)	/* kept of one run */
#define LIMIT_EVIDENCE_ZONE ((u64)64 * GiB)	/* kept of one zone */
#define LIMIT_EXPR 4096			/* bytes of one rule or filter */
#define LIMIT_EXPR_DEPTH 32
#define LIMIT_BUNDLE (256 * MiB)

#endif
