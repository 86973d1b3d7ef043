/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The record of a dropped packet. The agent compares its own layout with this one's BTF and refuses a difference. */
#ifndef PACKET_DROP_H
#define PACKET_DROP_H

#include <linux/types.h>

enum packet_drop_flags {
	PACKET_DROP_PROCESS = 1,   /* dropped in the context of this process, or of its connection */
	PACKET_DROP_REASON = 2,	   /* the kernel gives a reason */
	PACKET_DROP_ADDRESSES = 4, /* addresses and protocol could be read */
	PACKET_DROP_PORTS = 8,
	PACKET_DROP_ICMP = 16,
	PACKET_DROP_CGROUP = 32, /* of a connection whose process is not known */
};

struct packet_drop_record {
	__u64 timestamp;     /* CLOCK_BOOTTIME, ns */
	__u64 location;	     /* address in the kernel's text */
	__u64 connection_id; /* cookie of the socket of a known connection; 0: of none */
	__u64 cgroup_id;
	__u32 reason;
	__u32 length; /* bytes */
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 network_namespace;
	__u32 interface_index;
	__u16 ethernet_protocol; /* host byte order; 0: not known */
	__u16 protocol;
	__u8 source[16]; /* IPv4 is mapped into IPv6 */
	__u8 destination[16];
	__u16 source_port; /* host byte order */
	__u16 destination_port;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 flags;
	__u8 padding;
	char command[16];
	char interface[16];
};

#endif
