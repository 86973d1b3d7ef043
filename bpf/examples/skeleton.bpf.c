// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Threads that end. Replace this by what you want to see: it compiles, loads and sends events as it is.
 *
 * Compile with "make" and put skeleton.bpf.o into the agent's folder of monitors. The events have the type "skeleton",
 * the name of the file.
 */
#include <monitor.h>

/*
 * 1. The record: what an event of this monitor tells. monitor.h lists the types that give a number a meaning, such as
 * nanoseconds_t and ip_address_t, and the names that all events have.
 */
struct skeleton_record {
	__u64 timestamp;		/* always the first */
	struct monitor_process process; /* pid, command, ... of the process; leave it out where there is none */
	bool main_thread DOC("Whether it was the first of its process.");
	__u8 pad[7]; /* every byte has a name, and is zeroed; what is called pad is not shown */
};
MONITOR(struct skeleton_record, "Threads that end.");

/*
 * 2. The hook, by the name of the section: raw_tp/NAME or tp_btf/NAME for a tracepoint, tp/GROUP/NAME for one by its
 * format (see /sys/kernel/tracing/events), kprobe/FUNCTION, and others that libbpf knows. "?" before it: the monitor
 * can do without.
 */
SEC("raw_tp/sched_process_exit")
int on_skeleton(void *ctx)
{
	struct skeleton_record record = {};

	/* 3. What is left out: by the agent's filters, and by its limit of events per second. */
	if (!fill_process(&record.process))
		return 0;
	record.timestamp = now();

	/* 4. What is told. */
	record.main_thread = record.process.pid == record.process.tid;
	emit(ctx, &record, sizeof(record));
	return 0;
}

/* Most helpers are for programs under the GPL only. */
char LICENSE[] SEC("license") = "GPL";
