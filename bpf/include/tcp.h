/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the records of TCP connections share. The agent compares its own layout with this one's BTF. */
#ifndef TCP_H
#define TCP_H

#include <linux/types.h>

enum tcp_flags {
	TCP_PROCESS = 1,      /* pid, tid, uid and command are known */
	TCP_TRACKED = 2,      /* the connection has been seen since it was opened */
	TCP_LOCAL_FIRST = 4,  /* this side closed it first */
	TCP_REMOTE_FIRST = 8, /* the other side did */
	TCP_EXITING = 16,     /* the process ended with it open */
	TCP_QUEUED = 32,      /* no process has taken it yet */
	TCP_WAITED = 64,      /* how long it waited for a process is known */
	TCP_SENT = 128,	      /* a reset: this side sent it */
};

enum tcp_direction {
	TCP_OUTBOUND = 1,
	TCP_INBOUND = 2,
};

struct tcp_record {
	__u64 timestamp;     /* CLOCK_BOOTTIME, ns */
	__u64 connection_id; /* cookie of the socket; 0: not known */
	__u64 cgroup_id;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 network_namespace;
	__u8 source[16]; /* of the side that opened it, or this one where that is not known; IPv4 is mapped into IPv6 */
	__u8 destination[16];
	__u16 source_port; /* host byte order */
	__u16 destination_port;
	__u8 flags;
	__u8 direction; /* 0: not known */
	__u8 state;	/* before the event */
	__u8 padding;
	char command[16];
};

struct accept_record {
	struct tcp_record tcp;
	__u64 queue_ns; /* from the end of the handshake to accept() */
};

struct close_record {
	struct tcp_record tcp;
	__u64 duration_ns;
	__u64 bytes_sent; /* once each */
	__u64 bytes_acknowledged;
	__u64 bytes_received;
	__u32 segments_sent;
	__u32 segments_received;
	__u32 retransmits;
	__u32 smoothed_rtt_us; /* 0: no sample */
	__u32 minimum_rtt_us;  /* ~0: no sample */
	__u32 error;
	__u8 cause;
	__u8 padding[7];
};

struct retransmit_record {
	struct tcp_record tcp;
	__u32 retransmits; /* segments of the connection that were sent again */
	__u32 count;	   /* how many times that this record stands for */
};

struct reset_record {
	struct tcp_record tcp;
	__u32 reason;
	__u32 has_reason;
};

struct listen_overflow_record {
	struct tcp_record tcp;
	__u64 count;
	__u32 queue_length;
	__u32 backlog;
};

#endif
