/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What every monitor shares: its knobs, its maps, its counters, and the one way out to user space. */
#ifndef MONITOR_H
#define MONITOR_H

#include <linux/bpf.h>
#include "scope.h"

/* Knobs, set by the agent before the object is loaded. The verifier removes the branches that a knob switches off. */
const volatile __u32 cgroup_level = 0;	     /* depth of that cgroup below the root of the hierarchy */
const volatile __u32 agent_pid = 0;	     /* left out; 0: nobody */
const volatile __u32 excluded_pid_count = 0; /* entries of excluded_pids */
const volatile __u32 excluded_port_count = 0;
const volatile bool boot_clock = true; /* bpf_ktime_get_boot_ns is there (5.8, 71d19214776e) */
const volatile __u64 boot_offset = 0;  /* CLOCK_BOOTTIME - CLOCK_MONOTONIC, where it is not */

/*
 * Where events went, per CPU. Updated atomically: cgroup programs are preemptible, and a plain increment could be
 * overtaken by another task on the same CPU. At rest, produced = filtered + rate_limited + lost + what was read.
 */
struct counters {
	__u64 produced;
	__u64 filtered;
	__u64 rate_limited;
	__u64 lost;
	__u64 pending_added;
	__u64 pending_removed;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} excluded_pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);
	__type(value, __u8);
} excluded_ports SEC(".maps");

/* The second that is being counted for the rate limit, and its events so far. */
struct rate_window {
	__u64 second;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rate_window);
} rate_window SEC(".maps");

/*
 * Events per second that may pass, once somebody reads the rings; the agent changes it while it runs. 0 before that:
 * nothing is counted and nothing sent. Between attaching and reading, the agent hands everything over to a fresh image
 * of itself, and what happened meanwhile would count as lost.
 */
#define NO_LIMIT (~0ULL)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} reading SEC(".maps");

#define count(counter)                                                                                                 \
	do {                                                                                                           \
		__u32 zero_ = 0;                                                                                       \
		struct counters *counters_ = bpf_map_lookup_elem(&counters, &zero_);                                   \
		if (counters_)                                                                                         \
			__sync_fetch_and_add(&counters_->counter, 1);                                                  \
	} while (0)

/* Nanoseconds on CLOCK_BOOTTIME. */
static __always_inline __u64 now(void)
{
	return boot_clock ? bpf_ktime_get_boot_ns() : bpf_ktime_get_ns() + boot_offset;
}

static __always_inline bool pid_excluded(__u32 pid)
{
	if (agent_pid && pid == agent_pid)
		return true;
	return excluded_pid_count && bpf_map_lookup_elem(&excluded_pids, &pid);
}

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

/* Events per second that may pass; 0: nobody reads. */
static __always_inline __u64 limit(void)
{
	__u32 zero = 0;
	__u64 *limit = bpf_map_lookup_elem(&reading, &zero);

	return limit ? *limit : 0;
}

static __always_inline bool is_read(void)
{
	return limit();
}

static __always_inline void count_filtered(void)
{
	if (!is_read())
		return;
	count(produced);
	count(filtered);
}

/*
 * Whether the limit suppresses one more event; counts it as such. The window is shared by all CPUs and reset without a
 * lock, so that a few events more than the limit may pass where two CPUs begin a second together.
 */
static __always_inline bool over_rate_limit(__u64 time)
{
	__u64 second = time / 1000000000, most = limit();
	struct rate_window *window;
	__u32 zero = 0;

	if (!most || most == NO_LIMIT)
		return false;
	window = bpf_map_lookup_elem(&rate_window, &zero);
	if (!window)
		return false;
	if (window->second != second) {
		window->second = second;
		window->count = 0;
	}
	__sync_fetch_and_add(&window->count, 1);
	if (*(volatile __u64 *)&window->count <= most)
		return false;
	count(produced);
	count(rate_limited);
	return true;
}

/*
 * Hands a record to user space. The ring of this CPU may be full: the kernel counts that, and so do we.
 *
 * packet_bytes: that follow it of the packet that ctx is; only for programs whose ctx is one
 */
static __always_inline void emit_with(void *ctx, const void *record, __u64 size, __u64 packet_bytes)
{
	if (!is_read())
		return;
	count(produced);
	if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU | packet_bytes << 32, (void *)record, size))
		count(lost);
}

static __always_inline void emit(void *ctx, const void *record, __u64 size)
{
	emit_with(ctx, record, size, 0);
}

#endif
