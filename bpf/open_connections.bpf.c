// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The machine's TCP sockets as they are now. Nothing here is attached to anything that happens: the agent reads the two
 * iterators one after the other when somebody asks.
 *
 * iter/tcp would walk the network namespace of the process that reads, and entering others takes CAP_SYS_ADMIN. So:
 *
 * 1. walk_files visits every file of every process, in whatever namespace, and tells which process has which socket:
 *    listening sockets, connecting ones, and connections.
 * 2. walk_table visits the hash table of connections, which all namespaces share: it has the sockets that no process
 *    has, because they wait to be accepted or have been closed. The kernel has no iterator over it, so each call of one
 *    over tasks reads on where the last stopped, and the agent starts it anew until there is nothing left.
 *
 * One reader at a time: where walk_table is belongs to all.
 */
#include <linux/bpf.h>
#include "scope.h"
#include "open_connection.h"
#include "tcp_connection.h"
#include <bpf/bpf_endian.h>

/* Knobs as in monitor.h, of which nothing else is needed here. */
const volatile __u32 network_namespace = 0;
const volatile __u64 cgroup_id = 0;

/* bpf_get_socket_cookie takes a socket from a tracing program (5.12, c5dbb89fc2ac): it makes the cookie where there is
 * none. Found out by trying. */
const volatile bool makes_cookies = true;

/* What one call of walk_table looks at, sockets and buckets. The kernel's buffer of 32 KiB must hold a record of each.
 */
#define STEPS 200

/* Address of the table, from the first socket that walk_files meets: the agent itself has one. */
static volatile __u64 table;

/* Where walk_table is. Not on its stack: what a map holds the verifier does not follow through every turn of the loop.
 */
static volatile struct {
	__u64 next; /* the first bucket that has not been told */
	__u64 bucket;
	__u64 node;
	bool full;
	bool finished;
} place;

/* The map of connections of the monitors of TCP, by address of the socket, which the agent puts in the place of this
 * one where it is. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 seq_num;
} relocated;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} relocated;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} relocated;

/* So that the layout is in the object's BTF. */
const struct open_connection_record *unused_open_connection_record __attribute__((unused));

static __always_inline void map_address(__u8 *to, __be32 address)
{
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, sizeof(address));
}

static __always_inline void fill_addresses(struct open_connection_record *record, struct sock *sk)
{
	record->socket = (__u64)sk;
	record->connection_id = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	record->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	record->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		bpf_probe_read_kernel(record->local, 16,
				      __builtin_preserve_access_index(&sk->__sk_common.skc_v6_rcv_saddr));
		bpf_probe_read_kernel(record->remote, 16,
				      __builtin_preserve_access_index(&sk->__sk_common.skc_v6_daddr));
	} else {
		map_address(record->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		map_address(record->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	}
}

/* What only whole sockets have: neither requests nor those in TIME_WAIT. */
static __always_inline void fill_counts(struct open_connection_record *record, struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__u64 key = (__u64)sk;
	struct connection *connection;

	if (record->state == TCP_LISTEN) {
		record->receive_queue = BPF_CORE_READ(sk, sk_ack_backlog);
		record->send_queue = BPF_CORE_READ(sk, sk_max_ack_backlog);
		return;
	}
	connection = bpf_map_lookup_elem(&connections, &key);
	/* While the monitors are paused nobody removes what has ended, and another socket may be at its address since.
	 */
	if (connection && (!connection->id || connection->id == record->connection_id)) {
		record->established = connection->established;
		record->direction = connection->direction;
	}
	/* As tcp_diag_get_info() has them. */
	record->receive_queue = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);
	if ((__s32)record->receive_queue < 0)
		record->receive_queue = 0;
	record->send_queue = BPF_CORE_READ(tcp, write_seq) - BPF_CORE_READ(tcp, snd_una);
	record->bytes_sent = BPF_CORE_READ(tcp, bytes_sent);
	record->bytes_acknowledged = BPF_CORE_READ(tcp, bytes_acked);
	record->bytes_received = BPF_CORE_READ(tcp, bytes_received);
	record->segments_sent = BPF_CORE_READ(tcp, segs_out);
	record->segments_received = BPF_CORE_READ(tcp, segs_in);
	record->retransmits = BPF_CORE_READ(tcp, total_retrans);
	record->smoothed_rtt_us = BPF_CORE_READ(tcp, srtt_us) >> 3;
	record->minimum_rtt_us = BPF_CORE_READ(tcp, rtt_min.s[0].v);
	record->congestion_window = BPF_CORE_READ(tcp, snd_cwnd);
	record->segment_size = BPF_CORE_READ(tcp, mss_cache);
}

/* The socket of a file, or NULL where it is something else; makes its cookie. */
static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_sock_from_file)) { /* 5.11 (4f19cab76136) */
		socket = bpf_sock_from_file(file);
		if (!socket)
			return NULL;
		sk = socket->sk;
		if (sk && makes_cookies)
			bpf_get_socket_cookie(sk);
		return untyped(sk);
	}
	file = (struct file *)untyped(file);
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, file) == file ? BPF_CORE_READ(socket, sk) : NULL;
}

