// SPDX-License-Identifier: GPL-2.0
// Programs that are told where to attach; each counts its runs.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum target { XDP, INGRESS, EGRESS, CLOCK, TARGETS };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TARGETS);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static __always_inline void count(__u32 target)
{
	__u64 *value = bpf_map_lookup_elem(&runs, &target);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("xdp")
int on_xdp(void *ctx)
{
	count(XDP);
	return XDP_PASS;
}

SEC("tc/ingress")
int on_ingress(void *ctx)
{
	count(INGRESS);
	return -1;
}

SEC("tcx/egress")
int on_egress(void *ctx)
{
	count(EGRESS);
	return -1;
}

SEC("perf_event")
int on_clock(void *ctx)
{
	count(CLOCK);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
