/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A program that changes something. */
#include <monitor.h>

struct kills_record {
	__u64 timestamp;
};
MONITOR(struct kills_record, "It kills whoever asks for its group.");

SEC("tracepoint/syscalls/sys_enter_getpgid")
int on_getpgid(void *ctx)
{
	struct kills_record record = {.timestamp = now()};

	bpf_send_signal(0);
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
