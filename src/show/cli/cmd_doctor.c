/* doctor: what this machine offers the program and what it lacks: the sandbox, raw packets, the store's directory, disk, clock and
 * the users of the roles. Reads only; needs no store. Every row says what was found, and where something is wrong, what to do. */
#include "show/cli/out.h"
#include "show/cli/route.h"

#include "base/err.h"
#include "base/role.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#define DISK_LEAST ((u64)1 << 30)	/* below that much free space it is time to act */

struct doctor {
	struct cli *c;
	struct out *out;
	bool bad;
};

static void tell(struct doctor *d, const char *check, enum view_answer state, struct str text, enum tr_id fix)
{
	struct view_row row = view_row(VIEW_doctor);

	view_set_str(&row, VIEW_doctor_check, str_z(check));
	view_set_answer(&row, VIEW_doctor_state, (u8)state);
	view_set_str(&row, VIEW_doctor_text, text);
	view_set_str(&row, VIEW_doctor_fix, fix == MSG_NONE ? S("") : tr_text(d->c->lang, fix));
	d->bad = d->bad || state == VIEW_FAIL;
	out_row(d->out, &row);
}

static struct str say(struct doctor *d, enum tr_id id)
{
	return tr_text(d->c->lang, id);
}

static void check_landlock(struct doctor *d)
{
	int abi = role_landlock_abi();

	tell(d, "landlock", abi > 0 ? VIEW_PASS : VIEW_PARTIAL, abi > 0 ? str_printf(d->c->a, "ABI %d", abi) :
		say(d, MSG_doctor_none), abi > 0 ? MSG_NONE : MSG_doctor_fix_landlock);
}

/* The kernel is asked for an action it must know; nothing is installed. */
static void check_seccomp(struct doctor *d)
{
	u32 action = SECCOMP_RET_KILL_PROCESS;
	bool ok = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;

	tell(d, "seccomp", ok ? VIEW_PASS : VIEW_FAIL, say(d, ok ? MSG_doctor_there : MSG_doctor_none),
		ok ? MSG_NONE : MSG_doctor_fix_seccomp);
}

static void check_raw(struct doctor *d)
{
	bool ok = route_raw_allowed();

	tell(d, "raw_packets", ok ? VIEW_PASS : VIEW_PARTIAL, say(d, ok ? MSG_doctor_there : MSG_doctor_no_raw),
		ok ? MSG_NONE : MSG_doctor_fix_raw);
}

static void check_store(struct doctor *d)
{
	struct str dir = cli_store(d->c);
	struct stat st;
	u32 uid = geteuid(), gid;

	if (stat(str_c(d->c->a, dir), &st) != 0) {
		tell(d, "store", errno == ENOENT ? VIEW_NA : VIEW_FAIL, str_printf(d->c->a, "%.*s: %.*s", STRF(dir),
			STRF(cli_reason(d->c, err_from_errno(errno)))), MSG_NONE);
		return;
	}
	if (d->c->env->root && role_uid(ROLE_CORE, &uid, &gid) != 0) {
		uid = 0;
	}
	if (!S_ISDIR(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid != uid) {
		tell(d, "store", VIEW_FAIL, str_printf(d->c->a, "%.*s: %04o, uid %u", STRF(dir), (u32)st.st_mode & 07777, st.st_uid),
			MSG_doctor_fix_store);
		return;
	}
	tell(d, "store", VIEW_PASS, str_printf(d->c->a, "%.*s", STRF(dir)), MSG_NONE);
}

/* Of the nearest directory that exists: a store that was not made yet will lie there. */
static void check_disk(struct doctor *d)
{
	struct str dir = cli_store(d->c);
	struct statvfs v;
	u64 left;

	while (statvfs(str_c(d->c->a, dir), &v) != 0) {
		ptrdiff_t slash = -1;

		for (size_t i = 0; i < dir.n; i++) {
			slash = dir.p[i] == '/' ? (ptrdiff_t)i : slash;
		}
		if (slash <= 0) {
			dir = dir.n > 0 && dir.p[0] == '/' ? S("/") : S(".");
			if (statvfs(str_c(d->c->a, dir), &v) != 0) {
				tell(d, "disk", VIEW_UNKNOWN, cli_reason(d->c, err_from_errno(errno)), MSG_NONE);
				return;
			}
			break;
		}
		dir = str_sub(dir, 0, (size_t)slash);
	}
	left = (u64)v.f_bavail * v.f_frsize;
	tell(d, "disk", left >= DISK_LEAST ? VIEW_PASS : VIEW_FAIL, tr(d->c->a, d->c->lang, MSG_doctor_free, TR(
		{ "size", str_printf(d->c->a, "%.1f GiB", (double)left / (double)((u64)1 << 30)) }, { "dir", dir })),
		left >= DISK_LEAST ? MSG_NONE : MSG_doctor_fix_disk);
}

/* A ledger is only as good as its times; the kernel knows whether somebody steers its clock. */
static void check_clock(struct doctor *d)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	if (state < 0) {
		tell(d, "time", VIEW_UNKNOWN, cli_reason(d->c, err_from_errno(errno)), MSG_NONE);
	} else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0) {
		tell(d, "time", VIEW_FAIL, say(d, MSG_doctor_unsynced), MSG_doctor_fix_time);
	} else {
		tell(d, "time", VIEW_PASS, tr(d->c->a, d->c->lang, MSG_doctor_synced, TR(
			{ "ms", str_printf(d->c->a, "%.1f", (double)t.esterror / 1000) })), MSG_NONE);
	}
}

static void check_users(struct doctor *d)
{
	for (int r = ROLE_CORE; r < ROLE_COUNT; r++) {
		const char *name = str_c(d->c->a, str_printf(d->c->a, "user_%s", role_name((enum role)r)));
		u32 uid, gid;
		int err = role_uid((enum role)r, &uid, &gid);

		if (err != 0) {
			tell(d, name, d->c->env->root ? VIEW_FAIL : VIEW_PARTIAL, cli_reason(d->c, err), MSG_doctor_fix_user);
		} else {
			tell(d, name, VIEW_PASS, str_printf(d->c->a, "uid %u, gid %u", uid, gid), MSG_NONE);
		}
	}
}

int cmd_doctor(struct cli *c)
{
	struct doctor d = { .c = c };
	int exit = out_open(c, &d.out);

	if (exit != CLI_OK || d.out == NULL) {
		return exit;
	}
	check_landlock(&d);
	check_seccomp(&d);
	check_raw(&d);
	check_store(&d);
	check_disk(&d);
	check_clock(&d);
	check_users(&d);
	exit = out_close(d.out, true);
	return exit == CLI_OK && d.bad ? CLI_NO : exit;
}
