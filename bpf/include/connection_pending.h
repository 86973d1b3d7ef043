/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Attempts whose outcome is open, and the ways in which one can end. Whoever takes an attempt out of the map reports
 * it. */
#ifndef CONNECTION_PENDING_H
#define CONNECTION_PENDING_H

#include "built_in.h"
#include "connection.h"
#include <bpf/bpf_endian.h>

const volatile bool syscall_hooks = false; /* attempts come from syscalls/sys_enter_connect */

struct attempt {
	struct connection_record record; /* its timestamp is that of the attempt */
	__u64 socket;			 /* address of the struct sock */
};

/* Attempts whose outcome is open, by socket cookie (by address of the socket where syscall_hooks). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct attempt);
} pending SEC(".maps");

static __always_inline void map_ipv4(__u8 *to, __be32 address)
{
	__builtin_memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, sizeof(address));
}

static __always_inline bool is_handshake(const struct connection_record *record)
{
	return record->protocol == IPPROTO_TCP && record->socket_type == SOCK_STREAM;
}

static __always_inline void fill_caller(struct connection_record *record)
{
	__u64 id = bpf_get_current_pid_tgid();

	record->pid = id >> 32;
	record->tid = (__u32)id;
	record->uid = (__u32)bpf_get_current_uid_gid();
	record->cgroup_id = bpf_get_current_cgroup_id();
	bpf_get_current_comm(record->command, sizeof(record->command));
}

/* The socket's own addresses, as far as it has them; what it does not have stays as the attempt had it. */
static __always_inline void fill_addresses(struct connection_record *record, struct sock *sk)
{
	__u16 source_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	__u16 destination_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));

	if (source_port)
		record->source_port = source_port;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&record->source, sk, __sk_common.skc_v6_rcv_saddr);
		if (destination_port)
			BPF_CORE_READ_INTO(&record->destination, sk, __sk_common.skc_v6_daddr);
	} else {
		map_ipv4(record->source, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		if (destination_port)
			map_ipv4(record->destination, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	}
	if (destination_port)
		record->destination_port = destination_port;
}

/* Names the process and the time of a new attempt. False: it is not to be reported, and has been counted. */
static __always_inline bool admit(struct connection_record *record)
{
	record->timestamp = now();
	fill_caller(record);
	if (pid_excluded(record->pid) || port_excluded(record->destination_port) ||
	    namespace_excluded(record->network_namespace) ||
	    (syscall_hooks ? task_cgroup_excluded() : current_cgroup_excluded())) {
		count_filtered();
		return false;
	}
	return !over_rate_limit(record->timestamp);
}

/* Takes an attempt out of the map. False: somebody else ended it first, and reports it. */
static __always_inline bool take(__u64 key, struct attempt *attempt)
{
	struct attempt *stored = bpf_map_lookup_elem(&pending, &key);

	if (!stored)
		return false;
	*attempt = *stored;
	if (bpf_map_delete_elem(&pending, &key))
		return false;
	count(pending_removed);
	return true;
}

static __always_inline void end_handshake(void *ctx, struct connection_record *record, __u8 outcome, __u32 error)
{
	__u64 time = now();

	record->handshake_ns = time - record->timestamp;
	record->timestamp = time;
	record->outcome = outcome;
	record->error = error;
	/* Not observed, but what the socket's mode and the outcome leave. */
	if (!(record->flags & CONNECTION_RETURN_CODE) && record->flags & CONNECTION_MODE &&
	    record->flags & CONNECTION_SYN_SENT && (outcome != CONNECTION_ABANDONED)) {
		record->return_code = record->flags & CONNECTION_NON_BLOCKING ? -EINPROGRESS : -(__s32)error;
		record->flags |= CONNECTION_RETURN_CODE;
	}
	emit(ctx, record, sizeof(*record));
}

/*
 * Ends an attempt of a protocol without handshake by what its socket shows: connected to that peer, or not. A socket
 * that has lost its port has been disconnected since (connect() to AF_UNSPEC), and one that had a port before may
 * have been: it does not tell.
 */
static __always_inline void end_by_socket(void *ctx, struct connection_record *record, struct sock *sk)
{
	__u16 port = record->destination_port;

	record->outcome = CONNECTION_UNKNOWN;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_ESTABLISHED) {
		fill_addresses(record, sk);
		if (record->destination_port == port) {
			record->outcome = CONNECTION_CONNECTED;
			record->return_code = 0;
			record->flags |= CONNECTION_RETURN_CODE;
		}
	} else if (!(record->flags & CONNECTION_HAD_SOURCE) && BPF_CORE_READ((struct inet_sock *)sk, inet_sport)) {
		record->outcome = CONNECTION_FAILED;
	}
	emit(ctx, record, sizeof(*record));
}

/* The socket goes on to something else: what the attempt before came to can be seen for the last time. */
static __always_inline void end_earlier(void *ctx, __u64 key, struct sock *sk)
{
	struct attempt attempt;

	if (!take(key, &attempt))
		return;
	if (!is_handshake(&attempt.record)) {
		end_by_socket(ctx, &attempt.record, sk);
	} else if (attempt.record.flags & CONNECTION_SYN_SENT) {
		fill_addresses(&attempt.record, sk);
		end_handshake(ctx, &attempt.record, CONNECTION_ABANDONED, 0);
	} else {
		end_handshake(ctx, &attempt.record, CONNECTION_FAILED, 0);
	}
}

/* Puts an attempt into the map. False: the map is full, or another thread has just begun one on the same socket, and
 * what is known has been reported. */
static __always_inline bool begin(void *ctx, __u64 key, struct attempt *attempt)
{
	if (!bpf_map_update_elem(&pending, &key, attempt, BPF_NOEXIST)) {
		count(pending_added);
		return true;
	}
	attempt->record.outcome = CONNECTION_UNKNOWN;
	emit(ctx, &attempt->record, sizeof(attempt->record));
	return false;
}

/* connect() returned, and where to is known exactly. */
static __always_inline void end_by_return(void *ctx, __u64 key, struct sock *sk, int result)
{
	struct attempt attempt, *stored = bpf_map_lookup_elem(&pending, &key);

	/* Not over; or asks how an attempt is doing that has its return code. */
	if (!stored || result <= -ERESTARTSYS || result == -EALREADY)
		return;
	stored->record.return_code = result;
	stored->record.flags |= CONNECTION_RETURN_CODE;
	if (is_handshake(&stored->record) && (stored->record.flags & CONNECTION_SYN_SENT || !result))
		return; /* the state of the socket tells the rest */
	if (!take(key, &attempt))
		return;
	if (!result)
		fill_addresses(&attempt.record, sk);
	attempt.record.outcome = result ? CONNECTION_FAILED : CONNECTION_CONNECTED;
	attempt.record.error = -result;
	emit(ctx, &attempt.record, sizeof(attempt.record));
}

#endif
