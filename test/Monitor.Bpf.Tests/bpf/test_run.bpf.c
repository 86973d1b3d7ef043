// SPDX-License-Identifier: GPL-2.0
// Programs that the kernel runs for a test, attached to nothing.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { ETHERNET_BYTES = 14 };

SEC("raw_tp/task_rename")
int add(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[0] + ctx->args[1];
}

// Turns the bits of the byte behind the Ethernet header, and doubles the mark.
SEC("tc")
int turn(struct __sk_buff *skb)
{
	__u8 *data = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;

	if (data + ETHERNET_BYTES >= end)
		return -1;
	data[ETHERNET_BYTES] ^= 0xff;
	skb->mark *= 2;
	return skb->len;
}

SEC("tp_btf/task_rename")
int refused(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
