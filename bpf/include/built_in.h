/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the monitors of this folder share beyond the public header: filters that look into the kernel's structures. */
#ifndef BUILT_IN_H
#define BUILT_IN_H

#include "monitor.h"
#include "scope.h"

const volatile __u32 excluded_port_count = 0; /* entries of excluded_ports */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, __u8);
} excluded_ports SEC(".maps");

#define count(counter) monitor_count_(counter)

/* They look at the limit before they fill a record. */
#define emit(ctx, record, size) monitor_emit_(ctx, record, size)

/* port: host byte order */
static __always_inline bool port_excluded(__u16 port)
{
	return excluded_port_count && bpf_map_lookup_elem(&excluded_ports, &port);
}

/* Whether the current task is outside of the watched cgroup. For tracing programs, which have the helper since 5.15
 * (95b861a7935b). */
static __always_inline bool task_cgroup_excluded(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return cgroup_id && cgroup_excluded(BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

/* The same for cgroup programs, which cannot look at the task on every kernel. */
static __always_inline bool current_cgroup_excluded(void)
{
	return cgroup_id && bpf_get_current_ancestor_cgroup_id(cgroup_level) != cgroup_id;
}

/*
 * As emit(), with bytes of the packet behind the record.
 *
 * packet_bytes: that follow it of the packet that ctx is; only for programs whose ctx is one
 */
static __always_inline void emit_with(void *ctx, const void *record, __u64 size, __u64 packet_bytes)
{
	monitor_send_(ctx, record, size, BPF_F_CURRENT_CPU | packet_bytes << 32);
}

#endif
