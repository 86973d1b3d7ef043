/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A map that would stay in the BPF file system. */
#include <monitor.h>

struct pinned_record {
	__u64 timestamp;
};
MONITOR(struct pinned_record, "It leaves something behind.");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} left_behind SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	struct pinned_record record = {.timestamp = now()};
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&left_behind, &zero))
		emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
