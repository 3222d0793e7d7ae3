/* Lists of assets as a command gets them: filter, order, pages and cursors over a store of its own. */
#include "serve_test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "core/msg/msgs.h"

static struct core c;

/* One request; the ids that came, a blank between, and where the rest begins. */
static int ask(const char *filter, const char *sort, u32 limit, struct str cursor, struct str *ret_ids, struct str *ret_cursor)
{
	struct buf body = buf_new(c.a, 0), ids = buf_new(c.a, 0);
	struct conn to = { 0 };
	struct serve_reply out = { .s = c.s, .to = &to, .type = MSGS_ASSETS };
	struct msg_chan *mine;
	struct rd rd;
	struct msg m;
	int sv[2], r, end;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	to.chan = chan_new(sv[0], CHAN_PLAIN);
	mine = chan_new(sv[1], CHAN_PLAIN);
	buf_blob(&body, str_z(filter));
	buf_blob(&body, str_z(sort));
	buf_u32(&body, limit);
	buf_blob(&body, cursor);
	rd = rd_str(buf_view(&body));
	r = serve_assets[0].fn(c.s, &out, c.a, &rd);
	*ret_cursor = S("");
	chan_free(to.chan);
	do {
		assert_int_equal(chan_fill(mine), 0);
		while ((end = chan_next(mine, &m)) == 0) {
			struct view_row row;

			assert_int_equal(view_decode(c.a, str_dup(c.a, m.body), &row), 0);
			if (row.view->number == VIEW_page) {
				*ret_cursor = row.v[VIEW_page_cursor].s;
			} else {
				buf_printf(&ids, "%s%.*s", ids.n == 0 ? "" : " ", STRF(row.v[VIEW_asset_id].s));
			}
		}
	} while (end == ERR_BUSY);
	chan_free(mine);
	*ret_ids = buf_view(&ids);
	return r;
}

static void said(int asset, const char *kind, const char *field, const char *value)
{
	const char *keys[] = { str_c(c.a, str_printf(c.a, "mac:00:16:3e:00:00:%02x", asset)), NULL };
	struct fact_new *n = core_fact(&c, kind, 6, keys);

	fact_set_str(n, field, str_z(value));
	core_add(&c, n, 2, 100);
}

static void fill(void)
{
	static const char *const vendors[] = { "Acme", "Beta Optics" };

	core_begin(&c);
	for (int i = 1; i <= 9; i++) {
		const char *mac = str_c(c.a, str_printf(c.a, "00:16:3e:00:00:%02x", i));
		const char *ip = str_c(c.a, str_printf(c.a, "10.7.0.%d", i));

		core_host(&c, mac, ip, i);
		if (i % 3 == 0) {
			core_service(&c, mac, ip, 23, "telnet", i);
		}
		said(i, "hardware/1", "vendor", vendors[i % 2]);
		if (i <= 2) {
			said(i, "category/1", "name", "camera");
		}
	}
	core_commit(&c);
}

/* The whole list, asked for as a command does: a request may end early where the machine is slow, and is gone on with. */
static struct str list_of(const char *filter, const char *sort, u32 limit)
{
	struct str ids = S(""), part, cursor = S("");

	do {
		assert_int_equal(ask(filter, sort, limit, cursor, &part, &cursor), 0);
		ids = str_printf(c.a, "%.*s%s%.*s", STRF(ids), ids.n > 0 && part.n > 0 ? " " : "", STRF(part));
	} while (cursor.n > 0);
	return ids;
}

static void list_is(const char *filter, const char *sort, const char *ids)
{
	struct str got = list_of(filter, sort, 0);

	if (!str_eq(got, str_z(ids))) {
		fail_msg("%s by %s: %.*s", filter, sort, STRF(got));
	}
}

void test_assets__lists_what_the_filter_shows(void **state)
{
	(void)state;
	fill();
	list_is("", "", "AST-1 AST-2 AST-3 AST-4 AST-5 AST-6 AST-7 AST-8 AST-9");
	list_is("port:23", "", "AST-3 AST-6 AST-9");
	list_is("service:telnet -vendor:acme", "", "AST-3 AST-9");
	list_is("vendor:ACME", "", "AST-2 AST-4 AST-6 AST-8");
	list_is("vendor:acme port:23", "-id", "AST-6");
	list_is("kind:camera", "vendor", "AST-2 AST-1");
	list_is("kind:camera", "-last_seen", "AST-2 AST-1");
	list_is("10.7.0.7", "", "AST-7");
	list_is("telnet -10.7.0.3", "-id", "AST-9 AST-6");
	list_is("vendor:nobody", "", "");
	list_is("-port:23 vendor:beta*", "id", "AST-1 AST-5 AST-7");
	list_is("owner:sato", "", "");
	core_end(&c);
}

void test_assets__pages_go_on_where_the_last_ended(void **state)
{
	static const struct {
		const char *filter, *sort;
	} lists[] = { { "", "" }, { "-port:23", "-seen" }, { "vendor:acme", "" }, { "port:23 OR kind:camera", "vendor" } };

	(void)state;
	fill();
	for (size_t i = 0; i < countof(lists); i++) {
		struct str ids = list_of(lists[i].filter, lists[i].sort, 2);

		if (!str_eq(ids, list_of(lists[i].filter, lists[i].sort, 0))) {
			fail_msg("%s: %.*s", lists[i].filter, STRF(ids));
		}
	}
	core_end(&c);
}

void test_assets__refuses_what_it_cannot_do(void **state)
{
	struct str ids, cursor;

	(void)state;
	fill();
	assert_int_equal(ask("prot:23", "", 0, S(""), &ids, &cursor), ERR_UNKNOWN);
	assert_int_equal(ask("port:23", "owner", 0, S(""), &ids, &cursor), ERR_UNSUPPORTED);
	assert_int_equal(ask("port:23", "colour", 0, S(""), &ids, &cursor), ERR_UNKNOWN);
	assert_int_equal(ask("", "", 0, S("zz"), &ids, &cursor), ERR_SYNTAX);
	assert_int_equal(ask("", "", 2, S(""), &ids, &cursor), 0);
	assert_int_equal(ask("", "-id", 2, cursor, &ids, &cursor), ERR_SYNTAX);	/* of another order */
	core_end(&c);
}

/* More ports than the row of an asset holds: the state decides. */
void test_assets__many_ports(void **state)
{
	(void)state;
	fill();
	for (int i = 0; i < 60; i++) {
		core_service(&c, "00:16:3e:00:00:01", "10.7.0.1", 1000 + i, "x", 20 + i);
	}
	core_commit(&c);
	for (int i = 0; i < 60; i++) {
		core_service(&c, "00:16:3e:00:00:01", "10.7.0.1", 2000 + i, "x", 20 + i);
	}
	core_commit(&c);
	list_is("port:2059", "", "AST-1");
	list_is("port:1000", "", "AST-1");
	list_is("port:999", "", "");
	core_end(&c);
}
