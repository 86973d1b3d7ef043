/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The kernel's structures, as far as we read them: field offsets are relocated against the running kernel's BTF when
 * the object is loaded. What differs between kernels is here, each with the commit that changed it.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define AF_INET	    2
#define AF_INET6    10
#define AF_PACKET   17
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define ETH_P_IP    0x0800
#define ETH_P_IPV6  0x86dd
#define O_NONBLOCK  00004000
#define EINPROGRESS 115
#define EALREADY    114
#define ERESTARTSYS 512 /* and above: the call is not over, the kernel restarts it or says EINTR */

#define EPIPE	    32
#define ECONNRESET  104
#define ETIMEDOUT   110
#define PF_EXITING  0x00000004 /* include/linux/sched.h */

/* Bits of skc_flags (include/net/sock.h) */
#define SOCK_DEAD     0 /* no process has it any more */
#define SOCK_DONE     1 /* the other side's FIN is here */
#define SOCK_KEEPOPEN 3

/* include/net/tcp_states.h */
#define TCP_ESTABLISHED	 1
#define TCP_SYN_SENT	 2
#define TCP_SYN_RECV	 3
#define TCP_FIN_WAIT1	 4
#define TCP_FIN_WAIT2	 5
#define TCP_TIME_WAIT	 6
#define TCP_CLOSE	 7
#define TCP_CLOSE_WAIT	 8
#define TCP_LAST_ACK	 9
#define TCP_LISTEN	 10
#define TCP_CLOSING	 11
#define TCP_NEW_SYN_RECV 12

/* Inode numbers of namespaces begin here (include/linux/proc_ns.h, MNT_NS_INIT_INO), rounded down. */
#define FIRST_NAMESPACE 0xeffffff0

#define relocated	__attribute__((preserve_access_index))

struct in6_addr_bytes {
	__u8 bytes[16];
};

struct ns_common {
	unsigned int inum;
} relocated;

struct inet_ehash_bucket {
	struct hlist_nulls_node *first; /* of its only member, a struct hlist_nulls_head */
};

struct inet_hashinfo {
	struct inet_ehash_bucket *ehash;
	unsigned int ehash_mask;
	bool pernet; /* 6.1 (d1e5e6408b30): of one namespace alone */
} relocated;

struct inet_timewait_death_row {
	struct inet_hashinfo *hashinfo;
} relocated;

struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
} relocated;

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
} relocated;

typedef struct {
	struct net *net;
} relocated possible_net_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct in6_addr;

struct kernfs_node {
	__u64 id; /* 5.5 (67c0496e87d1) */
} relocated;

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
} relocated;

struct cgroup {
	struct cgroup_subsys_state self; /* the first member */
	struct kernfs_node *kn;
} relocated;

struct css_set {
	struct cgroup *dfl_cgrp; /* in the hierarchy of cgroup v2 */
} relocated;

struct sock_cgroup_data {
	struct cgroup *cgroup; /* 5.15 (8520e224f547) */
} relocated;

struct sock_cgroup_data___shared {
	__u64 val; /* before: the cgroup, or with one of the lowest two bits set something else */
} relocated;

struct hlist_nulls_node {
	struct hlist_nulls_node *next;
} relocated;

struct proto {
	union {
		struct inet_hashinfo *hashinfo;
	} h;
} relocated;

struct sock_common {
	struct proto *skc_prot;
	struct hlist_nulls_node skc_nulls_node;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr_bytes skc_v6_daddr;
	struct in6_addr_bytes skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
} relocated;

struct file {
	unsigned int f_flags;
	void *private_data;
} relocated;

/* include/uapi/linux/net.h */
typedef enum {
	SS_FREE,
	SS_UNCONNECTED,
} socket_state;

struct socket {
	socket_state state;
	struct file *file;
	struct sock *sk;
} relocated;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__u32 val;
} kuid_t;

struct sock {
	struct sock_common __sk_common;
	int sk_err;
	__u16 sk_type;
	__u16 sk_protocol;
	struct socket *sk_socket;
	struct sock_cgroup_data sk_cgrp_data;
	atomic_t sk_drops;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	kuid_t sk_uid;
} relocated;

struct net_device {
	char name[16];
	int ifindex;
	possible_net_t nd_net;
} relocated;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	unsigned int tail;
	unsigned char *head;
} relocated;

/* Arguments of skb/kfree_skb: the reason came with 5.17 (c504e5c2f964), the receiving socket with 6.11 (c53795d48ee8).
 */
enum skb_drop_reason {
	SKB_DROP_REASON_ANY, /* the numbers are the running kernel's: the agent reads them from its BTF */
};

struct trace_event_raw_kfree_skb {
	enum skb_drop_reason reason;
	void *rx_sk;
} relocated;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} relocated;

struct files_struct {
	struct fdtable *fdt;
} relocated;

struct cred {
	kuid_t uid;
} relocated;

struct task_struct {
	void *stack;
	unsigned int flags;
	int pid;
	int tgid;
	struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct css_set *cgroups;
} relocated;

struct inet_timewait_sock {
	volatile unsigned char tw_substate; /* FIN_WAIT2 or TIME_WAIT */
} relocated;

struct inet_sock {
	__be16 inet_sport;
} relocated;

struct inet_connection_sock {
	__u8 icsk_probes_out;
} relocated;

struct minmax_sample {
	__u32 t;
	__u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	__u64 bytes_received;
	__u64 bytes_sent; /* 4.19 (ba113c3aa79a), as bytes_retrans (fb31c9b9f6c8) */
	__u64 bytes_acked;
	__u64 bytes_retrans;
	__u32 segs_in;
	__u32 segs_out;
	__u32 total_retrans;
	__u32 srtt_us; /* eighths */
	__u32 write_seq;
	__u32 snd_nxt;
	__u32 packets_out;
	__u32 snd_una;
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 snd_cwnd;
	__u32 mss_cache;
	struct minmax rtt_min;
} relocated;

/*
 * A pointer that the verifier follows cannot be used with CO-RE offsets; read back through the helper it is a number.
 */
static __always_inline struct sock *untyped(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return (struct sock *)address;
}

/*
 * Reads a field: by an instruction where the verifier follows the pointer, else by a helper, which takes some ten times
 * as long. followed: known when it is compiled
 */
#define READ(followed, pointer, field) ((followed) ? (pointer)->field : BPF_CORE_READ(pointer, field))

#endif
