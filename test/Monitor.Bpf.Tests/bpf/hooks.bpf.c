// SPDX-License-Identifier: GPL-2.0
// One small program per kind of hook; each counts its runs for one process. Renaming a task runs all of task_rename's.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum hook { RAW_TP, TP_BTF, TRACEPOINT, HOOKS };

const volatile __u32 target_tgid = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HOOKS);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

struct key {
	__u32 a;
	__u32 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, struct key);
	__type(value, __u64);
} table SEC(".maps");

struct odd {
	__u32 a;
	__u32 b;
	__u32 c;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct odd);
} odd_values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} even_values SEC(".maps");

static __always_inline int count(__u32 hook)
{
	__u64 *value;

	if (bpf_get_current_pid_tgid() >> 32 != target_tgid)
		return 0;
	value = bpf_map_lookup_elem(&runs, &hook);
	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}

SEC("raw_tp/task_rename")
int on_raw_tp(void *ctx)
{
	return count(RAW_TP);
}

SEC("tp_btf/task_rename")
int on_tp_btf(void *ctx)
{
	return count(TP_BTF);
}

SEC("tracepoint/task/task_rename")
int on_tracepoint(void *ctx)
{
	return count(TRACEPOINT);
}

// No libbpf before 1.3 knows the section, no kernel before 6.7 the hook.
SEC("cgroup/connect_unix")
int on_connect_unix(void *ctx)
{
	return 1;
}

SEC("fentry/tcp_close")
int on_fentry(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
