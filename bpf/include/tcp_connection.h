/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What is kept of an established connection; the map of them is in tcp_connections.h. */
#ifndef TCP_CONNECTION_H
#define TCP_CONNECTION_H

#include <linux/types.h>

/* A connection from its first packet to its end. */
struct connection {
	__u64 id;
	__u64 established; /* CLOCK_BOOTTIME, ns; 0: not yet */
	__u64 cgroup_id;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u8 flags;	/* of enum tcp_flags */
	__u8 direction; /* of enum tcp_direction */
	__u8 padding[2];
	char command[16];
};

#endif
