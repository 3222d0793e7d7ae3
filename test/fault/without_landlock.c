/* Runs a command as on a kernel that offers no Landlock.
 *
 *   without_landlock ENOSYS|EOPNOTSUPP COMMAND...
 *
 * landlock_create_ruleset fails with that error in the command and in all that it starts: ENOSYS is a kernel before 5.13 or one built
 * without it, EOPNOTSUPP one that was started without it. The roles' own filters come on top; none of them asks for it again. */
#include "base/base.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int take_away(u32 error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = countof(code), .filter = code };

	if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int argc, char **argv)
{
	u32 error = argc < 3 ? 0 : strcmp(argv[1], "ENOSYS") == 0 ? ENOSYS : strcmp(argv[1], "EOPNOTSUPP") == 0 ? EOPNOTSUPP : 0;

	if (error == 0) {
		fprintf(stderr, "usage: without_landlock ENOSYS|EOPNOTSUPP COMMAND...\n");
		return 99;
	}
	if (take_away(error) != 0 || syscall(SYS_landlock_create_ruleset, NULL, 0, 1) != -1 || errno != (int)error) {
		perror("without_landlock");
		return 99;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 99;
}
