// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Outbound connection attempts, one record each.
 *
 * cgroup/connect4 and connect6 see every attempt before it happens and put it into the map of pending attempts. What
 * becomes of it is learnt where it costs nobody else anything:
 *
 *   TCP         sock/inet_sock_set_state: the handshake ends established, or closed with the error in the socket
 *   others      connect() is over at once, but nothing is called at its end; the socket shows later whether it has the
 *               peer's address: at its next connect, at its release, or when the agent walks the pending attempts
 *   either one  cgroup/sock_release: nothing came of it before the socket went away
 *
 * Where fexit works it tells what connect() returned. Where there is no cgroup2, tracepoints on the system call do,
 * which slow down every system call of the machine.
 */
#include "connection_pending.h"
#include <bpf/bpf_tracing.h>

const volatile __u64 pending_timeout_ns = 300000000000; /* longer than any handshake lasts by default (127 s) */

static __always_inline int on_connect(struct bpf_sock_addr *ctx, bool ipv6)
{
	struct attempt attempt = {};
	struct connection_record *record = &attempt.record;
	__u64 key = bpf_get_socket_cookie(ctx);
	struct sock *sk;

	if (!ctx->sk)
		return 1;
	sk = untyped(ctx->sk);
	end_earlier(ctx, key, sk);

	record->connection_id = key;
	record->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record->protocol = ctx->protocol;
	record->socket_type = ctx->type;
	record->destination_port = bpf_ntohs((__u16)ctx->user_port);
	if (ipv6) {
		__u32 *to = (__u32 *)record->destination;

		to[0] = ctx->user_ip6[0];
		to[1] = ctx->user_ip6[1];
		to[2] = ctx->user_ip6[2];
		to[3] = ctx->user_ip6[3];
	} else {
		map_ipv4(record->destination, ctx->user_ip4);
	}
	if (!admit(record))
		return 1;
	record->source_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	if (record->source_port)
		record->flags |= CONNECTION_HAD_SOURCE;
	attempt.socket = (__u64)sk;
	begin(ctx, key, &attempt);
	return 1;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return on_connect(ctx, false);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	return on_connect(ctx, true);
}

/* Since 6.7 (859051dd165e). libbpf 1.1 does not know the section: the agent sets the attach type. */
SEC("?cgroup/connect4")
int connect_unix(struct bpf_sock_addr *ctx)
{
	count_filtered();
	return 1;
}

/* Since 5.9 (f5836749c9c0): the last that is seen of a socket, before it is closed. */
SEC("?cgroup/sock_release")
int sock_release(struct bpf_sock *ctx)
{
	struct sock *sk = untyped(ctx);
	__u64 key = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);

	if (key)
		end_earlier(ctx, key, sk);
	return 1;
}

SEC("raw_tp/inet_sock_set_state")
int inet_sock_set_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	int old_state = ctx->args[1], state = ctx->args[2];
	bool opening = old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV;
	struct attempt attempt, *stored;
	struct file *file;
	__u32 error = 0;
	__u64 key;

	if (state != TCP_SYN_SENT && !(opening && (state == TCP_ESTABLISHED || state == TCP_CLOSE)))
		return 0;
	key = syscall_hooks ? (__u64)sk : BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	if (!key)
		return 0;

	if (state == TCP_SYN_SENT) {
		stored = bpf_map_lookup_elem(&pending, &key);
		if (!stored)
			return 0;
		stored->record.flags |= CONNECTION_SYN_SENT;
		file = BPF_CORE_READ(sk, sk_socket, file);
		if (file) { /* sockets of the kernel itself have none */
			stored->record.flags |= CONNECTION_MODE;
			if (BPF_CORE_READ(file, f_flags) & O_NONBLOCK)
				stored->record.flags |= CONNECTION_NON_BLOCKING;
		}
		return 0;
	}
	if (state == TCP_CLOSE) {
		error = BPF_CORE_READ(sk, sk_err);
		/* connect() gave up before it sent anything, as without a free port; what it returns tells why. */
		if (!error && BPF_CORE_READ(sk, sk_socket, state) == SS_UNCONNECTED) {
			stored = bpf_map_lookup_elem(&pending, &key);
			if (stored)
				stored->record.flags &= ~CONNECTION_SYN_SENT;
			return 0;
		}
	}
	if (!take(key, &attempt))
		return 0;
	fill_addresses(&attempt.record, sk);
	if (state == TCP_ESTABLISHED)
		end_handshake(ctx, &attempt.record, CONNECTION_CONNECTED, 0);
	else
		end_handshake(ctx, &attempt.record, error ? CONNECTION_FAILED : CONNECTION_ABANDONED, error);
	return 0;
}

