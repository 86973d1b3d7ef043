// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Inbound TCP connections, one record each: when the handshake is complete, or, where the kernel lets us see accept(),
 * when a process takes it or it is closed before one does.
 *
 * In a softirq nobody says whose a new connection is. A listener's owner is kept at the socket, in a storage that the
 * kernel copies to each connection that the listener gets: exact for any number of listeners on one port. It is removed
 * from the connection at once, so that it takes memory for listeners only.
 */
#include "tcp_connections.h"
#include "tcp_listening.h"
#include <bpf/bpf_tracing.h>

const volatile bool sees_accept = false; /* fexit/inet_accept is attached */

/* Keeps the record's layout in the BTF of the object. */
const struct accept_record *layout __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct connection);
} listeners SEC(".maps");

static __always_inline void report(void *ctx, struct sock *sk, const struct connection *connection)
{
	struct accept_record record = {};

	fill_owner(&record.tcp, sk, connection);
	fill_socket(&record.tcp, sk, TCP_INBOUND, false);
	if (left_out(&record.tcp, sk))
		return;
	record.tcp.state = TCP_SYN_RECV;
	if (sees_accept) {
		record.queue_ns = record.tcp.timestamp - connection->established;
		record.tcp.flags |= TCP_WAITED;
	}
	emit(ctx, &record, sizeof(record));
}

/* connection: with the listener's owner, where it is known */
static __always_inline void established(void *ctx, struct sock *sk, struct connection *connection)
{
	if (!(connection->flags & TCP_PROCESS)) {
		connection->cgroup_id = BPF_CORE_READ(cgroup_of(sk), kn, id);
		connection->uid = BPF_CORE_READ(sk, sk_uid.val);
	}
	connection->established = now();
	connection->direction = TCP_INBOUND;
	connection->flags |= TCP_TRACKED;
	if (sees_accept)
		connection->flags |= TCP_QUEUED;
	keep(sk, connection);
	if (!sees_accept)
		report(ctx, sk, connection);
}

/* Since 5.12 (c5dbb89fc2ac); sk_storage in tracing programs since 5.11 (8e4597c627fb). */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state, struct sock *sk, int old_state, int state)
{
	struct connection connection = {}, *owner, *stored;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (state == TCP_LISTEN) {
		begins_to_listen(untyped(sk));
		owner = bpf_sk_storage_get(&listeners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (owner)
			own(owner);
	} else if (old_state == TCP_LISTEN) {
		ends_to_listen(untyped(sk));
	} else if (old_state == TCP_SYN_RECV && state == TCP_ESTABLISHED) {
		owner = bpf_sk_storage_get(&listeners, sk, 0, 0);
		if (owner) {
			connection = *owner;
			bpf_sk_storage_delete(&listeners, sk);
		}
		connection.id = bpf_get_socket_cookie(sk);
		established(ctx, untyped(sk), &connection);
	} else if (sees_accept && state == TCP_CLOSE) {
		stored = connection_of(untyped(sk), false);
		if (stored && stored->flags & TCP_QUEUED)
			report(ctx, untyped(sk), stored);
	}
	return 0;
}

/* Before: without the process. */
SEC("?raw_tp/inet_sock_set_state")
int state_without_process(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct connection connection = {};

	if (!is_tcp(sk))
		return 0;
	if (ctx->args[2] == TCP_LISTEN)
		begins_to_listen(sk);
	else if (ctx->args[1] == TCP_LISTEN)
		ends_to_listen(sk);
	if (ctx->args[1] != TCP_SYN_RECV || ctx->args[2] != TCP_ESTABLISHED)
		return 0;
	connection.id = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	established(ctx, sk, &connection);
	return 0;
}

/* A process takes a connection. Its first two arguments have stayed the same. */
SEC("?fexit/inet_accept")
int BPF_PROG(accepted, struct socket *listener, struct socket *taken)
{
	struct sock *sk = untyped(BPF_CORE_READ(taken, sk));
	struct connection *connection = connection_of(sk, false);

	if (!connection || !(connection->flags & TCP_QUEUED))
		return 0;
	connection->flags &= ~TCP_QUEUED;
	own(connection);
	report(ctx, sk, connection);
	return 0;
}

/* ctx of iter/task_file (5.8, eaaacd23910f) */
struct bpf_iter_meta;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} relocated;

/* Listeners of before the start, once. The helper and the storage since 5.11 (b60da4955f53). */
SEC("?iter/task_file")
int existing_listeners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct connection *owner;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	if ((sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6) ||
	    sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (bpf_sk_storage_get(&listeners, sk, 0, 0))
		return 0;
	begins_to_listen(untyped(sk));
	owner = bpf_sk_storage_get(&listeners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner)
		return 0;
	owner->pid = BPF_CORE_READ(task, tgid);
	owner->tid = BPF_CORE_READ(task, pid);
	owner->uid = BPF_CORE_READ(task, cred, uid.val);
	owner->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	owner->flags = TCP_PROCESS;
	BPF_CORE_READ_STR_INTO(&owner->command, task, comm);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
