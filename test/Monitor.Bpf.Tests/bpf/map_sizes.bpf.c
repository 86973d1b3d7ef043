// SPDX-License-Identifier: GPL-2.0
// Maps whose entries are more than their keys and values. They are looked at, not loaded.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 1000);
			__type(key, __u32);
			__uint(value_size, 64);
		});
} arrays SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 5);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 65536);
		});
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
			__uint(max_entries, 10);
			__type(key, __u32);
			__uint(value_size, 16);
		});
} per_cpu SEC(".maps");

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA, which older headers do not have. */
	__uint(max_entries, 7);
} pages SEC(".maps");

SEC("raw_tp/task_rename")
int on_rename(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
