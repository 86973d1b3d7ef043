// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Signals that are sent: who kills whom.
 *
 * An enumeration shows by name. A second process is a structure of its own; its fields get names such as target.pid.
 */
#include <monitor.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
} __attribute__((preserve_access_index));

enum signal_name {
	SIGHUP = 1,
	SIGINT = 2,
	SIGQUIT = 3,
	SIGILL = 4,
	SIGTRAP = 5,
	SIGABRT = 6,
	SIGBUS = 7,
	SIGFPE = 8,
	SIGKILL = 9,
	SIGUSR1 = 10,
	SIGSEGV = 11,
	SIGUSR2 = 12,
	SIGPIPE = 13,
	SIGALRM = 14,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGTSTP = 20,
};

/* include/trace/events/signal.h */
enum signal_result {
	DELIVERED = 0,
	IGNORED = 1,
	ALREADY_PENDING = 2,
	OVERFLOW_FAILED = 3,
	LOST_INFORMATION = 4,
};

struct signal_target {
	__u32 pid;
	__u32 tid;
	char command[16];
};

struct signal_record {
	__u64 timestamp;
	struct monitor_process process DOC("Who sent it; for faults and timers, who ran at that moment.");
	struct signal_target target;
	enum signal_name signal;
	enum signal_result result;
};
MONITOR(struct signal_record, "Signals that are sent to processes.");

/* A knob, set before the object is loaded: the only signal that is reported; 0: all but SIGCHLD. */
const volatile __u32 only_signal = 0;

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int signal, void *info, struct task_struct *target, int to_group, int result)
{
	struct signal_record record = {};

	/* Every process that ends sends one to its parent. */
	if (only_signal ? signal != only_signal : signal == SIGCHLD)
		return 0;
	if (!fill_process(&record.process))
		return 0;
	record.timestamp = now();
	record.target.pid = BPF_CORE_READ(target, tgid);
	record.target.tid = BPF_CORE_READ(target, pid);
	BPF_CORE_READ_STR_INTO(&record.target.command, target, comm);
	record.signal = signal;
	record.result = result;
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
