/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* 32 KiB of each task that asks. */
#include <monitor.h>
#include <bpf/bpf_tracing.h>

struct per_task_record {
	__u64 timestamp;
};
MONITOR(struct per_task_record, "Names that change.");

struct large {
	__u8 bytes[32 << 10];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct large);
} of_each_task SEC(".maps");

SEC("tp_btf/task_rename")
int BPF_PROG(on_rename, struct task_struct *task)
{
	struct per_task_record record = {.timestamp = now()};

	if (!bpf_task_storage_get(&of_each_task, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return 0;
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
