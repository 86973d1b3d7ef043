/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* An event for each getpgid() with a number that says which version this is, and metrics of them. */
#include <monitor.h>

#ifndef VERSION
#define VERSION 1
#endif

struct ticks_record {
	__u64 timestamp;
	struct monitor_process process;
	__u32 version;
	__u32 tid_twice;
};
MONITOR(struct ticks_record, "Calls of getpgid().");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, counter_t);
} by_version SEC(".maps");

struct size_key {
	char command[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct size_key);
	__type(value, struct histogram);
} sizes SEC(".maps");

struct entry {
	__u64 pad;
	__s64 number;
	__u64 pid;
};

SEC("tracepoint/syscalls/sys_enter_getpgid")
int on_getpgid(struct entry *ctx)
{
	struct ticks_record record = {.timestamp = now(), .version = VERSION};
	struct size_key key = {};

	if (!fill_process(&record.process))
		return 0;
	record.tid_twice = record.process.tid * 2;
	counter_add(&by_version, &record.version, 1);
	__builtin_memcpy(key.command, record.process.command, sizeof(key.command));
	histogram_add(&sizes, &key, 1000);
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
