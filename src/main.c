/* One program: a role when it was started as one by its supervisor, else the command line.
 *
 * A role is `korobanu --role=NAME [--log=LEVEL]` with a socket at descriptor 3 (base/role.h); its main function enters the
 * sandbox before it reads anything. Whoever types that by hand has no such socket and gets an error, not a half-open role. */
#include "base/log.h"
#include "base/role.h"
#include "core/serve/serve.h"
#include "judge/proof/proof.h"
#include "judge/sheet/judge.h"
#include "sense/discover/net.h"
#include "sense/import/import.h"
#include "sense/import/register.h"
#include "sense/import/info.h"
#include "sense/probe/parse.h"
#include "show/cli/cli.h"

#include <sys/stat.h>

static void *make_judge(struct arena *a)
{
	struct judge *j;
	struct perr err;

	if (judge_new(a, catalog_builtin, catalog_nbuiltin, &j, &err) != 0) {
		log_error("the built-in guidelines: %s", err.text);
		return NULL;
	}
	return j;
}

static int core_main(void)
{
	static const struct serve_parts parts = { .requests = { judge_requests, proof_requests }, .judge = judge_asset,
		.texts = judge_texts, .summary = judge_summary, .past = judge_past, .moment = judge_moment, .make = make_judge };

	return serve_main(&parts);
}

static int role_parse_main(void)
{
	static const struct parse_service services[] = { { MSGS_IMPORT, import_serve }, { MSGS_INFO, info_serve },
		{ MSGS_REGISTER_READ, register_serve }, { MSGS_VERIFY, proof_serve }, { 0, NULL } };

	return parse_main(services);
}

static int (*const role_mains[ROLE_COUNT])(void) = {
	[ROLE_CORE] = core_main,
	[ROLE_NET] = net_main,
	[ROLE_PARSE] = role_parse_main,
};

/* "--log=7" as the supervisor passes it on; anything else is the usual level. */
static enum log_level level_of(const char *arg)
{
	struct str s = str_z(arg);
	u64 v;

	if (!str_starts(s, S("--log=")) || str_u64(str_from(s, 6), LOG_DEBUG, &v) != 0) {
		return LOG_INFO;
	}
	return (enum log_level)v;
}

static int role_start(struct str name, enum log_level level)
{
	int r = role_find(name);
	struct stat st;

	log_init(r > ROLE_MAIN ? role_name((enum role)r) : "korobanu", level);
	if (r <= ROLE_MAIN || role_mains[r] == NULL) {
		log_error("--role: no such role");
		return 2;
	}
	if (fstat(ROLE_FD_CHANNEL, &st) != 0 || !S_ISSOCK(st.st_mode)) {
		log_error("--role is for the program itself: descriptor %d is not its channel", ROLE_FD_CHANNEL);
		return 2;
	}
	return role_mains[r]();
}

int main(int argc, char **argv)
{
	struct str first = str_z(argc > 1 ? argv[1] : NULL);

	if (str_starts(first, S("--role="))) {
		return role_start(str_from(first, 7), level_of(argc > 2 ? argv[2] : NULL));
	}
	return cli_main(argc, argv);
}
