/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Written without monitor.h: its maps have the names that the agent looks for, and are something else. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct own_counters_record {
	__u64 timestamp;
};
const struct own_counters_record *monitor_record __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} counters SEC(".maps"), reading SEC(".maps"), excluded_pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	struct own_counters_record record = {.timestamp = bpf_ktime_get_ns()};
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&counters, &zero) && bpf_map_lookup_elem(&reading, &zero) &&
	    bpf_map_lookup_elem(&excluded_pids, &zero))
		bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
