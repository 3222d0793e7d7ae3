#include "sense/import/info.h"

#include "base/err.h"
#include "base/limits.h"
#include "base/msg.h"
#include "core/msg/msgs.h"
#include "core/view/view.h"
#include "proto/recognise.h"

#define DETAIL_MOST 200	/* bytes of a first line that are worth showing */

static struct str short_text(struct str s)
{
	size_t n = s.n < DETAIL_MOST ? s.n : DETAIL_MOST;

	while (n > 0 && !str_utf8_ok(str_sub(s, 0, n), NULL)) {
		n--;
	}
	return str_sub(s, 0, n);
}

int info_serve(struct msg_chan *chan, const struct msg *first)
{
	struct arena *a = arena_new(NULL, 0);
	struct buf b = buf_new(a, LIMIT_MSG_BODY);
	struct rd rd = rd_str(str_dup(a, first->body));
	struct msg m = { .type = MSGS_INFO, .id = first->id, .fd = -1 };
	struct msg last = { .type = MSGS_INFO, .flags = MSG_LAST, .id = first->id, .fd = -1 };
	struct view_row row = view_row(VIEW_file);
	struct recognised is;
	struct str head;
	u8 whole;
	int r;

	if (rd_u8(&rd, &whole) != 0 || rd_blob(&rd, &head) != 0 || rd_done(&rd) != 0) {
		arena_free(a);
		return ERR_PROTO;
	}
	is = file_recognise(head, whole != 0);
	view_set_str(&row, VIEW_file_type, str_z(file_kind_names[is.kind]));
	view_set_str(&row, VIEW_file_format, short_text(is.format));
	view_set_str(&row, VIEW_file_text, short_text(is.detail));
	view_encode(&row, &b);
	m.body = buf_view(&b);
	r = buf_done(&b);
	r = r != 0 ? r : chan_send_wait(chan, &m, -1);
	r = r != 0 ? r : chan_send_wait(chan, &last, -1);
	arena_free(a);
	return r;
}
