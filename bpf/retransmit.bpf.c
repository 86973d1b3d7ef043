// SPDX-License-Identifier: GPL-2.0 OR MIT
/* TCP segments that are sent again, one record each: tcp/tcp_retransmit_skb. */
#include "tcp_connections.h"

/* Keeps the record's layout in the BTF of the object. */
const struct retransmit_record *layout __attribute__((unused));

SEC("raw_tp/tcp_retransmit_skb")
int tcp_retransmit_skb(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (struct sock *)ctx->args[0];
	struct retransmit_record record = {};
	struct connection *connection = connection_of(sk);

	fill_owner(&record.tcp, sk, connection);
	fill_socket(&record.tcp, sk, connection ? connection->direction : 0);
	if (left_out(&record.tcp, sk))
		return 0;
	record.tcp.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	/* The kernel counts after it has told us. */
	record.retransmits = BPF_CORE_READ((struct tcp_sock *)sk, total_retrans);
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
