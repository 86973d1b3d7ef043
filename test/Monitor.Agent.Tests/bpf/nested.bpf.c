/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A map of maps of 200 MiB each. */
#include <monitor.h>

struct nested_record {
	__u64 timestamp;
};
MONITOR(struct nested_record, "Who asks for its group.");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 200);
			__type(key, __u32);
			__uint(value_size, 1 << 20);
		});
} outer SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_getpgid")
int on_getpgid(void *ctx)
{
	struct nested_record record = {.timestamp = now()};
	__u32 key = 0;

	if (bpf_map_lookup_elem(&outer, &key))
		return 0;
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
