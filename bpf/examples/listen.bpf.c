// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * TCP sockets that begin to listen: who opens which port.
 *
 * The addresses and ports have the names that all events have, so that events of this monitor are found by them.
 */
#include <monitor.h>
#include <bpf/bpf_tracing.h>

#define AF_INET	      2
#define IPPROTO_TCP   6
#define TCP_LISTEN    10 /* include/net/tcp_states.h */

#define kernel_struct __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} kernel_struct;

struct net {
	struct ns_common ns;
} kernel_struct;

typedef struct {
	struct net *net;
} kernel_struct possible_net_t;

struct in6_addr {
	__u8 bytes[16]; /* no field of the kernel's, only its size: it is read as a whole */
};

struct sock_common {
	unsigned short skc_family;
	__be32 skc_rcv_saddr;
	struct in6_addr skc_v6_rcv_saddr;
	__u16 skc_num;
	possible_net_t skc_net;
} kernel_struct;

struct sock {
	struct sock_common __sk_common;
	__u32 sk_max_ack_backlog;
} kernel_struct;

struct listen_record {
	__u64 timestamp;
	struct monitor_process process;
	__u32 network_namespace;
	__u32 protocol;
	__u32 backlog DOC("Connections that may wait to be accepted.");
	port_number_t source_port;
	__u16 pad;
	ip_address_t source_ip;
};
MONITOR(struct listen_record, "TCP sockets that begin to listen.");

/* Reached at every change of state of a TCP socket, also in interrupts; to listen, a process asks itself. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int old_state, int new_state)
{
	struct listen_record record = {};

	if (new_state != TCP_LISTEN || !fill_process(&record.process))
		return 0;
	record.timestamp = now();
	record.network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record.protocol = IPPROTO_TCP;
	record.backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	record.source_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET)
		ip_of_ipv4(&record.source_ip, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	else
		BPF_CORE_READ_INTO(&record.source_ip, sk, __sk_common.skc_v6_rcv_saddr);
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
