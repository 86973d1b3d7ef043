/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Lists whose elements take as many bytes as any. */
#include <monitor.h>

enum verbose {
	VERBOSE_OF_A_NAME_THAT_IS_EXACTLY_AS_LONG_AS_ONE_CAN_BE_AND_NO_M = 1,
};

struct long_lists_record {
	__u64 timestamp;
	error_number_t first[64];
	error_number_t second[64];
	enum verbose names[4];
};
MONITOR(struct long_lists_record, "Long lists.");

/* Larger than a program's stack; only one test fills it, and not by this program. */
static struct long_lists_record record;

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	record.timestamp = now();
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
