/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* A TCP socket as the iterators find it. The agent compares its own layout with this one's BTF. */
#ifndef OPEN_CONNECTION_H
#define OPEN_CONNECTION_H

#include <linux/types.h>

enum open_connection_kind {
	OPEN_CONNECTION_OF_PROCESS = 1, /* a process has it: pid, uid, cgroup_id and command are set */
	OPEN_CONNECTION_OF_TABLE = 2,	/* found in the kernel's hash table */
	OPEN_CONNECTION_SMALL = 3,	/* the same, and only its addresses are left or there yet */
	OPEN_CONNECTION_CUT = 4,	/* no socket: a bucket of the table had more than is read at once */
	OPEN_CONNECTION_END = 5,	/* no socket: the table was read to its end */
};

struct open_connection_record {
	__u64 socket;	     /* address of the socket: says which records are of one, and stays in the agent */
	__u64 connection_id; /* its cookie; 0: it has none */
	__u64 cgroup_id;     /* of the process, or of who made the socket; 0: not known */
	__u64 established;   /* CLOCK_BOOTTIME, ns; 0: not known */
	__u64 bytes_sent;    /* this and all down to segment_size: 0 in LISTEN and where the kind is SMALL */
	__u64 bytes_acknowledged;
	__u64 bytes_received;
	__u32 segments_sent;
	__u32 segments_received;
	__u32 retransmits;
	__u32 smoothed_rtt_us; /* 0: no sample */
	__u32 minimum_rtt_us;  /* ~0: no sample */
	__u32 congestion_window;
	__u32 segment_size;
	__u32 send_queue; /* bytes; LISTEN: the backlog */
	__u32 receive_queue;
	__u32 network_namespace;
	__u32 pid;
	__u32 uid;
	__u8 local[16]; /* IPv4 is mapped into IPv6 */
	__u8 remote[16];
	__u16 local_port; /* host byte order */
	__u16 remote_port;
	__u8 state; /* as the kernel numbers them, include/net/tcp_states.h */
	__u8 kind;
	__u8 direction; /* of enum tcp_direction; 0: not known */
	__u8 padding;
	char command[16];
};

#endif
