/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RECORD_H
#define RECORD_H

#include <linux/types.h>

struct endpoint {
	__u32 network;
	__u16 port;
	__u16 pad;
};

struct test_record {
	__u64 boot_ns;
	__u64 cookie;
	__u32 tgid;
	__u32 tid;
	__s32 return_code;
	__u16 port;
	__u8 family;
	__u8 pad0;
	__u32 address[4];
	char command[16];
	struct endpoint local;
	union {
		__u32 spare4;
		__u8 spare6[16];
	};
};

#endif
