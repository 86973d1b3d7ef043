// SPDX-License-Identifier: GPL-2.0
// Calls functions of the kernel by name, and one of its own that a helper calls back. It is looked at, not loaded.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

static long each_turn(__u32 index, void *context)
{
	return bpf_get_smp_processor_id() == index;
}

static __attribute__((noinline)) int in_lock(void)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tp_btf/task_rename")
int with_lock(void *ctx)
{
	return in_lock();
}

SEC("?raw_tp/task_rename")
int with_callback(void *ctx)
{
	return bpf_loop(4, each_turn, NULL, 0);
}

SEC("raw_tp/task_rename")
int with_unknown_helper(void *ctx)
{
	long (*unknown)(void) = (void *)9999;

	return unknown();
}

char LICENSE[] SEC("license") = "GPL";
