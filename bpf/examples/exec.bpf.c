// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Processes that start a program.
 *
 * The least that a monitor is: a record, a hook, and a few lines that fill the one when the other is reached.
 */
#include <monitor.h>
#include <bpf/bpf_tracing.h>

/*
 * The kernel's structures, with the fields that are read. preserve_access_index has the loader look up where they are
 * in the running kernel, so that one object runs on all of them.
 */
#define kernel_struct __attribute__((preserve_access_index))

struct task_struct {
	struct task_struct *real_parent;
	int tgid;
} kernel_struct;

struct linux_binprm {
	const char *filename;
} kernel_struct;

struct exec_record {
	__u64 timestamp;
	struct monitor_process process;
	__u32 parent_pid DOC("The process that the process was started by.");
	__u32 pad; /* every byte has a name: what the compiler puts between fields is not zeroed for sure */
	char file[128] DOC("The program, as it was asked for; cut at 127 bytes.");
};
MONITOR(struct exec_record, "Processes that start a program.");

/* Reached when the program is found and the process is about to run it; its command is the new one already. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *program)
{
	struct exec_record record = {}; /* all of it zero: nothing of the stack goes along */

	if (!fill_process(&record.process))
		return 0; /* left out by the agent's filters */
	record.timestamp = now();
	record.parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_probe_read_kernel_str(record.file, sizeof(record.file), BPF_CORE_READ(program, filename));
	emit(ctx, &record, sizeof(record));
	return 0;
}

/* Most helpers are for programs under the GPL only. */
char LICENSE[] SEC("license") = "GPL";
