/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Written without monitor.h: the maps are right, but the one for the rings has room for one CPU. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct own_events_record {
	__u64 timestamp;
};
const struct own_events_record *monitor_record __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 48);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 8);
} reading SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 1);
} excluded_pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	struct own_events_record record = {.timestamp = bpf_ktime_get_ns()};
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&counters, &zero) && bpf_map_lookup_elem(&reading, &zero) &&
	    !bpf_map_lookup_elem(&excluded_pids, &zero))
		bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