/* Where it works, fexit (5.5) tells what connect() returned, and why it failed before anything was sent. */
SEC("?fexit/inet_stream_connect")
int BPF_PROG(stream_connect_exit, struct socket *socket, void *address, int length, int flags, int result)
{
	struct sock *sk = untyped(BPF_CORE_READ(socket, sk));

	end_by_return(ctx, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), sk, result);
	return 0;
}

SEC("?fexit/inet_dgram_connect")
int BPF_PROG(dgram_connect_exit, struct socket *socket, void *address, int length, int flags, int result)
{
	struct sock *sk = untyped(BPF_CORE_READ(socket, sk));

	end_by_return(ctx, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), sk, result);
	return 0;
}

/* ctx of iter/bpf_map_elem (5.8, a5cbe05a6673) */
struct bpf_iter_meta;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *map;
	void *key;
	struct attempt *value;
} relocated;

/*
 * The agent walks the pending attempts now and then: those that are over without anybody having been called are
 * reported, and nothing stays for ever. The socket may be gone and its memory used again; its cookie tells.
 */
SEC("?iter/bpf_map_elem")
int walk_pending(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u64 *stored_key = ctx->key;
	const struct attempt *stored = ctx->value;
	struct attempt attempt;
	struct sock *sk;
	__u64 key, age;
	bool expired;

	if (!stored_key || !stored)
		return 0;
	key = *stored_key;
	age = now() - stored->record.timestamp;
	expired = (__s64)age > (__s64)pending_timeout_ns;
	/* A connect() that has just begun is still under way on another CPU. */
	if (!expired && (syscall_hooks || is_handshake(&stored->record) || (__s64)age < 10000000))
		return 0;
	if (!take(key, &attempt))
		return 0;
	sk = (struct sock *)attempt.socket;
	if (expired || BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) != key) {
		attempt.record.outcome = CONNECTION_UNKNOWN;
		emit(ctx, &attempt.record, sizeof(attempt.record));
	} else {
		end_by_socket(ctx, &attempt.record, sk);
	}
	return 0;
}

/* The last resort, where there is no cgroup2: attempts by thread, from the entry of the system call to its return. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

struct sys_enter_connect {
	__u64 common;
	__s64 number;
	__u64 descriptor;
	const void *address;
	__u64 length;
};

struct sys_exit_connect {
	__u64 common;
	__s64 number;
	__s64 result;
};

/* The socket behind a file descriptor of the current task, or NULL where it is something else. */
static __always_inline struct sock *socket_of(__u32 descriptor)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;
	struct socket *socket;

	if (descriptor >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, file) == file ? BPF_CORE_READ(socket, sk) : NULL;
}

SEC("?tracepoint/syscalls/sys_enter_connect")
int sys_enter_connect(struct sys_enter_connect *ctx)
{
	struct attempt attempt = {};
	struct connection_record *record = &attempt.record;
	struct {
		__u16 family;
		__be16 port;
		__be32 ipv4;
		__u8 ipv6[16];
	} address = {};
	__u32 tid = bpf_get_current_pid_tgid();
	struct sock *sk;
	__u64 key;

	bpf_probe_read_user(&address, 8, ctx->address);
	if (address.family != AF_INET && address.family != AF_INET6) {
		count_filtered();
		return 0;
	}
	sk = socket_of(ctx->descriptor);
	if (!sk)
		return 0;
	record->protocol = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol);
	record->socket_type = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_type);
	/* Asks how an earlier attempt is doing. */
	if (is_handshake(record) && BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE)
		return 0;
	record->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record->destination_port = bpf_ntohs(address.port);
	if (address.family == AF_INET)
		map_ipv4(record->destination, address.ipv4);
	else
		bpf_probe_read_user(record->destination, sizeof(record->destination), ctx->address + 8);
	key = (__u64)sk;
	if (!admit(record))
		return 0;
	attempt.socket = key;
	if (begin(ctx, key, &attempt))
		bpf_map_update_elem(&calls, &tid, &key, BPF_ANY);
	return 0;
}

SEC("?tracepoint/syscalls/sys_exit_connect")
int sys_exit_connect(struct sys_exit_connect *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *key = bpf_map_lookup_elem(&calls, &tid);
	struct sock *sk;

	if (!key)
		return 0;
	sk = (struct sock *)*key;
	bpf_map_delete_elem(&calls, &tid);
	end_by_return(ctx, (__u64)sk, sk, ctx->result);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
