/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Questions that wait for their answer. Whoever takes one out of the map reports it. */
#ifndef DNS_PENDING_H
#define DNS_PENDING_H

#include "dns.h"
#include "dns_packet.h"

/*
 * The same question goes out through one socket to several servers under one number: musl asks all that it knows at
 * once, of which there are three at most.
 */
#define SERVERS 4

/*
 * The socket that asked is the one that the answer arrives at, whatever ports and addresses became of the question on
 * its way: behind a service of Kubernetes the question leaves for the address of a pod, and the answer comes from that
 * of the service. The server's own socket is another one, on this machine as well.
 */
struct question_key {
	__u64 socket; /* cookie */
	__be16 id;
	__u16 server;
	__u32 padding;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct question_key);
	__type(value, struct dns_record);
} pending SEC(".maps");

/*
 * Questions that somebody begins or ends at this moment. An entry is the right to do so, and nobody waits for it: who
 * comes second has nothing to do. Records are large for the stack, so they are filled and sent from where they are in
 * the map; and kernels before 5.12 have no atomic operation that tells who was first, but inserting into a map does.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct question_key);
	__type(value, __u8);
} claims SEC(".maps");

static const struct dns_record empty_record = {};

static __always_inline bool claim(const struct question_key *key)
{
	__u8 mine = 1;

	return !bpf_map_update_elem(&claims, key, &mine, BPF_NOEXIST);
}

static __always_inline void release(const struct question_key *key)
{
	bpf_map_delete_elem(&claims, key);
}

static __always_inline bool is_same_address(const __u8 *one, const __u8 *other)
{
	const __u64 *a = (const __u64 *)one, *b = (const __u64 *)other;

	return a[0] == b[0] && a[1] == b[1];
}

static __always_inline void remove(const struct question_key *key)
{
	bpf_map_delete_elem(&pending, key);
	count(pending_removed);
}

/* Ends a question that the caller has claimed. packet_bytes: of the packet that ctx is, to go along */
static __always_inline void end(void *ctx, const struct question_key *key, struct dns_record *record, __u8 outcome,
				__u64 packet_bytes)
{
	__u64 time = now();

	record->latency_ns = time - record->timestamp;
	record->timestamp = time;
	record->outcome = outcome;
	emit_with(ctx, record, sizeof(*record), packet_bytes);
	remove(key);
}

/* Where the socket is connected, its own addresses are the ones that the process knows; the packet's may have been
 * translated. */
static __always_inline void prefer_addresses_of(struct sock *sk, struct packet *packet)
{
	__u16 port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));

	packet->source_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (!port)
		return;
	packet->destination_port = port;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&packet->source, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&packet->destination, sk, __sk_common.skc_v6_daddr);
	} else {
		map_ipv4(packet->source, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		map_ipv4(packet->destination, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	}
}

/* Whether a question is to be reported; counts it where it is not. pid: 0 where it is not known */
static __always_inline bool admit(struct sock *sk, __u32 pid, __u16 port)
{
	if ((pid && pid_excluded(pid)) || port_excluded(port) ||
	    namespace_excluded(BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum)) ||
	    (cgroup_id && (pid ? task_cgroup_excluded() : cgroup_excluded(cgroup_of(sk))))) {
		count_filtered();
		return false;
	}
	return !over_rate_limit(now());
}

/* Names the process; where the packet did not leave on its behalf, only the cgroup of whoever made the socket is known.
 */
static __always_inline void fill_caller(struct dns_record *record, struct sock *sk, __u32 pid)
{
	/* The helpers for these are there for these programs since 6.10. */
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (!pid) {
		record->cgroup_id = BPF_CORE_READ(cgroup_of(sk), kn, id);
		return;
	}
	record->flags = DNS_PROCESS;
	record->pid = pid;
	record->tid = BPF_CORE_READ(task, pid);
	record->uid = BPF_CORE_READ(task, cred, uid.val);
	record->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_INTO(&record->command, task, comm);
}

#endif
