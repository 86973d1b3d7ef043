// SPDX-License-Identifier: GPL-2.0
// A metric whose key cannot be a label.
#include <monitor.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__type(value, counter_t);
} without_key SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
