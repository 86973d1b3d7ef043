// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Ends of TCP connections, one record each, with what the connection carried.
 *
 * Whose it is, is learnt when it is opened: from connect() here, for inbound ones from the accept program where that is
 * loaded too. Who closes it first shows in the states that it goes through.
 */
#include "context.h"
#include "tcp_connections.h"
#include <bpf/bpf_tracing.h>

/* Of enum Cause in the contract. */
enum close_cause {
	CLOSED_LOCALLY = 1,
	CLOSED_REMOTELY = 2,
	RESET_LOCALLY = 3,
	RESET_REMOTELY = 4,
	TIMED_OUT = 5,
	KEEP_ALIVE = 6,
	PROCESS_ENDED = 7,
	BROKEN = 8,
};

/* Keeps the record's layout in the BTF of the object. */
const struct close_record *layout __attribute__((unused));

/* Whether keep-alive probes ended it: nothing was under way, and nothing waited to be sent. */
static __always_inline bool probed_to_death(struct sock *sk, bool followed)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return READ(followed, sk, __sk_common.skc_flags) & 1 << SOCK_KEEPOPEN && !READ(followed, tp, packets_out) &&
	       READ(followed, tp, write_seq) == READ(followed, tp, snd_nxt);
}

static __always_inline __u8 cause_of(struct sock *sk, bool followed, __u8 flags, int state, __u32 error)
{
	switch (error) {
	case 0:
		if (flags & TCP_EXITING)
			return PROCESS_ENDED;
		/* Without a FIN: the socket was closed with unread data or SO_LINGER 0, or disconnected. */
		if (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT)
			return RESET_LOCALLY;
		if (flags & TCP_LOCAL_FIRST)
			return CLOSED_LOCALLY;
		if (flags & TCP_REMOTE_FIRST || state == TCP_LAST_ACK)
			return CLOSED_REMOTELY;
		return CLOSED_LOCALLY;
	case ECONNRESET:
	case EPIPE:
		return RESET_REMOTELY;
	case ETIMEDOUT:
		return probed_to_death(sk, followed) ? KEEP_ALIVE : TIMED_OUT;
	default:
		return BROKEN;
	}
}

static __always_inline void report(void *ctx, struct sock *sk, bool followed, const struct connection *connection,
				   __u8 flags, int state)
{
	struct sock *plain = followed ? untyped(sk) : sk;
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct close_record record = {};
	__u64 acknowledged;

	fill_owner(&record.tcp, plain, connection);
	record.tcp.flags |= flags;
	fill_socket(&record.tcp, sk, connection ? connection->direction : 0, followed);
	if (left_out(&record.tcp, plain))
		return;
	record.tcp.state = state;
	if (connection && connection->established)
		record.duration_ns = record.tcp.timestamp - connection->established;
	/* The kernel counts SYN and FIN as bytes that were received or acknowledged. */
	record.bytes_sent = READ(followed, tp, bytes_sent) - READ(followed, tp, bytes_retrans);
	acknowledged = READ(followed, tp, bytes_acked);
	if (record.tcp.direction == TCP_OUTBOUND && acknowledged)
		acknowledged--;
	record.bytes_acknowledged = acknowledged < record.bytes_sent ? acknowledged : record.bytes_sent;
	record.bytes_received = READ(followed, tp, bytes_received);
	if (record.bytes_received && READ(followed, sk, __sk_common.skc_flags) & 1 << SOCK_DONE)
		record.bytes_received--;
	record.segments_sent = READ(followed, tp, segs_out);
	record.segments_received = READ(followed, tp, segs_in);
	record.retransmits = READ(followed, tp, total_retrans);
	record.smoothed_rtt_us = READ(followed, tp, srtt_us) >> 3;
	record.minimum_rtt_us = READ(followed, tp, rtt_min.s[0].v);
	record.error = READ(followed, sk, sk_err);
	record.cause = cause_of(sk, followed, record.tcp.flags, state, record.error);
	emit(ctx, &record, sizeof(record));
}

static __always_inline bool process_ends(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_EXITING;
}

