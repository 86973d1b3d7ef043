// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Processes that the kernel kills because memory ran out, of the machine or of a cgroup.
 *
 * It attaches to a tracepoint by its format (tp/), whose fields stay when the kernel changes its functions. Later
 * kernels added some (6.10): the program asks whether they are there.
 */
#include <monitor.h>

struct trace_event_raw_mark_victim {
	int pid;
	__u32 __data_loc_comm; /* where the text is: the lower 16 bits count from the start of this structure */
	unsigned long anon_rss;
	unsigned long file_rss;
	unsigned long shmem_rss;
	short oom_score_adj;
} __attribute__((preserve_access_index));

struct oom_kill_record {
	__u64 timestamp;
	struct monitor_process process DOC("Who asked for memory when there was none.");
	__u32 victim_pid DOC("Who was killed.");
	__s32 victim_adjustment DOC("oom_score_adj of who was killed, from -1000 to 1000.");
	__u64 victim_bytes DOC("Memory that who was killed had; 0 on kernels that do not tell.");
	char victim_command[16];
};
MONITOR(struct oom_kill_record, "Processes that are killed because memory ran out.");

SEC("tp/oom/mark_victim")
int on_victim(struct trace_event_raw_mark_victim *ctx)
{
	struct oom_kill_record record = {};

	if (!fill_process(&record.process))
		return 0;
	record.timestamp = now();
	record.victim_pid = ctx->pid;
	if (bpf_core_field_exists(ctx->__data_loc_comm)) {
		/* They were added together. In units of kilobytes. */
		record.victim_bytes = (ctx->anon_rss + ctx->file_rss + ctx->shmem_rss) * 1024;
		record.victim_adjustment = ctx->oom_score_adj;
		bpf_probe_read_kernel_str(record.victim_command, sizeof(record.victim_command),
					  (void *)ctx + (ctx->__data_loc_comm & 0xffff));
	}
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
