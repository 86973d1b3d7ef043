/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a monitor needs to send events through the agent: its way out, the agent's filters and limits, and types that
 * say what a field means. The agent reads the record's layout from the BTF of the object, so a program is all there is
 * to write:
 *
 *	#include <monitor.h>
 *
 *	struct exec_record {
 *		__u64 timestamp;
 *		struct monitor_process process;
 *		char file[64] DOC("The program that is started.");
 *	};
 *	MONITOR(struct exec_record, "Processes that start a program.");
 *
 * Compile with clang -O2 -g -target bpf -mcpu=v2. Include vmlinux.h before this header, or not at all.
 */
#ifndef MONITOR_H
#define MONITOR_H

#ifndef __VMLINUX_H__
#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#endif
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* BPF_CORE_READ() declares a variable of the field's type, of which newer compilers warn behind a pointer to const. */
#ifdef __has_warning
#if __has_warning("-Wdefault-const-init-var-unsafe")
#pragma clang diagnostic ignored "-Wdefault-const-init-var-unsafe"
#endif
#endif

/*
 * The record.
 *
 * Its first field is "__u64 timestamp", set with now(). After it come whole numbers, bool, enumerations (shown by
 * name), bit-fields, arrays of char (text), of __u8 (bytes) and of numbers, and structures of these. Pointers, unions
 * and floating-point numbers are refused. Fields named pad or reserved are not shown.
 *
 * Fields of these names, at the top or within a struct monitor_process, are those that all events have: pid, tid, uid,
 * command, cgroup_id, network_namespace, connection_id, protocol (number of the IP protocol), source_ip, source_port,
 * destination_ip, destination_port, failed (bool).
 */
#if defined(__has_attribute) && __has_attribute(btf_decl_tag)
#define DOC(text) __attribute__((btf_decl_tag(text)))
#else
#define DOC(text) /* clang before 14: no descriptions */
#endif

/* Names the structure that emit() sends, and says in a sentence what an event of it reports. Once per object. */
#define MONITOR(type, text) const type *monitor_record DOC(text) __attribute__((unused))

/* What a number means. */
typedef __u64 nanoseconds_t;   /* a duration */
typedef __u64 boot_time_t;     /* a moment: CLOCK_BOOTTIME in nanoseconds, as now() has it */
typedef __be32 ipv4_address_t; /* network byte order, as the kernel keeps it */
typedef __u16 port_number_t;   /* host byte order */
typedef __be16 network_port_t; /* network byte order */
typedef __u64 kernel_symbol_t; /* an address of the kernel, shown as the function that it lies in */
typedef __s32 kernel_stack_t;  /* from bpf_get_stackid() with a BPF_MAP_TYPE_STACK_TRACE that is named stacks */
typedef __s32 error_number_t;  /* errno, or its negative as the kernel returns it; 0: no error */
typedef __u64 counter_t;       /* value of a map that is a metric, see counter_add() */

/* IPv6, or IPv4 as ::ffff:a.b.c.d, see ip_of_ipv4(). */
typedef struct {
	__u8 bytes[16];
} ip_address_t;

/* The process that runs the program, see fill_process(). */
struct monitor_process {
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 pad;
	char command[16];
	__u64 cgroup_id; /* of version 2 */
};

/* Knobs, set by the agent before the object is loaded. The verifier removes the branches that a knob switches off. */
const volatile __u32 network_namespace = 0;  /* inode number of the watched one; 0: every one */
const volatile __u64 cgroup_id = 0;	     /* cgroup (v2) whose subtree is watched; 0: every one */
const volatile __u32 cgroup_level = 0;	     /* depth of that cgroup below the root of the hierarchy */
const volatile __u32 agent_pid = 0;	     /* left out; 0: nobody */
const volatile __u32 excluded_pid_count = 0; /* entries of excluded_pids */
const volatile bool boot_clock = true;	     /* bpf_ktime_get_boot_ns is there (5.8, 71d19214776e) */
const volatile __u64 boot_offset = 0;	     /* CLOCK_BOOTTIME - CLOCK_MONOTONIC, where it is not */

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

/*
 * The way to user space: a ring for each CPU. With "#define MONITOR_RING_BUFFER (1 << 20)" before the include it is one
 * ring buffer of that many bytes for all CPUs (a power of two, at least a page): events stay in order, and a burst on
 * one CPU may use all of it, but CPUs wait for each other.
 */
#ifdef MONITOR_RING_BUFFER
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, MONITOR_RING_BUFFER);
} events SEC(".maps");
#else
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");
#endif

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} excluded_pids SEC(".maps");

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

#define monitor_count_(counter)                                                                                        \
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

/* For an event that some filter keeps back. */
static __always_inline void count_filtered(void)
{
	if (!is_read())
		return;
	monitor_count_(produced);
	monitor_count_(filtered);
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
	monitor_count_(produced);
	monitor_count_(rate_limited);
	return true;
}

static __always_inline void monitor_send_(void *ctx, const void *record, __u64 size, __u64 flags)
{
	long error;

	if (!is_read())
		return;
	monitor_count_(produced);
#ifdef MONITOR_RING_BUFFER
	error = bpf_ringbuf_output(&events, (void *)record, size, flags);
#else
	error = bpf_perf_event_output(ctx, &events, flags, (void *)record, size);
#endif
	if (error)
		monitor_count_(lost);
}

