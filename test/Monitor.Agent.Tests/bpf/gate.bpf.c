/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A program that decides over packets. */
#include <monitor.h>

struct gate_record {
	__u64 timestamp;
	__u32 length;
	__u32 pad;
};
MONITOR(struct gate_record, "Packets of an interface.");

SEC("tc/ingress")
int on_packet(struct __sk_buff *packet)
{
	struct gate_record record = {.timestamp = now(), .length = packet->len};

	emit(packet, &record, sizeof(record));
	return -1;
}

char LICENSE[] SEC("license") = "GPL";
