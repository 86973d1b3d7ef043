// SPDX-License-Identifier: GPL-2.0
// A record with a field of every kind, and maps that are metrics, by the public header. It is loaded, but sends
// nothing.
#include <monitor.h>

enum fruit { APPLE, PEAR = 3, QUINCE = -1 };

typedef nanoseconds_t wait_t;
typedef const volatile wait_t long_wait_t;
typedef char path_t[32];
typedef __u8 mac_t[6];

struct place {
	__u32 line;
	struct {
		__s16 column;
		__u16 padding;
	} inner;
};

struct everything_record {
	__u64 timestamp;
	struct monitor_process process;
	__s8 s8;
	__u8 u8;
	__s16 s16;
	__u16 u16 DOC("A number of two bytes.");
	__s32 s32;
	__u32 u32;
	__s64 s64;
	__u64 u64;
	bool flag;
	bool flags[3];
	enum fruit fruit;
	enum fruit basket[2];
	char text[12];
	path_t path;
	char letter;
	__u8 bytes[5];
	mac_t mac;
	signed char deltas[2];
	__u32 numbers[4];
	nanoseconds_t duration;
	long_wait_t waited;
	nanoseconds_t waits[2];
	boot_time_t started;
	ipv4_address_t ipv4;
	ip_address_t ip;
	ip_address_t ips[2];
	port_number_t port;
	network_port_t network_port;
	kernel_symbol_t symbol;
	kernel_stack_t stack;
	error_number_t error;
	struct place place;
	struct monitor_process other;
	struct {
		__u32 unnamed_member DOC("In an unnamed structure.");
	};
	__u32 three : 3;
	bool one : 1;
	enum fruit few : 4;
	__s32 rest : 24;
	__u32 pad;
	__u16 reserved1;
};

MONITOR(struct everything_record, "Every kind of field.");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
} stacks SEC(".maps");

struct call {
	char command[16];
	error_number_t error;
	enum fruit fruit;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, struct call);
	__type(value, counter_t);
} calls SEC(".maps") DOC("Calls by who made them.");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram);
} duration SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, port_number_t);
	__type(value, struct histogram);
} sizes SEC(".maps");

/* The same numbers, but no metric: nothing says so. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} state SEC(".maps");

static __attribute__((noinline)) __u64 a_function(__u64 value)
{
	return value + bpf_get_prandom_u32();
}

SEC("raw_tp/task_rename")
int on_rename(void *ctx)
{
	__u32 zero = 0;
	__u16 port = 80;
	struct call call = {.error = -2, .fruit = PEAR};

	bpf_get_current_comm(call.command, sizeof(call.command));
	counter_add(&calls, &call, 1);
	for (__u64 value = 0; value < 3; value++) {
		histogram_add(&duration, &zero, value);
		histogram_add(&sizes, &port, 1000 << value);
	}
	return a_function(0) ? 0 : 1;
}

SEC("?raw_tp/sched_process_exit")
int on_exit(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