/* Remembers what a connection without an entry shows: it was open before, or its entry made room for others. */
static __always_inline void remember(struct sock *sk, __u64 id, __u8 flags, bool in_process)
{
	struct connection connection = {.id = id, .flags = flags};

	if (in_process) {
		own(&connection);
	} else {
		connection.cgroup_id = BPF_CORE_READ(cgroup_of(sk), kn, id);
		connection.uid = BPF_CORE_READ(sk, sk_uid.val);
	}
	keep(sk, &connection);
}

/* Whether this side breaks it off while a process has the socket; one that ends in order has been given up before. */
static __always_inline bool reset_follows(struct sock *sk, bool followed)
{
	return !READ(followed, sk, sk_err) && !(READ(followed, sk, __sk_common.skc_flags) & 1 << SOCK_DEAD);
}

/* The states whose beginning tells something: most sockets go through five others besides. */
static __always_inline bool is_followed(int state)
{
	return state == TCP_SYN_SENT || state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_CLOSE_WAIT ||
	       state == TCP_CLOSE;
}

/*
 * followed: the verifier follows sk, which is what bpf_skc_to_tcp_sock() gave
 * id: cookie of the socket, 0: not known, or not asked for because the socket is closed
 */
static __always_inline void follow(void *ctx, struct sock *sk, bool followed, __u64 id, int old_state, int state)
{
	struct connection *connection, new = {};
	__u64 key = (__u64)sk;
	__u8 flags;

	switch (state) {
	case TCP_SYN_SENT:
		own(&new);
		new.id = id;
		new.direction = TCP_OUTBOUND;
		new.flags |= TCP_TRACKED;
		keep(sk, &new);
		return;
	case TCP_ESTABLISHED:
		connection = connection_of(sk, followed);
		if (connection) {
			if (!connection->established)
				connection->established = now();
			return;
		}
		new.id = id;
		new.established = now();
		new.direction = old_state == TCP_SYN_RECV ? TCP_INBOUND : TCP_OUTBOUND;
		new.flags = TCP_TRACKED;
		new.cgroup_id = BPF_CORE_READ(cgroup_of(followed ? untyped(sk) : sk), kn, id);
		new.uid = READ(followed, sk, sk_uid.val);
		keep(sk, &new);
		return;
	case TCP_FIN_WAIT1:
	case TCP_CLOSE_WAIT:
		if (old_state != TCP_ESTABLISHED && old_state != TCP_SYN_RECV)
			return;
		flags = state == TCP_CLOSE_WAIT ? TCP_REMOTE_FIRST
			: process_ends()	? TCP_LOCAL_FIRST | TCP_EXITING
						: TCP_LOCAL_FIRST;
		connection = connection_of(sk, followed);
		if (connection)
			connection->flags |= flags;
		else
			remember(followed ? untyped(sk) : sk, id, flags, state == TCP_FIN_WAIT1);
		return;
	case TCP_CLOSE:
		if (old_state != TCP_SYN_SENT && old_state != TCP_SYN_RECV && old_state != TCP_LISTEN) {
			flags = 0;
			/* Closed without a FIN, by a process that ends. */
			if ((old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT) && in_task(ctx) &&
			    process_ends())
				flags = TCP_EXITING;
			connection = connection_of(sk, followed);
			report(ctx, sk, followed, connection, flags, old_state);
			if (connection && reset_follows(sk, followed))
				bpf_map_update_elem(&broken, &key, connection, BPF_ANY);
		}
		forget(sk);
	}
}

/* Since 5.12 (c5dbb89fc2ac), for the cookie that it makes where a socket has none. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state, struct sock *sk, int old_state, int state)
{
	struct tcp_sock *tp;

	if (!is_followed(state) || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		follow(ctx, (struct sock *)tp, true, state == TCP_CLOSE ? 0 : bpf_get_socket_cookie(sk), old_state,
		       state);
	return 0;
}

SEC("?raw_tp/inet_sock_set_state")
int state_without_cookie(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];

	if (is_followed(ctx->args[2]) && is_tcp(sk))
		follow(ctx, sk, false, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), ctx->args[1], ctx->args[2]);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
