#include "unit.h"

#include "super_probe.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "core/super/super.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *dir_new(void)
{
	static char dir[64];

	strcpy(dir, "/tmp/korobanu-super-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return dir;
}

static void dir_remove(const char *dir)
{
	static const char *const names[] = { "core.sock", "lock" };
	char path[600];

	for (size_t i = 0; i < countof(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void open_store(const char *dir, struct super **s, struct client **c)
{
	assert_int_equal(super_new(SUPER_PROBE, s), 0);
	if (super_open_core(*s, dir, c) != 0) {
		fail_msg("%s: %s", dir, super_error(*s));
	}
}

static bool has_socket(const char *dir)
{
	char path[256];

	snprintf(path, sizeof path, "%s/core.sock", dir);
	return access(path, F_OK) == 0;
}

struct rows {
	char text[256];
	int stop_at;
	int n;
};

static int collect(void *arg, const struct msg *m)
{
	struct rows *r = arg;

	strncat(r->text, m->body.p, m->body.n);
	strcat(r->text, ";");
	r->n++;
	return r->n == r->stop_at ? ERR_LIMIT : 0;
}

static int order(struct client *c, enum order o, struct rows *rows)
{
	const u8 body[4] = { 0, 0, 0, (u8)o };

	return client_call(c, MSGS_HELLO, str_of(body, sizeof body), collect, rows);
}

void test_super__starts_core_asks_and_lets_it_end(void **state)
{
	char *dir = dir_new();
	struct rows rows = { 0 };
	struct super *s;
	struct client *c;

	(void)state;
	open_store(dir, &s, &c);
	assert_true(super_started_core(s));
	assert_int_equal(order(c, ORDER_ROWS, &rows), 0);
	assert_string_equal(rows.text, "row 0;row 1;row 2;end;");
	assert_int_equal(order(c, ORDER_FAIL, &rows), ERR_NEWER);
	assert_str(client_error(c), "made by 9.1");
	rows = (struct rows){ .stop_at = 2 };
	assert_int_equal(order(c, ORDER_ROWS, &rows), ERR_LIMIT);	/* the rest is thrown away ... */
	assert_int_equal(rows.n, 2);
	rows = (struct rows){ 0 };
	assert_int_equal(order(c, ORDER_ROWS, &rows), 0);		/* ... and does not mix with the next */
	assert_int_equal(rows.n, 4);
	assert_int_equal(client_error(c).n, 0);
	super_free(s);
	assert_false(has_socket(dir));					/* core has ended: it removes its socket */
	dir_remove(dir);
}

void test_super__makes_the_directory_and_long_paths_work(void **state)
{
	char *dir = dir_new(), path[400], cut[400];
	struct super *s;
	struct client *c;
	size_t n = 0;

	(void)state;
	if (geteuid() == 0) {
		assert_int_equal(chmod(dir, 0755), 0);
	}
	n = (size_t)snprintf(path, sizeof path, "%s", dir);
	while (n < 300) {						/* a Unix socket's path ends at 108 */
		n += (size_t)snprintf(path + n, sizeof path - n, "/%s", "a-rather-long-name-for-a-directory");
	}
	open_store(path, &s, &c);
	super_free(s);
	snprintf(cut, sizeof cut, "%s", path);
	dir_remove(path);
	for (char *p = strrchr(cut, '/'); strlen(cut) > strlen(dir); p = strrchr(cut, '/')) {
		*p = '\0';
		assert_int_equal(rmdir(cut), 0);
	}
}

void test_super__a_stale_socket_and_a_free_lock_are_taken_over(void **state)
{
	char *dir = dir_new(), path[256];
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct super *s;
	struct client *c;

	(void)state;
	open_store(dir, &s, &c);		/* as root it becomes core's; then everything in it may be stale */
	super_free(s);
	snprintf(at.sun_path, sizeof at.sun_path, "%s/core.sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	close(fd);
	open_store(dir, &s, &c);
	assert_true(super_started_core(s));
	super_free(s);
	snprintf(path, sizeof path, "%s/core.sock", dir);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(super_new(SUPER_PROBE, &s), 0);
	assert_int_equal(super_open_core(s, dir, &c), ERR_DENIED);
	super_free(s);
	dir_remove(dir);
}

void test_super__a_store_of_others_is_refused(void **state)
{
	char *dir = dir_new();
	struct super *s;
	struct client *c;

	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(dir, 12345, 12345), 0);
	}
	assert_int_equal(super_new(SUPER_PROBE, &s), 0);
	assert_int_equal(super_open_core(s, dir, &c), ERR_DENIED);
	assert_true(super_error(s)[0] != '\0');
	assert_int_equal(super_open_core(s, "/dev/null", &c), ERR_NOTFOUND);
	assert_int_equal(super_open_core(s, "", &c), ERR_ARG);
	super_free(s);
	assert_int_equal(rmdir(dir), 0);
}

void test_super__a_core_that_cannot_start_is_told_at_once(void **state)
{
	char *dir = dir_new();
	struct super *s;
	struct client *c;
	i64 t = mono_now().ns;

	(void)state;
	assert_int_equal(super_new("/bin/false", &s), 0);
	assert_int_equal(super_open_core(s, dir, &c), ERR_CLOSED);
	super_free(s);
	assert_true(mono_now().ns - t < (i64)2 * 1000000000);
	dir_remove(dir);
}

/* A command of its own: prints the pid of its core, ends when its stdin does. */
struct command {
	pid_t pid;
	int in, out;
};

static struct command command_start(const char *dir)
{
	struct command c;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	c.pid = fork();
	if (c.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(SUPER_PROBE, SUPER_PROBE, dir, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	c.in = in[1];
	c.out = out[0];
	return c;
}

static int command_core(const struct command *c)
{
	char line[32] = { 0 };

	assert_true(read(c->out, line, sizeof line - 1) > 0);
	return atoi(line);
}

static int command_end(struct command *c)
{
	int status;

	close(c->in);
	close(c->out);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return status;
}

/* Gone, or a zombie whose new parent has not looked yet. */
static bool is_gone(pid_t pid)
{
	char path[64], text[512] = { 0 };
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f == NULL) {
		return true;
	}
	if (fgets(text, sizeof text, f) == NULL) {
		text[0] = '\0';
	}
	fclose(f);
	return strstr(text, ") Z ") != NULL || text[0] == '\0';
}

static bool gone_within(pid_t pid, int ms)
{
	const struct timespec nap = { .tv_nsec = 5000000 };

	for (int i = 0; i < ms / 5; i++) {
		if (is_gone(pid)) {
			return true;
		}
		nanosleep(&nap, NULL);
	}
	return false;
}

void test_super__commands_at_once_share_one_core(void **state)
{
	enum { N = 6 };

	(void)state;
	for (int round = 0; round < 5; round++) {
		char *dir = dir_new();
		struct command c[N];
		int core = 0;

		for (int i = 0; i < N; i++) {
			c[i] = command_start(dir);
		}
		for (int i = 0; i < N; i++) {
			int pid = command_core(&c[i]);

			assert_true(pid > 0 && (core == 0 || pid == core));
			core = pid;
		}
		for (int i = 0; i < N; i++) {
			assert_int_equal(command_end(&c[i]), 0);
		}
		assert_true(gone_within(core, 5000));
		dir_remove(dir);
	}
}

void test_super__core_outlives_a_killed_main_while_it_is_used(void **state)
{
	char *dir = dir_new();
	struct command first = command_start(dir), second;
	int core = command_core(&first), status;

	(void)state;
	second = command_start(dir);
	assert_int_equal(command_core(&second), core);
	kill(first.pid, SIGKILL);
	status = command_end(&first);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(kill(core, SIGINT), 0);	/* what a terminal sends to all is main's to understand */
	assert_int_equal(kill(core, SIGTERM), 0);
	assert_false(gone_within(core, 50));
	first = command_start(dir);			/* a newcomer finds it too */
	assert_int_equal(command_core(&first), core);
	assert_int_equal(command_end(&first), 0);
	assert_false(is_gone(core));
	assert_int_equal(command_end(&second), 0);
	assert_true(gone_within(core, 5000));
	first = command_start(dir);			/* and after the end there is another */
	assert_true(command_core(&first) != core);
	assert_int_equal(command_end(&first), 0);
	dir_remove(dir);
}

void test_super__a_command_does_not_wait_for_a_core_others_use(void **state)
{
	char *dir = dir_new();
	struct command first = command_start(dir), second;
	int core = command_core(&first);
	i64 t;

	(void)state;
	second = command_start(dir);
	assert_int_equal(command_core(&second), core);
	t = mono_now().ns;
	assert_int_equal(command_end(&first), 0);	/* the one that started it */
	assert_true(mono_now().ns - t < (i64)2 * 1000000000);
	assert_false(is_gone(core));
	assert_int_equal(command_end(&second), 0);
	assert_true(gone_within(core, 5000));
	dir_remove(dir);
}

void test_super__an_interrupt_ends_a_wait_once(void **state)
{
	char *dir = dir_new();
	struct rows rows = { 0 };
	struct super *s;
	struct client *c;

	(void)state;
	open_store(dir, &s, &c);
	assert_int_equal(super_signal(s), 0);
	kill(getpid(), SIGINT);
	assert_int_equal(order(c, ORDER_SILENCE, &rows), ERR_CANCELED);
	assert_int_equal(super_signal(s), SIGINT);
	assert_int_equal(order(c, ORDER_ROWS, &rows), 0);	/* what ends a command in order still works */
	kill(getpid(), SIGTERM);
	assert_int_equal(super_run(s, &(struct super_calls){ 0 }), ERR_CANCELED);
	assert_int_equal(super_signal(s), SIGTERM);
	super_free(s);
	dir_remove(dir);
}

void test_super__a_core_that_misbehaves_or_dies_is_told(void **state)
{
	static const enum order orders[] = { ORDER_MISBEHAVE, ORDER_DIE };

	(void)state;
	for (size_t i = 0; i < countof(orders); i++) {
		char *dir = dir_new();
		struct rows rows = { 0 };
		struct super *s;
		struct client *c;

		open_store(dir, &s, &c);
		assert_int_equal(order(c, orders[i], &rows), ERR_CLOSED);
		assert_int_equal(order(c, ORDER_ROWS, &rows), ERR_CLOSED);
		super_free(s);
		dir_remove(dir);
	}
}

/* The whole chain net -> parse -> core -> parse -> net, more of it than any queue holds. */
struct chain {
	struct super *s;
	int exits, ticks;
	struct super_exit last;
	bool done;
};

static int on_msg(void *arg, enum role from, const struct msg *m)
{
	struct chain *ch = arg;

	assert_true(from == ROLE_NET && m->type == MSGS_NET_START && m->flags == MSG_LAST && m->id == 77);
	assert_str(m->body, "done");
	ch->done = true;
	return 1;
}

static int on_exit_role(void *arg, const struct super_exit *e)
{
	struct chain *ch = arg;

	ch->exits++;
	ch->last = *e;
	return 2;
}

static int on_tick(void *arg)
{
	struct chain *ch = arg;

	ch->ticks++;
	return 0;
}

static void start_net(struct super *s, u32 n)
{
	const u8 body[4] = { (u8)(n >> 24), (u8)(n >> 16), (u8)(n >> 8), (u8)n };
	const struct msg m = { .type = MSGS_NET_START, .id = 77, .body = str_of(body, 4), .fd = -1 };

	assert_int_equal(super_send(s, ROLE_NET, &m), 0);
}

void test_super__routes_a_scan_through_all_roles(void **state)
{
	char *dir = dir_new();
	struct chain ch = { 0 };
	const struct super_calls calls = { .on_msg = on_msg, .on_exit = on_exit_role, .on_tick = on_tick, .tick_ms = 5,
		.arg = &ch };
	struct super *s;
	struct client *c;

	(void)state;
	open_store(dir, &s, &c);
	assert_int_equal(super_spawn(s, ROLE_NET), 0);
	assert_int_equal(super_spawn(s, ROLE_NET), ERR_BUSY);
	assert_int_equal(super_spawn(s, ROLE_PARSE), 0);
	assert_true(super_running(s, ROLE_PARSE));
	start_net(s, 5000);
	assert_int_equal(super_run(s, &calls), 1);
	assert_true(ch.done && ch.exits == 0);
	super_stop(s, ROLE_NET);
	assert_int_equal(super_run(s, &calls), 2);
	assert_true(ch.last.role == ROLE_NET && !ch.last.misbehaved);
	assert_int_equal(ch.last.status, 0);
	assert_int_equal(super_spawn(s, ROLE_NET), 0);		/* and again */
	super_free(s);
	dir_remove(dir);
}

void test_super__a_scan_goes_on_while_main_asks_core(void **state)
{
	char *dir = dir_new();
	struct chain ch = { 0 };
	const struct super_calls calls = { .on_msg = on_msg, .arg = &ch };
	struct rows rows;
	struct super *s;
	struct client *c;

	(void)state;
	open_store(dir, &s, &c);
	assert_int_equal(super_spawn(s, ROLE_NET), 0);
	assert_int_equal(super_spawn(s, ROLE_PARSE), 0);
	start_net(s, 500);
	for (int i = 0; i < 200; i++) {
		rows = (struct rows){ 0 };
		assert_int_equal(order(c, ORDER_ROWS, &rows), 0);
		assert_int_equal(rows.n, 4);
	}
	assert_int_equal(super_run(s, &calls), 1);		/* the answer of net waited for us */
	assert_true(ch.done);
	super_free(s);
	dir_remove(dir);
}

static int on_answer(void *arg, enum role from, const struct msg *m)
{
	struct rows *r = arg;

	assert_int_equal(from, ROLE_CORE);
	collect(r, m);
	return (m->flags & MSG_LAST) != 0 && ++r->stop_at == 5 ? 9 : 0;
}

void test_super__answers_to_sent_questions_come_to_the_loop(void **state)
{
	char *dir = dir_new();
	const u8 body[4] = { 0, 0, 0, ORDER_PID };
	struct rows rows = { 0 }, others = { 0 };
	const struct super_calls calls = { .on_msg = on_answer, .arg = &rows };
	struct super *s;
	struct client *c;
	u32 id[5];

	(void)state;
	open_store(dir, &s, &c);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(client_send(c, MSGS_HELLO, str_of(body, 4), &id[i]), 0);
		assert_true(i == 0 || id[i] != id[i - 1]);
	}
	assert_int_equal(order(c, ORDER_ROWS, &others), 0);	/* stands behind the five */
	assert_int_equal(others.n, 4);
	assert_int_equal(super_run(s, &calls), 9);
	assert_int_equal(rows.n, 5);
	super_free(s);
	dir_remove(dir);
}

void test_super__a_role_that_misbehaves_or_crashes_is_told(void **state)
{
	static const struct {
		u32 n;
		int sig;
		bool bad;
	} ways[] = { { 0xBAD, SIGKILL, true }, { 0xDEAD, SIGABRT, false } };

	(void)state;
	for (size_t i = 0; i < countof(ways); i++) {
		struct chain ch = { 0 };
		const struct super_calls calls = { .on_msg = on_msg, .on_exit = on_exit_role, .arg = &ch };
		struct super *s;

		assert_int_equal(super_new(SUPER_PROBE, &s), 0);
		assert_int_equal(super_spawn(s, ROLE_NET), 0);
		start_net(s, ways[i].n);
		assert_int_equal(super_run(s, &calls), 2);
		assert_int_equal(ch.last.role, ROLE_NET);
		assert_true(ch.last.misbehaved == ways[i].bad);
		assert_true(WIFSIGNALED(ch.last.status) && WTERMSIG(ch.last.status) == ways[i].sig);
		assert_int_equal(super_run(s, &calls), 0);	/* nobody is left */
		super_free(s);
	}
}

void test_super__main_may_not_send_what_the_table_forbids(void **state)
{
	struct msg m = { .type = MSGS_NET_FOUND, .fd = -1 };
	struct super *s;

	(void)state;
	assert_int_equal(super_new(SUPER_PROBE, &s), 0);
	assert_int_equal(super_spawn(s, ROLE_NET), 0);
	assert_int_equal(super_send(s, ROLE_NET, &m), ERR_PROTO);
	m.type = MSGS_HELLO;
	assert_int_equal(super_send(s, ROLE_NET, &m), ERR_PROTO);
	assert_int_equal(super_send(s, ROLE_CORE, &m), ERR_CLOSED);
	super_free(s);
}
