#include "unit.h"

#include "base/err.h"
#include "core/msg/msgs.h"

#include <string.h>

void test_msgs__table_is_one_to_one_and_in_its_groups(void **state)
{
	size_t n;
	const struct msgs_kind *k = msgs_all(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		u16 group = k[i].type >> 8;

		assert_true(k[i].sender != k[i].receiver && k[i].sender < ROLE_COUNT && k[i].receiver < ROLE_COUNT);
		assert_true(group >= 1 && group <= 9 && k[i].text[0] != '\0');
		assert_ptr_equal(msgs_find(k[i].type), &k[i]);
		for (size_t j = 0; j < i; j++) {
			assert_true(k[i].type != k[j].type && strcmp(k[i].name, k[j].name) != 0);
		}
	}
	assert_null(msgs_find(0));
	assert_null(msgs_find(0xFFFF));
}

void test_msgs__routes_questions_and_answers(void **state)
{
	struct msg m = { .type = MSGS_HELLO };
	enum role to = ROLE_COUNT;

	(void)state;
	assert_int_equal(msgs_route(&m, ROLE_MAIN, &to), 0);
	assert_int_equal(to, ROLE_CORE);
	m.flags = MSG_LAST;
	assert_int_equal(msgs_route(&m, ROLE_CORE, &to), 0);
	assert_int_equal(to, ROLE_MAIN);
	m = (struct msg){ .type = MSGS_PUT_CHUNK, .flags = MSG_LAST | MSG_FAILED };
	assert_int_equal(msgs_route(&m, ROLE_CORE, &to), 0);
	assert_int_equal(to, ROLE_PARSE);
	m = (struct msg){ .type = MSGS_NET_SOCKET, .flags = MSG_FD };
	assert_int_equal(msgs_route(&m, ROLE_MAIN, &to), 0);
	assert_int_equal(to, ROLE_NET);
}

void test_msgs__refuses_what_the_table_does_not_say(void **state)
{
	static const struct {
		u16 type, flags;
		enum role from;
	} bad[] = {
		{ 0, 0, ROLE_MAIN }, { 0x0999, 0, ROLE_CORE },			/* unknown */
		{ MSGS_HELLO, 0, ROLE_NET }, { MSGS_HELLO, 0, ROLE_PARSE },	/* another sender */
		{ MSGS_NET_FOUND, 0, ROLE_PARSE },				/* no answer is wanted */
		{ MSGS_PUT_CHUNK, 0, ROLE_NET }, { MSGS_PUT_CHUNK, 0, ROLE_MAIN },
		{ MSGS_HELLO, MSG_LAST, ROLE_MAIN },				/* a question that ends */
		{ MSGS_HELLO, MSG_FAILED, ROLE_CORE },				/* a failure that does not */
		{ MSGS_HELLO, MSG_FD, ROLE_MAIN }, { MSGS_NET_FOUND, MSG_FD, ROLE_NET },	/* a descriptor */
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		const struct msg m = { .type = bad[i].type, .flags = bad[i].flags };
		enum role to;

		assert_int_equal(msgs_route(&m, bad[i].from, &to), ERR_PROTO);
	}
}
