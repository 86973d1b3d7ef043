// SPDX-License-Identifier: GPL-2.0
// One record per IPv4 connect() of one process, through a perf event array; and counters of what became of it.
#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "record.h"

enum counter { PRODUCED, FILTERED, FAILED, COUNTERS };

const volatile __u32 target_tgid = 0;
const volatile __u16 ignored_ports[4] = {};
const volatile bool enabled = false;

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

// Only so that the type gets into the BTF.
const struct test_record *unused_record __attribute__((unused));

static __always_inline void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);

	if (value)
		(*value)++;
}

static __always_inline bool is_ignored(__u16 port)
{
	for (int i = 0; i < 4; i++)
		if (ignored_ports[i] && ignored_ports[i] == port)
			return true;
	return false;
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u16 port = __builtin_bswap16(ctx->user_port);
	struct test_record record = {};

	if (!enabled || id >> 32 != target_tgid)
		return 1;
	if (is_ignored(port)) {
		count(FILTERED);
		return 1;
	}

	record.boot_ns = bpf_ktime_get_ns();
	record.cookie = bpf_get_socket_cookie(ctx);
	record.tgid = id >> 32;
	record.tid = id;
	record.port = port;
	record.family = ctx->family;
	record.address[0] = ctx->user_ip4;
	bpf_get_current_comm(record.command, sizeof(record.command));

	if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, sizeof(record)))
		count(FAILED);
	else
		count(PRODUCED);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
