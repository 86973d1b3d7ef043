/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Established connections and whose they are: one map for all objects that include this. */
#ifndef TCP_CONNECTIONS_H
#define TCP_CONNECTIONS_H

#include "built_in.h"
#include "tcp.h"
#include "tcp_connection.h"
#include <bpf/bpf_endian.h>

/*
 * By address of the socket. When it is full the oldest make room: their events lack what only this map knows. The agent
 * shares one map among the objects that have it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * How many entries of connections the programs put in and took out. Nobody is told when one makes room for another: it
 * is what is missing of their difference.
 */
struct entry_counts {
	__u64 added;
	__u64 removed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct entry_counts);
} entry_counts SEC(".maps");

#define count_entry(what)                                                                                              \
	do {                                                                                                           \
		__u32 zero_ = 0;                                                                                       \
		struct entry_counts *counts_ = bpf_map_lookup_elem(&entry_counts, &zero_);                             \
		if (counts_)                                                                                           \
			__sync_fetch_and_add(&counts_->what, 1);                                                       \
	} while (0)

/* Keeps what is known of a connection, in place of what was known before. */
static __always_inline void keep(struct sock *sk, const struct connection *connection)
{
	__u64 key = (__u64)sk;

	if (!bpf_map_update_elem(&connections, &key, connection, BPF_NOEXIST))
		count_entry(added);
	else
		bpf_map_update_elem(&connections, &key, connection, BPF_EXIST);
}

static __always_inline void forget(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (!bpf_map_delete_elem(&connections, &key))
		count_entry(removed);
}

/*
 * What is known of a socket's connection. Only the close program removes entries: where it is not loaded, or detached,
 * the memory of a socket may be another's by now, whose cookie differs.
 */
static __always_inline struct connection *connection_of(struct sock *sk, bool followed)
{
	__u64 key = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);

	if (connection && connection->id && connection->id != (__u64)READ(followed, sk, __sk_common.skc_cookie.counter))
		return NULL;
	return connection;
}

/*
 * By address of the socket: connections that this side has just broken off. The kernel closes the socket first and
 * sends the reset then, within the same call.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct connection);
} broken SEC(".maps");

/* MPTCP and SCTP have sockets of their own, whose states go through the same tracepoint. */
static __always_inline bool is_tcp(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline void map_address(__u8 *to, __be32 address)
{
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, sizeof(address));
}

/*
 * The addresses of a socket. One that is closed has lost skc_num; a request, or one in TIME_WAIT, has nothing else.
 *
 * followed: sk is what bpf_skc_to_tcp_sock() gave, and not a request or in TIME_WAIT
 */
static __always_inline void fill_socket(struct tcp_record *record, struct sock *sk, __u8 direction, bool followed)
{
	bool inbound = direction == TCP_INBOUND;
	__u8 *local = inbound ? record->destination : record->source;
	__u8 *remote = inbound ? record->source : record->destination;
	__u8 state = READ(followed, sk, __sk_common.skc_state);
	__u16 local_port = !followed && (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
				   ? BPF_CORE_READ(sk, __sk_common.skc_num)
				   : bpf_ntohs(READ(followed, (struct inet_sock *)sk, inet_sport));
	__u16 remote_port = bpf_ntohs(READ(followed, sk, __sk_common.skc_dport));

	record->direction = direction;
	record->source_port = inbound ? remote_port : local_port;
	record->destination_port = inbound ? local_port : remote_port;
	record->network_namespace =
		followed ? sk->__sk_common.skc_net.net->ns.inum : BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (READ(followed, sk, __sk_common.skc_family) == AF_INET6) {
		if (followed)
			sk = untyped(sk);
		bpf_probe_read_kernel(local, 16, __builtin_preserve_access_index(&sk->__sk_common.skc_v6_rcv_saddr));
		bpf_probe_read_kernel(remote, 16, __builtin_preserve_access_index(&sk->__sk_common.skc_v6_daddr));
	} else {
		map_address(local, READ(followed, sk, __sk_common.skc_rcv_saddr));
		map_address(remote, READ(followed, sk, __sk_common.skc_daddr));
	}
}

/* Whose the connection is: as it was when it was opened, or as far as the socket itself tells. */
static __always_inline void fill_owner(struct tcp_record *record, struct sock *sk, const struct connection *connection)
{
	if (connection) {
		record->connection_id = connection->id;
		record->cgroup_id = connection->cgroup_id;
		record->pid = connection->pid;
		record->tid = connection->tid;
		record->uid = connection->uid;
		record->flags = connection->flags;
		__builtin_memcpy(record->command, connection->command, sizeof(record->command));
	} else {
		record->connection_id = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
		record->cgroup_id = BPF_CORE_READ(cgroup_of(sk), kn, id);
	}
}

/* The current process, which is at work on the socket. */
static __always_inline void own(struct connection *connection)
{
	__u64 id = bpf_get_current_pid_tgid();

	connection->pid = id >> 32;
	connection->tid = (__u32)id;
	connection->uid = (__u32)bpf_get_current_uid_gid();
	connection->cgroup_id = bpf_get_current_cgroup_id();
	connection->flags |= TCP_PROCESS;
	bpf_get_current_comm(connection->command, sizeof(connection->command));
}

/* Whether the settings leave the event out; counts it then. */
static __always_inline bool unwanted(const struct tcp_record *record, struct sock *sk)
{
	if ((record->flags & TCP_PROCESS && pid_excluded(record->pid)) || port_excluded(record->destination_port) ||
	    namespace_excluded(record->network_namespace) || (cgroup_id && cgroup_excluded(cgroup_of(sk)))) {
		count_filtered();
		return true;
	}
	return false;
}

/* Whether the event is to be left out; counts it then. */
static __always_inline bool left_out(struct tcp_record *record, struct sock *sk)
{
	if (unwanted(record, sk))
		return true;
	record->timestamp = now();
	return over_rate_limit(record->timestamp);
}

#endif
