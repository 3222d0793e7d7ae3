/* One packet socket: a TPACKET_V2 ring in (one frame a packet, visible at once), sendmmsg out. Received bytes are only handed
 * to the readers of proto/. The kernel filters before it copies, so a busy segment costs little. */
#include "sense/discover/sweep_int.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

#define RING_FRAME 256u
#define RING_BLOCK (256 * KiB)
#define RING_BLOCKS 32
#define RING_FRAMES (RING_BLOCK * RING_BLOCKS / RING_FRAME)
#define SNAP 160	/* an ICMPv6 error quoting IPv6 and TCP as far as its sequence number needs 122 */

static int attach_filter(int fd, u16 base)
{
	enum { ACCEPT = 18, REFUSE = 19 };
#define TO(at, here) (u8)((at) - (here) - 1)
	struct sock_filter code[] = {
		/* 0 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		/* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_ARP, TO(ACCEPT, 1), 0),
		/* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_IP6, TO(11, 2), 0),
		/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_IP4, 0, TO(REFUSE, 3)),
		/* 4 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		/* 5 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IP_ICMP, TO(ACCEPT, 5), 0),
		/* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IP_TCP, 0, TO(REFUSE, 6)),
		/* 7 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		/* 8 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
		/* 9 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, base, 0, TO(REFUSE, 9)),
		/* 10 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (u32)base + WIRE_PORTS, TO(REFUSE, 10), TO(ACCEPT, 10)),
		/* 11 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
		/* 12 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IP_ICMP6, TO(ACCEPT, 12), 0),
		/* 13 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IP_TCP, 0, TO(REFUSE, 13)),
		/* 14 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 56),
		/* 15 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, base, 0, TO(REFUSE, 15)),
		/* 16 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (u32)base + WIRE_PORTS, TO(REFUSE, 16), TO(ACCEPT, 16)),
		/* 17 */ BPF_STMT(BPF_RET | BPF_K, 0),
		/* 18 */ BPF_STMT(BPF_RET | BPF_K, SNAP),
		/* 19 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
#undef TO
	const struct sock_fprog prog = { .len = countof(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog);
}

int wire_open(struct arena *a, struct wire *w, int fd, u32 ifindex, u16 base)
{
	const int one = 1, version = TPACKET_V2;
	const struct tpacket_req req = {
		.tp_block_size = RING_BLOCK, .tp_block_nr = RING_BLOCKS,
		.tp_frame_size = RING_FRAME, .tp_frame_nr = RING_FRAMES,
	};
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	void *ring;
	int r;

	at.sll_protocol = __builtin_bswap16(ETH_P_ALL);
	if (fd < 0) {
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0) {
			return err_from_errno(errno);
		}
	}
	/* the filter first: nothing unfiltered may stand in the ring */
	if (attach_filter(fd, base) != 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) != 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) != 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof req) != 0) {
		goto fail;
	}
	ring = mmap(NULL, RING_BLOCK * RING_BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED) {
		goto fail;
	}
	if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
		r = err_from_errno(errno);
		(void)munmap(ring, RING_BLOCK * RING_BLOCKS);
		(void)close(fd);
		return r;
	}
	*w = (struct wire){ .fd = fd, .ring = ring, .ring_size = RING_BLOCK * RING_BLOCKS,
		.frames = arena_alloc(a, (size_t)WIRE_BATCH * WIRE_FRAME) };
	return 0;
fail:
	r = err_from_errno(errno);
	(void)close(fd);
	return r;
}

void wire_close(struct wire *w)
{
	if (w->fd >= 0) {
		(void)munmap(w->ring, w->ring_size);
		(void)close(w->fd);
	}
	w->fd = -1;
}

u8 *wire_frame(struct wire *w)
{
	if (w->n == WIRE_BATCH && wire_flush(w) != 0) {
		w->n = 0;	/* what was lost will be asked again; a broken socket shows at the next flush */
	}
	return w->frames + (size_t)w->n * WIRE_FRAME;
}

void wire_add(struct wire *w, size_t n)
{
	must(n <= WIRE_FRAME && w->n < WIRE_BATCH);
	w->lens[w->n++] = (u32)n;
}

int wire_flush(struct wire *w)
{
	struct mmsghdr msgs[WIRE_BATCH] = { 0 };
	struct iovec iov[WIRE_BATCH];
	u32 done = 0, full = 0;

	for (u32 i = 0; i < w->n; i++) {
		iov[i] = (struct iovec){ .iov_base = w->frames + (size_t)i * WIRE_FRAME, .iov_len = w->lens[i] };
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	while (done < w->n) {
		int r = sendmmsg(w->fd, msgs + done, w->n - done, 0);

		if (r > 0) {
			done += (u32)r;
			continue;
		}
		if (errno == EINTR) {
			continue;
		}
		/* the device's queue is full: the rest counts as lost on the way and is asked again */
		if (errno == ENOBUFS || errno == EAGAIN) {
			if (++full > 100) {
				break;
			}
			continue;
		}
		r = err_from_errno(errno);
		w->n = 0;
		return r;
	}
	w->sent += done;
	w->n = 0;
	return 0;
}

static struct tpacket2_hdr *ring_at(const struct wire *w)
{
	return (struct tpacket2_hdr *)(void *)(w->ring + (size_t)w->next * RING_FRAME);
}

bool wire_next(struct wire *w, struct rd *ret)
{
	struct tpacket2_hdr *h = ring_at(w);

	if ((__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) {
		return false;
	}
	must(h->tp_mac <= RING_FRAME && h->tp_snaplen <= RING_FRAME - h->tp_mac);	/* the kernel's own numbers */
	*ret = rd_of((const u8 *)h + h->tp_mac, h->tp_snaplen);
	return true;
}

void wire_release(struct wire *w)
{
	__atomic_store_n(&ring_at(w)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	w->next = (w->next + 1) % RING_FRAMES;
}

/* --- pace ---- */

#define BURST_NS (5 * NS_MS)
#define BURST_NO_LIMIT 4096

static i64 cost(const struct pace *p)
{
	return NS_S / p->pps;
}

u32 pace_room(struct pace *p, i64 now)
{
	i64 most;

	if (p->pps == 0) {
		return BURST_NO_LIMIT;
	}
	most = cost(p) > BURST_NS ? cost(p) : BURST_NS;
	p->credit += p->last == 0 ? most : now - p->last;
	p->last = now;
	if (p->credit > most) {
		p->credit = most;
	}
	return p->credit > 0 ? (u32)(p->credit / cost(p)) : 0;
}

void pace_take(struct pace *p, u32 n)
{
	if (p->pps != 0) {
		p->credit -= cost(p) * n;
	}
}

i64 pace_next(const struct pace *p)
{
	return p->pps == 0 ? 0 : p->last + (p->credit >= cost(p) ? 0 : cost(p) - p->credit);
}
