// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Resets (RST), one record each: tcp/tcp_send_reset and tcp/tcp_receive_reset. */
#include "tcp_connections.h"

/* Keeps the record's layout in the BTF of the object. */
const struct reset_record *layout __attribute__((unused));

/* Its members are the arguments of the tracepoint; the reason came with 6.10 (edc8da5fd02b). */
struct trace_event_raw_tcp_send_reset {
	int reason;
} relocated;

/* The addresses of a TCP segment that was received: its headers have been checked by then. */
static __always_inline void fill_segment(struct tcp_record *record, struct sk_buff *skb)
{
	unsigned char *head = BPF_CORE_READ(skb, head);
	unsigned char *ip = head + BPF_CORE_READ(skb, network_header);
	__be16 ports[2] = {};

	bpf_probe_read_kernel(ports, sizeof(ports), head + BPF_CORE_READ(skb, transport_header));
	record->source_port = bpf_ntohs(ports[0]);
	record->destination_port = bpf_ntohs(ports[1]);
	if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6)) {
		bpf_probe_read_kernel(record->source, 16, ip + 8);
		bpf_probe_read_kernel(record->destination, 16, ip + 24);
	} else {
		map_address(record->source, 0);
		map_address(record->destination, 0);
		bpf_probe_read_kernel(record->source + 12, 4, ip + 12);
		bpf_probe_read_kernel(record->destination + 12, 4, ip + 16);
	}
	record->network_namespace = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
}

static __always_inline struct connection *broken_of(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&broken, &key);

	return connection && connection->id == BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) ? connection : NULL;
}

static __always_inline void report(void *ctx, struct sock *sk, struct sk_buff *skb, struct reset_record *record)
{
	struct connection *connection = sk ? connection_of(sk, false) : NULL;
	__u8 flags = record->tcp.flags;

	if (sk && !connection && flags & TCP_SENT)
		connection = broken_of(sk);
	if (sk) {
		fill_owner(&record->tcp, sk, connection);
		record->tcp.flags |= flags;
		record->tcp.state = BPF_CORE_READ(sk, __sk_common.skc_state);
		fill_socket(&record->tcp, sk, connection ? connection->direction : 0, false);
	} else {
		/* The answer to a segment that belongs to no connection: whoever sent it is the one that opened. */
		fill_segment(&record->tcp, skb);
	}
	if (left_out(&record->tcp, sk))
		return;
	emit(ctx, record, sizeof(*record));
}

SEC("raw_tp/tcp_send_reset")
int tcp_send_reset(struct bpf_raw_tracepoint_args *ctx)
{
	struct reset_record record = {.tcp.flags = TCP_SENT};

	if (bpf_core_field_exists(struct trace_event_raw_tcp_send_reset, reason)) {
		record.reason = ctx->args[2];
		record.has_reason = 1;
	}
	report(ctx, (struct sock *)ctx->args[0], (struct sk_buff *)ctx->args[1], &record);
	return 0;
}

SEC("raw_tp/tcp_receive_reset")
int tcp_receive_reset(struct bpf_raw_tracepoint_args *ctx)
{
	struct reset_record record = {};

	report(ctx, (struct sock *)ctx->args[0], NULL, &record);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
