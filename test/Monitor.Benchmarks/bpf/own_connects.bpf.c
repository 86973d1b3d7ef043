// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A monitor as a user would write it, of the calls that the built-in `connection` reports in a storm: connect() of UDP
 * sockets. Its record is somewhat longer than that one's, and has fields of most kinds. It is at the same hook, which
 * every kernel has, but decides nothing there.
 */
#include <monitor.h>
#include <bpf/bpf_endian.h>

#define kernel_struct __attribute__((preserve_access_index))

struct sock_common {
	__be32 skc_rcv_saddr;
	__u16 skc_num;
} kernel_struct;

struct sock {
	struct sock_common __sk_common;
	__u32 sk_mark;
	int sk_rcvbuf;
	int sk_err_soft;
} kernel_struct;

struct task_struct {
	__u64 start_boottime; /* 5.5 (cf25e24db61c) */
} kernel_struct;

enum family {
	FAMILY_UNIX = 1,
	FAMILY_IPV4 = 2,
	FAMILY_IPV6 = 10,
};

struct connect_record {
	__u64 timestamp;
	struct monitor_process process;
	__u32 protocol;
	port_number_t source_port;
	port_number_t destination_port;
	ip_address_t destination_ip;
	ip_address_t local DOC("This side's address.");
	nanoseconds_t age DOC("How long the process has run.");
	boot_time_t started DOC("When it started.");
	enum family family;
	error_number_t error DOC("What the socket met last.");
	__s32 buffer DOC("Bytes that may wait to be received.");
	__u32 mark;
	char task[16] DOC("The thread's name.");
};
MONITOR(struct connect_record, "connect() of UDP sockets.");

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	const void *typed = ctx->sk;
	struct sock *sk = NULL;
	struct connect_record record = {};

	/* The verifier lets nobody read beyond the fields of struct bpf_sock, unless the pointer is a mere number. */
	bpf_probe_read_kernel(&sk, sizeof(sk), &typed);
	if (!sk || !fill_process(&record.process))
		return 1;
	record.timestamp = now();
	record.protocol = ctx->protocol;
	record.source_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	record.destination_port = bpf_ntohs((__u16)ctx->user_port);
	ip_of_ipv4(&record.destination_ip, ctx->user_ip4);
	ip_of_ipv4(&record.local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	record.started = BPF_CORE_READ(task, start_boottime);
	record.age = record.timestamp - record.started;
	record.family = ctx->family;
	record.error = BPF_CORE_READ(sk, sk_err_soft);
	record.buffer = BPF_CORE_READ(sk, sk_rcvbuf);
	record.mark = BPF_CORE_READ(sk, sk_mark);
	__builtin_memcpy(record.task, record.process.command, sizeof(record.task));
	emit(ctx, &record, sizeof(record));
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
