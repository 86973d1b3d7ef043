/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The record of a connection attempt. The agent compares its own layout with this one's BTF and refuses a difference.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <linux/types.h>

enum connection_outcome {
	CONNECTION_CONNECTED = 1,
	CONNECTION_FAILED = 2,
	CONNECTION_ABANDONED = 3,
	CONNECTION_UNKNOWN = 4,
};

enum connection_flags {
	CONNECTION_RETURN_CODE = 1,  /* return_code is known */
	CONNECTION_MODE = 2,	     /* whether the socket blocks is known */
	CONNECTION_NON_BLOCKING = 4, /* ... and it does not */
	CONNECTION_SYN_SENT = 8,     /* TCP: the handshake began */
	CONNECTION_HAD_SOURCE = 16,  /* the socket had a port before the attempt */
};

struct connection_record {
	__u64 timestamp;     /* CLOCK_BOOTTIME, ns: TCP, of the outcome; else of the attempt */
	__u64 handshake_ns;  /* TCP: from the attempt to its outcome */
	__u64 connection_id; /* cookie of the socket; 0: not known */
	__u64 cgroup_id;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 network_namespace;
	__s32 return_code; /* of connect(): 0 or negative */
	__u32 error;	   /* positive error number; 0: none, or not told */
	__u8 source[16];   /* IPv4 is mapped into IPv6 */
	__u8 destination[16];
	__u16 source_port; /* host byte order */
	__u16 destination_port;
	__u16 protocol;
	__u16 socket_type;
	__u8 outcome;
	__u8 flags;
	__u8 padding[6];
	char command[16];
};

#endif
