// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Round-trip times of TCP connections, when they close: an event for each, and a histogram by the port of the service.
 *
 * A connection often closes in an interrupt, where the current process is whoever was interrupted. So this record has
 * no process, and the agent's filters by process do not apply.
 */
#include <monitor.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>

#define AF_INET	      2
#define IPPROTO_TCP   6
#define TCP_SYN_SENT  2 /* include/net/tcp_states.h */
#define TCP_CLOSE     7
#define TCP_LISTEN    10

#define kernel_struct __attribute__((preserve_access_index))

struct in6_addr {
	__u8 bytes[16]; /* no field of the kernel's, only its size: it is read as a whole */
};

struct sock_common {
	unsigned short skc_family;
	__be32 skc_rcv_saddr;
	__be32 skc_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct in6_addr skc_v6_daddr;
	__be16 skc_dport;
} kernel_struct;

struct sock {
	struct sock_common __sk_common;
} kernel_struct;

struct inet_sock {
	__be16 inet_sport; /* skc_num is 0 by now: the port is free again */
} kernel_struct;

struct tcp_sock {
	__u32 srtt_us;
	__u32 total_retrans;
} kernel_struct;

struct tcp_rtt_record {
	__u64 timestamp;
	__u32 protocol;
	network_port_t source_port DOC("Of this side.");
	network_port_t destination_port DOC("Of the other side.");
	ip_address_t source_ip;
	ip_address_t destination_ip;
	nanoseconds_t round_trip DOC("As the kernel smoothed it over the life of the connection.");
	__u32 retransmits;
	__u32 pad;
};
MONITOR(struct tcp_rtt_record, "Round-trip times of TCP connections that close.");

struct service {
	port_number_t port;
};

/* A metric: the agent reads the map when it is asked for metrics. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, struct service);
	__type(value, struct histogram);
} round_trip_nanoseconds SEC(".maps") DOC("Round-trip times of TCP connections that closed.");

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int old_state, int new_state)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk; /* begins with one */
	struct tcp_rtt_record record = {};
	struct service service = {};
	__u16 this_port, other_port;

	if (new_state != TCP_CLOSE || old_state == TCP_SYN_SENT || old_state == TCP_LISTEN)
		return 0;
	/* The kernel counts in eighths of a microsecond. 0: it never measured. */
	record.round_trip = BPF_CORE_READ(tcp, srtt_us) * 1000ULL / 8;
	if (!record.round_trip)
		return 0;

	record.source_port = BPF_CORE_READ((const struct inet_sock *)sk, inet_sport);
	record.destination_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	this_port = bpf_ntohs(record.source_port);
	other_port = bpf_ntohs(record.destination_port);
	/* Clients get high ports: the lower one is that of the service. */
	service.port = other_port < this_port ? other_port : this_port;
	histogram_add(&round_trip_nanoseconds, &service, record.round_trip);

	record.timestamp = now();
	record.protocol = IPPROTO_TCP;
	record.retransmits = BPF_CORE_READ(tcp, total_retrans);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		ip_of_ipv4(&record.source_ip, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		ip_of_ipv4(&record.destination_ip, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else {
		BPF_CORE_READ_INTO(&record.source_ip, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&record.destination_ip, sk, __sk_common.skc_v6_daddr);
	}
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
