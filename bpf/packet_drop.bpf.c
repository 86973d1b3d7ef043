// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Packets that the kernel gives up: skb/kfree_skb, one record each.
 *
 * The process is the one in whose context the drop happened. In a softirq the current task is whoever was interrupted;
 * the process is that of the packet's connection then, where the accept or the close program knows it.
 */
#include "built_in.h"
#include "context.h"
#include "tcp_connections.h"
#include "packet_drop.h"

/* The map of connections is filled by another program, and not this one's own. */
const volatile bool connections_shared = false;

/* Reasons that are no drops, by their numbers in the running kernel; -1 where it has them not. */
const volatile int reason_not_dropped = -1;
const volatile int reason_consumed = -1;

/* What a socket that is closed has left in its queues; without data it is what ended the connection, and nothing is
 * lost. */
const volatile int reason_queue_purge = -1;

/* Keeps the record's layout in the BTF of the object. */
const struct packet_drop_record *layout __attribute__((unused));

/* Extension headers that are followed; a packet with more is reported by the number of the next. */
#define MAX_EXTENSION_HEADERS 8

/* IANA protocol numbers */
enum {
	HOP_BY_HOP = 0,
	ICMP = 1,
	TCP = IPPROTO_TCP,
	UDP = 17,
	DCCP = 33,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	ICMPV6 = 58,
	DESTINATION_OPTIONS = 60,
	SCTP = 132,
	MOBILITY = 135,
	UDP_LITE = 136,
};

/* The part of a packet from its IP header on that lies in the linear buffer. */
struct packet {
	const unsigned char *start;
	__u32 length;
};

static __always_inline bool read_at(const struct packet *packet, __u32 offset, void *to, __u32 size)
{
	return offset + size <= packet->length && !bpf_probe_read_kernel(to, size, packet->start + offset);
}

/* What lies behind the length that the IP header says is padding. 0, as above 64 KiB, says nothing. */
static __always_inline void end_at(struct packet *packet, __u32 length)
{
	if (length && length < packet->length)
		packet->length = length;
}

static __always_inline void parse_transport(const struct packet *packet, __u32 offset,
					    struct packet_drop_record *record)
{
	__be16 ports[2];

	switch (record->protocol) {
	case TCP:
	case UDP:
	case DCCP:
	case SCTP:
	case UDP_LITE:
		if (!read_at(packet, offset, ports, sizeof(ports)))
			return;
		record->source_port = bpf_ntohs(ports[0]);
		record->destination_port = bpf_ntohs(ports[1]);
		record->flags |= PACKET_DROP_PORTS;
		return;
	case ICMP:
	case ICMPV6:
		if (read_at(packet, offset, &record->icmp_type, 2))
			record->flags |= PACKET_DROP_ICMP;
	}
}

static __always_inline void parse_ipv4(struct packet *packet, struct packet_drop_record *record)
{
	struct {
		__u8 version_length;
		__u8 service;
		__be16 total_length;
		__be16 id;
		__be16 fragment;
		__u8 ttl;
		__u8 protocol;
		__be16 checksum;
		__be32 source;
		__be32 destination;
	} header;
	__u32 header_length;

	if (!read_at(packet, 0, &header, sizeof(header)) || header.version_length >> 4 != 4)
		return;
	record->source[10] = record->source[11] = record->destination[10] = record->destination[11] = 0xff;
	__builtin_memcpy(record->source + 12, &header.source, sizeof(header.source));
	__builtin_memcpy(record->destination + 12, &header.destination, sizeof(header.destination));
	record->protocol = header.protocol;
	record->flags |= PACKET_DROP_ADDRESSES;
	header_length = (header.version_length & 15) * 4;
	if (header_length < sizeof(header) || header.fragment & bpf_htons(0x1fff))
		return; /* only the first fragment has the transport's header */
	end_at(packet, bpf_ntohs(header.total_length));
	parse_transport(packet, header_length, record);
}

static __always_inline void parse_ipv6(struct packet *packet, struct packet_drop_record *record)
{
	struct {
		__u32 version_class_label;
		__be16 payload_length;
		__u8 next_header;
		__u8 hop_limit;
		__u8 source[16];
		__u8 destination[16];
	} header;
	__u32 offset = sizeof(header);

	if (!read_at(packet, 0, &header, sizeof(header)) || (header.version_class_label & 0xf0) != 0x60)
		return;
	__builtin_memcpy(record->source, header.source, sizeof(record->source));
	__builtin_memcpy(record->destination, header.destination, sizeof(record->destination));
	record->protocol = header.next_header;
	record->flags |= PACKET_DROP_ADDRESSES;
	if (header.payload_length)
		end_at(packet, sizeof(header) + bpf_ntohs(header.payload_length));
#pragma unroll
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		struct {
			__u8 next;
			__u8 length;
			__be16 fragment;
		} extension;

		switch (record->protocol) {
		case HOP_BY_HOP:
		case ROUTING:
		case FRAGMENT:
		case AUTHENTICATION:
		case DESTINATION_OPTIONS:
		case MOBILITY:
			break;
		default:
			parse_transport(packet, offset, record);
			return;
		}
		if (!read_at(packet, offset, &extension, sizeof(extension)))
			return;
		if (record->protocol == FRAGMENT)
			offset += 8;
		else if (record->protocol == AUTHENTICATION)
			offset += (extension.length + 2) * 4;
		else
			offset += (extension.length + 1) * 8;
		if (record->protocol == FRAGMENT && extension.fragment & bpf_htons(0xfff8)) {
			record->protocol = extension.next;
			return;
		}
		record->protocol = extension.next;
	}
}

