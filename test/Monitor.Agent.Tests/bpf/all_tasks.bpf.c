/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Every process that there is, each time that the iterator runs. */
#include <monitor.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	int pid, tgid;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	void *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

struct all_tasks_record {
	__u64 timestamp;
	__u32 task;
	__u32 pad;
};
MONITOR(struct all_tasks_record, "Processes that there are.");

SEC("iter/task")
int each(struct bpf_iter__task *ctx)
{
	struct all_tasks_record record = {.timestamp = now()};
	struct task_struct *task = ctx->task;

	if (!task || task->pid != task->tgid)
		return 0;
	record.task = task->pid;
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