/* The hash table that all namespaces share, or NULL where the namespace of this socket has one of its own. */
static __always_inline struct inet_hashinfo *table_of(struct sock *sk)
{
	struct inet_hashinfo *hash = BPF_CORE_READ(sk, __sk_common.skc_prot, h.hashinfo);

	if (!hash) /* 6.1 (429e42c1c54e) */
		hash = BPF_CORE_READ(sk, __sk_common.skc_net.net, ipv4.tcp_death_row.hashinfo);
	if (bpf_core_field_exists(hash->pernet) && BPF_CORE_READ(hash, pernet))
		return NULL;
	return hash;
}

static __always_inline bool is_tcp(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol) == IPPROTO_TCP &&
	       BPF_CORE_READ_BITFIELD_PROBED(sk, sk_type) == SOCK_STREAM;
}

SEC("iter/task_file")
int walk_files(struct bpf_iter__task_file *ctx)
{
	struct open_connection_record record = {};
	struct file *file = ctx->file;
	struct task_struct *task = ctx->task;
	struct cgroup *cgroup;
	struct sock *sk;

	if (ctx->meta->seq_num == 0)
		place.next = place.finished = 0;
	if (!file || !task)
		return 0;
	sk = socket_of(file);
	if (!sk || !is_tcp(sk))
		return 0;
	if (!table)
		table = (__u64)table_of(sk);
	record.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (record.state == TCP_CLOSE)
		return 0;
	task = (struct task_struct *)untyped(task);
	cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	fill_addresses(&record, sk);
	if (namespace_excluded(record.network_namespace) || (cgroup_id && cgroup_excluded(cgroup)))
		return 0;
	fill_counts(&record, sk);
	record.kind = OPEN_CONNECTION_OF_PROCESS;
	record.cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	record.pid = BPF_CORE_READ(task, tgid);
	record.uid = BPF_CORE_READ(task, cred, uid.val);
	BPF_CORE_READ_INTO(&record.command, task, comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* Whether a socket of the table is to be told; fills in what it is then. It may end while we read: what it was is still
 * there, since the kernel does not give the memory of sockets to anything else as long as somebody reads the table. */
static __always_inline bool fill_entry(struct open_connection_record *record, struct sock *sk)
{
	struct cgroup *cgroup;

	record->kind = OPEN_CONNECTION_OF_TABLE;
	record->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	fill_addresses(record, sk);
	if (record->state == TCP_CLOSE || namespace_excluded(record->network_namespace))
		return false;
	if (record->state == TCP_TIME_WAIT || record->state == TCP_NEW_SYN_RECV) {
		if (record->state == TCP_TIME_WAIT)
			record->state = BPF_CORE_READ((struct inet_timewait_sock *)sk, tw_substate);
		record->kind = OPEN_CONNECTION_SMALL;
		return !cgroup_id;
	}
	if (!is_tcp(sk))
		return false;
	cgroup = cgroup_of(sk);
	if (cgroup_id && cgroup_excluded(cgroup))
		return false;
	record->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	fill_counts(record, sk);
	return true;
}

/* Whether eight buckets have nothing. Most have: looking at eight at a time takes an eighth of the time. */
static __always_inline bool all_empty(struct inet_ehash_bucket *buckets)
{
	__u64 heads[8] = {};

	bpf_probe_read_kernel(heads, sizeof(heads), buckets);
	return heads[0] & heads[1] & heads[2] & heads[3] & heads[4] & heads[5] & heads[6] & heads[7] & 1;
}

/*
 * Reads whole buckets. A chain ends with an odd number that tells whose end it is: where that is another's, a socket
 * that moved while we stood on it has led us away, and the bucket is read again. The agent sees by the addresses what
 * it has already. Of a call whose output does not fit the kernel keeps nothing, and calls again.
 */
SEC("?iter/task")
int walk_table(struct bpf_iter__task *ctx)
{
	struct inet_hashinfo *hash = (struct inet_hashinfo *)table;
	struct open_connection_record record;
	struct inet_ehash_bucket *buckets;
	__u64 count, node;

	if (!hash || place.finished || !ctx->task)
		return 0;
	buckets = BPF_CORE_READ(hash, ehash);
	count = (__u64)BPF_CORE_READ(hash, ehash_mask) + 1; /* a power of two */
	place.bucket = place.next;
	place.node = 0;
	place.full = false;
	for (int step = 0; step < STEPS && place.bucket < count; step++) {
		node = place.node;
		if (!node) {
			if (!(place.bucket & 7) && all_empty(buckets + place.bucket))
				place.bucket += 8;
			else
				bpf_probe_read_kernel((void *)&place.node, sizeof(place.node), buckets + place.bucket);
			continue;
		}
		if (node & 1) {
			place.bucket += node >> 1 == place.bucket;
			place.node = 0;
			continue;
		}
		__builtin_memset(&record, 0, sizeof(record));
		if (fill_entry(&record,
			       (struct sock *)(node - bpf_core_field_offset(struct sock_common, skc_nulls_node))) &&
		    bpf_seq_write(ctx->meta->seq, &record, sizeof(record)))
			place.full = true;
		place.node = (__u64)BPF_CORE_READ((struct hlist_nulls_node *)node, next);
	}
	__builtin_memset(&record, 0, sizeof(record));
	if (place.bucket >= count) {
		record.kind = OPEN_CONNECTION_END;
	} else if (place.bucket == place.next) {
		record.kind = OPEN_CONNECTION_CUT;
		place.bucket++;
	}
	if (record.kind && bpf_seq_write(ctx->meta->seq, &record, sizeof(record)))
		place.full = true;
	if (!place.full) {
		place.next = place.bucket;
		place.finished = place.bucket >= count;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