static __always_inline void parse(struct sk_buff *skb, struct packet_drop_record *record)
{
	__u32 network_header = BPF_CORE_READ(skb, network_header), tail = BPF_CORE_READ(skb, tail);
	struct packet packet = {.start = BPF_CORE_READ(skb, head) + network_header};

	if (tail <= network_header)
		return;
	packet.length = tail - network_header;
	if (record->ethernet_protocol == ETH_P_IP)
		parse_ipv4(&packet, record);
	else if (record->ethernet_protocol == ETH_P_IPV6)
		parse_ipv6(&packet, record);
}

/* Whose the packet is. A process in whose context it was dropped is known better than the one that opened the
 * connection. */
static __always_inline void fill_connection(struct packet_drop_record *record, const struct connection *connection)
{
	record->connection_id = connection->id;
	if (record->pid)
		return;
	record->cgroup_id = connection->cgroup_id;
	if (!(connection->flags & TCP_PROCESS)) {
		record->flags |= PACKET_DROP_CGROUP;
		return;
	}
	record->flags |= PACKET_DROP_PROCESS;
	record->pid = connection->pid;
	record->tid = connection->tid;
	record->uid = connection->uid;
	__builtin_memcpy(record->command, connection->command, sizeof(record->command));
}

SEC("raw_tp/kfree_skb")
int kfree_skb(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ctx->args[0];
	bool has_reason = bpf_core_field_exists(struct trace_event_raw_kfree_skb, reason);
	struct packet_drop_record record = {};
	struct connection *connection = NULL;
	struct net_device *device;
	struct sock *sk = NULL;
	bool in_context;
	__u16 family;

	if (has_reason) {
		record.reason = (__u32)ctx->args[2];
		record.flags = PACKET_DROP_REASON;
		if ((int)record.reason == reason_not_dropped || (int)record.reason == reason_consumed ||
		    ((int)record.reason == reason_queue_purge && !BPF_CORE_READ(skb, len))) {
			count_filtered();
			return 0;
		}
	}
	if (bpf_core_field_exists(struct trace_event_raw_kfree_skb, rx_sk))
		sk = (struct sock *)ctx->args[3];
	if (!sk)
		sk = BPF_CORE_READ(skb, sk);
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	record.ethernet_protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));

	/* A buffer in a socket's queue keeps something else in place of its device: no namespace is found there. */
	device = BPF_CORE_READ(skb, dev);
	record.network_namespace = BPF_CORE_READ(device, nd_net.net, ns.inum);
	if (record.network_namespace >= FIRST_NAMESPACE) {
		record.interface_index = BPF_CORE_READ(device, ifindex);
		BPF_CORE_READ_STR_INTO(&record.interface, device, name);
	} else if (family == AF_INET || family == AF_INET6 || family == AF_PACKET) {
		record.network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	} else if (record.ethernet_protocol == ETH_P_IP || record.ethernet_protocol == ETH_P_IPV6) {
		record.network_namespace = 0;
	} else {
		count_filtered(); /* a message between processes (AF_UNIX, netlink), no packet */
		return 0;
	}
	parse(skb, &record);

	if (in_task(ctx)) {
		__u64 id = bpf_get_current_pid_tgid();

		record.pid = id >> 32;
		record.tid = (__u32)id;
	}
	in_context = record.pid;
	if (connections_shared && sk && record.protocol == TCP && (family == AF_INET || family == AF_INET6))
		connection = connection_of(sk, false);
	if (connection)
		fill_connection(&record, connection);
	if (namespace_excluded(record.network_namespace) || (record.pid && pid_excluded(record.pid)) ||
	    (record.flags & PACKET_DROP_PORTS && port_excluded(record.destination_port)) ||
	    (cgroup_id && (in_context ? task_cgroup_excluded() : cgroup_excluded(cgroup_of(sk))))) {
		count_filtered();
		return 0;
	}
	record.timestamp = now();
	if (over_rate_limit(record.timestamp))
		return 0;
	if (in_context) {
		record.flags |= PACKET_DROP_PROCESS;
		record.uid = (__u32)bpf_get_current_uid_gid();
		record.cgroup_id = bpf_get_current_cgroup_id();
		bpf_get_current_comm(record.command, sizeof(record.command));
	}
	record.location = ctx->args[1];
	record.length = BPF_CORE_READ(skb, len);
	emit(ctx, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
