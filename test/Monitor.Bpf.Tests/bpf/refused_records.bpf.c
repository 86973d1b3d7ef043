// SPDX-License-Identifier: GPL-2.0
// Records that an author could write and that cannot be shown. A test names each by its variable.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef __u32 nanoseconds_t; /* not that of monitor.h */

#define record(name, member)                                                                                           \
	struct name {                                                                                                  \
		__u64 timestamp;                                                                                       \
		member;                                                                                                \
	};                                                                                                             \
	const struct name *name##_record __attribute__((unused))

struct element {
	__u32 value;
};

struct declared;

record(with_pointer, const char *file);
record(with_float, double mean);
record(
	with_union, union {
		__u32 ipv4;
		__u8 ipv6[16];
	} address);
record(
	with_unnamed_union, union {
		__u32 ipv4;
		__u8 ipv6[16];
	});
record(with_structures, struct element elements[4]);
record(with_matrix, __u32 matrix[2][2]);
record(with_large_number, __int128 number);
record(with_open_array, __u8 rest[]);
record(with_long_list, __u32 numbers[65]);
record(with_wrong_duration, nanoseconds_t took);
record(with_too_much, __u8 everything[4096]);

struct without_timestamp {
	__u32 pid;
	__u32 tid;
};
const struct without_timestamp *without_timestamp_record __attribute__((unused));

struct with_late_timestamp {
	__u64 number;
	__u64 timestamp;
};
const struct with_late_timestamp *with_late_timestamp_record __attribute__((unused));

const struct declared *declared_record __attribute__((unused));
const __u64 *number_record __attribute__((unused));
__u64 no_pointer_record __attribute__((unused));

char LICENSE[] SEC("license") = "GPL";
