// SPDX-License-Identifier: GPL-2.0
// Renames of the threads of one process, through a ring buffer; some are reserved and then discarded.
#define MONITOR_RING_BUFFER 8192 /* larger than a page, and soon full */
#include <monitor.h>

const volatile __u32 target_tgid = 0;

struct ring_buffer_record {
	__u64 timestamp;
	struct monitor_process process;
	__u64 number;
};
MONITOR(struct ring_buffer_record, "Renames of threads.");

static __u64 number;

SEC("raw_tp/task_rename")
int on_rename(void *ctx)
{
	struct ring_buffer_record record = {};
	void *discarded;

	if (bpf_get_current_pid_tgid() >> 32 != target_tgid || !fill_process(&record.process))
		return 0;
	record.timestamp = now();
	record.number = number;
	__sync_fetch_and_add(&number, 1);
	if (record.number % 4 == 3) {
		discarded = bpf_ringbuf_reserve(&events, sizeof(record), 0);
		if (discarded)
			bpf_ringbuf_discard(discarded, 0);
		return 0;
	}
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
