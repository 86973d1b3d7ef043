// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Connections that listening sockets turned away. The kernel counts them at the socket and calls nobody: the agent
 * walks the listeners now and then, which is nothing that traffic has to wait for. The accept program says which
 * sockets listen.
 */
#include "tcp_connections.h"
#include "tcp_listening.h"

/* Keeps the record's layout in the BTF of the object. */
const struct listen_overflow_record *layout __attribute__((unused));

static __always_inline void report(void *ctx, struct sock *sk, __u32 before)
{
	__u32 drops = BPF_CORE_READ(sk, sk_drops.counter);
	struct listen_overflow_record record = {};
	__u64 key = (__u64)sk;

	if (drops == before || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN)
		return;
	bpf_map_update_elem(&listening, &key, &drops, BPF_EXIST);
	fill_owner(&record.tcp, sk, NULL);
	fill_socket(&record.tcp, sk, TCP_INBOUND, false);
	if (left_out(&record.tcp, sk))
		return;
	record.tcp.state = TCP_LISTEN;
	record.count = drops - before;
	record.queue_length = BPF_CORE_READ(sk, sk_ack_backlog);
	record.backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	emit(ctx, &record, sizeof(record));
}

/* ctx of iter/task_file (5.8, eaaacd23910f) */
struct bpf_iter_meta;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} relocated;

/* By the files of all processes, for not every kernel lets a map be walked. A listener that several processes have is
 * reported once: what was counted last is in the map. */
SEC("iter/task_file")
int walk_files(struct bpf_iter__task_file *ctx)
{
	struct file *file = (struct file *)untyped(ctx->file);
	struct socket *socket;
	__u32 *before;
	__u64 sk;

	if (!file)
		return 0;
	/* What is not the file of a socket has something else there, which no listener's address is. */
	socket = BPF_CORE_READ(file, private_data);
	sk = (__u64)BPF_CORE_READ(socket, sk);
	before = bpf_map_lookup_elem(&listening, &sk);
	if (before)
		report(ctx, (struct sock *)sk, *before);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
