/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A record with a field of each kind. */
#include <monitor.h>

enum mood {
	MOOD_QUIET = 0,
	MOOD_LOUD = 3,
};

struct everything_record {
	__u64 timestamp;
	struct monitor_process process;
	__s16 offset DOC("How far off.");
	__u16 flags : 3;
	__u16 level : 13;
	bool ready;
	__u8 key[4];
	enum mood mood;
	nanoseconds_t latency;
	boot_time_t started;
	ipv4_address_t gateway;
	port_number_t ports[3];
	__u16 pad;
	kernel_symbol_t place;
	error_number_t error;
	char name[12];
	__u32 protocol;
	__u32 pad2;
	ip_address_t source_ip;
	ip_address_t destination_ip;
	port_number_t source_port;
	network_port_t destination_port;
	bool failed;
	__u8 pad3[3];
};
MONITOR(struct everything_record, "All kinds of fields.");

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	struct everything_record record = {.timestamp = now()};

	if (fill_process(&record.process))
		emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
