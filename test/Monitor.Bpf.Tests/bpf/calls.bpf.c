// SPDX-License-Identifier: GPL-2.0
// Calls of each kind, for tests that change their bytes. It is looked at, not loaded. Nothing calls
// `hidden`, which does what a monitor may not do.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} values SEC(".maps");

static long each_turn(__u32 index, void *context)
{
	return bpf_get_smp_processor_id() == index;
}

__attribute__((noinline)) int shown(__u32 number)
{
	return bpf_get_prandom_u32() == number;
}

__attribute__((noinline)) int hidden(__u32 number)
{
	return bpf_send_signal(number);
}

SEC("tp_btf/task_rename")
int on_rename(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 key = 0;

	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	if (!bpf_map_lookup_elem(&values, &key))
		return 0;
	bpf_loop(4, each_turn, NULL, 0);
	return shown(BPF_CORE_READ(task, pid));
}

char LICENSE[] SEC("license") = "GPL";
