/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* It calls `looks`. A test changes the call so that libbpf makes it one of `kills`, which lies behind it. */
#include <monitor.h>

struct conceals_record {
	__u64 timestamp;
};
MONITOR(struct conceals_record, "It counts who asks for its group.");

__attribute__((noinline)) int looks(__u32 number)
{
	return bpf_get_prandom_u32() == number;
}

__attribute__((noinline)) int kills(__u32 number)
{
	return bpf_send_signal(number + 1);
}

SEC("tracepoint/syscalls/sys_enter_getpgid")
int on_getpgid(void *ctx)
{
	struct conceals_record record = {.timestamp = now()};

	if (looks(8))
		return 0;
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