static __always_inline void monitor_emit_(void *ctx, const void *record, __u64 size)
{
#ifdef MONITOR_RING_BUFFER
	monitor_send_(ctx, record, size, 0);
#else
	monitor_send_(ctx, record, size, BPF_F_CURRENT_CPU);
#endif
}

/*
 * Hands a record to user space, within the limit of events per second. The ring may be full: the kernel counts that,
 * and so do we. Zero the record before it is filled, so that nothing of the kernel's stack goes along.
 *
 * ctx: what the program was called with
 */
static __always_inline void emit(void *ctx, const void *record, __u64 size)
{
	if (!over_rate_limit(*(const __u64 *)record))
		monitor_emit_(ctx, record, size);
}

/*
 * The kernel's structures as far as fill_process() reads them. What follows ___ in their names is ours: so they get
 * along with vmlinux.h.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node___monitor {
	__u64 id; /* 5.5 (67c0496e87d1) */
};

struct cgroup_subsys_state___monitor {
	struct cgroup_subsys_state___monitor *parent;
};

struct cgroup___monitor {
	struct cgroup_subsys_state___monitor self; /* the first member */
	struct kernfs_node___monitor *kn;
};

struct css_set___monitor {
	struct cgroup___monitor *dfl_cgrp; /* in the hierarchy of cgroup v2 */
};

struct task_struct___monitor {
	struct css_set___monitor *cgroups;
};
#pragma clang attribute pop

/* Whether the current task is outside of the watched cgroup. bpf_get_current_ancestor_cgroup_id() came with 5.15 only
 * for tracing programs (95b861a7935b), so this goes up by itself. */
static __always_inline bool monitor_outside_cgroup_(void)
{
	struct task_struct___monitor *task;
	struct cgroup___monitor *cgroup;

	if (!cgroup_id)
		return false;
	task = (struct task_struct___monitor *)bpf_get_current_task();
	cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
#pragma unroll
	for (int level = 0; level < 16; level++) {
		if (BPF_CORE_READ(cgroup, kn, id) == cgroup_id)
			return false;
		cgroup = (struct cgroup___monitor *)BPF_CORE_READ(cgroup,
								  self.parent); /* of the root: NULL, and so on */
	}
	return true;
}

/*
 * Fills in the current process; for programs that run in one, not for those that see packets or interrupts.
 *
 * false: the agent was told to leave it out. The event is counted as filtered, and the program returns.
 */
static __always_inline bool fill_process(struct monitor_process *process)
{
	__u64 id = bpf_get_current_pid_tgid();

	__builtin_memset(process, 0, sizeof(*process));
	if (pid_excluded(id >> 32) || monitor_outside_cgroup_()) {
		count_filtered();
		return false;
	}
	process->pid = id >> 32;
	process->tid = id;
	process->uid = bpf_get_current_uid_gid();
	process->cgroup_id = bpf_get_current_cgroup_id();
	bpf_get_current_comm(process->command, sizeof(process->command));
	return true;
}

static __always_inline void ip_of_ipv4(ip_address_t *address, __be32 ipv4)
{
	__builtin_memset(address, 0, sizeof(*address));
	address->bytes[10] = 0xff;
	address->bytes[11] = 0xff;
	__builtin_memcpy(address->bytes + 12, &ipv4, sizeof(ipv4));
}

/*
 * Metrics: a map whose values are counter_t or struct histogram is a metric of the map's name, and the fields of its
 * key are the labels. The map is a hash, LRU hash or array, of each CPU (BPF_MAP_TYPE_PERCPU_...) or not. A hash that
 * is full takes no new keys; an LRU hash drops others instead. DOC("...") behind SEC(".maps") describes the metric.
 */
struct histogram {
	__u64 sum;
	__u64 slots[64]; /* slot i: values from 2^i to below 2^(i+1); 0 is in slot 0 */
};

/* Too large for the stack of a program. */
static const struct histogram monitor_no_values_ __attribute__((unused)) = {};

static __always_inline void *monitor_value_(void *map, const void *key, const void *initial)
{
	void *value = bpf_map_lookup_elem(map, key);

	if (value)
		return value;
	bpf_map_update_elem(map, key, initial, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline void counter_add(void *map, const void *key, __u64 amount)
{
	counter_t none = 0, *value = monitor_value_(map, key, &none);

	if (value)
		__sync_fetch_and_add(value, amount);
}

static __always_inline void histogram_add(void *map, const void *key, __u64 value)
{
	struct histogram *histogram = monitor_value_(map, key, &monitor_no_values_);
	__u64 rest = value;
	__u32 slot = 0;

	if (!histogram)
		return;
#pragma unroll
	for (int bits = 32; bits; bits /= 2) {
		if (rest >> bits) {
			rest >>= bits;
			slot += bits;
		}
	}
	__sync_fetch_and_add(&histogram->sum, value);
	__sync_fetch_and_add(&histogram->slots[slot & 63], 1);
}

#endif
